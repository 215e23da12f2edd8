//! What a raw object must not say because the language has a word for it: written by hand, it would undo what is declared,
//! and nothing that is proven of the platform would hold of it.

use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::language::Platform;
use crate::language::image_policy::ImagePolicy;
use crate::language::project::Project;
use crate::render::ObjectId;
use crate::render::kubernetes::by_hand::{self, Refusal};
use crate::render::kubernetes::object::kinds::{self, Place};
use crate::render::kubernetes::object::trap;
use crate::render::kubernetes::{known, pod_security};
use crate::render::yaml::{Step, key, path_text};

/// Groups that anybody is in who reaches the API server, and those of every pod of the cluster.
const ANYBODY: &[&str] =
    &["system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated"];

/// All that an object of a project must not say.
pub(super) fn of_project(
    id: &ObjectId,
    value: &Value,
    platform: &Platform,
    project: &Project,
) -> Vec<Refusal> {
    let kind = &id.kind;
    let mut found = Vec::new();
    match kinds::place(&id.api_version, kind) {
        Some(Place::Everywhere(_)) => (),
        Some(Place::Top(help) | Place::Nowhere(help)) => {
            // That it belongs to the cluster is said where it is put into its place.
            if known::find(&id.api_version, kind).is_none_or(|it| it.namespaced) {
                found.push(has_word(kind, help));
            }
        }
        None if known::is_built_in(&id.api_version) => (),
        None => found.push(Refusal {
            code: Code::ObjectOutside,
            path: vec![key("kind")],
            message: format!("whom a `{kind}` of `{}` concerns is not known", id.api_version),
            help: "declare the `object` at the top, beside the projects: the owners of the platform answer for it",
        }),
    }
    if id.api_version == "v1" && kind == "Service" {
        service(value, &mut found);
    }
    if id.api_version == "v1" && kind == "Secret" && value["type"] == "kubernetes.io/service-account-token" {
        found.push(Refusal {
            code: Code::ObjectHasWord,
            path: vec![key("type")],
            message: "this asks for a token of the API server that never ends".to_owned(),
            help: "leave it out: no declaration gives the project the API server",
        });
    }
    if id.api_version.starts_with("cert-manager.io/") && kind == "Certificate" {
        certificate(value, platform, &mut found);
    }
    if let Some((way, template)) = pod_security::template_of(value) {
        pod(&way, template, platform.image_policy.as_ref(), &mut found);
        placement(&way, &template["spec"], project, &mut found);
    }
    found
}

/// All that an object at the top must not say.
pub(super) fn of_top(id: &ObjectId, value: &Value, platform: &Platform) -> Vec<Refusal> {
    let mut found = Vec::new();
    if let Some(Place::Nowhere(help)) = kinds::place(&id.api_version, &id.kind) {
        found.push(has_word(&id.kind, help));
    }
    if id.api_version.starts_with("networking.k8s.io/") && id.kind == "NetworkPolicy" {
        let traps = trap::of_policy(value).into_iter();
        found.extend(traps.map(|trap::Found { trap: _, path, message, help }| Refusal {
            code: Code::ObjectTrap,
            path,
            message: message.to_owned(),
            help,
        }));
    }
    if id.api_version.starts_with("cert-manager.io/") && id.kind == "Certificate" {
        certificate(value, platform, &mut found);
    }
    if id.api_version.starts_with("rbac.authorization.k8s.io/")
        && ["RoleBinding", "ClusterRoleBinding"].contains(&&*id.kind)
    {
        let subjects = value["subjects"].as_array().into_iter().flatten().enumerate();
        found.extend(subjects.filter_map(|(index, it)| subject(index, it, platform)));
    }
    found
}

fn has_word(kind: &str, help: &'static str) -> Refusal {
    let message = format!("`{kind}` is not written by hand: there are declarations for it");
    Refusal { code: Code::ObjectHasWord, path: vec![key("kind")], message, help }
}

/// Nobody is bound who was not meant, and no workload of the platform: what one may do is declared.
fn subject(index: usize, subject: &Value, platform: &Platform) -> Option<Refusal> {
    let name = subject["name"].as_str()?;
    let of_user = name.strip_prefix("system:serviceaccount:").and_then(|it| it.split_once(':'));
    let namespace = match subject["kind"].as_str()? {
        "ServiceAccount" => subject["namespace"].as_str(),
        "User" => of_user.map(|it| it.0),
        _ => name.strip_prefix("system:serviceaccounts:"),
    };
    let message = if ANYBODY.contains(&name) {
        format!("`{name}` is anybody who reaches the API server")
    } else {
        let of_tree = namespace.filter(|it| is_ours(it, platform))?;
        format!("`{name}` is a workload of the platform, in its namespace `{of_tree}`")
    };
    Some(Refusal {
        code: Code::ObjectHasWord,
        path: vec![key("subjects"), Step::Index(index), key("name")],
        message,
        help: "name the people or the service account that need it, outside of the platform's namespaces",
    })
}

/// Whether a namespace is one of a project, or that of what the platform itself runs.
fn is_ours(namespace: &str, platform: &Platform) -> bool {
    namespace == platform.system_namespace()
        || platform.projects.keys().any(|it| platform.namespace(it) == namespace)
}

/// Hosts that are declared, and all below the platform's own domain, have their certificate from the platform.
fn certificate(value: &Value, platform: &Platform, found: &mut Vec<Refusal>) {
    let hosts: Vec<String> =
        platform.services().flat_map(|(_, it)| &it.public).map(|it| it.host.to_string()).collect();
    let domain = platform.domain.as_ref().map(ToString::to_string);
    let takes = |name: &str| {
        let (is_wild, base) = name.strip_prefix("*.").map_or((false, name), |it| (true, it));
        let is_below = |host: &str, base: &str| host.strip_suffix(base).is_some_and(|it| it.ends_with('.'));
        domain.as_deref().is_some_and(|it| base == it || is_below(base, it))
            || hosts.iter().any(|it| it == base || is_wild && is_below(it, base))
    };
    let names = value["spec"]["dnsNames"].as_array().into_iter().flatten().enumerate();
    let listed = names.map(|(index, it)| (vec![key("spec"), key("dnsNames"), Step::Index(index)], it));
    let common = (vec![key("spec"), key("commonName")], &value["spec"]["commonName"]);
    for (path, name) in listed.chain([common]) {
        let Some(name) = name.as_str().map(str::to_ascii_lowercase).filter(|it| takes(it)) else { continue };
        found.push(Refusal {
            code: Code::ObjectHasWord,
            path,
            message: format!("`{name}` is a host of the platform, or covers one"),
            help: "say `public` in the service, and `certificate` in the gateway",
        });
    }
}

/// A pod runs where pods of its project do, and as nobody that is rendered.
fn placement(way: &[Step], spec: &Value, project: &Project, found: &mut Vec<Refusal>) {
    let mut refuse = |path: &[Step], message: &str, help: &'static str| {
        let path = [way, &[key("spec")], path].concat();
        let message = format!("`{}` {message}", path_text(&path));
        found.push(Refusal { code: Code::ObjectPodSecurity, path, message, help });
    };
    for field in ["nodeName", "hostAliases", "dnsConfig"] {
        if !spec[field].is_null() {
            refuse(&[key(field)], "is not for a pod of a project to say", "leave it out");
        }
    }
    if spec["priorityClassName"].as_str().is_some_and(|it| it.starts_with("system-")) {
        refuse(
            &[key("priorityClassName")],
            "is a priority of the system's own pods",
            "take a class of your own",
        );
    }
    for (index, toleration) in spec["tolerations"].as_array().into_iter().flatten().enumerate() {
        if let Some(message) = by_hand::toleration(toleration) {
            refuse(
                &[key("tolerations"), Step::Index(index)],
                message,
                "name the key of the nodes that are meant",
            );
        }
    }
    let account = spec["serviceAccountName"].as_str().unwrap_or_default();
    let is_rendered = project.services.keys().chain(project.crons.keys()).any(|it| it.as_str() == account)
        || project.databases.keys().any(|it| it.as_str() == account)
        || account.starts_with("vault.");
    if is_rendered {
        refuse(
            &[key("serviceAccountName")],
            "is the account of something declared",
            "give the pod an account of its own",
        );
    }
}

fn service(value: &Value, found: &mut Vec<Refusal>) {
    let spec = &value["spec"];
    let mut refuse = |field: &str, message: &str| {
        found.push(Refusal {
            code: Code::ObjectHasWord,
            path: vec![key("spec"), key(field)],
            message: format!("`.spec.{field}` {message}"),
            help: "leave it out; say `public` in the service, or declare what is outside as `external`",
        });
    };
    if !spec["type"].is_null() && spec["type"] != "ClusterIP" {
        refuse("type", "opens a way that is not declared");
    }
    for field in ["externalIPs", "externalName"] {
        if !spec[field].is_null() {
            refuse(field, "leads traffic where no declaration says");
        }
    }
}

/// A pod carries no token of the API server, and runs what is reviewed.
fn pod(way: &[Step], template: &Value, policy: Option<&ImagePolicy>, found: &mut Vec<Refusal>) {
    let spec = &template["spec"];
    let below = |path: Vec<Step>| [way, &[key("spec")], &path].concat();
    if spec["automountServiceAccountToken"] != false {
        let path = below(vec![key("automountServiceAccountToken")]);
        let message = format!("`{}` must be false", path_text(&path));
        let help =
            "write `automountServiceAccountToken: false`: no declaration gives this pod the API server";
        found.push(Refusal { code: Code::ObjectPodSecurity, path, message, help });
    }
    let lists = pod_security::CONTAINERS.iter().map(|it| (*it, ["image"].as_slice()));
    for (list, image) in lists.chain([("volumes", ["image", "reference"].as_slice())]) {
        for (index, item) in spec[list].as_array().into_iter().flatten().enumerate() {
            let text = image.iter().try_fold(item, |it, field| it.get(field)).and_then(Value::as_str);
            let Some((code, message, help)) = text.and_then(|it| by_hand::of_image(it, policy)) else {
                continue;
            };
            let mut path = below(vec![key(list), Step::Index(index)]);
            path.extend(image.iter().map(|it| key(it)));
            found.push(Refusal { code, path, message, help });
        }
    }
    for (index, volume) in spec["volumes"].as_array().into_iter().flatten().enumerate() {
        for (source, it) in volume["projected"]["sources"].as_array().into_iter().flatten().enumerate() {
            let token = &it["serviceAccountToken"];
            // With an audience it is for somebody else, who gives it its meaning.
            // The API server's own audiences are its addresses within the cluster.
            let audience = token["audience"].as_str().unwrap_or_default();
            let of_server = ["", "api", "kubernetes"].contains(&audience)
                || audience.trim_start_matches("https://").starts_with("kubernetes.");
            if token.is_object() && of_server {
                let steps = [
                    key("volumes"),
                    Step::Index(index),
                    key("projected"),
                    key("sources"),
                    Step::Index(source),
                ];
                let path = below([steps.as_slice(), &[key("serviceAccountToken")]].concat());
                let message =
                    format!("`{}` must name an audience that is not the API server", path_text(&path));
                let help =
                    "without `audience` it is a token of the API server, which no declaration gives this pod";
                found.push(Refusal { code: Code::ObjectPodSecurity, path, message, help });
            }
        }
    }
}
