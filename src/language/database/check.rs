//! The `check` of a table: what holds of each of its rows. It compares columns; SQL is not written here, for what a pull request
//! says would run in the database, and nobody could say beforehand what it does there.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::column::{Column, Default, Erase};
use crate::language::database::condition::{self, Saying};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::literal::Literal;
use crate::language::value::postgres::predicate::Predicate;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "check",
    Class::Named,
    "What holds of every row of the table, so that PostgreSQL refuses one of which it does not. A column without a value passes \
     every comparison; what cannot be said so is a constraint of a migration of your own, declared as `external`.",
)
.arguments(&[
    Field::required::<Identifier>("name", "What it is called; the name of the table stands before it in the database."),
    Field::required::<Predicate>(
        "condition",
        "What holds: comparisons of columns with values or with each other, `and` between them.",
    )
    .like("\"seats > 0\""),
])
.most(100);

/// A check as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// What it is called.
    pub name: Identifier,
    /// What holds of every row.
    pub condition: Predicate,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

const SAYING: Saying =
    Saying { code: Code::TableCondition, never: "no row could ever be added", always: "every row passes" };

/// Reads the checks of a table with these columns.
pub fn resolve(table: &Item<'_>, columns: &[Column], sink: &mut Diagnostics) -> Vec<Check> {
    let checks = table.children(KIND.word).filter_map(|item| {
        let name = item.argument::<Identifier>(0, sink);
        let condition = item.argument::<Predicate>(1, sink)?;
        let found = sink.len();
        condition::check(condition.as_ref(), &table.described(), columns, &SAYING, sink);
        if sink.len() == found {
            check_values(&condition, columns, sink);
        }
        Some(Check { name: name?.value, condition: condition.value, span: item.span() })
    });
    checks.collect()
}

/// Reports what is declared of columns and refused by a check.
fn check_values(condition: &Spanned<Predicate>, columns: &[Column], sink: &mut Diagnostics) {
    for test in &condition.value.0 {
        let Some(column) = columns.iter().find(|it| it.name == test.column) else { continue };
        let default = match &column.default {
            Some(Default::Value(value)) => Some(value),
            Some(Default::Identity | Default::Random | Default::Now) | None => None,
        };
        let erased = column.erase.as_ref().map(|it| match &it.value {
            Erase::Null => None,
            Erase::Value(value) => Some(value),
        });
        let told = |value: Option<&Literal>| value.map_or("nothing".to_owned(), |it| format!("`{it}`"));
        // Others may read two texts as one value, and one that looks wrong may be right.
        let is_plain = |value: Option<&Literal>| {
            !matches!(value, Some(Literal::Text(_))) || column.column_type.is_text()
        };
        let mut refuse = |what: &str, value: Option<&Literal>| {
            if test.refuses(value) && is_plain(value) {
                let message = format!("{} {what} of `{}`, and a check refuses it", told(value), column.name);
                sink.report(
                    Diagnostic::new(Code::ColumnValue, condition.span, message)
                        .related(column.span, "declared here")
                        .help("let the check allow it, or take another value there"),
                );
            }
        };
        if let Some(value) = default {
            refuse("is the default", Some(value));
        }
        if let Some(value) = erased {
            refuse("is left after an erasure", value);
        }
    }
}
