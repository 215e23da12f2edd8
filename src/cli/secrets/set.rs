//! `trackside secrets set`: seals a value that comes by standard input.

use std::io::{IsTerminal as _, Read as _};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::check::{date, today};
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Opened, Which};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::envelope::label::Place;
use crate::language::secret::sealed::Declared;
use crate::language::value::text::SecretKey;
use crate::language::value::time::Date;
use crate::secret::change::Changes;
use crate::secret::key::random_value;
use crate::secret::seal::LARGEST;

/// Seal a value that standard input gives
///
/// It becomes the next version of the secret, sealed for everybody whom the tree lets open it, and signed for by you. A line
/// break at the end of a single line is not taken for a part of the value. Of a secret with `keys`, the value is a JSON
/// object with just these fields, each of them a text.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Take every byte as it comes.
    #[arg(long, conflicts_with = "random")]
    exact: bool,
    /// Read nothing: seal 32 random bytes, in letters and digits.
    #[arg(long)]
    random: bool,
    /// Since when the value is in use, in place of today (UTC): its `max-age` counts from there.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<Date>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { which, exact, random, date, dir: Dir { dir } } = args;
    let Opened { tree, outcome } = place::read(dir)?;
    let (place, declared) = which.find(&outcome)?;
    let signer = keys::signer(&std::iter::once((place::called(place), declared)), terminal)?;
    let value = match random {
        true => Zeroizing::new(random_value().as_bytes().to_vec()),
        false => {
            if std::io::stdin().is_terminal() {
                terminal.err.print("type the value; Ctrl-D at the start of a line ends it\n")?;
            }
            read(*exact)?
        }
    };
    check(place, declared, &value)?;
    let mut changes = Changes::of(&tree, &outcome)?;
    changes.set(place, declared, &value, date.unwrap_or_else(today).0)?;
    let version = changes.lock().entries.get(place).map_or(0, |it| it.label.version);
    let files = changes.sign(|it| signer.sign(it))?;
    place::write(dir, &tree, &files)?;
    terminal.err.print(&sealed(place, declared, version))?;
    Ok(Exit::Fine)
}

/// What was done, in a line.
pub(super) fn sealed(place: &Place, declared: &Declared, version: u32) -> String {
    let keys = crate::diagnostic::counted(declared.keys.len(), "key");
    format!("version {version} of `{}` is sealed for {keys}\n", place::called(place))
}

/// Whether a value is what its secret says it is. No message shows anything of it.
pub(super) fn check(place: &Place, declared: &Declared, value: &[u8]) -> anyhow::Result<()> {
    let called = place::called(place);
    if value.is_empty() {
        anyhow::bail!("the value of `{called}` is empty, so nothing is sealed");
    }
    let keys = &declared.secret.keys;
    if keys.is_empty() {
        return Ok(());
    }
    let wanted = || {
        let keys: Vec<&str> = keys.iter().map(SecretKey::as_str).collect();
        format!(
            "the value of `{called}` is a JSON object with the fields {}, each of them a text",
            keys.join(", ")
        )
    };
    let object: serde_json::Value = serde_json::from_slice(value)
        .map_err(|it| anyhow::anyhow!("{}: it is no JSON at line {}", wanted(), it.line()))?;
    let fields = object.as_object().with_context(wanted)?;
    let is_complete = keys.iter().all(|it| fields.get(it.as_str()).is_some_and(serde_json::Value::is_string));
    anyhow::ensure!(is_complete && fields.len() == keys.len(), "{}", wanted());
    Ok(())
}

/// Whether a value is a single line with a line break at its end.
pub(super) fn is_line(value: &[u8]) -> bool {
    value.iter().position(|it| *it == b'\n').is_some_and(|it| it + 1 == value.len())
}

fn read(exact: bool) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    let mut input = std::io::stdin().take(LARGEST as u64 + 1);
    input.read_to_end(&mut value).context("could not read standard input")?;
    if !exact && is_line(&value) {
        value.pop();
        if value.ends_with(b"\r") {
            value.pop();
        }
    }
    Ok(value)
}
