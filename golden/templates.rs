//! Templates of users: each built-in one put in its own place, with a comment of the user's, is as good as the built-in one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;
use trackside::language::Selection;
use trackside::render::Manifest;
use trackside::render::kubernetes::BUILT_IN;
use trackside::tree::Tree;

use crate::artifacts::{files_below, root};

/// A tree in memory: its files by path.
type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn every_built_in_template_may_stand_in_its_own_place() {
    let cases = cases();
    let mut unused: Vec<&str> = BUILT_IN.iter().map(|it| it.0).collect();
    let wrong: Vec<(Vec<&str>, Vec<String>)> =
        cases.par_iter().map(|(name, files)| of_case(name, files)).collect();
    let mut all = Vec::new();
    for (used, wrong) in wrong {
        unused.retain(|it| !used.contains(it));
        all.extend(wrong);
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(unused.is_empty(), "no case fills {unused:?}");
}

/// The templates that a case fills, and what is wrong when each stands in its own place. Where there are environments,
/// each has all of them at once: what differs between them is no template.
fn of_case(name: &str, files: &Files) -> (Vec<&'static str>, Vec<String>) {
    let (mut used, mut wrong) = (Vec::new(), Vec::new());
    for (index, environment) in environments(files).into_iter().enumerate() {
        let (told, plain) = compile(files, environment.as_deref());
        assert!(!plain.is_empty(), "{name} does not compile: {told:#?}");
        let is_filled = |text: &str| {
            let kind = text.lines().find_map(|it| it.strip_prefix("kind: "));
            kind.is_none_or(|kind| plain.iter().any(|it| it["kind"] == kind))
        };
        let filled: Vec<&(&str, &str)> = BUILT_IN.iter().filter(|it| is_filled(it.1)).collect();
        used.extend(filled.iter().map(|it| it.0));
        let alone = if index == 0 { filled.chunks(1).collect() } else { Vec::new() };
        for templates in alone.into_iter().chain([&filled[..]]) {
            let mut files = files.clone();
            files.extend(templates.iter().map(|(template, text)| {
                (format!("templates/kubernetes/{template}"), format!("# mine\n{text}").into_bytes())
            }));
            let (findings, objects) = compile(&files, environment.as_deref());
            if findings != told || objects != plain {
                let names: Vec<&str> = templates.iter().map(|it| it.0).collect();
                wrong.push(format!("{name} {environment:?} {names:?}: {findings:#?}"));
            }
        }
    }
    (used, wrong)
}

/// The findings and the objects.
fn compile(files: &Files, environment: Option<&str>) -> (Vec<String>, Vec<Value>) {
    let tree = Tree::memory(files.clone());
    let selection = Selection { environment: environment.map(str::to_owned), date: None };
    let outcome = trackside::compile(&tree, &selection).expect("no fault of ours");
    let findings = outcome.diagnostics.iter().map(|it| format!("{}: {}", it.code, it.message)).collect();
    let compiled = outcome.compiled.as_ref();
    let objects = compiled.into_iter().flat_map(|it| it.artifacts.in_order());
    (findings, objects.map(Manifest::object).collect())
}

fn environments(files: &Files) -> Vec<Option<String>> {
    let environments = trackside::environments(&Tree::memory(files.clone()));
    if environments.is_empty() { vec![None] } else { environments.into_iter().map(Some).collect() }
}

/// Every example, and the reference platform behind the other gateway too.
fn cases() -> Vec<(String, Files)> {
    let folders = fs::read_dir(root("examples")).expect("there are examples");
    let mut cases: Vec<(String, Files)> = folders
        .map(|it| it.expect("an entry can be read").path())
        .filter(|it| it.is_dir())
        .map(|it| (it.file_name().expect("it has a name").to_string_lossy().into_owned(), read(&it)))
        .collect();
    let (_, railway) = cases.iter().find(|it| it.0 == "railway").expect("there is the reference platform");
    let other = railway.iter().map(|(path, bytes)| {
        // Two controllers of one namespace could not be told apart.
        let text = ["public", "private"].iter().fold(
            String::from_utf8_lossy(bytes).into_owned(),
            |text, gateway| {
                let with = |implementation: &str, namespace: &str| {
                    format!(
                        "gateway \"{gateway}\" implementation=\"{implementation}\" namespace=\"{namespace}\""
                    )
                };
                text.replace(
                    &with("envoy-gateway", "envoy-gateway-system"),
                    &with("ingress-nginx", &format!("nginx-{gateway}")),
                )
            },
        );
        (path.clone(), text.into_bytes())
    });
    let other: Files = other.collect();
    assert_ne!(&other, railway, "the reference platform says which gateway it has");
    let granted = [
        ("platform.kdl".to_owned(), GRANTED.as_bytes().to_vec()),
        ("secret.age".to_owned(), railway["secrets/production/token-signing.age"].clone()),
        ("other.age".to_owned(), railway["secrets/production/alerts-hmac.age"].clone()),
    ];
    let granted = ("granted".to_owned(), Files::from(granted));
    cases.push(("railway behind ingress-nginx".to_owned(), other));
    cases.push(granted);
    cases
}

/// A token service of another project than the interface that asks it.
const GRANTED: &str = r#"platform "hello" edition="2026" { domain "hello.example" }
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
    gateway "public" implementation="envoy-gateway" namespace="gateways" { certificate issuer="letsencrypt" }
}
external "https" { ports "443/tcp" }
rate-tier "free" { limit counter="requests" 100 within="15m" }
api "shop" service="shop/api" {
    key "user" else="address" anonymous="free"
    counter "requests" routes="every"
    route "GET /status" anonymous=#true
}
auth service="control/login" {
    issuer "hello"
    audience "shop"
    provider "github" client-id="Iv1.hello" { client-secret secret="github"; scopes "user:email" }
    access-token "15m"
    signing-key secret="signing"
    client "cli" type="public" { redirect "http://127.0.0.1/callback" }
}
recipient "controller" key="age1srlau8v5q3s8hw8dg4z5mx8knaw0vs0y2h4d77mcamp77xung4vqgv8ynu"
secret "github" file="other.age"
secret "signing" file="secret.age"
project "control" {
    service "login" { image "a.example/login@sha256:7777777777777777777777777777777777777777777777777777777777777777"; port 8081; public host="login"; reaches external="https" }
}
project "shop" {
    service "api" { image "a.example/api@sha256:7777777777777777777777777777777777777777777777777777777777777777"; port 8080; public host="api" }
}
"#;

fn read(folder: &Path) -> Files {
    let files = files_below(folder).into_iter().map(|it| {
        let path = it.strip_prefix(folder).expect("it is below").to_string_lossy().into_owned();
        (path, fs::read(&it).expect("the file can be read"))
    });
    files.collect()
}
