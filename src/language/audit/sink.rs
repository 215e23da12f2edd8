//! The `sink` declaration: where records go.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::channel::{self, Webhook};
use crate::language::database::DatabaseId;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::reference::Scope;
use crate::language::value::postgres::Identifier;
use crate::language::value::text::HttpsUrl;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "sink",
    Class::Named,
    "Where each record goes: a table of a database, or a webhook, which gets JSON with a signature. The token service \
     delivers it, in the order in which records are taken in, and tries again until it has arrived. The table has a column \
     for each of the `fields`; one that is marked `subject` gets the id of the user whom the record is about. It adds rows \
     and nobody changes them.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::reference("database", "The database."),
    Field::optional::<Identifier>("table", "The table of the database."),
    Field::optional::<HttpsUrl>("webhook", "The address that records are posted to."),
])
.children(&[&channel::SIGNATURE])
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
        database: DatabaseId,
        /// The table.
        table: Spanned<Identifier>,
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
    let written = |word: &str| item.entry(word).is_some();
    let to = match (written("database") || written("table"), written("webhook")) {
        (true, false) => resolve_table(item, scope, sink),
        (false, true) => resolve_webhook(item, scope, sink),
        _ => {
            sink.report(reach::not_exactly_one(item, &["database", "webhook"]));
            None
        }
    };
    Some(Sink { name: name?, to: to?, span: item.span() })
}

fn resolve_table<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Destination> {
    for (word, other) in [("database", "table"), ("table", "database")] {
        if item.entry(word).is_none() {
            let message = format!("{} needs `{word}=` beside `{other}=`", item.described());
            sink.report(Diagnostic::new(Code::MissingField, item.span(), message).help(format!(
                "write it like `{word}=\"{}\"`",
                if word == "table" { "audit_log" } else { "platform" }
            )));
        }
    }
    if let Some(signature) = item.child(channel::SIGNATURE.word) {
        sink.report(
            Diagnostic::new(Code::UnexpectedBlock, signature.span(), "rows of a table carry no signature")
                .help("leave it out: who may write to the table stands in its database")
                .replace(signature.removal(), ""),
        );
    }
    let database = item.reference("database", sink).and_then(|it| scope.find("database", it, sink));
    let table = item.property::<Identifier>("table", sink);
    let key = database?;
    let database = DatabaseId { project: key.project.map(Name::trusted), name: Name::trusted(key.name) };
    Some(Destination::Table { database, table: table? })
}

fn resolve_webhook<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Destination> {
    if item.child(channel::SIGNATURE.word).is_none() {
        let message = format!("{} needs `signature` in its block", item.described());
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message)
                .help("write it like `signature secret=\"…\"`: anybody who finds the address could post to it otherwise"),
        );
    }
    channel::resolve_webhook(item, scope, sink).map(Destination::Webhook)
}
