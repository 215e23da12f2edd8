//! `trackside build`: writes the manifests and policies of a platform into a folder of their own.

use std::path::PathBuf;

use crate::Compiled;
use crate::Step;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::open;
use crate::cli::picture;
use crate::cli::progress::Progress;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::language::Selection;
use crate::output;
use crate::render::index;
use crate::render::yaml::emit;

/// Write the manifests and policies of a platform into a folder
///
/// The folder belongs to the build: it is written whole and swapped at once, and one that holds anything else is refused.
/// Of a tree with environments, the one marked `default=#true` is built unless `--env` names another.
///
/// Findings go to standard error. With a `--format` for programs they are what goes to standard output, in place of the
/// picture of what was made.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The folder that holds platform.kdl.
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// The folder to write.
    #[arg(short, long, value_name = "DIR", default_value = "out")]
    output: PathBuf,
    /// The environment to build.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Write no folder; print all Kubernetes objects as one YAML stream, in the order in which they are applied.
    #[arg(long, conflicts_with = "output")]
    stdout: bool,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human, conflicts_with = "stdout")]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, output, env, stdout, format } = args;
    let tree = open(dir)?;
    let progress = Progress::start(terminal, step(Step::Read));
    // No date: the calendar never breaks a build, only `check` refuses a waiver that has ended.
    let selection = Selection { environment: env.clone(), date: None };
    let outcome = crate::compile_watched(&tree, &selection, |it| progress.step(step(it)))?;
    let Some(Compiled { platform, artifacts }) = outcome.compiled else {
        progress.end();
        let stream = if *format == Format::Human { &terminal.err } else { &terminal.out };
        stream.print(&report::render(*format, &outcome.diagnostics, &outcome.sources, dir, stream))?;
        return Ok(Exit::Findings);
    };
    let found = |stream| report::render(*format, &outcome.diagnostics, &outcome.sources, dir, stream);
    if *stdout {
        let mut text = String::new();
        for manifest in &artifacts.manifests {
            text.push_str("---\n");
            emit::emit_into(&manifest.object, &mut text);
        }
        progress.end();
        terminal.err.print(&found(&terminal.err))?;
        terminal.out.print(&text)?;
        return Ok(Exit::Fine);
    }
    progress.step("writing");
    let files = index::files(&platform, &artifacts, &outcome.sources);
    let listed: Vec<(&str, &[u8])> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let written = output::write(output, dir, &listed)?;
    progress.end();
    if *format != Format::Human {
        terminal.out.print(&found(&terminal.out))?;
        return Ok(Exit::Fine);
    }
    terminal.err.print(&found(&terminal.err))?;
    terminal.out.print(&picture::draw(
        output,
        &platform,
        &artifacts.manifests,
        &files,
        &written,
        &terminal.out,
    ))?;
    Ok(Exit::Fine)
}

pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::Read => "reading",
        Step::Check => "checking",
        Step::Render => "rendering",
    }
}
