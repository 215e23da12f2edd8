//! The body of a component: what is wrong with it however it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::component::blank::{self, Blank, Piece};
use crate::language::component::parameter::{Parameter, View};
use crate::language::component::{Component, Components, usage};
use crate::language::item::Item;
use crate::language::name::Name;
use crate::language::reference::MOST_GUESSES;
use crate::language::value::refusal::quote;
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Node, Value};

/// A value of a body that is filled in.
#[derive(Debug)]
pub(super) struct Site<'a> {
    /// The value, with its quotes.
    pub(super) span: Span,
    /// What it is put together from.
    pub(super) parts: Vec<Part<'a>>,
}

/// A part of a value that is filled in.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// As it is written.
    Text(&'a str),
    /// The name of the use.
    Name,
    /// A parameter by its place in the component.
    Parameter(usize, View),
    /// What stands for nothing, which has been reported.
    Nothing,
}

/// Reads the body of a component.
pub(super) fn declare<'a>(
    name: Spanned<&'a str>,
    body: Option<&Item<'a>>,
    parameters: Vec<Parameter<'a>>,
    sink: &mut Diagnostics,
) -> Component<'a> {
    let mut component = Component {
        name,
        parameters,
        items: body.map(|it| it.children.clone()).unwrap_or_default(),
        span: body.map_or(name.span, |it| it.node().block_span().unwrap_or(it.span())),
        sites: Vec::new(),
        nodes: 0,
    };
    let Some(body) = body else { return component };
    let mut used = vec![false; component.parameters.len()];
    let mut open: Vec<Node<'a>> = body.node().children().collect();
    while let Some(node) = open.pop() {
        component.nodes += 1;
        for entry in node.entries() {
            let site = site_of(node, entry, &component.parameters, &mut used, sink);
            component.sites.extend(site);
        }
        open.extend(node.children());
    }
    component.sites.sort_by_key(|it| it.span);
    for (parameter, _) in component.parameters.iter().zip(used).filter(|(_, is_used)| !is_used) {
        let name = parameter.name.value;
        // Under a name that was refused, which is reported, it could not be used.
        if !Name::is(name) {
            continue;
        }
        let message = format!("parameter {} is never used: the body has no `{{{name}}}`", quote(name));
        sink.report(
            Diagnostic::new(Code::ParameterUnused, parameter.span, message)
                .help(format!("write `{{{name}}}` in a text of the body, or remove the parameter")),
        );
    }
    component
}

/// A value with blanks in it; `None` for one that is as it is.
fn site_of<'a>(
    node: Node<'a>,
    entry: Entry<'a>,
    parameters: &[Parameter<'a>],
    used: &mut [bool],
    sink: &mut Diagnostics,
) -> Option<Site<'a>> {
    let Value::String(text) = entry.value() else { return None };
    let pieces = blank::pieces(text);
    if let [] | [Piece::Text(_)] = pieces.as_slice() {
        return None;
    }
    let span = entry.value_span();
    let places = places(node.text(span), &pieces);
    let mut blanks = 0;
    let parts = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => Part::Text(text),
        Piece::Blank(it) => {
            let place = places.get(blanks).map_or(span, |it| within(span, it));
            blanks += 1;
            part_of(&it, place, parameters, used, sink)
        }
    });
    Some(Site { span, parts: parts.collect() })
}

/// Where the blanks of a value stand as they are written; nothing where escapes make that another text.
fn places(written: &str, pieces: &[Piece<'_>]) -> Vec<Range<usize>> {
    fn blanks<'p, 't>(pieces: &'p [Piece<'t>]) -> impl Iterator<Item = &'p Blank<'t>> {
        pieces.iter().filter_map(|it| match it {
            Piece::Blank(blank) => Some(blank),
            Piece::Text(_) => None,
        })
    }
    let found = blank::pieces(written);
    let is_same = blanks(&found).map(|it| (it.word, it.part)).eq(blanks(pieces).map(|it| (it.word, it.part)));
    if is_same { blanks(&found).map(|it| it.range.clone()).collect() } else { Vec::new() }
}

fn within(span: Span, range: &Range<usize>) -> Span {
    let offset = |it: usize| span.start + u32::try_from(it).expect("a text has less than 4 GiB");
    Span { start: offset(range.start), end: offset(range.end), ..span }
}

/// What a blank stands for. One that stands for nothing is reported, and read as what was probably meant.
fn part_of<'a>(
    blank: &Blank<'a>,
    place: Span,
    parameters: &[Parameter<'a>],
    used: &mut [bool],
    sink: &mut Diagnostics,
) -> Part<'a> {
    let Blank { word, part, range: _ } = blank;
    let place_of = |word: &str| parameters.iter().position(|it| it.name.value == word);
    let mut index = place_of(word);
    if index.is_none() && *word != "name" {
        let known = parameters.iter().map(|it| it.name.value).chain(["name"]);
        let meant = if sink.len() < MOST_GUESSES { suggest::closest(word, known) } else { None };
        sink.report(unknown_word(blank, meant, place));
        match meant {
            Some(meant) => index = place_of(meant),
            None => return Part::Nothing,
        }
    }
    let Some(index) = index else {
        return match part {
            None => Part::Name,
            Some(part) => {
                sink.report(unknown_part(word, part, &[], place));
                Part::Nothing
            }
        };
    };
    used[index] = true;
    let (parameter, views) = (&parameters[index], parameters[index].views());
    let view = part.and_then(|part| views.iter().find(|(known, _)| *known == part));
    match (part, view) {
        // Of a type that was refused, every form could be one.
        _ if parameter.kind.is_none() => Part::Nothing,
        (None, _) => Part::Parameter(index, View::Given),
        (Some(_), Some((_, view))) => Part::Parameter(index, *view),
        (Some(part), None) => {
            sink.report(unknown_part(parameter.name.value, part, views, place));
            Part::Nothing
        }
    }
}

fn unknown_word(blank: &Blank<'_>, meant: Option<&str>, place: Span) -> Diagnostic {
    let Blank { word, part, range: _ } = blank;
    let part = part.map(|it| format!(".{it}")).unwrap_or_default();
    let message = format!("this component has no parameter {}", quote(word));
    let diagnostic = Diagnostic::new(Code::UnknownBlank, place, message);
    match meant {
        Some(meant) => diagnostic
            .help(format!("did you mean `{{{meant}{part}}}`?"))
            .replace(place, format!("{{{meant}{part}}}")),
        None => diagnostic.help(format!(
            "declare `parameter \"{word}\"`; where the text itself is meant, write `{{{{{word}{part}}}}}`"
        )),
    }
}

fn unknown_part(word: &str, part: &str, views: &[(&'static str, View)], place: Span) -> Diagnostic {
    let message = format!("{} has no form {}", quote(word), quote(part));
    let diagnostic = Diagnostic::new(Code::UnknownBlank, place, message);
    match suggest::closest(part, views.iter().map(|(known, _)| *known)) {
        Some(meant) => diagnostic
            .help(format!("did you mean `{{{word}.{meant}}}`?"))
            .replace(place, format!("{{{word}.{meant}}}")),
        None if views.is_empty() => {
            diagnostic.help(format!("it is filled in as it is given, by `{{{word}}}`"))
        }
        None => {
            let known: Vec<String> = views.iter().map(|(known, _)| format!("`{{{word}.{known}}}`")).collect();
            diagnostic.help(format!("it is filled in by `{{{word}}}` or {}", known.join(", ")))
        }
    }
}

/// Reports components that use themselves, directly or through others, and uses of none. Returns the uses that lead in a
/// circle.
pub(super) fn refuse_circles(components: &Components<'_>, sink: &mut Diagnostics) -> BTreeSet<Span> {
    let mut circles = BTreeSet::new();
    let mut edges: BTreeMap<&str, Vec<(&str, Span, bool)>> = BTreeMap::new();
    for (name, component) in &components.by_name {
        let uses = component.items.iter().filter(|it| it.kind.word == usage::KIND.word);
        for item in uses {
            let Some(written) = usage::component_of(item, sink) else { continue };
            if blank::is_in(written.value) {
                let message = "which component is used does not depend on a parameter";
                sink.report(
                    Diagnostic::new(Code::InvalidValue, written.span, message)
                        .help("name one, and let the parameters of both say what differs"),
                );
            } else if let Some(found) = components.find(written, Some(sink)) {
                let is_meant = found.name.value != written.value;
                edges.entry(name).or_default().push((found.name.value, item.span(), is_meant));
            }
        }
    }
    // From each in turn, depth first: an edge to what is still open closes a circle.
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in edges.keys() {
        let mut path: Vec<(&str, usize)> = Vec::from_iter((!done.contains(start)).then_some((*start, 0)));
        while let Some((name, next)) = path.last_mut() {
            let (from, at) = (*name, *next);
            *next += 1;
            let Some((to, span, is_meant)) = edges.get(from).and_then(|it| it.get(at)).copied() else {
                done.insert(from);
                path.pop();
                continue;
            };
            if let Some(begin) = path.iter().position(|(it, _)| *it == to) {
                // What only seems to be meant is not told to be wrong.
                if !is_meant {
                    let way: Vec<&str> = path[begin..].iter().map(|(it, _)| *it).collect();
                    sink.report(in_a_circle(to, &way, span));
                }
                circles.insert(span);
            } else if !done.contains(to) {
                path.push((to, 0));
            }
        }
    }
    circles
}

/// How much of a circle is told.
const MOST_TOLD: usize = 8;

fn in_a_circle(to: &str, way: &[&str], span: Span) -> Diagnostic {
    let told = way.iter().take(MOST_TOLD).map(|it| quote(it));
    let more = (way.len() > MOST_TOLD).then(|| "…".to_owned());
    let way: Vec<String> = told.chain(more).chain([quote(to)]).collect();
    let message = format!("component {} would use itself without end", quote(to));
    Diagnostic::new(Code::ComponentCircle, span, message)
        .help(format!("the circle is {}: take one of these uses away", way.join(" → ")))
}
