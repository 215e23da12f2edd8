//! Values with units and forms of their own, checked when they are read.
//!
//! [`Parse`] is the one way from text to value: it says how a value is written, and its refusal says what to type instead.
//! A value is shown (`Display`, `Serialize`) in its one canonical spelling, which reads back as the same value.

/// Gives types around one text what such types share.
macro_rules! texts {
    ($($type:ident),+) => {$(
        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+
    serialized_as_displayed!($($type),+);
    };
}

/// Serializes types as the text that they display, and describes it by their form.
macro_rules! serialized_as_displayed {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
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
                <$type as $crate::language::value::Parse>::FORM.text_schema()
            }
        }
    )+};
}

pub(crate) use serialized_as_displayed;

pub mod age_key;
pub mod bech32;
mod curve;
pub mod image;
pub mod json;
pub mod network;
pub mod oauth;
pub mod permission;
pub mod plain;
pub mod postgres;
pub mod quantity;
pub mod redirect;
pub mod refusal;
pub mod ssh_key;
pub mod text;
pub mod time;
pub mod version;

use crate::syntax::Value;

/// How a kind of value is written; the reference prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is called: `duration`.
    pub name: &'static str,
    /// How it is written, ready to be read aloud after "expected": ``a number and a unit, `s`, `m`, `h` or `d` ``.
    pub expects: &'static str,
    /// One value as it stands in a file: `"15m"`.
    pub example: &'static str,
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong with *this* text: lower case, no final stop, the text quoted in backticks.
    pub message: String,
    /// What to type instead, as a sentence without final stop.
    pub help: Option<String>,
    /// What to type instead, as it stands in a file, where that is certain.
    pub replacement: Option<String>,
    /// Whether the value holds a secret that does not look like one: nothing of it is shown.
    pub is_secret: bool,
}

impl Invalid {
    /// A refusal.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, replacement: None, is_secret: false }
    }

    /// Says what to type instead.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Says that the value is not to be shown.
    pub fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Offers what to type instead, exactly as it stands in a file (strings with their quotes).
    pub fn replacement(self, text: impl Into<String>) -> Self {
        Self { replacement: Some(text.into()), ..self }
    }
}

/// A value that can be read from a file.
pub trait Parse: Sized {
    /// How it is written.
    const FORM: Form;

    /// Reads it.
    fn parse(value: Value<'_>) -> Result<Self, Invalid>;
}

#[cfg(test)]
pub(crate) mod tests;
