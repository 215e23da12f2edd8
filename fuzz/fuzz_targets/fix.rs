//! Any texts as a platform: mending ends, leaves no more mistakes than there were, nothing that it could mend, and what was
//! right as it was meant.
#![no_main]

#[path = "../../golden/inside.rs"]
mod inside;
mod several;

use libfuzzer_sys::fuzz_target;
use trackside::Outcome;
use trackside::language::Selection;
use trackside::mend::{Mended, meanings, mend};

fuzz_target!(|text: &str| {
    let tree = several::tree(text);
    let Mended { changes, before, after } = mend(&tree, &Selection::default());
    inside::all(&after.diagnostics, &after.sources);
    let [errors_before, errors_after] = [&before, &after].map(errors);
    assert!(errors_after <= errors_before, "{errors_before} errors became {errors_after}");
    let mended = tree.with(changes.into_iter().map(|(path, it)| (path, it.after)));
    if errors_before == 0 {
        assert_eq!(meanings(&tree), meanings(&mended), "what was right means something else");
    }
    let again = mend(&mended, &Selection::default());
    assert_eq!(
        errors(&again.before),
        errors_after,
        "what is told of the mended texts is what there is to tell"
    );
    assert!(again.changes.is_empty(), "there is more to mend: {:?}", again.changes);
});

fn errors(outcome: &Outcome) -> usize {
    outcome.diagnostics.summary().errors
}
