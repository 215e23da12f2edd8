//! The `project` declaration: a tenant, with what it runs and who works in it.

use std::collections::BTreeMap;

use crate::language::cron::Cron;
use crate::language::name::Name;
use crate::language::object::Object;
use crate::language::quota::Quota;
use crate::language::secret::Secret;
use crate::language::service::Service;
use crate::language::team::Member;
use crate::language::value::text::{HttpsUrl, LabelKey, LabelValue, Line};
use crate::source::Span;

/// A project as meant.
#[derive(Clone, Debug)]
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
    /// Its raw objects.
    pub objects: Vec<Object>,
    /// Where it is declared.
    pub span: Span,
}
