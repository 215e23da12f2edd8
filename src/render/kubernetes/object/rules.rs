//! What a raw object must not say because the language has a word for it: written by hand, it would undo what is declared,
//! and nothing that is proven of the platform would hold of it.

use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::language::image_policy::ImagePolicy;
use crate::render::ObjectId;
use crate::render::kubernetes::by_hand::{self, Refusal};
use crate::render::kubernetes::pod_security;
use crate::render::yaml::{Step, path_text};

/// Kinds of a project that have a word: the group of their API (of any where it is a star), and what to write instead.
const WORDS: &[(&str, &str, &str)] = &[
    ("*", "NetworkPolicy", "say `reaches` and `offers` where the connection begins and ends"),
    ("cilium.io", "CiliumNetworkPolicy", "say `reaches` and `offers` where the connection begins and ends"),
    ("*", "Ingress", "say `public` in the service"),
    ("gateway.networking.k8s.io", "GRPCRoute", "say `public` in the service"),
    ("gateway.networking.k8s.io", "HTTPRoute", "say `public` in the service"),
    ("gateway.networking.k8s.io", "TCPRoute", "say `public` in the service"),
    ("gateway.networking.k8s.io", "TLSRoute", "say `public` in the service"),
    ("gateway.networking.k8s.io", "UDPRoute", "say `public` in the service"),
    ("rbac.authorization.k8s.io", "Role", "say what may be done by `role`"),
    ("rbac.authorization.k8s.io", "RoleBinding", "say who may do it by `role` and `team`"),
    ("", "Endpoints", "declare what is outside as `external`, and say `reaches`"),
    ("discovery.k8s.io", "EndpointSlice", "declare what is outside as `external`, and say `reaches`"),
    ("", "ResourceQuota", "say `quota` in the project"),
    ("", "LimitRange", "say `quota` in the project, and `defaults`"),
];

/// Groups that anybody is in who reaches the API server.
const ANYBODY: &[&str] = &["system:anonymous", "system:authenticated", "system:unauthenticated"];

/// All that an object of a project must not say.
pub(super) fn of_project(id: &ObjectId, value: &Value, policy: Option<&ImagePolicy>) -> Vec<Refusal> {
    let group = id.api_version.split_once('/').map_or("", |(group, _)| group);
    let word = WORDS.iter().find(|(of, kind, _)| *kind == id.kind && (*of == "*" || *of == group));
    let mut found = Vec::new();
    if let Some((_, kind, help)) = word {
        let message = format!("`{kind}` is not written by hand: there are declarations for it");
        found.push(Refusal { code: Code::ObjectHasWord, path: vec![key("kind")], message, help });
    }
    if group.is_empty() && id.kind == "Service" {
        service(value, &mut found);
    }
    if let Some((way, template)) = pod_security::template_of(value) {
        pod(&way, template, policy, &mut found);
    }
    found
}

/// All that an object at the top must not say.
pub(super) fn of_top(id: &ObjectId, value: &Value) -> Vec<Refusal> {
    let is_binding = id.api_version.starts_with("rbac.authorization.k8s.io/")
        && ["RoleBinding", "ClusterRoleBinding"].contains(&&*id.kind);
    let subjects = value["subjects"].as_array().filter(|_| is_binding);
    let of_subject = |(index, subject): (usize, &Value)| {
        let name = subject["name"].as_str().filter(|it| ANYBODY.contains(it))?;
        Some(Refusal {
            code: Code::ObjectHasWord,
            path: vec![key("subjects"), Step::Index(index), key("name")],
            message: format!("`{name}` is anybody who reaches the API server"),
            help: "name the people or the service account that need it",
        })
    };
    subjects.into_iter().flatten().enumerate().filter_map(of_subject).collect()
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
            if token.is_object() && token["audience"].as_str().is_none_or(str::is_empty) {
                let steps = [
                    key("volumes"),
                    Step::Index(index),
                    key("projected"),
                    key("sources"),
                    Step::Index(source),
                ];
                let path = below([steps.as_slice(), &[key("serviceAccountToken")]].concat());
                let message = format!("`{}` must name its audience", path_text(&path));
                let help =
                    "without `audience` it is a token of the API server, which no declaration gives this pod";
                found.push(Refusal { code: Code::ObjectPodSecurity, path, message, help });
            }
        }
    }
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}
