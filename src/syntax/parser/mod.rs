//! Nodes, entries, blocks and what may stand between them: the grammar, without recursion.
//!
//! The parser builds nothing. It tells [`Events`] what it meets, in the order of the text and without a gap, so that the
//! tree and the formatter come from one reading. After a mistake it goes on with the next thing on the line.

mod block;
mod entry;
mod mistake;
mod space;

pub(super) use mistake::version_digit;

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::lexer::Lexer;
use crate::syntax::report::Reporter;
use crate::syntax::token::{Arena, Kind};

/// How deep blocks may be nested. People stay below ten; what walks the tree later may use the stack.
pub(in crate::syntax) const DEEPEST: usize = 64;

/// What the parser meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::syntax) enum Event {
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
pub(in crate::syntax) trait Events {
    /// Something stands at `start..end`.
    fn event(&mut self, event: Event, start: usize, end: usize);
}

/// Reads a text and tells `events` what it meets. What strings without a place in the text are worth comes back.
pub(in crate::syntax) fn read<'a, E: Events>(
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
            Some(b'#') if self.lexer.is_comment_of_others(true) => {
                self.comment_of_others();
                State::Nodes
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
        if let Some(token) = self.lexer.token() {
            if !token.kind.is_string() {
                self.lexer.report_name(token, "node");
            }
            self.name = (token.start, token.end);
            self.emit(Event::Name, token.start, token.end);
        } else {
            self.junk("the name of a node");
            self.dead_node(start);
        }
        State::Entries
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
                b'#' if self.lexer.is_comment_of_others(false) => {
                    self.comment_of_others();
                    return self.end_node();
                }
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

    fn end_node(&mut self) -> State {
        let at = self.lexer.at;
        self.emit(Event::NodeEnd, at, at);
        if self.lexer.peek() == Some(b';') {
            self.take(Event::Semicolon);
        }
        State::Nodes
    }
}
