//! `trackside secrets show`: prints a value.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Opened, Which};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::secret::change::Changes;

/// Print the value of a secret
///
/// Every byte of it, and a line break behind it on a terminal alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Show what nobody vouches for as well, to look at it before `lock` does. It may be anybody's.
    #[arg(long)]
    unvouched: bool,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Opened { tree, outcome } = place::read(&args.dir.dir)?;
    let (place, declared) = args.which.find(&outcome)?;
    let changes = Changes::of(&tree, &outcome)?;
    let identities = keys::identities(terminal)?;
    let opened = match args.unvouched {
        true => changes.open_unvouched(place, declared, &identities)?,
        false => changes.open(place, declared, &identities)?,
    };
    write(&[&opened.value, if std::io::stdout().is_terminal() { b"\n" } else { b"" }])?;
    Ok(Exit::Fine)
}

/// Writes values to standard output, past any buffer that would keep them.
pub(super) fn write(values: &[&[u8]]) -> anyhow::Result<()> {
    let failed = "could not write the output";
    #[cfg(unix)]
    let mut out = {
        use std::os::fd::AsFd as _;
        std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned().context(failed)?)
    };
    #[cfg(not(unix))]
    let mut out = std::io::stdout().lock();
    values.iter().try_for_each(|it| out.write_all(it)).context(failed)
}
