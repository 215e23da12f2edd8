//! Changes in words: what is not so yet, as long as they have not been made.

use std::collections::BTreeSet;

use crate::render::postgres::change::{Change, OfTable};
use crate::render::postgres::schema::{
    Constraint, Default, Index, Policy, Privilege, RowSecurity, Schema, Table,
};
use crate::render::postgres::statement;
use crate::render::postgres::subject::Subject;

const MISSING: &str = "is missing";
const NOT_DECLARED: &str = "is not declared";

/// What a change is about, and what is the case as long as it has not been made. `None` for the second half of one that
/// is told already.
pub fn told(change: &Change, before: &Schema, declared: &Schema) -> Option<(Subject, String)> {
    let says = match change {
        Change::CreateExtension(_)
        | Change::CreateOwn
        | Change::CreateSchema(_)
        | Change::CreateType(..)
        | Change::CreateRole(..)
        | Change::CreateLogin(_)
        | Change::CreateTable(..) => MISSING.to_owned(),
        Change::GrantRoles(_, roles) => format!("may not take {}", listed(roles)),
        Change::RevokeRoles(_, roles) => format!("may take {}, and may not as declared", listed(roles)),
        Change::GrantSchema(_, roles) => format!("{} may not use what is in it", listed(roles)),
        Change::RevokeSchema(_, roles) => {
            format!("{} may use what is in it, and may not as declared", listed(roles))
        }
        Change::AddValue { value, .. } => format!("has no value `{value}`"),
        Change::SetCheck { from, to, .. } => {
            let lets =
                |it: &Option<String>| it.as_ref().map_or("every value".to_owned(), |it| format!("`{it}`"));
            format!("lets through {}, declared is {}", lets(from), lets(to))
        }
        Change::ReplaceType { .. } => "is another one than declared".to_owned(),
        Change::RenameTable { from, .. } => format!("is still called `{from}`"),
        Change::DropTable(_) | Change::DropType(_) | Change::DropFunction(..) => NOT_DECLARED.to_owned(),
        Change::Table(name, of) => {
            // A table that is still called as it was has been told as that.
            of_table(of, before.tables.get(name)?, declared.tables.get(name)?)?
        }
        Change::CreateFunction(name, function) | Change::ReplaceFunction { name, function, .. } => {
            match before.functions.get(name) {
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
            }
        }
        Change::RevokeFunction { roles, .. } => {
            format!("may be called by {}, and may not as declared", listed(roles))
        }
    };
    Some((Subject::of(change), says))
}

fn of_table(change: &OfTable, before: &Table, declared: &Table) -> Option<String> {
    let find = |table: &Table, column: &str| table.columns.iter().find(|it| it.name == column).cloned();
    Some(match change {
        OfTable::UseIndex { index, .. } => format!("is only the unique index `{index}`"),
        OfTable::SetRowSecurity { from, to } => match (from, to) {
            (RowSecurity::Off, _) => "row security is not enabled".to_owned(),
            (RowSecurity::Enabled, RowSecurity::Forced) => "row security is not forced".to_owned(),
            (_, RowSecurity::Off) => "row security is enabled, and is not as declared".to_owned(),
            (_, _) => "row security is forced, and is not as declared".to_owned(),
        },
        OfTable::Rename { from, .. } => format!("is still called `{from}`"),
        OfTable::AddColumn(_) | OfTable::CreateCopy(..) => MISSING.to_owned(),
        OfTable::DropCopy(it) if declared.copies.contains_key(it) => return None,
        OfTable::DropColumn { .. } | OfTable::DropCopy(_) => NOT_DECLARED.to_owned(),
        // That the trigger is missing says as much.
        OfTable::Look(_) | OfTable::Fill { .. } => return None,
        OfTable::SetType { from, to, .. } => format!("is `{from}`, declared is `{to}`"),
        OfTable::SetDefault { from, to, .. } => {
            format!("{}, declared is {}", by_default(from.as_ref(), "has"), by_default(to.as_ref(), ""))
        }
        OfTable::SetNotNull(_, true) => "may be without a value, and always has one as declared".to_owned(),
        OfTable::SetNotNull(_, false) => "always has a value, and may be without one as declared".to_owned(),
        OfTable::SetComment(it, comment) => {
            other_comment(find(before, it)?.comment.as_ref(), comment.as_ref())
        }
        OfTable::SetTableComment(comment) => other_comment(before.comment.as_ref(), comment.as_ref()),
        OfTable::AddConstraint { name: it, constraint, .. } => {
            match (before.constraints.get(it), constraint) {
                (None, _) => MISSING.to_owned(),
                (Some(Constraint::Check { expression }), Constraint::Check { expression: declared })
                    if expression != declared =>
                {
                    format!("lets through `{expression}`, declared is `{declared}`")
                }
                (Some(_), _) => "is another one than declared".to_owned(),
            }
        }
        OfTable::DropConstraint(it) if declared.constraints.contains_key(it) => return None,
        OfTable::DropIndex(it) if declared.indexes.contains_key(it) => return None,
        OfTable::DropPolicy(it) if declared.policies.contains_key(it) => return None,
        OfTable::DropConstraint(_) | OfTable::DropIndex(_) | OfTable::DropPolicy(_) => {
            NOT_DECLARED.to_owned()
        }
        OfTable::CreateIndex { name: it, index, .. } => {
            before.indexes.get(it).map_or(MISSING.to_owned(), |before| unlike_index(before, index))
        }
        OfTable::CreatePolicy(it, policy) => {
            before.policies.get(it).map_or(MISSING.to_owned(), |before| unlike(before, policy))
        }
        OfTable::Grant(role, privileges) => {
            format!("`{role}` may not {}, and may as declared", words(privileges))
        }
        OfTable::Revoke(role, privileges) => {
            format!("`{role}` may {}, and may not as declared", words(privileges))
        }
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
        Some(Default::Generated(it)) => format!("what `{it}` gives"),
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
