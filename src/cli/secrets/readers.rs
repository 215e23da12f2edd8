//! `trackside secrets readers`: says who can open what, without any key.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::cli::exit::Exit;
use crate::cli::secrets::Dir;
use crate::cli::secrets::place::{self, Opened};
use crate::cli::terminal::Terminal;

/// Say who can open what
///
/// For each secret, the machines and the people whom the tree lets open it. No key is needed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Opened { outcome, .. } = place::read(&args.dir.dir)?;
    let mut text = String::new();
    for (place, declared) in &outcome.sealed.places {
        text += &place::called(place);
        text += &place.environment.as_ref().map_or(String::new(), |it| format!(" ({it})"));
        text.push('\n');
        let owners: BTreeSet<String> = declared.keys.values().map(ToString::to_string).collect();
        for owner in owners {
            let _ = writeln!(text, "    {}", owner.replace('`', ""));
        }
    }
    terminal.out.print(&text)?;
    Ok(Exit::Fine)
}
