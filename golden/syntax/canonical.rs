//! The one spelling of a tree that KDL's own test suite compares with: no comments, bare words where they can be,
//! properties sorted and each once, decimal numbers.

use std::collections::BTreeMap;

use trackside::syntax::{Document, Entry, Node, Value};

/// Prints a document in that spelling.
pub(crate) fn canonical(document: &Document) -> String {
    let mut out = String::new();
    print(document, document.nodes(), 0, &mut out);
    out
}

fn print<'a>(document: &'a Document, nodes: impl Iterator<Item = Node<'a>>, depth: usize, out: &mut String) {
    for node in nodes {
        out.push_str(&"    ".repeat(depth));
        out.extend(node.annotation().map(|it| format!("({})", string(it.value))));
        out.push_str(&string(node.name()));
        for argument in node.entries().filter(|it| it.name().is_none()) {
            out.push(' ');
            out.push_str(&value(document, argument));
        }
        let properties: BTreeMap<&str, Entry<'_>> =
            node.entries().filter_map(|it| Some((it.name()?.value, it))).collect();
        for (name, property) in properties {
            out.extend([format!(" {}={}", string(name), value(document, property))]);
        }
        if node.children().next().is_some() {
            out.push_str(" {\n");
            print(document, node.children(), depth + 1, out);
            out.push_str(&"    ".repeat(depth));
            out.push('}');
        }
        out.push('\n');
    }
}

fn value(document: &Document, entry: Entry<'_>) -> String {
    let annotation = entry.annotation().map(|it| format!("({})", string(it.value))).unwrap_or_default();
    let span = entry.value_span();
    let written = &document.text()[span.start as usize..span.end as usize];
    let value = match entry.value() {
        Value::String(text) => string(text),
        Value::Integer(number) => number.to_string(),
        Value::BigInteger(digits) => digits.replace('_', ""),
        Value::Float(_) if written.starts_with('#') => written.to_owned(),
        Value::Float(_) => float(written),
        Value::Bool(it) => format!("#{it}"),
        Value::Null => "#null".to_owned(),
    };
    annotation + &value
}

/// From the text, because a number may be larger or more precise than 64 bits hold.
fn float(written: &str) -> String {
    let plain = written.replace('_', "").to_ascii_uppercase();
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    match plain.split_once('E') {
        Some((number, exponent)) if exponent.starts_with(['+', '-']) => format!("{number}E{exponent}"),
        Some((number, exponent)) => format!("{number}E+{exponent}"),
        None => plain.to_owned(),
    }
}

/// Bare where it can be, in quotes otherwise.
pub(crate) fn string(text: &str) -> String {
    if is_bare(text) {
        return text.to_owned();
    }
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            it if is_special(it) => out.extend([format!("\\u{{{:x}}}", u32::from(it))]),
            it => out.push(it),
        }
    }
    out.push('"');
    out
}

fn is_bare(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fraction = unsigned.strip_prefix('.').unwrap_or(unsigned);
    let keyword = matches!(text, "true" | "false" | "null" | "inf" | "-inf" | "nan");
    let forbidden = |it: char| "\\/(){};[]\"#=".contains(it) || it.is_whitespace() || is_special(it);
    !text.is_empty()
        && !keyword
        && !fraction.starts_with(|it: char| it.is_ascii_digit())
        && !text.contains(forbidden)
}

/// Newlines that are no escape letter, and what KDL allows nowhere.
fn is_special(it: char) -> bool {
    matches!(it,
        '\0'..='\u{1f}' | '\u{7f}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
