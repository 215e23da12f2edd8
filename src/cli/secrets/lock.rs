//! `trackside secrets lock`: vouches for what is sealed already.

use crate::cli::check::today;
use crate::cli::exit::{self, Exit};
use crate::cli::secrets::place::{self, Sealing};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::diagnostic::Severity;
use crate::diagnostic::code::Code;
use crate::envelope::label::Place;
use crate::language::secret::sealed::Declared;

/// Sign for what is sealed and has no valid entry, and take out entries of what is gone
///
/// Each is opened first: what says that it is another secret, or an older version than the lock knows, is refused. So a change
/// that was stopped halfway is finished, and what others have sealed is taken over. Look at the value first (`show --unvouched`), for from
/// then on you are the one who vouches for it. It is sealed anew for those whom the tree declares: of what somebody else has sealed
/// nobody knows for whom it is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Dir { dir } = &args.dir;
    let opened = place::read(dir)?;
    let outcome = &opened.outcome;
    let lock = outcome.lock.as_ref();
    let differs = |(place, declared): &(&Place, &Declared)| {
        declared.digest().is_some() && !declared.is_vouched_for(lock.and_then(|it| it.entries.get(*place)))
    };
    let chosen: Vec<(&Place, &Declared)> = outcome.sealed.places.iter().filter(differs).collect();
    // What cannot be read is not gone.
    let of_lock = [
        Code::NotInLock,
        Code::ForeignCiphertext,
        Code::CopiedCiphertext,
        Code::WrongRecipients,
        Code::NobodyVouches,
    ];
    let mut errors = outcome.diagnostics.iter().filter(|it| it.severity == Severity::Error);
    let is_known = errors.all(|it| of_lock.contains(&it.code));
    let is_gone = |it: &&Place| is_known && !outcome.sealed.places.contains_key(*it);
    let gone: Vec<&Place> = lock.into_iter().flat_map(|it| it.entries.keys()).filter(is_gone).collect();
    if chosen.is_empty() && gone.is_empty() {
        terminal.err.print("every secret has its entry\n")?;
        return Ok(Exit::Fine);
    }
    let mut sealing = Sealing::begin_any(&opened, !chosen.is_empty(), terminal)?;
    let mut left = 0;
    if !chosen.is_empty() {
        let identities = keys::identities(terminal)?;
        for (place, declared) in &chosen {
            if let Err(problem) = sealing.check_writer(place, declared) {
                sealing.said.push(format!("`{}` is left: {problem}", place::called(place)));
                left += 1;
                continue;
            }
            if let Err(problem) = sealing.changes.vouch(place, declared, &identities, today().0) {
                sealing.said.push(exit::sentence(&problem.into()).trim_end().to_owned());
                left += 1;
                continue;
            }
            let version = sealing.changes.lock().entries.get(*place).map_or(0, |it| it.label.version);
            sealing.said.push(format!("signed for version {version} of {place}"));
        }
    }
    sealing.changes.forget(&gone);
    sealing.said.extend(gone.iter().map(|it| format!("taken out: {it}")));
    match left == chosen.len() && gone.is_empty() {
        true => terminal.err.print(&place::lines(&sealing.said))?,
        false => sealing.end(dir, terminal)?,
    }
    Ok(Exit::of_findings(left > 0))
}
