//! The `role` and `platform-role` declarations: who may do what, inheritance closed.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::reference::Scope;
use crate::language::resource::{self, Resource};
use crate::language::value::permission::{Permission, PermissionPattern};
use crate::source::Span;

/// A role in teams and projects.
pub static KIND: Kind = Kind::new(
    "role",
    Class::Named,
    "What a member of a team or project may do there. OPA decides by it, asked by the service; what its actions mean on \
     the API server is enforced by RBAC.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&INHERITS, &ALLOW, &EXCEPT])
.most(200);

/// A role on the platform itself.
pub static PLATFORM_KIND: Kind = Kind::new(
    "platform-role",
    Class::Named,
    "What somebody may do on the platform, whatever teams and projects they are in. OPA decides by it, asked by the \
     service.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&PLATFORM_INHERITS, &ALLOW, &EXCEPT])
.most(200);

static INHERITS: Kind =
    Kind::new("inherits", Class::Edge, "All that another role may do, this one may do too.")
        .properties(&[Field::reference("role", "The other role.").must().identity()])
        .most(20);

static PLATFORM_INHERITS: Kind =
    Kind::new("inherits", Class::Edge, "All that another role may do, this one may do too.")
        .properties(&[Field::reference("platform-role", "The other role.").must().identity()])
        .most(20);

static ALLOW: Kind = Kind::new(
    "allow",
    Class::Edge,
    "Permissions that the role holds. `*` stands for every resource or action, those that are declared later included.",
)
.rest(Field::required::<PermissionPattern>("permission", "A permission, or a pattern of them."))
.properties(&[
    Field::reference_to("when", "condition", "The condition that must hold; of several such lines, one of them.").identity(),
]);

static EXCEPT: Kind = Kind::new(
    "except",
    Class::Edge,
    "Permissions that the role does not hold, whatever it allows or inherits. It takes nothing from other roles of the \
     same person, and a role that inherits from this one may allow them again.",
)
.rest(Field::required::<PermissionPattern>("permission", "A permission, or a pattern of them."));

/// A role as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Role {
    /// What it is called.
    pub name: Name,
    /// Everything it may do, its own and inherited, after its exceptions.
    pub permissions: BTreeMap<Permission, Held>,
    /// The roles it inherits from directly.
    pub inherits: BTreeSet<Name>,
    /// Whether an exception could not be read, so that it may well hold less.
    #[serde(skip)]
    pub has_lost_exception: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How a role holds a permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// When it may be used.
    pub when: When,
    /// The line that gives it: an `allow`, of this role or of one that it inherits from.
    #[serde(skip)]
    pub span: Span,
}

/// When a permission that is held may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// In any case.
    Always,
    /// When at least one of these conditions holds.
    Any(BTreeSet<Name>),
}

/// A role of either sort, as `only`, `except` and others refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleId {
    /// A role in teams and projects: `role="owner"`.
    Role(Name),
    /// A role on the platform: `platform-role="admin"`.
    PlatformRole(Name),
}

impl RoleId {
    /// The role that it means.
    pub fn find<'p>(&self, platform: &'p crate::language::Platform) -> Option<&'p Role> {
        match self {
            Self::Role(name) => platform.roles.get(name),
            Self::PlatformRole(name) => platform.platform_roles.get(name),
        }
    }
}

impl std::fmt::Display for RoleId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Role(name) => write!(formatter, "role `{name}`"),
            Self::PlatformRole(name) => write!(formatter, "platform-role `{name}`"),
        }
    }
}

impl When {
    /// What holds when either of two grants does.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any(mut some), Self::Any(more)) => {
                some.extend(more);
                Self::Any(some)
            }
            _ => Self::Always,
        }
    }
}

/// A role before its inheritance is closed.
struct Open<'a> {
    name: &'a str,
    span: Span,
    inherits: Vec<(&'a str, Span)>,
    allows: Vec<(Permission, When, Span)>,
    excepts: BTreeMap<Permission, Span>,
    has_lost_exception: bool,
}

/// How many permissions the roles of one sort hold together: a thousand for each of two hundred.
const MOST_HELD: usize = 200_000;

/// Reads all roles of one sort and closes their inheritance.
pub fn resolve<'a>(
    items: &[Item<'a>],
    kind: &'static Kind,
    resources: &BTreeMap<Name, Resource>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Role> {
    let roles = items.iter().filter(|it| it.kind.word == kind.word);
    let open = roles.filter_map(|it| read(it, kind.word, resources, scope, sink));
    let open: BTreeMap<&str, Open<'_>> = open.map(|it| (it.name, it)).collect();
    let mut closed: BTreeMap<&str, Role> = BTreeMap::new();
    for role in open.values() {
        close(role, &open, &mut Vec::new(), &mut closed, sink);
        let held: usize = closed.values().map(|it| it.permissions.len()).sum();
        if held > MOST_HELD {
            let message = format!("roles hold {held} permissions and more, counted for each of them");
            sink.report(
                Diagnostic::new(Code::TooMany, role.span, message).help(format!(
                    "{MOST_HELD} are the most: share the resources out among several platforms"
                )),
            );
            break;
        }
    }
    closed.into_values().map(|it| (it.name.clone(), it)).collect()
}

fn read<'a>(
    item: &Item<'a>,
    word: &'static str,
    resources: &BTreeMap<Name, Resource>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Open<'a>> {
    let name = item.own_name(sink);
    let mut open = Open {
        name: item.name()?.value,
        span: item.span(),
        inherits: Vec::new(),
        allows: Vec::new(),
        excepts: BTreeMap::new(),
        has_lost_exception: false,
    };
    for edge in item.children("inherits") {
        if let Some(key) = edge.reference(word, sink).and_then(|it| scope.find(word, it, sink)) {
            open.inherits.push((key.name, edge.span()));
        }
    }
    for edge in item.children("allow") {
        let when = match edge.entry("when") {
            None => Some(When::Always),
            Some(_) => edge
                .reference("when", sink)
                .and_then(|it| scope.find("condition", it, sink))
                .map(|it| When::Any(BTreeSet::from([Name::trusted(it.name)]))),
        };
        for pattern in edge.rest::<PermissionPattern>(sink) {
            let found = resource::matching(&pattern, resources, scope, sink);
            let Some(when) = &when else { continue };
            open.allows.extend(found.into_iter().map(|it| (it, when.clone(), pattern.span)));
        }
    }
    for edge in item.children("except") {
        let before = sink.len();
        let patterns = edge.rest::<PermissionPattern>(sink);
        for pattern in &patterns {
            let found = resource::matching(pattern, resources, scope, sink);
            open.has_lost_exception |= found.is_empty();
            open.excepts.extend(found.into_iter().map(|it| (it, edge.span())));
        }
        open.has_lost_exception |= patterns.is_empty() && sink.len() > before;
    }
    name.map(|_| open)
}

/// Closes one role after those that it inherits from. `way` leads from the first role to this one.
fn close<'a>(
    role: &Open<'a>,
    open: &BTreeMap<&'a str, Open<'a>>,
    way: &mut Vec<&'a str>,
    closed: &mut BTreeMap<&'a str, Role>,
    sink: &mut Diagnostics,
) {
    if closed.contains_key(role.name) {
        return;
    }
    way.push(role.name);
    let mut permissions: BTreeMap<Permission, Held> = BTreeMap::new();
    let mut inherits = BTreeSet::new();
    let mut is_in_circle = false;
    let mut has_lost_exception = role.has_lost_exception;
    for (parent, span) in &role.inherits {
        let Some(from) = open.get(parent) else { continue };
        if let Some(start) = way.iter().position(|it| it == parent) {
            sink.report(in_a_circle(parent, &way[start..], *span));
            is_in_circle = true;
            continue;
        }
        close(from, open, way, closed, sink);
        inherits.insert(Name::trusted(parent));
        has_lost_exception |= closed.get(parent).is_some_and(|it| it.has_lost_exception);
        for (permission, held) in closed.get(parent).into_iter().flat_map(|it| &it.permissions) {
            hold(&mut permissions, permission.clone(), held.clone());
        }
    }
    for (permission, when, span) in &role.allows {
        hold(&mut permissions, permission.clone(), Held { when: when.clone(), span: *span });
    }
    let mut taken: BTreeMap<Span, bool> = BTreeMap::new();
    for (permission, span) in &role.excepts {
        let took = permissions.remove(permission).is_some();
        *taken.entry(*span).or_default() |= took;
    }
    // In a circle, what is taken away may be held all the same.
    for (span, _) in taken.iter().filter(|(_, took)| !**took && !is_in_circle) {
        let message = format!("role `{}` holds nothing of what this takes away", role.name);
        sink.report(Diagnostic::new(Code::ExceptsNothing, *span, message).replace(*span, ""));
    }
    way.pop();
    let name = Name::trusted(role.name);
    closed.insert(role.name, Role { name, permissions, inherits, has_lost_exception, span: role.span });
}

fn hold(permissions: &mut BTreeMap<Permission, Held>, permission: Permission, held: Held) {
    match permissions.remove(&permission) {
        None => permissions.insert(permission, held),
        Some(before) => {
            let span = if before.when == When::Always { before.span } else { held.span };
            permissions.insert(permission, Held { when: before.when.or(held.when), span })
        }
    };
}

fn in_a_circle(parent: &str, way: &[&str], span: Span) -> Diagnostic {
    let way: Vec<String> = way.iter().chain([&parent]).map(|it| format!("`{it}`")).collect();
    Diagnostic::new(Code::RoleCycle, span, format!("role `{parent}` inherits from itself"))
        .help(format!("the circle is {}", way.join(" → ")))
}

/// Reads a reference to a role of either sort: `role="owner"` or `platform-role="admin"`.
pub fn resolve_id<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<RoleId> {
    let field = reach::exactly_one(item, sink)?;
    let key = scope.find(field, item.reference(field, sink)?, sink)?;
    let name = Name::trusted(key.name);
    Some(if field == "role" { RoleId::Role(name) } else { RoleId::PlatformRole(name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::{check, platform};

    #[test]
    fn a_role_holds_its_own_and_what_it_inherits() {
        insta::assert_snapshot!(roles(r#"
            resource "page" in="project" { action "read"; action "write"; action "delete" }
            resource "bill" in="team" { action "read" }
            role "viewer" { allow "*:read" }
            role "editor" { inherits role="viewer"; allow "page:*" }
            role "intern" { inherits role="editor"; except "page:delete" "bill:read" }
            role "trusted-intern" { inherits role="intern"; allow "page:delete" }
            role "owner" { allow "*:*" }
        "#), @r"
        editor: bill:read page:delete page:read page:write
        intern: page:read page:write
        owner: bill:read page:delete page:read page:write
        trusted-intern: page:delete page:read page:write
        viewer: bill:read page:read
        ");
    }

    #[test]
    fn conditions_add_up_and_an_unconditional_grant_wins() {
        insta::assert_snapshot!(roles(r#"
            resource "page" in="project" { action "read"; action "write"; action "delete" }
            condition "mine" field="owner_id" is="user"
            condition "shared" field="shared_with" has="user"
            role "a" { allow "page:*" when="mine"; allow "page:read" when="shared"; allow "page:write" }
            role "b" { allow "page:delete" when="shared" }
            role "c" { inherits role="a"; inherits role="b" }
            role "d" { inherits role="c"; except "page:read"; }
        "#), @r"
        a: page:delete?mine page:read?mine|shared page:write
        b: page:delete?shared
        c: page:delete?mine|shared page:read?mine|shared page:write
        d: page:delete?mine|shared page:write
        ");
    }

    #[test]
    fn roles_of_the_platform_are_of_their_own_sort() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "read" }
            role "viewer" { allow "page:read" }
            platform-role "viewer" { allow "page:read" }
            platform-role "admin" { inherits platform-role="viewer"; inherits role="viewer" }
            role "other" { inherits platform-role="viewer" }
        "#), @r"
        TS102 error 4: `inherits` has no property `role`
        TS102 error 5: `inherits` has no property `platform-role`
        ");
    }

    #[test]
    fn circles_are_named_once() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "read" }
            role "a" { inherits role="b"; allow "page:read" }
            role "b" { inherits role="c" }
            role "c" { inherits role="a"; inherits role="c"; except "page:read" }
        "#), @r"
        TS202 error 4: role `a` inherits from itself
        TS202 error 4: role `c` inherits from itself
        ");
    }

    #[test]
    fn permissions_exist() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "read"; action "write" }
            condition "mine" field="owner_id" is="user"
            role "a" { allow "page:raed" "pages:*" "*:delete" "page" "page:read:now" "*" ; allow "page:write" when="mien" }
            role "b" { inherits role="a"; except "page:write" "page:write" }
            role "c" { allow "page:read"; except "page:write" }
        "#), @r"
        TS201 error 3: there is no permission `page:raed`
        TS201 error 3: there is no permission `pages:*`
        TS201 error 3: there is no permission `*:delete`
        TS105 error 3: `page` has no `:`
        TS105 error 3: `page:read:now` has more than one `:`
        TS105 error 3: `*` has no `:`
        TS110 error 3: there is no condition `mien`
        TS109 error 4: `page:write` is listed twice
        TS203 warning 5: role `c` holds nothing of what this takes away
        ");
    }

    /// What each role holds.
    fn roles(text: &str) -> String {
        let platform = platform(text, None);
        let told = platform.roles.values().map(|role| {
            let held = role.permissions.iter().map(|(permission, held)| match &held.when {
                When::Always => permission.to_string(),
                When::Any(names) => {
                    format!("{permission}?{}", Vec::from_iter(names.iter().map(Name::as_str)).join("|"))
                }
            });
            format!("{}: {}", role.name, Vec::from_iter(held).join(" "))
        });
        Vec::from_iter(told).join("\n")
    }
}
