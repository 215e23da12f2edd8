//! [`Platform`] → Kubernetes objects. Only dispatch here: one file per kind of declaration that shows in a cluster.

pub mod built_in;
pub mod label;
pub mod manifest;

use crate::diagnostic::Diagnostics;
use crate::language::Platform;
use crate::language::project::Project;
use crate::render::kubernetes::manifest::{Context, Objects};
use crate::render::template::Templates;
use crate::render::{Bug, Manifest};
use crate::source::SourceMap;

/// Reports what Kubernetes cannot express or forbids.
pub fn check(platform: &Platform, templates: &Templates, sources: &SourceMap, sink: &mut Diagnostics) {
    let _ = (platform, templates, sources, sink);
}

/// Renders all objects, in the order in which they are applied.
pub fn render(platform: &Platform, templates: &Templates, sources: &SourceMap) -> Result<Vec<Manifest>, Bug> {
    let context = Context { platform, templates, sources };
    let mut objects = Objects::of_platform(context);
    of_platform(platform, &mut objects);
    for project in platform.projects.values() {
        of_project(project, &mut objects);
    }
    objects.bug.map_or(Ok(objects.manifests), Err)
}

/// What no project owns: one line per kind.
fn of_platform(platform: &Platform, objects: &mut Objects<'_>) {
    let _ = (platform, objects);
}

/// What a project owns: one line per kind.
fn of_project(project: &Project, objects: &mut Objects<'_>) {
    let _ = (project, objects);
}
