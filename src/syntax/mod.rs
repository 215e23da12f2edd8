//! Text → [`Document`]: KDL 2.0 to the letter, and no word of our language.
//!
//! A document is a flat tree of spans into its text; see [`Node`] and [`Entry`] for what can be asked of it. The parser
//! never stops: it reports what is wrong and goes on behind it.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, Span, Spanned};

/// A file as KDL sees it.
#[derive(Clone, Debug)]
pub struct Document {
    file: FileId,
    text: Arc<str>,
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

/// Reads a text. What is wrong is reported; what is left is the document.
pub fn parse(file: FileId, text: Arc<str>, sink: &mut Diagnostics) -> Document {
    let _ = sink;
    Document { file, text }
}

impl Document {
    /// The file it was read from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The nodes at the top, slashdashed ones left out.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let _ = &self.text;
        std::iter::empty()
    }
}

impl<'a> Node<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        unimplemented!("{} {}", self.document.text, self.index)
    }

    /// Where the name stands.
    pub fn name_span(self) -> Span {
        unimplemented!()
    }

    /// The type annotation, `(override)`, without its parentheses.
    pub fn annotation(self) -> Option<Spanned<&'a str>> {
        unimplemented!()
    }

    /// From the annotation or name to the end of the last entry or of the block, without what ends the node.
    pub fn span(self) -> Span {
        unimplemented!()
    }

    /// From the annotation or name to the last entry: all but the block.
    pub fn head_span(self) -> Span {
        unimplemented!()
    }

    /// Arguments and properties as written, repeated properties included, slashdashed ones left out.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        std::iter::empty()
    }

    /// The block of children with its braces, where one is written.
    pub fn block_span(self) -> Option<Span> {
        unimplemented!()
    }

    /// The nodes in its block, slashdashed ones left out.
    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        std::iter::empty()
    }
}

impl<'a> Entry<'a> {
    /// The name of a property; `None` for an argument.
    pub fn name(self) -> Option<Spanned<&'a str>> {
        unimplemented!("{} {}", self.document.text, self.index)
    }

    /// The type annotation of the value, `(age)"…"`, without its parentheses.
    pub fn annotation(self) -> Option<Spanned<&'a str>> {
        unimplemented!()
    }

    /// The value.
    pub fn value(self) -> Value<'a> {
        unimplemented!()
    }

    /// Where the value stands, without its annotation.
    pub fn value_span(self) -> Span {
        unimplemented!()
    }

    /// The whole entry.
    pub fn span(self) -> Span {
        unimplemented!()
    }
}
