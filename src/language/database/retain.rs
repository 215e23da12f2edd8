//! Retention: how long the rows of a table are kept.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::language::database::column::Column;
use crate::language::database::foreign_key::{Action, ForeignKey};
use crate::language::database::key::References;
use crate::language::database::table::Table;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::Identifier;
use crate::language::value::time::{Days, Duration, as_days};
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "retain",
    Class::Single,
    "How long rows are kept at most: they are deleted this long after the time in a column, by a function that migrations make and \
     a scheduler calls. Rows without a time there stay, and so do those of which an `obligation` holds or whose person is under a legal \
     hold. That the law wants them kept is said by an `obligation` with `at-least=`; this keeps nothing from an erasure.",
)
.arguments(&[Field::required::<Days>("time", "How long.").unit(as_days)])
.properties(&[Field::required::<Identifier>("after", "A column with a time.")]);

/// How long rows are kept.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Retain {
    /// How long, in whole days.
    pub time: Duration,
    /// The column with the time from which it counts.
    pub after: Identifier,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads how long the rows of a table are kept. `find` looks a column of it up.
pub fn resolve(
    table: &Item<'_>,
    columns: &[Column],
    find: impl FnOnce(Spanned<&Identifier>, &mut Diagnostics) -> Option<Identifier>,
    sink: &mut Diagnostics,
) -> Option<Retain> {
    let item = table.child(KIND.word)?;
    let time = item.argument::<Days>(0, sink);
    let after = item.property::<Identifier>("after", sink);
    let after = after?;
    let column = find(after.as_ref(), sink)?;
    if let Some(column) = columns.iter().find(|it| it.name == column && !it.column_type.is_time()) {
        let message = format!("`{}` is `{}`, and no time", column.name, column.column_type);
        sink.report(
            Diagnostic::new(Code::NoTime, after.span, message)
                .related(column.span, "declared here")
                .help("name a column with the time from which it counts, as in `timestamptz`"),
        );
    }
    Some(Retain { time: time?.value.into(), after: column, span: item.span() })
}

/// Checks what retention takes along, and what keeps it from doing anything.
pub fn check(database: &Database, sink: &mut Diagnostics) {
    let references = References::of(database);
    for table in database.tables.values() {
        let Some(retain) = &table.retain else { continue };
        let mut gone = BTreeSet::from([&table.name]);
        let mut open = vec![table];
        while let Some(parent) = open.pop() {
            for (child, key) in references.to(&parent.name) {
                match key.on_delete {
                    Some(Action::SetNull) => {}
                    Some(Action::Cascade) => {
                        if gone.insert(&child.name) {
                            check_taken_along(table, retain, child, key.span, sink);
                            open.push(child);
                        }
                    }
                    // What is deleted sooner is in nobody's way; a row of the same table may be younger than the one that it
                    // refers to.
                    None | Some(Action::Restrict)
                        if child.name != parent.name
                            && child.retain.as_ref().is_some_and(|it| it.time <= retain.time) => {}
                    None | Some(Action::Restrict) => sink.report(blocked(table, retain, parent, child, key)),
                }
            }
        }
    }
}

fn check_taken_along(table: &Table, retain: &Retain, child: &Table, reference: Span, sink: &mut Diagnostics) {
    let Some(own) = child.retain.as_ref().filter(|it| it.time > retain.time) else { return };
    let message = format!(
        "rows of `{}` are kept `{}`, and go with those of `{}` after `{}`",
        child.name, own.time, table.name, retain.time
    );
    sink.report(
        Diagnostic::new(Code::RetainTooShort, retain.span, message)
            .related(own.span, "kept longer here")
            .related(reference, "deleted along here")
            .help("keep both as long, or let the rows stay by `on-delete=\"set-null\"`"),
    );
}

fn blocked(table: &Table, retain: &Retain, parent: &Table, child: &Table, key: &ForeignKey) -> Diagnostic {
    let refers = key.of(child);
    let message = match parent.name == table.name {
        true => format!("rows of `{}` cannot be deleted while `{refers}` refers to them", table.name),
        false => format!(
            "rows of `{}` cannot be deleted: those of `{}` go along, and `{refers}` refers to them",
            table.name, parent.name
        ),
    };
    let diagnostic =
        Diagnostic::new(Code::RetainBlocked, retain.span, message).related(key.span, "declared here");
    let diagnostic = match &child.retain {
        _ if child.name == parent.name => {
            diagnostic.help("a younger row may refer to one whose time is over")
        }
        Some(longer) => diagnostic.related(longer.span, "kept longer here").help(format!(
            "keep `{}` as long as `{}`, by `retain \"{}\"`",
            table.name, child.name, longer.time
        )),
        None => diagnostic.help(format!(
            "say by `retain` in `{}` that its rows are kept no longer than `{}`",
            child.name, retain.time
        )),
    };
    diagnostic.help(format!(
        "or say at `{refers}` what becomes of the row: `on-delete=\"set-null\"` keeps it, `\"cascade\"` deletes it along"
    ))
}
