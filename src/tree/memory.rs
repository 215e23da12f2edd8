//! A tree that is in memory: of tests, and of everything that is no checkout.

use std::collections::BTreeMap;

use crate::tree::path::TreePath;
use crate::tree::{Entry, Kind, Unreadable};

/// Files by their path.
#[derive(Debug)]
pub(super) struct Memory(BTreeMap<String, Vec<u8>>);

impl Memory {
    pub(super) fn new(files: impl IntoIterator<Item = (impl Into<String>, impl Into<Vec<u8>>)>) -> Self {
        Self(files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect())
    }

    pub(super) fn read(&self, path: &TreePath, limit: u64) -> Result<Vec<u8>, Unreadable> {
        match self.0.get(path.as_str()) {
            Some(bytes) if bytes.len() as u64 > limit => Err(Unreadable::TooLarge(path.clone(), limit)),
            Some(bytes) => Ok(bytes.clone()),
            None if self.below(path.as_str()).next().is_some() => {
                Err(Unreadable::NotAFile(path.clone(), "folder"))
            }
            None => Err(Unreadable::Missing(path.clone())),
        }
    }

    pub(super) fn entries(&self, folder: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for rest in self.below(folder) {
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, Kind::Folder),
                None => (rest, Kind::File),
            };
            // Paths below one folder stand together, so only the last entry can be the same.
            if entries.last().is_none_or(|it| it.name != name) {
                entries.push(Entry { name: name.to_owned(), utf8: true, kind });
            }
        }
        entries
    }

    /// The paths below a folder, as seen from it.
    fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let from = self.0.range(prefix.clone()..);
        from.map_while(move |(path, _)| path.strip_prefix(&prefix))
    }
}
