//! What the files say runs in a cluster: namespaces, workloads and the pods that they make.
//!
//! Pods that nothing can tell apart (the same namespace, labels, named ports and network) are one [`Class`], and everything
//! is computed by class: ten thousand pods of one Deployment cost as much as one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::facts::connectivity::port::Protocol;
use crate::facts::manifest::{Manifests, Object, Places};
use crate::facts::selector::Labels;
use crate::render::kubernetes::pod_security;

/// What runs.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// By name, with the labels that the API server would see: each has `kubernetes.io/metadata.name`.
    pub namespaces: BTreeMap<String, Labels>,
    /// Each once.
    pub classes: Vec<Class>,
    /// By namespace, name and kind.
    pub workloads: Vec<Workload>,
}

/// Pods that nothing can tell apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Where they run.
    pub namespace: String,
    /// What selectors see of them.
    pub labels: Labels,
    /// The ports of their containers.
    pub ports: BTreeSet<ContainerPort>,
    /// Whether they share the network of their node: the APIs of admins say that no policy of theirs selects such pods.
    pub host_network: bool,
}

/// A port of a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerPort {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
}

/// Something that makes pods, or a pod that nothing else makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Deployment`.
    pub kind: String,
    /// What its pods are: places in [`Cluster::classes`]. There is more than one where somebody has changed labels by hand.
    pub classes: Vec<usize>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PodTemplate {
    metadata: Option<Metadata>,
    spec: PodSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    labels: Option<Labels>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PodSpec {
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    host_network: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Container {
    ports: Option<Vec<Port>>,
}

#[derive(Deserialize)]
struct Port {
    name: Option<String>,
    protocol: Option<String>,
    #[serde(rename = "containerPort")]
    number: Option<u16>,
}

/// The label by which the API server names each namespace.
const NAME_OF_NAMESPACE: &str = "kubernetes.io/metadata.name";

impl Cluster {
    /// Reads what runs.
    pub fn of(manifests: &Manifests, places: &Places<'_>, sink: &mut Diagnostics) -> Self {
        let mut cluster = Self::default();
        let owners = Owners::of(manifests);
        let mut known: BTreeMap<Class, usize> = BTreeMap::new();
        let mut workloads: BTreeMap<(String, String, String), BTreeSet<usize>> = BTreeMap::new();
        for object in &manifests.objects {
            if object.is("", "Namespace") {
                let labels = object.value["metadata"]["labels"].clone();
                let labels: Labels = serde_json::from_value(labels).unwrap_or_default();
                cluster.add_namespace(&object.id.name, labels);
            }
            let (namespace, name, kind) = owners.top(object);
            for class in classes(object, places, sink) {
                let next = known.len();
                let at = *known.entry(class).or_insert(next);
                let id = (namespace.to_owned(), name.to_owned(), kind.to_owned());
                workloads.entry(id).or_default().insert(at);
            }
        }
        let mut classes: Vec<(usize, Class)> = known.into_iter().map(|(class, at)| (at, class)).collect();
        classes.sort_unstable_by_key(|it| it.0);
        for (_, class) in classes {
            cluster.add_namespace(&class.namespace.clone(), Labels::new());
            cluster.classes.push(class);
        }
        let workload = |((namespace, name, kind), classes): (_, BTreeSet<usize>)| Workload {
            namespace,
            name,
            kind,
            classes: classes.into_iter().collect(),
        };
        cluster.workloads = workloads.into_iter().map(workload).collect();
        cluster
    }

    /// Takes a namespace in; what is known of it stays.
    pub fn add_namespace(&mut self, name: &str, mut labels: Labels) {
        labels.insert(NAME_OF_NAMESPACE.to_owned(), name.to_owned());
        self.namespaces.entry(name.to_owned()).or_default().extend(labels);
    }
}

/// The kinds of pods that an object makes.
fn classes(object: &Object, places: &Places<'_>, sink: &mut Diagnostics) -> Vec<Class> {
    if object.is("postgresql.cnpg.io", "Cluster") {
        return instances(object);
    }
    // A machine in a pod, which has the labels of its template, and no containers.
    if object.is("kubevirt.io", "VirtualMachine") {
        let labels = object.value["spec"]["template"]["metadata"]["labels"].clone();
        let labels = serde_json::from_value(labels).unwrap_or_default();
        let namespace = object.namespace().to_owned();
        return vec![Class { namespace, labels, ports: BTreeSet::new(), host_network: false }];
    }
    // It is only a pattern: nothing runs by it.
    if object.id.kind == "PodTemplate" {
        return Vec::new();
    }
    let Some((path, _)) = pod_security::template_of(&object.value) else { return Vec::new() };
    let Some(template) = object.read_part_as::<PodTemplate>(&path, places, sink) else { return Vec::new() };
    let PodTemplate { metadata, spec: PodSpec { containers, init_containers, host_network } } = template;
    let containers = containers.into_iter().chain(init_containers).flatten();
    let ports = containers.flat_map(|it| it.ports.into_iter().flatten()).filter_map(|it| {
        let protocol = Protocol::of(it.protocol.as_deref().unwrap_or("TCP"))?;
        let name = it.name.filter(|it| !it.is_empty());
        Some(ContainerPort { name, protocol, number: it.number? })
    });
    vec![Class {
        namespace: object.namespace().to_owned(),
        labels: metadata.and_then(|it| it.labels).unwrap_or_default(),
        ports: ports.collect(),
        host_network: host_network.unwrap_or_default(),
    }]
}

/// The pods that CloudNativePG makes for a `Cluster`, by its documentation (Labels and annotations; Networking).
fn instances(object: &Object) -> Vec<Class> {
    let spec = &object.value["spec"];
    let inherited = spec["inheritedMetadata"]["labels"].clone();
    let inherited: Labels = serde_json::from_value(inherited).unwrap_or_default();
    let count = spec["instances"].as_u64().unwrap_or(1);
    let roles = if count > 1 { ["primary", "replica"].as_slice() } else { &["primary"] };
    let ports = [("postgresql", 5432), ("metrics", 9187), ("status", 8000)]
        .map(|(name, number)| ContainerPort { name: Some(name.to_owned()), protocol: Protocol::Tcp, number });
    let class = |role: &&str| {
        let own = [
            ("cnpg.io/cluster", object.id.name.as_str()),
            ("cnpg.io/podRole", "instance"),
            ("cnpg.io/instanceRole", role),
            ("role", role),
        ];
        let mut labels = inherited.clone();
        labels.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
        Class {
            namespace: object.namespace().to_owned(),
            labels,
            ports: ports.clone().into(),
            host_network: false,
        }
    };
    roles.iter().map(class).collect()
}

/// Who made what, as far as the files say.
struct Owners<'a>(BTreeMap<(&'a str, &'a str, &'a str), &'a Object>);

impl<'a> Owners<'a> {
    fn of(manifests: &'a Manifests) -> Self {
        let owned = manifests.objects.iter().filter(|it| owner(it).is_some());
        Self(owned.map(|it| ((it.namespace(), it.id.name.as_str(), &*it.id.kind), it)).collect())
    }

    /// Namespace, name and kind of what stands at the top of those that made an object.
    fn top(&self, object: &'a Object) -> (&'a str, &'a str, &'a str) {
        let mut top = (object.namespace(), object.id.name.as_str(), &*object.id.kind);
        // A Pod, its ReplicaSet, its Deployment, and what an operator made that from; who owns itself ends there too.
        for _ in 0..4 {
            match self.0.get(&top).and_then(|it| owner(it)) {
                Some((name, kind)) => top = (top.0, name, kind),
                None => break,
            }
        }
        top
    }
}

/// Name and kind of what controls an object. The pods that a kubelet runs by itself are a Node's, and have nothing else in
/// common.
fn owner(object: &Object) -> Option<(&str, &str)> {
    let owners = object.value["metadata"]["ownerReferences"].as_array()?;
    let owner = owners.iter().find(|it| it["controller"] == Value::Bool(true))?;
    let kind = owner["kind"].as_str().unwrap_or(&object.id.kind);
    Some((owner["name"].as_str()?, kind)).filter(|_| kind != "Node")
}
