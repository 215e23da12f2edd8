//! What is declared of a database, as PostgreSQL is to have it.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::Platform;
use crate::language::database::Database;
use crate::language::database::check::Check;
use crate::language::database::column::{self, Column};
use crate::language::database::declared_type::{TypeDeclaration, What};
use crate::language::database::external;
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
    self, Action, Constraint, Default, External, ForeignKey, Index, Method, OWN, PUBLIC, Role, Schema,
    TableName, Type,
};
use crate::render::postgres::{copied, erasure, export, hold, retention};
use crate::source::Span;
use crate::tree::digest::Digest;

/// The schema of a database of a project, or of the top.
pub fn schema(platform: &Platform, project: Option<&Project>, database: &Database) -> Schema {
    let obligations = project.map_or(&platform.obligations, |it| &it.obligations);
    let erasure = erasure_of(platform, project, database);
    let obligations: Vec<&Obligation> =
        obligations.values().filter(|it| it.database == database.name).collect();
    let roles = Roles::of(database);
    let mut all: BTreeMap<String, Role> =
        [(roles.application.clone(), Role::Application), (roles.maintenance.clone(), Role::Maintenance)]
            .into();
    all.extend(database.callers.values().map(|it| (roles.caller(it.name.as_str()), Role::Caller)));
    all.extend(roles.read_only.iter().map(|it| (it.clone(), Role::ReadOnly)));
    let tables =
        database.tables.values().map(|it| (TableName::of(it), table(database, erasure, it))).collect();
    let mut schema = Schema {
        extensions: database.extensions.keys().map(|it| it.word().to_owned()).collect(),
        external: database.external.iter().map(external).collect(),
        logins: roles.login.iter().map(|it| (it.clone(), taken(&all))).collect(),
        roles: all,
        schemas: BTreeMap::new(),
        types: database.types.values().map(|it| (it.name.to_string(), declared_type(it))).collect(),
        functions: BTreeMap::new(),
        tables,
    };
    rows::add(database, &roles, &mut schema);
    copied::add(database, &roles, &mut schema);
    retention::add(database, &obligations, erasure.is_some(), &roles, &mut schema);
    export::add(database, erasure.is_some(), &roles, &mut schema);
    if let Some(erasure) = erasure {
        hold::add(&roles, &mut schema);
        erasure::add(database, erasure, &obligations, &roles, &mut schema);
    }
    let others = schema.tables.iter().filter(|(name, _)| ![PUBLIC, OWN].contains(&name.schema.as_str()));
    let mut usable: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, table) in others {
        usable.entry(name.schema.clone()).or_default().extend(table.grants.keys().cloned());
    }
    schema.schemas = usable;
    schema
}

/// The roles that whoever logs in may take: those that services ask by.
fn taken(roles: &BTreeMap<String, Role>) -> BTreeSet<String> {
    let is_of_service = |it: &Role| match it {
        Role::Application | Role::ReadOnly | Role::Caller => true,
        Role::Maintenance | Role::Privacy => false,
    };
    roles.iter().filter(|(_, it)| is_of_service(it)).map(|(name, _)| name.clone()).collect()
}

fn declared_type(declared: &TypeDeclaration) -> Type {
    match &declared.what {
        What::Enum(values) => Type::Enum { values: values.iter().map(ToString::to_string).collect() },
        What::Domain { of, check } => {
            Type::Domain { of: of.sql(), check: check.as_ref().map(condition::of_row) }
        }
    }
}

/// What an erasure does in a database.
pub fn erasure_of<'p>(
    platform: &'p Platform,
    project: Option<&'p Project>,
    database: &Database,
) -> Option<&'p Erasure> {
    project.map_or(&platform.erasures, |it| &it.erasures).get(&database.name)
}

/// What is external, as a schema has it.
pub fn external(external: &external::External) -> External {
    let external::External { what, name, table, schema, span: _ } = external;
    let table = table.as_ref().map(ToString::to_string);
    External { what: *what, name: name.to_string(), table, schema: schema.to_string() }
}

fn table(database: &Database, erasure: Option<&Erasure>, table: &Table) -> schema::Table {
    let by_name = |it: Named<_>| (it.name, it.made);
    let mut made = schema::Table {
        was: table.was.as_ref().map(ToString::to_string),
        comment: table.comment.as_ref().map(ToString::to_string),
        columns: table.columns.iter().map(column).collect(),
        indexes: indexes(database, erasure, table).into_iter().map(by_name).collect(),
        constraints: constraints(database, table).into_iter().map(|it| (it.name, it.made)).collect(),
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

/// Something that belongs to a table: its name, what it is, and where it is declared.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub made: T,
    /// Where it is declared.
    pub span: Span,
}

/// The constraints of a table, called as PostgreSQL calls those that nobody gives a name.
pub fn constraints(database: &Database, table: &Table) -> Vec<Named<Constraint>> {
    let name = table.name.as_str();
    let mut constraints = Vec::new();
    if !table.primary_key.is_empty() {
        let made = Constraint::PrimaryKey { columns: names(&table.primary_key) };
        let alone = table.column(&table.primary_key[0]).filter(|_| table.primary_key.len() == 1);
        let span = alone.map_or(table.span, |it| it.span);
        constraints.push(Named { name: joined(&[name, "pkey"]), made, span });
    }
    for columns in &table.unique {
        let parts: Vec<&str> = std::iter::once(name)
            .chain(columns.value.iter().map(Identifier::as_str))
            .chain(["key"])
            .collect();
        let made = Constraint::Unique { columns: names(&columns.value) };
        constraints.push(Named { name: joined(&parts), made, span: columns.span });
    }
    for key in table.all_foreign_keys() {
        let foreign_key::ForeignKey { columns, to, on_delete, on_update, span } = key;
        let made = ForeignKey {
            columns: names(&columns),
            // One that is not there has been reported.
            table: database
                .tables
                .get(&to.table)
                .map_or_else(|| TableName::public(to.table.as_str()), TableName::of),
            references: names(&to.columns),
            on_delete: on_delete.map(action),
            on_update: on_update.map(action),
        };
        let parts: Vec<&str> =
            std::iter::once(name).chain(columns.iter().map(Identifier::as_str)).chain(["fkey"]).collect();
        constraints.push(Named { name: joined(&parts), made: Constraint::ForeignKey(made), span });
    }
    for check in &table.checks {
        let made = Constraint::Check { expression: condition::of_row(&check.condition) };
        constraints.push(Named { name: check_name(table, check), made, span: check.span });
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
fn check_name(table: &Table, check: &Check) -> String {
    joined(&[table.name.as_str(), check.name.as_str(), "check"])
}

/// The indexes of a table: those that are declared, and those that row rules, references, retention and erasure ask for. One that
/// begins like another, or like a key, would find nothing sooner.
pub fn indexes(database: &Database, erasure: Option<&Erasure>, table: &Table) -> Vec<Named<Index>> {
    let keys = constraints(database, table).into_iter().filter_map(|it| match it.made {
        Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => Some(columns),
        Constraint::ForeignKey(_) | Constraint::Check { .. } => None,
    });
    let whole = table.indexes.iter().filter(|it| it.is_whole() && it.method == index::Method::Btree);
    let mut known: Vec<Vec<String>> =
        keys.chain(whole.map(|it| it.columns.iter().map(|it| it.name.to_string()).collect())).collect();
    let named = |method: Method, columns: Vec<String>, span: Span| {
        let parts: Vec<&str> = std::iter::once(table.name.as_str())
            .chain(columns.iter().map(String::as_str))
            .chain(["idx"])
            .collect();
        Named { name: joined(&parts), made: Index::plain(method, columns), span }
    };
    let mut indexes = written_indexes(table);
    let is_found = |column: &Identifier| {
        let mut found =
            table.indexes.iter().filter(|it| it.method == index::Method::Gin && it.only.is_none());
        found.any(|it| it.columns.iter().any(|it| it.name == *column))
    };
    if let Some(shared) = table.shared().filter(|it| !is_found(&it.name)) {
        indexes.push(named(Method::Gin, vec![shared.name.to_string()], shared.span));
    }
    // Its rows of a person are gone through by their key, so the two stand in one.
    if let Some(columns) = erasure.and_then(|it| erasure::search_key(it, table))
        && !known.iter().any(|it| it.starts_with(&columns) || is_key_of(table, it, &columns))
    {
        indexes.push(named(Method::Btree, columns.clone(), table.span));
        known.push(columns);
    }
    // What several columns refer to is looked for by all of them when the other row goes.
    for key in &table.foreign_keys {
        let columns = names(&key.columns);
        if !known.iter().any(|it| it.starts_with(&columns)) {
            indexes.push(named(Method::Btree, columns.clone(), key.span));
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
        indexes.push(named(Method::Btree, columns.clone(), column.span));
        known.push(columns);
    }
    indexes
}

/// The indexes that are declared by themselves.
pub fn written_indexes(table: &Table) -> Vec<Named<Index>> {
    let mut indexes: Vec<Named<Index>> = Vec::new();
    for index in &table.indexes {
        let (name, made) = index_of(table, index);
        // Two that differ in values alone.
        let told = made.only.clone().unwrap_or_default();
        let other = || joined(&[&name, &Digest::of(told.as_bytes()).to_string()[..8]]);
        let name = if indexes.iter().any(|it| it.name == name) { other() } else { name };
        indexes.push(Named { name, made, span: index.span });
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
