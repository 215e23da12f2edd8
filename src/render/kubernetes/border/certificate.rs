//! Certificates of public hosts, which cert-manager asks an issuer for and renews.
//!
//! A `Gateway` is the cluster's own object, and its listener refers to a Secret beside it. So that nobody has to touch it
//! for a new host, all hosts that come in by a gateway stand in one certificate, in the gateway's namespace. An Ingress
//! names its Secret itself and finds it only in its own namespace, so there each host has a certificate of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::cluster::{Certificate, Gateway, Implementation, IssuerKind};
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::value::network::Host;
use crate::render::kubernetes::label;
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::name;
use crate::source::Span;

#[derive(Serialize)]
struct CertificateView<'a> {
    name: String,
    namespace: &'a str,
    secret: String,
    hosts: Vec<String>,
    issuer: &'a Name,
    issuer_kind: &'static str,
}

/// Renders the certificate of each gateway that has one.
pub fn of_gateways(platform: &Platform, objects: &mut Objects<'_>) {
    let labels = label::of_platform(platform);
    for gateway in platform.cluster.gateways.values() {
        let Some(Certificate::Issued { issuer, kind, span }) = &gateway.certificate else { continue };
        let hosts = hosts(platform, gateway);
        if gateway.implementation != Implementation::EnvoyGateway || hosts.is_empty() {
            continue;
        }
        let name = name::of_gateway(platform, gateway);
        let view = CertificateView {
            secret: name.clone(),
            name,
            namespace: gateway.namespace.as_str(),
            hosts: hosts.into_iter().map(ToString::to_string).collect(),
            issuer,
            issuer_kind: kind_of(*kind),
        };
        objects.add("public/certificate.yaml.j2", &labels, *span, &view);
    }
}

/// Renders the certificates of a project's hosts that stand in an Ingress.
pub fn of_ingresses(project: &Project, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let labels = label::of_project(platform, project);
    let public = project.services.values().filter(|it| it.port.is_some()).flat_map(|it| &it.public);
    let mut hosts: BTreeMap<&Host, (&Gateway, Span)> = BTreeMap::new();
    for public in public.filter(|it| it.edge.is_none()) {
        let Some(gateway) = platform.cluster.gateways.get(&public.gateway) else { continue };
        if gateway.implementation == Implementation::IngressNginx {
            hosts.entry(&public.host).or_insert((gateway, public.span));
        }
    }
    for (host, (gateway, span)) in hosts {
        let Some(Certificate::Issued { issuer, kind, span: _ }) = &gateway.certificate else { continue };
        let view = CertificateView {
            name: host.to_string(),
            namespace: &platform.namespace(&project.name),
            secret: of_host(host),
            hosts: vec![host.to_string()],
            issuer,
            issuer_kind: kind_of(*kind),
        };
        objects.add("public/certificate.yaml.j2", &labels, span, &view);
    }
}

/// The hosts that come in by a gateway from outside; those that come by an edge have their TLS there.
pub fn hosts<'a>(platform: &'a Platform, gateway: &Gateway) -> BTreeSet<&'a Host> {
    let services = platform.services().map(|(_, service)| service).filter(|it| it.port.is_some());
    let public = services.flat_map(|it| &it.public);
    public.filter(|it| it.gateway == gateway.name && it.edge.is_none()).map(|it| &it.host).collect()
}

/// The Secret with the certificate of a host. A declared secret has no dot in its name, and a host has one.
pub fn of_host(host: &Host) -> String {
    format!("{host}-tls")
}

fn kind_of(kind: IssuerKind) -> &'static str {
    match kind {
        IssuerKind::ClusterIssuer => "ClusterIssuer",
        IssuerKind::Issuer => "Issuer",
    }
}
