//! What some rules allow, in the one form that all rules of the same meaning have.
//!
//! A rule is taken apart into [`Atom`]s: one verb, one group, one resource and one name, each of them either a certain one or
//! any. Whatever covers an atom as a whole is a single atom: names that nobody has written are asked for as well. So the
//! atoms that no other one covers are the same for any two sets of rules that allow the same, and comparing them is exact,
//! where `Covers` of Kubernetes compares texts.

use std::collections::BTreeSet;
use std::fmt;

use crate::facts::access::rule::{ALL, Rule};

/// How many atoms a set may come to. Roles of real operators come to some thousands.
const MOST_ATOMS: usize = 500_000;

/// What some rules allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSet {
    /// None of them covers another one.
    pub atoms: BTreeSet<Atom>,
    /// How long the beginnings of paths among them are.
    lengths: BTreeSet<usize>,
}

/// A part of a rule that is not worth dividing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// Of objects.
    Resource {
        /// The API group.
        group: One,
        /// The resource or subresource.
        resource: Resource,
        /// The verb.
        verb: One,
        /// The object.
        name: One,
    },
    /// Of paths that belong to no kind.
    Path {
        /// The path.
        path: Path,
        /// The verb.
        verb: One,
    },
}

/// A certain one, or any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum One {
    /// Whatever it is.
    Any,
    /// This one.
    Only(String),
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Each, with all that is below it.
    Any,
    /// What is below each by this name: `scale` of `*/scale`.
    Below(String),
    /// This one: `pods`, `pods/log`.
    Only(String),
}

/// A path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// All that begin so.
    Beginning(String),
    /// This one.
    Only(String),
}

/// Rules come to more atoms than anybody could look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "these rules come to more combinations of verbs, groups, resources and names than anybody could look at"
)]
pub struct TooMany;

impl RuleSet {
    /// What rules allow.
    ///
    /// # Errors
    ///
    /// Where that is too much to be written down.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Result<Self, TooMany> {
        let mut set = Self::default();
        for rule in rules {
            set.add(rule)?;
        }
        set.settle();
        Ok(set)
    }

    /// The same, without what belongs to no namespace: what a binding of a namespace gives.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn in_namespace<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Result<Self, TooMany> {
        Self::of(rules.into_iter().filter(|it| it.paths.is_empty()))
    }

    /// Whether all that an atom allows is allowed.
    pub fn covers(&self, atom: &Atom) -> bool {
        self.atoms.contains(atom) || self.wider(atom)
    }

    /// What another set allows and this one does not.
    pub fn missing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Atom> {
        other.atoms.iter().filter(|it| !self.covers(it))
    }

    /// Without what another set allows as well.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self { atoms: other.missing(self).cloned().collect(), lengths: BTreeSet::new() };
        left.settle();
        left
    }

    fn add(&mut self, rule: &Rule) -> Result<(), TooMany> {
        let Rule { verbs, groups, resources, names, paths, place: _ } = rule;
        let size = [verbs, groups, resources]
            .iter()
            .try_fold(names.len().max(1), |all, it| all.checked_mul(it.len()));
        let size = size.and_then(|it| it.checked_add(paths.len().checked_mul(verbs.len())?));
        if size.and_then(|it| it.checked_add(self.atoms.len())).is_none_or(|it| it > MOST_ATOMS) {
            return Err(TooMany);
        }
        let verbs: Vec<One> = verbs.iter().map(|it| One::of(it)).collect();
        let any = [One::Any];
        let named: Vec<One> = names.iter().cloned().map(One::Only).collect();
        let names = if names.is_empty() { &any[..] } else { &named[..] };
        for verb in &verbs {
            for resource in resources.iter().filter_map(|it| Resource::of(it)) {
                for group in groups {
                    let atom = |name: &One| Atom::Resource {
                        group: One::of(group),
                        resource: resource.clone(),
                        verb: verb.clone(),
                        name: name.clone(),
                    };
                    self.atoms.extend(names.iter().map(atom));
                }
            }
            let atom = |path: &String| Atom::Path { path: Path::of(path), verb: verb.clone() };
            self.atoms.extend(paths.iter().map(atom));
        }
        Ok(())
    }

    /// Leaves out what others cover.
    fn settle(&mut self) {
        self.lengths = self.atoms.iter().filter_map(Atom::beginning).collect();
        let covered: Vec<Atom> = self.atoms.iter().filter(|it| self.wider(it)).cloned().collect();
        for atom in covered {
            self.atoms.remove(&atom);
        }
        self.lengths = self.atoms.iter().filter_map(Atom::beginning).collect();
    }

    /// Whether there is one that allows all that an atom does, and more.
    fn wider(&self, atom: &Atom) -> bool {
        let there = |it: &Atom| it != atom && self.atoms.contains(it);
        match atom {
            Atom::Resource { group, resource, verb, name } => {
                let names = name.wider();
                resource.wider().iter().any(|resource| {
                    group.wider().iter().any(|group| {
                        verb.wider().iter().any(|verb| {
                            names.iter().any(|name| {
                                there(&Atom::Resource {
                                    group: group.clone(),
                                    resource: resource.clone(),
                                    verb: verb.clone(),
                                    name: name.clone(),
                                })
                            })
                        })
                    })
                })
            }
            Atom::Path { path, verb } => {
                let (Path::Beginning(text) | Path::Only(text)) = path;
                let shorter = self.lengths.range(..=text.len()).filter_map(|it| text.get(..*it));
                let paths = shorter.map(|it| Path::Beginning(it.to_owned())).chain([path.clone()]);
                let verbs = verb.wider();
                paths.into_iter().any(|path| {
                    verbs.iter().any(|verb| there(&Atom::Path { path: path.clone(), verb: verb.clone() }))
                })
            }
        }
    }
}

impl Atom {
    fn beginning(&self) -> Option<usize> {
        match self {
            Self::Path { path: Path::Beginning(it), .. } => Some(it.len()),
            _ => None,
        }
    }
}

impl One {
    fn of(text: &str) -> Self {
        if text == ALL { Self::Any } else { Self::Only(text.to_owned()) }
    }

    /// Itself, and what covers it.
    fn wider(&self) -> Vec<Self> {
        match self {
            Self::Any => vec![Self::Any],
            Self::Only(_) => vec![self.clone(), Self::Any],
        }
    }
}

impl Resource {
    /// `None` for what no request is ever about: nothing below something.
    fn of(text: &str) -> Option<Self> {
        match text.split_once('/') {
            None if text == ALL => Some(Self::Any),
            Some((_, "")) => None,
            Some((ALL, below)) => Some(Self::Below(below.to_owned())),
            None | Some(_) => Some(Self::Only(text.to_owned())),
        }
    }

    fn wider(&self) -> Vec<Self> {
        match self {
            Self::Any => vec![Self::Any],
            Self::Below(_) => vec![self.clone(), Self::Any],
            Self::Only(text) => {
                let below = text.split_once('/').map(|it| Self::Below(it.1.to_owned()));
                [self.clone(), Self::Any].into_iter().chain(below).collect()
            }
        }
    }
}

impl Path {
    fn of(text: &str) -> Self {
        match text.ends_with('*') {
            true => Self::Beginning(text.trim_end_matches('*').to_owned()),
            false => Self::Only(text.to_owned()),
        }
    }
}

/// As one would write it in a rule: `get pods/log of apps named a`.
impl fmt::Display for Atom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path: Path::Beginning(it), verb } => write!(formatter, "{verb} {it}*"),
            Self::Path { path: Path::Only(it), verb } => write!(formatter, "{verb} {it}"),
            Self::Resource { group, resource, verb, name } => {
                write!(formatter, "{verb} {resource}")?;
                match group {
                    One::Only(it) if it.is_empty() => {}
                    it => write!(formatter, " of {it}")?,
                }
                match name {
                    One::Any => Ok(()),
                    One::Only(it) => write!(formatter, " named {it}"),
                }
            }
        }
    }
}

impl fmt::Display for One {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str(ALL),
            Self::Only(it) => formatter.write_str(it),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str(ALL),
            Self::Below(it) => write!(formatter, "*/{it}"),
            Self::Only(it) => formatter.write_str(it),
        }
    }
}
