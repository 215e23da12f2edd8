//! `trackside secrets rekey`: seals for those whom the tree declares now.

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Opened};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::diagnostic::counted;
use crate::envelope::label::Place;
use crate::language::secret::sealed::Declared;
use crate::language::value::age_key::AgeKey;
use crate::secret::change::Changes;

/// Seal every secret anew whose recipients are not those that the tree declares
///
/// What is sealed for the right ones stays as it is, to the byte. A value is no younger for having been sealed again, and
/// whoever could open it before has seen it: `set` another one where somebody was shut out.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Seal all of them anew, whoever can open them.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { all, dir: Dir { dir } } = args;
    let Opened { tree, outcome } = place::read(dir)?;
    let lock = outcome.lock.as_ref();
    let differs = |(place, declared): &(&Place, &Declared)| {
        declared.sealed_to().is_some_and(|sealed_to| {
            let entry = lock.and_then(|it| it.entries.get(*place));
            let is_same =
                entry.is_some_and(|it| it.recipients.iter().eq(declared.keys.keys().map(AgeKey::as_str)));
            *all || !is_same || sealed_to != declared.keys.len()
        })
    };
    let chosen: Vec<(&Place, &Declared)> = outcome.sealed.places.iter().filter(differs).collect();
    if chosen.is_empty() {
        terminal.err.print("every secret is sealed for those whom the tree declares\n")?;
        return Ok(Exit::Fine);
    }
    let signer = keys::signer(&chosen.iter().map(|(place, it)| (place::called(place), *it)), terminal)?;
    let identities = keys::identities(terminal)?;
    let mut changes = Changes::of(&tree, &outcome)?;
    for (place, declared) in &chosen {
        changes.rekey(place, declared, &identities, today().0)?;
    }
    let files = changes.sign(|it| signer.sign(it))?;
    place::write(dir, &tree, &files)?;
    terminal.err.print(&format!("{} sealed anew\n", counted(chosen.len(), "secret")))?;
    Ok(Exit::Fine)
}
