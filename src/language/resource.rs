//! The `resource` declaration: what can be asked for, and what its actions mean in Kubernetes and PostgreSQL.

use std::collections::BTreeMap;

use crate::language::name::Name;
use crate::source::Span;

/// A resource as meant.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What it is called: `project`.
    pub name: Name,
    /// The membership that a question about it is decided in.
    pub within: Scope,
    /// The role that whoever creates one holds in it.
    pub creator: Option<Name>,
    /// What can be done to it.
    pub actions: BTreeMap<Name, Action>,
    /// Where it is declared.
    pub span: Span,
}

/// The membership that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Platform roles alone.
    Platform,
    /// Roles in the team.
    Team,
    /// Roles in the project, and in the team that owns it.
    Project,
}

/// One action.
#[derive(Clone, Debug)]
pub struct Action {
    /// What it is called: `read`.
    pub name: Name,
    /// The membership it is decided in: its own, or the resource's.
    pub within: Scope,
    /// What it allows on the cluster's API server.
    pub kubernetes: Vec<KubernetesRule>,
    /// What it allows on tables.
    pub postgres: Vec<Privilege>,
    /// Where it is declared.
    pub span: Span,
}

/// Verbs on one kind of object: `kubernetes "apps/deployments" "get" "list"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesRule {
    /// The API group; `core` is written for the empty one and is empty here.
    pub group: String,
    /// The resource in plural, with an optional subresource: `deployments`, `pods/log`.
    pub resource: String,
    /// The verbs, each once, in the order of the alphabet.
    pub verbs: Vec<String>,
    /// Where it is declared.
    pub span: Span,
}

/// What PostgreSQL lets a role do with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// `SELECT`.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
}
