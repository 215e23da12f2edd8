//! [`Platform`] → Kubernetes objects. Only dispatch here: one file per kind of declaration that shows in a cluster.

pub mod built_in;
pub mod gateway;
pub mod label;
pub mod known;
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
pub mod pod_security;
pub mod room;
pub mod well_formed;

// What users bring.
pub mod object;
pub mod overriding;

use rayon::prelude::*;

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
    check::check(platform, sink);
    // Whether a template or object of the user is right shows when it is rendered, and rendering always does the same.
    let has_objects =
        !platform.objects.is_empty() || platform.projects.values().any(|it| !it.objects.is_empty());
    if has_objects || templates.has_users() {
        let all = objects(Context { platform, templates, sources });
        object::check_taken(all.iter().flat_map(|it| &it.manifests), sink);
        manifest::report(all, sink);
    }
}

/// Renders all objects, in the order in which they are applied.
pub fn render(platform: &Platform, templates: &Templates, sources: &SourceMap) -> Result<Vec<Manifest>, Bug> {
    let all = objects(Context { platform, templates, sources });
    let mut ranked = Vec::with_capacity(all.iter().map(|it| it.manifests.len()).sum());
    for Objects { manifests, bug, .. } in all {
        bug.map_or(Ok(()), Err)?;
        ranked.extend(manifests.into_iter().map(|it| (known::rank(&it.id), it)));
    }
    ranked.par_sort_by(|(a, left), (b, right)| (a, &left.id).cmp(&(b, &right.id)));
    Ok(ranked.into_iter().map(|(_, it)| it).collect())
}

/// The objects of the platform as a whole, then those of each project. Projects share nothing, so they are rendered side
/// by side.
fn objects(context: Context<'_>) -> Vec<Objects<'_>> {
    let platform = context.platform;
    let mut whole = Objects::of_platform(context);
    of_platform(platform, &mut whole);
    whole.add_raw();
    let callers = Callers::of(platform);
    let projects: Vec<&Project> = platform.projects.values().collect();
    let of_projects = projects.into_par_iter().map(|project| {
        let mut objects = Objects::of_project(context, project);
        of_project(project, &callers, &mut objects);
        objects.add_raw();
        objects
    });
    let mut all = vec![whole];
    all.par_extend(of_projects);
    all
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
