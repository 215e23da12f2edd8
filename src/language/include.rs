//! The `include` declaration and the way from a tree to its documents.
//!
//! `platform.kdl` is read first, then what it includes, then what that includes: each file once, by path. A file that
//! cannot be read is a finding at the `include` that asks for it, and the others are read all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rayon::prelude::*;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::refusal::literal;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::{self, Document, Entry, Node, Value};
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

/// What texts were parsed into, for whoever reads a tree again: what has not changed is not parsed anew.
#[derive(Clone, Debug, Default)]
pub struct Parsed(BTreeMap<TreePath, Document>);

impl Parsed {
    /// The document of a text that is this file now. One without mistakes is remembered.
    fn parse(&mut self, path: &TreePath, file: FileId, text: &Arc<str>, sink: &mut Diagnostics) -> Document {
        if let Some(document) = self.0.get(path).filter(|it| it.text() == text) {
            return document.in_file(file);
        }
        let mut found = Diagnostics::default();
        let document = syntax::parse(file, Arc::clone(text), &mut found);
        if found.is_empty() {
            self.0.insert(path.clone(), document.clone());
        }
        sink.extend(found);
        document
    }

    /// Parses texts side by side.
    fn parse_ahead(&mut self, texts: Vec<(TreePath, Arc<str>)>) {
        let is_new =
            |(path, text): &(TreePath, Arc<str>)| self.0.get(path).is_none_or(|it| it.text() != text);
        let new: Vec<(TreePath, Arc<str>)> = texts.into_iter().filter(is_new).collect();
        let parsed = new.into_par_iter().filter_map(|(path, text)| {
            let mut found = Diagnostics::default();
            let document = syntax::parse(FileId::default(), text, &mut found);
            found.is_empty().then_some((path, document))
        });
        let parsed: Vec<(TreePath, Document)> = parsed.collect();
        self.0.extend(parsed);
    }
}

/// Reads `platform.kdl` and all that it includes.
pub fn load(tree: &Tree, sink: &mut Diagnostics) -> Sources {
    load_again(tree, &mut Parsed::default(), sink)
}

/// The same where some of it has been read before.
pub fn load_again(tree: &Tree, parsed: &mut Parsed, sink: &mut Diagnostics) -> Sources {
    let root = TreePath::parse(ROOT).expect("the name of the root file is a path");
    match tree.read_text(&root) {
        Err(error) => {
            let diagnostic = Diagnostic::nowhere(Code::UnreadableFile, error.to_string());
            sink.report(match error {
                Unreadable::Missing(_) => diagnostic
                    .help("run in the folder that holds it, or name that folder; `trackside init` makes one"),
                _ => diagnostic,
            });
            Sources::default()
        }
        Ok(text) => {
            let mut loader = Loader {
                tree,
                parsed,
                sink,
                stack: Vec::new(),
                known: BTreeSet::from([root.clone()]),
                found: BTreeMap::new(),
                nodes: 0,
                sources: Sources::default(),
            };
            loader.read(root, &text);
            let Loader { sources, known, .. } = loader;
            parsed.0.retain(|path, _| known.contains(path));
            sources
        }
    }
}

/// Follows the includes of a tree.
struct Loader<'l> {
    tree: &'l Tree,
    parsed: &'l mut Parsed,
    sink: &'l mut Diagnostics,
    /// The way from the root to the file that is read.
    stack: Vec<TreePath>,
    /// The files that have been asked for.
    known: BTreeSet<TreePath>,
    /// What patterns name: a text may repeat one as often as it likes.
    found: BTreeMap<String, Rc<[TreePath]>>,
    /// How many nodes there are so far.
    nodes: usize,
    sources: Sources,
}

impl Loader<'_> {
    /// Parses a file and reads what it includes.
    fn read(&mut self, path: TreePath, text: &Arc<str>) {
        let file = self.sources.map.add(path.as_str(), Arc::clone(text));
        let document = self.parsed.parse(&path, file, text, self.sink);
        self.nodes += document.count();
        if self.nodes > MOST_NODES {
            let message = format!(
                "`{path}` makes the tree too large: all its files together have at most {MOST_NODES} nodes"
            );
            self.sink.report(
                Diagnostic::new(Code::UnreadableFile, Span::new(file, 0, 0), message)
                    .help("it is not read; is it a platform?"),
            );
            self.nodes -= document.count();
            return;
        }
        let patterns: Vec<Pattern> = document.nodes().flat_map(patterns).collect();
        self.sources.documents.push(document);
        self.stack.push(path);
        for pattern in patterns {
            let paths = self.matches(&pattern);
            self.read_ahead(&paths);
            for path in &*paths {
                self.follow(path, &pattern);
            }
        }
        self.stack.pop();
    }

    /// Reads and parses side by side what will most likely be followed.
    fn read_ahead(&mut self, paths: &[TreePath]) {
        let new: Vec<TreePath> = paths.iter().filter(|it| !self.known.contains(it)).cloned().collect();
        if new.len() < 2 || self.stack.len() > MAX_DEPTH {
            return;
        }
        self.tree.read_ahead(&new);
        let texts = new.into_iter().filter_map(|it| self.tree.read_text(&it).ok().map(|text| (it, text)));
        self.parsed.parse_ahead(texts.collect());
    }

    /// Reads a file that a pattern names.
    fn follow(&mut self, path: &TreePath, pattern: &Pattern) {
        let Pattern { span, whole, .. } = *pattern;
        if self.stack.contains(path) && is_pattern(&pattern.text) {
            // It means the others: the file that it stands in is read already.
        } else if self.stack.contains(path) {
            let stack = &self.stack;
            self.sink.report_with(Code::IncludeLoop, || in_a_circle(path, stack, span, whole));
        } else if self.stack.len() > MAX_DEPTH {
            self.sink.report_with(Code::IncludeLoop, || {
                let message = format!("`{path}` is included more than {MAX_DEPTH} files deep");
                Diagnostic::new(Code::IncludeLoop, span, message)
            });
        } else if self.known.insert(path.clone()) {
            let tree = self.tree;
            match tree.read_text(path) {
                Ok(text) => self.read(path.clone(), &text),
                Err(error) => self.sink.report_with(Code::UnreadableFile, || match &error {
                    Unreadable::NotAFile(..) if let Some(meant) = of_folder(tree, path.as_str()) => {
                        Diagnostic::new(Code::UnreadableFile, span, error.to_string())
                            .help("a pattern names the files of a folder")
                            .replace(span, literal(&meant))
                    }
                    _ => unreadable(tree, path, &error, span),
                }),
            }
        }
    }

    /// The files that a pattern names. What is wrong with it is reported.
    fn matches(&mut self, pattern: &Pattern) -> Rc<[TreePath]> {
        if let Some(found) = self.found.get(&pattern.text) {
            return Rc::clone(found);
        }
        let found: Option<Rc<[TreePath]>> =
            matches(self.tree, &pattern.text, pattern.span, self.sink).map(Rc::from);
        match found {
            Some(found) => {
                self.found.insert(pattern.text.clone(), Rc::clone(&found));
                found
            }
            // It is wrong wherever it stands.
            None => Rc::default(),
        }
    }
}

/// A pattern of an `include`.
struct Pattern {
    text: String,
    /// Where it stands.
    span: Span,
    /// What goes with it when it is taken out.
    whole: Span,
}

/// How many nodes the files of a tree may have together: a thousand times what people write, and few enough to be looked at
/// one by one.
const MOST_NODES: usize = 500_000;

/// How deep includes may lead; it also bounds the stack.
const MAX_DEPTH: usize = 16;

/// The patterns of an `include`.
fn patterns(node: Node<'_>) -> Vec<Pattern> {
    if node.name() != KIND.word {
        return Vec::new();
    }
    let is_alone = node.entries().take(2).count() == 1;
    let strings = node.entries().filter(|entry| entry.name().is_none());
    let strings = strings.filter_map(|entry| match entry.value() {
        Value::String(text) => Some((text, entry)),
        _ => None,
    });
    let pattern = |(text, entry): (&str, Entry<'_>)| Pattern {
        text: text.to_owned(),
        span: entry.value_span(),
        whole: if is_alone { node.span() } else { entry.span() },
    };
    strings.map(pattern).collect()
}

/// The files that a pattern names; `None` where it names none, which is reported.
fn matches(tree: &Tree, pattern: &str, span: Span, sink: &mut Diagnostics) -> Option<Vec<TreePath>> {
    if !is_pattern(pattern) {
        return match TreePath::parse(pattern) {
            Ok(path) => Some(vec![path]),
            Err(invalid) => {
                sink.report_with(Code::PathOutsideTree, || {
                    let diagnostic = Diagnostic::new(Code::PathOutsideTree, span, invalid.to_string());
                    let meant = TreePath::respelled(pattern);
                    // What is offered can be read.
                    let file =
                        meant.as_ref().filter(|it| tree.read_text(it).is_ok()).map(TreePath::to_string);
                    match file.or_else(|| of_folder(tree, meant.as_ref()?.as_str())) {
                        Some(meant) => diagnostic.replace(span, literal(&meant)),
                        None => diagnostic,
                    }
                });
                None
            }
        };
    }
    match tree.glob(pattern) {
        Ok(paths) if paths.is_empty() => {
            sink.report_with(Code::NothingIncluded, || {
                Diagnostic::new(Code::NothingIncluded, span, format!("no file matches `{pattern}`"))
            });
            None
        }
        Ok(paths) => Some(paths),
        Err(error) => {
            sink.report_with(Code::PathOutsideTree, || {
                let diagnostic = Diagnostic::new(Code::PathOutsideTree, span, error.to_string());
                let parts: Vec<&str> = pattern.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
                let meant = parts.join("/");
                let is_meant = !pattern.starts_with('/') && tree.glob(&meant).is_ok_and(|it| !it.is_empty());
                if is_meant { diagnostic.replace(span, literal(&meant)) } else { diagnostic }
            });
            None
        }
    }
}

/// Whether a text is no path of one file; that braces are no pattern is said where it is read.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
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
    fn a_pattern_passes_over_the_file_that_it_stands_in() {
        let is_circle = |pattern| check(pattern).contains("TS052");
        assert_eq!(["**/*.kdl", "*.kdl", "platform.kdl"].map(is_circle), [false, false, true]);
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
