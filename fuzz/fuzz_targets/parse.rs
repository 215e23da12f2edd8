//! Any text: reading never panics, every part of the tree is where it says, formatting loses nothing, and the kdl crate agrees
//! or its fault is known. The checks are those of the integration tests.
#![no_main]

#[path = "../../golden/syntax/canonical.rs"]
mod canonical;
#[path = "../../golden/syntax/difference.rs"]
mod difference;
#[path = "../../golden/inside.rs"]
mod inside;
#[path = "../../golden/syntax/tree.rs"]
mod tree;
#[path = "../../golden/syntax/unchanged.rs"]
mod unchanged;

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use trackside::diagnostic::{Diagnostic, Diagnostics};
use trackside::source::{FileId, SourceMap, Span};
use trackside::syntax::{Document, Node, parse};

fuzz_target!(|text: &str| {
    let mut sources = SourceMap::default();
    let file = sources.add("platform.kdl", text);
    let mut sink = Diagnostics::default();
    let document = parse(file, text.into(), &mut sink);
    inside::all(&sink, &sources);
    holds(
        document.nodes(),
        Span::new(file, 0, u32::try_from(text.len()).expect("a fuzzer's text is short")),
        text,
    );
    unchanged::holds(text).unwrap_or_else(|problem| panic!("{problem}"));
    if text.len() < 400 {
        difference::difference(text).unwrap_or_else(|problem| panic!("{problem}"));
    }
});

/// Nodes stand one behind the other in what they are in, and so do their entries and their blocks.
fn holds<'a>(nodes: impl Iterator<Item = Node<'a>>, around: Span, text: &str) {
    let mut at = around.start;
    for node in nodes {
        at = behind(at, node.span(), around, text);
        let mut inner = behind(node.span().start, node.name_span(), node.head_span(), text);
        for entry in node.entries() {
            inner = behind(inner, entry.span(), node.head_span(), text);
            behind(entry.span().start, entry.value_span(), entry.span(), text);
        }
        if let Some(block) = node.block_span() {
            behind(inner, block, node.span(), text);
            holds(node.children(), block, text);
        }
    }
}

/// Where a span ends, which begins no sooner than at `start` and ends within `around`.
fn behind(start: u32, span: Span, around: Span, text: &str) -> u32 {
    let range: Range<usize> = span.start as usize..span.end as usize;
    assert!(start <= span.start && span.end <= around.end, "{span:?} in {around:?} from {start}");
    assert!(text.get(range).is_some(), "{span:?} cuts a character");
    span.end
}

/// Reads a text; its mistakes come as a list.
fn read(text: &str) -> (Document, Vec<Diagnostic>) {
    let mut sink = Diagnostics::default();
    let document = parse(FileId(0), text.into(), &mut sink);
    (document, sink.into_iter().collect())
}
