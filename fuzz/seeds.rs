//! Writes what fuzzing begins from into a folder for each target: the smallest generated platforms, every finding's example
//! and its mended form, what of `examples/` is short, and documents in all spellings of KDL.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --example seeds -- /tmp/seeds`, then
//! `cargo +nightly fuzz run compile fuzz/corpus/compile /tmp/seeds/compile`, then `cargo +nightly fuzz cmin compile`.

#[expect(dead_code, reason = "benchmarks use the rest of it")]
#[path = "../benches/generate.rs"]
mod generate;
#[expect(dead_code, reason = "what a text was meant to say is for tests")]
#[path = "../golden/syntax/tree.rs"]
mod tree;
#[path = "../golden/syntax/generate.rs"]
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use generate::Shape;

/// As in `fuzz_targets/several.rs`.
const NEXT: &str = "//# ";

/// What a run takes; a longer text would be cut, and be another one.
const MOST_BYTES: usize = 4096;

const PLATFORMS: u64 = 400;
const DOCUMENTS: u64 = 400;

fn main() {
    let target = std::env::args_os().nth(1).expect("the folder to write is the argument");
    let (mut texts, mut trees) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..PLATFORMS {
        let files = Shape::small(seed).files();
        trees.insert(joined(&files));
        texts.extend(files.into_values());
    }
    for folder in folders(&root("examples")) {
        let files = below(&folder);
        texts.extend(files.iter().filter(|(path, _)| path.ends_with(".kdl")).map(|(_, text)| text.clone()));
        trees.insert(joined(&files));
    }
    for folder in folders(&root("golden/diagnostics")) {
        let files = below(&folder);
        for name in ["platform", "fixed"] {
            let tree = of_tree(&files, name);
            texts.extend(tree.get("platform.kdl").cloned());
            trees.insert(joined(&tree));
        }
    }
    for seed in 0..DOCUMENTS {
        let mut rng = Rng::with_seed(seed);
        let mut tape = |most: usize| -> Vec<u8> { (0..rng.usize(..most)).map(|_| rng.u8(..)).collect() };
        let (text, _) = written::document(&tape(120));
        texts.insert(written::mutate(&text, &tape(24)));
        texts.insert(text);
    }
    let target = Path::new(&target);
    for (name, texts) in [("parse", &texts), ("fmt", &texts), ("compile", &trees), ("fix", &trees)] {
        let folder = target.join(name);
        fs::create_dir_all(&folder).expect("the folder can be made");
        for (number, text) in texts.iter().filter(|it| it.len() <= MOST_BYTES).enumerate() {
            fs::write(folder.join(number.to_string()), text).expect("the folder can be written");
        }
    }
}

/// Several files in one text, `platform.kdl` first.
fn joined(files: &BTreeMap<String, String>) -> String {
    let mut text = files.get("platform.kdl").cloned().unwrap_or_default();
    for (path, it) in files.iter().filter(|(path, _)| *path != "platform.kdl") {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("{NEXT}{path}\n{it}"));
    }
    text
}

/// What of the folder of a finding belongs to one of its two trees.
fn of_tree(files: &BTreeMap<String, String>, name: &str) -> BTreeMap<String, String> {
    let others = ["platform.kdl", "fixed.kdl", "expected.txt"];
    let own = files.iter().filter_map(|(path, text)| {
        let path = match path.strip_prefix(name) {
            Some(".kdl") => "platform.kdl",
            Some(rest) if rest.starts_with('/') => &rest[1..],
            _ if others.contains(&path.as_str()) || is_of_one(path) => return None,
            _ => path,
        };
        Some((path.to_owned(), text.clone()))
    });
    own.collect()
}

fn is_of_one(path: &str) -> bool {
    path.starts_with("platform/") || path.starts_with("fixed/")
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is a folder of the repository");
    let mut folders: Vec<PathBuf> = entries.map(|it| it.expect("it can be listed").path()).collect();
    folders.retain(|it| it.is_dir());
    folders.sort();
    folders
}

/// The texts below a folder by their path; what is none is no input either.
fn below(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is a folder of the repository") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(below(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.insert(name, text);
        }
    }
    files
}
