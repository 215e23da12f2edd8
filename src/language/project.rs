//! The `project` declaration: a tenant, with what it runs and who works in it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::component::usage;
use crate::language::cron::{self, Cron};
use crate::language::database::{self, Database};
use crate::language::defaults;
use crate::language::erasure::{self, Erasure};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::object::{self, Object};
use crate::language::obligation::{self, Obligation};
use crate::language::quota::{self, Quota};
use crate::language::secret::{self, Secret};
use crate::language::service::{self, Service};
use crate::language::team::{self, Member};
use crate::language::value::text::{HttpsUrl, LabelKey, LabelValue, Line};
use crate::language::waive::{self, Waivers};
use crate::language::workload;
use crate::language::workload::Workload;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "project",
    Class::Named,
    "A tenant: a namespace of its own, apart from all others. Nothing reaches into it or out of it but what both sides \
     declare.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::reference("team", "The team that owns it; its members' roles hold in it.")])
.children(&[
    &DESCRIPTION,
    &REPOSITORY,
    &quota::KIND,
    &team::MEMBER,
    &workload::LABEL,
    &defaults::KIND,
    &service::KIND,
    &cron::KIND,
    &secret::KIND,
    &database::KIND,
    &obligation::KIND,
    &erasure::KIND,
    &object::KIND,
    &usage::KIND,
    &waive::KIND,
])
.most(5_000);

static DESCRIPTION: Kind =
    Kind::new("description", Class::Single, "What it is for; an annotation of its namespace.")
        .arguments(&[Field::required::<Line>("text", "One line of text.")]);

static REPOSITORY: Kind =
    Kind::new("repository", Class::Single, "Where its source lives; an annotation of its namespace.")
        .arguments(&[Field::required::<HttpsUrl>("address", "An `https` address.")]);

/// Reads a project.
pub fn resolve<'a>(item: &Item<'a>, outer: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Project> {
    let name = item.own_name(sink);
    let scope = outer.scope.inside(item.name().map(|it| it.value));
    let waivers = Waivers::of(&item.children, Some(outer.waivers), scope, sink);
    let defaults = defaults::resolve(&item.children, outer.defaults, sink);
    let context = Context { scope, waivers: &waivers, defaults, ..*outer };
    let team = item.reference("team", sink).and_then(|it| scope.find("team", it, sink));
    let description = item.value::<Line>("description", sink);
    let repository = item.value::<HttpsUrl>("repository", sink);
    let labels = workload::resolve_labels(item, sink);
    let quota = quota::resolve(item, sink);
    let members = team::resolve_members(item, scope, sink);
    let on_uses = outer.uses.waivers(&item.children, scope, sink);
    let around = |it: &Item<'a>| Context { waivers: on_uses.around(it, &waivers), ..context };
    let services = item.children("service").filter_map(|it| service::resolve(it, &around(it), sink));
    let services: BTreeMap<Name, Service> = services.map(|it| (it.workload.name.clone(), it)).collect();
    let crons = item.children("cron").filter_map(|it| cron::resolve(it, &around(it), sink));
    let crons: BTreeMap<Name, Cron> = crons.map(|it| (it.workload.name.clone(), it)).collect();
    let secrets = item.children("secret").filter_map(|it| secret::resolve(it, &around(it), sink));
    let secrets = secrets.map(|it| (it.name.clone(), it)).collect();
    let databases = database::resolve(&item.children, &context, sink);
    let obligations = obligation::resolve(&item.children, &databases, scope, sink);
    let erasures = erasure::resolve(&item.children, &databases, &obligations, &context, sink);
    let objects = object::resolve(&item.children, context.files, sink);
    for waivers in on_uses.all().chain([&waivers]) {
        waivers.report_unused(sink);
        context.waivers_seen(waivers);
    }
    let project = Project {
        name: name?,
        team: team.map(|it| Name::trusted(it.name)),
        description: description.map(|it| it.value),
        repository: repository.map(|it| it.value),
        labels,
        quota,
        members,
        services,
        crons,
        secrets,
        databases,
        obligations,
        erasures,
        objects,
        span: item.span(),
    };
    check(&project, sink);
    Some(project)
}

/// Names that are taken: the file of what no project owns, and the namespace of what trackside itself runs.
const RESERVED: [&str; 2] = ["platform", "system"];

fn check(project: &Project, sink: &mut Diagnostics) {
    if RESERVED.contains(&project.name.as_str()) {
        let message = format!("a project cannot be called `{}`", project.name);
        sink.report(
            Diagnostic::new(Code::ReservedName, project.span, message)
                .help("the name stands for what belongs to the platform as a whole: choose another"),
        );
    }
    for (name, cron) in &project.crons {
        if let Some(service) = project.services.get(name) {
            let message = format!("a service of project `{}` is called `{name}` already", project.name);
            sink.report(
                Diagnostic::new(Code::Duplicate, cron.workload.span, message)
                    .related(service.workload.span, "declared here")
                    .help("workloads of one project share their names: give one of them another"),
            );
        }
    }
    quota::check(project, sink);
}

/// A project as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Project {
    /// What it is called.
    pub name: Name,
    /// The team that owns it.
    pub team: Option<Name>,
    /// What it is for.
    pub description: Option<Line>,
    /// Where its source lives.
    pub repository: Option<HttpsUrl>,
    /// Labels that everything of it carries.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// What it may use at most.
    pub quota: Option<Quota>,
    /// Grants in this project alone.
    pub members: Vec<Member>,
    /// Its services.
    pub services: BTreeMap<Name, Service>,
    /// Its cron jobs.
    pub crons: BTreeMap<Name, Cron>,
    /// Its secrets.
    pub secrets: BTreeMap<Name, Secret>,
    /// Its databases.
    pub databases: BTreeMap<Name, Database>,
    /// What keeps rows of its databases from being erased.
    pub obligations: BTreeMap<Name, Obligation>,
    /// How people are erased from its databases, by database.
    pub erasures: BTreeMap<Name, Erasure>,
    /// Its raw objects.
    pub objects: Vec<Object>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl Project {
    /// Its services and crons, as what runs.
    pub fn workloads(&self) -> impl Iterator<Item = &Workload> {
        let services = self.services.values().map(|it| &it.workload);
        services.chain(self.crons.values().map(|it| &it.workload))
    }
}
