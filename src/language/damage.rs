//! What could not be read, so that nobody is told of what is missing only because of that.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, SourceMap, Span};

/// Where text could not be read.
#[derive(Debug, Default)]
pub struct Damage {
    /// Where syntax errors start.
    places: BTreeSet<(FileId, u32)>,
    /// Whether so much is missing that it could be anything.
    is_great: bool,
}

/// Findings that say that something is not there.
const ABSENCE: [Code; 15] = [
    Code::MissingField,
    Code::UnknownReference,
    Code::Unused,
    Code::NothingToOverride,
    Code::MarkOutsideEnvironment,
    Code::UnusedWaiver,
    Code::UnknownPermission,
    Code::ExceptsNothing,
    Code::RouteForNobody,
    Code::RouteWider,
    Code::NotOffered,
    Code::UnusedOffer,
    Code::NothingToReach,
    Code::AddressWithoutReach,
    Code::NoGateway,
];

impl Damage {
    /// What loading and parsing reported.
    pub fn of(sink: &Diagnostics, map: &SourceMap) -> Self {
        let mut damage = Self::default();
        for diagnostic in sink {
            if diagnostic.code <= Code::TooManyErrors
                && let Some(label) = &diagnostic.primary
            {
                damage.places.insert((label.span.file, label.span.start));
                // A string of one line ends with it at the latest; one of several takes all that follows.
                let opening = map.text(label.span).trim_start_matches('#');
                damage.is_great |= diagnostic.code == Code::UnclosedString && opening.starts_with("\"\"\"");
            }
            damage.is_great |= matches!(
                diagnostic.code,
                Code::UnclosedComment
                    | Code::UnclosedBlock
                    | Code::StrayBrace
                    | Code::TooDeep
                    | Code::TooManyErrors
                    | Code::UnreadableFile
                    | Code::PathOutsideTree
                    | Code::IncludeLoop
                    | Code::NothingIncluded
            );
        }
        damage
    }

    /// Whether something in a piece of text could not be read.
    pub fn touches(&self, span: Span) -> bool {
        self.places.range((span.file, span.start)..=(span.file, span.end)).next().is_some()
    }

    /// Leaves out what may be wrong only because something could not be read.
    pub fn excuse(&self, sink: &mut Diagnostics) {
        if !self.places.is_empty() {
            let is_syntax = |it: &Diagnostic| it.code <= Code::TooManyErrors;
            sink.retain(|it| is_syntax(it) || it.primary.as_ref().is_none_or(|at| !self.touches(at.span)));
        }
        if self.is_great {
            excuse_absence(sink);
        }
    }
}

/// Leaves out every finding that says that something is not there.
pub fn excuse_absence(sink: &mut Diagnostics) {
    sink.retain(|it| !ABSENCE.contains(&it.code));
}
