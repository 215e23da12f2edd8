//! What differs between the findings of two runs.

use std::collections::BTreeMap;
use std::path::Path;

use clap::builder::styling::{AnsiColor, Effects};

use crate::Outcome;
use crate::cli::folder::below;
use crate::cli::report;
use crate::cli::terminal::Stream;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::visible::{shown, visible};

/// What makes a finding the same one though the text around it has moved.
type Key = (Code, String, Option<String>, Vec<String>, bool);

/// The findings of a run, each with its line where it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings(BTreeMap<Key, Vec<Option<u32>>>);

/// How many findings are listed that are no more.
const MOST_MENDED: usize = 10;

impl Findings {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let mut findings = Self::default();
        for it in &outcome.diagnostics {
            let line = it.primary.as_ref().map(|at| outcome.sources.start(at.span).line);
            findings.0.entry(key(it, outcome)).or_default().push(line);
        }
        findings
    }

    /// Becomes those of the next run, unless that one could not read all: what it does not see is not gone.
    pub(super) fn follow(&mut self, outcome: &Outcome) {
        if !is_unread(outcome) {
            *self = Self::of(outcome);
        }
    }

    /// Shows the findings that were not there before, names those that are there no more, and counts.
    pub(super) fn told(mut self, outcome: &Outcome, dir: &Path, stream: &Stream) -> String {
        let mut new = outcome.diagnostics.clone();
        let mut same = 0;
        new.retain(|it| {
            let earlier = self.0.get_mut(&key(it, outcome)).and_then(Vec::pop);
            same += usize::from(earlier.is_some());
            earlier.is_none()
        });
        let mut text = report::listed(&new, &outcome.sources, dir, stream);
        // While an editor puts another file in its place, nothing is mended.
        let mended = if is_unread(outcome) { Vec::new() } else { self.mended(dir, stream) };
        for line in mended.iter().take(MOST_MENDED) {
            text.extend([line, "\n"]);
        }
        if mended.len() > MOST_MENDED {
            let more = (mended.len() - MOST_MENDED).to_string();
            text.extend(["and ", &more, " more are mended\n"]);
        }
        if outcome.diagnostics.is_empty() {
            return text + "nothing to mend\n";
        }
        let summary = outcome.diagnostics.summary();
        text + &format!("{} new, {} mended, {same} as before: {summary}\n", new.len(), mended.len())
    }

    /// A line for each that is left.
    fn mended(&self, dir: &Path, stream: &Stream) -> Vec<String> {
        let left = self.0.iter().flat_map(|(key, lines)| lines.iter().map(move |line| (key, line)));
        left.map(|((code, message, path, ..), line)| {
            let place = path.as_ref().map_or(String::new(), |path| {
                let path = below(dir, path);
                let line = line.map_or(String::new(), |it| format!(":{it}"));
                format!("{}{line}: ", visible(&path.to_string_lossy()))
            });
            let style = AnsiColor::Green.on_default().effects(Effects::BOLD);
            let word = stream.paint(style, &format!("mended[{code}]"));
            format!("{word}: {place}{}", shown(message))
        })
        .collect()
    }
}

/// Whether a file could not be read, so that nothing can be said of what stands in it.
fn is_unread(outcome: &Outcome) -> bool {
    outcome.diagnostics.iter().any(|it| it.code == Code::UnreadableFile)
}

fn key(it: &Diagnostic, outcome: &Outcome) -> Key {
    let path = it.primary.as_ref().map(|at| outcome.sources.path(at.span).to_owned());
    let environments = it.environments.iter().cloned().collect();
    (it.code, it.message.clone(), path, environments, it.waived.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Selection;
    use crate::tree::Tree;

    fn check(before: &str, after: &str) -> String {
        let minimal = include_str!("../../examples/minimal/platform.kdl");
        let outcome =
            |text: &str| crate::check(&Tree::of(&format!("{minimal}\n{text}")), &Selection::default());
        let (before, after) = (outcome(before), outcome(after));
        Findings::of(&before).told(&after, Path::new("."), &Stream::plain())
    }

    #[test]
    fn what_has_moved_is_as_before() {
        let before = "team \"a\" 1\nteam \"b\" { x }\nexternal \"e\" { ports 1 }";
        let after = "\n\nteam \"a\" 1\nteam \"c\" { y }\nexternal \"e\" { ports 1 }";
        insta::assert_snapshot!(check(before, after), @r#"
        error[TS101]: unknown declaration `y` in `team`
          --> platform.kdl:39:12
           |
        39 | team "c" { y }
           |            ^
           = help: known in `team`: `member`

        mended[TS101]: platform.kdl:37: unknown declaration `x` in `team`
        1 new, 1 mended, 3 as before: 3 errors, 1 warning
        "#);
    }

    #[test]
    fn when_all_is_mended_there_is_nothing_left_to_say() {
        insta::assert_snapshot!(check("team \"a\" 1\nteam \"b\" 1", "team \"a\"\nteam \"b\""), @r"
        mended[TS103]: platform.kdl:36: `team` takes one argument
        mended[TS103]: platform.kdl:37: `team` takes one argument
        nothing to mend
        ");
        insta::assert_snapshot!(check("team \"a\"", "team \"a\" // still"), @"nothing to mend");
    }

    #[test]
    fn what_cannot_be_read_is_not_mended() {
        let minimal = include_str!("../../examples/minimal/platform.kdl");
        let before = crate::check(&Tree::of(&format!("{minimal}\nteam \"a\" 1")), &Selection::default());
        let gone = crate::check(&Tree::memory([("other.kdl", "")]), &Selection::default());
        let mut findings = Findings::of(&before);
        insta::assert_snapshot!(findings.clone().told(&gone, Path::new("."), &Stream::plain()), @r"
        error[TS050]: there is no file `platform.kdl`
         = help: run in the folder that holds it, or name that folder; `trackside init` makes one

        1 new, 0 mended, 0 as before: 1 error
        ");
        findings.follow(&gone);
        insta::assert_snapshot!(findings.told(&before, Path::new("."), &Stream::plain()), @"0 new, 0 mended, 1 as before: 1 error");
    }
}
