//! The `separate` declaration: two permissions that nobody may hold together.

use std::collections::BTreeSet;

use crate::language::role::RoleId;
use crate::language::value::permission::Permission;
use crate::source::Span;

/// A separation of duties as meant.
#[derive(Clone, Debug)]
pub struct Separation {
    /// One permission.
    pub left: Permission,
    /// The other.
    pub right: Permission,
    /// Why.
    pub reason: String,
    /// The roles that may hold both all the same.
    pub except: BTreeSet<RoleId>,
    /// Where it is declared.
    pub span: Span,
}
