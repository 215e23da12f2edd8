create table projects (id uuid primary key, owner_id uuid not null, name text not null);
alter table projects enable row level security;
alter table projects force row level security;
create policy own on projects to application_role
    using (owner_id = (select current_setting('app.current_user_id')::uuid))
    with check (owner_id = (select current_setting('app.current_user_id')::uuid));
