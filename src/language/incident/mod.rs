//! The `incident` declaration: what calls for an answer, and what is done before anybody is awake.

pub mod check;
pub mod response;
pub mod trigger;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::audit::Audit;
use crate::language::incident::response::Response;
use crate::language::incident::trigger::{ByHand, Trigger};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::severity::Priority;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "incident",
    Class::Named,
    "What calls for an answer: something that is recorded, or somebody who says so. The token service notices it by the \
     records that it takes in, does at once what stands here, and escalates by the severity until somebody answers.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::reference("severity", "How soon it is answered.").must()])
.children(&[
    &trigger::ON,
    &trigger::BY_HAND,
    &response::LOCK,
    &response::NOTIFY,
    &response::ALERT,
    &response::REVOKE_SESSIONS,
    &response::MAINTENANCE,
    &response::CAPTURE,
])
.most(200);

/// An incident as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    /// What it is called.
    pub name: Name,
    /// How soon it is answered.
    pub severity: Priority,
    /// What starts it: any of these.
    pub triggers: Vec<Trigger>,
    /// Whether somebody can start it, and for whom.
    pub by_hand: Option<ByHand>,
    /// What is done at once.
    pub response: Response,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all incidents.
pub fn resolve<'a>(
    items: &[Item<'a>],
    audit: Option<&Audit>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Incident> {
    let incidents = items.iter().filter(|it| it.kind.word == KIND.word);
    let incidents = incidents.filter_map(|it| resolve_one(it, audit, scope, sink));
    incidents.map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one<'a>(
    item: &Item<'a>,
    audit: Option<&Audit>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Incident> {
    let name = item.own_name(sink);
    let severity = item.reference("severity", sink).and_then(|it| scope.find("severity", it, sink));
    let severity = severity.and_then(|it| Priority::read(it.name).ok());
    let triggers = trigger::resolve(item, audit, sink);
    let by_hand = trigger::resolve_by_hand(item, sink);
    let response = response::resolve(item, scope, sink);
    check::check_parts(item, &triggers, by_hand.as_ref(), &response, sink);
    Some(Incident { name: name?, severity: severity?, triggers, by_hand, response, span: item.span() })
}

#[cfg(test)]
mod tests {
    use crate::language::tests::{TOKEN_SERVICE, check_used, platform};

    /// What every test of incidents has: something that is recorded, and somebody who hears of it.
    const REST: &str = r#"
        resource "project" in="project" { action "read"; action "delete"; action "never" }
        role "a" { allow "project:read" "project:delete" }
        audit {
            events "login_failure" "login_success" "permission_denied"
            actions "system.admin.grant"
            fields "id" "time" "actor" "action" "result"
            sink "siem" webhook="https://siem.example/in" { signature secret="key" }
        }
        severity "P1" answer-in="15m" { escalate channel="people" }
        severity "P2" answer-in="1h"
        channel "people" webhook="https://chat.example/x" { signature secret="key" }
        secret "key" file="secret.age"
    "#;

    fn check(text: &str) -> String {
        check_used(&format!("{text}\n{REST}{TOKEN_SERVICE}"))
    }

    #[test]
    fn an_incident_is_what_starts_it_and_what_is_done() {
        let text = r#"
            incident "failed-logins" severity="P1" {
                on "login_failure" count=5 within="10m" per="user"
                on "project.delete" result="unauthorized"
                lock "1h"
                notify "user"
                alert channel="people"
                revoke-sessions "user"
            }
            incident "down" severity="P1" { by-hand; maintenance "1h"; revoke-sessions "all"; capture "state"; alert channel="people" risk="critical" }
        "#;
        let platform = platform(&format!("{text}\n{REST}{TOKEN_SERVICE}"), None);
        insta::assert_snapshot!(serde_json::to_string_pretty(&platform.incidents).expect("it is JSON"), @r#"
        {
          "down": {
            "name": "down",
            "severity": "P1",
            "triggers": [],
            "by_hand": {
              "about": null
            },
            "response": {
              "lock": null,
              "notify": [],
              "alerts": [
                {
                  "channel": "people",
                  "risk": "critical"
                }
              ],
              "revoke_sessions": "all",
              "maintenance": "1h",
              "capture": [
                "state"
              ]
            }
          },
          "failed-logins": {
            "name": "failed-logins",
            "severity": "P1",
            "triggers": [
              {
                "on": "login_failure",
                "result": null,
                "repeated": {
                  "count": 5,
                  "within": "10m"
                },
                "about": "user"
              },
              {
                "on": "project.delete",
                "result": "unauthorized",
                "repeated": null,
                "about": "user"
              }
            ],
            "by_hand": null,
            "response": {
              "lock": {
                "for": "1h"
              },
              "notify": [
                "user"
              ],
              "alerts": [
                {
                  "channel": "people",
                  "risk": "high"
                }
              ],
              "revoke_sessions": "user",
              "maintenance": null,
              "capture": []
            }
          }
        }
        "#);
    }

    #[test]
    fn an_incident_that_can_never_start_is_refused() {
        insta::assert_snapshot!(check(r#"
            incident "nothing" severity="P1" { lock "1h" }
            incident "unknown" severity="P1" { on "login_faliure"; lock "1h" }
            incident "elsewhere" severity="P1" { on "project.archive"; on "data_access"; lock "1h" }
            incident "never" severity="P1" { on "login_success" result="failure" }
            incident "nobody" severity="P1" { on "project.never" result="success" }
            incident "refused" severity="P1" { on "project.never" result="unauthorized" }
            incident "word" severity="P1" { on "project.read" result="denied" }
        "#), @r"
        TS710 error 1: incident `nothing` can never start
        TS700 error 2: nothing is recorded as `login_faliure`
        TS700 error 3: nothing is recorded as `project.archive`
        TS700 error 3: nothing is recorded as `data_access`
        TS710 error 4: `login_success` never ends as `failure`
        TS710 error 5: `project.never` never ends as `success`: nobody holds `project:never`
        TS105 error 7: `denied` is not a result
        ");
        let text = r#"
            incident "early" severity="P1" { on "login_failure" }
            severity "P1" answer-in="15m" { escalate channel="people" }
            channel "people" webhook="https://chat.example/x" { signature secret="key" }
            secret "key" file="secret.age"
        "#;
        insta::assert_snapshot!(check_used(&format!("{text}{TOKEN_SERVICE}")), @"TS700 error 1: nothing is recorded as `login_failure`");
    }

    #[test]
    fn a_count_has_a_window_and_one_record_has_none() {
        insta::assert_snapshot!(check(r#"
            incident "a" severity="P1" { on "login_failure" count=5 }
            incident "b" severity="P1" { on "login_failure" within="10m" per="address" }
            incident "c" severity="P1" { on "login_failure" count=1 within="10m" }
            incident "d" severity="P1" { on "login_failure" count=0 within="10m" }
            incident "e" severity="P1" { on "login_failure" count=20000 within="10m" }
            incident "f" severity="P1" { on "login_failure" count=5 within="31d"; on "login_success" count=5 within="0s" }
            incident "g" severity="P1" { on "login_failure" count=5 within="10"; on "login_failure" count=6 within="20m" }
        "#), @r"
        TS711 error 1: 5 records are counted, and nothing says in which time
        TS711 error 2: `within` means nothing where one record is enough
        TS711 error 2: `per` means nothing where one record is enough
        TS113 hint 3: `count=1` is the default of edition 2026
        TS105 error 4: `0` is not between 1 and 10000
        TS105 error 5: `20000` is not between 1 and 10000
        TS711 error 6: `31d` is no time to count in
        TS711 error 6: `0s` is no time to count in
        TS105 error 7: `10` has no unit
        TS108 error 7: on `login_failure` is declared twice
        ");
    }

    #[test]
    fn a_response_knows_whom_it_is_about() {
        insta::assert_snapshot!(check(r#"
            incident "all" severity="P1" { on "login_failure" count=5 within="10m"; lock "1h"; notify "user"; revoke-sessions "user" }
            incident "address" severity="P1" { on "login_failure" count=5 within="10m" per="address"; lock until="reviewed"; revoke-sessions "all" }
            incident "one" severity="P1" { on "login_failure"; lock "1h" }
            incident "hand" severity="P1" { by-hand; notify "user" }
            incident "hand-user" severity="P1" { by-hand per="user"; notify "user" }
            incident "either" severity="P1" { by-hand; on "login_failure"; lock "1h" }
        "#), @r"
        TS712 error 1: `lock` does not know which user
        TS712 error 1: `notify` does not know which user
        TS712 error 1: `revoke-sessions` does not know which user
        TS712 error 2: `lock` does not know which user
        TS712 error 4: `notify` does not know which user
        TS712 error 6: `lock` does not know which user
        ");
    }

    #[test]
    fn a_response_is_one_thing_and_takes_time() {
        insta::assert_snapshot!(check(r#"
            incident "a" severity="P1" { by-hand per="user"; lock "1h" until="reviewed" }
            incident "b" severity="P1" { by-hand per="user"; lock; maintenance "0s" }
            incident "c" severity="P1" { by-hand per="user"; lock "1h"; lock until="reviewed"; revoke-sessions "user"; revoke-sessions "all" }
            incident "d" severity="P1" { by-hand per="user"; lock "0s"; revoke-sessions "everybody"; capture "states"; notify "admin" }
        "#), @r"
        TS115 error 1: the lock ends after `1h` and when somebody has reviewed it
        TS104 error 2: `lock` does not say when it ends
        TS105 error 2: `0s` is over before anybody notices it
        TS108 error 3: `lock` is declared twice
        TS108 error 3: `revoke-sessions` is declared twice
        TS105 error 4: `0s` is over before anybody notices it
        TS105 error 4: `everybody` is not a session holder
        TS105 error 4: `states` is not a thing to keep
        TS105 error 4: `admin` is not a party that is told
        ");
    }

    #[test]
    fn somebody_hears_of_an_incident() {
        insta::assert_snapshot!(check(r#"
            incident "quiet" severity="P2" { by-hand; capture "state" }
            incident "unknown" severity="P3" { by-hand; capture "state" }
            incident "none" { by-hand; capture "state" }
            incident "channel" severity="P1" { by-hand; alert channel="peolpe"; alert channel="people" risk="high" }
        "#), @r#"
        TS713 error 1: nobody is told to answer incident `quiet`: `P2` escalates to no channel
        TS110 error 2: there is no severity `P3`
        TS104 error 3: incident `none` needs `severity=`
        TS110 error 4: there is no channel `peolpe`
        TS113 hint 4: `risk="high"` is the default of edition 2026
        "#);
    }

    #[test]
    fn a_count_is_one_that_limits_allow() {
        let limited = r#"
            incident "many" severity="P1" { on "project.delete" count=61 within="10m" per="user" }
            incident "few" severity="P1" { on "project.delete" count=60 within="10m" per="user" }
            incident "long" severity="P1" { on "project.delete" count=61 within="11m" per="user" }
            incident "all" severity="P1" { on "project.delete" count=500 within="10m" }
            incident "unrouted" severity="P1" { on "project.read" count=500 within="10m" per="user" }
            api "pages" service="sys/auth" {
                key "user" else="address" anonymous="free"
                counter "requests" routes="every"
                route "DELETE /projects/{project}" needs="project:delete"
            }
            rate-tier "free" { limit counter="requests" 10 within="5m" }
            rate-tier "pro" { limit counter="requests" 20 within="5m"; limit counter="requests" 1000 within="1h" }
        "#;
        insta::assert_snapshot!(check(limited), @r#"
        TS718 warning 1: the limits of the best tier let one user use `project:delete` at most 60 times in `10m`, and 61 are waited for
        TS450 error 7: nobody counts for api `pages`: `sys/auth` is the token service itself
        TS269 warning 27: no `api` is called `hello-api`, so nothing knows that these tokens are for it
        "#);
    }
}
