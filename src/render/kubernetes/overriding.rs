//! What a user's template may not change about the object that it gives.
//!
//! Its result is held against that of the built-in template for the same view, which already knows every waiver. So what
//! is left here needs no waiver of its own: all that the built-in template places stays, and beside it stands only what
//! [`allowed`] lists.

pub mod allowed;
mod judge;
mod pod;

use serde_json::{Value, json};

use crate::diagnostic::code::Code;
use crate::language::image_policy::ImagePolicy;
use crate::render::kubernetes::by_hand::{self, Refusal};
use crate::render::kubernetes::overriding::judge::Judge;
use crate::render::kubernetes::{pod_security, well_formed};
use crate::render::yaml::{Step, keys, path_text};

/// Holds an object against the built-in one.
pub fn of_object(built_in: &Value, filled: &Value, policy: Option<&ImagePolicy>) -> Vec<Refusal> {
    let identity: [&[&str]; 4] =
        [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];
    if let Some(path) = identity.iter().find(|path| at(built_in, path) != at(filled, path)) {
        let message = format!(
            "it gives another object: `.{}` is {}, not {}",
            path.join("."),
            shown(filled, path),
            shown(built_in, path)
        );
        return vec![Refusal {
            code: Code::TemplateIdentity,
            path: keys(path),
            message,
            help: "keep `apiVersion`, `kind`, `name` and `namespace` of the built-in template",
        }];
    }
    if let Err(malformed) = well_formed::check(filled) {
        return vec![self::malformed(malformed)];
    }
    let kind = built_in["kind"].as_str().unwrap_or_default();
    if kind == "NetworkPolicy" {
        // What it allows is proven of all policies together, and told with a witness.
        let rest = |object: &Value| {
            let mut rest = object.clone();
            if let Some(entries) = rest.as_object_mut() {
                entries.shift_remove("spec");
            }
            rest
        };
        return judge(kind, &rest(built_in), &rest(filled), None, policy);
    }
    let way = pod_security::template_of(built_in).map(|it| it.0);
    judge(kind, built_in, filled, way, policy)
}

/// Holds a pod template against the built-in one.
pub fn of_pod_template(built_in: &Value, filled: &Value, policy: Option<&ImagePolicy>) -> Vec<Refusal> {
    let wrapped = json!({ "apiVersion": "v1", "kind": "PodTemplate", "metadata": { "name": "pod" }, "template": filled });
    if let Err(mut malformed) = well_formed::check(&wrapped) {
        malformed.path = malformed.path.split_off(1.min(malformed.path.len()));
        return vec![self::malformed(malformed)];
    }
    judge(allowed::POD.kind, built_in, filled, Some(Vec::new()), policy)
}

/// Judges an object of a kind; `way` leads to its pod template, where it has one.
fn judge(
    kind: &str,
    built_in: &Value,
    filled: &Value,
    way: Option<Vec<Step>>,
    policy: Option<&ImagePolicy>,
) -> Vec<Refusal> {
    let front = way.as_ref().map(|it| path_text(it).trim_start_matches('.').to_owned() + ".");
    let front = front.map(|it| if it == "." { String::new() } else { it });
    let of_pod =
        front.iter().flat_map(|front| allowed::POD.more.iter().map(move |it| format!("{front}{it}")));
    let of_kind = allowed::of_kind(kind).iter().map(|it| (*it).to_owned());
    let more: Vec<String> = of_kind.chain(of_pod).collect();
    let mut judge = Judge::new(kind, &more);
    judge.walk(built_in, filled);
    let Judge { weaker, added, .. } = judge;
    let mut found: Vec<pod::Wrong> =
        weaker.into_iter().map(|(path, message)| (path, message, None)).collect();
    // What is wrong with additions follows from nothing else; what is gone has been said.
    if let Some(way) = way {
        let below = added.iter().filter_map(|it| it.strip_prefix(&way[..])).map(<[Step]>::to_vec);
        let below: Vec<Vec<Step>> = below.collect();
        let wrong = pod::judge(at_steps(built_in, &way), at_steps(filled, &way), &below, policy);
        let is_clean = found.is_empty();
        let wrong =
            wrong.into_iter().filter(|(path, ..)| is_clean || below.iter().any(|it| path.starts_with(it)));
        found.extend(wrong.map(|(path, message, other)| ([way.clone(), path].concat(), message, other)));
    }
    let refusals = found.into_iter().map(|(path, message, other)| match other {
        Some((code, help)) => Refusal { code, path, message, help },
        None => Refusal {
            code: Code::TemplateWeakens,
            message: format!("`{}` {message}", path_text(&path)),
            path,
            help: HELP,
        },
    });
    refusals.chain(secrets(built_in, filled)).collect()
}

const HELP: &str = "all that the built-in template places stays, and `trackside reference templates` lists what may stand beside it; what may be weaker is declared by `waive`";

/// Secrets that the template itself brings; those of declarations are said there.
fn secrets(built_in: &Value, filled: &Value) -> impl Iterator<Item = Refusal> {
    let known: Vec<Value> =
        by_hand::secrets(built_in).iter().map(|it| at_steps(built_in, &it.path).clone()).collect();
    let found = by_hand::secrets(filled).into_iter();
    found.filter(move |it| !known.contains(at_steps(filled, &it.path)))
}

fn malformed(malformed: well_formed::Malformed) -> Refusal {
    Refusal {
        code: Code::TemplateMalformed,
        message: malformed.to_string(),
        path: malformed.path,
        help: "compare it with the API reference of Kubernetes",
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn at_steps<'a>(value: &'a Value, path: &[Step]) -> &'a Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &value[key],
        Step::Index(index) => &value[index],
    })
}

fn shown(value: &Value, path: &[&str]) -> String {
    at(value, path).map_or("missing".to_owned(), |it| format!("`{}`", it.as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests;
