//! [`Platform`] → an OPA bundle: static policies, generated data, generated tests.
//!
//! | file | what it is | in `bundle.tar.gz` |
//! |---|---|---|
//! | `policy/*.rego` | the policies, the same for every platform | yes |
//! | `data.json` | what the tree declares, under `trackside.declared`, keyed for look-ups | yes |
//! | `tests/data.json` | which role, route and declared member may do what, for every condition | no |
//! | `tests/*.rego` | the tests that ask all of it, and those that hold for every platform | no |
//!
//! `opa test -b opa/ --timeout 10m` runs the tests; `opa run -b bundle.tar.gz` serves. Everything lives below the root
//! `trackside`, so the bundle can be loaded beside others. The policies decide by look-ups alone: inheritance is closed
//! before, nothing iterates over roles or permissions.
//!
//! # What is asked
//!
//! `data.trackside.authz.allow` is `true` or `false`; `data.trackside.authz.decision` is an object that also says why
//! (`permission`, `api`, `route`, the `roles` that counted, `granted_by`, `ignored`, and `missing`, which is empty exactly
//! where `allow` is true). `data.trackside.authz.system_administrator` says whether the caller carries that flag.
//! The service asks one of two questions. It may a thing be done (a permission on a resource):
//!
//! ```json
//! {
//!   "user": {
//!     "id": "u-17", "email": "ana@example.com", "email_verified": true,
//!     "platform_roles": ["user"], "teams": {"t-4": ["developer"]}, "projects": {"p-9": ["viewer"]}
//!   },
//!   "action": "service:deploy",
//!   "resource": {
//!     "type": "service", "id": "s-3",
//!     "project": {"id": "p-9", "owner_id": "u-1"}, "team": {"id": "t-4"}
//!   }
//! }
//! ```
//!
//! or, may a request pass (a route):
//!
//! ```json
//! {
//!   "user": {"id": "u-17", "teams": {"t-4": ["owner"]}},
//!   "api": "railway-api",
//!   "request": {
//!     "method": "POST", "path": ["deployments"],
//!     "query": {"dry_run": ["true"]}, "body": {"service_id": "s-3"}
//!   },
//!   "resource": {"type": "service", "id": "s-3", "project": {"id": "p-9"}, "team": {"id": "t-4"}},
//!   "subscription": {"team": "t-4", "status": "active"}
//! }
//! ```
//!
//! Before that, and before anything else is done for a request, the token service asks which limits hold for it:
//! `data.trackside.limit.decision`, with `user`, `api` and `request` as above, `tiers` (the tier of each team of the user that
//! git does not declare) and, where it is known, `resource`. At the gateway it is not: then the project or team that the path
//! names stands for it. The answer has the `tier` and where it comes `from`, the `key` to count by (`user` or `address`),
//! the `counters` that the request counts for, each with its `windows` and what `only` counts (`null` or `failed`: answered with
//! 400 or above), and `slow_down` or `null`. A request for which there is no answer is refused.
//!
//! Before it uses a body, the service asks `data.trackside.input.decision`, with `input` (the name of the rules) and `value`, or
//! with `api` and `request`, whose route names the rules. It uses the `value` of the answer, which has the defaults, where
//! `valid` is true, and tells the caller the `faults` where it is not.
//!
//! What OPA logs of all this is cut down by `data.trackside.log.mask`: its configuration says
//! `decision_logs: {mask_decision: /trackside/log/mask}`. Whatever policies do not read may be about people and is erased.
//!
//! | field | who fills it, and with what |
//! |---|---|
//! | `user` | the service, from a verified token; `null` where nobody is logged in |
//! | `user.id` | the token's `sub`; not empty |
//! | `user.email`, `user.email_verified` | the token's claims, the address in lower case; only a verified address makes somebody a declared person or member |
//! | `user.platform_roles` | the platform's runtime data. Whoever registers is recorded with `data.trackside.declared.newcomer` |
//! | `user.teams`, `user.projects` | roles by the id of the team or project, from the platform's runtime data. Whoever creates a thing is recorded with the `creator_role` of `data.trackside.declared.resources` |
//! | `action` | a permission, `resource:action` |
//! | `api` | the name of the `api` declaration that the service answers for |
//! | `request.method`, `.path` | as received; the path split at `/` first, then each segment percent-decoded once. No segment is dropped: `/projects/` is `["projects", ""]` and is refused |
//! | `request.query` | every value of every name that was sent; a target that is sent twice is refused |
//! | `request.body` | the JSON body, where a route has its target in it |
//! | `resource` | the service, from its database: what the request names, *as stored*, never as the caller describes it |
//! | `resource.type` | the name of the resource in the tree |
//! | `resource.id` | what requests call it; left out for what does not exist yet (the request then names the project or team that it will be in) and for a question about the platform. A thing that a team or project has one of (its billing) has the id of that team or project |
//! | `resource.project`, `.team` | the project it is in and the team that owns it; of a project, itself; of a team, itself |
//! | other fields of `resource` | whatever conditions read |
//! | `subscription` | the service: a team and the state of its subscription |
//! | `tiers` | the platform's runtime data: the rate tier of each team by its id; those of declared teams are ignored |
//! | `input`, `value`, `partial` | the service: the rules, what was sent, and whether it may be a part of the whole |
//!
//! An id is a string that is not empty. `null` is the same as absent. The whole form stands in `policy/form.rego`; an input
//! that does not fit is denied, whatever else it says.
//!
//! # What it means
//!
//! - **Scope.** An action `in="platform"` counts platform roles alone; `in="team"` adds the roles in the team of the
//!   resource; `in="project"` those in its project and in the team that owns it. A route without a target is decided on the
//!   platform. Platform roles count everywhere, under their conditions.
//! - **What git declares is locked.** A declared team or project has exactly its declared members, a declared project its
//!   declared team, a person with a declared platform role that role: what the API presents about these is ignored and
//!   listed in `ignored`. A hole in the API's own data can therefore not widen what was reviewed. Every other team,
//!   project and person is runtime data. A declared team's or project's id is its name; the API gives it to no other.
//! - **Routes.** Compared exactly, case included, words before parameters from the left. `HEAD` is not `GET`. What the
//!   request names must be the resource that is presented; a path parameter called `project` or `team` must be the one the
//!   resource is in. `only` counts no role that it does not list, platform administrators' included.
//! - **Subscription.** That of the team the resource belongs to; where the platform decides or the resource belongs to no
//!   team, the caller must be in the team as well.
//! - **Tiers.** That of the team that owns the project, for whoever has a role in that project or team, or is said to be in
//!   it with none; else the best of the user's teams; else that of the interface's `key`. Others gain nothing by naming a rich
//!   project.
//! - **`separate`.** The language checks what is declared. For roles granted at run time the policies go on: who holds both
//!   permissions by the roles that count in a question may use neither, unless by roles that are excepted.
//! - `kubernetes` and `postgres` of an action are rendered by those targets.

pub mod bundle;
pub mod check;

mod data;
mod input;
mod limit;
mod matrix;
mod reference;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::language::Platform;
use crate::render::File;
use crate::source::Span;

/// The policies, which are the same for every platform, with the tests that hold for all of them.
const STATIC: [(&str, &str); 15] = [
    ("policy/authz.rego", include_str!("../../../templates/opa/authz.rego")),
    ("policy/form.rego", include_str!("../../../templates/opa/form.rego")),
    ("policy/input.rego", include_str!("../../../templates/opa/input.rego")),
    ("policy/limit.rego", include_str!("../../../templates/opa/limit.rego")),
    ("policy/log.rego", include_str!("../../../templates/opa/log.rego")),
    ("policy/member.rego", include_str!("../../../templates/opa/member.rego")),
    ("policy/reason.rego", include_str!("../../../templates/opa/reason.rego")),
    ("policy/route.rego", include_str!("../../../templates/opa/route.rego")),
    ("tests/authz_test.rego", include_str!("../../../templates/opa/authz_test.rego")),
    ("tests/cases.rego", include_str!("../../../templates/opa/cases.rego")),
    ("tests/form_test.rego", include_str!("../../../templates/opa/form_test.rego")),
    ("tests/input_test.rego", include_str!("../../../templates/opa/input_test.rego")),
    ("tests/limit_test.rego", include_str!("../../../templates/opa/limit_test.rego")),
    ("tests/log_test.rego", include_str!("../../../templates/opa/log_test.rego")),
    ("tests/matrix_test.rego", include_str!("../../../templates/opa/matrix_test.rego")),
];

/// All files of the folder `opa/`, the tests included and the packed bundle left out.
pub fn files(platform: &Platform) -> BTreeMap<String, File> {
    let origins = origins(platform);
    let fixed = STATIC.map(|(path, text)| (path, text.as_bytes().to_vec()));
    let generated = [
        ("data.json", data::json(platform)),
        ("tests/data.json", matrix::json(platform, &|it| reference::allows(platform, it))),
    ];
    let all = fixed.into_iter().map(|(path, bytes)| (path, bytes, vec![platform.span]));
    let all = all.chain(generated.into_iter().map(|(path, bytes)| (path, bytes, origins.clone())));
    all.map(|(path, bytes, origins)| (path.to_owned(), File { bytes, origins })).collect()
}

/// Every declaration that speaks in the data.
fn origins(platform: &Platform) -> Vec<Span> {
    // No `..`: a new kind of declaration speaks here, in the data, or says that OPA has nothing to do with it.
    let Platform {
        name: _,
        span,
        edition: _,
        domain: _,
        environment: _,
        cluster: _,
        resources,
        conditions,
        roles,
        platform_roles,
        persons,
        newcomer: _,
        recipients: _,
        review: _,
        auth: _,
        separations,
        teams,
        apis,
        inputs,
        rate_tiers,
        // What is the gateway's.
        headers: _,
        edges: _,
        externals: _,
        storage_classes: _,
        pod_security: _,
        image_policy: _,
        secrets: _,
        vaults: _,
        databases: _,
        obligations: _,
        erasures: _,
        requests: _,
        projects,
        objects: _,
        audit: _,
        channels: _,
        working_hours: _,
        severities: _,
        incidents: _,
        environments: _,
        controls: _,
        ci: _,
        waivers: _,
    } = platform;
    let mut spans = vec![*span];
    spans.extend(resources.values().map(|it| it.span));
    spans.extend(conditions.values().map(|it| it.span));
    spans.extend(roles.values().chain(platform_roles.values()).map(|it| it.span));
    spans.extend(persons.values().map(|it| it.span));
    spans.extend(separations.iter().map(|it| it.span));
    spans.extend(teams.values().map(|it| it.span));
    spans.extend(projects.values().map(|it| it.span));
    spans.extend(apis.values().map(|it| it.span));
    spans.extend(inputs.values().map(|it| it.span));
    spans.extend(rate_tiers.values().map(|it| it.span));
    spans.sort_unstable();
    spans.dedup();
    spans
}
