//! Network policies of every API, read into one form.
//!
//! A NetworkPolicy (`networking.k8s.io/v1`) only allows, and closes by selecting; the policies of admins
//! (`policy.networking.k8s.io`) allow, deny and pass, in the order of their tiers, priorities and rules.

use ipnet::IpNet;
use k8s_openapi::api::networking::v1 as networking;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::facts::connectivity::address::Addresses;
use crate::facts::connectivity::cluster::Class;
use crate::facts::connectivity::port::{Ports, Protocol};
use crate::facts::manifest::Object;
use crate::facts::selector::{self, Selector};
use crate::render::yaml::{Step, key};

/// A policy as it is evaluated.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which object it is: its place among the manifests.
    pub object: usize,
    /// When its rules are asked.
    pub tier: Tier,
    /// Whom it selects.
    pub subject: Pods,
    /// What may come in; `None` where it says nothing of that.
    pub ingress: Option<Vec<Rule>>,
    /// What may go out; `None` where it says nothing of that.
    pub egress: Option<Vec<Rule>>,
}

/// When the rules of a policy are asked: in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Before all others, the lower number first.
    Admin(i32),
    /// What namespaces say of themselves: all at once.
    Namespace,
    /// Where no NetworkPolicy selects a pod, the lower number first.
    Baseline(i32),
}

/// What a rule is about, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What becomes of what it matches.
    pub action: Action,
    /// Who is on the other side; `None` for anybody, outside of the cluster too.
    pub peers: Option<Vec<Peer>>,
    /// On which ports.
    pub ports: RulePorts,
    /// Where it stands in the object.
    pub path: Vec<Step>,
}

/// What becomes of what a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is let through, and nobody else is asked.
    Allow,
    /// It is refused, and nobody else is asked.
    Deny,
    /// The next tier is asked.
    Pass,
}

/// Who is on the other side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Pods.
    Pods(Pods),
    /// Addresses.
    Addresses(Addresses),
    /// The nodes of the cluster.
    Nodes(Selector),
}

/// Pods by their namespaces and labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pods {
    /// In which namespaces.
    pub namespaces: Namespaces,
    /// Which of the pods there.
    pub pods: Selector,
}

/// Namespaces by name or labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namespaces {
    /// That of the policy.
    One(String),
    /// Those with labels.
    Selected(Selector),
}

/// The ports of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RulePorts {
    /// By number.
    pub numbers: Ports,
    /// By the name that a container of the destination gives them; of one protocol, or of whichever it has there.
    pub names: Vec<(Option<Protocol>, String)>,
}

impl RulePorts {
    /// Every port.
    pub fn all() -> Self {
        Self { numbers: Ports::all(), names: Vec::new() }
    }

    /// What they are where some pods are the destination.
    pub fn of(&self, destination: &Class) -> Ports {
        let named = |(protocol, name): &(Option<Protocol>, String)| {
            let called = destination.ports.iter().filter(|it| it.name.as_ref() == Some(name));
            let meant = called.filter(|it| protocol.is_none_or(|protocol| protocol == it.protocol));
            meant.fold(Ports::none(), |all, it| &all | &Ports::of(it.protocol, it.number..=it.number))
        };
        self.names.iter().map(named).fold(self.numbers.clone(), |all, it| &all | &it)
    }
}

/// Why the API server refuses a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field at fault.
    pub path: Vec<Step>,
    /// What is wrong with it, behind the name of the field.
    pub message: String,
}

/// Reads a NetworkPolicy as the API server would: what is left out has its defaults.
pub fn of_namespace(
    at: usize,
    object: &Object,
    policy: networking::NetworkPolicy,
) -> Result<Policy, Invalid> {
    let namespace = object.namespace();
    let spec = policy.spec.unwrap_or_default();
    let (ingress, egress) = (spec.ingress.unwrap_or_default(), spec.egress.unwrap_or_default());
    let types = spec.policy_types.filter(|it| !it.is_empty());
    let unknown = types.iter().flatten().position(|it| !matches!(it.as_str(), "Ingress" | "Egress"));
    if let Some(index) = unknown {
        let path = vec![key("spec"), key("policyTypes"), Step::Index(index)];
        return Err(invalid(path, "is neither `Ingress` nor `Egress`"));
    }
    let is_about = |direction: &str, by_default: bool| match &types {
        Some(types) => types.iter().any(|it| it == direction),
        None => by_default,
    };
    let (is_ingress, is_egress) = (is_about("Ingress", true), is_about("Egress", !egress.is_empty()));
    let pods = selected(spec.pod_selector.as_ref(), &[key("spec"), key("podSelector")])?;
    let ingress = ingress.into_iter().enumerate().map(|(index, it)| {
        rule(namespace, (it.from, "from"), it.ports, vec![key("spec"), key("ingress"), Step::Index(index)])
    });
    let egress = egress.into_iter().enumerate().map(|(index, it)| {
        rule(namespace, (it.to, "to"), it.ports, vec![key("spec"), key("egress"), Step::Index(index)])
    });
    // What is wrong is refused in either case.
    let (ingress, egress) = (ingress.collect::<Result<_, _>>()?, egress.collect::<Result<_, _>>()?);
    Ok(Policy {
        object: at,
        tier: Tier::Namespace,
        subject: Pods { namespaces: Namespaces::One(namespace.to_owned()), pods },
        ingress: Some(ingress).filter(|_| is_ingress),
        egress: Some(egress).filter(|_| is_egress),
    })
}

fn rule(
    namespace: &str,
    (peers, side): (Option<Vec<networking::NetworkPolicyPeer>>, &str),
    ports: Option<Vec<networking::NetworkPolicyPort>>,
    path: Vec<Step>,
) -> Result<Rule, Invalid> {
    // An empty list is no list.
    let peers = peers.filter(|it| !it.is_empty()).map(|peers| {
        let peers = peers.into_iter().enumerate();
        let way = |index| [&path[..], &[key(side), Step::Index(index)]].concat();
        peers.map(|(index, it)| peer(namespace, it, &way(index))).collect::<Result<Vec<_>, _>>()
    });
    let ports = ports.filter(|it| !it.is_empty()).map(|ports| {
        let mut all = RulePorts { numbers: Ports::none(), names: Vec::new() };
        for (index, port) in ports.into_iter().enumerate() {
            add_port(&mut all, port, &[&path[..], &[key("ports"), Step::Index(index)]].concat())?;
        }
        Ok(all)
    });
    Ok(Rule {
        action: Action::Allow,
        peers: peers.transpose()?,
        ports: ports.transpose()?.unwrap_or_else(RulePorts::all),
        path,
    })
}

fn peer(namespace: &str, peer: networking::NetworkPolicyPeer, path: &[Step]) -> Result<Peer, Invalid> {
    let networking::NetworkPolicyPeer { ip_block, namespace_selector, pod_selector } = peer;
    let below = |field: &str| [path, &[key(field)]].concat();
    match (ip_block, namespace_selector, pod_selector) {
        (None, None, None) => {
            Err(invalid(path.to_vec(), "names nobody: a selector or an `ipBlock` is missing"))
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            Err(invalid(below("ipBlock"), "may not stand beside a selector"))
        }
        (Some(block), None, None) => addresses(&block, &below("ipBlock")).map(Peer::Addresses),
        (None, namespaces, pods) => {
            let namespaces = match namespaces {
                Some(it) => Namespaces::Selected(selected(Some(&it), &below("namespaceSelector"))?),
                None => Namespaces::One(namespace.to_owned()),
            };
            let pods = selected(pods.as_ref(), &below("podSelector"))?;
            Ok(Peer::Pods(Pods { namespaces, pods }))
        }
    }
}

fn addresses(block: &networking::IPBlock, path: &[Step]) -> Result<Addresses, Invalid> {
    let below = |steps: &[Step]| [path, steps].concat();
    let whole = cidr(&block.cidr).ok_or_else(|| invalid(below(&[key("cidr")]), NO_BLOCK))?;
    let mut except = Addresses::default();
    for (index, text) in block.except.iter().flatten().enumerate() {
        let path = below(&[key("except"), Step::Index(index)]);
        let part = cidr(text).ok_or_else(|| invalid(path.clone(), NO_BLOCK))?;
        if !whole.contains(&part) || part.prefix_len() == whole.prefix_len() {
            return Err(invalid(path, &format!("is no smaller part of `{}`", block.cidr)));
        }
        except.extend(&Addresses::of(part));
    }
    Ok(Addresses::of(whole).without(&except))
}

const NO_BLOCK: &str = "is no block of addresses, as `10.0.0.0/8`";

/// A block as the API server reads it: numbers without zeros in front, nothing around.
pub(super) fn cidr(text: &str) -> Option<IpNet> {
    text.parse().ok()
}

fn add_port(all: &mut RulePorts, port: networking::NetworkPolicyPort, path: &[Step]) -> Result<(), Invalid> {
    let networking::NetworkPolicyPort { protocol, port, end_port } = port;
    let below = |field: &str| [path, &[key(field)]].concat();
    let protocol = protocol.filter(|it| !it.is_empty());
    let protocol = match &protocol {
        None => Protocol::Tcp,
        Some(word) => Protocol::of(word)
            .ok_or_else(|| invalid(below("protocol"), "is not one of `TCP`, `UDP`, `SCTP`"))?,
    };
    let number = |it: i32| u16::try_from(it).ok().filter(|it| *it != 0);
    match (port, end_port) {
        (None, None) => all.numbers = &all.numbers | &Ports::of(protocol, 1..=u16::MAX),
        (None, Some(_)) => return Err(invalid(below("endPort"), "needs a `port` to begin at")),
        (Some(IntOrString::Int(first)), last) => {
            let first = number(first).ok_or_else(|| invalid(below("port"), NO_PORT))?;
            let last = match last {
                None => first,
                Some(it) => number(it)
                    .filter(|it| *it >= first)
                    .ok_or_else(|| invalid(below("endPort"), "is no port from `port` on"))?,
            };
            all.numbers = &all.numbers | &Ports::of(protocol, first..=last);
        }
        (Some(IntOrString::String(_)), Some(_)) => {
            return Err(invalid(below("endPort"), "may stand beside a number alone, not a name"));
        }
        (Some(IntOrString::String(name)), None) => {
            if !is_port_name(&name) {
                return Err(invalid(below("port"), "is no name of a port"));
            }
            all.names.push((Some(protocol), name));
        }
    }
    Ok(())
}

const NO_PORT: &str = "is no port from 1 to 65535";

/// A name of a service by IANA (RFC 6335, 5.1), as Kubernetes holds ports to it.
fn is_port_name(name: &str) -> bool {
    let known = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    !name.is_empty()
        && name.len() <= 15
        && name.bytes().all(known)
        && name.bytes().any(|it| it.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Reads a selector; one that is missing selects everything.
pub(super) fn selected(selector: Option<&LabelSelector>, path: &[Step]) -> Result<Selector, Invalid> {
    let Some(selector) = selector else { return Ok(Selector::default()) };
    Selector::of(selector)
        .map_err(|selector::Invalid { path: way, message }| Invalid { path: [path, &way].concat(), message })
}

pub(super) fn invalid(path: Vec<Step>, message: &str) -> Invalid {
    Invalid { path, message: message.to_owned() }
}
