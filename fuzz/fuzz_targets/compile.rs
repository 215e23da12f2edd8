//! Any texts as a platform: compiling never panics and always ends, what has no mistakes compiles and what has them does
//! not, each finding points into a text, and every report of them can be written.
#![no_main]

#[path = "../../golden/inside.rs"]
mod inside;
mod several;

use libfuzzer_sys::fuzz_target;
use trackside::Outcome;
use trackside::diagnostic::sarif::Audience;
use trackside::diagnostic::{github, human, json, sarif};
use trackside::language::Selection;

/// How many environments of a platform are tried; each costs as much as another platform.
const MOST_ENVIRONMENTS: usize = 3;

fuzz_target!(|text: &str| {
    let tree = several::tree(text);
    let named = trackside::environments(&tree).into_iter().take(MOST_ENVIRONMENTS).map(Some);
    for environment in std::iter::once(None).chain(named) {
        let selection = Selection { environment, date: None };
        let outcome = trackside::compile(&tree, &selection).expect("no fault of ours");
        assert_eq!(outcome.compiled.is_none(), outcome.diagnostics.fails(), "what has no mistakes compiles");
        if let Some(compiled) = &outcome.compiled {
            assert!(compiled.files(None, &outcome.sources).contains_key("index.json"));
        }
        inside::all(&outcome.diagnostics, &outcome.sources);
    }
    // Reports take longer than all else, and these findings are those of every environment.
    tell(&trackside::check(&tree, &Selection::default()));
});

fn tell(Outcome { sources, diagnostics, .. }: &Outcome) {
    inside::all(diagnostics, sources);
    let sarif =
        |audience| sarif::render(diagnostics, sources, &sarif::Run { audience, root: "", category: None });
    let reports = [
        human::render(diagnostics, sources, &human::Style { width: 40, color: true, max: 20 }),
        json::render(diagnostics, sources),
        github::render(diagnostics, sources, "", github::PER_JOB),
        sarif(Audience::Everyone),
        sarif(Audience::GitHub),
    ];
    // What a waiver accepts is nothing to annotate.
    let is_serious = diagnostics.iter().any(|it| it.waived.is_none());
    assert!(!is_serious || reports.iter().all(|it| !it.is_empty()), "a report says nothing");
}
