//! Where text comes from and where in it something stands.
//!
//! A [`Span`] is twelve bytes and is what every later layer keeps instead of copies of the text. The [`SourceMap`] owns
//! the texts; only it can turn a span back into a line and a column. A piece of a file that is read again in other places
//! is an [`Expansion`]: a file of its own to whoever compares spans, the same lines to whoever reads them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// One file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// Whether it is an expansion.
    pub fn is_expansion(self) -> bool {
        self.0 >= EXPANSIONS
    }
}

/// A range of bytes of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span of the bytes `start..end`.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// Covers everything from the start of `self` to the end of `other`, which stands in the same file.
    pub fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.end), ..self }
    }

    /// The empty span just before this one.
    pub fn before(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// The empty span just after this one.
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

/// A value and the place it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

impl<T> Spanned<T> {
    /// Joins a value and its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Changes the value and keeps the place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), span: self.span }
    }

    /// Borrows the value and keeps the place.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, span: self.span }
    }
}

/// A place as a person counts: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters (Unicode scalar values), from 1.
    pub column: u32,
}

/// A text of the tree.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path in the tree, with `/` between the parts.
    pub path: Arc<str>,
    /// What it says.
    pub text: Arc<str>,
    /// Where it is counted; of most files nobody ever asks.
    marks: OnceLock<Marks>,
}

/// From where lines and characters of a text are counted.
#[derive(Clone, Debug)]
struct Marks {
    /// The byte at which each line starts, behind a byte order mark.
    lines: Vec<u32>,
    /// How many characters stand before each whole multiple of [`STRIDE`]: a column in a line of megabytes costs no more
    /// than one in a short line.
    characters: Vec<u32>,
}

/// The texts of one run, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<File>,
    by_path: BTreeMap<Arc<str>, FileId>,
    expansions: Vec<Expansion>,
}

/// A piece of a file that is read again in another place, with something else in its blanks.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The piece.
    pub body: Span,
    /// Where it is asked for, which may be in another expansion.
    pub asked: Span,
    /// What it is called there, and what it is called in what.
    pub names: [Arc<str>; 2],
    /// Its blanks, in their order.
    pub blanks: Vec<Blank>,
}

/// A value in an expansion that is filled in from outside of it.
#[derive(Clone, Debug)]
pub struct Blank {
    /// Where the value stands in the file, as a whole.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// Whether what is filled in is all of the value.
    pub is_whole: bool,
    /// What is filled in, and where that is written.
    pub given: Vec<Given>,
}

/// What is filled into a blank.
#[derive(Clone, Debug)]
pub struct Given {
    /// What it is called.
    pub name: Arc<str>,
    /// Where it is written; `None` for one that is missing or was refused, which has been reported.
    pub span: Option<Span>,
    /// Whether it is what holds where nothing is given.
    pub is_default: bool,
}

/// From this one on, ids are those of expansions.
const EXPANSIONS: u32 = 1 << 31;

impl SourceMap {
    /// Takes a text in. A text has less than 4 GiB; [`crate::tree`] sees to that.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let (path, text) = (path.into(), text.into());
        let id = FileId(u32::try_from(self.files.len()).expect("a tree has a bounded number of files"));
        self.by_path.entry(Arc::clone(&path)).or_insert(id);
        self.files.push(File { path, text, marks: OnceLock::new() });
        id
    }

    /// All files, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files.iter().zip(0..).map(|(file, id)| (FileId(id), file))
    }

    /// One file; of an expansion, the one that it is a piece of.
    pub fn file(&self, id: FileId) -> &File {
        let id = self.expansion(id).map_or(id, |it| it.body.file);
        &self.files[id.0 as usize]
    }

    /// Takes an expansion in, and gives it a file of its own.
    pub fn expand(&mut self, expansion: Expansion) -> FileId {
        self.expansions.push(expansion);
        FileId(EXPANSIONS + count(self.expansions.len() - 1))
    }

    /// What is behind a file that is an expansion.
    pub fn expansion(&self, id: FileId) -> Option<&Expansion> {
        let index = id.0.checked_sub(EXPANSIONS)?;
        self.expansions.get(index as usize)
    }

    /// All expansions.
    pub fn expansions(&self) -> &[Expansion] {
        &self.expansions
    }

    /// Lets all expansions go, where no span leads into one any more.
    pub fn forget_expansions(&mut self) {
        self.expansions.clear();
    }

    /// The same place in the file that somebody wrote.
    pub fn written(&self, span: Span) -> Span {
        self.expansion(span.file).map_or(span, |it| Span { file: it.body.file, ..span })
    }

    /// The file at this path of the tree.
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// The path of the file that a span stands in.
    pub fn path(&self, span: Span) -> &str {
        &self.file(span.file).path
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.file).text[span.start as usize..span.end as usize]
    }

    /// From a byte of a file to the end of its line.
    pub fn rest_of_line(&self, file: FileId, at: u32) -> Span {
        let text = self.file(file);
        let end = text.line_span(text.line(at)).map_or(at as usize, |it| it.end);
        let line = text.text.get(at as usize..end).unwrap_or_default().trim_end();
        Span::new(file, at, at + count(line.len()))
    }

    /// Where a span starts.
    pub fn start(&self, span: Span) -> Position {
        self.file(span.file).position(span.start)
    }

    /// Where a span ends: the place just after its last character.
    pub fn end(&self, span: Span) -> Position {
        self.file(span.file).position(span.end)
    }

    /// A place as `path:line`, the form that rendered objects carry. Of an expansion, also where it is asked for:
    /// `components/redis.kdl:7, used at projects/shop.kdl:12`.
    pub fn place(&self, span: Span) -> String {
        let mut place = self.line_of(span);
        let mut at = span;
        while let Some(expansion) = self.expansion(at.file) {
            at = expansion.asked;
            place = format!("{place}, used at {}", self.line_of(at));
        }
        place
    }

    /// As `path:line`.
    fn line_of(&self, span: Span) -> String {
        let file = self.file(span.file);
        format!("{}:{}", file.path, file.line(span.start))
    }
}

impl File {
    /// Turns a byte offset into line and column. The byte order mark has no column of its own, as in editors.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.marks().lines[line as usize - 1];
        let column = self.characters_before(offset).saturating_sub(self.characters_before(start)) + 1;
        Position { line, column }
    }

    /// The line, counted from 1, that a byte stands in.
    pub fn line(&self, offset: u32) -> u32 {
        count(self.marks().lines.partition_point(|start| *start <= offset).max(1))
    }

    fn characters_before(&self, offset: u32) -> u32 {
        let offset = offset as usize;
        let whole = offset / STRIDE;
        let rest = &self.text.as_bytes()[whole * STRIDE..offset];
        self.marks().characters[whole] + count(characters(rest))
    }

    fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| Marks {
            lines: line_starts(&self.text),
            characters: character_counts(&self.text),
        })
    }

    /// The bytes of a line (counted from 1) without its newline; `None` past the end.
    pub fn line_span(&self, line: u32) -> Option<std::ops::Range<usize>> {
        let index = line.checked_sub(1)? as usize;
        let lines = &self.marks().lines;
        let start = *lines.get(index)? as usize;
        let end = lines.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        Some(start..start + self.text[start..end].trim_end_matches(is_newline).len())
    }

    /// How many lines the text has.
    pub fn line_count(&self) -> u32 {
        count(self.marks().lines.len())
    }
}

/// What KDL 2.0 and editors alike call a newline, less the pair CR LF. The other three of KDL (NEL, LS, PS, FF, VT) do not
/// move the line count of `git`, GitHub and most editors, so they do not move ours.
fn is_newline(it: char) -> bool {
    matches!(it, '\n' | '\r')
}

const BYTE_ORDER_MARK: char = '\u{feff}';
const STRIDE: usize = 4096;

fn character_counts(text: &str) -> Vec<u32> {
    let mut before = 0;
    let counts = text.as_bytes().chunks(STRIDE).map(|chunk| {
        before += count(characters(chunk));
        before
    });
    std::iter::once(0).chain(counts).collect()
}

/// How many characters begin in a piece of UTF-8, which may be cut within one.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte).cast_signed() >= -0x40).count()
}

fn line_starts(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let first = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let ends = (0..bytes.len()).filter(|at| match bytes[*at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    std::iter::once(count(first)).chain(ends.map(|at| count(at + 1))).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("a text has less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: u32) -> (u32, u32) {
        let mut map = SourceMap::default();
        let id = map.add("a.kdl", text);
        let Position { line, column } = map.file(id).position(offset);
        (line, column)
    }

    #[test]
    fn positions_count_characters_not_bytes() {
        assert_eq!(check("äb\nc", 2), (1, 2));
        assert_eq!(check("äb\nc", 4), (2, 1));
        assert_eq!(check("a\r\nb\rc", 3), (2, 1));
        assert_eq!(check("a\r\nb\rc", 5), (3, 1));
        assert_eq!(check("", 0), (1, 1));
    }

    #[test]
    fn a_byte_order_mark_has_no_column() {
        assert_eq!(check("\u{feff}ab", 0), (1, 1));
        assert_eq!(check("\u{feff}ab", 3), (1, 1));
        assert_eq!(check("\u{feff}ab", 4), (1, 2));
        assert_eq!(check("\u{feff}\nab", 5), (2, 2));
    }

    #[test]
    fn columns_of_endless_lines_are_counted_in_strides() {
        let text = format!("ä\n{}", "äb漢".repeat(10_000));
        for (offset, character) in text.char_indices().step_by(997) {
            let before = &text[..offset];
            let column = before.rsplit('\n').next().map_or(0, |it| it.chars().count()) + 1;
            assert_eq!(check(&text, count(offset)).1, count(column), "{character}");
        }
        assert_eq!(check(&text, count(text.len())), (2, 30_001));
    }
}
