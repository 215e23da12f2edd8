//! The Kubernetes API server that objects are tried on.
//!
//! ```ignore
//! let server = kubernetes::Server::shared();
//! server.create_namespace(&namespace).expect("the namespace is accepted");       // for real: Pods are judged in it
//! server.apply(&service_account).expect("the account is accepted");              // for real: Pods are refused without
//! let answer = server.dry_run_apply(&deployment).expect("it is accepted");       // unknown fields are refused
//! assert!(answer.warnings.is_empty());
//! server.dry_run_create_pod("shop", &deployment["spec"]["template"]).expect("it is admitted");
//! ```
//!
//! All tests share one server, so each uses namespaces of its own. Tests that cannot (whole platforms with the names that
//! their authors gave) run in one test, one after the other: creating a namespace again gives it the new labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trackside::render::Manifest;
use ureq::http::Method;

use super::client::{Answer, Body, Client, Refusal};
use super::component;
use super::control_plane::{self, ControlPlane};

/// An API server with the definitions of others that platforms use, and the controllers that a namespace needs.
pub(super) struct Server {
    control_plane: ControlPlane,
    /// By group and version, what the server serves.
    resources: Mutex<BTreeMap<String, Vec<Resource>>>,
}

/// Where objects of a kind live.
#[derive(Clone)]
struct Resource {
    kind: String,
    plural: String,
    namespaced: bool,
}

/// How often, with a pause between, the server is asked for what it does in its own time.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

impl Server {
    /// The one server of this test run, started by whoever needs it first. It ends when the process does.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
        match SHARED.get_or_init(Self::start) {
            Ok(server) => server,
            Err(problem) => panic!("{problem}"),
        }
    }

    fn start() -> Result<Self, String> {
        let definitions = component("TRACKSIDE_CRDS")?;
        let server = Self { control_plane: control_plane::start()?, resources: Mutex::default() };
        let mut established = Vec::new();
        for file in files_in_folders(&definitions).map_err(|it| format!("{}: {it}", definitions.display()))? {
            let text = fs::read_to_string(&file).map_err(|it| format!("{}: {it}", file.display()))?;
            if text.contains("\nkind: CustomResourceDefinition\n") {
                established.push(server.define(&text).map_err(|it| format!("{}: {it}", file.display()))?);
            }
        }
        for path in established {
            server
                .wait_until(&path, is_established)
                .map_err(|it| format!("{path} is not established: {it}"))?;
        }
        Ok(server)
    }

    /// Creates a `CustomResourceDefinition`, from the very text that its authors publish; where it is now.
    fn define(&self, yaml: &str) -> Result<String, Refusal> {
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let body = Body { media_type: "application/yaml", bytes: yaml.as_bytes() };
        let answer = self.client().ask(Method::POST, path, Some(body))?;
        Ok(format!("{path}/{}", text(&answer.object["metadata"]["name"])))
    }

    /// What it calls itself, such as `v1.35.4`.
    pub(super) fn version(&self) -> Result<String, Refusal> {
        self.client().get("/version").map(|it| text(&it["gitVersion"]).to_owned())
    }

    /// Creates a namespace for real, or gives an existing one these labels, and waits until Pods can be created in it.
    pub(super) fn create_namespace(&self, manifest: &Value) -> Result<Answer, Refusal> {
        let path = format!("/api/v1/namespaces/{}", text(&manifest["metadata"]["name"]));
        let labels_before = self.client().get(&path).map(|it| it["metadata"]["labels"].clone()).ok();
        let answer = self.apply(manifest)?;
        self.wait_until(&format!("{path}/serviceaccounts/default"), |_| true)?;
        if labels_before.is_some_and(|it| it != answer.object["metadata"]["labels"]) {
            thread::sleep(PAUSE * 10); // Admission reads labels from a cache that follows a moment later.
        }
        Ok(answer)
    }

    /// Creates the namespaces of these objects for real, and those of others that some of them live in.
    pub(super) fn create_namespaces(&self, manifests: &[&Manifest]) {
        let own = manifests.iter().filter(|it| it.id.kind == "Namespace");
        for namespace in own.clone() {
            self.create_namespace(&namespace.object()).expect("a namespace is created");
        }
        let own: BTreeSet<&str> = own.map(|it| it.id.name.as_str()).collect();
        let all: BTreeSet<&str> = manifests.iter().filter_map(|it| it.id.namespace.as_deref()).collect();
        for name in all.difference(&own) {
            let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
            self.create_namespace(&namespace).expect("a namespace is created");
        }
    }

    /// Deletes a namespace with all that is in it, and waits until it is gone.
    pub(super) fn delete_namespace(&self, name: &str) -> Result<(), Refusal> {
        let path = format!("/api/v1/namespaces/{name}");
        self.client().ask(Method::DELETE, &path, None)?;
        for _ in 0..LOOKS {
            match self.client().get(&path) {
                Err(refusal) if refusal.is_not_found() => return Ok(()),
                _ => thread::sleep(PAUSE),
            }
        }
        Err(Refusal { status: None, message: format!("namespace `{name}` is still there") })
    }

    /// Applies an object strictly: a field that its kind does not have is refused.
    pub(super) fn apply(&self, object: &Value) -> Result<Answer, Refusal> {
        self.patch(object, &object.to_string(), "")
    }

    /// As [`Self::apply`], all checks and admission included, but nothing is kept. A namespaced object needs its namespace.
    pub(super) fn dry_run_apply(&self, object: &Value) -> Result<Answer, Refusal> {
        self.dry_run_apply_text(object, &object.to_string())
    }

    /// Tries an object as it stands in a file of YAML, which the server reads itself. `object` says which one it is.
    pub(super) fn dry_run_apply_text(&self, object: &Value, text: &str) -> Result<Answer, Refusal> {
        self.patch(object, text, "&dryRun=All")
    }

    /// Tries a Pod, or the `template` of a workload, in a namespace, without keeping it: what Pod Security, quotas, limits and
    /// service accounts say. Those judge Pods only; a workload that they will never admit is accepted.
    pub(super) fn dry_run_create_pod(&self, namespace: &str, template: &Value) -> Result<Answer, Refusal> {
        let mut pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"] });
        if pod["metadata"]["name"].is_null() {
            pod["metadata"]["generateName"] = json!("tried-");
        }
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict&fieldManager=trackside"
        );
        let pod = pod.to_string();
        let body = Body { media_type: "application/json", bytes: pod.as_bytes() };
        self.client().ask(Method::POST, &path, Some(body))
    }

    /// Tries to add containers to a Pod that is there, as somebody does who looks into it, without keeping them.
    pub(super) fn dry_run_add_containers(
        &self,
        namespace: &str,
        pod: &str,
        containers: &Value,
    ) -> Result<Answer, Refusal> {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/ephemeralcontainers?dryRun=All&fieldValidation=Strict&fieldManager=trackside"
        );
        let patch = json!({ "spec": { "ephemeralContainers": containers } }).to_string();
        let body = Body { media_type: "application/strategic-merge-patch+json", bytes: patch.as_bytes() };
        self.client().ask(Method::PATCH, &path, Some(body))
    }

    /// Whether RBAC lets a user do something: `attributes` are those of a `SubjectAccessReview`.
    pub(super) fn allows(&self, user: &str, attributes: &Value) -> Result<bool, Refusal> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": { "user": user, "resourceAttributes": attributes },
        });
        let review = review.to_string();
        let body = Body { media_type: "application/json", bytes: review.as_bytes() };
        let answer = self.client().ask(
            Method::POST,
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            Some(body),
        )?;
        Ok(answer.object["status"]["allowed"] == true)
    }

    fn patch(&self, object: &Value, text: &str, more: &str) -> Result<Answer, Refusal> {
        let path = format!(
            "{}?fieldManager=trackside&force=true&fieldValidation=Strict{more}",
            self.path_of(object)?
        );
        let body = Body { media_type: "application/apply-patch+yaml", bytes: text.as_bytes() };
        self.client().ask(Method::PATCH, &path, Some(body))
    }

    fn path_of(&self, object: &Value) -> Result<String, Refusal> {
        let (version, kind, name) =
            (text(&object["apiVersion"]), text(&object["kind"]), text(&object["metadata"]["name"]));
        let Resource { plural, namespaced, .. } = self.resource(version, kind)?;
        let root = root_of(version);
        Ok(match (namespaced, text(&object["metadata"]["namespace"])) {
            (false, "") => format!("{root}/{plural}/{name}"),
            (true, "") => return Err(unasked(format!("{kind} `{name}` needs a namespace"))),
            (true, namespace) => format!("{root}/namespaces/{namespace}/{plural}/{name}"),
            (false, _) => return Err(unasked(format!("{kind} `{name}` belongs to no namespace"))),
        })
    }

    /// Where a kind lives; the server is asked once per group and version, and again for a kind that was not there then.
    fn resource(&self, version: &str, kind: &str) -> Result<Resource, Refusal> {
        let mut resources = self.resources.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |known: &Vec<Resource>| known.iter().find(|it| it.kind == kind).cloned();
        if let Some(resource) = resources.get(version).and_then(find) {
            return Ok(resource);
        }
        let served = self.client().get(&root_of(version))?;
        let served = served["resources"].as_array().into_iter().flatten();
        let served: Vec<Resource> = served
            .filter(|it| !text(&it["name"]).contains('/'))
            .map(|it| Resource {
                kind: text(&it["kind"]).to_owned(),
                plural: text(&it["name"]).to_owned(),
                namespaced: it["namespaced"] == true,
            })
            .collect();
        let found = find(&served);
        resources.insert(version.to_owned(), served);
        found.ok_or_else(|| unasked(format!("the server knows no {kind} of {version}")))
    }

    fn wait_until(&self, path: &str, accept: impl Fn(&Value) -> bool) -> Result<Value, Refusal> {
        let mut last = unasked("it never came to be".to_owned());
        for _ in 0..LOOKS {
            match self.client().get(path) {
                Ok(object) if accept(&object) => return Ok(object),
                Ok(object) => last = unasked(format!("it stays {}", object["status"])),
                Err(refusal) => last = refusal,
            }
            thread::sleep(PAUSE);
        }
        Err(last)
    }

    fn client(&self) -> &Client {
        &self.control_plane.client
    }
}

/// The files in the folders of a folder.
fn files_in_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in fs::read_dir(folder)? {
        for file in fs::read_dir(folder?.path())? {
            files.push(file?.path());
        }
    }
    files.sort();
    Ok(files)
}

/// A refusal of our own: the server would have been asked for nonsense.
fn unasked(message: String) -> Refusal {
    Refusal { status: None, message }
}

fn is_established(definition: &Value) -> bool {
    let conditions = definition["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|it| it["type"] == "Established" && it["status"] == "True")
}

fn root_of(version: &str) -> String {
    let folder = if version.contains('/') { "apis" } else { "api" };
    format!("/{folder}/{version}")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A namespace in which every Pod must be `restricted`.
fn restricted_namespace(name: &str) -> Value {
    let labels = json!({ "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted" });
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } })
}

fn deployment(namespace: &str, container: &Value) -> Value {
    let labels = json!({ "app": "api" });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "api", "namespace": namespace },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
                    "containers": [container],
                },
            },
        },
    })
}

fn hardened() -> Value {
    let context = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    json!({ "name": "api", "image": "example.org/api:1", "securityContext": context })
}

#[test]
fn the_server_says_which_version_it_is() {
    let version = Server::shared().version().expect("it answers");
    assert!(version.starts_with("v1.35."), "{version}");
}

#[test]
fn an_unknown_field_is_refused() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("unknown-field")).expect("it is accepted");
    let mut object = deployment("unknown-field", &hardened());
    object["spec"]["replcas"] = json!(2);
    let refusal = server.dry_run_apply(&object).expect_err("`replcas` is no field");
    assert!(refusal.message.contains(".spec.replcas: field not declared in schema"), "{refusal}");
}

#[test]
fn an_unknown_kind_is_refused() {
    let object = json!({ "apiVersion": "apps/v1", "kind": "Deploment", "metadata": { "name": "api" } });
    let refusal = Server::shared().dry_run_apply(&object).expect_err("`Deploment` is no kind");
    assert_eq!(refusal.message, "the server knows no Deploment of apps/v1");
}

#[test]
fn a_pod_is_judged_by_the_labels_of_its_namespace() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("judged")).expect("it is accepted");

    let good = deployment("judged", &hardened());
    let answer = server.dry_run_apply(&good).expect("it is accepted");
    assert_eq!(answer.warnings, Vec::<String>::new());
    let answer = server.dry_run_create_pod("judged", &good["spec"]["template"]).expect("it is admitted");
    assert_eq!(answer.warnings, Vec::<String>::new());

    let bad = deployment("judged", &json!({ "name": "api", "image": "example.org/api:1" }));
    let answer = server.dry_run_apply(&bad).expect("a Deployment is only warned of");
    assert!(answer.warnings[0].starts_with("would violate PodSecurity \"restricted:latest\""), "{answer:?}");
    let refusal =
        server.dry_run_create_pod("judged", &bad["spec"]["template"]).expect_err("it is not restricted");
    assert!(refusal.message.contains("violates PodSecurity \"restricted:latest\""), "{refusal}");

    let mut relaxed = restricted_namespace("judged");
    relaxed["metadata"]["labels"] = json!({});
    server.create_namespace(&relaxed).expect("it is accepted again");
    server.dry_run_create_pod("judged", &bad["spec"]["template"]).expect("nobody minds any more");
}

#[test]
fn a_pod_whose_service_account_is_missing_is_refused() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("accounts")).expect("it is accepted");
    let mut workload = deployment("accounts", &hardened());
    workload["spec"]["template"]["spec"]["serviceAccountName"] = json!("api");
    let refusal = server
        .dry_run_create_pod("accounts", &workload["spec"]["template"])
        .expect_err("there is no such account");
    assert!(refusal.message.contains("serviceaccount \"api\" not found"), "{refusal}");

    let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "api", "namespace": "accounts" } });
    server.apply(&account).expect("it is accepted");
    server.dry_run_create_pod("accounts", &workload["spec"]["template"]).expect("now there is");
}

#[test]
fn a_route_of_gateway_api_is_checked_by_its_definition() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("routes")).expect("it is accepted");
    let mut route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": { "name": "shop", "namespace": "routes" },
        "spec": {
            "parentRefs": [{ "name": "public" }],
            "hostnames": ["shop.example.org"],
            "rules": [{ "backendRefs": [{ "name": "api", "port": 80 }] }],
        },
    });
    server.dry_run_apply(&route).expect("it is accepted");
    route["spec"]["hostname"] = json!("shop.example.org");
    let refusal = server.dry_run_apply(&route).expect_err("`hostname` is no field");
    assert!(refusal.message.contains(".spec.hostname: field not declared in schema"), "{refusal}");
}

#[test]
fn kinds_of_others_are_checked_by_their_definitions() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("others")).expect("it is accepted");
    let target = json!([{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "a" }]);
    let vault = json!({ "server": "https://vault.example", "version": "v2", "path": "secret" });
    let from = json!([{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop" }]);
    let grant = json!({ "from": from, "to": [{ "group": "", "kind": "Service" }] });
    for (version, kind, spec) in [
        ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", grant),
        ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy", json!({ "targetRefs": target })),
        ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", json!({ "targetRefs": target })),
        ("cert-manager.io/v1", "Certificate", json!({ "secretName": "a", "issuerRef": { "name": "a" } })),
        ("external-secrets.io/v1", "SecretStore", json!({ "provider": { "vault": vault } })),
        ("external-secrets.io/v1", "ExternalSecret", json!({ "data": [] })),
    ] {
        let metadata = json!({ "name": "a", "namespace": "others" });
        let mut object = json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec });
        server.dry_run_apply(&object).unwrap_or_else(|refusal| panic!("{kind}: {refusal}"));
        object["spec"]["other"] = json!("a");
        let refusal = server.dry_run_apply(&object).expect_err("`other` is no field");
        assert!(refusal.message.contains(".spec.other: field not declared in schema"), "{kind}: {refusal}");
    }
}

#[test]
fn ambiguous_scalars_stay_strings() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("scalars")).expect("it is accepted");
    let scalars =
        ["no", "on", "y", "1_000", "12:30", "2024-01-01", "=", "<<", "~", "0x1F", "", "null", "1e3", ".inf"];
    let data: Value =
        scalars.iter().enumerate().map(|(index, it)| (format!("value-{index}"), json!(it))).collect();
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "odd", "namespace": "scalars" }, "data": data });
    assert_eq!(server.apply(&object).expect("it is accepted").object["data"], data);
}

#[test]
fn a_deleted_namespace_is_gone() {
    let server = Server::shared();
    server.create_namespace(&restricted_namespace("short-lived")).expect("it is accepted");
    server.delete_namespace("short-lived").expect("it goes");
    let refusal = server
        .dry_run_apply(&deployment("short-lived", &hardened()))
        .expect_err("there is no such namespace");
    assert!(refusal.is_not_found(), "{refusal}");
}
