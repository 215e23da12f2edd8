//! The policies of Envoy Gateway that are attached to routes.

use super::gateway_api::BackendRef;
use super::{object, part};

/// The API group.
pub const GROUP: &str = "gateway.envoyproxy.io";

object! {
    /// Who is let through.
    SecurityPolicy("gateway.envoyproxy.io", "v1alpha1", "SecurityPolicy", "securitypolicies") SecurityPolicySpec
}

part! {
    /// Where it holds, and what.
    SecurityPolicySpec {
        target_refs: Vec<TargetRef>,
        cors: Cors,
        ext_auth: ExtAuth,
    }
}

part! {
    /// An object of the same namespace.
    TargetRef {
        group: String,
        kind: String,
        name: String,
    }
}

part! {
    /// Which scripts of other origins may read answers.
    Cors {
        allow_origins: Vec<String>,
        allow_methods: Vec<String>,
        allow_headers: Vec<String>,
        expose_headers: Vec<String>,
        max_age: String,
        allow_credentials: bool,
    }
}

part! {
    /// Who is asked about each request.
    ExtAuth {
        fail_open: bool,
        headers_to_ext_auth: Vec<String>,
        timeout: String,
        http: HttpExtAuth,
    }
}

part! {
    /// How it is asked.
    HttpExtAuth {
        backend_refs: Vec<BackendRef>,
        path: String,
    }
}

object! {
    /// What is believed of whoever asks.
    ClientTrafficPolicy("gateway.envoyproxy.io", "v1alpha1", "ClientTrafficPolicy", "clienttrafficpolicies")
    ClientTrafficPolicySpec
}

part! {
    /// Where it holds, and what.
    ClientTrafficPolicySpec {
        target_refs: Vec<TargetRef>,
        #[serde(rename = "clientIPDetection")]
        client_ip_detection: ClientIpDetection,
    }
}

part! {
    /// How the address of a caller is found.
    ClientIpDetection {
        x_forwarded_for: XForwardedFor,
    }
}

part! {
    /// By what proxies have written down, as far as they are believed.
    XForwardedFor {
        #[serde(rename = "trustedCIDRs")]
        trusted_cidrs: Vec<String>,
    }
}

object! {
    /// How much is let through.
    BackendTrafficPolicy("gateway.envoyproxy.io", "v1alpha1", "BackendTrafficPolicy", "backendtrafficpolicies")
    BackendTrafficPolicySpec
}

part! {
    /// Where it holds, and what.
    BackendTrafficPolicySpec {
        target_refs: Vec<TargetRef>,
        rate_limit: RateLimit,
    }
}

part! {
    /// Counted by each proxy for itself.
    RateLimit {
        #[serde(rename = "type")]
        kind: String,
        local: LocalRateLimit,
    }
}

part! {
    /// What is counted.
    LocalRateLimit {
        rules: Vec<RateLimitRule>,
    }
}

part! {
    /// Whose requests count together, and how many there may be.
    RateLimitRule {
        client_selectors: Vec<ClientSelector>,
        limit: RateLimitValue,
    }
}

part! {
    /// Whose requests count together.
    ClientSelector {
        headers: Vec<HeaderSelector>,
        #[serde(rename = "sourceCIDR")]
        source_cidr: SourceSelector,
    }
}

part! {
    /// By what a header says.
    HeaderSelector {
        #[serde(rename = "type")]
        kind: String,
        name: String,
    }
}

part! {
    /// By the address that they come from.
    SourceSelector {
        #[serde(rename = "type")]
        kind: String,
        value: String,
    }
}

part! {
    /// How many requests within a unit of time.
    RateLimitValue {
        requests: u64,
        unit: String,
    }
}
