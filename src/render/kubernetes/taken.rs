//! Objects that are not called as what declares them, and could want the name of another's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::database::Database;
use crate::language::database::server::Server;
use crate::language::project::Project;
use crate::language::workload::Workload;
use crate::render::kubernetes::{name, public};
use crate::source::Span;

struct Claims<'a> {
    place: String,
    taken: BTreeMap<(&'static str, String), Span>,
    sink: &'a mut Diagnostics,
}

/// Reports names that two things of a project want.
pub fn check_project(platform: &Platform, project: &Project, sink: &mut Diagnostics) {
    let place = format!("in project `{}`", project.name);
    let mut claims = Claims { place, taken: BTreeMap::new(), sink };
    claims.claim("service account", name::DEFAULT_SERVICE_ACCOUNT, project.span);
    for service in project.services.values() {
        let Workload { name, span, .. } = &service.workload;
        claims.claim("service account", name.as_str(), *span);
        if service.port.is_some() {
            claims.claim("Kubernetes service", name.as_str(), *span);
        }
        for front in public::fronts(platform, project, service) {
            front.names().for_each(|it| claims.claim("route", &it, front.span));
        }
    }
    for service in project.services.values().filter(|it| it.port.is_some() && !it.disks.is_empty()) {
        claims.claim("Kubernetes service", &name::of_pods(&service.workload.name), service.workload.span);
    }
    for cron in project.crons.values() {
        claims.claim("service account", cron.workload.name.as_str(), cron.workload.span);
    }
    for secret in project.secrets.values() {
        claims.claim("secret", secret.name.as_str(), secret.span);
    }
    project.databases.values().for_each(|it| claims.claim_database(it));
}

/// Reports names that two things want which the platform itself runs.
pub fn check_system(platform: &Platform, sink: &mut Diagnostics) {
    let place = "that the platform itself runs".to_owned();
    let mut claims = Claims { place, taken: BTreeMap::new(), sink };
    claims.claim("service account", name::DEFAULT_SERVICE_ACCOUNT, platform.span);
    for edge in platform.edges.values() {
        claims.claim("service account", edge.workload.name.as_str(), edge.span);
    }
    for secret in platform.secrets.values() {
        claims.claim("secret", secret.name.as_str(), secret.span);
    }
    platform.databases.values().for_each(|it| claims.claim_database(it));
}

impl Claims<'_> {
    fn claim(&mut self, kind: &'static str, name: &str, span: Span) {
        match self.taken.entry((kind, name.to_owned())) {
            Entry::Vacant(free) => _ = free.insert(span),
            Entry::Occupied(taken) => {
                let message = format!("two things {} want the {kind} `{name}`", self.place);
                self.sink.report(
                    Diagnostic::new(Code::NameTaken, span, message)
                        .related(*taken.get(), "the other one")
                        .help("give one of them another name"),
                );
            }
        }
    }

    /// What CloudNativePG makes for a database.
    fn claim_database(&mut self, database: &Database) {
        let Server::CloudNativePg(_) = &database.server else { return };
        let Database { name, span, .. } = database;
        self.claim("service account", name.as_str(), *span);
        for role in ["r", "ro", "rw"] {
            self.claim("Kubernetes service", &format!("{name}-{role}"), *span);
        }
        for secret in ["app", "ca", "replication", "server"] {
            self.claim("secret", &format!("{name}-{secret}"), *span);
        }
    }
}
