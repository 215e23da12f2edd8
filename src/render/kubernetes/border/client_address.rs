//! Whose address counts as a caller's, where some come by a tunnel.
//!
//! A proxy believes `X-Forwarded-For` of nobody by itself, and then all who come by a tunnel look like one caller. Envoy
//! Gateway is told to pass over the addresses of pods, and of nothing else, at the gateways of tunnels alone: nobody but a
//! tunnel's pods gets in there. What somebody writes into the header of a request to any other gateway stays as little believed
//! as before. The `Gateway` has one such policy; where it has one already,
//! the older one holds, and has to say this too.

use serde::Serialize;

use crate::language::Platform;
use crate::language::cluster::{Gateway, Implementation};
use crate::language::name::Name;
use crate::render::kubernetes::label;
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::name;

#[derive(Serialize)]
struct ClientTrafficPolicyView<'a> {
    name: String,
    namespace: &'a Name,
    gateway: &'a Name,
    trusted: Vec<String>,
}

/// Renders the policy of each gateway that an edge leads to.
pub fn render(platform: &Platform, objects: &mut Objects<'_>) {
    let labels = label::of_platform(platform);
    for gateway in platform.cluster.gateways.values() {
        let edge = platform.edges.values().find(|it| it.gateway == gateway.name);
        let Some(edge) = edge.filter(|_| gateway.implementation == Implementation::EnvoyGateway) else {
            continue;
        };
        let Gateway { name: gateway_name, namespace, .. } = gateway;
        let view = ClientTrafficPolicyView {
            name: name::of_gateway(platform, gateway),
            namespace,
            gateway: gateway_name,
            trusted: platform.cluster.pods.iter().map(ToString::to_string).collect(),
        };
        objects.add("edge/client-traffic-policy.yaml.j2", &labels, edge.span, &view);
    }
}
