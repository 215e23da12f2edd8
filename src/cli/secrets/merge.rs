//! `trackside secrets merge`: merges two lock files for git.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::replace;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostics;
use crate::envelope::lock::{self, Lock, Merged};
use crate::source::SourceMap;

/// Merge two branches' `secrets.lock` for git, entry by entry
///
/// `--install` tells the repository to do so: it sets `merge.trackside-lock` in its configuration, and says which line
/// `.gitattributes` needs. Two branches that changed two secrets merge; where both changed the same one, the file says so
/// between markers, and one of the two versions has to be chosen.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Have git use it in the repository of this folder.
    #[arg(long, conflicts_with_all = ["base", "ours", "theirs"])]
    install: bool,
    /// What both began with: `%O`.
    #[arg(required_unless_present = "install", value_name = "BASE")]
    base: Option<PathBuf>,
    /// What this branch says, and where the result goes: `%A`.
    #[arg(required_unless_present = "install", value_name = "OURS")]
    ours: Option<PathBuf>,
    /// What the other branch says: `%B`.
    #[arg(required_unless_present = "install", value_name = "THEIRS")]
    theirs: Option<PathBuf>,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let (Some(base), Some(ours), Some(theirs)) = (&args.base, &args.ours, &args.theirs) else {
        return install(terminal);
    };
    let (base, mine, other) = (read(base)?, read(ours)?, read(theirs)?);
    let Merged { text, conflicts } = lock::merge(&base, &mine, &other);
    replace::write(ours, &text)?;
    for place in &conflicts {
        terminal.err.print(&format!("both branches changed {place}\n"))?;
    }
    Ok(Exit::of_findings(!conflicts.is_empty()))
}

fn read(path: &Path) -> anyhow::Result<Lock> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let mut map = SourceMap::default();
    let file = map.add(lock::PATH, text.as_str());
    let mut sink = Diagnostics::default();
    let lock = Lock::read(file, text.into(), &mut sink);
    anyhow::ensure!(!sink.fails(), "`{}` is no lock file as trackside writes it", path.display());
    Ok(lock)
}

fn install(terminal: &Terminal) -> anyhow::Result<Exit> {
    let settings = [
        ("merge.trackside-lock.name", "secrets.lock of trackside"),
        ("merge.trackside-lock.driver", "trackside secrets merge %O %A %B"),
    ];
    for (name, value) in settings {
        let status = Command::new("git")
            .args(["config", "--local", name, value])
            .status()
            .context("could not run git")?;
        anyhow::ensure!(status.success(), "git could not set `{name}`: is this a repository?");
    }
    terminal.err.print(
        "git merges lock files by `trackside secrets merge` now; commit this line in `.gitattributes`:\n",
    )?;
    terminal.out.print(&format!("{} merge=trackside-lock\n", lock::PATH))?;
    Ok(Exit::Fine)
}
