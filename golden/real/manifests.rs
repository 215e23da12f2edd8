//! Every golden platform, as the API server and OPA judge it.

use std::fs;

use serde_json::{Value, json};
use trackside::render::Manifest;

use super::kubernetes::Server;
use super::opa;
use crate::artifacts::{Case, cases};

#[test]
fn every_object_and_every_pod_is_accepted() {
    let server = Server::shared();
    let (mut objects, mut pods) = (0, 0);
    let mut refused = Vec::new();
    for Case { name, compiled, .. } in cases() {
        let manifests = compiled.artifacts.in_order();
        let of_kind = |kind: &'static str| manifests.iter().filter(move |it| it.id.kind == kind);
        // Where a waiver lowers what is enforced, the server goes on warning of what the waiver is for.
        let lowered = |namespace: &str| {
            let labels = of_kind("Namespace")
                .find(|it| it.id.name == namespace)
                .map(|it| it.object()["metadata"]["labels"].clone());
            let level =
                |mode: &str| labels.as_ref().map(|it| &it[format!("pod-security.kubernetes.io/{mode}")]);
            level("enforce") != level("warn")
        };
        server.create_namespaces(&manifests);
        for manifest in of_kind("ServiceAccount") {
            server.apply(&manifest.object()).expect("a service account is applied");
        }
        for manifest in manifests.iter().filter(|it| is_known(it)) {
            objects += 1;
            let object = manifest.object();
            match server.dry_run_apply(&object) {
                Ok(answer)
                    if answer.warnings.is_empty()
                        || manifest.id.namespace.as_deref().is_some_and(lowered) => {}
                Ok(answer) => refused.push(format!("{name}: {}: {:?}", described(manifest), answer.warnings)),
                Err(refusal) => refused.push(format!("{name}: {}: {}", described(manifest), refusal.message)),
            }
            if let (Some(pod), Some(namespace)) = (pod_of(&object), &manifest.id.namespace) {
                pods += 1;
                match server.dry_run_create_pod(namespace, &pod) {
                    Ok(answer) if answer.warnings.is_empty() || lowered(namespace) => {}
                    Ok(answer) => {
                        refused.push(format!(
                            "{name}: pod of {}: {:?}",
                            described(manifest),
                            answer.warnings
                        ));
                    }
                    Err(refusal) => {
                        refused.push(format!("{name}: pod of {}: {}", described(manifest), refusal.message));
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
    for Case { name, files, .. } in cases() {
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
        run(&["check", "--strict", "--bundle", "opa"]);
        let report = run(&["test", "--bundle", "opa", "--format=pretty"]);
        let passed = report.lines().find_map(|line| line.strip_prefix("PASS: ")).expect("a count of tests");
        tests += passed.split('/').next().and_then(|it| it.parse::<u32>().ok()).expect("a number");
        let answer =
            run(&["eval", "--bundle", "opa/bundle.tar.gz", "--format=raw", "data.trackside.authz.allow"]);
        assert_eq!(answer.trim(), "false", "{name}: nothing is asked, so nothing is allowed");
    }
    println!("{tests} tests of policies passed");
}

fn described(manifest: &Manifest) -> String {
    format!("{} {}", manifest.id.kind, manifest.id.name)
}

/// Whether the server has the definition of an object. CloudNativePG's is in no registry of packages: its objects are held
/// against their type alone.
pub(super) fn is_known(manifest: &Manifest) -> bool {
    !manifest.id.api_version.starts_with("postgresql.cnpg.io/")
}

/// The pod that a workload makes. A pod of a `StatefulSet` gets its claimed disks from the controller; here they are given
/// to it.
pub(super) fn pod_of(object: &Value) -> Option<Value> {
    let paths = ["/spec/jobTemplate/spec/template", "/spec/template"];
    let template = paths.iter().find_map(|path| object.pointer(path));
    let mut template = template.filter(|it| it.pointer("/spec/containers").is_some())?.clone();
    let claims = object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    for claim in claims.into_iter().flatten() {
        let name = &claim["metadata"]["name"];
        let volume = json!({ "name": name, "persistentVolumeClaim": { "claimName": name } });
        let spec = template["spec"].as_object_mut().expect("a template has a spec");
        let volumes = spec.entry("volumes").or_insert_with(|| json!([]));
        volumes.as_array_mut().expect("volumes are a list").push(volume);
    }
    Some(template)
}

#[test]
fn ambiguous_scalars_arrive_as_the_texts_that_they_are() {
    let server = Server::shared();
    let case = cases().into_iter().find(|it| it.name == "ambiguous-scalars").expect("the case is there");
    let manifests = case.compiled.artifacts.in_order();
    let namespace = manifests.iter().find(|it| it.id.kind == "Namespace").expect("a namespace");
    let stored = server.create_namespace(&namespace.object()).expect("it is created");
    assert_eq!(stored.object["metadata"]["labels"]["number"], "1_000");
    assert_eq!(stored.object["metadata"]["labels"]["no"], "no");
    // The file's own text, which the server itself reads as YAML.
    let text = String::from_utf8(case.files["kubernetes/yes.yaml"].clone()).expect("YAML is text");
    let documents = text.split("---\n").filter(|it| it.starts_with("apiVersion"));
    let of_project = manifests.iter().filter(|it| it.project.is_some());
    let mut compared = 0;
    for (manifest, document) in of_project.zip(documents) {
        let object = manifest.object();
        let answer = server.dry_run_apply_text(&object, document).expect("it is accepted");
        assert_eq!(answer.object["metadata"]["labels"]["hex"], "0x1F", "{}", described(manifest));
        if manifest.id.kind == "ConfigMap" {
            assert_eq!(answer.object["data"], object["data"], "{}", described(manifest));
            compared += answer.object["data"].as_object().map_or(0, serde_json::Map::len);
        }
        let env = |object: &Value| pod_of(object).map(|it| it["spec"]["containers"][0]["env"].clone());
        if let (Some(sent), Some(back)) = (env(&object), env(&answer.object)) {
            assert_eq!(back, sent, "{}", described(manifest));
            compared += back.as_array().map_or(0, Vec::len);
        }
    }
    assert!(compared > 30, "only {compared} texts were compared");
}
