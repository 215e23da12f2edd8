//! Nodes, entries, blocks and what may stand between them: the grammar, without recursion.
//!
//! The parser builds nothing. It tells [`Events`] what it meets, in the order of the text and without a gap, so that the
//! tree and the formatter come from one reading. After a mistake it goes on with the next thing on the line.

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::lexer::Lexer;
use crate::syntax::report::{Reporter, shown};
use crate::syntax::token::{Arena, Kind, Token};

/// How deep blocks may be nested. People stay below ten; what walks the tree later may use the stack.
pub(super) const DEEPEST: usize = 64;

/// What the parser meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Newline,
    /// `// …`, without the newline.
    LineComment,
    /// `/* … */`
    BlockComment,
    /// The `\` of a line continuation; a comment and a newline may follow.
    Continuation,
    /// The `;` that ends the last node.
    Semicolon,
    /// `/-`: the next node, entry or block is left out.
    Slashdash,
    /// What should have followed a `/-` did not.
    SlashdashVoid,
    /// `(`
    AnnotationOpen,
    /// The string between `(` and `)`.
    Annotation,
    /// `)`
    AnnotationClose,
    /// A node starts.
    Name,
    /// The name of a property.
    Key,
    /// `=`
    Equals,
    /// An argument, or the value of a property.
    Value(Kind),
    /// `{`
    BlockOpen,
    /// `}`
    BlockClose,
    /// The node ends: the one whose block was closed last, or that has none.
    NodeEnd,
}

/// Listens to the parser.
pub(super) trait Events {
    /// Something stands at `start..end`.
    fn event(&mut self, event: Event, start: usize, end: usize);
}

/// Reads a text and tells `events` what it meets. What strings without a place in the text are worth comes back.
pub(super) fn read<'a, E: Events>(
    text: &'a str,
    report: Reporter<'a>,
    events: &mut E,
) -> (Arena, Reporter<'a>) {
    let mut parser = Parser {
        lexer: Lexer::new(text, report),
        events,
        stack: Vec::new(),
        line: Some(0),
        indent: 0,
        name: (0, 0),
        suspect: None,
    };
    parser.document();
    let Parser { lexer, .. } = parser;
    (lexer.arena, lexer.report)
}

struct Parser<'a, 'e, E> {
    lexer: Lexer<'a>,
    events: &'e mut E,
    stack: Vec<Open>,
    /// Where the line starts, while nothing has been read on it.
    line: Option<usize>,
    /// How far the line of the current node is indented.
    indent: usize,
    /// The current node's name.
    name: (usize, usize),
    /// The first block whose `}` is not indented like its node: where one was probably forgotten.
    suspect: Option<(usize, usize)>,
}

/// A block that is not closed yet.
struct Open {
    /// Where its `{` stands.
    at: usize,
    /// How far the line of its node is indented.
    indent: usize,
    /// Its node's name.
    name: (usize, usize),
    /// Whether its node has its one block, this one or an earlier one.
    has_block: bool,
}

/// What comes next.
enum State {
    Nodes,
    Entries,
    /// Behind a block of the node; whether that was its one block rather than a slashdashed one.
    Block(bool),
    End,
}

impl<E: Events> Parser<'_, '_, E> {
    fn document(&mut self) {
        if self.lexer.follows("\u{feff}".as_bytes()) {
            self.lexer.at = '\u{feff}'.len_utf8();
            self.line = Some(self.lexer.at);
        }
        self.version();
        let mut state = State::Nodes;
        loop {
            state = match state {
                State::Nodes => self.nodes(),
                State::Entries => self.entries(),
                State::Block(is_one) => self.behind_block(is_one),
                State::End => return,
            };
        }
    }

    /// `/- kdl-version 1` at the start says that the rest is written in the language this is not.
    fn version(&mut self) {
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

    #[inline]
    fn emit(&mut self, event: Event, start: usize, end: usize) {
        self.events.event(event, start, end);
    }

    /// Takes one byte and tells what it is.
    fn take(&mut self, event: Event) {
        self.take_bytes(event, 1);
    }

    fn take_bytes(&mut self, event: Event, length: usize) {
        let start = self.lexer.at;
        self.lexer.at += length;
        self.emit(event, start, start + length);
    }

    /// Between nodes: at the top, in a block, behind a node.
    fn nodes(&mut self) -> State {
        self.line_space();
        let at = self.lexer.at;
        match self.lexer.peek() {
            None => self.end_of_text(),
            Some(b'}') => self.close_block(),
            Some(b';') => {
                let message = || "this `;` ends nothing".to_owned();
                self.lexer
                    .report
                    .report(Code::UnexpectedText, (at, at + 1), message, |it, span| it.replace(span, ""));
                self.lexer.at += 1;
                State::Nodes
            }
            Some(b'/') if self.lexer.follows(b"/-") => {
                self.node_indent();
                self.take_bytes(Event::Slashdash, 2);
                self.line_space();
                self.repeated_slashdash();
                match self.lexer.peek() {
                    None | Some(b'}' | b';') => {
                        self.void_slashdash(at);
                        State::Nodes
                    }
                    _ => self.node(),
                }
            }
            Some(_) => {
                self.node_indent();
                self.node()
            }
        }
    }

    /// Notes how far the line is indented, where a node is the first thing on it.
    fn node_indent(&mut self) {
        self.indent = self.take_indent().unwrap_or(self.indent);
    }

    /// The spaces before the first thing on a line; `None` for what follows on it.
    fn take_indent(&mut self) -> Option<usize> {
        let line = self.line.take()?;
        (byte::skip_spaces(self.lexer.bytes, line) == self.lexer.at).then(|| self.lexer.at - line)
    }

    /// A node's annotation and name.
    fn node(&mut self) -> State {
        if self.lexer.peek() == Some(b'(') {
            self.annotation();
            self.node_space();
        }
        let start = self.lexer.at;
        if self.lexer.peek() == Some(b'{') {
            let message = || "a block needs the name of a node before it".to_owned();
            self.lexer.report.report(Code::UnexpectedText, (start, start + 1), message, |it, _| {
                it.help("type `name { … }`")
            });
            self.dead_node(start);
            return State::Entries;
        }
        match self.lexer.token() {
            Some(token) => {
                if !token.kind.is_string() {
                    self.lexer.report_name(token, "node");
                }
                self.name = (token.start, token.end);
                self.emit(Event::Name, token.start, token.end);
            }
            None => {
                self.junk("the name of a node");
                self.dead_node(start);
            }
        }
        State::Entries
    }

    /// A node that is read for its mistakes only.
    fn dead_node(&mut self, at: usize) {
        self.name = (at, at);
        self.emit(Event::Slashdash, at, at);
        self.emit(Event::Name, at, at);
    }

    /// What follows a node's name, up to its block or its end.
    fn entries(&mut self) -> State {
        // Whether something went wrong right here, so that a missing space is no news.
        let mut excused = false;
        loop {
            let spaced = self.node_space();
            let at = self.lexer.at;
            let Some(next) = self.lexer.peek() else {
                return self.end_node();
            };
            match next {
                b'}' | b';' => return self.end_node(),
                b'{' => return self.open_block(true),
                b'/' if self.lexer.follows(b"//") => return self.end_node(),
                b'/' if self.lexer.follows(b"/-") => {
                    self.take_bytes(Event::Slashdash, 2);
                    self.line_space();
                    self.repeated_slashdash();
                    match self.lexer.peek() {
                        None | Some(b'}' | b';') => self.void_slashdash(at),
                        Some(b'{') => return self.open_block(false),
                        Some(_) => excused = self.entry(),
                    }
                }
                b'=' => {
                    self.lone_equals(at);
                    excused = true;
                }
                _ if byte::newline(self.lexer.bytes, at) > 0 => return self.end_node(),
                _ => {
                    // What can be no entry at all is reported as that.
                    let is_junk = matches!(next, b')' | b'[' | b']' | b'\\' | b'/');
                    if !spaced && !excused && !is_junk {
                        if self.missing_space(at) {
                            continue;
                        }
                        if self.lexer.report.is_full() {
                            // This text is noise; entries of one byte would make its tree too large.
                            self.emit(Event::Slashdash, at, at);
                        }
                    }
                    excused = self.entry();
                }
            }
        }
    }

    /// A `=` without the name of a property before it. Right behind the name of a node it is a habit of other languages.
    fn lone_equals(&mut self, at: usize) {
        let name = shown(&self.lexer.text[self.name.0..self.name.1]);
        let behind_name = byte::skip_spaces(self.lexer.bytes, self.name.1) == at && self.name.1 > self.name.0;
        let space = byte::space(self.lexer.bytes, at + 1);
        let fix = self.lexer.report.fix(
            "remove the `=`",
            &[(at, at + 1 + space, if space > 0 && at > self.name.1 { "" } else { " " })],
        );
        let message = || match behind_name {
            true => format!("`{name}` is a node, and takes its value without `=`"),
            false => "this `=` has no name of a property before it".to_owned(),
        };
        self.lexer.report.report(Code::UnexpectedText, (at, at + 1), message, |it, _| match behind_name {
            true => it.help(format!("type `{name}` and its value with a space between them")).fix(fix),
            false => it.help("a property is `name=value`"),
        });
        self.lexer.at += 1;
    }

    /// Reports that two things touch; whether it was a separator of other languages, which is skipped.
    fn missing_space(&mut self, at: usize) -> bool {
        let end = byte::skip_word(self.lexer.bytes, at);
        let text = &self.lexer.text[at..end];
        let separator = matches!(text, "," | ":");
        let fix = match separator {
            true => self.lexer.report.fix("remove this", &[(at, end, "")]),
            false => self.lexer.report.fix("put a space between them", &[(at, at, " ")]),
        };
        let message = || match separator {
            true => format!("KDL separates by spaces, not by `{text}`"),
            false => "a space is missing here".to_owned(),
        };
        let place = (at, if separator { end } else { at });
        self.lexer.report.report(Code::MissingSpace, place, message, |it, _| it.fix(fix));
        if separator {
            self.lexer.at = end;
        }
        separator
    }

    /// An argument or a property. Whether it went wrong.
    fn entry(&mut self) -> bool {
        if self.lexer.peek() == Some(b'(') {
            let failed = self.annotated_entry();
            if failed {
                self.emit(Event::SlashdashVoid, self.lexer.at, self.lexer.at);
            }
            return failed;
        }
        let start = self.lexer.at;
        let Some(token) = self.lexer.token() else {
            self.junk("an argument or a property");
            self.emit(Event::SlashdashVoid, start, start);
            return true;
        };
        if !self.equals_follow() {
            self.argument(token);
            return false;
        }
        if !token.kind.is_string() {
            self.lexer.report_name(token, "property");
        }
        self.emit(Event::Key, token.start, token.end);
        self.node_space();
        self.take(Event::Equals);
        self.node_space();
        self.property_value(token)
    }

    fn property_value(&mut self, key: Token) -> bool {
        let annotated = self.lexer.peek() == Some(b'(');
        if annotated {
            self.annotation();
            self.node_space();
        }
        let at = self.lexer.at;
        if let Some(token) = self.lexer.token() {
            self.argument(token);
            return false;
        }
        let name = shown(&self.lexer.text[key.start..key.end]);
        if self.lexer.follows(b"/-") {
            let message = || format!("the value of `{name}` cannot be left out alone");
            self.lexer.report.report(Code::Slashdash, (at, at + 2), message, |it, _| {
                it.help(format!("put the `/-` before `{name}`, which leaves out both"))
            });
            self.lexer.at += 2;
        } else {
            let message = || format!("the property `{name}` has no value");
            self.lexer.report.report(Code::UnexpectedText, (key.start, at), message, |it, _| {
                it.help(format!("type the value right behind the `=`: `{name}=\"…\"`"))
            });
            if self.lexer.peek() == Some(b'=') {
                self.lexer.at += 1;
            }
        }
        self.emit(Event::SlashdashVoid, at, at);
        true
    }

    fn argument(&mut self, token: Token) {
        if self.lexer.is_bare_keyword(token) {
            self.lexer.report_bare_value(token);
        }
        self.emit(Event::Value(token.kind), token.start, token.end);
    }

    fn annotated_entry(&mut self) -> bool {
        let open = self.lexer.at;
        let whole = self.annotation();
        let close = self.lexer.at;
        self.node_space();
        let Some(token) = self.lexer.token() else {
            if whole {
                let message = || "an annotation stands before a value, and here is none".to_owned();
                self.lexer.report.report(Code::Annotation, (open, close), message, |it, _| it);
            }
            return true;
        };
        if !self.equals_follow() {
            self.argument(token);
            return false;
        }
        let key = &self.lexer.text[token.start..token.end];
        let annotation = &self.lexer.text[open..close];
        self.emit(Event::Key, token.start, token.end);
        self.node_space();
        self.take(Event::Equals);
        self.node_space();
        let value = self.lexer.at;
        let fix = self
            .lexer
            .report
            .fix("annotate the value", &[(open, token.start, ""), (value, value, annotation)]);
        let message = || "the annotation of a property stands before its value".to_owned();
        self.lexer.report.report(Code::Annotation, (open, close), message, |it, _| {
            it.help(format!("type `{}={}…`", shown(key), shown(annotation))).fix(fix)
        });
        self.property_value(token)
    }

    /// `(name)`, which stands before a node or a value. Whether it is whole.
    fn annotation(&mut self) -> bool {
        let open = self.lexer.at;
        self.take(Event::AnnotationOpen);
        self.node_space();
        let token = self.lexer.token();
        let named = token.is_some();
        match token {
            Some(token) => {
                if !token.kind.is_string() {
                    self.lexer.report_name(token, "type");
                }
                self.emit(Event::Annotation, token.start, token.end);
                self.node_space();
                if self.lexer.peek() != Some(b')') {
                    self.report_annotation(open, "this annotation is not closed");
                }
            }
            None => self.report_annotation(open, "an annotation is one name between parentheses"),
        }
        let closed = self.lexer.peek() == Some(b')');
        if closed {
            self.take(Event::AnnotationClose);
        }
        closed && named
    }

    fn report_annotation(&mut self, open: usize, message: &str) {
        let end = self.lexer.at;
        self.lexer.report.report(
            Code::Annotation,
            (open, end),
            || message.to_owned(),
            |it, _| it.help("type `(name)value`; a text with parentheses goes in quotes"),
        );
    }

    fn end_node(&mut self) -> State {
        let at = self.lexer.at;
        self.emit(Event::NodeEnd, at, at);
        if self.lexer.peek() == Some(b';') {
            self.take(Event::Semicolon);
        }
        State::Nodes
    }

    /// Behind a block: only slashdashed blocks may follow, and the node's one block where that was none.
    fn behind_block(&mut self, is_one: bool) -> State {
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
                    Some(b'{') => {
                        self.open_block_behind(is_one);
                        State::Nodes
                    }
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
    fn text_behind_block(&mut self, at: usize) -> State {
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

    fn open_block(&mut self, is_one: bool) -> State {
        if self.stack.len() >= DEEPEST {
            self.skip_block();
            return State::Block(is_one);
        }
        self.open_block_behind(is_one);
        State::Nodes
    }

    fn open_block_behind(&mut self, has_block: bool) {
        if self.stack.len() >= DEEPEST {
            return self.skip_block();
        }
        self.stack.push(Open { at: self.lexer.at, indent: self.indent, name: self.name, has_block });
        self.take(Event::BlockOpen);
    }

    fn close_block(&mut self) -> State {
        let at = self.lexer.at;
        let Some(Open { at: open, indent, name, has_block }) = self.stack.pop() else {
            let message = || "this `}` closes nothing".to_owned();
            let related = self.suspect.map(|(open, close)| {
                (self.lexer.report.span(open, open + 1), self.lexer.report.span(close, close + 1))
            });
            self.lexer.report.report(Code::StrayBrace, (at, at + 1), message, |it, span| match related {
                Some((open, close)) => it
                    .related(open, "this block")
                    .related(close, "was closed here, where the indentation differs"),
                None => it.replace(span, ""),
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
    fn end_of_text(&mut self) -> State {
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
    fn skip_block(&mut self) {
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

    fn skip_to_matching_brace(&mut self) {
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

    /// One `/-` leaves one thing out; a second one before the same thing is a mistake.
    fn repeated_slashdash(&mut self) {
        while self.lexer.follows(b"/-") {
            let at = self.lexer.at;
            let message = || "one `/-` is enough".to_owned();
            self.lexer.report.report(Code::Slashdash, (at, at + 2), message, |it, span| it.replace(span, ""));
            self.lexer.at += 2;
            self.line_space();
        }
    }

    fn void_slashdash(&mut self, at: usize) {
        let message = || "nothing follows this `/-` that could be left out".to_owned();
        self.lexer.report.report(Code::Slashdash, (at, at + 2), message, |it, span| it.replace(span, ""));
        self.emit(Event::SlashdashVoid, at, at);
    }

    /// Skips what can be nothing here: at least one character, up to the next space or start of something.
    fn junk(&mut self, wanted: &str) {
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
        let message = || match alone {
            true => format!("KDL has no lists, so `{found}` means nothing"),
            false => format!("`{found}` cannot stand where {wanted} is expected"),
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

    /// Spaces, comments and continued lines; whether there was any.
    #[inline]
    fn node_space(&mut self) -> bool {
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
    fn line_space(&mut self) {
        loop {
            self.node_space();
            match byte::newline(self.lexer.bytes, self.lexer.at) {
                0 if self.lexer.follows(b"//") => self.line_comment(),
                0 => return,
                length => self.newline(length),
            }
        }
    }

    fn newline(&mut self, length: usize) {
        self.take_bytes(Event::Newline, length);
        self.line = Some(self.lexer.at);
    }

    fn line_comment(&mut self) {
        let end = byte::skip_line(self.lexer.bytes, self.lexer.at);
        self.take_bytes(Event::LineComment, end - self.lexer.at);
    }

    fn block_comment(&mut self) {
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
    fn continuation(&mut self) -> bool {
        let start = self.lexer.at;
        let Some((comments, end)) = self.lexer.continuation_end(start) else {
            return false;
        };
        self.take(Event::Continuation);
        while self.lexer.at < comments {
            match self.lexer.follows(b"/*") {
                true => self.block_comment(),
                false => self.lexer.at = byte::skip_spaces(self.lexer.bytes, self.lexer.at),
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
    fn equals_follow(&self) -> bool {
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
    fn skip_block_comment(&mut self) -> Option<usize> {
        let (end, open) = self.block_comment_end(self.at);
        self.at = end;
        open
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
