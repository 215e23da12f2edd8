//! `fuzz/kdl.dict` holds the words of the language: a fuzzer that knows them writes platforms, and not only KDL.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use trackside::language;
use trackside::language::kind::Kind;

use crate::artifacts::{first_difference, root, update};

/// What KDL itself is made of.
const PIECES: &[&str] = &[
    "\"",
    "\"\"\"",
    "#\"",
    "\"#",
    "{",
    "}",
    "(",
    ")",
    "=",
    ";",
    "\\",
    "/-",
    "/*",
    "*/",
    "//",
    "\n",
    "\r\n",
    "\u{feff}",
    "#true",
    "#false",
    "#null",
    "#inf",
    "#-inf",
    "#nan",
    "0x1f",
    "0b1",
    "1e9",
    "\\u{10ffff}",
    "\n//# ",
    "(override)",
    "(remove)",
];

/// Longer ones libFuzzer does not take.
const MOST_BYTES: usize = 63;

#[test]
fn the_dictionary_of_the_fuzzer_has_every_word_of_the_language() {
    let mut words: BTreeSet<String> = PIECES.iter().map(|it| (*it).to_owned()).collect();
    let mut open: Vec<&Kind> = language::TOP.to_vec();
    let mut seen = BTreeSet::new();
    while let Some(kind) = open.pop() {
        if !seen.insert(std::ptr::from_ref(kind).addr()) {
            continue;
        }
        words.insert(kind.word.to_owned());
        words.insert(kind.example());
        for field in kind.arguments.iter().chain(&kind.rest) {
            words.insert(field.form.example.to_owned());
            words.extend(field.annotations.iter().map(|it| format!("({it})")));
        }
        for field in kind.properties {
            words.insert(format!(" {}=", field.word));
            words.insert(format!(" {}={}", field.word, field.form.example));
            words.extend(field.annotations.iter().map(|it| format!("({it})")));
        }
        open.extend(kind.children.iter().copied().chain(kind.others));
    }
    let mut told = String::from(
        "# The words of the language. A test writes this: INSTA_UPDATE=always cargo test dictionary\n",
    );
    for it in words.iter().filter(|it| !it.is_empty() && it.len() <= MOST_BYTES) {
        writeln!(told, "\"{}\"", escaped(it)).expect("a string takes everything");
    }
    let path = root("fuzz/kdl.dict");
    if fs::read_to_string(&path).is_ok_and(|it| it == told) {
        return;
    }
    if update() {
        fs::write(&path, told).expect("it can be written");
    } else {
        panic!("run with INSTA_UPDATE=always: {}", first_difference(&path, &told));
    }
}

/// As libFuzzer reads it.
fn escaped(text: &str) -> String {
    let bytes = text.bytes().map(|it| match it {
        b'"' | b'\\' => format!("\\{}", char::from(it)),
        b' '..=b'~' => char::from(it).to_string(),
        _ => format!("\\x{it:02x}"),
    });
    bytes.collect()
}
