//! Columns that take the place of others: two columns with the same values, as long as both are declared.
//!
//! A trigger writes what is written to one of them into the other, so that services of the old version and of the new one see the same.
//! The rows that are there are filled by the migration that adds the column, page by page, each a transaction of its own; once they are, it
//! always has a value where the other one has. When the old column is no longer declared, the trigger goes with it.

use crate::language::database::Database;
use crate::language::database::column::Column;
use crate::language::value::postgres::column_type::BaseType;
use crate::render::postgres::cast::{self, Cast};
use crate::render::postgres::own;
use crate::render::postgres::quote::{ident, joined, literal, qualified};
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{Copied, Schema, TableName, Volatility};

/// Puts the triggers and their functions into a schema whose tables are there.
pub fn add(database: &Database, roles: &Roles, schema: &mut Schema) {
    for table in database.tables.values() {
        for column in &table.columns {
            let Some(from) = column.from.as_ref().and_then(|it| table.column(it)) else { continue };
            let name = joined(&["copy", table.name.as_str(), column.name.as_str()]);
            let body = written(from, column);
            let function = own::function(roles, &[], "trigger", Volatility::Volatile, body);
            schema.functions.insert(name.clone(), function);
            let copied = Copied {
                from: from.name.to_string(),
                to: column.name.to_string(),
                value: converted(&ident(from.name.as_str()), from, column),
                role: roles.maintenance.clone(),
            };
            if let Some(into) = schema.tables.get_mut(&TableName::of(table)) {
                into.copies.insert(name, copied);
            }
        }
    }
}

/// A value of one column as one of another.
fn converted(value: &str, from: &Column, to: &Column) -> String {
    let (is, becomes) = (from.column_type.sql(), to.column_type.sql());
    match cast::between(&is, &becomes) {
        _ if is == becomes => value.to_owned(),
        _ if from.column_type.base == BaseType::Boolean && to.column_type.is_integer() => {
            format!("{value}::integer::{becomes}")
        }
        _ if from.column_type.is_integer() && to.column_type.base == BaseType::Boolean => {
            format!("({value} <> 0)")
        }
        // What PostgreSQL does not turn into the other by itself it reads from how it writes it.
        Cast::Missing => format!("{value}::text::{becomes}"),
        Cast::Free | Cast::Rewrites | Cast::Loses => format!("{value}::{becomes}"),
    }
}

/// The text of the trigger's function. Of a new row the new column says what both are, unless only the old one was written; one that
/// has a default may not have been.
fn written(from: &Column, to: &Column) -> String {
    let (old, new) = (ident(from.name.as_str()), ident(to.name.as_str()));
    let (up, down) = (converted(&format!("new.{old}"), from, to), converted(&format!("new.{new}"), to, from));
    let only_new = match from.default {
        None => format!("elsif new.{old} is null then"),
        Some(_) => "else".to_owned(),
    };
    format!(
        "
begin
    if tg_op = 'INSERT' then
        if new.{new} is null then
            new.{new} := {up};
        {only_new}
            new.{old} := {down};
        end if;
    elsif new.{new} is distinct from old.{new} then
        if new.{old} is not distinct from old.{old} then
            new.{old} := {down};
        end if;
    elsif new.{old} is distinct from old.{old} then
        new.{new} := {up};
    end if;
    return new;
end
"
    )
}

/// The statement that fills the rows that are there. Row security holds for the owner of a table as well, so it does that as the role
/// that sees every row. It can be run again, and goes on where it was.
pub fn fill(table: &TableName, copied: &Copied) -> String {
    let Copied { from, to, value, role } = copied;
    let (quoted, from, to) = (qualified(table), ident(from), ident(to));
    let (regclass, role) = (literal(&quoted), ident(role));
    format!(
        "do $do$
declare
    page bigint := 0;
    pages bigint := pg_catalog.pg_relation_size({regclass}::regclass) / pg_catalog.current_setting('block_size')::bigint;
begin
    set role {role};
    while page <= pages loop
        update {quoted} set {to} = {value}
            where ctid >= format('(%s,0)', page)::tid and ctid < format('(%s,0)', page + {PAGES})::tid
                and {to} is null and {from} is not null;
        commit;
        page := page + {PAGES};
    end loop;
    reset role;
end $do$"
    )
}

/// What stands above it.
pub fn note(table: &TableName) -> String {
    format!(
        "-- rows of {table} are written, {PAGES} pages in a transaction; a row that somebody else writes is waited for"
    )
}

/// How many pages are written in one transaction.
const PAGES: u32 = 200;
