//! What the gateway sees to at the public hosts of a service.
//!
//! | rule | Envoy Gateway | ingress-nginx |
//! |---|---|---|
//! | headers | a filter of the route | a ConfigMap that the annotation `custom-headers` names |
//! | other origins | `SecurityPolicy` | annotations |
//! | TLS | listener `https` of the `Gateway`, whose Secret a `Certificate` fills; `http` only redirects | a Secret for each host |
//! | tokens and limits | `SecurityPolicy` asks the token service | annotation `auth-url` |
//! | a tunnel's own gateway | a NetworkPolicy that lets in its pods alone | the same |
//! | a ceiling | `BackendTrafficPolicy`, for each caller | annotations, where callers are told apart by address alone |
//!
//! Some of it needs the cluster's own hand once, because the object is not ours:
//!
//! * The `Gateway` of Envoy Gateway has listeners called `http` and `https` where a certificate is declared, and `https`
//!   refers to the Secret that is called as the `Certificate`.
//! * Gateways of Envoy Gateway are not merged (`mergeGateways`): each has pods of its own, by whose labels services let them in.
//! * The ConfigMap of ingress-nginx lists what it may send in `global-allowed-response-headers`
//!   (`content-security-policy,permissions-policy,referrer-policy,strict-transport-security,x-content-type-options,x-frame-options`)
//!   and has `hsts: "false"`, because what it adds by itself is not what is declared. Without the list it refuses the host.
//! * Where an edge leads to ingress-nginx, its ConfigMap has `use-forwarded-headers: "true"` and the range of pods as
//!   `proxy-real-ip-cidr`, or all who come by the tunnel look like one caller.
//!
//! Snippets are not used: they are off for good reason.

pub mod ceiling;
pub mod certificate;
pub mod check;
pub mod client_address;
pub mod cors;
pub mod entrance;
pub mod header;
pub mod token_check;

#[cfg(test)]
mod tests;
