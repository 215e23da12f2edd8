//! The `service` declaration: a workload that runs all the time and may answer requests.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Habit, Kind};
use crate::language::name::{InProject, Name};
use crate::language::public;
use crate::language::reach;
use crate::language::value::json;
use crate::language::value::network::{Host, Port, UrlPath};
use crate::language::value::quantity::{Bytes, Percent, Range};
use crate::language::value::refusal::quote;
use crate::language::value::text::MountPath;
use crate::language::value::time::Duration;
use crate::language::value::{Form, Invalid, Parse};
use crate::language::waive;
use crate::language::workload::{self, Workload};
use crate::source::Span;
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "service",
    Class::Named,
    "A workload that runs all the time. It answers on its `port`, is reached by those that declare it, and from outside \
     where it is `public`.",
)
.arguments(&[Field::required::<Name>("name", "What it is called; in its project, its host name too.")])
.properties(&[Field::optional::<Name>("framework", "What it is written in; a label for people and tools.")])
.children(&[
    &workload::IMAGE,
    &workload::COMMAND,
    &workload::ARGS,
    &PORT,
    &REPLICAS,
    &workload::RESOURCES,
    &HEALTH,
    &READY,
    &START_WITHIN,
    &workload::STOP_WITHIN,
    &public::KIND,
    &workload::ENV,
    &workload::CONFIG,
    &workload::MOUNT,
    &workload::SCRATCH,
    &DISK,
    &workload::RUN_AS,
    &workload::PULL,
    &workload::LABEL,
    &reach::REACHES,
    &reach::OFFERS,
    &waive::KIND,
])
.requires(&["image"]);

static PORT: Kind = Kind::new("port", Class::Single, "The TCP port that it answers on.")
    .arguments(&[Field::required::<Port>("port", "The port.").aliases(&["number", "container"])]);

/// How many run; also of `defaults "service"`.
pub static REPLICAS: Kind = Kind::new(
    "replicas",
    Class::Single,
    "How many run. With a range, the number follows the load between its ends. Two where it is not written, and one \
     with a disk.",
)
.arguments(&[Field::required::<Range<u32>>("count", "A number, or a range of numbers as a string.")])
.properties(&[Field::default::<Percent>("cpu", "\"80%\"", "The share of the requested processor time that is aimed at.")])
.habits(&[Habit { words: &["min", "max", "from", "to", "least", "most"], help: "write the fewest and the most as one range: `replicas \"2..5\"`" }]);

static HEALTH: Kind = Kind::new(
    "health",
    Class::Single,
    "How it is asked whether it is well. It is restarted when it is not, and gets requests only when it is.",
)
.arguments(&[Field::required::<Ask>("question", "What is asked.").aliases(&["path", "http"])])
.properties(PROBE);

static READY: Kind = Kind::new(
    "ready",
    Class::Single,
    "How it is asked whether it takes requests, where that differs from health: it gets none while it says no, and is not \
     restarted for it.",
)
.arguments(&[Field::required::<Ask>("question", "What is asked.").aliases(&["path", "http"])])
.properties(PROBE);

static PROBE: &[Field] = &[
    Field::optional::<Port>("port", "The port; the service's where it is not written."),
    Field::default::<Duration>("every", "\"10s\"", "How often."),
    Field::default::<Duration>("within", "\"2s\"", "How long an answer may take."),
];

static START_WITHIN: Kind = Kind::new(
    "start-within",
    Class::Single,
    "How long it may take from its start to its first good answer about its health; then it is restarted.",
)
.arguments(&[Field::required::<Duration>("time", "A duration of whole seconds.")])
.default("\"1m\"");

static DISK: Kind = Kind::new(
    "disk",
    Class::Named,
    "A disk of each replica that outlives its pods. A service with one keeps its replicas apart: each has a name and a \
     disk of its own.",
)
.arguments(&[Field::required::<MountPath>("path", "Where it is mounted.")])
.properties(&[
    Field::required::<Bytes>("size", "How big it is."),
    Field::optional::<Name>("class", "The storage class; the cluster's default where it is not written."),
]);

/// A service as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Service {
    /// What it shares with every workload.
    pub workload: Workload,
    /// The port it answers on; without one, nothing can reach it.
    pub port: Option<Port>,
    /// How many run.
    pub replicas: Replicas,
    /// How its health is asked for.
    pub health: Option<Probe>,
    /// How it is asked whether it takes requests, where that differs from health.
    pub ready: Option<Probe>,
    /// How long it may take to start before it is restarted.
    pub start_within: Duration,
    /// Disks that outlive its pods; with one, it is a StatefulSet.
    pub disks: Vec<Disk>,
    /// Where it is reached from outside.
    pub public: Vec<Public>,
    /// The projects that may reach it, besides its own.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Name>")]
    pub offers: BTreeMap<Name, Span>,
}

/// How many replicas run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Replicas {
    /// The fewest.
    pub from: u32,
    /// The most; above the fewest, the number follows the load.
    pub to: u32,
    /// The share of the requested processor time, in percent, that is aimed at when the number follows the load.
    pub cpu_percent: u32,
    /// Where it is declared; the service's span where it is not.
    #[serde(skip)]
    pub span: Span,
}

/// A question that the kubelet asks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Probe {
    /// What is asked.
    pub ask: Ask,
    /// The port, which is the service's unless another is written.
    pub port: Port,
    /// How often.
    pub every: Duration,
    /// How long an answer may take.
    pub within: Duration,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// An HTTP GET of this path.
    Http(UrlPath),
    /// That the port can be connected to.
    Tcp,
    /// A gRPC health check.
    Grpc,
}

/// A disk that outlives its pod, one per replica.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Disk {
    /// Where it is mounted.
    pub path: MountPath,
    /// How big it is.
    pub size: Bytes,
    /// The storage class, where not the cluster's default.
    pub class: Option<Name>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A public address.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Public {
    /// The whole host name.
    pub host: Host,
    /// The front of the path.
    pub path: UrlPath,
    /// The gateway it comes in by.
    pub gateway: Name,
    /// The edge that leads to the gateway, where it comes in by one.
    pub edge: Option<Name>,
    /// What browsers are told with every answer, where the address itself says so; see `Platform::headers_of`.
    pub headers: Option<Name>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl Service {
    /// What others call it.
    pub fn id(&self, project: &Name) -> InProject {
        InProject { project: project.clone(), name: self.workload.name.clone() }
    }
}

impl Parse for Ask {
    const FORM: Form = Form {
        name: "question",
        expects: "a path that starts with `/` (HTTP), `\"tcp\"` or `\"grpc\"`",
        example: "\"/healthz\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String("tcp") => Ok(Self::Tcp),
            Value::String("grpc") => Ok(Self::Grpc),
            Value::String(text) if !text.starts_with('/') => {
                Err(Invalid::new(format!("{} is nothing that can be asked", quote(text)))
                    .help(format!("write {}", Self::FORM.expects)))
            }
            _ => UrlPath::parse(value).map(Self::Http),
        }
    }
}

/// The most replicas of one service that make sense; more is a typing mistake.
const MAX_REPLICAS: u32 = 100;

/// Reads a service.
pub fn resolve<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Service> {
    let workload = workload::resolve(item, &context.defaults.service, context, sink);
    // One that was refused is still one that can be reached.
    let port =
        item.child("port").map(|it| it.argument::<Port>(0, sink).map_or_else(item::stand_in, |it| it.value));
    let disks = resolve_disks(item, sink);
    let replicas = resolve_replicas(item, !disks.is_empty(), context, sink);
    let health = item.child("health").and_then(|it| resolve_probe(it, port, sink));
    let ready = item.child("ready").and_then(|it| resolve_probe(it, port, sink));
    let start_within = item.value_or_default::<Duration>("start-within", sink);
    let public = public::resolve(item, context, sink);
    let offers = reach::resolve_offers(item, context, sink);
    if let (None, Some(item)) = (&port, item.child(public::KIND.word).or(item.child(reach::OFFERS.word))) {
        let message = format!("`{}` needs a port that can be reached", item.kind.word);
        sink.report(
            Diagnostic::new(Code::NothingToReach, item.span(), message).help("declare it: `port 8080`"),
        );
    }
    let service =
        Service { workload: workload?, port, replicas, health, ready, start_within, disks, public, offers };
    workload::check_paths(&service.workload, service.disks.iter().map(|it| (&it.path, it.span)), sink);
    Some(service)
}

/// Reads `replicas`, or gives what holds without it.
pub fn resolve_replicas(
    item: &Item<'_>,
    with_disk: bool,
    context: &Context<'_, '_>,
    sink: &mut Diagnostics,
) -> Replicas {
    let default = match (with_disk, context.defaults.replicas) {
        // Two with a disk each are two databases, not one that survives a node.
        (true, _) => Replicas { from: 1, to: 1, cpu_percent: 80, span: item.span() },
        (false, Some(replicas)) => replicas,
        // One cannot survive the drain of its node.
        (false, None) => Replicas { from: 2, to: 2, cpu_percent: 80, span: item.span() },
    };
    let Some(line) = item.child(REPLICAS.word) else { return default };
    let before = sink.len();
    let Some(written) = read_replicas(line, sink) else { return default };
    let is_same = Replicas { span: default.span, ..written } == default;
    if is_same && sink.len() == before {
        line.report_restated(sink);
    }
    written
}

/// Reads a `replicas` line.
pub fn read_replicas(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Replicas> {
    let count = item.argument::<Range<u32>>(0, sink);
    let cpu = item.property::<Percent>("cpu", sink);
    let count = count?;
    let Range { from, to } = count.value;
    if from < 1 || to > MAX_REPLICAS {
        let message = format!("replicas must be between 1 and {MAX_REPLICAS}");
        sink.report(Diagnostic::new(Code::InvalidValue, count.span, message));
        return None;
    }
    if let (true, Some(cpu)) = (from == to, &cpu) {
        let message = "`cpu` is for a range of replicas, and this is one number";
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, cpu.span, message).help("write a range, like `\"2..10\"`"),
        );
    }
    let cpu_percent = item.property_or_default::<Percent>("cpu", sink).percent();
    Some(Replicas { from, to, cpu_percent, span: item.span() })
}

fn resolve_probe(item: &Item<'_>, port: Option<Port>, sink: &mut Diagnostics) -> Option<Probe> {
    let ask = item.argument::<Ask>(0, sink);
    let own = item.property::<Port>("port", sink);
    let every = item.property_or_default::<Duration>("every", sink);
    let within = item.property_or_default::<Duration>("within", sink);
    let Some(port) = own.map(|it| it.value).or(port) else {
        let message = format!("`{}` has no port to ask at", item.kind.word);
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message)
                .help("declare the service's `port`, or write `port=` here"),
        );
        return None;
    };
    Some(Probe { ask: ask?.value, port, every, within, span: item.span() })
}

fn resolve_disks(item: &Item<'_>, sink: &mut Diagnostics) -> Vec<Disk> {
    let disks = item.children("disk").filter_map(|it| {
        let path = it.argument::<MountPath>(0, sink);
        let size = it.property::<Bytes>("size", sink);
        let class = it.property::<Name>("class", sink);
        Some(Disk { path: path?.value, size: size?.value, class: class.map(|it| it.value), span: it.span() })
    });
    let mut disks: Vec<Disk> = disks.collect();
    disks.sort_by(|a, b| a.path.cmp(&b.path));
    disks
}
