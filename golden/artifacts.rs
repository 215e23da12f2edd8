//! What platforms compile to, file by file: every example in each of its environments, and the cases that have a
//! `platform.kdl` here. `INSTA_UPDATE=always` rewrites what is expected; the difference in git is then what a change means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trackside::Compiled;
use trackside::language::Selection;
use trackside::tree::Tree;

/// A platform in one environment.
pub(crate) struct Case {
    /// `shop/staging`, or `minimal` where there is no environment.
    pub(crate) name: String,
    /// What it compiles to; only real components are asked about it.
    #[cfg_attr(not(feature = "real"), expect(dead_code, reason = "read by `real` alone"))]
    pub(crate) compiled: Compiled,
    /// The files of its output folder.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

#[test]
fn every_platform_compiles_to_what_is_expected() {
    let mut wrong = Vec::new();
    let mut expected = BTreeSet::new();
    for Case { name, files, .. } in cases() {
        // What is packed and digested follows from the rest, and says nothing to a reader.
        let told = files.iter().filter(|(path, _)| {
            path.starts_with("kubernetes/")
                || path.starts_with("ci/")
                || ["opa/data.json", "index.json"].contains(&path.as_str())
        });
        for (path, bytes) in told {
            let path = root("golden/artifacts").join(&name).join(path);
            expected.insert(path.clone());
            if fs::read(&path).ok().as_ref() == Some(bytes) {
                continue;
            }
            if update() {
                fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
                fs::write(&path, bytes).expect("the file is written");
            } else {
                wrong.push(first_difference(&path, &String::from_utf8_lossy(bytes)));
            }
        }
    }
    for path in files_below(&root("golden/artifacts")) {
        let leftover = !expected.contains(&path) && !path.ends_with("platform.kdl");
        if leftover && update() {
            fs::remove_file(&path).expect("the file is removed");
        } else if leftover {
            wrong.push(format!("{} is no longer made", path.display()));
        }
    }
    assert!(wrong.is_empty(), "look at it, and run with INSTA_UPDATE=always:\n{}", wrong.join("\n"));
}

#[test]
fn the_same_platform_gives_the_same_bytes() {
    for (first, second) in cases().into_iter().zip(cases()) {
        assert_eq!(first.files, second.files, "{}", first.name);
    }
}

/// Every example in each of its environments, and every case of this folder.
pub(crate) fn cases() -> Vec<Case> {
    let examples = folders(&root("examples"));
    let own = folders(&root("golden/artifacts")).into_iter().filter(|it| it.join("platform.kdl").exists());
    examples.into_iter().chain(own).flat_map(|it| cases_of(&it)).collect()
}

fn cases_of(folder: &Path) -> Vec<Case> {
    let tree = Tree::folder(folder).expect("a case is a folder");
    let environments = trackside::environments(&tree);
    let selections: Vec<Option<String>> = match environments.is_empty() {
        true => vec![None],
        false => environments.into_iter().map(Some).collect(),
    };
    let name = folder.file_name().expect("a case has a name").to_string_lossy().into_owned();
    let cases = selections.into_iter().map(|environment| {
        let name = match &environment {
            Some(environment) => format!("{name}/{environment}"),
            None => name.clone(),
        };
        let outcome =
            trackside::compile(&tree, &Selection { environment, date: None }).expect("no fault of ours");
        let compiled = outcome.compiled.unwrap_or_else(|| panic!("{name}: {:#?}", outcome.diagnostics));
        let proof = compiled.prove();
        let wrong: Vec<&str> = proof.findings.iter().map(|it| it.message.as_str()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let files = compiled.files(Some(&proof), &outcome.sources);
        let files = files.into_iter().map(|(path, bytes)| (path, bytes.into_owned())).collect();
        Case { name, compiled, files }
    });
    cases.collect()
}

pub(crate) fn first_difference(path: &Path, made: &str) -> String {
    let expected = fs::read_to_string(path).unwrap_or_default();
    let line = expected.lines().zip(made.lines()).take_while(|(a, b)| a == b).count();
    let of = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    format!("{}:{}: expected {:?}, made {:?}", path.display(), line + 1, of(&expected), of(made))
}

#[expect(clippy::disallowed_methods, reason = "the switch that rewrites expectations is insta's own")]
pub(crate) fn update() -> bool {
    std::env::var_os("INSTA_UPDATE").is_some_and(|it| it == "always")
}

pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder can be listed");
    let mut folders: Vec<PathBuf> =
        entries.map(|it| it.expect("an entry can be read").path()).filter(|it| it.is_dir()).collect();
    folders.sort();
    folders
}

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path).expect("a folder can be listed").map(|it| it.expect("an entry").path()),
            );
        } else {
            files.push(path);
        }
    }
    files
}
