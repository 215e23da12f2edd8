//! What a platform with one of everything renders to, tried on a real API server: it is accepted as it is, its pods are
//! admitted, and its policies refuse what they are there to refuse.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trackside::language::Selection;
use trackside::render::Manifest;
use trackside::tree::Tree;

use super::kubernetes::Server;

const PLATFORM: &str = r#"
platform "tried" edition="2026" { domain "tried.example" }
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16" "fd00:10:244::/56"
    services "10.96.0.0/12"
    nodes "10.0.0.0/16"
    dns namespace="kube-system" label="k8s-app=kube-dns"
    gateway "public" implementation="envoy-gateway" namespace="envoy-gateway-system"
    gateway "inside" implementation="ingress-nginx" namespace="ingress-nginx"
}
pod-security "restricted" { run-as 1001; scratch "/tmp" up-to="64Mi" }
image-policy { registries "ghcr.io/acme" }
external "https" { ports "443/tcp" }
external "warehouse" { ranges "10.8.41.0/24" "2001:db8:7::/48" "0.0.0.0/0"; ports "5432/tcp" "53/udp" }
secret "key" file="secrets/key.age" { offers project="shop" }

resource "service" in="project" {
    action "read" { kubernetes "apps/deployments" "get" "list" "watch"; kubernetes "core/pods/log" "get" }
    action "deploy" { kubernetes "apps/deployments" "patch" }
}
resource "project" in="project" { action "read" { kubernetes "core/namespaces" "get" } }
resource "team" in="team" { action "see" { kubernetes "core/resourcequotas" "get" "list" } }
role "viewer" { allow "*:read" }
role "developer" { inherits role="viewer"; allow "service:deploy" "team:see" }
team "payments" { member "ana@example.com" role="developer" }

project "shop" team="payments" {
    description "Web shop: no, really"
    repository "https://github.com/acme/shop"
    label "acme.example/tier" "no"
    quota cpu="32" memory="32Gi" pods=40 disk="100Gi"
    member "dee@example.com" role="viewer"
    secret "pull" file="secrets/pull.age"
    service "web" framework="nodejs" {
        image @web
        port 8080
        replicas "2..10" cpu="70%"
        resources cpu="100m..1500m" memory="128Mi..1.5Gi"
        health "/healthz" every="5s"
        ready "/ready"
        pull secret="pull"
        command "/bin/web" "--greeting=$(HOSTNAME)"
        args "-v" "1_000"
        env "ANSWER" "no"
        env "TIME" "12:30"
        env "API" service="api"
        env "KEY" secret="key"
        config "/etc/web/on.conf" "y\n= << ~ 0x1F\n"
        mount "/run/key" secret="key"
        reaches service="api"
        reaches service="store"
        reaches external="https"
        public host="shop" gateway="public" {
            also host="shop" path="/static/v1" gateway="public"
            also host="shop.inside.example" gateway="inside"
        }
    }
    service "api" {
        image @api
        port 9090
        health "grpc"
        offers project="numbers"
        public host="api" gateway="inside"
    }
    service "store" {
        image @store
        port 5432
        health "tcp"
        disk "/var/lib/store" size="10Gi" class="fast"
        disk "/var/log" size="1Gi"
    }
    service "loose" {
        image "docker.io/library/nginx:1.27"
        resources cpu="250m" memory="500M"
        waive "image-digest" { reason "mirrored soon"; until "2099-03-31"; owner team="payments" }
        waive "image-registry" { reason "mirrored soon"; until "2099-03-31"; owner team="payments" }
        waive "read-only-root-filesystem" { reason "a legacy image"; until "2099-03-31"; owner team="payments" }
        waive "drop-capabilities" { reason "a legacy image"; until "2099-03-31"; owner team="payments" }
        waive "no-privilege-escalation" { reason "a legacy image"; until "2099-03-31"; owner team="payments" }
        waive "seccomp-runtime-default" { reason "a legacy image"; until "2099-03-31"; owner team="payments" }
        waive "run-as-non-root" { reason "a legacy image"; until "2099-03-31"; owner team="payments" }
        run-as 0
    }
    cron "invoices" schedule="15 3 * * *" zone="Europe/Berlin" up-to="30m" overlap="replace" {
        image @job
        reaches service="store"
        reaches external="warehouse"
    }
}
project "numbers" team="payments" {
    service "collector" { image @web; reaches service="shop/api" }
}
"#;

/// Enough of an age file for its form.
const SEALED: &[u8] = b"age-encryption.org/v1\n-> X25519 c2hhcmU\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    --- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n0123456789abcdef0123456789abcdef";

/// The objects of [`PLATFORM`]. What others need is on the server for real: namespaces, accounts, policies and roles.
fn applied() -> &'static [Manifest] {
    static APPLIED: OnceLock<Vec<Manifest>> = OnceLock::new();
    APPLIED.get_or_init(|| {
        let manifests = rendered();
        let server = Server::shared();
        for manifest in &manifests {
            match manifest.id.kind.as_str() {
                "Namespace" => server.create_namespace(&manifest.object).expect("it is accepted"),
                "ServiceAccount" | "Role" | "RoleBinding" | "LimitRange" => {
                    server.apply(&manifest.object).expect("it is accepted")
                }
                kind if kind.starts_with("ValidatingAdmissionPolicy") => {
                    server.apply(&manifest.object).expect("it is accepted")
                }
                _ => continue,
            };
        }
        manifests
    })
}

fn rendered() -> Vec<Manifest> {
    let images = ["api", "job", "store", "web"].map(|name| (format!("@{name}"), format!("{:?}", image(name))));
    let text = images.iter().fold(PLATFORM.to_owned(), |text, (short, image)| text.replace(short, image));
    let files = [("platform.kdl", text.as_bytes()), ("secrets/key.age", SEALED), ("secrets/pull.age", SEALED)];
    let outcome = trackside::compile(&Tree::memory(files), &Selection::default()).expect("no fault of ours");
    let errors: Vec<&str> =
        outcome.diagnostics.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    outcome.compiled.expect("nothing is wrong").artifacts.manifests
}

fn image(name: &str) -> String {
    format!("ghcr.io/acme/{name}@sha256:{}", "7".repeat(64))
}

/// The pod that a workload makes, with the volumes that the controller of `StatefulSets` adds for its claims.
fn pod_template(object: &Value) -> Option<Value> {
    let paths = ["/spec/template", "/spec/jobTemplate/spec/template"];
    let mut template = paths.into_iter().find_map(|path| object.pointer(path))?.clone();
    for claim in object["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let name = &claim["metadata"]["name"];
        add_volume(&mut template, json!({ "name": name, "persistentVolumeClaim": { "claimName": name } }));
    }
    Some(template)
}

fn add_volume(template: &mut Value, volume: Value) {
    match template["spec"]["volumes"].as_array_mut() {
        Some(volumes) => volumes.push(volume),
        None => template["spec"]["volumes"] = json!([volume]),
    }
}

#[test]
fn every_object_is_accepted_and_given_back_as_it_was() {
    let mut wrong = Vec::new();
    for manifest in applied() {
        let title = format!("{}/{}", manifest.id.kind, manifest.id.name);
        match Server::shared().dry_run_apply(&manifest.object) {
            Err(refusal) => wrong.push(format!("{title}: {refusal}")),
            // A waived pod is admitted with a warning.
            Ok(answer) if !answer.warnings.is_empty() && manifest.id.name != "loose" => {
                wrong.push(format!("{title}: {:?}", answer.warnings));
            }
            Ok(answer) => wrong.extend(changed(&manifest.object, &answer.object, &title)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the server gives back otherwise than it was sent; what it adds is its own matter.
fn changed(sent: &Value, back: &Value, path: &str) -> Vec<String> {
    match (sent, back) {
        (Value::Object(sent), Value::Object(back)) => sent
            .iter()
            .flat_map(|(key, value)| changed(value, back.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}")))
            .collect(),
        (Value::Array(sent), Value::Array(back)) if sent.len() == back.len() => {
            let pairs = sent.iter().zip(back).enumerate();
            pairs.flat_map(|(index, (sent, back))| changed(sent, back, &format!("{path}[{index}]"))).collect()
        }
        (sent, back) if sent == back => Vec::new(),
        (sent, back) => vec![format!("{path}: {sent} became {back}")],
    }
}

#[test]
fn every_pod_is_admitted() {
    let mut tried = 0;
    for manifest in applied() {
        let Some(template) = pod_template(&manifest.object) else { continue };
        let namespace = manifest.id.namespace.as_deref().expect("pods live in namespaces");
        let answer = Server::shared().dry_run_create_pod(namespace, &template);
        let answer = answer.unwrap_or_else(|refusal| panic!("{}: {refusal}", manifest.id.name));
        assert_eq!(answer.warnings.is_empty(), manifest.id.name != "loose", "{:?}", answer.warnings);
        tried += 1;
    }
    assert_eq!(tried, 6);
}

#[test]
fn images_are_refused_by_registry_and_digest_in_every_place() {
    let template = |place: &str, image: &str| {
        let web = applied().iter().find(|it| it.id.kind == "Deployment" && it.id.name == "collector");
        let mut template = pod_template(&web.expect("it is rendered").object).expect("it has pods");
        let mut container = template["spec"]["containers"][0].clone();
        container["image"] = json!(image);
        container["name"] = json!("other");
        match place {
            "volumes" => add_volume(&mut template, json!({ "name": "other", "image": { "reference": image } })),
            "containers" => template["spec"]["containers"][0]["image"] = json!(image),
            place => template["spec"][place] = json!([container]),
        }
        template
    };
    let good = image("other");
    let refused = [
        ("ghcr.io/acme/web:1".to_owned(), "pinned"),
        (format!("ghcr.io/acme/web@sha256:{}", "7".repeat(63)), "pinned"),
        (good.replace("ghcr.io/acme/", "ghcr.io/acme-evil/"), "come from"),
        (good.replace("ghcr.io/acme/", "docker.io/ghcr.io/acme/"), "come from"),
        // Waived in another namespace.
        ("docker.io/library/nginx:1.27".to_owned(), "pinned"),
    ];
    let server = Server::shared();
    let try_it = |place: &str, image: &str| server.dry_run_create_pod("tried-numbers", &template(place, image));
    // A policy holds a moment after it was created.
    let unpinned = "ghcr.io/acme/web:1";
    let holds = (0..200).any(|_| try_it("containers", unpinned).is_err() || {
        thread::sleep(Duration::from_millis(50));
        false
    });
    assert!(holds, "the policy never came to hold");
    for place in ["containers", "initContainers", "volumes"] {
        try_it(place, &good).unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
        for (image, because) in &refused {
            let refusal = try_it(place, image).expect_err(&format!("{image} in {place}"));
            assert!(refusal.message.contains("tried-images"), "{refusal}");
            assert!(refusal.message.contains(because) && refusal.message.contains(image.as_str()), "{refusal}");
        }
    }
}

#[test]
fn members_may_do_what_their_roles_mean_and_nothing_else() {
    applied();
    let may = |user: &str, verb: &str, group: &str, resource: &str, namespace: &str| {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let mut attributes = json!({
            "verb": verb, "group": group, "resource": resource, "subresource": subresource, "namespace": namespace,
        });
        if resource == "namespaces" {
            attributes["name"] = json!(namespace);
        }
        Server::shared().allows(user, &attributes).expect("it answers")
    };
    let (ana, dee) = ("ana@example.com", "dee@example.com");
    for (user, verb, group, resource, namespace, expected) in [
        (ana, "patch", "apps", "deployments", "tried-shop", true),
        (ana, "patch", "apps", "deployments", "tried-numbers", true),
        (ana, "delete", "apps", "deployments", "tried-shop", false),
        (ana, "get", "", "resourcequotas", "tried-shop", true),
        (ana, "get", "", "namespaces", "tried-shop", true),
        (ana, "get", "", "namespaces", "kube-system", false),
        (ana, "get", "", "secrets", "tried-shop", false),
        (dee, "list", "apps", "deployments", "tried-shop", true),
        (dee, "get", "", "pods/log", "tried-shop", true),
        (dee, "get", "", "pods", "tried-shop", false),
        (dee, "get", "", "resourcequotas", "tried-shop", false),
        (dee, "patch", "apps", "deployments", "tried-shop", false),
        (dee, "list", "apps", "deployments", "tried-numbers", false),
        ("eve@example.com", "get", "apps", "deployments", "tried-shop", false),
    ] {
        assert_eq!(may(user, verb, group, resource, namespace), expected, "{user} {verb} {group}/{resource} in {namespace}");
    }
    let listing = json!({ "verb": "list", "resource": "namespaces" });
    assert!(!Server::shared().allows(ana, &listing).expect("it answers"), "namespaces are not listed");
}
