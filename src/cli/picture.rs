//! What a build made, as a tree of its files for a person to look at.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use clap::builder::styling::{Effects, Style};

use crate::Compiled;
use crate::cli::terminal::Stream;
use crate::diagnostic::counted;
use crate::diagnostic::visible::visible;
use crate::language::Platform;
use crate::output::Written;
use crate::proof::Proof;
use crate::render::ManifestFile;
use crate::render::index::path_of;

const BOLD: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// What a file or pipe gets.
const WIDTH: usize = 100;

/// The files, what is in each, what was proven of them, and what became of the folder.
pub(super) fn draw(
    folder: &Path,
    Compiled { platform, artifacts }: &Compiled,
    proof: Option<&Proof>,
    files: &BTreeMap<String, Cow<'_, [u8]>>,
    written: &Written,
    stream: &Stream,
) -> String {
    let mut lines = Vec::new();
    let mut files: Vec<(Vec<&str>, usize)> =
        files.iter().map(|(path, bytes)| (path.split('/').collect(), bytes.len())).collect();
    // In every folder, folders stand before files.
    files.sort_by_key(|(path, _)| {
        path.iter().enumerate().map(|(at, it)| (at + 1 == path.len(), *it)).collect::<Vec<_>>()
    });
    branch(&files, 0, "", &kinds(&artifacts.manifests), &mut lines);
    let left = lines.iter().map(|it| width(&it.tree)).max().unwrap_or_default();
    let right = lines.iter().map(|it| it.size.len()).max().unwrap_or_default();
    let mut text = head(folder, platform, stream);
    for Line { tree, below, size, objects } in &lines {
        let gap = " ".repeat(left - width(tree));
        let line = format!("{tree}{gap}  {size:>right$}");
        let Some(Objects { count, kinds }) = objects else {
            writeln!(text, "{}", line.trim_end()).expect("a string takes every text");
            continue;
        };
        writeln!(text, "{line}  {}", counted(*count, "object")).expect("a string takes every text");
        let room = stream.width.unwrap_or(WIDTH).saturating_sub(width(below) + 2);
        for kinds in wrapped(kinds, room) {
            writeln!(text, "{below}  {}", stream.paint(DIM, &kinds)).expect("a string takes every text");
        }
    }
    text + "\n" + &proven(proof) + &what_became(files.len(), written)
}

/// What was proven, in a line.
pub(super) fn proven(proof: Option<&Proof>) -> String {
    match proof {
        Some(proof) => format!("proven: {}\n", proof.counts),
        None => "not proven: nobody has looked at what the files really allow\n".to_owned(),
    }
}

/// One line of the tree.
struct Line {
    tree: String,
    /// What stands to the left of anything that is said below this line.
    below: String,
    size: String,
    objects: Option<Objects>,
}

/// How many objects a file has, and of which kinds.
#[derive(Clone, Debug, Default)]
struct Objects {
    count: usize,
    kinds: Vec<String>,
}

fn head(folder: &Path, platform: &Platform, stream: &Stream) -> String {
    let folder = stream.paint(BOLD, &visible(&folder.to_string_lossy()));
    match &platform.environment {
        Some(environment) => format!("{folder}  {} for {environment}\n", platform.name),
        None => format!("{folder}  {}\n", platform.name),
    }
}

/// Lists what is in a folder: `files` are those in it, `depth` is how many parts of their paths are above it.
fn branch(
    files: &[(Vec<&str>, usize)],
    depth: usize,
    indent: &str,
    kinds: &BTreeMap<String, Objects>,
    lines: &mut Vec<Line>,
) {
    let mut groups = files.chunk_by(|(a, _), (b, _)| a[depth] == b[depth]).peekable();
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        let (twig, below) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let (path, size) = &group[0];
        let name = visible(path[depth]);
        let below = format!("{indent}{below}");
        if path.len() > depth + 1 {
            let tree = format!("{indent}{twig}{name}/");
            lines.push(Line { tree, below: below.clone(), size: String::new(), objects: None });
            branch(group, depth + 1, &below, kinds, lines);
        } else {
            let objects = kinds.get(&path.join("/")).cloned();
            lines.push(Line { tree: format!("{indent}{twig}{name}"), below, size: in_bytes(*size), objects });
        }
    }
}

/// What is in each file of manifests, the most frequent kinds first.
fn kinds(files: &[ManifestFile]) -> BTreeMap<String, Objects> {
    let objects = files.iter().map(|file| {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for manifest in &file.manifests {
            *kinds.entry(&manifest.id.kind).or_default() += 1;
        }
        let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        let kinds = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        (path_of(file.project.as_ref()), Objects { count: file.manifests.len(), kinds })
    });
    objects.collect()
}

fn wrapped(pieces: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + piece.len() < room => {
                line.push_str(", ");
                line.push_str(piece);
            }
            Some(line) => {
                line.push(',');
                lines.push(piece.clone());
            }
            None => lines.push(piece.clone()),
        }
    }
    lines
}

pub(super) fn what_became(count: usize, written: &Written) -> String {
    let Written { created, changed, removed, unchanged } = written;
    let files = counted(count, "file");
    let counts = [
        (created.len(), "created"),
        (changed.len(), "changed"),
        (removed.len(), "removed"),
        (*unchanged, "unchanged"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let mut text = format!("{files}: {}\n", counts.collect::<Vec<_>>().join(", "));
    // What was created is all or is in the picture; these two are what somebody looks for after an edit.
    for (sign, paths) in [("~", changed), ("-", removed)] {
        for path in paths.iter().take(MOST_NAMED) {
            writeln!(text, "  {sign} {}", visible(path)).expect("a string takes every text");
        }
        if paths.len() > MOST_NAMED {
            writeln!(text, "  {sign} and {} more", paths.len() - MOST_NAMED)
                .expect("a string takes every text");
        }
    }
    text
}

const MOST_NAMED: usize = 10;

fn in_bytes(bytes: usize) -> String {
    // One digit after the point, rounded down, without a floating point number.
    let tenths = |unit: usize| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", tenths(1024)),
        _ => format!("{} MiB", tenths(1 << 20)),
    }
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
