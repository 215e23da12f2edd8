//! Schemas that lead to each other, whatever they are. `TRACKSIDE_CASES` says how many are tried.

#![expect(clippy::disallowed_methods, reason = "how many cases are tried is a wish of the environment")]

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use sqlx::Connection as _;
use trackside::database::connection::Address;
use trackside::database::difference::{self, Difference};
use trackside::language::value::postgres::ColumnType;
use trackside::render::postgres::cast::{self, Cast};
use trackside::render::postgres::migration::{self, Migration};
use trackside::render::postgres::schema::{
    Column, Constraint, Default, Index, Method, OnDelete, Policy, Privilege, Role, Schema, Table, TableName,
};

use super::postgres::{Connection, Server};

/// Types, with a default that some of them can have.
const TYPES: &[(&str, &str)] = &[
    ("text", "'a b'::text"),
    ("varchar(20)", "'it''s'::varchar(20)"),
    ("integer", "5"),
    ("bigint", "5"),
    ("numeric(12, 2)", "5"),
    ("boolean", "true"),
    ("timestamptz", "now()"),
    ("date", "now()"),
    ("uuid", "gen_random_uuid()"),
    ("jsonb", "'{}'::jsonb"),
    ("inet", "'10.0.0.1'::inet"),
    ("text[]", "'{}'::text[]"),
    ("double precision", "1"),
    ("interval", "'1 day'::interval"),
];

struct Generator {
    random: Rng,
    role: String,
    count: u32,
}

impl Generator {
    fn name(&mut self, kind: &str) -> String {
        self.count += 1;
        match self.random.u8(..6) {
            // Reserved words, letters that are no letters of English, quotes, and names as long as there may be.
            0 => format!("order {}", self.count),
            1 => format!("Größe\"{}", self.count),
            2 => format!("{kind}_{}_{}", self.count, "x".repeat(40)),
            _ => format!("{kind}{}", self.count),
        }
    }

    fn column(&mut self) -> Column {
        let (column_type, default) = TYPES[self.random.usize(..TYPES.len())];
        let default = self.random.bool().then(|| Default::Expression(default.to_owned()));
        let comment = (self.random.u8(..5) == 0).then(|| "it's a -- comment; \\ and more".to_owned());
        Column {
            name: self.name("c"),
            was: None,
            column_type: column_type.to_owned(),
            not_null: self.random.bool(),
            default,
            comment,
        }
    }

    fn table(&mut self, others: &BTreeMap<TableName, Table>) -> (TableName, Table) {
        let name = self.name("t");
        let mut table = Table::default();
        table.columns.push(Column {
            name: "id".to_owned(),
            was: None,
            column_type: "uuid".to_owned(),
            not_null: true,
            default: Some(Default::Expression("gen_random_uuid()".to_owned())),
            comment: None,
        });
        for _ in 0..self.random.u8(1..5) {
            table.columns.push(self.column());
        }
        let key = Constraint::PrimaryKey { columns: vec!["id".to_owned()] };
        table.constraints.insert(self.name("pk"), key);
        self.parts(&mut table, others);
        (TableName::public(name), table)
    }

    /// Keys, indexes, policies and privileges.
    fn parts(&mut self, table: &mut Table, others: &BTreeMap<TableName, Table>) {
        let any = table.columns[self.random.usize(..table.columns.len())].name.clone();
        match self.random.u8(..6) {
            0 => {
                table.constraints.insert(self.name("u"), Constraint::Unique { columns: vec![any] });
            }
            1 => {
                table.indexes.insert(
                    self.name("i"),
                    Index { method: Method::Btree, columns: vec![any, "id".to_owned()] },
                );
            }
            2 if !others.is_empty() => {
                let other =
                    others.keys().nth(self.random.usize(..others.len())).expect("there are so many").clone();
                let column = Column {
                    name: self.name("r"),
                    was: None,
                    column_type: "uuid".to_owned(),
                    not_null: false,
                    default: None,
                    comment: None,
                };
                let on_delete =
                    [OnDelete::NoAction, OnDelete::Cascade, OnDelete::SetNull][self.random.usize(..3)];
                let key = Constraint::ForeignKey {
                    column: column.name.clone(),
                    table: other,
                    references: "id".to_owned(),
                    on_delete,
                };
                table.columns.push(column);
                table.constraints.insert(self.name("fk"), key);
            }
            3 => {
                let privileges = [Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete];
                let some: BTreeSet<_> = privileges.into_iter().filter(|_| self.random.bool()).collect();
                if some.is_empty() {
                    table.grants.remove(&self.role);
                } else {
                    table.grants.insert(self.role.clone(), some);
                }
            }
            _ => {
                let asked = format!(
                    "\"{}\" is not null or \"id\" = (select nullif(current_setting('app.me', true), '')::uuid)",
                    any.replace('"', "\"\"")
                );
                let command =
                    [None, Some(Privilege::Select), Some(Privilege::Update)][self.random.usize(..3)];
                let with_check = (command != Some(Privilege::Select)).then(|| asked.clone());
                let policy = Policy {
                    is_restrictive: self.random.bool(),
                    command,
                    role: self.role.clone(),
                    using: Some(asked),
                    with_check,
                };
                table.policies.insert(self.name("p"), policy);
            }
        }
    }

    fn schema(&mut self) -> Schema {
        let mut schema =
            Schema { roles: [(self.role.clone(), Role::Application)].into(), ..Schema::default() };
        for _ in 0..self.random.u8(1..4) {
            let (name, table) = self.table(&schema.tables);
            schema.tables.insert(name, table);
        }
        schema
    }

    /// The same with a few changes.
    fn changed(&mut self, before: &Schema) -> Schema {
        let mut schema = before.clone();
        for _ in 0..self.random.u8(1..6) {
            let names: Vec<TableName> = schema.tables.keys().cloned().collect();
            let name = names[self.random.usize(..names.len())].clone();
            let others = schema.tables.clone();
            let table = schema.tables.get_mut(&name).expect("it is there");
            match self.random.u8(..10) {
                0 => {
                    let (name, table) = self.table(&others);
                    schema.tables.insert(name, table);
                }
                1 if names.len() > 1 => {
                    schema.tables.remove(&name);
                    for table in schema.tables.values_mut() {
                        table.constraints.retain(
                            |_, it| !matches!(it, Constraint::ForeignKey { table, .. } if *table == name),
                        );
                    }
                }
                2 => {
                    let column = self.column();
                    table.columns.push(column);
                }
                3 => {
                    let at = self.random.usize(..table.columns.len());
                    let gone = table.columns[at].name.clone();
                    if gone != "id" {
                        table.columns.remove(at);
                        forget(table, &gone);
                    }
                }
                4 => {
                    let at = self.random.usize(..table.columns.len());
                    let (column_type, default) = TYPES[self.random.usize(..TYPES.len())];
                    let column = &mut table.columns[at];
                    let is_bound = table.constraints.values().any(
                        |it| matches!(it, Constraint::ForeignKey { column: it, .. } if *it == column.name),
                    );
                    if column.name != "id"
                        && !is_bound
                        && cast::between(&column.column_type, column_type) != Cast::Missing
                    {
                        column_type.clone_into(&mut column.column_type);
                        column.default =
                            column.default.as_ref().map(|_| Default::Expression(default.to_owned()));
                    }
                }
                5 => {
                    let at = self.random.usize(..table.columns.len());
                    let column = &mut table.columns[at];
                    column.not_null = column.name == "id" || !column.not_null;
                }
                // What is renamed in the same breath as it is dropped or made would be two things at once.
                6 if before.tables.get(&name).is_some_and(|it| it.was.is_none()) && table.was.is_none() => {
                    let mut moved = schema.tables.remove(&name).expect("it is there");
                    moved.was = Some(name.table.clone());
                    let to = TableName::public(self.name("t"));
                    for key in schema
                        .tables
                        .values_mut()
                        .chain([&mut moved])
                        .flat_map(|it| it.constraints.values_mut())
                    {
                        if let Constraint::ForeignKey { table, .. } = key
                            && *table == name
                        {
                            table.clone_from(&to);
                        }
                    }
                    schema.tables.insert(to, moved);
                }
                7 => {
                    let at = self.random.usize(..table.columns.len());
                    let from = table.columns[at].name.clone();
                    let was_there =
                        before.tables.values().any(|it| it.columns.iter().any(|it| it.name == from));
                    if from != "id" && table.columns[at].was.is_none() && was_there {
                        let to = self.name("c");
                        table.columns[at].name.clone_from(&to);
                        table.columns[at].was = Some(from.clone());
                        rename(table, &from, &to);
                    }
                }
                _ => self.parts(table, &others),
            }
        }
        schema
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn forget(table: &mut Table, gone: &str) {
    table.indexes.retain(|_, it| !it.columns.iter().any(|it| it == gone));
    table.constraints.retain(|_, it| match it {
        Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
            !columns.iter().any(|it| it == gone)
        }
        Constraint::ForeignKey { column, .. } => column != gone,
    });
    table
        .policies
        .retain(|_, it| !it.using.iter().chain(&it.with_check).any(|it| it.contains(&quoted(gone))));
}

fn rename(table: &mut Table, from: &str, to: &str) {
    let rename = |it: &mut String| {
        if it == from {
            to.clone_into(it);
        }
    };
    table.indexes.values_mut().flat_map(|it| &mut it.columns).for_each(rename);
    for constraint in table.constraints.values_mut() {
        match constraint {
            Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
                columns.iter_mut().for_each(rename);
            }
            Constraint::ForeignKey { column, .. } => rename(column),
        }
    }
    for policy in table.policies.values_mut() {
        for expression in [&mut policy.using, &mut policy.with_check].into_iter().flatten() {
            *expression = expression.replace(&quoted(from), &quoted(to));
        }
    }
}

fn apply(database: &Connection, texts: impl Iterator<Item = String>) -> Result<(), String> {
    for text in texts {
        let whole =
            if text.starts_with("-- no-transaction") { text } else { format!("begin;\n{text}\ncommit;\n") };
        database.run(&whole).map_err(|problem| format!("{problem}\n{whole}"))?;
    }
    Ok(())
}

fn verify(database: &Connection, schema: &Schema) -> Vec<Difference> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be made");
    runtime.block_on(async {
        let mut connection =
            Address::parse(&database.url(), false).expect("it is one").connect().await.expect("it is there");
        let found = difference::verify(&mut connection, schema).await.expect("it answers");
        let _closed = connection.close().await;
        found
    })
}

#[test]
fn any_schema_becomes_any_other_and_goes_back_where_it_can() {
    let cases: u64 = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(40);
    let (mut files, mut back) = (0, 0);
    for seed in 0..cases {
        let mut generator = Generator { random: Rng::with_seed(seed), role: "any_role".to_owned(), count: 0 };
        let before = generator.schema();
        let after = generator.changed(&before);
        let database = Server::shared().database();
        let between = |before: &Schema, after: &Schema| migration::between(before, after, 1, "x", &|_| None);
        let up = |all: &[Migration]| all.iter().map(|it| it.up.clone()).collect::<Vec<_>>();
        let say = |what: &str, problem: &str| panic!("seed {seed}, {what}: {problem}");
        let first = between(&Schema::default(), &before);
        if let Err(problem) = apply(&database, up(&first).into_iter()) {
            say("made", &problem);
        }
        let found = verify(&database, &before);
        assert!(found.is_empty(), "seed {seed}, made: {found:#?}\n{}", up(&first).join("\n"));
        let second = between(&before, &after);
        files += second.len();
        if let Err(problem) = apply(&database, up(&second).into_iter()) {
            say("changed", &problem);
        }
        let found = verify(&database, &after);
        assert!(found.is_empty(), "seed {seed}, changed: {found:#?}\n{}", up(&second).join("\n"));
        assert_eq!(between(&after, &after), [], "seed {seed}: there is nothing left to do");
        if let Some(down) = second.first().and_then(|it| it.down.clone()) {
            back += 1;
            if let Err(problem) = apply(&database, std::iter::once(down.clone())) {
                say("back", &problem);
            }
            let found = verify(&database, &before);
            assert!(found.is_empty(), "seed {seed}, back: {found:#?}\n{down}");
        }
    }
    println!("{cases} pairs of schemas, {files} files, {back} ways back");
}

#[test]
fn what_becomes_of_values_is_what_postgresql_makes_of_them() {
    let database = Server::shared().database();
    let types = [
        "bigint",
        "boolean",
        "bytea",
        "char",
        "char(3)",
        "char(5)",
        "cidr",
        "date",
        "double precision",
        "inet",
        "integer",
        "integer[]",
        "interval",
        "interval(2)",
        "json",
        "jsonb",
        "macaddr",
        "numeric",
        "numeric(10, 2)",
        "numeric(12, 2)",
        "numeric(12, 4)",
        "real",
        "smallint",
        "bigint[]",
        "text",
        "text[]",
        "time",
        "time(2)",
        "timestamp",
        "timestamp(3)",
        "timestamp(6)",
        "timestamptz",
        "timestamptz(3)",
        "uuid",
        "uuid[]",
        "varchar",
        "varchar(10)",
        "varchar(20)",
        "varchar(20)[]",
    ];
    let mut wrong = Vec::new();
    for from in types {
        assert!(ColumnType::of(from).is_some(), "{from}");
        let sql: String = types
            .iter()
            .map(|to| {
                format!(
                    "do $$ declare before oid; begin create table c (v {from}); before := pg_relation_filenode('c'); alter table c alter column v type {to}; insert into answers values ('{to}', case when before = pg_relation_filenode('c') then 'Free' else 'Rewrites' end); drop table c; exception when others then insert into answers values ('{to}', 'Missing'); end $$;\n"
                )
            })
            .collect();
        let answers = database.run(&format!("create temp table answers (t text, a text);\n{sql}select string_agg(t || '=' || a, ';') from answers;")).expect("it answers");
        for answer in answers.split(';') {
            let (to, theirs) = answer.split_once('=').expect("it is one");
            let ours = cast::between(from, to);
            let same = match theirs {
                "Missing" => ours == Cast::Missing,
                "Free" => ours == Cast::Free,
                // Losing is about values; an empty table has none. Where PostgreSQL need not write rows anew it may still look at each.
                _ => matches!(ours, Cast::Rewrites | Cast::Loses),
            };
            let is_looked_at = theirs == "Free" && ours == Cast::Loses;
            if !same && !is_looked_at {
                wrong.push(format!("{from} to {to}: {theirs}, and not {ours:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} pairs of types", types.len() * types.len());
}

#[test]
fn many_tables_are_verified_in_one_look() {
    let count = if std::env::var("TRACKSIDE_CASES").is_ok() { 2_000 } else { 100 };
    let mut generator = Generator { random: Rng::with_seed(7), role: "any_role".to_owned(), count: 0 };
    let mut schema =
        Schema { roles: [("any_role".to_owned(), Role::Application)].into(), ..Schema::default() };
    for _ in 0..count {
        let (name, mut table) = generator.table(&BTreeMap::new());
        generator.parts(&mut table, &BTreeMap::new());
        schema.tables.insert(name, table);
    }
    let database = Server::shared().database();
    apply(
        &database,
        migration::between(&Schema::default(), &schema, 1, "x", &|_| None).into_iter().map(|it| it.up),
    )
    .expect("they can be made");
    let begun = std::time::Instant::now();
    assert_eq!(verify(&database, &schema), []);
    println!("{count} tables verified in {} ms", begun.elapsed().as_millis());
}
