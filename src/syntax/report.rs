//! Takes the mistakes of one text in, and stops counting them out where nobody would read on.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::source::{FileId, Span};

/// How many mistakes of one text are reported. The text is anybody's: without a bound, a megabyte of noise would become a
/// gigabyte of diagnostics.
pub(super) const MOST: usize = 200;

/// How much of the text a message quotes.
const SHOWN: usize = 40;

/// Where the mistakes of one text go.
pub(super) struct Reporter<'a> {
    file: FileId,
    sink: &'a mut Diagnostics,
    count: usize,
    muted: bool,
    /// Where the first mistake stands that was not reported.
    cut: Option<Span>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(file: FileId, sink: &'a mut Diagnostics) -> Self {
        Self { file, sink, count: 0, muted: false, cut: None }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, offset(start), offset(end))
    }

    /// Whether there are more mistakes than are shown.
    pub(super) fn is_full(&self) -> bool {
        self.count > MOST
    }

    /// Reports a mistake in `start..end`; `write` says the rest, and is asked only where it will be read.
    pub(super) fn report(
        &mut self,
        code: Code,
        (start, end): (usize, usize),
        message: impl FnOnce() -> String,
        write: impl FnOnce(Diagnostic, Span) -> Diagnostic,
    ) {
        if self.muted {
            return;
        }
        self.count += 1;
        let span = self.span(start, end);
        if self.is_full() {
            self.cut = Some(self.cut.map_or(span, |earlier| earlier.min(span)));
            return;
        }
        self.sink.report(write(Diagnostic::new(code, span, message()), span));
    }

    /// Takes nothing in for a while: what is read has been reported as a whole.
    pub(super) fn mute(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Counts mistakes that are not worth showing one by one.
    pub(super) fn count(&mut self, more: usize, (start, end): (usize, usize)) {
        if more > 0 {
            self.count += more;
            self.cut.get_or_insert(self.span(start, end));
        }
    }

    /// Says what was left out.
    pub(super) fn finish(self) {
        let Some(cut) = self.cut else {
            return;
        };
        let more = self.count.saturating_sub(MOST).max(1);
        let message = format!("{more} more syntax errors of this file are not shown");
        let diagnostic =
            Diagnostic::new(Code::TooManyErrors, cut, message).label("the first of them is here");
        self.sink.report(diagnostic.help("mend the others first; is this file KDL at all?"));
    }

    /// A change of several places.
    pub(super) fn fix(&self, title: impl Into<String>, edits: &[(usize, usize, &str)]) -> Fix {
        let edit = |(start, end, text): &(usize, usize, &str)| {
            let span = self.span(*start, *end);
            Edit { span, text: (*text).to_owned() }
        };
        Fix { title: title.into(), edits: edits.iter().map(edit).collect() }
    }
}

/// A piece of the text as a message quotes it: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    let mut quoted = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == SHOWN {
            quoted.push('…');
            break;
        }
        match character {
            '`' => quoted.push('\''),
            it if it.is_control() || super::disallowed::is_disallowed(it) => {
                quoted.extend(it.escape_unicode());
            }
            it => quoted.push(it),
        }
    }
    quoted
}

pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("a text has less than 4 GiB")
}
