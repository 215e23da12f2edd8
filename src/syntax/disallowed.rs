//! The code points that KDL allows nowhere in a text: control characters, marks that turn the direction of writing (with
//! which a text can show something else than it says), and a byte order mark that is not the first thing.
//!
//! They are looked for in one fast pass of their own, so that no other part needs to think of them.

use crate::diagnostic::code::Code;
use crate::syntax::report::Reporter;

/// How many of them are reported one by one.
const MOST: usize = 50;

/// How much is tried at once. Almost all text has none of these bytes, and a block without them is a few instructions.
const BLOCK: usize = 64;

/// Reports each of them. `quoted` tells whether a place is inside a string that knows escapes.
pub(super) fn check(text: &str, quoted: impl Fn(usize) -> bool, report: &mut Reporter<'_>) {
    let mut found = 0;
    let mut at = 0;
    let mut last = 0;
    while let Some((start, character)) = next(text, at) {
        at = start + character.len_utf8();
        found += 1;
        if found > MOST {
            last = start;
            continue;
        }
        let point = u32::from(character);
        let message =
            || format!("the code point U+{point:04X} ({}) may not stand in a text", name(character));
        report.report(Code::DisallowedCharacter, (start, at), message, |it, span| {
            if quoted(start) {
                it.replace(span, format!("\\u{{{point:x}}}"))
            } else {
                it.help("remove it, or write it as an escape in a quoted string").replace(span, "")
            }
        });
    }
    report.count(found.saturating_sub(MOST), (last, last));
}

/// Whether KDL allows a code point nowhere; a byte order mark at the very start is not asked about here.
pub(super) fn is_disallowed(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The first one at or behind `from`.
fn next(text: &str, from: usize) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let block = &bytes[at..bytes.len().min(at + BLOCK)];
        if block.iter().fold(false, |any, byte| any | suspicious(*byte)) {
            for offset in at..at + block.len() {
                let found = suspicious(bytes[offset]).then(|| text[offset..].chars().next()).flatten();
                let is_mark = offset == 0 && found == Some('\u{feff}');
                if let Some(character) = found.filter(|it| is_disallowed(*it) && !is_mark) {
                    return Some((offset, character));
                }
            }
        }
        at += block.len();
    }
    None
}

/// Whether a byte is, or starts, a code point that may be disallowed.
#[inline]
fn suspicious(byte: u8) -> bool {
    (byte < 0x20 && !(0x09..=0x0d).contains(&byte)) || byte == 0x7f || byte == 0xe2 || byte == 0xef
}

fn name(character: char) -> &'static str {
    match character {
        '\u{feff}' => "a byte order mark, which only the start of a file may have",
        '\u{200e}'..='\u{2069}' => "invisible, it turns the direction of writing",
        _ => "a control character",
    }
}
