//! A built-in template, parsed once.
//!
//! A slot holds a path into the view (`name`, `probe.port`) and no expression: what to place is decided in Rust, where it
//! has a type, and a lookup costs a tenth of an evaluation. No value can change the shape, and no text is parsed per
//! object.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::render::ObjectId;
use crate::render::template::pick::{AsText, Entry, Whole, pick};
use crate::render::yaml;

/// The shape of an object, or of a part of one.
#[derive(Debug)]
pub struct Skeleton {
    root: Node,
    /// The fields of the view that some slot places.
    placed: BTreeSet<String>,
}

#[derive(Debug)]
enum Node {
    Scalar(Value),
    /// The path of a field of the view.
    Slot(Vec<String>),
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
}

/// What every object carries beside what its template says.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// Its labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: &'a BTreeMap<&'static str, String>,
}

/// A skeleton and what fills it. It is written by serializing it: the values go from the view to wherever they are written,
/// with nothing in between.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a, V> {
    skeleton: &'static Skeleton,
    view: V,
    marks: Option<Marks<'a>>,
}

impl Skeleton {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, String> {
        let documents = yaml::read(&quote_slots(text)?).map_err(|it| it.message)?;
        let [document] = &documents[..] else { return Err("it is not one document".to_owned()) };
        let mut placed = BTreeSet::new();
        let root = shape(&document.root, &mut placed)?;
        Ok(Self { root, placed })
    }

    /// The skeleton with its view. A slot without a field is an error of the serializer.
    pub fn fill<V: Serialize>(&'static self, view: V) -> Filled<'static, V> {
        Filled { skeleton: self, view, marks: None }
    }

    /// A field of the view that no slot places: a fault of ours, which tests find.
    pub fn unplaced(&self, view: &Value) -> Option<String> {
        let fields = view.as_object()?;
        fields.keys().find(|it| !self.placed.contains(*it)).cloned()
    }

    fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, key| match node {
            Node::Mapping(entries) => entries.iter().find(|it| it.0 == *key).map(|it| &it.1),
            _ => None,
        })
    }
}

impl<'a, V: Serialize> Filled<'a, V> {
    /// The same with marks on it, which stand behind everything else in the metadata.
    pub fn marked(self, marks: Marks<'a>) -> Self {
        Self { marks: Some(marks), ..self }
    }

    /// What it is filled from.
    pub fn view(&self) -> &V {
        &self.view
    }

    /// What the object says it is; `None` where it does not say.
    pub fn id(&self) -> Option<ObjectId> {
        let fixed = |path: &[&str]| match self.skeleton.at(path)? {
            Node::Scalar(value) => value.as_str(),
            _ => None,
        };
        let text = |path: &[&str]| match self.skeleton.at(path)? {
            Node::Scalar(value) => value.as_str().map(str::to_owned),
            Node::Slot(path) => {
                pick(&self.view, path, AsText::<serde_json::Error>(PhantomData)).ok().flatten()
            }
            _ => None,
        };
        Some(ObjectId {
            api_version: fixed(&["apiVersion"])?.into(),
            kind: fixed(&["kind"])?.into(),
            namespace: text(&["metadata", "namespace"]),
            name: text(&["metadata", "name"]).filter(|it| !it.is_empty())?,
        })
    }
}

impl<V: Serialize> Serialize for Filled<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { skeleton, view, marks } = self;
        let (Node::Mapping(entries), Some(marks)) = (&skeleton.root, marks) else {
            return Place { node: &skeleton.root, view }.serialize(serializer);
        };
        let mut mapping = serializer.serialize_map(None)?;
        for (key, node) in entries {
            match node {
                Node::Mapping(entries) if key == "metadata" => {
                    mapping.serialize_entry(key, &Metadata { entries, view, marks })?;
                }
                node => Place { node, view }.serialize_entry(key, &mut mapping)?,
            }
        }
        mapping.end()
    }
}

struct Metadata<'a, V> {
    entries: &'a [(String, Node)],
    view: &'a V,
    marks: &'a Marks<'a>,
}

impl<V: Serialize> Serialize for Metadata<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { entries, view, marks } = self;
        let mut mapping = serializer.serialize_map(None)?;
        serialize_entries(entries, *view, &mut mapping)?;
        mapping.serialize_entry("labels", marks.labels)?;
        mapping.serialize_entry("annotations", marks.annotations)?;
        mapping.end()
    }
}

/// A node in its place.
struct Place<'a, V> {
    node: &'a Node,
    view: &'a V,
}

impl<V: Serialize> Place<'_, V> {
    /// Writes it as an entry of a mapping, or nothing where a slot is null.
    fn serialize_entry<M: SerializeMap>(&self, key: &str, mapping: &mut M) -> Result<(), M::Error> {
        match self.node {
            Node::Slot(path) => pick(self.view, path, Entry { key, mapping }),
            _ => mapping.serialize_entry(key, self),
        }
    }
}

impl<V: Serialize> Serialize for Place<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { node, view } = *self;
        match node {
            Node::Scalar(value) => value.serialize(serializer),
            Node::Slot(path) => pick(view, path, Whole(serializer)),
            Node::Sequence(items) => serializer.collect_seq(items.iter().map(|node| Place { node, view })),
            Node::Mapping(entries) => {
                let mut mapping = serializer.serialize_map(None)?;
                serialize_entries(entries, view, &mut mapping)?;
                mapping.end()
            }
        }
    }
}

/// Writes the entries of a mapping.
fn serialize_entries<V: Serialize, M: SerializeMap>(
    entries: &[(String, Node)],
    view: &V,
    mapping: &mut M,
) -> Result<(), M::Error> {
    entries.iter().try_for_each(|(key, node)| Place { node, view }.serialize_entry(key, mapping))
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
        yaml::Kind::Scalar(Value::String(text)) if text.contains("{{") => Node::Slot(path(text, placed)?),
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
            let entries: Vec<_> = entries.iter().map(entry).collect::<Result<_, _>>()?;
            // As if a slot had given it.
            Node::Mapping(entries.into_iter().filter(|it| !is_null(&it.1)).collect())
        }
    })
}

fn is_null(node: &Node) -> bool {
    matches!(node, Node::Scalar(Value::Null))
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

    #[derive(Serialize)]
    struct View {
        name: &'static str,
        ports: Value,
        probe: Probe,
        none: Option<u16>,
    }

    #[derive(Serialize)]
    struct Probe {
        port: u16,
        path: Option<&'static str>,
    }

    fn check(text: &str) -> String {
        let probe = Probe { port: 8080, path: None };
        let view = View { name: "a: b #", ports: json!([1, { "x": null }]), probe, none: None };
        match Skeleton::parse(text) {
            Ok(skeleton) => {
                let filled = Box::leak(Box::new(skeleton)).fill(view);
                serde_json::to_string(&filled).unwrap_or_else(|it| it.to_string())
            }
            Err(message) => message,
        }
    }

    #[test]
    fn a_slot_is_one_whole_value() {
        insta::assert_snapshot!(
            check("name: {{ name }}\nspec: {fixed: {{probe.port}}, list: [{{ ports }}, 1]}\n"),
            @r#"{"name":"a: b #","spec":{"fixed":8080,"list":[[1,{"x":null}],1]}}"#
        );
    }

    #[test]
    fn a_slot_that_is_null_takes_its_entry_away() {
        insta::assert_snapshot!(check("a: {{ none }}\nb: [{{ none }}]\nc: {d: {{ probe.path }}, e: null}\n"), @r#"{"b":[null],"c":{}}"#);
    }

    #[test]
    fn a_value_may_be_placed_several_times_and_in_parts() {
        let text = "a: {{ name }}\nb: [{{ name }}]\nc: {{ probe.port }}\nd: {{ probe }}\ne: {{ probe.port }}\nf: {{ name }}\n";
        insta::assert_snapshot!(check(text), @r#"{"a":"a: b #","b":["a: b #"],"c":8080,"d":{"port":8080,"path":null},"e":8080,"f":"a: b #"}"#);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let texts = [
            "a: {{ a }}\n",
            "a: {{ probe.a }}\n",
            "a: {{ name.a }}\n",
            "a: x-{{ name }}\n",
            "a: \"{{ name }}\"\n",
            "{{ name }}: 1\n",
            "a: {{ name | upper }}\n",
            "{% if name %}b: 1{% endif %}\n",
            "a: {{ name\n",
            "a: {{ name }}\n---\nb: {{ name }}\n",
        ];
        insta::assert_snapshot!(texts.map(check).join("\n"), @r#"
        the view has no field `a`
        the view has no field `a`
        another value is expected here
        `x-"{{ name }}"` is not one slot with the path of a field
        invalid trailing content after double-quoted scalar
        the key `{{ name }}` holds a slot
        `{{ name | upper }}` is not one slot with the path of a field
        a built-in template has slots, and no statements or comments of the template engine
        a slot has no end
        it is not one document
        "#);
        let skeleton = Skeleton::parse("a: {{ a.b }}\n").expect("it is a template");
        assert_eq!(skeleton.unplaced(&json!({ "a": { "b": 1 }, "c": 2 })), Some("c".to_owned()));
    }

    #[test]
    fn marks_stand_behind_the_metadata_of_the_template() {
        let text = "kind: A\napiVersion: v1\nmetadata: {name: {{ name }}}\nb: {{ probe.port }}\n";
        let skeleton = Box::leak(Box::new(Skeleton::parse(text).expect("it is a template")));
        let probe = Probe { port: 1, path: None };
        let view = View { name: "a", ports: Value::Null, probe, none: None };
        let (labels, annotations) =
            ([("l".to_owned(), "m".to_owned())].into(), [("n", "o".to_owned())].into());
        let filled = skeleton.fill(&view).marked(Marks { labels: &labels, annotations: &annotations });
        insta::assert_snapshot!(serde_json::to_string(&filled).expect("it fits"), @r#"{"kind":"A","apiVersion":"v1","metadata":{"name":"a","labels":{"l":"m"},"annotations":{"n":"o"}},"b":1}"#);
        let id = filled.id().expect("it says what it is");
        assert_eq!((id.kind.as_ref(), id.name.as_str(), id.namespace), ("A", "a", None));
    }
}
