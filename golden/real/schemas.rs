//! Schemas that lead to each other, whatever they are. `TRACKSIDE_CASES` says how many are tried.

#![expect(clippy::disallowed_methods, reason = "how many cases are tried is a wish of the environment")]

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use sqlx::Connection as _;
use trackside::database::connection::Address;
use trackside::database::difference;
use trackside::diagnostic::Diagnostics;
use trackside::diagnostic::code::Code;
use trackside::diagnostic::human::{self, Style};
use trackside::language::Selection;
use trackside::language::database::external::What;
use trackside::language::value::postgres::ColumnType;
use trackside::render::postgres::cast::{self, Cast};
use trackside::render::postgres::condition;
use trackside::render::postgres::difference::{Difference, report};
use trackside::render::postgres::migration::{self, Migration};
use trackside::render::postgres::quote;
use trackside::render::postgres::schema::{
    Action, Column, Constraint, Default, External, ForeignKey, Index, Method, Policy, Privilege, Role,
    Schema, Table, TableName, Type,
};
use trackside::tree::Tree;

use super::postgres::{Connection, Server, schemas};

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
    // Types that every schema here declares.
    ("public.mood", "'so so'::public.mood"),
    ("public.short[]", "'{}'::public.short[]"),
    ("public.short", "'a'::public.short"),
];

pub(super) struct Generator {
    random: Rng,
    role: String,
    count: u32,
    /// Whether nobody would have to quote a name.
    is_plain: bool,
}

impl Generator {
    pub(super) fn new(seed: u64, is_plain: bool) -> Self {
        Self { random: Rng::with_seed(seed), role: "any_role".to_owned(), count: 0, is_plain }
    }

    fn name(&mut self, kind: &str) -> String {
        self.count += 1;
        match self.random.u8(..6) {
            0 | 1 if self.is_plain => format!("{kind}_{}", self.count),
            // Reserved words, letters that are no letters of English, quotes, and names as long as there may be.
            0 => format!("order {}", self.count),
            1 => format!("Größe\"{}", self.count),
            2 => format!("{kind}_{}_{}", self.count, "x".repeat(40)),
            _ => format!("{kind}{}", self.count),
        }
    }

    fn column(&mut self) -> Column {
        let (column_type, default) = TYPES[self.random.usize(..TYPES.len())];
        let counts = matches!(column_type, "integer" | "bigint") && self.random.bool();
        let default = match counts {
            true => Some(Default::Identity),
            false => self.random.bool().then(|| Default::Expression(default.to_owned())),
        };
        let comment = (self.random.u8(..5) == 0).then(|| "it's a -- comment; \\ and more".to_owned());
        Column {
            name: self.name("c"),
            was: None,
            from: None,
            column_type: column_type.to_owned(),
            not_null: counts || self.random.bool(),
            default,
            comment,
        }
    }

    fn table(&mut self, others: &BTreeMap<TableName, Table>) -> (TableName, Table) {
        let name = self.name("t");
        let comment = (self.random.u8(..5) == 0).then(|| "it's\na table".to_owned());
        let mut table = Table { comment, ..Table::default() };
        table.columns.push(Column {
            name: "id".to_owned(),
            was: None,
            from: None,
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
        let name = match self.random.u8(..4) {
            0 if !self.is_plain => TableName { schema: "Other \"one".to_owned(), table: name },
            _ => TableName::public(name),
        };
        self.parts(&name, &mut table, others);
        (name, table)
    }

    /// Keys, indexes, policies and privileges.
    fn parts(&mut self, name: &TableName, table: &mut Table, others: &BTreeMap<TableName, Table>) {
        let any = table.columns[self.random.usize(..table.columns.len())].name.clone();
        match self.random.u8(..9) {
            8 => {
                let is_text =
                    |it: &&Column| matches!(it.column_type.as_str(), "text" | "varchar(20)" | "public.short");
                let asked: Vec<&Column> =
                    table.columns.iter().filter(is_text).filter(|it| !is_generated(it)).collect();
                let Some(asked) = asked.get(self.random.usize(..asked.len().max(1))) else { return };
                let name = quote::ident(&asked.name);
                let expressions = [
                    ("text", format!("(lower({name}) || E'it''s \\\\ \"id\"')")),
                    ("integer", format!("(length({name}) * (-2))")),
                    ("tsvector", format!("to_tsvector('simple', coalesce({name}, ''))")),
                ];
                let (column_type, expression) = &expressions[self.random.usize(..expressions.len())];
                let mut column = self.column();
                (*column_type).clone_into(&mut column.column_type);
                column.default = Some(Default::Generated(expression.clone()));
                column.not_null = false;
                table.columns.push(column);
            }
            6 | 7 => {
                let column = &table.columns[self.random.usize(..table.columns.len())];
                let expression = asked_of(column, &mut self.random);
                table.constraints.insert(self.name("ck"), Constraint::Check { expression });
            }
            0 => {
                table.constraints.insert(self.name("u"), Constraint::Unique { columns: vec![any] });
            }
            1 => {
                let index = self.index(table);
                table.indexes.insert(self.name("i"), index);
            }
            2 => {
                // To a row of another table by its key, or to one of the same by two columns of it.
                let of_other = others.keys().nth(self.random.usize(..=others.len())).cloned();
                let (to, references) = match of_other {
                    Some(other) => (other, vec!["id".to_owned()]),
                    None => (name.clone(), vec!["id".to_owned(), any]),
                };
                if references.iter().skip(1).any(|it| it == "id") {
                    return;
                }
                let mut columns = Vec::new();
                for it in &references {
                    let found = table.columns.iter().find(|column| column.name == *it && to == *name);
                    let column_type = found.map_or("uuid", |it| &it.column_type).to_owned();
                    let column = Column {
                        name: self.name("r"),
                        was: None,
                        from: None,
                        column_type,
                        not_null: false,
                        default: None,
                        comment: None,
                    };
                    columns.push(column.name.clone());
                    table.columns.push(column);
                }
                if references.len() > 1 {
                    let key = Constraint::Unique { columns: references.clone() };
                    table.constraints.insert(self.name("u"), key);
                }
                let mut action = || {
                    let all = [None, Some(Action::Cascade), Some(Action::SetNull), Some(Action::Restrict)];
                    all[self.random.usize(..all.len())]
                };
                let (on_delete, on_update) = (action(), action());
                let key = ForeignKey { columns, table: to, references, on_delete, on_update };
                table.constraints.insert(self.name("fk"), Constraint::ForeignKey(key));
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

    fn index(&mut self, table: &Table) -> Index {
        let column = &table.columns[self.random.usize(..table.columns.len())];
        let any = column.name.clone();
        if matches!(column.column_type.as_str(), "jsonb" | "text[]") && self.random.bool() {
            return Index::plain(Method::Gin, vec![any]);
        }
        let mut columns = vec![any.clone()];
        if any != "id" {
            columns.push("id".to_owned());
        }
        let mut index = Index::plain(Method::Btree, columns);
        index.is_unique = self.random.bool();
        if matches!(column.column_type.as_str(), "text" | "varchar(20)") && self.random.bool() {
            index.lower.insert(any.clone());
        }
        if self.random.u8(..3) == 0 {
            index.descending.insert(any);
        }
        if self.random.bool() {
            let column = &table.columns[self.random.usize(..table.columns.len())];
            index.only = Some(asked_of(column, &mut self.random));
        }
        index
    }

    pub(super) fn schema(&mut self) -> Schema {
        let values = ["good", "so so", "it's"].map(str::to_owned).into();
        let short = Type::Domain { of: "varchar(20)".to_owned(), check: Some("\"value\" <> ''".to_owned()) };
        let mut schema = Schema {
            roles: [(self.role.clone(), Role::Application)].into(),
            types: [("mood".to_owned(), Type::Enum { values }), ("short".to_owned(), short)].into(),
            ..Schema::default()
        };
        for _ in 0..self.random.u8(1..4) {
            let (name, table) = self.table(&schema.tables);
            schema.tables.insert(name, table);
        }
        schema.schemas = usable(&schema);
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
            match self.random.u8(..14) {
                12 => {
                    let added = self.name("v");
                    if let Some(Type::Enum { values }) = schema.types.get_mut("mood") {
                        values.insert(self.random.usize(..=values.len()), added);
                    }
                }
                13 => {
                    let is_listed =
                        |it: &Table| it.columns.iter().any(|it| it.column_type == "public.short[]");
                    if schema.tables.values().any(is_listed) {
                        continue;
                    }
                    if let Some(Type::Domain { check, .. }) = schema.types.get_mut("short") {
                        let other =
                            [None, Some("\"value\" <> 'no'"), Some("\"value\" in ('a', 'x', 'it''s')")];
                        *check = other[self.random.usize(..other.len())].map(str::to_owned);
                    }
                }
                10 => {
                    table.comment = match table.comment {
                        None => Some("said later".to_owned()),
                        Some(_) => None,
                    }
                }
                11 => {
                    let extensions = ["pgcrypto", "uuid-ossp", "pg_trgm"];
                    schema.extensions.insert(extensions[self.random.usize(..3)].to_owned());
                }
                0 => {
                    let (name, table) = self.table(&others);
                    schema.tables.insert(name, table);
                }
                1 if names.len() > 1 => {
                    schema.tables.remove(&name);
                    for table in schema.tables.values_mut() {
                        table
                            .constraints
                            .retain(|_, it| !matches!(it, Constraint::ForeignKey(it) if it.table == name));
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
                    let asked = table.columns[at].name.clone();
                    let is_computed_from = |it: &Column| matches!(&it.default, Some(Default::Generated(it)) if condition::asks(it, &asked));
                    if is_generated(&table.columns[at]) || table.columns.iter().any(is_computed_from) {
                        continue;
                    }
                    let column = &mut table.columns[at];
                    let is_bound = table.constraints.values().any(|it| match it {
                        Constraint::ForeignKey(it) => {
                            it.columns.iter().chain(&it.references).any(|it| *it == column.name)
                        }
                        _ => false,
                    });
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
                    let is_bound = column.name == "id" || column.default == Some(Default::Identity);
                    column.not_null = is_bound || !column.not_null;
                }
                // What is renamed in the same breath as it is dropped or made would be two things at once.
                6 if before.tables.get(&name).is_some_and(|it| it.was.is_none()) && table.was.is_none() => {
                    let mut moved = schema.tables.remove(&name).expect("it is there");
                    moved.was = Some(name.table.clone());
                    let to = TableName { table: self.name("t"), ..name.clone() };
                    for key in schema
                        .tables
                        .values_mut()
                        .chain([&mut moved])
                        .flat_map(|it| it.constraints.values_mut())
                    {
                        if let Constraint::ForeignKey(key) = key
                            && key.table == name
                        {
                            key.table.clone_from(&to);
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
                _ => {
                    let others = others.into_iter().filter(|it| it.0 != name).collect();
                    self.parts(&name, table, &others);
                }
            }
        }
        schema.schemas = usable(&schema);
        schema
    }
}

/// The schemas of tables, and who comes to these.
fn usable(schema: &Schema) -> BTreeMap<String, BTreeSet<String>> {
    let mut usable: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, table) in schema.tables.iter().filter(|it| it.0.schema != "public") {
        usable.entry(name.schema.clone()).or_default().extend(table.grants.keys().cloned());
    }
    usable
}

/// A condition on a column of one of [`TYPES`]. Some speak of it and of a text that only looks like it.
fn asked_of(column: &Column, random: &mut Rng) -> String {
    let name = quote::ident(&column.name);
    let values = match column.column_type.as_str() {
        "text" | "varchar(20)" => Some(("'a'", r#"E'it''s \\ "id"'"#)),
        "integer" | "bigint" | "numeric(12, 2)" | "double precision" => Some(("(-5)", "(7)")),
        "boolean" => Some(("true", "false")),
        "timestamptz" => Some(("'2026-01-01T00:00:00Z'", "'2026-02-01T00:00:00Z'")),
        "date" => Some(("'2026-01-01'", "'2026-02-01'")),
        _ => None,
    };
    match (values, random.u8(..4)) {
        (Some((one, _)), 0) => format!("{name} <> {one}"),
        (Some((one, other)), 1) => format!("{name} in ({one}, {other})"),
        (Some((one, other)), 2) => format!("{name} >= {one} and {name} < {other} and \"id\" is not null"),
        _ => format!("{name} is not null"),
    }
}

fn is_generated(column: &Column) -> bool {
    matches!(column.default, Some(Default::Generated(_)))
}

fn forget(table: &mut Table, gone: &str) {
    let is_computed_from =
        |it: &Column| matches!(&it.default, Some(Default::Generated(it)) if condition::asks(it, gone));
    let computed: Vec<String> =
        table.columns.iter().filter(|it| is_computed_from(it)).map(|it| it.name.clone()).collect();
    table.columns.retain(|it| !computed.contains(&it.name));
    for it in computed {
        forget(table, &it);
    }
    table.indexes.retain(|_, it| {
        let is_asked = it.only.as_ref().is_some_and(|it| condition::asks(it, gone));
        !is_asked && !it.columns.iter().any(|it| it == gone)
    });
    table.constraints.retain(|_, it| match it {
        Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
            !columns.iter().any(|it| it == gone)
        }
        Constraint::ForeignKey(it) => !it.columns.iter().chain(&it.references).any(|it| it == gone),
        Constraint::Check { expression } => !condition::asks(expression, gone),
    });
    table.policies.retain(|_, it| !it.using.iter().chain(&it.with_check).any(|it| condition::asks(it, gone)));
}

fn rename(table: &mut Table, from: &str, to: &str) {
    for column in &mut table.columns {
        if let Some(Default::Generated(it)) = &mut column.default {
            *it = condition::renamed(it, from, to);
        }
    }
    let rename = |it: &mut String| {
        if it == from {
            to.clone_into(it);
        }
    };
    for index in table.indexes.values_mut() {
        index.columns.iter_mut().for_each(rename);
        for some in [&mut index.lower, &mut index.descending] {
            if some.remove(from) {
                some.insert(to.to_owned());
            }
        }
        index.only = index.only.as_ref().map(|it| condition::renamed(it, from, to));
    }
    for constraint in table.constraints.values_mut() {
        match constraint {
            Constraint::PrimaryKey { columns } | Constraint::Unique { columns } => {
                columns.iter_mut().for_each(rename);
            }
            Constraint::ForeignKey(key) => {
                key.columns.iter_mut().for_each(rename);
                // Of another table it is `id`, which is never called otherwise.
                key.references.iter_mut().for_each(rename);
            }
            Constraint::Check { expression } => *expression = condition::renamed(expression, from, to),
        }
    }
    for policy in table.policies.values_mut() {
        for expression in [&mut policy.using, &mut policy.with_check].into_iter().flatten() {
            *expression = condition::renamed(expression, from, to);
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

pub(super) fn verify(database: &Connection, schema: &Schema) -> Vec<Difference> {
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
        let mut generator = Generator::new(seed, false);
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
fn the_database_of_the_catalogue_is_told_as_it_is_there() {
    let row = Code::DatabaseDiffers.row();
    let compile = |text: &str| {
        let tree = Tree::memory([("platform.kdl".to_owned(), text.as_bytes().to_vec())]);
        trackside::compile(&tree, &Selection::default()).expect("no fault of ours")
    };
    let (written, fixed) = (compile(row.example), compile(row.fixed));
    let there = Server::shared().database();
    there.migrate(&Schema::default(), &crate::diagnostics::database(&fixed).1);
    let (database, declared) = crate::diagnostics::database(&written);
    let mut found = Diagnostics::default();
    report(&database, &verify(&there, &declared), &mut found);
    let style = Style { width: 100, color: false, max: 100 };
    let expected = std::fs::read_to_string("golden/diagnostics/TS686/expected.txt").expect("it is there");
    assert_eq!(human::render(&found, &written.sources, &style), expected);
    let (_, declared) = crate::diagnostics::database(&fixed);
    assert_eq!(verify(&there, &declared), []);
}

/// What somebody may have done by hand to what `examples/data` declares, and a word of what has to be said of it.
const DRIFTS: &[(&str, &str)] = &[
    (
        "create schema evil; create view evil.v as select * from customers; grant usage on schema evil to kiln_app; grant select on evil.v to kiln_app",
        "view `evil.v`: shows others what `postgres` sees of `customers`, and asks no row rule",
    ),
    (
        "do $$ begin execute format('alter database %I set kiln.user_id = %L', current_database(), '00000000-0000-0000-0000-000000000001'); end $$",
        "`kiln.user_id` is set for whoever connects",
    ),
    (
        "alter schema public owner to kiln_app",
        "schema `public`: belongs to `kiln_app`, which may change everything in it",
    ),
    (
        "do $$ begin execute format('alter database %I owner to kiln_app', current_database()); end $$",
        "belongs to `kiln_app`, which may change everything in it",
    ),
    ("alter table courses disable trigger all", "table `courses`: nothing sees to its foreign keys"),
    ("alter table mails set unlogged", "table `mails`: its rows are gone after a crash"),
    (
        "alter default privileges in schema public grant select on tables to kiln_app",
        "schema `public`: `kiln_app` may `select` what is made there from now on",
    ),
    ("alter type level add value 'secret' before 'advanced'", "type `level`: is another one than declared"),
    ("alter type level rename value 'advanced' to 'late'", "type `level`: is another one than declared"),
    ("alter domain price drop constraint price_check", "type `price`: lets through every value, declared is"),
    (
        "alter domain price drop constraint price_check; alter domain price add constraint price_check check (value > -5)",
        "type `price`: lets through `(VALUE > ('-5'::integer)::numeric)`, declared is",
    ),
    (
        "alter domain price drop constraint price_check; alter domain price add constraint price_check check (value >= 0) not valid",
        "type `price`: was never held against the values",
    ),
    (
        "alter domain price set default 5",
        "type `price`: is `a domain of `numeric(10, 2)` with more than a check`",
    ),
    ("create type more as enum ('a')", "type `more`: is not declared"),
    (
        "alter table courses alter column words drop expression",
        "column `courses.words`: has no default, declared is what",
    ),
    (
        "alter table courses drop column words; alter table courses add column words tsvector generated always as (to_tsvector('english', title)) stored not null",
        "column `courses.words`: has what `to_tsvector('english'::regconfig, title)` gives, declared is what",
    ),
    (
        "alter table studio.absences drop constraint absences_studio_id_customer_id_fkey; alter table studio.absences add constraint absences_studio_id_customer_id_fkey foreign key (studio_id, customer_id) references teachers on delete cascade",
        "constraint `absences_studio_id_customer_id_fkey` of table `studio.absences`: is another one than declared",
    ),
    (
        "alter table courses disable trigger copy_courses_places",
        "trigger or rule `copy_courses_places` of table `courses`: is `CREATE TRIGGER",
    ),
    (
        "alter table courses drop constraint courses_seats_check",
        "constraint `courses_seats_check` of table `courses`: is missing",
    ),
    (
        "alter table courses drop constraint courses_seats_check; alter table courses add constraint courses_seats_check check (seats > 0)",
        "constraint `courses_seats_check` of table `courses`: lets through `(seats > 0)`, declared is `((seats > 0) AND (seats <= 40))`",
    ),
    (
        "alter table courses drop constraint courses_seats_check; alter table courses add constraint courses_seats_check check (seats > 0 and seats <= 40) not valid",
        "constraint `courses_seats_check` of table `courses`: was never held against the rows",
    ),
    (
        "alter table courses drop constraint courses_seats_check; alter table courses add constraint courses_seats_check check (seats > 0 and seats <= 40) no inherit",
        "NO INHERIT`, which is not what is declared",
    ),
    (
        "alter table courses drop constraint courses_seats_check; alter table courses add constraint courses_seats_check unique (seats)",
        "constraint `courses_seats_check` of table `courses`: is another one than declared",
    ),
    (
        "drop index customers_email_lower_where_deleted_at_key",
        "index `customers_email_lower_where_deleted_at_key` of table `customers`: is missing",
    ),
    (
        "drop index customers_email_lower_where_deleted_at_key; create index customers_email_lower_where_deleted_at_key on customers (lower(email)) where deleted_at is null",
        "is not unique, declared is unique",
    ),
    (
        "drop index customers_email_lower_where_deleted_at_key; create unique index customers_email_lower_where_deleted_at_key on customers (email) where deleted_at is null",
        "is by `btree (\"email\")`, declared is `btree (lower(\"email\"))`",
    ),
    (
        "drop index customers_email_lower_where_deleted_at_key; create unique index customers_email_lower_where_deleted_at_key on customers (upper(email)) where deleted_at is null",
        "upper(email)) WHERE (deleted_at IS NULL)`, which is not what is declared",
    ),
    (
        "drop index customers_email_lower_where_deleted_at_key; create unique index customers_email_lower_where_deleted_at_key on customers (lower(email))",
        "is of every row, declared is `(deleted_at IS NULL)`",
    ),
    (
        "drop index courses_studio_id_starts_at_desc_idx; create index courses_studio_id_starts_at_desc_idx on courses (studio_id, starts_at)",
        "is by `btree (\"studio_id\", \"starts_at\")`, declared is `btree (\"studio_id\", \"starts_at\" desc)`",
    ),
    (
        "drop index courses_tags_gin_idx; create index courses_tags_gin_idx on courses (tags)",
        "is by `btree (\"tags\")`, declared is `gin (\"tags\")`",
    ),
    (
        "comment on table teachers is 'x'",
        "table `teachers`: its comment says `x`, declared is `Who gives courses",
    ),
    ("comment on table courses is 'x'", "table `courses`: its comment says `x`, declared is nothing"),
    (
        "comment on column bookings.guests is null",
        "column `bookings.guests`: its comment says nothing, declared is `Customers who come along",
    ),
    ("drop extension pg_trgm cascade", "extension `pg_trgm`: is missing"),
    ("drop index courses_title_trgm", "index `courses_title_trgm` of table `courses`: is missing"),
    ("drop view free_seats", "view `free_seats`: is missing"),
    (
        "alter view free_seats reset (security_invoker)",
        "view `free_seats`: shows others what `postgres` sees, and asks no row rule of theirs",
    ),
    ("create view more as select 1 as one", "view `more`: is not declared"),
    (
        "alter table courses alter id drop identity",
        "column `courses.id`: has no default, declared is the next number",
    ),
];

#[test]
fn every_drift_of_what_a_table_may_have_is_found_by_name() {
    let examples = schemas("examples/data");
    let (_, schema) = examples.iter().find(|it| it.0.ends_with(" courses")).expect("it is there");
    let database = Server::shared().database();
    database.migrate(&Schema::default(), schema);
    let missing = verify(&database, schema);
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        missing,
        [
            "index `courses_title_trgm` of table `courses`: is missing, and declared as `external`",
            "view `free_seats`: is missing, and declared as `external`",
            "view `studio.absent_today`: is missing, and declared as `external`",
        ]
    );
    let made = "create index courses_title_trgm on courses using gin (title gin_trgm_ops);
        create view free_seats with (security_invoker = true) as select id, seats from courses; grant select on free_seats to kiln_app;
        create view studio.absent_today with (security_invoker = true) as select 1 as one";
    database.run(made).expect("they can be made");
    assert_eq!(verify(&database, schema), []);
    let name = database.run("select current_database()").expect("it answers");
    let mut missed = Vec::new();
    for (drift, said) in DRIFTS {
        let copy = Server::shared().copy(&name);
        copy.run(drift).unwrap_or_else(|problem| panic!("{problem}\n{drift}"));
        let found: Vec<String> = verify(&copy, schema).iter().map(ToString::to_string).collect();
        if !found.iter().any(|it| it.contains(said)) {
            missed.push(format!("{drift}\n{found:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn whatever_is_external_is_missed_where_it_is_missing_and_nowhere_else() {
    let all = [
        (What::View, "v", None, "create view v as select 1 as one", "drop view v"),
        (What::Type, "y", None, "create type y as range (subtype = date)", "drop type y"),
        (
            What::Type,
            "z",
            None,
            "create domain z as text check (value like 'z%') default 'z'",
            "drop domain z",
        ),
        (
            What::MaterializedView,
            "m",
            None,
            "create materialized view m as select 1 as one",
            "drop materialized view m",
        ),
        (
            What::Function,
            "f",
            None,
            "create function public.f() returns int language sql as 'select 1'; create function public.f(int) returns int language sql as 'select 1'",
            "drop function public.f(); drop function public.f(int)",
        ),
        (
            What::Table,
            "t",
            None,
            "create table t (id int primary key, more int generated always as (id + 1) stored, check (id > 0)); create index on t (lower(id::text)); alter table t enable row level security; alter table t force row level security",
            "drop table t",
        ),
        (
            What::Column,
            "c",
            Some("own"),
            "alter table own add column c int generated always as (1) stored",
            "alter table own drop column c",
        ),
        (
            What::Column,
            "plain",
            Some("own"),
            "alter table own add column plain xml",
            "alter table own drop column plain",
        ),
        (
            What::Constraint,
            "k",
            Some("own"),
            "alter table own add constraint k check (length(id::text) > 3)",
            "alter table own drop constraint k",
        ),
        (
            What::Constraint,
            "e",
            Some("own"),
            "alter table own add constraint e exclude (id with =)",
            "alter table own drop constraint e",
        ),
        (What::Index, "i", Some("own"), "create index i on own using brin (id)", "drop index i"),
        (What::Index, "j", Some("own"), "create index j on own (id)", "drop index j"),
        (
            What::Trigger,
            "g",
            Some("own"),
            "create trigger g before update on own for each row execute function suppress_redundant_updates_trigger()",
            "drop trigger g on own",
        ),
    ];
    let mut own = Table::default();
    own.columns.push(Column {
        name: "id".to_owned(),
        was: None,
        from: None,
        column_type: "uuid".to_owned(),
        not_null: true,
        default: None,
        comment: None,
    });
    let plain = Schema { tables: [(TableName::public("own"), own)].into(), ..Schema::default() };
    let external = all.iter().map(|(what, name, table, ..)| External {
        schema: "public".to_owned(),
        what: *what,
        name: (*name).to_owned(),
        table: table.map(str::to_owned),
    });
    let schema = Schema { external: external.collect(), ..plain.clone() };
    let database = Server::shared().database();
    database.migrate(&Schema::default(), &schema);
    assert_eq!(verify(&database, &plain), []);
    assert_eq!(verify(&database, &schema).len(), all.len(), "all of it is missing");
    for (.., make, _) in &all {
        database.run(make).unwrap_or_else(|problem| panic!("{problem}\n{make}"));
    }
    assert_eq!(verify(&database, &schema), []);
    assert_eq!(verify(&database, &plain).len(), all.len() + 1, "there are two functions");
    for (_, name, _, _, drop) in &all {
        database.run(drop).unwrap_or_else(|problem| panic!("{problem}\n{drop}"));
        let missing = verify(&database, &schema);
        assert!(
            missing.iter().map(ToString::to_string).any(|it| it.contains(&format!("{name}`:"))
                || it.contains(&format!("{name}` of"))
                || it.contains(&format!("{name}("))),
            "{name}: {missing:?}"
        );
    }
    assert_eq!(verify(&database, &schema).len(), all.len());
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
    let mut generator = Generator::new(7, false);
    let mut schema = Schema { tables: BTreeMap::new(), ..generator.schema() };
    for _ in 0..count {
        let (name, mut table) = generator.table(&BTreeMap::new());
        generator.parts(&name, &mut table, &BTreeMap::new());
        schema.tables.insert(name, table);
    }
    schema.schemas = usable(&schema);
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
