//! The formatter: one layout for every text, and nothing lost.
//!
//! It decides about spaces, newlines and indentation only. Spellings stay: numbers, quotes, escapes, comments, the order
//! of things, whether a block stands on one line or on several. What it prints it prints again the same.

mod align;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::FileId;
use crate::syntax::byte;
use crate::syntax::format::align::Trailing;
use crate::syntax::parser::{self, Event, Events};
use crate::syntax::report::Reporter;

/// How far a block is indented.
const INDENT: &str = "    ";

/// Formats a text. One with mistakes is refused, with all of them.
pub fn format(file: FileId, text: &Arc<str>) -> Result<String, Diagnostics> {
    let mut sink = Diagnostics::default();
    super::parse(file, text.clone(), &mut sink);
    if sink.fails() {
        return Err(sink);
    }
    let mut pieces = Pieces::default();
    let _ = parser::read(text, Reporter::new(file, &mut sink), &mut pieces);
    let mut printer = Printer::new(text, pieces.is_flat());
    for piece in &pieces.0 {
        printer.print(*piece);
    }
    Ok(printer.finish())
}

/// What the parser met, in order.
#[derive(Default)]
struct Pieces(Vec<Piece>);

#[derive(Clone, Copy, Debug)]
struct Piece {
    event: Event,
    start: usize,
    end: usize,
}

impl Events for Pieces {
    fn event(&mut self, event: Event, start: usize, end: usize) {
        self.0.push(Piece { event, start, end });
    }
}

impl Pieces {
    /// For each block, in the order in which they open: whether it stands on one line.
    fn is_flat(&self) -> Vec<bool> {
        let mut flat = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        // The blocks of `open` up to here are known to stand on several lines, so that none is looked at twice.
        let mut known = 0;
        for piece in &self.0 {
            match piece.event {
                Event::BlockOpen => {
                    open.push(flat.len());
                    flat.push(true);
                }
                Event::BlockClose => {
                    open.pop();
                    known = known.min(open.len());
                }
                Event::Newline => {
                    open[known..].iter().for_each(|block| flat[*block] = false);
                    known = open.len();
                }
                _ => {}
            }
        }
        flat
    }
}

/// What comes next after the space between nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Node,
    Close,
    End,
}

struct Printer<'a> {
    text: &'a str,
    out: String,
    flat: std::vec::IntoIter<bool>,
    /// The blocks that are open: whether each stands on one line.
    blocks: Vec<bool>,
    /// Spaces and comments that wait for what follows them.
    waiting: Vec<Piece>,
    /// Between the name of a node and its end, and not in its block.
    in_node: bool,
    /// Where nothing was printed in a block yet.
    at_open: bool,
    /// What the next piece touches without a space, if it does.
    tight: Option<Event>,
    /// A continued line was begun and nothing stands on it.
    fresh_line: bool,
    trailing: Vec<Trailing>,
}

impl<'a> Printer<'a> {
    fn new(text: &'a str, flat: Vec<bool>) -> Self {
        Self {
            text,
            out: String::with_capacity(text.len() + text.len() / 8),
            flat: flat.into_iter(),
            blocks: Vec::new(),
            waiting: Vec::new(),
            in_node: false,
            at_open: true,
            tight: None,
            fresh_line: false,
            trailing: Vec::new(),
        }
    }

    fn print(&mut self, piece: Piece) {
        match piece.event {
            Event::Newline | Event::LineComment | Event::BlockComment | Event::Continuation => {
                self.waiting.push(piece);
            }
            Event::Semicolon => {}
            Event::NodeEnd => {
                // What waits stands behind the node.
                self.in_node = false;
                self.fresh_line = false;
            }
            Event::BlockClose => self.close_block(),
            _ => {
                self.space_before(piece.event);
                self.token(piece);
            }
        }
    }

    fn finish(mut self) -> String {
        self.between(Next::End);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        align::align(&self.out, &self.trailing)
    }

    fn space_before(&mut self, event: Event) {
        if let Some(touched) = self.tight.take() {
            self.touching(touched);
        } else if self.in_node {
            self.inside();
            let is_glued = matches!(event, Event::Equals | Event::Annotation | Event::AnnotationClose);
            if !is_glued && !std::mem::take(&mut self.fresh_line) {
                self.out.push(' ');
            }
        } else {
            self.between(Next::Node);
        }
    }

    fn token(&mut self, piece: Piece) {
        match piece.event {
            Event::BlockOpen => {
                self.out.push('{');
                self.blocks.push(self.flat.next().unwrap_or_default());
                self.in_node = false;
                self.at_open = true;
                return;
            }
            Event::Name | Event::Key | Event::Annotation | Event::Value(_) => {
                if self.out == "/-" && parser::version_digit(self.text).is_some() {
                    // Without the space it would be no version marker, and with one every other node could become it.
                    self.out.push(' ');
                }
                text::push_token(&mut self.out, &self.text[piece.start..piece.end], self.blocks.len() + 1);
            }
            _ => self.out.push_str(&self.text[piece.start..piece.end]),
        }
        self.tight = match piece.event {
            Event::Name | Event::Value(_) => None,
            event => Some(event),
        };
        self.in_node |= piece.event == Event::Name;
    }

    fn close_block(&mut self) {
        self.between(Next::Close);
        self.blocks.pop();
        self.out.push('}');
        self.in_node = true;
        self.at_open = false;
        self.fresh_line = false;
    }

    /// Prints what waits between two nodes, and starts the line of what is next.
    fn between(&mut self, next: Next) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|it| it.event != Event::Continuation);
        let is_flat = self.blocks.last().copied().unwrap_or_default();
        if is_flat {
            self.between_flat(&waiting, next);
        } else {
            self.between_lines(&waiting, next);
        }
        self.at_open = false;
    }

    fn between_flat(&mut self, waiting: &[Piece], next: Next) {
        // All that waits in such a block are comments between `/*` and `*/`.
        let comments = || waiting.iter();
        if next == Next::Node {
            self.out.push_str(if self.at_open { " " } else { "; " });
            for comment in comments() {
                self.comment(*comment);
                self.out.push(' ');
            }
            return;
        }
        for comment in comments() {
            self.out.push(' ');
            self.comment(*comment);
        }
        if !self.at_open || comments().next().is_some() {
            self.out.push(' ');
        }
    }

    fn between_lines(&mut self, waiting: &[Piece], next: Next) {
        let mut lines = waiting.split(|it| it.event == Event::Newline);
        let count = lines.clone().count();
        let leading = lines.next_back().unwrap_or_default();
        // On the line of the last node, unless the next one stands on that line too.
        let trailing = if count > 1 { lines.next().unwrap_or_default() } else { &[] };
        let (trailing, leading) =
            if count == 1 && next != Next::Node { (leading, trailing) } else { (trailing, leading) };
        let mut at_edge = self.at_open;
        if !trailing.is_empty() && self.out.is_empty() {
            self.comments(trailing);
            at_edge = false;
        } else {
            self.trailing_comments(trailing);
        }
        let mut blank = false;
        let last = if next == Next::Node { None } else { Some(leading) };
        for line in lines.chain(last) {
            if line.is_empty() {
                blank = true;
                continue;
            }
            self.start_line(blank && !at_edge);
            self.comments(line);
            (blank, at_edge) = (false, false);
        }
        match next {
            Next::Node => {
                self.start_line(blank && !at_edge);
                for comment in leading {
                    self.comment(*comment);
                    self.out.push(' ');
                }
            }
            // Nothing stands in the block.
            Next::Close if at_edge && trailing.is_empty() => {}
            Next::Close => {
                self.blocks.pop();
                self.start_line(false);
                self.blocks.push(false);
            }
            Next::End => {}
        }
    }

    /// Comments behind a node on its line.
    fn trailing_comments(&mut self, comments: &[Piece]) {
        for comment in comments {
            self.out.push(' ');
            if comment.event == Event::LineComment {
                self.trailing.push(Trailing { at: self.out.len(), column: self.column(comment.start) });
            }
            self.comment(*comment);
        }
    }

    /// Comments with a line of their own.
    fn comments(&mut self, comments: &[Piece]) {
        for (index, comment) in comments.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            self.comment(*comment);
        }
    }

    /// Prints what waits before an entry or a block, a space before each.
    fn inside(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        for (index, piece) in waiting.iter().enumerate() {
            let follows = waiting.get(index + 1).map(|it| it.event);
            match piece.event {
                // One continued line is enough where nothing stands on it.
                Event::Continuation if self.fresh_line && matches!(follows, Some(Event::Newline) | None) => {}
                Event::Newline if self.fresh_line => {}
                Event::Newline => self.continue_line(),
                _ => {
                    if !std::mem::take(&mut self.fresh_line) {
                        self.out.push(' ');
                    }
                    self.comment(*piece);
                }
            }
        }
    }

    /// Prints what waits where no space belongs: only comments are worth keeping there.
    fn touching(&mut self, touched: Event) {
        let waiting = std::mem::take(&mut self.waiting);
        for piece in &waiting {
            match piece.event {
                Event::BlockComment => self.comment(*piece),
                Event::LineComment => {
                    // Behind `/-` a newline needs no `\`.
                    self.out.push_str(if touched == Event::Slashdash { " " } else { " \\ " });
                    self.comment(*piece);
                    if self.in_node {
                        self.continue_line();
                    } else {
                        self.start_line(false);
                    }
                    self.fresh_line = false;
                }
                _ => {}
            }
        }
    }

    fn comment(&mut self, piece: Piece) {
        text::push_lines(&mut self.out, self.text[piece.start..piece.end].trim_end());
    }

    fn continue_line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&INDENT.repeat(self.blocks.len() + 1));
        self.fresh_line = true;
    }

    fn start_line(&mut self, blank: bool) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        if blank {
            self.out.push('\n');
        }
        self.out.push_str(&INDENT.repeat(self.blocks.len()));
    }

    /// How many characters stand before a place on its line.
    fn column(&self, at: usize) -> usize {
        let line = byte::line_start(self.text.as_bytes(), at);
        self.text[line..at].chars().count()
    }
}
