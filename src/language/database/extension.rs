//! The `extension` of a database: what PostgreSQL brings along and has to be made in each database.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "extension",
    Class::Named,
    "An extension that migrations of your own use. It is made where it is missing and stays when it is no longer declared, for \
     nobody knows what uses it. Those are known that come with PostgreSQL and that it trusts in anybody's hands.",
)
.arguments(&[Field::required::<Extension>("name", "What PostgreSQL calls it.")])
.most(20);

/// An extension that comes with PostgreSQL, and that whoever may make tables may make (`trusted`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extension {
    /// Indexes of the kind `gin` on single values.
    BtreeGin,
    /// Indexes of the kind `gist` on single values.
    BtreeGist,
    /// Texts whose letters are compared as if all were small.
    Citext,
    /// Cubes of several dimensions.
    Cube,
    /// A dictionary of numbers for searches in text.
    DictInt,
    /// How alike words sound.
    Fuzzystrmatch,
    /// Keys and values in one column.
    Hstore,
    /// More of lists of whole numbers.
    Intarray,
    /// Numbers of products and books.
    Isn,
    /// Large objects that go with their rows.
    Lo,
    /// Places in a tree.
    Ltree,
    /// How alike texts are.
    PgTrgm,
    /// Digests and encryption.
    Pgcrypto,
    /// Spans of numbers.
    Seg,
    /// Tables turned around.
    Tablefunc,
    /// A notice of every change.
    Tcn,
    /// A sample of so many rows.
    TsmSystemRows,
    /// A sample of so much time.
    TsmSystemTime,
    /// Letters without accents.
    Unaccent,
    /// More ways to make a uuid.
    UuidOssp,
}

words! {
    Extension: "extension",
    BtreeGin = "btree_gin",
    BtreeGist = "btree_gist",
    Citext = "citext",
    Cube = "cube",
    DictInt = "dict_int",
    Fuzzystrmatch = "fuzzystrmatch",
    Hstore = "hstore",
    Intarray = "intarray",
    Isn = "isn",
    Lo = "lo",
    Ltree = "ltree",
    PgTrgm = "pg_trgm",
    Pgcrypto = "pgcrypto",
    Seg = "seg",
    Tablefunc = "tablefunc",
    Tcn = "tcn",
    TsmSystemRows = "tsm_system_rows",
    TsmSystemTime = "tsm_system_time",
    Unaccent = "unaccent",
    UuidOssp = "uuid-ossp",
}

/// Reads the extensions of a database, and where each is declared.
pub fn resolve(database: &Item<'_>, sink: &mut Diagnostics) -> BTreeMap<Extension, Span> {
    let extensions = database.children(KIND.word);
    extensions.filter_map(|it| Some((it.argument::<Extension>(0, sink)?.value, it.span()))).collect()
}
