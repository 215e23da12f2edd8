//! Every place that is pointed to is one: inside of a file, between two characters.

use trackside::diagnostic::{Diagnostic, Diagnostics};
use trackside::source::{SourceMap, Span};

/// Panics where one is not.
pub(crate) fn all(diagnostics: &Diagnostics, sources: &SourceMap) {
    diagnostics.iter().for_each(|it| one(it, sources));
}

fn one(diagnostic: &Diagnostic, sources: &SourceMap) {
    let labels = diagnostic.primary.iter().chain(&diagnostic.related).map(|it| it.span);
    let edits = diagnostic.fixes.iter().flat_map(|it| &it.edits).map(|it| it.span);
    let waiver = diagnostic.waived.iter().map(|it| it.span);
    for span in labels.chain(edits).chain(waiver) {
        let written = sources.written(span);
        assert!(
            span.start <= span.end && sources.file(written.file).text.get(range(written)).is_some(),
            "{diagnostic:?}"
        );
        let _place = sources.place(span);
    }
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}
