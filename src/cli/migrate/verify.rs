//! `trackside migrate verify`: a database against what is declared of it.

use crate::cli::exit::Exit;
use crate::cli::migrate::declared_of;
use crate::cli::progress::Progress;
use crate::cli::server::{Server, block_on};
use crate::cli::terminal::Terminal;
use crate::database::difference;

/// Hold a database against what is declared of it: columns, keys, indexes, policies, privileges, roles, owners
///
/// Every difference is a line. Exit code 0 says that there is none.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server } = args;
    let Some((id, _, declared)) = declared_of(server, terminal)? else { return Ok(Exit::Findings) };
    let address = server.url.address()?;
    let progress = Progress::start(terminal, "reading the catalogue");
    let found = block_on(async {
        let mut connection = address.connect().await?;
        difference::verify(&mut connection, &declared).await
    })?;
    progress.end();
    let found = found?;
    for it in &found {
        terminal.out.print(&format!("{it}\n"))?;
    }
    let tables = declared.tables.len();
    terminal.err.print(&match found.len() {
        0 => format!("database `{id}` is as declared: {tables} tables\n"),
        1 => format!("1 difference from what is declared of database `{id}`\n"),
        count => format!("{count} differences from what is declared of database `{id}`\n"),
    })?;
    Ok(Exit::of_findings(!found.is_empty()))
}
