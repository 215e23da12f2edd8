//! Roles of the cluster that have the rules of others, as the controller of Kubernetes fills them.
//!
//! The controller writes into such a role the rules of all roles that its selectors find, over what was written there, and
//! does so again whenever any role has changed: in the end it has the rules of those that are found from role to role. Where
//! none of them has a rule, what was written stays. Roles that gather from each other in a circle may keep what was written
//! in them, or lose it, by which of them came first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::access::role::Role;
use crate::facts::selector::{Requirement, Selector};

/// How many roles are held against selectors, and how many rules are found from role to role. Real clusters need a few
/// thousand.
const MOST_LOOKS: usize = 1_000_000;

/// What is not as certain as the rest.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Uncertain {
    /// Roles that gather from each other and in which rules are written.
    pub circles: Vec<Vec<usize>>,
    /// Roles that gather from so many that they are left empty.
    pub too_wide: Vec<usize>,
}

/// Fills [`Role::sources`].
pub fn aggregate(roles: &mut [Role]) -> Uncertain {
    let mut uncertain = Uncertain::default();
    let mut left = MOST_LOOKS;
    let found: Vec<Option<Vec<usize>>> = {
        let labelled = Labelled::of(roles);
        let mut found = |at: usize| {
            let found = labelled.found(roles, at, &mut left);
            if found.is_none() {
                uncertain.too_wide.push(at);
            }
            found.unwrap_or_default()
        };
        (0..roles.len()).map(|at| roles[at].aggregates.is_some().then(|| found(at))).collect()
    };
    for (at, role) in roles.iter_mut().enumerate() {
        role.sources = if found[at].is_none() { Arc::new([at]) } else { Arc::default() };
    }
    for circle in circles(&found) {
        let mut sources: BTreeSet<usize> = BTreeSet::new();
        let next = circle.iter().flat_map(|it| found[*it].iter().flatten());
        for next in next.filter(|it| !circle.contains(it)) {
            left = left.saturating_sub(roles[*next].sources.len());
            if left == 0 {
                break;
            }
            sources.extend(&*roles[*next].sources);
        }
        // Whoever looks at one of them looks at all rules that it has.
        let rules: usize = sources.iter().map(|it| 1 + roles[*it].rules.len()).sum();
        left = left.saturating_sub(rules.saturating_mul(circle.len()));
        if left == 0 {
            uncertain.too_wide.extend(circle);
            continue;
        }
        if circle.len() > 1 {
            let written = circle.iter().filter(|it| !roles[**it].rules.is_empty());
            sources.extend(written);
            if circle.iter().any(|it| sources.contains(it)) {
                uncertain.circles.push(circle.iter().copied().collect());
            }
        }
        if sources.iter().all(|it| roles[*it].rules.is_empty()) {
            // The controller has nothing to write, and leaves what is there.
            sources.clone_from(&circle);
        }
        let sources: Arc<[usize]> = sources.into_iter().collect();
        for at in circle {
            roles[at].sources = Arc::clone(&sources);
        }
    }
    uncertain.too_wide.sort_unstable();
    uncertain.too_wide.dedup();
    uncertain
}

/// Roles of the cluster by their labels.
struct Labelled<'a> {
    all: Vec<usize>,
    by_key: BTreeMap<&'a str, BTreeMap<&'a str, Vec<usize>>>,
}

impl<'a> Labelled<'a> {
    fn of(roles: &'a [Role]) -> Self {
        let mut labelled = Self { all: Vec::new(), by_key: BTreeMap::new() };
        for (at, role) in roles.iter().enumerate().filter(|it| it.1.id.namespace.is_none()) {
            labelled.all.push(at);
            for (key, value) in &role.labels {
                labelled.by_key.entry(key).or_default().entry(value).or_default().push(at);
            }
        }
        labelled
    }

    /// The roles that a role gathers from, but for itself; `None` where that takes more looks than are left.
    fn found(&self, roles: &[Role], at: usize, left: &mut usize) -> Option<Vec<usize>> {
        let mut found = BTreeSet::new();
        for selector in roles[at].aggregates.iter().flatten() {
            for candidate in self.candidates(selector) {
                *left = left.checked_sub(1)?;
                if candidate != at && selector.matches(&roles[candidate].labels) {
                    found.insert(candidate);
                }
            }
        }
        Some(found.into_iter().collect())
    }

    /// All that a selector can find, and not many more.
    fn candidates(&self, selector: &Selector) -> Vec<usize> {
        let values = |it: &Requirement| match it {
            Requirement::In(key, values) => {
                let of_key = self.by_key.get(key.as_str());
                let lists = values.iter().filter_map(|it| of_key?.get(it.as_str()));
                Some(lists.collect::<Vec<_>>())
            }
            Requirement::Exists(key) => {
                Some(self.by_key.get(key.as_str()).into_iter().flat_map(BTreeMap::values).collect())
            }
            Requirement::NotIn(..) | Requirement::DoesNotExist(_) => None,
        };
        let count = |it: &Vec<&Vec<usize>>| it.iter().map(|it| it.len()).sum::<usize>();
        let narrowest = selector.requirements.iter().filter_map(values).min_by_key(count);
        narrowest.map_or_else(|| self.all.clone(), |it| it.into_iter().flatten().copied().collect())
    }
}

/// Roles that lead to each other, each after those that it leads to (Tarjan's strongly connected components, without
/// recursion: a chain of roles may be long).
fn circles(next: &[Option<Vec<usize>>]) -> Vec<BTreeSet<usize>> {
    let mut search = Search { order: vec![None; next.len()], low: vec![0; next.len()], ..Search::default() };
    let mut circles = Vec::new();
    for root in (0..next.len()).filter(|it| next[*it].is_some()) {
        if search.order[root].is_some() {
            continue;
        }
        search.enter(root);
        let mut way: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((at, child)) = way.pop() {
            let children = next[at].as_deref().unwrap_or_default();
            match children.get(child) {
                Some(to) => {
                    way.push((at, child + 1));
                    match search.order[*to] {
                        None if next[*to].is_some() => {
                            search.enter(*to);
                            way.push((*to, 0));
                        }
                        Some(order) if search.open.contains(to) => {
                            search.low[at] = search.low[at].min(order);
                        }
                        _ => {}
                    }
                }
                None => {
                    if let Some((parent, _)) = way.last() {
                        search.low[*parent] = search.low[*parent].min(search.low[at]);
                    }
                    circles.extend(search.leave(at));
                }
            }
        }
    }
    circles
}

#[derive(Default)]
struct Search {
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    stack: Vec<usize>,
    open: BTreeSet<usize>,
    count: usize,
}

impl Search {
    fn enter(&mut self, at: usize) {
        self.order[at] = Some(self.count);
        self.low[at] = self.count;
        self.count += 1;
        self.stack.push(at);
        self.open.insert(at);
    }

    /// The circle that ends here, if one does.
    fn leave(&mut self, at: usize) -> Option<BTreeSet<usize>> {
        if self.order[at] != Some(self.low[at]) {
            return None;
        }
        let from = self.stack.iter().rposition(|it| *it == at)?;
        let circle: BTreeSet<usize> = self.stack.drain(from..).collect();
        for at in &circle {
            self.open.remove(at);
        }
        Some(circle)
    }
}
