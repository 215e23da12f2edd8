//! What would be declared of a database that is there, and what it was when that was written.
//!
//! Whether something can be declared is for the language to say: all that looks as if it could be is written, what the language refuses
//! is [left out](Baseline::refuse), and written anew, until nothing is refused. What is left out is declared as `external`, where it
//! has a name that can be.
//!
//! A name that PostgreSQL knows only in quotes can be declared by nothing: whatever has one is [unspeakable](Baseline::unspeakable), and whoever
//! adopts the database decides whether it goes on without that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use crate::language::database::column;
use crate::language::database::extension::Extension;
use crate::language::database::external::What;
use crate::language::value::Parse as _;
use crate::language::value::postgres::expression::Expression;
use crate::language::value::postgres::literal::Literal;
use crate::language::value::postgres::predicate::Predicate;
use crate::language::value::postgres::{ColumnType, DeclaredType, Identifier, Label, SchemaName};
use crate::language::value::refusal::literal;
use crate::language::value::text::Line;
use crate::render::postgres::condition;
use crate::render::postgres::declared;
use crate::render::postgres::history;
use crate::render::postgres::migration::{self, Migration};
use crate::render::postgres::schema::{
    Action, Column, Constraint, Default, External, ForeignKey, Index, Method, PUBLIC, Schema, Table,
    TableName, Type,
};
use crate::syntax::Value;

/// What is known of a database of which nothing is declared.
#[derive(Clone, Debug, std::default::Default)]
pub struct Found {
    /// What a declared schema has words for.
    pub schema: Schema,
    /// Conditions that can be declared, by their table and as PostgreSQL writes them.
    pub conditions: BTreeMap<(TableName, String), Predicate>,
    /// What columns are by default, as it can be declared, by their table and as PostgreSQL writes it.
    pub defaults: BTreeMap<(TableName, String, String), Declarable>,
    /// What columns are computed from, as it can be declared, by their table and as PostgreSQL writes it.
    pub computed: BTreeMap<(TableName, String, String), Expression>,
    /// The checks of domains that can be declared, by domain.
    pub checks: BTreeMap<String, Predicate>,
    /// What a declared schema has no words for, and why.
    pub beside: BTreeMap<External, String>,
    /// What nothing here has words for, each in a line.
    pub unknown: Vec<String>,
}

/// What a column is by default, as it can be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declarable {
    /// As it is declared; nothing where that is the same.
    pub default: Option<column::Default>,
    /// Whether PostgreSQL writes it back in the same words.
    pub is_same: bool,
}

/// What would be declared of a database.
#[derive(Clone, Debug)]
pub struct Baseline {
    found: Found,
    /// What is left out, and why.
    beside: BTreeMap<External, String>,
    /// What of it cannot even be declared as external, and why.
    unsaid: BTreeMap<External, String>,
    /// Comments that are left out, by table and column.
    untold: BTreeMap<(TableName, Option<String>), String>,
    /// Extensions that are left out.
    unknown: BTreeSet<String>,
}

/// What stands at a place of the declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Thing(External),
    Comment(TableName, Option<String>),
    Extension(String),
    Type(String),
}

/// Declarations, and what stands where in them.
#[derive(Clone, Debug, std::default::Default)]
pub struct Declarations {
    /// The text, whole lines of it.
    pub text: String,
    parts: Vec<(Range<usize>, Part)>,
}

/// A table, or what belongs to it.
fn thing(what: What, table: &TableName, name: &str) -> External {
    let of = what.is_of_table().then(|| table.table.clone());
    External { what, name: name.to_owned(), table: of, schema: table.schema.clone() }
}

fn whole(table: &TableName) -> External {
    thing(What::Table, table, &table.table)
}

fn is_identifier(name: &str) -> bool {
    refused_name(name).is_none()
}

/// Why the name of something cannot stand in a declaration, or one of those around it.
fn unspeakable(it: &External) -> Option<String> {
    let External { what: _, name, table, schema } = it;
    let refused = std::iter::once(name).chain(table).find_map(|it| refused_name(it));
    refused.or_else(|| SchemaName::parse(Value::String(schema)).err().map(|it| it.message))
}

/// Why a name cannot stand in a declaration.
fn refused_name(name: &str) -> Option<String> {
    Identifier::parse(Value::String(name)).err().map(|it| it.message)
}

impl Baseline {
    /// What looks as if it could be declared of it.
    pub fn of(mut found: Found) -> Self {
        let refused =
            |(name, it): (&String, &Type)| Some((name.clone(), refused_type(name, it, &found.checks)?));
        let refused: BTreeMap<String, String> = found.schema.types.iter().filter_map(refused).collect();
        found.schema.types.retain(|name, _| !refused.contains_key(name));
        let of_type = |(name, why)| (of_public(What::Type, name), why);
        found.beside.extend(refused.into_iter().map(of_type));
        let extensions = found.schema.extensions.iter();
        let unknown = extensions.filter(|it| Extension::parse(Value::String(it)).is_err()).cloned().collect();
        let beside = found.beside.clone();
        let mut baseline = Self {
            found,
            beside: BTreeMap::new(),
            unsaid: BTreeMap::new(),
            untold: BTreeMap::new(),
            unknown,
        };
        for (it, why) in beside {
            baseline.leave_out(it, &why);
        }
        let tables = baseline.found.schema.tables.clone();
        // Those of `public` have their names first: no two tables that are declared are called the same.
        let mut named: Vec<&TableName> = tables.keys().collect();
        named.sort_by_key(|it| (it.schema != PUBLIC, *it));
        let mut taken: BTreeMap<&str, &TableName> = BTreeMap::new();
        for name in named {
            match taken.get(name.table.as_str()) {
                _ if baseline.beside.contains_key(&whole(name)) => {}
                Some(other) => {
                    let why = format!("table `{}.{}` is called the same", other.schema, other.table);
                    baseline.leave_out(whole(name), &why);
                }
                None => drop(taken.insert(&name.table, name)),
            }
        }
        for (name, table) in &tables {
            baseline.look_at(name, table);
        }
        baseline
    }

    /// Leaves out what can be seen to have no words.
    fn look_at(&mut self, name: &TableName, table: &Table) {
        if let Some(why) = unspeakable(&whole(name)) {
            self.leave_out(whole(name), &why);
            return;
        }
        if let Some(why) = table.comment.as_deref().and_then(|it| told(it).err()) {
            self.untold.insert((name.clone(), None), why);
        }
        for column in &table.columns {
            let of_column = |what| thing(what, name, &column.name);
            if let Some(why) = refused_name(&column.name) {
                self.leave_out(of_column(What::Column), &why);
                continue;
            }
            if kind(&self.found.schema.types, column).is_none() {
                let why = format!("`{}` is no type that can be declared", column.column_type);
                self.leave_out(of_column(What::Column), &why);
                continue;
            }
            if let Some(Default::Expression(it)) = &column.default
                && self.default(name, column).is_none()
            {
                self.leave_out(of_column(What::Default), &format!("`{it}` is no value that can be declared"));
            }
            if let Some(Default::Generated(it)) = &column.default
                && self.computed(name, column).is_none()
            {
                let why = format!("it is generated from others by `{it}`, which cannot be declared");
                self.leave_out(of_column(What::Column), &why);
                continue;
            }
            if let Some(why) = column.comment.as_deref().and_then(|it| told(it).err()) {
                self.untold.insert((name.clone(), Some(column.name.clone())), why);
            }
        }
        self.look_at_parts(name, table);
    }

    /// The same of its keys, checks and indexes. What does the same as another one would be written twice.
    fn look_at_parts(&mut self, name: &TableName, table: &Table) {
        let mut keys: BTreeSet<&[String]> = BTreeSet::new();
        let mut bound: BTreeSet<&[String]> = BTreeSet::new();
        for (it, constraint) in &table.constraints {
            let why = match constraint {
                Constraint::PrimaryKey { .. } => None,
                Constraint::Unique { columns } => {
                    (!keys.insert(columns)).then(|| "another key does the same".to_owned())
                }
                // By its name alone another one would be meant.
                Constraint::ForeignKey(key) if self.is_out(What::Table, &key.table, &key.table.table) => {
                    Some(format!("it refers to `{}`, which is not declared", key.table))
                }
                Constraint::ForeignKey(key) => (!bound.insert(&key.columns))
                    .then(|| "its columns refer to something else already".to_owned()),
                Constraint::Check { expression } => {
                    let key = (name.clone(), expression.clone());
                    (!self.found.conditions.contains_key(&key))
                        .then(|| format!("`{expression}` is no condition that can be declared"))
                }
            };
            if let Some(why) = why {
                self.leave_out(thing(What::Constraint, name, it), &why);
            }
        }
        let mut seen: Vec<&Index> = Vec::new();
        for (it, index) in &table.indexes {
            let why = if seen.contains(&index) {
                Some("another index does the same".to_owned())
            } else if index.is_unique && is_whole(index) && !keys.insert(&index.columns) {
                Some("another key does the same".to_owned())
            } else if index.is_unique && (!index.descending.is_empty() || index.method != Method::Btree) {
                Some("a key has no order".to_owned())
            } else if index.columns.iter().any(|it| index.lower.contains(it) && index.descending.contains(it))
            {
                Some("a column of it is both in small letters and the other way round".to_owned())
            } else {
                index.only.as_ref().and_then(|it| {
                    let key = (name.clone(), it.clone());
                    (!self.found.conditions.contains_key(&key))
                        .then(|| format!("`{it}` is no condition that can be declared"))
                })
            };
            seen.push(index);
            if let Some(why) = why {
                self.leave_out(thing(What::Index, name, it), &why);
            }
        }
    }

    /// Leaves something out, with all that needs it.
    fn leave_out(&mut self, it: External, why: &str) {
        if self.beside.contains_key(&it) {
            return;
        }
        let (what, name, of) = (it.what, it.name.clone(), it.place());
        let is_part = it.table.is_some();
        self.beside.insert(it, why.to_owned());
        let Some(found) = self.found.schema.tables.get(&of).filter(|_| is_part).cloned() else { return };
        match what {
            What::Column => {
                let because = format!("column `{name}` is not declared");
                for (it, constraint) in &found.constraints {
                    let needs = match constraint {
                        Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
                            columns.contains(&name)
                        }
                        Constraint::ForeignKey(key) => key.columns.contains(&name),
                        Constraint::Check { .. } => false,
                    };
                    if needs {
                        self.leave_out(thing(What::Constraint, &of, it), &because);
                    }
                }
                for (it, _) in found.indexes.iter().filter(|(_, it)| it.columns.contains(&name)) {
                    self.leave_out(thing(What::Index, &of, it), &because);
                }
            }
            // Nothing else can be said of a table without it.
            What::Constraint
                if matches!(found.constraints.get(&name), Some(Constraint::PrimaryKey { .. })) =>
            {
                let because = format!("its primary key cannot be declared: {why}");
                self.leave_out(whole(&of), &because);
            }
            _ => {}
        }
    }

    fn is_out(&self, what: What, table: &TableName, name: &str) -> bool {
        self.beside.contains_key(&thing(what, table, name))
    }

    fn default(&self, table: &TableName, column: &Column) -> Option<&Declarable> {
        let Some(Default::Expression(it)) = &column.default else { return None };
        self.found.defaults.get(&(table.clone(), column.name.clone(), it.clone()))
    }

    fn computed(&self, table: &TableName, column: &Column) -> Option<&Expression> {
        let Some(Default::Generated(it)) = &column.default else { return None };
        self.found.computed.get(&(table.clone(), column.name.clone(), it.clone()))
    }

    /// Leaves out what stands at a place of the declarations, for what the language says of it; `false` where nothing does.
    pub fn refuse(&mut self, declarations: &Declarations, at: Range<usize>, why: &str) -> bool {
        let is_inside = |it: &Range<usize>| it.start <= at.start && at.end <= it.end;
        let mut parts: Vec<&(Range<usize>, Part)> =
            declarations.parts.iter().filter(|(it, _)| is_inside(it)).collect();
        parts.sort_by_key(|(it, _)| it.len());
        // What says nothing of a part of a column is about the first that can go.
        let inside = |it: &Range<usize>| {
            parts.first().is_some_and(|(own, _)| own.start <= it.start && it.end <= own.end)
        };
        let of_column = matches!(parts.first(), Some((_, Part::Thing(External { what: What::Column, .. }))));
        let first = declarations.parts.iter().find(|(it, part)| {
            of_column
                && inside(it)
                && !matches!(part, Part::Thing(External { what: What::Column, .. }) | Part::Comment(..))
        });
        let part = first.or(parts.first().copied()).map(|(_, it)| it.clone());
        match part {
            None => false,
            Some(Part::Thing(it)) => {
                if self.beside.contains_key(&it) {
                    return self.unsaid.insert(it, why.to_owned()).is_none();
                }
                self.leave_out(it, why);
                true
            }
            Some(Part::Comment(table, column)) => {
                self.untold.insert((table, column), why.to_owned()).is_none()
            }
            Some(Part::Extension(name)) => self.unknown.insert(name),
            Some(Part::Type(name)) => {
                let was_there = self.found.schema.types.remove(&name).is_some();
                self.leave_out(of_public(What::Type, name), why);
                // Columns of it have no type any more.
                let tables = self.found.schema.tables.clone();
                for (name, table) in &tables {
                    self.look_at(name, table);
                }
                was_there
            }
        }
    }

    /// The tables that are declared, by name.
    fn tables(&self) -> impl Iterator<Item = (&TableName, &Table)> {
        self.found.schema.tables.iter().filter(|(name, _)| !self.is_out(What::Table, name, &name.table))
    }

    /// What nothing can be declared of because of its name, each in a line.
    pub fn unspeakable(&self) -> Vec<String> {
        let said = self.beside.keys().filter(|it| self.is_worth_it(it));
        said.filter_map(|it| Some(format!("{} is not declared: {}", about(it), unspeakable(it)?))).collect()
    }

    /// How many tables are declared.
    pub fn count(&self) -> usize {
        self.tables().count()
    }

    /// What is declared, in the block of its database, which stands so deep in others.
    pub fn declarations(&self, depth: usize) -> Declarations {
        let mut written = Writer { declarations: Declarations::default(), depth: depth + 1 };
        let known = self.found.schema.extensions.iter().filter(|it| !self.unknown.contains(*it));
        for name in known {
            written.node(Part::Extension(name.clone()), |node| node.word("extension").text(name));
        }
        for (name, it) in &self.found.schema.types {
            written.node(Part::Type(name.clone()), |node| match it {
                Type::Enum { values } => {
                    values.iter().fold(node.word("enum").text(name), |node, it| node.text(it))
                }
                Type::Domain { of, check: _ } => {
                    let node = node.word("domain").text(name).text(of);
                    match self.found.checks.get(name) {
                        Some(check) => node.property("check", &check.to_string()),
                        None => node,
                    }
                }
            });
        }
        for (name, table) in self.tables() {
            written.space();
            let comment = self.comment(name, None, table.comment.as_deref());
            let start = written.open(|node| {
                let node = node.word("table").text(&name.table).schema(&name.schema);
                node.comment(comment, Part::Comment(name.clone(), None))
            });
            self.table(&mut written, name, table);
            written.close(start, Part::Thing(whole(name)));
        }
        written.space();
        for external in self.externals() {
            let External { what, name, table, schema } = external;
            written.node(Part::Thing(external.clone()), |node| {
                let node = node.word("external").text(what.word()).text(name);
                if let Some(table) = table { node.property("table", table) } else { node.schema(schema) }
            });
        }
        written.declarations
    }

    fn comment(&self, table: &TableName, column: Option<&str>, text: Option<&str>) -> Option<String> {
        let key = (table.clone(), column.map(str::to_owned));
        text.filter(|_| !self.untold.contains_key(&key)).and_then(|it| told(it).ok())
    }

    fn table(&self, written: &mut Writer, name: &TableName, table: &Table) {
        let mut constraints: Vec<(&String, &Constraint)> =
            table.constraints.iter().filter(|(it, _)| !self.is_out(What::Constraint, name, it)).collect();
        let mut indexes: Vec<(&String, &Index)> =
            table.indexes.iter().filter(|(it, _)| !self.is_out(What::Index, name, it)).collect();
        let primary: Option<Vec<String>> = constraints.iter().find_map(|(_, it)| match it {
            Constraint::PrimaryKey { columns } => Some(columns.clone()),
            _ => None,
        });
        for column in &table.columns {
            if self.is_out(What::Column, name, &column.name) {
                continue;
            }
            let of_column = |what| Part::Thing(thing(what, name, &column.name));
            written.node(of_column(What::Column), |mut node| {
                node = node.word("column").text(&column.name).text(column.column_type.strip_prefix("public.").unwrap_or(&column.column_type));
                if primary.as_deref() == Some(std::slice::from_ref(&column.name)) {
                    node = node.yes("primary-key");
                }
                if !column.not_null {
                    node = node.yes("nullable");
                }
                let is_alone = |columns: &[String]| columns == [column.name.clone()];
                let key = constraints
                    .iter()
                    .position(|(_, it)| matches!(it, Constraint::Unique { columns } if is_alone(columns)));
                let index = indexes.iter().position(|(_, it)| it.is_unique && is_whole(it) && is_alone(&it.columns));
                match (key, index) {
                    (Some(at), _) => {
                        let part = thing(What::Constraint, name, constraints.remove(at).0);
                        node = node.part(Part::Thing(part), |node| node.yes("unique"));
                    }
                    (None, Some(at)) => {
                        let part = thing(What::Index, name, indexes.remove(at).0);
                        node = node.part(Part::Thing(part), |node| node.yes("unique"));
                    }
                    (None, None) => {}
                }
                if let Some(computed) = self.computed(name, column) {
                    let computed = computed.to_string();
                    node = node.part(of_column(What::Column), |node| node.property("generated", &computed));
                }
                if !self.is_out(What::Default, name, &column.name)
                    && let Some(default) = self.written_default(name, column)
                {
                    node = node.part(of_column(What::Default), |node| node.raw("default", &default));
                }
                let refers = |it: &Constraint| matches!(it, Constraint::ForeignKey(it) if it.columns == [column.name.clone()]);
                if let Some(at) = constraints.iter().position(|(_, it)| refers(it))
                    && let (name_of, Constraint::ForeignKey(key)) = constraints.remove(at)
                {
                    let part = Part::Thing(thing(What::Constraint, name, name_of));
                    node = node.part(part, |node| references(node, key));
                }
                let comment = self.comment(name, Some(&column.name), column.comment.as_deref());
                node.comment(comment, Part::Comment(name.clone(), Some(column.name.clone())))
            });
        }
        let mut checks = BTreeSet::new();
        constraints.sort_by_key(|(_, it)| matches!(it, Constraint::Check { .. }));
        for (it, constraint) in &constraints {
            let part = Part::Thing(thing(What::Constraint, name, it));
            match constraint {
                Constraint::PrimaryKey { columns } if columns.len() > 1 => {
                    written.node(part, |node| {
                        columns.iter().fold(node.word("primary-key"), |node, it| node.text(it))
                    });
                }
                Constraint::Unique { columns } => {
                    written.node(part, |node| {
                        columns.iter().fold(node.word("unique"), |node, it| node.text(it))
                    });
                }
                Constraint::Check { expression } => {
                    let key = (name.clone(), expression.clone());
                    let Some(condition) = self.found.conditions.get(&key) else { continue };
                    let called = check_name(&name.table, it, condition, &mut checks);
                    written.node(part, |node| node.word("check").text(&called).text(&condition.to_string()));
                }
                Constraint::ForeignKey(key) => {
                    written.node(part, |node| {
                        let node =
                            key.columns.iter().fold(node.word("foreign-key"), |node, it| node.text(it));
                        references(node, key)
                    });
                }
                Constraint::PrimaryKey { .. } => {}
            }
        }
        for (it, index) in &indexes {
            written.node(Part::Thing(thing(What::Index, name, it)), |node| self.index(node, name, index));
        }
    }

    fn index(&self, mut node: Node, table: &TableName, index: &Index) -> Node {
        // No `..`: what is new in an index is written here.
        let Index { method, columns, lower, descending, is_unique, only } = index;
        node = node.word(if *is_unique { "unique" } else { "index" });
        for column in columns {
            let how = if lower.contains(column) {
                "(lower)"
            } else if descending.contains(column) {
                "(desc)"
            } else {
                ""
            };
            node = node.word(&format!("{how}{}", literal(column)));
        }
        let key = |it: &String| (table.clone(), it.clone());
        if let Some(condition) = only.as_ref().and_then(|it| self.found.conditions.get(&key(it))) {
            node = node.property("where", &condition.to_string());
        }
        match method {
            Method::Btree => node,
            Method::Gin => node.property("method", "gin"),
        }
    }

    /// What a column is by default, as KDL.
    fn written_default(&self, table: &TableName, column: &Column) -> Option<String> {
        let default = match &column.default {
            None | Some(Default::Generated(_)) => return None,
            Some(Default::Identity | Default::Serial(_)) => column::Default::Identity,
            Some(Default::Expression(_)) => self.default(table, column)?.default.clone()?,
        };
        Some(match default {
            column::Default::Identity => literal("identity"),
            column::Default::Random => literal("random"),
            column::Default::Now => literal("now"),
            column::Default::Value(Literal::Text(text)) => literal(&text),
            column::Default::Value(Literal::Integer(number)) => number.to_string(),
            column::Default::Value(Literal::Truth(truth)) => format!("#{truth}"),
        })
    }

    /// What is left out and declared as external. What belongs to a table that is left out is so with it.
    fn externals(&self) -> impl Iterator<Item = &External> {
        let worth = self.beside.keys().filter(|it| self.is_worth_it(it));
        worth.filter(|it| unspeakable(it).is_none() && !self.unsaid.contains_key(it))
    }

    fn is_worth_it(&self, it: &External) -> bool {
        if it.table.is_none() {
            return true;
        }
        let table = it.place();
        let goes_along = self.is_out(What::Table, &table, &table.table)
            || (it.what == What::Default && self.is_out(What::Column, &table, &it.name));
        !goes_along
    }

    /// What it was: as far as it is declared, in the words in which it is declared, as far as these are the same.
    pub fn history(&self) -> history::Baseline {
        let mut schema = Schema::default();
        let known = self.found.schema.extensions.iter().filter(|it| !self.unknown.contains(*it));
        schema.extensions = known.cloned().collect();
        schema.types.clone_from(&self.found.schema.types);
        for (name, it) in &mut schema.types {
            if let (Type::Domain { check, .. }, Some(condition)) = (it, self.found.checks.get(name)) {
                *check = Some(condition::of_row(condition));
            }
        }
        for (name, table) in self.tables() {
            let mut table = table.clone();
            let of = |what, it: &str| self.is_out(what, name, it);
            if name.schema != PUBLIC {
                schema.schemas.entry(name.schema.clone()).or_default();
            }
            table.columns.retain(|it| !of(What::Column, &it.name));
            table.constraints.retain(|it, _| !of(What::Constraint, it));
            table.indexes.retain(|it, _| !of(What::Index, it));
            table.comment = table.comment.filter(|_| !self.untold.contains_key(&(name.clone(), None)));
            let condition = |expression: &mut String| {
                let key = (name.clone(), expression.clone());
                if let Some(it) = self.found.conditions.get(&key) {
                    *expression = condition::of_row(it);
                }
            };
            for column in &mut table.columns {
                let key = (name.clone(), Some(column.name.clone()));
                column.comment = column.comment.take().filter(|_| !self.untold.contains_key(&key));
                if of(What::Default, &column.name) {
                    column.default = None;
                }
                if let Some(computed) = self.computed(name, column) {
                    column.default = Some(Default::Generated(condition::computed(computed)));
                }
                if let Some(Declarable { default: Some(default), is_same: true }) = self.default(name, column)
                {
                    column.default = Some(rendered(default, &column.column_type));
                }
            }
            for constraint in table.constraints.values_mut() {
                if let Constraint::Check { expression } = constraint {
                    condition(expression);
                }
            }
            table.indexes.values_mut().filter_map(|it| it.only.as_mut()).for_each(condition);
            schema.tables.insert(name.clone(), table);
        }
        history::Baseline { schema, beside: self.beside.keys().cloned().collect() }
    }

    /// What is not as it was, or cannot be declared at all, each in a line.
    pub fn told(&self) -> Vec<String> {
        let mut told = self.found.unknown.clone();
        for (it, why) in self.beside.iter().filter(|(it, _)| self.is_worth_it(it)) {
            match unspeakable(it).or_else(|| self.unsaid.get(it).cloned()) {
                Some(why) => told.push(format!("{} is not declared: {why}", about(it))),
                None if why.is_empty() => {}
                None => told.push(format!("{} is declared as `external`: {why}", about(it))),
            }
        }
        for ((table, column), why) in &self.untold {
            let about =
                column.as_ref().map_or(format!("table `{table}`"), |it| format!("column `{table}.{it}`"));
            told.push(format!("what is said of {about} is not declared: {why}"));
        }
        for (name, table) in self.tables() {
            let columns = table.columns.iter().map(|it| (Some(it.name.as_str()), it.comment.as_deref()));
            for (column, text) in std::iter::once((None, table.comment.as_deref())).chain(columns) {
                let comment = self.comment(name, column, text);
                if text.zip(comment.as_deref()).is_some_and(|(there, here)| there != here) {
                    let about =
                        column.map_or(format!("table `{name}`"), |it| format!("column `{name}.{it}`"));
                    told.push(format!(
                        "what is said of {about} is declared on one line, and will be said so"
                    ));
                }
            }
            for policy in table.policies.keys() {
                told.push(format!(
                    "policy `{policy}` of table `{name}` is not declared: row rules take its place, and the next migration drops it"
                ));
            }
        }
        let extensions = self.unknown.iter().filter(|it| *it != "plpgsql");
        told.extend(
            extensions
                .map(|it| format!("extension `{it}` is not declared: it is none of those that are known")),
        );
        told
    }
}

impl history::Baseline {
    /// The migration that makes it where nothing is. Row rules of other tools are no part of it: their roles may not be there.
    pub fn first(&self) -> Option<Migration> {
        let mut schema = self.schema.clone();
        schema.tables.values_mut().for_each(|it| it.policies.clear());
        let migrations = migration::between(&Schema::default(), &schema, 1, "baseline", &|_| None);
        // On tables that are new nothing stands alone.
        let made = migrations.into_iter().next()?;
        let beside = self.beside.len();
        let mut up = "-- baseline: what was there when this database was adopted. Where it is there already, `trackside migrate apply\n-- --adopt` notes this file and runs nothing of it; a database that is empty gets it from here.\n".to_owned();
        if beside > 0 {
            let _ = writeln!(
                up,
                "-- What no declaration describes ({beside} such), most of it declared as `external`, is not made here: a migration of your own does."
            );
        }
        Some(Migration { up: format!("{up}\n{}", made.up), down: None, ..made })
    }
}

/// What something is, and where.
fn about(it: &External) -> String {
    let place = it.place();
    match &it.table {
        Some(_) => format!("{} `{}` of table `{place}`", it.what.word(), it.name),
        None => format!("{} `{place}`", it.what.word()),
    }
}

fn of_public(what: What, name: String) -> External {
    External { what, name, table: None, schema: PUBLIC.to_owned() }
}

fn rendered(default: &column::Default, column_type: &str) -> Default {
    match default {
        column::Default::Identity => Default::Identity,
        column::Default::Random => Default::Expression("gen_random_uuid()".to_owned()),
        column::Default::Now => Default::Expression("now()".to_owned()),
        column::Default::Value(value) => Default::Expression(declared::constant(value, column_type)),
    }
}

/// The same as SQL, for whoever asks PostgreSQL to write it back.
pub fn asked(default: &column::Default, column_type: &str) -> Option<String> {
    match rendered(default, column_type) {
        Default::Expression(it) => Some(it),
        Default::Identity | Default::Serial(_) | Default::Generated(_) => None,
    }
}

/// The type of a column, where it can be declared in the same words.
pub fn kind(types: &BTreeMap<String, Type>, column: &Column) -> Option<ColumnType> {
    let (written, is_array) =
        column.column_type.strip_suffix("[]").map_or((column.column_type.as_str(), false), |it| (it, true));
    let own = written.strip_prefix("public.").and_then(|name| Some((name, types.get(name)?)));
    let Some((name, own)) = own else {
        return ColumnType::of(&column.column_type).filter(|it| it.to_string() == column.column_type);
    };
    let name = Identifier::parse(Value::String(name)).ok()?;
    let declared = |values| Some(Arc::new(DeclaredType { name, values }));
    let of = match own {
        Type::Enum { values } => {
            let values: Result<Vec<Label>, _> =
                values.iter().map(|it| Label::parse(Value::String(it))).collect();
            ColumnType::of_enum(declared(values.ok()?))
        }
        Type::Domain { of, check: _ } => ColumnType {
            declared: declared(Vec::new()),
            ..ColumnType::of(of).filter(|it| it.to_string() == *of)?
        },
    };
    // A list of what is a list is written as the list that it is.
    (!is_array || !of.is_array).then(|| ColumnType { is_array: is_array || of.is_array, ..of.clone() })
}

/// Why a type cannot be declared.
fn refused_type(name: &str, it: &Type, checks: &BTreeMap<String, Predicate>) -> Option<String> {
    if let Some(why) = refused_name(name) {
        return Some(why);
    }
    match it {
        Type::Enum { values } if values.is_empty() => Some("it has no values".to_owned()),
        Type::Enum { values } => {
            values.iter().find_map(|it| Some(Label::parse(Value::String(it)).err()?.message))
        }
        Type::Domain { of, .. } if ColumnType::of(of).is_none_or(|it| it.to_string() != *of) => {
            Some(format!("`{of}` is no type that can be declared"))
        }
        Type::Domain { check: Some(check), .. } if !checks.contains_key(name) => {
            Some(format!("`{check}` is no condition that can be declared"))
        }
        Type::Domain { .. } => None,
    }
}

/// What a key refers to, and what becomes of its row.
fn references(node: Node, key: &ForeignKey) -> Node {
    // No `..`: what is new in a key is written here.
    let ForeignKey { columns: _, table, references, on_delete, on_update } = key;
    let to = match references.as_slice() {
        [only] => format!("{}.{only}", table.table),
        several => format!("{}({})", table.table, several.join(", ")),
    };
    let action = |node: Node, word: &str, action: &Option<Action>| match action {
        None => node,
        Some(Action::Cascade) => node.property(word, "cascade"),
        Some(Action::SetNull) => node.property(word, "set-null"),
        Some(Action::Restrict) => node.property(word, "restrict"),
    };
    action(action(node.property("references", &to), "on-delete", on_delete), "on-update", on_update)
}

fn is_whole(index: &Index) -> bool {
    index.only.is_none()
        && index.lower.is_empty()
        && index.descending.is_empty()
        && index.method == Method::Btree
}

/// A comment on one line.
fn told(comment: &str) -> Result<String, String> {
    let line = comment.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = if Line::parse(Value::String(comment)).is_ok() { comment.to_owned() } else { line };
    Line::parse(Value::String(&line)).map(|_| line).map_err(|it| it.message)
}

/// What a check is called in its table: its name without that of the table, or the columns that it asks for.
fn check_name(table: &str, name: &str, condition: &Predicate, taken: &mut BTreeSet<String>) -> String {
    let inner = name.strip_prefix(table).and_then(|it| it.strip_prefix('_')).unwrap_or(name);
    let inner = inner.strip_suffix("_check").unwrap_or(inner);
    let columns: Vec<&str> = condition.columns().map(Identifier::as_str).collect();
    let numbered = (1..).map(|number| format!("check_{number}"));
    let names = [inner.to_owned(), name.to_owned(), columns.join("_")].into_iter().chain(numbered);
    let mut free = names.filter(|it| is_identifier(it) && !taken.contains(it));
    let name = free.next().expect("there is always another number");
    taken.insert(name.clone());
    name
}

/// Writes declarations line by line.
struct Writer {
    declarations: Declarations,
    depth: usize,
}

impl Writer {
    fn indent(&mut self) -> usize {
        self.declarations.text.push_str(&"    ".repeat(self.depth));
        self.declarations.text.len()
    }

    /// A line between what belongs together and the rest.
    fn space(&mut self) {
        let text = &mut self.declarations.text;
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
    }

    fn head(&mut self, write: impl FnOnce(Node) -> Node) -> usize {
        let start = self.indent();
        let Node { text, parts } = write(Node { text: String::new(), parts: Vec::new() });
        self.declarations.text.push_str(&text);
        let parts = parts.into_iter().map(|(it, part)| (start + it.start..start + it.end, part));
        self.declarations.parts.extend(parts);
        start
    }

    fn node(&mut self, part: Part, write: impl FnOnce(Node) -> Node) {
        let start = self.head(write);
        self.declarations.parts.push((start..self.declarations.text.len(), part));
        self.declarations.text.push('\n');
    }

    fn open(&mut self, write: impl FnOnce(Node) -> Node) -> usize {
        let start = self.head(write);
        self.declarations.text.push_str(" {\n");
        self.depth += 1;
        start
    }

    fn close(&mut self, start: usize, part: Part) {
        self.depth -= 1;
        self.indent();
        self.declarations.text.push('}');
        self.declarations.parts.push((start..self.declarations.text.len(), part));
        self.declarations.text.push('\n');
    }
}

/// A line of KDL.
struct Node {
    text: String,
    parts: Vec<(Range<usize>, Part)>,
}

impl Node {
    fn word(mut self, word: &str) -> Self {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(word);
        self
    }

    fn text(self, text: &str) -> Self {
        self.word(&literal(text))
    }

    fn raw(self, name: &str, value: &str) -> Self {
        self.word(&format!("{name}={value}"))
    }

    fn property(self, name: &str, value: &str) -> Self {
        self.raw(name, &literal(value))
    }

    fn yes(self, name: &str) -> Self {
        self.raw(name, "#true")
    }

    /// Where it is, if that is not where it would be anyway.
    fn schema(self, schema: &str) -> Self {
        if schema == PUBLIC { self } else { self.property("schema", schema) }
    }

    fn part(self, part: Part, write: impl FnOnce(Self) -> Self) -> Self {
        let start = self.text.len() + 1;
        let mut node = write(self);
        node.parts.push((start..node.text.len(), part));
        node
    }

    fn comment(self, comment: Option<String>, part: Part) -> Self {
        match comment {
            Some(comment) => self.part(part, |node| node.property("comment", &comment)),
            None => self,
        }
    }
}
