//! `check --fix`: planted typos are mended so that the tree means what it meant, and what is right stays so.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use trackside::diagnostic::Diagnostics;
use trackside::diagnostic::code::{CATALOGUE, Of, Row};
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
    for row in of_platforms() {
        let tree = diagnosed(row.id, row.fixed, "fixed");
        assert_eq!(meanings(&after_mending(&tree)), meanings(&tree), "the fixed text of {}", row.id);
    }
}

#[test]
fn mending_ends_and_leaves_nothing_that_it_could_mend() {
    for row in of_platforms() {
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

/// What an author wrote stays, although it is wrong: to take it away, or to take it for something else, would pass.
#[test]
fn what_is_not_certain_is_for_its_author() {
    let rows = [
        (
            "rules/access.kdl",
            r#"separate "billing:manage" "service:deploy" {"#,
            r#"separate "billing:manage" "service:deploy" "team:manage" {"#,
        ),
        ("rules/api.kdl", r#"{ subscription "active" }"#, r#"{ subscription "active" "trialing" }"#),
        ("rules/api.kdl", "credentials #true", "credentials #true #false"),
        ("rules/api.kdl", r#"edge "cloudflare" implementation="cloudflare-tunnel" gateway="private" {"#, ""),
        (
            "rules/workloads.kdl",
            r#"ranges "198.41.192.0/24" "198.41.200.0/24""#,
            r#"ranges "203.0.112.77/4" "198.41.200.0/24""#,
        ),
        ("rules/data.kdl", r#"server "10.8.40.0/24""#, r#"server "10.8.40.9/2""#),
        ("rules/audit.kdl", r#"risk "medium" { result "failure" }"#, r#"risk "medium" result "failure""#),
        (
            "rules/audit.kdl",
            r#"severity "P1" answer-in="15m" { escalate channel="on-call" }"#,
            r#"counter "P1" answer-in="15m" { escalate channel="on-call" }"#,
        ),
        ("teams/all.kdl", r#"team "payments" rate-tier"#, r#"team "pamyents" rate-tier"#),
        ("environments/production.kdl", r#"secret "stripe-key" (age)""""#, r#"secret "stripe-key" (age)"#),
        ("projects/shop.kdl", r#"image "ghcr.io/acme/shop-web"#, r#"(remove)image "ghcr.io/acme/shop-web"#),
        ("projects/shop.kdl", "port 8080", r#"port 8080 { health "/x" }"#),
    ];
    let railway = railway();
    for (path, from, to) in rows {
        let path = TreePath::parse(path).expect("it is a path");
        let right = railway.read_text(&path).expect("it is there");
        assert!(right.contains(from), "{path} has `{from}`");
        let wrong = right.replacen(from, to, 1);
        let wrong = match to.ends_with("(age)") {
            true => wrong.replacen("            \"\"\" {", "            {", 1),
            false => wrong,
        };
        let tree = railway.with([(path.clone(), Arc::from(wrong.as_str()))]);
        let Mended { changes, before, .. } = mend(&tree, &selection());
        assert!(before.diagnostics.fails(), "`{to}` is wrong");
        let told: Vec<(&str, &str)> =
            before.diagnostics.iter().map(|it| (it.code.id(), it.message.as_str())).collect();
        assert!(changes.is_empty(), "`{to}` of {path} is changed:\n{changes:#?}\n{told:#?}");
    }
}

/// Whatever happens to a tree, `--fix` leaves no more mistakes in it than it found, has nothing left to do, and what is right
/// keeps its meaning.
#[test]
fn mending_never_makes_it_worse() {
    let railway = railway();
    let mut sources = include::load(&railway, &mut Diagnostics::default());
    let texts: Vec<(TreePath, Arc<str>)> = std::mem::take(&mut sources.map)
        .files()
        .map(|(_, it)| (TreePath::parse(&it.path).expect("it is a path"), it.text.clone()))
        .collect();
    let words: Vec<&str> = texts.iter().flat_map(|(_, it)| it.split_whitespace()).collect();
    let mut random = Random(2026);
    let mut wrong = Vec::new();
    for number in 0..cases() * 4 / 3 {
        let mut tree = railway.clone();
        for _ in 0..[1, 1, 2, 3, 8][random.below(5)] {
            let (path, _) = &texts[random.below(texts.len())];
            let text = tree.read_text(path).expect("it is there");
            let mutated = random.mutation(&text, &words);
            tree = tree.with([(path.clone(), Arc::from(mutated))]);
        }
        let Mended { changes, before, after } = mend(&tree, &selection());
        let [errors_before, errors_after] = [&before, &after].map(|it| it.diagnostics.summary().errors);
        let mended = changed(&tree, changes);
        if errors_after > errors_before {
            wrong.push(format!("{number}: {errors_before} errors became {errors_after}"));
        }
        if !mend(&mended, &selection()).changes.is_empty() {
            wrong.push(format!("{number}: there is more to mend in what was mended"));
        }
        if errors_before == 0 && meanings(&tree) != meanings(&mended) {
            wrong.push(format!("{number}: what was right means something else"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

fn railway() -> Tree {
    Tree::folder(&crate::artifacts::root("examples/railway")).expect("an example is a folder")
}

fn selection() -> Selection {
    Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) }
}

#[expect(clippy::disallowed_methods, reason = "how long a test runs is for whoever runs it")]
fn cases() -> usize {
    std::env::var("TRACKSIDE_CASES").map_or(150, |it| it.parse().expect("TRACKSIDE_CASES is a number"))
}

/// The codes of what authors declare; others are of files that no author of a platform wrote.
fn of_platforms() -> impl Iterator<Item = &'static Row> {
    CATALOGUE.iter().filter(|it| it.of == Of::Platform)
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

    /// A text with something of it lost, doubled, moved or taken for something else.
    fn mutation(&mut self, text: &str, words: &[&str]) -> String {
        let mut lines: Vec<&str> = text.split('\n').collect();
        let (line, other) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(9) {
            0 => lines.swap(line, other),
            1 => lines.insert(line, lines[line]),
            2 => drop(lines.remove(line)),
            _ => return self.slip(text, words),
        }
        lines.join("\n")
    }

    fn slip(&mut self, text: &str, words: &[&str]) -> String {
        const ADDED: [&str; 16] = [
            "\"", "#", "/-", "\\", "{", "}", ";", "(", "=", "\u{200b}", "#true", "/*", "\"\"\"", "true",
            "null", " 5",
        ];
        let at = text.floor_char_boundary(self.below(text.len().max(1)));
        let places =
            |of: fn(char) -> bool| -> Vec<usize> { text.match_indices(of).map(|(at, _)| at).collect() };
        match self.below(5) {
            0 => format!("{}{}{}", &text[..at], ADDED[self.below(ADDED.len())], &text[at..]),
            1 | 2 => {
                let of: fn(char) -> bool = match self.below(3) {
                    0 => |it| matches!(it, '{' | '}'),
                    1 => |it| matches!(it, '"' | '='),
                    _ => char::is_alphabetic,
                };
                let places = places(of);
                match places.is_empty() {
                    true => text.to_owned(),
                    false => {
                        let at = places[self.below(places.len())];
                        let length = text[at..].chars().next().map_or(0, char::len_utf8);
                        format!("{}{}", &text[..at], &text[at + length..])
                    }
                }
            }
            _ => {
                let own: Vec<&str> = text.split_whitespace().collect();
                if own.is_empty() {
                    return text.to_owned();
                }
                let (word, other) = (own[self.below(own.len())], words[self.below(words.len())]);
                let start = word.as_ptr() as usize - text.as_ptr() as usize;
                format!("{}{other}{}", &text[..start], &text[start + word.len()..])
            }
        }
    }
}
