//! What is declared for the border and no gateway could hold, said where it is declared.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::api::Api;
use crate::language::cluster::{Certificate, Gateway, Implementation, IssuerKind};
use crate::language::headers::Headers;
use crate::language::name::InProject;
use crate::render::kubernetes::border::{certificate, header, token_check};
use crate::source::Span;

/// The most names that the public authorities put into one certificate.
const MOST_NAMES: usize = 100;

/// Reports all of it.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    platform.cluster.gateways.values().for_each(|it| check_certificate(platform, it, sink));
    check_headers(platform, sink);
    for api in platform.apis.values() {
        check_public(platform, api, sink);
        check_asked(platform, api, sink);
        check_patience(platform, api, sink);
    }
    check_tunnels(platform, sink);
    platform.cluster.gateways.values().for_each(|it| check_sent(platform, it, sink));
}

/// Says what the ConfigMap of ingress-nginx has to list, so that it sends headers at all.
fn check_sent(platform: &Platform, gateway: &Gateway, sink: &mut Diagnostics) {
    if gateway.implementation != Implementation::IngressNginx {
        return;
    }
    let public = platform.services().flat_map(|(project, service)| {
        let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
        service.public.iter().map(move |it| (id.clone(), it))
    });
    let here = public.filter(|(_, it)| it.gateway == gateway.name);
    let told: Vec<&Headers> = here.filter_map(|(id, it)| platform.headers_of(&id, it)).collect();
    let Some(first) = told.first() else { return };
    let names: BTreeSet<&str> = told.iter().flat_map(|it| it.lines(platform)).map(|(name, _)| name).collect();
    let message = format!("gateway `{}` sends headers only where its own ConfigMap lists them", gateway.name);
    let names: Vec<&str> = names.into_iter().collect();
    sink.report(
        Diagnostic::new(Code::GatewaySendsNothing, gateway.span, message)
            .related(first.span, "headers are declared here")
            .help(format!("let it say `global-allowed-response-headers: \"{}\"`", names.join(","))),
    );
}

fn check_certificate(platform: &Platform, gateway: &Gateway, sink: &mut Diagnostics) {
    let Some(Certificate::Issued { issuer: _, kind, span }) = &gateway.certificate else { return };
    match gateway.implementation {
        Implementation::IngressNginx if *kind == IssuerKind::Issuer => {
            let message = format!(
                "an issuer of namespace `{}` cannot make certificates for gateway `{}`: an Ingress looks for them in the \
                 namespace of its project",
                gateway.namespace, gateway.name
            );
            sink.report(
                Diagnostic::new(Code::IssuerElsewhere, *span, message)
                    .related(gateway.span, "its implementation")
                    .help("name a cluster issuer, without `kind`"),
            );
        }
        Implementation::IngressNginx => (),
        Implementation::EnvoyGateway => {
            let count = certificate::hosts(platform, gateway).len();
            if count > MOST_NAMES {
                let message = format!("the certificate of gateway `{}` has {count} names", gateway.name);
                sink.report(Diagnostic::new(Code::CertificateNames, *span, message).help(format!(
                    "Let's Encrypt puts at most {MOST_NAMES} into one: lead some of the hosts through another gateway"
                )));
            }
        }
    }
}

fn check_headers(platform: &Platform, sink: &mut Diagnostics) {
    for headers in platform.headers.values() {
        let long = headers.lines(platform).into_iter().find(|it| it.1.len() > header::LONGEST_VALUE);
        if let Some((name, value)) = long {
            let span = headers.csp.as_ref().map_or(headers.span, |it| it.span);
            let message = format!(
                "`{name}` of headers `{}` has {} characters, and a gateway sends {}",
                headers.name,
                value.len(),
                header::LONGEST_VALUE
            );
            sink.report(Diagnostic::new(Code::HeaderTooLong, span, message).help(
                "name fewer sources: where many come from one provider, its whole origin stands for all of them",
            ));
        }
    }
}

/// Whatever an interface says for the border is held by the gateway that leads to it, or by whom that asks.
fn check_public(platform: &Platform, api: &Api, sink: &mut Diagnostics) {
    let Some(service) = platform.service(&api.service).filter(|it| it.public.is_empty()) else { return };
    let said: [(&str, Option<Span>); 3] = [
        ("headers", api.headers.as_ref().map(|_| api.span)),
        ("cors", api.cors.as_ref().map(|it| it.span)),
        ("key", api.key.as_ref().map(|it| it.span)),
    ];
    let mut said = said.into_iter().filter_map(|(word, span)| Some((word, span?)));
    let Some((word, span)) = said.next() else { return };
    let words: Vec<String> =
        std::iter::once(word).chain(said.map(|it| it.0)).map(|it| format!("`{it}`")).collect();
    let message = format!(
        "nobody enforces {} of api `{}`: service `{}` is not public, so no gateway stands before it",
        words.join(" and "),
        api.name,
        api.service
    );
    sink.report(
        Diagnostic::new(Code::NoBorder, span, message)
            .related(service.workload.span, "the service")
            .help("declare `public host=\"…\"` there, or leave this out"),
    );
}

/// Limits are held by the token service, and by nobody where no gateway can ask it. That there is none is the token
/// service's own finding.
fn check_asked(platform: &Platform, api: &Api, sink: &mut Diagnostics) {
    let (Some(key), Some(auth)) = (&api.key, &platform.auth) else { return };
    let why = if auth.service == api.service {
        format!("`{}` is the token service itself", api.service)
    } else if platform.service(&auth.service).is_none_or(|it| it.port.is_none()) {
        format!("the token service `{}` has no port on which it could be asked", auth.service)
    } else {
        return;
    };
    let message = format!("nobody counts for api `{}`: {why}", api.name);
    sink.report(
        Diagnostic::new(Code::NotAsked, key.span, message)
            .related(auth.span, "declared here")
            .help("let another service answer the api, or leave its `key` and counters out"),
    );
}

/// nginx waits a minute for an answer, and then refuses the request.
fn check_patience(platform: &Platform, api: &Api, sink: &mut Diagnostics) {
    let Some(slow_down) = &api.slow_down else { return };
    let public = platform.service(&api.service).map(|it| it.public.as_slice()).unwrap_or_default();
    let mut gateways = public.iter().filter_map(|it| platform.cluster.gateways.get(&it.gateway));
    let nginx = gateways.find(|it| it.implementation == Implementation::IngressNginx);
    if let Some(gateway) = nginx.filter(|_| slow_down.up_to.0 > token_check::LONGEST_WAIT.0) {
        let message = format!(
            "`up-to` is `{}`, and ingress-nginx waits a minute at most for the token service",
            slow_down.up_to
        );
        sink.report(
            Diagnostic::new(Code::SlowerThanPatience, slow_down.span, message)
                .related(gateway.span, "the gateway")
                .help(format!("write at most `up-to=\"{}\"`", token_check::LONGEST_WAIT)),
        );
    }
}

/// Callers whom only their addresses tell apart look like one behind a tunnel, unless the gateway believes it about them.
fn check_tunnels(platform: &Platform, sink: &mut Diagnostics) {
    let mut told = BTreeSet::new();
    for (project, service) in platform.services() {
        let counted = platform.apis.values().find(|it| {
            let is_here = it.service.project == project.name && it.service.name == service.workload.name;
            is_here && it.key.is_some()
        });
        for public in &service.public {
            let (Some(api), Some(edge)) =
                (counted, public.edge.as_ref().and_then(|it| platform.edges.get(it)))
            else {
                continue;
            };
            let gateway = platform.cluster.gateways.get(&edge.gateway);
            let Some(gateway) = gateway.filter(|it| it.implementation == Implementation::IngressNginx) else {
                continue;
            };
            if told.insert(&edge.workload.name) {
                let ranges: Vec<String> = platform.cluster.pods.iter().map(ToString::to_string).collect();
                let message = format!(
                    "api `{}` counts addresses, and ingress-nginx takes that of edge `{}` for everybody's",
                    api.name, edge.workload.name
                );
                sink.report(
                    Diagnostic::new(Code::TunnelAddress, edge.span, message)
                        .related(gateway.span, "the gateway")
                        .help(format!(
                            "let the ConfigMap of the controller say `use-forwarded-headers: \"true\"` and `proxy-real-ip-cidr: \
                             \"{}\"`; Envoy Gateway is told so by trackside itself",
                            ranges.join(",")
                        )),
                );
            }
        }
    }
}
