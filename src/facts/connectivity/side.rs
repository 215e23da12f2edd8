//! One side of every connection: what policies let out of each class of pods, or in.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use crate::facts::connectivity::address::Range;
use crate::facts::connectivity::cluster::Cluster;
use crate::facts::connectivity::index::Index;
use crate::facts::connectivity::policy::{Action, Peer, Policy, Rule, RulePorts, Tier};
use crate::facts::connectivity::set::{SetId, Sets};

/// Which of the two ends a policy speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// What comes in.
    Ingress,
    /// What goes out.
    Egress,
}

impl Direction {
    /// What a policy says of it.
    pub fn of(self, policy: &Policy) -> Option<&[Rule]> {
        match self {
            Self::Ingress => policy.ingress.as_deref(),
            Self::Egress => policy.egress.as_deref(),
        }
    }
}

/// What policies let through in one direction, by class of pods.
#[derive(Debug)]
pub struct Side {
    /// The policies that say something of it, in the order in which they are asked.
    pub policies: Vec<Selecting>,
    rows: Vec<Row>,
}

/// A policy with everybody found whom it speaks of.
#[derive(Debug)]
pub struct Selecting {
    /// Its place among all policies.
    pub policy: usize,
    /// The classes that it selects.
    pub subject: FixedBitSet,
    /// Its rules, in their order: who is on the other side, classes first, then ranges.
    pub peers: Vec<FixedBitSet>,
}

/// What policies let through between a class and each of its peers: classes first, then ranges of addresses.
#[derive(Clone, Debug)]
struct Row {
    /// What holds where nothing else is said.
    default: SetId,
    /// By place of the peer, in their order.
    others: Vec<(u32, SetId)>,
}

impl Row {
    const OPEN: Self = Self { default: SetId::ALL, others: Vec::new() };

    /// Keeps what is not the same for most.
    fn of(dense: &[SetId]) -> Self {
        let mut counts: BTreeMap<SetId, usize> = BTreeMap::new();
        for set in dense {
            *counts.entry(*set).or_default() += 1;
        }
        let default = counts.into_iter().max_by_key(|it| it.1).map_or(SetId::NONE, |it| it.0);
        let others = dense.iter().zip(0..).filter(|it| *it.0 != default).map(|(set, at)| (at, *set));
        Self { default, others: others.collect() }
    }
}

impl Side {
    /// What is let through between a class and a peer.
    pub fn get(&self, class: usize, peer: usize) -> SetId {
        let Row { default, others } = &self.rows[class];
        let found = others.binary_search_by_key(&peer, |it| it.0 as usize);
        found.map_or(*default, |at| others[at].1)
    }

    /// The policies that select a class.
    pub fn selecting(&self, class: usize) -> impl Iterator<Item = &Selecting> {
        self.policies.iter().filter(move |it| it.subject.contains(class))
    }
}

/// What a side is computed from.
pub struct Evaluation<'a> {
    /// What runs.
    pub cluster: &'a Cluster,
    /// By labels.
    pub index: &'a Index<'a>,
    /// In the order in which they are asked.
    pub policies: &'a [Policy],
    /// Which side it is.
    pub direction: Direction,
    /// Addresses outside.
    pub ranges: &'a [Range],
    /// Where results are kept.
    pub sets: &'a mut Sets,
}

/// The rules that are about a class, by when they are asked.
#[derive(Default)]
struct Tiers<'a> {
    admins: Vec<Asked<'a>>,
    /// `None` where no NetworkPolicy selects it.
    own: Option<Vec<Asked<'a>>>,
    baseline: Vec<Asked<'a>>,
}

/// A rule that is about a class.
#[derive(Clone, Copy)]
struct Asked<'a> {
    action: Action,
    peers: &'a FixedBitSet,
    numbers: SetId,
    ports: &'a RulePorts,
}

impl<'a> Evaluation<'a> {
    /// Computes what each class lets through.
    pub fn side(mut self) -> Side {
        let policies = self.find();
        let mut selecting: Vec<Vec<usize>> = vec![Vec::new(); self.cluster.classes.len()];
        for (at, policy) in policies.iter().enumerate() {
            for class in policy.subject.ones() {
                selecting[class].push(at);
            }
        }
        let mut numbers: Vec<Vec<SetId>> = Vec::with_capacity(policies.len());
        for policy in &policies {
            let of_rules = self.rules(policy).iter().map(|it| self.sets.id(it.ports.numbers.clone()));
            numbers.push(of_rules.collect());
        }
        let mut rows = Vec::with_capacity(selecting.len());
        for (class, all) in selecting.iter().enumerate() {
            if all.is_empty() {
                rows.push(Row::OPEN);
                continue;
            }
            let mut tiers = Tiers::default();
            for at in all {
                let policy = &policies[*at];
                let rules = self.rules(policy).iter().zip(&policy.peers).zip(&numbers[*at]);
                let asked = rules.map(|((rule, peers), numbers)| Asked {
                    action: rule.action,
                    peers,
                    numbers: *numbers,
                    ports: &rule.ports,
                });
                match self.policies[policy.policy].tier {
                    Tier::Admin(_) => tiers.admins.extend(asked),
                    Tier::Namespace => tiers.own.get_or_insert_default().extend(asked),
                    Tier::Baseline(_) => tiers.baseline.extend(asked),
                }
            }
            rows.push(self.row(class, &tiers));
        }
        Side { policies, rows }
    }

    /// What a policy says of this side.
    fn rules(&self, policy: &Selecting) -> &'a [Rule] {
        self.direction.of(&self.policies[policy.policy]).unwrap_or_default()
    }

    /// Finds everybody whom the policies speak of.
    fn find(&self) -> Vec<Selecting> {
        let mut known: BTreeMap<(&Peer, bool), FixedBitSet> = BTreeMap::new();
        let mut found = Vec::new();
        for (at, policy) in self.policies.iter().enumerate() {
            let Some(rules) = self.direction.of(policy) else { continue };
            let is_admins = policy.tier != Tier::Namespace;
            let mut subject = self.index.select(&policy.subject);
            if is_admins {
                subject.difference_with(&self.index.host);
            }
            let peers = rules.iter().map(|rule| {
                let mut all = FixedBitSet::with_capacity(self.cluster.classes.len() + self.ranges.len());
                match &rule.peers {
                    None => all.insert_range(..),
                    Some(list) => {
                        for peer in list {
                            let found = known.entry((peer, is_admins));
                            all.union_with(found.or_insert_with(|| self.peer(peer, is_admins)));
                        }
                    }
                }
                all
            });
            let peers = peers.collect();
            found.push(Selecting { policy: at, subject, peers });
        }
        found
    }

    /// Who is meant: classes, then ranges.
    fn peer(&self, peer: &Peer, is_admins: bool) -> FixedBitSet {
        let count = self.cluster.classes.len();
        let mut found = FixedBitSet::with_capacity(count + self.ranges.len());
        match peer {
            Peer::Pods(pods) => {
                found.union_with(&self.index.select(pods));
                if is_admins {
                    found.difference_with(&self.index.host);
                }
            }
            Peer::Addresses(addresses) => {
                if is_admins && addresses.covers_a_family() {
                    found.insert_range(..count);
                }
                let covered = self.ranges.iter().enumerate().filter(|it| addresses.covers(*it.1));
                covered.for_each(|(at, _)| found.insert(count + at));
            }
            // Whose addresses are known are addresses by now.
            Peer::Nodes(_) => (),
        }
        found
    }

    /// What one class lets through, by the rules that are about it.
    fn row(&mut self, class: usize, Tiers { admins, own, baseline }: &Tiers<'_>) -> Row {
        let count = self.cluster.classes.len() + self.ranges.len();
        // What nobody has decided yet, and what is let through.
        let (mut open, mut allowed) = (vec![SetId::ALL; count], vec![SetId::NONE; count]);
        if !admins.is_empty() {
            let mut passed = vec![SetId::NONE; count];
            for rule in admins {
                self.decide(class, rule, &mut open, &mut allowed, Some(&mut passed));
            }
            for (open, passed) in open.iter_mut().zip(passed) {
                *open = self.sets.union(*open, passed);
            }
        }
        match own {
            // They have the last word.
            Some(own) => {
                let mut let_through = vec![SetId::NONE; count];
                for rule in own {
                    for peer in rule.peers.ones() {
                        let ports = self.ports(rule, class, peer);
                        let_through[peer] = self.sets.union(let_through[peer], ports);
                    }
                }
                for (open, let_through) in open.iter_mut().zip(let_through) {
                    *open = self.sets.intersection(*open, let_through);
                }
            }
            None => {
                for rule in baseline {
                    self.decide(class, rule, &mut open, &mut allowed, None);
                }
            }
        }
        for (allowed, open) in allowed.iter_mut().zip(open) {
            *allowed = self.sets.union(*allowed, open);
        }
        Row::of(&allowed)
    }

    /// Asks a rule that decides: what it matches is open no longer.
    fn decide(
        &mut self,
        class: usize,
        rule: &Asked<'_>,
        open: &mut [SetId],
        allowed: &mut [SetId],
        mut passed: Option<&mut Vec<SetId>>,
    ) {
        for peer in rule.peers.ones() {
            let ports = self.ports(rule, class, peer);
            let matched = self.sets.intersection(open[peer], ports);
            open[peer] = self.sets.difference(open[peer], matched);
            match (rule.action, &mut passed) {
                // Behind the last tier, everything is allowed.
                (Action::Allow, _) | (Action::Pass, None) => {
                    allowed[peer] = self.sets.union(allowed[peer], matched);
                }
                (Action::Pass, Some(passed)) => passed[peer] = self.sets.union(passed[peer], matched),
                (Action::Deny, _) => (),
            }
        }
    }

    /// The ports of a rule, where those of a name are what the pods at the destination call so. Addresses call nothing so.
    fn ports(&mut self, rule: &Asked<'_>, class: usize, peer: usize) -> SetId {
        if rule.ports.names.is_empty() {
            return rule.numbers;
        }
        let destination = match self.direction {
            Direction::Ingress => class,
            Direction::Egress => peer,
        };
        match self.cluster.classes.get(destination) {
            Some(destination) => self.sets.id(rule.ports.of(destination)),
            None => rule.numbers,
        }
    }
}
