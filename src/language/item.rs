//! A declaration as written, held against the table of its kind.
//!
//! [`read`] reports what the table does not know: unknown words, properties and arguments, wrong annotations, what stands
//! twice. [`block::require`] reports what is missing; it runs after an environment has been laid over, because only then is
//! everything there. What is left is asked for by the file of each kind, value by value.
//!
//! One mistake is one finding. Where it is clear what was meant, reading goes on with that: a misspelt word is read as the
//! one it is close to, a refused value as the one that is offered instead. So what depends on it is not wrong as well.

pub mod block;
mod fix;
pub mod habit;
mod hide;
pub mod repetition;
mod report;

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher as _};
use std::sync::Arc;

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Unlisted};
use crate::language::kind::{Class, Field, Kind, Presence};
use crate::language::name::Name;
use crate::language::value::refusal::{self, quote};
use crate::language::value::{Invalid, Parse};
use crate::source::{Span, Spanned};
use crate::syntax::{Document, Entry, Node, Value};

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
    edge: Option<Edge<'a>>,
    /// Its arguments, where some of them are written as properties, which has been reported.
    arguments: Option<Arc<[Entry<'a>]>>,
    /// Whether a property has a name that its table does not know, so that it may be meant for another one.
    has_unknown: bool,
    /// Of an override, what the base says in its place.
    replaced: Option<Node<'a>>,
    /// Whether an environment overrides or removes it, so that it is needed there whatever it says.
    is_varied: bool,
    /// Whether an environment says it, and not the base.
    is_laid_over: bool,
}

/// One of the arguments of a declaration whose arguments are edges of their own.
#[derive(Clone, Debug)]
struct Edge<'a> {
    argument: Entry<'a>,
    /// Whether nothing else is written beside it.
    alone: bool,
    /// The properties that the edges of one declaration share. There may be very many edges, so that none of them looks
    /// through all that is written.
    properties: Arc<[Entry<'a>]>,
}

/// A declaration that is written in the shape of another language, with what there is to say about it.
enum Misread<'a> {
    /// These are its arguments.
    Arguments(Vec<Entry<'a>>, Diagnostic),
    /// It is several lines in truth, or one that is written all otherwise.
    Lines(Diagnostic),
}

/// What a declaration in an environment does to the one of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `(override)`: takes the place of its arguments and properties.
    Override,
    /// `(remove)`: takes it away.
    Remove,
    /// Another word, which has been reported; most likely it was to be an override.
    Unknown,
}

/// What makes two declarations of one scope the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity<'a> {
    word: &'static str,
    /// Most have one part at most.
    first: Option<(&'static str, &'a str)>,
    others: Vec<(&'static str, &'a str)>,
}

impl Identity<'_> {
    /// What tells most of them apart at once.
    #[expect(
        clippy::disallowed_types,
        reason = "nothing of it is kept, and no order that is seen follows from it"
    )]
    pub fn hash(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        Hash::hash(self, &mut hasher);
        hasher.finish()
    }
}

/// Reads the nodes of one block. `allowed` are the kinds that may stand in it, `place` says where that is.
pub fn read<'a>(
    nodes: impl Iterator<Item = Node<'a>>,
    allowed: &'static [&'static Kind],
    place: &str,
    sink: &mut Diagnostics,
) -> Vec<Item<'a>> {
    let unknown = |node: Node<'a>| report::unknown_kind(node, allowed, place);
    read_block(nodes, allowed, None, &unknown, sink)
}

/// The same where what has an unknown word is of one kind, if there is such a kind.
fn read_block<'a>(
    nodes: impl Iterator<Item = Node<'a>>,
    allowed: &'static [&'static Kind],
    others: Option<&'static Kind>,
    unknown: &dyn Fn(Node<'a>) -> Diagnostic,
    sink: &mut Diagnostics,
) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    for node in nodes {
        match allowed.iter().find(|kind| kind.word == node.name()).copied().or(others) {
            Some(kind) => read_node(node, kind, &mut items, sink),
            None => {
                hide::unknown(node, mask::names_secret(node.name()), sink);
                let what = Unlisted { code: Code::UnknownKind, severity: Severity::Error, waived: false };
                // To make a finding is not free, nor is to look for what was meant, and nobody would see it.
                if sink.is_full(what.code) {
                    sink.count(what, 1);
                    continue;
                }
                sink.report(unknown(node).discreet(node.name()));
                if let Some(meant) = meant(node.name(), allowed) {
                    read_node(node, meant, &mut items, sink);
                }
            }
        }
    }
    items
}

/// The kind whose word is close to one that is unknown.
fn meant(word: &str, allowed: &'static [&'static Kind]) -> Option<&'static Kind> {
    let meant = suggest::closest(word, allowed.iter().map(|it| it.word))?;
    allowed.iter().find(|it| it.word == meant).copied().filter(|_| report::home_of(word).is_none())
}

fn read_node<'a>(node: Node<'a>, kind: &'static Kind, items: &mut Vec<Item<'a>>, sink: &mut Diagnostics) {
    let mark = read_mark(node, sink);
    if matches!(kind.word, "env" | "secret") {
        hide::named(node, sink);
    }
    // What stands where only the name of a secret belongs is most likely the secret.
    if kind.arguments.is_empty() && kind.rest.is_none() && kind.property("secret").is_some() {
        node.entries().filter(|it| it.name().is_none()).for_each(|it| sink.hide(it.value_span()));
    }
    if kind.class == Class::Own && mask::names_secret(node.name()) {
        hide::unnamed(node, sink);
    }
    let arguments = match habit::misread(node, kind) {
        Some(Misread::Lines(diagnostic)) => {
            hide::unknown(node, false, sink);
            sink.report(diagnostic);
            return;
        }
        Some(Misread::Arguments(entries, diagnostic)) => {
            hide::head_of_unknown(node, sink);
            sink.report(diagnostic);
            Some(entries.into())
        }
        None => {
            check_entries(node, kind, sink);
            None
        }
    };
    let children = match node.block_span() {
        // What is written in the block of a parameter is reported where its component is known.
        Some(_) if kind.class == Class::Own => {
            hide::unknown(node, false, sink);
            Vec::new()
        }
        Some(block) if kind.children.is_empty() && kind.others.is_none() => {
            let is_secret = hide::is_named(node);
            node.children().for_each(|it| hide::unknown(it, is_secret, sink));
            sink.report(report::unexpected_block(node, block, kind));
            Vec::new()
        }
        _ => {
            let unknown = |it: Node<'a>| report::unknown_in(node, it, kind);
            read_block(node.children(), kind.children, kind.others, &unknown, sink)
        }
    };
    let mut names = node.entries().filter_map(Entry::name);
    let has_unknown = names.any(|it| kind.property(it.value).is_none());
    let item = Item {
        kind,
        mark,
        children,
        node,
        edge: None,
        arguments,
        has_unknown,
        replaced: None,
        is_varied: false,
        is_laid_over: false,
    };
    if kind.class == Class::Edge && kind.rest.is_some() && item.entries(0).next().is_some() {
        let alone = node.entries().take(2).count() == 1;
        let properties: Arc<[Entry<'a>]> = node.entries().filter(|it| it.name().is_some()).collect();
        items.extend(item.entries(0).map(|argument| {
            let edge = Edge { argument, alone, properties: Arc::clone(&properties) };
            Item { edge: Some(edge), ..item.clone() }
        }));
    } else {
        items.push(item);
    }
}

fn read_mark(node: Node<'_>, sink: &mut Diagnostics) -> Option<Mark> {
    let annotation = node.annotation()?;
    match annotation.value {
        "override" => Some(Mark::Override),
        "remove" => Some(Mark::Remove),
        other => {
            let message =
                format!("{} means nothing in front of a declaration", report::in_parentheses(other));
            let diagnostic = Diagnostic::new(Code::UnexpectedAnnotation, annotation.span, message)
                .help("only `(override)` and `(remove)` stand there, inside an `environment`");
            let meant = suggest::closest(other, ["override", "remove"]).or(match other {
                "delete" | "drop" | "unset" | "rm" => Some("remove"),
                "replace" | "patch" | "set" => Some("override"),
                _ => None,
            });
            sink.report(match meant {
                Some(meant) => diagnostic.replace(annotation.span, meant),
                None => match fix::without_annotation(node, annotation, node.name_span()) {
                    Some(fix) => diagnostic.fix(fix),
                    None => diagnostic,
                },
            });
            Some(match meant {
                Some("remove") => Mark::Remove,
                _ => Mark::Unknown,
            })
        }
    }
}

fn check_entries(node: Node<'_>, kind: &'static Kind, sink: &mut Diagnostics) {
    let mut properties: BTreeMap<&str, Entry<'_>> = BTreeMap::new();
    let mut listed: BTreeMap<&str, Span> = BTreeMap::new();
    let mut count = 0;
    let mut told = None;
    for entry in node.entries() {
        let field = match entry.name() {
            Some(name) => {
                if let Some(first) = properties.insert(name.value, entry) {
                    sink.report(report::repeated_property(node, entry, name, first));
                }
                let field = kind.property(name.value);
                if field.is_none() {
                    if mask::names_secret(name.value) {
                        sink.hide(entry.value_span());
                    }
                    // Two words of one habit are one mistake.
                    let habit = kind.habit(name.value);
                    if habit.is_none() || habit != told {
                        sink.report(report::unknown_property(node, entry, name, kind).discreet(name.value));
                    }
                    told = habit.or(told);
                }
                field
            }
            None => {
                let field = kind.argument(count);
                if field.is_none() {
                    sink.report(report::unexpected_argument(node, entry, kind));
                } else if count >= kind.arguments.len()
                    && kind.class != Class::Single
                    && let Value::String(text) = entry.value()
                    && let Some(first) = listed.insert(text, entry.span())
                {
                    let message = format!("{} is listed twice", quote(text));
                    sink.report(
                        Diagnostic::new(Code::RepeatedInList, entry.span(), message)
                            .related(first, "first listed here")
                            .replace(node.removal(entry.span()), ""),
                    );
                }
                count += 1;
                field
            }
        };
        if let (Some(field), Some(annotation)) = (field, entry.annotation())
            && !field.annotations.contains(&annotation.value)
        {
            sink.report(report::unexpected_annotation(node, entry, annotation, field));
        }
    }
}

impl<'a> Item<'a> {
    /// Where it stands: its head, without the block; of an edge among several, its argument.
    pub fn span(&self) -> Span {
        match &self.edge {
            Some(edge) if !edge.alone => edge.argument.span(),
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
            (Class::Named | Class::Edge, Some(name)) => format!("{word} {}", quote(name.value)),
            (Class::Edge, None) => {
                let span = self.span();
                let from = if self.edge.is_some() { span } else { self.node.name_span() };
                quote(self.node.text(Span { start: from.start, ..span }))
            }
            (Class::Own, _) => quote(self.node.name()),
            _ => format!("`{word}`"),
        }
    }

    /// The same declaration in a document that is filled otherwise.
    pub fn within<'e>(&self, document: &'e Document) -> Item<'e> {
        let Self {
            kind,
            mark,
            children,
            node,
            edge,
            arguments,
            has_unknown,
            replaced,
            is_varied,
            is_laid_over,
        } = self;
        let edge = edge.as_ref().map(|it| Edge {
            argument: it.argument.within(document),
            alone: it.alone,
            properties: it.properties.iter().map(|it| it.within(document)).collect(),
        });
        Item {
            kind,
            mark: *mark,
            children: children.iter().map(|it| it.within(document)).collect(),
            node: node.within(document),
            edge,
            arguments: arguments.as_ref().map(|it| it.iter().map(|it| it.within(document)).collect()),
            has_unknown: *has_unknown,
            replaced: replaced.map(|it| it.within(document)),
            is_varied: *is_varied,
            is_laid_over: *is_laid_over,
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

    /// The name that it goes by. One that was refused, which is reported, still is what others refer to.
    pub fn own_name(&self, sink: &mut Diagnostics) -> Option<Name> {
        let entry = self.entries(0).next()?;
        match (Name::parse(entry.value()), entry.value()) {
            (Ok(name), _) => Some(name),
            (Err(invalid), value) => {
                let diagnostic = refused_value(invalid, value, entry.value_span(), sink);
                sink.report(diagnostic);
                match value {
                    Value::String(text) => Some(Name::trusted(text)),
                    _ => None,
                }
            }
        }
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
                let message = format!("{} names no {word}", quote(self.node.text(entry.value_span())));
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

    /// A property as written: of repeated ones, which have been reported, the last; failing that, one that is called
    /// nearly so, which has been reported as well.
    pub fn entry(&self, word: &str) -> Option<Entry<'a>> {
        let last = |is_it: &dyn Fn(&str) -> bool| match &self.edge {
            Some(edge) => {
                edge.properties.iter().rfind(|it| it.name().is_some_and(|name| is_it(name.value))).copied()
            }
            None => self.node.entries().filter(|it| it.name().is_some_and(|name| is_it(name.value))).last(),
        };
        let known = self.kind.properties;
        last(&|name| name == word).or_else(|| {
            if !self.has_unknown {
                return None;
            }
            last(&|name| {
                known.iter().all(|it| it.word != name)
                    && suggest::closest(name, known.iter().map(|it| it.word)) == Some(word)
            })
        })
    }

    /// The arguments from an index on, as written.
    pub fn entries(&self, from: usize) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let edge = self.edge.as_ref().map(|it| it.argument);
        let own = match (&edge, &self.arguments) {
            (_, Some(_)) => 0,
            (Some(_), None) => self.kind.arguments.len(),
            (None, None) => usize::MAX,
        };
        let meant: Vec<Entry<'a>> = self.arguments.iter().flat_map(|it| it.iter().copied()).collect();
        let written = self.node.entries().filter(|it| it.name().is_none()).take(own);
        written.chain(meant).chain(edge).skip(from)
    }

    /// Whether something is written beside its name that has no place there and is not close to anything that has. It is
    /// reported, and most likely says what else seems to be missing.
    pub fn has_stray(&self) -> bool {
        let kind = self.kind;
        if self.edge.is_some() || self.arguments.is_some() {
            return false;
        }
        let mut arguments = 0;
        self.node.entries().any(|it| match it.name() {
            Some(name) => {
                kind.property(name.value).is_none()
                    && suggest::closest(name.value, kind.properties.iter().map(|it| it.word)).is_none()
            }
            None => {
                arguments += 1;
                kind.argument(arguments - 1).is_none()
            }
        })
    }

    /// Says that it restates what holds without it, as far as that depends on what is declared around it.
    pub fn report_restated(&self, sink: &mut Diagnostics) {
        // What an environment changes is needed, and what comes of a use is written for all of them.
        let is_needed = self.is_varied || self.replaced.is_some() || self.span().file.is_expansion();
        // A misspelt word is one mistake.
        let is_plain = self.node.block_span().is_none() && self.node.name() == self.kind.word;
        if !is_needed && is_plain {
            sink.report(restated(self.node, self.node.span(), self.node.text(self.node.span())));
        }
    }

    /// Notes that an environment overrides or removes it.
    pub fn vary(&mut self) {
        self.is_varied = true;
    }

    /// The same as something that an environment says.
    #[must_use]
    pub fn laid_over(mut self) -> Self {
        self.is_laid_over = true;
        self.children = self.children.into_iter().map(Self::laid_over).collect();
        self
    }

    /// Whether an environment says it, and not the base.
    pub fn is_of_environment(&self) -> bool {
        self.is_laid_over
    }

    /// What the base wrote as a property that an override takes the place of.
    fn replaced_entry(&self, word: &str) -> Option<Entry<'a>> {
        self.replaced?.entries().filter(|it| it.name().is_some_and(|it| it.value == word)).last()
    }

    /// Whether it is most likely an oversight that an override does not write a property of the base. It may be meant where
    /// the override says something of another sort: the value of a variable, and no secret.
    fn leaves_out(&self, field: &Field) -> bool {
        let kind = self.kind;
        let is_alike = |it: Entry<'_>, other: Entry<'_>| {
            std::mem::discriminant(&it.value()) == std::mem::discriminant(&other.value())
        };
        let before = self.replaced.into_iter().flat_map(Node::entries).filter(|it| it.name().is_none());
        // Where it has none, to leave it out may be the way to say that there is none.
        let has_way_back = matches!(field.presence, Presence::Default(_)) || field.is_inherited;
        has_way_back
            && kind.properties.iter().all(|it| it.reference.is_none() && it.presence != Presence::Required)
            && self.node.annotation().is_some()
            && self.entries(0).zip(before).all(|(it, other)| is_alike(it, other))
    }

    /// What is taken out with it.
    pub fn removal(&self) -> Span {
        self.node.removal(self.span())
    }

    /// The node behind it, for what must be said about its text.
    pub fn node(&self) -> Node<'a> {
        self.node
    }

    /// What makes it the same as another of its scope; `None` where too little is written to tell.
    pub fn identity(&self) -> Option<Identity<'a>> {
        let word = self.kind.word;
        let of = |first| Some(Identity { word, first, others: Vec::new() });
        match self.kind.class {
            Class::Single | Class::List => of(None),
            Class::Named => of(Some(("", self.written(self.entries(0).next()?)))),
            Class::Own => of(Some(("", self.node.name()))),
            Class::Edge => {
                let fields = self.kind.properties.iter().filter(|field| field.identity);
                let named = fields.filter_map(|field| {
                    self.entry(field.word).map(|entry| (field.word, self.written(entry)))
                });
                let is_beside = |at: usize| self.kind.argument(at).is_some_and(|it| it.beside);
                let arguments = self.entries(0).enumerate().filter(|(at, _)| !is_beside(*at));
                let mut parts = arguments.map(|(_, it)| ("", self.written(it))).chain(named);
                Some(Identity { word, first: parts.next(), others: parts.collect() })
            }
        }
    }

    /// Whether it says nothing itself beyond which one it is, and only leads to what is in its block.
    pub fn only_enters(&self) -> bool {
        if self.arguments.is_some() {
            return false;
        }
        let identity = match self.kind.class {
            Class::Named => 1,
            Class::Single | Class::List | Class::Own => 0,
            Class::Edge => self.node.entries().count(),
        };
        self.node.block_span().is_some() && self.node.entries().count() <= identity
    }

    /// Whether it leads to what is in its block and repeats at most what the other one says itself.
    pub fn enters(&self, other: &Item<'a>) -> bool {
        let says = |it: Entry<'a>| (it.name().map(|it| it.value), it.text());
        let is_said =
            |it: Entry<'a>| other.node.entries().take(MOST_COMPARED).any(|other| says(other) == says(it));
        let is_short = self.node.entries().nth(MOST_COMPARED).is_none();
        self.only_enters() || self.node.block_span().is_some() && is_short && self.node.entries().all(is_said)
    }

    /// Takes over what another says itself, and keeps its own block.
    pub fn replace_head(&mut self, other: &Item<'a>) {
        self.replaced = Some(self.node);
        self.node = other.node;
        self.edge.clone_from(&other.edge);
        self.arguments.clone_from(&other.arguments);
        self.has_unknown = other.has_unknown;
        self.is_laid_over = true;
    }

    fn written(&self, entry: Entry<'a>) -> &'a str {
        match entry.value() {
            Value::String(text) => text,
            _ => self.node.text(entry.value_span()),
        }
    }
}

/// How many properties and arguments of two declarations are compared: heads are short.
const MOST_COMPARED: usize = 50;

fn parse<T: Parse>(entry: Entry<'_>, field: &Field, sink: &mut Diagnostics) -> Option<Spanned<T>> {
    debug_assert!(field.form.name == T::FORM.name, "{} is read as {}", field.word, T::FORM.name);
    let span = entry.value_span();
    // A number that is filled in may be meant as its digits.
    let filled = entry.filling().filter(|it| it.worth.is_some()).map(|it| Value::String(&it.text));
    let read = T::parse(entry.value());
    match read.or_else(|it| filled.and_then(|text| T::parse(text).ok()).ok_or(it)) {
        Ok(value) => Some(Spanned::new(value, span)),
        Err(invalid) => {
            let replacement = invalid.replacement.or_else(|| quoted::<T>(entry));
            let replacement = replacement.or_else(|| with_unit::<T>(entry, field));
            let invalid = Invalid { replacement, ..invalid };
            let meant = invalid.replacement.clone();
            let diagnostic = refused_value(invalid, entry.value(), span, sink);
            let meant = meant.filter(|_| !diagnostic.fixes.is_empty());
            let meant = meant.as_deref().and_then(literal).and_then(|it| T::parse(it).ok());
            sink.report(diagnostic);
            meant.map(|it| Spanned::new(it, span))
        }
    }
}

/// The same digits in quotes, where a text was needed and is written as a number. What can be spelled in several ways as a
/// number could be several texts.
fn quoted<T: Parse>(entry: Entry<'_>) -> Option<String> {
    let written = entry.text();
    let is_number = matches!(entry.value(), Value::Integer(_) | Value::BigInteger(_) | Value::Float(_));
    let is_plain = written.bytes().all(|it| it.is_ascii_digit() || it == b'.') && written.len() < 40;
    (is_number && is_plain && T::parse(Value::String(written)).is_ok()).then(|| format!("\"{written}\""))
}

/// The same number with the unit that alone is sensible there, where it has none.
fn with_unit<T: Parse>(entry: Entry<'_>, field: &Field) -> Option<String> {
    let number = match entry.value() {
        Value::Integer(number) => u64::try_from(number).ok()?,
        Value::String(text) if text.bytes().all(|it| it.is_ascii_digit()) => text.parse().ok()?,
        _ => return None,
    };
    let text = field.unit?(number)?;
    T::parse(Value::String(&text)).is_ok().then(|| format!("\"{text}\""))
}

/// A value to go on with where the one that was needed is missing or was refused, which has been reported: without it,
/// what depends on its declaration would be wrong as well. It is never rendered.
pub fn stand_in<T: Parse>() -> T {
    default_value(T::FORM.example)
}

/// The value of a default as it stands in a table.
fn default_value<T: Parse>(text: &str) -> T {
    let value =
        literal(text).unwrap_or_else(|| unreachable!("the default `{text}` of a table is no simple value"));
    T::parse(value)
        .unwrap_or_else(|it| unreachable!("the default `{text}` of a table is refused: {}", it.message))
}

/// A simple value as it stands in a file; `None` for one with escapes.
pub fn literal(text: &str) -> Option<Value<'_>> {
    match (text.strip_prefix('"').and_then(|it| it.strip_suffix('"')), text) {
        (Some(string), _) => (!string.contains('\\')).then_some(Value::String(string)),
        (None, "#true") => Some(Value::Bool(true)),
        (None, "#false") => Some(Value::Bool(false)),
        (None, number) => number.parse().ok().map(Value::Integer),
    }
}

/// The same where the value may hold a secret.
fn refused_value(invalid: Invalid, value: Value<'_>, span: Span, sink: &mut Diagnostics) -> Diagnostic {
    if invalid.is_secret {
        sink.hide(span);
    }
    let has_remedy = invalid.replacement.is_some();
    let diagnostic = refused(invalid, span);
    let Value::String(text) = value else { return diagnostic };
    // The quotes of other languages are letters of a bare word in KDL.
    let diagnostic = match text.strip_prefix('\'').filter(|_| !has_remedy) {
        None => diagnostic,
        Some(rest) => {
            let diagnostic = diagnostic.help("a text goes in double quotes");
            match rest.strip_suffix('\'').filter(|it| !it.contains('\'')) {
                Some(inner) => diagnostic.replace(span, refusal::literal(inner)),
                None => diagnostic,
            }
        }
    };
    diagnostic.discreet(text)
}

/// A value that its type refused, as a finding.
pub fn refused(invalid: Invalid, span: Span) -> Diagnostic {
    let Invalid { message, help, replacement, is_secret: _ } = invalid;
    let mut diagnostic = Diagnostic::new(Code::InvalidValue, span, message);
    diagnostic.help.extend(help);
    match replacement {
        Some(text) => diagnostic.replace(span, text),
        None => diagnostic,
    }
}

fn restated(node: Node<'_>, span: Span, text: &str) -> Diagnostic {
    let text = quote(text);
    Diagnostic::new(Code::RestatedDefault, span, format!("{text} is the default of edition 2026"))
        .help("leave it out: the default holds without being written")
        .replace(node.removal(span), "")
}

impl Mark {
    /// The word in the parentheses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Override | Self::Unknown => "override",
            Self::Remove => "remove",
        }
    }
}

/// Words for a sentence, each in backticks.
pub fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<String> = words.map(|it| format!("`{it}`")).collect();
    words.sort_unstable();
    let left = words.len().saturating_sub(MOST_LISTED);
    words.truncate(MOST_LISTED);
    let more = if left > 0 { format!(" and {left} more") } else { String::new() };
    words.join(", ") + &more
}

/// How many words are listed in a sentence: all that may stand at the top, and not a thousand projects.
const MOST_LISTED: usize = 50;

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn a_sentence_lists_so_many_words_and_counts_the_others() {
        let words: Vec<String> = (0..52).map(|it| format!("w{it:02}")).collect();
        let text = super::listed(words.iter().map(String::as_str));
        assert!(text.starts_with("`w00`, `w01`, ") && text.ends_with(", `w49` and 2 more"), "{text}");
    }

    #[test]
    fn a_word_that_is_unknown_is_read_as_the_one_that_was_meant() {
        insta::assert_snapshot!(check(r#"
            projct "shop" {
                servce "web" { imge @web; prot 8080; publc hots="shop"; helth "/healthz" evry="5s" }
                quota cpuu="1" mem="2"
            }
            resource "page" scope="project" { action "read" }
            volume "x"
            service "x" { }
        "#), @r"
        TS101 error 1: unknown declaration `projct` at the top
        TS101 error 2: unknown declaration `servce` in `project`
        TS101 error 2: unknown declaration `imge` in `service`
        TS101 error 2: unknown declaration `prot` in `service`
        TS101 error 2: unknown declaration `publc` in `service`
        TS102 error 2: `public` has no property `hots`
        TS101 error 2: unknown declaration `helth` in `service`
        TS102 error 2: `health` has no property `evry`
        TS440 warning 3: no new version of `web` can be rolled out at the most replicas: `cpu` is 1 and would have to be 1500m
        TS102 error 3: `quota` has no property `cpuu`
        TS102 error 3: `quota` has no property `mem`
        TS105 error 3: `2` has no unit
        TS102 error 5: `resource` has no property `scope`
        TS101 error 6: unknown declaration `volume` at the top
        TS101 error 7: unknown declaration `service` at the top
        ");
    }

    #[test]
    fn what_is_missing_is_named_once() {
        insta::assert_snapshot!(check(r#"
            project
            project "shop" {
                service "web" { port; health; disk "/data"; env "A"; config "/x"; mount "/y"; image }
                service "api" image=@web
                cron "run" { image @web }
                service "more" { port port=8080; image @web; disk "/data" "20Gi"; disk "/more" size="1Gi" "1" }
            }
        "#), @r"
        TS104 error 1: `project` needs its name after `project`
        TS104 error 3: `port` needs its port after `port`
        TS104 error 3: `health` needs its question after `health`
        TS104 error 3: disk `/data` needs `size=`
        TS104 error 3: env `A` has no value
        TS104 error 3: config `/x` has no content
        TS104 error 3: mount `/y` needs `secret=`
        TS104 error 3: `image` needs its reference after `image`
        TS102 error 4: `service` has no property `image`
        TS104 error 5: cron `run` needs `schedule=`
        TS102 error 6: `port` has no property `port`
        TS103 error 6: `disk` takes one argument
        TS103 error 6: `disk` takes one argument
        ");
    }

    #[test]
    fn a_set_has_each_thing_once() {
        insta::assert_snapshot!(check(r#"
            resource "page" in="project" { action "read" { kubernetes "core/pods" "get" "get"; postgres "select" "select" }; action "read" }
            condition "mine" field="owner_id" is="user"
            role "a" { allow "page:read" "page:read"; allow "page:read" when="mine"; allow "page:read" }
            external "x" { ports "1/tcp" "2/tcp" "1/tcp"; ports "3/tcp" }
            project "shop" {
                service "web" { image @web; args "-v" "-v"; env "A" "1"; env "A" "2"; port 80 port=81; resources cpu="1" cpu="2"; reaches external="x"; reaches external="x" }
            }
        "#), @r#"
        TS109 error 1: `get` is listed twice
        TS109 error 1: `select` is listed twice
        TS108 error 1: action `read` is declared twice
        TS109 error 3: `page:read` is listed twice
        TS108 error 3: allow `page:read` is declared twice
        TS109 error 4: `1/tcp` is listed twice
        TS108 error 4: `ports` is declared twice
        TS108 error 6: env `A` is declared twice
        TS102 error 6: `port` has no property `port`
        TS107 error 6: `cpu` is written twice in one declaration
        TS108 error 6: `reaches external="x"` is declared twice
        "#);
    }

    #[test]
    fn a_default_is_not_written() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image @web
                    port 80
                    stop-within "30s"
                    start-within  "1m"
                    health "/" every="10s" within="2s"
                    replicas "2..4" cpu="80%"
                    public host="shop" path="/"
                    scratch "/tmp" up-to="64Mi"
                }
                cron "run" schedule="0 3 * * *" zone="Etc/UTC" retries=3 { image @web }
            }
        "#), @r#"
        TS113 hint 5: `stop-within "30s"` is the default of edition 2026
        TS113 hint 6: `start-within "1m"` is the default of edition 2026
        TS113 hint 7: `every="10s"` is the default of edition 2026
        TS113 hint 7: `within="2s"` is the default of edition 2026
        TS113 hint 8: `cpu="80%"` is the default of edition 2026
        TS113 hint 9: `path="/"` is the default of edition 2026
        TS113 hint 10: `up-to="64Mi"` is the default of edition 2026
        TS113 hint 12: `zone="Etc/UTC"` is the default of edition 2026
        TS113 hint 12: `retries=3` is the default of edition 2026
        "#);
    }

    #[test]
    fn marks_and_annotations_have_their_places() {
        insta::assert_snapshot!(check(r#"
            (override)project "shop" {
                ( remove ) service "web" { image @web; (overide)port 80 }
                service "api" { image (docker)@web; port (u16)80; env "A" (age)"x" }
            }
        "#), @r"
        TS120 error 1: `(override)` on project `shop` has nothing to act on
        TS120 error 2: `(remove)` on service `web` has nothing to act on
        TS106 error 2: `(overide)` means nothing in front of a declaration
        TS106 error 3: `(docker)` means nothing in front of this value
        TS106 error 3: `(u16)` means nothing in front of this value
        TS106 error 3: `(age)` means nothing in front of this value
        ");
    }

    #[test]
    fn an_argument_or_block_too_many_is_wrong() {
        insta::assert_snapshot!(check(r#"
            project "shop" "more" {
                service "web" { image @web { }; port 80 81; health "/" "tcp"; env "A" "b" "c" }
            }
        "#), @r"
        TS103 error 1: `project` takes one argument
        TS114 error 2: `image` has no block
        TS103 error 2: `port` takes one argument
        TS103 error 2: `health` takes one argument
        TS103 error 2: `env` takes 2 arguments
        ");
    }

    #[test]
    fn a_default_of_what_is_around_is_not_written() {
        insta::assert_snapshot!(check(r#"
            defaults "cron" { resources memory="1Gi" }
            project "shop" {
                service "web" { image @web; replicas 2; run-as 1001; resources cpu="50m..500m" memory="64Mi..512Mi" }
                service "api" { image @web; replicas 2; stop-within "30s" }
                cron "run" schedule="0 3 * * *" { image @web; resources memory="1Gi" }
            }
            environment "test" { project "shop" { service "api" { (override)replicas 3; (remove)stop-within } } }
        "#), @r#"
        TS113 hint 3: `replicas 2` is the default of edition 2026
        TS113 hint 3: `run-as 1001` is the default of edition 2026
        TS113 hint 3: `resources cpu="50m..500m" memory="64Mi..512Mi"` is the default of edition 2026
        TS113 hint 5: `resources memory="1Gi"` is the default of edition 2026
        "#);
    }

    #[test]
    fn a_word_out_of_a_few_and_a_blank_are_no_secrets() {
        let text = r#"
            component "c" { body { service "web" { env "PASSWORD" secret="{password}" part="url" } } }
            project "shop" { vault "v" { mount "secret" engine="kv-v2" token="hunter2hunter2" } }
        "#;
        let tree = crate::language::tests::tree(&[("platform.kdl", text)]);
        let outcome = crate::check(&tree, &crate::language::Selection::default());
        let file = outcome.sources.find("platform.kdl").expect("it was read");
        let shown = outcome.diagnostics.shown(file, &outcome.sources);
        let lines = shown.lines().skip(1).map(str::trim);
        insta::assert_snapshot!(Vec::from_iter(lines).join("\n"), @r#"
        component "c" { body { service "web" { env "PASSWORD" secret="{password}" part="url" } } }
        project "shop" { vault "v" { mount "secret" engine="kv-v2" token="[masked]" } }
        "#);
    }
}
