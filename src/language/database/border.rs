//! Who comes to a database, held against who may.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::database::caller::CallingWorkload;
use crate::language::database::{Database, DatabaseId};
use crate::language::name::Name;
use crate::language::workload::Reach;
use crate::source::Span;

/// Checks the workloads of the whole platform against the databases that they reach.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let mut taken: BTreeSet<(&Name, &Name)> = BTreeSet::new();
    for (project, workload) in platform.workloads() {
        for (reach, span) in &workload.reaches {
            let Reach::Database(id) = reach else { continue };
            let Some(database) = platform.database(id).filter(|_| id.project.is_none()) else { continue };
            taken.insert((&id.name, &project.name));
            if !database.offers.contains_key(&project.name) {
                sink.report(not_offered(database, &project.name, *span));
            }
        }
    }
    check_unused_offers(platform, &taken, sink);
    for (owner, database) in platform.all_databases() {
        check_callers(platform, owner.map(|it| &it.name), database, sink);
    }
}

fn not_offered(database: &Database, project: &Name, span: Span) -> Diagnostic {
    let message = format!("database `{}` does not offer itself to project `{project}`", database.name);
    Diagnostic::new(Code::NotOffered, span, message).related(database.span, "declared here").help(format!(
        "a database at the top is nobody's until it offers itself: add `offers project=\"{project}\"` to it"
    ))
}

fn check_unused_offers(platform: &Platform, taken: &BTreeSet<(&Name, &Name)>, sink: &mut Diagnostics) {
    for database in platform.databases.values() {
        for (project, span) in
            database.offers.iter().filter(|(it, _)| !taken.contains(&(&database.name, *it)))
        {
            let message = format!(
                "database `{}` offers itself to project `{project}`, which does not reach it",
                database.name
            );
            sink.report(
                Diagnostic::new(Code::UnusedOffer, *span, message)
                    .help("remove the offer, or reach the database there")
                    .replace(*span, ""),
            );
        }
    }
}

/// A caller reaches the database, and has one role there.
fn check_callers(platform: &Platform, owner: Option<&Name>, database: &Database, sink: &mut Diagnostics) {
    let id = Reach::Database(DatabaseId { project: owner.cloned(), name: database.name.clone() });
    let mut first: BTreeMap<&CallingWorkload, Span> = BTreeMap::new();
    for caller in database.callers.values() {
        if let Some(other) = first.insert(&caller.workload, caller.span) {
            let message = format!("caller `{}` is who another caller is", caller.name);
            sink.report(
                Diagnostic::new(Code::Duplicate, caller.span, message)
                    .related(other, "the other one")
                    .help("one who calls has one role: list all that it needs in one place"),
            );
        }
        let workload = match &caller.workload {
            CallingWorkload::Service(id) => platform.service(id).map(|it| &it.workload),
            CallingWorkload::Cron(id) => platform
                .projects
                .get(&id.project)
                .and_then(|it| it.crons.get(&id.name))
                .map(|it| &it.workload),
        };
        if let Some(workload) = workload.filter(|it| !it.reaches.contains_key(&id)) {
            let message = format!(
                "`{}` has a role in database `{}` and may not reach it",
                workload.name, database.name
            );
            sink.report(
                Diagnostic::new(Code::CallerWithoutReach, caller.span, message)
                    .related(workload.span, "declared here")
                    .help(format!(
                        "add `reaches database=\"{}\"` to it, or leave the caller out",
                        database.name
                    )),
            );
        }
    }
}
