//! A database of which nothing is declared: what can be, in the words of declarations, and the names of all the rest.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;

use crate::database::catalogue;
use crate::database::connection::{self, Error};
use crate::language::database::external::What;
use crate::render::postgres::baseline::{self, Declarable, Found};
use crate::render::postgres::condition;
use crate::render::postgres::deparse;
use crate::render::postgres::difference::Live;
use crate::render::postgres::schema::{
    Constraint, Default, External, OWN, PUBLIC, Schema, Table, TableName, Type,
};
use crate::render::postgres::subject::{Kind, Subject};

mod query {
    /// The schemas that are neither PostgreSQL's own, nor trackside's, nor those of an extension.
    pub(super) const SCHEMAS: &str = "select n.nspname::text from pg_namespace n where n.nspname !~ '^pg_' and n.nspname not in ('public', 'information_schema', 'trackside') \
        and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e') order by 1";

    /// All that has a name and that a table, column, constraint or index may not be: what it is, its schema, its name, its table, and
    /// why it is no more than that.
    pub(super) const THINGS: &str = "select case c.relkind when 'v' then 'view' when 'm' then 'materialized-view' else 'table' end::text, n.nspname::text, c.relname::text, null::text, \
            case c.relkind when 'f' then 'it is a foreign table' when 'p' then 'it is in parts (partitioned)' else case \
                when c.relispartition then 'it is a part of another one (partition)' \
                when c.reloftype <> 0 then 'it has the columns of a type' \
                when c.relkind = 'r' and exists (select from pg_inherits i where i.inhrelid = c.oid) then 'it inherits from another one' \
                when c.relkind = 'r' and exists (select from pg_inherits i where i.inhparent = c.oid) then 'others inherit from it' \
                when c.relkind = 'r' and c.relpersistence = 'u' then 'it is gone after a crash (unlogged)' else '' end end::text \
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any ($1) and c.relname <> '_sqlx_migrations' \
            and (c.relkind in ('v', 'm', 'f', 'p') or c.relkind = 'r' and (c.relispartition or c.reloftype <> 0 or c.relpersistence = 'u' \
                or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)))) \
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') \
        union all select 'function', n.nspname::text, p.proname::text, null, '' from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = any ($1) \
            and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i')) \
        union all select 'trigger', n.nspname::text, t.tgname::text, c.relname::text, '' from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace \
            where n.nspname = any ($1) and c.relkind in ('r', 'p') and not t.tgisinternal \
        union all select 'trigger', n.nspname::text, r.rulename::text, c.relname::text, '' from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace \
            where n.nspname = any ($1) and c.relkind in ('r', 'p') \
        union all select 'constraint', n.nspname::text, o.conname::text, c.relname::text, pg_get_constraintdef(o.oid) from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace \
            where n.nspname = any ($1) and c.relname <> '_sqlx_migrations' and o.contype not in ('n', 't') \
        union all select 'index', n.nspname::text, x.relname::text, c.relname::text, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace \
            where n.nspname = any ($1) and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations' \
            and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x')) \
        union all select 'column', n.nspname::text, a.attname::text, c.relname::text, 'it is computed whenever it is read (virtual)' from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace \
            where n.nspname = any ($1) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = 'v'";

    /// What nothing here has a word for, as a line each.
    pub(super) const UNKNOWN: &str = "with s as (select oid, case nspname when 'public' then '' else nspname || '.' end as place from pg_namespace where nspname = any ($1)) \
        select format('sequence `%s%s` is not declared: no column has it for its own', s.place, c.relname) as line from pg_class c join s on s.oid = c.relnamespace \
            where c.relkind = 'S' \
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e')) \
        union all select format('composite type `%s%s` is not declared: no declaration describes it', s.place, t.typname) \
            from pg_type t join pg_class c on c.oid = t.typrelid join s on s.oid = t.typnamespace where c.relkind = 'c' \
            and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e') \
        union all select format('statistics `%s%s` are not declared: no declaration describes them', s.place, stxname) from pg_statistic_ext e join s on s.oid = e.stxnamespace \
        union all select format('event trigger `%s` is not declared: no declaration describes it', evtname) from pg_event_trigger e \
            where not exists (select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e') \
        union all select format('publication `%s` is not declared: no declaration describes it', pubname) from pg_publication \
        union all select format('text search configuration `%s%s` is not declared: no declaration describes it', s.place, cfgname) from pg_ts_config c join s on s.oid = c.cfgnamespace \
        union all select format('operator `%s%s` is not declared: no declaration describes it', s.place, oprname) from pg_operator o join s on s.oid = o.oprnamespace \
            where not exists (select from pg_depend d where d.classid = 'pg_operator'::regclass and d.objid = o.oid and d.deptype = 'e') \
        union all select format('the collation `%s` of column `%s%s.%s` is not declared: a new database has its own there', l.collname, s.place, c.relname, a.attname) \
            from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid join pg_collation l on l.oid = a.attcollation join s on s.oid = c.relnamespace \
            where c.relkind = 'r' and a.attnum > 0 and a.attcollation <> t.typcollation \
        union all select format('column `%s%s.%s` always counts by itself; in a new database a row may say its number', s.place, c.relname, a.attname) \
            from pg_attribute a join pg_class c on c.oid = a.attrelid join s on s.oid = c.relnamespace where c.relkind = 'r' and a.attidentity = 'a' \
        order by line";
}

/// The tables in which other tools note which of their migrations have run, and whose they are.
const BOOKS: &[(&str, &str)] = &[
    ("__diesel_schema_migrations", "Diesel"),
    ("_prisma_migrations", "Prisma"),
    ("alembic_version", "Alembic"),
    ("ar_internal_metadata", "Rails"),
    ("databasechangelog", "Liquibase"),
    ("databasechangeloglock", "Liquibase"),
    ("django_migrations", "Django"),
    ("flyway_schema_history", "Flyway"),
    ("goose_db_version", "goose"),
    ("knex_migrations", "Knex"),
    ("knex_migrations_lock", "Knex"),
    ("refinery_schema_history", "refinery"),
    ("schema_migrations", "Rails, golang-migrate or dbmate"),
    ("seaql_migrations", "SeaORM"),
];

/// What something is, its schema, its name, its table, and why it is no more than that.
type Thing = (String, String, String, Option<String>, Option<String>);

/// Reads a database of which nothing is declared.
///
/// # Errors
///
/// The server could not be asked.
pub async fn read(connection: &mut PgConnection) -> Result<Found, Error> {
    let failed = |it| Error::failed("could not read the catalogue", &it);
    let schemas: Vec<String> =
        sqlx::query_scalar(query::SCHEMAS).fetch_all(&mut *connection).await.map_err(failed)?;
    let named = schemas.iter().map(|it| (it.clone(), BTreeSet::new())).collect();
    let all = Schema { schemas: named, ..Schema::default() };
    let Live { mut schema, other, faults } = catalogue::read(connection, &all).await?;
    schema.tables.retain(|name, _| name.schema != OWN);
    let schemas: Vec<String> = schemas.into_iter().chain([PUBLIC.to_owned()]).collect();
    // What is trackside's own is made anew.
    schema.functions.clear();
    schema.roles.clear();
    connection::run(
        connection,
        "begin isolation level repeatable read read only; set local search_path = pg_catalog",
    )
    .await?;
    let things: Result<Vec<Thing>, _> =
        sqlx::query_as(query::THINGS).bind(&schemas).fetch_all(&mut *connection).await;
    let unknown: Result<Vec<String>, _> =
        sqlx::query_scalar(query::UNKNOWN).bind(&schemas).fetch_all(&mut *connection).await;
    let (things, unknown) = (things.map_err(failed)?, unknown.map_err(failed)?);
    connection::run(connection, "rollback").await?;
    let mut found = Found { beside: beside(&things, &schema), unknown, schema, ..Found::default() };
    found.unknown.extend(told(&faults));
    found.beside.extend(other.into_iter().filter_map(|(it, there)| match it {
        Subject::Whole(Kind::Type, name) => {
            let TableName { schema, table: name } = TableName::from(name);
            Some((External { what: What::Type, name, table: None, schema }, format!("it is {there}")))
        }
        _ => None,
    }));
    ask(connection, &mut found).await?;
    Ok(found)
}

/// What a declared schema has no words for.
fn beside(things: &[Thing], schema: &Schema) -> BTreeMap<External, String> {
    let mut beside = BTreeMap::new();
    for (word, schema_name, name, table, why) in things {
        let Some(what) = What::ALL.iter().copied().find(|it| it.word() == word) else { continue };
        let (name, table, schema_name) = (name.clone(), table.clone(), schema_name.clone());
        let external = External { what, name, table, schema: schema_name };
        let of = external.table.as_ref().and_then(|_| schema.tables.get(&external.place()));
        let is_known = of.is_some_and(|it| match what {
            What::Constraint => it.constraints.contains_key(&external.name),
            What::Index => it.indexes.contains_key(&external.name),
            _ => false,
        });
        if !is_known {
            beside.insert(external, why.clone().unwrap_or_default());
        }
    }
    for name in schema.tables.keys() {
        let book = BOOKS.iter().find(|(book, _)| *book == name.table);
        if let Some((_, tool)) = book {
            let TableName { schema, table } = name.clone();
            let external = External { what: What::Table, name: table, table: None, schema };
            beside.insert(external, format!("it is where {tool} notes which migrations have run"));
        }
    }
    beside
}

/// What `migrate verify` will say of it as long as nobody does anything about it. What may be done with tables is said once for each role;
/// that row security is off is what the next migration is about.
fn told(faults: &[(Subject, String)]) -> Vec<String> {
    let mut told = Vec::new();
    let mut roles: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (about, says) in faults {
        let privilege = says.strip_prefix('`').and_then(|it| it.rsplit_once("` may `"));
        match privilege.filter(|_| matches!(about, Subject::Relation(Kind::Table, _))) {
            Some((role, may)) => {
                *roles.entry((role.to_owned(), may.trim_end_matches('`').to_owned())).or_default() += 1;
            }
            None if says.starts_with("row security is not ") => {}
            None => told.push(format!("{about} {says}")),
        }
    }
    told.extend(roles.into_iter().map(|((role, may), count)| {
        let tables = if count == 1 { "table" } else { "tables" };
        format!("role `{role}` may `{may}` in {count} {tables}, which nothing declares: it keeps the right, and row security lets it see no row")
    }));
    told
}

/// Asks PostgreSQL whether what would be declared of an expression is that expression.
async fn ask(connection: &mut PgConnection, found: &mut Found) -> Result<(), Error> {
    let mut asked = Schema::default();
    let mut conditions = BTreeMap::new();
    let (mut defaults, mut computed) = (BTreeMap::new(), BTreeMap::new());
    for (name, table) in &found.schema.tables {
        let known = table.columns.iter().filter(|it| baseline::kind(&found.schema.types, it).is_some());
        let mut asking = Table { columns: known.cloned().collect(), ..Table::default() };
        let checks = table.constraints.values().filter_map(|it| match it {
            Constraint::Check { expression } => Some(expression),
            Constraint::PrimaryKey { .. } | Constraint::Unique { .. } | Constraint::ForeignKey(_) => None,
        });
        for expression in checks.chain(table.indexes.values().filter_map(|it| it.only.as_ref())) {
            let Some(predicate) = deparse::condition(expression) else { continue };
            let sql = Constraint::Check { expression: condition::of_row(&predicate) };
            asking.constraints.insert(expression.clone(), sql);
            conditions.insert((name.clone(), expression.clone()), predicate);
        }
        for column in &mut asking.columns {
            let expression = match column.default.take() {
                Some(Default::Expression(expression)) => expression,
                Some(Default::Generated(expression)) => {
                    let Some(read) = deparse::computed(&expression) else { continue };
                    column.default = Some(Default::Generated(condition::computed(&read)));
                    computed.insert((name.clone(), column.name.clone(), expression), read);
                    continue;
                }
                Some(Default::Identity | Default::Serial(_)) | None => continue,
            };
            let Some(default) =
                baseline::kind(&found.schema.types, column).and_then(|it| deparse::default(&expression, &it))
            else {
                continue;
            };
            let sql = default.as_ref().and_then(|it| baseline::asked(it, &column.column_type));
            column.default = sql.map(Default::Expression);
            defaults.insert((name.clone(), column.name.clone(), expression), default);
        }
        asked.tables.insert(name.clone(), asking);
    }
    let mut checks = BTreeMap::new();
    for (name, it) in &found.schema.types {
        let Type::Domain { of, check: Some(check) } = it else { continue };
        let Some(predicate) = deparse::condition(&check.replace("VALUE", "value")) else { continue };
        let sql = Type::Domain { of: of.clone(), check: Some(condition::of_row(&predicate)) };
        asked.types.insert(name.clone(), sql);
        checks.insert(name.clone(), predicate);
    }
    let answers = catalogue::read_back(connection, &asked).await?;
    checks.retain(|name, _| answers.types.get(name) == found.schema.types.get(name));
    found.checks = checks;
    let is_same_condition = |name: &TableName, expression: &String| {
        let answer = answers.tables.get(name).and_then(|it| it.constraints.get(expression));
        matches!(answer, Some(Constraint::Check { expression: answer }) if answer == expression)
    };
    conditions.retain(|(name, expression), _| is_same_condition(name, expression));
    found.conditions = conditions;
    let columns =
        |name: &TableName| answers.tables.get(name).map(|it| it.columns.as_slice()).unwrap_or_default();
    let answer = |name: &TableName, column: &str| {
        columns(name).iter().find(|it| it.name == column).and_then(|it| it.default.clone())
    };
    computed.retain(|(name, column, expression), _| {
        answer(name, column) == Some(Default::Generated(expression.clone()))
    });
    found.computed = computed;
    found.defaults = defaults
        .into_iter()
        .map(|((name, column, expression), default)| {
            let is_same = answer(&name, &column) == Some(Default::Expression(expression.clone()));
            ((name, column, expression), Declarable { default, is_same })
        })
        .collect();
    Ok(())
}
