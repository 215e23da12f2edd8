//! The `separate` declaration: two permissions that nobody may hold together.

use std::collections::{BTreeMap, BTreeSet};

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
.requires(&["reason"]);

static EXCEPT: Kind =
    Kind::new("except", Class::Edge, "A role that may hold both all the same.").properties(&[
        Field::reference("role", "A role in teams and projects.").identity(),
        Field::reference("platform-role", "A role on the platform.").identity(),
    ]);

/// A separation of duties as meant.
#[derive(Clone, Debug)]
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
    separations.filter_map(|it| resolve_one(it, resources, scope, sink)).collect()
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
    let exist = [&left, &right].map(|it| resource::check_exists(it, resources, scope, sink));
    if left.value == right.value {
        let message = format!("`{}` cannot be separated from itself", left.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, right.span, message).help("write the other permission"),
        );
        return None;
    }
    (exist == [true, true]).then_some(Separation {
        left: left.value,
        right: right.value,
        reason: reason?.value.to_string(),
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
            separation.check_people(&format!("team `{}`", team.name), team.members.iter(), platform, sink);
        }
        for project in platform.projects.values().filter(|it| !it.members.is_empty()) {
            let team = project.team.as_ref().and_then(|it| platform.teams.get(it));
            let members = team.into_iter().flat_map(|it| &it.members).chain(&project.members);
            separation.check_people(&format!("project `{}`", project.name), members, platform, sink);
        }
    }
}

impl Separation {
    /// Whether some roles together hold both sides, and not only by one that is excepted.
    fn is_held_by(&self, roles: &[&RoleId], platform: &Platform) -> bool {
        let bound =
            || roles.iter().filter(|it| !self.except.contains(**it)).filter_map(|it| it.find(platform));
        let holds = |permission| bound().any(|role| role.permissions.contains_key(permission));
        holds(&self.left) && holds(&self.right)
    }

    fn check_people<'m>(
        &self,
        place: &str,
        members: impl Iterator<Item = &'m Member>,
        platform: &Platform,
        sink: &mut Diagnostics,
    ) {
        let mut people: BTreeMap<&Email, Vec<(RoleId, Span)>> = BTreeMap::new();
        for member in members {
            people.entry(&member.email).or_default().push((RoleId::Role(member.role.clone()), member.span));
        }
        for (email, mut grants) in people {
            let Some((_, last)) = grants.last().cloned() else { continue };
            if let Some(person) = platform.persons.get(email)
                && let Some(role) = &person.platform_role
            {
                grants.push((RoleId::PlatformRole(role.clone()), person.span));
            }
            let all: Vec<&RoleId> = grants.iter().map(|(it, _)| it).collect();
            // A role that holds both alone has been reported itself.
            if all.iter().any(|it| self.is_held_by(&[it], platform)) || !self.is_held_by(&all, platform) {
                continue;
            }
            let message = format!("`{email}` holds both `{}` and `{}` in {place}", self.left, self.right);
            let mut diagnostic = self.violation(last, message);
            for (role, span) in grants.iter().filter(|(_, span)| *span != last) {
                diagnostic = diagnostic.related(*span, format!("{role} is granted here"));
            }
            sink.report(diagnostic);
        }
    }

    fn violation(&self, span: Span, message: String) -> Diagnostic {
        Diagnostic::new(Code::SeparationViolated, span, message)
            .related(self.span, format!("they are separated here: {}", self.reason))
            .help("take one of the permissions away, or except the role in `separate`")
    }
}
