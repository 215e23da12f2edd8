//! `trackside migrate plan`: what would run in a database.

use crate::cli::exit::Exit;
use crate::cli::migrate::steps;
use crate::cli::server::Server;
use crate::cli::terminal::Terminal;

/// Print the SQL that `migrate apply` would run in a database, file by file
///
/// Each statement says above it which lock it takes, and of which table. Nothing is run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server } = args;
    let pending: Vec<_> = steps(server, terminal)?.into_iter().filter(|it| it.ran.is_none()).collect();
    for step in &pending {
        terminal.out.print(&format!("-- {}\n{}\n", step.up.path, step.up.sql))?;
    }
    if pending.is_empty() {
        terminal.err.print("everything has run already\n")?;
    }
    Ok(Exit::Fine)
}
