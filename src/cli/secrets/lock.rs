//! `trackside secrets lock`: vouches for what is sealed already.

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Opened};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::diagnostic::counted;
use crate::envelope::label::Place;
use crate::language::secret::sealed::Declared;
use crate::secret::change::Changes;

/// Sign for what is sealed and has no valid entry, and take out entries of what is gone
///
/// Each is opened first: what says that it is another secret is refused. So a build or a change that was stopped halfway is
/// finished, and what was sealed elsewhere is taken over.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Dir { dir } = &args.dir;
    let Opened { tree, outcome } = place::read(dir)?;
    let lock = outcome.lock.as_ref();
    let differs = |(place, declared): &(&Place, &Declared)| {
        let entry = lock.and_then(|it| it.entries.get(*place));
        declared.digest().is_some_and(|digest| {
            entry.is_none_or(|it| {
                it.digest != digest || !it.signer.as_ref().is_ok_and(|key| declared.writers.contains_key(key))
            })
        })
    };
    let chosen: Vec<(&Place, &Declared)> = outcome.sealed.places.iter().filter(differs).collect();
    let mut changes = Changes::of(&tree, &outcome)?;
    let gone = changes.forget_what_is_gone();
    let files = if chosen.is_empty() {
        changes.sign(|_| anyhow::bail!("nothing is to be signed"))?
    } else {
        let signer = keys::signer(&chosen.iter().map(|(place, it)| (place::called(place), *it)), terminal)?;
        let identities = keys::identities(terminal)?;
        for (place, declared) in &chosen {
            changes.vouch(place, declared, &identities, today().0)?;
        }
        changes.sign(|it| signer.sign(it))?
    };
    if chosen.is_empty() && gone == 0 {
        terminal.err.print("every secret has its entry\n")?;
        return Ok(Exit::Fine);
    }
    place::write(dir, &tree, &files)?;
    let text = format!("{} signed for, {gone} taken out\n", counted(chosen.len(), "secret"));
    terminal.err.print(&text)?;
    Ok(Exit::Fine)
}
