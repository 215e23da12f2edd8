//! The `platform` declaration: what the whole is called, and by which edition it is read.

use crate::diagnostic::Diagnostics;
use crate::language::Edition;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::network::Host;
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "platform",
    Class::Single,
    "What the whole is called. Namespaces are called `<platform>-<project>`.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<Edition>(
    "edition",
    "The edition of language and defaults. A newer trackside never changes what an older edition means.",
)])
.children(&[&DOMAIN]);

static DOMAIN: Kind = Kind::new(
    "domain",
    Class::Single,
    "The domain below which public hosts stand: `public host=\"shop\"` is `shop.<domain>`. An environment overrides this, \
     and every host follows.",
)
.arguments(&[Field::required::<Host>("domain", "A host name.")]);

words! { Edition: "edition", E2026 = "2026" }

/// The head of a platform.
#[derive(Debug)]
pub struct Head {
    /// What it is called.
    pub name: Name,
    /// The edition.
    pub edition: Edition,
    /// The domain.
    pub domain: Option<Host>,
    /// Where it is declared.
    pub span: Span,
}

/// Reads the head.
pub fn resolve(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Head> {
    let name = item.argument::<Name>(0, sink);
    let edition = item.property::<Edition>("edition", sink);
    let domain = item.value::<Host>("domain", sink);
    Some(Head {
        name: name?.value,
        edition: edition?.value,
        domain: domain.map(|it| it.value),
        span: item.span(),
    })
}
