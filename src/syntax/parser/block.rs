//! Blocks: how they open and close, and what may stand behind them.

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::parser::{DEEPEST, Event, Events, Open, Parser, State};
use crate::syntax::report::shown;

impl<E: Events> Parser<'_, '_, E> {
    /// Behind a block: only slashdashed blocks may follow, and the node's one block where that was none.
    pub(super) fn behind_block(&mut self, is_one: bool) -> State {
        self.node_space();
        let at = self.lexer.at;
        let Some(next) = self.lexer.peek() else {
            return self.end_node();
        };
        match next {
            b'}' | b';' => self.end_node(),
            b'/' if self.lexer.follows(b"//") => self.end_node(),
            b'{' if !is_one => self.open_block(true),
            b'{' => {
                let name = shown(&self.lexer.text[self.name.0..self.name.1]);
                let message = || format!("`{name}` has a block already");
                self.lexer.report.report(Code::UnexpectedText, (at, at + 1), message, |it, _| {
                    it.help("a node has one block: join the two")
                });
                self.emit(Event::Slashdash, at, at);
                self.open_block(true)
            }
            b'/' if self.lexer.follows(b"/-") => {
                self.take_bytes(Event::Slashdash, 2);
                self.line_space();
                self.repeated_slashdash();
                match self.lexer.peek() {
                    Some(b'{') => self.open_block(is_one),
                    None | Some(b'}' | b';') => {
                        self.void_slashdash(at);
                        State::Block(is_one)
                    }
                    Some(_) => self.text_behind_block(at),
                }
            }
            _ if byte::newline(self.lexer.bytes, at) > 0 => self.end_node(),
            _ => self.text_behind_block(at),
        }
    }

    /// Something follows the block on its line. It is read as a node, for its mistakes only.
    pub(super) fn text_behind_block(&mut self, at: usize) -> State {
        let start = self.lexer.at;
        let end = byte::skip_word(self.lexer.bytes, start).max(start + 1);
        let found = shown(&self.lexer.text[start..end]);
        let name = shown(&self.lexer.text[self.name.0..self.name.1]);
        let message = || format!("`{found}` stands behind the block of `{name}`");
        self.lexer.report.report(Code::UnexpectedText, (start, end), message, |it, _| {
            it.help("a new node starts on a line of its own or behind a `;`, and arguments stand before the block")
        });
        self.emit(Event::SlashdashVoid, at, at);
        self.emit(Event::NodeEnd, at, at);
        self.emit(Event::Slashdash, at, at);
        // That it is no name is no news.
        self.lexer.report.mute(true);
        let state = self.node();
        self.lexer.report.mute(false);
        state
    }

    /// Opens a block, or skips it where it is nested too deep; `has_block`: whether the node has its one block then.
    pub(super) fn open_block(&mut self, has_block: bool) -> State {
        if self.stack.len() >= DEEPEST {
            self.skip_block();
            return State::Block(has_block);
        }
        self.stack.push(Open { at: self.lexer.at, indent: self.indent, name: self.name, has_block });
        self.take(Event::BlockOpen);
        State::Nodes
    }

    pub(super) fn close_block(&mut self) -> State {
        let at = self.lexer.at;
        let Some(Open { at: open, indent, name, has_block }) = self.stack.pop() else {
            let message = || "this `}` closes nothing".to_owned();
            let related = self.suspect.map(|(open, close)| {
                (self.lexer.report.span(open, open + 1), self.lexer.report.span(close, close + 1))
            });
            // Where a block was closed by the brace of another one, that one has lost its `{`; else this one has.
            let close = self.suspect.map_or(at, |(_, close)| close);
            // Looked for only where it will be read: a text of nothing but braces would be looked through for each of them.
            let is_read = !self.lexer.report.is_full();
            let header = if is_read { header_before(self.lexer.text, close) } else { None };
            let fix = header.map(|it| self.lexer.report.fix("open the block", &[(it, it, " {")]));
            self.lexer.report.report(Code::StrayBrace, (at, at + 1), message, |it, _| {
                let it = match related {
                    Some((open, close)) => it
                        .related(open, "this block")
                        .related(close, "was closed here, where the indentation differs"),
                    None => it.help("look for the `{` that it is to close, before it is taken out"),
                };
                match fix {
                    Some(fix) => it.fix(fix),
                    None => it,
                }
            });
            self.lexer.at += 1;
            return State::Nodes;
        };
        if self.suspect.is_none() && self.take_indent().is_some_and(|it| it != indent) {
            self.suspect = Some((open, at));
        }
        self.take(Event::BlockClose);
        self.name = name;
        self.indent = indent;
        State::Block(has_block)
    }

    /// The end of the text closes everything; what was open is a mistake.
    pub(super) fn end_of_text(&mut self) -> State {
        let end = self.lexer.at;
        let suspect = self.suspect.map(|(open, close)| {
            (self.lexer.report.span(open, open + 1), self.lexer.report.span(close, close + 1))
        });
        // Where an unclosed string or comment took the rest, it took the braces too.
        self.lexer.report.mute(self.lexer.swallowed);
        while let Some(Open { at, name, .. }) = self.stack.pop() {
            let name = shown(&self.lexer.text[name.0..name.1]);
            let message = || format!("the block of `{name}` is never closed");
            self.lexer.report.report(Code::UnclosedBlock, (at, at + 1), message, |it, _| match suspect {
                Some((open, close)) => it
                    .related(open, "probably this block misses its `}`")
                    .related(close, "because this `}` is not indented like it"),
                None => it.help("close it with `}`"),
            });
            self.emit(Event::BlockClose, end, end);
            self.emit(Event::NodeEnd, end, end);
        }
        self.lexer.report.mute(false);
        State::End
    }

    /// Skips a block that is nested too deep. What is in it is not judged: most of it would be nested deeper still.
    pub(super) fn skip_block(&mut self) {
        let start = self.lexer.at;
        let message = || format!("blocks are nested more than {DEEPEST} deep here");
        self.lexer.report.report(Code::TooDeep, (start, start + 1), message, |it, _| {
            it.help("the block was skipped; say it with fewer levels")
        });
        self.lexer.report.mute(true);
        self.skip_to_matching_brace();
        self.lexer.report.mute(false);
        let at = self.lexer.at;
        self.emit(Event::SlashdashVoid, at, at);
    }

    pub(super) fn skip_to_matching_brace(&mut self) {
        let mut depth = 0_usize;
        while let Some(next) = self.lexer.peek() {
            match next {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'/' if self.lexer.follows(b"//") => {
                    self.lexer.at = byte::skip_line(self.lexer.bytes, self.lexer.at);
                    continue;
                }
                b'/' if self.lexer.follows(b"/*") => {
                    self.lexer.skip_block_comment();
                    continue;
                }
                _ if self.lexer.token().is_some() => continue,
                _ => {}
            }
            let length = self.lexer.text[self.lexer.at..].chars().next().map_or(1, char::len_utf8);
            self.lexer.at += length;
            if depth == 0 {
                return;
            }
        }
    }
}

/// How many lines are looked at above a brace.
const MOST_LINES: usize = 500;

/// Where a block was most likely to be opened that a `}` closes: behind the closest line above that is indented like it, if
/// that line has no block and everything between the two is indented further.
fn header_before(text: &str, close: usize) -> Option<usize> {
    let start = text[..close].rfind('\n').map_or(0, |it| it + 1);
    let indent = &text[start..close];
    if !indent.bytes().all(|it| matches!(it, b' ' | b'\t')) {
        return None;
    }
    byte::looked_at(indent.len());
    let mut end = start;
    for between in 0..MOST_LINES {
        let line_end = text[..end].strip_suffix('\n')?.len();
        let line_start = text[..line_end].rfind('\n').map_or(0, |it| it + 1);
        let line = text[line_start..line_end].trim_end();
        byte::looked_at(end - line_start);
        end = line_start;
        let content = line.trim_start();
        if content.is_empty() {
            continue;
        }
        let own = &line[..line.len() - content.len()];
        if own == indent {
            let is_head = !content.contains(['{', '}', ';', '\\'])
                && !content.contains("//")
                && !content.contains("/*");
            let is_name = content.starts_with(|it: char| it.is_alphabetic() || it == '(');
            return (is_head && is_name && between > 0).then(|| line_start + line.len());
        }
        if !own.starts_with(indent) {
            return None;
        }
    }
    None
}
