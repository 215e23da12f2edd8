//! `trackside migrate`: writes what a database has to become.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Subcommand;

use crate::cli::exit::{self, Exit};
use crate::cli::folder::{Dir, below, open};
use crate::cli::replace;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::language::Selection;
use crate::language::database::DatabaseId;
use crate::render::postgres::declared;
use crate::render::postgres::history::History;
use crate::render::postgres::schema::Schema;
use crate::tree::Tree;

/// Write the migrations of databases, from what is declared of them
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
    /// Write migrations that lose what is in tables and columns as well.
    #[arg(long)]
    loses_data: bool,
    #[command(flatten)]
    dir: Dir,
}

/// Write the digests of migrations anew
///
/// After one was written or changed by hand, or two branches have each added one and they have been put into their order. One
/// that has run anywhere is not to be changed: whoever runs it knows its digest.
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
    }
}

fn new(args: &New, terminal: &Terminal) -> anyhow::Result<Exit> {
    let New { name, loses_data, dir: Dir { dir } } = args;
    let tree = open(dir)?;
    let Some(schemas) = schemas(&tree, dir, terminal)? else { return Ok(Exit::Findings) };
    let mut written = 0;
    for (database, schema) in &schemas {
        let history = History::read(&tree, database)?;
        let migrations = history.next(schema, name);
        if migrations.is_empty() {
            continue;
        }
        let lost = history.lost(schema);
        anyhow::ensure!(
            lost.is_empty() || *loses_data,
            "nothing is written: of database `{database}` this would lose {}; with `--loses-data` it may",
            lost.join(", ")
        );
        for (path, text) in history.with(&migrations, schema) {
            write(dir, &path, &text)?;
            terminal.out.print(&format!("{path}\n"))?;
            written += 1;
        }
    }
    if written == 0 {
        terminal.err.print("every database is as it is declared\n")?;
    }
    Ok(Exit::Fine)
}

fn hash(dir: &Path, terminal: &Terminal) -> anyhow::Result<Exit> {
    let tree = open(dir)?;
    let Some(schemas) = schemas(&tree, dir, terminal)? else { return Ok(Exit::Findings) };
    for database in schemas.keys() {
        let (path, text) = History::read_unsummed(&tree, database)?.summed();
        write(dir, &path, &text)?;
        terminal.out.print(&format!("{path}\n"))?;
    }
    Ok(Exit::Fine)
}

fn write(dir: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let place = below(dir, path);
    replace::make_room(&place)?;
    replace::write(&place, text)
}

/// What each database is to be. It is one in all environments: a migration runs in each of them.
fn schemas(
    tree: &Tree,
    dir: &Path,
    terminal: &Terminal,
) -> anyhow::Result<Option<BTreeMap<DatabaseId, Schema>>> {
    let environments = crate::environments(tree);
    let selections: Vec<Option<String>> = match environments.is_empty() {
        true => vec![None],
        false => environments.into_iter().map(Some).collect(),
    };
    let mut schemas: BTreeMap<DatabaseId, (Option<String>, Schema)> = BTreeMap::new();
    for environment in selections {
        let selection = Selection { environment: environment.clone(), date: None };
        let outcome = crate::compile(tree, &selection)?;
        let Some(compiled) = &outcome.compiled else {
            let found =
                report::render(Format::Human, &outcome.diagnostics, &outcome.sources, dir, &terminal.err);
            terminal.err.print(&found)?;
            return Ok(None);
        };
        for (project, database) in compiled.platform.all_databases() {
            let id = DatabaseId { project: project.map(|it| it.name.clone()), name: database.name.clone() };
            let schema = declared::schema(&compiled.platform, project, database);
            if schema.tables.is_empty() {
                continue;
            }
            let Some((first, joined)) = schemas.get_mut(&id) else {
                schemas.insert(id, (environment.clone(), schema));
                continue;
            };
            if let Err(other) = joined.join(schema) {
                anyhow::bail!(
                    "{other} of database `{id}` is another in environment `{}` than in `{}`: a migration runs in both",
                    environment.unwrap_or_default(),
                    first.clone().unwrap_or_default()
                );
            }
        }
    }
    Ok(Some(schemas.into_iter().map(|(id, (_, schema))| (id, schema)).collect()))
}
