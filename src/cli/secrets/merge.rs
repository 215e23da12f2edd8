//! `trackside secrets merge`: merges two lock files for git.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::replace;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::visible::visible;
use crate::envelope::lock::{self, Lock, Merged};
use crate::source::SourceMap;

/// Merge two branches' `secrets.lock` for git, entry by entry
///
/// `trackside secrets setup` has git run it. Two branches that changed two secrets merge; where both changed the same one, the file
/// says so between markers, and one of the two versions has to be chosen.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What both began with: `%O`.
    #[arg(value_name = "BASE")]
    base: PathBuf,
    /// What this branch says, and where the result goes: `%A`.
    #[arg(value_name = "OURS")]
    ours: PathBuf,
    /// What the other branch says: `%B`.
    #[arg(value_name = "THEIRS")]
    theirs: PathBuf,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { base, ours, theirs } = args;
    let (base, mine, other) = (read(base)?, read(ours)?, read(theirs)?);
    let Merged { text, conflicts } = lock::merge(&base, &mine, &other);
    replace::write(ours, &text)?;
    for place in &conflicts {
        terminal.err.print(&format!("both branches changed {}\n", visible(&place.to_string())))?;
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
