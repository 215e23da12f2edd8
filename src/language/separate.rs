//! The `separate` declaration: two permissions that nobody may hold together.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::resource::{self, Resource};
use crate::language::role::{self, RoleId};
use crate::language::team::Member;
use crate::language::value::permission::Permission;
use crate::language::value::text::{Email, Line};
use crate::language::waive;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "separate",
    Class::Edge,
    "Two permissions that nobody may hold together: no role, and no combination of roles that a person is granted in one \
     team or project. Permissions under a condition count as held. The checker refuses what violates it.",
)
.arguments(&[
    Field::required::<Permission>("permission", "One permission."),
    Field::required::<Permission>("permission", "The other."),
])
.children(&[&waive::REASON, &EXCEPT])
.requires(&["reason"])
.most(100);

static EXCEPT: Kind =
    Kind::new("except", Class::Edge, "A role that may hold both all the same.").properties(&[
        Field::reference("role", "A role in teams and projects.").identity(),
        Field::reference("platform-role", "A role on the platform.").identity(),
    ]);

/// A separation of duties as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Separation {
    /// One permission.
    pub left: Permission,
    /// The other.
    pub right: Permission,
    /// Why.
    pub reason: String,
    /// The roles that may hold both all the same.
    pub except: BTreeSet<RoleId>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all separations.
pub fn resolve<'a>(
    items: &[Item<'a>],
    resources: &BTreeMap<Name, Resource>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Vec<Separation> {
    let separations = items.iter().filter(|it| it.kind.word == KIND.word);
    let mut separations: Vec<Separation> =
        separations.filter_map(|it| resolve_one(it, resources, scope, sink)).collect();
    // Where something stands in a file means nothing, here and wherever else declarations are sorted.
    separations.sort_by(|a, b| (&a.left, &a.right).cmp(&(&b.left, &b.right)));
    separations
}

fn resolve_one<'a>(
    item: &Item<'a>,
    resources: &BTreeMap<Name, Resource>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Separation> {
    let left = item.argument::<Permission>(0, sink);
    let right = item.argument::<Permission>(1, sink);
    let reason = item.value::<Line>("reason", sink);
    let except = item.children("except").filter_map(|it| role::resolve_id(it, scope, sink)).collect();
    let (left, right) = (left?, right?);
    let [first, second] = [&left, &right].map(|it| resource::find(it, resources, scope, sink));
    if left.value == right.value {
        let message = format!("`{}` cannot be separated from itself", left.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, right.span, message).help("write the other permission"),
        );
        return None;
    }
    Some(Separation {
        left: first?,
        right: second?,
        reason: reason.map(|it| it.value.to_string()).unwrap_or_default(),
        except,
        span: item.span(),
    })
}

/// Reports every role, and every person by several roles, that holds both sides.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    for separation in &platform.separations {
        let roles = platform.roles.values().map(|it| (RoleId::Role(it.name.clone()), it));
        let platform_roles =
            platform.platform_roles.values().map(|it| (RoleId::PlatformRole(it.name.clone()), it));
        for (id, role) in roles.chain(platform_roles) {
            if separation.is_held_by(&[&id], platform) {
                let Separation { left, right, .. } = separation;
                let message = format!("{id} holds both `{left}` and `{right}`");
                let mut diagnostic = separation.violation(role.span, message);
                for permission in [left, right] {
                    if let Some(held) = role.permissions.get(permission) {
                        diagnostic = diagnostic.related(held.span, format!("`{permission}` comes from here"));
                    }
                }
                sink.report(diagnostic);
            }
        }
        for team in platform.teams.values() {
            separation.check_people(&format!("team `{}`", team.name), &[], &team.members, platform, sink);
        }
        for project in platform.projects.values() {
            let team = project.team.as_ref().and_then(|it| platform.teams.get(it));
            let outer = team.map_or(&[][..], |it| &it.members);
            separation.check_people(
                &format!("project `{}`", project.name),
                outer,
                &project.members,
                platform,
                sink,
            );
        }
    }
}

impl Separation {
    /// Whether some roles together hold both sides, and not only by one that is excepted.
    fn is_held_by(&self, roles: &[&RoleId], platform: &Platform) -> bool {
        let bound =
            || roles.iter().filter(|it| !self.except.contains(**it)).filter_map(|it| it.find(platform));
        // Nobody knows what they hold.
        if bound().any(|it| it.has_lost_exception) {
            return false;
        }
        let holds = |permission| bound().any(|role| role.permissions.contains_key(permission));
        holds(&self.left) && holds(&self.right)
    }

    /// Checks the people who are granted something in a place by what they are granted there, in the team around it
    /// (which is checked by itself) and on the platform.
    fn check_people(
        &self,
        place: &str,
        outer: &[Member],
        own: &[Member],
        platform: &Platform,
        sink: &mut Diagnostics,
    ) {
        /// What somebody is granted in the place itself, and around it.
        #[derive(Default)]
        struct Grants {
            here: Vec<(RoleId, Span)>,
            around: Vec<(RoleId, Span)>,
        }
        let role = |it: &Member| (RoleId::Role(it.role.clone()), it.span);
        let mut people: BTreeMap<&Email, Grants> = BTreeMap::new();
        for member in own {
            people.entry(&member.email).or_default().here.push(role(member));
        }
        for member in outer {
            if let Some(grants) = people.get_mut(&member.email) {
                grants.around.push(role(member));
            }
        }
        for (email, Grants { here, mut around }) in people {
            around.extend(Self::platform_grant(email, platform));
            let Some((_, last)) = here.last().cloned() else { continue };
            let all: Vec<(RoleId, Span)> = here.into_iter().chain(around.clone()).collect();
            let holds = |grants: &[(RoleId, Span)]| {
                let roles: Vec<&RoleId> = grants.iter().map(|(it, _)| it).collect();
                self.is_held_by(&roles, platform)
            };
            // What a role holds alone, or what somebody holds in the team already, has been reported itself.
            if !holds(&all) || holds(&around) || all.iter().any(|it| holds(std::slice::from_ref(it))) {
                continue;
            }
            let message = format!("`{email}` holds both `{}` and `{}` in {place}", self.left, self.right);
            let mut diagnostic = self.violation(last, message);
            let holds_one = |it: &RoleId| {
                let found = it.find(platform);
                found.is_some_and(|it| {
                    [&self.left, &self.right].iter().any(|side| it.permissions.contains_key(*side))
                })
            };
            for (role, span) in all.iter().filter(|(role, span)| *span != last && holds_one(role)) {
                diagnostic = diagnostic.related(*span, format!("{role} is granted here"));
            }
            sink.report(diagnostic);
        }
    }

    /// The role that somebody has on the platform: their own, or that of newcomers where the tree does not name them.
    fn platform_grant(email: &Email, platform: &Platform) -> Option<(RoleId, Span)> {
        let (name, span) = match platform.persons.get(email) {
            Some(person) => (person.platform_role.clone()?, person.span),
            None => {
                let name = platform.newcomer.clone()?;
                let span = platform.platform_roles.get(&name)?.span;
                (name, span)
            }
        };
        Some((RoleId::PlatformRole(name), span))
    }

    fn violation(&self, span: Span, message: String) -> Diagnostic {
        Diagnostic::new(Code::SeparationViolated, span, message)
            .related(self.span, format!("they are separated here: {}", self.reason))
            .help("take one of the permissions away, or except the role in `separate`")
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn no_role_holds_both_sides() {
        insta::assert_snapshot!(check(r#"
            resource "money" in="project" { action "refund"; action "read" }
            resource "code" in="project" { action "deploy" }
            role "cashier" { allow "money:refund" }
            role "coder" { allow "code:deploy" }
            role "both" { allow "*:*" }
            platform-role "operator" { allow "code:deploy" }
            separate "money:refund" "code:deploy" { reason "who ships code moves no money" }
        "#), @r"TS204 error 5: role `both` holds both `money:refund` and `code:deploy`");
    }

    #[test]
    fn an_excepted_role_may_hold_both_and_lends_it_to_nobody() {
        insta::assert_snapshot!(check(r#"
            resource "money" in="project" { action "refund"; action "read" }
            resource "code" in="project" { action "deploy" }
            role "cashier" { allow "money:refund" }
            role "coder" { allow "code:deploy" }
            role "both" { allow "*:*" }
            platform-role "operator" { allow "code:deploy" }
            separate "money:refund" "code:deploy" { reason "who ships code moves no money"; except role="both" }
            team "one" {
                member "ana@acme.example" role="both"
                member "bo@acme.example" role="both"
                member "bo@acme.example" role="cashier"
                member "bo@acme.example" role="coder"
            }
        "#), @r"TS204 error 12: `bo@acme.example` holds both `money:refund` and `code:deploy` in team `one`");
    }

    #[test]
    fn nobody_holds_both_by_several_roles_in_one_place() {
        insta::assert_snapshot!(check(r#"
            resource "money" in="project" { action "refund"; action "read" }
            resource "code" in="project" { action "deploy" }
            role "cashier" { allow "money:refund" }
            role "coder" { allow "code:deploy" }
            role "both" { allow "*:*" }
            platform-role "operator" { allow "code:deploy" }
            separate "money:refund" "code:deploy" { reason "who ships code moves no money"; except role="both" }
            person "cy@acme.example" platform-role="operator"
            team "one" {
                member "ana@acme.example" role="cashier"
                member "bo@acme.example" role="cashier"
                member "bo@acme.example" role="coder"
                member "cy@acme.example" role="cashier"
            }
            team "two" { member "ana@acme.example" role="coder" }
            project "shop" team="one" { member "ana@acme.example" role="coder"; member "bo@acme.example" role="coder" }
            project "other" team="two" { member "bo@acme.example" role="coder" }
        "#), @r"
        TS204 error 12: `bo@acme.example` holds both `money:refund` and `code:deploy` in team `one`
        TS204 error 13: `cy@acme.example` holds both `money:refund` and `code:deploy` in team `one`
        TS204 error 16: `ana@acme.example` holds both `money:refund` and `code:deploy` in project `shop`
        ");
    }

    #[test]
    fn whoever_registers_has_the_role_of_newcomers() {
        insta::assert_snapshot!(check(r#"
            resource "money" in="project" { action "refund"; action "read" }
            resource "code" in="project" { action "deploy" }
            role "cashier" { allow "money:refund" }
            role "coder" { allow "code:deploy" }
            role "both" { allow "*:*" }
            platform-role "operator" { allow "code:deploy" }
            separate "money:refund" "code:deploy" { reason "who ships code moves no money"; except role="both" }
            newcomer platform-role="operator"
            person "ana@acme.example"
            team "one" {
                member "ana@acme.example" role="cashier"
                member "bo@acme.example" role="cashier"
            }
        "#), @r"TS204 error 12: `bo@acme.example` holds both `money:refund` and `code:deploy` in team `one`");
    }

    #[test]
    fn a_separation_is_of_two_permissions_that_exist() {
        insta::assert_snapshot!(check(r#"
            resource "money" in="project" { action "refund"; action "read" }
            resource "code" in="project" { action "deploy" }
            role "cashier" { allow "money:refund" }
            role "coder" { allow "code:deploy" }
            role "both" { allow "*:*" }
            platform-role "operator" { allow "code:deploy" }
            separate "money:refund" "money:refund" { reason "twice" }
            separate "money:refund" "code:depoly" { reason "misspelt" }
            separate "money:*" "code:deploy" { reason "many" }
            separate "money:read" { reason "one"; except role="cashier" platform-role="operator"; except }
        "#), @r"
        TS204 error 5: role `both` holds both `money:refund` and `code:deploy`
        TS105 error 7: `money:refund` cannot be separated from itself
        TS201 error 8: there is no permission `code:depoly`
        TS105 error 9: `money:*` stands for many permissions, and one is needed here
        TS104 error 10: separate `money:read` needs its permission after `separate`
        TS115 error 10: `except` says two things, `role=` and `platform-role=`
        TS104 error 10: `except` does not say what it refers to
        ");
    }

    #[test]
    fn an_exception_that_cannot_be_read_leaves_open_what_is_held() {
        insta::assert_snapshot!(check(r#"
            resource "money" in="team" { action "pay"; action "approve" }
            role "clerk" { allow "money:*"; except "mony:approve" }
            role "boss" { inherits role="clerk" }
            separate "money:pay" "money:approve" { reason "four eyes" }
        "#), @"TS201 error 2: there is no permission `mony:approve`");
    }
}
