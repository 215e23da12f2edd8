//! `trackside secrets split`: makes a key that people have together.

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::Dir;
use crate::cli::secrets::place::{self, Sealing};
use crate::cli::terminal::Terminal;
use crate::diagnostic::suggest;
use crate::envelope::label::Place;
use crate::language::recipient::Recipient;
use crate::language::secret::sealed::Declared;

/// Make the key of a recipient with holders, and seal a share of it for each of them
///
/// Nobody has the key itself, and it is nowhere: any `needs` of the holders have it together. The public half is written where
/// the recipient is declared; then `trackside secrets rekey` seals all secrets for it. To open them, holders give each other
/// their shares: `trackside secrets show NAME:ADDRESS` prints one, and as lines of a file that `TRACKSIDE_AGE_KEY_FILE` names they
/// open what the key opens.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The recipient.
    #[arg(value_name = "NAME")]
    name: String,
    /// The environment that declares it, where several do.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Make another key in place of the one that there is; its shares are worth nothing then.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { name, env, again, dir: Dir { dir } } = args;
    let opened = place::read(dir)?;
    let sealed = &opened.outcome.sealed;
    let of_name = sealed.thresholds.values().filter(|it| it.name.as_str() == name);
    let found: Vec<&Recipient> = of_name
        .filter(|it| env.is_none() || it.environment.as_ref().map(ToString::to_string) == *env)
        .collect();
    let recipient = match found.as_slice() {
        [recipient] => *recipient,
        [] => {
            let known = sealed.thresholds.values().map(|it| it.name.as_str());
            let meant = suggest::closest(name, known);
            let help = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
            anyhow::bail!("the tree declares no recipient `{name}` with `needs=` and holders{help}")
        }
        _ => anyhow::bail!("recipient `{name}` is declared in several environments: say which by `--env`"),
    };
    let Some(threshold) = &recipient.threshold else {
        anyhow::bail!("recipient `{name}` has no holders");
    };
    anyhow::ensure!(
        recipient.key.is_none() || *again,
        "recipient `{name}` has a key: `--again` makes another, and what is sealed has to be sealed for it then"
    );
    let locked_in = opened.outcome.lock.iter().flat_map(|it| &it.entries).find(|(place, entry)| {
        let old = recipient.key.as_ref().map(|it| it.value.as_str());
        place.holder.is_none() && old.is_some() && entry.recipients.iter().map(String::as_str).eq(old)
    });
    if let Some((place, _)) = locked_in {
        anyhow::bail!(
            "`{}` opens by the key of `{name}` alone, and nothing would open it any more: declare another recipient, and `rekey` with the shares first",
            place::called(place)
        );
    }
    let is_share = |(place, _): &(&Place, &Declared)| {
        place.holder.is_some() && Place { holder: None, ..(*place).clone() } == recipient.place()
    };
    let shares: Vec<(&Place, &Declared)> = sealed.places.iter().filter(is_share).collect();
    let mut sealing = Sealing::begin(&opened, &shares, terminal)?;
    sealing.changes.split(recipient, threshold, today().0)?;
    let count = threshold.holders.len();
    sealing.said.push(format!(
        "the key of `{name}` is sealed in {count} shares, of which {} open together; `trackside secrets rekey` seals all secrets for it",
        threshold.needs
    ));
    sealing.end(dir, terminal)?;
    Ok(Exit::Fine)
}
