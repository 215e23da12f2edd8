//! Keys: what tells rows apart, and what refers to what.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::language::database::column::{Column, Erase, OnDelete, Reference};
use crate::language::database::table::Table;
use crate::language::value::postgres::Identifier;
use crate::source::Span;

/// What refers to the tables of a database, by table.
#[derive(Debug)]
pub struct References<'d>(BTreeMap<&'d Identifier, Vec<(&'d Table, &'d Column)>>);

impl<'d> References<'d> {
    /// Turns all references of a database around.
    pub fn of(database: &'d Database) -> Self {
        let mut references: BTreeMap<&Identifier, Vec<(&Table, &Column)>> = BTreeMap::new();
        for table in database.tables.values() {
            for column in &table.columns {
                if let Some(reference) = &column.references {
                    references.entry(&reference.to.table).or_default().push((table, column));
                }
            }
        }
        Self(references)
    }

    /// The columns that refer to a table, each with the table it is in.
    pub fn to(&self, table: &Identifier) -> &[(&'d Table, &'d Column)] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }
}

/// Checks the keys and references of all tables of a database.
pub fn check(database: &Database, sink: &mut Diagnostics) {
    for table in database.tables.values() {
        check_keys(table, sink);
        check_erased(table, sink);
        for column in &table.columns {
            if let Some(reference) = &column.references {
                check_reference(database, table, column, reference, sink);
            }
        }
    }
    check_cycles(database, sink);
}

/// Reports columns by which rows cannot be told apart or found.
fn check_keys(table: &Table, sink: &mut Diagnostics) {
    let mut seen: BTreeSet<&Identifier> = BTreeSet::new();
    let keys = table.unique.iter().map(|it| ("a key", it.value.iter().collect()));
    let indexes = table.indexes.iter().map(|it| {
        let what = if it.unique { "a key" } else { "an index" };
        (what, it.columns.iter().map(|it| &it.name).collect())
    });
    let primary = std::iter::once(("the primary key", table.primary_key.iter().collect()));
    let all: Vec<(&str, Vec<&Identifier>)> = primary.chain(keys).chain(indexes).collect();
    for (what, columns) in all {
        for column in columns.into_iter().filter_map(|it| table.column(it)) {
            let name = &column.name;
            let is_primary = what == "the primary key";
            let (message, help) = if is_primary && column.nullable {
                let help = "leave `nullable` out: what tells rows apart is always there";
                (format!("`{name}` is a part of {what} and may be without a value"), help)
            } else if column.encrypted && column.unique {
                // That the marks of the column contradict each other has been reported.
                continue;
            } else if column.encrypted {
                let help = "nothing can be found by a value that is encrypted: take one of the two away";
                (format!("`{name}` is a part of {what} and encrypted"), help)
            } else if !column.column_type.is_comparable() {
                let help =
                    "values of `json` cannot be compared: write `jsonb`, or leave the column out of it";
                (format!("`{name}` is a part of {what} and `{}`", column.column_type), help)
            } else {
                continue;
            };
            if seen.insert(name) {
                sink.report(Diagnostic::new(Code::KeyColumn, column.span, message).help(help));
            }
        }
    }
}

/// Reports keys that rows collide in once their people are erased, because the same is left of each.
fn check_erased(table: &Table, sink: &mut Diagnostics) {
    let whole = table.unique.iter().map(|it| (it.value.iter().collect::<Vec<_>>(), it.span));
    // What is erased may well be no row of an index that is of some rows.
    let lower = table.indexes.iter().filter(|it| it.unique && it.only.is_none());
    let lower = lower.map(|it| (it.columns.iter().map(|it| &it.name).collect(), it.span));
    for (key, span) in whole.chain(lower) {
        let columns: Vec<&Column> = key.iter().filter_map(|it| table.column(it)).collect();
        // That the marks of one column contradict each other has been reported.
        let is_own = matches!(columns.as_slice(), [only] if only.unique);
        let left = |it: &&Column| it.erase.as_ref().map(|it| it.value == Erase::Null);
        let same = columns.iter().copied().find(|it| left(it) == Some(false));
        let Some(same) = same.filter(|_| !is_own && !columns.iter().any(|it| left(it) == Some(true))) else {
            continue;
        };
        // What stays tells them apart all the same, if it holds a key of its own.
        let rest: Vec<&Identifier> =
            columns.iter().filter(|it| it.erase.is_none()).map(|it| &it.name).collect();
        let is_apart = |key: &[Identifier]| !key.is_empty() && key.iter().all(|it| rest.contains(&it));
        if is_apart(&table.primary_key) || table.unique.iter().any(|it| is_apart(&it.value)) {
            continue;
        }
        let listed =
            |of: &[&Identifier]| of.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let message = match rest.is_empty() {
            true => format!("no two rows have the same {}, and every erased one would", listed(&key)),
            false => format!(
                "no two rows have the same {}, and erased ones of the same {} would",
                listed(&key),
                listed(&rest)
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::ColumnValue, span, message);
        if let Some(erase) = &same.erase {
            diagnostic = diagnostic.related(erase.span, "what is left of every one of them");
        }
        sink.report(diagnostic.help(format!(
            "write `erase=\"null\"` at `{}`, and `nullable=#true`: without a value, rows do not collide",
            same.name
        )));
    }
}

fn check_reference(
    database: &Database,
    table: &Table,
    column: &Column,
    reference: &Reference,
    sink: &mut Diagnostics,
) {
    let Reference { to, on_delete, span } = reference;
    let Some((other, key)) = database.find_path(to, *span, sink) else { return };
    let is_itself = other.name == table.name && key.name == column.name;
    if is_itself || !other.is_key(&key.name) {
        let message = match is_itself {
            true => format!("`{to}` refers to itself"),
            false => format!("several rows of `{}` may have the same `{}`", other.name, key.name),
        };
        sink.report(
            Diagnostic::new(Code::ReferenceNotKey, *span, message).related(key.span, "declared here").help(
                "a row refers to one other: name its primary key, or mark the column there `unique=#true`",
            ),
        );
    } else if !column.column_type.matches(key.column_type) {
        let message = format!(
            "`{}.{}` is `{}`, and `{to}`, which it refers to, is `{}`",
            table.name, column.name, column.column_type, key.column_type
        );
        sink.report(
            Diagnostic::new(Code::ReferenceType, *span, message).related(key.span, "declared here").help(
                format!(
                    "give both the same type, as in `column \"{}\" \"{}\"`",
                    column.name, key.column_type
                ),
            ),
        );
    }
    let is_bound = !column.nullable || table.primary_key.contains(&column.name);
    if *on_delete == Some(OnDelete::SetNull) && is_bound {
        let message =
            format!("`{}` always has a value, and would lose it with the row that it refers to", column.name);
        sink.report(
            Diagnostic::new(Code::SetNull, column.span, message)
                .help("let it be without one by `nullable=#true`, or write `on-delete=\"cascade\"`"),
        );
    }
}

/// Reports tables that refer to each other in a circle of which no row can ever be deleted. A table that refers to itself is
/// none: rows that nothing refers to can go first.
fn check_cycles(database: &Database, sink: &mut Diagnostics) {
    let edges = |table: &Table| {
        let references =
            table.columns.iter().filter_map(|column| Some((column, column.references.as_ref()?)));
        let kept = references.filter(|(_, it)| it.on_delete.is_none() && it.to.table != table.name);
        let edges = kept.map(|(column, it)| (column.name.clone(), it.to.table.clone(), it.span));
        edges.collect::<Vec<_>>()
    };
    let edges: BTreeMap<&Identifier, Vec<(Identifier, Identifier, Span)>> =
        database.tables.values().map(|it| (&it.name, edges(it))).collect();
    let mut done: BTreeSet<&Identifier> = BTreeSet::new();
    for start in edges.keys() {
        let mut path: Vec<(&Identifier, usize)> = vec![(start, 0)];
        while let Some((table, next)) = path.last_mut() {
            let Some((column, to, span)) = edges.get(*table).and_then(|it| it.get(*next)) else {
                done.insert(table);
                path.pop();
                continue;
            };
            *next += 1;
            let Some((to, _)) = edges.get_key_value(to).filter(|(it, _)| !done.contains(*it)) else {
                continue;
            };
            match path.iter().position(|(it, _)| it == to) {
                None => path.push((to, 0)),
                Some(at) => {
                    let round: Vec<String> = path[at..].iter().map(|(it, _)| format!("`{it}`")).collect();
                    let message = format!(
                        "{} refer to each other in a circle, and none of their rows can be deleted first",
                        round.join(", ")
                    );
                    sink.report(Diagnostic::new(Code::ReferenceCycle, *span, message).help(format!(
                        "say at one of them what becomes of the row, as in `column \"{column}\" … on-delete=\"cascade\"`"
                    )));
                    // What is in this circle is not in the next one as well: one line opens both.
                    done.extend(path[at..].iter().map(|(it, _)| *it));
                }
            }
        }
    }
}
