//! The `erasure` declaration: what becomes of a person's data in a database when the person is erased.
//!
//! [`order`] holds it against the foreign keys, [`whole`] against all that there is of people.

pub mod order;
pub mod whole;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::Platform;
use crate::language::database::Database;
use crate::language::database::table::Table;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::obligation::{self, Obligation};
use crate::language::reference::Scope;
use crate::language::value::json;
use crate::language::value::postgres::{ColumnPath, Identifier};
use crate::language::value::time::{Duration, as_days};
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "erasure",
    Class::Edge,
    "What becomes of a person's data in a database when the person is erased: first rows are deleted, table by table, then \
     others are pseudonymised. The order is checked against the references. Migrations make a function of it, \
     `trackside.erase`, which does so many rows at a time, records what it has done, refuses while there is a legal hold, and goes on where \
     it was stopped. It stands beside its database, at the top or in the project.",
)
.properties(&[
    Field::reference("database", "The database.").must().identity(),
    Field::optional::<Duration>("wait", "How long it waits after `after`; without it, it is done when it is asked for.").unit(as_days),
    Field::optional::<ColumnPath>("after", "The column with the time from which it waits, in the row of the person."),
])
.children(&[&DELETE, &PSEUDONYMISE, &REFUSE_WHILE])
.most(100);

static DELETE: Kind =
    Kind::new("delete", Class::List, "Tables whose rows of the person are deleted, in this order.")
        .rest(Field::required::<Identifier>("table", "A table."))
        .most(500);

static PSEUDONYMISE: Kind = Kind::new(
    "pseudonymise",
    Class::List,
    "Tables whose rows of the person stay, without what is personal: each such column gets what its own `erase` says.",
)
.rest(Field::required::<Identifier>("table", "A table."))
.most(500);

static REFUSE_WHILE: Kind = Kind::new(
    "refuse-while",
    Class::Edge,
    "Nothing is erased as long as the person has rows of this obligation.",
)
.properties(&[Field::reference("obligation", "The obligation.").must().identity()])
.most(100);

/// An erasure as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Erasure {
    /// The database, of the same project or of the top as well.
    pub database: Name,
    /// What it waits for; nothing where it is done when it is asked for.
    pub wait: Option<Wait>,
    /// Whose rows are deleted, in this order.
    pub delete: Vec<Step>,
    /// Whose rows are pseudonymised after that.
    pub pseudonymise: Vec<Step>,
    /// The obligations while which nothing is erased.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "BTreeSet<Name>")]
    pub refuse_while: BTreeMap<Name, Span>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What an erasure waits for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Wait {
    /// How long.
    pub time: Duration,
    /// The column with the time from which it waits.
    pub after: ColumnPath,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A table of an erasure, and how its rows are found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// The table.
    pub table: Identifier,
    /// The columns that lead, one after the other, from a row to the one that names the person; empty where it does so
    /// itself.
    pub through: Vec<Identifier>,
    /// The column there with the id of the person.
    pub subject: Identifier,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads the erasures of a project, or of the top.
pub fn resolve<'a>(
    items: &[Item<'a>],
    databases: &BTreeMap<Name, Database>,
    obligations: &BTreeMap<Name, Obligation>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Erasure> {
    let erasures = items.iter().filter(|it| it.kind.word == KIND.word);
    let erasures: BTreeMap<Name, Erasure> = erasures
        .filter_map(|it| {
            let erasure = resolve_one(it, databases, obligations, context.scope, sink);
            if erasure.is_none() {
                context.erasure_lost();
            }
            erasure
        })
        .map(|it| (it.database.clone(), it))
        .collect();
    for erasure in erasures.values() {
        if let Some(database) = databases.get(&erasure.database) {
            whole::check(database, erasure, obligations, sink);
        }
    }
    erasures
}

/// Says of each database with data of people that it has no erasure. Where one is lost by a mistake, which has been
/// reported, it may be that database's.
pub fn check(platform: &Platform, is_one_lost: bool, sink: &mut Diagnostics) {
    for (project, database) in platform.all_databases().filter(|_| !is_one_lost) {
        let erasures = project.map_or(&platform.erasures, |it| &it.erasures);
        if !erasures.contains_key(&database.name) && database.tables.values().any(whole::is_of_people) {
            sink.report(whole::none(database));
        }
    }
}

fn resolve_one<'a>(
    item: &Item<'a>,
    databases: &BTreeMap<Name, Database>,
    obligations: &BTreeMap<Name, Obligation>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Erasure> {
    let database = obligation::beside(item, databases, scope, sink);
    let refuse_while = resolve_refusals(item, database, obligations, scope, sink);
    let database = database?;
    let wait = resolve_wait(item, database, sink);
    let delete = resolve_steps(item, &DELETE, database, sink);
    let pseudonymise = resolve_steps(item, &PSEUDONYMISE, database, sink);
    let name = database.name.clone();
    Some(Erasure { database: name, wait, delete, pseudonymise, refuse_while, span: item.span() })
}

fn resolve_refusals<'a>(
    item: &Item<'a>,
    database: Option<&Database>,
    obligations: &BTreeMap<Name, Obligation>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Span> {
    let refusals = item.children(REFUSE_WHILE.word).filter_map(|it| {
        let written = it.reference("obligation", sink)?;
        let key = scope.find("obligation", written, sink)?;
        let obligation = obligations.get(key.name).filter(|_| key.project == scope.project);
        let is_of_another = |it: &Obligation| database.is_some_and(|database| database.name != it.database);
        if obligation.is_some_and(is_of_another) || key.project != scope.project {
            let message = format!("obligation `{}` is of another database", key.name);
            sink.report(
                Diagnostic::new(Code::StandsApart, written.span, message)
                    .help("an erasure waits for rows of its own database: declare an obligation of that"),
            );
        } else if let (Some(obligation), Some(database)) = (obligation, database)
            && let Some(table) = database.tables.get(&obligation.table)
        {
            // Whom a row binds has to be known.
            way(database, table, it.span(), sink);
        }
        Some((Name::trusted(key.name), it.span()))
    });
    refusals.collect()
}

fn resolve_wait(item: &Item<'_>, database: &Database, sink: &mut Diagnostics) -> Option<Wait> {
    let time = item.property::<Duration>("wait", sink);
    let after = item.property::<ColumnPath>("after", sink);
    match (item.entry("wait"), item.entry("after")) {
        (Some(_), Some(_)) => {}
        (None, None) => return None,
        (wait, _) => {
            let missing = if wait.is_some() { "after=\"users.deleted_at\"" } else { "wait=\"90d\"" };
            let message = "`wait` and `after` say only together what the erasure waits for";
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message)
                    .help(format!("add the other one, as in `{missing}`")),
            );
            return None;
        }
    }
    let (time, after) = (time?, after?);
    let (table, column) = database.find_path(&after.value, after.span, true, sink)?;
    if !column.column_type.is_time() {
        let message = format!("`{}` is `{}`, and no time", after.value, column.column_type);
        sink.report(
            Diagnostic::new(Code::NoTime, after.span, message)
                .help("name a column with the time of what it waits for, as in `timestamptz`"),
        );
    }
    let after = ColumnPath { table: table.name.clone(), column: column.name.clone() };
    Some(Wait { time: time.value, after, span: item.span() })
}

fn resolve_steps(
    item: &Item<'_>,
    kind: &'static Kind,
    database: &Database,
    sink: &mut Diagnostics,
) -> Vec<Step> {
    let written = item.child(kind.word).map(|it| it.rest::<Identifier>(sink)).unwrap_or_default();
    let steps = written.into_iter().filter_map(|it| {
        let table = database.find_table(it.as_ref(), sink)?;
        // One that is refused is deleted or pseudonymised all the same, as far as others are concerned.
        let found = way(database, table, it.span, sink);
        let (through, subject) = found.unwrap_or_else(|| (Vec::new(), item::stand_in()));
        Some(Step { table: table.name.clone(), through, subject, span: it.span })
    });
    steps.collect()
}

/// How a row of a table leads to a person: by its own column, or by the nearest one that it refers to.
fn way(
    database: &Database,
    table: &Table,
    span: Span,
    sink: &mut Diagnostics,
) -> Option<(Vec<Identifier>, Identifier)> {
    let mut ways = ways(database, table);
    if ways.len() > 1 {
        let message = format!("rows of `{}` lead to a person in more than one way", table.name);
        let columns: Vec<String> =
            ways.iter().filter_map(|(it, _)| it.first()).map(|it| format!("`{it}`")).collect();
        sink.report(
            Diagnostic::new(Code::NotOfPerson, span, message).related(table.span, "declared here").help(
                format!(
                    "by {}: give it a column with the id of the one person, marked `subject=#true`",
                    columns.join(" and ")
                ),
            ),
        );
        return None;
    }
    let found = ways.pop();
    if found.is_none() {
        let message = format!("nothing says of which person a row of `{}` is", table.name);
        sink.report(
            Diagnostic::new(Code::NotOfPerson, span, message)
                .related(table.span, "declared here")
                .help("mark the column with the id of the person `subject=#true`, in it or in a table that it refers to"),
        );
    }
    found
}

/// All shortest ways from a row of a table to a person.
pub fn ways(database: &Database, table: &Table) -> Vec<(Vec<Identifier>, Identifier)> {
    let mut seen = BTreeSet::from([&table.name]);
    let mut open: Vec<(Vec<Identifier>, &Table)> = vec![(Vec::new(), table)];
    while !open.is_empty() {
        let found: Vec<_> = open
            .iter()
            .filter_map(|(through, table)| Some((through.clone(), table.subject()?.name.clone())))
            .collect();
        if !found.is_empty() {
            return found;
        }
        let mut next = Vec::new();
        for (through, table) in &open {
            for column in &table.columns {
                let Some(reference) = &column.references else { continue };
                let Some(other) = database.tables.get(&reference.to.table) else { continue };
                if seen.contains(&other.name) || next.len() >= MOST_WAYS {
                    continue;
                }
                let through: Vec<Identifier> = through.iter().chain([&column.name]).cloned().collect();
                next.push((through, other));
            }
        }
        seen.extend(next.iter().map(|(_, table)| &table.name));
        open = next;
    }
    Vec::new()
}

/// Two are too many already; a text of anybody's could mean very many.
const MOST_WAYS: usize = 64;
