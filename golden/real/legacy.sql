-- A shop that nobody has declared: what ten years of several tools may leave behind.
create extension citext;
create extension pg_trgm;
create type mood as enum ('sad', 'ok', 'happy');
create domain email_address as text check (value like '%@%');
create domain percentage as smallint check (value >= 0 and value <= 100);
create sequence invoice_number start 1000;
create schema archive;

create table customers (
    id serial primary key,
    email varchar(255) not null constraint uq_customers_email unique,
    name text not null default '',
    nick citext,
    credit numeric(12, 2) not null default 0.00 constraint credit_is_none_or_more check (credit >= 0),
    state varchar(20) not null default 'new' check (state in ('new', 'active', 'it''s gone')),
    mood mood default 'ok',
    address email_address,
    discount percentage default 5,
    tags text[] not null default '{}',
    extra jsonb default '{"a": "b\\c"}',
    birthday date,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamp not null default now(),
    renewed timestamptz default now() + interval '1 year',
    constraint born_before check (birthday is null or birthday < '2020-01-01'),
    constraint customers_name_check check (length(name) < 200)
);
comment on table customers is E'Who buys.\n\tIt''s "quoted" \\ */ -- here';
comment on column customers.name is E'what \u2028 hides';
comment on column customers.email is 'where "post" goes';
create unique index customers_lower_email on customers (lower(email));
create index customers_live on customers (created_at desc) where state <> 'it''s gone';
create index customers_by_year on customers (extract(year from updated_at));
create index customers_tags on customers using gin (tags);
create index customers_name_trgm on customers using gin (name gin_trgm_ops);
create index customers_again on customers (birthday);
create index customers_again_2 on customers (birthday);

create table products (
    id bigserial,
    sku char(8) not null,
    title varchar(100) not null,
    price numeric(10, 2) not null,
    weight double precision default 0.5,
    uuid uuid default gen_random_uuid(),
    number integer default nextval('invoice_number'),
    cents bigint generated always as ((price * 100)::bigint) stored,
    period tstzrange,
    constraint pk_products primary key (id),
    constraint price_range check (price > 0 and price <= 99999.99)
);
create unique index products_sku on products (sku);
create unique index index_products_on_title_and_price on products (title, price);

create table "order" (id integer primary key, customer_id integer references customers);
create table orders (
    id bigint generated always as identity primary key,
    customer_id integer not null constraint fk_orders_customer references customers (id) on delete cascade,
    parent_id bigint constraint fk_parent references orders (id) deferrable initially deferred,
    approved_by integer references customers on update cascade,
    placed_on date not null default current_date,
    "Total" numeric,
    note varchar
);
create index orders_customer on orders (customer_id);
create table order_items (
    order_id bigint not null references orders on delete cascade,
    product_id bigint not null references products,
    amount smallint not null default 1 check (amount between 1 and 100),
    "unit price" money,
    constraint order_items_pk primary key (order_id, product_id)
);
create table rooms (
    id integer primary key,
    during tstzrange,
    exclude using gist (during with &&)
);
create table lines (order_id bigint, product_id bigint, line integer, primary key (order_id, product_id, line), foreign key (order_id, product_id) references order_items);
create table nothing_apart (a integer, b text);
create table events (id bigint not null, at timestamptz not null) partition by range (at);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
create table documents (id serial primary key, body text);
create table letters (stamp text) inherits (documents);
create unlogged table cache (key text primary key, value bytea);
create table "weird ""name"" */" (id integer primary key, "a
b" text);
create table "a.b" (id integer primary key, c integer, exclude using btree (c with =), d integer generated always as (c + 1) stored);
create trigger g before update on "a.b" for each row execute function suppress_redundant_updates_trigger();
create table bells (id integer primary key, abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 text default E'a\u0007"\\\n''b\u2028');
comment on table bells is E'rings \u0007';
create index on bells (abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789);
create table archive.orders (id bigint primary key);
create table schema_migrations (version varchar(255) primary key);
-- Two that refer to each other.
create table accounts (id integer primary key, boss_id integer);
create table bosses (id integer primary key, account_id integer not null references accounts);
alter table accounts add constraint accounts_boss_fkey foreign key (boss_id) references bosses;
-- Names that others want to have.
create table shelves (id integer primary key, floor integer, room_id integer references rooms);
create index shelves_room_id_idx on shelves (floor);
create index shelves_floor_idx on shelves (room_id);
alter table orders add constraint orders_note_check check (note <> '') not valid;

create view open_orders as select o.id, c.email from orders o join customers c on c.id = o.customer_id;
create materialized view totals as select count(*) as n from orders;
create function touch() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$;
create procedure clean() language sql as 'delete from cache';
create trigger customers_touch before update on customers for each row execute function touch();
create rule no_gone as on delete to products do instead nothing;
create statistics customer_stats on state, birthday from customers;

do $$ begin create role legacy_app; exception when duplicate_object or unique_violation then null; end $$;
grant select, insert on customers, orders to legacy_app;
alter table bosses enable row level security;
create policy "everybody's" on bosses for select to public using (id > 0);

insert into customers (email, name) select n || '@example.com', 'c' || n from generate_series(1, 500) as n;
insert into customers (id, email) values (900, 'by hand');
insert into products (sku, title, price) select n, n, n from generate_series(1, 50) as n;
insert into orders (customer_id) select n from generate_series(1, 400) as n;
insert into order_items (order_id, product_id) select n, 1 + n % 50 from generate_series(1, 400) as n;
insert into documents (body) select n from generate_series(1, 10) as n;
insert into letters (body) select n from generate_series(1, 10) as n;
insert into events select n, '2026-05-05' from generate_series(1, 10) as n;
insert into accounts values (1);
insert into bosses values (1, 1);
update accounts set boss_id = 1;
