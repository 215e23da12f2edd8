//! What a statement leaves behind that cannot stand in a transaction: by it, one that has run is recognised.

use sqlx::postgres::PgConnection;

use crate::database::connection::Error;
use crate::render::postgres::lexer::{self, Token, TokenKind};
use crate::render::postgres::quote;
use crate::render::postgres::schema::TableName;

/// An index that is there afterwards, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The name of the index.
    pub index: String,
    /// Its schema; where it is not said, that of the table or the first of the search path.
    schema: Option<String>,
    /// Whether it is there afterwards, and what of: the statement in its plainest form.
    made: Option<String>,
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
        let first = rest.next()?.name()?;
        let mut rest = rest.peekable();
        let (schema, index) = match rest.next_if(|it| it.is(".")) {
            Some(_) => (Some(first), rest.next()?.name()?),
            None => (None, first),
        };
        if !is_made {
            return Some(Self { index, schema, made: None });
        }
        // create index … on schema.table: it lies where the table does.
        let on: Vec<&Token<'_>> =
            rest.skip_while(|it| !it.is("on")).skip(1).filter(|it| !it.is("only")).take(3).collect();
        let schema = match on.as_slice() {
            [schema, dot, _] if dot.is(".") => schema.name(),
            _ => None,
        };
        Some(Self { index, schema, made: Some(plain(tokens)) })
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

/// A statement in the form in which those that mean the same are the same: no quotes, parentheses, casts, schemas, or words that only
/// say how it is done.
fn plain(tokens: &[Token<'_>]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next_is = |symbol: &str| tokens.get(at + 1).is_some_and(|it| it.is(symbol));
        if token.is(":") && next_is(":") {
            at += 3;
            continue;
        }
        if next_is(".") {
            at += 2;
            continue;
        }
        if token.is("using") && tokens.get(at + 1).is_some_and(|it| it.is("btree")) {
            at += 2;
            continue;
        }
        // `if not exists`, and not the `not` of a condition.
        if token.is("if") {
            at += 3;
            continue;
        }
        let is_how = ["concurrently", "asc", "(", ")"].iter().any(|it| token.is(it));
        if !is_how {
            words.push(match token.kind {
                TokenKind::Word | TokenKind::Quoted => token.name().unwrap_or_default(),
                TokenKind::Constant | TokenKind::Symbol => token.text.to_owned(),
            });
        }
        at += 1;
    }
    words.join(" ")
}

/// Looks for what a statement leads to.
///
/// # Errors
///
/// The server could not be asked.
pub async fn found(connection: &mut PgConnection, effect: &Effect) -> Result<Found, Error> {
    let index: Option<(bool, String)> = sqlx::query_as(
        "select i.indisvalid, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname = $1 and c.relnamespace = coalesce(to_regnamespace(quote_ident($2)), to_regnamespace(quote_ident(current_schema())))",
    )
    .bind(&effect.index)
    .bind(effect.schema.as_deref())
    .fetch_optional(connection)
    .await
    .map_err(|it| Error::failed("could not look for an index", &it))?;
    Ok(match (index, &effect.made) {
        (None, None) => Found::Done,
        (None, Some(_)) | (Some(_), None) => Found::Nothing,
        (Some((false, _)), Some(_)) => Found::Leftover,
        (Some((true, definition)), Some(made)) => {
            let statements = lexer::statements(&definition);
            match statements.first().is_some_and(|it| plain(it) == *made) {
                true => Found::Done,
                false => Found::Other(definition),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_recognised_by_what_it_is_and_not_by_how_it_is_made() {
        let made = Effect::of(
            "-- no-transaction\n-- ShareUpdateExclusiveLock on users\ncreate unique index concurrently \"users_email_key\" on public.\"users\" (\"email\");\n",
        );
        let made = made.expect("it is recognised");
        assert_eq!((made.index.as_str(), made.schema.as_deref()), ("users_email_key", Some("public")));
        let there = "CREATE UNIQUE INDEX users_email_key ON public.users USING btree (email)";
        assert_eq!(made.made, Some(plain(&lexer::statements(there)[0])));
        let other = "CREATE INDEX users_email_key ON public.users USING btree (email)";
        assert_ne!(made.made, Some(plain(&lexer::statements(other)[0])));
        let partial = Effect::of("create index concurrently if not exists a on b (lower(c)) where (d = 'x')")
            .and_then(|it| it.made);
        let there = "CREATE INDEX a ON public.b USING btree (lower(c)) WHERE (d = 'x'::text)";
        assert_eq!(partial, Some(plain(&lexer::statements(there)[0])));
        let is_null =
            Effect::of("create index concurrently a on b (c) where d is null").and_then(|it| it.made);
        let not_null = "CREATE INDEX a ON public.b USING btree (c) WHERE (d IS NOT NULL)";
        assert_ne!(is_null, Some(plain(&lexer::statements(not_null)[0])));
    }

    #[test]
    fn what_is_no_index_is_not_recognised() {
        for sql in [
            "vacuum users",
            "create index a on b (c)",
            "create index concurrently a on b (c); select 1",
            "reindex index concurrently a",
        ] {
            assert_eq!(Effect::of(sql), None, "{sql}");
        }
        let dropped =
            Effect::of("drop index concurrently if exists public.\"a b\"").expect("it is recognised");
        assert_eq!((dropped.index.as_str(), dropped.made), ("a b", None));
    }
}
