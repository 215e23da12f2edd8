//! `trackside build`: writes the manifests and policies of a platform into a folder of their own.

use std::path::PathBuf;

use crate::Step;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::open;
use crate::cli::news::Findings;
use crate::cli::picture;
use crate::cli::progress::Progress;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::cli::watch;
use crate::diagnostic::visible::visible;
use crate::language::Selection;
use crate::language::include::Parsed;
use crate::output;
use crate::render::kubernetes::manifest::BETWEEN;

/// Write the manifests and policies of a platform into a folder
///
/// The folder belongs to the build: it is written whole and swapped at once, and one that holds anything else is refused.
/// What the files really allow is computed and held against what is declared before anything is written; `proof.json` says what
/// was compared. Of a tree with environments, the one marked `default=#true` is built unless `--env` names another.
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
    /// Build again whenever a file changes; while something is wrong, the folder stays as it is. Ctrl-C ends it with 0.
    #[arg(long, conflicts_with_all = ["stdout", "format"])]
    watch: bool,
    /// Prove nothing of what is written: `index.json` says so, and there is no `proof.json`.
    #[arg(long)]
    no_proof: bool,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human, conflicts_with = "stdout")]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, output, env, stdout, watch, no_proof, format } = args;
    if *watch {
        return run_again_and_again(args, terminal);
    }
    let tree = open(dir)?;
    let progress = Progress::start(terminal, step(Step::Read));
    // No date: the calendar never breaks a build, only `check` refuses a waiver that has ended.
    let selection = Selection { environment: env.clone(), date: None };
    let mut outcome =
        crate::compile_again(&tree, &selection, &mut Parsed::default(), |it| progress.step(step(it)))?;
    progress.step("proving");
    let proof = outcome.prove_unless(*no_proof);
    let Some(compiled) = outcome.compiled else {
        progress.end();
        let stream = if *format == Format::Human { &terminal.err } else { &terminal.out };
        stream.print(&report::render(*format, &outcome.diagnostics, &outcome.sources, dir, stream))?;
        return Ok(Exit::Findings);
    };
    let found = |stream| report::render(*format, &outcome.diagnostics, &outcome.sources, dir, stream);
    if *stdout {
        let mut text = String::new();
        for manifest in compiled.artifacts.in_order() {
            text.push_str(BETWEEN);
            text.push_str(manifest.text());
        }
        progress.end();
        terminal.err.print(&found(&terminal.err))?;
        terminal.out.print(&text)?;
        return Ok(Exit::Fine);
    }
    progress.step("writing");
    let files = compiled.files(proof.as_ref(), &outcome.sources);
    let written = output::write(output, dir, &files)?;
    progress.end();
    if *format != Format::Human {
        terminal.out.print(&found(&terminal.out))?;
        return Ok(Exit::Fine);
    }
    terminal.err.print(&found(&terminal.err))?;
    terminal.out.print(&picture::draw(output, &compiled, proof.as_ref(), &files, &written, &terminal.out))?;
    drop(files);
    Ok(Exit::Fine.leaving((compiled, outcome.sources, tree)))
}

fn run_again_and_again(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, output, env, no_proof, .. } = args;
    let mut before = Findings::default();
    let selection = Selection { environment: env.clone(), date: None };
    watch::run(dir, Some(output), terminal, |tree, parsed, changes| {
        let mut outcome = match crate::compile_again(tree, &selection, parsed, |_| {}) {
            Ok(outcome) => outcome,
            Err(bug) if changes.is_first() => return Err(bug.into()),
            Err(bug) => return terminal.err.print(&exit::sentence(&bug.into())),
        };
        let proof = outcome.prove_unless(*no_proof);
        let before = std::mem::replace(&mut before, Findings::of(&outcome));
        let found = match changes.is_first() {
            true => report::render(Format::Human, &outcome.diagnostics, &outcome.sources, dir, &terminal.out),
            false => changes.told() + &before.told(&outcome, dir, &terminal.out),
        };
        terminal.out.print(&found)?;
        let Some(compiled) = outcome.compiled else {
            let folder = visible(&output.to_string_lossy()).into_owned();
            return terminal.out.print(&format!("`{folder}` stays as it is\n"));
        };
        let files = compiled.files(proof.as_ref(), &outcome.sources);
        let written = match output::write(output, dir, &files) {
            Ok(written) => written,
            Err(error) if changes.is_first() => return Err(error.into()),
            // Whoever is watching can mend that too.
            Err(error) => return terminal.err.print(&exit::sentence(&error.into())),
        };
        terminal.out.print(&match changes.is_first() {
            true => picture::draw(output, &compiled, proof.as_ref(), &files, &written, &terminal.out),
            false => picture::what_became(files.len(), &written),
        })
    })
}

pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::Read => "reading",
        Step::Check => "checking",
        Step::Render => "rendering",
    }
}
