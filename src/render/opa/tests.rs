use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use regorus::{Engine, Value};
use serde_json::json;

use super::*;
use crate::diagnostic::Diagnostics;
use crate::language::api::Api;
use crate::language::condition::{Condition, Test};
use crate::language::include::{self, Sources};
use crate::language::name::Name;
use crate::language::value::permission::Permission;
use crate::language::{self, Selection};
use crate::render::opa::reference::{Ask, Caller, Question, Request, Subscription, Thing, allows};
use crate::tree::Tree;

/// The reference platform's access rules, and a few that are harder.
const RAILWAY: &str = include_str!("tests.kdl");

/// The least that has a meaning.
const SMALL: &str = r#"
    platform "hello" edition="2026" { domain "hello.example" }
    cluster {
        kubernetes "1.35"
        pods "10.244.0.0/16"
        services "10.96.0.0/12"
        dns namespace="kube-system" label="k8s-app=kube-dns"
    }
"#;

fn platform(text: &str) -> Platform {
    let (platform, sink) = compiled(text);
    let mistakes: Vec<&str> = sink.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert_eq!(mistakes, [""; 0]);
    platform.expect("what has no mistakes has a meaning")
}

fn compiled(text: &str) -> (Option<Platform>, Diagnostics) {
    let tree = Tree::of(text);
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(&tree, &mut sink);
    let declarations = language::declare(&documents, &tree, &mut map, &mut sink);
    (language::resolve(&declarations, &Selection::default(), &mut sink), sink)
}

/// The policies as regorus reads them, with some data.
fn engine(data: &str) -> Engine {
    let mut engine = Engine::new();
    for (path, text) in STATIC {
        if path.starts_with("policy/") {
            engine.add_policy(path.to_owned(), text.to_owned()).unwrap();
        }
    }
    engine.add_data(Value::from_json_str(data).unwrap()).unwrap();
    engine
}

fn engine_of(platform: &Platform) -> Engine {
    engine(std::str::from_utf8(&data::json(platform)).unwrap())
}

/// Whether regorus allows it; that it says why, where it does not.
fn answer(engine: &mut Engine, input: &serde_json::Value) -> bool {
    engine.set_input(Value::from_json_str(&input.to_string()).unwrap());
    let allow = engine.eval_rule("data.trackside.authz.allow".to_owned()).unwrap();
    let decision = engine.eval_rule("data.trackside.authz.decision".to_owned()).unwrap();
    let decision: serde_json::Value = serde_json::from_str(&decision.to_string()).unwrap();
    let allow = *allow.as_bool().unwrap();
    assert_eq!(decision["allow"], json!(allow), "{decision:#}");
    assert_eq!(decision["missing"].as_array().unwrap().is_empty(), allow, "{input:#}\n{decision:#}");
    allow
}

/// A question as the API puts it.
fn input(question: &Question<'_>) -> serde_json::Value {
    let mut input = json!({});
    if let Some(caller) = &question.caller {
        let Caller { id, email, platform_roles, teams, projects } = caller;
        input["user"] = json!({
            "id": id, "email": email, "email_verified": email.is_some(),
            "platform_roles": platform_roles, "teams": teams, "projects": projects,
        });
    }
    match &question.ask {
        Ask::Permission(permission) => input["action"] = json!(permission.to_string()),
        Ask::Request(request) => {
            input["api"] = json!(request.api);
            input["request"] = matrix::request_value(request);
        }
    }
    if let Some(thing) = &question.thing {
        input["resource"] = matrix::presented(thing);
        let caller = question.caller.as_ref().map_or("Nobody", |it| it.id);
        for condition in &thing.facts {
            merge(&mut input["resource"], &condition.field, condition.test, caller);
        }
    }
    if let Some(Subscription { team, status }) = question.subscription {
        input["subscription"] = json!({ "team": team, "status": status });
    }
    input
}

fn merge(object: &mut serde_json::Value, field: &[String], test: Test, caller: &str) {
    let place = field.iter().fold(object, |object, key| &mut object[key.as_str()]);
    *place = match test {
        Test::IsUser => json!(caller),
        Test::HasUser => json!(["Other", caller]),
    };
}

#[test]
fn regorus_agrees_on_the_whole_matrix() {
    let platform = platform(RAILWAY);
    let mut engine = engine_of(&platform);
    let mut asked = 0;
    matrix::every_question(&platform, &mut |question| {
        asked += 1;
        let input = input(question);
        assert_eq!(answer(&mut engine, &input), allows(&platform, question), "{input:#}");
    });
    insta::assert_snapshot!(asked, @"");
}

#[test]
fn regorus_agrees_on_the_cases_that_hold_for_every_platform() {
    let mut cases = Engine::new();
    for (path, text) in STATIC {
        cases.add_policy(path.to_owned(), text.to_owned()).unwrap();
    }
    let mut read = |name: &str| -> serde_json::Value {
        let value = cases.eval_rule(format!("data.trackside.authz_test.{name}")).unwrap();
        serde_json::from_str(&value.to_string()).unwrap()
    };
    let data = json!({ "trackside": { "declared": read("declared") } });
    let mut engine = engine(&data.to_string());
    for (rule, due) in [("must_be_allowed", true), ("must_be_denied", false)] {
        for (note, input) in read(rule).as_object().unwrap() {
            assert_eq!(answer(&mut engine, input), due, "{note}");
        }
    }
}
