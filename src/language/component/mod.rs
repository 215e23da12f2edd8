//! The `component` declaration: a kind of the platform's own, made of declarations with blanks in them.
//!
//! The way of one: [`declare`] reads the parameters and the body once, whether it is used or not; [`expand`] fills the body
//! anew for each [`usage`], after an environment has been laid over and before anything is held against the whole. What
//! comes of it are declarations like all others, in a file of their own ([`crate::source::Expansion`]) whose lines are
//! those of the body.

mod arena;
pub mod blank;
mod body;
pub mod expand;
pub mod parameter;
#[cfg(test)]
mod tests;
pub mod usage;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::code::Code;
use crate::language::component::body::Site;
use crate::language::component::parameter::Parameter;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::refusal::quote;
use crate::language::{cron, object, secret, service};
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "component",
    Class::Named,
    "A kind of your own: declarations that a project gets by one `use`. In any text of its body, `{memory}` is the value of \
     the parameter `memory`, `{memory.bytes}` a size in bytes, `{timeout.seconds}` and `{timeout.milliseconds}` a duration, \
     `{cpu.millicores}` processor time, and `{name}` the name of the use. A pair of braces around anything else is left as \
     it is, and `{{memory}}` is the text `{memory}`. What comes of a use passes the same checks as anything else. Names in \
     the body are looked up in the project of the use. Files that the body names are taken as they are. It is the same in \
     every environment: those enter its uses.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&parameter::KIND, &BODY])
.requires(&["body"])
.most(500)
.unused("no project uses it");

static BODY: Kind = Kind::new(
    "body",
    Class::Single,
    "What a project gets by a use. Components use each other at most 8 deep and never in a circle. All uses of a platform \
     together are at most 10000, with 100000 declarations and 8 MiB of text.",
)
.children(&[&service::KIND, &cron::KIND, &secret::KIND, &object::KIND, &usage::KIND]);

/// The components of a tree, by name.
#[derive(Debug, Default)]
pub struct Components<'a> {
    by_name: BTreeMap<&'a str, Component<'a>>,
    /// The uses in bodies that would lead in a circle, which has been reported.
    circles: BTreeSet<Span>,
}

/// A component, read and checked.
#[derive(Debug)]
pub struct Component<'a> {
    /// What it is called.
    name: Spanned<&'a str>,
    /// What a use gives or may give.
    parameters: Vec<Parameter<'a>>,
    /// What a use gets.
    items: Vec<Item<'a>>,
    /// The body with its braces.
    span: Span,
    /// The values of the body that are filled in.
    sites: Vec<Site<'a>>,
    /// How many declarations the body has, at any depth.
    nodes: usize,
}

/// Reads all components. What is wrong with one in itself is reported here, once.
pub fn declare<'a>(items: &[Item<'a>], sink: &mut Diagnostics) -> Components<'a> {
    let mut by_name: BTreeMap<&str, Component<'_>> = BTreeMap::new();
    for item in items {
        item.own_name(sink);
        let parameters = parameter::declare(item, sink);
        let Some(name) = item.name() else { continue };
        let component = body::declare(name, item.child(BODY.word), parameters, sink);
        by_name.entry(name.value).or_insert(component);
    }
    let mut components = Components { by_name, circles: BTreeSet::new() };
    components.circles = body::refuse_circles(&components, sink);
    components
}

impl<'a> Components<'a> {
    /// The component that a use names. One that nothing is called is reported where `sink` is told.
    fn find(&self, written: Spanned<&str>, sink: Option<&mut Diagnostics>) -> Option<&Component<'a>> {
        if let Some(found) = self.by_name.get(written.value) {
            return Some(found);
        }
        let known: Vec<&str> = self.by_name.keys().copied().collect();
        let (diagnostic, meant) = crate::language::reference::unknown(KIND.word, written, "", Some(&known));
        if let Some(sink) = sink {
            sink.report(diagnostic);
        }
        self.by_name.get(meant?)
    }

    /// Reports the components that no use leads to.
    fn report_unused(&self, used: &BTreeSet<&str>, sink: &mut Diagnostics) {
        for (name, component) in self.by_name.iter().filter(|(name, _)| !used.contains(*name)) {
            let message =
                format!("component {} is never used: {}", quote(name), KIND.unused.unwrap_or_default());
            sink.report(
                Diagnostic::new(Code::Unused, component.name.span, message).help("use it, or remove it"),
            );
        }
    }
}
