//! What `platform.kdl` says: declarations as written, the platform as meant.
//!
//! The way of a declaration: [`include`] loads the files, [`item`] holds every node against the tables of [`kind`],
//! [`environment`] lays one environment over the base, then the file of each kind reads its items (`declare`) and checks
//! them against the whole (`resolve`). No Kubernetes, SQL or Rego is known here.

pub mod name;
pub mod value;

// Who may do what.
pub mod api;
pub mod condition;
pub mod person;
pub mod resource;
pub mod role;
pub mod separate;
pub mod team;

// What runs where.
pub mod cluster;
pub mod cron;
pub mod external;
pub mod image_policy;
pub mod object;
pub mod pod_security;
pub mod project;
pub mod quota;
pub mod secret;
pub mod service;
pub mod waive;
pub mod workload;

use std::collections::BTreeMap;

use crate::language::name::Name;
use crate::language::value::network::Host;
use crate::source::Span;

/// A whole platform as meant, for one environment: every reference leads somewhere, every value is checked.
#[derive(Clone, Debug)]
pub struct Platform {
    /// What it is called.
    pub name: Name,
    /// Where it is declared.
    pub span: Span,
    /// The edition whose defaults hold.
    pub edition: Edition,
    /// The domain below which public hosts stand.
    pub domain: Option<Host>,
    /// The environment that was laid over the base, where the tree has any.
    pub environment: Option<Name>,
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
    /// Permissions that nobody may hold together.
    pub separations: Vec<separate::Separation>,
    /// Teams and who is in them.
    pub teams: BTreeMap<Name, team::Team>,
    /// The interfaces whose routes are authorized.
    pub apis: BTreeMap<Name, api::Api>,
    /// Places outside the cluster.
    pub externals: BTreeMap<Name, external::External>,
    /// How pods are confined.
    pub pod_security: pod_security::PodSecurity,
    /// Which images may run.
    pub image_policy: Option<image_policy::ImagePolicy>,
    /// Secrets that belong to no project; each offers itself to some.
    pub secrets: BTreeMap<Name, secret::Secret>,
    /// The tenants and what they run.
    pub projects: BTreeMap<Name, project::Project>,
    /// Raw objects that no project owns.
    pub objects: Vec<object::Object>,
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

    /// All workloads, by project, services before cron jobs.
    pub fn workloads(&self) -> impl Iterator<Item = (&project::Project, &workload::Workload)> {
        self.projects.values().flat_map(|project| {
            let services = project.services.values().map(|it| &it.workload);
            let crons = project.crons.values().map(|it| &it.workload);
            services.chain(crons).map(move |workload| (project, workload))
        })
    }

    /// The service that an identity names.
    pub fn service(&self, id: &name::InProject) -> Option<&service::Service> {
        self.projects.get(&id.project)?.services.get(&id.name)
    }
}
