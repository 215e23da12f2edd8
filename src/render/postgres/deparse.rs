//! Expressions as PostgreSQL writes them back, read as what is declared: defaults of columns, conditions on rows, and what is computed.
//!
//! What is read here is a guess until PostgreSQL has written the declared one back in the same words.

use crate::language::database::column;
use crate::language::value::Parse as _;
use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::postgres::expression::Expression;
use crate::language::value::postgres::literal::Literal;
use crate::language::value::postgres::predicate::Predicate;
use crate::language::value::postgres::{ColumnType, Identifier};
use crate::render::postgres::lexer::{self, Token, TokenKind};
use crate::syntax::Value;

/// What a column is by default, as it is declared: `Some(None)` where it is nothing.
pub fn default(expression: &str, column_type: &ColumnType) -> Option<Option<column::Default>> {
    let plain = expression.rsplit_once('.').map_or(expression, |(_, name)| name);
    match (expression, plain) {
        (_, "gen_random_uuid()" | "uuid_generate_v4()") if is_uuid(column_type) => {
            return Some(Some(column::Default::Random));
        }
        ("now()" | "transaction_timestamp()" | "CURRENT_TIMESTAMP", _) if column_type.is_time() => {
            return Some(Some(column::Default::Now));
        }
        ("CURRENT_DATE" | "('now'::text)::date", _) if column_type.is_time() && is_date(column_type) => {
            return Some(Some(column::Default::Now));
        }
        ("LOCALTIMESTAMP", _) if column_type.is_time() && column_type.base == BaseType::Timestamp => {
            return Some(Some(column::Default::Now));
        }
        _ => {}
    }
    // A type of the database's own is written with its schema, which no other cast is.
    let own = column_type.declared.is_some().then(|| format!("::{}", column_type.sql()));
    let bare = own.and_then(|it| expression.strip_suffix(&it)).unwrap_or(expression);
    let statements = lexer::statements(bare);
    let [tokens] = statements.as_slice() else { return None };
    let mut parser = Parser { tokens, at: 0 };
    let operand = parser.operand()?;
    if parser.at < tokens.len() {
        return None;
    }
    let value = match operand {
        Operand::Nothing => return Some(None),
        Operand::Column(_) => return None,
        Operand::Value(text, casts) => {
            // A text that was another type in between may be another one by now.
            let is_own =
                casts.iter().all(|it| ColumnType::of(it).is_some_and(|it| is_kept(&it, column_type)));
            is_own.then_some(text)?
        }
    };
    let number = || value.text.parse().ok().map(Literal::Integer);
    let literal = match column_type.base {
        BaseType::Boolean => match value.text.as_str() {
            "true" | "t" => Some(Literal::Truth(true)),
            "false" | "f" => Some(Literal::Truth(false)),
            _ => None,
        },
        BaseType::SmallInt
        | BaseType::Integer
        | BaseType::BigInt
        | BaseType::Real
        | BaseType::DoublePrecision
            if !column_type.is_array =>
        {
            number()
        }
        BaseType::Numeric if !column_type.is_array => number().or_else(|| text(&value.text)),
        _ if value.is_quoted => text(&value.text),
        _ => None,
    };
    literal.filter(|it| column_type.holds(it)).map(|it| Some(column::Default::Value(it)))
}

fn text(text: &str) -> Option<Literal> {
    Literal::parse(Value::String(text)).ok()
}

fn is_uuid(column_type: &ColumnType) -> bool {
    column_type.base == BaseType::Uuid && !column_type.is_array
}

fn is_date(column_type: &ColumnType) -> bool {
    column_type.base == BaseType::Date
}

/// Whether a constant of one type is the same one as one of the other.
fn is_kept(of: &ColumnType, column_type: &ColumnType) -> bool {
    let kind = |it: BaseType| match it {
        BaseType::VarChar | BaseType::Char => BaseType::Text,
        BaseType::SmallInt
        | BaseType::Integer
        | BaseType::Numeric
        | BaseType::Real
        | BaseType::DoublePrecision => BaseType::BigInt,
        it => it,
    };
    kind(of.base) == kind(column_type.base) && of.is_array == column_type.is_array
}

/// A condition, as it is declared.
pub fn condition(expression: &str) -> Option<Predicate> {
    let statements = lexer::statements(expression);
    let [tokens] = statements.as_slice() else { return None };
    let mut parser = Parser { tokens, at: 0 };
    let mut tests = Vec::new();
    parser.all(&mut tests, 0)?;
    if parser.at < tokens.len() {
        return None;
    }
    Predicate::parse(Value::String(&tests.join(" and "))).ok()
}

/// What a column is computed from, as it is declared. Casts are left out: those that PostgreSQL has put in by itself it puts in again.
pub fn computed(expression: &str) -> Option<Expression> {
    let statements = lexer::statements(expression);
    let [tokens] = statements.as_slice() else { return None };
    let mut parser = Parser { tokens, at: 0 };
    let mut written = String::new();
    let mut end = 0;
    while let Some(token) = parser.peek().copied() {
        if token.is(":") {
            parser.casts()?;
            continue;
        }
        parser.at += 1;
        let word = match token.kind {
            TokenKind::Quoted => token.name()?,
            TokenKind::Constant if token.text.ends_with('\'') => {
                format!("'{}'", unquoted(token.text)?.replace('\'', "''"))
            }
            TokenKind::Constant | TokenKind::Word | TokenKind::Symbol => token.text.to_owned(),
        };
        // The signs of one operator stand together.
        if token.start > end || token.kind != TokenKind::Symbol {
            written.push(' ');
        }
        written.push_str(&word);
        end = token.start + token.text.len();
    }
    Expression::parse(Value::String(&written)).ok()
}

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 32;

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
}

/// A side of a comparison.
enum Operand {
    Column(String),
    /// A constant, and the types that it was made.
    Value(Constant, Vec<String>),
    Nothing,
}

struct Constant {
    text: String,
    is_quoted: bool,
}

impl Constant {
    /// As a condition of the language writes it.
    fn written(&self, casts: &[String]) -> String {
        let is_whole = |it: &String| ColumnType::of(it).is_some_and(|it| it.is_integer());
        let is_number = !self.is_quoted || casts.iter().any(is_whole);
        match is_number
            && (self.text.parse::<i64>().is_ok() || matches!(self.text.as_str(), "true" | "false"))
        {
            true => self.text.clone(),
            false => format!("'{}'", self.text.replace('\'', "''")),
        }
    }
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, word: &str) -> Option<()> {
        self.peek().filter(|it| it.is(word))?;
        self.at += 1;
        Some(())
    }

    /// The same, all or nothing.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let begun = self.at;
        let found = read(self);
        if found.is_none() {
            self.at = begun;
        }
        found
    }

    /// Tests with `and` between them.
    fn all(&mut self, tests: &mut Vec<String>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        loop {
            match self.attempt(Self::test) {
                Some(test) => tests.push(test),
                None => {
                    self.take("(")?;
                    self.all(tests, depth + 1)?;
                    self.take(")")?;
                }
            }
            if self.take("and").is_none() {
                return Some(());
            }
        }
    }

    fn test(&mut self) -> Option<String> {
        let Operand::Column(column) = self.operand()? else { return None };
        if self.take("is").is_some() {
            let not = if self.take("not").is_some() { "not " } else { "" };
            self.take("null")?;
            return Some(format!("{column} is {not}null"));
        }
        let symbol = self.symbol()?;
        if symbol == "=" && self.take("any").is_some() {
            let values = self.listed(0)?;
            return Some(format!("{column} in ({})", values.join(", ")));
        }
        let other = match self.operand()? {
            Operand::Column(other) => other,
            Operand::Value(constant, casts) => constant.written(&casts),
            Operand::Nothing => return None,
        };
        Some(format!("{column} {symbol} {other}"))
    }

    fn symbol(&mut self) -> Option<String> {
        let mut symbol = String::new();
        while let Some(token) =
            self.peek().filter(|it| it.kind == TokenKind::Symbol && "<>=!~*@#&|+-/%^".contains(it.text))
        {
            symbol.push_str(token.text);
            self.at += 1;
        }
        ["=", "<>", "<", "<=", ">", ">="].contains(&symbol.as_str()).then_some(symbol)
    }

    /// `((ARRAY['a'::text, …])::text[])`.
    fn listed(&mut self, depth: usize) -> Option<Vec<String>> {
        if depth > DEEPEST {
            return None;
        }
        let values = match self.take("(") {
            Some(()) => {
                let values = self.listed(depth + 1)?;
                self.take(")")?;
                values
            }
            None => {
                self.take("array")?;
                self.take("[")?;
                let mut values = Vec::new();
                loop {
                    let Operand::Value(constant, casts) = self.operand()? else { return None };
                    values.push(constant.written(&casts));
                    if self.take(",").is_none() {
                        break;
                    }
                }
                self.take("]")?;
                values
            }
        };
        self.casts()?;
        Some(values)
    }

    /// A column or a constant, in any number of parentheses and casts.
    fn operand(&mut self) -> Option<Operand> {
        self.operand_in(0)
    }

    fn operand_in(&mut self, depth: usize) -> Option<Operand> {
        if depth > DEEPEST {
            return None;
        }
        let mut operand = if self.take("(").is_some() {
            let inner = self.operand_in(depth + 1)?;
            self.take(")")?;
            inner
        } else {
            self.bare()?
        };
        let more = self.casts()?;
        if let Operand::Value(_, casts) = &mut operand {
            casts.extend(more);
        }
        Some(operand)
    }

    fn bare(&mut self) -> Option<Operand> {
        let minus = if self.take("-").is_some() { "-" } else { "" };
        let token = *self.peek()?;
        self.at += 1;
        let constant = |text: String, is_quoted| Operand::Value(Constant { text, is_quoted }, Vec::new());
        match token.kind {
            TokenKind::Constant if token.text.ends_with('\'') => {
                minus.is_empty().then(|| unquoted(token.text).map(|it| constant(it, true)))?
            }
            TokenKind::Constant => Some(constant(format!("{minus}{}", token.text), false)),
            _ if !minus.is_empty() => None,
            TokenKind::Word if token.is("null") => Some(Operand::Nothing),
            TokenKind::Word if token.is("true") || token.is("false") => {
                Some(constant(token.text.to_lowercase(), false))
            }
            // A function is no column.
            TokenKind::Word if self.peek().is_some_and(|it| it.is("(") || it.is(".")) => None,
            TokenKind::Word | TokenKind::Quoted => {
                let name = token.name().filter(|it| Identifier::parse(Value::String(it)).is_ok());
                name.map(Operand::Column)
            }
            TokenKind::Symbol => None,
        }
    }

    /// The types behind `::`, one after the other.
    fn casts(&mut self) -> Option<Vec<String>> {
        let mut casts = Vec::new();
        while self.take(":").is_some() {
            self.take(":")?;
            casts.push(self.type_name()?);
        }
        Some(casts)
    }

    fn type_name(&mut self) -> Option<String> {
        let first = self.peek().filter(|it| it.kind == TokenKind::Word)?;
        let mut name = first.text.to_lowercase();
        self.at += 1;
        for (before, next) in [("character", "varying"), ("double", "precision")] {
            if name == before && self.take(next).is_some() {
                name = format!("{before} {next}");
            }
        }
        if self.peek().is_some_and(|it| it.is("(")) {
            while let Some(token) = self.peek() {
                name.push_str(token.text);
                self.at += 1;
                if name.ends_with(')') {
                    break;
                }
            }
        }
        for word in ["with", "without"] {
            if name.starts_with("time") && self.take(word).is_some() {
                self.take("time")?;
                self.take("zone")?;
                if word == "with" {
                    name = name.replacen("timestamp", "timestamptz", 1);
                }
            }
        }
        while self.take("[").is_some() {
            self.take("]")?;
            name.push_str("[]");
        }
        Some(name)
    }
}

/// What a constant says.
fn unquoted(written: &str) -> Option<String> {
    let (inside, is_escaped) = match written.strip_prefix(['e', 'E']) {
        Some(inside) => (inside, true),
        None => (written, false),
    };
    let inside = inside.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    Some(if is_escaped { inside.replace("\\\\", "\\") } else { inside })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_postgresql_writes_them() {
        let told: Vec<String> = [
            "((seats > 0) AND (seats <= 40))",
            "(seats > '-5'::integer)",
            "(price >= (0)::numeric)",
            "(price < 0.5)",
            "((state)::text = ANY ((ARRAY['open'::character varying, 'it''s'::character varying])::text[]))",
            "(state = ANY (ARRAY['a'::text, 'b'::text]))",
            "((state)::text <> E'a\\\\b'::text)",
            "(paid_at IS NOT NULL)",
            "((starts < ends) AND (ends IS NULL) AND (shipped = true))",
            "(at >= '2026-01-01 00:00:00+00'::timestamp with time zone)",
            "(length(state) > 3)",
            "((seats > 0) OR (seats < 40))",
            "(state ~~ 'a%'::text)",
            "((a + b) > 0)",
            "active",
            "(NOT (a > 0))",
            "(\"Größe\" > 0)",
            "(a > 0); drop table b",
        ]
        .iter()
        .map(|it| condition(it).map_or("-".to_owned(), |it| it.to_string()))
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        seats > 0 and seats <= 40
        seats > -5
        price >= 0
        price < '0.5'
        state in ('open', 'it''s')
        state in ('a', 'b')
        state <> 'a\b'
        paid_at is not null
        starts < ends and ends is null and shipped = true
        at >= '2026-01-01 00:00:00+00'
        -
        -
        -
        -
        -
        -
        -
        -
        "#);
    }

    #[test]
    fn what_is_computed_is_read_as_postgresql_writes_it() {
        let told: Vec<String> = [
            "(price * (count)::numeric)",
            "((price * (100)::numeric))::bigint",
            "lower(name)",
            "(((first || ' it''s '::text) || E'\\\\'::text) || COALESCE(last, ''::text))",
            "to_tsvector('simple'::regconfig, COALESCE(name, ''::text))",
            "((data -> 'a'::text) ->> 'email'::text)",
            "((price)::double precision + ((1)::numeric(12,2))::double precision)",
            "(a % b)",
            "CASE WHEN a THEN 1 ELSE 2 END",
            "\"substring\"(name, 1, 2)",
            "(\"Größe\" + 1)",
            "md5(name)",
            "((first)::text || ' '::text",
            "a; drop table b",
        ]
        .iter()
        .map(|it| computed(it).map_or("-".to_owned(), |it| it.to_string()))
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        price * count
        price * 100
        lower(name)
        ((first || ' it''s ') || '\') || coalesce(last, '')
        to_tsvector('simple', coalesce(name, ''))
        (data -> 'a') ->> 'email'
        price + 1
        -
        -
        -
        -
        -
        -
        -
        "#);
    }

    #[test]
    fn defaults_are_read_as_postgresql_writes_them() {
        let told: Vec<String> = [
            ("text", "'it''s'::text"),
            ("varchar(20)", "'a'::character varying"),
            ("varchar(20)", "NULL::character varying"),
            ("integer", "'-1'::integer"),
            ("numeric(12, 2)", "0.00"),
            ("numeric(12, 2)", "(0)::numeric"),
            ("boolean", "false"),
            ("jsonb", "'{}'::jsonb"),
            ("text[]", "'{}'::text[]"),
            ("text[]", "ARRAY['a'::text]"),
            ("timestamptz", "now()"),
            ("timestamp", "CURRENT_TIMESTAMP"),
            ("timestamp", "timezone('utc'::text, now())"),
            ("date", "CURRENT_DATE"),
            ("uuid", "public.uuid_generate_v4()"),
            ("uuid", "gen_random_uuid()"),
            ("bigint", "nextval('a_seq'::regclass)"),
            ("text", "upper('a'::text)"),
            ("text", "(5)::text"),
            ("integer", "(1 + 2)"),
            ("double precision", "0.5"),
            ("text", "CURRENT_USER"),
        ]
        .iter()
        .map(|(kind, it)| {
            let found = default(it, &ColumnType::of(kind).expect("it is one"));
            format!("{it} => {}", found.map_or("-".to_owned(), |it| format!("{it:?}")))
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        'it''s'::text => Some(Value(Text("it's")))
        'a'::character varying => Some(Value(Text("a")))
        NULL::character varying => None
        '-1'::integer => Some(Value(Integer(-1)))
        0.00 => Some(Value(Text("0.00")))
        (0)::numeric => Some(Value(Integer(0)))
        false => Some(Value(Truth(false)))
        '{}'::jsonb => Some(Value(Text("{}")))
        '{}'::text[] => Some(Value(Text("{}")))
        ARRAY['a'::text] => -
        now() => Some(Now)
        CURRENT_TIMESTAMP => Some(Now)
        timezone('utc'::text, now()) => -
        CURRENT_DATE => Some(Now)
        public.uuid_generate_v4() => Some(Random)
        gen_random_uuid() => Some(Random)
        nextval('a_seq'::regclass) => -
        upper('a'::text) => -
        (5)::text => -
        (1 + 2) => -
        0.5 => -
        CURRENT_USER => -
        "#);
    }
}
