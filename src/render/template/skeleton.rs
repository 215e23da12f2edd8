//! A built-in template, parsed once.
//!
//! A slot holds a path into the view (`name`, `probe.port`) and no expression: what to place is decided in Rust, where it
//! has a type, and a lookup costs a tenth of an evaluation. No value can change the shape, and no text is parsed per
//! object.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::render::yaml;

/// The shape of an object.
#[derive(Debug)]
pub struct Skeleton {
    root: Node,
    /// The fields of the view that some slot places.
    placed: BTreeSet<String>,
}

#[derive(Debug)]
enum Node {
    Scalar(Value),
    Slot(Slot),
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
}

/// A place for one value of the view.
#[derive(Debug)]
struct Slot {
    path: Vec<String>,
    /// Whether no later slot needs the value or a part of it, so that it is moved and not copied.
    is_last: bool,
}

impl Skeleton {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, String> {
        let documents = yaml::read(&quote_slots(text)?).map_err(|it| it.message)?;
        let [document] = &documents[..] else { return Err("it is not one document".to_owned()) };
        let mut placed = BTreeSet::new();
        let mut root = shape(&document.root, &mut placed)?;
        mark_last(&mut root, &mut BTreeSet::new());
        Ok(Self { root, placed })
    }

    /// Fills the slots. A slot without a field and a field without a slot are faults of ours: neither is ever dropped in
    /// silence.
    pub fn fill(&self, mut view: Value) -> Result<Value, String> {
        let fields = view.as_object().ok_or("the view is no structure")?;
        if let Some(unplaced) = fields.keys().find(|it| !self.placed.contains(*it)) {
            return Err(format!("no slot places the field `{unplaced}`"));
        }
        place(&self.root, &mut view)
    }
}

fn place(node: &Node, view: &mut Value) -> Result<Value, String> {
    Ok(match node {
        Node::Scalar(value) => value.clone(),
        Node::Slot(Slot { path, is_last }) => {
            let found = path.iter().try_fold(view, |value, part| value.get_mut(part));
            let found = found.ok_or_else(|| format!("the view has no field `{}`", path.join(".")))?;
            if *is_last { found.take() } else { found.clone() }
        }
        Node::Sequence(items) => items.iter().map(|it| place(it, view)).collect::<Result<_, _>>()?,
        Node::Mapping(entries) => {
            let mut object = Map::with_capacity(entries.len());
            for (key, node) in entries {
                let value = place(node, view)?;
                if !value.is_null() {
                    object.insert(key.clone(), value);
                }
            }
            Value::Object(object)
        }
    })
}

/// Marks the slots whose values no later slot needs, from the last to the first; `needed` are the fields seen so far. A
/// field of which only parts are placed is never moved as a whole.
fn mark_last(node: &mut Node, needed: &mut BTreeSet<String>) {
    match node {
        Node::Scalar(_) => (),
        Node::Slot(Slot { path, is_last }) => {
            let is_new = needed.insert(path[0].clone());
            *is_last = is_new && path.len() == 1;
        }
        Node::Sequence(items) => items.iter_mut().rev().for_each(|it| mark_last(it, needed)),
        Node::Mapping(entries) => entries.iter_mut().rev().for_each(|(_, it)| mark_last(it, needed)),
    }
}

/// Puts quotes around every slot, so that YAML reads it as one string.
fn quote_slots(text: &str) -> Result<String, String> {
    if text.contains("{%") || text.contains("{#") {
        return Err(
            "a built-in template has slots, and no statements or comments of the template engine".to_owned()
        );
    }
    let mut quoted = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, slot)) = rest.split_once("{{") {
        let (slot, after) = slot.split_once("}}").ok_or("a slot has no end")?;
        quoted.push_str(before);
        quoted.push_str("\"{{");
        quoted.push_str(slot);
        quoted.push_str("}}\"");
        rest = after;
    }
    quoted.push_str(rest);
    Ok(quoted)
}

fn shape(node: &yaml::Node, placed: &mut BTreeSet<String>) -> Result<Node, String> {
    Ok(match &node.kind {
        yaml::Kind::Scalar(Value::String(text)) if text.contains("{{") => {
            Node::Slot(Slot { path: path(text, placed)?, is_last: false })
        }
        yaml::Kind::Scalar(value) => Node::Scalar(value.clone()),
        yaml::Kind::Sequence(items) => {
            Node::Sequence(items.iter().map(|it| shape(it, placed)).collect::<Result<_, _>>()?)
        }
        yaml::Kind::Mapping(entries) => {
            let entry = |it: &yaml::Entry| {
                if it.key.contains("{{") {
                    return Err(format!("the key `{}` holds a slot", it.key));
                }
                Ok((it.key.clone(), shape(&it.value, placed)?))
            };
            Node::Mapping(entries.iter().map(entry).collect::<Result<_, _>>()?)
        }
    })
}

fn path(text: &str, placed: &mut BTreeSet<String>) -> Result<Vec<String>, String> {
    let inner = text.strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
    let path: Option<Vec<String>> = inner.map(|it| it.trim().split('.').map(str::to_owned).collect());
    let is_name = |it: &String| {
        !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
    };
    let path = path.filter(|it| it.iter().all(is_name));
    let path = path.ok_or_else(|| format!("`{text}` is not one slot with the path of a field"))?;
    placed.insert(path[0].clone());
    Ok(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, view: &Value) -> String {
        match Skeleton::parse(text).and_then(|it| it.fill(view.clone())) {
            Ok(object) => object.to_string(),
            Err(message) => message,
        }
    }

    #[test]
    fn a_slot_is_one_whole_value() {
        let view = json!({ "name": "a: b #", "ports": [1, { "x": null }], "probe": { "port": 8080 } });
        insta::assert_snapshot!(
            check("name: {{ name }}\nspec: {fixed: {{probe.port}}, list: [{{ ports }}, 1]}\n", &view),
            @r#"{"name":"a: b #","spec":{"fixed":8080,"list":[[1,{"x":null}],1]}}"#
        );
    }

    #[test]
    fn a_slot_that_is_null_takes_its_entry_away() {
        insta::assert_snapshot!(check("a: {{ none }}\nb: [{{ none }}]\nc: {d: {{ none }}}\n", &json!({ "none": null })), @r#"{"b":[null],"c":{}}"#);
    }

    #[test]
    fn a_value_may_be_placed_several_times_and_in_parts() {
        let view = json!({ "name": "a", "probe": { "port": 80 } });
        let text = "a: {{ name }}\nb: [{{ name }}]\nc: {{ probe.port }}\nd: {{ probe }}\ne: {{ probe.port }}\nf: {{ name }}\n";
        insta::assert_snapshot!(check(text, &view), @r#"{"a":"a","b":["a"],"c":80,"d":{"port":80},"e":80,"f":"a"}"#);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let view = json!({ "a": 1 });
        let texts = [
            "a: {{ a }}\nb: {{ b }}\n",
            "b: 1\n",
            "a: x-{{ a }}\n",
            "a: \"{{ a }}\"\n",
            "{{ a }}: 1\n",
            "a: {{ a | upper }}\n",
            "{% if a %}b: 1{% endif %}\n",
            "a: {{ a\n",
            "a: {{ a }}\n---\nb: {{ a }}\n",
        ];
        insta::assert_snapshot!(texts.map(|it| check(it, &view)).join("\n"), @r#"
        the view has no field `b`
        no slot places the field `a`
        `x-"{{ a }}"` is not one slot with the path of a field
        invalid trailing content after double-quoted scalar
        the key `{{ a }}` holds a slot
        `{{ a | upper }}` is not one slot with the path of a field
        a built-in template has slots, and no statements or comments of the template engine
        a slot has no end
        it is not one document
        "#);
    }
}
