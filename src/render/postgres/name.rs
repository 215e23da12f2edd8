//! Names that two things of a database would have: those that are made of others may come to the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::language::database::column;
use crate::language::database::table::Table;
use crate::language::erasure::Erasure;
use crate::render::postgres::declared::{self, Named};
use crate::render::postgres::quote::joined;
use crate::render::postgres::schema::Constraint;
use crate::source::Span;

/// Reports names that PostgreSQL would refuse the second time. Tables, indexes, keys and counters are one kind of thing to it,
/// wherever in a schema they are; other constraints need a name of their own in their table alone.
pub fn check(database: &Database, erasure: Option<&Erasure>, sink: &mut Diagnostics) {
    let mut relations = Names::default();
    for table in database.tables.values() {
        relations.take(table.name.to_string(), format!("table `{}`", table.name), table.span, sink);
    }
    for table in database.tables.values() {
        let of = |kind: &str| format!("{kind} of table `{}`", table.name);
        let (mut own, mut keys) = (Names::default(), BTreeSet::new());
        for Named { name, made, span } in declared::constraints(database, table) {
            match made {
                Constraint::PrimaryKey { .. } => relations.take(name, of("the primary key"), span, sink),
                Constraint::Unique { .. } => relations.take(name, of("a key"), span, sink),
                // That one is declared twice has been reported.
                Constraint::ForeignKey(key) if keys.insert(key.columns.clone()) => {
                    own.take(name, of("a foreign key"), span, sink);
                }
                // The name of a check is made of one word, and none is declared twice.
                Constraint::ForeignKey(_) | Constraint::Check { .. } => {}
            }
        }
        for Named { name, made, span } in declared::indexes(database, erasure, table) {
            relations.take(name, of(if made.is_unique { "a key" } else { "an index" }), span, sink);
        }
        for (name, span) in counters(table) {
            relations.take(name, of("what counts up a column"), span, sink);
        }
    }
}

/// What counts up the columns of a table. One that is declared twice has been reported.
fn counters(table: &Table) -> BTreeMap<String, Span> {
    let counted = table.columns.iter().filter(|it| matches!(it.default, Some(column::Default::Identity)));
    counted.map(|it| (joined(&[table.name.as_str(), it.name.as_str(), "seq"]), it.span)).collect()
}

/// Names that are taken: by what, and where that is declared.
#[derive(Default)]
struct Names(BTreeMap<String, (String, Span)>);

impl Names {
    fn take(&mut self, name: String, of: String, span: Span, sink: &mut Diagnostics) {
        let Some((other, place)) = self.0.get(&name) else {
            self.0.insert(name, (of, span));
            return;
        };
        sink.report(
            Diagnostic::new(Code::RelationTwice, span, format!("`{name}` would be {of}, and is {other} already"))
                .related(*place, "declared here")
                .help("call one of their tables or columns otherwise; `was=\"…\"` says what it is called where it is there already"),
        );
    }
}
