//! The filters and tests of templates: those of the engine whose result is no larger than what they are given, and ours
//! with a limit where the engine has none.

use std::fmt::Write;

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, Value, filters, tests};

/// No text of a template becomes larger: the API server takes no larger object either.
const MAX_TEXT: usize = super::OF_OBJECT.bytes;

/// Gives an environment all that templates have.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("attr", filters::attr);
    environment.add_filter("bool", filters::bool);
    environment.add_filter("default", filters::default);
    environment.add_filter("dictsort", filters::dictsort);
    environment.add_filter("first", filters::first);
    environment.add_filter("int", filters::int);
    environment.add_filter("items", filters::items);
    environment.add_filter("join", join);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("list", filters::list);
    environment.add_filter("lower", |it: &Value| text(it).map(str::to_lowercase));
    environment.add_filter("map", map);
    environment.add_filter("reject", filters::reject);
    environment.add_filter("rejectattr", filters::rejectattr);
    environment.add_filter("replace", replace);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("safe", |it: &Value| text(it).map(|it| Value::from_safe_string(it.to_owned())));
    environment.add_filter("select", filters::select);
    environment.add_filter("selectattr", filters::selectattr);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("string", string);
    environment.add_filter("tojson", to_json);
    environment.add_filter("trim", |it: &Value| text(it).map(|it| it.trim().to_owned()));
    environment.add_filter("unique", filters::unique);
    environment.add_filter("upper", |it: &Value| text(it).map(str::to_uppercase));

    environment.add_test("boolean", tests::is_boolean);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("even", tests::is_even);
    environment.add_test("false", tests::is_false);
    environment.add_test("ge", tests::is_ge);
    environment.add_test("gt", tests::is_gt);
    environment.add_test("in", tests::is_in);
    environment.add_test("integer", tests::is_integer);
    environment.add_test("le", tests::is_le);
    environment.add_test("lt", tests::is_lt);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("none", tests::is_none);
    environment.add_test("number", tests::is_number);
    environment.add_test("odd", tests::is_odd);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("string", tests::is_string);
    environment.add_test("true", tests::is_true);
    environment.add_test("undefined", tests::is_undefined);
}

/// A text as it is. Whatever else there is would be written out first, with every backslash of it doubled.
fn text(value: &Value) -> Result<&str, Error> {
    value.as_str().ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("a {} is no text: try `string`", value.kind()))
    })
}

fn string(value: &Value) -> Result<Value, Error> {
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    let mut out = Limited::default();
    write!(out, "{value}").map_err(|_| too_large())?;
    Ok(Value::from(out.0))
}

fn join(value: &Value, between: Option<&str>) -> Result<String, Error> {
    let mut out = Limited::default();
    for (index, item) in value.try_iter()?.enumerate() {
        if item.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        if index > 0 {
            out.write_str(between.unwrap_or_default()).map_err(|_| too_large())?;
        }
        write!(out, "{item}").map_err(|_| too_large())?;
    }
    Ok(out.0)
}

fn replace(value: &Value, from: &str, to: &str) -> Result<String, Error> {
    let mut out = Limited::default();
    for (index, part) in text(value)?.split(from).enumerate() {
        if index > 0 {
            out.write_str(to).map_err(|_| too_large())?;
        }
        out.write_str(part).map_err(|_| too_large())?;
    }
    Ok(out.0)
}

fn to_json(value: &Value) -> Result<Value, Error> {
    let mut out = super::Bounded::of(MAX_TEXT);
    serde_json::to_writer(&mut out, value)
        .map_err(|it| Error::new(ErrorKind::BadSerialization, it.to_string()))?;
    Ok(Value::from_safe_string(String::from_utf8_lossy(&out.bytes).into_owned()))
}

/// Takes a field of each. A filter for each could copy one text as often as a list has items.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over as values")]
fn map(value: &Value, names: Rest<Value>, options: Kwargs) -> Result<Vec<Value>, Error> {
    if !names.is_empty() || !options.has("attribute") {
        let message = "`map` takes `attribute=` alone; write a loop for anything else";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let attribute: &str = options.get("attribute")?;
    let attribute = Value::from(attribute);
    options.assert_all_used()?;
    value.try_iter()?.map(|it| it.get_item(&attribute)).collect()
}

fn too_large() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("this makes a text of more than {} MiB", MAX_TEXT >> 20))
}

/// Takes text up to a limit.
#[derive(Default)]
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
