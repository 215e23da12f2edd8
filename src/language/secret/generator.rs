//! How a value that no other system gives is made: what `trackside secrets rotate` does without asking.
//!
//! There is no way to name a program here. Whoever rotates a secret would run what a pull request has written.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::{Item, listed};
use crate::language::kind::{Class, Field, Kind};
use crate::language::secret::taken::KEY;
use crate::language::value::text::SecretKey;
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "generate",
    Class::Edge,
    "How `trackside secrets rotate` makes a value anew; without it, it asks. `random` is that many bytes of the system's generator, \
     written in base64 or hexadecimal; `ssh-ed25519` a private key as OpenSSH writes it, whose public half `rotate` prints. Of a \
     secret with `keys`, each is made by a line of its own, and those without one stay as they are.",
)
.arguments(&[Field::required::<Method>("method", "What it is.")])
.properties(&[
    Field::optional::<SecretKey>("key", "Which of its `keys` it makes; none for a secret that is one value.").identity(),
    Field::optional::<u32>("bytes", "How many random bytes, from 16 to 1024: 32 where it is not written."),
    Field::optional::<Encoding>("as", "How random bytes are written: `base64url` where it is not said."),
])
.most(100);

/// What a generator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Random bytes.
    Random,
    /// A private key of SSH.
    SshEd25519,
}

/// How random bytes are written (RFC 4648), without padding where the alphabet is that of URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Letters, digits, `-` and `_`.
    Base64Url,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
    /// Digits and the letters from a to f.
    Hex,
}

words! { Method: "generator", Random = "random", SshEd25519 = "ssh-ed25519" }
words! { Encoding: "encoding", Base64Url = "base64url", Base64 = "base64", Hex = "hex" }

/// A value that is made anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Generated {
    /// Which one of the secret's; null for the whole value.
    pub key: Option<SecretKey>,
    /// How.
    pub by: Generator,
}

/// How a value is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Generator {
    /// Random bytes.
    Random {
        /// How many.
        bytes: u32,
        /// How they are written.
        encoding: Encoding,
    },
    /// A private key of SSH, Ed25519.
    SshEd25519,
}

const BYTES: std::ops::RangeInclusive<u32> = 16..=1024;
const USUAL_BYTES: u32 = 32;

/// Reads those of a secret.
pub fn resolve(secret: &Item<'_>, keys: &BTreeSet<SecretKey>, sink: &mut Diagnostics) -> Vec<Generated> {
    let mut generated = Vec::new();
    let mut first: BTreeMap<Option<SecretKey>, (Method, Span)> = BTreeMap::new();
    for item in secret.children(KIND.word) {
        let method = item.argument::<Method>(0, sink);
        let key = item.property::<SecretKey>(KEY.word, sink);
        if key.is_none() && item.entry(KEY.word).is_some() {
            continue;
        }
        let span = key.as_ref().map_or(item.span(), |it| it.span);
        let key = key.map(|it| it.value);
        match &key {
            Some(key) if keys.contains(key) => {}
            None if keys.is_empty() => {}
            key => {
                sink.report(of_other_key(secret, key.as_ref(), keys, span));
                continue;
            }
        }
        let Some(Spanned { value: method, .. }) = method else { continue };
        match first.get(&key) {
            // Two lines of one sort are reported as such.
            Some((same, _)) if *same == method => continue,
            Some((_, other)) => {
                sink.report(
                    Diagnostic::new(Code::AmbiguousValue, item.span(), "one value is made in two ways")
                        .related(*other, "the other one")
                        .help("keep one of them"),
                );
                continue;
            }
            None => {}
        }
        first.insert(key.clone(), (method, item.span()));
        generated.extend(resolve_one(item, method, sink).map(|by| Generated { key, by }));
    }
    generated
}

fn resolve_one(item: &Item<'_>, method: Method, sink: &mut Diagnostics) -> Option<Generator> {
    let bytes = item.property::<u32>("bytes", sink);
    let encoding = item.property::<Encoding>("as", sink);
    match method {
        Method::Random => {
            if let Some(wrong) = bytes.as_ref().filter(|it| !BYTES.contains(&it.value)) {
                let message = format!(
                    "{} random bytes are not between {} and {}",
                    wrong.value,
                    BYTES.start(),
                    BYTES.end()
                );
                sink.report(
                    Diagnostic::new(Code::InvalidValue, wrong.span, message)
                        .help(format!("{USUAL_BYTES} are more than anybody guesses")),
                );
                return None;
            }
            Some(Generator::Random {
                bytes: bytes.map_or(USUAL_BYTES, |it| it.value),
                encoding: encoding.map_or(Encoding::Base64Url, |it| it.value),
            })
        }
        Method::SshEd25519 => {
            let stray = bytes.map(|it| it.span).into_iter().chain(encoding.map(|it| it.span));
            for span in stray {
                sink.report(
                    Diagnostic::new(Code::InvalidValue, span, "a key of SSH has one length and one form")
                        .help("leave it out"),
                );
            }
            Some(Generator::SshEd25519)
        }
    }
}

fn of_other_key(
    secret: &Item<'_>,
    key: Option<&SecretKey>,
    keys: &BTreeSet<SecretKey>,
    span: Span,
) -> Diagnostic {
    let known = || listed(keys.iter().map(SecretKey::as_str));
    match (key, keys.is_empty()) {
        (Some(key), true) => {
            let message = format!("{} is one value and has no `{key}`", secret.described());
            Diagnostic::new(Code::SecretKey, span, message).help("leave `key=` out, or declare its `keys`")
        }
        (Some(key), false) => {
            let message = format!("{} has no `{key}`", secret.described());
            Diagnostic::new(Code::SecretKey, span, message).help(format!("it has {}", known()))
        }
        (None, _) => {
            let message =
                format!("{} has several values, and it is not said which is made", secret.described());
            Diagnostic::new(Code::SecretKey, span, message)
                .help(format!("write `key=` with one of {}", known()))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_generator_makes_a_value_that_there_is() {
        insta::assert_snapshot!(check(r#"
            vault "main" address="https://vault.hello.example" { mount "kv" engine="kv-v2"; login "kubernetes" as="hello" }
            project "shop" {
                service "web" { image @web; env "A" secret="a"; env "B" secret="b" key="x"; env "C" secret="c" key="x" }
                secret "a" file="secret.age" {
                    generate "random" bytes=15
                    generate "random" key="x"
                    generate "ssh-ed25519" bytes=32 as="hex"
                    generate "password"
                    generate "random" as="base32"
                }
                secret "b" file="shared.age" {
                    keys "x" "y"
                    generate "random"
                    generate "random" key="x" bytes=64 as="hex"
                    generate "ssh-ed25519" key="z"
                    generate "ssh-ed25519" key="y" bytes=32 as="hex"
                }
                secret "c" (vault)"kv/c" { keys "x"; generate "random" key="x" }
            }
        "#), @r#"
        TS105 error 5: 15 random bytes are not between 16 and 1024
        TS605 error 6: secret `a` is one value and has no `x`
        TS115 error 7: one value is made in two ways
        TS105 error 8: `password` is not a generator
        TS108 error 9: generate `random` is declared twice
        TS605 error 13: secret `b` has several values, and it is not said which is made
        TS605 error 15: secret `b` has no `z`
        TS105 error 16: a key of SSH has one length and one form
        TS105 error 16: a key of SSH has one length and one form
        TS606 error 18: `generate` is of no account for a secret in a vault
        "#);
    }
}
