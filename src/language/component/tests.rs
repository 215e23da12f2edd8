//! Components from the outside: a few lines in, what is said about them or what they mean out.

use proptest::prelude::*;

use crate::diagnostic::{human, json};
use crate::language::Selection;
use crate::language::tests::{check, check_files, tree};
use crate::tree::Tree;

const REDIS: &str = r#"component "redis" { parameter "memory" "size" default="128Mi" at-least="32Mi" up-to="4Gi"; parameter "evict" "text" default="allkeys-lru" { one-of "allkeys-lru" "noeviction" }; parameter "password" "secret"; body { service "{name}" { image @web; command "redis-server" "--maxmemory" "{memory.bytes}" "--maxmemory-policy" "{evict}"; port 6379; resources memory="{memory}"; env "REDIS_PASSWORD" secret="{password}" } } }"#;

/// The findings about a text below the component `redis`, which is the line before it.
fn check_redis(text: &str) -> String {
    check(&format!("{REDIS}{text}"))
}

/// What an expansion renders to is what its body says by hand.
fn same(text: &str, by_hand: &str) {
    let (one, other) = (manifests(text), manifests(by_hand));
    assert_eq!(one, other);
    assert!(one.contains("kind: Deployment"), "{one}");
}

/// The objects that a text is rendered to, without where they come from.
fn manifests(text: &str) -> String {
    let tree: Tree = tree(&[("platform.kdl", text), ("app.toml", "a = 1\n")]);
    let outcome = crate::compile(&tree, &Selection::default()).expect("rendering has no bug");
    let told: Vec<&str> = outcome.diagnostics.iter().map(|it| it.message.as_str()).collect();
    let compiled = outcome.compiled.unwrap_or_else(|| panic!("{told:?}"));
    let files = compiled.files(None, &outcome.sources);
    let yaml = String::from_utf8(files["kubernetes/shop.yaml"].to_vec()).expect("it is text");
    yaml.lines()
        .filter(|it| !it.contains("trackside.dev/source"))
        .fold(String::new(), |all, it| all + it + "\n")
}

#[test]
fn what_leads_in_a_circle_is_not_declared_twice_as_well() {
    insta::assert_snapshot!(check(r#"
        component "a" { body { use "x" component="b" } }
        component "b" { body { use "x" component="a" } }
        project "shop" { use "u" component="a" }
    "#), @"TS155 error 2: component `a` would use itself without end");
}

#[test]
fn a_use_gives_what_the_parameters_say() {
    insta::assert_snapshot!(check_redis(r#"
        project "shop" {
            secret "key" file="secret.age"
            use "a" component="redis" { memory "256Mi"; password secret="key" }
            use "b" component="redis" { memroy "256Mi"; evict "allkeys-lfu"; password secret="kee" }
            use "c" component="redis" { memory 256; evict #true; password "hunter2 it is" }
            use "d" component="redis" { memory "8Gi"; password secret="key"; color "red" }
            use "e" component="redis" { memory "1Mi"; memory "2Gi"; password external="key" }
            use "f" component="redis"
            use "g" component="rediss" { memory; password "key"; evict "noeviction" secret="key" }
            use "a" component="redis" { password secret="key" }
            use "Web Shop" component="redis" { password secret="key" }
            use "h" { password secret="key" }
            use component="redis"
        }
    "#), @r"
    TS150 error 5: component `redis` has no parameter `memroy`
    TS152 error 5: `allkeys-lfu` is not one of the values that `evict` may have
    TS110 error 5: there is no secret `kee` in project `shop` or at the top
    TS105 error 6: `256` has no unit
    TS105 error 6: expected a text, found `#true`
    TS105 error 6: `password` is the name of a secret, and not the thing itself
    TS152 error 7: `8Gi` is more than the most that `memory` may be
    TS150 error 7: component `redis` has no parameter `color`
    TS152 error 8: `1Mi` is less than the least that `memory` may be
    TS108 error 8: `memory` is declared twice
    TS105 error 8: `password` is a `secret`, and no `external`
    TS151 error 9: use `f` does not give `password`
    TS110 error 10: there is no component `rediss`
    TS104 error 10: `memory` has no value
    TS105 error 10: `password` is the name of a secret, and not the thing itself
    TS115 error 10: `evict` has two values
    TS108 error 11: use `a` is declared twice
    TS105 error 12: `Web Shop` has `W`, which a name cannot have
    TS104 error 13: use `h` needs `component=`
    TS104 error 14: `use` needs its name after `use`
    ");
}

#[test]
fn a_use_means_what_its_body_says() {
    same(
        &format!(
            r#"{REDIS}
            project "shop" {{
                secret "key" file="secret.age"
                use "cache" component="redis" {{ memory "256Mi"; password secret="key" }}
                use "more" component="redis" {{ evict "noeviction"; password secret="key" }}
                service "web" {{ image @web; reaches use="cache"; env "REDIS" service="cache" part="host" }}
            }}"#
        ),
        r#"
            project "shop" {
                secret "key" file="secret.age"
                service "cache" { image @web; command "redis-server" "--maxmemory" "268435456" "--maxmemory-policy" "allkeys-lru"; port 6379; resources memory="256Mi"; env "REDIS_PASSWORD" secret="key" }
                service "more" { image @web; command "redis-server" "--maxmemory" "134217728" "--maxmemory-policy" "noeviction"; port 6379; resources memory="128Mi"; env "REDIS_PASSWORD" secret="key" }
                service "web" { image @web; reaches service="cache"; env "REDIS" service="cache" part="host" }
            }"#,
    );
}

#[test]
fn every_type_is_filled_in_where_it_belongs() {
    same(
        r##"
            component "app" {
                parameter "image" "image"
                parameter "count" "number" at-least=1 up-to=9
                parameter "port" "port" default=8080
                parameter "stop" "duration" up-to="5m"
                parameter "cpu" "cpu"
                parameter "config" "file"
                parameter "folder" "path" default="/etc/app"
                parameter "at" "schedule"
                parameter "zone" "zone" default="Europe/Berlin"
                parameter "debug" "bool" default=#false
                parameter "greeting" "text" length="1..10"
                parameter "backend" "service"
                parameter "mail" "external"
                parameter "team" "name"
                parameter "home" "url"
                parameter "peer" "host"
                body {
                    service "{name}" framework="{team}" {
                        image "{image}"
                        port "{port}"
                        replicas "{count}"
                        resources cpu="{cpu}"
                        stop-within "{stop}"
                        config "{folder}/app.toml" file="{config}"
                        config "/etc/json" #"{"port":{port},"all":{"debug":{debug}},"re":"[a-z]{2,3}","literal":"{{port}}"}"#
                        env "PORT" "{port}"
                        env "STOP" "{stop.seconds} {stop.milliseconds} {cpu.millicores}"
                        env "DEBUG" "{debug}"
                        env "HOME_URL" "{home}"
                        env "PEER" "{peer}"
                        env "GREETING" "{greeting}, {name}"
                        reaches service="{backend}"
                        reaches external="{mail}"
                    }
                    cron "{name}-clean" schedule="{at}" zone="{zone}" { image "{image}"; reaches service="{name}" }
                }
            }
            external "mail" { ports "587/tcp" }
            project "shop" {
                service "db" { image @web; port 5432 }
                use "web" component="app" {
                    image @web
                    count 3
                    stop "1m30s"
                    cpu "250m"
                    config "app.toml"
                    at "0 3 * * *"
                    debug #true
                    greeting "hello"
                    backend service="db"
                    mail external="mail"
                    team "rust"
                    home "https://acme.example"
                    peer "peer.acme.example"
                }
            }"##,
        r##"
            external "mail" { ports "587/tcp" }
            project "shop" {
                service "db" { image @web; port 5432 }
                service "web" framework="rust" {
                    image @web
                    port 8080
                    replicas 3
                    resources cpu="250m"
                    stop-within "1m30s"
                    config "/etc/app/app.toml" file="app.toml"
                    config "/etc/json" #"{"port":8080,"all":{"debug":true},"re":"[a-z]{2,3}","literal":"{port}"}"#
                    env "PORT" "8080"
                    env "STOP" "90 90000 250"
                    env "DEBUG" "true"
                    env "HOME_URL" "https://acme.example"
                    env "PEER" "peer.acme.example"
                    env "GREETING" "hello, web"
                    reaches service="db"
                    reaches external="mail"
                }
                cron "web-clean" schedule="0 3 * * *" zone="Europe/Berlin" { image @web; reaches service="web" }
            }"##,
    );
}

#[test]
fn parameters_fit_together() {
    insta::assert_snapshot!(check(r#"
        component "a" {
            parameter "name" "text"
            parameter "waive" "texts"
            parameter "memory" "size" default="8Gi" at-least="1Gi" up-to="4Gi"
            parameter "cpu" "cpu" at-least="2" up-to="1"
            parameter "image" "image" at-least="x" length="1..2"
            parameter "color" "text" default="red" length="1..4" { one-of "green" "blue" 3 }
            parameter "count" "number" default="3"
            parameter "code" "text" default="a1" pattern="[a-z]+"
            parameter "odd" "size" pattern="[a-z"
            parameter "Bad" "bool" default="yes"
            parameter "memory" "number"
            parameter "lone"
            parameter
            body { service "{name}" { image "{image}"; args "{waive}" "{memory}" "{cpu}" "{color}" "{count}" "{Bad}" "{lone}" "{code}" "{odd}" } }
        }
        project "shop" { use "x" component="a" { name "x"; waive "x"; image @web; cpu "1"; code "B"; odd "1Mi" } }
    "#), @r"
    TS154 error 2: a parameter cannot be called `name`
    TS154 error 3: a parameter cannot be called `waive`
    TS105 error 3: `texts` is not a type of a parameter
    TS154 error 4: `8Gi` is more than the most that `memory` may be
    TS154 error 5: `1` is less than `2`
    TS154 error 6: `at-least` means nothing for a `image`: it has no order
    TS154 error 6: `length` means nothing for a `image`: only a `text` has a length
    TS154 error 7: `red` is not one of the values that `color` may have
    TS154 error 7: `green` has 5 characters
    TS105 error 7: expected a text, found the number `3`
    TS105 error 8: expected a number, found the text `3`
    TS154 error 9: `a1` does not look as `code` has to
    TS154 error 10: `pattern` means nothing for a `size`: only a `text` has a pattern
    TS105 error 10: `[a-z` is not a regular expression: unclosed character class
    TS105 error 11: `Bad` has `B`, which a name cannot have
    TS105 error 11: expected a truth value, found the text `yes`
    TS108 error 12: parameter `memory` is declared twice
    TS104 error 13: parameter `lone` needs its type after `parameter`
    TS104 error 14: `parameter` needs its name after `parameter`
    TS104 error 14: `parameter` needs its type after `parameter`
    TS104 error 17: waive `x` needs `owner` in its block
    TS104 error 17: waive `x` needs `reason` in its block
    TS104 error 17: waive `x` needs `until` in its block
    TS105 error 17: `x` is not a secure default
    TS152 error 17: `B` does not look as `code` has to
    ");
}

#[test]
fn a_body_is_checked_once_however_it_is_used() {
    let component = r#"
        component "app" {
            parameter "memory" "size" default="128Mi"
            parameter "unused" "text" default="x"
            body {
                service "{name}" {
                    imag @web
                    port 808080
                    run-as 0
                    replcas 2
                    resources memory="{memroy}" cpu="{memory}"
                    env "A" "{memory.byte} {{memroy}} {name.x} {what}"
                    reaches service="{name}-db"
                    (override)env "B" "c"
                }
                service "fixed" { port 1 }
                component "inner" { }
                environment "x" { }
            }
        }
    "#;
    let uses = (0..5).map(|it| format!("use \"u{it}\" component=\"app\"\n")).collect::<String>();
    insta::assert_snapshot!(check(component), @r"
    TS112 warning 1: component `app` is never used: no project uses it
    TS157 warning 3: parameter `unused` is never used: the body has no `{unused}`
    TS101 error 6: unknown declaration `imag` in `service`
    TS101 error 9: unknown declaration `replcas` in `service`
    TS153 error 10: this component has no parameter `memroy`
    TS153 error 11: `memory` has no form `byte`
    TS153 error 11: `name` has no form `x`
    TS153 error 11: this component has no parameter `what`
    TS120 error 13: `(override)` on env `B` has nothing to act on
    TS104 error 15: service `fixed` needs `image` in its block
    TS101 error 16: unknown declaration `component` in `body`
    TS101 error 17: unknown declaration `environment` in `body`
    ");
    insta::assert_snapshot!(check(&format!("{component}project \"shop\" {{ use \"u0\" component=\"app\" }}")), @r"
    TS157 warning 3: parameter `unused` is never used: the body has no `{unused}`
    TS101 error 6: unknown declaration `imag` in `service`
    TS105 error 7: `808080` is not a port
    TS303 error 8: service `u0` runs as root
    TS101 error 9: unknown declaration `replcas` in `service`
    TS153 error 10: this component has no parameter `memroy`
    TS105 error 10: `128Mi` has the unit `Mi`, which processor time does not know
    TS153 error 11: `memory` has no form `byte`
    TS153 error 11: `name` has no form `x`
    TS153 error 11: this component has no parameter `what`
    TS110 error 12: there is no service `u0-db` in project `shop`
    TS120 error 13: `(override)` on env `B` has nothing to act on
    TS104 error 15: service `fixed` needs `image` in its block
    TS101 error 16: unknown declaration `component` in `body`
    TS101 error 17: unknown declaration `environment` in `body`
    ");
    insta::assert_snapshot!(check(&format!("{component}project \"shop\" {{ {uses} }}")), @r"
    TS157 warning 3: parameter `unused` is never used: the body has no `{unused}`
    TS101 error 6: unknown declaration `imag` in `service`
    TS105 error 7: `808080` is not a port
    TS303 error 8: service `u0` runs as root
    TS101 error 9: unknown declaration `replcas` in `service`
    TS153 error 10: this component has no parameter `memroy`
    TS105 error 10: `128Mi` has the unit `Mi`, which processor time does not know
    TS153 error 11: `memory` has no form `byte`
    TS153 error 11: `name` has no form `x`
    TS153 error 11: this component has no parameter `what`
    TS110 error 12: there is no service `u0-db` in project `shop`
    TS120 error 13: `(override)` on env `B` has nothing to act on
    TS104 error 15: service `fixed` needs `image` in its block
    TS108 error 15: service `fixed` is declared twice
    TS101 error 16: unknown declaration `component` in `body`
    TS101 error 17: unknown declaration `environment` in `body`
    ");
}

#[test]
fn components_end() {
    insta::assert_snapshot!(check(r#"
        component "self" { body { service "{name}" { image @web }; use "{name}-a" component="self" } }
        component "ping" { body { service "{name}" { image @web }; use "{name}-a" component="pong" } }
        component "pong" { body { use "{name}-b" component="ping"; use "{name}-c" component="{name}"; use "{name}-d" component="pnog" } }
        project "shop" { use "a" component="self"; use "b" component="ping" }
    "#), @r"
    TS155 error 1: component `self` would use itself without end
    TS155 error 3: component `ping` would use itself without end
    TS105 error 3: which component is used does not depend on a parameter
    TS110 error 3: there is no component `pnog`
    ");
    let levels = (0..6).map(|it| {
        let uses = (0..10)
            .map(|at| format!("use \"{{name}}-{at}\" component=\"l{}\"; ", it + 1))
            .collect::<String>();
        format!("component \"l{it}\" {{ body {{ {uses} }} }}\n")
    });
    let levels = levels.collect::<String>();
    insta::assert_snapshot!(check(&format!(
        "{levels}component \"l6\" {{ body {{ service \"{{name}}\" {{ image @web }} }} }}\nproject \"shop\" {{ use \"a\" component=\"l0\"; service \"web\" {{ image @web; reaches service=\"a-9-9-9-9-9-9\" }} }}"
    )), @"TS156 error 6: the uses of this platform are more than 10000, or have more than 100000 declarations or 8 MiB of text");
}

#[test]
fn environments_change_parameters_and_nothing_else() {
    insta::assert_snapshot!(check_redis(r#"
        project "shop" {
            secret "key" file="secret.age"
            secret "other" file="secret.age"
            use "cache" component="redis" { memory "256Mi"; password secret="key" }
            use "more" component="redis" { password secret="other" }
        }
        environment "one" { project "shop" { use "cache" { (override)memory "64Mi" } } }
        environment "two" { project "shop" { use "cache" { (override)memory "64Gi"; (override)evict "noeviction"; password secret="other" } } }
        environment "three" { project "shop" { use "cache" { evict "noeviction"; (remove)password } } }
        environment "four" { project "shop" { (remove)use "more"; use "new" component="redis" { password secret="other" } ; service "cache" { (override)port 1 } } }
        environment "five" { component "x" { body { } }; project "shop" { use "cache" { service "x" { image @web } } } }
        environment "six" { project "shop" { service "cache" { image @web } } }
    "#), @r"
    TS108 error 1: service `cache` is declared twice [six]
    TS151 error 5: use `cache` does not give `password` [three]
    TS152 error 9: `64Gi` is more than the most that `memory` may be [two]
    TS122 error 9: there is no `evict` in the base to override [two]
    TS121 error 9: `password` exists in the base already [two]
    TS122 error 11: there is no service `cache` in the base to enter [four]
    TS101 error 12: unknown declaration `component` in `environment`
    TS150 error 12: component `redis` has no parameter `service` [five]
    ");
}

#[test]
fn a_waiver_reaches_into_a_use_only_when_written_on_it() {
    insta::assert_snapshot!(check(r#"
        component "app" { body { service "{name}" { image "ghcr.io/acme/app:1" }; use "{name}-in" component="in" } }
        component "in" { body { cron "{name}" schedule="0 3 * * *" { image "ghcr.io/acme/in:1" } } }
        waive "image-digest" { reason "one"; until "2027-06-30"; owner team="ops" }
        project "shop" {
            waive "image-digest" { reason "two"; until "2027-06-30"; owner team="ops" }
            service "web" { image "ghcr.io/acme/web:1" }
            use "a" component="app"
            use "b" component="app" { waive "image-digest" { reason "three"; until "2027-06-30"; owner team="ops" }; waive "run-as-non-root" { reason "four"; until "2027-06-30"; owner team="ops" } }
        }
        team "ops" { }
    "#), @r"
    TS132 warning 1: service `b` leaves `run-as-non-root`: its processes may be root in their container; its whole namespace enforces `baseline` for it (waived)
    TS301 error 1: image `ghcr.io/acme/app:1` is not pinned by digest
    TS301 error 1: image `ghcr.io/acme/app:1` is not pinned by digest (waived)
    TS301 error 2: image `ghcr.io/acme/in:1` is not pinned by digest
    TS131 warning 3: the waiver of `image-digest` accepts nothing here
    TS301 error 6: image `ghcr.io/acme/web:1` is not pinned by digest (waived)
    ");
}

#[test]
fn a_use_is_reached_by_its_one_service() {
    insta::assert_snapshot!(check(r#"
        component "one" { body { service "{name}" { image @web; port 80; offers project="other" } } }
        component "two" { body { service "{name}" { image @web; port 80 }; service "{name}-b" { image @web; port 81 } } }
        component "none" { body { cron "{name}" schedule="0 3 * * *" { image @web; reaches use="{name}" } } }
        project "shop" {
            use "a" component="one"
            use "b" component="two"
            use "c" component="none"
            service "web" { image @web; reaches use="a"; reaches service="a"; reaches use="b"; reaches use="c"; reaches use="d"; reaches use="aa" service="a" }
            service "api" { image @web; reaches use="a" }
        }
        project "other" { service "web" { image @web; reaches use="shop/a"; reaches use="a" } }
    "#), @r#"
    TS158 error 3: use `c` has no service that could be reached
    TS108 error 8: `reaches service="a"` leads where another line leads
    TS158 error 8: use `b` has 2 services
    TS158 error 8: use `c` has no service that could be reached
    TS110 error 8: there is no use `d` in project `shop`
    TS115 error 8: `reaches` says two things, `service=` and `use=`
    TS110 error 11: there is no use `a` in project `other`
    "#);
}

#[test]
fn what_comes_of_a_use_meets_what_is_there() {
    insta::assert_snapshot!(check(r#"
        component "app" { parameter "key" "text"; parameter "more" "text"; body { service "{name}" { image @web; env "{key}" "1"; env "{more}" "2" }; service "fixed" { image @web }; secret "token" file="secrets/{name}.age" } }
        project "shop" {
            use "a" component="app" { key "A"; more "A" }
            use "b" component="app" { key "A"; more "b c" }
            service "a" { image @web }
            cron "b" schedule="0 3 * * *" { image @web; env "T" secret="token" }
        }
    "#), @r"
    TS108 error 1: service `a` is declared twice
    TS108 error 1: env `A` is declared twice
    TS108 error 1: service `fixed` is declared twice
    TS108 error 1: secret `token` is declared twice
    TS050 error 1: there is no file `secrets/a.age`
    TS050 error 1: there is no file `secrets/b.age`
    TS105 error 4: `b c` has `b`, which an environment variable cannot have
    TS108 error 6: a service of project `shop` is called `b` already
    TS431 error 6: two things in project `shop` want the service account `b`
    ");
}

#[test]
fn a_component_stands_in_any_file() {
    insta::assert_snapshot!(check_files(&[
        ("platform.kdl", r#"
            include "components/*.kdl" "projects/*.kdl"
            component "redis" { body { service "{name}" { image @web } } }
        "#),
        ("components/app.kdl", r#"component "app" {
            parameter "memory" "size" default="1Mi"
            body { service "{name}" { image "ghcr.io/acme/app@sha256:7777777777777777777777777777777777777777777777777777777777777777"; resources memory="{memory}"; env "KEY" secret="kez" } }
        }"#),
        ("projects/shop.kdl", r#"project "shop" { secret "key" file="secret.age"; use "a" component="app" { memory "1 Gi" } }"#),
        ("projects/more.kdl", r#"project "more" { use "a" component="app"; use "b" component="redis" }"#),
    ]), @"
    TS110 error components/app.kdl:3: there is no secret `kez` in project `more` or at the top
    TS105 error projects/shop.kdl:1: `1 Gi` has the unknown unit ` Gi`
    ");
}

/// The findings about a text as a person reads them.
fn told(text: &str) -> String {
    let outcome = crate::check(&tree(&[("platform.kdl", text)]), &Selection::default());
    let style = human::Style { width: 90, ..human::Style::default() };
    let told = human::render(&outcome.diagnostics, &outcome.sources, &style);
    // The long lines of the head and of images are of no interest.
    told.lines().filter(|it| !it.contains("sha256")).fold(String::new(), |all, it| all + it + "\n")
}

#[test]
fn a_finding_shows_the_body_and_the_use() {
    insta::assert_snapshot!(told(r#"
component "redis" {
    parameter "memory" "text" default="128Mi"
    body {
        service "{name}" {
            image @web
            resources memory="1Mi..{memory}"
            scratch "/data" up-to="{memory}"
            run-as 0
        }
    }
}
component "pair" {
    parameter "size" "text"
    body {
        use "{name}-a" component="redis" { memory "{size}" }
    }
}
project "shop" {
    use "one" component="redis" { memory "much" }
    use "two" component="pair" { size "more" }
    use "three" component="redis"
}
"#), @r#"
    error[TS105]: `more` does not start with a number
      --> platform.kdl:7:30
       |
     7 |             resources memory="1Mi..{memory}"
       |                              ^^^^^^^^^^^^^^^
    ...
    16 |         use "{name}-a" component="redis" { memory "{size}" }
       |         --------------------------------          -------- `memory` is given here
       |         |
       |         expanded here
      --> platform.kdl:21:5
       |
    21 |     use "two" component="pair" { size "more" }
       |     -------------------------- expanded here
       = help: write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`

    error[TS105]: `much` does not start with a number
      --> platform.kdl:7:30
       |
     7 |             resources memory="1Mi..{memory}"
       |                              ^^^^^^^^^^^^^^^
      --> platform.kdl:20:42
       |
    20 |     use "one" component="redis" { memory "much" }
       |     ---------------------------          ------ `memory` is given here
       |     |
       |     expanded here
       = help: write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`

    error[TS303]: service `one` runs as root
      --> platform.kdl:9:13
       |
     9 |             run-as 0
       |             ^^^^^^^^
    ...
    16 |         use "{name}-a" component="redis" { memory "{size}" }
       |         -------------------------------- expanded here
    ...
    20 |     use "one" component="redis" { memory "much" }
       |     --------------------------- expanded here
    21 |     use "two" component="pair" { size "more" }
       |     -------------------------- expanded here
       = help: where it must stay: `waive "run-as-non-root" { reason "…"; until "…"; owner team="…" }`

    error[TS105]: `much` does not start with a number
      --> platform.kdl:20:42
       |
     8 |             scratch "/data" up-to="{memory}"
       |                                   ---------- filled in here
    ...
    20 |     use "one" component="redis" { memory "much" }
       |                                          ^^^^^^
       = help: write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`

    error[TS105]: `more` does not start with a number
      --> platform.kdl:21:39
       |
    16 |         use "{name}-a" component="redis" { memory "{size}" }
       |                                                   -------- filled in here
    ...
    21 |     use "two" component="pair" { size "more" }
       |                                       ^^^^^^
      --> platform.kdl:8:35
       |
     8 |             scratch "/data" up-to="{memory}"
       |                                   ---------- filled in here
       = help: write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`

    5 errors
    "#);
}

#[test]
fn what_is_secret_by_its_name_is_hidden_where_it_is_given() {
    let text = r#"
component "app" {
    parameter "login" "text"
    parameter "api-token" "text"
    parameter "key" "secret"
    body {
        service "{name}" {
            image @web
            env "DB_PASSWORD" "{login}"
            env "URL" "https://x:{login}@acme.example/{api-token}"
            env "KEY" secret="{key}"
        }
    }
}
project "shop" { use "a" component="app" { login "hunter2hunter"; api-token "letmein99"; key "swordfish!!" } }
"#;
    let outcome = crate::check(&tree(&[("platform.kdl", text)]), &Selection::default());
    let (diagnostics, sources) = (&outcome.diagnostics, &outcome.sources);
    let told = human::render(diagnostics, sources, &human::Style::default());
    let all = format!("{told}{}", json::render(diagnostics, sources));
    let leaks: Vec<&str> =
        ["hunter2", "letmein", "swordfish"].into_iter().filter(|it| all.contains(it)).collect();
    assert!(leaks.is_empty(), "{leaks:?} in\n{all}");
    assert!(told.contains("TS304"), "{told}");
}

#[test]
fn what_stands_in_a_body_by_mistake_is_named() {
    insta::assert_snapshot!(check(r#"
        component "app" {
            parameter "größe" "size"
            parameter "a" "text" { one-of "ü" "漢字" }
            parameter "many" "text" length="2..1"
            body "x" {
                include "more.kdl"
                environment "y" { }
                project "z" { }
                (remove)service "{name}" { image @web; args "{a}" "{größe}" "{a" "a}" "{A}" "{}" "\u{7b}a\u{7d}" "\u{7b}b\u{7d}{{a}}{c}" }
                parameter "b" "text"
                use "{name}" component="app"
            }
            body { service "again" { image @web } }
        }
        component "app" { body { } }
        component "empty"
        component "none" { body { } }
        project "shop" {
            use "one" component="none"
            use "two" component="empty"
            use "drei-漢" component="app" { a "漢字"; größe "1Mi"; many "x"; component "b" }
            service "web" { image @web; reaches use="one" }
        }
        use "top" component="app"
        parameter "p" "text"
    "#), @r"
    TS105 error 2: `größe` has `ö`, which a name cannot have
    TS157 warning 4: parameter `many` is never used: the body has no `{many}`
    TS105 error 4: `2..1` starts above its end
    TS103 error 5: `body` takes no argument
    TS101 error 6: unknown declaration `include` in `body`
    TS101 error 7: unknown declaration `environment` in `body`
    TS101 error 8: unknown declaration `project` in `body`
    TS120 error 9: `(remove)` on service `{name}` has nothing to act on
    TS153 error 9: this component has no parameter `b`
    TS153 error 9: this component has no parameter `c`
    TS101 error 10: unknown declaration `parameter` in `body`
    TS155 error 11: component `app` would use itself without end
    TS108 error 13: `body` is declared twice
    TS108 error 15: component `app` is declared twice
    TS104 error 16: component `empty` needs `body` in its block
    TS105 error 21: `drei-漢` has `漢`, which a name cannot have
    TS150 error 21: component `app` has no parameter `component`
    TS158 error 22: use `one` has no service that could be reached
    TS101 error 24: unknown declaration `use` at the top
    TS101 error 25: unknown declaration `parameter` at the top
    ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_filled_in_as_it_is(
        text in r#"[a-c{}. "\\漢\n#$-]{1,12}"#,
        before in r"[a-c{. \\漢#$-]{0,6}",
        number in 0..10_000_u32,
        uses in 1..4_usize,
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
        // In front of a blank, the text says nothing that is a blank itself.
        let before = before.replace('{', "{ ");
        let names: Vec<String> = (0..uses).map(|it| format!("u{it}")).collect();
        let body = format!(
            r#"service "{{name}}" {{ image @web; port 80; args {} "{{number}}" "{{text}}" "{{name}}-{{number}}"; replicas "1..{{count}}" }}"#,
            quoted(&format!("{before}{{text}}{{number}}")),
        );
        let component = format!(
            r#"component "c" {{ parameter "text" "text"; parameter "number" "number"; parameter "count" "number" default=3; body {{ {body} }} }}"#
        );
        let used = names.iter().map(|it| format!("use \"{it}\" component=\"c\" {{ text {}; number {number} }}\n", quoted(&text)));
        let by_hand = names.iter().map(|it| {
            let first = quoted(&format!("{before}{text}{number}"));
            let text = quoted(&text);
            format!(
                "service \"{it}\" {{ image @web; port 80; args {first} \"{number}\" {text} \"{it}-{number}\"; replicas \"1..3\" }}\n"
            )
        });
        let project = |inside: String| format!("project \"shop\" {{\n{inside}}}");
        let one = manifests(&format!("{component}\n{}", project(used.collect())));
        prop_assert_eq!(one, manifests(&project(by_hand.collect())));
    }
}
