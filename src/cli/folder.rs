//! The folder that a command line names.

use std::path::{Path, PathBuf};

use crate::language::include::ROOT;
use crate::tree::Tree;

/// Opens the tree in a folder.
pub(super) fn open(folder: &Path) -> anyhow::Result<Tree> {
    if folder.is_file() {
        let name = folder.display();
        anyhow::bail!("`{name}` is a file: name the folder that holds the platform's `{ROOT}`");
    }
    Ok(Tree::folder(folder)?)
}

/// A file of the tree by its path from here.
pub(super) fn below(folder: &Path, path: &str) -> PathBuf {
    folder.strip_prefix(".").unwrap_or(folder).join(path)
}
