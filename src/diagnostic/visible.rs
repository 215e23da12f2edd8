//! What a text from outside looks like where it is shown: nothing in it acts, everything in it can be seen.
//!
//! Every renderer passes every piece that a file, a path or an argument may have shaped through [`shown`]. So no text
//! can move the cursor, colour a terminal, turn the reading direction round, add a line to a log or give a command to
//! the CI runner that collects the log.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::diagnostic::mask;

/// Masks what looks like a secret and makes the rest [`visible`]: what a renderer prints of a text.
pub fn shown(text: &str) -> Cow<'_, str> {
    match mask::masked(text) {
        Cow::Borrowed(same) => visible(same),
        Cow::Owned(masked) => Cow::Owned(visible(&masked).into_owned()),
    }
}

/// Writes out, as KDL's own escapes, every character that acts or hides instead of showing: `\u{1b}`, `\n`, `\u{202e}`.
///
/// Also breaks `##[`, which GitHub's runner takes for a command anywhere in a line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|it| it.is_ascii_control()) && !text.contains(RUNNER_COMMAND) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, it) in text.char_indices() {
        if hides(it) || text[at..].starts_with(RUNNER_COMMAND) {
            escape(it, &mut out);
        } else {
            out.push(it);
        }
    }
    Cow::Owned(out)
}

/// Whether a character is not a mark on the screen but a command to it: controls, newlines of every kind, what reorders
/// the text around it, and what takes no room (Unicode's "default ignorable" and format characters). An emoji that is
/// glued together from several is thereby shown in its parts, which is also the only width all terminals agree on.
pub fn hides(it: char) -> bool {
    matches!(it,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The old form of a workflow command, which is obeyed wherever it stands in a line.
pub(super) const RUNNER_COMMAND: &str = "##[";

/// Writes a character in a form that cannot act.
pub(super) fn escape(it: char, out: &mut String) {
    match it {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ => write!(out, "\\u{{{:x}}}", u32::from(it)).expect("a string takes every text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_or_hides_is_written_out() {
        let cases = [
            ("plain text, ümläute, 漢字 and 👍 stay", "plain text, ümläute, 漢字 and 👍 stay"),
            ("\u{1b}[31mred\u{1b}[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("one\ntwo\r\nthree\tfour", r"one\ntwo\r\nthree\tfour"),
            ("bell\u{7} backspace\u{8} delete\u{7f}", r"bell\u{7} backspace\u{8} delete\u{7f}"),
            ("admin\u{202e}txt.exe\u{2066}", r"admin\u{202e}txt.exe\u{2066}"),
            ("a\u{200b}b\u{feff}c\u{ad}d", r"a\u{200b}b\u{feff}c\u{ad}d"),
            ("a\u{2028}b\u{2029}c\u{85}d", r"a\u{2028}b\u{2029}c\u{85}d"),
            ("\u{e0041}tag \u{e0100}", r"\u{e0041}tag \u{e0100}"),
            ("👩\u{200d}🚀 ✈\u{fe0f}", r"👩\u{200d}🚀 ✈\u{fe0f}"),
            ("x ##[add-mask]y", r"x \u{23}#[add-mask]y"),
            ("###[error]z", r"#\u{23}#[error]z"),
            ("# ## [link]", "# ## [link]"),
        ];
        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
            assert_eq!(visible(expected), expected, "what is visible stays as it is");
        }
    }

    #[test]
    fn shown_masks_first_and_escapes_then() {
        let token = format!("\u{1b}ghp_{}\n", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5");
        assert_eq!(shown(&token), r"\u{1b}[masked]\n");
    }
}
