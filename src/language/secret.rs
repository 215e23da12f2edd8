//! The `secret` declaration: a value that only its readers may see, sealed in the tree.

use std::collections::BTreeSet;

use crate::language::name::Name;
use crate::source::Span;
use crate::tree::path::TreePath;

/// A secret as meant. Its value is never here: opening it is the work of other parts.
#[derive(Clone, Debug)]
pub struct Secret {
    /// What it is called.
    pub name: Name,
    /// The projects that may take it; of no account for a secret of a project.
    pub offers: BTreeSet<Name>,
    /// Where its sealed value stands.
    pub sealed: Sealed,
    /// Where it is declared.
    pub span: Span,
}

/// Where a sealed value stands. Its form has been checked.
#[derive(Clone, Debug)]
pub enum Sealed {
    /// An armored age file in the tree's text.
    Envelope(Span),
    /// An age file of the tree.
    File(TreePath),
}
