//! A database of which nothing is declared: what can be, in the words of declarations, and the names of all the rest.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;

use crate::database::catalogue;
use crate::database::connection::{self, Error};
use crate::language::database::external::What;
use crate::render::postgres::baseline::{self, Declarable, Found};
use crate::render::postgres::condition;
use crate::render::postgres::deparse;
use crate::render::postgres::difference::Live;
use crate::render::postgres::schema::{
    Constraint, Default, External, PUBLIC, Schema, Table, TableName, Type,
};
use crate::render::postgres::subject::{Kind, Subject};

mod query {
    /// All that has a name in `public` and that a table, column, constraint or index may not be: what it is, its name, its table, and
    /// why it is no more than that.
    pub(super) const THINGS: &str = "select case c.relkind when 'v' then 'view' when 'm' then 'materialized-view' else 'table' end::text, c.relname::text, null::text, \
            case c.relkind when 'f' then 'it is a foreign table' when 'p' then 'it is in parts (partitioned)' else case \
                when c.relispartition then 'it is a part of another one (partition)' \
                when c.reloftype <> 0 then 'it has the columns of a type' \
                when c.relkind = 'r' and exists (select from pg_inherits i where i.inhrelid = c.oid) then 'it inherits from another one' \
                when c.relkind = 'r' and exists (select from pg_inherits i where i.inhparent = c.oid) then 'others inherit from it' \
                when c.relkind = 'r' and c.relpersistence = 'u' then 'it is gone after a crash (unlogged)' else '' end end::text \
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations' \
            and (c.relkind in ('v', 'm', 'f', 'p') or c.relkind = 'r' and (c.relispartition or c.reloftype <> 0 or c.relpersistence = 'u' \
                or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)))) \
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') \
        union all select 'function', p.proname::text, null, '' from pg_proc p where p.pronamespace = 'public'::regnamespace \
            and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i')) \
        union all select 'trigger', t.tgname::text, c.relname::text, '' from pg_trigger t join pg_class c on c.oid = t.tgrelid \
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not t.tgisinternal \
        union all select 'trigger', r.rulename::text, c.relname::text, '' from pg_rewrite r join pg_class c on c.oid = r.ev_class \
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') \
        union all select 'constraint', o.conname::text, c.relname::text, pg_get_constraintdef(o.oid) from pg_constraint o join pg_class c on c.oid = o.conrelid \
            where c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations' and o.contype not in ('n', 't') \
        union all select 'index', x.relname::text, c.relname::text, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid \
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations' \
            and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x')) \
        union all select 'column', a.attname::text, c.relname::text, 'it is generated from others' from pg_attribute a join pg_class c on c.oid = a.attrelid \
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated <> ''";

    /// What nothing here has a word for, as a line each.
    pub(super) const UNKNOWN: &str = "select format('%s `%s` is not looked at: it is in the schema `%s`, and only `public` is', \
            case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end, c.relname, n.nspname) as line \
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition \
            and n.nspname not in ('public', 'pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)' \
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') \
        union all select format('sequence `%s` is not declared: no column has it for its own', c.relname) from pg_class c \
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'S' \
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e')) \
        union all select format('composite type `%s` is not declared: no declaration describes it', t.typname) \
            from pg_type t join pg_class c on c.oid = t.typrelid where t.typnamespace = 'public'::regnamespace and c.relkind = 'c' \
            and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e') \
        union all select format('statistics `%s` are not declared: no declaration describes them', stxname) from pg_statistic_ext where stxnamespace = 'public'::regnamespace \
        union all select format('event trigger `%s` is not declared: no declaration describes it', evtname) from pg_event_trigger e \
            where not exists (select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e') \
        union all select format('publication `%s` is not declared: no declaration describes it', pubname) from pg_publication \
        union all select format('text search configuration `%s` is not declared: no declaration describes it', cfgname) from pg_ts_config where cfgnamespace = 'public'::regnamespace \
        union all select format('operator `%s` is not declared: no declaration describes it', oprname) from pg_operator o where oprnamespace = 'public'::regnamespace \
            and not exists (select from pg_depend d where d.classid = 'pg_operator'::regclass and d.objid = o.oid and d.deptype = 'e') \
        union all select format('the collation `%s` of column `%s.%s` is not declared: a new database has its own there', l.collname, c.relname, a.attname) \
            from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid join pg_collation l on l.oid = a.attcollation \
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and a.attcollation <> t.typcollation \
        union all select format('column `%s.%s` always counts by itself; in a new database a row may say its number', c.relname, a.attname) \
            from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attidentity = 'a' \
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

/// What something is, its name, its table, and why it is no more than that.
type Thing = (String, String, Option<String>, Option<String>);

/// Reads a database of which nothing is declared.
///
/// # Errors
///
/// The server could not be asked.
pub async fn read(connection: &mut PgConnection) -> Result<Found, Error> {
    let Live { mut schema, other, faults } = catalogue::read(connection, &Schema::default()).await?;
    schema.tables.retain(|name, _| name.schema == PUBLIC);
    // What is trackside's own is made anew.
    schema.functions.clear();
    schema.roles.clear();
    connection::run(
        connection,
        "begin isolation level repeatable read read only; set local search_path = pg_catalog",
    )
    .await?;
    let things: Result<Vec<Thing>, _> = sqlx::query_as(query::THINGS).fetch_all(&mut *connection).await;
    let unknown: Result<Vec<String>, _> =
        sqlx::query_scalar(query::UNKNOWN).fetch_all(&mut *connection).await;
    let failed = |it| Error::failed("could not read the catalogue", &it);
    let (things, unknown) = (things.map_err(failed)?, unknown.map_err(failed)?);
    connection::run(connection, "rollback").await?;
    let mut found = Found { beside: beside(&things, &schema), unknown, schema, ..Found::default() };
    found.unknown.extend(told(&faults));
    found.beside.extend(other.into_iter().filter_map(|(it, there)| match it {
        Subject::Whole(Kind::Type, name) => {
            Some((External { what: What::Type, name, table: None }, format!("it is {there}")))
        }
        _ => None,
    }));
    ask(connection, &mut found).await?;
    Ok(found)
}

/// What a declared schema has no words for.
fn beside(things: &[Thing], schema: &Schema) -> BTreeMap<External, String> {
    let mut beside = BTreeMap::new();
    for (word, name, table, why) in things {
        let Some(what) = What::ALL.iter().copied().find(|it| it.word() == word) else { continue };
        let of = table.as_ref().and_then(|it| schema.tables.get(&TableName::public(it.as_str())));
        let is_known = of.is_some_and(|it| match what {
            What::Constraint => it.constraints.contains_key(name),
            What::Index => it.indexes.contains_key(name),
            _ => false,
        });
        if !is_known {
            let external = External { what, name: name.clone(), table: table.clone() };
            beside.insert(external, why.clone().unwrap_or_default());
        }
    }
    for (name, tool) in BOOKS {
        if schema.tables.contains_key(&TableName::public(*name)) {
            let external = External { what: What::Table, name: (*name).to_owned(), table: None };
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
    let mut defaults = BTreeMap::new();
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
            let Some(Default::Expression(expression)) = column.default.take() else { continue };
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
    found.defaults = defaults
        .into_iter()
        .map(|((name, column, expression), default)| {
            let answer = columns(&name).iter().find(|it| it.name == column).and_then(|it| it.default.clone());
            let is_same = answer == Some(Default::Expression(expression.clone()));
            ((name, column, expression), Declarable { default, is_same })
        })
        .collect();
    Ok(())
}
