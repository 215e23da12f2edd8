//! Text → [`Document`]: KDL 2.0 to the letter, and no word of our language.
//!
//! A document is a flat tree of spans into its text; see [`Node`] and [`Entry`] for what can be asked of it. The parser
//! never stops: it reports what is wrong and goes on behind it.

#[cfg(test)]
mod bounds;
mod builder;
mod byte;
mod disallowed;
pub mod edit;
pub mod filling;
pub mod format;
mod lexer;
mod number;
mod parser;
mod report;
mod string;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, Span, Spanned};
use crate::syntax::builder::{Annotation, Block, Builder, EntryRecord, LONG, NodeRecord, Tree};
use crate::syntax::filling::Fillings;
use crate::syntax::report::{Reporter, offset};
use crate::syntax::token::{Arena, Kind};

/// A file as KDL sees it.
#[derive(Clone, Debug)]
pub struct Document {
    file: FileId,
    text: Arc<str>,
    tree: Arc<Tree>,
    arena: Arc<Arena>,
    fillings: Fillings,
}

/// A node: a name, arguments and properties, and perhaps a block of children.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: &'a Document,
    index: u32,
}

/// An argument or a property of a node.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    document: &'a Document,
    index: u32,
}

/// What stands as an argument or behind the `=` of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string in any spelling, escapes and dedent done.
    String(&'a str),
    /// An integer.
    Integer(i128),
    /// An integer that does not fit: its digits as written.
    BigInteger(&'a str),
    /// A number with a fraction or an exponent, or `#inf`, `#-inf`, `#nan`.
    Float(f64),
    /// `#true` or `#false`.
    Bool(bool),
    /// `#null`.
    Null,
}

/// How deep blocks may be nested; what is nested deeper is reported and skipped.
pub const DEEPEST: usize = parser::DEEPEST;

/// Reads a text. What is wrong is reported; what is left is the document, in which a mistake reads as what was most
/// likely meant (`true` as `#true`).
pub fn parse(file: FileId, text: Arc<str>, sink: &mut Diagnostics) -> Document {
    let mut builder = Builder::default();
    let (mut arena, mut report) = parser::read(&text, Reporter::new(file, sink), &mut builder);
    let tree = builder.finish();
    disallowed::check(&text, |at| is_quoted(&tree, &text, at), &mut report);
    report.finish();
    arena.shrink();
    Document { file, text, tree: Arc::new(tree), arena: Arc::new(arena), fillings: Fillings::default() }
}

/// Whether a place is in a value that is a quoted string, which knows escapes.
fn is_quoted(tree: &Tree, text: &str, at: usize) -> bool {
    let next = tree.entries.partition_point(|entry| entry.value_start as usize <= at);
    let entry = next.checked_sub(1).map(|index| tree.entries[index]);
    entry.is_some_and(|it| at < it.value_end as usize && text.as_bytes()[it.value_start as usize] == b'"')
}

impl Document {
    /// The same document where its text is another file.
    #[must_use]
    pub fn in_file(&self, file: FileId) -> Self {
        Self { file, ..self.clone() }
    }

    /// The file it was read from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The whole text, as written.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The nodes at the top, slashdashed ones left out.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.siblings(0, offset(self.tree.nodes.len()))
    }

    /// How many nodes it has at any depth, slashdashed ones included.
    pub fn count(&self) -> usize {
        self.tree.nodes.len()
    }

    /// How many bytes of memory the tree holds, the text not counted.
    pub fn memory(&self) -> usize {
        let Tree { nodes, entries, annotations, keys, blocks } = &*self.tree;
        nodes.capacity() * size_of::<NodeRecord>()
            + entries.capacity() * size_of::<EntryRecord>()
            + annotations.capacity() * size_of::<Annotation>()
            + keys.capacity() * size_of::<builder::Key>()
            + blocks.capacity() * size_of::<Block>()
            + self.arena.capacity()
    }

    fn siblings(&self, first: u32, end: u32) -> impl Iterator<Item = Node<'_>> {
        let first = (first < end).then_some(first);
        let next = move |index: &u32| Some(self.tree.nodes[*index as usize].next).filter(|it| *it < end);
        std::iter::successors(first, next).map(|index| Node { document: self, index })
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, start, end)
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        &self.text[start as usize..end as usize]
    }

    /// What a string token is worth whose spelling must be told from its text.
    fn string(&self, start: u32, end: u32) -> &str {
        match self.text.as_bytes().get(start as usize) {
            Some(b'"' | b'#') => self.arena.find(start).unwrap_or_else(|| self.quoted(start, end)),
            _ => self.slice(start, end),
        }
    }

    /// What stands between the quotes of a string without escapes.
    fn quoted(&self, start: u32, end: u32) -> &str {
        let token = self.slice(start, end);
        let hashes = token.bytes().take_while(|it| *it == b'#').count();
        let inner =
            token[hashes..].strip_prefix('"').and_then(|it| it.get(..it.len().checked_sub(hashes + 1)?));
        // A keyword where a name should stand has no quotes.
        inner.unwrap_or(token)
    }

    fn annotation(&self, target: u32) -> Option<&Annotation> {
        let index = self.tree.annotations.binary_search_by_key(&target, |it| it.target).ok()?;
        Some(&self.tree.annotations[index])
    }

    fn annotation_text(&self, it: &Annotation) -> Spanned<&str> {
        Spanned::new(self.string(it.start, it.end), self.span(it.start, it.end))
    }
}

impl<'a> Node<'a> {
    /// The text at a span of its document.
    pub fn text(self, span: Span) -> &'a str {
        &self.document.text[span.start as usize..span.end as usize]
    }

    /// What goes with a piece of its document's text when that is taken out: the space before it, or its whole line where
    /// it stands there alone.
    pub fn removal(self, span: Span) -> Span {
        let text = &*self.document.text;
        let is_space = [' ', '\t'];
        let before = text[..span.start as usize].trim_end_matches(is_space);
        let after = text[span.end as usize..].trim_start_matches(is_space);
        if let Some(rest) =
            after.strip_prefix(';').filter(|_| span == self.span() || span == self.head_span())
        {
            return self.removal_to(span, text.len() - rest.len());
        }
        if let Some(line) =
            before.strip_suffix(';').filter(|_| after.is_empty() || after.starts_with(['}', '\n', '\r']))
        {
            return Span { start: offset(line.len()), ..span };
        }
        let is_alone = after.is_empty() || after.starts_with(['\n', '\r']);
        let start = match before.strip_suffix('\n') {
            Some(line) if is_alone => line.strip_suffix('\r').unwrap_or(line).len(),
            Some(_) => return span,
            None if before.is_empty() || before.ends_with(['\r', '{', ';']) => return span,
            None => before.len(),
        };
        Span { start: u32::try_from(start).unwrap_or(span.start), ..span }
    }

    /// The same with the `;` that ends it just before `end`.
    fn removal_to(self, span: Span, end: usize) -> Span {
        let text = &*self.document.text;
        let is_space = [' ', '\t'];
        let rest = &text[end..];
        let behind = rest.trim_start_matches(is_space);
        let is_last = behind.is_empty() || behind.starts_with(['\n', '\r']);
        let whole = Span { end: offset(end), ..span };
        let before = text[..span.start as usize].trim_end_matches(is_space);
        match before.strip_suffix('\n') {
            Some(line) if is_last => {
                Span { start: offset(line.strip_suffix('\r').unwrap_or(line).len()), ..whole }
            }
            _ if is_last => Span { start: offset(before.len()), ..whole },
            _ => Span { end: offset(text.len() - behind.len()), ..whole },
        }
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        let NodeRecord { name_start, name_end, .. } = self.record();
        self.document.string(*name_start, *name_end)
    }

    /// Where the name stands.
    pub fn name_span(self) -> Span {
        let NodeRecord { name_start, name_end, .. } = self.record();
        self.document.span(*name_start, *name_end)
    }

    /// The type annotation, `(override)`, without its parentheses.
    pub fn annotation(self) -> Option<Spanned<&'a str>> {
        let document = self.document;
        document.annotation(self.record().name_start).map(|it| document.annotation_text(it))
    }

    /// From the annotation or name to the end of the last entry or of the block, without what ends the node.
    pub fn span(self) -> Span {
        let head = self.head_span();
        self.block().map_or(head, |block| Span { end: block.close, ..head })
    }

    /// From the annotation or name to the last entry: all but the block.
    pub fn head_span(self) -> Span {
        let NodeRecord { name_start, name_end, .. } = *self.record();
        let start = self.document.annotation(name_start).map_or(name_start, |it| it.open);
        let last =
            self.entry_range().last().map(|index| self.document.tree.entries[index as usize].value_end);
        self.document.span(start, last.unwrap_or(name_end))
    }

    /// Arguments and properties as written, repeated properties included, slashdashed ones left out.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        let document = self.document;
        self.entry_range().map(move |index| Entry { document, index })
    }

    /// The block of children with its braces, where one is written.
    pub fn block_span(self) -> Option<Span> {
        self.block().map(|it| self.document.span(it.open, it.close))
    }

    /// The nodes in its block, slashdashed ones left out.
    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        self.document.siblings(self.index + 1, self.record().next)
    }

    fn record(self) -> &'a NodeRecord {
        &self.document.tree.nodes[self.index as usize]
    }

    /// The record of the node that starts next, a child or not.
    fn following(self) -> Option<&'a NodeRecord> {
        self.document.tree.nodes.get(self.index as usize + 1)
    }

    fn entry_range(self) -> std::ops::Range<u32> {
        let end = self.following().map_or_else(|| offset(self.document.tree.entries.len()), |it| it.entries);
        self.record().entries..end
    }

    /// Its block is the next one behind its name that opens before the next node starts.
    fn block(self) -> Option<&'a Block> {
        let blocks = &self.document.tree.blocks;
        let index = blocks.partition_point(|it| it.open < self.record().name_end);
        let limit = self.following().map_or(u32::MAX, |it| it.name_start);
        blocks.get(index).filter(|it| it.open < limit)
    }
}

impl<'a> Entry<'a> {
    /// The name of a property; `None` for an argument.
    pub fn name(self) -> Option<Spanned<&'a str>> {
        let EntryRecord { start, key, .. } = *self.record();
        let end = match key {
            0 => return None,
            LONG => {
                let keys = &self.document.tree.keys;
                keys[keys.partition_point(|it| it.start < start)].end
            }
            length => start + u32::from(length),
        };
        Some(Spanned::new(self.document.string(start, end), self.document.span(start, end)))
    }

    /// The type annotation of the value, `(age)"…"`, without its parentheses.
    pub fn annotation(self) -> Option<Spanned<&'a str>> {
        let EntryRecord { value_start, annotated, .. } = *self.record();
        let annotation = annotated.then(|| self.document.annotation(value_start)).flatten();
        annotation.map(|it| self.document.annotation_text(it))
    }

    /// The value.
    pub fn value(self) -> Value<'a> {
        let EntryRecord { value_start: start, value_end: end, kind, .. } = *self.record();
        let document = self.document;
        if let Some(filling) = document.fillings.at(start) {
            return filling.value();
        }
        match kind {
            Kind::Word => Value::String(document.slice(start, end)),
            Kind::Quoted | Kind::Raw => Value::String(document.quoted(start, end)),
            Kind::Decoded => Value::String(document.arena.find(start).unwrap_or_default()),
            Kind::Integer => {
                let digits = document.slice(start, end);
                number::integer(digits).map_or(Value::BigInteger(digits), Value::Integer)
            }
            Kind::Float => Value::Float(number::float(document.slice(start, end))),
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::Null => Value::Null,
            Kind::Infinity => Value::Float(f64::INFINITY),
            Kind::NegativeInfinity => Value::Float(f64::NEG_INFINITY),
            Kind::NotANumber => Value::Float(f64::NAN),
        }
    }

    /// The value as it is written.
    pub fn text(self) -> &'a str {
        let EntryRecord { value_start, value_end, .. } = *self.record();
        self.document.slice(value_start, value_end)
    }

    /// Where the value stands, without its annotation.
    pub fn value_span(self) -> Span {
        let EntryRecord { value_start, value_end, .. } = *self.record();
        self.document.span(value_start, value_end)
    }

    /// The whole entry.
    pub fn span(self) -> Span {
        let EntryRecord { start, value_end, .. } = *self.record();
        self.document.span(start, value_end)
    }

    fn record(self) -> &'a EntryRecord {
        &self.document.tree.entries[self.index as usize]
    }
}
