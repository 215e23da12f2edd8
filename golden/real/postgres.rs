//! What is rendered for PostgreSQL, run by PostgreSQL.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use trackside::language::Selection;
use trackside::render::postgres::schema::Schema;
use trackside::render::postgres::{change, declared, statement};
use trackside::tree::Tree;

use super::component;

/// A server on a socket of its own, which ends with this process.
pub(super) struct Server {
    folder: PathBuf,
    programs: PathBuf,
    _keeper: Child,
}

impl Server {
    /// The one server of this test run.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::start("", "")) {
            Ok(server) => server,
            Err(problem) => panic!("{problem}"),
        }
    }

    /// A server of its own with these options, once a shell has done something in its folder: `run` is who it runs as.
    pub(super) fn own(options: &str, prepare: &str) -> &'static Self {
        let server = Self::start(options, prepare).unwrap_or_else(|problem| panic!("{problem}"));
        Box::leak(Box::new(server))
    }

    fn start(options: &str, prepare: &str) -> Result<Self, String> {
        let initdb = component("TRACKSIDE_INITDB")?;
        let programs = initdb.parent().ok_or("it lies in no folder")?.to_owned();
        // A socket's path has a hundred bytes, no more.
        let folder =
            tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").map_err(|it| it.to_string())?.keep();
        // The server refuses to run as root, and waits for whoever started it to go: a shell that reads its input does.
        let script = r#"
set -e
if [ "$(id -u)" = 0 ]; then
    chown postgres "$2"
    run() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }
else
    run() { "$@"; }
fi
cd "$2"
run "$1/initdb" -D "$2/data" -U postgres -A trust --no-sync --encoding=UTF8 --locale=C > "$2/log" 2>&1
eval "$4" >> "$2/log" 2>&1
run "$1/pg_ctl" -D "$2/data" -l "$2/data/log" -w -o "-c fsync=off -c listen_addresses= -c unix_socket_directories=$2 -c max_connections=200 $3" start >> "$2/log" 2>&1
echo ready
cat > /dev/null || true
run "$1/pg_ctl" -D "$2/data" -m immediate stop >> "$2/log" 2>&1 || true
rm -rf "$2"
"#;
        let mut keeper = Command::new("sh")
            .args(["-c", script, "sh"])
            .args([&programs, &folder])
            .args([options, prepare])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|it| it.to_string())?;
        let mut ready = [0; 6];
        let output = keeper.stdout.as_mut().ok_or("it has an output")?;
        if std::io::Read::read_exact(output, &mut ready).is_err() {
            return Err(fs::read_to_string(folder.join("log")).unwrap_or_default());
        }
        Ok(Self { folder, programs, _keeper: keeper })
    }

    /// Its major version.
    pub(super) fn version(&self) -> u32 {
        let output =
            Command::new(self.programs.join("postgres")).arg("--version").output().expect("it starts");
        let told = String::from_utf8(output.stdout).expect("it is text");
        let number =
            told.split(' ').nth(2).and_then(|it| it.split('.').next()).and_then(|it| it.trim().parse().ok());
        number.unwrap_or_else(|| panic!("{told}"))
    }

    /// Declares that the databases of a tree are of its version, as long as nothing is said of another.
    pub(super) fn is_declared(&self, tree: &Path) {
        declare_version(tree, self.version());
    }

    /// An empty database of its own.
    pub(super) fn database(&'static self) -> Connection {
        self.copy("template1")
    }

    /// Where its socket lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its programs lie.
    pub(super) fn programs(&self) -> &Path {
        &self.programs
    }

    /// A copy of a database that nobody is connected to.
    pub(super) fn copy(&'static self, of: &str) -> Connection {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("db{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let whole = Connection { server: self, database: "postgres".to_owned() };
        whole.run(&format!("create database {name} template {of}")).expect("a database can be made");
        Connection { server: self, database: name }
    }
}

/// Roles are the server's, and no two sessions may grant one at once.
static MIGRATION: Mutex<()> = Mutex::new(());

/// A database of the server.
pub(super) struct Connection {
    server: &'static Server,
    database: String,
}

impl Connection {
    /// Its URL.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@localhost/{}?host={}", self.database, self.server.folder.display())
    }

    /// Runs statements in one session; the first that fails ends it. What they give is rows of columns with `|` between.
    pub(super) fn run(&self, sql: &str) -> Result<String, String> {
        let output = self.start(sql).wait_with_output().map_err(|it| it.to_string())?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()),
        }
    }

    /// What it is called on its server.
    pub(super) fn name(&self) -> &str {
        &self.database
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new(self.server.programs.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            &self.database,
            "-h",
        ]);
        psql.arg(&self.server.folder).args(["-f", "-"]).env("LC_ALL", "C").env("PGCLIENTENCODING", "UTF8");
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        psql
    }

    /// A session that stays open, with what it has locked.
    pub(super) fn session(&self) -> Session {
        let mut child = self.psql().stderr(Stdio::inherit()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("it has an output"));
        Session { child, output }
    }

    /// Runs statements while others do something else.
    pub(super) fn start(&self, sql: &str) -> Child {
        let mut child = self.psql().spawn().expect("it starts");
        let mut input = child.stdin.take().expect("it has an input");
        let text = sql.to_owned();
        // One that has failed reads no more, and nobody waits for this.
        std::thread::spawn(move || input.write_all(text.as_bytes()));
        child
    }

    /// Runs the file of a migration as sqlx does: as one transaction, or as it is where its first line says so.
    pub(super) fn apply(&self, path: &Path) {
        let text = fs::read_to_string(path).expect("it was written");
        let text = match text.starts_with("-- no-transaction") {
            true => text,
            false => format!("begin;\n{text}\ncommit;\n"),
        };
        let _one = MIGRATION.lock();
        if let Err(problem) = self.run(&text) {
            panic!("{}: {problem}", path.display());
        }
    }

    /// Makes one schema out of another.
    pub(super) fn migrate(&self, before: &Schema, after: &Schema) {
        let statements = change::between(before, after).iter().flat_map(statement::of).collect::<Vec<_>>();
        let text: String = statements.iter().map(|it| format!("{};\n", it.sql)).collect();
        let _one = MIGRATION.lock();
        if let Err(problem) = self.run(&text) {
            panic!("{problem}\n{text}");
        }
    }
}

/// A session that stays open until it is dropped.
pub(super) struct Session {
    child: std::process::Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Session {
    /// Runs a statement and waits for its end.
    pub(super) fn run(&mut self, sql: &str) {
        let input = self.child.stdin.as_mut().expect("it has an input");
        writeln!(input, "{sql};\n\\echo done").expect("it listens");
        let mut line = String::new();
        while line.trim_end() != "done" {
            line.clear();
            assert!(self.output.read_line(&mut line).is_ok_and(|it| it > 0), "it ended: {sql}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Declares of which version the databases of a tree are.
pub(super) fn declare_version(tree: &Path, version: u32) {
    let path = tree.join("platform.kdl");
    let text = fs::read_to_string(&path).expect("it is there");
    let declared = format!("postgresql \"{version}\"");
    let (head, rest) = text.split_once(" edition=\"2026\"").expect("it is a platform");
    let there = regex::Regex::new("postgresql \"[0-9]+\"").expect("it is one");
    let rest = match rest.strip_prefix(" {") {
        _ if there.is_match(rest) => there.replace_all(rest, declared).into_owned(),
        Some(inside) => format!(" {{ {declared}{inside}"),
        None => format!(" {{ {declared}; }}{rest}"),
    };
    fs::write(&path, format!("{head} edition=\"2026\"{rest}")).expect("it can be written");
    // An environment that runs one names its image.
    let image = regex::Regex::new("/postgresql:[0-9]+\\.").expect("it is one");
    for entry in fs::read_dir(tree.join("environments")).into_iter().flatten() {
        let path = entry.expect("it can be listed").path();
        let text = fs::read_to_string(&path).expect("it is text");
        let text = image.replace_all(&text, format!("/postgresql:{version}."));
        fs::write(&path, &*text).expect("it can be written");
    }
}

/// What the databases of a tree are to be, in every environment.
pub(super) fn schemas(folder: &str) -> Vec<(String, Schema)> {
    schemas_of(folder, &Tree::folder(Path::new(folder)).expect("it is a folder"))
}

/// The same of a tree that lies anywhere.
pub(super) fn schemas_of(folder: &str, tree: &Tree) -> Vec<(String, Schema)> {
    let environments = trackside::environments(tree);
    let selections = match environments.is_empty() {
        true => vec![Selection::default()],
        false => environments
            .into_iter()
            .map(|it| Selection { environment: Some(it), ..Selection::default() })
            .collect(),
    };
    let mut found = Vec::new();
    for selection in selections {
        let outcome = trackside::compile(tree, &selection).expect("no fault of ours");
        let told: Vec<&str> = outcome.diagnostics.iter().map(|it| &*it.message).collect();
        let compiled = outcome.compiled.unwrap_or_else(|| panic!("{folder}: {told:?}"));
        for (project, database) in compiled.platform.all_databases() {
            let title = format!("{folder} {:?} {}", selection.environment, database.name);
            found.push((title, declared::schema(&compiled.platform, project, database)));
        }
    }
    found
}

/// What the database of the reference platform is to be.
pub(super) fn railway() -> Schema {
    let mut found = schemas("examples/railway").into_iter();
    found.find(|it| it.0.ends_with(" platform")).expect("it is there").1
}

#[test]
fn postgresql_takes_what_examples_declare() {
    let server = Server::shared();
    let mut count = 0;
    for folder in ["railway", "data", "harbor", "identity", "audit"] {
        for (title, schema) in schemas(&format!("examples/{folder}")) {
            let connection = server.database();
            connection.migrate(&Schema::default(), &schema);
            let forced = "select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname !~ '^(pg_|information_schema)') and relkind = 'r' and relrowsecurity and relforcerowsecurity";
            assert_eq!(connection.run(&format!("{forced};")), Ok(schema.tables.len().to_string()), "{title}");
            // And all of it goes again.
            connection.migrate(&schema, &Schema { roles: schema.roles.clone(), ..Schema::default() });
            let left = "select (select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname !~ '^(pg_|information_schema)')), (select count(*) from pg_proc where pronamespace = 'trackside'::regnamespace)";
            assert_eq!(connection.run(&format!("{left};")), Ok("0|0".to_owned()), "{title}");
            count += schema.tables.len();
        }
    }
    println!("{count} tables");
    assert!(count > 20, "{count}");
}

#[test]
fn a_user_sees_what_row_rules_say_and_nothing_else() {
    let connection = Server::shared().database();
    connection.migrate(&Schema::default(), &railway());
    let id = |number: u32| format!("00000000-0000-0000-0000-{number:012}");
    let (ana, bo, cy) = (id(1), id(2), id(3));
    // Ana has a team with Bo in it; a project of that team is Ana's, another one is shared with Cy.
    let filled = connection.run(&format!(
        "set role application_role_maintenance;
        insert into users (id, email, name) values ('{ana}', 'a', 'Ana'), ('{bo}', 'b', 'Bo'), ('{cy}', 'c', 'Cy');
        insert into teams (id, owner_id) values ('{team}', '{ana}');
        insert into team_members (team_id, user_id) values ('{team}', '{bo}');
        insert into projects (id, owner_id, team_id, shared_with) values ('{p1}', '{ana}', '{team}', '{{}}'), ('{p2}', '{bo}', '{team}', array['{cy}']::uuid[]);
        insert into services (id, project_id) values ('{s1}', '{p1}'), ('{s2}', '{p2}');",
        team = id(10),
        p1 = id(20),
        p2 = id(21),
        s1 = id(30),
        s2 = id(31),
    ));
    assert_eq!(filled, Ok(String::new()));
    let seen = |who: &str, what: &str| {
        connection.run(&format!("set role application_role; set app.current_user_id = '{who}'; {what};"))
    };
    let counts = "select (select count(*) from users), (select count(*) from teams), (select count(*) from projects), (select count(*) from services)";
    assert_eq!(
        seen(&ana, counts),
        Ok("1|1|1|1".to_owned()),
        "what is hers: she owns the team and is no member of it"
    );
    assert_eq!(seen(&bo, counts), Ok("1|1|2|2".to_owned()), "his, and what his team has");
    assert_eq!(seen(&cy, counts), Ok("1|0|1|0".to_owned()), "what is shared, and not its services");
    assert_eq!(seen("", counts), Ok("0|0|0|0".to_owned()), "nobody");
    assert_eq!(
        connection.run(&format!("set role application_role; {counts};")),
        Ok("0|0|0|0".to_owned()),
        "not even said"
    );
    // Seeing is not changing, and nobody changes what is another's, or gives it to somebody.
    let changed = |who: &str, what: &str| {
        seen(who, &format!("with it as ({what} returning 1) select count(*) from it"))
    };
    let rename = format!("update projects set shared_with = '{{}}' where id = '{}'", id(21));
    assert_eq!(changed(&bo, &rename), Ok("1".to_owned()));
    assert_eq!(changed(&ana, &rename), Ok("0".to_owned()));
    let given = seen(&bo, &format!("update projects set owner_id = '{ana}' where id = '{}'", id(21)));
    assert!(given.as_ref().is_err_and(|it| it.contains("row-level security")), "{given:?}");
    let added =
        seen(&cy, &format!("insert into services (id, project_id) values ('{}', '{}')", id(32), id(20)));
    assert!(added.as_ref().is_err_and(|it| it.contains("row-level security")), "{added:?}");
    let hidden = seen(&ana, "select count(*) from audit_log");
    assert!(hidden.as_ref().is_err_and(|it| it.contains("permission denied")), "{hidden:?}");
    // Once for a statement, and by the index.
    let plan = connection
        .run(&format!(
            "set role application_role; set app.current_user_id = '{ana}'; set enable_seqscan = off; explain (costs off) select * from services;"
        ))
        .expect("it is explained");
    assert!(plan.contains("InitPlan") && plan.contains("services_project_id_idx"), "{plan}");
}

#[test]
fn migrations_lead_from_one_declaration_to_the_next_and_back() {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let tree = root.path().join("railway");
    crate::secrets::copy(Path::new("examples/railway"), &tree);
    fs::remove_dir_all(tree.join("migrations")).expect("it has some");
    let migrate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        let output = command.arg("migrate").args(arguments).current_dir(&tree).output().expect("it starts");
        let text = |it: Vec<u8>| String::from_utf8(it).expect("it is text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let connection = Server::shared().database();
    let apply = |written: &str| {
        let ups =
            written.lines().filter(|it| it.starts_with("migrations/platform/") && it.ends_with(".up.sql"));
        ups.map(|it| connection.apply(&tree.join(it))).count()
    };
    let (code, written, told) = migrate(&["new", "init"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(apply(&written), 1, "{written}");
    assert_eq!(
        migrate(&["new", "again"]),
        (
            Some(0),
            String::new(),
            "the migrations lead to what is declared: there is none to write\n".to_owned()
        )
    );

    // A column, a key and an index more, while the table has rows.
    let filled = "set role application_role_maintenance; insert into users (id, email, name) select gen_random_uuid(), n, n from generate_series(1, 1000) as n;";
    assert_eq!(connection.run(filled), Ok(String::new()));
    let path = tree.join("rules/data.kdl");
    let before = fs::read_to_string(&path).expect("it is there");
    let change = |from: &str, to: &str| {
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).expect("it can be written");
    };
    let email = "        column \"email\" \"text\" personal=#true erase=\"deleted@privacy.local\"\n";
    change(
        email,
        &format!(
            "{email}        column \"plan\" \"text\" default=\"free\"\n        index \"plan\"\n        unique \"email\" \"id\"\n"
        ),
    );
    let (code, written, told) = migrate(&["new", "plans"]);
    assert_eq!(code, Some(0), "{told}");
    let texts: Vec<String> = written
        .lines()
        .filter(|it| Path::new(it).extension().is_some_and(|it| it == "sql"))
        .map(|it| fs::read_to_string(tree.join(it)).expect("it was written"))
        // What hands data over knows the new column. How it is written is its own matter.
        .map(|it| {
            it.split("create or replace function").next().unwrap_or_default().trim_end().to_owned() + "\n"
        })
        .collect();
    insta::assert_snapshot!(texts.join("====\n"), @r#"
    set local lock_timeout = '2s';
    set local statement_timeout = '1min';

    -- AccessExclusiveLock on users
    alter table public."users" add column "plan" text default 'free'::text not null;
    ====
    -- no-transaction
    -- ShareUpdateExclusiveLock on users
    create unique index concurrently "users_email_id_key" on public."users" ("email", "id");
    ====
    set local lock_timeout = '2s';
    set local statement_timeout = '1min';

    -- AccessExclusiveLock on users
    alter table public."users" add constraint "users_email_id_key" unique using index "users_email_id_key";
    ====
    -- no-transaction
    -- ShareUpdateExclusiveLock on users
    create index concurrently "users_plan_idx" on public."users" using btree ("plan");
    "#);
    apply(&written);
    let plans = "select count(*), (select count(*) from pg_index where indrelid = 'users'::regclass and indisvalid) from public.users where plan = 'free';";
    assert_eq!(connection.run(plans), Ok("1000|4".to_owned()));

    // What would be lost is named first.
    fs::write(&path, before).expect("it can be written");
    let (code, written, told) = migrate(&["new", "no_plans"]);
    assert_eq!((code, &*written), (Some(1), ""));
    assert!(told.contains("TS682") && told.contains("the values of column `users.plan` are lost"), "{told}");
    let waiver = "waive \"kept-data\" { reason \"plans moved to invoices\"; until \"2027-06-30\"; owner team=\"platform\" }";
    let line = "    encryption secret=\"column-key\"\n";
    change(line, &format!("{line}    {waiver}\n"));
    let (code, written, told) = migrate(&["new", "no_plans"]);
    assert_eq!(code, Some(0), "{told}");
    let text: String =
        written.lines().map(|it| fs::read_to_string(tree.join(it)).expect("it was written")).collect();
    assert!(
        text.contains("-- waived kept-data: plans moved to invoices (platform, until 2027-06-30)\n"),
        "{text}"
    );
    apply(&written);
    let left = "select count(*) from information_schema.columns where table_name = 'users' and column_name = 'plan';";
    assert_eq!(connection.run(left), Ok("0".to_owned()));
    // A migration that has run stays as it is.
    let first = tree.join("migrations/platform/0001_init.up.sql");
    let text = fs::read_to_string(&first).expect("it is there");
    fs::write(&first, text + "-- more\n").expect("it can be written");
    let (code, _, told) = migrate(&["new", "more"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("0001_init.up.sql` was changed after it was written"), "{told}");
}
