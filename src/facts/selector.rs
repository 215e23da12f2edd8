//! Label selectors, as the API server reads them.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::render::kubernetes::well_formed;
use crate::render::yaml::{Step, key};

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// What some labels must be like: all of its requirements. Without any, everything is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// In their order, each once.
    pub requirements: BTreeSet<Requirement>,
}

/// What one label must be like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// It is there, with one of these values.
    In(String, BTreeSet<String>),
    /// It is not there, or has none of these values.
    NotIn(String, BTreeSet<String>),
    /// It is there.
    Exists(String),
    /// It is not there.
    DoesNotExist(String),
}

/// Why the API server refuses a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field at fault, from the selector down.
    pub path: Vec<Step>,
    /// What is wrong with it.
    pub message: String,
}

impl Selector {
    /// Reads a selector.
    pub fn of(selector: &LabelSelector) -> Result<Self, Invalid> {
        let mut requirements = BTreeSet::new();
        for (name, value) in selector.match_labels.iter().flatten() {
            let path = || vec![key("matchLabels"), key(name)];
            check_key(name, path)?;
            check_value(value, path)?;
            requirements.insert(Requirement::In(name.clone(), BTreeSet::from([value.clone()])));
        }
        for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
            let path = |field: &str| vec![key("matchExpressions"), Step::Index(index), key(field)];
            requirements.insert(requirement(expression, path)?);
        }
        Ok(Self { requirements })
    }

    /// A selector of labels that must all be there, as that of a Service.
    pub fn of_labels(labels: &Labels) -> Self {
        let of = |(name, value): (&String, &String)| {
            Requirement::In(name.clone(), BTreeSet::from([value.clone()]))
        };
        Self { requirements: labels.iter().map(of).collect() }
    }

    /// Whether some labels are selected.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|it| it.matches(labels))
    }
}

impl Requirement {
    /// The label that it is about.
    pub fn key(&self) -> &str {
        match self {
            Self::In(key, _) | Self::NotIn(key, _) | Self::Exists(key) | Self::DoesNotExist(key) => key,
        }
    }

    /// Whether some labels fulfil it.
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::In(name, values) => labels.get(name).is_some_and(|it| values.contains(it)),
            Self::NotIn(name, values) => labels.get(name).is_none_or(|it| !values.contains(it)),
            Self::Exists(name) => labels.contains_key(name),
            Self::DoesNotExist(name) => !labels.contains_key(name),
        }
    }
}

fn requirement(
    expression: &LabelSelectorRequirement,
    path: impl Fn(&str) -> Vec<Step>,
) -> Result<Requirement, Invalid> {
    let LabelSelectorRequirement { key: name, operator, values } = expression;
    check_key(name, || path("key"))?;
    let values: BTreeSet<String> = values.iter().flatten().cloned().collect();
    let refuse = |field: &str, message: &str| Err(Invalid { path: path(field), message: message.to_owned() });
    if matches!(operator.as_str(), "In" | "NotIn") {
        if values.is_empty() {
            return refuse("values", "must hold a value, for `In` and `NotIn`");
        }
        for value in &values {
            check_value(value, || path("values"))?;
        }
    } else if !values.is_empty() {
        return refuse("values", "must hold nothing, for `Exists` and `DoesNotExist`");
    }
    match operator.as_str() {
        "In" => Ok(Requirement::In(name.clone(), values)),
        "NotIn" => Ok(Requirement::NotIn(name.clone(), values)),
        "Exists" => Ok(Requirement::Exists(name.clone())),
        "DoesNotExist" => Ok(Requirement::DoesNotExist(name.clone())),
        other => {
            let message = format!("is `{other}`, not one of `In`, `NotIn`, `Exists`, `DoesNotExist`");
            Err(Invalid { path: path("operator"), message })
        }
    }
}

fn check_key(name: &str, path: impl Fn() -> Vec<Step>) -> Result<(), Invalid> {
    match well_formed::is_label_key(name) {
        true => Ok(()),
        false => Err(Invalid { path: path(), message: format!("`{name}` is no key of a label") }),
    }
}

fn check_value(value: &str, path: impl Fn() -> Vec<Step>) -> Result<(), Invalid> {
    match well_formed::is_label_value(value) {
        true => Ok(()),
        false => Err(Invalid { path: path(), message: format!("`{value}` is no value of a label") }),
    }
}
