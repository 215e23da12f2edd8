//! `trackside fmt`: lays out the files of a platform in one way.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use crate::Outcome;
use crate::cli::difference;
use crate::cli::exit::{self, Exit};
use crate::cli::folder::{below, leaves_tree, open};
use crate::cli::replace;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::diagnostic::code::Code;
use crate::diagnostic::visible::{shown, visible};
use crate::diagnostic::{Diagnostics, counted};
use crate::language::Selection;
use crate::language::include::{self, ROOT, Sources};
use crate::language::platform;
use crate::source::{FileId, SourceMap};
use crate::syntax::{self, format::format};
use crate::tree::Tree;

/// Lay out the files of a platform in one way
///
/// Only spaces, newlines and indentation change; every comment stays. A file with syntax errors is left as it is, and its
/// errors are shown.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// Files, or folders whose platform.kdl is meant with all that it includes; `-` formats standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing: show what would change, and exit with 1 if anything would.
    #[arg(long)]
    check: bool,
}

/// A file to be formatted.
struct File {
    /// Its path from here; `None` for standard input.
    path: Option<PathBuf>,
    text: Arc<str>,
}

/// What there was to do in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    Differs,
    /// It has mistakes, and stays as it is.
    Wrong,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { paths, check } = args;
    let mut files: Vec<File> = Vec::new();
    let mut all_read = true;
    for path in paths {
        if path == Path::new("-") {
            files.push(standard_input()?);
        } else if path.is_dir() {
            all_read &= platform(path, &mut files, terminal)?;
        } else {
            files.push(read(path)?);
        }
    }
    let verdicts = files.iter().map(|it| one(it, *check, terminal)).collect::<anyhow::Result<Vec<_>>>()?;
    let differing = verdicts.iter().filter(|it| **it == Verdict::Differs).count();
    if *check && differing > 0 {
        let files = counted(files.len(), "file");
        terminal.err.print(&format!("{differing} of {files} would change: run `trackside fmt`\n"))?;
    }
    let is_wrong = !all_read || verdicts.contains(&Verdict::Wrong);
    Ok(Exit::of_findings(is_wrong || (*check && differing > 0)))
}

/// Formats a file, or says how it would change.
fn one(file: &File, check: bool, terminal: &Terminal) -> anyhow::Result<Verdict> {
    let name = file.name();
    let mut map = SourceMap::default();
    let id = map.add(name.as_str(), file.text.clone());
    let formatted = match format(id, &file.text) {
        Ok(formatted) => formatted,
        Err(found) => {
            terminal.err.print(&report::human(&found, &map, &terminal.err))?;
            return Ok(Verdict::Wrong);
        }
    };
    let differs = *formatted != *file.text;
    match &file.path {
        _ if check && differs => terminal.out.print(&difference(&name, &file.text, &formatted, terminal))?,
        _ if check => {}
        None => terminal.out.print(&formatted)?,
        Some(path) if differs => {
            replace::replace(path, &file.text, &formatted)?;
            terminal.out.print(&format!("{}\n", visible(&name)))?;
        }
        Some(_) => {}
    }
    Ok(if differs { Verdict::Differs } else { Verdict::Fine })
}

/// Adds the files of the platform in a folder; whether all of them could be read.
fn platform(folder: &Path, files: &mut Vec<File>, terminal: &Terminal) -> anyhow::Result<bool> {
    let mut sink = Diagnostics::default();
    let Sources { map, documents: _ } = include::load(&open(folder)?, &mut sink);
    let known = |path: &Path| files.iter().any(|it| it.path.as_deref() == Some(path));
    let new = map.files().map(|(_, it)| File { path: Some(below(folder, &it.path)), text: it.text.clone() });
    let new: Vec<File> = new.filter(|it| !it.path.as_deref().is_some_and(known)).collect();
    files.extend(new);
    // Syntax errors are shown when it comes to formatting; here it is about files that are asked for and not there.
    let mut found = Diagnostics::default();
    sink.into_iter().filter(|it| is_of_files(it.code)).for_each(|it| found.report(it));
    found.sort();
    terminal.err.print(&report::render(Format::Human, &found, &map, folder, &terminal.err))?;
    Ok(!found.fails())
}

fn is_of_files(code: Code) -> bool {
    use Code::{IncludeLoop, NothingIncluded, PathOutsideTree, UnreadableFile};
    matches!(code, UnreadableFile | PathOutsideTree | IncludeLoop | NothingIncluded)
}

/// As large as a file of a tree may be.
const MOST_BYTES: u64 = 16 << 20;

fn read(path: &Path) -> anyhow::Result<File> {
    let name = path.display();
    let failed = || format!("could not read `{name}`");
    // Asked before it is opened: opening a pipe would wait for somebody to write to it.
    let metadata = std::fs::metadata(path).with_context(failed)?;
    if let Some(real) = leaves_tree(path).with_context(failed)? {
        anyhow::bail!(
            "could not read `{name}`: it leaves the tree through a symlink to `{}`",
            real.display()
        );
    }
    if !metadata.is_file() {
        anyhow::bail!("could not read `{name}`: it is no regular file");
    }
    let file = std::fs::File::open(path).with_context(failed)?;
    let mut bytes = Vec::new();
    // One byte more than allowed, whatever size the system tells: a file may grow while it is read.
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        anyhow::bail!("could not read `{name}`: it has more than {} MiB", MOST_BYTES >> 20);
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|it| {
        let offset = it.utf8_error().valid_up_to();
        anyhow::anyhow!(
            "could not read `{name}`: it is not UTF-8 text: its byte {offset} does not belong there"
        )
    })?;
    Ok(File { path: Some(path.to_owned()), text: text.into() })
}

fn standard_input() -> anyhow::Result<File> {
    let mut text = String::new();
    let input = std::io::stdin().take(MOST_BYTES + 1);
    std::io::BufReader::new(input).read_to_string(&mut text).context("could not read standard input")?;
    if text.len() as u64 > MOST_BYTES {
        anyhow::bail!("could not read standard input: it has more than {} MiB", MOST_BYTES >> 20);
    }
    Ok(File { path: None, text: text.into() })
}

/// How a file would change, without the secrets in it: the same places are masked that `check` masks.
fn difference(name: &str, before: &str, after: &str, terminal: &Terminal) -> String {
    let mut text = format!("{}:\n", visible(name));
    for line in difference::lines(&masked(before), &masked(after)) {
        let line = line.map(|it| shown(it.trim_end_matches('\r')).into_owned());
        text += &line.painted(&terminal.out);
        text.push('\n');
    }
    text
}

/// A text of the language without its secrets. What it needs of other files is not there, which nobody is told.
fn masked(text: &str) -> String {
    const PIECE: &str = "piece.kdl";
    let mut nobody = Diagnostics::default();
    let document = syntax::parse(FileId(0), text.into(), &mut nobody);
    let has_platform = document.nodes().any(|it| it.name() == platform::KIND.word);
    let files = match has_platform {
        true => vec![(ROOT, text.to_owned())],
        false => vec![
            (ROOT, format!("platform \"piece\" edition=\"2026\"\ninclude \"{PIECE}\"\n")),
            (PIECE, text.to_owned()),
        ],
    };
    let path = files.last().map_or(ROOT, |(path, _)| path);
    let Outcome { sources, diagnostics, .. } =
        crate::check(&Tree::memory(files.clone()), &Selection::default());
    sources.find(path).map_or_else(String::new, |it| diagnostics.masked(it, &sources))
}

impl File {
    fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "<stdin>".to_owned(), |it| it.to_string_lossy().into_owned())
    }
}
