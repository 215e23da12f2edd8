//! What may talk to what, by the policies in the files: all workloads, the addresses outside, and who comes in by an Ingress.
//!
//! ```text
//! Manifests ─┬→ Cluster   (cluster.rs: classes of pods)  ─┐
//!            ├→ Policies  (policy.rs, admin.rs: one form) ├→ a row per class and direction → Connections
//!            └→ Entrances (entrance.rs: who is let in)    ┘
//! ```
//!
//! An edge has two ends, and each has its say: what leaves one must be let in by the other. Each class of pods has a row
//! for what may go out and one for what may come in, over all classes and all ranges of addresses that a policy tells apart.
//!
//! What Kubernetes leaves to the network plug-in is read as the field's analysers do: `ipBlock` is about addresses outside of
//! the cluster, protocols other than TCP, UDP and SCTP are of no account, and a pod on the network of its node is held to
//! NetworkPolicies like any other (the API of administrators says itself that its policies do not select those). For the
//! policies of administrators, networks that are all of IPv4 or IPv6 are pods as well, as their API says.

pub mod address;
pub mod admin;
pub mod cluster;
pub mod document;
pub mod entrance;
pub mod explain;
pub mod index;
pub mod line;
pub mod policy;
pub mod port;
pub mod set;
pub mod side;
pub mod stranger;

use std::net::IpAddr;

use k8s_openapi::api::networking::v1::NetworkPolicy;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::connectivity::address::{Addresses, Range};
use crate::facts::connectivity::admin::AdminPolicy;
use crate::facts::connectivity::cluster::Cluster;
use crate::facts::connectivity::entrance::Entrances;
use crate::facts::connectivity::index::Index;
use crate::facts::connectivity::policy::{Invalid, Peer, Policy, Rule, Tier};
use crate::facts::connectivity::port::Ports;
use crate::facts::connectivity::set::{SetId, Sets};
use crate::facts::connectivity::side::{Direction, Evaluation, Side};
use crate::facts::connectivity::stranger::{Stranger, Strangers};
use crate::facts::manifest::{Manifests, Object, Places};
use crate::facts::selector::{Labels, Selector};
use crate::render::yaml::path_text;

/// What may talk to what.
#[derive(Debug)]
pub struct Connectivity {
    /// What runs.
    pub cluster: Cluster,
    /// Pods that are not in the files; the first is one of which nothing is known.
    pub strangers: Vec<Stranger>,
    /// What is said about it, in the order in which it is asked.
    pub policies: Vec<Policy>,
    /// Addresses outside, by what policies tell apart of who comes in.
    pub sources: Vec<Range>,
    /// Addresses outside, by what policies tell apart of where one may go.
    pub destinations: Vec<Range>,
    /// Whether a policy names an IPv6 address at all.
    pub names_v6: bool,
    /// What may come in.
    pub ingress: Side,
    /// What may go out.
    pub egress: Side,
    sets: Sets,
    /// By workload: what an Ingress or a route leads to.
    entrances: Vec<(usize, Ports)>,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A place in [`Cluster::workloads`].
    Workload(usize),
    /// Addresses outside of the cluster.
    Outside(Range),
    /// Whoever serves Ingress objects and routes.
    Entrance,
    /// A place in [`Connectivity::strangers`].
    Stranger(usize),
}

/// Something that may talk to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// Who begins.
    pub from: End,
    /// Whom it reaches.
    pub to: End,
    /// On which ports; never none.
    pub ports: &'a Ports,
}

impl Connectivity {
    /// Computes it. What cannot be read or computed is reported and left out.
    pub fn of(
        manifests: &Manifests,
        strangers: Strangers,
        places: &Places<'_>,
        sink: &mut Diagnostics,
    ) -> Self {
        let mut cluster = Cluster::of(manifests, places, sink);
        let mut policies = policies(manifests, places, sink);
        resolve_nodes(manifests, &mut policies, places, sink);
        let entrances = Entrances::of(manifests, &cluster, places, sink);
        let strangers = stranger::add(&mut cluster, &policies, strangers);
        let of = |direction: Direction| blocks(&policies, move |it| direction.of(it));
        let (sources, destinations) =
            (address::partition(of(Direction::Ingress)), address::partition(of(Direction::Egress)));
        let names_v6 = of(Direction::Ingress).chain(of(Direction::Egress)).any(Addresses::has_v6);
        let (index, mut sets) = (Index::of(&cluster), Sets::default());
        let mut side = |direction, ranges| {
            let (cluster, index, policies) = (&cluster, &index, &policies);
            Evaluation { cluster, index, policies, direction, ranges, sets: &mut sets }.side()
        };
        let ingress = side(Direction::Ingress, &sources);
        let egress = side(Direction::Egress, &destinations);
        let mut connectivity = Self {
            cluster,
            strangers,
            policies,
            sources,
            destinations,
            names_v6,
            ingress,
            egress,
            sets,
            entrances: Vec::new(),
        };
        for (workload, asked) in entrances.reached(&connectivity.cluster) {
            // Nothing is known of who serves them but that it is a pod.
            let let_in =
                connectivity.between(&[connectivity.strangers[0].class], &connectivity.classes(workload));
            let reached = connectivity.sets.get(let_in) & &asked;
            if !reached.is_empty() {
                connectivity.entrances.push((workload, reached));
            }
        }
        connectivity
    }

    /// Everything that may talk to something, but for a workload to itself. The order is that of places, not of names.
    pub fn connections(&mut self) -> Vec<Connection<'_>> {
        let mut found: Vec<(End, End, SetId)> = Vec::new();
        let all: Vec<Vec<usize>> = self.cluster.workloads.iter().map(|it| it.classes.clone()).collect();
        for (from, sources) in all.iter().enumerate() {
            for (to, destinations) in all.iter().enumerate().filter(|it| it.0 != from) {
                found.push((End::Workload(from), End::Workload(to), self.between(sources, destinations)));
            }
        }
        let count = self.cluster.classes.len();
        for (at, classes) in all.iter().enumerate() {
            let end = End::Workload(at);
            for index in 0..self.sources.len() {
                let ports = union(&mut self.sets, &self.ingress, classes, count + index);
                found.push((End::Outside(self.sources[index]), end, ports));
            }
            for index in 0..self.destinations.len() {
                let ports = union(&mut self.sets, &self.egress, classes, count + index);
                found.push((end, End::Outside(self.destinations[index]), ports));
            }
        }
        let found = self.found(found);
        let entrances = self.entrances.iter().map(|(workload, ports)| Connection {
            from: End::Entrance,
            to: End::Workload(*workload),
            ports,
        });
        found.chain(entrances).collect()
    }

    /// What pods that are not in the files may reach, and what may reach them.
    pub fn exposure(&mut self) -> Vec<Connection<'_>> {
        let mut found: Vec<(End, End, SetId)> = Vec::new();
        for at in 0..self.cluster.workloads.len() {
            let classes = self.classes(at);
            for index in 0..self.strangers.len() {
                let (end, stranger) = (End::Workload(at), self.strangers[index].class);
                found.push((End::Stranger(index), end, self.between(&[stranger], &classes)));
                found.push((end, End::Stranger(index), self.between(&classes, &[stranger])));
            }
        }
        self.found(found).collect()
    }

    fn found(&self, all: Vec<(End, End, SetId)>) -> impl Iterator<Item = Connection<'_>> {
        let found = all.into_iter().filter(|it| it.2 != SetId::NONE);
        found.map(|(from, to, ports)| Connection { from, to, ports: self.sets.get(ports) })
    }

    /// What some classes may reach of others: what leaves the one must be let in by the other.
    pub fn between(&mut self, sources: &[usize], destinations: &[usize]) -> SetId {
        let Self { ingress, egress, sets, .. } = self;
        let mut all = SetId::NONE;
        for source in sources {
            for destination in destinations {
                let out = egress.get(*source, *destination);
                if out != SetId::NONE {
                    let both = sets.intersection(out, ingress.get(*destination, *source));
                    all = sets.union(all, both);
                }
            }
        }
        all
    }

    /// A set of ports.
    pub fn ports(&self, id: SetId) -> &Ports {
        self.sets.get(id)
    }

    fn classes(&self, workload: usize) -> Vec<usize> {
        self.cluster.workloads[workload].classes.clone()
    }
}

/// What one of some classes lets through between itself and a peer.
fn union(sets: &mut Sets, side: &Side, classes: &[usize], peer: usize) -> SetId {
    classes.iter().fold(SetId::NONE, |all, class| sets.union(all, side.get(*class, peer)))
}

fn blocks<'a>(
    policies: &'a [Policy],
    rules: impl Fn(&'a Policy) -> Option<&'a [Rule]>,
) -> impl Iterator<Item = &'a Addresses> {
    let rules = policies.iter().filter_map(rules).flatten();
    let peers = rules.flat_map(|it| it.peers.iter().flatten());
    peers.filter_map(|it| match it {
        Peer::Addresses(it) => Some(it),
        Peer::Pods(_) | Peer::Nodes(_) => None,
    })
}

/// Reads all policies.
fn policies(manifests: &Manifests, places: &Places<'_>, sink: &mut Diagnostics) -> Vec<Policy> {
    let mut policies = Vec::new();
    for (at, object) in manifests.objects.iter().enumerate() {
        let read = if object.is("networking.k8s.io", "NetworkPolicy") {
            let Some(policy) = object.read_as::<NetworkPolicy>(places, sink) else { continue };
            policy::of_namespace(at, object, policy).map(|it| (it, Vec::new()))
        } else if object.group() == admin::GROUP && object.id.kind.ends_with("NetworkPolicy") {
            let Some(policy) = object.read_as::<AdminPolicy>(places, sink) else { continue };
            admin::read(at, &object.id.kind, policy)
        } else {
            continue;
        };
        match read {
            Ok((policy, unknown)) => {
                policies.push(policy);
                for admin::Unknown { path, message } in unknown {
                    let text = format!("{}: {message}", object.name());
                    sink.report(Diagnostic::new(Code::ManifestNotFollowed, places.find(object, &path), text));
                }
            }
            Err(invalid) => sink.report(refused(object, &invalid, places)),
        }
    }
    // Of two with one priority the API leaves open which is asked first: it is the one whose name comes first.
    let name = |it: &Policy| &manifests.objects[it.object].id;
    policies.sort_by(|a, b| (a.tier, name(a)).cmp(&(b.tier, name(b))));
    for pair in policies.windows(2).filter(|it| it[0].tier == it[1].tier && it[0].tier != Tier::Namespace) {
        let [first, second] = [&pair[0], &pair[1]].map(|it| &manifests.objects[it.object]);
        let message =
            format!("{} and {} have one priority: which is asked first is open", first.name(), second.name());
        sink.report(
            Diagnostic::new(Code::ManifestNotFollowed, places.find(second, &[]), message)
                .related(places.find(first, &[]), "the other one, which is taken for the first")
                .help("give each a priority of its own"),
        );
    }
    policies
}

fn refused(object: &Object, Invalid { path, message }: &Invalid, places: &Places<'_>) -> Diagnostic {
    let message = format!("{}: `{}` {message}", object.name(), path_text(path));
    Diagnostic::new(Code::ManifestMalformed, places.find(object, path), message)
        .help("it is left out here, as the API server would refuse it")
}

/// Puts the addresses of nodes into the place of their selectors, as far as the files name them.
fn resolve_nodes(
    manifests: &Manifests,
    policies: &mut [Policy],
    places: &Places<'_>,
    sink: &mut Diagnostics,
) {
    let nodes: Vec<(Labels, Addresses)> = manifests.of_kind("", "Node").map(node).collect();
    for policy in policies {
        let object = &manifests.objects[policy.object];
        let rules = policy.egress.iter_mut().flatten();
        for rule in rules {
            for peer in rule.peers.iter_mut().flatten() {
                let Peer::Nodes(selector) = peer else { continue };
                let mut addresses = Addresses::default();
                let selected = |it: &&(Labels, Addresses)| Selector::matches(selector, &it.0);
                nodes.iter().filter(selected).for_each(|it| addresses.extend(&it.1));
                if nodes.is_empty() {
                    let message = format!("{}: nodes, and no Node is in the files", object.name());
                    let span = places.find(object, &rule.path);
                    sink.report(
                        Diagnostic::new(Code::ManifestNotFollowed, span, message)
                            .help("add what `kubectl get nodes -o yaml` prints"),
                    );
                }
                *peer = Peer::Addresses(addresses);
            }
        }
    }
}

fn node(object: &Object) -> (Labels, Addresses) {
    let labels = serde_json::from_value(object.value["metadata"]["labels"].clone()).unwrap_or_default();
    let mut addresses = Addresses::default();
    for address in object.value["status"]["addresses"].as_array().into_iter().flatten() {
        if let Some(it) = address["address"].as_str().and_then(|it| it.parse::<IpAddr>().ok()) {
            addresses.extend(&Addresses::of(it.into()));
        }
    }
    (labels, addresses)
}
