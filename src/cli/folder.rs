//! The folder that a command line names.

use std::io;
use std::path::{Path, PathBuf};

use crate::language::include::ROOT;
use crate::tree::Tree;

/// Where the tree is, for verbs whose arguments are something else.
#[derive(Debug, clap::Args)]
pub(super) struct Dir {
    /// The folder that holds platform.kdl.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(super) dir: PathBuf,
}

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

/// Where a symlink on the way to a file leads out of the tree that the file is named in: the closest folder above that holds
/// a platform, or else the file's own. What commits and hooks name may be somebody else's link to anything.
pub(super) fn leaves_tree(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut way = PathBuf::new();
    let mut root: Option<PathBuf> = None;
    for part in path.components() {
        way.push(part);
        if way.symlink_metadata()?.is_symlink() {
            let real = way.canonicalize()?;
            let is_file = way.as_os_str() == path.as_os_str();
            let own = || {
                way.parent().map(|it| if it.as_os_str().is_empty() { Path::new(".") } else { it }.to_owned())
            };
            // A folder above every platform may lead where it will: `/tmp` does on some systems.
            let root = root.clone().or_else(|| own().filter(|_| is_file));
            if let Some(root) = root
                && !real.starts_with(root.canonicalize()?)
            {
                return Ok(Some(real));
            }
        }
        if way.join(ROOT).is_file() {
            root = Some(way.clone());
        }
    }
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_out_of_the_tree_is_told_from_one_inside() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("tree/projects")).unwrap();
        fs::create_dir_all(at("other")).unwrap();
        for file in
            ["tree/platform.kdl", "tree/projects/a.kdl", "other/platform.kdl", "other/b.kdl", "loose.kdl"]
        {
            fs::write(at(file), "").unwrap();
        }
        symlink("../platform.kdl", at("tree/projects/inside.kdl")).unwrap();
        symlink("../../other/b.kdl", at("tree/projects/outside.kdl")).unwrap();
        symlink("../other", at("tree/folder")).unwrap();
        symlink("other", at("beside")).unwrap();
        symlink("other/b.kdl", at("below.kdl")).unwrap();
        symlink("../loose.kdl", at("other/above.kdl")).unwrap();
        let cases = [
            ("tree/platform.kdl", false),
            ("tree/projects/a.kdl", false),
            ("tree/projects/inside.kdl", false),
            ("tree/projects/outside.kdl", true),
            ("tree/folder/b.kdl", true),
            ("beside/b.kdl", false),
            ("below.kdl", false),
            ("other/above.kdl", true),
            ("loose.kdl", false),
        ];
        for (path, expected) in cases {
            assert_eq!(leaves_tree(&at(path)).unwrap().is_some(), expected, "{path}");
        }
    }
}
