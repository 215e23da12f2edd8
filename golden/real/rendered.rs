//! What is rendered does on a real API server what it is there for: it comes back as it was sent, and the policies refuse
//! what they must and nothing else. The platform is `golden/artifacts/every-kind`.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trackside::render::Manifest;

use super::kubernetes::Server;
use super::manifests::{is_known, pod_of};
use crate::artifacts::{Case, cases};

/// The objects of the platform. What others need is on the server for real: namespaces, accounts, policies and roles.
fn applied() -> &'static [Manifest] {
    static APPLIED: OnceLock<Vec<Manifest>> = OnceLock::new();
    APPLIED.get_or_init(|| {
        let case = cases().into_iter().find(|it| it.name == "every-kind").expect("the case is there");
        let manifests: Vec<Manifest> = case.compiled.artifacts.in_order().into_iter().cloned().collect();
        let server = Server::shared();
        for manifest in &manifests {
            match &*manifest.id.kind {
                "Namespace" => server.create_namespace(&manifest.object()).expect("it is accepted"),
                "ServiceAccount"
                | "Role"
                | "RoleBinding"
                | "LimitRange"
                | "ValidatingAdmissionPolicy"
                | "ValidatingAdmissionPolicyBinding" => {
                    server.apply(&manifest.object()).expect("it is accepted")
                }
                _ => continue,
            };
        }
        manifests
    })
}

/// Else every comparison of what should be with what is would show a difference that nobody made.
#[test]
fn every_object_comes_back_as_it_was_sent() {
    let server = Server::shared();
    let mut wrong = Vec::new();
    for Case { name, compiled, .. } in cases() {
        let manifests = compiled.artifacts.in_order();
        server.create_namespaces(&manifests);
        for manifest in manifests.iter().filter(|it| is_known(it)) {
            let title = format!("{name}: {}/{}", manifest.id.kind, manifest.id.name);
            let object = manifest.object();
            match server.dry_run_apply(&object) {
                Ok(answer) => wrong.extend(changed(&object, &answer.object, &title)),
                Err(refusal) => wrong.push(format!("{title}: {refusal}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the server gives back otherwise than it was sent; what it adds is its own matter.
fn changed(sent: &Value, back: &Value, path: &str) -> Vec<String> {
    match (sent, back) {
        (Value::Object(sent), Value::Object(back)) => {
            let back = |key: &str| back.get(key).unwrap_or(&Value::Null);
            let fields = sent.iter();
            fields.flat_map(|(key, value)| changed(value, back(key), &format!("{path}.{key}"))).collect()
        }
        (Value::Array(sent), Value::Array(back)) if sent.len() == back.len() => {
            let pairs = sent.iter().zip(back).enumerate();
            pairs.flat_map(|(index, (sent, back))| changed(sent, back, &format!("{path}[{index}]"))).collect()
        }
        (sent, back) if sent == back => Vec::new(),
        (sent, back) => vec![format!("{path}: {sent} became {back}")],
    }
}

#[test]
fn images_are_refused_by_registry_and_digest_in_every_place() {
    let collector = applied().iter().find(|it| it.id.kind == "Deployment" && it.id.name == "collector");
    let collector = pod_of(&collector.expect("it is rendered").object()).expect("it has pods");
    let good = collector["spec"]["containers"][0]["image"].as_str().expect("it has an image").to_owned();
    let try_it = |place: &str, image: &str| {
        let mut pod = collector.clone();
        let mut other = pod["spec"]["containers"][0].clone();
        other["name"] = json!("other");
        other["image"] = json!(image);
        let volume = json!({ "name": "other", "image": { "reference": image } });
        match (place, pod["spec"]["volumes"].as_array_mut()) {
            ("volumes", Some(volumes)) => volumes.push(volume),
            ("containers", _) => pod["spec"]["containers"][0]["image"] = json!(image),
            (place, _) => pod["spec"][place] = json!([other]),
        }
        Server::shared().dry_run_create_pod("tried-numbers", &pod)
    };
    let refused = [
        ("ghcr.io/acme/web:1".to_owned(), "pinned"),
        (good[..good.len() - 1].to_owned(), "pinned"),
        (good.replace("ghcr.io/acme/", "ghcr.io/acme-evil/"), "come from"),
        (good.replace("ghcr.io/acme/", "docker.io/ghcr.io/acme/"), "come from"),
        // It is waived in another namespace.
        ("docker.io/library/nginx:1.27".to_owned(), "pinned"),
    ];
    wait_until(|| try_it("containers", &refused[0].0).is_err());
    for place in ["containers", "initContainers", "volumes"] {
        try_it(place, &good).unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
        for (image, because) in &refused {
            let refusal = try_it(place, image).expect_err(&format!("{image} in {place}"));
            let expected = ["tried-images", because, image];
            assert!(expected.iter().all(|it| refusal.message.contains(it)), "{image} in {place}: {refusal}");
        }
    }
    let waived = applied().iter().find(|it| it.id.kind == "Deployment" && it.id.name == "loose");
    let waived = pod_of(&waived.expect("it is rendered").object()).expect("it has pods");
    Server::shared().dry_run_create_pod("tried-shop", &waived).expect("its image is waived");
}

#[test]
fn members_may_do_what_their_roles_mean_and_nothing_else() {
    applied();
    let may = |user: &str, verb: &str, group: &str, resource: &str, namespace: &str| {
        let (main, sub) = resource.split_once('/').unwrap_or((resource, ""));
        let name = if main == "namespaces" { namespace } else { "" };
        let attributes = json!({
            "verb": verb, "group": group, "resource": main, "subresource": sub, "namespace": namespace, "name": name,
        });
        Server::shared().allows(user, &attributes).expect("it answers")
    };
    wait_until(|| may("dee@example.com", "list", "apps", "deployments", "tried-shop"));
    let (ana, dee) = ("ana@example.com", "dee@example.com");
    for (user, verb, group, resource, namespace, expected) in [
        (ana, "patch", "apps", "deployments", "tried-shop", true),
        (ana, "patch", "apps", "deployments", "tried-numbers", true),
        (ana, "delete", "apps", "deployments", "tried-shop", false),
        (ana, "get", "", "resourcequotas", "tried-shop", true),
        (ana, "get", "", "namespaces", "tried-shop", true),
        (ana, "list", "", "namespaces", "", false),
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
        let answer = may(user, verb, group, resource, namespace);
        assert_eq!(answer, expected, "{user} {verb} {group}/{resource} in {namespace}");
    }
}

/// Policies and roles hold a moment after they were created.
fn wait_until(holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came to hold");
}
