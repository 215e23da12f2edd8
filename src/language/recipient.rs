//! The `recipient` declaration: who can open what is sealed, beside the people who may read it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::age_key::AgeKey;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "recipient",
    Class::Named,
    "A machine that can open the secrets of the environment that it stands in, or of all: the controller, a runner. Every \
     secret is sealed for it. Sealed secrets need at least one.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<AgeKey>("key", "Its public key.")])
.most(100);

/// A recipient as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recipient {
    /// What it is called.
    pub name: Name,
    /// Its public key.
    pub key: AgeKey,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all recipients.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Name, Recipient> {
    let mut recipients = BTreeMap::new();
    let mut keys: BTreeMap<AgeKey, (Name, Span)> = BTreeMap::new();
    for item in items.iter().filter(|it| it.kind.word == KIND.word) {
        let (name, key) = (item.own_name(sink), item.property::<AgeKey>("key", sink));
        let (Some(name), Some(key)) = (name, key) else { continue };
        if let Some((other, first)) = keys.get(&key.value).filter(|(other, _)| *other != name) {
            let message = format!("recipient `{other}` has this key already");
            sink.report(
                Diagnostic::new(Code::SharedKey, key.span, message)
                    .related(*first, "declared here")
                    .help("give each machine a key of its own, so that one of them can be shut out"),
            );
        }
        keys.entry(key.value.clone()).or_insert_with(|| (name.clone(), item.span()));
        recipients.insert(name.clone(), Recipient { name, key: key.value, span: item.span() });
    }
    recipients
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
}
