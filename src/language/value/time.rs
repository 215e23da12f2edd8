//! Durations, dates, time zones and schedules.

mod cron_line;
mod zone;

use std::fmt;
use std::sync::Arc;

use crate::language::value::plain::digits;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A span of time in whole milliseconds: `500ms`, `15m`, `1h`, `90d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

/// A span of time in whole seconds: `15m`, `1h`, `90d`. What counts in seconds counts nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u64);

/// A span of time in whole days: `90d`. What is kept or deleted once a day counts nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(pub u64);

/// A day: `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub jiff::civil::Date);

/// A time zone of the IANA database: `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone(pub(super) Arc<str>);

/// A cron line of five fields, as Kubernetes reads it: `15 3 * * *`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CronLine(pub(super) Arc<str>);

texts!(Zone, CronLine);

/// The units of a duration, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// A day in milliseconds.
pub const DAY: u64 = 86_400_000;
/// The longest duration, a hundred years: a longer one is a slip of the hand.
const LONGEST: u64 = 36_500 * DAY;

impl Duration {
    /// The whole duration in milliseconds.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// The duration in seconds, where it is a whole number of them.
    pub fn whole_seconds(self) -> Option<u64> {
        self.0.is_multiple_of(1000).then_some(self.0 / 1000)
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 40)?;
        let mut sum = 0_u64;
        let mut shorter_than = u64::MAX;
        let mut rest = text;
        while !rest.is_empty() {
            let (number, unit, behind) = piece(rest);
            let Some(number) = digits(number).filter(|_| !number.is_empty()) else {
                return Err(form.refuse(Self::misspelt(text, number)));
            };
            let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(Self::unknown_unit(text, unit));
            };
            if *factor >= shorter_than {
                return Err(
                    form.refuse(format!("{} does not go from longer units to shorter ones", quote(text)))
                );
            }
            sum = number
                .checked_mul(*factor)
                .and_then(|it| it.checked_add(sum))
                .filter(|it| *it <= LONGEST)
                .ok_or_else(|| form.refuse(format!("{} is longer than a hundred years", quote(text))))?;
            (shorter_than, rest) = (*factor, behind);
        }
        Ok(Self(sum))
    }

    fn misspelt(text: &str, number: &str) -> String {
        match number {
            _ if text.starts_with('-') => format!("{} is negative", quote(text)),
            "" => format!("{} has a unit without a number", quote(text)),
            it if it.contains('.') => format!("{} has the fraction `{it}`", quote(text)),
            it if it.starts_with('0') => format!("{} has a number with a leading zero", quote(text)),
            _ => format!("{} is longer than a hundred years", quote(text)),
        }
    }

    fn unknown_unit(text: &str, unit: &str) -> Invalid {
        if unit.is_empty() {
            return Self::FORM.refuse(format!("{} has no unit", quote(text)));
        }
        let invalid = Self::FORM.refuse(format!("{} has the unknown unit {}", quote(text), quote(unit)));
        // Months and years differ in length: how many days are meant is for their author to say.
        match Self::in_days(text) {
            Some(days) => invalid.help(format!("count the days, as in `\"{days}d\"`")),
            None => invalid,
        }
    }

    /// About how many days a number of months or years has.
    fn in_days(text: &str) -> Option<u64> {
        let (number, unit, behind) = piece(text.trim());
        let days = match unit.trim().to_ascii_lowercase().as_str() {
            "mo" | "mon" | "month" | "months" => 30,
            "y" | "yr" | "yrs" | "year" | "years" => 365,
            _ => return None,
        };
        let days = number.parse::<u64>().ok().filter(|_| behind.is_empty())?.checked_mul(days)?;
        (days <= LONGEST / DAY).then_some(days)
    }

    /// The text in our units, where it uses words or fractions: `1.5 hours` as `90m`, `2w` as `14d`.
    fn respelled(text: &str) -> Option<String> {
        let (number, unit, behind) = piece(text.trim());
        let unit = format!("{unit}{behind}");
        let factor = match unit.trim() {
            "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => 1,
            "s" | "S" | "sec" | "secs" | "second" | "seconds" => 1_000,
            // `M` is left out: it is as often a month.
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "H" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
            "d" | "D" | "day" | "days" => 86_400_000,
            "w" | "W" | "week" | "weeks" => 604_800_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits: u64 = format!("{whole}{fraction}").parse().ok()?;
        let product = digits.checked_mul(factor)?;
        let divisor = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        product.is_multiple_of(divisor).then(|| Self(product / divisor).to_string())
    }
}

impl Parse for Duration {
    const FORM: Form = Form {
        name: "duration",
        expects: "a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes",
        example: "\"15m\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Integer(number) = value {
            return Err(Self::FORM.refuse(format!("`{number}` has no unit")));
        }
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            if text.len() < 40 {
                Self::respelled(text).into_iter().fold(it, |it, candidate| it.mend(&candidate, Self::read))
            } else {
                it
            }
        })
    }
}

impl Seconds {
    /// The number of seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self(seconds.0 * 1000)
    }
}

impl Parse for Seconds {
    const FORM: Form = Form {
        name: "duration of whole seconds",
        expects: "a number and a unit, `s`, `m`, `h` or `d`, or several from long to short, in quotes",
        example: "\"15m\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let duration = Duration::parse(value)?;
        let text = Self::FORM.text(value)?;
        duration.whole_seconds().map(Self).ok_or_else(|| {
            let message =
                format!("{} is no whole number of seconds, and here seconds are counted", quote(text));
            Self::FORM.refuse(message)
        })
    }
}

impl From<Days> for Duration {
    fn from(days: Days) -> Self {
        Self(days.0 * DAY)
    }
}

impl Parse for Days {
    const FORM: Form = Form {
        name: "duration of whole days",
        expects: "a number of days and `d`, in quotes",
        example: "\"365d\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let form = Self::FORM;
        // How durations in general are written says too much here.
        let advised = |it: Invalid| match it.help {
            Some(help) if help == Duration::FORM.advice() => Invalid { help: Some(form.advice()), ..it },
            help => Invalid { help, ..it },
        };
        let Duration(millis) = Duration::parse(value).map_err(advised)?;
        let text = form.text(value)?;
        match millis {
            0 => Err(form.refuse(format!("{} is no time at all", quote(text)))),
            _ if millis.is_multiple_of(DAY) => Ok(Self(millis / DAY)),
            _ => {
                let (less, more) = (millis / DAY, millis.div_ceil(DAY));
                let help = match less {
                    0 => format!("days are counted here: write `\"{more}d\"`"),
                    _ => format!("days are counted here: write `\"{less}d\"` or `\"{more}d\"`"),
                };
                Err(Invalid::new(format!("{} is no number of whole days", quote(text))).help(help))
            }
        }
    }
}

/// A bare number where people count seconds. Below an hour, minutes may be meant.
pub fn as_seconds(number: u64) -> Option<String> {
    let millis = number.checked_mul(1000).filter(|it| (3_600_000..=LONGEST).contains(it))?;
    Some(Duration(millis).to_string())
}

/// A bare number where people count days. Above ten years, seconds may be meant.
pub fn as_days(number: u64) -> Option<String> {
    (1..=3_660).contains(&number).then(|| format!("{number}d"))
}

/// A bare number where people count milliseconds. Below ten, seconds may be meant.
pub fn as_millis(number: u64) -> Option<String> {
    (10..=LONGEST).contains(&number).then(|| Duration(number).to_string())
}

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration::from(*self).fmt(formatter)
    }
}

impl fmt::Display for Duration {
    /// The longest units that make it whole: `90m` is `1h30m`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return formatter.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, factor) in UNITS {
            if rest >= factor {
                write!(formatter, "{}{unit}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

impl Date {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 20)?;
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, it)| match at {
                4 | 7 => *it == b'-',
                _ => it.is_ascii_digit(),
            });
        if !shaped {
            return Err(form.refuse(format!("{} is not written as year, month and day", quote(text))));
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<i16>().expect("four digits fit");
        let (year, month, day) = (number(0..4), number(5..7), number(8..10));
        if !(1..=12).contains(&month) {
            return Err(form.refuse(format!("{} has no month `{:02}`", quote(text), month)));
        }
        let (month, day) = (i8::try_from(month).expect("at most 12"), i8::try_from(day).expect("at most 99"));
        let first = jiff::civil::Date::new(year, month, 1).expect("every month has a first");
        jiff::civil::Date::new(year, month, day).map(Self).map_err(|_| {
            Invalid::new(format!("there is no day {}", quote(text))).help(format!(
                "{} has {} days",
                first.strftime("%B %Y"),
                first.days_in_month()
            ))
        })
    }

    /// The text in our order, where its own leaves no doubt: `31.3.2027`, `2027/3/31`, `20270331`.
    fn respelled(text: &str) -> Option<String> {
        let text = text.trim();
        if text.len() == 8 && text.bytes().all(|it| it.is_ascii_digit()) {
            return Some(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
        }
        let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
        let [year, month, day] = match *parts.as_slice() {
            [year, month, day] if year.len() == 4 => [year, month, day],
            [day, month, year] if text.contains('.') && year.len() == 4 => [year, month, day],
            _ => return None,
        };
        Some(format!("{year}-{month:0>2}-{day:0>2}"))
    }
}

impl Parse for Date {
    const FORM: Form =
        Form { name: "date", expects: "a day as year, month and day, in quotes", example: "\"2027-03-31\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Integer(number) = value {
            let refusal = Self::FORM.mismatch(value);
            let candidate = Self::respelled(&number.to_string());
            return Err(candidate.into_iter().fold(refusal, |it, candidate| it.mend(&candidate, Self::read)));
        }
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            if text.len() < 20 {
                Self::respelled(text).into_iter().fold(it, |it, candidate| it.mend(&candidate, Self::read))
            } else {
                it
            }
        })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

serialized_as_displayed!(Duration, Seconds, Date);

/// Splits a number, the unit behind it and the rest off a text.
fn piece(text: &str) -> (&str, &str, &str) {
    let is_number = |it: char| it.is_ascii_digit() || it == '.';
    let (number, rest) = text.split_at(text.find(|it| !is_number(it)).unwrap_or(text.len()));
    let (unit, behind) = rest.split_at(rest.find(is_number).unwrap_or(rest.len()));
    (number, unit, behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn durations_have_units() {
        insta::assert_snapshot!(check::<Duration>(r#"
            15m
            500ms
            90d
            1h30m
            90m
            3600s
            1d12h
            "0s"
            15
            "15"
            1.5h
            "15 min"
            2w
            1M
            30S
            1y
            30m1h
            1m1m
            -5m
            m
            05m
            99999999999999999999s
            36501d
            "15m "
            "１５m"
            ""
            #true
        "#), @r#"
        15m => 15m
        500ms => 500ms
        90d => 90d
        1h30m => 1h30m
        90m => 1h30m
        3600s => 1h
        1d12h => 1d12h
        "0s" => 0s
        15 => `15` has no unit | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        "15" => `15` has no unit | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        1.5h => `1.5h` has the fraction `1.5` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` | "1h30m"
        "15 min" => `15 min` has the unknown unit ` min` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` | "15m"
        2w => `2w` has the unknown unit `w` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` | "14d"
        1M => `1M` has the unknown unit `M` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        30S => `30S` has the unknown unit `S` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` | "30s"
        1y => `1y` has the unknown unit `y` | count the days, as in `"365d"`
        30m1h => `30m1h` does not go from longer units to shorter ones | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        1m1m => `1m1m` does not go from longer units to shorter ones | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        -5m => `-5m` is negative | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        m => `m` has a unit without a number | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        05m => `05m` has a number with a leading zero | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` | "5m"
        99999999999999999999s => `99999999999999999999s` is longer than a hundred years | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        36501d => `36501d` is longer than a hundred years | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        "15m " => `15m ` has the unknown unit `m ` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` | "15m"
        "１５m" => `１５m` has a unit without a number | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        "" => a duration cannot be empty | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        #true => expected a duration, found `#true` | write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"`
        "#);
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        insta::assert_snapshot!(check::<Date>(r#"
            "2027-03-31"
            "2028-02-29"
            "2027-02-29"
            "2027-13-01"
            "2027-00-10"
            "2027-04-00"
            "2027-3-1"
            "31.3.2027"
            "2027/03/31"
            "03/04/2027"
            20270331
            "2027-03-31T00:00:00Z"
            soon
            "2027-03-3١"
        "#), @r##"
        "2027-03-31" => 2027-03-31
        "2028-02-29" => 2028-02-29
        "2027-02-29" => there is no day `2027-02-29` | February 2027 has 28 days
        "2027-13-01" => `2027-13-01` has no month `13` | write a day as year, month and day, in quotes, as in `"2027-03-31"`
        "2027-00-10" => `2027-00-10` has no month `00` | write a day as year, month and day, in quotes, as in `"2027-03-31"`
        "2027-04-00" => there is no day `2027-04-00` | April 2027 has 30 days
        "2027-3-1" => `2027-3-1` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"` | "2027-03-01"
        "31.3.2027" => `31.3.2027` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"` | "2027-03-31"
        "2027/03/31" => `2027/03/31` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"` | "2027-03-31"
        "03/04/2027" => `03/04/2027` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"`
        20270331 => expected a date, found the number `20270331` | write a day as year, month and day, in quotes, as in `"2027-03-31"` | "2027-03-31"
        "2027-03-31T00:00:00Z" => `2027-03-31T00:00:00Z` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"`
        soon => `soon` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"`
        "2027-03-3١" => `2027-03-3١` is not written as year, month and day | write a day as year, month and day, in quotes, as in `"2027-03-31"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Duration>("([0-9]{1,4}(ms|s|m|h|d)){1,3}|[0-9.]{1,5} ?(min|weeks|h)");
        holds::<Date>("[0-9]{4}-[01][0-9]-[0-3][0-9]|[0-3]?[0-9][./][01]?[0-9][./][0-9]{4}");
    }
}
