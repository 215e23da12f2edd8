//! The few sets of ports that a cluster knows, each once: what is computed for a million pairs of pods are numbers.

use std::collections::BTreeMap;

use crate::facts::connectivity::port::Ports;

/// One of the sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetId(u32);

/// All sets that have come up, and what came of two of them.
#[derive(Clone, Debug)]
pub struct Sets {
    all: Vec<Ports>,
    ids: BTreeMap<Ports, SetId>,
    computed: BTreeMap<(Operation, SetId, SetId), SetId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

impl SetId {
    /// No port.
    pub const NONE: Self = Self(0);
    /// Every port.
    pub const ALL: Self = Self(1);
}

impl Default for Sets {
    fn default() -> Self {
        let mut sets = Self { all: Vec::new(), ids: BTreeMap::new(), computed: BTreeMap::new() };
        sets.id(Ports::none());
        sets.id(Ports::all());
        sets
    }
}

impl Sets {
    /// The number of a set.
    pub fn id(&mut self, ports: Ports) -> SetId {
        let next = SetId(u32::try_from(self.all.len()).expect("files have a bounded number of rules"));
        let all = &mut self.all;
        *self.ids.entry(ports).or_insert_with_key(|it| {
            all.push(it.clone());
            next
        })
    }

    /// A set by its number.
    pub fn get(&self, id: SetId) -> &Ports {
        &self.all[id.0 as usize]
    }

    /// What is in one of both.
    pub fn union(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (SetId::NONE, it) | (it, SetId::NONE) => it,
            (SetId::ALL, _) | (_, SetId::ALL) => SetId::ALL,
            _ if a == b => a,
            _ => self.compute(Operation::Union, a.min(b), a.max(b)),
        }
    }

    /// What is in both.
    pub fn intersection(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (SetId::ALL, it) | (it, SetId::ALL) => it,
            (SetId::NONE, _) | (_, SetId::NONE) => SetId::NONE,
            _ if a == b => a,
            _ => self.compute(Operation::Intersection, a.min(b), a.max(b)),
        }
    }

    /// What is in the first alone.
    pub fn difference(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (it, SetId::NONE) => it,
            (SetId::NONE, _) | (_, SetId::ALL) => SetId::NONE,
            _ if a == b => SetId::NONE,
            _ => self.compute(Operation::Difference, a, b),
        }
    }

    fn compute(&mut self, operation: Operation, a: SetId, b: SetId) -> SetId {
        if let Some(known) = self.computed.get(&(operation, a, b)) {
            return *known;
        }
        let (left, right) = (self.get(a), self.get(b));
        let result = match operation {
            Operation::Union => left | right,
            Operation::Intersection => left & right,
            Operation::Difference => left - right,
        };
        let id = self.id(result);
        self.computed.insert((operation, a, b), id);
        id
    }
}
