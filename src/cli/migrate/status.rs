//! `trackside migrate status`: what has run in a database, and what has not.

use crate::cli::exit::Exit;
use crate::cli::server::{Server, block_on};
use crate::cli::terminal::Terminal;
use crate::database::runner;

/// Say which migrations have run in a database, and when
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server } = args;
    let ups = server.history()?.ups()?;
    let address = server.url.address()?;
    let steps = block_on(async {
        let mut connection = address.connect().await?;
        runner::status(&mut connection, &ups).await
    })??;
    for step in &steps {
        let when = step.ran.as_deref().unwrap_or("has not run");
        let name = step.up.path.rsplit('/').next().unwrap_or_default();
        terminal.out.print(&format!("{when:<20}  {name}\n"))?;
    }
    Ok(Exit::Fine)
}
