//! What routes let pass.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::language::Platform;
use crate::language::api::{Api, Needs, Route, Segment, Target};
use crate::language::condition::Condition;
use crate::language::name::Name;
use crate::language::resource::Scope;
use crate::render::opa::data::itself;
use crate::render::opa::matrix::subject::{
    MEMBER, OTHER, PROJECT, TEAM, caller, presented, request_value, thing,
};
use crate::render::opa::matrix::{Context, PLACES, Rows};
use crate::render::opa::reference::{Ask, Caller, Question, Request, Subscription, Thing};

/// A route, a request that fits it, and who may send that.
#[derive(Serialize)]
pub(super) struct RouteTable<'a> {
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
    pub(super) fn changes(&self) -> usize {
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

/// All routes, those of what is made by a request once more without what is to be made.
pub(super) fn tables<'a>(context: &'a Context<'a>) -> BTreeMap<String, RouteTable<'a>> {
    let platform = context.platform;
    let mut tables = BTreeMap::new();
    for api in platform.apis.values() {
        for route in api.routes.values() {
            let note = format!("{}: {}", api.name, route.name);
            if let Some(place) = future_place(platform, route) {
                let table = route_table(context, api, route, Some(place));
                tables.insert(format!("{note}, not yet there"), table);
            }
            tables.insert(note, route_table(context, api, route, None));
        }
    }
    tables
}

/// Where what a route is about will be, while it does not exist.
fn future_place(platform: &Platform, route: &Route) -> Option<&'static str> {
    match &route.needs {
        Needs::Nothing | Needs::Permission { target: Target::Platform, .. } => None,
        Needs::Permission { permission, .. } => {
            let resource = &platform.resources[&permission.resource];
            let scope = resource.actions[&permission.action].within;
            (scope != Scope::Platform && itself(resource).is_none()).then(|| scope.word())
        }
    }
}

fn route_table<'a>(
    context: &'a Context<'a>,
    api: &'a Api,
    route: &'a Route,
    future: Option<&'static str>,
) -> RouteTable<'a> {
    let Context { platform, permissions: _, names, answer } = context;
    let target = match &route.needs {
        Needs::Nothing => None,
        Needs::Permission { permission, target } => Some((&platform.resources[&permission.resource], target)),
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
    let request = Rc::new(request(api, route, target.map(|(_, target)| target), named));
    let subscription = route.subscription.as_deref().map(|status| Subscription { team: TEAM, status });
    let question = |caller: Option<Caller<'a>>, state: Option<&'a Condition>| Question {
        caller,
        ask: Ask::Request(Rc::clone(&request)),
        thing: about(state),
        subscription,
    };
    let passes = |name: &'a str, place, state: Option<&'a Condition>| {
        let mut caller = caller(name, place, about(state).as_ref(), state);
        if subscription.is_some() {
            caller.teams.entry(TEAM).or_default().push(MEMBER);
        }
        answer(&question(Some(caller), state))
    };
    let of = |place| {
        let rows = context
            .by_state(|state| names.iter().copied().filter(|it| passes(it.as_str(), place, state)).collect());
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
        anonymous: answer(&question(None, None)),
        open: route.needs == Needs::Nothing,
        allowed: PLACES.into_iter().map(of).collect(),
    }
}

/// A request that a route answers.
pub(super) fn request<'a>(
    api: &'a Api,
    route: &'a Route,
    target: Option<&'a Target>,
    named: &'a str,
) -> Request<'a> {
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
        route: OnceCell::new(),
    }
}
