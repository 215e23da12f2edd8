//! Cron lines: what the parser that Kubernetes uses (robfig/cron 3, standard fields and descriptors) accepts, less what
//! it accepts and nobody can mean.
//!
//! Left out of it: `TZ=`, which Kubernetes refuses too; `@every`, whose times depend on when the object was made; an
//! empty list, a sign before a number, `*-5`, which it reads as `*`, and steps like `*/90` that never take a second one.

use std::sync::Arc;

use crate::language::value::plain::digits;
use crate::language::value::refusal::quote;
use crate::language::value::time::CronLine;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A field of a cron line.
struct Field {
    name: &'static str,
    least: u64,
    most: u64,
    /// Words for its values, from `least` on.
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, words: &[] },
    Field { name: "hour", least: 0, most: 23, words: &[] },
    Field { name: "day of the month", least: 1, most: 31, words: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field {
        name: "day of the week",
        least: 0,
        most: 6,
        words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];
const MACROS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
/// The most days that each month can have.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Parse for CronLine {
    const FORM: Form = Form {
        name: "cron line",
        expects: "minute, hour, day of the month, month and day of the week, or a name like `@daily`",
        example: "\"15 3 * * *\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&text.trim().to_ascii_lowercase(), Self::read_macro))
    }
}

impl CronLine {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 200)?;
        form.only(text, |it| it == ' ' || it.is_ascii_graphic())?;
        if text.contains("TZ=") {
            return Err(Invalid::new(format!("{} sets a time zone inside the schedule", quote(text)))
                .help("leave the zone out here and add `zone=\"Europe/Berlin\"`"));
        }
        if text.starts_with('@') {
            return Self::read_macro(text);
        }
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = *fields.as_slice() else {
            let message = format!("{} has {} fields, and a cron line has 5", quote(text), fields.len());
            let refusal = form.refuse(message);
            return Err(match fields.len() {
                6 => refusal.help("leave out the seconds: a cron line starts with the minute"),
                _ => refusal,
            });
        };
        let [minutes, hours, days, months, weekdays] = FIELDS;
        minutes.read(minute)?;
        hours.read(hour)?;
        let (days, months) = (days.read(day)?, months.read(month)?);
        weekdays.read(weekday)?;
        // Beside a day of the week, either day will do; without one, some month must have the day.
        let fires = !weekday.split(',').any(is_unstepped) || {
            let in_month = |(month, most): (u64, u32)| {
                has(months, month) && (1..=u64::from(most)).any(|it| has(days, it))
            };
            (1..).zip(DAYS).any(in_month)
        };
        if !fires {
            return Err(Invalid::new(format!("{} never comes: no such month has such a day", quote(text)))
                .help("write a day of the month that one of its months has"));
        }
        Ok(Self(fields.join(" ").into()))
    }

    fn read_macro(text: &str) -> Result<Self, Invalid> {
        if MACROS.contains(&text) {
            return Ok(Self(Arc::from(text)));
        }
        let known = MACROS.map(|it| format!("`{it}`")).join(", ");
        Err(if text.starts_with("@every") {
            Invalid::new(format!("{} counts from an unknown moment", quote(text)))
                .help("write the minutes or hours with a step, as in `\"*/15 * * * *\"`")
        } else {
            Invalid::new(format!("there is no schedule {}", quote(text)))
                .help(format!("write five fields or one of {known}"))
        })
    }
}

impl Field {
    /// Reads a list of ranges and says which values are in it, a bit for each.
    fn read(&self, text: &str) -> Result<u64, Invalid> {
        let mut values = 0;
        for range in text.split(',') {
            values |= self.range(range, text)?;
        }
        Ok(values)
    }

    fn range(&self, range: &str, field: &str) -> Result<u64, Invalid> {
        let (span, step) = match range.split_once('/') {
            None => (range, None),
            Some((span, step)) => (span, Some(step)),
        };
        let (from, to) = match span.split_once('-') {
            _ if is_every(span) => (self.least, self.most),
            Some((from, to)) => (self.value(from, field)?, self.value(to, field)?),
            // `10/5` is every fifth from the tenth on.
            None if step.is_some() => (self.value(span, field)?, self.most),
            None => (self.value(span, field)?, self.value(span, field)?),
        };
        if from > to {
            let around = format!("list both parts, as in `{from}-{},{}-{to}`", self.most, self.least);
            return Err(
                Invalid::new(format!("the {} {} goes backwards", self.name, quote(range))).help(around)
            );
        }
        let Some(step) = step else {
            return Ok((from..=to).fold(0, |bits, it| bits | 1 << it));
        };
        let step =
            digits(step).filter(|it| (1..=self.most).contains(it)).and_then(|it| usize::try_from(it).ok());
        let Some(step) = step else {
            let message = format!("the {} {} has no step that it can take", self.name, quote(range));
            return Err(Invalid::new(message).help(format!("write a step between 1 and {}", self.most)));
        };
        Ok((from..=to).step_by(step).fold(0, |bits, it| bits | 1 << it))
    }

    fn value(&self, text: &str, field: &str) -> Result<u64, Invalid> {
        let word = self.words.iter().zip(self.least..).find(|(word, _)| word.eq_ignore_ascii_case(text));
        // `00` and `05` are how clocks write minutes; Kubernetes reads them as decimal.
        let unpadded = match text.strip_prefix('0') {
            Some(rest) if !rest.is_empty() => rest,
            _ => text,
        };
        let number = digits(unpadded).filter(|_| !text.is_empty());
        let value = word.map(|(_, value)| value).or(number);
        if let Some(value) = value.filter(|it| (self.least..=self.most).contains(it)) {
            return Ok(value);
        }
        let message =
            format!("the {} {} is not between {} and {}", self.name, quote(field), self.least, self.most);
        Err(match (self.words, value) {
            ([.., "sat"], Some(7)) => Invalid::new(message).help("write `0` or `SUN` for Sunday"),
            ([], Some(_)) => Invalid::new(message).help("write a number in that range, or `*` for all"),
            ([first, ..], Some(_)) => {
                let names = format!(
                    "write a number in that range, a name like `{}`, or `*` for all",
                    first.to_uppercase()
                );
                Invalid::new(message).help(names)
            }
            (_, None) => Invalid::new(format!("the {} {} cannot be read", self.name, quote(field))).help(
                "write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all",
            ),
        })
    }
}

fn is_every(text: &str) -> bool {
    text == "*" || text == "?"
}

/// Whether a range of days of the week leaves the choice of days to the day of the month.
fn is_unstepped(range: &str) -> bool {
    is_every(range.strip_suffix("/1").unwrap_or(range))
}

fn has(values: u64, value: u64) -> bool {
    values >> value & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn cron_lines_are_what_kubernetes_reads() {
        insta::assert_snapshot!(check::<CronLine>(r#"
            "15 3 * * *"
            "*/15 8-18 * * MON-FRI"
            "0 0 1,15 jan,Jul ?"
            "10/5 1-9/2 * * *"
            "00 05 * * *"
            "15   3 * * * "
            "0 0 29 2 *"
            "@daily"
            "@Hourly"
        "#), @r##"
        "15 3 * * *" => 15 3 * * *
        "*/15 8-18 * * MON-FRI" => */15 8-18 * * MON-FRI
        "0 0 1,15 jan,Jul ?" => 0 0 1,15 jan,Jul ?
        "10/5 1-9/2 * * *" => 10/5 1-9/2 * * *
        "00 05 * * *" => 00 05 * * *
        "15   3 * * * " => 15 3 * * *
        "0 0 29 2 *" => 0 0 29 2 *
        "@daily" => @daily
        "@Hourly" => there is no schedule `@Hourly` | write five fields or one of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly` | "@hourly"
        "##);
    }

    #[test]
    fn a_line_that_is_none_says_which_field() {
        insta::assert_snapshot!(check::<CronLine>(r#"
            "15 3 * *"
            "0 15 3 * * *"
            "60 * * * *"
            "* 24 * * *"
            "* * 0 * *"
            "* * * 13 *"
            "* * * * 7"
            "* * * * FRI-MON"
            "*/0 * * * *"
            "*/x * * * *"
            "1/2/3 * * * *"
            "1-2-3 * * * *"
            "*-5 * * * *"
            "+5 * * * *"
            "1, * * * *"
            ", * * * *"
            "* * L * *"
            "* * * * MON#1"
            "0 0 30 2 *"
            "0 0 31 4,6,9,11 ?"
            "TZ=UTC 0 0 * * *"
            "CRON_TZ=Europe/Berlin 0 0 * * *"
            "@every 1h"
            "@reboot"
            "* * * * *\n"
            5
        "#), @r##"
        "15 3 * *" => `15 3 * *` has 4 fields, and a cron line has 5 | write minute, hour, day of the month, month and day of the week, or a name like `@daily`, as in `"15 3 * * *"`
        "0 15 3 * * *" => `0 15 3 * * *` has 6 fields, and a cron line has 5 | leave out the seconds: a cron line starts with the minute
        "60 * * * *" => the minute `60` is not between 0 and 59 | write a number in that range, or `*` for all
        "* 24 * * *" => the hour `24` is not between 0 and 23 | write a number in that range, or `*` for all
        "* * 0 * *" => the day of the month `0` is not between 1 and 31 | write a number in that range, or `*` for all
        "* * * 13 *" => the month `13` is not between 1 and 12 | write a number in that range, a name like `JAN`, or `*` for all
        "* * * * 7" => the day of the week `7` is not between 0 and 6 | write `0` or `SUN` for Sunday
        "* * * * FRI-MON" => the day of the week `FRI-MON` goes backwards | list both parts, as in `5-6,0-1`
        "*/0 * * * *" => the minute `*/0` has no step that it can take | write a step between 1 and 59
        "*/x * * * *" => the minute `*/x` has no step that it can take | write a step between 1 and 59
        "1/2/3 * * * *" => the minute `1/2/3` has no step that it can take | write a step between 1 and 59
        "1-2-3 * * * *" => the minute `1-2-3` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        "*-5 * * * *" => the minute `*-5` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        "+5 * * * *" => the minute `+5` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        "1, * * * *" => the minute `1,` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        ", * * * *" => the minute `,` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        "* * L * *" => the day of the month `L` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        "* * * * MON#1" => the day of the week `MON#1` cannot be read | write numbers, ranges like `1-5`, lists like `1,3`, steps like `*/15`, or `*` for all
        "0 0 30 2 *" => `0 0 30 2 *` never comes: no such month has such a day | write a day of the month that one of its months has
        "0 0 31 4,6,9,11 ?" => `0 0 31 4,6,9,11 ?` never comes: no such month has such a day | write a day of the month that one of its months has
        "TZ=UTC 0 0 * * *" => `TZ=UTC 0 0 * * *` sets a time zone inside the schedule | leave the zone out here and add `zone="Europe/Berlin"`
        "CRON_TZ=Europe/Berlin 0 0 * * *" => `CRON_TZ=Europe/Berlin 0 0 * * *` sets a time zone inside the schedule | leave the zone out here and add `zone="Europe/Berlin"`
        "@every 1h" => `@every 1h` counts from an unknown moment | write the minutes or hours with a step, as in `"*/15 * * * *"`
        "@reboot" => there is no schedule `@reboot` | write five fields or one of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`
        "* * * * *\n" => `* * * * *\u{a}` has a line break, which a cron line cannot have | write minute, hour, day of the month, month and day of the week, or a name like `@daily`, as in `"15 3 * * *"`
        5 => expected a cron line, found the number `5` | write minute, hour, day of the month, month and day of the week, or a name like `@daily`, as in `"15 3 * * *"`
        "##);
    }

    #[test]
    fn a_day_that_never_comes_is_no_matter_beside_a_day_of_the_week() {
        assert!(CronLine::parse(Value::String("0 0 30 2 MON")).is_ok());
        assert!(CronLine::parse(Value::String("0 0 30 2 */2")).is_ok());
        assert!(CronLine::parse(Value::String("0 0 30 2 */1")).is_err());
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<CronLine>(
            "[0-9*/]{1,3} ([0-9,-]{1,4}|\\*) ([0-9]{1,2}|\\*) ([0-9]{1,2}|JAN|\\*) ([0-7]|sun|\\?)",
        );
        holds::<CronLine>("@(daily|hourly|yearly|weekly)");
    }
}
