//! `trackside secrets rotate`: gives secrets another value.

use zeroize::Zeroizing;

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Sealing, Which};
use crate::cli::secrets::{Dir, keys, set};
use crate::cli::terminal::Terminal;
use crate::envelope::label::Place;
use crate::language::secret::generator::Generated as ByKey;
use crate::language::secret::sealed::Declared;
use crate::secret::generate::{Generated, generate};
use crate::secret::value::Value;

/// Give secrets another value: what their `generate` makes, or what you are asked for
///
/// Of a secret with `keys`, those that are generated become others and the rest stay. What is made for another system to know,
/// the public half of a key, is printed. Several secrets change together, or none of them. The tree names no program to
/// run: a value that only another system can give comes by standard input, as in `new-token | trackside secrets rotate shop/token`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The secrets: `project/name`, or the name alone of one at the top.
    #[arg(value_name = "SECRET", required_unless_present = "stale")]
    secrets: Vec<String>,
    /// Those that are too old by their `max-age`, or will be within two weeks, and are generated; the others are named.
    #[arg(long, conflicts_with = "secrets")]
    stale: bool,
    /// The environment that declares them, where several do.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { secrets, stale, env, dir: Dir { dir } } = args;
    let opened = place::read(dir)?;
    let outcome = &opened.outcome;
    let date = today();
    let mut is_left = false;
    let chosen: Vec<(&Place, &Declared)> = if *stale {
        let is_of = |place: &Place| env.is_none() || place.environment == *env;
        let old = outcome.sealed.places.iter().filter(|(place, declared)| {
            is_of(place)
                && declared.is_nearly_stale(outcome.lock.as_ref().and_then(|it| it.entries.get(place)), date)
        });
        let (made, given): (Vec<_>, Vec<_>) = old.partition(|(_, it)| !it.secret.generated.is_empty());
        for (place, _) in &given {
            let called = place::called(place);
            terminal.err.print(&format!(
                "`{called}` is not generated: `trackside secrets rotate {called}` asks for its value\n"
            ))?;
        }
        is_left = !given.is_empty();
        if made.is_empty() {
            terminal.err.print("nothing that is generated is too old\n")?;
            return Ok(Exit::of_findings(is_left));
        }
        made
    } else {
        let which = secrets.iter().map(|it| Which { secret: it.clone(), env: env.clone() });
        which.map(|it| it.find(outcome)).collect::<Result<_, _>>()?
    };
    let asked = chosen.iter().filter(|(_, it)| it.secret.generated.is_empty()).count();
    anyhow::ensure!(
        asked == 0 || chosen.len() == 1,
        "what is not generated is asked for: rotate it by itself"
    );
    let mut sealing = Sealing::begin(&opened, &chosen, terminal)?;
    for (place, declared) in &chosen {
        let value = match declared.secret.generated.is_empty() {
            true => set::ask(place, declared, false)?,
            false => make(place, declared, &sealing, terminal)?,
        };
        sealing.set(place, declared, &value, date.0)?;
    }
    sealing.end(dir, terminal)?;
    Ok(Exit::of_findings(is_left))
}

/// The value that the generators of a secret make, in what stays of the one before.
fn make(
    place: &Place,
    declared: &Declared,
    sealing: &Sealing<'_>,
    terminal: &Terminal,
) -> anyhow::Result<Value> {
    let secret = &declared.secret;
    let is_kept =
        secret.keys.iter().any(|key| !secret.generated.iter().any(|it| it.key.as_ref() == Some(key)));
    let mut value = match is_kept {
        // Nothing to open where all of it is made anew.
        true => {
            let identities = keys::identities(terminal)?;
            Some(sealing.changes.value(place, declared, &identities)?)
        }
        false if secret.keys.is_empty() => None,
        false => {
            Some(Value::Fields(secret.keys.iter().map(|it| (it.clone(), Zeroizing::default())).collect()))
        }
    };
    for ByKey { key, by } in &secret.generated {
        let Generated { value: made, public } = generate(by)?;
        if let Some(public) = public {
            let of_key = key.as_ref().map_or(String::new(), |it| format!(":{it}"));
            terminal.out.print(&format!("{}{of_key} {public}\n", place::called(place)))?;
        }
        value = match (value, key) {
            (Some(value), Some(key)) => value.with(key, made),
            _ => Some(Value::Whole(Zeroizing::new(made.as_bytes().to_vec()))),
        };
    }
    value.ok_or_else(|| anyhow::anyhow!("`{}` has none of the keys that are generated", place::called(place)))
}
