//! NetworkPolicies: nothing in, nothing out, and for each workload exactly the edges that are declared.
//!
//! A policy can only allow, so closing is the work of one policy that selects every pod and allows nothing; every other
//! one opens an edge. An edge has two ends and needs both: egress where it is written, ingress where it leads. Namespaces
//! are selected by `kubernetes.io/metadata.name`, which the API server itself keeps true. Probes need no rule: a node may
//! always reach the pods on it. No workload reaches the API server.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use crate::language::Platform;
use crate::language::cluster::{ApiServer, Gateway};
use crate::language::database::server::{POSTGRESQL, Server};
use crate::language::database::{Database, DatabaseId};
use crate::language::edge::Edge;
use crate::language::name::{InProject, Name};
use crate::language::project::Project;
use crate::language::service::Service;
use crate::language::value::network::{Port, Protocol, TransportPort};
use crate::language::workload::{Reach, Workload};
use crate::render::kubernetes::border::{entrance, token_check};
use crate::render::kubernetes::label::{self, Component, Labels};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::{cloudnative_pg, database, name, outside};
use crate::source::Span;

/// Who reaches what: the edges of the platform, seen from where they lead.
#[derive(Debug)]
pub struct Callers<'a> {
    of_services: BTreeMap<&'a InProject, Vec<Caller<'a>>>,
    of_databases: BTreeMap<&'a DatabaseId, Vec<Caller<'a>>>,
}

#[derive(Clone, Copy, Debug)]
struct Caller<'a> {
    project: &'a Name,
    workload: &'a Name,
    component: Component,
}

#[derive(Serialize)]
struct PolicyView<'a> {
    name: String,
    namespace: &'a str,
    pods: Labels,
    rules: Rules,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rules {
    In(Vec<NetworkPolicyIngressRule>),
    Out(Vec<NetworkPolicyEgressRule>),
}

#[derive(Serialize)]
struct DefaultDenyView<'a> {
    namespace: &'a str,
}

impl<'a> Callers<'a> {
    /// Turns all edges of a platform around.
    pub fn of(platform: &'a Platform) -> Self {
        let mut callers = Self { of_services: BTreeMap::new(), of_databases: BTreeMap::new() };
        for project in platform.projects.values() {
            for (workload, component) in workloads(project) {
                let caller = Caller { project: &project.name, workload: &workload.name, component };
                for reach in workload.reaches.keys() {
                    match reach {
                        Reach::Service(id) => callers.of_services.entry(id).or_default().push(caller),
                        Reach::Database(id) => callers.of_databases.entry(id).or_default().push(caller),
                        Reach::External(_) => (),
                    }
                }
            }
        }
        callers
    }

    fn of_service(&self, id: &InProject) -> &[Caller<'a>] {
        self.of_services.get(id).map_or(&[], Vec::as_slice)
    }

    fn of_database(&self, id: &DatabaseId) -> &[Caller<'a>] {
        self.of_databases.get(id).map_or(&[], Vec::as_slice)
    }
}

/// The policies of a project.
pub fn render(project: &Project, callers: &Callers<'_>, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    deny_all(&label::of_project(platform, project), project.span, objects);
    for service in project.services.values() {
        let rules = ways_in(platform, project, service, callers);
        if !rules.is_empty() {
            let rules = Rules::In(rules);
            add("network/ingress.yaml.j2", &service.workload, Component::Service, rules, objects);
        }
    }
    for database in project.databases.values() {
        render_database(Some(&project.name), database, callers, objects);
    }
    for (workload, component) in workloads(project) {
        let rules = Rules::Out(ways_out(platform, workload));
        add("network/egress.yaml.j2", workload, component, rules, objects);
    }
}

/// Closes the gateways of tunnels to everybody else: what comes by a tunnel is in clear behind it. Whoever scrapes their metrics
/// has a policy of its own, which adds up with this one.
pub fn render_gateways(objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let namespace = platform.system_namespace();
    let labels = label::of_platform(platform);
    for gateway in platform.cluster.gateways.values() {
        let edges = platform.edges.values().filter(|it| it.gateway == gateway.name);
        let edges: Vec<&Edge> = edges.collect();
        let Some(first) = edges.first() else { continue };
        let (pods, port) = entrance::pods(gateway);
        let selector = |it: &&Edge| label::selector(it.workload.name.as_str(), Component::Edge);
        let from = edges.iter().map(|it| pods_of(&namespace, selector(it))).collect();
        let mut rules = vec![NetworkPolicyIngressRule { from: Some(from), ports: Some(vec![tcp(port)]) }];
        let hooks = entrance::admission(gateway).map(|it| vec![tcp(it)]);
        rules.extend(hooks.map(|it| NetworkPolicyIngressRule { from: None, ports: Some(it) }));
        let view = PolicyView {
            name: name::of_gateway(platform, gateway),
            namespace: gateway.namespace.as_str(),
            pods,
            rules: Rules::In(rules),
        };
        objects.add("network/ingress.yaml.j2", &labels, first.span, &view);
    }
}

/// The policies of what the platform itself runs. A tunnel is reached by nobody: it opens its connections itself.
pub fn render_system(callers: &Callers<'_>, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    deny_all(&label::of_platform(platform), platform.span, objects);
    for edge in platform.edges.values() {
        let mut rules = ways_out(platform, &edge.workload);
        rules.extend(platform.cluster.gateways.get(&edge.gateway).map(to_gateway));
        add("network/egress.yaml.j2", &edge.workload, Component::Edge, Rules::Out(rules), objects);
    }
    for database in platform.databases.values() {
        render_database(None, database, callers, objects);
    }
}

/// The policies of a database that CloudNativePG runs. Its instances follow each other, and ask the API server who leads;
/// the operator asks how they are, and nobody but who is declared asks for data.
fn render_database(
    project: Option<&Name>,
    database: &Database,
    callers: &Callers<'_>,
    objects: &mut Objects<'_>,
) {
    let Server::CloudNativePg(server) = &database.server else { return };
    let platform = objects.context.platform;
    let id = DatabaseId { project: project.cloned(), name: database.name.clone() };
    let namespace = &objects.namespace();
    let pods = database::pods(&id);
    let both = || Some(vec![tcp(POSTGRESQL), tcp(cloudnative_pg::STATUS)]);
    let own = || pods_of(namespace, pods.clone());
    let operator = pods_of(server.operator_namespace.as_str(), cloudnative_pg::operator());
    let mut ways_in = vec![NetworkPolicyIngressRule { from: Some(vec![own(), operator]), ports: both() }];
    let callers = callers.of_database(&id).iter().map(|it| pods_of_caller(platform, it));
    let callers: Vec<NetworkPolicyPeer> = callers.collect();
    // A rule without peers would be open to all.
    if !callers.is_empty() {
        let ports = Some(vec![tcp(POSTGRESQL)]);
        ways_in.push(NetworkPolicyIngressRule { from: Some(callers), ports });
    }
    let mut ways_out =
        vec![to_dns(platform), NetworkPolicyEgressRule { to: Some(vec![own()]), ports: both() }];
    ways_out.extend(to_api_server(platform));
    let labels = label::of_database(platform, objects.project, &database.name);
    let rules = [
        ("network/ingress.yaml.j2", "ingress", Rules::In(ways_in)),
        ("network/egress.yaml.j2", "egress", Rules::Out(ways_out)),
    ];
    for (template, suffix, rules) in rules {
        // A dot keeps it apart from the policies of workloads.
        let name = format!("{}.database-{suffix}", database.name);
        let view = PolicyView { name, namespace, pods: pods.clone(), rules };
        objects.add(template, &labels, server.span, &view);
    }
}

/// The addresses as they are: what an operator makes is the one thing that has business there.
fn to_api_server(platform: &Platform) -> Option<NetworkPolicyEgressRule> {
    let ApiServer { ranges, port, span: _ } = platform.cluster.api_server.as_ref()?;
    let blocks = ranges.iter().map(|it| IPBlock { cidr: it.to_string(), except: None });
    to_blocks(blocks.collect(), vec![tcp(*port)])
}

fn deny_all(labels: &Labels, span: Span, objects: &mut Objects<'_>) {
    let view = DefaultDenyView { namespace: &objects.namespace() };
    objects.add("network/default-deny.yaml.j2", labels, span, &view);
}

fn add(
    template: &'static str,
    workload: &Workload,
    component: Component,
    rules: Rules,
    objects: &mut Objects<'_>,
) {
    let labels = label::of_workload(objects.context.platform, objects.project, workload, component);
    let suffix = match rules {
        Rules::In(_) => "ingress",
        Rules::Out(_) => "egress",
    };
    let view = PolicyView {
        name: format!("{}-{suffix}", workload.name),
        namespace: &objects.namespace(),
        pods: label::selector(workload.name.as_str(), component),
        rules,
    };
    objects.add(template, &labels, workload.span, &view);
}

/// From its callers and its gateways, on its port.
fn ways_in(
    platform: &Platform,
    project: &Project,
    service: &Service,
    callers: &Callers<'_>,
) -> Vec<NetworkPolicyIngressRule> {
    let Some(port) = service.port else { return Vec::new() };
    let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
    let pods = callers.of_service(&id).iter().map(|it| pods_of_caller(platform, it));
    let gateways = service.public.iter().filter_map(|it| platform.cluster.gateways.get(&it.gateway));
    let gateways = gateways.chain(token_check::gateways(platform, &id));
    // Several ingress classes may be of one sort of pods.
    let gateways: BTreeSet<(&str, Labels)> =
        gateways.map(|it| (it.namespace.as_str(), entrance::pods(it).0)).collect();
    let gateways = gateways.into_iter().map(|(namespace, labels)| pods_of(namespace, labels));
    let from: Vec<NetworkPolicyPeer> = pods.chain(gateways).collect();
    // A rule without peers would be open to all.
    if from.is_empty() {
        return Vec::new();
    }
    vec![NetworkPolicyIngressRule { from: Some(from), ports: Some(vec![tcp(port)]) }]
}

/// To whoever answers names, and to what the workload declares.
fn ways_out(platform: &Platform, workload: &Workload) -> Vec<NetworkPolicyEgressRule> {
    let reached = workload.reaches.keys().filter_map(|reach| match reach {
        Reach::Service(id) => to_service(platform, id),
        Reach::Database(id) => to_database(platform, id),
        Reach::External(name) => to_external(platform, name),
    });
    std::iter::once(to_dns(platform)).chain(reached).collect()
}

fn to_dns(platform: &Platform) -> NetworkPolicyEgressRule {
    let dns = &platform.cluster.dns;
    let (key, value) = &dns.label;
    let port = Port(53);
    let ports = [Protocol::Udp, Protocol::Tcp].map(|protocol| on(TransportPort { port, protocol }));
    let labels = [(key.to_string(), value.to_string())].into();
    NetworkPolicyEgressRule {
        to: Some(vec![pods_of(dns.namespace.as_str(), labels)]),
        ports: Some(ports.into()),
    }
}

fn to_service(platform: &Platform, id: &InProject) -> Option<NetworkPolicyEgressRule> {
    let port = platform.service(id)?.port?;
    let pods = label::selector(id.name.as_str(), Component::Service);
    Some(NetworkPolicyEgressRule {
        to: Some(vec![pods_of(&platform.namespace(&id.project), pods)]),
        ports: Some(vec![tcp(port)]),
    })
}

/// `None` where nothing is left of the place: an empty list of peers would be everywhere.
fn to_external(platform: &Platform, name: &Name) -> Option<NetworkPolicyEgressRule> {
    let external = platform.externals.get(name)?;
    let ports = external.ports.iter().copied().map(on).collect();
    to_blocks(outside::blocks(external, &platform.cluster), ports)
}

/// To the addresses of its server, or to the pods that its operator makes.
fn to_database(platform: &Platform, id: &DatabaseId) -> Option<NetworkPolicyEgressRule> {
    let server = &platform.database(id)?.server;
    let ports = vec![tcp(server.port())];
    match server {
        Server::Outside(outside) => to_blocks(outside::blocks_of(&outside.ranges, &platform.cluster), ports),
        Server::CloudNativePg(_) => Some(NetworkPolicyEgressRule {
            to: Some(vec![pods_of(&database::namespace(platform, id), database::pods(id))]),
            ports: Some(ports),
        }),
    }
}

fn to_blocks(blocks: Vec<IPBlock>, ports: Vec<NetworkPolicyPort>) -> Option<NetworkPolicyEgressRule> {
    let peer = |block| NetworkPolicyPeer { ip_block: Some(block), ..NetworkPolicyPeer::default() };
    let to: Vec<NetworkPolicyPeer> = blocks.into_iter().map(peer).collect();
    let closed = to.is_empty() || ports.is_empty();
    (!closed).then_some(NetworkPolicyEgressRule { to: Some(to), ports: Some(ports) })
}

fn to_gateway(gateway: &Gateway) -> NetworkPolicyEgressRule {
    let (pods, port) = entrance::pods(gateway);
    NetworkPolicyEgressRule {
        to: Some(vec![pods_of(gateway.namespace.as_str(), pods)]),
        ports: Some(vec![tcp(port)]),
    }
}

fn pods_of_caller(platform: &Platform, caller: &Caller<'_>) -> NetworkPolicyPeer {
    let pods = label::selector(caller.workload.as_str(), caller.component);
    pods_of(&platform.namespace(caller.project), pods)
}

fn pods_of(namespace: &str, labels: Labels) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(namespace_called(namespace)),
        pod_selector: Some(LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }),
        ip_block: None,
    }
}

fn namespace_called(name: &str) -> LabelSelector {
    let labels = [("kubernetes.io/metadata.name".to_owned(), name.to_owned())];
    LabelSelector { match_labels: Some(labels.into()), ..LabelSelector::default() }
}

fn tcp(port: Port) -> NetworkPolicyPort {
    on(TransportPort { port, protocol: Protocol::Tcp })
}

fn on(port: TransportPort) -> NetworkPolicyPort {
    let TransportPort { port: Port(number), protocol } = port;
    let protocol = match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    };
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number.into())),
        protocol: Some(protocol.to_owned()),
        end_port: None,
    }
}

fn workloads(project: &Project) -> impl Iterator<Item = (&Workload, Component)> {
    let services = project.services.values().map(|it| (&it.workload, Component::Service));
    services.chain(project.crons.values().map(|it| (&it.workload, Component::Cron)))
}
