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
    if not exists (select from pg_catalog.pg_roles where rolname = 'application_role_maintenance') then
        execute 'create role "application_role_maintenance" nologin';
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database has made it meanwhile
end $do$;

grant "application_role_maintenance" to current_user;

grant usage, create on schema trackside to "application_role_maintenance";

-- AccessExclusiveLock on orders
create table public."orders" (
    "id" uuid not null,
    "placed_at" timestamptz not null,
    "amount" integer not null,
    constraint "orders_pkey" primary key ("id")
);

-- AccessExclusiveLock on orders
alter table public."orders" enable row level security;

-- AccessExclusiveLock on orders
alter table public."orders" force row level security;

-- AccessExclusiveLock on orders
create policy "maintenance" on public."orders" for all to "application_role_maintenance"
    using (true)
    with check (true);

grant select, insert, update, delete on public."orders" to "application_role_maintenance";
