//! `trackside subject`: what people may ask for of a database.

use clap::Subcommand;

use crate::cli::exit::{self, Exit};
use crate::cli::progress::Progress;
use crate::cli::server::{Url, block_on};
use crate::cli::terminal::Terminal;
use crate::database::connection::Error;
use crate::database::privacy::{self, Erased};
use crate::diagnostic::visible::shown;

/// Erase a person in a database, hand over what there is of them, or hold it
///
/// Who logs in needs the role `<application-role>_privacy` and nothing else. What was done stands in `trackside.erasures`,
/// `trackside.erasure_steps` and `trackside.legal_holds`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Export(Export),
    Due(Due),
    Erase(Erase),
    Hold(Hold),
    Lift(Lift),
}

/// Print all that there is of a person, as JSON lines: first what the tables and columns mean, then a row in each
///
/// What services encrypt is printed as it is stored: only they can open it. An id that no table knows is a finding.
#[derive(Debug, clap::Args)]
struct Export {
    /// The id of the person.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    url: Url,
}

/// List people whose erasure has waited as long as is declared
#[derive(Debug, clap::Args)]
struct Due {
    #[command(flatten)]
    url: Url,
    /// How many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    most: u32,
}

/// Erase a person: delete and pseudonymise their rows as is declared, in that order
///
/// It is refused while a legal hold or an obligation stands in the way, or the wait is not over. A run that ends on the way is gone on with by
/// the next; one that is done stays done, and is said to be. Of an id that no table knows nothing is erased and no evidence is written.
#[derive(Debug, clap::Args)]
struct Erase {
    /// The id of the person.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    url: Url,
    /// How many rows are touched in one transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
}

/// Keep a person's rows from erasure and retention, for a reason
#[derive(Debug, clap::Args)]
struct Hold {
    /// The id of the person.
    #[arg(value_name = "ID")]
    id: String,
    /// Why, as in the number of a case.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    url: Url,
}

/// Lift a hold
#[derive(Debug, clap::Args)]
struct Lift {
    /// The number that `hold` printed.
    #[arg(value_name = "NUMBER")]
    number: i64,
    #[command(flatten)]
    url: Url,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &args.verb {
        Verb::Export(Export { id, url }) => {
            let address = url.address()?;
            let progress = Progress::start(terminal, "gathering what there is");
            let found = block_on(async {
                let mut connection = address.connect().await?;
                let lines = privacy::export(&mut connection, id).await?;
                let is_empty = lines.len() <= 1;
                let erased = if is_empty { privacy::last_erasure(&mut connection, id).await? } else { None };
                Ok((lines, erased))
            })?;
            progress.end();
            let Some((lines, erased)) = of_somebody(found, terminal)? else { return Ok(Exit::Findings) };
            terminal.out.print(&lines.iter().fold(String::new(), |text, line| text + line + "\n"))?;
            if let Some((evidence, at)) = erased {
                terminal.err.print(&format!("nothing is left: erased at {at}, evidence {evidence}\n"))?;
            }
        }
        Verb::Due(Due { url, most }) => {
            let address = url.address()?;
            let due = block_on(async { privacy::erasures_due(&mut address.connect().await?, *most).await })??;
            for (subject, since) in due {
                terminal.out.print(&format!("{subject}  since {since}\n"))?;
            }
        }
        Verb::Erase(Erase { id, url, batch }) => {
            let address = url.address()?;
            let progress = Progress::start(terminal, "erasing");
            let erased = block_on(async {
                privacy::erase(&mut address.connect_to_write().await?, id, *batch, &mut |_| {}).await
            })?;
            progress.end();
            let Some(erased) = of_somebody(erased, terminal)? else { return Ok(Exit::Findings) };
            let Erased { evidence, rows, before } = erased;
            terminal.out.print(&match before {
                Some(at) => format!("erased already at {at}, evidence {evidence}\n"),
                None => format!("erased: {rows} rows, evidence {evidence}\n"),
            })?;
        }
        Verb::Hold(Hold { id, reason, url }) => {
            let address = url.address()?;
            let number =
                block_on(async { privacy::hold(&mut address.connect_to_write().await?, id, reason).await })??;
            terminal.out.print(&format!("hold {number}\n"))?;
        }
        Verb::Lift(Lift { number, url }) => {
            let address = url.address()?;
            let was_there =
                block_on(async { privacy::lift(&mut address.connect_to_write().await?, *number).await })??;
            anyhow::ensure!(was_there, "there is no hold {number}, or it has been lifted");
        }
    }
    Ok(Exit::Fine)
}

/// What came of what was asked for; that no table knows the person is said, and nothing was done.
fn of_somebody<T>(asked: Result<T, Error>, terminal: &Terminal) -> anyhow::Result<Option<T>> {
    match asked {
        Err(error) if error.is_unknown() => {
            terminal.err.print(&format!("{}\n", shown(&error.to_string())))?;
            Ok(None)
        }
        other => Ok(Some(other?)),
    }
}
