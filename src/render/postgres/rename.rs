//! Tables and columns that are called otherwise than before. Only what says so by itself is one: nothing is guessed from two that look
//! alike.

use std::collections::BTreeSet;

use crate::render::postgres::change::{Change, OfTable, Renamed};
use crate::render::postgres::condition;
use crate::render::postgres::schema::{Constraint, Default, Index, Schema, Table, TableName};

/// The first schema with the names of the second, and what gives it these names.
pub fn given_on(before: &Schema, after: &Schema) -> (Schema, Vec<Change>) {
    let mut schema = before.clone();
    let mut changes = Vec::new();
    let mut touched: BTreeSet<&TableName> = BTreeSet::new();
    for (to, table) in &after.tables {
        let Some(was) = &table.was else { continue };
        let from = TableName { schema: to.schema.clone(), table: was.clone() };
        if schema.tables.contains_key(to) || after.tables.contains_key(&from) {
            continue;
        }
        let Some(moved) = schema.tables.remove(&from) else { continue };
        schema.tables.insert(to.clone(), moved);
        for key in schema.tables.values_mut().flat_map(|it| it.constraints.values_mut()) {
            if let Constraint::ForeignKey(key) = key
                && key.table == from
            {
                key.table.clone_from(to);
            }
        }
        touched.insert(to);
        changes.push(Change::RenameTable { from, to: to.clone() });
    }
    for (name, table) in &after.tables {
        for column in &table.columns {
            let Some(from) = &column.was else { continue };
            let has = |table: &Table, name: &str| table.columns.iter().any(|it| it.name == name);
            let Some(old) = schema.tables.get_mut(name) else { continue };
            if !has(old, from) || has(old, &column.name) || has(table, from) {
                continue;
            }
            rename_column(old, from, &column.name);
            for key in schema.tables.values_mut().flat_map(|it| it.constraints.values_mut()) {
                if let Constraint::ForeignKey(key) = key
                    && key.table == *name
                {
                    let same = key.references.iter_mut().filter(|it| *it == from);
                    same.for_each(|it| it.clone_from(&column.name));
                }
            }
            touched.insert(name);
            let rename =
                OfTable::Rename { what: Renamed::Column, from: from.clone(), to: column.name.clone() };
            changes.push(Change::Table(name.clone(), rename));
        }
    }
    // Their names are made of those of the table and its columns.
    for name in touched {
        if let (Some(old), Some(new)) = (schema.tables.get_mut(name), after.tables.get(name)) {
            changes.extend(rename_parts(old, new).into_iter().map(|it| Change::Table(name.clone(), it)));
        }
    }
    (schema, changes)
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    let rename = |it: &mut String| {
        if it == from {
            to.clone_into(it);
        }
    };
    table.columns.iter_mut().for_each(|it| rename(&mut it.name));
    for constraint in table.constraints.values_mut() {
        match constraint {
            Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
                columns.iter_mut().for_each(rename);
            }
            Constraint::ForeignKey(key) => key.columns.iter_mut().for_each(rename),
            Constraint::Check { expression } => *expression = condition::renamed(expression, from, to),
        }
    }
    for index in table.indexes.values_mut() {
        let Index { method: _, columns, lower, descending, is_unique: _, only } = index;
        columns.iter_mut().for_each(rename);
        for some in [lower, descending] {
            if some.remove(from) {
                some.insert(to.to_owned());
            }
        }
        if let Some(expression) = only {
            *expression = condition::renamed(expression, from, to);
        }
    }
    for column in &mut table.columns {
        if let Some(Default::Generated(expression)) = &mut column.default {
            *expression = condition::renamed(expression, from, to);
        }
    }
    // PostgreSQL knows the column itself, so expressions go along.
    for policy in table.policies.values_mut() {
        for expression in [&mut policy.using, &mut policy.with_check].into_iter().flatten() {
            *expression = condition::renamed(expression, from, to);
        }
    }
}

/// Constraints and indexes that are the same but for their names.
fn rename_parts(old: &mut Table, new: &Table) -> Vec<OfTable> {
    let mut changes = Vec::new();
    for (to, constraint) in &new.constraints {
        let same = old
            .constraints
            .iter()
            .find(|(name, it)| *it == constraint && !new.constraints.contains_key(*name));
        let Some(from) = same.map(|(name, _)| name.clone()).filter(|_| !old.constraints.contains_key(to))
        else {
            continue;
        };
        if let Some(it) = old.constraints.remove(&from) {
            old.constraints.insert(to.clone(), it);
        }
        changes.push(OfTable::Rename { what: Renamed::Constraint, from, to: to.clone() });
    }
    for (to, index) in &new.indexes {
        let same = old.indexes.iter().find(|(name, it)| *it == index && !new.indexes.contains_key(*name));
        let Some(from) = same.map(|(name, _)| name.clone()).filter(|_| !old.indexes.contains_key(to)) else {
            continue;
        };
        if let Some(it) = old.indexes.remove(&from) {
            old.indexes.insert(to.clone(), it);
        }
        changes.push(OfTable::Rename { what: Renamed::Index, from, to: to.clone() });
    }
    changes
}

/// The schema of before, which says of what these changes rename what it is called after them: so that the way back renames it too.
pub fn back(before: &Schema, changes: &[Change]) -> Schema {
    let mut schema = before.clone();
    let mut names: Vec<(&TableName, &TableName)> = Vec::new();
    for change in changes {
        match change {
            Change::RenameTable { from, to } => {
                names.push((from, to));
                if let Some(table) = schema.tables.get_mut(from) {
                    table.was = Some(to.table.clone());
                }
            }
            Change::Table(name, OfTable::Rename { what: Renamed::Column, from, to }) => {
                let name = names.iter().find(|it| it.1 == name).map_or(name, |it| it.0);
                let columns = schema.tables.get_mut(name).map(|it| &mut it.columns);
                if let Some(column) = columns.into_iter().flatten().find(|it| it.name == *from) {
                    column.was = Some(to.clone());
                }
            }
            _ => {}
        }
    }
    schema
}
