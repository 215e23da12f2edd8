//! What is wrong with the Services and Ingress objects in anyone's manifests.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::connectivity::Connectivity;
use crate::facts::connectivity::cluster::Class;
use crate::facts::manifest::{Manifests, Object, Places};
use crate::facts::selector::Selector;
use crate::render::yaml::{Step, key, keys};

/// Reports it.
pub fn check(
    manifests: &Manifests,
    connectivity: &Connectivity,
    places: &Places<'_>,
    sink: &mut Diagnostics,
) {
    // What cannot be read has been reported by who followed it, or is by whoever applies it.
    let mut unread = Diagnostics::default();
    let has_pods = !connectivity.cluster.workloads.is_empty();
    for object in manifests.of_kind("", "Service") {
        if let Some(service) = object.read_as::<Service>(places, &mut unread) {
            Checked { object, places, sink: &mut *sink }.service(&service, connectivity, has_pods);
        }
    }
    let mut hosts: BTreeMap<(String, String), &Object> = BTreeMap::new();
    for object in manifests.of_kind("networking.k8s.io", "Ingress") {
        if let Some(ingress) = object.read_as::<Ingress>(places, &mut unread) {
            Checked { object, places, sink: &mut *sink }.ingress(&ingress, &mut hosts);
        }
    }
}

struct Checked<'a, 's> {
    object: &'a Object,
    places: &'s Places<'s>,
    sink: &'s mut Diagnostics,
}

impl<'a> Checked<'a, '_> {
    fn service(&mut self, service: &Service, connectivity: &Connectivity, has_pods: bool) {
        let Some(spec) = &service.spec else { return };
        let kind = spec.type_.as_deref().unwrap_or("ClusterIP");
        if kind == "NodePort" {
            let path = keys(&["spec", "type"]);
            self.report(
                Code::ServiceOnNodes,
                &path,
                "a `NodePort` is open on every node, to whoever reaches one",
                "put an Ingress or a route in front of a Service of type `ClusterIP`",
            );
        }
        let ranges = spec.load_balancer_source_ranges.as_deref().unwrap_or_default();
        let is_internal = service.metadata.annotations.iter().flatten().any(|it| it.0.contains("internal"));
        if kind == "LoadBalancer" && ranges.is_empty() && !is_internal {
            let path = keys(&["spec", "type"]);
            self.report(
                Code::ServiceOpen,
                &path,
                "a load balancer without `loadBalancerSourceRanges` is open to the whole Internet",
                "name the addresses that may come in by `loadBalancerSourceRanges`",
            );
        }
        if spec.external_ips.as_ref().is_some_and(|it| !it.is_empty()) {
            let path = keys(&["spec", "externalIPs"]);
            self.report(
                Code::ServiceExternalIps,
                &path,
                "`externalIPs` takes what is meant for these addresses away from whoever has them (CVE-2020-8554)",
                "leave `externalIPs` out: a load balancer gives a Service an address of its own",
            );
        }
        let Some(selector) = spec.selector.as_ref().filter(|it| !it.is_empty()) else { return };
        if !has_pods || kind == "ExternalName" {
            return;
        }
        let selector = Selector::of_labels(selector);
        let strangers = connectivity.strangers.len();
        let own = &connectivity.cluster.classes[..connectivity.cluster.classes.len() - strangers];
        let selected: Vec<&Class> = own
            .iter()
            .filter(|it| it.namespace == self.object.namespace() && selector.matches(&it.labels))
            .collect();
        if selected.is_empty() {
            self.report(
                Code::ServiceSelectsNobody,
                &keys(&["spec", "selector"]),
                "it selects no pod of the files",
                "compare its selector with the labels of the pods",
            );
            return;
        }
        for (index, port) in spec.ports.iter().flatten().enumerate() {
            self.port(index, port, &selected);
        }
    }

    fn port(&mut self, index: usize, port: &ServicePort, selected: &[&Class]) {
        let Some(IntOrString::String(name)) = &port.target_port else { return };
        let has_it = |it: &&Class| it.ports.iter().any(|it| it.name.as_ref() == Some(name));
        if !selected.iter().all(has_it) {
            let path = [key("spec"), key("ports"), Step::Index(index), key("targetPort")];
            let message = format!("no container of the pods that it selects has a port called `{name}`");
            self.report(
                Code::ServicePortUnknown,
                &path,
                &message,
                "name the port in the container, or give its number here",
            );
        }
    }

    fn ingress(&mut self, ingress: &Ingress, hosts: &mut BTreeMap<(String, String), &'a Object>) {
        let Some(spec) = &ingress.spec else { return };
        let tls: Vec<&str> =
            spec.tls.iter().flatten().flat_map(|it| it.hosts.iter().flatten()).map(String::as_str).collect();
        for (index, rule) in spec.rules.iter().flatten().enumerate() {
            let path = [key("spec"), key("rules"), Step::Index(index)];
            let host = rule.host.as_deref().filter(|it| !it.is_empty());
            match host {
                None => self.report(
                    Code::IngressOfEveryHost,
                    &path,
                    "a rule without `host` answers for every name that nobody else has",
                    "name the host",
                ),
                Some(host) if host.starts_with("*.") => self.report(
                    Code::IngressOfEveryHost,
                    &[&path[..], &[key("host")]].concat(),
                    &format!("`{host}` answers for every name below it"),
                    "name the hosts one by one",
                ),
                Some(host) => {
                    let parent = host.split_once('.').map(|it| format!("*.{}", it.1));
                    let is_covered = tls.iter().any(|it| *it == host || Some(*it) == parent.as_deref());
                    if !is_covered {
                        self.report(
                            Code::IngressInClear,
                            &[&path[..], &[key("host")]].concat(),
                            &format!("`{host}` is served without TLS: no entry of `tls` names it"),
                            "add it to the `hosts` of an entry of `tls`, with the Secret of its certificate",
                        );
                    }
                }
            }
            for (at, way) in rule.http.iter().flat_map(|it| &it.paths).enumerate() {
                let id = (host.unwrap_or_default().to_owned(), way.path.clone().unwrap_or_default());
                let (places, object) = (self.places, self.object);
                match hosts.get(&id) {
                    Some(other) if other.id != object.id => {
                        let path = [&path[..], &[key("http"), key("paths"), Step::Index(at)]].concat();
                        let message = format!(
                            "{}: {} has the path `{}` of `{}` already",
                            object.name(),
                            other.name(),
                            id.1,
                            id.0
                        );
                        self.sink.report(
                            Diagnostic::new(Code::IngressTwice, places.find(object, &path), message)
                                .related(places.find(other, &[]), "the other one")
                                .help("which of them is served is up to the controller: leave one out"),
                        );
                    }
                    Some(_) => (),
                    None => {
                        hosts.insert(id, object);
                    }
                }
            }
        }
    }

    fn report(&mut self, code: Code, path: &[Step], message: &str, help: &str) {
        let (places, object) = (self.places, self.object);
        self.sink.report_with(code, || {
            Diagnostic::new(code, places.find(object, path), format!("{}: {message}", object.name()))
                .help(help)
        });
    }
}
