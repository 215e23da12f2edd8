//! [`Ci`] → the pipeline of the repository: a workflow of GitHub Actions, and the list of images that it scans.
//!
//! The text is put together of the pieces in `templates/ci/github/`, in which `@name@` is a value or some lines. What is
//! declared chooses the pieces. Actions are pinned by the commit that their version stood for when this was written: see
//! [`pin`].
//!
//! The workflow asks the tree itself what is declared. It builds every environment, takes the images to scan from
//! `ci/images.json` of each, and fails where its own text is not what the tree says any more.

pub mod pin;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::ci::{Ci, Forge, Source};
use crate::language::image_policy::Vulnerability;
use crate::language::name::Name;
use crate::language::value::image::Image;
use crate::render::File;
use crate::render::yaml::emit;
use crate::tree::path::TreePath;

/// A file of the pieces.
macro_rules! piece {
    ($name:literal) => {
        include_str!(concat!("../../../templates/ci/github/", $name, ".yml"))
    };
}

/// The workflow in the folder `ci/`.
pub const WORKFLOW: &str = "github/trackside.yml";

/// The files of the folder `ci/` by their path inside it; none where no pipeline is declared.
pub fn files(platform: &Platform) -> BTreeMap<String, File> {
    let mut files = BTreeMap::new();
    for ci in platform.ci.values() {
        let Ci { forge: Forge::Github, span, .. } = ci;
        let threshold = platform.image_policy.as_ref().and_then(|it| it.vulnerabilities.as_ref());
        let text = workflow(&Workflow {
            branch: &ci.branch.to_string(),
            path: ci.path.as_ref().map_or(".", TreePath::as_str),
            trackside: &ci.trackside,
            scan: ci.image_scan.as_ref().zip(threshold).map(|(scan, it)| (&scan.image, it.value)),
            lint: ci.dockerfile_lint.as_ref().map(|it| &it.image),
            sarif: ci.sarif_upload,
            environments: Some(&platform.environments),
            registries: &registries(platform, ci),
        });
        let policy = platform.image_policy.iter().map(|it| it.span);
        let origins = policy.chain([*span]).collect();
        files.insert(WORKFLOW.to_owned(), File { bytes: text.into_bytes(), origins });
        let origins = platform.workloads().map(|(_, it)| it.image.span).chain([*span]).collect();
        files.insert("images.json".to_owned(), File { bytes: images(platform), origins });
    }
    files
}

/// What a workflow is made of.
#[derive(Clone, Copy, Debug)]
pub struct Workflow<'w> {
    /// The branch that pull requests go to.
    pub branch: &'w str,
    /// The folder of the repository that the tree lies in: `.` for its top.
    pub path: &'w str,
    /// Where the workflow has this program from.
    pub trackside: &'w Source,
    /// The image of Trivy, and the worst vulnerability that passes.
    pub scan: Option<(&'w Image, Vulnerability)>,
    /// The image of Hadolint.
    pub lint: Option<&'w Image>,
    /// Whether findings are uploaded.
    pub sarif: bool,
    /// The environments of the tree, all of which are built, where the tree declares this workflow; `None` where it does not.
    pub environments: Option<&'w [Name]>,
    /// The registries that images come from.
    pub registries: &'w BTreeSet<String>,
}

/// The text of a workflow.
pub fn workflow(workflow: &Workflow<'_>) -> String {
    // No `..`: what is declared stands in the text.
    let Workflow { branch, path, trackside, scan, lint, sarif, environments, registries } = workflow;
    let Source { repository, revision } = trackside;
    let mut text = match environments {
        Some(_) => DECLARED.to_owned(),
        None => UNDECLARED.to_owned(),
    };
    place(
        piece!("head"),
        &[
            ("branch", &scalar(branch)),
            ("repository", &scalar(repository.as_str())),
            ("revision", &scalar(&revision.to_string())),
            ("path", &scalar(path)),
        ],
        &mut text,
    );
    let outputs = match scan {
        Some(_) => "    outputs:\n      images: ${{ steps.images.outputs.list }}",
        None => "",
    };
    place(
        piece!("check"),
        &[
            ("permissions", &permissions(*sarif, false)),
            ("outputs", outputs),
            ("checkout", pin::CHECKOUT),
            ("cache", pin::CACHE),
        ],
        &mut text,
    );
    if *sarif {
        place(piece!("check-sarif"), &[("upload", pin::UPLOAD_SARIF)], &mut text);
    }
    place(piece!("check-tree"), &[], &mut text);
    if let Some(environments) = environments {
        place(piece!("check-build"), &[("builds", &builds(environments))], &mut text);
    }
    if let Some((image, threshold)) = scan {
        scan_job(image, *threshold, *sarif, registries, &mut text);
    }
    if let Some(image) = lint {
        lint_job(image, *sarif, registries, &mut text);
    }
    text
}

const DECLARED: &str = "\
# Written by trackside from the declaration `ci \"github\"`, and the same in every build. Change the declaration and copy
# `ci/github/trackside.yml` of a build here: this pipeline fails where it is not what the tree declares.
";

const UNDECLARED: &str = "\
# Written by `trackside init --ci`. Declare `ci \"github\"` in the tree, and a build writes one that scans images and reads
# Dockerfiles as well.
";

fn scan_job(
    image: &Image,
    threshold: Vulnerability,
    sarif: bool,
    registries: &BTreeSet<String>,
    text: &mut String,
) {
    let pulls = registries.contains(GITHUB_REGISTRY);
    place(piece!("check-images"), &[], text);
    place(
        piece!("images"),
        &[("permissions", &permissions(sarif, pulls)), ("checkout", pin::CHECKOUT)],
        text,
    );
    if pulls {
        place(piece!("login"), &[], text);
    }
    let values = [
        ("scanner", scalar(&image.to_string())),
        ("severities", scalar(&threshold.failing().join(","))),
        ("upload", pin::UPLOAD_SARIF.to_owned()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    if sarif {
        place(piece!("images-sarif"), &values, text);
    }
    place(piece!("images-scan"), &values[..2], text);
}

fn lint_job(image: &Image, sarif: bool, registries: &BTreeSet<String>, text: &mut String) {
    let pulls = registries.contains(GITHUB_REGISTRY);
    place(
        piece!("dockerfiles"),
        &[("permissions", &permissions(sarif, pulls)), ("checkout", pin::CHECKOUT)],
        text,
    );
    if pulls {
        place(piece!("login"), &[], text);
    }
    let linter = scalar(&image.to_string());
    if sarif {
        place(piece!("dockerfiles-sarif"), &[("linter", &linter), ("upload", pin::UPLOAD_SARIF)], text);
    }
    place(piece!("dockerfiles-lint"), &[("linter", &linter)], text);
}

/// The registry that the token of a run opens.
const GITHUB_REGISTRY: &str = "ghcr.io";

/// Where the images come from that a pipeline runs and scans.
fn registries(platform: &Platform, ci: &Ci) -> BTreeSet<String> {
    let tools = ci.image_scan.iter().map(|it| &it.image).chain(ci.dockerfile_lint.iter().map(|it| &it.image));
    let workloads = platform.workloads().map(|(_, it)| &it.image.value);
    tools.chain(workloads).map(|it| it.registry().to_owned()).collect()
}

/// What a job may do, as lines.
fn permissions(sarif: bool, pulls: bool) -> String {
    let lines = [
        (sarif, "actions: read # to upload what is found, in a private repository"),
        (true, "contents: read # to check out"),
        (pulls, "packages: read # to pull images"),
        (sarif, "security-events: write # to upload what is found"),
    ];
    let lines = lines.into_iter().filter(|(is_needed, _)| *is_needed);
    lines.map(|(_, line)| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

/// The commands that build every environment, each into a folder of its own.
fn builds(environments: &[Name]) -> String {
    let program = "          ~/.trackside/bin/trackside build";
    if environments.is_empty() {
        return format!("{program} --output \"$RUNNER_TEMP/out/platform\" \"$PLATFORM\"");
    }
    let lines = environments
        .iter()
        .map(|it| format!("{program} --env {it} --output \"$RUNNER_TEMP/out/{it}\" \"$PLATFORM\""));
    lines.collect::<Vec<_>>().join("\n")
}

/// One declared image.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Declared {
    /// Registry and repository.
    repository: String,
    /// The whole reference.
    image: String,
}

/// The list of declared images as JSON, each once.
fn images(platform: &Platform) -> Vec<u8> {
    let images = platform.workloads().map(|(_, it)| &it.image.value);
    let images: BTreeSet<Declared> =
        images.map(|it| Declared { repository: it.repository.to_string(), image: it.to_string() }).collect();
    let mut text = serde_json::to_vec_pretty(&images).expect("strings serialize");
    text.push(b'\n');
    text
}

/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    let mut line = emit::emit(&serde_json::json!({ "a": text }));
    let value = line.split_off("a: ".len());
    value.trim_end().to_owned()
}

/// Adds a piece with its values; a line of which nothing is left is left out.
fn place(piece: &str, values: &[(&str, &str)], text: &mut String) {
    for line in piece.lines() {
        let mut placed = line.to_owned();
        for (name, value) in values {
            placed = placed.replace(&format!("@{name}@"), value);
        }
        if placed.is_empty() && !line.is_empty() {
            continue;
        }
        text.push_str(&placed);
        text.push('\n');
    }
}
