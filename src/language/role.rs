//! The `role` and `platform-role` declarations: who may do what, inheritance closed.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::name::Name;
use crate::language::value::permission::Permission;
use crate::source::Span;

/// A role as meant.
#[derive(Clone, Debug)]
pub struct Role {
    /// What it is called.
    pub name: Name,
    /// Everything it may do, its own and inherited, after its exceptions.
    pub permissions: BTreeMap<Permission, Held>,
    /// The roles it inherits from directly.
    pub inherits: BTreeSet<Name>,
    /// Where it is declared.
    pub span: Span,
}

/// How a role holds a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it may be used.
    pub when: When,
    /// The line that gives it: an `allow`, of this role or of one that it inherits from.
    pub span: Span,
}

/// When a permission that is held may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// In any case.
    Always,
    /// When at least one of these conditions holds.
    Any(BTreeSet<Name>),
}

/// A role of either sort, as `only`, `except` and others refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleId {
    /// A role in teams and projects: `role="owner"`.
    Role(Name),
    /// A role on the platform: `platform-role="admin"`.
    PlatformRole(Name),
}
