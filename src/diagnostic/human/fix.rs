//! What a fix would change, as the lines before and after.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::diagnostic::excerpt;
use crate::diagnostic::{Edit, Fix};
use crate::source::{File, FileId, SourceMap};

/// Edits that stand so close that they are shown together.
pub(super) struct Hunk<'a> {
    pub(super) file: FileId,
    lines: Range<u32>,
    range: Range<usize>,
    edits: Vec<&'a Edit>,
}

/// A line that goes or comes.
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) sign: char,
    pub(super) text: String,
}

/// A larger change is named by its title and not drawn.
const MOST_BYTES: usize = 4_000;

/// What is read of a long line on either side of a change.
const SURROUNDINGS: usize = 1_000;

/// What is kept of a long line before a change.
const LEAD: usize = 20;

impl Hunk<'_> {
    pub(super) fn last_line(&self) -> u32 {
        self.lines.end
    }
}

/// The places that a fix changes, in the order of the files; nothing where drawing it would fill the screen.
pub(super) fn hunks<'a>(fix: &'a Fix, sources: &SourceMap) -> Vec<Hunk<'a>> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|it| it.span);
    let changed: usize = edits.iter().map(|it| it.text.len() + (it.span.end - it.span.start) as usize).sum();
    if changed > MOST_BYTES {
        return Vec::new();
    }
    let mut hunks: Vec<Hunk<'a>> = Vec::new();
    for edit in edits {
        let file = sources.file(edit.span.file);
        let range = edit.span.start as usize..edit.span.end as usize;
        let lines = excerpt::line_of(file, range.start)..excerpt::line_of(file, range.end);
        match hunks.last_mut() {
            Some(last)
                if last.file == edit.span.file
                    && lines.start <= last.lines.end + 1
                    && range.end - last.range.start <= MOST_BYTES =>
            {
                last.range.end = range.end;
                last.lines.end = lines.end;
                last.edits.push(edit);
            }
            _ => hunks.push(Hunk { file: edit.span.file, lines, range, edits: vec![edit] }),
        }
    }
    hunks
}

/// The lines that a hunk removes, then those that it puts there, each at most `width` wide.
pub(super) fn lines(hunk: &Hunk<'_>, file: &File, secrets: &[Range<usize>], width: usize) -> Vec<Line> {
    let range = excerpt::whole_lines(file, hunk.range.clone(), SURROUNDINGS);
    let before = excerpt::shown(file, secrets, &range);
    let (after, masks) = changed(&file.text, &range, &hunk.edits, secrets);
    let after = excerpt::shown_text(&after, masks);
    let (before, after): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let (before, after) = (&before[same..], &after[same..]);
    let same_end =
        before.iter().rev().zip(after.iter().rev()).take_while(|(before, after)| before == after).count();
    let (before, after) = (&before[..before.len() - same_end], &after[..after.len() - same_end]);
    let from = before.iter().zip(after).map(|(before, after)| common(before, after)).min().unwrap_or(0);
    let first = hunk.lines.start + u32::try_from(same).unwrap_or(0);
    let lines = |texts: &[&str], sign| -> Vec<Line> {
        let numbered = (first..).zip(texts);
        numbered.map(|(number, text)| Line { number, sign, text: trimmed(text, from, width) }).collect()
    };
    let mut all = lines(before, '-');
    all.extend(lines(after, '+'));
    all
}

/// A piece of a file after the edits in it, and where the secrets are that it keeps.
fn changed(
    text: &str,
    range: &Range<usize>,
    edits: &[&Edit],
    secrets: &[Range<usize>],
) -> (String, Vec<Range<usize>>) {
    let (mut out, mut kept) = (String::new(), Vec::new());
    let mut keep = |out: &mut String, piece: Range<usize>| {
        let inside = secrets.iter().filter(|it| it.start < piece.end && it.end > piece.start);
        let at = |offset: usize| out.len() + offset.clamp(piece.start, piece.end) - piece.start;
        kept.extend(inside.map(|it| at(it.start)..at(it.end)));
        out.push_str(&text[piece]);
    };
    let mut at = range.start;
    for edit in edits {
        let start = (edit.span.start as usize).max(at);
        keep(&mut out, at..start);
        out.push_str(&edit.text);
        at = (edit.span.end as usize).max(start);
    }
    keep(&mut out, at..range.end.max(at));
    (out, kept)
}

/// How many characters two lines have in common at their beginning.
fn common(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// What fits of a line, with its change in sight.
fn trimmed(text: &str, change: usize, width: usize) -> String {
    const CUT: &str = "...";
    if text.width() <= width {
        return text.to_owned();
    }
    let skipped = if change > LEAD + CUT.len() { change - LEAD } else { 0 };
    let mut out = if skipped > 0 { CUT.to_owned() } else { String::new() };
    let mut left = width - out.len() - CUT.len();
    for it in text.chars().skip(skipped) {
        let Some(rest) = left.checked_sub(it.width().unwrap_or(0)) else {
            out.push_str(CUT);
            break;
        };
        left = rest;
        out.push(it);
    }
    out
}
