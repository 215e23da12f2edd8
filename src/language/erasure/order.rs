//! The order of an erasure, held against what refers to what.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::foreign_key::{Action, ForeignKey};
use crate::language::database::key::References;
use crate::language::database::table::Table;
use crate::language::erasure::{Erasure, Step};
use crate::language::value::postgres::Identifier;

/// Reports deletions that a foreign key forbids, and those that take along what is to stay. Returns the tables whose rows
/// are gone in the end.
pub fn check<'d>(
    erasure: &'d Erasure,
    references: &References<'d>,
    kept: &BTreeSet<&Identifier>,
    sink: &mut Diagnostics,
) -> BTreeSet<&'d Identifier> {
    let mut gone: BTreeSet<&Identifier> = BTreeSet::new();
    for step in &erasure.delete {
        if kept.contains(&step.table) {
            let message = format!("rows of `{}` are to stay, and are deleted here", step.table);
            sink.report(
                Diagnostic::new(Code::ErasureTakesMore, step.span, message)
                    .help("an obligation with `at-least=` or `pseudonymise` says that they stay: take one of the two away"),
            );
        }
        gone.insert(&step.table);
        let mut open = vec![&step.table];
        while let Some(parent) = open.pop() {
            for (child, key) in references.to(parent) {
                match key.on_delete {
                    Some(Action::SetNull) => {}
                    Some(Action::Cascade) => {
                        if gone.insert(&child.name) {
                            if kept.contains(&child.name) {
                                sink.report(takes_along(step, child, key));
                            }
                            open.push(&child.name);
                        }
                    }
                    // Rows of one person may well be what those of another refer to.
                    None | Some(Action::Restrict) if gone.contains(&child.name) && child.name != *parent => {}
                    None | Some(Action::Restrict) => {
                        sink.report(forbidden(erasure, step, parent, child, key));
                    }
                }
            }
        }
    }
    gone
}

fn takes_along(step: &Step, child: &Table, key: &ForeignKey) -> Diagnostic {
    let message = format!("rows of `{}` are to stay, and go with those of `{}`", child.name, step.table);
    Diagnostic::new(Code::ErasureTakesMore, step.span, message)
        .related(key.span, "they are deleted along here")
        .help("let the rows stay by `on-delete=\"set-null\"`, or pseudonymise what they refer to instead of deleting it")
}

fn forbidden(
    erasure: &Erasure,
    step: &Step,
    parent: &Identifier,
    child: &Table,
    key: &ForeignKey,
) -> Diagnostic {
    let refers = key.of(child);
    let along = match *parent == step.table {
        true => String::new(),
        false => format!(" with those of `{parent}`"),
    };
    let message =
        format!("rows of `{}` cannot be deleted{along} while `{refers}` refers to them", step.table);
    let diagnostic =
        Diagnostic::new(Code::ErasureOrder, step.span, message).related(key.span, "it refers to them here");
    if child.name == *parent {
        return diagnostic.help(format!(
            "a row of somebody else may refer to one that is deleted: say at `{refers}` what becomes of it, by `on-delete=\"set-null\"`"
        ));
    }
    let is_later = erasure.delete.iter().any(|it| it.table == child.name);
    diagnostic.help(match is_later {
        true => format!("put `{}` before `{}`", child.name, step.table),
        false => format!(
            "delete those of `{}` before, or say there what becomes of them, by `on-delete=`",
            child.name
        ),
    })
}
