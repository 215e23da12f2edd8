//! What the tests of every kind of value share: a table of texts and answers, and the properties that all of them have.

use std::fmt::{Debug, Display, Write};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::refusal::literal;
use super::*;

/// Reads each line as it would stand in a file (words need no quotes) and says what became of it.
pub(crate) fn check<T: Parse + Display>(lines: &str) -> String {
    let mut answers = String::new();
    for line in lines.lines().map(str::trim).filter(|it| !it.is_empty()) {
        match parse_written::<T>(line) {
            Ok(value) => writeln!(answers, "{line} => {value}"),
            Err(invalid) => writeln!(answers, "{line} => {}", told(&invalid)),
        }
        .expect("a string takes any text");
    }
    answers
}

/// Holds a kind of value against arbitrary texts, texts of `pattern`, and those with one character changed: nothing
/// panics, what is shown reads back as the same value, refusals stay short, and replacements are accepted.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is for whoever runs it")]
pub(crate) fn holds<T: Parse + Display + PartialEq + Debug>(pattern: &str) {
    let near = proptest::string::string_regex(pattern).expect("the pattern is one");
    let text =
        (near, any::<prop::sample::Index>(), any::<char>(), 0..4).prop_map(|(text, at, stray, change)| {
            let at = at.index(text.chars().count() + 1);
            let (front, back): (String, String) =
                (text.chars().take(at).collect(), text.chars().skip(at).collect());
            match change {
                0 => format!("{front}{stray}{back}"),
                1 => format!("{front}{}", back.chars().skip(1).collect::<String>()),
                _ => text,
            }
        });
    let text = prop_oneof![3 => text, 1 => any::<String>(), 1 => Just("a".repeat(1 << 16))];
    let value = prop_oneof![
        8 => text.prop_map(|it| literal(&it)),
        1 => any::<i128>().prop_map(|it| it.to_string()),
        1 => (0..100_000_i128).prop_map(|it| it.to_string()),
        1 => any::<f64>().prop_map(refusal::float),
        1 => any::<bool>().prop_map(|it| format!("#{it}")),
    ];
    let cases =
        std::env::var("TRACKSIDE_CASES").map_or(256, |it| it.parse().expect("TRACKSIDE_CASES is a number"));
    let mut runner =
        TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&value, |written| {
        match parse_written::<T>(&written) {
            Ok(value) => {
                let shown = value.to_string();
                // Counts and the like stand in a file as they are shown, all else in quotes.
                let spellings = [literal(&shown), shown.clone(), format!("#{shown}")];
                let again = spellings.iter().map(|it| parse_written::<T>(it)).find(Result::is_ok);
                prop_assert_eq!(again, Some(Ok(value)), "shown as {}", shown);
            }
            Err(Invalid { message, help, replacement, is_secret: _ }) => {
                prop_assert!(message.chars().count() < 700, "{}", message);
                prop_assert!(!message.chars().any(char::is_control), "{}", message);
                prop_assert!(help.is_some(), "no help: {}", message);
                if let Some(replacement) = replacement {
                    prop_assert!(parse_written::<T>(&replacement).is_ok(), "offers {}", replacement);
                }
            }
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A refusal in one line.
pub(crate) fn told(invalid: &Invalid) -> String {
    let Invalid { message, help, replacement, is_secret: _ } = invalid;
    let help = help.as_deref().map_or(String::new(), |it| format!(" | {it}"));
    let replacement = replacement.as_deref().map_or(String::new(), |it| format!(" | {it}"));
    format!("{message}{help}{replacement}")
}

/// A value as it stands in a file, read by `T`.
fn parse_written<T: Parse>(written: &str) -> Result<T, Invalid> {
    if let Some(inner) = written.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        return T::parse(Value::String(&unescaped(inner)));
    }
    if let Ok(number) = written.parse::<i128>() {
        return T::parse(Value::Integer(number));
    }
    if written.len() > 38 && written.bytes().all(|it| it.is_ascii_digit()) {
        return T::parse(Value::BigInteger(written));
    }
    match written {
        "#true" => T::parse(Value::Bool(true)),
        "#false" => T::parse(Value::Bool(false)),
        "#null" => T::parse(Value::Null),
        "#nan" => T::parse(Value::Float(f64::NAN)),
        "#inf" => T::parse(Value::Float(f64::INFINITY)),
        "#-inf" => T::parse(Value::Float(f64::NEG_INFINITY)),
        _ if written.starts_with(|it: char| it == '-' || it.is_ascii_digit()) => match written.parse::<f64>()
        {
            Ok(number) => T::parse(Value::Float(number)),
            Err(_) => T::parse(Value::String(written)),
        },
        _ => T::parse(Value::String(written)),
    }
}

/// Undoes [`literal`], and `\n` besides.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(it) = rest.next() {
        if it != '\\' {
            plain.push(it);
            continue;
        }
        match rest.next() {
            Some('n') => plain.push('\n'),
            Some('u') => {
                let digits: String = rest.by_ref().skip(1).take_while(|it| *it != '}').collect();
                let code = u32::from_str_radix(&digits, 16).expect("an escape has hexadecimal digits");
                plain.push(char::from_u32(code).expect("an escape is a character"));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}
