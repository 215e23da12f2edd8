//! What formatting must not change.

use std::sync::Arc;

use trackside::source::FileId;
use trackside::syntax::format::format;

use super::read;
use super::tree::ours;

/// Formats a text and compares; what is wrong comes back.
pub(crate) fn holds(text: &str) -> Result<(), String> {
    let (document, mistakes) = read(text);
    let Ok(once) = format(FileId(0), &Arc::from(text)) else {
        return if mistakes.is_empty() { Err(format!("{text:?} was refused")) } else { Ok(()) };
    };
    let (formatted, mistakes_after) = read(&once);
    let twice = format(FileId(0), &Arc::from(&*once)).map_err(|it| format!("{text:?}\n{once:?}\n{it:?}"))?;
    let problem = match () {
        () if !mistakes.is_empty() || !mistakes_after.is_empty() => "a text with mistakes was formatted",
        () if ours(&document) != ours(&formatted) => "the meaning changed",
        () if comments(text) != comments(&once) => "comments changed",
        () if once != twice => "the second time it comes out differently",
        () => return Ok(()),
    };
    Err(format!("{problem}\n{text:?}\n{once:?}\n{twice:?}"))
}

/// What the comments say, in order, found by a scanner that knows strings and comments only.
fn comments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = if rest.starts_with("//") {
            rest.find(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']).unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_length(rest)
        } else if rest.starts_with("/-") {
            2
        } else {
            rest = &rest[string_length(rest).max(rest.chars().next().map_or(1, char::len_utf8))..];
            continue;
        };
        found.push(rest[..length].split_whitespace().collect::<Vec<_>>().join(" "));
        rest = &rest[length..];
    }
    found
}

fn block_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        match &text.as_bytes()[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
}

fn string_length(text: &str) -> usize {
    let hashes = text.bytes().take_while(|it| *it == b'#').count();
    let Some(body) = text[hashes..].strip_prefix('"') else {
        return 0;
    };
    let quotes =
        if body.starts_with("\"\"") && (hashes == 0 || !body.starts_with("\"\"#")) && !empty(body, hashes) {
            3
        } else {
            1
        };
    let close = format!("{}{}", "\"".repeat(quotes), "#".repeat(hashes));
    let mut at = hashes + quotes;
    while !text[at..].starts_with(&close) {
        let escape = hashes == 0 && text[at..].starts_with('\\');
        at += usize::from(escape);
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    at + close.len()
}

/// Whether a string is `""`, which the start of `"""` is not.
fn empty(body: &str, hashes: usize) -> bool {
    hashes == 0 && body.starts_with('"') && !body.starts_with("\"\"")
}
