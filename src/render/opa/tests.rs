use regorus::{Engine, Value};

use super::*;
use crate::diagnostic::Diagnostics;
use crate::language::include::{self, Sources};
use crate::language::{self, Selection};
use crate::tree::Tree;

/// The reference platform's access rules, and a few that are harder.
pub(super) const RAILWAY: &str = include_str!("tests.kdl");

/// The least that has a meaning.
pub(super) const SMALL: &str = r#"
    platform "hello" edition="2026" { domain "hello.example" }
    cluster {
        kubernetes "1.35"
        pods "10.244.0.0/16"
        services "10.96.0.0/12"
        dns namespace="kube-system" label="k8s-app=kube-dns"
    }
"#;

pub(super) fn platform(text: &str) -> Platform {
    let tree = Tree::of(text);
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(&tree, &mut sink);
    let declarations = language::declare(&documents, &tree, &mut map, &mut sink);
    let platform = language::resolve(&declarations, &Selection::default(), &mut sink);
    let mistakes: Vec<&str> = sink.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert_eq!(mistakes, [""; 0]);
    platform.expect("what has no mistakes has a meaning")
}

/// What `opa/` says, as regorus reads it; the tests with it.
pub(super) fn engine(platform: &Platform) -> Engine {
    let mut engine = Engine::new();
    for (path, file) in files(platform) {
        let text = String::from_utf8(file.bytes).unwrap();
        match path.as_str() {
            "data.json" => engine.add_data(Value::from_json_str(&text).unwrap()).unwrap(),
            "tests/data.json" => {
                let tests = format!(r#"{{"tests":{text}}}"#);
                engine.add_data(Value::from_json_str(&tests).unwrap()).unwrap();
            }
            _ => {
                engine.add_policy(path, text).unwrap();
            }
        }
    }
    engine
}

fn tests_pass(platform: &Platform) {
    let mut engine = engine(platform);
    engine.set_gather_prints(true);
    let mut failed = Vec::new();
    for (path, file) in files(platform).iter().filter(|(path, _)| path.ends_with("_test.rego")) {
        let package = path.trim_start_matches("tests/").trim_end_matches(".rego");
        let text = std::str::from_utf8(&file.bytes).unwrap();
        let rules = text.lines().filter(|it| it.starts_with("test_")).filter_map(|it| it.split(' ').next());
        for rule in rules {
            let answer = engine.eval_rule(format!("data.trackside.{package}.{rule}"));
            if !matches!(answer, Ok(Value::Bool(true))) {
                failed.push(format!("{package}.{rule}: {answer:?} {:?}", engine.take_prints()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn regorus_gives_every_answer_that_is_due() {
    tests_pass(&platform(RAILWAY));
}

#[test]
fn a_platform_without_people_and_routes_has_tests_that_pass() {
    tests_pass(&platform(SMALL));
}
