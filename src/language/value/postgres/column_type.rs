//! Types of columns. Only those that every PostgreSQL has: what an extension or a migration of one's own adds is not known
//! to be there.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::suggest;
use crate::language::value::plain::digits;
use crate::language::value::postgres::{ColumnType, DeclaredType};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

macro_rules! base_types {
    ($($variant:ident $word:literal $($alias:literal)*,)+) => {
        /// The type of a single value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum BaseType {
            $(#[doc = concat!("`", $word, "`.")] $variant,)+
        }

        impl BaseType {
            /// Its usual spelling.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn find(word: &str) -> Option<Self> {
                match word {
                    $($word $(| $alias)* => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        const WORDS: &[&str] = &[$($word, $($alias,)*)+];
    };
}

base_types! {
    BigInt "bigint" "int8",
    Boolean "boolean" "bool",
    Bytea "bytea",
    Char "char" "character" "bpchar",
    Cidr "cidr",
    Date "date",
    DoublePrecision "double precision" "float8" "float",
    Inet "inet",
    Integer "integer" "int" "int4",
    Interval "interval",
    Json "json",
    Jsonb "jsonb",
    MacAddr "macaddr",
    Numeric "numeric" "decimal",
    Real "real" "float4",
    SmallInt "smallint" "int2",
    Text "text",
    Time "time" "time without time zone",
    Timestamp "timestamp" "timestamp without time zone",
    TimestampTz "timestamptz" "timestamp with time zone",
    TsVector "tsvector",
    Uuid "uuid",
    VarChar "varchar" "character varying",
    // What a database declares for itself, whose values are listed.
    Enum "enum",
}

impl BaseType {
    /// How many numbers may stand in parentheses behind it, and how large each may be.
    fn most_modifiers(self) -> &'static [u16] {
        match self {
            Self::Char | Self::VarChar => &[10_000],
            Self::Numeric => &[1000, 1000],
            Self::Time | Self::Timestamp | Self::TimestampTz | Self::Interval => &[6],
            _ => &[],
        }
    }
}

impl ColumnType {
    /// Whether a value of it is a moment or day that time passes after.
    pub fn is_time(&self) -> bool {
        matches!(self.base, BaseType::Date | BaseType::Timestamp | BaseType::TimestampTz) && !self.is_array
    }

    /// Whether it is a whole number that can be counted up.
    pub fn is_integer(&self) -> bool {
        matches!(self.base, BaseType::BigInt | BaseType::Integer | BaseType::SmallInt)
            && !self.is_array
            && self.declared.is_none()
    }

    /// Whether it holds text or bytes, which can be replaced by what they are encrypted to.
    pub fn is_opaque(&self) -> bool {
        let base = matches!(
            self.base,
            BaseType::Text | BaseType::VarChar | BaseType::Bytea | BaseType::Json | BaseType::Jsonb
        );
        base && !self.is_array && self.declared.is_none()
    }

    /// Whether there is something in its values that can be looked for.
    pub fn has_elements(&self) -> bool {
        self.is_array && self.base != BaseType::Json
            || matches!(self.base, BaseType::Jsonb | BaseType::TsVector)
    }

    /// Whether it holds texts, each of which is a value of its own.
    pub fn is_text(&self) -> bool {
        matches!(self.base, BaseType::Text | BaseType::VarChar) && !self.is_array
    }

    /// Whether values of it can be compared for being the same, so that they can be keys.
    pub fn is_comparable(&self) -> bool {
        !matches!(self.base, BaseType::Json)
    }

    /// Whether a value of one can be compared with a value of the other: lengths and precisions do not matter.
    pub fn matches(&self, other: &Self) -> bool {
        let text = |it: BaseType| match it {
            BaseType::VarChar => BaseType::Text,
            it => it,
        };
        let values = |it: &Self| it.declared.as_ref().filter(|it| !it.values.is_empty()).cloned();
        text(self.base) == text(other.base)
            && self.is_array == other.is_array
            && values(self) == values(other)
    }

    /// A type whose values are listed.
    pub fn of_enum(declared: Option<Arc<DeclaredType>>) -> Self {
        Self { base: BaseType::Enum, modifiers: [None; 2], is_array: false, declared }
    }

    /// The type of the elements of a list; of what is none, itself.
    pub fn element(&self) -> Self {
        Self { is_array: false, ..self.clone() }
    }

    /// Whether a value of it can be one of the other: a text may be anything, and numbers, truths and times are among themselves.
    pub fn converts(&self, other: &Self) -> bool {
        use BaseType::{
            BigInt, Boolean, Char, Cidr, Date, DoublePrecision, Enum, Inet, Integer, Interval, Json, Jsonb,
            Numeric, Real, SmallInt, Text, Time, Timestamp, TimestampTz, VarChar,
        };
        let family = |it: &Self| match it.base {
            SmallInt | Integer | BigInt | Boolean => 1,
            Numeric | Real | DoublePrecision => 2,
            Date | Timestamp | TimestampTz => 3,
            Time | Interval => 4,
            Inet | Cidr => 5,
            Json | Jsonb => 6,
            Text | VarChar | Char | Enum => 7,
            BaseType::Bytea => 8,
            BaseType::MacAddr => 9,
            BaseType::Uuid => 10,
            BaseType::TsVector => 11,
        };
        let is_number = |it: &Self| matches!(family(it), 1 | 2) && it.base != Boolean;
        family(self) == family(other)
            || family(self) == 7
            || family(other) == 7
            || (is_number(self) && is_number(other))
    }

    /// How it is called in statements, whatever is in the search path.
    pub fn sql(&self) -> String {
        match &self.declared {
            Some(declared) => format!("public.{}{}", declared.name, if self.is_array { "[]" } else { "" }),
            None => self.to_string(),
        }
    }

    /// The type of a spelling; `None` where it is none of these.
    pub fn of(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 60)?;
        let (text_of_one, is_array) = match text.strip_suffix("[]") {
            Some(element) => (element, true),
            None => (text, false),
        };
        if text_of_one.ends_with(']') {
            return Err(form.refuse(format!("{} is not a type or a list of one", quote(text))));
        }
        let (word, modifiers) = match text_of_one.split_once('(') {
            None => (text_of_one, Vec::new()),
            // `timestamp(3) with time zone` has its precision in the middle.
            Some((front, rest)) => {
                let Some((inside, "")) = rest.split_once(')') else {
                    return Err(form.refuse(format!("{} does not end with its `)`", quote(text))));
                };
                (front, inside.split(',').map(|it| digits(it.trim())).collect())
            }
        };
        let Some(base) = BaseType::find(word).filter(|it| *it != BaseType::Enum) else {
            return Err(Self::unknown(text, word, is_array));
        };
        let most = base.most_modifiers();
        if modifiers.len() > most.len() {
            let message = match most.len() {
                0 => format!("`{}` takes nothing in parentheses", base.word()),
                _ => format!("`{}` takes fewer numbers in parentheses", base.word()),
            };
            return Err(form.refuse(message));
        }
        let mut read = [None; 2];
        for (at, (number, most)) in modifiers.iter().zip(most).enumerate() {
            let fits = number.and_then(|it| u16::try_from(it).ok()).filter(|it| it <= most);
            // A length or precision of nothing holds nothing; a scale of zero is a whole number.
            let is_nothing = fits == Some(0) && at == 0 && !matches!(most, 6);
            read[at] = Some(fits.filter(|_| !is_nothing).ok_or_else(|| {
                form.refuse(format!(
                    "{} has something else than a number up to {most} in parentheses",
                    quote(text)
                ))
            })?);
        }
        if let [Some(precision), Some(scale)] = read
            && scale > precision
        {
            return Err(form.refuse(format!("{} has more digits behind the point than in all", quote(text))));
        }
        Ok(Self { base, modifiers: read, is_array, declared: None })
    }

    fn unknown(text: &str, word: &str, is_array: bool) -> Invalid {
        let message = format!("{} is not a type of columns", quote(text));
        match word {
            "serial" | "bigserial" | "smallserial" => {
                let kind =
                    if word == "serial" { "integer".to_owned() } else { word.replace("serial", "int") };
                Invalid::new(message)
                    .help(format!("write `\"{kind}\"` and `default=\"identity\"`, which counts up"))
            }
            "money" => Invalid::new(message)
                .help("write `\"numeric(12, 2)\"`: `money` depends on the server's locale"),
            "citext" | "hstore" | "vector" | "geometry" | "geography" | "ltree" => Invalid::new(message)
                .help("it comes with an extension; the types that every PostgreSQL has are known here"),
            "enum" => Invalid::new(message)
                .help("declare one in the database, as in `enum \"status\" \"open\" \"done\"`, and write its name here"),
            _ => match suggest::closest(word, WORDS.iter().copied()).and_then(BaseType::find) {
                Some(meant) => {
                    let meant = format!("{}{}", meant.word(), if is_array { "[]" } else { "" });
                    Invalid::new(message)
                        .help(format!("did you mean `{meant}`?"))
                        .replacement(format!("\"{meant}\""))
                }
                None => Self::FORM.refuse(message),
            },
        }
    }
}

impl Parse for ColumnType {
    const FORM: Form = Form {
        name: "column type",
        expects: "a type that every PostgreSQL has, `[]` behind it for a list",
        example: "\"uuid\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            let spelled = text.trim().to_ascii_lowercase();
            match spelled == text {
                true => it,
                false => it.mend(&spelled, Self::read),
            }
        })
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(declared) = &self.declared {
            return write!(formatter, "{}{}", declared.name, if self.is_array { "[]" } else { "" });
        }
        formatter.write_str(self.base.word())?;
        match self.modifiers {
            [Some(first), Some(second)] => write!(formatter, "({first}, {second})")?,
            [Some(first), None] => write!(formatter, "({first})")?,
            _ => {}
        }
        formatter.write_str(if self.is_array { "[]" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn types_are_shown_in_their_usual_spelling() {
        insta::assert_snapshot!(check::<ColumnType>(r#"
            uuid
            uuid[]
            "varchar(200)"
            "character varying(20)"
            "numeric(12,2)"
            "numeric(2, 12)"
            "timestamp with time zone"
            "timestamptz(3)"
            int
            UUID
            uid
            bigserial
            serial
            smallserial
            citext
            "text(5)"
            "varchar(0)"
            "varchar(99999)"
            "text[][]"
            "text; drop table users"
            5
        "#), @r#"
        uuid => uuid
        uuid[] => uuid[]
        "varchar(200)" => varchar(200)
        "character varying(20)" => varchar(20)
        "numeric(12,2)" => numeric(12, 2)
        "numeric(2, 12)" => `numeric(2, 12)` has more digits behind the point than in all | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        "timestamp with time zone" => timestamptz
        "timestamptz(3)" => timestamptz(3)
        int => integer
        UUID => `UUID` is not a type of columns | did you mean `uuid`? | "uuid"
        uid => `uid` is not a type of columns | did you mean `uuid`? | "uuid"
        bigserial => `bigserial` is not a type of columns | write `"bigint"` and `default="identity"`, which counts up
        serial => `serial` is not a type of columns | write `"integer"` and `default="identity"`, which counts up
        smallserial => `smallserial` is not a type of columns | write `"smallint"` and `default="identity"`, which counts up
        citext => `citext` is not a type of columns | it comes with an extension; the types that every PostgreSQL has are known here
        "text(5)" => `text` takes nothing in parentheses | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        "varchar(0)" => `varchar(0)` has something else than a number up to 10000 in parentheses | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        "varchar(99999)" => `varchar(99999)` has something else than a number up to 10000 in parentheses | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        "text[][]" => `text[][]` is not a type or a list of one | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        "text; drop table users" => `text; drop table users` is not a type of columns | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        5 => expected a column type, found the number `5` | write a type that every PostgreSQL has, `[]` behind it for a list, as in `"uuid"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<ColumnType>("(uuid|TEXT|varchar|numeric|timestamptz)(\\([0-9]{1,4}(, ?[0-9])?\\))?(\\[\\])?");
    }
}
