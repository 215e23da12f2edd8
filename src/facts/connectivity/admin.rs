//! The policies of cluster administrators: `ClusterNetworkPolicy` (`policy.networking.k8s.io/v1alpha2`) and what came before
//! it, `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy` (`v1alpha1`).
//!
//! The types are those fields that decide; what somebody else's version has besides is left alone, except where a peer
//! says nothing that is known: the API asks to fail closed there, and the policy is refused.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;

use crate::facts::connectivity::address::Addresses;
use crate::facts::connectivity::policy::{
    Action, Invalid, Namespaces, Peer, Pods, Policy, Rule, RulePorts, Tier, cidr, invalid, selected,
};
use crate::facts::connectivity::port::{Ports, Protocol};
use crate::facts::selector::Selector;
use crate::render::yaml::{Step, key};

/// The API group of all of them.
pub const GROUP: &str = "policy.networking.k8s.io";

/// An object of one of the kinds.
#[derive(Debug, Deserialize)]
pub struct AdminPolicy {
    spec: Spec,
}

#[derive(Debug, Deserialize)]
struct Spec {
    tier: Option<String>,
    priority: Option<i32>,
    subject: Select,
    #[serde(default)]
    ingress: Option<Vec<RawRule>>,
    #[serde(default)]
    egress: Option<Vec<RawRule>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Select {
    namespaces: Option<LabelSelector>,
    pods: Option<NamespacedPod>,
    nodes: Option<LabelSelector>,
    networks: Option<Vec<String>>,
    domain_names: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamespacedPod {
    namespace_selector: Option<LabelSelector>,
    pod_selector: Option<LabelSelector>,
}

#[derive(Debug, Deserialize)]
struct RawRule {
    action: String,
    from: Option<Vec<Select>>,
    to: Option<Vec<Select>>,
    /// Of `v1alpha1`.
    ports: Option<Vec<OldPort>>,
    /// Of `v1alpha2`.
    protocols: Option<Vec<NewPort>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldPort {
    port_number: Option<PortNumber>,
    named_port: Option<String>,
    port_range: Option<PortRange>,
}

#[derive(Debug, Deserialize)]
struct PortNumber {
    protocol: Option<String>,
    port: i64,
}

#[derive(Debug, Deserialize)]
struct PortRange {
    protocol: Option<String>,
    start: i64,
    end: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewPort {
    tcp: Option<OfProtocol>,
    udp: Option<OfProtocol>,
    sctp: Option<OfProtocol>,
    destination_named_port: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfProtocol {
    destination_port: Option<Destination>,
}

#[derive(Debug, Deserialize)]
struct Destination {
    number: Option<i64>,
    range: Option<NewRange>,
}

#[derive(Debug, Deserialize)]
struct NewRange {
    start: i64,
    end: i64,
}

/// What of a policy nobody can compute from manifests.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The field.
    pub path: Vec<Step>,
    /// Why.
    pub message: &'static str,
}

/// Reads a policy of an administrator, with what of it cannot be computed.
pub fn read(at: usize, kind: &str, policy: AdminPolicy) -> Result<(Policy, Vec<Unknown>), Invalid> {
    let Spec { tier, priority, subject, ingress, egress } = policy.spec;
    let below = |field: &str| vec![key("spec"), key(field)];
    let priority = || match priority {
        Some(it) if (0..=1000).contains(&it) => Ok(it),
        Some(_) => Err(invalid(below("priority"), "is no number from 0 to 1000")),
        None => Err(invalid(below("priority"), "is missing")),
    };
    let tier = match (kind, tier.as_deref()) {
        ("BaselineAdminNetworkPolicy", _) => Tier::Baseline(0),
        ("AdminNetworkPolicy", _) | ("ClusterNetworkPolicy", Some("Admin")) => Tier::Admin(priority()?),
        ("ClusterNetworkPolicy", Some("Baseline")) => Tier::Baseline(priority()?),
        _ => return Err(invalid(below("tier"), "is neither `Admin` nor `Baseline`")),
    };
    let Some(subject) = pods(&subject, &below("subject"))? else {
        return Err(invalid(below("subject"), "must be `namespaces` or `pods`"));
    };
    let mut reader = Reader { kind, unknown: Vec::new() };
    let ingress = reader.rules(ingress, "ingress")?;
    let egress = reader.rules(egress, "egress")?;
    let policy = Policy { object: at, tier, subject, ingress: Some(ingress), egress: Some(egress) };
    Ok((policy, reader.unknown))
}

struct Reader<'a> {
    kind: &'a str,
    unknown: Vec<Unknown>,
}

impl Reader<'_> {
    fn rules(&mut self, rules: Option<Vec<RawRule>>, direction: &str) -> Result<Vec<Rule>, Invalid> {
        let rules = rules.into_iter().flatten().enumerate();
        rules
            .map(|(index, it)| {
                self.rule(it, direction, vec![key("spec"), key(direction), Step::Index(index)])
            })
            .collect()
    }

    fn rule(&mut self, rule: RawRule, direction: &str, path: Vec<Step>) -> Result<Rule, Invalid> {
        let below = |field: &str| [&path[..], &[key(field)]].concat();
        let RawRule { action, from, to, ports, protocols } = rule;
        let action = match (self.kind, action.as_str()) {
            ("ClusterNetworkPolicy", "Accept")
            | ("AdminNetworkPolicy" | "BaselineAdminNetworkPolicy", "Allow") => Action::Allow,
            (_, "Deny") => Action::Deny,
            ("ClusterNetworkPolicy" | "AdminNetworkPolicy", "Pass") => Action::Pass,
            _ => return Err(invalid(below("action"), "is no action of this kind")),
        };
        let (peers, side) = if direction == "ingress" { (from, "from") } else { (to, "to") };
        let peers =
            peers.filter(|it| !it.is_empty()).ok_or_else(|| invalid(below(side), "must name somebody"))?;
        let mut read = Vec::new();
        for (index, select) in peers.into_iter().enumerate() {
            let way = [&below(side)[..], &[Step::Index(index)]].concat();
            read.extend(self.peer(&select, direction, &way)?);
        }
        let mut all = RulePorts { numbers: Ports::none(), names: Vec::new() };
        let has_ports = ports.is_some() || protocols.is_some();
        for (index, port) in ports.into_iter().flatten().enumerate() {
            old_port(&mut all, port, &[&below("ports")[..], &[Step::Index(index)]].concat())?;
        }
        for (index, port) in protocols.into_iter().flatten().enumerate() {
            new_port(&mut all, port, &[&below("protocols")[..], &[Step::Index(index)]].concat())?;
        }
        let ports = if has_ports { all } else { RulePorts::all() };
        Ok(Rule { action, peers: Some(read), ports, path })
    }

    fn peer(&mut self, select: &Select, direction: &str, path: &[Step]) -> Result<Option<Peer>, Invalid> {
        let below = |field: &str| [path, &[key(field)]].concat();
        let is_egress = direction == "egress";
        if let Some(pods) = pods(select, path)? {
            return Ok(Some(Peer::Pods(pods)));
        }
        if let Some(networks) = select.networks.as_ref().filter(|_| is_egress) {
            let mut addresses = Addresses::default();
            for (index, text) in networks.iter().enumerate() {
                let path = [&below("networks")[..], &[Step::Index(index)]].concat();
                let block =
                    cidr(text).ok_or_else(|| invalid(path, "is no block of addresses, as `10.0.0.0/8`"))?;
                addresses.extend(&Addresses::of(block));
            }
            return Ok(Some(Peer::Addresses(addresses)));
        }
        if let Some(nodes) = select.nodes.as_ref().filter(|_| is_egress) {
            return selected(Some(nodes), &below("nodes")).map(|it| Some(Peer::Nodes(it)));
        }
        if select.domain_names.is_some() && is_egress {
            let message = "names of domains: which addresses they have is known to name servers alone";
            self.unknown.push(Unknown { path: below("domainNames"), message });
            return Ok(None);
        }
        Err(invalid(path.to_vec(), "names nobody that is known"))
    }
}

/// Pods by `namespaces` or `pods`; `None` where it is neither.
fn pods(select: &Select, path: &[Step]) -> Result<Option<Pods>, Invalid> {
    let below = |fields: &[&str]| [path, &fields.iter().map(|it| key(it)).collect::<Vec<_>>()].concat();
    match (&select.namespaces, &select.pods) {
        (Some(_), Some(_)) => Err(invalid(path.to_vec(), "has both `namespaces` and `pods`")),
        (Some(namespaces), None) => {
            let namespaces = Namespaces::Selected(selected(Some(namespaces), &below(&["namespaces"]))?);
            Ok(Some(Pods { namespaces, pods: Selector::default() }))
        }
        (None, Some(NamespacedPod { namespace_selector, pod_selector })) => {
            let namespaces = selected(namespace_selector.as_ref(), &below(&["pods", "namespaceSelector"]))?;
            let pods = selected(pod_selector.as_ref(), &below(&["pods", "podSelector"]))?;
            Ok(Some(Pods { namespaces: Namespaces::Selected(namespaces), pods }))
        }
        (None, None) => Ok(None),
    }
}

fn old_port(all: &mut RulePorts, port: OldPort, path: &[Step]) -> Result<(), Invalid> {
    match port {
        OldPort { port_number: Some(PortNumber { protocol, port }), named_port: None, port_range: None } => {
            add(all, of_word(protocol.as_deref(), path)?, port, port, path)
        }
        OldPort { port_number: None, named_port: Some(name), port_range: None } => {
            all.names.push((None, name));
            Ok(())
        }
        OldPort {
            port_number: None,
            named_port: None,
            port_range: Some(PortRange { protocol, start, end }),
        } => match start < end {
            true => add(all, of_word(protocol.as_deref(), path)?, start, end, path),
            false => Err(invalid(path.to_vec(), "ends before it begins")),
        },
        _ => Err(invalid(path.to_vec(), "must be one of `portNumber`, `namedPort`, `portRange`")),
    }
}

fn new_port(all: &mut RulePorts, port: NewPort, path: &[Step]) -> Result<(), Invalid> {
    let NewPort { tcp, udp, sctp, destination_named_port } = port;
    let of = [(Protocol::Tcp, tcp), (Protocol::Udp, udp), (Protocol::Sctp, sctp)];
    let mut given = of.into_iter().filter_map(|(protocol, it)| Some((protocol, it?)));
    match (given.next(), given.next(), destination_named_port) {
        (None, None, Some(name)) => {
            all.names.push((None, name));
            Ok(())
        }
        (Some((protocol, OfProtocol { destination_port })), None, None) => match destination_port {
            None => add(all, protocol, 1, u16::MAX.into(), path),
            Some(Destination { number: Some(number), range: None }) => {
                add(all, protocol, number, number, path)
            }
            Some(Destination { number: None, range: Some(NewRange { start, end }) }) if start < end => {
                add(all, protocol, start, end, path)
            }
            Some(_) => Err(invalid(path.to_vec(), "must have one of `number` and `range`")),
        },
        _ => Err(invalid(path.to_vec(), "must be one of `tcp`, `udp`, `sctp`, `destinationNamedPort`")),
    }
}

fn of_word(word: Option<&str>, path: &[Step]) -> Result<Protocol, Invalid> {
    Protocol::of(word.unwrap_or("TCP"))
        .ok_or_else(|| invalid(path.to_vec(), "has a protocol that is not one of `TCP`, `UDP`, `SCTP`"))
}

fn add(all: &mut RulePorts, protocol: Protocol, first: i64, last: i64, path: &[Step]) -> Result<(), Invalid> {
    let number = |it: i64| u16::try_from(it).ok().filter(|it| *it != 0);
    let (Some(first), Some(last)) = (number(first), number(last)) else {
        return Err(invalid(path.to_vec(), "has a number that is no port from 1 to 65535"));
    };
    all.numbers = &all.numbers | &Ports::of(protocol, first..=last);
    Ok(())
}
