//! The reader of KDL, held against everybody else's idea of KDL.

mod agreement;
mod canonical;
mod catalogue;
mod difference;
mod generate;
mod layout;
mod suite;
mod tree;
mod unchanged;

use trackside::diagnostic::{Diagnostic, Diagnostics};
use trackside::source::FileId;
use trackside::syntax::{Document, parse};

/// Reads a text; its mistakes come as a list.
fn read(text: &str) -> (Document, Vec<Diagnostic>) {
    let mut sink = Diagnostics::default();
    let document = parse(FileId(0), text.into(), &mut sink);
    (document, sink.into_iter().collect())
}
