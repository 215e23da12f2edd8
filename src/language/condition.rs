//! The `condition` declaration: a fact about the thing that is asked about, as the API presents it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::language::word::words;
use crate::source::Span;
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "condition",
    Class::Named,
    "A fact about the thing that is asked about, as the API presents it; a permission may depend on it by `when=`. One of \
     `is` and `has` is written. OPA decides it; a field that is missing or empty never matches.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::required::<FieldPath>(
        "field",
        "The field of the resource that is asked about, with dots between its parts: `owner_id` of a booking is its own, \
         `project.owner_id` that of the project which it is in.",
    ),
    Field::optional::<Who>("is", "The field is the id of the asking user."),
    Field::optional::<Who>("has", "The field is a list that holds the id of the asking user."),
])
.unused("no permission depends on it");

/// Who a condition speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever asks.
    User,
}

words! { Who: "party of a condition", User = "user" }

/// A field by its parts.
#[derive(Debug)]
struct FieldPath(Vec<String>);

impl Parse for FieldPath {
    const FORM: Form = Form {
        name: "field",
        expects: "names of JSON fields (letters, digits and `_`) with dots between them",
        example: "\"project.owner_id\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let help = format!("write {}, like `{}`", Self::FORM.expects, Self::FORM.example);
        let Value::String(text) = value else {
            return Err(Invalid::new("a field is a string").help(help));
        };
        match field_path(text) {
            Some(parts) => Ok(Self(parts)),
            None => Err(Invalid::new(format!("{} is not a field", quote(text))).help(help)),
        }
    }
}

/// The parts of a path of JSON fields.
pub fn field_path(text: &str) -> Option<Vec<String>> {
    let name = |part: &str| {
        let mut bytes = part.bytes();
        bytes.next().is_some_and(|it| it.is_ascii_alphabetic() || it == b'_')
            && bytes.all(|it| it.is_ascii_alphanumeric() || it == b'_')
    };
    let short = text.len() <= 200 && text.split('.').count() <= 8;
    (short && text.split('.').all(name)).then(|| text.split('.').map(str::to_owned).collect())
}

/// Reads all conditions.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Name, Condition> {
    let conditions = items.iter().filter(|it| it.kind.word == KIND.word);
    conditions.filter_map(|it| resolve_one(it, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Condition> {
    let name = item.own_name(sink);
    let field = item.property::<FieldPath>("field", sink);
    let (is, has) = (item.property::<Who>("is", sink), item.property::<Who>("has", sink));
    let test = match (is, has) {
        (Some(_), None) => Some(Test::IsUser),
        (None, Some(_)) => Some(Test::HasUser),
        (None, None) if item.entry("is").is_some() || item.entry("has").is_some() => None,
        _ => {
            sink.report(reach::not_exactly_one(item, &["is", "has"]));
            None
        }
    };
    let field_span = field.as_ref().map_or(item.span(), |it| it.span);
    let FieldPath(field) = field.map_or_else(item::stand_in, |it| it.value);
    let test = test.unwrap_or(Test::IsUser);
    Some(Condition { name: name?, field, test, field_span, span: item.span() })
}

/// A condition as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Condition {
    /// What it is called: `owner`.
    pub name: Name,
    /// The field of the resource, by its parts: `project.owner_id` is `["project", "owner_id"]`.
    pub field: Vec<String>,
    /// What must hold of it.
    pub test: Test,
    /// Where the field is written.
    #[serde(skip)]
    pub field_span: Span,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What must hold of a condition's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// `is="user"`: the field is the id of the asking user.
    IsUser,
    /// `has="user"`: the field is a list that holds the id of the asking user.
    HasUser,
}
