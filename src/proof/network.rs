//! Every declared edge works, and nothing else does: what policies let through between any two workloads, between each of them
//! and every address outside, and between each of them and pods that are not the platform's own.
//!
//! What is declared:
//!
//! * a workload asks for names at the pods of `dns`, UDP and TCP 53, and reaches what its `reaches` say, on the port that is
//!   declared there;
//! * a gateway reaches the services that are `public` by it, and the token service if it asks it; a tunnel reaches its gateway;
//! * the instances of a database reach each other, and the API server; its operator reaches them.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use k8s_openapi::api::networking::v1::IPBlock;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::facts::connectivity::address::{self, Addresses, Range};
use crate::facts::connectivity::cluster::Class;
use crate::facts::connectivity::line::Names;
use crate::facts::connectivity::port::{Ports, Protocol};
use crate::facts::connectivity::stranger::Strangers;
use crate::facts::connectivity::{Connectivity, End};
use crate::facts::manifest::{Manifests, Places};
use crate::facts::selector::Labels;
use crate::language::Platform;
use crate::language::cluster::Gateway;
use crate::language::database::DatabaseId;
use crate::language::database::server::{POSTGRESQL, Server};
use crate::language::name::InProject;
use crate::language::value::network::{Port, Protocol as Declared, TransportPort};
use crate::language::workload::{Reach, Workload};
use crate::proof::Proof;
use crate::render::kubernetes::border::{entrance, token_check};
use crate::render::kubernetes::{cloudnative_pg, database, outside};
use crate::source::{SourceMap, Span};

/// Who is at an end of what is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    /// A workload of the platform: its namespace and name.
    Own(String, String),
    /// Pods that somebody else runs: their namespace and labels.
    Other(String, Labels),
}

/// All that is declared of the network.
#[derive(Debug, Default)]
struct Edges {
    /// Where each workload of the platform is declared.
    own: BTreeMap<Party, Span>,
    inside: BTreeMap<(Party, Party), (Ports, Span)>,
    /// By who goes out.
    outside: BTreeMap<Party, Vec<(Addresses, Ports, Span)>>,
}

/// Compares.
pub fn prove(
    platform: &Platform,
    manifests: &Manifests,
    sources: &SourceMap,
    places: &Places<'_>,
    proof: &mut Proof,
) {
    let edges = Edges::of(platform);
    let others = edges.inside.keys().flat_map(|(from, to)| [from, to]).filter_map(|it| match it {
        Party::Other(namespace, labels) => Some((namespace.clone(), labels.clone())),
        Party::Own(..) => None,
    });
    let others: BTreeSet<(String, Labels)> = others.collect();
    let given = others.into_iter().map(|(namespace, labels)| Class {
        namespace,
        labels,
        ports: BTreeSet::new(),
        host_network: false,
    });
    let strangers = Strangers::AllAnd(given.collect());
    let mut connectivity = Connectivity::of(manifests, strangers, places, &mut proof.findings);
    let names = Names::of(&connectivity);
    let mut ends: BTreeMap<End, Option<Party>> = BTreeMap::new();
    for (at, workload) in connectivity.cluster.workloads.iter().enumerate() {
        let party = Party::Own(workload.namespace.clone(), workload.name.clone());
        ends.insert(End::Workload(at), edges.own.contains_key(&party).then_some(party));
    }
    for (at, stranger) in connectivity.strangers.iter().enumerate() {
        let Class { namespace, labels, .. } = &connectivity.cluster.classes[stranger.class];
        let party = Party::Other(namespace.clone(), labels.clone());
        let is_declared = edges.inside.keys().any(|(from, to)| *from == party || *to == party);
        ends.insert(End::Stranger(at), is_declared.then_some(party));
    }
    let rendered: BTreeSet<&Party> = ends.values().flatten().collect();
    for (party, span) in edges.own.iter().filter(|it| !rendered.contains(it.0)) {
        let message = format!("{} is declared and has no pods in the rendered files", told(party));
        proof.findings.report(Diagnostic::new(Code::ProofMissing, *span, message));
    }
    proof.counts.workloads = edges.own.keys().filter(|it| rendered.contains(it)).count();

    let mut comparison =
        Comparison { platform, edges: &edges, manifests, sources, places, names: &names, proof };
    let all: Vec<(End, Option<Party>)> = ends.into_iter().collect();
    for (from, source) in &all {
        for (to, destination) in &all {
            let is_own = |it: &Option<Party>| matches!(it, Some(Party::Own(..)));
            // Of pods that nobody declares the platform has nothing to say but what they do with its own.
            if from == to || !(is_own(source) || is_own(destination)) {
                continue;
            }
            let (sources, destinations) = (classes(&connectivity, *from), classes(&connectivity, *to));
            let id = connectivity.between(&sources, &destinations);
            let found = connectivity.ports(id).clone();
            comparison.inside(&connectivity, (*from, source.as_ref()), (*to, destination.as_ref()), &found);
        }
    }
    let connections: Vec<(End, End, Ports)> =
        connectivity.connections().into_iter().map(|it| (it.from, it.to, it.ports.clone())).collect();
    comparison.outside(&connectivity, &all, &connections);
}

fn classes(connectivity: &Connectivity, end: End) -> Vec<usize> {
    match end {
        End::Workload(at) => connectivity.cluster.workloads[at].classes.clone(),
        End::Stranger(at) => vec![connectivity.strangers[at].class],
        End::Outside(_) | End::Entrance => Vec::new(),
    }
}

/// What is compared with what, and where it is told.
struct Comparison<'a> {
    platform: &'a Platform,
    edges: &'a Edges,
    manifests: &'a Manifests,
    sources: &'a SourceMap,
    places: &'a Places<'a>,
    names: &'a Names,
    proof: &'a mut Proof,
}

impl Comparison<'_> {
    fn inside(
        &mut self,
        connectivity: &Connectivity,
        (from, source): (End, Option<&Party>),
        (to, destination): (End, Option<&Party>),
        found: &Ports,
    ) {
        let declared =
            source.zip(destination).and_then(|(from, to)| self.edges.inside.get(&(from.clone(), to.clone())));
        let none = (Ports::none(), self.span(source, destination));
        let (ports, span) = declared.unwrap_or(&none);
        self.proof.counts.pairs += 1;
        self.proof.counts.edges += usize::from(!ports.is_empty());
        self.compare(connectivity, from, to, (ports, found), *span);
    }

    fn outside(
        &mut self,
        connectivity: &Connectivity,
        all: &[(End, Option<Party>)],
        connections: &[(End, End, Ports)],
    ) {
        let mut found: BTreeMap<(End, End), &Ports> = BTreeMap::new();
        found.extend(connections.iter().map(|(from, to, ports)| ((*from, *to), ports)));
        let none = Ports::none();
        for (end, party) in all {
            let Some(party @ Party::Own(..)) = party else { continue };
            let span = self.edges.own[party];
            for range in &connectivity.sources {
                self.proof.counts.pairs += 1;
                let from = End::Outside(*range);
                let found = found.get(&(from, *end)).copied().unwrap_or(&none);
                self.compare(connectivity, from, *end, (&none, found), span);
            }
            let declared = self.edges.outside.get(party).map_or(&[][..], Vec::as_slice);
            for range in &connectivity.destinations {
                let found = found.get(&(*end, End::Outside(*range))).copied().unwrap_or(&none);
                // Where a declared block ends, what is allowed may change, although no policy says so.
                for part in parts(*range, declared) {
                    self.proof.counts.pairs += 1;
                    let meant = declared.iter().filter(|it| it.0.covers(part));
                    let ports = meant.clone().fold(Ports::none(), |all, it| &all | &it.1);
                    self.proof.counts.edges += usize::from(!ports.is_empty());
                    let span = meant.map(|it| it.2).next().unwrap_or(span);
                    self.compare(connectivity, *end, End::Outside(part), (&ports, found), span);
                }
            }
        }
    }

    fn compare(
        &mut self,
        connectivity: &Connectivity,
        from: End,
        to: End,
        (declared, found): (&Ports, &Ports),
        span: Span,
    ) {
        let (more, less) = (found - declared, declared - found);
        let (source, destination) = (self.names.end(from), self.names.end(to));
        let address = match to {
            End::Outside(range) => format!(" (as {})", range.first()),
            _ => String::new(),
        };
        if let Some((protocol, port)) = more.first() {
            let message = format!(
                "{source} can reach {destination}{address} on {} {port}, and nothing declares it: {more} in all",
                protocol.word()
            );
            self.report(Code::ProofUndeclared, message, connectivity, (from, to), span);
        }
        if let Some((protocol, port)) = less.first() {
            let message = format!(
                "{source} cannot reach {destination}{address} on {} {port}, which is declared: {less} in all",
                protocol.word()
            );
            self.report(Code::ProofBroken, message, connectivity, (from, to), span);
        }
    }

    fn report(
        &mut self,
        code: Code,
        message: String,
        connectivity: &Connectivity,
        (from, to): (End, End),
        span: Span,
    ) {
        let Self { manifests, places, sources, .. } = *self;
        self.proof.findings.report_with(code, || {
            let why = connectivity.explain(from, to, manifests, places, sources);
            why.into_iter().fold(Diagnostic::new(code, span, message), Diagnostic::help)
        });
    }

    /// Where what is about two ends is told.
    fn span(&self, from: Option<&Party>, to: Option<&Party>) -> Span {
        let own = [from, to].into_iter().flatten().find_map(|it| self.edges.own.get(it));
        own.copied().unwrap_or(self.platform.span)
    }
}

/// A range, cut where one of the declared blocks begins or ends.
fn parts(range: Range, declared: &[(Addresses, Ports, Span)]) -> Vec<Range> {
    let whole = Addresses::of_range(range);
    let sets = declared.iter().map(|it| &it.0).chain([&whole]);
    address::partition(sets).into_iter().filter(|it| whole.covers(*it)).collect()
}

fn told(party: &Party) -> String {
    match party {
        Party::Own(namespace, name) => format!("`{namespace}/{name}`"),
        Party::Other(namespace, _) => format!("pods in `{namespace}`"),
    }
}

impl Edges {
    fn of(platform: &Platform) -> Self {
        let mut edges = Self::default();
        for (project, workload) in platform.workloads() {
            let own = Party::Own(platform.namespace(&project.name), workload.name.to_string());
            edges.workload(platform, &own, workload);
        }
        for edge in platform.edges.values() {
            let own = Party::Own(platform.system_namespace(), edge.workload.name.to_string());
            edges.workload(platform, &own, &edge.workload);
            if let Some(gateway) = platform.cluster.gateways.get(&edge.gateway) {
                let (pods, port) = gateway_pods(gateway);
                edges.add(&own, &pods, &tcp(port), edge.span);
            }
        }
        for (project, service) in platform.services() {
            let Some(port) = service.port else { continue };
            let id = InProject { project: project.name.clone(), name: service.workload.name.clone() };
            let own = Party::Own(platform.namespace(&project.name), service.workload.name.to_string());
            let public = service.public.iter().filter_map(|it| platform.cluster.gateways.get(&it.gateway));
            for gateway in public.chain(token_check::gateways(platform, &id)) {
                edges.add(&gateway_pods(gateway).0, &own, &tcp(port), service.workload.span);
            }
        }
        for (project, database) in platform.all_databases() {
            let Server::CloudNativePg(server) = &database.server else { continue };
            let id = DatabaseId { project: project.map(|it| it.name.clone()), name: database.name.clone() };
            let own = Party::Own(database::namespace(platform, &id), database.name.to_string());
            edges.own.insert(own.clone(), server.span);
            let operator = Party::Other(server.operator_namespace.to_string(), cloudnative_pg::operator());
            let both = &tcp(POSTGRESQL) | &tcp(cloudnative_pg::STATUS);
            edges.add(&operator, &own, &both, server.span);
            edges.add(&own, &dns(platform), &names(), server.span);
            if let Some(api) = &platform.cluster.api_server {
                let ranges: Vec<IpNet> = api.ranges.iter().map(|it| it.0).collect();
                edges.leave(&own, &ranges, tcp(api.port), server.span);
            }
        }
        edges
    }

    fn workload(&mut self, platform: &Platform, own: &Party, workload: &Workload) {
        self.own.insert(own.clone(), workload.span);
        self.add(own, &dns(platform), &names(), workload.span);
        for (reach, span) in &workload.reaches {
            match reach {
                Reach::Service(id) => {
                    let Some(port) = platform.service(id).and_then(|it| it.port) else { continue };
                    let to = Party::Own(platform.namespace(&id.project), id.name.to_string());
                    self.add(own, &to, &tcp(port), *span);
                }
                Reach::External(name) => {
                    let Some(external) = platform.externals.get(name) else { continue };
                    let ports = external.ports.iter().fold(Ports::none(), |all, it| &all | &on(*it));
                    self.leave_blocks(own, &outside::blocks(external, &platform.cluster), &ports, *span);
                }
                Reach::Database(id) => {
                    let Some(database) = platform.database(id) else { continue };
                    let ports = tcp(database.server.port());
                    match &database.server {
                        Server::Outside(server) => {
                            let blocks = outside::blocks_of(&server.ranges, &platform.cluster);
                            self.leave_blocks(own, &blocks, &ports, *span);
                        }
                        Server::CloudNativePg(_) => {
                            let to = Party::Own(database::namespace(platform, id), database.name.to_string());
                            self.add(own, &to, &ports, *span);
                        }
                    }
                }
            }
        }
    }

    fn add(&mut self, from: &Party, to: &Party, ports: &Ports, span: Span) {
        let edge = self.inside.entry((from.clone(), to.clone())).or_insert((Ports::none(), span));
        edge.0 = &edge.0 | ports;
    }

    fn leave(&mut self, from: &Party, ranges: &[IpNet], ports: Ports, span: Span) {
        let mut addresses = Addresses::default();
        for range in ranges {
            addresses.extend(&Addresses::of(*range));
        }
        self.outside.entry(from.clone()).or_default().push((addresses, ports, span));
    }

    fn leave_blocks(&mut self, from: &Party, blocks: &[IPBlock], ports: &Ports, span: Span) {
        for IPBlock { cidr, except } in blocks {
            let parsed = |it: &String| it.parse::<IpNet>().map(Addresses::of);
            let Ok(mut addresses) = parsed(cidr) else { continue };
            for cut in except.iter().flatten().filter_map(|it| parsed(it).ok()) {
                addresses = addresses.without(&cut);
            }
            self.outside.entry(from.clone()).or_default().push((addresses, ports.clone(), span));
        }
    }
}

fn dns(platform: &Platform) -> Party {
    let dns = &platform.cluster.dns;
    let (key, value) = &dns.label;
    Party::Other(dns.namespace.to_string(), [(key.to_string(), value.to_string())].into())
}

fn names() -> Ports {
    &Ports::of(Protocol::Udp, 53..=53) | &Ports::of(Protocol::Tcp, 53..=53)
}

fn gateway_pods(gateway: &Gateway) -> (Party, Port) {
    let (labels, port) = entrance::pods(gateway);
    (Party::Other(gateway.namespace.to_string(), labels), port)
}

fn tcp(Port(number): Port) -> Ports {
    Ports::of(Protocol::Tcp, number..=number)
}

fn on(TransportPort { port: Port(number), protocol }: TransportPort) -> Ports {
    let protocol = match protocol {
        Declared::Tcp => Protocol::Tcp,
        Declared::Udp => Protocol::Udp,
    };
    Ports::of(protocol, number..=number)
}
