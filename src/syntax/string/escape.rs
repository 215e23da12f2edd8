//! Escapes in quoted strings.

use crate::diagnostic::code::Code;
use crate::syntax::byte::{self};
use crate::syntax::lexer::Lexer;
use crate::syntax::report::shown;

impl Lexer<'_> {
    /// Resolves the escape at `at`; returns where the text goes on.
    pub(super) fn escape(&mut self, at: usize) -> usize {
        let next = at + 1;
        let plain = match self.bytes.get(next) {
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'\\') => '\\',
            Some(b'"') => '"',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b's') => ' ',
            Some(b'u') => return self.unicode_escape(at),
            _ => return self.odd_escape(at),
        };
        self.arena.push_char(plain);
        next + 1
    }

    pub(super) fn odd_escape(&mut self, at: usize) -> usize {
        let spaces = self.skip_escaped_space(at);
        if spaces > at {
            return spaces;
        }
        let Some(character) = self.text[at + 1..].chars().next() else {
            // The end of the text, which is reported as the string's missing end.
            return at + 1;
        };
        let end = at + 1 + character.len_utf8();
        let written = &self.text[at..end];
        let message = || format!("`{}` is no escape", shown(written));
        self.report.report(Code::Escape, (at, end), message, |it, span| match character {
            '/' => it.help("a slash needs none").replace(span, "/"),
            _ => it.help("type `\\\\` for a backslash, or write the string raw: `#\"…\"#`"),
        });
        self.arena.push(if character == '/' { "/" } else { written });
        end
    }

    pub(super) fn unicode_escape(&mut self, at: usize) -> usize {
        let digits = |from: usize, most: usize| {
            self.bytes[from.min(self.bytes.len())..]
                .iter()
                .take(most)
                .take_while(|it| it.is_ascii_hexdigit())
                .count()
        };
        let braced = self.bytes.get(at + 2) == Some(&b'{');
        let from = at + 2 + usize::from(braced);
        let count = digits(from, 7);
        let closed = braced && self.bytes.get(from + count) == Some(&b'}');
        let end = from + count + usize::from(closed);
        let point = u32::from_str_radix(&self.text[from..from + count], 16).ok();
        let character = point.and_then(char::from_u32);
        if let Some(character) = character.filter(|_| closed && count <= 6) {
            self.arena.push_char(character);
        } else {
            self.report_unicode_escape((at, end), (braced, closed, count), character);
            self.arena.push(&self.text[at..end]);
        }
        end
    }

    pub(super) fn report_unicode_escape(
        &mut self,
        (at, end): (usize, usize),
        (braced, closed, count): (bool, bool, usize),
        character: Option<char>,
    ) {
        let written = &self.text[at..end];
        let message = || match character {
            None if closed && (1..=6).contains(&count) => format!("`{written}` is no Unicode scalar value"),
            _ => format!("`{written}` is no escape"),
        };
        self.report.report(Code::Escape, (at, end), message, |it, span| {
            let it = it.help("type the code point in one to six hexadecimal digits: `\\u{1F682}`");
            match character {
                // JSON's spelling.
                Some(_) if !braced && count == 4 => it.replace(span, format!("\\u{{{}}}", &written[2..])),
                _ => it,
            }
        });
    }

    /// Where the text goes on behind a `\` that escapes spaces and newlines; `at` itself where it escapes none.
    pub(super) fn skip_escaped_space(&self, at: usize) -> usize {
        let mut end = at + 1;
        loop {
            match byte::space(self.bytes, end) + byte::newline(self.bytes, end) {
                0 => return if end > at + 1 { end } else { at },
                length => end += length,
            }
        }
    }
}
