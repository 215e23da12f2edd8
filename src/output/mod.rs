//! The folder a build owns: written whole beside it and swapped at once.
//!
//! A folder is ours if its `index.json` is, and if it holds nothing that this index does not list; anything else is
//! refused by name and left alone. What is there is compared first: where nothing differs, nothing is touched. Else the
//! new files are written into a sibling, and one rename puts it in place, so that the folder holds all of the old files or
//! all of the new ones at any moment, also when the build is killed. Nothing waits for the disk: what a build makes can be
//! built again, and after the power failed the digests of the index tell what is missing, and the next build makes it anew.
//! What the files are is not decided here.

mod lock;
mod open;
mod owned;
mod place;
mod swap;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::output::lock::Lock;
use crate::output::owned::INDEX;
use crate::output::place::Place;
use crate::tree::path::TreePath;

/// What a build made of its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The files that were not there before, sorted.
    pub created: Vec<String>,
    /// The files that say something else now, sorted.
    pub changed: Vec<String>,
    /// The files of the last build that this one no longer has, sorted.
    pub removed: Vec<String>,
    /// How many files are as they were.
    pub unchanged: usize,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The root of the machine, or no name at all.
    #[error("`{}` cannot be an output folder: name a folder that is replaced as a whole", .0.display())]
    Unnamed(PathBuf),
    /// A symlink: replacing it and replacing what it leads to are both surprises.
    #[error("`{}` is a symlink: name the folder that it leads to", .0.display())]
    Symlink(PathBuf),
    /// A file or something stranger.
    #[error("`{}` is not a folder: choose another name for the output", .0.display())]
    NotAFolder(PathBuf),
    /// The platform's own files are in it.
    #[error("`{}` holds the platform that is compiled: choose a folder that holds nothing else", .0.display())]
    HoldsTree(PathBuf),
    /// There is no folder to put it in.
    #[error("there is no folder `{}` to put the output in: create it first", .0.display())]
    NoParent(PathBuf),
    /// It holds what no build wrote.
    #[error(
        "`{}` holds {}, which trackside did not write: choose another folder, or move that away",
        folder.display(),
        some_of(foreign)
    )]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// The foreign files by name, sorted; folders end with `/`.
        foreign: Vec<String>,
    },
    /// Another build writes there, and did not end.
    #[error("another build is writing `{}`: wait until it ends", .0.display())]
    Busy(PathBuf),
    /// What was put aside holds what no build wrote.
    #[error(
        "`{}` is left from a build and holds {}, which trackside did not write: move that away, then remove it",
        folder.display(),
        some_of(foreign)
    )]
    Leftover {
        /// The folder that was put aside.
        folder: PathBuf,
        /// The foreign files by name, sorted; folders end with `/`.
        foreign: Vec<String>,
    },
    /// What is there could not be read.
    #[error("could not read the output folder `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// The new files could not be written; the old ones are untouched.
    #[error("could not write beside the output folder, to `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// The new folder could not be put in place; the old one is untouched.
    #[error("could not replace the output folder `{}`; a mounted folder cannot be, one inside it can", .0.display())]
    Swap(PathBuf, #[source] io::Error),
    /// The new folder is in place, and the old one is still beside it.
    #[error("could not remove `{}`, which a build left", .0.display())]
    Remove(PathBuf, #[source] io::Error),
    /// Our own mistake: files that no folder can hold, or an index that does not list them.
    #[error("the files of this build make no folder (a bug in trackside): {0}")]
    Malformed(String),
}

/// The files of a build by their path.
type Files<'a> = BTreeMap<TreePath, &'a [u8]>;

/// Makes `target` hold exactly `files`, one of which is the `index.json` that lists the others. `tree` is the folder of
/// the platform, which the target must not hold.
pub fn write(
    target: &Path,
    tree: &Path,
    files: &BTreeMap<String, impl AsRef<[u8]>>,
) -> Result<Written, Error> {
    let files = check(files)?;
    let place = Place::find(target, tree)?;
    // A build that changes nothing takes no lock either: who watches the folder's parent sees nothing happen.
    if owned::is_current(&place, &files) {
        return Ok(Written { unchanged: files.len(), ..Written::default() });
    }
    let _lock = Lock::take(&place)?;
    swap::recover(&place)?;
    let written = owned::compare(&place, &files)?;
    if written.is_unchanged() {
        return Ok(written);
    }
    swap::stage(&place, &files)?;
    swap::put(&place)?;
    Ok(written)
}

impl Written {
    /// Whether everything is as it was before.
    pub fn is_unchanged(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Sees to it that the next build will know this one's files as ours.
fn check(files: &BTreeMap<String, impl AsRef<[u8]>>) -> Result<Files<'_>, Error> {
    let mut checked = Files::new();
    for (path, bytes) in files {
        let path = TreePath::parse(path).map_err(|it| Error::Malformed(it.to_string()))?;
        checked.insert(path, bytes.as_ref());
    }
    if let Some(folder) = checked.keys().flat_map(above).find(|it| checked.contains_key(it)) {
        return Err(Error::Malformed(format!("`{folder}` is both a file and a folder")));
    }
    let index = TreePath::parse(INDEX).expect("a plain name is a path");
    let listed = checked.get(&index).and_then(|it| owned::listed(it));
    let listed = listed.ok_or_else(|| Error::Malformed(format!("there is no `{INDEX}` of ours")))?;
    let differing = checked.keys().find(|it| !listed.contains(it));
    match differing.or_else(|| listed.iter().find(|it| !checked.contains_key(it))) {
        Some(path) => Err(Error::Malformed(format!("`{path}` is not both there and in `{INDEX}`"))),
        None => Ok(checked),
    }
}

/// The folders that a path is in, as paths, from the top.
fn above(path: &TreePath) -> impl Iterator<Item = TreePath> {
    let text = path.as_str();
    let ends = text.match_indices('/').map(|(end, _)| end);
    ends.map(|end| TreePath::parse(&text[..end]).expect("what is above a path is a path"))
}

/// The first few names of a list, for a sentence.
fn some_of(names: &[String]) -> String {
    const MOST_NAMES: usize = 3;
    let first = names.iter().take(MOST_NAMES).map(|it| format!("`{}`", it.escape_debug()));
    let first = first.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
