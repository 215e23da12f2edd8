//! What a template adds to a pod: it is judged like what is declared, so that nothing beside the workload is less confined.

use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::language::image_policy::ImagePolicy;
use crate::language::pod_security::Level;
use crate::render::kubernetes::by_hand;
use crate::render::kubernetes::pod_security::version::Minor;
use crate::render::kubernetes::pod_security::{self, CONTAINERS, Standard};
use crate::render::yaml::{Step, key};

/// Volumes that may be added: what stays in the namespace and is no secret.
const VOLUMES: &[&str] = &["configMap", "downwardAPI", "emptyDir"];

/// Ways to a credential.
const CREDENTIALS: &[&str] =
    &["secretName", "secretKeyRef", "secretRef", "secret", "serviceAccountToken", "nodePublishSecretRef"];

/// What workloads are held to in any case, whatever their cluster's version asks for and whatever their namespace enforces. v1.34 has
/// all that later versions ask for, and not what v1.35 leaves to pods that have users of their own.
const HARDENED: Standard = Standard { level: Level::Restricted, version: Minor(34) };

/// Something wrong with an addition: the field of the pod template, the message, and where it is about something else than
/// the template, the kind of finding with what to do.
pub(super) type Wrong = (Vec<Step>, String, Option<(Code, &'static str)>);

/// Judges what is `added` to a pod template, by paths from the pod template down.
pub(super) fn judge(
    before: &Value,
    after: &Value,
    added: &[Vec<Step>],
    policy: Option<&ImagePolicy>,
) -> Vec<Wrong> {
    let mut found = Vec::new();
    for path in added {
        let value = at(after, path);
        let message = match &path[..] {
            [_, Step::Key(field), ..] => match field.as_str() {
                "hostUsers" if *value != false => Some("must be false, where it is said"),
                "priorityClassName" if value.as_str().is_none_or(|it| it.starts_with("system-")) => {
                    Some("is a priority of the system's own pods")
                }
                "tolerations" => by_hand::toleration(value),
                "volumes" => volume(value),
                _ => None,
            },
            _ => None,
        };
        found.extend(message.map(|it| (path.clone(), it.to_owned(), None)));
        if let [_, Step::Key(list), Step::Index(_)] = &path[..]
            && CONTAINERS.contains(&list.as_str())
        {
            container(path, value, before, policy, &mut found);
        }
    }
    credentials(before, after, added, &mut found);
    let known = pod_security::violations(before, HARDENED);
    for violation in pod_security::violations(after, HARDENED) {
        let is_said =
            found.iter().any(|it| it.0.starts_with(&violation.path) || violation.path.starts_with(&it.0));
        if !known.contains(&violation) && !is_said {
            found.push((violation.path, violation.message.to_owned(), None));
        }
    }
    found
}

fn volume(value: &Value) -> Option<&'static str> {
    let kinds = value.as_object().into_iter().flatten().map(|it| it.0.as_str());
    let is_fine = kinds.filter(|it| *it != "name").all(|it| VOLUMES.contains(&it));
    (!is_fine).then_some("must be a ConfigMap, an empty directory or the downward API: the rest is declared")
}

/// A container of the author's is held to what the declared one is.
fn container(
    path: &[Step],
    value: &Value,
    before: &Value,
    policy: Option<&ImagePolicy>,
    found: &mut Vec<Wrong>,
) {
    let below = |fields: &[&str]| {
        let fields = fields.iter().map(|it| key(it));
        path.iter().cloned().chain(fields).collect::<Vec<Step>>()
    };
    if let Some((code, message, help)) =
        by_hand::of_image(value["image"].as_str().unwrap_or_default(), policy)
    {
        found.push((below(&["image"]), message, Some((code, help))));
    }
    if value["resources"]["limits"]["memory"].is_null() {
        let message = "is missing in a container of yours".to_owned();
        found.push((below(&["resources", "limits", "memory"]), message, None));
    }
    let own = &before["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"];
    if *own == true && value["securityContext"]["readOnlyRootFilesystem"] != true {
        let message = "must be true in a container of yours".to_owned();
        found.push((below(&["securityContext", "readOnlyRootFilesystem"]), message, None));
    }
}

/// What leads to a credential in an addition leads to one that the workload has anyway.
fn credentials(before: &Value, after: &Value, added: &[Vec<Step>], found: &mut Vec<Wrong>) {
    let mut known = Vec::new();
    collect(before, &mut Vec::new(), &mut known);
    for path in added {
        let mut own = Vec::new();
        collect(at(after, path), &mut path.clone(), &mut own);
        for (path, value) in own {
            let is_said = found.iter().any(|it| path.starts_with(&it.0));
            let same = |it: &(Vec<Step>, &Value)| it.0.last() == path.last() && it.1 == value;
            if !is_said && !known.iter().any(same) {
                let message = "leads to a secret that is not declared here".to_owned();
                found.push((path, message, None));
            }
        }
    }
}

fn collect<'a>(value: &'a Value, path: &mut Vec<Step>, into: &mut Vec<(Vec<Step>, &'a Value)>) {
    match value {
        Value::Object(entries) => {
            for (name, inner) in entries {
                path.push(key(name));
                if CREDENTIALS.contains(&name.as_str()) {
                    into.push((path.clone(), inner));
                } else {
                    collect(inner, path, into);
                }
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect(inner, path, into);
                path.pop();
            }
        }
        _ => (),
    }
}

fn at<'a>(value: &'a Value, path: &[Step]) -> &'a Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &value[key],
        Step::Index(index) => &value[index],
    })
}
