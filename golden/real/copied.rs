//! A column that takes the place of another one, on a table with 100,000 rows, while services of the old version write the one and services
//! of the new version the other.

use std::fs;
use std::path::Path;

use trackside::render::postgres::change;
use trackside::render::postgres::migration;
use trackside::render::postgres::schema::Schema;
use trackside::render::postgres::statement;
use trackside::tree::Tree;

use super::postgres::{Connection, Server, schemas_of};
use super::schemas::verify;

/// What a database with these types and tables is to be.
fn declared(inside: &str) -> Schema {
    let folder = tempfile::tempdir().expect("there is room");
    let text = format!(
        "platform \"rail\" edition=\"2026\" {{ postgresql \"16\" }}\ncluster {{ kubernetes \"1.35\"; pods \"10.244.0.0/16\"; services \"10.96.0.0/12\"; dns namespace=\"kube-system\" label=\"k8s-app=kube-dns\" }}\ndatabase \"seats\" engine=\"postgresql\" {{\nserver \"10.8.60.0/24\"\napplication-role \"copied_app\"\n{inside}\n}}\n"
    );
    fs::write(folder.path().join("platform.kdl"), &text).expect("it can be written");
    let tree = Tree::folder(Path::new(folder.path())).expect("it is one");
    schemas_of("", &tree).remove(0).1
}

/// A table of trains with this for the number of its seats.
fn trains(types: &str, seats: &str) -> Schema {
    declared(&format!(
        "{types}\ntable \"trains\" {{ column \"id\" \"bigint\" primary-key=#true default=\"identity\"; {seats}\n rows read=\"everyone\" }}"
    ))
}

fn steps(before: &Schema, after: &Schema) -> Vec<String> {
    change::between(before, after).iter().flat_map(statement::of).map(|it| it.sql).collect()
}

fn count(database: &Connection, condition: &str) -> String {
    // Row security holds for everybody but whoever runs the server, and that is who asks.
    database.run(&format!("select count(*) from trains where {condition}")).expect("it answers")
}

#[test]
fn old_and_new_services_write_while_the_rows_are_filled() {
    let before = trains("", "column \"seats\" \"integer\" default=1");
    let both =
        trains("", "column \"seats\" \"integer\" default=1; column \"places\" \"bigint\" from=\"seats\"");
    let after = trains("", "column \"places\" \"bigint\" from=\"seats\"");
    let database = Server::shared().database();
    database.migrate(&Schema::default(), &before);
    database
        .run("insert into trains (seats) select n % 900 from generate_series(1, 100000) as n")
        .expect("it can be filled");
    let writes = |column: &str, from: u32| -> String {
        let of = |n: u32| {
            format!(
                "insert into trains ({column}) values ({n}); update trains set {column} = {column} + 1000 where id = {};\n",
                1 + n * 37 % 100_000
            )
        };
        (from..from + 400).map(of).collect()
    };
    let old = database.start(&format!("set lock_timeout = '2s';\n{}", writes("seats", 0)));
    database.migrate(&before, &both);
    // The new version begins once its column is there; the old one goes on for a while.
    let newer = database.start(&format!("set lock_timeout = '2s';\n{}", writes("places", 1000)));
    let older = database.start(&format!("set lock_timeout = '2s';\n{}", writes("seats", 2000)));
    for (writer, child) in [("before", old), ("new", newer), ("old", older)] {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{writer}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(count(&database, "seats is distinct from places"), "0");
    let total = count(&database, "true");
    assert_eq!(total, "101200");
    let sum = database.run("select sum(seats) from trains").expect("it answers");
    assert_eq!(verify(&database, &both), []);
    // Nothing is filled twice, and running it again changes nothing.
    let fill = steps(&before, &both).into_iter().find(|it| it.contains("while page")).expect("it fills");
    database.run(&fill).expect("it can be run again");
    assert_eq!(database.run("select sum(places) from trains").as_ref(), Ok(&sum));
    // What one of them does not hold is refused in the other, and not cut off.
    let problem =
        database.run("insert into trains (places) values (3000000000)").expect_err("it is too large");
    assert!(problem.contains("integer out of range"), "{problem}");
    database.migrate(&both, &after);
    assert_eq!(count(&database, "places is null"), "0");
    assert_eq!(database.run("select sum(places) from trains"), Ok(sum));
    database.run("insert into trains (places) values (3000000000)").expect("nothing else is there any more");
    assert_eq!(migration::between(&after, &after, 1, "x", &|_| None), []);
    assert_eq!(verify(&database, &after), []);
}

#[test]
fn a_text_becomes_one_of_few_values_and_an_identity_a_text() {
    let cases = [
        (
            "enum \"kind\" \"slow\" \"fast\"",
            "column \"was\" \"text\"",
            "column \"now\" \"kind\" from=\"was\"",
            "'fast'",
            "fast",
        ),
        (
            "enum \"kind\" \"slow\" \"fast\"",
            "column \"was\" \"kind\"",
            "column \"now\" \"text\" from=\"was\"",
            "'slow'",
            "slow",
        ),
        (
            "",
            "column \"was\" \"uuid\"",
            "column \"now\" \"text\" from=\"was\"",
            "'10000000-0000-0000-0000-000000000000'",
            "10000000-0000-0000-0000-000000000000",
        ),
        (
            "",
            "column \"was\" \"text\" nullable=#true",
            "column \"now\" \"timestamptz\" from=\"was\" nullable=#true",
            "'2026-01-01T00:00:00Z'",
            "2026-01-01 00:00:00+00",
        ),
        (
            "domain \"amount\" \"integer\" check=\"value > 0\"",
            "column \"was\" \"text\"",
            "column \"now\" \"amount\" from=\"was\"",
            "'12'",
            "12",
        ),
        ("", "column \"was\" \"boolean\"", "column \"now\" \"integer\" from=\"was\"", "true", "1"),
    ];
    for (types, was, now, value, read) in cases {
        let (before, both) = (trains(types, was), trains(types, &format!("{was}; {now}")));
        let after = trains(types, now);
        let database = Server::shared().database();
        database.migrate(&Schema::default(), &before);
        database.run(&format!("insert into trains (was) values ({value})")).expect("it can be filled");
        database.migrate(&before, &both);
        let read_now = || database.run("set timezone = 'UTC'; select string_agg(now::text, ',') from trains");
        assert_eq!(read_now().as_deref(), Ok(read), "{now}");
        database
            .run(&format!("insert into trains (was) values ({value})"))
            .expect("the old version adds one");
        database
            .run("insert into trains (now) select now from trains limit 1")
            .expect("the new version adds one");
        assert_eq!(database.run("select count(distinct now) from trains").as_deref(), Ok("1"), "{now}");
        database.migrate(&both, &after);
        assert_eq!(read_now().as_deref(), Ok(&*[read; 3].join(",")), "{now}");
    }
}

#[test]
fn a_trigger_that_somebody_changed_is_told() {
    let both = trains("", "column \"seats\" \"integer\"; column \"places\" \"bigint\" from=\"seats\"");
    for (drift, told) in [
        ("drop trigger copy_trains_places on trains", "is missing"),
        (
            "alter table trains disable trigger copy_trains_places",
            "is `CREATE TRIGGER copy_trains_places BEFORE INSERT",
        ),
        (
            "create or replace function trackside.copy_trains_places() returns trigger language plpgsql security definer as 'begin return new; end'",
            "function `trackside.copy_trains_places()`: is `in plpgsql, runs as",
        ),
    ] {
        let database = Server::shared().database();
        database.migrate(&Schema::default(), &both);
        database.run(drift).expect("it can be done");
        let found: Vec<String> = verify(&database, &both).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|it| it.contains(told)), "{drift}: {found:?}");
    }
}

/// Everything that the stepwise statements of a migration do.
fn run(database: &Connection, steps: &[String]) {
    for sql in steps {
        database.run(&format!("{sql};")).unwrap_or_else(|problem| panic!("{problem}\n{sql}"));
    }
}

#[test]
fn what_is_filled_is_never_written_back_and_rows_that_move_are_not_missed() {
    let was = "column \"seats\" \"numeric(10, 2)\" nullable=#true; column \"hits\" \"integer\" default=0";
    let (before, both) = (
        trains("", was),
        trains("", &format!("{was}; column \"places\" \"integer\" nullable=#true from=\"seats\"")),
    );
    let database = Server::shared().database();
    database.migrate(&Schema::default(), &before);
    database
        .run("insert into trains (seats) select 1.57 from generate_series(1, 50000)")
        .expect("it can be filled");
    // A row that somebody holds, and others that move meanwhile for another reason.
    let holds =
        database.start("begin; select from trains where id = 100 for update; select pg_sleep(2); commit;");
    let moves = database.start(&"update trains set hits = hits + 1 where id > 20000;\n".repeat(4));
    database.migrate(&before, &both);
    for child in [holds, moves] {
        assert!(child.wait_with_output().expect("it ends").status.success());
    }
    assert_eq!(count(&database, "seats <> 1.57 or places is distinct from 2"), "0");
    // The new column says what both are where somebody writes both, or takes the value away.
    database.run("update trains set seats = 5, places = 6 where id = 1; update trains set places = null where id = 2; update trains set seats = null where id = 3; update trains set seats = 7.5 where id = 4").expect("it can be done");
    let rows = "select string_agg(coalesce(seats::text, '-') || ' ' || coalesce(places::text, '-'), ', ' order by id) from trains where id < 5";
    assert_eq!(database.run(rows).as_deref(), Ok("6.00 6, - -, - -, 7.50 8"));
}

#[test]
fn what_cannot_be_converted_stops_the_migration_before_anything_is_changed() {
    let was = "column \"seats\" \"text\"";
    let (before, both) =
        (trains("", was), trains("", &format!("{was}; column \"places\" \"integer\" from=\"seats\"")));
    let database = Server::shared().database();
    database.migrate(&Schema::default(), &before);
    database.run("insert into trains (seats) values ('12'), ('many')").expect("it can be filled");
    let files = migration::between(&before, &both, 2, "places", &|_| None);
    let first = format!("begin;\n{}\ncommit;", files[0].up);
    let problem = database.run(&first).expect_err("it cannot be converted");
    assert!(
        problem.contains("`trains.places` cannot take the place of `trains.seats`: invalid input syntax for type integer: \"many\""),
        "{problem}"
    );
    database.run("insert into trains (seats) values ('more')").expect("the old version goes on");
    database.run("update trains set seats = '1'").expect("somebody mends the rows");
    database.migrate(&before, &both);
    assert_eq!(count(&database, "places <> 1"), "0");
}

#[test]
fn either_column_is_called_otherwise_while_both_are_there() {
    let both = trains("", "column \"seats\" \"integer\"; column \"places\" \"bigint\" from=\"seats\"");
    for renamed in [
        "column \"chairs\" \"integer\" was=\"seats\"; column \"places\" \"bigint\" from=\"chairs\"",
        "column \"seats\" \"integer\"; column \"chairs\" \"bigint\" was=\"places\" from=\"seats\"",
    ] {
        let after = trains("", renamed);
        let database = Server::shared().database();
        database.migrate(&Schema::default(), &both);
        run(&database, &steps(&both, &after));
        assert_eq!(verify(&database, &after), [], "{renamed}");
        database.run("insert into trains (chairs) values (4)").expect("one of them is enough");
        let told = database.run("select to_jsonb(trains) - 'id' from trains").expect("it answers");
        assert_eq!(told.matches(": 4").count(), 2, "{told}");
    }
}
