//! Which pods a selector selects: answered for all of them at once.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use crate::facts::connectivity::cluster::{Class, Cluster};
use crate::facts::connectivity::policy::{Namespaces, Pods};
use crate::facts::selector::{Labels, Requirement, Selector};

/// The labels of all pods and namespaces, turned around.
#[derive(Debug)]
pub struct Index<'a> {
    pods: Postings<'a>,
    namespaces: Postings<'a>,
    /// By place of the namespace.
    pods_of: Vec<FixedBitSet>,
    places: BTreeMap<&'a str, usize>,
    /// Pods that share the network of their node.
    pub host: FixedBitSet,
}

impl<'a> Index<'a> {
    /// Turns the labels of a cluster around.
    pub fn of(cluster: &'a Cluster) -> Self {
        let count = cluster.classes.len();
        let places: BTreeMap<&str, usize> = cluster.namespaces.keys().map(String::as_str).zip(0..).collect();
        let mut pods_of = vec![FixedBitSet::with_capacity(count); places.len()];
        let mut host = FixedBitSet::with_capacity(count);
        for (at, Class { namespace, host_network, .. }) in cluster.classes.iter().enumerate() {
            pods_of[places[namespace.as_str()]].insert(at);
            host.set(at, *host_network);
        }
        Self {
            pods: Postings::of(cluster.classes.iter().map(|it| &it.labels)),
            namespaces: Postings::of(cluster.namespaces.values()),
            pods_of,
            places,
            host,
        }
    }

    /// The pods that are selected.
    pub fn select(&self, Pods { namespaces, pods }: &Pods) -> FixedBitSet {
        let mut selected = FixedBitSet::with_capacity(self.pods.count);
        match namespaces {
            Namespaces::One(name) => {
                if let Some(at) = self.places.get(name.as_str()) {
                    selected.union_with(&self.pods_of[*at]);
                }
            }
            Namespaces::Selected(it) if it.requirements.is_empty() => selected.insert_range(..),
            Namespaces::Selected(selector) => {
                self.namespaces.select(selector).ones().for_each(|at| selected.union_with(&self.pods_of[at]));
            }
        }
        if !pods.requirements.is_empty() {
            selected.intersect_with(&self.pods.select(pods));
        }
        selected
    }
}

/// What has which labels.
#[derive(Debug)]
struct Postings<'a> {
    count: usize,
    by_key: BTreeMap<&'a str, FixedBitSet>,
    by_value: BTreeMap<(&'a str, &'a str), FixedBitSet>,
}

impl<'a> Postings<'a> {
    fn of(all: impl ExactSizeIterator<Item = &'a Labels>) -> Self {
        let count = all.len();
        let empty = || FixedBitSet::with_capacity(count);
        let (mut by_key, mut by_value) = (BTreeMap::new(), BTreeMap::new());
        for (at, labels) in all.enumerate() {
            for (key, value) in labels {
                by_key.entry(key.as_str()).or_insert_with(empty).insert(at);
                by_value.entry((key.as_str(), value.as_str())).or_insert_with(empty).insert(at);
            }
        }
        Self { count, by_key, by_value }
    }

    fn select(&self, selector: &Selector) -> FixedBitSet {
        let mut selected = FixedBitSet::with_capacity(self.count);
        selected.insert_range(..);
        for requirement in &selector.requirements {
            match requirement {
                Requirement::In(key, values) => selected.intersect_with(&self.with(key, values.iter())),
                Requirement::NotIn(key, values) => selected.difference_with(&self.with(key, values.iter())),
                Requirement::Exists(key) => match self.by_key.get(key.as_str()) {
                    Some(it) => selected.intersect_with(it),
                    None => selected.clear(),
                },
                Requirement::DoesNotExist(key) => {
                    if let Some(it) = self.by_key.get(key.as_str()) {
                        selected.difference_with(it);
                    }
                }
            }
        }
        selected
    }

    /// What has one of some values.
    fn with<'v>(&self, key: &str, values: impl Iterator<Item = &'v String>) -> FixedBitSet {
        let mut found = FixedBitSet::with_capacity(self.count);
        let postings = values.filter_map(|value| self.by_value.get(&(key, value.as_str())));
        postings.for_each(|it| found.union_with(it));
        found
    }
}
