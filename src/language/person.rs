//! The `person` and `newcomer` declarations: people whom the tree names, and what everybody else starts as.

use crate::language::name::Name;
use crate::language::value::text::Email;
use crate::source::Span;

/// A person as meant.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their address, by which they log in.
    pub email: Email,
    /// Their role on the platform.
    pub platform_role: Option<Name>,
    /// Whether they administer the system itself.
    pub system_administrator: bool,
    /// Where it is declared.
    pub span: Span,
}
