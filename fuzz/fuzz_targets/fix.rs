//! Any text as a platform: mending ends, leaves no more mistakes than there were, nothing that it could mend, and what was
//! right as it was meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trackside::Outcome;
use trackside::language::Selection;
use trackside::mend::{Mended, meanings, mend};
use trackside::tree::Tree;

fuzz_target!(|text: &str| {
    let tree = Tree::of(text);
    let Mended { changes, before, after } = mend(&tree, &Selection::default());
    assert!(mistakes(&after) <= mistakes(&before), "{} became {}", mistakes(&before), mistakes(&after));
    let mended = tree.with(changes.into_iter().map(|(path, it)| (path, it.after)));
    if !before.diagnostics.fails() {
        assert_eq!(meanings(&tree), meanings(&mended), "what was right means something else");
    }
    let again = mend(&mended, &Selection::default());
    assert!(again.changes.is_empty(), "{:?}", again.changes);
});

fn mistakes(outcome: &Outcome) -> usize {
    outcome.diagnostics.iter().filter(|it| it.fails()).count()
}
