//! [`Platform`] → Kubernetes objects. Only dispatch here: one file per kind of declaration that shows in a cluster.

pub mod built_in;
pub mod label;
pub mod manifest;
pub mod name;
pub mod quantity;

// What a project has as a whole.
pub mod namespace;
pub mod network;
pub mod outside;
pub mod quota;

// What runs in it.
pub mod cron;
pub mod service;

pub mod autoscale;
pub mod env;
pub mod pod;
pub mod probe;
pub mod public;
pub mod volume;
pub mod workload;

// Who may do what.
pub mod access;
pub mod image_policy;

// What Kubernetes cannot express.
pub mod api_resource;
pub mod check;
pub mod room;

use crate::diagnostic::Diagnostics;
use crate::language::Platform;
use crate::language::project::Project;
use crate::render::kubernetes::manifest::{Context, Objects};
use crate::render::kubernetes::network::Callers;
use crate::render::template::Templates;
use crate::render::{Bug, Manifest};
use crate::source::SourceMap;

/// Reports what Kubernetes cannot express or forbids.
pub fn check(platform: &Platform, templates: &Templates, sources: &SourceMap, sink: &mut Diagnostics) {
    let _ = (templates, sources);
    check::check(platform, sink);
}

/// Renders all objects, in the order in which they are applied.
pub fn render(platform: &Platform, templates: &Templates, sources: &SourceMap) -> Result<Vec<Manifest>, Bug> {
    let context = Context { platform, templates, sources };
    let mut objects = Objects::of_platform(context);
    of_platform(platform, &mut objects);
    let callers = Callers::of(platform);
    for project in platform.projects.values() {
        objects.project = Some(project);
        of_project(project, &callers, &mut objects);
    }
    objects.bug.map_or(Ok(objects.manifests), Err)
}

/// What no project owns: one line per kind.
fn of_platform(platform: &Platform, objects: &mut Objects<'_>) {
    image_policy::render(platform, objects);
}

/// What a project owns: one line per kind.
fn of_project(project: &Project, callers: &Callers<'_>, objects: &mut Objects<'_>) {
    namespace::render(project, objects);
    quota::render(project, objects);
    network::render(project, callers, objects);
    access::render(project, objects);
    project.services.values().for_each(|service| service::render(project, service, objects));
    project.crons.values().for_each(|cron| cron::render(project, cron, objects));
}

#[cfg(test)]
mod tests;
