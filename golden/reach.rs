//! What may talk to what, held against a second evaluator: one that knows no sets, no classes and no index, and asks for each
//! pair of pods, protocol and port by itself, word for word as the documentation of the APIs says.
//!
//! Clusters are made at random, small and full of traps: selectors that are empty or missing, labels that are nearly the
//! same, names of ports, ranges, blocks with holes, tiers and priorities. `TRACKSIDE_CASES` says how many; the last full count
//! stands in `benches/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fastrand::Rng;
use ipnet::IpNet;
use serde_json::{Value, json};
use trackside::diagnostic::Diagnostics;
use trackside::facts::connectivity::address::Range;
use trackside::facts::connectivity::port::{Ports, Protocol};
use trackside::facts::connectivity::stranger::Strangers;
use trackside::facts::connectivity::{Connectivity, End};
use trackside::facts::manifest::{Manifests, Object, Places};
use trackside::render::ObjectId;
use trackside::source::SourceMap;

const CASES: u64 = 2_000;

#[test]
#[expect(clippy::disallowed_methods, reason = "how many clusters are tried is asked of the environment")]
fn every_port_of_every_pair_is_as_a_naive_evaluator_finds_it() {
    let cases = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(CASES);
    let (mut asked, mut allowed) = (0_u64, 0_u64);
    for seed in 0..cases {
        let cluster = random(&mut Rng::with_seed(seed));
        let (these, those) = compare(seed, &cluster);
        asked += these;
        allowed += those;
    }
    assert!(allowed > 0 && allowed < asked);
    println!("{cases} clusters, {asked} questions, {allowed} of them allowed, 0 differences");
}

/// Holds both against each other, and counts what was asked and what is allowed.
fn compare(seed: u64, cluster: &[Value]) -> (u64, u64) {
    let manifests = manifests(cluster);
    let mut sources = SourceMap::default();
    sources.add("cluster.yaml", "");
    let mut sink = Diagnostics::default();
    let mut connectivity =
        Connectivity::of(&manifests, Strangers::Unknown, &Places::new(&sources), &mut sink);
    let (from_outside, to_outside) = (connectivity.sources.clone(), connectivity.destinations.clone());
    let names: Vec<(String, String)> =
        connectivity.cluster.workloads.iter().map(|it| (it.namespace.clone(), it.name.clone())).collect();
    let ours: BTreeMap<(End, End), Ports> =
        connectivity.connections().into_iter().map(|it| ((it.from, it.to), it.ports.clone())).collect();
    let naive = Naive { objects: cluster };
    let pods: Vec<&Value> = naive.of_kind("Pod").collect();
    let (ports, addresses) = (naive.ports(), naive.addresses());
    let place = |pod: &Value| {
        let found = names.iter().position(|(namespace, name)| {
            *namespace == pod["metadata"]["namespace"] && *name == pod["metadata"]["name"]
        });
        End::Workload(found.expect("every pod is a workload"))
    };
    let (mut asked, mut allowed) = (0, 0);
    let mut check = |from: End, to: End, expected: &dyn Fn(Protocol, u16) -> bool| {
        let none = Ports::none();
        let found = ours.get(&(from, to)).unwrap_or(&none);
        for protocol in Protocol::ALL {
            for port in &ports {
                let is = found.contains(&Ports::of(protocol, *port..=*port));
                let should = expected(protocol, *port);
                asked += 1;
                allowed += u64::from(should);
                assert!(
                    is == should,
                    "seed {seed}: {from:?} => {to:?} on {} {port}: found {is}, and naively {should}\n{}",
                    protocol.word(),
                    serde_json::to_string_pretty(cluster).expect("it is JSON")
                );
            }
        }
    };
    for from in &pods {
        for to in pods.iter().filter(|it| *it != from) {
            let expected = |protocol: Protocol, port| {
                naive.lets("egress", from, Peer::Pod(to), Some(to), protocol.word(), port)
                    && naive.lets("ingress", to, Peer::Pod(from), Some(to), protocol.word(), port)
            };
            check(place(from), place(to), &expected);
        }
    }
    let outside = |ranges: &[Range], address: IpAddr| {
        let range = ranges.iter().find(|it| {
            it.first() <= address && address <= it.last() && it.first().is_ipv4() == address.is_ipv4()
        });
        End::Outside(*range.expect("every address is in a range"))
    };
    for pod in &pods {
        for address in &addresses {
            let source = outside(&from_outside, *address);
            check(source, place(pod), &|protocol, port| {
                naive.lets("ingress", pod, Peer::Address(*address), Some(pod), protocol.word(), port)
            });
            let destination = outside(&to_outside, *address);
            check(place(pod), destination, &|protocol, port| {
                naive.lets("egress", pod, Peer::Address(*address), None, protocol.word(), port)
            });
        }
    }
    (asked, allowed)
}

fn manifests(objects: &[Value]) -> Manifests {
    let object = |value: &Value| Object {
        id: ObjectId::of(value).expect("it has a name"),
        value: value.clone(),
        document: trackside::source::Span::default(),
        within: Vec::new(),
    };
    Manifests { objects: objects.iter().map(object).collect(), left_out: 0 }
}

/// Who is on the other side.
#[derive(Clone, Copy)]
enum Peer<'a> {
    Pod(&'a Value),
    Address(IpAddr),
}

/// The second evaluator.
struct Naive<'a> {
    objects: &'a [Value],
}

impl<'a> Naive<'a> {
    fn of_kind(&self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |it| it["kind"] == kind)
    }

    /// Every number at which something may change, and its neighbours.
    fn ports(&self) -> BTreeSet<u16> {
        let leaves = self.objects.iter().flat_map(|it| leaves(&it["spec"]));
        let numbers = leaves.filter_map(Value::as_u64).filter_map(|it| u16::try_from(it).ok());
        let around = |it: u16| [it.saturating_sub(1).max(1), it, it.saturating_add(1)];
        numbers.filter(|it| *it > 0).flat_map(around).chain([1, u16::MAX]).collect()
    }

    /// Every address at which something may change.
    fn addresses(&self) -> BTreeSet<IpAddr> {
        let leaves = self.objects.iter().flat_map(|it| leaves(&it["spec"]));
        let blocks = leaves.filter_map(Value::as_str).filter_map(|it| it.parse::<IpNet>().ok());
        let moved = |it: IpAddr, by: i8| -> IpAddr {
            match it {
                IpAddr::V4(it) => IpAddr::V4(u32::from(it).wrapping_add_signed(by.into()).into()),
                IpAddr::V6(it) => IpAddr::V6(u128::from(it).wrapping_add_signed(by.into()).into()),
            }
        };
        let around =
            |it: IpNet| [(it.network(), 0), (it.network(), -1), (it.broadcast(), 0), (it.broadcast(), 1)];
        let elsewhere: IpAddr = "203.0.113.9".parse().expect("an address");
        blocks.flat_map(around).map(|(it, by)| moved(it, by)).chain([elsewhere]).collect()
    }

    /// Whether what policies say of a pod lets something through in a direction. `destination` is the pod whose port it is.
    fn lets(
        &self,
        direction: &str,
        pod: &Value,
        peer: Peer<'_>,
        destination: Option<&Value>,
        protocol: &str,
        port: u16,
    ) -> bool {
        let mut admins: Vec<&Value> = self.objects.iter().filter(|it| tier(it) == Some("admin")).collect();
        admins.sort_by_key(|it| {
            (it["spec"]["priority"].as_i64(), it["kind"].to_string(), it["metadata"]["name"].to_string())
        });
        let mut baseline: Vec<&Value> =
            self.objects.iter().filter(|it| tier(it) == Some("baseline")).collect();
        baseline.sort_by_key(|it| {
            (
                it["spec"]["priority"].as_i64().unwrap_or(0),
                it["kind"].to_string(),
                it["metadata"]["name"].to_string(),
            )
        });
        for policy in admins {
            match self.decide(policy, direction, pod, peer, destination, protocol, port) {
                Some("Allow" | "Accept") => return true,
                Some("Deny") => return false,
                Some("Pass") => break,
                _ => (),
            }
        }
        let selecting: Vec<&Value> =
            self.of_kind("NetworkPolicy").filter(|it| selects(it, direction, pod)).collect();
        if !selecting.is_empty() {
            return selecting.iter().any(|policy| {
                let rules = policy["spec"][direction].as_array().cloned().unwrap_or_default();
                rules.iter().any(|rule| {
                    let side = if direction == "ingress" { "from" } else { "to" };
                    let peers = rule[side].as_array().cloned().unwrap_or_default();
                    let ports = rule["ports"].as_array().cloned().unwrap_or_default();
                    let namespace = policy["metadata"]["namespace"].as_str().expect("it has one");
                    (peers.is_empty() || peers.iter().any(|it| self.is_peer(it, namespace, peer)))
                        && (ports.is_empty()
                            || ports.iter().any(|it| is_port(it, destination, protocol, port)))
                })
            });
        }
        for policy in baseline {
            match self.decide(policy, direction, pod, peer, destination, protocol, port) {
                Some("Allow" | "Accept") => return true,
                Some("Deny") => return false,
                Some("Pass") => break,
                _ => (),
            }
        }
        true
    }

    fn is_peer(&self, written: &Value, namespace: &str, peer: Peer<'_>) -> bool {
        match peer {
            Peer::Address(address) => {
                written["ipBlock"].is_object() && in_block(&written["ipBlock"], address)
            }
            Peer::Pod(pod) => {
                if written["ipBlock"].is_object() {
                    return false;
                }
                let is_there = match &written["namespaceSelector"] {
                    Value::Null => pod["metadata"]["namespace"] == namespace,
                    selector => matches(selector, &self.labels_of_namespace(pod)),
                };
                let pods = &written["podSelector"];
                is_there && (pods.is_null() || matches(pods, &pod["metadata"]["labels"]))
            }
        }
    }

    fn labels_of_namespace(&self, pod: &Value) -> Value {
        let name = &pod["metadata"]["namespace"];
        let found = self.of_kind("Namespace").find(|it| it["metadata"]["name"] == *name);
        let mut labels = found.map_or(json!({}), |it| it["metadata"]["labels"].clone());
        if labels.is_null() {
            labels = json!({});
        }
        labels["kubernetes.io/metadata.name"] = name.clone();
        labels
    }

    /// What the first rule of an administrator's policy says that matches.
    #[expect(clippy::too_many_arguments, reason = "it is one question")]
    fn decide<'v>(
        &self,
        policy: &'v Value,
        direction: &str,
        pod: &Value,
        peer: Peer<'_>,
        destination: Option<&Value>,
        protocol: &str,
        port: u16,
    ) -> Option<&'v str> {
        if is_host(pod) || !self.is_select(&policy["spec"]["subject"], Peer::Pod(pod)) {
            return None;
        }
        let side = if direction == "ingress" { "from" } else { "to" };
        let rules = policy["spec"][direction].as_array()?;
        let found = rules.iter().find(|rule| {
            let peers = rule[side].as_array().expect("a rule of an administrator names somebody");
            let ports = rule["ports"].as_array().or(rule["protocols"].as_array());
            peers.iter().any(|it| self.is_select(it, peer))
                && ports.is_none_or(|it| it.iter().any(|it| is_admin_port(it, destination, protocol, port)))
        });
        found.and_then(|it| it["action"].as_str())
    }

    fn is_select(&self, select: &Value, peer: Peer<'_>) -> bool {
        match peer {
            Peer::Address(address) => {
                let networks = select["networks"].as_array();
                networks.is_some_and(|it| it.iter().any(|it| block(it).contains(&address)))
            }
            Peer::Pod(pod) => {
                if let Some(networks) = select["networks"].as_array() {
                    // Pods have addresses, too: all of a family are theirs as well.
                    return networks.iter().any(|it| block(it).prefix_len() == 0);
                }
                if is_host(pod) {
                    return false;
                }
                let of_namespace = self.labels_of_namespace(pod);
                match (&select["namespaces"], &select["pods"]) {
                    (Value::Null, pods) => {
                        matches(&pods["namespaceSelector"], &of_namespace)
                            && matches(&pods["podSelector"], &pod["metadata"]["labels"])
                    }
                    (namespaces, _) => matches(namespaces, &of_namespace),
                }
            }
        }
    }
}

fn selects(policy: &Value, direction: &str, pod: &Value) -> bool {
    let spec = &policy["spec"];
    let word = if direction == "ingress" { "Ingress" } else { "Egress" };
    let types = spec["policyTypes"].as_array().filter(|it| !it.is_empty());
    let is_about = match types {
        Some(types) => types.iter().any(|it| it == word),
        None => word == "Ingress" || spec["egress"].as_array().is_some_and(|it| !it.is_empty()),
    };
    is_about
        && policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
        && matches(&spec["podSelector"], &pod["metadata"]["labels"])
}

/// Everything in a value that holds nothing else.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(entries) => entries.values().flat_map(leaves).collect(),
        leaf => vec![leaf],
    }
}

fn tier(object: &Value) -> Option<&'static str> {
    match (object["kind"].as_str()?, object["spec"]["tier"].as_str()) {
        ("AdminNetworkPolicy", _) | ("ClusterNetworkPolicy", Some("Admin")) => Some("admin"),
        ("BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy", _) => Some("baseline"),
        _ => None,
    }
}

fn is_host(pod: &Value) -> bool {
    pod["spec"]["hostNetwork"] == true
}

fn block(text: &Value) -> IpNet {
    text.as_str().and_then(|it| it.parse().ok()).expect("it is a block")
}

fn in_block(written: &Value, address: IpAddr) -> bool {
    let except = written["except"].as_array().cloned().unwrap_or_default();
    block(&written["cidr"]).contains(&address) && !except.iter().any(|it| block(it).contains(&address))
}

fn matches(selector: &Value, labels: &Value) -> bool {
    let fits = selector["matchLabels"]
        .as_object()
        .is_none_or(|it| it.iter().all(|(key, value)| labels[key] == *value));
    let expressions = selector["matchExpressions"].as_array().cloned().unwrap_or_default();
    fits && expressions.iter().all(|it| {
        let label = &labels[it["key"].as_str().expect("it has a key")];
        let is_in = || it["values"].as_array().is_some_and(|it| it.contains(label));
        match it["operator"].as_str().expect("it has an operator") {
            "In" => is_in(),
            "NotIn" => !is_in(),
            "Exists" => !label.is_null(),
            _ => label.is_null(),
        }
    })
}

fn named<'v>(destination: Option<&'v Value>, name: &'v str) -> impl Iterator<Item = &'v Value> {
    let containers = destination.into_iter().filter_map(|it| it["spec"]["containers"].as_array()).flatten();
    containers.filter_map(|it| it["ports"].as_array()).flatten().filter(move |it| it["name"] == name)
}

fn protocol_of(port: &Value) -> &str {
    port["protocol"].as_str().unwrap_or("TCP")
}

fn is_port(written: &Value, destination: Option<&Value>, protocol: &str, port: u16) -> bool {
    if protocol_of(written) != protocol {
        return false;
    }
    match &written["port"] {
        Value::Null => true,
        Value::String(name) => {
            named(destination, name).any(|it| protocol_of(it) == protocol && it["containerPort"] == port)
        }
        first => {
            let first = first.as_u64().expect("it is a number");
            let last = written["endPort"].as_u64().unwrap_or(first);
            (first..=last).contains(&u64::from(port))
        }
    }
}

fn is_admin_port(written: &Value, destination: Option<&Value>, protocol: &str, port: u16) -> bool {
    let within = |range: &Value| {
        let number = |it: &str| range[it].as_u64().expect("it is a number");
        (number("start")..=number("end")).contains(&u64::from(port))
    };
    let by_name = |name: &Value| {
        let name = name.as_str().expect("it is a name");
        named(destination, name).any(|it| protocol_of(it) == protocol && it["containerPort"] == port)
    };
    let (kind, value) = written.as_object().and_then(|it| it.iter().next()).expect("it has one field");
    match kind.as_str() {
        "portNumber" => protocol_of(value) == protocol && value["port"] == port,
        "portRange" => protocol_of(value) == protocol && within(value),
        "namedPort" | "destinationNamedPort" => by_name(value),
        other => {
            let wanted = &value["destinationPort"];
            other.to_uppercase() == protocol
                && (wanted.is_null()
                    || wanted["number"] == port
                    || wanted["range"].is_object() && within(&wanted["range"]))
        }
    }
}

fn random(rng: &mut Rng) -> Vec<Value> {
    let mut objects = Vec::new();
    let namespaces = ["a", "b", "c"];
    for name in namespaces {
        if rng.u8(..4) > 0 {
            let mut metadata = json!({ "name": name });
            if rng.bool() {
                metadata["labels"] = labels(rng);
            }
            objects.push(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata }));
        }
    }
    for at in 0..rng.usize(1..5) {
        let ports: Vec<Value> = (0..rng.usize(..3)).map(|_| container_port(rng)).collect();
        let namespace = pick(rng, &namespaces);
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": format!("pod{at}"), "namespace": namespace, "labels": labels(rng) },
            "spec": { "containers": [{ "name": "a", "ports": ports }] },
        });
        if rng.u8(..6) == 0 {
            pod["spec"]["hostNetwork"] = true.into();
        }
        objects.push(pod);
    }
    for at in 0..rng.usize(..4) {
        let namespace = pick(rng, &namespaces);
        objects.push(network_policy(rng, at, namespace));
    }
    if rng.bool() {
        let is_new = rng.bool();
        for at in 0..rng.usize(..4) {
            objects.push(admin_policy(rng, at, is_new));
        }
    }
    objects
}

fn pick<'v>(rng: &mut Rng, from: &[&'v str]) -> &'v str {
    from[rng.usize(..from.len())]
}

fn labels(rng: &mut Rng) -> Value {
    let mut labels = json!({});
    for key in ["x", "y"] {
        if rng.u8(..3) > 0 {
            labels[key] = rng.choice(["1", "2", ""]).expect("there is one").into();
        }
    }
    labels
}

fn container_port(rng: &mut Rng) -> Value {
    let mut port = json!({ "containerPort": *rng.choice(&[80, 81, 443]).expect("there is one") });
    if rng.bool() {
        port["name"] = rng.choice(["web", "dns"]).expect("there is one").into();
    }
    if rng.bool() {
        port["protocol"] = rng.choice(["TCP", "UDP", "SCTP"]).expect("there is one").into();
    }
    port
}

fn selector(rng: &mut Rng) -> Value {
    let mut selector = json!({});
    if rng.u8(..3) == 0 {
        let mut wanted = labels(rng);
        if rng.u8(..4) == 0 {
            wanted["kubernetes.io/metadata.name"] = rng.choice(["a", "b"]).expect("there is one").into();
        }
        selector["matchLabels"] = wanted;
    }
    if rng.u8(..3) == 0 {
        let expression = |rng: &mut Rng| {
            let key = rng.choice(["x", "y", "kubernetes.io/metadata.name"]).expect("there is one");
            let operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"]).expect("there is one");
            let mut expression = json!({ "key": key, "operator": operator });
            if operator.ends_with("In") {
                let values = ["1", "2", "a"];
                expression["values"] = values[..rng.usize(1..=3)].iter().map(|it| Value::from(*it)).collect();
            }
            expression
        };
        selector["matchExpressions"] = (0..rng.usize(..3)).map(|_| expression(rng)).collect();
    }
    selector
}

const BLOCKS: &[(&str, &[&str])] = &[
    ("10.0.0.0/8", &["10.1.0.0/16", "10.1.2.0/24"]),
    ("0.0.0.0/0", &["10.0.0.0/8", "169.254.169.254/32"]),
    ("10.1.2.3/32", &[]),
    ("192.168.0.0/16", &["192.168.0.0/24", "192.168.255.0/24"]),
    ("fd00::/8", &["fd00:1::/32"]),
    ("::/0", &["fd00::/8"]),
];

fn network_policy(rng: &mut Rng, at: usize, namespace: &str) -> Value {
    let mut spec = json!({ "podSelector": selector(rng) });
    if rng.bool() {
        let all = ["Ingress", "Egress"];
        let types: Vec<&str> = all.into_iter().filter(|_| rng.bool()).collect();
        spec["policyTypes"] = json!(types);
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        if rng.u8(..3) == 0 {
            continue;
        }
        let rule = |rng: &mut Rng| {
            let mut rule = json!({});
            if rng.u8(..4) > 0 {
                rule[side] = (0..rng.usize(..3)).map(|_| peer(rng)).collect();
            }
            if rng.bool() {
                rule["ports"] = (0..rng.usize(..3)).map(|_| port(rng)).collect();
            }
            rule
        };
        spec[direction] = (0..rng.usize(..3)).map(|_| rule(rng)).collect();
    }
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": format!("np{at}"), "namespace": namespace }, "spec": spec,
    })
}

fn peer(rng: &mut Rng) -> Value {
    match rng.u8(..4) {
        0 => json!({ "podSelector": selector(rng) }),
        1 => json!({ "namespaceSelector": selector(rng) }),
        2 => json!({ "podSelector": selector(rng), "namespaceSelector": selector(rng) }),
        _ => {
            let (cidr, except) = *rng.choice(BLOCKS).expect("there is one");
            let mut block = json!({ "cidr": cidr });
            if rng.bool() {
                block["except"] = except.iter().filter(|_| rng.bool()).map(|it| Value::from(*it)).collect();
            }
            json!({ "ipBlock": block })
        }
    }
}

fn port(rng: &mut Rng) -> Value {
    let mut port = json!({});
    if rng.bool() {
        port["protocol"] = rng.choice(["TCP", "UDP", "SCTP"]).expect("there is one").into();
    }
    match rng.u8(..4) {
        0 => (),
        1 => port["port"] = rng.choice(["web", "dns"]).expect("there is one").into(),
        2 => port["port"] = (*rng.choice(&[80, 443]).expect("there is one")).into(),
        _ => {
            port["port"] = (*rng.choice(&[1, 79, 80]).expect("there is one")).into();
            port["endPort"] = (*rng.choice(&[80, 443, 65_535]).expect("there is one")).into();
        }
    }
    port
}

fn admin_policy(rng: &mut Rng, at: usize, is_new: bool) -> Value {
    let is_baseline = rng.u8(..3) == 0;
    let subject = admin_pods(rng);
    let mut spec = json!({ "subject": subject });
    let kind = match (is_new, is_baseline) {
        (true, _) => "ClusterNetworkPolicy",
        (false, true) => "BaselineAdminNetworkPolicy",
        (false, false) => "AdminNetworkPolicy",
    };
    if is_new {
        spec["tier"] = if is_baseline { "Baseline" } else { "Admin" }.into();
    }
    if is_new || !is_baseline {
        spec["priority"] = (*rng.choice(&[0, 5, 5, 1000]).expect("there is one")).into();
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        let rule = |rng: &mut Rng| {
            let allow = if is_new { "Accept" } else { "Allow" };
            let actions: &[&str] =
                if !is_new && is_baseline { &[allow, "Deny"] } else { &[allow, "Deny", "Pass"] };
            let mut rule = json!({ "action": rng.choice(actions).expect("there is one") });
            let with_networks = direction == "egress" && rng.u8(..3) == 0;
            let peer = |rng: &mut Rng| match with_networks && rng.bool() {
                true => json!({ "networks": [rng.choice(BLOCKS).expect("there is one").0] }),
                false => admin_pods(rng),
            };
            rule[side] = (0..rng.usize(1..3)).map(|_| peer(rng)).collect();
            if rng.bool() {
                let ports = (0..rng.usize(1..3)).map(|_| admin_port(rng, is_new)).collect();
                rule[if is_new { "protocols" } else { "ports" }] = ports;
            }
            rule
        };
        if rng.u8(..4) > 0 {
            spec[direction] = (0..rng.usize(..4)).map(|_| rule(rng)).collect();
        }
    }
    let version = if is_new { "v1alpha2" } else { "v1alpha1" };
    json!({
        "apiVersion": format!("policy.networking.k8s.io/{version}"), "kind": kind,
        "metadata": { "name": format!("admin{at}") }, "spec": spec,
    })
}

fn admin_pods(rng: &mut Rng) -> Value {
    match rng.bool() {
        true => json!({ "namespaces": selector(rng) }),
        false => json!({ "pods": { "namespaceSelector": selector(rng), "podSelector": selector(rng) } }),
    }
}

fn admin_port(rng: &mut Rng, is_new: bool) -> Value {
    let protocol = *rng.choice(&["TCP", "UDP", "SCTP"]).expect("there is one");
    let name = *rng.choice(&["web", "dns"]).expect("there is one");
    let number = *rng.choice(&[80, 443]).expect("there is one");
    let (start, end) =
        (*rng.choice(&[1, 79]).expect("there is one"), *rng.choice(&[80, 443]).expect("there is one"));
    match (is_new, rng.u8(..3)) {
        (true, 0) => json!({ "destinationNamedPort": name }),
        (false, 0) => json!({ "namedPort": name }),
        (true, 1) => json!({ protocol.to_lowercase(): { "destinationPort": { "number": number } } }),
        (false, 1) => json!({ "portNumber": { "protocol": protocol, "port": number } }),
        (true, _) if rng.u8(..4) == 0 => json!({ protocol.to_lowercase(): {} }),
        (true, _) => {
            json!({ protocol.to_lowercase(): { "destinationPort": { "range": { "start": start, "end": end } } } })
        }
        (false, _) => json!({ "portRange": { "protocol": protocol, "start": start, "end": end } }),
    }
}
