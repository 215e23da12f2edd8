//! What the schema [`OWN`](schema::OWN) has beside the functions of row rules: tables that keep evidence, and functions that whoever
//! runs retention and erasure calls.
//!
//! They run as the maintenance role, which row security lets see every row. A role made for it, `<application role>_privacy`, may call
//! them and read the evidence, and nothing else: it needs to be no superuser and has no right to any declared table. Neither the
//! application's role nor `public` may do any of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::postgres::quote::joined;
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{
    self, Argument, Column, Constraint, Default, Function, Index, Language, Method, Policy, Privilege, Role,
    RowSecurity, Schema, Table, TableName, Volatility,
};

/// A column of a table of evidence.
pub fn column(name: &str, column_type: &str) -> Column {
    Column {
        was: None,
        from: None,
        name: name.to_owned(),
        column_type: column_type.to_owned(),
        not_null: true,
        default: None,
        comment: None,
    }
}

/// A column that may be without a value.
pub fn nullable(name: &str, column_type: &str) -> Column {
    Column { not_null: false, ..column(name, column_type) }
}

/// A column that counts up.
pub fn identity(name: &str) -> Column {
    Column { default: Some(Default::Identity), ..column(name, "bigint") }
}

/// A column with the moment of insertion.
pub fn now(name: &str) -> Column {
    Column { default: Some(Default::Expression("now()".to_owned())), ..column(name, "timestamptz") }
}

/// A table of evidence: functions write it, whoever calls them reads it.
pub fn table(
    roles: &Roles,
    name: &str,
    columns: Vec<Column>,
    key: &[&str],
    indexed: Option<&str>,
) -> (TableName, Table) {
    let policy = |role: &str, command: Option<Privilege>| Policy {
        is_restrictive: false,
        command,
        role: role.to_owned(),
        using: Some("true".to_owned()),
        with_check: command.is_none().then(|| "true".to_owned()),
    };
    let key = Constraint::PrimaryKey { columns: key.iter().map(|it| (*it).to_owned()).collect() };
    let index = |it: &str| {
        let index = Index::plain(Method::Btree, vec![it.to_owned()]);
        (joined(&[name, it, "idx"]), index)
    };
    let every = [Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete];
    let table = Table {
        was: None,
        row_security: RowSecurity::Forced,
        comment: None,
        columns,
        constraints: BTreeMap::from([(joined(&[name, "pkey"]), key)]),
        indexes: indexed.map(index).into_iter().collect(),
        copies: BTreeMap::new(),
        policies: BTreeMap::from([
            ("maintenance".to_owned(), policy(&roles.maintenance, None)),
            ("privacy".to_owned(), policy(&roles.privacy, Some(Privilege::Select))),
        ]),
        grants: BTreeMap::from([
            (roles.maintenance.clone(), every.into()),
            (roles.privacy.clone(), [Privilege::Select].into()),
        ]),
    };
    (TableName::own(name), table)
}

/// A function that nobody but another one calls, until it is [`offered`](offer).
pub fn function(
    roles: &Roles,
    arguments: &[(&str, &str)],
    returns: &str,
    volatility: Volatility,
    body: String,
) -> Function {
    Function {
        arguments: arguments
            .iter()
            .map(|(name, argument_type)| Argument {
                name: (*name).to_owned(),
                argument_type: (*argument_type).to_owned(),
            })
            .collect(),
        returns: returns.to_owned(),
        language: Language::Plpgsql,
        volatility,
        body,
        calls: BTreeSet::new(),
        owner: roles.maintenance.clone(),
        callers: BTreeSet::new(),
    }
}

/// Lets whoever runs retention and erasure call a function of a schema.
pub fn offer(roles: &Roles, schema: &mut Schema, name: &str, function: Function) {
    schema.roles.insert(roles.privacy.clone(), Role::Privacy);
    let callers = BTreeSet::from([roles.privacy.clone()]);
    schema.functions.insert(name.to_owned(), schema::Function { callers, ..function });
}
