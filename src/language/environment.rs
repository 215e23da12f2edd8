//! The `environment` declaration: what differs, laid over the base.
//!
//! A container is entered by its identity; a new declaration is plain; `(override)` takes the place of what a declaration
//! says itself and enters its block; `(remove)` takes it away. What does not exist cannot be overridden or removed, and
//! what does exist is not repeated without a mark.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::damage::Damage;
use crate::language::item::{self, Identity, Item, Mark};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::MOST_GUESSES;
use crate::source::Span;

/// The table. Its children are those of the top; see [`crate::language::IN_ENVIRONMENT`].
pub static KIND: Kind = Kind::new(
    "environment",
    Class::Named,
    "What differs in one environment. Containers are entered by name; a new declaration is plain; `(override)` in front \
     of a declaration replaces its arguments and properties as a whole and enters its block; `(remove)` drops it. With \
     environments, the base alone cannot be built.",
)
.arguments(&[Field::required::<Name>("name", "What it is called; `--env` selects it.")])
.properties(&[Field::default::<bool>("default", "#false", "Whether it is built where `--env` names none.")])
.children(crate::language::IN_ENVIRONMENT);

/// Reports what is wrong with environments as such: their names, and which of them is the default.
pub fn check_heads(environments: &[Item<'_>], damage: &Damage, sink: &mut Diagnostics) {
    item::require_heads(environments, damage, sink);
    for environment in environments {
        environment.own_name(sink);
        environment.property::<bool>("default", sink);
    }
    let mut defaults = environments.iter().filter(|it| is_default(it));
    if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
        sink.report(
            Diagnostic::new(Code::NoEnvironment, second.span(), "two environments are the default")
                .related(first.span(), "the other one")
                .help("leave `default=#true` at one of them"),
        );
    }
}

/// Whether an environment is the one that is built where none is named.
pub fn is_default(environment: &Item<'_>) -> bool {
    environment.property::<bool>("default", &mut Diagnostics::default()).is_some_and(|it| it.value)
}

/// Lays what an environment declares over the base.
pub fn overlay<'a>(base: &mut Vec<Item<'a>>, over: &[Item<'a>], sink: &mut Diagnostics) {
    let index: BTreeMap<Identity<'a>, usize> =
        base.iter().enumerate().filter_map(|(at, it)| Some((it.identity()?, at))).collect();
    let mut seen: BTreeMap<Identity<'a>, Span> = BTreeMap::new();
    let mut removed: BTreeSet<usize> = BTreeSet::new();
    let mut new = Vec::new();
    for item in over {
        let found = item.identity().and_then(|it| index.get(&it).copied());
        if let Some(first) = item.identity().and_then(|it| seen.insert(it, item.span())) {
            let message = format!("{} stands twice in one environment", item.described());
            let diagnostic = Diagnostic::new(Code::Duplicate, item.span(), message);
            sink.report(
                diagnostic.related(first, "first here").help("write what differs in it once, in one block"),
            );
            // What stands in the second block is meant all the same, and would be missing.
            if let Some(at) = found {
                overlay(&mut base[at].children, &item.children, sink);
            }
            continue;
        }
        match (item.mark, found) {
            (None, Some(at)) if item.only_enters() => overlay(&mut base[at].children, &item.children, sink),
            (None, Some(at)) => {
                sink.report(repeated(item, base[at].span()));
                overlay(&mut base[at].children, &item.children, sink);
            }
            (Some(Mark::Override | Mark::Unknown), Some(at)) => {
                base[at].replace_head(item);
                overlay(&mut base[at].children, &item.children, sink);
            }
            (Some(Mark::Remove), Some(at)) => {
                removed.insert(at);
            }
            (None, None) if item.only_enters() && has_marks(item) => {
                // Nothing new could have marks in it, so this was to enter something.
                let meant = closest(item, base, sink);
                sink.report(nothing_there(item, "enter", meant.map(|at| &base[at])));
                if let Some(at) = meant {
                    overlay(&mut base[at].children, &item.children, sink);
                }
            }
            (None, None) => new.push(item.clone()),
            (Some(mark), None) => {
                let meant = closest(item, base, sink);
                sink.report(nothing_there(item, mark.word(), meant.map(|at| &base[at])));
                if let Some(at) = meant {
                    overlay(&mut base[at].children, &item.children, sink);
                }
            }
        }
    }
    let mut at = 0..;
    base.retain(|_| at.next().is_some_and(|it| !removed.contains(&it)));
    base.extend(new);
}

/// Whether a block says anywhere that it changes something.
fn has_marks(item: &Item<'_>) -> bool {
    item.children.iter().any(|it| it.mark.is_some() || has_marks(it))
}

/// The declaration of the base that an unknown one most likely means.
fn closest(item: &Item<'_>, base: &[Item<'_>], sink: &Diagnostics) -> Option<usize> {
    let name = item.name().filter(|_| sink.len() < MOST_GUESSES)?;
    let of_kind = || base.iter().enumerate().filter(|(_, it)| it.kind.word == item.kind.word);
    let meant = suggest::closest(name.value, of_kind().filter_map(|(_, it)| it.name()).map(|it| it.value))?;
    of_kind().find(|(_, it)| it.name().is_some_and(|it| it.value == meant)).map(|(at, _)| at)
}

fn repeated(item: &Item<'_>, base: Span) -> Diagnostic {
    let message = format!("{} exists in the base already", item.described());
    let at = item.node().span().before();
    Diagnostic::new(Code::RepeatedWithoutMark, item.span(), message)
        .related(base, "declared in the base here")
        .help("put `(override)` in front of it to replace what it says there")
        .fix(Fix {
            title: "put `(override)` in front".to_owned(),
            edits: vec![Edit { span: at, text: "(override)".to_owned() }],
        })
}

fn nothing_there(item: &Item<'_>, verb: &str, meant: Option<&Item<'_>>) -> Diagnostic {
    let message = format!("there is no {} in the base to {verb}", item.described());
    let diagnostic = Diagnostic::new(Code::NothingToOverride, item.span(), message);
    match meant.and_then(Item::name) {
        Some(meant) => diagnostic
            .related(meant.span, "declared in the base here")
            .help(format!("did you mean `{}`?", meant.value))
            .replace(item.name_span(), format!("\"{}\"", meant.value)),
        None => diagnostic.help("a new declaration stands without a mark"),
    }
}
