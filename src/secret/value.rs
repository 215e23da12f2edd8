//! What the plaintext of a secret is: one value, or a field for each of its `keys`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use zeroize::Zeroizing;

use crate::language::value::Parse as _;
use crate::language::value::text::SecretKey;
use crate::syntax;

/// A value, in memory that is wiped.
pub enum Value {
    /// Bytes without names in them.
    Whole(Zeroizing<Vec<u8>>),
    /// A text for each key.
    Fields(BTreeMap<SecretKey, Zeroizing<String>>),
}

/// Why something is not what its secret says it is. None shows anything of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsDeclared {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It is no JSON.
    #[error("it is no JSON object at line {line}: it has to be one with the texts {keys}")]
    NoJson {
        /// The line.
        line: usize,
        /// The fields that it should have.
        keys: String,
    },
    /// It is JSON with something else in it.
    #[error("it is no JSON object with just the texts {keys}")]
    OtherFields {
        /// The fields that it should have.
        keys: String,
    },
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(_) => formatter.write_str("Whole(…)"),
            Self::Fields(fields) => formatter.debug_set().entries(fields.keys()).finish(),
        }
    }
}

impl Value {
    /// Reads a plaintext: that of a secret with keys is a JSON object (RFC 8259) with just these fields, each of them a text.
    pub fn read(plaintext: &[u8], keys: &BTreeSet<SecretKey>) -> Result<Self, NotAsDeclared> {
        if plaintext.is_empty() {
            return Err(NotAsDeclared::Empty);
        }
        if keys.is_empty() {
            return Ok(Self::Whole(Zeroizing::new(plaintext.to_vec())));
        }
        let told = || keys.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        // What the reader says of a mistake may show the value: only where it is, is told.
        let Fields(fields) = serde_json::from_slice(plaintext).map_err(|it| match it.is_data() {
            true => NotAsDeclared::OtherFields { keys: told() },
            false => NotAsDeclared::NoJson { line: it.line(), keys: told() },
        })?;
        match fields.keys().eq(keys) {
            true => Ok(Self::Fields(fields)),
            false => Err(NotAsDeclared::OtherFields { keys: told() }),
        }
    }

    /// One of its values; that without a key is the whole.
    pub fn get(&self, key: Option<&SecretKey>) -> Option<&[u8]> {
        match (self, key) {
            (Self::Whole(bytes), None) => Some(bytes),
            (Self::Fields(fields), Some(key)) => fields.get(key).map(|it| it.as_bytes()),
            _ => None,
        }
    }

    /// The same with another text under a key; `None` where it has no such key.
    pub fn with(mut self, key: &SecretKey, text: Zeroizing<String>) -> Option<Self> {
        let Self::Fields(fields) = &mut self else { return None };
        *fields.get_mut(key)? = text;
        Some(self)
    }

    /// The plaintext.
    pub fn plaintext(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Fields(fields) => {
                // All room at once: a buffer that grows leaves copies of what was in it.
                let room: usize =
                    fields.iter().map(|(key, value)| 6 * (key.as_str().len() + value.len()) + 16).sum();
                let mut text = Zeroizing::new(Vec::with_capacity(room + 16));
                let fields: BTreeMap<&str, &str> =
                    fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                serde_json::to_writer_pretty(&mut *text, &fields).expect("texts can be written");
                text.push(b'\n');
                text
            }
        }
    }
}

fn key_of(text: &str) -> Option<SecretKey> {
    SecretKey::parse(syntax::Value::String(text)).ok()
}

/// Fields as they are read, each once.
struct Fields(BTreeMap<SecretKey, Zeroizing<String>>);

/// A text that is wiped.
struct Text(Zeroizing<String>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((Text(key), Text(value))) = map.next_entry()? {
                    let key = key_of(&key).ok_or_else(|| A::Error::custom("no key"))?;
                    if fields.insert(key, value).is_some() {
                        return Err(A::Error::custom("a field twice"));
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Zeroizing::new(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> BTreeSet<SecretKey> {
        keys.iter().map(|it| key_of(it).unwrap()).collect()
    }

    #[test]
    fn a_value_with_keys_has_just_these_fields() {
        let read = |text: &str| Value::read(text.as_bytes(), &keys(&["user", "password"]));
        let value = read(r#"{"password":"a\u0062\"c","user":"shop"}"#).unwrap();
        let of = |key: &str| value.get(key_of(key).as_ref());
        assert_eq!(
            (of("password"), of("user"), of("other")),
            (Some(&b"ab\"c"[..]), Some(&b"shop"[..]), None)
        );
        let again = Value::read(&value.plaintext(), &keys(&["user", "password"])).unwrap();
        assert_eq!(again.plaintext(), value.plaintext());
        for wrong in [
            "",
            "canary",
            r#""canary""#,
            r#"{"user":"canary"}"#,
            r#"{"user":"a","password":"canary","password":"b"}"#,
            r#"{"user":"a","password":["canary"]}"#,
            r#"{"user":"a","password":"b","canary":"c"}"#,
            r#"{"user":"a","password":"b"} canary"#,
        ] {
            let told = read(wrong).unwrap_err().to_string();
            assert!(!told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn a_value_without_keys_is_every_byte_of_it() {
        let value = Value::read(&[0, 255, 10], &keys(&[])).unwrap();
        assert_eq!(value.get(None), Some(&[0, 255, 10][..]));
        assert_eq!(*value.plaintext(), [0, 255, 10]);
        assert!(!format!("{value:?}").contains("255"));
    }
}
