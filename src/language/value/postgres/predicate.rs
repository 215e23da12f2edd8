//! What must hold of a row, in a small language that is a part of SQL: columns are compared with values, or with each other, all of
//! it at once. Nothing else of SQL is read, so nothing else gets into a query.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::literal::Literal;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// Tests of columns that must all hold: `paid_at is null and amount > 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate(pub Vec<Test>);

/// A test of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Test {
    /// The column.
    pub column: Identifier,
    /// What must hold of its value.
    pub holds: Holds,
}

/// What must hold of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// There is none.
    IsNull,
    /// There is one.
    IsNotNull,
    /// It compares so with another.
    Compares(Comparison, Literal),
    /// It compares so with that of another column.
    ComparesColumn(Comparison, Identifier),
    /// It is one of these.
    In(Vec<Literal>),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `=`.
    Equal,
    /// `<>`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    Greater,
    /// `>=`.
    AtLeast,
}

impl Predicate {
    /// The same of another column.
    pub fn with_column(&self, column: &Identifier, other: &Identifier) -> Self {
        let mut tests = self.0.clone();
        for it in tests.iter_mut().flat_map(Test::columns_mut).filter(|it| *it == column) {
            other.clone_into(it);
        }
        Self(tests)
    }

    /// The columns that it asks for.
    pub fn columns(&self) -> impl Iterator<Item = &Identifier> {
        self.0.iter().flat_map(Test::columns)
    }
}

impl Test {
    /// The columns that it asks for.
    pub fn columns(&self) -> impl Iterator<Item = &Identifier> {
        let other = match &self.holds {
            Holds::ComparesColumn(_, other) => Some(other),
            Holds::IsNull | Holds::IsNotNull | Holds::Compares(..) | Holds::In(_) => None,
        };
        std::iter::once(&self.column).chain(other)
    }

    fn columns_mut(&mut self) -> impl Iterator<Item = &mut Identifier> {
        let other = match &mut self.holds {
            Holds::ComparesColumn(_, other) => Some(other),
            Holds::IsNull | Holds::IsNotNull | Holds::Compares(..) | Holds::In(_) => None,
        };
        std::iter::once(&mut self.column).chain(other)
    }

    /// Whether it surely refuses this value of its column, which holds texts, whole numbers or truths; `None` is no value at all.
    pub fn refuses(&self, value: Option<&Literal>) -> bool {
        match (&self.holds, value) {
            (Holds::IsNull, Some(_)) | (Holds::IsNotNull, None) => true,
            (Holds::In(values), Some(value)) => values.iter().all(|it| it.is_other(value)),
            (Holds::Compares(Comparison::NotEqual, it), Some(value)) => it == value,
            (Holds::Compares(Comparison::Equal, it), Some(value)) => it.is_other(value),
            (Holds::Compares(comparison, Literal::Integer(it)), Some(Literal::Integer(value))) => {
                !comparison.holds(*value, *it)
            }
            _ => false,
        }
    }
}

impl Comparison {
    /// How SQL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    fn holds(self, one: i64, other: i64) -> bool {
        match self {
            Self::Equal => one == other,
            Self::NotEqual => one != other,
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::Greater => one > other,
            Self::AtLeast => one >= other,
        }
    }

    fn of(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "=" | "==" => Self::Equal,
            "<>" | "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }
}

/// How many tests one may have.
const MOST: usize = 8;

/// How long the text may be.
const LONGEST: usize = 500;

serialized_as_displayed!(Predicate);

impl Parse for Predicate {
    const FORM: Form = Form {
        name: "condition",
        expects: "a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`",
        example: "\"paid_at is null\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::FORM.within(text, LONGEST)?;
        let words = words(text)?;
        let tests: Result<Vec<Test>, Invalid> = words
            .split(|it| it.eq_ignore_ascii_case("and"))
            .take(MOST + 1)
            .map(|it| test(text, it))
            .collect();
        let tests = tests?;
        if tests.len() > MOST {
            return Err(Self::FORM.refuse(format!("{} has more than {MOST} tests", quote(text))));
        }
        Ok(Self(tests))
    }
}

/// A text by its words: names, symbols, numbers and texts with their quotes.
fn words(text: &str) -> Result<Vec<&str>, Invalid> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' => end_of_text(rest).ok_or_else(|| {
                Predicate::FORM.refuse(format!("{} has a `'` that is never closed", quote(text)))
            })?,
            '<' | '>' | '=' | '!' => rest.find(|it| !"<>=!".contains(it)).unwrap_or(rest.len()),
            '(' | ')' | ',' => 1,
            it if is_of_word(it) => rest.find(|it| !is_of_word(it)).unwrap_or(rest.len()),
            it => {
                let mut message = format!("{} has something else than columns and values: ", quote(text));
                message += &quote(&it.to_string());
                return Err(Predicate::FORM.refuse(message));
            }
        };
        let (word, behind) = rest.split_at(end);
        words.push(word);
        rest = behind.trim_start();
    }
    Ok(words)
}

fn is_of_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | '-')
}

/// Where a text in single quotes ends; a doubled quote stands for one.
pub(super) fn end_of_text(text: &str) -> Option<usize> {
    let mut quotes = text.match_indices('\'').skip(1).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.peek() != Some(&(at + 1)) {
            return Some(at + 1);
        }
        quotes.next();
    }
    None
}

fn test(text: &str, words: &[&str]) -> Result<Test, Invalid> {
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let (column, holds) = match words {
        [column, it, null] if is(it, "is") && is(null, "null") => (column, Holds::IsNull),
        [column, it, not, null] if is(it, "is") && is(not, "not") && is(null, "null") => {
            (column, Holds::IsNotNull)
        }
        [_, symbol, null] if Comparison::of(symbol).is_some() && is(null, "null") => {
            return Err(Invalid::new(format!("nothing is ever `{symbol} null`, not even what has no value"))
                .help("write `is null` or `is not null`"));
        }
        [column, it, "(", values @ .., ")"] if is(it, "in") => (column, Holds::In(list(text, values)?)),
        [column, symbol, value] => {
            let Some(comparison) = Comparison::of(symbol) else {
                return Err(Predicate::FORM.refuse(format!("{} is no comparison", quote(symbol))));
            };
            let holds = match literal(value) {
                Some(value) => Holds::Compares(comparison, value),
                None if value.starts_with(|it: char| it.is_ascii_lowercase() || it == '_') => {
                    Holds::ComparesColumn(comparison, Identifier::read(value)?)
                }
                None => return Err(no_value(text, value)),
            };
            (column, holds)
        }
        _ => return Err(Predicate::FORM.refuse(format!("{} is not made of tests of columns", quote(text)))),
    };
    Ok(Test { column: Identifier::read(column)?, holds })
}

/// Values with commas between them.
fn list(text: &str, words: &[&str]) -> Result<Vec<Literal>, Invalid> {
    let one = |words: &[&str]| match words {
        [word] => literal(word).ok_or_else(|| no_value(text, word)),
        _ => Err(Predicate::FORM.refuse(format!("{} has no values with `,` between them", quote(text)))),
    };
    words.split(|it| *it == ",").map(one).collect()
}

fn no_value(text: &str, word: &str) -> Invalid {
    let mut message = format!("{} compares with something that is no value: ", quote(text));
    message += &quote(word);
    Predicate::FORM.refuse(message)
}

/// A value: a text in single quotes, a whole number, `true` or `false`.
pub(super) fn literal(word: &str) -> Option<Literal> {
    if let Some(inside) = word.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
        return Literal::parse(Value::String(&inside.replace("''", "'"))).ok();
    }
    match word.to_ascii_lowercase().as_str() {
        "true" => Some(Literal::Truth(true)),
        "false" => Some(Literal::Truth(false)),
        number => number.parse().ok().map(Literal::Integer),
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Test { column, holds }) in self.0.iter().enumerate() {
            formatter.write_str(if at == 0 { "" } else { " and " })?;
            match holds {
                Holds::IsNull => write!(formatter, "{column} is null")?,
                Holds::IsNotNull => write!(formatter, "{column} is not null")?,
                Holds::Compares(comparison, value) => {
                    write!(formatter, "{column} {} {}", comparison.symbol(), written(value))?;
                }
                Holds::ComparesColumn(comparison, other) => {
                    write!(formatter, "{column} {} {other}", comparison.symbol())?;
                }
                Holds::In(values) => {
                    let values: Vec<String> = values.iter().map(written).collect();
                    write!(formatter, "{column} in ({})", values.join(", "))?;
                }
            }
        }
        Ok(())
    }
}

fn written(value: &Literal) -> String {
    match value {
        Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn conditions_compare_columns_with_values_and_nothing_else() {
        insta::assert_snapshot!(check::<Predicate>(r#"
            "paid_at is null"
            "PAID_AT IS NOT NULL"
            "paid_at IS NOT NULL and state<>'it''s open'"
            "amount >= -5 and shipped = true"
            "amount = null"
            "amount > 1.5"
            "paid_at is null or true"
            "id in (select id from users)"
            "id = 1; drop table users"
            "id = 1 -- all"
            "name = 'x"
            "name = other_column"
            "name = Other"
            "state IN ('open','it''s') and ends_at>starts_at"
            "state in ()"
            "state in ('a' 'b')"
            "state in (a)"
            "state in 'a'"
            "a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1"
            "and"
            ""
        "#), @r#"
        "paid_at is null" => paid_at is null
        "PAID_AT IS NOT NULL" => `PAID_AT` has `P`, which a name in a database cannot have | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"`
        "paid_at IS NOT NULL and state<>'it''s open'" => paid_at is not null and state <> 'it''s open'
        "amount >= -5 and shipped = true" => amount >= -5 and shipped = true
        "amount = null" => nothing is ever `= null`, not even what has no value | write `is null` or `is not null`
        "amount > 1.5" => `amount > 1.5` has something else than columns and values: `.` | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "paid_at is null or true" => `paid_at is null or true` is not made of tests of columns | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "id in (select id from users)" => `id in (select id from users)` has no values with `,` between them | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "id = 1; drop table users" => `id = 1; drop table users` has something else than columns and values: `;` | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "id = 1 -- all" => `id = 1 -- all` is not made of tests of columns | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "name = 'x" => `name = 'x` has a `'` that is never closed | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "name = other_column" => name = other_column
        "name = Other" => `name = Other` compares with something that is no value: `Other` | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "state IN ('open','it''s') and ends_at>starts_at" => state in ('open', 'it''s') and ends_at > starts_at
        "state in ()" => `state in ()` has no values with `,` between them | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "state in ('a' 'b')" => `state in ('a' 'b')` has no values with `,` between them | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "state in (a)" => `state in (a)` compares with something that is no value: `a` | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "state in 'a'" => `in` is no comparison | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1" => `a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and a = 1 and …` has more than 8 tests | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "and" => `and` is not made of tests of columns | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "" => a condition cannot be empty | write a column, `is null`, `is not null`, `in` and values in parentheses, or `=`, `<>`, `<`, `<=`, `>`, `>=` and a value or column; several with `and`, as in `"paid_at is null"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Predicate>(
            "[a-z]{1,5} (is (not )?null|[<>=]{1,2} ?('[a-z']{0,4}'|-?[0-9]{1,4}|true|[a-z]{1,3})|in \\(('[a-z]{0,2}'|[0-9]),? ?[0-9]?\\))( and b = 2)?",
        );
    }
}
