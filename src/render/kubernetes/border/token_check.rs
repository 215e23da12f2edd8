//! Tokens and limits: before a request reaches an interface, the gateway asks the token service about it.
//!
//! Whoever is not let through never reaches the service, and nobody is while the token service does not answer. What it is
//! asked, at [`PATH`]:
//!
//! * by Envoy Gateway with the method, host and path of the request itself, the path behind [`PATH`];
//! * by ingress-nginx with `GET`, and `X-Original-Method` and `X-Original-URL`.
//!
//! Both send `Authorization`, `User-Agent` and `X-Forwarded-For`. An answer of 200 lets the request through. nginx passes 401
//! and 403 on and makes 500 of everything else, so it is answered 403 where others are answered 429. A caller who is slowed
//! down is answered later.
//!
//! What lies below [`PRIVATE`] is reached within the cluster alone. At the public hosts of the token service, Envoy Gateway leads
//! whoever asks for it to `/`, and ingress-nginx answers 403.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::cluster::{Gateway, Implementation};
use crate::language::name::{InProject, Name};
use crate::language::project::Project;
use crate::language::value::network::{Port, UrlPath};
use crate::language::value::time::Duration;
use crate::render::kubernetes::border::cors;
use crate::render::kubernetes::custom::envoy_gateway::{self, ExtAuth, HttpExtAuth};
use crate::render::kubernetes::custom::gateway_api::{BackendRef, GrantFrom, GrantTo};
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::Objects;

/// Where the token service is asked.
pub const PATH: &str = "/gateway/check";

/// What of the token service is for gateways and for nobody who comes by them: asked there, it would count for others.
pub const PRIVATE: &str = "/gateway";

/// The longest that a request may wait for the answer: nginx gives up after a minute.
pub const LONGEST_WAIT: Duration = Duration(50_000);

/// What is sent to the token service beside what always is.
const HEADERS: &[&str] = &["user-agent", "x-forwarded-for"];

/// How long an answer may take that is not delayed.
const PATIENCE_SECONDS: u64 = 5;

/// What a `ReferenceGrant` lists at most.
const MOST_NAMESPACES: usize = 16;

#[derive(Serialize)]
struct GrantView {
    name: String,
    namespace: String,
    from: Vec<GrantFrom>,
    to: Vec<GrantTo>,
}

/// The service that is asked about requests to another one, with its port; `None` where nobody is: the service is no
/// interface, or it is the token service, which is where people get their tokens.
pub fn asked<'a>(platform: &'a Platform, service: &InProject) -> Option<(&'a InProject, Port)> {
    let auth = platform.auth.as_ref().filter(|it| it.service != *service)?;
    platform.apis_of(service).next()?;
    let port = platform.service(&auth.service)?.port?;
    Some((&auth.service, port))
}

/// As a part of a `SecurityPolicy`.
pub fn in_policy(platform: &Platform, service: &InProject) -> Option<ExtAuth> {
    let (auth, port) = asked(platform, service)?;
    let backend = BackendRef {
        group: Some(String::new()),
        kind: Some("Service".to_owned()),
        name: Some(auth.name.to_string()),
        namespace: Some(platform.namespace(&auth.project)),
        port: Some(port.0),
        ..BackendRef::default()
    };
    Some(ExtAuth {
        fail_open: Some(false),
        headers_to_ext_auth: Some(HEADERS.iter().map(|it| (*it).to_owned()).collect()),
        timeout: Some(cors::seconds(longest_delay(platform, service) + PATIENCE_SECONDS)),
        http: Some(HttpExtAuth { backend_refs: Some(vec![backend]), path: Some(PATH.to_owned()) }),
    })
}

/// As annotations of an Ingress. nginx asks names of DNS with the domain of the cluster or not at all.
pub fn annotations(platform: &Platform, service: &InProject) -> BTreeMap<&'static str, String> {
    let Some((auth, port)) = asked(platform, service) else { return BTreeMap::new() };
    let namespace = platform.namespace(&auth.project);
    let url = format!("http://{}.{namespace}.svc.cluster.local:{port}{PATH}", auth.name);
    BTreeMap::from([("nginx.ingress.kubernetes.io/auth-url", url)])
}

/// How long the token service makes a caller of an interface wait at most, in seconds.
fn longest_delay(platform: &Platform, service: &InProject) -> u64 {
    let delays = platform.apis_of(service).filter_map(|it| it.slow_down.as_ref());
    delays.map(|it| it.up_to.0.div_ceil(1000)).max().unwrap_or(0)
}

/// Whether what is private would be reached by a public path of a service.
pub fn is_at(platform: &Platform, service: &InProject, path: &UrlPath) -> bool {
    let is_asked = platform.auth.as_ref().is_some_and(|it| it.service == *service);
    let front = path.as_str().trim_end_matches('/');
    let covers = PRIVATE.strip_prefix(front).is_some_and(|it| it.is_empty() || it.starts_with('/'));
    is_asked && (covers || path.as_str().strip_prefix(PRIVATE).is_some_and(|it| it.starts_with('/')))
}

/// The gateways whose pods ask the token service.
pub fn gateways<'a>(platform: &'a Platform, service: &InProject) -> Vec<&'a Gateway> {
    // All others are asked by nobody, and looking through the whole platform for each of them would take its square.
    if platform.auth.as_ref().is_none_or(|it| it.service != *service) {
        return Vec::new();
    }
    let interfaces =
        platform.services().filter(|(project, it)| asked(platform, &it.id(&project.name)).is_some());
    let public = interfaces.flat_map(|(_, it)| &it.public);
    let names: BTreeSet<&Name> = public.map(|it| &it.gateway).collect();
    names.into_iter().filter_map(|it| platform.cluster.gateways.get(it)).collect()
}

/// Lets the policies of other namespaces name the token service.
pub fn render(project: &Project, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let Some(auth) = platform.auth.as_ref().filter(|it| it.service.project == project.name) else { return };
    let Some(service) = platform.service(&auth.service) else { return };
    let own = platform.namespace(&project.name);
    let namespaces: Vec<String> = asking(platform, &auth.service)
        .into_iter()
        .map(|it| platform.namespace(it))
        .filter(|it| *it != own)
        .collect();
    let labels = label::of_workload(platform, Some(project), &service.workload, Component::Service);
    for (index, namespaces) in namespaces.chunks(MOST_NAMESPACES).enumerate() {
        let from = namespaces.iter().map(|namespace| GrantFrom {
            group: Some(envoy_gateway::GROUP.to_owned()),
            kind: Some("SecurityPolicy".to_owned()),
            namespace: Some(namespace.clone()),
        });
        let to = GrantTo {
            group: Some(String::new()),
            kind: Some("Service".to_owned()),
            name: Some(auth.service.name.to_string()),
        };
        let suffix = if index == 0 { String::new() } else { format!(".{index}") };
        let view = GrantView {
            name: format!("{}{suffix}", auth.service.name),
            namespace: own.clone(),
            from: from.collect(),
            to: vec![to],
        };
        objects.add("auth/reference-grant.yaml.j2", &labels, auth.span, &view);
    }
}

/// The projects whose policies name the token service: ingress-nginx needs no leave.
fn asking<'a>(platform: &'a Platform, auth: &InProject) -> BTreeSet<&'a Name> {
    let asks = platform.services().filter(|(project, service)| {
        let id = service.id(&project.name);
        let gateways = service.public.iter().filter_map(|it| platform.cluster.gateways.get(&it.gateway));
        let mut policies = gateways.filter(|it| it.implementation == Implementation::EnvoyGateway);
        asked(platform, &id).is_some_and(|(asked, _)| asked == auth) && policies.next().is_some()
    });
    asks.map(|(project, _)| &project.name).collect()
}
