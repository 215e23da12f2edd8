//! `trackside secrets setup`: has git merge lock files and show age files.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::folder::{below, leaves_tree};
use crate::cli::replace;
use crate::cli::secrets::Dir;
use crate::cli::secrets::place::lines;
use crate::cli::terminal::Terminal;
use crate::envelope::lock;

/// Have git merge `secrets.lock` entry by entry, and show what an age file is in a diff
///
/// Sets `merge.trackside-lock` and `diff.trackside-age` in the configuration of the repository, which everybody does in theirs, and
/// adds what is missing to `.gitattributes` beside platform.kdl, which is committed once.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

const SETTINGS: [(&str, &str); 3] = [
    ("merge.trackside-lock.name", "secrets.lock of trackside"),
    ("merge.trackside-lock.driver", "trackside secrets merge %O %A %B"),
    ("diff.trackside-age.textconv", "trackside secrets textconv"),
];

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir: Dir { dir } } = args;
    for (name, value) in SETTINGS {
        let mut git = Command::new("git");
        git.arg("-C").arg(dir).args(["config", "--local", name, value]);
        let status = git.status().context("could not run git")?;
        anyhow::ensure!(status.success(), "git could not set `{name}`: is this a repository?");
    }
    let path = below(dir, ".gitattributes");
    if let Some(real) = leaves_tree(&path).ok().flatten() {
        anyhow::bail!("`{}` leads out of the tree, to `{}`", path.display(), real.display());
    }
    let before = read(&path)?;
    let wanted = [format!("{} merge=trackside-lock", lock::PATH), "*.age diff=trackside-age".to_owned()];
    let missing: Vec<String> =
        wanted.into_iter().filter(|line| !before.lines().any(|it| it.trim() == line)).collect();
    let mut said = vec!["git merges lock files and shows age files in this repository now".to_owned()];
    if !missing.is_empty() {
        let between = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        replace::write(&path, &format!("{before}{between}{}\n", missing.join("\n")))?;
        said.push(format!("commit `{}`, which says which files those are", path.display()));
    }
    terminal.err.print(&lines(&said))?;
    Ok(Exit::Fine)
}

fn read(path: &Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        other => other.with_context(|| format!("could not read `{}`", path.display())),
    }
}
