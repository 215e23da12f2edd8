//! The `api` and `route` declarations: what a request needs.

mod route_name;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::condition::field_path;
use crate::language::cors::{self, Cors};
use crate::language::input::FieldType;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::limit::{self, Counter, Key, SlowDown};
use crate::language::name::{InProject, Name};
use crate::language::reach;
use crate::language::reference::Scope;
use crate::language::resource::{self, Resource, Scope as Membership};
use crate::language::role::{self, RoleId};
use crate::language::value::permission::Permission;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::language::{Context, Platform};
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "api",
    Class::Named,
    "An interface whose requests are authorized: the service asks OPA about each. It has the policies from the folder `opa` of \
     a build, in its own process or in an OPA beside it that it `reaches`; neither is rendered. An OPA that logs its \
     decisions leaves personal fields out where its configuration says `decision_logs.mask_decision: /trackside/log/mask`. \
     `opa test -b` tries the policies. What no route names is refused. What is \
     counted and slowed down is the token service's, which the gateway asks; headers and CORS are the gateway's.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::reference("service", "The service that answers.").must(),
    Field::reference("headers", "What browsers are told at all public hosts of the service."),
])
.children(&[&limit::KEY, &limit::COUNTER, &limit::SLOW_DOWN, &cors::KIND, &ROUTE])
.requires(&["route"])
.most(200);

static ROUTE: Kind = Kind::new(
    "route",
    Class::Named,
    "A method and a path, and what a caller needs there; decided by OPA. `needs` or `anonymous=#true` is written.",
)
.arguments(&[Field::required::<RouteName>("route", "Method and path; `{project}` is a parameter.")])
.properties(&[
    Field::optional::<Permission>("needs", "The permission that the caller must hold on the resource."),
    Field::optional::<TargetPlace>(
        "target",
        "Where the request names the resource; the path's parameter of that name where it is not written.",
    ),
    Field::default::<bool>("anonymous", "#false", "Whether anybody may call it, without a token."),
    Field::reference("counter", "What counts its requests, besides what counts every route."),
    Field::reference("input", "What its body must be; the service asks OPA before it uses the body."),
])
.children(&[&ONLY, &SUBSCRIPTION])
.most(2_000);

static ONLY: Kind = Kind::new(
    "only",
    Class::Edge,
    "Narrows the route to some of the roles that hold the permission. It binds everybody who is not listed, administrators \
     of the platform included.",
)
.properties(&[
    Field::reference("role", "A role in the team or project of the resource.").identity(),
    Field::reference("platform-role", "A role on the platform.").identity(),
]);

static SUBSCRIPTION: Kind = Kind::new(
    "subscription",
    Class::Single,
    "The state that the subscription of the caller's team must have.",
)
.arguments(&[Field::required::<Name>("state", "The state, as the API presents it.")]);

/// An interface as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Api {
    /// What it is called.
    pub name: Name,
    /// The service that answers.
    pub service: InProject,
    /// What browsers are told at all public hosts of the service.
    pub headers: Option<Name>,
    /// Whom it counts; `None` where it counts nothing.
    pub key: Option<Key>,
    /// What it counts.
    pub counters: BTreeMap<Name, Counter>,
    /// From when on it answers later.
    pub slow_down: Option<SlowDown>,
    /// Which pages of other origins may ask it.
    pub cors: Option<Cors>,
    /// Its routes, by method and path.
    pub routes: BTreeMap<RouteName, Route>,
    /// Where it is declared.
    #[serde(skip)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Route {
    /// Method and path.
    pub name: RouteName,
    /// What the caller needs.
    pub needs: Needs,
    /// Roles to which it is narrowed; empty for all that hold the permission.
    pub only: BTreeSet<RoleId>,
    /// The state that the subscription of the caller's team must have.
    pub subscription: Option<String>,
    /// What counts its requests, besides what counts every route.
    pub counter: Option<Name>,
    /// What its body must be.
    pub input: Option<Name>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a caller needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// Nothing, not even a token: `anonymous=#true`.
    Nothing,
    /// A permission on the resource that the request names.
    Permission {
        /// The permission.
        permission: Permission,
        /// Where the request names the resource.
        target: Target,
    },
}

/// Where a request names its resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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

/// Where a request names its resource, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TargetPlace {
    Path(String),
    Query(String),
    Body(Vec<String>),
}

impl Parse for TargetPlace {
    const FORM: Form = Form {
        name: "place in a request",
        expects: "`path.`, `query.` or `body.` and the name of a parameter or field",
        example: "\"body.service_id\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let help = format!("write {}, like `{}`", Self::FORM.expects, Self::FORM.example);
        let Value::String(text) = value else {
            return Err(Invalid::new("a place in a request is a string").help(help));
        };
        let place = text.split_once('.').and_then(|(place, name)| {
            let path = field_path(name);
            match (place, path) {
                ("path", _) => Some(Self::Path(name.to_owned())),
                ("query", Some(path)) if path.len() == 1 => Some(Self::Query(name.to_owned())),
                ("body", Some(path)) => Some(Self::Body(path)),
                _ => None,
            }
        });
        place.ok_or_else(|| Invalid::new(format!("{} is no place in a request", quote(text))).help(help))
    }
}

impl RouteName {
    /// The route with its parameters unnamed: two routes that are equal in this answer the same requests.
    fn shape(&self) -> (&str, Vec<Option<&str>>) {
        let path = self.path.iter().map(|it| match it {
            Segment::Word(word) => Some(word.as_str()),
            Segment::Parameter(_) => None,
        });
        (&self.method, path.collect())
    }
}

/// Reads all interfaces.
pub fn resolve<'a>(
    items: &[Item<'a>],
    resources: &BTreeMap<Name, Resource>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Api> {
    let apis = items.iter().filter(|it| it.kind.word == KIND.word);
    apis.filter_map(|it| resolve_one(it, resources, context, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one<'a>(
    item: &Item<'a>,
    resources: &BTreeMap<Name, Resource>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Api> {
    let scope = context.scope;
    let name = item.own_name(sink);
    let service = item.reference("service", sink).and_then(|it| scope.find("service", it, sink));
    let headers = item.reference("headers", sink).and_then(|it| scope.find("headers", it, sink));
    let counters = limit::resolve_counters(item, sink);
    let key = limit::resolve_key(item, &counters, scope, sink);
    let slow_down = limit::resolve_slow_down(item, &counters, sink);
    let cors = cors::resolve(item, context, sink);
    let routes = item.children("route").filter_map(|it| resolve_route(it, resources, &counters, scope, sink));
    let routes: BTreeMap<RouteName, Route> = routes.map(|it| (it.name.clone(), it)).collect();
    let mut shapes: BTreeMap<_, Span> = BTreeMap::new();
    for route in routes.values() {
        if let Some(first) = shapes.insert(route.name.shape(), route.span) {
            let message = format!("`{}` answers the same requests as another route", route.name);
            sink.report(
                Diagnostic::new(Code::SameRoute, route.span, message)
                    .related(first, "the other one")
                    .help("keep one of them: what a parameter is called makes no difference to a request"),
            );
        }
    }
    Some(Api {
        name: name?,
        service: reach::in_project(service?)?,
        headers: headers.map(|it| Name::trusted(it.name)),
        key,
        counters,
        slow_down,
        cors,
        routes,
        span: item.span(),
    })
}

fn resolve_route<'a>(
    item: &Item<'a>,
    resources: &BTreeMap<Name, Resource>,
    counters: &BTreeMap<Name, Counter>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Route> {
    let name = item.argument::<RouteName>(0, sink);
    let permission = item.property::<Permission>("needs", sink);
    let target = item.property::<TargetPlace>("target", sink);
    let anonymous = item.property::<bool>("anonymous", sink).is_some_and(|it| it.value);
    let only: BTreeSet<RoleId> =
        item.children("only").filter_map(|it| role::resolve_id(it, scope, sink)).collect();
    let subscription = item.value::<Name>("subscription", sink);
    let counter = item.reference("counter", sink);
    let counter = counter.and_then(|it| limit::find_counter(it, counters.keys(), sink));
    let input = item.reference("input", sink).and_then(|it| scope.find("input", it, sink));
    let permission = permission.map(|it| (resource::find(&it, resources, scope, sink), it));
    let name = name?;
    let needs = match (anonymous, permission) {
        (true, None) => Some(Needs::Nothing),
        (false, Some((found, written))) => found.and_then(|found| {
            let action = resource::action(resources, &found)?;
            resolve_target(&name, Spanned::new(found, written.span), action.within, target, sink)
        }),
        (false, None) if item.entry("needs").is_some() => None,
        (false, None) => {
            let message = format!("{} does not say what a caller needs", item.described());
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message)
                    .help("write `needs=\"project:read\"`, or `anonymous=#true` where anybody may call it"),
            );
            None
        }
        (true, Some((_, permission))) => {
            let message = format!("`{}` cannot be needed where anybody may call", permission.value);
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, permission.span, message)
                    .help("leave out `needs` or `anonymous`"),
            );
            None
        }
    };
    let needs = needs?;
    if needs == Needs::Nothing
        && let Some(narrowed) = item.child("only").or(item.child("subscription"))
    {
        let message = "a route that anybody may call cannot be narrowed: nobody is known there";
        sink.report(Diagnostic::new(Code::AmbiguousValue, narrowed.span(), message));
    }
    Some(Route {
        name: name.value,
        needs,
        only,
        subscription: subscription.map(|it| it.value.to_string()),
        counter,
        input: input.map(|it| Name::trusted(it.name)),
        span: item.span(),
    })
}

fn resolve_target(
    name: &Spanned<RouteName>,
    permission: Spanned<Permission>,
    within: Membership,
    written: Option<Spanned<TargetPlace>>,
    sink: &mut Diagnostics,
) -> Option<Needs> {
    let parameter = |wanted: &str| name.value.parameters().find(|it| it.as_str() == wanted).cloned();
    let target = match (within, written) {
        (Membership::Platform, None) => Target::Platform,
        (Membership::Platform, Some(written)) => {
            let message =
                format!("`{}` is decided on the platform: no resource is named for it", permission.value);
            sink.report(Diagnostic::new(Code::RouteTarget, written.span, message).help("leave out `target`"));
            return None;
        }
        (_, Some(Spanned { value: TargetPlace::Path(wanted), span })) => match parameter(&wanted) {
            Some(name) => Target::Path(name),
            None => {
                let message = format!("the path has no parameter `{wanted}`");
                sink.report(Diagnostic::new(Code::RouteTarget, span, message).related(name.span, "the path"));
                // The route is there all the same.
                Target::Query("id".to_owned())
            }
        },
        (_, Some(Spanned { value: TargetPlace::Query(field), .. })) => Target::Query(field),
        (_, Some(Spanned { value: TargetPlace::Body(path), .. })) => Target::Body(path),
        (_, None) => match parameter(permission.value.resource.as_str()) {
            Some(name) => Target::Path(name),
            None => {
                let resource = &permission.value.resource;
                let message = format!("`{}` does not say where the request names the {resource}", name.value);
                let help = match name.value.parameters().next() {
                    Some(first) => format!("write `target=\"path.{first}\"` if that is it"),
                    None => {
                        format!("write `target=\"query.{resource}_id\"` or `target=\"body.{resource}_id\"`")
                    }
                };
                sink.report(Diagnostic::new(Code::RouteTarget, name.span, message).help(help));
                Target::Query("id".to_owned())
            }
        },
    };
    Some(Needs::Permission { permission: permission.value, target })
}

/// Reports rules of a body that none can follow: there is no body, or what names the resource may not be in it.
fn check_input(platform: &Platform, route: &Route, sink: &mut Diagnostics) {
    let Some(input) = route.input.as_ref().and_then(|it| platform.inputs.get(it)) else { return };
    let method = route.name.method.as_str();
    if matches!(method, "GET" | "HEAD" | "OPTIONS") {
        let message = format!("a request by `{method}` has no body that input `{}` could be of", input.name);
        sink.report(
            Diagnostic::new(Code::InputContradiction, route.span, message)
                .help("leave out `input`: what a request asks for stands in its path and query"),
        );
        return;
    }
    let Needs::Permission { permission: _, target: Target::Body(way) } = &route.needs else { return };
    let field = way.first().and_then(|first| input.fields.values().find(|it| it.name.as_str() == first));
    let problem = match (field, way.as_slice()) {
        (None, [first, ..]) => {
            format!("refuses the field `{first}`, by which the request names its resource")
        }
        (Some(field), [_]) if field.holds == FieldType::Text => return,
        (Some(field), [_]) => {
            format!("wants a {} where the request names its resource", field.holds.word())
        }
        (Some(field), _) => {
            format!(
                "wants a {} in `{}`, below which the request names its resource",
                field.holds.word(),
                field.name
            )
        }
        (None, []) => return,
    };
    let message = format!("input `{}` {problem}", input.name);
    sink.report(
        Diagnostic::new(Code::InputContradiction, route.span, message)
            .related(input.span, "the input")
            .help("declare it there as a text, or name the resource in the path"),
    );
}

/// Shows where routes and the permissions that they need do not say the same.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    for route in platform.apis.values().flat_map(|api| api.routes.values()) {
        check_input(platform, route, sink);
    }
    let mut known: BTreeMap<(&Permission, bool), BTreeSet<RoleId>> = BTreeMap::new();
    for route in platform.apis.values().flat_map(|api| api.routes.values()) {
        let Needs::Permission { permission, target } = &route.needs else { continue };
        let on_platform = *target == Target::Platform;
        let holders = known
            .entry((permission, on_platform))
            .or_insert_with(|| holders(permission, on_platform, platform));
        let callers: Vec<&RoleId> =
            holders.iter().filter(|it| route.only.is_empty() || route.only.contains(it)).collect();
        if callers.is_empty() {
            let message = format!("no role can call `{}`", route.name);
            sink.report(
                Diagnostic::new(Code::RouteForNobody, route.span, message).help(format!(
                    "give a role `allow \"{permission}\"`, or list one that holds it in `only`"
                )),
            );
            continue;
        }
        for id in route.only.iter().filter(|it| !holders.contains(it)) {
            let message = format!("{id} is listed for `{}` and does not hold `{permission}`", route.name);
            sink.report(Diagnostic::new(Code::RouteWider, route.span, message).help(
                "`only` narrows: it gives nobody a permission. Allow it to the role, or remove the line",
            ));
        }
        if !route.only.is_empty() && callers.len() < holders.len() {
            sink.report_with(Code::RouteNarrower, || {
                let left_out = || holders.iter().filter(|it| !route.only.contains(it));
                let shown: Vec<String> = left_out().take(MOST_SHOWN).map(ToString::to_string).collect();
                let more = match left_out().count().saturating_sub(MOST_SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let message = format!("`{}` is narrower than `{permission}`", route.name);
                Diagnostic::new(Code::RouteNarrower, route.span, message)
                    .help(format!("{}{more} could do the same by other ways", shown.join(" and ")))
            });
        }
        let changes = !matches!(route.name.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        if changes && permission.action.as_str() == "read" {
            let message = format!("`{}` changes something and needs no more than `{permission}`", route.name);
            sink.report(
                Diagnostic::new(Code::RouteWider, route.span, message)
                    .help("whoever may read may call it: need the permission of the change"),
            );
        }
    }
}

/// Of how many roles somebody is told.
const MOST_SHOWN: usize = 10;

/// The roles that hold a permission; where it is decided on the platform, only those of the platform.
fn holders(permission: &Permission, on_platform: bool, platform: &Platform) -> BTreeSet<RoleId> {
    let roles = platform.roles.values().filter(|_| !on_platform);
    let roles =
        roles.filter(|it| it.permissions.contains_key(permission)).map(|it| RoleId::Role(it.name.clone()));
    let platform_roles =
        platform.platform_roles.values().filter(|it| it.permissions.contains_key(permission));
    roles.chain(platform_roles.map(|it| RoleId::PlatformRole(it.name.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn a_route_needs_a_permission_on_what_the_request_names() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "create" in="platform"; action "read"; action "write"; action "print" }
            role "viewer" { allow "page:read" }
            role "editor" { allow "page:read" "page:write" }
            platform-role "admin" { allow "page:create" "page:write" }
            project "shop" { service "api" { image @web; port 80 } }
            api "pages" service="shop/api" {
                route "GET /" anonymous=#true
                route "GET /pages/{page}" needs="page:read"
                route "GET /pages/{id}" needs="page:read"
                route "GET /find" needs="page:read" target="query.page_id"
                route "GET /list" needs="page:read"
                route "GET /a/{a}/b/{b}" needs="page:read" target="path.c"
                route "POST /pages" needs="page:create"
                route "PUT /pages" needs="page:create" target="body.id"
                route "PATCH /pages" needs="page:write" target="form.id"
                route "DELETE /pages" needs="page:wriet" target="body.id"
                route "HEAD /pages"
                route "OPTIONS /pages" needs="page:read" anonymous=#true
                route "OPTIONS /" anonymous=#true { only role="viewer" }
            }
        "#), @r"
        TS209 error 8: `GET /pages/{page}` answers the same requests as another route
        TS208 error 9: `GET /pages/{id}` does not say where the request names the page
        TS208 error 11: `GET /list` does not say where the request names the page
        TS208 error 12: the path has no parameter `c`
        TS208 error 14: `page:create` is decided on the platform: no resource is named for it
        TS208 error 15: `PATCH /pages` does not say where the request names the page
        TS105 error 15: `form.id` is no place in a request
        TS201 error 16: there is no permission `page:wriet`
        TS104 error 17: route `HEAD /pages` does not say what a caller needs
        TS115 error 18: `page:read` cannot be needed where anybody may call
        TS115 error 19: a route that anybody may call cannot be narrowed: nobody is known there
        ");
    }

    #[test]
    fn a_route_is_held_against_who_holds_its_permission() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "create" in="platform"; action "read"; action "write"; action "print" }
            role "viewer" { allow "page:read" }
            role "editor" { allow "page:read" "page:write" }
            platform-role "admin" { allow "page:create" "page:write" }
            project "shop" { service "api" { image @web; port 80 } }
            api "pages" service="shop/api" {
                route "GET /pages/{page}" needs="page:read" { only role="viewer" }
                route "PUT /pages/{page}" needs="page:read"
                route "POST /pages/{page}" needs="page:write" { only role="editor"; only platform-role="admin" }
                route "DELETE /pages/{page}" needs="page:write" { only role="viewer"; only role="editor" }
                route "PATCH /pages/{page}" needs="page:write" { only role="viewer" }
                route "GET /print/{page}" needs="page:print"
                route "POST /pages" needs="page:create" { only role="editor" }
            }
        "#), @r"
        TS206 hint 7: `GET /pages/{page}` is narrower than `page:read`
        TS207 warning 8: `PUT /pages/{page}` changes something and needs no more than `page:read`
        TS207 warning 10: role `viewer` is listed for `DELETE /pages/{page}` and does not hold `page:write`
        TS206 hint 10: `DELETE /pages/{page}` is narrower than `page:write`
        TS205 error 11: no role can call `PATCH /pages/{page}`
        TS205 error 12: no role can call `GET /print/{page}`
        TS205 error 13: no role can call `POST /pages`
        ");
    }

    #[test]
    fn two_routes_do_not_answer_one_request() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "create" in="platform"; action "read"; action "write"; action "print" }
            role "viewer" { allow "page:read" }
            role "editor" { allow "page:read" "page:write" }
            platform-role "admin" { allow "page:create" "page:write" }
            project "shop" { service "api" { image @web; port 80 } }
            api "pages" service="shop/api" {
                route "GET /a/{page}" needs="page:read"
                route "GET /a/{other}" needs="page:read" target="path.other"
                route "GET /a/{page}" needs="page:read"
                route "POST /a/{page}" needs="page:write"
                route "GET /a/b" anonymous=#true
            }
            api "more" service="shop/apii" { route "GET /" anonymous=#true }
            api "none" service="shop/api" { }
        "#), @r"
        TS108 error 9: route `GET /a/{page}` is declared twice
        TS209 error 9: `GET /a/{page}` answers the same requests as another route
        TS110 error 13: there is no service `shop/apii`
        TS104 error 14: api `none` needs `route` in its block
        ");
    }
}
