//! Texts, truths and counts, which need no form of their own.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::language::value::refusal::{float, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

impl Parse for String {
    const FORM: Form = Form { name: "text", expects: "a text in quotes", example: "\"info\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String(text) => Ok(text.to_owned()),
            Value::Bool(truth) => Err(Self::FORM
                .mismatch(value)
                .help(format!("write `\"{truth}\"`"))
                .replacement(format!("\"{truth}\""))),
            // How a number was spelled (`0x1F`, `1_000`) is lost here, so only its author can say which text is meant.
            other @ (Value::Integer(_) | Value::BigInteger(_) | Value::Float(_)) => {
                Err(Self::FORM.mismatch(other).help("put the number in quotes"))
            }
            Value::Null => {
                Err(Self::FORM.mismatch(value).help("write a text in quotes, `\"\"` for an empty one"))
            }
        }
    }
}

/// A text that a process is given as it is: the value of a variable, an argument. The system ends it at a NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given(pub String);

impl Parse for Given {
    const FORM: Form = String::FORM;

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = String::parse(value)?;
        match text.contains('\0') {
            true => Err(Invalid::new("the text has a NUL in it (`\\u{0}`), which no program can be given")
                .help("leave it out")),
            false => Ok(Self(text)),
        }
    }
}

/// The text of a file: lines, and no other character that acts instead of showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(pub String);

impl Parse for Content {
    const FORM: Form = String::FORM;

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = String::parse(value)?;
        let stray = text.chars().find(|it| it.is_control() && !matches!(it, '\t' | '\n' | '\r'));
        match stray {
            Some(stray) => Err(Invalid::new(format!(
                "the text has the control character `{}` in it",
                stray.escape_unicode()
            ))
            .help("leave it out, or name a file of the tree by `file=\"…\"` if it is meant")),
            None => Ok(Self(text)),
        }
    }
}

impl Parse for bool {
    const FORM: Form = Form { name: "truth value", expects: "`#true` or `#false`", example: "#true" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let Value::String(text) = value else {
            return match value {
                Value::Bool(truth) => Ok(truth),
                other => Err(Self::FORM.mismatch(other).help("write `#true` or `#false`")),
            };
        };
        let refusal = Self::FORM.mismatch(value).help("write `#true` or `#false`");
        let is_one_of = |words: &[&str]| words.iter().any(|it| it.eq_ignore_ascii_case(text));
        Err(match () {
            () if is_one_of(&["true", "yes", "on"]) => refusal.replacement("#true"),
            () if is_one_of(&["false", "no", "off"]) => refusal.replacement("#false"),
            () => refusal,
        })
    }
}

impl Parse for u32 {
    const FORM: Form = Form { name: "number", expects: "a whole number without quotes", example: "2" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let number = number(value, 0..=u64::from(u32::MAX))?;
        Ok(Self::try_from(number).expect("the bound is the type's own"))
    }
}

impl Parse for u64 {
    const FORM: Form = Form { name: "number", expects: "a whole number without quotes", example: "2" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        number(value, 0..=u64::MAX)
    }
}

/// Reads a whole number between two bounds.
pub fn number(value: Value<'_>, bounds: RangeInclusive<u64>) -> Result<u64, Invalid> {
    let (least, most) = bounds.into_inner();
    let fits = |it: &u64| (least..=most).contains(it);
    let out_of_bounds = |found: String| {
        let range = format!("write a whole number between {least} and {most}");
        Invalid::new(format!("{found} is not between {least} and {most}")).help(range)
    };
    match value {
        Value::Integer(number) => {
            u64::try_from(number).ok().filter(fits).ok_or_else(|| out_of_bounds(format!("`{number}`")))
        }
        Value::BigInteger(digits) => Err(out_of_bounds(quote(digits))),
        Value::String(text) => Err(match digits(&without_grouping(text)) {
            None => u64::FORM.mismatch(value),
            Some(it) if fits(&it) => {
                let spelled = if text.len() < 40 { text.replace(',', "_") } else { it.to_string() };
                u64::FORM.mismatch(value).help("leave out the quotes").replacement(spelled)
            }
            Some(_) => out_of_bounds(quote(text)),
        }),
        Value::Float(number) => {
            Err(Invalid::new(format!("`{}` has a fraction or an exponent", float(number)))
                .help(format!("write a whole number between {least} and {most}")))
        }
        other => Err(u64::FORM.mismatch(other)),
    }
}

/// Digits without what sets their thousands apart: `10_000`, `10,000`.
fn without_grouping(text: &str) -> Cow<'_, str> {
    let mut groups = text.split(['_', ',']);
    let is_group = |it: &str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_digit());
    let is_grouped = groups.next().is_some_and(|it| (1..=3).contains(&it.len())) && groups.all(is_group);
    if is_grouped && text.len() < 40 { text.replace(['_', ','], "").into() } else { text.into() }
}

/// A number that is written in decimal digits and nothing else, in the one way without leading zeros.
pub(super) fn digits(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|it| it.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds, told};

    #[test]
    fn texts_truths_and_counts_are_told_apart() {
        insta::assert_snapshot!(check::<String>(r#"
            info
            ""
            "8080"
            8080
            1.5
            #true
            #null
        "#), @r##"
        info => info
        "" => 
        "8080" => 8080
        8080 => expected a text, found the number `8080` | put the number in quotes
        1.5 => expected a text, found the number `1.5` | put the number in quotes
        #true => expected a text, found `#true` | write `"true"` | "true"
        #null => expected a text, found `#null` | write a text in quotes, `""` for an empty one
        "##);
        insta::assert_snapshot!(check::<bool>(r#"
            #true
            #false
            TRUE
            "no"
            maybe
            1
            #null
        "#), @r##"
        #true => true
        #false => false
        TRUE => expected a truth value, found the text `TRUE` | write `#true` or `#false` | #true
        "no" => expected a truth value, found the text `no` | write `#true` or `#false` | #false
        maybe => expected a truth value, found the text `maybe` | write `#true` or `#false`
        1 => expected a truth value, found the number `1` | write `#true` or `#false`
        #null => expected a truth value, found `#null` | write `#true` or `#false`
        "##);
        insta::assert_snapshot!(check::<u32>(r#"
            0
            4294967295
            4294967296
            -1
            "2"
            "02"
            two
            2.5
            1e300
            123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890
            #nan
        "#), @r##"
        0 => 0
        4294967295 => 4294967295
        4294967296 => `4294967296` is not between 0 and 4294967295 | write a whole number between 0 and 4294967295
        -1 => `-1` is not between 0 and 4294967295 | write a whole number between 0 and 4294967295
        "2" => expected a number, found the text `2` | leave out the quotes | 2
        "02" => expected a number, found the text `02` | write a whole number without quotes, as in `2`
        two => expected a number, found the text `two` | write a whole number without quotes, as in `2`
        2.5 => `2.5` has a fraction or an exponent | write a whole number between 0 and 4294967295
        1e300 => `1e300` has a fraction or an exponent | write a whole number between 0 and 4294967295
        123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 => `123456789012345678901234567890123456789012345678901234567890…` is not between 0 and 4294967295 | write a whole number between 0 and 4294967295
        #nan => `#nan` has a fraction or an exponent | write a whole number between 0 and 4294967295
        "##);
    }

    #[test]
    fn what_a_process_is_given_has_no_nul_and_a_file_no_control_character() {
        insta::assert_snapshot!(["a\tb\u{1b}[0m", "a\0b"].map(refused::<Given>).join("\n"), @r#"
        fine
        the text has a NUL in it (`\u{0}`), which no program can be given | leave it out
        "#);
        insta::assert_snapshot!(["a\tb\r\n", "a\0b", "\u{1b}[0m", "\u{85}"].map(refused::<Content>).join("\n"), @r#"
        fine
        the text has the control character `\u{0}` in it | leave it out, or name a file of the tree by `file="…"` if it is meant
        the text has the control character `\u{1b}` in it | leave it out, or name a file of the tree by `file="…"` if it is meant
        the text has the control character `\u{85}` in it | leave it out, or name a file of the tree by `file="…"` if it is meant
        "#);
    }

    /// What is said of a text, or that it is fine.
    fn refused<T: Parse>(text: &str) -> String {
        T::parse(Value::String(text)).map_or_else(|it| told(&it), |_| "fine".to_owned())
    }

    #[test]
    fn a_number_is_held_against_its_bounds() {
        let refused = |value| number(value, 1..=100).map_or_else(|it| told(&it), |it| it.to_string());
        let values = [Value::Integer(1), Value::Integer(100), Value::Integer(101), Value::String("900")];
        insta::assert_snapshot!(values.map(refused).join("\n"), @r##"
        1
        100
        `101` is not between 1 and 100 | write a whole number between 1 and 100
        `900` is not between 1 and 100 | write a whole number between 1 and 100
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<u32>("[0-9]{1,12}");
        holds::<u64>("[0-9]{1,22}");
        holds::<bool>("true|FALSE|yes");
        holds::<String>(".{0,20}");
    }
}
