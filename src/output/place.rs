//! Which folder is meant, and whether one may be replaced there at all.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::output::Error;

/// The output folder and the names beside it that a build uses.
///
/// They are the same for every build, so that the next one finds what an interrupted one left.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder as its user named it, for messages.
    pub(super) named: PathBuf,
    /// The folder itself, by its real path.
    pub(super) target: PathBuf,
    /// The new folder until it is in place, and from then on the old one until it is removed.
    pub(super) new: PathBuf,
    /// The old folder, where two folders cannot be exchanged.
    pub(super) old: PathBuf,
    /// Held by the one build that may change any of these.
    pub(super) lock: PathBuf,
}

impl Place {
    /// Finds the folder that `target` names, without changing anything.
    pub(super) fn find(target: &Path, tree: &Path) -> Result<Self, Error> {
        // Without the slash at the end, which would follow a symlink.
        let named: PathBuf = target.components().collect();
        let real = match fs::symlink_metadata(&named) {
            Ok(it) if it.is_symlink() => return Err(Error::Symlink(target.to_owned())),
            Ok(it) if !it.is_dir() => return Err(Error::NotAFolder(target.to_owned())),
            Ok(_) => named.canonicalize().map_err(|it| Error::Read(target.to_owned(), it))?,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                absent(target, &named)?
            }
            Err(error) => return Err(Error::Read(target.to_owned(), error)),
        };
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            return Err(Error::Unnamed(target.to_owned()));
        };
        if tree.canonicalize().is_ok_and(|it| it.starts_with(&real)) {
            return Err(Error::HoldsTree(target.to_owned()));
        }
        let beside = |suffix: &str| {
            let mut sibling = std::ffi::OsString::from(".");
            sibling.push(name);
            sibling.push(suffix);
            parent.join(sibling)
        };
        Ok(Self {
            named: target.to_owned(),
            new: beside(".trackside-new"),
            old: beside(".trackside-old"),
            lock: beside(".trackside-lock"),
            target: real,
        })
    }
}

/// The real path of a folder that is not there yet.
fn absent(target: &Path, named: &Path) -> Result<PathBuf, Error> {
    let Some(Component::Normal(name)) = named.components().next_back() else {
        return Err(Error::Unnamed(target.to_owned()));
    };
    let parent = match named.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let real = parent.canonicalize().ok().filter(|it| it.is_dir());
    Ok(real.ok_or_else(|| Error::NoParent(parent.to_owned()))?.join(name))
}
