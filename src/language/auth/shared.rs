//! Whether two environments sign with one key: each is looked at on its own, and this is seen only beside the others.

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::secret::Sealed;
use crate::source::Span;

/// The signing keys of the environments that have been looked at.
#[derive(Debug, Default)]
pub struct SigningKeys(BTreeMap<Key, Vec<(String, Span)>>);

/// What tells signing keys apart, without a look at any: where it lies or what its sealed form hashes to, and which value.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    place: String,
    value: Option<String>,
}

impl SigningKeys {
    /// Takes down that of an environment.
    pub fn add(&mut self, platform: &Platform) {
        let (Some(auth), Some(environment)) = (&platform.auth, &platform.environment) else { return };
        let value = &auth.signing_key.secret;
        let Some(span) = value.span else { return };
        let Some(secret) = platform.secret(Some(&auth.service.project), &value.secret) else { return };
        let place = match &secret.sealed {
            Sealed::Envelope { sha256, .. } | Sealed::File { sha256, .. } => sha256.to_string(),
            Sealed::Nothing { .. } => return,
            Sealed::Vault(place) => format!("{}:{}/{}", place.vault, place.mount, place.path),
        };
        let key = Key { place, value: value.key.as_ref().map(|it| it.value.to_string()) };
        self.0.entry(key).or_default().push((environment.to_string(), span));
    }

    /// Reports those that several environments share.
    pub fn report(self, sink: &mut Diagnostics) {
        for environments in self.0.into_values() {
            let [(first, span), rest @ .., (last, _)] = environments.as_slice() else { continue };
            let between: String = rest.iter().map(|(it, _)| format!(", `{it}`")).collect();
            let message = format!("`{first}`{between} and `{last}` sign their tokens with one key");
            sink.report(Diagnostic::new(Code::SharedSigningKey, *span, message).help(
                "give each environment a secret of its own, by `secret` in the block of the environment",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::{TOKEN_SERVICE, check_used as check};

    #[test]
    fn each_environment_signs_with_a_key_of_its_own() {
        let environments = r#"; environment "live" { platform { (override)domain "live.example" } }; environment "test" { platform { (override)domain "test.example" } }"#;
        insta::assert_snapshot!(check(&format!("{TOKEN_SERVICE}{environments}")), @"TS275 warning 1: `live` and `test` sign their tokens with one key");
        let of_test = environments.replace(
            "\"test.example\" }",
            "\"test.example\" }; (override)secret \"signing\" (vault)\"secret/signing\" { keys \"private\" }",
        );
        let vault = r#"; vault "main" address="https://vault.hello.example" { mount "secret" engine="kv-v2"; login "kubernetes" as="hello" }"#;
        insta::assert_snapshot!(check(&format!("{TOKEN_SERVICE}{of_test}{vault}")), @"");
    }
}
