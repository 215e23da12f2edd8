//! Public hosts: an HTTPRoute or an Ingress for each host of a service, by what its gateway understands, and the policies
//! that hold there.
//!
//! One object per host and not per service, because the hosts and paths of one HTTPRoute are multiplied with each other.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, IngressBackend, IngressServiceBackend, IngressTLS, ServiceBackendPort,
};
use serde::Serialize;

use crate::language::Platform;
use crate::language::cluster::{Certificate, Gateway, Implementation};
use crate::language::headers::Headers;
use crate::language::name::{InProject, Name};
use crate::language::project::Project;
use crate::language::service::{Public, Service};
use crate::language::value::network::{Host, Port, UrlPath};
use crate::render::kubernetes::border::{ceiling, certificate, cors, header, token_check};
use crate::render::kubernetes::custom::envoy_gateway::{Cors, ExtAuth, RateLimit, TargetRef};
use crate::render::kubernetes::custom::gateway_api::{self, ParentRef};
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::service::{self, Speech};
use crate::source::Span;

#[derive(Serialize)]
struct HttpRouteView<'a> {
    name: String,
    namespace: &'a str,
    parents: Vec<ParentRef>,
    host: String,
    matches: Vec<PathPrefix>,
    filters: Option<Vec<header::Filter>>,
    service: &'a Name,
    port: u16,
}

#[derive(Serialize)]
struct RedirectView<'a> {
    name: String,
    namespace: &'a str,
    parents: Vec<ParentRef>,
    host: String,
    matches: Vec<PathPrefix>,
}

#[derive(Serialize)]
struct ClosedView<'a> {
    name: String,
    namespace: &'a str,
    parents: Vec<ParentRef>,
    host: String,
    matches: Vec<PathPrefix>,
}

#[derive(Clone, Serialize)]
struct PathPrefix {
    path: PathMatch,
}

#[derive(Clone, Serialize)]
struct PathMatch {
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

#[derive(Serialize)]
struct IngressView<'a> {
    name: String,
    namespace: &'a str,
    class: &'a Name,
    tls: Option<Vec<IngressTLS>>,
    host: String,
    paths: Vec<HTTPIngressPath>,
}

#[derive(Serialize)]
struct SecurityPolicyView<'a> {
    name: &'a Name,
    namespace: &'a str,
    targets: Vec<TargetRef>,
    cors: Option<Cors>,
    ext_auth: Option<ExtAuth>,
}

#[derive(Serialize)]
struct TrafficPolicyView<'a> {
    name: &'a Name,
    namespace: &'a str,
    targets: Vec<TargetRef>,
    rate_limit: RateLimit,
}

/// The paths of one host at one gateway, where browsers are told the same.
#[derive(Debug)]
pub struct Front<'a> {
    name: String,
    /// The host.
    pub host: &'a Host,
    /// What browsers are told.
    pub headers: Option<&'a Headers>,
    /// The gateway.
    pub gateway: &'a Name,
    /// Whether it comes in by an edge, which has its gateway to itself.
    tunnelled: bool,
    /// Whether a second route leads from HTTP to HTTPS. Who comes by a tunnel has been led there at its other end, and would
    /// be led there again and again.
    redirects: bool,
    /// Whether a further route leads what is only for gateways elsewhere.
    closes: bool,
    /// Its paths, and where each is declared.
    pub paths: Vec<(&'a UrlPath, Span)>,
    /// Where the first of them is declared.
    pub span: Span,
}

impl Front<'_> {
    /// What its objects are called.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let redirect = self.redirects.then(|| self.redirect());
        std::iter::once(self.name.clone()).chain(redirect).chain(self.closes.then(|| self.closed()))
    }

    fn closed(&self) -> String {
        format!("{}.closed", self.name)
    }

    fn redirect(&self) -> String {
        format!("{}.redirect", self.name)
    }

    fn matches(&self) -> Vec<PathPrefix> {
        self.paths.iter().map(|(path, _)| PathPrefix::of(path.as_str())).collect()
    }
}

impl PathPrefix {
    fn of(path: &str) -> Self {
        Self { path: PathMatch { kind: "PathPrefix", value: path.to_owned() } }
    }
}

/// The hosts of a service. Their objects are called by service and host; a gateway is named only where the host comes in
/// by more than one, and headers where it has several, so that the name of an object depends on nothing but its own host.
pub fn fronts<'a>(platform: &'a Platform, project: &Project, service: &'a Service) -> Vec<Front<'a>> {
    let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
    let mut grouped: BTreeMap<(&Host, &Name, Option<&Name>), Front<'_>> = BTreeMap::new();
    for public in &service.public {
        let Public { host, path, gateway, edge, headers: _, span } = public;
        let headers = platform.headers_of(&id, public);
        let front = grouped.entry((host, gateway, headers.map(|it| &it.name))).or_insert_with(|| Front {
            name: format!("{}.{host}", service.workload.name),
            host,
            headers,
            gateway,
            tunnelled: false,
            redirects: false,
            closes: false,
            paths: Vec::new(),
            span: *span,
        });
        front.tunnelled |= edge.is_some();
        front.closes |= token_check::is_at(platform, &id, path);
        front.paths.push((path, *span));
    }
    // By how many gateways each host comes in, and with how many headers by each of them.
    let mut gateways: BTreeMap<&Host, BTreeMap<&Name, usize>> = BTreeMap::new();
    for (host, gateway, _) in grouped.keys() {
        *gateways.entry(host).or_default().entry(gateway).or_default() += 1;
    }
    let doubled = |front: &Front<'_>| gateways[front.host].len() > 1;
    let varied = |front: &Front<'_>| gateways[front.host][front.gateway] > 1;
    let named = grouped.into_values().map(|mut front| {
        if doubled(&front) {
            front.name = format!("{}.{}", front.name, front.gateway);
        }
        if let Some(headers) = front.headers.filter(|_| varied(&front)) {
            front.name = format!("{}.{}", front.name, headers.name);
        }
        front.redirects = !front.tunnelled
            && platform.cluster.gateways.get(front.gateway).is_some_and(|it| {
                it.implementation == Implementation::EnvoyGateway && it.certificate.is_some()
            });
        front
    });
    named.collect()
}

/// The objects of a service's public hosts.
pub fn render(project: &Project, service: &Service, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let Some(port) = service.port else { return };
    let mut routes = Vec::new();
    for front in fronts(platform, project, service) {
        let Some(gateway) = platform.cluster.gateways.get(front.gateway) else { continue };
        match gateway.implementation {
            Implementation::EnvoyGateway => {
                routes.push(front.name.clone());
                http_route(project, service, port, front, gateway, objects);
            }
            Implementation::IngressNginx => ingress(project, service, port, front, gateway, objects),
        }
    }
    if !routes.is_empty() {
        policies(project, service, &routes, objects);
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
    let labels = label::of_workload(platform, Some(project), &service.workload, Component::Service);
    let namespace = &platform.namespace(&project.name);
    let has_tls = gateway.certificate.is_some();
    let listener = match (has_tls, front.tunnelled) {
        (false, _) => None,
        (true, false) => Some(HTTPS),
        (true, true) => Some(HTTP),
    };
    if front.closes {
        let view = ClosedView {
            name: front.closed(),
            namespace,
            parents: vec![parent(gateway, listener)],
            host: front.host.to_string(),
            matches: vec![PathPrefix::of(token_check::PRIVATE)],
        };
        objects.add("public/closed.yaml.j2", &labels, front.span, &view);
    }
    if front.redirects {
        let view = RedirectView {
            name: front.redirect(),
            namespace,
            parents: vec![parent(gateway, Some(HTTP))],
            host: front.host.to_string(),
            matches: front.matches(),
        };
        objects.add("public/redirect.yaml.j2", &labels, front.span, &view);
    }
    let view = HttpRouteView {
        matches: front.matches(),
        name: front.name,
        namespace,
        parents: vec![parent(gateway, listener)],
        host: front.host.to_string(),
        filters: front.headers.map(|it| vec![header::filter(it, platform)]),
        service: &service.workload.name,
        port: port.0,
    };
    objects.add("public/http-route.yaml.j2", &labels, front.span, &view);
}

/// The listeners of a `Gateway` that speaks TLS, by the names that it has to give them.
const HTTP: &str = "http";
const HTTPS: &str = "https";

/// The gateway, or one listener of it.
fn parent(gateway: &Gateway, listener: Option<&str>) -> ParentRef {
    ParentRef {
        group: Some(gateway_api::GROUP.to_owned()),
        kind: Some("Gateway".to_owned()),
        namespace: Some(gateway.namespace.to_string()),
        name: Some(gateway.name.to_string()),
        section_name: listener.map(str::to_owned),
        port: None,
    }
}

/// What Envoy Gateway holds at the routes of a service. There may be one of each kind for a route, so everything about it
/// stands in one.
fn policies(project: &Project, service: &Service, routes: &[String], objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
    let labels = label::of_workload(platform, Some(project), &service.workload, Component::Service);
    let namespace = &platform.namespace(&project.name);
    let name = &service.workload.name;
    let targets = || {
        let target = |route: &String| TargetRef {
            group: Some(gateway_api::GROUP.to_owned()),
            kind: Some("HTTPRoute".to_owned()),
            name: Some(route.clone()),
        };
        routes.iter().map(target).collect::<Vec<_>>()
    };
    let cors = cors::of_service(platform, &id).map(|it| it.in_policy());
    let span = platform.apis_of(&id).next().map_or(service.workload.span, |it| it.span);
    let ext_auth = token_check::in_policy(platform, &id);
    if cors.is_some() || ext_auth.is_some() {
        let view = SecurityPolicyView { name, namespace, targets: targets(), cors, ext_auth };
        objects.add("api/security-policy.yaml.j2", &labels, span, &view);
    }
    if let Some(rate_limit) = ceiling::in_policy(platform, &id) {
        let view = TrafficPolicyView { name, namespace, targets: targets(), rate_limit };
        objects.add("api/backend-traffic-policy.yaml.j2", &labels, span, &view);
    }
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
    let labels = label::of_workload(platform, Some(project), &service.workload, Component::Service);
    let namespace = &platform.namespace(&project.name);
    let backend = IngressServiceBackend {
        name: service.workload.name.to_string(),
        port: Some(ServiceBackendPort { number: Some(i32::from(port.0)), name: None }),
    };
    let path = |it: &str| HTTPIngressPath {
        path: Some(it.to_owned()),
        path_type: "Prefix".to_owned(),
        backend: IngressBackend { service: Some(backend.clone()), resource: None },
    };
    let annotations = annotations(platform, project, service, &front, namespace);
    let closed = front.closes.then(|| front.closed());
    let Front { name, host, tunnelled, paths, span, .. } = front;
    // What has no Secret of its own is shown the controller's default certificate.
    let tls = gateway.certificate.as_ref().filter(|_| !tunnelled).map(|certificate| IngressTLS {
        hosts: Some(vec![host.to_string()]),
        secret_name: match certificate {
            Certificate::Issued { .. } => Some(certificate::of_host(host)),
            Certificate::ByHand { .. } => None,
        },
    });
    let tls = tls.map(|it| vec![it]);
    if let Some(name) = closed {
        let mut annotations = annotations.clone();
        let nobody = "0.0.0.0/0,::/0".to_owned();
        annotations.insert("nginx.ingress.kubernetes.io/denylist-source-range", nobody);
        let view = IngressView {
            name,
            namespace,
            class: &gateway.name,
            tls: tls.clone(),
            host: host.to_string(),
            paths: vec![path(token_check::PRIVATE)],
        };
        objects.add_annotated("public/ingress.yaml.j2", &labels, annotations, span, &view);
    }
    let view = IngressView {
        name,
        namespace,
        class: &gateway.name,
        tls,
        host: host.to_string(),
        paths: paths.into_iter().map(|(it, _)| path(it.as_str())).collect(),
    };
    objects.add_annotated("public/ingress.yaml.j2", &labels, annotations, span, &view);
}

fn annotations(
    platform: &Platform,
    project: &Project,
    service: &Service,
    front: &Front<'_>,
    namespace: &str,
) -> BTreeMap<&'static str, String> {
    let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
    let cors = cors::of_service(platform, &id);
    let mut annotations = cors.map(|it| it.annotations()).unwrap_or_default();
    annotations.extend(token_check::annotations(platform, &id));
    if let Some(headers) = front.headers {
        let config_map = header::config_map(headers, platform);
        annotations.insert("nginx.ingress.kubernetes.io/custom-headers", format!("{namespace}/{config_map}"));
    }
    if front.tunnelled {
        annotations.insert("nginx.ingress.kubernetes.io/ssl-redirect", "false".to_owned());
    } else {
        annotations.extend(ceiling::annotations(platform, &id));
    }
    if service::speech(service) == Speech::Grpc {
        annotations.insert("nginx.ingress.kubernetes.io/backend-protocol", "GRPC".to_owned());
    }
    annotations
}

/// What the ingresses of a project need beside them: the headers that they send, and certificates.
pub fn render_shared(project: &Project, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let services = project.services.values().filter(|it| it.port.is_some());
    let fronts = services.flat_map(|it| fronts(platform, project, it));
    let mut used: BTreeMap<String, (&Headers, Span)> = BTreeMap::new();
    for front in fronts {
        let gateway = platform.cluster.gateways.get(front.gateway);
        let is_ingress = gateway.is_some_and(|it| it.implementation == Implementation::IngressNginx);
        if let Some(headers) = front.headers.filter(|_| is_ingress) {
            used.entry(header::config_map(headers, platform)).or_insert((headers, headers.span));
        }
    }
    header::render(project, &used, objects);
    certificate::of_ingresses(project, objects);
}
