//! What a database consists of, in PostgreSQL's own terms.
//!
//! Everything has the name that PostgreSQL knows it by and is found by it. Expressions are texts: they are compared as they were
//! written, and with a catalogue by asking PostgreSQL to read them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::language::database::external::What;
use crate::language::database::table;

/// All that is declared of one database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Extensions that are to be there. None is ever dropped: nobody knows what uses it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub extensions: BTreeSet<String>,
    /// What migrations make that are written by hand. No migration of trackside knows of it, so it is in no snapshot.
    #[serde(skip)]
    pub external: BTreeSet<External>,
    /// Roles; they are the server's, and two databases of it may share one.
    pub roles: BTreeMap<String, Role>,
    /// Roles that log in, and those that each of them may take. It has no right of its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub logins: BTreeMap<String, BTreeSet<String>>,
    /// Schemas beside [`PUBLIC`] and [`OWN`], and the roles that may use what is in them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub schemas: BTreeMap<String, BTreeSet<String>>,
    /// Types of the schema [`PUBLIC`], by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub types: BTreeMap<String, Type>,
    /// Functions of the schema [`OWN`], by name.
    pub functions: BTreeMap<String, Function>,
    /// Tables, by name.
    pub tables: BTreeMap<TableName, Table>,
}

impl Schema {
    /// Takes in what another environment declares of the same database. Services may be fewer in one of them; a role that nobody takes
    /// there does no harm. Tables and functions are the same in all, for a migration runs in each: `Err` names one that is not.
    ///
    /// # Errors
    ///
    /// The first table or function of which the other environment says something else, as in "table `users`".
    pub fn join(&mut self, other: Self) -> Result<(), String> {
        let Self { extensions, external, roles, logins, schemas, types, functions, tables } = other;
        let names: BTreeSet<&String> = self.types.keys().chain(types.keys()).collect();
        if let Some(name) = names.into_iter().find(|it| self.types.get(*it) != types.get(*it)) {
            return Err(format!("type `{name}`"));
        }
        let names: BTreeSet<&TableName> = self.tables.keys().chain(tables.keys()).collect();
        if let Some(name) =
            names.into_iter().find(|it| !self.tables.contains_key(*it) || !tables.contains_key(*it))
        {
            return Err(format!("table `{name}`"));
        }
        let names: BTreeSet<&String> = self.functions.keys().chain(functions.keys()).collect();
        if let Some(name) = names.into_iter().find(|it| self.functions.get(*it) != functions.get(*it)) {
            return Err(format!("function `{OWN}.{name}`"));
        }
        self.extensions.extend(extensions);
        for (name, roles) in schemas {
            self.schemas.entry(name).or_default().extend(roles);
        }
        for (name, roles) in logins {
            self.logins.entry(name).or_default().extend(roles);
        }
        self.external.extend(external);
        self.roles.extend(roles);
        for (name, table) in tables {
            let Some(own) = self.tables.get_mut(&name) else { continue };
            let Table {
                was: _,
                row_security,
                comment,
                columns,
                constraints,
                indexes,
                copies,
                policies,
                grants,
            } = table;
            let is_same = own.row_security == row_security
                && own.comment == comment
                && own.columns == columns
                && own.constraints == constraints
                && own.indexes == indexes
                && own.copies == copies;
            let fits = policies.iter().all(|(name, it)| own.policies.get(name).is_none_or(|own| own == it));
            if !is_same || !fits {
                return Err(format!("table `{name}`"));
            }
            own.policies.extend(policies);
            for (role, privileges) in grants {
                own.grants.entry(role).or_default().extend(privileges);
            }
        }
        Ok(())
    }
}

impl Schema {
    /// Takes over the roles of another that this has not, with all that is theirs: services that another environment runs.
    pub fn keep_roles_of(&mut self, other: &Self) {
        let theirs = |role: &String, own: &Self| !own.roles.contains_key(role);
        for (name, table) in &other.tables {
            let Some(own) = self.tables.get(name).cloned() else { continue };
            let policies = table.policies.iter().filter(|(_, it)| theirs(&it.role, self));
            let policies: Vec<_> = policies.map(|(name, it)| (name.clone(), it.clone())).collect();
            let grants = table.grants.iter().filter(|(role, _)| theirs(role, self));
            let grants: Vec<_> = grants.map(|(role, it)| (role.clone(), it.clone())).collect();
            let mut own = own;
            own.policies.extend(policies);
            own.grants.extend(grants);
            self.tables.insert(name.clone(), own);
        }
        self.extensions.extend(other.extensions.iter().cloned());
        for (name, roles) in &other.schemas {
            let Some(own) = self.schemas.get_mut(name) else { continue };
            own.extend(roles.iter().filter(|it| !self.roles.contains_key(*it)).cloned());
        }
        for (name, roles) in &other.logins {
            let Some(own) = self.logins.get_mut(name) else { continue };
            own.extend(roles.iter().filter(|it| !self.roles.contains_key(*it)).cloned());
        }
        for (name, role) in &other.roles {
            self.roles.entry(name.clone()).or_insert(*role);
        }
    }
}

/// What a migration makes that is written by hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// What it is.
    pub what: What,
    /// What it is called; of functions, all of that name.
    pub name: String,
    /// The table that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub table: Option<String>,
    /// The schema that it is in, or its table.
    #[serde(skip_serializing_if = "is_public", default = "public")]
    pub schema: String,
}

impl External {
    /// Its name with that of its schema; of what belongs to a table, that of the table.
    pub fn place(&self) -> TableName {
        let Self { what: _, name, table, schema } = self;
        TableName { schema: schema.clone(), table: table.as_ref().unwrap_or(name).clone() }
    }
}

fn is_public(schema: &str) -> bool {
    schema == PUBLIC
}

fn public() -> String {
    PUBLIC.to_owned()
}

/// The schema of what nobody declares by itself.
pub const OWN: &str = "trackside";

/// The schema of what is declared.
pub const PUBLIC: &str = "public";

/// The name of a table with that of its schema. It is written `users`, or `trackside.erasures` where the schema is another than
/// [`PUBLIC`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct TableName {
    /// The schema.
    pub schema: String,
    /// The table.
    pub table: String,
}

impl TableName {
    /// A table of the schema of what is declared.
    pub fn public(table: impl Into<String>) -> Self {
        Self { schema: PUBLIC.to_owned(), table: table.into() }
    }

    /// A declared table.
    pub fn of(table: &table::Table) -> Self {
        Self { schema: table.schema.to_string(), table: table.name.to_string() }
    }

    /// A table of the schema of what nobody declares by itself.
    pub fn own(table: impl Into<String>) -> Self {
        Self { schema: OWN.to_owned(), table: table.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schema, table } = self;
        match schema == PUBLIC && !table.contains('.') {
            true => formatter.write_str(table),
            false => write!(formatter, "{schema}.{table}"),
        }
    }
}

impl From<String> for TableName {
    fn from(written: String) -> Self {
        match written.split_once('.') {
            Some((schema, table)) => Self { schema: schema.to_owned(), table: table.to_owned() },
            None => Self::public(written),
        }
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.to_string()
    }
}

/// What a role is for. None of them logs in, owns a table or bypasses row security.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Services ask by it in the name of a user.
    Application,
    /// One service asks by it in nobody's name.
    Caller,
    /// It sees every row: what asks who belongs to whom, what deletes by age and what erases runs as it.
    Maintenance,
    /// Services ask by it in the name of a user, and change nothing.
    ReadOnly,
    /// Whoever runs retention, erasure and export calls their functions by it; it reads no table but those of the evidence.
    Privacy,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What it was called before; of no account where nothing is called so any more.
    #[serde(skip)]
    pub was: Option<String>,
    /// Whom policies hold for: everybody, unless another tool has made it.
    #[serde(skip_serializing_if = "RowSecurity::is_forced", default)]
    pub row_security: RowSecurity,
    /// What `comment on table` says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Its constraints, by name.
    pub constraints: BTreeMap<String, Constraint>,
    /// Its indexes beside those of constraints, by name.
    pub indexes: BTreeMap<String, Index>,
    /// The triggers that keep two of its columns the same, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub copies: BTreeMap<String, Copied>,
    /// Its policies, by name.
    pub policies: BTreeMap<String, Policy>,
    /// What roles may do with it.
    pub grants: BTreeMap<String, BTreeSet<Privilege>>,
}

/// Whom the policies of a table hold for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowSecurity {
    /// Everybody, its owner included: every table that is declared.
    #[default]
    Forced,
    /// Everybody but its owner.
    Enabled,
    /// Nobody: whoever has the privilege sees every row.
    Off,
}

impl RowSecurity {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_forced(&self) -> bool {
        *self == Self::Forced
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it was called before; of no account where nothing is called so any more.
    #[serde(skip)]
    pub was: Option<String>,
    /// The column that it takes the place of.
    #[serde(skip)]
    pub from: Option<String>,
    /// Its type, as PostgreSQL writes it in short: `timestamptz`, `numeric(12, 2)`, `public.status`.
    #[serde(rename = "type")]
    pub column_type: String,
    /// Whether it always has a value.
    pub not_null: bool,
    /// What it is in a new row that does not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Default>,
    /// What `comment on column` says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
}

/// What a column is in a new row that does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Default {
    /// The next number: `generated by default as identity`.
    Identity,
    /// The next number of a sequence that belongs to the column, as `serial` makes one. Another tool has made it so.
    Serial(TableName),
    /// The value of an expression.
    Expression(String),
    /// The value of an expression of other columns, always: `generated always as (…) stored`.
    Generated(String),
}

/// A type that a database declares for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Type {
    /// One of few values.
    Enum {
        /// The values, in their order.
        values: Vec<String>,
    },
    /// Another type with a check, which is called `<name>_check`.
    Domain {
        /// The type.
        of: String,
        /// What holds of every `value`.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        check: Option<String>,
    },
}

/// A trigger that keeps two columns the same. It has the name of its function, which is in the schema [`OWN`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The column that was there.
    pub from: String,
    /// The column that takes its place.
    pub to: String,
    /// The value of the one as one of the other, as an expression.
    pub value: String,
    /// The role that sees every row, to fill those that are there.
    pub role: String,
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Constraint {
    /// What tells rows apart.
    PrimaryKey {
        /// The columns, in their order.
        columns: Vec<String>,
    },
    /// What no two rows have in common.
    Unique {
        /// The columns, in their order.
        columns: Vec<String>,
    },
    /// A row of another table that has to be there.
    ForeignKey(ForeignKey),
    /// What holds of every row.
    Check {
        /// The condition.
        expression: String,
    },
}

/// What columns refer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The columns, in their order.
    pub columns: Vec<String>,
    /// The other table.
    pub table: TableName,
    /// Its columns, in the same order.
    pub references: Vec<String>,
    /// What becomes of the row when the other one is deleted; that is refused where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_delete: Option<Action>,
    /// What becomes of it when the other one changes; refused where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_update: Option<Action>,
}

/// What becomes of a row when the one that it refers to is deleted or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It goes along.
    Cascade,
    /// It refers to nothing.
    SetNull,
    /// The other one may not, even if this one would be gone at the end of the transaction.
    Restrict,
}

impl Action {
    /// The words of SQL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
            Self::Restrict => "restrict",
        }
    }
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// How it finds.
    pub method: Method,
    /// The columns, in their order.
    pub columns: Vec<String>,
    /// Those of them of which small letters count.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub lower: BTreeSet<String>,
    /// Those of them of which the last comes first.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub descending: BTreeSet<String>,
    /// Whether no two of its rows have the same in common.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_unique: bool,
    /// Which rows are in it; all where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub only: Option<String>,
}

impl Index {
    /// One of all rows, by the columns as they are.
    pub fn plain(method: Method, columns: Vec<String>) -> Self {
        let none = BTreeSet::new();
        Self { method, columns, lower: none.clone(), descending: none, is_unique: false, only: None }
    }
}

/// How an index finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By order.
    Btree,
    /// By what is in a list.
    Gin,
}

/// A policy of row security.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether all of these have to let a row through, and not one of the others alone.
    pub is_restrictive: bool,
    /// What it is about; everything where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<Privilege>,
    /// The role for which it holds.
    pub role: String,
    /// Which rows are seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub using: Option<String>,
    /// Which rows may be written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub with_check: Option<String>,
}

/// What may be done with the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// See them.
    Select,
    /// Add some.
    Insert,
    /// Change them.
    Update,
    /// Delete them.
    Delete,
}

impl Privilege {
    /// The word of SQL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A function of the schema [`OWN`], by its name alone: no two of them share one. It runs as its owner, with nothing but `pg_catalog`
/// in its search path and, where it is more than a query, in UTC, whoever calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// What it takes, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub arguments: Vec<Argument>,
    /// What it gives.
    pub returns: String,
    /// What its text is written in.
    pub language: Language,
    /// What it may do.
    pub volatility: Volatility,
    /// Its text.
    pub body: String,
    /// The functions that the text calls, which have to be there before it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub calls: BTreeSet<String>,
    /// The role as which it runs.
    pub owner: String,
    /// Who may call it.
    pub callers: BTreeSet<String>,
}

/// What a function takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its name, by which it can be given.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub argument_type: String,
}

/// What the text of a function is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// One query.
    Sql,
    /// Statements, one after the other.
    Plpgsql,
}

/// What a function may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// It changes nothing, and all of it sees the database as the statement does that calls it.
    Stable,
    /// It may change rows.
    Volatile,
}

impl Function {
    /// The types of what it takes: with its name, what PostgreSQL knows it by.
    pub fn types(&self) -> Vec<String> {
        self.arguments.iter().map(|it| it.argument_type.clone()).collect()
    }

    /// Whether PostgreSQL can put this one in the place of another of the same name, for what it takes and gives is the same.
    pub fn replaces(&self, other: &Self) -> bool {
        self.arguments == other.arguments && self.returns == other.returns
    }
}
