//! The `use` declaration: a component in a project, with what it is given.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::component::Component;
use crate::language::component::parameter::{Accepted, Anything, Parameter, Type};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::MOST_GUESSES;
use crate::language::value::refusal::quote;
use crate::language::waive;
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "use",
    Class::Named,
    "A component in this project: the declarations of its body, with the parameters given here. Each line of the block is a \
     parameter by its name: `memory \"256Mi\"`, `password secret=\"cache-password\"`. An environment may enter it and \
     `(override)` a parameter; nothing else of what comes of it can be changed. Waivers around it do not reach into it: one \
     that it needs is written in its block.",
)
.arguments(&[Field::required::<Name>("name", "What it is called; `{name}` in the body.")])
.properties(&[Field::reference("component", "The component.").must()])
.children(&[&waive::KIND])
.others(&GIVEN);

static GIVEN: Kind = Kind::new(
    "parameter",
    Class::Own,
    "The value of a parameter of the component, in a line that starts with its name. What it may be is declared there.",
)
.arguments(&[Field::optional::<Anything>("value", "The value.")])
.properties(&[
    Field::reference("secret", "The secret, for a parameter that is one."),
    Field::reference("service", "The service, for a parameter that is one."),
    Field::reference("external", "The place outside, for a parameter that is one."),
]);

/// What a use gives to a parameter.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// The value.
    pub(super) value: Accepted,
    /// Where it is written; `None` for one to go on with where it is missing or was refused, which has been reported.
    pub(super) span: Option<Span>,
    /// Whether it is what holds where nothing is given.
    pub(super) is_default: bool,
}

/// The name of the component that a use is of.
pub(super) fn component_of<'a>(item: &Item<'a>, sink: &mut Diagnostics) -> Option<Spanned<&'a str>> {
    item.reference("component", sink)
}

/// Reads what a use gives to each parameter of its component.
pub(super) fn arguments(item: &Item<'_>, component: &Component<'_>, sink: &mut Diagnostics) -> Vec<Argument> {
    let lines: Vec<&Item<'_>> =
        item.children.iter().filter(|it| std::ptr::eq(it.kind, &raw const GIVEN)).collect();
    let words: BTreeSet<&str> = lines.iter().map(|it| it.node().name()).collect();
    let places: BTreeMap<&str, usize> =
        component.parameters.iter().enumerate().map(|(at, it)| (it.name.value, at)).collect();
    let mut found: Vec<Option<&Item<'_>>> = vec![None; component.parameters.len()];
    for line in lines {
        let word = line.node().name();
        let place = places.get(word).copied().or_else(|| {
            // A misspelt one stands for one that is not given.
            let missing = places.keys().copied().filter(|it| !words.contains(it));
            let meant = if sink.len() < MOST_GUESSES { suggest::closest(word, missing) } else { None };
            sink.report(unknown(line, component, meant));
            places.get(meant?).copied()
        });
        if let Some(place) = place {
            found[place] = found[place].or(Some(line));
        }
    }
    let all = component.parameters.iter().zip(found);
    all.map(|(parameter, line)| argument(item, parameter, line, component, sink)).collect()
}

fn argument(
    item: &Item<'_>,
    parameter: &Parameter<'_>,
    line: Option<&Item<'_>>,
    component: &Component<'_>,
    sink: &mut Diagnostics,
) -> Argument {
    let Some(kind) = parameter.kind else { return stand_in(None) };
    match line {
        Some(line) => match read(line, parameter, kind, sink) {
            Some(value) => Argument { value: value.value, span: Some(value.span), is_default: false },
            None => stand_in(Some(kind)),
        },
        None => match &parameter.default {
            Some(default) => {
                Argument { value: default.value.clone(), span: Some(default.span), is_default: true }
            }
            None if parameter.is_optional => stand_in(Some(kind)),
            None => {
                let message = format!("{} does not give {}", item.described(), quote(parameter.name.value));
                sink.report(
                    Diagnostic::new(Code::ParameterMissing, item.span(), message)
                        .related(parameter.span, "it has no default")
                        .help(format!(
                            "component {} needs it: write `{}` in the block",
                            quote(component.name.value),
                            example(parameter, kind)
                        )),
                );
                stand_in(Some(kind))
            }
        },
    }
}

/// A value to go on with. Nobody is told what is wrong because of it.
fn stand_in(kind: Option<Type>) -> Argument {
    Argument { value: kind.unwrap_or(Type::Text).stand_in(), span: None, is_default: false }
}

/// A line as a use would write it.
fn example(parameter: &Parameter<'_>, kind: Type) -> String {
    let name = parameter.name.value;
    match (kind.reference(), kind.stand_in()) {
        (Some(word), _) => format!("{name} {word}=\"…\""),
        (None, Accepted { worth: Some(_), text, .. }) if text == "true" => format!("{name} #true"),
        (None, Accepted { worth: Some(_), text, .. }) => format!("{name} {text}"),
        (None, Accepted { text, .. }) if text == "none" => format!("{name} \"…\""),
        (None, Accepted { text, .. }) => format!("{name} \"{text}\""),
    }
}

fn read(
    line: &Item<'_>,
    parameter: &Parameter<'_>,
    kind: Type,
    sink: &mut Diagnostics,
) -> Option<Spanned<Accepted>> {
    let value = line.entries(0).next();
    let references: Vec<&'static str> = line.references().map(|it| it.word).collect();
    let told = |it: Diagnostic| it.related(parameter.span, "declared here");
    if let Some(block) = line.node().block_span() {
        let message = format!("{} has no block", line.described());
        let diagnostic = Diagnostic::new(Code::UnexpectedBlock, block, message);
        sink.report(told(diagnostic).replace(line.node().removal(block), ""));
    }
    let entry = match (kind.reference(), value, references.as_slice()) {
        (None, Some(value), []) => value,
        (Some(wanted), None, [word]) if *word == wanted => {
            let written = line.reference(wanted, sink)?;
            let value = Accepted { text: written.value.to_owned(), worth: None, measure: None };
            return Some(Spanned::new(value, written.span));
        }
        (_, None, []) => {
            let message = format!("{} has no value", line.described());
            let diagnostic = Diagnostic::new(Code::MissingField, line.span(), message);
            sink.report(told(diagnostic).help(format!("write it like `{}`", example(parameter, kind))));
            return None;
        }
        (Some(wanted), Some(value), []) => {
            let is_name = match value.value() {
                Value::String(text) if text.split('/').all(Name::is) => Some(text),
                _ => None,
            };
            if kind == Type::Secret && is_name.is_none() {
                sink.hide(value.value_span());
            }
            let message = format!("{} is the name of a {wanted}, and not the thing itself", line.described());
            let diagnostic = told(Diagnostic::new(Code::InvalidValue, value.span(), message))
                .help(format!("write it like `{}`", example(parameter, kind)));
            sink.report(match is_name {
                Some(text) => diagnostic.replace(value.span(), format!("{wanted}=\"{text}\"")),
                None => diagnostic,
            });
            return None;
        }
        (_, value, [first, ..]) => {
            let span = line.entry(first).map_or(line.span(), crate::syntax::Entry::span);
            let message = match value {
                Some(_) => format!("{} has two values", line.described()),
                None => format!("{} is a `{}`, and no `{first}`", line.described(), kind.word()),
            };
            let code = if value.is_some() { Code::AmbiguousValue } else { Code::InvalidValue };
            let diagnostic = Diagnostic::new(code, span, message);
            sink.report(told(diagnostic).help(format!("write it like `{}`", example(parameter, kind))));
            return None;
        }
    };
    let span = entry.value_span();
    // A number that is filled in may be meant as its digits.
    let filled = entry.filling().filter(|it| it.worth.is_some()).map(|it| Value::String(&it.text));
    let read = kind.read(entry.value());
    let accepted = match read.or_else(|it| filled.and_then(|text| kind.read(text).ok()).ok_or(it)) {
        Ok(accepted) => accepted,
        Err(invalid) => {
            if invalid.is_secret {
                sink.hide(span);
            }
            let meant = invalid.replacement.clone();
            let diagnostic = told(item::refused(invalid, span));
            sink.report(diagnostic);
            return meant
                .as_deref()
                .and_then(item::literal)
                .and_then(|it| kind.read(it).ok())
                .map(|it| Spanned::new(it, span));
        }
    };
    match parameter.check(&accepted) {
        Ok(()) => Some(Spanned::new(accepted, span)),
        Err(outside) => {
            sink.report(told(outside.diagnostic(Code::ParameterOutside, span)));
            None
        }
    }
}

/// How many parameters a help names.
const MOST_NAMED: usize = 12;

fn unknown(line: &Item<'_>, component: &Component<'_>, meant: Option<&str>) -> Diagnostic {
    let word = line.node().name();
    let message = format!("component {} has no parameter {}", quote(component.name.value), quote(word));
    let span = line.node().name_span();
    let diagnostic =
        Diagnostic::new(Code::UnknownParameter, span, message).related(component.name.span, "declared here");
    if line.node().block_span().is_some() {
        return diagnostic
            .help("nothing but parameters stands in a use: what comes of it is declared in its component")
            .discreet(word);
    }
    let known: Vec<String> = component.parameters.iter().map(|it| quote(it.name.value)).collect();
    let diagnostic = match meant {
        Some(meant) => diagnostic.help(format!("did you mean {}?", quote(meant))).replace(span, meant),
        None if known.is_empty() => diagnostic.help("it has none"),
        None if known.len() > MOST_NAMED => {
            diagnostic.help(format!("it has {} parameters, and none is called nearly so", known.len()))
        }
        None => diagnostic.help(format!("it has {}", known.join(", "))),
    };
    diagnostic.discreet(word)
}
