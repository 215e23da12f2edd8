//! Changes in words: what is not so yet, as long as they have not been made.

use std::collections::BTreeSet;

use crate::render::postgres::change::{Change, OfTable, Renamed};
use crate::render::postgres::schema::{
    Constraint, Default, Index, OWN, Policy, Privilege, RowSecurity, Schema, Table, TableName,
};
use crate::render::postgres::statement;

const MISSING: &str = "is missing";
const NOT_DECLARED: &str = "is not declared";

/// What a change is about, and what is the case as long as it has not been made. `None` for the second half of one that
/// is told already.
pub fn told(change: &Change, before: &Schema, declared: &Schema) -> Option<(String, String)> {
    let told = match change {
        Change::CreateExtension(name) => (format!("extension `{name}`"), MISSING.to_owned()),
        Change::CreateOwn => (format!("schema `{OWN}`"), MISSING.to_owned()),
        Change::CreateRole(name, _) => (format!("role `{name}`"), MISSING.to_owned()),
        Change::CreateTable(name, _) => (format!("table `{name}`"), MISSING.to_owned()),
        Change::RenameTable { from, to } => (format!("table `{to}`"), format!("is still called `{from}`")),
        Change::DropTable(name) => (format!("table `{name}`"), NOT_DECLARED.to_owned()),
        Change::Table(name, of) => {
            // A table that is still called as it was has been told as that.
            return of_table(name, of, before.tables.get(name)?, declared.tables.get(name)?);
        }
        Change::CreateFunction(name, function) | Change::ReplaceFunction { name, function, .. } => {
            let says = match before.functions.get(name) {
                None => MISSING.to_owned(),
                Some(before) if before.owner != function.owner => {
                    format!("runs as `{}`, declared is `{}`", before.owner, function.owner)
                }
                Some(before) if !function.callers.is_subset(&before.callers) => {
                    format!(
                        "may be called by {}, declared is {}",
                        listed(&before.callers),
                        listed(&function.callers)
                    )
                }
                Some(_) => "is another function than declared".to_owned(),
            };
            (format!("function `{OWN}.{name}()`"), says)
        }
        Change::RevokeFunction { name, roles, .. } => (
            format!("function `{OWN}.{name}()`"),
            format!("may be called by {}, and may not as declared", listed(roles)),
        ),
        Change::DropFunction(name, _) => (format!("function `{OWN}.{name}()`"), NOT_DECLARED.to_owned()),
    };
    Some(told)
}

fn of_table(
    name: &TableName,
    change: &OfTable,
    before: &Table,
    declared: &Table,
) -> Option<(String, String)> {
    let column = |column: &str| format!("column `{name}.{column}`");
    let of = |kind: &str, it: &str| format!("{kind} `{it}` of table `{name}`");
    let find = |table: &Table, column: &str| table.columns.iter().find(|it| it.name == column).cloned();
    Some(match change {
        OfTable::Rename { what, from, to } => {
            let about = match what {
                Renamed::Column => column(to),
                Renamed::Constraint => of("constraint", to),
                Renamed::Index => of("index", to),
            };
            (about, format!("is still called `{from}`"))
        }
        OfTable::UseIndex { index, constraint } => {
            (of("constraint", constraint), format!("is only the unique index `{index}`"))
        }
        OfTable::SetRowSecurity { from, to } => {
            let says = match (from, to) {
                (RowSecurity::Off, _) => "row security is not enabled",
                (RowSecurity::Enabled, RowSecurity::Forced) => "row security is not forced",
                (_, RowSecurity::Off) => "row security is enabled, and is not as declared",
                (_, _) => "row security is forced, and is not as declared",
            };
            (format!("table `{name}`"), says.to_owned())
        }
        OfTable::AddColumn(it) => (column(&it.name), MISSING.to_owned()),
        OfTable::DropColumn(it) => (column(it), NOT_DECLARED.to_owned()),
        OfTable::SetType { column: it, from, to, .. } => {
            (column(it), format!("is `{from}`, declared is `{to}`"))
        }
        OfTable::SetDefault { column: it, from, to } => (
            column(it),
            format!("{}, declared is {}", by_default(from.as_ref(), "has"), by_default(to.as_ref(), "")),
        ),
        OfTable::SetNotNull(it, true) => {
            (column(it), "may be without a value, and always has one as declared".to_owned())
        }
        OfTable::SetNotNull(it, false) => {
            (column(it), "always has a value, and may be without one as declared".to_owned())
        }
        OfTable::SetComment(it, comment) => {
            (column(it), other_comment(find(before, it)?.comment.as_ref(), comment.as_ref()))
        }
        OfTable::SetTableComment(comment) => {
            (format!("table `{name}`"), other_comment(before.comment.as_ref(), comment.as_ref()))
        }
        OfTable::AddConstraint { name: it, constraint, .. } => {
            let says = match (before.constraints.get(it), constraint) {
                (None, _) => MISSING.to_owned(),
                (Some(Constraint::Check { expression }), Constraint::Check { expression: declared })
                    if expression != declared =>
                {
                    format!("lets through `{expression}`, declared is `{declared}`")
                }
                (Some(_), _) => "is another one than declared".to_owned(),
            };
            (of("constraint", it), says)
        }
        OfTable::DropConstraint(it) if declared.constraints.contains_key(it) => return None,
        OfTable::DropConstraint(it) => (of("constraint", it), NOT_DECLARED.to_owned()),
        OfTable::CreateIndex { name: it, index, .. } => {
            let says =
                before.indexes.get(it).map_or(MISSING.to_owned(), |before| unlike_index(before, index));
            (of("index", it), says)
        }
        OfTable::DropIndex(it) if declared.indexes.contains_key(it) => return None,
        OfTable::DropIndex(it) => (of("index", it), NOT_DECLARED.to_owned()),
        OfTable::CreatePolicy(it, policy) => {
            let says = before.policies.get(it).map_or(MISSING.to_owned(), |before| unlike(before, policy));
            (of("policy", it), says)
        }
        OfTable::DropPolicy(it) if declared.policies.contains_key(it) => return None,
        OfTable::DropPolicy(it) => (of("policy", it), NOT_DECLARED.to_owned()),
        OfTable::Grant(role, privileges) => (
            format!("table `{name}`"),
            format!("`{role}` may not {}, and may as declared", words(privileges)),
        ),
        OfTable::Revoke(role, privileges) => (
            format!("table `{name}`"),
            format!("`{role}` may {}, and may not as declared", words(privileges)),
        ),
    })
}

fn other_comment(there: Option<&String>, declared: Option<&String>) -> String {
    let said = |it: Option<&String>| it.map_or("nothing".to_owned(), |it| format!("`{it}`"));
    format!("its comment says {}, declared is {}", said(there), said(declared))
}

fn by_default(default: Option<&Default>, has: &str) -> String {
    let is = match default {
        None => "no default".to_owned(),
        Some(Default::Identity) => "the next number as default".to_owned(),
        Some(Default::Serial(sequence)) => format!("the next number of the sequence `{sequence}` as default"),
        Some(Default::Expression(it)) => format!("the default `{it}`"),
    };
    format!("{has} {is}").trim_start().to_owned()
}

/// In what a policy is not the one that is declared.
fn unlike(before: &Policy, declared: &Policy) -> String {
    // No `..`: what is new in a policy is told here.
    let Policy { is_restrictive, command, role, using, with_check } = declared;
    let kind = |it: bool| if it { "restrictive" } else { "permissive" };
    let word = |it: Option<Privilege>| it.map_or("all", Privilege::word);
    let rows = |it: Option<&String>| it.map_or("every row".to_owned(), |it| format!("`{it}`"));
    let mut unlike = Vec::new();
    if before.is_restrictive != *is_restrictive {
        unlike.push(format!("is {}, declared is {}", kind(before.is_restrictive), kind(*is_restrictive)));
    }
    if before.command != *command {
        unlike.push(format!("is for `{}`, declared is `{}`", word(before.command), word(*command)));
    }
    if before.role != *role {
        unlike.push(format!("is for the role `{}`, declared is `{role}`", before.role));
    }
    if before.using != *using {
        unlike.push(format!(
            "lets through {}, declared is {}",
            rows(before.using.as_ref()),
            rows(using.as_ref())
        ));
    }
    if before.with_check != *with_check {
        unlike.push(format!(
            "lets be written {}, declared is {}",
            rows(before.with_check.as_ref()),
            rows(with_check.as_ref())
        ));
    }
    unlike.join("; ")
}

/// In what an index is not the one that is declared.
fn unlike_index(before: &Index, declared: &Index) -> String {
    // No `..`: what is new in an index is told here.
    let Index { method, columns, lower, descending, is_unique, only } = declared;
    let mut unlike = Vec::new();
    if before.is_unique != *is_unique {
        let kind = |it: bool| if it { "unique" } else { "not unique" };
        unlike.push(format!("is {}, declared is {}", kind(before.is_unique), kind(*is_unique)));
    }
    if (before.method, &before.columns, &before.lower, &before.descending)
        != (*method, columns, lower, descending)
    {
        unlike.push(format!("is by `{}`, declared is `{}`", statement::by(before), statement::by(declared)));
    }
    if before.only != *only {
        let rows = |it: Option<&String>| it.map_or("every row".to_owned(), |it| format!("`{it}`"));
        unlike.push(format!("is of {}, declared is {}", rows(before.only.as_ref()), rows(only.as_ref())));
    }
    match unlike.is_empty() {
        true => "is another one than declared".to_owned(),
        false => unlike.join("; "),
    }
}

fn words(privileges: &BTreeSet<Privilege>) -> String {
    privileges.iter().map(|it| format!("`{}`", it.word())).collect::<Vec<_>>().join(", ")
}

fn listed(names: &BTreeSet<String>) -> String {
    match names.is_empty() {
        true => "nobody".to_owned(),
        false => names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "),
    }
}
