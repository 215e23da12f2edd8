//! A declaration as written, held against the table of its kind.
//!
//! [`read`] reports what the table does not know: unknown words, properties and arguments, wrong annotations, what stands
//! twice. [`require`] reports what is missing; it runs after an environment has been laid over, because only then is
//! everything there. What is left is asked for by the file of each kind, value by value.

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::kind::{Class, Field, Kind, Presence};
use crate::language::value::{Invalid, Parse};
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Node, Value};

/// A declaration as written.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The table that it follows.
    pub kind: &'static Kind,
    /// What it does to the base, in an environment.
    pub mark: Option<Mark>,
    /// The declarations in its block.
    pub children: Vec<Item<'a>>,
    /// Where its words stand.
    node: Node<'a>,
    /// Of an edge, the one argument that it is about.
    edge: Option<Entry<'a>>,
}

/// What a declaration in an environment does to the one of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `(override)`: takes the place of its arguments and properties.
    Override,
    /// `(remove)`: takes it away.
    Remove,
}

/// What makes two declarations of one scope the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity<'a> {
    word: &'static str,
    parts: Vec<(&'static str, &'a str)>,
}

/// Reads the nodes of one block. `allowed` are the kinds that may stand in it, `place` says where that is.
pub fn read<'a>(
    nodes: impl Iterator<Item = Node<'a>>,
    allowed: &'static [&'static Kind],
    place: &str,
    sink: &mut Diagnostics,
) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    for node in nodes {
        match allowed.iter().find(|kind| kind.word == node.name()) {
            Some(kind) => read_node(node, kind, &mut items, sink),
            None => sink.report(unknown_kind(node, allowed, place)),
        }
    }
    items
}

fn read_node<'a>(node: Node<'a>, kind: &'static Kind, items: &mut Vec<Item<'a>>, sink: &mut Diagnostics) {
    let mark = read_mark(node, sink);
    check_entries(node, kind, sink);
    let place = format!("`{}`", kind.word);
    let children = match node.block_span() {
        Some(block) if kind.children.is_empty() => {
            let message = format!("`{}` has no block", kind.word);
            sink.report(Diagnostic::new(Code::UnexpectedBlock, block, message).replace(block, ""));
            Vec::new()
        }
        _ => read(node.children(), kind.children, &place, sink),
    };
    let item = Item { kind, mark, children, node, edge: None };
    let mut edges = item.entries(kind.arguments.len()).peekable();
    if kind.class == Class::Edge && kind.rest.is_some() && edges.peek().is_some() {
        items.extend(edges.map(|edge| Item { edge: Some(edge), ..item.clone() }));
    } else {
        drop(edges);
        items.push(item);
    }
}

fn read_mark(node: Node<'_>, sink: &mut Diagnostics) -> Option<Mark> {
    let annotation = node.annotation()?;
    match annotation.value {
        "override" => Some(Mark::Override),
        "remove" => Some(Mark::Remove),
        other => {
            let message = format!("`({other})` means nothing in front of a declaration");
            let diagnostic = Diagnostic::new(Code::UnexpectedAnnotation, annotation.span, message)
                .help("only `(override)` and `(remove)` stand there, inside an `environment`");
            sink.report(match suggest::closest(other, ["override", "remove"]) {
                Some(meant) => diagnostic.replace(annotation.span, meant),
                None => diagnostic,
            });
            None
        }
    }
}

fn check_entries(node: Node<'_>, kind: &'static Kind, sink: &mut Diagnostics) {
    let mut properties: BTreeMap<&str, Span> = BTreeMap::new();
    let mut listed: BTreeMap<&str, Span> = BTreeMap::new();
    let mut count = 0;
    for entry in node.entries() {
        let field = match entry.name() {
            Some(name) => {
                if let Some(first) = properties.insert(name.value, name.span) {
                    let message = format!("`{}` is written twice in one declaration", name.value);
                    sink.report(
                        Diagnostic::new(Code::RepeatedProperty, entry.span(), message)
                            .related(first, "first written here"),
                    );
                }
                let field = kind.property(name.value);
                if field.is_none() {
                    sink.report(unknown_property(node, entry, name, kind));
                }
                field
            }
            None => {
                let field = kind.argument(count);
                if field.is_none() {
                    sink.report(unexpected_argument(entry, kind));
                } else if count >= kind.arguments.len()
                    && matches!(kind.class, Class::List | Class::Edge)
                    && let Value::String(text) = entry.value()
                    && let Some(first) = listed.insert(text, entry.span())
                {
                    let message = format!("`{text}` is listed twice");
                    sink.report(
                        Diagnostic::new(Code::RepeatedInList, entry.span(), message)
                            .related(first, "first listed here")
                            .replace(entry.span(), ""),
                    );
                }
                count += 1;
                field
            }
        };
        if let (Some(field), Some(annotation)) = (field, entry.annotation())
            && !field.annotations.contains(&annotation.value)
        {
            sink.report(unexpected_annotation(annotation, field));
        }
    }
}

/// Reports what is missing from a merged block, and what stands in it twice.
pub fn require(items: &[Item<'_>], sink: &mut Diagnostics) {
    require_heads(items, sink);
    for item in items {
        require_children(item, sink);
        require(&item.children, sink);
    }
}

/// The same for the declarations themselves, without what is in their blocks: an environment's block is not whole before
/// it is laid over the base.
pub fn require_heads(items: &[Item<'_>], sink: &mut Diagnostics) {
    let mut seen: BTreeMap<Identity<'_>, Span> = BTreeMap::new();
    for item in items {
        require_fields(item, sink);
        if let Some(mark) = item.mark {
            sink.report(mark_outside(item, mark));
        }
        if items.len() > 1
            && let Some(identity) = item.identity()
            && let Some(first) = seen.insert(identity, item.span())
        {
            let message = format!("{} is declared twice", item.described());
            sink.report(
                Diagnostic::new(Code::Duplicate, item.span(), message).related(first, "first declared here"),
            );
        }
    }
}

fn require_fields(item: &Item<'_>, sink: &mut Diagnostics) {
    let Item { kind, .. } = item;
    let count = item.entries(0).count();
    let wanted = kind.arguments.iter().chain(&kind.rest).enumerate();
    for (_, field) in wanted.filter(|(at, field)| *at >= count && field.presence == Presence::Required) {
        sink.report(missing(item, &format!("its {} after `{}`", field.word, kind.word), field.form.example));
    }
    for field in kind.properties {
        let written = item.entry(field.word);
        match (field.presence, written) {
            (Presence::Required, None) => {
                let example = format!("{}={}", field.word, field.form.example);
                sink.report(missing(item, &format!("`{}=`", field.word), &example));
            }
            (Presence::Default(default), Some(entry)) if item.node.text(entry.value_span()) == default => {
                sink.report(restated(entry.span(), &format!("{}={default}", field.word)));
            }
            _ => {}
        }
    }
    if let Some(default) = kind.default
        && item.node.text(item.node.head_span()).split_whitespace().skip(1).eq(default.split_whitespace())
        && item.node.block_span().is_none()
    {
        sink.report(restated(item.node.span(), &format!("{} {default}", kind.word)));
    }
}

fn require_children(item: &Item<'_>, sink: &mut Diagnostics) {
    let Item { kind, .. } = item;
    for word in kind.requires.iter().filter(|it| item.child(it).is_none()) {
        let example = kind.child(word).map_or(String::new(), |child| {
            let fields = child.arguments.iter().chain(&child.rest);
            fields.fold((*word).to_owned(), |text, field| format!("{text} {}", field.form.example))
        });
        sink.report(missing(item, &format!("`{word}` in its block"), &example));
    }
}

impl<'a> Item<'a> {
    /// Where it stands: its head, without the block; of an edge among several, its argument.
    pub fn span(&self) -> Span {
        match self.edge {
            Some(edge) if self.entries(0).count() == 1 && self.node.entries().count() > 1 => edge.span(),
            _ => self.node.head_span(),
        }
    }

    /// Where its first argument stands, or else its word.
    pub fn name_span(&self) -> Span {
        self.entries(0).next().map_or(self.node.name_span(), Entry::value_span)
    }

    /// Its first argument, where that is a string.
    pub fn name(&self) -> Option<Spanned<&'a str>> {
        let entry = self.entries(0).next()?;
        match entry.value() {
            Value::String(text) => Some(Spanned::new(text, entry.value_span())),
            _ => None,
        }
    }

    /// What it is called in a sentence: ``service `api` ``.
    pub fn described(&self) -> String {
        let word = self.kind.word;
        match (self.kind.class, self.name()) {
            (Class::Named | Class::Edge, Some(name)) => format!("{word} `{}`", name.value),
            (Class::Edge, None) => format!("`{}`", self.node.text(self.span())),
            _ => format!("`{word}`"),
        }
    }

    /// The first declaration of a kind in its block.
    pub fn child(&self, word: &str) -> Option<&Item<'a>> {
        debug_assert!(self.kind.child(word).is_some(), "{} has no child {word}", self.kind.word);
        self.children.iter().find(|it| it.kind.word == word)
    }

    /// The declarations of a kind in its block.
    pub fn children<'i>(&'i self, word: &'static str) -> impl Iterator<Item = &'i Item<'a>> + use<'i, 'a> {
        debug_assert!(self.kind.child(word).is_some(), "{} has no child {word}", self.kind.word);
        self.children.iter().filter(move |it| it.kind.word == word)
    }

    /// The value of an argument. `None` where it is not written or was refused, which has been reported.
    pub fn argument<T: Parse>(&self, index: usize, sink: &mut Diagnostics) -> Option<Spanned<T>> {
        let field = self.kind.argument(index).expect("a kind reads only arguments of its table");
        parse(self.entries(index).next()?, field, sink)
    }

    /// The values of all arguments after the positional ones; of an edge, the one it is about.
    pub fn rest<T: Parse>(&self, sink: &mut Diagnostics) -> Vec<Spanned<T>> {
        let field = self.kind.rest.as_ref().expect("a kind reads only arguments of its table");
        self.entries(self.kind.arguments.len()).filter_map(|entry| parse(entry, field, sink)).collect()
    }

    /// The value of a property.
    pub fn property<T: Parse>(&self, word: &str, sink: &mut Diagnostics) -> Option<Spanned<T>> {
        let field = self.kind.property(word).expect("a kind reads only properties of its table");
        parse(self.entry(word)?, field, sink)
    }

    /// The value of a property, or the default that its table gives.
    pub fn property_or_default<T: Parse>(&self, word: &str, sink: &mut Diagnostics) -> T {
        let field = self.kind.property(word).expect("a kind reads only properties of its table");
        let Presence::Default(default) = field.presence else {
            unreachable!("{word} of {} has no default", self.kind.word)
        };
        self.property(word, sink).map_or_else(|| default_value(default), |it| it.value)
    }

    /// The first argument of a child, or the default that its table gives.
    pub fn value_or_default<T: Parse>(&self, word: &str, sink: &mut Diagnostics) -> T {
        let default = self.kind.child(word).and_then(|it| it.default);
        let default = default.expect("a child that is read with a default has one in its table");
        self.value(word, sink).map_or_else(|| default_value(default), |it| it.value)
    }

    /// The first argument of a child: `port 8080`.
    pub fn value<T: Parse>(&self, word: &str, sink: &mut Diagnostics) -> Option<Spanned<T>> {
        self.child(word)?.argument(0, sink)
    }

    /// The name that a reference is written with. It is looked up by [`crate::language::reference`].
    pub fn reference(&self, word: &str, sink: &mut Diagnostics) -> Option<Spanned<&'a str>> {
        let field = self.kind.property(word).expect("a kind reads only properties of its table");
        debug_assert!(field.reference.is_some(), "{word} of {} is not a reference", self.kind.word);
        let entry = self.entry(word)?;
        match entry.value() {
            Value::String(text) => Some(Spanned::new(text, entry.value_span())),
            _ => {
                let message = format!("`{}` is not the name of a {word}", self.node.text(entry.value_span()));
                sink.report(
                    Diagnostic::new(Code::InvalidValue, entry.value_span(), message)
                        .help(format!("write {}, as in `{word}={}`", field.form.expects, field.form.example)),
                );
                None
            }
        }
    }

    /// The properties that are references, in the order in which they are written.
    pub fn references(&self) -> impl Iterator<Item = &'static Field> {
        self.kind
            .properties
            .iter()
            .filter(|field| field.reference.is_some() && self.entry(field.word).is_some())
    }

    /// A property as written; of repeated ones, which have been reported, the last.
    pub fn entry(&self, word: &str) -> Option<Entry<'a>> {
        self.node.entries().filter(|it| it.name().is_some_and(|name| name.value == word)).last()
    }

    /// The arguments from an index on, as written.
    pub fn entries(&self, from: usize) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let (positional, edge) = (self.kind.arguments.len(), self.edge);
        let arguments = self.node.entries().filter(|it| it.name().is_none()).enumerate();
        arguments
            .filter(move |(at, it)| *at < positional || edge.is_none_or(|edge| edge.span() == it.span()))
            .map(|(_, it)| it)
            .skip(from)
    }

    /// The node behind it, for what must be said about its text.
    pub fn node(&self) -> Node<'a> {
        self.node
    }

    /// What makes it the same as another of its scope; `None` where too little is written to tell.
    pub fn identity(&self) -> Option<Identity<'a>> {
        let word = self.kind.word;
        let parts = match self.kind.class {
            Class::Single | Class::List => Vec::new(),
            Class::Named => vec![("", self.written(self.entries(0).next()?))],
            Class::Edge => {
                let fields = self.kind.properties.iter().filter(|field| field.identity);
                let named = fields.filter_map(|field| {
                    self.entry(field.word).map(|entry| (field.word, self.written(entry)))
                });
                self.entries(0).map(|it| ("", self.written(it))).chain(named).collect()
            }
        };
        Some(Identity { word, parts })
    }

    /// Whether it says nothing itself beyond which one it is, and only leads to what is in its block.
    pub fn only_enters(&self) -> bool {
        let identity = match self.kind.class {
            Class::Named => 1,
            Class::Single | Class::List => 0,
            Class::Edge => self.node.entries().count(),
        };
        self.node.block_span().is_some() && self.node.entries().count() <= identity
    }

    /// Takes over what another says itself, and keeps its own block.
    pub fn replace_head(&mut self, other: &Item<'a>) {
        self.node = other.node;
        self.edge = other.edge;
    }

    fn written(&self, entry: Entry<'a>) -> &'a str {
        match entry.value() {
            Value::String(text) => text,
            _ => self.node.text(entry.value_span()),
        }
    }
}

fn parse<T: Parse>(entry: Entry<'_>, field: &Field, sink: &mut Diagnostics) -> Option<Spanned<T>> {
    debug_assert!(field.form == T::FORM, "{} is read as {}", field.word, T::FORM.name);
    let span = entry.value_span();
    match T::parse(entry.value()) {
        Ok(value) => Some(Spanned::new(value, span)),
        Err(invalid) => {
            sink.report(refused(invalid, span));
            None
        }
    }
}

/// The value of a default as it stands in a table.
fn default_value<T: Parse>(text: &str) -> T {
    let value = match (text.strip_prefix('"').and_then(|it| it.strip_suffix('"')), text) {
        (Some(string), _) => Value::String(string),
        (None, "#true") => Value::Bool(true),
        (None, "#false") => Value::Bool(false),
        (None, number) => Value::Integer(number.parse().expect("other defaults are numbers")),
    };
    T::parse(value)
        .unwrap_or_else(|it| unreachable!("the default `{text}` of a table is refused: {}", it.message))
}

/// A value that its type refused, as a finding.
pub fn refused(invalid: Invalid, span: Span) -> Diagnostic {
    let Invalid { message, help, replacement } = invalid;
    let mut diagnostic = Diagnostic::new(Code::InvalidValue, span, message);
    diagnostic.help.extend(help);
    match replacement {
        Some(text) => diagnostic.replace(span, text),
        None => diagnostic,
    }
}

fn missing(item: &Item<'_>, what: &str, example: &str) -> Diagnostic {
    let message = format!("{} needs {what}", item.described());
    let diagnostic = Diagnostic::new(Code::MissingField, item.span(), message);
    if example.is_empty() { diagnostic } else { diagnostic.help(format!("write it like `{example}`")) }
}

fn restated(span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::RestatedDefault, span, format!("`{text}` is the default of edition 2026"))
        .help("leave it out: the default holds without being written")
        .replace(span, "")
}

fn mark_outside(item: &Item<'_>, mark: Mark) -> Diagnostic {
    let word = match mark {
        Mark::Override => "override",
        Mark::Remove => "remove",
    };
    let message = format!("`({word})` on {} has nothing to act on", item.described());
    let span = item.node.annotation().map_or(item.span(), |it| it.span);
    let around = Span { start: span.start.saturating_sub(1), end: span.end + 1, ..span };
    Diagnostic::new(Code::MarkOutsideEnvironment, span, message)
        .help("marks stand in an `environment`, on what the base declares")
        .fix(Fix {
            title: format!("remove `({word})`"),
            edits: vec![Edit { span: around, text: String::new() }],
        })
}

fn unknown_kind(node: Node<'_>, allowed: &'static [&'static Kind], place: &str) -> Diagnostic {
    let word = node.name();
    let message = format!("unknown declaration `{word}` {}", inside(place));
    let diagnostic = Diagnostic::new(Code::UnknownKind, node.name_span(), message);
    match suggest::closest(word, allowed.iter().map(|it| it.word)) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).replace(node.name_span(), meant),
        None => diagnostic.help(match home_of(word) {
            Some(home) => format!("`{word}` stands {}", inside(&home)),
            None => format!("known {}: {}", inside(place), listed(allowed.iter().map(|it| it.word))),
        }),
    }
}

/// Where a word that is known elsewhere belongs.
fn home_of(word: &str) -> Option<String> {
    if crate::language::TOP.iter().any(|it| it.word == word) {
        return Some(String::new());
    }
    let mut homes = Vec::new();
    let mut open: Vec<&'static Kind> = crate::language::TOP.to_vec();
    let mut seen: Vec<&'static str> = Vec::new();
    while let Some(kind) = open.pop() {
        if seen.contains(&kind.word) {
            continue;
        }
        seen.push(kind.word);
        if kind.child(word).is_some() {
            homes.push(kind.word);
        }
        open.extend(kind.children);
    }
    homes.sort_unstable();
    let homes: Vec<String> = homes.iter().map(|it| format!("`{it}`")).collect();
    (!homes.is_empty()).then(|| homes.join(" or "))
}

fn inside(place: &str) -> String {
    if place.is_empty() { "at the top".to_owned() } else { format!("in {place}") }
}

fn unknown_property(
    node: Node<'_>,
    entry: Entry<'_>,
    name: Spanned<&str>,
    kind: &'static Kind,
) -> Diagnostic {
    let word = name.value;
    let message = format!("`{}` has no property `{word}`", kind.word);
    let diagnostic = Diagnostic::new(Code::UnknownProperty, name.span, message);
    if let Some(child) = kind.child(word) {
        let value = node.text(entry.value_span());
        return diagnostic
            .help(format!("`{word}` stands in the block: `{} {{ {} {value} }}`", kind.word, child.word));
    }
    let known = kind.properties.iter().map(|it| it.word);
    match suggest::closest(word, known.clone()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).replace(name.span, meant),
        None if kind.properties.is_empty() => diagnostic.help(format!("`{}` has no properties", kind.word)),
        None => diagnostic.help(format!("known properties: {}", listed(known))),
    }
}

fn unexpected_argument(entry: Entry<'_>, kind: &'static Kind) -> Diagnostic {
    let message = match kind.arguments.len() {
        0 => format!("`{}` takes no argument", kind.word),
        1 => format!("`{}` takes one argument", kind.word),
        many => format!("`{}` takes {many} arguments", kind.word),
    };
    let diagnostic = Diagnostic::new(Code::UnexpectedArgument, entry.span(), message);
    match kind.properties.is_empty() {
        true => diagnostic.replace(entry.span(), ""),
        false => diagnostic.help(format!(
            "what else it knows is written as `name=value`: {}",
            listed(kind.properties.iter().map(|it| it.word))
        )),
    }
}

fn unexpected_annotation(annotation: Spanned<&str>, field: &Field) -> Diagnostic {
    let message = format!("`({})` means nothing in front of this value", annotation.value);
    let diagnostic = Diagnostic::new(Code::UnexpectedAnnotation, annotation.span, message);
    match suggest::closest(annotation.value, field.annotations.iter().copied()) {
        Some(meant) => diagnostic.help(format!("did you mean `({meant})`?")).replace(annotation.span, meant),
        None => diagnostic,
    }
}

/// Words for a sentence, each in backticks.
pub fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<String> = words.map(|it| format!("`{it}`")).collect();
    words.sort_unstable();
    words.join(", ")
}
