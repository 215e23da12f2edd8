//! Where filled documents live for as long as the declarations that are read from them.

use std::cell::OnceCell;

use crate::syntax::Document;

/// A list that grows while its elements are lent out.
#[derive(Debug, Default)]
pub struct Arena(OnceCell<Box<(Document, Arena)>>);

impl Arena {
    /// Puts a document behind the last one; returns it and the new end of the list.
    pub(super) fn push(&self, document: Document) -> (&Document, &Self) {
        let mut end = self;
        while let Some(link) = end.0.get() {
            end = &link.1;
        }
        let link = end.0.get_or_init(|| Box::new((document, Self::default())));
        (&link.0, &link.1)
    }
}

impl Drop for Arena {
    /// One link after the other: as many of them inside each other could be more than the stack has room for.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut link) = next {
            next = link.1.0.take();
        }
    }
}
