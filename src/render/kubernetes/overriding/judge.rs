//! The walk through two objects: what the built-in template places stays, and only what is allowed stands beside it.

use serde_json::{Map, Value};

use crate::render::kubernetes::overriding::allowed;
use crate::render::yaml::{Step, key};

/// Lists whose items are known by a field, so that their order says nothing.
const KEYED: &[(&str, &str)] = &[
    ("containers", "name"),
    ("env", "name"),
    ("initContainers", "name"),
    ("volumeMounts", "mountPath"),
    ("volumes", "name"),
];

/// What the walk has found.
pub(super) struct Judge<'a> {
    kind: &'a str,
    /// What may be added, from the object down.
    more: &'a [String],
    path: Vec<Step>,
    /// The path as [`allowed`] writes it.
    pattern: String,
    /// What is not as it should be, in the order of the text: the field and what is wrong.
    pub weaker: Vec<(Vec<Step>, String)>,
    /// What is added and may be.
    pub added: Vec<Vec<Step>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(kind: &'a str, more: &'a [String]) -> Self {
        Self { kind, more, path: Vec::new(), pattern: String::new(), weaker: Vec::new(), added: Vec::new() }
    }

    pub(super) fn walk(&mut self, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.entries(before, after),
            (Value::Array(before), Value::Array(after)) => self.items(before, after),
            (before, after) if before == after => (),
            _ => self.report("is not as the built-in template has it"),
        }
    }

    fn entries(&mut self, before: &Map<String, Value>, after: &Map<String, Value>) {
        // Nothing and not there are the same.
        for (name, value) in before.iter().filter(|it| !it.1.is_null()) {
            self.enter(name, |it| match after.get(name) {
                Some(after) => it.walk(value, after),
                None => it.report("is missing, which the built-in template has"),
            });
        }
        for (name, value) in after {
            if before.get(name).is_none_or(Value::is_null) {
                self.enter(name, |it| it.add(value));
            }
        }
    }

    fn items(&mut self, before: &[Value], after: &[Value]) {
        let field = self.path.iter().rev().find_map(|it| match it {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        let key = KEYED.iter().find(|it| Some(it.0) == field).map(|it| it.1);
        match key {
            Some(key) => self.keyed(key, before, after),
            None => {
                for (index, value) in before.iter().enumerate() {
                    match after.get(index) {
                        Some(after) => self.enter_item(index, |it| it.walk(value, after)),
                        None => self.report("lacks an item that the built-in template has"),
                    }
                }
                for (index, value) in after.iter().enumerate().skip(before.len()) {
                    self.enter_item(index, |it| it.add(value));
                }
            }
        }
    }

    fn keyed(&mut self, key: &str, before: &[Value], after: &[Value]) {
        for value in before {
            match after.iter().position(|it| it[key] == value[key]) {
                Some(index) => self.enter_item(index, |it| it.walk(value, &after[index])),
                None => self.report(&format!("lacks {}, which the built-in template has", value[key])),
            }
        }
        for (index, value) in after.iter().enumerate() {
            // Of two with one key, Kubernetes takes the last.
            let is_second = after[..index].iter().any(|it| it[key] == value[key]);
            let is_known = before.iter().any(|it| it[key] == value[key]);
            if is_second {
                self.enter_item(index, |it| it.report(&format!("is a second {}", value[key])));
            } else if !is_known {
                self.enter_item(index, |it| it.add(value));
            }
        }
    }

    /// Takes in what the built-in template does not have.
    fn add(&mut self, value: &Value) {
        if value.is_null() {
            return;
        }
        let is_told = |map: &str| self.pattern == map || self.pattern.ends_with(&format!(".{map}"));
        if is_told("metadata.labels") || is_told("metadata.annotations") {
            return self.walk(&Value::Object(Map::new()), value);
        }
        if let (Some(map), Some(Step::Key(name))) = (self.told_in(), self.path.last())
            && value.is_string()
        {
            let reserved = allowed::reserved_for(self.kind, name);
            return reserved.map_or((), |why| self.report(&format!("is no {map} to add: it {why}")));
        }
        // What ends at items speaks of items more, not of what stands in those that are there.
        let covers = |it: &&String| {
            let rest = self.pattern.strip_prefix(it.as_str());
            rest.is_some_and(|rest| rest.is_empty() || !it.ends_with("[]") && rest.starts_with(['.', '[']))
        };
        if self.more.iter().any(|it| covers(&it)) {
            return self.added.push(self.path.clone());
        }
        let leads_on = self.more.iter().any(|it| {
            let rest = it.strip_prefix(&self.pattern);
            rest.is_some_and(|it| it.starts_with('.') || it.starts_with("[]"))
        }) || self.pattern.ends_with("metadata");
        match value {
            Value::Object(_) if leads_on => self.walk(&Value::Object(Map::new()), value),
            Value::Array(_) if leads_on => self.walk(&Value::Array(Vec::new()), value),
            _ => self.report("is nothing that a template may add"),
        }
    }

    /// What the field at hand is, where it stands in the labels or annotations of something.
    fn told_in(&self) -> Option<&'static str> {
        let [.., Step::Key(metadata), Step::Key(map), Step::Key(_)] = &self.path[..] else { return None };
        match map.as_str() {
            "labels" if metadata == "metadata" => Some("label"),
            "annotations" if metadata == "metadata" => Some("annotation"),
            _ => None,
        }
    }

    fn enter(&mut self, name: &str, then: impl FnOnce(&mut Self)) {
        let length = self.pattern.len();
        if length > 0 {
            self.pattern.push('.');
        }
        self.pattern.push_str(name);
        self.path.push(key(name));
        then(self);
        self.path.pop();
        self.pattern.truncate(length);
    }

    fn enter_item(&mut self, index: usize, then: impl FnOnce(&mut Self)) {
        let length = self.pattern.len();
        self.pattern.push_str("[]");
        self.path.push(Step::Index(index));
        then(self);
        self.path.pop();
        self.pattern.truncate(length);
    }

    fn report(&mut self, message: &str) {
        self.weaker.push((self.path.clone(), message.to_owned()));
    }
}
