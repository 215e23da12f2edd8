//! The `api` and `route` declarations: what a request needs.

mod route_name;

use std::collections::{BTreeMap, BTreeSet};

use crate::language::name::{InProject, Name};
use crate::language::role::RoleId;
use crate::language::value::permission::Permission;
use crate::source::Span;

/// An interface as meant.
#[derive(Clone, Debug)]
pub struct Api {
    /// What it is called.
    pub name: Name,
    /// The service that answers.
    pub service: InProject,
    /// Its routes, by method and path.
    pub routes: BTreeMap<RouteName, Route>,
    /// Where it is declared.
    pub span: Span,
}

/// A method and a path with parameters: `GET /projects/{project}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteName {
    /// The path, part by part.
    pub path: Vec<Segment>,
    /// The method, in capitals.
    pub method: String,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A word that stands there as it is.
    Word(String),
    /// A parameter: `{project}`.
    Parameter(Name),
}

/// A route as meant.
#[derive(Clone, Debug)]
pub struct Route {
    /// Method and path.
    pub name: RouteName,
    /// What the caller needs.
    pub needs: Needs,
    /// Roles to which it is narrowed; empty for all that hold the permission.
    pub only: BTreeSet<RoleId>,
    /// The state that the subscription of the caller's team must have.
    pub subscription: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// What a caller needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing, not even a token: `anonymous=#true`.
    Nothing,
    /// A permission on the resource that the request names.
    Permission(Permission, Target),
}

/// Where a request names its resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Nowhere: the permission is decided on the platform.
    Platform,
    /// In the path: `path.project`, the default where the path has the parameter.
    Path(Name),
    /// In the query: `query.team_id`.
    Query(String),
    /// In the JSON body: `body.service_id`.
    Body(Vec<String>),
}
