//! Findings for a person at a terminal, in the form that rustc made familiar.
//!
//! `annotate-snippets` draws the lines of text with what is said of them. It is given nothing but a few lines that
//! [`excerpt`] has cut out and cleaned, so neither the size of a file nor what it holds costs or harms anything. Whether
//! there are colours, and how wide the terminal is, is decided by who calls.

mod fix;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::renderer::{AnsiColor, Effects, Renderer, Style as Paint};
use annotate_snippets::{AnnotationKind, Group, Level, Snippet};

use crate::diagnostic::excerpt;
use crate::diagnostic::hidden::Hidden;
use crate::diagnostic::visible::shown;
use crate::diagnostic::{Diagnostic, Diagnostics, Fix, Label, Severity, Waived, mask};
use crate::source::{FileId, SourceMap, Span};

/// How it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The columns of the terminal.
    pub width: usize,
    /// Whether it is coloured.
    pub color: bool,
    /// How many findings are shown whole; the rest is counted by code.
    pub max: usize,
}

impl Default for Style {
    /// What a file or a pipe gets.
    fn default() -> Self {
        Self { width: 120, color: false, max: 100 }
    }
}

/// Writes all findings, ending with a line that counts them; nothing where there are none.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, style: &Style) -> String {
    let mut screen = listed(diagnostics, sources, style);
    let summary = diagnostics.summary().to_string();
    if !summary.is_empty() {
        screen.blank_line();
        screen.paint(BOLD, &summary);
        screen.out.push('\n');
    }
    screen.out
}

/// Writes all findings and counts nothing, with an empty line at the end.
pub fn list(diagnostics: &Diagnostics, sources: &SourceMap, style: &Style) -> String {
    let mut screen = listed(diagnostics, sources, style);
    if !diagnostics.is_empty() {
        screen.blank_line();
    }
    screen.out
}

fn listed<'a>(diagnostics: &'a Diagnostics, sources: &'a SourceMap, style: &Style) -> Screen<'a> {
    let mut screen = Screen::new(sources, &diagnostics.hidden, *style);
    let ranked = diagnostics.ranked();
    let (chosen, left_out) = ranked.split_at(style.max.min(ranked.len()));
    // What is shown stays in the order of the text; only what is left out is chosen by weight.
    let chosen: std::collections::BTreeSet<*const Diagnostic> =
        chosen.iter().map(|it| std::ptr::from_ref(*it)).collect();
    for diagnostic in diagnostics {
        if chosen.contains(&std::ptr::from_ref(diagnostic)) {
            match &diagnostic.waived {
                Some(waived) => screen.waived(diagnostic, waived),
                None => screen.diagnostic(diagnostic),
            }
        }
    }
    screen.left_out(left_out, diagnostics);
    screen
}

const BOLD: Paint = Paint::new().effects(Effects::BOLD);
const DIM: Paint = Paint::new().effects(Effects::DIMMED);
const GUTTER: Paint = AnsiColor::BrightBlue.on_default().effects(Effects::BOLD);
const HELP: Paint = AnsiColor::BrightCyan.on_default().effects(Effects::BOLD);

/// Narrower than this nothing can be read anyway.
const LEAST_WIDTH: usize = 40;

/// Places of one file that are so close are shown in one excerpt.
const CLOSE_LINES: usize = 12;
const CLOSE_BYTES: usize = 2_000;

/// A longer piece is marked at its first line: the eye needs to find it, not to measure it.
const MOST_MARKED_LINES: u32 = 6;

struct Screen<'a> {
    sources: &'a SourceMap,
    hidden: &'a Hidden,
    style: Style,
    out: String,
    /// Whether the last finding was a waived one, of which several follow each other without a gap.
    in_waived: bool,
    /// What must not be shown of the files that were shown so far.
    secrets: BTreeMap<FileId, Vec<Range<usize>>>,
}

/// Labels that are shown in one excerpt.
struct Cluster<'a> {
    file: FileId,
    range: Range<usize>,
    lines: Range<u32>,
    /// From the leftmost to the rightmost column that is marked in any of the lines.
    columns: Range<u32>,
    labels: Vec<(&'a Label, Range<usize>)>,
}

impl<'a> Screen<'a> {
    fn new(sources: &'a SourceMap, hidden: &'a Hidden, style: Style) -> Self {
        let style = Style { width: style.width.max(LEAST_WIDTH), ..style };
        Self { sources, hidden, style, out: String::new(), in_waived: false, secrets: BTreeMap::new() }
    }

    fn diagnostic(&mut self, it: &Diagnostic) {
        // No `..`: a new field must be shown here.
        let Diagnostic { code, severity, primary, message, related, help, fixes, environments, waived: _ } =
            it;
        self.blank_line();
        self.paint(paint(*severity), &format!("{}[{code}]", severity.word()));
        self.paint(BOLD, &format!(": {}", shown(message)));
        self.out.push('\n');
        let clusters = self.clusters(primary.iter().chain(related));
        let fixes: Vec<&Fix> = fixes.iter().filter(|it| !self.would_tell(it)).collect();
        let hunks: Vec<_> = fixes.iter().map(|it| fix::hunks(it, self.sources)).collect();
        let lines =
            clusters.iter().map(|it| it.lines.end).chain(hunks.iter().flatten().map(fix::Hunk::last_line));
        let gutter = lines.max().map_or(0, digits);
        for cluster in &clusters {
            self.cluster(cluster, primary.as_ref(), *severity, gutter);
        }
        if !environments.is_empty() {
            self.note(gutter, BOLD, "note", &in_environments(environments.iter().map(String::as_str)));
        }
        for text in help {
            self.note(gutter, HELP, "help", text);
        }
        for (fix, hunks) in fixes.iter().zip(hunks) {
            self.paint(HELP, "help");
            let _ = writeln!(self.out, ": {}", shown(&fix.title));
            for hunk in hunks {
                self.hunk(&hunk, primary.as_ref().map(|it| it.span.file), gutter);
            }
        }
    }

    /// One line: it is accepted, but it is there.
    fn waived(&mut self, it: &Diagnostic, waived: &Waived) {
        let Waived { span: _, reason, owner, until } = waived;
        if !self.in_waived {
            self.blank_line();
        }
        let place = it.primary.as_ref().map(|it| format!("{}: ", self.place(it.span))).unwrap_or_default();
        let line = format!(
            "waived[{}]: {place}{} (by `{}` until {}: {})",
            it.code,
            shown(&it.message),
            shown(owner),
            shown(until),
            shown(reason)
        );
        self.paint(DIM, &line);
        self.out.push('\n');
        self.in_waived = true;
    }

    fn left_out(&mut self, left_out: &[&Diagnostic], all: &Diagnostics) {
        let mut counts = BTreeMap::new();
        for it in left_out {
            *counts.entry((it.waived.is_some(), it.code)).or_insert(0_usize) += 1;
        }
        for (it, count) in all.more() {
            *counts.entry((it.waived, it.code)).or_default() += count;
        }
        if !counts.is_empty() {
            self.blank_line();
        }
        for ((waived, code), count) in counts {
            let word = if waived { " waived" } else { "" };
            let _ = writeln!(self.out, "and {count} more{word} of {code}: {}", code.row().title);
        }
    }

    /// Puts labels that stand close to each other together; the one of the primary label comes first.
    fn clusters<'l>(&self, labels: impl Iterator<Item = &'l Label>) -> Vec<Cluster<'l>> {
        let mut clusters: Vec<Cluster<'l>> = Vec::new();
        for label in labels {
            let file = label.span.file;
            let range = self.marked(label.span);
            let source = self.sources.file(file);
            let [start, end] = [range.start, range.end].map(|it| source.position(offset(it)));
            let lines = start.line..end.line;
            let first = if start.line == end.line { start.column } else { 1 };
            let columns = first..end.column.max(start.column);
            let close = clusters.iter_mut().find(|it| {
                it.file == file
                    && union(&it.lines, &lines).len() <= CLOSE_LINES
                    && union(&it.columns, &columns).len() <= self.style.width * 2 / 3
                    && union(&it.range, &range).len() <= CLOSE_BYTES
            });
            if let Some(cluster) = close {
                cluster.range = union(&cluster.range, &range);
                cluster.lines = union(&cluster.lines, &lines);
                cluster.columns = union(&cluster.columns, &columns);
                cluster.labels.push((label, range));
            } else {
                clusters.push(Cluster { file, lines, columns, labels: vec![(label, range.clone())], range });
            }
        }
        clusters
    }

    /// The part of a place that is underlined.
    fn marked(&self, span: Span) -> Range<usize> {
        let file = self.sources.file(span.file);
        let (start, mut end) = (span.start as usize, span.end as usize);
        let line = excerpt::line_of(file, start);
        let last = file.position(offset(end));
        let long = last.line - line >= MOST_MARKED_LINES
            || last.column as usize > self.style.width / 2
            || end - start > CLOSE_BYTES;
        let line_end = file.line_span(line).map_or(end, |it| it.end).max(start);
        if long {
            end = end.min(line_end);
        }
        if end <= line_end {
            // More than half a screen of it would push what stands around it out of sight.
            let most = file.text[start..end].char_indices().nth(self.style.width / 2);
            end = most.map_or(end, |(length, _)| start + length);
        }
        start..end
    }

    fn cluster(&mut self, it: &Cluster<'_>, primary: Option<&Label>, severity: Severity, gutter: usize) {
        let (sources, secrets) = (self.sources, self.secrets(it.file));
        let marks: Vec<Range<usize>> = it.labels.iter().map(|(_, range)| range.clone()).collect();
        let excerpt = excerpt::cut(sources.file(it.file), secrets, &marks);
        let (first, _) = it.labels[0];
        let place = self.place_with_column(first.span);
        self.arrow(gutter, &place);
        let annotations = it.labels.iter().zip(excerpt.marks).map(|((label, _), mark)| {
            let is_primary = primary.is_some_and(|it| std::ptr::eq(it, *label));
            let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let text = shown(&label.text);
            kind.span(mark).label((!text.is_empty()).then_some(text))
        });
        let snippet =
            Snippet::source(excerpt.text).line_start(excerpt.first as usize).annotations(annotations);
        let own_gutter = digits(it.lines.end);
        let renderer = if self.style.color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(self.style.width - (gutter - own_gutter)).hyperlink(false);
        let drawn = renderer.render(&[Group::with_level(level(severity)).element(snippet)]);
        for line in drawn.lines() {
            self.out.push_str(&" ".repeat(gutter - own_gutter));
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }

    fn hunk(&mut self, hunk: &fix::Hunk, current: Option<FileId>, gutter: usize) {
        let secrets = self.secrets(hunk.file).to_vec();
        let lines = fix::lines(hunk, self.sources.file(hunk.file), &secrets, self.style.width - gutter - 3);
        if current != Some(hunk.file) {
            let place = shown(&self.sources.file(hunk.file).path).into_owned();
            self.arrow(gutter, &place);
        }
        self.bar(gutter);
        for fix::Line { number, sign, text } in lines {
            self.paint(GUTTER, &format!("{number:<gutter$}"));
            let color = if sign == '+' { AnsiColor::BrightGreen } else { AnsiColor::BrightRed };
            self.out.push(' ');
            self.paint(color.on_default(), format!("{sign} {text}").trim_end());
            self.out.push('\n');
        }
        self.bar(gutter);
    }

    fn note(&mut self, gutter: usize, paint: Paint, word: &str, text: &str) {
        self.out.push_str(&" ".repeat(gutter + 1));
        self.paint(GUTTER, "=");
        self.out.push(' ');
        self.paint(paint, word);
        let _ = writeln!(self.out, ": {}", shown(text));
    }

    fn arrow(&mut self, gutter: usize, place: &str) {
        self.out.push_str(&" ".repeat(gutter));
        self.paint(GUTTER, "-->");
        let _ = writeln!(self.out, " {place}");
    }

    fn bar(&mut self, gutter: usize) {
        self.out.push_str(&" ".repeat(gutter + 1));
        self.paint(GUTTER, "|");
        self.out.push('\n');
    }

    fn blank_line(&mut self) {
        self.in_waived = false;
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn paint(&mut self, paint: Paint, text: &str) {
        let _ = if self.style.color {
            write!(self.out, "{paint}{text}{paint:#}")
        } else {
            self.out.write_str(text)
        };
    }

    fn place(&self, span: Span) -> String {
        format!("{}:{}", shown(self.sources.path(span)), self.sources.start(span).line)
    }

    fn place_with_column(&self, span: Span) -> String {
        format!("{}:{}", self.place(span), self.sources.start(span).column)
    }

    fn secrets(&mut self, file: FileId) -> &[Range<usize>] {
        let (sources, hidden) = (self.sources, self.hidden);
        self.secrets.entry(file).or_insert_with(|| hidden.of(file, sources.file(file)))
    }

    /// Whether the change itself would show a secret; one that only looks like one is masked as any text.
    fn would_tell(&self, fix: &Fix) -> bool {
        self.hidden.is_in(fix) && fix.edits.iter().all(|it| mask::looks_secret(&it.text).is_none())
    }
}

/// `in environment `staging``, `in environments `production` and `staging``.
pub(super) fn in_environments<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let word = if names.len() == 1 { "environment" } else { "environments" };
    let names: Vec<String> = names.map(|it| format!("`{it}`")).collect();
    match names.split_last() {
        Some((last, [])) => format!("in {word} {last}"),
        Some((last, rest)) => format!("in {word} {} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn paint(severity: Severity) -> Paint {
    let color = match severity {
        Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Hint => AnsiColor::BrightGreen,
    };
    color.on_default().effects(Effects::BOLD)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::NOTE,
    }
}

fn union<T: Ord + Copy>(one: &Range<T>, other: &Range<T>) -> Range<T> {
    one.start.min(other.start)..one.end.max(other.end)
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).expect("a text has less than 4 GiB")
}

fn digits(number: u32) -> usize {
    number.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code::Code;
    use crate::diagnostic::sample::{self, Sample};

    const STYLE: Style = Style { width: 80, color: false, max: 100 };

    fn check(sample: &Sample) -> String {
        render(&sample.diagnostics, &sample.sources, &STYLE)
    }

    /// A text with one finding at each place between `«` and `»`.
    fn marked(text: &str) -> Sample {
        let mut sample = Sample::default();
        let mut plain = String::new();
        let mut starts = Vec::new();
        for it in text.chars() {
            match it {
                '«' => starts.push(plain.len()),
                '»' => {
                    let span = Span::new(FileId(0), offset(starts.pop().unwrap()), offset(plain.len()));
                    let found = Diagnostic::new(Code::UnexpectedText, span, "look here").label("this");
                    sample.diagnostics.report(found);
                }
                _ => plain.push(it),
            }
        }
        sample.file("a.kdl", &plain)
    }

    #[test]
    fn an_everyday_report() {
        insta::assert_snapshot!(check(&sample::everyday()), @r#"
        error[TS001]: `service` knows no `replcas`
         --> platform.kdl:5:9
          |
        5 |         replcas 2
          |         ^^^^^^^ did you mean `replicas`?
          = help: type one of `image`, `port`, `replicas`
        help: replace by `replicas`
          |
        5 -         replcas 2
        5 +         replicas 2
          |

        error[TS001]: service `api` is declared twice
          --> platform.kdl:11:5
           |
         4 |     service "api" {
           |     ------------- first declared here
        ...
        11 |     service "api" { port 81 }
           |     ^^^^^^^^^^^^^ here again
          --> teams/all.kdl:2:1
           |
         2 | team "payments" { member "dee@example.com" }
           | --------------- this team owns both

        warning[TS001]: there is no service `apu`
         --> platform.kdl:9:17
          |
        9 |         reaches service="apu"
          |                 ^^^^^^^^^^^^^
          = note: in environments `production` and `staging`
        help: declare it
          |
        9 -         reaches service="apu"
        9 +         reaches service="api"
          |
         --> teams/all.kdl
          |
        2 + team "new"
          |

        waived[TS001]: platform.kdl:11: port below 1024 (by `payments` until 2027-03-31: the old gateway knows no other)

        hint[TS001]: no `team` is declared at all

        2 errors, 1 warning, 1 hint; 1 waived
        "#);
    }

    #[test]
    fn colours_only_where_they_are_asked_for() {
        let Sample { sources, diagnostics } = sample::everyday();
        let colored = render(&diagnostics, &sources, &Style { color: true, ..STYLE });
        let start = colored.lines().take(6).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(start.replace('\u{1b}', "␛"), @r"
        ␛[1m␛[91merror[TS001]␛[0m␛[1m: `service` knows no `replcas`␛[0m
         ␛[1m␛[94m-->␛[0m platform.kdl:5:9
          ␛[1m␛[94m|␛[0m
        ␛[1m␛[94m5␛[0m ␛[1m␛[94m|␛[0m         replcas 2
          ␛[1m␛[94m|␛[0m         ␛[1m␛[91m^^^^^^^␛[0m ␛[1m␛[91mdid you mean `replicas`?␛[0m
          ␛[1m␛[94m=␛[0m ␛[1m␛[96mhelp␛[0m: type one of `image`, `port`, `replicas`
        ");
        assert_eq!(without_colors(&colored), check(&sample::everyday()));
    }

    #[test]
    fn marks_stand_below_what_they_mark() {
        insta::assert_snapshot!(check(&marked("\ta «漢字» b\n\"👍🏽\" «x»\n«\u{1b}[31m» z\n")), @r#"
        error[TS001]: look here
         --> a.kdl:1:4
          |
        1 |     a 漢字 b
          |       ^^^^ this

        error[TS001]: look here
         --> a.kdl:2:6
          |
        2 | "👍🏽" x
          |        ^ this

        error[TS001]: look here
         --> a.kdl:3:1
          |
        3 | \u{1b}[31m z
          | ^^^^^^^^^^ this

        3 errors
        "#);
    }

    #[test]
    fn the_end_of_a_file_an_empty_line_and_every_newline_are_places() {
        insta::assert_snapshot!(check(&marked("\u{feff}a«»\r\n«»\r\nb«\r\n»«c\rd»\n«»")), @r"
        error[TS001]: look here
         --> a.kdl:1:2
          |
        1 | a
          |  ^ this

        error[TS001]: look here
         --> a.kdl:2:1
          |
        2 |
          | ^ this

        error[TS001]: look here
         --> a.kdl:3:2
          |
        3 |   b
          |  __^
        4 | | c
          | |_^ this

        error[TS001]: look here
         --> a.kdl:4:1
          |
        4 | / c
        5 | | d
          | |_^ this

        error[TS001]: look here
         --> a.kdl:6:1
          |
        6 |
          | ^ this

        5 errors
        ");
    }

    #[test]
    fn a_long_line_is_trimmed_around_the_place() {
        let long = "word ".repeat(200_000);
        insta::assert_snapshot!(check(&marked(&format!("{long}«here»{long}"))), @r"
        error[TS001]: look here
         --> a.kdl:1:1000001
          |
        1 | ...word word word word word word hereword word word word word word word w...
          |                                  ^^^^ this

        1 error
        ");
        insta::assert_snapshot!(check(&marked(&format!("x «{long}»"))), @r"
        error[TS001]: look here
         --> a.kdl:1:3
          |
        1 | x word word word word word word word word word word word word word word w...
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this

        1 error
        ");
    }

    #[test]
    fn a_long_piece_is_marked_at_its_first_line() {
        insta::assert_snapshot!(check(&marked("«one {\n    two\n}» x\n")), @r"
        error[TS001]: look here
         --> a.kdl:1:1
          |
        1 | / one {
        2 | |     two
        3 | | } x
          | |_^ this

        1 error
        ");
        insta::assert_snapshot!(check(&marked(&format!("«one {{{}\n}}» x\n", "\n    two".repeat(100_000)))), @r"
        error[TS001]: look here
         --> a.kdl:1:1
          |
        1 | one {
          | ^^^^^ this

        1 error
        ");
    }

    #[test]
    fn a_secret_is_masked_where_it_is_shown() {
        let text = "env \"DB_PASSWORD\" «\"hunter2\"» «x»\n";
        let shown = check(&marked(text));
        insta::assert_snapshot!(shown, @r#"
        error[TS001]: look here
         --> a.kdl:1:19
          |
        1 | env "DB_PASSWORD" "[masked]" x
          |                   ^^^^^^^^^^ this

        error[TS001]: look here
         --> a.kdl:1:29
          |
        1 | env "DB_PASSWORD" "[masked]" x
          |                              ^ this

        2 errors
        "#);
        assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn a_change_of_a_long_line_and_of_lines_stays_readable() {
        let long = "word ".repeat(40);
        let text = format!("{long}a {long}\nb\nc\n");
        let place = offset(long.len());
        let sample = Sample::default().file("a.kdl", &text).report(|_| {
            let here = Span::new(FileId(0), place, place + 1);
            let below = Span::new(FileId(0), offset(text.len() - 4), offset(text.len() - 2));
            Diagnostic::new(Code::UnexpectedText, here, "look")
                .replace(here, "xyz")
                .replace(below, "")
                .replace(below.before(), "new\nnewer\n")
        });
        insta::assert_snapshot!(check(&sample), @r"
    error[TS001]: look
     --> a.kdl:1:201
      |
    1 | ...ord word word word word word word a word word word word word word word...
      |                                      ^
    help: replace by `xyz`
      |
    1 - ...word word word word a word word word word word word word word word wor...
    1 + ...word word word word xyz word word word word word word word word word w...
      |
    help: remove this
      |
    2 - b
      |
    help: replace by `new\nnewer\n`
      |
    2 + new
    3 + newer
      |

    1 error
    ");
    }

    #[test]
    fn what_is_too_much_is_counted_the_heaviest_first() {
        let mut sample = marked("«a» «b» «c»\n");
        let mut diagnostics = Diagnostics::default();
        for (mut it, severity) in
            sample.diagnostics.into_iter().zip([Severity::Hint, Severity::Warning, Severity::Error])
        {
            it.severity = severity;
            diagnostics.report(it);
        }
        sample.diagnostics = diagnostics;
        let shown = render(&sample.diagnostics, &sample.sources, &Style { max: 1, ..STYLE });
        insta::assert_snapshot!(shown, @r"
        error[TS001]: look here
         --> a.kdl:1:5
          |
        1 | a b c
          |     ^ this

        and 2 more of TS001: text that KDL does not allow here

        1 error, 1 warning, 1 hint
        ");
    }

    #[test]
    fn nothing_found_says_nothing() {
        assert_eq!(check(&Sample::default()), "");
    }

    #[test]
    fn nothing_a_file_holds_acts_on_who_reads() {
        let shown = check(&sample::hostile());
        insta::assert_snapshot!(shown, @r#"
        error[TS001]: x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output
         --> a\n::error::b,c:d%.kdl:1:1
          |
        1 | env "A\u{1b}]0;x\u{7}" "[masked]"    \u{202e}x\u{200b}
          | -^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          | |
          | x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output
         --> a\n::error::b,c:d%.kdl:3:514
          |
        3 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaa
          |                               - x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output
          = note: in environment `x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output`
          = help: x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output
        help: replace by `x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output`
          |
        1 - env "A\u{1b}]0;x\u{7}" "[masked]"    \u{202e}x\u{200b}
        1 + x
        2 + ::error::owned
        3 + \u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %0A::set-output "A\u{1b}]0;x\...
          |

        waived[TS001]: a\n::error::b,c:d%.kdl:1: y\n::error::z (by `o\u{1b}[1m` until 2027\n: r\n::error::z)

        1 error; 1 waived
        "#);
        assert!(sample::is_inert(&shown));
        assert!(!shown.lines().any(|it| it.trim_start().starts_with("::")));
        let Sample { sources, diagnostics } = sample::hostile();
        let colored = render(&diagnostics, &sources, &Style { color: true, width: 0, max: 9 });
        assert!(sample::is_inert(&without_colors(&colored)));
    }

    /// Hundreds of findings in five megabytes, all in one line too: what is read per finding does not grow with either.
    #[test]
    fn the_size_of_a_file_costs_nothing() {
        let line = "    service \"api\" { port 8080 }\n";
        for line in [line.to_owned(), line.replace('\n', " ")] {
            let text = line.repeat(5_000_000 / line.len());
            let mut sample = Sample::default().file("a.kdl", &text);
            for it in 0..200 {
                let start = offset(it * 24_500);
                let span = Span::new(FileId(0), start, start + 3);
                sample
                    .diagnostics
                    .report(Diagnostic::new(Code::UnexpectedText, span, "look").related(span.after(), "x"));
            }
            let shown = render(&sample.diagnostics, &sample.sources, &Style { max: 1_000, ..STYLE });
            assert!(shown.len() < 200 * 1_000, "{} bytes", shown.len());
            assert!(shown.ends_with("\n200 errors\n"));
        }
    }

    /// Removes what we ourselves write to set colours.
    fn without_colors(text: &str) -> String {
        let mut parts = text.split("\u{1b}[");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |out, it| {
            let (codes, rest) = it.split_once('m').expect("only colours are set");
            assert!(codes.bytes().all(|it| it.is_ascii_digit() || it == b';'), "{codes}");
            out + rest
        })
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_inert(text in "(?s).{0,80}|[ab\"=\r\n\t:#\\[\u{1b}\u{202e}漢 ]{0,80}", places in proptest::collection::vec((0_usize..90, 0_usize..90), 0..5), color: bool, width in 0_usize..120) {
            let mut sample = Sample::default().file(&text, &text);
            let at = |it: usize| offset(text.floor_char_boundary(it.min(text.len())));
            for (start, length) in places {
                let span = Span::new(FileId(0), at(start), at(start + length));
                let found = Diagnostic::new(Code::UnexpectedText, span, &text).label(&text).related(span.before(), &text);
                sample.diagnostics.report(found.related(span.after(), "").help(&text).replace(span, &text));
            }
            let shown = render(&sample.diagnostics, &sample.sources, &Style { width, color, max: 3 });
            proptest::prop_assert!(sample::is_inert(&without_colors(&shown)), "{}", shown);
        }
    }
}
