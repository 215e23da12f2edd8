//! Whether what browsers are told fits the hosts that they ask.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::api::Api;
use crate::language::cors::{self, Cors, CorsOrigin};
use crate::language::headers::Headers;
use crate::language::headers::source::Source;
use crate::language::name::{InProject, Name};
use crate::language::service::Public;
use crate::language::value::network::Origin;
use crate::source::Span;

impl Platform {
    /// What browsers are told at a public address: what the address says, else what the api that its service answers says.
    pub fn headers_of(&self, service: &InProject, public: &Public) -> Option<&Headers> {
        let of_apis = || self.apis_of(service).find_map(|it| it.headers.as_ref());
        self.headers.get(public.headers.as_ref().or_else(of_apis)?)
    }

    /// Which pages of other origins may ask a service.
    pub fn cors_of(&self, service: &InProject) -> Option<&Cors> {
        self.apis_of(service).find_map(|it| it.cors.as_ref())
    }

    /// The interfaces that a service answers for, by name.
    pub fn apis_of<'p, 's>(&'p self, service: &'s InProject) -> impl Iterator<Item = &'p Api> + use<'p, 's> {
        self.apis.values().filter(move |it| it.service == *service)
    }

    /// The origins of a service: each of its public hosts.
    pub fn origins(&self, service: &InProject) -> BTreeSet<Origin> {
        let public = self.service(service).map(|it| it.public.as_slice()).unwrap_or_default();
        public.iter().map(|it| Origin::of(it.host.clone())).collect()
    }

    /// Whether browsers reach a public address by TLS, as far as this platform knows.
    pub fn has_tls(&self, public: &Public) -> bool {
        let gateway = self.cluster.gateways.get(&public.gateway);
        public.edge.is_some() || gateway.is_some_and(|it| it.certificate.is_some())
    }
}

/// Checks headers, origins and CORS against public hosts.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let mut plain: BTreeMap<&Name, Span> = BTreeMap::new();
    for (project, service) in platform.services() {
        let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
        for public in &service.public {
            check_headers(platform, &id, public, sink);
            check_edge(platform, public, sink);
            if !platform.has_tls(public) && !check_promise(platform, &id, public, sink) {
                plain.entry(&public.gateway).or_insert(public.span);
            }
        }
    }
    for (name, first) in plain {
        let Some(gateway) = platform.cluster.gateways.get(name) else { continue };
        let message =
            format!("what is public by gateway `{name}` is reached without TLS, as far as is declared");
        sink.report(
            Diagnostic::new(Code::GatewayWithoutTls, gateway.span, message)
                .related(first, "public here")
                .help(
                    "add `certificate issuer=\"…\"`, or `certificate by-hand=#true` where others see to it",
                ),
        );
    }
    for (service, span) in origins(platform) {
        let is_public = platform.service(service).is_none_or(|it| !it.public.is_empty());
        if !is_public {
            let message = format!("service `{service}` is not public, so no browser is ever there");
            sink.report(
                Diagnostic::new(Code::OriginNowhere, span, message)
                    .help("declare `public host=\"…\"` there, or leave this out"),
            );
        }
    }
    check_typed(platform, sink);
    check_shared(platform, sink);
    platform.apis.values().for_each(|api| cors::check(api, sink));
}

fn check_headers(platform: &Platform, id: &InProject, public: &Public, sink: &mut Diagnostics) {
    let of_api = platform.apis_of(id).find(|it| it.headers.is_some());
    if let (Some(own), Some(api)) = (&public.headers, of_api)
        && api.headers.as_ref() != Some(own)
    {
        let message = format!("api `{}` says other headers for this host", api.name);
        sink.report(
            Diagnostic::new(Code::HeadersConflict, public.span, message)
                .related(api.span, "said here")
                .help("keep one of the two: a host has the same headers for everything below it"),
        );
    }
}

/// Whether browsers are told to ask a host without TLS by `https` alone, which is reported.
fn check_promise(platform: &Platform, id: &InProject, public: &Public, sink: &mut Diagnostics) -> bool {
    let Some(hsts) = platform.headers_of(id, public).and_then(|it| it.hsts) else { return false };
    let message = "browsers are told to ask this host by `https` alone, and it speaks no TLS";
    let gateway = platform.cluster.gateways.get(&public.gateway);
    let diagnostic = Diagnostic::new(Code::HstsWithoutTls, public.span, message)
        .related(hsts.span, "told here")
        .help("add `certificate issuer=\"…\"` to its gateway, or lead it through an edge");
    sink.report(match gateway {
        Some(gateway) => diagnostic.related(gateway.span, "its gateway"),
        None => diagnostic,
    });
    true
}

fn check_edge(platform: &Platform, public: &Public, sink: &mut Diagnostics) {
    let Some(edge) = public.edge.as_ref().and_then(|it| platform.edges.get(it)) else { return };
    if edge.gateway != public.gateway {
        let message = format!(
            "edge `{}` leads to gateway `{}`, and this host comes in by `{}`",
            edge.workload.name, edge.gateway, public.gateway
        );
        sink.report(
            Diagnostic::new(Code::EdgeGateway, public.span, message)
                .related(edge.span, "the edge")
                .help("leave out `gateway`: it is the one that the edge leads to"),
        );
    }
}

/// Services whose pages are let in somewhere, and where that is said.
fn origins(platform: &Platform) -> Vec<(&InProject, Span)> {
    let of_cors = platform.apis.values().filter_map(|it| it.cors.as_ref()).flat_map(|it| &it.services);
    let csps = platform.headers.values().filter_map(|it| it.csp.as_ref());
    let of_csp = csps.flat_map(|it| it.directives.values()).flat_map(|it| &it.services);
    of_cors.chain(of_csp).map(|(service, span)| (service, *span)).collect()
}

/// Reports origins that are typed although a service of ours is there: they would stay where they are in an environment with
/// another domain.
fn check_typed(platform: &Platform, sink: &mut Diagnostics) {
    let mut ours: BTreeMap<Origin, InProject> = BTreeMap::new();
    for (project, service) in platform.services() {
        let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
        ours.extend(platform.origins(&id).into_iter().map(|it| (it, id.clone())));
    }
    let of_cors = platform.apis.values().filter_map(|it| it.cors.as_ref()).flat_map(|it| &it.origins);
    for (origin, span) in of_cors {
        if let CorsOrigin::One(origin) = origin
            && let Some(service) = ours.get(origin)
        {
            sink.report(typed(origin, service, *span).replace(*span, format!("service=\"{service}\"")));
        }
    }
    let csps = platform.headers.values().filter_map(|it| it.csp.as_ref());
    for (source, span) in csps.flat_map(|it| it.directives.values()).flat_map(|it| &it.sources) {
        if let Source::Origin(origin) = source
            && let Some(service) = ours.get(origin)
        {
            sink.report(
                typed(origin, service, *span)
                    .help(format!("write `origin service=\"{service}\"` in the block of the line")),
            );
        }
    }
}

fn typed(origin: &Origin, service: &InProject, span: Span) -> Diagnostic {
    let message = format!("`{origin}` is where service `{service}` of this platform is public");
    Diagnostic::new(Code::OwnOriginTyped, span, message)
        .help("name the service, and an environment with another domain takes the origin along")
}

/// Reports two interfaces of one service that both say what holds for its hosts: the gateway cannot tell them apart.
fn check_shared(platform: &Platform, sink: &mut Diagnostics) {
    let mut headers: BTreeMap<&InProject, &Api> = BTreeMap::new();
    let mut cors: BTreeMap<&InProject, &Api> = BTreeMap::new();
    for api in platform.apis.values() {
        for (what, says, seen) in
            [("headers", api.headers.is_some(), &mut headers), ("cors", api.cors.is_some(), &mut cors)]
        {
            let Some(first) = says.then(|| seen.insert(&api.service, api)).flatten() else { continue };
            let message =
                format!("api `{}` says the `{what}` of service `{}` already", first.name, api.service);
            sink.report(
                Diagnostic::new(Code::HeadersConflict, api.span, message)
                    .related(first.span, "said here")
                    .help("say it once: it holds for all that the service answers"),
            );
        }
    }
}
