//! Every kind of finding has a folder here: `platform.kdl` shows it, `fixed.kdl` does not, `expected.txt` is how it reads.
//! Other files in the folder belong to both trees, those below `platform/` and `fixed/` to one. Of findings in anyone's
//! manifests, `manifests.yaml` shows it and `fixed.yaml` does not, and in SQL `rows.sql` and `fixed.sql`.

use std::path::{Path, PathBuf};

use trackside::Outcome;
use trackside::diagnostic::Diagnostics;
use trackside::diagnostic::code::{CATALOGUE, Code, Of, Row};
use trackside::diagnostic::human::{self, Style};
use trackside::facts::manifest::{Manifests, Places};
use trackside::facts::rows::Rows;
use trackside::language::Selection;
use trackside::language::database::Database;
use trackside::language::pod_security::Level;
use trackside::language::value::time::Date;
use trackside::posture::{self, Area};
use trackside::proof::{self, Rendered};
use trackside::render::kubernetes::pod_security::Standard;
use trackside::render::kubernetes::pod_security::version::Minor;
use trackside::render::postgres::declared;
use trackside::render::postgres::difference::{self, Live};
use trackside::render::postgres::schema::Schema;
use trackside::source::SourceMap;
use trackside::syntax::edit::{self, Applied};
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

#[test]
fn every_finding_reads_as_expected() {
    let mut wrong = Vec::new();
    for row in CATALOGUE {
        let outcome = outcome(row, files(row, row.example, "platform"));
        let style = Style { width: 100, color: false, max: 100 };
        let told = human::render(&outcome.diagnostics, &outcome.sources, &style);
        let path = folder(row).join("expected.txt");
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if told == expected {
            continue;
        }
        if crate::artifacts::update() {
            std::fs::write(&path, told).expect("it can be written");
        } else {
            wrong.push(format!("{} reads\n{told}", row.id));
        }
    }
    let how = "is it better? then run with INSTA_UPDATE=always";
    assert!(wrong.is_empty(), "{}\n{how}", wrong.join("\n"));
}

#[test]
fn every_fix_mends_its_finding_and_leaves_kdl() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in CATALOGUE {
        let before = outcome(row, files(row, row.example, "platform"));
        let of_code = |it: &Outcome| it.diagnostics.iter().filter(|it| it.code == row.code).count();
        let syntax = |it: &Outcome| it.diagnostics.iter().filter(|it| it.code <= Code::TooManyErrors).count();
        for diagnostic in before.diagnostics.iter().filter(|it| it.code == row.code) {
            for fix in &diagnostic.fixes {
                count += 1;
                let Applied { texts, skipped } = edit::apply(&before.sources, [fix]);
                let mut files = files(row, row.example, "platform");
                for (file, text) in texts {
                    let path = &*before.sources.file(file).path;
                    files.retain(|(name, _)| name != path);
                    files.push((path.to_owned(), text.into_bytes()));
                }
                let after = outcome(row, files);
                let is_mended = of_code(&after) < of_code(&before) && syntax(&after) <= syntax(&before);
                if !skipped.is_empty() || !is_mended {
                    let left: Vec<&str> = after.diagnostics.iter().map(|it| it.message.as_str()).collect();
                    wrong.push(format!("{}: `{}` leaves {left:#?}", row.id, fix.title));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 20, "only {count} fixes were tried");
}

fn codes(row: &Row, text: &str, tree: &str) -> Vec<String> {
    let outcome = outcome(row, files(row, text, tree));
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

fn outcome(row: &Row, files: Vec<(String, Vec<u8>)>) -> Outcome {
    if row.of != Of::Platform {
        return of_files(files);
    }
    let selection = Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) };
    if row.id >= Code::ProofUndeclared.id() {
        return proven(files, &selection);
    }
    let tree = Tree::memory(files);
    match row.code {
        // The database is the one that `fixed.kdl` declares; `real::schemas` has PostgreSQL make it, and reads its catalogue.
        Code::DatabaseDiffers => {
            let mut outcome = trackside::compile(&tree, &selection).expect("no fault of ours");
            let fixed = Tree::memory([("platform.kdl".to_owned(), row.fixed.as_bytes().to_vec())]);
            let fixed = trackside::compile(&fixed, &selection).expect("no fault of ours");
            let live = Live { schema: database(&fixed).1, ..Live::default() };
            let (database, declared) = database(&outcome);
            let found = difference::between(live, &declared);
            difference::report(&database, &found, &mut outcome.diagnostics);
            outcome
        }
        // A check covers every environment; only a build has to select one.
        Code::NoEnvironment => trackside::compile(&tree, &selection).expect("no fault of ours"),
        Code::RolledBack => {
            let mut outcome = trackside::check(&tree, &selection);
            let before = include_str!("diagnostics/TS337/before.lock");
            outcome.check_against(Some(before.into()));
            outcome
        }
        _ => trackside::check(&tree, &selection),
    }
}

/// What is said of what is rendered; what lies below `rendered/` stands in its place.
fn proven(files: Vec<(String, Vec<u8>)>, selection: &Selection) -> Outcome {
    let (given, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|it| it.0.starts_with("rendered/"));
    let mut outcome = trackside::compile(&Tree::memory(files), selection).expect("no fault of ours");
    let Some(compiled) = &outcome.compiled else { return outcome };
    let mut sink = Diagnostics::default();
    let rendered = match given.is_empty() {
        true => Rendered::of(&compiled.artifacts, &mut sink),
        false => {
            let texts = given.into_iter().map(|(name, bytes)| {
                let name = name.trim_start_matches("rendered/").to_owned();
                (name, String::from_utf8(bytes).expect("examples are text"))
            });
            Rendered::read(texts, &mut sink)
        }
    };
    outcome.diagnostics.extend(proof::prove(&compiled.platform, &rendered).findings);
    outcome.diagnostics.sort();
    outcome
}

/// All that is said of manifests, or of SQL.
fn of_files(files: Vec<(String, Vec<u8>)>) -> Outcome {
    let mut outcome = trackside::check(&Tree::of(""), &Selection::default());
    outcome.sources = SourceMap::default();
    outcome.diagnostics = Diagnostics::default();
    let files = files
        .into_iter()
        .map(|(name, bytes)| outcome.sources.add(name, String::from_utf8(bytes).expect("examples are text")));
    let files: Vec<_> = files.collect();
    let sink = &mut outcome.diagnostics;
    let (sql, files): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|it| outcome.sources.file(*it).path.ends_with(".sql"));
    let manifests = Manifests::read(&files, &outcome.sources, sink);
    let rows = Rows::read(&sql, &outcome.sources);
    let standard = Standard { level: Level::Restricted, version: Minor::LATEST };
    posture::check(&manifests, &rows, &Area::ALL.into(), standard, &Places::new(&outcome.sources), sink);
    sink.sort();
    outcome
}

/// The one database of a platform.
pub(crate) fn database(outcome: &Outcome) -> (Database, Schema) {
    let platform = &outcome.compiled.as_ref().expect("nothing else is wrong").platform;
    let (project, database) = platform.all_databases().next().expect("it has one");
    (database.clone(), declared::schema(platform, project, database))
}

/// The files of an example: the given text, what both trees share, and what is of this one alone.
fn files(row: &Row, text: &str, tree: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder(row);
    let name = match row.of {
        Of::Platform => "platform.kdl",
        Of::Manifests => "manifests.yaml",
        Of::Sql => "rows.sql",
    };
    let mut files = vec![(name.to_owned(), text.as_bytes().to_vec())];
    if row.of != Of::Platform {
        return files;
    }
    collect(&folder, &folder, &mut files);
    files.retain(|(name, _)| !name.starts_with("platform/") && !name.starts_with("fixed/"));
    if folder.join(tree).is_dir() {
        collect(&folder.join(tree), &folder.join(tree), &mut files);
    }
    files
}

fn folder(row: &Row) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/diagnostics").join(row.id)
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
