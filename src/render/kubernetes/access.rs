//! What members of teams and projects may do on the API server: Roles and RoleBindings by the declared meaning of actions.
//!
//! A role gives only what it holds in any case: Kubernetes cannot ask whether a condition holds of an object. What is
//! decided in the project is given to everybody who holds the role there, by the team or by a grant; what is decided in
//! the team only to members of the team; what is decided on the platform to nobody, and roles on the platform give
//! nothing here: who runs the cluster is not the tree's to say. Users are called by their address, as the `email` claim
//! of the cluster's identity provider has it.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::rbac::v1::{PolicyRule, Subject};
use serde::Serialize;

use crate::language::Platform;
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::resource::{KubernetesRule, Scope};
use crate::language::role::{Role, When};
use crate::language::team::Member;
use crate::language::value::permission::Permission;
use crate::language::value::text::Email;
use crate::render::kubernetes::label;
use crate::render::kubernetes::manifest::Objects;
use crate::source::Span;

#[derive(Serialize)]
struct RoleView<'a> {
    name: &'a str,
    namespace: &'a str,
    rules: &'a [PolicyRule],
}

#[derive(Serialize)]
struct RoleBindingView<'a> {
    name: &'a str,
    namespace: &'a str,
    role: &'a str,
    subjects: Vec<Subject>,
}

/// Who holds a role, and the first line that says so.
type Holders<'a> = BTreeMap<&'a Name, (BTreeSet<&'a Email>, Span)>;

/// The Roles of a project and who holds them.
pub fn render(project: &Project, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let team = project.team.as_ref().and_then(|it| platform.teams.get(it));
    let of_team = team.map_or(&[][..], |it| &it.members);
    add(project, Scope::Team, &holders(of_team), objects);
    add(project, Scope::Project, &holders(of_team.iter().chain(&project.members)), objects);
}

fn holders<'a>(members: impl IntoIterator<Item = &'a Member>) -> Holders<'a> {
    let mut holders = Holders::new();
    for member in members {
        let Member { email, role, span } = member;
        holders.entry(role).or_insert((BTreeSet::new(), *span)).0.insert(email);
    }
    holders
}

/// A role that gives nothing in this scope is not rendered.
fn add(project: &Project, scope: Scope, holders: &Holders<'_>, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let namespace = &platform.namespace(&project.name);
    let labels = label::of_project(platform, project);
    for (role, (holders, granted)) in holders {
        let Some(role) = platform.roles.get(*role) else { continue };
        let rules = rules(platform, role, scope);
        if rules.is_empty() {
            continue;
        }
        let name = &name(scope, role);
        let view = RoleView { name, namespace, rules: &rules };
        objects.add("role/role.yaml.j2", &labels, role.span, &view);
        let subjects = holders.iter().map(|email| user(email)).collect();
        let view = RoleBindingView { name, namespace, role: name, subjects };
        objects.add("role/role-binding.yaml.j2", &labels, *granted, &view);
    }
}

/// `team:owner` or `project:owner`: the same role gives different things by where it is held.
fn name(scope: Scope, role: &Role) -> String {
    let scope = match scope {
        Scope::Platform => "platform",
        Scope::Team => "team",
        Scope::Project => "project",
    };
    format!("{scope}:{}", role.name)
}

/// What a role gives in a scope: each verb on each resource once, resources with the same verbs together.
fn rules(platform: &Platform, role: &Role, scope: Scope) -> Vec<PolicyRule> {
    let unconditional = role.permissions.iter().filter(|(_, held)| held.when == When::Always);
    let meant = unconditional.flat_map(|(permission, _)| meaning(platform, permission, scope));
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for rule in meant {
        let KubernetesRule { group, resource, verbs: given, span: _, resource_span: _ } = rule;
        verbs.entry((group, resource)).or_default().extend(given.iter().map(String::as_str));
    }
    let mut resources: BTreeMap<(&str, BTreeSet<&str>), Vec<String>> = BTreeMap::new();
    for ((group, resource), verbs) in verbs {
        resources.entry((group, verbs)).or_default().push(resource.to_owned());
    }
    let merged = |((group, verbs), resources): ((&str, BTreeSet<&str>), _)| PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(resources),
        verbs: verbs.into_iter().map(str::to_owned).collect(),
        ..PolicyRule::default()
    };
    resources.into_iter().map(merged).collect()
}

/// What an action means on the API server, if it is decided in this scope.
fn meaning<'a>(platform: &'a Platform, permission: &Permission, scope: Scope) -> &'a [KubernetesRule] {
    let resource = platform.resources.get(&permission.resource);
    let action = resource.and_then(|it| it.actions.get(&permission.action));
    action.filter(|it| it.within == scope).map_or(&[], |it| &it.kubernetes)
}

fn user(email: &Email) -> Subject {
    Subject {
        api_group: Some("rbac.authorization.k8s.io".to_owned()),
        kind: "User".to_owned(),
        name: email.to_string(),
        namespace: None,
    }
}
