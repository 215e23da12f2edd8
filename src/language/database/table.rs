//! Tables: their columns and keys, who may see their rows and how long they are kept.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::check::{self, Check};
use crate::language::database::column::{self, Column, Reference};
use crate::language::database::declared_type::Types;
use crate::language::database::foreign_key::{self, ForeignKey};
use crate::language::database::index::{self, Index};
use crate::language::database::retain::{self, Retain};
use crate::language::database::row::{self, Members, RowRule};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::reference;
use crate::language::value::postgres::{Identifier, KeyPath, SchemaName};
use crate::language::value::text::Line;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "table",
    Class::Named,
    "A table: its columns and keys, who may see which rows, and how long they are kept.",
)
.arguments(&[Field::required::<Identifier>("name", "What it is called.")])
.properties(&[
    Field::optional::<Identifier>(
        "was",
        "What it was called before, so that its migration renames it. Once that has run everywhere, it can be left out.",
    ),
    Field::default::<SchemaName>(
        "schema",
        "\"public\"",
        "The schema that it is in. No two tables of a database have one name, whatever their schemas.",
    ),
    Field::optional::<Line>("comment", "What whoever looks into the database is told of it."),
])
.children(&[&column::KIND, &PRIMARY_KEY, &index::UNIQUE, &index::INDEX, &foreign_key::KIND, &check::KIND, &row::KIND, &row::MEMBERS, &retain::KIND])
.requires(&["column"])
.most(500);

static PRIMARY_KEY: Kind =
    Kind::new("primary-key", Class::List, "The columns that together tell rows apart, in this order.")
        .rest(Field::required::<Identifier>("column", "A column."))
        .most(index::MOST_COLUMNS);

/// A table as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Table {
    /// What it is called.
    pub name: Identifier,
    /// The schema that it is in.
    pub schema: SchemaName,
    /// What it was called before.
    pub was: Option<Identifier>,
    /// What whoever looks into the database is told of it.
    pub comment: Option<Line>,
    /// Its columns, in the order in which they are written.
    pub columns: Vec<Column>,
    /// The columns that tell rows apart, in their order.
    pub primary_key: Vec<Identifier>,
    /// Sets of columns that no two rows have the same values in together, those of single columns included.
    pub unique: Vec<Spanned<Vec<Identifier>>>,
    /// What finds rows quickly, and keys of some of the rows or of texts in small letters.
    pub indexes: Vec<Index>,
    /// What several columns together refer to.
    pub foreign_keys: Vec<ForeignKey>,
    /// What holds of every row.
    pub checks: Vec<Check>,
    /// Who may see and change which rows.
    pub rows: Vec<RowRule>,
    /// Who the members of a row are.
    pub members: Option<Members>,
    /// How long rows are kept; for ever where there is nothing.
    pub retain: Option<Retain>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl Table {
    /// The column of a name.
    pub fn column(&self, name: &Identifier) -> Option<&Column> {
        self.columns.iter().find(|it| it.name == *name)
    }

    /// The column of a name; one that it does not have is reported, and read as the one that was meant.
    pub fn find_column(&self, written: Spanned<&Identifier>, sink: &mut Diagnostics) -> Option<&Column> {
        self.column(written.value).or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(|it| it.name.as_str()).collect();
            let meant = unknown("column", written, &format!("table `{}`", self.name), &known, sink)?;
            self.column(&meant)
        })
    }

    /// The column with the id of the user whose row it is.
    pub fn owner(&self) -> Option<&Column> {
        self.columns.iter().find(|it| it.owner)
    }

    /// The list of the ids of users who share the row.
    pub fn shared(&self) -> Option<&Column> {
        self.columns.iter().find(|it| it.shared)
    }

    /// The column with the id of the user whose personal data the row holds.
    pub fn subject(&self) -> Option<&Column> {
        self.columns.iter().find(|it| it.subject)
    }

    /// All its foreign keys: those of single columns and those of several.
    pub fn all_foreign_keys(&self) -> impl Iterator<Item = ForeignKey> {
        let of_one = self.columns.iter().filter_map(|column| {
            let Reference { to, on_delete, on_update, span } = column.references.as_ref()?;
            Some(ForeignKey {
                columns: vec![column.name.clone()],
                to: KeyPath { table: to.table.clone(), columns: vec![to.column.clone()] },
                on_delete: *on_delete,
                on_update: *on_update,
                span: *span,
            })
        });
        of_one.chain(self.foreign_keys.iter().cloned())
    }

    /// Whether columns, in whichever order, tell its rows apart, so that others can refer to them.
    pub fn is_key(&self, columns: &[Identifier]) -> bool {
        let is_it =
            |key: &Vec<Identifier>| key.len() == columns.len() && key.iter().all(|it| columns.contains(it));
        is_it(&self.primary_key) || self.unique.iter().any(|it| is_it(&it.value))
    }
}

/// A table of a database; one that it does not have is reported, and read as the one that was meant.
pub fn find<'t>(
    written: Spanned<&Identifier>,
    database: &str,
    tables: &'t BTreeMap<Identifier, Table>,
    sink: &mut Diagnostics,
) -> Option<&'t Table> {
    tables.get(written.value).or_else(|| {
        let known: Vec<&str> = tables.keys().map(Identifier::as_str).collect();
        let meant = unknown("table", written, database, &known, sink)?;
        tables.get(&meant)
    })
}

fn unknown(
    kind: &str,
    written: Spanned<&Identifier>,
    place: &str,
    known: &[&str],
    sink: &mut Diagnostics,
) -> Option<Identifier> {
    let typed = Spanned::new(written.value.as_str(), written.span);
    let known = (sink.len() < reference::MOST_GUESSES).then_some(known);
    let (diagnostic, meant) = reference::unknown(kind, typed, &format!(" in {place}"), known);
    sink.report(diagnostic);
    meant.and_then(|it| Identifier::read(it).ok())
}

/// Reads the tables of a database.
pub fn resolve(database: &Item<'_>, types: &Types, sink: &mut Diagnostics) -> BTreeMap<Identifier, Table> {
    let tables = database.children(KIND.word);
    tables.filter_map(|it| resolve_one(it, types, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one(item: &Item<'_>, types: &Types, sink: &mut Diagnostics) -> Option<Table> {
    let name = item.argument::<Identifier>(0, sink);
    let items: Vec<&Item<'_>> = item.children(column::KIND.word).collect();
    let columns: Vec<Column> = items.iter().filter_map(|it| column::resolve(it, types, sink)).collect();
    column::check_among(&columns, item, sink);
    let known: Vec<&str> = columns.iter().map(|it| it.name.as_str()).collect();
    let keys = Keys { item, known: &known };
    let primary_key = keys.primary(&items, sink);
    let find = |it: Spanned<&Identifier>, sink: &mut Diagnostics| keys.find(it, sink);
    let of_rows = index::resolve(item, &index::UNIQUE, &columns, find, sink);
    let (whole, mut indexes): (Vec<Index>, Vec<Index>) = of_rows.into_iter().partition(Index::is_whole);
    let names =
        |it: Index| Spanned::new(it.columns.into_iter().map(|it| it.name).collect::<Vec<_>>(), it.span);
    let mut unique: Vec<Spanned<Vec<Identifier>>> = whole.into_iter().map(names).collect();
    let alone = |it: &Column| Spanned::new(vec![it.name.clone()], it.span);
    unique.extend(columns.iter().filter(|it| it.unique).map(alone));
    unique.sort();
    unique.dedup_by(|later, first| later.value == first.value);
    indexes.extend(index::resolve(item, &index::INDEX, &columns, find, sink));
    let foreign_keys = foreign_key::resolve(item, find, sink);
    let checks = check::resolve(item, &columns, sink);
    let rows = row::resolve(item, sink);
    for through in rows.iter().filter_map(|it| it.through.as_ref()) {
        keys.find(through.as_ref(), sink);
    }
    let members = row::resolve_members(item, sink);
    let retain = retain::resolve(item, &columns, |it, sink| keys.find(it, sink), sink);
    report_marks(item, &items, sink);
    let was = item.property::<Identifier>("was", sink).map(|it| it.value);
    Some(Table {
        name: name?.value,
        schema: item.property_or_default::<SchemaName>("schema", sink),
        was,
        comment: item.property::<Line>("comment", sink).map(|it| it.value),
        columns,
        primary_key,
        unique,
        indexes,
        foreign_keys,
        checks,
        rows,
        members,
        retain,
        span: item.span(),
    })
}

/// Reports names of before that something still has.
pub fn check_names_before(tables: &BTreeMap<Identifier, Table>, sink: &mut Diagnostics) {
    let mut refuse = |was: &Identifier, name: &Identifier, span: Span, other: Span| {
        let message = format!("`{name}` was `{was}`, and there is a `{was}` still");
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, span, message)
                .related(other, "declared here")
                .help("leave `was` out, or the other one: a name is given on, not kept"),
        );
    };
    for table in tables.values() {
        if let Some((was, other)) = table.was.as_ref().and_then(|it| Some((it, tables.get(it)?))) {
            refuse(was, &table.name, table.span, other.span);
        }
        for column in &table.columns {
            if let Some((was, other)) = column.was.as_ref().and_then(|it| Some((it, table.column(it)?))) {
                refuse(was, &column.name, column.span, other.span);
            }
        }
    }
}

/// Reports what no table goes without, and marks that only one column can have.
fn report_marks(item: &Item<'_>, columns: &[&Item<'_>], sink: &mut Diagnostics) {
    let is_keyed =
        item.child(PRIMARY_KEY.word).is_some() || columns.iter().any(|it| it.entry("primary-key").is_some());
    if !is_keyed && !columns.is_empty() {
        let message = format!("nothing tells the rows of {} apart", item.described());
        sink.report(
            Diagnostic::new(Code::NoPrimaryKey, item.span(), message)
                .help("mark a column `primary-key=#true`, or name several as `primary-key \"a\" \"b\"`"),
        );
    }
    if item.child(row::KIND.word).is_none() {
        let message = format!("{} says of nobody that they see its rows", item.described());
        sink.report(
            Diagnostic::new(Code::NoRows, item.span(), message).help(
                "write who does, as in `rows read=\"owner\" write=\"owner\"`, or `rows read=\"nobody\"`",
            ),
        );
    }
    for mark in ["owner", "shared", "subject"] {
        let is_marked = |it: &&&Item<'_>| {
            it.property::<bool>(mark, &mut Diagnostics::default()).is_some_and(|it| it.value)
        };
        let mut marked = columns.iter().filter(is_marked);
        if let (Some(first), Some(second)) = (marked.next(), marked.next()) {
            let message = format!("two columns of {} are marked `{mark}`", item.described());
            sink.report(
                Diagnostic::new(Code::ColumnMark, second.span(), message)
                    .related(first.span(), "the other one")
                    .help("a condition asks one column: leave the mark at one of them"),
            );
        }
    }
}

/// Looks columns up in their table.
struct Keys<'i, 'a> {
    item: &'i Item<'a>,
    known: &'i [&'i str],
}

impl Keys<'_, '_> {
    /// A column that is there; one that is not is reported, and read as the one that was meant.
    fn find(&self, written: Spanned<&Identifier>, sink: &mut Diagnostics) -> Option<Identifier> {
        if self.known.contains(&written.value.as_str()) {
            return Some(written.value.clone());
        }
        unknown("column", written, &self.item.described(), self.known, sink)
    }

    fn primary(&self, columns: &[&Item<'_>], sink: &mut Diagnostics) -> Vec<Identifier> {
        let marked = columns.iter().filter_map(|it| {
            let mark = it.property::<bool>("primary-key", &mut Diagnostics::default())?;
            let name = it.argument::<Identifier>(0, &mut Diagnostics::default())?;
            mark.value.then(|| Spanned::new(name.value, mark.span))
        });
        let marked: Vec<Spanned<Identifier>> = marked.collect();
        let listed = self.item.child(PRIMARY_KEY.word);
        let mut repeated = marked.iter().skip(usize::from(listed.is_none()));
        if let Some(second) = repeated.next() {
            let message = format!("{} has two primary keys", self.item.described());
            let first = listed.map_or_else(|| marked[0].span, Item::span);
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, second.span, message)
                    .related(first, "the other one")
                    .help("columns that tell rows apart together are written as `primary-key \"a\" \"b\"` in the table"),
            );
        }
        match listed {
            Some(listed) => {
                let written = listed.rest::<Identifier>(sink);
                written.iter().filter_map(|it| self.find(it.as_ref(), sink)).collect()
            }
            None => marked.into_iter().map(|it| it.value).take(1).collect(),
        }
    }
}
