//! Where a folder is in its git repository, from where GitHub names files, and what a file was at a revision of it.

use std::path::{Component, Path};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// The path from the top of the repository to a folder, with `/` between the parts; empty for the top itself and outside
/// of any repository.
pub(super) fn path_to(folder: &Path) -> String {
    let Ok(folder) = folder.canonicalize() else {
        return String::new();
    };
    // In a worktree and in a submodule `.git` is a file.
    let top = folder.ancestors().find(|it| it.join(".git").exists());
    let below = top.and_then(|it| folder.strip_prefix(it).ok()).unwrap_or(Path::new(""));
    let parts = below.components().filter_map(|it| match it {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The largest file that is read of a revision.
const MOST_BYTES: u64 = 16 << 20;

/// The bytes of a file of a folder at a revision; `None` where it was not there. git is asked for objects alone: nothing is
/// checked out, and no filter or hook runs.
pub(super) fn read_at(folder: &Path, revision: &str, file: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(arguments).env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
        command.env_remove("TRACKSIDE_AGE_KEY");
        command.output().context("could not run git")
    };
    let commit = format!("{revision}^{{commit}}");
    let found = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    let commit = String::from_utf8(found.stdout).unwrap_or_default();
    anyhow::ensure!(found.status.success(), "git knows no revision `{revision}` here");
    let object = format!("{}:./{file}", commit.trim());
    let size = git(&["cat-file", "-s", &object])?;
    let size = String::from_utf8(size.stdout).ok().and_then(|it| it.trim().parse::<u64>().ok());
    let Some(size) = size else { return Ok(None) };
    anyhow::ensure!(size <= MOST_BYTES, "`{file}` has more than {} MiB in `{revision}`", MOST_BYTES >> 20);
    Ok(Some(git(&["cat-file", "blob", &object])?.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_from_the_top_of_its_repository() {
        let top = tempfile::tempdir().unwrap();
        let below = top.path().join("deploy/shop");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::create_dir(top.path().join(".git")).unwrap();
        assert_eq!(path_to(&below), "deploy/shop");
        assert_eq!(path_to(top.path()), "");
        assert_eq!(path_to(&below.join("none")), "");
    }
}
