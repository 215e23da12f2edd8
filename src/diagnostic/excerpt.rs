//! The few lines of a file around a place, made fit to be shown.
//!
//! What is cut out does not grow with the file or with the line: of a line of megabytes only the surroundings of the
//! place are read. Secrets are masked, tabs widened and what acts is written out, and the marks move along.

use std::ops::Range;

use crate::diagnostic::mask::{self, MASK};
use crate::diagnostic::visible;
use crate::source::File;

/// Lines of a file, ready to print.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The number of the first line.
    pub(super) first: u32,
    /// The lines, with `\n` between them.
    pub(super) text: String,
    /// Where the marks are in `text`, in the order in which they were given.
    pub(super) marks: Vec<Range<usize>>,
}

/// How much of a line is read on either side of a place: more than any terminal shows, and more than any token is long,
/// so that the part which is shown is masked as it would be in the whole line.
const SURROUNDINGS: usize = 4096;

const TAB: &str = "    ";

/// Cuts out the lines of `marks`, which stand close to each other. `secrets` are the places of
/// the file that [`Hidden`](super::hidden::Hidden) knows.
pub(super) fn cut(file: &File, secrets: &[Range<usize>], marks: &[Range<usize>]) -> Excerpt {
    let start = marks.iter().map(|it| it.start).min().unwrap_or(0);
    let end = marks.iter().map(|it| it.end).max().unwrap_or(0);
    let range = whole_lines(file, start..end, SURROUNDINGS);
    let line = line_of(file, start);
    let mut shown = Shown::of(&file.text[range.clone()], &masks(file, secrets, &range));
    if shown.text.is_empty() || shown.text.ends_with('\n') {
        // An empty last line would not count as a line.
        shown.text.push(' ');
    }
    // A byte order mark is before its line, and nothing to be shown.
    let at = |offset: usize| offset.saturating_sub(range.start);
    let marks = marks.iter().map(|it| shown.starts[at(it.start)]..shown.ends[at(it.end)]);
    Excerpt { first: line, marks: marks.collect(), text: shown.text }
}

/// A piece of a file as it may be printed, without marks.
pub(super) fn shown(file: &File, secrets: &[Range<usize>], range: &Range<usize>) -> String {
    Shown::of(&file.text[range.clone()], &masks(file, secrets, range)).text
}

/// A file without its secrets and otherwise as it is: every line stays a line, and its indentation what it is.
pub(super) fn masked(file: &File, secrets: &[Range<usize>]) -> String {
    let (mut out, mut copied) = (String::with_capacity(file.text.len()), 0);
    for range in masks(file, secrets, &(0..file.text.len())) {
        let start = range.start.max(copied);
        if start >= range.end {
            continue;
        }
        out.push_str(&file.text[copied..start]);
        for line in file.text[start..range.end].split_inclusive('\n') {
            let content = line.trim();
            if content.is_empty() {
                out.push_str(line);
            } else {
                let (before, behind) = line.split_once(content).unwrap_or_default();
                out.extend([before, MASK, behind]);
            }
        }
        copied = range.end;
    }
    out.push_str(&file.text[copied..]);
    out
}

/// A text that is not in a file, such as one that a fix would make of it, as it may be printed in lines. `masks` are the
/// secrets in it that do not look like any.
pub(super) fn shown_text(text: &str, mut masks: Vec<Range<usize>>) -> String {
    masks.extend(mask::secrets(text).map(|it| it.range));
    masks.sort_by_key(|it| (it.start, it.end));
    Shown::of(text, &masks).text
}

/// The range widened to whole lines, or by so much of them.
pub(super) fn whole_lines(file: &File, range: Range<usize>, most: usize) -> Range<usize> {
    let line = |offset| file.line_span(line_of(file, offset)).unwrap_or(offset..offset);
    let start = line(range.start).start.max(range.start.saturating_sub(most));
    let end = line(range.end).end.min(range.end + most);
    // A place may be the newline itself, which is behind its line.
    let end = end.max(range.end);
    file.text.floor_char_boundary(start)..file.text.ceil_char_boundary(end)
}

/// The number of the line that a byte stands in.
pub(super) fn line_of(file: &File, offset: usize) -> u32 {
    file.position(u32::try_from(offset).expect("a text has less than 4 GiB")).line
}

fn masks(file: &File, secrets: &[Range<usize>], range: &Range<usize>) -> Vec<Range<usize>> {
    let found = mask::secrets(&file.text[range.clone()]).map(|it| it.range);
    let known = secrets.iter().filter(|it| it.start < range.end && it.end > range.start);
    let known = known.map(|it| it.start.max(range.start) - range.start..it.end.min(range.end) - range.start);
    let mut masks: Vec<Range<usize>> = found.chain(known).collect();
    masks.sort_by_key(|it| (it.start, it.end));
    masks
}

/// A text as it is printed, and where each of its bytes went.
#[derive(Default)]
struct Shown {
    text: String,
    /// Where a mark goes that starts at this byte.
    starts: Vec<usize>,
    /// Where a mark goes that ends at this byte.
    ends: Vec<usize>,
}

impl Shown {
    fn of(text: &str, masks: &[Range<usize>]) -> Self {
        let mut shown = Self { text: String::with_capacity(text.len()), ..Self::default() };
        let mut masks = masks.iter().peekable();
        let mut rest = text.char_indices();
        while let Some((at, it)) = rest.next() {
            while masks.peek().is_some_and(|mask| mask.end <= at) {
                masks.next();
            }
            let newline = matches!(it, '\n' | '\r');
            let masked = masks.peek().filter(|mask| mask.start <= at && !newline);
            let start = shown.text.len();
            let mut length = it.len_utf8();
            if let Some(mask) = masked {
                // Lines stay lines, so that their numbers stay true.
                let line = text[at..mask.end].find(['\n', '\r']).map_or(mask.end, |length| at + length);
                while rest.clone().next().is_some_and(|(next, _)| next < line) {
                    length += rest.next().map_or(0, |(_, it)| it.len_utf8());
                }
                shown.text.push_str(MASK);
            } else {
                if it == '\r' && text[at + 1..].starts_with('\n') {
                    rest.next();
                    length += 1;
                }
                shown.push(it, &text[at..]);
            }
            shown.record(start, length);
        }
        shown.starts.push(shown.text.len());
        shown.ends.push(shown.text.len());
        shown
    }

    fn push(&mut self, it: char, rest: &str) {
        match it {
            '\n' | '\r' => self.text.push('\n'),
            '\t' => self.text.push_str(TAB),
            _ if visible::hides(it) || rest.starts_with(visible::RUNNER_COMMAND) => {
                visible::escape(it, &mut self.text);
            }
            _ => self.text.push(it),
        }
    }

    /// Notes that `length` bytes went to what was written since `start`.
    fn record(&mut self, start: usize, length: usize) {
        let end = self.text.len();
        self.starts.extend(std::iter::repeat_n(start, length));
        // A mark that ends before the first byte ends before what was written for it; one that ends within, behind it.
        self.ends.push(start);
        self.ends.extend(std::iter::repeat_n(end, length - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    /// Shows the excerpt around what stands between `«` and `»`, with the place in the same brackets.
    fn check(marked: &str) -> String {
        let start = marked.find('«').unwrap();
        let end = marked.find('»').unwrap() - '«'.len_utf8();
        let mut sources = SourceMap::default();
        let file = sources.add("a.kdl", marked.replace(['«', '»'], ""));
        let file = sources.file(file);
        let Excerpt { first, mut text, marks } =
            cut(file, &mask::private_keys(&file.text), std::slice::from_ref(&(start..end)));
        text.insert(marks[0].end, '»');
        text.insert(marks[0].start, '«');
        format!("{first}: {}", text.replace('\n', "⏎"))
    }

    #[test]
    fn marks_move_along_with_what_is_shown() {
        let cases = [
            ("a\nb «c» d\ne", "2: b «c» d"),
            ("\t«x»\ty", "1:     «x»    y"),
            ("a\u{1b}[1m«b»\u{202e}c", r"1: a\u{1b}[1m«b»\u{202e}c"),
            ("a «b\u{7f}c» d", r"1: a «b\u{7f}c» d"),
            ("a\r\n«b»\r\nc", "2: «b»"),
            ("a\rb«c»\rd", "2: b«c»"),
            ("a«b\r\nc»d\n", "1: a«b⏎c»d"),
            ("«»", "1: «» "),
            ("a\n«»", "2: «» "),
            ("a«\n»b", "1: a«⏎»b"),
            ("a«\n»", "1: a«⏎» "),
            ("\u{feff}«a»", "1: «a»"),
            ("«\u{feff}a»", "1: «a»"),
            ("«\u{feff}»a", "1: «»a"),
            ("漢«👍»ä", "1: 漢«👍»ä"),
            ("env \"A_TOKEN\" «\"hunter2\"» x", "1: env \"A_TOKEN\" «\"[masked]\"» x"),
            ("env \"A_TOKEN\" \"hun«ter2\"» x", "1: env \"A_TOKEN\" \"«[masked]\"» x"),
            ("env \"A_TOKEN\" \"h«unter»2\" x", "1: env \"A_TOKEN\" \"«[masked]»\" x"),
            ("env \"A_TOKEN\" \"hunter2\" «x»", "1: env \"A_TOKEN\" \"[masked]\" «x»"),
            ("«##[error]» x", r"1: «\u{23}#[error]» x"),
            ("-----BEGIN PRIVATE KEY-----\nMIIx\nab«c»=\n-----END PRIVATE KEY-----\nd", "3: «[masked]»"),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text), expected);
        }
    }

    #[test]
    fn of_an_endless_line_only_the_surroundings_are_read() {
        let long = "äb ".repeat(1_000_000);
        let shown = check(&format!("x\n{long}«y»{long}\nz"));
        assert!(shown.starts_with("2: ") && shown.contains("«y»"), "the place is there");
        assert!(shown.len() < 3 * SURROUNDINGS, "{} bytes", shown.len());
    }

    proptest::proptest! {
        #[test]
        fn any_place_of_any_text_can_be_shown(text in "(?s).{0,60}|[ab\"=\r\n\t\u{feff}é ]{0,60}", place in 0_usize..60, length in 0_usize..60) {
            let mut sources = SourceMap::default();
            let file = sources.add("a.kdl", text.as_str());
            let file = sources.file(file);
            let start = text.floor_char_boundary(place.min(text.len()));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            let excerpt = cut(file, &[], std::slice::from_ref(&(start..end)));
            let mark = &excerpt.marks[0];
            proptest::prop_assert!(mark.start <= mark.end && excerpt.text.get(mark.clone()).is_some());
            proptest::prop_assert!(!excerpt.text.chars().any(|it| visible::hides(it) && it != '\n'));
        }
    }
}
