//! Rules of what callers may send, as the policies look them up.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::input::{Bounds, FieldName, FieldType, Input, InputField, Scalar};

/// The rules of an object.
#[derive(Serialize)]
pub(super) struct InputView<'a> {
    fields: BTreeMap<&'a FieldName, FieldView<'a>>,
}

/// The rules of a field; what is left out is no rule.
#[derive(Serialize)]
struct FieldView<'a> {
    #[serde(rename = "type")]
    holds: FieldType,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<Bounds>,
    /// With its anchors: engines search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Bounds>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    one_of: &'a BTreeSet<String>,
    optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a Scalar>,
}

/// The rules of an object.
pub(super) fn view(input: &Input) -> InputView<'_> {
    let Input { name: _, fields, span: _ } = input;
    InputView { fields: fields.iter().map(|(name, it)| (name, field(it))).collect() }
}

fn field(field: &InputField) -> FieldView<'_> {
    let InputField { name: _, holds, length, pattern, range, one_of, optional, default, span: _ } = field;
    FieldView {
        holds: *holds,
        length: *length,
        pattern: pattern.as_ref().map(crate::language::input::pattern::Pattern::anchored),
        range: *range,
        one_of,
        optional: *optional,
        default: default.as_ref(),
    }
}
