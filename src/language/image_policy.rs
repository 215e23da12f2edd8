//! The `image-policy` declaration: which images may run.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::image::Registry;
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "image-policy",
    Class::Single,
    "Which images may run. Checked at every `image`, and enforced in the platform's namespaces by a \
     ValidatingAdmissionPolicy. That images are pinned by digest is a default that needs no writing.",
)
.children(&[&REGISTRIES, &VULNERABILITIES])
.requires(&["registries"]);

static REGISTRIES: Kind = Kind::new("registries", Class::List, "Where images may come from.")
    .rest(Field::required::<Registry>(
        "registry",
        "A registry, with or without the first parts of a repository.",
    ))
    .most(100);

static VULNERABILITIES: Kind = Kind::new(
    "vulnerabilities",
    Class::Single,
    "The worst that a scan may find in a declared image; what is worse fails the pipeline that `ci` declares, and is seen \
     by nobody else.",
)
.properties(&[Field::required::<Vulnerability>("up-to", "The worst that passes.")]);

/// How bad a vulnerability is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vulnerability {
    /// There is none that passes.
    None,
    /// Low ones pass.
    Low,
    /// Medium ones pass as well.
    Medium,
    /// High ones pass as well; critical ones never do.
    High,
}

words! { Vulnerability: "threshold", None = "none", Low = "low", Medium = "medium", High = "high" }

impl Vulnerability {
    /// Those that do not pass, as scanners call them.
    pub fn failing(self) -> &'static [&'static str] {
        match self {
            Self::None => &["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
            Self::Low => &["MEDIUM", "HIGH", "CRITICAL"],
            Self::Medium => &["HIGH", "CRITICAL"],
            Self::High => &["CRITICAL"],
        }
    }
}

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
    let vulnerabilities = item.child(VULNERABILITIES.word);
    let vulnerabilities = vulnerabilities.and_then(|it| it.property::<Vulnerability>("up-to", sink));
    Some(ImagePolicy { registries, vulnerabilities, span: item.span() })
}

/// An image policy as meant. That images are pinned by digest is a default of the edition, not a field.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ImagePolicy {
    /// Where images may come from; at least one.
    pub registries: Vec<Registry>,
    /// The worst vulnerability that passes; nothing is scanned where there is none.
    pub vulnerabilities: Option<Spanned<Vulnerability>>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}
