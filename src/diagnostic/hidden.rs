//! The places that hold secrets which only the language can tell: by the name of a variable, not by their own look.
//!
//! A pass that calls a text secret says where it stands. Every renderer masks that place whoever else points at it, and
//! leaves out changes that would write it again. What stands there is secret wherever else it stands: once everything is
//! found, the same text is masked in all files and in all that is said ([`Diagnostics::mask_known`]).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::diagnostic::mask::MASK;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix, Label, Waived, mask};
use crate::source::{Blank, File, FileId, SourceMap, Span};

#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// Places apart from each other, so that one look finds what overlaps: where each begins, and where it ends.
    places: BTreeMap<(FileId, u32), u32>,
    /// What finds the texts that stand there.
    values: Option<Arc<Regex>>,
}

impl Diagnostics {
    /// Masks what is known to be secret wherever else it stands: in the files, and in what is said of them. It comes last.
    pub(crate) fn mask_known(&mut self, sources: &SourceMap) {
        self.hidden.learn(sources);
        let Some(values) = self.hidden.values.clone() else { return };
        for (id, file) in sources.files() {
            for range in found(&values, &file.text) {
                self.hidden.add(Span::new(id, offset(range.start), offset(range.end)));
            }
        }
        for it in &mut self.found {
            // No `..`: a new field may hold a text.
            let Diagnostic {
                code: _,
                severity: _,
                primary,
                message,
                related,
                help,
                fixes,
                environments: _,
                waived,
            } = it;
            let labels = primary.iter_mut().chain(related).map(|Label { span: _, text }| text);
            let titles = fixes.iter_mut().map(|Fix { title, edits: _ }| title);
            let waived =
                waived.iter_mut().flat_map(|Waived { span: _, reason, owner, until: _ }| [reason, owner]);
            for text in std::iter::once(message).chain(labels).chain(help).chain(titles).chain(waived) {
                if let Some(masked) = without(&values, text) {
                    *text = masked;
                }
            }
        }
    }
}

impl Diagnostics {
    /// Hides what looks secret in a text that is `written` at a place: the lines stay readable otherwise. Where the text is
    /// spelt in another way there, all of the place is hidden.
    pub fn hide_within(&mut self, span: Span, written: &str, text: &str) {
        let Some(places) = places(written, text) else { return self.hide(span) };
        for range in places {
            self.hide(Span::new(span.file, span.start + offset(range.start), span.start + offset(range.end)));
        }
    }
}

/// Where in what is written the secrets of a text stand; `None` where one of them does not stand there as it is.
fn places(written: &str, text: &str) -> Option<Vec<Range<usize>>> {
    // The lines of KDL's `"""` and of YAML's `|` begin behind the first one.
    let is_block = written.starts_with(['|', '>']) || written.trim_start_matches('#').starts_with("\"\"\"");
    let mut start = 0;
    let lines = written.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line)
    });
    let mut lines = lines.skip(usize::from(is_block));
    let mut places = Vec::new();
    for line in text.lines().map(str::trim) {
        let written = lines.next();
        for secret in mask::secrets(line) {
            let (start, written) = written?;
            let start = start + written.find(line)?;
            places.push(start + secret.range.start..start + secret.range.end);
        }
    }
    Some(places)
}

impl Hidden {
    pub(super) fn add(&mut self, span: Span) {
        let Span { file, mut start, mut end } = span;
        if start >= end {
            return;
        }
        while let Some((at, until)) = self.last_before(file, end).filter(|(_, until)| *until > start) {
            self.places.remove(&(file, at));
            start = start.min(at);
            end = end.max(until);
        }
        self.places.insert((file, start), end);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for ((file, start), end) in &other.places {
            self.add(Span::new(*file, *start, *end));
        }
    }

    /// Moves what stands in expansions to where it is written: a secret that is filled in is secret where it is given.
    pub(super) fn settle(&mut self, sources: &SourceMap) {
        let mut open: Vec<Span> = Vec::new();
        self.places.retain(|(file, start), end| {
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
        let known = self.places.range((id, 0)..=(id, u32::MAX));
        let known = known.map(|((_, start), end)| without_quotes(&file.text, *start as usize..*end as usize));
        let mut all: Vec<Range<usize>> = known.chain(mask::private_keys(&file.text)).collect();
        all.sort_by_key(|it| (it.start, it.end));
        all
    }

    /// Whether a fix would put something secret into the text, or may hold what stood there before. Such a fix is for who
    /// holds the secret, not for an output. To take a secret out says nothing about it.
    pub(super) fn is_in(&self, fix: &Fix) -> bool {
        let writes = fix.edits.iter().any(|it| !it.text.is_empty());
        fix.edits.iter().any(|Edit { span, text }| {
            let is_known = || self.values.as_ref().is_some_and(|it| found(it, text).next().is_some());
            mask::looks_secret(text).is_some() || is_known() || (writes && self.overlaps(*span))
        })
    }

    /// Takes in what stands in the places: line by line, without quotes.
    fn learn(&mut self, sources: &SourceMap) {
        let mut values = BTreeSet::new();
        let mut left = MOST_BYTES;
        for ((file, start), end) in &self.places {
            let text = sources.text(Span::new(*file, *start, *end));
            for value in text.lines().map(bare).filter(|it| is_telling(it)) {
                left = left.saturating_sub(value.len());
                if left > 0 {
                    values.insert((Reverse(value.len()), value));
                }
            }
        }
        // Where one is the beginning of another, the longer one is tried first.
        let any: Vec<String> = values.iter().map(|(_, it)| regex::escape(it)).collect();
        self.values = match any.is_empty() {
            true => None,
            false => RegexBuilder::new(&any.join("|")).size_limit(MOST_BYTES << 9).build().ok().map(Arc::new),
        };
    }

    fn overlaps(&self, span: Span) -> bool {
        self.last_before(span.file, span.end).is_some_and(|(_, until)| until > span.start)
    }

    /// The last place that begins before a byte.
    fn last_before(&self, file: FileId, end: u32) -> Option<(u32, u32)> {
        self.places.range((file, 0)..(file, end)).next_back().map(|((_, start), until)| (*start, *until))
    }
}

/// How much of what is secret is looked for elsewhere. Nobody writes as much, and a stranger's text must not cost more.
const MOST_BYTES: usize = 128 << 10;

/// What a line of a secret is without the quotes around it.
fn bare(line: &str) -> &str {
    line.trim().trim_matches('#').trim_matches('"').trim()
}

/// Whether somebody who reads a text elsewhere learns anything by it. A short word of small letters is everywhere.
fn is_telling(value: &str) -> bool {
    let is_word = value.len() <= 8 && value.bytes().all(|it| it.is_ascii_lowercase());
    value.len() >= 6 && !is_word && value != MASK
}

/// Where the values stand in a text, as words of their own.
fn found<'t>(values: &'t Regex, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let is_word = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    let is_whole = move |it: &Range<usize>| {
        let value = &text[it.clone()];
        let before = is_word(text[..it.start].chars().next_back()) && is_word(value.chars().next());
        let behind = is_word(text[it.end..].chars().next()) && is_word(value.chars().next_back());
        !before && !behind
    };
    values.find_iter(text).map(|it| it.range()).filter(is_whole)
}

/// A text with the values masked; `None` where none is in it.
fn without(values: &Regex, text: &str) -> Option<String> {
    let (mut out, mut copied) = (String::new(), 0);
    for range in found(values, text) {
        out.push_str(&text[copied..range.start]);
        out.push_str(MASK);
        copied = range.end;
    }
    (copied > 0).then(|| out + &text[copied..])
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("a text has less than 4 GiB")
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
            let kept: Vec<(u32, u32)> =
                hidden.places.iter().map(|((_, start), end)| (*start, *end)).collect();
            assert_eq!(kept, *expected, "{added:?}");
        }
    }

    #[test]
    fn of_a_text_that_stands_as_it_is_only_the_secrets_are_hidden() {
        let check = |written: &str, text: &str| {
            let mut shown = written.to_owned();
            let Some(places) = places(written, text) else { return "all of it".to_owned() };
            places.into_iter().rev().for_each(|it| shown.replace_range(it, MASK));
            shown
        };
        let seen = [
            check(r#""password: hunter2""#, "password: hunter2"),
            check(r#""password: hun\u{74}er2""#, "password: hunter2"),
            check(r#""user: app\npassword: hunter2""#, "user: app\npassword: hunter2"),
            check("\"\"\"\n  user: app\n  password: hunter2\n  \"\"\"", "user: app\npassword: hunter2"),
            check("|\n    hunter: a\n    password: hunter\n", "hunter: a\npassword: hunter\n"),
            check(">\n    DB_PASSWORD=a1b2\n    c3d4\n", "DB_PASSWORD=a1b2 c3d4\n"),
            check("\"user: app\"", "user: app"),
        ];
        insta::assert_snapshot!(seen.join("\n"), @r#"
        "password: [masked]"
        all of it
        all of it
        """
          user: app
          password: [masked]
          """
        |
            hunter: a
            password: [masked]

        all of it
        "user: app"
        "#);
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
