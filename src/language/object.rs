//! The `object` declaration: the hatch for one file of raw manifests.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::file::{self, Files};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::source::{FileId, Span};
use crate::tree::digest::Digest;
use crate::tree::path::TreePath;

/// The table.
pub static KIND: Kind = Kind::new(
    "object",
    Class::Edge,
    "The hatch for what has no word here: a file of raw Kubernetes manifests. Their form, names, pods and images are \
     checked, and they are owned and labelled like the rendered ones; in a project they land in its namespace. What has a \
     word, edges and roles above all, is declared by it.",
)
.properties(&[Field::required::<TreePath>("file", "The YAML file, with one object or several.").identity()]);

/// Reads the raw objects of a container.
pub fn resolve(items: &[Item<'_>], files: &Files, sink: &mut Diagnostics) -> Vec<Object> {
    let objects = items.iter().filter(|it| it.kind.word == KIND.word);
    let mut objects: Vec<Object> = objects.filter_map(|it| resolve_one(it, files, sink)).collect();
    objects.sort_by(|one, other| one.path.cmp(&other.path));
    objects
}

fn resolve_one(item: &Item<'_>, files: &Files, sink: &mut Diagnostics) -> Option<Object> {
    let path = item.property::<TreePath>("file", sink)?;
    let file::Text { id, text } = files.text_or_report(&path, sink)?;
    let sha256 = Digest::of(text.as_bytes());
    Some(Object { path: path.value, sha256, file: id, text, span: item.span() })
}

/// Raw manifests as meant: read, not yet understood; only a render target knows what they say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Object {
    /// The path of their file.
    pub path: TreePath,
    /// What its text hashes to.
    pub sha256: Digest,
    /// Where findings about them point.
    #[serde(skip)]
    pub file: FileId,
    /// What it says.
    #[serde(skip)]
    pub text: Arc<str>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}
