//! What `platform.kdl` says: declarations as written, the platform as meant.
//!
//! The way of a declaration: [`mod@include`] loads the files, [`item`] holds every node against the tables of [`kind`],
//! [`environment`] lays one environment over the base, [`component`] puts what comes of each use beside it, then the file of each kind reads its items (`declare`) and checks
//! them against the whole (`resolve`). No Kubernetes, SQL or Rego is known here.

pub mod kind;
pub mod name;
pub mod word;
pub mod value;

pub mod damage;
pub mod environment;
pub mod file;
pub mod include;
pub mod item;
pub mod multiple;
pub mod reference;

// The whole.
pub mod cluster;
pub mod defaults;
pub mod image_policy;
pub mod platform;
pub mod pod_security;
pub mod waive;

// Who may do what.
pub mod api;
pub mod auth;
pub mod condition;
pub mod input;
pub mod person;
pub mod recipient;
pub mod resource;
pub mod review;
pub mod role;
pub mod separate;
pub mod team;

// What stands at the border.
pub mod cors;
pub mod edge;
pub mod headers;
pub mod limit;
pub mod rate_tier;

// What runs where.
pub mod component;
pub mod cron;
pub mod external;
pub mod object;
pub mod project;
pub mod public;
pub mod quota;
pub mod reach;
pub mod secret;
pub mod service;
pub mod storage_class;
pub mod workload;

// Data, and how long it is kept.
pub mod database;
pub mod erasure;
pub mod obligation;
pub mod request;
pub mod vault;

// What is recorded, who answers, and what shows it.
pub mod audit;
pub mod channel;
pub mod ci;
pub mod control;
pub mod incident;
pub mod severity;
pub mod working_hours;

// What people and programs read of all that.
pub mod export;
pub mod manual;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::envelope::lock::{self, Lock};
use crate::language::component::Components;
use crate::language::component::expand::Uses;
use crate::language::damage::Damage;
use crate::language::file::Files;
use crate::language::item::{Item, block};
use crate::language::kind::Kind;
use crate::language::name::Name;
use crate::language::reference::{Names, Scope};
use crate::language::value::network::Host;
use crate::language::value::postgres::PostgresVersion;
use crate::language::value::time::Date;
use crate::language::waive::{Waiver, Waivers};
use crate::source::{SourceMap, Span};
use crate::syntax::Document;
use crate::tree::path::TreePath;
use crate::tree::{Tree, Unreadable};

macro_rules! top {
    ($($kind:path,)+) => {
        /// The kinds that may stand at the top.
        pub static TOP: &[&Kind] = &[&include::KIND, &environment::KIND, &component::KIND, &review::KIND, $(&$kind,)+];

        /// The kinds that may stand in an environment: what it may lay over the base.
        pub static IN_ENVIRONMENT: &[&Kind] = &[$(&$kind,)+];
    };
}

// One line per kind.
top! {
    platform::KIND,
    cluster::KIND,
    pod_security::KIND,
    image_policy::KIND,
    defaults::KIND,
    external::KIND,
    storage_class::KIND,
    resource::KIND,
    condition::KIND,
    role::KIND,
    role::PLATFORM_KIND,
    team::KIND,
    person::KIND,
    person::NEWCOMER,
    recipient::KIND,
    separate::KIND,
    auth::KIND,
    api::KIND,
    input::KIND,
    headers::KIND,
    rate_tier::KIND,
    edge::KIND,
    secret::KIND,
    vault::KIND,
    database::KIND,
    obligation::KIND,
    erasure::KIND,
    request::KIND,
    project::KIND,
    object::KIND,
    audit::KIND,
    channel::KIND,
    working_hours::KIND,
    severity::KIND,
    incident::KIND,
    control::KIND,
    ci::KIND,
    waive::KIND,
}

/// What to compile of a tree.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The environment; without one, the tree's default, or the base of a tree that has none.
    pub environment: Option<String>,
    /// The day by which waivers are judged; without one they are not.
    pub date: Option<Date>,
}

/// A tree as written: the base, what each environment lays over it, and the files that both name.
#[derive(Debug)]
pub struct Declarations<'a> {
    base: Vec<Item<'a>>,
    environments: Vec<Item<'a>>,
    components: Components<'a>,
    tree: &'a Tree,
    files: Files,
    damage: Damage,
    /// Whether there was any text; that there was none has been reported.
    is_read: bool,
    /// What is known of all that is sealed; `None` where there is no lock file.
    lock: Option<Lock>,
}

/// Holds every document against the tables, and reads the files that declarations name.
pub fn declare<'a>(
    documents: &'a [Document],
    tree: &'a Tree,
    map: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Declarations<'a> {
    let damage = Damage::of(sink, map);
    let (mut environments, base): (Vec<_>, Vec<_>) =
        read(documents, sink).into_iter().partition(|it| it.kind.word == environment::KIND.word);
    block::bound_heads(&mut environments, sink);
    environment::bound(&mut environments, documents.iter().map(Document::count).sum(), sink);
    let (mut components, mut base): (Vec<_>, Vec<_>) =
        base.into_iter().partition(|it| it.kind.word == component::KIND.word);
    block::bound(&mut components, sink);
    block::require(&components, &damage, sink);
    for environment in &environments {
        environment::note_varied(&mut base, &environment.children);
    }
    item::habit::look_up(&[&base, &environments, &components], sink);
    let mut files = Files::default();
    files.read(&base, tree, map, sink);
    files.read(&environments, tree, map, sink);
    files.read_fixed(&components, component::blank::is_in, tree, map, sink);
    let components = component::declare(&components, sink);
    damage.excuse(sink);
    let is_read = !documents.is_empty();
    let lock = read_lock(tree, map, sink);
    Declarations { base, environments, components, tree, files, damage, is_read, lock }
}

/// Reads the lock file, where there is one.
fn read_lock(tree: &Tree, map: &mut SourceMap, sink: &mut Diagnostics) -> Option<Lock> {
    let path = TreePath::parse(lock::PATH).expect("a plain name is a path");
    match tree.read_text(&path) {
        Ok(text) => {
            let file = map.add(lock::PATH, Arc::clone(&text));
            Some(Lock::read(file, text, sink))
        }
        Err(Unreadable::Missing(_)) => None,
        Err(error) => {
            sink.report(Diagnostic::nowhere(Code::LockDamaged, error.to_string()));
            Some(Lock::damaged())
        }
    }
}

/// Holds the documents against the tables side by side.
fn read<'a>(documents: &'a [Document], sink: &mut Diagnostics) -> Vec<Item<'a>> {
    let read = documents.par_iter().map(|document| {
        let mut sink = Diagnostics::default();
        (item::read(document.nodes(), TOP, "", &mut sink), sink)
    });
    let read: Vec<(Vec<Item<'a>>, Diagnostics)> = read.collect();
    let mut items = Vec::with_capacity(read.iter().map(|(items, _)| items.len()).sum());
    for (of_document, found) in read {
        items.extend(of_document);
        sink.extend(found);
    }
    items
}

impl<'a> Declarations<'a> {
    /// What is known of all that is sealed; `None` where there is no lock file.
    pub fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }

    /// The same for good.
    pub fn into_lock(self) -> Option<Lock> {
        self.lock
    }

    /// The environments of the tree, each once, in the order in which they are written.
    pub fn environments(&self) -> impl Iterator<Item = &'a str> {
        let mut seen = BTreeSet::new();
        self.environments.iter().filter_map(Item::name).map(|it| it.value).filter(move |it| seen.insert(*it))
    }

    /// The environment that a selection means; `None` for a tree without any. That there is no such one is reported.
    fn selected(
        &self,
        selection: &Selection,
        sink: &mut Diagnostics,
    ) -> Result<Option<&'a str>, NoEnvironment> {
        if let Some(wanted) = &selection.environment {
            let found = self.environments().find(|it| it == wanted);
            if found.is_none() {
                let message = format!("there is no environment `{wanted}`");
                let diagnostic = Diagnostic::nowhere(Code::NoEnvironment, message);
                let names: Vec<String> = self.environments().map(|it| format!("`{it}`")).collect();
                sink.report(match (suggest::closest(wanted, self.environments()), names.is_empty()) {
                    (Some(meant), _) => diagnostic.help(format!("did you mean `{meant}`?")),
                    (None, true) => diagnostic.help("this tree declares none: leave `--env` out"),
                    (None, false) => diagnostic.help(format!("declared: {}", names.join(", "))),
                });
            }
            return found.map(Some).ok_or(NoEnvironment);
        }
        let Some(first) = self.environments.first() else { return Ok(None) };
        let default = self.environments.iter().find(|it| environment::is_default(it));
        if default.is_none() {
            let names: Vec<String> = self.environments().map(|it| format!("`--env {it}`")).collect();
            sink.report(
                Diagnostic::new(
                    Code::NoEnvironment,
                    first.span(),
                    "the base alone cannot be built: no environment is selected",
                )
                .help(format!("select one: {}", names.join(" or ")))
                .help("or write `default=#true` at one of them"),
            );
        }
        default.and_then(Item::name).map(|it| Some(it.value)).ok_or(NoEnvironment)
    }
}

/// That no environment could be selected, which has been reported.
struct NoEnvironment;

/// What a declaration sees of everything around it.
#[derive(Clone, Copy)]
pub struct Context<'c, 'a> {
    /// Where references are looked up.
    pub scope: Scope<'c, 'a>,
    /// The environment that is laid over the base.
    pub environment: Option<&'a str>,
    /// The files that declarations name.
    pub files: &'c Files,
    /// What has come of the uses of components.
    pub uses: &'c Uses<'a>,
    /// The waivers that hold here.
    pub waivers: &'c Waivers<'c>,
    /// The domain of the platform.
    pub domain: Option<&'c Host>,
    /// The major version of databases that do not say their own.
    pub postgresql: PostgresVersion,
    /// The vaults that secrets may lie in.
    pub vaults: &'c BTreeMap<Name, vault::Vault>,
    /// What only the cluster knows; `None` where that is missing, which has been reported.
    pub cluster: Option<&'c cluster::Cluster>,
    /// The ways in from the internet; none while they are read themselves.
    pub edges: &'c BTreeMap<Name, edge::Edge>,
    /// What workloads get without writing it.
    pub defaults: defaults::Defaults,
    /// How pods are confined.
    pub pod_security: &'c pod_security::PodSecurity,
    /// Which images may run.
    pub image_policy: Option<&'c image_policy::ImagePolicy>,
    /// What is noted on the way.
    notes: &'c Mutex<Notes<'a>>,
}

/// What is noted while declarations are read, for checks of the whole.
#[derive(Debug, Default)]
struct Notes<'a> {
    waivers: Vec<Waiver>,
    /// Secrets of the top, with the project that takes each, and where.
    taken: Vec<(&'a str, &'a str, Span)>,
    /// The gateways by which something is public, or would be without a mistake in it.
    gateways: BTreeSet<Name>,
    /// Whether it has been reported that the platform has no domain.
    is_without_domain: bool,
    /// Whether an erasure has a mistake in it, so that it cannot be said of which database it is.
    has_lost_erasure: bool,
}

impl Notes<'_> {
    /// Takes in what was noted elsewhere; whether that the platform has no domain was reported there as well.
    fn add(&mut self, other: Self) -> bool {
        let Self { waivers, taken, gateways, is_without_domain, has_lost_erasure } = other;
        self.waivers.extend(waivers);
        self.taken.extend(taken);
        self.gateways.extend(gateways);
        self.has_lost_erasure |= has_lost_erasure;
        let is_again = self.is_without_domain && is_without_domain;
        self.is_without_domain |= is_without_domain;
        is_again
    }
}

impl<'a> Context<'_, 'a> {
    /// Notes the waivers of a container.
    pub fn waivers_seen(&self, waivers: &Waivers<'_>) {
        self.notes().waivers.extend(waivers.own.iter().cloned());
    }

    /// Notes that something is public by a gateway.
    pub fn gateway_used(&self, gateway: &Name) {
        self.notes().gateways.insert(gateway.clone());
    }

    /// Notes that something needs a domain and there is none; whether that is news.
    pub fn is_first_without_domain(&self) -> bool {
        !std::mem::replace(&mut self.notes().is_without_domain, true)
    }

    /// Notes that an erasure cannot be said to be of any database.
    pub fn erasure_lost(&self) {
        self.notes().has_lost_erasure = true;
    }

    /// Notes that a project takes a secret of the top.
    pub fn secret_taken(&self, secret: &'a str, project: &'a str, span: Span) {
        self.notes().taken.push((secret, project, span));
    }

    fn notes(&self) -> MutexGuard<'_, Notes<'a>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks declarations against the whole: what they mean in one environment. `None` where too little is there to have a
/// meaning, which has been reported.
pub fn resolve(
    declarations: &Declarations<'_>,
    selection: &Selection,
    map: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Option<Platform> {
    let documents = component::expand::Documents::default();
    let platform = resolve_expanded(declarations, selection, &documents, map, sink);
    sink.settle(map);
    declarations.damage.excuse(sink);
    platform
}

/// The same before what is found in expansions is told of where it is written.
fn resolve_expanded<'e>(
    declarations: &Declarations<'e>,
    selection: &Selection,
    documents: &'e component::expand::Documents,
    map: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Option<Platform> {
    let environment = declarations.selected(selection, sink).ok()?;
    let mut items: Vec<Item<'e>> = declarations.base.par_iter().cloned().collect();
    if let Some(environment) = environment {
        let named =
            declarations.environments.iter().filter(|it| it.name().is_some_and(|it| it.value == environment));
        // One that is declared twice, which is reported, is laid over twice: nothing of it is missing.
        for environment in named {
            environment::overlay(&mut items, &environment.children, sink);
        }
    }
    let mut is_bounded = !block::bound(&mut items, sink);
    environment::check_heads(&declarations.environments, &declarations.damage, sink);
    block::require_all(&items, &declarations.damage, sink);
    let uses = component::expand::expand(&mut items, &declarations.components, documents, map, sink);
    is_bounded &= !uses.is_cut;
    if !map.expansions().is_empty() {
        is_bounded &= !block::bound(&mut items, sink);
        block::require_expanded(&items, sink);
    }
    let files = declarations.files.with_filled(&items, declarations.tree, map, sink);
    let files = Files::bound(files, &items, sink);
    let names = Names::of(&items, sink);
    let environments: BTreeSet<Name> = declarations.environments().map(Name::trusted).collect();
    let environments: Vec<Name> = environments.into_iter().collect();
    let surroundings = Surroundings {
        environment,
        environments: &environments,
        is_read: declarations.is_read,
        files: &files,
        uses: &uses,
    };
    let mut platform = resolve_items(&items, &surroundings, &names, selection, sink);
    if let Some(platform) = &mut platform {
        for secret in platform.secrets.values_mut() {
            secret.is_taken = names.is_secret_used(None, secret.name.as_str());
        }
        for project in platform.projects.values_mut() {
            for secret in project.secrets.values_mut() {
                secret.is_taken = names.is_secret_used(Some(project.name.as_str()), secret.name.as_str());
            }
        }
        environment::check_namespaces(platform, &declarations.base, &declarations.environments, sink);
    }
    names.report_unused(sink);
    if !is_bounded {
        damage::excuse_absence(sink);
    }
    item::repetition::take_back(&items, map, sink);
    platform
}

/// A whole platform as meant, for one environment: every reference leads somewhere, every value is checked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Platform {
    /// What it is called.
    pub name: Name,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// The edition whose defaults hold.
    pub edition: Edition,
    /// The domain below which public hosts stand.
    pub domain: Option<Host>,
    /// The environment that was laid over the base, where the tree has any.
    pub environment: Option<Name>,
    /// All environments of the tree, sorted; empty where it has none.
    pub environments: Vec<Name>,
    /// What only the cluster knows.
    pub cluster: cluster::Cluster,
    /// What may be done to what.
    pub resources: BTreeMap<Name, resource::Resource>,
    /// Facts that a permission may depend on.
    pub conditions: BTreeMap<Name, condition::Condition>,
    /// Roles in teams and projects.
    pub roles: BTreeMap<Name, role::Role>,
    /// Roles on the platform itself.
    pub platform_roles: BTreeMap<Name, role::Role>,
    /// People whom the tree names, by address.
    pub persons: BTreeMap<value::text::Email, person::Person>,
    /// The platform role of whoever registers.
    pub newcomer: Option<Name>,
    /// Machines that can open this environment's secrets.
    pub recipients: BTreeMap<Name, recipient::Recipient>,
    /// What a pull request needs.
    pub review: Option<review::Review>,
    /// Who issues tokens.
    pub auth: Option<auth::Auth>,
    /// Permissions that nobody may hold together.
    pub separations: Vec<separate::Separation>,
    /// Teams and who is in them.
    pub teams: BTreeMap<Name, team::Team>,
    /// The interfaces whose routes are authorized.
    pub apis: BTreeMap<Name, api::Api>,
    /// What callers of the interfaces may send.
    pub inputs: BTreeMap<Name, input::Input>,
    /// What browsers are told with every answer.
    pub headers: BTreeMap<Name, headers::Headers>,
    /// How much is too much.
    pub rate_tiers: BTreeMap<Name, rate_tier::RateTier>,
    /// The ways in from the internet.
    pub edges: BTreeMap<Name, edge::Edge>,
    /// Places outside the cluster.
    pub externals: BTreeMap<Name, external::External>,
    /// Sorts of disks.
    pub storage_classes: BTreeMap<Name, storage_class::StorageClass>,
    /// How pods are confined.
    pub pod_security: pod_security::PodSecurity,
    /// Which images may run.
    pub image_policy: Option<image_policy::ImagePolicy>,
    /// Secrets that belong to no project; each offers itself to some.
    pub secrets: BTreeMap<Name, secret::Secret>,
    /// Vaults that secrets are fetched from.
    pub vaults: BTreeMap<Name, vault::Vault>,
    /// Databases that belong to no project; each offers itself to some.
    pub databases: BTreeMap<Name, database::Database>,
    /// What keeps rows of those from being erased.
    pub obligations: BTreeMap<Name, obligation::Obligation>,
    /// How people are erased from those, by database.
    pub erasures: BTreeMap<Name, erasure::Erasure>,
    /// How requests of people about their data are answered.
    pub requests: BTreeMap<request::Right, request::Request>,
    /// The tenants and what they run.
    pub projects: BTreeMap<Name, project::Project>,
    /// Raw objects that no project owns.
    pub objects: Vec<object::Object>,
    /// What is recorded of what people do.
    pub audit: Option<audit::Audit>,
    /// Where people are told.
    pub channels: BTreeMap<Name, channel::Channel>,
    /// When people are at work.
    pub working_hours: Option<working_hours::WorkingHours>,
    /// How soon incidents are answered, the gravest first.
    pub severities: BTreeMap<severity::Priority, severity::Severity>,
    /// What calls for an answer.
    pub incidents: BTreeMap<Name, incident::Incident>,
    /// What auditors ask for, and what shows it.
    pub controls: BTreeMap<control::framework::ControlId, control::Control>,
    /// The pipelines of the repository.
    pub ci: BTreeMap<ci::Forge, ci::Ci>,
    /// All waivers, wherever they stand.
    pub waivers: Vec<Waiver>,
}

/// A pinned set of language and defaults: a newer binary never changes what an older file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// `edition="2026"`.
    E2026,
}

impl Platform {
    /// The namespace of a project: `<platform>-<project>`, and the environment where clusters are shared.
    pub fn namespace(&self, project: &Name) -> String {
        match &self.environment {
            Some(environment) if self.cluster.shared => format!("{}-{project}-{environment}", self.name),
            _ => format!("{}-{project}", self.name),
        }
    }

    /// The namespace of what the platform itself runs: `<platform>-system`, and the environment where clusters are shared.
    pub fn system_namespace(&self) -> String {
        self.namespace(&Name::trusted("system"))
    }

    /// The database that an identity names.
    pub fn database(&self, id: &database::DatabaseId) -> Option<&database::Database> {
        match &id.project {
            Some(project) => self.projects.get(project)?.databases.get(&id.name),
            None => self.databases.get(&id.name),
        }
    }

    /// All databases, those of the top first.
    pub fn all_databases(&self) -> impl Iterator<Item = (Option<&project::Project>, &database::Database)> {
        let of_projects = self
            .projects
            .values()
            .flat_map(|project| project.databases.values().map(move |it| (Some(project), it)));
        self.databases.values().map(|it| (None, it)).chain(of_projects)
    }

    /// A secret by the name that something of a project, or of the top, calls it.
    pub fn secret(&self, project: Option<&Name>, name: &Name) -> Option<&secret::Secret> {
        let own = project.and_then(|it| self.projects.get(it)).and_then(|it| it.secrets.get(name));
        own.or_else(|| self.secrets.get(name))
    }

    /// How many grants people have in projects, each counted in each project in which it holds.
    pub fn grants(&self) -> usize {
        let of_project = |project: &project::Project| {
            let team = project.team.as_ref().and_then(|it| self.teams.get(it));
            project.members.len() + team.map_or(0, |it| it.members.len())
        };
        self.projects.values().map(of_project).sum()
    }

    /// All workloads, by project, services before cron jobs.
    pub fn workloads(&self) -> impl Iterator<Item = (&project::Project, &workload::Workload)> {
        self.projects.values().flat_map(|project| project.workloads().map(move |it| (project, it)))
    }

    /// All services, by project.
    pub fn services(&self) -> impl Iterator<Item = (&project::Project, &service::Service)> {
        self.projects.values().flat_map(|project| project.services.values().map(move |it| (project, it)))
    }

    /// The service that an identity names.
    pub fn service(&self, id: &name::InProject) -> Option<&service::Service> {
        self.projects.get(&id.project)?.services.get(&id.name)
    }
}

/// What is there beside the declarations.
struct Surroundings<'c, 'a> {
    environment: Option<&'a str>,
    /// All of them, sorted.
    environments: &'c [Name],
    /// Whether there was any text.
    is_read: bool,
    files: &'c Files,
    uses: &'c Uses<'a>,
}

fn resolve_items<'a>(
    items: &[Item<'a>],
    surroundings: &Surroundings<'_, 'a>,
    names: &Names<'a>,
    selection: &Selection,
    sink: &mut Diagnostics,
) -> Option<Platform> {
    let Surroundings { environment, environments, is_read, files, uses } = *surroundings;
    let Some(first) = items.first() else {
        if is_read {
            let message = "the tree declares nothing";
            sink.report(Diagnostic::nowhere(Code::MissingField, message).help(platform::HOW_TO_BEGIN));
        }
        return None;
    };
    let scope = names.scope(None);
    let platform::Head { name, edition, domain, postgresql, span } = platform::resolve(items, first, sink);
    let (cluster, is_known) = cluster::resolve(items, span, sink);
    let pod_security = pod_security::resolve(items, span, sink);
    let image_policy = image_policy::resolve(items, sink);
    let externals = external::resolve(items, sink);
    let storage_classes = storage_class::resolve(items, sink);
    let waivers = Waivers::of(items, None, scope, sink);
    let resources = resource::resolve(items, &waivers, scope, sink);
    let conditions = condition::resolve(items, sink);
    let roles = role::resolve(items, &role::KIND, &resources, scope, sink);
    let platform_roles = role::resolve(items, &role::PLATFORM_KIND, &resources, scope, sink);
    let teams = team::resolve(items, scope, sink);
    let persons = person::resolve(items, scope, sink);
    let newcomer = person::resolve_newcomer(items, scope, sink);
    let review = review::resolve(items, &persons, &teams, scope, sink);
    let separations = separate::resolve(items, &resources, scope, sink);
    let inputs = input::resolve(items, sink);
    let audit = audit::resolve(items, &resources, scope, sink);
    let channels = channel::resolve(items, scope, sink);
    let working_hours = working_hours::resolve(items, sink);
    let severities = severity::resolve(items, scope, sink);
    let incidents = incident::resolve(items, audit.as_ref(), scope, sink);
    let controls = control::resolve(items, scope, sink);
    pod_security::check(&pod_security, &waivers, sink);
    let vaults = vault::resolve(items, sink);
    let notes = Mutex::default();
    let no_edges = BTreeMap::new();
    let context = Context {
        scope,
        environment,
        edges: &no_edges,
        files,
        uses,
        waivers: &waivers,
        domain: domain.as_ref(),
        postgresql,
        vaults: &vaults,
        cluster: is_known.then_some(&cluster),
        defaults: defaults::resolve(items, defaults::Defaults::default(), sink),
        pod_security: &pod_security,
        image_policy: image_policy.as_ref(),
        notes: &notes,
    };
    let apis = api::resolve(items, &resources, &context, sink);
    let rate_tiers = rate_tier::resolve(items, &apis, sink);
    let headers = headers::resolve(items, &context, sink);
    let edges = edge::resolve(items, &context, sink);
    let context = Context { edges: &edges, ..context };
    let ci = ci::resolve(items, &context, sink);
    let projects = resolve_projects(items, &context, names, sink);
    let recipients = recipient::resolve(items, &persons, &context, sink);
    let secrets = items.iter().filter(|it| it.kind.word == secret::KIND.word);
    let secrets = secrets.filter_map(|it| secret::resolve(it, &context, sink));
    let secrets: BTreeMap<Name, secret::Secret> = secrets.map(|it| (it.name.clone(), it)).collect();
    let databases = database::resolve(items, &context, sink);
    let obligations = obligation::resolve(items, &databases, scope, sink);
    let erasures = erasure::resolve(items, &databases, &obligations, &context, sink);
    let requests = request::resolve(items, sink);
    let around = auth::Around {
        items,
        resources: &resources,
        roles: &roles,
        platform_roles: &platform_roles,
        persons: &persons,
        newcomer: newcomer.as_ref(),
        projects: &projects,
        secrets: &secrets,
        databases: &databases,
    };
    let auth = auth::resolve(around, &context, sink);
    let objects = object::resolve(items, files, sink);
    waivers.report_unused(sink);
    context.waivers_seen(&waivers);
    let Notes { mut waivers, taken, gateways, is_without_domain: _, has_lost_erasure } =
        notes.into_inner().unwrap_or_else(PoisonError::into_inner);
    let of_actions = resources.values().flat_map(|it| it.actions.values()).flat_map(|it| &it.waivers);
    waivers.extend(of_actions.cloned());
    waivers.sort_by(|a, b| {
        let key = |it: &Waiver| (it.safeguard, it.until, it.owner.clone(), it.reason.clone());
        key(a).cmp(&key(b))
    });
    let platform = Platform {
        name,
        span,
        edition,
        domain,
        environment: environment.map(Name::trusted),
        environments: environments.to_vec(),
        cluster,
        externals,
        storage_classes,
        teams,
        pod_security,
        image_policy,
        projects,
        secrets,
        vaults,
        databases,
        obligations,
        erasures,
        requests,
        objects,
        waivers,
        resources,
        conditions,
        roles,
        platform_roles,
        persons,
        newcomer,
        recipients,
        review,
        auth,
        separations,
        apis,
        inputs,
        headers,
        rate_tiers,
        edges,
        audit,
        channels,
        working_hours,
        severities,
        incidents,
        controls,
        ci,
    };
    check(&platform, &taken, &gateways, selection, sink);
    erasure::check(&platform, has_lost_erasure, sink);
    request::check(&platform, has_lost_erasure, sink);
    Some(platform)
}

/// Reads the projects side by side: none sees what comes of another.
fn resolve_projects<'a>(
    items: &[Item<'a>],
    context: &Context<'_, 'a>,
    names: &Names<'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, project::Project> {
    let items: Vec<&Item<'a>> = items.iter().filter(|it| it.kind.word == project::KIND.word).collect();
    let resolve = |item: &&Item<'a>| {
        let (notes, mut found) = (Mutex::default(), Diagnostics::default());
        let project = project::resolve(item, &Context { notes: &notes, ..*context }, &mut found);
        (project, notes.into_inner().unwrap_or_else(PoisonError::into_inner), found)
    };
    let before = names.marks();
    let mut resolved: Vec<_> = items.par_iter().map(resolve).collect();
    if names.is_guessed_out() {
        // One after the other, it is always the same mistakes for which it is said what was meant.
        names.go_back(&before);
        resolved = items.iter().map(resolve).collect();
    }
    let mut projects = BTreeMap::new();
    for (project, notes, mut found) in resolved {
        if context.notes().add(notes) {
            // One line is missing, however many hosts stand below it.
            found.retain(|it| it.code != Code::NoDomain);
        }
        sink.extend(found);
        projects.extend(project.map(|it| (it.name.clone(), it)));
    }
    projects
}

/// The checks that only a whole platform allows.
fn check(
    platform: &Platform,
    taken: &[(&str, &str, Span)],
    gateways: &BTreeSet<Name>,
    selection: &Selection,
    sink: &mut Diagnostics,
) {
    multiple::check(platform, sink);
    api::check(platform, sink);
    limit::check::check(platform, sink);
    rate_tier::check(platform, sink);
    headers::check::check(platform, sink);
    edge::check(platform, sink);
    separate::check(platform, sink);
    review::check_keys(&platform.persons, sink);
    reach::check(platform, sink);
    public::check(platform, gateways, sink);
    secret::check(platform, taken, sink);
    secret::sealed::check(platform, sink);
    vault::check_roles(platform, sink);
    database::check_privileges(platform, sink);
    database::border::check(platform, sink);
    database::login::check(platform, sink);
    audit::check(platform, sink);
    severity::check(platform, sink);
    incident::check::check(platform, sink);
    control::check(platform, sink);
    ci::check(platform, sink);
    waive::check(&platform.waivers, selection.date, sink);
}

#[cfg(test)]
pub(crate) mod tests;
