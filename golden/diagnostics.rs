//! Every kind of finding has a folder here: `platform.kdl` shows it, `fixed.kdl` does not, `expected.txt` is how it reads.
//! Other files in the folder belong to both trees, those below `platform/` and `fixed/` to one.

use std::path::Path;

use trackside::diagnostic::code::{CATALOGUE, Code, Row};
use trackside::language::Selection;
use trackside::language::value::time::Date;
use trackside::tree::Tree;

#[test]
fn every_code_is_reported_by_its_example_and_not_by_its_fix() {
    let mut wrong = Vec::new();
    for row in CATALOGUE {
        let bad = codes(row, row.example, "platform");
        if !bad.iter().any(|it| it.starts_with(row.id)) {
            wrong.push(format!("{} is not reported by its example, but {bad:#?}", row.id));
        }
        let good = codes(row, row.fixed, "fixed");
        if !good.iter().all(|it| it.contains("hint") || it.contains("waived")) {
            wrong.push(format!("{} is fixed, and still: {good:#?}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn codes(row: &Row, text: &str, tree: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/diagnostics").join(row.id);
    let mut files = vec![("platform.kdl".to_owned(), text.as_bytes().to_vec())];
    collect(&folder, &folder, &mut files);
    files.retain(|(name, _)| !name.starts_with("platform/") && !name.starts_with("fixed/"));
    if folder.join(tree).is_dir() {
        collect(&folder.join(tree), &folder.join(tree), &mut files);
    }
    let selection = Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) };
    let tree = Tree::memory(files);
    let outcome = match row.code {
        // A check covers every environment; only a build has to select one.
        Code::NoEnvironment => trackside::compile(&tree, &selection).expect("no fault of ours"),
        _ => trackside::check(&tree, &selection),
    };
    outcome
        .diagnostics
        .iter()
        .map(|it| {
            let waived = if it.waived.is_some() { " waived" } else { "" };
            let place = it.primary.as_ref().map_or(String::new(), |at| outcome.sources.place(at.span));
            format!("{} {}{waived} {place} {}", it.code, it.severity.word(), it.message)
        })
        .collect()
}

/// The other files of an example, by their path in its folder.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("every code has a folder") {
        let path = entry.expect("its entries can be listed").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if !["platform.kdl", "fixed.kdl", "expected.txt"].iter().any(|it| path.ends_with(it)) {
            let name = path.strip_prefix(root).expect("it is inside").to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).expect("it can be read")));
        }
    }
}
