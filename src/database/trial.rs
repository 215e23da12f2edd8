//! Row rules tried out: a small world of rows is made in a database that has none, and each role tries each command on each row.
//!
//! What is to be the case is worked out here from the declared rules alone, over the rows in memory; policies, functions and grants are
//! not looked at. The world has two people, and of each table rows that are the one's in every way, the other's in every way, and
//! in one way alone: by a column of their own, by what they refer to, by sharing, by membership. All of it happens in one transaction,
//! which is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::database::connection::{self, Error};
use crate::language::database::Database;
use crate::language::database::caller;
use crate::language::database::column::{Column, Reference};
use crate::language::database::row::{Condition, RowRule};
use crate::language::database::table::Table;
use crate::language::database::way;
use crate::language::value::postgres::ColumnType;
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::column_type::BaseType;
use crate::render::postgres::quote::{ident, idents, literal, qualified};
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::TableName;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// How many questions were asked, by command.
    pub asked: BTreeMap<&'static str, usize>,
    /// Those with another answer than declared, in words.
    pub wrong: Vec<String>,
    /// Tables of which no row could be made, and why.
    pub unmade: BTreeMap<String, String>,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There are rows already.
    #[error("table `{0}` has rows: rules are tried out in a database of its own, which has none")]
    HasRows(String),
    /// The server.
    #[error(transparent)]
    Server(#[from] Error),
}

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Person {
    /// Who asks.
    One,
    /// Somebody else.
    Other,
}

/// In which way a row is somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Its own columns, and the rows that it refers to.
    Wholly(Person),
    /// Its own columns are the asker's, and what it refers to is not.
    ByOwner,
    /// What it refers to is the asker's, and its own columns are not.
    ByReference,
    /// It is shared with the asker.
    ByShare,
    /// The asker is listed for it.
    ByMembership,
    /// What may be empty is.
    Nobodys,
}

const KINDS: [Kind; 7] = [
    Kind::Wholly(Person::One),
    Kind::Wholly(Person::Other),
    Kind::ByOwner,
    Kind::ByReference,
    Kind::ByShare,
    Kind::ByMembership,
    Kind::Nobodys,
];

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wholly(Person::One) => "one's own",
            Self::Wholly(Person::Other) => "somebody else's",
            Self::ByOwner => "one's own below somebody else's",
            Self::ByReference => "somebody else's below one's own",
            Self::ByShare => "shared",
            Self::ByMembership => "of a member",
            Self::Nobodys => "nobody's",
        })
    }
}

/// A row: the text of each column's value; `None` for none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    kind: Kind,
    values: BTreeMap<Identifier, Option<String>>,
    /// With whom it is shared.
    shared: Vec<Person>,
}

/// Who asks.
#[derive(Clone, Debug)]
struct Asker<'d> {
    role: String,
    /// In whose name; `None` where nobody says it.
    person: Option<Person>,
    caller: Option<&'d caller::Caller>,
    /// Whether it changes nothing, whatever rules say.
    only_reads: bool,
    title: String,
}

struct World<'d> {
    database: &'d Database,
    rows: BTreeMap<&'d Identifier, Vec<Row>>,
    count: u32,
}

/// Tries out the row rules of a database whose tables are there and empty.
///
/// # Errors
///
/// There are rows already, or the server could not be asked.
pub async fn run(connection: &mut PgConnection, database: &Database) -> Result<Trial, Refused> {
    for table in database.tables.values() {
        let sql = format!("select 1 from {} limit 1", place(table));
        let found = sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut *connection).await;
        if found.map_err(|it| Error::failed(format!("could not read `{}`", table.name), &it))?.is_some() {
            return Err(Refused::HasRows(table.name.to_string()));
        }
    }
    connection::run(connection, "begin").await?;
    let done = tried(connection, database).await;
    connection::run(connection, "rollback").await?;
    Ok(done?)
}

async fn tried(connection: &mut PgConnection, database: &Database) -> Result<Trial, Error> {
    let roles = Roles::of(database);
    let mut world = World { database, rows: BTreeMap::new(), count: 0 };
    let mut trial = Trial::default();
    connection::run(connection, &format!("set local role {}", ident(&roles.maintenance))).await?;
    // Whom rows belong to comes first, then what is referred to.
    for kind in KINDS {
        for table in database.tables.values() {
            let _made = world.make(connection, table, kind, &mut trial, &mut BTreeSet::new()).await?;
        }
    }
    world.list_members(connection, &mut trial).await?;
    for table in database.tables.values() {
        if !world.rows.contains_key(&table.name) {
            trial
                .unmade
                .entry(table.name.to_string())
                .or_insert_with(|| "no row of it can be made first".to_owned());
        }
    }
    let setting = database.current_user.as_str();
    for asker in askers(database, &roles) {
        let person = asker.person.map(|it| user_id(database, it)).unwrap_or_default();
        let begin = format!(
            "set local role {}; select set_config({}, {}, true)",
            ident(&asker.role),
            literal(setting),
            literal(&person)
        );
        connection::run(connection, &begin).await?;
        for table in database.tables.values() {
            for row in world.rows.get(&table.name).into_iter().flatten() {
                world.ask(connection, &asker, table, row, &mut trial).await?;
            }
        }
        connection::run(connection, "reset role").await?;
    }
    Ok(trial)
}

fn askers<'d>(database: &'d Database, roles: &Roles) -> Vec<Asker<'d>> {
    let users = [(Some(Person::One), "a user"), (Some(Person::Other), "another user"), (None, "nobody")];
    let by_users = roles.of_users().into_iter().flat_map(|role| {
        users.map(|(person, title)| Asker {
            person,
            caller: None,
            only_reads: Some(&role) == roles.read_only.as_ref(),
            title: format!("{title} by `{role}`"),
            role: role.clone(),
        })
    });
    let callers = database.callers.values().map(|it| {
        let role = roles.caller(it.name.as_str());
        Asker { title: format!("`{role}`"), role, person: None, caller: Some(it), only_reads: false }
    });
    by_users.chain(callers).collect()
}

fn place(table: &Table) -> String {
    qualified(&TableName::of(table))
}

/// Whether a column has the id of a person.
fn is_user(database: &Database, table: &Table, column: &Column) -> bool {
    let lists = |it: &Table| {
        it.members.as_ref().is_some_and(|it| it.table.value == table.name && it.user.value == column.name)
    };
    column.owner || column.subject || database.tables.values().any(lists)
}

/// The id of a person, of the type that ids of people have here.
fn user_id(database: &Database, person: Person) -> String {
    let mut tables = database.tables.values();
    let found = tables.find_map(|table| table.columns.iter().find(|it| is_user(database, table, it)));
    let text = ColumnType::of("text").expect("it is one");
    value_of(found.map_or(&text, |it| &it.column_type), person as u32 + 1)
}

/// A value of a type, another for each number where the type has so many.
fn value_of(column_type: &ColumnType, number: u32) -> String {
    match column_type.base {
        BaseType::Uuid => format!("00000000-0000-4000-8000-{number:012}"),
        BaseType::BigInt
        | BaseType::Integer
        | BaseType::SmallInt
        | BaseType::Numeric
        | BaseType::Real
        | BaseType::DoublePrecision
        | BaseType::Json
        | BaseType::Jsonb => number.to_string(),
        BaseType::Text | BaseType::VarChar | BaseType::TsVector => format!("v{number}"),
        BaseType::Enum => {
            let values = column_type.declared.iter().flat_map(|it| &it.values);
            let count = values.clone().count().max(1);
            values.map(ToString::to_string).nth(number as usize % count).unwrap_or_default()
        }
        BaseType::Char => char::from_u32(0x4e00 + number).unwrap_or('x').to_string(),
        BaseType::Boolean => "true".to_owned(),
        BaseType::Bytea => format!("\\x{number:08x}"),
        BaseType::Inet | BaseType::Cidr => format!("10.{}.{}.1/32", number / 250 % 250, number % 250),
        BaseType::Date => format!("20{:02}-01-01", number % 100),
        BaseType::Timestamp | BaseType::TimestampTz => format!("2020-01-01 00:00:00.{number:06}"),
        BaseType::Time => format!("00:00:00.{number:06}"),
        BaseType::Interval => format!("{number} seconds"),
        BaseType::MacAddr => format!("00:00:{:02x}:{:02x}:00:00", number / 256 % 256, number % 256),
    }
}

impl<'d> World<'d> {
    /// The kind of the rows that a row of a kind refers to.
    fn above(&self, table: &Table, kind: Kind) -> Kind {
        let lists = |it: &Table| it.members.as_ref().is_some_and(|it| it.table.value == table.name);
        let is_listing = self.database.tables.values().any(lists);
        match kind {
            Kind::Wholly(_) | Kind::Nobodys => kind,
            // A membership of the one in what is wholly the other's would make that less foreign.
            Kind::ByOwner if is_listing => Kind::ByMembership,
            Kind::ByReference if is_listing => Kind::ByOwner,
            Kind::ByReference => Kind::Wholly(Person::One),
            Kind::ByOwner | Kind::ByShare | Kind::ByMembership => Kind::Wholly(Person::Other),
        }
    }

    /// The row of a kind, with all that it refers to; `None` where there can be none.
    fn make<'a>(
        &'a mut self,
        connection: &'a mut PgConnection,
        table: &'d Table,
        kind: Kind,
        trial: &'a mut Trial,
        open: &'a mut BTreeSet<&'d Identifier>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Option<Row>, Error>> + 'a>> {
        Box::pin(async move {
            let known = self.rows.get(&table.name).into_iter().flatten().find(|it| it.kind == kind);
            if let Some(known) = known {
                return Ok(Some(known.clone()));
            }
            if !open.insert(&table.name) {
                return Ok(None);
            }
            let row = self.fill(connection, table, kind, trial, open).await?;
            open.remove(&table.name);
            let Some(row) = row else { return Ok(None) };
            let same_key =
                |it: &&Row| table.primary_key.iter().all(|key| it.values.get(key) == row.values.get(key));
            if let Some(same) = self.rows.get(&table.name).into_iter().flatten().find(same_key) {
                return Ok(Some(same.clone()));
            }
            connection::run(connection, "savepoint row").await?;
            match connection.execute(sqlx::raw_sql(AssertSqlSafe(insert(table, &row)))).await {
                Ok(_) => {
                    self.rows.entry(&table.name).or_default().push(row.clone());
                    Ok(Some(row))
                }
                Err(error) => {
                    connection::run(connection, "rollback to savepoint row").await?;
                    trial.unmade.insert(table.name.to_string(), connection::reason(&error));
                    Ok(None)
                }
            }
        })
    }

    async fn fill(
        &mut self,
        connection: &mut PgConnection,
        table: &'d Table,
        kind: Kind,
        trial: &mut Trial,
        open: &mut BTreeSet<&'d Identifier>,
    ) -> Result<Option<Row>, Error> {
        let own = match kind {
            Kind::Wholly(person) => Some(person),
            Kind::ByOwner => Some(Person::One),
            Kind::ByReference | Kind::ByShare | Kind::ByMembership => Some(Person::Other),
            Kind::Nobodys => None,
        };
        let shared = match kind {
            Kind::Wholly(person) => vec![person],
            Kind::ByShare => vec![Person::Other, Person::One],
            _ => Vec::new(),
        };
        let mut values = BTreeMap::new();
        for column in table.columns.iter().filter(|it| it.generated.is_none()) {
            self.count += 1;
            let may_be_empty = column.nullable && !table.primary_key.contains(&column.name);
            let value = if column.shared {
                let ids: Vec<String> = shared.iter().map(|it| user_id(self.database, *it)).collect();
                Some(format!("{{{}}}", ids.join(",")))
            } else if is_user(self.database, table, column) {
                let person = own.or((!may_be_empty).then_some(Person::Other));
                if let (Some(person), Some(reference)) = (person, &column.references) {
                    let _there =
                        self.make_referred(connection, reference, Kind::Wholly(person), trial, open).await?;
                }
                person.map(|it| user_id(self.database, it))
            } else if let Some(reference) = &column.references {
                if kind == Kind::Nobodys && may_be_empty {
                    None
                } else {
                    let other = self
                        .make_referred(connection, reference, self.above(table, kind), trial, open)
                        .await?;
                    match other {
                        Some(other) => other.values.get(&reference.to.column).cloned().flatten(),
                        None if may_be_empty => None,
                        None => return Ok(None),
                    }
                }
            } else if column.column_type.is_array {
                Some("{}".to_owned())
            } else {
                Some(value_of(&column.column_type, 100 + self.count))
            };
            values.insert(column.name.clone(), value);
        }
        for key in &table.foreign_keys {
            let is_empty = |it: &Identifier| values.get(it).is_none_or(Option::is_none);
            let Some(other) = self.database.tables.get(&key.to.table) else { continue };
            if key.columns.iter().any(is_empty) {
                continue;
            }
            let kind = self.above(table, kind);
            let Some(other) = self.make(connection, other, kind, trial, open).await? else { return Ok(None) };
            for (own, to) in key.columns.iter().zip(&key.to.columns) {
                values.insert(own.clone(), other.values.get(to).cloned().flatten());
            }
        }
        Ok(Some(Row { kind, values, shared }))
    }

    async fn make_referred(
        &mut self,
        connection: &mut PgConnection,
        reference: &Reference,
        kind: Kind,
        trial: &mut Trial,
        open: &mut BTreeSet<&'d Identifier>,
    ) -> Result<Option<Row>, Error> {
        let Some(table) = self.database.tables.get(&reference.to.table) else { return Ok(None) };
        self.make(connection, table, kind, trial, open).await
    }

    /// Lists the asker as a member of the rows of which that is the only way.
    async fn list_members(&mut self, connection: &mut PgConnection, trial: &mut Trial) -> Result<(), Error> {
        for table in self.database.tables.values() {
            let Some(members) = &table.members else { continue };
            let Some(listing) = self.database.tables.get(&members.table.value) else { continue };
            let of = self
                .rows
                .get(&table.name)
                .into_iter()
                .flatten()
                .find(|it| it.kind == Kind::ByMembership)
                .cloned();
            let reference = listing.column(&members.key.value).and_then(|it| it.references.as_ref());
            let (Some(of), Some(reference)) = (of, reference) else { continue };
            let filled = self.fill(connection, listing, Kind::ByOwner, trial, &mut BTreeSet::new()).await?;
            let Some(mut row) = filled else { continue };
            row.kind = Kind::ByMembership;
            row.values
                .insert(members.key.value.clone(), of.values.get(&reference.to.column).cloned().flatten());
            row.values.insert(members.user.value.clone(), Some(user_id(self.database, Person::One)));
            let is_listed = |it: &Row| {
                [&members.key.value, &members.user.value]
                    .iter()
                    .all(|at| it.values.get(*at) == row.values.get(*at))
            };
            if self.rows.get(&listing.name).into_iter().flatten().any(is_listed) {
                continue;
            }
            connection::run(connection, "savepoint row").await?;
            match connection.execute(sqlx::raw_sql(AssertSqlSafe(insert(listing, &row)))).await {
                Ok(_) => self.rows.entry(&listing.name).or_default().push(row),
                Err(error) => {
                    connection::run(connection, "rollback to savepoint row").await?;
                    trial.unmade.insert(listing.name.to_string(), connection::reason(&error));
                }
            }
        }
        Ok(())
    }

    /// Whether a person is what a condition asks for, to a row.
    fn holds(
        &self,
        table: &Table,
        row: &Row,
        condition: Condition,
        through: Option<&Identifier>,
        person: Person,
    ) -> bool {
        if let Some(column) = through {
            let Some(reference) = table.column(column).and_then(|it| it.references.as_ref()) else {
                return false;
            };
            let Some(other) = self.database.tables.get(&reference.to.table) else { return false };
            let key = row.values.get(column).cloned().flatten();
            let is_it =
                |it: &&Row| key.is_some() && it.values.get(&reference.to.column).cloned().flatten() == key;
            let Some(found) = self.rows.get(&other.name).into_iter().flatten().find(is_it) else {
                return false;
            };
            if way::says(other, condition) {
                return self.holds(other, found, condition, None, person);
            }
            // It asks another one in turn, by whichever column a rule of its own does.
            let asks = |it: &&RowRule| it.read == Some(condition) || it.write == Some(condition);
            let columns: BTreeSet<&Identifier> =
                other.rows.iter().filter(asks).filter_map(|it| Some(&it.through.as_ref()?.value)).collect();
            return columns.into_iter().any(|it| self.holds(other, found, condition, Some(it), person));
        }
        let id = Some(user_id(self.database, person));
        match condition {
            Condition::Everyone => true,
            Condition::Nobody => false,
            Condition::Owner => table.owner().is_some_and(|it| row.values.get(&it.name) == Some(&id)),
            Condition::Shared => row.shared.contains(&person) && table.shared().is_some(),
            Condition::Member => {
                let Some(members) = &table.members else { return false };
                let listing = self.database.tables.get(&members.table.value);
                let reference = listing
                    .and_then(|it| it.column(&members.key.value))
                    .and_then(|it| it.references.as_ref());
                let Some(reference) = reference else { return false };
                let key = row.values.get(&reference.to.column);
                self.rows.get(&members.table.value).into_iter().flatten().any(|it| {
                    it.values.get(&members.key.value) == key
                        && it.values.get(&members.user.value) == Some(&id)
                })
            }
        }
    }

    /// What an asker may do with a row, by what is declared.
    fn may(&self, asker: &Asker<'_>, table: &Table, row: &Row, privilege: caller::Privilege) -> bool {
        let reads = privilege == caller::Privilege::Select;
        if let Some(caller) = asker.caller {
            return caller.privileges.get(&table.name).is_some_and(|it| it.contains(&privilege));
        }
        let Some(person) = asker.person.filter(|_| reads || !asker.only_reads) else { return false };
        table.rows.iter().any(|rule| {
            let condition = if reads { rule.read } else { rule.write };
            let through = rule.through.as_ref().map(|it| &it.value);
            condition.is_some_and(|it| self.holds(table, row, it, through, person))
        })
    }

    async fn ask(
        &self,
        connection: &mut PgConnection,
        asker: &Asker<'_>,
        table: &Table,
        row: &Row,
        trial: &mut Trial,
    ) -> Result<(), Error> {
        use caller::Privilege::{Delete, Insert, Select, Update};
        let key: Vec<String> = table
            .primary_key
            .iter()
            .map(|it| format!("{} = {}", ident(it.as_str()), constant(table, it, row)))
            .collect();
        let (place, key) = (place(table), key.join(" and "));
        let first = ident(table.primary_key.first().map_or("", Identifier::as_str));
        let sees = self.may(asker, table, row, Select);
        // Only what is seen is found.
        let questions = [
            ("select", format!("select 1 from {place} where {key}"), sees),
            (
                "update",
                format!("update {place} set {first} = {first} where {key}"),
                sees && self.may(asker, table, row, Update),
            ),
            (
                "delete",
                format!("delete from {place} where {key}"),
                sees && self.may(asker, table, row, Delete),
            ),
            ("insert", insert(table, row), self.may(asker, table, row, Insert)),
        ];
        for (command, sql, expected) in questions {
            let can = attempt(connection, &sql).await?;
            *trial.asked.entry(command).or_default() += 1;
            if can != expected {
                let (is, declared) = if can { ("may", "may not") } else { ("may not", "may") };
                trial.wrong.push(format!(
                    "{} {is} {command} a row of `{}` that is {}, and {declared} as declared",
                    asker.title, table.name, row.kind
                ));
            }
        }
        // Nobody gives away what is theirs to somebody whose row they could not have written.
        if let Some(owner) = table.owner().filter(|it| !table.primary_key.contains(&it.name)) {
            for person in [Person::One, Person::Other] {
                let id = user_id(self.database, person);
                let mut given = row.clone();
                given.values.insert(owner.name.clone(), Some(id.clone()));
                let sql = format!(
                    "update {place} set {} = {} where {key}",
                    ident(owner.name.as_str()),
                    literal(&id)
                );
                let both =
                    |row: &Row| self.may(asker, table, row, Update) && self.may(asker, table, row, Select);
                let expected = both(row) && both(&given);
                let can = attempt(connection, &sql).await?;
                *trial.asked.entry("give").or_default() += 1;
                if can != expected {
                    let (is, declared) = if can { ("may", "may not") } else { ("may not", "may") };
                    trial.wrong.push(format!(
                        "{} {is} give a row of `{}` that is {} to {}, and {declared} as declared",
                        asker.title,
                        table.name,
                        row.kind,
                        if person == Person::One { "the one" } else { "the other" }
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether a statement gets at a row. What stops it after the rules have let it through is no matter of theirs: a key that is taken, a row
/// that refers to it.
async fn attempt(connection: &mut PgConnection, sql: &str) -> Result<bool, Error> {
    connection::run(connection, "savepoint question").await?;
    let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    connection::run(connection, "rollback to savepoint question").await?;
    match done {
        Ok(done) => Ok(done.rows_affected() > 0),
        Err(error) => {
            let code = error.as_database_error().and_then(|it| it.code().map(std::borrow::Cow::into_owned));
            match code.as_deref() {
                Some("42501") => Ok(false),
                Some("23505" | "23503") => Ok(true),
                _ => Err(Error::failed(format!("`{sql}` could not be tried"), &error)),
            }
        }
    }
}

fn insert(table: &Table, row: &Row) -> String {
    let columns = idents(row.values.keys().map(Identifier::as_str));
    let values: Vec<String> = row.values.keys().map(|it| constant(table, it, row)).collect();
    format!("insert into {} ({columns}) values ({})", place(table), values.join(", "))
}

fn constant(table: &Table, column: &Identifier, row: &Row) -> String {
    match (row.values.get(column).cloned().flatten(), table.column(column)) {
        (Some(value), Some(column)) => format!("{}::{}", literal(&value), column.column_type.sql()),
        _ => "null".to_owned(),
    }
}
