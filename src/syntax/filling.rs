//! A document read again with other values in some places.

use std::sync::Arc;

use crate::source::FileId;
use crate::syntax::{Document, Entry, Node, Value};

/// What stands in the place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// It as a text.
    pub text: String,
    /// What it is worth where that is no text.
    pub worth: Option<Worth>,
}

/// A value that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// An integer.
    Integer(i128),
    /// `#true` or `#false`.
    Bool(bool),
}

/// What stands in other places than was written, by where the values start, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Fillings(Vec<(u32, Filling)>);

impl Fillings {
    pub(super) fn at(&self, start: u32) -> Option<&Filling> {
        if self.0.is_empty() {
            return None;
        }
        let index = self.0.binary_search_by_key(&start, |it| it.0).ok()?;
        Some(&self.0[index].1)
    }
}

impl Filling {
    pub(super) fn value(&self) -> Value<'_> {
        match self.worth {
            None => Value::String(&self.text),
            Some(Worth::Integer(number)) => Value::Integer(number),
            Some(Worth::Bool(truth)) => Value::Bool(truth),
        }
    }
}

impl Document {
    /// The same document as another file, with other values in the places where values start. Only what is filled in is
    /// new: the text and its tree are shared.
    #[must_use]
    pub fn filled(&self, file: FileId, mut fillings: Vec<(u32, Filling)>) -> Self {
        fillings.sort_by_key(|it| it.0);
        let Self { file: _, text, tree, arena, fillings: _ } = self;
        let (text, tree, arena) = (Arc::clone(text), Arc::clone(tree), Arc::clone(arena));
        Self { file, text, tree, arena, fillings: Fillings(fillings) }
    }
}

impl<'a> Node<'a> {
    /// The document that it stands in.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// The same node of a document that is filled otherwise.
    pub fn within(self, document: &Document) -> Node<'_> {
        Node { document, index: self.index }
    }
}

impl<'a> Entry<'a> {
    /// The same entry of a document that is filled otherwise.
    pub fn within(self, document: &Document) -> Entry<'_> {
        Entry { document, index: self.index }
    }

    /// What is filled in here instead of what is written.
    pub fn filling(self) -> Option<&'a Filling> {
        self.document.fillings.at(self.record().value_start)
    }
}
