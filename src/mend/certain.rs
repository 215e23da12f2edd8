//! Which of the changes that are offered are made without asking. What a person is offered may be a guess, because the person
//! looks at it; what is made unasked must be what was meant.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::Outcome;
use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::source::{FileId, SourceMap, Span};

/// What has to be known of all findings to judge one.
pub(super) struct Certain<'a> {
    sources: &'a SourceMap,
    /// Names that several places write, and that nothing has: most likely they are right, and the declaration is misspelt.
    agreed: BTreeSet<(&'a str, &'a str)>,
    /// Sealed values in the open: what looks like a mistake in them is what became of it.
    armoured: BTreeMap<FileId, Vec<Range<usize>>>,
}

impl<'a> Certain<'a> {
    pub(super) fn of(outcome: &'a Outcome) -> Self {
        let Outcome { sources, diagnostics, environments: _, sealed: _, lock: _, compiled: _ } = outcome;
        let mut asked: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for it in diagnostics.iter().filter(|it| it.code == Code::UnknownReference) {
            if let Some(pair) = alone(it).and_then(|it| renamed(it, sources)) {
                *asked.entry(pair).or_default() += 1;
            }
        }
        let agreed = asked.into_iter().filter(|(_, count)| *count > 1).map(|(pair, _)| pair).collect();
        let armoured = sources.files().map(|(id, file)| (id, armoured(&file.text))).collect();
        Self { sources, agreed, armoured }
    }

    /// The change that mends a finding, where there is one alone and it is certain. Of one that leaves the meaning as it is
    /// (`is_checked`) nothing can be lost.
    pub(super) fn change<'d>(&self, it: &'d Diagnostic, is_checked: bool) -> Option<&'d Fix> {
        let fix = alone(it).filter(|_| it.waived.is_none())?;
        let is_agreed = it.code == Code::UnknownReference
            && renamed(fix, self.sources).is_some_and(|it| self.agreed.contains(&it));
        let is_lost = || !is_checked && !REPEATS.contains(&it.code) && self.loses(fix);
        let is_armoured = || {
            fix.edits.iter().any(|it| self.armoured.get(&it.span.file).is_some_and(|all| is_in(it.span, all)))
        };
        (!is_agreed && !is_lost() && !is_armoured()).then_some(fix)
    }

    /// Whether a change takes away a word that it does not write again elsewhere.
    fn loses(&self, fix: &Fix) -> bool {
        let written: BTreeSet<&str> = fix.edits.iter().flat_map(|it| words(&it.text)).collect();
        let taken = fix.edits.iter().filter(|it| it.text.trim().is_empty());
        taken.flat_map(|it| words(self.sources.text(it.span))).any(|it| !written.contains(it))
    }
}

/// Findings about what says nothing, or nothing more: it stands there already, or it holds without being written.
const REPEATS: &[Code] = &[
    Code::RestatedDefault,
    Code::RepeatedInList,
    Code::RepeatedProperty,
    Code::RepeatedRedirect,
    Code::Duplicate,
    Code::ClaimRestated,
    Code::OfferedToItself,
    Code::UnexpectedAnnotation,
    Code::MarkOutsideEnvironment,
    Code::UnexpectedArgument,
];

/// The one change that is offered.
fn alone(it: &Diagnostic) -> Option<&Fix> {
    match &*it.fixes {
        [fix] => Some(fix),
        _ => None,
    }
}

/// What a change writes in the place of what.
fn renamed<'a>(fix: &'a Fix, sources: &'a SourceMap) -> Option<(&'a str, &'a str)> {
    match &*fix.edits {
        [edit] => Some((sources.text(edit.span).trim_matches('"'), edit.text.trim_matches('"'))),
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty())
}

/// From each beginning of an armoured value to its end.
fn armoured(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text[at..].find("-----BEGIN ").map(|it| at + it) {
        let end = text[start..].find("-----END ").map_or(text.len(), |it| start + it);
        let end = text[end..].find('\n').map_or(text.len(), |it| end + it);
        found.push(start..end);
        at = end;
    }
    found
}

fn is_in(span: Span, ranges: &[Range<usize>]) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    ranges.iter().any(|it| it.start <= end && start <= it.end)
}
