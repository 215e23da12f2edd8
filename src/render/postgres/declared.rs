//! What is declared of a database, as PostgreSQL is to have it.

use std::collections::BTreeMap;

use crate::language::Platform;
use crate::language::database::Database;
use crate::language::database::check::Check;
use crate::language::database::column::{self, Column};
use crate::language::database::declared_type::{TypeDeclaration, What};
use crate::language::database::foreign_key;
use crate::language::database::index;
use crate::language::database::table::Table;
use crate::language::erasure::Erasure;
use crate::language::obligation::Obligation;
use crate::language::project::Project;
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::literal::Literal;
use crate::render::postgres::condition;
use crate::render::postgres::quote::{joined, literal};
use crate::render::postgres::rows::{self, Roles};
use crate::render::postgres::schema::{
    self, Action, Constraint, Default, External, ForeignKey, Index, Method, Role, Schema, TableName, Type,
};
use crate::render::postgres::{copied, erasure, export, hold, retention};
use crate::tree::digest::Digest;

/// The schema of a database of a project, or of the top.
pub fn schema(platform: &Platform, project: Option<&Project>, database: &Database) -> Schema {
    let erasures = project.map_or(&platform.erasures, |it| &it.erasures);
    let obligations = project.map_or(&platform.obligations, |it| &it.obligations);
    let erasure = erasures.get(&database.name);
    let obligations: Vec<&Obligation> =
        obligations.values().filter(|it| it.database == database.name).collect();
    let roles = Roles::of(database);
    let mut all: BTreeMap<String, Role> =
        [(roles.application.clone(), Role::Application), (roles.maintenance.clone(), Role::Maintenance)]
            .into();
    all.extend(database.callers.values().map(|it| (roles.caller(it.name.as_str()), Role::Caller)));
    let tables = database
        .tables
        .values()
        .map(|it| (TableName::public(it.name.as_str()), table(database, erasure, it)))
        .collect();
    let external = database.external.iter().map(|it| External {
        what: it.what,
        name: it.name.to_string(),
        table: it.table.as_ref().map(ToString::to_string),
    });
    let mut schema = Schema {
        extensions: database.extensions.iter().map(|it| it.word().to_owned()).collect(),
        external: external.collect(),
        roles: all,
        types: database.types.values().map(|it| (it.name.to_string(), declared_type(it))).collect(),
        functions: BTreeMap::new(),
        tables,
    };
    rows::add(database, &roles, &mut schema);
    copied::add(database, &roles, &mut schema);
    retention::add(database, &obligations, erasure.is_some(), &roles, &mut schema);
    export::add(database, &roles, &mut schema);
    if let Some(erasure) = erasure {
        hold::add(&roles, &mut schema);
        erasure::add(database, erasure, &obligations, &roles, &mut schema);
    }
    schema
}

fn declared_type(declared: &TypeDeclaration) -> Type {
    match &declared.what {
        What::Enum(values) => Type::Enum { values: values.iter().map(ToString::to_string).collect() },
        What::Domain { of, check } => {
            Type::Domain { of: of.sql(), check: check.as_ref().map(condition::of_row) }
        }
    }
}

fn table(database: &Database, erasure: Option<&Erasure>, table: &Table) -> schema::Table {
    let constraints = constraints(table);
    let mut made = schema::Table {
        was: table.was.as_ref().map(ToString::to_string),
        comment: table.comment.as_ref().map(ToString::to_string),
        columns: table.columns.iter().map(column).collect(),
        indexes: indexes(database, erasure, table, &constraints),
        constraints,
        ..schema::Table::default()
    };
    // What PostgreSQL says of a primary key without being told.
    for column in &mut made.columns {
        column.not_null |= table.primary_key.iter().any(|it| it.as_str() == column.name);
    }
    made
}

/// What is said of every encrypted column.
const ENCRYPTED: &str =
    "encrypted by the service: key id and ciphertext, bound to table, column and primary key";

fn column(column: &Column) -> schema::Column {
    let Column {
        name,
        was,
        column_type,
        nullable,
        unique: _, // A constraint.
        default,
        generated,
        from,
        references: _, // A constraint as well.
        owner: _,      // What these mean stands in policies.
        shared: _,
        subject: _,
        personal: _, // What these mean is done by functions.
        erase: _,
        encrypted,
        comment,
        span: _,
    } = column;
    let generated = generated.as_ref().map(|it| Default::Generated(condition::computed(it)));
    let default = generated.or_else(|| {
        default.as_ref().map(|it| match it {
            column::Default::Identity => Default::Identity,
            column::Default::Random => Default::Expression("gen_random_uuid()".to_owned()),
            column::Default::Now => Default::Expression("now()".to_owned()),
            column::Default::Value(value) => Default::Expression(constant(value, &column_type.sql())),
        })
    });
    let comment = match (comment, encrypted) {
        (Some(comment), true) => Some(format!("{comment}; {ENCRYPTED}")),
        (Some(comment), false) => Some(comment.to_string()),
        (None, true) => Some(ENCRYPTED.to_owned()),
        (None, false) => None,
    };
    schema::Column {
        name: name.to_string(),
        was: was.as_ref().map(ToString::to_string),
        from: from.as_ref().map(ToString::to_string),
        column_type: column_type.sql(),
        // What counts up always has a value, whatever is written.
        not_null: !nullable || default == Some(Default::Identity),
        default,
        comment,
    }
}

/// A constant of a type.
pub fn constant(value: &Literal, column_type: &str) -> String {
    match value {
        Literal::Text(text) => format!("{}::{column_type}", literal(text)),
        Literal::Integer(number) => number.to_string(),
        Literal::Truth(truth) => truth.to_string(),
    }
}

fn names(columns: &[Identifier]) -> Vec<String> {
    columns.iter().map(ToString::to_string).collect()
}

/// The constraints of a table, called as PostgreSQL calls those that nobody gives a name.
fn constraints(table: &Table) -> BTreeMap<String, Constraint> {
    let name = table.name.as_str();
    let mut constraints = BTreeMap::new();
    if !table.primary_key.is_empty() {
        let key = Constraint::PrimaryKey { columns: names(&table.primary_key) };
        constraints.insert(joined(&[name, "pkey"]), key);
    }
    for columns in &table.unique {
        let parts: Vec<&str> =
            std::iter::once(name).chain(columns.iter().map(Identifier::as_str)).chain(["key"]).collect();
        constraints.insert(joined(&parts), Constraint::Unique { columns: names(columns) });
    }
    for key in table.all_foreign_keys() {
        let foreign_key::ForeignKey { columns, to, on_delete, on_update, span: _ } = key;
        let made = ForeignKey {
            columns: names(&columns),
            table: TableName::public(to.table.as_str()),
            references: names(&to.columns),
            on_delete: on_delete.map(action),
            on_update: on_update.map(action),
        };
        let parts: Vec<&str> =
            std::iter::once(name).chain(columns.iter().map(Identifier::as_str)).chain(["fkey"]).collect();
        constraints.insert(joined(&parts), Constraint::ForeignKey(made));
    }
    for check in &table.checks {
        let held = Constraint::Check { expression: condition::of_row(&check.condition) };
        constraints.insert(check_name(table, check), held);
    }
    constraints
}

fn action(action: foreign_key::Action) -> Action {
    match action {
        foreign_key::Action::Cascade => Action::Cascade,
        foreign_key::Action::SetNull => Action::SetNull,
        foreign_key::Action::Restrict => Action::Restrict,
    }
}

/// What a check is called.
pub fn check_name(table: &Table, check: &Check) -> String {
    joined(&[table.name.as_str(), check.name.as_str(), "check"])
}

/// The indexes of a table: those that are declared, and those that row rules, references, retention and erasure ask for. One that
/// begins like another, or like a key, would find nothing sooner.
fn indexes(
    database: &Database,
    erasure: Option<&Erasure>,
    table: &Table,
    constraints: &BTreeMap<String, Constraint>,
) -> BTreeMap<String, Index> {
    let keys = constraints.values().filter_map(|it| match it {
        Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => Some(columns.clone()),
        Constraint::ForeignKey(_) | Constraint::Check { .. } => None,
    });
    let whole = table.indexes.iter().filter(|it| it.is_whole() && it.method == index::Method::Btree);
    let mut known: Vec<Vec<String>> =
        keys.chain(whole.map(|it| it.columns.iter().map(|it| it.name.to_string()).collect())).collect();
    let name = |columns: &[String]| {
        let parts: Vec<&str> = std::iter::once(table.name.as_str())
            .chain(columns.iter().map(String::as_str))
            .chain(["idx"])
            .collect();
        joined(&parts)
    };
    let mut indexes: BTreeMap<String, Index> = BTreeMap::new();
    for (name, index) in table.indexes.iter().map(|it| index_of(table, it)) {
        // Two that differ in values alone.
        let told = index.only.clone().unwrap_or_default();
        let other = || joined(&[&name, &Digest::of(told.as_bytes()).to_string()[..8]]);
        let name = if indexes.contains_key(&name) { other() } else { name };
        indexes.insert(name, index);
    }
    let is_found = |column: &Identifier| {
        let mut found =
            table.indexes.iter().filter(|it| it.method == index::Method::Gin && it.only.is_none());
        found.any(|it| it.columns.iter().any(|it| it.name == *column))
    };
    if let Some(shared) = table.shared().filter(|it| !is_found(&it.name)) {
        let columns = vec![shared.name.to_string()];
        indexes.insert(name(&columns), Index::plain(Method::Gin, columns));
    }
    // Its rows of a person are gone through by their key, so the two stand in one.
    if let Some(columns) = erasure.and_then(|it| erasure::search_key(it, table))
        && !known.iter().any(|it| it.starts_with(&columns) || is_key_of(table, it, &columns))
    {
        indexes.insert(name(&columns), Index::plain(Method::Btree, columns.clone()));
        known.push(columns);
    }
    // What several columns refer to is looked for by all of them when the other row goes.
    for key in &table.foreign_keys {
        let columns = names(&key.columns);
        if !known.iter().any(|it| it.starts_with(&columns)) {
            indexes.insert(name(&columns), Index::plain(Method::Btree, columns.clone()));
            known.push(columns);
        }
    }
    let asked = table.columns.iter().filter(|it| {
        let is_listed = database.tables.values().filter_map(|it| it.members.as_ref()).any(|members| {
            members.table.value == table.name && [&members.user.value, &members.key.value].contains(&&it.name)
        });
        let is_timed = table.retain.as_ref().is_some_and(|retain| retain.after == it.name);
        let is_waited_for = erasure.is_some_and(|erasure| erasure::waits_after(erasure, table, &it.name));
        it.owner || it.subject || it.references.is_some() || is_listed || is_timed || is_waited_for
    });
    for column in asked {
        let columns = vec![column.name.to_string()];
        if known.iter().any(|it| it.first() == columns.first()) {
            continue;
        }
        indexes.insert(name(&columns), Index::plain(Method::Btree, columns.clone()));
        known.push(columns);
    }
    indexes
}

/// A declared index, with a name made of what it is.
fn index_of(table: &Table, index: &index::Index) -> (String, Index) {
    // No `..`: what is new in an index is made here.
    let index::Index { columns, unique, method, only, span: _ } = index;
    let mut words: Vec<&str> = vec![table.name.as_str()];
    for part in columns {
        words.push(part.name.as_str());
        words.extend(part.lower.then_some("lower"));
        words.extend(part.desc.then_some("desc"));
    }
    let method = match method {
        index::Method::Btree => Method::Btree,
        index::Method::Gin => {
            words.push("gin");
            Method::Gin
        }
    };
    if let Some(only) = only {
        words.push("where");
        words.extend(only.columns().map(Identifier::as_str));
    }
    words.push(if *unique { "key" } else { "idx" });
    let some = |is: fn(&index::Part) -> bool| {
        columns.iter().filter(|it| is(it)).map(|it| it.name.to_string()).collect()
    };
    let made = Index {
        method,
        columns: columns.iter().map(|it| it.name.to_string()).collect(),
        lower: some(|it| it.lower),
        descending: some(|it| it.desc),
        is_unique: *unique,
        only: only.as_ref().map(condition::of_row),
    };
    (joined(&words), made)
}

/// Whether an index is the primary key, and begins with the column that others begin with: it then has all of them.
fn is_key_of(table: &Table, index: &[String], columns: &[String]) -> bool {
    index == names(&table.primary_key) && index.first() == columns.first()
}
