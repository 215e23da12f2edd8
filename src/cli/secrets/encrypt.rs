//! `trackside secrets encrypt`: seals what a file holds.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::check::{date, today};
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Sealing, Which};
use crate::cli::secrets::{Dir, keys, set};
use crate::cli::terminal::Terminal;
use crate::envelope;
use crate::language::value::time::Date;
use crate::secret::seal::{self, LARGEST};

/// Seal what a file holds, to its last byte
///
/// An age file that another program has made is opened first, and its value sealed as this secret: so one takes over what
/// `age`, `sops` or a script has encrypted. The file stays where it is; one in plain text is yours to remove.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// The file with the value.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Since when the value is in use, in place of today (UTC): its `max-age` counts from there.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<Date>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { which, file, date, dir: Dir { dir } } = args;
    set::check_date(*date)?;
    let opened = place::read(dir)?;
    let (place, declared) = which.find(&opened.outcome)?;
    let mut sealing = Sealing::begin(&opened, &[(place, declared)], terminal)?;
    let bytes = read(file).with_context(|| format!("could not read `{}`", file.display()))?;
    let value = match envelope::begins_like_one(&bytes) {
        false => bytes,
        true => {
            let identities = keys::identities(terminal)?;
            seal::open_foreign(&bytes, &identities).with_context(|| format!("`{}`", file.display()))?
        }
    };
    let value = set::read_as_declared(place, declared, &value)?;
    sealing.set(place, declared, &value, date.unwrap_or_else(today).0)?;
    sealing.end(dir, terminal)?;
    Ok(Exit::Fine)
}

/// What a file holds, if it is no more than can be sealed; an age file is a little larger than its value.
fn read(path: &std::path::Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    const MOST: usize = 2 * LARGEST;
    // A pipe would have to be waited for.
    anyhow::ensure!(
        std::fs::metadata(path)?.is_file(),
        "it is no regular file; `trackside secrets set` reads standard input"
    );
    let file = File::open(path)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST + 1));
    file.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(
        bytes.len() <= MOST,
        "it has more than {} KiB, and a Secret takes {}",
        MOST >> 10,
        LARGEST >> 10
    );
    Ok(bytes)
}
