//! Databases that were there first: adopted, and then migrated like any other.

#![expect(clippy::disallowed_methods, reason = "how many cases are tried is a wish of the environment")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};
use trackside::render::postgres::schema::{Constraint, Index, RowSecurity, Schema, TableName};
use trackside::tree::Tree;

use super::postgres::{Connection, Server, schemas_of};
use super::schemas::Generator;

/// A tree in which a database is declared without tables, and such a database.
struct Story {
    folder: tempfile::TempDir,
    database: Connection,
}

/// How a command ended, and what it said.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

const PLATFORM: &str = r#"platform "shop" edition="2026"

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
    }
    database "orders" engine="postgresql" { server "10.8.60.0/24"; application-role "shop_app" }
}
"#;

impl Story {
    fn of(database: Connection) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(folder.path().join("platform.kdl"), PLATFORM).expect("it can be written");
        Self { folder, database }
    }

    fn legacy() -> Self {
        let story = Self::of(Server::shared().database());
        let sql = fs::read_to_string("golden/real/legacy.sql").expect("it is there");
        story.sql(&sql);
        story
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|it| panic!("{path}: {it}"))
    }

    fn run(&self, arguments: &[&str]) -> Told {
        self.run_in(arguments, &self.database)
    }

    fn run_in(&self, arguments: &[&str], database: &Connection) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.args(arguments).current_dir(self.folder.path()).env("DATABASE_URL", database.url());
        told(command.output().expect("it starts"))
    }

    fn done(&self, arguments: &[&str]) -> Told {
        let told = self.run(arguments);
        assert_eq!(told.code, Some(0), "{arguments:?}: {}{}", told.out, told.err);
        told
    }

    /// What `sqlx migrate run` does.
    fn sqlx(&self) -> Result<(), MigrateError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be made");
        runtime.block_on(async {
            let migrator = Migrator::new(self.path("migrations/shop.orders")).await?;
            let mut connection = sqlx::PgConnection::connect(&self.database.url()).await?;
            migrator.run(&mut connection).await
        })
    }

    fn sql(&self, sql: &str) -> String {
        self.database.run(sql).unwrap_or_else(|problem| panic!("{problem}\n{sql}"))
    }
}

fn told(output: Output) -> Told {
    let text = |it: Vec<u8>| String::from_utf8(it).expect("it is text");
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// How many rows each table has.
const COUNTS: &str = "select string_agg(format('%s.%s %s', table_schema, table_name, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I.%I', table_schema, table_name), false, true, '')))[1]), E'\\n' order by table_schema, table_name) from information_schema.tables where table_schema in ('public', 'archive') and table_type = 'BASE TABLE' and table_name <> '_sqlx_migrations'";

/// What is inside the braces of the database.
fn declared(text: &str) -> &str {
    text.split_once("application-role \"shop_app\"\n").expect("it is there").1
}

#[test]
fn a_database_of_other_tools_is_adopted_as_it_is() {
    let story = Story::legacy();
    let counts = story.sql(COUNTS);
    let told = story.done(&["migrate", "baseline", "shop/orders"]);
    insta::assert_snapshot!(told.out, @"");
    insta::assert_snapshot!(told.err, @"");
    insta::assert_snapshot!(declared(&story.text("platform.kdl")), @"");
    assert_eq!(story.sql("select to_regclass('_sqlx_migrations') is null"), "t", "nothing was run");
    assert_eq!(story.done(&["fmt", "--check"]).err, "");
    let again = story.run(&["migrate", "baseline", "shop/orders"]);
    assert_eq!(again.code, Some(2));
    insta::assert_snapshot!(again.err, @"");

    // Nothing runs that is there already, and it is noted once.
    let refused = story.run(&["migrate", "apply"]);
    assert_eq!((refused.code, &*refused.out), (Some(2), ""));
    insta::assert_snapshot!(refused.err, @"");
    assert_eq!(story.sql("select count(*) from _sqlx_migrations"), "0");
    let adopt = &["migrate", "apply", "--adopt"];
    assert_eq!(story.done(adopt).out, "0001_baseline.up.sql is what was there, and is noted now\n");
    assert_eq!(story.done(adopt).err, "everything has run already\n");

    // What is left to do loses nothing, and goes on counting.
    let told = story.done(&["migrate", "new", "rows"]);
    let files: Vec<&str> = told.out.lines().filter(|it| it.ends_with(".up.sql")).collect();
    let texts: String = files.iter().map(|it| story.text(it)).collect();
    assert!(!texts.contains("drop index") && !texts.contains("drop constraint"), "nothing is built again: {texts}");
    insta::assert_snapshot!(story.text(files[0]).split_once("-- AccessExclusiveLock").expect("it has some").1, @"");
    story.done(&["migrate", "apply"]);
    assert_eq!(story.sql(COUNTS), counts);
    let next = "set role shop_app_maintenance; insert into customers (email) values ('next') returning id";
    assert_eq!(story.sql(next), "901", "behind the one that was added by hand");
    let next = "set role shop_app_maintenance; insert into products (sku, title, price) values ('next', 'next', 1) returning id";
    assert_eq!(story.sql(next), "51");
    let verified = story.run(&["migrate", "verify"]);
    insta::assert_snapshot!(verified.out, @"");
    story.sqlx().expect("sqlx has nothing to do");

    // An empty database gets the same, but for what nothing describes.
    let empty = Server::shared().database();
    let made = story.run_in(&["migrate", "apply"], &empty);
    assert_eq!(made.code, Some(0), "{made:?}");
    let found = story.run_in(&["migrate", "verify"], &empty).out;
    let unlike: Vec<&str> = found.lines().filter(|it| !it.ends_with("is missing, and declared as `external`")).collect();
    assert_eq!(unlike, [""; 0]);
    let nothing = Server::shared().database();
    let told = story.run_in(adopt, &nothing);
    insta::assert_snapshot!(told.err, @"");
}

#[test]
fn a_database_that_is_another_one_is_not_taken_for_it() {
    let story = Story::legacy();
    let name = story.database.name().to_owned();
    story.done(&["migrate", "baseline", "shop/orders"]);
    let drifts = [
        "alter table orders add column more text",
        "alter table customers drop constraint uq_customers_email",
        "alter table customers alter column credit type numeric(14, 2)",
        "alter table customers alter column name drop default",
        "create index more on orders (placed_on)",
        "drop table rooms cascade",
        "alter table shelves enable row level security",
        "alter table order_items drop constraint order_items_amount_check, add constraint order_items_amount_check check (amount > 1)",
        "alter index orders_customer rename to other",
        "alter sequence products_id_seq increment by 2",
        "drop policy \"everybody's\" on bosses",
    ];
    let copy = Server::shared().copy(&name);
    for drift in drifts {
        copy.run(drift).unwrap_or_else(|problem| panic!("{problem}\n{drift}"));
    }
    let told = story.run_in(&["migrate", "apply", "--adopt"], &copy);
    assert_eq!(told.code, Some(2));
    insta::assert_snapshot!(told.out + &told.err, @"");
    assert_eq!(copy.run("select count(*) from _sqlx_migrations"), Ok("0".to_owned()));
    // What is of no account there is of none here.
    let copy = Server::shared().copy(&name);
    copy.run("create view more as select 1 as one; comment on table orders is 'x'; drop view open_orders").expect("they can");
    assert_eq!(story.run_in(&["migrate", "apply", "--adopt"], &copy).code, Some(0));
}

#[test]
fn what_cannot_be_adopted_is_said_in_a_sentence() {
    let story = Story::legacy();
    let refused = |arguments: &[&str]| {
        let told = story.run(&[&["migrate", "baseline"], arguments].concat());
        assert_eq!((told.code, &*told.out), (Some(2), ""), "{told:?}");
        told.err
    };
    let mut said = vec![refused(&["shop/books"]), refused(&["orders"]), refused(&["shop/Orders"])];
    story.sql("create table _sqlx_migrations (version bigint primary key, description text not null, installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, execution_time bigint not null); insert into _sqlx_migrations values (1, 'init', now(), true, sha384('select 1;'), 0)");
    said.push(refused(&["shop/orders"]));
    let folder = story.path("migrations/shop.orders");
    fs::create_dir_all(&folder).expect("it can be made");
    fs::write(folder.join("0001_init.up.sql"), "select 1;").expect("it can be written");
    fs::write(folder.join("0002_more.up.sql"), "select 2;").expect("it can be written");
    said.push(refused(&["shop/orders"]));
    insta::assert_snapshot!(said.join(""), @"");
    assert_eq!(story.text("platform.kdl"), PLATFORM, "nothing is written");
    // With what has run there it is adopted behind that.
    fs::remove_file(folder.join("0002_more.up.sql")).expect("it is there");
    let told = story.done(&["migrate", "baseline", "shop/orders"]);
    assert_eq!(told.out, "migrations/shop.orders/schema.json\nmigrations/shop.orders/migrations.sum\nplatform.kdl\n");
    story.done(&["migrate", "new", "rows"]);
    story.done(&["migrate", "apply"]);
    let adopted = story.run(&["migrate", "apply", "--adopt"]);
    insta::assert_snapshot!(adopted.err, @"");
    story.sqlx().expect("sqlx has nothing to do");
}

#[test]
fn any_database_is_adopted_and_then_as_declared() {
    let cases: u64 = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(12);
    let (mut tables, mut external) = (0, 0);
    for seed in 0..cases {
        let is_plain = seed % 3 > 0;
        let mut schema = Generator::new(1000 + seed, is_plain).schema();
        schema.tables.values_mut().for_each(|it| it.grants.clear());
        if seed % 2 == 0 {
            schema.tables.values_mut().for_each(|it| it.row_security = RowSecurity::Off);
        }
        let story = Story::of(Server::shared().database());
        story.database.migrate(&Schema::default(), &schema);
        story.sql("drop schema trackside");
        let told = story.run(&["migrate", "baseline", "shop/orders"]);
        if told.err.contains("no table of this database can be declared") {
            assert!(!is_plain, "seed {seed}: {told:?}");
            continue;
        }
        assert_eq!(told.code, Some(0), "seed {seed}: {told:?}");
        assert_eq!(story.done(&["fmt", "--check"]).err, "", "seed {seed}");
        story.done(&["migrate", "apply", "--adopt"]);
        story.done(&["migrate", "new", "rows"]);
        story.done(&["migrate", "apply"]);
        let found = story.run(&["migrate", "verify"]);
        let inexpressible = |it: &&str| {
            !is_plain && (it.ends_with(": is not declared") || it.contains(": row security is not ") || it.contains("is not declared: "))
        };
        let unlike: Vec<&str> = found.out.lines().filter(|it| !inexpressible(it)).collect();
        assert_eq!(unlike, [""; 0], "seed {seed}: {}\n{}", told.err, story.text("platform.kdl"));
        if !is_plain {
            continue;
        }
        // All of it is declared as it was, but for what is external.
        let tree = Tree::folder(story.folder.path()).expect("it is a folder");
        let (_, declared) = schemas_of("here", &tree).pop().expect("there is one");
        let is_external = |table: &TableName, name: &str| {
            declared.external.iter().any(|it| it.name == name && it.table.as_deref() == Some(&table.table))
        };
        for (name, table) in &schema.tables {
            let here = declared.tables.get(name).unwrap_or_else(|| panic!("seed {seed}: {name}"));
            for column in &table.columns {
                let same = here.columns.iter().find(|it| it.name == column.name).expect("it is declared");
                assert_eq!((&same.column_type, same.not_null), (&column.column_type, column.not_null), "seed {seed}");
                if !is_external(name, &column.name) {
                    assert_eq!(same.default, column.default, "seed {seed}: {name} {}", column.name);
                }
            }
            for (it, constraint) in table.constraints.iter().filter(|(it, _)| !is_external(name, it)) {
                let is_there = match constraint {
                    Constraint::Check { .. } => here.constraints.values().any(|it| matches!(it, Constraint::Check { .. })),
                    other => here.constraints.values().any(|it| it == other),
                };
                assert!(is_there, "seed {seed}: {name} {it} {constraint:?}");
            }
            for (it, index) in table.indexes.iter().filter(|(it, _)| !is_external(name, it)) {
                let shape = |it: &Index| Index { only: it.only.as_ref().map(|_| String::new()), ..it.clone() };
                let is_key = here.constraints.values().any(
                    |it| matches!(it, Constraint::Unique { columns } if index.is_unique && *columns == index.columns),
                );
                assert!(is_key || here.indexes.values().any(|it| shape(it) == shape(index)), "seed {seed}: {name} {it}");
            }
            tables += 1;
        }
        external += declared.external.len();
    }
    println!("{tables} tables, {external} parts of them external");
}
