//! Retention as functions: rows whose time is over are deleted, some at a time, by whoever calls them.
//!
//! | function | gives |
//! |---|---|
//! | `trackside.retention()` | a row for each table with `retain`: `step`, `table_name`, `function_name`, `due`, `kept` |
//! | `trackside.retain_<table>(batch integer)` | how many rows it has deleted, `bigint` |
//!
//! Call the functions that `retention()` names in the order of `step`, each again until it gives less than `batch`, **each call as a
//! transaction of its own** in `read committed`: what it has deleted is gone when that is committed, and a run that is killed loses the
//! last batch and nothing else. `due` is what would be deleted now, `kept` what stays although its time is over.
//!
//! A call deletes at most `batch` rows of its table, the oldest first, found by the index on the column with the time. What goes
//! along by `on-delete="cascade"` comes on top of that and is not counted. It waits for no other transaction and lets none wait but those
//! that want to change the very rows: one that somebody else has locked is passed over until the next call, so that two runs at once
//! take different rows. Only a legal hold that is just being placed is waited for.
//!
//! What stays although its time is over, and for how long:
//!
//! * a row of which an `obligation` holds: something is still owed. `at-least` is held against `retain` by the checker; a row that would
//!   go along with another is looked at here, and stays until it is that old, or for ever where its table has no `retain`.
//! * a row of a person under a legal hold, whichever way leads to them.
//! * a row that others refer to that forbid its deletion. Their turn is earlier; where they are younger than it, it waits for them.
//! * a row that would take one of these along.
//!
//! | SQLSTATE | when |
//! |---|---|
//! | `TS006` | `batch` is not at least one |
//! | `23503` | a row was referred to while it was being deleted; nothing is deleted, the call can be made again |

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::language::database::Database;
use crate::language::database::foreign_key::Action;
use crate::language::database::key::References;
use crate::language::database::retain::Retain;
use crate::language::database::table::Table;
use crate::language::obligation::Obligation;
use crate::language::value::postgres::Identifier;
use crate::render::postgres::condition;
use crate::render::postgres::person::{self, Way, ago, place};
use crate::render::postgres::quote::{ident, joined, literal, qualified};
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{Schema, TableName, Volatility};
use crate::render::postgres::{hold, own};

/// Puts the functions into a schema.
pub fn add(
    database: &Database,
    obligations: &[&Obligation],
    has_holds: bool,
    roles: &Roles,
    schema: &mut Schema,
) {
    let references = References::of(database);
    let stays = Stays { database, obligations, references, has_holds };
    let mut retained: Vec<(&Table, &Retain)> =
        database.tables.values().filter_map(|it| Some((it, it.retain.as_ref()?))).collect();
    if retained.is_empty() {
        return;
    }
    // Rows that refer to others come first: whatever a table refers to has fewer tables above it.
    retained.sort_by_key(|(table, _)| std::cmp::Reverse(above(database, table)));
    let mut all = String::new();
    for (at, (table, retain)) in retained.iter().enumerate() {
        let Some(of) = OfTable::of(table, retain, &stays) else { continue };
        let name = joined(&["retain", table.name.as_str()]);
        let function = own::function(
            roles,
            &[("batch", "integer")],
            "bigint",
            Volatility::Volatile,
            of.deletion(has_holds),
        );
        own::offer(roles, schema, &name, function);
        let _ = write!(all, "{}", of.count(at + 1, &name));
    }
    let returns =
        "table (step integer, table_name text, function_name text, due bigint, kept bigint)".to_owned();
    let body = format!("\n#variable_conflict use_column\nbegin\n{all}end\n");
    let function = own::function(roles, &[], &returns, Volatility::Stable, body);
    own::offer(roles, schema, "retention", function);
}

/// How many tables a table refers to, directly or by others.
fn above(database: &Database, table: &Table) -> usize {
    let mut seen: BTreeSet<&Identifier> = BTreeSet::new();
    let mut open = vec![table];
    while let Some(table) = open.pop() {
        for key in table.all_foreign_keys() {
            let Some((to, other)) = database.tables.get_key_value(&key.to.table) else { continue };
            if seen.insert(to) {
                open.push(other);
            }
        }
    }
    seen.len()
}

/// A table, and which of its rows are over.
struct OfTable<'d> {
    table: &'d Table,
    /// The column with the time.
    time: String,
    is_over: String,
    /// What keeps a row although it is over.
    stays: Vec<String>,
}

impl<'d> OfTable<'d> {
    fn of(table: &'d Table, retain: &Retain, stays: &Stays<'_>) -> Option<Self> {
        let column = table.column(&retain.after)?;
        let time = format!("t.{}", ident(column.name.as_str()));
        let is_over = format!("{time} < {}", ago(retain.time, &column.column_type));
        let mut room = MOST_EXPANDED;
        let stays = stays.of(table, "t", &[&table.name], &mut room);
        Some(Self { table, time, is_over, stays })
    }

    fn deletion(&self, has_holds: bool) -> String {
        let Self { table, time, is_over, stays } = self;
        let table = place(table);
        let goes: String = stays.iter().map(|it| format!("\n            and ({it}) is not true")).collect();
        let check = person::check_batch();
        let lock = if has_holds { hold::lock() } else { String::new() };
        format!(
            "
#variable_conflict use_variable
declare
    taken tid[];
    deleted bigint;
begin
{check}{lock}    taken := array(
        select t.ctid from {table} as t
        where {is_over}{goes}
        order by {time} limit batch for update of t skip locked
    );
    delete from {table} as t where t.ctid = any (taken);
    get diagnostics deleted = row_count;
    return deleted;
end
"
        )
    }

    fn count(&self, step: usize, function: &str) -> String {
        let Self { table, time: _, is_over, stays } = self;
        let stays = match stays.is_empty() {
            true => "false".to_owned(),
            false => stays.iter().map(|it| format!("({it})")).collect::<Vec<_>>().join(" or "),
        };
        format!(
            "    return query select {step}, {}, {},
        count(*) filter (where it.stays is not true), count(*) filter (where it.stays)
        from (select {stays} as stays from {} as t where {is_over}) as it;\n",
            literal(table.name.as_str()),
            literal(&qualified(&TableName::own(function))),
            place(table),
        )
    }
}

/// How many tables are looked into that would go along with the rows of one. Behind these, that there are such rows is enough for
/// staying.
const MOST_EXPANDED: usize = 64;

/// What keeps rows although their time is over.
struct Stays<'d> {
    database: &'d Database,
    obligations: &'d [&'d Obligation],
    references: References<'d>,
    has_holds: bool,
}

impl Stays<'_> {
    /// The conditions, any of which keeps a row with this alias. `within` are the tables along whose references it was come to.
    fn of(&self, table: &Table, alias: &str, within: &[&Identifier], room: &mut usize) -> Vec<String> {
        let owed = self.obligations.iter().filter(|it| it.table == table.name);
        let mut stays: Vec<String> =
            owed.clone().map(|it| condition::of_alias(&it.predicate, alias)).collect();
        if within.len() > 1 {
            // Of a table by itself, its own `retain` is held against it before anything is rendered.
            stays.extend(owed.filter_map(|it| young(table, it, alias)));
        }
        if self.has_holds {
            stays.extend(Way::all(self.database, table, alias).iter().map(Way::is_held));
        }
        for (child, key) in self.references.to(&table.name) {
            let inner = format!("{alias}_{}", letters(stays.len()));
            let pairs = key.columns.iter().zip(&key.to.columns);
            let pairs: Vec<String> = pairs
                .map(|(own, other)| {
                    format!("{inner}.{} = {alias}.{}", ident(own.as_str()), ident(other.as_str()))
                })
                .collect();
            let there = format!("select from {} as {inner} where {}", place(child), pairs.join(" and "));
            match key.on_delete {
                Some(Action::SetNull) => {}
                // Rows of one table that go along with each other have been looked at.
                Some(Action::Cascade) if within.contains(&&child.name) => {}
                Some(Action::Cascade) if *room > 0 => {
                    *room -= 1;
                    let within: Vec<&Identifier> = within.iter().copied().chain([&child.name]).collect();
                    let keep = self.of(child, &inner, &within, room);
                    if !keep.is_empty() {
                        let keep: Vec<String> = keep.iter().map(|it| format!("({it})")).collect();
                        stays.push(format!("exists ({there} and ({}))", keep.join(" or ")));
                    }
                }
                None | Some(Action::Cascade | Action::Restrict) => stays.push(format!("exists ({there})")),
            }
        }
        stays
    }
}

/// That a row is younger than the law lets it go; that it is, where nothing says how old it is.
fn young(table: &Table, obligation: &Obligation, alias: &str) -> Option<String> {
    let at_least = obligation.at_least?;
    let time = table.retain.as_ref().and_then(|it| table.column(&it.after));
    Some(match time {
        None => "true".to_owned(),
        Some(column) => {
            let name = ident(column.name.as_str());
            format!("({alias}.{name} < {}) is not true", ago(at_least, &column.column_type))
        }
    })
}

/// A number as letters, so that no alias is the name of a way's.
fn letters(number: usize) -> String {
    number.to_string().bytes().map(|it| char::from(it - b'0' + b'a')).collect()
}
