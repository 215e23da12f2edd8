//! Small clusters, and what one may do in them: what stands in the files, a line of dashes and a question mark, and questions.

use std::fmt::Write;

use super::*;
use crate::facts::access::request::ResourceRequest;
use crate::source::SourceMap;

/// Answers questions: `SUBJECT VERB RESOURCE[.GROUP][/SUBRESOURCE] [in NAMESPACE] [named NAME]`, `SUBJECT VERB /PATH`, or
/// `SUBJECT` for all of its rules. A subject is `NAMESPACE/NAME`, `user:NAME` or `group:NAME`.
fn check(text: &str) -> String {
    let (manifests, questions) = text.split_once("---?").unwrap_or((text, ""));
    let mut sources = SourceMap::default();
    let file = sources.add("manifests.yaml", manifests.to_owned());
    let mut sink = Diagnostics::default();
    let manifests = Manifests::read(&[file], &sources, &mut sink);
    let access = Access::of(&manifests, &Places::new(&sources), &mut sink);
    let mut told = String::new();
    for finding in &sink {
        let place = finding.primary.as_ref().map_or(String::new(), |it| sources.place(it.span));
        writeln!(told, "{} {place} {}", finding.code, finding.message).unwrap();
    }
    for question in questions.lines().map(str::trim).filter(|it| !it.is_empty()) {
        writeln!(told, "{question}: {}", answer(&access, question)).unwrap();
    }
    told
}

fn answer(access: &Access, question: &str) -> String {
    let words: Vec<&str> = question.split(' ').collect();
    let subject = match words[0].split_once([':', '/']) {
        Some(("user", name)) => Subject::user(name),
        Some(("group", name)) => Subject::Group(name.to_owned()),
        Some((namespace, name)) => Subject::service_account(namespace, name),
        None => panic!("{question}: nobody"),
    };
    let who = subject.identity();
    let [_, verb, what, more @ ..] = &words[..] else {
        let rules = access.rules(&who).expect("they are few");
        let list = |set: &RuleSet| set.atoms.iter().map(Atom::to_string).collect::<Vec<_>>().join(", ");
        // What all may do is told once.
        let everybody = access.rules(&Subject::Group("nobody".to_owned()).identity()).unwrap().everywhere;
        let there = rules.there.iter().map(|(namespace, set)| format!(" · in {namespace}: {}", list(set)));
        return format!("{}{}", list(&rules.everywhere.without(&everybody)), there.collect::<String>());
    };
    let after = |word: &str| more.iter().position(|it| *it == word).map_or("", |at| more[at + 1]);
    let (resource, subresource) = what.split_once('/').unwrap_or((what, ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let request = match what.starts_with('/') {
        true => Request::NonResource { verb, path: what },
        false => Request::Resource(ResourceRequest {
            namespace: after("in"),
            verb,
            group,
            resource,
            subresource,
            name: after("named"),
        }),
    };
    match access.may(&who, &request) {
        None => "no".to_owned(),
        Some(Why::Master) => "yes, all".to_owned(),
        Some(Why::Given(Grant { binding, role, source, rule, .. })) => {
            let from = if source.id == role.id { String::new() } else { format!(" from {}", source.id) };
            format!("yes, {binding} gives {}, rule {}{from}", role.id, rule.place.index)
        }
    }
}

use crate::facts::access::rule_set::Atom;

/// A role or a binding in flow style, of the cluster or of `shop`.
fn object(kind: &str, name: &str, rest: &str) -> String {
    let namespace = if kind.starts_with("Cluster") { "" } else { ", namespace: shop" };
    format!(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\n{rest}\n"
    )
}

fn binding(kind: &str, name: &str, role: &str, subjects: &str) -> String {
    let (of, role) = role.split_once('/').unwrap();
    object(
        kind,
        name,
        &format!(
            "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {of}, name: {role}}}\nsubjects: [{subjects}]"
        ),
    )
}

const API: &str = "{kind: ServiceAccount, name: api, namespace: shop}";

#[test]
fn a_role_holds_where_it_is_bound() {
    let files = [
        object(
            "ClusterRole",
            "reader",
            "rules: [{apiGroups: [''], resources: [pods, pods/log], verbs: [get]}]",
        ),
        binding("RoleBinding", "readers", "ClusterRole/reader", API),
        binding("ClusterRoleBinding", "operators", "ClusterRole/reader", "{kind: User, name: alice}"),
    ];
    let questions = "---?
        shop/api get pods in shop
        shop/api get pods/log in shop named web
        shop/api get pods/exec in shop
        shop/api get pods in other
        shop/api get pods
        shop/web get pods in shop
        user:system:serviceaccount:shop:api get pods in shop
        user:alice get pods in other
        user:alice get pods
        group:system:masters delete pods";
    insta::assert_snapshot!(check(&(files.concat() + questions)), @r"
    shop/api get pods in shop: yes, RoleBinding `shop/readers` gives ClusterRole `reader`, rule 0
    shop/api get pods/log in shop named web: yes, RoleBinding `shop/readers` gives ClusterRole `reader`, rule 0
    shop/api get pods/exec in shop: no
    shop/api get pods in other: no
    shop/api get pods: no
    shop/web get pods in shop: no
    user:system:serviceaccount:shop:api get pods in shop: yes, RoleBinding `shop/readers` gives ClusterRole `reader`, rule 0
    user:alice get pods in other: yes, ClusterRoleBinding `operators` gives ClusterRole `reader`, rule 0
    user:alice get pods: yes, ClusterRoleBinding `operators` gives ClusterRole `reader`, rule 0
    group:system:masters delete pods: yes, all
    ");
}

#[test]
fn names_bound_what_one_may_ask_for() {
    let files = [
        object(
            "Role",
            "one",
            "rules: [{apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: ['*']}, \
             {apiGroups: ['*'], resources: ['*/scale'], verbs: [patch]}]",
        ),
        binding("RoleBinding", "one", "Role/one", "{kind: ServiceAccount, name: api}"),
    ];
    let questions = "---?
        shop/api get secrets in shop named a
        shop/api get secrets in shop named b
        shop/api list secrets in shop
        shop/api create secrets in shop
        shop/api deletecollection secrets in shop named a
        shop/api patch deployments.apps/scale in shop named b
        shop/api patch deployments.apps in shop
        shop/api";
    insta::assert_snapshot!(check(&(files.concat() + questions)), @r"
    shop/api get secrets in shop named a: yes, RoleBinding `shop/one` gives Role `shop/one`, rule 0
    shop/api get secrets in shop named b: no
    shop/api list secrets in shop: no
    shop/api create secrets in shop: no
    shop/api deletecollection secrets in shop named a: yes, RoleBinding `shop/one` gives Role `shop/one`, rule 0
    shop/api patch deployments.apps/scale in shop named b: yes, RoleBinding `shop/one` gives Role `shop/one`, rule 1
    shop/api patch deployments.apps in shop: no
    shop/api: get /.well-known/openid-configuration, get /.well-known/openid-configuration/, get /openid/v1/jwks, get /openid/v1/jwks/ · in shop: patch */scale of *, * secrets named a
    ");
}

#[test]
fn groups_are_those_that_kubernetes_puts_one_in() {
    let rule =
        |resource: &str| format!("rules: [{{apiGroups: [''], resources: [{resource}], verbs: [get]}}]");
    let to = |name: &str| format!("{{kind: Group, name: '{name}'}}");
    let files = [
        object("ClusterRole", "a", &rule("a")),
        object("ClusterRole", "b", &rule("b")),
        object("ClusterRole", "c", &rule("c")),
        object("ClusterRole", "d", &rule("d")),
        binding("ClusterRoleBinding", "a", "ClusterRole/a", &to("system:serviceaccounts:shop")),
        binding("ClusterRoleBinding", "b", "ClusterRole/b", &to("system:serviceaccounts")),
        binding("ClusterRoleBinding", "c", "ClusterRole/c", &to("system:authenticated")),
        binding("ClusterRoleBinding", "d", "ClusterRole/d", &to("system:unauthenticated")),
    ];
    let questions = "---?
        shop/api get a
        other/api get a
        other/api get b
        other/api get c
        user:alice get b
        user:alice get c
        user:alice get d
        user:system:anonymous get c
        user:system:anonymous get d
        group:system:serviceaccounts:shop get b
        user:system:anonymous get /version
        user:system:anonymous get /apis";
    insta::assert_snapshot!(check(&(files.concat() + questions)), @r"
    shop/api get a: yes, ClusterRoleBinding `a` gives ClusterRole `a`, rule 0
    other/api get a: no
    other/api get b: yes, ClusterRoleBinding `b` gives ClusterRole `b`, rule 0
    other/api get c: yes, ClusterRoleBinding `c` gives ClusterRole `c`, rule 0
    user:alice get b: no
    user:alice get c: yes, ClusterRoleBinding `c` gives ClusterRole `c`, rule 0
    user:alice get d: no
    user:system:anonymous get c: no
    user:system:anonymous get d: yes, ClusterRoleBinding `d` gives ClusterRole `d`, rule 0
    group:system:serviceaccounts:shop get b: yes, ClusterRoleBinding `b` gives ClusterRole `b`, rule 0
    user:system:anonymous get /version: yes, ClusterRoleBinding `system:public-info-viewer` gives ClusterRole `system:public-info-viewer`, rule 0
    user:system:anonymous get /apis: no
    ");
}

#[test]
fn roles_gather_the_rules_of_others() {
    let labelled = |label: &str| format!("rbac.authorization.k8s.io/aggregate-to-{label}: 'true'");
    let role = |name: &str, label: &str, resource: &str| {
        let rules = format!("rules: [{{apiGroups: [shop.example], resources: [{resource}], verbs: [get]}}]");
        object("ClusterRole", name, &rules).replace("{name:", &format!("{{labels: {{{label}}}, name:"))
    };
    let gathers = |name: &str, label: &str, of: &str| {
        object(
            "ClusterRole",
            name,
            &format!(
                "aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{of}}}}}]}}\nrules: [{{apiGroups: [''], resources: [{name}], verbs: [get]}}]"
            ),
        )
        .replace("{name:", &format!("{{labels: {{{label}}}, name:"))
    };
    let files = [
        role("orders", &labelled("view"), "orders"),
        role("carts", "part: a", "carts"),
        gathers("first", "part: b", "part: a"),
        gathers("second", "part: c", "part: b"),
        gathers("left", "part: right", "part: left"),
        gathers("right", "part: left", "part: right"),
        binding("ClusterRoleBinding", "a", "ClusterRole/admin", "{kind: User, name: alice}"),
        binding("ClusterRoleBinding", "b", "ClusterRole/second", "{kind: User, name: bob}"),
        binding("ClusterRoleBinding", "c", "ClusterRole/left", "{kind: User, name: eve}"),
    ];
    let questions = "---?
        user:alice get orders.shop.example in shop
        user:alice create roles.rbac.authorization.k8s.io in shop
        user:alice create nodes
        user:bob
        user:eve";
    insta::assert_snapshot!(check(&(files.concat() + questions)), @r"
    TS804 manifests.yaml:27 ClusterRole `left` and ClusterRole `right` gather rules from each other: whether they keep what is written in them is open
    user:alice get orders.shop.example in shop: yes, ClusterRoleBinding `a` gives ClusterRole `admin`, rule 0 from ClusterRole `orders`
    user:alice create roles.rbac.authorization.k8s.io in shop: yes, ClusterRoleBinding `a` gives ClusterRole `admin`, rule 1 from ClusterRole `system:aggregate-to-admin`
    user:alice create nodes: no
    user:bob: get carts of shop.example
    user:eve: get left, get right
    ");
}

#[test]
fn paths_are_of_the_cluster_alone() {
    let files = [
        object("ClusterRole", "paths", "rules: [{nonResourceURLs: ['/logs/*', /metrics], verbs: [get]}]"),
        binding("RoleBinding", "there", "ClusterRole/paths", API),
        binding("ClusterRoleBinding", "everywhere", "ClusterRole/paths", "{kind: User, name: alice}"),
    ];
    let questions = "---?
        shop/api get /metrics
        user:alice get /metrics
        user:alice get /metrics/cadvisor
        user:alice get /logs/a/b
        user:alice get /logs
        user:alice put /logs/a
        user:alice
        shop/api";
    insta::assert_snapshot!(check(&(files.concat() + questions)), @r"
    shop/api get /metrics: no
    user:alice get /metrics: yes, ClusterRoleBinding `everywhere` gives ClusterRole `paths`, rule 0
    user:alice get /metrics/cadvisor: no
    user:alice get /logs/a/b: yes, ClusterRoleBinding `everywhere` gives ClusterRole `paths`, rule 0
    user:alice get /logs: no
    user:alice put /logs/a: no
    user:alice: get /logs/*, get /metrics
    shop/api: get /.well-known/openid-configuration, get /.well-known/openid-configuration/, get /openid/v1/jwks, get /openid/v1/jwks/
    ");
}

#[test]
fn what_the_server_would_refuse_is_left_out() {
    let subject = |kind: &str, more: &str| {
        binding("ClusterRoleBinding", "a", "ClusterRole/view", &format!("{{kind: {kind}, name: api{more}}}"))
            .replace("name: a}", &format!("name: a-{}}}", kind.len() + more.len()))
    };
    let files = [
        object("Role", "a", "rules: [{nonResourceURLs: [/metrics], verbs: [get]}]"),
        object("Role", "b", "rules: [{apiGroups: [''], resources: [pods], verbs: []}]"),
        object("Role", "c", "rules: [{resources: [pods], verbs: [get]}]"),
        object("ClusterRole", "d", "rules: [{nonResourceURLs: [/a], resources: [pods], verbs: [get]}]"),
        object("ClusterRole", "e", "aggregationRule: {}"),
        object("ClusterRole", "f", "rules: [{apiGroups: [''], resources: pods, verbs: [get]}]"),
        subject("ServiceAccount", ""),
        subject("ServiceAccount", ", namespace: shop, apiGroup: rbac.authorization.k8s.io"),
        subject("Users", ""),
        subject("User", ", apiGroup: v1"),
        binding("ClusterRoleBinding", "g", "Role/a", API),
        binding("RoleBinding", "h", "Role/nowhere", API),
        binding("RoleBinding", "i", "ClusterRole/system:metrics", API),
    ];
    insta::assert_snapshot!(check(&files.concat()), @r#"
    TS802 manifests.yaml:5 Role `shop/a`: `.rules[0].nonResourceURLs` stands in a ClusterRole alone
    TS802 manifests.yaml:10 Role `shop/b`: `.rules[0].verbs` must hold a verb
    TS802 manifests.yaml:15 Role `shop/c`: `.rules[0].apiGroups` must hold a group, which is `""` for Pods and Secrets
    TS802 manifests.yaml:20 ClusterRole `d`: `.rules[0].nonResourceURLs` may not stand beside resources: write two rules
    TS802 manifests.yaml:25 ClusterRole `e`: `.aggregationRule.clusterRoleSelectors` must hold a selector
    TS802 manifests.yaml:30 ClusterRole `f`: `.rules[0].resources` is the text "pods" where Kubernetes expects a list
    TS802 manifests.yaml:36 ClusterRoleBinding `a-14`: `.subjects[0].namespace` is missing: accounts of one name are many
    TS802 manifests.yaml:42 ClusterRoleBinding `a-68`: `.subjects[0].apiGroup` must be `""` or left out for a service account
    TS802 manifests.yaml:48 ClusterRoleBinding `a-5`: `.subjects[0].kind` is none of `User`, `Group` and `ServiceAccount`
    TS802 manifests.yaml:54 ClusterRoleBinding `a-18`: `.subjects[0].apiGroup` is not `rbac.authorization.k8s.io`
    TS802 manifests.yaml:59 ClusterRoleBinding `g`: `.roleRef.kind` must be `ClusterRole` here
    TS804 manifests.yaml:65 RoleBinding `shop/h` gives Role `shop/nowhere`, which is not in the files
    TS804 manifests.yaml:71 RoleBinding `shop/i` gives ClusterRole `system:metrics`, which is not in the files
    "#);
}

#[test]
fn rules_of_one_meaning_have_one_form() {
    let file = |name: &str, rules: &str| {
        object("ClusterRole", name, rules)
            + &binding(
                "ClusterRoleBinding",
                name,
                &format!("ClusterRole/{name}"),
                &format!("{{kind: User, name: {name}}}"),
            )
    };
    let one = "rules: [{apiGroups: [apps], resources: ['*'], verbs: [get, '*']}, \
               {apiGroups: [apps], resources: [a/scale], verbs: [get]}, \
               {apiGroups: [''], resources: ['*/scale', a/scale, '*/'], verbs: [get]}, \
               {apiGroups: [''], resources: [pods], resourceNames: [a], verbs: [get]}, \
               {apiGroups: ['', apps], resources: [pods], verbs: [get]}, \
               {nonResourceURLs: ['/a**', '/a/b', '/a'], verbs: [get]}]";
    let other = "rules: [{apiGroups: [''], resources: [pods, '*/scale'], verbs: [get]}, \
                 {nonResourceURLs: ['/a*'], verbs: [get]}, \
                 {apiGroups: [apps], resources: ['*'], verbs: ['*']}]";
    let text = check(&([file("one", one), file("two", other)].concat() + "---?\nuser:one\nuser:two"));
    let (first, second) = text.split_once('\n').unwrap();
    assert_eq!(first.replace("one", "two"), second.trim_end());
    insta::assert_snapshot!(first, @"user:one: get */scale, get pods, * * of apps, get /a*");
}
