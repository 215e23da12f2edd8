//! The `Certificate` of cert-manager.

use super::{object, part};

/// The API group.
pub const GROUP: &str = "cert-manager.io";

object! {
    /// A certificate that cert-manager asks an issuer for, and renews.
    Certificate("cert-manager.io", "v1", "Certificate", "certificates") CertificateSpec
}

part! {
    /// What is asked for.
    CertificateSpec {
        secret_name: String,
        dns_names: Vec<String>,
        private_key: PrivateKey,
        usages: Vec<String>,
        issuer_ref: IssuerRef,
    }
}

part! {
    /// The key that is certified.
    PrivateKey {
        algorithm: String,
        size: u32,
        rotation_policy: String,
    }
}

part! {
    /// Who certifies.
    IssuerRef {
        group: String,
        kind: String,
        name: String,
    }
}
