//! Values that are one word out of a few.

use crate::diagnostic::{did_you_mean, suggest};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid};
use crate::syntax::Value;

/// Gives an enum the words that its variants are written with, in files and in JSON.
macro_rules! words {
    ($type:ident: $name:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            /// All there are, in the order in which they are explained.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that it is written with.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::language::value::Parse for $type {
            const FORM: $crate::language::value::Form = $crate::language::value::Form {
                name: $name,
                expects: concat!("one of", $(" `\"", $word, "\"`",)+),
                example: $crate::language::word::first(&[$(concat!("\"", $word, "\"")),+]),
            };

            fn parse(
                value: $crate::syntax::Value<'_>,
            ) -> Result<Self, $crate::language::value::Invalid> {
                match value {
                    $($crate::syntax::Value::String($word) => Ok(Self::$variant),)+
                    other => Err($crate::language::word::refused(&Self::FORM, other, &[$($word),+])),
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                $crate::language::value::Parse::parse($crate::syntax::Value::String(&word))
                    .map_err(|it: $crate::language::value::Invalid| serde::de::Error::custom(it.message))
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($type)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::language::word::schema($name, &[$($word),+])
            }
        }
    };
}

pub(crate) use words;

/// The first of some texts, for tables that are made at compile time.
pub const fn first(words: &[&'static str]) -> &'static str {
    words[0]
}

/// The schema of a word.
pub fn schema(name: &str, words: &[&'static str]) -> schemars::Schema {
    let mut rest = name.chars();
    let first = rest.next().map(|it| it.to_ascii_uppercase()).unwrap_or_default();
    schemars::json_schema!({
        "description": format!("{first}{}.", rest.as_str()),
        "type": "string",
        "enum": words,
    })
}

/// Why a word was refused.
pub fn refused(form: &Form, value: Value<'_>, words: &[&'static str]) -> Invalid {
    let known: Vec<String> = words.iter().map(|it| format!("`\"{it}\"`")).collect();
    let help = format!("write one of {}", known.join(", "));
    let Value::String(text) = value else {
        return form.mismatch(value).help(help);
    };
    let invalid = Invalid::new(format!("{} is not {}", quote(text), form.with_article()));
    let meant = suggest::candidates(text, words.iter().copied());
    let invalid = invalid.help(did_you_mean(&meant).unwrap_or(help));
    match *meant {
        [meant] => invalid.replacement(format!("\"{meant}\"")),
        _ => invalid,
    }
}
