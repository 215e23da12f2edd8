//! What actionlint says of the workflows that are made here: nothing. It reads every expression, and holds the inputs and
//! outputs of actions against what they declare. What their steps do is tried as a runner would.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use trackside::language::ci::{Revision, Source};
use trackside::language::image_policy::Vulnerability;
use trackside::language::name::Name;
use trackside::language::value::Parse;
use trackside::language::value::image::Image;
use trackside::language::value::text::HttpsUrl;
use trackside::render::ci::{Workflow, workflow};
use trackside::syntax::Value;

use super::component;
use crate::artifacts::{cases, files_below, root};

#[test]
fn no_workflow_has_anything_to_mend() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let workflows = folder.path().join(".github/workflows");
    fs::create_dir_all(&workflows).expect("it is writable");
    let texts = every_workflow();
    assert!(texts.len() > 16, "there are {}", texts.len());
    for (at, text) in texts.iter().enumerate() {
        fs::write(workflows.join(format!("{at:02}.yml")), text).expect("it is writable");
    }
    let output = run(&workflows);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.is_empty(), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn actionlint_would_say_something() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = every_workflow().pop_first().expect("there is one");
    let text = text.replace("steps.built.outputs.cache-hit", "steps.biult.outputs.cache-hit");
    fs::write(folder.path().join("wrong.yml"), text).expect("it is writable");
    let output = run(folder.path());
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && told.contains("\"biult\""), "{told}");
}

#[test]
fn the_steps_that_check_a_tree_pass_for_it_and_fail_for_another_pipeline() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| home.path().join(name);
    fs::create_dir_all(path(".trackside/bin")).expect("it is writable");
    fs::create_dir_all(path("temp")).expect("it is writable");
    fs::copy(env!("CARGO_BIN_EXE_trackside"), path(".trackside/bin/trackside")).expect("it is writable");
    copy(&root("examples/audit"), &path("repository"));
    let text =
        fs::read_to_string(root("golden/artifacts/audit/ci/github/trackside.yml")).expect("it is there");
    let workflow = path("repository/.github/workflows/trackside.yml");
    fs::create_dir_all(workflow.parent().expect("it has one")).expect("it is writable");
    fs::write(&workflow, &text).expect("it is writable");
    let documents = trackside::render::yaml::read(&text).expect("it is YAML");
    let declared = documents[0].root.to_value();
    let platform = declared["env"]["PLATFORM"].as_str().expect("a path");
    let steps = declared["jobs"]["check"]["steps"].clone();
    let scripts = steps.as_array().expect("a list").iter().filter_map(|it| it["run"].as_str());
    // There is nothing to build it from, and the list of images is for jq.
    let scripts: Vec<&str> =
        scripts.filter(|it| !it.contains("cargo install") && !it.contains("jq ")).collect();
    assert_eq!(scripts.len(), 4, "{scripts:#?}");
    let passes = |script: &str| {
        let output = Command::new("bash")
            .args(["-e", "-o", "pipefail", "-c", script])
            .current_dir(path("repository"))
            .envs([("HOME", home.path()), ("RUNNER_TEMP", &path("temp"))])
            .env("PLATFORM", platform)
            .output();
        output.expect("there is a bash")
    };
    for script in &scripts {
        let output = passes(script);
        assert!(output.status.success(), "{script}\n{output:?}");
    }
    assert!(path("temp/out/platform/ci/images.json").exists() && path("temp/trackside.sarif").exists());
    fs::write(&workflow, text.replace("HIGH,CRITICAL", "CRITICAL")).expect("it is writable");
    let output = passes(scripts[3]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && told.contains("is not what the tree declares"), "{told}");
}

fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).expect("it is below"));
        fs::create_dir_all(target.parent().expect("a file has a folder")).expect("it is writable");
        fs::copy(&file, target).expect("it is writable");
    }
}

/// Every workflow of an example, and one for every choice that a declaration can make.
fn every_workflow() -> BTreeSet<String> {
    let image = Image::parse(Value::String(&format!("ghcr.io/acme/tool@sha256:{}", "1".repeat(64))));
    let image = image.expect("it is an image");
    let parsed = |text| Name::parse(Value::String(text)).expect("it is a name");
    let environments = [vec![], vec![parsed("production"), parsed("staging")]];
    let trackside = Source {
        repository: HttpsUrl::parse(Value::String("https://github.com/acme/trackside")).expect("it is one"),
        revision: Revision::parse(Value::String(&"9f".repeat(20))).expect("it is one"),
    };
    let registries = [BTreeSet::new(), BTreeSet::from(["ghcr.io".to_owned()])];
    let mut texts: BTreeSet<String> = cases()
        .into_iter()
        .filter_map(|it| it.files.get("ci/github/trackside.yml").cloned())
        .map(|it| String::from_utf8(it).expect("it is text"))
        .collect();
    let choices = (0..32).map(|choice| [1, 2, 4, 8, 16].map(|bit| choice & bit != 0));
    texts.extend(choices.map(|[scans, lints, sarif, pulls, has_environments]| {
        workflow(&Workflow {
            branch: "main",
            path: if has_environments { "platform/tree" } else { "." },
            trackside: &trackside,
            scan: scans.then_some((&image, Vulnerability::Medium)),
            lint: lints.then_some(&image),
            sarif,
            environments: Some(&environments[usize::from(has_environments)]),
            registries: &registries[usize::from(pulls)],
        })
    }));
    let undeclared = Workflow {
        branch: "main",
        path: ".",
        trackside: &trackside,
        scan: None,
        lint: None,
        sarif: true,
        environments: None,
        registries: &registries[0],
    };
    texts.insert(workflow(&undeclared));
    texts
}

/// Runs `actionlint` on the files of a folder.
fn run(folder: &Path) -> Output {
    let actionlint = component("TRACKSIDE_ACTIONLINT").unwrap_or_else(|problem| panic!("{problem}"));
    let files =
        fs::read_dir(folder).expect("it can be listed").map(|it| it.expect("it can be listed").path());
    let output = Command::new(&actionlint)
        .args(["-no-color", "-oneline"])
        .args(files)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output();
    output.unwrap_or_else(|problem| panic!("`{}` does not start: {problem}", actionlint.display()))
}
