//! Runs of migrations that end after each single statement: by the death of the process, or of its session on the server.
//!
//! A door stands between the two. It counts what the server reports as done, and closes after a given one: what was done is done,
//! and nobody has heard of it.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::postgres::{Connection, Server};

/// A socket that leads to the server until so many statements are done.
struct Door {
    folder: tempfile::TempDir,
    closed: Receiver<Session>,
}

/// The two ends of a session that nothing passes between any more.
struct Session(UnixStream, UnixStream);

impl Drop for Session {
    fn drop(&mut self) {
        let _gone = self.0.shutdown(Shutdown::Both);
        let _gone = self.1.shutdown(Shutdown::Both);
    }
}

const SOCKET: &str = ".s.PGSQL.5432";

impl Door {
    /// One that closes after so many statements. Whoever comes later goes through.
    fn closing_after(statements: usize, server: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("door").tempdir_in("/tmp").expect("it can be made");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("nobody else has it");
        let (sender, closed) = channel();
        let (left, sender) = (Arc::new(AtomicUsize::new(statements)), Arc::new(Mutex::new(Some(sender))));
        let server = server.join(SOCKET);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, UnixStream::connect(&server)) else { break };
                let (left, sender) = (Arc::clone(&left), Arc::clone(&sender));
                let ends = (client.try_clone().expect("it is open"), server.try_clone().expect("it is open"));
                std::thread::spawn(move || {
                    let _done = io::copy(&mut &ends.0, &mut &ends.1);
                    let _gone = ends.1.shutdown(Shutdown::Both);
                });
                std::thread::spawn(move || {
                    if let Ok(true) = pass(&server, &client, &left)
                        && let Some(sender) = sender.lock().expect("nobody panics").take()
                    {
                        let _heard = sender.send(Session(client, server));
                        return;
                    }
                    let _gone = client.shutdown(Shutdown::Both);
                });
            }
        });
        Self { folder, closed }
    }

    fn url(&self, database: &Connection) -> String {
        let folder = self.folder.path().display();
        format!("postgres://postgres@localhost/{}?host={folder}&sslmode=disable", database.name())
    }
}

/// Passes on what the server says, message by message, until it has reported so many statements as done.
fn pass(mut server: &UnixStream, mut client: &UnixStream, left: &AtomicUsize) -> io::Result<bool> {
    loop {
        let mut head = [0; 5];
        server.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; usize::try_from(length).unwrap_or_default().saturating_sub(4)];
        server.read_exact(&mut body)?;
        // `CommandComplete`
        if head[0] == b'C' && left.fetch_sub(1, Ordering::Relaxed) == 1 {
            return Ok(true);
        }
        client.write_all(&head)?;
        client.write_all(&body)?;
    }
}

const FILES: &[(&str, &str)] = &[
    (
        "0001_init",
        "create table public.a (id int);\ncreate table public.b (id int);\ninsert into public.a values (1);\n",
    ),
    ("0002_index", "-- no-transaction\ncreate index concurrently a_id on public.a (id);\n"),
    (
        "0003_more",
        "insert into public.a values (2);\ncreate table public.c (id int);\ninsert into public.c values (1);\n",
    ),
    (
        "0004_key",
        "-- no-transaction\ncreate unique index concurrently b_id on public.b (id) where id > -1;\n",
    ),
    ("0005_gone", "-- no-transaction\ndrop index concurrently public.a_id;\n"),
    (
        "0006_last",
        "-- waived short-locks: nobody waits here (desk, until 2099-01-01)\nalter table public.c add column more int;\ninsert into public.c values (2);\n",
    ),
];

/// What is noted as run, and what of each there is: rows of `a`, of `c`, and which indexes.
const STATE: &str = "create function pg_temp.rows(name text) returns text language plpgsql as $$ declare n text; begin if to_regclass(name) is null then return '-'; end if; execute 'select count(*) from ' || name into n; return n; end $$; \
    create function pg_temp.noted() returns text language plpgsql as $$ declare n text; begin if to_regclass('_sqlx_migrations') is null then return ''; end if; select string_agg(version::text, '' order by version) from _sqlx_migrations where success into n; return coalesce(n, ''); end $$; \
    select pg_temp.noted(), pg_temp.rows('a'), pg_temp.rows('c'), (select coalesce(string_agg(c.relname, ' ' order by c.relname), '') from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisvalid and c.relname in ('a_id', 'b_id'))";

/// What there may be where so many are noted: a file of one transaction is there as a whole with its note; one that is none may be there before.
const STATES: &[(&str, &[&str])] = &[
    ("", &["-|-|"]),
    ("1", &["1|-|", "1|-|a_id"]),
    ("12", &["1|-|a_id"]),
    ("123", &["2|1|a_id", "2|1|a_id b_id"]),
    ("1234", &["2|1|a_id b_id", "2|1|b_id"]),
    ("12345", &["2|1|b_id"]),
    ("123456", &["2|2|b_id"]),
];

fn tree() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let tree = root.path().join("library");
    crate::secrets::copy(Path::new("examples/database"), &tree);
    let folder = tree.join("migrations/library.books");
    for entry in fs::read_dir(&folder).expect("it is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|it| it == "sql") {
            fs::remove_file(path).expect("it can be removed");
        }
    }
    fs::write(folder.join("migrations.sum"), "").expect("it can be written");
    for (name, sql) in FILES {
        fs::write(folder.join(format!("{name}.up.sql")), sql).expect("it can be written");
    }
    let hashed = migrate(&tree, &["hash"]).output().expect("it starts");
    assert!(hashed.status.success(), "{}", String::from_utf8_lossy(&hashed.stderr));
    (root, tree)
}

fn migrate(tree: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command.arg("migrate").args(arguments).current_dir(tree).stdout(Stdio::null());
    command
}

fn check(database: &Connection, what: &str) -> String {
    let state = database.run(STATE).expect("it answers");
    let (noted, there) = state.split_once('|').expect("it has columns");
    let known = STATES.iter().find(|it| it.0 == noted).map_or(&[][..], |it| it.1);
    assert!(known.contains(&there), "{what}: {state}");
    state
}

/// Ends a run after each of its statements, and says after how many it went to its end.
fn end_after_each(end: impl Fn(&Connection, &mut std::process::Child, Session)) -> usize {
    let (_root, tree) = tree();
    for statements in 1.. {
        let database = Server::shared().database();
        let door = Door::closing_after(statements, Server::shared().folder());
        let mut child = migrate(&tree, &["apply"])
            .env("DATABASE_URL", door.url(&database))
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let session = loop {
            match door.closed.recv_timeout(Duration::from_millis(20)) {
                Ok(session) => break Some(session),
                Err(RecvTimeoutError::Timeout) if child.try_wait().expect("it is ours").is_none() => {}
                Err(_) => break None,
            }
        };
        let what = format!("after {statements} statements");
        let Some(session) = session else {
            assert!(child.wait().expect("it is ours").success(), "{what}");
            assert_eq!(check(&database, &what), "123456|2|2|b_id");
            return statements - 1;
        };
        end(&database, &mut child, session);
        check(&database, &what);
        let again =
            migrate(&tree, &["apply"]).env("DATABASE_URL", database.url()).output().expect("it starts");
        assert!(again.status.success(), "{what}: {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(check(&database, &what), "123456|2|2|b_id", "{what}");
        let count = database.run("select count(*) from _sqlx_migrations").expect("it answers");
        assert_eq!(count, "6", "{what}: each is noted once");
    }
    unreachable!("there are fewer statements than numbers")
}

#[test]
fn a_process_that_dies_after_any_statement_leaves_nothing_half_done_or_done_twice() {
    let count = end_after_each(|database, child, session| {
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        drop(session);
        // The server notices that nobody listens.
        let left = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'trackside'";
        while database.run(left).is_ok_and(|it| it != "0") {}
    });
    println!("killed after each of {count} statements");
    assert!(count > 25, "{count}");
}

#[test]
fn a_session_that_ends_after_any_statement_is_followed_by_another_that_goes_on() {
    let count = end_after_each(|database, child, session| {
        let ended = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = current_database() and application_name = 'trackside'";
        let _one = database.run(ended).expect("it answers");
        drop(session);
        let ended = child.wait().expect("it is ours");
        let is_first = check(database, "cut").starts_with('|');
        assert!(ended.success() || is_first, "it goes on by itself, once it has begun");
    });
    println!("cut off after each of {count} statements");
    assert!(count > 25, "{count}");
}
