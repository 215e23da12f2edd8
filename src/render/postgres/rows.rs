//! Row rules as row security.
//!
//! A policy compares a column with something that does not depend on the row, so that PostgreSQL evaluates it once for a statement and
//! finds the rows by an index: the id of the user, wrapped into a sub-select, or the keys of the rows that are the user's in
//! another table. Those are the result of a function that runs as the maintenance role, which sees every row: so no policy reads a table
//! whose policy reads it back, and nobody learns by it more than which keys are their own.
//!
//! Where the setting is missing, or empty as it is after a reset, nobody asks: a restrictive policy sees to it that no row is
//! seen then, whatever else lets it through.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::database::Database;
use crate::language::database::caller;
use crate::language::database::row::Condition;
use crate::language::database::table::Table;
use crate::language::database::way::{self, Way};
use crate::language::value::postgres::{ColumnType, Identifier};
use crate::render::postgres::quote::{ident, joined, literal, qualified};
use crate::render::postgres::schema::{
    self, Function, Language, Policy, Privilege, Schema, TableName, Volatility,
};
use crate::tree::digest::Digest;

/// The names of the roles of a database.
pub struct Roles {
    /// Services ask by it in the name of a user.
    pub application: String,
    /// Services read by it in the name of a user.
    pub read_only: Option<String>,
    /// What logs in, and takes one of them.
    pub login: Option<String>,
    /// What sees every row.
    pub maintenance: String,
    /// What calls the functions of retention, erasure and export.
    pub privacy: String,
}

impl Roles {
    /// Those of a database.
    pub fn of(database: &Database) -> Self {
        let application = database.application_role.to_string();
        let maintenance = joined(&[&application, "maintenance"]);
        let privacy = joined(&[&application, "privacy"]);
        let read_only = database.read_only_role.as_ref().map(|it| it.value.to_string());
        let login = database.login_role.as_ref().map(|it| it.value.to_string());
        Self { application, read_only, login, maintenance, privacy }
    }

    /// Those by which is asked in the name of a user.
    pub fn of_users(&self) -> BTreeSet<String> {
        std::iter::once(&self.application).chain(&self.read_only).cloned().collect()
    }

    /// That of a service that asks in nobody's name.
    pub fn caller(&self, name: &str) -> String {
        joined(&[&self.application, &name.replace('-', "_")])
    }
}

/// Puts the policies, privileges and functions of all tables into a schema whose tables are there.
pub fn add(database: &Database, roles: &Roles, schema: &mut Schema) {
    let mut functions = BTreeMap::new();
    for table in database.tables.values() {
        let made = of_table(database, table, roles, &mut functions);
        if let Some(into) = schema.tables.get_mut(&TableName::of(table)) {
            (into.policies, into.grants) = made;
        }
    }
    schema.functions = functions;
}

type Policies = BTreeMap<String, Policy>;
type Grants = BTreeMap<String, BTreeSet<Privilege>>;

fn of_table(
    database: &Database,
    table: &Table,
    roles: &Roles,
    functions: &mut BTreeMap<String, Function>,
) -> (Policies, Grants) {
    let (mut policies, mut grants) = (Policies::new(), Grants::new());
    let mut condition = |of: fn(&crate::language::database::row::RowRule) -> Option<Condition>| {
        let asked: BTreeSet<(Condition, Option<&Identifier>)> = table
            .rows
            .iter()
            .filter_map(|it| Some((of(it)?, it.through.as_ref().map(|it| &it.value))))
            .filter(|(it, _)| *it != Condition::Nobody)
            .collect();
        let parts: BTreeSet<String> = asked
            .into_iter()
            .flat_map(|(condition, through)| asked_of(database, table, condition, through, roles, functions))
            .collect();
        (!parts.is_empty()).then(|| parts.into_iter().collect::<Vec<_>>().join(" or "))
    };
    let (read, write) = (condition(|it| it.read), condition(|it| it.write));
    let application = &roles.application;
    let policy = |command, using: Option<&String>, with_check: Option<&String>| Policy {
        is_restrictive: false,
        command: Some(command),
        role: application.clone(),
        using: using.cloned(),
        with_check: with_check.cloned(),
    };
    let mut may = BTreeSet::new();
    if let Some(read) = &read {
        may.insert(Privilege::Select);
        policies.insert("users_read".to_owned(), policy(Privilege::Select, Some(read), None));
    }
    if let Some(write) = &write {
        may.extend([Privilege::Insert, Privilege::Update, Privilege::Delete]);
        policies.insert("users_add".to_owned(), policy(Privilege::Insert, None, Some(write)));
        policies.insert("users_change".to_owned(), policy(Privilege::Update, Some(write), Some(write)));
        policies.insert("users_delete".to_owned(), policy(Privilege::Delete, Some(write), None));
    }
    if !may.is_empty() {
        grants.insert(application.clone(), may);
        let is_somebody = format!("{} is not null", asking(database, None));
        let policy = Policy {
            is_restrictive: true,
            command: None,
            role: application.clone(),
            using: Some(is_somebody.clone()),
            with_check: Some(is_somebody),
        };
        policies.insert("users_are_known".to_owned(), policy);
    }
    if let (Some(read), Some(role)) = (&read, &roles.read_only) {
        let of_reader = |is_restrictive, using: &String| Policy {
            is_restrictive,
            role: role.clone(),
            ..policy(Privilege::Select, Some(using), None)
        };
        let is_somebody = format!("{} is not null", asking(database, None));
        policies.insert("readers_read".to_owned(), of_reader(false, read));
        policies.insert("readers_are_known".to_owned(), of_reader(true, &is_somebody));
        grants.insert(role.clone(), [Privilege::Select].into());
    }
    for caller in database.callers.values() {
        let Some(privileges) = caller.privileges.get(&table.name) else { continue };
        let role = roles.caller(caller.name.as_str());
        let privileges: BTreeSet<Privilege> = privileges.iter().map(|it| of_caller(*it)).collect();
        for command in &privileges {
            let sees = matches!(command, Privilege::Select | Privilege::Update | Privilege::Delete);
            let writes = matches!(command, Privilege::Insert | Privilege::Update);
            let policy = Policy {
                is_restrictive: false,
                command: Some(*command),
                role: role.clone(),
                using: sees.then(|| "true".to_owned()),
                with_check: writes.then(|| "true".to_owned()),
            };
            policies.insert(joined(&[&role, command.word()]), policy);
        }
        grants.insert(role, privileges);
    }
    let all = Policy {
        is_restrictive: false,
        command: None,
        role: roles.maintenance.clone(),
        using: Some("true".to_owned()),
        with_check: Some("true".to_owned()),
    };
    policies.insert("maintenance".to_owned(), all);
    let every = [Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete];
    grants.insert(roles.maintenance.clone(), every.into());
    (policies, grants)
}

fn of_caller(privilege: caller::Privilege) -> Privilege {
    match privilege {
        caller::Privilege::Select => Privilege::Select,
        caller::Privilege::Insert => Privilege::Insert,
        caller::Privilege::Update => Privilege::Update,
        caller::Privilege::Delete => Privilege::Delete,
    }
}

/// The id of whoever asks, of the type of the column that it is compared with; nothing where nobody has said it.
fn asking(database: &Database, column_type: Option<&ColumnType>) -> String {
    let setting = literal(database.current_user.as_str());
    let cast = column_type.map_or(String::new(), |it| format!("::{}", it.sql()));
    format!("(select nullif(current_setting({setting}, true), ''){cast})")
}

/// What a condition asks of a row: one expression for each way that leads to who is meant.
fn asked_of(
    database: &Database,
    table: &Table,
    condition: Condition,
    through: Option<&Identifier>,
    roles: &Roles,
    functions: &mut BTreeMap<String, Function>,
) -> Vec<String> {
    // That there is a way has been checked before anything is rendered.
    let ways = database.ways(table, condition, through).unwrap_or_default();
    ways.iter()
        .filter_map(|Way { through, table: _ }| along(database, table, condition, through, roles, functions))
        .collect()
}

/// The expression over a row of a table that follows these columns to the row of which the condition is asked.
fn along(
    database: &Database,
    table: &Table,
    condition: Condition,
    through: &[Identifier],
    roles: &Roles,
    functions: &mut BTreeMap<String, Function>,
) -> Option<String> {
    let Some((first, rest)) = through.split_first() else {
        return directly(database, table, condition, roles, functions);
    };
    let reference = table.column(first)?.references.as_ref()?;
    let other = database.tables.get(&reference.to.table)?;
    let key = other.column(&reference.to.column)?;
    // The list of members says the keys itself.
    if let Some((keys, own)) =
        memberships(database, other).filter(|_| condition == Condition::Member && rest.is_empty())
        && *own == key.name
    {
        return Some(format!("{} = any ({})", ident(first.as_str()), keys.call(roles, functions)));
    }
    let condition_there = along(database, other, condition, rest, roles, functions)?;
    let mut name = vec![condition.word(), "of", other.name.as_str()];
    name.extend(rest.iter().map(Identifier::as_str));
    if key.name.as_str() != "id" {
        name.extend(["by", key.name.as_str()]);
    }
    let keys = Keys {
        name: joined(&name),
        table: other,
        key: key.name.as_str(),
        key_type: &key.column_type,
        condition: condition_there,
    };
    Some(format!("{} = any ({})", ident(first.as_str()), keys.call(roles, functions)))
}

/// The keys of the rows of a table that list the user as a member, and the column of the table that they are of.
fn memberships<'d>(database: &'d Database, table: &'d Table) -> Option<(Keys<'d>, &'d Identifier)> {
    let members = table.members.as_ref()?;
    let listing = database.tables.get(&members.table.value)?;
    let (key, user) = (listing.column(&members.key.value)?, listing.column(&members.user.value)?);
    let own = &key.references.as_ref()?.to.column;
    let is_user = format!("{} = {}", ident(user.name.as_str()), asking(database, Some(&user.column_type)));
    let keys = Keys {
        name: joined(&["member", "of", table.name.as_str()]),
        table: listing,
        key: key.name.as_str(),
        key_type: &key.column_type,
        condition: is_user,
    };
    Some((keys, own))
}

/// The keys of the rows of a table for which a condition holds.
struct Keys<'a> {
    name: String,
    table: &'a Table,
    key: &'a str,
    key_type: &'a ColumnType,
    condition: String,
}

impl Keys<'_> {
    /// The call of the function that gives them, which is made.
    fn call(self, roles: &Roles, functions: &mut BTreeMap<String, Function>) -> String {
        let Self { name, table, key, key_type, condition } = self;
        let returns = format!("{}[]", key_type.sql());
        let (key, table) = (ident(key), qualified(&TableName::of(table)));
        let body = format!("select coalesce(array_agg({key}), '{{}}') from {table} where {condition}");
        // Two ways may be called the same: that over `b` of `a`, and that to `a_b`.
        let name = match functions.get(&name) {
            Some(other) if other.body != body => {
                joined(&[&name, &Digest::of(body.as_bytes()).to_string()[..8]])
            }
            _ => name,
        };
        let calls = functions.keys().filter(|it| condition.contains(&called(it))).cloned().collect();
        let call = format!("(select {})::{returns}", called(&name));
        let owner = roles.maintenance.clone();
        let callers = roles.of_users();
        let function = Function {
            arguments: Vec::new(),
            returns,
            language: Language::Sql,
            volatility: Volatility::Stable,
            body,
            calls,
            owner,
            callers,
        };
        functions.insert(name, function);
        call
    }
}

fn called(function: &str) -> String {
    format!("{}.{}()", schema::OWN, ident(function))
}

/// The expression over a row of a table that says itself who is meant.
fn directly(
    database: &Database,
    table: &Table,
    condition: Condition,
    roles: &Roles,
    functions: &mut BTreeMap<String, Function>,
) -> Option<String> {
    debug_assert!(way::says(table, condition), "a way ends where it is said");
    match condition {
        Condition::Nobody => None,
        Condition::Everyone => Some(format!("{} is not null", asking(database, None))),
        Condition::Owner => {
            let owner = table.owner()?;
            Some(format!("{} = {}", ident(owner.name.as_str()), asking(database, Some(&owner.column_type))))
        }
        Condition::Shared => {
            let shared = table.shared()?;
            let one = shared.column_type.element();
            Some(format!("{} @> array[{}]", ident(shared.name.as_str()), asking(database, Some(&one))))
        }
        Condition::Member => {
            let (keys, own) = memberships(database, table)?;
            let keys = keys.call(roles, functions);
            Some(format!("{} = any ({keys})", ident(own.as_str())))
        }
    }
}
