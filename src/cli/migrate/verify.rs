//! `trackside migrate verify`: a database against what is declared of it.

use crate::cli::exit::Exit;
use crate::cli::migrate::{DeclaredOf, declared_of};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Format};
use crate::cli::server::{Server, block_on};
use crate::cli::terminal::Terminal;
use crate::database::connection::Error;
use crate::database::difference;
use crate::diagnostic::Diagnostics;
use crate::render::postgres::difference::{self as told, Difference};
use crate::render::postgres::subject::{Kind, Subject};

/// Hold a database against what is declared of it: columns, keys, indexes, policies, privileges, roles, owners
///
/// Every difference is an error at the line that declares what it is about, or that declares the database where nothing does. Nothing is
/// written. Exit code 0 says that there is none.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Server,
    /// How differences are written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { server, format } = args;
    let Some(DeclaredOf { sources, id, database, schema, versions }) = declared_of(server, terminal)? else {
        return Ok(Exit::Findings);
    };
    let address = server.url.address()?;
    let progress = Progress::start(terminal, "reading the catalogue");
    let read = block_on(async {
        let mut connection = address.connect().await?;
        let other = versions.and_then(|it| it.differs(&connection));
        Ok::<_, Error>((difference::verify(&mut connection, &schema).await?, other))
    })?;
    progress.end();
    let (mut differences, other) = read?;
    match other {
        Some(other) if other.is_older() => {
            let subject = Subject::Whole(Kind::Database, database.name.to_string());
            differences.push(Difference { subject, says: other.to_string() });
        }
        Some(other) => terminal.err.print(&format!("{other}\n"))?,
        None => {}
    }
    let mut found = Diagnostics::default();
    told::report(&database, &differences, &mut found);
    found.settle(&sources);
    found.sort();
    if *format != Format::Human {
        terminal.out.print(&report::render(*format, &found, &sources, &server.dir, &terminal.out))?;
        return Ok(Exit::of_findings(!found.is_empty()));
    }
    terminal.out.print(&report::listed(&found, &sources, &server.dir, &terminal.out))?;
    let tables = schema.tables.len();
    terminal.err.print(&match found.len() {
        0 => format!("database `{id}` is as declared: {tables} tables\n"),
        1 => format!("1 difference from what is declared of database `{id}`\n"),
        count => format!("{count} differences from what is declared of database `{id}`\n"),
    })?;
    Ok(Exit::of_findings(!found.is_empty()))
}
