//! The `condition` declaration: a fact about the thing that is asked about, as the API presents it.

use crate::language::name::Name;
use crate::source::Span;

/// A condition as meant.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What it is called: `owner`.
    pub name: Name,
    /// The field of the resource, by its parts: `project.owner_id` is `["project", "owner_id"]`.
    pub field: Vec<String>,
    /// What must hold of it.
    pub test: Test,
    /// Where it is declared.
    pub span: Span,
}

/// What must hold of a condition's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// `is="user"`: the field is the id of the asking user.
    IsUser,
    /// `has="user"`: the field is a list that holds the id of the asking user.
    HasUser,
}
