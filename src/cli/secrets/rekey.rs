//! `trackside secrets rekey`: seals for those whom the tree declares now.

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Sealing};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::diagnostic::counted;
use crate::envelope::label::Place;
use crate::language::secret::sealed::Declared;
use crate::language::value::age_key::AgeKey;
use crate::secret::change::Failure;
use crate::secret::seal::NotOpened;

/// Seal every secret anew whose recipients are not those that the tree declares
///
/// What is sealed for the right ones stays as it is, to the byte; what you cannot open, or may not sign for, is named and left to those who can. A value is no younger for having been sealed again, and
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
    let opened = place::read(dir)?;
    let outcome = &opened.outcome;
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
    let mut sealing = Sealing::begin_any(&opened, true, terminal)?;
    let identities = keys::identities(terminal)?;
    let (mut sealed, mut left, mut others) = (0, Vec::new(), 0);
    for (place, declared) in &chosen {
        if let Err(problem) = sealing.check_writer(place, declared) {
            sealing.said.push(format!("`{}` is left: {problem}", place::called(place)));
            others += 1;
            continue;
        }
        match sealing.changes.rekey(place, declared, &identities, today().0) {
            Ok(()) => sealed += 1,
            Err(Failure::NotOpened(_, NotOpened::NoKey | NotOpened::TooFewShares { .. })) => {
                left.push((place, declared));
            }
            Err(Failure::NotVouchedFor(_)) => {
                sealing.said.push(format!(
                    "`{called}` is left: nobody vouches for it; look at it by `trackside secrets show --unvouched {called}`, then `trackside secrets lock` signs for it",
                    called = place::called(place)
                ));
                others += 1;
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    sealing.said.push(format!("{} sealed anew", counted(sealed, "secret")));
    for (place, declared) in &left {
        let called = place::called(place);
        let how = match declared.secret.generated.is_empty() {
            true => "somebody who can open it runs `rekey`".to_owned(),
            false => format!(
                "somebody who can open it runs `rekey`, or `trackside secrets rotate {called}` makes another value"
            ),
        };
        sealing.said.push(format!("`{called}` is left: none of your keys opens it; {how}"));
    }
    match sealed {
        0 => terminal.err.print(&place::lines(&sealing.said))?,
        _ => sealing.end(dir, terminal)?,
    }
    Ok(Exit::of_findings(!left.is_empty() || others > 0))
}
