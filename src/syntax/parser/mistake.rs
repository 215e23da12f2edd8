//! What can be nothing where it stands, and how reading goes on behind it.

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::parser::{Event, Events, Parser};
use crate::syntax::report::shown;

impl<E: Events> Parser<'_, '_, E> {
    /// `/- kdl-version 1` at the start says that the rest is written in the language this is not.
    pub(super) fn version(&mut self) {
        let text = &self.lexer.text[self.lexer.at..];
        let Some(marker) = text.strip_prefix("/-") else {
            return;
        };
        let line = &marker[..byte::skip_line(marker.as_bytes(), 0)];
        let mut words = line.split(|it: char| it.is_whitespace()).filter(|it| !it.is_empty());
        if words.next() == Some("kdl-version") && words.next() == Some("1") && words.next().is_none() {
            let at = self.lexer.at;
            let digit = at + 2 + line.rfind('1').unwrap_or(0);
            let fix = self.lexer.report.fix("say that it is KDL 2", &[(digit, digit + 1, "2")]);
            let message = || "this file says that it is written in KDL 1".to_owned();
            self.lexer.report.report(Code::Version, (at, at + 2 + line.len()), message, |it, _| {
                it.help("write it in KDL 2: `#true` for `true`, `#\"…\"#` for `r\"…\"`").fix(fix)
            });
        }
    }

    /// A node that is read for its mistakes only.
    pub(super) fn dead_node(&mut self, at: usize) {
        self.name = (at, at);
        self.emit(Event::Slashdash, at, at);
        self.emit(Event::Name, at, at);
    }

    /// One `/-` leaves one thing out; a second one before the same thing is a mistake.
    pub(super) fn repeated_slashdash(&mut self) {
        while self.lexer.follows(b"/-") {
            let at = self.lexer.at;
            let message = || "one `/-` is enough".to_owned();
            self.lexer.report.report(Code::Slashdash, (at, at + 2), message, |it, span| it.replace(span, ""));
            self.lexer.at += 2;
            self.line_space();
        }
    }

    pub(super) fn void_slashdash(&mut self, at: usize) {
        let message = || "nothing follows this `/-` that could be left out".to_owned();
        self.lexer.report.report(Code::Slashdash, (at, at + 2), message, |it, span| it.replace(span, ""));
        self.emit(Event::SlashdashVoid, at, at);
    }

    /// Skips what can be nothing here: at least one character, up to the next space or start of something.
    pub(super) fn junk(&mut self, wanted: &str) {
        let start = self.lexer.at;
        let ends = matches!(self.lexer.peek(), None | Some(b'}' | b';')) || self.lexer.follows(b"//");
        if ends || byte::newline(self.lexer.bytes, start) > 0 {
            let message = || format!("{wanted} is missing here");
            return self.lexer.report.report(Code::UnexpectedText, (start, start), message, |it, _| it);
        }
        let first = self.lexer.text[start..].chars().next().map_or(0, char::len_utf8);
        let mut end = start + first;
        let alone = matches!(self.lexer.bytes.get(start), Some(b'[' | b']'));
        while !alone && let Some(byte) = self.lexer.bytes.get(end) {
            match byte {
                b'{' | b'}' | b';' | b'"' | b'#' | b'(' | b'[' | b']' => break,
                b'/' if matches!(self.lexer.bytes.get(end + 1), Some(b'/' | b'*' | b'-')) => break,
                _ if byte::space(self.lexer.bytes, end) + byte::newline(self.lexer.bytes, end) > 0 => break,
                _ => end += 1,
            }
        }
        self.lexer.at = end;
        let found = shown(&self.lexer.text[start..end]);
        let message = || {
            if alone {
                format!("KDL has no lists, so `{found}` means nothing")
            } else {
                format!("`{found}` cannot stand where {wanted} is expected")
            }
        };
        self.lexer.report.report(Code::UnexpectedText, (start, end), message, |it, span| {
            match found.as_bytes() {
                [b'[' | b']'] => {
                    it.help("write the values one after the other: `name 1 2 3`").replace(span, "")
                }
                [b'\\', ..] => {
                    it.help("a `\\` continues a line, so nothing but a comment may follow it there")
                }
                [b')', ..] => it.help("an annotation is `(name)value`"),
                _ => it.help("a text with such characters goes in quotes"),
            }
        });
    }
}
