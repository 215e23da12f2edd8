use serde_json::Value;

use super::*;
use crate::language::tests::platform;

/// What all platforms of these tests have.
const HEAD: &str = r#"
    project "shop" team="ops" {
        service "auth" { image @web; port 80; public host="auth"; reaches external="web" }
        service "api" { image @web; port 80; public host="api" path="/v1" { also host="old-api" } }
        service "page" { image @web; port 80; public host="www" }
        member "cy@hello.example" role="viewer"
    }
    external "web" { ports "443/tcp" }
    secret "github" file="secret.age"
    secret "google" file="secret.age"
    secret "signing" file="secret.age"
    secret "partner" file="secret.age"
    resource "page" in="project" { creator role="owner"; action "create" in="platform"; action "read"; action "write" }
    resource "team" in="team" { action "read"; action "invite" }
    condition "mine" field="owner.id" is="user"
    condition "shared" field="shared_with" has="user"
    role "viewer" { allow "*:read" }
    role "owner" { inherits role="viewer"; allow "team:invite"; allow "page:write" when="mine"; allow "page:write" when="shared" }
    platform-role "admin" { allow "*:*" }
    platform-role "user" { allow "page:create" }
    newcomer platform-role="user"
    person "root@hello.example" platform-role="admin" system-administrator=#true
    person "ana@hello.example"
    team "ops" { member "ana@hello.example" role="owner"; member "ana@hello.example" role="viewer" }
    api "pages" service="shop/api" {
        route "GET /pages/{page}" needs="page:read"
        route "POST /pages" needs="page:create"
        route "GET /" anonymous=#true
    }
"#;

const AUTH: &str = r#"
    auth service="shop/auth" {
        issuer "hello"
        audience "pages"
        login-state "5m"
        provider "github" client-id="Iv1.hello" { client-secret secret="github"; scopes "read:user" "user:email"; step-up "import" { scopes "repo" } }
        provider "google" client-id="hello.apps.googleusercontent.com" { client-secret secret="google"; scopes "openid" "email" }
        access-token "15m" { claims "sub" "email" }
        refresh-token "30d" idle="7d" grace="5s"
        signing-key secret="signing" every="30d"
        revocations retain="7d"
        mfa "totp" { required-for role="owner"; required-for platform-role="admin"; backup-codes 10 }
        client "web" type="public" { redirect service="shop/page" path="/callback"; redirect "https://admin.hello.example:8443/back"; allow "*:*" }
        client "cli" type="public" { redirect "http://127.0.0.1/callback" "com.example.hello:/back"; allow "page:read" }
        client "partner" type="confidential" { redirect "https://partner.example/callback"; client-secret secret="partner" }
    }
"#;

/// A part of the policy of a platform, by the names on the way to it.
fn part(text: &str, way: &[&str]) -> String {
    let platform = platform(&format!("{HEAD}{text}"), None);
    let file = file(&platform).expect("it issues tokens");
    let policy: Value = serde_json::from_slice(&file.bytes).expect("it is JSON");
    let part = way.iter().fold(&policy, |value, name| &value[*name]);
    serde_json::to_string_pretty(part).expect("it is JSON")
}

#[test]
fn a_platform_without_tokens_has_no_policy() {
    assert!(file(&platform(HEAD, None)).is_none());
}

#[test]
fn the_policy_says_these_things_and_no_others() {
    let platform = platform(&format!("{HEAD}{AUTH}"), None);
    let policy = serde_json::to_value(policy(&platform).expect("it issues tokens")).expect("it is JSON");
    let names: Vec<&String> = policy.as_object().expect("it is an object").keys().collect();
    insta::assert_snapshot!(format!("{names:?}"), @r#"["version", "platform", "environment", "issuer", "audience", "login", "tokens", "mfa", "clients", "cors_origins", "access", "apis", "rate_tiers", "audit", "channels", "working_hours", "severities", "incidents", "secrets"]"#);
    let rest: Vec<(&str, &Value)> =
        ["version", "platform", "environment", "audience", "secrets", "cors_origins"]
            .into_iter()
            .map(|it| (it, &policy[it]))
            .collect();
    insta::assert_snapshot!(format!("{rest:?}"), @r#"[("version", Number(1)), ("platform", String("hello")), ("environment", Null), ("audience", String("pages")), ("secrets", Array [Object {"secret": String("github"), "key": Null}, Object {"secret": String("google"), "key": Null}, Object {"secret": String("partner"), "key": Null}, Object {"secret": String("signing"), "key": Null}]), ("cors_origins", Array [String("https://admin.hello.example:8443"), String("https://www.hello.example")])]"#);
}

#[test]
fn logins_tokens_and_the_second_factor_are_there() {
    insta::assert_snapshot!(part(AUTH, &["issuer"]), @r#"
    {
      "name": "hello",
      "address": "https://auth.hello.example"
    }
    "#);
    insta::assert_snapshot!(part(AUTH, &["login"]), @r#"
    {
      "state_seconds": 300,
      "providers": {
        "github": {
          "protocol": "github",
          "vouches_for": null,
          "client_id": "Iv1.hello",
          "client_secret": {
            "secret": "github",
            "key": null
          },
          "scopes": [
            "read:user",
            "user:email"
          ],
          "step_up": {
            "import": [
              "repo"
            ]
          }
        },
        "google": {
          "protocol": {
            "openid_connect": "https://accounts.google.com"
          },
          "vouches_for": null,
          "client_id": "hello.apps.googleusercontent.com",
          "client_secret": {
            "secret": "google",
            "key": null
          },
          "scopes": [
            "email",
            "openid"
          ],
          "step_up": {}
        }
      }
    }
    "#);
    insta::assert_snapshot!(part(AUTH, &["tokens"]), @r#"
    {
      "access": {
        "lifetime_seconds": 900,
        "claims": [
          "sub",
          "email"
        ]
      },
      "refresh": {
        "lifetime_seconds": 2592000,
        "idle_seconds": 604800,
        "grace_seconds": 5
      },
      "signing_key": {
        "secret": {
          "secret": "signing",
          "key": null
        },
        "algorithm": "EdDSA",
        "rotate_seconds": 2592000,
        "retire_seconds": 900,
        "shortest_secret": null
      },
      "revocations": {
        "retain_seconds": 604800,
        "table": null
      }
    }
    "#);
    insta::assert_snapshot!(part(AUTH, &["mfa"]), @r#"
    {
      "method": "totp",
      "required_for": {
        "roles": [
          "owner"
        ],
        "platform_roles": [
          "admin"
        ]
      },
      "backup_codes": 10,
      "issuer": "hello",
      "digits": 6,
      "period_seconds": 30
    }
    "#);
}

#[test]
fn a_revoked_token_is_remembered_until_it_ends() {
    let without = AUTH.replace("revocations retain=\"7d\"", "");
    insta::assert_snapshot!(part(&without, &["tokens", "revocations"]), @r#"
    {
      "retain_seconds": 900,
      "table": null
    }
    "#);
}

#[test]
fn a_shared_secret_is_measured_when_it_is_opened() {
    let shared = AUTH.replace("every=\"30d\"", "algorithm=\"HS256\"");
    insta::assert_snapshot!(part(&shared, &["tokens", "signing_key"]), @r#"
    {
      "secret": {
        "secret": "signing",
        "key": null
      },
      "algorithm": "HS256",
      "rotate_seconds": 7776000,
      "retire_seconds": 900,
      "shortest_secret": 32
    }
    "#);
}

#[test]
fn clients_are_told_apart() {
    insta::assert_snapshot!(part(AUTH, &["clients"]), @r#"
    {
      "cli": {
        "type": "public",
        "secret": null,
        "redirects": [
          "com.example.hello:/back"
        ],
        "loopback_redirects": [
          "http://127.0.0.1/callback"
        ],
        "permissions": [
          "page:read"
        ]
      },
      "partner": {
        "type": "confidential",
        "secret": {
          "secret": "partner",
          "key": null
        },
        "redirects": [
          "https://partner.example/callback"
        ],
        "loopback_redirects": [],
        "permissions": []
      },
      "web": {
        "type": "public",
        "secret": null,
        "redirects": [
          "https://admin.hello.example:8443/back",
          "https://www.hello.example/callback"
        ],
        "loopback_redirects": [],
        "permissions": [
          "page:create",
          "page:read",
          "page:write",
          "team:invite",
          "team:read"
        ]
      }
    }
    "#);
}

#[test]
fn roles_are_closed_and_grants_are_seeds() {
    insta::assert_snapshot!(part(AUTH, &["access"]), @r#"
    {
      "permissions": {
        "page:create": "platform",
        "page:read": "project",
        "page:write": "project",
        "team:invite": "team",
        "team:read": "team"
      },
      "conditions": {
        "mine": {
          "field": [
            "owner",
            "id"
          ],
          "test": "is_user"
        },
        "shared": {
          "field": [
            "shared_with"
          ],
          "test": "has_user"
        }
      },
      "roles": {
        "owner": {
          "page:read": "always",
          "page:write": {
            "when": [
              "mine",
              "shared"
            ]
          },
          "team:invite": "always",
          "team:read": "always"
        },
        "viewer": {
          "page:read": "always",
          "team:read": "always"
        }
      },
      "platform_roles": {
        "admin": {
          "page:create": "always",
          "page:read": "always",
          "page:write": "always",
          "team:invite": "always",
          "team:read": "always"
        },
        "user": {
          "page:create": "always"
        }
      },
      "creator_roles": {
        "page": "owner"
      },
      "newcomer": "user",
      "persons": {
        "ana@hello.example": {
          "platform_role": null,
          "system_administrator": false
        },
        "root@hello.example": {
          "platform_role": "admin",
          "system_administrator": true
        }
      },
      "teams": {
        "ops": {
          "rate_tier": null,
          "members": {
            "ana@hello.example": [
              "owner",
              "viewer"
            ]
          }
        }
      },
      "projects": {
        "shop": {
          "team": "ops",
          "members": {
            "cy@hello.example": [
              "viewer"
            ]
          }
        }
      }
    }
    "#);
}

#[test]
fn a_request_finds_its_interface() {
    insta::assert_snapshot!(part(AUTH, &["apis"]), @r#"
    {
      "pages": {
        "addresses": [
          "https://api.hello.example/v1",
          "https://old-api.hello.example"
        ],
        "key": null,
        "counters": {},
        "slow_down": null,
        "routes": [
          {
            "method": "GET",
            "path": "/",
            "needs": null,
            "counter": null
          },
          {
            "method": "POST",
            "path": "/pages",
            "needs": "page:create",
            "counter": null
          },
          {
            "method": "GET",
            "path": "/pages/{page}",
            "needs": "page:read",
            "counter": null
          }
        ]
      }
    }
    "#);
}

#[test]
fn records_and_incidents_are_there() {
    let audit = r#"
        secret "hook" file="secret.age"
        secret "pager" file="secret.age"
        audit {
            events "login_success" "login_failure" "data_access"
            actions "audit.disable"
            fields "id" "time" "actor" "action" "resource" "result" "risk"
            risk "critical" { match "audit.disable" }
            risk "high" { match "page.write"; result "unauthorized" }
            sink "siem" webhook="https://siem.hello.example/in" { signature secret="hook" }
            alert channel="pager" { risks "high" "critical" }
        }
        channel "pager" webhook="https://pager.hello.example/in" { signature secret="pager" }
        working-hours "Mon" "Fri" from="09:00" to="17:00" zone="Europe/Berlin"
        severity "P1" answer-in="15m" { escalate channel="pager"; escalate channel="pager2" after="5m" }
        severity "P4" answer-in="1 business day" { escalate channel="pager" }
        channel "pager2" webhook="https://pager.hello.example/two" { signature secret="pager" }
        incident "failed-logins" severity="P1" { on "login_failure" count=5 within="10m" per="user"; lock "1h"; notify "user"; alert channel="pager" }
        incident "down" severity="P4" { by-hand; maintenance "1h"; revoke-sessions "all"; capture "state" }
    "#;
    let text = format!("{AUTH}{audit}");
    insta::assert_snapshot!(part(&text, &["audit"]), @r#"
    {
      "actions": [
        "audit.disable",
        "data_access",
        "login_failure",
        "login_success",
        "page.create",
        "page.read",
        "page.write",
        "team.invite",
        "team.read"
      ],
      "own_events": [
        "login_failure",
        "login_success"
      ],
      "fields": [
        "id",
        "time",
        "actor",
        "action",
        "resource",
        "result",
        "risk"
      ],
      "risks": [
        {
          "level": "critical",
          "actions": [
            "audit.disable"
          ],
          "results": []
        },
        {
          "level": "high",
          "actions": [
            "page.write"
          ],
          "results": [
            "unauthorized"
          ]
        }
      ],
      "sinks": {
        "siem": {
          "webhook": {
            "address": "https://siem.hello.example/in",
            "signature": {
              "secret": "hook",
              "key": null
            }
          }
        }
      },
      "alerts": {
        "pager": [
          "high",
          "critical"
        ]
      }
    }
    "#);
    insta::assert_snapshot!(part(&text, &["channels"]), @r#"
    {
      "pager": {
        "address": "https://pager.hello.example/in",
        "signature": {
          "secret": "pager",
          "key": null
        }
      },
      "pager2": {
        "address": "https://pager.hello.example/two",
        "signature": {
          "secret": "pager",
          "key": null
        }
      }
    }
    "#);
    insta::assert_snapshot!(part(&text, &["working_hours"]), @r#"
    {
      "days": [
        "Mon",
        "Fri"
      ],
      "from": "09:00",
      "to": "17:00",
      "zone": "Europe/Berlin"
    }
    "#);
    insta::assert_snapshot!(part(&text, &["severities"]), @r#"
    {
      "P1": {
        "answer_in": {
          "seconds": 900
        },
        "escalations": [
          {
            "channel": "pager",
            "after_seconds": 0
          },
          {
            "channel": "pager2",
            "after_seconds": 300
          }
        ]
      },
      "P4": {
        "answer_in": {
          "business_days": 1
        },
        "escalations": [
          {
            "channel": "pager",
            "after_seconds": 0
          }
        ]
      }
    }
    "#);
    insta::assert_snapshot!(part(&text, &["incidents"]), @r#"
    {
      "down": {
        "severity": "P4",
        "triggers": [],
        "by_hand": {
          "about": null
        },
        "response": {
          "lock": null,
          "notify": [],
          "alerts": {},
          "revoke_sessions": "all",
          "maintenance_seconds": 3600,
          "capture": [
            "state"
          ]
        }
      },
      "failed-logins": {
        "severity": "P1",
        "triggers": [
          {
            "on": "login_failure",
            "result": null,
            "repeated": {
              "count": 5,
              "within_seconds": 600
            },
            "about": "user"
          }
        ],
        "by_hand": null,
        "response": {
          "lock": {
            "seconds": 3600
          },
          "notify": [
            "user"
          ],
          "alerts": {
            "pager": "high"
          },
          "revoke_sessions": null,
          "maintenance_seconds": null,
          "capture": []
        }
      }
    }
    "#);
    insta::assert_snapshot!(part(&text, &["secrets"]), @r#"
    [
      {
        "secret": "github",
        "key": null
      },
      {
        "secret": "google",
        "key": null
      },
      {
        "secret": "hook",
        "key": null
      },
      {
        "secret": "pager",
        "key": null
      },
      {
        "secret": "partner",
        "key": null
      },
      {
        "secret": "signing",
        "key": null
      }
    ]
    "#);
}

#[test]
fn what_is_written_is_what_is_read() {
    let platform = platform(&format!("{HEAD}{AUTH}"), None);
    let written = policy(&platform).expect("it issues tokens");
    let bytes = file(&platform).expect("it issues tokens").bytes;
    let read: Policy = serde_json::from_slice(&bytes).expect("a service reads it");
    assert_eq!(read, written);
    let mut value: Value = serde_json::from_slice(&bytes).expect("it is JSON");
    value["tokens"]["lifetime"] = 5.into();
    assert!(serde_json::from_value::<Policy>(value).is_err(), "what is not known is refused");
}

#[test]
fn the_schema_describes_what_is_written() {
    let schema = serde_json::from_str(&schema()).expect("a schema is JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("it is a schema");
    let bytes = file(&platform(&format!("{HEAD}{AUTH}"), None)).expect("it issues tokens").bytes;
    let mut value: Value = serde_json::from_slice(&bytes).expect("it is JSON");
    assert!(
        schema.is_valid(&value),
        "{:?}",
        schema.iter_errors(&value).map(|it| it.to_string()).collect::<Vec<_>>()
    );
    value["more"] = 1.into();
    assert!(!schema.is_valid(&value), "nothing else is in it");
    value.as_object_mut().expect("it is an object").remove("more");
    value["version"] = 2.into();
    assert!(!schema.is_valid(&value), "a later form is another one");
}
