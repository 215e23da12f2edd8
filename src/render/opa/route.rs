//! Routes as the policies look them up: by method, number of segments and shape.
//!
//! A shape is where the parameters stand. The shapes of one length are listed words before parameters, from the left, so
//! the first one that knows a path has the most specific route; one look-up per shape decides.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::language::api::{Api, Needs, Route, RouteName, Segment, Target};
use crate::language::name::Name;
use crate::render::opa::data::{RolesView, roles};
use crate::render::opa::limit;

/// An interface.
#[derive(Serialize)]
pub(super) struct ApiView<'a> {
    /// What it counts, and whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<limit::LimitsView<'a>>,
    /// Shapes by method and by number of segments.
    routes: BTreeMap<&'a str, BTreeMap<usize, Vec<ShapeView<'a>>>>,
}

#[derive(Serialize)]
struct ShapeView<'a> {
    parameters: Vec<usize>,
    routes: BTreeMap<String, RouteView<'a>>,
}

#[derive(Serialize)]
struct RouteView<'a> {
    name: &'a RouteName,
    #[serde(skip_serializing_if = "is_false")]
    anonymous: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<String>,
    target: Option<TargetView<'a>>,
    /// Where the path names a project or a team.
    places: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<RolesView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<&'a str>,
    /// What counts its requests, besides what counts every route.
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<&'a Name>,
    /// What its body must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Name>,
}

#[derive(Serialize)]
struct TargetView<'a> {
    #[serde(rename = "in")]
    within: &'static str,
    /// Its name; of a body's field, the way to it.
    name: Vec<&'a str>,
    /// The segment, of a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

/// Routes by which of their segments are parameters, then by the others.
type ByShape<'a> = BTreeMap<Vec<bool>, BTreeMap<String, RouteView<'a>>>;

/// The routes of an interface.
pub(super) fn view(api: &Api) -> ApiView<'_> {
    // By the marks of its parameters a shape sorts as it must be tried: `false`, a word, comes first.
    let mut sorted: BTreeMap<&str, BTreeMap<usize, ByShape<'_>>> = BTreeMap::new();
    for route in api.routes.values() {
        let RouteName { method, path } = &route.name;
        let marks = path.iter().map(|it| matches!(it, Segment::Parameter(_))).collect();
        let shapes = sorted.entry(method).or_default().entry(path.len()).or_default();
        let routes: &mut BTreeMap<_, _> = shapes.entry(marks).or_default();
        routes.insert(key(path), route_view(route));
    }
    let shapes =
        |it: BTreeMap<Vec<bool>, _>| it.into_iter().map(|(marks, routes)| shape(&marks, routes)).collect();
    let lengths = |it: BTreeMap<usize, _>| it.into_iter().map(|(length, it)| (length, shapes(it))).collect();
    let routes = sorted.into_iter().map(|(method, it)| (method, lengths(it))).collect();
    ApiView { limits: limit::view(api), routes }
}

fn shape<'a>(marks: &[bool], routes: BTreeMap<String, RouteView<'a>>) -> ShapeView<'a> {
    let parameters = marks.iter().enumerate().filter(|(_, mark)| **mark).map(|(at, _)| at).collect();
    ShapeView { parameters, routes }
}

/// What the policies look a path up by: its words, with `{}` for parameters.
fn key(path: &[Segment]) -> String {
    let parts: Vec<&str> = path
        .iter()
        .map(|it| match it {
            Segment::Word(word) => word.as_str(),
            Segment::Parameter(_) => "{}",
        })
        .collect();
    parts.join("/")
}

fn route_view(route: &Route) -> RouteView<'_> {
    let Route { name, needs, only, subscription, counter, input, span: _ } = route;
    let places =
        ["project", "team"].into_iter().filter_map(|place| Some((place, position(&name.path, place)?)));
    let (permission, target) = match needs {
        Needs::Nothing => (None, None),
        Needs::Permission { permission, target } => {
            (Some(permission.to_string()), target_view(target, &name.path))
        }
    };
    RouteView {
        name,
        // With something else to hold against the caller, nobody is not enough.
        anonymous: *needs == Needs::Nothing && only.is_empty() && subscription.is_none(),
        permission,
        target,
        places: places.collect(),
        only: (!only.is_empty()).then(|| roles(only)),
        subscription: subscription.as_deref(),
        counter: counter.as_ref(),
        input: input.as_ref(),
    }
}

fn target_view<'a>(target: &'a Target, path: &[Segment]) -> Option<TargetView<'a>> {
    match target {
        Target::Platform => None,
        Target::Path(name) => {
            Some(TargetView { within: "path", name: vec![name.as_str()], at: position(path, name.as_str()) })
        }
        Target::Query(name) => Some(TargetView { within: "query", name: vec![name], at: None }),
        Target::Body(way) => {
            Some(TargetView { within: "body", name: way.iter().map(String::as_str).collect(), at: None })
        }
    }
}

/// Where a path has the parameter of this name.
pub(super) fn position(path: &[Segment], parameter: &str) -> Option<usize> {
    path.iter().position(|it| matches!(it, Segment::Parameter(name) if name.as_str() == parameter))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
