//! How bad a right is depends on who has it, and where.

use std::fmt::Write;

use super::*;
use crate::posture::access::power::POWERS;
use crate::source::SourceMap;

/// What is said of objects in flow style.
fn check(objects: &[String]) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("manifests.yaml", objects.join("\n---\n"));
    let mut sink = Diagnostics::default();
    let manifests = Manifests::read(&[file], &sources, &mut sink);
    let places = Places::new(&sources);
    let access = Access::of(&manifests, &places, &mut sink);
    super::check(&manifests, &access, &places, &mut sink);
    sink.sort();
    let mut told = String::new();
    for finding in &sink {
        let place = finding.primary.as_ref().map_or(String::new(), |it| sources.place(it.span));
        writeln!(told, "{place} {} {}: {}", finding.severity.word(), finding.code, finding.message).unwrap();
    }
    told
}

fn object(kind: &str, metadata: &str, rest: &str) -> String {
    format!("{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{{metadata}}}, {rest}}}")
}

fn role(name: &str, rules: &str) -> String {
    object("ClusterRole", &format!("name: {name}"), &format!("rules: [{rules}]"))
}

/// A binding of a role of the cluster, named as that: in a namespace, or everywhere.
fn given(role: &str, namespace: &str, subjects: &str) -> String {
    let (kind, metadata) = match namespace {
        "" => ("ClusterRoleBinding", format!("name: {role}")),
        _ => ("RoleBinding", format!("name: {role}, namespace: {namespace}")),
    };
    let role = format!("roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}");
    object(kind, &metadata, &format!("{role}, subjects: [{subjects}]"))
}

fn account(namespace: &str) -> String {
    format!("{{kind: ServiceAccount, name: api, namespace: {namespace}}}")
}

const MASTERS: &str = "{kind: Group, name: 'system:masters'}";

#[test]
fn powers_stand_in_the_order_of_their_codes() {
    let codes: Vec<Code> = POWERS.iter().map(|it| it.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted, "order the rows of `POWERS` by their codes, each once");
}

#[test]
fn whoever_runs_the_cluster_has_it_already() {
    let all = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}";
    let objects = [
        role("all", all),
        given("all", "", &account("kube-system")),
        role("masters", all),
        given("masters", "", MASTERS),
        role("both", all),
        given("both", "", &format!("{}, {MASTERS}, {}", account("kube-system"), account("shop"))),
        role("there", all),
        given("there", "kube-system", &account("shop")),
    ];
    insta::assert_snapshot!(check(&objects), @r"
    manifests.yaml:1 warning TS840: ServiceAccount `kube-system/api` may do anything in every namespace, by ClusterRoleBinding `all` of ClusterRole `all`
    manifests.yaml:9 error TS840: ServiceAccount `shop/api` and one more may do anything in every namespace, by ClusterRoleBinding `both` of ClusterRole `both`
    manifests.yaml:13 error TS841: ServiceAccount `shop/api` may do anything in namespace `kube-system`, by RoleBinding `kube-system/there` of ClusterRole `there`
    ");
}

#[test]
fn the_roles_of_kubernetes_are_made_for_namespaces() {
    let objects = [
        given("admin", "shop", &account("shop")),
        given("edit", "", &account("shop")),
        given("view", "", &account("shop")),
        given("admin", "kube-system", &account("kube-system")),
    ];
    insta::assert_snapshot!(check(&objects), @r"
    manifests.yaml:3 error TS844: ServiceAccount `shop/api` may `impersonate` `serviceaccounts` in every namespace, by ClusterRoleBinding `edit` of ClusterRole `edit`
    manifests.yaml:3 error TS846: ServiceAccount `shop/api` may `get`, `list` and `watch` `secrets` in every namespace, by ClusterRoleBinding `edit` of ClusterRole `edit`
    manifests.yaml:3 error TS847: ServiceAccount `shop/api` may `create` and `get` `pods/attach`, `pods/exec` and `pods/portforward` in every namespace, by ClusterRoleBinding `edit` of ClusterRole `edit`
    manifests.yaml:3 error TS849: ServiceAccount `shop/api` may `create` `serviceaccounts/token` in every namespace, by ClusterRoleBinding `edit` of ClusterRole `edit`
    manifests.yaml:3 warning TS851: ServiceAccount `shop/api` may `create`, `patch` and `update` `cronjobs`, `daemonsets`, `deployments`, `jobs`, `pods`, `replicasets`, `replicationcontrollers` and `statefulsets` in every namespace, by ClusterRoleBinding `edit` of ClusterRole `edit`
    manifests.yaml:7 warning TS844: ServiceAccount `kube-system/api` may `impersonate` `serviceaccounts` in namespace `kube-system`, by RoleBinding `kube-system/admin` of ClusterRole `admin`
    manifests.yaml:7 warning TS845: ServiceAccount `kube-system/api` may `create`, `patch` and `update` `rolebindings` and `roles` in namespace `kube-system`, by RoleBinding `kube-system/admin` of ClusterRole `admin`
    manifests.yaml:7 warning TS846: ServiceAccount `kube-system/api` may `get`, `list` and `watch` `secrets` in namespace `kube-system`, by RoleBinding `kube-system/admin` of ClusterRole `admin`
    manifests.yaml:7 warning TS847: ServiceAccount `kube-system/api` may `create` and `get` `pods/attach`, `pods/exec` and `pods/portforward` in namespace `kube-system`, by RoleBinding `kube-system/admin` of ClusterRole `admin`
    manifests.yaml:7 warning TS849: ServiceAccount `kube-system/api` may `create` `serviceaccounts/token` in namespace `kube-system`, by RoleBinding `kube-system/admin` of ClusterRole `admin`
    manifests.yaml:7 warning TS851: ServiceAccount `kube-system/api` may `create`, `patch` and `update` `cronjobs`, `daemonsets`, `deployments`, `jobs`, `pods`, `replicasets`, `replicationcontrollers` and `statefulsets` in namespace `kube-system`, by RoleBinding `kube-system/admin` of ClusterRole `admin`
    ");
}

#[test]
fn names_make_the_difference() {
    let rbac = "apiGroups: [rbac.authorization.k8s.io]";
    let objects = [
        role(
            "view-giver",
            &format!("{{{rbac}, resources: [clusterroles], resourceNames: [view], verbs: [bind]}}"),
        ),
        given("view-giver", "", &account("shop")),
        role(
            "giver",
            &format!(
                "{{{rbac}, resources: [clusterroles], resourceNames: [view, cluster-admin], verbs: [bind]}}"
            ),
        ),
        given("giver", "", &account("shop")),
        role(
            "actor",
            "{apiGroups: [''], resources: [groups], resourceNames: ['system:masters'], verbs: [impersonate]}",
        ),
        given("actor", "", &account("shop")),
        role("reader", "{apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: ['*']}"),
        given("reader", "shop", &account("shop")),
    ];
    insta::assert_snapshot!(check(&objects), @r"
    manifests.yaml:5 error TS843: ServiceAccount `shop/api` may `bind` `clusterroles` in every namespace, by ClusterRoleBinding `giver` of ClusterRole `giver`
    manifests.yaml:9 error TS844: ServiceAccount `shop/api` may `impersonate` `groups` in every namespace, by ClusterRoleBinding `actor` of ClusterRole `actor`
    manifests.yaml:13 warning TS842: ServiceAccount `shop/api` may do what is not named (`*` in `verbs`) in namespace `shop`, by RoleBinding `shop/reader` of ClusterRole `reader`
    ");
}

#[test]
fn what_belongs_to_no_namespace_is_not_given_in_one() {
    let objects = [
        role(
            "nodes",
            "{apiGroups: ['', rbac.authorization.k8s.io], resources: [nodes/proxy, users, nodes, clusterroles], verbs: [get, escalate, impersonate, patch]}",
        ),
        given("nodes", "shop", &account("shop")),
    ];
    insta::assert_snapshot!(check(&objects), @"");
}

#[test]
fn approving_takes_two_rights() {
    let approval = "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}";
    let signers = "{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}";
    let other = account("other");
    let objects = [
        role("approval", approval),
        given("approval", "", &format!("{}, {other}", account("shop"))),
        role("signers", signers),
        given("signers", "", &other),
        role("alone", approval),
        given("alone", "", &account("shop")),
    ];
    insta::assert_snapshot!(check(&objects), @"manifests.yaml:1 error TS853: ServiceAccount `shop/api` and one more may `update` `certificatesigningrequests/approval`, by ClusterRoleBinding `approval` of ClusterRole `approval`");
}

#[test]
fn subjects_are_held_against_those_that_there_are() {
    let subjects = [
        "{kind: Group, name: 'system:authenticate'}",
        "{kind: Group, name: 'system:serviceaccount:shop:api'}",
        "{kind: User, name: 'system:masters'}",
        "{kind: User, name: 'shop:web'}",
        "{kind: ServiceAccount, name: wed, namespace: shop}",
        "{kind: ServiceAccount, name: wed, namespace: other}",
        "{kind: User, name: 'system:node:a'}",
    ];
    let objects = [
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}}".to_owned(),
        given("view", "shop", &subjects.join(", ")),
    ];
    insta::assert_snapshot!(check(&objects), @r"
    manifests.yaml:3 warning TS859: RoleBinding `shop/view` names Group `system:authenticate`, which Kubernetes does not know
    manifests.yaml:3 warning TS859: RoleBinding `shop/view` names Group `system:serviceaccount:shop:api`, which is how a service account is called as a user
    manifests.yaml:3 warning TS859: RoleBinding `shop/view` names User `system:masters`, which is a group
    manifests.yaml:3 warning TS859: RoleBinding `shop/view` names User `shop:web`, which is no way to write a service account
    manifests.yaml:3 warning TS859: RoleBinding `shop/view` names ServiceAccount `shop/wed`, which is not in the files
    ");
}

#[test]
fn roles_that_others_gather_are_not_idle() {
    let objects = [
        object(
            "ClusterRole",
            "name: a, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}",
            "rules: []",
        ),
        object("ClusterRole", "name: b, labels: {part: b}", "rules: []"),
        object(
            "ClusterRole",
            "name: c",
            "aggregationRule: {clusterRoleSelectors: [{matchLabels: {part: b}}]}",
        ),
        object("Role", "name: d, namespace: shop", "rules: []"),
        given("c", "shop", ""),
    ];
    insta::assert_snapshot!(check(&objects), @r"
    manifests.yaml:3 hint TS858: ClusterRole `b` is given to nobody by these files
    manifests.yaml:7 warning TS858: Role `shop/d` is given to nobody by these files
    manifests.yaml:9 warning TS858: RoleBinding `shop/c` gives ClusterRole `c` to nobody
    ");
}
