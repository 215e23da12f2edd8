//! What may stand in no YAML that people write, raw objects and templates alike: secrets in plain text, and images that
//! nobody has reviewed.

use serde_json::{Map, Value};

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::language::image_policy::ImagePolicy;
use crate::language::value::Parse;
use crate::language::value::image::Image;
use crate::language::value::refusal::quote;
use crate::render::yaml::{Step, key};
use crate::syntax;

/// Something that must not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of finding.
    pub code: Code,
    /// The field at fault; empty for the whole object.
    pub path: Vec<Step>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Texts that look like secrets, wherever they stand in an object.
pub fn secrets(value: &Value) -> Vec<Refusal> {
    let mut found = Vec::new();
    secrets_in(value, &mut Vec::new(), &mut found);
    found
}

fn secrets_in(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Refusal>) {
    match value {
        Value::String(text) => {
            if let Some(looks) = mask::looks_secret(text) {
                found.push(Refusal {
                    code: Code::PlainSecret,
                    path: path.clone(),
                    message: format!("this looks like {looks}, in plain text"),
                    help: "seal it as a `secret`, and replace it where it is used: git remembers it",
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                secrets_in(item, path, found);
                path.pop();
            }
        }
        Value::Object(entries) => {
            found.extend(called_secret(entries, path));
            for (name, value) in entries {
                path.push(key(name));
                secrets_in(value, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

/// Keys of the nodes that run the cluster itself.
const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/etcd",
    "node-role.kubernetes.io/master",
];

/// What is wrong with a toleration of a pod.
pub fn toleration(value: &Value) -> Option<&'static str> {
    match value["key"].as_str().filter(|it| !it.is_empty()) {
        None => Some("must name the key that it tolerates: without one it is every node"),
        Some(key) if CONTROL_PLANE.contains(&key) => Some("leads to the nodes that run the cluster itself"),
        Some(_) => None,
    }
}

/// Values that are secret by their names: those of a ConfigMap, and of the variables of a container.
fn called_secret(entries: &Map<String, Value>, path: &[Step]) -> Vec<Refusal> {
    let is_key = |step: Option<&Step>, words: &[&str]| matches!(step, Some(Step::Key(it)) if words.contains(&it.as_str()));
    let last = path.last();
    let named: Vec<(&str, &str, &str)> = if is_key(last, &["data", "stringData"]) {
        entries.iter().filter_map(|(name, it)| Some((name.as_str(), it.as_str()?, name.as_str()))).collect()
    } else if matches!(last, Some(Step::Index(_))) && is_key(path.iter().rev().nth(1), &["env"]) {
        let field = |name: &str| entries.get(name).and_then(Value::as_str);
        field("name").zip(field("value")).map(|(name, it)| (name, it, "value")).into_iter().collect()
    } else {
        Vec::new()
    };
    // What looks secret by itself is told as that.
    let named = named
        .into_iter()
        .filter(|(name, it, _)| mask::looks_secret(it).is_none() && mask::is_called_secret(name, it));
    let refusal = |(name, _, field): (&str, &str, &str)| Refusal {
        code: Code::PlainSecret,
        path: path.iter().cloned().chain([key(field)]).collect(),
        message: format!("{} is called like a secret and stands in plain text", quote(name)),
        help: "seal it as a `secret` and take it from there; if it is none, call it otherwise",
    };
    named.map(refusal).collect()
}

/// What is wrong with an image: the kind of finding, the message and what to do.
pub fn of_image(text: &str, policy: Option<&ImagePolicy>) -> Option<(Code, String, &'static str)> {
    const PIN: &str =
        "a tag can be moved to another image: write `@sha256:` and the digest that the registry shows";
    let Ok(image) = Image::parse(syntax::Value::String(text)) else {
        let message = format!("`{text}` is no image with its registry and digest");
        return Some((Code::ImageNotPinned, message, PIN));
    };
    if image.digest.is_none() {
        return Some((Code::ImageNotPinned, format!("image `{image}` is not pinned by digest"), PIN));
    }
    let is_listed = policy.is_none_or(|it| it.registries.iter().any(|it| it.covers(&image)));
    let message = || format!("image `{image}` comes from a registry that `image-policy` does not list");
    (!is_listed)
        .then(|| (Code::ImageRegistry, message(), "take it from a registry that is listed, or list its own"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_is_secret_where_values_have_names() {
        let told = |value: Value| {
            let found = secrets(&value).into_iter().map(|it| it.message);
            found.collect::<Vec<_>>().join("; ")
        };
        let map = serde_json::json!({"kind": "ConfigMap", "data": {"DB_PASSWORD": "Tr0ub4dor&3xyz", "AUTH": "plain", "a.yaml": "x"}});
        insta::assert_snapshot!(told(map), @"`DB_PASSWORD` is called like a secret and stands in plain text");
        let pod = serde_json::json!({"spec": {"containers": [{"env": [
            {"name": "PASSWORD", "value": "hunter2it"},
            {"name": "DB_PASS", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
            {"name": "LOG_LEVEL", "value": "info"},
        ]}]}});
        insta::assert_snapshot!(told(pod), @"`PASSWORD` is called like a secret and stands in plain text");
        let other = serde_json::json!({"spec": {"password": "tls", "env": {"name": "PASSWORD", "value": "hunter2it"}}});
        assert_eq!(told(other), "");
    }
}
