create table projects (id uuid primary key, owner_id uuid not null, name text not null);
alter table projects enable row level security;
alter table projects force row level security;
create policy own on projects to application_role
    using (owner_id = (select nullif(current_setting('app.current_user_id', true), '')::uuid))
    with check (owner_id = (select nullif(current_setting('app.current_user_id', true), '')::uuid));
create table members (project_id uuid not null, user_id uuid not null);
alter table members enable row level security;
alter table members force row level security;
create policy seen on members for select to application_role
    using (exists (select from projects where projects.id = project_id));
create policy shared on projects for select to application_role
    using (exists (select from members where members.project_id = id));
