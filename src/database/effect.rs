//! What a statement leaves behind that cannot stand in a transaction: by it, one that has run is recognised.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::database::connection::{self, Error};
use crate::render::postgres::lexer;
use crate::render::postgres::quote;
use crate::render::postgres::schema::TableName;

/// An index that is there afterwards, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The name of the index.
    pub index: String,
    /// Its schema; where it is not said, that of the table or the first of the search path.
    schema: Option<String>,
    /// What it is of, where it is there afterwards.
    made: Option<Made>,
}

/// How an index is made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    is_unique: bool,
    table: String,
    /// What stands behind the table.
    how: String,
}

/// What is there before a statement runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing of it: it has to run.
    Nothing,
    /// What it leads to.
    Done,
    /// What a run left that ended on the way.
    Leftover,
    /// Something else of that name.
    Other(String),
}

impl Effect {
    /// What the only statement of a file leads to; `None` where it is none of those that are recognised.
    pub fn of(sql: &str) -> Option<Self> {
        let statements = lexer::statements(sql);
        let [tokens] = statements.as_slice() else { return None };
        let at = tokens.iter().position(|it| it.is("index"))?;
        if !tokens.iter().any(|it| it.is("concurrently")) {
            return None;
        }
        let mut rest = tokens[at + 1..]
            .iter()
            .filter(|it| !["concurrently", "if", "not", "exists"].iter().any(|word| it.is(word)));
        let is_made = tokens[0].is("create");
        if !is_made && !tokens[0].is("drop") {
            return None;
        }
        let first = rest.next().filter(|it| !it.is("on"))?.name()?;
        let mut rest = rest.peekable();
        let (schema, index) = match rest.next_if(|it| it.is(".")) {
            Some(_) => (Some(first), rest.next()?.name()?),
            None => (None, first),
        };
        if !is_made {
            return Some(Self { index, schema, made: None });
        }
        // create index … on schema.table: it lies where the table does.
        let mut rest = rest.skip_while(|it| !it.is("on")).skip(1).filter(|it| !it.is("only")).peekable();
        let first = rest.next()?;
        let (schema, table) = match rest.next_if(|it| it.is(".")) {
            Some(_) => (Some(first.name()?), rest.next()?),
            None => (None, first),
        };
        let last = tokens.last()?;
        let how = sql.get(table.start + table.text.len()..last.start + last.text.len())?.to_owned();
        let made = Made { is_unique: tokens[1].is("unique"), table: table.name()?, how };
        Some(Self { index, schema, made: Some(made) })
    }

    /// The statement that takes a leftover away.
    pub fn undone(&self) -> String {
        let name = match &self.schema {
            Some(schema) => {
                quote::qualified(&TableName { schema: schema.clone(), table: self.index.clone() })
            }
            None => quote::ident(&self.index),
        };
        format!("drop index concurrently if exists {name}")
    }
}

/// Looks for what a statement leads to.
///
/// # Errors
///
/// The server could not be asked.
pub async fn found(connection: &mut PgConnection, effect: &Effect) -> Result<Found, Error> {
    let place = "coalesce(to_regnamespace(quote_ident($2)), to_regnamespace(quote_ident(current_schema())))";
    let there = definition(connection, effect, place).await?;
    Ok(match (there, &effect.made) {
        (None, None) => Found::Done,
        (None, Some(_)) | (Some(_), None) => Found::Nothing,
        (Some(There { is_valid: false, .. }), Some(_)) => Found::Leftover,
        (Some(there), Some(made)) => match meant(connection, effect, made).await? {
            Some(meant) if meant.of == there.of && meant.how == there.how => Found::Done,
            _ => Found::Other(there.definition),
        },
    })
}

/// An index that is there.
struct There {
    is_valid: bool,
    /// The table, and whether it tells rows apart.
    of: (String, bool),
    /// What else it is, in the words of PostgreSQL.
    how: String,
    definition: String,
}

const LOOKING: &str = "could not look for an index";

/// The index of that name in a schema, which is an expression over the name of one.
async fn definition(
    connection: &mut PgConnection,
    effect: &Effect,
    place: &str,
) -> Result<Option<There>, Error> {
    let query = format!(
        "select i.indisvalid, t.relname::text, i.indisunique, pg_get_indexdef(i.indexrelid), \
        substr(pg_get_indexdef(i.indexrelid), length(format('CREATE %sINDEX %I ON %I.%I ', case when i.indisunique then 'UNIQUE ' else '' end, c.relname, case n.oid when pg_my_temp_schema() then 'pg_temp' else n.nspname end, t.relname))) \
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace \
        where c.relname = $1 and c.relnamespace = {place}"
    );
    let row: Option<(bool, String, bool, String, String)> = sqlx::query_as(AssertSqlSafe(query))
        .bind(&effect.index)
        .bind(effect.schema.as_deref())
        .fetch_optional(connection)
        .await
        .map_err(|it| Error::failed(LOOKING, &it))?;
    Ok(row.map(|(is_valid, table, is_unique, definition, how)| There {
        is_valid,
        of: (table, is_unique),
        how,
        definition,
    }))
}

/// The index that a statement makes, as PostgreSQL reads it: on a temporary table like the one that is meant, in a transaction
/// that is taken back. Nothing where it cannot be made.
async fn meant(connection: &mut PgConnection, effect: &Effect, made: &Made) -> Result<Option<There>, Error> {
    let Made { is_unique, table, how } = made;
    let like = match &effect.schema {
        Some(schema) => quote::qualified(&TableName { schema: schema.clone(), table: table.clone() }),
        None => quote::ident(table),
    };
    let table = quote::ident(table);
    let unique = if *is_unique { "unique " } else { "" };
    let index = quote::ident(&effect.index);
    let make = format!(
        "create temp table {table} (like {like}); create {unique}index {index} on pg_temp.{table} {how}"
    );
    connection::run(connection, "begin").await?;
    let is_made = connection::run(connection, &make).await;
    let meant = match &is_made {
        Ok(()) => {
            definition(connection, effect, "pg_my_temp_schema() and $2::text is not distinct from $2").await
        }
        Err(_) => Ok(None),
    };
    connection::run(connection, "rollback").await?;
    match is_made {
        Err(error) if error.is_lost() => Err(error),
        _ => meant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_index_is_of_is_read_out_of_its_statement() {
        let made = Effect::of(
            "-- no-transaction\n-- ShareUpdateExclusiveLock on users\ncreate unique index concurrently \"users_email_key\" on public.\"users\" (\"email\");\n",
        );
        let made = made.expect("it is recognised");
        assert_eq!((made.index.as_str(), made.schema.as_deref()), ("users_email_key", Some("public")));
        let of = |made: Option<Effect>| {
            made.and_then(|it| it.made).map(|it| (it.is_unique, it.table, it.how)).expect("it is made")
        };
        assert_eq!(of(Some(made)), (true, "users".to_owned(), " (\"email\")".to_owned()));
        let partial =
            Effect::of("create index concurrently if not exists a on only B using gin (c) where d > -1;");
        assert_eq!(of(partial), (false, "b".to_owned(), " using gin (c) where d > -1".to_owned()));
    }

    #[test]
    fn what_is_no_index_is_not_recognised() {
        for sql in [
            "vacuum users",
            "create index a on b (c)",
            "create index concurrently a on b (c); select 1",
            "create index concurrently on b (c)",
            "reindex index concurrently a",
        ] {
            assert_eq!(Effect::of(sql), None, "{sql}");
        }
        let dropped =
            Effect::of("drop index concurrently if exists public.\"a b\"").expect("it is recognised");
        assert_eq!((dropped.index.as_str(), dropped.made), ("a b", None));
    }
}
