//! Which file somebody meant who named one that is not there.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tree::glob::{self, Pattern};
use crate::tree::path::TreePath;
use crate::tree::{Origin, Unreadable};

/// The names of a tree, listed when the first one is missing.
#[derive(Debug, Default)]
pub(super) struct Names {
    listed: OnceLock<Vec<TreePath>>,
    asked: AtomicUsize,
}

/// How many names are compared; in a larger tree a guess costs more than it helps.
const MOST_NAMES: usize = 10_000;
/// How often one tree answers: a text can name half a million files that are not there, and nobody reads so many guesses.
const MOST_ANSWERS: usize = 100;
const MOST_GUESSES: usize = 3;

impl Names {
    pub(super) fn like(&self, path: &TreePath, origin: &Origin) -> Vec<TreePath> {
        if self.asked.fetch_add(1, Ordering::Relaxed) >= MOST_ANSWERS {
            return Vec::new();
        }
        let names = self.listed.get_or_init(|| list(origin));
        let mut guesses: Vec<(usize, &TreePath)> =
            names.iter().filter_map(|it| Some((distance(path, it)?, it))).collect();
        guesses.sort();
        let nearest = guesses.first().map(|(distance, _)| *distance);
        let nearest = guesses.into_iter().take_while(|(distance, _)| Some(*distance) == nearest);
        nearest.take(MOST_GUESSES).map(|(_, it)| it.clone()).collect()
    }
}

fn list(origin: &Origin) -> Vec<TreePath> {
    let mut names = Vec::new();
    let mut left = MOST_NAMES;
    let mut look = |_: &str| {
        left = left.checked_sub(1).ok_or_else(|| Unreadable::Unbounded(String::new()))?;
        Ok(())
    };
    // A guess need not be complete: what was listed before the walk ended is good enough.
    let _incomplete = glob::walk(origin, &Pattern::everything(), &mut look, &mut names);
    names
}

/// How far a name is from another one; `None` where nobody would take the one for the other.
fn distance(missing: &TreePath, candidate: &TreePath) -> Option<usize> {
    let (a, b) = (missing.as_str(), candidate.as_str());
    if missing.name() == candidate.name() {
        return Some(1); // The right file in the wrong folder.
    }
    let most = (missing.name().chars().count() / 3).max(1);
    let near = a.len().abs_diff(b.len()) <= 4 * most;
    let distance = near.then(|| strsim::osa_distance(a, b))?;
    (distance <= most).then_some(distance)
}
