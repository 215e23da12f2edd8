//! A service: a Deployment, or a StatefulSet where it has disks, and the Service by which it is reached.

use k8s_openapi::api::core::v1::{
    ContainerPort, PersistentVolumeClaim, ServicePort, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use crate::language::project::Project;
use crate::language::service::{Ask, Replicas, Service};
use crate::language::value::network::Port;
use crate::language::value::time::Duration;
use crate::language::workload::Workload;
use crate::render::kubernetes::label::{self, Component, Labels};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::pod::{self, Pod, Role};
use crate::render::kubernetes::{autoscale, name, probe, public, quantity, volume, workload};

/// What is spoken on a service's port, as far as the declaration shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// HTTP: it is public, or its health is asked by HTTP there.
    Http,
    /// gRPC: its health is asked that way there.
    Grpc,
    /// Some protocol over TCP.
    Tcp,
}

#[derive(Serialize)]
struct DeploymentView<'a> {
    name: &'a str,
    namespace: &'a str,
    replicas: Option<u32>,
    progress_seconds: i32,
    selector: &'a Labels,
    pod: Pod<'a>,
}

#[derive(Serialize)]
struct StatefulSetView<'a> {
    name: &'a str,
    namespace: &'a str,
    replicas: Option<u32>,
    governing_service: Option<String>,
    selector: &'a Labels,
    pod: Pod<'a>,
    claims: Vec<PersistentVolumeClaim>,
}

#[derive(Serialize)]
struct ServiceView<'a> {
    name: String,
    namespace: &'a str,
    selector: &'a Labels,
    ports: Vec<ServicePort>,
}

/// A start that takes its declared time and then some, pulling of the image included, is no failure.
const PULL_SECONDS: i32 = 600;

/// All objects of a service.
pub fn render(project: &Project, service: &Service, objects: &mut Objects<'_>) {
    let Service {
        workload,
        port,
        replicas,
        health: _, // Both are read by `probe`.
        ready: _,
        start_within,
        disks,
        public: _, // Read by `public`.
        offers: _, // An edge of whoever takes the offer; `network` renders it.
    } = service;
    workload::render(workload, Component::Service, objects);
    let namespace = &objects.namespace();
    let name = workload.name.as_str();
    let labels = label::of_workload(objects.context.platform, objects.project, workload, Component::Service);
    let selector = &label::selector(name, Component::Service);
    let pod = pod::template(workload, role(service, selector), objects);
    let kind = if disks.is_empty() { "Deployment" } else { "StatefulSet" };
    if disks.is_empty() {
        deployment(workload, Component::Service, replicas, *start_within, pod, objects);
    } else {
        let governing_service = port.map(|_| name::of_pods(&workload.name));
        let claims = volume::claims(disks, selector);
        let replicas = fixed(replicas);
        let view = StatefulSetView { name, namespace, replicas, governing_service, selector, pod, claims };
        objects.add("service/stateful-set.yaml.j2", &labels, workload.span, &view);
    }
    if let Some(port) = port {
        let ports = || vec![service_port(*port, service)];
        let view = ServiceView { name: name.to_owned(), namespace, selector, ports: ports() };
        objects.add("service/service.yaml.j2", &labels, workload.span, &view);
        if !disks.is_empty() {
            let view =
                ServiceView { name: name::of_pods(&workload.name), namespace, selector, ports: ports() };
            objects.add("service/headless-service.yaml.j2", &labels, workload.span, &view);
        }
    }
    autoscale::render(workload, Component::Service, replicas, kind, objects);
    public::render(project, service, objects);
}

/// The Deployment of a workload.
pub fn deployment(
    workload: &Workload,
    component: Component,
    replicas: &Replicas,
    start_within: Duration,
    pod: Pod<'_>,
    objects: &mut Objects<'_>,
) {
    let labels = label::of_workload(objects.context.platform, objects.project, workload, component);
    let name = workload.name.as_str();
    let view = DeploymentView {
        name,
        namespace: &objects.namespace(),
        replicas: fixed(replicas),
        progress_seconds: quantity::of_short_seconds(start_within).saturating_add(PULL_SECONDS),
        selector: &label::selector(name, component),
        pod,
    };
    objects.add("service/deployment.yaml.j2", &labels, workload.span, &view);
}

/// The number of replicas; `None` where an autoscaler sets it.
fn fixed(replicas: &Replicas) -> Option<u32> {
    (!autoscale::follows_load(replicas)).then_some(replicas.from)
}

/// What is spoken on the service's port.
pub fn speech(service: &Service) -> Speech {
    let probes = service.health.iter().chain(&service.ready);
    let mut asked = probes.filter(|it| Some(it.port) == service.port).map(|it| &it.ask);
    match asked.find(|it| **it != Ask::Tcp) {
        Some(Ask::Grpc) => Speech::Grpc,
        Some(Ask::Http(_)) => Speech::Http,
        _ if !service.public.is_empty() => Speech::Http,
        _ => Speech::Tcp,
    }
}

fn role<'a>(service: &'a Service, selector: &Labels) -> Role<'a> {
    let port = service.port.map(|port| ContainerPort {
        name: Some(port_name(service).to_owned()),
        container_port: i32::from(port.0),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    });
    Role {
        component: Component::Service,
        restart: "Always",
        ports: port.into_iter().collect(),
        probes: probe::of_service(service),
        disks: &service.disks,
        spread: spread(&service.replicas, selector, !service.disks.is_empty()),
    }
}

/// Replicas of one revision stand in different zones and on different nodes as far as there are any.
pub fn spread(replicas: &Replicas, selector: &Labels, disks: bool) -> Vec<TopologySpreadConstraint> {
    if replicas.to < 2 {
        return Vec::new();
    }
    let revision = if disks { "controller-revision-hash" } else { "pod-template-hash" };
    let constraint = |key: &str| TopologySpreadConstraint {
        max_skew: 1,
        topology_key: key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(selector.clone()), match_expressions: None }),
        match_label_keys: Some(vec![revision.to_owned()]),
        ..TopologySpreadConstraint::default()
    };
    ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map(constraint).into()
}

fn service_port(port: Port, service: &Service) -> ServicePort {
    let number = i32::from(port.0);
    ServicePort {
        name: Some(port_name(service).to_owned()),
        port: number,
        // By number: a name that changes would lead nowhere until all pods are replaced.
        target_port: Some(IntOrString::Int(number)),
        protocol: Some("TCP".to_owned()),
        // Without it a gateway speaks HTTP/1.1 to what only understands HTTP/2.
        app_protocol: (speech(service) == Speech::Grpc).then(|| "kubernetes.io/h2c".to_owned()),
        node_port: None,
    }
}

/// Meshes read the protocol from it, so it must be true.
fn port_name(service: &Service) -> &'static str {
    match speech(service) {
        Speech::Http => "http",
        Speech::Grpc => "grpc",
        Speech::Tcp => "tcp",
    }
}
