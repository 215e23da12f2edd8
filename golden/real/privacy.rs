//! What people may ask for, and what is over, by the command line, logged in as somebody who may do just that.

use std::path::Path;
use std::process::Command;

use super::postgres::{Connection, Server};

const ANA: &str = "00000000-0000-0000-0000-000000000001";

struct Office {
    database: Connection,
}

impl Office {
    /// examples/railway with two people in it, and a login of its own for who answers them.
    fn open() -> Self {
        let database = Server::shared().database();
        let office = Self { database };
        let applied =
            office.command(&["migrate", "apply", "examples/railway", "--database", "platform"], "postgres");
        assert_eq!(applied.0, Some(0), "{applied:?}");
        office.sql("do $$ begin create role privacy_officer login; exception when duplicate_object then null; end $$; grant application_role_privacy to privacy_officer");
        office.sql(&format!(
            "set role application_role_maintenance;
            insert into users (id, email, name, deleted_at) values ('{ANA}', 'ana@example.org', 'Ana', now() - interval '100 days'), (gen_random_uuid(), 'bo@example.org', 'Bo', null);
            insert into usage (id, user_id, created_at) select gen_random_uuid(), '{ANA}', now() - interval '1 day' * n from generate_series(1, 400) as n;
            insert into audit_log (id, time, actor_id, actor, email, action, resource, result, risk, metadata) values (gen_random_uuid(), now(), '{ANA}', 'Ana', 'ana@example.org', 'login', '-', 'ok', 'low', '{{}}');
            insert into revoked_tokens (jti, revoked_at) select gen_random_uuid(), now() - interval '1 day' * n from generate_series(1, 10) as n;",
        ));
        office
    }

    fn sql(&self, sql: &str) -> String {
        self.database.run(sql).unwrap_or_else(|problem| panic!("{problem}\n{sql}"))
    }

    fn command(&self, arguments: &[&str], login: &str) -> (Option<i32>, String, String) {
        let url = self.database.url().replace("postgres@", &format!("{login}@"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).env("DATABASE_URL", url);
        let output = command.output().expect("it starts");
        let text = |it: Vec<u8>| String::from_utf8(it).expect("it is text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        self.command(arguments, "privacy_officer")
    }

    /// What a command prints that does what it is asked for.
    fn done(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!((code, &*err), (Some(0), ""), "{arguments:?}");
        out
    }

    /// Why a command does not do what it is asked for.
    fn refused(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!((code, &*out), (Some(2), ""), "{arguments:?}");
        err
    }
}

#[test]
fn a_person_is_held_handed_over_and_erased_by_who_may_do_just_that() {
    let office = Office::open();
    assert!(office.done(&["subject", "due"]).starts_with(&format!("{ANA}  since 20")));
    let exported = office.done(&["subject", "export", ANA]);
    assert!(
        exported.lines().count() > 400 && exported.contains("ana@example.org") && !exported.contains("bo@"),
        "{exported}"
    );
    assert_eq!(office.done(&["subject", "hold", ANA, "--reason", "case 7"]), "hold 1\n");
    let held = office.refused(&["subject", "erase", ANA]);
    assert!(held.contains("hold"), "{held}");
    assert_eq!(office.done(&["subject", "lift", "1"]), "");
    let gone = office.refused(&["subject", "lift", "1"]);
    assert_eq!(gone, "trackside: there is no hold 1, or it has been lifted\n");
    assert_eq!(
        office.refused(&["subject", "erase", "ana"]).matches("trackside: the person is not erased: ").count(),
        1
    );
    let erased = office.done(&["subject", "erase", ANA, "--batch", "50"]);
    assert!(erased.starts_with("erased: 402 rows, evidence "), "{erased}");
    let evidence = erased.rsplit(' ').next().unwrap_or_default();
    let again = office.done(&["subject", "erase", ANA]);
    assert!(
        again.starts_with("erased already at 20") && again.ends_with(&format!("Z, evidence {evidence}")),
        "{again}"
    );
    // Whose account was gone with all else has left nothing but the evidence; whom no table knows was never here.
    let gone = "00000000-0000-0000-0000-000000000002";
    office.sql(&format!("insert into trackside.erasures (subject, asked_by, steps, step, finished) values ('{gone}', 'a', '', 0, '2026-11-22')"));
    let (code, out, err) = office.run(&["subject", "export", gone]);
    assert_eq!((code, out.lines().count()), (Some(0), 1), "{out}");
    assert!(err.starts_with("nothing is left: erased at 2026-11-2"), "{err}");
    let nobody = "00000000-0000-0000-0000-000000000007";
    let told = ["erase", "export"].map(|it| office.run(&["subject", it, nobody]));
    assert!(told.iter().all(|(code, out, _)| (*code, &**out) == (Some(1), "")), "{told:?}");
    insta::assert_snapshot!(told.map(|it| it.2).concat(), @r"
    the person is not erased: no table knows '00000000-0000-0000-0000-000000000007', and no erasure of it was ever begun
    nothing is handed over: no table knows '00000000-0000-0000-0000-000000000007', and no erasure of it was ever begun
    ");
    assert_eq!(
        office.sql(&format!("select count(*) from trackside.erasures where subject = '{nobody}'")),
        "0"
    );
    let left = "select (select count(*) from usage), (select string_agg(name, ',' order by name) from users), (select actor || email from audit_log)";
    assert_eq!(office.sql(left), "0|Bo,DELETED_USER|DELETED_USERdeleted@privacy.local");
    // And nothing else: no table, no other database's people.
    let read = office.database.run("set role privacy_officer; select * from users");
    assert!(read.is_err_and(|it| it.contains("permission denied")));
}

#[test]
fn what_is_over_is_counted_and_deleted() {
    let office = Office::open();
    let over = office.done(&["retention", "status"]);
    let tokens = over.lines().find(|it| it.starts_with("revoked_tokens")).unwrap_or_default();
    assert!(tokens.ends_with("  3 rows are over") || tokens.ends_with("  4 rows are over"), "{over}");
    let deleted = office.done(&["retention", "run", "--batch", "2"]);
    assert!(deleted.contains("usage: 3") && deleted.contains("revoked_tokens: "), "{deleted}");
    let again = office.done(&["retention", "run"]);
    assert!(again.lines().all(|it| it.ends_with(": 0 rows deleted")), "{again}");
    assert_eq!(
        office.sql("select max(now() - revoked_at) < interval '7 days 1 minute' from revoked_tokens"),
        "t"
    );
}
