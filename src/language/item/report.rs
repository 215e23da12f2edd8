//! What is said of words, values and blocks that a table does not know.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::suggest;
use crate::language::item::{MOST_COMPARED, fix, habit, listed};
use crate::language::kind::{Field, Kind};
use crate::language::value::refusal::quote;
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Node};

pub(super) fn unknown_kind(node: Node<'_>, allowed: &'static [&'static Kind], place: &str) -> Diagnostic {
    let word = node.name();
    let message = format!("unknown declaration {} {}", quote(word), inside(place));
    let diagnostic = Diagnostic::new(Code::UnknownKind, node.name_span(), message);
    let meant = suggest::candidates(word, allowed.iter().map(|it| it.word));
    let home = home_of(word);
    if home.is_none() && !meant.is_empty() {
        let fits = allowed.iter().filter(|it| meant.contains(&it.word)).all(|it| fix::fits(node, it));
        let diagnostic = diagnostic.did_you_mean(node.name_span(), &meant, str::to_owned);
        return if fits { diagnostic } else { Diagnostic { fixes: Vec::new(), ..diagnostic } };
    }
    diagnostic.help(match home {
        Some(home) => format!("`{word}` stands {}", inside(&home)),
        None => format!("known {}: {}", inside(place), listed(allowed.iter().map(|it| it.word))),
    })
}

/// Where a word that is known elsewhere belongs.
pub(super) fn home_of(word: &str) -> Option<String> {
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
        // What stands in a body stands in a project as well, where it is looked for first.
        if kind.child(word).is_some() && kind.word != "body" {
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

/// The same in the block of a declaration, of which it may be a property.
pub(super) fn unknown_in(parent: Node<'_>, node: Node<'_>, kind: &'static Kind) -> Diagnostic {
    let word = node.name();
    if let Some(habit) = kind.habit(word) {
        let message = format!("unknown declaration {} in `{}`", quote(word), kind.word);
        return Diagnostic::new(Code::UnknownKind, node.name_span(), message).help(habit);
    }
    if kind.property(word).is_none() {
        return unknown_kind(node, kind.children, &format!("`{}`", kind.word));
    }
    let message = format!("unknown declaration {} in `{}`", quote(word), kind.word);
    let diagnostic = Diagnostic::new(Code::UnknownKind, node.name_span(), message)
        .help(format!("`{word}` is a property: write `{word}=` behind the name of the `{}`", kind.word));
    match fix::into_head(parent, node) {
        Some(fix) => diagnostic.fix(fix),
        None => diagnostic,
    }
}

pub(super) fn unexpected_block(node: Node<'_>, block: Span, kind: &'static Kind) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnexpectedBlock, block, format!("`{}` has no block", kind.word));
    if let Some(habit) = node.children().take(MOST_COMPARED).find_map(|it| kind.habit(it.name())) {
        return diagnostic.help(habit);
    }
    match fix::without_block(node, kind, block) {
        Some(fix) => diagnostic.fix(fix),
        None => {
            let known = listed(kind.properties.iter().map(|it| it.word));
            diagnostic.help(match known.as_str() {
                "" => "all that it knows is written on its line".to_owned(),
                known => format!("what it knows is written as `name=value`: {known}"),
            })
        }
    }
}

pub(super) fn repeated_property(
    node: Node<'_>,
    entry: Entry<'_>,
    name: Spanned<&str>,
    first: Entry<'_>,
) -> Diagnostic {
    let message = format!("{} is written twice in one declaration", quote(name.value));
    let diagnostic = Diagnostic::new(Code::RepeatedProperty, entry.span(), message)
        .related(first.name().map_or(first.span(), |it| it.span), "first written here")
        .help("keep one of them");
    match first.text() == entry.text() {
        true => diagnostic.replace(node.removal(entry.span()), ""),
        false => diagnostic,
    }
}

pub(super) fn unknown_property(
    node: Node<'_>,
    entry: Entry<'_>,
    name: Spanned<&str>,
    kind: &'static Kind,
) -> Diagnostic {
    let word = name.value;
    let message = format!("`{}` has no property {}", kind.word, quote(word));
    let diagnostic = Diagnostic::new(Code::UnknownProperty, name.span, message);
    if let Some(habit) = kind.habit(word) {
        return diagnostic.help(habit);
    }
    if let Some(child) = kind.child(word) {
        let value = node.text(entry.value_span());
        let is_long = value.chars().nth(MOST_REPEATED).is_some();
        let value = if is_long || mask::names_secret(word) { "…" } else { value };
        // What it says may be a property of its own: `owner team="ops"`.
        let name = fix::before_value(child).unwrap_or_default();
        let diagnostic = diagnostic.help(format!(
            "`{word}` stands in the block: `{} {{ {} {name}{value} }}`",
            kind.word, child.word
        ));
        return match fix::into_block(node, entry, child).filter(|_| value != "…") {
            Some(fix) => diagnostic.fix(fix),
            None => diagnostic,
        };
    }
    let known = kind.properties.iter().map(|it| it.word);
    let meant = suggest::candidates(word, known.clone());
    match kind.properties {
        _ if !meant.is_empty() => diagnostic.did_you_mean(name.span, &meant, str::to_owned),
        [] => diagnostic.help(format!("`{}` has no properties", kind.word)),
        _ => diagnostic.help(format!("known properties: {}", listed(known))),
    }
}

/// How much of a value a help repeats.
const MOST_REPEATED: usize = 60;

pub(super) fn unexpected_argument(node: Node<'_>, entry: Entry<'_>, kind: &'static Kind) -> Diagnostic {
    let message = match kind.arguments.len() {
        0 => format!("`{}` takes no argument", kind.word),
        1 => format!("`{}` takes one argument", kind.word),
        many => format!("`{}` takes {many} arguments", kind.word),
    };
    let diagnostic = Diagnostic::new(Code::UnexpectedArgument, entry.span(), message);
    // What is written is somebody's thought, unless it says once more what stands there already.
    if fix::repeats(node, entry) {
        return diagnostic.replace(node.removal(entry.span()), "");
    }
    match habit::property_for(node, entry, kind) {
        Some(field) => habit::offer(diagnostic, entry, field),
        None if kind.properties.is_empty() => diagnostic.help(match kind.children {
            [] => "take out what is not meant".to_owned(),
            known => {
                format!("what else it knows stands in its block: {}", listed(known.iter().map(|it| it.word)))
            }
        }),
        None => diagnostic.help(format!(
            "what else it knows is written as `name=value`: {}",
            listed(kind.properties.iter().map(|it| it.word))
        )),
    }
}

/// An annotation in a sentence.
pub(super) fn in_parentheses(word: &str) -> String {
    format!("`({})`", quote(word).trim_matches('`'))
}

pub(super) fn unexpected_annotation(
    node: Node<'_>,
    entry: Entry<'_>,
    annotation: Spanned<&str>,
    field: &Field,
) -> Diagnostic {
    let message = format!("{} means nothing in front of this value", in_parentheses(annotation.value));
    let diagnostic = Diagnostic::new(Code::UnexpectedAnnotation, annotation.span, message);
    match suggest::closest(annotation.value, field.annotations.iter().copied()) {
        Some(meant) => diagnostic.help(format!("did you mean `({meant})`?")).replace(annotation.span, meant),
        None if field.annotations.is_empty() => {
            let diagnostic = diagnostic.help("leave it out: the value says everything itself");
            match fix::without_annotation(node, annotation, entry.value_span()) {
                Some(fix) => diagnostic.fix(fix),
                None => diagnostic,
            }
        }
        None => {
            let known: Vec<String> = field.annotations.iter().map(|it| format!("`({it})`")).collect();
            diagnostic.help(format!("known here: {}", known.join(", ")))
        }
    }
}
