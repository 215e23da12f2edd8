//! The reference is whole: it tells of every kind and field of the tables, and each kind has an example that compiles.

use std::collections::BTreeSet;
use std::fs;

use trackside::diagnostic::Diagnostics;
use trackside::language::TOP;
use trackside::language::kind::Kind;
use trackside::language::manual::Manual;
use trackside::source::FileId;
use trackside::syntax::{self, Node};

use crate::artifacts::{files_below, root};

#[test]
fn the_reference_tells_of_every_kind_and_field() {
    let manual = Manual::new();
    let whole = manual.whole();
    let mut missing = Vec::new();
    for entry in manual.entries() {
        let section = manual.of(entry.kind.word).expect("the kind is known");
        let mut told = vec![entry.kind.doc.to_owned()];
        told.extend(entry.kind.arguments.iter().chain(&entry.kind.rest).map(|it| format!("- `{}", it.word.to_uppercase())));
        told.extend(entry.kind.properties.iter().map(|it| format!("- `{}=` ", it.word)));
        told.extend(entry.kind.children.iter().map(|it| format!("- [`{}`](#", it.word)));
        let untold = told.into_iter().filter(|it| !section.contains(it) || !whole.contains(it));
        missing.extend(untold.map(|it| format!("{}: {it}", entry.kind.word)));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_link_of_the_reference_leads_to_one_heading() {
    let whole = Manual::new().whole();
    let headings: Vec<String> = whole.lines().filter(|it| it.starts_with('#')).map(anchor).collect();
    let links = whole.split("](#").skip(1).filter_map(|it| it.split_once(')')).map(|(link, _)| link);
    let wrong: BTreeSet<&str> =
        links.filter(|link| headings.iter().filter(|it| it == link).count() != 1).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// By GitHub's rule: lower case, spaces become `-`, every other mark goes.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it)).collect::<String>().replace(' ', "-")
}

#[test]
fn every_kind_has_an_example() {
    let mut shown = BTreeSet::new();
    for path in files_below(&root("examples")).into_iter().filter(|it| it.extension().is_some_and(|it| it == "kdl")) {
        let text = fs::read_to_string(&path).expect("an example is a text");
        let mut sink = Diagnostics::default();
        let document = syntax::parse(FileId::default(), text.into(), &mut sink);
        document.nodes().for_each(|it| collect(it, TOP, &mut shown));
    }
    let manual = Manual::new();
    let missing: Vec<String> = manual
        .entries()
        .iter()
        .filter(|it| !shown.contains(&std::ptr::from_ref(it.kind)))
        .map(|it| format!("`{}`, in {:?}", it.kind.word, it.parents.iter().map(|it| it.word).collect::<Vec<_>>()))
        .collect();
    assert!(missing.is_empty(), "add each to a file of examples/:\n{}", missing.join("\n"));
}

/// Notes the kinds of a node and of what is in it. `golden/artifacts.rs` sees to it that all of it compiles.
fn collect(node: Node<'_>, allowed: &'static [&'static Kind], shown: &mut BTreeSet<*const Kind>) {
    if let Some(kind) = allowed.iter().find(|it| it.word == node.name()) {
        shown.insert(std::ptr::from_ref(*kind));
        node.children().for_each(|it| collect(it, kind.children, shown));
    }
}
