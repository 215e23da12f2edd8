create table sessions (id uuid primary key, refresh_token text not null, expires_at timestamptz not null);
