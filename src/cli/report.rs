//! Findings in the form that was asked for.

use std::path::{MAIN_SEPARATOR, Path};

use clap::ValueEnum;
use clap::builder::styling::{Effects, Style};

use crate::cli::repository;
use crate::cli::terminal::Stream;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::github;
use crate::diagnostic::human;
use crate::diagnostic::json;
use crate::diagnostic::sarif::{self, Audience};
use crate::source::SourceMap;

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a person at a terminal.
    Human,
    /// One JSON object; schema/diagnostics.schema.json describes it.
    Json,
    /// Annotations of a pull request, as a GitHub workflow prints them.
    Github,
    /// SARIF 2.1.0; waived findings are in it as suppressed results.
    Sarif,
    /// SARIF for GitHub's code scanning: without waived findings, within its limits.
    GithubSarif,
}

/// Writes findings. `folder` is the tree as its user named it.
pub(super) fn render(
    format: Format,
    diagnostics: &Diagnostics,
    sources: &SourceMap,
    folder: &Path,
    stream: &Stream,
) -> String {
    let root = || repository::path_to(folder);
    let sarif = |audience| {
        let run = sarif::Run { audience, root: &root(), category: None };
        sarif::render(diagnostics, sources, &run)
    };
    match format {
        Format::Human => human(diagnostics, &below(folder, sources), stream),
        Format::Json => json::render(diagnostics, sources),
        Format::Github => github::render(diagnostics, sources, &root(), github::PER_JOB),
        Format::Sarif => sarif(Audience::Everyone),
        Format::GithubSarif => sarif(Audience::GitHub),
    }
}

/// Lists findings for a person, and counts nothing.
pub(super) fn listed(
    diagnostics: &Diagnostics,
    sources: &SourceMap,
    folder: &Path,
    stream: &Stream,
) -> String {
    human::list(diagnostics, &below(folder, sources), &style(stream))
}

/// The line that ends a list for a person: what was done, and how much there is to mend.
pub(super) fn counted(done: &str, diagnostics: &Diagnostics, stream: &Stream) -> String {
    let summary = diagnostics.summary();
    let text = match (diagnostics.is_empty(), summary.waived == diagnostics.len()) {
        (true, _) => return format!("{done}: nothing to mend\n"),
        (false, true) => format!("{done}: nothing to mend; {summary}"),
        (false, false) => format!("{done}: {summary}"),
    };
    stream.paint(Style::new().effects(Effects::BOLD), &text) + "\n"
}

/// Writes findings for a person, with paths as they stand in `sources`.
pub(super) fn human(diagnostics: &Diagnostics, sources: &SourceMap, stream: &Stream) -> String {
    human::render(diagnostics, sources, &style(stream))
}

fn style(stream: &Stream) -> human::Style {
    let default = human::Style::default();
    let width = stream.width.unwrap_or(default.width);
    human::Style { width, color: stream.color, ..default }
}

/// The same texts, by paths that lead to them from here: what a terminal or an editor opens at a click.
fn below(folder: &Path, sources: &SourceMap) -> SourceMap {
    let folder = folder.strip_prefix(".").unwrap_or(folder).to_string_lossy();
    let folder = folder.trim_end_matches(MAIN_SEPARATOR);
    if folder.is_empty() {
        return sources.clone();
    }
    let mut named = SourceMap::default();
    for (_, file) in sources.files() {
        named.add(format!("{folder}/{}", file.path), file.text.clone());
    }
    named
}
