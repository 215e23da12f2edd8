//! Strings in quotes: plain and raw, on one line and on several, with their escapes and their dedent.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::syntax::byte::{self, STRING};
use crate::syntax::lexer::Lexer;
use crate::syntax::report::{offset, shown};
use crate::syntax::token::{Kind, Token};

const QUOTES: &[u8] = b"\"\"\"";

impl Lexer<'_> {
    /// Reads a string that starts with `"` here.
    pub(super) fn quoted(&mut self) -> Token {
        let start = self.at;
        if self.follows(QUOTES) {
            return self.multi_line(start, 0);
        }
        let mut at = start + 1;
        loop {
            at = byte::skip_to(self.bytes, at, STRING);
            match self.bytes.get(at) {
                Some(b'"') => {
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
    pub(super) fn raw(&mut self, hashes: usize) -> Token {
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

    /// Reads a KDL 1 raw string, `r"…"` or `r#"…"#`; `None` where it is none.
    pub(super) fn legacy_raw(&mut self, start: usize) -> Option<Token> {
        let hashes = self.bytes[start + 1..].iter().take_while(|it| **it == b'#').count();
        let open = start + 1 + hashes;
        if self.bytes.get(open) != Some(&b'"') {
            return None;
        }
        let (content, close) = (open + 1, self.legacy_close(open + 1, hashes)?);
        let end = close + 1 + hashes;
        self.at = end;
        self.arena.start(offset(start));
        self.arena.push(&self.text[content..close]);
        let body = &self.text[content..close];
        let lines = body.contains('\n');
        let fixable = body.bytes().all(|it| it == b'\n' || !byte::is(it, byte::LINE))
            && !body.starts_with("\"\"")
            && body != "\"";
        let blank =
            body.lines().any(|line| !line.is_empty() && byte::skip_spaces(line.as_bytes(), 0) == line.len());
        let hash = if hashes == 0 { "#" } else { "" };
        let fix = match lines {
            false if fixable => Some([(start, start + 1, hash.to_owned()), (end, end, hash.to_owned())]),
            true if fixable && !blank && !body.contains("\"\"\"") => {
                let opening = format!("{hash}{}\"\"\"\n", &self.text[start + 1..open]);
                let closing = format!("\n\"\"\"{}{hash}", &self.text[close + 1..end]);
                Some([(start, content, opening), (close, end, closing)])
            }
            _ => None,
        };
        let fix = fix.map(|edits| {
            let edits = edits.each_ref().map(|(from, to, text)| (*from, *to, &text[..]));
            // Where there are hashes already, the end stays as it is.
            let used = if hashes > 0 && !lines { &edits[..1] } else { &edits };
            self.report.fix("write it as KDL 2 does", used)
        });
        let message = || "this is a raw string as KDL 1 writes it".to_owned();
        self.report.report(Code::LegacyString, (start, end), message, |it, _| {
            let it = it.help(
                "KDL 2 writes `#\"…\"#`, and `#\"\"\"` with a newline where the text has several lines",
            );
            fix.into_iter().fold(it, Diagnostic::fix)
        });
        Some(Token { kind: Kind::Decoded, start, end })
    }

    fn legacy_close(&mut self, content: usize, hashes: usize) -> Option<usize> {
        let limit = if self.legacy_lost { byte::skip_line(self.bytes, content) } else { self.bytes.len() };
        let mut at = content;
        while at < limit {
            byte::looked_at(1);
            match self.bytes[at] {
                b'"' if self.hashes(at + 1, hashes) == hashes => return Some(at),
                b'"' => at += 1 + self.hashes(at + 1, hashes),
                _ => at += 1,
            }
        }
        self.legacy_lost = true;
        None
    }

    /// How many `#` stand at `at`, of at most so many.
    fn hashes(&self, at: usize, most: usize) -> usize {
        let count =
            self.bytes[at.min(self.bytes.len())..].iter().take(most).take_while(|it| **it == b'#').count();
        byte::looked_at(count + 1);
        count
    }

    fn unclosed_on_line(&mut self, start: usize, end: usize) {
        self.at = end;
        let message = || "this string is not closed on its line".to_owned();
        self.report.report(Code::UnclosedString, (start, end), message, |it, _| {
            it.help("close it with the quote it was opened with; a text of several lines goes between `\"\"\"` and `\"\"\"`")
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

    /// Resolves the escape at `at`; returns where the text goes on.
    fn escape(&mut self, at: usize) -> usize {
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

    fn odd_escape(&mut self, at: usize) -> usize {
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

    fn unicode_escape(&mut self, at: usize) -> usize {
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
        match character.filter(|_| closed && count <= 6) {
            Some(character) => self.arena.push_char(character),
            None => {
                self.report_unicode_escape((at, end), (braced, closed, count), character);
                self.arena.push(&self.text[at..end]);
            }
        }
        end
    }

    fn report_unicode_escape(
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
    fn skip_escaped_space(&self, at: usize) -> usize {
        let mut end = at + 1;
        loop {
            match byte::space(self.bytes, end) + byte::newline(self.bytes, end) {
                0 => return if end > at + 1 { end } else { at },
                length => end += length,
            }
        }
    }

    /// Reads a string of several lines that starts at `start`, raw where it has hashes.
    fn multi_line(&mut self, start: usize, hashes: usize) -> Token {
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

    fn multi_line_close(&self, body: usize, hashes: usize) -> Option<usize> {
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
    fn dedent(&mut self, first: usize, close: usize, escapes: bool) {
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
    fn last_line(&self, first: usize, close: usize, escapes: bool) -> usize {
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
    fn prefix(&self, last: usize, close: usize, escapes: bool) -> Option<String> {
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
    fn skip_blank(&self, mut at: usize, escapes: bool) -> usize {
        loop {
            at = byte::skip_spaces(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'\\') if escapes && self.skip_escaped_space(at) > at => {
                    at = self.skip_escaped_space(at)
                }
                _ => return at,
            }
        }
    }

    /// Skips the indentation; `None` where the line has another one.
    fn skip_prefix(&self, mut at: usize, prefix: &str, escapes: bool) -> Option<usize> {
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
    fn copy_line(&mut self, from: usize, escapes: bool) -> usize {
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

    fn report_first_line(&mut self, start: usize, body: usize, close: usize, hashes: usize) {
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
    fn unclosed_lines(&mut self, start: usize, body: usize) -> Token {
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
    pub(super) fn first_line_left_of(&self, indent: usize, from: usize) -> Option<(usize, usize)> {
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
