//! The part of `token/policy.json` about what is recorded, who is told, and what calls for an answer.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::language::Platform;
use crate::language::audit::event;
use crate::language::audit::risk::{AuditResult, Risk};
use crate::language::audit::sink::Destination;
use crate::language::audit::{self, AuditField};
use crate::language::channel;
use crate::language::incident;
use crate::language::incident::response::{self, Captured, Notified, Whose};
use crate::language::incident::trigger::{self, Per};
use crate::language::severity::{self, AnswerIn};
use crate::language::working_hours::{self, Weekday};
use crate::render::token::access::texts;
use crate::render::token::policy::SecretValue;
use crate::render::token::seconds;

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Everything that can be recorded, by name: the permissions of the platform (`project.delete`), events and actions. What
    /// is not here is refused.
    pub actions: BTreeSet<String>,
    /// Those of them that the service records by itself.
    pub own_events: BTreeSet<String>,
    /// What each record says, and nothing else.
    pub fields: BTreeSet<AuditField>,
    /// How grave a record is: the first rule that fits it; `low` where none does.
    pub risks: Vec<RiskRule>,
    /// Where each record goes, by name.
    pub sinks: BTreeMap<String, Sink>,
    /// Who is told at once: the risks that each channel is told of.
    pub alerts: BTreeMap<String, BTreeSet<Risk>>,
}

/// Which records have a risk: those of the actions, and those that end in one of the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskRule {
    /// The risk.
    pub level: Risk,
    /// The actions, however they end.
    pub actions: BTreeSet<String>,
    /// The results, whatever was done.
    pub results: BTreeSet<AuditResult>,
}

/// Where records go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sink {
    /// A table of a database, one row for each record.
    Table {
        /// The database.
        database: String,
        /// The table.
        table: String,
    },
    /// An address that each record is posted to.
    Webhook(Channel),
}

/// An address that JSON is posted to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The address.
    pub address: String,
    /// The secret that holds the key of its HMAC-SHA-256.
    pub signature: SecretValue,
}

/// When people are at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkingHours {
    /// The days.
    pub days: BTreeSet<Weekday>,
    /// When they come: `09:00`.
    pub from: String,
    /// When they go, later on the same day.
    pub to: String,
    /// The time zone of both, of the IANA database.
    pub zone: String,
}

/// How soon an incident is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Severity {
    /// Within which time somebody answers.
    pub answer_in: Deadline,
    /// Who is told while nobody has answered, the soonest first.
    pub escalations: Vec<Escalation>,
}

/// Within which time somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// By the clock, day and night.
    Seconds(u64),
    /// When so many business days have ended.
    BusinessDays(u16),
}

/// Who is told of an incident that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The channel.
    pub channel: String,
    /// How long nobody has answered by then.
    pub after_seconds: u64,
}

/// What calls for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// How soon it is answered.
    pub severity: String,
    /// What starts it: any of these.
    pub triggers: Vec<Trigger>,
    /// Whether a system administrator can start it.
    pub by_hand: Option<ByHand>,
    /// What is done at once.
    pub response: Response,
}

/// Something recorded that starts an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// What is recorded.
    pub on: String,
    /// How it must have ended; null for in any way.
    pub result: Option<AuditResult>,
    /// How often, in a window that slides; null for once.
    pub repeated: Option<Repeated>,
    /// What it is counted for, and what the incident is then about; null for the whole platform.
    pub about: Option<Per>,
}

/// How often something must be recorded, in a window that slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// How often.
    pub count: u32,
    /// The window.
    pub within_seconds: u64,
}

/// That a system administrator can start an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// What they say it is about; null for the whole platform.
    pub about: Option<Per>,
}

/// What is done at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// How long the account is locked that it is about; null for not.
    pub lock: Option<Lock>,
    /// Who is told that it concerns them.
    pub notify: BTreeSet<Notified>,
    /// Who is told that they have to act: how grave it is said to be, by channel.
    pub alerts: BTreeMap<String, Risk>,
    /// Whose sessions end; null for nobody's.
    pub revoke_sessions: Option<Whose>,
    /// How long every request is answered with 503; null for not.
    pub maintenance_seconds: Option<u64>,
    /// What is kept for those who look into it.
    pub capture: BTreeSet<Captured>,
}

/// How long an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// For some time.
    Seconds(u64),
    /// Until a system administrator has reviewed it.
    UntilReviewed,
}

/// What is recorded on a platform.
pub(super) fn audit(platform: &Platform) -> Option<Audit> {
    let audit::Audit { actions, fields, risks, sinks, alerts, span: _ } = platform.audit.as_ref()?;
    let sinks = sinks.values().map(|it| {
        let sink = match &it.to {
            Destination::Table { database, table } => {
                Sink::Table { database: database.to_string(), table: table.value.to_string() }
            }
            Destination::Webhook(webhook) => Sink::Webhook(channel(webhook)),
        };
        (it.name.to_string(), sink)
    });
    let risks = risks.iter().map(|it| RiskRule {
        level: it.level,
        actions: texts(&it.matches),
        results: it.results.iter().copied().collect(),
    });
    Some(Audit {
        actions: texts(actions.keys()),
        own_events: texts(actions.keys().filter(|it| event::find(it.as_str()).is_some())),
        fields: fields.iter().copied().collect(),
        risks: risks.collect(),
        sinks: sinks.collect(),
        alerts: alerts
            .iter()
            .map(|it| (it.channel.to_string(), it.risks.iter().copied().collect()))
            .collect(),
    })
}

/// Where people are told.
pub(super) fn channels(platform: &Platform) -> BTreeMap<String, Channel> {
    platform.channels.values().map(|it| (it.name.to_string(), channel(&it.webhook))).collect()
}

fn channel(webhook: &channel::Webhook) -> Channel {
    let channel::Webhook { address, signature, span: _ } = webhook;
    Channel { address: address.to_string(), signature: super::secret_value(signature) }
}

/// When people are at work.
pub(super) fn working_hours(platform: &Platform) -> Option<WorkingHours> {
    let working_hours::WorkingHours { days, from, to, zone, span: _ } = platform.working_hours.as_ref()?;
    Some(WorkingHours {
        days: days.clone(),
        from: from.to_string(),
        to: to.to_string(),
        zone: zone.to_string(),
    })
}

/// How soon incidents are answered.
pub(super) fn severities(platform: &Platform) -> BTreeMap<String, Severity> {
    let severities = platform.severities.values().map(|it| {
        let severity::Severity { priority, answer_in, escalations, span: _, is_read: _ } = it;
        let answer_in = match answer_in {
            AnswerIn::Time(time) => Deadline::Seconds(seconds(*time)),
            AnswerIn::BusinessDays(days) => Deadline::BusinessDays(*days),
        };
        let escalations = escalations
            .iter()
            .map(|it| Escalation { channel: it.channel.to_string(), after_seconds: seconds(it.after) });
        (priority.to_string(), Severity { answer_in, escalations: escalations.collect() })
    });
    severities.collect()
}

/// What calls for an answer.
pub(super) fn incidents(platform: &Platform) -> BTreeMap<String, Incident> {
    platform.incidents.values().map(|it| (it.name.to_string(), incident(it))).collect()
}

fn incident(incident: &incident::Incident) -> Incident {
    let incident::Incident { name: _, severity, triggers, by_hand, response, span: _ } = incident;
    Incident {
        severity: severity.to_string(),
        triggers: triggers.iter().map(trigger).collect(),
        by_hand: by_hand.map(|it| ByHand { about: it.about }),
        response: self::response(response),
    }
}

fn trigger(trigger: &trigger::Trigger) -> Trigger {
    let trigger::Trigger { on, result, repeated, about, span: _ } = trigger;
    let repeated = repeated.map(|it| Repeated { count: it.count, within_seconds: seconds(it.within) });
    Trigger { on: on.to_string(), result: *result, repeated, about: *about }
}

fn response(response: &response::Response) -> Response {
    let response::Response { lock, notify, alerts, revoke_sessions, maintenance, capture } = response;
    let lock = lock.map(|it| match it {
        response::Lock::For(time) => Lock::Seconds(seconds(time)),
        response::Lock::UntilReviewed => Lock::UntilReviewed,
    });
    Response {
        lock,
        notify: notify.clone(),
        alerts: alerts.iter().map(|it| (it.channel.to_string(), it.risk)).collect(),
        revoke_sessions: *revoke_sessions,
        maintenance_seconds: maintenance.map(seconds),
        capture: capture.clone(),
    }
}
