//! A pod as controls read it: what is null is left out, and paths are only built for what is found.

use serde_json::Value;

use crate::render::kubernetes::pod_security::CONTAINERS;
use crate::render::yaml::{Step, key};

/// A pod template, or a pod.
pub(super) struct Pod<'a> {
    /// Its annotations.
    pub(super) annotations: Option<&'a Value>,
    /// Its `spec`; null where there is none.
    pub(super) spec: &'a Value,
    /// Its own security context.
    pub(super) context: Option<&'a Value>,
    /// Its containers of all lists.
    pub(super) containers: Vec<Container<'a>>,
}

/// A container of a pod.
pub(super) struct Container<'a> {
    /// Where it stands.
    pub(super) place: Place,
    /// All of it.
    pub(super) value: &'a Value,
    /// Its security context.
    pub(super) context: Option<&'a Value>,
}

/// What a security context belongs to.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// The pod.
    Pod,
    /// The container at this place of this list.
    Container(&'static str, usize),
}

impl<'a> Pod<'a> {
    /// Reads a pod template, whatever it holds.
    pub(super) fn of(template: &'a Value) -> Self {
        let spec = field(template, "spec").unwrap_or(&Value::Null);
        let lists = CONTAINERS.iter().map(|it| (*it, items(spec, it)));
        let mut containers = Vec::with_capacity(lists.clone().map(|it| it.1.len()).sum());
        containers.extend(lists.flat_map(|(list, values)| {
            values.iter().enumerate().map(move |(index, value)| Container {
                place: Place::Container(list, index),
                value,
                context: field(value, "securityContext"),
            })
        }));
        Self {
            annotations: field(template, "metadata").and_then(|it| field(it, "annotations")),
            spec,
            context: field(spec, "securityContext"),
            containers,
        }
    }

    /// Every security context there is, with what it belongs to: that of the pod first.
    pub(super) fn contexts(&self) -> impl Iterator<Item = (Place, &'a Value)> {
        let containers = self.containers.iter().filter_map(|it| Some((it.place, it.context?)));
        self.context.map(|it| (Place::Pod, it)).into_iter().chain(containers)
    }

    /// The annotations that there are. A null one is an empty one; one that is no text has no value.
    pub(super) fn annotations(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let annotations = self.annotations.and_then(Value::as_object).into_iter().flatten();
        annotations.map(|(name, value)| (name.as_str(), text(Some(value).filter(|it| !it.is_null()))))
    }

    /// Whether it says that its nodes run Windows.
    pub(super) fn is_of_windows(&self) -> bool {
        field(self.spec, "os").and_then(|it| field(it, "name")).is_some_and(|it| it == "windows")
    }

    /// Whether its users are none of the node's.
    pub(super) fn has_own_users(&self) -> bool {
        field(self.spec, "hostUsers").is_some_and(|it| *it == false)
    }

    /// Whether it is in the node's network.
    pub(super) fn is_in_host_network(&self) -> bool {
        field(self.spec, "hostNetwork").is_some_and(|it| *it == true)
    }
}

impl Place {
    /// The way to fields of it.
    pub(super) fn path(self, fields: &[&str]) -> Vec<Step> {
        let own = fields.iter().map(|it| key(it));
        match self {
            Self::Pod => std::iter::once(key("spec")).chain(own).collect(),
            Self::Container(list, index) => {
                [key("spec"), key(list), Step::Index(index)].into_iter().chain(own).collect()
            }
        }
    }

    /// The way to a field of its security context.
    pub(super) fn in_context(self, fields: &[&str]) -> Vec<Step> {
        let mut path = self.path(&["securityContext"]);
        path.extend(fields.iter().map(|it| key(it)));
        path
    }
}

/// What a mapping has of a name, unless it is null.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|it| !it.is_null())
}

/// The items of a list that a mapping has.
pub(super) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text, empty where it is absent; nothing where it is something else.
pub(super) fn text(value: Option<&Value>) -> Option<&str> {
    value.map_or(Some(""), Value::as_str)
}

/// Whether a text is one of these, an absent one being the empty one.
pub(super) fn is_one_of(value: Option<&Value>, allowed: &[&str]) -> bool {
    text(value).is_some_and(|it| allowed.contains(&it))
}
