//! Conditions on rows as SQL, and the columns that an expression asks for.

use crate::language::value::postgres::expression::Expression;
use crate::language::value::postgres::literal::Literal;
use crate::language::value::postgres::predicate::{Holds, Predicate};
use crate::render::postgres::quote::{ident, literal};

/// That a condition holds of the row that is looked at.
pub fn of_row(predicate: &Predicate) -> String {
    holds(predicate, "")
}

/// What a column is computed from.
pub fn computed(expression: &Expression) -> String {
    match expression {
        Expression::Column(column) => ident(column.as_str()),
        Expression::Constant(value) => constant(value),
        Expression::Operation(one, operator, other) => {
            format!("({} {} {})", computed(one), operator.symbol(), computed(other))
        }
        Expression::Call(function, of) => {
            let of: Vec<String> = of.iter().map(computed).collect();
            format!("{}({})", function.symbol(), of.join(", "))
        }
    }
}

/// That a condition holds of a row with this alias, in parentheses.
pub fn of_alias(predicate: &Predicate, alias: &str) -> String {
    format!("({})", holds(predicate, &format!("{alias}.")))
}

fn holds(predicate: &Predicate, before: &str) -> String {
    let tests: Vec<String> = predicate
        .0
        .iter()
        .map(|test| {
            let column = format!("{before}{}", ident(test.column.as_str()));
            match &test.holds {
                Holds::IsNull => format!("{column} is null"),
                Holds::IsNotNull => format!("{column} is not null"),
                Holds::Compares(comparison, value) => {
                    format!("{column} {} {}", comparison.symbol(), constant(value))
                }
                Holds::ComparesColumn(comparison, other) => {
                    format!("{column} {} {before}{}", comparison.symbol(), ident(other.as_str()))
                }
                Holds::In(values) => {
                    let values: Vec<String> = values.iter().map(constant).collect();
                    format!("{column} in ({})", values.join(", "))
                }
            }
        })
        .collect();
    tests.join(" and ")
}

fn constant(value: &Literal) -> String {
    match value {
        // PostgreSQL reads it as what the column is.
        Literal::Text(text) => literal(text),
        Literal::Integer(number) => format!("({number})"),
        Literal::Truth(truth) => truth.to_string(),
    }
}

/// Whether an expression names a column, as [`ident`] writes it.
pub fn asks(expression: &str, column: &str) -> bool {
    let column = ident(column);
    parts(expression).any(|it| it == column)
}

/// An expression with another name for a column. What is said in a text stays.
pub fn renamed(expression: &str, from: &str, to: &str) -> String {
    let (from, to) = (ident(from), ident(to));
    parts(expression).map(|it| if it == from { to.as_str() } else { it }).collect()
}

/// An expression in parts: names and texts with their quotes, and what is between them.
fn parts(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = expression;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match first {
            '"' | '\'' => end_of_quoted(rest, first),
            _ => rest.find(['"', '\'']).unwrap_or(rest.len()),
        };
        let (part, behind) = rest.split_at(end);
        rest = behind;
        Some(part)
    })
}

/// Where what begins with a quote ends; a doubled one stands for itself.
fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut quotes = text.match_indices(quote).skip(1).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&(at + 1)).is_none() {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::Parse as _;
    use crate::syntax::Value;

    fn sql(text: &str) -> String {
        of_row(&Predicate::parse(Value::String(text)).expect("it can be read"))
    }

    #[test]
    fn conditions_are_made_of_columns_and_constants() {
        assert_eq!(
            sql(r"state in ('open', 'it''s', '\') and ends_at > starts_at and seats >= -1 and paid = true"),
            r#""state" in ('open', 'it''s', E'\\') and "ends_at" > "starts_at" and "seats" >= (-1) and "paid" = true"#
        );
    }

    #[test]
    fn a_column_is_found_where_it_is_named_and_not_where_a_text_says_so() {
        let expression = r#"("a" = '"b"' and "a""b" = E'it''s "b" \\' and "b" is null)"#;
        assert!(asks(expression, "b") && asks(expression, "a\"b") && !asks(r#"("a" = '"b"')"#, "b"));
        assert_eq!(
            renamed(expression, "b", "c"),
            r#"("a" = '"b"' and "a""b" = E'it''s "b" \\' and "c" is null)"#
        );
    }
}
