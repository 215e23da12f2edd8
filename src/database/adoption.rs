//! Whether a database that has been there is the one that was adopted, so that the migration that would make it need not run.

use sqlx::postgres::PgConnection;

use crate::database::catalogue;
use crate::database::connection::Error;
use crate::render::postgres::difference::{self, Difference, Live};
use crate::render::postgres::history::Baseline;
use crate::render::postgres::schema::OWN;
use crate::render::postgres::subject::{Kind, Subject};

/// How many of the tables that were adopted are there, whatever they are like.
///
/// # Errors
///
/// The server could not be asked.
pub async fn count(connection: &mut PgConnection, baseline: &Baseline) -> Result<usize, Error> {
    let names = || baseline.schema.tables.keys();
    let schemas: Vec<&str> = names().map(|it| it.schema.as_str()).collect();
    let tables: Vec<&str> = names().map(|it| it.table.as_str()).collect();
    let count: i64 = sqlx::query_scalar(
        "select count(*) from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f') and (n.nspname::text, c.relname::text) in (select * from unnest($1::text[], $2::text[]))",
    )
    .bind(schemas)
    .bind(tables)
    .fetch_one(connection)
    .await
    .map_err(|it| Error::failed("could not look for tables", &it))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Holds a database against what was adopted. What was beside it is of no account, and what is said of tables and columns neither.
///
/// # Errors
///
/// The server could not be asked.
pub async fn verify(connection: &mut PgConnection, baseline: &Baseline) -> Result<Vec<Difference>, Error> {
    let Live { mut schema, mut other, faults: _ } = catalogue::read(connection, &baseline.schema).await?;
    let mut adopted = catalogue::read_back(connection, &baseline.schema).await?;
    for external in &baseline.beside {
        difference::take(external, &mut schema, &mut other);
    }
    schema.tables.retain(|name, _| name.schema != OWN);
    schema.types.retain(|name, _| adopted.types.contains_key(name));
    for table in schema.tables.values_mut().chain(adopted.tables.values_mut()) {
        table.comment = None;
        table.columns.iter_mut().for_each(|it| it.comment = None);
    }
    // What came meanwhile, and belongs to no table that was adopted, is somebody's own.
    other.retain(|about, _| match about {
        Subject::Part(kind, table, _) => *kind != Kind::Trigger && adopted.tables.contains_key(table),
        Subject::Whole(..) | Subject::Relation(..) => false,
    });
    Ok(difference::between(Live { schema, other, faults: Vec::new() }, &adopted))
}
