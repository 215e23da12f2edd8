//! The `severity` declaration: how soon an incident is answered, and who is told of it.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::refusal::quote;
use crate::language::value::time::Duration;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::source::Span;
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "severity",
    Class::Named,
    "How soon an incident is answered, and who is told of it; the token service escalates, until somebody says that they \
     have taken it. `P1` is the gravest.",
)
.arguments(&[Field::required::<Priority>("priority", "What it is called.")])
.properties(&[Field::required::<AnswerIn>(
    "answer-in",
    "Within which time somebody answers. A business day ends with `working-hours`.",
)])
.children(&[&ESCALATE])
.unused("no incident has it")
.most(9);

static ESCALATE: Kind = Kind::new("escalate", Class::Edge, "Tells a channel of the incident.")
    .properties(&[
        Field::reference("channel", "The channel.").must().identity(),
        Field::default::<Duration>("after", "\"0s\"", "How long nobody has answered by then."),
    ])
    .most(20);

/// How grave an incident is: `P1` to `P9`, the smallest number the gravest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// The priority that a reference has led to. Its form was checked, or refused, where it is declared.
    pub(in crate::language) fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 20)?;
        match text.as_bytes() {
            [b'P', digit @ b'1'..=b'9'] => Ok(Self(digit - b'0')),
            _ => Err(form.refuse(format!("{} is not a priority", quote(text)))),
        }
    }
}

impl Parse for Priority {
    const FORM: Form = Form { name: "priority", expects: "`P` and a digit from 1 to 9", example: "\"P1\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let respelled = || format!("P{}", text.trim().trim_start_matches(['P', 'p']));
        Self::read(text).map_err(|it| if text.len() <= 20 { it.mend(&respelled(), Self::read) } else { it })
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "P{}", self.0)
    }
}

/// Within which time somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerIn {
    /// `15m`: by the clock, day and night.
    Time(Duration),
    /// `1 business day`: when so many of them have ended.
    BusinessDays(u16),
}

impl AnswerIn {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 40)?;
        let Some(number) = text.strip_suffix(" business days").or(text.strip_suffix(" business day")) else {
            return match Duration::parse(Value::String(text)) {
                Ok(Duration(0)) => Err(form.refuse("nobody answers within no time".to_owned())),
                Ok(time) => Ok(Self::Time(time)),
                Err(invalid) => Err(Invalid { replacement: None, ..form.refuse(invalid.message) }),
            };
        };
        let is_plain = number.bytes().all(|it| it.is_ascii_digit()) && !number.starts_with('0');
        match number.parse::<u16>().ok().filter(|it| is_plain && (1..=MOST_DAYS).contains(it)) {
            Some(days) if (days == 1) == text.ends_with("day") => Ok(Self::BusinessDays(days)),
            Some(_) => Err(form.refuse(format!("{} is not how it is written", quote(text)))),
            None => Err(form.refuse(format!("{} is no number of days from 1 to {MOST_DAYS}", quote(number)))),
        }
    }

    /// How long it is at the least, for comparing: a business day that has begun may be over soon, and one that is to come
    /// is a day away.
    fn millis(self) -> u64 {
        match self {
            Self::Time(time) => time.millis(),
            Self::BusinessDays(days) => u64::from(days) * 86_400_000,
        }
    }
}

/// A year of them; more is a slip of the hand.
const MOST_DAYS: u16 = 260;

impl Parse for AnswerIn {
    const FORM: Form = Form {
        name: "answering time",
        expects: "a duration, or a number of business days",
        example: "\"1 business day\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let respelled = || {
            let number = text.trim().split([' ', '-']).next().unwrap_or_default();
            match (text.contains("business") || text.contains("working"), number) {
                (true, "1" | "one" | "next") => "1 business day".to_owned(),
                (true, number) => format!("{number} business days"),
                (false, _) => match Duration::parse(value) {
                    Err(Invalid { replacement: Some(text), .. }) => text.trim_matches('"').to_owned(),
                    _ => String::new(),
                },
            }
        };
        Self::read(text).map_err(|it| if text.len() <= 40 { it.mend(&respelled(), Self::read) } else { it })
    }
}

impl fmt::Display for AnswerIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(formatter),
            Self::BusinessDays(1) => formatter.write_str("1 business day"),
            Self::BusinessDays(days) => write!(formatter, "{days} business days"),
        }
    }
}

serialized_as_displayed!(Priority, AnswerIn);

/// A severity as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Severity {
    /// What it is called.
    pub priority: Priority,
    /// Within which time somebody answers.
    pub answer_in: AnswerIn,
    /// Who is told, the soonest first.
    pub escalations: Vec<Escalation>,
    /// Whether it could be read within which time; what is wrong has been reported.
    #[serde(skip)]
    pub is_read: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who is told of an incident that nobody has answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Escalation {
    /// The channel.
    pub channel: Name,
    /// How long nobody has answered by then.
    pub after: Duration,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all severities.
pub fn resolve<'a>(
    items: &[Item<'a>],
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Priority, Severity> {
    let severities = items.iter().filter(|it| it.kind.word == KIND.word);
    severities.filter_map(|it| resolve_one(it, scope, sink)).map(|it| (it.priority, it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Severity> {
    let priority = item.argument::<Priority>(0, sink);
    let answer_in = item.property::<AnswerIn>("answer-in", sink);
    let escalations = item.children(ESCALATE.word).filter_map(|it| {
        let channel = it.reference("channel", sink).and_then(|it| scope.find("channel", it, sink));
        let after = it.property_or_default::<Duration>("after", sink);
        Some(Escalation { channel: Name::trusted(channel?.name), after, span: it.span() })
    });
    let mut escalations: Vec<Escalation> = escalations.collect();
    escalations.sort_by(|a, b| (a.after, &a.channel).cmp(&(b.after, &b.channel)));
    Some(Severity {
        priority: priority?.value,
        is_read: answer_in.is_some(),
        answer_in: answer_in.map_or_else(item::stand_in, |it| it.value),
        escalations,
        span: item.span(),
    })
}

/// Reports severities in the wrong order, business days that nobody can count, and those of whom people hear too late.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let mut graver: Option<&Severity> = None;
    for severity in platform.severities.values().filter(|it| it.is_read) {
        if let Some(graver) = graver.filter(|it| it.answer_in.millis() > severity.answer_in.millis()) {
            let message = format!(
                "`{}` is answered in `{}`, later than `{}` in `{}`",
                graver.priority, graver.answer_in, severity.priority, severity.answer_in
            );
            sink.report(
                Diagnostic::new(Code::SeverityOrder, graver.span, message)
                    .related(severity.span, "the less grave one is answered sooner")
                    .help("the smaller the number, the sooner the answer"),
            );
        }
        graver = Some(severity);
        check_days(severity, platform, sink);
        let soonest = severity.escalations.first();
        if let Some(soonest) = soonest.filter(|it| it.after.millis() >= severity.answer_in.millis()) {
            let message = format!(
                "the first to hear of a `{}` hears of it after `{}`, when the answer is due already",
                severity.priority, soonest.after
            );
            sink.report(
                Diagnostic::new(Code::EscalatedTooLate, soonest.span, message)
                    .help("let somebody hear of it at once: add `escalate channel=\"…\"` without `after=`"),
            );
        }
    }
    let counts_days = |it: &Severity| matches!(it.answer_in, AnswerIn::BusinessDays(_));
    if let Some(hours) = &platform.working_hours
        && !platform.severities.values().any(|it| counts_days(it) || !it.is_read)
    {
        sink.report(
            Diagnostic::new(Code::HoursUnused, hours.span, "no severity is answered in business days")
                .help("remove the hours, or let one be answered in `\"1 business day\"`"),
        );
    }
}

fn check_days(severity: &Severity, platform: &Platform, sink: &mut Diagnostics) {
    if matches!(severity.answer_in, AnswerIn::BusinessDays(_)) && platform.working_hours.is_none() {
        let message = format!(
            "`{}` is answered in `{}`, and nobody says when those are",
            severity.priority, severity.answer_in
        );
        sink.report(
            Diagnostic::new(Code::HoursMissing, severity.span, message)
                .help("add `working-hours \"Mon\" \"Tue\" \"Wed\" \"Thu\" \"Fri\" from=\"09:00\" to=\"17:00\" zone=\"Europe/Berlin\"`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::check_used;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn an_answer_comes_within_a_time_or_some_business_days() {
        insta::assert_snapshot!(check::<AnswerIn>(r#"
            15m
            1h30m
            1 business day
            3 business days
            1 business days
            2 business day
            0 business days
            261 business days
            next business day
            1 working day
            3 business-days
            two business days
            business day
            15 minutes
            15
            15
            0s
            tomorrow
            ""
        "#), @r#"
        15m => 15m
        1h30m => 1h30m
        1 business day => 1 business day
        3 business days => 3 business days
        1 business days => `1 business days` is not how it is written | write a duration, or a number of business days, as in `"1 business day"` | "1 business day"
        2 business day => `2 business day` is not how it is written | write a duration, or a number of business days, as in `"1 business day"` | "2 business days"
        0 business days => `0` is no number of days from 1 to 260 | write a duration, or a number of business days, as in `"1 business day"`
        261 business days => `261` is no number of days from 1 to 260 | write a duration, or a number of business days, as in `"1 business day"`
        next business day => `next` is no number of days from 1 to 260 | write a duration, or a number of business days, as in `"1 business day"` | "1 business day"
        1 working day => `1 working day` has the unknown unit ` working day` | write a duration, or a number of business days, as in `"1 business day"` | "1 business day"
        3 business-days => `3 business-days` has the unknown unit ` business-days` | write a duration, or a number of business days, as in `"1 business day"` | "3 business days"
        two business days => `two` is no number of days from 1 to 260 | write a duration, or a number of business days, as in `"1 business day"`
        business day => `business day` has a unit without a number | write a duration, or a number of business days, as in `"1 business day"`
        15 minutes => `15 minutes` has the unknown unit ` minutes` | write a duration, or a number of business days, as in `"1 business day"` | "15m"
        15 => expected an answering time, found the number `15` | write a duration, or a number of business days, as in `"1 business day"`
        15 => expected an answering time, found the number `15` | write a duration, or a number of business days, as in `"1 business day"`
        0s => nobody answers within no time | write a duration, or a number of business days, as in `"1 business day"`
        tomorrow => `tomorrow` has a unit without a number | write a duration, or a number of business days, as in `"1 business day"`
        "" => an answering time cannot be empty | write a duration, or a number of business days, as in `"1 business day"`
        "#);
        insta::assert_snapshot!(check::<Priority>(r#"
            P1
            P9
            P0
            P10
            p2
            3
            high
            ""
        "#), @r#"
        P1 => P1
        P9 => P9
        P0 => `P0` is not a priority | write `P` and a digit from 1 to 9, as in `"P1"`
        P10 => `P10` is not a priority | write `P` and a digit from 1 to 9, as in `"P1"`
        p2 => `p2` is not a priority | write `P` and a digit from 1 to 9, as in `"P1"` | "P2"
        3 => expected a priority, found the number `3` | write `P` and a digit from 1 to 9, as in `"P1"`
        high => `high` is not a priority | write `P` and a digit from 1 to 9, as in `"P1"`
        "" => a priority cannot be empty | write `P` and a digit from 1 to 9, as in `"P1"`
        "#);
        holds::<AnswerIn>("[0-9]{1,3} ?(business|working)? ?(days?|h|m|minutes)");
        holds::<Priority>("[Pp]?[0-9]{0,2}");
    }

    #[test]
    fn the_graver_one_is_answered_sooner() {
        insta::assert_snapshot!(check_used(r#"
            severity "P1" answer-in="2h" { escalate channel="people" }
            severity "P2" answer-in="1h" { escalate channel="people" }
            severity "P3" answer-in="1 business day" { escalate channel="people" }
            severity "P4" answer-in="23h" { escalate channel="people" }
            severity "P4" answer-in="30h" { escalate channel="people" }
            severity "P5" answer-in="30h" { escalate channel="people" after="30h" }
            severity "urgent" answer-in="soon"
            channel "people" webhook="https://chat.example/x" { signature secret="key" }
            secret "key" file="secret.age"
        "#), @r"
        TS714 error 1: `P1` is answered in `2h`, later than `P2` in `1h`
        TS715 error 3: `P3` is answered in `1 business day`, and nobody says when those are
        TS108 error 5: severity `P4` is declared twice
        TS717 error 6: the first to hear of a `P5` hears of it after `1d6h`, when the answer is due already
        TS105 error 7: `urgent` is not a priority
        TS105 error 7: `soon` has a unit without a number
        ");
    }
}
