//! Databases that were there first: adopted, and then migrated like any other.

#![expect(clippy::disallowed_methods, reason = "how many cases are tried is a wish of the environment")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};
use trackside::render::postgres::schema::{
    Column, Constraint, Default, Index, RowSecurity, Schema, TableName,
};
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

const PLATFORM: &str = r#"platform "shop" edition="2026" {
    postgresql "16"
}

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
        Server::shared().is_declared(folder.path());
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

/// What `migrate verify` says, without the places.
fn differences(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter_map(|it| it.strip_prefix("error[TS686]: ")).collect();
    lines.join("\n")
}

fn told(output: Output) -> Told {
    let text = |it: Vec<u8>| String::from_utf8(it).expect("it is text");
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// How many rows each table has.
const COUNTS: &str = "select string_agg(format('%s.%s %s', table_schema, table_name, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I.%I', table_schema, table_name), false, true, '')))[1]), E'\\n' order by table_schema, table_name) from information_schema.tables where table_schema in ('public', 'archive') and table_type = 'BASE TABLE' and table_name <> '_sqlx_migrations'";

/// What was written into the block of the database, without its indentation.
fn declared(text: &str) -> String {
    let written = text.split_once("application-role \"shop_app\"\n\n").expect("it is there").1;
    let written = written.rsplit_once("\n    }\n}\n").expect("it ends").0;
    written.lines().map(|it| it.strip_prefix("        ").unwrap_or(it).to_owned() + "\n").collect()
}

#[test]
fn a_database_of_other_tools_is_adopted_as_it_is() {
    let story = Story::legacy();
    let counts = story.sql(COUNTS);
    let told = story.done(&["migrate", "baseline", "shop/orders", "--leave-out"]);
    insta::assert_snapshot!(told.out, @r#"
    migrations/shop.orders/baseline.json
    migrations/shop.orders/0001_baseline.up.sql
    migrations/shop.orders/schema.json
    migrations/shop.orders/migrations.sum
    platform.kdl
    "#);
    insta::assert_snapshot!(told.err, @r#"
    column `orders.id` always counts by itself; in a new database a row may say its number
    sequence `invoice_number` is not declared: no column has it for its own
    statistics `customer_stats` are not declared: no declaration describes them
    constraint `orders_note_check` of table `orders` was never held against the rows that were there (`not valid`)
    role `legacy_app` may `insert` in 2 tables, which nothing declares: it keeps the right, and row security lets it see no row
    role `legacy_app` may `select` in 2 tables, which nothing declares: it keeps the right, and row security lets it see no row
    column `Total` of table `orders` is not declared: `Total` has `T`, which a name in a database cannot have
    column `address` of table `customers` is declared as `external`: `public.email_address` is no type that can be declared
    column `cents` of table `products` is declared as `external`: it is generated from others by `((price * (100)::numeric))::bigint`, which cannot be declared
    column `during` of table `rooms` is declared as `external`: `tstzrange` is no type that can be declared
    column `nick` of table `customers` is declared as `external`: `public.citext` is no type that can be declared
    column `period` of table `products` is declared as `external`: `tstzrange` is no type that can be declared
    column `unit price` of table `order_items` is not declared: `unit price` has a space, which a name in a database cannot have
    constraint `born_before` of table `customers` is declared as `external`: `((birthday IS NULL) OR (birthday < '2020-01-01'::date))` is no condition that can be declared
    constraint `bosses_account_id_fkey` of table `bosses` is declared as `external`: `accounts`, `bosses` refer to each other in a circle, and none of their rows can be deleted first
    constraint `customers_name_check` of table `customers` is declared as `external`: `(length(name) < 200)` is no condition that can be declared
    constraint `fk_parent` of table `orders` is declared as `external`: FOREIGN KEY (parent_id) REFERENCES public.orders(id) DEFERRABLE INITIALLY DEFERRED
    constraint `rooms_during_excl` of table `rooms` is declared as `external`: EXCLUDE USING gist (during WITH &&)
    default `number` of table `products` is declared as `external`: `nextval('public.invoice_number'::regclass)` is no value that can be declared
    default `renewed` of table `customers` is declared as `external`: `(now() + '1 year'::interval)` is no value that can be declared
    default `weight` of table `products` is declared as `external`: `0.5` is no value that can be declared
    index `customers_again_2` of table `customers` is declared as `external`: another index does the same
    index `customers_by_year` of table `customers` is declared as `external`: CREATE INDEX customers_by_year ON public.customers USING btree (EXTRACT(year FROM updated_at))
    index `customers_name_trgm` of table `customers` is declared as `external`: CREATE INDEX customers_name_trgm ON public.customers USING gin (name public.gin_trgm_ops)
    table `public.a.b` is not declared: `a.b` has `.`, which a name in a database cannot have
    table `cache` is declared as `external`: it is gone after a crash (unlogged)
    table `documents` is declared as `external`: others inherit from it
    table `events` is declared as `external`: it is in parts (partitioned)
    table `events_2026` is declared as `external`: it is a part of another one (partition)
    table `letters` is declared as `external`: it inherits from another one
    table `nothing_apart` is declared as `external`: nothing tells the rows of table `nothing_apart` apart
    table `order` is not declared: `order` is a key word of SQL
    table `archive.orders` is declared as `external`: table `public.orders` is called the same
    table `schema_migrations` is declared as `external`: it is where Rails, golang-migrate or dbmate notes which migrations have run
    table `weird "name" */` is not declared: `weird "name" */` has a space, which a name in a database cannot have
    type `email_address` is declared as `external`: `(VALUE ~~ '%@%'::text)` is no condition that can be declared
    what is said of table `bells` is not declared: `rings \u{7}` has the invisible character `\u{7}`, which a line of text cannot have
    policy `everybody's` of table `bosses` is not declared: row rules take its place, and the next migration drops it
    what is said of table `customers` is declared on one line, and will be said so
    what is said of column `customers.name` is declared on one line, and will be said so
    10 tables declared, none with `rows` yet: nobody can guess who sees which, so nobody sees any once row security is on
    `trackside migrate apply --adopt --database shop/orders` notes that this database is there
    once `rows` stand in the tables, `trackside migrate new rows` writes what is left to do
    "#);
    insta::assert_snapshot!(declared(&story.text("platform.kdl")), @r#"
    extension "citext"
    extension "pg_trgm"
    enum "mood" "sad" "ok" "happy"
    domain "percentage" "smallint" check="value >= 0 and value <= 100"

    table "accounts" {
        column "id" "integer" primary-key=#true
        column "boss_id" "integer" nullable=#true references="bosses.id"
    }

    table "bells" {
        column "id" "integer" primary-key=#true
        column "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789" "text" nullable=#true default="a\u{7}\"\\\u{a}'b\u{2028}"
        index "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789"
    }

    table "bosses" {
        column "id" "integer" primary-key=#true
        column "account_id" "integer"
    }

    table "customers" comment="Who buys. It's \"quoted\" \\ */ -- here" {
        column "id" "integer" primary-key=#true default="identity"
        column "email" "varchar(255)" unique=#true comment="where \"post\" goes"
        column "name" "text" default="" comment="what hides"
        column "credit" "numeric(12, 2)" default="0.00"
        column "state" "varchar(20)" default="new"
        column "mood" "mood" nullable=#true default="ok"
        column "discount" "percentage" nullable=#true default=5
        column "tags" "text[]" default="{}"
        column "extra" "jsonb" nullable=#true default="{\"a\": \"b\\\\c\"}"
        column "birthday" "date" nullable=#true
        column "created_at" "timestamptz" default="now"
        column "updated_at" "timestamp" default="now"
        column "renewed" "timestamptz" nullable=#true
        check "credit_is_none_or_more" "credit >= 0"
        check "state" "state in ('new', 'active', 'it''s gone')"
        index "birthday"
        index (desc)"created_at" where="state <> 'it''s gone'"
        unique (lower)"email"
        index "tags" method="gin"
    }

    table "lines" {
        column "order_id" "bigint"
        column "product_id" "bigint"
        column "line" "integer"
        foreign-key "order_id" "product_id" references="order_items(order_id, product_id)"
        primary-key "order_id" "product_id" "line"
    }

    table "order_items" {
        column "order_id" "bigint" references="orders.id" on-delete="cascade"
        column "product_id" "bigint" references="products.id"
        column "amount" "smallint" default=1
        primary-key "order_id" "product_id"
        check "amount" "amount >= 1 and amount <= 100"
    }

    table "orders" {
        column "id" "bigint" primary-key=#true default="identity"
        column "customer_id" "integer" references="customers.id" on-delete="cascade"
        column "parent_id" "bigint" nullable=#true
        column "approved_by" "integer" nullable=#true references="customers.id" on-update="cascade"
        column "placed_on" "date" default="now"
        column "note" "varchar" nullable=#true
        check "note" "note <> ''"
        index "customer_id"
    }

    table "products" {
        column "id" "bigint" primary-key=#true default="identity"
        column "sku" "char(8)" unique=#true
        column "title" "varchar(100)"
        column "price" "numeric(10, 2)"
        column "weight" "double precision" nullable=#true
        column "uuid" "uuid" nullable=#true default="random"
        column "number" "integer" nullable=#true
        check "price_range" "price > 0 and price <= '99999.99'"
        unique "title" "price"
    }

    table "rooms" {
        column "id" "integer" primary-key=#true
    }

    table "shelves" {
        column "id" "integer" primary-key=#true
        column "floor" "integer" nullable=#true
        column "room_id" "integer" nullable=#true references="rooms.id"
        index "room_id"
        index "floor"
    }

    external "column" "address" table="customers"
    external "column" "cents" table="products"
    external "column" "during" table="rooms"
    external "column" "nick" table="customers"
    external "column" "period" table="products"
    external "constraint" "born_before" table="customers"
    external "constraint" "bosses_account_id_fkey" table="bosses"
    external "constraint" "customers_name_check" table="customers"
    external "constraint" "fk_parent" table="orders"
    external "constraint" "rooms_during_excl" table="rooms"
    external "default" "number" table="products"
    external "default" "renewed" table="customers"
    external "default" "weight" table="products"
    external "function" "clean"
    external "function" "touch"
    external "index" "customers_again_2" table="customers"
    external "index" "customers_by_year" table="customers"
    external "index" "customers_name_trgm" table="customers"
    external "materialized-view" "totals"
    external "table" "cache"
    external "table" "documents"
    external "table" "events"
    external "table" "events_2026"
    external "table" "letters"
    external "table" "nothing_apart"
    external "table" "orders" schema="archive"
    external "table" "schema_migrations"
    external "trigger" "customers_touch" table="customers"
    external "trigger" "no_gone" table="products"
    external "type" "email_address"
    external "view" "open_orders"
    "#);
    assert_eq!(story.sql("select to_regclass('_sqlx_migrations') is null"), "t", "nothing was run");
    assert_eq!(story.done(&["fmt", "--check"]).err, "");
    let again = story.run(&["migrate", "baseline", "shop/orders", "--leave-out"]);
    assert_eq!(again.code, Some(2));
    insta::assert_snapshot!(again.err, @r#"trackside: `shop/orders` is adopted, or made by trackside, already: `migrations/shop.orders` has a snapshot of it; `trackside migrate new NAME` goes on"#);

    // Nothing runs that is there already, and it is noted once.
    let refused = story.run(&["migrate", "apply"]);
    assert_eq!((refused.code, &*refused.out), (Some(2), ""));
    insta::assert_snapshot!(refused.err, @r#"trackside: `migrations/shop.orders/0001_baseline.up.sql` makes what this database has already: if it is the one that was adopted, or one like it, `trackside migrate apply --adopt` notes that and runs nothing of it; nothing was done"#);
    assert_eq!(story.sql("select count(*) from _sqlx_migrations"), "0");
    let adopt = &["migrate", "apply", "--adopt"];
    assert_eq!(story.done(adopt).out, "0001_baseline.up.sql is what was there, and is noted now\n");
    assert_eq!(story.done(adopt).err, "everything has run already\n");

    // What is left to do loses nothing, and goes on counting.
    let told = story.done(&["migrate", "new", "rows"]);
    let files: Vec<&str> = told.out.lines().filter(|it| it.ends_with(".up.sql")).collect();
    let texts: String = files.iter().map(|it| story.text(it)).collect();
    assert!(
        !texts.contains("drop index") && !texts.contains("drop constraint"),
        "nothing is built again: {texts}"
    );
    insta::assert_snapshot!(story.text(files[0]).split_once("to \"shop_app_maintenance\";\n\n").expect("it has roles").1, @r#"
    -- AccessExclusiveLock on accounts
    alter table public."accounts" rename constraint "accounts_boss_fkey" to "accounts_boss_id_fkey";

    alter index public."bells_abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_idx" rename to "bells_abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstu_53aaa1d3";

    -- AccessExclusiveLock on customers
    alter table public."customers" rename constraint "credit_is_none_or_more" to "customers_credit_is_none_or_more_check";

    -- AccessExclusiveLock on customers
    alter table public."customers" rename constraint "uq_customers_email" to "customers_email_key";

    alter index public."customers_again" rename to "customers_birthday_idx";

    alter index public."customers_live" rename to "customers_created_at_desc_where_state_idx";

    alter index public."customers_lower_email" rename to "customers_email_lower_key";

    alter index public."customers_tags" rename to "customers_tags_gin_idx";

    -- AccessExclusiveLock on order_items
    alter table public."order_items" rename constraint "order_items_pk" to "order_items_pkey";

    -- AccessExclusiveLock on orders
    alter table public."orders" rename constraint "fk_orders_customer" to "orders_customer_id_fkey";

    alter index public."orders_customer" rename to "orders_customer_id_idx";

    -- AccessExclusiveLock on products
    alter table public."products" rename constraint "pk_products" to "products_pkey";

    -- AccessExclusiveLock on products
    alter table public."products" rename constraint "price_range" to "products_price_range_check";

    -- AccessExclusiveLock on products
    alter table public."products" add constraint "products_sku_key" unique using index "products_sku";

    -- AccessExclusiveLock on products
    alter table public."products" add constraint "products_title_price_key" unique using index "index_products_on_title_and_price";

    alter index public."shelves_room_id_idx" rename to "shelves_room_id_idx_renamed_a0d35f9a";

    alter index public."shelves_floor_idx" rename to "shelves_room_id_idx";

    alter index public."shelves_room_id_idx_renamed_a0d35f9a" rename to "shelves_floor_idx";

    -- AccessExclusiveLock on customers
    do $body$
    declare
        next bigint;
    begin
        lock table public."customers" in access exclusive mode;
        select greatest(s.last_value + s.is_called::int, (select coalesce(max("id"), 0) + 1 from public."customers")) into next from public."customers_id_seq" as s;
        alter table public."customers" alter column "id" drop default;
        drop sequence public."customers_id_seq";
        execute 'alter table public."customers" alter column "id" add generated by default as identity (sequence name public."customers_id_seq" start with ' || next || ')';
    end
    $body$;

    -- ShareUpdateExclusiveLock on customers
    comment on column public."customers"."name" is 'what hides';

    -- AccessExclusiveLock on customers
    alter table public."customers" alter column "credit" set default '0.00'::numeric(12, 2);

    -- AccessExclusiveLock on customers
    alter table public."customers" alter column "state" set default 'new'::varchar(20);

    -- AccessExclusiveLock on customers
    alter table public."customers" alter column "created_at" set default now();

    -- ShareUpdateExclusiveLock on customers
    comment on table public."customers" is E'Who buys. It''s "quoted" \\ */ -- here';

    -- AccessExclusiveLock on orders
    alter table public."orders" alter column "placed_on" set default now();

    -- AccessExclusiveLock on products
    do $body$
    declare
        next bigint;
    begin
        lock table public."products" in access exclusive mode;
        select greatest(s.last_value + s.is_called::int, (select coalesce(max("id"), 0) + 1 from public."products")) into next from public."products_id_seq" as s;
        alter table public."products" alter column "id" drop default;
        drop sequence public."products_id_seq";
        execute 'alter table public."products" alter column "id" add generated by default as identity (sequence name public."products_id_seq" start with ' || next || ')';
    end
    $body$;
    "#);
    story.done(&["migrate", "apply"]);
    assert_eq!(story.sql(COUNTS), counts);
    let next = "set role shop_app_maintenance; insert into customers (email) values ('next') returning id";
    assert_eq!(story.sql(next), "901", "behind the one that was added by hand");
    let next = "insert into products (sku, title, price) values ('next', 'next', 1) returning id";
    assert_eq!(story.sql(next), "51");
    let verified = story.run(&["migrate", "verify"]);
    insta::assert_snapshot!(differences(&verified.out).replace('\u{7}', "BEL"), @r#"
    constraint `a.b_c_excl` of table `public.a.b`: is not declared: EXCLUDE USING btree (c WITH =)
    table `order`: is not declared
    table `order`: row security is not enabled
    table `order`: row security is not forced
    table `public.a.b`: is not declared
    table `public.a.b`: row security is not enabled
    table `public.a.b`: row security is not forced
    table `weird "name" */`: is not declared
    table `weird "name" */`: row security is not enabled
    table `weird "name" */`: row security is not forced
    trigger or rule `g` of table `public.a.b`: is not declared: CREATE TRIGGER g BEFORE UPDATE ON public."a.b" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
    table `bells`: its comment says `rings \u{7}`, declared is nothing
    table `customers`: `legacy_app` may `insert`
    table `customers`: `legacy_app` may `select`
    column `order_items.unit price`: is not declared
    column `orders.Total`: is not declared
    table `orders`: `legacy_app` may `insert`
    table `orders`: `legacy_app` may `select`
    constraint `orders_note_check` of table `orders`: was never held against the rows that were there (`not valid`)
    table `cache`: row security is not enabled
    table `cache`: row security is not forced
    table `documents`: row security is not enabled
    table `documents`: row security is not forced
    table `events`: row security is not enabled
    table `events`: row security is not forced
    table `events_2026`: row security is not enabled
    table `events_2026`: row security is not forced
    table `letters`: row security is not enabled
    table `letters`: row security is not forced
    table `nothing_apart`: row security is not enabled
    table `nothing_apart`: row security is not forced
    table `archive.orders`: row security is not enabled
    table `archive.orders`: row security is not forced
    table `schema_migrations`: row security is not enabled
    table `schema_migrations`: row security is not forced
    "#);
    story.sqlx().expect("sqlx has nothing to do");

    // An empty database gets the same, but for what nothing describes.
    let empty = Server::shared().database();
    let made = story.run_in(&["migrate", "apply"], &empty);
    assert_eq!(made.code, Some(0), "{made:?}");
    let found = story.run_in(&["migrate", "verify"], &empty).out;
    let found = differences(&found);
    let unlike: Vec<&str> =
        found.lines().filter(|it| !it.ends_with("is missing, and declared as `external`")).collect();
    assert_eq!(unlike, [""; 0]);
    let nothing = Server::shared().database();
    let told = story.run_in(adopt, &nothing);
    insta::assert_snapshot!(told.err, @r#"trackside: there is nothing to adopt: no table of `migrations/shop.orders/0001_baseline.up.sql` is in this database; without `--adopt` it is made"#);
}

#[test]
fn a_database_that_is_another_one_is_not_taken_for_it() {
    let story = Story::legacy();
    let name = story.database.name().to_owned();
    story.done(&["migrate", "baseline", "shop/orders", "--leave-out"]);
    let drifts = [
        "alter table orders add column more text",
        "alter table customers drop constraint uq_customers_email",
        "alter table customers alter column credit type numeric(14, 2)",
        "alter table customers alter column name drop default",
        "create index more on orders (placed_on)",
        "drop table rooms cascade",
        "alter table shelves enable row level security",
        "alter table order_items drop constraint order_items_amount_check, add constraint order_items_amount_check check (amount > 0)",
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
    insta::assert_snapshot!(told.out + &told.err, @r#"
    column `customers.credit`: is `numeric(14, 2)`, declared is `numeric(12, 2)`
    column `customers.name`: has no default, declared is the default `''::text`
    column `orders.more`: is not declared
    column `products.id`: has the default `nextval('public.products_id_seq'::regclass)`, declared is the next number of the sequence `products_id_seq` as default
    constraint `order_items_amount_check` of table `order_items`: lets through `(amount > 0)`, declared is `((amount >= 1) AND (amount <= 100))`
    constraint `shelves_room_id_fkey` of table `shelves`: is missing
    constraint `uq_customers_email` of table `customers`: is missing
    index `more` of table `orders`: is not declared
    index `orders_customer` of table `orders`: is still called `other`
    policy `everybody's` of table `bosses`: is missing
    table `rooms`: is missing
    table `shelves`: row security is enabled, and is not as declared
    trackside: this database is not what `migrations/shop.orders/0001_baseline.up.sql` makes: nothing was done
    "#);
    assert_eq!(copy.run("select count(*) from _sqlx_migrations"), Ok("0".to_owned()));
    // What is of no account there is of none here.
    let copy = Server::shared().copy(&name);
    copy.run("create view more as select 1 as one; comment on table orders is 'x'; drop view open_orders")
        .expect("they can");
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
    let before = story.text("platform.kdl");
    let mut said = vec![refused(&["shop/books"]), refused(&["orders"]), refused(&["shop/Orders"])];
    story.sql("create table _sqlx_migrations (version bigint primary key, description text not null, installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, execution_time bigint not null); insert into _sqlx_migrations values (1, 'init', now(), true, sha384('select 1;'), 0)");
    said.push(refused(&["shop/orders"]));
    let folder = story.path("migrations/shop.orders");
    fs::create_dir_all(&folder).expect("it can be made");
    fs::write(folder.join("0001_init.up.sql"), "select 1;").expect("it can be written");
    fs::write(folder.join("0002_more.up.sql"), "select 2;").expect("it can be written");
    said.push(refused(&["shop/orders"]));
    insta::assert_snapshot!(said.join(""), @r#"
    trackside: no database `books` is declared in project `shop`: write `database "books" engine="postgresql" { server "10.0.0.0/24" }` into `project "shop"`, with the address of its server and without tables, and run this again
    trackside: database `orders` is one of project `shop`: write `shop/orders`
    error: invalid value 'shop/Orders' for '<[PROJECT/]DATABASE>': `Orders` has `O`, which a name cannot have

    For more information, try '--help'.
    trackside: migrations of sqlx have run in this database, and their files are not in `migrations/shop.orders`: put them there as they are; or, where sqlx is to begin anew as well, `alter table _sqlx_migrations rename to sqlx_migrations_before`
    trackside: `migrations/shop.orders/0002_more.up.sql` has not run in this database, so it is not known what it leaves: run it first, or take it away
    "#);
    assert_eq!(story.text("platform.kdl"), before, "nothing is written");
    // With what has run there it is adopted behind that.
    fs::remove_file(folder.join("0002_more.up.sql")).expect("it is there");
    let told = story.done(&["migrate", "baseline", "shop/orders", "--leave-out"]);
    assert_eq!(
        told.out,
        "migrations/shop.orders/schema.json\nmigrations/shop.orders/migrations.sum\nplatform.kdl\n"
    );
    story.done(&["migrate", "new", "rows"]);
    story.done(&["migrate", "apply"]);
    let adopted = story.run(&["migrate", "apply", "--adopt"]);
    insta::assert_snapshot!(adopted.err, @r#"trackside: no database was adopted here: `trackside migrate baseline` writes what is there, and then `--adopt` notes it"#);
    story.sqlx().expect("sqlx has nothing to do");
}

/// A database in several schemas, with columns that are computed.
const SCHEMAS: &str = "
create table customers (
    id integer primary key,
    first text not null,
    last text,
    price numeric(10, 2) not null,
    count integer not null,
    data jsonb,
    total numeric generated always as (price * count) stored,
    whole text generated always as (first || ' it''s ' || coalesce(last, '')) stored not null,
    email text generated always as (lower(data ->> 'email')) stored unique,
    words tsvector generated always as (to_tsvector('simple', coalesce(last, ''))) stored,
    small text generated always as (substr(first, 1, 2)) stored,
    cents bigint generated always as ((price * 100)::bigint) stored
);
create index on customers using gin (words);
create schema billing;
create type billing.state as enum ('open', 'paid');
create table billing.invoices (
    id bigint primary key,
    customer_id integer not null references customers on delete cascade,
    state billing.state,
    sum numeric(12, 2) not null default 0 check (sum >= 0),
    twice numeric generated always as (sum * 2) stored
);
comment on table billing.invoices is 'What is owed.';
create index on billing.invoices (customer_id);
create index by_hash on billing.invoices using hash (sum);
create view billing.owed as select sum(sum) from billing.invoices;
create function billing.tax(of numeric) returns numeric language sql as 'select of * 0.2';
create trigger kept before update on billing.invoices for each row execute function suppress_redundant_updates_trigger();
create schema archive;
create table archive.customers (id integer primary key);
create table archive.letters (id integer primary key, invoice_id bigint references billing.invoices, of integer references archive.customers);
create schema only_views;
create view only_views.one as select 1 as one;
";

#[test]
fn every_schema_is_adopted_and_what_is_computed_with_it() {
    let story = Story::of(Server::shared().database());
    story.sql(SCHEMAS);
    let told = story.done(&["migrate", "baseline", "shop/orders"]);
    insta::assert_snapshot!(told.err, @r#"
    column `cents` of table `customers` is declared as `external`: it is generated from others by `((price * (100)::numeric))::bigint`, which cannot be declared
    column `small` of table `customers` is declared as `external`: it is generated from others by `substr(first, 1, 2)`, which cannot be declared
    column `state` of table `billing.invoices` is declared as `external`: `billing.state` is no type that can be declared
    constraint `letters_of_fkey` of table `archive.letters` is declared as `external`: it refers to `archive.customers`, which is not declared
    index `by_hash` of table `billing.invoices` is declared as `external`: CREATE INDEX by_hash ON billing.invoices USING hash (sum)
    table `archive.customers` is declared as `external`: table `public.customers` is called the same
    type `billing.state` is declared as `external`: it is one of the schema `billing`
    3 tables declared, none with `rows` yet: nobody can guess who sees which, so nobody sees any once row security is on
    `trackside migrate apply --adopt --database shop/orders` notes that this database is there
    once `rows` stand in the tables, `trackside migrate new rows` writes what is left to do
    "#);
    insta::assert_snapshot!(declared(&story.text("platform.kdl")), @r#"
    table "letters" schema="archive" {
        column "id" "integer" primary-key=#true
        column "invoice_id" "bigint" nullable=#true references="invoices.id"
        column "of" "integer" nullable=#true
    }

    table "invoices" schema="billing" comment="What is owed." {
        column "id" "bigint" primary-key=#true
        column "customer_id" "integer" references="customers.id" on-delete="cascade"
        column "sum" "numeric(12, 2)" default=0
        column "twice" "numeric" nullable=#true generated="sum * 2"
        check "sum" "sum >= 0"
        index "customer_id"
    }

    table "customers" {
        column "id" "integer" primary-key=#true
        column "first" "text"
        column "last" "text" nullable=#true
        column "price" "numeric(10, 2)"
        column "count" "integer"
        column "data" "jsonb" nullable=#true
        column "total" "numeric" nullable=#true generated="price * count"
        column "whole" "text" generated="(first || ' it''s ') || coalesce(last, '')"
        column "email" "text" nullable=#true unique=#true generated="lower(data ->> 'email')"
        column "words" "tsvector" nullable=#true generated="to_tsvector('simple', coalesce(last, ''))"
        index "words" method="gin"
    }

    external "column" "cents" table="customers"
    external "column" "small" table="customers"
    external "column" "state" table="invoices"
    external "constraint" "letters_of_fkey" table="letters"
    external "function" "tax" schema="billing"
    external "index" "by_hash" table="invoices"
    external "table" "customers" schema="archive"
    external "trigger" "kept" table="invoices"
    external "type" "state" schema="billing"
    external "view" "one" schema="only_views"
    external "view" "owed" schema="billing"
    "#);
    let made = story.text("migrations/shop.orders/0001_baseline.up.sql");
    assert!(made.contains("create schema if not exists \"billing\""), "{made}");
    story.done(&["migrate", "apply", "--adopt"]);
    story.done(&["migrate", "new", "rows"]);
    story.done(&["migrate", "apply"]);
    let verified = story.run(&["migrate", "verify"]);
    insta::assert_snapshot!(differences(&verified.out), @r"
    table `archive.customers`: row security is not enabled
    table `archive.customers`: row security is not forced
    ");
    // An empty database gets the same, but for what is external.
    let empty = Server::shared().database();
    assert_eq!(story.run_in(&["migrate", "apply"], &empty).code, Some(0));
    let found = differences(&story.run_in(&["migrate", "verify"], &empty).out);
    let unlike: Vec<&str> =
        found.lines().filter(|it| !it.ends_with("is missing, and declared as `external`")).collect();
    assert_eq!(unlike, [""; 0]);
}

#[test]
fn names_that_need_quotes_are_all_named_and_nothing_is_written() {
    let story = Story::legacy();
    story.sql("create schema \"Odd\" create table things (id integer primary key)");
    let before = story.text("platform.kdl");
    let told = story.run(&["migrate", "baseline", "shop/orders"]);
    assert_eq!((told.code, &*told.out), (Some(1), ""), "{told:?}");
    insta::assert_snapshot!(told.err, @r#"
    column `Total` of table `orders` is not declared: `Total` has `T`, which a name in a database cannot have
    column `unit price` of table `order_items` is not declared: `unit price` has a space, which a name in a database cannot have
    table `public.a.b` is not declared: `a.b` has `.`, which a name in a database cannot have
    table `order` is not declared: `order` is a key word of SQL
    table `Odd.things` is not declared: `Odd` has `O`, which a name in a database cannot have
    table `weird "name" */` is not declared: `weird "name" */` has a space, which a name in a database cannot have
    nothing is written: 6 names that no declaration can have; give them others by `alter … rename`, or go on without them by `--leave-out`
    "#);
    assert_eq!(story.text("platform.kdl"), before);
    assert!(!story.path("migrations").exists(), "nothing is written");
}

#[test]
fn migrations_that_sqlx_has_numbered_by_time_are_gone_on_with() {
    let story = Story::of(Server::shared().database());
    let folder = story.path("migrations/shop.orders");
    fs::create_dir_all(&folder).expect("it can be made");
    for (name, sql) in [
        ("20240101120000_Create-customers.sql", "create table customers (id integer primary key);"),
        ("20240201120000_orders.up.sql", "create table orders (id integer primary key);"),
        ("20240201120000_orders.down.sql", "drop table orders;"),
    ] {
        fs::write(folder.join(name), sql).expect("it can be written");
    }
    let early = story.run(&["migrate", "baseline", "shop/orders"]);
    assert!(
        early.err.contains("20240101120000_Create-customers.sql` has not run in this database"),
        "{early:?}"
    );
    story.sqlx().expect("sqlx runs its own");
    let told = story.done(&["migrate", "baseline", "shop/orders"]);
    assert_eq!(
        told.out,
        "migrations/shop.orders/schema.json\nmigrations/shop.orders/migrations.sum\nplatform.kdl\n"
    );
    let told = story.done(&["migrate", "new", "rows"]);
    assert!(told.out.starts_with("migrations/shop.orders/20240201120001_rows"), "{told:?}");
    story.done(&["migrate", "apply"]);
    story.sqlx().expect("sqlx has nothing to do");
    // Whoever goes on with `sqlx migrate add` does so behind that.
    fs::write(folder.join("20250101120000_notes.sql"), "create view notes as select 1 as one;")
        .expect("it can be written");
    let unknown = story.run(&["migrate", "status"]);
    assert!(
        unknown.err.contains("`migrations/shop.orders/20250101120000_notes.sql` is not in `migrations.sum`"),
        "{unknown:?}"
    );
    story.done(&["migrate", "hash"]);
    story.sqlx().expect("sqlx runs its own");
    assert_eq!(story.done(&["migrate", "apply"]).err, "everything has run already\n");
    let numbers =
        "select string_agg(version || ' ' || description, ', ' order by version) from _sqlx_migrations";
    assert!(
        story
            .sql(numbers)
            .starts_with("20240101120000 Create-customers, 20240201120000 orders, 20240201120001 rows"),
        "{}",
        story.sql(numbers)
    );
    // An empty database gets all of it, by either.
    let empty = Server::shared().database();
    assert_eq!(story.run_in(&["migrate", "apply"], &empty).code, Some(0));
    fs::remove_file(folder.join("20240101120000_Create-customers.sql")).expect("it is there");
    let told = story.run(&["migrate", "status"]);
    assert!(told.err.contains("`migrations/shop.orders/20240101120000_Create-customers.sql` is not in `migrations.sum`, or only there"), "{told:?}");
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
        let told = story.run(&["migrate", "baseline", "shop/orders", "--leave-out"]);
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
            !is_plain
                && (it.ends_with(": is not declared")
                    || it.contains(": row security is not ")
                    || it.contains("is not declared: "))
        };
        let said = differences(&found.out);
        let unlike: Vec<&str> = said.lines().filter(|it| !inexpressible(it)).collect();
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
            // What is computed as nothing can be declared is external as a whole.
            let is_computed = |it: &&Column| {
                matches!(it.default, Some(Default::Generated(_))) && is_external(name, &it.name)
            };
            for column in table.columns.iter().filter(|it| !is_computed(it)) {
                let same = here.columns.iter().find(|it| it.name == column.name).expect("it is declared");
                assert_eq!(
                    (&same.column_type, same.not_null),
                    (&column.column_type, column.not_null),
                    "seed {seed}"
                );
                if !is_external(name, &column.name) {
                    assert_eq!(same.default, column.default, "seed {seed}: {name} {}", column.name);
                }
            }
            for (it, constraint) in table.constraints.iter().filter(|(it, _)| !is_external(name, it)) {
                let is_there = match constraint {
                    Constraint::Check { .. } => {
                        here.constraints.values().any(|it| matches!(it, Constraint::Check { .. }))
                    }
                    other => here.constraints.values().any(|it| it == other),
                };
                assert!(is_there, "seed {seed}: {name} {it} {constraint:?}");
            }
            for (it, index) in table.indexes.iter().filter(|(it, _)| !is_external(name, it)) {
                let shape =
                    |it: &Index| Index { only: it.only.as_ref().map(|_| String::new()), ..it.clone() };
                let is_key = here.constraints.values().any(
                    |it| matches!(it, Constraint::Unique { columns } if index.is_unique && *columns == index.columns),
                );
                assert!(
                    is_key || here.indexes.values().any(|it| shape(it) == shape(index)),
                    "seed {seed}: {name} {it}"
                );
            }
            tables += 1;
        }
        external += declared.external.len();
    }
    println!("{tables} tables, {external} parts of them external");
}
