//! What may stand in no YAML that people write, raw objects and templates alike: secrets in plain text, and images that
//! nobody has reviewed.

use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::language::image_policy::ImagePolicy;
use crate::language::value::Parse;
use crate::language::value::image::Image;
use crate::render::yaml::Step;
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
            for (name, value) in entries {
                path.push(Step::Key(name.clone()));
                secrets_in(value, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
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
