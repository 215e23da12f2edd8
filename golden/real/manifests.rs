//! Every example, in each of its environments, as the API server and OPA judge it.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use trackside::language::Selection;
use trackside::render::{Artifacts, Manifest};
use trackside::tree::Tree;

use super::kubernetes::Server;
use super::opa;

#[test]
fn every_object_and_every_pod_is_accepted() {
    let server = Server::shared();
    let (mut objects, mut pods) = (0, 0);
    let mut refused = Vec::new();
    for (name, _, artifacts) in platforms() {
        let of_kind = |kind: &'static str| artifacts.manifests.iter().filter(move |it| it.id.kind == kind);
        for manifest in of_kind("Namespace") {
            server.create_namespace(&manifest.object).expect("a namespace is created");
        }
        for manifest in of_kind("ServiceAccount") {
            server.apply(&manifest.object).expect("a service account is applied");
        }
        for manifest in &artifacts.manifests {
            objects += 1;
            match server.dry_run_apply(&manifest.object) {
                Ok(answer) if answer.warnings.is_empty() => {}
                Ok(answer) => refused.push(format!("{name}: {}: {:?}", described(manifest), answer.warnings)),
                Err(refusal) => refused.push(format!("{name}: {}: {}", described(manifest), refusal.message)),
            }
            if let (Some(template), Some(namespace)) =
                (pod_template(&manifest.object), &manifest.id.namespace)
            {
                pods += 1;
                let template = with_claims(template, &manifest.object);
                match server.dry_run_create_pod(namespace, &template) {
                    Ok(answer) if answer.warnings.is_empty() => {}
                    Ok(answer) => {
                        refused.push(format!("{name}: pod of {}: {:?}", described(manifest), answer.warnings))
                    }
                    Err(refusal) => {
                        refused.push(format!("{name}: pod of {}: {}", described(manifest), refusal.message))
                    }
                }
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(objects > 100 && pods > 10, "only {objects} objects and {pods} pods were tried");
    println!("{objects} objects and {pods} pods accepted");
}

#[test]
fn every_bundle_is_checked_tested_and_loaded() {
    let mut tests = 0;
    for (name, files, _) in platforms() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("opa/")) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
            fs::write(path, bytes).expect("the file is written");
        }
        let run = |args: &[&str]| {
            let output = opa::run(args, folder.path());
            let text = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(output.status.success(), "{name}: opa {}: {text}", args.join(" "));
            text
        };
        run(&["check", "--strict", "opa/policy", "opa/tests"]);
        let report = run(&["test", "opa/policy", "opa/tests", "opa/data.json", "--format=pretty"]);
        let passed = report.lines().find_map(|line| line.strip_prefix("PASS: ")).expect("a count of tests");
        tests += passed.split('/').next().and_then(|it| it.parse::<u32>().ok()).expect("a number");
        let answer =
            run(&["eval", "--bundle", "opa/bundle.tar.gz", "--format=raw", "data.trackside.authz.allow"]);
        assert_eq!(answer.trim(), "false", "{name}: nothing is asked, so nothing is allowed");
    }
    println!("{tests} tests of policies passed");
}

/// Every example in each of its environments, with the files of its output folder.
fn platforms() -> Vec<(String, std::collections::BTreeMap<String, Vec<u8>>, Artifacts)> {
    let mut folders: Vec<PathBuf> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))
        .expect("the examples can be listed")
        .map(|it| it.expect("an entry").path())
        .collect();
    folders.sort();
    let mut platforms = Vec::new();
    for folder in folders {
        let tree = Tree::folder(&folder).expect("an example is a folder");
        let environments = trackside::environments(&tree);
        let selections = match environments.is_empty() {
            true => vec![None],
            false => environments.into_iter().map(Some).collect(),
        };
        for environment in selections {
            let name = format!("{} {}", folder.display(), environment.as_deref().unwrap_or_default());
            let selection = Selection { environment, date: None };
            let outcome = trackside::compile(&tree, &selection).expect("no fault of ours");
            let compiled = outcome.compiled.unwrap_or_else(|| panic!("{name}: {:#?}", outcome.diagnostics));
            let files = compiled.files(&outcome.sources);
            platforms.push((name, files, compiled.artifacts));
        }
    }
    platforms
}

/// A pod of a StatefulSet gets its claimed disks from the controller; here they are given to it.
fn with_claims(template: &Value, object: &Value) -> Value {
    let mut template = template.clone();
    let claims = object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    for claim in claims.into_iter().flatten() {
        let name = &claim["metadata"]["name"];
        let volume = json!({ "name": name, "persistentVolumeClaim": { "claimName": name } });
        let spec = template["spec"].as_object_mut().expect("a template has a spec");
        let volumes = spec.entry("volumes").or_insert_with(|| json!([]));
        volumes.as_array_mut().expect("volumes are a list").push(volume);
    }
    template
}

fn described(manifest: &Manifest) -> String {
    format!("{} {}", manifest.id.kind, manifest.id.name)
}

/// The template of the pods that a workload makes.
fn pod_template(object: &Value) -> Option<&Value> {
    let paths = ["/spec/jobTemplate/spec/template", "/spec/template"];
    paths.iter().find_map(|path| object.pointer(path)).filter(|it| it.pointer("/spec/containers").is_some())
}
