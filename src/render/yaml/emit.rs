//! The one emitter: block style, and no scalar that any reader could take for something else.
//!
//! It is our own because of two measured faults of the YAML crate's serializer: a literal block whose first line starts
//! with a tab, which libyaml and its ports (kubectl) refuse, and long words folded into `>-` blocks. It is also twice
//! as fast. It writes whatever can be serialized, from where it stands, with no tree in between. The test holds it against the
//! crate's reader.

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde::ser::{self, SerializeMap};
use serde_json::{Number, Value};

use crate::render::yaml::narrow::Text;

/// Why something has no form in YAML: a key that is no text, a number that is not finite, raw bytes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unwritable(String);

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Writes a value as one document, with a final newline and without `---`.
pub fn emit(value: &Value) -> String {
    let mut out = String::with_capacity(2048);
    emit_into(value, &mut out).expect("every JSON value has a form in YAML");
    out
}

/// Appends a value as one document, its entries in the order in which they are given.
///
/// # Errors
///
/// Says what has no form in YAML; what was written before stays in `out`.
pub fn emit_into(value: &(impl Serialize + ?Sized), out: &mut String) -> Result<(), Unwritable> {
    value.serialize(Node { out, indent: 0, place: Place::Top })
}

/// A place for one value.
struct Node<'o> {
    out: &'o mut String,
    /// That of the lines of a mapping or a literal block.
    indent: usize,
    place: Place,
}

/// What stands before a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Top,
    /// A key and its colon.
    Key,
    /// The dash of a list, and a space.
    Item,
}

impl<'o> Node<'o> {
    fn scalar(self, write: impl FnOnce(&mut String)) {
        if self.place == Place::Key {
            self.out.push(' ');
        }
        write(self.out);
        self.out.push('\n');
    }

    fn text(self, text: &str) {
        let indent = self.indent;
        self.scalar(|out| match text {
            it if is_plain(it) => out.push_str(it),
            // At the margin, a line of the block could pass for the end of the document.
            it if indent > 0 && is_literal(it) => literal(it, indent, out),
            it => quoted(it, out),
        });
    }

    fn mapping(self) -> Block<'o> {
        Block { out: self.out, indent: self.indent, place: self.place, is_empty: true, none: "{}" }
    }

    /// A list stands as far to the left as the key that it belongs to.
    fn sequence(self) -> Block<'o> {
        let indent = self.indent - if self.place == Place::Key { 2 } else { 0 };
        Block { out: self.out, indent, place: self.place, is_empty: true, none: "[]" }
    }

    /// A mapping with one entry, whose value is written next.
    fn tagged(self, tag: &str) -> Node<'o> {
        let mut block = self.mapping();
        block.next();
        block.key(tag);
        Node { indent: block.indent + 2, place: Place::Key, out: block.out }
    }
}

/// A mapping or a list, as far as it is written.
struct Block<'o> {
    out: &'o mut String,
    indent: usize,
    place: Place,
    is_empty: bool,
    /// How it is written where nothing is in it.
    none: &'static str,
}

impl Block<'_> {
    /// Begins a line, or takes the rest of the one that a dash has begun.
    fn next(&mut self) {
        if self.is_empty && self.place == Place::Key {
            self.out.push('\n');
        }
        if !self.is_empty || self.place == Place::Key {
            pad(self.indent, self.out);
        }
        self.is_empty = false;
    }

    fn key(&mut self, key: &str) {
        let start = self.out.len();
        string(key, self.out);
        if self.out.len() - start > MAX_SIMPLE_KEY {
            self.out.insert_str(start, "? ");
            self.out.push('\n');
            pad(self.indent, self.out);
        }
        self.out.push(':');
    }

    fn value<T: Serialize + ?Sized>(&mut self, place: Place, value: &T) -> Result<(), Unwritable> {
        value.serialize(Node { out: self.out, indent: self.indent + 2, place })
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Unwritable> {
        self.next();
        self.key(key);
        self.value(Place::Key, value)
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.next();
        self.out.push_str("- ");
        self.value(Place::Item, value)
    }

    fn finish(self) {
        let Self { out, none, .. } = self;
        if self.is_empty {
            let place = self.place;
            Node { out, indent: 0, place }.scalar(|out| out.push_str(none));
        }
    }
}

macro_rules! integers {
    ($($method:ident $type:ty;)*) => {
        $(fn $method(self, value: $type) -> Result<(), Unwritable> {
            self.scalar(|out| write!(out, "{value}").expect("a string takes every text"));
            Ok(())
        })*
    };
}

impl<'o> ser::Serializer for Node<'o> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Block<'o>;
    type SerializeTuple = Block<'o>;
    type SerializeTupleStruct = Block<'o>;
    type SerializeTupleVariant = Block<'o>;
    type SerializeMap = Block<'o>;
    type SerializeStruct = Block<'o>;
    type SerializeStructVariant = Block<'o>;

    integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.scalar(|out| out.push_str(if value { "true" } else { "false" }));
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unwritable> {
        let value = Number::from_f64(value).ok_or_else(|| ser::Error::custom("a number must be finite"))?;
        self.scalar(|out| number(&value, out));
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritable> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unwritable> {
        Err(ser::Error::custom("bytes must be given as text"))
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.scalar(|out| out.push_str("null"));
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, tag: &'static str) -> Result<(), Unwritable> {
        self.serialize_str(tag)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        tag: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        value.serialize(self.tagged(tag))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Block<'o>, Unwritable> {
        Ok(self.sequence())
    }

    fn serialize_tuple(self, _: usize) -> Result<Block<'o>, Unwritable> {
        Ok(self.sequence())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Block<'o>, Unwritable> {
        Ok(self.sequence())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        tag: &'static str,
        _: usize,
    ) -> Result<Block<'o>, Unwritable> {
        Ok(self.tagged(tag).sequence())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Block<'o>, Unwritable> {
        Ok(self.mapping())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Block<'o>, Unwritable> {
        Ok(self.mapping())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        tag: &'static str,
        _: usize,
    ) -> Result<Block<'o>, Unwritable> {
        Ok(self.tagged(tag).mapping())
    }
}

macro_rules! lists {
    ($($part:ident $method:ident;)*) => {
        $(impl ser::$part for Block<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
                self.item(value)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.finish();
                Ok(())
            }
        })*
    };
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! structures {
    ($($part:ident)*) => {
        $(impl ser::$part for Block<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Unwritable> {
                self.entry(key, value)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.finish();
                Ok(())
            }
        })*
    };
}

structures! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Block<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        self.next();
        let text = key.serialize(Text(|it: &str| self.key(it)));
        text.map_err(|_| ser::Error::custom("a key must be a text"))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.value(Place::Key, value)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.finish();
        Ok(())
    }
}

/// YAML 1.1 takes an exponent without a point and a sign for a string.
fn number(number: &Number, out: &mut String) {
    let text = number.to_string();
    match text.split_once(['e', 'E']) {
        None => out.push_str(&text),
        Some((digits, exponent)) => {
            out.push_str(digits);
            out.push_str(if digits.contains('.') { "e" } else { ".0e" });
            out.push_str(if exponent.starts_with(['-', '+']) { "" } else { "+" });
            out.push_str(exponent);
        }
    }
}

fn string(text: &str, out: &mut String) {
    if is_plain(text) { out.push_str(text) } else { quoted(text, out) }
}

/// YAML lets an implicit key have 1024 characters; this counts its quotes and escapes.
const MAX_SIMPLE_KEY: usize = 1000;

/// Words that some reader takes for a truth, nothing or a number, in lower case.
const WORDS: &[&str] =
    &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

/// Whether the text, bare, is a string for every reader. Narrow on purpose: what is not obviously one is quoted.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !bytes.iter().all(|it| IS_KNOWN[*it as usize]) || b" :".contains(last) || text.contains(": ") {
        return false;
    }
    match first {
        b'/' => true,
        b'-' => bytes.len() > 2 && bytes[1] == b'-' && bytes[2].is_ascii_alphabetic(),
        b'0'..=b'9' => bytes.iter().any(|it| *it == b'/' || is_beyond_numbers(*it)),
        it if it.is_ascii_alphabetic() => {
            bytes.len() > 8 || !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        }
        _ => false,
    }
}

/// What may stand in a bare string. A colon ends a key before a space, and a space at an end is dropped.
const IS_KNOWN: [bool; 256] = {
    let mut table = [false; 256];
    let known = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _./-:@=,+";
    let mut index = 0;
    while index < known.len() {
        table[known[index] as usize] = true;
        index += 1;
    }
    table
};

/// Letters that stand in no form of a number or time: not a digit of any base, exponent, base mark or time mark.
fn is_beyond_numbers(it: u8) -> bool {
    matches!(it.to_ascii_lowercase(), b'g'..=b'n' | b'p'..=b's' | b'u'..=b'w' | b'y')
}

/// Whether the text is several lines that a literal block gives back unchanged to every reader.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && text.chars().all(|it| it == '\n' || it == '\t' || is_printable(it))
        // Lines of white space alone are where readers disagree.
        && text.split('\n').all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty())
}

fn literal(text: &str, indent: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(indent, out);
            out.push_str(line);
        }
    }
    // The caller writes the newline of the last line.
    (body.len() + 1..text.len()).for_each(|_| out.push('\n'));
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            it if is_printable(it) => out.push(it),
            it => escape(it, out),
        }
    }
    out.push('"');
}

fn escape(it: char, out: &mut String) {
    let code = u32::from(it);
    let written = match code {
        ..0x100 => write!(out, "\\x{code:02X}"),
        0x100..0x1_0000 => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
    written.expect("a string takes every text");
}

/// Printable in both versions of YAML, no line break in either, and not a mark that changes how the rest looks (a byte
/// order mark, a change of writing direction).
fn is_printable(it: char) -> bool {
    matches!(it, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{1_0000}'..='\u{1_fffd}')
        && !matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn pad(indent: usize, out: &mut String) {
    const SPACES: &str = "                                                                ";
    let mut left = indent;
    while left > 0 {
        let some = left.min(SPACES.len());
        out.push_str(&SPACES[..some]);
        left -= some;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::render::yaml;

    /// Every text that is known to have fooled a reader or a writer.
    const NASTY: &[&str] = &[
        "no",
        "NO",
        "on",
        "On",
        "y",
        "Y",
        "n",
        "yes",
        "off",
        "true",
        "True",
        "~",
        "null",
        "Null",
        "nUll",
        "",
        "1_000",
        "0_1",
        "12:30",
        "12:30:00",
        "190:20:30",
        "1:2",
        "2024-01-01",
        "2024-1-1",
        "2024-01-01T00:00:00Z",
        "2001-12-14t21:59:43.10-05:00",
        "=",
        "<<",
        "<",
        "0x1F",
        "0X1f",
        "0x",
        "0b11",
        "0o7",
        "0o9",
        "017",
        "08",
        "0",
        "-0",
        "+1",
        "-1",
        "1.",
        "1.0",
        ".5",
        "-.5",
        "+.5",
        "1e3",
        "1E3",
        "1e",
        "e1",
        "1.5e+3",
        ".inf",
        "-.INF",
        "+.inf",
        ".nan",
        ".NaN",
        "nan",
        "inf",
        "Infinity",
        "_",
        "_1",
        "-",
        "--",
        "---",
        "--- a",
        "...",
        "..",
        ".",
        "- a",
        "-a",
        "--a",
        "---a",
        "?",
        "? a",
        "?a",
        ":",
        ": a",
        ":a",
        "a:",
        "a: b",
        "a:b",
        "a :b",
        "a #b",
        "a#b",
        "#a",
        "@a",
        "`a",
        "%a",
        "%YAML 1.2",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "|",
        "|-",
        ">",
        "{",
        "{a",
        "}",
        "[",
        "]",
        ",",
        "a,b",
        "1,000",
        "'",
        "''",
        "'a'",
        "' lead",
        "\"",
        "\"a\"",
        " lead",
        "trail ",
        "trail\t",
        "\ttab",
        "in\tner",
        "\\",
        "\\n",
        "a\\",
        "a\nb",
        "a\nb\n",
        "a\n\n",
        "a\n\n\n",
        "\na",
        "\n",
        "\n\n",
        "  a\nb",
        "a\n  b",
        "a\n\n  b\n",
        " \n",
        "a\n \nb",
        "a\nb ",
        "a\n\tb",
        "\ta\nb",
        "a\r\nb",
        "a\rb",
        "# a\nb",
        "- a\n- b\n",
        "a: b\nc: d\n",
        "---\na\n",
        "...\na\n",
        "%a\nb",
        "\u{85}",
        "a\u{85}b",
        "\u{2028}x",
        "\u{feff}x",
        "\u{202e}x\ny",
        "\0",
        "\u{7f}",
        "\u{1b}[31m",
        "ä",
        "ä\nö",
        "\u{1F600}",
        "\u{a0}",
        "\u{e000}",
        "\u{ffff}",
        "10.0.0.1",
        "10.0.0.0/8",
        "50m",
        "64Mi",
        "1.5Gi",
        "500M",
        "1E",
        "1T",
        "1t",
        "8080:8080",
        "::1",
        "fe80::1",
        "a b",
        "a  b",
        "/tmp",
        "--listen=:80",
        "shop:1",
        "$(A)",
        "{{ a }}",
        "---\na",
        "...\na",
    ];

    fn check(object: &Value) {
        let text = emit(object);
        let back = yaml::read(&text).unwrap_or_else(|it| panic!("{it:?}\n{text}"));
        let back: Vec<Value> = back.iter().map(|it| it.root.to_value()).collect();
        assert_eq!(back, std::slice::from_ref(object), "{text}");
    }

    #[test]
    fn nasty_strings_come_back_as_keys_and_values_everywhere() {
        for text in NASTY {
            check(&json!({ *text: text, "list": [text, [text, "z"], { *text: [text] }], "last": text }));
        }
    }

    #[test]
    fn what_some_reader_takes_for_another_type_is_quoted() {
        let ambiguous = [
            "no",
            "on",
            "y",
            "1_000",
            "12:30",
            "2024-01-01",
            "=",
            "<<",
            "~",
            "0x1F",
            "null",
            "",
            "1e3",
            ".5",
            "0o7",
            "+1",
            "_",
            "''",
            "' lead'",
            "trailing:",
            "#",
            "@",
            "`",
            "%",
            "&",
            "*",
            "!",
            "|",
            ">",
            "{",
            "[",
            ",",
            "-",
            "?",
            ":",
            "08",
            "1:2",
            "10.0.0.1",
            "Infinity",
            "---",
            "1T",
        ];
        for text in ambiguous {
            let emitted = emit(&json!(text));
            assert!(emitted.starts_with('"'), "{emitted}");
        }
    }

    #[test]
    fn a_manifest_reads_as_people_write_it() {
        let object = json!({
            "apiVersion": "v1",
            "kind": "Thing",
            "metadata": { "name": "web" },
            "spec": {
                "containers": [{ "name": "web", "args": ["--listen=:80", "no"], "resources": { "cpu": "50m" }, "env": [] }],
                "image": "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777",
                "nested": [["a"], [], {}],
                "selector": {},
            },
            "data": { "script": "set -e\n\techo hi\n\nexit\n", "a/b": "two words", "n": 8080, "f": 1e30, "g": 0.5, "b": true },
        });
        check(&object);
        insta::assert_snapshot!(emit(&object), @r#"
        apiVersion: v1
        kind: Thing
        metadata:
          name: web
        spec:
          containers:
          - name: web
            args:
            - --listen=:80
            - "no"
            resources:
              cpu: 50m
            env: []
          image: ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777
          nested:
          - - a
          - []
          - {}
          selector: {}
        data:
          script: |
            set -e
            	echo hi

            exit
          a/b: two words
          "n": 8080
          f: 1.0e+30
          g: 0.5
          b: true
        "#);
    }

    #[test]
    fn long_keys_are_written_explicitly() {
        check(&json!({ "a": { "x".repeat(2000): [{ "y z: ".repeat(500): "b" }] } }));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[-a-z0-9:_. #'\"\\n\\t]{0,8}",
            any::<String>(),
            proptest::sample::select(NASTY).prop_map(str::to_owned)
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("JSON has no others", |it| it.is_finite()).prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((text.clone(), inner), 0..6)
                    .prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again(object in any_value()) {
            // A stream whose only document is nothing has no document.
            prop_assume!(!object.is_null());
            check(&object);
        }
    }
}
