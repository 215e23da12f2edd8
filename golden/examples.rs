//! What people read first and copy from: every folder of `examples/` is right, formatted, and together they show all there is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trackside::diagnostic::Diagnostics;
use trackside::language::kind::{Field, Kind};
use trackside::language::value::time::Date;
use trackside::language::{self, Selection, include};
use trackside::source::FileId;
use trackside::syntax::{Node, format};
use trackside::tree::Tree;

/// The day on which examples are judged; their waivers end long after it.
const TODAY: Date = Date(jiff::civil::date(2026, 11, 22));

#[test]
fn examples_have_nothing_to_mend_in_any_environment() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let tree = Tree::folder(&folder).expect("an example is a folder");
        let selection = Selection { environment: None, date: Some(TODAY) };
        let outcome = trackside::check(&tree, &selection);
        let serious =
            outcome.diagnostics.iter().filter(|it| it.waived.is_none() && it.severity.word() != "hint");
        wrong.extend(serious.map(|it| {
            let place = it.primary.as_ref().map_or(String::new(), |at| outcome.sources.place(at.span));
            format!("{}: {} {place} {}", folder.display(), it.code, it.message)
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn examples_build_in_every_environment() {
    for folder in folders() {
        let tree = Tree::folder(&folder).expect("an example is a folder");
        for environment in environments(&tree) {
            let selection = Selection { environment, date: Some(TODAY) };
            let outcome = trackside::compile(&tree, &selection).expect("rendering has no bug");
            assert!(outcome.compiled.is_some(), "{} {:?}", folder.display(), selection.environment);
        }
    }
}

#[test]
fn examples_are_formatted_and_explained() {
    for folder in folders() {
        assert!(folder.join("README.md").exists(), "{} needs a README.md", folder.display());
        for path in files(&folder, "kdl") {
            let text = std::fs::read_to_string(&path).expect("an example is text");
            let formatted =
                format::format(FileId::default(), &Arc::from(text.as_str())).expect("an example is KDL");
            if text != formatted && crate::artifacts::update() {
                std::fs::write(&path, formatted).expect("an example can be written");
                continue;
            }
            assert!(text == formatted, "run `trackside fmt {}`", path.display());
        }
    }
}

#[test]
fn examples_show_every_kind_and_every_field() {
    let mut used = Used::default();
    for folder in folders() {
        let tree = Tree::folder(&folder).expect("an example is a folder");
        let sources = include::load(&tree, &mut Diagnostics::default());
        for node in sources.documents.iter().flat_map(trackside::syntax::Document::nodes) {
            used.note(node, language::TOP, None);
        }
    }
    let mut missing = Vec::new();
    let mut open: Vec<(String, &'static Kind)> =
        language::TOP.iter().map(|it| (it.word.to_owned(), *it)).collect();
    let mut seen = BTreeSet::new();
    while let Some((path, kind)) = open.pop() {
        if !seen.insert(address(kind)) {
            continue;
        }
        let fields = kind.arguments.iter().chain(&kind.rest).chain(kind.properties);
        missing.extend(
            fields
                .filter(|it| !used.0.contains(&(address(kind), it.word)))
                .map(|it| format!("{path}: `{}`", it.word)),
        );
        if !used.0.contains(&(address(kind), "")) {
            missing.push(path.clone());
        }
        let inside = kind.children.iter().copied().chain(kind.others);
        open.extend(inside.map(|it| (format!("{path} > {}", it.word), it)));
    }
    missing.sort();
    assert!(missing.is_empty(), "no example shows\n{}", missing.join("\n"));
}

/// The kinds that stand in examples, by the address of their table, each with its fields.
#[derive(Default)]
struct Used(BTreeSet<(usize, &'static str)>);

impl Used {
    fn note(&mut self, node: Node<'_>, allowed: &'static [&'static Kind], others: Option<&'static Kind>) {
        let Some(kind) = allowed.iter().find(|it| it.word == node.name()).copied().or(others) else { return };
        self.0.insert((address(kind), ""));
        let mut arguments = 0;
        for entry in node.entries() {
            let field: Option<&'static Field> = match entry.name() {
                Some(name) => kind.property(name.value),
                None => {
                    arguments += 1;
                    kind.argument(arguments - 1)
                }
            };
            self.0.extend(field.map(|it| (address(kind), it.word)));
        }
        for child in node.children() {
            self.note(child, kind.children, kind.others);
        }
    }
}

/// What tells a table from others of the same word.
fn address(kind: &'static Kind) -> usize {
    std::ptr::from_ref(kind).addr()
}

/// The folders of `examples/`, each a platform.
pub(crate) fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = std::fs::read_dir(root).expect("there are examples");
    let mut folders: Vec<PathBuf> = entries.map(|it| it.expect("it can be listed").path()).collect();
    folders.sort();
    folders
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).expect("it is a folder").map(|it| it.expect("it can be listed").path());
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found
}

/// The environments of a tree; `None` alone where it has none.
pub(crate) fn environments(tree: &Tree) -> Vec<Option<String>> {
    let mut sink = Diagnostics::default();
    let mut sources = include::load(tree, &mut sink);
    let declarations = language::declare(&sources.documents, tree, &mut sources.map, &mut sink);
    let names: Vec<Option<String>> = declarations.environments().map(|it| Some(it.to_owned())).collect();
    if names.is_empty() { vec![None] } else { names }
}
