//! What is declared of databases against the migrations that lie beside it, before any SQL is written or run.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::database::{Database, DatabaseId};
use crate::language::value::time::Date;
use crate::language::waive::{Safeguard, Waiver};
use crate::render::postgres::cast::{self, Cast};
use crate::render::postgres::change::{self, Change, OfTable, Renamed};
use crate::render::postgres::declared;
use crate::render::postgres::history::{self, Histories};
use crate::render::postgres::name;
use crate::render::postgres::schema::{Constraint, Default, RowSecurity, Schema, TableName, Type};
use crate::render::postgres::statement::is_volatile;
use crate::render::postgres::subject::Subject;
use crate::render::postgres::told::told;
use crate::source::Span;

/// Reports migrations that cannot be relied on, and declarations that are ahead of them. A database without any migration is
/// nobody's yet.
pub fn check(platform: &Platform, histories: &Histories, today: Option<Date>, sink: &mut Diagnostics) {
    for (project, database) in platform.all_databases() {
        let id = DatabaseId::declared(project, database);
        let folder = history::folder(&id);
        name::check(database, declared::erasure_of(platform, project, database), sink);
        match histories.0.get(&folder) {
            None => {}
            Some(Err(broken)) => sink.report(
                Diagnostic::new(Code::MigrationsBroken, database.span, broken.to_string())
                    .help("put the files back as they were in git; what two branches have added is numbered anew by hand, then `trackside migrate hash`"),
            ),
            // What is declared with a mistake in it is not what is meant, and neither is its difference from anything.
            Some(Ok(_)) if sink.fails() => {}
            Some(Ok(history)) => {
                let mut declared = declared::schema(platform, project, database);
                declared.keep_roles_of(&history.schema);
                let changes = change::between(&history.schema, &declared);
                report_missing(database, &folder, &changes, &history.schema, &declared, sink);
                report(database, &changes, today, sink);
            }
        }
    }
}

/// Says of each place what no migration makes.
fn report_missing(
    database: &Database,
    folder: &str,
    changes: &[Change],
    before: &Schema,
    after: &Schema,
    sink: &mut Diagnostics,
) {
    let mut places: BTreeMap<Span, Vec<(Subject, String)>> = BTreeMap::new();
    // Functions follow from tables: where these have changed, nobody wants to hear of them.
    let follows = |it: &&Change| {
        matches!(
            it,
            Change::CreateFunction(..)
                | Change::ReplaceFunction { .. }
                | Change::RevokeFunction { .. }
                | Change::DropFunction(..)
        )
    };
    let is_all = changes.iter().all(|it| follows(&it));
    for change in changes.iter().filter(|it| is_all || !follows(it)) {
        if let Some(it) = told(change, before, after) {
            places.entry(it.0.place(database)).or_default().push(it);
        }
    }
    for (span, told) in places {
        let (about, says) = &told[0];
        let more = match told.len() {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        let message = format!("the migrations are behind what is declared: {about} {says}{more}");
        let help = format!("`trackside migrate new NAME` writes it to `migrations/{folder}`");
        sink.report(Diagnostic::new(Code::MigrationMissing, span, message).help(help));
    }
}

/// Reports what changes do to rows that are there and to whoever uses them.
pub fn report(database: &Database, changes: &[Change], today: Option<Date>, sink: &mut Diagnostics) {
    let new: BTreeSet<&TableName> = changes
        .iter()
        .filter_map(|it| match it {
            Change::CreateTable(name, _) => Some(name),
            _ => None,
        })
        .collect();
    for change in changes {
        let found = match is_filled(change, changes) {
            true => of_copy(change, changes),
            false => findings(change, &new),
        };
        for Finding { safeguard, code, message, help } in found {
            let diagnostic = Diagnostic::new(code, Subject::of(change).place(database), message).help(help);
            let waiver = safeguard.and_then(|it| waiver(database, it, today));
            sink.report(match (waiver, safeguard) {
                (Some(waiver), _) => Diagnostic { waived: Some(waiver.to_waived()), ..diagnostic },
                (None, Some(safeguard)) => diagnostic.help(format!(
                    "where it must be: `waive \"{}\" {{ reason \"…\"; until \"…\"; owner team=\"…\" }}` in the database",
                    safeguard.word()
                )),
                (None, None) => diagnostic,
            });
        }
    }
}

/// Whether it is about a column that always has a value because another one has it, whoever writes the row.
fn is_filled(change: &Change, changes: &[Change]) -> bool {
    let (table, column) = match change {
        Change::Table(table, OfTable::SetNotNull(column, true)) => (table, column),
        Change::Table(table, OfTable::AddColumn(column)) => (table, &column.name),
        _ => return false,
    };
    let fills = |it: &Change| matches!(it, Change::Table(name, OfTable::Fill { copied, .. }) if name == table && copied.to == *column);
    changes.iter().any(fills)
}

/// What is to be said of a new column that gets what another one has.
fn of_copy(change: &Change, changes: &[Change]) -> Vec<Finding> {
    let Change::Table(table, OfTable::AddColumn(column)) = change else { return Vec::new() };
    let of = |it: &Change| match it {
        Change::Table(name, OfTable::Fill { copied, from, to })
            if name == table && copied.to == column.name =>
        {
            Some((copied.from.clone(), from.clone(), to.clone()))
        }
        _ => None,
    };
    let Some((old, from, to)) = changes.iter().find_map(of) else { return Vec::new() };
    match cast::between(&from, &to) {
        Cast::Free | Cast::Rewrites => Vec::new(),
        Cast::Loses => vec![Finding::loses(
            format!(
                "what of column `{table}.{old}` is `{from}` and no `{to}` is rounded, cut off or refused in `{}`",
                column.name
            ),
            "a type that holds all of it loses nothing",
        )],
        Cast::Missing => vec![Finding::breaks(
            format!(
                "the old version of a service may still write rows of `{table}` whose `{old}` is no `{to}`, and is refused"
            ),
            "let every version write what is one first; the migration looks at the rows that are there before it changes anything",
        )],
    }
}

/// What a migration says above a statement that a waiver accepts.
pub fn note(database: &Database, change: &Change, today: Option<Date>) -> Option<String> {
    let found = findings(change, &BTreeSet::new());
    let accepted = found.iter().find_map(|it| waiver(database, it.safeguard?, today))?;
    let Waiver { safeguard, reason, until, owner, .. } = accepted;
    // One line: a reason has no line breaks, and nothing of it is SQL.
    Some(format!("-- waived {}: {reason} ({owner}, until {until})", safeguard.word()))
}

fn waiver(database: &Database, safeguard: Safeguard, today: Option<Date>) -> Option<&Waiver> {
    let holds = |it: &&Waiver| {
        it.safeguard == safeguard && it.is_whole && today.is_none_or(|today| today <= it.until)
    };
    database.waivers.iter().find(holds)
}

/// What is to be said of a change.
struct Finding {
    safeguard: Option<Safeguard>,
    code: Code,
    message: String,
    help: String,
}

impl Finding {
    fn loses(message: String, help: impl Into<String>) -> Self {
        Self { safeguard: Some(Safeguard::KeptData), code: Code::MigrationLoses, message, help: help.into() }
    }

    fn locks(message: String, help: impl Into<String>) -> Self {
        Self {
            safeguard: Some(Safeguard::ShortLocks),
            code: Code::MigrationLocks,
            message,
            help: help.into(),
        }
    }

    fn breaks(message: String, help: impl Into<String>) -> Self {
        Self {
            safeguard: Some(Safeguard::CompatibleSchema),
            code: Code::MigrationBreaks,
            message,
            help: help.into(),
        }
    }

    fn impossible(message: String, help: impl Into<String>) -> Self {
        Self { safeguard: None, code: Code::MigrationImpossible, message, help: help.into() }
    }
}

fn findings(change: &Change, new: &BTreeSet<&TableName>) -> Vec<Finding> {
    match change {
        Change::DropTable(name) => vec![Finding::loses(
            format!("the rows of table `{name}` are lost: it is no longer declared"),
            "was it called otherwise before? Then write `was=\"…\"` at its new name",
        )],
        Change::RenameTable { from, to } => vec![Finding::breaks(
            format!("what still asks for table `{from}` finds nothing: it is called `{to}`"),
            "a service of the old version fails until the last one is gone",
        )],
        Change::Table(table, _) if new.contains(table) => Vec::new(),
        Change::Table(table, of) => of_table(table, of),
        Change::ReplaceType { name, from, to } => vec![Finding::impossible(
            match (from, to) {
                (Type::Enum { .. }, Type::Enum { .. }) => {
                    format!("values of type `{name}` are taken away or moved, and rows may have them")
                }
                _ => format!("type `{name}` becomes another one, and columns have it"),
            },
            "declare a new type, and a new column of it `from=` the old one; then take both old ones away",
        )],
        Change::SetCheck { of, to: Some(_), tables, .. } if !tables.is_empty() => {
            let tables: Vec<String> = tables.iter().map(|it| format!("`{it}`")).collect();
            vec![Finding::locks(
                format!(
                    "every value of type `{of}` is looked at, and meanwhile nobody writes to {}",
                    tables.join(", ")
                ),
                "write what holds as a `check` of each table: it is held against rows while others write",
            )]
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
        | Change::CreateTable(..)
        | Change::CreateFunction(..)
        | Change::ReplaceFunction { .. }
        | Change::RevokeFunction { .. }
        | Change::DropFunction(..) => Vec::new(),
    }
}

fn of_table(table: &TableName, change: &OfTable) -> Vec<Finding> {
    match change {
        OfTable::DropColumn { column, kept_in: Some(other) } => vec![Finding::breaks(
            format!(
                "what still asks for column `{table}.{column}` finds nothing: its values are in `{other}`"
            ),
            "take it away once no service of the old version is left",
        )],
        OfTable::DropColumn { column, kept_in: None } => vec![Finding::loses(
            format!("the values of column `{table}.{column}` are lost: it is no longer declared"),
            "was it called otherwise before? Then write `was=\"…\"` at its new name",
        )],
        OfTable::Rename { what: Renamed::Column, from, to } => vec![Finding::breaks(
            format!("what still asks for column `{table}.{from}` finds nothing: it is called `{to}`"),
            "a service of the old version fails until the last one is gone; a second column beside it, filled by both, does not",
        )],
        OfTable::AddColumn(column) => {
            let name = &column.name;
            match &column.default {
                Some(Default::Identity | Default::Serial(_)) => vec![Finding::locks(
                    format!(
                        "every row of `{table}` is written anew to count up `{name}`, with everybody waiting"
                    ),
                    format!(
                        "declare `{name}` without it, fill it little by little, and make it count from there on"
                    ),
                )],
                Some(Default::Generated(_)) => vec![Finding::locks(
                    format!(
                        "every row of `{table}` is written anew to compute `{name}`, with everybody waiting"
                    ),
                    format!(
                        "where rows are many, let services write `{name}`, or compute it in a query and declare an `index` for it"
                    ),
                )],
                Some(Default::Expression(it)) if is_volatile(it) => vec![Finding::locks(
                    format!(
                        "every row of `{table}` is written anew, each with another `{name}`, with everybody waiting"
                    ),
                    format!(
                        "declare `{name}` as `nullable=#true` without a default, fill it little by little, and then give it its default"
                    ),
                )],
                None if column.from.is_some() => vec![Finding::impossible(
                    format!(
                        "`{name}` takes the place of `{}`, and `{table}` has no such column",
                        column.from.as_deref().unwrap_or_default()
                    ),
                    "name the column whose values it is to have, which stays declared until every service writes the new one",
                )],
                None if column.not_null => vec![Finding::breaks(
                    format!(
                        "rows that are there have no `{name}`, and the old version of a service adds rows without it"
                    ),
                    format!(
                        "give it a `default=`, or begin with `nullable=#true`; with rows in `{table}` the migration fails"
                    ),
                )],
                _ => Vec::new(),
            }
        }
        OfTable::SetType { column, from, to, .. } => {
            let aside = format!(
                "declare a second column of the type `{to}` with `from=\"{column}\"`: it is filled and kept the same as long as both are declared; nobody waits, and nothing breaks"
            );
            let mut found = Vec::new();
            match cast::between(from, to) {
                Cast::Free => {}
                Cast::Missing => found.push(Finding::impossible(
                    format!("PostgreSQL does not turn `{from}` into `{to}` by itself, in column `{table}.{column}`"),
                    aside,
                )),
                cast => {
                    found.push(Finding::locks(
                        format!("every row of `{table}` is written anew, for `{column}` was `{from}`, with everybody waiting"),
                        aside,
                    ));
                    if cast == Cast::Loses {
                        found.push(Finding::loses(
                            format!("what of column `{table}.{column}` is `{from}` and no `{to}` is rounded, cut off or refused"),
                            "a type that holds all of it loses nothing",
                        ));
                    }
                }
            }
            found
        }
        OfTable::SetDefault { column, to: Some(Default::Generated(_)), .. } => vec![Finding::impossible(
            format!(
                "column `{table}.{column}` is computed from something else from now on, for which every PostgreSQL before 17 has no way"
            ),
            "declare a second column that is computed so, and take this one away",
        )],
        // It goes on counting.
        OfTable::SetDefault { from: Some(Default::Serial(_)), to: Some(Default::Identity), .. } => Vec::new(),
        OfTable::SetDefault { column, to: Some(Default::Identity), .. } => vec![Finding::impossible(
            format!("column `{table}.{column}` has values already, and would count from 1 all the same"),
            "declare a second column with `default=\"identity\"`, or write a migration of your own that says where to begin",
        )],
        OfTable::SetNotNull(column, true) => vec![Finding::breaks(
            format!(
                "the old version of a service may still write rows of `{table}` without `{column}`, and is refused"
            ),
            "let every version write it first; rows that are there without it make the migration fail",
        )],
        OfTable::AddConstraint { name, constraint: Constraint::Unique { .. }, .. } => {
            vec![no_longer_twice(table, name)]
        }
        OfTable::CreateIndex { name, index, .. } if index.is_unique => vec![no_longer_twice(table, name)],
        OfTable::AddConstraint { name, constraint: Constraint::Check { .. }, .. } => vec![Finding::breaks(
            format!(
                "the old version of a service may still write rows of `{table}` of which `{name}` does not hold, and is refused"
            ),
            "let every version write what holds first; rows that are there of which it does not hold make the migration fail",
        )],
        OfTable::SetRowSecurity { to: RowSecurity::Forced, .. } => vec![Finding::breaks(
            format!(
                "whoever asks for `{table}` by a role that is not declared sees none of its rows any more"
            ),
            "row security becomes forced, for its owner as well: let services ask by the application's role, or by that of a `caller`, first",
        )],
        OfTable::Rename { .. }
        | OfTable::UseIndex { .. }
        | OfTable::SetRowSecurity { .. }
        | OfTable::SetDefault { .. }
        | OfTable::CreateCopy(..)
        | OfTable::DropCopy(_)
        | OfTable::Look(_)
        | OfTable::Fill { .. }
        | OfTable::SetNotNull(..)
        | OfTable::SetComment(..)
        | OfTable::SetTableComment(_)
        | OfTable::AddConstraint { .. }
        | OfTable::DropConstraint(_)
        | OfTable::CreateIndex { .. }
        | OfTable::DropIndex(_)
        | OfTable::CreatePolicy(..)
        | OfTable::DropPolicy(_)
        | OfTable::Grant(..)
        | OfTable::Revoke(..) => Vec::new(),
    }
}

fn no_longer_twice(table: &TableName, name: &str) -> Finding {
    Finding::breaks(
        format!(
            "the old version of a service may still write rows of `{table}` that `{name}` keeps apart, and is refused"
        ),
        "let every version write what is different first; rows that are there and the same make the migration fail",
    )
}
