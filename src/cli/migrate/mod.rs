//! `trackside migrate`: writes what a database has to become, runs it, and holds the database against it.

#[cfg(feature = "database")]
mod apply;
#[cfg(feature = "database")]
mod baseline;
#[cfg(feature = "database")]
mod plan;
#[cfg(feature = "database")]
mod status;
#[cfg(feature = "database")]
mod test;
#[cfg(feature = "database")]
mod verify;

use std::collections::BTreeMap;
use std::path::Path;

use clap::Subcommand;

use crate::cli::check::today;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::{Dir, below, open};
use crate::cli::replace;
use crate::cli::report::{self, Format};
#[cfg(feature = "database")]
use crate::cli::server::{Server, block_on};
use crate::cli::terminal::Terminal;
#[cfg(feature = "database")]
use crate::database::runner::{self, Step};
#[cfg(feature = "database")]
use crate::database::version;
use crate::diagnostic::Diagnostics;
use crate::language::Selection;
use crate::language::database::{Database, DatabaseId};
#[cfg(feature = "database")]
use crate::render::postgres::history;
use crate::render::postgres::history::History;
use crate::render::postgres::schema::Schema;
use crate::render::postgres::{change, check, declared as render, lint};
use crate::source::SourceMap;
use crate::tree::Tree;

/// Write the migrations of databases from what is declared of them, run them, and hold databases against them
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    New(New),
    Hash(Hash),
    #[cfg(feature = "database")]
    Baseline(baseline::Args),
    #[cfg(feature = "database")]
    Status(status::Args),
    #[cfg(feature = "database")]
    Plan(plan::Args),
    #[cfg(feature = "database")]
    Apply(apply::Args),
    #[cfg(feature = "database")]
    Verify(verify::Args),
    #[cfg(feature = "database")]
    Test(test::Args),
}

/// Write the migrations that lead from the last ones to what is declared
///
/// They are files in sqlx's format, in `migrations/<database>/` beside platform.kdl, with the schema that they lead to and the digest of
/// each. Nothing is run. What looks at every row of a table has a file of its own, so that no lock that others wait for is held meanwhile.
#[derive(Debug, clap::Args)]
struct New {
    /// What the change is called: small letters, digits and `_`.
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    #[command(flatten)]
    dir: Dir,
}

/// Write the digests of migrations anew
///
/// After one was written or changed by hand, or two branches have each added one and they have been put into their order. One
/// that has run anywhere is not to be changed: whoever runs it knows its digest. New ones are looked at first: what loses data, keeps others
/// waiting or touches no row is refused, unless a comment above the statement says why it must be.
#[derive(Debug, clap::Args)]
struct Hash {
    #[command(flatten)]
    dir: Dir,
}

fn name(text: &str) -> Result<String, String> {
    let is_one = !text.is_empty()
        && text.len() <= 60
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    is_one.then(|| text.to_owned()).ok_or_else(|| "write it like `add_invoices`".to_owned())
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &args.verb {
        Verb::New(args) => new(args, terminal),
        Verb::Hash(Hash { dir: Dir { dir } }) => hash(dir, terminal),
        #[cfg(feature = "database")]
        Verb::Baseline(args) => baseline::run(args, terminal),
        #[cfg(feature = "database")]
        Verb::Status(args) => status::run(args, terminal),
        #[cfg(feature = "database")]
        Verb::Plan(args) => plan::run(args, terminal),
        #[cfg(feature = "database")]
        Verb::Apply(args) => apply::run(args, terminal),
        #[cfg(feature = "database")]
        Verb::Verify(args) => verify::run(args, terminal),
        #[cfg(feature = "database")]
        Verb::Test(args) => test::run(args, terminal),
    }
}

fn new(args: &New, terminal: &Terminal) -> anyhow::Result<Exit> {
    let New { name, dir: Dir { dir } } = args;
    let tree = open(dir)?;
    let Some(Declared { sources, databases }) = declared(&tree, dir, terminal)? else {
        return Ok(Exit::Findings);
    };
    let today = Some(today());
    let mut found = Diagnostics::default();
    let mut written = Vec::new();
    for (id, DeclaredDatabase { database, schema, .. }) in &databases {
        let history = History::read(&tree, id)?;
        check::report(database, &change::between(&history.schema, schema), today, &mut found);
        let migrations = history.next(schema, name, &|it| check::note(database, it, today));
        if !migrations.is_empty() {
            written.extend(history.with(&migrations, schema));
        }
    }
    if !told(&mut found, &sources, dir, terminal)? {
        return Ok(Exit::Findings);
    }
    for (path, text) in &written {
        write(dir, path, text)?;
        terminal.out.print(&format!("{path}\n"))?;
    }
    if written.is_empty() {
        terminal.err.print("the migrations lead to what is declared: there is none to write\n")?;
    }
    Ok(Exit::Fine)
}

fn hash(dir: &Path, terminal: &Terminal) -> anyhow::Result<Exit> {
    let tree = open(dir)?;
    let Some(Declared { databases, .. }) = declared(&tree, dir, terminal)? else { return Ok(Exit::Findings) };
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let mut written = Vec::new();
    for database in databases.keys() {
        let history = History::read_unsummed(&tree, database)?;
        // What has a digest may have run somewhere, and stays as it is.
        let known = history.listed(&tree);
        for up in history.ups()?.iter().filter(|it| !known.contains(&it.path)) {
            let file = sources.add(&*up.path, &*up.sql);
            lint::lint(file, &up.sql, today(), &mut found);
        }
        written.push(history.summed(&tree)?);
    }
    if !told(&mut found, &sources, dir, terminal)? {
        return Ok(Exit::Findings);
    }
    for (path, text) in written {
        write(dir, &path, &text)?;
        terminal.out.print(&format!("{path}\n"))?;
    }
    Ok(Exit::Fine)
}

/// Tells what was found, and whether all is well enough to write something.
fn told(
    found: &mut Diagnostics,
    sources: &SourceMap,
    dir: &Path,
    terminal: &Terminal,
) -> anyhow::Result<bool> {
    if !found.is_empty() {
        found.settle(sources);
        found.sort();
        terminal.err.print(&report::render(Format::Human, found, sources, dir, &terminal.err))?;
    }
    if found.fails() {
        terminal.err.print("nothing is written\n")?;
    }
    Ok(!found.fails())
}

fn write(dir: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let place = below(dir, path);
    replace::make_room(&place)?;
    replace::write(&place, text)
}

/// What is declared of all databases.
struct Declared {
    sources: SourceMap,
    databases: BTreeMap<DatabaseId, DeclaredDatabase>,
}

/// A database as all environments together declare it.
struct DeclaredDatabase {
    /// The first of these environments.
    environment: Option<String>,
    database: Database,
    schema: Schema,
    /// The version of PostgreSQL in each of them.
    versions: Vec<u32>,
}

/// What each database is to be. It is one in all environments: a migration runs in each of them.
fn declared(tree: &Tree, dir: &Path, terminal: &Terminal) -> anyhow::Result<Option<Declared>> {
    let environments = crate::environments(tree);
    let selections: Vec<Option<String>> = match environments.is_empty() {
        true => vec![None],
        false => environments.into_iter().map(Some).collect(),
    };
    let mut databases: BTreeMap<DatabaseId, DeclaredDatabase> = BTreeMap::new();
    let mut sources = SourceMap::default();
    for environment in selections {
        let selection = Selection { environment: environment.clone(), date: Some(today()) };
        let outcome = crate::compile_ahead(tree, &selection)?;
        let Some(compiled) = &outcome.compiled else {
            let found =
                report::render(Format::Human, &outcome.diagnostics, &outcome.sources, dir, &terminal.err);
            terminal.err.print(&found)?;
            return Ok(None);
        };
        for (project, database) in compiled.platform.all_databases() {
            let id = DatabaseId::declared(project, database);
            let schema = render::schema(&compiled.platform, project, database);
            if schema.tables.is_empty() {
                continue;
            }
            let version = database.version.0;
            let Some(first) = databases.get_mut(&id) else {
                let (environment, database) = (environment.clone(), database.clone());
                databases
                    .insert(id, DeclaredDatabase { environment, database, schema, versions: vec![version] });
                continue;
            };
            first.versions.push(version);
            if let Err(other) = first.schema.join(schema) {
                anyhow::bail!(
                    "{other} of database `{id}` is another in environment `{}` than in `{}`: a migration runs in both",
                    environment.unwrap_or_default(),
                    first.environment.clone().unwrap_or_default()
                );
            }
        }
        sources = outcome.sources;
    }
    Ok(Some(Declared { sources, databases }))
}

/// What is declared of one database.
#[cfg(feature = "database")]
struct DeclaredOf {
    sources: SourceMap,
    id: DatabaseId,
    database: Database,
    schema: Schema,
    versions: Option<version::Declared>,
}

/// What is declared of the database that a verb is about.
#[cfg(feature = "database")]
fn declared_of(server: &Server, terminal: &Terminal) -> anyhow::Result<Option<DeclaredOf>> {
    let tree = open(&server.dir)?;
    let folder = server.folder(&tree)?;
    let Some(Declared { sources, databases }) = declared(&tree, &server.dir, terminal)? else {
        return Ok(None);
    };
    let found = databases.into_iter().find(|(id, _)| history::folder(id) == folder);
    let Some((id, DeclaredDatabase { environment: _, database, schema, versions })) = found else {
        anyhow::bail!(
            "there are migrations in `migrations/{folder}`, and no database of that name is declared"
        );
    };
    let versions = version::Declared::of(versions);
    Ok(Some(DeclaredOf { sources, id, database, schema, versions }))
}

/// The migrations of the database that a verb is about, and when each has run there. That its server is of another version is told.
#[cfg(feature = "database")]
fn steps(server: &Server, terminal: &Terminal) -> anyhow::Result<Vec<Step>> {
    let ups = server.history()?.ups()?;
    let (address, declared) = (server.url.address()?, server.version()?);
    let asked = block_on(async {
        let mut connection = address.connect().await?;
        let steps = runner::status(&mut connection, &ups).await?;
        Ok::<_, runner::Stopped>((steps, declared.and_then(|it| it.differs(&connection))))
    })?;
    let (steps, other) = asked?;
    if let Some(other) = other {
        terminal.err.print(&format!("{other}\n"))?;
    }
    Ok(steps)
}
