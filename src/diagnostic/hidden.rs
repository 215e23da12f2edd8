//! The places that hold secrets which only the language can tell: by the name of a variable, not by their own look.
//!
//! A pass that calls a text secret says where it stands. Every renderer masks that place whoever else points at it, and
//! leaves out changes that would write it again.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::{Edit, Fix, mask};
use crate::source::{Blank, File, FileId, SourceMap, Span};

/// Places apart from each other, so that one look finds what overlaps: where each begins, and where it ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden(BTreeMap<(FileId, u32), u32>);

impl Hidden {
    pub(super) fn add(&mut self, span: Span) {
        let Span { file, mut start, mut end } = span;
        if start >= end {
            return;
        }
        while let Some((at, until)) = self.last_before(file, end).filter(|(_, until)| *until > start) {
            self.0.remove(&(file, at));
            start = start.min(at);
            end = end.max(until);
        }
        self.0.insert((file, start), end);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for ((file, start), end) in &other.0 {
            self.add(Span::new(*file, *start, *end));
        }
    }

    /// Moves what stands in expansions to where it is written: a secret that is filled in is secret where it is given.
    pub(super) fn settle(&mut self, sources: &SourceMap) {
        let mut open: Vec<Span> = Vec::new();
        self.0.retain(|(file, start), end| {
            let is_expansion = file.is_expansion();
            open.extend(is_expansion.then(|| Span::new(*file, *start, *end)));
            !is_expansion
        });
        while let Some(span) = open.pop() {
            self.add(sources.written(span));
            if let Some(expansion) = sources.expansion(span.file) {
                let is_in = |it: &&Blank| it.start < span.end && span.start < it.end;
                let given = expansion.blanks.iter().filter(is_in).flat_map(|it| &it.given);
                open.extend(given.filter_map(|it| it.span));
            }
        }
    }

    /// The places of one file that no excerpt shows: these and its private keys, in their order.
    pub(super) fn of(&self, id: FileId, file: &File) -> Vec<Range<usize>> {
        let known = self.0.range((id, 0)..=(id, u32::MAX));
        let known = known.map(|((_, start), end)| without_quotes(&file.text, *start as usize..*end as usize));
        let mut all: Vec<Range<usize>> = known.chain(mask::private_keys(&file.text)).collect();
        all.sort_by_key(|it| (it.start, it.end));
        all
    }

    /// Whether a fix would put something secret into the text, or may hold what stood there before. Such a fix is for who
    /// holds the secret, not for an output. To take a secret out says nothing about it.
    pub(super) fn is_in(&self, fix: &Fix) -> bool {
        let writes = fix.edits.iter().any(|it| !it.text.is_empty());
        fix.edits
            .iter()
            .any(|Edit { span, text }| mask::looks_secret(text).is_some() || (writes && self.overlaps(*span)))
    }

    fn overlaps(&self, span: Span) -> bool {
        self.last_before(span.file, span.end).is_some_and(|(_, until)| until > span.start)
    }

    /// The last place that begins before a byte.
    fn last_before(&self, file: FileId, end: u32) -> Option<(u32, u32)> {
        self.0.range((file, 0)..(file, end)).next_back().map(|((_, start), until)| (*start, *until))
    }
}

/// What is inside the quotes of a string, so that it still reads as one.
fn without_quotes(text: &str, range: Range<usize>) -> Range<usize> {
    let written = &text[range.clone()];
    let inside = written.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match inside {
        Some(inside) if !inside.is_empty() && !written.starts_with("\"\"\"") => {
            range.start + 1..range.end - 1
        }
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_meet_become_one() {
        type Places = &'static [(u32, u32)];
        let cases: &[(Places, Places)] = &[
            (&[(1, 3), (5, 7)], &[(1, 3), (5, 7)]),
            (&[(5, 7), (1, 3), (2, 6)], &[(1, 7)]),
            (&[(1, 9), (2, 3)], &[(1, 9)]),
            (&[(2, 3), (4, 5), (1, 9)], &[(1, 9)]),
            (&[(3, 3)], &[]),
        ];
        for (added, expected) in cases {
            let mut hidden = Hidden::default();
            added.iter().for_each(|(start, end)| hidden.add(Span::new(FileId(1), *start, *end)));
            let kept: Vec<(u32, u32)> = hidden.0.iter().map(|((_, start), end)| (*start, *end)).collect();
            assert_eq!(kept, *expected, "{added:?}");
        }
    }

    #[test]
    fn a_change_over_a_hidden_place_is_left_out_unless_it_only_takes_away() {
        let mut hidden = Hidden::default();
        hidden.add(Span::new(FileId(1), 10, 20));
        let cases = [
            (1, 5, 12, "x", true),
            (1, 12, 13, "x", true),
            (1, 19, 30, "x", true),
            (1, 5, 30, "", false),
            (1, 10, 10, "x", false),
            (1, 20, 25, "x", false),
            (0, 5, 30, "x", false),
            (0, 0, 0, "ghp_0123456789abcdefghijABCDEFGHIJ012345", true),
        ];
        for (file, start, end, text, expected) in cases {
            let edit = Edit { span: Span::new(FileId(file), start, end), text: text.to_owned() };
            let fix = Fix { title: String::new(), edits: vec![edit] };
            assert_eq!(hidden.is_in(&fix), expected, "{start}..{end} {text}");
        }
    }
}
