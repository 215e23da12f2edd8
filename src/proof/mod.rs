//! Facts against [`Platform`]: what the rendered files really allow is what is declared, in both directions, or there is an
//! error that names the declaration, the object and a witness.
//!
//! The facts are computed from the files alone ([`facts`](crate::facts)); what should hold is read from the declarations, by
//! their documented meaning. Nothing is shared between the two but names: which labels select a workload, how a policy is
//! written, what a template of the user makes of it, all that is for the proof to find out.
//!
//! A proof never passes because something could not be read: what is left out of the files is an error here.

pub mod network;
pub mod pod;

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, counted};
use crate::facts::manifest::{Manifests, Places};
use crate::language::Platform;
use crate::language::name::Name;
use crate::render::{Artifacts, index};
use crate::source::SourceMap;
use crate::tree::digest::Digest;

/// The files that something is proven of.
#[derive(Debug)]
pub struct Rendered {
    /// The Kubernetes objects in them.
    pub manifests: Manifests,
    /// Their texts.
    pub sources: SourceMap,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Proof {
    /// Of which files: see [`Document::digest`].
    pub digest: String,
    /// What is not as it is declared. Places are those of declarations.
    pub findings: Diagnostics,
    /// What was compared.
    pub counts: Counts,
}

/// `proof.json`: what was proven, and of which files. There is none where something is not as it is declared.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
#[schemars(title = "What was proven of rendered files")]
pub struct Document<'a> {
    /// The version of this form.
    pub version: u32,
    /// The platform.
    pub platform: &'a str,
    /// The environment; nothing where the platform has none.
    pub environment: Option<&'a str>,
    /// The SHA-256 of what `sha256sum kubernetes/*.yaml` prints, in the folder of the files, sorted by path.
    pub digest: &'a str,
    /// What was compared.
    pub compared: Counts,
}

/// What was compared, so that a proof of nothing does not look like one of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Kubernetes objects.
    pub objects: usize,
    /// Workloads that are declared and rendered.
    pub workloads: usize,
    /// Pairs of who may and whom it may reach, addresses outside and pods elsewhere included.
    pub pairs: usize,
    /// Those of them that are declared.
    pub edges: usize,
    /// Pod templates that were judged by the declared standard.
    pub pods: usize,
}

impl Rendered {
    /// Artifacts as they lie in memory, read from the very texts that are written.
    pub fn of(artifacts: &Artifacts, sink: &mut Diagnostics) -> Self {
        let texts =
            artifacts.manifests.iter().map(|it| (index::path_of(it.project.as_ref()), it.text.as_str()));
        Self::read(texts, sink)
    }

    /// Files as somebody has them, by their paths in the output folder.
    pub fn read(
        texts: impl IntoIterator<Item = (String, impl Into<Arc<str>>)>,
        sink: &mut Diagnostics,
    ) -> Self {
        let mut sources = SourceMap::default();
        let files: Vec<_> = texts.into_iter().map(|(path, text)| sources.add(path, text)).collect();
        let manifests = Manifests::read(&files, &sources, sink);
        Self { manifests, sources }
    }
}

impl Proof {
    /// The text of `proof.json`.
    pub fn document(&self, platform: &Platform) -> String {
        let document = Document {
            version: 1,
            platform: platform.name.as_str(),
            environment: platform.environment.as_ref().map(Name::as_str),
            digest: &self.digest,
            compared: self.counts,
        };
        serde_json::to_string_pretty(&document).expect("it has names for keys and no broken numbers") + "\n"
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { objects, workloads, pairs, edges, pods } = self;
        write!(
            formatter,
            "{} of {} objects, {} pairs of ends of which {} may speak, {}",
            counted(*workloads, "workload"),
            objects,
            pairs,
            edges,
            counted(*pods, "pod template")
        )
    }
}

/// The JSON schema of `proof.json`.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document<'_>>();
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// The digest of files: see [`Document::digest`].
fn digest(sources: &SourceMap) -> String {
    let mut lines: Vec<(&str, String)> =
        sources.files().map(|(_, it)| (&*it.path, Digest::of(it.text.as_bytes()).to_string())).collect();
    lines.sort();
    let text: String = lines.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    Digest::of(text.as_bytes()).to_string()
}

/// Proves what is rendered of a platform.
pub fn prove(platform: &Platform, rendered: &Rendered) -> Proof {
    let mut proof = Proof::default();
    let Rendered { manifests, sources } = rendered;
    let places = Places::new(sources);
    proof.digest = digest(sources);
    proof.counts.objects = manifests.objects.len();
    if manifests.left_out > 0 {
        let message = format!("{} documents of the rendered files could not be read", manifests.left_out);
        proof.findings.report(Diagnostic::nowhere(Code::ProofIncomplete, message));
    }
    network::prove(platform, manifests, sources, &places, &mut proof);
    pod::prove(platform, manifests, sources, &places, &mut proof);
    proof.findings.sort();
    proof
}
