//! SQL as tokens, for what has to be recognised in files that somebody else may have written (PostgreSQL, 4.1). Nothing is judged here.

/// A token, with the text that it has in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text, quotes included.
    pub text: &'a str,
    /// Where it starts, in bytes.
    pub start: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes.
    Quoted,
    /// A text or a number.
    Constant,
    /// Anything else, one character.
    Symbol,
}

impl Token<'_> {
    /// Whether it is this keyword, written here in small letters.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol) && self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is: without quotes, or in small letters.
    pub fn name(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text.to_lowercase()),
            TokenKind::Quoted => {
                let inner = self.text.strip_prefix('"')?;
                Some(inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\""))
            }
            TokenKind::Constant | TokenKind::Symbol => None,
        }
    }
}

/// The statements of a file, each without its semicolon; those of a body between `begin atomic` and `end` belong to the
/// statement around them. What is never closed goes on to the end of the file.
pub fn statements(sql: &str) -> Vec<Vec<Token<'_>>> {
    let mut statements = vec![Vec::new()];
    let (mut depth, mut bodies) = (0_usize, 0_usize);
    let mut previous: Option<Token<'_>> = None;
    for token in (Tokens { sql, at: 0 }) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            ";" if depth == 0 && bodies == 0 => {
                statements.push(Vec::new());
                previous = None;
                continue;
            }
            _ if token.is("atomic") && previous.is_some_and(|it| it.is("begin")) => bodies += 1,
            _ if token.is("case") && bodies > 0 => bodies += 1,
            _ if token.is("end") => bodies = bodies.saturating_sub(1),
            _ => {}
        }
        previous = Some(token);
        if let Some(last) = statements.last_mut() {
            last.push(token);
        }
    }
    statements.retain(|it| !it.is_empty());
    statements
}

struct Tokens<'a> {
    sql: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let rest = &self.sql[self.at..];
        let first = rest.chars().next()?;
        let quoted = |from: usize, quote: char, escapes: bool| from + ended(&rest[from..], quote, escapes);
        let is_prefix = |letters: &str, quote: char| {
            rest.starts_with(|it: char| letters.contains(it.to_ascii_lowercase()))
                && rest[1..].starts_with(quote)
        };
        let (kind, length) = match first {
            '"' => (TokenKind::Quoted, quoted(0, '"', false)),
            '\'' => (TokenKind::Constant, quoted(0, '\'', false)),
            _ if is_prefix("e", '\'') => (TokenKind::Constant, quoted(1, '\'', true)),
            _ if is_prefix("bxn", '\'') => (TokenKind::Constant, quoted(1, '\'', false)),
            'u' | 'U' if rest[1..].starts_with("&'") => (TokenKind::Constant, quoted(2, '\'', false)),
            'u' | 'U' if rest[1..].starts_with("&\"") => (TokenKind::Quoted, quoted(2, '"', false)),
            '$' => match dollar(rest) {
                Some(length) => (TokenKind::Constant, length),
                None => (TokenKind::Symbol, 1),
            },
            it if it.is_alphabetic() || it == '_' => (TokenKind::Word, word(rest)),
            it if it.is_ascii_digit() => (TokenKind::Constant, number(rest)),
            it => (TokenKind::Symbol, it.len_utf8()),
        };
        let start = self.at;
        self.at += length;
        Some(Token { kind, text: &rest[..length], start })
    }
}

impl Tokens<'_> {
    fn skip_space(&mut self) {
        loop {
            let rest = &self.sql[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += comment(trimmed);
            } else {
                return;
            }
        }
    }
}

/// How long a block comment is; they nest.
fn comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0_usize);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// How long what begins with a quote is.
fn ended(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, it)) = chars.next() {
        if it == '\\' && escapes {
            chars.next();
        } else if it == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    text.len()
}

/// How long a text between `$tag$` and `$tag$` is; `None` where there is none.
fn dollar(text: &str) -> Option<usize> {
    let tag = &text[..text[1..].find('$')? + 2];
    let inner = &tag[1..tag.len() - 1];
    let is_tag = !inner.starts_with(|it: char| it.is_ascii_digit())
        && inner.chars().all(|it| it.is_alphanumeric() || it == '_');
    if !is_tag {
        return None;
    }
    Some(text[tag.len()..].find(tag).map_or(text.len(), |it| it + 2 * tag.len()))
}

fn word(text: &str) -> usize {
    text.find(|it: char| !(it.is_alphanumeric() || matches!(it, '_' | '$'))).unwrap_or(text.len())
}

fn number(text: &str) -> usize {
    text.find(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '.' | '_'))).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> Vec<String> {
        let joined = |it: &Vec<Token<'_>>| it.iter().map(|it| it.text).collect::<Vec<_>>().join(" ");
        statements(sql).iter().map(joined).collect()
    }

    #[test]
    fn statements_end_where_postgresql_ends_them() {
        let sql = "-- a; b\nselect 1; /* ; /* ; */ ; */ select 'a;''b', E'\\';', \"x;\"\"y\", $$;$$, $a$;$$;$a$;;\nselect (1;2)";
        assert_eq!(
            check(sql),
            ["select 1", "select 'a;''b' , E'\\';' , \"x;\"\"y\" , $$;$$ , $a$;$$;$a$", "select ( 1 ; 2 )"]
        );
        let body = "create function f() returns int begin atomic select case when true then 1 else 2 end; end; select 2";
        assert_eq!(check(body).len(), 2);
        assert_eq!(check("select 'never closed; select 2").len(), 1);
        assert_eq!(check("select $1, a$b$; select 2").len(), 2);
        assert_eq!(check("é; \"é\"; 'é"), ["é", "\"é\"", "'é"]);
    }

    #[test]
    fn names_are_read_as_postgresql_reads_them() {
        let names: Vec<_> = statements("Users \"Users\" \"a\"\"b\"")[0].iter().map(Token::name).collect();
        assert_eq!(names, [Some("users".into()), Some("Users".into()), Some("a\"b".into())]);
    }
}
