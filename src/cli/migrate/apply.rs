//! `trackside migrate apply`: runs what has not run.

use std::time::Duration;

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::progress::Progress;
use crate::cli::server::{Server, block_on};
use crate::cli::terminal::Terminal;
use crate::database::runner::{self, Event, Order, Stopped};
use crate::diagnostic::visible::shown;

/// Run the migrations that have not run in a database
///
/// Each is run and noted at once, as `sqlx migrate run` does it, and both may take turns. One that cannot have a lock within two seconds lets
/// others pass and is tried again, up to ten times; so is one during which the server goes away. Whatever ends a run, the next one goes
/// on where it ended. On a server that is older than what is declared nothing runs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
    /// The number of the last one to run.
    #[arg(long, value_name = "NUMBER")]
    to: Option<i64>,
    /// How many seconds to wait for another run to end.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// Take the database as the one that was adopted by `migrate baseline`: note the first migration, which makes what is there, without
    /// running it. Where something is not as it makes it, every difference is a line, and nothing is done.
    #[arg(long)]
    adopt: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server, to, wait, adopt } = args;
    let history = server.history()?;
    let (ups, baseline) = (history.ups()?, history.baseline()?);
    if let Some(to) = to {
        anyhow::ensure!(ups.iter().any(|it| it.number == *to), "there is no migration {to}");
    }
    let (address, declared) = (server.url.address()?, server.version()?);
    let progress = Progress::start(terminal, "running migrations");
    let (mut unwritten, mut is_told) = (None, false);
    let mut tell = |event: Event<'_>| {
        let told = match event {
            Event::Begun(_) => return,
            Event::Ran(up, took) => {
                terminal.out.print(&format!("{} ran in {} ms\n", up.file(), took.as_millis()))
            }
            Event::Recognised(up) => {
                terminal.out.print(&format!("{} had run, and is noted now\n", up.file()))
            }
            Event::Adopted(up) => {
                terminal.out.print(&format!("{} is what was there, and is noted now\n", up.file()))
            }
            // Every connection says it anew.
            Event::Newer(_) if std::mem::replace(&mut is_told, true) => return,
            Event::Newer(other) => terminal.err.print(&format!("{other}\n")),
            Event::Again(reason) => terminal.err.print(&format!("trying again: {reason}\n")),
        };
        unwritten = unwritten.take().or(told.err());
    };
    let patience = Duration::from_secs(*wait);
    let order = Order { ups: &ups, baseline: baseline.as_ref(), adopts: *adopt, to: *to, declared };
    let ran = block_on(runner::apply(&address, order, patience, &mut tell))?;
    progress.end();
    if let Err(Stopped::Unlike { differences, .. }) = &ran {
        for it in differences {
            terminal.out.print(&format!("{}\n", shown(&it.to_string())))?;
        }
    }
    let ran = ran?;
    unwritten.map_or(Ok(()), Err).context("it has run all the same")?;
    if ran == 0 {
        terminal.err.print("everything has run already\n")?;
    }
    Ok(Exit::Fine)
}
