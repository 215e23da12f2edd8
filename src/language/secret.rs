//! The `secret` declaration: a value that only its readers may see, sealed in the tree.

pub mod alone;
pub mod generator;
pub mod principal;
pub mod sealed;
pub mod taken;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::envelope::{self, label};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::secret::generator::Generated;
use crate::language::secret::principal::{Principal, READABLE_BY, WRITABLE_BY};
use crate::language::value::text::SecretKey;
use crate::language::value::time::{DAY, Days, Duration};
use crate::language::value::{Parse, json};
use crate::language::vault::{self, Place, VaultPath};
use crate::language::{Context, Platform};
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Value};
use crate::tree::digest::Digest;
use crate::tree::path::TreePath;

/// The table.
pub static KIND: Kind = Kind::new(
    "secret",
    Class::Named,
    "A value that only its readers may see, sealed in the tree: an age file of its own, or its armored text with `(age)` \
     in front; or fetched from a vault, whose path stands behind `(vault)` and whose fields are its `keys`. Workloads take it by `env … secret=`, \
     `mount … secret=` or `pull secret=`; it reaches them as a Kubernetes Secret of the same name with the one key `value` \
     (of a pull secret, `.dockerconfigjson`), or with the `keys` that it declares. That of a vault is made by External Secrets; that of an age file by whoever holds the \
     key of a `recipient`, for no artifact of a build has a value in it. Pods read variables and \
     single mounted files at their start, so those that read an age file carry its digest and are replaced when it changes; what changes \
     in a vault they see after a restart. At the top it belongs to no project and \
     `offers` itself to some. A sealed value, and a path of a vault, is declared once in an environment: whoever names the place \
     of another's secret would have it, past every offer.",
)
.arguments(&[
    Field::required::<Name>("name", "What it is called."),
    Field::optional::<String>(
        "sealed",
        "The armored age file, as a multi-line string, or with `(vault)` the path of a secret in a vault.",
    )
    .annotations(&["age", "vault"]),
])
.properties(&[
    Field::optional::<TreePath>("file", "The age file that holds it, armored or binary."),
    Field::optional::<Days>(
        "max-age",
        "How old a value may be: `check` says so two weeks before, and refuses an older one. The lock knows its age.",
    ),
])
.children(&[&KEYS, &READABLE_BY, &WRITABLE_BY, &generator::KIND, &reach::OFFERS])
.unused("no workload takes it");

static KEYS: Kind = Kind::new(
    "keys",
    Class::List,
    "The names of its values; always written of a secret of a vault, where each is a field. An age file with keys holds a \
     JSON object with just these fields, each of them a text; one without is a single value. Wherever `secret=` stands, \
     `key=` beside it says which value is meant. Of a secret with one key it is that one, and `key=` may be left out.",
)
.rest(Field::required::<SecretKey>("key", "The name of one value."))
.most(100);

/// Reads a secret. Only its form is looked at; nothing is opened.
pub fn resolve<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Secret> {
    let name = item.own_name(sink);
    let offers = reach::resolve_offers(item, context, sink);
    reach::refuse_offers_of_project(item, context, sink);
    let keys = item.child(KEYS.word).map(|it| it.rest::<SecretKey>(sink)).unwrap_or_default();
    let keys = keys.into_iter().map(|it| it.value).collect();
    let generated = generator::resolve(item, &keys, sink);
    let readers = principal::resolve(item, &READABLE_BY, context, sink);
    let writers = principal::resolve(item, &WRITABLE_BY, context, sink);
    let sealed = resolve_sealed(item, context, sink);
    let max_age = item.property::<Days>("max-age", sink).map(|it| Duration(it.value.0 * DAY));
    let environment = context.environment.filter(|_| item.is_of_environment()).map(Name::trusted);
    let secret = Secret {
        name: name?,
        offers,
        keys,
        readers,
        writers,
        max_age,
        generated,
        environment,
        is_taken: true,
        sealed: sealed?,
        span: item.span(),
    };
    check_vault(&secret, item, sink);
    Some(secret)
}

/// Whether it is a sealed secret that no person may read.
pub fn is_for_workloads(item: &Item<'_>) -> bool {
    item.kind.word == KIND.word
        && item.child(READABLE_BY.word).is_none()
        && !item.entries(1).any(|it| it.annotation().is_some_and(|it| it.value == "vault"))
}

/// The name of the value of a secret that has a single one.
pub fn only_key(item: &Item<'_>) -> Option<SecretKey> {
    if item.kind.word != KIND.word {
        return None;
    }
    let mut keys = item.child(KEYS.word)?.entries(0);
    match (keys.next(), keys.next()) {
        (Some(only), None) => SecretKey::parse(only.value()).ok(),
        _ => None,
    }
}

/// Reports what a vault decides and is written here all the same, and what it cannot do without.
fn check_vault(secret: &Secret, item: &Item<'_>, sink: &mut Diagnostics) {
    let Sealed::Vault(_) = &secret.sealed else { return };
    if secret.keys.is_empty() && item.child(KEYS.word).is_none() {
        let message = format!("{} does not say which fields it has in the vault", item.described());
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message)
                .help("write them in its block, as in `keys \"username\" \"password\"`"),
        );
    }
    let words = [READABLE_BY.word, WRITABLE_BY.word, generator::KIND.word];
    for edge in words.into_iter().flat_map(|it| item.children(it)) {
        let message = format!("`{}` is of no account for a secret in a vault", edge.kind.word);
        sink.report(
            Diagnostic::new(Code::VaultDecides, edge.span(), message)
                .help("who may read and write there, and what, is the vault's own to say: leave the line out")
                .replace(edge.removal(), ""),
        );
    }
}

fn resolve_sealed<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Sealed> {
    let file = item.property::<TreePath>("file", sink);
    let inline = item.entries(1).next();
    if let Some(inline) = inline.filter(|it| !is_sealed(*it)) {
        sink.hide(inline.value_span());
    }
    match (file, inline) {
        (Some(file), Some(inline)) => {
            let message = format!("{} has two values", item.described());
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, inline.span(), message)
                    .related(file.span, "the other one")
                    .help("keep one of them"),
            );
            None
        }
        (Some(file), None) => Some(resolve_file(file, context, sink)),
        (None, Some(inline)) => {
            let Value::String(text) = inline.value() else {
                let message = format!("{} needs an age file as text", item.described());
                sink.report(Diagnostic::new(Code::InvalidValue, inline.span(), message).help(HOW_TO_SEAL));
                return None;
            };
            match inline.annotation().map(|it| it.value) {
                Some("age") => match envelope::check(text.as_bytes()) {
                    Ok(recipients) => {
                        let sha256 = Digest::of(text.as_bytes());
                        Some(Sealed::Envelope {
                            sha256,
                            envelope: envelope::digest(text.as_bytes()),
                            recipients,
                            text: text.into(),
                            span: inline.value_span(),
                        })
                    }
                    Err(malformed) => {
                        let message = format!("{} is not sealed: {malformed}", item.described());
                        sink.report(
                            Diagnostic::new(Code::UnsealedSecret, inline.value_span(), message)
                                .help(HOW_TO_SEAL),
                        );
                        None
                    }
                },
                Some("vault") => {
                    let path =
                        VaultPath::parse(inline.value()).map(|it| Spanned::new(it, inline.value_span()));
                    match path {
                        Ok(path) => {
                            let place = vault::place(context.vaults, &path, sink)?;
                            context.scope.mark_named(vault::KIND.word, place.vault.as_str());
                            Some(Sealed::Vault(place))
                        }
                        Err(_) => {
                            sink.report(vault::no_path(inline.value_span()).help(format!(
                                "write it like `(vault){}/shop/database\"`",
                                VaultPath::FORM.example.trim_end_matches('"')
                            )));
                            None
                        }
                    }
                }
                // Another word, which has been reported.
                Some(_) => None,
                None => {
                    let message = format!("{} stands here in plain text", item.described());
                    let looks = mask::looks_secret(text).map(|it| format!("it looks like {it}; "));
                    let help = format!(
                        "{}it is in the history of git now: replace it where it is used",
                        looks.unwrap_or_default()
                    );
                    sink.report(
                        Diagnostic::new(Code::UnsealedSecret, inline.value_span(), message)
                            .help(help)
                            .help(HOW_TO_SEAL),
                    );
                    None
                }
            }
        }
        // A path that was refused has been reported.
        (None, None) if item.entry("file").is_some() => None,
        (None, None) => {
            let message = format!("{} has no value", item.described());
            sink.report(Diagnostic::new(Code::MissingField, item.span(), message).help(HOW_TO_SEAL));
            None
        }
    }
}

/// What a file of the tree holds, which has to be an age file.
pub fn resolve_file(file: Spanned<TreePath>, context: &Context<'_, '_>, sink: &mut Diagnostics) -> Sealed {
    // One that cannot be read has been reported.
    let Some(bytes) = context.files.bytes(&file) else {
        return Sealed::Nothing { path: file.value };
    };
    match envelope::check(&bytes) {
        Ok(recipients) => Sealed::File {
            sha256: Digest::of(&bytes),
            envelope: envelope::digest(&bytes),
            recipients,
            path: file.value,
        },
        Err(malformed) => {
            let message = format!("`{}` is not an age file: {malformed}", file.value);
            sink.report(Diagnostic::new(Code::UnsealedSecret, file.span, message).help(HOW_TO_SEAL));
            Sealed::Nothing { path: file.value }
        }
    }
}

/// Whether a value says nothing to whoever reads it.
fn is_sealed(inline: Entry<'_>) -> bool {
    match (inline.annotation().map(|it| it.value), inline.value()) {
        (Some("age"), Value::String(text)) => envelope::check(text.as_bytes()).is_ok(),
        // What has no `/` in it is no path to any secret, and may be the secret.
        (Some("vault"), Value::String(text)) => {
            text.contains('/') && VaultPath::parse(inline.value()).is_ok()
        }
        _ => false,
    }
}

const HOW_TO_SEAL: &str =
    "write `file=\"secrets/NAME.age\"`, and seal the value into that file with `trackside secrets set`";

/// Reports secrets of the top that are taken where they are not offered, and offers that nobody takes up.
pub fn check(platform: &Platform, taken: &[(&str, &str, Span)], sink: &mut Diagnostics) {
    for (name, project, span) in taken {
        let Some(secret) = platform.secrets.get(*name) else { continue };
        if !secret.offers.contains_key(*project) {
            let message = format!("secret `{name}` does not offer itself to project `{project}`");
            sink.report(
                Diagnostic::new(Code::NotOffered, *span, message)
                    .related(secret.span, "declared here")
                    .help(format!("a secret at the top is nobody's until it offers itself: add `offers project=\"{project}\"` to it")),
            );
        }
    }
    let of_projects = platform.projects.values().flat_map(|it| it.secrets.values());
    for secret in platform.secrets.values().chain(of_projects) {
        principal::check(platform, secret, sink);
    }
    alone::check(platform, sink);
    let mut taken: BTreeSet<(&str, &str)> =
        taken.iter().map(|(name, project, _)| (*name, *project)).collect();
    if let Some(auth) = &platform.auth {
        taken
            .extend(auth.secrets().iter().map(|(it, _)| (it.secret.as_str(), auth.service.project.as_str())));
    }
    for secret in platform.secrets.values() {
        for (project, span) in &secret.offers {
            if !taken.contains(&(secret.name.as_str(), project.as_str())) {
                let message = format!(
                    "secret `{}` offers itself to project `{project}`, which does not take it",
                    secret.name
                );
                sink.report(
                    Diagnostic::new(Code::UnusedOffer, *span, message)
                        .help("remove the offer, or take the secret there")
                        .replace(*span, ""),
                );
            }
        }
    }
}

/// A secret as meant. Its value is never here: opening it is the work of other parts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Secret {
    /// What it is called.
    pub name: Name,
    /// The projects that may take it; of no account for a secret of a project.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Name>")]
    pub offers: BTreeMap<Name, Span>,
    /// The names of its values, where it has several; empty where it is one value.
    pub keys: BTreeSet<SecretKey>,
    /// Who can open it, beside the recipients of the environment.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Principal>")]
    pub readers: BTreeMap<Principal, Span>,
    /// Who may change it; empty for whoever may change the tree.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Principal>")]
    pub writers: BTreeMap<Principal, Span>,
    /// How old a value of it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// Which of its values are made anew, and how; none of those that others give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub generated: Vec<Generated>,
    /// The environment whose block declares it; `None` for the base.
    #[serde(skip)]
    pub environment: Option<Name>,
    /// Whether anything takes it.
    #[serde(skip)]
    pub is_taken: bool,
    /// Where its sealed value stands.
    pub sealed: Sealed,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Where a sealed value stands. Its form has been checked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sealed {
    /// An armored age file in the tree's text.
    Envelope {
        /// What the sealed text hashes to.
        sha256: Digest,
        /// What it hashes to without its armor.
        #[serde(skip)]
        envelope: Digest,
        /// How many keys open it.
        recipients: usize,
        /// The armored text.
        #[serde(skip)]
        text: Arc<str>,
        /// Where it stands.
        #[serde(skip)]
        span: Span,
    },
    /// An age file of the tree.
    File {
        /// Its path.
        path: TreePath,
        /// What the sealed bytes hash to.
        sha256: Digest,
        /// What they hash to without armor.
        #[serde(skip)]
        envelope: Digest,
        /// How many keys open it.
        recipients: usize,
    },
    /// An age file that is not there, cannot be read or is none, which has been reported.
    #[serde(skip)]
    Nothing {
        /// Its path.
        path: TreePath,
    },
    /// A secret of a vault, fetched while the platform runs.
    Vault(Place),
}

impl Secret {
    /// Whether the tree says of it what only the lock can show: who changed it, or when.
    pub fn is_guarded(&self) -> bool {
        !self.writers.is_empty() || self.max_age.is_some()
    }

    /// Where it is declared, as its envelope says.
    pub fn place(&self, project: Option<&Name>) -> label::Place {
        label::Place {
            environment: self.environment.as_ref().map(Name::to_string),
            project: project.map(Name::to_string),
            name: self.name.to_string(),
            holder: None,
        }
    }
}

impl Sealed {
    /// What tells its sealed bytes from others; `None` where there are none.
    pub fn envelope(&self) -> Option<Digest> {
        match self {
            Self::Envelope { envelope, .. } | Self::File { envelope, .. } => Some(*envelope),
            Self::Nothing { .. } | Self::Vault(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_secret_is_an_age_file() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image @web
                    env "A" secret="sealed"
                    env "B" secret="plain"
                    env "C" secret="token"
                    env "D" secret="vault"
                    env "E" secret="none"
                    env "F" secret="two"
                    env "G" secret="missing"
                    env "H" secret="number"
                    env "I" secret="misspelt"
                    env "J" secret="outside"
                }
                secret "sealed" file="secret.age"
                secret "plain" "hunter2"
                secret "token" (age)"not sealed at all"
                secret "vault" (vault)"secret/shop"
                secret "none"
                secret "two" "a" file="secret.age"
                secret "missing" file="secrte.age"
                secret "number" 5
                secret "misspelt" (aeg)"x"
                secret "outside" file="../secret.age"
            }
        "#), @r#"
        TS305 error 16: secret `plain` stands here in plain text
        TS305 error 17: secret `token` is not sealed: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        TS110 error 18: this platform declares no vault that `(vault)` could lead to
        TS104 error 19: secret `none` has no value
        TS115 error 20: secret `two` has two values
        TS050 error 21: there is no file `secrte.age`
        TS105 error 22: secret `number` needs an age file as text
        TS106 error 23: `(aeg)` means nothing in front of this value
        TS105 error 24: `../secret.age` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
        "#);
    }

    #[test]
    fn a_sealed_value_is_declared_once() {
        insta::assert_snapshot!(check(r#"
            vault "main" address="https://vault.hello.example" { mount "secret" engine="kv-v2"; login "kubernetes" as="hello-{project}" }
            secret "signing" file="shared.age" { offers project="shop" }
            project "shop" {
                service "web" { image @web; env "A" secret="signing"; env "B" secret="again"; env "C" secret="login" key="password"; env "D" secret="own"; env "E" "1" }
                secret "again" file="shared.age"
                secret "login" (vault)"secret/shop/login" { keys "username" "password" }
                secret "own" file="secret.age"
            }
            project "theirs" {
                service "web" { image @web; env "A" secret="steal"; env "B" secret="pasted"; env "C" secret="login" key="username" }
                secret "steal" file="shared.age"
                secret "pasted" (age)"""
                    @shared
                    """
                secret "login" (vault)"secret/shop/login" { keys "username" }
            }
        "#), @"
        TS325 error 5: secret `again` of project `shop` names the sealed value of secret `signing`
        TS325 error 11: secret `steal` of project `theirs` names the sealed value of secret `signing`
        TS325 error 12: secret `pasted` of project `theirs` names the sealed value of secret `signing`
        TS325 error 21: secret `login` of project `theirs` names the sealed value of secret `login` of project `shop`
        ");
    }

    #[test]
    fn the_same_value_in_two_environments_is_declared_once_in_each() {
        insta::assert_snapshot!(check(r#"
            environment "live" { secret "signing" file="shared.age" { offers project="shop" } }
            environment "test" { secret "signing" file="shared.age" { offers project="shop" } }
            project "shop" { service "web" { image @web; env "A" secret="signing" } }
        "#), @"
        TS320 error 1: secret `signing` is sealed, and environment `live` has no `recipient` that opens it [live]
        TS320 error 2: secret `signing` is sealed, and environment `test` has no `recipient` that opens it [test]
        ");
    }

    #[test]
    fn a_secret_of_the_top_is_nobodys_until_it_offers_itself() {
        insta::assert_snapshot!(check(r#"
            secret "one" file="secret.age" { offers project="shop"; offers project="numbers" }
            secret "two" file="secret.age"
            project "shop" {
                service "web" { image @web; mount "/run/a" secret="one"; mount "/run/b" secret="two"; pull secret="theirs"; env "X" secret="numbers/theirs" }
            }
            project "numbers" {
                service "web" { image @web; env "X" secret="theirs" }
                secret "theirs" file="secret.age" { offers project="shop" }
            }
        "#), @r"
        TS307 warning 1: secret `one` offers itself to project `numbers`, which does not take it
        TS306 error 4: secret `two` does not offer itself to project `shop`
        TS110 error 4: there is no secret `theirs` in project `shop` or at the top
        TS306 error 4: secret `theirs` belongs to project `numbers` alone
        TS309 error 8: a secret of a project is its own, and offers itself to nobody
        ");
    }
}
