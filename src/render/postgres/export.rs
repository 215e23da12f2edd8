//! What there is of a person, handed over to them: the rights of access and portability.
//!
//! | function | gives |
//! |---|---|
//! | `trackside.export(subject text)` | lines of JSON, `setof text` |
//! | `trackside.id_of(subject text)` | the id as it is written in the evidence, `text` |
//!
//! The first line says what follows: `{"schema":{"subject":…,"left_out":[…],"tables":[{"table":…,"key":[…],"columns":[{"name":…,
//! "type":…,"personal":…,"encrypted":…}]}]}}`. Then comes one line for each row, `{"table":…,"row":{…}}`: table by table in the order of their
//! names, the rows of each by its primary key. The same rows give the same lines. Times are in UTC.
//!
//! A table's rows are the person's by the way that erasure goes as well: by their own column marked `subject`, or by the nearest one that they
//! refer to. Those of a table from which several ways lead are left out and the table stands in `left_out`: which of them are whose has to be
//! looked at. Values of encrypted columns are as the service has encrypted them.
//!
//! It is one statement and sees one state of the database, however long it takes. A person who is erased, and of whom nothing is left, gets
//! the first line alone. An id that no table knows is refused: an answer about nobody would look like one about somebody.
//!
//! | SQLSTATE | when |
//! |---|---|
//! | `TS001` | the subject is no id of a person |
//! | `TS008` | no table knows the person, and no erasure of them was ever begun |

use std::fmt::Write as _;

use serde_json::json;

use crate::language::database::Database;
use crate::language::database::column::Column;
use crate::language::database::table::Table;
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::expression::Expression;
use crate::render::postgres::erasure::erasures;
use crate::render::postgres::own::{function, offer};
use crate::render::postgres::person::{
    ID_OF, IS_KNOWN, Way, id_of, id_of_people, is_unknown, knowing, place, reading, refuse_unknown,
};
use crate::render::postgres::quote::{ident, literal};
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{Schema, Volatility};

/// Puts the functions into a schema, where there are data of people. `erases` says that there is evidence of erasures beside them.
pub fn add(database: &Database, erases: bool, roles: &Roles, schema: &mut Schema) {
    let Some(id_type) = id_of_people(database) else { return };
    let arguments = [("subject", "text")];
    let read = function(roles, &arguments, "text", Volatility::Stable, reading(id_type));
    offer(roles, schema, ID_OF, read);
    let known = function(roles, &[("person", "text")], "boolean", Volatility::Stable, knowing(database));
    schema.functions.insert(IS_KNOWN.to_owned(), known);
    let export = function(roles, &arguments, "setof text", Volatility::Stable, body(database, erases));
    offer(roles, schema, "export", export);
}

fn body(database: &Database, erases: bool) -> String {
    let (mut tables, mut left_out) = (Vec::new(), Vec::new());
    let mut rows = String::new();
    for table in database.tables.values() {
        let mut ways = Way::all(database, table, "t");
        let Some(way) = ways.pop() else { continue };
        if !ways.is_empty() {
            left_out.push(table.name.as_str());
            continue;
        }
        tables.push(described(table));
        let head = literal(&format!("{{\"table\":{},\"row\":", json!(table.name.as_str())));
        let order: Vec<String> =
            table.primary_key.iter().map(|it| format!("t.{}", ident(it.as_str()))).collect();
        let order = match order.is_empty() {
            true => String::new(),
            false => format!(" order by {}", order.join(", ")),
        };
        // A line ends within a value of `json` only between two of its words, where a space says the same.
        let _ = writeln!(
            rows,
            "    return query select {head} || translate(row_to_json(t.*)::text, e'\\n\\r', '  ') || '}}'
        from {} as t{} where {}{order};",
            place(table),
            way.joins(),
            way.is("person"),
        );
    }
    // One line for each table, so that a change shows where it is.
    let head = format!(",\"left_out\":{},\"tables\":[", json!(left_out));
    let described: Vec<String> = tables.iter().map(|it| literal(&it.to_string())).collect();
    let described = described.join(" || ','\n        || ");
    let (is_unknown, refused) = (is_unknown("person"), refuse_unknown("person"));
    let is_unerased = match erases {
        true => format!(" and not exists (select from {} as e where e.subject = person)", erasures()),
        false => String::new(),
    };
    format!(
        "
#variable_conflict use_variable
declare
    person text := {};
begin
    if {is_unknown}{is_unerased} then
        {refused}
    end if;
    return next '{{\"schema\":{{\"subject\":' || to_json(person)::text || {}
        || {described}
        || ']}}}}';
{rows}end
",
        id_of("subject"),
        literal(&head),
    )
}

fn described(table: &Table) -> serde_json::Value {
    // What is computed tells of a person what the columns tell that it is computed from.
    let is_told = |it: &Column| {
        let asked = it.generated.iter().flat_map(Expression::columns);
        asked.filter_map(|it| table.column(it)).any(|it| it.personal)
    };
    let columns: Vec<serde_json::Value> = table
        .columns
        .iter()
        .map(|it| {
            json!({
                "name": it.name.as_str(),
                "type": it.column_type.to_string(),
                "personal": it.personal || is_told(it),
                "encrypted": it.encrypted,
            })
        })
        .collect();
    let key: Vec<&str> = table.primary_key.iter().map(Identifier::as_str).collect();
    json!({ "table": table.name.as_str(), "key": key, "columns": columns })
}
