//! `check --fix`: planted typos are mended so that the tree means what it meant, and what is right stays so.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use trackside::diagnostic::Diagnostics;
use trackside::diagnostic::code::CATALOGUE;
use trackside::language::kind::Kind;
use trackside::language::value::time::Date;
use trackside::language::{self, Selection, include};
use trackside::mend::{Change, Mended, meanings, mend};
use trackside::syntax::{Document, Node, Value};
use trackside::tree::Tree;
use trackside::tree::path::TreePath;

use crate::examples;

#[test]
fn most_typos_are_mended_and_none_changes_what_is_right() {
    let (mut planted, mut restored, mut silent) = (0, 0, 0);
    let mut others = Vec::new();
    let mut wrong = Vec::new();
    let folders = examples::folders();
    let rounds = cases().div_ceil(folders.len());
    for folder in &folders {
        let tree = Tree::folder(folder).expect("an example is a folder");
        let meant = meanings(&tree);
        let words = words(&tree);
        let mut random = Random(7);
        for _ in 0..rounds {
            let Word { path, start, text } = &words[random.below(words.len())];
            let typo = random.typo(text);
            let before = tree.read_text(path).expect("it has been read");
            let after = format!("{}{typo}{}", &before[..*start], &before[start + text.len()..]);
            let broken = tree.with([(path.clone(), Arc::from(after))]);
            let what = format!("{}/{path}: `{text}` to `{typo}`", folder.display());
            let Mended { changes, before: found, .. } = mend(&broken, &selection());
            let mended = meanings(&changed(&broken, changes));
            if !found.diagnostics.fails() {
                // It has another meaning now, or none is lost; either way nothing may touch it.
                silent += 1;
                if mended != meanings(&broken) {
                    wrong.push(what);
                }
                continue;
            }
            planted += 1;
            if mended == meant {
                restored += 1;
            } else {
                others.push(what);
            }
        }
    }
    let share = 100 * restored / planted;
    let told = format!(
        "{share} % of {planted} typos mended ({silent} more are no mistakes); not mended:\n{}",
        others.join("\n")
    );
    println!("{told}");
    assert!(wrong.is_empty(), "what is right has come to mean something else:\n{}", wrong.join("\n"));
    assert!(share >= 80, "{told}");
}

#[test]
fn what_is_right_is_left_alone() {
    for folder in examples::folders() {
        let tree = Tree::folder(&folder).expect("an example is a folder");
        let Mended { changes, .. } = mend(&tree, &selection());
        assert!(changes.is_empty(), "{}: {changes:?}", folder.display());
    }
    for row in CATALOGUE {
        let tree = diagnosed(row.id, row.fixed, "fixed");
        assert_eq!(meanings(&after_mending(&tree)), meanings(&tree), "the fixed text of {}", row.id);
    }
}

#[test]
fn mending_ends_and_leaves_nothing_that_it_could_mend() {
    for row in CATALOGUE {
        let tree = diagnosed(row.id, row.example, "platform");
        let Mended { before, after, .. } = mend(&tree, &selection());
        assert!(
            after.diagnostics.len() <= before.diagnostics.len(),
            "{} has more findings after it was mended: {:#?}",
            row.id,
            after.diagnostics
        );
        let again = mend(&after_mending(&tree), &selection());
        assert!(again.changes.is_empty(), "{}: {:?}", row.id, again.changes);
    }
}

#[test]
fn comments_stay() {
    let text = r#"
platform "hello" edition="2026" // the name
/* one */ clster { // two
    kubernetes 1.35 // three
    pods "10.244.0.0/16"; /* four */ services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
project "shop" { // five
    service "Web" { // six
        image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"
        stop-within "30s" // seven
        port "8080" /* eight */
        disk "/data" { /* nine */ size "1Gi" }
    }
}
"#;
    let after = text_of(&after_mending(&Tree::of(text)));
    for comment in ["the name", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"] {
        assert!(after.contains(comment), "{comment} is lost:\n{after}");
    }
    assert!(after.contains("cluster { // two"), "{after}");
}

/// What people bring from other languages becomes ours, line by line.
#[test]
fn habits_of_other_languages_are_mended() {
    let text = r#"
platform "hello" edition=2026 # the name
# what only the cluster knows
cluster { kubernetes "1.35"; pods "10.244.0.0/16"; services "10.96.0.0/12"; dns namespace="kube-system" label="k8s-app=kube-dns" }
external "mail" { ports 587 }
project name="shop" {
    service 'web' {
        image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"
        port number="8080"; replicas 2; stop-within "1m"
        health path="/healthz"
        env LOG_LEVEL="info" WORKERS=4
        env { THREADS "2" }; env name="REGION" value="eu"
        reaches "mail"; start-within "1m"
    }
}
environment "test" default=true { project "shop" { service "web" { (delete)env "REGION"; (replace)stop-within "2m" } } }
"#;
    insta::assert_snapshot!(text_of(&after_mending(&Tree::of(text))), @r#"
    platform "hello" edition="2026" // the name
    // what only the cluster knows
    cluster { kubernetes "1.35"; pods "10.244.0.0/16"; services "10.96.0.0/12"; dns namespace="kube-system" label="k8s-app=kube-dns" }
    external "mail" { ports "587/tcp" }
    project "shop" {
        service "web" {
            image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"
            port 8080; stop-within "1m"
            health "/healthz"
            env "LOG_LEVEL" "info"
            env "WORKERS" "4"
            env "THREADS" "2"; env "REGION" "eu"
            reaches external="mail"
        }
    }
    environment "test" default=#true { project "shop" { service "web" { (remove)env "REGION"; (override)stop-within "2m" } } }
    "#);
}

fn after_mending(tree: &Tree) -> Tree {
    let Mended { changes, .. } = mend(tree, &selection());
    changed(tree, changes)
}

fn changed(tree: &Tree, changes: BTreeMap<TreePath, Change>) -> Tree {
    tree.with(changes.into_iter().map(|(path, change)| (path, change.after)))
}

fn text_of(tree: &Tree) -> Arc<str> {
    tree.read_text(&TreePath::parse("platform.kdl").expect("it is a path")).expect("it is there")
}

fn selection() -> Selection {
    Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) }
}

#[expect(clippy::disallowed_methods, reason = "how long a test runs is for whoever runs it")]
fn cases() -> usize {
    std::env::var("TRACKSIDE_CASES").map_or(150, |it| it.parse().expect("TRACKSIDE_CASES is a number"))
}

/// A tree of `golden/diagnostics`.
fn diagnosed(id: &str, text: &str, tree: &str) -> Tree {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/diagnostics").join(id);
    let mut files = BTreeMap::from([("platform.kdl".to_owned(), text.as_bytes().to_vec())]);
    for path in crate::artifacts::files_below(&folder) {
        let name = path.strip_prefix(&folder).expect("it is in there").to_string_lossy().into_owned();
        let name = name.strip_prefix(&format!("{tree}/")).map_or(name.clone(), str::to_owned);
        let is_other = ["platform.kdl", "fixed.kdl", "expected.txt"].contains(&name.as_str());
        if !is_other && !name.starts_with("platform/") && !name.starts_with("fixed/") {
            files.insert(name, std::fs::read(&path).expect("it can be read"));
        }
    }
    Tree::memory(files)
}

/// A word of the language or a name that refers to a declaration, as it stands in a file.
struct Word {
    path: TreePath,
    start: usize,
    text: String,
}

fn words(tree: &Tree) -> Vec<Word> {
    let mut words = Vec::new();
    let sources = include::load(tree, &mut Diagnostics::default());
    for document in &sources.documents {
        for node in Document::nodes(document) {
            let mut note = |span: trackside::source::Span, text: &str| {
                let path = TreePath::parse(sources.map.path(span)).expect("it is a path");
                let inside = sources.map.text(span).find(text).expect("it is what stands there");
                words.push(Word { path, start: span.start as usize + inside, text: text.to_owned() });
            };
            collect(node, language::TOP, &mut note);
        }
    }
    words
}

fn collect(
    node: Node<'_>,
    allowed: &'static [&'static Kind],
    note: &mut impl FnMut(trackside::source::Span, &str),
) {
    let Some(kind) = allowed.iter().find(|it| it.word == node.name()) else { return };
    note(node.name_span(), node.name());
    for entry in node.entries() {
        let Some(name) = entry.name() else { continue };
        note(name.span, name.value);
        let is_reference = kind.property(name.value).is_some_and(|it| it.reference.is_some());
        if let (true, Value::String(text)) = (is_reference, entry.value()) {
            note(entry.value_span(), text);
        }
    }
    for child in node.children() {
        collect(child, kind.children, note);
    }
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("it has 31 bits") % most
    }

    /// The word with one slip of the fingers: a letter too many, too few, wrong, or two of them swapped.
    fn typo(&mut self, word: &str) -> String {
        loop {
            let mut letters: Vec<char> = word.chars().collect();
            let at = self.below(letters.len());
            let letter = char::from(b"abcdefghijklmnopqrstuvwxyz"[self.below(26)]);
            match self.below(4) {
                0 => letters.insert(at, letter),
                1 if letters.len() > 1 => drop(letters.remove(at)),
                2 => letters[at] = letter,
                _ if at + 1 < letters.len() => letters.swap(at, at + 1),
                _ => {}
            }
            let typo: String = letters.into_iter().collect();
            // What breaks the spelling of a word itself is another sort of mistake.
            if typo != word && typo.starts_with(char::is_alphabetic) {
                return typo;
            }
        }
    }
}
