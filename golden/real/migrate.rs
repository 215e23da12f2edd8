//! Migrations as they run, and databases held against what is declared of them.

#![expect(clippy::disallowed_methods, reason = "moments are what some of this is about")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};

use super::postgres::{Connection, Server, declare_version};

/// A copy of examples/railway, and an empty database for what it calls `platform`.
struct Story {
    folder: tempfile::TempDir,
    database: Connection,
}

/// How a command ended, and what it said.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Story {
    /// With the migrations that lie there.
    fn begun() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let story = Self { folder, database: Server::shared().database() };
        crate::secrets::copy(Path::new("examples/railway"), &story.tree());
        Server::shared().is_declared(&story.tree());
        story
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join("railway")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.arg("migrate").args(arguments).current_dir(self.tree());
        if arguments[0] != "new" && arguments[0] != "hash" {
            command.args(["--database", "platform"]).env("DATABASE_URL", self.database.url());
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Told {
        told(self.command(arguments).output().expect("it starts"))
    }

    /// The same against another address.
    fn run_at(&self, arguments: &[&str], url: &str) -> Told {
        told(self.command(arguments).env("DATABASE_URL", url).output().expect("it starts"))
    }

    /// Writes a migration by hand.
    fn write(&self, name: &str, sql: &str) {
        fs::write(self.tree().join("migrations/platform").join(name), sql).expect("it can be written");
        assert_eq!(self.run(&["hash"]).code, Some(0));
    }

    fn sql(&self, sql: &str) -> String {
        self.database.run(sql).unwrap_or_else(|problem| panic!("{problem}\n{sql}"))
    }

    /// What `sqlx migrate run` does.
    fn sqlx(&self) -> Result<(), MigrateError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be made");
        runtime.block_on(async {
            let migrator = Migrator::new(self.tree().join("migrations/platform")).await?;
            let mut connection = sqlx::PgConnection::connect(&self.database.url()).await?;
            migrator.run(&mut connection).await
        })
    }
}

fn told(output: Output) -> Told {
    let text = |it: Vec<u8>| String::from_utf8(it).expect("it is text");
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn what_has_not_run_is_planned_runs_once_and_is_told() {
    let story = Story::begun();
    assert_eq!(story.run(&["status"]).out, "has not run           0001_init.up.sql\n");
    let planned = story.run(&["plan"]).out;
    assert!(
        planned.starts_with("-- migrations/platform/0001_init.up.sql\n")
            && planned.contains("create table public.\"users\""),
        "{planned}"
    );
    assert_eq!(story.sql("select count(*) from pg_class where relname = '_sqlx_migrations'"), "0");
    let ran = story.run(&["apply"]);
    assert!(ran.code == Some(0) && ran.out.starts_with("0001_init.up.sql ran in "), "{ran:?}");
    let again = story.run(&["apply"]);
    assert_eq!((again.code, &*again.out, &*again.err), (Some(0), "", "everything has run already\n"));
    assert!(story.run(&["status"]).out.starts_with("20"), "when");
    assert_eq!(story.run(&["plan"]).out, "");
    let verified = story.run(&["verify"]);
    assert_eq!((verified.code, &*verified.out), (Some(0), ""), "{verified:?}");
}

#[test]
fn a_server_of_another_version_is_told_and_nothing_runs_on_an_older_one() {
    let story = Story::begun();
    let version = Server::shared().version();
    let sentence = |how: &str, declared: u32, help: &str| {
        format!(
            "the server is PostgreSQL {version}, {how} than `{declared}`, which is declared: {help} `postgresql \"{version}\"`"
        )
    };
    // The newest that is known is newer than any server but one of that very version.
    let newest = 18;
    if version < newest {
        declare_version(&story.tree(), newest);
        let older = sentence("older", newest, "take a newer server, or declare");
        for verb in ["plan", "status"] {
            let told = story.run(&[verb]);
            assert_eq!((told.code, told.err), (Some(0), format!("{older}\n")), "{verb}");
        }
        let told = story.run(&["apply"]);
        assert_eq!((told.code, told.err), (Some(2), format!("trackside: {older}; nothing was done\n")));
        assert_eq!(story.sql("select to_regclass('_sqlx_migrations') is null"), "t");
    }
    declare_version(&story.tree(), 14);
    let newer = sentence("newer", 14, "once it is to stay so, declare");
    let told = story.run(&["apply"]);
    assert_eq!((told.code, told.err), (Some(0), format!("{newer}\n")));
    for verb in ["plan", "status", "verify"] {
        let told = story.run(&[verb]);
        assert_eq!((told.code, told.err.lines().next()), (Some(0), Some(&*newer)), "{verb}");
    }
    // What `build` makes says it as well, without any declarations.
    let built = Command::new(env!("CARGO_BIN_EXE_trackside"))
        .args(["build", "-o", "out"])
        .current_dir(story.tree())
        .output()
        .expect("it starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert_eq!(story.run(&["status", "out"]).err, format!("{newer}\n"));
    Server::shared().is_declared(&story.tree());
    assert_eq!(story.run(&["verify"]).code, Some(0));
    if version < newest {
        declare_version(&story.tree(), newest);
        let told = story.run(&["verify"]);
        assert_eq!(told.code, Some(1), "{told:?}");
        let older = sentence("older", newest, "take a newer server, or declare");
        assert!(
            told.out.starts_with(&format!("error[TS686]: database `platform`: {older}\n")),
            "{}",
            told.out
        );
    }
}

#[test]
fn sqlx_and_trackside_take_turns() {
    let story = Story::begun();
    story.sqlx().expect("it runs what trackside wrote");
    assert_eq!(story.run(&["apply"]).err, "everything has run already\n");
    story.write(
        "0002_note.up.sql",
        "-- no-transaction\ncreate index concurrently by_name on public.users (name);\n",
    );
    assert_eq!(story.run(&["apply"]).code, Some(0));
    story.write("0003_view.up.sql", "create view public.names as select name from public.users;\n");
    story.sqlx().expect("it goes on where trackside ended");
    story.write("0004_view.up.sql", "drop view public.names;\n");
    assert_eq!(story.run(&["apply", "--to", "3"]).err, "everything has run already\n");
    assert_eq!(story.run(&["apply"]).code, Some(0));
    story.sqlx().expect("there is nothing left");
    assert_eq!(story.sql("select string_agg(version || ' ' || description || ' ' || success, ', ' order by version) from _sqlx_migrations"), "1 init true, 2 note true, 3 view true, 4 view true");
}

#[test]
fn what_does_not_fit_is_said_and_nothing_runs() {
    let story = Story::begun();
    assert_eq!(story.run(&["apply"]).code, Some(0));
    let apply = |what: &str| {
        let told = story.run(&["apply", "--wait", "0"]);
        assert_eq!((told.code, &*told.out), (Some(2), ""), "{what}: {told:?}");
        told.err.trim_end().to_owned()
    };
    let mut said = Vec::new();
    // Another tool began one, or wrote one that nobody has here.
    story.sql("insert into _sqlx_migrations values (2, 'other', now(), true, '', 0)");
    said.push(apply("ahead"));
    story.sql("update _sqlx_migrations set version = 3 where version = 2");
    story.write("0002_more.up.sql", "select 1;\n");
    story.write("0003_most.up.sql", "select 1;\n");
    said.push(apply("another file"));
    story.sql("update _sqlx_migrations set checksum = sha384(convert_to(E'select 1;\\n', 'UTF8')) where version = 3");
    said.push(apply("order"));
    story.sql("update _sqlx_migrations set success = false, version = 2 where version = 3");
    said.push(apply("half"));
    story.sql("delete from _sqlx_migrations where version = 2");
    // One that fails leaves nothing, and says why.
    story.write("0002_more.up.sql", "create table public.left_over (id int);\nselect 1 / 0;\n");
    said.push(apply("fails"));
    assert_eq!(
        story.sql("select to_regclass('left_over') is null, (select count(*) from _sqlx_migrations)"),
        "t|1"
    );
    // Another runner is at work.
    let key = 0x3d32_ad9e_i64 * i64::from(crc32fast::hash(story.sql("select current_database()").as_bytes()));
    let mut other = story.database.session();
    other.run(&format!("select pg_advisory_lock({key})"));
    said.push(apply("busy").replace(|it: char| it.is_ascii_digit(), ""));
    drop(other);
    insta::assert_snapshot!(said.join("\n"), @r#"
    trackside: the database is ahead: migration 2 `other` ran there, and is not in `migrations/platform`; take the branch that has it
    trackside: `migrations/platform/0003_most.up.sql` was changed after it ran here: put the file back as it was, and write what is to be different as a new migration
    trackside: `migrations/platform/0002_more.up.sql` has not run here, and `migrations/platform/0003_most.up.sql`, which comes after it, has: give the one that has not the next number
    trackside: migration 2 `other` is noted as begun and failed: see what it has done, then delete its row from `_sqlx_migrations`, or set `success` there
    trackside: `migrations/platform/0002_more.up.sql` failed and was not noted as run: division by zero
    trackside: another run of migrations is at work here, psql of `postgres` with process : nothing was done
    "#);
}

#[test]
fn why_there_is_no_way_is_one_sentence_without_the_password() {
    let story = Story::begun();
    let url = story.database.url();
    let (before, after) = url.split_once("postgres@").expect("it says who");
    story.sql("do $$ begin create role nobody_here login connection limit 0; exception when duplicate_object then null; end $$");
    let at = |url: &str| {
        let told = story.run_at(&["apply"], url);
        assert_eq!((told.code, &*told.out), (Some(2), ""), "{told:?}");
        let folder = url.split_once("host=").map_or("no folder", |it| it.1);
        told.err.trim_end().replace(folder, "/socket")
    };
    let missing = url.replace("/db", "/no");
    let said: Vec<String> = [
        "mysql://a:canary@b/c",
        "postgres://a:canary@b:99999/c",
        "postgres://a:canary@127.0.0.1:1/c",
        &missing.split_once('?').map_or(String::new(), |(it, rest)| {
            let it = it.trim_end_matches(|it: char| it.is_ascii_digit());
            format!("{it}where?{rest}")
        }),
        &format!("{before}somebody_else:canary@{after}"),
        &format!("{before}nobody_here:canary@{after}"),
        "postgres://a:canary@127.0.0.1:1/c?sslmode=canary",
    ]
    .iter()
    .map(|it| at(it))
    .collect();
    let said = said.join("\n");
    assert!(!said.contains("a:canary") && !said.contains(":canary@"), "{said}");
    insta::assert_snapshot!(said, @r#"
    trackside: the URL of the database cannot be read: it does not begin with `postgres://`; write it like `postgres://user@host:5432/name`, with `%40` for `@` in a password
    trackside: the URL of the database cannot be read: invalid port number; write it like `postgres://user@host:5432/name`, with `%40` for `@` in a password
    trackside: could not connect to `127.0.0.1:1`: connection refused (nothing listens there)
    trackside: could not connect to `/socket`: database "nowhere" does not exist (there is no such database: the last part of the URL is its name)
    trackside: could not connect to `/socket`: role "somebody_else" does not exist (`somebody_else` may not log in from here, or not without TLS)
    trackside: could not connect to `/socket`: too many connections for role "nobody_here" (it has no connection left; try again, or raise `max_connections`)
    trackside: the URL of the database cannot be read: unknown value "canary" for `ssl_mode`; write it like `postgres://user@host:5432/name`, with `%40` for `@` in a password
    "#);
    let name = story.sql("select current_database()");
    story.sql(&format!("alter database {name} set default_transaction_read_only = on"));
    insta::assert_snapshot!(at(&url), @r#"trackside: `/socket` is read-only, a standby or set so: migrations run on the primary"#);
}

#[test]
fn an_index_that_was_built_is_noted_and_one_that_was_not_is_built_again() {
    let story = Story::begun();
    assert_eq!(story.run(&["apply"]).code, Some(0));
    let file = "-- no-transaction\ncreate unique index concurrently by_name on public.users (name);\n";
    story.write("0002_by_name.up.sql", file);
    let noted = || story.sql("select count(*) from _sqlx_migrations where version = 2");
    let again = || story.sql("delete from _sqlx_migrations where version = 2");
    // It ran, and the process ended before that was noted.
    story.sql("create unique index by_name on public.users (name)");
    assert_eq!(story.run(&["apply"]).out, "0002_by_name.up.sql had run, and is noted now\n");
    assert_eq!(noted(), "1");
    // Another one has the name.
    again();
    story.sql("drop index by_name; create index by_name on public.users (email)");
    let told = story.run(&["apply"]);
    assert_eq!((told.code, noted().as_str()), (Some(2), "0"));
    insta::assert_snapshot!(told.err, @r#"trackside: `migrations/platform/0002_by_name.up.sql` makes index `by_name`, and there is another one of that name: `CREATE INDEX by_name ON public.users USING btree (email)`; drop it, or call one of the two otherwise"#);
    // It failed on the way, here because of the rows that there are, and left an invalid one.
    story.sql("drop index by_name; set role application_role_maintenance; insert into users (id, email, name) values (gen_random_uuid(), 'a', 'twice'), (gen_random_uuid(), 'b', 'twice')");
    let told = story.run(&["apply"]);
    assert_eq!((told.code, noted().as_str()), (Some(2), "0"));
    insta::assert_snapshot!(told.err, @r#"trackside: `migrations/platform/0002_by_name.up.sql` failed and was not noted as run: could not create unique index "by_name""#);
    let is_valid = || story.sql("select indisvalid from pg_index where indexrelid = 'by_name'::regclass");
    assert_eq!(is_valid(), "f");
    story.sql("set role application_role_maintenance; update users set name = email");
    assert_eq!(story.run(&["apply"]).code, Some(0));
    assert_eq!((noted().as_str(), is_valid().as_str()), ("1", "t"));
    // PostgreSQL writes what is there in words of its own, and reads what is in the file.
    let made = "using btree (lower(name) desc, (length(email) + 1)) where not (name in ('a', 'b')) and length(name) > -1";
    story.write(
        "0003_odd.up.sql",
        &format!("-- no-transaction\ncreate index concurrently odd on only users {made};\n"),
    );
    story.sql(&format!("create index odd on users {made}"));
    assert_eq!(story.run(&["apply"]).out, "0003_odd.up.sql had run, and is noted now\n");
    story.sql("delete from _sqlx_migrations where version = 3; drop index odd; create index odd on users (lower(name) desc, (length(email) + 1)) where not (name in ('a', 'b') and length(name) > -1)");
    let told = story.run(&["apply"]);
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("there is another one of that name"), "{told:?}");
}

#[test]
fn a_lock_that_cannot_be_had_lets_others_pass_and_is_tried_again() {
    let story = Story::begun();
    assert_eq!(story.run(&["apply"]).code, Some(0));
    story.write(
        "0002_more.up.sql",
        "set local lock_timeout = '200ms';\nalter table public.users add column more int;\n",
    );
    let mut reader = story.database.session();
    reader.run("begin; select count(*) from users");
    let mut child =
        story.command(&["apply"]).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(1500));
    // Somebody who writes meanwhile waits for the lock no longer than that.
    let begun = Instant::now();
    story.sql("set role application_role_maintenance; insert into users (id, email, name) values (gen_random_uuid(), 'a', 'a')");
    println!("a writer waited {} ms", begun.elapsed().as_millis());
    assert!(child.try_wait().expect("it is ours").is_none(), "it is still trying");
    drop(reader);
    let output = told(child.wait_with_output().expect("it ends"));
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.err.contains("trying again: `migrations/platform/0002_more.up.sql` failed and was not noted as run: canceling statement due to lock timeout"), "{output:?}");
}

#[test]
fn a_run_that_is_killed_or_cut_off_goes_on_where_it_ended() {
    let story = Story::begun();
    for number in 2..30 {
        let sql = match number % 3 {
            0 => format!("-- no-transaction\ncreate index concurrently i{number} on public.users (name);\n"),
            1 => {
                format!("create table public.t{number} (id int);\ninsert into public.t{number} values (1);\n")
            }
            _ => format!("create table public.t{number} (id int);\nselect pg_sleep(0.02);\n"),
        };
        fs::write(story.tree().join(format!("migrations/platform/{number:04}_step.up.sql")), sql)
            .expect("it can be written");
    }
    assert_eq!(story.run(&["hash"]).code, Some(0));
    let done = || {
        story.sql("select case when to_regclass('_sqlx_migrations') is null then 0 else (xpath('/row/c/text()', query_to_xml('select count(*) as c from _sqlx_migrations', false, true, '')))[1]::text::int end")
    };
    let (mut killed, mut cut) = (0, 0);
    for round in 0..100_u64 {
        let mut child = story.command(&["apply"]).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(25 + round % 7 * 12));
        if round % 4 == 3 {
            // The server ends the session, and the run goes on by itself.
            story.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'trackside' and datname = current_database()");
            cut += 1;
            std::thread::sleep(Duration::from_millis(30));
        }
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        killed += 1;
        if done() == "29" {
            break;
        }
    }
    assert_eq!(story.run(&["apply"]).code, Some(0));
    println!("killed {killed} times, cut off {cut} times");
    assert_eq!(done(), "29");
    let left = "select (select count(*) from pg_class where relname ~ '^t[0-9]+$'), (select count(*) from pg_index where not indisvalid), (select count(*) from pg_class where relname ~ '^i[0-9]+$'), (select sum((xpath('/row/c/text()', query_to_xml('select count(*) as c from ' || relname, false, true, '')))[1]::text::int) from pg_class where relname in ('t4', 't7', 't10'))";
    assert_eq!(story.sql(left), "19|0|9|3", "each once");
    assert!(killed > 1, "it was too quick: {killed}");
}

/// What somebody may have done by hand, and a word of what has to be said of it.
const DRIFTS: &[(&str, &str)] = &[
    ("drop policy users_read on users", "policy `users_read` of table `users`: is missing"),
    ("create policy more on users using (true)", "policy `more` of table `users`: is not declared"),
    ("alter policy users_read on users using (true)", "lets through `true`"),
    ("alter policy users_change on users with check (true)", "lets be written `true`"),
    ("alter policy users_are_known on users to public", "is for the role `public`"),
    (
        "drop policy users_are_known on users; create policy users_are_known on users as permissive for all to application_role using (true)",
        "is permissive, declared is restrictive",
    ),
    (
        "drop policy users_delete on users; create policy users_delete on users for update to application_role using (true)",
        "is for `update`, declared is `delete`",
    ),
    ("alter table users no force row level security", "table `users`: row security is not forced"),
    ("alter table users disable row level security", "table `users`: row security is not enabled"),
    ("alter table users owner to drift_owner", "table `users`: belongs to `drift_owner`"),
    ("grant select on users to drift_owner", "table `users`: `drift_owner` may `select`"),
    ("grant select on users to public", "table `users`: `PUBLIC` may `select`"),
    ("grant truncate on users to application_role", "`application_role` may `truncate`"),
    (
        "grant update (email) on audit_log to application_role",
        "`application_role` may `update` of column `email`",
    ),
    (
        "grant select on audit_log to application_role",
        "`application_role` may `select`, and may not as declared",
    ),
    (
        "revoke insert on users from application_role",
        "`application_role` may not `insert`, and may as declared",
    ),
    ("grant select on users to application_role with grant option", "may give others the right to `select`"),
    ("alter table users alter column name drop not null", "column `users.name`: may be without a value"),
    (
        "alter table users alter column name set default 'x'",
        "column `users.name`: has the default `'x'::text`, declared is no default",
    ),
    (
        "alter table users alter column name type varchar(10)",
        "column `users.name`: is `varchar(10)`, declared is `text`",
    ),
    ("alter table users add column more int", "column `users.more`: is not declared"),
    ("alter table users drop column name cascade", "column `users.name`: is missing"),
    ("alter table users rename column name to title", "column `users.title`: is not declared"),
    (
        "alter table environment_variables drop constraint environment_variables_pkey",
        "constraint `environment_variables_pkey` of table `environment_variables`: is missing",
    ),
    (
        "alter table services drop constraint services_project_id_fkey; alter table services add constraint services_project_id_fkey foreign key (project_id) references projects (id)",
        "constraint `services_project_id_fkey` of table `services`: is another one than declared",
    ),
    (
        "alter table services drop constraint services_project_id_fkey; alter table services add constraint services_project_id_fkey foreign key (project_id) references projects (id) on delete cascade not valid",
        "was never held against the rows",
    ),
    (
        "alter table users add constraint small check (length(name) < 10)",
        "constraint `small` of table `users`: is not declared",
    ),
    ("drop index services_project_id_idx", "index `services_project_id_idx` of table `services`: is missing"),
    ("create index more on users (name)", "index `more` of table `users`: is not declared"),
    (
        "drop index services_project_id_idx; create index services_project_id_idx on services (project_id) where id is not null",
        "index `services_project_id_idx` of table `services`: is of `(id IS NOT NULL)`, declared is every row",
    ),
    (
        "drop index services_project_id_idx; create unique index services_project_id_idx on services (project_id desc, md5(id::text))",
        "is `CREATE UNIQUE INDEX services_project_id_idx ON public.services USING btree (project_id DESC, md5((id)::text))`",
    ),
    (
        "drop index services_project_id_idx; create unique index services_project_id_idx on services (project_id desc)",
        "is unique, declared is not unique; is by `btree (\"project_id\" desc)`, declared is `btree (\"project_id\")`",
    ),
    (
        "drop index services_project_id_idx; create index services_project_id_idx on services (project_id) include (id)",
        "is `CREATE INDEX services_project_id_idx ON public.services USING btree (project_id) INCLUDE (id)`",
    ),
    (
        "drop index services_project_id_idx; create index services_project_id_idx on services (project_id desc nulls last)",
        "is `CREATE INDEX services_project_id_idx ON public.services USING btree (project_id DESC NULLS LAST)`",
    ),
    (
        "update pg_index set indisvalid = false where indexrelid = 'services_project_id_idx'::regclass",
        "index `services_project_id_idx` of table `services`: is invalid",
    ),
    ("comment on column environment_variables.value is 'in the clear'", "its comment says `in the clear`"),
    ("drop table usage cascade", "table `usage`: is missing"),
    ("create table more (id int)", "table `more`: is not declared"),
    ("create view more as select * from users", "view `more`: is not declared"),
    ("create materialized view more as select * from users", "materialized view `more`: is not declared"),
    (
        "create function public.more() returns int language sql security definer as 'select 1'",
        "function `more()`: is not declared: in sql, runs as",
    ),
    (
        "create function public.more() returns trigger language plpgsql as 'begin return null; end'; create trigger more after delete on users execute function public.more()",
        "trigger or rule `more` of table `users`: is not declared",
    ),
    (
        "create rule more as on delete to users do instead nothing",
        "trigger or rule `more` of table `users`: is not declared",
    ),
    (
        "grant create on schema public to application_role",
        "schema `public`: `application_role` may `create` there",
    ),
    (
        "revoke usage on schema trackside from application_role",
        "schema `trackside`: `application_role` may not use what is in it",
    ),
    (
        "create or replace function trackside.member_of_teams() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$select coalesce(array_agg(id), '{}') from public.teams$$",
        "function `trackside.member_of_teams()`: is another function than declared",
    ),
    (
        "alter function trackside.member_of_teams() owner to drift_owner",
        "function `trackside.member_of_teams()`: runs as `drift_owner`",
    ),
    (
        "alter function trackside.member_of_teams() reset search_path",
        "function `trackside.member_of_teams()`",
    ),
    (
        "grant execute on function trackside.member_of_teams() to public",
        "function `trackside.member_of_teams()`: may be called by `PUBLIC`",
    ),
];

/// The same of roles, which all databases of the server have in common: what is done, said and undone.
const ROLE_DRIFTS: &[(&str, &str, &str)] = &[
    (
        "alter role drift_role bypassrls",
        "role `drift_role`: bypasses row security",
        "alter role drift_role nobypassrls",
    ),
    (
        "alter role drift_role superuser",
        "role `drift_role`: is a superuser",
        "alter role drift_role nosuperuser",
    ),
    (
        "alter role drift_role login",
        "role `drift_role`: can log in by itself",
        "alter role drift_role nologin",
    ),
    (
        "alter role drift_role createrole",
        "role `drift_role`: may make roles",
        "alter role drift_role nocreaterole",
    ),
    (
        "alter role drift_role replication",
        "role `drift_role`: may replicate",
        "alter role drift_role noreplication",
    ),
    (
        "grant drift_role_maintenance to drift_role",
        "role `drift_role`: is a member of `drift_role_maintenance`",
        "revoke drift_role_maintenance from drift_role",
    ),
    (
        "grant drift_role_maintenance to drift_owner",
        "role `drift_role_maintenance`: `drift_owner` is a member of it",
        "revoke drift_role_maintenance from drift_owner",
    ),
    (
        "alter role drift_role set app.current_user_id = 'me'",
        "role `drift_role`: every session of it begins with `app.current_user_id=me`",
        "alter role drift_role reset app.current_user_id",
    ),
];

#[test]
fn every_drift_is_found_by_name() {
    let story = Story::begun();
    let whole = Server::shared().database();
    whole
        .run("do $$ begin create role drift_owner; exception when duplicate_object then null; end $$")
        .expect("it can be made");
    assert_eq!(story.run(&["apply"]).code, Some(0));
    let name = story.sql("select current_database()");
    let mut missed = Vec::new();
    for (at, (drift, said)) in DRIFTS.iter().enumerate() {
        let copy = Server::shared().copy(&name);
        copy.run(&format!("set allow_system_table_mods = on; {drift}"))
            .unwrap_or_else(|problem| panic!("{problem}\n{drift}"));
        let told = story.run_at(&["verify"], &copy.url());
        if told.code != Some(1) || !told.out.contains(said) {
            missed.push(format!("{at} {drift}\n{told:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{} drifts of a database", DRIFTS.len());
}

#[test]
fn a_difference_is_told_to_machines_at_its_line() {
    let story = Story::begun();
    assert_eq!(story.run(&["apply"]).code, Some(0));
    story.sql("alter table users alter column name set default 'x'");
    let json = |format: &str| -> serde_json::Value {
        let told = story.run(&["verify", "--format", format]);
        assert_eq!((told.code, &*told.err), (Some(1), ""), "{told:?}");
        serde_json::from_str(&told.out).expect("it is JSON")
    };
    let sarif = json("sarif");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "TS686", "{sarif:#}");
    let place = &result["locations"][0]["physicalLocation"];
    let path = place["artifactLocation"]["uri"].as_str().expect("it has a place");
    let text = fs::read_to_string(story.tree().join(path)).expect("it is there");
    let line =
        usize::try_from(place["region"]["startLine"].as_u64().expect("it has one")).expect("it is small");
    let declared = text.lines().nth(line - 1).expect("it is there");
    assert!(declared.contains("column \"name\""), "{declared}");
    let told = json("json").to_string();
    assert!(told.contains("TS686") && told.contains("column `users.name`: has the default"), "{told}");
    let annotated = story.run(&["verify", "--format", "github"]).out;
    assert!(annotated.starts_with(&format!("::error file={path},line={line}")), "{annotated}");
}

#[test]
fn who_logs_in_takes_a_role_and_who_reads_changes_nothing() {
    let database = Server::shared().database();
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let tree = root.path().join("data");
    crate::secrets::copy(Path::new("examples/data"), &tree);
    Server::shared().is_declared(&tree);
    // Roles are the server's, and these are changed.
    let courses = fs::read_to_string(tree.join("courses.kdl")).expect("it is there");
    fs::write(tree.join("courses.kdl"), courses.replace("\"kiln_", "\"pot_")).expect("it can be written");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.arg("migrate").args(arguments).current_dir(&tree);
        if arguments[0] != "new" {
            command.args(["--database", "courses/courses"]).env("DATABASE_URL", database.url());
        }
        told(command.output().expect("it starts"))
    };
    let sql = |sql: &str| database.run(sql).unwrap_or_else(|problem| panic!("{problem}\n{sql}"));
    let _made = run(&["new", "init"]);
    let applied = run(&["apply"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    // What other migrations of its own make is missing here.
    let verified = || {
        let said = run(&["verify"]).out;
        let lines = said.lines().filter_map(|it| it.strip_prefix("error[TS686]: "));
        lines.filter(|it| !it.ends_with("declared as `external`")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(verified(), "");
    let tried = |begin: &str, what: &str| {
        let asked = format!("set session authorization pot_login; {begin} {what}");
        database.run(&asked).map_err(|it| it.contains("permission denied"))
    };
    sql(
        "set role pot_app_maintenance; insert into customers (id, email, name) values ('00000000-0000-0000-0000-000000000001', 'a@example.org', 'A')",
    );
    let me = "set kiln.user_id = '00000000-0000-0000-0000-000000000001';";
    let (select, update) = ("select count(*) from customers", "update customers set name = 'B'");
    assert_eq!(tried(me, select), Err(true), "by itself it may do nothing");
    for role in ["pot_app", "pot_reader"] {
        assert_eq!(tried(&format!("{me} set role {role};"), select), Ok("1".to_owned()), "{role}");
        assert_eq!(tried(&format!("set role {role};"), select), Ok("0".to_owned()), "{role} for nobody");
    }
    assert!(tried(&format!("{me} set role pot_app;"), update).is_ok());
    assert_eq!(tried(&format!("{me} set role pot_reader;"), update), Err(true));
    assert_eq!(tried("set role pot_app_maintenance;", select), Err(true));
    for drift in [
        "alter role pot_login inherit",
        "alter role pot_login bypassrls createdb nologin",
        "revoke pot_reader from pot_login",
        "grant pot_app_privacy to pot_login",
        "grant update on customers to pot_reader",
        "alter role pot_reader login",
    ] {
        sql(drift);
    }
    let drifts = verified();
    sql(
        "alter role pot_login noinherit nobypassrls nocreatedb login; grant pot_reader to pot_login; revoke pot_app_privacy from pot_login; revoke update on customers from pot_reader; alter role pot_reader nologin",
    );
    insta::assert_snapshot!(drifts, @r"
    role `pot_app_privacy`: its member `pot_login` sees every row (`bypassrls`)
    role `pot_app`: its member `pot_login` sees every row (`bypassrls`)
    role `pot_login`: bypasses row security
    role `pot_login`: cannot log in
    role `pot_login`: has the rights of `pot_app_privacy` without taking it (`inherit`)
    role `pot_login`: has the rights of `pot_app_receipts` without taking it (`inherit`)
    role `pot_login`: has the rights of `pot_app_reminders` without taking it (`inherit`)
    role `pot_login`: has the rights of `pot_app` without taking it (`inherit`)
    role `pot_login`: may make databases
    role `pot_login`: may not take `pot_reader`
    role `pot_login`: may take `pot_app_privacy`, and may not as declared
    role `pot_reader`: can log in by itself
    role `pot_app_reminders`: its member `pot_login` sees every row (`bypassrls`)
    role `pot_app_receipts`: its member `pot_login` sees every row (`bypassrls`)
    table `customers`: `pot_reader` may `update`, and may not as declared
    ");
    assert_eq!(verified(), "");
}

#[test]
fn every_drift_of_a_role_is_found_by_name() {
    let mut story = Story::begun();
    let path = story.tree().join("rules/data.kdl");
    let text = fs::read_to_string(&path).expect("it is there");
    let line = "    encryption secret=\"column-key\"\n";
    fs::write(&path, text.replacen(line, &format!("{line}    application-role \"drift_role\"\n"), 1))
        .expect("it can be written");
    fs::remove_dir_all(story.tree().join("migrations")).expect("it is there");
    story.database = Server::shared().database();
    assert_eq!(story.run(&["new", "init"]).code, Some(0));
    assert_eq!(story.run(&["apply"]).code, Some(0));
    story.sql("do $$ begin create role drift_owner; exception when duplicate_object then null; end $$");
    for (drift, said, undone) in ROLE_DRIFTS {
        story.sql(drift);
        let told = story.run(&["verify"]);
        story.sql(undone);
        assert!(told.code == Some(1) && told.out.contains(said), "{drift}\n{told:#?}");
    }
    let told = story.run(&["verify"]);
    assert_eq!((told.code, &*told.out), (Some(0), ""));
    println!("{} drifts of roles", ROLE_DRIFTS.len());
}

#[test]
fn every_role_does_with_every_row_what_is_declared_and_nothing_else() {
    for (folder, name) in [
        ("railway", "platform"),
        ("railway", "shop/orders"),
        ("data", "ledger"),
        ("data", "courses/courses"),
        ("harbor", "logbook"),
        ("identity", "sessions"),
        ("audit", "records"),
    ] {
        let database = Server::shared().database();
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        let tree = root.path().join(folder);
        crate::secrets::copy(&Path::new("examples").join(folder), &tree);
        Server::shared().is_declared(&tree);
        let run = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
            command.arg("migrate").args(arguments).current_dir(&tree);
            if arguments[0] != "new" {
                command.args(["--database", name]).env("DATABASE_URL", database.url());
            }
            told(command.output().expect("it starts"))
        };
        let _there = run(&["new", "init"]);
        let applied = run(&["apply"]);
        assert_eq!(applied.code, Some(0), "{folder} {name}: {applied:?}");
        let told = run(&["test"]);
        println!("{folder} {name}: {}{}", told.out, told.err);
        assert_eq!(told.code, Some(0), "{folder} {name}: {told:?}");
    }
}

#[test]
fn a_rule_that_does_not_hold_is_told_by_who_can_do_what() {
    let story = Story::begun();
    assert_eq!(story.run(&["apply"]).code, Some(0));
    assert_eq!(story.run(&["test"]).code, Some(0));
    story.sql("alter policy users_read on projects using (true)");
    let wide = story.run(&["test"]);
    let story = Story::begun();
    assert_eq!(story.run(&["apply"]).code, Some(0));
    story.sql("drop policy users_delete on teams; alter policy users_change on teams with check (true)");
    let narrow = story.run(&["test"]);
    assert_eq!((wide.code, narrow.code), (Some(1), Some(1)));
    let said = |told: Told| {
        told.out
            .lines()
            .filter(|it| it.contains("declared"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(said(wide), @r#"
    a user by `application_role` may select a row of `projects` that is somebody else's, and may not as declared
    a user by `application_role` may select a row of `projects` that is of a member, and may not as declared
    a user by `application_role` may select a row of `projects` that is nobody's, and may not as declared
    another user by `application_role` may select a row of `projects` that is one's own, and may not as declared
    "#);
    insta::assert_snapshot!(said(narrow), @r#"
    a user by `application_role` may not delete a row of `teams` that is one's own, and may as declared
    a user by `application_role` may give a row of `teams` that is one's own to the other, and may not as declared
    a user by `application_role` may not delete a row of `teams` that is one's own below somebody else's, and may as declared
    another user by `application_role` may not delete a row of `teams` that is somebody else's, and may as declared
    another user by `application_role` may give a row of `teams` that is somebody else's to the one, and may not as declared
    another user by `application_role` may not delete a row of `teams` that is of a member, and may as declared
    another user by `application_role` may not delete a row of `teams` that is somebody else's below one's own, and may as declared
    another user by `application_role` may not delete a row of `teams` that is shared, and may as declared
    another user by `application_role` may not delete a row of `teams` that is nobody's, and may as declared
    another user by `application_role` may give a row of `teams` that is nobody's to the one, and may not as declared
    "#);
    story.sql("set role application_role_maintenance; insert into users (id, email, name) values (gen_random_uuid(), 'a', 'a')");
    assert_eq!(
        story.run(&["test"]).err,
        "trackside: table `users` has rows: rules are tried out in a database of its own, which has none\n"
    );
}

#[test]
fn the_story_of_a_database_goes_as_it_is_told() {
    let server = Server::shared();
    let (books, empty) = (server.database(), server.database());
    let programs = server.programs().display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let (books, empty) = (books.url(), empty.url());
    let version = server.version();
    let start = &format!("sed -i 's/postgresql \"[0-9]*\"/postgresql \"{version}\"/' platform.kdl");
    crate::story::goes_as_told(
        "examples/database",
        "library",
        ("ines", start),
        &[("DATABASE_URL", &books), ("EMPTY_URL", &empty), ("PATH", &path)],
        20,
    );
}
