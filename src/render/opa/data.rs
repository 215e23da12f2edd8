//! `data.json`: what the tree declares, keyed as the policies look it up.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::condition::{Condition, Test};
use crate::language::name::Name;
use crate::language::resource::{Resource, Scope};
use crate::language::role::{Held, Role, RoleId, When};
use crate::language::separate::Separation;
use crate::language::team::Member;
use crate::language::value::permission::Permission;
use crate::language::value::text::Email;
use crate::render::opa::{input, limit, route};

#[derive(Serialize)]
struct Root<'a> {
    trackside: Trackside<'a>,
}

#[derive(Serialize)]
struct Trackside<'a> {
    declared: Declared<'a>,
}

#[derive(Serialize)]
struct Declared<'a> {
    platform: &'a Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newcomer: Option<&'a Name>,
    resources: BTreeMap<&'a Name, ResourceView<'a>>,
    permissions: BTreeMap<String, PermissionView<'a>>,
    conditions: BTreeMap<&'a Name, ConditionView<'a>>,
    roles: BTreeMap<&'a Name, BTreeMap<String, HeldView<'a>>>,
    platform_roles: BTreeMap<&'a Name, BTreeMap<String, HeldView<'a>>>,
    /// By either permission, what may not be held with it.
    separations: BTreeMap<String, Vec<SeparationView<'a>>>,
    persons: BTreeMap<&'a Email, PersonView<'a>>,
    teams: BTreeMap<&'a Name, TeamView<'a>>,
    projects: BTreeMap<&'a Name, ProjectView<'a>>,
    apis: BTreeMap<&'a Name, route::ApiView<'a>>,
    rate_tiers: BTreeMap<&'a Name, limit::TierView<'a>>,
    /// The best tier of a person's declared teams, by address.
    member_tiers: BTreeMap<&'a Email, &'a Name>,
    inputs: BTreeMap<&'a Name, input::InputView<'a>>,
    /// The columns of all tables that tell something of a person, or that nobody may read in clear.
    personal: BTreeSet<&'a str>,
}

#[derive(Serialize)]
struct ResourceView<'a> {
    /// The place that a thing of this kind is itself: a project is in itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator_role: Option<&'a Name>,
}

#[derive(Serialize)]
struct PermissionView<'a> {
    resource: &'a Name,
    #[serde(rename = "in")]
    within: &'static str,
}

#[derive(Serialize)]
struct ConditionView<'a> {
    field: &'a [String],
    test: &'static str,
}

/// How a role holds a permission. A list of conditions is never "in any case", not even an empty one.
#[derive(Serialize)]
#[serde(untagged)]
enum HeldView<'a> {
    Always(True),
    When(&'a BTreeSet<Name>),
}

/// The word `true`.
struct True;

impl Serialize for True {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

#[derive(Serialize)]
struct SeparationView<'a> {
    other: String,
    reason: &'a str,
    except: RolesView<'a>,
}

/// Roles of both sorts.
#[derive(Serialize)]
pub(super) struct RolesView<'a> {
    roles: Vec<&'a Name>,
    platform_roles: Vec<&'a Name>,
}

#[derive(Serialize)]
struct PersonView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_role: Option<&'a Name>,
    system_administrator: bool,
}

#[derive(Serialize)]
struct TeamView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_tier: Option<&'a Name>,
    members: Members<'a>,
}

#[derive(Serialize)]
struct ProjectView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<&'a Name>,
    members: Members<'a>,
}

type Members<'a> = BTreeMap<&'a Email, BTreeSet<&'a Name>>;

/// The file.
pub(super) fn json(platform: &Platform) -> Vec<u8> {
    let root = Root { trackside: Trackside { declared: declared(platform) } };
    let mut bytes =
        serde_json::to_vec_pretty(&root).expect("keys are strings and nothing here fails to serialize");
    bytes.push(b'\n');
    bytes
}

fn declared(platform: &Platform) -> Declared<'_> {
    let people = platform.persons.iter().map(|(email, it)| {
        let view = PersonView {
            platform_role: it.platform_role.as_ref(),
            system_administrator: it.system_administrator,
        };
        (email, view)
    });
    let tenants = platform
        .projects
        .iter()
        .map(|(name, it)| (name, ProjectView { team: it.team.as_ref(), members: members(&it.members) }));
    Declared {
        platform: &platform.name,
        environment: platform.environment.as_ref(),
        newcomer: platform.newcomer.as_ref(),
        resources: platform.resources.iter().map(|(name, it)| (name, resource(it))).collect(),
        permissions: platform.resources.values().flat_map(permissions).collect(),
        conditions: platform.conditions.iter().map(|(name, it)| (name, condition(it))).collect(),
        roles: closures(&platform.roles),
        platform_roles: closures(&platform.platform_roles),
        separations: separated(&platform.separations),
        persons: people.collect(),
        teams: platform
            .teams
            .iter()
            .map(|(name, it)| {
                (name, TeamView { rate_tier: it.rate_tier.as_ref(), members: members(&it.members) })
            })
            .collect(),
        projects: tenants.collect(),
        apis: platform.apis.iter().map(|(name, it)| (name, route::view(it))).collect(),
        rate_tiers: limit::tiers(platform),
        member_tiers: limit::of_members(platform),
        inputs: platform.inputs.iter().map(|(name, it)| (name, input::view(it))).collect(),
        personal: personal(platform),
    }
}

fn personal(platform: &Platform) -> BTreeSet<&str> {
    let tables = platform.all_databases().flat_map(|(_, database)| database.tables.values());
    let columns = tables.flat_map(|it| &it.columns);
    columns.filter(|it| it.personal || it.encrypted).map(|it| it.name.as_str()).collect()
}

fn resource(it: &Resource) -> ResourceView<'_> {
    ResourceView { place: itself(it), creator_role: it.creator.as_ref() }
}

/// The place that a thing of this kind is: a project is in itself, and so is a team.
pub(super) fn itself(resource: &Resource) -> Option<&'static str> {
    let place = resource.within.word();
    (resource.within != Scope::Platform && resource.name.as_str() == place).then_some(place)
}

fn permissions(resource: &Resource) -> impl Iterator<Item = (String, PermissionView<'_>)> {
    resource.actions.iter().map(|(action, it)| {
        let permission = Permission { resource: resource.name.clone(), action: action.clone() };
        (permission.to_string(), PermissionView { resource: &resource.name, within: it.within.word() })
    })
}

fn condition(it: &Condition) -> ConditionView<'_> {
    let test = match it.test {
        Test::IsUser => "is-user",
        Test::HasUser => "has-user",
    };
    ConditionView { field: &it.field, test }
}

fn closures(roles: &BTreeMap<Name, Role>) -> BTreeMap<&Name, BTreeMap<String, HeldView<'_>>> {
    roles.iter().map(|(name, role)| (name, role.permissions.iter().map(held).collect())).collect()
}

fn held<'a>((permission, held): (&'a Permission, &'a Held)) -> (String, HeldView<'a>) {
    let view = match &held.when {
        When::Always => HeldView::Always(True),
        When::Any(conditions) => HeldView::When(conditions),
    };
    (permission.to_string(), view)
}

fn separated(separations: &[Separation]) -> BTreeMap<String, Vec<SeparationView<'_>>> {
    let mut views: BTreeMap<String, Vec<SeparationView<'_>>> = BTreeMap::new();
    for Separation { left, right, reason, except, span: _ } in separations {
        for (permission, other) in [(left, right), (right, left)] {
            let view = SeparationView { other: other.to_string(), reason, except: roles(except) };
            views.entry(permission.to_string()).or_default().push(view);
        }
    }
    views
}

/// Roles of both sorts, each with its own.
pub(super) fn roles(ids: &BTreeSet<RoleId>) -> RolesView<'_> {
    let mut view = RolesView { roles: Vec::new(), platform_roles: Vec::new() };
    for id in ids {
        match id {
            RoleId::Role(name) => view.roles.push(name),
            RoleId::PlatformRole(name) => view.platform_roles.push(name),
        }
    }
    view
}

fn members(written: &[Member]) -> Members<'_> {
    let mut members = Members::new();
    for member in written {
        members.entry(&member.email).or_default().insert(&member.role);
    }
    members
}
