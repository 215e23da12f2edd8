//! Callers: services that act for nobody or for everybody, and have a role of their own in a database.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::database::table::{self, Table};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::{InProject, Name};
use crate::language::reach;
use crate::language::value::postgres::Identifier;
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "caller",
    Class::Named,
    "A service or cron job that acts for nobody, or for everybody. It has a role of its own in PostgreSQL, called like the \
     `application-role` and its name, with just these tables, whose rows it sees all, beside the row rules: `trackside migrate new` writes it. All \
     callers of a database share its `login`, so a role is one that they take after logging in, not one that another could not take.",
)
.arguments(&[Field::required::<Name>("name", "What it is called; a part of the name of its role.")])
.properties(&[
    Field::reference("service", "A service, `project/service` where it stands in another project."),
    Field::reference("cron", "A cron job, `project/cron` where it stands in another project."),
])
.children(&[&SELECT, &INSERT, &UPDATE, &DELETE])
.most(100);

static SELECT: Kind =
    Kind::new("select", Class::List, "Tables whose rows it sees.").rest(TABLE).most(MOST_TABLES);
static INSERT: Kind =
    Kind::new("insert", Class::List, "Tables that it adds rows to.").rest(TABLE).most(MOST_TABLES);
static UPDATE: Kind =
    Kind::new("update", Class::List, "Tables whose rows it changes.").rest(TABLE).most(MOST_TABLES);
static DELETE: Kind =
    Kind::new("delete", Class::List, "Tables whose rows it deletes.").rest(TABLE).most(MOST_TABLES);

const TABLE: Field = Field::required::<Identifier>("table", "A table of the database.");
const MOST_TABLES: usize = 500;

/// What may be done with the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

words! { Privilege: "privilege", Select = "select", Insert = "insert", Update = "update", Delete = "delete" }

/// A caller as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Caller {
    /// What it is called.
    pub name: Name,
    /// Who it is.
    pub workload: CallingWorkload,
    /// What it may do, by table.
    pub privileges: BTreeMap<Identifier, BTreeSet<Privilege>>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who a caller is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallingWorkload {
    /// A service.
    Service(InProject),
    /// A cron job.
    Cron(InProject),
}

/// What roles are called that are no service's: what sees every row, and what calls retention and erasure.
pub const OWN: [&str; 2] = ["maintenance", "privacy"];

/// Reads the callers of a database.
pub fn resolve<'a>(
    database: &Item<'a>,
    tables: &BTreeMap<Identifier, Table>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Caller> {
    let callers = database.children(KIND.word);
    callers
        .filter_map(|it| resolve_one(it, database, tables, context, sink))
        .map(|it| (it.name.clone(), it))
        .collect()
}

fn resolve_one<'a>(
    item: &Item<'a>,
    database: &Item<'a>,
    tables: &BTreeMap<Identifier, Table>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Caller> {
    let name = item.own_name(sink);
    if let Some(name) = item.name().filter(|it| OWN.contains(&it.value)) {
        let message = format!("`{}` is what a role is called that every database has", name.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, name.span, message)
                .help("it sees or deletes what no service may: take another name"),
        );
    }
    let workload = resolve_workload(item, context, sink);
    let mut privileges: BTreeMap<Identifier, BTreeSet<Privilege>> = BTreeMap::new();
    for privilege in Privilege::ALL.iter().copied() {
        let Some(list) = item.child(privilege.word()) else { continue };
        for table in list.rest::<Identifier>(sink) {
            if let Some(table) = table::find(table.as_ref(), &database.described(), tables, sink) {
                privileges.entry(table.name.clone()).or_default().insert(privilege);
            }
        }
    }
    check(item, &privileges, sink);
    Some(Caller { name: name?, workload: workload?, privileges, span: item.span() })
}

/// Reports a role that may do nothing, and one that changes what it cannot see: no row could be found for it.
fn check(item: &Item<'_>, privileges: &BTreeMap<Identifier, BTreeSet<Privilege>>, sink: &mut Diagnostics) {
    if Privilege::ALL.iter().all(|it| item.child(it.word()).is_none()) {
        let message = format!("{} may do nothing", item.described());
        sink.report(
            Diagnostic::new(Code::CallerPrivileges, item.span(), message)
                .help("write the tables that it needs, as in `select \"users\"`, or leave it out"),
        );
    }
    for (table, held) in privileges.iter().filter(|(_, held)| !held.contains(&Privilege::Select)) {
        let Some(changes) = [Privilege::Update, Privilege::Delete].into_iter().find(|it| held.contains(it))
        else {
            continue;
        };
        let span = item.child(changes.word()).map_or(item.span(), Item::span);
        let message =
            format!("{} may {} rows of `{table}`, and cannot see which", item.described(), changes.word());
        sink.report(
            Diagnostic::new(Code::CallerPrivileges, span, message)
                .help(format!("rows are found by what stands in them: add `select \"{table}\"`")),
        );
    }
}

fn resolve_workload<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<CallingWorkload> {
    let field = reach::exactly_one(item, sink)?;
    let key = context.scope.find(field, item.reference(field, sink)?, sink)?;
    let id = reach::in_project(key)?;
    Some(if field == "service" { CallingWorkload::Service(id) } else { CallingWorkload::Cron(id) })
}
