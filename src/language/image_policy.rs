//! The `image-policy` declaration: which images may run.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::image::Registry;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "image-policy",
    Class::Single,
    "Which images may run. Checked at every `image`, and enforced in the platform's namespaces by a \
     ValidatingAdmissionPolicy. That images are pinned by digest is a default that needs no writing.",
)
.children(&[&REGISTRIES])
.requires(&["registries"]);

static REGISTRIES: Kind = Kind::new("registries", Class::List, "Where images may come from.")
    .rest(Field::required::<Registry>(
        "registry",
        "A registry, with or without the first parts of a repository.",
    ))
    .most(100);

/// Reads the image policy.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> Option<ImagePolicy> {
    let item = items.iter().find(|it| it.kind.word == KIND.word)?;
    let list = item.child("registries")?;
    let registries = list.rest::<Registry>(sink);
    if registries.len() < list.entries(0).count() {
        // One of them was refused: what comes from it is not wrong as well.
        return None;
    }
    let mut registries: Vec<Registry> = registries.into_iter().map(|it| it.value).collect();
    registries.sort_unstable();
    Some(ImagePolicy { registries, span: item.span() })
}

/// An image policy as meant. That images are pinned by digest is a default of the edition, not a field.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ImagePolicy {
    /// Where images may come from; at least one.
    pub registries: Vec<Registry>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}
