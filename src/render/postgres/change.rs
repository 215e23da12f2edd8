//! What one schema has and another has not: typed, in the order in which it can be done.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::postgres::condition;
use crate::render::postgres::rename;
use crate::render::postgres::schema::{
    Column, Constraint, Copied, Default, Function, Index, Policy, Privilege, Role, RowSecurity, Schema,
    Table, TableName, Type,
};

/// One difference between two schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An extension that is to be there.
    CreateExtension(String),
    /// The schema of what nobody declares by itself.
    CreateOwn,
    /// Another schema that is to be there. None is ever dropped: nobody knows what else is in it.
    CreateSchema(String),
    /// Roles that may use what is in a schema from now on.
    GrantSchema(String, BTreeSet<String>),
    /// Roles that may use what is in it no longer.
    RevokeSchema(String, BTreeSet<String>),
    /// A type that is to be there.
    CreateType(String, Type),
    /// Another value of an enumeration.
    AddValue {
        /// The type.
        of: String,
        /// The value.
        value: String,
        /// The one in front of which it stands; none at the end.
        before: Option<String>,
    },
    /// What holds of the values of a domain from now on, and the tables that have such.
    SetCheck {
        /// The domain.
        of: String,
        /// What held before.
        from: Option<String>,
        /// What is to hold.
        to: Option<String>,
        /// The tables.
        tables: BTreeSet<TableName>,
    },
    /// A type that is another one from now on. PostgreSQL has no way for that.
    ReplaceType {
        /// The type.
        name: String,
        /// What it was.
        from: Type,
        /// What it is to be.
        to: Type,
    },
    /// A type that is no longer declared.
    DropType(String),
    /// A role that is to be there. None is ever dropped: roles are the server's, and another database may have it.
    CreateRole(String, Role),
    /// A role that logs in. It is never dropped either.
    CreateLogin(String),
    /// The roles that one that logs in may take.
    GrantRoles(String, BTreeSet<String>),
    /// Those that it may take no longer.
    RevokeRoles(String, BTreeSet<String>),
    /// A table with its columns and its primary key, row security as it is there.
    CreateTable(TableName, Box<Table>),
    /// A table that is called otherwise from now on.
    RenameTable {
        /// Its name before.
        from: TableName,
        /// Its name from now on.
        to: TableName,
    },
    /// A table that is no longer declared.
    DropTable(TableName),
    /// Something about a table that stays.
    Table(TableName, OfTable),
    /// A function, in the place of one of the same name that takes and gives the same.
    CreateFunction(String, Box<Function>),
    /// A function in the place of one of the same name that takes or gives something else.
    ReplaceFunction {
        /// Its name.
        name: String,
        /// The types of what the other one takes.
        types: Vec<String>,
        /// What it is.
        function: Box<Function>,
    },
    /// What these roles may call no longer.
    RevokeFunction {
        /// The name of the function.
        name: String,
        /// The types of what it takes.
        types: Vec<String>,
        /// The roles.
        roles: BTreeSet<String>,
    },
    /// A function that nothing calls any more, and the types of what it takes.
    DropFunction(String, Vec<String>),
}

/// One difference between two tables of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfTable {
    /// A column, constraint or index that is called otherwise from now on.
    Rename {
        /// What it is.
        what: Renamed,
        /// Its name before.
        from: String,
        /// Its name from now on.
        to: String,
    },
    /// Whom its policies hold for.
    SetRowSecurity {
        /// Whom they held for before.
        from: RowSecurity,
        /// Whom they hold for from now on.
        to: RowSecurity,
    },
    /// A unique index that is the one of a key from now on, by whose name it is called.
    UseIndex {
        /// Its name before.
        index: String,
        /// The name of the key.
        constraint: String,
    },
    /// A new column.
    AddColumn(Box<Column>),
    /// A column that is no longer declared.
    DropColumn {
        /// The column.
        column: String,
        /// The one that has its values.
        kept_in: Option<String>,
    },
    /// A trigger that keeps two columns the same.
    CreateCopy(String, Copied),
    /// One that is needed no longer.
    DropCopy(String),
    /// Whether all that a column has can be converted into what another one is to have.
    Look(Copied),
    /// A column gets in the rows that are there what another one has.
    Fill {
        /// Which gets what.
        copied: Copied,
        /// The type of the one that has it.
        from: String,
        /// The type of the one that gets it.
        to: String,
    },
    /// Another type.
    SetType {
        /// The column.
        column: String,
        /// Its type before.
        from: String,
        /// Its type from now on.
        to: String,
        /// The policies that ask it, which cannot stand while it changes: those there are, and those there are to be.
        policies: (Vec<String>, Vec<(String, Policy)>),
    },
    /// What a column is in a new row that does not say; nothing where there is none.
    SetDefault {
        /// The column.
        column: String,
        /// What it was before.
        from: Option<Default>,
        /// What it is from now on.
        to: Option<Default>,
    },
    /// Whether a column always has a value.
    SetNotNull(String, bool),
    /// What is said of a column.
    SetComment(String, Option<String>),
    /// What is said of the table.
    SetTableComment(Option<String>),
    /// A new constraint.
    AddConstraint {
        /// Its name.
        name: String,
        /// What it is.
        constraint: Constraint,
        /// Whether the table is new as well, so that there are no rows to look at.
        is_new: bool,
    },
    /// A constraint that is no longer declared.
    DropConstraint(String),
    /// A new index.
    CreateIndex {
        /// Its name.
        name: String,
        /// What it is.
        index: Index,
        /// Whether the table is new as well, so that nobody waits for it.
        is_new: bool,
    },
    /// An index that is no longer declared.
    DropIndex(String),
    /// A new policy, or another one in the place of one of the same name.
    CreatePolicy(String, Policy),
    /// A policy that is no longer declared.
    DropPolicy(String),
    /// What a role may do from now on.
    Grant(String, BTreeSet<Privilege>),
    /// What a role may do no longer.
    Revoke(String, BTreeSet<Privilege>),
}

/// What can be called otherwise in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// A column.
    Column,
    /// A constraint, with its index.
    Constraint,
    /// An index.
    Index,
}

/// What has to be done so that the first schema becomes the second, in an order in which it can be done: what is made before what
/// needs it, what is taken away after what needed it.
pub fn between(before: &Schema, after: &Schema) -> Vec<Change> {
    let (before, mut changes) = rename::given_on(before, after);
    changes.extend(of_types(&before, after));
    let missing = after.extensions.difference(&before.extensions);
    changes.extend(missing.map(|it| Change::CreateExtension(it.clone())));
    if before.roles.is_empty() && !after.roles.is_empty() {
        changes.push(Change::CreateOwn);
    }
    let roles = added(&before.roles, &after.roles);
    changes.extend(roles.map(|(name, role)| Change::CreateRole(name.clone(), *role)));
    changes.extend(added(&before.logins, &after.logins).map(|(name, _)| Change::CreateLogin(name.clone())));
    changes.extend(of_each(&before.logins, &after.logins, Change::GrantRoles, Change::RevokeRoles));
    changes.extend(added(&before.schemas, &after.schemas).map(|(it, _)| Change::CreateSchema(it.clone())));
    changes.extend(of_each(&before.schemas, &after.schemas, Change::GrantSchema, Change::RevokeSchema));
    changes.extend(
        added(&before.tables, &after.tables)
            .map(|(name, table)| Change::CreateTable(name.clone(), Box::new(table.clone()))),
    );
    for (name, table) in &after.tables {
        let is_new = !before.tables.contains_key(name);
        let nothing = Table::default();
        let of_new;
        let old = match before.tables.get(name) {
            Some(old) => old,
            None => {
                // What comes with the table itself.
                of_new = Table {
                    row_security: table.row_security,
                    comment: table.comment.clone(),
                    columns: table.columns.clone(),
                    constraints: primary_key(table).into_iter().collect(),
                    ..nothing
                };
                &of_new
            }
        };
        changes.extend(of_table(old, table, is_new).into_iter().map(|it| Change::Table(name.clone(), it)));
    }
    changes.extend(of_functions(&before.functions, &after.functions));
    for (name, table) in added(&after.tables, &before.tables) {
        // In whichever order tables go, none of them holds another.
        let keys = table.constraints.iter().filter(|(_, it)| matches!(it, Constraint::ForeignKey(_)));
        changes
            .extend(keys.map(|(key, _)| Change::Table(name.clone(), OfTable::DropConstraint(key.clone()))));
        changes.push(Change::DropTable(name.clone()));
    }
    changes.sort_by_key(phase);
    changes
}

fn of_functions(before: &BTreeMap<String, Function>, after: &BTreeMap<String, Function>) -> Vec<Change> {
    let mut changes = Vec::new();
    let is_other = |(name, it): &(&String, &Function)| before.get(*name) != Some(*it);
    let mut other: Vec<(&String, &Function)> = after.iter().filter(is_other).collect();
    other.sort_by_key(|(name, _)| depth(name, after));
    for (name, function) in other {
        let (name, made) = (name.clone(), Box::new(function.clone()));
        let Some(old) = before.get(&name) else {
            changes.push(Change::CreateFunction(name, made));
            continue;
        };
        if !function.replaces(old) {
            changes.push(Change::ReplaceFunction { name, types: old.types(), function: made });
            continue;
        }
        let roles: BTreeSet<String> = old.callers.difference(&function.callers).cloned().collect();
        changes.push(Change::CreateFunction(name.clone(), made));
        if !roles.is_empty() {
            changes.push(Change::RevokeFunction { name, types: old.types(), roles });
        }
    }
    let mut gone: Vec<(&String, &Function)> = added(after, before).collect();
    gone.sort_by_key(|(name, _)| std::cmp::Reverse(depth(name, before)));
    changes.extend(gone.into_iter().map(|(name, it)| Change::DropFunction(name.clone(), it.types())));
    changes
}

/// What is given to roles, and taken from them, in each of several things.
fn of_each(
    before: &BTreeMap<String, BTreeSet<String>>,
    after: &BTreeMap<String, BTreeSet<String>>,
    give: fn(String, BTreeSet<String>) -> Change,
    take: fn(String, BTreeSet<String>) -> Change,
) -> Vec<Change> {
    let nobody = BTreeSet::new();
    let mut changes = Vec::new();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (old, new) = (before.get(name).unwrap_or(&nobody), after.get(name).unwrap_or(&nobody));
        let more: BTreeSet<String> = new.difference(old).cloned().collect();
        let less: BTreeSet<String> = old.difference(new).cloned().collect();
        changes.extend((!more.is_empty()).then(|| give(name.clone(), more)));
        changes.extend((!less.is_empty()).then(|| take(name.clone(), less)));
    }
    changes
}

fn of_types(before: &Schema, after: &Schema) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, to) in &after.types {
        let Some(from) = before.types.get(name) else {
            changes.push(Change::CreateType(name.clone(), to.clone()));
            continue;
        };
        match (from, to) {
            _ if from == to => {}
            (Type::Enum { values: old }, Type::Enum { values: new }) if is_within(old, new) => {
                // From behind, so that the one in front of which it stands is there.
                for (at, value) in new.iter().enumerate().rev().filter(|(_, it)| !old.contains(it)) {
                    changes.push(Change::AddValue {
                        of: name.clone(),
                        value: value.clone(),
                        before: new.get(at + 1).cloned(),
                    });
                }
            }
            (Type::Domain { of, check: from }, Type::Domain { of: same, check: to }) if of == same => {
                let own = format!("public.{name}");
                let has = |it: &Table, kind: &str| it.columns.iter().any(|it| it.column_type == kind);
                // PostgreSQL does not look into lists.
                let lists = format!("{own}[]");
                if to.is_some() && before.tables.values().any(|it| has(it, &lists)) {
                    let (from, to) = (before.types[name].clone(), after.types[name].clone());
                    changes.push(Change::ReplaceType { name: name.clone(), from, to });
                    continue;
                }
                let tables = before
                    .tables
                    .iter()
                    .filter(|(_, it)| has(it, &own))
                    .map(|(name, _)| name.clone())
                    .collect();
                let (from, to) = (from.clone(), to.clone());
                changes.push(Change::SetCheck { of: name.clone(), from, to, tables });
            }
            _ => changes.push(Change::ReplaceType { name: name.clone(), from: from.clone(), to: to.clone() }),
        }
    }
    changes.extend(added(&after.types, &before.types).map(|(name, _)| Change::DropType(name.clone())));
    changes
}

/// Whether all of the first are in the second, in the same order.
fn is_within(some: &[String], all: &[String]) -> bool {
    let mut all = all.iter();
    some.iter().all(|it| all.any(|other| other == it))
}

/// How many functions stand one behind the other below a function: those that it calls, and what these call.
fn depth(name: &str, functions: &BTreeMap<String, Function>) -> usize {
    let mut below = BTreeSet::from([name]);
    // No chain is longer than there are functions.
    (0..functions.len())
        .take_while(|_| {
            let calls = below.iter().filter_map(|it| functions.get(*it)).flat_map(|it| &it.calls);
            below = calls.map(String::as_str).filter(|it| functions.contains_key(*it)).collect();
            !below.is_empty()
        })
        .count()
}

/// The primary key of a table, with its name.
pub fn primary_key(table: &Table) -> Option<(String, Constraint)> {
    let mut constraints = table.constraints.iter();
    let found = constraints.find(|(_, it)| matches!(it, Constraint::PrimaryKey { .. }));
    found.map(|(name, it)| (name.clone(), it.clone()))
}

/// What the second map has and the first has not.
fn added<'m, N: Ord, T>(
    before: &'m BTreeMap<N, T>,
    after: &'m BTreeMap<N, T>,
) -> impl Iterator<Item = (&'m N, &'m T)> {
    after.iter().filter(|(name, _)| !before.contains_key(*name))
}

fn of_table(before: &Table, after: &Table, is_new: bool) -> Vec<OfTable> {
    // No `..`: what is new in a table is held against what it was here.
    let Table { was: _, row_security, comment, columns: _, constraints, indexes, copies, policies, grants } =
        after;
    let mut changes = of_columns(before, after, is_new);
    let mut dropped_copies: Vec<String> = Vec::new();
    if before.row_security != *row_security {
        changes.push(OfTable::SetRowSecurity { from: before.row_security, to: *row_security });
    }
    for (name, copied) in copies.iter().filter(|(name, it)| before.copies.get(*name) != Some(*it)) {
        // One of that name calls the function of that name, whatever that does.
        if !before.copies.contains_key(name) {
            changes.push(OfTable::CreateCopy(name.clone(), copied.clone()));
        }
        if !is_new {
            changes.push(OfTable::Look(copied.clone()));
            let of = |name: &String| {
                let column = after.columns.iter().find(|it| it.name == *name);
                column.map(|it| it.column_type.clone()).unwrap_or_default()
            };
            let (from, to) = (of(&copied.from), of(&copied.to));
            changes.push(OfTable::Fill { copied: copied.clone(), from, to });
        }
    }
    dropped_copies.extend(added(copies, &before.copies).map(|(name, _)| name.clone()));
    changes.extend(dropped_copies.into_iter().map(OfTable::DropCopy));
    if before.comment != *comment {
        changes.push(OfTable::SetTableComment(comment.clone()));
    }
    let retyped: Vec<String> = changes
        .iter()
        .filter_map(|it| match it {
            OfTable::SetType { column, .. } => Some(column.clone()),
            _ => None,
        })
        .collect();
    // An expression is read anew for the new type.
    let asks = |expression: &str| retyped.iter().any(|it| condition::asks(expression, it));
    let is_other = |name: &String, it: &Constraint| {
        let is_read_anew = matches!(it, Constraint::Check { expression } if asks(expression));
        is_read_anew || before.constraints.get(name) != Some(it)
    };
    for (name, constraint) in constraints.iter().filter(|(name, it)| is_other(name, it)) {
        if before.constraints.contains_key(name) {
            changes.push(OfTable::DropConstraint(name.clone()));
        }
        changes.push(OfTable::AddConstraint { name: name.clone(), constraint: constraint.clone(), is_new });
    }
    let gone = added(constraints, &before.constraints);
    changes.extend(gone.map(|(name, _)| OfTable::DropConstraint(name.clone())));
    let is_other = |name: &String, it: &Index| {
        it.only.as_deref().is_some_and(asks)
            || it.lower.iter().any(|it| retyped.contains(it))
            || before.indexes.get(name) != Some(it)
    };
    for (name, index) in indexes.iter().filter(|(name, it)| is_other(name, it)) {
        if before.indexes.contains_key(name) {
            changes.push(OfTable::DropIndex(name.clone()));
        }
        changes.push(OfTable::CreateIndex { name: name.clone(), index: index.clone(), is_new });
    }
    let gone = added(indexes, &before.indexes);
    changes.extend(gone.map(|(name, _)| OfTable::DropIndex(name.clone())));
    let around: BTreeSet<String> = changes
        .iter()
        .filter_map(|it| match it {
            OfTable::SetType { policies, .. } => Some(&policies.0),
            _ => None,
        })
        .flatten()
        .cloned()
        .collect();
    let is_other = |(name, it): &(&String, &Policy)| before.policies.get(*name) != Some(*it);
    for (name, policy) in policies.iter().filter(|it| is_other(it) && !around.contains(it.0)) {
        if before.policies.contains_key(name) {
            changes.push(OfTable::DropPolicy(name.clone()));
        }
        changes.push(OfTable::CreatePolicy(name.clone(), policy.clone()));
    }
    let gone = added(policies, &before.policies).filter(|(name, _)| !around.contains(*name));
    changes.extend(gone.map(|(name, _)| OfTable::DropPolicy(name.clone())));
    let none = BTreeSet::new();
    let roles: BTreeSet<&String> = before.grants.keys().chain(grants.keys()).collect();
    for role in roles {
        let (old, new) = (before.grants.get(role).unwrap_or(&none), grants.get(role).unwrap_or(&none));
        let more: BTreeSet<Privilege> = new.difference(old).copied().collect();
        let less: BTreeSet<Privilege> = old.difference(new).copied().collect();
        changes.extend((!less.is_empty()).then(|| OfTable::Revoke(role.clone(), less)));
        changes.extend((!more.is_empty()).then(|| OfTable::Grant(role.clone(), more)));
    }
    changes
}

fn of_columns(table_before: &Table, table_after: &Table, is_new: bool) -> Vec<OfTable> {
    let (before, after) = (&table_before.columns, &table_after.columns);
    let mut changes = Vec::new();
    for column in after {
        let Some(old) = before.iter().find(|it| it.name == column.name) else {
            // It always has a value once the rows that are there are filled.
            let is_filled = !is_new && table_after.copies.values().any(|it| it.to == column.name);
            let mut added = column.clone();
            if is_filled && column.not_null {
                added.not_null = false;
                changes.push(OfTable::SetNotNull(column.name.clone(), true));
            }
            changes.push(OfTable::AddColumn(Box::new(added)));
            continue;
        };
        // No `..`: what is new in a column is held against what it was here.
        let Column { name, was: _, from: _, column_type, not_null, default, comment } = column;
        let mut was = old.default.clone();
        if old.column_type != *column_type {
            // What counts up is a whole number as long as it does.
            if was == Some(Default::Identity) && *default != was {
                changes.push(OfTable::SetDefault { column: name.clone(), from: was.take(), to: None });
            }
            changes.push(OfTable::SetType {
                column: name.clone(),
                from: old.column_type.clone(),
                to: column_type.clone(),
                policies: around(name, table_before, table_after),
            });
        }
        if was != *default {
            changes.push(OfTable::SetDefault { column: name.clone(), from: was, to: default.clone() });
        }
        if old.not_null != *not_null {
            changes.push(OfTable::SetNotNull(name.clone(), *not_null));
        }
        if old.comment != *comment {
            changes.push(OfTable::SetComment(name.clone(), comment.clone()));
        }
    }
    let mut gone: Vec<&Column> =
        before.iter().filter(|old| !after.iter().any(|it| it.name == old.name)).collect();
    // What is computed from others goes before them.
    gone.sort_by_key(|it| !matches!(it.default, Some(Default::Generated(_))));
    changes.extend(gone.into_iter().map(|it| {
        let copies = table_before.copies.values();
        let other = copies.filter_map(|copied| match (&copied.from, &copied.to) {
            (from, to) if *from == it.name => Some(to),
            (from, to) if *to == it.name => Some(from),
            _ => None,
        });
        let kept_in = other.filter(|other| after.iter().any(|it| it.name == **other)).min().cloned();
        OfTable::DropColumn { column: it.name.clone(), kept_in }
    }));
    changes
}

/// The policies that ask a column, before its type changes, and what they are to be afterwards.
fn around(column: &str, before: &Table, after: &Table) -> (Vec<String>, Vec<(String, Policy)>) {
    let asks =
        |it: &Policy| [&it.using, &it.with_check].into_iter().flatten().any(|it| condition::asks(it, column));
    let dropped: Vec<String> =
        before.policies.iter().filter(|(_, it)| asks(it)).map(|(name, _)| name.clone()).collect();
    let made = dropped.iter().filter_map(|it| Some((it.clone(), after.policies.get(it)?.clone()))).collect();
    (dropped, made)
}

/// When a change is made, among all: a smaller number comes first.
fn phase(change: &Change) -> u8 {
    match change {
        Change::CreateExtension(_)
        | Change::CreateOwn
        | Change::CreateRole(..)
        | Change::CreateLogin(_)
        | Change::GrantRoles(..)
        | Change::CreateSchema(_)
        | Change::GrantSchema(..) => 0,
        Change::RenameTable { .. }
        | Change::CreateType(..)
        | Change::AddValue { .. }
        | Change::SetCheck { .. }
        | Change::ReplaceType { .. } => 1,
        Change::CreateTable(..) => 4,
        Change::Table(_, of) => match of {
            OfTable::Rename { .. } | OfTable::UseIndex { .. } => 2,
            // What stood in the way of what comes goes first.
            OfTable::DropConstraint(_) | OfTable::DropIndex(_) | OfTable::Look(_) => 3,
            OfTable::AddColumn(_) => 5,
            OfTable::SetType { .. }
            | OfTable::SetDefault { .. }
            | OfTable::SetComment(..)
            | OfTable::SetTableComment(_) => 6,
            OfTable::CreateCopy(..) => 8,
            OfTable::Fill { .. } => 9,
            OfTable::AddConstraint { constraint: Constraint::ForeignKey(_), .. } => 12,
            OfTable::AddConstraint { .. } => 10,
            OfTable::CreateIndex { .. } => 11,
            OfTable::SetNotNull(..) => 13,
            // One after the other, in one transaction: at no moment is a row seen that neither lets through.
            OfTable::Revoke(..) | OfTable::SetRowSecurity { .. } => 14,
            OfTable::DropPolicy(_) => 15,
            OfTable::CreatePolicy(..) => 16,
            OfTable::Grant(..) => 17,
            OfTable::DropCopy(_) => 18,
            OfTable::DropColumn { .. } => 19,
        },
        // They know columns, and stand in one transaction with new ones; policies know them.
        Change::CreateFunction(..) | Change::ReplaceFunction { .. } | Change::RevokeFunction { .. } => 7,
        Change::DropFunction(..) => 21,
        Change::DropTable(_) => 20,
        // Functions of before may be asked until then.
        Change::DropType(_) | Change::RevokeSchema(..) | Change::RevokeRoles(..) => 22,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::postgres::schema::{Argument, Language, Volatility};
    use crate::render::postgres::statement;

    /// A function of what it takes, what it calls and who calls it.
    fn function(name: &str, types: &[&str], calls: &[&str], callers: &[&str]) -> (String, Function) {
        let names = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        let arguments = types
            .iter()
            .enumerate()
            .map(|(at, it)| Argument { name: format!("argument_{at}"), argument_type: (*it).to_owned() });
        let function = Function {
            arguments: arguments.collect(),
            returns: "text".to_owned(),
            language: Language::Sql,
            volatility: Volatility::Stable,
            body: "select 'it'".to_owned(),
            calls: names(calls),
            owner: "all".to_owned(),
            callers: names(callers),
        };
        (name.to_owned(), function)
    }

    fn check(before: &[(String, Function)], after: &[(String, Function)]) -> String {
        let schema = |functions: &[(String, Function)]| Schema {
            functions: functions.iter().cloned().collect(),
            ..Schema::default()
        };
        let changes = between(&schema(before), &schema(after));
        let statements = changes.iter().flat_map(statement::of).map(|it| it.sql);
        let first = |it: String| it.lines().next().unwrap_or_default().to_owned();
        statements.map(first).filter(|it| !it.contains("owner to")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_function_is_made_after_those_that_it_calls_and_goes_before_them() {
        let all = [
            function("a", &[], &["c", "b"], &[]),
            function("b", &["text", "uuid"], &["c"], &["reader"]),
            function("c", &[], &[], &[]),
        ];
        insta::assert_snapshot!(check(&[], &all), @r#"
        create or replace function trackside."c"() returns text
        revoke all on function trackside."c"() from public
        create or replace function trackside."b"("argument_0" text, "argument_1" uuid) returns text
        revoke all on function trackside."b"(text, uuid) from public
        grant execute on function trackside."b"(text, uuid) to "reader"
        create or replace function trackside."a"() returns text
        revoke all on function trackside."a"() from public
        "#);
        insta::assert_snapshot!(check(&all, &[]), @r#"
        drop function trackside."a"()
        drop function trackside."b"(text, uuid)
        drop function trackside."c"()
        "#);
    }

    #[test]
    fn a_function_of_other_arguments_takes_the_place_of_the_old_one() {
        let before = [function("a", &["text"], &[], &["reader"])];
        insta::assert_snapshot!(check(&before, &[function("a", &["uuid"], &[], &["reader"])]), @r#"
        drop function trackside."a"(text)
        create or replace function trackside."a"("argument_0" uuid) returns text
        revoke all on function trackside."a"(uuid) from public
        grant execute on function trackside."a"(uuid) to "reader"
        "#);
        insta::assert_snapshot!(check(&before, &[function("a", &["text"], &[], &["writer"])]), @r#"
        create or replace function trackside."a"("argument_0" text) returns text
        revoke all on function trackside."a"(text) from public
        grant execute on function trackside."a"(text) to "writer"
        revoke all on function trackside."a"(text) from "reader"
        "#);
        assert_eq!(check(&before, &before), "");
    }
}
