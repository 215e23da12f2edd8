//! The types that a database declares for itself: the `enum`, whose values are listed, and the `domain`, a type with a check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::column::Column;
use crate::language::database::condition::{self, Saying};
use crate::language::database::table;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::predicate::Predicate;
use crate::language::value::postgres::{ColumnType, DeclaredType, Identifier, Label};
use crate::source::{Span, Spanned};

/// The table of lists of values.
pub static ENUM: Kind = Kind::new(
    "enum",
    Class::Named,
    "A type of few values, in this order. Values are added anywhere, while everybody works; none is ever taken away or moved, for rows \
     may have it: then a new type and a new column `from` the old one is the way.",
)
.arguments(&[Field::required::<Identifier>("name", "What columns of it are declared as.")])
.rest(Field::required::<Label>("value", "A value."))
.most(200);

/// The table of types with a check.
pub static DOMAIN: Kind =
    Kind::new("domain", Class::Named, "A type with a check that holds wherever a column has it.")
        .arguments(&[
            Field::required::<Identifier>("name", "What columns of it are declared as."),
            Field::required::<ColumnType>("type", "The type of its values."),
        ])
        .properties(&[Field::optional::<Predicate>(
            "check",
            "What holds of every `value`, as a `check` would say it.",
        )
        .like("\"value > 0\"")])
        .most(200);

/// A type as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TypeDeclaration {
    /// What it is called.
    pub name: Identifier,
    /// What it is.
    #[serde(rename = "is")]
    pub what: What,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a type is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// One of these values, in their order.
    Enum(Vec<Label>),
    /// Another type, of whose values something holds.
    Domain {
        /// The type.
        #[serde(rename = "type")]
        of: ColumnType,
        /// What holds of `value`.
        check: Option<Predicate>,
    },
}

/// The types of a database by name, as columns have them.
pub type Types = BTreeMap<Identifier, ColumnType>;

impl TypeDeclaration {
    /// The type of columns that are declared as it.
    fn of_columns(&self) -> ColumnType {
        let declared = |values| Some(Arc::new(DeclaredType { name: self.name.clone(), values }));
        match &self.what {
            What::Enum(values) => ColumnType::of_enum(declared(values.clone())),
            What::Domain { of, .. } => ColumnType { declared: declared(Vec::new()), ..of.clone() },
        }
    }
}

/// The types as columns have them.
pub fn of_columns(types: &BTreeMap<Identifier, TypeDeclaration>) -> Types {
    types.iter().map(|(name, it)| (name.clone(), it.of_columns())).collect()
}

/// Reads the types of a database.
pub fn resolve(database: &Item<'_>, sink: &mut Diagnostics) -> BTreeMap<Identifier, TypeDeclaration> {
    let mut types: BTreeMap<Identifier, TypeDeclaration> = BTreeMap::new();
    let tables = database.children(table::KIND.word);
    let tables: Vec<Spanned<Identifier>> =
        tables.filter_map(|it| it.argument(0, &mut Diagnostics::default())).collect();
    for item in database.children(ENUM.word).chain(database.children(DOMAIN.word)) {
        let name = item.argument::<Identifier>(0, sink);
        let what = match item.kind.word == ENUM.word {
            true => resolve_enum(item, sink),
            false => resolve_domain(item, sink),
        };
        let (Some(name), Some(what)) = (name, what) else { continue };
        let taken = match ColumnType::of(name.value.as_str()) {
            Some(_) => Some((format!("`{}` is a type that every PostgreSQL has", name.value), None)),
            None => {
                // PostgreSQL knows the rows of a table as a type of its name.
                let table = tables.iter().find(|it| it.value == name.value).map(|it| ("table", it.span));
                // Of two of a kind it has been reported.
                let other = types.get(&name.value);
                if other.is_some_and(|it| std::mem::discriminant(&it.what) == std::mem::discriminant(&what)) {
                    continue;
                }
                let other = other.map(|it| ("type", it.span));
                table.or(other).map(|(kind, span)| {
                    (
                        format!("there is a {kind} `{}`, and PostgreSQL has one name for both", name.value),
                        Some(span),
                    )
                })
            }
        };
        if let Some((message, other)) = taken {
            let diagnostic = Diagnostic::new(Code::AmbiguousValue, name.span, message)
                .help("call the type something else");
            sink.report(match other {
                Some(other) => diagnostic.related(other, "declared here"),
                None => diagnostic,
            });
            continue;
        }
        types.insert(name.value.clone(), TypeDeclaration { name: name.value, what, span: item.span() });
    }
    types
}

/// More of them nobody looks through.
const MOST_VALUES: usize = 1000;

fn resolve_enum(item: &Item<'_>, sink: &mut Diagnostics) -> Option<What> {
    let written = item.rest::<Label>(sink);
    let mut known = BTreeSet::new();
    // That one is listed twice has been reported.
    let values: Vec<Spanned<Label>> =
        written.into_iter().filter(|it| known.insert(it.value.clone())).collect();
    if let Some(more) = values.get(MOST_VALUES) {
        let message = format!("{} has more than {MOST_VALUES} values", item.described());
        sink.report(
            Diagnostic::new(Code::TooMany, more.span, message)
                .help("so many are the rows of a table that others refer to"),
        );
    }
    // That there is none has been reported.
    if values.is_empty() {
        return None;
    }
    Some(What::Enum(values.into_iter().take(MOST_VALUES).map(|it| it.value).collect()))
}

const SAYING: Saying =
    Saying { code: Code::TableCondition, never: "it would have no value", always: "every value passes" };

fn resolve_domain(item: &Item<'_>, sink: &mut Diagnostics) -> Option<What> {
    let of = item.argument::<ColumnType>(1, sink);
    let check = item.property::<Predicate>("check", sink);
    let of = of?.value;
    if let Some(check) = &check {
        // Whether there is a value is said by each column.
        let name = Identifier::read("value").expect("it is no key word");
        let value = Column::plain(name, of.clone(), item.span());
        condition::check(check.as_ref(), &item.described(), &[value], &SAYING, sink);
    }
    Some(What::Domain { of, check: check.map(|it| it.value) })
}
