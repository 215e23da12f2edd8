//! What is said about databases, and about what becomes of what is in them.

use crate::language::tests::check;

/// A database in a project, reached by a service, with these tables.
fn check_tables(tables: &str) -> String {
    check(&format!(
        "project \"shop\" {{ service \"web\" {{ image @web; reaches database=\"orders\" }}; database \"orders\" engine=\"postgresql\" {{ server \"10.8.41.0/24\"\n{tables}\n}} }}"
    ))
}

/// The same with what else stands in the project.
fn check_erasure(tables: &str, rest: &str) -> String {
    check(&format!(
        "project \"shop\" {{ service \"web\" {{ image @web; reaches database=\"orders\" }}\n{rest}\ndatabase \"orders\" engine=\"postgresql\" {{ server \"10.8.41.0/24\"\n{tables}\n}} }}"
    ))
}

#[test]
fn a_database_says_where_it_answers() {
    insta::assert_snapshot!(check(r#"
        database "none" engine="mysql" { }
        database "two" engine="postgresql" { server "10.8.41.0/24"; run "cloudnative-pg" { image @web; storage "1Gi" } }
        database "open" engine="postgresql" { server "8.8.8.0/24" tls="disable"; postgresql "12" }
        database "cluster" engine="postgresql" { server "10.244.3.0/24" port="5432" }
        database "run" engine="postgresql" { run "cloudnative-pg" { image @web; instances 12; storage "lots" } }
        database "same" engine="postgresql" { server "10.8.41.0/24" port=5432 tls="verify-full" }
    "#), @r#"
    TS104 error 1: database `none` does not say where it answers
    TS112 warning 1: database `none` is never used: no workload reaches it
    TS105 error 1: `mysql` is not a database engine
    TS112 warning 2: database `two` is never used: no workload reaches it
    TS115 error 2: database `two` has two servers
    TS112 warning 3: database `open` is never used: no workload reaches it
    TS607 warning 3: `8.8.8.0/24` is on the internet
    TS600 error 3: with `tls="disable"`, everybody on the way reads the password and the data
    TS105 error 3: PostgreSQL `12` is not supported
    TS112 warning 4: database `cluster` is never used: no workload reaches it
    TS434 error 4: nothing is left of `10.244.3.0/24`, where database `cluster` answers: 10.244.0.0/16 is never outside
    TS105 error 4: expected a port, found the text `5432`
    TS602 error 5: database `run` stands at the top, and no project could read the login that is made
    TS112 warning 5: database `run` is never used: no workload reaches it
    TS452 error 5: the instances of database `run` have to reach the API server, and nothing says where it is
    TS456 hint 5: the operator starts each instance by an image of its own, which has to be pinned as well
    TS601 error 5: `ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777` does not say which version of PostgreSQL it is
    TS105 error 5: 12 instances cannot run
    TS105 error 5: `lots` does not start with a number
    TS112 warning 6: database `same` is never used: no workload reaches it
    TS113 hint 6: `port=5432` is the default of edition 2026
    TS113 hint 6: `tls="verify-full"` is the default of edition 2026
    "#);
}

#[test]
fn who_takes_a_login_reaches_its_database_and_takes_what_it_has() {
    insta::assert_snapshot!(check(r#"
        vault "main" address="https://vault.hello.example" { mount "secret" engine="kv-v2"; login "kubernetes" as="hello" }
        secret "login" (vault)"secret/platform/db" { keys "username" "password" }
        secret "single" file="secret.age" { offers project="shop" }
        database "platform" engine="postgresql" { server "10.8.41.0/24"; login secret="login"; offers project="shop"; offers project="numbers" }
        project "shop" {
            service "web" {
                image @web
                reaches database="platform"
                env "A" database="platform" key="username"
                env "B" database="platform" key="user"
                env "C" database="platform" key="sslmode"
                env "D" database="platform"
                env "E" database="own" key="host"
                env "F" secret="login" key="password"
                env "G" secret="single" key="x"
                env "H" secret="keyed"
                env "I" secret="keyed" key="a"
                env "J" secret="keyed" key="c"
                env "K" "text" key="a"
                env "L" database="platform" secret="single"
                mount "/run/m" secret="keyed"
                mount "/run/n" secret="keyed" key="b"
            }
            cron "run" schedule="0 3 * * *" { image @web; reaches database="own"; env "A" database="own" key="password"; env "B" database="own" key="host"; env "C" database="own" key="port" }
            secret "keyed" file="secret.age" { keys "a" "b" }
            database "own" engine="postgresql" { run "cloudnative-pg" { image "ghcr.io/cloudnative-pg/postgresql:17.2@sha256:7777777777777777777777777777777777777777777777777777777777777777"; storage "1Gi" }; offers project="numbers" }
        }
        project "numbers" {
            service "web" { image @web; reaches database="shop/own"; env "A" database="shop/own" key="host" }
        }
        project "others" {
            service "web" { image @web; reaches database="platform"; env "A" database="platform" key="password" }
        }
    "#), @"
    TS307 warning 4: database `platform` offers itself to project `numbers`, which does not reach it
    TS602 error 10: the login of database `platform` has no `user`
    TS104 error 12: env `D` does not say which value of the login it gets
    TS603 error 13: `web` has a login of `shop/own` in `E` and may not reach it
    TS306 error 14: secret `login` does not offer itself to project `shop`
    TS604 error 14: secret `login` is the login of database `platform`
    TS605 error 15: secret `single` is one value and has no `x`
    TS605 error 16: secret `keyed` has several values, and it is not said which
    TS605 error 18: secret `keyed` has no `c`
    TS115 error 19: `key` is of a secret or of the login of a database, and this is none
    TS115 error 20: env `L` has several values
    TS605 error 21: secret `keyed` has several values, and it is not said which
    TS452 error 26: the instances of database `own` have to reach the API server, and nothing says where it is
    TS456 hint 26: the operator starts each instance by an image of its own, which has to be pinned as well
    TS309 error 26: a database of a project is its own, and offers itself to nobody
    TS306 error 29: database `own` belongs to project `shop` alone
    TS306 error 29: database `own` belongs to project `shop` alone
    TS306 error 32: database `platform` does not offer itself to project `others`
    ");
}

#[test]
fn a_secret_of_a_vault_is_found_by_the_front_of_its_path() {
    insta::assert_snapshot!(check(r#"
        vault "main" address="http://vault.hello.example" { mount "secret" engine="kv-v2"; mount "secret/team" engine="kv-v1"; login "kubernetes" as="hello" }
        vault "second" address="https://vault.hello.example" { mount "secret" engine="kv-v2"; login "kubernetes" as="hello" }
        team "ops" { }
        project "shop" {
            service "web" { image @web; env "A" secret="a" key="k"; env "B" secret="b" key="k"; env "C" secret="c" key="k"; env "D" secret="d" key="k"; env "E" secret="e"; env "F" secret="f" key="k" }
            secret "a" (vault)"secret/shop/a" { keys "k"; readable-by team="ops"; writable-by team="ops" }
            secret "b" (vault)"secret/data/shop/b" { keys "k" }
            secret "c" (vault)"scret/shop/c" { keys "k" }
            secret "d" (vault)"kv/shop/d" { keys "k" "k" }
            secret "e" (vault)"secret/shop/e"
            secret "f" (vault)"hunter2" { keys "k" }
        }
    "#), @r"
    TS112 warning 1: vault `main` is never used: no secret is in it
    TS105 error 1: `http://vault.hello.example` does not start with `https://`
    TS105 error 1: `kv-v1` is not a secret engine
    TS108 error 2: `secret` is a place of vault `main` as well
    TS606 error 6: `readable-by` is of no account for a secret in a vault
    TS606 error 6: `writable-by` is of no account for a secret in a vault
    TS105 error 7: `secret/data/shop/b` is how the vault's own interface spells the path
    TS110 error 8: no vault has a place at the front of `scret/shop/c`
    TS110 error 9: no vault has a place at the front of `kv/shop/d`
    TS109 error 9: `k` is listed twice
    TS104 error 10: secret `e` does not say which fields it has in the vault
    TS105 error 11: what stands here is no path in a vault
    ");
}

#[test]
fn columns_are_held_against_their_types() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uid" primary-key=#true
            column "Name" "text"
            column "order" "text"
            column "count" "integer" default="many"
            column "tags" "text[]" default="{}"
            column "made" "timestamptz" default="NOW()"
            column "key" "uuid" default="gen_random_uuid()"
            column "number" "bigint" default="serial"
            column "friends" "uuid" shared=#true
            column "owners" "uuid[]" owner=#true
            column "token" "uuid" encrypted=#true unique=#true default="random"
            column "email" "text" erase="null"
            column "phone" "text" personal=#true erase="null"
            column "age" "integer" personal=#true erase="DELETED"
            column "handle" "text" unique=#true personal=#true erase="DELETED"
            column "cipher" "text" encrypted=#true personal=#true erase="DELETED"
            column "first" "text" on-delete="cascade"
            column "stripe" "text" default="sk_live_4eC39HqLyjWDarjtT1zdp7dc4eC39HqL"
            rows read="nobody"
        }
    "#), @r#"
    TS645 warning 1: database `orders` has data of people, and no `erasure` says what becomes of it
    TS105 error 4: `uid` is not a type of columns
    TS105 error 5: `Name` has `N`, which a name in a database cannot have
    TS105 error 6: `order` is a key word of SQL
    TS610 error 7: `many` is no value of the type `integer`
    TS610 error 9: `NOW()` is no value of the type `timestamptz`
    TS610 error 10: `gen_random_uuid()` is no value of the type `uuid`
    TS610 error 11: `serial` is no value of the type `bigint`
    TS611 error 12: `friends` is marked `shared` and no list
    TS611 error 13: `owners` is marked `owner` and a list
    TS618 error 14: `token` is encrypted, and database `orders` has no key for it
    TS611 error 14: values of the type `uuid` cannot be encrypted
    TS611 error 14: `token` is encrypted, and `unique` at the same time
    TS611 error 14: `token` is encrypted, and has a default in the clear
    TS611 error 15: `email` says what is left of it after erasure, and is not personal
    TS610 error 16: `phone` always has a value, and nothing is to be left of it
    TS610 error 17: `DELETED` is no value of the type `integer`
    TS610 error 18: no two rows have the same `handle`, and every erased one would
    TS610 error 19: `cipher` is encrypted, and `DELETED` would stand there in the clear
    TS104 error 20: column `first` refers to nothing that could be deleted
    TS304 error 21: this looks like a Stripe key, in plain text
    "#);
}

#[test]
fn what_is_left_of_people_collides_with_no_key() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uuid" primary-key=#true subject=#true
            column "email" "text" personal=#true erase="DELETED"
            column "phone" "text" nullable=#true personal=#true erase="null"
            column "kind" "text"
            column "nick" "text" personal=#true erase="NOBODY"
            unique "email"
            unique (lower)"nick"
            unique (lower)"nick" where="kind = 'a'"
            unique "kind" "email"
            unique "email" "phone"
            unique "email" "id"
            rows read="nobody"
        }
    "#), @r#"
    TS645 warning 1: database `orders` has data of people, and no `erasure` says what becomes of it
    TS610 error 9: no two rows have the same `email`, and every erased one would
    TS610 error 10: no two rows have the same `nick`, and every erased one would
    TS610 error 12: no two rows have the same `kind`, `email`, and erased ones of the same `kind` would
    "#);
}

#[test]
fn keys_lead_to_one_row() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uuid" primary-key=#true
            column "b_id" "uuid" references="bb.id"
            column "c_id" "uuid" references="b.idd"
            column "d_id" "text" references="b.id"
            column "e_id" "uuid" references="b.other"
            column "f_id" "uuid" references="a.f_id"
            column "g_id" "uuid" references="b.id" on-delete="set-null"
            unique "b_id" "nothing"
            index "b_id" "payload"
            column "payload" "json"
            rows read="nobody"
        }
        table "b" {
            column "id" "uuid" primary-key=#true
            column "other" "uuid" primary-key=#true
            rows read="nobody"
        }
        table "c" {
            column "id" "uuid" nullable=#true
            column "token" "text" encrypted=#true
            primary-key "id" "token"
            rows read="nobody"
        }
        table "d" { column "id" "uuid" }
        table "e" { }
    "#), @r"
    TS110 error 5: there is no table `bb` in database `orders`
    TS110 error 6: there is no column `idd` in table `b`
    TS614 error 7: `a.d_id` is `text`, and `b.id`, which it refers to, is `uuid`
    TS615 error 8: several rows of `b` may have the same `other`
    TS615 error 9: `a.f_id` refers to itself
    TS616 error 10: `g_id` always has a value, and would lose it with the row that it refers to
    TS110 error 11: there is no column `nothing` in table `a`
    TS613 error 13: `payload` is a part of an index and `json`
    TS115 error 18: table `b` has two primary keys
    TS613 error 22: `id` is a part of the primary key and may be without a value
    TS613 error 23: `token` is a part of the primary key and encrypted
    TS618 error 23: `token` is encrypted, and database `orders` has no key for it
    TS612 error 27: nothing tells the rows of table `d` apart
    TS620 warning 27: table `d` says of nobody that they see its rows
    TS104 error 28: table `e` needs `column` in its block
    TS620 warning 28: table `e` says of nobody that they see its rows
    ");
}

#[test]
fn checks_ask_for_what_columns_can_be() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uuid" primary-key=#true
            column "state" "text" default="new" personal=#true erase="gone"
            column "seats" "smallint" default=0
            column "taken" "smallint" nullable=#true personal=#true erase="null"
            column "price" "numeric(10, 2)" default="1.0"
            column "token" "text" encrypted=#true
            column "payload" "json"
            check "missing" "seat > 0"
            check "states" "state in ('open', 'done')"
            check "seats" "seats > 0 and taken <= seats"
            check "taken" "taken is not null"
            check "same" "seats = seats"
            check "types" "seats = state and seats = 'a' and price in (1, 'x')"
            check "price" "price in ('1', '2')"
            check "hidden" "token <> 'a'"
            check "json" "payload = '{}'"
            check "always" "state is not null"
            check "never" "state is null"
            check "seats" "seats < 10"
            check "sql" "length(state) > 1"
            check "none"
            rows read="nobody"
        }
    "#), @r#"
    TS645 warning 1: database `orders` has data of people, and no `erasure` says what becomes of it
    TS618 error 9: `token` is encrypted, and database `orders` has no key for it
    TS110 error 11: there is no column `seat` in table `a`
    TS610 error 12: `gone` is left after an erasure of `state`, and a check refuses it
    TS610 error 12: `new` is the default of `state`, and a check refuses it
    TS610 error 13: `0` is the default of `seats`, and a check refuses it
    TS610 error 14: nothing is left after an erasure of `taken`, and a check refuses it
    TS619 error 15: `seats` is compared with itself
    TS619 error 16: `a` is no value of `seats`, which is `smallint`
    TS619 error 16: `seats` is `smallint`, and `state` is `text`
    TS619 error 16: `x` is no value of `price`, which is `numeric(10, 2)`
    TS619 error 18: `token` is encrypted, and the database cannot look into it
    TS619 error 19: `payload` is `json`, whose values cannot be compared
    TS619 error 20: `state` always has a value, so every row passes
    TS619 error 21: `state` always has a value, so no row could ever be added
    TS108 error 22: check `seats` is declared twice
    TS105 error 23: `length(state) > 1` is not made of tests of columns
    TS104 error 24: check `none` needs its condition after `check`
    TS105 error 24: `none` is a key word of SQL
    "#);
}

#[test]
fn indexes_find_what_columns_hold() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uuid" primary-key=#true
            column "name" "text"
            column "seats" "smallint"
            column "tags" "text[]"
            column "payload" "jsonb"
            column "plain" "json"
            column "token" "text" encrypted=#true
            column "gone_at" "timestamptz" nullable=#true
            index "name" (desc)"seats" where="gone_at is null"
            index "name" (desc)"seats" where="seats > 3"
            index "name" (desc)"seats" where="seats > 3"
            unique (lower)"name" where="gone_at is null"
            index (lower)"seats"
            index (upper)"name"
            index (lower)"token"
            index "tags" method="gin"
            index "payload" method="gin"
            index "plain" method="gin"
            index "name" method="gin"
            index (desc)"tags" method="gin"
            index "gone" where="gon_at is null"
            index "id" "name" "id"
            index "id" where="seats is null"
            unique (desc)"seats"
            unique "seats" method="btree"
            rows read="nobody"
        }
        table "b" { column "id" "uuid" primary-key=#true; column "name" "text" references="a.name"; rows read="nobody" }
    "#), @r#"
    TS613 error 9: `plain` is a part of an index and `json`
    TS613 error 10: `token` is a part of an index and encrypted
    TS618 error 10: `token` is encrypted, and database `orders` has no key for it
    TS108 error 14: index `name` is declared twice
    TS613 error 16: `seats` is `smallint`, which has no small letters
    TS106 error 17: `(upper)` means nothing in front of this value
    TS613 error 21: `plain` is `json`, in which there is nothing to be found
    TS108 error 22: index `name` is declared twice
    TS613 error 22: `name` is `text`, in which there is nothing to be found
    TS108 error 23: index `tags` is declared twice
    TS613 error 23: `tags` has an order, and `gin` finds by none
    TS110 error 24: there is no column `gone` in table `a`
    TS110 error 24: there is no column `gon_at` in table `a`
    TS109 error 25: `id` is listed twice
    TS619 error 26: `seats` always has a value, so no row is ever in this index
    TS106 error 27: `(desc)` means nothing in front of this value
    TS108 error 28: unique `seats` is declared twice
    TS102 error 28: `unique` has no property `method`
    TS615 error 31: several rows of `a` may have the same `name`
    "#);
}

#[test]
fn each_role_of_a_database_is_one_of_its_own() {
    let roles = |roles: &str| {
        check_tables(&format!(
            "{roles}; caller \"by-night\" service=\"web\" {{ select \"a\" }}\ntable \"a\" {{ column \"id\" \"uuid\" primary-key=#true; rows read=\"nobody\" }}"
        ))
    };
    assert_eq!(roles(r#"application-role "app"; read-only-role "app_reader"; login-role "app_login""#), "");
    let told = [
        r#"read-only-role "postgres""#,
        r#"read-only-role "application_role""#,
        r#"application-role "app"; read-only-role "app_maintenance""#,
        r#"application-role "app"; login-role "app_by_night""#,
        r#"application-role "app"; login-role "app""#,
        r#"read-only-role "reader"; login-role "reader""#,
        r#"login-role "rds_superuser""#,
    ]
    .map(roles);
    insta::assert_snapshot!(told.join("\n"), @r"
    TS105 error 2: `postgres` runs the server, and no row rule holds for it

    TS105 error 2: `application_role` is the `application-role`, and the `read-only-role` only reads

    TS105 error 2: `app_maintenance` is a role that every database has, and the `read-only-role` only reads

    TS105 error 2: `app_by_night` is the role of a caller, and the `login-role` may do nothing before it takes one

    TS105 error 2: `app` is the `application-role`, and the `login-role` may do nothing before it takes one

    TS105 error 2: `reader` is the `read-only-role`, and the `login-role` may do nothing before it takes one

    TS105 error 2: `rds_superuser` runs the server, and no row rule holds for it
    ");
}

#[test]
fn what_migrations_of_ones_own_make_is_named() {
    insta::assert_snapshot!(check_tables(r#"
        extension "pgcrypto"
        extension "uuid-osp"
        extension "plpython3u"
        extension "pgcrypto"
        external "view" "names"
        external "views" "names"
        external "view" "names"
        external "trigger" "touch"
        external "trigger" "touch" table="a"
        external "trigger" "touch" table="aa"
        external "function" "touch" table="a"
        external "table" "a"
        external "table" "counters"
        external "index" "by_number" table="counters"
        external "column" "id" table="a"
        external "column" "words" table="a"
        external "view" "names" schema="billing"
        external "index" "by_id" table="a" schema="billing"
        external "table" "a" schema="billing"
        external "view" "x" schema="trackside"
        table "a" { column "id" "uuid" primary-key=#true comment="two\nlines"; rows read="nobody" }
    "#), @r#"
    TS105 error 4: `uuid-osp` is not an extension
    TS105 error 5: `plpython3u` is not an extension
    TS108 error 6: extension `pgcrypto` is declared twice
    TS105 error 8: `views` is not a part of a database
    TS108 error 9: external `view` is declared twice
    TS104 error 10: external `trigger` does not say of which table it is
    TS110 error 12: there is no table `aa` in database `orders`
    TS115 error 13: a function belongs to no table
    TS115 error 14: table `a` is declared as well
    TS115 error 20: index `by_id` is in the schema of its table
    TS105 error 22: `trackside` is not for tables of your own
    TS105 error 23: `two\u{a}lines` has more than one line
    "#);
}

#[test]
fn a_circle_of_references_is_opened_somewhere() {
    let table = |name: &str, other: &str, more: &str| {
        format!(
            "table \"{name}\" {{ column \"id\" \"uuid\" primary-key=#true; column \"other\" \"uuid\" references=\"{other}.id\" nullable=#true {more}; rows read=\"nobody\" }}\n"
        )
    };
    let circle = table("a", "b", "")
        + &table("b", "c", "")
        + &table("c", "a", "")
        + &table("d", "a", "")
        + &table("e", "e", "");
    insta::assert_snapshot!(check_tables(&circle), @r"TS617 error 4: `a`, `b`, `c` refer to each other in a circle, and none of their rows can be deleted first");
    let open = table("a", "b", "") + &table("b", "c", "on-delete=\"set-null\"") + &table("c", "a", "");
    assert_eq!(check_tables(&open), "");
}

#[test]
fn row_rules_say_who_is_meant() {
    insta::assert_snapshot!(check_tables(r#"
        table "users" { column "id" "uuid" primary-key=#true owner=#true; rows read="owner" write="owner" }
        table "teams" {
            column "id" "uuid" primary-key=#true
            rows read="member"
            rows read="owner"
            members "team_members" key="team" user="user_id"
        }
        table "team_members" {
            column "team_id" "uuid"
            column "user_id" "uuid" owner=#true
            primary-key "team_id" "user_id"
            rows read="owner"
            rows read="nobody"
            rows read="owner" write="owner" through="team_id"
        }
        table "projects" {
            column "id" "uuid" primary-key=#true
            column "team_id" "uuid" references="teams.id"
            column "user_id" "uuid" references="users.id"
            rows read="shared" through="team_id"
            rows read="owner" through="user_id"
            rows read="member" through="team_id"
            rows read="everyone"
            rows write="everyone" through="team_id"
            rows
        }
        table "tasks" {
            column "id" "uuid" primary-key=#true
            column "project_id" "uuid" references="projects.id"
            column "parent_id" "uuid" references="tasks.id" nullable=#true
            rows read="member" write="member" through="project_id"
            rows read="owner" write="owner" through="parent_id"
            rows read="shared" through="project_id"
            rows read="owner" through="nowhere"
        }
        table "open" { column "id" "uuid" primary-key=#true }
    "#), @"
    TS622 error 7: `owner` is nobody: table `teams` does not say who that is
    TS628 warning 7: rows of `teams` are read, and nobody can add one
    TS110 error 8: there is no column `team` in table `team_members`
    TS624 error 8: `team_members.team_id` refers to no row of `teams`
    TS621 error 15: nobody may read rows of `team_members`, and `owner` may
    TS623 error 16: `team_id` refers to no other row, so `through` leads nowhere
    TS621 error 22: everyone may read rows of `projects`, `shared` as well
    TS623 error 22: `shared` is nobody: table `teams`, where this leads, does not say who that is
    TS621 error 23: everyone may read rows of `projects`, `owner` as well
    TS621 error 24: everyone may read rows of `projects`, `member` as well
    TS621 error 26: `everyone` is asked of no row, and `through` leads to one
    TS104 error 27: `rows` says neither who may read nor who may write
    TS623 error 34: who `owner` is, is asked in a circle that comes back to `tasks`
    TS110 error 36: there is no column `nowhere` in table `tasks`
    TS620 warning 38: table `open` says of nobody that they see its rows
    ");
}

#[test]
fn users_are_of_one_type() {
    insta::assert_snapshot!(check_tables(r#"
        table "users" { column "id" "uuid" primary-key=#true owner=#true; rows read="owner" }
        table "a" { column "id" "uuid" primary-key=#true; column "user_id" "text" owner=#true; rows read="owner" }
        table "b" { column "id" "uuid" primary-key=#true; column "user_id" "jsonb" owner=#true; rows read="owner" }
        table "c" { column "id" "uuid" primary-key=#true; column "users" "uuid[]" shared=#true; column "one" "uuid" owner=#true; column "two" "uuid" owner=#true; rows read="shared"; rows read="owner" }
    "#), @"
    TS628 warning 3: rows of `users` are read, and nobody can add one
    TS625 error 4: `a.user_id` is the id of a user as `text`, and others are `uuid`
    TS628 warning 4: rows of `a` are read, and nobody can add one
    TS625 error 5: `b.user_id` is `jsonb`, and no id of a user
    TS628 warning 5: rows of `b` are read, and nobody can add one
    TS611 error 6: two columns of table `c` are marked `owner`
    TS628 warning 6: rows of `c` are read, and nobody can add one
    ");
}

#[test]
fn callers_have_what_they_need() {
    insta::assert_snapshot!(check(r#"
        project "shop" {
            service "web" { image @web; reaches database="orders" }
            service "api" { image @web }
            cron "run" schedule="0 3 * * *" { image @web; reaches database="orders" }
            database "orders" engine="postgresql" {
                server "10.8.41.0/24"
                caller "nothing" service="web" { }
                caller "blind" cron="run" { update "a"; insert "a" "b"; delete "aa" }
                caller "again" cron="run" { select "a" }
                caller "far" service="api" { select "a" "a" }
                caller "both" service="api" cron="run" { select "a" }
                caller "who" service="apis" { select "a" }
                caller "privacy" service="api" { select "a" }
                table "a" { column "id" "uuid" primary-key=#true; rows read="nobody" }
            }
        }
    "#), @r"
    TS626 error 7: caller `nothing` may do nothing
    TS108 error 8: caller `blind` is who another caller is
    TS626 error 8: caller `blind` may update rows of `a`, and cannot see which
    TS110 error 8: there is no table `b` in database `orders`
    TS110 error 8: there is no table `aa` in database `orders`
    TS627 error 10: `api` has a role in database `orders` and may not reach it
    TS109 error 10: `a` is listed twice
    TS115 error 11: `caller` says two things, `service=` and `cron=`
    TS108 error 12: caller `who` is who another caller is
    TS627 error 12: `api` has a role in database `orders` and may not reach it
    TS110 error 12: there is no service `apis` in project `shop`
    TS108 error 13: caller `privacy` is who another caller is
    TS627 error 13: `api` has a role in database `orders` and may not reach it
    TS105 error 13: `privacy` is what a role is called that every database has
    ");
}

const PEOPLE: &str = r#"
    table "users" {
        column "id" "uuid" primary-key=#true owner=#true subject=#true
        column "email" "text" personal=#true erase="deleted"
        column "deleted_at" "timestamptz" nullable=#true
        column "made_at" "timestamptz"
        rows read="owner"
    }
    table "orders" {
        column "id" "uuid" primary-key=#true
        column "user_id" "uuid" references="users.id" owner=#true
        column "made_at" "timestamptz"
        rows read="owner"
        retain "10d" after="made_at"
    }
    table "items" {
        column "id" "uuid" primary-key=#true
        column "order_id" "uuid" references="orders.id" on-delete="cascade"
        column "note" "text" personal=#true
        column "made_at" "timestamptz"
        rows read="owner" through="order_id"
        retain "20d" after="note"
    }
    table "votes" {
        column "id" "uuid" primary-key=#true
        column "item_id" "uuid" references="items.id"
        column "user_id" "uuid" subject=#true
        rows read="nobody"
    }
    table "two" {
        column "id" "uuid" primary-key=#true
        column "from_id" "uuid" references="users.id"
        column "to_id" "uuid" references="users.id"
        rows read="nobody"
    }
"#;

#[test]
fn retention_takes_nothing_along_that_is_kept() {
    insta::assert_snapshot!(check_erasure(PEOPLE, r#"erasure database="orders" { pseudonymise "users"; delete "votes" }"#), @"
    TS645 error 2: data of people in `items` stays after they are erased
    TS628 warning 10: rows of `users` are read, and nobody can add one
    TS628 warning 16: rows of `orders` are read, and nobody can add one
    TS630 error 17: rows of `orders` cannot be deleted: those of `items` go along, and `votes.item_id` refers to them
    TS631 error 17: rows of `items` are kept `20d`, and go with those of `orders` after `10d`
    TS628 warning 24: rows of `items` are read, and nobody can add one
    TS630 error 25: rows of `items` cannot be deleted while `votes.item_id` refers to them
    TS641 error 25: `note` is `text`, and no time
    ");
}

#[test]
fn an_erasure_fits_its_database() {
    insta::assert_snapshot!(check_erasure(PEOPLE, r#"
        erasure database="orders" wait="90d" after="users.made_at" {
            delete "orders" "two" "users" "itemz"
            pseudonymise "items" "votes"
            refuse-while obligation="open"
            refuse-while obligation="opne"
        }
        obligation "open" database="orders" table="orders" where="id is null and user_id = 5 and nothing = 1" at-least="30d"
    "#), @"
    TS648 error 3: `users.made_at` always has a time, so everybody would be erased
    TS643 error 4: rows of `orders` cannot be deleted with those of `items` while `votes.item_id` refers to them
    TS644 error 4: rows of `items` are to stay, and go with those of `orders`
    TS644 error 4: rows of `orders` are to stay, and are deleted here
    TS642 error 4: rows of `two` lead to a person in more than one way
    TS110 error 4: there is no table `itemz` in database `orders`
    TS643 error 4: rows of `items` cannot be deleted while `votes.item_id` refers to them
    TS644 error 4: rows of `items` are to stay, and are deleted here
    TS646 error 5: nothing in `votes` is personal, so nothing is pseudonymised
    TS110 error 7: there is no obligation `opne` in project `shop` or at the top
    TS110 error 9: there is no column `nothing` in table `orders`
    TS650 error 9: `5` is no value of `user_id`, which is `uuid`
    TS650 error 9: `id` always has a value, so nobody is ever bound
    TS628 warning 18: rows of `users` are read, and nobody can add one
    TS628 warning 24: rows of `orders` are read, and nobody can add one
    TS630 error 25: rows of `orders` cannot be deleted: those of `items` go along, and `votes.item_id` refers to them
    TS631 error 25: rows of `items` are kept `20d`, and go with those of `orders` after `10d`
    TS631 error 25: rows of `orders` go after `10d`, and are owed `30d`
    TS631 error 25: rows of `orders` go after `10d`, before the erasure that waits for obligation `open` asks for them
    TS647 error 30: `note` is personal, and what is left of it after erasure is not said
    TS628 warning 32: rows of `items` are read, and nobody can add one
    TS630 error 33: rows of `items` cannot be deleted while `votes.item_id` refers to them
    TS641 error 33: `note` is `text`, and no time
    ");
    insta::assert_snapshot!(check_erasure(PEOPLE, r#"
        erasure database="orders" { delete "votes"; refuse-while obligation="both" }
        obligation "both" database="orders" table="two" where="from_id = '00000000-0000-0000-0000-000000000001'"
    "#).lines().filter(|it| it.contains("TS642")).collect::<String>(), @"TS642 error 3: rows of `two` lead to a person in more than one way");
    insta::assert_snapshot!(check_erasure(PEOPLE, r#"erasure database="orders" wait="90d" { delete "votes" }"#), @"
    TS104 error 2: `wait` and `after` say only together what the erasure waits for
    TS645 error 2: data of people in `items` stays after they are erased
    TS645 error 2: data of people in `users` stays after they are erased
    TS628 warning 10: rows of `users` are read, and nobody can add one
    TS628 warning 16: rows of `orders` are read, and nobody can add one
    TS630 error 17: rows of `orders` cannot be deleted: those of `items` go along, and `votes.item_id` refers to them
    TS631 error 17: rows of `items` are kept `20d`, and go with those of `orders` after `10d`
    TS628 warning 24: rows of `items` are read, and nobody can add one
    TS630 error 25: rows of `items` cannot be deleted while `votes.item_id` refers to them
    TS641 error 25: `note` is `text`, and no time
    ");
    insta::assert_snapshot!(check_erasure(PEOPLE, r#"erasure database="orders" after="orders.user_id" wait="1d" { delete "votes" }"#), @"
    TS642 error 2: a row of `orders` is no person's, so nobody is erased by its time
    TS645 error 2: data of people in `items` stays after they are erased
    TS645 error 2: data of people in `users` stays after they are erased
    TS641 error 2: `orders.user_id` is `uuid`, and no time
    TS628 warning 10: rows of `users` are read, and nobody can add one
    TS628 warning 16: rows of `orders` are read, and nobody can add one
    TS630 error 17: rows of `orders` cannot be deleted: those of `items` go along, and `votes.item_id` refers to them
    TS631 error 17: rows of `items` are kept `20d`, and go with those of `orders` after `10d`
    TS628 warning 24: rows of `items` are read, and nobody can add one
    TS630 error 25: rows of `items` cannot be deleted while `votes.item_id` refers to them
    TS641 error 25: `note` is `text`, and no time
    ");
    insta::assert_snapshot!(check_erasure(PEOPLE, ""), @"
    TS645 warning 3: database `orders` has data of people, and no `erasure` says what becomes of it
    TS628 warning 10: rows of `users` are read, and nobody can add one
    TS628 warning 16: rows of `orders` are read, and nobody can add one
    TS630 error 17: rows of `orders` cannot be deleted: those of `items` go along, and `votes.item_id` refers to them
    TS631 error 17: rows of `items` are kept `20d`, and go with those of `orders` after `10d`
    TS628 warning 24: rows of `items` are read, and nobody can add one
    TS630 error 25: rows of `items` cannot be deleted while `votes.item_id` refers to them
    TS641 error 25: `note` is `text`, and no time
    ");
}

#[test]
fn an_erasure_stands_beside_its_database() {
    insta::assert_snapshot!(check(r#"
        obligation "open" database="shop/orders" table="users" where="id is not null"
        erasure database="shop/orders" { delete "users"; refuse-while obligation="open" }
        erasure database="nothing" { }
        request "erasure" answer-in="45d" { format "json" }
        request "access" answer-in="30d"
        request "oblivion" answer-in="30d"
        project "shop" {
            service "web" { image @web; reaches database="orders" }
            database "orders" engine="postgresql" {
                server "10.8.41.0/24"
                table "users" { column "id" "uuid" primary-key=#true subject=#true; rows read="nobody" }
            }
        }
    "#), @r"
    TS640 error 1: database `orders` stands elsewhere than this obligation
    TS640 error 2: database `orders` stands elsewhere than this erasure
    TS110 error 3: there is no database `nothing`
    TS655 error 4: an answer within `45d` is later than the month that the law leaves
    TS656 error 4: nothing is handed over for `erasure`
    TS656 error 5: request `access` does not say in which form the data is handed over
    TS105 error 6: `oblivion` is not a right of a person
    ");
}

#[test]
fn a_key_of_several_columns_leads_to_one_row() {
    insta::assert_snapshot!(check_tables(r#"
        table "b" {
            column "x" "uuid"; column "y" "text"; column "z" "integer"
            primary-key "x" "y"
            rows read="nobody"
        }
        table "a" {
            column "id" "uuid" primary-key=#true
            column "x" "uuid" on-update="cascade"
            column "y" "text"
            column "z" "integer" nullable=#true
            foreign-key "x" "y" references="b(x, y)" on-delete="restrict" on-update="cascade"
            foreign-key "x" "z" references="b(x, z)"
            foreign-key "x" "z" references="b(x, y)"
            foreign-key "x" "y" "z" references="b(x, y)"
            foreign-key "y" "x" references="b(y, x)" on-update="set-null"
            foreign-key "x" "w" references="b(x, v)"
            foreign-key "x" references="b(x"
            foreign-key "x" "y" references="a(x, y)"
            rows read="nobody"
        }
    "#), @r#"
    TS104 error 10: column `x` refers to nothing that could change
    TS616 error 11: `y` always has a value, and would lose it with the row that it refers to
    TS615 error 14: several rows of `b` may have the same `x`, `z` together
    TS108 error 15: foreign-key `x` is declared twice
    TS614 error 15: `a.z` is `integer`, and `b.y`, which it refers to, is `text`
    TS615 error 16: 3 columns refer to 2: `b(x, y)`
    TS110 error 18: there is no column `w` in table `a`
    TS104 error 19: foreign-key `x` needs its column after `foreign-key`
    TS105 error 19: `b(x` does not end with its `)`
    TS108 error 20: foreign-key `x` is declared twice
    TS615 error 20: `a(x, y)` refers to itself
    "#);
}

#[test]
fn a_database_declares_types_of_its_own() {
    insta::assert_snapshot!(check_tables(r#"
        enum "status" "open" "done" "done"
        enum "none"
        enum "text" "a"
        enum "a" "x"
        enum "status" "other"
        domain "email" "varchar(320)" check="value <> ''"
        domain "percent" "smallint" check="percentage > 0 and value < 'x'"
        domain "list" "text[]"
        table "a" {
            column "id" "uuid" primary-key=#true
            column "status" "status" default="open"
            column "wrong" "status" default="shut"
            column "all" "status[]" default="{}"
            column "lists" "list[]"
            column "email" "email" default="a@b.example"
            column "unknown" "stauts"
            column "count" "percent" default="identity"
            column "hidden" "email" encrypted=#true
            column "type" "enum"
            check "open" "status <> 'shut'"
            rows read="nobody"
        }
    "#), @r#"
    TS109 error 3: `done` is listed twice
    TS104 error 4: enum `none` needs its value after `enum`
    TS105 error 4: `none` is a key word of SQL
    TS115 error 5: `text` is a type that every PostgreSQL has
    TS115 error 6: there is a table `a`, and PostgreSQL has one name for both
    TS108 error 7: enum `status` is declared twice
    TS110 error 9: there is no column `percentage` in domain `percent`
    TS619 error 9: `x` is no value of `value`, which is `smallint`
    TS610 error 14: `shut` is no value of the type `status`
    TS105 error 15: `all` is a key word of SQL
    TS105 error 16: `list` is a list already
    TS105 error 18: `stauts` is not a type of columns
    TS610 error 19: `identity` is no value of the type `percent`
    TS618 error 20: `hidden` is encrypted, and database `orders` has no key for it
    TS611 error 20: values of the type `email` cannot be encrypted
    TS105 error 21: `enum` is not a type of columns
    TS619 error 22: `shut` is no value of `status`, which is `status`
    "#);
}

#[test]
fn an_enumeration_has_values_that_somebody_looks_through() {
    let values = |count: u32| (0..count).map(|it| format!(" \"v{it}\"")).collect::<String>();
    let table = "table \"a\" { column \"id\" \"uuid\" primary-key=#true; rows read=\"nobody\" }";
    assert_eq!(check_tables(&format!("enum \"b\"{}\n{table}", values(1000))), "");
    let told = check_tables(&format!("enum \"b\"{}\n{table}", values(1001)));
    assert_eq!(told, "TS116 error 2: enum `b` has more than 1000 values\n");
}

#[test]
fn a_column_is_computed_from_others() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uuid" primary-key=#true
            column "price" "numeric(12, 2)"
            column "count" "integer"
            column "name" "text" personal=#true
            column "data" "jsonb"
            column "total" "numeric(12, 2)" generated="price * count"
            column "small" "text" generated="lower(name)" unique=#true
            column "words" "tsvector" generated="to_tsvector('simple', coalesce(name, ''))"
            column "found" "text" generated="data ->> 'email'"
            column "whole" "integer" generated="price * 2"
            column "again" "text" generated="upper(small)"
            column "other" "text" generated="lower(names)"
            column "wrong" "text" generated="name + 1"
            column "none" "integer" generated="1 + 1"
            column "marked" "text" generated="lower(name)" personal=#true default="x" owner=#true
            index "words" method="gin"
            rows read="nobody"
        }
    "#), @r#"
    TS645 warning 1: database `orders` has data of people, and no `erasure` says what becomes of it
    TS611 error 12: `data ->> 'email'` may be nothing, and `found` always has a value
    TS611 error 13: `price * 2` is a number, and `whole` is `integer`
    TS611 error 14: `small` is computed itself
    TS611 error 15: there is no column `names`
    TS611 error 16: `+` is for numbers, not for a text
    TS105 error 17: `none` is a key word of SQL
    TS611 error 18: `marked` is computed, and says `personal` of itself
    TS611 error 18: `marked` is computed, and says `default` of itself
    TS611 error 18: `marked` is computed, and says `owner` of itself
    "#);
}

#[test]
fn a_column_takes_the_place_of_another() {
    insta::assert_snapshot!(check_tables(r#"
        table "a" {
            column "id" "uuid" primary-key=#true
            column "seats" "integer" default=1
            column "places" "bigint" from="seats"
            column "more" "bigint" from="places"
            column "own" "bigint" from="own"
            column "given" "bigint" from="seats" default=2
            column "name" "text" personal=#true
            column "title" "text" from="name"
            column "list" "text[]" from="name" personal=#true
            column "gone" "bigint" from="gone_already"
            column "maybe" "text" nullable=#true
            column "surely" "text" from="maybe"
            column "moved" "text" was="first_name"
            column "newer" "text" from="first_name"
            rows read="nobody"
        }
    "#), @r#"
    TS645 warning 1: database `orders` has data of people, and no `erasure` says what becomes of it
    TS611 error 7: `places` is computed, encrypted or takes the place of another itself
    TS611 error 8: it takes its own place
    TS611 error 9: `places` takes the place of `seats` already
    TS611 error 9: `given` has what another column has, and a default
    TS611 error 11: `name` tells of a person, and `title` has the same values
    TS611 error 12: `title` takes the place of `name` already
    TS611 error 15: `maybe` may be without a value, and `surely` always has one
    TS611 error 17: `first_name` is called `moved` from now on
    "#);
}

mod hostile {
    use std::fmt::Write as _;

    use super::check_tables;

    /// Tables that all refer to each other, each row asked through all others: were anything followed to its end, this would
    /// take years.
    #[test]
    fn tables_that_all_refer_to_each_other_are_read_in_one_go() {
        let count = 60;
        let mut text = String::new();
        for table in 0..count {
            write!(text, "table \"t{table}\" {{ column \"id\" \"uuid\" primary-key=#true")
                .expect("it is text");
            for other in 0..count {
                write!(
                    text,
                    "; column \"c{other}\" \"uuid\" references=\"t{other}.id\" on-delete=\"cascade\""
                )
                .expect("it is text");
            }
            for other in 0..16 {
                write!(text, "; rows read=\"owner\" through=\"c{}\"", (table + other + 1) % count)
                    .expect("it is text");
            }
            text += "; column \"at\" \"date\"; retain \"1d\" after=\"at\" }\n";
        }
        let told = check_tables(&text);
        assert!(told.lines().count() >= count, "{told}");
    }
}
