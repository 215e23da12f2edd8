use crate::language::tests;

/// What is said about an `auth` that has all it needs, with these lines instead of some of it.
fn check(lines: &str) -> String {
    check_beside("", lines)
}

/// The same with declarations beside it; the lines of `auth` are the first.
fn check_beside(beside: &str, lines: &str) -> String {
    let mut written = lines.trim().to_owned();
    let mut wanted = vec![
        ("issuer", r#"issuer "hello""#),
        ("audience", r#"audience "hello-api""#),
        (
            "provider",
            r#"provider "github" client-id="Iv1.hello" { client-secret secret="github"; scopes "user:email" }"#,
        ),
        ("access-token", r#"access-token "15m""#),
        ("signing-key", r#"signing-key secret="signing""#),
        ("client ", r#"client "cli" type="public" { redirect "http://127.0.0.1/callback" }"#),
    ];
    wanted.retain(|(word, _)| !lines.lines().any(|it| it.trim_start().starts_with(word)));
    for (_, line) in wanted {
        written += "\n";
        written += line;
    }
    let rest = r#"
        }
        project "shop" {
            service "auth" { image @web; port 80; public host="auth"; reaches external="providers" }
            service "page" { image @web; port 80; public host="www" path="/app" }
            service "back" { image @web; port 80 }
            secret "own" file="secret.age"
        }
        project "other" { secret "theirs" file="secret.age" }
        secret "github" file="secret.age"
        secret "signing" file="secret.age"
        secret "more" file="secret.age"; external "providers" { ports "443/tcp" }
    "#;
    tests::check_used(&format!("auth service=\"shop/auth\" {{ {written}{rest}{beside}"))
}

#[test]
fn who_issues_tokens_needs_little() {
    insta::assert_snapshot!(check(""), @"");
}

#[test]
fn what_is_missing_is_named() {
    insta::assert_snapshot!(tests::check(r#"
        auth { }
        auth service="shop/auth" { provider "github"; client "x"; access-token; refresh-token; signing-key; mfa; revocations }
    "#), @r"
    TS104 error 1: `auth` needs `access-token` in its block
    TS104 error 1: `auth` needs `audience` in its block
    TS104 error 1: `auth` needs `client` in its block
    TS104 error 1: `auth` needs `issuer` in its block
    TS104 error 1: `auth` needs `provider` in its block
    TS104 error 1: `auth` needs `service=`
    TS104 error 1: `auth` needs `signing-key` in its block
    TS108 error 2: `auth` is declared twice
    TS104 error 2: provider `github` needs `client-id=`
    TS104 error 2: provider `github` needs `client-secret` in its block
    TS104 error 2: provider `github` needs `scopes` in its block
    TS104 error 2: client `x` needs `redirect` in its block
    TS104 error 2: client `x` needs `type=`
    TS104 error 2: `access-token` needs its time after `access-token`
    TS104 error 2: `refresh-token` needs its time after `refresh-token`
    TS104 error 2: `signing-key` needs `secret=`
    TS104 error 2: `mfa` needs `required-for` in its block
    TS104 error 2: `mfa` needs its method after `mfa`
    ");
}

#[test]
fn times_fit_each_other() {
    insta::assert_snapshot!(check(r#"
        login-state "30s"
        access-token "8d"
        refresh-token "2y"
        revocations retain="7d"
        signing-key secret="signing" every="7d"
    "#), @r"
    TS253 error 1: a login that may take `30s`
    TS251 error 2: an access token may live 7 days, not `8d`
    TS105 error 3: `2y` has the unknown unit `y`
    ");
    insta::assert_snapshot!(check(r#"
        login-state "10m"
        access-token "2h"
        refresh-token "1h" idle="3h" grace="2m"
        revocations retain="90m"
        signing-key secret="signing" every="119m"
    "#), @r#"
    TS113 hint 1: `login-state "10m"` is the default of edition 2026
    TS252 warning 2: whoever finds an access token can use it for `2h`
    TS253 error 3: a refresh token that lives `1h` ends before the access token does
    TS253 error 3: `idle` is `3h`, and the session ends after `1h`
    TS253 error 3: for `2m` a stolen refresh token works beside the right one
    TS250 error 4: a token that was revoked works again after `1h30m`, until it is `2h` old
    TS255 error 5: a key that is replaced every `1h59m` is gone before the tokens that it signed
    "#);
    insta::assert_snapshot!(check(r#"
        access-token "30s"
        refresh-token "400d" idle="30s" grace="0s"
        revocations retain="forever"
        signing-key secret="signing" every="90d" algorithm="EdDSA"
    "#), @r#"
    TS253 error 1: an access token that lives `30s` has often ended when it arrives
    TS253 error 2: a session may live a year, not `400d`
    TS253 error 2: after `30s` without use the session ends, before the access token does
    TS113 hint 2: `grace="0s"` is the default of edition 2026
    TS105 error 3: `forever` has a unit without a number
    TS113 hint 4: `every="90d"` is the default of edition 2026
    TS113 hint 4: `algorithm="EdDSA"` is the default of edition 2026
    "#);
    insta::assert_snapshot!(check(r#"
        access-token "7d"
        refresh-token "30d" idle="8d" grace="60s"
        revocations retain="7d"
        signing-key secret="signing" every="7d" algorithm="ES256"
    "#), @r"TS252 warning 1: whoever finds an access token can use it for `7d`");
}

#[test]
fn a_shared_secret_signs_for_everybody() {
    insta::assert_snapshot!(check(r#"signing-key secret="signing" algorithm="HS256""#), @r"TS254 warning 1: with `HS256`, whoever can check a token can make one");
    insta::assert_snapshot!(check(r#"signing-key secret="signing" algorithm="none""#), @r"TS105 error 1: `none` is not a signing algorithm");
}

#[test]
fn a_token_says_whose_it_is() {
    insta::assert_snapshot!(check(r#"
        access-token "15m" { claims "sub" "email" "roles" "team_ids" }
    "#), @"");
    insta::assert_snapshot!(check(r#"
        access-token "15m" { claims "iss" "mail" "team-ids" "exp" "role" }
    "#), @r"
    TS257 error 1: a token without `sub` does not say whose it is
    TS256 hint 1: `iss` is in every token
    TS105 error 1: `mail` is not a claim
    TS105 error 1: `team-ids` is not a claim
    TS256 hint 1: `exp` is in every token
    TS105 error 1: `role` is not a claim
    ");
    insta::assert_snapshot!(check(r#"
        access-token "15m" { claims "email" }
    "#), @r"TS257 error 1: a token without `sub` does not say whose it is");
}

#[test]
fn a_provider_is_known_or_says_where_it_is() {
    insta::assert_snapshot!(check(r#"
        provider "github" client-id="a" { client-secret secret="github"; scopes "user:email"; discovery "https://github.com" }
        provider "gogle" client-id="a" { client-secret secret="more"; scopes "openid" "email" }
        provider "acme" client-id="b" { client-secret secret="own"; vouches-for "acme.example"; scopes "openid" "email"; discovery "https://login.acme.example/.well-known/openid-configuration" }
        provider "more" client-id="GOCSPX-x9Kd03mVbQ7tYw2LpRz8NcHs5J" { client-secret "x9Kd03mVbQ7tYw2LpRz8NcHs5J"; scopes "openid" "email"; discovery "https://login.more.example?a" }
        provider "last" client-id="c" { client-secret secret="lsat"; scopes "openid" "email" }
    "#), @r#"
    TS264 error 1: where GitHub is found is known
    TS264 error 2: provider `gogle` is not known, and does not say where it is found
    TS264 error 3: `/.well-known/openid-configuration` is looked for below the issuer anyway
    TS273 error 4: provider `more` could log anybody in as anybody
    TS105 error 4: what stands here looks like a Google client secret, not like a client id
    TS103 error 4: `client-secret` takes no argument
    TS264 error 4: an issuer has no query
    TS264 error 5: provider `last` is not known, and does not say where it is found
    TS110 error 5: there is no secret `lsat` in project `shop` or at the top
    "#);
}

#[test]
fn a_provider_is_believed_about_the_addresses_of_some() {
    insta::assert_snapshot!(check(r#"
        provider "acme" client-id="a" { client-secret secret="github"; scopes "openid" "email"; discovery "https://login.acme.example" }
        provider "more" client-id="a" { client-secret secret="more"; scopes "openid" "email"; discovery "https://login.more.example"; vouches-for "more.example" "*.example" "localhost" }
        provider "github" client-id="b" { client-secret secret="own"; scopes "user:email"; vouches-for "hello.example" }
    "#), @r#"
    TS273 error 1: provider `acme` could log anybody in as anybody
    TS105 error 2: `*.example` is a wildcard
    TS105 error 2: `localhost` has no dot, so it is not a whole host name
    "#);
}

#[test]
fn who_registers_grants_nothing() {
    let access = r#"
        resource "page" in="project" { action "read" }
        resource "team" in="team" { action "read"; action "invite" }
        platform-role "user" { allow "team:invite" }
        newcomer platform-role="user"
        person "root@hello.example" system-administrator=#true
    "#;
    insta::assert_snapshot!(check_beside(access, ""), @r#"
    TS258 error 1: `root@hello.example` administers the system, and there is no second factor
    TS258 error 1: platform-role `user` holds `team:invite`, and nobody needs a second factor for it
    TS274 error 23: whoever registers may use `team:invite`
    "#);
}

#[test]
fn scopes_are_those_of_the_provider() {
    insta::assert_snapshot!(check(r#"
        provider "github" client-id="a" { client-secret secret="github"; scopes "read:usr" "mail"; step-up "repositories" { scopes "repo" "rpeo:status" }; step-up "same" { scopes "read:user" } }
        provider "google" client-id="a" { client-secret secret="more"; scopes "opnid" "https://www.googleapis.com/auth/userinfo.email"; step-up "drive" { scopes "https://www.googleapis.com/auth/drive" "calendar" } }
        provider "acme" client-id="b" { client-secret secret="own"; scopes "groups"; vouches-for "acme.example"; discovery "https://login.acme.example" }
    "#), @r"
    TS265 error 1: GitHub has no scope `read:usr`
    TS265 error 1: GitHub has no scope `mail`
    TS265 error 1: GitHub has no scope `rpeo:status`
    TS267 warning 1: step-up `same` asks for nothing new
    TS265 error 2: Google has no scope `opnid`
    TS265 error 2: Google has no scope `calendar`
    TS266 error 3: the provider is not asked for the address of who logs in, by which people are known: `email` is missing
    TS266 error 3: the provider is not asked who logs in: `openid` is missing
    ");
}

#[test]
fn a_secret_is_for_one_thing_and_the_token_services_own() {
    insta::assert_snapshot!(check_beside(r#"secret "offered" file="secret.age" { offers project="shop"; offers project="other" }"#, r#"
        provider "github" client-id="a" { client-secret secret="signing"; scopes "user:email" }
        provider "google" client-id="a" { client-secret secret="other/theirs"; scopes "openid" "email" }
        signing-key secret="signing"
        client "a" type="confidential" { redirect "https://a.example/"; client-secret secret="offered" }
        client "b" type="confidential" { redirect "https://b.example/"; client-secret secret="own" }
    "#), @r"
    TS270 error 1: secret `signing` is the signing key already
    TS306 error 2: secret `theirs` belongs to project `other` alone
    TS307 warning 20: secret `offered` offers itself to project `other`, which does not take it
    ");
}

#[test]
fn a_client_keeps_its_secret_or_has_none() {
    insta::assert_snapshot!(check(r#"
        client "a" type="public" { redirect "https://a.example/"; client-secret secret="own" }
        client "b" type="confidential" { redirect "https://b.example/" }
        client "c" type="secret" { redirect "https://c.example/"; client-secret secret="more" }
        client "d" type="public"
    "#), @r"
    TS262 error 1: client `a` is public, and its secret would be too
    TS262 error 2: client `b` is confidential and has no secret
    TS105 error 3: `secret` is not a client type
    TS104 error 4: client `d` needs `redirect` in its block
    ");
}

#[test]
fn a_redirect_leads_to_the_client_alone() {
    insta::assert_snapshot!(check(r#"
        client "a" type="public" { redirect "https://a.example/" "http://a.example/" "http://localhost/" "http://127.0.0.1/" "http://[::1]/" "app:/back" "com.example.app:/back" }
        client "b" type="confidential" { client-secret secret="own"; redirect "https://b.example/"; redirect "http://127.0.0.1/"; redirect "com.example.app:/back"; redirect "app:/back" }
        client "c" type="public" { redirect "https://a.example/#x" "https://*.example/" "http://127.0.0.1:80/" }
    "#), @r"
    TS259 error 1: everybody on the way can read a code that is sent to `http://a.example/`
    TS259 warning 1: `localhost` can be made to mean another machine
    TS259 error 1: any program on a machine can register `app:`
    TS259 error 2: a confidential client runs on a server, and a loopback is somebody's own machine
    TS259 error 2: a confidential client runs on a server, and `com.example.app:` opens a program on somebody's machine
    TS259 error 2: a confidential client runs on a server, and `app:` opens a program on somebody's machine
    TS105 error 3: `https://a.example/#x` has a fragment
    TS105 error 3: `https://*.example/` has a wildcard
    TS105 error 3: `http://127.0.0.1:80/` names port 80, and a loopback's port is never compared
    ");
}

#[test]
fn a_redirect_to_a_page_of_ours_follows_the_service() {
    insta::assert_snapshot!(check(r#"
        client "a" type="public" { redirect service="shop/auth" path="/callback"; redirect "https://auth.hello.example/callback"; redirect service="shop/auth" path="/other" }
        client "b" type="public" { redirect service="shop/page" path="/callback"; redirect service="shop/page" path="/app/callback"; redirect service="shop/page" path="/apple" }
        client "c" type="public" { redirect service="shop/back" path="/callback"; redirect service="shop/bakc" path="/callback" }
        client "d" type="public" { redirect; redirect path="/callback"; redirect service="shop/auth"; redirect "https://a.example/" service="shop/auth"; redirect "https://b.example/" path="/callback" }
    "#), @r"
    TS261 error 1: another redirect leads to the same address
    TS260 error 2: no request for `/callback` comes to service `shop/page`
    TS260 error 2: no request for `/apple` comes to service `shop/page`
    TS260 error 3: service `shop/back` has no public address to come back to
    TS110 error 3: there is no service `shop/bakc`
    TS104 error 4: the redirect does not say where it leads
    TS104 error 4: the redirect does not say whose path this is
    TS104 error 4: the redirect does not say which path of the service it is
    TS115 error 4: a redirect is an address, or a path of a service
    TS115 error 4: the address has its path already
    ");
}

#[test]
fn a_client_allows_what_somebody_may_do() {
    insta::assert_snapshot!(check_beside(r#"
        resource "page" in="project" { action "read"; action "write" }
        resource "bill" in="project" { action "read" }
        role "viewer" { allow "page:read" }
    "#, r#"
        client "a" type="public" { redirect "https://a.example/"; allow "*:*" "page:*" "page:read" "page:write" "bill:*" "page:raed" "bil:*" }
    "#), @r"
    TS263 warning 1: no role holds `page:write`, so nobody could do it by this client
    TS263 warning 1: no role holds `bill:*`, so nobody could do it by this client
    TS201 error 1: there is no permission `page:raed`
    TS201 error 1: there is no permission `bil:*`
    ");
}

#[test]
fn who_may_grant_shows_a_second_factor() {
    let access = r#"
        resource "page" in="project" { action "read"; action "write" }
        resource "team" in="team" { action "create"; action "read"; action "remove"; action "invite" }
        condition "mine" field="owner_id" is="user"
        role "reader" { allow "*:read" "team:create" "page:write" }
        role "inviter" { allow "team:invite" when="mine" }
        role "remover" { allow "team:remove" }
        role "owner" { allow "*:*" }
        platform-role "owner" { inherits platform-role="admin" }
        platform-role "admin" { allow "*:*" }
        team "ops" { }
    "#;
    insta::assert_snapshot!(check_beside(access, ""), @r"
    TS258 error 1: platform-role `admin` may do everything, and nobody needs a second factor for it
    TS258 error 1: platform-role `owner` may do everything, and nobody needs a second factor for it
    TS258 error 1: role `inviter` holds `team:invite`, and nobody needs a second factor for it
    TS258 error 1: role `owner` may do everything, and nobody needs a second factor for it
    TS258 error 1: role `remover` holds `team:remove`, and nobody needs a second factor for it
    ");
    insta::assert_snapshot!(check_beside(access, r#"
        mfa "totp" { required-for role="owner"; required-for role="inviter"; required-for platform-role="admin"; required-for platform-role="ownr"; required-for }
        waive "second-factor" { reason "soon"; until "2027-06-30"; owner team="ops" }
    "#), @r"
    TS258 error 1: role `remover` holds `team:remove`, and nobody needs a second factor for it (waived)
    TS110 error 1: there is no platform-role `ownr`
    TS104 error 1: `required-for` does not say what it refers to
    ");
}

#[test]
fn a_second_factor_has_its_bounds() {
    insta::assert_snapshot!(check_beside(r#"role "a" { }"#, r#"
        mfa "sms" { required-for role="a"; backup-codes 8; issuer "Hello: there"; digits 7; period "2m" }
    "#), @r"
    TS105 error 1: `sms` is not a second factor
    TS113 hint 1: `backup-codes 8` is the default of edition 2026
    TS105 error 1: a colon ends the name in the address that apps read
    TS105 error 1: no app shows codes of 7 digits
    TS105 error 1: a code that holds `2m`
    ");
    insta::assert_snapshot!(check_beside(r#"role "a" { }"#, r#"
        mfa "totp" { required-for role="a"; backup-codes 17; issuer "Hello"; digits 8; period "15500ms" }
    "#), @r"
    TS105 error 1: `17` is not between 4 and 16
    TS105 error 1: `15500ms` is no whole number of seconds, and here seconds are counted
    ");
}

#[test]
fn the_issuer_has_an_address() {
    insta::assert_snapshot!(check(r#"issuer "hello" service="shop/back""#), @r"
    TS268 error 1: the issuer is `shop/back`, which may not reach `shop/auth`: nobody could log in
    TS260 error 1: service `shop/back` has no public address, and tokens need one as their `iss`
    ");
    insta::assert_snapshot!(check(r#"issuer "hello" service="shop/page""#), @r"TS268 error 1: the issuer is `shop/page`, which may not reach `shop/auth`: nobody could log in");
    insta::assert_snapshot!(tests::check(r#"
        auth service="shop/auth" {
            issuer "hello"; audience "a"; access-token "15m"; signing-key secret="signing"
            provider "github" client-id="a" { client-secret secret="github"; scopes "user:email" }
            client "a" type="public" { redirect service="shop/auth" path="/callback" }
        }
        project "shop" { service "auth" { image @web; port 80; public host="Auth_1" gateway="none" } }
        secret "github" file="secret.age"
        secret "signing" file="secret.age"
    "#), @"
    TS112 warning 0: gateway `public` is never used: no service is `public` by it
    TS272 error 2: client `a` goes by the name of this audience
    TS741 error 3: service `shop/auth` may reach nothing outside on port 443/tcp
    TS105 error 6: `Auth_1` has `A`, which a host cannot have
    TS110 error 6: there is no gateway `none`
    ");
}

#[test]
fn an_audience_is_an_interface() {
    let api = r#"api "hello-apis" service="shop/back" { route "GET /" anonymous=#true }"#;
    insta::assert_snapshot!(check_beside(api, ""), @r"TS269 warning 3: no `api` is called `hello-api`, so nothing knows that these tokens are for it");
    insta::assert_snapshot!(check_beside(api, r#"audience "cli""#), @r#"TS272 error 1: client `cli` goes by the name of this audience"#);
    let more = r#"; api "other" service="shop/back" { route "GET /" anonymous=#true }"#;
    insta::assert_snapshot!(check_beside(&format!("{api}{more}"), r#"audience "https://api.example""#), @r"TS269 warning 1: no `api` is called `https://api.example`, so nothing knows that these tokens are for it");
}

#[test]
fn an_environment_changes_what_differs() {
    let text = r#"
        auth service="shop/auth" {
            issuer "hello"; audience "shop"; access-token "15m"; signing-key secret="signing"
            provider "github" client-id="base" { client-secret secret="github"; scopes "user:email" }
            client "a" type="public" { redirect service="shop/auth" path="/callback"; redirect "http://127.0.0.1/" }
        }
        project "shop" { service "auth" { image @web; port 80; public host="auth"; reaches external="providers" } }
        external "providers" { ports "443/tcp" }
        secret "github" file="secret.age"
        secret "signing" file="secret.age"
        environment "test" {
            platform { (override)domain "test.example" }
            auth {
                (override)provider "github" client-id="test"
                client "a" { (remove)redirect "http://127.0.0.1/" }
                (override)access-token "5m"
            }
        }
    "#;
    let auth = tests::platform(text, Some("test")).auth.expect("it is declared");
    let shown = serde_json::to_string_pretty(&auth).expect("it is JSON");
    insta::assert_snapshot!(shown, @r#"
    {
      "service": "shop/auth",
      "issuer": {
        "name": "hello",
        "service": "shop/auth",
        "address": "https://auth.test.example"
      },
      "audience": "shop",
      "login_state": "10m",
      "providers": {
        "github": {
          "name": "github",
          "protocol": "github",
          "vouches_for": null,
          "client_id": "test",
          "client_secret": {
            "secret": "github",
            "key": null
          },
          "scopes": [
            "user:email"
          ],
          "step_up": {}
        }
      },
      "access_token": {
        "lifetime": "5m",
        "claims": [
          "sub"
        ]
      },
      "refresh_token": null,
      "signing_key": {
        "secret": {
          "secret": "signing",
          "key": null
        },
        "every": "90d",
        "algorithm": "EdDSA"
      },
      "revocations": null,
      "mfa": null,
      "clients": {
        "a": {
          "name": "a",
          "type": "public",
          "redirects": [
            "https://auth.test.example/callback"
          ],
          "secret": null,
          "allows": []
        }
      }
    }
    "#);
}

#[test]
fn a_name_in_other_letters_and_a_loopback_by_name_are_one_mistake_each() {
    insta::assert_snapshot!(check(r#"
        provider "GitHub" client-id="Iv1.hello" { client-secret secret="github"; scopes "user:email" }
        client "cli" type="public" { redirect "http://localhost:3000/callback" }
    "#), @r"
    TS105 error 1: `GitHub` has `G`, which a name cannot have
    TS105 error 2: `http://localhost:3000/callback` names port 3000, and a loopback's port is never compared
    ");
}
