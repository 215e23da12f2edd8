//! Strings in quotes: plain and raw, on one line and on several, with their escapes and their dedent.

mod escape;
mod legacy;
mod multi_line;

use crate::diagnostic::code::Code;
use crate::syntax::byte::{self, STRING, WORD};
use crate::syntax::lexer::Lexer;
use crate::syntax::report::offset;
use crate::syntax::token::{Kind, Token};

const QUOTES: &[u8] = b"\"\"\"";

impl Lexer<'_> {
    /// Reads a string that starts with `"` here.
    pub(in crate::syntax) fn quoted(&mut self) -> Token {
        let start = self.at;
        if self.follows(QUOTES) {
            return self.multi_line(start, 0);
        }
        let mut at = start + 1;
        loop {
            at = byte::skip_to(self.bytes, at, STRING);
            match self.bytes.get(at) {
                Some(b'"') => {
                    if let Some(end) = self.missed_end(start, at) {
                        self.unclosed_on_line(start, end);
                        return Token { kind: Kind::Word, start: start + 1, end };
                    }
                    self.at = at + 1;
                    return Token { kind: Kind::Quoted, start, end: self.at };
                }
                Some(b'\\') => return self.quoted_with_escapes(start, at),
                Some(_) if byte::newline(self.bytes, at) == 0 => at += 1,
                _ => {
                    self.unclosed_on_line(start, at);
                    return Token { kind: Kind::Word, start: start + 1, end: at };
                }
            }
        }
    }

    /// Reads a raw string of so many `#` that starts here.
    pub(in crate::syntax) fn raw(&mut self, hashes: usize) -> Token {
        let start = self.at;
        let open = start + hashes;
        if self.bytes[open..].starts_with(QUOTES) {
            return self.multi_line(start, hashes);
        }
        let mut at = open + 1;
        while at < self.bytes.len() {
            byte::looked_at(1);
            match self.bytes[at] {
                b'"' => {
                    let closing = self.hashes(at + 1, hashes);
                    at += 1 + closing;
                    if closing == hashes {
                        self.at = at;
                        return Token { kind: Kind::Raw, start, end: at };
                    }
                }
                it if byte::is(it, STRING) && byte::newline(self.bytes, at) > 0 => break,
                _ => at += 1,
            }
        }
        self.unclosed_on_line(start, at);
        Token { kind: Kind::Word, start: open + 1, end: at }
    }

    /// How many `#` stand at `at`, of at most so many.
    pub(super) fn hashes(&self, at: usize, most: usize) -> usize {
        let count =
            self.bytes[at.min(self.bytes.len())..].iter().take(most).take_while(|it| **it == b'#').count();
        byte::looked_at(count + 1);
        count
    }

    /// Where a string ends that misses its closing quote and was closed by the opening one of the next: `"a "b"`, `"a b="c"`.
    fn missed_end(&self, start: usize, at: usize) -> Option<usize> {
        if !self.bytes.get(at + 1).is_some_and(|it| byte::is(*it, WORD)) {
            return None;
        }
        let (word, rest) = self.text[start + 1..at].split_once(' ')?;
        let rest = rest.trim_start_matches(' ');
        let name = rest.strip_suffix('=').unwrap_or("");
        let is_next = rest.is_empty() || is_word(name.as_bytes());
        (is_word(word.as_bytes()) && is_next).then_some(start + 1 + word.len())
    }

    fn unclosed_on_line(&mut self, start: usize, end: usize) {
        self.at = end;
        let message = || "this string is not closed on its line".to_owned();
        // Of one word alone it is clear where it ends.
        let is_certain = self.bytes[start] == b'"' && is_word(&self.bytes[start + 1..end]);
        let fix = is_certain.then(|| self.report.fix("close it", &[(end, end, "\"")]));
        self.report.report(Code::UnclosedString, (start, end), message, |it, _| {
            let it = it.help("close it with the quote it was opened with; a text of several lines goes between `\"\"\"` and `\"\"\"`");
            match fix {
                Some(fix) => it.fix(fix),
                None => it,
            }
        });
    }

    fn quoted_with_escapes(&mut self, start: usize, first: usize) -> Token {
        self.arena.start(offset(start));
        let mut at = first;
        let mut copied = start + 1;
        loop {
            at = byte::skip_to(self.bytes, at, STRING);
            match self.bytes.get(at) {
                Some(b'\\') => {
                    self.arena.push(&self.text[copied..at]);
                    at = self.escape(at);
                    copied = at;
                }
                Some(b'"') => {
                    self.arena.push(&self.text[copied..at]);
                    self.at = at + 1;
                    return Token { kind: Kind::Decoded, start, end: self.at };
                }
                Some(_) if byte::newline(self.bytes, at) == 0 => at += 1,
                _ => {
                    self.arena.push(&self.text[copied..at]);
                    self.unclosed_on_line(start, at);
                    return Token { kind: Kind::Decoded, start, end: at };
                }
            }
        }
    }
}

/// Whether a text has nothing in it that could stand behind a string rather than in it.
fn is_word(text: &[u8]) -> bool {
    let ends = |it: &u8| it.is_ascii_whitespace() || b"\"{}()[];=,\\".contains(it);
    !text.is_empty() && !text.iter().any(ends)
}
