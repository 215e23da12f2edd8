//! What can be nothing where it stands, and how reading goes on behind it.

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::parser::{Event, Events, Parser};
use crate::syntax::report::shown;

/// Where the number stands in the version marker that may begin a text, `/- kdl-version 2`. What means the same and is spelt
/// in another way, `/-kdl-version 2;`, is a node that is left out.
pub(in crate::syntax) fn version_digit(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let behind = |at: usize, word: &str| bytes[at..].starts_with(word.as_bytes()).then_some(at + word.len());
    let spaces = |at| Some(byte::skip_spaces(bytes, at)).filter(|it| *it > at);
    let start = byte::skip_spaces(bytes, behind(0, "\u{feff}").unwrap_or(0));
    let digit = spaces(behind(spaces(behind(start, "/-")?)?, "kdl-version")?)?;
    let end = byte::skip_spaces(bytes, behind(digit, "1").or_else(|| behind(digit, "2"))?);
    (end == bytes.len() || byte::newline(bytes, end) > 0).then_some(digit)
}

impl<E: Events> Parser<'_, '_, E> {
    /// `/- kdl-version 1` at the start says that the rest is written in the language this is not.
    pub(super) fn version(&mut self) {
        let text = self.lexer.text;
        let Some(digit) = version_digit(text).filter(|it| text.as_bytes()[*it] == b'1') else {
            return;
        };
        let at = text[..digit].find("/-").unwrap_or(digit);
        let fix = self.lexer.report.fix("say that it is KDL 2", &[(digit, digit + 1, "2")]);
        let message = || "this file says that it is written in KDL 1".to_owned();
        self.lexer.report.report(Code::Version, (at, digit + 1), message, |it, _| {
            it.help("write it in KDL 2: `#true` for `true`, `#\"…\"#` for `r\"…\"`").fix(fix)
        });
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
