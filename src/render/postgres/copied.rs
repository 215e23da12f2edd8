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

/// The text of the trigger's function. The new column says what both are, unless only the old one was written; what it has got from the
/// old one is never written back, for it may be less.
fn written(from: &Column, to: &Column) -> String {
    let (old, new) = (ident(from.name.as_str()), ident(to.name.as_str()));
    let (up, down) = (converted(&format!("new.{old}"), from, to), converted(&format!("new.{new}"), to, from));
    // Two of these cannot be compared.
    let same = |value: &str, column: &Column| match column.column_type.base {
        BaseType::Json => format!("{value}::text"),
        _ => value.to_owned(),
    };
    let (up_told, new_told) = (same(&up, to), same(&format!("new.{new}"), to));
    let (old_new, old_old) = (same(&format!("new.{old}"), from), same(&format!("old.{old}"), from));
    let was_new = same(&format!("old.{new}"), to);
    format!(
        "
begin
    if tg_op = 'INSERT' and new.{new} is null then
        new.{new} := {up};
    elsif tg_op = 'INSERT' or {new_told} is distinct from {was_new} then
        if {new_told} is distinct from {up_told} then
            new.{old} := {down};
        end if;
    elsif {old_new} is distinct from {old_old} or new.{new} is null then
        new.{new} := {up};
    end if;
    return new;
end
"
    )
}

/// The statement that looks whether all that is there can be written so, before anything else is done: as the role that sees every row.
pub fn look(table: &TableName, copied: &Copied) -> String {
    let Copied { from, to, value, role } = copied;
    let (quoted, told) = (qualified(table), literal(&format!("`{table}.{to}`")));
    let (role, from) = (ident(role), literal(&format!("`{table}.{from}`")));
    format!(
        "do $do$
declare
    why text;
begin
    set local role {role};
    begin
        perform count({value}) from {quoted};
    exception when data_exception or check_violation then
        get stacked diagnostics why = message_text;
        raise exception '% cannot take the place of %: %', {told}, {from}, why
            using hint = 'No row was changed. Mend the rows, or declare a type that holds them.';
    end;
    reset role;
end $do$"
    )
}

/// The statement that fills the rows that are there. Row security holds for the owner of a table as well, so it does that as the role
/// that sees every row. It can be run again, and goes on where it was. What somebody writes meanwhile is filled by the trigger.
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
    while page <= pages loop
        set local role {role};
        set local lock_timeout = '500ms';
        begin
            update {quoted} set {to} = {value}
                where ctid >= format('(%s,0)', page)::tid and ctid < format('(%s,0)', page + {PAGES})::tid
                    and {to} is null and {from} is not null;
            page := page + {PAGES};
        exception when lock_not_available then
            null; -- whoever has a row of these is let pass, and they are tried again
        end;
        commit;
    end loop;
end $do$"
    )
}

/// What stands above it.
pub fn note(table: &TableName) -> String {
    format!(
        "-- rows of {table} are written, {PAGES} pages in a transaction; whoever waits for one of them waits less than a second"
    )
}

/// How many pages are written in one transaction.
const PAGES: u32 = 20;
