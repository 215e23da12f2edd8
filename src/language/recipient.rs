//! The `recipient` declaration: who can open what is sealed, beside the people who may read it.
//!
//! One with `holder`s is nobody's: its secret key is split among people (Shamir's scheme), and only several of them together
//! have it. Each share is a sealed value like others, with an entry of its own in the lock.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::envelope::label::Place;
use crate::language::Context;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::person::Person;
use crate::language::secret::{self, Sealed};
use crate::language::value::Parse as _;
use crate::language::value::age_key::AgeKey;
use crate::language::value::text::Email;
use crate::source::{Span, Spanned};
use crate::syntax::Value;
use crate::tree::path::TreePath;

/// The table.
pub static KIND: Kind = Kind::new(
    "recipient",
    Class::Named,
    "A machine that can open the secrets of the environment that it stands in, or of all: the controller, a runner. Every \
     secret is sealed for it. Sealed secrets need at least one. One with `holder`s is no machine but people: its key is split among \
     them, and any `needs` of them open together what none of them opens alone, as when every other key is lost. \
     `trackside secrets split` makes the key and the shares.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::optional::<AgeKey>("key", "Its public key. That of one with holders is written by `trackside secrets split`."),
    Field::optional::<u32>("needs", "How many of its holders open together: from 2 to as many as there are."),
])
.children(&[&HOLDER])
.most(100);

/// Somebody who has a share of its key.
pub static HOLDER: Kind = Kind::new(
    "holder",
    Class::Edge,
    "Somebody who has a share of the key, sealed for the keys that they read with.",
)
.properties(&[
    Field::reference("person", "Who it is.").must().identity(),
    Field::required::<TreePath>("file", "The age file that their share lies in."),
])
.most(100);

/// A recipient as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recipient {
    /// What it is called.
    pub name: Name,
    /// Its public key; null for one that has not been made yet, which is reported.
    pub key: Option<Spanned<AgeKey>>,
    /// Who has it together; null for a machine, which has it alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// The environment whose block declares it; `None` for the base.
    #[serde(skip)]
    pub environment: Option<Name>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// Where its name stands.
    #[serde(skip)]
    pub name_span: Span,
}

impl Recipient {
    /// Where its shares would be declared, without their holders.
    pub fn place(&self) -> Place {
        Place {
            environment: self.environment.as_ref().map(Name::to_string),
            project: None,
            name: self.name.to_string(),
            holder: None,
        }
    }
}

/// Of how many people how many have a key together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Threshold {
    /// How many it takes.
    pub needs: u32,
    /// Each of them, with what their share is sealed in.
    pub holders: BTreeMap<Email, Holder>,
}

/// Somebody with a share of a key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Holder {
    /// What their share is sealed in.
    pub sealed: Sealed,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all recipients.
pub fn resolve<'a>(
    items: &[Item<'a>],
    persons: &BTreeMap<Email, Person>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Recipient> {
    let mut recipients = BTreeMap::new();
    let mut keys: BTreeMap<AgeKey, (Name, Span)> = BTreeMap::new();
    for item in items.iter().filter(|it| it.kind.word == KIND.word) {
        let (name, key) = (item.own_name(sink), item.property::<AgeKey>("key", sink));
        let threshold = resolve_threshold(item, persons, context, sink);
        let Some(name) = name else { continue };
        let Some(key) = key else {
            if item.entry("key").is_none() {
                sink.report(without_key(item, &name, threshold.is_some()));
            }
            let is_whole = threshold.is_some();
            let recipient = Recipient { key: None, ..of(item, &name, threshold, context) };
            recipients.extend(is_whole.then_some((name, recipient)));
            continue;
        };
        if let Some((other, first)) = keys.get(&key.value).filter(|(other, _)| *other != name) {
            let message = format!("recipient `{other}` has this key already");
            sink.report(
                Diagnostic::new(Code::SharedKey, key.span, message)
                    .related(*first, "declared here")
                    .help("give each machine a key of its own, so that one of them can be shut out"),
            );
        }
        keys.entry(key.value.clone()).or_insert_with(|| (name.clone(), item.span()));
        let recipient = Recipient { key: Some(key), ..of(item, &name, threshold, context) };
        recipients.insert(name, recipient);
    }
    recipients
}

fn of(item: &Item<'_>, name: &Name, threshold: Option<Threshold>, context: &Context<'_, '_>) -> Recipient {
    Recipient {
        name: name.clone(),
        key: None,
        threshold,
        environment: context.environment.filter(|_| item.is_of_environment()).map(Name::trusted),
        span: item.span(),
        name_span: item.name_span(),
    }
}

fn without_key(item: &Item<'_>, name: &Name, is_split: bool) -> Diagnostic {
    let message = format!("recipient `{name}` needs `key=`");
    Diagnostic::new(Code::MissingField, item.span(), message).help(match is_split {
        true => format!("`trackside secrets split {name}` makes the key and its shares, and writes it here"),
        false => format!("write its public key, as in `key={}`", AgeKey::FORM.example),
    })
}

fn resolve_threshold<'a>(
    item: &Item<'a>,
    persons: &BTreeMap<Email, Person>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Threshold> {
    let needs = item.property::<u32>("needs", sink);
    let count = item.children(HOLDER.word).count();
    let holders: BTreeMap<Email, Holder> =
        item.children(HOLDER.word).filter_map(|it| resolve_holder(it, persons, context, sink)).collect();
    match (needs, count) {
        (None, 0) => None,
        (None, _) if item.entry("needs").is_some() => None,
        (None, _) => {
            let message = format!("{} does not say how many of its holders open together", item.described());
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message).help("write it like `needs=2`"),
            );
            None
        }
        (Some(needs), 0) => {
            let message = format!("{} has no `holder` whom it could need", item.described());
            sink.report(
                Diagnostic::new(Code::MissingField, needs.span, message)
                    .help("write each like `holder person=\"ana@example.com\" file=\"secrets/recovery/ana.age\"`, or leave `needs=` out"),
            );
            None
        }
        (Some(needs), count) if needs.value < 2 || needs.value as usize > count => {
            let message = format!("{} of {count} holders are to open together", needs.value);
            sink.report(
                Diagnostic::new(Code::InvalidValue, needs.span, message)
                    .help(format!("write a number from 2 to {}", count.max(2))),
            );
            None
        }
        (Some(needs), _) => Some(Threshold { needs: needs.value, holders }),
    }
}

fn resolve_holder<'a>(
    item: &Item<'a>,
    persons: &BTreeMap<Email, Person>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<(Email, Holder)> {
    let written = item.reference("person", sink);
    let person = written.and_then(|it| context.scope.find("person", it, sink));
    let sealed = item.property::<TreePath>("file", sink).map(|it| secret::resolve_file(it, context, sink));
    let email = Email::parse(Value::String(person?.name)).ok()?;
    // Of a name that nothing has, another one stands in.
    let is_meant = written.is_some_and(|it| it.value == email.as_str());
    if is_meant && persons.get(&email).is_some_and(|it| it.reads_with.is_empty()) {
        sink.report(
            Diagnostic::new(
                Code::PrincipalWithoutKey,
                item.span(),
                format!("`{email}` has no key to open a share with"),
            )
            .help("write `reads-with` with a public key in the block of the `person`"),
        );
    }
    Some((email, Holder { sealed: sealed?, span: item.span() }))
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_machine_has_a_key_of_its_own() {
        insta::assert_snapshot!(check(r#"
            recipient "controller" key="age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"
            recipient "runner" key="age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"
            recipient "laptop" key="age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23q"
            recipient "none"
            environment "test" { recipient "runner" key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn" }
        "#), @r"
        TS282 error 2: recipient `controller` has this key already
        TS105 error 3: `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` is not whole: its checksum does not fit
        TS104 error 4: recipient `none` needs `key=`
        TS121 error 5: recipient `runner` exists in the base already
        ");
    }

    #[test]
    fn a_key_of_several_says_of_how_many() {
        insta::assert_snapshot!(check(r#"
            person "ana@hello.example" { reads-with "age1kwhhsk7umptf6murxaalr08wywwpud7vakl9akazh8me2ncr7y0qz3v004" }
            person "bo@hello.example"
            recipient "unmade" needs=2 {
                holder person="ana@hello.example" file="secret.age"
                holder person="bo@hello.example" file="shared.age"
            }
            recipient "alone" needs=1 { holder person="ana@hello.example" file="secret.age" }
            recipient "many" needs=3 { holder person="ana@hello.example" file="secret.age"; holder person="cy@hello.example" file="none.age" }
            recipient "unsaid" { holder person="ana@hello.example" file="secret.age" }
            recipient "nobody" needs=2
        "#), @r#"
        TS104 error 3: recipient `unmade` needs `key=`
        TS330 error 4: nobody vouches for the share of `ana@hello.example` in the key of recipient `unmade`: there is no `secrets.lock`
        TS330 error 5: nobody vouches for the share of `bo@hello.example` in the key of recipient `unmade`: there is no `secrets.lock`
        TS608 error 5: `bo@hello.example` has no key to open a share with
        TS104 error 7: recipient `alone` needs `key=`
        TS105 error 7: 1 of 1 holders are to open together
        TS104 error 8: recipient `many` needs `key=`
        TS105 error 8: 3 of 2 holders are to open together
        TS110 error 8: there is no person `cy@hello.example`
        TS050 error 8: there is no file `none.age`
        TS104 error 9: recipient `unsaid` does not say how many of its holders open together
        TS104 error 9: recipient `unsaid` needs `key=`
        TS104 error 10: recipient `nobody` needs `key=`
        TS104 error 10: recipient `nobody` has no `holder` whom it could need
        "#);
    }
}
