//! `trackside prove`: holds what rendered files really allow against what is declared.

use std::path::{Path, PathBuf};

use crate::Compiled;
use crate::Step;
use crate::cli::build::step;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::open;
use crate::cli::manifests;
use crate::cli::picture;
use crate::cli::progress::Progress;
use crate::cli::replace;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostics;
use crate::language::Selection;
use crate::language::include::Parsed;
use crate::proof::{self, Rendered};

/// Prove that rendered files allow what is declared, and nothing else
///
/// What the network policies in the files really allow, and how their pods are hardened, is computed from the files alone and
/// held against the declarations in both directions. A difference is an error at the declaration, with a witness: who reaches
/// whom on which port, and by which rules of which lines.
///
/// `build` does the same before it writes anything. With `--rendered`, it is done for a folder that is there already: one that
/// somebody has changed since, or that another revision has written.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The folder that holds platform.kdl.
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// The environment that is declared.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// The output folder of a build, in place of what would be built now.
    #[arg(long, value_name = "DIR")]
    rendered: Option<PathBuf>,
    /// Write what was proven into this file; schema/proof.schema.json describes it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, env, rendered, output, format } = args;
    let tree = open(dir)?;
    let progress = Progress::start(terminal, step(Step::Read));
    let selection = Selection { environment: env.clone(), date: None };
    let mut outcome =
        crate::compile_again(&tree, &selection, &mut Parsed::default(), |it| progress.step(step(it)))?;
    let mut proof = None;
    if let Some(Compiled { platform, artifacts }) = &outcome.compiled {
        progress.step("proving");
        let mut unread = Diagnostics::default();
        let rendered = match rendered {
            None => Rendered::of(artifacts, &mut unread),
            Some(folder) => {
                Rendered::read(manifests::texts(folder, &["kubernetes/*.yaml"], Path::new(""))?, &mut unread)
            }
        };
        let found = proof::prove(platform, &rendered);
        outcome.diagnostics.extend(found.findings.clone());
        outcome.diagnostics.sort();
        proof = Some((found.document(platform), found));
    }
    progress.end();
    let fails = outcome.diagnostics.fails();
    let text = match format {
        Format::Human => {
            let listed = report::render(*format, &outcome.diagnostics, &outcome.sources, dir, &terminal.out);
            match &proof {
                Some((_, proof)) if !fails => listed + &picture::proven(Some(proof)),
                _ => listed,
            }
        }
        other => report::render(*other, &outcome.diagnostics, &outcome.sources, dir, &terminal.out),
    };
    terminal.out.print(&text)?;
    if let (Some(file), Some((document, _)), false) = (output, &proof, fails) {
        replace::write(file, document)?;
    }
    Ok(Exit::of_findings(fails).leaving((outcome, tree)))
}
