//! The formatter on documents in all spellings.

use super::agreement::on_tapes;
use super::canonical::canonical;
use super::unchanged::holds;
use super::{generate, read};

#[test]
fn formatting_changes_no_meaning_and_loses_no_comment() {
    on_tapes(|tape, _| holds(&generate::document(tape).0));
}

#[test]
fn a_text_with_mistakes_is_refused_and_any_other_formatted() {
    on_tapes(|tape, change| holds(&generate::mutate(&generate::document(tape).0, change)));
}

#[test]
fn what_is_printed_reads_the_same() {
    on_tapes(|tape, _| {
        let (text, _) = generate::document(tape);
        let (document, _) = read(&text);
        let printed = canonical(&document);
        let (again, mistakes) = read(&printed);
        match mistakes.first() {
            None if canonical(&again) == printed => Ok(()),
            None => Err(format!("{text:?}\n{printed}\n{}", canonical(&again))),
            Some(mistake) => Err(format!("{printed:?}\n{}", mistake.message)),
        }
    });
}
