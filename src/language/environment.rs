//! The `environment` declaration: what differs, laid over the base.
//!
//! A container is entered by its identity; a new declaration is plain; `(override)` takes the place of what a declaration
//! says itself and enters its block; `(remove)` takes it away. What does not exist cannot be overridden or removed, and
//! what does exist is not repeated without a mark.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::item::{Identity, Item, Mark};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
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
            continue;
        }
        match (item.mark, found) {
            (None, None) => new.push(item.clone()),
            (None, Some(at)) if item.only_enters() => overlay(&mut base[at].children, &item.children, sink),
            (None, Some(at)) => sink.report(repeated(item, base[at].span())),
            (Some(Mark::Override), Some(at)) => {
                base[at].replace_head(item);
                overlay(&mut base[at].children, &item.children, sink);
            }
            (Some(Mark::Remove), Some(at)) => {
                removed.insert(at);
            }
            (Some(mark), None) => sink.report(nothing_there(item, mark, base)),
        }
    }
    let mut at = 0..;
    base.retain(|_| at.next().is_some_and(|it| !removed.contains(&it)));
    base.extend(new);
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

fn nothing_there(item: &Item<'_>, mark: Mark, base: &[Item<'_>]) -> Diagnostic {
    let verb = match mark {
        Mark::Override => "override",
        Mark::Remove => "remove",
    };
    let message = format!("there is no {} in the base to {verb}", item.described());
    let diagnostic = Diagnostic::new(Code::NothingToOverride, item.span(), message);
    let names = base.iter().filter(|it| it.kind.word == item.kind.word).filter_map(Item::name);
    let closest = item.name().and_then(|name| suggest::closest(name.value, names.map(|it| it.value)));
    match closest {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help("a new declaration stands without a mark"),
    }
}
