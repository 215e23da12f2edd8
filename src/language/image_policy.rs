//! The `image-policy` declaration: which images may run.

use crate::language::value::image::Registry;
use crate::source::Span;

/// An image policy as meant. That images are pinned by digest is a default of the edition, not a field.
#[derive(Clone, Debug)]
pub struct ImagePolicy {
    /// Where images may come from; at least one.
    pub registries: Vec<Registry>,
    /// Where it is declared.
    pub span: Span,
}
