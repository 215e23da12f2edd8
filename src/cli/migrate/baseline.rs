//! `trackside migrate baseline`: adopts a database that is there.

use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::folder::{Dir, below, open};
use crate::cli::migrate::write;
use crate::cli::progress::Progress;
use crate::cli::replace;
use crate::cli::report::{self, Format};
use crate::cli::server::{Url, block_on};
use crate::cli::terminal::Terminal;
use crate::database::{baseline as reading, runner};
use crate::diagnostic::visible::shown;
use crate::diagnostic::{Diagnostic, Diagnostics, counted};
use crate::language::Selection;
use crate::language::database::{self, DatabaseId, table};
use crate::language::include;
use crate::language::name::Name;
use crate::language::project;
use crate::language::value::Parse as _;
use crate::render::postgres::baseline::{Baseline, Declarations};
use crate::render::postgres::history::{self, History};
use crate::source::SourceMap;
use crate::syntax::{self, Document, Node, Value};
use crate::tree::Tree;
use crate::tree::path::TreePath;

/// Adopt a database that is there: write what would be declared of it, and take that as what migrations begin with
///
/// The database is declared without tables; they are written into its block, with their keys, indexes, checks and comments. What no
/// declaration describes becomes `external` there. `migrations/<database>/` begins with a
/// migration that makes the same in an empty database; `migrate apply --adopt` notes it where it is there already. Nothing is run, and the
/// database is only read. Row security, roles and policies come with the next migration, once `rows` say who sees what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which database it is: `name`, or `project/name`.
    #[arg(value_name = "[PROJECT/]DATABASE", value_parser = id)]
    database: DatabaseId,
    /// Go on without what has a name that needs quotes, for which there is no declaration; `migrate verify` goes on naming it.
    ///
    /// Without this every such name is a line, and nothing is written.
    #[arg(long)]
    leave_out: bool,
    #[command(flatten)]
    url: Url,
    #[command(flatten)]
    dir: Dir,
}

fn id(text: &str) -> Result<DatabaseId, String> {
    let name = |it: &str| Name::parse(Value::String(it)).map_err(|it| it.message);
    Ok(match text.split_once('/') {
        Some((project, database)) => DatabaseId { project: Some(name(project)?), name: name(database)? },
        None => DatabaseId { project: None, name: name(text)? },
    })
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { database, leave_out, url, dir: Dir { dir } } = args;
    let tree = open(dir)?;
    let folder = history::folder(database);
    let Some(history) = History::begin(&tree, database)? else {
        anyhow::bail!(
            "`{database}` is adopted, or made by trackside, already: `migrations/{folder}` has a snapshot of it; `trackside migrate new NAME` goes on"
        );
    };
    let mut sink = Diagnostics::default();
    let sources = include::load(&tree, &mut sink);
    if sink.fails() {
        terminal.err.print(&report::render(Format::Human, &sink, &sources.map, dir, &terminal.err))?;
        return Ok(Exit::Findings);
    }
    let mut nodes = sources.documents.iter().flat_map(Document::nodes);
    let place = nodes
        .find_map(|it| Place::of(database, it))
        .with_context(|| undeclared(database, &inside(database, &sources.documents)))?;
    anyhow::ensure!(
        !place.has_tables,
        "tables of `{database}` are declared already: `trackside migrate baseline` writes them where there are none; take them away first, or go on by `trackside migrate new`"
    );
    let path = sources.map.path(place.span).to_owned();
    let before: Arc<str> = Arc::clone(&sources.map.file(place.span.file).text);

    let address = url.address()?;
    let progress = Progress::start(terminal, "reading the catalogue");
    let ups = history.ups()?;
    let read = block_on(async {
        let mut connection = address.connect().await?;
        let steps = runner::status(&mut connection, &ups).await;
        let found = reading::read(&mut connection).await?;
        Ok::<_, runner::Stopped>((steps, found))
    })?;
    progress.end();
    let (steps, found) = read?;
    let steps = steps.map_err(|it| match it {
        runner::Stopped::Conflict(runner::Conflict::Ahead { .. }) if ups.is_empty() => anyhow::anyhow!(
            "migrations of sqlx have run in this database, and their files are not in `migrations/{folder}`: put them there as they are; or, where sqlx is to begin anew as well, `alter table _sqlx_migrations rename to sqlx_migrations_before`"
        ),
        other => other.into(),
    })?;
    if let Some(pending) = steps.iter().find(|it| it.ran.is_none()) {
        anyhow::bail!(
            "`{}` has not run in this database, so it is not known what it leaves: run it first, or take it away",
            pending.up.path
        );
    }

    let mut baseline = Baseline::of(found);
    let unspeakable = baseline.unspeakable();
    if !unspeakable.is_empty() && !leave_out {
        for line in &unspeakable {
            terminal.err.print(&format!("{}\n", shown(line)))?;
        }
        let names = counted(unspeakable.len(), "name");
        terminal.err.print(&format!(
            "nothing is written: {names} that no declaration can have; give them others by `alter … rename`, or go on without them by `--leave-out`\n"
        ))?;
        return Ok(Exit::Findings);
    }
    let (text, problems) = settled(&tree, &path, &before, &place, &mut baseline)?;
    if let Some((found, sources)) = problems {
        terminal.err.print(&report::render(Format::Human, &found, &sources, dir, &terminal.err))?;
        terminal.err.print("nothing is written\n")?;
        return Ok(Exit::Findings);
    }
    anyhow::ensure!(
        baseline.count() > 0,
        "no table of this database can be declared, so there is nothing to adopt{}",
        baseline.told().iter().map(|it| format!("\n{}", shown(it))).collect::<String>()
    );
    let adopted = baseline.history();
    let first = match ups.is_empty() {
        true => Some(adopted.first().context("a table is made by something")?),
        false => None,
    };
    // The declarations come last: what lies in `migrations/` alone is said to be nobody's, and can be taken away.
    for (path, text) in history.adopting(first.as_ref(), &adopted) {
        write(dir, &path, &text)?;
        terminal.out.print(&format!("{path}\n"))?;
    }
    replace::replace(&below(dir, &path), &before, &text)?;
    terminal.out.print(&format!("{path}\n"))?;
    tell(&baseline, first.is_some(), database, terminal)?;
    Ok(Exit::Fine)
}

fn tell(
    baseline: &Baseline,
    is_first: bool,
    database: &DatabaseId,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    for line in baseline.told() {
        terminal.err.print(&format!("{}\n", shown(&line)))?;
    }
    let tables = counted(baseline.count(), "table");
    terminal.err.print(&format!(
        "{tables} declared, none with `rows` yet: nobody can guess who sees which, so nobody sees any once row security is on\n"
    ))?;
    if is_first {
        terminal.err.print(&format!(
            "`trackside migrate apply --adopt --database {database}` notes that this database is there\n"
        ))?;
    }
    terminal
        .err
        .print("once `rows` stand in the tables, `trackside migrate new rows` writes what is left to do\n")?;
    Ok(())
}

/// The projects that declare a database of this name.
fn inside(database: &DatabaseId, documents: &[Document]) -> Vec<String> {
    let declares = |project: &str| {
        let id = DatabaseId { project: Some(Name::trusted(project)), name: database.name.clone() };
        documents.iter().flat_map(Document::nodes).any(|it| Place::of(&id, it).is_some())
    };
    let nodes = documents.iter().flat_map(Document::nodes).filter(|it| it.name() == "project");
    let names = nodes.filter_map(|it| match it.entries().next()?.value() {
        Value::String(name) => Some(name.to_owned()),
        _ => None,
    });
    names.filter(|it| declares(it)).collect()
}

fn undeclared(database: &DatabaseId, inside: &[String]) -> String {
    let DatabaseId { project, name } = database;
    if let (None, [project, ..]) = (project, inside) {
        return format!("database `{name}` is one of project `{project}`: write `{project}/{name}`");
    }
    let (of, place) = match project {
        Some(project) => (format!(" in project `{project}`"), format!("into `project \"{project}\"`")),
        None => (String::new(), "into platform.kdl".to_owned()),
    };
    format!(
        "no database `{name}` is declared{of}: write `database \"{name}\" engine=\"postgresql\" {{ server \"10.0.0.0/24\" }}` {place}, with the address of its server and without tables, and run this again"
    )
}

/// Where a database is declared, and where in it something can be added.
struct Place {
    span: crate::source::Span,
    /// Its block, with its braces.
    block: Option<crate::source::Span>,
    /// In how many others its node stands.
    depth: usize,
    has_tables: bool,
}

impl Place {
    /// The place of a database at the top or in a project of it.
    fn of(database: &DatabaseId, node: Node<'_>) -> Option<Self> {
        let is = |node: Node<'_>, word: &str, name: &Name| {
            let first = node.entries().find(|it| it.name().is_none());
            node.name() == word
                && node.annotation().is_none()
                && first.is_some_and(|it| matches!(it.value(), Value::String(it) if it == name.as_str()))
        };
        let here = |node: Node<'_>, depth| Self {
            span: node.head_span(),
            block: node.block_span(),
            depth,
            has_tables: node.children().any(|it| it.name() == table::KIND.word),
        };
        match &database.project {
            None => is(node, database::KIND.word, &database.name).then(|| here(node, 0)),
            Some(project) if is(node, project::KIND.word, project) => {
                let mut inside = node.children();
                inside.find(|it| is(*it, database::KIND.word, &database.name)).map(|it| here(it, 1))
            }
            Some(_) => None,
        }
    }

    /// The text with declarations in the block, and where they begin there.
    fn filled(&self, text: &str, declared: &str) -> (String, usize) {
        let outer = "    ".repeat(self.depth);
        let Some(block) = self.block else {
            let at = self.span.end as usize;
            let head = format!("{} {{\n", &text[..at]);
            let start = head.len();
            return (format!("{head}{declared}{outer}}}{}", &text[at..]), start);
        };
        let brace = block.end as usize - 1;
        let inside = text[block.start as usize + 1..brace].trim_end();
        let head = &text[..=block.start as usize];
        let space = if inside.is_empty() { "\n" } else { "\n\n" };
        let head = format!("{head}{inside}{space}");
        let start = head.len();
        (format!("{head}{declared}{outer}{}", &text[brace..]), start)
    }
}

/// The text of the file with all that the language takes of what a database has, and what there is to say of the rest of the tree.
fn settled(
    tree: &Tree,
    path: &str,
    before: &Arc<str>,
    place: &Place,
    baseline: &mut Baseline,
) -> anyhow::Result<(String, Option<(Diagnostics, SourceMap)>)> {
    loop {
        let declarations: Declarations = baseline.declarations(place.depth);
        let (text, start) = place.filled(before, &declarations.text);
        let (found, sources) = checked(&tree.with([(TreePath::parse(path)?, Arc::from(text.as_str()))]))?;
        if !found.fails() {
            return Ok((laid_out(before, text), None));
        }
        let mut is_less = false;
        for Diagnostic { primary, message, .. } in found.iter().filter(|it| it.fails()) {
            let Some(span) = primary.as_ref().map(|it| sources.written(it.span)) else { continue };
            let (from, to) = (span.start as usize, span.end as usize);
            let is_inside =
                sources.path(span) == path && from >= start && to <= start + declarations.text.len();
            if is_inside {
                is_less |= baseline.refuse(&declarations, from - start..to - start, message);
            }
        }
        if !is_less {
            return Ok((text, Some((found, sources))));
        }
    }
}

/// What is wrong with a tree in any of its environments.
fn checked(tree: &Tree) -> anyhow::Result<(Diagnostics, SourceMap)> {
    let environments = crate::environments(tree);
    let selections: Vec<Option<String>> = match environments.is_empty() {
        true => vec![None],
        false => environments.into_iter().map(Some).collect(),
    };
    let mut last = (Diagnostics::default(), SourceMap::default());
    for environment in selections {
        let outcome = crate::compile_ahead(tree, &Selection { environment, date: Some(today()) })?;
        last = (outcome.diagnostics, outcome.sources);
        if last.0.fails() {
            break;
        }
    }
    Ok(last)
}

/// A file that was laid out stays so.
fn laid_out(before: &Arc<str>, text: String) -> String {
    let mut map = SourceMap::default();
    let file = map.add("", Arc::clone(before));
    let is_laid_out = syntax::format::format(file, before).is_ok_and(|it| *it == **before);
    let formatted =
        is_laid_out.then(|| syntax::format::format(file, &Arc::from(text.as_str())).ok()).flatten();
    formatted.unwrap_or(text)
}
