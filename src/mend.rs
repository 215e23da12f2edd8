//! Mends what has one certain remedy: makes the changes that findings offer, again and again, until none is left.
//!
//! Which changes are made:
//!
//! 1. What is text at all comes before what it says: one round makes the changes for the first sort of mistakes that has
//!    any, because a change may have been thought out for a text that another one has just made.
//! 2. A finding that offers several changes asks a person to choose, and one that a waiver accepts is none: they stay. So
//!    does what [`certain`] is not sure enough of, because it would take away what somebody wrote or guess what was meant.
//! 3. A round is kept only if each of its changes has taken a mistake away and made none of the same sort, and if there are
//!    not more mistakes after it than before. Else its changes are tried in halves, so that one that mends nothing does
//!    not come along with others that do. Where a change makes mistakes be seen that another one hid, all that follow from it
//!    are made before they are counted. Where there are so many mistakes that some are only counted, what is behind those is not
//!    seen at all, so it is enough that there are fewer.
//! 4. A default that is written out may go at any time. What else is right and could be better has its turn where nothing is
//!    wrong any more, and a change for it is kept only if the tree means exactly the same after it, in every environment. So
//!    what is right never comes to mean something else.

mod certain;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Outcome;
use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Fix};
use crate::language::include::{self, Sources};
use crate::language::{self, Selection, export};
use crate::mend::certain::Certain;
use crate::syntax::edit::{self, Applied};
use crate::tree::Tree;
use crate::tree::path::TreePath;

/// What came of mending a tree.
#[derive(Debug)]
pub struct Mended {
    /// The files that changed, by path.
    pub changes: BTreeMap<TreePath, Change>,
    /// What there is to say about the tree as it was.
    pub before: Outcome,
    /// What is left to say about it.
    pub after: Outcome,
}

/// A file that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it said.
    pub before: Arc<str>,
    /// What it says now.
    pub after: Arc<str>,
}

/// How often changes are made. Each round leaves fewer mistakes, so this only bounds a tree with very many of them.
const MOST_ROUNDS: usize = 100;

/// How many rounds are made to see whether what a change has brought to light is mended as well.
const MOST_AHEAD: usize = 4;

/// Mends a tree in memory, in every environment or in the selected one.
pub fn mend(tree: &Tree, selection: &Selection) -> Mended {
    let start = State::of(tree.clone(), selection);
    let trials = Trials { selection, left: Cell::new(MOST_TRIALS), looks: Cell::new(MOST_LOOKED_AT) };
    let mut end: Option<State> = None;
    for _ in 0..MOST_ROUNDS {
        let Some(better) = end.as_ref().unwrap_or(&start).round(&trials, MOST_AHEAD) else { break };
        end = Some(better);
    }
    let after = end.map_or_else(|| crate::check(tree, selection), |it| it.outcome);
    let mut changes = BTreeMap::new();
    for (_, file) in after.sources.files() {
        let Ok(path) = TreePath::parse(&file.path) else { continue };
        let Ok(text) = tree.read_text(&path) else { continue };
        if text != file.text {
            changes.insert(path, Change { before: text, after: file.text.clone() });
        }
    }
    Mended { changes, before: start.outcome, after }
}

/// What a tree means in each of its environments, in the order of the tree; `None` where it has no meaning.
pub fn meanings(tree: &Tree) -> Vec<Option<String>> {
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(tree, &mut sink);
    let declarations = language::declare(&documents, tree, &mut map, &mut sink);
    let mut selections: Vec<Selection> = declarations
        .environments()
        .map(|it| Selection { environment: Some(it.to_owned()), date: None })
        .collect();
    if selections.is_empty() {
        selections.push(Selection::default());
    }
    let resolved = selections.iter().map(|it| language::resolve(&declarations, it, &mut map, &mut sink));
    resolved.map(|it| it.as_ref().map(export::render)).collect()
}

/// How a tree is checked after changes, and how often it still may be.
struct Trials<'a> {
    selection: &'a Selection,
    left: Cell<usize>,
    /// How much may still be looked at.
    looks: Cell<usize>,
}

impl Trials<'_> {
    /// Whether a tree like this may be checked once more.
    fn take(&self, outcome: &Outcome) -> bool {
        let text: usize = outcome.sources.files().map(|(_, file)| file.text.len()).sum();
        let looks = text + OF_FINDING * outcome.diagnostics.len();
        let taken = self.left.get().checked_sub(1).zip(self.looks.get().checked_sub(looks));
        taken.is_some_and(|(left, looks)| {
            self.left.set(left);
            self.looks.set(looks);
            true
        })
    }
}

/// How often a tree is checked: a change that mends nothing is looked for in halves, and a stranger's text may offer thousands.
const MOST_TRIALS: usize = 1_000;

/// How much is looked at in all of these: bytes of text, and findings for [`OF_FINDING`] bytes each.
const MOST_LOOKED_AT: usize = 200 << 20;

/// To find a mistake and to say what was meant takes as long as to read so many bytes.
const OF_FINDING: usize = 1_000;

/// A tree on the way.
struct State {
    tree: Tree,
    outcome: Outcome,
}

/// Sorts of findings, in the order in which they are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// What is no KDL.
    Syntax,
    /// What cannot be read.
    Files,
    /// What the language has no word for.
    Words,
    /// What is wrong otherwise.
    Meaning,
    /// What goes without saying.
    Defaults,
    /// What is right, and could be better.
    Style,
}

const STAGES: [Stage; 6] =
    [Stage::Syntax, Stage::Files, Stage::Words, Stage::Meaning, Stage::Defaults, Stage::Style];

/// How many of them hold mistakes.
const WRONG: usize = 4;

impl Stage {
    fn of(it: &Diagnostic) -> Self {
        Self::of_code(it.code, it.fails())
    }

    fn of_code(code: Code, fails: bool) -> Self {
        match code {
            Code::RestatedDefault => Self::Defaults,
            _ if !fails => Self::Style,
            code if code <= Code::TooManyErrors => Self::Syntax,
            code if code < Code::UnknownKind => Self::Files,
            Code::UnknownKind | Code::UnknownProperty | Code::UnexpectedAnnotation => Self::Words,
            _ => Self::Meaning,
        }
    }
}

impl State {
    fn of(tree: Tree, selection: &Selection) -> Self {
        let outcome = crate::check(&tree, selection);
        Self { tree, outcome }
    }

    /// Makes the changes of the first stage that has any; `None` where nothing is left to be done.
    fn round(&self, trials: &Trials<'_>, ahead: usize) -> Option<Self> {
        let stages = STAGES.iter().filter(|it| **it != Stage::Style || !self.outcome.diagnostics.fails());
        let certain = Certain::of(&self.outcome);
        stages.into_iter().find_map(|stage| {
            let found = self.outcome.diagnostics.iter().filter(|it| Stage::of(it) == *stage);
            let fixes: Vec<&Fix> =
                found.filter_map(|it| certain.change(it, *stage == Stage::Style)).collect();
            self.attempt(&fixes, *stage, trials, ahead)
        })
    }

    /// Makes as many of these changes as leave the tree better: all, or else those of one half.
    fn attempt(&self, fixes: &[&Fix], stage: Stage, trials: &Trials<'_>, ahead: usize) -> Option<Self> {
        if fixes.is_empty() {
            return None;
        }
        let (next, made) = self.with(fixes, trials)?;
        if next.is_better_than(self, stage, made)
            && let Some(next) = next.with_no_more_mistakes_than(self, trials, ahead)
        {
            return Some(next);
        }
        let (first, second) = fixes.split_at(fixes.len() / 2);
        if first.is_empty() {
            return None;
        }
        let first = self.attempt(first, stage, trials, ahead);
        first.or_else(|| self.attempt(second, stage, trials, ahead))
    }

    /// This state, or the first that follows from it, if it has no more mistakes than there were before.
    fn with_no_more_mistakes_than(self, before: &Self, trials: &Trials<'_>, ahead: usize) -> Option<Self> {
        let most: usize = before.mistakes().iter().sum();
        let mut state = self;
        for _ in 0..ahead {
            if state.mistakes().iter().sum::<usize>() <= most {
                return Some(state);
            }
            state = state.round(trials, 0)?;
        }
        (state.mistakes().iter().sum::<usize>() <= most).then_some(state)
    }

    /// The tree with these changes, and how many of them could be made side by side.
    fn with(&self, fixes: &[&Fix], trials: &Trials<'_>) -> Option<(Self, usize)> {
        if !trials.take(&self.outcome) {
            return None;
        }
        let sources = &self.outcome.sources;
        // What does not fit beside the others has its turn in the next round.
        let Applied { texts, skipped } = edit::apply(sources, fixes.iter().copied());
        let made = fixes.len() - skipped.len();
        let texts = texts.into_iter().map(|(file, text)| {
            TreePath::parse(&sources.file(file).path).ok().map(|path| (path, Arc::from(text)))
        });
        let texts: Vec<(TreePath, Arc<str>)> = texts.collect::<Option<_>>()?;
        Some((Self::of(self.tree.with(texts), trials.selection), made))
    }

    fn is_better_than(&self, before: &Self, stage: Stage, made: usize) -> bool {
        let (counts, counts_before) = (self.mistakes(), before.mistakes());
        let mistakes = counts.cmp(&counts_before);
        let of_stage = STAGES.iter().take(WRONG).position(|it| *it == stage);
        let is_each_mended =
            before.is_cut() || of_stage.is_none_or(|at| counts[at] + made <= counts_before[at]);
        let is_shorter = || self.outcome.diagnostics.len() < before.outcome.diagnostics.len();
        let is_same = || meanings(&self.tree) == meanings(&before.tree);
        match stage {
            Stage::Defaults | Stage::Style => mistakes.is_eq() && is_shorter() && is_same(),
            _ => mistakes.is_lt() && is_each_mended,
        }
    }

    /// Whether there are more mistakes than are looked at one by one.
    fn is_cut(&self) -> bool {
        let diagnostics = &self.outcome.diagnostics;
        diagnostics.more().next().is_some() || diagnostics.iter().any(|it| it.code == Code::TooManyErrors)
    }

    /// How many mistakes there are of each sort: what can be read well enough to be wrong otherwise is better.
    fn mistakes(&self) -> [usize; WRONG] {
        let mut counts = [0; WRONG];
        let found = self.outcome.diagnostics.iter().filter(|it| it.fails()).map(|it| (Stage::of(it), 1));
        let more = self.outcome.diagnostics.more().filter(|(it, _)| it.fails());
        for (stage, count) in found.chain(more.map(|(it, count)| (Stage::of_code(it.code, true), count))) {
            if let Some(at) = STAGES.iter().take(WRONG).position(|it| *it == stage) {
                counts[at] += count;
            }
        }
        counts
    }
}
