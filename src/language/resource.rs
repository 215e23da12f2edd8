//! The `resource` declaration: what can be asked for, and what its actions mean in Kubernetes and PostgreSQL.

pub mod right;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::{MOST_GUESSES, Scope as Names};
use crate::language::value::permission::{Permission, PermissionPattern};
use crate::language::value::refusal::{literal, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::language::waive::{self, Waiver, Waivers};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "resource",
    Class::Named,
    "Something that can be asked for. `in` says which membership decides: in a project (and the team that owns it), in a \
     team, or on the platform. Permissions are written `resource:action`; OPA decides them, asked by the service.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<Scope>("in", "The membership that decides.")])
.children(&[&CREATOR, &ACTION])
.requires(&["action"])
.unused("no role allows any of its actions, and no route needs one")
.most(200);

static CREATOR: Kind = Kind::new(
    "creator",
    Class::Single,
    "What whoever creates one becomes in it. The service that creates it records the membership.",
)
.properties(&[Field::reference("role", "The role.").must()]);

static ACTION: Kind = Kind::new("action", Class::Named, "Something that can be done to it.")
    .arguments(&[Field::required::<Name>("name", "What it is called.")])
    .properties(&[Field::optional::<Scope>("in", "The membership that decides, where not the resource's.")])
    .children(&[&KUBERNETES, &POSTGRES, &waive::KIND])
    .most(30);

static KUBERNETES: Kind = Kind::new(
    "kubernetes",
    Class::Named,
    "What the action allows on the cluster's API server, in the namespace of the project; enforced by RBAC. It is for looking: \
     whoever may run pods there reads every secret of the project, and some rights undo what the platform holds, so both need a \
     waiver of `guarded-rights` in the action. What runs is changed by changing the tree; a permission like `service:deploy` is \
     the API's and needs nothing here.",
)
.arguments(&[Field::required::<KubernetesResource>(
    "resource",
    "Group and resource in plural; `core` is the group without a name.",
)])
.rest(Field::required::<Verb>("verb", "A verb of the API server."));

static POSTGRES: Kind = Kind::new(
    "postgres",
    Class::List,
    "The privileges on tables that whoever takes the action needs, in any database of the platform. It names no table, so it \
     gives nobody anything by itself: which rows a user sees and changes is said by `rows`, what a service does by `caller`. \
     It stands in `export`, for whoever holds the two against each other.",
)
.rest(Field::required::<Privilege>("privilege", "A privilege on a table."));

/// A resource as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Resource {
    /// What it is called: `project`.
    pub name: Name,
    /// The membership that a question about it is decided in.
    pub within: Scope,
    /// The role that whoever creates one holds in it.
    pub creator: Option<Name>,
    /// What can be done to it.
    pub actions: BTreeMap<Name, Action>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// The membership that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Platform roles alone.
    Platform,
    /// Roles in the team.
    Team,
    /// Roles in the project, and in the team that owns it.
    Project,
}

/// One action.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Action {
    /// What it is called: `read`.
    pub name: Name,
    /// The membership it is decided in: its own, or the resource's.
    pub within: Scope,
    /// What it allows on the cluster's API server.
    pub kubernetes: Vec<KubernetesRule>,
    /// What it allows on tables.
    pub postgres: Vec<Privilege>,
    /// Its waivers, which are among those of the platform.
    #[serde(skip)]
    pub waivers: Vec<Waiver>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Verbs on one kind of object: `kubernetes "apps/deployments" "get" "list"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct KubernetesRule {
    /// The API group; `core` is written for the empty one and is empty here.
    pub group: String,
    /// The resource in plural, with an optional subresource: `deployments`, `pods/log`.
    pub resource: String,
    /// The verbs, each once, in the order of the alphabet.
    pub verbs: Vec<String>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// Where group and resource are written.
    #[serde(skip)]
    pub resource_span: Span,
}

/// What PostgreSQL lets a role do with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// `SELECT`.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
}

words! { Scope: "membership", Platform = "platform", Team = "team", Project = "project" }
words! {
    Privilege: "privilege on a table",
    Select = "select",
    Insert = "insert",
    Update = "update",
    Delete = "delete",
}

/// A verb of the API server that a Role may give. `*`, `escalate`, `bind` and `impersonate` are not among them: they give
/// more than they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// `create`.
    Create,
    /// `delete`.
    Delete,
    /// `deletecollection`.
    DeleteCollection,
    /// `get`.
    Get,
    /// `list`.
    List,
    /// `patch`.
    Patch,
    /// `update`.
    Update,
    /// `watch`.
    Watch,
}

words! {
    Verb: "verb",
    Create = "create",
    Delete = "delete",
    DeleteCollection = "deletecollection",
    Get = "get",
    List = "list",
    Patch = "patch",
    Update = "update",
    Watch = "watch",
}

/// A group and a resource of the API server.
struct KubernetesResource {
    group: String,
    resource: String,
}

impl Parse for KubernetesResource {
    const FORM: Form = Form {
        name: "Kubernetes resource",
        expects: "a group and a resource in plural, with a `/` between them",
        example: "\"apps/deployments\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let help = format!("write {}, like `{}`", Self::FORM.expects, Self::FORM.example);
        let Value::String(text) = value else {
            return Err(Invalid::new("a Kubernetes resource is a string").help(help));
        };
        let label = |it: &str| {
            !it.is_empty()
                && it.len() <= 63
                && it.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        };
        match text.split_once('/') {
            Some((group, resource)) if label(group) && resource.splitn(2, '/').all(label) => {
                let group = if group == "core" { String::new() } else { group.to_owned() };
                Ok(Self { group, resource: resource.to_owned() })
            }
            _ => {
                let invalid =
                    Invalid::new(format!("{} is not a Kubernetes resource", quote(text))).help(help);
                Err(match label(text) {
                    true => invalid.replacement(format!("\"core/{text}\"")),
                    false => invalid,
                })
            }
        }
    }
}

/// Reads all resources.
pub fn resolve<'a>(
    items: &[Item<'a>],
    waivers: &Waivers<'_>,
    names: Names<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Resource> {
    let resources = items.iter().filter(|it| it.kind.word == KIND.word);
    resources.filter_map(|it| resolve_one(it, waivers, names, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one<'a>(
    item: &Item<'a>,
    waivers: &Waivers<'_>,
    names: Names<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Resource> {
    let name = item.own_name(sink);
    let within = item.property::<Scope>("in", sink);
    let creator = item.child("creator").and_then(|it| it.reference("role", sink));
    let creator = creator.and_then(|it| names.find("role", it, sink));
    let within = within.map_or(Scope::Project, |it| it.value);
    let actions = item.children("action").filter_map(|it| resolve_action(it, within, waivers, names, sink));
    let actions = actions.map(|it| (it.name.clone(), it)).collect();
    Some(Resource {
        name: name?,
        within,
        creator: creator.map(|it| Name::trusted(it.name)),
        actions,
        span: item.span(),
    })
}

fn resolve_action<'a>(
    item: &Item<'a>,
    within: Scope,
    outer: &Waivers<'_>,
    names: Names<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Action> {
    let name = item.own_name(sink);
    let own = item.property::<Scope>("in", sink);
    let kubernetes = item.children("kubernetes").filter_map(|it| resolve_rule(it, sink));
    let mut kubernetes: Vec<KubernetesRule> = kubernetes.collect();
    kubernetes.sort();
    let postgres = item.child("postgres").map(|it| it.rest::<Privilege>(sink)).unwrap_or_default();
    let mut postgres: Vec<Privilege> = postgres.into_iter().map(|it| it.value).collect();
    postgres.sort_unstable();
    let waivers = Waivers::of(&item.children, Some(outer), names, sink);
    for granted in &kubernetes {
        right::check(granted, &waivers, sink);
    }
    waivers.report_unused(sink);
    Some(Action {
        name: name?,
        within: own.map_or(within, |it| it.value),
        kubernetes,
        postgres,
        waivers: waivers.own,
        span: item.span(),
    })
}

fn resolve_rule(item: &Item<'_>, sink: &mut Diagnostics) -> Option<KubernetesRule> {
    let resource = item.argument::<KubernetesResource>(0, sink);
    let mut verbs: Vec<Verb> = item.rest::<Verb>(sink).into_iter().map(|it| it.value).collect();
    verbs.sort_unstable();
    verbs.dedup();
    let KubernetesResource { group, resource } = resource?.value;
    let verbs = verbs.into_iter().map(|it| it.word().to_owned()).collect();
    Some(KubernetesRule { group, resource, verbs, span: item.span(), resource_span: item.name_span() })
}

/// All permissions that the resources of a platform give rise to.
pub fn permissions(resources: &BTreeMap<Name, Resource>) -> impl Iterator<Item = (Permission, &Action)> {
    resources.values().flat_map(|resource| {
        let of =
            |action: &Action| Permission { resource: resource.name.clone(), action: action.name.clone() };
        resource.actions.values().map(move |action| (of(action), action))
    })
}

/// The action that a permission is.
pub fn action<'r>(resources: &'r BTreeMap<Name, Resource>, permission: &Permission) -> Option<&'r Action> {
    resources.get(&permission.resource)?.actions.get(&permission.action)
}

/// The permissions that a pattern means. One that means none is reported; where it is clear what was meant, it means that.
pub fn matching(
    pattern: &Spanned<PermissionPattern>,
    resources: &BTreeMap<Name, Resource>,
    names: Names<'_, '_>,
    sink: &mut Diagnostics,
) -> Vec<Permission> {
    let found: Vec<Permission> = match pattern.value.single() {
        Some(permission) => Vec::from_iter(action(resources, &permission).map(|_| permission)),
        None => permissions(resources).map(|(it, _)| it).filter(|it| pattern.value.matches(it)).collect(),
    };
    let found = match found.is_empty() {
        false => found,
        true => Vec::from_iter(guess(&pattern.value.to_string(), pattern.span, resources, sink)),
    };
    for permission in &found {
        names.mark_named("resource", permission.resource.as_str());
    }
    found
}

/// The permission that is written, or the one that was meant where no resource has it, which is reported.
pub fn find(
    permission: &Spanned<Permission>,
    resources: &BTreeMap<Name, Resource>,
    names: Names<'_, '_>,
    sink: &mut Diagnostics,
) -> Option<Permission> {
    let found = match action(resources, &permission.value) {
        Some(_) => Some(permission.value.clone()),
        None => guess(&permission.value.to_string(), permission.span, resources, sink),
    }?;
    names.mark_named("resource", found.resource.as_str());
    Some(found)
}

/// Reports a permission that no resource has, and says which one was probably meant.
fn guess(
    typed: &str,
    span: Span,
    resources: &BTreeMap<Name, Resource>,
    sink: &mut Diagnostics,
) -> Option<Permission> {
    let message = format!("there is no permission {}", quote(typed));
    let diagnostic = Diagnostic::new(Code::UnknownPermission, span, message);
    if sink.len() >= MOST_GUESSES {
        sink.report(diagnostic);
        return None;
    }
    let known: Vec<(String, Permission)> =
        permissions(resources).map(|(it, _)| (it.to_string(), it)).collect();
    let meant = suggest::candidates(typed, known.iter().map(|(it, _)| it.as_str()));
    let diagnostic = match meant.is_empty() {
        false => diagnostic.did_you_mean(span, &meant, literal),
        true => diagnostic
            .help("a permission is a `resource` and one of its actions, `project:read`; `*` stands for all"),
    };
    sink.report(diagnostic.discreet(typed));
    known.iter().find(|(it, _)| Some(&it.as_str()) == meant.first()).map(|(_, it)| it.clone())
}
