//! Any text that is KDL: formatting it twice changes nothing more, and neither meaning nor comments are lost.
#![no_main]

#[allow(dead_code, reason = "only parse compares with the kdl crate")]
#[path = "../../golden/syntax/tree.rs"]
mod tree;
#[path = "../../golden/syntax/unchanged.rs"]
mod unchanged;

use libfuzzer_sys::fuzz_target;
use trackside::diagnostic::{Diagnostic, Diagnostics};
use trackside::source::FileId;
use trackside::syntax::{Document, parse};

fuzz_target!(|text: &str| unchanged::holds(text).unwrap_or_else(|problem| panic!("{problem}")));

/// Reads a text; its mistakes come as a list.
fn read(text: &str) -> (Document, Vec<Diagnostic>) {
    let mut sink = Diagnostics::default();
    let document = parse(FileId(0), text.into(), &mut sink);
    (document, sink.into_iter().collect())
}
