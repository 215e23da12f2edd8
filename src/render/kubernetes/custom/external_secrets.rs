//! The objects of External Secrets that bring values out of a Vault.

use std::collections::BTreeMap;

use super::{object, part};

/// The API group.
pub const GROUP: &str = "external-secrets.io";

object! {
    /// Where values come from, for one namespace.
    SecretStore("external-secrets.io", "v1", "SecretStore", "secretstores") SecretStoreSpec
}

part! {
    /// Where they come from.
    SecretStoreSpec {
        provider: Provider,
    }
}

part! {
    /// The program that has them.
    Provider {
        vault: Vault,
    }
}

part! {
    /// A mount of a Vault.
    Vault {
        server: String,
        path: String,
        version: String,
        auth: Auth,
    }
}

part! {
    /// How one logs in there.
    Auth {
        kubernetes: KubernetesAuth,
    }
}

part! {
    /// With the token of a service account.
    KubernetesAuth {
        mount_path: String,
        role: String,
        service_account_ref: ServiceAccountRef,
    }
}

part! {
    /// The account whose token is asked for.
    ServiceAccountRef {
        name: String,
    }
}

object! {
    /// A Secret that is kept as its values are in a store.
    ExternalSecret("external-secrets.io", "v1", "ExternalSecret", "externalsecrets") ExternalSecretSpec
}

part! {
    /// Which values, how often, and where to.
    ExternalSecretSpec {
        refresh_interval: String,
        refresh_policy: String,
        secret_store_ref: StoreRef,
        target: Target,
        data: Vec<Datum>,
    }
}

part! {
    /// The store of the same namespace.
    StoreRef {
        kind: String,
        name: String,
    }
}

part! {
    /// The Secret.
    Target {
        name: String,
        creation_policy: String,
        deletion_policy: String,
        template: TargetTemplate,
    }
}

part! {
    /// What the Secret has beside its values.
    TargetTemplate {
        #[serde(rename = "type")]
        kind: String,
        metadata: TemplateMetadata,
    }
}

part! {
    /// Its labels.
    TemplateMetadata {
        labels: BTreeMap<String, String>,
    }
}

part! {
    /// One value.
    Datum {
        secret_key: String,
        remote_ref: RemoteRef,
    }
}

part! {
    /// Where it is in the store.
    RemoteRef {
        key: String,
        property: String,
    }
}
