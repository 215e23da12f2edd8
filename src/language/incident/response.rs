//! What is done at once when an incident starts.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::audit::risk::Risk;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::time::Duration;
use crate::language::word::words;
use crate::source::Span;

/// Nobody logs in.
pub static LOCK: Kind = Kind::new(
    "lock",
    Class::Single,
    "Locks the account that the incident is about, for some time or until somebody has looked at it: the token service \
     logs nobody in to it and prolongs no session of it.",
)
.arguments(&[Field::optional::<Duration>("time", "For how long.")])
.properties(&[Field::optional::<Until>("until", "Until a system administrator has reviewed it.")]);

/// Who is told of it as somebody whom it concerns.
pub static NOTIFY: Kind = Kind::new(
    "notify",
    Class::List,
    "Tells those whom it concerns: the token service shows it to them when they log in next, and to programs that ask for \
     what a user should know.",
)
    .rest(Field::required::<Notified>("whom", "Whom."));

/// Who is told of it as somebody who has to act.
pub static ALERT: Kind =
    Kind::new("alert", Class::Edge, "Tells a channel at once, whatever the severity escalates to.")
        .properties(&[
            Field::reference("channel", "The channel.").must().identity(),
            Field::default::<Risk>("risk", "\"high\"", "How grave it is said to be."),
        ])
        .most(20);

/// Sessions end.
pub static REVOKE_SESSIONS: Kind = Kind::new(
    "revoke-sessions",
    Class::Single,
    "Ends sessions: the token service refuses their tokens from then on.",
)
.arguments(&[Field::required::<Whose>("whose", "Whose.")]);

/// Nobody is served.
pub static MAINTENANCE: Kind = Kind::new(
    "maintenance",
    Class::Single,
    "Answers every request to the platform's APIs with 503 for some time; the gateway does, told by the token service.",
)
.arguments(&[Field::required::<Duration>("time", "For how long; a system administrator can end it sooner.")]);

/// What is kept for those who look into it.
pub static CAPTURE: Kind =
    Kind::new("capture", Class::List, "Keeps what things are like, before they change.")
        .rest(Field::required::<Captured>("what", "What is kept."));

/// What ends a lock that has no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Somebody has looked at it.
    Reviewed,
}

/// Whom an incident concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notified {
    /// The user that it is about.
    User,
}

/// Whose sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Those of the user that the incident is about.
    User,
    /// Those of everybody.
    All,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Captured {
    /// The sessions, locks and limits of the token service, and the last day of records.
    State,
}

words! { Until: "end of a lock", Reviewed = "reviewed" }
words! { Notified: "party that is told", User = "user" }
words! { Whose: "session holder", User = "user", All = "all" }
words! { Captured: "thing to keep", State = "state" }

/// What is done at once, as meant.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Response {
    /// How long the account is locked that it is about.
    pub lock: Option<Lock>,
    /// Who is told that it concerns them.
    pub notify: BTreeSet<Notified>,
    /// Who is told that they have to act.
    pub alerts: Vec<IncidentAlert>,
    /// Whose sessions end.
    pub revoke_sessions: Option<Whose>,
    /// How long nobody is served.
    pub maintenance: Option<Duration>,
    /// What is kept.
    pub capture: BTreeSet<Captured>,
}

/// How long an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// For some time.
    For(Duration),
    /// Until a system administrator has reviewed it.
    UntilReviewed,
}

/// A channel that is told at once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IncidentAlert {
    /// The channel.
    pub channel: Name,
    /// How grave it is said to be.
    pub risk: Risk,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads what is done at once.
pub fn resolve<'a>(incident: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Response {
    let lock = incident.child(LOCK.word).and_then(|it| resolve_lock(it, sink));
    let notify = incident.child(NOTIFY.word).map(|it| it.rest::<Notified>(sink)).unwrap_or_default();
    let alerts = incident.children(ALERT.word).filter_map(|it| {
        let channel = it.reference("channel", sink).and_then(|it| scope.find("channel", it, sink));
        let risk = it.property_or_default::<Risk>("risk", sink);
        Some(IncidentAlert { channel: Name::trusted(channel?.name), risk, span: it.span() })
    });
    let mut alerts: Vec<IncidentAlert> = alerts.collect();
    alerts.sort_by(|a, b| a.channel.cmp(&b.channel));
    let revoke_sessions = incident.value::<Whose>(REVOKE_SESSIONS.word, sink).map(|it| it.value);
    let maintenance = incident.value::<Duration>(MAINTENANCE.word, sink);
    if let Some(maintenance) = &maintenance {
        check_time(maintenance.value, maintenance.span, sink);
    }
    let capture = incident.child(CAPTURE.word).map(|it| it.rest::<Captured>(sink)).unwrap_or_default();
    Response {
        lock,
        notify: notify.into_iter().map(|it| it.value).collect(),
        alerts,
        revoke_sessions,
        maintenance: maintenance.map(|it| it.value),
        capture: capture.into_iter().map(|it| it.value).collect(),
    }
}

fn resolve_lock(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Lock> {
    let time = item.argument::<Duration>(0, sink);
    let until = item.property::<Until>("until", sink);
    if let Some(time) = &time {
        check_time(time.value, time.span, sink);
    }
    match (time, until) {
        (Some(time), None) => Some(Lock::For(time.value)),
        (None, Some(_)) => Some(Lock::UntilReviewed),
        (Some(time), Some(until)) => {
            let message = format!("the lock ends after `{}` and when somebody has reviewed it", time.value);
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, until.span, message)
                    .related(time.span, "the other end")
                    .help("keep one of them: what ends by itself is reviewed by nobody"),
            );
            Some(Lock::UntilReviewed)
        }
        (None, None) => {
            if item.entries(0).next().is_none() && item.entry("until").is_none() {
                sink.report(
                    Diagnostic::new(Code::MissingField, item.span(), "`lock` does not say when it ends")
                        .help("write it like `lock \"1h\"` or `lock until=\"reviewed\"`"),
                );
            }
            None
        }
    }
}

/// Reports a time that has passed before it begins.
fn check_time(time: Duration, span: Span, sink: &mut Diagnostics) {
    if time == Duration(0) {
        sink.report(
            Diagnostic::new(Code::InvalidValue, span, "`0s` is over before anybody notices it")
                .help("write a time of more than nothing, as in `\"1h\"`"),
        );
    }
}
