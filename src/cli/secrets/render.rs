//! `trackside secrets render`: hands the values of an environment to a cluster.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::report::{self, Format};
use crate::cli::secrets::{Dir, keys, place, show};
use crate::cli::terminal::Terminal;
use crate::envelope::label::Place;
use crate::secret::change::Changes;
use crate::secret::fill::fill;
use crate::secret::value::Value;

/// Write the Secrets of an environment, with their values, into a pipe
///
/// For clusters that nothing of ours runs in: `trackside secrets render --env production | kubectl apply --server-side -f -`. It
/// writes to a pipe alone, not to a terminal and not into a file, and writes nothing unless every value opens. Those of a vault
/// are not among them: External Secrets fetches them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The environment, of a tree that has any.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { env, dir: Dir { dir } } = args;
    anyhow::ensure!(
        is_pipe(),
        "values are written to a pipe alone: `trackside secrets render … | kubectl apply --server-side -f -`"
    );
    let opened = place::compile(dir, env.as_deref())?;
    let Some(compiled) = &opened.outcome.compiled else {
        let found = report::render(
            Format::Human,
            &opened.outcome.diagnostics,
            &opened.outcome.sources,
            dir,
            &terminal.err,
        );
        terminal.err.print(&found)?;
        return Ok(Exit::Findings);
    };
    let secrets = &compiled.artifacts.secrets;
    if secrets.is_empty() {
        terminal.err.print("no workload takes a sealed secret\n")?;
        return Ok(Exit::Fine);
    }
    let changes = Changes::of(&opened.tree, &opened.outcome)?;
    let identities = keys::identities(terminal)?;
    let mut values: BTreeMap<&Place, Value> = BTreeMap::new();
    let mut filled = Vec::with_capacity(secrets.len());
    for unfilled in secrets {
        let place = &unfilled.place;
        let declared = opened.outcome.sealed.places.get(place).context("a secret is declared nowhere")?;
        if !values.contains_key(place) {
            values.insert(place, changes.value(place, declared, &identities)?);
        }
        let called = || format!("secret `{}` has not all that its Secret needs", place::called(place));
        filled.push(fill(unfilled, &values[place]).with_context(called)?);
    }
    let texts: Vec<&[u8]> = filled.iter().map(|it| it.as_bytes()).collect();
    show::write(&texts)?;
    let count = crate::diagnostic::counted(filled.len(), "Secret");
    terminal.err.print(&format!("{count} written\n"))?;
    Ok(Exit::Fine)
}

/// Whether standard output is a pipe, or a socket, which is one for this.
#[cfg(unix)]
fn is_pipe() -> bool {
    use rustix::fs::{FileType, fstat};
    let kind = fstat(std::io::stdout()).map(|it| FileType::from_raw_mode(it.st_mode));
    matches!(kind, Ok(FileType::Fifo | FileType::Socket))
}

#[cfg(not(unix))]
fn is_pipe() -> bool {
    use std::io::IsTerminal as _;
    !std::io::stdout().is_terminal()
}
