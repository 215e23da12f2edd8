set local lock_timeout = '2s';
set local statement_timeout = '1min';

create schema if not exists trackside;

do $do$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'application_role') then
        execute 'create role "application_role" nologin';
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database has made it meanwhile
end $do$;

grant "application_role" to current_user;

grant usage on schema trackside to "application_role";

do $do$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'application_role_api_audit') then
        execute 'create role "application_role_api_audit" nologin';
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database has made it meanwhile
end $do$;

grant "application_role_api_audit" to current_user;

grant usage on schema trackside to "application_role_api_audit";

do $do$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'application_role_auth') then
        execute 'create role "application_role_auth" nologin';
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database has made it meanwhile
end $do$;

grant "application_role_auth" to current_user;

grant usage on schema trackside to "application_role_auth";

do $do$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'application_role_maintenance') then
        execute 'create role "application_role_maintenance" nologin';
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database has made it meanwhile
end $do$;

grant "application_role_maintenance" to current_user;

grant usage, create on schema trackside to "application_role_maintenance";

do $do$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'application_role_privacy') then
        execute 'create role "application_role_privacy" nologin';
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database has made it meanwhile
end $do$;

grant "application_role_privacy" to current_user;

grant usage on schema trackside to "application_role_privacy";

-- AccessExclusiveLock on audit_log
create table public."audit_log" (
    "id" uuid not null,
    "time" timestamptz not null,
    "actor_id" uuid,
    "actor" text not null,
    "email" text,
    "address" inet,
    "agent" text,
    "action" text not null,
    "resource" text not null,
    "result" text not null,
    "risk" text not null,
    "metadata" jsonb not null,
    constraint "audit_log_pkey" primary key ("id")
);

-- AccessExclusiveLock on audit_log
alter table public."audit_log" enable row level security;

-- AccessExclusiveLock on audit_log
alter table public."audit_log" force row level security;

-- AccessExclusiveLock on deployments
create table public."deployments" (
    "id" uuid not null,
    "service_id" uuid not null,
    "created_at" timestamptz not null,
    constraint "deployments_pkey" primary key ("id")
);

-- AccessExclusiveLock on deployments
alter table public."deployments" enable row level security;

-- AccessExclusiveLock on deployments
alter table public."deployments" force row level security;

-- AccessExclusiveLock on environment_variables
create table public."environment_variables" (
    "service_id" uuid not null,
    "name" text not null,
    "value" text not null,
    constraint "environment_variables_pkey" primary key ("service_id", "name")
);

-- AccessExclusiveLock on environment_variables
alter table public."environment_variables" enable row level security;

-- AccessExclusiveLock on environment_variables
alter table public."environment_variables" force row level security;

-- ShareUpdateExclusiveLock on environment_variables
comment on column public."environment_variables"."value" is 'encrypted by the service: key id and ciphertext, bound to table, column and primary key';

-- AccessExclusiveLock on invoices
create table public."invoices" (
    "id" uuid not null,
    "user_id" uuid not null,
    "issued_at" timestamptz not null,
    "paid_at" timestamptz,
    constraint "invoices_pkey" primary key ("id")
);

-- AccessExclusiveLock on invoices
alter table public."invoices" enable row level security;

-- AccessExclusiveLock on invoices
alter table public."invoices" force row level security;

-- AccessExclusiveLock on projects
create table public."projects" (
    "id" uuid not null,
    "owner_id" uuid not null,
    "team_id" uuid not null,
    "shared_with" uuid[] not null,
    constraint "projects_pkey" primary key ("id")
);

-- AccessExclusiveLock on projects
alter table public."projects" enable row level security;

-- AccessExclusiveLock on projects
alter table public."projects" force row level security;

-- AccessExclusiveLock on provider_accounts
create table public."provider_accounts" (
    "user_id" uuid not null,
    "provider" text not null,
    "access_token" text not null,
    "refresh_token" text not null,
    constraint "provider_accounts_pkey" primary key ("user_id", "provider")
);

-- AccessExclusiveLock on provider_accounts
alter table public."provider_accounts" enable row level security;

-- AccessExclusiveLock on provider_accounts
alter table public."provider_accounts" force row level security;

-- ShareUpdateExclusiveLock on provider_accounts
comment on column public."provider_accounts"."access_token" is 'encrypted by the service: key id and ciphertext, bound to table, column and primary key';

-- ShareUpdateExclusiveLock on provider_accounts
comment on column public."provider_accounts"."refresh_token" is 'encrypted by the service: key id and ciphertext, bound to table, column and primary key';

-- AccessExclusiveLock on revoked_tokens
create table public."revoked_tokens" (
    "jti" uuid not null,
    "revoked_at" timestamptz not null,
    constraint "revoked_tokens_pkey" primary key ("jti")
);

-- AccessExclusiveLock on revoked_tokens
alter table public."revoked_tokens" enable row level security;

-- AccessExclusiveLock on revoked_tokens
alter table public."revoked_tokens" force row level security;

-- AccessExclusiveLock on services
create table public."services" (
    "id" uuid not null,
    "project_id" uuid not null,
    constraint "services_pkey" primary key ("id")
);

-- AccessExclusiveLock on services
alter table public."services" enable row level security;

-- AccessExclusiveLock on services
alter table public."services" force row level security;

-- AccessExclusiveLock on team_members
create table public."team_members" (
    "team_id" uuid not null,
    "user_id" uuid not null,
    constraint "team_members_pkey" primary key ("team_id", "user_id")
);

-- AccessExclusiveLock on team_members
alter table public."team_members" enable row level security;

-- AccessExclusiveLock on team_members
alter table public."team_members" force row level security;

-- AccessExclusiveLock on teams
create table public."teams" (
    "id" uuid not null,
    "owner_id" uuid not null,
    constraint "teams_pkey" primary key ("id")
);

-- AccessExclusiveLock on teams
alter table public."teams" enable row level security;

-- AccessExclusiveLock on teams
alter table public."teams" force row level security;

-- AccessExclusiveLock on usage
create table public."usage" (
    "id" uuid not null,
    "user_id" uuid not null,
    "created_at" timestamptz not null,
    constraint "usage_pkey" primary key ("id")
);

-- AccessExclusiveLock on usage
alter table public."usage" enable row level security;

-- AccessExclusiveLock on usage
alter table public."usage" force row level security;

-- AccessExclusiveLock on users
create table public."users" (
    "id" uuid not null,
    "email" text not null,
    "name" text not null,
    "deleted_at" timestamptz,
    constraint "users_pkey" primary key ("id")
);

-- AccessExclusiveLock on users
alter table public."users" enable row level security;

-- AccessExclusiveLock on users
alter table public."users" force row level security;

-- AccessExclusiveLock on trackside.erasure_steps
create table trackside."erasure_steps" (
    "erasure" bigint not null,
    "table_name" text not null,
    "action" text not null,
    "rows" bigint default 0 not null,
    "finished" timestamptz,
    constraint "erasure_steps_pkey" primary key ("erasure", "table_name", "action")
);

-- AccessExclusiveLock on trackside.erasure_steps
alter table trackside."erasure_steps" enable row level security;

-- AccessExclusiveLock on trackside.erasure_steps
alter table trackside."erasure_steps" force row level security;

-- AccessExclusiveLock on trackside.erasures
create table trackside."erasures" (
    "id" bigint generated by default as identity not null,
    "subject" text not null,
    "unfinished" text,
    "asked" timestamptz default now() not null,
    "asked_by" text not null,
    "finished" timestamptz,
    "finished_by" text,
    "steps" text not null,
    "step" bigint not null,
    "behind" jsonb,
    constraint "erasures_pkey" primary key ("id")
);

-- AccessExclusiveLock on trackside.erasures
alter table trackside."erasures" enable row level security;

-- AccessExclusiveLock on trackside.erasures
alter table trackside."erasures" force row level security;

-- AccessExclusiveLock on trackside.legal_holds
create table trackside."legal_holds" (
    "id" bigint generated by default as identity not null,
    "subject" text not null,
    "reason" text not null,
    "since" timestamptz default now() not null,
    "placed_by" text not null,
    "lifted" timestamptz,
    "lifted_by" text,
    constraint "legal_holds_pkey" primary key ("id")
);

-- AccessExclusiveLock on trackside.legal_holds
alter table trackside."legal_holds" enable row level security;

-- AccessExclusiveLock on trackside.legal_holds
alter table trackside."legal_holds" force row level security;

create or replace function trackside."erase"("subject" text, "batch" integer) returns table (evidence bigint, rows bigint, done boolean)
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    person text := trackside."id_of"(subject);
    held text;
    unasked boolean;
    until timestamptz;
    steps text;
    step integer;
    behind jsonb;
    room integer;
    taken tid[];
    touched bigint;
    table_name text;
    action text;
    other text;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    rows := 0;
    done := false;
    lock table trackside."legal_holds" in share mode;
    loop
        select e.id, e.steps, e.step, e.behind into evidence, steps, step, behind
            from trackside."erasures" as e where e.unfinished = person for update;
        exit when found;
        select max(e.id) into evidence from trackside."erasures" as e where e.subject = person;
        if evidence is not null and trackside.erasure_left(person) is null then
            done := true;
            return next;
            return;
        end if;
        if evidence is null and not trackside."is_known"(person) then
            raise exception using errcode = 'TS008', message = format('no table knows %L, and no erasure of it was ever begun', person);
        end if;
        select bool_or(t."deleted_at" is null), max(t."deleted_at") + interval '90 days' into unasked, until
            from public."users" as t where t."id" = (person)::uuid;
        if unasked then
            raise exception using errcode = 'TS004', message = format('%L is not to be erased: %s has no time', person, 'users.deleted_at');
        elsif until > now() then
            raise exception using errcode = 'TS004', message = format('%L is erased only after %s', person, to_char(until, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
        end if;
        insert into trackside."erasures" (subject, unfinished, asked_by, steps, step)
            values (person, person, session_user, 'ac97ea4a459563afa062aed4d88ed5d5a0584b960c709ce7044458573eb794b7', 0)
            on conflict on constraint erasures_unfinished_key do nothing;
    end loop;
    select string_agg(format('number %s since %s, %s', h.id, to_char(h.since, 'YYYY-MM-DD'), h.reason), '; ' order by h.id)
        into held from trackside."legal_holds" as h where h.subject = person and h.lifted is null;
    if held is not null then
        raise exception using errcode = 'TS002', message = format('%L is under a legal hold: %s', person, held);
    end if;
    if exists (select from public."invoices" as t where t."user_id" = (person)::uuid and (t."paid_at" is null)) then
        raise exception using errcode = 'TS003', message = format('%L is not erased while obligation %s holds of a row of %s', person, 'open-invoice', 'invoices');
    end if;
    if steps <> 'ac97ea4a459563afa062aed4d88ed5d5a0584b960c709ce7044458573eb794b7' then
        step := 0;
        behind := null;
    end if;
    while step < 9 and rows < batch loop
        room := batch - rows;
        begin
        case step
        when 0 then
            table_name := 'deployments';
            action := 'delete';
            taken := array(select t.ctid from public."deployments" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid limit room for update of t);
            delete from public."deployments" as t where t.ctid = any (taken);
        when 1 then
            table_name := 'environment_variables';
            action := 'delete';
            taken := array(select t.ctid from public."environment_variables" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid limit room for update of t);
            delete from public."environment_variables" as t where t.ctid = any (taken);
        when 2 then
            table_name := 'services';
            action := 'delete';
            taken := array(select t.ctid from public."services" as t join public."projects" as t_1 on t_1."id" = t."project_id" where t_1."owner_id" = (person)::uuid limit room for update of t);
            delete from public."services" as t where t.ctid = any (taken);
        when 3 then
            table_name := 'projects';
            action := 'delete';
            taken := array(select t.ctid from public."projects" as t where t."owner_id" = (person)::uuid limit room for update of t);
            delete from public."projects" as t where t.ctid = any (taken);
        when 4 then
            table_name := 'usage';
            action := 'delete';
            taken := array(select t.ctid from public."usage" as t where t."user_id" = (person)::uuid limit room for update of t);
            delete from public."usage" as t where t.ctid = any (taken);
        when 5 then
            table_name := 'provider_accounts';
            action := 'delete';
            taken := array(select t.ctid from public."provider_accounts" as t where t."user_id" = (person)::uuid limit room for update of t);
            delete from public."provider_accounts" as t where t.ctid = any (taken);
        when 6 then
            table_name := 'team_members';
            action := 'delete';
            taken := array(select t.ctid from public."team_members" as t where t."user_id" = (person)::uuid limit room for update of t);
            delete from public."team_members" as t where t.ctid = any (taken);
        when 7 then
            table_name := 'audit_log';
            action := 'pseudonymise';
            if behind is null then
                select coalesce(array_agg(f.id), '{}'), coalesce((array_agg(jsonb_build_array(f.k0) order by f.k0 desc))[1], behind)
                    into taken, behind
                    from (select t.ctid as id, t."id" as k0 from public."audit_log" as t where t."actor_id" = (person)::uuid and (t."actor" is distinct from 'DELETED_USER'::text or t."email" is distinct from 'deleted@privacy.local'::text or t."address" is not null or t."agent" is not null)
                        order by t."id" limit room for update of t) as f;
            else
                select coalesce(array_agg(f.id), '{}'), coalesce((array_agg(jsonb_build_array(f.k0) order by f.k0 desc))[1], behind)
                    into taken, behind
                    from (select t.ctid as id, t."id" as k0 from public."audit_log" as t where t."actor_id" = (person)::uuid and (t."actor" is distinct from 'DELETED_USER'::text or t."email" is distinct from 'deleted@privacy.local'::text or t."address" is not null or t."agent" is not null)
                        and (t."id") > ((behind->>0)::uuid)
                        order by t."id" limit room for update of t) as f;
            end if;
            update public."audit_log" as t set "actor" = 'DELETED_USER'::text, "email" = 'deleted@privacy.local'::text, "address" = null, "agent" = null where t.ctid = any (taken);
        when 8 then
            table_name := 'users';
            action := 'pseudonymise';
            if behind is null then
                select coalesce(array_agg(f.id), '{}'), coalesce((array_agg(jsonb_build_array(f.k0) order by f.k0 desc))[1], behind)
                    into taken, behind
                    from (select t.ctid as id, t."id" as k0 from public."users" as t where t."id" = (person)::uuid and (t."email" is distinct from 'deleted@privacy.local'::text or t."name" is distinct from 'DELETED_USER'::text)
                        order by t."id" limit room for update of t) as f;
            else
                select coalesce(array_agg(f.id), '{}'), coalesce((array_agg(jsonb_build_array(f.k0) order by f.k0 desc))[1], behind)
                    into taken, behind
                    from (select t.ctid as id, t."id" as k0 from public."users" as t where t."id" = (person)::uuid and (t."email" is distinct from 'deleted@privacy.local'::text or t."name" is distinct from 'DELETED_USER'::text)
                        and (t."id") > ((behind->>0)::uuid)
                        order by t."id" limit room for update of t) as f;
            end if;
            update public."users" as t set "email" = 'deleted@privacy.local'::text, "name" = 'DELETED_USER'::text where t.ctid = any (taken);
        end case;
        get diagnostics touched = row_count;
        exception when foreign_key_violation then
            get stacked diagnostics other = table_name;
            raise exception using errcode = 'TS005', message = format('rows of %s refer to rows of %s of %L, and stay', other, table_name, person);
        end;
        rows := rows + touched;
        insert into trackside."erasure_steps" as s (erasure, table_name, action, rows, finished)
            values (evidence, table_name, action, touched, case when cardinality(taken) < room then clock_timestamp() end)
            on conflict on constraint erasure_steps_pkey do update
            set rows = s.rows + excluded.rows, finished = excluded.finished;
        if cardinality(taken) < room then
            step := step + 1;
            behind := null;
        end if;
    end loop;
    if step >= 9 then
        step := coalesce(trackside.erasure_left(person), 9);
        behind := null;
        done := step >= 9;
    end if;
    update trackside."erasures" as e set
        steps = 'ac97ea4a459563afa062aed4d88ed5d5a0584b960c709ce7044458573eb794b7', step = step, behind = behind,
        finished = case when done then clock_timestamp() end,
        finished_by = case when done then session_user end,
        unfinished = case when done then null else person end
        where e.id = evidence;
    return next;
end
$body$;

revoke all on function trackside."erase"(text, integer) from public;

grant execute on function trackside."erase"(text, integer) to "application_role_privacy";

alter function trackside."erase"(text, integer) owner to "application_role_maintenance";

create or replace function trackside."erasure_left"("person" text) returns integer
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
begin
    if exists (select from public."deployments" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid) then
        return 0;
    end if;
    if exists (select from public."environment_variables" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid) then
        return 1;
    end if;
    if exists (select from public."services" as t join public."projects" as t_1 on t_1."id" = t."project_id" where t_1."owner_id" = (person)::uuid) then
        return 2;
    end if;
    if exists (select from public."projects" as t where t."owner_id" = (person)::uuid) then
        return 3;
    end if;
    if exists (select from public."usage" as t where t."user_id" = (person)::uuid) then
        return 4;
    end if;
    if exists (select from public."provider_accounts" as t where t."user_id" = (person)::uuid) then
        return 5;
    end if;
    if exists (select from public."team_members" as t where t."user_id" = (person)::uuid) then
        return 6;
    end if;
    if exists (select from public."audit_log" as t where t."actor_id" = (person)::uuid and (t."actor" is distinct from 'DELETED_USER'::text or t."email" is distinct from 'deleted@privacy.local'::text or t."address" is not null or t."agent" is not null)) then
        return 7;
    end if;
    if exists (select from public."users" as t where t."id" = (person)::uuid and (t."email" is distinct from 'deleted@privacy.local'::text or t."name" is distinct from 'DELETED_USER'::text)) then
        return 8;
    end if;
    return null;
end
$body$;

revoke all on function trackside."erasure_left"(text) from public;

alter function trackside."erasure_left"(text) owner to "application_role_maintenance";

create or replace function trackside."erasures_due"("most" integer) returns table (subject text, since timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_column
begin
    return query select (t."id")::text, t."deleted_at"::timestamptz from public."users" as t
        where t."deleted_at" < now() - interval '90 days' and (t."id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) is not true
            and not exists (select from trackside."erasures" as e where e.subject = (t."id")::text and e.finished is not null)
            and not exists (select from public."invoices" as o where o."user_id" = ((t."id")::text)::uuid and (o."paid_at" is null))
        order by t."deleted_at" limit most;
end
$body$;

revoke all on function trackside."erasures_due"(integer) from public;

grant execute on function trackside."erasures_due"(integer) to "application_role_privacy";

alter function trackside."erasures_due"(integer) owner to "application_role_maintenance";

create or replace function trackside."export"("subject" text) returns setof text
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    person text := trackside."id_of"(subject);
begin
    if not trackside."is_known"(person) and not exists (select from trackside."erasures" as e where e.subject = person) then
        raise exception using errcode = 'TS008', message = format('no table knows %L, and no erasure of it was ever begun', person);
    end if;
    return next '{"schema":{"subject":' || to_json(person)::text || ',"left_out":[],"tables":['
        || '{"table":"audit_log","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"time","type":"timestamptz","personal":false,"encrypted":false},{"name":"actor_id","type":"uuid","personal":false,"encrypted":false},{"name":"actor","type":"text","personal":true,"encrypted":false},{"name":"email","type":"text","personal":true,"encrypted":false},{"name":"address","type":"inet","personal":true,"encrypted":false},{"name":"agent","type":"text","personal":true,"encrypted":false},{"name":"action","type":"text","personal":false,"encrypted":false},{"name":"resource","type":"text","personal":false,"encrypted":false},{"name":"result","type":"text","personal":false,"encrypted":false},{"name":"risk","type":"text","personal":false,"encrypted":false},{"name":"metadata","type":"jsonb","personal":false,"encrypted":false}]}' || ','
        || '{"table":"deployments","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"service_id","type":"uuid","personal":false,"encrypted":false},{"name":"created_at","type":"timestamptz","personal":false,"encrypted":false}]}' || ','
        || '{"table":"environment_variables","key":["service_id","name"],"columns":[{"name":"service_id","type":"uuid","personal":false,"encrypted":false},{"name":"name","type":"text","personal":false,"encrypted":false},{"name":"value","type":"text","personal":false,"encrypted":true}]}' || ','
        || '{"table":"invoices","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"user_id","type":"uuid","personal":false,"encrypted":false},{"name":"issued_at","type":"timestamptz","personal":false,"encrypted":false},{"name":"paid_at","type":"timestamptz","personal":false,"encrypted":false}]}' || ','
        || '{"table":"projects","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"owner_id","type":"uuid","personal":false,"encrypted":false},{"name":"team_id","type":"uuid","personal":false,"encrypted":false},{"name":"shared_with","type":"uuid[]","personal":false,"encrypted":false}]}' || ','
        || '{"table":"provider_accounts","key":["user_id","provider"],"columns":[{"name":"user_id","type":"uuid","personal":false,"encrypted":false},{"name":"provider","type":"text","personal":false,"encrypted":false},{"name":"access_token","type":"text","personal":false,"encrypted":true},{"name":"refresh_token","type":"text","personal":false,"encrypted":true}]}' || ','
        || '{"table":"services","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"project_id","type":"uuid","personal":false,"encrypted":false}]}' || ','
        || '{"table":"team_members","key":["team_id","user_id"],"columns":[{"name":"team_id","type":"uuid","personal":false,"encrypted":false},{"name":"user_id","type":"uuid","personal":false,"encrypted":false}]}' || ','
        || '{"table":"teams","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"owner_id","type":"uuid","personal":false,"encrypted":false}]}' || ','
        || '{"table":"usage","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"user_id","type":"uuid","personal":false,"encrypted":false},{"name":"created_at","type":"timestamptz","personal":false,"encrypted":false}]}' || ','
        || '{"table":"users","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"email","type":"text","personal":true,"encrypted":false},{"name":"name","type":"text","personal":true,"encrypted":false},{"name":"deleted_at","type":"timestamptz","personal":false,"encrypted":false}]}'
        || ']}}';
    return query select '{"table":"audit_log","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."audit_log" as t where t."actor_id" = (person)::uuid order by t."id";
    return query select '{"table":"deployments","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."deployments" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid order by t."id";
    return query select '{"table":"environment_variables","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."environment_variables" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid order by t."service_id", t."name";
    return query select '{"table":"invoices","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."invoices" as t where t."user_id" = (person)::uuid order by t."id";
    return query select '{"table":"projects","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."projects" as t where t."owner_id" = (person)::uuid order by t."id";
    return query select '{"table":"provider_accounts","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."provider_accounts" as t where t."user_id" = (person)::uuid order by t."user_id", t."provider";
    return query select '{"table":"services","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."services" as t join public."projects" as t_1 on t_1."id" = t."project_id" where t_1."owner_id" = (person)::uuid order by t."id";
    return query select '{"table":"team_members","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."team_members" as t where t."user_id" = (person)::uuid order by t."team_id", t."user_id";
    return query select '{"table":"teams","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."teams" as t join public."users" as t_1 on t_1."id" = t."owner_id" where t_1."id" = (person)::uuid order by t."id";
    return query select '{"table":"usage","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."usage" as t where t."user_id" = (person)::uuid order by t."id";
    return query select '{"table":"users","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."users" as t where t."id" = (person)::uuid order by t."id";
end
$body$;

revoke all on function trackside."export"(text) from public;

grant execute on function trackside."export"(text) to "application_role_privacy";

alter function trackside."export"(text) owner to "application_role_maintenance";

create or replace function trackside."id_of"("subject" text) returns text
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
begin
    if subject is null or subject = '' then
        raise exception using errcode = 'TS001', message = format('%L is no id of a person here, which is of the type uuid', left(subject, 100));
    end if;
    return (subject::uuid)::text;
exception when data_exception then
    raise exception using errcode = 'TS001', message = format('%L is no id of a person here, which is of the type uuid', left(subject, 100));
end
$body$;

revoke all on function trackside."id_of"(text) from public;

grant execute on function trackside."id_of"(text) to "application_role_privacy";

alter function trackside."id_of"(text) owner to "application_role_maintenance";

create or replace function trackside."is_known"("person" text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
begin
    if exists (select from public."audit_log" as t where t."actor_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."deployments" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."environment_variables" as t join public."services" as t_1 on t_1."id" = t."service_id" join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_2."owner_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."invoices" as t where t."user_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."projects" as t where t."owner_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."provider_accounts" as t where t."user_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."services" as t join public."projects" as t_1 on t_1."id" = t."project_id" where t_1."owner_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."team_members" as t where t."user_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."teams" as t join public."users" as t_1 on t_1."id" = t."owner_id" where t_1."id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."usage" as t where t."user_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."users" as t where t."id" = (person)::uuid) then
        return true;
    end if;
    return false;
end
$body$;

revoke all on function trackside."is_known"(text) from public;

alter function trackside."is_known"(text) owner to "application_role_maintenance";

create or replace function trackside."lift_hold"("hold" bigint) returns boolean
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
begin
    update trackside."legal_holds" as h set lifted = now(), lifted_by = session_user where h.id = hold and h.lifted is null;
    return found;
end
$body$;

revoke all on function trackside."lift_hold"(bigint) from public;

grant execute on function trackside."lift_hold"(bigint) to "application_role_privacy";

alter function trackside."lift_hold"(bigint) owner to "application_role_maintenance";

create or replace function trackside."member_of_teams"() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$select coalesce(array_agg("team_id"), '{}') from public."team_members" where "user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid)$body$;

revoke all on function trackside."member_of_teams"() from public;

grant execute on function trackside."member_of_teams"() to "application_role";

alter function trackside."member_of_teams"() owner to "application_role_maintenance";

create or replace function trackside."owner_of_projects"() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$select coalesce(array_agg("id"), '{}') from public."projects" where "owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid)$body$;

revoke all on function trackside."owner_of_projects"() from public;

grant execute on function trackside."owner_of_projects"() to "application_role";

alter function trackside."owner_of_projects"() owner to "application_role_maintenance";

create or replace function trackside."owner_of_teams"() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$select coalesce(array_agg("id"), '{}') from public."teams" where "owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid)$body$;

revoke all on function trackside."owner_of_teams"() from public;

grant execute on function trackside."owner_of_teams"() to "application_role";

alter function trackside."owner_of_teams"() owner to "application_role_maintenance";

create or replace function trackside."place_hold"("subject" text, "reason" text) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    person text := trackside."id_of"(subject);
    hold bigint;
begin
    if reason is null or btrim(reason) = '' then
        raise exception using errcode = 'TS007', message = format('a legal hold has a reason');
    end if;
    insert into trackside."legal_holds" as h (subject, reason, placed_by)
        values (person, reason, session_user) returning h.id into hold;
    return hold;
end
$body$;

revoke all on function trackside."place_hold"(text, text) from public;

grant execute on function trackside."place_hold"(text, text) to "application_role_privacy";

alter function trackside."place_hold"(text, text) owner to "application_role_maintenance";

create or replace function trackside."retain_audit_log"("batch" integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    taken tid[];
    deleted bigint;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    lock table trackside."legal_holds" in share mode;
    taken := array(
        select t.ctid from public."audit_log" as t
        where t."time" < now() - interval '730 days'
            and (t."actor_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) is not true
        order by t."time" limit batch for update of t skip locked
    );
    delete from public."audit_log" as t where t.ctid = any (taken);
    get diagnostics deleted = row_count;
    return deleted;
end
$body$;

revoke all on function trackside."retain_audit_log"(integer) from public;

grant execute on function trackside."retain_audit_log"(integer) to "application_role_privacy";

alter function trackside."retain_audit_log"(integer) owner to "application_role_maintenance";

create or replace function trackside."retain_deployments"("batch" integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    taken tid[];
    deleted bigint;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    lock table trackside."legal_holds" in share mode;
    taken := array(
        select t.ctid from public."deployments" as t
        where t."created_at" < now() - interval '365 days'
            and (exists (select from public."services" as t_1 join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_1."id" = t."service_id" and t_2."owner_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null)))) is not true
        order by t."created_at" limit batch for update of t skip locked
    );
    delete from public."deployments" as t where t.ctid = any (taken);
    get diagnostics deleted = row_count;
    return deleted;
end
$body$;

revoke all on function trackside."retain_deployments"(integer) from public;

grant execute on function trackside."retain_deployments"(integer) to "application_role_privacy";

alter function trackside."retain_deployments"(integer) owner to "application_role_maintenance";

create or replace function trackside."retain_invoices"("batch" integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    taken tid[];
    deleted bigint;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    lock table trackside."legal_holds" in share mode;
    taken := array(
        select t.ctid from public."invoices" as t
        where t."issued_at" < now() - interval '3650 days'
            and ((t."paid_at" is null)) is not true
            and (t."user_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) is not true
        order by t."issued_at" limit batch for update of t skip locked
    );
    delete from public."invoices" as t where t.ctid = any (taken);
    get diagnostics deleted = row_count;
    return deleted;
end
$body$;

revoke all on function trackside."retain_invoices"(integer) from public;

grant execute on function trackside."retain_invoices"(integer) to "application_role_privacy";

alter function trackside."retain_invoices"(integer) owner to "application_role_maintenance";

create or replace function trackside."retain_revoked_tokens"("batch" integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    taken tid[];
    deleted bigint;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    lock table trackside."legal_holds" in share mode;
    taken := array(
        select t.ctid from public."revoked_tokens" as t
        where t."revoked_at" < now() - interval '7 days'
        order by t."revoked_at" limit batch for update of t skip locked
    );
    delete from public."revoked_tokens" as t where t.ctid = any (taken);
    get diagnostics deleted = row_count;
    return deleted;
end
$body$;

revoke all on function trackside."retain_revoked_tokens"(integer) from public;

grant execute on function trackside."retain_revoked_tokens"(integer) to "application_role_privacy";

alter function trackside."retain_revoked_tokens"(integer) owner to "application_role_maintenance";

create or replace function trackside."retain_usage"("batch" integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    taken tid[];
    deleted bigint;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    lock table trackside."legal_holds" in share mode;
    taken := array(
        select t.ctid from public."usage" as t
        where t."created_at" < now() - interval '365 days'
            and (t."user_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) is not true
        order by t."created_at" limit batch for update of t skip locked
    );
    delete from public."usage" as t where t.ctid = any (taken);
    get diagnostics deleted = row_count;
    return deleted;
end
$body$;

revoke all on function trackside."retain_usage"(integer) from public;

grant execute on function trackside."retain_usage"(integer) to "application_role_privacy";

alter function trackside."retain_usage"(integer) owner to "application_role_maintenance";

create or replace function trackside."retention"() returns table (step integer, table_name text, function_name text, due bigint, kept bigint)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_column
begin
    return query select 1, 'deployments', 'trackside."retain_deployments"',
        count(*) filter (where it.stays is not true), count(*) filter (where it.stays)
        from (select (exists (select from public."services" as t_1 join public."projects" as t_2 on t_2."id" = t_1."project_id" where t_1."id" = t."service_id" and t_2."owner_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null)))) as stays from public."deployments" as t where t."created_at" < now() - interval '365 days') as it;
    return query select 2, 'invoices', 'trackside."retain_invoices"',
        count(*) filter (where it.stays is not true), count(*) filter (where it.stays)
        from (select ((t."paid_at" is null)) or (t."user_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) as stays from public."invoices" as t where t."issued_at" < now() - interval '3650 days') as it;
    return query select 3, 'usage', 'trackside."retain_usage"',
        count(*) filter (where it.stays is not true), count(*) filter (where it.stays)
        from (select (t."user_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) as stays from public."usage" as t where t."created_at" < now() - interval '365 days') as it;
    return query select 4, 'audit_log', 'trackside."retain_audit_log"',
        count(*) filter (where it.stays is not true), count(*) filter (where it.stays)
        from (select (t."actor_id" = any (array(select h.subject::uuid from trackside."legal_holds" as h where h.lifted is null))) as stays from public."audit_log" as t where t."time" < now() - interval '730 days') as it;
    return query select 5, 'revoked_tokens', 'trackside."retain_revoked_tokens"',
        count(*) filter (where it.stays is not true), count(*) filter (where it.stays)
        from (select false as stays from public."revoked_tokens" as t where t."revoked_at" < now() - interval '7 days') as it;
end
$body$;

revoke all on function trackside."retention"() from public;

grant execute on function trackside."retention"() to "application_role_privacy";

alter function trackside."retention"() owner to "application_role_maintenance";

create or replace function trackside."member_of_projects_team_id"() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$select coalesce(array_agg("id"), '{}') from public."projects" where "team_id" = any ((select trackside."member_of_teams"())::uuid[])$body$;

revoke all on function trackside."member_of_projects_team_id"() from public;

grant execute on function trackside."member_of_projects_team_id"() to "application_role";

alter function trackside."member_of_projects_team_id"() owner to "application_role_maintenance";

create or replace function trackside."owner_of_services_project_id"() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$select coalesce(array_agg("id"), '{}') from public."services" where "project_id" = any ((select trackside."owner_of_projects"())::uuid[])$body$;

revoke all on function trackside."owner_of_services_project_id"() from public;

grant execute on function trackside."owner_of_services_project_id"() to "application_role";

alter function trackside."owner_of_services_project_id"() owner to "application_role_maintenance";

create or replace function trackside."member_of_services_project_id_team_id"() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$select coalesce(array_agg("id"), '{}') from public."services" where "project_id" = any ((select trackside."member_of_projects_team_id"())::uuid[])$body$;

revoke all on function trackside."member_of_services_project_id_team_id"() from public;

grant execute on function trackside."member_of_services_project_id_team_id"() to "application_role";

alter function trackside."member_of_services_project_id_team_id"() owner to "application_role_maintenance";

-- AccessExclusiveLock on trackside.erasures
alter table trackside."erasures" add constraint "erasures_unfinished_key" unique ("unfinished");

-- ShareRowExclusiveLock on audit_log
create index "audit_log_actor_id_id_idx" on public."audit_log" using btree ("actor_id", "id");

-- ShareRowExclusiveLock on audit_log
create index "audit_log_time_idx" on public."audit_log" using btree ("time");

-- ShareRowExclusiveLock on deployments
create index "deployments_created_at_idx" on public."deployments" using btree ("created_at");

-- ShareRowExclusiveLock on deployments
create index "deployments_service_id_idx" on public."deployments" using btree ("service_id");

-- ShareRowExclusiveLock on invoices
create index "invoices_issued_at_idx" on public."invoices" using btree ("issued_at");

-- ShareRowExclusiveLock on invoices
create index "invoices_user_id_idx" on public."invoices" using btree ("user_id");

-- ShareRowExclusiveLock on projects
create index "projects_owner_id_idx" on public."projects" using btree ("owner_id");

-- ShareRowExclusiveLock on projects
create index "projects_shared_with_idx" on public."projects" using gin ("shared_with");

-- ShareRowExclusiveLock on projects
create index "projects_team_id_idx" on public."projects" using btree ("team_id");

-- ShareRowExclusiveLock on revoked_tokens
create index "revoked_tokens_revoked_at_idx" on public."revoked_tokens" using btree ("revoked_at");

-- ShareRowExclusiveLock on services
create index "services_project_id_idx" on public."services" using btree ("project_id");

-- ShareRowExclusiveLock on team_members
create index "team_members_user_id_idx" on public."team_members" using btree ("user_id");

-- ShareRowExclusiveLock on teams
create index "teams_owner_id_idx" on public."teams" using btree ("owner_id");

-- ShareRowExclusiveLock on usage
create index "usage_created_at_idx" on public."usage" using btree ("created_at");

-- ShareRowExclusiveLock on usage
create index "usage_user_id_idx" on public."usage" using btree ("user_id");

-- ShareRowExclusiveLock on users
create index "users_deleted_at_idx" on public."users" using btree ("deleted_at");

-- ShareRowExclusiveLock on trackside.erasures
create index "erasures_subject_idx" on trackside."erasures" using btree ("subject");

-- ShareRowExclusiveLock on trackside.legal_holds
create index "legal_holds_subject_idx" on trackside."legal_holds" using btree ("subject");

-- ShareRowExclusiveLock on deployments
alter table public."deployments" add constraint "deployments_service_id_fkey" foreign key ("service_id") references public."services" ("id") on delete cascade;

-- ShareRowExclusiveLock on environment_variables
alter table public."environment_variables" add constraint "environment_variables_service_id_fkey" foreign key ("service_id") references public."services" ("id") on delete cascade;

-- ShareRowExclusiveLock on invoices
alter table public."invoices" add constraint "invoices_user_id_fkey" foreign key ("user_id") references public."users" ("id");

-- ShareRowExclusiveLock on projects
alter table public."projects" add constraint "projects_owner_id_fkey" foreign key ("owner_id") references public."users" ("id");

-- ShareRowExclusiveLock on projects
alter table public."projects" add constraint "projects_team_id_fkey" foreign key ("team_id") references public."teams" ("id");

-- ShareRowExclusiveLock on provider_accounts
alter table public."provider_accounts" add constraint "provider_accounts_user_id_fkey" foreign key ("user_id") references public."users" ("id") on delete cascade;

-- ShareRowExclusiveLock on services
alter table public."services" add constraint "services_project_id_fkey" foreign key ("project_id") references public."projects" ("id") on delete cascade;

-- ShareRowExclusiveLock on team_members
alter table public."team_members" add constraint "team_members_team_id_fkey" foreign key ("team_id") references public."teams" ("id") on delete cascade;

-- ShareRowExclusiveLock on team_members
alter table public."team_members" add constraint "team_members_user_id_fkey" foreign key ("user_id") references public."users" ("id") on delete cascade;

-- ShareRowExclusiveLock on teams
alter table public."teams" add constraint "teams_owner_id_fkey" foreign key ("owner_id") references public."users" ("id");

-- ShareRowExclusiveLock on usage
alter table public."usage" add constraint "usage_user_id_fkey" foreign key ("user_id") references public."users" ("id");

-- ShareRowExclusiveLock on trackside.erasure_steps
alter table trackside."erasure_steps" add constraint "erasure_steps_erasure_fkey" foreign key ("erasure") references trackside."erasures" ("id");

-- AccessExclusiveLock on audit_log
create policy "application_role_api_audit_insert" on public."audit_log" for insert to "application_role_api_audit"
    with check (true);

-- AccessExclusiveLock on audit_log
create policy "application_role_auth_insert" on public."audit_log" for insert to "application_role_auth"
    with check (true);

-- AccessExclusiveLock on audit_log
create policy "maintenance" on public."audit_log" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on deployments
create policy "maintenance" on public."deployments" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on deployments
create policy "users_add" on public."deployments" for insert to "application_role"
    with check ("service_id" = any ((select trackside."member_of_services_project_id_team_id"())::uuid[]) or "service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on deployments
create policy "users_are_known" on public."deployments" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on deployments
create policy "users_change" on public."deployments" for update to "application_role"
    using ("service_id" = any ((select trackside."member_of_services_project_id_team_id"())::uuid[]) or "service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]))
    with check ("service_id" = any ((select trackside."member_of_services_project_id_team_id"())::uuid[]) or "service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on deployments
create policy "users_delete" on public."deployments" for delete to "application_role"
    using ("service_id" = any ((select trackside."member_of_services_project_id_team_id"())::uuid[]) or "service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on deployments
create policy "users_read" on public."deployments" for select to "application_role"
    using ("service_id" = any ((select trackside."member_of_services_project_id_team_id"())::uuid[]) or "service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on environment_variables
create policy "maintenance" on public."environment_variables" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on environment_variables
create policy "users_add" on public."environment_variables" for insert to "application_role"
    with check ("service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on environment_variables
create policy "users_are_known" on public."environment_variables" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on environment_variables
create policy "users_change" on public."environment_variables" for update to "application_role"
    using ("service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]))
    with check ("service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on environment_variables
create policy "users_delete" on public."environment_variables" for delete to "application_role"
    using ("service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on environment_variables
create policy "users_read" on public."environment_variables" for select to "application_role"
    using ("service_id" = any ((select trackside."member_of_services_project_id_team_id"())::uuid[]) or "service_id" = any ((select trackside."owner_of_services_project_id"())::uuid[]));

-- AccessExclusiveLock on invoices
create policy "application_role_api_audit_insert" on public."invoices" for insert to "application_role_api_audit"
    with check (true);

-- AccessExclusiveLock on invoices
create policy "maintenance" on public."invoices" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on invoices
create policy "users_are_known" on public."invoices" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on invoices
create policy "users_read" on public."invoices" for select to "application_role"
    using ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on projects
create policy "maintenance" on public."projects" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on projects
create policy "users_add" on public."projects" for insert to "application_role"
    with check ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on projects
create policy "users_are_known" on public."projects" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on projects
create policy "users_change" on public."projects" for update to "application_role"
    using ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid))
    with check ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on projects
create policy "users_delete" on public."projects" for delete to "application_role"
    using ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on projects
create policy "users_read" on public."projects" for select to "application_role"
    using ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid) or "shared_with" @> array[(select nullif(current_setting('app.current_user_id', true), '')::uuid)] or "team_id" = any ((select trackside."member_of_teams"())::uuid[]));

-- AccessExclusiveLock on provider_accounts
create policy "application_role_auth_insert" on public."provider_accounts" for insert to "application_role_auth"
    with check (true);

-- AccessExclusiveLock on provider_accounts
create policy "application_role_auth_select" on public."provider_accounts" for select to "application_role_auth"
    using (true);

-- AccessExclusiveLock on provider_accounts
create policy "application_role_auth_update" on public."provider_accounts" for update to "application_role_auth"
    using (true)
    with check (true);

-- AccessExclusiveLock on provider_accounts
create policy "maintenance" on public."provider_accounts" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on provider_accounts
create policy "users_add" on public."provider_accounts" for insert to "application_role"
    with check ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on provider_accounts
create policy "users_are_known" on public."provider_accounts" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on provider_accounts
create policy "users_change" on public."provider_accounts" for update to "application_role"
    using ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid))
    with check ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on provider_accounts
create policy "users_delete" on public."provider_accounts" for delete to "application_role"
    using ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on provider_accounts
create policy "users_read" on public."provider_accounts" for select to "application_role"
    using ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on revoked_tokens
create policy "application_role_auth_insert" on public."revoked_tokens" for insert to "application_role_auth"
    with check (true);

-- AccessExclusiveLock on revoked_tokens
create policy "application_role_auth_select" on public."revoked_tokens" for select to "application_role_auth"
    using (true);

-- AccessExclusiveLock on revoked_tokens
create policy "maintenance" on public."revoked_tokens" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on services
create policy "maintenance" on public."services" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on services
create policy "users_add" on public."services" for insert to "application_role"
    with check ("project_id" = any ((select trackside."owner_of_projects"())::uuid[]));

-- AccessExclusiveLock on services
create policy "users_are_known" on public."services" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on services
create policy "users_change" on public."services" for update to "application_role"
    using ("project_id" = any ((select trackside."owner_of_projects"())::uuid[]))
    with check ("project_id" = any ((select trackside."owner_of_projects"())::uuid[]));

-- AccessExclusiveLock on services
create policy "users_delete" on public."services" for delete to "application_role"
    using ("project_id" = any ((select trackside."owner_of_projects"())::uuid[]));

-- AccessExclusiveLock on services
create policy "users_read" on public."services" for select to "application_role"
    using ("project_id" = any ((select trackside."member_of_projects_team_id"())::uuid[]) or "project_id" = any ((select trackside."owner_of_projects"())::uuid[]));

-- AccessExclusiveLock on team_members
create policy "application_role_auth_select" on public."team_members" for select to "application_role_auth"
    using (true);

-- AccessExclusiveLock on team_members
create policy "maintenance" on public."team_members" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on team_members
create policy "users_add" on public."team_members" for insert to "application_role"
    with check ("team_id" = any ((select trackside."owner_of_teams"())::uuid[]));

-- AccessExclusiveLock on team_members
create policy "users_are_known" on public."team_members" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on team_members
create policy "users_change" on public."team_members" for update to "application_role"
    using ("team_id" = any ((select trackside."owner_of_teams"())::uuid[]))
    with check ("team_id" = any ((select trackside."owner_of_teams"())::uuid[]));

-- AccessExclusiveLock on team_members
create policy "users_delete" on public."team_members" for delete to "application_role"
    using ("team_id" = any ((select trackside."owner_of_teams"())::uuid[]));

-- AccessExclusiveLock on team_members
create policy "users_read" on public."team_members" for select to "application_role"
    using ("team_id" = any ((select trackside."owner_of_teams"())::uuid[]) or "user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on teams
create policy "maintenance" on public."teams" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on teams
create policy "users_add" on public."teams" for insert to "application_role"
    with check ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on teams
create policy "users_are_known" on public."teams" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on teams
create policy "users_change" on public."teams" for update to "application_role"
    using ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid))
    with check ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on teams
create policy "users_delete" on public."teams" for delete to "application_role"
    using ("owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on teams
create policy "users_read" on public."teams" for select to "application_role"
    using ("id" = any ((select trackside."member_of_teams"())::uuid[]) or "owner_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on usage
create policy "application_role_api_audit_insert" on public."usage" for insert to "application_role_api_audit"
    with check (true);

-- AccessExclusiveLock on usage
create policy "maintenance" on public."usage" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on usage
create policy "users_are_known" on public."usage" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on usage
create policy "users_read" on public."usage" for select to "application_role"
    using ("user_id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on users
create policy "application_role_auth_insert" on public."users" for insert to "application_role_auth"
    with check (true);

-- AccessExclusiveLock on users
create policy "application_role_auth_select" on public."users" for select to "application_role_auth"
    using (true);

-- AccessExclusiveLock on users
create policy "application_role_auth_update" on public."users" for update to "application_role_auth"
    using (true)
    with check (true);

-- AccessExclusiveLock on users
create policy "maintenance" on public."users" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on users
create policy "users_add" on public."users" for insert to "application_role"
    with check ("id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on users
create policy "users_are_known" on public."users" as restrictive for all to "application_role"
    using ((select nullif(current_setting('app.current_user_id', true), '')) is not null)
    with check ((select nullif(current_setting('app.current_user_id', true), '')) is not null);

-- AccessExclusiveLock on users
create policy "users_change" on public."users" for update to "application_role"
    using ("id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid))
    with check ("id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on users
create policy "users_delete" on public."users" for delete to "application_role"
    using ("id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on users
create policy "users_read" on public."users" for select to "application_role"
    using ("id" = (select nullif(current_setting('app.current_user_id', true), '')::uuid));

-- AccessExclusiveLock on trackside.erasure_steps
create policy "maintenance" on trackside."erasure_steps" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on trackside.erasure_steps
create policy "privacy" on trackside."erasure_steps" for select to "application_role_privacy"
    using (true);

-- AccessExclusiveLock on trackside.erasures
create policy "maintenance" on trackside."erasures" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on trackside.erasures
create policy "privacy" on trackside."erasures" for select to "application_role_privacy"
    using (true);

-- AccessExclusiveLock on trackside.legal_holds
create policy "maintenance" on trackside."legal_holds" for all to "application_role_maintenance"
    using (true)
    with check (true);

-- AccessExclusiveLock on trackside.legal_holds
create policy "privacy" on trackside."legal_holds" for select to "application_role_privacy"
    using (true);

grant insert on public."audit_log" to "application_role_api_audit";

grant insert on public."audit_log" to "application_role_auth";

grant select, insert, update, delete on public."audit_log" to "application_role_maintenance";

grant select, insert, update, delete on public."deployments" to "application_role";

grant select, insert, update, delete on public."deployments" to "application_role_maintenance";

grant select, insert, update, delete on public."environment_variables" to "application_role";

grant select, insert, update, delete on public."environment_variables" to "application_role_maintenance";

grant select on public."invoices" to "application_role";

grant insert on public."invoices" to "application_role_api_audit";

grant select, insert, update, delete on public."invoices" to "application_role_maintenance";

grant select, insert, update, delete on public."projects" to "application_role";

grant select, insert, update, delete on public."projects" to "application_role_maintenance";

grant select, insert, update, delete on public."provider_accounts" to "application_role";

grant select, insert, update on public."provider_accounts" to "application_role_auth";

grant select, insert, update, delete on public."provider_accounts" to "application_role_maintenance";

grant select, insert on public."revoked_tokens" to "application_role_auth";

grant select, insert, update, delete on public."revoked_tokens" to "application_role_maintenance";

grant select, insert, update, delete on public."services" to "application_role";

grant select, insert, update, delete on public."services" to "application_role_maintenance";

grant select, insert, update, delete on public."team_members" to "application_role";

grant select on public."team_members" to "application_role_auth";

grant select, insert, update, delete on public."team_members" to "application_role_maintenance";

grant select, insert, update, delete on public."teams" to "application_role";

grant select, insert, update, delete on public."teams" to "application_role_maintenance";

grant select on public."usage" to "application_role";

grant insert on public."usage" to "application_role_api_audit";

grant select, insert, update, delete on public."usage" to "application_role_maintenance";

grant select, insert, update, delete on public."users" to "application_role";

grant select, insert, update on public."users" to "application_role_auth";

grant select, insert, update, delete on public."users" to "application_role_maintenance";

grant select, insert, update, delete on trackside."erasure_steps" to "application_role_maintenance";

grant select on trackside."erasure_steps" to "application_role_privacy";

grant select, insert, update, delete on trackside."erasures" to "application_role_maintenance";

grant select on trackside."erasures" to "application_role_privacy";

grant select, insert, update, delete on trackside."legal_holds" to "application_role_maintenance";

grant select on trackside."legal_holds" to "application_role_privacy";
