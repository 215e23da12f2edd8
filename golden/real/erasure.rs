//! Retention, erasure, legal holds and export, as PostgreSQL does them.
//!
//! `TRACKSIDE_CASES=1000000 .ci/test --test golden -- real::erasure --nocapture` erases a person in a database of so many rows; without
//! it they are 200,000. What was measured is printed.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::Child;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trackside::render::postgres::schema::Schema;
use trackside::tree::Tree;

use super::postgres::{Connection, Server, railway, schemas_of};

/// A database with a schema, and a login that may do nothing but call the functions.
pub(super) struct House {
    pub(super) connection: Connection,
    scheduler: String,
}

impl House {
    fn new(schema: &Schema) -> Self {
        Self::new_for(schema, "application_role")
    }

    pub(super) fn new_for(schema: &Schema, role: &str) -> Self {
        let connection = Server::shared().database();
        connection.migrate(&Schema::default(), schema);
        let scheduler = format!("scheduler_{}", connection.name());
        let house = Self { connection, scheduler };
        house.all(&format!("create role {0} login; grant {role}_privacy to {0};", house.scheduler));
        house
    }

    /// Does something as the one whom nothing is forbidden.
    pub(super) fn all(&self, sql: &str) -> String {
        self.connection.run(sql).unwrap_or_else(|problem| panic!("{problem}\n{sql}"))
    }

    /// As a scheduler does it.
    fn call(&self, sql: &str) -> String {
        self.all(&self.by_scheduler(sql))
    }

    fn by_scheduler(&self, sql: &str) -> String {
        format!("set session authorization {};\n{sql};", self.scheduler)
    }

    /// The code and the sentence by which it is refused.
    fn refused(&self, sql: &str) -> String {
        let sql = format!("\\set VERBOSITY verbose\n{}", self.by_scheduler(sql));
        let told = self.connection.run(&sql).expect_err("it is refused");
        let line = told.lines().find(|it| it.contains("ERROR:")).expect("it says why");
        line.split_once("ERROR:").expect("it does").1.trim().to_owned()
    }

    pub(super) fn erase(&self, subject: &str) -> String {
        self.call(&format!("select * from trackside.erase('{subject}', 1000)"))
    }

    /// What was done, as the evidence says it.
    fn evidence(&self) -> String {
        self.call(
            "select e.id, e.finished is not null, s.action, s.table_name, s.rows, s.finished is not null
            from trackside.erasures as e join trackside.erasure_steps as s on s.erasure = e.id
            order by e.id, s.finished, s.table_name",
        )
    }

    /// The tables with rows in which one of these texts stands, anywhere.
    fn traces(&self, texts: &[&str]) -> String {
        let patterns: Vec<String> = texts.iter().map(|it| format!("'%{it}%'")).collect();
        let patterns = patterns.join(", ");
        self.all(&format!(
            "select format('select %L from %s as it where it::text like any (array[%s]) limit 1', c.oid::regclass, c.oid::regclass, $patterns${patterns}$patterns$)
            from pg_class as c where c.relkind in ('r', 'p', 'm') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            \\gexec\n"
        ))
    }

    /// What tells the rows of all tables but these, and of these but those that a condition leaves out, from any others.
    fn digest(&self, others: &[(&str, &str)]) -> String {
        let all = others.iter().map(|(table, condition)| {
            format!("select '{table}', count(*), coalesce(sum(hashtextextended(it::text, 0)::numeric), 0) from public.{table} as it where {condition}")
        });
        self.all(&(all.collect::<Vec<_>>().join(" union all ") + " order by 1;"))
    }
}

fn id(number: u32) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

/// The reference platform with two people who have a little of everything.
fn with_two() -> House {
    let house = House::new(&railway());
    for (number, name) in [(1, "Ana"), (2, "Bo")] {
        let (person, project, service) = (id(number), id(number + 10), id(number + 20));
        house.all(&format!(
            "insert into users values ('{person}', '{name}@example.org', '{name} Example', now() - interval '100 days');
            insert into teams values ('{project}', '{person}');
            insert into team_members values ('{project}', '{person}');
            insert into projects values ('{project}', '{person}', '{project}', '{{}}');
            insert into services values ('{service}', '{project}');
            insert into deployments select gen_random_uuid(), '{service}', now() from generate_series(1, 5);
            insert into environment_variables select '{service}', 'V' || n, 'sealed {name}' from generate_series(1, 3) as n;
            insert into provider_accounts values ('{person}', 'github', 'sealed {name}', 'sealed {name}');
            insert into usage select gen_random_uuid(), '{person}', now() from generate_series(1, 4);
            insert into invoices values (gen_random_uuid(), '{person}', now(), now());
            insert into audit_log select gen_random_uuid(), now(), '{person}', '{name} Example', '{name}@example.org', '203.0.113.{number}', '{name} Browser', 'a', 'b', 'c', 'd', '{{}}' from generate_series(1, 6);
            insert into audit_log values (gen_random_uuid(), now(), '{person}', 'DELETED_USER', null, null, '{name} Browser', 'a', 'b', 'c', 'd', '{{}}');"
        ));
    }
    house.all("insert into audit_log values (gen_random_uuid(), now(), null, 'nobody', null, null, null, 'a', 'b', 'c', 'd', '{}');");
    house
}

#[test]
fn two_at_once_take_turns_and_a_hold_stops_both() {
    let house = with_two();
    let ana = id(1);
    house.all(&format!(
        "insert into usage select gen_random_uuid(), '{ana}', now() from generate_series(1, 3000);"
    ));
    let calls = format!("select trackside.erase('{ana}', 20);\n").repeat(300);
    let both = [(); 2].map(|()| house.connection.start(&house.by_scheduler(&calls)));
    for child in both {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let rows = "select count(*), sum(rows) from trackside.erasure_steps; select count(*), count(finished) from trackside.erasures;";
    assert_eq!(house.all(rows), "9|3024\n1|1");
    // A hold is placed between two calls: none that comes after it does anything.
    let bo = id(2);
    house.all(&format!(
        "insert into usage select gen_random_uuid(), '{bo}', now() from generate_series(1, 3000);"
    ));
    let calls = format!("select trackside.erase('{bo}', 20);\n").repeat(300);
    let child = house.connection.start(&house.by_scheduler(&calls));
    let done = format!("select count(*) from trackside.erasures where subject = '{bo}';");
    while house.all(&done) == "0" {
        std::thread::sleep(Duration::from_millis(1));
    }
    let left = house.call(&format!(
        "select trackside.place_hold('{bo}', 'case 1') > 0; reset role; reset session authorization; select count(*) from usage where user_id = '{bo}'"
    ));
    let output = child.wait_with_output().expect("it ends");
    assert!(String::from_utf8_lossy(&output.stderr).contains("under a legal hold"));
    let after = house.all(&format!("select count(*) from usage where user_id = '{bo}';"));
    assert_eq!(left, format!("t\n{after}"));
    assert_ne!(after, "0");
}

/// All rows that are not Ana's.
const OTHERS: [(&str, &str); 11] = [
    ("users", "id <> '00000000-0000-0000-0000-000000000001'"),
    ("teams", "true"),
    ("team_members", "user_id <> '00000000-0000-0000-0000-000000000001'"),
    ("projects", "owner_id <> '00000000-0000-0000-0000-000000000001'"),
    ("services", "project_id <> '00000000-0000-0000-0000-000000000011'"),
    ("deployments", "service_id <> '00000000-0000-0000-0000-000000000021'"),
    ("environment_variables", "service_id <> '00000000-0000-0000-0000-000000000021'"),
    ("provider_accounts", "user_id <> '00000000-0000-0000-0000-000000000001'"),
    ("usage", "user_id <> '00000000-0000-0000-0000-000000000001'"),
    ("invoices", "true"),
    ("audit_log", "actor_id is distinct from '00000000-0000-0000-0000-000000000001'"),
];

#[test]
fn a_person_is_erased_as_is_declared_and_nobody_else() {
    let house = with_two();
    let (ana, bo) = (id(1), id(2));
    let before = house.digest(&OTHERS);
    assert_ne!(house.traces(&["Ana", "203.0.113.1"]), "");
    assert_eq!(
        house.call("select subject from trackside.erasures_due(10)"),
        format!("{ana}\n{bo}"),
        "both have waited long enough"
    );
    assert_eq!(house.erase(&ana), "1|24|t");
    insta::assert_snapshot!(house.evidence(), @r"
    1|t|delete|deployments|5|t
    1|t|delete|environment_variables|3|t
    1|t|delete|services|1|t
    1|t|delete|projects|1|t
    1|t|delete|usage|4|t
    1|t|delete|provider_accounts|1|t
    1|t|delete|team_members|1|t
    1|t|pseudonymise|audit_log|7|t
    1|t|pseudonymise|users|1|t
    ");
    assert_eq!(house.traces(&["Ana", "203.0.113.1"]), "");
    assert_eq!(house.digest(&OTHERS), before);
    assert_eq!(
        house.all(&format!("select actor, email, address, agent, count(*) from audit_log where actor_id = '{ana}' group by 1, 2, 3, 4; select email, name from users where id = '{ana}';")),
        "DELETED_USER|deleted@privacy.local|||7\ndeleted@privacy.local|DELETED_USER"
    );
    assert_eq!(
        house.all("select asked_by, finished_by from trackside.erasures;"),
        format!("{0}|{0}", house.scheduler)
    );
    // Again, it is done already; however the id is spelt.
    let evidence = house.all(
        "select e::text from trackside.erasures as e; select s::text from trackside.erasure_steps as s;",
    );
    assert_eq!(house.erase(&ana), "1|0|t");
    assert_eq!(house.erase(&ana.to_uppercase()), "1|0|t");
    assert_eq!(
        house.all(
            "select e::text from trackside.erasures as e; select s::text from trackside.erasure_steps as s;"
        ),
        evidence
    );
    assert_eq!(house.call("select subject from trackside.erasures_due(10)"), bo);
    // What comes afterwards is taken as well.
    house.all(&format!("insert into usage values (gen_random_uuid(), '{ana}', now());"));
    assert_eq!(house.erase(&ana), "2|1|t");
    assert_eq!(house.digest(&OTHERS), before);
}

#[test]
fn an_erasure_refuses_what_is_not_to_be_done_and_says_why() {
    let house = with_two();
    let ana = id(1);
    let erase = format!("select * from trackside.erase('{ana}', 10)");
    let mut told = Vec::new();
    let mut refused = |sql: &str| told.push(house.refused(sql));
    refused("select * from trackside.erase('Ana''s', 10)");
    refused("select * from trackside.erase(null, 10)");
    refused(&format!("select * from trackside.erase('{ana}', 0)"));
    refused(&format!("select * from trackside.place_hold('{ana}', ' ')"));
    refused("select * from trackside.place_hold('7', 'case 7')");
    refused("select * from trackside.export('7')");
    // Nobody has this id: evidence of it would be evidence of nothing.
    refused(&format!("select * from trackside.erase('{}', 10)", id(7)));
    refused(&format!("select trackside.export('{}')", id(7)));
    house.all(&format!("insert into invoices values ('{}', '{ana}', now(), null);", id(99)));
    refused(&erase);
    assert_eq!(house.call("select subject from trackside.erasures_due(10)"), id(2));
    house.all("update invoices set paid_at = now();");
    house.all(&format!("update users set deleted_at = '2126-11-22T00:00:00Z' where id = '{ana}';"));
    refused(&erase);
    house.all("update users set deleted_at = null;");
    refused(&erase);
    assert_eq!(house.call("select subject from trackside.erasures_due(10)"), "");
    house.all("update users set deleted_at = now() - interval '100 days';");
    assert_eq!(house.call(&format!("select trackside.place_hold('{}', 'case 7')", ana.to_uppercase())), "1");
    assert_eq!(house.call(&format!("select trackside.place_hold('{ana}', 'case 8')")), "2");
    house.all("update trackside.legal_holds set since = '2026-11-22';");
    refused(&erase);
    assert_eq!(house.call("select subject from trackside.erasures_due(10)"), id(2));
    assert_eq!(
        house.call("select trackside.lift_hold(1), trackside.lift_hold(1), trackside.lift_hold(9)"),
        "t|f|f"
    );
    refused(&erase);
    assert_eq!(house.call("select trackside.lift_hold(2)"), "t");
    assert_eq!(house.all("select count(*) from trackside.erasures"), "0", "nothing was begun");
    insta::assert_snapshot!(told.join("\n"), @r#"
    TS001: 'Ana''s' is no id of a person here, which is of the type uuid
    TS001: NULL is no id of a person here, which is of the type uuid
    TS006: a batch has at least one row
    TS007: a legal hold has a reason
    TS001: '7' is no id of a person here, which is of the type uuid
    TS001: '7' is no id of a person here, which is of the type uuid
    TS008: no table knows '00000000-0000-0000-0000-000000000007', and no erasure of it was ever begun
    TS008: no table knows '00000000-0000-0000-0000-000000000007', and no erasure of it was ever begun
    TS003: '00000000-0000-0000-0000-000000000001' is not erased while obligation open-invoice holds of a row of invoices
    TS004: '00000000-0000-0000-0000-000000000001' is erased only after 2127-02-20T00:00:00Z
    TS004: '00000000-0000-0000-0000-000000000001' is not to be erased: users.deleted_at has no time
    TS002: '00000000-0000-0000-0000-000000000001' is under a legal hold: number 1 since 2026-11-22, case 7; number 2 since 2026-11-22, case 8
    TS002: '00000000-0000-0000-0000-000000000001' is under a legal hold: number 2 since 2026-11-22, case 8
    "#);
    // One that is under way stops, and goes on.
    assert_eq!(house.call(&format!("select rows, done from trackside.erase('{ana}', 7)")), "7|f");
    house.call(&format!("select trackside.place_hold('{ana}', 'case 9')"));
    assert!(house.refused(&erase).starts_with("TS002"));
    house.call("select trackside.lift_hold(3)");
    // Whose account is there again by then has lost a part of it, and loses the rest.
    house.all("update users set deleted_at = null;");
    assert_eq!(house.call(&format!("select rows, done from trackside.erase('{ana}', 1000)")), "17|t");
    assert_eq!(house.all("select count(*) from trackside.erasures;"), "1");
}

#[test]
fn nobody_else_may_call_anything_and_who_may_sees_no_table() {
    let house = with_two();
    let functions = house.all("select oid::regprocedure from pg_proc where pronamespace = 'trackside'::regnamespace and prolang = (select oid from pg_language where lanname = 'plpgsql') order by 1;");
    assert_eq!(functions.lines().count(), 14, "{functions}");
    let may = |role: &str| {
        house.all(&format!("select p.oid::regprocedure from pg_proc as p where pronamespace = 'trackside'::regnamespace and prolang = (select oid from pg_language where lanname = 'plpgsql') and has_function_privilege('{role}', p.oid, 'execute') order by 1;"))
    };
    assert_eq!(may("application_role"), "");
    assert_eq!(may("application_role_auth"), "");
    assert_eq!(may("public"), "");
    assert_eq!(may("application_role_privacy").lines().count(), 12, "all but the two that others call");
    let tables = house.all("select oid::regclass from pg_class where relnamespace in ('public'::regnamespace, 'trackside'::regnamespace) and relkind = 'r' and has_table_privilege('application_role_privacy', oid, 'select, insert, update, delete') order by relname;");
    assert_eq!(tables, "trackside.erasure_steps\ntrackside.erasures\ntrackside.legal_holds");
    for sql in [
        "select * from users",
        "delete from trackside.erasures",
        "update trackside.legal_holds set lifted = now()",
        "select trackside.erasure_left('x')",
    ] {
        assert!(house.refused(sql).starts_with("42501"), "{sql}");
    }
    let owners = house.all("select distinct proowner::regrole, prosecdef, proconfig from pg_proc where pronamespace = 'trackside'::regnamespace order by 3;");
    insta::assert_snapshot!(owners, @r#"
    application_role_maintenance|t|{"search_path=pg_catalog, pg_temp"}
    application_role_maintenance|t|{"search_path=pg_catalog, pg_temp",TimeZone=UTC}
    "#);
}

#[test]
fn what_there_is_of_a_person_is_handed_over_as_lines() {
    let house = with_two();
    house.all(&format!("update users set name = e'Ana \"the\\nfirst\"' where id = '{}';", id(1)));
    let export = format!("select trackside.export('{}')", id(1));
    let lines = house.call(&export);
    assert_eq!(
        house.call(&format!("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; {export}")),
        lines
    );
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|it| serde_json::from_str(it).expect("it is JSON")).collect();
    let (first, rows) = lines.split_first().expect("the schema comes first");
    let schema = &first["schema"];
    assert_eq!(schema["subject"], id(1).as_str());
    assert_eq!(schema["left_out"], serde_json::json!([]));
    let tables = schema["tables"].as_array().expect("there are tables");
    let users = tables.iter().find(|it| it["table"] == "users").expect("they are people");
    assert_eq!(
        users["columns"][1],
        serde_json::json!({"name": "email", "type": "text", "personal": true, "encrypted": false})
    );
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for row in rows {
        *counts.entry(row["table"].as_str().expect("it has a name")).or_default() += 1;
        let text = row.to_string();
        assert!(!text.contains("Bo"), "{text}");
    }
    insta::assert_snapshot!(format!("{counts:?}"), @r#"{"audit_log": 7, "deployments": 5, "environment_variables": 3, "invoices": 1, "projects": 1, "provider_accounts": 1, "services": 1, "team_members": 1, "teams": 1, "usage": 4, "users": 1}"#);
    assert!(counts.keys().all(|it| tables.iter().any(|table| table["table"] == *it)));
    let name = &rows.iter().find(|it| it["table"] == "users").expect("it is there")["row"]["name"];
    assert_eq!(name, "Ana \"the\nfirst\"");
    // Of whom nothing is left but that they were erased, there is the schema alone.
    house.all("insert into trackside.erasures (subject, asked_by, steps, step, finished) values ('00000000-0000-0000-0000-000000000007', 'a', '', 0, now());");
    assert_eq!(house.call(&format!("select trackside.export('{}')", id(7))).lines().count(), 1);
}

/// People with numbers, keys of several columns, rows that go along, rows of others between.
const SHOP: &str = r#"
platform "hello" edition="2026"
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
project "shop" {
    service "web" {
        image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"
        reaches database="orders"
        reaches database="archive"
    }
    database "archive" engine="postgresql" {
        server "10.8.41.0/24"
        application-role "archive_role"
        table "cases" {
            column "id" "integer" primary-key=#true
            column "closed" "timestamptz" nullable=#true
            rows read="nobody"
            retain "10d" after="closed"
        }
        table "letters" {
            column "id" "integer" primary-key=#true
            column "case_id" "integer" references="cases.id" on-delete="cascade"
            column "sent" "date"
            rows read="nobody"
            retain "10d" after="sent"
        }
        table "seals" {
            column "letter_id" "integer" primary-key=#true references="letters.id" on-delete="cascade"
            rows read="nobody"
        }
    }
    obligation "letters" database="archive" table="letters" where="sent > '2999-01-01'" at-least="8d"
    obligation "seals" database="archive" table="seals" where="letter_id < 0" at-least="8d"
    database "orders" engine="postgresql" {
        server "10.8.41.0/24"
        application-role "shop_role"
        table "customers" {
            column "id" "bigint" primary-key=#true default="identity" subject=#true owner=#true
            column "email" "text" personal=#true
            rows read="owner" write="owner"
        }
        table "orders" {
            column "id" "integer" primary-key=#true
            column "customer_id" "bigint" references="customers.id" on-delete="cascade" subject=#true owner=#true
            column "placed" "date"
            column "is_paid" "boolean"
            rows read="owner" write="owner"
            retain "30d" after="placed"
        }
        table "lines" {
            column "order_id" "integer" references="orders.id" on-delete="cascade"
            column "number" "smallint"
            column "what" "text"
            primary-key "order_id" "number"
            rows read="owner" write="owner" through="order_id"
        }
        table "returns" {
            column "id" "uuid" primary-key=#true
            column "order_id" "integer" references="orders.id" on-delete="cascade"
            column "came" "timestamp"
            column "is_open" "boolean"
            rows read="nobody"
        }
        table "notes" {
            column "id" "integer" primary-key=#true
            column "order_id" "integer" references="orders.id"
            column "author" "bigint" subject=#true
            column "written" "timestamp"
            rows read="nobody"
            retain "20d" after="written"
        }
        table "visits" {
            column "seen" "timestamptz"
            column "number" "numeric(4, 1)"
            column "customer" "bigint" subject=#true
            column "agent" "varchar(20)" personal=#true erase="it's \\gone"
            column "detail" "json" personal=#true erase="{}"
            column "score" "integer" nullable=#true personal=#true erase="null"
            primary-key "seen" "number"
            rows read="nobody"
        }
    }
    obligation "open-return" database="orders" table="returns" where="is_open = true and came > '2020-01-01T00:00:00'"
    obligation "unpaid" database="orders" table="orders" where="is_paid = false"
    erasure database="orders" {
        delete "notes" "orders" "customers"
        pseudonymise "visits"
        refuse-while obligation="unpaid"
        refuse-while obligation="open-return"
    }
}
"#;

/// A database of [`SHOP`].
fn shop(database: &str) -> Schema {
    let mut found = schemas_of("shop", &Tree::of(SHOP)).into_iter();
    found.find(|it| it.0.ends_with(&format!(" {database}"))).expect("it is there").1
}

#[test]
fn people_may_be_numbers() {
    let house = House::new_for(&shop("orders"), "shop_role");
    house.all(
        "insert into customers select n, 'c' || n from generate_series(1, 30) as n;
        insert into orders select n, 1 + n % 30, current_date, true from generate_series(1, 300) as n;
        insert into lines select o, n, 'thing' from generate_series(1, 300) as o, generate_series(1, 4) as n;
        insert into returns select gen_random_uuid(), n, now(), false from generate_series(1, 300) as n;
        insert into notes select n, n, 1 + n % 30, now() from generate_series(1, 300) as n;
        insert into visits select now() - interval '1 hour' * (n / 3), n % 3, 1 + n % 30, 'browser ' || n % 30, '{\"a\":1}', n from generate_series(1, 3000) as n;",
    );
    let others = [
        ("customers", "id <> 7"),
        ("orders", "customer_id <> 7"),
        ("lines", "order_id % 30 <> 6"),
        ("returns", "order_id % 30 <> 6"),
        ("notes", "author <> 7"),
        ("visits", "customer <> 7"),
    ];
    let before = house.digest(&others);
    let steps = |batch: u32| {
        let mut calls = Vec::new();
        loop {
            let told = house.call(&format!("select * from trackside.erase('007', {batch})"));
            let is_done = told.ends_with("|t");
            calls.push(told);
            if is_done {
                return calls;
            }
        }
    };
    let told = ["seven", "7.5", "12345678901234567890123", "7; drop table customers"]
        .map(|it| house.refused(&format!("select trackside.erase('{it}', 10)")));
    insta::assert_snapshot!(told.join("\n"), @r#"
    TS001: 'seven' is no id of a person here, which is of the type bigint
    TS001: '7.5' is no id of a person here, which is of the type bigint
    TS001: '12345678901234567890123' is no id of a person here, which is of the type bigint
    TS001: '7; drop table customers' is no id of a person here, which is of the type bigint
    "#);
    // A note of somebody else on an order that is to go.
    house.all("insert into notes values (1000, 6, 8, now());");
    let told = house.refused("select trackside.erase('7', 1000)");
    assert_eq!(told, "TS005: rows of notes refer to rows of orders of '7', and stay");
    house.all("delete from notes where id = 1000;");
    house.all("update returns set is_open = true where order_id = 6;");
    assert_eq!(
        house.refused("select trackside.erase('7', 1000)"),
        "TS003: '7' is not erased while obligation open-return holds of a row of returns"
    );
    house.all("update returns set is_open = false where order_id = 6;");
    let calls = steps(7);
    // 10 notes, 40 lines, 10 returns, 10 orders, the customer and 100 visits, seven at a time.
    assert_eq!(calls.len(), 25, "{calls:?}");
    insta::assert_snapshot!(house.evidence(), @r"
    3|t|delete|notes|10|t
    3|t|delete|lines|40|t
    3|t|delete|returns|10|t
    3|t|delete|orders|10|t
    3|t|delete|customers|1|t
    3|t|pseudonymise|visits|100|t
    ");
    assert_eq!(house.digest(&others), before);
    let left = "select (select count(*) from orders where customer_id = 7), agent, detail::text, score, count(*) from visits where customer = 7 group by 2, 3, 4;";
    assert_eq!(house.all(left), r"0|it's \gone|{}||100");
    assert_eq!(steps(7).len(), 1);
    assert_eq!(house.all("select subject from trackside.erasures;"), "7");
}

#[test]
fn retention_deletes_what_is_over_and_nothing_that_is_owed() {
    let house = House::new_for(&shop("orders"), "shop_role");
    house.all(
        "insert into customers select n, 'c' from generate_series(1, 9) as n;
        insert into orders select n, n, current_date - 40, n <> 4 from generate_series(1, 9) as n;
        update orders set placed = current_date - 29 where id = 9;
        insert into lines select n, 1, 'thing' from generate_series(1, 9) as n;
        insert into returns select gen_random_uuid(), n, now(), n = 3 from generate_series(1, 9) as n;
        insert into notes select n, n, 100 + n, now() - interval '21 days' from generate_series(1, 9) as n;
        update notes set written = now() where id = 5;",
    );
    house.call("select trackside.place_hold('6', 'case 6')");
    let due = "select step, table_name, function_name, due, kept from trackside.retention() order by step";
    let told = vec![house.call(due)];
    assert!(house.refused("select trackside.retain_notes(0)").starts_with("TS006"));
    assert_eq!(house.call("select trackside.retain_notes(3)"), "3", "no more than asked for");
    assert_eq!(house.call("select trackside.retain_notes(30)"), "5", "one is young");
    assert_eq!(house.call("select trackside.retain_notes(30)"), "0");
    let told = [told, vec![house.call(due)]].concat();
    // 3 has an open return, 4 is not paid, 5 has a note, 6 is under a hold, 9 is young.
    assert_eq!(house.call("select trackside.retain_orders(30)"), "4");
    assert_eq!(house.all("select id from orders order by 1;"), "3\n4\n5\n6\n9");
    assert_eq!(house.all("select count(*) from lines;"), "5", "what goes along");
    house.call("select trackside.lift_hold(1)");
    assert_eq!(house.call("select trackside.retain_orders(30)"), "1");
    let told = [told, vec![house.call(due)]].concat();
    insta::assert_snapshot!(told.join("\n--\n"), @r#"
    1|notes|trackside."retain_notes"|8|0
    2|orders|trackside."retain_orders"|0|8
    --
    1|notes|trackside."retain_notes"|0|0
    2|orders|trackside."retain_orders"|4|4
    --
    1|notes|trackside."retain_notes"|0|0
    2|orders|trackside."retain_orders"|0|3
    "#);

    // What the law wants to be kept does not go along either: a letter for its time, one with a seal for ever.
    let house = House::new_for(&shop("archive"), "archive_role");
    house.all(
        "insert into cases select n, now() - interval '11 days' from generate_series(1, 5) as n;
        update cases set closed = null where id = 5;
        insert into letters values (1, 1, current_date - 9), (2, 2, current_date - 7), (3, 3, current_date - 9);
        insert into seals values (3);",
    );
    assert_eq!(house.call("select trackside.retain_cases(30)"), "2");
    assert_eq!(house.all("select id from cases order by 1;"), "2\n3\n5");
}

/// The rows of the great tests: 200,000, or as many as `TRACKSIDE_CASES` says where that is more.
#[expect(clippy::disallowed_methods, reason = "how many are tried is said from outside")]
fn rows() -> u32 {
    let asked = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
    u32::max(asked, 200_000)
}

/// What is measured is printed, and decides nothing.
#[expect(clippy::disallowed_methods, reason = "durations are what these tests measure")]
fn clock() -> Instant {
    Instant::now()
}

/// Ends a process of another, and waits for its end.
fn end(mut child: Child) {
    let _gone = child.kill();
    let _ended = child.wait();
}

#[test]
fn an_erasure_that_is_killed_ten_times_leaves_nothing_of_a_person_and_all_of_the_others() {
    let house = House::new(&railway());
    let (ana, rows) = (id(1), rows());
    let began = clock();
    // Half of it is Ana's, the rest that of 999 others.
    let whose = "case n % 2 when 0 then ('00000000-0000-0000-0000-' || lpad((2 + n % 999)::text, 12, '0'))::uuid else '00000000-0000-0000-0000-000000000001' end";
    house.all(&format!(
        "insert into users select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'user' || n || '@example.org', 'User ' || n, null from generate_series(1, 1000) as n;
        update users set email = 'ana@example.org', name = 'Ana Example', deleted_at = now() - interval '100 days' where id = '{ana}';
        insert into teams select id, id from users;
        insert into projects select id, id, id, '{{}}' from users;
        insert into services select id, id from users;
        insert into deployments select gen_random_uuid(), {whose}, now() from generate_series(1, {rows} / 4) as n;
        insert into environment_variables select id, 'V' || n, 'sealed' || id from users, generate_series(1, 5) as n;
        insert into provider_accounts select id, 'github', 'sealed' || id, 'sealed' || id from users;
        insert into usage select gen_random_uuid(), {whose}, now() from generate_series(1, {rows} / 4) as n;
        insert into audit_log select gen_random_uuid(), now(), {whose},
            case n % 2 when 0 then 'User ' || n else 'Ana Example' end, case n % 2 when 0 then 'user@example.org' else 'ana@example.org' end,
            case n % 2 when 0 then '192.0.2.7' else '203.0.113.77' end::inet, 'Browser', 'a', 'b', 'c', 'd', '{{}}' from generate_series(1, {rows} / 2) as n;
        analyze;"
    ));
    let before: Vec<(&str, &str)> = OTHERS
        .iter()
        .copied()
        .map(|(table, condition)| match table {
            "services" => (table, "project_id <> '00000000-0000-0000-0000-000000000001'"),
            "deployments" | "environment_variables" => {
                (table, "service_id <> '00000000-0000-0000-0000-000000000001'")
            }
            _ => (table, condition),
        })
        .collect();
    let digest = house.digest(&before);
    let hers = |table: &str| -> u64 {
        let (_, others) = before.iter().find(|it| it.0 == table).expect("it is there");
        house
            .all(&format!("select count(*) from {table} where not ({others});"))
            .parse()
            .expect("it is a number")
    };
    let counts: BTreeMap<&str, u64> = before.iter().map(|(table, _)| (*table, hers(table))).collect();
    let all: u64 = counts.values().sum();
    println!(
        "{} rows, {all} of them hers, filled in {:?}",
        house.all("select sum(n_live_tup) from pg_stat_user_tables;"),
        began.elapsed()
    );
    let began = clock();
    let erase = house.by_scheduler(&format!(
        "set application_name = 'eraser'; {}",
        format!("select * from trackside.erase('{ana}', 2000);\n").repeat(1000)
    ));
    let progress = || -> u64 {
        house
            .all("select coalesce(sum(rows), 0) from trackside.erasure_steps;")
            .parse()
            .expect("it is a number")
    };
    let mut seen: Vec<u64> = Vec::new();
    for kill in 0..10 {
        let child = house.connection.start(&erase);
        let last = seen.last().copied().unwrap_or_default();
        while progress() <= last.max((2 * kill + 1) * all / 21) {
            std::thread::sleep(Duration::from_millis(2));
        }
        if kill % 2 == 0 {
            house.all("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'eraser' and datname = current_database();");
        }
        end(child);
        seen.push(progress());
        assert_eq!(house.all("select count(*) from trackside.erasures where finished is null;"), "1");
    }
    println!("killed at {seen:?} in {:?}", began.elapsed());
    assert!(seen.windows(2).all(|it| it[0] < it[1]), "each went on where the last was stopped: {seen:?}");
    // Somebody writes of her meanwhile.
    house.all(&format!("insert into usage values (gen_random_uuid(), '{ana}', now());"));
    let began = clock();
    let mut calls = 0;
    loop {
        calls += 1;
        if house.call(&format!("select done from trackside.erase('{ana}', 10000)")) == "t" {
            break;
        }
    }
    println!("the rest in {:?}, {calls} calls", began.elapsed());
    assert_eq!(
        house.traces(&["ana@example.org", "Ana Example", "203.0.113.77", &format!("sealed{ana}")]),
        ""
    );
    assert_eq!(house.digest(&before), digest);
    let done = house.call("select s.table_name, s.rows from trackside.erasures as e join trackside.erasure_steps as s on s.erasure = e.id where e.finished is not null and s.finished is not null order by 1");
    let expected: Vec<String> = counts
        .iter()
        .filter(|(table, _)| !["invoices", "teams"].contains(*table))
        .map(|(table, count)| format!("{table}|{}", count + u64::from(*table == "usage")))
        .collect();
    assert_eq!(done.lines().collect::<Vec<_>>(), expected, "each row once");
    assert_eq!(house.all("select count(*) from trackside.erasures;"), "1");
    let began = clock();
    assert_eq!(house.erase(&ana), "1|0|t");
    println!("again in {:?}", began.elapsed());
}

/// A process, and what it says: one to which nobody listens stops when it has said much.
fn listened(mut child: Child) -> (Child, JoinHandle<String>) {
    let mut output = child.stdout.take().expect("it has an output");
    let told = std::thread::spawn(move || {
        let mut told = String::new();
        let _ended = output.read_to_string(&mut told);
        told
    });
    (child, told)
}

#[test]
fn retention_keeps_nobody_waiting() {
    const ROWS: u32 = 500_000;
    let house = House::new(&railway());
    house.all(&format!(
        "insert into revoked_tokens select gen_random_uuid(), now() - interval '8 days' - interval '1 second' * n from generate_series(1, {ROWS}) as n;
        insert into revoked_tokens select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, now() from generate_series(1, 10000) as n;
        analyze;"
    ));
    assert_eq!(
        house.call("select table_name, due, kept from trackside.retention() where due > 0"),
        format!("revoked_tokens|{ROWS}|0")
    );
    // Whoever reads all, and whoever writes, gives up when it has to wait for a lock for the time of a look.
    let impatient = "set lock_timeout = '50ms';\n\\timing on\n";
    let reader = listened(house.connection.start(&format!(
        "{impatient}{}",
        "select count(*) from revoked_tokens where jti = '00000000-0000-0000-0000-000000000007' or revoked_at > now() - interval '1 day';\n".repeat(100_000)
    )));
    let writer = listened(house.connection.start(&format!(
        "{impatient}{}",
        "insert into revoked_tokens values (gen_random_uuid(), now()); update revoked_tokens set revoked_at = now() where jti = '00000000-0000-0000-0000-000000000009';\n".repeat(100_000)
    )));
    std::thread::sleep(Duration::from_millis(300));
    let one = house.by_scheduler(&"select trackside.retain_revoked_tokens(10000);\n".repeat(60));
    let began = clock();
    // Two at once take different rows.
    let (first, second) = (house.connection.start(&one), house.connection.start(&one));
    let mut deleted = 0;
    for child in [first, second] {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let counts = String::from_utf8_lossy(&output.stdout).into_owned();
        deleted += counts.lines().filter_map(|it| it.parse::<u32>().ok()).sum::<u32>();
    }
    let took = began.elapsed();
    assert_eq!(deleted, ROWS, "each row once");
    let mut slowest = Vec::new();
    for (mut child, told) in [reader, writer] {
        let early = child.try_wait().expect("it can be asked");
        let _gone = child.kill();
        let told = told.join().expect("it was read");
        let output = child.wait_with_output().expect("it ends");
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(early.is_none(), "it gave up: {problem}");
        let times =
            told.lines().filter_map(|it| it.strip_prefix("Time: ")?.split(' ').next()?.parse::<f64>().ok());
        let mut times: Vec<f64> = times.collect();
        times.sort_by(f64::total_cmp);
        slowest.push((times.len(), times.get(times.len() / 2).copied(), times.last().copied()));
    }
    println!(
        "{ROWS} rows deleted in {took:?}: {:.0} rows/s; statements, median and slowest in ms, of the reader {:?}, of the writer {:?}",
        f64::from(ROWS) / took.as_secs_f64(),
        slowest[0],
        slowest[1]
    );
    assert_eq!(house.call("select sum(due) from trackside.retention()"), "0");
}
