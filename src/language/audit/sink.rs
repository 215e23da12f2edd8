//! The `sink` declaration: where records go.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::channel::{self, Webhook};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::text::HttpsUrl;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "sink",
    Class::Named,
    "Where each record goes; the token service delivers it, in the order in which records are taken in, and tries again \
     until it has arrived. A webhook gets JSON with a signature.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<HttpsUrl>("webhook", "The address that records are posted to.")])
.children(&[&channel::SIGNATURE])
.requires(&["signature"])
.most(20);

/// Where records go, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sink {
    /// What it is called.
    pub name: Name,
    /// The place.
    pub to: Destination,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A place that records go to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A table of a database, one row for each record.
    Table {
        /// The database.
        database: Name,
        /// The table.
        table: String,
    },
    /// An address that each record is posted to.
    Webhook(Webhook),
}

/// Reads all sinks.
pub fn resolve<'a>(audit: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> BTreeMap<Name, Sink> {
    let sinks = audit.children(KIND.word).filter_map(|it| resolve_one(it, scope, sink));
    sinks.map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Sink> {
    let name = item.own_name(sink);
    let webhook = channel::resolve_webhook(item, scope, sink);
    Some(Sink { name: name?, to: Destination::Webhook(webhook?), span: item.span() })
}
