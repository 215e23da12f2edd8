//! The `input` declaration: what a caller of an interface may send.

pub mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::input::pattern::Pattern;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::quantity::Range;
use crate::language::value::refusal::{literal, quote};
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "input",
    Class::Named,
    "What a caller of an interface may send: a JSON object with these fields and no others. Decided by OPA, which the service \
     asks with the body before it uses it: by `route … input=`, or by name.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&FIELD])
.requires(&["field"])
.most(100);

static FIELD: Kind =
    Kind::new("field", Class::Named, "A field of the object. It must be sent unless it says otherwise.")
        .arguments(&[
            Field::required::<FieldName>("name", "What it is called in JSON."),
            Field::required::<FieldType>("type", "What it holds."),
        ])
        .properties(&[
            Field::default::<Range<u32>>("length", "\"0..1000\"", "How many characters a text has."),
            Field::optional::<Pattern>("pattern", "A regular expression that matches the whole of a text."),
            Field::optional::<Range<u32>>("range", "Between which two whole numbers a number lies."),
            Field::default::<bool>("optional", "#false", "Whether it may be left out."),
            Field::optional::<Scalar>("default", "What is meant where it is left out."),
        ])
        .children(&[&ONE_OF])
        .most(64);

static ONE_OF: Kind = Kind::new("one-of", Class::List, "The only texts that are taken.")
    .rest(Field::required::<String>("text", "A text."))
    .most(500);

/// What a caller may send, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Input {
    /// What it is called.
    pub name: Name,
    /// The fields of the object; no others are taken.
    pub fields: BTreeMap<FieldName, InputField>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A field of what is sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InputField {
    /// What it is called in JSON.
    pub name: FieldName,
    /// What it holds.
    #[serde(rename = "type")]
    pub holds: FieldType,
    /// How many characters a text has, at least and at most; `None` for what is no text.
    pub length: Option<Bounds>,
    /// What matches the whole of a text.
    pub pattern: Option<Pattern>,
    /// Between which two numbers a number lies, themselves included.
    pub range: Option<Bounds>,
    /// The only texts that are taken; empty for all.
    pub one_of: BTreeSet<String>,
    /// Whether it may be left out.
    pub optional: bool,
    /// What is meant where it is left out.
    pub default: Option<Scalar>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// The least and the most of something, themselves included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bounds {
    /// The least.
    pub from: u32,
    /// The most.
    pub to: u32,
}

/// The name of a field in JSON: letters, digits and `_`, no digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldName(Arc<str>);

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldType {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Boolean,
}

words! { FieldType: "type of a field", Text = "text", Number = "number", Boolean = "boolean" }

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Boolean(bool),
}

/// The longest text that a field may be allowed to hold; what is longer is a file.
const LONGEST: u32 = 100_000;

impl Parse for FieldName {
    const FORM: Form = Form {
        name: "field of JSON",
        expects: "letters, digits and `_`, no digit first",
        example: "\"repository\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&text.trim().replace(['-', ' '], "_"), Self::read))
    }
}

impl FieldName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 64)?;
        form.only(text, |it| it.is_ascii_alphanumeric() || it == '_')?;
        if text.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(form.refuse(format!("{} starts with a digit", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

serialized_as_displayed!(FieldName);

impl Parse for Scalar {
    const FORM: Form = Form {
        name: "value",
        expects: "a text in quotes, a whole number, `#true` or `#false`",
        example: "\"rust\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String(text) => Ok(Self::Text(text.to_owned())),
            Value::Bool(truth) => Ok(Self::Boolean(truth)),
            Value::Integer(number) => match i64::try_from(number) {
                Ok(number) => Ok(Self::Number(number)),
                Err(_) => Err(Self::FORM.refuse(format!("`{number}` is more than JSON can be trusted with"))),
            },
            other => Err(Self::FORM.mismatch(other)),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(&literal(text)),
            Self::Number(number) => number.fmt(formatter),
            Self::Boolean(truth) => write!(formatter, "#{truth}"),
        }
    }
}

/// Reads all inputs.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Name, Input> {
    let inputs = items.iter().filter(|it| it.kind.word == KIND.word);
    let mut states = MOST_STATES;
    inputs.filter_map(|it| resolve_one(it, &mut states, sink)).map(|it| (it.name.clone(), it)).collect()
}

/// How many states the patterns of a platform have together, as [`Pattern::states`] counts them: a thousand patterns of what
/// people write, and little enough to compile them all.
const MOST_STATES: usize = 100_000;

fn resolve_one(item: &Item<'_>, states: &mut usize, sink: &mut Diagnostics) -> Option<Input> {
    let name = item.own_name(sink);
    let fields = item.children(FIELD.word).filter_map(|it| resolve_field(it, states, sink));
    let fields = fields.map(|it| (it.name.clone(), it)).collect();
    Some(Input { name: name?, fields, span: item.span() })
}

fn resolve_field(item: &Item<'_>, states: &mut usize, sink: &mut Diagnostics) -> Option<InputField> {
    let name = item.argument::<FieldName>(0, sink);
    let holds = item.argument::<FieldType>(1, sink);
    let length = item.property_or_default::<Range<u32>>("length", sink);
    let pattern = item.property::<Pattern>("pattern", sink).filter(|it| affords(it, states, sink));
    let range = item.property::<Range<u32>>("range", sink);
    let optional = item.property::<bool>("optional", sink);
    let default = item.property::<Scalar>("default", sink);
    let one_of = item.child(ONE_OF.word).map(|it| it.rest::<String>(sink)).unwrap_or_default();
    let (name, holds) = (name?, holds?.value);
    check_words(item, holds, sink);
    if let Some(entry) = item.entry("length").filter(|_| length.to > LONGEST) {
        let message = format!("a text of {} characters is a file", length.to);
        sink.report(
            Diagnostic::new(Code::InvalidValue, entry.value_span(), message)
                .help(format!("write at most {LONGEST}; files do not belong in a field of JSON")),
        );
    }
    if let (Some(optional), Some(default)) = (optional.as_ref().filter(|it| it.value), &default) {
        let message = "what has a default may be left out anyway";
        let written = item.entry("optional").map_or(optional.span, crate::syntax::Entry::span);
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, optional.span, message)
                .related(default.span, "its default")
                .help("leave out `optional`: the default holds where nothing is sent")
                .replace(item.node().removal(written), ""),
        );
    }
    let field = InputField {
        name: name.value,
        holds,
        length: (holds == FieldType::Text).then_some(Bounds { from: length.from, to: length.to }),
        pattern: pattern.as_ref().map(|it| it.value.clone()),
        range: range.map(|it| Bounds { from: it.value.from, to: it.value.to }),
        one_of: one_of.iter().map(|it| it.value.clone()).collect(),
        optional: default.is_none() && optional.is_some_and(|it| it.value),
        default: default.as_ref().map(|it| it.value.clone()),
        span: item.span(),
    };
    if let Some(pattern) = &pattern {
        check_pattern(pattern, sink);
    }
    let has_texts = default.is_some() || !one_of.is_empty();
    let regex = pattern.as_ref().filter(|_| has_texts).map(|it| it.value.compiled());
    let others = InputField { one_of: BTreeSet::new(), ..field.clone() };
    // That it lists texts of what is none has been reported.
    for text in one_of.iter().filter(|_| holds == FieldType::Text) {
        check_fits(&others, regex.as_ref(), &Scalar::Text(text.value.clone()), text.span, sink);
    }
    if let Some(default) = &default {
        check_fits(&field, regex.as_ref(), &default.value, default.span, sink);
    }
    Some(field)
}

/// Takes the states of a pattern out of those that are left; the first for which there are too few is reported.
fn affords(pattern: &Spanned<Pattern>, states: &mut usize, sink: &mut Diagnostics) -> bool {
    let is_first = *states > 0;
    let left = states.checked_sub(pattern.value.states().max(1));
    *states = left.unwrap_or(0);
    if left.is_none() && is_first {
        let message = format!("all patterns together come to more than {MOST_STATES} states, loops unrolled");
        sink.report(Diagnostic::new(Code::TooMany, pattern.span, message).help(
            "repeat by `*` or `+`, and say how long texts are by `length=`; what follows is not looked at",
        ));
    }
    left.is_some()
}

/// Reports what is said of a field that holds nothing of the sort.
fn check_words(item: &Item<'_>, holds: FieldType, sink: &mut Diagnostics) {
    let of = |word: &str| if word == "range" { FieldType::Number } else { FieldType::Text };
    for word in ["length", "pattern", "range"] {
        if let Some(entry) = item.entry(word).filter(|_| of(word) != holds) {
            let message = format!("`{word}` is of a {}, and this is a {}", of(word).word(), holds.word());
            sink.report(
                Diagnostic::new(Code::InputContradiction, entry.span(), message)
                    .replace(item.node().removal(entry.span()), ""),
            );
        }
    }
    if let Some(one_of) = item.child(ONE_OF.word).filter(|_| holds != FieldType::Text) {
        let message = format!("`one-of` lists texts, and this is a {}", holds.word());
        sink.report(Diagnostic::new(Code::InputContradiction, one_of.span(), message).help("leave it out"));
    }
}

fn check_pattern(pattern: &Spanned<Pattern>, sink: &mut Diagnostics) {
    let message = match pattern.value.takes() {
        pattern::Takes::Some => return,
        pattern::Takes::Everything => "takes every text there is",
        pattern::Takes::Nothing => "takes no text at all",
    };
    let message = format!("{} {message}", quote(pattern.value.as_str()));
    sink.report(
        Diagnostic::new(Code::PatternUseless, pattern.span, message)
            .help("say what such a text looks like, or leave the pattern out"),
    );
}

/// Reports a value that the field's own rules refuse.
fn check_fits(
    field: &InputField,
    regex: Option<&regex::Regex>,
    value: &Scalar,
    span: Span,
    sink: &mut Diagnostics,
) {
    if let Some(problem) = field.refusal(value, regex) {
        let message = format!("field `{}` would refuse {}: {problem}", field.name, shown(value));
        sink.report(Diagnostic::new(Code::InputContradiction, span, message).help("change one of the two"));
    }
}

fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => quote(text),
        other => format!("`{other}`"),
    }
}

impl InputField {
    /// Why a value is refused; `None` where it is taken. `regex` is its pattern, compiled.
    fn refusal(&self, value: &Scalar, regex: Option<&regex::Regex>) -> Option<String> {
        match (self.holds, value) {
            (FieldType::Text, Scalar::Text(text)) => self.refusal_of_text(text, regex),
            (FieldType::Number, Scalar::Number(number)) => {
                let Bounds { from, to } = self.range?;
                let fits = (i64::from(from)..=i64::from(to)).contains(number);
                (!fits).then(|| format!("it is not between {from} and {to}"))
            }
            (FieldType::Boolean, Scalar::Boolean(_)) => None,
            (holds, _) => Some(format!("it is no {}", holds.word())),
        }
    }

    fn refusal_of_text(&self, text: &str, regex: Option<&regex::Regex>) -> Option<String> {
        let length = text.chars().count() as u64;
        if let Some(Bounds { from, to }) = self.length
            && !(u64::from(from)..=u64::from(to)).contains(&length)
        {
            return Some(format!("it is not {from} to {to} characters long, but {length}"));
        }
        if regex.is_some_and(|it| !it.is_match(text)) {
            return Some("the pattern does not match the whole of it".to_owned());
        }
        let is_listed = self.one_of.is_empty() || self.one_of.contains(text);
        (!is_listed).then(|| "`one-of` does not list it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn rules_of_a_field_do_not_refuse_each_other() {
        insta::assert_snapshot!(check(r#"
            input "project" {
                field "name" "text" length="1..100"
                field "framework" "text" default="cobol" { one-of "nodejs" "rust" "rust" }
                field "size" "number" range="1..10" default=11
                field "listed" "boolean" default="yes" length="1..2"
                field "kind" "text" pattern="[a-z]+" length="3..5" { one-of "web" "a" "Web" }
                field "count" "number" pattern="[0-9]+" { one-of "1" }
                field "note" "text" length="0..1000000" optional=#true default=""
                field "2nd" "text"
                field "repository-url" "txt"
                field "plain" "text" length="0..1000" optional=#true
            }
        "#), @r#"
        TS238 error 3: field `framework` would refuse `cobol`: `one-of` does not list it
        TS109 error 3: `rust` is listed twice
        TS238 error 4: field `size` would refuse `11`: it is not between 1 and 10
        TS238 error 5: field `listed` would refuse `yes`: it is no boolean
        TS238 error 5: `length` is of a text, and this is a boolean
        TS238 error 6: field `kind` would refuse `a`: it is not 3 to 5 characters long, but 1
        TS238 error 6: field `kind` would refuse `Web`: the pattern does not match the whole of it
        TS238 error 7: `pattern` is of a text, and this is a number
        TS238 error 7: `one-of` lists texts, and this is a number
        TS105 error 8: a text of 1000000 characters is a file
        TS115 error 8: what has a default may be left out anyway
        TS105 error 9: `2nd` starts with a digit
        TS105 error 10: `repository-url` has `-`, which a field of JSON cannot have
        TS105 error 10: `txt` is not a type of a field
        TS113 hint 11: `length="0..1000"` is the default of edition 2026
        "#);
    }

    #[test]
    fn a_pattern_tells_texts_apart() {
        insta::assert_snapshot!(check(r##"
            input "project" {
                field "a" "text" pattern=".*"
                field "b" "text" pattern="(.|x)+"
                field "c" "text" pattern="[^\\x00-\\x{10FFFF}]"
                field "d" "text" pattern="^[a-z]+$"
                field "e" "text" pattern=#"\d+"#
                field "f" "text" pattern="[a-z"
                field "g" "text" pattern="(?i)abc"
            }
        "##), @r"
        TS237 error 2: `.*` takes every text there is
        TS237 error 3: `(.|x)+` takes every text there is
        TS237 error 4: `[^\x00-\x{10FFFF}]` takes no text at all
        TS105 error 5: `^[a-z]+$` has an anchor
        TS105 error 6: `\d+` has `\d`, which some engines take for all of Unicode and others for ASCII
        TS105 error 7: `[a-z` is not a regular expression: unclosed character class
        TS105 error 8: `(?i)abc` has flags in it
        ");
    }

    #[test]
    fn a_body_names_its_resource() {
        insta::assert_snapshot!(check(r#"
            project "shop" { service "api" { image @web; port 80 } }
            resource "page" in="project" { action "read"; action "write" }
            role "editor" { allow "*:*" }
            input "page" { field "page_id" "text"; field "size" "number" }
            api "one" service="shop/api" {
                route "GET /pages/{page}" needs="page:read" input="page"
                route "POST /pages" needs="page:write" target="body.page_id" input="page"
                route "PUT /pages" needs="page:write" target="body.id" input="page"
                route "PATCH /pages" needs="page:write" target="body.size" input="page"
                route "DELETE /pages" needs="page:write" target="body.page_id.id" input="page"
            }
        "#), @r"
        TS238 error 6: a request by `GET` has no body that input `page` could be of
        TS238 error 8: input `page` refuses the field `id`, by which the request names its resource
        TS238 error 9: input `page` wants a number where the request names its resource
        TS238 error 10: input `page` wants a text in `page_id`, below which the request names its resource
        ");
    }

    #[test]
    fn inputs_are_found_by_routes() {
        insta::assert_snapshot!(check(r#"
            project "shop" { service "api" { image @web; port 80 } }
            input "project" { field "name" "text" }
            input "empty" { }
            api "one" service="shop/api" { route "POST /projects" anonymous=#true input="project"; route "PUT /projects" anonymous=#true input="projects" }
        "#), @r"
        TS104 error 3: input `empty` needs `field` in its block
        TS110 error 4: there is no input `projects`
        ");
    }
}
