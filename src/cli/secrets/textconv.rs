//! `trackside secrets textconv`: what `git diff` shows of an age file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::secrets::keys;
use crate::cli::terminal::Terminal;
use crate::diagnostic::counted;
use crate::diagnostic::visible::visible;
use crate::envelope;
use crate::secret::seal::{self, LARGEST, Opened};

/// Say of an age file what can be told without its value, for `git diff`
///
/// For how many keys it is and which bytes; where a key without a pass phrase is at hand that opens it, also which secret it is, in which version, and
/// how large its value is. `trackside secrets setup` has git run it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The age file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// More than any age file of ours has: armor is a third longer than what it holds.
const MOST: u64 = 2 * LARGEST as u64;

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { file } = args;
    let failed = || format!("could not read `{}`", file.display());
    let mut bytes = Vec::new();
    File::open(file).and_then(|it| it.take(MOST).read_to_end(&mut bytes)).with_context(failed)?;
    let mut text = match envelope::check(&bytes) {
        Ok(keys) => format!("age file for {}\nsha256 {}\n", counted(keys, "key"), envelope::digest(&bytes)),
        Err(problem) => format!("no age file: {problem}\n"),
    };
    if let Ok(Opened { label, value }) = seal::open_any(&bytes, &keys::at_hand(terminal)) {
        let _ = writeln!(text, "it says of itself:\n{label}{}", counted(value.len(), "byte"));
    }
    let lines = text.lines().map(|it| format!("{}\n", visible(it)));
    terminal.out.print(&lines.collect::<String>())?;
    Ok(Exit::Fine)
}
