//! A rule of a role: what the API server takes for one, and what it allows.

use std::collections::BTreeSet;

use k8s_openapi::api::rbac::v1::PolicyRule;

use crate::facts::access::request::{Request, ResourceRequest};
use crate::facts::selector::Invalid;
use crate::render::yaml::{Step, key};

/// Everything, in the lists of a rule.
pub const ALL: &str = "*";

/// What is allowed: each of the verbs, on each of the resources in each of the groups, or on each of the paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `get`, `*`.
    pub verbs: BTreeSet<String>,
    /// The API groups; that of `v1` is empty.
    pub groups: BTreeSet<String>,
    /// `pods`, `pods/log`, `*/scale`, `*`.
    pub resources: BTreeSet<String>,
    /// The objects; none for all of them.
    pub names: BTreeSet<String>,
    /// Paths; one that ends in `*` is all that begin so.
    pub paths: BTreeSet<String>,
    /// Where it stands.
    pub place: Place,
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The role among the objects of the files; `None` for what Kubernetes brings.
    pub object: Option<usize>,
    /// Which of its rules.
    pub index: usize,
}

impl Place {
    /// The way to the rule in its role.
    pub fn path(&self) -> Vec<Step> {
        vec![key("rules"), Step::Index(self.index)]
    }
}

/// Where a role lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In a namespace.
    Namespace,
    /// In the cluster.
    Cluster,
}

impl Rule {
    /// Reads a rule as the API server does.
    pub fn of(rule: PolicyRule, reach: Reach, place: Place) -> Result<Self, Invalid> {
        let PolicyRule { api_groups, non_resource_urls, resource_names, resources, verbs } = rule;
        let set = |it: Option<Vec<String>>| it.into_iter().flatten().collect::<BTreeSet<_>>();
        let rule = Self {
            verbs: verbs.into_iter().collect(),
            groups: set(api_groups),
            resources: set(resources),
            names: set(resource_names),
            paths: set(non_resource_urls),
            place,
        };
        rule.check(reach).map_err(|(field, message)| Invalid {
            path: [place.path(), vec![key(field)]].concat(),
            message: message.to_owned(),
        })?;
        Ok(rule)
    }

    fn check(&self, reach: Reach) -> Result<(), (&'static str, &'static str)> {
        if self.verbs.is_empty() {
            return Err(("verbs", "must hold a verb"));
        }
        if !self.paths.is_empty() {
            if reach == Reach::Namespace {
                return Err(("nonResourceURLs", "stands in a ClusterRole alone"));
            }
            if !(self.groups.is_empty() && self.resources.is_empty() && self.names.is_empty()) {
                return Err(("nonResourceURLs", "may not stand beside resources: write two rules"));
            }
            return Ok(());
        }
        match () {
            () if self.groups.is_empty() => {
                Err(("apiGroups", "must hold a group, which is `\"\"` for Pods and Secrets"))
            }
            () if self.resources.is_empty() => Err(("resources", "must hold a resource")),
            () => Ok(()),
        }
    }

    /// Whether it allows a request.
    pub fn allows(&self, request: &Request<'_>) -> bool {
        match request {
            Request::NonResource { verb, path } => self.has_verb(verb) && self.has_path(path),
            Request::Resource(ResourceRequest { namespace: _, verb, group, resource, subresource, name }) => {
                self.has_verb(verb)
                    && self.has_group(group)
                    && self.has_resource(resource, subresource)
                    && (self.names.is_empty() || self.names.contains(*name))
            }
        }
    }

    /// Whether it is about a verb.
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.contains(ALL) || self.verbs.contains(verb)
    }

    /// Whether it is about an API group.
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.contains(ALL) || self.groups.contains(group)
    }

    /// Whether it is about a resource, or about a subresource of it.
    pub fn has_resource(&self, resource: &str, subresource: &str) -> bool {
        if self.resources.contains(ALL) {
            return true;
        }
        match subresource {
            "" => self.resources.contains(resource),
            _ => {
                self.resources.contains(&format!("{resource}/{subresource}"))
                    || self.resources.contains(&format!("*/{subresource}"))
            }
        }
    }

    /// Whether it is about a path.
    pub fn has_path(&self, path: &str) -> bool {
        let begins = |it: &String| it.ends_with('*') && path.starts_with(it.trim_end_matches('*'));
        self.paths.contains(path) || self.paths.iter().any(begins)
    }
}
