//! The objects of Gateway API. The types are whole, but for filters: there the extensions of implementations begin.

use serde_json::Value;

use super::{object, part};

/// The API group.
pub const GROUP: &str = "gateway.networking.k8s.io";

object! {
    /// A route from a gateway to services.
    HttpRoute("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes") HttpRouteSpec
}

part! {
    /// Where requests come from, and what becomes of them.
    HttpRouteSpec {
        parent_refs: Vec<ParentRef>,
        hostnames: Vec<String>,
        rules: Vec<Rule>,
    }
}

part! {
    /// A gateway, or one listener of it.
    ParentRef {
        group: String,
        kind: String,
        namespace: String,
        name: String,
        section_name: String,
        port: u16,
    }
}

part! {
    /// What becomes of the requests that match.
    Rule {
        name: String,
        matches: Vec<Match>,
        filters: Vec<Value>,
        backend_refs: Vec<BackendRef>,
        timeouts: Timeouts,
        retry: Value,
        session_persistence: Value,
    }
}

part! {
    /// Which requests match.
    Match {
        path: PathMatch,
        headers: Vec<NamedMatch>,
        query_params: Vec<NamedMatch>,
        method: String,
    }
}

part! {
    /// By their path.
    PathMatch {
        #[serde(rename = "type")]
        kind: String,
        value: String,
    }
}

part! {
    /// By a header or a parameter of the query.
    NamedMatch {
        #[serde(rename = "type")]
        kind: String,
        name: String,
        value: String,
    }
}

part! {
    /// A service that requests are sent to.
    BackendRef {
        group: String,
        kind: String,
        namespace: String,
        name: String,
        port: u16,
        weight: u32,
        filters: Vec<Value>,
    }
}

part! {
    /// How long it may take.
    Timeouts {
        request: String,
        backend_request: String,
    }
}

object! {
    /// Lets objects of other namespaces refer to objects of this one. Gateway API 1.5 serves it as `v1` too; those who know
    /// 1.4, as Envoy Gateway 1.6 does, read this version.
    ReferenceGrant("gateway.networking.k8s.io", "v1beta1", "ReferenceGrant", "referencegrants") ReferenceGrantSpec
}

part! {
    /// From where, and to what.
    ReferenceGrantSpec {
        from: Vec<GrantFrom>,
        to: Vec<GrantTo>,
    }
}

part! {
    /// A kind in a namespace.
    GrantFrom {
        group: String,
        kind: String,
        namespace: String,
    }
}

part! {
    /// A kind here, or one object of it.
    GrantTo {
        group: String,
        kind: String,
        name: String,
    }
}
