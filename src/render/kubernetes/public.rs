//! Public hosts: an HTTPRoute or an Ingress for each host of a service, by what its gateway understands.
//!
//! One object per host and not per service, because the hosts and paths of one HTTPRoute are multiplied with each other.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, IngressBackend, IngressServiceBackend, ServiceBackendPort,
};
use serde::Serialize;

use crate::language::cluster::{Gateway, Implementation};
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::service::{Public, Service};
use crate::language::value::network::{Host, Port, UrlPath};
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::service::{self, Speech};
use crate::source::Span;

#[derive(Serialize)]
struct HttpRouteView<'a> {
    name: String,
    namespace: &'a str,
    gateway: &'a Name,
    gateway_namespace: &'a Name,
    host: String,
    matches: Vec<PathPrefix>,
    service: &'a Name,
    port: u16,
}

#[derive(Serialize)]
struct PathPrefix {
    path: PathMatch,
}

#[derive(Serialize)]
struct PathMatch {
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

#[derive(Serialize)]
struct IngressView<'a> {
    name: String,
    namespace: &'a str,
    annotations: Option<BTreeMap<&'static str, &'static str>>,
    class: &'a Name,
    host: String,
    paths: Vec<HTTPIngressPath>,
}

/// The paths of one host at one gateway.
#[derive(Debug)]
pub struct Front<'a> {
    /// What its object is called.
    pub name: String,
    /// The host.
    pub host: &'a Host,
    gateway: &'a Name,
    paths: Vec<&'a UrlPath>,
    /// Where the first of them is declared.
    pub span: Span,
}

impl Front<'_> {
    /// How many paths of the host lead to the service.
    pub fn paths(&self) -> usize {
        self.paths.len()
    }
}

/// The hosts of a service. Their objects are called by service and host; a gateway is named only where the host comes in
/// by more than one, so that the name of an object depends on nothing but its own host.
pub fn fronts(service: &Service) -> Vec<Front<'_>> {
    let mut grouped: BTreeMap<(&Host, &Name), (Vec<&UrlPath>, Span)> = BTreeMap::new();
    for public in &service.public {
        let Public { host, path, gateway, edge: _, headers: _, span } = public;
        let (paths, _) = grouped.entry((host, gateway)).or_insert((Vec::new(), *span));
        paths.push(path);
    }
    let mut seen = BTreeSet::new();
    let doubled: BTreeSet<&Host> = grouped.keys().map(|it| it.0).filter(|it| !seen.insert(*it)).collect();
    let name = &service.workload.name;
    let front = |((host, gateway), (paths, span))| Front {
        name: if doubled.contains(host) {
            format!("{name}.{host}.{gateway}")
        } else {
            format!("{name}.{host}")
        },
        host,
        gateway,
        paths,
        span,
    };
    grouped.into_iter().map(front).collect()
}

/// The objects of a service's public hosts.
pub fn render(project: &Project, service: &Service, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let Some(port) = service.port else { return };
    for front in fronts(service) {
        let Some(gateway) = platform.cluster.gateways.get(front.gateway) else { continue };
        match gateway.implementation {
            Implementation::EnvoyGateway => http_route(project, service, port, front, gateway, objects),
            Implementation::IngressNginx => ingress(project, service, port, front, gateway, objects),
        }
    }
}

fn http_route(
    project: &Project,
    service: &Service,
    port: Port,
    front: Front<'_>,
    gateway: &Gateway,
    objects: &mut Objects<'_>,
) {
    let platform = objects.context.platform;
    let labels = label::of_workload(platform, project, &service.workload, Component::Service);
    let Front { name, host, gateway: _, paths, span } = front;
    let prefix = |it: &UrlPath| PathPrefix { path: PathMatch { kind: "PathPrefix", value: it.to_string() } };
    let view = HttpRouteView {
        name,
        namespace: &platform.namespace(&project.name),
        gateway: &gateway.name,
        gateway_namespace: &gateway.namespace,
        host: host.to_string(),
        matches: paths.into_iter().map(prefix).collect(),
        service: &service.workload.name,
        port: port.0,
    };
    objects.add("public/http-route.yaml.j2", &labels, span, &view);
}

fn ingress(
    project: &Project,
    service: &Service,
    port: Port,
    front: Front<'_>,
    gateway: &Gateway,
    objects: &mut Objects<'_>,
) {
    let platform = objects.context.platform;
    let labels = label::of_workload(platform, project, &service.workload, Component::Service);
    let Front { name, host, gateway: _, paths, span } = front;
    let backend = IngressServiceBackend {
        name: service.workload.name.to_string(),
        port: Some(ServiceBackendPort { number: Some(i32::from(port.0)), name: None }),
    };
    let path = |it: &UrlPath| HTTPIngressPath {
        path: Some(it.to_string()),
        path_type: "Prefix".to_owned(),
        backend: IngressBackend { service: Some(backend.clone()), resource: None },
    };
    let view = IngressView {
        name,
        namespace: &platform.namespace(&project.name),
        annotations: (service::speech(service) == Speech::Grpc)
            .then(|| [("nginx.ingress.kubernetes.io/backend-protocol", "GRPC")].into()),
        class: &gateway.name,
        host: host.to_string(),
        paths: paths.into_iter().map(path).collect(),
    };
    objects.add("public/ingress.yaml.j2", &labels, span, &view);
}
