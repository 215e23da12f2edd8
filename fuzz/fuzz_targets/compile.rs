//! Any text as a platform: compiling never panics and always ends, what has no mistakes compiles, and each finding points
//! into a text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trackside::language::Selection;
use trackside::tree::Tree;

fuzz_target!(|text: &str| {
    let outcome = trackside::compile(&Tree::of(text), &Selection::default()).expect("no fault of ours");
    assert_eq!(outcome.compiled.is_none(), outcome.diagnostics.fails(), "what has no mistakes compiles");
    for diagnostic in outcome.diagnostics.iter() {
        let related = diagnostic.related.iter().map(|it| it.span);
        for span in diagnostic.primary.iter().map(|it| it.span).chain(related) {
            let span = outcome.sources.written(span);
            let _text = outcome.sources.text(span);
        }
    }
});
