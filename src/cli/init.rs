//! `trackside init`: writes the smallest platform that builds, for its reader to change, and the pipeline beside it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::exit::{self, Exit};
use crate::cli::folder::open;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::diagnostic::visible::visible;
use crate::language::Selection;
use crate::language::ci::{Revision, Source};
use crate::language::include::ROOT;
use crate::language::value::Parse as _;
use crate::language::value::text::HttpsUrl;
use crate::render::ci::{self, Workflow};
use crate::syntax::Value;

/// Write a small platform to begin with
///
/// The file platform.kdl explains itself in its comments, and builds as it is. A file that is there already is never
/// touched.
///
/// With --ci, a workflow for GitHub is written as well, and beside a platform that is there already nothing but that. Where
/// the platform declares `ci "github"`, it is what that says; else it checks the tree of every pull request. It builds
/// trackside from one commit, because there is no release to take it from: without a declaration, --trackside says which.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The folder to write it in; made where there is none.
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Write .github/workflows/trackside.yml as well.
    #[arg(long)]
    ci: bool,
    /// Where the workflow has trackside from, where the platform does not say.
    #[arg(long, value_name = "REPOSITORY@COMMIT", requires = "ci", value_parser = source)]
    trackside: Option<Source>,
}

const MINIMAL: &str = include_str!("../../examples/minimal/platform.kdl");

/// Where GitHub looks.
const WORKFLOW: &str = ".github/workflows/trackside.yml";

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir, ci, trackside } = args;
    let (platform, workflow) = (below(dir, ROOT), below(dir, WORKFLOW));
    if !ci {
        write(&platform, MINIMAL)?;
        terminal.out.print(&told(&platform, dir))?;
        return Ok(Exit::Fine);
    }
    // Before anything is written: half of it would only be in the way of the next try.
    anyhow::ensure!(!workflow.exists(), "`{}` is there already, and stays as it is", workflow.display());
    if platform.exists() {
        let Some(text) = declared(dir, trackside.as_ref(), terminal)? else { return Ok(Exit::Findings) };
        write(&workflow, &text)?;
        terminal.out.print(&format!("wrote {}\n", visible(&workflow.to_string_lossy())))?;
        return Ok(Exit::Fine);
    }
    let text = undeclared(trackside.as_ref())?;
    write(&platform, MINIMAL)?;
    write(&workflow, &text)?;
    terminal.out.print(&told(&platform, dir))?;
    terminal.out.print(&format!("\nwrote {}\n", visible(&workflow.to_string_lossy())))?;
    Ok(Exit::Fine)
}

/// The workflow of a platform that is there; `None` where it does not build, which has been said.
fn declared(dir: &Path, trackside: Option<&Source>, terminal: &Terminal) -> anyhow::Result<Option<String>> {
    let tree = open(dir)?;
    // All environments have the same pipeline; it fails itself where they do not.
    let environment = crate::environments(&tree).into_iter().next();
    let outcome = crate::compile(&tree, &Selection { environment, date: None })?;
    let Some(compiled) = &outcome.compiled else {
        let found = report::render(Format::Human, &outcome.diagnostics, &outcome.sources, dir, &terminal.err);
        terminal.err.print(&found)?;
        return Ok(None);
    };
    let workflow = compiled.artifacts.ci.get(ci::WORKFLOW);
    match (workflow, trackside) {
        (Some(_), Some(_)) => {
            anyhow::bail!("the platform declares where trackside comes from: leave `--trackside` out")
        }
        (Some(file), None) => Ok(Some(String::from_utf8_lossy(&file.bytes).into_owned())),
        (None, trackside) => undeclared(trackside).map(Some),
    }
}

/// The workflow where nothing declares one.
fn undeclared(trackside: Option<&Source>) -> anyhow::Result<String> {
    let trackside = trackside.context(
        "there is no release of trackside that a workflow could use: name a commit that it is built from, \
         `--trackside https://github.com/OWNER/trackside@COMMIT`",
    )?;
    Ok(ci::workflow(&Workflow {
        branch: "main",
        path: ".",
        trackside,
        scan: None,
        lint: None,
        sarif: true,
        environments: None,
        registries: &BTreeSet::new(),
    }))
}

/// Reads where trackside comes from.
fn source(text: &str) -> Result<Source, String> {
    let (repository, revision) =
        text.rsplit_once('@').ok_or_else(|| "there is no `@` with a commit behind it".to_owned())?;
    Ok(Source {
        repository: HttpsUrl::parse(Value::String(repository)).map_err(|it| it.message)?,
        revision: Revision::parse(Value::String(revision)).map_err(|it| it.message)?,
    })
}

/// A file in a folder, as short as it can be said.
fn below(dir: &Path, file: &str) -> PathBuf {
    if dir == Path::new(".") { PathBuf::from(file) } else { dir.join(file) }
}

/// Writes a file that is not there yet, and the folders that it stands in.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.to_string_lossy();
    let folder = path.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            anyhow::bail!("`{name}` is there already, and stays as it is");
        }
        Err(error) => return Err(error).with_context(|| format!("could not write `{name}`")),
    };
    if let Err(error) = io::Write::write_all(&mut file, text.as_bytes()) {
        // Half a file would only be in the way of the next try.
        let _stays = fs::remove_file(path);
        return Err(error).with_context(|| format!("could not write `{name}`"));
    }
    Ok(())
}

fn told(platform: &Path, dir: &Path) -> String {
    let folder = match dir == Path::new(".") {
        true => String::new(),
        false => format!(" {}", quoted(&dir.to_string_lossy())),
    };
    let steps = [
        (format!("trackside check{folder}"), "say what is wrong with it"),
        (format!("trackside build{folder}"), "make manifests and policies, in the folder out"),
        ("trackside reference service".to_owned(), "read what may stand in a service"),
    ];
    let width = steps.iter().map(|(command, _)| command.width()).max().unwrap_or_default();
    let mut text = format!(
        "wrote {}: one project, two services, one public host\n\nnext:\n",
        visible(&platform.to_string_lossy())
    );
    for (command, what) in steps {
        let gap = " ".repeat(width - command.width());
        writeln!(text, "  {command}{gap}  # {what}").expect("a string takes every text");
    }
    text
}

/// A folder as it can be typed again.
fn quoted(folder: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "/._-+,:@%".contains(it);
    match folder.chars().all(is_plain) && !folder.starts_with('-') {
        true => folder.to_owned(),
        false => format!("'{}'", visible(folder).replace('\'', r"'\''")),
    }
}
