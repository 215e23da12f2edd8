//! The `object` declaration: the hatch for one file of raw manifests.

use std::sync::Arc;

use crate::source::{FileId, Span};

/// Raw manifests as meant: read, not yet understood; only a render target knows what they say.
#[derive(Clone, Debug)]
pub struct Object {
    /// The file they stand in.
    pub file: FileId,
    /// What it says.
    pub text: Arc<str>,
    /// Where it is declared.
    pub span: Span,
}
