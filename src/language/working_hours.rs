//! The `working-hours` declaration: when people are at work.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::refusal::quote;
use crate::language::value::time::Zone;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::language::word::words;
use crate::source::Span;
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "working-hours",
    Class::List,
    "When people are at work. A business day of `answer-in` ends when they go home; the token service counts by it.",
)
.rest(Field::required::<Weekday>("day", "A day on which they are."))
.properties(&[
    Field::required::<TimeOfDay>("from", "When they come."),
    Field::required::<TimeOfDay>("to", "When they go, later on the same day."),
    Field::required::<Zone>("zone", "The time zone of both."),
]);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weekday {
    /// `Mon`.
    Mon,
    /// `Tue`.
    Tue,
    /// `Wed`.
    Wed,
    /// `Thu`.
    Thu,
    /// `Fri`.
    Fri,
    /// `Sat`.
    Sat,
    /// `Sun`.
    Sun,
}

words! {
    Weekday: "day of the week",
    Mon = "Mon",
    Tue = "Tue",
    Wed = "Wed",
    Thu = "Thu",
    Fri = "Fri",
    Sat = "Sat",
    Sun = "Sun",
}

/// A time of the day, in minutes after midnight: `09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 10)?;
        let two = |it: &str| {
            let is_plain = it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
            is_plain.then(|| it.parse::<u16>().expect("two digits fit"))
        };
        match text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?))) {
            Some((hour, minute)) if hour < 24 && minute < 60 => Ok(Self(hour * 60 + minute)),
            Some(_) => Err(form.refuse(format!("there is no time {}", quote(text)))),
            None => Err(form.refuse(format!("{} is not a time of the day", quote(text)))),
        }
    }
}

impl Parse for TimeOfDay {
    const FORM: Form = Form {
        name: "time of the day",
        expects: "hour and minute with two digits each, from `00:00` to `23:59`",
        example: "\"09:00\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        // `9:00` has one meaning; `9` and `900` have not.
        let respelled = || match text.split_once([':', '.']) {
            Some((hour, minute)) => format!("{:0>2}:{minute}", hour.trim()),
            None => String::new(),
        };
        Self::read(text).map_err(|it| if text.len() <= 10 { it.mend(&respelled(), Self::read) } else { it })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

serialized_as_displayed!(TimeOfDay);

/// When people are at work, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WorkingHours {
    /// The days; at least one.
    pub days: BTreeSet<Weekday>,
    /// When they come.
    pub from: TimeOfDay,
    /// When they go, later on the same day.
    pub to: TimeOfDay,
    /// The time zone of both.
    pub zone: Zone,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads when people are at work.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> Option<WorkingHours> {
    let item = items.iter().find(|it| it.kind.word == KIND.word)?;
    let days = item.rest::<Weekday>(sink).into_iter().map(|it| it.value).collect();
    let (from, to) = (item.property::<TimeOfDay>("from", sink), item.property::<TimeOfDay>("to", sink));
    let zone = item.property::<Zone>("zone", sink);
    if let (Some(from), Some(to)) = (&from, &to)
        && from.value >= to.value
    {
        let message = format!("working hours end at `{}` and begin at `{}`", to.value, from.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, to.span, message)
                .related(from.span, "they begin here")
                .help("write an end that is later on the same day"),
        );
    }
    Some(WorkingHours {
        days,
        from: from.map_or_else(item::stand_in, |it| it.value),
        to: to.map_or_else(item::stand_in, |it| it.value),
        zone: zone.map_or_else(item::stand_in, |it| it.value),
        span: item.span(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::check_used;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_time_of_the_day_has_one_spelling() {
        insta::assert_snapshot!(check::<TimeOfDay>(r#"
            09:00
            00:00
            23:59
            24:00
            9:00
            9.30
            09:60
            9
            9 am
            -1:00
            ""
            900
        "#), @r#"
        09:00 => 09:00
        00:00 => 00:00
        23:59 => 23:59
        24:00 => there is no time `24:00` | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        9:00 => `9:00` is not a time of the day | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"` | "09:00"
        9.30 => expected a time of the day, found the number `9.3` | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        09:60 => there is no time `09:60` | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        9 => expected a time of the day, found the number `9` | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        9 am => `9 am` is not a time of the day | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        -1:00 => `-1:00` is not a time of the day | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        "" => a time of the day cannot be empty | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        900 => expected a time of the day, found the number `900` | write hour and minute with two digits each, from `00:00` to `23:59`, as in `"09:00"`
        "#);
        holds::<TimeOfDay>("[0-9]{1,2}[:.][0-9]{1,2}");
    }

    #[test]
    fn working_hours_end_after_they_begin() {
        insta::assert_snapshot!(check_used(r#"
            working-hours "Mon" "Tues" "Mon" from="17:00" to="09:00" zone="Berlin"
        "#), @r"
        TS716 warning 1: no severity is answered in business days
        TS105 error 1: `Tues` is not a day of the week
        TS109 error 1: `Mon` is listed twice
        TS105 error 1: working hours end at `09:00` and begin at `17:00`
        TS105 error 1: there is no time zone `Berlin`
        ");
        insta::assert_snapshot!(check_used(r#"
            working-hours from="09:00" to="17:00" zone="Etc/UTC"
            severity "P1" answer-in="1 business day" { escalate channel="people" }
            channel "people" webhook="https://chat.example/x" { signature secret="key" }
            secret "key" file="secret.age"
        "#), @"TS104 error 1: `working-hours` needs its day after `working-hours`");
    }
}
