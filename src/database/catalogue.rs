//! What a database consists of, as its catalogue says, in the words of declared schemas.
//!
//! Expressions are kept as PostgreSQL writes them back. Those of a declared schema are read the same way: it is asked to read them too, on
//! temporary tables that are gone at the end, so that both sides are in its own words. Only `public`, the schema of trackside's own
//! and those that are declared are looked at, and nothing that belongs to an extension.
#![expect(clippy::type_complexity, reason = "rows are tuples, like the queries that give them")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{FromRow, Row as _};

use crate::database::connection::{self, Error};
use crate::render::postgres::difference::Live;
use crate::render::postgres::quote::ident;
use crate::render::postgres::schema::{
    Action, Argument, Column, Constraint, Copied, Default, ForeignKey, Function, Index, Language, Method,
    OWN, PUBLIC, Policy, Privilege, Role, RowSecurity, Schema, Table, TableName, Type, Volatility,
};
use crate::render::postgres::statement::check_of;
use crate::render::postgres::subject::{Kind, Subject};

/// What is asked, in one place: every query gives rows whose first two columns are the schema and the table.
mod query {
    pub(super) const TABLES: &str = "select n.nspname::text, c.relname::text, c.relkind::text, pg_get_userbyid(c.relowner)::text, c.relrowsecurity, c.relforcerowsecurity, obj_description(c.oid, 'pg_class'), \
        c.relkind = 'v' and not exists (select from unnest(c.reloptions) as o where lower(o) in ('security_invoker=true', 'security_invoker=on', 'security_invoker=yes', 'security_invoker=1')) and exists (select from aclexplode(c.relacl) as g where g.grantee <> c.relowner) \
        from pg_class c join pg_namespace n on n.oid = c.relnamespace \
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> '_sqlx_migrations' \
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')";

    pub(super) const TYPES: &str = "select n.nspname::text, t.typname::text, t.typtype::text, \
        array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder), \
        format_type(t.typbasetype, t.typtypmod), t.typnotnull or t.typdefault is not null, \
        array(select c.conname::text from pg_constraint c where c.contypid = t.oid and c.contype = 'c' order by c.conname), \
        array(select pg_get_constraintdef(c.oid) from pg_constraint c where c.contypid = t.oid and c.contype = 'c' order by c.conname), \
        exists (select from pg_constraint c where c.contypid = t.oid and not c.convalidated) \
        from pg_type t join pg_namespace n on n.oid = t.typnamespace \
        where n.nspname = any ($1) and t.typtype in ('d', 'e', 'r') \
        and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')";

    pub(super) const COLUMNS: &str = "select n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
        pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text, col_description(c.oid, a.attnum), sq.schema, sq.name \
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace \
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum \
        left join lateral (select qn.nspname::text as schema, q.relname::text as name \
            from pg_depend o join pg_class q on q.oid = o.objid and q.relkind = 'S' join pg_namespace qn on qn.oid = q.relnamespace join pg_sequence s on s.seqrelid = q.oid \
            where o.classid = 'pg_class'::regclass and o.refclassid = 'pg_class'::regclass and o.refobjid = a.attrelid and o.refobjsubid = a.attnum and o.deptype = 'a' \
            and a.attnotnull and s.seqstart = 1 and s.seqincrement = 1 and s.seqmin = 1 and not s.seqcycle and s.seqtypid = a.atttypid \
            and pg_get_expr(d.adbin, d.adrelid) = format('nextval(%L::regclass)', q.oid::regclass::text) \
            and (select count(*) from pg_depend u where u.refclassid = 'pg_class'::regclass and u.refobjid = q.oid and u.deptype = 'n') = 1) as sq on true \
        where n.nspname = any ($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped \
        order by c.oid, a.attnum";

    pub(super) const CONSTRAINTS: &str = "select n.nspname::text, c.relname::text, o.conname::text, o.contype::text, \
        array(select a.attname::text from unnest(o.conkey) with ordinality as k (num, at) join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.num order by k.at), \
        coalesce(fn.nspname::text, ''), coalesce(f.relname::text, ''), \
        array(select a.attname::text from unnest(o.confkey) with ordinality as k (num, at) join pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.num order by k.at), \
        o.confdeltype::text, o.confupdtype::text, o.convalidated, o.condeferrable or (o.contype = 'c' and o.connoinherit), pg_get_constraintdef(o.oid), pg_get_expr(o.conbin, o.conrelid) \
        from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace \
        left join pg_class f on f.oid = o.confrelid left join pg_namespace fn on fn.oid = f.relnamespace \
        where n.nspname = any ($1) and o.contype not in ('n', 't')";

    pub(super) const INDEXES: &str = "select n.nspname::text, c.relname::text, x.relname::text, m.amname::text, i.indisvalid and i.indisready, k.names, \
        pg_get_indexdef(i.indexrelid), \
        pg_get_indexdef(i.indexrelid) = format('CREATE %sINDEX %I ON %I.%I USING %s (%s)%s', case when i.indisunique then 'UNIQUE ' else '' end, \
            x.relname, n.nspname, c.relname, m.amname, k.listed, ' WHERE ' || pg_get_expr(i.indpred, i.indrelid)) and not k.is_unknown, \
        k.lower, k.descending, i.indisunique, pg_get_expr(i.indpred, i.indrelid) \
        from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam \
        join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace \
        cross join lateral (select coalesce(array_agg(coalesce(a.attname::text, '') order by k.at), '{}') as names, bool_or(a.attname is null) as is_unknown, \
            coalesce(array_agg(a.attname::text) filter (where k.num = 0 and a.attname is not null), '{}') as lower, \
            coalesce(array_agg(a.attname::text) filter (where i.indoption[k.at - 1] = 3 and a.attname is not null), '{}') as descending, \
            string_agg(pg_get_indexdef(i.indexrelid, k.at::int, false) || case i.indoption[k.at - 1] when 3 then ' DESC' else '' end, ', ' order by k.at) as listed \
            from unnest(i.indkey::int2[]) with ordinality as k (num, at) \
            left join pg_attribute a on a.attrelid = i.indrelid and not a.attisdropped and case k.num when 0 \
                then pg_get_indexdef(i.indexrelid, k.at::int, false) in (format('lower(%I)', a.attname), format('lower((%I)::text)', a.attname)) \
                else a.attnum = k.num end) as k \
        where n.nspname = any ($1) and c.relname <> '_sqlx_migrations' \
        and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x'))";

    pub(super) const POLICIES: &str = "select n.nspname::text, c.relname::text, p.polname::text, p.polpermissive, p.polcmd::text, \
        array(select case r when 0 then 'public' else pg_get_userbyid(r)::text end from unnest(p.polroles) as r), \
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) \
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace \
        where n.nspname = any ($1)";

    pub(super) const GRANTS: &str = "select n.nspname::text, c.relname::text, case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee)::text end, \
        g.privilege_type::text, g.is_grantable, ''::text as attname \
        from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) as g \
        where n.nspname = any ($1) and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations' and g.grantee <> c.relowner \
        union all select n.nspname::text, c.relname::text, case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee)::text end, \
        g.privilege_type::text, g.is_grantable, a.attname::text \
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(a.attacl) as g \
        where n.nspname = any ($1) and c.relkind in ('r', 'p') and g.grantee <> c.relowner";

    pub(super) const TRIGGERS: &str = "select n.nspname::text, c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid), t.tgenabled::text \
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace \
        where n.nspname = any ($1) and not t.tgisinternal \
        union all select n.nspname::text, c.relname::text, r.rulename::text, pg_get_ruledef(r.oid), r.ev_enabled::text \
        from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace \
        where n.nspname = any ($1) and c.relkind in ('r', 'p')";

    pub(super) const FUNCTIONS: &str = "select n.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid), \
        array(select coalesce(p.proargnames[k.at], '') from unnest(p.proargtypes) with ordinality as k (type, at) order by k.at), \
        array(select format_type(k.type, null) from unnest(p.proargtypes) with ordinality as k (type, at) order by k.at), \
        coalesce(pg_get_function_result(p.oid), ''), p.prosrc, \
        pg_get_userbyid(p.proowner)::text, p.prosecdef, coalesce(p.proconfig, '{}'), p.provolatile::text, l.lanname::text, \
        array(select case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee)::text end from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g where g.grantee <> p.proowner) \
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang \
        where n.nspname = any ($1) \
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))";

    pub(super) const ROLES: &str = "select ''::text, rolname::text, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, \
        array(select pg_get_userbyid(m.roleid)::text from pg_auth_members m where m.member = r.oid), \
        array(select pg_get_userbyid(m.member)::text from pg_auth_members m where m.roleid = r.oid), \
        array(select unnest(s.setconfig) from pg_db_role_setting s where s.setrole = r.oid) \
        from pg_roles r where r.rolname = any ($1)";

    /// Roles that log in: what they are, the roles that they may take, and those whose rights they have without.
    pub(super) const LOGINS: &str = "select ''::text, rolname::text, rolsuper, rolbypassrls, not rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, \
        array(select pg_get_userbyid(m.roleid)::text from pg_auth_members m where m.member = r.oid order by 1), \
        array(select pg_get_userbyid(m.roleid)::text from pg_auth_members m where m.member = r.oid and not rolsuper and pg_has_role(r.oid, m.roleid, 'usage') order by 1) \
        from pg_roles r where r.rolname = any ($1)";

    pub(super) const SCHEMAS: &str = "select n.nspname::text, case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee)::text end, g.privilege_type::text \
        from pg_namespace n cross join lateral aclexplode(n.nspacl) as g where n.nspname = any ($1) and g.grantee <> n.nspowner";

    /// What undoes row security, or what keys see to, from beside: the schema of what it is about, its name, what it is, and what is the case.
    pub(super) const BESIDE: &str = "select '', current_database()::text, 'database', format('`%s` is set for whoever connects', split_part(c, '=', 1)) \
            from pg_db_role_setting s cross join lateral unnest(s.setconfig) as c \
            where s.setrole = 0 and s.setdatabase in (0, (select oid from pg_database where datname = current_database())) \
            and (split_part(c, '=', 1) like '%.%' or split_part(c, '=', 1) in ('role', 'row_security', 'session_replication_role')) \
        union all select '', current_database()::text, 'database', format('belongs to `%s`, which may change everything in it', pg_get_userbyid(datdba)) \
            from pg_database where datname = current_database() and pg_get_userbyid(datdba) = any ($2) \
        union all select '', nspname::text, 'schema', format('belongs to `%s`, which may change everything in it', pg_get_userbyid(nspowner)) \
            from pg_namespace where nspname = any ($1) and pg_get_userbyid(nspowner) = any ($2) \
        union all select '', pg_get_userbyid(m.roleid)::text, 'role', format('its member `%s` sees every row (`bypassrls`)', r.rolname) \
            from pg_auth_members m join pg_roles r on r.oid = m.member where pg_get_userbyid(m.roleid) = any ($2) and r.rolbypassrls and not r.rolsuper and r.rolname <> $3 \
        union all select '', pg_get_userbyid(m.roleid)::text, 'role', format('its member `%s` has `%s` set', r.rolname, split_part(c, '=', 1)) \
            from pg_auth_members m join pg_roles r on r.oid = m.member join pg_db_role_setting s on s.setrole = r.oid cross join lateral unnest(s.setconfig) as c \
            where pg_get_userbyid(m.roleid) = any ($2) and not r.rolname = any ($2) and r.rolname <> $3 and s.setdatabase in (0, (select oid from pg_database where datname = current_database())) \
            and (split_part(c, '=', 1) like '%.%' or split_part(c, '=', 1) in ('role', 'row_security', 'session_replication_role')) \
        union all select n.nspname::text, c.relname::text, 'table', 'its rows are gone after a crash (`unlogged`)' \
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any ($1) and c.relkind in ('r', 'p') and c.relpersistence = 'u' \
        union all select distinct n.nspname::text, c.relname::text, 'table', 'nothing sees to its foreign keys: their triggers are disabled' \
            from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace \
            where n.nspname = any ($1) and t.tgisinternal and t.tgenabled <> 'O' \
        union all select distinct '', coalesce(n.nspname::text, current_database()::text), case when n.oid is null then 'database' else 'schema' end, \
                format('`%s` may `%s` what is made there from now on', case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee)::text end, lower(g.privilege_type)) \
            from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace cross join lateral aclexplode(d.defaclacl) as g \
            where d.defaclobjtype = 'r' and (n.oid is null or n.nspname = any ($1)) and (g.grantee = 0 or pg_get_userbyid(g.grantee) = any ($2)) \
        union all select distinct n.nspname::text, v.relname::text, case v.relkind when 'v' then 'view' else 'materialized view' end, \
                format('shows others what `%s` sees of `%s`, and asks no row rule of theirs', pg_get_userbyid(v.relowner), c.relname) \
            from pg_class v join pg_namespace n on n.oid = v.relnamespace join pg_rewrite r on r.ev_class = v.oid \
            join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass \
            join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p') join pg_namespace cn on cn.oid = c.relnamespace and cn.nspname = any ($1) \
            where v.relkind in ('v', 'm') and not n.nspname = any ($1) and n.nspname !~ '^pg_temp' \
            and (v.relkind = 'm' or not exists (select from unnest(v.reloptions) as o where lower(o) in ('security_invoker=true', 'security_invoker=on', 'security_invoker=yes', 'security_invoker=1'))) \
            and exists (select from aclexplode(v.relacl) as g where g.grantee <> v.relowner)";

    pub(super) const NAMES: &str = "select nspname::text from pg_namespace where nspname = any ($1)";

    /// What was made to be read back: of a table its policy or the default of its column, of a domain its check.
    pub(super) const ASKED: &str = "select c.relname::text, pg_get_expr(p.polqual, p.polrelid) \
        from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = pg_my_temp_schema() \
        union all select c.relname::text, pg_get_expr(d.adbin, d.adrelid) \
        from pg_attrdef d join pg_class c on c.oid = d.adrelid where c.relnamespace = pg_my_temp_schema() \
        union all select t.typname::text, substr(pg_get_constraintdef(o.oid), 8, length(pg_get_constraintdef(o.oid)) - 8) \
        from pg_constraint o join pg_type t on t.oid = o.contypid where t.typnamespace = pg_my_temp_schema()";

    pub(super) const EXTENSIONS: &str = "select extname::text from pg_extension";

    /// Who runs migrations: whoever has the table that notes them, or else the database.
    pub(super) const OWNER: &str = "select coalesce((select pg_get_userbyid(relowner)::text from pg_class where oid = to_regclass('public._sqlx_migrations')), \
        (select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()))";
}

/// Reads a database. Which of the server's roles belong to it is known from what is declared.
///
/// # Errors
///
/// The server could not be asked.
pub async fn read(connection: &mut PgConnection, declared: &Schema) -> Result<Live, Error> {
    let mut live = Live::default();
    // One look at everything; names that are not of the system are written with their schema.
    connection::run(
        connection,
        "begin isolation level repeatable read read only; set local search_path = pg_catalog",
    )
    .await?;
    let owner: String = connection::value(connection, query::OWNER).await?;
    let external = declared.external.iter().map(|it| &it.schema);
    let names: BTreeSet<&str> = declared.schemas.keys().chain(external).map(String::as_str).collect();
    let names: Vec<String> = names.into_iter().chain([PUBLIC, OWN]).map(str::to_owned).collect();
    let there = rows(connection, query::NAMES, &names).await?;
    let there = there.iter().map(|it| (it.get(0), BTreeSet::new()));
    live.schema.schemas = there.filter(|(it, _): &(String, _)| declared.schemas.contains_key(it)).collect();
    live.read_tables(&rows(connection, query::TABLES, &names).await?, &owner);
    live.read_types(&rows(connection, query::TYPES, &names).await?);
    live.read_columns(&rows(connection, query::COLUMNS, &names).await?);
    live.read_constraints(&rows(connection, query::CONSTRAINTS, &names).await?);
    live.read_indexes(&rows(connection, query::INDEXES, &names).await?);
    live.read_policies(&rows(connection, query::POLICIES, &names).await?);
    live.read_grants(&rows(connection, query::GRANTS, &names).await?, declared);
    live.read_triggers(&rows(connection, query::TRIGGERS, &names).await?);
    live.read_functions(&rows(connection, query::FUNCTIONS, &names).await?);
    let roles: Vec<String> = declared.roles.keys().cloned().collect();
    let roles = sqlx::query(query::ROLES).bind(roles).fetch_all(&mut *connection).await;
    let roles = roles.map_err(|it| Error::failed(ASKING, &it))?;
    live.read_roles(&roles, declared, &owner);
    let logins: Vec<String> = declared.logins.keys().cloned().collect();
    let logins = sqlx::query(query::LOGINS).bind(logins).fetch_all(&mut *connection).await;
    live.read_logins(&logins.map_err(|it| Error::failed(ASKING, &it))?, declared);
    live.schema.extensions =
        rows(connection, query::EXTENSIONS, &[]).await?.iter().map(|it| it.get(0)).collect();
    live.read_schemas(&rows(connection, query::SCHEMAS, &names).await?, declared);
    let roles: Vec<String> = declared.roles.keys().cloned().collect();
    let beside = sqlx::query_as(query::BESIDE).bind(&names).bind(roles).bind(&owner);
    let beside: Vec<(String, String, String, String)> =
        beside.fetch_all(&mut *connection).await.map_err(|it| Error::failed(ASKING, &it))?;
    // What is external may be a cache that nobody misses.
    let is_meant = |(schema, name, kind, says): &(String, String, String, String)| {
        let place = TableName { schema: schema.clone(), table: name.clone() };
        kind != "table" || !says.contains("unlogged") || declared.tables.contains_key(&place)
    };
    live.faults.extend(beside.into_iter().filter(is_meant).map(|(schema, name, kind, says)| {
        let place = TableName { schema, table: name.clone() };
        let about = match kind.as_str() {
            "database" => Subject::Whole(Kind::Database, name),
            "schema" => Subject::Whole(Kind::Schema, name),
            "role" => Subject::Whole(Kind::Role, name),
            "table" => Subject::Relation(Kind::Table, place),
            "view" => Subject::Relation(Kind::View, place),
            _ => Subject::Relation(Kind::MaterializedView, place),
        };
        (about, says)
    }));
    connection::run(connection, "rollback").await?;
    live.faults.sort();
    Ok(live)
}

const ASKING: &str = "could not read the catalogue";

async fn rows(
    connection: &mut PgConnection,
    query: &'static str,
    schemas: &[String],
) -> Result<Vec<PgRow>, Error> {
    let asked = sqlx::query(query);
    let asked = if schemas.is_empty() { asked } else { asked.bind(schemas) };
    asked.fetch_all(connection).await.map_err(|it| Error::failed(ASKING, &it))
}

/// A row as a tuple.
fn tuple<'r, T: FromRow<'r, PgRow>>(row: &'r PgRow) -> T {
    T::from_row(row).expect("the query gives these columns")
}

impl Live {
    fn fault(&mut self, about: &Subject, found: impl Into<String>) {
        self.faults.push((about.clone(), found.into()));
    }

    fn read_tables(&mut self, rows: &[PgRow], owner: &str) {
        for row in rows {
            let (schema, table, kind, owned_by, is_secured, is_forced, comment, shows_all): (
                String,
                String,
                String,
                String,
                bool,
                bool,
                Option<String>,
                bool,
            ) = tuple(row);
            let name = TableName { schema, table };
            let kind = match kind.as_str() {
                "r" | "p" => Kind::Table,
                "v" => Kind::View,
                "m" => Kind::MaterializedView,
                _ => Kind::ForeignTable,
            };
            let about = Subject::Relation(kind, name.clone());
            if shows_all {
                self.fault(
                    &about,
                    format!("shows others what `{owned_by}` sees, and asks no row rule of theirs (`security_invoker`)"),
                );
            }
            if kind != Kind::Table {
                self.other.insert(about, format!("owned by `{owned_by}`"));
                continue;
            }
            if owned_by != owner {
                self.fault(&about, format!("belongs to `{owned_by}`, and migrations are run by `{owner}`"));
            }
            if !is_secured {
                self.fault(&about, "row security is not enabled");
            }
            if !is_forced {
                self.fault(&about, "row security is not forced");
            }
            let row_security = match (is_secured, is_forced) {
                (true, true) => RowSecurity::Forced,
                (true, false) => RowSecurity::Enabled,
                (false, _) => RowSecurity::Off,
            };
            self.schema.tables.insert(name, Table { row_security, comment, ..Table::default() });
        }
    }

    fn read_types(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (schema, name, kind, values, of, says_more, checks, conditions, is_unchecked): (
                String,
                String,
                String,
                Vec<String>,
                String,
                bool,
                Vec<String>,
                Vec<String>,
                bool,
            ) = tuple(row);
            let place = TableName { schema: schema.clone(), table: name.clone() };
            let about = Subject::Whole(Kind::Type, place.to_string());
            if is_unchecked {
                self.fault(&about, "was never held against the values that were there (`not valid`)");
            }
            let own = [check_of(&name)];
            let told = match (kind.as_str(), checks.as_slice(), conditions.as_slice()) {
                _ if schema != PUBLIC => Err(format!("one of the schema `{schema}`")),
                ("e", ..) => Ok(Type::Enum { values }),
                ("d", [], _) if !says_more => Ok(Type::Domain { of: short(&of), check: None }),
                ("d", names, [check]) if !says_more && *names == own => {
                    // `CHECK ((VALUE > 0)) NOT VALID`
                    let check = check.trim_end_matches(" NOT VALID").trim_start_matches("CHECK (");
                    let check = check.strip_suffix(')').unwrap_or(check);
                    Ok(Type::Domain { of: short(&of), check: Some(check.to_owned()) })
                }
                ("d", ..) => Err(format!("a domain of `{}` with more than a check", short(&of))),
                _ => Err("a range".to_owned()),
            };
            match told {
                Ok(it) => drop(self.schema.types.insert(name, it)),
                Err(there) => drop(self.other.insert(about, there)),
            }
        }
    }

    /// The table of a row.
    fn table(&mut self, row: &PgRow) -> (TableName, Option<&mut Table>) {
        let name = TableName { schema: row.get(0), table: row.get(1) };
        let table = self.schema.tables.get_mut(&name);
        (name, table)
    }

    fn read_columns(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (
                _,
                _,
                name,
                written,
                not_null,
                default,
                identity,
                generated,
                comment,
                sequence_schema,
                sequence,
            ): (
                String,
                String,
                String,
                String,
                bool,
                Option<String>,
                String,
                String,
                Option<String>,
                Option<String>,
                Option<String>,
            ) = tuple(row);
            let (table_name, table) = self.table(row);
            let Some(table) = table else { continue };
            let serial = sequence_schema.zip(sequence);
            let default = match (identity.as_str(), generated.as_str(), serial) {
                ("", "", Some((schema, table))) => Some(Default::Serial(TableName { schema, table })),
                ("", "", None) => default.map(Default::Expression),
                ("", ..) => default.map(Default::Generated),
                _ => Some(Default::Identity),
            };
            table.columns.push(Column {
                name: name.clone(),
                was: None,
                from: None,
                column_type: short(&written),
                not_null,
                default,
                comment,
            });
            if generated == "v" {
                let about = Subject::Part(Kind::Column, table_name, name);
                self.other.insert(about, "computed whenever it is read".to_owned());
            }
        }
    }

    fn read_constraints(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (
                _,
                _,
                name,
                kind,
                columns,
                schema,
                other,
                references,
                on_delete,
                on_update,
                is_valid,
                is_deferrable,
                definition,
                expression,
            ): (
                String,
                String,
                String,
                String,
                Vec<String>,
                String,
                String,
                Vec<String>,
                String,
                String,
                bool,
                bool,
                String,
                Option<String>,
            ) = tuple(row);
            let (table_name, table) = self.table(row);
            let Some(table) = table else { continue };
            // What this has no word for is a constraint of another kind.
            let action = |it: &str| match it {
                "a" => Some(None),
                "c" => Some(Some(Action::Cascade)),
                "n" => Some(Some(Action::SetNull)),
                "r" => Some(Some(Action::Restrict)),
                _ => None,
            };
            let actions = action(&on_delete).zip(action(&on_update));
            let is_plain = !is_deferrable
                && !definition.contains("NULLS NOT DISTINCT")
                && !definition.contains(" MATCH ");
            let constraint = match (kind.as_str(), actions) {
                ("p", ..) if is_plain => Some(Constraint::PrimaryKey { columns }),
                ("u", ..) if is_plain => Some(Constraint::Unique { columns }),
                ("c", ..) if !is_deferrable => expression.map(|expression| Constraint::Check { expression }),
                ("f", Some((on_delete, on_update))) if is_plain => {
                    let table = TableName { schema, table: other };
                    let key = ForeignKey { columns, table, references, on_delete, on_update };
                    Some(Constraint::ForeignKey(key))
                }
                _ => None,
            };
            let about = Subject::Part(Kind::Constraint, table_name, name.clone());
            match constraint {
                Some(it) => drop(table.constraints.insert(name, it)),
                None => drop(self.other.insert(about.clone(), definition)),
            }
            if !is_valid {
                self.fault(&about, "was never held against the rows that were there (`not valid`)");
            }
        }
    }

    fn read_indexes(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (
                _,
                _,
                name,
                method,
                is_valid,
                columns,
                definition,
                is_plain,
                lower,
                descending,
                is_unique,
                only,
            ): (
                String,
                String,
                String,
                String,
                bool,
                Vec<String>,
                String,
                bool,
                Vec<String>,
                Vec<String>,
                bool,
                Option<String>,
            ) = tuple(row);
            let (table_name, table) = self.table(row);
            let Some(table) = table else { continue };
            let method = match method.as_str() {
                "btree" => Some(Method::Btree),
                "gin" => Some(Method::Gin),
                _ => None,
            };
            let about = Subject::Part(Kind::Index, table_name, name.clone());
            match method.filter(|_| is_plain) {
                Some(method) => {
                    let (lower, descending) = (lower.into_iter().collect(), descending.into_iter().collect());
                    let index = Index { method, columns, lower, descending, is_unique, only };
                    drop(table.indexes.insert(name, index));
                }
                None => drop(self.other.insert(about.clone(), definition)),
            }
            if !is_valid {
                self.fault(&about, "is invalid: building it did not end, and nothing finds by it");
            }
        }
    }

    fn read_policies(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (_, _, name, is_permissive, command, roles, using, with_check): (
                String,
                String,
                String,
                bool,
                String,
                Vec<String>,
                Option<String>,
                Option<String>,
            ) = tuple(row);
            let (_, table) = self.table(row);
            let Some(table) = table else { continue };
            let command = match command.as_str() {
                "r" => Some(Privilege::Select),
                "a" => Some(Privilege::Insert),
                "w" => Some(Privilege::Update),
                "d" => Some(Privilege::Delete),
                _ => None,
            };
            // Several roles are one name here that no declared role has.
            let role = roles.join(", ");
            table
                .policies
                .insert(name, Policy { is_restrictive: !is_permissive, command, role, using, with_check });
        }
    }

    fn read_grants(&mut self, rows: &[PgRow], declared: &Schema) {
        for row in rows {
            let (_, _, role, privilege, is_grantable, column): (
                String,
                String,
                String,
                String,
                bool,
                String,
            ) = tuple(row);
            let (table_name, table) = self.table(row);
            let Some(table) = table else { continue };
            let about = Subject::Relation(Kind::Table, table_name);
            let word = match privilege.as_str() {
                "SELECT" => Some(Privilege::Select),
                "INSERT" => Some(Privilege::Insert),
                "UPDATE" => Some(Privilege::Update),
                "DELETE" => Some(Privilege::Delete),
                _ => None,
            };
            let word = word.filter(|_| column.is_empty() && declared.roles.contains_key(&role));
            match word {
                Some(word) => {
                    table.grants.entry(role.clone()).or_default().insert(word);
                }
                None => {
                    let of = if column.is_empty() { String::new() } else { format!(" of column `{column}`") };
                    self.fault(&about, format!("`{role}` may `{}`{of}", privilege.to_lowercase()));
                }
            }
            if is_grantable {
                self.fault(
                    &about,
                    format!("`{role}` may give others the right to `{}`", privilege.to_lowercase()),
                );
            }
        }
    }

    fn read_triggers(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (_, _, name, definition, enabled): (String, String, String, String, String) = tuple(row);
            let (table_name, table) = self.table(row);
            let Some(table) = table else { continue };
            let copies = format!(
                "CREATE TRIGGER {0} BEFORE INSERT OR UPDATE ON {1}.{2} FOR EACH ROW EXECUTE FUNCTION {OWN}.{0}()",
                plainly(&name),
                plainly(&table_name.schema),
                plainly(&table_name.table)
            );
            if definition == copies && enabled == "O" {
                // Which columns it is about is said by its function.
                let [from, to, value, role] = std::array::from_fn(|_| String::new());
                table.copies.insert(name, Copied { from, to, value, role });
                continue;
            }
            self.other.insert(Subject::Part(Kind::Trigger, table_name, name), definition);
        }
    }

    fn read_functions(&mut self, rows: &[PgRow]) {
        for row in rows {
            let (
                schema,
                name,
                identity,
                names,
                types,
                returns,
                body,
                owner,
                is_definer,
                config,
                volatility,
                language,
                callers,
            ): (
                String,
                String,
                String,
                Vec<String>,
                Vec<String>,
                String,
                String,
                String,
                bool,
                Vec<String>,
                String,
                String,
                Vec<String>,
            ) = tuple(row);
            let whole = TableName { schema: schema.clone(), table: name.clone() };
            let about = Subject::Whole(Kind::Function, format!("{whole}({identity})"));
            let language_of_ours =
                match (language.as_str(), config.iter().map(String::as_str).collect::<Vec<_>>().as_slice()) {
                    ("sql", ["search_path=pg_catalog, pg_temp"]) => Some(Language::Sql),
                    ("plpgsql", ["search_path=pg_catalog, pg_temp", "TimeZone=UTC"]) => {
                        Some(Language::Plpgsql)
                    }
                    _ => None,
                };
            let volatility = match volatility.as_str() {
                "s" => Some(Volatility::Stable),
                "v" => Some(Volatility::Volatile),
                _ => None,
            };
            let (Some(language), Some(volatility), true) =
                (language_of_ours, volatility, is_definer && schema == OWN)
            else {
                let how = if is_definer { format!(", runs as `{owner}`") } else { String::new() };
                self.other.insert(about, format!("in {language}{how}"));
                continue;
            };
            let arguments =
                names.into_iter().zip(types).map(|(name, it)| Argument { name, argument_type: short(&it) });
            let function = Function {
                arguments: arguments.collect(),
                returns,
                language,
                volatility,
                body,
                calls: BTreeSet::new(),
                owner,
                callers: callers.into_iter().collect(),
            };
            self.schema.functions.insert(name, function);
        }
    }

    fn read_roles(&mut self, rows: &[PgRow], declared: &Schema, migrator: &str) {
        for row in rows {
            let (
                _,
                name,
                is_super,
                bypasses,
                logs_in,
                makes_roles,
                makes_databases,
                replicates,
                of,
                members,
                settings,
            ): (
                String,
                String,
                bool,
                bool,
                bool,
                bool,
                bool,
                bool,
                Vec<String>,
                Vec<String>,
                Vec<String>,
            ) = tuple(row);
            let about = Subject::Whole(Kind::Role, name.clone());
            let powers = [
                (is_super, "is a superuser, for whom no row rule holds"),
                (bypasses, "bypasses row security"),
                (logs_in, "can log in by itself"),
                (makes_roles, "may make roles"),
                (makes_databases, "may make databases"),
                (replicates, "may replicate every row"),
            ];
            for (_, power) in powers.iter().filter(|(it, _)| *it) {
                self.fault(&about, *power);
            }
            for other in of {
                self.fault(&about, format!("is a member of `{other}`, and may do what that may"));
            }
            let Some(role) = declared.roles.get(&name).copied() else { continue };
            if role == Role::Maintenance {
                for member in members.iter().filter(|it| *it != migrator) {
                    self.fault(&about, format!("`{member}` is a member of it, and sees every row"));
                }
            }
            for setting in settings {
                self.fault(&about, format!("every session of it begins with `{setting}`"));
            }
            self.schema.roles.insert(name, role);
        }
    }

    fn read_logins(&mut self, rows: &[PgRow], declared: &Schema) {
        for row in rows {
            let (
                _,
                name,
                is_super,
                bypasses,
                is_closed,
                makes_roles,
                makes_databases,
                replicates,
                takes,
                has,
            ): (String, String, bool, bool, bool, bool, bool, bool, Vec<String>, Vec<String>) = tuple(row);
            let about = Subject::Whole(Kind::Role, name.clone());
            let powers = [
                (is_super, "is a superuser, for whom no row rule holds"),
                (bypasses, "bypasses row security"),
                (is_closed, "cannot log in"),
                (makes_roles, "may make roles"),
                (makes_databases, "may make databases"),
                (replicates, "may replicate every row"),
            ];
            for (_, power) in powers.iter().filter(|(it, _)| *it) {
                self.fault(&about, *power);
            }
            for role in has {
                self.fault(&about, format!("has the rights of `{role}` without taking it (`inherit`)"));
            }
            let (own, others): (BTreeSet<String>, BTreeSet<String>) =
                takes.into_iter().partition(|it| declared.roles.contains_key(it));
            for role in others {
                self.fault(&about, format!("is a member of `{role}`, and may do what that may"));
            }
            self.schema.logins.insert(name, own);
        }
    }

    fn read_schemas(&mut self, rows: &[PgRow], declared: &Schema) {
        let mut usable: BTreeSet<String> = BTreeSet::new();
        for row in rows {
            let (schema, grantee, privilege): (String, String, String) = tuple(row);
            let role = declared.roles.get(&grantee);
            match (schema.as_str(), privilege.as_str(), role) {
                (OWN, "USAGE", Some(_)) => drop(usable.insert(grantee)),
                (other, "USAGE", Some(_)) if self.schema.schemas.contains_key(other) => {
                    self.schema.schemas.entry(schema).or_default().insert(grantee);
                }
                (OWN, "CREATE", Some(Role::Maintenance)) | (PUBLIC, "USAGE", _) => {}
                // Every new database says so up to PostgreSQL 14, and an upgraded one goes on.
                _ => self.fault(
                    &Subject::Whole(Kind::Schema, schema.clone()),
                    format!("`{grantee}` may `{}` there", privilege.to_lowercase()),
                ),
            }
        }
        let own = Subject::Whole(Kind::Schema, OWN.to_owned());
        for role in self.schema.roles.keys().filter(|it| !usable.contains(*it)).cloned().collect::<Vec<_>>() {
            self.fault(&own, format!("`{role}` may not use what is in it"));
        }
    }
}

/// A name as PostgreSQL writes it: in quotes only where it must be. Those that we give never must.
fn plainly(name: &str) -> String {
    let is_plain = name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
        && !name.starts_with(|it: char| it.is_ascii_digit());
    if is_plain { name.to_owned() } else { ident(name) }
}

/// A type in its usual short spelling, as column types are declared.
fn short(written: &str) -> String {
    let (base, array) = match written.strip_suffix("[]") {
        Some(base) => (base, "[]"),
        None => (written, ""),
    };
    let (name, modifiers) =
        match base.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?))) {
            Some((before, (modifiers, after))) => {
                (format!("{before}{after}"), format!("({})", modifiers.replace(',', ", ")))
            }
            None => (base.to_owned(), String::new()),
        };
    let name = match name.as_str() {
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        "character varying" => "varchar",
        "character" => "char",
        other => other,
    };
    format!("{name}{modifiers}{array}")
}

/// A declared schema with its expressions as PostgreSQL writes them back.
///
/// It is asked to read them on temporary tables, in a transaction that is taken back. An expression that it cannot read, because a function is
/// missing, stays as it is written.
///
/// # Errors
///
/// The server could not be asked; a standby has no temporary tables.
pub async fn read_back(connection: &mut PgConnection, declared: &Schema) -> Result<Schema, Error> {
    let mut asked = Asked::default();
    for table in declared.tables.values() {
        for expression in conditions(&mut table.clone()) {
            asked.conditions.insert((mentioned(table, expression), expression.clone()));
        }
        for column in &table.columns {
            match &column.default {
                Some(Default::Expression(it)) => {
                    asked.defaults.insert((column.column_type.clone(), it.clone()));
                }
                Some(Default::Generated(it)) => {
                    asked.generated.insert((mentioned(table, it), column.column_type.clone(), it.clone()));
                }
                Some(Default::Identity | Default::Serial(_)) | None => {}
            }
        }
    }
    for it in declared.types.values() {
        if let Type::Domain { of, check: Some(check) } = it {
            asked.checks.insert((of.clone(), check.clone()));
        }
    }
    if connection::value(connection, "select pg_is_in_recovery()").await? {
        return Err(Error::Standby);
    }
    // What is taken back can be done where everybody else only reads.
    connection::run(connection, "begin read write; set local search_path = pg_catalog").await?;
    let answers = asked.answers(connection).await;
    connection::run(connection, "rollback").await?;
    let answers = answers?;
    let mut declared = declared.clone();
    for table in declared.tables.values_mut() {
        let plain = table.clone();
        for expression in conditions(table) {
            if let Some(it) = answers.conditions.get(&(mentioned(&plain, expression), expression.clone())) {
                expression.clone_from(it);
            }
        }
        for column in &mut table.columns {
            let answer = match &column.default {
                Some(Default::Expression(it)) => {
                    answers.defaults.get(&(column.column_type.clone(), it.clone()))
                }
                Some(Default::Generated(it)) => {
                    answers.generated.get(&(mentioned(&plain, it), column.column_type.clone(), it.clone()))
                }
                Some(Default::Identity | Default::Serial(_)) | None => None,
            };
            if let (Some(Default::Expression(it) | Default::Generated(it)), Some(answer)) =
                (&mut column.default, answer)
            {
                it.clone_from(answer);
            }
        }
    }
    for it in declared.types.values_mut() {
        if let Type::Domain { of, check: Some(check) } = it
            && let Some(answer) = answers.checks.get(&(of.clone(), check.clone()))
        {
            check.clone_from(answer);
        }
    }
    Ok(declared)
}

/// What is asked of the rows of a table.
fn conditions(table: &mut Table) -> Vec<&mut String> {
    let policies = table.policies.values_mut().flat_map(|it| [&mut it.using, &mut it.with_check]).flatten();
    let checks = table.constraints.values_mut().filter_map(|it| match it {
        Constraint::Check { expression } => Some(expression),
        Constraint::PrimaryKey { .. } | Constraint::Unique { .. } | Constraint::ForeignKey(_) => None,
    });
    let indexes = table.indexes.values_mut().filter_map(|it| it.only.as_mut());
    policies.chain(checks).chain(indexes).collect()
}

/// The columns of a table that an expression may mean, with their types.
fn mentioned(table: &Table, expression: &str) -> Vec<(String, String)> {
    let is_meant = |it: &&Column| expression.contains(&ident(&it.name));
    table.columns.iter().filter(is_meant).map(|it| (it.name.clone(), it.column_type.clone())).collect()
}

/// Expressions to be read, each once: a condition with the columns that it is about, a default with the type of its column, what a column
/// is computed from with both, and the check of a domain with its type.
#[derive(Default)]
struct Asked {
    conditions: BTreeSet<(Vec<(String, String)>, String)>,
    defaults: BTreeSet<(String, String)>,
    generated: BTreeSet<(Vec<(String, String)>, String, String)>,
    checks: BTreeSet<(String, String)>,
}

/// What they are in the words of PostgreSQL.
#[derive(Default)]
struct Answers {
    conditions: BTreeMap<(Vec<(String, String)>, String), String>,
    defaults: BTreeMap<(String, String), String>,
    generated: BTreeMap<(Vec<(String, String)>, String, String), String>,
    checks: BTreeMap<(String, String), String>,
}

impl Asked {
    async fn answers(self, connection: &mut PgConnection) -> Result<Answers, Error> {
        let listed = |columns: &[(String, String)]| -> Vec<String> {
            columns.iter().map(|(name, kind)| format!("{} {kind}", ident(name))).collect()
        };
        let table = || "create temp table ".to_owned();
        let conditions = self.conditions.iter().map(|(columns, expression)| {
            let columns = listed(columns).join(", ");
            vec![table(), format!(" ({columns}); create policy p on "), format!(" using ({expression})")]
        });
        let defaults = self
            .defaults
            .iter()
            .map(|(kind, expression)| vec![table(), format!(" (c {kind} default {expression})")]);
        // No column of ours has a name as long as that.
        let own = format!("\"{:x<63}\"", "computed");
        let generated = self.generated.iter().map(|(columns, kind, expression)| {
            let own = format!("{own} {kind} generated always as ({expression}) stored");
            let columns: Vec<String> = listed(columns).into_iter().chain([own]).collect();
            vec![table(), format!(" ({})", columns.join(", "))]
        });
        let checks = self.checks.iter().map(|(kind, expression)| {
            vec!["create domain pg_temp.".to_owned(), format!(" as {kind} check ({expression})")]
        });
        let makes = conditions.chain(defaults).chain(generated).chain(checks);
        let mut answers = ask(connection, &makes.collect::<Vec<_>>()).await?.into_iter();
        // In the order in which they were asked for.
        Ok(Answers {
            conditions: answered(self.conditions, &mut answers),
            defaults: answered(self.defaults, &mut answers),
            generated: answered(self.generated, &mut answers),
            checks: answered(self.checks, &mut answers),
        })
    }
}

fn answered<K: Ord>(
    asked: BTreeSet<K>,
    answers: &mut impl Iterator<Item = Option<String>>,
) -> BTreeMap<K, String> {
    asked.into_iter().zip(answers).filter_map(|(key, answer)| Some((key, answer?))).collect()
}

/// What is made to be read back, up to its number.
const ASKED: &str = "trackside_asked_";

/// How many are made before they are read: each takes a lock until it is taken back, of which a server has few.
const AT_ONCE: usize = 100;

/// Makes things, each by statements around its name, and reads them back; nothing for those that cannot be made. They are made
/// together, so that it takes few journeys to the server, and in halves where one of them fails.
async fn ask(connection: &mut PgConnection, makes: &[Vec<String>]) -> Result<Vec<Option<String>>, Error> {
    let mut answers = vec![None; makes.len()];
    let mut open: Vec<Range<usize>> =
        (0..makes.len()).step_by(AT_ONCE).map(|at| at..makes.len().min(at + AT_ONCE)).collect();
    while let Some(range) = open.pop() {
        let numbered = range.clone().map(|at| makes[at].join(&format!("{ASKED}{at}")));
        // A comment at the end of one is not one on the next.
        let made = numbered.collect::<Vec<_>>().join(";\n");
        connection::run(connection, "savepoint asked").await?;
        match connection::run(connection, &made).await {
            Ok(()) => {
                let rows = sqlx::query_as(query::ASKED).fetch_all(&mut *connection).await;
                let rows: Vec<(String, String)> = rows.map_err(|it| Error::failed(ASKING, &it))?;
                for (name, answer) in rows {
                    if let Some(at) = name.strip_prefix(ASKED).and_then(|it| it.parse::<usize>().ok()) {
                        answers[at] = Some(answer);
                    }
                }
            }
            Err(error) if error.is_lost() || error.is_read_only() => return Err(error),
            Err(_) if range.len() == 1 => {}
            Err(_) => {
                let middle = range.start + range.len() / 2;
                open.extend([range.start..middle, middle..range.end]);
            }
        }
        connection::run(connection, "rollback to savepoint asked").await?;
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn types_have_their_short_names() {
        let written = [
            "timestamp(3) with time zone",
            "character varying(20)[]",
            "numeric(12,2)",
            "uuid[]",
            "double precision",
            "character(2)",
        ];
        assert_eq!(
            written.map(short),
            ["timestamptz(3)", "varchar(20)[]", "numeric(12, 2)", "uuid[]", "double precision", "char(2)"]
        );
    }
}
