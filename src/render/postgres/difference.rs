//! What in a database is not as declared: the same comparison that migrations are made of, told instead of done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::render::postgres::change::{self, Change};
use crate::render::postgres::schema::{External, Schema, TableName};
use crate::render::postgres::subject::{Kind, Subject};
use crate::render::postgres::told;

/// What a database consists of.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What a declared schema has words for.
    pub schema: Schema,
    /// What it has no words for, and how it is made.
    pub other: BTreeMap<Subject, String>,
    /// What no database is to have, whatever is declared: what it is about, and what is the case.
    pub faults: Vec<(Subject, String)>,
}

/// Something that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// What is the case, and what is declared.
    pub says: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.subject, self.says)
    }
}

/// Reports each difference where that is declared which it is about.
pub fn report(database: &Database, found: &[Difference], sink: &mut Diagnostics) {
    for it in found {
        let place = it.subject.place(database);
        sink.report(Diagnostic::new(Code::DatabaseDiffers, place, it.to_string()));
    }
}

/// What is not as declared, in the order of how it reads.
pub fn between(live: Live, declared: &Schema) -> Vec<Difference> {
    let Live { mut schema, mut other, faults } = live;
    for (name, function) in &mut schema.functions {
        let Some(declared) = declared.functions.get(name) else { continue };
        // No catalogue says what a function calls, and what it gives is written in another way.
        function.calls.clone_from(&declared.calls);
        if plain(&function.returns) == plain(&declared.returns) {
            function.returns.clone_from(&declared.returns);
        }
    }
    for (name, table) in &mut schema.tables {
        let Some(declared) = declared.tables.get(name) else { continue };
        // Which columns are copied is said by the function, which is held against the declared one.
        for (name, copied) in &mut table.copies {
            if let Some(declared) = declared.copies.get(name) {
                copied.clone_from(declared);
            }
        }
    }
    let mut found: Vec<Difference> =
        faults.into_iter().map(|(subject, says)| Difference { subject, says }).collect();
    for external in &declared.external {
        if !take(external, &mut schema, &mut other) {
            let subject = Subject::of_external(external);
            found.push(Difference { subject, says: "is missing, and declared as `external`".to_owned() });
        }
    }
    let changes = change::between(&schema, declared);
    let whole: BTreeSet<&TableName> = changes
        .iter()
        .filter_map(|it| match it {
            Change::CreateTable(name, _) | Change::DropTable(name) => Some(name),
            _ => None,
        })
        .collect();
    for change in &changes {
        // Of a table that is missing, or one too many, nothing in it is worth a line.
        if matches!(change, Change::Table(name, _) if whole.contains(name)) {
            continue;
        }
        if let Some((subject, says)) = told::told(change, &schema, declared) {
            // What is there under the name, in a form that is not declared here.
            let says = match other.remove(&subject) {
                Some(there) => format!("is `{there}`, which is not what is declared"),
                None => says,
            };
            found.push(Difference { subject, says });
        }
    }
    found.extend(
        other
            .into_iter()
            .map(|(subject, there)| Difference { subject, says: format!("is not declared: {there}") }),
    );
    found.sort_by_cached_key(ToString::to_string);
    found.dedup();
    found
}

/// Takes what is external out of what is there; whether it was.
pub fn take(external: &External, schema: &mut Schema, other: &mut BTreeMap<Subject, String>) -> bool {
    let subject = Subject::of_external(external);
    let count = other.len();
    let is_listed = match &subject {
        // Its parts are external with it.
        Subject::Relation(Kind::Table, name) => {
            let is_part = |it: &Subject| matches!(it, Subject::Part(_, table, _) if table == name);
            let foreign = Subject::Relation(Kind::ForeignTable, name.clone());
            let was_there = other.remove(&foreign).is_some();
            other.retain(|it, _| !is_part(it));
            return schema.tables.remove(name).is_some() || was_there;
        }
        // All of its name, whatever each takes.
        Subject::Whole(Kind::Function, name) => {
            let begins = format!("{name}(");
            let is_one =
                |it: &Subject| matches!(it, Subject::Whole(Kind::Function, it) if it.starts_with(&begins));
            other.retain(|it, _| !is_one(it));
            false
        }
        Subject::Part(kind, table, name) => schema.tables.get_mut(table).is_some_and(|it| match kind {
            Kind::Column => {
                let count = it.columns.len();
                it.columns.retain(|it| it.name != *name);
                it.columns.len() < count
            }
            Kind::Default => {
                let column = it.columns.iter_mut().find(|it| it.name == *name);
                column.is_some_and(|it| it.default.take().is_some())
            }
            Kind::Constraint => it.constraints.remove(name).is_some(),
            Kind::Index => it.indexes.remove(name).is_some(),
            _ => false,
        }),
        Subject::Whole(Kind::Type, name) => schema.types.remove(name).is_some(),
        Subject::Relation(..) | Subject::Whole(..) => false,
    };
    other.remove(&subject);
    is_listed || other.len() < count
}

/// What a function gives, however it is written.
fn plain(returns: &str) -> String {
    let lower = returns.to_lowercase().replace("timestamp with time zone", "timestamptz");
    lower.chars().filter(|it| !it.is_whitespace() && *it != '"').collect()
}
