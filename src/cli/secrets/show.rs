//! `trackside secrets show`: prints a value.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::secrets::Dir;
use crate::cli::secrets::place::{self, Opened, Which};
use crate::cli::terminal::Terminal;
use crate::secret::change::Changes;

/// Print the value of a secret
///
/// Every byte of it, and a line break behind it on a terminal alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Opened { tree, outcome } = place::read(&args.dir.dir)?;
    let (place, declared) = args.which.find(&outcome)?;
    let changes = Changes::of(&tree, &outcome)?;
    let identities = place::identities(&changes, terminal)?;
    let opened = changes.open(place, declared, &identities)?;
    let mut out = std::io::stdout().lock();
    let written = out.write_all(&opened.value).and_then(|()| match out.is_terminal() {
        true => out.write_all(b"\n"),
        false => Ok(()),
    });
    written.and_then(|()| out.flush()).context("could not write the output")?;
    Ok(Exit::Fine)
}
