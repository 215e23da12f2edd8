//! Roles, of a namespace and of the cluster, as they stand in files.

use std::fmt;
use std::sync::Arc;

use k8s_openapi::api::rbac::v1::{AggregationRule, ClusterRole, PolicyRule, Role as NamespacedRole};

use crate::facts::access::rule::{Place, Reach, Rule};
use crate::facts::selector::{Invalid, Labels, Selector};
use crate::render::yaml::{Step, key};

/// Which role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleId {
    /// Where it lives; `None` for a role of the cluster.
    pub namespace: Option<String>,
    /// What it is called.
    pub name: String,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Which one it is.
    pub id: RoleId,
    /// Its place among the objects of the files; `None` where only Kubernetes brings it.
    pub object: Option<usize>,
    /// What selectors see of it.
    pub labels: Labels,
    /// The rules that are written in it.
    pub rules: Vec<Rule>,
    /// Whose rules it has instead, where it gathers those of others: of all that one of these selects.
    pub aggregates: Option<Vec<Selector>>,
    /// The roles whose written rules are its rules: mostly itself alone.
    pub sources: Arc<[usize]>,
}

impl Role {
    /// Reads a role of a namespace.
    pub fn of_namespace(
        role: NamespacedRole,
        namespace: &str,
        object: Option<usize>,
    ) -> Result<Self, Invalid> {
        let NamespacedRole { metadata, rules } = role;
        let id = RoleId {
            namespace: Some(namespace.to_owned()),
            name: metadata.name.or(metadata.generate_name).unwrap_or_default(),
        };
        check_name(&id.name, &["metadata", "name"])?;
        let rules = read(rules, Reach::Namespace, object)?;
        let labels = metadata.labels.unwrap_or_default();
        Ok(Self { id, object, labels, rules, aggregates: None, sources: Arc::default() })
    }

    /// Reads a role of the cluster.
    pub fn of_cluster(role: ClusterRole, object: Option<usize>) -> Result<Self, Invalid> {
        let ClusterRole { metadata, rules, aggregation_rule } = role;
        let id =
            RoleId { namespace: None, name: metadata.name.or(metadata.generate_name).unwrap_or_default() };
        check_name(&id.name, &["metadata", "name"])?;
        let rules = read(rules, Reach::Cluster, object)?;
        let aggregates = aggregation_rule.map(selectors).transpose()?;
        let labels = metadata.labels.unwrap_or_default();
        Ok(Self { id, object, labels, rules, aggregates, sources: Arc::default() })
    }
}

fn read(rules: Option<Vec<PolicyRule>>, reach: Reach, object: Option<usize>) -> Result<Vec<Rule>, Invalid> {
    let rules = rules.into_iter().flatten().enumerate();
    rules.map(|(index, rule)| Rule::of(rule, reach, Place { object, index })).collect()
}

fn selectors(rule: AggregationRule) -> Result<Vec<Selector>, Invalid> {
    let path = vec![key("aggregationRule"), key("clusterRoleSelectors")];
    let selectors = rule.cluster_role_selectors.unwrap_or_default();
    if selectors.is_empty() {
        return Err(Invalid { path, message: "must hold a selector".to_owned() });
    }
    let read = selectors.iter().enumerate().map(|(index, it)| {
        Selector::of(it).map_err(|Invalid { path: way, message }| Invalid {
            path: [&path[..], &[Step::Index(index)], &way].concat(),
            message,
        })
    });
    read.collect()
}

/// Holds a name to what RBAC allows in one: a part of a path.
pub(super) fn check_name(name: &str, path: &[&str]) -> Result<(), Invalid> {
    let message = match name {
        "" => "is missing".to_owned(),
        "." | ".." => format!("may not be `{name}`"),
        _ if name.contains(['/', '%']) => "may hold neither `/` nor `%`".to_owned(),
        _ => return Ok(()),
    };
    Err(Invalid { path: path.iter().map(|it| key(it)).collect(), message })
}

/// How people speak of it: ``Role `shop/reader` ``.
impl fmt::Display for RoleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "Role `{namespace}/{}`", self.name),
            None => write!(formatter, "ClusterRole `{}`", self.name),
        }
    }
}
