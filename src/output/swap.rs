//! The steps by which a new folder takes the place of an old one, and what to do if they were interrupted.
//!
//! 1. [`stage`] writes the new folder beside the old one, its index first.
//! 2. [`put`] exchanges the two names at once, and removes what is now beside: the old folder, its index last.
//!
//! So whatever is found beside the folder either says by its own index what of it is ours, or holds no more than a
//! beginning of that index; [`recover`] removes just that. Where the system cannot exchange two names, the folder is
//! absent between two renames; an interruption there is undone by the next build.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use rayon::prelude::*;

use crate::output::owned::{self, INDEX, is_absent};
use crate::output::place::Place;
use crate::output::{Error, Files, above};
use crate::tree::path::TreePath;

/// Clears what an interrupted build left.
pub(super) fn recover(place: &Place) -> Result<(), Error> {
    if !is_absent(&place.old) && is_absent(&place.target) {
        fs::rename(&place.old, &place.target).map_err(|it| Error::Swap(place.named.clone(), it))?;
    }
    for leftover in [&place.old, &place.new] {
        if !is_absent(leftover) {
            remove(leftover)?;
        }
    }
    Ok(())
}

/// Writes the new folder beside the old one.
pub(super) fn stage(place: &Place, files: &Files) -> Result<(), Error> {
    let staged = write_folder(&place.new, files).and_then(|()| match fs::metadata(&place.target) {
        // Who made the old folder private wants the new one to be.
        Ok(old) => fs::set_permissions(&place.new, old.permissions()),
        Err(_) => Ok(()),
    });
    staged.map_err(|error| {
        // Best effort: the disk may be full, and the next build tries again.
        let _left = remove(&place.new);
        Error::Write(place.new.clone(), error)
    })
}

/// Puts the new folder in place and removes the old one.
pub(super) fn put(place: &Place) -> Result<(), Error> {
    let swapped = if is_absent(&place.target) {
        fs::rename(&place.new, &place.target)
    } else {
        exchange(place).or_else(|error| match error.kind() {
            // What file systems say that cannot exchange; NFS says the second.
            io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput => rename_twice(place),
            _ => Err(error),
        })
    };
    if let Err(error) = swapped {
        let _left = recover(place);
        return Err(Error::Swap(place.named.clone(), error));
    }
    for aside in [&place.new, &place.old] {
        if !is_absent(aside) {
            remove(aside)?;
        }
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(place: &Place) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, &place.new, CWD, &place.target, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_place: &Place) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn rename_twice(place: &Place) -> io::Result<()> {
    fs::rename(&place.target, &place.old)?;
    fs::rename(&place.new, &place.target)
}

/// Removes a folder that a build left, file by file, so that nothing is removed that was not looked at.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    let failed = |it| Error::Remove(folder.to_owned(), it);
    if !fs::symlink_metadata(folder).map_err(failed)?.is_dir() {
        return Err(Error::NotAFolder(folder.to_owned()));
    }
    let mut held = owned::hold(folder).map_err(failed)?;
    // An interrupted `stage` may have written no more than the beginning of an index.
    let begun = held.foreign.len() == 1 && held.foreign[0] == INDEX && held.files.is_empty();
    if begun {
        held.foreign.clear();
    }
    if !held.foreign.is_empty() {
        return Err(Error::Leftover { folder: folder.to_owned(), foreign: held.foreign });
    }
    let files: Vec<&TreePath> = held.files.iter().filter(|it| it.as_str() != INDEX).collect();
    files.par_iter().try_for_each(|it| fs::remove_file(folder.join(it.as_str()))).map_err(failed)?;
    for inner in held.folders.iter().rev() {
        fs::remove_dir(inner).map_err(failed)?;
    }
    if begun || held.files.len() > files.len() {
        fs::remove_file(folder.join(INDEX)).map_err(failed)?;
    }
    fs::remove_dir(folder).map_err(failed)
}

fn write_folder(folder: &Path, files: &Files) -> io::Result<()> {
    create_folder(folder)?;
    let (index, artifacts): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| path.as_str() == INDEX);
    for (path, bytes) in index {
        // Before anything that it lists: without it, nobody would know the rest as ours.
        write_file(&folder.join(path.as_str()), bytes)?;
    }
    let inner: BTreeSet<TreePath> = files.keys().flat_map(above).collect();
    for inner in &inner {
        create_folder(&folder.join(inner.as_str()))?;
    }
    artifacts.par_iter().try_for_each(|(path, bytes)| write_file(&folder.join(path.as_str()), bytes))
}

// Modes are asked for, so that a lax umask changes nothing; a strict one still takes away what its user wants.

#[cfg(unix)]
fn create_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o755).create(path)
}

#[cfg(not(unix))]
fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.open(path)?.write_all(bytes)
}
