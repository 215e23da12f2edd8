//! The `mfa` declaration: the second factor, and who needs one.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::auth::MINUTE;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::role::{self, RoleId};
use crate::language::value::plain::number;
use crate::language::value::text::Line;
use crate::language::value::time::Seconds;
use crate::language::value::{Form, Invalid, Parse};
use crate::language::word::words;
use crate::source::Span;
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "mfa",
    Class::Single,
    "The second factor: a code that changes with time (TOTP, RFC 6238), out of a secret of 32 bytes that is sealed where it \
     is kept, and codes for the day on which the telephone is lost. Whoever has one is asked for it at every login; system \
     administrators must have one, and so must those for whom it is required.",
)
.arguments(&[Field::required::<Method>("method", "How it works.")])
.children(&[&REQUIRED_FOR, &BACKUP_CODES, &ISSUER, &DIGITS, &PERIOD])
.requires(&["required-for"]);

static REQUIRED_FOR: Kind = Kind::new(
    "required-for",
    Class::Edge,
    "A role that nobody uses without a second factor. Those that may grant are never left out: a role that holds everything, \
     that invites, grants or assigns, or that changes a resource called `team`, `member`, `membership`, `role`, `grant`, \
     `user`, `person` or `account`.",
)
.properties(&[
    Field::reference("role", "A role in teams and projects.").identity(),
    Field::reference("platform-role", "A role on the platform.").identity(),
])
.most(400);

static BACKUP_CODES: Kind =
    Kind::new("backup-codes", Class::Single, "How many codes there are that work once each.")
        .arguments(&[Field::required::<BackupCodes>("count", "A number from 4 to 16.")])
        .default("8");

static ISSUER: Kind = Kind::new(
    "issuer",
    Class::Single,
    "What the app on the telephone shows above the code; the issuer of the tokens where it is not written.",
)
.arguments(&[Field::required::<Line>("name", "A few words, without a colon.")]);

static DIGITS: Kind = Kind::new("digits", Class::Single, "How many digits a code has.")
    .arguments(&[Field::required::<Digits>("count", "6 or 8; some apps know 6 alone.")])
    .default("6");

static PERIOD: Kind = Kind::new("period", Class::Single, "How long a code holds.")
    .arguments(&[Field::required::<Seconds>(
        "time",
        "Whole seconds, from 15 to 60; some apps know 30 alone.",
    )])
    .default("\"30s\"");

/// How a second factor works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// `totp`: a code that changes with time.
    Totp,
}

words! { Method: "second factor", Totp = "totp" }

/// A number of codes that work once each.
struct BackupCodes(u32);

/// A number of digits.
struct Digits(u32);

impl Parse for BackupCodes {
    const FORM: Form =
        Form { name: "number of codes", expects: "a whole number from 4 to 16 without quotes", example: "8" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let count = number(value, 4..=16)?;
        Ok(Self(u32::try_from(count).expect("sixteen fits")))
    }
}

impl Parse for Digits {
    const FORM: Form = Form { name: "number of digits", expects: "6 or 8, without quotes", example: "6" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match number(value, 6..=8)? {
            7 => Err(Self::FORM.refuse("no app shows codes of 7 digits")),
            count => Ok(Self(u32::try_from(count).expect("eight fits"))),
        }
    }
}

/// The second factor, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Mfa {
    /// How it works.
    pub method: Method,
    /// The roles that nobody uses without one.
    pub required_for: BTreeSet<RoleId>,
    /// How many codes there are that work once each.
    pub backup_codes: u32,
    /// What the app shows above the code; the issuer of the tokens where it is null.
    pub issuer: Option<Line>,
    /// How many digits a code has.
    pub digits: u32,
    /// How long a code holds.
    pub period: Seconds,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

const SHORTEST: Seconds = Seconds(15);

/// Reads the second factor.
pub fn resolve<'a>(auth: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Mfa> {
    let item = auth.child(KIND.word)?;
    let method = item.argument::<Method>(0, sink);
    let required_for =
        item.children(REQUIRED_FOR.word).filter_map(|it| role::resolve_id(it, context.scope, sink));
    let required_for = required_for.collect();
    let issuer = item.value::<Line>("issuer", sink);
    if let Some(issuer) = issuer.as_ref().filter(|it| it.value.as_str().contains(':')) {
        let message = "a colon ends the name in the address that apps read";
        sink.report(Diagnostic::new(Code::InvalidValue, issuer.span, message).help("write it without `:`"));
    }
    let period = item.value::<Seconds>("period", sink);
    if let Some(period) = period.as_ref().filter(|it| !(SHORTEST..=MINUTE).contains(&it.value)) {
        let message = format!("a code that holds `{}`", period.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, period.span, message)
                .help("write whole seconds, from `\"15s\"` to `\"60s\"`; `\"30s\"` is what every app knows"),
        );
    }
    Some(Mfa {
        method: method.map_or(Method::Totp, |it| it.value),
        required_for,
        backup_codes: item.value_or_default::<BackupCodes>("backup-codes", sink).0,
        issuer: issuer.map(|it| it.value),
        digits: item.value_or_default::<Digits>("digits", sink).0,
        period: period.map_or(Seconds(30), |it| it.value),
        span: item.span(),
    })
}
