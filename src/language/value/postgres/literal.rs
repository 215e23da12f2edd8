//! Values that stand in a column: what a default or an erased one is.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::language::value::plain::digits;
use crate::language::value::postgres::ColumnType;
use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A value as it is written: a text, a whole number or a truth. Whether it fits a column is asked of the column's type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// A text, or whatever else stands in quotes.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// `#true` or `#false`.
    Truth(bool),
}

/// The longest text: longer ones are documents, and belong into migrations.
const LONGEST: usize = 1000;

impl Literal {
    /// Whether it is another value than this one, in a column of texts, whole numbers or truths; others may read two texts as one value.
    pub fn is_other(&self, value: &Self) -> bool {
        match (self, value) {
            (Self::Text(one), Self::Text(other)) => one != other,
            (Self::Integer(one), Self::Integer(other)) => one != other,
            (Self::Truth(one), Self::Truth(other)) => one != other,
            _ => false,
        }
    }
}

impl Parse for Literal {
    const FORM: Form = Form {
        name: "value of a column",
        expects: "a text in quotes, a whole number, `#true` or `#false`",
        example: "\"free\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String("") => Ok(Self::Text(Arc::from(""))),
            Value::String(text) => {
                Self::FORM.within(text, LONGEST)?;
                // PostgreSQL has no such character, in no text.
                Self::FORM.only(text, |it| it != '\0')?;
                Ok(Self::Text(Arc::from(text)))
            }
            Value::Bool(truth) => Ok(Self::Truth(truth)),
            Value::Integer(number) => i64::try_from(number)
                .map(Self::Integer)
                .map_err(|_| Self::FORM.refuse(format!("`{number}` is larger than any column holds"))),
            Value::Float(_) => Err(Self::FORM.mismatch(value).help("put a number with a fraction in quotes")),
            other => Err(Self::FORM.mismatch(other)),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Integer(number) => number.fmt(formatter),
            Self::Truth(truth) => truth.fmt(formatter),
        }
    }
}

impl serde::Serialize for Literal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
        }
    }
}

impl schemars::JsonSchema for Literal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Literal".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": Self::FORM.description(),
            "type": ["string", "integer", "boolean"],
            "examples": ["free", 0, true],
        })
    }
}

impl ColumnType {
    /// Whether a value is one of this type, so that PostgreSQL takes it as it stands.
    pub fn holds(&self, value: &Literal) -> bool {
        if self.is_array {
            // The empty list is the only one that is worth a default.
            return matches!(value, Literal::Text(text) if &**text == "{}");
        }
        match (self.base, value) {
            (BaseType::Boolean, Literal::Truth(_))
            | (BaseType::BigInt | BaseType::Real | BaseType::DoublePrecision, Literal::Integer(_)) => true,
            (BaseType::SmallInt, Literal::Integer(number)) => i16::try_from(*number).is_ok(),
            (BaseType::Integer, Literal::Integer(number)) => i32::try_from(*number).is_ok(),
            (BaseType::Numeric, Literal::Integer(number)) => self.holds_decimal(&number.to_string()),
            (BaseType::Numeric, Literal::Text(text)) => self.holds_decimal(text),
            (_, Literal::Text(text)) => self.holds_text(text),
            _ => false,
        }
    }

    fn holds_text(&self, text: &str) -> bool {
        match self.base {
            BaseType::Text => true,
            BaseType::Enum => self.declared.iter().any(|it| it.values.iter().any(|it| it.as_str() == text)),
            BaseType::VarChar | BaseType::Char => {
                // `char` alone is one character long.
                let most = match (self.modifiers[0], self.base) {
                    (Some(most), _) => usize::from(most),
                    (None, BaseType::Char) => 1,
                    (None, _) => usize::MAX,
                };
                text.chars().count() <= most
            }
            BaseType::Uuid => is_uuid(text),
            BaseType::Inet => {
                let (address, bits) =
                    text.split_once('/').map_or((text, None), |(front, bits)| (front, Some(bits)));
                let widest = |it: IpAddr| if it.is_ipv4() { 32 } else { 128 };
                address.parse().is_ok_and(|it| {
                    bits.is_none_or(|bits| digits(bits).is_some_and(|bits| bits <= widest(it)))
                })
            }
            BaseType::Cidr => text.parse::<ipnet::IpNet>().is_ok_and(|it| it.trunc() == it),
            BaseType::Date => text.parse::<jiff::civil::Date>().is_ok(),
            BaseType::Timestamp => text.parse::<jiff::civil::DateTime>().is_ok(),
            BaseType::TimestampTz => text.parse::<jiff::Timestamp>().is_ok(),
            BaseType::Time => text.parse::<jiff::civil::Time>().is_ok(),
            BaseType::Json | BaseType::Jsonb => serde_json::from_str::<serde_json::Value>(text).is_ok(),
            _ => false,
        }
    }

    fn holds_decimal(&self, text: &str) -> bool {
        let bare = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return false;
        }
        let [precision, scale] = self.modifiers.map(|it| it.map(usize::from));
        let scale = scale.unwrap_or(0);
        let fraction = fraction.trim_end_matches('0').len();
        precision.is_none_or(|precision| {
            whole.trim_start_matches('0').len() <= precision - scale && fraction <= scale
        })
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|it| it.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_fits_a_column_or_does_not() {
        let fits = |kind: &str, value: Value<'_>| {
            let kind = ColumnType::parse(Value::String(kind)).expect("it is a type");
            kind.holds(&Literal::parse(value).expect("it is a value"))
        };
        for (kind, right, wrong) in [
            ("text", "anything", None),
            ("varchar(3)", "abc", Some("abcd")),
            ("char", "a", Some("ab")),
            ("uuid", "00000000-0000-0000-0000-000000000000", Some("DELETED_USER")),
            ("inet", "10.0.0.1/8", Some("10.0.0.1/33")),
            ("cidr", "10.0.0.0/8", Some("10.0.0.1/8")),
            ("date", "2026-11-22", Some("22.11.2026")),
            ("timestamptz", "2026-11-22T00:00:00Z", Some("2026-11-22T00:00:00")),
            ("timestamp", "2026-11-22T00:00:00", Some("now()")),
            ("jsonb", "{}", Some("{")),
            ("numeric(4, 2)", "12.50", Some("123.5")),
            ("numeric", "-0.001", Some("1e5")),
            ("text[]", "{}", Some("{a}")),
        ] {
            assert!(fits(kind, Value::String(right)), "{kind} {right}");
            assert!(wrong.is_none_or(|it| !fits(kind, Value::String(it))), "{kind} {wrong:?}");
        }
        assert!(fits("integer", Value::Integer(-5)) && !fits("smallint", Value::Integer(40_000)));
        assert!(fits("boolean", Value::Bool(true)) && !fits("boolean", Value::String("true")));
        assert!(!fits("bytea", Value::String("x")) && !fits("text", Value::Integer(5)));
    }
}
