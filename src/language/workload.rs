//! What services and cron jobs share: an image, its surroundings, what it may reach and how it is confined.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::database::{DatabaseId, LoginKey};
use crate::language::defaults::WorkloadDefaults;
use crate::language::image_policy::ImagePolicy;
use crate::language::item::{Item, listed};
use crate::language::kind::{Class, Field, Habit, Kind};
use crate::language::name::{InProject, Name};
use crate::language::reach;
use crate::language::secret::taken::{self, KEY, SecretValue};
use crate::language::value::Parse;
use crate::language::value::image::Image;
use crate::language::value::json;
use crate::language::value::plain::{Content, Given};
use crate::language::value::quantity::{Bytes, Cpu, Range};
use crate::language::value::refusal::quote;
use crate::language::value::text::{EnvName, LabelKey, LabelValue, MountPath, SecretKey};
use crate::language::value::time::Duration;
use crate::language::waive::{Safeguard, Waivers};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::Value;
use crate::tree::path::TreePath;

/// What runs.
pub static IMAGE: Kind = Kind::new(
    "image",
    Class::Single,
    "The image that runs, with its registry and pinned by digest; a tag may stand beside it for people.",
)
.arguments(&[Field::required::<Image>("reference", "The reference.")]);

/// The program, where not the image's own.
pub static COMMAND: Kind = Kind::new(
    "command",
    Class::Single,
    "The program that runs instead of the image's entrypoint, and its first arguments.",
)
.rest(Field::required::<Given>("word", "One word of it, as it is: no shell takes it apart."));

/// Its arguments, where not the image's own.
pub static ARGS: Kind = Kind::new("args", Class::Single, "Arguments instead of the image's own.")
    .rest(Field::required::<Given>("word", "One argument, as it is: no shell takes it apart."));

/// What it asks for and gets at most.
pub static RESOURCES: Kind = Kind::new(
    "resources",
    Class::Single,
    "What a container asks for and what it gets at most. One value stands for both. Beside memory each has 128Mi of the \
     node's disk for its logs, which is twice what the kubelet keeps by its defaults, and what its `scratch` holds.",
)
.properties(&[
    Field::optional::<Range<Cpu>>("cpu", "Processor time; `50m..500m` unless `defaults` say otherwise.").inherited(),
    Field::optional::<Range<Bytes>>("memory", "Memory; `64Mi..512Mi` unless `defaults` say otherwise.").inherited(),
])
.habits(&[Habit {
    words: &["requests", "limits", "request", "limit"],
    help: "write what it asks for and what it gets at most as ranges: `resources cpu=\"100m..1\" memory=\"128Mi..512Mi\"`",
}]);

/// An environment variable.
pub static ENV: Kind = Kind::new(
    "env",
    Class::Named,
    "An environment variable: a text that everybody may see, a secret, a value of a database's login, or the address of a \
     service that it reaches.",
)
.arguments(&[
    Field::required::<EnvName>("name", "Its name."),
    Field::optional::<Given>("value", "A text that everybody may see."),
])
.properties(&[
    Field::reference("secret", "The secret whose value it gets."),
    Field::reference("database", "The database of whose login it gets a value; it must be reached as well."),
    Field::optional::<SecretKey>(
        "key",
        "Which value: of a login `host`, `port`, `database`, `username`, `password`, `sslmode` or another that its secret \
         has; of a secret with several `keys` one of these.",
    ),
    Field::reference("service", "The service whose address it gets."),
    Field::default::<AddressPart>("part", "\"url\"", "Which part of the address."),
]);

/// A file with content from the tree.
pub static CONFIG: Kind = Kind::new(
    "config",
    Class::Named,
    "A read-only file in the container, with content that everybody may see. When it changes, the pods are replaced.",
)
.arguments(&[
    Field::required::<MountPath>("path", "Where it is mounted."),
    Field::optional::<Content>("content", "What it says."),
])
.properties(&[Field::optional::<TreePath>("file", "The file of the tree that says it.")]);

/// A file whose content is a secret.
pub static MOUNT: Kind =
    Kind::new("mount", Class::Named, "A read-only file in the container whose content is a secret.")
        .arguments(&[Field::required::<MountPath>("path", "Where it is mounted.")])
        .properties(&[Field::reference("secret", "The secret.").must(), KEY]);

/// A writable directory.
pub static SCRATCH: Kind = Kind::new(
    "scratch",
    Class::Named,
    "A writable directory that is lost with the pod. Nothing else can be written to.",
)
.arguments(&[Field::required::<MountPath>("path", "Where it is mounted.")])
.properties(&[Field::default::<Bytes>("up-to", "\"64Mi\"", "How much fits; more, and the pod is evicted.")])
.most(32);

/// Which user it runs as.
pub static RUN_AS: Kind = Kind::new("run-as", Class::Single, "The user and groups that processes run as.")
    .arguments(&[Field::required::<u32>("user", "The user id; 0 is root and needs a waiver.")])
    .properties(&[
        Field::optional::<u32>("group", "The group id; the user id where it is not written."),
        Field::optional::<u32>(
            "fs-group",
            "The group that owns mounted files; the group id where it is not written.",
        ),
    ]);

/// How long it may take to stop.
pub static STOP_WITHIN: Kind = Kind::new(
    "stop-within",
    Class::Single,
    "How long it may take to stop when it is asked to; then it is killed.",
)
.arguments(&[Field::required::<Duration>("time", "A duration of whole seconds.")])
.default("\"30s\"");

/// What the image is pulled with.
pub static PULL: Kind = Kind::new(
    "pull",
    Class::Edge,
    "The secret that images are pulled with: a Docker configuration file (`.dockerconfigjson`).",
)
.properties(&[Field::reference("secret", "The secret.").must().identity()]);

/// A label.
pub static LABEL: Kind = Kind::new("label", Class::Named, "A label on everything that is made of this.")
    .arguments(&[
        Field::required::<LabelKey>("key", "Its key."),
        Field::required::<LabelValue>("value", "Its value, always a string."),
    ])
    .most(32);

/// A workload as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Workload {
    /// What it is called.
    pub name: Name,
    /// The framework it is written in, as a label for people and tools.
    pub framework: Option<Name>,
    /// Labels of its own.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// What runs.
    pub image: Spanned<Image>,
    /// Secrets that the image is pulled with.
    pub pull_secrets: BTreeSet<Name>,
    /// The program, where not the image's own.
    pub command: Vec<String>,
    /// Its arguments, where not the image's own.
    pub args: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<EnvName, Env>,
    /// Files with content from the tree.
    pub configs: Vec<Config>,
    /// Files whose content is a secret.
    pub mounts: Vec<Mount>,
    /// Writable directories that are lost with the pod, those of `pod-security` included.
    pub scratch: Vec<Scratch>,
    /// What it asks for and what it gets at most.
    pub resources: Resources,
    /// Which user and groups it runs as.
    pub run_as: RunAs,
    /// How long it may take to stop.
    pub stop_within: Duration,
    /// What it may reach. Names are always answered.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Reach>")]
    pub reaches: BTreeMap<Reach, Span>,
    /// The defaults it leaves, and the waiver that lets it.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Safeguard>")]
    pub waived: BTreeMap<Safeguard, Span>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// An environment variable.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Env {
    /// Its value.
    pub value: EnvValue,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// The value of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnvValue {
    /// A text that everybody may see.
    Plain(String),
    /// A secret of the project or of the platform.
    Secret(SecretValue),
    /// A value of a database's login.
    Login {
        /// The database.
        database: DatabaseId,
        /// Which value.
        key: Spanned<SecretKey>,
    },
    /// The address of a service that it reaches.
    Address {
        /// The service.
        service: InProject,
        /// The part that is needed.
        part: AddressPart,
    },
}

/// Which part of a service's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressPart {
    /// `http://api.hello-shop.svc:8080`.
    Url,
    /// `api.hello-shop.svc`.
    Host,
    /// `8080`.
    Port,
}

/// A file with content from the tree.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Config {
    /// Where it is mounted.
    pub path: MountPath,
    /// What it says.
    pub content: String,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A file whose content is a secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Mount {
    /// Where it is mounted.
    pub path: MountPath,
    /// The secret, and which of its values.
    #[serde(flatten)]
    pub value: SecretValue,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A writable directory that is lost with the pod.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Scratch {
    /// Where it is mounted.
    pub path: MountPath,
    /// How much fits.
    pub up_to: Bytes,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a container asks for and what it gets at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Resources {
    /// Processor time.
    pub cpu: Range<Cpu>,
    /// Memory.
    pub memory: Range<Bytes>,
}

/// Which user and groups a process runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunAs {
    /// The user id.
    pub user: u32,
    /// The group id.
    pub group: u32,
    /// The group that owns mounted files.
    pub fs_group: u32,
}

/// What a workload may reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// A service, of the same project or of one that it offers itself to.
    Service(InProject),
    /// A database of the same project, or one of the top that offers itself to it.
    Database(DatabaseId),
    /// A place outside.
    External(Name),
}

words! { AddressPart: "part of an address", Url = "url", Host = "host", Port = "port" }

/// The user of the edition: not root, and not one that images use for anything else.
pub const DEFAULT_RUN_AS: RunAs = RunAs { user: 1001, group: 1001, fs_group: 1001 };

/// The defaults whose absence a running pod feels.
const HARDENING: [Safeguard; 5] = [
    Safeguard::ReadOnlyRootFilesystem,
    Safeguard::RunAsNonRoot,
    Safeguard::SeccompRuntimeDefault,
    Safeguard::NoPrivilegeEscalation,
    Safeguard::DropCapabilities,
];

/// Reads what services and cron jobs share.
pub fn resolve<'a>(
    item: &Item<'a>,
    defaults: &WorkloadDefaults,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Workload> {
    let waivers = Waivers::of(&item.children, Some(context.waivers), context.scope, sink);
    let name = item.own_name(sink);
    let before = sink.len();
    let image = item.value::<Image>("image", sink);
    // One that was refused is not unpinned as well.
    if let Some(image) = image.as_ref().filter(|_| sink.len() == before) {
        check_image(image, context.image_policy, &waivers, sink);
    }
    let run_as = resolve_run_as(item, context.pod_security.run_as, sink);
    let mut waived = BTreeMap::new();
    for safeguard in HARDENING {
        if let Some(waiver) = waivers.covering(safeguard) {
            waived.insert(safeguard, waiver.span);
            let risk = safeguard.risk().unwrap_or_default();
            // The namespace admits the pod only if it enforces less, for everything in it.
            let reach = match safeguard {
                Safeguard::ReadOnlyRootFilesystem => "",
                _ => "; its whole namespace enforces `baseline` for it",
            };
            let message = format!("{} leaves `{}`: {risk}{reach}", item.described(), safeguard.word());
            waivers.report(safeguard, Diagnostic::new(Code::DefaultLeft, item.name_span(), message), sink);
        }
    }
    if run_as.user == 0 && !waived.contains_key(&Safeguard::RunAsNonRoot) {
        let message = format!("{} runs as root", item.described());
        let span = item.child("run-as").map_or(item.span(), Item::span);
        waivers.report(Safeguard::RunAsNonRoot, Diagnostic::new(Code::RunsAsRoot, span, message), sink);
    }
    let scratch = merge_scratch(&context.pod_security.scratch, resolve_scratch(item, sink));
    let env = resolve_env(item, &waivers, context, sink);
    // What the platform itself runs is a known program: there are no words for what it is started with.
    let knows = |kind: &Kind| item.kind.child(kind.word).is_some();
    let configs = if knows(&CONFIG) { resolve_configs(item, &waivers, context, sink) } else { Vec::new() };
    let mounts = if knows(&MOUNT) { resolve_mounts(item, context, sink) } else { Vec::new() };
    let framework = item.kind.property("framework").and_then(|_| item.property::<Name>("framework", sink));
    let pull_secrets = item.children("pull").filter_map(|it| resolve_secret(it, context, sink)).collect();
    let stop_within = item.value_or_default::<Duration>("stop-within", sink);
    let words = |kind: &Kind, sink: &mut Diagnostics| -> Vec<Spanned<String>> {
        let line = if knows(kind) { item.child(kind.word) } else { None };
        let words = line.map(|it| it.rest::<Given>(sink)).unwrap_or_default();
        words.into_iter().map(|it| it.map(|it| it.0)).collect()
    };
    let (command, args) = (words(&COMMAND, sink), words(&ARGS, sink));
    check_line(command.iter().chain(&args), &waivers, sink);
    let [command, args] = [command, args].map(|it| it.into_iter().map(|it| it.value).collect());
    let resources = resolve_resources(item, defaults.resources, sink);
    let labels = resolve_labels(item, sink);
    let mut reaches = reach::resolve(item, context, sink);
    if item.children(reach::REACHES.word).count() > reaches.len() {
        // An edge with a mistake in it may well lead to what the program is told the address of.
        let of_project = |it: &InProject| context.scope.project == Some(it.project.as_str());
        for env in env.values() {
            if let EnvValue::Address { service, .. } = &env.value
                && of_project(service)
            {
                reaches.entry(Reach::Service(service.clone())).or_insert(env.span);
            }
        }
    }
    waivers.report_unused(sink);
    context.waivers_seen(&waivers);
    Some(Workload {
        name: name?,
        framework: framework.map(|it| it.value),
        labels,
        image: image.unwrap_or_else(|| no_image(item)),
        pull_secrets,
        command,
        args,
        env,
        configs,
        mounts,
        scratch,
        resources,
        run_as,
        stop_within,
        reaches,
        waived,
        span: item.span(),
    })
}

/// An image to go on with where none could be read, which has been reported.
pub fn no_image(item: &Item<'_>) -> Spanned<Image> {
    let text = format!("registry.invalid/none@sha256:{}", "0".repeat(64));
    Spanned::new(Image::parse(Value::String(&text)).expect("it is an image"), item.span())
}

/// Reports an image that is not pinned, or comes from a registry that is not listed.
pub fn check_image(
    image: &Spanned<Image>,
    policy: Option<&ImagePolicy>,
    waivers: &Waivers<'_>,
    sink: &mut Diagnostics,
) {
    if image.value.digest.is_none() {
        let message = format!("image `{}` is not pinned by digest", image.value);
        let diagnostic = Diagnostic::new(Code::ImageNotPinned, image.span, message).help(
            "a tag can be moved to another image: write `@sha256:` and the digest that the registry shows",
        );
        waivers.report(Safeguard::ImageDigest, diagnostic, sink);
    }
    if let Some(policy) = policy
        && !policy.registries.iter().any(|it| it.covers(&image.value))
    {
        let message =
            format!("image `{}` comes from a registry that `image-policy` does not list", image.value);
        let diagnostic = Diagnostic::new(Code::ImageRegistry, image.span, message)
            .related(policy.span, "the registries are listed here")
            .help(format!("take it from one of them, or add `\"{}\"` to `registries`", from(&image.value)));
        waivers.report(Safeguard::ImageRegistry, diagnostic, sink);
    }
}

/// What `registries` would say to let an image in, and those beside it: all of its repository but the last part.
fn from(image: &Image) -> String {
    let repository = image.repository.to_string();
    repository.rsplit_once('/').map_or(repository.clone(), |(front, _)| front.to_owned())
}

/// Reports a text that everybody may see and that looks like a secret.
pub fn check_plain(text: &str, span: Span, waivers: &Waivers<'_>, sink: &mut Diagnostics) {
    if mask::looks_secret(text).is_some() {
        // Escapes and continued lines may keep it from looking like one where it is written.
        sink.hide(span);
        report_plain(text, span, waivers, sink);
    }
}

/// The same about a place that holds more than the text, or only the path to it.
fn report_plain(text: &str, span: Span, waivers: &Waivers<'_>, sink: &mut Diagnostics) {
    if let Some(looks) = mask::looks_secret(text) {
        let diagnostic = Diagnostic::new(
            Code::PlainSecret,
            span,
            format!("this looks like {looks}, in plain text"),
        )
        .help(
            "seal it as a `secret`, take it by `secret=`, and replace it where it is used: git remembers it",
        );
        waivers.report(Safeguard::SealedSecrets, diagnostic, sink);
    }
}

/// The same for what a program is started with, where the option before a value may say that it is secret.
fn check_line<'l>(
    line: impl Iterator<Item = &'l Spanned<String>> + Clone,
    waivers: &Waivers<'_>,
    sink: &mut Diagnostics,
) {
    let (named, what) = mask::secret_arguments(line.clone().map(|it| it.value.as_str()));
    for (at, it) in line.enumerate() {
        if named.binary_search(&at).is_err() || mask::looks_secret(&it.value).is_some() {
            check_plain(&it.value, it.span, waivers, sink);
            continue;
        }
        sink.hide(it.span);
        let message = format!("this is {what}, in plain text");
        let diagnostic = Diagnostic::new(Code::PlainSecret, it.span, message)
            .help("seal it as a `secret`, take it by `env` and `secret=`, and write `$(NAME)` here");
        waivers.report(Safeguard::SealedSecrets, diagnostic, sink);
    }
}

/// The same for a variable, whose name may say what its value does not show: `DB_PASSWORD`.
fn check_named(item: &Item<'_>, value: &Spanned<String>, waivers: &Waivers<'_>, sink: &mut Diagnostics) {
    let text = value.value.as_str();
    let Some(name) =
        item.name().filter(|it| mask::looks_secret(text).is_none() && mask::is_called_secret(it.value, text))
    else {
        return check_plain(text, value.span, waivers, sink);
    };
    sink.hide(value.span);
    let message = format!("{} is called like a secret and stands in plain text", quote(name.value));
    let diagnostic = Diagnostic::new(Code::PlainSecret, value.span, message)
        .help("seal it as a `secret` and take it by `secret=`; if it is none, call it otherwise or waive it");
    waivers.report(Safeguard::SealedSecrets, diagnostic, sink);
}

/// Reads the user of a declaration, or gives the one that holds around it.
pub fn resolve_run_as(item: &Item<'_>, outer: RunAs, sink: &mut Diagnostics) -> RunAs {
    let Some(item) = item.child("run-as") else { return outer };
    let before = sink.len();
    let user = item.argument::<u32>(0, sink).map_or(outer.user, |it| it.value);
    let group = item.property::<u32>("group", sink).map_or(user, |it| it.value);
    let fs_group = item.property::<u32>("fs-group", sink).map_or(group, |it| it.value);
    let run_as = RunAs { user, group, fs_group };
    if run_as == outer && sink.len() == before {
        item.report_restated(sink);
    }
    run_as
}

/// Reads the scratch directories of a declaration.
pub fn resolve_scratch(item: &Item<'_>, sink: &mut Diagnostics) -> Vec<Scratch> {
    let scratch = item.children("scratch").filter_map(|it| {
        let path = it.argument::<MountPath>(0, sink);
        let up_to = it.property_or_default::<Bytes>("up-to", sink);
        Some(Scratch { path: path?.value, up_to, span: it.span() })
    });
    let mut scratch: Vec<Scratch> = scratch.collect();
    scratch.sort_by(|a, b| a.path.cmp(&b.path));
    scratch
}

/// A workload's own directory takes the place of the platform's at the same path.
fn merge_scratch(platform: &[Scratch], own: Vec<Scratch>) -> Vec<Scratch> {
    let inherited = platform.iter().filter(|it| own.iter().all(|own| own.path != it.path)).cloned();
    let mut all: Vec<Scratch> = inherited.collect();
    all.extend(own);
    all
}

/// Reads `resources` on top of what holds around it.
pub fn resolve_resources(item: &Item<'_>, outer: Resources, sink: &mut Diagnostics) -> Resources {
    let Some(item) = item.child("resources") else { return outer };
    let before = sink.len();
    let cpu = item.property::<Range<Cpu>>("cpu", sink).map_or(outer.cpu, |it| it.value);
    let memory = item.property::<Range<Bytes>>("memory", sink).map_or(outer.memory, |it| it.value);
    let resources = Resources { cpu, memory };
    if resources == outer && sink.len() == before {
        item.report_restated(sink);
    }
    resources
}

/// Reads the labels of a declaration.
pub fn resolve_labels(item: &Item<'_>, sink: &mut Diagnostics) -> BTreeMap<LabelKey, LabelValue> {
    let labels = item.children("label").filter_map(|it| {
        let key = it.argument::<LabelKey>(0, sink);
        let value = it.argument::<LabelValue>(1, sink);
        Some((key?.value, value?.value))
    });
    labels.collect()
}

fn resolve_env<'a>(
    item: &Item<'a>,
    waivers: &Waivers<'_>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<EnvName, Env> {
    let env = item.children("env").filter_map(|it| {
        let name = it.argument::<EnvName>(0, sink);
        let value = resolve_env_value(it, waivers, context, sink);
        Some((name?.value, Env { value: value?, span: it.span() }))
    });
    env.collect()
}

fn resolve_env_value<'a>(
    item: &Item<'a>,
    waivers: &Waivers<'_>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<EnvValue> {
    let plain = item.entries(1).next();
    let part = item.entry("part");
    let mut sources: Vec<&'static str> = item.references().map(|it| it.word).collect();
    sources.extend(plain.map(|_| "value"));
    if let ([.., _], Some(part)) = (sources.as_slice(), part)
        && !sources.contains(&"service")
    {
        let message = "`part` is of a service's address, and this is none";
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, part.span(), message)
                .replace(item.node().removal(part.span()), ""),
        );
    }
    let key = item.entry("key").filter(|_| sources.len() == 1 && !sources.contains(&"secret"));
    if let Some(key) = key.filter(|_| !sources.contains(&"database")) {
        let message = "`key` is of a secret or of the login of a database, and this is none";
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, key.span(), message)
                .replace(item.node().removal(key.span()), ""),
        );
    }
    match sources.as_slice() {
        ["value"] => {
            let value = item.argument::<Given>(1, sink)?.map(|it| it.0);
            check_named(item, &value, waivers, sink);
            Some(EnvValue::Plain(value.value))
        }
        ["secret"] => resolve_secret_value(item, context, sink).map(EnvValue::Secret),
        ["database"] => resolve_login(item, context, sink),
        ["service"] => reach::resolve_address(item, item.reference("service", sink)?, context, sink),
        [] if item.has_stray() => None,
        [] => {
            let message = format!("{} has no value", item.described());
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message).help(
                    "write a string after the name, `secret=\"…\"`, `database=\"…\"` or `service=\"…\"`",
                ),
            );
            None
        }
        _ => {
            // Whichever is kept, none of them is unused.
            if sources.contains(&"secret") {
                resolve_secret(item, context, sink);
            }
            let message = format!("{} has several values", item.described());
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, item.span(), message)
                    .help("write one of a string, `secret=`, `database=` and `service=`"),
            );
            None
        }
    }
}

/// The value that a variable takes of a database's login.
fn resolve_login<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<EnvValue> {
    let written = item.reference("database", sink)?;
    let key = item.property::<SecretKey>("key", sink);
    if item.entry("key").is_none() {
        let message = format!("{} does not say which value of the login it gets", item.described());
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message).help(format!(
                "write `key=` with one of {}",
                listed(LoginKey::ALL.iter().map(|it| it.word()))
            )),
        );
    }
    let found = context.scope.find("database", written, sink)?;
    let database = reach::own_or_of_top(found, written.span, context, sink)?;
    Some(EnvValue::Login { database, key: key? })
}

/// The value that a declaration takes by `secret=` and `key=`, if the project may have it.
pub fn resolve_secret_value<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<SecretValue> {
    let secret = resolve_secret(item, context, sink)?;
    let span = item.reference("secret", sink)?.span;
    taken::resolve(item, Spanned::new(secret, span), context.scope, sink)
}

/// The secret that a declaration takes by `secret=`, if the project may have it; at the top, one of the top.
pub fn resolve_secret<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Name> {
    let written = item.reference("secret", sink)?;
    let key = context.scope.find("secret", written, sink)?;
    match (key.project, context.scope.project) {
        (Some(owner), taker) if taker != Some(owner) => {
            sink.report(reach::of_another_project(key, owner, written.span, context));
            None
        }
        (None, Some(project)) => {
            context.secret_taken(key.name, project, written.span);
            Some(Name::trusted(key.name))
        }
        (Some(_), Some(project)) if context.scope.is_at_the_top_as_well(key) => {
            context.secret_taken(key.name, project, written.span);
            Some(Name::trusted(key.name))
        }
        _ => Some(Name::trusted(key.name)),
    }
}

fn resolve_configs<'a>(
    item: &Item<'a>,
    waivers: &Waivers<'_>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Vec<Config> {
    let configs = item.children("config").filter_map(|it| {
        let path = it.argument::<MountPath>(0, sink);
        let content = resolve_content(it, context, sink);
        if let Some(content) = &content {
            // Where a file of the tree says it, only its path stands here.
            if let Some(inline) = it.entries(1).next() {
                sink.hide_within(content.span, inline.text(), &content.value);
            }
            for line in content.value.lines() {
                report_plain(line.trim(), content.span, waivers, sink);
            }
        }
        Some(Config { path: path?.value, content: content?.value, span: it.span() })
    });
    let mut configs: Vec<Config> = configs.collect();
    configs.sort_by(|a, b| a.path.cmp(&b.path));
    configs
}

fn resolve_content<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let file = item.property::<TreePath>("file", sink);
    let inline = item.entries(1).next();
    match (file, inline) {
        (None, Some(_)) => item.argument::<Content>(1, sink).map(|it| it.map(|it| it.0)),
        (Some(file), None) => {
            let span = file.span;
            let text = context.files.text_or_report(&file, sink)?;
            Some(Spanned::new(text.text.to_string(), span))
        }
        (Some(file), Some(inline)) => {
            let message = format!("{} has two contents", item.described());
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, inline.span(), message)
                    .related(file.span, "the other one")
                    .help("keep one of them"),
            );
            None
        }
        (None, None) => {
            let message = format!("{} has no content", item.described());
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message)
                    .help("write it after the path, or name a file of the tree by `file=\"…\"`"),
            );
            None
        }
    }
}

fn resolve_mounts<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Vec<Mount> {
    let mounts = item.children("mount").filter_map(|it| {
        let path = it.argument::<MountPath>(0, sink);
        let value = resolve_secret_value(it, context, sink);
        Some(Mount { path: path?.value, value: value?, span: it.span() })
    });
    let mut mounts: Vec<Mount> = mounts.collect();
    mounts.sort_by(|a, b| a.path.cmp(&b.path));
    mounts
}

impl Workload {
    /// Everything that is mounted, by its path.
    pub fn paths(&self) -> impl Iterator<Item = (&MountPath, Span)> {
        self.files().chain(self.scratch.iter().map(|it| (&it.path, it.span)))
    }

    /// What is mounted as a file, by its path.
    fn files(&self) -> impl Iterator<Item = (&MountPath, Span)> {
        let configs = self.configs.iter().map(|it| (&it.path, it.span));
        configs.chain(self.mounts.iter().map(|it| (&it.path, it.span)))
    }
}

/// Reports things that are mounted at one path of a container, or below a file. `directories` are those that only this
/// kind of workload has.
pub fn check_paths<'p>(
    workload: &'p Workload,
    directories: impl Iterator<Item = (&'p MountPath, Span)>,
    sink: &mut Diagnostics,
) {
    let files: BTreeMap<&str, Span> = workload.files().map(|(path, span)| (path.as_str(), span)).collect();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (path, span) in workload.paths().chain(directories) {
        let path = path.as_str();
        let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
        let file = parents.filter_map(|it| files.get_key_value(it)).next_back();
        let diagnostic = if let Some(first) = seen.insert(path, span) {
            Diagnostic::new(Code::SamePath, span, format!("two things are mounted at `{path}`"))
                .related(first, "the other one")
        } else if let Some((file, first)) = file {
            Diagnostic::new(Code::SamePath, span, format!("`{path}` is below `{file}`, which is a file"))
                .related(*first, "mounted here")
        } else {
            continue;
        };
        sink.report(diagnostic.help("mount one of them somewhere else"));
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn no_program_is_given_a_nul_and_no_file_a_control_character() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image @web
                    env "A" "a\u{0}b"
                    env "B" "a\tb\u{1b}[0m"
                    command "sh" "-c\u{0}"
                    args "\u{0}"
                    config "/etc/a" "one\r\n\ttwo"
                    config "/etc/b" "one\u{0}"
                    config "/etc/c" "one\u{7}"
                }
            }
        "#), @r#"
        TS105 error 4: the text has a NUL in it (`\u{0}`), which no program can be given
        TS105 error 6: the text has a NUL in it (`\u{0}`), which no program can be given
        TS105 error 7: the text has a NUL in it (`\u{0}`), which no program can be given
        TS105 error 9: the text has the control character `\u{0}` in it
        TS105 error 10: the text has the control character `\u{7}` in it
        "#);
    }

    #[test]
    fn a_variable_has_one_value() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image @web
                    env "A"
                    env "B" "1" service="api"
                    env "C" 5
                    env "D" secret="key" part="host"
                    env "1E" "x"
                    env "F" "sk_live_4eC39HqLyjWDarjtT1zdp7dc4eC39HqL"
                    env "G" service="api" part="prot"
                    reaches service="api"
                }
                service "api" { image @web; port 80 }
                secret "key" file="secret.age"
            }
        "#), @r"
        TS104 error 4: env `A` has no value
        TS115 error 5: env `B` has several values
        TS105 error 6: expected a text, found the number `5`
        TS115 error 7: `part` is of a service's address, and this is none
        TS105 error 8: `1E` starts with a digit
        TS304 error 9: this looks like a Stripe key, in plain text
        TS105 error 10: `prot` is not a part of an address
        ");
    }

    #[test]
    fn nothing_is_mounted_below_a_file() {
        insta::assert_snapshot!(check(r#"
            pod-security { scratch "/tmp" }
            project "shop" {
                service "web" {
                    image @web
                    config "/etc/app" "one"
                    config "/etc/app/more" "two"
                    config "/tmp/three" "three"
                    config "/etc/none"
                    config "/etc/both" "x" file="secret.age"
                    mount "/etc/app" secret="key"
                    scratch "/tmp" up-to="1Gi"
                    disk "/etc/app/disk" size="1Gi"
                }
                secret "key" file="secret.age"
            }
        "#), @r"
        TS313 error 6: `/etc/app/more` is below `/etc/app`, which is a file
        TS104 error 8: config `/etc/none` has no content
        TS115 error 9: config `/etc/both` has two contents
        TS313 error 10: two things are mounted at `/etc/app`
        TS313 error 12: `/etc/app/disk` is below `/etc/app`, which is a file
        ");
    }

    #[test]
    fn images_come_from_where_the_policy_says() {
        insta::assert_snapshot!(check(r#"
            image-policy { registries "ghcr.io/acme" "docker.io" }
            project "shop" {
                service "web" { image @web }
                service "api" { image "ghcr.io/acme-evil/web@sha256:7777777777777777777777777777777777777777777777777777777777777777" }
                service "db" { image "postgres@sha256:7777777777777777777777777777777777777777777777777777777777777777" }
            }
        "#), @r"
        TS302 error 4: image `ghcr.io/acme-evil/web@sha256:7777777777777777777777777777777777777777777777777777777777777777` comes from a registry that `image-policy` does not list
        TS105 error 5: `postgres@sha256:77777777777777777777777777777777777777777777…` does not name its registry
        ");
    }
}
