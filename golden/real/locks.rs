//! What migrations lock, on a table with 100,000 rows that somebody writes to all the while.

#![expect(clippy::disallowed_methods, reason = "moments are what this is about")]

use std::collections::BTreeMap;
use std::time::Instant;

use trackside::render::postgres::change;
use trackside::render::postgres::schema::{
    Action, Column, Constraint, Default, ForeignKey, Index, Method, Policy, Privilege, Role, RowSecurity,
    Schema, Table, TableName,
};
use trackside::render::postgres::statement::{self, Statement};

use super::postgres::{Connection, Server};

fn column(name: &str, column_type: &str) -> Column {
    Column {
        name: name.into(),
        was: None,
        from: None,
        column_type: column_type.into(),
        not_null: false,
        default: None,
        comment: None,
    }
}

fn policy(using: &str) -> Policy {
    Policy {
        is_restrictive: false,
        command: Some(Privilege::Select),
        role: "locker".into(),
        using: Some(using.into()),
        with_check: None,
    }
}

/// A large table that refers to a small one.
pub(super) fn before() -> Schema {
    let key = |name: &str| (format!("{name}_pkey"), Constraint::PrimaryKey { columns: vec!["id".into()] });
    let id = || Column { not_null: true, ..column("id", "bigint") };
    let small = Table { columns: vec![id()], constraints: [key("small")].into(), ..Table::default() };
    let mut large = Table {
        columns: vec![
            id(),
            column("name", "varchar(40)"),
            column("amount", "integer"),
            column("small_id", "bigint"),
            column("old", "text"),
            column("kept", "text"),
        ],
        constraints: [
            key("large"),
            ("large_name_key".into(), Constraint::Unique { columns: vec!["name".into()] }),
        ]
        .into(),
        ..Table::default()
    };
    large.columns[4].not_null = true;
    large.columns[5].default = Some(Default::Expression("'k'::text".into()));
    large.columns[4].default = Some(Default::Expression("'x'::text".into()));
    large.indexes.insert("large_amount_idx".into(), Index::plain(Method::Btree, vec!["amount".into()]));
    large.policies.insert("seen".into(), policy("true"));
    large.grants.insert("locker".into(), [Privilege::Select].into());
    let tables = [(TableName::public("small"), small), (TableName::public("large"), large)];
    Schema {
        roles: [("locker".to_owned(), Role::Application)].into(),
        tables: tables.into(),
        ..Schema::default()
    }
}

pub(super) type Made = Box<dyn Fn(&mut Table)>;

/// Every kind of change to a table with rows.
pub(super) fn changes() -> BTreeMap<&'static str, Made> {
    let foreign = || {
        Constraint::ForeignKey(ForeignKey {
            columns: vec!["small_id".into()],
            table: TableName::public("small"),
            references: vec!["id".into()],
            on_delete: Some(Action::Cascade),
            on_update: Some(Action::Restrict),
        })
    };
    let all: [(&'static str, Made); 24] = [
        ("a column", Box::new(|it| it.columns.push(column("more", "text")))),
        (
            "a column with a default",
            Box::new(|it| {
                it.columns.push(Column {
                    not_null: true,
                    default: Some(Default::Expression("5".into())),
                    ..column("more", "integer")
                });
            }),
        ),
        (
            "a column with a default that differs by row",
            Box::new(|it| {
                it.columns.push(Column {
                    default: Some(Default::Expression("gen_random_uuid()".into())),
                    ..column("more", "uuid")
                });
            }),
        ),
        ("a column less", Box::new(|it| it.columns.retain(|it| it.name != "old"))),
        (
            "a column that is called otherwise",
            Box::new(|it| {
                it.columns[4].was = Some("old".into());
                it.columns[4].name = "new".into();
            }),
        ),
        ("a default", Box::new(|it| it.columns[2].default = Some(Default::Expression("7".into())))),
        ("no default", Box::new(|it| it.columns[5].default = None)),
        ("always a value", Box::new(|it| it.columns[2].not_null = true)),
        ("not always a value", Box::new(|it| it.columns[4].not_null = false)),
        ("a comment", Box::new(|it| it.columns[2].comment = Some("cents".into()))),
        ("a wider type", Box::new(|it| it.columns[1].column_type = "text".into())),
        ("a larger type", Box::new(|it| it.columns[2].column_type = "bigint".into())),
        (
            "a key",
            Box::new(|it| {
                drop(it.constraints.insert(
                    "large_id_amount_key".into(),
                    Constraint::Unique { columns: vec!["id".into(), "amount".into()] },
                ));
            }),
        ),
        (
            "a reference",
            Box::new(move |it| drop(it.constraints.insert("large_small_id_fkey".into(), foreign()))),
        ),
        ("a key less", Box::new(|it| drop(it.constraints.remove("large_name_key")))),
        (
            "an index",
            Box::new(|it| {
                drop(it.indexes.insert(
                    "large_small_id_idx".into(),
                    Index::plain(Method::Btree, vec!["small_id".into()]),
                ));
            }),
        ),
        (
            "a check",
            Box::new(|it| {
                let held = Constraint::Check { expression: "\"id\" is not null".into() };
                drop(it.constraints.insert("large_id_check".into(), held));
            }),
        ),
        (
            "a key of some rows",
            Box::new(|it| {
                let index = Index {
                    is_unique: true,
                    lower: ["name".to_owned()].into(),
                    only: Some("\"old\" is null".into()),
                    ..Index::plain(Method::Btree, vec!["name".into()])
                };
                drop(it.indexes.insert("large_name_lower_key".into(), index));
            }),
        ),
        ("a comment on the table", Box::new(|it| it.comment = Some("all of it".into()))),
        ("no row security", Box::new(|it| it.row_security = RowSecurity::Off)),
        ("row security for others alone", Box::new(|it| it.row_security = RowSecurity::Enabled)),
        (
            "another name for an index",
            Box::new(|it| {
                let index = it.indexes.remove("large_amount_idx").expect("it is there");
                drop(it.indexes.insert("large_by_amount".into(), index));
            }),
        ),
        ("an index less", Box::new(|it| drop(it.indexes.remove("large_amount_idx")))),
        (
            "policies and privileges",
            Box::new(|it| {
                it.policies =
                    [("seen".to_owned(), policy("amount > 0")), ("more".to_owned(), policy("id > 0"))].into();
                it.grants.insert("locker".into(), [Privilege::Insert].into());
            }),
        ),
    ];
    all.into()
}

/// The modes of locks of tables, the weakest first.
const MODES: [&str; 8] = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

/// The strongest lock of the large table that a statement really takes.
fn taken(database: &Connection, statement: &Statement) -> Option<&'static str> {
    let modes = "select string_agg(mode, ',') from pg_locks where relation = 'public.large'::regclass and";
    let found = if statement.is_transactional {
        database.run(&format!("begin; {}; {modes} pid = pg_backend_pid(); commit;", statement.sql))
    } else {
        // What it holds is seen from beside, while it waits for this one to look away.
        let seen = database.start(
            "create temp table seen (mode text); do $$ begin perform 1 from large limit 1; for n in 1..400 loop insert into seen select mode from pg_locks l join pg_stat_activity a using (pid) where a.query ~ '^(create|drop).* concurrently' and l.relation = 'public.large'::regclass; perform pg_stat_clear_snapshot(), pg_sleep(0.002); end loop; end $$; select string_agg(distinct mode, ',') from seen;",
        );
        let looks = "select count(*) from pg_locks where relation = 'public.large'::regclass and mode = 'AccessShareLock'";
        while database.run(looks).is_ok_and(|it| it == "0") {}
        let done = database.run(&statement.sql);
        let output = seen.wait_with_output().expect("it ends");
        done.map(|_| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let found = found.unwrap_or_else(|problem| panic!("{problem}\n{}", statement.sql));
    let strongest = found.split(',').filter_map(|it| MODES.iter().position(|mode| *mode == it.trim())).max();
    // What readers and writers hold among each other is no matter of a label.
    strongest.filter(|it| *it > 2).map(|it| MODES[it])
}

#[test]
fn locks_are_those_of_the_labels_and_nobody_waits_for_long() {
    let server = Server::shared();
    let filled = server.database();
    let before = before();
    filled.migrate(&Schema::default(), &before);
    filled
        .run("insert into small select n from generate_series(1, 100) as n; alter table large no force row level security; insert into large (id, name, amount, small_id) select n, n, n, 1 + n % 100 from generate_series(1, 100000) as n; alter table large force row level security; analyze large")
        .expect("it can be filled");
    let name = filled.run("select current_database()").expect("it has a name");
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    for (title, made) in changes() {
        let database = server.copy(&name);
        let mut after = before.clone();
        made(after.tables.get_mut(&TableName::public("large")).expect("it is there"));
        // Somebody writes one row after the other, and gives up on one that waits for more than two seconds.
        let writes: String = (0..600)
            .map(|n| {
                format!(
                    "insert into large (id, name, amount, small_id) values ({}, 'w{n}', 1, 1);\n",
                    200_000 + n
                )
            })
            .collect();
        let writer = database.start(&format!("set lock_timeout = '2s';\n{writes}"));
        let mut labels = Vec::new();
        let begun = Instant::now();
        for statement in change::between(&before, &after).iter().flat_map(statement::of) {
            let label = statement
                .lock
                .as_ref()
                .filter(|(_, table)| table.table == "large")
                .map(|(lock, _)| lock.to_string());
            let really = taken(&database, &statement).map(str::to_owned);
            if label != really {
                wrong.push(format!("{title}: `{}` says {label:?}, and takes {really:?}", statement.sql));
            }
            labels.extend(really);
        }
        let took = begun.elapsed().as_millis();
        let output = writer.wait_with_output().expect("it ends");
        if !output.status.success() {
            wrong.push(format!("{title}: a writer gave up: {}", String::from_utf8_lossy(&output.stderr)));
        }
        lines.push(format!("{title}: {} ({took} ms)", labels.join(", ")));
    }
    println!("{}", lines.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn locks_on_what_another_tool_has_made_are_those_of_the_labels() {
    let mut before = before();
    let name = TableName::public("large");
    let large = before.tables.get_mut(&name).expect("it is there");
    large.row_security = RowSecurity::Off;
    let sequence = TableName::public("a \"sequence\"");
    large.columns.push(Column {
        not_null: true,
        default: Some(Default::Serial(sequence)),
        ..column("number", "integer")
    });
    let whole =
        |column: &str| Index { is_unique: true, ..Index::plain(Method::Btree, vec![column.to_owned()]) };
    large.indexes.insert("by_kept".into(), whole("kept"));
    large.indexes.insert("large_kept_key".into(), Index::plain(Method::Btree, vec!["small_id".into()]));
    let mut after = before.clone();
    let large = after.tables.get_mut(&name).expect("it is there");
    large.row_security = RowSecurity::Forced;
    large.columns[6].default = Some(Default::Identity);
    large.indexes.remove("by_kept");
    large.indexes.remove("large_kept_key");
    large.indexes.insert("large_small_id_idx".into(), Index::plain(Method::Btree, vec!["small_id".into()]));
    large.constraints.insert("large_kept_key".into(), Constraint::Unique { columns: vec!["kept".into()] });
    let database = Server::shared().database();
    database.migrate(&Schema::default(), &before);
    database
        .run("insert into small values (1); insert into large (id, name, kept) select n, n, n from generate_series(1, 1000) as n; update large set number = 2000 where id = 7")
        .expect("it can be filled");
    let mut told = Vec::new();
    for statement in change::between(&before, &after).iter().flat_map(statement::of) {
        let label = statement.lock.as_ref().map(|(lock, _)| lock.to_string());
        let really = taken(&database, &statement).map(str::to_owned);
        assert_eq!(label, really, "{}", statement.sql);
        told.push(format!(
            "{}: {}",
            label.unwrap_or_default(),
            statement.sql.lines().next().unwrap_or_default()
        ));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    : alter index public."large_kept_key" rename to "large_small_id_idx"
    AccessExclusiveLock: alter table public."large" add constraint "large_kept_key" unique using index "by_kept"
    AccessExclusiveLock: do $body$
    AccessExclusiveLock: alter table public."large" enable row level security
    AccessExclusiveLock: alter table public."large" force row level security
    "#);
    let next = "set role none; alter table large no force row level security; insert into large (id, name, kept) values (5000, 'next', 'next') returning number";
    assert_eq!(database.run(next), Ok("2001".to_owned()), "it goes on behind the largest");
}
