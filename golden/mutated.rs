//! Generated platforms of which declarations are lost, doubled, exchanged or moved: compiling one never panics, and says
//! what is wrong at places that there are. `TRACKSIDE_CASES` says how many are tried.

use std::collections::BTreeMap;

use fastrand::Rng;
use trackside::Outcome;
use trackside::diagnostic::Diagnostics;
use trackside::language::Selection;
use trackside::source::{FileId, Span};
use trackside::syntax::{Entry, Node, parse};
use trackside::tree::Tree;

use crate::examples;
use crate::generate::Shape;
use crate::inside;

/// How often each platform is changed; every change comes on top of those before.
const CHANGES: usize = 4;

#[test]
fn whatever_becomes_of_declarations_is_said_where_it_is() {
    let (mut tried, mut wrong) = (0, 0);
    for seed in 0..cases() {
        let mut rng = Rng::with_seed(seed);
        let mut files = Shape::small(seed).files();
        for _ in 0..CHANGES {
            let path = rng.choice(files.keys().cloned().collect::<Vec<_>>()).expect("a platform has files");
            let text = files.get_mut(&path).expect("it is one of them");
            *text = changed(text, &mut rng);
            tried += 1;
            wrong += usize::from(judge(&files));
        }
    }
    // Else it is tried on nothing.
    assert!(wrong * 4 > tried, "{wrong} of {tried} are wrong");
}

/// Compiles a platform in each of its environments; whether there is anything to mend.
fn judge(files: &BTreeMap<String, String>) -> bool {
    let tree = Tree::memory(files.clone());
    let checked = trackside::check(&tree, &Selection::default());
    inside::all(&checked.diagnostics, &checked.sources);
    let mut fails = false;
    for environment in examples::environments(&tree) {
        let selection = Selection { environment, date: None };
        let Outcome { sources, diagnostics, environments: _, sealed: _, lock: _, compiled } =
            trackside::compile(&tree, &selection).unwrap_or_else(|it| panic!("{it}: {files:#?}"));
        inside::all(&diagnostics, &sources);
        assert_eq!(compiled.is_none(), diagnostics.fails(), "{files:#?}");
        fails |= diagnostics.fails();
    }
    assert!(!fails || checked.diagnostics.fails(), "`check` finds what a build finds: {files:#?}");
    fails
}

/// The text with one thing of it elsewhere, twice, or nowhere.
fn changed(text: &str, rng: &mut Rng) -> String {
    let document = parse(FileId(0), text.into(), &mut Diagnostics::default());
    let (mut nodes, mut entries) = (Vec::new(), Vec::new());
    document.nodes().for_each(|it| collect(it, &mut nodes, &mut entries));
    let (from, between) =
        if rng.usize(..3) > 0 || entries.is_empty() { (&nodes, "\n") } else { (&entries, " ") };
    let (Some(one), Some(other)) = (rng.choice(from), rng.choice(from)) else { return text.to_owned() };
    let of = |it: &Span| &text[it.start as usize..it.end as usize];
    let with =
        |at: &Span, new: &str| format!("{}{new}{}", &text[..at.start as usize], &text[at.end as usize..]);
    let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
    match rng.usize(..5) {
        0 => with(one, ""),
        1 => with(one, &[of(one), of(one)].join(between)),
        2 => with(one, of(other)),
        3 => with(one, &[of(one), of(other)].join(between)),
        _ if first.end <= second.start => [
            &text[..first.start as usize],
            of(second),
            &text[first.end as usize..second.start as usize],
            of(first),
            &text[second.end as usize..],
        ]
        .concat(),
        _ => with(first, of(second)),
    }
}

fn collect(node: Node<'_>, nodes: &mut Vec<Span>, entries: &mut Vec<Span>) {
    nodes.push(node.span());
    entries.extend(node.entries().map(Entry::span));
    node.children().for_each(|it| collect(it, nodes, entries));
}

#[expect(clippy::disallowed_methods, reason = "how long a test runs is for whoever runs it")]
fn cases() -> u64 {
    std::env::var("TRACKSIDE_CASES").map_or(40, |it| it.parse().expect("TRACKSIDE_CASES is a number"))
}
