//! What in a database is not as declared: the same comparison that migrations are made of, told instead of done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sqlx::postgres::PgConnection;

use crate::database::catalogue::{self, Live};
use crate::database::connection::Error;
use crate::language::database::external::What;
use crate::render::postgres::change::{self, Change};
use crate::render::postgres::schema::{External, Schema, TableName};
use crate::render::postgres::told;

/// Something that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What it is about: ``policy `users_read` of table `users` ``.
    pub about: String,
    /// What is the case, and what is declared.
    pub says: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.about, self.says)
    }
}

/// Holds a database against what is declared of it.
///
/// # Errors
///
/// The server could not be asked.
pub async fn verify(connection: &mut PgConnection, declared: &Schema) -> Result<Vec<Difference>, Error> {
    let live = catalogue::read(connection, declared).await?;
    let declared = catalogue::read_back(connection, declared).await?;
    Ok(between(live, &declared))
}

/// What is not as declared, in the order of what it is about.
pub(in crate::database) fn between(live: Live, declared: &Schema) -> Vec<Difference> {
    let Live { mut schema, mut other, faults } = live;
    for (name, function) in &mut schema.functions {
        let Some(declared) = declared.functions.get(name) else { continue };
        // No catalogue says what a function calls, and what it gives is written in another way.
        function.calls.clone_from(&declared.calls);
        if plain(&function.returns) == plain(&declared.returns) {
            function.returns.clone_from(&declared.returns);
        }
    }
    let mut found: Vec<Difference> =
        faults.into_iter().map(|(about, says)| Difference { about, says }).collect();
    for external in &declared.external {
        if !take(external, &mut schema, &mut other) {
            let about = told_external(external);
            found.push(Difference { about, says: "is missing, and declared as `external`".to_owned() });
        }
    }
    let changes = change::between(&schema, declared);
    let whole: BTreeSet<&TableName> = changes
        .iter()
        .filter_map(|it| match it {
            Change::CreateTable(name, _) | Change::DropTable(name) => Some(name),
            _ => None,
        })
        .collect();
    for change in &changes {
        // Of a table that is missing, or one too many, nothing in it is worth a line.
        if matches!(change, Change::Table(name, _) if whole.contains(name)) {
            continue;
        }
        if let Some((about, says)) = told::told(change, &schema, declared) {
            // What is there under the name, in a form that is not declared here.
            let says = match other.remove(&about) {
                Some(there) => format!("is `{there}`, which is not what is declared"),
                None => says,
            };
            found.push(Difference { about, says });
        }
    }
    found.extend(
        other
            .into_iter()
            .map(|(about, there)| Difference { about, says: format!("is not declared: {there}") }),
    );
    found.sort();
    found.dedup();
    found
}

/// Takes what is external out of what is there; whether it was.
pub(in crate::database) fn take(
    external: &External,
    schema: &mut Schema,
    other: &mut BTreeMap<String, String>,
) -> bool {
    let External { what, name, table } = external;
    let count = other.len();
    let is_listed = match what {
        // Its parts are external with it.
        What::Table => {
            let (of, inside) = (format!(" of table `{name}`"), format!("column `{name}."));
            let foreign = told_of(What::Table, name).replacen("table", "foreign table", 1);
            let was_there = other.remove(&foreign).is_some();
            other.retain(|about, _| !about.ends_with(&of) && !about.starts_with(&inside));
            return schema.tables.remove(&TableName::public(name.as_str())).is_some() || was_there;
        }
        What::Function => {
            let begins = format!("function `{name}(");
            other.retain(|about, _| !about.starts_with(&begins));
            false
        }
        What::Default => {
            let table = table.as_deref().and_then(|it| schema.tables.get_mut(&TableName::public(it)));
            let column = table.and_then(|it| it.columns.iter_mut().find(|it| it.name == *name));
            return column.is_some_and(|it| it.default.take().is_some());
        }
        What::Column | What::Constraint | What::Index => {
            let table = table.as_deref().and_then(|it| schema.tables.get_mut(&TableName::public(it)));
            table.is_some_and(|it| match what {
                What::Column => {
                    let count = it.columns.len();
                    it.columns.retain(|it| it.name != *name);
                    it.columns.len() < count
                }
                What::Constraint => it.constraints.remove(name).is_some(),
                _ => it.indexes.remove(name).is_some(),
            })
        }
        What::MaterializedView | What::Trigger | What::View => false,
    };
    other.remove(&told_external(external));
    is_listed || other.len() < count
}

/// How it is called where it is told.
fn told_external(external: &External) -> String {
    let External { what, name, table } = external;
    match (what, table) {
        (What::Column | What::Default, Some(table)) => told_of(*what, &format!("{table}.{name}")),
        (_, Some(table)) => format!("{} of table `{table}`", told_of(*what, name)),
        (_, None) => told_of(*what, name),
    }
}

fn told_of(what: What, name: &str) -> String {
    let word = match what {
        What::Column => "column",
        What::Constraint => "constraint",
        What::Default => "default of column",
        What::Function => "function",
        What::Index => "index",
        What::MaterializedView => "materialized view",
        What::Table => "table",
        What::Trigger => "trigger or rule",
        What::View => "view",
    };
    // As a table of the schema `public` is written.
    format!("{word} `{name}`")
}

/// What a function gives, however it is written.
fn plain(returns: &str) -> String {
    let lower = returns.to_lowercase().replace("timestamp with time zone", "timestamptz");
    lower.chars().filter(|it| !it.is_whitespace() && *it != '"').collect()
}
