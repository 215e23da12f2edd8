//! Who is let in from outside by name: Ingress objects, the routes of the Gateway API, and those of `OpenShift`.
//!
//! Each leads to a Service, and a Service to the pods that it selects, on the port that it forwards to.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::connectivity::cluster::{Class, Cluster};
use crate::facts::connectivity::port::{Ports, Protocol};
use crate::facts::manifest::{Manifests, Object, Places};
use crate::facts::selector::Selector;

/// What is let in from outside.
#[derive(Debug, Default)]
pub struct Entrances {
    /// By namespace and labels: which pods, on what ports of theirs.
    ways: Vec<Way>,
}

#[derive(Debug)]
struct Way {
    namespace: String,
    selector: Selector,
    ports: Vec<Target>,
}

/// A port of pods.
#[derive(Clone, Debug)]
enum Target {
    Number(u16),
    Named(String),
}

/// The port of a Service that is asked for.
#[derive(Clone, Debug)]
enum Wanted {
    Any,
    Number(i64),
    Named(String),
}

/// The Service that something leads to.
struct Backend {
    namespace: String,
    service: String,
    port: Wanted,
}

#[derive(Deserialize)]
struct Route<S> {
    spec: S,
}

/// A route of the Gateway API, of whatever kind.
#[derive(Deserialize)]
struct GatewayRoute {
    rules: Option<Vec<GatewayRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GatewayRule {
    backend_refs: Option<Vec<BackendRef>>,
}

#[derive(Deserialize)]
struct BackendRef {
    group: Option<String>,
    kind: Option<String>,
    name: String,
    namespace: Option<String>,
    port: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenShiftRoute {
    to: RouteTarget,
    alternate_backends: Option<Vec<RouteTarget>>,
    port: Option<RoutePort>,
}

#[derive(Deserialize)]
struct RouteTarget {
    kind: Option<String>,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoutePort {
    target_port: IntOrString,
}

const GATEWAY: &str = "gateway.networking.k8s.io";

impl Entrances {
    /// Reads what leads in. A Service that is not in the files is reported: nobody knows which pods it has.
    pub fn of(manifests: &Manifests, cluster: &Cluster, places: &Places<'_>, sink: &mut Diagnostics) -> Self {
        let mut services: BTreeMap<(&str, &str), &Object> = BTreeMap::new();
        services
            .extend(manifests.of_kind("", "Service").map(|it| ((it.namespace(), it.id.name.as_str()), it)));
        let mut entrances = Self::default();
        for object in &manifests.objects {
            for Backend { namespace, service, port } in backends(object, places, sink) {
                let Some(found) = services.get(&(namespace.as_str(), service.as_str())) else {
                    let message = format!(
                        "{} leads to Service `{namespace}/{service}`, which is not in the files",
                        object.name()
                    );
                    sink.report_with(Code::ManifestNotFollowed, || {
                        Diagnostic::new(Code::ManifestNotFollowed, places.find(object, &[]), message)
                    });
                    continue;
                };
                let Some(service) = found.read_as::<Service>(places, sink) else { continue };
                let spec = service.spec.unwrap_or_default();
                // One without a selector has its addresses from elsewhere.
                let Some(selector) = spec.selector.filter(|it| !it.is_empty()) else { continue };
                let selector = Selector::of_labels(&selector);
                let ports = spec
                    .ports
                    .iter()
                    .flatten()
                    .filter(|it| is_wanted(it, &port))
                    .filter_map(target)
                    .collect();
                entrances.ways.push(Way { namespace, selector, ports });
            }
        }
        entrances.ways.retain(|way| cluster.classes.iter().any(|it| way.selects(it)));
        entrances
    }

    /// Which workloads they lead to, and on what ports.
    pub fn reached(&self, cluster: &Cluster) -> Vec<(usize, Ports)> {
        let mut reached: BTreeMap<usize, Ports> = BTreeMap::new();
        let mut of_class: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (at, workload) in cluster.workloads.iter().enumerate() {
            workload.classes.iter().for_each(|it| {
                of_class.entry(*it).or_default().insert(at);
            });
        }
        for way in &self.ways {
            for (at, class) in cluster.classes.iter().enumerate().filter(|it| way.selects(it.1)) {
                let ports = way.ports.iter().fold(Ports::none(), |all, it| &all | &it.of(class));
                for workload in of_class.get(&at).into_iter().flatten() {
                    let all = reached.entry(*workload).or_default();
                    *all = &*all | &ports;
                }
            }
        }
        reached.into_iter().filter(|it| !it.1.is_empty()).collect()
    }
}

impl Way {
    fn selects(&self, class: &Class) -> bool {
        class.namespace == self.namespace && self.selector.matches(&class.labels)
    }
}

impl Target {
    fn of(&self, class: &Class) -> Ports {
        match self {
            Self::Number(it) => Ports::of(Protocol::Tcp, *it..=*it),
            Self::Named(name) => {
                let named = class.ports.iter().filter(|it| it.name.as_deref() == Some(name));
                let tcp = named.filter(|it| it.protocol == Protocol::Tcp);
                tcp.fold(Ports::none(), |all, it| &all | &Ports::of(Protocol::Tcp, it.number..=it.number))
            }
        }
    }
}

fn is_wanted(port: &ServicePort, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Any => true,
        Wanted::Number(it) => i64::from(port.port) == *it,
        Wanted::Named(it) => port.name.as_deref() == Some(it),
    }
}

/// Where a port of a Service leads; nowhere but to TCP.
fn target(port: &ServicePort) -> Option<Target> {
    if port.protocol.as_deref().is_some_and(|it| it != "TCP") {
        return None;
    }
    let number = |it: i32| u16::try_from(it).ok().map(Target::Number);
    match &port.target_port {
        Some(IntOrString::Int(it)) if *it != 0 => number(*it),
        Some(IntOrString::String(it)) if !it.is_empty() => Some(Target::Named(it.clone())),
        _ => number(port.port),
    }
}

/// The Services that an object leads to.
fn backends(object: &Object, places: &Places<'_>, sink: &mut Diagnostics) -> Vec<Backend> {
    let namespace = || object.namespace().to_owned();
    if object.is("networking.k8s.io", "Ingress") {
        let Some(ingress) = object.read_as::<Ingress>(places, sink) else { return Vec::new() };
        let spec = ingress.spec.unwrap_or_default();
        let of_rules = spec.rules.into_iter().flatten().filter_map(|it| it.http).flat_map(|it| it.paths);
        let all = spec.default_backend.into_iter().chain(of_rules.map(|it| it.backend));
        return all.filter_map(|it| of_ingress(namespace(), it)).collect();
    }
    if object.group() == GATEWAY && object.id.kind.ends_with("Route") {
        let Some(route) = object.read_as::<Route<GatewayRoute>>(places, sink) else { return Vec::new() };
        let rules = route.spec.rules.into_iter().flatten();
        let refs = rules.flat_map(|it| it.backend_refs.into_iter().flatten());
        let services = refs.filter(|it| {
            it.group.as_deref().unwrap_or_default().is_empty()
                && it.kind.as_deref().is_none_or(|it| it == "Service")
        });
        return services
            .map(|it| Backend {
                namespace: it.namespace.unwrap_or_else(namespace),
                service: it.name,
                port: it.port.map_or(Wanted::Any, Wanted::Number),
            })
            .collect();
    }
    if object.is("route.openshift.io", "Route") {
        let Some(route) = object.read_as::<Route<OpenShiftRoute>>(places, sink) else { return Vec::new() };
        let OpenShiftRoute { to, alternate_backends, port } = route.spec;
        let targets = std::iter::once(to).chain(alternate_backends.into_iter().flatten());
        let services = targets.filter(|it| it.kind.as_deref().is_none_or(|it| it == "Service"));
        // It names the port of the Service, or that of the pods behind it.
        let wanted = |it: &IntOrString| match it {
            IntOrString::Int(it) => Wanted::Number(i64::from(*it)),
            IntOrString::String(it) => Wanted::Named(it.clone()),
        };
        let port = port.map_or(Wanted::Any, |it| wanted(&it.target_port));
        return services
            .map(|it| Backend { namespace: namespace(), service: it.name, port: port.clone() })
            .collect();
    }
    Vec::new()
}

fn of_ingress(namespace: String, backend: IngressBackend) -> Option<Backend> {
    let service = backend.service?;
    let port = match service.port {
        None => Wanted::Any,
        Some(it) => match (it.name.filter(|it| !it.is_empty()), it.number) {
            (Some(name), _) => Wanted::Named(name),
            (None, Some(number)) => Wanted::Number(number.into()),
            (None, None) => Wanted::Any,
        },
    };
    Some(Backend { namespace, service: service.name, port })
}
