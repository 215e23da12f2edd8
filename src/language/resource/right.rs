//! What rights on the API server give beside what they are called.
//!
//! Nothing that the platform holds in a cluster stays held for those who may change the objects it is held by.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::resource::KubernetesRule;
use crate::language::waive::{Safeguard, Waivers};

/// A right: a group, a resource of it or `*`, the verbs that matter, and what whoever holds it does with them.
type Right = (&'static str, &'static str, &'static [&'static str], &'static str);

const LOOK: &[&str] = &["get", "list", "watch"];
const CHANGE: &[&str] = &["create", "patch", "update"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const ANY: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

const INSIDE: &str = "is inside of every pod of the project, with its secrets and edges";
const PAST_POLICIES: &str = "reaches every port of the project past its network policies";
const TRAFFIC: &str = "leads the project's traffic elsewhere";
const WAYS_IN: &str = "opens ways in that are not declared, past tokens, limits and headers";
const EDGES: &str = "opens every edge of the project";
const CERTIFICATES: &str = "has certificates made for the hosts of others";
const FETCHES: &str = "fetches every secret that the project's login to a vault may read";
const POLICIES_OFF: &str = "switches the cluster's policies off";

const UNDOING: &[Right] = &[
    ("", "bindings", CHANGE, "decides on which node a pod runs"),
    ("", "endpoints", CHANGE, TRAFFIC),
    ("", "limitranges", WRITE, "takes the project's limits away"),
    ("", "namespaces", WRITE, "takes the labels off that confine pods and hold the image policy"),
    ("", "pods/attach", ANY, INSIDE),
    ("", "pods/binding", CHANGE, "decides on which node a pod runs"),
    ("", "pods/ephemeralcontainers", CHANGE, INSIDE),
    ("", "pods/exec", ANY, INSIDE),
    ("", "pods/portforward", ANY, PAST_POLICIES),
    ("", "pods/proxy", ANY, PAST_POLICIES),
    ("", "pods/status", CHANGE, TRAFFIC),
    ("", "resourcequotas", WRITE, "takes the project's quota away"),
    ("", "secrets", LOOK, "reads every secret of the project"),
    ("", "secrets", CHANGE, "has tokens of the API server made, and changes what programs log in with"),
    ("", "serviceaccounts", CHANGE, "decides whom a vault or a cloud takes the project's pods for"),
    ("", "serviceaccounts/token", CHANGE, "is any service account of the project"),
    ("", "services", CHANGE, WAYS_IN),
    ("", "services/proxy", ANY, PAST_POLICIES),
    ("", "services/status", CHANGE, TRAFFIC),
    ("acme.cert-manager.io", "*", WRITE, CERTIFICATES),
    ("cert-manager.io", "*", WRITE, CERTIFICATES),
    ("cilium.io", "*", WRITE, EDGES),
    ("crd.projectcalico.org", "*", WRITE, EDGES),
    ("discovery.k8s.io", "endpointslices", CHANGE, TRAFFIC),
    ("external-secrets.io", "*", WRITE, FETCHES),
    ("gateway.envoyproxy.io", "*", WRITE, WAYS_IN),
    ("gateway.networking.k8s.io", "*", WRITE, WAYS_IN),
    ("generators.external-secrets.io", "*", WRITE, FETCHES),
    ("kyverno.io", "*", WRITE, POLICIES_OFF),
    ("networking.istio.io", "*", WRITE, WAYS_IN),
    ("networking.k8s.io", "ingresses", CHANGE, WAYS_IN),
    ("networking.k8s.io", "ingresses/status", CHANGE, TRAFFIC),
    ("networking.k8s.io", "networkpolicies", WRITE, EDGES),
    ("policies.kyverno.io", "*", WRITE, POLICIES_OFF),
    ("policy.networking.k8s.io", "*", WRITE, EDGES),
    ("postgresql.cnpg.io", "*", WRITE, "runs what it likes beside the project's databases, and reads them"),
    ("projectcalico.org", "*", WRITE, EDGES),
    (
        "rbac.authorization.k8s.io",
        "rolebindings",
        WRITE,
        "gives others what it holds, and takes what they hold",
    ),
    ("rbac.authorization.k8s.io", "roles", WRITE, "gives others what it holds, and takes what they hold"),
    ("secrets-store.csi.x-k8s.io", "*", WRITE, FETCHES),
    ("security.istio.io", "*", WRITE, WAYS_IN),
];

/// What makes pods, by group; `*` is all of it.
const RUNNING: &[(&str, &[&str])] = &[
    ("", &["pods", "podtemplates", "replicationcontrollers"]),
    ("apps", &["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("argoproj.io", &["*"]),
    ("batch", &["cronjobs", "jobs"]),
    ("serving.knative.dev", &["*"]),
];

/// Reports what a rule gives that it does not say.
pub fn check(rule: &KubernetesRule, waivers: &Waivers<'_>, sink: &mut Diagnostics) {
    let KubernetesRule { group, resource, verbs, span, resource_span: _ } = rule;
    let shown = if group.is_empty() { "core" } else { group };
    let found = |matter: &[&str]| {
        let verbs = verbs.iter().filter(|it| matter.contains(&it.as_str()));
        verbs.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
    };
    let named = |it: &str| it == "*" || it == resource;
    for (_, _, matter, does) in UNDOING.iter().filter(|it| it.0 == group && named(it.1)) {
        let found = found(matter);
        if !found.is_empty() {
            let message = format!("whoever may {found} `{shown}/{resource}` {does}");
            let diagnostic = Diagnostic::new(Code::RightUndoes, *span, message)
                .help("leave the verbs out: what is there is changed by changing the tree");
            waivers.report(Safeguard::GuardedRights, diagnostic, sink);
        }
    }
    let runs = RUNNING.iter().any(|(it, resources)| it == group && resources.iter().any(|it| named(it)));
    let found = found(CHANGE);
    if runs && !found.is_empty() {
        let message = format!(
            "whoever may {found} `{shown}/{resource}` reads every secret of the project and takes every edge in it"
        );
        let diagnostic = Diagnostic::new(Code::RightRunsPods, *span, message).help(
            "leave the verbs out: people deploy by changing the tree, and whoever applies it has the right",
        );
        waivers.report(Safeguard::GuardedRights, diagnostic, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::check_used;

    #[test]
    fn a_right_that_undoes_what_the_platform_holds_needs_a_waiver() {
        insta::assert_snapshot!(check_used(r#"
            resource "service" in="project" {
                action "read" { kubernetes "apps/deployments" "get" "list" "watch"; kubernetes "core/pods/log" "get"; kubernetes "core/namespaces" "get" }
                action "write" {
                    kubernetes "core/namespaces" "patch" "get"
                    kubernetes "core/secrets" "list" "delete" "create"
                    kubernetes "core/pods/exec" "create"
                    kubernetes "core/pods/ephemeralcontainers" "patch"
                    kubernetes "core/serviceaccounts/token" "create"
                    kubernetes "networking.k8s.io/networkpolicies" "delete"
                    kubernetes "rbac.authorization.k8s.io/rolebindings" "create"
                    kubernetes "gateway.envoyproxy.io/securitypolicies" "create"
                    kubernetes "external-secrets.io/externalsecrets" "create"
                    kubernetes "core/pods" "create"
                    kubernetes "apps/deployments" "patch" "delete"
                }
                action "help" {
                    kubernetes "core/pods/exec" "create"
                    waive "guarded-rights" { reason "on call looks into what hangs"; until "2027-01-31"; owner team="ops" }
                }
                action "look" {
                    kubernetes "core/pods" "get"
                    waive "guarded-rights" { reason "nothing"; until "2027-01-31"; owner team="ops" }
                }
            }
            role "all" { allow "*:*" }
            team "ops" { }
        "#), @"
        TS210 error 4: whoever may `patch` `core/namespaces` takes the labels off that confine pods and hold the image policy
        TS210 error 5: whoever may `create` `core/secrets` has tokens of the API server made, and changes what programs log in with
        TS210 error 5: whoever may `list` `core/secrets` reads every secret of the project
        TS210 error 6: whoever may `create` `core/pods/exec` is inside of every pod of the project, with its secrets and edges
        TS210 error 7: whoever may `patch` `core/pods/ephemeralcontainers` is inside of every pod of the project, with its secrets and edges
        TS210 error 8: whoever may `create` `core/serviceaccounts/token` is any service account of the project
        TS210 error 9: whoever may `delete` `networking.k8s.io/networkpolicies` opens every edge of the project
        TS210 error 10: whoever may `create` `rbac.authorization.k8s.io/rolebindings` gives others what it holds, and takes what they hold
        TS210 error 11: whoever may `create` `gateway.envoyproxy.io/securitypolicies` opens ways in that are not declared, past tokens, limits and headers
        TS210 error 12: whoever may `create` `external-secrets.io/externalsecrets` fetches every secret that the project's login to a vault may read
        TS211 warning 13: whoever may `create` `core/pods` reads every secret of the project and takes every edge in it
        TS211 warning 14: whoever may `patch` `apps/deployments` reads every secret of the project and takes every edge in it
        TS210 error 17: whoever may `create` `core/pods/exec` is inside of every pod of the project, with its secrets and edges (waived)
        TS131 warning 22: the waiver of `guarded-rights` accepts nothing here
        ");
    }

    #[test]
    fn tables_ascend() {
        assert!(UNDOING.is_sorted_by_key(|it| (it.0, it.1)), "order the rights by group and resource");
        assert!(RUNNING.is_sorted_by_key(|it| it.0), "order the groups");
    }
}
