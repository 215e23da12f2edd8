//! `trackside secrets set`: seals a value that comes by standard input.

use std::io::{IsTerminal as _, Read as _};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::check::{date, today};
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Sealing, Which};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::envelope::label::Place;
use crate::language::secret::generator::{Encoding, Generator};
use crate::language::secret::sealed::Declared;
use crate::language::value::Parse as _;
use crate::language::value::text::SecretKey;
use crate::language::value::time::Date;
use crate::secret::dialog::Dialog;
use crate::secret::generate::{Generated, generate};
use crate::secret::seal::LARGEST;
use crate::secret::value::Value;
use crate::syntax;

/// Seal a value that standard input gives
///
/// It becomes the next version of the secret, sealed for everybody whom the tree lets open it, and signed for by you. A line
/// break at the end of a single line is not taken for a part of the value. At a terminal it is asked for, and not shown. Of a secret with `keys`, the value is a JSON
/// object with just these fields, each of them a text; or `--key` names the one that is set, and the others stay.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Set this one of its `keys`; the others stay as they are.
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<SecretKey>,
    /// Take every byte as it comes.
    #[arg(long, conflicts_with = "random")]
    exact: bool,
    /// Read nothing: seal 32 random bytes, as letters, digits, `-` and `_`.
    #[arg(long)]
    random: bool,
    /// Since when the value is in use, in place of today (UTC): its `max-age` counts from there.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<Date>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { which, key, exact, random, date, dir: Dir { dir } } = args;
    check_date(*date)?;
    let opened = place::read(dir)?;
    let (place, declared) = which.find(&opened.outcome)?;
    let mut sealing = Sealing::begin(&opened, &[(place, declared)], terminal)?;
    // Before anybody types: what is missing is said first.
    let before = match key {
        None => None,
        Some(_) => {
            let identities = keys::identities(terminal)?;
            Some(sealing.changes.value(place, declared, &identities)?)
        }
    };
    let value = match (before, key, random) {
        (Some(before), Some(key), _) => {
            let text = match random {
                true => made()?,
                false => text_of(place, Some(key), *exact)?,
            };
            let no_key = || format!("secret `{}` has no `{key}`", place::called(place));
            before.with(key, text).with_context(no_key)?
        }
        (_, _, true) => read_as_declared(place, declared, made()?.as_bytes())?,
        (_, _, false) => ask(place, declared, *exact)?,
    };
    sealing.set(place, declared, &value, date.unwrap_or_else(today).0)?;
    sealing.end(dir, terminal)?;
    Ok(Exit::Fine)
}

/// No value is in use before its time.
pub(super) fn check_date(date: Option<Date>) -> anyhow::Result<()> {
    let is_to_come = date.is_some_and(|it| it.0 > today().0);
    anyhow::ensure!(
        !is_to_come,
        "`--date` is yet to come: the age of a value counts from a day that has been"
    );
    Ok(())
}

/// 32 random bytes.
fn made() -> anyhow::Result<Zeroizing<String>> {
    let Generated { value, public: _ } =
        generate(&Generator::Random { bytes: 32, encoding: Encoding::Base64Url })?;
    Ok(value)
}

/// The value that standard input gives; at a terminal it is asked for, and not shown.
pub(super) fn ask(place: &Place, declared: &Declared, is_exact: bool) -> anyhow::Result<Value> {
    let keys = &declared.secret.keys;
    if !std::io::stdin().is_terminal() {
        return read_as_declared(place, declared, &read(is_exact)?);
    }
    match keys.is_empty() {
        true => read_as_declared(place, declared, text_of(place, None, is_exact)?.as_bytes()),
        false => {
            let fields = keys.iter().map(|it| Ok((it.clone(), text_of(place, Some(it), is_exact)?)));
            Ok(Value::Fields(fields.collect::<anyhow::Result<_>>()?))
        }
    }
}

/// One text: what standard input gives, or what is typed at a terminal.
fn text_of(place: &Place, key: Option<&SecretKey>, is_exact: bool) -> anyhow::Result<Zeroizing<String>> {
    let called = place::called(place);
    let text = match std::io::stdin().is_terminal() {
        false => {
            let given = read(is_exact)?;
            let text = std::str::from_utf8(&given).context("the value of a key is a text")?;
            Zeroizing::new(text.to_owned())
        }
        true => {
            let of_key = key.map_or(String::new(), |it| format!(":{it}"));
            let question = format!("value of {called}{of_key}, which is not shown");
            let answer = Dialog::default().ask_secret(&question, 1, |it| Some(Zeroizing::new(it.to_owned())));
            answer.flatten().context("nothing was typed, so nothing is sealed")?
        }
    };
    anyhow::ensure!(!text.is_empty(), "the value of `{called}` is not sealed: it is empty");
    Ok(text)
}

/// A plaintext as the tree says it is.
pub(super) fn read_as_declared(
    place: &Place,
    declared: &Declared,
    plaintext: &[u8],
) -> anyhow::Result<Value> {
    Value::read(plaintext, &declared.secret.keys)
        .with_context(|| format!("the value of `{}` is not sealed", place::called(place)))
}

fn key(text: &str) -> Result<SecretKey, String> {
    SecretKey::parse(syntax::Value::String(text)).map_err(|it| it.message)
}

/// Whether a value is a single line with a line break at its end.
pub(super) fn is_line(value: &[u8]) -> bool {
    value.iter().position(|it| *it == b'\n').is_some_and(|it| it + 1 == value.len())
}

/// The value that standard input gives.
fn read(is_exact: bool) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    let mut input = std::io::stdin().take(LARGEST as u64 + 1);
    input.read_to_end(&mut value).context("could not read standard input")?;
    if !is_exact && is_line(&value) {
        value.pop();
        if value.ends_with(b"\r") {
            value.pop();
        }
    }
    Ok(value)
}
