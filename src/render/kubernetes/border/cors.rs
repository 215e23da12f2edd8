//! Pages of other origins that may ask a service: those that its interface names, or those of the clients that log in by
//! the token service.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::Platform;
use crate::language::auth::client::ClientType;
use crate::language::name::InProject;
use crate::language::value::redirect::RedirectUri;
use crate::render::kubernetes::custom::envoy_gateway;

/// Who may ask a service, and how.
#[derive(Debug, PartialEq, Eq)]
pub struct Cors {
    /// Origins, as browsers send them.
    pub origins: BTreeSet<String>,
    methods: Vec<&'static str>,
    allow_headers: Vec<String>,
    expose_headers: Vec<String>,
    credentials: bool,
    max_age: u64,
}

/// What is said of a service; `None` where nobody but its own pages may ask.
pub fn of_service(platform: &Platform, service: &InProject) -> Option<Cors> {
    of_interface(platform, service).or_else(|| of_clients(platform, service))
}

fn of_interface(platform: &Platform, service: &InProject) -> Option<Cors> {
    let cors = platform.cors_of(service)?;
    let written = cors.origins.keys().map(ToString::to_string);
    let ours = cors.services.keys().flat_map(|it| platform.origins(it)).map(|it| it.to_string());
    Some(Cors {
        origins: written.chain(ours).collect(),
        methods: cors.methods.keys().map(|it| it.word()).collect(),
        allow_headers: cors.allow_headers.iter().map(ToString::to_string).collect(),
        expose_headers: cors.expose_headers.iter().map(ToString::to_string).collect(),
        credentials: cors.credentials,
        max_age: cors.max_age.seconds(),
    })
}

/// A client that runs in a browser redeems codes and refreshes tokens from its own origin. One that keeps a secret does so
/// from a server, and one on a loopback address is no page.
fn of_clients(platform: &Platform, service: &InProject) -> Option<Cors> {
    let auth = platform.auth.as_ref().filter(|it| it.service == *service)?;
    let public = auth.clients.values().filter(|it| it.kind == ClientType::Public);
    let origins = public.flat_map(|it| it.redirects.keys()).filter_map(RedirectUri::origin);
    let origins: BTreeSet<String> = origins.map(str::to_owned).collect();
    (!origins.is_empty()).then(|| Cors {
        origins,
        methods: vec!["GET", "POST", "OPTIONS"],
        allow_headers: vec!["authorization".to_owned(), "content-type".to_owned()],
        expose_headers: Vec::new(),
        credentials: false,
        max_age: 600,
    })
}

impl Cors {
    /// As a part of a `SecurityPolicy`.
    pub fn in_policy(&self) -> envoy_gateway::Cors {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        envoy_gateway::Cors {
            allow_origins: Some(self.origins.iter().cloned().collect()),
            allow_methods: Some(self.methods.iter().map(|it| (*it).to_owned()).collect()),
            allow_headers: some(&self.allow_headers),
            expose_headers: some(&self.expose_headers),
            max_age: Some(seconds(self.max_age)),
            allow_credentials: Some(self.credentials),
        }
    }

    /// As annotations of an Ingress. What is left out there is not nothing: the controller has defaults of its own.
    pub fn annotations(&self) -> BTreeMap<&'static str, String> {
        let origins: Vec<&str> = self.origins.iter().map(String::as_str).collect();
        let mut annotations = BTreeMap::from([
            ("nginx.ingress.kubernetes.io/enable-cors", "true".to_owned()),
            ("nginx.ingress.kubernetes.io/cors-allow-origin", origins.join(",")),
            ("nginx.ingress.kubernetes.io/cors-allow-methods", self.methods.join(", ")),
            ("nginx.ingress.kubernetes.io/cors-allow-headers", self.allow_headers.join(", ")),
            ("nginx.ingress.kubernetes.io/cors-allow-credentials", self.credentials.to_string()),
            ("nginx.ingress.kubernetes.io/cors-max-age", self.max_age.to_string()),
        ]);
        if !self.expose_headers.is_empty() {
            annotations
                .insert("nginx.ingress.kubernetes.io/cors-expose-headers", self.expose_headers.join(", "));
        }
        annotations
    }
}

/// A duration as Envoy Gateway writes it: at most five digits before each unit.
pub fn seconds(seconds: u64) -> String {
    let (hours, rest) = (seconds / 3600, seconds % 3600);
    match (hours, rest) {
        (0, rest) => format!("{rest}s"),
        (hours, 0) => format!("{hours}h"),
        (hours, rest) => format!("{hours}h{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_at_most_five_digits_before_a_unit() {
        let seen = [0, 90, 3_599, 3_600, 86_400, 90_061, 31_536_000].map(seconds);
        assert_eq!(seen, ["0s", "90s", "3599s", "1h", "24h", "25h61s", "8760h"]);
    }
}
