//! What squawk, which knows what of SQL keeps others waiting, says of migrations that are written here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use trackside::render::postgres::migration;
use trackside::render::postgres::schema::{Schema, TableName};

use super::component;
use super::locks::{before, changes};

/// What squawk may find: the rule, in which changes, and why it is written all the same.
const WAIVED: &[(&str, &[&str], &str)] = &[
    (
        "adding-field-with-default",
        &["a column with a default that differs by row"],
        "`check` refuses it (TS683) unless a waiver says why it must be",
    ),
    (
        "adding-not-nullable-field",
        &["always a value"],
        "a check that was validated in the file before proves it, so no row is looked at (PostgreSQL 12)",
    ),
    ("ban-drop-column", &["a column less"], "`check` refuses it (TS682) unless a waiver says why it must be"),
    (
        "ban-drop-constraint",
        &["a key less", "always a value"],
        "a key that is no longer declared; and the check that was there for a moment, to be proof",
    ),
    ("ban-drop-default", &["no default"], "it is no longer declared"),
    ("ban-drop-not-null", &["not always a value"], "it is declared so, and loses nothing"),
    (
        "changing-column-type",
        &["a larger type", "a wider type"],
        "`check` refuses what writes rows anew (TS683) unless a waiver says why it must be; `varchar` to `text` writes none",
    ),
    (
        "prefer-bigint-over-int",
        &["a column with a default", "the first one"],
        "which type a column has is declared",
    ),
    (
        "prefer-robust-stmts",
        &["a key", "a key of some rows", "an index"],
        "with `if not exists`, an index that was half built would pass for one that finds: `apply` looks at what is there",
    ),
    ("prefer-text-field", &["the first one"], "which type a column has is declared"),
    (
        "renaming-column",
        &["0002_names.up.sql", "a column that is called otherwise"],
        "it is asked for by `was`, and `check` warns of it (TS684)",
    ),
    (
        "renaming-object",
        &["0002_names.up.sql", "another name for an index"],
        "no client asks for a key or an index by its name",
    ),
    ("renaming-table", &["0002_names.up.sql"], "it is asked for by `was`, and `check` warns of it (TS684)"),
    (
        "require-lock-timeout",
        &["a key", "a key of some rows", "an index", "an index less"],
        "what is done `concurrently` lets others read and write while it waits, and one that gave up would leave an invalid index",
    ),
    (
        "require-statement-timeout",
        &["a key", "a key of some rows", "an index", "an index less"],
        "building an index takes as long as the table is large, and keeps nobody waiting",
    ),
];

/// What it finds in files: the rule, and the line that it is about.
fn found(files: &[PathBuf]) -> Vec<(PathBuf, String, String)> {
    let squawk = component("TRACKSIDE_SQUAWK").unwrap_or_else(|problem| panic!("{problem}"));
    let is_alone =
        |it: &&PathBuf| fs::read_to_string(it).expect("it is there").starts_with("-- no-transaction");
    let (alone, whole): (Vec<&PathBuf>, Vec<&PathBuf>) = files.iter().partition(is_alone);
    let mut found = Vec::new();
    for (files, how) in [(alone, None), (whole, Some("--assume-in-transaction"))] {
        if files.is_empty() {
            continue;
        }
        let output = Command::new(&squawk)
            .args(["--reporter", "json", "--pg-version", "15"])
            .args(how)
            .args(&files)
            // A file of settings that lies about somewhere is none of ours.
            .current_dir("/")
            .output()
            .expect("it starts");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|problem| {
            panic!(
                "{problem}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        });
        for it in told.as_array().expect("it is a list") {
            let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
            let line = usize::try_from(it["line"].as_u64().unwrap_or(0)).unwrap_or_default();
            let path = PathBuf::from(text("file"));
            let sql = fs::read_to_string(&path).expect("it is there");
            let near = sql.lines().nth(line).unwrap_or_default().to_owned();
            found.push((path, text("rule_name"), near));
        }
    }
    found
}

#[test]
fn squawk_finds_nothing_in_migrations_but_what_is_asked_for() {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for example in fs::read_dir("examples").expect("they are there") {
        let folder = example.expect("it can be listed").path();
        let folder = std::path::absolute(folder).expect("it has a place");
        let migrations = crate::artifacts::files_below(&folder.join("migrations"));
        for path in migrations.into_iter().filter(|it| it.to_string_lossy().ends_with(".up.sql")) {
            files.insert(path.clone(), path.file_name().expect("it has one").to_string_lossy().into_owned());
        }
    }
    let mut write = |title: &str, before: &Schema, after: &Schema| {
        for it in migration::between(before, after, 1, "x", &|_| None) {
            let path = root.path().join(format!("{}-{}", files.len(), it.file("up")));
            fs::write(&path, &it.up).expect("it can be written");
            files.insert(path, title.to_owned());
        }
    };
    let before = before();
    write("the first one", &Schema::default(), &before);
    for (title, made) in changes() {
        let mut after = before.clone();
        made(after.tables.get_mut(&TableName::public("large")).expect("it is there"));
        write(title, &before, &after);
    }
    let paths: Vec<PathBuf> = files.keys().cloned().collect();
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, rule, near) in found(&paths) {
        let title = files[&path].as_str();
        let waived = WAIVED.iter().filter(|it| it.0 == rule).flat_map(|it| it.1).find(|it| **it == title);
        match waived {
            Some(title) => drop(used.insert((rule, *title))),
            None => wrong.push(format!("{title}: {rule}: {near}")),
        }
    }
    println!("{} files, {} kinds of findings that have a reason, no other", paths.len(), used.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed = WAIVED.iter().flat_map(|it| it.1.iter().map(|title| (it.0.to_owned(), *title)));
    let unused: Vec<_> = listed.filter(|it| !used.contains(it)).collect();
    assert!(unused.is_empty(), "these are found no longer: {unused:?}");
    assert!(paths.len() > 25, "{}", paths.len());
}
