//! Where a database runs: outside of the cluster, or in it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::Parse;
use crate::language::value::image::Image;
use crate::language::value::network::{Cidr, Port};
use crate::language::value::postgres::PostgresVersion;
use crate::language::value::quantity::Bytes;
use crate::language::waive::Safeguard;
use crate::language::word::words;
use crate::language::workload::{self, Resources};
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// A server outside of the cluster.
pub static SERVER: Kind = Kind::new(
    "server",
    Class::Single,
    "The addresses of a server outside of the cluster. Workloads that reach the database may open connections there, on \
     this port; NetworkPolicy enforces it.",
)
.arguments(&[Field::required::<Cidr>("range", "Where it answers.")])
.rest(Field::optional::<Cidr>("range", "Where else."))
.properties(&[
    Field::default::<Port>("port", "5432", "Its port."),
    Field::default::<Tls>(
        "tls",
        "\"verify-full\"",
        "How its clients make sure of it; workloads take it by `key=\"sslmode\"`. Everything less needs a waiver.",
    ),
]);

/// A server in the cluster.
pub static RUN: Kind = Kind::new(
    "run",
    Class::Single,
    "Runs the server in the cluster, in the namespace of its project. The operator makes the login, keeps a copy of the \
     data on each instance, and lets another take over when one fails. It puts its own image into each pod, which \
     `image-policy` lets in only from a listed registry and pinned (`OPERATOR_IMAGE_NAME`).",
)
.arguments(&[Field::required::<Operator>("operator", "The operator that the cluster has.")])
.properties(&[Field::default::<Name>(
    "namespace",
    "\"cnpg-system\"",
    "The namespace that the operator runs in. From there it asks each instance how it is, and NetworkPolicy lets it.",
)])
.children(&[&workload::IMAGE, &INSTANCES, &STORAGE, &workload::RESOURCES])
.requires(&["image", "storage"]);

static INSTANCES: Kind = Kind::new("instances", Class::Single, "How many run, each with a copy of the data.")
    .arguments(&[Field::required::<u32>("count", "A number up to 9.")])
    .default("3");

static STORAGE: Kind = Kind::new("storage", Class::Single, "The disk of each instance.")
    .arguments(&[Field::required::<Bytes>("size", "How big it is.")])
    .properties(&[Field::optional::<Name>(
        "class",
        "The storage class; the cluster's default where it is not written.",
    )]);

/// How a client makes sure of a server, as libpq has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted, the certificate checked and its name as well.
    VerifyFull,
    /// Encrypted and the certificate checked, whatever its name.
    VerifyCa,
    /// Encrypted, to whoever answers.
    Require,
    /// In the clear.
    Disable,
}

words! {
    Tls: "way to use TLS",
    VerifyFull = "verify-full",
    VerifyCa = "verify-ca",
    Require = "require",
    Disable = "disable",
}

/// What runs servers in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// CloudNativePG.
    CloudNativePg,
}

words! { Operator: "operator for databases", CloudNativePg = "cloudnative-pg" }

/// Where a database answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// Outside of the cluster.
    Outside(Outside),
    /// In the cluster, run by CloudNativePG.
    CloudNativePg(CloudNativePg),
}

/// A server outside of the cluster.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outside {
    /// Its addresses; at least one range.
    pub ranges: Vec<Cidr>,
    /// Its port.
    pub port: Port,
    /// How its clients make sure of it.
    pub tls: Tls,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A server that CloudNativePG runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CloudNativePg {
    /// What runs; its tag starts with the major version.
    pub image: Image,
    /// How many run: 1 to 9.
    pub instances: u32,
    /// The disk of each.
    pub size: Bytes,
    /// The storage class of the disks; the cluster's default without one.
    pub class: Option<Name>,
    /// The namespace that the operator runs in.
    pub operator_namespace: Name,
    /// What each asks for and gets at most.
    pub resources: Resources,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl Server {
    /// Its port.
    pub fn port(&self) -> Port {
        match self {
            Self::Outside(outside) => outside.port,
            Self::CloudNativePg(_) => POSTGRESQL,
        }
    }

    /// How clients make sure of it: an operator gives its servers certificates of their own names.
    pub fn tls(&self) -> Tls {
        match self {
            Self::Outside(outside) => outside.tls,
            Self::CloudNativePg(_) => Tls::VerifyFull,
        }
    }
}

/// The port on which PostgreSQL answers.
pub const POSTGRESQL: Port = Port(5432);

/// More copies of the same data help nobody.
const MOST_INSTANCES: u32 = 9;

/// Reads where a database answers.
pub fn resolve<'a>(
    item: &Item<'a>,
    version: PostgresVersion,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Server {
    match (item.child(SERVER.word), item.child(RUN.word)) {
        (Some(outside), None) => Server::Outside(resolve_outside(outside, context, sink)),
        (None, Some(run)) => Server::CloudNativePg(resolve_run(run, version, context, sink)),
        (Some(outside), Some(run)) => {
            let message = format!("{} has two servers", item.described());
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, run.span(), message)
                    .related(outside.span(), "the other one")
                    .help("keep one of them"),
            );
            Server::Outside(resolve_outside(outside, context, sink))
        }
        (None, None) => {
            let message = format!("{} does not say where it answers", item.described());
            sink.report(Diagnostic::new(Code::MissingField, item.span(), message).help(
                "write `server \"10.0.0.0/24\"` with its addresses, or `run \"cloudnative-pg\"` to run it in the cluster",
            ));
            Server::Outside(Outside {
                ranges: Vec::new(),
                port: POSTGRESQL,
                tls: Tls::VerifyFull,
                span: item.span(),
            })
        }
    }
}

fn resolve_outside(item: &Item<'_>, context: &Context<'_, '_>, sink: &mut Diagnostics) -> Outside {
    let mut ranges: Vec<Cidr> = item.argument::<Cidr>(0, sink).into_iter().map(|it| it.value).collect();
    ranges.extend(item.rest::<Cidr>(sink).into_iter().map(|it| it.value));
    ranges.sort_unstable();
    ranges.dedup();
    if let Some(open) = ranges.iter().find(|it| !is_private(**it)) {
        let message = format!("`{open}` is on the internet");
        sink.report(
            Diagnostic::new(Code::DatabaseRange, item.span(), message)
                .help("let the server answer on a private address, which nobody outside can knock at"),
        );
    }
    let port = item.property_or_default::<Port>("port", sink);
    let tls = item.property::<Tls>("tls", sink);
    if let Some(tls) = &tls {
        check_tls(tls, context, sink);
    }
    Outside { ranges, port, tls: tls.map_or(Tls::VerifyFull, |it| it.value), span: item.span() }
}

/// Whether a range lies within the private ones: of one's own network, of a carrier's, or unique local.
fn is_private(range: Cidr) -> bool {
    const PRIVATE: [&str; 5] = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
    PRIVATE.iter().any(|it| Cidr::parse(Value::String(it)).is_ok_and(|it| it.contains(range)))
}

fn check_tls(tls: &Spanned<Tls>, context: &Context<'_, '_>, sink: &mut Diagnostics) {
    let risk = match tls.value {
        Tls::VerifyFull => return,
        Tls::VerifyCa => "any server with a certificate of the same authority is believed",
        Tls::Require => "whoever answers is believed, and gets the password",
        Tls::Disable => "everybody on the way reads the password and the data",
    };
    let message = format!("with `tls=\"{}\"`, {risk}", tls.value.word());
    let diagnostic = Diagnostic::new(Code::DatabaseTls, tls.span, message)
        .help("leave it out: the certificate and its name are checked then");
    context.waivers.report(Safeguard::VerifiedTls, diagnostic, sink);
}

fn resolve_run(
    item: &Item<'_>,
    version: PostgresVersion,
    context: &Context<'_, '_>,
    sink: &mut Diagnostics,
) -> CloudNativePg {
    let image = item.value::<Image>("image", sink);
    if let Some(image) = &image {
        workload::check_image(image, context.image_policy, context.waivers, sink);
        check_version(image, version, sink);
    }
    let instances =
        match item.value::<u32>(INSTANCES.word, sink) {
            Some(it) if !(1..=MOST_INSTANCES).contains(&it.value) => {
                let message = format!("{} instances cannot run", it.value);
                sink.report(Diagnostic::new(Code::InvalidValue, it.span, message).help(format!(
                    "write a number from 1 to {MOST_INSTANCES}; three survive the loss of one"
                )));
                3
            }
            Some(it) => it.value,
            None => item.value_or_default::<u32>(INSTANCES.word, &mut Diagnostics::default()),
        };
    let message = "the operator starts each instance by an image of its own, which has to be pinned as well";
    let diagnostic = Diagnostic::new(Code::OperatorImage, item.span(), message);
    let policy = context.image_policy;
    let diagnostic =
        policy.iter().fold(diagnostic, |it, policy| it.related(policy.span, "and from one of these"));
    sink.report(diagnostic.help(
        "install it with `OPERATOR_IMAGE_NAME` set to its image with `@sha256:…`; no instance would start otherwise",
    ));
    let storage = item.child(STORAGE.word);
    let size = storage.and_then(|it| it.argument::<Bytes>(0, sink));
    let class = storage.and_then(|it| it.property::<Name>("class", sink));
    CloudNativePg {
        image: image.map_or_else(|| workload::no_image(item).value, |it| it.value),
        instances,
        size: size.map_or(Bytes(1 << 30), |it| it.value),
        class: class.map(|it| it.value),
        operator_namespace: item.property_or_default::<Name>("namespace", sink),
        resources: workload::resolve_resources(item, context.defaults.service.resources, sink),
        span: item.span(),
    }
}

/// The operator reads the version out of the tag, and what trackside writes for a database depends on it.
fn check_version(image: &Spanned<Image>, version: PostgresVersion, sink: &mut Diagnostics) {
    let major = image
        .value
        .tag
        .as_deref()
        .map(|it| it.split(|it: char| !it.is_ascii_digit()).next().unwrap_or_default());
    if major == Some(version.to_string().as_str()) {
        return;
    }
    let message = match major {
        None | Some("") => format!("`{}` does not say which version of PostgreSQL it is", image.value),
        Some(major) => format!("the image is PostgreSQL {major}, and the database is declared as {version}"),
    };
    sink.report(Diagnostic::new(Code::DatabaseVersion, image.span, message).help(format!(
        "put a tag in front of the digest, as in `:{version}.4@sha256:…`, or say `postgresql \"…\"` in the database"
    )));
}
