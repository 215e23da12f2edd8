//! `trackside migrate status`: what has run in a database, and what has not.

use crate::cli::exit::Exit;
use crate::cli::migrate::steps;
use crate::cli::server::Server;
use crate::cli::terminal::Terminal;

/// Say which migrations have run in a database, and when
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server } = args;
    for step in steps(server, terminal)? {
        let when = step.ran.as_deref().unwrap_or("has not run");
        let name = step.up.file();
        terminal.out.print(&format!("{when:<20}  {name}\n"))?;
    }
    Ok(Exit::Fine)
}
