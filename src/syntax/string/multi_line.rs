//! Strings of several lines, and the indentation that is no part of them.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::syntax::byte::{self, STRING};
use crate::syntax::lexer::Lexer;
use crate::syntax::report::offset;
use crate::syntax::string::QUOTES;
use crate::syntax::token::{Kind, Token};

impl Lexer<'_> {
    /// Reads a string of several lines that starts at `start`, raw where it has hashes.
    pub(super) fn multi_line(&mut self, start: usize, hashes: usize) -> Token {
        let body = start + hashes + QUOTES.len();
        self.arena.start(offset(start));
        let Some(close) = self.multi_line_close(body, hashes) else {
            return self.unclosed_lines(start, body);
        };
        let end = close + QUOTES.len() + hashes;
        self.at = end;
        match byte::newline(self.bytes, body) {
            0 => self.report_first_line(start, body, close, hashes),
            newline => self.dedent(body + newline, close, hashes == 0),
        }
        Token { kind: Kind::Decoded, start, end }
    }

    pub(super) fn multi_line_close(&self, body: usize, hashes: usize) -> Option<usize> {
        let mut at = body;
        while at < self.bytes.len() {
            byte::looked_at(1);
            at = match self.bytes[at] {
                b'\\' if hashes == 0 => at + 2,
                b'"' if hashes == 0 && self.bytes[at..].starts_with(QUOTES) => return Some(at),
                b'"' if hashes == 0 => at + 1,
                b'"' => {
                    let quotes = self.bytes[at..].iter().take_while(|it| **it == b'"').count();
                    let closing = self.hashes(at + quotes, hashes);
                    if quotes >= QUOTES.len() && closing == hashes {
                        return Some(at + quotes - QUOTES.len());
                    }
                    at + quotes + closing
                }
                _ => at + 1,
            };
        }
        None
    }

    /// Takes the indentation of the last line off all lines and puts them together.
    pub(super) fn dedent(&mut self, first: usize, close: usize, escapes: bool) {
        let last = self.last_line(first, close, escapes);
        let Some(prefix) = self.prefix(last, close, escapes) else {
            let message = || "the closing `\"\"\"` must stand on a line of its own".to_owned();
            self.report.report(Code::MultiLine, (close, close + QUOTES.len()), message, |it, _| {
                it.help("put it on the next line, indented as the text is")
            });
            self.arena.push(&self.text[first..close]);
            return;
        };
        let mut at = first;
        let mut misplaced: Option<(usize, usize)> = None;
        while at < last {
            if at > first {
                self.arena.push_char('\n');
            }
            let content = self.skip_blank(at, escapes);
            let newline = byte::newline(self.bytes, content);
            if newline > 0 {
                at = content + newline;
                continue;
            }
            let from = self.skip_prefix(at, &prefix, escapes).unwrap_or_else(|| {
                misplaced.get_or_insert((at, content));
                content
            });
            at = self.copy_line(from, escapes);
        }
        if let Some((line, content)) = misplaced {
            let message = || "this line is not indented like the closing `\"\"\"`".to_owned();
            let closing = self.report.span(last, close + QUOTES.len());
            self.report.report(Code::MultiLine, (line, content), message, |it, _| {
                it.related(closing, "every line starts with the spaces and tabs that stand before this")
                    .help("indent the line alike, in the same spaces or tabs")
            });
        }
    }

    /// Where the last line of a string starts, escaped newlines not counted.
    pub(super) fn last_line(&self, first: usize, close: usize, escapes: bool) -> usize {
        let (mut at, mut line) = (first, first);
        while at < close {
            byte::looked_at(1);
            if escapes && self.bytes[at] == b'\\' {
                let spaces = self.skip_escaped_space(at);
                at = if spaces > at { spaces } else { at + 2 };
                continue;
            }
            if !byte::is(self.bytes[at], byte::LINE) {
                at += 1;
                continue;
            }
            match byte::newline(self.bytes, at) {
                0 => at += 1,
                newline => {
                    at += newline;
                    line = at;
                }
            }
        }
        line
    }

    /// The indentation that the last line gives; `None` where more than spaces stands on it.
    pub(super) fn prefix(&self, last: usize, close: usize, escapes: bool) -> Option<String> {
        let mut prefix = String::new();
        let mut at = last;
        while at < close {
            match byte::space(self.bytes, at) {
                0 if escapes && self.skip_escaped_space(at) > at && self.bytes[at] == b'\\' => {
                    at = self.skip_escaped_space(at);
                }
                0 => return None,
                length => {
                    prefix.push_str(&self.text[at..at + length]);
                    at += length;
                }
            }
        }
        Some(prefix)
    }

    /// Skips the spaces that a line starts with, escaped ones included.
    pub(super) fn skip_blank(&self, mut at: usize, escapes: bool) -> usize {
        loop {
            at = byte::skip_spaces(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'\\') if escapes && self.skip_escaped_space(at) > at => {
                    at = self.skip_escaped_space(at);
                }
                _ => return at,
            }
        }
    }

    /// Skips the indentation; `None` where the line has another one.
    pub(super) fn skip_prefix(&self, mut at: usize, prefix: &str, escapes: bool) -> Option<usize> {
        if self.bytes[at..].starts_with(prefix.as_bytes()) {
            return Some(at + prefix.len());
        }
        for expected in prefix.chars() {
            while escapes && self.bytes.get(at) == Some(&b'\\') {
                let spaces = self.skip_escaped_space(at);
                if spaces == at {
                    return None;
                }
                at = spaces;
            }
            let mut encoded = [0; 4];
            if !self.bytes[at..].starts_with(expected.encode_utf8(&mut encoded).as_bytes()) {
                return None;
            }
            at += expected.len_utf8();
        }
        Some(at)
    }

    /// Copies up to the newline that ends the line; returns where the next line starts.
    pub(super) fn copy_line(&mut self, from: usize, escapes: bool) -> usize {
        let (mut at, mut copied) = (from, from);
        loop {
            at = byte::skip_to(self.bytes, at, STRING);
            let newline = byte::newline(self.bytes, at);
            if newline > 0 || at == self.bytes.len() {
                self.arena.push(&self.text[copied..at]);
                return at + newline;
            }
            if escapes && self.bytes[at] == b'\\' {
                self.arena.push(&self.text[copied..at]);
                at = self.escape(at);
                copied = at;
            } else {
                at += 1;
            }
        }
    }

    pub(super) fn report_first_line(&mut self, start: usize, body: usize, close: usize, hashes: usize) {
        let text = &self.text[body..close];
        self.arena.push(text);
        let end = close + QUOTES.len() + hashes;
        let one_line = text.bytes().all(|it| !byte::is(it, byte::LINE));
        let edits = [(start + hashes, body, "\""), (close, end - hashes, "\"")];
        let fix = (one_line && !text.contains('"') && !text.ends_with('\\'))
            .then(|| self.report.fix("write it on one line", &edits));
        let message = || "a newline must follow the opening `\"\"\"`".to_owned();
        self.report.report(Code::MultiLine, (start, body), message, |it, _| {
            let it = it.help(
                "start the text on the next line; a text of one line goes between single quotes, `\"…\"`",
            );
            fix.into_iter().fold(it, Diagnostic::fix)
        });
    }

    /// Nothing closes the string: it takes all that is left. The first line that does not look like a part of it is shown.
    pub(super) fn unclosed_lines(&mut self, start: usize, body: usize) -> Token {
        let end = self.bytes.len();
        self.at = end;
        self.swallowed = true;
        let line = byte::line_start(self.bytes, start);
        let indent = byte::skip_spaces(self.bytes, line) - line;
        let likely = self.first_line_left_of(indent, body);
        let related = likely.map(|(from, to)| self.report.span(from, to));
        let message = || "this string is never closed".to_owned();
        self.report.report(Code::UnclosedString, (start, body), message, |it, _| {
            let it = it.help(format!(
                "close it with `\"\"\"{}` on a line of its own",
                "#".repeat((body - start - 3).min(20))
            ));
            match related {
                Some(span) => it.related(span, "it was probably meant to end before this line"),
                None => it,
            }
        });
        Token { kind: Kind::Decoded, start, end }
    }

    /// The first line behind `from` whose text starts at that indentation or before.
    fn first_line_left_of(&self, indent: usize, from: usize) -> Option<(usize, usize)> {
        let mut at = byte::skip_line(self.bytes, from);
        loop {
            at += byte::newline(self.bytes, at);
            if at >= self.bytes.len() {
                return None;
            }
            let text = byte::skip_spaces(self.bytes, at);
            let end = byte::skip_line(self.bytes, text);
            if text - at <= indent && end > text {
                return Some((text, end));
            }
            at = end;
        }
    }
}
