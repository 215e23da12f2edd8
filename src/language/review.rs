//! The `review` declaration: whose signature lets a change through, and which changes need one.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::person::Person;
use crate::language::reach;
use crate::language::reference::Scope;
use crate::language::team::Team;
use crate::language::value::text::Email;
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "review",
    Class::Single,
    "What a pull request needs before it may be merged. What is checked today is the declaration itself: that approvers \
     exist, and have keys to sign with. It stands in `export`, for whoever holds pull requests against it; trackside does \
     not do so yet. It is the same for all environments.",
)
.children(&[&APPROVER, &REFUSE])
.requires(&["approver", "refuse"]);

static APPROVER: Kind = Kind::new(
    "approver",
    Class::Edge,
    "Whoever may approve: a person, or each person of a team. An approval is a signature by one of the keys that the person \
     `signs-with`; nobody approves a change of their own.",
)
.properties(&[
    Field::reference("person", "A person.").identity(),
    Field::reference("team", "A team: each of its members whom a `person` declares with a key.").identity(),
])
.most(200);

static REFUSE: Kind = Kind::new(
    "refuse",
    Class::Edge,
    "A sort of changes that is refused. `widening`: somebody may do, reach or see more than before. `destructive`: something \
     is deleted that cannot be had again.",
)
.rest(Field::required::<Change>("change", "The sort of changes."))
.properties(&[Field::optional::<Unless>("unless", "What lets it through all the same; nothing where it is not written.")]);

/// A sort of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Somebody may do, reach or see more than before.
    Widening,
    /// Something is deleted that cannot be had again.
    Destructive,
}

words! { Change: "sort of changes", Widening = "widening", Destructive = "destructive" }

/// What lets a change through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unless {
    /// The signature of an approver.
    Approved,
}

words! { Unless: "way through", Approved = "approved" }

/// What a pull request needs, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Review {
    /// Who may approve, as declared.
    pub approvers: BTreeSet<Approver>,
    /// Everybody who can approve: who is declared, or a member of a declared team, and has a signing key.
    pub can_approve: BTreeSet<Email>,
    /// What is refused.
    pub refuses: BTreeMap<Change, Refusal>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Whoever may approve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// A person, by address.
    Person(Email),
    /// Each person of a team.
    Team(Name),
}

/// When a sort of changes is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// In any case.
    Always,
    /// Where no approver has signed.
    UnlessApproved,
}

/// Reads what a pull request needs.
pub fn resolve<'a>(
    items: &[Item<'a>],
    persons: &BTreeMap<Email, Person>,
    teams: &BTreeMap<Name, Team>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Review> {
    let item = items.iter().find(|it| it.kind.word == KIND.word)?;
    let mut review = Review {
        approvers: BTreeSet::new(),
        can_approve: BTreeSet::new(),
        refuses: BTreeMap::new(),
        span: item.span(),
    };
    let mut is_whole = true;
    for edge in item.children(APPROVER.word) {
        let Some(approver) = resolve_approver(edge, persons, scope, sink) else {
            is_whole = false;
            continue;
        };
        let able = able(&approver, persons, teams);
        if able.is_empty() {
            sink.report(cannot_approve(&approver, edge.span(), persons));
            is_whole = false;
        }
        review.can_approve.extend(able);
        review.approvers.insert(approver);
    }
    let mut approved = None;
    for edge in item.children(REFUSE.word) {
        let unless = edge.property::<Unless>("unless", sink).map(|it| it.value);
        let refusal = match unless {
            Some(Unless::Approved) => Refusal::UnlessApproved,
            None => Refusal::Always,
        };
        if refusal == Refusal::UnlessApproved {
            approved.get_or_insert(edge.span());
        }
        review.refuses.extend(edge.rest::<Change>(sink).into_iter().map(|it| (it.value, refusal)));
    }
    if let (Some(span), 1, true) = (approved, review.can_approve.len(), is_whole) {
        let only = review.can_approve.first().map(ToString::to_string).unwrap_or_default();
        let message = format!("only `{only}` can approve, and nobody approves a change of their own");
        sink.report(
            Diagnostic::new(Code::OneApprover, span, message)
                .help(format!("declare a second approver, so that what `{only}` writes can be merged")),
        );
    }
    Some(review)
}

fn resolve_approver<'a>(
    item: &Item<'a>,
    persons: &BTreeMap<Email, Person>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Approver> {
    let field = reach::exactly_one(item, sink)?;
    let key = scope.find(field, item.reference(field, sink)?, sink)?;
    match field {
        // One whose address was refused is none, which has been reported.
        "person" => persons.get_key_value(key.name).map(|(email, _)| Approver::Person(email.clone())),
        _ => Some(Approver::Team(Name::trusted(key.name))),
    }
}

/// The people of an approver who have a key to sign with.
fn able(
    approver: &Approver,
    persons: &BTreeMap<Email, Person>,
    teams: &BTreeMap<Name, Team>,
) -> BTreeSet<Email> {
    let has_key = |it: &&Email| persons.get(*it).is_some_and(|it| !it.signs_with.is_empty());
    match approver {
        Approver::Person(email) => Some(email).filter(has_key).cloned().into_iter().collect(),
        Approver::Team(team) => {
            let members = teams.get(team).into_iter().flat_map(|it| &it.members);
            members.map(|it| &it.email).filter(has_key).cloned().collect()
        }
    }
}

fn cannot_approve(approver: &Approver, span: Span, persons: &BTreeMap<Email, Person>) -> Diagnostic {
    const KEY: &str = "`signs-with \"ssh-ed25519 …\"`";
    match approver {
        Approver::Person(email) => {
            let message = format!("`{email}` has no key to approve with");
            let diagnostic = Diagnostic::new(Code::ApproverWithoutKey, span, message);
            let person = persons.get(email).map(|it| it.span);
            let diagnostic =
                person.into_iter().fold(diagnostic, |it, span| it.related(span, "declared here"));
            diagnostic.help(format!("write {KEY} into the block of the person"))
        }
        Approver::Team(team) => {
            let message = format!("nobody in team `{team}` has a key to approve with");
            Diagnostic::new(Code::ApproverWithoutKey, span, message)
                .help(format!("declare its members as `person`, each with {KEY}"))
        }
    }
}

/// Reports people who sign with one key: whose signature it is could not be told.
pub fn check_keys(persons: &BTreeMap<Email, Person>, sink: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for person in persons.values() {
        for (key, span) in &person.signs_with {
            let Some((other, first)) = seen.insert(key, (&person.email, *span)) else { continue };
            let message = format!("`{other}` signs with this key already");
            sink.report(
                Diagnostic::new(Code::SharedKey, *span, message)
                    .related(first, "declared here")
                    .help("a signature is to say who made it: give each person keys of their own"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn an_approver_is_known_and_has_a_key() {
        insta::assert_snapshot!(check(r#"
            person "ines@acme.example" { signs-with "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn ines@laptop" }
            person "root@acme.example" { signs-with "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn" }
            person "bo@acme.example"
            role "member" { }
            team "ops" { member "bo@acme.example" role="member"; member "cy@acme.example" role="member" }
            team "dev" { member "bo@acme.example" role="member"; member "ines@acme.example" role="member" }
            review {
                approver person="ines@acme.example"
                approver person="bo@acme.example"
                approver person="inez@acme.example"
                approver team="ops"
                approver team="dev"
                approver person="root@acme.example" team="dev"
                approver
                refuse "widening" "destructive" "everything" unless="approved"
            }
        "#), @r"
        TS282 error 2: `ines@acme.example` signs with this key already
        TS280 error 9: `bo@acme.example` has no key to approve with
        TS110 error 10: there is no person `inez@acme.example`
        TS280 error 11: nobody in team `ops` has a key to approve with
        TS115 error 13: `approver` says two things, `person=` and `team=`
        TS104 error 14: `approver` does not say what it refers to
        TS105 error 15: `everything` is not a sort of changes
        ");
    }

    #[test]
    fn an_environment_has_no_review_of_its_own() {
        insta::assert_snapshot!(check(r#"environment "test" { review { refuse "widening" } }"#), @r#"TS101 error 1: unknown declaration `review` in `environment`"#);
    }

    #[test]
    fn nobody_approves_a_change_of_their_own() {
        insta::assert_snapshot!(check(r#"
            person "ines@acme.example" { signs-with "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn" }
            review {
                approver person="ines@acme.example"
                refuse "destructive"
                refuse "widening" unless="approved"
            }
        "#), @r"TS281 warning 5: only `ines@acme.example` can approve, and nobody approves a change of their own");
    }

    #[test]
    fn a_review_says_who_approves_what() {
        insta::assert_snapshot!(check("review { }\nreview { refuse unless=\"signed\" }"), @r#"
        TS104 error 1: `review` needs `approver` in its block
        TS104 error 1: `review` needs `refuse` in its block
        TS108 error 2: `review` is declared twice
        TS104 error 2: `refuse unless="signed"` needs its change after `refuse`
        "#);
    }
}
