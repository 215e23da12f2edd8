//! YAML in and out. The only file that names the YAML crate; objects are [`serde_json::Value`] everywhere else.
//!
//! Reading is for files of strangers: everything is bounded, nothing is guessed. Plain scalars mean what YAML 1.2 says;
//! where YAML 1.1 (kubectl) would see another number (`0755`, `1_000`, `12:30`) or a truth (`no`, `on`), the text stays
//! a string, which the type of its field then accepts or refuses, rather than becoming another value in silence.
//! Writing is [`emit`]'s.

pub mod narrow;
pub mod emit;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_yaml::Spanned;
use serde_yaml::budget::BudgetBreach;
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

/// A document of a YAML stream, with where everything in it stands.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its topmost node.
    pub root: Node,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its first byte in the text; for an alias, where the alias stands.
    pub start: u32,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A string, number, truth or nothing.
    Scalar(Value),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping in the order of the text.
    Mapping(Vec<Entry>),
}

/// An entry of a mapping.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// The first byte of the key.
    pub start: u32,
    /// Its value.
    pub value: Node,
}

/// Why a text is no YAML that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The byte at which reading stopped.
    pub at: u32,
    /// What is wrong: lower case, no final stop.
    pub message: String,
}

/// More than any manifest needs, and little enough that a file made to hurt does not.
const MAX_BYTES: usize = 16 << 20;
const MAX_NODES: usize = 250_000;
const MAX_DEPTH: usize = 64;
const MAX_ALIASES: usize = 1_000;
const MAX_DOCUMENTS: usize = 10_000;
const MAX_MERGE_KEYS: usize = 10_000;
/// From this many aliases on, so many of them for each anchor at the most.
const MIN_ALIASES: usize = 100;
const MAX_ALIASES_OF_ANCHOR: usize = 10;

/// Reads all documents of a text; empty ones are left out.
///
/// # Panics
///
/// When the system lets the process start no thread.
pub fn read(text: &str) -> Result<Vec<Document>, Invalid> {
    if text.len() > MAX_BYTES {
        return Err(too_long());
    }
    with_stack(|| parse_safely(text))
}

/// Reads each document of a text by itself: what is wrong with one is no matter to the others. The bounds are those of
/// [`read`], for each document.
///
/// A line that begins with `---` begins a document wherever it stands, and one of `...` ends it: no scalar can hold them (YAML
/// 1.2.2, 9.1.2).
///
/// # Panics
///
/// When the system lets the process start no thread, or the text has 4 GiB or more.
pub fn read_each(text: &str) -> Vec<Result<Document, Invalid>> {
    with_stack(|| pieces(text).into_iter().flat_map(|piece| read_piece(text, piece)).collect())
}

/// Where the documents of a text stand, each with the directives in front of it.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let (mut pieces, mut start, mut at, mut has_content) = (Vec::new(), 0, 0, false);
    for line in text.split_inclusive('\n') {
        let behind_marker =
            line.strip_prefix("---").filter(|it| it.trim_start().len() < it.len() || it.is_empty());
        if behind_marker.is_some() && has_content {
            pieces.push(start..at);
            (start, has_content) = (at, false);
        }
        let content = behind_marker.unwrap_or(line).trim_start();
        has_content |= !content.is_empty() && !content.starts_with('#') && !line.starts_with('%');
        at += line.len();
        if has_content && line.trim_end() == "..." {
            pieces.push(start..at);
            (start, has_content) = (at, false);
        }
    }
    pieces.push(start..text.len());
    pieces
}

fn read_piece(text: &str, piece: Range<usize>) -> Vec<Result<Document, Invalid>> {
    let base = number(piece.start);
    let piece = &text[piece];
    let read = if piece.len() > MAX_BYTES { Err(too_long()) } else { parse_safely(piece) };
    match read {
        Err(Invalid { at, message }) => vec![Err(Invalid { at: base + at, message })],
        Ok(mut documents) => {
            for document in &mut documents {
                document.root.shift(base);
            }
            documents.into_iter().map(Ok).collect()
        }
    }
}

fn with_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().name("yaml".to_owned()).stack_size(STACK);
        let reading = reader.spawn_scoped(scope, run).expect("a process may start a thread");
        reading.join().expect("what may panic is caught where it is read")
    })
}

/// Whatever a stranger's text does to the crate, it costs no more than this text.
fn parse_safely(text: &str) -> Result<Vec<Document>, Invalid> {
    let panicked = |_| Err(Invalid { at: 0, message: "the text cannot be read".to_owned() });
    std::panic::catch_unwind(|| parse(text)).unwrap_or_else(panicked)
}

fn too_long() -> Invalid {
    Invalid { at: 0, message: format!("the text has more than {} MiB", MAX_BYTES >> 20) }
}

/// The crate takes up to 40 KB of stack per level in a debug build, more in all than threads of a pool have.
const STACK: usize = 16 << 20;

fn parse(text: &str) -> Result<Vec<Document>, Invalid> {
    let documents: Vec<Spanned<Bare>> =
        serde_yaml::from_multiple_with_options(text, options()).map_err(|it| invalid(text, &it))?;
    documents.into_iter().map(|it| locate(text, it).map(|root| Document { root })).collect()
}

impl Node {
    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Sequence(items) => items.iter().map(Self::to_value).collect(),
            Kind::Mapping(entries) => {
                let entries = entries.iter().map(|it| (it.key.clone(), it.value.to_value()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    /// Moves it by so many bytes, with all that is in it.
    fn shift(&mut self, by: u32) {
        self.start += by;
        match &mut self.kind {
            Kind::Scalar(_) => (),
            Kind::Sequence(items) => items.iter_mut().for_each(|it| it.shift(by)),
            Kind::Mapping(entries) => entries.iter_mut().for_each(|it| {
                it.start += by;
                it.value.shift(by);
            }),
        }
    }

    /// The value of an entry of this mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Kind::Mapping(entries) = &self.kind else { return None };
        entries.iter().find(|it| it.key == key).map(|it| &it.value)
    }

    /// What a path leads to, and the first byte behind it where something follows in the same document.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a Step>) -> Option<(&Self, Option<u32>)> {
        let (mut node, mut next) = (self, None);
        for step in path {
            let following;
            (node, following) = match (step, &node.kind) {
                (Step::Key(key), Kind::Mapping(entries)) => {
                    let at = entries.iter().position(|it| it.key == *key)?;
                    (&entries[at].value, entries.get(at + 1).map(|it| it.start))
                }
                (Step::Index(index), Kind::Sequence(items)) => {
                    (items.get(*index)?, items.get(*index + 1).map(|it| it.start))
                }
                _ => return None,
            };
            next = following.or(next);
        }
        Some((node, next))
    }

    /// The first byte of what a path leads to, or of the last part of it that there is. An entry of a mapping stands where
    /// its key does.
    pub fn locate<'a>(&self, path: impl IntoIterator<Item = &'a Step>) -> u32 {
        let mut node = self;
        let mut at = self.start;
        for step in path {
            match (step, &node.kind) {
                (Step::Key(key), Kind::Mapping(entries)) => {
                    let Some(entry) = entries.iter().find(|it| it.key == *key) else { break };
                    (node, at) = (&entry.value, entry.start);
                }
                (Step::Index(index), Kind::Sequence(items)) => {
                    let Some(item) = items.get(*index) else { break };
                    (node, at) = (item, item.start);
                }
                _ => break,
            }
        }
        at
    }
}

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// A step into a mapping.
pub fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

/// Steps from mapping to mapping.
pub fn keys(names: &[&str]) -> Vec<Step> {
    names.iter().map(|it| key(it)).collect()
}

/// A path as people write it: `.spec.containers[0].image`, `.metadata.labels["a/b"]`.
pub fn path_text(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Key(key) if key.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it)) => {
            format!("{text}.{key}")
        }
        Step::Key(key) => format!("{text}[{key:?}]"),
        Step::Index(index) => format!("{text}[{index}]"),
    })
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_documents: MAX_DOCUMENTS,
            max_merge_keys: MAX_MERGE_KEYS,
            alias_anchor_min_aliases: MIN_ALIASES,
            alias_anchor_ratio_multiplier: MAX_ALIASES_OF_ANCHOR,
            max_total_scalar_bytes: MAX_BYTES,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: MAX_NODES },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        emit_comments: false,
        with_snippet: false,
    }
}

fn invalid(text: &str, error: &serde_yaml::Error) -> Invalid {
    let at = error.location().map_or(0, |it| match it.span().byte_offset() {
        Some(_) => start(it),
        // Faults of syntax come with line and column alone.
        None => offset(text, it.line(), it.column()),
    });
    Invalid { at, message: message(error) }
}

/// What is wrong, in our words where the crate's are about itself.
fn message(error: &serde_yaml::Error) -> String {
    match error {
        serde_yaml::Error::AliasError { error, .. } => message(error),
        serde_yaml::Error::Budget { breach, .. } => too_much(breach),
        serde_yaml::Error::AliasReplayLimitExceeded { .. } => {
            format!("the aliases stand for more than {MAX_NODES} values in all")
        }
        serde_yaml::Error::AliasExpansionLimitExceeded { .. }
        | serde_yaml::Error::AliasReplayStackDepthExceeded { .. }
        | serde_yaml::Error::AliasReplayCounterOverflow { .. } => {
            "the aliases lead through too many others".to_owned()
        }
        serde_yaml::Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "the alias stands within what it stands for".to_owned()
        }
        serde_yaml::Error::DuplicateMappingKey { key: Some(key), .. } => twice(key),
        serde_yaml::Error::NonFiniteFloat { .. } => "a number must be finite".to_owned(),
        serde_yaml::Error::Unexpected { expected: "string scalar", .. }
        | serde_yaml::Error::NullIntoString { .. } => "a key must be a string".to_owned(),
        other => {
            let message = other.to_string();
            // The place is told by the span.
            let message = message.split_once(" at line ").map_or(&*message, |(what, _)| what);
            if message.starts_with("recursion limit") {
                return too_deep();
            }
            match JARGON.iter().any(|it| message.contains(it)) {
                true => "this is no YAML that can be read".to_owned(),
                false => message.to_owned(),
            }
        }
    }
}

/// What only a program in Rust would say.
const JARGON: &[&str] = &["::", " { ", "Options", "deserializ", "serde", " enum", "internal ", "policy"];

fn too_deep() -> String {
    format!("this is nested more than {MAX_DEPTH} deep")
}

/// Of what there is more than the [`options`] let in.
fn too_much(breach: &BudgetBreach) -> String {
    match breach {
        BudgetBreach::Aliases { .. } => format!("the text has more than {MAX_ALIASES} aliases"),
        BudgetBreach::Anchors { .. } => format!("the text has more than {MAX_ALIASES} anchors"),
        BudgetBreach::AliasAnchorRatio { .. } => {
            format!("the text has more than {MAX_ALIASES_OF_ANCHOR} aliases for each anchor")
        }
        BudgetBreach::Depth { .. } => too_deep(),
        BudgetBreach::Documents { .. } => format!("the text has more than {MAX_DOCUMENTS} documents"),
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            format!("the text has more than {MAX_NODES} values")
        }
        BudgetBreach::MergeKeys { .. } => {
            format!("the text has more than {MAX_MERGE_KEYS} merge keys (`<<`)")
        }
        BudgetBreach::RecordedAnchorEvents { .. } | BudgetBreach::RecordedAnchorBytes { .. } => {
            "too much of the text stands behind anchors".to_owned()
        }
        _ => "the text has more in it than is read".to_owned(),
    }
}

fn twice(key: &str) -> String {
    format!("the key `{key}` stands here twice")
}

fn start(location: serde_yaml::Location) -> u32 {
    number(location.span().byte_offset().unwrap_or_default())
}

/// The byte at which a column, counted in characters, of a line stands; both count from 1.
fn offset(text: &str, line: u64, column: u64) -> u32 {
    let lines = text.split_inclusive('\n').zip(1..);
    let before: usize = lines.clone().take_while(|(_, it)| *it < line).map(|(line, _)| line.len()).sum();
    let within = text[before..].chars().zip(1..).take_while(|(_, it)| *it < column);
    number(before + within.map(|(it, _)| it.len_utf8()).sum::<usize>())
}

fn number(offset: impl TryInto<u32>) -> u32 {
    offset.try_into().ok().expect("a text has less than 4 GiB")
}

/// A node whose own place is kept around it by [`Spanned`].
enum Bare {
    Scalar(Value),
    Sequence(Vec<Spanned<Bare>>),
    Mapping(Vec<(Spanned<String>, Spanned<Bare>)>),
}

fn locate(text: &str, bare: Spanned<Bare>) -> Result<Node, Invalid> {
    let start = start(bare.referenced);
    let kind = match bare.value {
        Bare::Scalar(value) if value.is_f64() && is_whole(&text[start as usize..]) => {
            let message = "a whole number this large cannot be kept: write it in quotes".to_owned();
            return Err(Invalid { at: start, message });
        }
        Bare::Scalar(value) => Kind::Scalar(value),
        Bare::Sequence(items) => {
            Kind::Sequence(items.into_iter().map(|it| locate(text, it)).collect::<Result<_, _>>()?)
        }
        Bare::Mapping(entries) => Kind::Mapping(locate_entries(text, entries)?),
    };
    Ok(Node { start, kind })
}

/// Whether a number is written without fraction and exponent.
fn is_whole(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches(|it: char| it.is_ascii_digit());
    !digits.starts_with(['.', 'e', 'E'])
}

/// The crate compares keys as written; `1` and `"1"` are the same key once they are strings.
fn locate_entries(text: &str, entries: Vec<(Spanned<String>, Spanned<Bare>)>) -> Result<Vec<Entry>, Invalid> {
    let mut seen = BTreeSet::new();
    let mut located = Vec::with_capacity(entries.len());
    for (Spanned { value: key, referenced, .. }, value) in entries {
        let start = start(referenced);
        if !seen.insert(key.clone()) {
            return Err(Invalid { at: start, message: twice(&key) });
        }
        located.push(Entry { key, start, value: locate(text, value)? });
    }
    Ok(located)
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareVisitor)
    }
}

struct BareVisitor;

impl<'de> Visitor<'de> for BareVisitor {
    type Value = Bare;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Bare, E> {
        Ok(Bare::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Bare, E> {
        Ok(Bare::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Bare, E> {
        Ok(Bare::Scalar(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Bare, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("the number is not finite"))?;
        Ok(Bare::Scalar(number.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Bare, E> {
        Ok(Bare::Scalar(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Bare, E> {
        Ok(Bare::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Bare, E> {
        Ok(Bare::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Bare, E> {
        Ok(Bare::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Bare, D::Error> {
        Bare::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Bare, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Bare::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Bare, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Bare::Mapping(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match read(text) {
            Err(it) => format!("{}: {}", &text[it.at as usize..].escape_debug(), it.message),
            Ok(documents) => {
                let shown = documents.iter().map(|it| {
                    let line = text[..it.root.start as usize].matches('\n').count() + 1;
                    format!("{line}: {}", it.root.to_value())
                });
                shown.collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn documents_are_read_with_their_places() {
        insta::assert_snapshot!(check("# a\na: 1\n---\n---\nb: [x, {c: ~}]\n...\n---\n- d\n"), @r#"
        2: {"a":1}
        5: {"b":["x",{"c":null}]}
        8: ["d"]
        "#);
    }

    #[test]
    fn a_document_that_cannot_be_read_leaves_the_others_readable() {
        let text = "%YAML 1.2\n# a\n---\na: |\n  ---\n---\nb: [\n--- c\n---x\n---\n---\nd: 1\n...\ne: *a\n";
        let shown = read_each(text).into_iter().map(|it| match it {
            Ok(it) => format!(
                "{}: {}",
                text[..it.root.start as usize].matches('\n').count() + 1,
                it.root.to_value()
            ),
            Err(it) => format!("{}: {}", text[..it.at as usize].matches('\n').count() + 1, it.message),
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
        4: {"a":"---\n"}
        7: unclosed bracket '['
        8: "c ---x"
        12: {"d":1}
        14: alias references unknown anchor
        "#);
    }

    #[test]
    fn what_yaml_versions_read_differently_stays_a_string() {
        insta::assert_snapshot!(check("[no, on, y, Yes, 1_000, 0755, 12:30, 12:30:00, 2024-01-01, =, 0o17, 0x1F, 1e3, 1.50, true, null, '1', 18446744073709551615]"), @r#"1: ["no","on","y","Yes","1_000","0755","12:30","12:30:00","2024-01-01","=",15,31,1000.0,1.5,true,null,"1",18446744073709551615]"#);
    }

    #[test]
    fn merge_keys_and_aliases_are_resolved() {
        insta::assert_snapshot!(check("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a\n"), @r#"1: {"a":{"x":1},"b":{"y":2,"x":1},"c":{"x":1}}"#);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let texts = [
            "a: 1\na: 2\n",
            "1: a\n\"1\": b\n",
            "a: [1\nb: 2\n",
            "a: !thing x\n",
            "a: .inf\n",
            "a: *nobody\n",
            "\ta: 1\n",
            "a: b: c\n",
            "? [a]\n: b\n",
            ": a\n",
            "a: 18446744073709551616\n",
        ];
        insta::assert_snapshot!(texts.map(check).join("\n"), @r#"
        a: 2\n: the key `a` stands here twice
        \"1\": b\n: the key `1` stands here twice
        : 2\n: illegal placement of ':' indicator
        x\n: unsupported tag `!thing`
        .inf\n: a number must be finite
        *nobody\n: alias references unknown anchor
        1: {"a":1}
        : c\n: mapping values are not allowed in this context
        [a]\n: b\n: a key must be a string
        : a\n: a key must be a string
        18446744073709551616\n: a whole number this large cannot be kept: write it in quotes
        "#);
    }

    #[test]
    fn bombs_are_refused() {
        let laughs = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, it| {
            format!("{text}a{it}: &a{it} [*a{}, *a{}]\n", it - 1, it - 1)
        });
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let block = (0..5000).fold(String::new(), |text, it| text + &" ".repeat(it) + "a:\n");
        let wide = "[".to_owned() + &"1,".repeat(MAX_NODES) + "]";
        for text in [laughs, deep, block, wide] {
            assert!(read(&text).is_err(), "{}", &text[..60]);
        }
    }

    #[test]
    fn what_there_is_too_much_of_is_said_with_how_much_there_may_be() {
        let anchors: String = (0..=MAX_ALIASES).map(|it| format!("- &a{it} x\n")).collect();
        let laughs = (1..8).fold("a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |text, it| {
            format!("{text}a{it}: &a{it} [{}]\n", vec![format!("*a{}", it - 1); 8].join(", "))
        });
        let texts = [
            "[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1),
            anchors,
            format!("- &a x\n{}", "- *a\n".repeat(MIN_ALIASES)),
            "--- x\n".repeat(MAX_DOCUMENTS + 1),
            laughs,
            "a: &a [*a]\n".to_owned(),
            "[".to_owned() + &"1,".repeat(MAX_NODES) + "]",
            "- {<<: {a: x}}\n".repeat(MAX_MERGE_KEYS + 1),
        ];
        let told = texts.map(|it| read(&it).expect_err("it is too much").message);
        insta::assert_snapshot!(told.join("\n"), @r#"
        this is nested more than 64 deep
        the text has more than 1000 anchors
        the text has more than 10 aliases for each anchor
        the text has more than 10000 documents
        the aliases stand for more than 250000 values in all
        the alias stands within what it stands for
        the text has more than 250000 values
        the text has more than 10000 merge keys (`<<`)
        "#);
    }

    #[test]
    fn paths_lead_to_lines() {
        let text = "spec:\n  containers:\n  - name: a\n    image: b\n";
        let root = read(text).expect("it is YAML").remove(0).root;
        let path = [Step::Key("spec".into()), Step::Key("containers".into()), Step::Index(0)];
        let line = |path: &[Step]| text[..root.locate(path) as usize].matches('\n').count() + 1;
        assert_eq!((line(&path[..1]), line(&path)), (1, 3));
        let image = [&path[..], &[Step::Key("image".into())]].concat();
        assert_eq!((line(&image), path_text(&image)), (4, ".spec.containers[0].image".to_owned()));
    }
}
