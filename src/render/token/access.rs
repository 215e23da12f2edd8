//! The part of `token/policy.json` about who may do what.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::language::Platform;
use crate::language::condition::{self, Test};
use crate::language::name::Name;
use crate::language::resource::{self, Scope};
use crate::language::role::{self, RoleId, When};
use crate::language::team::Member;

/// Who may do what. Inheritance is closed: a role holds what stands here and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Every permission, with the membership that decides it.
    pub permissions: BTreeMap<String, Scope>,
    /// Facts that a permission may depend on, by name.
    pub conditions: BTreeMap<String, Condition>,
    /// Roles in teams and projects: what each holds.
    pub roles: BTreeMap<String, BTreeMap<String, Held>>,
    /// Roles on the platform: what each holds.
    pub platform_roles: BTreeMap<String, BTreeMap<String, Held>>,
    /// The role that whoever creates a thing gets in it, by resource.
    pub creator_roles: BTreeMap<String, String>,
    /// The platform role of whoever logs in first and is not among `persons`; without it, they have none.
    pub newcomer: Option<String>,
    /// People whom the tree names, by verified address. Their roles are seeded and locked.
    pub persons: BTreeMap<String, Person>,
    /// Teams that the tree names. Their members are seeded and locked.
    pub teams: BTreeMap<String, Team>,
    /// Projects of the tree.
    pub projects: BTreeMap<String, Project>,
}

/// When a permission that is held may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// In any case.
    Always,
    /// When one of these conditions holds.
    When(BTreeSet<String>),
}

/// A fact about the thing that is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Its field, part by part.
    pub field: Vec<String>,
    /// What must hold of it.
    pub test: ConditionTest,
}

/// What must hold of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionTest {
    /// It is the id of the asking user.
    IsUser,
    /// It is a list that holds the id of the asking user.
    HasUser,
}

/// Somebody whom the tree names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their role on the platform.
    pub platform_role: Option<String>,
    /// Whether they administer the system itself; such people need a second factor.
    pub system_administrator: bool,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its tier, for requests about its projects and of its members.
    pub rate_tier: Option<String>,
    /// The roles of its members, by verified address.
    pub members: BTreeMap<String, BTreeSet<String>>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The team that owns it; the roles of its members hold in the project too.
    pub team: Option<String>,
    /// The roles of people in this project alone, by verified address.
    pub members: BTreeMap<String, BTreeSet<String>>,
}

/// Roles of both sorts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleSet {
    /// Roles in teams and projects.
    pub roles: BTreeSet<String>,
    /// Roles on the platform.
    pub platform_roles: BTreeSet<String>,
}

/// Who may do what on a platform.
pub(super) fn access(platform: &Platform) -> Access {
    let persons = platform.persons.values().map(|it| {
        let platform_role = it.platform_role.as_ref().map(ToString::to_string);
        (it.email.to_string(), Person { platform_role, system_administrator: it.system_administrator })
    });
    let projects = platform.projects.values().map(|it| {
        let team = it.team.as_ref().map(ToString::to_string);
        (it.name.to_string(), Project { team, members: members(&it.members) })
    });
    let teams = platform.teams.values().map(|it| {
        let rate_tier = it.rate_tier.as_ref().map(ToString::to_string);
        (it.name.to_string(), Team { rate_tier, members: members(&it.members) })
    });
    let creators = platform
        .resources
        .values()
        .filter_map(|it| Some((it.name.to_string(), it.creator.as_ref()?.to_string())));
    let permissions =
        resource::permissions(&platform.resources).map(|(it, action)| (it.to_string(), action.within));
    Access {
        permissions: permissions.collect(),
        conditions: platform.conditions.values().map(|it| (it.name.to_string(), condition(it))).collect(),
        roles: closed(&platform.roles),
        platform_roles: closed(&platform.platform_roles),
        creator_roles: creators.collect(),
        newcomer: platform.newcomer.as_ref().map(ToString::to_string),
        persons: persons.collect(),
        teams: teams.collect(),
        projects: projects.collect(),
    }
}

fn condition(condition: &condition::Condition) -> Condition {
    let test = match condition.test {
        Test::IsUser => ConditionTest::IsUser,
        Test::HasUser => ConditionTest::HasUser,
    };
    Condition { field: condition.field.clone(), test }
}

fn closed(roles: &BTreeMap<Name, role::Role>) -> BTreeMap<String, BTreeMap<String, Held>> {
    let held = |role: &role::Role| {
        let permissions = role.permissions.iter().map(|(permission, held)| {
            let held = match &held.when {
                When::Always => Held::Always,
                When::Any(conditions) => Held::When(texts(conditions)),
            };
            (permission.to_string(), held)
        });
        permissions.collect()
    };
    roles.values().map(|it| (it.name.to_string(), held(it))).collect()
}

fn members(written: &[Member]) -> BTreeMap<String, BTreeSet<String>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for member in written {
        members.entry(member.email.to_string()).or_default().insert(member.role.to_string());
    }
    members
}

/// Roles of both sorts, each with its own.
pub(super) fn role_set(ids: &BTreeSet<RoleId>) -> RoleSet {
    let mut set = RoleSet::default();
    for id in ids {
        match id {
            RoleId::Role(name) => set.roles.insert(name.to_string()),
            RoleId::PlatformRole(name) => set.platform_roles.insert(name.to_string()),
        };
    }
    set
}

/// Things as their texts.
pub(super) fn texts<'t, T: ToString + 't>(things: impl IntoIterator<Item = &'t T>) -> BTreeSet<String> {
    things.into_iter().map(ToString::to_string).collect()
}
