//! The `reaches` and `offers` declarations: edges between workloads, and out of the cluster.
//!
//! What crosses the border of a project needs both sides: `reaches service="shop/api"` here, `offers project="analytics"`
//! there.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::Context;
use crate::language::Platform;
use crate::language::database::DatabaseId;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind, Presence};
use crate::language::name::{InProject, Name};
use crate::language::reference::Key;
use crate::language::workload::{AddressPart, EnvValue, Reach};
use crate::source::{Span, Spanned};

/// What a workload may reach.
pub static REACHES: Kind = Kind::new(
    "reaches",
    Class::Edge,
    "Lets a workload reach a service, a database or a place outside; everything else is refused. Both ends are enforced by \
     NetworkPolicy. What belongs to somebody else must offer itself.",
)
.properties(&[
    Field::reference("service", "A service of this project, or `project/service`.").identity(),
    Field::reference("database", "A database of this project or of the top.").identity(),
    Field::reference("use", "The one service of a `use` of this project, or of `project/use`.").identity(),
    Field::reference("external", "A place outside.").identity(),
]);

/// Who may reach or take something from another project.
pub static OFFERS: Kind = Kind::new(
    "offers",
    Class::Edge,
    "Lets another project reach this service or database, or take this secret: the other half of an edge that crosses a \
     border.",
)
.properties(&[Field::reference("project", "The project.").must().identity()]);

/// Reads what a workload reaches.
pub fn resolve<'a>(
    workload: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Reach, Span> {
    let mut reaches = BTreeMap::new();
    for edge in workload.children(REACHES.word) {
        let before = sink.len();
        let Some(reach) = resolve_one(edge, context, sink) else { continue };
        let is_certain = sink.len() == before;
        let first = reaches.insert(reach, edge.span()).filter(|_| is_certain);
        // The same written twice has been reported; a `use` and its service are two words for one thing.
        if let Some(first) = first.filter(|_| is_use(edge) || workload.children(REACHES.word).any(is_use)) {
            report_twice(edge, first, workload, sink);
        }
    }
    reaches
}

fn resolve_one<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Reach> {
    let field = exactly_one(item, sink)?;
    let written = item.reference(field, sink)?;
    let key = context.scope.find(field, written, sink)?;
    Some(match field {
        "service" => Reach::Service(in_project(key)?),
        "database" => Reach::Database(own_or_of_top(key, written.span, context, sink)?),
        "use" => Reach::Service(context.uses.service(key, written.span, sink)?),
        _ => Reach::External(Name::trusted(key.name)),
    })
}

/// A database that a reference has led to: of the project itself, or of the top. One of another project is reported.
pub fn own_or_of_top<'a>(
    key: Key<'a>,
    span: Span,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<DatabaseId> {
    match (key.project, context.scope.project) {
        (Some(owner), Some(project)) if owner != project => {
            sink.report(of_another_project(key, owner, span, context));
            None
        }
        _ => Some(DatabaseId::of(key)),
    }
}

/// Something that belongs to another project and cannot be offered.
pub fn of_another_project(key: Key<'_>, owner: &str, span: Span, context: &Context<'_, '_>) -> Diagnostic {
    let message = format!("{} `{}` belongs to project `{owner}` alone", key.kind, key.name);
    let help = match context.scope.project {
        Some(_) => "declare it at the top, and offer it to both projects",
        None => "declare it at the top: what the platform itself runs takes nothing of a project",
    };
    let diagnostic = Diagnostic::new(Code::NotOffered, span, message).help(help);
    match context.scope.span_of(key) {
        Some(declared) => diagnostic.related(declared, "declared here"),
        None => diagnostic,
    }
}

fn is_use(edge: &Item<'_>) -> bool {
    edge.entry("use").is_some()
}

/// Reports an edge that leads where another one leads, in other words.
fn report_twice(edge: &Item<'_>, first: Span, workload: &Item<'_>, sink: &mut Diagnostics) {
    let is_same = |it: &Item<'_>| it.span() == first && it.identity() == edge.identity();
    if !workload.children(REACHES.word).any(is_same) {
        let message = format!("{} leads where another line leads", edge.described());
        sink.report(
            Diagnostic::new(Code::Duplicate, edge.span(), message)
                .related(first, "the other line")
                .help("keep one of them")
                .replace(edge.removal(), ""),
        );
    }
}

/// The one reference that an edge must have.
pub fn exactly_one(item: &Item<'_>, sink: &mut Diagnostics) -> Option<&'static str> {
    let words: Vec<&'static str> = item.references().map(|it| it.word).collect();
    let is_required = item.kind.properties.iter().any(|it| it.presence == Presence::Required);
    match words.as_slice() {
        [word] => Some(word),
        // That it is missing is reported with all that must be written.
        [] if is_required || item.has_stray() => None,
        _ => {
            let known: Vec<&str> =
                item.kind.properties.iter().filter(|it| it.reference.is_some()).map(|it| it.word).collect();
            sink.report(not_exactly_one(item, &known));
            None
        }
    }
}

/// A declaration that says none or several of what it must say exactly one of.
pub fn not_exactly_one(item: &Item<'_>, words: &[&str]) -> Diagnostic {
    let written: Vec<&str> = words.iter().copied().filter(|it| item.entry(it).is_some()).collect();
    let known: Vec<String> = words.iter().map(|it| format!("`{it}=`")).collect();
    match written.as_slice() {
        [first, second, ..] => {
            let span = item.entry(second).map_or(item.span(), crate::syntax::Entry::span);
            let message = format!("`{}` says two things, `{first}=` and `{second}=`", item.kind.word);
            Diagnostic::new(Code::AmbiguousValue, span, message)
                .help("one line says one: write the other on its own")
        }
        _ => {
            let message = format!("`{}` does not say what it refers to", item.kind.word);
            Diagnostic::new(Code::MissingField, item.span(), message)
                .help(format!("write one of {}", known.join(", ")))
        }
    }
}

/// A found declaration of a project as an identity.
pub fn in_project(key: Key<'_>) -> Option<InProject> {
    Some(InProject { project: Name::trusted(key.project?), name: Name::trusted(key.name) })
}

/// Reads who may reach or take something.
pub fn resolve_offers<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Span> {
    let offers = item.children(OFFERS.word);
    offers
        .filter_map(|it| {
            let project = it.reference("project", sink)?;
            let key = context.scope.find("project", project, sink)?;
            if context.scope.project == Some(key.name) {
                let message = format!("project `{}` offers this to itself", key.name);
                sink.report(
                    Diagnostic::new(Code::OfferedToItself, it.span(), message)
                        .help("services of one project reach each other by `reaches` alone")
                        .replace(it.removal(), ""),
                );
                return None;
            }
            Some((Name::trusted(key.name), it.span()))
        })
        .collect()
}

/// Reports that what belongs to a project offers itself: a secret or a database.
pub fn refuse_offers_of_project(item: &Item<'_>, context: &Context<'_, '_>, sink: &mut Diagnostics) {
    if let (Some(_), Some(first)) = (context.scope.project, item.child(OFFERS.word)) {
        let word = item.kind.word;
        let message = format!("a {word} of a project is its own, and offers itself to nobody");
        sink.report(
            Diagnostic::new(Code::OfferedByProject, first.span(), message)
                .help("declare it at the top, and offer it to each project that may take it")
                .fix(Fix { title: "offer it to nobody".to_owned(), edits: without_offers(item) }),
        );
    }
}

/// Takes away all lines that offer it.
fn without_offers(item: &Item<'_>) -> Vec<Edit> {
    let lines = item.children(OFFERS.word).map(|it| it.node().removal(it.node().span()));
    let lines: BTreeSet<Span> = lines.collect();
    lines.into_iter().map(|span| Edit { span, text: String::new() }).collect()
}

/// Checks the edges of the whole platform: both halves are there, and both ends can meet.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let mut taken: BTreeSet<(&InProject, &Name)> = BTreeSet::new();
    let mut without_port: BTreeSet<&InProject> = BTreeSet::new();
    for (project, workload) in platform.workloads() {
        for (reach, span) in &workload.reaches {
            let Reach::Service(id) = reach else { continue };
            let Some(service) = platform.service(id) else { continue };
            // Replicas with a disk each are members of one cluster that speak to each other.
            if id.project == project.name && id.name == workload.name && service.disks.is_empty() {
                let message = format!("`{}` reaches itself", workload.name);
                sink.report(
                    Diagnostic::new(Code::ReachesItself, *span, message)
                        .help("replicas without a disk of their own have nothing to tell each other: remove the line")
                        .replace(*span, ""),
                );
            }
            // It is one port that is missing; where the service says itself that it is reached, that is reported there.
            let is_told = !service.public.is_empty() || !service.offers.is_empty();
            if service.port.is_none() && !is_told && without_port.insert(id) {
                let message = format!("service `{id}` has no port that could be reached");
                sink.report(
                    Diagnostic::new(Code::NothingToReach, *span, message)
                        .related(service.workload.span, "declared without `port`")
                        .help("declare its `port` there"),
                );
            }
            if id.project != project.name {
                taken.insert((id, &project.name));
                if !service.offers.contains_key(&project.name) {
                    sink.report(not_offered(*span, id, &project.name, service.workload.span));
                }
            }
        }
        for (name, env) in &workload.env {
            if let EnvValue::Address { service: id, .. } = &env.value
                && !workload.reaches.contains_key(&Reach::Service(id.clone()))
            {
                let message =
                    format!("`{}` has the address of `{id}` in `{name}` and may not reach it", workload.name);
                let written = if id.project == project.name { id.name.to_string() } else { id.to_string() };
                sink.report(
                    Diagnostic::new(Code::AddressWithoutReach, env.span, message)
                        .help(format!("add `reaches service=\"{written}\"`")),
                );
            }
        }
    }
    check_unused_offers(platform, &taken, sink);
}

fn check_unused_offers(platform: &Platform, taken: &BTreeSet<(&InProject, &Name)>, sink: &mut Diagnostics) {
    for project in platform.projects.values() {
        for service in project.services.values() {
            let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
            for (other, span) in service.offers.iter().filter(|(it, _)| !taken.contains(&(&id, *it))) {
                let message =
                    format!("service `{id}` offers itself to project `{other}`, which does not reach it");
                sink.report(
                    Diagnostic::new(Code::UnusedOffer, *span, message)
                        .help("remove the offer, or declare the other half there")
                        .replace(*span, ""),
                );
            }
        }
    }
}

fn not_offered(span: Span, id: &InProject, project: &Name, other: Span) -> Diagnostic {
    let message = format!("service `{id}` does not offer itself to project `{project}`");
    let offer = format!("offers project=\"{project}\"");
    Diagnostic::new(Code::NotOffered, span, message)
        .related(other, "declared here")
        .help(format!("what crosses a border needs both sides: add `{offer}` to service `{id}`"))
}

/// Reads the address of a service for an environment variable.
pub fn resolve_address<'a>(
    item: &Item<'a>,
    written: Spanned<&'a str>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<EnvValue> {
    let part = item.property_or_default::<AddressPart>("part", sink);
    let key = context.scope.find("service", written, sink)?;
    Some(EnvValue::Address { service: in_project(key)?, part })
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn what_crosses_a_border_needs_both_sides() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; reaches service="numbers/api"; reaches service="numbers/db"; reaches service="web"; offers project="shop" }
                service "api" { image @web; reaches service="web"; offers project="numbers" }
                cron "run" schedule="0 3 * * *" { image @web; reaches service="api"; env "API" service="numbers/api"; env "WEB" service="web" part="host" }
            }
            project "numbers" {
                service "api" { image @web; port 80; offers project="shop" }
                service "db" { image @web; port 80 }
            }
        "#), @r"
        TS306 error 2: service `numbers/db` does not offer itself to project `shop`
        TS311 error 2: `web` reaches itself
        TS308 error 2: project `shop` offers this to itself
        TS310 error 3: `offers` needs a port that can be reached
        TS307 warning 3: service `shop/api` offers itself to project `numbers`, which does not reach it
        TS312 error 4: `run` has the address of `numbers/api` in `API` and may not reach it
        TS312 error 4: `run` has the address of `shop/web` in `WEB` and may not reach it
        ");
    }

    #[test]
    fn a_workload_with_a_mistake_in_it_still_has_its_edges() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { port 80; reaches service="numbers/api"; replicas "many" }
                cron "run" schedule="nightly" { image @web; reaches service="numbers/db" }
            }
            project "numbers" {
                service "api" { image "latest"; port 8080000; offers project="shop" }
                service "db" { image @web; port "5432"; offers project="shop" }
            }
        "#), @r"
        TS104 error 2: service `web` needs `image` in its block
        TS105 error 2: expected a number, found the text `many`
        TS105 error 3: `nightly` has 1 fields, and a cron line has 5
        TS105 error 6: `latest` does not name its registry
        TS105 error 6: `8080000` is not a port
        TS105 error 7: expected a port, found the text `5432`
        ");
    }
}
