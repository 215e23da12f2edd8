//! The `team` and `member` declarations: who belongs together, and in which role.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::text::Email;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "team",
    Class::Named,
    "People who belong together. A team owns projects, and what a member may do in it holds in them too. What is written \
     here is seeded and locked; other teams live in the platform itself.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::reference("rate-tier", "How much requests about its projects, and of its members, may do.")])
.children(&[&MEMBER]);

/// A grant, in a team or in a project.
pub static MEMBER: Kind = Kind::new(
    "member",
    Class::Edge,
    "Gives a person a role, in the team or in the one project that it stands in. Several roles of one person add up.",
)
.arguments(&[Field::required::<Email>("person", "The address of the person.")])
.properties(&[Field::reference("role", "The role.").must().identity()]);

/// Reads all teams.
pub fn resolve<'a>(items: &[Item<'a>], scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> BTreeMap<Name, Team> {
    let mut teams = BTreeMap::new();
    for item in items.iter().filter(|it| it.kind.word == KIND.word) {
        let members = resolve_members(item, scope, sink);
        let rate_tier = item.reference("rate-tier", sink).and_then(|it| scope.find("rate-tier", it, sink));
        let rate_tier = rate_tier.map(|it| Name::trusted(it.name));
        if let Some(name) = item.own_name(sink) {
            teams.insert(name.clone(), Team { name, rate_tier, members, span: item.span() });
        }
    }
    teams
}

/// Reads the grants of a team or project.
pub fn resolve_members<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Vec<Member> {
    let members = item.children(MEMBER.word);
    let mut members: Vec<Member> = members.filter_map(|it| resolve_member(it, scope, sink)).collect();
    members.sort_by(|a, b| (&a.email, &a.role).cmp(&(&b.email, &b.role)));
    members
}

fn resolve_member<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Member> {
    let email = item.argument::<Email>(0, sink);
    let role = item.reference("role", sink).and_then(|it| scope.find("role", it, sink));
    Some(Member { email: email?.value, role: Name::trusted(role?.name), span: item.span() })
}

/// A team as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Team {
    /// What it is called.
    pub name: Name,
    /// How much requests about its projects, and of its members, may do.
    pub rate_tier: Option<Name>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A grant: a person and a role, in a team or in one project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Member {
    /// The person's address.
    pub email: Email,
    /// The role.
    pub role: Name,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}
