//! What stands between things: spaces, newlines, comments, continued lines.

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::lexer::Lexer;
use crate::syntax::parser::{Event, Events, Parser};

impl<E: Events> Parser<'_, '_, E> {
    /// Spaces, comments and continued lines; whether there was any.
    #[inline]
    pub(super) fn node_space(&mut self) -> bool {
        let start = self.lexer.at;
        if self.lexer.peek() == Some(b' ') {
            self.lexer.at += 1;
        }
        loop {
            match self.lexer.peek() {
                Some(b'/') if self.lexer.follows(b"/*") => self.block_comment(),
                Some(b'\\') if self.continuation() => {}
                Some(next) if byte::is(next, byte::SPACE | byte::WIDE) => {
                    match byte::space(self.lexer.bytes, self.lexer.at) {
                        0 => break,
                        length => self.lexer.at += length,
                    }
                }
                _ => break,
            }
        }
        self.lexer.at > start
    }

    /// What may stand between nodes: spaces, newlines and comments.
    pub(super) fn line_space(&mut self) {
        loop {
            self.node_space();
            match byte::newline(self.lexer.bytes, self.lexer.at) {
                0 if self.lexer.follows(b"//") => self.line_comment(),
                0 => return,
                length => self.newline(length),
            }
        }
    }

    pub(super) fn newline(&mut self, length: usize) {
        self.take_bytes(Event::Newline, length);
        self.line = Some(self.lexer.at);
    }

    pub(super) fn line_comment(&mut self) {
        let end = byte::skip_line(self.lexer.bytes, self.lexer.at);
        self.take_bytes(Event::LineComment, end - self.lexer.at);
    }

    /// A comment as shells and YAML write it, which is read as one.
    pub(super) fn comment_of_others(&mut self) {
        let start = self.lexer.at;
        let hashes = self.lexer.bytes[start..].iter().take_while(|it| **it == b'#').count();
        let end = byte::skip_line(self.lexer.bytes, start);
        let message = || "a comment starts with `//`".to_owned();
        self.lexer.report.report(Code::Keyword, (start, start + hashes), message, |it, span| {
            it.help("in KDL, `#` starts a keyword or a raw string").replace(span, "//")
        });
        self.take_bytes(Event::LineComment, end - start);
    }

    pub(super) fn block_comment(&mut self) {
        let start = self.lexer.at;
        if let Some(nested) = self.lexer.skip_block_comment() {
            self.lexer.swallowed = true;
            let nested = (nested > start).then(|| self.lexer.report.span(nested, nested + 2));
            let message = || "this comment is never closed".to_owned();
            self.lexer.report.report(Code::UnclosedComment, (start, start + 2), message, |it, _| {
                let it = it.help("close it with `*/`; comments nest, so that each `/*` needs its own");
                match nested {
                    Some(span) => it.related(span, "the last `/*` that is not closed"),
                    None => it,
                }
            });
        }
        self.emit(Event::BlockComment, start, self.lexer.at);
    }

    /// A `\` at the end of a line; `false` and nothing where it is none.
    pub(super) fn continuation(&mut self) -> bool {
        let start = self.lexer.at;
        let Some((comments, end)) = self.lexer.continuation_end(start) else {
            return false;
        };
        self.take(Event::Continuation);
        while self.lexer.at < comments {
            if self.lexer.follows(b"/*") {
                self.block_comment();
            } else {
                self.lexer.at = byte::skip_spaces(self.lexer.bytes, self.lexer.at);
            }
        }
        if self.lexer.follows(b"//") {
            self.line_comment();
        }
        if end > self.lexer.at {
            self.newline(end - self.lexer.at);
        }
        true
    }

    /// Whether a `=` is the next thing, so that the string just read names a property. Looks without taking.
    #[inline]
    pub(super) fn equals_follow(&self) -> bool {
        match self.lexer.peek() {
            Some(b'=') => true,
            // By far the most frequent: one space, and then a word, a string or a block.
            Some(b' ') => match self.lexer.bytes.get(self.lexer.at + 1) {
                Some(b'=') => true,
                Some(b' ' | b'\t' | b'/' | b'\\') => self.lexer.equals_follow_space(),
                Some(next) => byte::is(*next, byte::WIDE) && self.lexer.equals_follow_space(),
                None => false,
            },
            Some(b'\t' | b'/' | b'\\') => self.lexer.equals_follow_space(),
            Some(next) => byte::is(next, byte::WIDE) && self.lexer.equals_follow_space(),
            None => false,
        }
    }
}

impl Lexer<'_> {
    /// Skips a comment and those in it; where it is never closed, tells where its last open `/*` stands.
    pub(super) fn skip_block_comment(&mut self) -> Option<usize> {
        let (end, open) = self.block_comment_end(self.at);
        self.at = end;
        open
    }

    /// Whether a `#` starts a comment of another language: nothing that KDL knows follows it. In front of a node, nothing
    /// that it could start would be in its place.
    pub(super) fn is_comment_of_others(&self, before_node: bool) -> bool {
        let hashes = self.bytes[self.at..].iter().take_while(|it| **it == b'#').count();
        let behind = self.at + hashes;
        let is_over = behind == self.bytes.len()
            || byte::space(self.bytes, behind) + byte::newline(self.bytes, behind) > 0;
        is_over || before_node && self.bytes[behind] != b'"' && !self.is_keyword(behind)
    }

    /// Where a comment ends, and its last `/*` that is open at the end of the text.
    fn block_comment_end(&self, start: usize) -> (usize, Option<usize>) {
        let mut at = start + 2;
        let mut depth = 1_usize;
        let mut last = start;
        while depth > 0 {
            at += self.bytes[at..]
                .iter()
                .position(|it| matches!(it, b'/' | b'*'))
                .unwrap_or(self.bytes.len() - at);
            match self.bytes.get(at..at + 2) {
                Some(b"/*") => {
                    depth += 1;
                    last = at;
                    at += 2;
                }
                Some(b"*/") => {
                    depth -= 1;
                    at += 2;
                }
                Some(_) => at += 1,
                None => return (self.bytes.len(), Some(last)),
            }
        }
        (at, None)
    }

    /// Where the comments behind a `\` end, and where the next line starts; `None` where the `\` continues no line.
    fn continuation_end(&self, start: usize) -> Option<(usize, usize)> {
        let mut at = byte::skip_spaces(self.bytes, start + 1);
        while self.bytes[at..].starts_with(b"/*") {
            at = byte::skip_spaces(self.bytes, self.block_comment_end(at).0);
        }
        let comments = at;
        if self.bytes[at..].starts_with(b"//") {
            at = byte::skip_line(self.bytes, at);
        }
        match byte::newline(self.bytes, at) {
            0 if at < self.bytes.len() => None,
            newline => Some((comments, at + newline)),
        }
    }

    /// Whether a `=` follows behind spaces, comments and continued lines.
    fn equals_follow_space(&self) -> bool {
        let mut at = self.at;
        loop {
            at = byte::skip_spaces(self.bytes, at);
            match self.bytes.get(at..at + 2) {
                Some(b"/*") => at = self.block_comment_end(at).0,
                Some([b'\\', _]) => match self.continuation_end(at) {
                    Some((_, end)) => at = end,
                    None => return false,
                },
                _ => return self.bytes.get(at) == Some(&b'='),
            }
        }
    }
}
