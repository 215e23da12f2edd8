//! Findings before their places are looked up: that is done document by document, each of them read once.

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, MOST_OF_CODE, Severity, Unlisted};
use crate::facts::manifest::{Manifests, Places};
use crate::render::yaml::Step;
use crate::source::Span;

/// A field of an object of the files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Field {
    /// The place of the object among all.
    pub(super) object: usize,
    /// The way to the field.
    pub(super) path: Vec<Step>,
}

/// A finding whose places are not known yet.
#[derive(Debug)]
pub(super) struct Finding {
    /// Its code.
    pub(super) code: Code,
    /// How bad it is.
    pub(super) severity: Severity,
    /// What is wrong.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: String,
    /// Where it is.
    pub(super) at: Field,
    /// What else matters, and what is to be said of it.
    pub(super) related: Option<(Field, &'static str)>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    kept: BTreeMap<Code, usize>,
    more: BTreeMap<Unlisted, usize>,
}

impl Findings {
    /// Takes one in; what is too much is counted, and not even made.
    pub(super) fn add(&mut self, code: Code, severity: Severity, make: impl FnOnce() -> Finding) {
        let kept = self.kept.entry(code).or_default();
        if *kept == MOST_OF_CODE {
            *self.more.entry(Unlisted { code, severity, waived: false }).or_default() += 1;
            return;
        }
        *kept += 1;
        self.found.push(make());
    }

    /// Reports all of them.
    pub(super) fn report(self, manifests: &Manifests, places: &Places<'_>, sink: &mut Diagnostics) {
        let fields = self.found.iter().flat_map(|it| [Some(&it.at), it.related.as_ref().map(|it| &it.0)]);
        let mut spans: BTreeMap<Field, Span> =
            fields.flatten().map(|it| (it.clone(), Span::default())).collect();
        for (field, span) in &mut spans {
            *span = places.find(&manifests.objects[field.object], &field.path);
        }
        for Finding { code, severity, message, help, at, related } in self.found {
            let mut diagnostic = Diagnostic::new(code, spans[&at], message).help(help);
            diagnostic.severity = severity;
            if let Some((field, text)) = related {
                diagnostic = diagnostic.related(spans[&field], text);
            }
            sink.report(diagnostic);
        }
        for (what, count) in self.more {
            sink.count(what, count);
        }
    }
}
