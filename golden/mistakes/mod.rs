//! Copies of examples with many mistakes at once: one run names each of them, at its line, and nothing else; `check --fix`
//! mends what is a slip of the fingers.

mod railway;
mod shop;
mod typos;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use trackside::Outcome;
use trackside::diagnostic::Diagnostic;
use trackside::diagnostic::code::Code;
use trackside::language::Selection;
use trackside::language::value::time::Date;
use trackside::tree::Tree;

/// A text of a file, and what it becomes.
#[derive(Clone, Copy)]
struct Change {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Something wrong: in this file, this text became that one.
#[derive(Clone, Copy)]
struct Mistake {
    change: Change,
    code: Code,
    /// Where it shows, where that is not what was changed: a file and a piece of its text.
    shows: Option<(&'static str, &'static str)>,
}

const fn mistake(code: Code, file: &'static str, from: &'static str, to: &'static str) -> Mistake {
    Mistake { change: Change { file, from, to }, code, shows: None }
}

const fn elsewhere(mistake: Mistake, file: &'static str, text: &'static str) -> Mistake {
    Mistake { shows: Some((file, text)), ..mistake }
}

/// Makes all the mistakes in a copy of an example. What the example has to say for itself is expected as well.
fn each_is_named_once(example: &str, mistakes: &[Mistake]) {
    let mut files = copy(example);
    let usual = check(&files);
    let usual: BTreeSet<(Code, &str)> =
        usual.diagnostics.iter().map(|it| (it.code, it.message.as_str())).collect();
    plant(&mut files, mistakes.iter().map(|it| it.change));
    let outcome = check(&files);
    let is_new = |it: &&Diagnostic| it.waived.is_none() && !usual.contains(&(it.code, it.message.as_str()));
    let mut found: Vec<&Diagnostic> = outcome.diagnostics.iter().filter(is_new).collect();
    let place =
        |it: &Diagnostic| it.primary.as_ref().map_or(String::new(), |at| outcome.sources.place(at.span));
    let mut wrong = String::new();
    for Mistake { change: Change { file, from, to }, code, shows } in mistakes {
        let (file, shown) = shows.unwrap_or((file, to));
        let lines = lines(&files[file], shown);
        let is_it = |it: &Diagnostic| {
            it.code == *code && lines.iter().any(|line| place(it) == format!("{file}:{line}"))
        };
        match found.iter().position(|it| is_it(it)) {
            None => writeln!(wrong, "not found: {code} at {file}:{lines:?}, `{from}` to `{to}`")
                .expect("it is text"),
            Some(at) => {
                let it = found.remove(at);
                if it.help.is_empty() && it.fixes.is_empty() {
                    writeln!(wrong, "no help: {code} {}: {}", place(it), it.message).expect("it is text");
                }
            }
        }
    }
    for it in found {
        writeln!(wrong, "too much: {} {}: {}", it.code, place(it), it.message).expect("it is text");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn each_is_of_another_kind(mistakes: &[Mistake], least: usize) {
    let codes: BTreeSet<Code> = mistakes.iter().map(|it| it.code).collect();
    assert_eq!(codes.len(), mistakes.len(), "each kind is shown once");
    assert!(codes.len() >= least, "{} are fewer than {least}", codes.len());
}

/// The texts of a copy of an example, by path.
type Files = BTreeMap<String, String>;

fn plant(files: &mut Files, changes: impl IntoIterator<Item = Change>) {
    for Change { file, from, to } in changes {
        let text = files.get_mut(file).unwrap_or_else(|| panic!("{file} is there"));
        let count = text.matches(from).count();
        assert_eq!(count, 1, "`{from}` stands once in {file}");
        *text = text.replacen(from, to, 1);
    }
}

fn check(files: &Files) -> Outcome {
    trackside::check(&tree(files), &selection())
}

fn tree(files: &Files) -> Tree {
    Tree::memory(files.iter().map(|(path, text)| (path.clone(), text.clone())))
}

/// Every environment, on a day on which the waivers of the examples hold.
fn selection() -> Selection {
    Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) }
}

/// The lines that a piece of text covers.
fn lines(text: &str, piece: &str) -> Vec<usize> {
    let start = text.find(piece).unwrap_or_else(|| panic!("`{piece}` stands there"));
    let first = text[..start].matches('\n').count() + 1;
    (first..=first + piece.trim_end().matches('\n').count()).collect()
}

fn copy(example: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(example);
    let texts = crate::artifacts::files_below(&root).into_iter().map(|path| {
        let name = path.strip_prefix(&root).expect("it is inside").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("it is text"))
    });
    texts.collect()
}
