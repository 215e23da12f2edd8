//! `trackside secrets readers`: says who can open what, without any key.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Outcome;
use crate::cli::exit::Exit;
use crate::cli::secrets::Dir;
use crate::cli::secrets::place::{self, Opened};
use crate::cli::terminal::Terminal;
use crate::diagnostic::visible::visible;
use crate::language::recipient::Threshold;
use crate::language::secret::sealed::Owner;

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
        let _ = writeln!(text, "{}", visible(&place.to_string()));
        let owners: BTreeSet<String> = declared.keys.values().map(|it| described(it, &outcome)).collect();
        for owner in owners {
            let _ = writeln!(text, "    {}", visible(&owner));
        }
    }
    terminal.out.print(&text)?;
    Ok(Exit::Fine)
}

/// Whose key it is; of one that people have together, who they are.
fn described(owner: &Owner, outcome: &Outcome) -> String {
    let threshold = match owner {
        Owner::Recipient(_, span) => {
            let mut recipients = outcome.sealed.thresholds.values().filter(|it| it.span == *span);
            recipients.find_map(|it| it.threshold.as_ref())
        }
        Owner::Person(..) => None,
    };
    let owner = owner.to_string().replace('`', "");
    match threshold {
        None => owner,
        Some(Threshold { needs, holders }) => {
            let holders: Vec<String> = holders.keys().map(ToString::to_string).collect();
            format!("{owner}, by {needs} of {}", holders.join(", "))
        }
    }
}
