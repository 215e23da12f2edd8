//! Tables and columns that are called otherwise than before. Only what says so by itself is one: nothing is guessed from two that look
//! alike. Constraints and indexes hold nothing that could be lost, so those that are the same but for their names are given the new one.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::postgres::change::{Change, OfTable, Renamed};
use crate::render::postgres::condition;
use crate::render::postgres::quote::joined;
use crate::render::postgres::schema::{Constraint, Copied, Default, Index, Method, Schema, Table, TableName};
use crate::tree::digest::Digest;

/// The first schema with the names of the second, and what gives it these names.
pub fn given_on(before: &Schema, after: &Schema) -> (Schema, Vec<Change>) {
    let mut schema = before.clone();
    let mut changes = Vec::new();
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
            let rename =
                OfTable::Rename { what: Renamed::Column, from: from.clone(), to: column.name.clone() };
            changes.push(Change::Table(name.clone(), rename));
        }
    }
    let mut parts = Vec::new();
    for (name, new) in &after.tables {
        if let Some(old) = schema.tables.get_mut(name) {
            parts.extend(rename_parts(old, new).into_iter().map(|it| (name.clone(), it)));
        }
    }
    changes.extend(one_after_the_other(parts));
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
    for Copied { from: old, to: new, value, role: _ } in table.copies.values_mut() {
        rename(old);
        rename(new);
        *value = condition::renamed(value, from, to);
    }
    // PostgreSQL knows the column itself, so expressions go along.
    for policy in table.policies.values_mut() {
        for expression in [&mut policy.using, &mut policy.with_check].into_iter().flatten() {
            *expression = condition::renamed(expression, from, to);
        }
    }
}

/// Constraints and indexes that are the same but for their names, and keys of which there is the index alone.
fn rename_parts(old: &mut Table, new: &Table) -> Vec<OfTable> {
    let mut changes: Vec<OfTable> = Vec::new();
    let constraints = same_parts(&mut old.constraints, &new.constraints);
    let renamed = |what| move |(from, to)| OfTable::Rename { what, from, to };
    changes.extend(constraints.into_iter().map(renamed(Renamed::Constraint)));
    let indexes = same_parts(&mut old.indexes, &new.indexes);
    changes.extend(indexes.into_iter().map(renamed(Renamed::Index)));
    for (to, constraint) in &new.constraints {
        let Constraint::Unique { columns } = constraint else { continue };
        let whole = Index { is_unique: true, ..Index::plain(Method::Btree, columns.clone()) };
        let same =
            old.indexes.iter().find(|(name, it)| **it == whole && new.indexes.get(*name) != Some(&whole));
        let Some(index) = same.map(|(name, _)| name.clone()).filter(|_| !old.constraints.contains_key(to))
        else {
            continue;
        };
        old.indexes.remove(&index);
        old.constraints.insert(to.clone(), constraint.clone());
        changes.push(OfTable::UseIndex { index, constraint: to.clone() });
    }
    changes
}

/// Gives parts their new names where they are the same, and says which that are. One whose new name is that of something else, which
/// does not get another one, keeps its own.
fn same_parts<T: Clone + PartialEq>(
    old: &mut BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (to, part) in new.iter().filter(|(to, part)| old.get(*to) != Some(*part)) {
        let is_same = |(name, it): &(&String, &T)| {
            *it == part && new.get(*name) != Some(*it) && pairs.iter().all(|(from, _)| from != *name)
        };
        if let Some((from, _)) = old.iter().find(is_same) {
            pairs.push((from.clone(), to.clone()));
        }
    }
    while let Some(at) =
        pairs.iter().position(|(_, to)| old.contains_key(to) && pairs.iter().all(|(from, _)| from != to))
    {
        pairs.remove(at);
    }
    let moved: Vec<Option<T>> = pairs.iter().map(|(from, _)| old.remove(from)).collect();
    let named = pairs.iter().zip(moved).filter_map(|((_, to), it)| Some((to.clone(), it?)));
    old.extend(named);
    pairs
}

/// New names in an order in which each is free when it is given. Indexes of all tables have their names from one set, those of keys
/// included; what would wait for itself is called something else in between.
fn one_after_the_other(mut parts: Vec<(TableName, OfTable)>) -> Vec<Change> {
    let mut changes = Vec::new();
    while !parts.is_empty() {
        let taken: BTreeSet<(String, String)> = parts
            .iter()
            .filter_map(|(table, it)| Some((table.schema.clone(), names(it)?.0.to_owned())))
            .collect();
        let is_free = |(table, it): &(TableName, OfTable)| {
            names(it).is_none_or(|(from, to)| {
                from == to || !taken.contains(&(table.schema.clone(), to.to_owned()))
            })
        };
        let (free, waiting): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_free);
        let is_stuck = free.is_empty();
        changes.extend(free.into_iter().map(|(table, it)| Change::Table(table, it)));
        parts = waiting;
        if let (true, Some((table, first))) = (is_stuck, parts.first_mut()) {
            let between =
                |from: &str| joined(&[from, "renamed", &Digest::of(from.as_bytes()).to_string()[..8]]);
            let (what, from) = match first {
                OfTable::Rename { what, from, .. } => (*what, from),
                OfTable::UseIndex { index, .. } => (Renamed::Index, index),
                _ => continue,
            };
            let to = between(from);
            let rename = OfTable::Rename { what, from: std::mem::replace(from, to.clone()), to };
            changes.push(Change::Table(table.clone(), rename));
        }
    }
    changes
}

/// The name that something has, and the one that it is to have.
fn names(change: &OfTable) -> Option<(&str, &str)> {
    match change {
        OfTable::Rename { from, to, .. } => Some((from, to)),
        OfTable::UseIndex { index, constraint } => Some((index, constraint)),
        _ => None,
    }
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
