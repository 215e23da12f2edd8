//! Where a gateway is reached from within the cluster, as its makers install it.

use sha2::{Digest, Sha256};

use crate::language::cluster::{Gateway, Implementation};
use crate::language::value::network::Port;
use crate::render::kubernetes::label::Labels;
use crate::render::kubernetes::name;

/// The pods of a gateway, where it has pods of its own (Envoy Gateway can be told to merge gateways), and the port on which they hear HTTP. A NetworkPolicy sees ports as pods do.
pub fn pods(gateway: &Gateway) -> (Labels, Port) {
    let (labels, port): ([(&str, &str); 2], u16) = match gateway.implementation {
        // Envoy runs as nobody in particular and adds 10000 to ports that such a one may not have.
        Implementation::EnvoyGateway => (
            [
                ("gateway.envoyproxy.io/owning-gateway-name", gateway.name.as_str()),
                ("gateway.envoyproxy.io/owning-gateway-namespace", gateway.namespace.as_str()),
            ],
            10_080,
        ),
        Implementation::IngressNginx => {
            ([("app.kubernetes.io/name", "ingress-nginx"), ("app.kubernetes.io/component", "controller")], 80)
        }
    };
    (labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(), Port(port))
}

/// The port on which its pods answer the API server, which is at no address that is known for sure.
pub fn admission(gateway: &Gateway) -> Option<Port> {
    match gateway.implementation {
        Implementation::EnvoyGateway => None,
        Implementation::IngressNginx => Some(Port(8443)),
    }
}

/// Its address for HTTP.
pub fn url(gateway: &Gateway) -> String {
    let service = match gateway.implementation {
        Implementation::EnvoyGateway => proxy_service(gateway),
        Implementation::IngressNginx => "ingress-nginx-controller".to_owned(),
    };
    format!("http://{service}.{}.svc:80", gateway.namespace)
}

/// The Service that Envoy Gateway makes for a `Gateway`.
fn proxy_service(gateway: &Gateway) -> String {
    const LONGEST: usize = 48;
    let Gateway { name, namespace, .. } = gateway;
    let digest = name::hex(&Sha256::digest(format!("{namespace}/{name}"))[..4]);
    let plain = format!("{namespace}-{name}");
    let front = plain.get(..LONGEST).map_or(plain.as_str(), |it| it.strip_suffix('-').unwrap_or(it));
    format!("envoy-{front}-{digest}")
}

#[cfg(test)]
mod tests {
    use crate::language::cluster::{Gateway, Implementation};
    use crate::language::name::Name;
    use crate::source::Span;

    #[test]
    fn the_service_of_envoy_gateway_is_called_as_it_calls_it() {
        let url = |name: &str, namespace: &str| {
            let gateway = Gateway {
                name: Name::trusted(name),
                implementation: Implementation::EnvoyGateway,
                namespace: Name::trusted(namespace),
                certificate: None,
                span: Span::default(),
            };
            super::url(&gateway)
        };
        // The first is the one of the project's own documentation.
        let seen =
            [url("eg", "default"), url("a-gateway-with-a-name-too-long-for-it", "envoy-gateway-system")];
        insta::assert_snapshot!(seen.join("\n"), @"
        http://envoy-default-eg-e41e7b31.default.svc:80
        http://envoy-envoy-gateway-system-a-gateway-with-a-name-too-l-f2f78c3e.envoy-gateway-system.svc:80
        ");
    }
}
