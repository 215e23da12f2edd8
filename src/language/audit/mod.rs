//! The `audit` declaration: what is recorded of what people do, how grave it is, and where the records go.

pub mod action;
pub mod delivery;
pub mod event;
pub mod risk;
pub mod sink;
pub mod table;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::audit::action::{ActionName, Origin};
use crate::language::audit::risk::{AuditResult, Risk, RiskRule};
use crate::language::audit::sink::{Destination, Sink};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::resource::Resource;
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "audit",
    Class::Single,
    "What is recorded of what people do, how grave it is, and where the records go. What can be recorded are the \
     permissions of this tree (`project:delete` as `project.delete`), `events` and `actions`. The token service records \
     what it does itself and takes in the records of the platform's services; it gives each its risk, delivers it to \
     every sink and alerts.",
)
.children(&[&EVENTS, &ACTIONS, &FIELDS, &risk::KIND, &sink::KIND, &ALERT])
.requires(&["fields", "sink"]);

static EVENTS: Kind = Kind::new("events", Class::List, event::DOC)
    .rest(Field::required::<ActionName>("event", "What it is called."))
    .most(200);

static ACTIONS: Kind = Kind::new(
    "actions",
    Class::List,
    "What people do that is no permission of this tree, under names that the services record it by.",
)
.rest(Field::required::<ActionName>("action", "What it is called."))
.most(200);

static FIELDS: Kind = Kind::new(
    "fields",
    Class::List,
    "What each record says: `id`, `time`, `actor`, `action` and `result` always, and what else is listed. A record says \
     nothing more than that.",
)
.rest(Field::required::<AuditField>("field", "A field of a record."));

static ALERT: Kind = Kind::new(
    "alert",
    Class::Edge,
    "Tells a channel of each record of some risks, when it is taken in; the token service does.",
)
.properties(&[Field::reference("channel", "The channel.").must().identity()])
.children(&[&RISKS])
.requires(&["risks"])
.most(20);

static RISKS: Kind = Kind::new("risks", Class::List, "The risks that are told.")
    .rest(Field::required::<Risk>("risk", "A risk."));

/// What is recorded, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Audit {
    /// Everything that can be recorded, by name, and where the name comes from. What is not here is refused.
    pub actions: BTreeMap<ActionName, Origin>,
    /// What each record says.
    pub fields: Vec<AuditField>,
    /// How grave a record is: the first rule that fits it, gravest first; `low` where none does.
    pub risks: Vec<RiskRule>,
    /// Where each record goes; at least one.
    pub sinks: BTreeMap<Name, Sink>,
    /// Who is told at once, by channel.
    pub alerts: Vec<Alert>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who is told of which records.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Alert {
    /// The channel.
    pub channel: Name,
    /// The risks that are told, the least first.
    pub risks: Vec<Risk>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a record may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditField {
    /// `id`: a UUID of version 7, the record's own.
    Id,
    /// `time`: when it happened, in UTC.
    Time,
    /// `actor`: the id of whoever did it, or of the account that was tried.
    Actor,
    /// `address`: where the request came from.
    Address,
    /// `agent`: what the caller says its program is.
    Agent,
    /// `action`: what was done.
    Action,
    /// `resource`: what it was done to.
    Resource,
    /// `result`: how it ended.
    Result,
    /// `risk`: how grave it is.
    Risk,
    /// `metadata`: what else there is to say, as a JSON object.
    Metadata,
}

words! {
    AuditField: "field of a record",
    Id = "id",
    Time = "time",
    Actor = "actor",
    Address = "address",
    Agent = "agent",
    Action = "action",
    Resource = "resource",
    Result = "result",
    Risk = "risk",
    Metadata = "metadata",
}

/// Without these a record proves nothing.
const NEEDED: [AuditField; 5] =
    [AuditField::Id, AuditField::Time, AuditField::Actor, AuditField::Action, AuditField::Result];

/// Reads what is recorded.
pub fn resolve<'a>(
    items: &[Item<'a>],
    resources: &BTreeMap<Name, Resource>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Audit> {
    let item = items.iter().find(|it| it.kind.word == KIND.word)?;
    let actions = action::resolve(item, resources, sink);
    let fields = resolve_fields(item, sink);
    let risks = risk::resolve(item, &actions, sink);
    let sinks = sink::resolve(item, scope, sink);
    let alerts = item.children(ALERT.word).filter_map(|it| resolve_alert(it, scope, sink));
    let mut alerts: Vec<Alert> = alerts.collect();
    alerts.sort_by(|a, b| a.channel.cmp(&b.channel));
    Some(Audit { actions, fields, risks, sinks, alerts, span: item.span() })
}

fn resolve_fields(item: &Item<'_>, sink: &mut Diagnostics) -> Vec<AuditField> {
    let Some(item) = item.child(FIELDS.word) else { return Vec::new() };
    let listed = item.rest::<AuditField>(sink);
    let is_whole = listed.len() == item.entries(0).count();
    let mut fields: Vec<AuditField> = listed.into_iter().map(|it| it.value).collect();
    fields.sort_unstable();
    fields.dedup();
    // One that was refused may be the one that is missing.
    let missing = NEEDED.iter().filter(|it| is_whole && !fields.contains(it));
    let missing: Vec<String> = missing.map(|it| format!("`{}`", it.word())).collect();
    if !missing.is_empty() {
        let message = format!("a record without {} proves nothing", missing.join(", "));
        sink.report(
            Diagnostic::new(Code::AuditFieldMissing, item.span(), message)
                .help(format!("add {} to `fields`", missing.join(", ").replace('`', "\""))),
        );
    }
    fields
}

fn resolve_alert<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Alert> {
    let channel = item.reference("channel", sink).and_then(|it| scope.find("channel", it, sink));
    let risks = item.child(RISKS.word).map(|it| it.rest::<Risk>(sink)).unwrap_or_default();
    let mut risks: Vec<Risk> = risks.into_iter().map(|it| it.value).collect();
    risks.sort_unstable();
    Some(Alert { channel: Name::trusted(channel?.name), risks, span: item.span() })
}

impl Audit {
    /// How grave a record is.
    pub fn risk(&self, action: &ActionName, result: AuditResult) -> Risk {
        self.risks.iter().find(|it| it.fits(action, result)).map_or(Risk::Low, |it| it.level)
    }

    /// Whether anything that is recorded has this risk.
    pub fn assigns(&self, risk: Risk) -> bool {
        let results = |action: &ActionName| event::results(action).iter().copied();
        self.actions.keys().any(|action| results(action).any(|result| self.risk(action, result) == risk))
    }
}

/// Reports what is declared and can never come about.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    delivery::check(platform, sink);
    let Some(audit) = &platform.audit else { return };
    for it in audit.sinks.values() {
        if let Destination::Table { database, table } = &it.to {
            table::check(database, table, audit, platform, sink);
        }
    }
    for alert in &audit.alerts {
        for risk in alert.risks.iter().filter(|it| !audit.assigns(**it)) {
            let word = risk.word();
            let message =
                format!("no record has the risk `{word}`, so channel `{}` is never told", alert.channel);
            sink.report(
                Diagnostic::new(Code::RiskUnassigned, alert.span, message)
                    .help(format!("declare what has it by `risk \"{word}\" {{ … }}`, or leave it out here")),
            );
        }
    }
    for rule in &audit.risks {
        risk::check(rule, audit, sink);
    }
}

#[cfg(test)]
mod tests {
    use crate::language::audit::action::ActionName;
    use crate::language::audit::risk::{AuditResult, Risk};
    use crate::language::tests::{TOKEN_SERVICE, check_used, platform};
    use crate::language::value::Parse as _;
    use crate::syntax::Value;

    fn check(text: &str) -> String {
        check_used(&format!("{text}\n{TOKEN_SERVICE}"))
    }

    #[test]
    fn the_gravest_rule_that_fits_a_record_holds() {
        let text = r#"
            resource "project" in="project" { action "read"; action "delete" }
            audit {
                events "login_failure"
                actions "user.delete"
                fields "id" "time" "actor" "action" "result"
                risk "medium" { result "failure" }
                risk "critical" { match "user.delete" }
                risk "high" { match "project.delete"; result "unauthorized" }
                sink "siem" webhook="https://siem.example/in" { signature secret="key" }
            }
            secret "key" file="secret.age"
            role "a" { allow "project:read" }
        "#;
        let platform = platform(&format!("{text}\n{TOKEN_SERVICE}"), None);
        let audit = platform.audit.expect("it is declared");
        let names = ["user.delete", "project.delete", "project.read", "login_failure"];
        let told = names.map(|name| {
            let name = ActionName::parse(Value::String(name)).expect("it is a name");
            let risks = AuditResult::ALL.iter().map(|it| audit.risk(&name, *it).word());
            format!("{name}: {}", risks.collect::<Vec<_>>().join(" "))
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        user.delete: critical critical critical
        project.delete: high high high
        project.read: low medium high
        login_failure: low medium high
        ");
        assert!(audit.assigns(Risk::High) && audit.assigns(Risk::Critical) && audit.assigns(Risk::Low));
        insta::assert_snapshot!(serde_json::to_string_pretty(&audit).expect("it is JSON"), @r#"
        {
          "actions": {
            "login_failure": "event",
            "project.delete": "permission",
            "project.read": "permission",
            "user.delete": "action"
          },
          "fields": [
            "id",
            "time",
            "actor",
            "action",
            "result"
          ],
          "risks": [
            {
              "level": "critical",
              "match": [
                "user.delete"
              ],
              "results": []
            },
            {
              "level": "high",
              "match": [
                "project.delete"
              ],
              "results": [
                "unauthorized"
              ]
            },
            {
              "level": "medium",
              "match": [],
              "results": [
                "failure"
              ]
            }
          ],
          "sinks": {
            "siem": {
              "name": "siem",
              "to": {
                "webhook": {
                  "address": "https://siem.example/in",
                  "signature": {
                    "secret": "key",
                    "key": null
                  }
                }
              }
            }
          },
          "alerts": []
        }
        "#);
    }

    #[test]
    fn what_can_be_recorded_is_known() {
        insta::assert_snapshot!(check(r#"
            resource "project" in="project" { action "read"; action "delete" }
            audit {
                events "login_failure" "token_refersh" "cake_eaten" "project:read" "Login" "data_access" "audit.."
                actions "user.delete" "project.delete" "cake_eaten" "user.delete"
                fields "id" "time" "actor" "action" "result"
                risk "high" { match "user.delte" "project:delete" "login_success" "nothing.like.it" }
                sink "siem" webhook="https://siem.example/in" { signature secret="key" }
            }
            secret "key" file="secret.age"
        "#), @r"
        TS707 warning 3: event `token_refersh` is recorded only where a service does it, and is called nearly like `token_refresh`
        TS105 error 3: `project:read` has `:`, which an action cannot have
        TS701 error 3: `project.read` is recorded already: it is the permission `project:read`
        TS105 error 3: `Login` has `L`, which an action cannot have
        TS105 error 3: `audit..` ends with `.`
        TS701 error 4: `project.delete` is recorded already: it is the permission `project:delete`
        TS702 error 4: `cake_eaten` is an event and an action
        TS109 error 4: `user.delete` is listed twice
        TS700 error 6: nothing is recorded as `user.delte`
        TS105 error 6: `project:delete` has `:`, which an action cannot have
        TS700 error 6: nothing is recorded as `login_success`
        TS700 error 6: nothing is recorded as `nothing.like.it`
        ");
    }

    #[test]
    fn a_rule_of_risk_is_about_something_and_about_it_alone() {
        insta::assert_snapshot!(check(r#"
            channel "people" webhook="https://chat.example/x" { signature secret="key" }
            audit {
                events "login_failure" "login_success"
                actions "user.delete"
                fields "id" "time" "actor" "action" "result"
                risk "critical" { match "user.delete" }
                risk "high" { match "user.delete"; result "failure" }
                risk "low" { match "login_success" }
                risk "medium" { result "failure" }
                risk "higher" { match "login_success" }
                sink "siem" webhook="https://siem.example/in" { signature secret="key" }
                alert channel="people" { risks "medium" "high" }
                alert channel="peple" { risks "critical" "severe" }
            }
            secret "key" file="secret.age"
        "#), @r"
        TS703 error 7: `user.delete` is `critical` and `high`
        TS705 error 8: what no other rule is about is `low` already
        TS703 error 9: the result `failure` is `high` and `medium`
        TS105 error 10: `higher` is not a risk
        TS704 error 12: no record has the risk `medium`, so channel `people` is never told
        TS110 error 13: there is no channel `peple`
        TS105 error 13: `severe` is not a risk
        ");
        insta::assert_snapshot!(check(r#"
            channel "people" webhook="https://chat.example/x" { signature secret="key" }
            audit {
                events "login_success"
                fields "id" "time" "actor" "action" "result"
                risk "high" { }
                risk "medium" { result "unauthorized" "success" }
                sink "siem" webhook="https://siem.example/in" { signature secret="key" }
                alert channel="people" { risks "low" "high" }
            }
            secret "key" file="secret.age"
        "#), @r"
        TS705 error 5: risk `high` is about no record
        TS705 error 6: nothing that is recorded here ends as `unauthorized`
        TS704 error 8: no record has the risk `high`, so channel `people` is never told
        TS704 error 8: no record has the risk `low`, so channel `people` is never told
        ");
    }

    #[test]
    fn a_record_says_who_did_what_when_and_how_it_ended() {
        insta::assert_snapshot!(check(r#"
            audit { events "a"; fields "id" "time" "action" "time"; sink "siem" webhook="https://siem.example/in" { signature secret="key" } }
            secret "key" file="secret.age"
        "#), @r"
        TS706 error 1: a record without `actor`, `result` proves nothing
        TS109 error 1: `time` is listed twice
        ");
        insta::assert_snapshot!(check(r#"
            audit { events "a"; fields "id" "time" "actr" "action" "result" }
        "#), @r"
        TS104 error 1: `audit` needs `sink` in its block
        TS105 error 1: `actr` is not a field of a record
        ");
    }

    #[test]
    fn a_webhook_is_https_signed_and_no_password() {
        insta::assert_snapshot!(check(r#"
            audit {
                fields "id" "time" "actor" "action" "result"
                sink "plain" webhook="http://siem.example/in" { signature secret="key" }
                sink "named" webhook="https://me:hunter2@siem.example/in" { signature secret="key" }
                sink "token" webhook="https://siem.example/in?api_key=x" { signature secret="key" }
                sink "slack" webhook="https://hooks.slack.com/services/T00000000/B00000000/abcdEFGHijklMNOPqrstUVWX" { signature secret="key" }
                sink "bare" webhook="https://siem.example/in"
                sink "node" webhook="https://metadata.google.internal/computeMetadata/v1" { signature secret="key" }
                sink "inside" webhook="https://siem.hello-logs.svc.cluster.local:8443/in" { signature secret="key" }
                sink "address" webhook="https://169.254.169.254/latest" { signature secret="key" }
                sink "theirs" webhook="https://siem.example/in?source=platform" { signature secret="shop/own" }
                sink "unknown" webhook="https://siem.example/in" { signature secret="keyy" }
            }
            secret "key" file="secret.age"
            project "shop" { secret "own" file="secret.age" }
        "#), @r#"
        TS105 error 3: `http://siem.example/in` does not start with `https://`
        TS105 error 4: the address on `siem.example` carries a user or password
        TS708 error 5: the address on `siem.example` has a value that its name calls secret in it
        TS708 error 6: the address on `hooks.slack.com` has a Slack webhook in it
        TS104 error 7: sink `bare` needs `signature` in its block
        TS709 error 8: `metadata.google.internal` is no name outside of the cluster
        TS709 error 9: `siem.hello-logs.svc.cluster.local` is no name outside of the cluster
        TS741 error 9: service `sys/auth` may reach nothing outside on port 8443/tcp
        TS105 error 10: `169.254.169.254` is an IP address, not a host name
        TS306 error 11: secret `own` belongs to project `shop` alone
        TS110 error 12: there is no secret `keyy`
        "#);
    }
}
