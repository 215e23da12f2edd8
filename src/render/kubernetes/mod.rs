//! [`Platform`] → Kubernetes objects. Only dispatch here: one file per kind of declaration that shows in a cluster.

pub mod built_in;
pub mod custom;
pub mod label;
pub mod known;
pub mod manifest;
pub mod name;
pub mod quantity;

// What stands at the border.
pub mod border;
pub mod edge;
pub mod system;

// What a project has as a whole.
pub mod namespace;
pub mod network;
pub mod outside;
pub mod quota;

// What runs in it.
pub mod cloudnative_pg;
pub mod cron;
pub mod database;
pub mod secret;
pub mod service;

pub mod autoscale;
pub mod env;
pub mod pod;
pub mod probe;
pub mod public;
pub mod volume;
pub mod workload;

// Who may do what.
pub mod access;
pub mod image_policy;

// What the cluster hands out.
pub mod storage_class;

// What Kubernetes cannot express.
pub mod api_resource;
pub mod check;
pub mod pod_security;
pub mod room;
pub mod taken;
pub mod well_formed;

// What users bring.
pub mod by_hand;
pub mod object;
pub mod overriding;

use rayon::prelude::*;

use crate::diagnostic::Diagnostics;
use crate::language::Platform;
use crate::language::project::Project;
use crate::render::kubernetes::manifest::{Context, Objects};
use crate::render::kubernetes::network::Callers;
use crate::render::template::Templates;
use crate::render::{Bug, ManifestFile};
use crate::source::SourceMap;

// One name per line, in the order of the alphabet.
built_in::built_in! {
    "api/backend-traffic-policy.yaml.j2"
    "api/security-policy.yaml.j2"
    "auth/reference-grant.yaml.j2"
    "cron/cron-job.yaml.j2"
    "database/cluster.yaml.j2"
    "edge/client-traffic-policy.yaml.j2"
    "image-policy/validating-admission-policy-binding.yaml.j2"
    "image-policy/validating-admission-policy.yaml.j2"
    "network/default-deny.yaml.j2"
    "network/egress.yaml.j2"
    "network/ingress.yaml.j2"
    "project/namespace.yaml.j2"
    "public/certificate.yaml.j2"
    "public/closed.yaml.j2"
    "public/http-route.yaml.j2"
    "public/ingress.yaml.j2"
    "public/redirect.yaml.j2"
    "quota/limit-range.yaml.j2"
    "quota/resource-quota.yaml.j2"
    "role/role-binding.yaml.j2"
    "role/role.yaml.j2"
    "secret/external-secret.yaml.j2"
    "secret/secret-store.yaml.j2"
    "service/deployment.yaml.j2"
    "service/headless-service.yaml.j2"
    "service/horizontal-pod-autoscaler.yaml.j2"
    "service/pod-disruption-budget.yaml.j2"
    "service/service.yaml.j2"
    "service/stateful-set.yaml.j2"
    "storage-class/storage-class.yaml.j2"
    "workload/config-map.yaml.j2"
    "workload/pod.yaml.j2"
    "workload/service-account.yaml.j2"
}

/// Reports what Kubernetes cannot express or forbids.
pub fn check(platform: &Platform, templates: &Templates, sources: &SourceMap, sink: &mut Diagnostics) {
    check::check(platform, sink);
    // Whether a template or object of the user is right shows when it is rendered, and rendering always does the same.
    let has_objects =
        !platform.objects.is_empty() || platform.projects.values().any(|it| !it.objects.is_empty());
    if has_objects || templates.has_users() {
        let all = objects(Context { platform, templates, sources });
        object::check_taken(all.iter().flat_map(|it| &it.drafts), sink);
        manifest::report(all, sink);
    }
}

/// Renders all objects.
pub fn render(
    platform: &Platform,
    templates: &Templates,
    sources: &SourceMap,
) -> Result<Vec<ManifestFile>, Bug> {
    let all = objects(Context { platform, templates, sources });
    let files: Vec<Option<ManifestFile>> =
        all.into_par_iter().map(Objects::into_file).collect::<Result<_, _>>()?;
    Ok(files.into_iter().flatten().collect())
}

/// The objects of the platform as a whole, then those of each project. Projects share nothing, so they are rendered side
/// by side.
fn objects(context: Context<'_>) -> Vec<Objects<'_>> {
    let platform = context.platform;
    let mut whole = Objects::of_platform(context);
    let callers = Callers::of(platform);
    of_platform(platform, &callers, &mut whole);
    whole.add_raw();
    let projects: Vec<&Project> = platform.projects.values().collect();
    let workloads = platform.workloads().count();
    let of_projects = projects.into_par_iter().map(|project| {
        let mut objects = Objects::of_project(context, project, workloads);
        of_project(project, &callers, &mut objects);
        objects.add_raw();
        objects
    });
    let mut all = vec![whole];
    all.par_extend(of_projects);
    all
}

/// What no project owns: one line per kind.
fn of_platform(platform: &Platform, callers: &Callers<'_>, objects: &mut Objects<'_>) {
    // No `..`: a new kind of declaration is rendered here, or says that Kubernetes has nothing to do with it.
    let Platform {
        // What every object is made with.
        name: _,
        span: _,
        edition: _,
        domain: _,
        environment: _,
        cluster: _,
        pod_security: _,
        // What shows in the objects of projects.
        resources: _,
        roles: _,
        teams: _,
        externals: _,
        secrets: _,
        vaults: _,
        databases: _,
        projects: _,
        waivers: _,
        // What stands at the border.
        headers: _,
        edges: _,
        // What is OPA's.
        inputs: _,
        rate_tiers: _,
        conditions: _,
        platform_roles: _,
        persons: _,
        newcomer: _,
        separations: _,
        apis: _,
        // What is PostgreSQL's, and the token service's.
        obligations: _,
        erasures: _,
        requests: _,
        // What is the review's.
        review: _,
        recipients: _,
        // What is the token service's.
        auth: _,
        audit: _,
        channels: _,
        working_hours: _,
        severities: _,
        incidents: _,
        // What is the pipeline's, and the auditors'.
        environments: _,
        controls: _,
        ci: _,
        // What no project owns; images are pinned without a policy too.
        image_policy: _,
        storage_classes: _,
        objects: _,
    } = platform;
    border::certificate::of_gateways(platform, objects);
    border::client_address::render(platform, objects);
    network::render_gateways(objects);
    system::render(platform, callers, objects);
    image_policy::render(platform, objects);
    storage_class::render(platform, objects);
}

/// What a project owns: one line per kind.
fn of_project(project: &Project, callers: &Callers<'_>, objects: &mut Objects<'_>) {
    namespace::render(project, objects);
    quota::render(project, objects);
    network::render(project, callers, objects);
    access::render(project, objects);
    project.services.values().for_each(|service| service::render(project, service, objects));
    public::render_shared(project, objects);
    border::token_check::render(project, objects);
    cloudnative_pg::render(project.databases.values(), objects);
    secret::render(project, objects);
    project.crons.values().for_each(|cron| cron::render(cron, objects));
}

#[cfg(test)]
mod tests;
