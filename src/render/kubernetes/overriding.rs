//! What a user's template may not change about the object that it gives.
//!
//! Its result is held against that of the built-in template for the same view, which already knows every waiver. So what
//! is left here needs no waiver of its own: a template may add and rearrange, and may take no safeguard away.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diagnostic::code::Code;
use crate::language::pod_security::Level;
use crate::render::kubernetes::pod_security::{self, CONTAINERS};
use crate::render::kubernetes::well_formed;
use crate::render::yaml::{Step, path_text};

/// Why what a user's template gives is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of finding.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Holds an object against the built-in one.
pub fn of_object(built_in: &Value, filled: &Value) -> Vec<Refusal> {
    let is_kept = |path: &[&str]| at(built_in, path) == at(filled, path);
    let identity: [&[&str]; 4] =
        [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];
    if let Some(path) = identity.iter().find(|path| !is_kept(path)) {
        let place = path.join(".");
        let message = format!(
            "it gives another object: `.{place}` is {}, not {}",
            shown(filled, path),
            shown(built_in, path)
        );
        return vec![Refusal {
            code: Code::TemplateIdentity,
            message,
            help: "keep `apiVersion`, `kind`, `name` and `namespace` of the built-in template",
        }];
    }
    if let Err(malformed) = well_formed::check(filled) {
        return vec![self::malformed(&malformed)];
    }
    let mut judge = Judge::default();
    judge.superset(built_in, filled, &["metadata", "labels"]);
    let kind = built_in["kind"].as_str().unwrap_or_default();
    match kept(kind) {
        Kept::Everything => judge.everything(built_in, filled),
        Kept::Placed => judge.placed(built_in, filled, &mut Vec::new()),
        Kept::Paths(paths) => paths.iter().for_each(|path| judge.same(built_in, filled, path)),
        Kept::Values(keys) => judge.no_more(built_in, filled, keys),
    }
    judge.border(built_in, filled);
    if let (Some((path, before)), Some((_, after))) =
        (pod_security::template_of(built_in), pod_security::template_of(filled))
    {
        judge.prefix = path;
        judge.pod_template(before, after);
    }
    judge.refusals()
}

/// Holds a pod template against the built-in one.
pub fn of_pod_template(built_in: &Value, filled: &Value) -> Vec<Refusal> {
    let wrapped = json!({ "apiVersion": "v1", "kind": "PodTemplate", "metadata": { "name": "pod" }, "template": filled });
    if let Err(mut malformed) = well_formed::check(&wrapped) {
        malformed.path = malformed.path.split_off(1.min(malformed.path.len()));
        return vec![self::malformed(&malformed)];
    }
    let mut judge = Judge::default();
    judge.pod_template(built_in, filled);
    judge.refusals()
}

/// What of a kind has to stay as the built-in template has it.
enum Kept {
    /// All but labels and annotations: the object is a safeguard.
    Everything,
    /// All that the built-in template places; more may stand beside it.
    Placed,
    /// These fields.
    Paths(&'static [&'static [&'static str]]),
    /// Whatever stands under these keys, anywhere: it may be left out or repeated, and nothing else may come in.
    Values(&'static [&'static str]),
}

fn kept(kind: &str) -> Kept {
    match kind {
        "Service" => Kept::Paths(&[
            &["spec", "selector"],
            &["spec", "type"],
            &["spec", "externalIPs"],
            &["spec", "externalName"],
            &["spec", "publishNotReadyAddresses"],
        ]),
        "Deployment" | "StatefulSet" | "PodDisruptionBudget" => Kept::Paths(&[&["spec", "selector"]]),
        "HorizontalPodAutoscaler" => Kept::Paths(&[&["spec", "scaleTargetRef"]]),
        "CronJob" => Kept::Paths(&[]),
        "BackendTrafficPolicy"
        | "Certificate"
        | "ClientTrafficPolicy"
        | "Cluster"
        | "ConfigMap"
        | "SecurityPolicy" => Kept::Placed,
        "HTTPRoute" => Kept::Values(&["hostnames", "parentRefs", "backendRefs", "backendRef"]),
        "Ingress" => {
            Kept::Values(&["host", "hosts", "backend", "defaultBackend", "ingressClassName", "secretName"])
        }
        _ => Kept::Everything,
    }
}

/// Fields of a pod that make it what it is, beside what the Pod Security Standards judge.
const POD: &[&[&str]] = &[
    &["spec", "serviceAccountName"],
    &["spec", "automountServiceAccountToken"],
    &["spec", "securityContext"],
    &["spec", "shareProcessNamespace"],
    &["spec", "hostUsers"],
    &["spec", "hostNetwork"],
    &["spec", "imagePullSecrets"],
];

/// Fields of a container that is in both.
const CONTAINER: &[&[&str]] = &[&["image"], &["securityContext"], &["resources", "limits"]];

/// Ways to a credential.
const CREDENTIALS: &[&str] =
    &["secretName", "secretKeyRef", "secretRef", "secret", "serviceAccountToken", "nodePublishSecretRef"];

#[derive(Default)]
struct Judge {
    prefix: Vec<Step>,
    /// What is weaker, in the order in which it was found.
    weaker: Vec<String>,
}

impl Judge {
    fn everything(&mut self, built_in: &Value, filled: &Value) {
        let mut stripped = [built_in.clone(), filled.clone()];
        for metadata in stripped.iter_mut().filter_map(|it| it.get_mut("metadata")?.as_object_mut()) {
            metadata.shift_remove("labels");
            metadata.shift_remove("annotations");
        }
        let [built_in, filled] = stripped;
        if let Some(path) = difference(&built_in, &filled, &mut Vec::new()) {
            self.report(&path, "is not as the built-in template has it");
        }
    }

    fn placed(&mut self, built_in: &Value, filled: &Value, path: &mut Vec<Step>) {
        match (built_in, filled) {
            (Value::Object(before), Value::Object(after)) => {
                for (name, value) in before {
                    let is_told = path.last() == Some(&Step::Key("metadata".to_owned()));
                    if is_told && matches!(name.as_str(), "labels" | "annotations") {
                        continue;
                    }
                    path.push(Step::Key(name.clone()));
                    self.placed(value, after.get(name).unwrap_or(&Value::Null), path);
                    path.pop();
                }
            }
            (before, after) if before == after => (),
            _ => self.report(path, "is not as the built-in template has it"),
        }
    }

    /// What browsers are told and who is asked about a request stand in filters of routes and in annotations of ingresses.
    fn border(&mut self, built_in: &Value, filled: &Value) {
        match built_in["kind"].as_str() {
            Some("Ingress") => self.superset(built_in, filled, &["metadata", "annotations"]),
            Some("HTTPRoute") => {
                let rules = |route: &Value| route["spec"]["rules"].as_array().cloned().unwrap_or_default();
                let filters = |rule: &Value| rule["filters"].as_array().cloned().unwrap_or_default();
                let needed: Vec<Value> = rules(built_in).iter().flat_map(filters).collect();
                for (index, rule) in rules(filled).iter().enumerate() {
                    let own = filters(rule);
                    for missing in needed.iter().filter(|it| !own.contains(it)) {
                        let path = [keys(&["spec", "rules"]), vec![Step::Index(index)], keys(&["filters"])];
                        self.report(&path.concat(), &format!("lacks {}", missing["type"]));
                    }
                }
            }
            _ => (),
        }
    }

    fn same(&mut self, built_in: &Value, filled: &Value, path: &[&str]) {
        if at(built_in, path) != at(filled, path) {
            self.report(&keys(path), "is not as the built-in template has it");
        }
    }

    fn superset(&mut self, built_in: &Value, filled: &Value, path: &[&str]) {
        let before = at(built_in, path).and_then(Value::as_object);
        for (name, value) in before.into_iter().flatten() {
            let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            if at(filled, &path) != Some(value) {
                self.report(&keys(&path), "is not as the built-in template has it");
            }
        }
    }

    fn no_more(&mut self, built_in: &Value, filled: &Value, names: &[&str]) {
        let mut before = Vec::new();
        let mut after = Vec::new();
        collect(built_in, names, &mut Vec::new(), &mut before);
        collect(filled, names, &mut Vec::new(), &mut after);
        let known: BTreeSet<String> = before.iter().map(|(path, value)| of_key(path, value)).collect();
        for (path, value) in after.iter().filter(|(path, value)| !known.contains(&of_key(path, value))) {
            self.report(path, &format!("is {value}, which the built-in template does not have"));
        }
    }

    fn pod_template(&mut self, built_in: &Value, filled: &Value) {
        self.superset(built_in, filled, &["metadata", "labels"]);
        for path in POD {
            self.same(built_in, filled, path);
        }
        self.no_more(built_in, filled, CREDENTIALS);
        let known = pod_security::violations(built_in, Level::Restricted);
        for violation in pod_security::violations(filled, Level::Restricted) {
            if !known.contains(&violation) {
                self.report(&violation.path, &violation.message);
            }
        }
        for list in CONTAINERS {
            self.containers(list, built_in, filled);
        }
    }

    fn containers(&mut self, list: &str, built_in: &Value, filled: &Value) {
        let of = |template: &Value| {
            at(template, &["spec", list]).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let (before, after) = (of(built_in), of(filled));
        let pinned = before.iter().all(is_pinned);
        for missing in before.iter().filter(|it| !after.iter().any(|other| other["name"] == it["name"])) {
            self.report(&keys(&["spec", list]), &format!("lacks the container {}", missing["name"]));
        }
        for (index, container) in after.iter().enumerate() {
            let place =
                |path: &[&str]| [keys(&["spec", list]), vec![Step::Index(index)], keys(path)].concat();
            if let Some(known) = before.iter().find(|it| it["name"] == container["name"]) {
                for path in CONTAINER.iter().filter(|path| at(known, path) != at(container, path)) {
                    self.report(&place(path), "is not as the built-in template has it");
                }
                continue;
            }
            let limit = ["resources", "limits", "memory"];
            if at(container, &limit).is_none() {
                self.report(&place(&limit), "is missing in a container of yours");
            }
            if pinned && !is_pinned(container) {
                self.report(&place(&["image"]), "is not pinned by digest in a container of yours");
            }
        }
    }

    fn report(&mut self, path: &[Step], message: &str) {
        let path: Vec<Step> = self.prefix.iter().chain(path).cloned().collect();
        self.weaker.push(format!("`{}` {message}", path_text(&path)));
    }

    fn refusals(self) -> Vec<Refusal> {
        let help = "leave the field as the built-in template has it; what may be weaker is declared by `waive`, not by a template";
        let refusal = |message| Refusal { code: Code::TemplateWeakens, message, help };
        self.weaker.into_iter().map(refusal).collect()
    }
}

fn malformed(malformed: &well_formed::Malformed) -> Refusal {
    Refusal {
        code: Code::TemplateMalformed,
        message: malformed.to_string(),
        help: "compare it with the API reference of Kubernetes",
    }
}

fn is_pinned(container: &Value) -> bool {
    container["image"].as_str().is_some_and(|it| it.contains("@sha256:"))
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn shown(value: &Value, path: &[&str]) -> String {
    at(value, path).map_or("missing".to_owned(), |it| format!("`{}`", it.as_str().unwrap_or_default()))
}

fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|it| Step::Key((*it).to_owned())).collect()
}

/// The first place where two values differ.
fn difference(left: &Value, right: &Value, path: &mut Vec<Step>) -> Option<Vec<Step>> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| {
                path.push(Step::Key(name.clone()));
                let found = match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => difference(left, right, path),
                    _ => Some(path.clone()),
                };
                path.pop();
                found
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            left.iter().zip(right).enumerate().find_map(|(index, (left, right))| {
                path.push(Step::Index(index));
                let found = difference(left, right, path);
                path.pop();
                found
            })
        }
        (left, right) => (left != right).then(|| path.clone()),
    }
}

/// What stands under one of the keys, anywhere in a value; of a list, each item.
fn collect<'a>(
    value: &'a Value,
    names: &[&str],
    path: &mut Vec<Step>,
    into: &mut Vec<(Vec<Step>, &'a Value)>,
) {
    let steps: Vec<(Step, &Value)> = match value {
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (Step::Index(index), value)).collect()
        }
        _ => return,
    };
    for (step, inner) in steps {
        let is_named = matches!(&step, Step::Key(key) if names.contains(&key.as_str()));
        path.push(step);
        match inner {
            Value::Array(items) if is_named => {
                for (index, item) in items.iter().enumerate() {
                    into.push(([&path[..], &[Step::Index(index)]].concat(), item));
                }
            }
            _ if is_named => into.push((path.clone(), inner)),
            _ => collect(inner, names, path, into),
        }
        path.pop();
    }
}

/// A value with the key that it stands under.
fn of_key(path: &[Step], value: &Value) -> String {
    let key = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    format!("{} {value}", key.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(built_in: &Value, change: impl FnOnce(&mut Value)) -> String {
        let mut filled = built_in.clone();
        change(&mut filled);
        let refusals = of_object(built_in, &filled);
        let lines = refusals.iter().map(|it| format!("{}: {}", it.code, it.message));
        if refusals.is_empty() { "fine".to_owned() } else { lines.collect::<Vec<_>>().join("\n") }
    }

    fn deployment() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "a" },
            "spec": {
                "replicas": 2,
                "selector": { "matchLabels": { "a": "b" } },
                "template": {
                    "metadata": { "labels": { "a": "b" } },
                    "spec": {
                        "serviceAccountName": "web",
                        "automountServiceAccountToken": false,
                        "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
                        "containers": [{
                            "name": "web",
                            "image": "a@sha256:7",
                            "env": [{ "name": "A", "valueFrom": { "secretKeyRef": { "name": "a", "key": "value" } } }],
                            "resources": { "limits": { "memory": "64Mi" } },
                            "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
                        }],
                    },
                },
            },
        })
    }

    #[test]
    fn what_takes_nothing_away_is_fine() {
        let changed = check(&deployment(), |it| {
            it["metadata"]["labels"] = json!({ "mine": "1" });
            it["spec"]["minReadySeconds"] = json!(5);
            it["spec"]["template"]["metadata"]["labels"]["mine"] = json!("1");
            let mut sidecar = it["spec"]["template"]["spec"]["containers"][0].clone();
            sidecar["name"] = json!("sidecar");
            let web = it["spec"]["template"]["spec"]["containers"][0].take();
            it["spec"]["template"]["spec"]["containers"] = json!([web, sidecar]);
        });
        assert_eq!(changed, "fine");
    }

    #[test]
    fn what_is_weaker_is_named() {
        fn pod(it: &mut Value) -> &mut Value {
            &mut it["spec"]["template"]["spec"]
        }
        let seen = [
            check(&deployment(), |it| it["metadata"]["namespace"] = json!("b")),
            check(&deployment(), |it| it["spec"]["replcas"] = json!(1)),
            check(&deployment(), |it| it["spec"]["selector"]["matchLabels"]["a"] = json!("c")),
            check(&deployment(), |it| it["spec"]["template"]["metadata"]["labels"]["a"] = json!("c")),
            check(&deployment(), |it| pod(it)["automountServiceAccountToken"] = json!(true)),
            check(&deployment(), |it| pod(it)["hostNetwork"] = json!(true)),
            check(&deployment(), |it| {
                pod(it)["securityContext"]["seccompProfile"]["type"] = json!("Unconfined");
            }),
            check(&deployment(), |it| pod(it)["containers"][0]["image"] = json!("b")),
            check(&deployment(), |it| pod(it)["containers"][0]["resources"] = json!({})),
            check(&deployment(), |it| pod(it)["containers"] = json!([])),
            check(&deployment(), |it| pod(it)["initContainers"] = json!([{ "name": "init", "image": "b" }])),
            check(
                &deployment(),
                |it| pod(it)["volumes"] = json!([{ "name": "token", "projected": { "sources": [{ "serviceAccountToken": { "path": "t" } }] } }]),
            ),
            check(&deployment(), |it| {
                pod(it)["containers"][0]["envFrom"] = json!([{ "secretRef": { "name": "other" } }]);
            }),
        ];
        insta::assert_snapshot!(seen.join("\n"), @r#"
        TS403: it gives another object: `.metadata.namespace` is `b`, not `a`
        TS405: `.spec.replcas` is no field that Kubernetes knows
        TS404: `.spec.selector` is not as the built-in template has it
        TS404: `.spec.template.metadata.labels.a` is not as the built-in template has it
        TS404: `.spec.template.spec.automountServiceAccountToken` is not as the built-in template has it
        TS404: `.spec.template.spec.hostNetwork` is not as the built-in template has it
        TS404: `.spec.template.spec.hostNetwork` must not be true
        TS404: `.spec.template.spec.securityContext` is not as the built-in template has it
        TS404: `.spec.template.spec.securityContext.seccompProfile.type` must not be `Unconfined`
        TS404: `.spec.template.spec.containers[0].securityContext.seccompProfile.type` must be `RuntimeDefault` or `Localhost`
        TS404: `.spec.template.spec.containers[0].image` is not as the built-in template has it
        TS404: `.spec.template.spec.containers[0].resources.limits` is not as the built-in template has it
        TS404: `.spec.template.spec.containers` lacks the container "web"
        TS404: `.spec.template.spec.initContainers[0].securityContext.allowPrivilegeEscalation` must be false
        TS404: `.spec.template.spec.initContainers[0].securityContext.capabilities.drop` must hold `ALL`
        TS404: `.spec.template.spec.initContainers[0].resources.limits.memory` is missing in a container of yours
        TS404: `.spec.template.spec.initContainers[0].image` is not pinned by digest in a container of yours
        TS404: `.spec.template.spec.volumes[0].projected.sources[0].serviceAccountToken` is {"path":"t"}, which the built-in template does not have
        TS404: `.spec.template.spec.containers[0].envFrom[0].secretRef` is {"name":"other"}, which the built-in template does not have
        "#);
    }

    #[test]
    fn what_stands_at_the_border_may_be_added_to_and_stays() {
        let set = json!({ "set": [{ "name": "x-frame-options", "value": "DENY" }] });
        let filter = json!({ "type": "ResponseHeaderModifier", "responseHeaderModifier": set });
        let route = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "web", "namespace": "a" },
            "spec": { "parentRefs": [{ "name": "public" }], "rules": [{ "filters": [filter], "backendRefs": [{ "name": "web", "port": 80 }] }] },
        });
        let ingress = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": { "name": "web", "namespace": "a", "annotations": { "nginx.ingress.kubernetes.io/auth-url": "http://login" } },
            "spec": { "ingressClassName": "public" },
        });
        let policy = json!({
            "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "SecurityPolicy", "metadata": { "name": "web", "namespace": "a" },
            "spec": { "extAuth": { "failOpen": false, "timeout": "5s" } },
        });
        let seen = [
            check(&route, |it| it["spec"]["rules"][0]["filters"] = json!([])),
            check(&route, |it| {
                let mirror = json!({ "type": "RequestMirror" });
                it["spec"]["rules"][0]["filters"].as_array_mut().expect("a list").push(mirror);
            }),
            check(&ingress, |it| it["metadata"]["annotations"] = json!({ "mine": "1" })),
            check(&ingress, |it| it["metadata"]["annotations"]["mine"] = json!("1")),
            check(&policy, |it| it["spec"]["extAuth"]["failOpen"] = json!(true)),
            check(&policy, |it| it["spec"]["jwt"] = json!({ "providers": [] })),
        ];
        insta::assert_snapshot!(seen.join("\n"), @r#"
        TS404: `.spec.rules[0].filters` lacks "ResponseHeaderModifier"
        fine
        TS404: `.metadata.annotations["nginx.ingress.kubernetes.io/auth-url"]` is not as the built-in template has it
        fine
        TS404: `.spec.extAuth.failOpen` is not as the built-in template has it
        fine
        "#);
    }

    #[test]
    fn a_safeguard_stays_as_it_is() {
        let policy = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": "web", "namespace": "a" },
            "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": [] },
        });
        let route = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "web", "namespace": "a" },
            "spec": { "parentRefs": [{ "name": "public" }], "hostnames": ["a.example"], "rules": [{ "backendRefs": [{ "name": "web", "port": 80 }] }] },
        });
        let seen = [
            check(&policy, |it| it["metadata"]["annotations"] = json!({ "mine": "1" })),
            check(&policy, |it| it["spec"]["egress"] = json!([{}])),
            check(&policy, |it| it["spec"]["policyTypes"] = json!([])),
            check(&route, |it| it["spec"]["rules"][0]["timeouts"] = json!({ "request": "10s" })),
            check(&route, |it| it["spec"]["hostnames"] = json!(["a.example", "b.example"])),
            check(&route, |it| {
                it["spec"]["rules"] = json!([{ "backendRefs": [{ "name": "other", "port": 80 }] }]);
            }),
        ];
        insta::assert_snapshot!(seen.join("\n"), @r#"
        fine
        TS404: `.spec.egress` is not as the built-in template has it
        TS404: `.spec.policyTypes` is not as the built-in template has it
        fine
        TS404: `.spec.hostnames[1]` is "b.example", which the built-in template does not have
        TS404: `.spec.rules[0].backendRefs[0]` is {"name":"other","port":80}, which the built-in template does not have
        "#);
    }
}
