//! Who may do what, asked of the API server itself: random roles, bindings and questions, 0 differences.
//!
//! `TRACKSIDE_CASES=10000 .ci/test --test golden -- real::access --nocapture` asks so many questions, 500 of each cluster;
//! without it, 400 in all. The server is one of its own, as bindings to groups that all are in would be felt by other tests.

#![expect(clippy::disallowed_methods, reason = "how many cases are tried is a wish of the environment")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use trackside::diagnostic::Diagnostics;
use trackside::diagnostic::code::Code;
use trackside::facts::access::Access;
use trackside::facts::access::binding::GROUP;
use trackside::facts::access::request::{Request, ResourceRequest};
use trackside::facts::access::role::{Role, RoleId};
use trackside::facts::access::rule_set::RuleSet;
use trackside::facts::access::subject::{Identity, Subject};
use trackside::facts::manifest::{Manifests, Places};
use trackside::source::SourceMap;
use ureq::http::Method;

use super::client::{Body, Refusal};
use super::control_plane::{self, ControlPlane};

const ROOT: &str = "/apis/rbac.authorization.k8s.io/v1";
const NAMESPACES: &[&str] = &["shop", "bank"];
const VERBS: &[&str] = &["get", "list", "create", "deletecollection", "escalate", "impersonate", "*"];
const GROUPS: &[&str] = &["", "apps", "shop.example", GROUP, "*"];
const RESOURCES: &[&str] = &[
    "pods",
    "pods/log",
    "pods/exec",
    "pods/*",
    "deployments",
    "deployments/scale",
    "*/scale",
    "*/log",
    "*",
    "*/",
    "*/*",
    "secrets",
    "widgets/status",
    "pods/log/deep",
    "pods/",
];
const NAMES: &[&str] = &["a", "b", "", "*"];
const PATHS: &[&str] = &["/metrics", "/logs/*", "/lo*", "*", "/a/b", "/a/**", "a*", "/a/", "/apis"];
const USERS: &[&str] = &["alice", "bob", "system:anonymous", "system:serviceaccount:shop:api", "shop/api"];
const USER_GROUPS: &[&str] = &[
    "devs",
    "ops",
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
    "system:serviceaccounts:shop",
    "system:masters",
];
const LABELS: &[&str] = &["part", "team", "rbac.authorization.k8s.io/aggregate-to-view"];
const VALUES: &[&str] = &["true", "a", "b"];

/// How often, with a pause between, the server is asked for what it does in its own time.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

#[test]
fn decisions_are_those_of_the_api_server() {
    let wanted: usize = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(400);
    let server = control_plane::start().unwrap_or_else(|problem| panic!("{problem}"));
    for name in NAMESPACES {
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        post(&server, "/api/v1/namespaces", &namespace).expect("it is accepted");
    }
    let (mut asked, mut allowed, mut seed, mut objects, mut refused, mut gathered) = (0, 0, 0, 0, 0, 0);
    while asked < wanted {
        let mut world = World { random: Rng::with_seed(seed), seed };
        seed += 1;
        let candidates = world.objects();
        let judged: Vec<(Value, bool)> =
            candidates.into_iter().map(|it| (it.clone(), is_refused(&it))).collect();
        let kept: Vec<Value> = judged.iter().filter(|it| !it.1).map(|it| it.0.clone()).collect();
        let Some(access) = access(&kept) else { continue };
        objects += judged.len();
        clear(&server);
        for (object, is_refused) in &judged {
            refused += usize::from(*is_refused);
            let answer = post(&server, &path_of(object), object);
            let is_known = answer.as_ref().map_or_else(|it| it.status == Some(422), |_| true);
            assert!(is_known, "seed {seed}: {:?}\n{object:#}", answer.err());
            assert_eq!(answer.is_err(), *is_refused, "seed {seed}: {:?}\n{object:#}", answer.err());
        }
        gathered += await_gathered(&server, &access, seed);
        await_authorizer(&server, seed);
        let asks = (wanted - asked).min(500);
        for at in 0..asks {
            // Every second one is looked for until it is one that is allowed, or nothing seems to be.
            let mut pair = (world.identity(), world.question());
            for _ in 0..300 {
                if at % 2 == 0 || access.may(&pair.0, &pair.1.request()).is_some() {
                    break;
                }
                pair = (world.identity(), world.question());
            }
            let (who, question) = pair;
            let ours = access.may(&who, &question.request()).is_some();
            let theirs = review(&server, &who, &question).expect("it answers");
            assert_eq!(ours, theirs, "seed {seed}: {who:?} {question:?}\n{}", text(&kept));
            allowed += usize::from(ours);
        }
        asked += asks;
        await_gathered(&server, &access, seed);
    }
    println!(
        "{asked} questions of {seed} clusters, {allowed} allowed, {objects} objects, {refused} of them refused, \
         {gathered} roles gathered: 0 differences"
    );
    assert!(allowed * 10 > asked && allowed * 10 < asked * 9, "{allowed} of {asked} say little");
}

#[test]
fn what_kubernetes_makes_is_known() {
    let server = control_plane::start().unwrap_or_else(|problem| panic!("{problem}"));
    await_gathered(
        &server,
        &Access::of(&Manifests::default(), &Places::new(&SourceMap::default()), &mut Diagnostics::default()),
        0,
    );
    let mut lines = Vec::new();
    for (plural, kind) in [
        ("clusterroles", "ClusterRole"),
        ("roles", "Role"),
        ("clusterrolebindings", "ClusterRoleBinding"),
        ("rolebindings", "RoleBinding"),
    ] {
        let list = server.client.get(&format!("{ROOT}/{plural}")).expect("it answers");
        let mut of_kind: Vec<Value> = list["items"].as_array().into_iter().flatten().cloned().collect();
        of_kind.retain(|it| it["metadata"]["labels"]["kubernetes.io/bootstrapping"] == "rbac-defaults");
        of_kind.sort_by_key(|it| {
            ["namespace", "name"].map(|field| it["metadata"][field].as_str().map(str::to_owned))
        });
        for object in of_kind {
            let mut written =
                json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {} });
            for field in
                ["name", "namespace", "labels"].iter().filter(|it| !object["metadata"][**it].is_null())
            {
                written["metadata"][*field] = object["metadata"][*field].clone();
            }
            let is_gathered = !object["aggregationRule"].is_null();
            let fields = ["aggregationRule", "rules", "roleRef", "subjects"].into_iter();
            for field in fields.filter(|it| !(object[*it].is_null() || is_gathered && *it == "rules")) {
                written[field] = object[field].clone();
            }
            lines.push(written.to_string());
        }
    }
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    let path = crate::artifacts::root("src/facts/access/defaults.json");
    if std::fs::read_to_string(&path).expect("it is there") != text {
        if crate::artifacts::update() {
            std::fs::write(&path, text).expect("it can be written");
        } else {
            panic!("the API server makes others: look at what INSTA_UPDATE=always writes");
        }
    }
    println!("{} objects, as the API server makes them", lines.len());
}

/// A random cluster.
struct World {
    random: Rng,
    seed: u64,
}

/// What is asked.
#[derive(Debug)]
enum Question {
    Resource {
        namespace: &'static str,
        verb: &'static str,
        group: &'static str,
        resource: String,
        subresource: String,
        name: &'static str,
    },
    Path {
        verb: &'static str,
        path: String,
    },
}

impl Question {
    fn request(&self) -> Request<'_> {
        match self {
            Self::Resource { namespace, verb, group, resource, subresource, name } => {
                Request::Resource(ResourceRequest { namespace, verb, group, resource, subresource, name })
            }
            Self::Path { verb, path } => Request::NonResource { verb, path },
        }
    }
}

impl World {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.usize(..of.len())]
    }

    fn some(&mut self, of: &[&'static str], most: usize) -> Vec<&'static str> {
        (0..self.random.usize(1..=most)).map(|_| self.one(of)).collect()
    }

    fn is(&mut self, percent: u8) -> bool {
        self.random.u8(..100) < percent
    }

    /// Roles and bindings; some of them the API server refuses.
    fn objects(&mut self) -> Vec<Value> {
        let mut objects = Vec::new();
        for index in 0..8 {
            objects.push(self.cluster_role(index));
        }
        for namespace in NAMESPACES {
            for index in 0..3 {
                let rules: Vec<Value> = (0..self.random.usize(..3)).map(|_| self.rule(false)).collect();
                objects.push(self.object(
                    "Role",
                    &format!("r{index}"),
                    Some(namespace),
                    json!({ "rules": rules }),
                ));
            }
            for index in 0..6 {
                objects.push(self.binding(index, Some(namespace)));
            }
        }
        for index in 0..5 {
            objects.push(self.binding(index, None));
        }
        objects
    }

    fn object(&mut self, kind: &str, name: &str, namespace: Option<&str>, mut rest: Value) -> Value {
        let mut labels = json!({ "of-world": "yes" });
        for label in LABELS {
            if self.is(30) {
                labels[*label] = json!(self.one(VALUES));
            }
        }
        rest["apiVersion"] = json!("rbac.authorization.k8s.io/v1");
        rest["kind"] = json!(kind);
        rest["metadata"] = json!({ "name": format!("{name}-{}", self.seed), "labels": labels });
        if let Some(namespace) = namespace {
            rest["metadata"]["namespace"] = json!(namespace);
        }
        rest
    }

    fn cluster_role(&mut self, index: usize) -> Value {
        let rules: Vec<Value> = (0..self.random.usize(..4)).map(|_| self.rule(true)).collect();
        let mut rest = json!({ "rules": rules });
        if index >= 5 {
            let selectors: Vec<Value> = (0..self.random.usize(1..3)).map(|_| self.selector()).collect();
            let is_none = self.is(5);
            rest["aggregationRule"] =
                json!({ "clusterRoleSelectors": if is_none { vec![] } else { selectors } });
        }
        self.object("ClusterRole", &format!("c{index}"), None, rest)
    }

    fn selector(&mut self) -> Value {
        let (label, value) = (self.one(LABELS), self.one(VALUES));
        // What is not of this world is far too much to be told apart.
        let own = json!({ "of-world": "yes" });
        match self.random.u8(..6) {
            0 => {
                json!({ "matchLabels": own, "matchExpressions": [{ "key": label, "operator": "NotIn", "values": [value] }] })
            }
            1 => {
                json!({ "matchLabels": own, "matchExpressions": [{ "key": label, "operator": "DoesNotExist" }] })
            }
            2 => json!({ "matchExpressions": [{ "key": "part", "operator": "Exists" }] }),
            3 => json!({ "matchLabels": { "rbac.authorization.k8s.io/aggregate-to-view": "true" } }),
            4 => json!({ "matchLabels": { "part": value, "team": self.one(VALUES) } }),
            _ => json!({ "matchLabels": { label: value } }),
        }
    }

    fn rule(&mut self, is_of_cluster: bool) -> Value {
        let mut verbs = self.some(VERBS, 2);
        if self.is(3) {
            verbs.clear();
        }
        let is_path = if is_of_cluster { self.is(25) } else { self.is(3) };
        let mut rule = json!({ "verbs": verbs });
        if is_path {
            rule["nonResourceURLs"] = json!(self.some(PATHS, 2));
        }
        if !is_path || self.is(4) {
            rule["apiGroups"] = json!(self.some(GROUPS, 2));
            rule["resources"] = json!(self.some(RESOURCES, 3));
            if self.is(25) {
                rule["resourceNames"] = json!(self.some(NAMES, 2));
            }
            if self.is(2) {
                rule["apiGroups"] = json!([]);
            }
        }
        rule
    }

    fn binding(&mut self, index: usize, namespace: Option<&str>) -> Value {
        let seed = self.seed;
        let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
        let role = match (namespace, self.random.u8(..10)) {
            (Some(_), 0..4) | (None, 0) => {
                json!({ "kind": "Role", "name": format!("r{}-{seed}", self.random.u8(..4)) })
            }
            (_, 4) => {
                json!({ "kind": "ClusterRole", "name": self.one(&["view", "edit", "admin", "system:node", "system:none"]) })
            }
            _ => json!({ "kind": "ClusterRole", "name": format!("c{}-{seed}", self.random.u8(..9)) }),
        };
        let mut role = role;
        role["apiGroup"] = json!(if self.is(3) { "v1" } else { GROUP });
        let subjects: Vec<Value> = (0..self.random.usize(..3)).map(|_| self.subject()).collect();
        self.object(kind, &format!("b{index}"), namespace, json!({ "roleRef": role, "subjects": subjects }))
    }

    fn subject(&mut self) -> Value {
        let mut subject = match self.random.u8(..10) {
            0..4 => json!({ "kind": "User", "name": self.one(USERS) }),
            4..7 => json!({ "kind": "Group", "name": self.one(USER_GROUPS) }),
            _ => json!({ "kind": "ServiceAccount", "name": "api" }),
        };
        if subject["kind"] == "ServiceAccount" && self.is(80) {
            subject["namespace"] = json!(self.one(NAMESPACES));
        }
        match self.random.u8(..40) {
            0 => subject["kind"] = json!("Users"),
            1 => subject["name"] = json!("Not-a-name"),
            2 => subject["apiGroup"] = json!("v1"),
            3 => subject["apiGroup"] = json!(GROUP),
            4 => subject["namespace"] = json!("bank"),
            5 => subject["name"] = json!(""),
            _ => {}
        }
        subject
    }

    fn identity(&mut self) -> Identity {
        if self.is(50) {
            return match self.random.u8(..3) {
                0 => Subject::user(self.one(USERS)).identity(),
                1 => Subject::Group(self.one(&USER_GROUPS[..6]).to_owned()).identity(),
                _ => Subject::service_account(self.one(NAMESPACES), "api").identity(),
            };
        }
        let user = self.is(80).then(|| self.one(USERS).to_owned());
        let mut groups: BTreeSet<String> = BTreeSet::new();
        if self.is(60) || user.is_none() {
            let last = if self.is(3) { USER_GROUPS.len() } else { USER_GROUPS.len() - 1 };
            groups.extend(self.some(&USER_GROUPS[..last], 3).into_iter().map(str::to_owned));
        }
        Identity { user, groups }
    }

    fn question(&mut self) -> Question {
        let verb = self.one(VERBS);
        if self.is(15) {
            let mut path = self.one(PATHS).to_owned();
            if self.is(50) {
                path = path.replace('*', self.one(&["", "b", "/b/c", "gs"]));
            }
            return Question::Path { verb, path };
        }
        let resource = self.one(&["pods", "deployments", "secrets", "widgets", "*", "roles", "pods/log"]);
        let subresource =
            if self.is(55) { "" } else { self.one(&["log", "scale", "status", "exec", "log/deep", "*"]) };
        Question::Resource {
            namespace: if self.is(20) { "" } else { self.one(&["shop", "bank", "other", "kube-system"]) },
            verb,
            group: self.one(GROUPS),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: if self.is(50) { "" } else { self.one(NAMES) },
        }
    }
}

fn text(objects: &[Value]) -> String {
    objects.iter().fold(String::new(), |mut text, it| {
        writeln!(text, "---\n{it}").expect("a text takes it");
        text
    })
}

fn read(objects: &[Value]) -> (Access, Diagnostics) {
    let (mut sources, mut sink) = (SourceMap::default(), Diagnostics::default());
    let file = sources.add("manifests.yaml", text(objects));
    let manifests = Manifests::read(&[file], &sources, &mut sink);
    assert_eq!(manifests.objects.len(), objects.len(), "all of them are read");
    let access = Access::of(&manifests, &Places::new(&sources), &mut sink);
    (access, sink)
}

/// What we make of some objects; `None` where it is open what the server will.
fn access(objects: &[Value]) -> Option<Access> {
    let (access, sink) = read(objects);
    sink.iter().all(|it| !it.message.contains("from each other")).then_some(access)
}

fn is_refused(object: &Value) -> bool {
    read(std::slice::from_ref(object)).1.iter().any(|it| it.code == Code::ManifestMalformed)
}

fn path_of(object: &Value) -> String {
    let plural = format!("{}s", object["kind"].as_str().expect("it has one").to_lowercase());
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{ROOT}/namespaces/{namespace}/{plural}"),
        None => format!("{ROOT}/{plural}"),
    }
}

fn post(server: &ControlPlane, path: &str, object: &Value) -> Result<Value, Refusal> {
    let bytes = object.to_string();
    let body = Body { media_type: "application/json", bytes: bytes.as_bytes() };
    server.client.ask(Method::POST, path, Some(body)).map(|it| it.object)
}

/// Deletes what an earlier cluster had.
fn clear(server: &ControlPlane) {
    let of_namespaces = NAMESPACES
        .iter()
        .flat_map(|it| ["roles", "rolebindings"].map(|plural| format!("{ROOT}/namespaces/{it}/{plural}")));
    for path in of_namespaces.chain(["clusterroles", "clusterrolebindings"].map(|it| format!("{ROOT}/{it}")))
    {
        let path = format!("{path}?labelSelector=of-world%3Dyes");
        server.client.ask(Method::DELETE, &path, None).expect("they go");
    }
}

/// Waits until the controller has filled all roles as we have; how many there are.
fn await_gathered(server: &ControlPlane, access: &Access, seed: u64) -> usize {
    let mut problem = String::new();
    for _ in 0..LOOKS {
        let list = server.client.get(&format!("{ROOT}/clusterroles")).expect("it answers");
        let items = list["items"].as_array().into_iter().flatten();
        let gathering: Vec<&Value> = items.filter(|it| !it["aggregationRule"].is_null()).collect();
        match gathering.iter().find_map(|it| difference(it, access)) {
            None => return gathering.len(),
            Some(it) => problem = it,
        }
        thread::sleep(PAUSE);
    }
    panic!("seed {seed}: {problem}");
}

fn difference(theirs: &Value, access: &Access) -> Option<String> {
    let name = theirs["metadata"]["name"].as_str().expect("it has one").to_owned();
    let mut plain = theirs.clone();
    plain["aggregationRule"] = Value::Null;
    let plain =
        Role::of_cluster(serde_json::from_value(plain).expect("it is one"), None).expect("it was accepted");
    let theirs = RuleSet::of(&plain.rules).expect("they are few");
    let ours = access.role(&RoleId { namespace: None, name: name.clone() })?;
    let ours = RuleSet::of(access.rules_of(ours).map(|it| it.1)).expect("they are few");
    let list = |it: &RuleSet| it.atoms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    (ours != theirs).then(|| format!("{name}\nours: {}\ntheirs: {}", list(&ours), list(&theirs)))
}

/// Waits until the authorizer knows all that has been written: it follows each kind of object in its order.
fn await_authorizer(server: &ControlPlane, seed: u64) {
    let name = format!("z-{seed}");
    let metadata = |namespace: Option<&str>| {
        let mut metadata = json!({ "name": name });
        if let Some(namespace) = namespace {
            metadata["namespace"] = json!(namespace);
        }
        metadata
    };
    let rules = json!([{ "apiGroups": ["last"], "resources": ["last"], "verbs": ["get"] }]);
    let user = json!([{ "kind": "User", "name": name }]);
    for (namespace, of, by) in
        [(None, "ClusterRole", "ClusterRoleBinding"), (Some("shop"), "Role", "RoleBinding")]
    {
        let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": of, "metadata": metadata(namespace), "rules": rules });
        let given = json!({ "apiGroup": GROUP, "kind": of, "name": name });
        let binding = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": by, "metadata": metadata(namespace), "roleRef": given, "subjects": user });
        for object in [role, binding] {
            post(server, &path_of(&object), &object).unwrap_or_else(|it| panic!("{it}"));
        }
        let question = Question::Resource {
            namespace: namespace.map_or("", |_| "shop"),
            verb: "get",
            group: "last",
            resource: "last".to_owned(),
            subresource: String::new(),
            name: "",
        };
        let who = Identity { user: Some(name.clone()), groups: BTreeSet::new() };
        let is_there = (0..LOOKS).any(|_| {
            thread::sleep(PAUSE);
            review(server, &who, &question).expect("it answers")
        });
        assert!(is_there, "the authorizer does not follow");
        clear_last(server, namespace, &name);
    }
}

/// Takes the marks away again, the role last: nobody is given it any more.
fn clear_last(server: &ControlPlane, namespace: Option<&str>, name: &str) {
    let plurals =
        if namespace.is_some() { ["rolebindings", "roles"] } else { ["clusterrolebindings", "clusterroles"] };
    for plural in plurals {
        let path =
            namespace.map_or(format!("{ROOT}/{plural}"), |it| format!("{ROOT}/namespaces/{it}/{plural}"));
        server.client.ask(Method::DELETE, &format!("{path}/{name}"), None).expect("it goes");
    }
}

fn review(server: &ControlPlane, who: &Identity, question: &Question) -> Result<bool, Refusal> {
    let mut spec = json!({ "groups": who.groups });
    if let Some(user) = &who.user {
        spec["user"] = json!(user);
    }
    match question {
        Question::Resource { namespace, verb, group, resource, subresource, name } => {
            spec["resourceAttributes"] = json!({
                "namespace": namespace, "verb": verb, "group": group, "resource": resource,
                "subresource": subresource, "name": name,
            });
        }
        Question::Path { verb, path } => {
            spec["nonResourceAttributes"] = json!({ "verb": verb, "path": path });
        }
    }
    let review =
        json!({ "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec });
    let answer = post(server, "/apis/authorization.k8s.io/v1/subjectaccessreviews", &review)?;
    Ok(answer["status"]["allowed"] == true)
}
