//! Network policies that allow what they seem to close. They are copied from place to place, and read as if a rule could
//! refuse.

use ipnet::{IpNet, Ipv4Net};
use serde_json::Value;

use crate::render::yaml::{Step, key};

/// Something that allows what it seems to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trap {
    /// An empty `podSelector` in a rule: it is the whole namespace.
    AllowsNamespace,
    /// A rule that leads to where clouds hand out credentials.
    Anywhere,
    /// A label that no namespace has by itself.
    NamespaceLabel,
}

/// Where one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub trap: Trap,
    /// The field.
    pub path: Vec<Step>,
    /// What is wrong.
    pub message: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

/// Where clouds hand out credentials.
const METADATA: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(169, 254, 169, 254), 32);

/// All that is wrong with a network policy.
pub fn of_policy(value: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    for (direction, side) in [("egress", "to"), ("ingress", "from")] {
        for (index, rule) in value["spec"][direction].as_array().into_iter().flatten().enumerate() {
            let path = vec![key("spec"), key(direction), Step::Index(index)];
            let peers = rule[side].as_array().map(Vec::as_slice).unwrap_or_default();
            if direction == "egress" && peers.is_empty() {
                found.push(trap(
                    Trap::Anywhere,
                    path.clone(),
                    "a rule without peers leads anywhere, the addresses where clouds hand out credentials included",
                    "name the peers below `to:`; to close everything, leave `egress` out",
                ));
            }
            for (at, peer) in peers.iter().enumerate() {
                let path = [&path[..], &[key(side), Step::Index(at)]].concat();
                found.extend(of_peer(peer, direction == "egress", path));
            }
        }
    }
    found
}

fn of_peer(peer: &Value, is_egress: bool, path: Vec<Step>) -> Option<Found> {
    let is_everything = |it: &Value| it.as_object().is_some_and(serde_json::Map::is_empty);
    if is_egress && peer["namespaceSelector"].is_null() && is_everything(&peer["podSelector"]) {
        let message =
            "an empty `podSelector` allows the whole namespace: no rule of a NetworkPolicy refuses anything";
        return Some(trap(
            Trap::AllowsNamespace,
            path,
            message,
            "name the pods by labels; what no rule allows is closed",
        ));
    }
    if !peer["namespaceSelector"]["matchLabels"]["name"].is_null() {
        let path = [&path[..], &[key("namespaceSelector"), key("matchLabels"), key("name")]].concat();
        let message = "no namespace has the label `name` unless somebody puts it on, so this selects nothing";
        return Some(trap(
            Trap::NamespaceLabel,
            path,
            message,
            "write `kubernetes.io/metadata.name`, which the API server puts on each",
        ));
    }
    let block = &peer["ipBlock"];
    let range = |it: &Value| it.as_str().and_then(|it| it.parse::<IpNet>().ok());
    let holds = |it: IpNet| it.contains(&IpNet::V4(METADATA));
    let is_open = is_egress && range(&block["cidr"]).is_some_and(holds);
    let is_cut = block["except"].as_array().is_some_and(|it| it.iter().filter_map(range).any(holds));
    (is_open && !is_cut).then(|| {
        let path = [&path[..], &[key("ipBlock")]].concat();
        let message = "the addresses where clouds hand out credentials lie in this range";
        trap(
            Trap::Anywhere,
            path,
            message,
            "cut them out: `except: [169.254.0.0/16]`, and the ranges of the cluster with them",
        )
    })
}

fn trap(trap: Trap, path: Vec<Step>, message: &'static str, help: &'static str) -> Found {
    Found { trap, path, message, help }
}
