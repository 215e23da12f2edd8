//! What in a database is not as declared: the same comparison that migrations are made of, told instead of done.

use std::collections::BTreeSet;
use std::fmt;

use sqlx::postgres::PgConnection;

use crate::database::catalogue::{self, Live};
use crate::database::connection::Error;
use crate::render::postgres::change::{self, Change, OfTable};
use crate::render::postgres::schema::{Default, Policy, Privilege, Schema, Table, TableName};

/// Something that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What it is about: ``policy `users_read` of table `users` ``.
    pub about: String,
    /// What is the case, and what is declared.
    pub says: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.about, self.says)
    }
}

/// Holds a database against what is declared of it.
///
/// # Errors
///
/// The server could not be asked.
pub async fn verify(connection: &mut PgConnection, declared: &Schema) -> Result<Vec<Difference>, Error> {
    let live = catalogue::read(connection, declared).await?;
    let declared = catalogue::read_back(connection, declared).await?;
    Ok(between(live, &declared))
}

/// What is not as declared, in the order of what it is about.
fn between(live: Live, declared: &Schema) -> Vec<Difference> {
    let Live { mut schema, mut other, faults } = live;
    // No catalogue says what a function calls.
    for (name, function) in &mut schema.functions {
        function.calls = declared.functions.get(name).and_then(|it| it.calls.clone());
    }
    let mut found: Vec<Difference> =
        faults.into_iter().map(|(about, says)| Difference { about, says }).collect();
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
        if let Some((about, says)) = told(change, &schema, declared) {
            // What is there under the name, in a form that is not declared here.
            let says = match other.remove(&about) {
                Some(there) => format!("is `{there}`, which is not what is declared"),
                None => says,
            };
            found.push(Difference { about, says });
        }
    }
    found.extend(
        other
            .into_iter()
            .map(|(about, there)| Difference { about, says: format!("is not declared: {there}") }),
    );
    found.sort();
    found.dedup();
    found
}

const MISSING: &str = "is missing";
const NOT_DECLARED: &str = "is not declared";

/// What a change is about, and what is the case as long as it has not been made. `None` for the second half of one that
/// is told already.
fn told(change: &Change, live: &Schema, declared: &Schema) -> Option<(String, String)> {
    let told = match change {
        Change::CreateOwn => {
            (format!("schema `{}`", crate::render::postgres::schema::OWN), MISSING.to_owned())
        }
        Change::CreateRole(name, _) => (format!("role `{name}`"), MISSING.to_owned()),
        Change::CreateTable(name, _) => (format!("table `{name}`"), MISSING.to_owned()),
        Change::DropTable(name) => (format!("table `{name}`"), NOT_DECLARED.to_owned()),
        Change::Table(name, of) => {
            return of_table(name, of, live.tables.get(name)?, declared.tables.get(name)?);
        }
        Change::CreateFunction(name, function) => {
            let says = match live.functions.get(name) {
                None => MISSING.to_owned(),
                Some(live) if live.owner != function.owner => {
                    format!("runs as `{}`, declared is `{}`", live.owner, function.owner)
                }
                Some(live) if live.callers != function.callers => {
                    format!(
                        "may be called by {}, declared is {}",
                        listed(&live.callers),
                        listed(&function.callers)
                    )
                }
                Some(_) => "is another function than declared".to_owned(),
            };
            (format!("function `{}.{name}()`", crate::render::postgres::schema::OWN), says)
        }
        Change::DropFunction(name) => {
            (format!("function `{}.{name}()`", crate::render::postgres::schema::OWN), NOT_DECLARED.to_owned())
        }
    };
    Some(told)
}

fn of_table(name: &TableName, change: &OfTable, live: &Table, declared: &Table) -> Option<(String, String)> {
    let column = |column: &str| format!("column `{name}.{column}`");
    let of = |kind: &str, it: &str| format!("{kind} `{it}` of table `{name}`");
    let find = |table: &Table, column: &str| table.columns.iter().find(|it| it.name == column).cloned();
    Some(match change {
        OfTable::AddColumn(it) => (column(&it.name), MISSING.to_owned()),
        OfTable::DropColumn(it) => (column(it), NOT_DECLARED.to_owned()),
        OfTable::SetType { column: it, from, to } => (column(it), format!("is `{from}`, declared is `{to}`")),
        OfTable::SetDefault(it, default) => {
            let there = find(live, it)?.default;
            (
                column(it),
                format!(
                    "{}, declared is {}",
                    by_default(there.as_ref(), "has"),
                    by_default(default.as_ref(), "")
                ),
            )
        }
        OfTable::SetNotNull(it, true) => {
            (column(it), "may be without a value, and always has one as declared".to_owned())
        }
        OfTable::SetNotNull(it, false) => {
            (column(it), "always has a value, and may be without one as declared".to_owned())
        }
        OfTable::SetComment(it, comment) => {
            let said = |it: Option<&String>| it.map_or("nothing".to_owned(), |it| format!("`{it}`"));
            let there = find(live, it)?.comment;
            (
                column(it),
                format!("its comment says {}, declared is {}", said(there.as_ref()), said(comment.as_ref())),
            )
        }
        OfTable::AddConstraint { name: it, .. } => {
            let says =
                if live.constraints.contains_key(it) { "is another one than declared" } else { MISSING };
            (of("constraint", it), says.to_owned())
        }
        OfTable::DropConstraint(it) if declared.constraints.contains_key(it) => return None,
        OfTable::DropConstraint(it) => (of("constraint", it), NOT_DECLARED.to_owned()),
        OfTable::CreateIndex { name: it, .. } => {
            let says = if live.indexes.contains_key(it) { "is another one than declared" } else { MISSING };
            (of("index", it), says.to_owned())
        }
        OfTable::DropIndex(it) if declared.indexes.contains_key(it) => return None,
        OfTable::DropIndex(it) => (of("index", it), NOT_DECLARED.to_owned()),
        OfTable::CreatePolicy(it, policy) => {
            let says = live.policies.get(it).map_or(MISSING.to_owned(), |live| unlike(live, policy));
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

fn by_default(default: Option<&Default>, has: &str) -> String {
    let is = match default {
        None => "no default".to_owned(),
        Some(Default::Identity) => "the next number as default".to_owned(),
        Some(Default::Expression(it)) => format!("the default `{it}`"),
    };
    format!("{has} {is}").trim_start().to_owned()
}

/// In what a policy is not the one that is declared.
fn unlike(live: &Policy, declared: &Policy) -> String {
    // No `..`: what is new in a policy is told here.
    let Policy { is_restrictive, command, role, using, with_check } = declared;
    let kind = |it: bool| if it { "restrictive" } else { "permissive" };
    let word = |it: Option<Privilege>| it.map_or("all", Privilege::word);
    let rows = |it: Option<&String>| it.map_or("every row".to_owned(), |it| format!("`{it}`"));
    let mut unlike = Vec::new();
    if live.is_restrictive != *is_restrictive {
        unlike.push(format!("is {}, declared is {}", kind(live.is_restrictive), kind(*is_restrictive)));
    }
    if live.command != *command {
        unlike.push(format!("is for `{}`, declared is `{}`", word(live.command), word(*command)));
    }
    if live.role != *role {
        unlike.push(format!("is for the role `{}`, declared is `{role}`", live.role));
    }
    if live.using != *using {
        unlike.push(format!(
            "lets through {}, declared is {}",
            rows(live.using.as_ref()),
            rows(using.as_ref())
        ));
    }
    if live.with_check != *with_check {
        unlike.push(format!(
            "lets be written {}, declared is {}",
            rows(live.with_check.as_ref()),
            rows(with_check.as_ref())
        ));
    }
    unlike.join("; ")
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
