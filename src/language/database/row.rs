//! Row rules: which rows of a table a user may see and change.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::Identifier;
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "rows",
    Class::Edge,
    "Which rows a user may see and change, by what the user is to the row. Several lines add up; reading does not permit \
     writing. Without any line nobody may do anything. PostgreSQL enforces it for every role, the owner of the table \
     included; services with a `caller` of their own are beside it.",
)
.properties(&[
    Field::optional::<Condition>("read", "Who sees the row.").identity(),
    Field::optional::<Condition>("write", "Who adds, changes and deletes it.").identity(),
    Field::optional::<Identifier>(
        "through",
        "A column that refers to another table: the condition is asked of the row that it refers to.",
    )
    .identity(),
])
.most(16);

/// Who the members of a row are.
pub static MEMBERS: Kind = Kind::new(
    "members",
    Class::Single,
    "What `member` means for a row of this table: whoever another table lists for it.",
)
.arguments(&[Field::required::<Identifier>("table", "The table that lists members.")])
.properties(&[
    Field::required::<Identifier>("key", "Its column that refers to the row."),
    Field::required::<Identifier>("user", "Its column with the id of the user."),
]);

/// What a user is to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The user whose id is in the column marked `owner`.
    Owner,
    /// A user whom `members` lists.
    Member,
    /// A user whose id is in the list marked `shared`.
    Shared,
    /// Every user, and nobody who has not said which one.
    Everyone,
    /// No user.
    Nobody,
}

words! {
    Condition: "condition of rows",
    Owner = "owner",
    Member = "member",
    Shared = "shared",
    Everyone = "everyone",
    Nobody = "nobody",
}

/// A row rule as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RowRule {
    /// Who sees the row.
    pub read: Option<Condition>,
    /// Who adds, changes and deletes it.
    pub write: Option<Condition>,
    /// The column that refers to the row of which the conditions are asked; the row itself where there is none.
    pub through: Option<Spanned<Identifier>>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who the members of a row are, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Members {
    /// The table that lists members.
    pub table: Spanned<Identifier>,
    /// Its column that refers to the row.
    pub key: Spanned<Identifier>,
    /// Its column with the id of the user.
    pub user: Spanned<Identifier>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads the row rules of a table.
pub fn resolve(table: &Item<'_>, sink: &mut Diagnostics) -> Vec<RowRule> {
    let rules = table.children(KIND.word).filter_map(|it| {
        let (read, write) = (it.property::<Condition>("read", sink), it.property::<Condition>("write", sink));
        let through = it.property::<Identifier>("through", sink);
        if it.entry("read").is_none() && it.entry("write").is_none() {
            let message = "`rows` says neither who may read nor who may write";
            sink.report(
                Diagnostic::new(Code::MissingField, it.span(), message)
                    .help("write one of them, as in `rows read=\"owner\" write=\"owner\"`"),
            );
            return None;
        }
        let (read, write) = (read.map(|it| it.value), write.map(|it| it.value));
        Some(RowRule { read, write, through, span: it.span() })
    });
    let mut rules: Vec<RowRule> = rules.collect();
    let key = |it: &RowRule| (it.read, it.write, it.through.as_ref().map(|it| it.value.clone()));
    rules.sort_by_key(key);
    rules
}

/// Reads who the members of a row are.
pub fn resolve_members(table: &Item<'_>, sink: &mut Diagnostics) -> Option<Members> {
    let item = table.child(MEMBERS.word)?;
    let table = item.argument::<Identifier>(0, sink);
    let key = item.property::<Identifier>("key", sink);
    let user = item.property::<Identifier>("user", sink);
    Some(Members { table: table?, key: key?, user: user?, span: item.span() })
}
