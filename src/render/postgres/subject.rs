//! What something is said of: in words, and as the place where it is declared.

use std::fmt;

use crate::language::database::column::Column;
use crate::language::database::table::Table;
use crate::language::database::{Database, external};
use crate::render::postgres::change::{Change, OfTable, Renamed};
use crate::render::postgres::declared;
use crate::render::postgres::quote::joined;
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{External, OWN, TableName};
use crate::source::Span;

/// What a change, or a difference, is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// What is of a whole database. A function is called with what it takes.
    Whole(Kind, String),
    /// What has rows, or looks as if it had some.
    Relation(Kind, TableName),
    /// What belongs to a table.
    Part(Kind, TableName, String),
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A column.
    Column,
    /// A constraint.
    Constraint,
    /// The database itself.
    Database,
    /// What a column is in a new row that does not say.
    Default,
    /// An extension.
    Extension,
    /// A table that is somewhere else.
    ForeignTable,
    /// A function.
    Function,
    /// An index.
    Index,
    /// A view whose rows are kept.
    MaterializedView,
    /// A policy.
    Policy,
    /// A role.
    Role,
    /// A schema.
    Schema,
    /// A table.
    Table,
    /// A trigger, or a rule.
    Trigger,
    /// A type.
    Type,
    /// A view.
    View,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Database => "database",
            Self::Default => "default",
            Self::Extension => "extension",
            Self::ForeignTable => "foreign table",
            Self::Function => "function",
            Self::Index => "index",
            Self::MaterializedView => "materialized view",
            Self::Policy => "policy",
            Self::Role => "role",
            Self::Schema => "schema",
            Self::Table => "table",
            Self::Trigger => "trigger or rule",
            Self::Type => "type",
            Self::View => "view",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(kind, name) => write!(formatter, "{} `{name}`", kind.word()),
            Self::Relation(kind, name) => write!(formatter, "{} `{name}`", kind.word()),
            Self::Part(Kind::Column, table, name) => write!(formatter, "column `{table}.{name}`"),
            Self::Part(Kind::Default, table, name) => write!(formatter, "default of column `{table}.{name}`"),
            Self::Part(kind, table, name) => {
                write!(formatter, "{} `{name}` of table `{table}`", kind.word())
            }
        }
    }
}

impl Subject {
    /// What a change is about.
    pub fn of(change: &Change) -> Self {
        let whole = |kind: Kind, name: &str| Self::Whole(kind, name.to_owned());
        match change {
            Change::CreateExtension(name) => whole(Kind::Extension, name),
            Change::CreateOwn => whole(Kind::Schema, OWN),
            Change::CreateSchema(name) | Change::GrantSchema(name, _) | Change::RevokeSchema(name, _) => {
                whole(Kind::Schema, name)
            }
            Change::CreateType(name, _)
            | Change::AddValue { of: name, .. }
            | Change::SetCheck { of: name, .. }
            | Change::ReplaceType { name, .. }
            | Change::DropType(name) => whole(Kind::Type, name),
            Change::CreateRole(name, _)
            | Change::CreateLogin(name)
            | Change::GrantRoles(name, _)
            | Change::RevokeRoles(name, _) => whole(Kind::Role, name),
            Change::CreateTable(name, _) | Change::DropTable(name) | Change::RenameTable { to: name, .. } => {
                Self::Relation(Kind::Table, name.clone())
            }
            Change::Table(name, of) => Self::of_table(name, of),
            Change::CreateFunction(name, _)
            | Change::ReplaceFunction { name, .. }
            | Change::RevokeFunction { name, .. }
            | Change::DropFunction(name, _) => whole(Kind::Function, &format!("{OWN}.{name}()")),
        }
    }

    fn of_table(table: &TableName, change: &OfTable) -> Self {
        let part = |kind: Kind, name: &str| Self::Part(kind, table.clone(), name.to_owned());
        match change {
            OfTable::AddColumn(it) => part(Kind::Column, &it.name),
            OfTable::Rename { what: Renamed::Column, to: it, .. }
            | OfTable::DropColumn { column: it, .. }
            | OfTable::SetType { column: it, .. }
            | OfTable::SetDefault { column: it, .. }
            | OfTable::SetNotNull(it, _)
            | OfTable::SetComment(it, _) => part(Kind::Column, it),
            OfTable::Rename { what: Renamed::Constraint, to: it, .. }
            | OfTable::AddConstraint { name: it, .. }
            | OfTable::DropConstraint(it) => part(Kind::Constraint, it),
            OfTable::Rename { what: Renamed::Index, to: it, .. }
            | OfTable::CreateIndex { name: it, .. }
            | OfTable::DropIndex(it) => part(Kind::Index, it),
            OfTable::CreateCopy(it, _) | OfTable::DropCopy(it) => part(Kind::Trigger, it),
            OfTable::Look(it) | OfTable::Fill { copied: it, .. } => part(Kind::Column, &it.to),
            OfTable::CreatePolicy(it, _) | OfTable::DropPolicy(it) => part(Kind::Policy, it),
            OfTable::UseIndex { constraint, .. } => part(Kind::Constraint, constraint),
            OfTable::SetRowSecurity { .. } => Self::Relation(Kind::Table, table.clone()),
            OfTable::SetTableComment(_) | OfTable::Grant(..) | OfTable::Revoke(..) => {
                Self::Relation(Kind::Table, table.clone())
            }
        }
    }

    /// What is declared as external.
    pub fn of_external(external: &External) -> Self {
        let External { what, name, table, schema: _ } = external;
        let place = external.place();
        let kind = match what {
            external::What::Column => Kind::Column,
            external::What::Constraint => Kind::Constraint,
            external::What::Default => Kind::Default,
            external::What::Function => Kind::Function,
            external::What::Index => Kind::Index,
            external::What::MaterializedView => Kind::MaterializedView,
            external::What::Table => Kind::Table,
            external::What::Trigger => Kind::Trigger,
            external::What::Type => Kind::Type,
            external::What::View => Kind::View,
        };
        match (kind, table) {
            (kind, Some(_)) => Self::Part(kind, place, name.clone()),
            (Kind::Function | Kind::Type, None) => Self::Whole(kind, place.to_string()),
            (kind, None) => Self::Relation(kind, place),
        }
    }

    /// Where it is declared; what is nowhere declared, where that is declared in which it is found.
    pub fn place(&self, database: &Database) -> Span {
        let external =
            database.external.iter().find(|it| Self::of_external(&declared::external(it)) == *self);
        if let Some(external) = external {
            return external.span;
        }
        let table = |name: &TableName| {
            let mut tables = database.tables.values();
            tables.find(|it| TableName::of(it) == *name)
        };
        match self {
            Self::Whole(Kind::Role, name) => {
                let roles = Roles::of(database);
                let mut callers = database.callers.values();
                let caller = callers.find(|it| roles.caller(it.name.as_str()) == *name).map(|it| it.span);
                let mut own = database.read_only_role.iter().chain(&database.login_role);
                let own = || own.find(|it| it.value.as_str() == name).map(|it| it.span);
                caller.or_else(own).unwrap_or(database.span)
            }
            Self::Whole(Kind::Extension, name) => {
                let found = database.extensions.iter().find(|(it, _)| it.word() == name);
                found.map_or(database.span, |(_, span)| *span)
            }
            Self::Whole(Kind::Type, name) => {
                let mut types = database.types.values();
                types.find(|it| it.name.as_str() == name).map_or(database.span, |it| it.span)
            }
            Self::Whole(Kind::Schema, name) => {
                let mut tables = database.tables.values();
                tables.find(|it| it.schema.as_str() == name).map_or(database.span, |it| it.span)
            }
            Self::Whole(..) => database.span,
            Self::Relation(_, name) => table(name).map_or(database.span, |it| it.span),
            Self::Part(kind, name, part) => match table(name) {
                None => database.span,
                Some(table) => part_of(database, table, *kind, part).unwrap_or(table.span),
            },
        }
    }
}

/// Where a part of a table is declared by itself.
fn part_of(database: &Database, table: &Table, kind: Kind, name: &str) -> Option<Span> {
    match kind {
        Kind::Column | Kind::Default => {
            table.columns.iter().find(|it| it.name.as_str() == name).map(|it| it.span)
        }
        Kind::Constraint => {
            declared::constraints(database, table).into_iter().find(|it| it.name == name).map(|it| it.span)
        }
        Kind::Index => {
            let written = declared::written_indexes(table).into_iter().find(|it| it.name == name);
            // What is made for a column by itself.
            let own = |it: &str| joined(&[table.name.as_str(), it, "idx"]) == name;
            let column = || table.columns.iter().find(|it| own(it.name.as_str()));
            written.map(|it| it.span).or_else(|| column().map(|it| it.span))
        }
        Kind::Policy => {
            let roles = Roles::of(database);
            let is_of = |role: &str| name.strip_prefix(role).is_some_and(|it| it.starts_with('_'));
            let mut callers = database.callers.values();
            let caller = callers.find(|it| is_of(&roles.caller(it.name.as_str()))).map(|it| it.span);
            let asks = table.rows.iter().filter(|it| match name {
                "users_read" | "readers_read" => it.read.is_some(),
                "users_add" | "users_change" | "users_delete" => it.write.is_some(),
                _ => false,
            });
            let asks: Vec<Span> = asks.map(|it| it.span).collect();
            match asks.as_slice() {
                [only] => Some(*only),
                _ => caller,
            }
        }
        Kind::Database
        | Kind::Extension
        | Kind::ForeignTable
        | Kind::Function
        | Kind::MaterializedView
        | Kind::Role
        | Kind::Schema
        | Kind::Table
        | Kind::Type
        | Kind::View => None,
        // One that keeps columns the same stands at the column.
        Kind::Trigger => {
            let is_of = |it: &&Column| joined(&["copy", table.name.as_str(), it.name.as_str()]) == name;
            table.columns.iter().filter(|it| it.from.is_some()).find(is_of).map(|it| it.span)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Selection;
    use crate::tree::Tree;

    const PLATFORM: &str = r#"platform "hello" edition="2026"
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
project "shop" {
    service "web" {
        image "a.example/a@sha256:7777777777777777777777777777777777777777777777777777777777777777"
        reaches database="orders"
    }
    database "orders" engine="postgresql" {
        server "10.8.41.0/24"
        extension "citext"
        extension "pg_trgm"
        enum "state" "open" "paid"
        table "invoices" schema="billing" { column "id" "uuid" primary-key=#true; rows read="nobody" }
    }
}
"#;

    #[test]
    fn what_is_declared_in_a_line_is_told_at_that_line() {
        let tree = Tree::memory([("platform.kdl", PLATFORM)]);
        let outcome = crate::compile_ahead(&tree, &Selection::default()).expect("no fault of ours");
        let compiled = outcome.compiled.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
        let (_, database) = compiled.platform.all_databases().next().expect("there is one");
        let whole = |kind, name: &str| Subject::Whole(kind, name.to_owned());
        let told = [
            whole(Kind::Extension, "pg_trgm"),
            whole(Kind::Extension, "hstore"),
            whole(Kind::Type, "state"),
            whole(Kind::Schema, "billing"),
        ]
        .map(|it| format!("{it}: {}", outcome.sources.place(it.place(database))));
        insta::assert_snapshot!(told.join("\n"), @r"
        extension `pg_trgm`: platform.kdl:16
        extension `hstore`: platform.kdl:13
        type `state`: platform.kdl:17
        schema `billing`: platform.kdl:18
        ");
    }
}
