//! The `obligation` declaration: rows that keep a person from being erased, because something is still owed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::language::database::condition::{self, Saying};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::{Key, Scope};
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::predicate::Predicate;
use crate::language::value::time::{Duration, as_days};
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "obligation",
    Class::Named,
    "Rows that keep a person from being erased: as long as one of them is theirs and the condition holds of it, an erasure \
     that names this waits, and retention leaves the row where it is. One with `at-least` also keeps the rows of its table when a person is erased, and nothing else \
     does. It stands beside its database, at the top or in the project.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::reference("database", "The database.").must(),
    Field::required::<Identifier>("table", "The table with the rows."),
    Field::required::<Predicate>(
        "where",
        "What holds of such a row: comparisons of its columns with values or with each other, `and` between them.",
    ),
    Field::optional::<Duration>(
        "at-least",
        "How long the law wants rows of the table to be kept, erased people's among them; the table's own `retain` is held \
         against it.",
    )
    .like("\"3650d\"")
    .unit(as_days),
])
.unused("no erasure waits for it")
.most(100);

/// An obligation as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Obligation {
    /// What it is called.
    pub name: Name,
    /// The database, of the same project or of the top as well.
    pub database: Name,
    /// The table with the rows.
    pub table: Identifier,
    /// What holds of such a row.
    #[serde(rename = "where")]
    pub predicate: Predicate,
    /// How long the law wants rows of the table to be kept.
    pub at_least: Option<Duration>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

const SAYING: Saying =
    Saying { code: Code::ObligationCondition, never: "nobody is ever bound", always: "every row binds" };

/// Reads the obligations of a project, or of the top.
pub fn resolve<'a>(
    items: &[Item<'a>],
    databases: &BTreeMap<Name, Database>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Obligation> {
    let obligations = items.iter().filter(|it| it.kind.word == KIND.word);
    obligations
        .filter_map(|it| resolve_one(it, databases, scope, sink))
        .map(|it| (it.name.clone(), it))
        .collect()
}

fn resolve_one<'a>(
    item: &Item<'a>,
    databases: &BTreeMap<Name, Database>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Obligation> {
    let name = item.own_name(sink);
    let table = item.property::<Identifier>("table", sink);
    let predicate = item.property::<Predicate>("where", sink);
    let at_least = item.property::<Duration>("at-least", sink);
    if let (Some(name), Some(_)) = (item.name(), item.entry("at-least")) {
        // It keeps rows, whether or not an erasure waits for it.
        let _ = scope.find(KIND.word, name, sink);
    }
    let database = beside(item, databases, scope, sink)?;
    let table = database.find_table(table?.as_ref(), sink)?;
    let predicate = predicate?;
    condition::check(predicate.as_ref(), &format!("table `{}`", table.name), &table.columns, &SAYING, sink);
    if let (Some(at_least), Some(retain)) = (&at_least, &table.retain)
        && retain.time < at_least.value
    {
        let message =
            format!("rows of `{}` go after `{}`, and are owed `{}`", table.name, retain.time, at_least.value);
        sink.report(
            Diagnostic::new(Code::RetainTooShort, retain.span, message)
                .related(at_least.span, "they are owed so long")
                .help(format!("keep them at least `{}`", at_least.value)),
        );
    }
    Some(Obligation {
        name: name?,
        database: database.name.clone(),
        table: table.name.clone(),
        predicate: predicate.value,
        at_least: at_least.map(|it| it.value),
        span: item.span(),
    })
}

/// The database that a declaration speaks of, where both stand at the top or in the same project.
pub fn beside<'d, 'a>(
    item: &Item<'a>,
    databases: &'d BTreeMap<Name, Database>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<&'d Database> {
    let written = item.reference("database", sink)?;
    let key = scope.find("database", written, sink)?;
    if key.project != scope.project {
        sink.report(apart(item, key, written.span, scope));
        return None;
    }
    databases.get(key.name)
}

fn apart(item: &Item<'_>, key: Key<'_>, span: Span, scope: Scope<'_, '_>) -> Diagnostic {
    let word = item.kind.word;
    let message = format!("database `{}` stands elsewhere than this {word}", key.name);
    let place = match key.project {
        Some(project) => format!("in project `{project}`"),
        None => "at the top".to_owned(),
    };
    let diagnostic = Diagnostic::new(Code::StandsApart, span, message)
        .help(format!("what becomes of data is said by whom it belongs to: move the {word} {place}"));
    match scope.span_of(key) {
        Some(declared) => diagnostic.related(declared, "declared here"),
        None => diagnostic,
    }
}
