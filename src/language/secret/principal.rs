//! Who can open a secret, and who may change it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::person::Person;
use crate::language::reach;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::Parse;
use crate::language::value::text::Email;
use crate::language::{Context, Platform};
use crate::source::Span;
use crate::syntax::Value;

/// Who can open a secret.
pub static READABLE_BY: Kind = Kind::new(
    "readable-by",
    Class::Edge,
    "Who can open it beside the environment's own `recipient`s: it is sealed to the keys of these people. An age file does \
     not show to whom it is sealed; `secrets.lock` does, and without it one that is sealed to fewer keys than are declared is an error. Of a \
     secret in a vault the vault decides.",
)
.properties(PRINCIPALS)
.most(100);

/// Who may change a secret.
pub static WRITABLE_BY: Kind = Kind::new(
    "writable-by",
    Class::Edge,
    "Who may change it, and shows it by a signature. Without any, whoever may change the tree. That each of them has a key \
     to sign with is checked, and that one of these keys signed its entry in `secrets.lock`; no approval of a pull request is held \
     against it yet. Of a secret in a vault the vault decides.",
)
.properties(PRINCIPALS)
.most(100);

const PRINCIPALS: &[Field] = &[
    Field::reference("team", "Everybody in a team.").identity(),
    Field::reference("person", "A person whom the tree names.").identity(),
];

/// Somebody, or everybody in a team.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// Everybody in a team.
    Team(Name),
    /// A person whom the tree names.
    Person(Email),
}

/// Reads the edges of one kind.
pub fn resolve<'a>(
    secret: &Item<'a>,
    kind: &'static Kind,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Principal, Span> {
    let principals = secret.children(kind.word).filter_map(|it| {
        let field = reach::exactly_one(it, sink)?;
        let key = context.scope.find(field, it.reference(field, sink)?, sink)?;
        let principal = match field {
            "team" => Principal::Team(Name::trusted(key.name)),
            // An address that was refused has been reported where the person is declared.
            _ => Principal::Person(Email::parse(Value::String(key.name)).ok()?),
        };
        Some((principal, it.span()))
    });
    principals.collect()
}

/// Reports readers to whom nothing can be sealed, and writers whose change nobody could tell from another's.
pub fn check(platform: &Platform, secret: &Secret, sink: &mut Diagnostics) {
    if matches!(secret.sealed, Sealed::Vault(_)) {
        return;
    }
    let reads = |it: &Person| !it.reads_with.is_empty();
    let signs = |it: &Person| !it.signs_with.is_empty();
    for (principal, span) in &secret.readers {
        if !has_key(platform, principal, reads) {
            sink.report(without_key(principal, *span, "to open what is sealed", "reads-with"));
        }
    }
    for (principal, span) in &secret.writers {
        if !has_key(platform, principal, signs) {
            sink.report(without_key(principal, *span, "to sign a change with", "signs-with"));
        }
    }
}

/// Whether somebody has a key; of a team, whether anybody in it has.
fn has_key(platform: &Platform, principal: &Principal, has: fn(&Person) -> bool) -> bool {
    let has_one = |email: &Email| platform.persons.get(email).is_some_and(has);
    match principal {
        Principal::Person(email) => has_one(email),
        Principal::Team(team) => {
            platform.teams.get(team).is_some_and(|it| it.members.iter().any(|it| has_one(&it.email)))
        }
    }
}

fn without_key(principal: &Principal, span: Span, what: &str, word: &str) -> Diagnostic {
    let message = match principal {
        Principal::Person(email) => format!("`{email}` has no key {what}"),
        Principal::Team(team) => format!("nobody in team `{team}` has a key {what}"),
    };
    Diagnostic::new(Code::PrincipalWithoutKey, span, message)
        .help(format!("write `{word}` with a public key in the block of the `person`"))
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn who_reads_or_writes_has_a_key_for_it() {
        insta::assert_snapshot!(check(r#"
            person "ana@hello.example" { reads-with "age1kwhhsk7umptf6murxaalr08wywwpud7vakl9akazh8me2ncr7y0qz3v004" }
            person "bo@hello.example"
            team "ops" { member "ana@hello.example" role="owner"; member "bo@hello.example" role="owner" }
            team "none" { member "bo@hello.example" role="owner" }
            role "owner" { allow "page:read" }
            resource "page" in="project" { action "read" }
            project "shop" {
                service "web" { image @web; env "A" secret="a" }
                secret "a" file="secret.age" {
                    readable-by team="ops"
                    readable-by team="none"
                    readable-by person="bo@hello.example"
                    readable-by person="cy@hello.example"
                    readable-by
                    writable-by team="ops"
                    writable-by person="ana@hello.example" team="ops"
                }
            }
        "#), @r#"
        TS330 error 9: nobody vouches for secret `a` of project `shop`: there is no `secrets.lock`
        TS608 error 11: nobody in team `none` has a key to open what is sealed
        TS608 error 13: `bo@hello.example` has no key to open what is sealed
        TS110 error 13: there is no person `cy@hello.example`
        TS104 error 14: `readable-by` does not say what it refers to
        TS608 error 15: nobody in team `ops` has a key to sign a change with
        TS115 error 16: `writable-by` says two things, `team=` and `person=`
        "#);
    }
}
