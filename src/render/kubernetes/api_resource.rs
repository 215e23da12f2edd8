//! What `kubernetes` of an action may name: resources that a Role in a namespace can give.
//!
//! A misspelt resource is accepted by the API server and gives nothing; a resource of the whole cluster is accepted in a
//! Role and gives nothing either. Both are said here. Groups that are not listed are those of operators,
//! which only the cluster knows.

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::resource::KubernetesRule;
use crate::language::value::refusal::literal;

/// Resources that live in a namespace, with their subresources, by group.
const NAMESPACED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/attach",
            "pods/binding",
            "pods/ephemeralcontainers",
            "pods/eviction",
            "pods/exec",
            "pods/log",
            "pods/portforward",
            "pods/proxy",
            "pods/resize",
            "pods/status",
            "podtemplates",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
            "secrets",
            "serviceaccounts",
            "serviceaccounts/token",
            "services",
            "services/proxy",
            "services/status",
        ],
    ),
    (
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    ("authorization.k8s.io", &["localsubjectaccessreviews"]),
    ("autoscaling", &["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
    ("batch", &["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
    ("coordination.k8s.io", &["leases"]),
    ("discovery.k8s.io", &["endpointslices"]),
    ("events.k8s.io", &["events"]),
    ("networking.k8s.io", &["ingresses", "ingresses/status", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets", "poddisruptionbudgets/status"]),
    ("rbac.authorization.k8s.io", &["rolebindings", "roles"]),
    ("resource.k8s.io", &["resourceclaims", "resourceclaims/status", "resourceclaimtemplates"]),
    ("storage.k8s.io", &["csistoragecapacities"]),
];

/// Resources of the whole cluster, by group.
const OF_CLUSTER: &[(&str, &[&str])] = &[
    ("", &["componentstatuses", "namespaces", "nodes", "persistentvolumes"]),
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
        ],
    ),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    ("authentication.k8s.io", &["selfsubjectreviews", "tokenreviews"]),
    (
        "authorization.k8s.io",
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"],
    ),
    ("certificates.k8s.io", &["certificatesigningrequests", "clustertrustbundles"]),
    ("flowcontrol.apiserver.k8s.io", &["flowschemas", "prioritylevelconfigurations"]),
    ("gateway.networking.k8s.io", &["gatewayclasses"]),
    ("networking.k8s.io", &["ingressclasses", "ipaddresses", "servicecidrs"]),
    ("node.k8s.io", &["runtimeclasses"]),
    ("rbac.authorization.k8s.io", &["clusterrolebindings", "clusterroles"]),
    ("resource.k8s.io", &["deviceclasses", "resourceslices"]),
    ("scheduling.k8s.io", &["priorityclasses"]),
    (
        "storage.k8s.io",
        &["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"],
    ),
];

/// What a request for one named namespace may do by a Role in that namespace: the API server takes the name for the
/// namespace of the request. To list or make namespaces is to see past one's own.
const OF_OWN_NAMESPACE: &[&str] = &["delete", "get", "patch", "update"];

/// Reports what a rule names and no Role can give.
pub fn check(rule: &KubernetesRule, sink: &mut Diagnostics) {
    let KubernetesRule { group, resource, verbs, span: _, resource_span: _ } = rule;
    let (main, _) = resource.split_once('/').unwrap_or((resource, ""));
    if group.is_empty() && main == "namespaces" {
        let verbs = verbs.iter().map(String::as_str);
        let wider: Vec<&str> = verbs.filter(|it| !OF_OWN_NAMESPACE.contains(it)).collect();
        if !wider.is_empty() {
            sink.report(of_cluster(rule, &format!("`{}` of namespaces", wider.join(" "))));
        }
    } else if listed(OF_CLUSTER, group).any(|it| it == main) {
        sink.report(of_cluster(rule, &format!("`{resource}`")));
    } else if listed(NAMESPACED, group).next().is_some()
        && !listed(NAMESPACED, group).any(|it| it == resource)
    {
        sink.report(unknown_resource(rule));
    }
}

fn listed(table: &'static [(&str, &[&str])], group: &str) -> impl Iterator<Item = &'static str> {
    let found = table.iter().find(|(name, _)| *name == group);
    found.into_iter().flat_map(|(_, resources)| resources.iter().copied())
}

fn of_cluster(rule: &KubernetesRule, what: &str) -> Diagnostic {
    let message = format!("{what} cannot be given in one namespace: that is of the whole cluster");
    Diagnostic::new(Code::KubernetesOfCluster, rule.span, message)
        .help("leave it out: who sees the whole cluster is decided where the cluster is run")
}

fn unknown_resource(rule: &KubernetesRule) -> Diagnostic {
    let KubernetesRule { group, resource, verbs: _, span, resource_span } = rule;
    let shown = if group.is_empty() { "core" } else { group };
    let message = format!("Kubernetes has no resource `{resource}` in group `{shown}`");
    let diagnostic = Diagnostic::new(Code::KubernetesResource, *span, message);
    let elsewhere = NAMESPACED.iter().find(|(_, resources)| resources.contains(&resource.as_str()));
    let near = suggest::candidates(resource, listed(NAMESPACED, group));
    let near: Vec<String> = near.iter().map(|it| format!("{shown}/{it}")).collect();
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    match (elsewhere, &*near) {
        (Some((group, _)), _) => {
            let shown = if group.is_empty() { "core" } else { group };
            let meant = format!("{shown}/{resource}");
            diagnostic
                .help(format!("it is in group `{shown}`: write `{meant}`"))
                .replace(*resource_span, literal(&meant))
        }
        (None, [_, ..]) => diagnostic.did_you_mean(*resource_span, &near, literal),
        (None, []) => diagnostic.help(format!(
            "this group has {}",
            listed(NAMESPACED, group).filter(|it| !it.contains('/')).collect::<Vec<_>>().join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_ascend() {
        for table in [NAMESPACED, OF_CLUSTER] {
            assert!(table.is_sorted_by_key(|(group, _)| *group), "order the groups");
            for (group, resources) in table {
                assert!(resources.is_sorted(), "order the resources of `{group}`");
            }
        }
    }
}
