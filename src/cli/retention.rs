//! `trackside retention`: what is over in a database, and its end.

use clap::Subcommand;

use crate::cli::exit::{self, Exit};
use crate::cli::progress::Progress;
use crate::cli::server::{Url, block_on};
use crate::cli::terminal::Terminal;
use crate::database::connection::Error;
use crate::database::privacy;

/// Delete rows whose time is over, as `retain` says, in a database
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Status(Status),
    Run(Run),
}

/// Say how many rows of which tables are over, and how many of those stay because somebody is owed them
#[derive(Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    url: Url,
}

/// Delete rows that are over, a few at a time, so that nobody waits
///
/// Who logs in needs the role `<application-role>_privacy` and nothing else.
#[derive(Debug, clap::Args)]
struct Run {
    #[command(flatten)]
    url: Url,
    /// How many rows are deleted in one transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &args.verb {
        Verb::Status(Status { url }) => {
            let address = url.address()?;
            let found = block_on(async { privacy::due(&mut address.connect().await?).await })??;
            let longest = found.iter().map(|it| it.table_name.len()).max().unwrap_or(0);
            for it in found {
                let kept = if it.kept > 0 { format!(", {} more stay", it.kept) } else { String::new() };
                terminal
                    .out
                    .print(&format!("{:<longest$}  {} rows are over{kept}\n", it.table_name, it.due))?;
            }
        }
        Verb::Run(Run { url, batch }) => {
            let address = url.address()?;
            let progress = Progress::start(terminal, "deleting what is over");
            let deleted = block_on(async {
                let mut connection = address.connect_to_write().await?;
                let mut deleted = Vec::new();
                for due in privacy::due(&mut connection).await? {
                    let rows = privacy::retain(&mut connection, &due, *batch, &mut |_| {}).await?;
                    deleted.push((due.table_name, rows));
                }
                Ok::<_, Error>(deleted)
            })?;
            progress.end();
            for (table, rows) in deleted? {
                terminal.out.print(&format!("{table}: {rows} rows deleted\n"))?;
            }
        }
    }
    Ok(Exit::Fine)
}
