//! Tokens and comments of several lines: their newlines, and their indentation where it is no part of their value.

use crate::syntax::byte;
use crate::syntax::format::INDENT;

const QUOTES: &str = "\"\"\"";

/// Prints a token. A string of several lines is indented anew, so deep.
pub(super) fn push_token(out: &mut String, token: &str, depth: usize) {
    let hashes = token.bytes().take_while(|it| *it == b'#').count();
    let is_multi_line = token[hashes..].starts_with(QUOTES);
    if !is_multi_line || (hashes == 0 && has_escaped_space(token)) {
        return push_lines(out, token);
    }
    let lines: Vec<&str> = lines(token).collect();
    let prefix = lines.last().map_or("", |last| &last[..byte::skip_spaces(last.as_bytes(), 0)]);
    out.push_str(&token[..hashes + QUOTES.len()]);
    let indent = INDENT.repeat(depth);
    for line in &lines[1..] {
        out.push('\n');
        if byte::skip_spaces(line.as_bytes(), 0) < line.len() {
            out.push_str(&indent);
            out.push_str(line.strip_prefix(prefix).unwrap_or(line));
        }
    }
}

/// Prints a text with its newlines as line feeds.
pub(super) fn push_lines(out: &mut String, text: &str) {
    for (index, line) in lines(text).enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(line);
    }
}

/// The lines of a text, however they end.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let end = byte::skip_line(bytes, start);
        next = (end < bytes.len()).then(|| end + byte::newline(bytes, end));
        Some(&text[start..end])
    })
}

/// Whether a string leaves spaces or newlines out, so that its lines as written are not its lines.
fn has_escaped_space(token: &str) -> bool {
    let bytes = token.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
        } else if byte::space(bytes, at + 1) + byte::newline(bytes, at + 1) > 0 {
            return true;
        } else {
            at += 2;
        }
    }
    false
}
