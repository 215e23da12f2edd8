//! Artifacts as the files of an output folder, and `index.json`, which says of each what it is and what caused it.
//!
//! ```text
//! kubernetes/platform.yaml      objects that no project owns
//! kubernetes/<project>.yaml     the objects of a project, in the order in which they are applied
//! opa/…                         policies, data, tests, and the bundle.tar.gz that OPA loads
//! index.json                    every artifact with its digest and the declarations that caused it
//! ```

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::language::Platform;
use crate::language::name::Name;
use crate::render::yaml::emit;
use crate::render::{Artifacts, Manifest, opa};
use crate::source::{SourceMap, Span};

/// The name of the index.
pub const INDEX: &str = "index.json";

/// What an output folder holds.
#[derive(Serialize)]
struct Index<'a> {
    /// The version of this form.
    version: u32,
    /// Who wrote the folder.
    generator: &'static str,
    platform: &'a str,
    environment: Option<&'a str>,
    artifacts: Vec<Artifact<'a>>,
}

/// One file.
#[derive(Serialize)]
struct Artifact<'a> {
    path: &'a str,
    sha256: String,
    bytes: usize,
    /// The declarations that caused it, as `file:line`.
    sources: BTreeSet<String>,
    /// The objects in it, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<Object<'a>>,
}

/// One Kubernetes object.
#[derive(Clone, Serialize)]
struct Object<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
    /// Of the object as it stands in the file.
    sha256: String,
    source: String,
}

/// A file before it is in the index.
struct Made<'a> {
    path: String,
    bytes: Vec<u8>,
    sources: BTreeSet<String>,
    objects: Vec<Object<'a>>,
}

/// All files of an output folder by path, the index included.
pub fn files(platform: &Platform, artifacts: &Artifacts, sources: &SourceMap) -> BTreeMap<String, Vec<u8>> {
    let Artifacts { manifests, bundle } = artifacts;
    let mut made = manifest_files(manifests, sources);
    let places = |spans: &[Span]| spans.iter().map(|it| sources.place(*it)).collect::<BTreeSet<_>>();
    let policies = bundle.iter().map(|(path, file)| Made {
        path: format!("opa/{path}"),
        bytes: file.bytes.clone(),
        sources: places(&file.origins),
        objects: Vec::new(),
    });
    made.extend(policies);
    if !bundle.is_empty() {
        let all: Vec<Span> = bundle.values().flat_map(|it| it.origins.iter().copied()).collect();
        made.push(Made {
            path: "opa/bundle.tar.gz".to_owned(),
            bytes: opa::bundle::pack(bundle),
            sources: places(&all),
            objects: Vec::new(),
        });
    }
    made.sort_by(|a, b| a.path.cmp(&b.path));
    let index = Index {
        version: 1,
        generator: "trackside",
        platform: platform.name.as_str(),
        environment: platform.environment.as_ref().map(Name::as_str),
        artifacts: made
            .par_iter()
            .map(|it| Artifact {
                path: &it.path,
                sha256: digest(&it.bytes),
                bytes: it.bytes.len(),
                sources: it.sources.clone(),
                objects: it.objects.clone(),
            })
            .collect(),
    };
    let mut text = serde_json::to_vec_pretty(&index).expect("strings and numbers serialize");
    text.push(b'\n');
    let files = made.into_iter().map(|it| (it.path, it.bytes));
    files.chain([(INDEX.to_owned(), text)]).collect()
}

/// The file of the objects of a project, or of those that no project owns.
pub fn path_of(project: Option<&str>) -> String {
    format!("kubernetes/{}.yaml", project.unwrap_or("platform"))
}

/// One file for what belongs to the platform, and one for each project.
fn manifest_files<'a>(manifests: &'a [Manifest], sources: &SourceMap) -> Vec<Made<'a>> {
    let mut owners: BTreeMap<Option<&str>, Vec<&Manifest>> = BTreeMap::new();
    for manifest in manifests {
        owners.entry(manifest.project.as_deref()).or_default().push(manifest);
    }
    let owners: Vec<_> = owners.into_iter().collect();
    let made = owners.into_par_iter().map(|(project, manifests)| {
        let mut text = String::new();
        let mut objects = Vec::with_capacity(manifests.len());
        for manifest in manifests {
            text.push_str("---\n");
            let start = text.len();
            emit::emit_into(&manifest.object, &mut text);
            let id = &manifest.id;
            objects.push(Object {
                api_version: &id.api_version,
                kind: &id.kind,
                namespace: id.namespace.as_deref(),
                name: &id.name,
                sha256: digest(&text.as_bytes()[start..]),
                source: sources.place(manifest.origin),
            });
        }
        Made {
            path: path_of(project),
            bytes: text.into_bytes(),
            sources: objects.iter().map(|it| it.source.clone()).collect(),
            objects,
        }
    });
    made.collect()
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
