//! The `person` and `newcomer` declarations: people whom the tree names, and what everybody else starts as.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::age_key::AgeKey;
use crate::language::value::json;
use crate::language::value::ssh_key::SshKey;
use crate::language::value::text::Email;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "person",
    Class::Named,
    "Somebody whom the tree names: their role on the platform is seeded and locked.",
)
.arguments(&[Field::required::<Email>("address", "The address by which they log in.")])
.properties(&[
    Field::reference("platform-role", "Their role on the platform."),
    Field::default::<bool>("system-administrator", "#false", "Whether they administer the system itself."),
])
.children(&[&SIGNS_WITH, &READS_WITH])
.most(10_000);

static SIGNS_WITH: Kind = Kind::new(
    "signs-with",
    Class::Edge,
    "A public key by which their signature is known, on commits and approvals. No pull request is held against it yet.",
)
.rest(Field::required::<SshKey>("key", "The key, as in a `.pub` file."))
.most(16);

static READS_WITH: Kind = Kind::new(
    "reads-with",
    Class::Edge,
    "A recipient for whom secrets are sealed that they may read. Whoever seals a secret does so for it.",
)
.arguments(&[Field::required::<AgeKey>(
    "key",
    "The recipient: `age1…`, or a public SSH key that age can use.",
)])
.most(16);

/// What everybody else starts as.
pub static NEWCOMER: Kind = Kind::new(
    "newcomer",
    Class::Single,
    "The role on the platform of whoever registers and is not named by the tree. Without it they have none.",
)
.properties(&[Field::reference("platform-role", "The role.").must()]);

/// Reads all people.
pub fn resolve<'a>(
    items: &[Item<'a>],
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Email, Person> {
    let people = items.iter().filter(|it| it.kind.word == KIND.word);
    people.filter_map(|it| resolve_one(it, scope, sink)).map(|it| (it.email.clone(), it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Person> {
    let email = item.argument::<Email>(0, sink);
    let platform_role = resolve_role(item, scope, sink);
    let system_administrator = item.property::<bool>("system-administrator", sink).is_some_and(|it| it.value);
    let signs_with = item.children(SIGNS_WITH.word).filter_map(|it| it.argument::<SshKey>(0, sink));
    let signs_with: BTreeMap<SshKey, Span> = signs_with.map(|it| (it.value, it.span)).collect();
    let has_lost_key = item.children(SIGNS_WITH.word).count() > signs_with.len();
    let reads_with = item.children(READS_WITH.word).filter_map(|it| it.argument::<AgeKey>(0, sink));
    let reads_with = reads_with.map(|it| it.value).collect();
    Some(Person {
        email: email?.value,
        platform_role,
        system_administrator,
        signs_with,
        has_lost_key,
        reads_with,
        span: item.span(),
    })
}

/// Reads what newcomers are.
pub fn resolve_newcomer<'a>(
    items: &[Item<'a>],
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Name> {
    let item = items.iter().find(|it| it.kind.word == NEWCOMER.word)?;
    resolve_role(item, scope, sink)
}

fn resolve_role<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Name> {
    let written = item.reference("platform-role", sink)?;
    scope.find("platform-role", written, sink).map(|it| Name::trusted(it.name))
}

/// A person as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Person {
    /// Their address, by which they log in.
    pub email: Email,
    /// Their role on the platform.
    pub platform_role: Option<Name>,
    /// Whether they administer the system itself.
    pub system_administrator: bool,
    /// The public SSH keys by which their signatures are known.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "Vec<SshKey>")]
    pub signs_with: BTreeMap<SshKey, Span>,
    /// Whether a key of theirs to sign with was refused, which has been reported.
    #[serde(skip)]
    pub has_lost_key: bool,
    /// The recipients for whom secrets are sealed that they may read.
    pub reads_with: BTreeSet<AgeKey>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}
