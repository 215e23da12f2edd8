//! What Kubernetes cannot express, or would take for something else. All of it is said here, before anything is rendered.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::Platform;
use crate::language::cluster::Implementation;
use crate::language::cron::Cron;
use crate::language::database::server::Server;
use crate::language::project::Project;
use crate::language::resource::{self, Scope};
use crate::language::role::{Role, When};
use crate::language::service::{Probe, Service};
use crate::language::value::text::{LabelKey, LabelValue};
use crate::language::value::time::Duration;
use crate::language::workload::{RunAs, Workload};
use crate::render::kubernetes::{api_resource, border, outside, public, room, taken, volume};
use crate::source::Span;

/// The longest name of a namespace, and of whatever becomes a part of a DNS name.
const LONGEST_LABEL: usize = 63;

/// The longest name of other objects.
const LONGEST_NAME: usize = 253;

/// What a ConfigMap holds at most.
const LARGEST_CONFIG: usize = 1 << 20;

/// The most paths of one host: an HTTPRoute holds no more.
const MOST_PATHS: usize = 64;

/// Where Kubernetes counts with a sign and 32 bits.
const LARGEST_NUMBER: u32 = i32::MAX.unsigned_abs();

/// Reports all of it.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    check_externals(platform, sink);
    check_servers(platform, sink);
    check_operated(platform, sink);
    check_run_as(&platform.pod_security.run_as, platform.pod_security.span, sink);
    let actions = platform.resources.values().flat_map(|it| it.actions.values());
    for rule in actions.flat_map(|it| &it.kubernetes) {
        api_resource::check(rule, sink);
    }
    check_meanings(platform, sink);
    border::check::check(platform, sink);
    check_edges(platform, sink);
    taken::check_system(platform, sink);
    let strangers = strangers(platform);
    check_namespace(&strangers, &platform.system_namespace(), platform.span, sink);
    let projects: Vec<&Project> = platform.projects.values().collect();
    let found = projects.par_iter().map(|project| {
        let mut sink = Diagnostics::default();
        check_project(platform, project, &strangers, &mut sink);
        sink
    });
    found.collect::<Vec<_>>().into_iter().for_each(|it| sink.extend(it));
}

/// Reports what an action means on the API server and nobody is given.
fn check_meanings(platform: &Platform, sink: &mut Diagnostics) {
    for (permission, action) in resource::permissions(&platform.resources) {
        let Some(rule) = action.kubernetes.first() else { continue };
        if action.within == Scope::Platform {
            let message =
                format!("`{permission}` is decided on the platform and gives nothing on the API server");
            sink.report(
                Diagnostic::new(Code::KubernetesForNobody, rule.span, message)
                    .help("Roles are given in the namespaces of projects: leave the line out, or decide the action in the project or team"),
            );
            continue;
        }
        let always =
            |role: &Role| role.permissions.get(&permission).is_some_and(|it| it.when == When::Always);
        if !platform.roles.values().any(always) {
            let message = format!(
                "no role of teams and projects holds `{permission}` in any case, so its verbs are given to nobody"
            );
            let mut diagnostic = Diagnostic::new(Code::KubernetesForNobody, rule.span, message);
            diagnostic.severity = Severity::Warning;
            sink.report(diagnostic.help("Kubernetes cannot ask whether a condition holds, and roles of the platform give nothing there: allow it to a `role` without `when`"));
        }
    }
}

fn check_externals(platform: &Platform, sink: &mut Diagnostics) {
    for external in platform.externals.values() {
        for range in &external.ranges {
            if let Some(closed) = outside::closed_by(*range, &platform.cluster) {
                let message = format!(
                    "nothing is left of `{range}` in external `{}`: {closed} is never outside",
                    external.name
                );
                sink.report(
                    Diagnostic::new(Code::ClosedRange, external.span, message)
                        .related(platform.cluster.span, "the cluster's own ranges are declared here")
                        .help("link-local addresses, clouds' metadata, and the ranges of pods, services and nodes are cut out of every external; what runs in the cluster is reached by `reaches service=`"),
                );
            }
        }
    }
}

/// Instances of a database ask the API server who leads, and no pod reaches it unless that is declared.
fn check_operated(platform: &Platform, sink: &mut Diagnostics) {
    if platform.cluster.api_server.is_some() {
        return;
    }
    for (_, database) in platform.all_databases() {
        let Server::CloudNativePg(server) = &database.server else { continue };
        let message = format!(
            "the instances of database `{}` have to reach the API server, and nothing says where it is",
            database.name
        );
        sink.report(
            Diagnostic::new(Code::ApiServerUnknown, server.span, message)
                .related(platform.cluster.span, "the cluster is declared here")
                .help("declare it there: `api-server \"10.0.0.1/32\"`, the address that `kubectl get endpoints kubernetes` shows"),
        );
    }
}

fn check_servers(platform: &Platform, sink: &mut Diagnostics) {
    for (_, database) in platform.all_databases() {
        let Server::Outside(server) = &database.server else { continue };
        for range in &server.ranges {
            if let Some(closed) = outside::closed_by(*range, &platform.cluster) {
                let message = format!(
                    "nothing is left of `{range}`, where database `{}` answers: {closed} is never outside",
                    database.name
                );
                sink.report(
                    Diagnostic::new(Code::ClosedRange, server.span, message)
                        .related(platform.cluster.span, "the cluster's own ranges are declared here")
                        .help("a server in the cluster is declared by `run \"cloudnative-pg\"` in place of `server`"),
                );
            }
        }
    }
}

fn check_project(
    platform: &Platform,
    project: &Project,
    strangers: &BTreeMap<&str, Span>,
    sink: &mut Diagnostics,
) {
    let namespace = platform.namespace(&project.name);
    if namespace.len() > LONGEST_LABEL {
        let message = format!(
            "the namespace `{namespace}` has {} characters, and Kubernetes allows {LONGEST_LABEL}",
            namespace.len()
        );
        sink.report(
            Diagnostic::new(Code::NamespaceTooLong, project.span, message)
                .related(platform.span, "its front is the platform's name")
                .help("shorten the name of the project or of the platform"),
        );
    }
    check_labels(&project.labels, project.span, sink);
    check_namespace(strangers, &namespace, project.span, sink);
    for service in project.services.values() {
        check_workload(&service.workload, sink);
        check_service(platform, project, service, sink);
    }
    for cron in project.crons.values() {
        check_workload(&cron.workload, sink);
        check_cron(cron, sink);
    }
    taken::check_project(platform, project, sink);
    room::check(project, sink);
}

/// The namespaces in which the platform says that somebody else is, each with where that is said first.
fn strangers(platform: &Platform) -> BTreeMap<&str, Span> {
    let gateways = platform.cluster.gateways.values().map(|it| (it.namespace.as_str(), it.span));
    let dns = &platform.cluster.dns;
    let operators = platform.all_databases().filter_map(|(_, it)| match &it.server {
        Server::CloudNativePg(it) => Some((it.operator_namespace.as_str(), it.span)),
        Server::Outside(_) => None,
    });
    let mut strangers = BTreeMap::new();
    for (namespace, span) in gateways.chain([(dns.namespace.as_str(), dns.span)]).chain(operators) {
        strangers.entry(namespace).or_insert(span);
    }
    strangers
}

/// Reports a namespace that belongs to somebody else.
fn check_namespace(strangers: &BTreeMap<&str, Span>, namespace: &str, span: Span, sink: &mut Diagnostics) {
    let declared = strangers.get(namespace).copied();
    if declared.is_none() && !is_of_a_system(namespace) {
        return;
    }
    let message = format!("the namespace `{namespace}` would be this platform's, and it is another system's");
    let diagnostic = Diagnostic::new(Code::ReservedName, span, message)
        .help("namespaces are called by platform and project: choose another name for one of the two");
    sink.report(declared.into_iter().fold(diagnostic, |it, at| it.related(at, "named here")));
}

/// Namespaces of Kubernetes, and those that operators are installed in by their makers' own manifests and charts.
fn is_of_a_system(namespace: &str) -> bool {
    const SYSTEMS: &[&str] = &[
        "argo-cd",
        "argo-rollouts",
        "calico-apiserver",
        "calico-system",
        "cert-manager",
        "cilium-secrets",
        "cloudnative-pg",
        "cnpg-system",
        "envoy-gateway-system",
        "external-dns",
        "external-secrets",
        "flux-system",
        "gatekeeper-system",
        "gateway-system",
        "gke-managed-system",
        "gmp-system",
        "ingress-nginx",
        "istio-ingress",
        "istio-system",
        "knative-serving",
        "kyverno-system",
        "linkerd-viz",
        "local-path-storage",
        "longhorn-system",
        "metallb-system",
        "sealed-secrets",
        "tigera-operator",
        "vault-secrets-operator-system",
    ];
    namespace.starts_with("kube-") || namespace.starts_with("openshift-") || SYSTEMS.contains(&namespace)
}

/// What the platform itself runs is checked like what projects run.
fn check_edges(platform: &Platform, sink: &mut Diagnostics) {
    for edge in platform.edges.values() {
        check_workload(&edge.workload, sink);
        let Probe { every, within, span, .. } = &edge.health;
        check_seconds("every", *every, *span, sink);
        check_seconds("within", *within, *span, sink);
    }
}

fn check_workload(workload: &Workload, sink: &mut Diagnostics) {
    check_labels(&workload.labels, workload.span, sink);
    check_run_as(&workload.run_as, workload.span, sink);
    check_seconds("stop-within", workload.stop_within, workload.span, sink);
    let size: usize = volume::config_data(workload).values().map(|it| it.len()).sum();
    if size > LARGEST_CONFIG {
        let message = format!(
            "the files of `{}` have {size} bytes together, and a ConfigMap holds {LARGEST_CONFIG}",
            workload.name
        );
        sink.report(
            Diagnostic::new(Code::ConfigTooLarge, workload.span, message)
                .help("put the large ones into the image"),
        );
    }
}

fn check_service(platform: &Platform, project: &Project, service: &Service, sink: &mut Diagnostics) {
    check_seconds("start-within", service.start_within, service.workload.span, sink);
    for probe in service.health.iter().chain(&service.ready) {
        check_seconds("every", probe.every, probe.span, sink);
        check_seconds("within", probe.within, probe.span, sink);
    }
    for front in public::fronts(platform, project, service) {
        if let Some(name) = front.names().find(|it| it.len() > LONGEST_NAME) {
            let message = format!("the route `{name}` has a name of {} characters", name.len());
            sink.report(
                Diagnostic::new(Code::RouteName, front.span, message)
                    .help(format!("routes are called by service and host, in at most {LONGEST_NAME} characters: shorten the host")),
            );
        }
        check_paths(platform, &front, sink);
        if front.paths.len() > MOST_PATHS {
            let message = format!("`{}` has {} paths on one host", front.host, front.paths.len());
            sink.report(Diagnostic::new(Code::TooManyPaths, front.span, message).help(format!(
                "a route holds {MOST_PATHS}: let the service tell paths apart that lead to it anyway"
            )));
        }
    }
}

/// What nginx takes into its configuration. Its stricter releases refuse everything else.
fn check_paths(platform: &Platform, front: &public::Front<'_>, sink: &mut Diagnostics) {
    let gateway = platform.cluster.gateways.get(front.gateway);
    let Some(gateway) = gateway.filter(|it| it.implementation == Implementation::IngressNginx) else {
        return;
    };
    let is_taken = |it: char| it.is_ascii_alphanumeric() || "/-_.".contains(it);
    for (path, span) in &front.paths {
        let Some(strange) = path.as_str().chars().find(|it| !is_taken(*it)) else { continue };
        let message = format!("the path `{path}` has `{strange}`, which ingress-nginx refuses");
        sink.report(
            Diagnostic::new(Code::IngressPath, *span, message).related(gateway.span, "the gateway").help(
                "write letters, digits, `/`, `-`, `_` and `.` alone, or lead the host through Envoy Gateway",
            ),
        );
    }
}

fn check_cron(cron: &Cron, sink: &mut Diagnostics) {
    check_seconds("up-to", cron.up_to, cron.workload.span, sink);
    check_number("retries", cron.retries, cron.workload.span, sink);
}

/// Rounding would make something else of what is written, and zero means "the default" in Kubernetes.
fn check_seconds(field: &str, duration: Duration, span: Span, sink: &mut Diagnostics) {
    let Duration(milliseconds) = duration;
    let seconds = milliseconds / 1000;
    if !milliseconds.is_multiple_of(1000) || seconds == 0 {
        let message = format!("`{field}` is `{duration}`, and Kubernetes counts in whole seconds from one");
        let nearest = Duration(milliseconds.div_ceil(1000).max(1) * 1000);
        sink.report(
            Diagnostic::new(Code::WholeSeconds, span, message)
                .help(format!("write `{field}` as `\"{nearest}\"`")),
        );
    } else if seconds > u64::from(LARGEST_NUMBER) {
        let message = format!("`{field}` is `{duration}`, and Kubernetes counts to {LARGEST_NUMBER} seconds");
        sink.report(Diagnostic::new(Code::NumberTooLarge, span, message));
    }
}

fn check_run_as(run_as: &RunAs, span: Span, sink: &mut Diagnostics) {
    let RunAs { user, group, fs_group } = run_as;
    for (field, number) in [("run-as", user), ("group", group), ("fs-group", fs_group)] {
        check_number(field, *number, span, sink);
    }
}

fn check_number(field: &str, number: u32, span: Span, sink: &mut Diagnostics) {
    if number > LARGEST_NUMBER {
        let message = format!("`{field}` is {number}, and Kubernetes counts to {LARGEST_NUMBER}");
        sink.report(Diagnostic::new(Code::NumberTooLarge, span, message));
    }
}

/// The language refuses what Kubernetes itself reserves; these are what controllers and trackside put on objects.
fn check_labels(labels: &BTreeMap<LabelKey, LabelValue>, span: Span, sink: &mut Diagnostics) {
    for key in labels.keys().filter(|it| is_of_others(it.as_str())) {
        let message = format!("the label `{key}` is put on objects by others");
        sink.report(
            Diagnostic::new(Code::ReservedLabel, span, message)
                .help("take a prefix of your own, as in `\"example.com/tier\"`"),
        );
    }
}

/// Whether a label belongs to what others run, which would take the object for its own.
pub(super) fn is_of_others(key: &str) -> bool {
    const OF_CONTROLLERS: &[&str] = &[
        "aadpodidbinding",
        "controller-revision-hash",
        "controller-uid",
        "istio-injection",
        "job-name",
        "pod-template-hash",
    ];
    match key.split_once('/') {
        None => OF_CONTROLLERS.contains(&key),
        Some((domain, _)) => OF_OTHERS
            .iter()
            .any(|it| domain.strip_suffix(it).is_some_and(|front| front.is_empty() || front.ends_with('.'))),
    }
}

/// Domains of labels by which operators, meshes and trackside itself select pods or give them rights: what carries one counts
/// as theirs.
const OF_OTHERS: &[&str] = &[
    "amazonaws.com",
    "argoproj.io",
    "azure.com",
    "azure.workload.identity",
    "cert-manager.io",
    "cilium.io",
    "cnpg.io",
    "crossplane.io",
    "envoyproxy.io",
    "external-secrets.io",
    "fluxcd.io",
    "gatekeeper.sh",
    "gke.io",
    "hashicorp.com",
    "helm.sh",
    "istio.io",
    "keda.sh",
    "knative.dev",
    "kyverno.io",
    "linkerd.io",
    "nginx.org",
    "openshift.io",
    "projectcalico.org",
    "trackside.dev",
];

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used;

    #[test]
    fn a_namespace_of_somebody_else_is_no_project() {
        insta::assert_snapshot!(check_used(r#"
            environment "one" { (override)platform "kube" edition="2026" }
            environment "two" { (override)platform "cert" edition="2026" }
            environment "three" { cluster { (override)dns namespace="hello-names" label="k8s-app=kube-dns" } }
            environment "four" { (override)platform "envoy-gateway" edition="2026" }
            project "manager" { }
            project "names" { }
            project "shop" { service "web" { image @web; port 80; public host="shop" } }
        "#), @"
        TS318 error 1: the namespace `kube-system` would be this platform's, and it is another system's [one]
        TS318 error 4: the namespace `envoy-gateway-system` would be this platform's, and it is another system's [four]
        TS318 error 5: the namespace `cert-manager` would be this platform's, and it is another system's [two]
        TS318 error 5: the namespace `kube-manager` would be this platform's, and it is another system's [one]
        TS318 error 6: the namespace `hello-names` would be this platform's, and it is another system's [three]
        TS318 error 6: the namespace `kube-names` would be this platform's, and it is another system's [one]
        TS318 error 7: the namespace `kube-shop` would be this platform's, and it is another system's [one]
        ");
    }

    #[test]
    fn labels_by_which_others_select_are_theirs() {
        insta::assert_snapshot!(check_used(r#"
            project "shop" {
                label "istio-injection" "disabled"
                service "web" {
                    image @web
                    label "cnpg.io/cluster" "orders"
                    label "gateway.envoyproxy.io/owning-gateway-name" "public"
                    label "azure.workload.identity/use" "true"
                    label "sidecar.istio.io/inject" "false"
                    label "notcnpg.io/cluster" "orders"
                    label "example.com/cnpg.io" "orders"
                }
            }
        "#), @"
        TS432 error 1: the label `istio-injection` is put on objects by others
        TS432 error 3: the label `azure.workload.identity/use` is put on objects by others
        TS432 error 3: the label `cnpg.io/cluster` is put on objects by others
        TS432 error 3: the label `gateway.envoyproxy.io/owning-gateway-name` is put on objects by others
        TS432 error 3: the label `sidecar.istio.io/inject` is put on objects by others
        ");
    }

    #[test]
    fn nginx_takes_few_characters_into_its_configuration() {
        insta::assert_snapshot!(check_used(r#"
            environment "nginx" { cluster { (override)gateway "public" implementation="ingress-nginx" namespace="gateways" } }
            environment "envoy" { }
            project "shop" {
                service "web" { image @web; port 80; public host="shop" path="/x;y" { also host="shop" path="/a-b_c.d/E1"; also host="www" path="/$request_uri" } }
            }
        "#), @"
        TS459 error 4: the path `/x;y` has `;`, which ingress-nginx refuses [nginx]
        TS459 error 4: the path `/$request_uri` has `$`, which ingress-nginx refuses [nginx]
        ");
    }
}
