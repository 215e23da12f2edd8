//! Keys: what tells rows apart, and what refers to what.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::language::database::column::{Column, Erase};
use crate::language::database::foreign_key::{Action, ForeignKey};
use crate::language::database::table::Table;
use crate::language::value::postgres::{ColumnPath, Identifier, KeyPath};
use crate::source::Span;

/// What refers to the tables of a database, by table.
#[derive(Debug)]
pub struct References<'d>(BTreeMap<&'d Identifier, Vec<(&'d Table, ForeignKey)>>);

impl<'d> References<'d> {
    /// Turns all references of a database around.
    pub fn of(database: &'d Database) -> Self {
        let mut references: BTreeMap<&Identifier, Vec<(&Table, ForeignKey)>> = BTreeMap::new();
        for table in database.tables.values() {
            for key in table.all_foreign_keys() {
                if let Some((to, _)) = database.tables.get_key_value(&key.to.table) {
                    references.entry(to).or_default().push((table, key));
                }
            }
        }
        Self(references)
    }

    /// The foreign keys that lead to a table, each with the table it is in.
    pub fn to(&self, table: &Identifier) -> &[(&'d Table, ForeignKey)] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }
}

/// Checks the keys and references of all tables of a database.
pub fn check(database: &Database, sink: &mut Diagnostics) {
    for table in database.tables.values() {
        check_keys(table, sink);
        check_erased(table, sink);
        for key in table.all_foreign_keys() {
            check_foreign_key(database, table, &key, sink);
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

fn check_foreign_key(database: &Database, table: &Table, key: &ForeignKey, sink: &mut Diagnostics) {
    let ForeignKey { columns, to, on_delete, on_update, span } = key;
    let mut found = Vec::new();
    for column in &to.columns {
        let path = ColumnPath { table: to.table.clone(), column: column.clone() };
        let Some(it) = database.find_path(&path, *span, to.columns.len() == 1, sink) else { return };
        found.push(it);
    }
    let Some((other, first)) = found.first() else { return };
    let names: Vec<Identifier> = found.iter().map(|(_, it)| it.name.clone()).collect();
    let is_itself = other.name == table.name && names == *columns;
    if names.len() != columns.len() {
        let message = format!("{} columns refer to {}: `{to}`", columns.len(), names.len());
        sink.report(
            Diagnostic::new(Code::ReferenceNotKey, *span, message)
                .related(first.span, "declared here")
                .help("name as many columns there as here, in the same order"),
        );
    } else if is_itself || !other.is_key(&names) {
        let message = match (is_itself, names.as_slice()) {
            (true, _) => format!("`{to}` refers to itself"),
            (false, [only]) => format!("several rows of `{}` may have the same `{only}`", other.name),
            (false, several) => {
                let several: Vec<String> = several.iter().map(|it| format!("`{it}`")).collect();
                format!("several rows of `{}` may have the same {} together", other.name, several.join(", "))
            }
        };
        sink.report(Diagnostic::new(Code::ReferenceNotKey, *span, message).related(first.span, "declared here").help(
            match names.as_slice() {
                [_] => "a row refers to one other: name its primary key, or mark the column there `unique=#true`",
                _ => "a row refers to one other: name all columns of its primary key, or write `unique` with these there",
            },
        ));
    } else {
        for (column, (_, other)) in columns.iter().filter_map(|it| table.column(it)).zip(&found) {
            check_types(table, column, (to, other), *span, sink);
        }
    }
    for action in [on_delete, on_update] {
        let is_bound = |it: &&Column| !it.nullable || table.primary_key.contains(&it.name);
        let bound = columns.iter().filter_map(|it| table.column(it)).find(is_bound);
        if let (Some(Action::SetNull), Some(column)) = (action, bound) {
            let message = format!(
                "`{}` always has a value, and would lose it with the row that it refers to",
                column.name
            );
            let word = if action == on_delete { "on-delete" } else { "on-update" };
            sink.report(
                Diagnostic::new(Code::SetNull, column.span, message).help(format!(
                    "let it be without one by `nullable=#true`, or write `{word}=\"cascade\"`"
                )),
            );
            break;
        }
    }
}

fn check_types(
    table: &Table,
    column: &Column,
    (to, key): (&KeyPath, &Column),
    span: Span,
    sink: &mut Diagnostics,
) {
    if column.column_type.matches(&key.column_type) {
        return;
    }
    let message = format!(
        "`{}.{}` is `{}`, and `{}.{}`, which it refers to, is `{}`",
        table.name, column.name, column.column_type, to.table, key.name, key.column_type
    );
    sink.report(Diagnostic::new(Code::ReferenceType, span, message).related(key.span, "declared here").help(
        format!("give both the same type, as in `column \"{}\" \"{}\"`", column.name, key.column_type),
    ));
}

/// Columns, the table that they refer to, and where they say so.
type Edge = (Vec<Identifier>, Identifier, Span);

/// Reports tables that refer to each other in a circle of which no row can ever be deleted. A table that refers to itself is
/// none: rows that nothing refers to can go first.
fn check_cycles(database: &Database, sink: &mut Diagnostics) {
    let edges = |table: &Table| {
        let kept = table.all_foreign_keys().filter(|it| it.is_kept() && it.to.table != table.name);
        let edges = kept.map(|it| (it.columns, it.to.table, it.span));
        edges.collect::<Vec<_>>()
    };
    let edges: BTreeMap<&Identifier, Vec<Edge>> =
        database.tables.values().map(|it| (&it.name, edges(it))).collect();
    let mut done: BTreeSet<&Identifier> = BTreeSet::new();
    for start in edges.keys() {
        let mut path: Vec<(&Identifier, usize)> = vec![(start, 0)];
        while let Some((table, next)) = path.last_mut() {
            let Some((columns, to, span)) = edges.get(*table).and_then(|it| it.get(*next)) else {
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
                    let columns: Vec<String> = columns.iter().map(|it| format!("\"{it}\"")).collect();
                    let kind = if columns.len() == 1 { "column" } else { "foreign-key" };
                    sink.report(Diagnostic::new(Code::ReferenceCycle, *span, message).help(format!(
                        "say at one of them what becomes of the row, as in `{kind} {} … on-delete=\"cascade\"`",
                        columns.join(" ")
                    )));
                    // What is in this circle is not in the next one as well: one line opens both.
                    done.extend(path[at..].iter().map(|(it, _)| *it));
                }
            }
        }
    }
}
