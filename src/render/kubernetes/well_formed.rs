//! Whether an object is one that Kubernetes knows.
//!
//! The generated types skip unknown fields, so the test is a round trip: what comes back must hold all that went in. They
//! know no patterns and ranges either, so names, labels and ports are looked at besides. What only the API server knows
//! (enumerations, fields that exclude each other) is left to its dry run.

use std::fmt;

use serde_json::Value;

use crate::render::kubernetes::known::{self, Known, Naming};
use crate::render::yaml::{Step, key, path_text};

/// Why an object is none that Kubernetes knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The field at fault; empty for the whole object.
    pub path: Vec<Step>,
    /// What is wrong with it: lower case, no final stop.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return formatter.write_str(&self.message);
        }
        write!(formatter, "`{}` {}", path_text(&self.path), self.message)
    }
}

/// Checks an object of ours against the type of its kind, which may hold only what we place.
pub fn check_ours(object: &Value) -> Result<(), Malformed> {
    let known = of_kind(object)?;
    known.map_or(Ok(()), |it| round_trip(object, it.round_trip))?;
    check_shared(object, known)
}

/// Checks an object against the type of its kind. A kind of somebody else's API group, whose whole type we do not have, is
/// held to what all objects share.
pub fn check(object: &Value) -> Result<(), Malformed> {
    let known = of_kind(object)?;
    let whole = known.filter(|it| !known::is_narrow(it.api_version));
    whole.map_or(Ok(()), |it| round_trip(object, it.round_trip))?;
    check_shared(object, known)
}

fn check_shared(object: &Value, known: Option<&Known>) -> Result<(), Malformed> {
    check_names(object, known.map_or(Naming::Subdomain, |it| it.naming))?;
    check_ports(object, &mut Vec::new())
}

/// The kind of an object; `None` where it is somebody else's.
fn of_kind(object: &Value) -> Result<Option<&'static Known>, Malformed> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    match known::find(api_version, kind) {
        None if known::is_built_in(api_version) => {
            let elsewhere = known::KINDS.iter().find(|it| it.kind == kind);
            let (field, message) = match elsewhere {
                Some(it) => ("apiVersion", format!("is not that of a {kind}, which is `{}`", it.api_version)),
                None => (
                    "kind",
                    format!("is `{kind}`, which `{api_version}` does not have or an author does not write"),
                ),
            };
            Err(Malformed { path: vec![key(field)], message })
        }
        known => Ok(known),
    }
}

fn round_trip(object: &Value, read: fn(&Value) -> Result<Value, String>) -> Result<(), Malformed> {
    match read(object) {
        Ok(back) => lost(object, &back, &mut Vec::new()).map_or(Ok(()), Err),
        Err(message) => Err(misfit(object, |it| read(it).map(|_| ()), &message)),
    }
}

/// The first field of an object that its type did not give back.
fn lost(object: &Value, back: &Value, path: &mut Vec<Step>) -> Option<Malformed> {
    let here =
        |path: &[Step], message: &str| Some(Malformed { path: path.to_vec(), message: message.to_owned() });
    match (object, back) {
        (Value::Object(entries), Value::Object(back)) => entries.iter().find_map(|(name, value)| {
            path.push(key(name));
            let found = match back.get(name) {
                // Nothing and not there are the same to Kubernetes.
                None if value.is_null() => None,
                None => here(path, "is no field that Kubernetes knows"),
                Some(back) => lost(value, back, path),
            };
            path.pop();
            found
        }),
        (Value::Array(items), Value::Array(back)) if items.len() == back.len() => {
            items.iter().zip(back).enumerate().find_map(|(index, (value, back))| {
                path.push(Step::Index(index));
                let found = lost(value, back, path);
                path.pop();
                found
            })
        }
        // Times and quantities come back in the one spelling of their type; nothing comes back as an empty list or map.
        (Value::Number(_) | Value::String(_), Value::Number(_) | Value::String(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, _) => None,
        _ => here(path, "is of another type than Kubernetes expects"),
    }
}

/// Finds the field that keeps an object from being read: the deepest one without which it is read, or read further. The
/// types' own message does not say where.
pub fn misfit(object: &Value, read: impl Fn(&Value) -> Result<(), String>, message: &str) -> Malformed {
    let mut trial = object.clone();
    let mut path: Vec<Step> = Vec::new();
    loop {
        let candidates: Vec<Step> =
            steps(at(&mut trial, &path)).into_iter().filter(|it| !is_type(it)).collect();
        let mut without = |step: &Step| {
            let here = at(&mut trial, &path);
            let taken = match (step, &mut *here) {
                (Step::Index(index), Value::Array(items)) => items.remove(*index),
                (Step::Key(key), here) => std::mem::take(&mut here[key]),
                (Step::Index(_), _) => return None,
            };
            let error = read(&trial).err();
            match (step, at(&mut trial, &path)) {
                (Step::Index(index), Value::Array(items)) => items.insert(*index, taken),
                (Step::Key(key), here) => here[key] = taken,
                (Step::Index(_), _) => (),
            }
            error
        };
        let mends = candidates.iter().find(|it| without(it).is_none());
        // With several misfits, taking one away leaves the next.
        let next = mends.or_else(|| candidates.iter().find(|it| without(it).is_some_and(|it| it != message)));
        match next {
            Some(step) => path.push(step.clone()),
            None => return Malformed { path, message: plain(message) },
        }
    }
}

/// What the types say, in the words of YAML.
fn plain(message: &str) -> String {
    let message = message.split_once(" at line ").map_or(message, |it| it.0);
    let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|it| it.split_once(", expected "))
    else {
        return match message.strip_prefix("missing field ") {
            Some(field) => format!("lacks {field}"),
            None => "is not what Kubernetes expects there".to_owned(),
        };
    };
    let (what, value) = found.split_once(' ').unwrap_or((found, ""));
    let found = match what {
        "map" => "a mapping".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit" => "nothing".to_owned(),
        "boolean" | "integer" => value.trim_matches('`').to_owned(),
        "floating" => "a broken number".to_owned(),
        _ => format!("the text {value}"),
    };
    let expected = match expected {
        "a string" | "str" => "a text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "f32" | "f64" => "a number",
        it if it.strip_prefix(['i', 'u']).is_some_and(|it| it.parse::<u8>().is_ok()) => "a whole number",
        it if it.contains("int-or-string") || it.contains("IntOrString") => "a whole number or a text",
        _ => "a mapping",
    };
    format!("is {found} where Kubernetes expects {expected}")
}

/// What says which type an object is read as.
fn is_type(step: &Step) -> bool {
    matches!(step, Step::Key(key) if key == "apiVersion" || key == "kind")
}

fn steps(value: &Value) -> Vec<Step> {
    match value {
        Value::Object(entries) => entries.keys().map(|it| key(it)).collect(),
        Value::Array(items) => (0..items.len()).map(Step::Index).collect(),
        _ => Vec::new(),
    }
}

fn at<'a>(value: &'a mut Value, path: &[Step]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key],
        Step::Index(index) => &mut value[index],
    })
}

fn check_names(object: &Value, naming: Naming) -> Result<(), Malformed> {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let refuse = |field: &[&str], message: String| {
        let path = std::iter::once("metadata").chain(field.iter().copied()).map(key).collect();
        Err(Malformed { path, message })
    };
    let Some(name) = metadata.get("name").and_then(Value::as_str) else {
        return refuse(&["name"], "is missing".to_owned());
    };
    if let Some(form) = misnamed(name, naming) {
        return refuse(&["name"], format!("is `{name}`, not {form}"));
    }
    if let Some(namespace) = metadata.get("namespace").and_then(Value::as_str)
        && !is_label(namespace)
    {
        return refuse(&["namespace"], format!("is `{namespace}`, not {LABEL}"));
    }
    for map in ["labels", "annotations"] {
        for (name, value) in metadata.get(map).and_then(Value::as_object).into_iter().flatten() {
            if !is_label_key(name) {
                return refuse(
                    &[map, name],
                    "has a key that is not a name, perhaps with a domain and `/` in front".to_owned(),
                );
            }
            if map == "labels" && !value.as_str().is_some_and(is_label_value) {
                let message = format!("is {value}, not at most 63 letters, digits, `-`, `_` and `.`");
                return refuse(&[map, name], message);
            }
        }
    }
    Ok(())
}

const LABEL: &str = "at most 63 small letters, digits and `-`, with a letter or digit at both ends";

fn misnamed(name: &str, naming: Naming) -> Option<&'static str> {
    match naming {
        Naming::Label => (!is_label(name)).then_some(LABEL),
        Naming::LetterFirst => {
            let fits = is_label(name) && name.starts_with(|it: char| it.is_ascii_lowercase());
            (!fits).then_some(
                "at most 63 small letters, digits and `-`, with a letter first and a letter or digit last",
            )
        }
        Naming::CronJob => (!is_subdomain(name) || name.len() > 52)
            .then_some("at most 52 small letters, digits, `-` and `.`, so that the names of its jobs fit"),
        Naming::Subdomain => (!is_subdomain(name))
            .then_some("at most 253 small letters, digits, `-` and `.`, with a letter or digit at both ends"),
        Naming::PathSegment => {
            let fits = !name.is_empty()
                && name.len() <= 253
                && !matches!(name, "." | "..")
                && !name.contains(['/', '%']);
            (!fits).then_some("a part of a path")
        }
    }
}

fn is_label(text: &str) -> bool {
    text.len() <= 63
        && ends_alphanumeric(text)
        && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
}

/// Whether a text may be the name of most objects.
pub fn is_subdomain(text: &str) -> bool {
    // Kubernetes bounds the whole, not its parts.
    let is_part = |part: &str| {
        ends_alphanumeric(part)
            && part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

/// Whether a text may be the key of a label.
pub fn is_label_key(text: &str) -> bool {
    let name = match text.split_once('/') {
        Some((domain, name)) if is_subdomain(domain) => name,
        Some(_) => return false,
        None => text,
    };
    !name.is_empty() && is_label_value(name)
}

/// Whether a text may be the value of a label.
pub fn is_label_value(text: &str) -> bool {
    let known = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    text.is_empty() || text.len() <= 63 && ends_alphanumeric(text) && text.bytes().all(known)
}

fn ends_alphanumeric(text: &str) -> bool {
    let is_one = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    is_one(text.as_bytes().first()) && is_one(text.as_bytes().last())
}

/// Fields that hold a port number wherever they stand.
const PORTS: &[&str] = &["port", "containerPort", "hostPort", "targetPort", "nodePort", "endPort"];

fn check_ports(value: &Value, path: &mut Vec<Step>) -> Result<(), Malformed> {
    for step in steps(value) {
        let inner = match &step {
            Step::Key(key) => &value[key],
            Step::Index(index) => &value[index],
        };
        let is_port = matches!(&step, Step::Key(key) if PORTS.contains(&key.as_str()));
        // Keys and values of these are the author's.
        if matches!(&step, Step::Key(key) if ["data", "annotations", "labels", "matchLabels"].contains(&key.as_str()))
        {
            continue;
        }
        path.push(step);
        if is_port && inner.as_i64().is_some_and(|it| !(1..=65_535).contains(&it)) {
            return Err(Malformed {
                path: path.clone(),
                message: format!("is {inner}, not a port from 1 to 65535"),
            });
        }
        check_ports(inner, path)?;
        path.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "a", "creationTimestamp": null },
            "spec": {
                "selector": { "matchLabels": { "a": "b" } },
                "template": {
                    "metadata": { "labels": { "a": "b" } },
                    "spec": { "volumes": [], "containers": [{
                        "name": "web", "image": "a", "env": [], "ports": [{ "containerPort": 8080 }],
                        "resources": { "limits": { "cpu": 1, "memory": "64Mi" } },
                        "livenessProbe": { "httpGet": { "port": "http" } },
                    }] },
                },
            },
        })
    }

    fn check(change: impl FnOnce(&mut Value)) -> String {
        let mut object = deployment();
        change(&mut object);
        super::check(&object).map_or_else(|it| it.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn the_first_wrong_field_is_named() {
        let container = |it: &mut Value, key: &str, value: Value| {
            it["spec"]["template"]["spec"]["containers"][0][key] = value;
        };
        let seen = [
            check(|_| ()),
            check(|it| it["spec"]["replcas"] = json!(2)),
            check(|it| it["spec"]["replicas"] = json!("two")),
            check(|it| it["spec"]["template"]["spec"]["containers"] = json!({ "name": "web" })),
            check(|it| container(it, "securityContext", json!({ "runAsNonroot": true }))),
            check(|it| container(it, "ports", json!([{ "containerPort": 80 }, { "containerPort": 70_000 }]))),
            check(|it| container(it, "env", json!([{ "name": "A", "value": 1 }]))),
            check(|it| container(it, "command", json!("sh"))),
            check(|it| it["metadata"]["name"] = json!("Web")),
            check(|it| it["metadata"]["labels"] = json!({ "a b": "c" })),
            check(|it| it["metadata"]["labels"] = json!({ "a/b": "c d" })),
            check(|it| it["apiVersion"] = json!("extensions/v1beta1")),
            check(|it| it["apiVersion"] = json!("v1")),
            check(|it| it["kind"] = json!("Deploymnt")),
            check(|it| {
                it.as_object_mut().map(|it| it.remove("metadata"));
            }),
        ];
        insta::assert_snapshot!(seen.join("\n"), @r#"
        fine
        `.spec.replcas` is no field that Kubernetes knows
        `.spec.replicas` is the text "two" where Kubernetes expects a whole number
        `.spec.template.spec.containers` is a mapping where Kubernetes expects a list
        `.spec.template.spec.containers[0].securityContext.runAsNonroot` is no field that Kubernetes knows
        `.spec.template.spec.containers[0].ports[1].containerPort` is 70000, not a port from 1 to 65535
        `.spec.template.spec.containers[0].env[0].value` is 1 where Kubernetes expects a text
        `.spec.template.spec.containers[0].command` is the text "sh" where Kubernetes expects a list
        `.metadata.name` is `Web`, not at most 253 small letters, digits, `-` and `.`, with a letter or digit at both ends
        `.metadata.labels["a b"]` has a key that is not a name, perhaps with a domain and `/` in front
        `.metadata.labels["a/b"]` is "c d", not at most 63 letters, digits, `-`, `_` and `.`
        `.apiVersion` is not that of a Deployment, which is `apps/v1`
        `.apiVersion` is not that of a Deployment, which is `apps/v1`
        `.kind` is `Deploymnt`, which `apps/v1` does not have or an author does not write
        `.metadata.name` is missing
        "#);
    }

    #[test]
    fn kinds_of_others_are_held_to_what_all_share() {
        let mut object = json!({ "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": { "name": "a" }, "spec": { "x": 1 } });
        assert_eq!(super::check(&object), Ok(()));
        object["metadata"]["name"] = json!("A");
        assert!(super::check(&object).is_err());
    }

    #[test]
    fn what_we_place_of_a_kind_of_others_is_strict() {
        let mut object = json!({
            "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "SecurityPolicy", "metadata": { "name": "a" },
            "spec": { "cors": { "allowOrigins": ["https://a.example"] } },
        });
        assert_eq!(super::check_ours(&object), Ok(()));
        object["spec"]["cors"]["allowOrigin"] = json!([]);
        assert_eq!(super::check(&object), Ok(()));
        let wrong = super::check_ours(&object).map_err(|it| it.to_string());
        insta::assert_snapshot!(wrong.expect_err("no such field"), @"`.spec.cors.allowOrigin` is no field that Kubernetes knows");
    }

    #[test]
    fn a_service_starts_with_a_letter() {
        let object =
            |name: &str| json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": name } });
        assert_eq!(super::check(&object("a1")), Ok(()));
        assert!(super::check(&object("1a")).is_err());
    }

    #[test]
    fn routes_are_strict() {
        let route = |rule: Value| {
            json!({
                "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "a" },
                "spec": { "parentRefs": [{ "name": "public" }], "hostnames": ["a.example"], "rules": [rule] },
            })
        };
        let fine = json!({ "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }], "backendRefs": [{ "name": "a", "port": 80 }] });
        assert_eq!(super::check(&route(fine)), Ok(()));
        let wrong = super::check(&route(json!({ "backendRef": [] }))).map_err(|it| it.to_string());
        insta::assert_snapshot!(wrong.expect_err("no such field"), @"`.spec.rules[0].backendRef` is no field that Kubernetes knows");
    }
}
