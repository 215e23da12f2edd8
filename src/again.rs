//! What is known of a tree that is looked at again and again, as an editor saves its files.
//!
//! All its files are read each time, side by side, and what counts is whether any byte of them differs: no time of a file and no
//! message of the system has to be believed. What has not changed is not parsed anew. All that follows is worked out as ever,
//! so what is said of a tree never depends on what was said of it before.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostics;
use crate::language::include::{self, Parsed, Sources};
use crate::render::template::Templates;
use crate::tree::path::TreePath;
use crate::tree::{Content, Tree};

/// What the files say that belong to a tree; `None` for one that cannot be read.
pub type Contents = BTreeMap<TreePath, Option<Content>>;

/// What is remembered of a tree.
#[derive(Debug, Default)]
pub struct Memory {
    /// What its texts were parsed into.
    pub parsed: Parsed,
    /// What its files said when it was last checked; `None` before the first time.
    pub before: Option<Contents>,
}

impl Memory {
    /// Reads what belongs to a tree now, and what did when it was last checked. `None` where nothing has changed.
    pub fn look(&mut self, tree: &Tree) -> Option<Contents> {
        let known: Vec<TreePath> = self.before.iter().flat_map(BTreeMap::keys).cloned().collect();
        tree.ask(&known);
        let mut sink = Diagnostics::default();
        // New files come in by patterns alone, and other names of files by texts that have changed.
        let Sources { mut map, documents: _ } = include::load_again(tree, &mut self.parsed, &mut sink);
        Templates::load(tree, &mut map, &mut sink);
        let now = tree.contents();
        (self.before.as_ref() != Some(&now)).then_some(now)
    }

    /// Remembers what has been asked for of a tree that was checked.
    pub fn keep(&mut self, tree: &Tree) {
        self.before = Some(tree.contents());
    }
}
