//! Artifacts as the files of an output folder, and `index.json`, which says of each what it is and what caused it.
//!
//! ```text
//! kubernetes/platform.yaml      objects that no project owns
//! kubernetes/<project>.yaml     the objects of a project, in the order in which they are applied
//! opa/…                         policies, data, tests, and the bundle.tar.gz that OPA loads
//! ci/…                          the pipeline of the repository, and the images that it scans
//! migrations/<database>/…       what makes its databases what is declared, for `trackside migrate apply` or `sqlx migrate run`
//! token/policy.json             all that the token service reads, for a platform that issues tokens
//! proof.json                    what was proven of these files, and of which; not there where nobody asked for a proof
//! index.json                    every artifact with its digest and the declarations that caused it, the version of PostgreSQL that
//!                               migrations are for, and the Secrets that are filled when they are applied
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::language::Platform;
use crate::language::database::DatabaseId;
use crate::language::name::Name;
use crate::render::kubernetes::secret::Unfilled;
use crate::render::postgres::history;
use crate::render::{Artifacts, File, ManifestFile, opa, token};
use crate::source::{SourceMap, Span};
use crate::tree::digest::Digest;

/// The name of the index.
pub const INDEX: &str = "index.json";

/// The stem of the file for what no project owns.
const PLATFORM: &str = "platform";

/// What an output folder holds.
#[derive(Serialize)]
struct Index<'a> {
    /// The version of this form.
    version: u32,
    /// Who wrote the folder.
    generator: &'static str,
    platform: &'a str,
    environment: Option<&'a str>,
    /// The file that says what was proven of the others; nothing where nobody asked.
    proof: Option<&'static str>,
    artifacts: Vec<Artifact<'a>>,
    /// The databases of which there are migrations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    databases: Vec<Database>,
    /// The Secrets that are in no file: they are filled when they are applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<Secret<'a>>,
}

/// A database of which there are migrations.
#[derive(Serialize, Deserialize)]
struct Database {
    /// The folder that they are in.
    migrations: String,
    /// The major version of its server.
    postgresql: u32,
}

/// A Secret whose values are sealed in the tree.
#[derive(Serialize)]
struct Secret<'a> {
    namespace: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    keys: Vec<&'a str>,
    /// Of the age file without armor.
    sealed_sha256: String,
    source: String,
}

/// One file.
#[derive(Serialize)]
struct Artifact<'a> {
    path: &'a str,
    sha256: String,
    bytes: usize,
    /// The declarations that caused it, as `file:line`.
    sources: Vec<String>,
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
    bytes: Cow<'a, [u8]>,
    sources: Vec<String>,
    objects: Vec<Object<'a>>,
}

/// What was proven of the files of an output folder.
pub const PROOF: &str = "proof.json";

/// All files of an output folder by path, the index included. `proof` is the text of [`PROOF`], where something was proven.
pub fn files<'a>(
    platform: &Platform,
    artifacts: &'a Artifacts,
    proof: Option<String>,
    sources: &SourceMap,
) -> BTreeMap<String, Cow<'a, [u8]>> {
    let Artifacts { manifests, secrets, bundle, token, ci, migrations } = artifacts;
    let mut made: Vec<Made<'a>> = manifests.par_iter().map(|it| manifest_file(it, sources)).collect();
    let in_folder = |folder: &str, path: &str, file: &'a File| Made {
        path: format!("{folder}/{path}"),
        bytes: Cow::Borrowed(&file.bytes),
        sources: places(file.origins.iter().copied(), sources),
        objects: Vec::new(),
    };
    made.extend(bundle.iter().map(|(path, file)| in_folder("opa", path, file)));
    made.extend(token.iter().map(|file| in_folder("token", token::POLICY, file)));
    made.extend(ci.iter().map(|(path, file)| in_folder("ci", path, file)));
    made.extend(migrations.iter().map(|(path, file)| in_folder("migrations", path, file)));
    if !bundle.is_empty() {
        let all = bundle.values().flat_map(|it| it.origins.iter().copied());
        made.push(Made {
            path: "opa/bundle.tar.gz".to_owned(),
            bytes: Cow::Owned(opa::bundle::pack(bundle)),
            sources: places(all, sources),
            objects: Vec::new(),
        });
    }
    let is_proven = proof.is_some();
    made.extend(proof.map(|text| Made {
        path: PROOF.to_owned(),
        bytes: Cow::Owned(text.into_bytes()),
        sources: Vec::new(),
        objects: Vec::new(),
    }));
    made.sort_by(|a, b| a.path.cmp(&b.path));
    let index = Index {
        version: 1,
        generator: "trackside",
        platform: platform.name.as_str(),
        environment: platform.environment.as_ref().map(Name::as_str),
        proof: is_proven.then_some(PROOF),
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
        databases: databases(platform, migrations),
        secrets: secrets.iter().map(|it| secret(it, sources)).collect(),
    };
    let text = text_of(&index);
    let files = made.into_iter().map(|it| (it.path, it.bytes));
    files.chain([(INDEX.to_owned(), Cow::Owned(text))]).collect()
}

fn databases(platform: &Platform, migrations: &BTreeMap<String, File>) -> Vec<Database> {
    let folders: BTreeSet<&str> = migrations.keys().filter_map(|it| Some(it.split_once('/')?.0)).collect();
    let all = platform
        .all_databases()
        .map(|(project, it)| (history::folder(&DatabaseId::declared(project, it)), it.version.0));
    let migrated = all.filter(|(folder, _)| folders.contains(folder.as_str()));
    migrated
        .map(|(folder, postgresql)| Database { migrations: format!("migrations/{folder}"), postgresql })
        .collect()
}

/// The major version of PostgreSQL that an index says the migrations in a folder of `migrations/` are for.
pub fn postgresql(index: &str, folder: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct Read {
        #[serde(default)]
        databases: Vec<Database>,
    }
    let Read { databases } = serde_json::from_str(index).ok()?;
    let found = databases.iter().find(|it| it.migrations.strip_prefix("migrations/") == Some(folder));
    found.map(|it| it.postgresql)
}

/// The file of the objects of a project, or of those that no project owns.
pub fn path_of(project: Option<&Name>) -> String {
    format!("kubernetes/{}.yaml", project.map_or(PLATFORM, Name::as_str))
}

fn secret<'a>(secret: &'a Unfilled, sources: &SourceMap) -> Secret<'a> {
    let Unfilled { namespace, name, kind, place: _, digest, values, origin, head: _ } = secret;
    Secret {
        namespace,
        name: name.as_str(),
        kind,
        keys: values.keys(),
        sealed_sha256: digest.to_string(),
        source: sources.place(*origin),
    }
}

/// One file for what belongs to the platform, and one for each project.
fn manifest_file<'a>(file: &'a ManifestFile, sources: &SourceMap) -> Made<'a> {
    let objects = file.manifests.iter().map(|it| Object {
        api_version: &it.id.api_version,
        kind: &it.id.kind,
        namespace: it.id.namespace.as_deref(),
        name: &it.id.name,
        sha256: digest(it.text().as_bytes()),
        source: sources.place(it.origin),
    });
    Made {
        path: path_of(file.project.as_ref()),
        objects: objects.collect(),
        sources: places(file.manifests.iter().map(|it| it.origin), sources),
        bytes: Cow::Borrowed(file.text.as_bytes()),
    }
}

fn text_of(index: &Index<'_>) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(index).expect("strings and numbers serialize");
    text.push(b'\n');
    text
}

/// Places by path and line, each once: in which order files are included says nothing.
fn places(spans: impl Iterator<Item = Span>, sources: &SourceMap) -> Vec<String> {
    let spans: BTreeSet<Span> = spans.collect();
    let places: BTreeSet<(&str, u32, String)> =
        spans.into_iter().map(|it| (sources.path(it), sources.start(it).line, sources.place(it))).collect();
    places.into_iter().map(|(_, _, place)| place).collect()
}

fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::language::Selection;
    use crate::render::yaml;
    use crate::tree::Tree;

    const PLATFORM: &str = r#"platform "hello" edition="2026"
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
project "shop" {
    service "web" { image "a.example/a@sha256:7777777777777777777777777777777777777777777777777777777777777777"; port 80 }
}
project "bank" {
    object file="a.yaml"
}
"#;

    fn files(text: &str) -> BTreeMap<String, Vec<u8>> {
        let raw = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
        let tree = Tree::memory([("platform.kdl", text), ("a.yaml", raw)]);
        let outcome = crate::compile(&tree, &Selection::default()).expect("no fault of ours");
        let compiled = outcome.compiled.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
        let files = super::files(&compiled.platform, &compiled.artifacts, None, &outcome.sources);
        files.into_iter().map(|(path, bytes)| (path, bytes.into_owned())).collect()
    }

    #[test]
    fn every_file_is_listed_with_what_caused_it() {
        let files = files(PLATFORM);
        let index: serde_json::Value =
            serde_json::from_slice(&files[super::INDEX]).expect("the index is JSON");
        let artifacts = index["artifacts"].as_array().expect("a list");
        let listed: BTreeMap<&str, String> = artifacts
            .iter()
            .map(|it| {
                let path = it["path"].as_str().expect("a text");
                let bytes = &files[path];
                assert_eq!(it["bytes"], bytes.len());
                assert_eq!(it["sha256"], super::digest(bytes));
                let objects = it["objects"].as_array().map_or(0, Vec::len);
                (path, format!("{path} {objects} {}", it["sources"]))
            })
            .collect();
        assert!(files.keys().filter(|it| *it != super::INDEX).eq(listed.keys()));
        // Of OPA's files only the packed one: what else there is, is tested beside them.
        let shown = listed.values().filter(|it| !it.starts_with("opa/") || it.starts_with("opa/bundle"));
        insta::assert_snapshot!(shown.cloned().collect::<Vec<_>>().join("\n"), @r#"
        kubernetes/bank.yaml 5 ["a.yaml:1","platform.kdl:11"]
        kubernetes/platform.yaml 2 ["platform.kdl:1"]
        kubernetes/shop.yaml 9 ["platform.kdl:8","platform.kdl:9"]
        opa/bundle.tar.gz 0 ["platform.kdl:1","platform.kdl:8","platform.kdl:11"]
        "#);
        let object = &index["artifacts"][0]["objects"].as_array().expect("a list").last();
        insta::assert_snapshot!(serde_json::to_string_pretty(object).expect("JSON"), @r#"
        {
          "apiVersion": "v1",
          "kind": "ConfigMap",
          "namespace": "hello-bank",
          "name": "a",
          "sha256": "314126a107478e8bfe037f278302250012b96b3ed3ab28c0ea600f50902fb7f8",
          "source": "a.yaml:1"
        }
        "#);
    }

    #[test]
    fn manifests_stand_in_the_order_in_which_they_are_applied() {
        let files = files(PLATFORM);
        let text = std::str::from_utf8(&files["kubernetes/shop.yaml"]).expect("YAML is text");
        let documents = yaml::read(text).expect("we read what we write");
        let kinds = documents.iter().map(|it| it.root.to_value()["kind"].to_string());
        insta::assert_snapshot!(kinds.collect::<Vec<_>>().join(" "), @r#""Namespace" "LimitRange" "NetworkPolicy" "NetworkPolicy" "ServiceAccount" "ServiceAccount" "Service" "Deployment" "PodDisruptionBudget""#);
    }

    #[test]
    fn the_same_platform_gives_the_same_bytes() {
        assert_eq!(files(PLATFORM), files(PLATFORM));
    }
}
