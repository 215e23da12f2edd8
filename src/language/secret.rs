//! The `secret` declaration: a value that only its readers may see, sealed in the tree.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::envelope;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::value::json;
use crate::language::{Context, Platform};
use crate::source::Span;
use crate::syntax::{Entry, Value};
use crate::tree::digest::Digest;
use crate::tree::path::TreePath;

/// The table.
pub static KIND: Kind = Kind::new(
    "secret",
    Class::Named,
    "A value that only its readers may see, sealed in the tree: an age file of its own, or its armored text with `(age)` \
     in front. Workloads take it by `env … secret=`, `mount … secret=` or `pull secret=`; it reaches them as a Kubernetes \
     Secret of the same name with the one key `value` (of a pull secret, `.dockerconfigjson`). At the top it belongs to \
     no project and `offers` itself to some.",
)
.arguments(&[
    Field::required::<Name>("name", "What it is called."),
    Field::optional::<String>("sealed", "The armored age file, as a multi-line string.").annotations(&["age", "vault"]),
])
.properties(&[Field::optional::<TreePath>("file", "The age file that holds it, armored or binary.")])
.children(&[&reach::OFFERS])
.unused("no workload takes it");

/// Reads a secret. Only its form is looked at; nothing is opened.
pub fn resolve<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Secret> {
    let name = item.own_name(sink);
    let offers = reach::resolve_offers(item, context, sink);
    if let (Some(_), Some(first)) = (context.scope.project, item.child(reach::OFFERS.word)) {
        let message = "a secret of a project is its own, and offers itself to nobody";
        sink.report(
            Diagnostic::new(Code::OfferedByProject, first.span(), message)
                .help("declare it at the top, and offer it to each project that may take it")
                .fix(Fix { title: "offer it to nobody".to_owned(), edits: without_offers(item) }),
        );
    }
    let sealed = resolve_sealed(item, context, sink);
    Some(Secret { name: name?, offers, sealed: sealed?, span: item.span() })
}

/// Takes away all lines that offer it.
fn without_offers(item: &Item<'_>) -> Vec<Edit> {
    let lines = item.children(reach::OFFERS.word).map(|it| it.node().removal(it.node().span()));
    let lines: BTreeSet<Span> = lines.collect();
    lines.into_iter().map(|span| Edit { span, text: String::new() }).collect()
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
        (Some(file), None) => {
            let bytes = context.files.bytes(&file)?;
            match envelope::check(&bytes) {
                Ok(()) => Some(Sealed::File { sha256: Digest::of(&bytes), path: file.value }),
                Err(malformed) => {
                    let message = format!("`{}` is not an age file: {malformed}", file.value);
                    sink.report(Diagnostic::new(Code::UnsealedSecret, file.span, message).help(HOW_TO_SEAL));
                    None
                }
            }
        }
        (None, Some(inline)) => {
            let Value::String(text) = inline.value() else {
                let message = format!("{} needs an age file as text", item.described());
                sink.report(Diagnostic::new(Code::InvalidValue, inline.span(), message).help(HOW_TO_SEAL));
                return None;
            };
            match inline.annotation().map(|it| it.value) {
                Some("age") => match envelope::check(text.as_bytes()) {
                    Ok(()) => {
                        let sha256 = Digest::of(text.as_bytes());
                        Some(Sealed::Envelope { sha256, span: inline.value_span() })
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
                    let message = "this platform declares no vault that `(vault)` could lead to";
                    sink.report(
                        Diagnostic::new(Code::UnknownReference, inline.span(), message)
                            .help("seal the value with age, as `(age)\"\"\"…\"\"\"` or `file=\"….age\"`"),
                    );
                    None
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
        (None, None) => {
            let message = format!("{} has no value", item.described());
            sink.report(Diagnostic::new(Code::MissingField, item.span(), message).help(HOW_TO_SEAL));
            None
        }
    }
}

/// Whether a value says nothing to whoever reads it.
fn is_sealed(inline: Entry<'_>) -> bool {
    let is_age = inline.annotation().is_some_and(|it| it.value == "age");
    matches!(inline.value(), Value::String(text) if is_age && envelope::check(text.as_bytes()).is_ok())
}

const HOW_TO_SEAL: &str = "seal it with `age -a -r RECIPIENT`, and write `file=\"secrets/NAME.age\"` or the armored text after `(age)`";

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
    let mut taken: BTreeSet<(&str, &str)> =
        taken.iter().map(|(name, project, _)| (*name, *project)).collect();
    if let Some(auth) = &platform.auth {
        taken.extend(auth.secrets().iter().map(|(name, ..)| (name.as_str(), auth.service.project.as_str())));
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
    },
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
            }
        "#), @r#"
        TS305 error 15: secret `plain` stands here in plain text
        TS305 error 16: secret `token` is not sealed: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        TS110 error 17: this platform declares no vault that `(vault)` could lead to
        TS104 error 18: secret `none` has no value
        TS115 error 19: secret `two` has two values
        TS050 error 20: there is no file `secrte.age`
        TS105 error 21: secret `number` needs an age file as text
        TS106 error 22: `(aeg)` means nothing in front of this value
        "#);
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
