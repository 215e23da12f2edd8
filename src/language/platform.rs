//! The `platform` declaration: what the whole is called, and by which edition it is read.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Edition;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::network::Host;
use crate::language::value::postgres::PostgresVersion;
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
.children(&[&DOMAIN, &POSTGRESQL]);

static DOMAIN: Kind = Kind::new(
    "domain",
    Class::Single,
    "The domain below which public hosts stand: `public host=\"shop\"` is `shop.<domain>`. An environment overrides this, \
     and every host follows.",
)
.arguments(&[Field::required::<Host>("domain", "A host name.")]);

/// The version of the platform's databases; also of a single one.
pub static POSTGRESQL: Kind = Kind::new(
    "postgresql",
    Class::Single,
    "The major version of PostgreSQL: of all databases of the platform, or of the one that it stands in.",
)
.arguments(&[Field::required::<PostgresVersion>("version", "A major version.")])
.default("\"17\"");

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
    /// The major version of databases that do not say their own.
    pub postgresql: PostgresVersion,
    /// Where it is declared.
    pub span: Span,
}

/// What to type where there is none.
pub const HOW_TO_BEGIN: &str = "begin `platform.kdl` with `platform \"hello\" edition=\"2026\"`";

/// Reads the head. `first` is the first declaration of the tree: where a head belongs that is missing.
pub fn resolve(items: &[Item<'_>], first: &Item<'_>, sink: &mut Diagnostics) -> Head {
    let Some(item) = items.iter().find(|it| it.kind.word == KIND.word) else {
        let message = "the tree declares no `platform`";
        sink.report(Diagnostic::new(Code::MissingField, first.span(), message).help(HOW_TO_BEGIN));
        return Head {
            name: item::stand_in(),
            edition: item::stand_in(),
            domain: None,
            postgresql: item::stand_in(),
            span: first.span(),
        };
    };
    let name = item.own_name(sink);
    let edition = item.property::<Edition>("edition", sink);
    let domain = item.child("domain").map(|it| it.argument::<Host>(0, sink));
    Head {
        name: name.unwrap_or_else(item::stand_in),
        edition: edition.map_or_else(item::stand_in, |it| it.value),
        domain: domain.map(|it| it.map_or_else(item::stand_in, |it| it.value)),
        postgresql: item.value_or_default::<PostgresVersion>(POSTGRESQL.word, sink),
        span: item.span(),
    }
}
