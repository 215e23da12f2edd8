//! The `edge` declaration: a way in from the internet that leads to a gateway.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::public;
use crate::language::secret::taken::{KEY, SecretValue};
use crate::language::service::{self, Ask, Probe, Public, Replicas};
use crate::language::value::Parse;
use crate::language::value::network::{Host, Port, Protocol, Status, TransportPort};
use crate::language::value::time::Duration;
use crate::language::waive;
use crate::language::word::words;
use crate::language::workload::{self, Reach, Workload};
use crate::language::{Context, Platform};
use crate::source::Span;
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "edge",
    Class::Named,
    "A way in from the internet: a tunnel that the cluster opens outwards and that leads to a gateway, so that headers, CORS \
     and limits hold for it too. Hosts come in by it where `public … edge=` says so. TLS ends at the other end of the tunnel, so \
     from there on requests are in clear: the gateway that it leads to is the tunnel's own. NetworkPolicy lets nobody but the \
     tunnel's pods reach the pods of that gateway, and no host is `public` by it without the tunnel. The tunnel runs in the \
     namespace of the platform itself.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::required::<Implementation>("implementation", "The program that it is."),
    Field::reference(
        "gateway",
        "The gateway that it leads to, which only tunnels lead to; it reaches nothing else inside.",
    )
    .must(),
])
.children(&[
    &workload::IMAGE,
    &CREDENTIALS,
    &service::REPLICAS,
    &workload::RESOURCES,
    &HEALTH,
    &workload::STOP_WITHIN,
    &OTHERWISE,
    &workload::ENV,
    &workload::SCRATCH,
    &workload::RUN_AS,
    &workload::PULL,
    &workload::LABEL,
    &REACHES,
    &waive::KIND,
])
.requires(&["image", "credentials", "reaches"])
.most(16)
.unused("nothing is `public` by it");

static CREDENTIALS: Kind = Kind::new(
    "credentials",
    Class::Single,
    "What the tunnel proves with that it is ours: its token, as `cloudflared tunnel token` prints it. The tunnel is one whose \
     configuration is local, so that it leads where this tree says.",
)
.properties(&[Field::reference("secret", "The secret, at the top.").must(), KEY]);

static HEALTH: Kind = Kind::new(
    "health",
    Class::Single,
    "How it is asked whether it is well; `/ready` on port 2000 where it is not written. It is restarted when it is not, and \
     counts as there only when it is.",
)
.arguments(&[Field::required::<Ask>("question", "What is asked.")])
.properties(&[
    Field::default::<Port>("port", "2000", "The port that it answers such questions on."),
    Field::default::<Duration>("every", "\"10s\"", "How often."),
    Field::default::<Duration>("within", "\"2s\"", "How long an answer may take."),
])
.default("\"/ready\"");

static OTHERWISE: Kind =
    Kind::new("otherwise", Class::Single, "What whoever asks for any other host is answered.")
        .arguments(&[Field::required::<Status>("status", "A status that is no success.")])
        .default("404");

static REACHES: Kind = Kind::new(
    "reaches",
    Class::Edge,
    "Lets it reach the other end of the tunnel. Enforced by NetworkPolicy. Inside the cluster it reaches its gateway alone.",
)
.properties(&[Field::reference("external", "A place outside.").must().identity()]);

/// A way in from the internet, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Edge {
    /// What runs.
    pub workload: Workload,
    /// The program that it is.
    pub implementation: Implementation,
    /// The gateway that it leads to.
    pub gateway: Name,
    /// The secret of the top that holds its credentials file.
    pub credentials: SecretValue,
    /// How many run.
    pub replicas: Replicas,
    /// How its health is asked for.
    pub health: Probe,
    /// What whoever asks for any other host is answered.
    pub otherwise: Status,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// The programs that are tunnels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Implementation {
    /// `cloudflared`.
    CloudflareTunnel,
}

words! { Implementation: "tunnel", CloudflareTunnel = "cloudflare-tunnel" }

impl Implementation {
    /// What it must reach outside, or it works badly or not at all.
    fn needs(self) -> [TransportPort; 2] {
        match self {
            // QUIC, and HTTP/2 where that is blocked.
            Self::CloudflareTunnel => {
                [Protocol::Tcp, Protocol::Udp].map(|protocol| TransportPort { port: Port(7844), protocol })
            }
        }
    }
}

/// Reads all edges.
pub fn resolve<'a>(
    items: &[Item<'a>],
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Edge> {
    let edges = items.iter().filter(|it| it.kind.word == KIND.word);
    edges.filter_map(|it| resolve_one(it, context, sink)).map(|it| (it.workload.name.clone(), it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Edge> {
    let workload = workload::resolve(item, &context.defaults.service, context, sink);
    let implementation = item.property::<Implementation>("implementation", sink);
    let gateway = public::resolve_gateway(item, context, sink);
    if let Some(gateway) = &gateway {
        context.gateway_used(gateway);
    }
    let credentials = item.child(CREDENTIALS.word);
    let credentials = credentials.and_then(|it| workload::resolve_secret_value(it, context, sink));
    let replicas = service::resolve_replicas(item, false, context, sink);
    let health = item.child(HEALTH.word).map(|it| resolve_health(it, sink));
    let otherwise = item.value_or_default::<Status>(OTHERWISE.word, sink);
    let workload = workload?;
    workload::check_paths(&workload, std::iter::empty(), sink);
    Some(Edge {
        workload,
        implementation: implementation.map_or(Implementation::CloudflareTunnel, |it| it.value),
        gateway: gateway?,
        credentials: credentials?,
        replicas,
        health: health.unwrap_or_else(|| ready(item.span())),
        otherwise,
        span: item.span(),
    })
}

fn resolve_health(item: &Item<'_>, sink: &mut Diagnostics) -> Probe {
    let usual = ready(item.span());
    Probe {
        ask: item.argument::<Ask>(0, sink).map_or(usual.ask, |it| it.value),
        port: item.property_or_default::<Port>("port", sink),
        every: item.property_or_default::<Duration>("every", sink),
        within: item.property_or_default::<Duration>("within", sink),
        span: item.span(),
    }
}

/// What is asked where nothing is written.
fn ready(span: Span) -> Probe {
    Probe {
        ask: Ask::parse(Value::String("/ready")).expect("it is a path"),
        port: Port(2000),
        every: Duration(10_000),
        within: Duration(2_000),
        span,
    }
}

impl Platform {
    /// The hosts that come in by an edge.
    pub fn hosts_of(&self, edge: &Name) -> BTreeSet<&Host> {
        let public = self.services().flat_map(|(_, service)| &service.public);
        public.filter(|it| it.edge.as_ref() == Some(edge)).map(|it| &it.host).collect()
    }
}

/// Reports edges that cannot reach the other end of their tunnel, and those whose gateway is open to others.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    for edge in platform.edges.values() {
        check_own_gateway(platform, edge, sink);
        let reached: Vec<_> = edge
            .workload
            .reaches
            .keys()
            .filter_map(|it| match it {
                Reach::External(name) => platform.externals.get(name),
                Reach::Service(_) | Reach::Database(_) => None,
            })
            .collect();
        let ports: BTreeSet<&TransportPort> = reached.iter().flat_map(|it| &it.ports).collect();
        // Without any, that is what is missing.
        let missing = edge.implementation.needs().into_iter().filter(|it| !ports.contains(it));
        let missing: Vec<String> = missing.map(|it| format!("`{it}`")).collect();
        if !missing.is_empty() && !reached.is_empty() {
            let message = format!(
                "edge `{}` cannot reach {} of what it opens its tunnel to",
                edge.workload.name,
                missing.join(" and ")
            );
            let diagnostic = Diagnostic::new(Code::EdgePort, edge.span, message)
                .help("add it to the `ports` of the external: over UDP it is fast, over TCP it works where UDP is lost");
            sink.report(
                reached.iter().fold(diagnostic, |it, external| it.related(external.span, "reached here")),
            );
        }
    }
}

/// What comes by a tunnel is in clear behind it. At a gateway that is open to the internet, the same hosts would be reached in
/// clear from there as well, past whatever holds at the other end of the tunnel.
fn check_own_gateway(platform: &Platform, edge: &Edge, sink: &mut Diagnostics) {
    let gateways = &platform.cluster.gateways;
    let Some(own) = gateways.get(&edge.gateway) else { return };
    let is_open = |it: &&Public| {
        it.edge.is_none() && gateways.get(&it.gateway).is_some_and(|other| other.has_pods_of(own))
    };
    let mut public = platform.services().flat_map(|(_, service)| &service.public);
    let Some(open) = public.find(is_open) else { return };
    let message = format!(
        "edge `{}` leads to gateway `{}`, which is reached without the tunnel too",
        edge.workload.name, own.name
    );
    sink.report(
        Diagnostic::new(Code::TunnelGatewayShared, edge.span, message)
            .related(open.span, "this host comes in there from outside")
            .related(own.span, "the gateway")
            .help(format!(
                "give the tunnel a gateway of its own, as in `gateway \"private\" implementation=\"{}\" namespace=\"…\"`, or \
                 let all hosts come in by an edge",
                own.implementation.word()
            )),
    );
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    const TUNNEL: &str =
        r#"secret "tunnel" file="secret.age"; external "cloudflare" { ports "7844/tcp" "7844/udp" }"#;

    fn check_tunnel(text: &str) -> String {
        check(&format!("{TUNNEL}\n{text}"))
    }

    #[test]
    fn an_edge_leads_to_the_gateway_of_its_hosts() {
        insta::assert_snapshot!(check_tunnel(r#"
            edge "cloudflare" implementation="cloudflare-tunnel" gateway="public" {
                image @web
                credentials secret="tunnel"
                reaches external="cloudflare"
            }
            project "shop" {
                service "web" { image @web; port 80; public host="shop" edge="cloudflare" { also host="www" edge="cloudflair"; also host="old" } }
            }
        "#), @"
        TS244 error 3: edge `cloudflare` leads to gateway `public`, which is reached without the tunnel too
        TS110 error 9: there is no edge `cloudflair`
        ");
        insta::assert_snapshot!(check_tunnel(r#"
            environment "test" { cluster { gateway "other" implementation="ingress-nginx" namespace="other" { certificate issuer="own" kind="issuer" } } }
            edge "cloudflare" implementation="cloudflare-tunnel" gateway="public" { image @web; credentials secret="tunnel"; reaches external="cloudflare" }
            project "shop" {
                service "web" { image @web; port 80; public host="shop" edge="cloudflare" { also host="www" edge="cloudflare" gateway="other" } }
            }
        "#), @r#"
        TS446 error 3: an issuer of namespace `other` cannot make certificates for gateway `other`: an Ingress looks for them in the namespace of its project
        TS235 error 6: edge `cloudflare` leads to gateway `public`, and this host comes in by `other`
        "#);
    }

    #[test]
    fn a_tunnel_needs_its_port_by_both_transports() {
        insta::assert_snapshot!(check(r#"
            secret "tunnel" file="secret.age"
            external "half" { ports "7844/tcp" "443/tcp" }
            edge "cloudflare" implementation="cloudflare-tunnel" gateway="public" { image @web; credentials secret="tunnel"; reaches external="half" }
            edge "unused" implementation="cloudflare-tunnel" gateway="public" { image @web; credentials secret="tunnel"; reaches external="half"; reaches service="shop/web"; otherwise 200; command "sh" }
            edge "empty" implementation="ngrok" { }
            project "shop" {
                service "web" { image @web; port 80; public host="shop" edge="cloudflare" }
                secret "own" file="secret.age"
            }
        "#), @r#"
        TS236 error 3: edge `cloudflare` cannot reach `7844/udp` of what it opens its tunnel to
        TS236 error 4: edge `unused` cannot reach `7844/udp` of what it opens its tunnel to
        TS112 warning 4: edge `unused` is never used: nothing is `public` by it
        TS102 error 4: `reaches` has no property `service`
        TS105 error 4: `200` is not between 400 and 599
        TS101 error 4: unknown declaration `command` in `edge`
        TS104 error 5: edge `empty` needs `credentials` in its block
        TS104 error 5: edge `empty` needs `gateway=`
        TS104 error 5: edge `empty` needs `image` in its block
        TS104 error 5: edge `empty` needs `reaches` in its block
        TS112 warning 5: edge `empty` is never used: nothing is `public` by it
        TS105 error 5: `ngrok` is not a tunnel
        "#);
    }

    #[test]
    fn an_edge_is_checked_like_any_workload() {
        insta::assert_snapshot!(check_tunnel(r#"
            edge "cloudflare" implementation="cloudflare-tunnel" gateway="public" {
                image "ghcr.io/acme/cloudflared:1"
                credentials secret="shop/own"
                replicas 500
                health "ready"
                run-as 0
                env "TUNNEL_TOKEN" "eyJhIjoiMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIiLCJ0IjoiYWJjIn0"
                reaches external="cloudflare"
            }
            project "shop" {
                service "web" { image @web; port 80; public host="shop" edge="cloudflare"; env "X" secret="own" }
                secret "own" file="secret.age"
            }
        "#), @r#"
        TS301 error 4: image `ghcr.io/acme/cloudflared:1` is not pinned by digest
        TS306 error 5: secret `own` belongs to project `shop` alone
        TS105 error 6: replicas must be between 1 and 100
        TS105 error 7: `ready` is nothing that can be asked
        TS303 error 8: edge `cloudflare` runs as root
        TS304 error 9: `TUNNEL_TOKEN` is called like a secret and stands in plain text
        "#);
    }
}
