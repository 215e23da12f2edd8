//! Which value of a secret is taken: what stands behind `secret=` and `key=`, wherever a secret is named.
//!
//! Who may take a secret differs from place to place and is decided there; which of its values it is, is decided here.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::audit::sink::Destination;
use crate::language::item::{Item, listed};
use crate::language::kind::Field;
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::text::SecretKey;
use crate::language::workload::{EnvValue, Workload};
use crate::source::{Span, Spanned};

/// `key=` beside a `secret=`.
pub const KEY: Field = Field::optional::<SecretKey>(
    "key",
    "Which of its values, where it has several `keys`. One that has a single key needs none.",
);

/// A value of a secret, as whoever takes it names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretValue {
    /// The secret, by name.
    pub secret: Name,
    /// Which of its values; null where it is one value without a name.
    pub key: Option<Spanned<SecretKey>>,
    /// Where it is named; `None` where that names none, which is reported.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// Which value of a secret an item takes: the one that `key=` names, or the only one.
pub fn resolve<'a>(
    item: &Item<'a>,
    secret: Spanned<Name>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<SecretValue> {
    let key = match item.entry(KEY.word) {
        Some(_) => Some(item.property::<SecretKey>(KEY.word, sink)?),
        None => scope.only_key_of(&secret.value).map(|it| Spanned::new(it, secret.span)),
    };
    Some(SecretValue { secret: secret.value, key, span: Some(secret.span) })
}

/// Reports a value that is not there, and a secret with several of which it is not said which.
pub fn check(secret: &Secret, value: &SecretValue, sink: &mut Diagnostics) {
    let Some(span) = value.span else { return };
    let name = &secret.name;
    let at = |span, message: String| {
        Diagnostic::new(Code::SecretKey, span, message).related(secret.span, "declared here")
    };
    match (&value.key, secret.keys.is_empty()) {
        // That a secret of a vault has no `keys` is reported there.
        (_, true) if matches!(secret.sealed, Sealed::Vault(_)) => {}
        (None, true) => {}
        (Some(key), false) if secret.keys.contains(&key.value) => {}
        (Some(key), true) => {
            let message = format!("secret `{name}` is one value and has no `{}`", key.value);
            sink.report(at(key.span, message).help("leave `key=` out, or declare its `keys`"));
        }
        (None, false) => {
            let message = format!("secret `{name}` has several values, and it is not said which");
            sink.report(at(span, message).help(format!("write `key=` with one of {}", keys(secret))));
        }
        (Some(key), false) => {
            let diagnostic = at(key.span, format!("secret `{name}` has no `{}`", key.value));
            let known: Vec<&str> = secret.keys.iter().map(SecretKey::as_str).collect();
            let meant = match known.as_slice() {
                [only] => Some(*only),
                _ => suggest::closest(key.value.as_str(), known.iter().copied()),
            };
            sink.report(match meant {
                Some(meant) => diagnostic
                    .help(format!("did you mean `{meant}`?"))
                    .replace(key.span, format!("\"{meant}\"")),
                None => diagnostic.help(format!("it has {}", keys(secret))),
            });
        }
    }
}

fn keys(secret: &Secret) -> String {
    listed(secret.keys.iter().map(SecretKey::as_str))
}

impl SecretValue {
    /// What stands for one that is not known because of a mistake, which is reported.
    pub fn stand_in() -> Self {
        Self { secret: crate::language::item::stand_in(), key: None, span: None }
    }
}

impl Platform {
    /// Every value of a secret that something takes, with the project from which it is named.
    pub fn secret_values(&self) -> impl Iterator<Item = (Option<&Name>, &SecretValue)> {
        let of_workloads =
            self.workloads().flat_map(|(project, it)| of(it).map(|value| (Some(&project.name), value)));
        let of_databases = self.all_databases().filter_map(|(project, database)| {
            Some((project.map(|it| &it.name), database.encryption.as_ref()?))
        });
        let of_edges =
            self.edges.values().flat_map(|it| of(&it.workload).chain([&it.credentials])).map(|it| (None, it));
        let of_auth = self.auth.iter().flat_map(|auth| {
            auth.secrets().into_iter().map(move |(value, _)| (Some(&auth.service.project), value))
        });
        let of_webhooks = self.signatures().map(|it| (None, it));
        of_workloads.chain(of_databases).chain(of_edges).chain(of_auth).chain(of_webhooks)
    }

    /// The keys by which receivers know that what they are told is ours.
    pub fn signatures(&self) -> impl Iterator<Item = &SecretValue> {
        let sinks = self.audit.iter().flat_map(|it| it.sinks.values());
        let webhooks = sinks.filter_map(|it| match &it.to {
            Destination::Webhook(webhook) => Some(&webhook.signature),
            Destination::Table { .. } => None,
        });
        self.channels.values().map(|it| &it.webhook.signature).chain(webhooks)
    }
}

/// What a workload takes of secrets, value by value.
fn of(workload: &Workload) -> impl Iterator<Item = &SecretValue> {
    let env = workload.env.values().filter_map(|it| match &it.value {
        EnvValue::Secret(value) => Some(value),
        EnvValue::Plain(_) | EnvValue::Login { .. } | EnvValue::Address { .. } => None,
    });
    env.chain(workload.mounts.iter().map(|it| &it.value))
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    const HEAD: &str = r#"vault "main" address="https://vault.hello.example" { mount "secret" engine="kv-v2"; login "kubernetes" as="hello" }"#;
    const LOGIN: &str = r#"project "sys" { service "auth" { image @web; port 80; public host="auth"; reaches external="web" } }; external "web" { ports "443/tcp" }"#;

    #[test]
    fn every_place_that_takes_a_secret_says_which_of_its_values() {
        insta::assert_snapshot!(check(&format!(r#"{HEAD}; {LOGIN}
            auth service="sys/auth" {{
                issuer "hello"; audience "hello-api"; access-token "15m"
                provider "github" client-id="Iv1.hello" {{ client-secret secret="login" key="github"; scopes "user:email" }}
                signing-key secret="signing"
                client "cli" type="confidential" {{ redirect "https://cli.hello.example/callback"; client-secret secret="login" key="gihtub" }}
            }}
            secret "login" (vault)"secret/login" {{ keys "github" "cli" }}
            secret "signing" (vault)"secret/signing" {{ keys "private" }}
            audit {{ events "login_success"; fields "id" "time" "actor" "action" "result"; sink "siem" webhook="https://siem.hello.example/in" {{ signature secret="login" }} }}
        "#)), @"
        TS605 error 6: secret `login` has no `gihtub`
        TS605 error 10: secret `login` has several values, and it is not said which
        ");
    }
}
