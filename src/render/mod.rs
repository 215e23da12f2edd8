//! [`Platform`] → [`Artifacts`]: the files that other programs run by.
//!
//! Everything the author could have got wrong for a target is said by [`check`], before the barrier; [`render`] comes
//! after it and can fail only by a fault of our own. Neither reads a clock, the environment, a file or a random number:
//! the same platform gives the same bytes.

pub mod yaml;
pub mod template;
pub mod kubernetes;
pub mod opa;
pub mod token;
pub mod ci;
pub mod index;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::language::Platform;
use crate::render::template::Templates;
use crate::source::{SourceMap, Span};

/// All that one platform compiles to.
#[derive(Clone, Debug, Default)]
pub struct Artifacts {
    /// Kubernetes objects, in the order in which they are applied.
    pub manifests: Vec<Manifest>,
    /// The files of the OPA bundle by their path inside it, without `.manifest`, which follows from them.
    pub bundle: BTreeMap<String, File>,
    /// All that the token service knows; `None` for a platform that issues no tokens.
    pub token: Option<File>,
    /// The files of the pipeline by their path in the folder `ci/`; none where no pipeline is declared.
    pub ci: BTreeMap<String, File>,
}

/// A rendered file and what caused it.
#[derive(Clone, Debug)]
pub struct File {
    /// What it says.
    pub bytes: Vec<u8>,
    /// The declarations that caused it.
    pub origins: Vec<Span>,
}

/// Reports what the targets cannot express or forbid. Everything that the author could have got wrong is said here.
pub fn check(platform: &Platform, templates: &Templates, sources: &SourceMap, sink: &mut Diagnostics) {
    kubernetes::check(platform, templates, sources, sink);
    opa::check::check(platform, sink);
    token::check::check(platform, sink);
}

/// Renders a platform that [`check`] has accepted.
pub fn render(platform: &Platform, templates: &Templates, sources: &SourceMap) -> Result<Artifacts, Bug> {
    let manifests = kubernetes::render(platform, templates, sources)?;
    let (bundle, token, ci) = (opa::files(platform), token::file(platform), ci::files(platform));
    Ok(Artifacts { manifests, bundle, token, ci })
}

/// Bytes as hexadecimal digits, the way digests are written.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// One Kubernetes object.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Which one it is.
    pub id: ObjectId,
    /// The project that owns it; `None` for what belongs to the platform as a whole.
    pub project: Option<String>,
    /// The whole object.
    pub object: Value,
    /// The declaration that caused it; of a raw object, its place in the file.
    pub origin: Span,
    /// Whether the author wrote it as it is.
    pub is_raw: bool,
}

/// What makes an object the same object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// Its namespace; `None` for objects of the cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// A fault of ours: a template or view that does not fit.
#[derive(Debug, thiserror::Error)]
#[error("{template}: {message}")]
pub struct Bug {
    /// The template or file at fault.
    pub template: String,
    /// What does not fit.
    pub message: String,
}
