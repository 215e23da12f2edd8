//! What a generated column is computed from, in a small language that is a part of SQL: columns, constants, arithmetic, `||`, `->>` and
//! a few functions, each of which gives the same for the same. Nothing else of SQL is read, so nothing else gets into a table.

use std::fmt;

use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::postgres::literal::Literal;
use crate::language::value::postgres::predicate::{end_of_text, literal};
use crate::language::value::postgres::{ColumnType, Identifier};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// What a column is computed from: `price * quantity`, `lower(email)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// The value of a column.
    Column(Identifier),
    /// A constant.
    Constant(Literal),
    /// Two with an operator between them.
    Operation(Box<Expression>, Operator, Box<Expression>),
    /// A function of others.
    Call(Function, Vec<Expression>),
}

macro_rules! symbols {
    ($(#[$doc:meta])* $name:ident: $($(#[$of:meta])* $variant:ident $symbol:literal,)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $variant,)+
        }

        impl $name {
            /// How SQL writes it.
            pub fn symbol(self) -> &'static str {
                match self {
                    $(Self::$variant => $symbol,)+
                }
            }

            fn of(symbol: &str) -> Option<Self> {
                match symbol {
                    $($symbol => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

symbols! {
    /// What stands between two values.
    Operator:
    /// Their sum.
    Plus "+",
    /// Their difference.
    Minus "-",
    /// Their product.
    Times "*",
    /// Their quotient; of whole numbers, without what remains.
    Over "/",
    /// One text behind the other.
    Behind "||",
    /// What stands in a document under a name.
    In "->",
    /// The same as a text.
    TextIn "->>",
}

symbols! {
    /// A function.
    Function:
    /// Without its sign.
    Abs "abs",
    /// The first that is a value.
    Coalesce "coalesce",
    /// The largest.
    Greatest "greatest",
    /// The smallest.
    Least "least",
    /// How many characters.
    Length "length",
    /// In small letters.
    Lower "lower",
    /// The nearest whole number.
    Round "round",
    /// What can be searched for words, by the rules of a language.
    ToTsvector "to_tsvector",
    /// Without spaces at both ends.
    Trim "btrim",
    /// In capital letters.
    Upper "upper",
}

/// What kind of value something is: what can be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Family {
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A document.
    Document,
    /// What can be searched for words.
    Words,
    /// A value of a type with which nothing is computed.
    Other(Box<ColumnType>),
}

impl Family {
    /// That of the values of a type.
    pub fn of(column_type: &ColumnType) -> Self {
        use BaseType::{
            BigInt, Char, DoublePrecision, Integer, Json, Jsonb, Numeric, Real, SmallInt, Text, TsVector,
            VarChar,
        };
        match column_type.base {
            _ if column_type.is_array => Self::Other(Box::new(column_type.clone())),
            SmallInt | Integer | BigInt => Self::Whole,
            Numeric | Real | DoublePrecision => Self::Number,
            Text | VarChar | Char => Self::Text,
            Json | Jsonb => Self::Document,
            TsVector => Self::Words,
            _ => Self::Other(Box::new(column_type.clone())),
        }
    }

    /// Whether a column of one can have values of another.
    pub fn holds(&self, other: &Self) -> bool {
        self == other || (*self == Self::Number && *other == Self::Whole)
    }

    fn with(self, other: &Self) -> Option<Self> {
        match self.holds(other) {
            true => Some(self),
            false => other.holds(&self).then(|| other.clone()),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Whole | Self::Number)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => formatter.write_str("a whole number"),
            Self::Number => formatter.write_str("a number"),
            Self::Text => formatter.write_str("a text"),
            Self::Document => formatter.write_str("a document"),
            Self::Words => formatter.write_str("a `tsvector`"),
            Self::Other(it) => write!(formatter, "a `{it}`"),
        }
    }
}

impl Expression {
    /// The columns that it asks for.
    pub fn columns(&self) -> Vec<&Identifier> {
        match self {
            Self::Column(column) => vec![column],
            Self::Constant(_) => Vec::new(),
            Self::Operation(one, _, other) => [one, other].iter().flat_map(|it| it.columns()).collect(),
            Self::Call(_, of) => of.iter().flat_map(Self::columns).collect(),
        }
    }

    /// Whether it may be nothing, `of` whether a column may be.
    pub fn may_be_missing(&self, of: &impl Fn(&Identifier) -> bool) -> bool {
        match self {
            Self::Column(column) => of(column),
            Self::Constant(_) => false,
            Self::Operation(_, Operator::In | Operator::TextIn, _) => true,
            Self::Operation(one, _, other) => one.may_be_missing(of) || other.may_be_missing(of),
            Self::Call(Function::Coalesce | Function::Greatest | Function::Least, these) => {
                these.iter().all(|it| it.may_be_missing(of))
            }
            Self::Call(_, these) => these.iter().any(|it| it.may_be_missing(of)),
        }
    }

    /// What kind of value it is, `of` that of a column.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn family(&self, of: &impl Fn(&Identifier) -> Option<Family>) -> Result<Family, String> {
        match self {
            Self::Column(column) => of(column).ok_or_else(|| format!("there is no column `{column}`")),
            Self::Constant(Literal::Text(_)) => Ok(Family::Text),
            Self::Constant(Literal::Integer(_)) => Ok(Family::Whole),
            Self::Constant(Literal::Truth(_)) => {
                Err("nothing is computed from `true` and `false`".to_owned())
            }
            Self::Operation(one, operator, other) => {
                let (left, right) = (one.family(of)?, other.family(of)?);
                if *operator == Operator::Over && **other == Self::Constant(Literal::Integer(0)) {
                    return Err("nothing is divided by zero".to_owned());
                }
                let symbol = operator.symbol();
                match operator {
                    Operator::Plus | Operator::Minus | Operator::Times | Operator::Over => {
                        let wrong = [&left, &right].into_iter().find(|it| !it.is_number());
                        match (wrong, left.clone().with(&right)) {
                            (None, Some(it)) => Ok(it),
                            (wrong, _) => {
                                Err(format!("`{symbol}` is for numbers, not for {}", wrong.unwrap_or(&left)))
                            }
                        }
                    }
                    Operator::Behind if left == Family::Text && right == Family::Text => Ok(Family::Text),
                    Operator::In if left == Family::Document && right == Family::Text => Ok(Family::Document),
                    Operator::TextIn if left == Family::Document && right == Family::Text => Ok(Family::Text),
                    Operator::Behind => {
                        Err(format!("`{symbol}` puts two texts behind each other, not {left} and {right}"))
                    }
                    Operator::In | Operator::TextIn => {
                        Err(format!("`{symbol}` asks a document for a name, not {left} for {right}"))
                    }
                }
            }
            Self::Call(function, of_these) => {
                let families: Result<Vec<Family>, String> = of_these.iter().map(|it| it.family(of)).collect();
                let families = families?;
                let symbol = function.symbol();
                match (function, families.as_slice()) {
                    (Function::Abs | Function::Round, [one]) if one.is_number() => Ok(one.clone()),
                    (Function::Lower | Function::Upper | Function::Trim, [Family::Text]) => Ok(Family::Text),
                    (Function::Length, [Family::Text]) => Ok(Family::Whole),
                    (Function::ToTsvector, [Family::Text, Family::Text]) => match &of_these[0] {
                        Self::Constant(Literal::Text(language)) if LANGUAGES.contains(&&**language) => {
                            Ok(Family::Words)
                        }
                        _ => Err(format!(
                            "`{symbol}` takes one of these languages in quotes: {}",
                            LANGUAGES.join(", ")
                        )),
                    },
                    (Function::ToTsvector, _) => Err(format!(
                        "`{symbol}` takes the name of a language and a text, as in `to_tsvector('simple', title)`"
                    )),
                    (Function::Coalesce | Function::Greatest | Function::Least, [first, more @ ..])
                        if !more.is_empty() =>
                    {
                        let mut all = first.clone();
                        for it in more {
                            let both = all.clone().with(it);
                            all = both.ok_or_else(|| {
                                format!("`{symbol}` takes values of one kind, not {all} and {it}")
                            })?;
                        }
                        Ok(all)
                    }
                    (_, families) => {
                        let told: Vec<String> = families.iter().map(ToString::to_string).collect();
                        Err(format!("`{symbol}` cannot be asked of {}", told.join(" and ")))
                    }
                }
            }
        }
    }
}

/// The languages whose words every PostgreSQL knows.
const LANGUAGES: &[&str] = &[
    "arabic",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "greek",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "simple",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
];

/// How long the text may be.
const LONGEST: usize = 500;

/// How many values and functions one may have, so that it is read without getting deep.
const MOST: usize = 32;

serialized_as_displayed!(Expression);

impl Parse for Expression {
    const FORM: Form = Form {
        name: "computation",
        expects: "columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses",
        example: "\"price * quantity\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::FORM.within(text, LONGEST)?;
        let words = words(text)?;
        if words.len() > 4 * MOST {
            return Err(Self::FORM.refuse(format!("{} is more than anybody reads", quote(text))));
        }
        let mut reader = Reader { text, words: &words, at: 0 };
        let read = reader.sum()?;
        match reader.next() {
            None => Ok(read),
            Some(more) => {
                Err(Self::FORM.refuse(format!("{} goes on behind its end with {}", quote(text), quote(more))))
            }
        }
    }
}

/// A text by its words: names, numbers, texts with their quotes, and symbols.
fn words(text: &str) -> Result<Vec<&str>, Invalid> {
    let form = &Expression::FORM;
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let symbol =
            ["->>", "->", "||", "+", "-", "*", "/", "(", ")", ","].iter().find(|it| rest.starts_with(**it));
        let end = match (first, symbol) {
            (_, Some(symbol)) => symbol.len(),
            ('\'', None) => end_of_text(rest)
                .ok_or_else(|| form.refuse(format!("{} has a `'` that is never closed", quote(text))))?,
            (it, None) if is_of_word(it) => rest.find(|it| !is_of_word(it)).unwrap_or(rest.len()),
            (it, None) => {
                return Err(form.refuse(format!(
                    "{} has {}, which nothing is computed with",
                    quote(text),
                    quote(&it.to_string())
                )));
            }
        };
        let (word, behind) = rest.split_at(end);
        words.push(word);
        rest = behind.trim_start();
    }
    Ok(words)
}

fn is_of_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

struct Reader<'t> {
    text: &'t str,
    words: &'t [&'t str],
    at: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<&'t str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn peek(&self) -> Option<&'t str> {
        self.words.get(self.at).copied()
    }

    /// Those of a strength with one of these operators between them, from the left.
    fn row(
        &mut self,
        operators: &[Operator],
        part: fn(&mut Self) -> Result<Expression, Invalid>,
    ) -> Result<Expression, Invalid> {
        let mut read = part(self)?;
        while let Some(operator) = self.peek().and_then(Operator::of).filter(|it| operators.contains(it)) {
            self.at += 1;
            read = Expression::Operation(Box::new(read), operator, Box::new(part(self)?));
        }
        Ok(read)
    }

    // As PostgreSQL has it (4.1.6): other operators bind less than `+`.
    fn sum(&mut self) -> Result<Expression, Invalid> {
        self.row(&[Operator::Behind, Operator::In, Operator::TextIn], |it| {
            it.row(&[Operator::Plus, Operator::Minus], |it| {
                it.row(&[Operator::Times, Operator::Over], Self::one)
            })
        })
    }

    fn one(&mut self) -> Result<Expression, Invalid> {
        let form = &Expression::FORM;
        let Some(word) = self.next() else {
            return Err(form.refuse(format!("{} ends in the middle", quote(self.text))));
        };
        if word == "(" {
            let inside = self.sum()?;
            self.close()?;
            return Ok(inside);
        }
        if word.starts_with(|it: char| it == '\'' || it.is_ascii_digit()) {
            let constant = literal(word).map(Expression::Constant);
            return constant
                .ok_or_else(|| form.refuse(format!("{} is no text or whole number", quote(word))));
        }
        if self.peek() != Some("(") {
            return match word.chars().all(is_of_word) {
                true => Identifier::of_another(word).map(Expression::Column),
                false => Err(form.refuse(format!(
                    "{} has {} where a value belongs",
                    quote(self.text),
                    quote(word)
                ))),
            };
        }
        self.at += 1;
        let Some(function) = Function::of(&word.to_ascii_lowercase()) else {
            return Err(form.refuse(format!("{} is none of the functions that are known here", quote(word))));
        };
        let mut of = vec![self.sum()?];
        while self.peek() == Some(",") {
            self.at += 1;
            of.push(self.sum()?);
        }
        self.close()?;
        Ok(Expression::Call(function, of))
    }

    fn close(&mut self) -> Result<(), Invalid> {
        match self.next() {
            Some(")") => Ok(()),
            _ => Err(Expression::FORM.refuse(format!("{} has a `(` that is never closed", quote(self.text)))),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(column) => column.fmt(formatter),
            Self::Constant(Literal::Text(text)) => write!(formatter, "'{}'", text.replace('\'', "''")),
            Self::Constant(other) => other.fmt(formatter),
            Self::Operation(one, operator, other) => {
                let part = |it: &Self| match it {
                    Self::Operation(..) => format!("({it})"),
                    _ => it.to_string(),
                };
                write!(formatter, "{} {} {}", part(one), operator.symbol(), part(other))
            }
            Self::Call(function, of) => {
                let of: Vec<String> = of.iter().map(ToString::to_string).collect();
                write!(formatter, "{}({})", function.symbol(), of.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn what_is_computed_is_read_or_refused() {
        insta::assert_snapshot!(check::<Expression>(r#"
            "price * quantity + 1"
            "lower(email)"
            "first || ' it''s ' || last"
            "coalesce(nick, name)"
            "(a + b) * c"
            "data ->> 'email'"
            "to_tsvector('simple', title)"
            "now()"
            "a; drop table users"
            "a +"
            "lower(a"
            "a b"
            "1.5 * a"
            5
        "#), @r#"
        "price * quantity + 1" => (price * quantity) + 1
        "lower(email)" => lower(email)
        "first || ' it''s ' || last" => (first || ' it''s ') || last
        "coalesce(nick, name)" => coalesce(nick, name)
        "(a + b) * c" => (a + b) * c
        "data ->> 'email'" => data ->> 'email'
        "to_tsvector('simple', title)" => to_tsvector('simple', title)
        "now()" => `now` is none of the functions that are known here | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        "a; drop table users" => `a; drop table users` has `;`, which nothing is computed with | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        "a +" => `a +` ends in the middle | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        "lower(a" => `lower(a` has a `(` that is never closed | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        "a b" => `a b` goes on behind its end with `b` | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        "1.5 * a" => `1.5 * a` has `.`, which nothing is computed with | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        5 => expected a computation, found the number `5` | write columns, numbers and `'…'`, `+`, `-`, `*`, `/`, `||`, `->`, `->>` between them, and `abs`, `btrim`, `coalesce`, `greatest`, `least`, `length`, `lower`, `round`, `to_tsvector`, `upper` with parentheses, as in `"price * quantity"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Expression>("[a-c(),+*|'> -]{1,40}");
    }

    #[test]
    fn kinds_of_values_fit_together_or_do_not() {
        let family = |text: &str| {
            let read = Expression::parse(Value::String(text)).expect("it is one");
            let of = |name: &Identifier| {
                let column_type = match name.as_str() {
                    "n" => "integer",
                    "x" => "numeric(12, 2)",
                    "t" => "text",
                    "d" => "jsonb",
                    "u" => "uuid",
                    _ => return None,
                };
                ColumnType::of(column_type).map(|it| Family::of(&it))
            };
            read.family(&of).map_or_else(|it| it, |it| it.to_string())
        };
        let told: Vec<String> = [
            "n * 2",
            "n * x",
            "t || t",
            "t + n",
            "d ->> 'a'",
            "d -> 'a' ->> 'b'",
            "lower(d)",
            "length(t)",
            "coalesce(n, x)",
            "coalesce(t, n)",
            "coalesce(u, u)",
            "to_tsvector('simple', t)",
            "to_tsvector(t)",
            "y",
            "d ->> n",
        ]
        .map(|it| format!("{it}: {}", family(it)))
        .into();
        insta::assert_snapshot!(told.join("\n"), @r#"
        n * 2: a whole number
        n * x: a number
        t || t: a text
        t + n: `+` is for numbers, not for a text
        d ->> 'a': a text
        d -> 'a' ->> 'b': a text
        lower(d): `lower` cannot be asked of a document
        length(t): a whole number
        coalesce(n, x): a number
        coalesce(t, n): `coalesce` takes values of one kind, not a text and a whole number
        coalesce(u, u): a `uuid`
        to_tsvector('simple', t): a `tsvector`
        to_tsvector(t): `to_tsvector` takes the name of a language and a text, as in `to_tsvector('simple', title)`
        y: there is no column `y`
        d ->> n: `->>` asks a document for a name, not a document for a whole number
        "#);
    }
}
