//! The `cluster` declaration: what only the cluster knows, without which neither rendering nor proof can be right.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::value::json;
use crate::language::value::network::{Cidr, Port};
use crate::language::value::text::{LabelKey, LabelPair, LabelValue};
use crate::language::value::version::KubernetesVersion;
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "cluster",
    Class::Single,
    "What only the cluster knows. Neither rendering nor proof can be right without it, and nothing of it is guessed.",
)
.children(&[&KUBERNETES, &PODS, &SERVICES, &NODES, &API_SERVER, &SHARED, &DNS, &GATEWAY])
.requires(&["kubernetes", "pods", "services", "dns"]);

static KUBERNETES: Kind = Kind::new(
    "kubernetes",
    Class::Single,
    "The Kubernetes version of the API server. Pod Security labels are pinned to it.",
)
.arguments(&[Field::required::<KubernetesVersion>("version", "Major and minor.")]);

static PODS: Kind =
    Kind::new("pods", Class::List, "The addresses of pods. What is declared as outside never includes them.")
        .rest(Field::required::<Cidr>("range", "A range of addresses."))
        .most(200);

static SERVICES: Kind = Kind::new(
    "services",
    Class::List,
    "The addresses of services. What is declared as outside never includes them.",
)
.rest(Field::required::<Cidr>("range", "A range of addresses."))
.most(200);

static NODES: Kind = Kind::new(
    "nodes",
    Class::List,
    "The addresses of nodes. What is declared as outside never includes them.",
)
.rest(Field::required::<Cidr>("range", "A range of addresses."))
.most(200);

static API_SERVER: Kind = Kind::new(
    "api-server",
    Class::Single,
    "Where the API server itself answers, behind its service. Of all pods, only those that an operator makes may go there: \
     an instance of a database asks it who is to lead. Enforced by NetworkPolicy.",
)
.arguments(&[Field::required::<Cidr>("range", "A range of addresses.")])
.rest(Field::optional::<Cidr>("range", "Where else."))
.properties(&[Field::default::<Port>("port", "6443", "Its port.")]);

static SHARED: Kind = Kind::new(
    "shared",
    Class::Single,
    "Whether several environments of this platform live in this one cluster. Their namespaces then end in the name of \
     the environment.",
)
.arguments(&[Field::required::<bool>("shared", "Whether it is shared.")])
.default("#false");

static DNS: Kind = Kind::new(
    "dns",
    Class::Single,
    "The pods that answer names. Workloads may ask these and no others; enforced by NetworkPolicy.",
)
.properties(&[
    Field::required::<Name>("namespace", "The namespace they run in."),
    Field::required::<LabelPair>("label", "A label that they carry."),
]);

static GATEWAY: Kind = Kind::new(
    "gateway",
    Class::Named,
    "A way in from outside: for Envoy Gateway the name of the `Gateway` object, for ingress-nginx the ingress class. \
     ingress-nginx sends only headers that its ConfigMap lists in `global-allowed-response-headers`, and should say nothing of \
     its own there: `hsts: \"false\"`. It passes no 429 on, so whoever is over a limit is answered 403 by it.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::required::<Implementation>("implementation", "The program that it is."),
    Field::required::<Name>("namespace", "The namespace that its pods, and its `Gateway` object, are in."),
])
.children(&[&CERTIFICATE])
.most(32);

static CERTIFICATE: Kind = Kind::new(
    "certificate",
    Class::Single,
    "How its hosts come by their certificates for TLS: from an issuer of cert-manager, or by other hands. One of the two is \
     written. Without any, the gateway speaks no TLS as far as this platform knows. With one, a `Gateway` of Envoy Gateway has \
     listeners called `http`, which only leads to the other, and `https`; an issuer fills the Secret that `https` refers to, \
     called as platform and gateway, `hello-public`. An Ingress has a Secret for each host.",
)
.properties(&[
    Field::optional::<Name>("issuer", "The issuer of cert-manager."),
    Field::default::<IssuerKind>("kind", "\"cluster-issuer\"", "Which kind of issuer it is."),
    Field::optional::<bool>("by-hand", "Whether somebody else puts certificates there."),
]);

/// Reads the cluster, and whether there is one: without it there is nothing to render for, which is reported.
pub fn resolve(items: &[Item<'_>], platform: Span, sink: &mut Diagnostics) -> (Cluster, bool) {
    let Some(item) = items.iter().find(|it| it.kind.word == KIND.word) else {
        sink.report(
            Diagnostic::new(Code::MissingField, platform, "the platform needs a `cluster`")
                .help("declare what only the cluster knows: `cluster { kubernetes \"1.35\"; pods \"10.244.0.0/16\"; … }`"),
        );
        return (Cluster::stand_in(platform), false);
    };
    let mut ranges = |word: &'static str| {
        let found = item.child(word).map(|it| it.rest::<Cidr>(sink)).unwrap_or_default();
        let mut ranges: Vec<Cidr> = found.into_iter().map(|it| it.value).collect();
        ranges.sort_unstable();
        ranges
    };
    let (pods, services, nodes) = (ranges("pods"), ranges("services"), ranges("nodes"));
    let kubernetes = item.value::<KubernetesVersion>("kubernetes", sink);
    let shared = item.value::<bool>("shared", sink).is_some_and(|it| it.value);
    let dns = item.child("dns").map(|it| resolve_dns(it, sink));
    let api_server = item.child("api-server").map(|it| resolve_api_server(it, sink));
    let gateways = item.children("gateway").filter_map(|it| resolve_gateway(it, sink));
    let gateways = gateways.map(|it| (it.name.clone(), it)).collect();
    let KubernetesVersion { major, minor } = kubernetes.map_or_else(item::stand_in, |it| it.value);
    let dns = dns.unwrap_or_else(|| Dns::stand_in(item.span()));
    let cluster = Cluster {
        kubernetes: (major, minor),
        pods,
        services,
        nodes,
        api_server,
        shared,
        dns,
        gateways,
        span: item.span(),
    };
    (cluster, true)
}

fn resolve_api_server(item: &Item<'_>, sink: &mut Diagnostics) -> ApiServer {
    let mut ranges: Vec<Cidr> = item.argument::<Cidr>(0, sink).into_iter().map(|it| it.value).collect();
    ranges.extend(item.rest::<Cidr>(sink).into_iter().map(|it| it.value));
    ranges.sort_unstable();
    ranges.dedup();
    ApiServer { ranges, port: item.property_or_default::<Port>("port", sink), span: item.span() }
}

fn resolve_dns(item: &Item<'_>, sink: &mut Diagnostics) -> Dns {
    let namespace = item.property::<Name>("namespace", sink);
    let label = item.property::<LabelPair>("label", sink);
    let instead = Dns::stand_in(item.span());
    Dns {
        namespace: namespace.map_or(instead.namespace, |it| it.value),
        label: label.map_or(instead.label, |it| (it.value.key, it.value.value)),
        span: item.span(),
    }
}

fn resolve_gateway(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Gateway> {
    let name = item.own_name(sink);
    let implementation = item.property::<Implementation>("implementation", sink);
    let namespace = item.property::<Name>("namespace", sink);
    let certificate = item.child(CERTIFICATE.word).and_then(|it| resolve_certificate(it, sink));
    Some(Gateway {
        name: name?,
        implementation: implementation.map_or_else(item::stand_in, |it| it.value),
        namespace: namespace.map_or_else(item::stand_in, |it| it.value),
        certificate,
        span: item.span(),
    })
}

fn resolve_certificate(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Certificate> {
    let issuer = item.property::<Name>("issuer", sink);
    let kind = item.property_or_default::<IssuerKind>("kind", sink);
    let by_hand = item.property::<bool>("by-hand", sink).filter(|it| it.value);
    match (issuer, by_hand) {
        (Some(issuer), None) => Some(Certificate::Issued { issuer: issuer.value, kind, span: item.span() }),
        (None, Some(_)) => {
            if let Some(entry) = item.entry("kind") {
                let message = "`kind` is of an issuer, and there is none";
                sink.report(
                    Diagnostic::new(Code::AmbiguousValue, entry.span(), message)
                        .replace(item.node().removal(entry.span()), ""),
                );
            }
            Some(Certificate::ByHand { span: item.span() })
        }
        // Refused, which has been reported.
        (None, None) if item.entry("issuer").is_some() => None,
        (None, None) => {
            let message = "`certificate` does not say where certificates come from";
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message)
                    .help("write `issuer=\"…\"`, or `by-hand=#true` where somebody else sees to it"),
            );
            None
        }
        (Some(_), Some(_)) => {
            sink.report(reach::not_exactly_one(item, &["issuer", "by-hand"]));
            None
        }
    }
}

impl Cluster {
    /// One to go on with where none is declared, which has been reported.
    fn stand_in(span: Span) -> Self {
        let KubernetesVersion { major, minor } = item::stand_in();
        Self {
            kubernetes: (major, minor),
            pods: Vec::new(),
            services: Vec::new(),
            nodes: Vec::new(),
            api_server: None,
            shared: false,
            dns: Dns::stand_in(span),
            gateways: BTreeMap::new(),
            span,
        }
    }
}

impl Dns {
    fn stand_in(span: Span) -> Self {
        let LabelPair { key, value } = item::stand_in();
        Self { namespace: item::stand_in(), label: (key, value), span }
    }
}

/// A cluster as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cluster {
    /// The Kubernetes version, as in `1.35`.
    #[serde(serialize_with = "json::version")]
    #[schemars(with = "KubernetesVersion")]
    pub kubernetes: (u32, u32),
    /// The addresses of pods.
    pub pods: Vec<Cidr>,
    /// The addresses of services.
    pub services: Vec<Cidr>,
    /// The addresses of nodes, where known.
    pub nodes: Vec<Cidr>,
    /// Where the API server answers, where known.
    pub api_server: Option<ApiServer>,
    /// Whether other environments of the platform live in the same cluster.
    pub shared: bool,
    /// Who answers names.
    pub dns: Dns,
    /// The ways in, by name.
    pub gateways: BTreeMap<Name, Gateway>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Where the API server answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ApiServer {
    /// Its addresses.
    pub ranges: Vec<Cidr>,
    /// Its port.
    pub port: Port,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// The pods that answer names.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Dns {
    /// Their namespace.
    pub namespace: Name,
    /// Their label.
    #[serde(serialize_with = "json::label")]
    #[schemars(with = "LabelPair")]
    pub label: (LabelKey, LabelValue),
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A way in from outside.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gateway {
    /// What it is called: the Gateway object, or the class of Ingress objects.
    pub name: Name,
    /// Which program it is.
    pub implementation: Implementation,
    /// The namespace its pods run in.
    pub namespace: Name,
    /// How its hosts come by their certificates; `None` where it speaks no TLS.
    pub certificate: Option<Certificate>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl Gateway {
    /// Whether its pods are those of another one. Controllers of ingress-nginx that share a namespace look alike.
    pub fn has_pods_of(&self, other: &Self) -> bool {
        let is_nginx = |it: &Self| it.implementation == Implementation::IngressNginx;
        self.name == other.name || (is_nginx(self) && is_nginx(other) && self.namespace == other.namespace)
    }
}

/// How the hosts of a gateway come by their certificates.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// cert-manager asks an issuer for them.
    Issued {
        /// The issuer.
        issuer: Name,
        /// Which kind of issuer it is.
        kind: IssuerKind,
        /// Where it is declared.
        #[serde(skip)]
        span: Span,
    },
    /// Somebody else puts them there.
    ByHand {
        /// Where it is declared.
        #[serde(skip)]
        span: Span,
    },
}

/// The kinds of issuers of cert-manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssuerKind {
    /// One for the whole cluster.
    ClusterIssuer,
    /// One of the gateway's namespace.
    Issuer,
}

words! { IssuerKind: "kind of issuer", ClusterIssuer = "cluster-issuer", Issuer = "issuer" }

/// The programs that trackside can speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Implementation {
    /// Envoy Gateway, by Gateway API.
    EnvoyGateway,
    /// ingress-nginx, by Ingress objects.
    IngressNginx,
}

words! { Implementation: "gateway implementation", EnvoyGateway = "envoy-gateway", IngressNginx = "ingress-nginx" }
