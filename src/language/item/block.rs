//! Whether a block has what it needs, each thing once and none too often.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::damage::Damage;
use crate::language::item::{Identity, Item, Mark, restated};
use crate::language::kind::{Class, Kind, Presence};
use crate::source::Span;
use crate::syntax::Entry;

/// Leaves out what a block has more of than it may; whether there was any, which is reported.
pub fn bound(items: &mut Vec<Item<'_>>, sink: &mut Diagnostics) -> bool {
    let is_over = bound_heads(items, sink);
    items.iter_mut().fold(is_over, |is_over, item| bound(&mut item.children, sink) || is_over)
}

/// The same without what is in the blocks of the declarations.
pub fn bound_heads(items: &mut Vec<Item<'_>>, sink: &mut Diagnostics) -> bool {
    let before = sink.len();
    let mut counts: BTreeMap<*const Kind, usize> = BTreeMap::new();
    items.retain(|item| {
        let Some(most) = item.kind.most else { return true };
        if item.kind.class == Class::List {
            let excess = item.entries(0).nth(most);
            if let Some(excess) = excess {
                sink.report(too_many(item, excess.span(), most));
            }
            return excess.is_none();
        }
        let count = counts.entry(std::ptr::from_ref(item.kind)).or_default();
        *count += 1;
        if *count == most + 1 {
            sink.report(too_many(item, item.span(), most));
        }
        *count <= most
    });
    sink.len() > before
}

fn too_many(item: &Item<'_>, span: Span, most: usize) -> Diagnostic {
    let message = match item.kind.class {
        Class::List => format!("`{}` lists more than {most}", item.kind.word),
        _ => format!("more than {most} `{}` stand in one block", item.kind.word),
    };
    Diagnostic::new(Code::TooMany, span, message).help("what follows is not read; say it with fewer")
}

/// Reports what is missing from a merged block, and what stands in it twice.
pub fn require(items: &[Item<'_>], damage: &Damage, sink: &mut Diagnostics) {
    let repeated = require_heads(items, damage, sink);
    for (at, item) in items.iter().enumerate() {
        require_below(item, repeated.contains(&at), damage, sink);
    }
}

/// The same of a whole tree: its declarations are looked through side by side.
pub fn require_all(items: &[Item<'_>], damage: &Damage, sink: &mut Diagnostics) {
    let repeated = require_heads(items, damage, sink);
    let found = items.par_iter().enumerate().map(|(at, item)| {
        let mut sink = Diagnostics::default();
        require_below(item, repeated.contains(&at), damage, &mut sink);
        sink
    });
    found.collect::<Vec<_>>().into_iter().for_each(|it| sink.extend(it));
}

fn require_below(item: &Item<'_>, is_repeated: bool, damage: &Damage, sink: &mut Diagnostics) {
    // The other one of two has what this one misses.
    if !is_repeated && !damage.touches(item.node.span()) {
        require_children(item, sink);
    }
    require(&item.children, damage, sink);
}

/// The same for the declarations themselves, without what is in their blocks: an environment's block is not whole before
/// it is laid over the base. Returns the places of those that are declared a second time.
pub fn require_heads(items: &[Item<'_>], damage: &Damage, sink: &mut Diagnostics) -> BTreeSet<usize> {
    for item in items {
        require_fields(item, damage, sink);
        if let Some(mark @ (Mark::Override | Mark::Remove)) = item.mark {
            sink.report(mark_outside(item, mark));
        }
    }
    require_once(items, |_, _| true, sink)
}

/// Reports what stands in a block twice, where one of the two is worth it, and returns the places of those that are
/// declared a second time.
pub fn require_once(
    items: &[Item<'_>],
    is_worth_it: impl Fn(&Item<'_>, &Item<'_>) -> bool,
    sink: &mut Diagnostics,
) -> BTreeSet<usize> {
    if items.len() < 2 {
        return BTreeSet::new();
    }
    // Few words stand in a block more than once, and one table has each word in one place.
    let word = |at: &usize| items[*at].kind.word.as_ptr();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(word);
    let mut repeated = BTreeMap::new();
    for alike in order.chunk_by(|a, b| word(a) == word(b)).filter(|it| it.len() > 1) {
        let identities = alike.iter().filter_map(|at| Some((items[*at].identity()?, *at)));
        let mut identities: Vec<(u64, Identity<'_>, usize)> =
            identities.map(|(identity, at)| (identity.hash(), identity, at)).collect();
        // What is the same only has to stand together, and to compare long names that begin alike takes long.
        identities.sort_unstable();
        let same = identities.windows(2).filter(|it| it[0].1 == it[1].1);
        repeated.extend(same.map(|it| (it[1].2, it[0].2)));
    }
    for (at, before) in &repeated {
        let (item, first) = (&items[*at], &items[*before]);
        // What stands twice in one line has been reported there.
        if first.node.name_span() != item.node.name_span() && is_worth_it(item, first) {
            sink.report(duplicate(item, first));
        }
    }
    repeated.into_keys().collect()
}

/// Reports what stands twice because of what has come of uses.
pub fn require_expanded(items: &[Item<'_>], sink: &mut Diagnostics) {
    let is_filled = |it: &Item<'_>| it.node.entries().any(|it| it.filling().is_some());
    let is_news = |it: &Item<'_>, first: &Item<'_>| {
        let files = [it.span().file, first.span().file];
        // What the body of a component says twice in so many words has been reported there.
        let is_of_body = files[0] == files[1] && !is_filled(it) && !is_filled(first);
        files.iter().any(|it| it.is_expansion()) && !is_of_body
    };
    require_once(items, is_news, sink);
    for item in items {
        require_expanded(&item.children, sink);
    }
}

fn require_fields(item: &Item<'_>, damage: &Damage, sink: &mut Diagnostics) {
    let Item { kind, .. } = item;
    let count = item.entries(0).take(kind.arguments.len() + 1).count();
    let wanted = kind.arguments.iter().chain(&kind.rest).enumerate();
    // What is missing most likely stands there under a name that nothing has, which has been reported.
    let is_excused = item.has_stray() || damage.touches(item.node.head_span());
    let count = if is_excused { usize::MAX } else { count };
    for (_, field) in wanted.filter(|(at, field)| *at >= count && field.presence == Presence::Required) {
        sink.report(missing(item, &format!("its {} after `{}`", field.word, kind.word), field.form.example));
    }
    for field in kind.properties {
        let written = item.entry(field.word);
        match (field.presence, written) {
            (Presence::Required, None) if is_excused => {}
            (Presence::Required, None) => {
                let example = format!("{}={}", field.word, field.form.example);
                sink.report(missing(item, &format!("`{}=`", field.word), &example));
            }
            // Where the base wrote another value, to write the default is the way back to it.
            (Presence::Default(default), Some(entry))
                if entry.text() == default
                    && (!item.is_varied || item.replaced.is_some())
                    && item.replaced_entry(field.word).is_none() =>
            {
                sink.report(restated(item.node, entry.span(), &format!("{}={default}", field.word)));
            }
            (Presence::Default(_) | Presence::Optional, None) => {
                if let Some(lost) = item.replaced_entry(field.word).filter(|_| item.leaves_out(field)) {
                    sink.report(left_out(item, lost));
                }
            }
            _ => {}
        }
    }
    if let Some(default) = kind.default
        && (!item.is_varied || item.replaced.is_some())
        && item.node.text(item.node.head_span()).split_whitespace().skip(1).eq(default.split_whitespace())
        && item.node.block_span().is_none()
    {
        let text = format!("{} {default}", kind.word);
        sink.report(match item.node.annotation() {
            None => restated(item.node, item.node.span(), &text),
            // Left out, the base would hold again.
            Some(_) => Diagnostic::new(
                Code::RestatedDefault,
                item.node.span(),
                format!("`{text}` is the default of edition 2026"),
            )
            .help("take away what the base says, and the default holds")
            .replace(item.node.span(), format!("(remove){}", kind.word)),
        });
    }
}

fn require_children(item: &Item<'_>, sink: &mut Diagnostics) {
    let Item { kind, .. } = item;
    let beside = |word: &str| item.node.entries().any(|it| it.name().is_some_and(|name| name.value == word));
    for word in kind.requires.iter().filter(|it| item.child(it).is_none() && !beside(it)) {
        let example = kind.child(word).map_or(String::new(), Kind::example);
        sink.report(missing(item, &format!("`{word}` in its block"), &example));
    }
}

fn missing(item: &Item<'_>, what: &str, example: &str) -> Diagnostic {
    let message = format!("{} needs {what}", item.described());
    let diagnostic = Diagnostic::new(Code::MissingField, item.span(), message);
    if example.is_empty() { diagnostic } else { diagnostic.help(format!("write it like `{example}`")) }
}

fn left_out(item: &Item<'_>, lost: Entry<'_>) -> Diagnostic {
    let name = lost.name().map_or("", |it| it.value);
    let message = format!("this override leaves out `{name}=`, which the base wrote");
    Diagnostic::new(Code::OverrideLeavesOut, item.span(), message)
        .related(lost.span(), "written in the base here")
        .help(format!("an override replaces all of it: write `{name}=` again, with the value that is meant"))
}

fn mark_outside(item: &Item<'_>, mark: Mark) -> Diagnostic {
    let word = mark.word();
    let message = format!("`({word})` on {} has nothing to act on", item.described());
    let span = item.node.annotation().map_or(item.span(), |it| it.span);
    // Up to the name: there may be spaces inside of the parentheses and behind them.
    let around = item.node.span().before().to(item.node.name_span().before());
    let diagnostic = Diagnostic::new(Code::MarkOutsideEnvironment, span, message)
        .help("marks stand in an `environment`, on what the base declares");
    // Without its mark, what was to be taken away would be declared.
    match mark {
        Mark::Remove => diagnostic,
        Mark::Override | Mark::Unknown => diagnostic.fix(Fix {
            title: format!("remove `({word})`"),
            edits: vec![Edit { span: around, text: String::new() }],
        }),
    }
}

fn duplicate(item: &Item<'_>, first: &Item<'_>) -> Diagnostic {
    let message = format!("{} is declared twice", item.described());
    let diagnostic = Diagnostic::new(Code::Duplicate, item.span(), message)
        .related(first.span(), "first declared here")
        .help("keep one of them, or give one another name");
    let is_whole = [item, first].iter().all(|it| it.edge.as_ref().is_none_or(|it| it.alone));
    match is_whole && item.node.text(item.node.span()) == first.node.text(first.node.span()) {
        true => diagnostic.replace(item.node.removal(item.node.span()), ""),
        false => diagnostic,
    }
}
