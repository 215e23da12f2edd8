//! Where files come from: trackside compiles a pure function of a tree of files.
//!
//! A [`Tree`] is a folder, or a few texts in memory. Nothing outside of it can be named ([`TreePath`]) or reached by a
//! symlink, a file that was read once reads the same again, and what can be read or looked through is bounded, because
//! the texts that ask for it come from strangers' pull requests. Hard links cannot be told from files: whoever may write
//! those into the tree may as well copy. Nothing here knows what the files mean.

#[cfg_attr(not(unix), path = "folder_portable.rs")]
mod folder;
mod glob;
mod memory;
pub mod digest;
pub mod path;
mod similar;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::tree::folder::Folder;
use crate::tree::glob::Pattern;
use crate::tree::memory::Memory;
use crate::tree::path::{InvalidPath, TreePath, shown};

/// The files of one platform. Cheap to clone; clones share what was read and its limits.
#[derive(Clone, Debug)]
pub struct Tree(Arc<Inner>);

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is not there, is none, or may not be read.
    #[error("could not open the folder `{}`", shown(.0))]
    Open(String, #[source] io::Error),
}

/// Why a file of the tree could not be read. Each says so as a diagnostic does.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The text that names it is no path or pattern.
    #[error(transparent)]
    Invalid(#[from] InvalidPath),
    /// There is none; [`Tree::similar`] knows what could be meant.
    #[error("there is no file `{0}`")]
    Missing(TreePath),
    /// A symlink leads to nothing.
    #[error("`{}` leads through a symlink to `{}`, where there is nothing", shown(path), shown(target))]
    Dangling {
        /// What was to be read.
        path: String,
        /// Where the symlink points.
        target: String,
    },
    /// A symlink leads out of the tree.
    #[error("`{}` leaves the tree through a symlink to `{}`", shown(path), shown(target))]
    Leaves {
        /// What was to be read.
        path: String,
        /// Where the symlink points.
        target: String,
    },
    /// A symlink leads into what git keeps for itself.
    #[error("`{}` leads through a symlink into `.git`, which is no part of the tree", shown(.0))]
    Git(String),
    /// Symlinks lead to each other.
    #[error("`{}` leads from symlink to symlink without an end", shown(.0))]
    Loop(String),
    /// It is there, and no file.
    #[error("`{0}` is a {1}, not a file")]
    NotAFile(TreePath, &'static str),
    /// It is not text.
    #[error("`{path}` is not UTF-8 text: its byte {offset} does not belong there")]
    NotUtf8 {
        /// What was to be read.
        path: TreePath,
        /// The first byte that is wrong, from 0.
        offset: usize,
    },
    /// It is larger than one file may be.
    #[error("`{0}` is too large: a file has at most {size}", size = size(*.1))]
    TooLarge(TreePath, u64),
    /// It is one file too many.
    #[error("`{0}` is one file too many: a tree has at most {1}")]
    TooMany(TreePath, usize),
    /// All files together are larger than they may be.
    #[error("`{0}` makes the tree too large: all its files together have at most {size}", size = size(*.1))]
    TreeTooLarge(TreePath, u64),
    /// The patterns of the tree look through more than they may.
    #[error("`{}` looks through too much: name the folder it is meant for", shown(.0))]
    Unbounded(String),
    /// The system refused.
    #[error("could not read `{}`: {reason}", shown(.0), reason = reason(.1))]
    Io(String, io::Error),
}

/// How much a tree may have. Far above what people write, far below what hurts the machine that reads it.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// The bytes of one file.
    file: u64,
    /// The bytes of all files that are read.
    bytes: u64,
    /// How many files are read.
    files: usize,
    /// How many files and folders all patterns together look at.
    entries: usize,
    /// How many patterns there are.
    patterns: usize,
}

const LIMITS: Limits =
    Limits { file: 16 << 20, bytes: 256 << 20, files: 10_000, entries: 1_000_000, patterns: 10_000 };

/// What folders of manifests may have: clusters are printed into files of many megabytes, or into one for each object.
const LIMITS_OF_MANIFESTS: Limits =
    Limits { file: 256 << 20, bytes: 1 << 30, files: 200_000, entries: 1_000_000, patterns: 10 };

/// How many files are read side by side, each of which may be as large as one may be.
const MOST_AT_ONCE: usize = 64;

#[derive(Debug)]
struct Inner {
    origin: Arc<Origin>,
    limits: Limits,
    contents: Mutex<Contents>,
    entries: AtomicUsize,
    patterns: AtomicUsize,
    similar: similar::Names,
}

#[derive(Debug)]
enum Origin {
    Folder(Folder),
    Memory(Memory),
}

/// What was read already, so that every pass sees the same bytes even while somebody edits the folder.
#[derive(Clone, Debug, Default)]
struct Contents {
    files: BTreeMap<TreePath, Content>,
    bytes: u64,
    /// What is known of files that nobody has asked for yet. It counts for nothing before.
    ahead: BTreeMap<TreePath, Content>,
    /// What was asked for in vain.
    unreadable: BTreeSet<TreePath>,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(Arc<str>),
    /// What is no text.
    Bytes(Arc<[u8]>),
}

impl Content {
    fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(error) => Self::Bytes(error.into_bytes().into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    /// Followed only by who asks; the lists of a folder name it as what it is.
    Link,
    Other,
}

/// What a folder holds under one name. A name that is not UTF-8 is kept with replacement characters.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    utf8: bool,
    kind: Kind,
}

impl Tree {
    /// The files below a folder.
    pub fn folder(root: &Path) -> Result<Self, Error> {
        let folder = Folder::open(root).map_err(|it| Error::Open(root.to_string_lossy().into_owned(), it))?;
        Ok(Self::new(Origin::Folder(folder), LIMITS))
    }

    /// The files below a folder of manifests, which may be many more than people write.
    pub fn manifests(root: &Path) -> Result<Self, Error> {
        let folder = Folder::open(root).map_err(|it| Error::Open(root.to_string_lossy().into_owned(), it))?;
        Ok(Self::new(Origin::Folder(folder), LIMITS_OF_MANIFESTS))
    }

    /// Files that are in memory already. One whose path is no [`TreePath`] cannot be read.
    pub fn memory(files: impl IntoIterator<Item = (impl Into<String>, impl Into<Vec<u8>>)>) -> Self {
        Self::new(Origin::Memory(Memory::new(files)), LIMITS)
    }

    /// The one file `platform.kdl`.
    pub fn of(text: &str) -> Self {
        Self::memory([("platform.kdl", text)])
    }

    /// The bytes of a file.
    pub fn read(&self, path: &TreePath) -> Result<Vec<u8>, Unreadable> {
        Ok(match self.content(path)? {
            Content::Text(text) => text.as_bytes().to_vec(),
            Content::Bytes(bytes) => bytes.to_vec(),
        })
    }

    /// The text of a file.
    pub fn read_text(&self, path: &TreePath) -> Result<Arc<str>, Unreadable> {
        match self.content(path)? {
            Content::Text(text) => Ok(text),
            Content::Bytes(bytes) => {
                let offset = bytes.utf8_chunks().next().map_or(0, |it| it.valid().len());
                Err(Unreadable::NotUtf8 { path: path.clone(), offset })
            }
        }
    }

    /// Reads files that will be asked for, side by side. What is wrong with one is said where it is asked for.
    pub fn read_ahead(&self, paths: &[TreePath]) {
        let unknown: Vec<&TreePath> = {
            let contents = self.contents_now();
            let is_unknown =
                |it: &&TreePath| !contents.files.contains_key(it) && !contents.ahead.contains_key(it);
            let left = self.0.limits.files.saturating_sub(contents.files.len());
            paths.iter().filter(is_unknown).take(left).collect()
        };
        for some in unknown.chunks(MOST_AT_ONCE) {
            let read = some
                .par_iter()
                .filter_map(|path| Some(((*path).clone(), Content::of(self.load(path).ok()?))));
            let read: Vec<(TreePath, Content)> = read.collect();
            let mut contents = self.contents_now();
            let known =
                contents.ahead.values().map(|it| it.bytes().len() as u64).sum::<u64>() + contents.bytes;
            if known > self.0.limits.bytes {
                return;
            }
            contents.ahead.extend(read);
        }
    }

    /// The same tree as if nothing of it had been asked for. What is known stays known.
    pub fn again(&self) -> Self {
        let Contents { mut ahead, files, .. } = self.contents_now().clone();
        ahead.extend(files);
        let contents = Contents { ahead, ..Contents::default() };
        Self::start(Arc::clone(&self.0.origin), self.0.limits, contents)
    }

    /// The files that a pattern names, sorted: `*`, `?` and `[a-z]` within a part, `**` for any number of folders.
    ///
    /// As in a shell, wildcards pass over names that begin with a dot, and `**` does not enter symlinked folders. A
    /// symlink or pipe that matches and cannot be read is listed, so that reading it tells why.
    pub fn glob(&self, pattern: &str) -> Result<Vec<TreePath>, Unreadable> {
        let mut found = Vec::new();
        if self.0.patterns.fetch_add(1, Ordering::Relaxed) >= self.0.limits.patterns {
            return Err(Unreadable::Unbounded(pattern.to_owned()));
        }
        glob::walk(&self.0.origin, &Pattern::parse(pattern)?, &mut |_| self.look(pattern), &mut found)?;
        found.sort();
        Ok(found)
    }

    /// Files whose names are like that of a missing one, equally near; at most three.
    pub fn similar(&self, path: &TreePath) -> Vec<TreePath> {
        self.0.similar.like(path, &self.0.origin)
    }

    /// The same tree with other texts in the place of some. What was read already stays as it was read.
    pub fn with(&self, texts: impl IntoIterator<Item = (TreePath, Arc<str>)>) -> Self {
        let Contents { mut files, mut bytes, ahead, unreadable } = self.contents_now().clone();
        for (path, text) in texts {
            bytes += text.len() as u64;
            if let Some(before) = files.insert(path, Content::Text(text)) {
                bytes = bytes.saturating_sub(before.bytes().len() as u64);
            }
        }
        Self::start(Arc::clone(&self.0.origin), self.0.limits, Contents { files, bytes, ahead, unreadable })
    }

    fn new(origin: Origin, limits: Limits) -> Self {
        Self::start(Arc::new(origin), limits, Contents::default())
    }

    fn start(origin: Arc<Origin>, limits: Limits, contents: Contents) -> Self {
        Self(Arc::new(Inner {
            origin,
            limits,
            contents: Mutex::new(contents),
            entries: AtomicUsize::new(0),
            patterns: AtomicUsize::new(0),
            similar: similar::Names::default(),
        }))
    }

    /// Asks for files, whatever they say.
    pub fn ask(&self, paths: &[TreePath]) {
        self.read_ahead(paths);
        for path in paths {
            // That it cannot be read is noted.
            let _noted = self.content(path);
        }
    }

    /// What all files say that were asked for so far; `None` for one that could not be read.
    pub fn contents(&self) -> BTreeMap<TreePath, Option<Content>> {
        let contents = self.contents_now();
        let read = contents.files.iter().map(|(path, it)| (path.clone(), Some(it.clone())));
        read.chain(contents.unreadable.iter().map(|it| (it.clone(), None))).collect()
    }

    fn content(&self, path: &TreePath) -> Result<Content, Unreadable> {
        // Held while reading: two threads that ask for the same file must not count it twice.
        let mut contents = self.contents_now();
        let content = self.content_of(path, &mut contents);
        if content.is_err() && contents.unreadable.len() < self.0.limits.files {
            contents.unreadable.insert(path.clone());
        }
        content
    }

    fn content_of(&self, path: &TreePath, contents: &mut Contents) -> Result<Content, Unreadable> {
        let Limits { bytes, files, .. } = self.0.limits;
        if let Some(content) = contents.files.get(path) {
            return Ok(content.clone());
        }
        if contents.files.len() >= files {
            return Err(Unreadable::TooMany(path.clone(), files));
        }
        let content = match contents.ahead.remove(path) {
            Some(content) => content,
            None => Content::of(self.load(path)?),
        };
        let total = contents.bytes + content.bytes().len() as u64;
        if total > bytes {
            return Err(Unreadable::TreeTooLarge(path.clone(), bytes));
        }
        contents.bytes = total;
        contents.files.insert(path.clone(), content.clone());
        Ok(content)
    }

    /// What is in a file now.
    fn load(&self, path: &TreePath) -> Result<Vec<u8>, Unreadable> {
        let limit = self.0.limits.file;
        match &*self.0.origin {
            Origin::Folder(folder) => folder.read(path, limit),
            Origin::Memory(memory) => memory.read(path, limit),
        }
    }

    fn contents_now(&self) -> MutexGuard<'_, Contents> {
        self.0.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, pattern: &str) -> Result<(), Unreadable> {
        if self.0.entries.fetch_add(1, Ordering::Relaxed) < self.0.limits.entries {
            return Ok(());
        }
        Err(Unreadable::Unbounded(pattern.to_owned()))
    }
}

impl Origin {
    /// What a folder of the tree holds, sorted by name; the tree's own folder is `""`. One that is gone holds nothing.
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Unreadable> {
        let mut entries = match self {
            Self::Folder(it) => it.entries(folder)?,
            Self::Memory(it) => it.entries(folder),
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// What is at the end of a symlink.
    fn follow(&self, path: &str) -> Result<Kind, Unreadable> {
        match self {
            Self::Folder(it) => it.follow(path),
            Self::Memory(_) => unreachable!("there are no symlinks in memory"),
        }
    }
}

/// A limit as a person says it.
fn size(bytes: u64) -> String {
    match bytes {
        it if it >= 1 << 20 => format!("{} MiB", it >> 20),
        it => format!("{it} bytes"),
    }
}

/// The system's reason in the form of our messages: `permission denied`.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map(|it| it.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
