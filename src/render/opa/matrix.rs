//! `tests/data.json`: what every role, route and declared person may do, for `tests/matrix_test.rego` to ask.
//!
//! The tables say what is allowed; everything that they do not list must be denied. They are filled by asking
//! [`reference`] every single question, never from the data that the policies read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::language::Platform;
use crate::language::api::{Api, Needs, Route, Segment, Target};
use crate::language::condition::{Condition, Test};
use crate::language::name::Name;
use crate::language::resource::{Resource, Scope};
use crate::language::value::permission::Permission;
use crate::render::opa::data::itself;
use crate::render::opa::reference::{Ask, Caller, Question, Request, Subscription, Thing, allows};

/// Ids of the tests. Names in the tree have no capitals, so none of these is declared.
const CALLER: &str = "User";
const THING: &str = "Thing";
const PROJECT: &str = "Project";
const TEAM: &str = "Team";
const ELSEWHERE: &str = "Elsewhere";
const OTHER: &str = "Other";
/// A role that gives nothing, for being in a team.
const MEMBER: &str = "Member";
/// The state in which no condition holds.
const NONE: &str = "";

/// Where a role is held.
const PLACES: [&str; 4] = ["elsewhere", "platform", "project", "team"];

#[derive(Serialize)]
struct Tables<'a> {
    /// Every permission, by the kind of thing it is about.
    permissions: BTreeMap<String, &'a Name>,
    /// A thing of every kind, as it is presented.
    things: BTreeMap<&'a Name, Value>,
    /// The kinds of things that are projects or teams themselves.
    itself: BTreeMap<&'a Name, &'static str>,
    /// What is presented besides, so that one condition holds.
    states: BTreeMap<&'a str, State>,
    /// All roles and platform roles by name. A name may be both; where it is held tells which counts.
    names: BTreeSet<&'a Name>,
    /// By name, place and state, the permissions it gives.
    roles: BTreeMap<&'a Name, Rows<'a, String>>,
    routes: BTreeMap<String, RouteTable<'a>>,
    members: BTreeMap<String, PlaceTable<'a>>,
    /// People with the same platform role may do the same.
    persons: Vec<PersonTable<'a>>,
    /// How many questions the tests ask; a test that finds none would pass.
    count: Count,
}

/// By place and state, what is allowed. A state that is left out is like the state in which no condition holds.
type Rows<'a, T> = BTreeMap<&'static str, BTreeMap<&'a str, Vec<T>>>;

#[derive(Serialize)]
struct State {
    /// Fields of the resource.
    fields: Value,
    /// Whether the caller is the thing that is asked about.
    caller_is_thing: bool,
}

#[derive(Serialize)]
struct RouteTable<'a> {
    api: &'a Name,
    request: Value,
    resource: Value,
    subscription: Value,
    target: Option<&'static str>,
    /// The name of a target in the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    /// Whether nobody at all may pass.
    anonymous: bool,
    /// Whether everybody may pass, so that there is nothing to break.
    open: bool,
    /// The names of roles that let pass.
    allowed: Rows<'a, &'a Name>,
}

impl RouteTable<'_> {
    /// How many ways there are to break a request that passes.
    fn changes(&self) -> usize {
        let rows = self.allowed.values().flat_map(BTreeMap::values);
        if rows.flatten().next().is_none() {
            return 0;
        }
        let resource = if self.target.is_some() { 3 } else { 0 };
        let query = if self.query.is_some() { 2 } else { 0 };
        let subscription = if self.subscription.is_null() { 0 } else { 3 };
        10 + resource + query + subscription
    }
}

#[derive(Serialize)]
struct PlaceTable<'a> {
    place: &'static str,
    id: &'a Name,
    groups: Vec<GroupTable<'a>>,
}

/// People who may do the same.
#[derive(Serialize)]
struct GroupTable<'a> {
    /// `null` is somebody whom git does not know.
    emails: Vec<Option<&'a str>>,
    allowed: Vec<String>,
}

#[derive(Serialize)]
struct PersonTable<'a> {
    emails: Vec<&'a str>,
    allowed: BTreeMap<&'a str, Vec<String>>,
}

#[derive(Serialize)]
struct Count {
    roles: usize,
    routes: usize,
    changes: usize,
    members: usize,
    persons: usize,
}

/// The file.
pub(super) fn json(platform: &Platform) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec_pretty(&tables(platform)).expect("keys are strings and nothing here fails");
    bytes.push(b'\n');
    bytes
}

fn tables(platform: &Platform) -> Tables<'_> {
    let permissions = permissions(platform);
    let names: BTreeSet<&Name> = platform.roles.keys().chain(platform.platform_roles.keys()).collect();
    let states = platform.conditions.len() + 1;
    let routes = routes(platform, &names);
    let members = members(platform, &permissions, &names);
    let persons = persons(platform, &permissions, &names);
    let asked: usize = members.values().flat_map(|it| &it.groups).map(|it| it.emails.len()).sum();
    let people: usize = persons.iter().map(|it| it.emails.len()).sum();
    let count = Count {
        roles: names.len() * PLACES.len() * states * permissions.len(),
        routes: routes.len() * names.len() * PLACES.len() * states,
        changes: routes.values().map(RouteTable::changes).sum(),
        members: asked * permissions.len(),
        persons: people * states * permissions.len(),
    };
    Tables {
        permissions: permissions.iter().map(|(it, resource)| (it.to_string(), &resource.name)).collect(),
        things: platform.resources.values().map(|it| (&it.name, presented(&thing(it, None)))).collect(),
        itself: platform.resources.values().filter_map(|it| Some((&it.name, itself(it)?))).collect(),
        states: std::iter::once((NONE, State { fields: json!({}), caller_is_thing: false }))
            .chain(platform.conditions.iter().map(|(name, it)| (name.as_str(), state(it))))
            .collect(),
        roles: names.iter().map(|name| (*name, role(platform, &permissions, name.as_str()))).collect(),
        names,
        routes,
        members,
        persons,
        count,
    }
}

fn permissions(platform: &Platform) -> Vec<(Permission, &Resource)> {
    let all = platform.resources.values().flat_map(|resource| {
        resource.actions.keys().map(move |action| {
            (Permission { resource: resource.name.clone(), action: action.clone() }, resource)
        })
    });
    all.collect()
}

/// No condition, and each.
fn states(platform: &Platform) -> impl Iterator<Item = (&str, Option<&Condition>)> {
    std::iter::once((NONE, None))
        .chain(platform.conditions.iter().map(|(name, it)| (name.as_str(), Some(it))))
}

fn state(condition: &Condition) -> State {
    if condition.field == ["id"] {
        return State { fields: json!({}), caller_is_thing: condition.test == Test::IsUser };
    }
    let value = match condition.test {
        Test::IsUser => json!(CALLER),
        Test::HasUser => json!([OTHER, CALLER]),
    };
    State { fields: nested(&condition.field, value), caller_is_thing: false }
}

fn nested(way: &[String], value: Value) -> Value {
    way.iter().rev().fold(value, |inner, key| json!({ key.as_str(): inner }))
}

/// A thing of this kind, in the project and team of the tests.
fn thing<'a>(resource: &'a Resource, state: Option<&'a Condition>) -> Thing<'a> {
    let id = match itself(resource) {
        Some("project") => PROJECT,
        Some("team") => TEAM,
        _ => THING,
    };
    Thing {
        kind: resource.name.as_str(),
        id: Some(id),
        project: Some(PROJECT),
        team: Some(TEAM),
        facts: state.into_iter().collect(),
    }
}

pub(super) fn presented(thing: &Thing<'_>) -> Value {
    let mut object = json!({ "type": thing.kind });
    if let Some(id) = thing.id {
        object["id"] = json!(id);
    }
    for (place, id) in [("project", thing.project), ("team", thing.team)] {
        if let Some(id) = id {
            object[place] = json!({ "id": id });
        }
    }
    object
}

/// Somebody who holds one role in one place.
fn caller<'a>(
    name: &'a str,
    place: &str,
    thing: Option<&Thing<'a>>,
    state: Option<&Condition>,
) -> Caller<'a> {
    let is_thing = state.is_some_and(|it| it.field == ["id"] && it.test == Test::IsUser);
    let id = thing.and_then(|it| it.id).filter(|_| is_thing).unwrap_or(CALLER);
    let mut caller = Caller { id, ..Caller::default() };
    match place {
        "platform" => caller.platform_roles.push(name),
        "project" => caller.projects.extend([(PROJECT, vec![name])]),
        "team" => caller.teams.extend([(TEAM, vec![name])]),
        _ => {
            caller.projects.extend([(ELSEWHERE, vec![name])]);
            caller.teams.extend([(ELSEWHERE, vec![name])]);
        }
    }
    caller
}

/// What is allowed by state, less the rows that say nothing new.
fn by_state<'a, T: PartialEq>(
    platform: &'a Platform,
    ask: impl Fn(Option<&'a Condition>) -> Vec<T>,
) -> BTreeMap<&'a str, Vec<T>> {
    let mut rows: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (name, state) in states(platform) {
        let allowed = ask(state);
        if rows.get(NONE) != Some(&allowed) {
            rows.insert(name, allowed);
        }
    }
    rows
}

fn role<'a>(
    platform: &'a Platform,
    permissions: &[(Permission, &'a Resource)],
    name: &str,
) -> Rows<'a, String> {
    let of = |place| {
        let rows = by_state(platform, |state| {
            allowed(platform, permissions, |resource| {
                let thing = thing(resource, state);
                (caller(name, place, Some(&thing), state), thing)
            })
        });
        (place, rows)
    };
    PLACES.into_iter().map(of).collect()
}

/// The permissions that somebody has on a thing.
fn allowed<'a>(
    platform: &Platform,
    permissions: &'a [(Permission, &'a Resource)],
    with: impl Fn(&'a Resource) -> (Caller<'a>, Thing<'a>),
) -> Vec<String> {
    let held = permissions.iter().filter(|(permission, resource)| {
        let (caller, thing) = with(resource);
        let ask = Ask::Permission(permission);
        allows(platform, &Question { caller: Some(caller), ask, thing: Some(thing), subscription: None })
    });
    held.map(|(permission, _)| permission.to_string()).collect()
}

fn routes<'a>(platform: &'a Platform, names: &BTreeSet<&'a Name>) -> BTreeMap<String, RouteTable<'a>> {
    let mut tables = BTreeMap::new();
    for api in platform.apis.values() {
        for route in api.routes.values() {
            let note = format!("{}: {}", api.name, route.name);
            if let Some(place) = future_place(platform, route) {
                let table = route_table(platform, names, api, route, Some(place));
                tables.insert(format!("{note}, not yet there"), table);
            }
            tables.insert(note, route_table(platform, names, api, route, None));
        }
    }
    tables
}

/// Where what a route is about will be, while it does not exist.
fn future_place(platform: &Platform, route: &Route) -> Option<&'static str> {
    match &route.needs {
        Needs::Nothing | Needs::Permission(_, Target::Platform) => None,
        Needs::Permission(permission, _) => {
            let resource = &platform.resources[&permission.resource];
            let scope = resource.actions[&permission.action].within;
            (scope != Scope::Platform && itself(resource).is_none()).then(|| scope.word())
        }
    }
}

fn route_table<'a>(
    platform: &'a Platform,
    names: &BTreeSet<&'a Name>,
    api: &'a Api,
    route: &'a Route,
    future: Option<&'static str>,
) -> RouteTable<'a> {
    let target = match &route.needs {
        Needs::Nothing => None,
        Needs::Permission(permission, target) => Some((&platform.resources[&permission.resource], target)),
    };
    let about = |state: Option<&'a Condition>| {
        let (resource, _) = target.filter(|(_, target)| **target != Target::Platform)?;
        let whole = thing(resource, state);
        Some(if future.is_some() { Thing { id: None, ..whole } } else { whole })
    };
    let named = match (about(None), future) {
        (_, Some("project")) => PROJECT,
        (_, Some(_)) => TEAM,
        (thing, None) => thing.and_then(|it| it.id).unwrap_or(OTHER),
    };
    let request = request(api, route, target.map(|(_, target)| target), named);
    let subscription = route.subscription.as_deref().map(|status| Subscription { team: TEAM, status });
    let question = |caller: Option<Caller<'a>>, state: Option<&'a Condition>| Question {
        caller,
        ask: Ask::Request(request.clone()),
        thing: about(state),
        subscription,
    };
    let passes = |name: &'a str, place, state: Option<&'a Condition>| {
        let mut caller = caller(name, place, about(state).as_ref(), state);
        if subscription.is_some() {
            caller.teams.entry(TEAM).or_default().push(MEMBER);
        }
        allows(platform, &question(Some(caller), state))
    };
    let of = |place| {
        let rows = by_state(platform, |state| {
            names.iter().copied().filter(|it| passes(it.as_str(), place, state)).collect()
        });
        (place, rows)
    };
    let where_named = target.and_then(|(_, target)| match target {
        Target::Platform => None,
        Target::Path(_) => Some("path"),
        Target::Query(_) => Some("query"),
        Target::Body(_) => Some("body"),
    });
    RouteTable {
        api: &api.name,
        request: request_value(&request),
        resource: about(None).as_ref().map_or(Value::Null, presented),
        subscription: subscription.map_or(Value::Null, |it| json!({ "team": it.team, "status": it.status })),
        target: where_named,
        query: request.query.map(|(name, _)| name),
        anonymous: allows(platform, &question(None, None)),
        open: route.needs == Needs::Nothing,
        allowed: PLACES.into_iter().map(of).collect(),
    }
}

fn request<'a>(api: &'a Api, route: &'a Route, target: Option<&'a Target>, named: &'a str) -> Request<'a> {
    let part = |segment: &'a Segment| match segment {
        Segment::Word(word) => word.as_str(),
        Segment::Parameter(name) if matches!(target, Some(Target::Path(it)) if it == name) => named,
        Segment::Parameter(name) if name.as_str() == "project" => PROJECT,
        Segment::Parameter(name) if name.as_str() == "team" => TEAM,
        Segment::Parameter(_) => OTHER,
    };
    Request {
        api: api.name.as_str(),
        method: &route.name.method,
        path: route.name.path.iter().map(part).collect(),
        query: match target {
            Some(Target::Query(name)) => Some((name, named)),
            _ => None,
        },
        body: match target {
            Some(Target::Body(way)) => Some((way, named)),
            _ => None,
        },
    }
}

pub(super) fn request_value(request: &Request<'_>) -> Value {
    let mut object = json!({ "method": request.method, "path": request.path });
    if let Some((name, value)) = request.query {
        object["query"] = json!({ name: [value] });
    }
    if let Some((way, value)) = request.body {
        object["body"] = nested(way, json!(value));
    }
    object
}

fn members<'a>(
    platform: &'a Platform,
    permissions: &[(Permission, &Resource)],
    names: &BTreeSet<&'a Name>,
) -> BTreeMap<String, PlaceTable<'a>> {
    let teams = platform.teams.values().map(|team| {
        let emails = team.members.iter().map(|it| it.email.as_str()).collect();
        let groups = groups(platform, permissions, names, ("team", team.name.as_str()), emails);
        (format!("team {}", team.name), PlaceTable { place: "team", id: &team.name, groups })
    });
    let projects = platform.projects.values().map(|project| {
        let team = project.team.as_ref().and_then(|it| platform.teams.get(it));
        let owners = team.map(|it| it.members.as_slice()).unwrap_or_default();
        let emails = project.members.iter().chain(owners).map(|it| it.email.as_str()).collect();
        let groups = groups(platform, permissions, names, ("project", project.name.as_str()), emails);
        (format!("project {}", project.name), PlaceTable { place: "project", id: &project.name, groups })
    });
    teams.chain(projects).collect()
}

/// The people of a declared place and somebody unknown, all of whom the API presents as holding every role there.
fn groups<'a>(
    platform: &'a Platform,
    permissions: &[(Permission, &Resource)],
    names: &BTreeSet<&'a Name>,
    (place, id): (&'static str, &'a str),
    emails: BTreeSet<&'a str>,
) -> Vec<GroupTable<'a>> {
    let mut groups: BTreeMap<Vec<String>, Vec<Option<&str>>> = BTreeMap::new();
    for email in std::iter::once(None).chain(emails.into_iter().map(Some)) {
        let presented = BTreeMap::from([(id, names.iter().map(|it| it.as_str()).collect())]);
        let caller = match place {
            "team" => Caller { id: CALLER, email, teams: presented, ..Caller::default() },
            _ => Caller { id: CALLER, email, projects: presented, ..Caller::default() },
        };
        let may = allowed(platform, permissions, |resource| {
            let common = thing(resource, None);
            let own = if itself(resource) == Some(place) { Some(id) } else { common.id };
            let thing = match place {
                "team" => Thing { id: own, team: Some(id), ..common },
                _ => Thing { id: own, project: Some(id), team: None, ..common },
            };
            (caller.clone(), thing)
        });
        groups.entry(may).or_default().push(email);
    }
    groups.into_iter().map(|(allowed, emails)| GroupTable { emails, allowed }).collect()
}

/// Declared people, all of whom the API presents as holding every platform role.
fn persons<'a>(
    platform: &'a Platform,
    permissions: &[(Permission, &Resource)],
    names: &BTreeSet<&'a Name>,
) -> Vec<PersonTable<'a>> {
    let mut by_role: BTreeMap<Option<&Name>, Vec<&str>> = BTreeMap::new();
    for (email, person) in &platform.persons {
        by_role.entry(person.platform_role.as_ref()).or_default().push(email.as_str());
    }
    let table = |emails: Vec<&'a str>| {
        let rows = by_state(platform, |state| {
            allowed(platform, permissions, |resource| {
                let thing = thing(resource, state);
                let mut caller = caller("", "elsewhere", Some(&thing), state);
                caller.email = emails.first().copied();
                caller.platform_roles = names.iter().map(|it| it.as_str()).collect();
                (caller, thing)
            })
        });
        PersonTable { emails, allowed: rows }
    };
    by_role.into_values().map(table).collect()
}
