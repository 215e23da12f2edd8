//! Who asks in the tests, and about what.

use serde::Serialize;
use serde_json::{Value, json};

use crate::language::condition::{Condition, Test};
use crate::language::resource::Resource;
use crate::render::opa::data::itself;
use crate::render::opa::reference::{Caller, Request, Thing};

/// Ids of the tests. Names in the tree have no capitals, so none of these is declared.
pub(super) const CALLER: &str = "User";
pub(super) const THING: &str = "Thing";
pub(super) const PROJECT: &str = "Project";
pub(super) const TEAM: &str = "Team";
pub(super) const ELSEWHERE: &str = "Elsewhere";
pub(super) const OTHER: &str = "Other";
/// A role that gives nothing, for being in a team.
pub(super) const MEMBER: &str = "Member";

/// What is presented besides a thing.
#[derive(Serialize)]
pub(super) struct State {
    /// Fields of the resource.
    fields: Value,
    /// Whether the caller is the thing that is asked about.
    caller_is_thing: bool,
}

/// What is presented so that a condition holds; without one, so that none does.
pub(super) fn state(condition: Option<&Condition>) -> State {
    let Some(condition) = condition else {
        return State { fields: json!({}), caller_is_thing: false };
    };
    if condition.field == ["id"] {
        return State { fields: json!({}), caller_is_thing: condition.test == Test::IsUser };
    }
    let value = match condition.test {
        Test::IsUser => json!(CALLER),
        Test::HasUser => json!([OTHER, CALLER]),
    };
    State { fields: nested(&condition.field, value), caller_is_thing: false }
}

/// A thing of this kind, in the project and team of the tests.
pub(super) fn thing<'a>(resource: &'a Resource, state: Option<&'a Condition>) -> Thing<'a> {
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

/// A thing as the API presents it.
pub(in crate::render::opa) fn presented(thing: &Thing<'_>) -> Value {
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
pub(super) fn caller<'a>(
    name: &'a str,
    place: &str,
    thing: Option<&Thing<'a>>,
    state: Option<&Condition>,
) -> Caller<'a> {
    let mut caller = nobody(thing, state);
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

/// Somebody who holds no role; where a condition wants it, the thing itself.
pub(super) fn nobody<'a>(thing: Option<&Thing<'a>>, state: Option<&Condition>) -> Caller<'a> {
    let is_thing = state.is_some_and(|it| it.field == ["id"] && it.test == Test::IsUser);
    let id = thing.and_then(|it| it.id).filter(|_| is_thing).unwrap_or(CALLER);
    Caller { id, ..Caller::default() }
}

/// A request as the API presents it.
pub(in crate::render::opa) fn request_value(request: &Request<'_>) -> Value {
    let mut object = json!({ "method": request.method, "path": request.path });
    if let Some((name, value)) = request.query {
        object["query"] = json!({ name: [value] });
    }
    if let Some((way, value)) = request.body {
        object["body"] = nested(way, json!(value));
    }
    object
}

fn nested(way: &[String], value: Value) -> Value {
    way.iter().rev().fold(value, |inner, key| json!({ key.as_str(): inner }))
}
