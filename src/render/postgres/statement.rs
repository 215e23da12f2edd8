//! Changes as SQL. Each statement says which lock it takes and of which table.

use std::collections::BTreeSet;
use std::fmt;

use crate::render::postgres::cast::{self, Cast};
use crate::render::postgres::change::{Change, OfTable, Renamed, primary_key};
use crate::render::postgres::copied;
use crate::render::postgres::quote::{self, ident, idents, joined, literal, qualified};
use crate::render::postgres::schema::{
    Column, Constraint, Default, ForeignKey, Function, Index, Language, Method, OWN, PUBLIC, Policy,
    Privilege, Role, RowSecurity, Table, TableName, Type, Volatility,
};

/// A statement and what it does to others while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text, without a semicolon.
    pub sql: String,
    /// A comment above it.
    pub note: Option<String>,
    /// The strongest lock that it takes, and of which table; `None` where it takes none that anybody could wait for.
    pub lock: Option<(Lock, TableName)>,
    /// Whether it can stand in a transaction.
    pub is_transactional: bool,
    /// What it does with the rows that are there.
    pub work: Work,
}

/// What a statement does with the rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing: it takes as long with many rows as with none.
    Short,
    /// It looks at every row, so no stronger lock of another statement may be held meanwhile.
    Looks,
    /// It writes every row anew.
    Rewrites,
}

/// A lock of a table (PostgreSQL, 13.3.1), the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Reading and writing go on; no two of these at once.
    ShareUpdateExclusive,
    /// Reading goes on, writing waits.
    Share,
    /// Reading goes on, writing waits; foreign keys take it.
    ShareRowExclusive,
    /// Everything waits.
    AccessExclusive,
}

impl fmt::Display for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        })
    }
}

impl Statement {
    fn free(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), note: None, lock: None, is_transactional: true, work: Work::Short }
    }

    fn locking(lock: Lock, table: &TableName, sql: impl Into<String>) -> Self {
        Self { lock: Some((lock, table.clone())), ..Self::free(sql) }
    }

    fn alone(lock: Lock, table: &TableName, sql: impl Into<String>) -> Self {
        Self { is_transactional: false, ..Self::locking(lock, table, sql) }
    }

    fn long(lock: Lock, table: &TableName, sql: impl Into<String>) -> Self {
        Self { work: Work::Looks, ..Self::locking(lock, table, sql) }
    }
}

/// The statements of a change, in their order.
pub fn of(change: &Change) -> Vec<Statement> {
    match change {
        Change::CreateExtension(name) => {
            let sql = format!("create extension if not exists {} with schema {PUBLIC}", ident(name));
            vec![Statement::free(sql)]
        }
        Change::CreateOwn => vec![Statement::free(format!("create schema if not exists {OWN}"))],
        Change::CreateRole(name, role) => create_role(name, *role),
        Change::CreateLogin(name) => vec![make_role(name, "login noinherit")],
        Change::GrantRoles(name, roles) => {
            let grant = |it: &String| format!("grant {} to {}", ident(it), ident(name));
            roles.iter().map(|it| Statement::free(grant(it))).collect()
        }
        Change::RevokeRoles(name, roles) => {
            let revoke = |it: &String| format!("revoke {} from {}", ident(it), ident(name));
            roles.iter().map(|it| Statement::free(revoke(it))).collect()
        }
        Change::CreateTable(name, table) => create_table(name, table),
        Change::CreateSchema(name) => {
            vec![Statement::free(format!("create schema if not exists {}", ident(name)))]
        }
        Change::GrantSchema(name, roles) => {
            let grant = |it: &String| format!("grant usage on schema {} to {}", ident(name), ident(it));
            roles.iter().map(|it| Statement::free(grant(it))).collect()
        }
        Change::RevokeSchema(name, roles) => {
            let revoke = |it: &String| format!("revoke usage on schema {} from {}", ident(name), ident(it));
            roles.iter().map(|it| Statement::free(revoke(it))).collect()
        }
        Change::CreateType(name, it) => vec![Statement::free(create_type(name, it))],
        Change::AddValue { of, value, before } => {
            let before = before.as_ref().map_or(String::new(), |it| format!(" before {}", literal(it)));
            let sql = format!(
                "alter type {PUBLIC}.{} add value if not exists {}{before}",
                ident(of),
                literal(value)
            );
            // No other statement of the transaction could speak of it.
            vec![Statement { work: Work::Looks, ..Statement::free(sql) }]
        }
        Change::SetCheck { of, from, to, tables } => set_check(of, from.as_deref(), to.as_deref(), tables),
        // That there is no way is told before anything is written.
        Change::ReplaceType { name, to, .. } => {
            vec![
                Statement::free(format!("drop type {PUBLIC}.{}", ident(name))),
                Statement::free(create_type(name, to)),
            ]
        }
        Change::DropType(name) => vec![Statement::free(format!("drop type {PUBLIC}.{}", ident(name)))],
        Change::RenameTable { from, to } => vec![Statement::locking(
            Lock::AccessExclusive,
            from,
            format!("alter table {} rename to {}", qualified(from), ident(&to.table)),
        )],
        Change::DropTable(name) => {
            vec![Statement::locking(Lock::AccessExclusive, name, format!("drop table {}", qualified(name)))]
        }
        Change::Table(table, of) => of_table(table, of),
        Change::CreateFunction(name, function) => create_function(name, function),
        Change::ReplaceFunction { name, types, function } => {
            let mut statements = vec![drop_function(name, types)];
            statements.extend(create_function(name, function));
            statements
        }
        Change::RevokeFunction { name, types, roles } => {
            let called = signature(name, types);
            let revoke = |it: &String| format!("revoke all on function {called} from {}", ident(it));
            roles.iter().map(|it| Statement::free(revoke(it))).collect()
        }
        Change::DropFunction(name, types) => vec![drop_function(name, types)],
    }
}

fn create_type(name: &str, it: &Type) -> String {
    let (plain, name) = (name, format!("{PUBLIC}.{}", ident(name)));
    match it {
        Type::Enum { values } => {
            let values: Vec<String> = values.iter().map(|it| literal(it)).collect();
            format!("create type {name} as enum ({})", values.join(", "))
        }
        Type::Domain { of, check: None } => format!("create domain {name} as {of}"),
        Type::Domain { of, check: Some(check) } => {
            format!("create domain {name} as {of} constraint {} check ({check})", ident(&check_of(plain)))
        }
    }
}

/// What the check of a domain is called.
pub fn check_of(domain: &str) -> String {
    joined(&[domain, "check"])
}

/// What is there is looked at by itself. Meanwhile nobody writes to the tables that have such values.
fn set_check(of: &str, from: Option<&str>, to: Option<&str>, tables: &BTreeSet<TableName>) -> Vec<Statement> {
    let (alter, check) = (format!("alter domain {PUBLIC}.{}", ident(of)), ident(&check_of(of)));
    let mut statements = Vec::new();
    if from.is_some() {
        statements.push(Statement::free(format!("{alter} drop constraint {check}")));
    }
    if let Some(to) = to {
        statements.push(Statement::free(format!("{alter} add constraint {check} check ({to}) not valid")));
        let validate = format!("{alter} validate constraint {check}");
        statements.push(match tables.first() {
            Some(table) => Statement::long(Lock::Share, table, validate),
            None => Statement::free(validate),
        });
    }
    statements
}

/// Roles are the server's: one may be there already, made for another database.
fn make_role(name: &str, how: &str) -> Statement {
    let create = literal(&format!("create role {} {how}", ident(name)));
    Statement::free(format!(
        "do $do$ begin\n    if not exists (select from pg_catalog.pg_roles where rolname = {}) then\n        execute {create};\n    end if;\nexception when duplicate_object or unique_violation then\n    null; -- another database has made it meanwhile\nend $do$",
        literal(name),
    ))
}

fn create_role(name: &str, role: Role) -> Vec<Statement> {
    let quoted = ident(name);
    let may = match role {
        Role::Application | Role::Caller | Role::ReadOnly | Role::Privacy => "usage",
        // Functions are handed over to it, which needs that it could make them.
        Role::Maintenance => "usage, create",
    };
    // Whoever migrates hands functions over to a role, which only its members can.
    let grant = format!("grant {quoted} to current_user");
    let use_own = format!("grant {may} on schema {OWN} to {quoted}");
    vec![make_role(name, "nologin"), Statement::free(grant), Statement::free(use_own)]
}

fn create_table(name: &TableName, table: &Table) -> Vec<Statement> {
    let key = primary_key(table).map(|(name, key)| constraint(&name, &key));
    let lines: Vec<String> = table.columns.iter().map(column).chain(key).collect();
    let on = |sql: String| Statement::locking(Lock::AccessExclusive, name, sql);
    let quoted = qualified(name);
    let serial = |it: fn(&TableName, &Column) -> Option<Statement>| {
        table.columns.iter().filter_map(move |column| it(name, column)).collect::<Vec<_>>()
    };
    let mut statements = serial(create_sequence);
    statements.push(on(format!("create table {quoted} (\n    {}\n)", lines.join(",\n    "))));
    statements.extend(serial(own_sequence));
    statements.extend(set_row_security(name, RowSecurity::Off, table.row_security));
    statements.extend(table.comment.as_deref().map(|it| comment_on_table(name, Some(it))));
    let commented = table.columns.iter().filter_map(|it| Some((it, it.comment.as_ref()?)));
    statements.extend(commented.map(|(column, text)| comment(name, &column.name, Some(text))));
    statements
}

/// What makes policies hold for those for whom they are to, once nobody or somebody else was bound.
fn set_row_security(table: &TableName, from: RowSecurity, to: RowSecurity) -> Vec<Statement> {
    let alter = |how: &str| {
        let sql = format!("alter table {} {how} row level security", qualified(table));
        Statement::locking(Lock::AccessExclusive, table, sql)
    };
    let how: &[&str] = match (from, to) {
        (RowSecurity::Off, RowSecurity::Forced) => &["enable", "force"],
        (RowSecurity::Off, RowSecurity::Enabled) => &["enable"],
        (RowSecurity::Enabled, RowSecurity::Forced) => &["force"],
        (RowSecurity::Forced, RowSecurity::Off) => &["no force", "disable"],
        (RowSecurity::Forced, RowSecurity::Enabled) => &["no force"],
        (RowSecurity::Enabled, RowSecurity::Off) => &["disable"],
        _ => &[],
    };
    how.iter().map(|it| alter(it)).collect()
}

/// The sequence by which a column counts, before the column.
fn create_sequence(_: &TableName, column: &Column) -> Option<Statement> {
    let Some(Default::Serial(sequence)) = &column.default else { return None };
    Some(Statement::free(format!("create sequence {} as {}", qualified(sequence), column.column_type)))
}

/// That it goes with the column.
fn own_sequence(table: &TableName, column: &Column) -> Option<Statement> {
    let Some(Default::Serial(sequence)) = &column.default else { return None };
    let (sequence, table, column) = (qualified(sequence), qualified(table), ident(&column.name));
    Some(Statement::free(format!("alter sequence {sequence} owned by {table}.{column}")))
}

/// A column that goes on counting where its sequence was, or behind the largest number there is, by a sequence of the same name.
fn serial_to_identity(table: &TableName, column: &str, sequence: &TableName) -> Statement {
    let (quoted, column, sequence) = (qualified(table), ident(column), qualified(sequence));
    let add = literal(&format!(
        "alter table {quoted} alter column {column} add generated by default as identity (sequence name {sequence} start with "
    ));
    let body = format!(
        "
declare
    next bigint;
begin
    lock table {quoted} in access exclusive mode;
    select greatest(s.last_value + s.is_called::int, (select coalesce(max({column}), 0) + 1 from {quoted})) into next from {sequence} as s;
    alter table {quoted} alter column {column} drop default;
    drop sequence {sequence};
    execute {add} || next || ')';
end
"
    );
    Statement::locking(Lock::AccessExclusive, table, format!("do {}", quote::body(&body)))
}

fn column(column: &Column) -> String {
    let Column { name, was: _, from: _, column_type, not_null, default, comment: _ } = column;
    let default = match default {
        None => String::new(),
        Some(Default::Identity) => " generated by default as identity".to_owned(),
        Some(Default::Serial(sequence)) => format!(" default {}", next_of(sequence)),
        Some(Default::Expression(expression)) => format!(" default {expression}"),
        Some(Default::Generated(expression)) => format!(" generated always as ({expression}) stored"),
    };
    let not_null = if *not_null { " not null" } else { "" };
    format!("{} {column_type}{default}{not_null}", ident(name))
}

fn next_of(sequence: &TableName) -> String {
    format!("nextval({}::regclass)", literal(&qualified(sequence)))
}

fn constraint(name: &str, constraint: &Constraint) -> String {
    let what = match constraint {
        Constraint::PrimaryKey { columns } => {
            format!("primary key ({})", idents(columns.iter().map(String::as_str)))
        }
        Constraint::Unique { columns } => format!("unique ({})", idents(columns.iter().map(String::as_str))),
        Constraint::ForeignKey(ForeignKey { columns, table, references, on_delete, on_update }) => {
            let then = [("delete", on_delete), ("update", on_update)];
            let then = then.iter().filter_map(|(on, it)| Some(format!(" on {on} {}", it.as_ref()?.word())));
            let [columns, references] = [columns, references].map(|it| idents(it.iter().map(String::as_str)));
            format!(
                "foreign key ({columns}) references {} ({references}){}",
                qualified(table),
                then.collect::<String>()
            )
        }
        Constraint::Check { expression } => format!("check ({expression})"),
    };
    format!("constraint {} {what}", ident(name))
}

fn comment_on_table(table: &TableName, text: Option<&str>) -> Statement {
    let text = text.map_or("null".to_owned(), literal);
    let sql = format!("comment on table {} is {text}", qualified(table));
    Statement::locking(Lock::ShareUpdateExclusive, table, sql)
}

fn comment(table: &TableName, column: &str, text: Option<&str>) -> Statement {
    let text = text.map_or("null".to_owned(), literal);
    let sql = format!("comment on column {}.{} is {text}", qualified(table), ident(column));
    Statement::locking(Lock::ShareUpdateExclusive, table, sql)
}

fn of_table(table: &TableName, change: &OfTable) -> Vec<Statement> {
    let quoted = qualified(table);
    let alter = |lock, what: String| Statement::locking(lock, table, format!("alter table {quoted} {what}"));
    let exclusive = |what: String| alter(Lock::AccessExclusive, what);
    match change {
        OfTable::AddColumn(it) => {
            let is_constant =
                !matches!(&it.default, Some(Default::Identity | Default::Serial(_) | Default::Generated(_)))
                    && !matches!(&it.default, Some(Default::Expression(it)) if is_volatile(it));
            let work = if is_constant { Work::Short } else { Work::Rewrites };
            let mut statements: Vec<Statement> = create_sequence(table, it).into_iter().collect();
            statements.push(Statement { work, ..exclusive(format!("add column {}", column(it))) });
            statements.extend(own_sequence(table, it));
            statements.extend(it.comment.as_deref().map(|text| comment(table, &it.name, Some(text))));
            statements
        }
        OfTable::DropColumn { column, kept_in: _ } => {
            vec![exclusive(format!("drop column {}", ident(column)))]
        }
        OfTable::CreateCopy(name, _) => vec![Statement::locking(
            Lock::ShareRowExclusive,
            table,
            format!(
                "create trigger {0} before insert or update on {quoted} for each row execute function {OWN}.{0}()",
                ident(name)
            ),
        )],
        OfTable::DropCopy(name) => {
            vec![Statement::locking(
                Lock::AccessExclusive,
                table,
                format!("drop trigger {} on {quoted}", ident(name)),
            )]
        }
        OfTable::Look(copied) => {
            vec![Statement { work: Work::Looks, ..Statement::free(copied::look(table, copied)) }]
        }
        OfTable::Fill { copied, .. } => vec![Statement {
            is_transactional: false,
            work: Work::Rewrites,
            note: Some(copied::note(table)),
            ..Statement::free(copied::fill(table, copied))
        }],
        OfTable::Rename { what, from, to } => {
            let (from, to) = (ident(from), ident(to));
            vec![match what {
                Renamed::Column => exclusive(format!("rename column {from} to {to}")),
                Renamed::Constraint => exclusive(format!("rename constraint {from} to {to}")),
                // The lock is that of the index; nobody waits for the table.
                Renamed::Index => Statement::free(format!(
                    "alter index {}.{from} rename to {to}",
                    if table.schema == PUBLIC || table.schema == OWN {
                        table.schema.clone()
                    } else {
                        ident(&table.schema)
                    }
                )),
            }]
        }
        OfTable::SetType { column, from, to, policies: (dropped, made) } => {
            let drop = dropped.iter().map(|it| drop_policy(table, it));
            let set = exclusive(format!("alter column {} type {to}", ident(column)));
            let work = if cast::between(from, to) == Cast::Free { Work::Short } else { Work::Rewrites };
            let set = Statement { work, ..set };
            let make = made.iter().map(|(name, it)| create_policy(table, name, it));
            drop.chain([set]).chain(make).collect()
        }
        OfTable::SetRowSecurity { from, to } => set_row_security(table, *from, *to),
        OfTable::UseIndex { index, constraint } => {
            let (index, constraint) = (ident(index), ident(constraint));
            vec![exclusive(format!("add constraint {constraint} unique using index {index}"))]
        }
        OfTable::SetDefault {
            column,
            from: Some(Default::Serial(sequence)),
            to: Some(Default::Identity),
        } => {
            vec![serial_to_identity(table, column, sequence)]
        }
        OfTable::SetDefault { column, from, to } => {
            let column = ident(column);
            let drop = (*from == Some(Default::Identity))
                .then(|| exclusive(format!("alter column {column} drop identity if exists")));
            let is_other = matches!((from, to), (Some(Default::Expression(_)), Some(Default::Identity)));
            let drop = match is_other {
                true => Some(exclusive(format!("alter column {column} drop default"))),
                false => drop,
            };
            let drop = match from {
                Some(Default::Generated(_)) if !matches!(to, Some(Default::Generated(_))) => {
                    Some(exclusive(format!("alter column {column} drop expression")))
                }
                _ => drop,
            };
            let set = match to {
                None if drop.is_some() => None,
                None => Some(format!("alter column {column} drop default")),
                Some(Default::Serial(it)) => {
                    Some(format!("alter column {column} set default {}", next_of(it)))
                }
                Some(Default::Expression(it)) => Some(format!("alter column {column} set default {it}")),
                Some(Default::Identity) => {
                    Some(format!("alter column {column} add generated by default as identity"))
                }
                // Since PostgreSQL 17; that it is another is told before anything is written.
                Some(Default::Generated(it)) => {
                    Some(format!("alter column {column} set expression as ({it})"))
                }
            };
            drop.into_iter().chain(set.map(exclusive)).collect()
        }
        OfTable::SetComment(column, text) => vec![comment(table, column, text.as_deref())],
        OfTable::SetTableComment(text) => vec![comment_on_table(table, text.as_deref())],
        OfTable::SetNotNull(column, false) => {
            vec![exclusive(format!("alter column {} drop not null", ident(column)))]
        }
        OfTable::SetNotNull(column, true) => set_not_null(table, column),
        OfTable::AddConstraint { name, constraint: it, is_new } => add_constraint(table, name, it, *is_new),
        OfTable::DropConstraint(name) => vec![exclusive(format!("drop constraint {}", ident(name)))],
        OfTable::CreateIndex { name, index, is_new } => vec![create_index(table, name, index, *is_new)],
        OfTable::DropIndex(name) => vec![Statement::alone(
            Lock::ShareUpdateExclusive,
            table,
            format!("drop index concurrently if exists {}", qualified(&beside(table, name))),
        )],
        OfTable::CreatePolicy(name, policy) => vec![create_policy(table, name, policy)],
        OfTable::DropPolicy(name) => vec![drop_policy(table, name)],
        OfTable::Grant(role, privileges) => {
            vec![Statement::free(format!("grant {} on {quoted} to {}", words(privileges), ident(role)))]
        }
        OfTable::Revoke(role, privileges) => {
            vec![Statement::free(format!("revoke {} on {quoted} from {}", words(privileges), ident(role)))]
        }
    }
}

fn drop_policy(table: &TableName, name: &str) -> Statement {
    let sql = format!("drop policy if exists {} on {}", ident(name), qualified(table));
    Statement::locking(Lock::AccessExclusive, table, sql)
}

/// Whether an expression of ours is another value for each row. `now()` is one for the whole statement.
pub fn is_volatile(expression: &str) -> bool {
    expression.contains("gen_random_uuid()")
}

fn words(privileges: &BTreeSet<Privilege>) -> String {
    privileges.iter().map(|it| it.word()).collect::<Vec<_>>().join(", ")
}

/// A constraint on a table with rows: what is there is looked at by itself, with a lock that lets others write.
fn add_constraint(table: &TableName, name: &str, it: &Constraint, is_new: bool) -> Vec<Statement> {
    let alter = format!("alter table {}", qualified(table));
    let add = |lock, end: &str| {
        Statement::locking(lock, table, format!("{alter} add {}{end}", constraint(name, it)))
    };
    match it {
        Constraint::ForeignKey(_) if is_new => vec![add(Lock::ShareRowExclusive, "")],
        Constraint::ForeignKey(_) => vec![
            add(Lock::ShareRowExclusive, " not valid"),
            Statement::long(
                Lock::ShareUpdateExclusive,
                table,
                format!("{alter} validate constraint {}", ident(name)),
            ),
        ],
        _ if is_new => vec![add(Lock::AccessExclusive, "")],
        Constraint::Check { .. } => vec![
            add(Lock::AccessExclusive, " not valid"),
            Statement::long(
                Lock::ShareUpdateExclusive,
                table,
                format!("{alter} validate constraint {}", ident(name)),
            ),
        ],
        Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
            let word = if matches!(it, Constraint::Unique { .. }) { "unique" } else { "primary key" };
            let columns = idents(columns.iter().map(String::as_str));
            vec![
                Statement::alone(
                    Lock::ShareUpdateExclusive,
                    table,
                    format!(
                        "create unique index concurrently {} on {} ({columns})",
                        ident(name),
                        qualified(table)
                    ),
                ),
                Statement::locking(
                    Lock::AccessExclusive,
                    table,
                    format!("{alter} add constraint {name} {word} using index {name}", name = ident(name)),
                ),
            ]
        }
    }
}

/// That a column always has a value is shown first by a check, whose rows are looked at while others write; PostgreSQL then takes
/// its word for it.
fn set_not_null(table: &TableName, column: &str) -> Vec<Statement> {
    let alter = format!("alter table {}", qualified(table));
    let check = ident(&joined(&[&table.table, column, "not_null"]));
    let column = ident(column);
    let exclusive =
        |what: String| Statement::locking(Lock::AccessExclusive, table, format!("{alter} {what}"));
    vec![
        exclusive(format!("add constraint {check} check ({column} is not null) not valid")),
        Statement::long(Lock::ShareUpdateExclusive, table, format!("{alter} validate constraint {check}")),
        exclusive(format!("alter column {column} set not null")),
        exclusive(format!("drop constraint {check}")),
    ]
}

fn create_index(table: &TableName, name: &str, index: &Index, is_new: bool) -> Statement {
    let Index { method: _, columns: _, lower: _, descending: _, is_unique, only } = index;
    let by = by(index);
    let what = if *is_unique { "unique index" } else { "index" };
    let how = if is_new { "" } else { " concurrently" };
    let only = only.as_ref().map_or(String::new(), |it| format!(" where {it}"));
    let sql = format!("create {what}{how} {} on {} using {by}{only}", ident(name), qualified(table));
    match is_new {
        true => Statement::locking(Lock::ShareRowExclusive, table, sql),
        false => Statement::alone(Lock::ShareUpdateExclusive, table, sql),
    }
}

/// How an index finds, and by what.
pub fn by(index: &Index) -> String {
    let Index { method, columns, lower, descending, is_unique: _, only: _ } = index;
    let column = |it: &String| {
        let how = if lower.contains(it) { format!("lower({})", ident(it)) } else { ident(it) };
        how + if descending.contains(it) { " desc" } else { "" }
    };
    let columns = columns.iter().map(column).collect::<Vec<_>>().join(", ");
    let method = match method {
        Method::Btree => "btree",
        Method::Gin => "gin",
    };
    format!("{method} ({columns})")
}

fn create_policy(table: &TableName, name: &str, policy: &Policy) -> Statement {
    let Policy { is_restrictive, command, role, using, with_check } = policy;
    let kind = if *is_restrictive { " as restrictive" } else { "" };
    let command = command.map_or("all", Privilege::word);
    let expressions = [("using", using), ("with check", with_check)];
    let expressions = expressions.into_iter().filter_map(|(word, it)| Some((word, it.as_ref()?)));
    let expressions: String = expressions.map(|(word, it)| format!("\n    {word} ({it})")).collect();
    let sql = format!(
        "create policy {} on {}{kind} for {command} to {}{expressions}",
        ident(name),
        qualified(table),
        ident(role)
    );
    Statement::locking(Lock::AccessExclusive, table, sql)
}

/// What lies in the schema of a table, as its indexes do.
fn beside(table: &TableName, name: &str) -> TableName {
    TableName { schema: table.schema.clone(), table: name.to_owned() }
}

fn create_function(name: &str, function: &Function) -> Vec<Statement> {
    let Function { arguments, returns, language, volatility, body, calls: _, owner, callers } = function;
    let (language, settings) = match language {
        Language::Sql => ("sql", ""),
        // What a day is, and how a time is written, is the same for every caller.
        Language::Plpgsql => ("plpgsql", " set timezone = 'UTC'"),
    };
    let volatility = match volatility {
        Volatility::Stable => "stable",
        Volatility::Volatile => "volatile",
    };
    let arguments: Vec<String> =
        arguments.iter().map(|it| format!("{} {}", ident(&it.name), it.argument_type)).collect();
    let called = signature(name, &function.types());
    let mut statements = vec![
        Statement::free(format!(
            "create or replace function {OWN}.{}({}) returns {returns}\n    language {language} {volatility} security definer set search_path = pg_catalog, pg_temp{settings}\n    as {}",
            ident(name),
            arguments.join(", "),
            quote::body(body)
        )),
        Statement::free(format!("revoke all on function {called} from public")),
    ];
    statements.extend(
        callers
            .iter()
            .map(|it| Statement::free(format!("grant execute on function {called} to {}", ident(it)))),
    );
    statements.push(Statement::free(format!("alter function {called} owner to {}", ident(owner))));
    statements
}

fn drop_function(name: &str, types: &[String]) -> Statement {
    Statement::free(format!("drop function {}", signature(name, types)))
}

/// A function as PostgreSQL knows it: by its name and the types of what it takes.
fn signature(name: &str, types: &[String]) -> String {
    format!("{OWN}.{}({})", ident(name), types.join(", "))
}
