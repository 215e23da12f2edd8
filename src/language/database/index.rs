//! The `unique` and `index` of a table: columns that tell rows apart, or by which they are found.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::column::Column;
use crate::language::database::condition::{self, Saying};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::predicate::Predicate;
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table of keys beside the primary one.
pub static UNIQUE: Kind = Kind::new(
    "unique",
    Class::Edge,
    "Columns that no two rows have the same values in together; with `(lower)` before one, not even in other letters.",
)
.arguments(&columns(&["lower"]))
.properties(&[ONLY])
.most(32);

/// The table of indexes.
pub static INDEX: Kind = Kind::new(
    "index",
    Class::Edge,
    "Columns by which rows are found quickly, in this order: `(desc)` before one for the last first, `(lower)` for a text of which \
     small letters are asked for. Keys, and columns that row rules ask for, need none.",
)
.arguments(&columns(&["desc", "lower"]))
.properties(&[ONLY, Field::default::<Method>("method", "\"btree\"", "How it finds.")])
.most(32);

const ONLY: Field = Field::optional::<Predicate>(
    "where",
    "Which rows it is about, as a `check` would say it; all of them where this is not written.",
)
.like("\"cancelled_at is null\"")
.identity();

/// How many columns a key has at most.
pub const MOST_COLUMNS: usize = 8;

const fn columns(annotations: &'static [&'static str]) -> [Field; MOST_COLUMNS] {
    let other = Field::optional::<Identifier>("column", "Another column.").annotations(annotations);
    let mut columns = [other; MOST_COLUMNS];
    columns[0] = Field::required::<Identifier>("column", "A column.").annotations(annotations);
    columns
}

/// How an index finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By order: what is the same, less or more.
    Btree,
    /// By what is in a list or a document.
    Gin,
}

words! { Method: "way to find", Btree = "btree", Gin = "gin" }

/// An index as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Index {
    /// The columns, in their order.
    pub columns: Vec<Part>,
    /// Whether no two of its rows have the same values in them together.
    pub unique: bool,
    /// How it finds.
    pub method: Method,
    /// Which rows it is about, where it is not all of them.
    #[serde(rename = "where")]
    pub only: Option<Predicate>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A column of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Part {
    /// The column.
    pub name: Identifier,
    /// Whether only its small letters count.
    pub lower: bool,
    /// Whether the last comes first.
    pub desc: bool,
}

impl Index {
    /// Whether it is of all rows, and of the columns as they are, so that a key can do the same.
    pub fn is_whole(&self) -> bool {
        self.only.is_none() && self.columns.iter().all(|it| !it.lower)
    }
}

const SAYING: Saying = Saying {
    code: Code::TableCondition,
    never: "no row is ever in this index",
    always: "every row is in this index",
};

/// Reads the keys or indexes of a table with these columns. `find` looks a column up there.
pub fn resolve(
    table: &Item<'_>,
    kind: &'static Kind,
    columns: &[Column],
    find: impl Fn(Spanned<&Identifier>, &mut Diagnostics) -> Option<Identifier>,
    sink: &mut Diagnostics,
) -> Vec<Index> {
    let indexes = table.children(kind.word).map(|item| {
        let only = kind.property(ONLY.word).and_then(|_| item.property::<Predicate>(ONLY.word, sink));
        if let Some(only) = &only {
            condition::check(only.as_ref(), &table.described(), columns, &SAYING, sink);
        }
        let has_method = kind.property("method").is_some();
        let method =
            if has_method { item.property_or_default::<Method>("method", sink) } else { Method::Btree };
        let index = Index {
            columns: parts(item, &find, sink),
            unique: kind.word == UNIQUE.word,
            method,
            only: only.map(|it| it.value),
            span: item.span(),
        };
        check(&index, columns, sink);
        index
    });
    let mut indexes: Vec<Index> = indexes.filter(|it| !it.columns.is_empty()).collect();
    indexes.sort_by(|one, other| one.columns.cmp(&other.columns));
    indexes
}

fn parts(
    item: &Item<'_>,
    find: &impl Fn(Spanned<&Identifier>, &mut Diagnostics) -> Option<Identifier>,
    sink: &mut Diagnostics,
) -> Vec<Part> {
    let mut written: Vec<(Spanned<Identifier>, Option<&str>)> = Vec::new();
    for (at, entry) in item.entries(0).take(MOST_COLUMNS).enumerate() {
        let Some(column) = item.argument::<Identifier>(at, sink) else { continue };
        match written.iter().find(|(it, _)| it.value == column.value) {
            Some((first, _)) => sink.report(
                Diagnostic::new(
                    Code::RepeatedInList,
                    column.span,
                    format!("`{}` is listed twice", column.value),
                )
                .related(first.span, "first listed here")
                .replace(item.node().removal(entry.span()), ""),
            ),
            None => written.push((column, entry.annotation().map(|it| it.value))),
        }
    }
    let parts = written.iter().filter_map(|(column, how)| {
        let name = find(column.as_ref(), sink)?;
        Some(Part { name, lower: *how == Some("lower"), desc: *how == Some("desc") })
    });
    parts.collect()
}

/// Reports columns that cannot be found so.
fn check(index: &Index, columns: &[Column], sink: &mut Diagnostics) {
    for part in &index.columns {
        let Some(column) = columns.iter().find(|it| it.name == part.name) else { continue };
        let Part { name, lower, desc } = part;
        let column_type = &column.column_type;
        let (message, help) = if *lower && !column_type.is_text() {
            (
                format!("`{name}` is `{column_type}`, which has no small letters"),
                "leave `(lower)` out: it is for `text` and `varchar`",
            )
        } else if index.method == Method::Gin && (*lower || *desc) {
            (format!("`{name}` has an order, and `gin` finds by none"), "leave it out, or `method=\"gin\"`")
        } else if index.method == Method::Gin && !column_type.has_elements() {
            (
                format!("`{name}` is `{column_type}`, in which there is nothing to be found"),
                "`gin` is for lists and `jsonb`: leave `method` out",
            )
        } else {
            continue;
        };
        sink.report(
            Diagnostic::new(Code::KeyColumn, index.span, message)
                .related(column.span, "declared here")
                .help(help),
        );
    }
}
