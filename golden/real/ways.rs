//! Ways to a server, and why there is none: TLS, logins, limits, standbys.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::postgres::Server;

/// A platform with migrations, and a server of its own.
struct Way {
    tree: tempfile::TempDir,
    server: &'static Server,
    port: u16,
}

/// Makes an authority and two certificates: for the address, and for another one.
const CERTIFICATES: &str = r#"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
run openssl req -x509 $key -keyout ca.key -out ca.crt -days 2 -subj /CN=ca -addext keyUsage=keyCertSign
for of in right:IP:127.0.0.1 wrong:DNS:db.example; do
    name=${of%%:*}
    run openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "${of#*:}" > $name.ext
    run openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $name.crt -days 2 -extfile $name.ext
done
printf 'local all all trust\nlocal replication all trust\nhost all known 127.0.0.1/32 scram-sha-256\nhostssl all safe 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 trust\n' > data/pg_hba.conf
"#;

impl Way {
    fn to(options: &str) -> Self {
        let port = free_port();
        let options = format!("-c listen_addresses=127.0.0.1 -c port={port} {options}");
        let server = Server::own(&options, CERTIFICATES);
        let tree = tempfile::tempdir().expect("a temporary folder can be made");
        crate::secrets::copy(Path::new("examples/database"), &tree.path().join("library"));
        server.is_declared(&tree.path().join("library"));
        Self { tree, server, port }
    }

    fn tree(&self) -> PathBuf {
        self.tree.path().join("library")
    }

    fn sql(&self, sql: &str) -> String {
        let mut psql = Command::new(self.server.programs().join("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-p", &self.port.to_string(), "-h"]);
        let output = psql.arg(self.server.folder()).args(["-c", sql]).output().expect("it starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// How a verb ends, and what it says to whoever goes this way. Folders and ports are different every time.
    fn said(&self, verb: &str, login: &str, rest: &str) -> String {
        let folder = self.server.folder().display().to_string();
        let rest = rest.replace("FOLDER", &folder);
        let url = format!("postgres://{login}@127.0.0.1:{}/postgres{rest}", self.port);
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        let output = command
            .args(["migrate", verb])
            .current_dir(self.tree())
            .env("DATABASE_URL", url)
            .env_remove("PGSSLMODE")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("canary"), "{said}");
        let said = said.replace(&folder, "FOLDER").replace(&self.port.to_string(), "PORT");
        format!("{:?} {}", output.status.code().unwrap_or(-1), said.trim_end())
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("there is one").port()
}

#[test]
fn a_server_proves_who_it_is_unless_the_url_says_less() {
    let way = Way::to("-c ssl=on -c ssl_cert_file=../wrong.crt -c ssl_key_file=../wrong.key");
    let status = |rest: &str| format!("{rest}\n    {}\n", way.said("status", "safe", rest));
    way.sql("create role safe login");
    let said: String =
        ["?sslrootcert=FOLDER/ca.crt", "?sslmode=verify-ca&sslrootcert=FOLDER/ca.crt"].map(status).concat();
    insta::assert_snapshot!(said, @r#"
    ?sslrootcert=FOLDER/ca.crt
        2 trackside: could not connect to `127.0.0.1:PORT`: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("db.example") (go there by a name that is in its certificate; `sslmode=verify-ca` takes any that its authority vouches for)
    ?sslmode=verify-ca&sslrootcert=FOLDER/ca.crt
        0
    "#);
}

#[test]
fn every_way_that_is_none_is_one_sentence() {
    let way = Way::to(
        "-c ssl=on -c ssl_cert_file=../right.crt -c ssl_key_file=../right.key -c max_connections=6 -c superuser_reserved_connections=1",
    );
    way.sql("create role safe login; create role known login password 'right'");
    let key = way.server.folder().join("not.key");
    fs::write(&key, "canary").expect("it can be written");
    let status =
        |login: &str, rest: &str| format!("{login} {rest}\n    {}\n", way.said("status", login, rest));
    let mut said = String::new();
    for (login, rest) in [
        ("safe", ""),
        ("safe", "?sslrootcert=FOLDER/ca.crt"),
        ("safe", "?sslmode=verify-ca&sslrootcert=FOLDER/ca.crt"),
        ("safe", "?sslmode=require"),
        ("safe", "?sslmode=disable"),
        ("safe", "?sslrootcert=FOLDER/no.crt"),
        ("safe", "?sslrootcert=FOLDER/not.key"),
        ("safe", "?sslrootcert=FOLDER/ca.crt&sslcert=FOLDER/right.crt&sslkey=FOLDER/not.key"),
        ("safe", "?sslrootcert=FOLDER/ca.crt&sslcert=FOLDER/right.crt&sslkey=FOLDER/no.key"),
        ("known:right", "?sslrootcert=FOLDER/ca.crt"),
        ("known:canary", "?sslrootcert=FOLDER/ca.crt"),
        ("known", "?sslrootcert=FOLDER/ca.crt"),
        ("nobody", "?sslrootcert=FOLDER/ca.crt"),
    ] {
        said += &status(login, rest);
    }
    // All connections are taken. Who has one says so; who was kept out by one that was still closing tries again.
    let connected = || loop {
        let mut psql = Command::new(way.server.programs().join("psql"));
        psql.args(["-XqAt", "-U", "safe", "-d", "postgres", "-p", &way.port.to_string(), "-h"]);
        psql.arg(way.server.folder()).args(["-c", "select 1", "-c", "select pg_sleep(60)"]);
        let mut psql = psql.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let output = psql.stdout.as_mut().expect("it has an output");
        if output.read(&mut [0]).is_ok_and(|it| it == 1) {
            break psql;
        }
        psql.wait().expect("it is ours");
    };
    let mut others: Vec<_> = (0..5).map(|_| connected()).collect();
    said += &status("safe", "?sslrootcert=FOLDER/ca.crt");
    for other in &mut others {
        other.kill().expect("it is ours");
        other.wait().expect("it is ours");
    }
    insta::assert_snapshot!(said, @r#"
    safe 
        2 trackside: could not connect to `127.0.0.1:PORT`: invalid peer certificate: UnknownIssuer (nobody known here vouches for it: `sslrootcert=` in the URL names the file of its authority; `sslmode=require` encrypts without asking who it is)
    safe ?sslrootcert=FOLDER/ca.crt
        0 
    safe ?sslmode=verify-ca&sslrootcert=FOLDER/ca.crt
        0 
    safe ?sslmode=require
        0 
    safe ?sslmode=disable
        0 
    safe ?sslrootcert=FOLDER/no.crt
        2 trackside: could not connect to `127.0.0.1:PORT`: no such file or directory (`sslrootcert`, `sslcert` or `sslkey` names it)
    safe ?sslrootcert=FOLDER/not.key
        2 trackside: could not connect to `127.0.0.1:PORT`: invalid peer certificate: UnknownIssuer (nobody known here vouches for it: `sslrootcert=` in the URL names the file of its authority; `sslmode=require` encrypts without asking who it is)
    safe ?sslrootcert=FOLDER/ca.crt&sslcert=FOLDER/right.crt&sslkey=FOLDER/not.key
        2 trackside: could not connect to `127.0.0.1:PORT`: no keys found pem file (are `sslrootcert`, `sslcert` and `sslkey` files of certificates, and of the key of the second?)
    safe ?sslrootcert=FOLDER/ca.crt&sslcert=FOLDER/right.crt&sslkey=FOLDER/no.key
        2 trackside: could not connect to `127.0.0.1:PORT`: no such file or directory (`sslrootcert`, `sslcert` or `sslkey` names it)
    known:right ?sslrootcert=FOLDER/ca.crt
        0 
    known:canary ?sslrootcert=FOLDER/ca.crt
        2 trackside: could not connect to `127.0.0.1:PORT`: password authentication failed for user "known" (the password of `known` is another one, or missing)
    known ?sslrootcert=FOLDER/ca.crt
        2 trackside: could not connect to `127.0.0.1:PORT`: password authentication failed for user "known" (the password of `known` is another one, or missing)
    nobody ?sslrootcert=FOLDER/ca.crt
        2 trackside: could not connect to `127.0.0.1:PORT`: role "nobody" does not exist (`nobody` may not log in from here, or not without TLS)
    safe ?sslrootcert=FOLDER/ca.crt
        2 trackside: could not connect to `127.0.0.1:PORT`: remaining connection slots are reserved for non-replication superuser connections (it has no connection left; try again, or raise `max_connections`)
    "#);
}

#[test]
fn a_server_without_tls_or_that_cannot_be_written_says_what_to_write() {
    let way = Way::to("-c ssl=off");
    let plain = "?sslmode=disable";
    let mut said: Vec<String> = ["", "?sslmode=prefer", plain]
        .iter()
        .map(|rest| format!("status {rest}\n    {}\n", way.said("status", "postgres", rest)))
        .collect();
    assert!(way.said("apply", "postgres", plain).starts_with("0 "), "it is a primary");
    said.push(format!("verify\n    {}\n", way.said("verify", "postgres", plain)));
    let verbs = |what: &str, way: &Way| {
        ["status", "apply", "verify", "test"]
            .map(|verb| format!("{what} {verb}\n    {}\n", way.said(verb, "postgres", plain)))
    };
    // One that takes nothing in by default, and one that follows it.
    way.sql("alter system set default_transaction_read_only = on");
    way.sql("select pg_reload_conf()");
    while way.sql("show default_transaction_read_only") != "on" {}
    said.extend(verbs("read-only", &way));
    let prepare = format!(
        "rm -rf data; run \"$1/pg_basebackup\" -h {} -p {} -U postgres -D data -R --checkpoint=fast",
        way.server.folder().display(),
        way.port
    );
    let port = free_port();
    let server = Server::own(&format!("-c listen_addresses=127.0.0.1 -c port={port}"), &prepare);
    said.extend(verbs("standby", &Way { server, port, ..way }));
    let said = said.concat();
    insta::assert_snapshot!(said, @r#"
    status 
        2 trackside: could not connect to `127.0.0.1:PORT`: server does not support TLS (where nobody else is on the way, `sslmode=disable` in the URL goes there in the clear)
    status ?sslmode=prefer
        0 
    status ?sslmode=disable
        0 
    verify
        0 database `library/books` is as declared: 5 tables
    read-only status
        0 
    read-only apply
        2 trackside: `127.0.0.1:PORT` is read-only, a standby or set so: migrations run on the primary
    read-only verify
        0 database `library/books` is as declared: 5 tables
    read-only test
        2 trackside: `127.0.0.1:PORT` is read-only, a standby or set so: migrations run on the primary
    standby status
        0 
    standby apply
        2 trackside: `127.0.0.1:PORT` is read-only, a standby or set so: migrations run on the primary
    standby verify
        2 trackside: this is a standby: PostgreSQL reads what is declared on temporary tables, and a standby has none; go to the primary
    standby test
        2 trackside: `127.0.0.1:PORT` is read-only, a standby or set so: migrations run on the primary
    "#);
}
