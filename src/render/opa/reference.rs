//! What the answer is, by the meaning of the language: one question at a time, read off the [`Platform`].
//!
//! The generated tests hold the policies against this. It therefore shares nothing with `data.json` and the policies: it
//! walks through declarations where they look things up.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::language::Platform;
use crate::language::api::{Api, Needs, Route, RouteName, Segment, Target};
use crate::language::condition::{Condition, Test};
use crate::language::name::Name;
use crate::language::resource::Scope;
use crate::language::role::{Role, RoleId, When};
use crate::language::team::Member;
use crate::language::value::permission::Permission;
use crate::language::value::text::Email;

/// A question of a form that fits.
#[derive(Clone, Debug)]
pub(super) struct Question<'a> {
    pub(super) caller: Option<Caller<'a>>,
    pub(super) ask: Ask<'a>,
    pub(super) thing: Option<Thing<'a>>,
    pub(super) subscription: Option<Subscription<'a>>,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller<'a> {
    pub(super) id: &'a str,
    /// Their verified address.
    pub(super) email: Option<&'a str>,
    pub(super) platform_roles: Vec<&'a str>,
    pub(super) teams: BTreeMap<&'a str, Vec<&'a str>>,
    pub(super) projects: BTreeMap<&'a str, Vec<&'a str>>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Ask<'a> {
    /// May this be done?
    Permission(&'a Permission),
    /// May this request pass? The same one is asked for everybody.
    Request(Rc<Request<'a>>),
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) api: &'a str,
    pub(super) method: &'a str,
    pub(super) path: Vec<&'a str>,
    /// One name in the query, and its value.
    pub(super) query: Option<(&'a str, &'a str)>,
    /// One field of the body, and its value.
    pub(super) body: Option<(&'a [String], &'a str)>,
    /// The route that answers it, once somebody has looked for it.
    pub(super) route: OnceCell<Option<RouteName>>,
}

/// The thing that is asked about.
#[derive(Clone, Debug)]
pub(super) struct Thing<'a> {
    pub(super) kind: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) project: Option<&'a str>,
    pub(super) team: Option<&'a str>,
    /// The conditions whose fields are set so that they hold for the caller.
    pub(super) facts: Vec<&'a Condition>,
}

/// A team and the state of its subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscription<'a> {
    pub(super) team: &'a str,
    pub(super) status: &'a str,
}

/// Where a tier comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The team that owns the project that the request is about.
    Project,
    /// The best of the caller's teams.
    Team,
    /// The interface's key.
    Nobody,
}

/// The tier of a request about a declared project or about nothing, of a declared person or somebody else; `None` where the
/// interface counts nothing.
pub(super) fn tier<'p>(
    platform: &'p Platform,
    api: &'p Api,
    email: Option<&Email>,
    project: Option<&Name>,
) -> Option<(&'p Name, From)> {
    let key = api.key.as_ref()?;
    let is_in = |members: &[Member]| members.iter().any(|it| Some(&it.email) == email);
    let owner = project.and_then(|it| {
        let project = &platform.projects[it];
        let team = &platform.teams[project.team.as_ref()?];
        (is_in(&project.members) || is_in(&team.members)).then_some(team)
    });
    if let Some(tier) = owner.and_then(|it| it.rate_tier.as_ref()) {
        return Some((tier, From::Project));
    }
    let own = platform.teams.values().filter(|it| is_in(&it.members));
    let best = own.filter_map(|it| it.rate_tier.as_ref()).max_by_key(|it| platform.rate_tiers[*it].rank);
    Some(best.map_or((&key.anonymous, From::Nobody), |it| (it, From::Team)))
}

/// The answer.
pub(super) fn allows(platform: &Platform, question: &Question<'_>) -> bool {
    match &question.ask {
        Ask::Permission(permission) => scope(platform, permission)
            .is_some_and(|scope| permits(platform, question, permission, scope, &BTreeSet::new())),
        Ask::Request(request) => {
            let found = request.route.get_or_init(|| route(platform, request).map(|it| it.name.clone()));
            let route = found.as_ref().map(|it| &platform.apis[request.api].routes[it]);
            route.is_some_and(|it| passes(platform, question, request, it))
        }
    }
}

fn passes(platform: &Platform, question: &Question<'_>, request: &Request<'_>, route: &Route) -> bool {
    let (permission, target) = match &route.needs {
        Needs::Nothing => return route.only.is_empty() && route.subscription.is_none(),
        Needs::Permission { permission, target } => (permission, target),
    };
    let scope = match target {
        Target::Platform => Some(Scope::Platform),
        _ => scope(platform, permission),
    };
    scope.is_some_and(|scope| {
        names_the_thing(platform, question, request, route, permission, target)
            && places_agree(question, request, route)
            && subscribed(platform, question, route, scope)
            && permits(platform, question, permission, scope, &route.only)
    })
}

/// The route of a request: of those that fit, the one with words where others have parameters, from the left.
fn route<'a>(platform: &'a Platform, request: &Request<'_>) -> Option<&'a Route> {
    let fits = |segment: &Segment, part: &str| match segment {
        Segment::Word(word) => word == part,
        Segment::Parameter(_) => true,
    };
    let matching = platform.apis.get(request.api)?.routes.values().filter(|route| {
        let path = &route.name.path;
        route.name.method == request.method
            && path.len() == request.path.len()
            && path.iter().zip(&request.path).all(|(segment, part)| fits(segment, part))
    });
    matching.min_by_key(|route| {
        let marks = route.name.path.iter().map(|it| matches!(it, Segment::Parameter(_)));
        marks.collect::<Vec<bool>>()
    })
}

fn names_the_thing(
    platform: &Platform,
    question: &Question<'_>,
    request: &Request<'_>,
    route: &Route,
    permission: &Permission,
    target: &Target,
) -> bool {
    let named = match target {
        Target::Platform => return true,
        Target::Path(name) => parameter(request, route, name.as_str()),
        Target::Query(name) => request.query.filter(|(key, _)| key == name).map(|(_, value)| value),
        Target::Body(way) => request.body.filter(|(at, _)| at == way).map(|(_, value)| value),
    };
    let Some(thing) = &question.thing else { return false };
    let called = thing.id.or_else(|| match scope(platform, permission)? {
        Scope::Platform => None,
        Scope::Team => thing.team,
        Scope::Project => thing.project,
    });
    named.is_some() && named == called
}

fn places_agree(question: &Question<'_>, request: &Request<'_>, route: &Route) -> bool {
    let Some(thing) = &question.thing else { return true };
    [("project", thing.project), ("team", thing.team)].into_iter().all(|(place, id)| {
        let named = parameter(request, route, place);
        named.is_none() || id.is_none() || named == id
    })
}

fn parameter<'a>(request: &Request<'a>, route: &Route, name: &str) -> Option<&'a str> {
    let mut pairs = route.name.path.iter().zip(&request.path);
    pairs.find_map(|(segment, part)| match segment {
        Segment::Parameter(it) if it.as_str() == name => Some(*part),
        _ => None,
    })
}

fn subscribed(platform: &Platform, question: &Question<'_>, route: &Route, scope: Scope) -> bool {
    let Some(needed) = &route.subscription else { return true };
    let (Some(presented), Some(caller)) = (question.subscription, &question.caller) else { return false };
    let owner = question.thing.as_ref().and_then(|it| owner(platform, it));
    let mut roles = team_roles(platform, caller, presented.team).into_iter();
    // One that nobody declared is no membership.
    let of_the_caller = roles.any(|it| platform.roles.contains_key(it));
    presented.status == needed
        && match owner {
            Some(team) if scope == Scope::Platform => team == presented.team && of_the_caller,
            Some(team) => team == presented.team,
            None => of_the_caller,
        }
}

fn permits(
    platform: &Platform,
    question: &Question<'_>,
    permission: &Permission,
    scope: Scope,
    only: &BTreeSet<RoleId>,
) -> bool {
    let Some(caller) = &question.caller else { return false };
    let fits = match &question.thing {
        None => scope == Scope::Platform,
        Some(thing) => thing_fits(platform, thing, permission, scope),
    };
    let listed = |id: RoleId| only.is_empty() || only.contains(&id);
    let gives = |role: &Role| match role.permissions.get(permission).map(|held| &held.when) {
        None => false,
        Some(When::Always) => true,
        Some(When::Any(names)) => {
            names.iter().any(|name| holds(&platform.conditions[name], caller, question.thing.as_ref()))
        }
    };
    let platform_roles = on_platform(platform, caller);
    let by_platform_role = platform_roles
        .iter()
        .filter_map(|name| platform.platform_roles.get(*name))
        .any(|role| listed(RoleId::PlatformRole(role.name.clone())) && gives(role));
    let roles = in_places(platform, caller, question.thing.as_ref(), scope);
    let by_role = roles
        .iter()
        .filter_map(|name| platform.roles.get(*name))
        .any(|role| listed(RoleId::Role(role.name.clone())) && gives(role));
    fits && (by_platform_role || by_role) && !separated(platform, permission, &platform_roles, &roles)
}

/// Whether roles that are not excepted hold this permission and one that must be kept apart from it.
fn separated(platform: &Platform, permission: &Permission, platform_roles: &[&str], roles: &[&str]) -> bool {
    platform.separations.iter().any(|it| {
        let bound = |id: RoleId| !it.except.contains(&id);
        let bound_platform = platform_roles.iter().filter_map(|name| platform.platform_roles.get(*name));
        let bound_roles = roles.iter().filter_map(|name| platform.roles.get(*name));
        let all: Vec<&Role> = bound_platform
            .filter(|role| bound(RoleId::PlatformRole(role.name.clone())))
            .chain(bound_roles.filter(|role| bound(RoleId::Role(role.name.clone()))))
            .collect();
        let holds = |permission| all.iter().any(|role| role.permissions.contains_key(permission));
        (it.left == *permission || it.right == *permission) && holds(&it.left) && holds(&it.right)
    })
}

fn thing_fits(platform: &Platform, thing: &Thing<'_>, permission: &Permission, scope: Scope) -> bool {
    let known = match scope {
        Scope::Platform => true,
        Scope::Team => owner(platform, thing).is_some(),
        Scope::Project => thing.project.is_some(),
    };
    let within = platform.resources.get(thing.kind).map(|it| it.within);
    let is_itself = match (thing.kind, within) {
        ("project", Some(Scope::Project)) => thing.id.is_none() || thing.id == thing.project,
        ("team", Some(Scope::Team)) => thing.id.is_none() || thing.id == thing.team,
        _ => true,
    };
    let declared = thing.project.and_then(|it| platform.projects.get(it));
    let team_agrees = match (declared, thing.team) {
        (Some(project), Some(team)) => project.team.as_ref().is_some_and(|it| it.as_str() == team),
        _ => true,
    };
    thing.kind == permission.resource.as_str() && known && is_itself && team_agrees
}

fn holds(condition: &Condition, caller: &Caller<'_>, thing: Option<&Thing<'_>>) -> bool {
    let Some(thing) = thing else { return false };
    if condition.field == ["id"] {
        return condition.test == Test::IsUser && thing.id == Some(caller.id);
    }
    thing.facts.iter().any(|it| it.field == condition.field && it.test == condition.test)
}

fn scope(platform: &Platform, permission: &Permission) -> Option<Scope> {
    Some(platform.resources.get(&permission.resource)?.actions.get(&permission.action)?.within)
}

/// The team that a thing belongs to: as git says where git declares its project, else as presented.
fn owner<'a>(platform: &'a Platform, thing: &Thing<'a>) -> Option<&'a str> {
    match thing.project.and_then(|it| platform.projects.get(it)) {
        Some(project) => project.team.as_ref().map(Name::as_str),
        None => thing.team,
    }
}

fn on_platform<'a>(platform: &'a Platform, caller: &Caller<'a>) -> Vec<&'a str> {
    let person = caller.email.and_then(|it| platform.persons.get(it));
    match person.and_then(|it| it.platform_role.as_ref()) {
        Some(role) => vec![role.as_str()],
        None => caller.platform_roles.clone(),
    }
}

fn in_places<'a>(
    platform: &'a Platform,
    caller: &Caller<'a>,
    thing: Option<&Thing<'a>>,
    scope: Scope,
) -> Vec<&'a str> {
    let Some(thing) = thing else { return Vec::new() };
    let mut roles = Vec::new();
    if scope != Scope::Platform
        && let Some(team) = owner(platform, thing)
    {
        roles.extend(team_roles(platform, caller, team));
    }
    if scope == Scope::Project
        && let Some(project) = thing.project
    {
        roles.extend(project_roles(platform, caller, project));
    }
    roles
}

fn team_roles<'a>(platform: &'a Platform, caller: &Caller<'a>, team: &str) -> Vec<&'a str> {
    match platform.teams.get(team) {
        Some(team) => declared_roles(&team.members, caller),
        None => caller.teams.get(team).cloned().unwrap_or_default(),
    }
}

fn project_roles<'a>(platform: &'a Platform, caller: &Caller<'a>, project: &str) -> Vec<&'a str> {
    match platform.projects.get(project) {
        Some(project) => declared_roles(&project.members, caller),
        None => caller.projects.get(project).cloned().unwrap_or_default(),
    }
}

fn declared_roles<'a>(members: &'a [Member], caller: &Caller<'_>) -> Vec<&'a str> {
    let theirs = members.iter().filter(|it| Some(it.email.as_str()) == caller.email);
    theirs.map(|it| it.role.as_str()).collect()
}
