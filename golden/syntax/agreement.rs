//! Documents in all spellings, and the same with mistakes: what our reader makes of them, what the generator meant, and
//! what the kdl crate makes of them.
//!
//! `TRACKSIDE_CASES=100000 cargo test --test golden syntax::agreement -- --nocapture` runs the full count.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use super::difference::difference;
use super::tree::ours;
use super::{generate, read};

/// Runs a property on tapes of random bytes; as many as `TRACKSIDE_CASES` says, else a small slice.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is for whoever runs it")]
pub(super) fn on_tapes(check: impl Fn(&[u8], &[u8]) -> Result<(), String>) -> u32 {
    let cases = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let tapes = (vec(any::<u8>(), 0..120), vec(any::<u8>(), 0..24));
    let result = TestRunner::new(config)
        .run(&tapes, |(text, change)| check(&text, &change).map_err(TestCaseError::fail));
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => panic!("{reason}"),
    }
    cases
}

#[test]
fn every_spelling_means_what_was_meant() {
    on_tapes(|tape, _| {
        let (text, meant) = generate::document(tape);
        let (document, mistakes) = read(&text);
        match mistakes.first() {
            Some(mistake) => Err(format!("{text:?}\n{mistake:?}")),
            None if ours(&document) != meant => {
                Err(format!("{text:?}\nread  {:?}\nmeant {meant:?}", ours(&document)))
            }
            None => Ok(()),
        }
    });
}

#[test]
fn valid_documents_read_as_the_kdl_crate_reads_them() {
    compare("valid", |tape, _| generate::document(tape).0);
}

#[test]
fn broken_documents_are_refused_where_the_kdl_crate_refuses_them() {
    compare("broken", |tape, change| generate::mutate(&generate::document(tape).0, change));
}

/// What fuzzing found at its smallest, and the fault of the crate that explains it.
#[test]
fn what_fuzzing_found_is_read_differently_for_a_known_reason() {
    let found = [
        ("/- kdl-version 1\na", "it reads a file that says it is KDL 1 as KDL 2"),
        ("a\u{7f} \"\u{7f}\"", "it takes disallowed code points in comments, and U+007F anywhere"),
        ("//\0\na \"\u{7f}\"", "it takes disallowed code points in comments, and U+007F anywhere"),
        ("a 0XEC6E 0B1", "it takes `0X`, `0O` and `0B` for the start of a number"),
    ];
    for (text, reason) in found {
        assert_eq!(difference(text), Ok(Some(reason)), "{text:?}");
    }
}

fn compare(name: &str, text: impl Fn(&[u8], &[u8]) -> String) {
    let differences: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let cases = on_tapes(|tape, change| {
        let text = text(tape, change);
        if let Some(reason) = difference(&text)? {
            *differences.lock().expect("no test panics with it").entry(reason).or_default() += 1;
        }
        Ok(())
    });
    let differences = differences.into_inner().expect("no test panics with it");
    println!(
        "{cases} {name} documents, {} read differently by the kdl crate:",
        differences.values().sum::<usize>()
    );
    for (reason, count) in differences {
        println!("{count:>8} {reason}");
    }
}
