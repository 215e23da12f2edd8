//! The formatter on documents in all spellings.

use std::sync::Arc;

use trackside::source::FileId;
use trackside::syntax::format::format;

use super::agreement::on_tapes;
use super::canonical::canonical;
use super::tree::ours;
use super::{generate, read};

#[test]
fn formatting_changes_no_meaning_and_loses_no_comment() {
    on_tapes(|tape, _| holds(&generate::document(tape).0));
}

#[test]
fn a_text_with_mistakes_is_refused_and_any_other_formatted() {
    on_tapes(|tape, change| holds(&generate::mutate(&generate::document(tape).0, change)));
}

#[test]
fn what_is_printed_reads_the_same() {
    on_tapes(|tape, _| {
        let (text, _) = generate::document(tape);
        let (document, _) = read(&text);
        let printed = canonical(&document);
        let (again, mistakes) = read(&printed);
        match mistakes.first() {
            None if canonical(&again) == printed => Ok(()),
            None => Err(format!("{text:?}\n{printed}\n{}", canonical(&again))),
            Some(mistake) => Err(format!("{printed:?}\n{}", mistake.message)),
        }
    });
}

fn holds(text: &str) -> Result<(), String> {
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
