//! Which layer may name which: the table of `lib.rs`, held against every `crate::…` in `src/`.

use std::path::{Path, PathBuf};

/// What each layer may name. Read it top to bottom: nothing names a layer below itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("tree", &["source", "diagnostic"]),
    ("syntax", &["source", "diagnostic", "tree"]),
    ("envelope", &["source", "diagnostic", "tree", "syntax"]),
    ("language", &["source", "diagnostic", "tree", "syntax", "envelope"]),
    ("render", &["source", "diagnostic", "tree", "syntax", "envelope", "language"]),
    ("facts", &["source", "diagnostic", "language", "render"]),
    ("posture", &["source", "diagnostic", "language", "render", "facts"]),
    ("proof", &["source", "diagnostic", "tree", "language", "render", "facts"]),
    ("again", &["diagnostic", "tree", "language", "render"]),
    ("mend", &["source", "diagnostic", "tree", "syntax", "envelope", "language", "render"]),
    ("output", &["source", "diagnostic", "tree", "render"]),
    ("secret", &["source", "diagnostic", "tree", "syntax", "envelope", "language", "render"]),
    ("database", &["source", "diagnostic", "tree", "language", "render"]),
    (
        "cli",
        &[
            "source",
            "diagnostic",
            "tree",
            "syntax",
            "envelope",
            "language",
            "render",
            "facts",
            "posture",
            "proof",
            "again",
            "mend",
            "output",
            "secret",
            "database",
        ],
    ),
];

#[test]
fn layers_import_only_what_is_above_them() {
    let wrong: Vec<String> = MAY_IMPORT
        .iter()
        .flat_map(|(layer, allowed)| {
            files_of(layer).into_iter().map(move |(path, text)| (*layer, *allowed, path, text))
        })
        .flat_map(|(layer, allowed, path, text)| wrong_imports(layer, allowed, &path, &text))
        .collect();
    assert!(wrong.is_empty(), "move the code or the type, not this table:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let library = std::fs::read_to_string(root().join("lib.rs")).expect("lib.rs can be read");
    let declared: Vec<&str> = library.lines().filter_map(module_name).collect();
    let listed: Vec<&str> = MAY_IMPORT.iter().map(|(layer, _)| *layer).collect();
    assert_eq!(declared, listed, "lib.rs and the table list the same modules in the same order");
}

#[test]
fn a_wrong_way_import_is_named_with_its_line() {
    let text = "use crate::source::Span;\nuse crate::render::Artifacts;\n// crate::render is below\n";
    let wrong = wrong_imports("syntax", &["source"], "src/syntax/mod.rs", text);
    assert_eq!(wrong, ["src/syntax/mod.rs:2: use crate::render::Artifacts;"]);
}

fn wrong_imports(layer: &str, allowed: &[&str], path: &str, text: &str) -> Vec<String> {
    let forbidden: Vec<String> = MAY_IMPORT
        .iter()
        .filter(|(other, _)| *other != layer && !allowed.contains(other))
        .map(|(other, _)| format!("crate::{other}"))
        .chain(["crate::{".to_owned()]) // One `use` per layer, so that this test can read them.
        .collect();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines
        .filter(|(_, line)| forbidden.iter().any(|it| line.contains(it.as_str())))
        .map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim()))
        .collect()
}

fn module_name(line: &str) -> Option<&str> {
    line.strip_prefix("pub mod ").and_then(|it| it.strip_suffix(';'))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files of a layer: `src/<layer>.rs`, or those below `src/<layer>/`.
fn files_of(layer: &str) -> Vec<(String, String)> {
    let mut open = vec![root().join(format!("{layer}.rs")), root().join(layer)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder of sources can be listed");
            open.extend(entries.map(|it| it.expect("its entries can be read").path()));
        } else if path.extension().is_some_and(|it| it == "rs") && path.exists() {
            let text = std::fs::read_to_string(&path).expect("a source can be read");
            files.push((path.strip_prefix(root()).expect("it is below").display().to_string(), text));
        }
    }
    assert!(!files.is_empty(), "layer {layer} has no file");
    files
}
