//! Conditions on rows: whether the columns that one asks for are there, and can be asked so.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::column::Column;
use crate::language::reference;
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::predicate::{Holds, Predicate, Test};
use crate::language::value::refusal::literal;
use crate::source::Spanned;

/// What is said of a condition where it stands.
pub struct Saying {
    /// What cannot be asked is reported as this.
    pub code: Code,
    /// What follows from a condition that never holds: "nobody is ever bound".
    pub never: &'static str,
    /// What follows from one that always holds: "every row binds".
    pub always: &'static str,
}

/// Reports columns that a table does not have, and values that they cannot have.
pub fn check(
    predicate: Spanned<&Predicate>,
    table: &str,
    columns: &[Column],
    saying: &Saying,
    sink: &mut Diagnostics,
) {
    for test in &predicate.value.0 {
        let missing = test.columns().find(|it| columns.iter().all(|column| column.name != **it));
        if let Some(missing) = missing {
            report_missing(missing, predicate, table, columns, sink);
            continue;
        }
        if let Some((message, help)) = wrong(test, columns, saying) {
            sink.report(Diagnostic::new(saying.code, predicate.span, message).help(help));
        }
    }
}

fn report_missing(
    missing: &Identifier,
    predicate: Spanned<&Predicate>,
    table: &str,
    columns: &[Column],
    sink: &mut Diagnostics,
) {
    let known: Vec<&str> = columns.iter().map(|it| it.name.as_str()).collect();
    let typed = Spanned::new(missing.as_str(), predicate.span);
    let known = (sink.len() < reference::MOST_GUESSES).then_some(&*known);
    let (diagnostic, meant) = reference::unknown("column", typed, &format!(" in {table}"), known);
    // The place is that of the whole condition.
    let diagnostic = Diagnostic { fixes: Vec::new(), ..diagnostic };
    let meant = meant.and_then(|it| Identifier::read(it).ok());
    sink.report(match meant.map(|it| predicate.value.with_column(missing, &it)) {
        Some(mended) => diagnostic.replace(predicate.span, literal(&mended.to_string())),
        None => diagnostic,
    });
}

/// Why a test cannot be asked of its columns, which are there.
fn wrong(test: &Test, columns: &[Column], saying: &Saying) -> Option<(String, &'static str)> {
    let asked: Vec<&Column> =
        test.columns().filter_map(|it| columns.iter().find(|column| column.name == *it)).collect();
    let column = asked.first()?;
    let (name, column_type) = (&column.name, &column.column_type);
    if let Some(hidden) = asked.iter().find(|it| it.encrypted) {
        let message = format!("`{}` is encrypted, and the database cannot look into it", hidden.name);
        return Some((message, "ask for a column that is not encrypted"));
    }
    let has_values = !matches!(test.holds, Holds::IsNull | Holds::IsNotNull);
    if let Some(other) = asked.iter().find(|it| has_values && !it.column_type.is_comparable()) {
        let message = format!("`{}` is `{}`, whose values cannot be compared", other.name, other.column_type);
        return Some((message, "ask for another column, or for `is null`"));
    }
    let nullable = "let the column be without one by `nullable=#true`, or ask for something else";
    match &test.holds {
        Holds::IsNull if !column.nullable => {
            Some((format!("`{name}` always has a value, so {}", saying.never), nullable))
        }
        Holds::IsNotNull if !column.nullable => {
            Some((format!("`{name}` always has a value, so {}", saying.always), nullable))
        }
        Holds::IsNull | Holds::IsNotNull => None,
        Holds::ComparesColumn(..) => {
            let other = asked.get(1)?;
            (!column_type.matches(&other.column_type) || other.name == *name).then(|| {
                let message = match other.name == *name {
                    true => format!("`{name}` is compared with itself"),
                    false => {
                        format!(
                            "`{name}` is `{column_type}`, and `{}` is `{}`",
                            other.name, other.column_type
                        )
                    }
                };
                (message, "compare it with another column of its type, or with a value in `'…'`")
            })
        }
        Holds::Compares(_, value) => unfit(column, std::slice::from_ref(value)),
        Holds::In(values) => unfit(column, values),
    }
}

/// Why a column cannot have one of these values.
fn unfit(
    column: &Column,
    values: &[crate::language::value::postgres::literal::Literal],
) -> Option<(String, &'static str)> {
    let value = values.iter().find(|it| !column.column_type.holds(it))?;
    let message = format!("`{value}` is no value of `{}`, which is `{}`", column.name, column.column_type);
    let help = "compare it with a value of its type; texts, times and numbers with a fraction stand in `'…'`";
    Some((message, help))
}
