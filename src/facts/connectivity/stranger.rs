//! Pods that are not in the files, and that policies speak of all the same: whoever says `namespaceSelector: {}` means them too.
//!
//! One of them stands for all of which nothing else is known. For each peer of a rule that selects by labels there is one
//! with just those labels, as far as no pod of the files is meant; and one without labels in each namespace of the files.
//! What a stranger may reach, whoever can run pods there may reach.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::connectivity::cluster::{Class, Cluster};
use crate::facts::connectivity::index::Index;
use crate::facts::connectivity::policy::{Namespaces, Peer, Pods, Policy};
use crate::facts::selector::{Labels, Requirement, Selector};

/// Pods that are not in the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// What they are: a place in [`Cluster::classes`].
    pub class: usize,
    /// What they are called: `[any namespace]/[any pod]`, `[team=ops]/[any pod]`, `shop/[app=web]`.
    pub name: String,
}

/// Which strangers are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// The one of which nothing is known.
    Unknown,
    /// All that policies speak of.
    All,
    /// All that policies speak of, and these.
    AllAnd(Vec<Class>),
}

/// No namespace can be called so.
const NOWHERE: &str = "";

/// Takes strangers in among the classes of a cluster.
pub fn add(cluster: &mut Cluster, policies: &[Policy], strangers: Strangers) -> Vec<Stranger> {
    let mut found: BTreeMap<Class, String> = BTreeMap::new();
    if strangers != Strangers::Unknown {
        for namespace in cluster.namespaces.keys() {
            found.insert(class(namespace, Labels::new()), format!("{namespace}/[any pod]"));
        }
        for pods in unseen(cluster, policies) {
            let Some(labels) = witness(&pods.pods) else { continue };
            let of_pods = bracketed(&labels, "any pod");
            match &pods.namespaces {
                Namespaces::One(namespace) => {
                    found.insert(class(namespace, labels), format!("{namespace}/{of_pods}"));
                }
                Namespaces::Selected(selector) => {
                    let Some(of_namespace) = witness(selector) else { continue };
                    let shown = bracketed(&of_namespace, "any namespace");
                    // One that is called by its name is that one, with all of its labels.
                    let name = match (of_namespace.get(NAME), of_namespace.len()) {
                        (Some(name), 1) => name.clone(),
                        (_, 0) => NOWHERE.to_owned(),
                        _ => shown.clone(),
                    };
                    cluster.add_namespace(&name, of_namespace);
                    found.insert(class(&name, labels), format!("{shown}/{of_pods}"));
                }
            }
        }
    }
    if let Strangers::AllAnd(given) = strangers {
        for class in given {
            let name = format!("{}/{}", class.namespace, bracketed(&class.labels, "any pod"));
            cluster.add_namespace(&class.namespace.clone(), Labels::new());
            found.insert(class, name);
        }
    }
    cluster.add_namespace(NOWHERE, Labels::new());
    let unknown = (class(NOWHERE, Labels::new()), "[any namespace]/[any pod]".to_owned());
    found.remove(&unknown.0);
    let all = std::iter::once(unknown).chain(found);
    all.map(|(class, name)| {
        cluster.add_namespace(&class.namespace.clone(), Labels::new());
        cluster.classes.push(class);
        Stranger { class: cluster.classes.len() - 1, name }
    })
    .collect()
}

/// The label by which the API server names each namespace.
const NAME: &str = "kubernetes.io/metadata.name";

/// Whom policies select by labels, and no pod of the files is.
fn unseen(cluster: &Cluster, policies: &[Policy]) -> Vec<Pods> {
    let index = Index::of(cluster);
    let rules = policies.iter().flat_map(|it| [&it.ingress, &it.egress]).flatten().flatten();
    let peers = rules.flat_map(|it| it.peers.iter().flatten());
    let pods: BTreeSet<&Pods> = peers
        .filter_map(|it| match it {
            Peer::Pods(pods) => Some(pods),
            Peer::Addresses(_) | Peer::Nodes(_) => None,
        })
        .collect();
    let is_unseen = |it: &&&Pods| it.pods.requirements.is_empty() || index.select(it).is_clear();
    pods.iter().filter(is_unseen).map(|it| (*it).clone()).collect()
}

fn class(namespace: &str, labels: Labels) -> Class {
    Class { namespace: namespace.to_owned(), labels, ports: [].into(), host_network: false }
}

/// The fewest labels that are selected; `None` where none are.
fn witness(selector: &Selector) -> Option<Labels> {
    let mut labels = Labels::new();
    for requirement in &selector.requirements {
        let (key, values) = match requirement {
            Requirement::In(key, values) => (key, values.iter().map(String::as_str).collect::<Vec<_>>()),
            Requirement::Exists(key) => (key, vec!["any"]),
            Requirement::NotIn(..) | Requirement::DoesNotExist(_) => continue,
        };
        let is_fit = |value: &&str| {
            let of_key = Labels::from([(key.clone(), (*value).to_owned())]);
            selector.requirements.iter().filter(|it| it.key() == key).all(|it| it.matches(&of_key))
        };
        let value = values.into_iter().find(is_fit);
        match value {
            Some(value) => labels.entry(key.clone()).or_insert_with(|| value.to_owned()),
            // What another requirement asks for of the same label may fit this one as well.
            None if matches!(requirement, Requirement::Exists(_)) => continue,
            None => return None,
        };
    }
    selector.matches(&labels).then_some(labels)
}

fn bracketed(labels: &Labels, any: &str) -> String {
    if labels.is_empty() {
        return format!("[{any}]");
    }
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("[{}]", labels.join(","))
}
