//! `trackside migrate test`: row rules tried out in a database.

use crate::cli::exit::Exit;
use crate::cli::migrate::{DeclaredOf, declared_of};
use crate::cli::progress::Progress;
use crate::cli::server::{Server, block_on};
use crate::cli::terminal::Terminal;
use crate::database::trial::{self, Trial};

/// Try out the row rules in a database whose tables are empty: each role, each command, each kind of row
///
/// A small world of rows is made: one's own, somebody else's, shared, of a member, below one's own. Each role then selects, inserts,
/// updates, deletes and gives away each of them, and what it could do is held against what is declared. All of it is one
/// transaction, which is taken back.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server } = args;
    let Some(DeclaredOf { database, .. }) = declared_of(server, terminal)? else {
        return Ok(Exit::Findings);
    };
    let address = server.url.address()?;
    let progress = Progress::start(terminal, "trying out row rules");
    let tried = block_on(async {
        let mut connection = address.connect_to_write().await?;
        trial::run(&mut connection, &database).await
    })?;
    progress.end();
    let Trial { asked, wrong, unmade } = tried?;
    for (command, count) in &asked {
        terminal.out.print(&format!("{command:<8} {count:>6}\n"))?;
    }
    for it in &wrong {
        terminal.out.print(&format!("{it}\n"))?;
    }
    for (table, reason) in &unmade {
        terminal.err.print(&format!("not all kinds of rows of `{table}` could be made: {reason}\n"))?;
    }
    let count: usize = asked.values().sum();
    terminal.err.print(&format!("{count} questions, {} answered otherwise than declared\n", wrong.len()))?;
    Ok(Exit::of_findings(!wrong.is_empty()))
}
