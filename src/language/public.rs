//! The `public` declaration: where a service is reached from outside.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::{InProject, Name};
use crate::language::reference;
use crate::language::service::Public;
use crate::language::value::network::{Host, HostPart, UrlPath};
use crate::language::{Context, Platform};
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "public",
    Class::Single,
    "Where a service is reached from outside. Hosts are routed by the gateway, and only the gateway's pods may reach the \
     service for it.",
)
.properties(ADDRESS)
.children(&[&ALSO]);

static ALSO: Kind =
    Kind::new("also", Class::Edge, "A further address of the same service.").properties(ADDRESS).most(100);

static ADDRESS: &[Field] = &[
    Field::required::<HostPart>("host", "A label below the platform's `domain`, or a whole host name.")
        .identity(),
    Field::default::<UrlPath>("path", "\"/\"", "The front of the path.").identity(),
    Field::reference(
        "gateway",
        "The way in; that of the edge, or the only gateway that no edge leads to, where it is not written.",
    ),
    Field::reference("edge", "The tunnel that leads to the gateway, where it comes in by one."),
    Field::reference(
        "headers",
        "What browsers are told; what the service's `api` says where it is not written.",
    ),
];

/// Reads all public addresses of a service.
pub fn resolve<'a>(service: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Vec<Public> {
    let Some(item) = service.child(KIND.word) else { return Vec::new() };
    let first = resolve_one(item, context, sink);
    let also = item.children(ALSO.word).filter_map(|it| resolve_one(it, context, sink));
    let mut also: Vec<Public> = also.collect();
    also.sort_by(|a, b| (&a.host, &a.path).cmp(&(&b.host, &b.path)));
    first.into_iter().chain(also).collect()
}

fn resolve_one<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Public> {
    let host = item.property::<HostPart>("host", sink);
    let path = item.property_or_default::<UrlPath>("path", sink);
    let edge = item.reference("edge", sink).and_then(|it| context.scope.find("edge", it, sink));
    let edge = edge.map(|it| Name::trusted(it.name));
    let headers = item.reference("headers", sink).and_then(|it| context.scope.find("headers", it, sink));
    let led = edge.as_ref().and_then(|it| context.edges.get(it)).map(|it| it.gateway.clone());
    let gateway = match item.entry("gateway") {
        None if edge.is_some() => led,
        _ => resolve_gateway(item, context, sink),
    };
    if let Some(gateway) = &gateway {
        context.gateway_used(gateway);
    }
    let host = host?;
    let whole = match (host.value.whole(), context.domain) {
        (Some(whole), _) => Ok(whole),
        (None, Some(domain)) => Host::below(&host.value, domain),
        // One line is missing, however many hosts stand below it.
        (None, None) if !context.is_first_without_domain() => return None,
        (None, None) => {
            let message =
                format!("`{}` is below the platform's domain, and the platform declares none", host.value);
            sink.report(
                Diagnostic::new(Code::NoDomain, host.span, message).help(
                    "declare it: `platform … { domain \"hello.example\" }`, or write the whole host name",
                ),
            );
            return None;
        }
    };
    match whole {
        Ok(host) => Some(Public {
            host,
            path,
            gateway: gateway?,
            edge,
            headers: headers.map(|it| Name::trusted(it.name)),
            span: item.span(),
        }),
        Err(invalid) => {
            sink.report(crate::language::item::refused(invalid, host.span));
            None
        }
    }
}

/// The gateway that a declaration names, or the only one.
pub fn resolve_gateway<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Name> {
    let cluster = context.cluster?;
    if let Some(written) = item.reference("gateway", sink) {
        let names: Vec<&str> = cluster.gateways.keys().map(Name::as_str).collect();
        let found = names.iter().find(|it| **it == written.value).copied().or_else(|| {
            let (diagnostic, meant) = reference::unknown("gateway", written, "", Some(&names));
            sink.report(diagnostic);
            meant
        });
        return cluster.gateways.keys().find(|it| Some(it.as_str()) == found).cloned();
    }
    let of_tunnels: BTreeSet<&Name> = context.edges.values().map(|it| &it.gateway).collect();
    let open: Vec<&Name> = cluster.gateways.keys().filter(|it| !of_tunnels.contains(it)).collect();
    match (&*open, cluster.gateways.keys().next()) {
        ([only], _) => Some((*only).clone()),
        // One that a tunnel has to itself, which is said there.
        ([], Some(first)) if cluster.gateways.len() == 1 => Some(first.clone()),
        (_, None) => {
            let message = "the cluster has no gateway that could lead here";
            sink.report(
                Diagnostic::new(Code::NoGateway, item.span(), message)
                    .related(cluster.span, "the cluster is declared here")
                    .help("declare one there: `gateway \"public\" implementation=\"envoy-gateway\" namespace=\"envoy-gateway-system\"`"),
            );
            None
        }
        (_, Some(_)) => {
            let names: Vec<String> = cluster.gateways.keys().map(|it| format!("`{it}`")).collect();
            let message = format!("the cluster has several gateways: {}", names.join(", "));
            sink.report(
                Diagnostic::new(Code::NoGateway, item.span(), message).help("say which by `gateway=\"…\"`"),
            );
            None
        }
    }
}

/// Reports public addresses that two services claim, and gateways that lead nowhere.
pub fn check(platform: &Platform, gateways: &BTreeSet<Name>, sink: &mut Diagnostics) {
    let mut claimed: BTreeMap<(&Host, &UrlPath), (InProject, Span)> = BTreeMap::new();
    let mut hosts: BTreeMap<&Host, (&Name, Span)> = BTreeMap::new();
    let mut told: BTreeSet<(&Host, &Name)> = BTreeSet::new();
    for (project, service) in platform.services() {
        for public in &service.public {
            let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
            // Hosts differ between environments, and the mistake does not: no message says them.
            if let Some((other, first)) = claimed.get(&(&public.host, &public.path)) {
                let message = match *other == id {
                    true => format!("service `{id}` has this address twice"),
                    false => format!("service `{other}` has this address already"),
                };
                sink.report(
                    Diagnostic::new(Code::SamePublicHost, public.span, message)
                        .related(*first, "the other one")
                        .help("give one of them another host or path"),
                );
            } else if let Some((owner, first)) = hosts.get(&public.host)
                && **owner != project.name
                && told.insert((&public.host, &project.name))
            {
                let message = format!("this host belongs to project `{owner}` already");
                sink.report(
                    Diagnostic::new(Code::SamePublicHost, public.span, message)
                        .related(*first, "claimed here")
                        .help("cookies and storage of a host are shared by all its paths: give each project hosts of its own"),
                );
            }
            claimed.entry((&public.host, &public.path)).or_insert((id, public.span));
            hosts.entry(&public.host).or_insert((&project.name, public.span));
        }
    }
    check_past_interfaces(platform, sink);
    for (name, gateway) in &platform.cluster.gateways {
        if !gateways.contains(name) {
            let message = format!("gateway `{name}` is never used: no service is `public` by it");
            sink.report(
                Diagnostic::new(Code::Unused, gateway.span, message)
                    .help("remove it, or lead something through it"),
            );
        }
    }
}

/// The gateway asks about requests to the service of an interface. Another service at a path of the same host would answer
/// there without being asked about.
fn check_past_interfaces(platform: &Platform, sink: &mut Diagnostics) {
    let mut guarded: BTreeMap<&Host, Vec<(InProject, &Public)>> = BTreeMap::new();
    let mut others = Vec::new();
    for (project, service) in platform.services() {
        let id = service.id(&project.name);
        let is_interface = platform.apis_of(&id).next().is_some();
        for public in &service.public {
            match is_interface {
                true => guarded.entry(&public.host).or_default().push((id.clone(), public)),
                false => others.push((id.clone(), public)),
            }
        }
    }
    for (id, public) in others {
        let around = guarded.get(&public.host).into_iter().flatten();
        let mut around = around.filter(|(_, it)| public.path != it.path && public.path.is_below(&it.path));
        let Some((interface, first)) = around.next() else { continue };
        let Some(api) = platform.apis_of(interface).next() else { continue };
        let message = format!(
            "requests below this path of api `{}` are answered by service `{id}`, about which nobody is asked",
            api.name
        );
        sink.report(
            Diagnostic::new(Code::PathPastInterface, public.span, message)
                .related(first.span, "the address of the api")
                .related(api.span, "the api")
                .help("give the service a host of its own: tokens, limits and headers of the api hold at the service that answers it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_host_stands_below_the_domain_or_is_whole() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; public host="shop" { also host="shop"; also host="shop" path="/a"; also host="www.acme.example" } }
                service "api" { image @web; port 80; public host="www" path="/api" gateway="publik" }
                service "old" { image @web; port 80; public host="Shop_1" path="api" }
            }
            project "other" {
                service "web" { image @web; port 80; public host="shop" path="/b" }
                service "api" { image @web; port 80; public host="www.hello.example" path="/api" }
            }
        "#), @r"
        TS316 error 2: this host belongs to project `other` already
        TS316 error 2: service `shop/web` has this address twice
        TS316 error 3: service `other/api` has this address already
        TS110 error 3: there is no gateway `publik`
        TS105 error 4: `Shop_1` has `S`, which a host cannot have
        TS105 error 4: `api` does not start with `/`
        ");
    }

    #[test]
    fn a_path_of_an_interface_leads_to_no_other_service() {
        insta::assert_snapshot!(check(r#"
            api "shop" service="shop/api" { route "GET /status" anonymous=#true }
            api "more" service="shop/more" { route "GET /more/status" anonymous=#true }
            project "shop" {
                service "api" { image @web; port 80; public host="api" path="/v1" { also host="whole" } }
                service "more" { image @web; port 80; public host="whole" path="/more" }
                service "page" { image @web; port 80; public host="api" { also host="api" path="/v10"; also host="api" path="/v1/status"; also host="whole" path="/x" } }
            }
        "#), @"
        TS326 error 6: requests below this path of api `shop` are answered by service `shop/page`, about which nobody is asked
        TS326 error 6: requests below this path of api `shop` are answered by service `shop/page`, about which nobody is asked
        ");
    }

    #[test]
    fn that_there_is_no_domain_is_said_once() {
        insta::assert_snapshot!(check(r#"
            environment "test" {
                platform { (remove)domain }
                project "shop" {
                    service "web" { image @web; port 80; public host="shop" }
                    service "api" { image @web; port 80; public host="api" }
                }
            }
        "#), @r"TS314 error 4: `shop` is below the platform's domain, and the platform declares none");
    }
}
