create table sessions (id uuid primary key, refresh_token_digest bytea not null, expires_at timestamptz not null);
