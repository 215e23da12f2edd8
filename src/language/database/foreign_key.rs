//! Foreign keys: which rows others have to be there for. That of one column stands at it, as `references=`; one of several stands in the
//! table.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::database::index::MOST_COLUMNS;
use crate::language::database::table::Table;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::{Identifier, KeyPath};
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "foreign-key",
    Class::Edge,
    "Several columns that together have the values of a key of another table, which PostgreSQL sees to. That of a single column stands at \
     the column, as `references`. A row in which any of them is without a value refers to nothing.",
)
.arguments(&COLUMNS)
.properties(&[
    Field::required::<KeyPath>("references", "The table with the columns of its key, in the same order."),
    ON_DELETE,
    ON_UPDATE,
])
.most(32);

const COLUMNS: [Field; MOST_COLUMNS] = {
    let mut columns = [Field::optional::<Identifier>("column", "Another column."); MOST_COLUMNS];
    columns[0] = Field::required::<Identifier>("column", "A column.");
    columns[1] = Field::required::<Identifier>("column", "Another column.");
    columns
};

/// What is written at a column or at a key of several.
pub const ON_DELETE: Field = Field::optional::<Action>(
    "on-delete",
    "What becomes of the row when the one that it refers to is deleted; that is refused where this is not written.",
);

/// What is written at a column or at a key of several.
pub const ON_UPDATE: Field = Field::optional::<Action>(
    "on-update",
    "What becomes of the row when the values that it refers to change; that is refused where this is not written.",
);

/// What becomes of a row when the one that it refers to is deleted or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It goes along: it is deleted as well, or changes as well.
    Cascade,
    /// It stays and refers to nothing.
    SetNull,
    /// The other one may not, even if this one would be gone at the end of the transaction.
    Restrict,
}

words! { Action: "way to follow", Cascade = "cascade", SetNull = "set-null", Restrict = "restrict" }

/// What columns refer to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ForeignKey {
    /// The columns, in their order.
    pub columns: Vec<Identifier>,
    /// The key: as many columns, in the same order.
    pub to: KeyPath,
    /// What becomes of the row when the one that it refers to is deleted; that is refused where there is none.
    pub on_delete: Option<Action>,
    /// What becomes of it when that one changes; refused where there is none.
    pub on_update: Option<Action>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl ForeignKey {
    /// Whether rows are deleted along with those that they refer to.
    pub fn cascades(&self) -> bool {
        self.on_delete == Some(Action::Cascade)
    }

    /// Whether a row is in the way of deleting the one that it refers to.
    pub fn is_kept(&self) -> bool {
        matches!(self.on_delete, None | Some(Action::Restrict))
    }

    /// How it is written in a sentence.
    pub fn of(&self, table: &Table) -> String {
        KeyPath { table: table.name.clone(), columns: self.columns.clone() }.to_string()
    }
}

/// Reads the keys of several columns. `find` looks a column up in their table.
pub fn resolve(
    table: &Item<'_>,
    find: impl Fn(Spanned<&Identifier>, &mut Diagnostics) -> Option<Identifier>,
    sink: &mut Diagnostics,
) -> Vec<ForeignKey> {
    let keys = table.children(KIND.word).filter_map(|item| {
        let count = item.entries(0).count().min(MOST_COLUMNS);
        let written: Vec<_> = (0..count).filter_map(|at| item.argument::<Identifier>(at, sink)).collect();
        let columns: Vec<Identifier> = written.iter().filter_map(|it| find(it.as_ref(), sink)).collect();
        let to = item.property::<KeyPath>("references", sink);
        let [on_delete, on_update] =
            ["on-delete", "on-update"].map(|it| Some(item.property::<Action>(it, sink)?.value));
        // What was refused has been reported, and is no key.
        let key = ForeignKey { to: to?.value, columns, on_delete, on_update, span: item.span() };
        (key.columns.len() == count).then_some(key)
    });
    keys.collect()
}
