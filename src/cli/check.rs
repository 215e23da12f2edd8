//! `trackside check`: says everything that is wrong with a platform, in every environment that it has.

mod fix;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::Outcome;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::open;
use crate::cli::news::Findings;
use crate::cli::progress::Progress;
use crate::cli::report::{self, Format};
use crate::cli::repository;
use crate::cli::terminal::Terminal;
use crate::cli::watch;
use crate::diagnostic::counted;
use crate::envelope::lock;
use crate::language::Selection;
use crate::language::value::Parse as _;
use crate::language::value::time::Date;
use crate::syntax::Value;

/// Say everything that is wrong with a platform
///
/// Every environment is checked unless `--env` names one, and nothing is written. All findings are shown at once, on
/// standard output; `trackside explain CODE` says more about each kind. Waivers are held against the date: one that has
/// ended is an error, one that ends within 30 days a warning.
///
/// With `--fix`, what has one certain remedy is mended: misspelt words and names, spellings of KDL 1, quotes and units,
/// defaults that are written out. Comments stay, a tree that is right never comes to mean something else, and what changed
/// is shown. What is then left is shown as ever.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The folder that holds platform.kdl.
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Check this environment alone.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// The day by which waivers are judged, in place of today (UTC).
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<Date>,
    /// Hold `secrets.lock` against that of a revision of git as well: no secret goes back to an older version.
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["fix", "watch"])]
    base: Option<String>,
    /// Mend what has one certain remedy, in the files themselves.
    #[arg(long)]
    fix: bool,
    /// Write nothing: show what `--fix` would change, and exit with 1 if it would change anything.
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Check again whenever a file changes, and say what is new and what is mended; Ctrl-C ends it with 0.
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    watch: bool,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, env, date, base, fix, dry_run, watch, format } = args;
    if *watch {
        return run_again_and_again(args, terminal);
    }
    let selection = Selection { environment: env.clone(), date: Some(date.unwrap_or_else(today)) };
    if *fix {
        let mode = if *dry_run { fix::Mode::DryRun } else { fix::Mode::Write };
        return fix::run(dir, &selection, *format, mode, terminal);
    }
    let tree = open(dir)?;
    let progress = Progress::start(terminal, "checking");
    let mut outcome = crate::check(&tree, &selection);
    progress.end();
    if let Some(base) = base {
        let before = repository::read_at(dir, base, lock::PATH)?;
        let no_text = || format!("`{}` is no text in `{base}`", lock::PATH);
        let before = before.map(String::from_utf8).transpose().with_context(no_text)?;
        outcome.check_against(before.map(Arc::from));
    }
    let text = match format {
        Format::Human => told(&outcome, args, terminal),
        other => report::render(*other, &outcome.diagnostics, &outcome.sources, dir, &terminal.out),
    };
    terminal.out.print(&text)?;
    let exit = Exit::of_findings(outcome.diagnostics.fails());
    Ok(exit.leaving((outcome, tree)))
}

fn run_again_and_again(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, env, date, .. } = args;
    let mut before = Findings::default();
    watch::run(dir, None, terminal, |tree, parsed, changes| {
        // Around midnight, it may be another day.
        let selection = Selection { environment: env.clone(), date: Some(date.unwrap_or_else(today)) };
        let outcome = crate::check_again(tree, &selection, parsed);
        let text = match changes.is_first() {
            true => told(&outcome, args, terminal),
            false => changes.told() + &before.clone().told(&outcome, dir, &terminal.out),
        };
        before.follow(&outcome);
        terminal.out.print(&text)
    })
}

fn told(outcome: &Outcome, args: &Args, terminal: &Terminal) -> String {
    let Args { dir, env, .. } = args;
    let files = counted(outcome.sources.files().count(), "file");
    let checked = match (env, outcome.environments.as_slice()) {
        (Some(name), names) if names.contains(name) => format!("{files} checked for {name}"),
        (Some(_), _) | (None, []) => format!("{files} checked"),
        (None, names) => format!("{files} checked for {}", names.join(", ")),
    };
    let listed = report::listed(&outcome.diagnostics, &outcome.sources, dir, &terminal.out);
    listed + &report::counted(&checked, &outcome.diagnostics, &terminal.out)
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(Value::String(text)).map_err(|it| match it.replacement {
        // In a file it stands in quotes.
        Some(meant) => format!("{}; write {}", it.message, meant.trim_matches('"')),
        None => it.message,
    })
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the compiler: the day comes in here")]
pub(super) fn today() -> Date {
    Date(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
}
