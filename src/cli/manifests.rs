//! The manifests that a command line names: files, folders and standard input.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::folder::below;
use crate::diagnostic::Diagnostics;
use crate::facts::manifest::Manifests;
use crate::source::{FileId, SourceMap};
use crate::tree::Tree;

/// Files of manifests.
#[derive(Debug, clap::Args)]
pub(super) struct Paths {
    /// Files of manifests (YAML or JSON), folders that hold such files at any depth, and `-` for standard input.
    #[arg(required = true, value_name = "FILES")]
    pub(super) paths: Vec<PathBuf>,
}

/// What they say.
pub(super) struct Read {
    pub(super) sources: SourceMap,
    pub(super) manifests: Manifests,
    /// The files that are SQL.
    pub(super) sql: Vec<FileId>,
    pub(super) findings: Diagnostics,
}

/// The files of a folder that patterns name, as they are called below `shown`.
pub(super) fn texts(
    folder: &Path,
    patterns: &[&str],
    shown: &Path,
) -> anyhow::Result<Vec<(String, Arc<str>)>> {
    let tree = Tree::manifests(folder)?;
    let mut found = Vec::new();
    for pattern in patterns {
        found.extend(tree.glob(pattern)?);
    }
    found.sort();
    tree.read_ahead(&found);
    let read = found.into_iter().map(|file| {
        let name = below(shown, file.as_str()).to_string_lossy().into_owned();
        Ok((name, tree.read_text(&file)?))
    });
    read.collect()
}

/// What manifests are called.
const PATTERNS: &[&str] = &["**/*.yaml", "**/*.yml", "**/*.json", "**/*.sql"];

/// What is read of one file that is named.
const MOST: u64 = 256 << 20;

/// Reads them. A file of a folder that cannot be read ends it: whoever asks what files allow wants all of them looked at.
pub(super) fn read(Paths { paths }: &Paths) -> anyhow::Result<Read> {
    let mut sources = SourceMap::default();
    let mut files: Vec<FileId> = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            let mut text = String::new();
            let input = std::io::stdin().lock();
            input.take(MOST).read_to_string(&mut text).context("could not read standard input")?;
            files.push(sources.add("-", text));
        } else if path.is_dir() {
            for (name, text) in texts(path, PATTERNS, path)? {
                files.push(sources.add(name, text));
            }
        } else {
            let name = path.to_string_lossy();
            let opened = std::fs::File::open(path).with_context(|| format!("could not open `{name}`"))?;
            let mut text = String::new();
            opened
                .take(MOST)
                .read_to_string(&mut text)
                .with_context(|| format!("could not read `{name}`"))?;
            files.push(sources.add(name, text));
        }
    }
    let is_sql = |it: &FileId| sources.file(*it).path.ends_with(".sql");
    let (sql, files): (Vec<FileId>, Vec<FileId>) = files.into_iter().partition(is_sql);
    let mut findings = Diagnostics::default();
    let manifests = Manifests::read(&files, &sources, &mut findings);
    Ok(Read { sources, manifests, sql, findings })
}
