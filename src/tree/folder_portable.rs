//! A tree that is a folder, on systems where a file can only be opened by its whole path.
//!
//! Where a path really leads is asked before and after opening it. Whoever can swap folders for symlinks at the right
//! moments can still deceive that; `folder.rs` has no such moment and is used wherever it can be.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::tree::path::{TreePath, is_git};
use crate::tree::{Entry, Kind, Unreadable};

/// A folder, by its real path.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        fs::read_dir(root)?;
        Ok(Self { root: root.canonicalize()? })
    }

    pub(super) fn read(&self, path: &TreePath, limit: u64) -> Result<Vec<u8>, Unreadable> {
        let Some(real) = self.find(path.as_str())? else {
            return Err(Unreadable::Missing(path.clone()));
        };
        let failed = |it| Unreadable::Io(path.to_string(), it);
        let kind = fs::symlink_metadata(&real).map_err(failed)?.file_type();
        if !kind.is_file() {
            let kind = if kind.is_dir() { "folder" } else { "special file" };
            return Err(Unreadable::NotAFile(path.clone(), kind));
        }
        let file = File::open(&real).map_err(failed)?;
        if self.find(path.as_str())?.as_ref() != Some(&real) {
            return Err(failed(io::Error::other("it was replaced while it was opened")));
        }
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            return Err(Unreadable::TooLarge(path.clone(), limit));
        }
        Ok(bytes)
    }

    pub(super) fn entries(&self, folder: &str) -> Result<Vec<Entry>, Unreadable> {
        let Some(real) = self.find(folder)? else {
            return Ok(Vec::new());
        };
        let failed = |it| Unreadable::Io(folder.to_owned(), it);
        let mut entries = Vec::new();
        for entry in fs::read_dir(real).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = match entry.file_type().map_err(failed)? {
                it if it.is_symlink() => Kind::Link,
                it if it.is_dir() => Kind::Folder,
                it if it.is_file() => Kind::File,
                _ => Kind::Other,
            };
            let name = entry.file_name();
            let utf8 = name.to_str().is_some();
            entries.push(Entry { name: name.to_string_lossy().into_owned(), utf8, kind });
        }
        Ok(entries)
    }

    pub(super) fn follow(&self, path: &str) -> Result<Kind, Unreadable> {
        let is_folder = self.find(path)?.is_some_and(|it| it.is_dir());
        Ok(if is_folder { Kind::Folder } else { Kind::File })
    }

    /// Where a path really leads; `None` where there is nothing.
    fn find(&self, path: &str) -> Result<Option<PathBuf>, Unreadable> {
        let real = match self.root.join(path).canonicalize() {
            Ok(real) => real,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(Unreadable::Io(path.to_owned(), error)),
        };
        let Ok(below) = real.strip_prefix(&self.root) else {
            return Err(Unreadable::Leaves {
                path: path.to_owned(),
                target: real.to_string_lossy().into_owned(),
            });
        };
        if below.components().any(|it| it.as_os_str().to_str().is_some_and(is_git)) {
            return Err(Unreadable::Git(path.to_owned()));
        }
        Ok(Some(real))
    }
}
