//! What a `do` block of PostgreSQL does, as far as it can be read: the statements of its body, and those that it executes out of a text.
//!
//! A text that is put together when the block runs is what nobody can read before. The words of plpgsql around statements (`if`, `loop`,
//! `declare`) say nothing here, and are skipped.

use crate::render::postgres::lexer::{self, Token, TokenKind};

/// A part of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// SQL that it runs.
    Sql(String),
    /// What cannot be read, as it is written.
    Unreadable(String),
}

/// What statements begin with that do something to a database.
const BEGIN: &[&str] = &[
    "alter", "call", "cluster", "comment", "commit", "copy", "create", "delete", "drop", "grant", "insert",
    "lock", "merge", "reindex", "reset", "revoke", "rollback", "set", "truncate", "update", "vacuum", "with",
];

/// Behind what a statement begins, where there is no semicolon before it.
const BEHIND: &[&str] = &["begin", "else", "in", "loop", "query", "then"];

/// How many statements one without a semicolon in it can be taken for.
const MOST: usize = 8;

/// The parts of a statement that begins with `do`, in their order.
pub fn pieces(tokens: &[Token<'_>]) -> Vec<Piece> {
    let mut language = None;
    let mut body = None;
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 && tokens[at - 1].is("language") {
            language = token.name().or_else(|| text(token));
        } else if token.kind == TokenKind::Constant {
            body = Some(token);
        }
    }
    let is_known = language.is_none_or(|it| it == "plpgsql");
    match body.filter(|_| is_known).and_then(text) {
        Some(body) => lexer::statements(&body).iter().flat_map(|it| of_run(&body, it)).collect(),
        None => vec![Piece::Unreadable(written(tokens))],
    }
}

/// Those between two semicolons.
fn of_run(body: &str, tokens: &[Token<'_>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let end = tokens.last().map_or(0, |it| it.start + it.text.len());
    for (at, token) in tokens.iter().enumerate() {
        let is_first = at == 0 || BEHIND.iter().any(|it| tokens[at - 1].is(it));
        if is_first && pieces.len() < MOST && BEGIN.iter().any(|it| token.is(it)) {
            pieces.push(Piece::Sql(body[token.start..end].to_owned()));
        }
        if token.is("execute") && !is_of_grant_or_trigger(tokens, at) {
            pieces.push(executed(&tokens[at..]));
        }
    }
    pieces
}

/// Whether it is the privilege of that name, or what a trigger does.
fn is_of_grant_or_trigger(tokens: &[Token<'_>], at: usize) -> bool {
    let next = tokens.get(at + 1);
    next.is_some_and(|next| [",", "function", "on", "procedure"].iter().any(|it| next.is(it)))
}

/// What stands behind `execute`: one text, or an expression that nobody knows before it runs.
fn executed(tokens: &[Token<'_>]) -> Piece {
    let is_end = |it: &Token<'_>| ["into", "loop", "using"].iter().any(|word| it.is(word));
    match &tokens[1..] {
        [only, rest @ ..] if rest.first().is_none_or(is_end) => text(only).map(Piece::Sql),
        _ => None,
    }
    .unwrap_or_else(|| Piece::Unreadable(written(tokens)))
}

/// The text that a constant is; `None` where it is none, or one with escapes.
fn text(token: &Token<'_>) -> Option<String> {
    if token.kind != TokenKind::Constant {
        return None;
    }
    if let Some(inner) = token.text.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
        return Some(inner.replace("''", "'"));
    }
    let tag = token.text.starts_with('$').then(|| token.text[1..].find('$')).flatten()? + 2;
    let (tag, rest) = token.text.split_at(tag);
    rest.strip_suffix(tag).map(str::to_owned)
}

/// The first words of something.
pub fn written(tokens: &[Token<'_>]) -> String {
    const SHOWN: usize = 8;
    let mut written = String::new();
    let mut end = tokens.first().map_or(0, |it| it.start);
    for token in tokens.iter().take(SHOWN) {
        if token.start > end {
            written.push(' ');
        }
        written.push_str(first_line(token.text));
        end = token.start + token.text.len();
    }
    if tokens.len() > SHOWN {
        written.push_str(" …");
    }
    written
}

fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(40).map_or(line, |(at, _)| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> Vec<String> {
        let pieces = lexer::statements(sql).iter().flat_map(|it| pieces(it)).collect::<Vec<_>>();
        pieces
            .into_iter()
            .map(|it| match it {
                Piece::Sql(sql) => sql,
                Piece::Unreadable(it) => format!("? {it}"),
            })
            .collect()
    }

    #[test]
    fn statements_of_a_block_are_found_and_what_is_put_together_is_not_read() {
        assert_eq!(
            check(
                "do $$ declare n int; begin if n > 1 then delete from a where b = ';'; else drop table c; end if; n := 2; perform f(); end $$"
            ),
            ["delete from a where b = ';'", "drop table c"]
        );
        assert_eq!(check("do language plpgsql 'begin execute ''drop table a''; end'"), ["drop table a"]);
        assert_eq!(check("do $a$ begin execute $b$truncate a$b$ using 1; end $a$"), ["truncate a"]);
        assert_eq!(
            check(
                "do $$ begin execute 'drop table ' || name; execute format('drop table %I', t); for r in execute q loop update a set b = 1; end loop; execute E'drop\\x20table a'; end $$"
            ),
            [
                "? execute 'drop table ' || name",
                "? execute format('drop table %I', t)",
                "? execute q loop update a set b = …",
                "update a set b = 1",
                "? execute E'drop\\x20table a'"
            ]
        );
        assert_eq!(check("do language plpython3u $$ plpy.execute('drop') $$").len(), 1);
        assert_eq!(
            check("do $$ begin grant execute on function f() to a; end $$"),
            ["grant execute on function f() to a"]
        );
        assert_eq!(check("do"), ["? do"]);
        assert_eq!(check("do 'never closed"), ["? do 'never closed"]);
    }
}
