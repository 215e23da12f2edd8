//! Files that declarations name: sealed secrets, configuration, raw objects.
//!
//! They are all read once, before anything is resolved, so that what follows is a pure function of texts. A file that
//! cannot be read is a finding at the declaration that names it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::include;
use crate::language::item::Item;
use crate::language::kind::Kind;
use crate::language::recipient;
use crate::language::secret;
use crate::language::value::refusal::literal;
use crate::language::value::{Form, Invalid, Parse};
use crate::source::{FileId, SourceMap, Span, Spanned};
use crate::syntax::{Entry, Value};
use crate::tree::path::TreePath;
use crate::tree::{Tree, Unreadable};

/// The files that declarations name, by path.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<TreePath, File>);

#[derive(Clone, Debug)]
struct File {
    bytes: Arc<[u8]>,
    text: Option<Text>,
}

/// What has been taken of files.
struct Taken<'f> {
    /// The files that somebody takes.
    once: BTreeSet<&'f TreePath>,
    /// How many bytes may still be taken of those again.
    left: usize,
}

/// How many bytes all declarations together take of files that others take as well.
const MOST_AGAIN: usize = 32 << 20;

/// A file of text.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where findings about it point.
    pub id: FileId,
    /// What it says.
    pub text: Arc<str>,
}

impl Parse for TreePath {
    const FORM: Form = Form {
        name: "path",
        expects: "a path from the folder of `platform.kdl`, without `..`",
        example: "\"files/example.txt\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let Value::String(text) = value else {
            return Err(
                Invalid::new("a path is a string").help(format!("write it like `{}`", Self::FORM.example))
            );
        };
        TreePath::parse(text).map_err(|it| {
            let invalid = Invalid::new(it.to_string());
            match TreePath::respelled(text) {
                Some(path) => invalid.replacement(literal(path.as_str())),
                None => invalid,
            }
        })
    }
}

impl Files {
    /// Reads every file that these declarations name.
    pub fn read(&mut self, items: &[Item<'_>], tree: &Tree, map: &mut SourceMap, sink: &mut Diagnostics) {
        self.read_chosen(items, &|_| true, tree, map, sink);
    }

    /// The same without paths that are yet to be filled in.
    pub fn read_fixed(
        &mut self,
        items: &[Item<'_>],
        is_open: impl Fn(&str) -> bool,
        tree: &Tree,
        map: &mut SourceMap,
        sink: &mut Diagnostics,
    ) {
        let is_fixed = |it: Entry<'_>| !matches!(it.value(), Value::String(text) if is_open(text));
        self.read_chosen(items, &is_fixed, tree, map, sink);
    }

    /// These files, and those whose paths were filled in.
    pub fn with_filled<'f>(
        &'f self,
        items: &[Item<'_>],
        tree: &Tree,
        map: &mut SourceMap,
        sink: &mut Diagnostics,
    ) -> Cow<'f, Self> {
        if map.expansions().is_empty() {
            return Cow::Borrowed(self);
        }
        let mut files = self.clone();
        files.read_chosen(items, &|it| it.filling().is_some(), tree, map, sink);
        Cow::Owned(files)
    }

    fn read_chosen(
        &mut self,
        items: &[Item<'_>],
        is_chosen: &impl Fn(Entry<'_>) -> bool,
        tree: &Tree,
        map: &mut SourceMap,
        sink: &mut Diagnostics,
    ) {
        for item in items {
            if item.kind.property("file").is_some_and(|it| it.form == TreePath::FORM)
                && item.entry("file").is_some_and(is_chosen)
            {
                // A path that is refused is reported where the declaration is resolved.
                if let Some(path) = item.property::<TreePath>("file", &mut Diagnostics::default()) {
                    self.read_one(path, item.kind, tree, map, sink);
                }
            }
            self.read_chosen(&item.children, is_chosen, tree, map, sink);
        }
    }

    fn read_one(
        &mut self,
        path: Spanned<TreePath>,
        kind: &Kind,
        tree: &Tree,
        map: &mut SourceMap,
        sink: &mut Diagnostics,
    ) {
        if self.0.contains_key(&path.value) {
            return;
        }
        match tree.read(&path.value) {
            Err(error) => {
                let diagnostic = include::unreadable(tree, &path.value, &error, path.span);
                let seals = match kind.word {
                    word if word == secret::KIND.word => Some("`trackside secrets set` seals a value there"),
                    word if word == recipient::HOLDER.word => {
                        Some("`trackside secrets split` seals a share there")
                    }
                    _ => None,
                };
                let seals = seals.filter(|_| matches!(error, Unreadable::Missing(_)));
                sink.report(seals.into_iter().fold(diagnostic, Diagnostic::help));
            }
            Ok(bytes) => {
                let text = std::str::from_utf8(&bytes).ok().map(|text| {
                    let text: Arc<str> = text.into();
                    // Another environment may have read it.
                    let known = map.find(path.value.as_str());
                    let id = known.unwrap_or_else(|| map.add(path.value.to_string(), text.clone()));
                    Text { id, text }
                });
                self.0.insert(path.value, File { bytes: bytes.into(), text });
            }
        }
    }

    /// Counts what declarations take of files: few lines could ask for one large file again and again. Where it is too much,
    /// which is reported, there are no files any more.
    pub fn bound<'f>(files: Cow<'f, Self>, items: &[Item<'_>], sink: &mut Diagnostics) -> Cow<'f, Self> {
        if files.0.is_empty() {
            return files;
        }
        let mut taken = Taken { once: BTreeSet::new(), left: MOST_AGAIN };
        let Err(span) = files.count(items, &mut taken) else { return files };
        let most = MOST_AGAIN >> 20;
        let message =
            format!("what declarations take of files that others take as well comes to more than {most} MiB");
        sink.report(
            Diagnostic::new(Code::TooMany, span, message)
                .help("each declaration that names a file gets all of it: take large ones in fewer places"),
        );
        Cow::Owned(Self::default())
    }

    /// Counts what declarations take; the place of the first that takes too much.
    fn count<'f>(&'f self, items: &[Item<'_>], taken: &mut Taken<'f>) -> Result<(), Span> {
        for item in items {
            if item.kind.property("file").is_some_and(|it| it.form == TreePath::FORM)
                && item.entry("file").is_some()
                && let Some(path) = item.property::<TreePath>("file", &mut Diagnostics::default())
                && let Some((path, file)) = self.0.get_key_value(&path.value)
                && !taken.once.insert(path)
            {
                taken.left = taken.left.checked_sub(file.bytes.len()).ok_or(item.span())?;
            }
            self.count(&item.children, taken)?;
        }
        Ok(())
    }

    /// The bytes of a file; `None` where it could not be read, which has been reported.
    pub fn bytes(&self, path: &Spanned<TreePath>) -> Option<Arc<[u8]>> {
        self.0.get(&path.value).map(|it| it.bytes.clone())
    }

    /// The text of a file; `None` where it could not be read, which has been reported, or is no text, which is.
    pub fn text_or_report(&self, path: &Spanned<TreePath>, sink: &mut Diagnostics) -> Option<Text> {
        let text = self.0.get(&path.value)?.text.clone();
        if text.is_none() {
            let message = format!("`{}` is not UTF-8 text", path.value);
            sink.report(
                Diagnostic::new(Code::UnreadableFile, path.span, message)
                    .help("save it as UTF-8, or name another file"),
            );
        }
        text
    }
}
