//! Where the kdl crate reads a text differently, and which fault of it explains that.

use std::collections::BTreeMap;

use kdl::{KdlDocument, KdlError};
use trackside::diagnostic::Diagnostic;
use trackside::syntax::Document;

use super::canonical::canonical;
use super::read;
use super::tree::{Tree, ours, theirs};

/// Where the two readers differ, the fault of the crate that explains it; an error where none does.
pub(crate) fn difference(text: &str) -> Result<Option<&'static str>, String> {
    if costs_the_crate_too_much(text) {
        return Ok(None);
    }
    let (document, mistakes) = read(text);
    let meant = ours(&document);
    let parsed = KdlDocument::parse_v2(text);
    let explained = match (mistakes.is_empty(), &parsed) {
        (false, Err(_)) => return Ok(None),
        (true, Ok(parsed)) if theirs(parsed) == meant => return Ok(None),
        (true, Ok(_)) => explain_meaning(text, &meant),
        (true, Err(error)) => explain_refusal(text, &document, error),
        (false, Ok(parsed)) => explain_acceptance(text, &mistakes, &theirs(parsed)),
    };
    let parsed = parsed.map(|it| theirs(&it)).map_err(|it| it.to_string());
    explained.map(Some).ok_or_else(|| format!("{text:?}\nours   {mistakes:?} {meant:?}\ntheirs {parsed:?}"))
}

/// Nested `/-` doubles the time that the crate takes, and nested blocks exhaust its stack.
fn costs_the_crate_too_much(text: &str) -> bool {
    text.matches("/-").count() > 8 || text.matches('{').count() > 40
}

/// The crate takes what the specification forbids.
fn explain_acceptance(text: &str, mistakes: &[Diagnostic], theirs: &[Tree]) -> Option<&'static str> {
    let (spelt, reason) = as_the_crate_means(text, mistakes);
    let explained = reason.filter(|_| ours(&read(&spelt).0) == theirs);
    explained.or_else(|| mistakes.iter().find_map(|it| explain_one_acceptance(text, it)))
}

/// A text in which what the crate takes is spelt as the specification has it, and the first reason to change anything.
fn as_the_crate_means(text: &str, mistakes: &[Diagnostic]) -> (String, Option<&'static str>) {
    let mut spelt = String::new();
    let mut reason = None;
    let mut end = 0;
    let found: BTreeMap<usize, (&str, &str)> = mistakes
        .iter()
        .filter_map(|it| Some((it.code.id(), it.primary.as_ref()?.span)))
        .map(|(code, span)| (span.start as usize, (code, &text[span.start as usize..span.end as usize])))
        .collect();
    for (at, it) in text.char_indices() {
        let (instead, why) = match found.get(&at) {
            _ if at < end => continue,
            // Its U+007F mean what they say to us as well; all others it passes over where nothing is said.
            _ if is_disallowed(it) && (at > 0 || it != '\u{feff}') => {
                let instead = if it == '\u{7f}' { "\u{7f}" } else { " " };
                (instead.to_owned(), "it takes disallowed code points in comments, and U+007F anywhere")
            }
            Some(("TS008", found)) => {
                end = at + found.len();
                (found.to_ascii_lowercase(), "it takes `0X`, `0O` and `0B` for the start of a number")
            }
            Some(("TS009" | "TS011", "-inf")) => {
                end = at + "-inf".len();
                ("\"-inf\"".to_owned(), "it takes a bare `-inf` for a string")
            }
            _ => {
                spelt.push(it);
                continue;
            }
        };
        spelt.push_str(&instead);
        reason = reason.or(Some(why));
    }
    (spelt, reason)
}

fn explain_one_acceptance(text: &str, mistake: &Diagnostic) -> Option<&'static str> {
    let span = mistake.primary.as_ref()?.span;
    let (start, end) = (span.start as usize, span.end as usize);
    let found = &text[start..end];
    match mistake.code.id() {
        "TS016" => Some("it reads a file that says it is KDL 1 as KDL 2"),
        "TS002" | "TS007"
            if found.trim_start_matches('#').starts_with("\"\"\"") && found.starts_with('#') =>
        {
            Some("it takes `#\"\"\"` on one line for the start of a raw string of one line")
        }
        "TS009"
            if ["#true", "#false", "#null", "#inf", "#-inf", "#nan"]
                .iter()
                .any(|it| found.starts_with(it)) =>
        {
            Some("it needs no space behind a keyword")
        }
        "TS014" | "TS001" | "TS012" if text[..start].contains("/-") => {
            Some("it takes more than the one thing that may follow a `/-`")
        }
        _ => None,
    }
}

/// The crate refuses what the specification allows.
fn explain_refusal(text: &str, document: &Document, error: &KdlError) -> Option<&'static str> {
    let is_told = |it: &str| error.diagnostics.iter().any(|told| told.message.as_deref() == Some(it));
    let has_quote = format!("{:?}", ours(document)).contains(r#""\"""#);
    if text.contains("#\"\"\"")
        && (has_quote || is_told("Single-line raw strings cannot look like multi-line ones"))
    {
        return Some("it refuses a raw string of several lines whose value is one quote");
    }
    if text.split(|it: char| !it.is_ascii_hexdigit() && it != '_').any(|digits| digits.len() > 32) {
        return Some("it refuses numbers of more digits than 128 bits hold");
    }
    // What is left out is gone from the canonical spelling; that one it must read as we do.
    let again = KdlDocument::parse_v2(&canonical(document)).map(|it| theirs(&it)).ok()?;
    let agrees = again == ours(&read(&canonical(document)).0);
    (agrees && text.contains("/-"))
        .then_some("it refuses a `/-` with no space before it, or the `;` of a slashdashed node")
}

/// Both accept a text and differ about what it means.
fn explain_meaning(text: &str, meant: &[Tree]) -> Option<&'static str> {
    (text.contains("/-") && !meant.is_empty())
        .then_some("it drops what follows a `/-` with no space before it")
}

fn is_disallowed(it: char) -> bool {
    matches!(it,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
