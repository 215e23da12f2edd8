//! What is in a folder, and whether a build of ours wrote all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;

use crate::output::place::Place;
use crate::output::{Error, Files, Written, above, open};
use crate::tree::path::TreePath;

/// The file by which a folder is known as ours.
pub(super) const INDEX: &str = "index.json";

const GENERATOR: &str = "trackside";
/// Half a million artifacts; a larger file is not an index of ours.
const MOST_INDEX_BYTES: u64 = 128 << 20;
/// How many foreign names are collected; the message shows fewer.
const MOST_FOREIGN: usize = 1000;

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The files that its index lists and that are there, the index among them.
    pub(super) files: BTreeSet<TreePath>,
    /// Everything else, by name, sorted.
    pub(super) foreign: Vec<String>,
    /// The folders below, each after the one it is in.
    pub(super) folders: Vec<PathBuf>,
}

/// Of an index, only what says which files are ours; later versions may say more.
#[derive(Deserialize)]
struct Index {
    generator: String,
    artifacts: Vec<Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    path: String,
}

/// Whether the folder is ours and already holds exactly these files. Asks nobody's leave, and believes nothing that
/// changes meanwhile to be current.
pub(super) fn is_current(place: &Place, files: &Files) -> bool {
    let index = files.iter().find(|(path, _)| path.as_str() == INDEX);
    // The index has every digest in it, so any difference of a new build shows there, before all files are read.
    index.is_some_and(|(_, bytes)| is_same(&place.target.join(INDEX), bytes))
        && [&place.new, &place.old, &place.lock].iter().all(|it| is_absent(it))
        && compare(place, files).is_ok_and(|it| it.is_unchanged())
}

/// What these files would change in the folder; refuses a folder that is not ours.
pub(super) fn compare(place: &Place, files: &Files) -> Result<Written, Error> {
    let folder = &place.target;
    let held = if is_absent(folder) {
        Held::default()
    } else {
        hold(folder).map_err(|it| Error::Read(place.named.clone(), it))?
    };
    if !held.foreign.is_empty() {
        return Err(Error::NotOurs { folder: place.named.clone(), foreign: held.foreign });
    }
    let same: BTreeMap<&TreePath, bool> = files
        .par_iter()
        .filter(|(path, _)| held.files.contains(path))
        .map(|(path, bytes)| (path, is_same(&folder.join(path.as_str()), bytes)))
        .collect();
    let named = |paths: Vec<&TreePath>| paths.into_iter().map(ToString::to_string).collect();
    Ok(Written {
        created: named(files.keys().filter(|it| !same.contains_key(it)).collect()),
        changed: named(same.iter().filter(|(_, same)| !**same).map(|(path, _)| *path).collect()),
        removed: named(held.files.iter().filter(|it| !files.contains_key(it)).collect()),
        unchanged: same.values().filter(|same| **same).count(),
    })
}

/// Looks through a folder; only folders that hold listed files are entered.
pub(super) fn hold(folder: &Path) -> io::Result<Held> {
    let listed = read_index(folder)?.unwrap_or_default();
    let folders: BTreeSet<TreePath> = listed.iter().flat_map(above).collect();
    let mut held = Held::default();
    let mut ahead = vec![(folder.to_owned(), String::new())];
    while let Some((real, prefix)) = ahead.pop() {
        for entry in fs::read_dir(&real)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let path = entry.file_name().to_str().and_then(|_| TreePath::parse(&name).ok());
            let kind = entry.file_type()?;
            match path {
                Some(path) if kind.is_file() && listed.contains(&path) => {
                    held.files.insert(path);
                }
                Some(path) if kind.is_dir() && folders.contains(&path) => {
                    held.folders.push(entry.path());
                    ahead.push((entry.path(), name + "/"));
                }
                _ if held.foreign.len() >= MOST_FOREIGN => {}
                _ if kind.is_dir() => held.foreign.push(name + "/"),
                _ => held.foreign.push(name),
            }
        }
    }
    held.foreign.sort();
    Ok(held)
}

/// The files that an index lists, itself among them; `None` if it is not an index of ours.
pub(super) fn listed(index: &[u8]) -> Option<BTreeSet<TreePath>> {
    let index: Index = serde_json::from_slice(index).ok()?;
    if index.generator != GENERATOR {
        return None;
    }
    let paths = index.artifacts.iter().map(|it| it.path.as_str()).chain([INDEX]);
    paths.map(|it| TreePath::parse(it).ok()).collect()
}

fn read_index(folder: &Path) -> io::Result<Option<BTreeSet<TreePath>>> {
    let path = folder.join(INDEX);
    match fs::symlink_metadata(&path) {
        Ok(it) if it.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let Some((file, _)) = open::read(&path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = file.take(MOST_INDEX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(if read as u64 > MOST_INDEX_BYTES { None } else { listed(&bytes) })
}

pub(super) fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|it| it.kind() == ErrorKind::NotFound)
}

/// Whether a file says exactly this; one that cannot be read does not.
fn is_same(path: &Path, bytes: &[u8]) -> bool {
    let expected = bytes.len() as u64;
    let Ok(Some((file, length))) = open::read(path) else { return false };
    let mut read = Vec::with_capacity(bytes.len() + 1);
    // One byte more than expected: it may grow while it is read.
    length == expected && file.take(expected + 1).read_to_end(&mut read).is_ok() && read == bytes
}
