//! Whether an erasure leaves something of a person out, or waits for what is gone by then.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix, Severity};
use crate::language::database::Database;
use crate::language::database::key::References;
use crate::language::database::table::Table;
use crate::language::erasure::{Erasure, Wait, order};
use crate::language::name::Name;
use crate::language::obligation::Obligation;
use crate::language::value::postgres::Identifier;

/// Checks an erasure against its database.
pub fn check(
    database: &Database,
    erasure: &Erasure,
    obligations_of_all: &BTreeMap<Name, Obligation>,
    sink: &mut Diagnostics,
) {
    let obligations: Vec<&Obligation> = obligations_of_all
        .values()
        .filter(|it| it.database == database.name && erasure.refuse_while.contains_key(&it.name))
        .collect();
    let obliged = obliged(database, obligations_of_all);
    let pseudonymised: BTreeSet<&Identifier> = erasure.pseudonymise.iter().map(|it| &it.table).collect();
    let kept: BTreeSet<&Identifier> = obliged.union(&pseudonymised).copied().collect();
    let gone = order::check(erasure, &References::of(database), &kept, sink);
    for table in database.tables.values().filter(|it| is_of_people(it)) {
        if !gone.contains(&table.name) && !kept.contains(&table.name) {
            let message = format!("data of people in `{}` stays after they are erased", table.name);
            let diagnostic = Diagnostic::new(Code::ErasureIncomplete, erasure.span, message)
                .related(table.span, "declared here");
            let diagnostic = table.retain.iter().fold(diagnostic, |it, retain| {
                it.related(retain.span, "this is how long rows are kept at most, and no duty to keep them")
            });
            sink.report(diagnostic.help(
                "list it after `delete` or `pseudonymise`; what the law wants to be kept says so by an `obligation` with `at-least=`",
            ));
        }
    }
    for step in &erasure.pseudonymise {
        let Some(table) = database.tables.get(&step.table) else { continue };
        let personal: Vec<_> = table.columns.iter().filter(|it| it.personal).collect();
        if personal.is_empty() {
            let message = format!("nothing in `{}` is personal, so nothing is pseudonymised", table.name);
            sink.report(
                Diagnostic::new(Code::NothingPersonal, step.span, message)
                    .related(table.span, "declared here")
                    .help(
                        "mark the columns that are, by `personal=#true` and `erase=`, or leave the table out",
                    ),
            );
        }
        for column in personal.iter().filter(|it| it.erase.is_none()) {
            let message =
                format!("`{}` is personal, and what is left of it after erasure is not said", column.name);
            sink.report(
                Diagnostic::new(Code::PersonalWithoutErase, column.span, message)
                    .related(step.span, "pseudonymised here")
                    .help("add `erase=` with the value that every erased row gets, or `erase=\"null\"` for nothing"),
            );
        }
    }
    if let Some(wait) = &erasure.wait {
        check_wait(database, wait, &obligations, sink);
    }
}

/// The tables of a database whose rows the law wants to be kept, whoever is erased. How long rows are kept at most is no
/// reason to keep them.
pub fn obliged<'o>(
    database: &Database,
    obligations: &'o BTreeMap<Name, Obligation>,
) -> BTreeSet<&'o Identifier> {
    let owed = obligations.values().filter(|it| it.database == database.name && it.at_least.is_some());
    owed.map(|it| &it.table).collect()
}

/// Whether rows of a table hold data of people.
pub fn is_of_people(table: &Table) -> bool {
    table.columns.iter().any(|it| it.subject || it.personal)
}

fn check_wait(database: &Database, wait: &Wait, obligations: &[&Obligation], sink: &mut Diagnostics) {
    let Wait { time, after, span } = wait;
    let Some(table) = database.tables.get(&after.table) else { return };
    if table.subject().is_none() {
        let message = format!("a row of `{}` is no person's, so nobody is erased by its time", table.name);
        sink.report(
            Diagnostic::new(Code::NotOfPerson, *span, message)
                .related(table.span, "declared here")
                .help("name a column in the row of the person, whose id is marked `subject=#true`"),
        );
    }
    let column = table.column(&after.column);
    if let Some(column) = column.filter(|it| !it.nullable && it.column_type.is_time()) {
        let message = format!("`{after}` always has a time, so everybody would be erased");
        sink.report(
            Diagnostic::new(Code::EverybodyErased, *span, message)
                .related(column.span, "declared here")
                .help("name a column that has one only when somebody is to be erased: it is `nullable=#true`")
                .fix(Fix {
                    title: "let the column be without one".to_owned(),
                    edits: vec![Edit { span: column.span.after(), text: " nullable=#true".to_owned() }],
                }),
        );
    }
    if let Some(retain) = table.retain.as_ref().filter(|it| it.after == after.column && it.time < *time) {
        let message = format!(
            "rows of `{}` go after `{}`, and the erasure that they ask for waits `{time}`",
            table.name, retain.time
        );
        sink.report(
            Diagnostic::new(Code::RetainTooShort, retain.span, message)
                .related(*span, "it waits here")
                .help("nobody would be left to erase: keep the rows longer than the erasure waits"),
        );
    }
    for obligation in obligations {
        let Some(table) = database.tables.get(&obligation.table) else { continue };
        if let Some(retain) = table.retain.as_ref().filter(|it| it.time < *time) {
            let message = format!(
                "rows of `{}` go after `{}`, before the erasure that waits for obligation `{}` asks for them",
                table.name, retain.time, obligation.name
            );
            sink.report(
                Diagnostic::new(Code::RetainTooShort, retain.span, message)
                    .related(*span, "it waits here")
                    .help(format!("keep them at least `{time}`")),
            );
        }
    }
}

/// Says that nothing becomes of the data of people in a database.
pub fn none(database: &Database) -> Diagnostic {
    let message =
        format!("database `{}` has data of people, and no `erasure` says what becomes of it", database.name);
    let mut diagnostic = Diagnostic::new(Code::ErasureIncomplete, database.span, message);
    diagnostic.severity = Severity::Warning;
    diagnostic.help(format!(
        "write `erasure database=\"{}\"` with what is deleted, and what is pseudonymised",
        database.name
    ))
}
