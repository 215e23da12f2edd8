//! Whose a row is, as SQL: the way from it to the column with the id of the person, and what conditions ask of it.
//!
//! Ids come as texts, for they have another type in another database. They are compared as what they are.

use std::fmt::Write as _;

use crate::language::database::Database;
use crate::language::database::table::Table;
use crate::language::erasure;
use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::postgres::{ColumnType, Identifier};
use crate::language::value::time::{DAY, Duration};
use crate::render::postgres::hold;
use crate::render::postgres::quote::{ident, literal, qualified};
use crate::render::postgres::schema::{OWN, TableName};

/// The way from a row to the column that names the person whose it is.
pub struct Way {
    hops: Vec<Hop>,
    /// That column.
    subject: String,
    subject_type: ColumnType,
}

/// One reference that is followed.
struct Hop {
    /// The table that it leads to, by its alias.
    table: String,
    /// What the two rows have in common.
    on: String,
}

impl Way {
    /// All shortest ways from a row of a table, which has this alias in the query.
    pub fn all(database: &Database, table: &Table, alias: &str) -> Vec<Self> {
        let ways = erasure::ways(database, table);
        ways.iter().filter_map(|(through, _)| Self::along(database, table, through, alias)).collect()
    }

    /// The way along these columns.
    pub fn along(database: &Database, table: &Table, through: &[Identifier], alias: &str) -> Option<Self> {
        let (mut table, mut from) = (table, alias.to_owned());
        let mut hops = Vec::new();
        for (at, column) in through.iter().enumerate() {
            let to = &table.column(column)?.references.as_ref()?.to;
            let (key, column) = (ident(to.column.as_str()), ident(column.as_str()));
            table = database.tables.get(&to.table)?;
            let next = format!("{alias}_{}", at + 1);
            hops.push(Hop {
                table: format!("{} as {next}", place(table)),
                on: format!("{next}.{key} = {from}.{column}"),
            });
            from = next;
        }
        let subject = table.subject()?;
        let column = ident(subject.name.as_str());
        Some(Self { hops, subject: format!("{from}.{column}"), subject_type: subject.column_type.clone() })
    }

    /// What follows the table in a query that goes this way.
    pub fn joins(&self) -> String {
        self.hops.iter().map(|Hop { table, on }| format!(" join {table} on {on}")).collect()
    }

    /// That the person at its end has the id that an expression gives as a text.
    pub fn is(&self, person: &str) -> String {
        format!("{} = ({person})::{}", self.subject, id_type(&self.subject_type))
    }

    /// That the person at its end is under a legal hold, asked of a row alone.
    pub fn is_held(&self) -> String {
        let id_type = id_type(&self.subject_type);
        let holds = hold::holds();
        let is_held = format!(
            "{} = any (array(select h.subject::{id_type} from {holds} as h where h.lifted is null))",
            self.subject
        );
        let Some((first, rest)) = self.hops.split_first() else { return is_held };
        let joins: String = rest.iter().map(|Hop { table, on }| format!(" join {table} on {on}")).collect();
        format!("exists (select from {}{joins} where {} and {is_held})", first.table, first.on)
    }

    /// The person's id as the text that stands for it everywhere.
    pub fn person(&self) -> String {
        format!("({})::text", self.subject)
    }
}

/// The type that ids of people have in a database, without a length; none where it has no data of people. It is one in all
/// tables, which has been checked before anything is rendered.
pub fn id_of_people(database: &Database) -> Option<&'static str> {
    database.tables.values().find_map(Table::subject).map(|it| id_type(&it.column_type))
}

/// The text of the function that reads its argument `subject` as an id of this type, and gives it as it is written everywhere.
pub fn reading(id_type: &str) -> String {
    let sentence = format!("%L is no id of a person here, which is of the type {id_type}");
    let refused = raise("TS001", &sentence, &["left(subject, 100)"]);
    format!(
        "
#variable_conflict use_variable
begin
    if subject is null or subject = '' then
        {refused}
    end if;
    return (subject::{id_type})::text;
exception when data_exception then
    {refused}
end
"
    )
}

/// The call of the function that [`reading`] is the text of.
pub fn id_of(argument: &str) -> String {
    format!("{OWN}.{}({argument})", ident(ID_OF))
}

/// The name of that function.
pub const ID_OF: &str = "id_of";

/// The text of the function that says whether any row of any table is that of the person in its argument.
pub fn knowing(database: &Database) -> String {
    let mut tests = String::new();
    for table in database.tables.values() {
        for way in Way::all(database, table, "t") {
            let (joins, is) = (way.joins(), way.is("person"));
            let rows = format!("{} as t{joins} where {is}", place(table));
            let _ =
                writeln!(tests, "    if exists (select from {rows}) then\n        return true;\n    end if;");
        }
    }
    format!("\n#variable_conflict use_variable\nbegin\n{tests}    return false;\nend\n")
}

/// That [`knowing`] knows nobody of this id.
pub fn is_unknown(person: &str) -> String {
    format!("not {OWN}.{}({person})", ident(IS_KNOWN))
}

/// Refuses what is asked of somebody whom no table knows, and none has known since there are erasures.
pub fn refuse_unknown(person: &str) -> String {
    raise("TS008", "no table knows %L, and no erasure of it was ever begun", &[person])
}

/// The name of that function.
pub const IS_KNOWN: &str = "is_known";

/// The type that an id is cast to, without a length: a text that is cut off would be another one.
fn id_type(column_type: &ColumnType) -> &'static str {
    match column_type.base {
        BaseType::VarChar => "text",
        other => other.word(),
    }
}

/// A declared table, with its schema.
pub fn place(table: &Table) -> String {
    qualified(&TableName::of(table))
}

/// A time that is over when a column of this type has an earlier one. What it is compared with is no expression of the row, so an
/// index finds it.
pub fn ago(time: Duration, column_type: &ColumnType) -> String {
    let now = match column_type.base {
        BaseType::TimestampTz => "now()",
        _ => "(now() at time zone 'UTC')",
    };
    format!("{now} - {}", interval(time))
}

/// A span of time as SQL.
pub fn interval(time: Duration) -> String {
    let millis = time.millis();
    match millis.is_multiple_of(DAY) {
        true => format!("interval '{} days'", millis / DAY),
        false => format!("interval '{millis} milliseconds'"),
    }
}

/// The statement that refuses, with a code of its own and one sentence; `%L` and `%s` in it stand for these expressions.
pub fn raise(code: &str, sentence: &str, values: &[&str]) -> String {
    let values: String = values.iter().map(|it| format!(", {it}")).collect();
    format!("raise exception using errcode = '{code}', message = format({}{values});", literal(sentence))
}

/// Refuses a number of rows that is none.
pub fn check_batch() -> String {
    let refused = raise("TS006", "a batch has at least one row", &[]);
    format!("    if batch is null or batch < 1 then\n        {refused}\n    end if;\n")
}
