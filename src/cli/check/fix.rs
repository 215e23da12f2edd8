//! `trackside check --fix`: makes the changes that findings offer, and shows them.

use std::path::Path;

use crate::Outcome;
use crate::cli::difference;
use crate::cli::exit::Exit;
use crate::cli::folder::{below, open};
use crate::cli::progress::Progress;
use crate::cli::replace;
use crate::cli::report::{self, Format};
use crate::cli::terminal::{Stream, Terminal};
use crate::diagnostic::counted;
use crate::diagnostic::visible::visible;
use crate::language::Selection;
use crate::mend::{self, Change, Mended};
use crate::tree::path::TreePath;

/// What is to be done with the changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Write them.
    Write,
    /// Show them alone.
    DryRun,
}

pub(super) fn run(
    dir: &Path,
    selection: &Selection,
    format: Format,
    mode: Mode,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let tree = open(dir)?;
    let progress = Progress::start(terminal, "mending");
    let mended = mend::mend(&tree, selection);
    progress.end();
    let Mended { changes, before, after } = &mended;
    if mode == Mode::Write {
        write(dir, changes.iter())?;
    }
    let mut text = String::new();
    if format == Format::Human {
        for path in changes.keys() {
            text += &difference(dir, path, before, after, &terminal.out);
        }
        text += &summary(&mended, mode);
    }
    text += &report::render(format, &after.diagnostics, &after.sources, dir, &terminal.out);
    terminal.out.print(&text)?;
    let would_change = mode == Mode::DryRun && !changes.is_empty();
    Ok(Exit::of_findings(would_change || after.diagnostics.fails()))
}

/// Writes all files; none where one of them is no longer what was read or lies outside of the folder.
fn write<'a>(
    dir: &Path,
    changes: impl Iterator<Item = (&'a TreePath, &'a Change)> + Clone,
) -> anyhow::Result<()> {
    let top = dir.canonicalize()?;
    for (path, change) in changes.clone() {
        let file = below(dir, path.as_str());
        let is_inside = file.canonicalize().is_ok_and(|it| it.starts_with(&top));
        let is_same = std::fs::read(&file).is_ok_and(|it| it == change.before.as_bytes());
        if !is_inside || !is_same {
            anyhow::bail!("`{}` was changed meanwhile, and nothing is written", file.display());
        }
    }
    for (path, Change { before, after }) in changes {
        replace::replace(&below(dir, path.as_str()), before, after)?;
    }
    Ok(())
}

/// What changed in a file, without the secrets in it.
fn difference(dir: &Path, path: &TreePath, before: &Outcome, after: &Outcome, stream: &Stream) -> String {
    let shown = |it: &Outcome| {
        let file = it.sources.find(path.as_str());
        file.map_or(String::new(), |file| it.diagnostics.shown(file, &it.sources))
    };
    let (before, after) = (shown(before), shown(after));
    let mut text = format!("{}:\n", visible(&below(dir, path.as_str()).to_string_lossy()));
    for line in difference::lines(&before, &after) {
        text += &line.map(str::to_owned).painted(stream);
        text.push('\n');
    }
    text.push('\n');
    text
}

fn summary(mended: &Mended, mode: Mode) -> String {
    let Mended { changes, before, after } = mended;
    let count = |it: &Outcome| it.diagnostics.iter().filter(|it| it.waived.is_none()).count();
    let (before, left) = (count(before), count(after));
    let done = before.saturating_sub(left);
    let would = if mode == Mode::DryRun { "would be " } else { "" };
    let text = match (before, changes.len()) {
        (0, _) => "nothing to mend".to_owned(),
        (_, 0) => format!("{}, and no certain remedy", counted(before, "finding")),
        (_, files) => {
            format!("{done} of {} {would}mended in {}", counted(before, "finding"), counted(files, "file"))
        }
    };
    let gap = if after.diagnostics.is_empty() { "" } else { "\n" };
    format!("{text}\n{gap}")
}
