//! The `include` declaration and the way from a tree to its documents.
//!
//! `platform.kdl` is read first, then what it includes, then what that includes: each file once, by path. A file that
//! cannot be read is a finding at the `include` that asks for it, and the others are read all the same.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::refusal::literal;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::{self, Document, Node, Value};
use crate::tree::path::TreePath;
use crate::tree::{Tree, Unreadable};

/// The file that a tree begins with.
pub const ROOT: &str = "platform.kdl";

/// The table.
pub static KIND: Kind = Kind::new(
    "include",
    Class::Edge,
    "Reads other files of the tree as if they stood here. Stars match within one part of a path, `**` across parts; \
     what matches is read in the order of its path, each file once. Paths start at the folder of `platform.kdl` and \
     never leave it.",
)
.rest(Field::required::<String>("pattern", "A path or a pattern of paths: `\"projects/*.kdl\"`."));

/// The texts of a tree and what KDL makes of them.
#[derive(Debug, Default)]
pub struct Sources {
    /// The texts.
    pub map: SourceMap,
    /// Their trees, in the order in which they were read.
    pub documents: Vec<Document>,
}

/// Reads `platform.kdl` and all that it includes.
pub fn load(tree: &Tree, sink: &mut Diagnostics) -> Sources {
    let mut sources = Sources::default();
    let root = TreePath::parse(ROOT).expect("the name of the root file is a path");
    match tree.read_text(&root) {
        Err(error) => {
            let diagnostic = Diagnostic::nowhere(Code::UnreadableFile, error.to_string());
            sink.report(match error {
                Unreadable::Missing(_) => diagnostic
                    .help("run in the folder that holds it, or name that folder; `trackside init` makes one"),
                _ => diagnostic,
            });
        }
        Ok(text) => {
            let mut stack = vec![root.clone()];
            let mut known = BTreeSet::from([root]);
            let file = sources.map.add(ROOT, text);
            read(tree, file, &mut stack, &mut known, &mut sources, sink);
        }
    }
    sources
}

/// Parses a file that is in the map and reads what it includes. `stack` leads from the root to it.
fn read(
    tree: &Tree,
    file: FileId,
    stack: &mut Vec<TreePath>,
    known: &mut BTreeSet<TreePath>,
    sources: &mut Sources,
    sink: &mut Diagnostics,
) {
    let document = syntax::parse(file, sources.map.file(file).text.clone(), sink);
    let nodes: usize = sources.documents.iter().chain([&document]).map(Document::count).sum();
    if nodes > MOST_NODES {
        let path = &sources.map.file(file).path;
        let message = format!(
            "`{path}` makes the tree too large: all its files together have at most {MOST_NODES} nodes"
        );
        sink.report(
            Diagnostic::new(Code::UnreadableFile, Span::new(file, 0, 0), message)
                .help("it is not read; is it a platform?"),
        );
        return;
    }
    let patterns: Vec<(String, Span, Span)> = document.nodes().flat_map(patterns).collect();
    sources.documents.push(document);
    for (pattern, span, whole) in patterns {
        for path in matches(tree, &pattern, span, sink) {
            if stack.contains(&path) {
                sink.report(in_a_circle(&path, stack, span, whole));
            } else if stack.len() > MAX_DEPTH {
                let message = format!("`{path}` is included more than {MAX_DEPTH} files deep");
                sink.report(Diagnostic::new(Code::IncludeLoop, span, message));
            } else if known.insert(path.clone()) {
                match tree.read_text(&path) {
                    Err(error) => sink.report(match of_folder(tree, path.as_str()) {
                        Some(meant) => Diagnostic::new(Code::UnreadableFile, span, error.to_string())
                            .help("a pattern names the files of a folder")
                            .replace(span, literal(&meant)),
                        None => unreadable(tree, &path, &error, span),
                    }),
                    Ok(text) => {
                        let file = sources.map.add(path.to_string(), text);
                        stack.push(path);
                        read(tree, file, stack, known, sources, sink);
                        stack.pop();
                    }
                }
            }
        }
    }
}

/// How many nodes the files of a tree may have together: a thousand times what people write, and few enough to be looked at
/// one by one.
const MOST_NODES: usize = 500_000;

/// How deep includes may lead; it also bounds the stack.
const MAX_DEPTH: usize = 16;

/// The patterns of an `include`: each with where it stands and what goes with it when it is taken out.
fn patterns(node: Node<'_>) -> Vec<(String, Span, Span)> {
    if node.name() != KIND.word {
        return Vec::new();
    }
    let is_alone = node.entries().take(2).count() == 1;
    let strings = node.entries().filter(|entry| entry.name().is_none());
    strings
        .filter_map(|entry| match entry.value() {
            Value::String(text) => {
                let whole = if is_alone { node.span() } else { entry.span() };
                Some((text.to_owned(), entry.value_span(), whole))
            }
            _ => None,
        })
        .collect()
}

fn matches(tree: &Tree, pattern: &str, span: Span, sink: &mut Diagnostics) -> Vec<TreePath> {
    if !pattern.contains(['*', '?', '[', '{']) {
        return match TreePath::parse(pattern) {
            Ok(path) => vec![path],
            Err(invalid) => {
                let diagnostic = Diagnostic::new(Code::PathOutsideTree, span, invalid.to_string());
                let meant = TreePath::respelled(pattern);
                // What is offered can be read.
                let file = meant.as_ref().filter(|it| tree.read_text(it).is_ok()).map(TreePath::to_string);
                let meant = file.or_else(|| of_folder(tree, meant.as_ref()?.as_str()));
                sink.report(match meant {
                    Some(meant) => diagnostic.replace(span, literal(&meant)),
                    None => diagnostic,
                });
                Vec::new()
            }
        };
    }
    match tree.glob(pattern) {
        Ok(paths) if paths.is_empty() => {
            let message = format!("no file matches `{pattern}`");
            sink.report(Diagnostic::new(Code::NothingIncluded, span, message));
            Vec::new()
        }
        Ok(paths) => paths,
        Err(error) => {
            let diagnostic = Diagnostic::new(Code::PathOutsideTree, span, error.to_string());
            let parts: Vec<&str> = pattern.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
            let meant = parts.join("/");
            let is_meant = !pattern.starts_with('/') && tree.glob(&meant).is_ok_and(|it| !it.is_empty());
            sink.report(if is_meant { diagnostic.replace(span, literal(&meant)) } else { diagnostic });
            Vec::new()
        }
    }
}

/// The pattern that reads the files of a folder, where it has any.
fn of_folder(tree: &Tree, folder: &str) -> Option<String> {
    let pattern = format!("{folder}/*.kdl");
    tree.glob(&pattern).is_ok_and(|it| !it.is_empty()).then_some(pattern)
}

/// A file that a declaration asks for and that cannot be read.
pub fn unreadable(tree: &Tree, path: &TreePath, error: &Unreadable, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnreadableFile, span, error.to_string());
    let similar = match error {
        Unreadable::Missing(_) => tree.similar(path),
        // It is there: no other name would help.
        _ => Vec::new(),
    };
    let similar: Vec<&str> = similar.iter().map(TreePath::as_str).collect();
    diagnostic.did_you_mean(span, &similar, literal)
}

fn in_a_circle(path: &TreePath, stack: &[TreePath], span: Span, whole: Span) -> Diagnostic {
    let start = stack.iter().position(|it| it == path).unwrap_or(0);
    let way: Vec<String> = stack[start..].iter().chain([path]).map(|it| format!("`{it}`")).collect();
    Diagnostic::new(Code::IncludeLoop, span, format!("`{path}` includes itself"))
        .help(format!("the circle is {}", way.join(" → ")))
        .replace(whole, "")
}

#[cfg(test)]
mod tests {
    use crate::language::Selection;
    use crate::tree::Tree;

    /// What is said of a pattern, and what is offered.
    fn check(pattern: &str) -> String {
        let root = format!("include \"{pattern}\"");
        let files = [("platform.kdl", root.as_str()), ("projects/shop.kdl", ""), ("rules.kdl", "")];
        let outcome = crate::check(&Tree::memory(files), &Selection::default());
        let found = outcome.diagnostics.iter().filter(|it| it.primary.is_some());
        let told = found.map(|it| {
            let edits = it.fixes.iter().flat_map(|it| &it.edits).map(|it| it.text.as_str());
            format!("{}: {} => {}", it.code, it.message, Vec::from_iter(edits).join(" or "))
        });
        Vec::from_iter(told).join("\n").trim_end().to_owned()
    }

    #[test]
    fn what_is_offered_can_be_read() {
        let patterns = ["./projects/*.kdl", "projects/", "projects", "./rules.kdl", "../*.kdl", "more/"];
        insta::assert_snapshot!(patterns.map(check).join("\n"), @r#"
        TS051: `./projects/*.kdl` has a `.` that says nothing: write `projects/*.kdl` => "projects/*.kdl"
        TS051: `projects/` has nothing between two of its `/` or after the last one => "projects/*.kdl"
        TS050: `projects` is a folder, not a file => "projects/*.kdl"
        TS051: `./rules.kdl` has a `.` that says nothing: write `rules.kdl` => "rules.kdl"
        TS051: `../*.kdl` leaves the tree: paths are relative to the folder of platform.kdl and have no `..` =>
        TS051: `more/` has nothing between two of its `/` or after the last one =>
        "#);
    }
}
