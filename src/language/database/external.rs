//! The `external` of a database: what migrations of your own make, and nothing here describes.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::table::{self, Table};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::{Identifier, SchemaName};
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "external",
    Class::Edge,
    "Something that a migration of your own makes. `migrate verify` says when it is missing, and what it is \
     there for is nobody's question; without this it says that it is not declared. A table needs row security all the same, and a view \
     that others read needs `security_invoker`.",
)
.arguments(&[
    Field::required::<What>("what", "What it is."),
    Field::required::<Identifier>("name", "What it is called; of functions, all of that name; of a default, its column."),
])
.properties(&[
    Field::optional::<Identifier>(
        "table",
        "The table that it belongs to: of a column, of what a column is by default, of a constraint, index or trigger.",
    )
    .identity(),
    Field::optional::<SchemaName>(
        "schema",
        "The schema that it is in, where that is not `public`. What belongs to a table is in that of the table.",
    )
    .identity(),
])
.most(500);

/// What something is that a migration of one's own makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A column of a table.
    Column,
    /// A constraint of a table.
    Constraint,
    /// What a column of a table is in a new row that does not say.
    Default,
    /// A function or procedure.
    Function,
    /// An index of a table.
    Index,
    /// A view that keeps what it found.
    MaterializedView,
    /// A table, a foreign one or one in parts.
    Table,
    /// A trigger or a rule of a table.
    Trigger,
    /// A type: an enumeration, a domain, a range.
    Type,
    /// A view.
    View,
}

words! {
    What: "part of a database",
    View = "view",
    MaterializedView = "materialized-view",
    Function = "function",
    Trigger = "trigger",
    Table = "table",
    Column = "column",
    Default = "default",
    Constraint = "constraint",
    Index = "index",
    Type = "type",
}

impl What {
    /// Whether it belongs to a table.
    pub fn is_of_table(self) -> bool {
        match self {
            Self::Column | Self::Constraint | Self::Default | Self::Index | Self::Trigger => true,
            Self::Function | Self::MaterializedView | Self::Table | Self::Type | Self::View => false,
        }
    }
}

/// What a migration of one's own makes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct External {
    /// What it is.
    pub what: What,
    /// What it is called.
    pub name: Identifier,
    /// The table that it belongs to.
    pub table: Option<Identifier>,
    /// The schema that it is in, or its table.
    pub schema: SchemaName,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads what is external in a database with these tables.
pub fn resolve(
    database: &Item<'_>,
    tables: &BTreeMap<Identifier, Table>,
    sink: &mut Diagnostics,
) -> Vec<External> {
    let read = database.children(KIND.word).filter_map(|item| {
        let what = item.argument::<What>(0, sink);
        let name = item.argument::<Identifier>(1, sink);
        let table = item.property::<Identifier>("table", sink);
        let schema = item.property::<SchemaName>("schema", sink);
        let (what, name) = (what?, name?);
        match (&table, what.value.is_of_table()) {
            (None, true) => {
                let message = format!("{} does not say of which table it is", item.described());
                sink.report(Diagnostic::new(Code::MissingField, item.span(), message).help(format!(
                    "write it behind, as in `external \"{}\" \"{}\" table=\"users\"`",
                    what.value.word(),
                    name.value
                )));
                return None;
            }
            (Some(table), false) => {
                let message = format!("a {} belongs to no table", what.value.word());
                sink.report(
                    Diagnostic::new(Code::AmbiguousValue, table.span, message).help("leave `table` out"),
                );
                return None;
            }
            _ => {}
        }
        if let (Some(_), Some(schema)) = (&table, &schema) {
            let message = format!("{} `{}` is in the schema of its table", what.value.word(), name.value);
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, schema.span, message).help("leave `schema` out"),
            );
        }
        let of_table = table.as_ref().and_then(|it| tables.get(&it.value)).map(|it| it.schema.clone());
        let external = External {
            what: what.value,
            name: name.value,
            table: table.as_ref().map(|it| it.value.clone()),
            schema: schema.map(|it| it.value).or(of_table).unwrap_or_else(SchemaName::public),
            span: item.span(),
        };
        Some((external, table))
    });
    let mut read: Vec<_> = read.collect();
    let external_tables: BTreeSet<(Identifier, SchemaName)> = read
        .iter()
        .filter(|(it, _)| it.what == What::Table)
        .map(|(it, _)| (it.name.clone(), it.schema.clone()))
        .collect();
    // What belongs to a table that is external itself is where that is.
    for (external, table) in &mut read {
        let of = table.as_ref().filter(|it| !tables.contains_key(&it.value));
        let there = of.and_then(|of| external_tables.iter().find(|(name, _)| *name == of.value));
        if let Some((_, schema)) = there {
            external.schema.clone_from(schema);
        }
    }
    for (external, table) in &read {
        let declared = match (external.what, table) {
            (What::Table, _) => {
                let found = tables.get(&external.name);
                found.filter(|it| it.schema == external.schema).map(|it| it.span)
            }
            (_, Some(written))
                if !external_tables.contains(&(written.value.clone(), external.schema.clone())) =>
            {
                let found = table::find(written.as_ref(), &database.described(), tables, sink);
                match external.what {
                    What::Column => found.and_then(|it| it.column(&external.name)).map(|it| it.span),
                    // The column is declared, and what it is by default is not.
                    What::Default => {
                        let name = Spanned::new(&external.name, external.span);
                        let column = found.and_then(|it| it.find_column(name, sink));
                        column.filter(|it| it.default.is_some()).map(|it| it.span)
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(declared) = declared {
            let message = format!("{} `{}` is declared as well", external.what.word(), external.name);
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, external.span, message)
                    .related(declared, "declared here")
                    .help("leave one of the two out: what is declared is made by migrations of trackside"),
            );
        }
    }
    read.into_iter().map(|(it, _)| it).collect()
}
