use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use regorus::{Engine, Value};
use serde_json::json;

use super::*;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::code::Code;
use crate::language::condition::Test;
use crate::language::include::{self, Sources};
use crate::language::name::Name;
use crate::language::value::permission::Permission;
use crate::language::value::text::Email;
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
    meant(&Tree::of(text), &Selection::default())
}

fn meant(tree: &Tree, selection: &Selection) -> (Option<Platform>, Diagnostics) {
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(tree, &mut sink);
    let declarations = language::declare(&documents, tree, &mut map, &mut sink);
    (language::resolve(&declarations, selection, &mut map, &mut sink), sink)
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
            input["request"] = matrix::subject::request_value(request);
        }
    }
    if let Some(thing) = &question.thing {
        input["resource"] = matrix::subject::presented(thing);
        let caller = question.caller.as_ref().map_or("Nobody", |it| it.id);
        // That the caller is the thing is said by its id.
        for condition in thing.facts.iter().filter(|it| it.field != ["id"]) {
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
    insta::assert_snapshot!(asked_of_regorus(&platform(RAILWAY)), @"6932");
}

/// `opa test` is given the very same answers with the bundle, so that the two agree where both pass.
#[test]
fn regorus_agrees_on_the_whole_matrix_of_the_reference_platform() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/railway");
    let tree = Tree::folder(&folder).expect("the example is a folder");
    let asked = ["staging", "production"].map(|environment| {
        let selection = Selection { environment: Some(environment.to_owned()), date: None };
        let (platform, _) = meant(&tree, &selection);
        asked_of_regorus(&platform.expect("the example has a meaning"))
    });
    insta::assert_debug_snapshot!(asked, @r#"
    [
        3413,
        3413,
    ]
    "#);
}

/// Holds what regorus says to each question of a platform's matrix against the meaning of its declarations; how many there are.
fn asked_of_regorus(platform: &Platform) -> usize {
    let engine = RefCell::new(engine_of(platform));
    let asked = Cell::new(0);
    matrix::json(platform, &|question| {
        asked.set(asked.get() + 1);
        let input = input(question);
        let allow = answer(&mut engine.borrow_mut(), &input);
        assert_eq!(allow, allows(platform, question), "{input:#}");
        allow
    });
    asked.get()
}

#[test]
fn regorus_agrees_on_the_limits_of_the_matrix() {
    let platform = platform(RAILWAY);
    let mut engine = engine_of(&platform);
    let tables: serde_json::Value = serde_json::from_slice(&matrix::json(&platform, &|_| false)).unwrap();
    let mut asked = 0;
    let mut decide = |question: serde_json::Value| -> serde_json::Value {
        asked += 1;
        engine.set_input(Value::from_json_str(&question.to_string()).unwrap());
        let decision = engine.eval_rule("data.trackside.limit.decision".to_owned()).unwrap();
        serde_json::from_str(&decision.to_string()).unwrap()
    };
    for (api, table) in tables["limits"].as_object().unwrap() {
        for place in table["places"].as_array().unwrap() {
            let project = &place["project"];
            let resource = json!({ "type": "project", "id": project, "project": { "id": project } });
            for group in place["groups"].as_array().unwrap() {
                for email in group["emails"].as_array().unwrap() {
                    let claims = &tables["claims"];
                    let decision = decide(json!({
                        "user": {
                            "id": "User", "email": email, "email_verified": true,
                            "teams": claims["teams"], "projects": claims["projects"],
                        },
                        "tiers": claims["tiers"], "api": api,
                        "request": { "method": "X-METHOD", "path": [] },
                        "resource": if project.is_null() { json!(null) } else { resource.clone() },
                    }));
                    assert_eq!(decision["tier"], group["tier"], "{email} {project} {decision:#}");
                    assert_eq!(decision["from"], group["from"], "{email} {project} {decision:#}");
                    assert_eq!(decision["key"], table["key"]);
                }
            }
        }
        for (name, route) in table["routes"].as_object().unwrap() {
            let decision = decide(json!({ "user": null, "api": api, "request": route["request"] }));
            let counters = decision["counters"].as_array().unwrap().iter().map(|it| {
                let windows = it["windows"].as_array().unwrap().iter();
                let windows: Vec<_> = windows.map(|it| json!([it["count"], it["seconds"]])).collect();
                (it["name"].as_str().unwrap().to_owned(), json!(windows))
            });
            let counters: serde_json::Map<_, _> = counters.collect();
            assert_eq!(json!(counters), route["counters"], "{name}");
        }
    }
    assert_eq!(json!(asked), tables["count"]["limits"]);
    insta::assert_snapshot!(asked, @"31");
}

/// What regorus says to the questions of a static test, each by what `opa test` holds it against.
fn agrees(package: &str, table: &str, question: &str, rule: &str, due: &str) -> usize {
    let mut cases = Engine::new();
    for (path, text) in STATIC {
        cases.add_policy(path.to_owned(), text.to_owned()).unwrap();
    }
    let mut read = |name: &str| -> serde_json::Value {
        let value = cases.eval_rule(format!("data.trackside.{package}.{name}")).unwrap();
        serde_json::from_str(&value.to_string()).unwrap()
    };
    let data = json!({ "trackside": { "declared": read("declared") } });
    let table = read(table);
    for (note, case) in table.as_object().unwrap() {
        let mut engine = engine(&data.to_string());
        let asked = if question.is_empty() { case } else { &case[question] };
        engine.set_input(Value::from_json_str(&asked.to_string()).unwrap());
        let answer = engine.eval_rule(rule.to_owned()).unwrap();
        if due.is_empty() {
            assert_eq!(answer, Value::Undefined, "{note}");
        } else {
            let due = Value::from_json_str(&case[due].to_string()).unwrap();
            assert_eq!(sorted(&answer), sorted(&due), "{note}");
        }
    }
    table.as_object().unwrap().len()
}

/// JSON knows no sets: read back, those of a table are lists in some order.
fn sorted(value: &Value) -> serde_json::Value {
    fn sort(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Array(items) => {
                let mut items: Vec<_> = items.into_iter().map(sort).collect();
                items.sort_by_key(ToString::to_string);
                json!(items)
            }
            serde_json::Value::Object(fields) => {
                let fields: BTreeMap<_, _> = fields.into_iter().map(|(key, it)| (key, sort(it))).collect();
                json!(fields)
            }
            other => other,
        }
    }
    sort(serde_json::from_str(&value.to_string()).unwrap())
}

#[test]
fn regorus_agrees_on_limits_inputs_and_logs() {
    let limit = "data.trackside.limit.decision";
    let counts = [
        agrees("limit_test", "must_be_answered", "question", limit, "decision"),
        agrees("limit_test", "must_be_undefined", "", limit, ""),
        agrees("input_test", "must_be_answered", "question", "data.trackside.input.decision", "decision"),
        agrees("log_test", "must_be_erased", "event", "data.trackside.log.mask", "mask"),
    ];
    assert!(counts.iter().all(|it| *it > 5), "{counts:?}");
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

const TEAMS: [&str; 2] = ["Team", "payments"];
const PROJECTS: [&str; 2] = ["Project", "shop"];

type Roles = Vec<(&'static str, Vec<&'static str>)>;

fn roles_in(places: [&'static str; 2], names: &[&'static str]) -> impl Strategy<Value = Roles> + use<> {
    let names = subsequence(names.to_vec(), 0..=3);
    proptest::collection::vec((select(places.to_vec()), names), 0..3)
}

fn callers(platform: &'static Platform) -> impl Strategy<Value = Caller<'static>> {
    let names: Vec<&str> =
        platform.roles.keys().chain(platform.platform_roles.keys()).map(Name::as_str).collect();
    let members = platform.teams.values().flat_map(|it| &it.members);
    let members = members.chain(platform.projects.values().flat_map(|it| &it.members));
    let mut emails: Vec<&str> = members.map(|it| it.email.as_str()).collect();
    emails.extend(platform.persons.keys().map(Email::as_str));
    emails.push("nobody@example.com");
    let roles = (subsequence(names.clone(), 0..=3), roles_in(TEAMS, &names), roles_in(PROJECTS, &names));
    (select(vec!["User", "Thing"]), option::of(select(emails)), roles).prop_map(
        |(id, email, (platform_roles, teams, projects))| Caller {
            id,
            email,
            platform_roles,
            teams: teams.into_iter().collect(),
            projects: projects.into_iter().collect(),
        },
    )
}

fn things(platform: &'static Platform) -> impl Strategy<Value = Thing<'static>> {
    let kinds: Vec<&str> = platform.resources.keys().map(Name::as_str).collect();
    // Those of one field would overwrite each other.
    let facts: Vec<_> = platform.conditions.values().filter(|it| it.field != ["id"]).collect();
    let ids = option::weighted(0.8, select(vec!["Thing", "Project", "Team"]));
    let project = option::weighted(0.8, select(PROJECTS.to_vec()));
    let team = option::weighted(0.6, select(TEAMS.to_vec()));
    let facts = subsequence(facts.clone(), 0..=facts.len());
    (select(kinds), ids, project, team, facts).prop_map(|(kind, id, project, team, facts)| {
        // A field below `project` cannot be presented without it.
        let facts = facts.into_iter().filter(|it| it.field[0] != "project" || project.is_some()).collect();
        Thing { kind, id, project, team, facts }
    })
}

fn asks(platform: &'static Platform) -> impl Strategy<Value = Ask<'static>> {
    let permissions: Vec<&'static Permission> = {
        let all = platform.resources.values().flat_map(|resource| {
            let name = resource.name.clone();
            resource.actions.keys().map(move |it| Permission { resource: name.clone(), action: it.clone() })
        });
        all.map(|it| &*Box::leak(Box::new(it))).collect()
    };
    let words = ["projects", "latest", "services", "deployments", "teams", "members", "billing", "health"];
    let parts = [&words[..], &["Thing", "Project", "Team", "shop", "payments", "{}", "Projects"]].concat();
    let paths = prop_oneof![
        proptest::collection::vec(select(parts), 0..5),
        select(vec![
            vec!["projects", "Project"],
            vec!["projects", "shop"],
            vec!["projects", "Project", "services"],
            vec!["projects", "Project", "services", "Thing"],
            vec!["teams", "Team", "members"],
            vec!["teams", "payments", "members"],
            vec!["deployments"],
            vec!["projects"],
            vec!["billing"],
        ]),
    ];
    let named = select(vec!["Thing", "Team", "payments"]);
    let query = option::of((select(vec!["team_id", "other"]), named.clone()));
    let way: &'static [String] = Box::leak(Box::new(["spec".to_owned(), "service_id".to_owned()]));
    let body = option::of(named.prop_map(move |it| (way, it)));
    let requests = (select(vec!["GET", "POST", "DELETE"]), paths, query, body).prop_map(
        |(method, path, query, body)| Request {
            api: "railway-api",
            method,
            path,
            query,
            body,
            route: OnceCell::new(),
        },
    );
    prop_oneof![
        select(permissions).prop_map(Ask::Permission),
        requests.prop_map(|it| Ask::Request(Rc::new(it)))
    ]
}

fn questions(platform: &'static Platform) -> impl Strategy<Value = Question<'static>> {
    let subscription = (select(TEAMS.to_vec()), select(vec!["active", "lapsed"]));
    let subscription = subscription.prop_map(|(team, status)| Subscription { team, status });
    (
        option::weighted(0.95, callers(platform)),
        asks(platform),
        option::weighted(0.9, things(platform)),
        option::of(subscription),
        prop::bool::weighted(0.6),
    )
        .prop_map(|(caller, ask, mut thing, subscription, fitting)| {
            if let (true, Ask::Permission(permission), Some(thing)) = (fitting, &ask, &mut thing) {
                fit(thing, permission);
            }
            Question { caller, ask, thing, subscription }
        })
}

/// Most things that are made up do not belong to the permission.
fn fit(thing: &mut Thing<'static>, permission: &'static Permission) {
    thing.kind = permission.resource.as_str();
    thing.team = thing.team.filter(|_| thing.project != Some("shop"));
    match thing.kind {
        "project" => thing.id = thing.project,
        "team" => thing.id = thing.team,
        _ => {}
    }
}

/// A slice of all questions; regorus answers some hundreds each second here.
const CASES: u32 = 1_500;

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })
}

#[test]
fn regorus_agrees_on_any_question() {
    let platform: &'static Platform = Box::leak(Box::new(platform(RAILWAY)));
    let engine = RefCell::new(engine_of(platform));
    let allowed = Cell::new(0);
    runner()
        .run(&questions(platform), |question| {
            let input = input(&question);
            let due = allows(platform, &question);
            allowed.set(allowed.get() + u32::from(due));
            prop_assert_eq!(answer(&mut engine.borrow_mut(), &input), due, "{:#}", input);
            Ok(())
        })
        .unwrap();
    // About a tenth are; chance takes some of it.
    assert!(allowed.get() > CASES / 20, "only {} of the questions were allowed", allowed.get());
}

/// Whatever stands in the place of a part of a question, the policies answer, and say why.
#[test]
fn no_input_makes_the_policies_err() {
    let platform: &'static Platform = Box::leak(Box::new(platform(RAILWAY)));
    let engine = RefCell::new(engine_of(platform));
    let strange = select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(""),
        json!("x"),
        json!([]),
        json!([null]),
        json!([[]]),
        json!({}),
        json!({ "": null }),
        json!({ "id": [] }),
    ]);
    let strategy = (questions(platform), any::<prop::sample::Index>(), strange);
    runner()
        .run(&strategy, |(question, at, strange)| {
            let mut input = input(&question);
            let places = pointers(&input, "");
            let place = &places[at.index(places.len())];
            *input.pointer_mut(place).expect("it was found there") = strange;
            let engine = &mut engine.borrow_mut();
            let allow = answer(engine, &input);
            let fits = engine.eval_rule("data.trackside.form.well_formed".to_owned()).unwrap();
            prop_assert!(!allow || fits == Value::Bool(true), "{:#}", input);
            Ok(())
        })
        .unwrap();
}

fn pointers(value: &serde_json::Value, at: &str) -> Vec<String> {
    let mut all = vec![at.to_owned()];
    match value {
        serde_json::Value::Object(fields) => {
            all.extend(fields.iter().flat_map(|(key, it)| pointers(it, &format!("{at}/{key}"))));
        }
        serde_json::Value::Array(items) => {
            all.extend(items.iter().enumerate().flat_map(|(key, it)| pointers(it, &format!("{at}/{key}"))));
        }
        _ => {}
    }
    all
}

#[test]
fn a_bundle_has_the_same_bytes_each_time_and_no_tests() {
    let files = files(&platform(RAILWAY));
    let bytes = bundle::pack(&files);
    assert_eq!(bytes, bundle::pack(&files));
    assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255], "no time and no system in the head");

    let mut unpacked = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut listed = String::new();
    for entry in unpacked.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let path = entry.path().unwrap().display().to_string();
        let (mode, uid, gid) = (header.mode().unwrap(), header.uid().unwrap(), header.gid().unwrap());
        writeln!(listed, "{path} {mode:o} {uid} {gid} {}", header.mtime().unwrap()).unwrap();
    }
    insta::assert_snapshot!(listed, @"
    .manifest 644 0 0 0
    data.json 644 0 0 0
    policy/authz.rego 644 0 0 0
    policy/form.rego 644 0 0 0
    policy/input.rego 644 0 0 0
    policy/limit.rego 644 0 0 0
    policy/log.rego 644 0 0 0
    policy/member.rego 644 0 0 0
    policy/reason.rego 644 0 0 0
    policy/route.rego 644 0 0 0
    ");
}

#[test]
fn a_revision_is_of_the_served_content_alone() {
    let revision = |change: &dyn Fn(&mut BTreeMap<String, File>)| {
        let mut files = files(&platform(SMALL));
        change(&mut files);
        let bytes = bundle::pack(&files);
        let mut unpacked = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let manifest = unpacked.entries().unwrap().next().unwrap().unwrap();
        serde_json::from_reader::<_, serde_json::Value>(manifest).unwrap()["revision"].to_string()
    };
    let touch = |path: &'static str| {
        revision(&move |files| files.get_mut(path).expect("it is a file of the bundle").bytes.push(b' '))
    };
    let before = revision(&|_| ());
    assert_eq!(before, touch("tests/data.json"));
    assert_ne!(before, touch("data.json"));
    assert_ne!(before, touch("policy/authz.rego"));
}

#[test]
fn a_condition_on_a_field_with_a_meaning_of_its_own_is_refused() {
    let check = |field: &str| {
        let (platform, mut sink) = compiled(&format!("{SMALL}condition \"it\" {field}"));
        check::check(&platform.expect("it has a meaning"), &mut sink);
        let found = sink.iter().filter(|it| it.code == Code::ConditionNeverHolds);
        found.map(|it| it.message.clone()).next()
    };
    let fields = [
        r#"field="id" is="user""#,
        r#"field="id" has="user""#,
        r#"field="id.user" is="user""#,
        r#"field="type" is="user""#,
        r#"field="project" is="user""#,
        r#"field="project.id" is="user""#,
        r#"field="project.owner_id" is="user""#,
        r#"field="team" has="user""#,
        r#"field="team.members" has="user""#,
        r#"field="owner_id" is="user""#,
    ];
    insta::assert_snapshot!(fields.into_iter().filter_map(check).collect::<Vec<_>>().join("\n"), @"
    condition `it` asks for the user in `id`, but `id` is the id of the resource, one text
    condition `it` asks for the user in `id.user`, but `id` is the id of the resource, one text
    condition `it` asks for the user in `type`, but `type` is the kind of the resource
    condition `it` asks for the user in `project`, but `project` is an object with the project's `id`
    condition `it` asks for the user in `project.id`, but `project.id` is the id of the project
    condition `it` asks for the user in `team`, but `team` is an object with the team's `id`
    ");
}

#[test]
fn data_is_keyed_as_the_policies_look_it_up() {
    let data = data::json(&platform(&format!(
        "{SMALL}{}",
        r#"
        resource "project" in="project" { creator role="owner"; action "read"; action "create" in="platform" }
        condition "shared" field="project.shared_with" has="user"
        role "owner" { allow "*:*" }
        platform-role "guest" { allow "project:read" when="shared" }
        newcomer platform-role="guest"
        team "shop" { member "ana@example.com" role="owner" }
        person "ana@example.com" system-administrator=#true
        api "main" service="web/api" {
            route "GET /projects/{project}" needs="project:read" { only role="owner" }
        }
        project "web" team="shop" {
            service "api" {
                image "ghcr.io/acme/api@sha256:4444444444444444444444444444444444444444444444444444444444444444"
                port 8080
            }
        }
        "#
    )));
    insta::assert_snapshot!(String::from_utf8(data).unwrap(), @r#"
    {
      "trackside": {
        "declared": {
          "platform": "hello",
          "newcomer": "guest",
          "resources": {
            "project": {
              "place": "project",
              "creator_role": "owner"
            }
          },
          "permissions": {
            "project:create": {
              "resource": "project",
              "in": "platform"
            },
            "project:read": {
              "resource": "project",
              "in": "project"
            }
          },
          "conditions": {
            "shared": {
              "field": [
                "project",
                "shared_with"
              ],
              "test": "has-user"
            }
          },
          "roles": {
            "owner": {
              "project:create": true,
              "project:read": true
            }
          },
          "platform_roles": {
            "guest": {
              "project:read": [
                "shared"
              ]
            }
          },
          "separations": {},
          "persons": {
            "ana@example.com": {
              "system_administrator": true
            }
          },
          "teams": {
            "shop": {
              "members": {
                "ana@example.com": [
                  "owner"
                ]
              }
            }
          },
          "projects": {
            "web": {
              "team": "shop",
              "members": {}
            }
          },
          "apis": {
            "main": {
              "routes": {
                "GET": {
                  "2": [
                    {
                      "parameters": [
                        1
                      ],
                      "routes": {
                        "projects/{}": {
                          "name": "GET /projects/{project}",
                          "permission": "project:read",
                          "target": {
                            "in": "path",
                            "name": [
                              "project"
                            ],
                            "at": 1
                          },
                          "places": {
                            "project": 1
                          },
                          "only": {
                            "roles": [
                              "owner"
                            ],
                            "platform_roles": []
                          }
                        }
                      }
                    }
                  ]
                }
              }
            }
          },
          "rate_tiers": {},
          "member_tiers": {},
          "inputs": {},
          "personal": []
        }
      }
    }
    "#);
}
