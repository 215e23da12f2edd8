//! Statements as the files of migrations, in the format of sqlx: `0007_invoices.up.sql`, and `.down.sql` where going back loses
//! nothing.
//!
//! A file is one transaction, or, beginning with `-- no-transaction`, one statement. What looks at every row stands alone, so that no
//! lock that others wait for is held meanwhile. Each statement says above it which lock it takes, and of which table; a transaction
//! gives up after [`LOCK_TIMEOUT`] where it cannot have one, and can be run again.

use std::fmt::Write as _;

use crate::render::postgres::cast::{self, Cast};
use crate::render::postgres::change::{self, Change, OfTable};
use crate::render::postgres::rename;
use crate::render::postgres::schema::{Default, Schema};
use crate::render::postgres::statement::{self, Statement, Work};

/// How long a migration waits for a lock: others queue behind it.
pub const LOCK_TIMEOUT: &str = "2s";

/// How long a statement may take that does nothing with rows: longer, and something is wrong. What does takes as long as it takes.
const LONGEST: &str = "1min";

/// What sqlx takes as a sign that a file is run as it is, in its first bytes.
pub const NO_TRANSACTION: &str = "-- no-transaction";

/// One file, or two where there is a way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number: from 1, or behind the time by which another tool has numbered the one before it.
    pub number: i64,
    /// What it is called, in small letters with `_` between words.
    pub name: String,
    /// What makes the change.
    pub up: String,
    /// What takes it back without losing anything.
    pub down: Option<String>,
}

impl Migration {
    /// The name of its file.
    pub fn file(&self, direction: &str) -> String {
        format!("{:04}_{}.{direction}.sql", self.number, self.name)
    }
}

/// The migrations that make the second schema of the first, numbered from `first`.
/// `note` says what stands above the statements of a change.
pub fn between(
    before: &Schema,
    after: &Schema,
    first: i64,
    name: &str,
    note: &dyn Fn(&Change) -> Option<String>,
) -> Vec<Migration> {
    let changes = change::between(before, after);
    let files = files(&changes, note);
    let back = change::between(after, &rename::back(before, &changes));
    // A way back takes back all or nothing, so there is one where the whole is one file.
    let down = match files.as_slice() {
        [_] if lost(&changes).is_empty() && lost(&back).is_empty() && !begins_anew(&back) => {
            self::files(&back, &|_| None)
        }
        _ => Vec::new(),
    };
    let down = match down.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let is_one = files.len() == 1;
    let files = (first..).zip(files);
    files
        .map(|(number, up)| Migration {
            number,
            name: if is_one { name.to_owned() } else { format!("{name}_{}", number - first + 1) },
            up,
            down: down.clone(),
        })
        .collect()
}

/// What changes take away of what somebody may have written.
pub fn lost(changes: &[Change]) -> Vec<String> {
    let lost = changes.iter().filter_map(|it| match it {
        Change::DropTable(table) => Some(format!("table `{table}`")),
        Change::Table(table, OfTable::DropColumn { column, .. }) => {
            Some(format!("column `{table}.{column}`"))
        }
        Change::ReplaceType { name, .. } => Some(format!("values of type `{name}`")),
        Change::Table(table, OfTable::SetType { column, from, to, .. })
            if cast::between(from, to) >= Cast::Loses =>
        {
            Some(format!("what of column `{table}.{column}` is `{from}` and no `{to}`"))
        }
        Change::CreateExtension(_)
        | Change::CreateOwn
        | Change::CreateSchema(_)
        | Change::GrantSchema(..)
        | Change::RevokeSchema(..)
        | Change::CreateType(..)
        | Change::AddValue { .. }
        | Change::SetCheck { .. }
        | Change::DropType(_)
        | Change::CreateRole(..)
        | Change::CreateLogin(_)
        | Change::GrantRoles(..)
        | Change::RevokeRoles(..)
        | Change::RenameTable { .. }
        | Change::CreateTable(..)
        | Change::Table(..)
        | Change::CreateFunction(..)
        | Change::ReplaceFunction { .. }
        | Change::RevokeFunction { .. }
        | Change::DropFunction(..) => None,
    });
    lost.collect()
}

/// Whether a column with values would count from 1.
fn begins_anew(changes: &[Change]) -> bool {
    let is_so = |it: &Change| {
        matches!(
            it,
            Change::Table(_, OfTable::SetDefault { to: Some(Default::Identity | Default::Serial(_)), .. })
        )
    };
    changes.iter().any(is_so)
}

/// The texts of the files that make changes.
fn files(changes: &[Change], note: &dyn Fn(&Change) -> Option<String>) -> Vec<String> {
    let mut files = Vec::new();
    let mut transaction: Vec<Statement> = Vec::new();
    let end = |transaction: &mut Vec<Statement>, files: &mut Vec<String>| {
        if !transaction.is_empty() {
            files.push(in_transaction(transaction));
            transaction.clear();
        }
    };
    let statements = changes.iter().flat_map(|change| {
        let notes = std::iter::once(note(change)).chain(std::iter::repeat(None));
        statement::of(change).into_iter().zip(notes)
    });
    for (mut statement, note) in statements {
        if let Some(note) = note {
            statement.note = Some(note);
        }
        match (statement.is_transactional, statement.work == Work::Looks) {
            (true, false) => transaction.push(statement),
            (true, true) => {
                end(&mut transaction, &mut files);
                files.push(in_transaction(&[statement]));
            }
            (false, _) => {
                end(&mut transaction, &mut files);
                files.push(format!("{NO_TRANSACTION}\n{}", written(&statement)));
            }
        }
    }
    end(&mut transaction, &mut files);
    files
}

fn in_transaction(statements: &[Statement]) -> String {
    let mut text = String::new();
    let is_short = statements.iter().all(|it| it.work == Work::Short);
    let longest = if is_short { LONGEST } else { "0" };
    let _ = writeln!(
        text,
        "set local lock_timeout = '{LOCK_TIMEOUT}';\nset local statement_timeout = '{longest}';\n"
    );
    let statements: Vec<String> = statements.iter().map(written).collect();
    text + &statements.join("\n")
}

fn written(statement: &Statement) -> String {
    let Statement { sql, lock, note, is_transactional: _, work: _ } = statement;
    let note = note.as_ref().map_or(String::new(), |it| format!("{it}\n"));
    let lock = lock.as_ref().map_or(String::new(), |(lock, table)| format!("-- {lock} on {table}\n"));
    format!("{note}{lock}{sql};\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::postgres::schema::{Column, Constraint, Index, Method, Table, TableName};

    /// A table with columns of these types and these constraints.
    fn schema(columns: &[(&str, &str)], constraints: &[(&str, Constraint)]) -> Schema {
        let column = |(name, column_type): &(&str, &str)| Column {
            name: (*name).to_owned(),
            was: None,
            from: None,
            column_type: (*column_type).to_owned(),
            not_null: false,
            default: None,
            comment: None,
        };
        let table = Table {
            columns: columns.iter().map(column).collect(),
            constraints: constraints.iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect(),
            ..Table::default()
        };
        Schema { tables: [(TableName::public("courses"), table)].into(), ..Schema::default() }
    }

    fn check(before: &Schema, after: &Schema) -> String {
        let files = between(before, after, 2, "x", &|_| None).into_iter();
        files.map(|it| format!("== {}\n{}", it.file("up"), it.up)).collect()
    }

    fn held(expression: &str) -> Constraint {
        Constraint::Check { expression: expression.to_owned() }
    }

    #[test]
    fn a_check_looks_at_rows_while_others_write() {
        let before = schema(&[("seats", "smallint")], &[]);
        let after = schema(&[("seats", "smallint")], &[("courses_seats_check", held("\"seats\" > (0)"))]);
        insta::assert_snapshot!(check(&before, &after), @r#"
        == 0002_x_1.up.sql
        set local lock_timeout = '2s';
        set local statement_timeout = '1min';

        -- AccessExclusiveLock on courses
        alter table public."courses" add constraint "courses_seats_check" check ("seats" > (0)) not valid;
        == 0003_x_2.up.sql
        set local lock_timeout = '2s';
        set local statement_timeout = '0';

        -- ShareUpdateExclusiveLock on courses
        alter table public."courses" validate constraint "courses_seats_check";
        "#);
    }

    #[test]
    fn a_check_is_read_anew_for_a_new_type() {
        let of = |it: &str| schema(&[("seats", it)], &[("courses_seats_check", held("\"seats\" > (0)"))]);
        insta::assert_snapshot!(check(&of("smallint"), &of("integer")), @r#"
        == 0002_x_1.up.sql
        set local lock_timeout = '2s';
        set local statement_timeout = '0';

        -- AccessExclusiveLock on courses
        alter table public."courses" drop constraint "courses_seats_check";

        -- AccessExclusiveLock on courses
        alter table public."courses" alter column "seats" type integer;

        -- AccessExclusiveLock on courses
        alter table public."courses" add constraint "courses_seats_check" check ("seats" > (0)) not valid;
        == 0003_x_2.up.sql
        set local lock_timeout = '2s';
        set local statement_timeout = '0';

        -- ShareUpdateExclusiveLock on courses
        alter table public."courses" validate constraint "courses_seats_check";
        "#);
    }

    #[test]
    fn an_index_says_what_of_its_rows_and_columns_it_is_made() {
        let before = schema(&[("name", "text"), ("starts", "date")], &[]);
        let mut after = before.clone();
        let index = Index {
            lower: ["name".to_owned()].into(),
            descending: ["starts".to_owned()].into(),
            is_unique: true,
            only: Some("\"starts\" is not null".to_owned()),
            ..Index::plain(Method::Btree, vec!["name".to_owned(), "starts".to_owned()])
        };
        for table in after.tables.values_mut() {
            table.indexes.insert("found".to_owned(), index.clone());
        }
        insta::assert_snapshot!(check(&before, &after), @r#"
        == 0002_x.up.sql
        -- no-transaction
        -- ShareUpdateExclusiveLock on courses
        create unique index concurrently "found" on public."courses" using btree (lower("name"), "starts" desc) where "starts" is not null;
        "#);
    }
}
