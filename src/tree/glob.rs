//! Which files a pattern names.
//!
//! A pattern is matched part by part while the folders are walked, so only folders that can hold a match are looked into,
//! and each of them once, however many `**` it has.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::tree::path::{self, InvalidPath, TreePath, is_git};
use crate::tree::{Entry, Kind, Origin, Unreadable};

/// A pattern, taken apart at its slashes.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug)]
enum Part {
    /// Exactly this name.
    Name(String),
    /// A name with wildcards.
    Wild { matcher: Box<GlobMatcher>, dot: bool },
    /// `**`: any number of folders; at the end, any file below.
    Any,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidPath> {
        path::check(text)?;
        if let Some(brace) = text.chars().find(|it| matches!(it, '{' | '}')) {
            return Err(InvalidPath::Brace(text.to_owned(), brace));
        }
        let mut parts = text.split('/').map(|it| Part::parse(it, text)).collect::<Result<Vec<_>, _>>()?;
        parts.dedup_by(|a, b| matches!((a, b), (Part::Any, Part::Any)));
        Ok(Self(parts))
    }

    /// Every file of a tree that is not hidden.
    pub(super) fn everything() -> Self {
        Self(vec![Part::Any])
    }

    fn ends_at(&self, place: usize) -> bool {
        place + 1 == self.0.len()
    }

    /// `places` and those that stand behind a `**` that matches no folder.
    fn reach(&self, places: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        for place in places {
            reached.insert(place);
            if matches!(self.0[place], Part::Any) && !self.ends_at(place) {
                reached.insert(place + 1);
            }
        }
        reached
    }

    /// Where matching goes on inside of the folder `name`.
    fn enter(&self, places: &BTreeSet<usize>, name: &str, link: bool) -> BTreeSet<usize> {
        let next = places.iter().filter_map(|&place| match &self.0[place] {
            // A symlink can lead to a folder above itself, and `**` would go round.
            Part::Any => (!link && !hidden(name)).then_some(place),
            part => (part.matches(name) && !self.ends_at(place)).then_some(place + 1),
        });
        self.reach(next)
    }

    /// Whether it asks for what is in the folder `name` without a wildcard.
    fn names(&self, places: &BTreeSet<usize>, name: &str) -> bool {
        let mut inner = places.iter().filter(|place| !self.ends_at(**place));
        inner.any(|&place| matches!(&self.0[place], Part::Name(it) if it == name))
    }

    fn takes_file(&self, places: &BTreeSet<usize>, name: &str) -> bool {
        places.iter().any(|&place| self.ends_at(place) && self.0[place].matches(name))
    }
}

impl Part {
    fn parse(part: &str, whole: &str) -> Result<Self, InvalidPath> {
        if part == "**" {
            return Ok(Self::Any);
        }
        if part.contains("**") {
            return Err(InvalidPath::Stars(whole.to_owned()));
        }
        if !part.contains(['*', '?', '[', ']']) {
            return Ok(Self::Name(part.to_owned()));
        }
        let glob = GlobBuilder::new(part).literal_separator(true).backslash_escape(false).build();
        let glob = glob.map_err(|it| InvalidPath::Class(whole.to_owned(), it.kind().to_string()))?;
        Ok(Self::Wild { matcher: Box::new(glob.compile_matcher()), dot: part.starts_with('.') })
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(it) => it == name,
            Self::Wild { matcher, dot } => (*dot || !hidden(name)) && !is_git(name) && matcher.is_match(name),
            Self::Any => !hidden(name),
        }
    }
}

/// Collects the files that a pattern names, in no order. `look` is told of every name and may end the walk; what was
/// found until then stays in `found`.
pub(super) fn walk(
    origin: &Origin,
    pattern: &Pattern,
    look: &mut dyn FnMut(&str) -> Result<(), Unreadable>,
    found: &mut Vec<TreePath>,
) -> Result<(), Unreadable> {
    let mut folders = vec![(String::new(), pattern.reach([0]))];
    while let Some((folder, places)) = folders.pop() {
        look(&folder)?;
        for Entry { name, utf8, kind } in origin.entries(&folder)? {
            look(&name)?;
            let file = pattern.takes_file(&places, &name);
            let inside = pattern.enter(&places, &name, kind == Kind::Link);
            if !file && inside.is_empty() {
                continue;
            }
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if !utf8 {
                return Err(InvalidPath::NotUtf8(path).into());
            }
            let kind = match kind {
                Kind::Link => match origin.follow(&path) {
                    Ok(kind) => kind,
                    // A wildcard passes over a symlink that leads elsewhere; who names it must hear of it.
                    Err(error) if pattern.names(&places, &name) => return Err(error),
                    // Taken for a file: reading it says what is wrong.
                    Err(_) => Kind::File,
                },
                kind => kind,
            };
            match kind {
                Kind::Folder if inside.is_empty() => {}
                Kind::Folder => {
                    path::check(&path)?;
                    folders.push((path, inside));
                }
                _ if file => found.push(TreePath::parse(&path)?),
                _ => {}
            }
        }
    }
    Ok(())
}

/// What shells and editors call hidden; among them are an editor's lock files.
fn hidden(name: &str) -> bool {
    name.starts_with('.')
}
