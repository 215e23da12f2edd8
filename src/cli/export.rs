//! `trackside export`: the platform as meant, for other programs.

use std::path::{Path, PathBuf};

use crate::Compiled;
use crate::Outcome;
use crate::Step;
use crate::cli::build::step;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::open;
use crate::cli::progress::Progress;
use crate::cli::replace;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::language::include::Parsed;
use crate::language::{Selection, export};
use crate::source::SourceMap;

/// Print what a platform means, as JSON for other programs
///
/// It is what the artifacts are made of: every default filled in, every reference followed, one environment laid over the
/// base. The form is described by `trackside schema platform`. No secret is in it: what is sealed has a digest in its place.
///
/// Of a tree with environments, the one marked `default=#true` is printed unless `--env` names another. Findings go to
/// standard error, and only a platform that builds is printed.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The folder that holds platform.kdl.
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// The environment to print.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Write to this file in place of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, env, output } = args;
    let tree = open(dir)?;
    let progress = Progress::start(terminal, step(Step::Read));
    // As for a build: no date.
    let selection = Selection { environment: env.clone(), date: None };
    let outcome =
        crate::compile_again(&tree, &selection, &mut Parsed::default(), |it| progress.step(step(it)))?;
    progress.end();
    let Outcome { sources, diagnostics, environments: _, sealed: _, lock: _, compiled } = outcome;
    terminal.err.print(&report::render(Format::Human, &diagnostics, &sources, dir, &terminal.err))?;
    let Some(Compiled { platform, artifacts: _ }) = compiled else {
        return Ok(Exit::Findings);
    };
    let text = export::render(&platform);
    match output {
        None => terminal.out.print(&text)?,
        Some(file) if is_source(file, dir, &sources) => {
            anyhow::bail!("`{}` belongs to the platform: choose another file", file.display())
        }
        Some(file) => replace::write(file, &text)?,
    }
    Ok(Exit::Fine)
}

/// Whether a file is one that the platform was read from.
fn is_source(file: &Path, dir: &Path, sources: &SourceMap) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    sources.files().any(|(_, it)| dir.join(&*it.path).canonicalize().is_ok_and(|it| it == file))
}
