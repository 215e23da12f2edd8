//! The `team` and `member` declarations: who belongs together, and in which role.

use crate::language::name::Name;
use crate::language::value::text::Email;
use crate::source::Span;

/// A team as meant.
#[derive(Clone, Debug)]
pub struct Team {
    /// What it is called.
    pub name: Name,
    /// Who is in it.
    pub members: Vec<Member>,
    /// Where it is declared.
    pub span: Span,
}

/// A grant: a person and a role, in a team or in one project.
#[derive(Clone, Debug)]
pub struct Member {
    /// The person's address.
    pub email: Email,
    /// The role.
    pub role: Name,
    /// Where it is declared.
    pub span: Span,
}
