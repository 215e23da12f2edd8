//! [`Platform`] → [`Artifacts`]: the files that other programs run by.
//!
//! Everything the author could have got wrong for a target is said by [`check`], before the barrier; [`render`] comes
//! after it and can fail only by a fault of our own. Neither reads a clock, the environment, a file or a random number:
//! the same platform gives the same bytes.

pub mod yaml;
pub mod template;
pub mod kubernetes;
pub mod opa;
pub mod postgres;
pub mod token;
pub mod ci;
pub mod index;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::language::Platform;
use crate::language::name::Name;
use crate::render::kubernetes::secret::{self, Unfilled};
use crate::render::postgres::history::Histories;
use crate::render::template::Templates;
use crate::source::{SourceMap, Span};

/// All that one platform compiles to.
#[derive(Clone, Debug, Default)]
pub struct Artifacts {
    /// Kubernetes objects: those of the platform as a whole, then those of each project.
    pub manifests: Vec<ManifestFile>,
    /// The Secrets whose values are sealed in the tree: they are filled when they are applied.
    pub secrets: Vec<Unfilled>,
    /// The files of the OPA bundle by their path inside it, without `.manifest`, which follows from them.
    pub bundle: BTreeMap<String, File>,
    /// All that the token service knows; `None` for a platform that issues no tokens.
    pub token: Option<File>,
    /// The files of the pipeline by their path in the folder `ci/`; none where no pipeline is declared.
    pub ci: BTreeMap<String, File>,
    /// The migrations of the databases by their path in the folder `migrations/`, as they lie in the tree.
    pub migrations: BTreeMap<String, File>,
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
pub fn render(
    platform: &Platform,
    templates: &Templates,
    histories: &Histories,
    sources: &SourceMap,
) -> Result<Artifacts, Bug> {
    let manifests = kubernetes::render(platform, templates, sources)?;
    let (bundle, token, ci) = (opa::files(platform), token::file(platform), ci::files(platform));
    let secrets = secret::unfilled(platform, sources);
    let migrations = postgres::files(platform, histories);
    Ok(Artifacts { manifests, secrets, bundle, token, ci, migrations })
}

/// Bytes as hexadecimal digits, the way digests are written.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

impl Artifacts {
    /// All Kubernetes objects, in the order in which they are applied.
    pub fn in_order(&self) -> Vec<&Manifest> {
        let mut manifests: Vec<&Manifest> = self.manifests.iter().flat_map(|it| &it.manifests).collect();
        manifests.sort_by_cached_key(|it| (kubernetes::known::rank(&it.id), &it.id));
        manifests
    }
}

/// The objects of a project, or of the platform as a whole, as one YAML stream.
#[derive(Clone, Debug)]
pub struct ManifestFile {
    /// The project; `None` for what belongs to the platform as a whole.
    pub project: Option<Name>,
    /// The stream.
    pub text: Arc<String>,
    /// What is in it, in its order, which is the one in which objects are applied.
    pub manifests: Vec<Manifest>,
}

/// One Kubernetes object.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Which one it is.
    pub id: ObjectId,
    /// The project that owns it; `None` for what belongs to the platform as a whole.
    pub project: Option<Name>,
    /// The declaration that caused it; of a raw object, its place in the file.
    pub origin: Span,
    /// Whether the author wrote it as it is.
    pub is_raw: bool,
    /// The file that it stands in.
    file: Arc<String>,
    /// Where.
    place: Range<usize>,
}

impl Manifest {
    /// The whole object as one YAML document.
    pub fn text(&self) -> &str {
        &self.file[self.place.clone()]
    }

    /// The whole object, read from its text.
    ///
    /// # Panics
    ///
    /// Where the writer wrote what the reader does not take.
    pub fn object(&self) -> Value {
        let documents = yaml::read(self.text()).expect("we read what we write");
        documents.first().map(|it| it.root.to_value()).expect("an object is not empty")
    }
}

/// What makes an object the same object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// `apps/v1`.
    pub api_version: Cow<'static, str>,
    /// `Deployment`.
    pub kind: Cow<'static, str>,
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
