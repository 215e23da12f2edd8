//! `trackside secrets`: what people do with the built program, and what others do to what they sealed.

mod attacked;
mod canary;
mod given;
mod killed;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What no output but that of `show` may have in it.
const CANARY: &str = "canary-5c1f0a7e-value";

const CONTROLLER: &str = "age10wk62ldgyyzp5kuxwctyz6cmdrh2eppeky0325nfzz4xcxyrm5mq02psv4";

/// A tree, and the homes of people who work on it.
pub(crate) struct Desk {
    root: tempfile::TempDir,
    /// What everything but `show` has printed.
    printed: std::cell::RefCell<String>,
}

/// How a run ended, and what it printed.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        fs::create_dir(root.path().join("tree")).expect("it is new");
        Self { root, printed: std::cell::RefCell::default() }
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.root.path().join("tree")
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.tree().join(path)).expect("the file is there")
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.tree().join(path), text).expect("it can be written");
    }

    pub(crate) fn command(&self, who: &str, program: &str, arguments: &[&str]) -> Command {
        let home = self.root.path().join(who);
        fs::create_dir_all(&home).expect("it can be made");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.tree()).env("HOME", &home).env("XDG_CONFIG_HOME", &home);
        for name in
            ["TRACKSIDE_AGE_KEY", "TRACKSIDE_AGE_KEY_FILE", "TRACKSIDE_SIGNING_KEY", "VISUAL", "EDITOR"]
        {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, who: &str, arguments: &[&str], input: &str) -> Run {
        self.run_with(who, arguments, input, &[])
    }

    fn run_with(&self, who: &str, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(who, env!("CARGO_BIN_EXE_trackside"), arguments);
        command.envs(variables.iter().copied());
        let run = Run::of(finish(command, input));
        if !arguments.contains(&"show") {
            self.printed.borrow_mut().extend([run.out.as_str(), &run.err]);
        }
        run
    }

    /// Makes the keys of somebody, and gives what declares them.
    pub(crate) fn person(&self, who: &str) -> String {
        let run = self.run(who, &["secrets", "keygen", &format!("{who}@hello.example")], "");
        assert_eq!(run.code, Some(0), "{}", run.err);
        run.out
    }

    /// A platform with the secret `stripe-key`, which these may open and ana may change.
    pub(crate) fn platform(people: &[&str], readers: &[&str]) -> String {
        let readers: String =
            readers.iter().map(|it| format!("        readable-by person=\"{it}@hello.example\"\n")).collect();
        format!(
            r#"platform "hello" edition="2026" {{ domain "hello.example" }}
cluster {{
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}}
recipient "controller" key="{CONTROLLER}"
{}project "shop" {{
    service "web" {{
        image "ghcr.io/acme/web@sha256:{}"
        env "STRIPE_KEY" secret="stripe-key"
        env "PGUSER" secret="db" key="user"
    }}
    secret "stripe-key" file="secrets/stripe-key.age" {{
        writable-by person="ana@hello.example"
{readers}    }}
    secret "db" file="secrets/db.age" {{
        keys "user" "password"
{readers}    }}
}}
"#,
            people.concat(),
            "7".repeat(64),
        )
    }

    /// The codes of what `check` finds.
    pub(crate) fn found(&self) -> Vec<String> {
        let run = self.run("nobody", &["check", "--format", "json", "--date", "2026-11-22"], "");
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("it is JSON");
        let found = report["diagnostics"].as_array().expect("findings are a list").iter();
        found.map(|it| it["code"].as_str().expect("each has a code").to_owned()).collect()
    }
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

pub(crate) fn finish(mut command: Command, input: &str) -> Output {
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().expect("the program starts");
    // One that reads nothing may be gone already.
    let _unread = child.stdin.take().expect("it has an input").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// A tree in which both secrets are sealed, and which `check` has nothing against.
fn sealed() -> (Desk, String) {
    let desk = Desk::new();
    let ana = desk.person("ana");
    desk.write("platform.kdl", Desk::platform(&[&ana], &["ana"]));
    assert_eq!(desk.found(), ["TS050", "TS050"], "nothing is sealed yet");
    let set = desk.run("ana", &["secrets", "set", "shop/stripe-key"], &format!("{CANARY}\n"));
    assert_eq!((set.code, &*set.err), (Some(0), "version 1 of `shop/stripe-key` is sealed for 2 keys\n"));
    let login = format!(r#"{{"user":"shop","password":"{CANARY}"}}"#);
    assert_eq!(desk.run("ana", &["secrets", "set", "shop/db"], &login).code, Some(0));
    assert_eq!(desk.found(), [""; 0]);
    (desk, ana)
}

#[test]
fn a_value_is_sealed_shown_and_edited() {
    let (desk, _) = sealed();
    assert_eq!(desk.run("ana", &["secrets", "show", "shop/stripe-key"], "").out, CANARY);
    let status = desk.run("nobody", &["secrets", "status"], "");
    assert_eq!(status.code, Some(0), "{}", status.out);
    assert_eq!(status.out.matches("ana@hello.example  2     fine").count(), 2, "{}", status.out);

    let edit = |editor: &str| {
        let before = desk.read("secrets/stripe-key.age");
        let run = desk.run_with("ana", &["secrets", "edit", "shop/stripe-key"], "", &[("EDITOR", editor)]);
        // Other tests kill editors meanwhile.
        let told: String = run
            .err
            .lines()
            .filter(|it| !it.contains("a killed `edit`"))
            .map(|it| format!("{it}\n"))
            .collect();
        (run.code, told, before == desk.read("secrets/stripe-key.age"))
    };
    assert_eq!(edit("true"), (Some(0), "nothing has changed\n".to_owned(), true));
    let (code, told, is_same) = edit("false");
    assert_eq!((code, is_same), (Some(2), true));
    assert!(told.contains("the editor `false` failed, so nothing is sealed"), "{told}");
    let (code, told, is_same) = edit("kill -9 $$; :");
    assert_eq!((code, is_same), (Some(2), true));
    assert!(told.contains("failed, so nothing is sealed"), "{told}");
    let (code, told, is_same) = edit("no-such-editor");
    assert_eq!((code, is_same), (Some(2), true));
    assert!(told.contains("failed, so nothing is sealed"), "{told}");
    let (code, told, is_same) = edit("truncate -s 0");
    assert_eq!((code, is_same), (Some(2), true));
    assert!(told.contains("is not sealed: it is empty"), "{told}");
    let (code, told, is_same) = edit("rm");
    assert_eq!((code, is_same), (Some(2), true));
    assert!(told.contains("has left no file"), "{told}");
    let (code, told, is_same) = edit("sed -i s/value/changed/");
    assert_eq!((code, is_same), (Some(0), false));
    assert_eq!(told, "version 2 of `shop/stripe-key` is sealed for 2 keys\n");
    assert_eq!(
        desk.run("ana", &["secrets", "show", "shop/stripe-key"], "").out,
        CANARY.replace("value", "changed")
    );
    assert_eq!(desk.found(), [""; 0]);

    let fields = desk.run("ana", &["secrets", "set", "shop/db"], r#"{"user":"shop"}"#);
    assert_eq!(fields.code, Some(2));
    assert!(fields.err.contains("with just the texts `password`, `user`"), "{}", fields.err);
    let random = desk.run("ana", &["secrets", "set", "shop/stripe-key", "--random"], "");
    assert_eq!(random.code, Some(0), "{}", random.err);
    assert_eq!(desk.run("ana", &["secrets", "show", "shop/stripe-key"], "").out.len(), 43);
    assert!(!desk.printed.borrow().contains("canary"), "{}", desk.printed.borrow());
    let left = fs::read_dir("/dev/shm").into_iter().flatten().flatten();
    let left = left.filter(|it| it.file_name().to_string_lossy().starts_with("trackside-"));
    assert_eq!(
        left.flat_map(|it| with_canary(&it.path())).collect::<Vec<_>>(),
        [""; 0],
        "no editor leaves anything"
    );
}

#[test]
fn who_comes_and_goes_is_let_in_and_shut_out() {
    let (desk, ana) = sealed();
    let files = || ["secrets/stripe-key.age", "secrets/db.age", "secrets.lock"].map(|it| desk.read(it));
    let before = files();
    let rekey = |who: &str| desk.run(who, &["secrets", "rekey"], "");
    assert_eq!(rekey("ana").err, "every secret is sealed for those whom the tree declares\n");
    assert_eq!(files(), before, "to the byte");

    // A colleague.
    let bo = desk.person("bo");
    desk.write("platform.kdl", Desk::platform(&[&ana, &bo], &["ana", "bo"]));
    assert_eq!(desk.found(), ["TS334", "TS334"]);
    let refused = desk.run("bo", &["secrets", "show", "shop/stripe-key"], "");
    assert_eq!((refused.code, &*refused.out), (Some(2), ""));
    assert!(refused.err.contains("none of the keys at hand opens it"), "{}", refused.err);
    let refused = rekey("bo");
    assert!(refused.err.contains("those of `ana@hello.example` are"), "{}", refused.err);
    assert_eq!(rekey("ana").err, "2 secrets sealed anew\n");
    assert_eq!(desk.found(), [""; 0]);
    assert_eq!(desk.run("bo", &["secrets", "show", "shop/stripe-key"], "").out, CANARY);
    let readers = desk.run("nobody", &["secrets", "readers"], "").out;
    assert_eq!(readers.matches("    bo@hello.example\n").count(), 2, "{readers}");

    // What they may open is not what they may change.
    let refused = desk.run("bo", &["secrets", "set", "shop/stripe-key"], "theirs");
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("is not the key of anybody who may write secret `shop/stripe-key`"),
        "{}",
        refused.err
    );

    // They leave.
    desk.write("platform.kdl", Desk::platform(&[&ana], &["ana"]));
    assert_eq!(desk.found(), ["TS334", "TS334"]);
    assert_eq!(rekey("ana").err, "2 secrets sealed anew\n");
    assert_eq!(desk.found(), [""; 0]);
    let refused = desk.run("bo", &["secrets", "show", "shop/stripe-key"], "");
    assert!(refused.err.contains("none of the keys at hand opens it"), "{}", refused.err);
}

#[test]
fn what_is_copied_put_back_or_forged_is_found_without_a_key() {
    let (desk, _) = sealed();
    let [key, db, lock] =
        ["secrets/stripe-key.age", "secrets/db.age", "secrets.lock"].map(|it| desk.read(it));
    // Copied: two names of one value, which says which it is.
    desk.write("secrets/stripe-key.age", &db);
    assert_eq!(desk.found(), ["TS325"]);
    let refused = desk.run("ana", &["secrets", "show", "shop/stripe-key"], "");
    assert!(
        refused.err.contains("nobody vouches for what is sealed as `shop/stripe-key`"),
        "{}",
        refused.err
    );
    let refused = desk.run("ana", &["secrets", "lock"], "");
    assert!(refused.err.contains("it says that it is shop/db: it was copied from there"), "{}", refused.err);
    // Cut off.
    desk.write("secrets/stripe-key.age", &key[..key.len() / 2]);
    assert_eq!(desk.found(), ["TS305"]);
    let refused = desk.run("ana", &["secrets", "show", "shop/stripe-key"], "");
    assert!(refused.err.contains("has no value that can be opened"), "{}", refused.err);
    // Put back.
    desk.write("secrets/stripe-key.age", &key);
    assert_eq!(desk.run("ana", &["secrets", "set", "shop/stripe-key"], "newer").code, Some(0));
    let newer = desk.read("secrets.lock");
    desk.write("secrets/stripe-key.age", &key);
    assert_eq!(desk.found(), ["TS332"]);
    // What is put back is no value any more, neither to be shown nor to be signed for.
    for verb in
        [&["secrets", "show", "shop/stripe-key"][..], &["secrets", "rekey", "--all"], &["secrets", "lock"]]
    {
        let refused = desk.run("ana", verb, "");
        assert!(matches!(refused.code, Some(1 | 2)) && refused.out.is_empty(), "{verb:?}: {}", refused.err);
    }
    // The other one was sealed anew meanwhile, as it should be.
    desk.write("secrets/db.age", &db);
    desk.write("secrets.lock", &newer);
    // Both put back: only what was there before tells.
    let git = |arguments: &[&str]| {
        let mut command = desk.command("ana", "git", &["-c", "user.name=a", "-c", "user.email=a@a.example"]);
        assert!(
            finish(
                {
                    command.args(arguments);
                    command
                },
                ""
            )
            .status
            .success(),
            "{arguments:?}"
        );
    };
    let against = |base: &str| desk.run("nobody", &["check", "--base", base], "");
    git(&["init", "-q", "-b", "main"]);
    desk.write("secrets.lock", &newer);
    git(&["add", "."]);
    git(&["commit", "-qm", "newer"]);
    desk.write("secrets.lock", &lock);
    let refused = against("main");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.out.contains(
            "error[TS337]: secret `stripe-key` of project `shop` goes back from version 2 to version 1"
        ),
        "{}",
        refused.out
    );
    let unknown = against("--exec=x");
    assert_eq!(unknown.code, Some(2), "{}", unknown.out);
    assert_eq!(against("nowhere").err, "trackside: git knows no revision `nowhere` here\n");
    desk.write("secrets.lock", &newer);
    assert!(!against("main").out.contains("TS337"));
    // Vouched for by nobody: the old entry says so itself, an edited one no longer fits.
    desk.write("secrets.lock", &lock);
    assert_eq!(desk.found(), [""; 0], "both are old: only what they were before tells");
    let text = String::from_utf8(newer).expect("it is text");
    desk.write("secrets.lock", text.replace("version=2", "version=3"));
    assert_eq!(desk.found(), ["TS332"]);
    let text = String::from_utf8(lock).expect("it is text");
    desk.write("secrets.lock", text.replace("sealed=\"20", "sealed=\"19"));
    assert_eq!(desk.found(), ["TS335", "TS335"]);
    desk.write("secrets.lock", text.replace("version=1 sealed", "version=1 seald"));
    assert_eq!(desk.found(), ["TS331", "TS331"]);
    fs::remove_file(desk.tree().join("secrets.lock")).expect("it was there");
    assert_eq!(desk.found(), ["TS330"], "who may write it is declared, and shown by nothing");
    // Whoever may open it vouches for it again.
    let locked = desk.run("ana", &["secrets", "lock"], "");
    assert_eq!(locked.err, "signed for version 1 of shop/db\nsigned for version 1 of shop/stripe-key\n");
    assert_eq!(desk.found(), [""; 0]);
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a file can be copied")),
        }
    }
}

/// The files below a folder that have the canary in them.
fn with_canary(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(with_canary(&path));
        } else if fs::read(&path).is_ok_and(|it| it.windows(6).any(|it| it == b"canary")) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn branches_that_change_two_secrets_merge_and_one_secret_does_not() {
    let (desk, _) = sealed();
    let git = |arguments: &[&str]| {
        let mut command = desk.command("ana", "git", &["-c", "user.name=a", "-c", "user.email=a@a.example"]);
        command.args(arguments);
        Run::of(finish(command, ""))
    };
    let done = |arguments: &[&str]| {
        let run = git(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {}{}", run.out, run.err);
    };
    let set = |secret: &str, value: &str| {
        let run = desk.run("ana", &["secrets", "set", secret], value);
        assert_eq!(run.code, Some(0), "{}", run.err);
    };
    done(&["init", "-q", "-b", "main"]);
    done(&["add", "."]);
    done(&["commit", "-qm", "sealed"]);
    done(&["checkout", "-qb", "theirs"]);
    set("shop/db", r#"{"user":"shop","password":"other"}"#);
    done(&["commit", "-qam", "db"]);
    done(&["checkout", "-q", "main"]);
    set("shop/stripe-key", "other");
    done(&["commit", "-qam", "stripe-key"]);
    done(&["merge", "-q", "theirs"]);
    assert_eq!(desk.found(), [""; 0]);

    // Both change the same one.
    desk.write(".gitattributes", "*.bin binary");
    assert_eq!(desk.run("ana", &["secrets", "setup"], "").code, Some(0));
    let attributes = "*.bin binary\nsecrets.lock merge=trackside-lock\n*.age diff=trackside-age\n";
    assert_eq!(desk.read(".gitattributes"), attributes.as_bytes());
    assert_eq!(desk.run("ana", &["secrets", "setup"], "").code, Some(0));
    assert_eq!(desk.read(".gitattributes"), attributes.as_bytes(), "once is enough");
    done(&[
        "config",
        "merge.trackside-lock.driver",
        &format!("'{}' secrets merge %O %A %B", env!("CARGO_BIN_EXE_trackside")),
    ]);
    done(&["add", ".gitattributes"]);
    done(&["commit", "-qm", "merging"]);
    done(&["checkout", "-qb", "again"]);
    set("shop/stripe-key", "one");
    done(&["commit", "-qam", "one"]);
    done(&["checkout", "-q", "main"]);
    set("shop/stripe-key", "two");
    done(&["commit", "-qam", "two"]);
    assert_ne!(git(&["merge", "-q", "again"]).code, Some(0));
    let lock = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    assert_eq!(lock.matches("<<<<<<< ours\nsecret \"stripe-key\"").count(), 1, "{lock}");
    assert_eq!(lock.matches("secret \"db\"").count(), 1, "{lock}");
    assert_eq!(desk.found(), ["TS305", "TS331"], "the age file is in conflict as well");
}

#[test]
fn entries_are_verified_by_ssh_keygen_as_well() {
    let (desk, ana) = sealed();
    let lock = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    let after = |word: &str| {
        let entry = &lock[lock.find("secret \"stripe-key\"").expect("it is there")..];
        let value = &entry[entry.find(word).expect("it says so") + word.len() + 1..];
        value[1..].split('"').next().expect("it is quoted").to_owned()
    };
    let recipients =
        lock.lines().filter_map(|it| it.trim().strip_prefix("recipient ")).map(|it| it.trim_matches('"'));
    let mut recipients: Vec<&str> = recipients.take(2).collect();
    recipients.sort_unstable();
    let statement = format!(
        "trackside-lock v1\nplatform hello\nproject shop\nname stripe-key\nversion 1\nvalue {}\nsealed {}\ndigest {}\n{}",
        after("value"),
        after("sealed"),
        after("digest"),
        recipients.iter().map(|it| format!("recipient {it}\n")).collect::<String>()
    );
    let signature = after("signature");
    let lines: Vec<&str> =
        signature.as_bytes().chunks(70).map(|it| std::str::from_utf8(it).expect("base64")).collect();
    desk.write(
        "../entry.sig",
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n")),
    );
    let key = ana.split('"').find(|it| it.starts_with("ssh-ed25519 ")).expect("it is declared");
    desk.write("../signers", format!("ana@hello.example {key}\n"));
    let arguments = [
        "-Y",
        "verify",
        "-f",
        "../signers",
        "-I",
        "ana@hello.example",
        "-n",
        "trackside-lock",
        "-s",
        "../entry.sig",
    ];
    let mut command = desk.command("ana", "ssh-keygen", &arguments);
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        println!("skipped: there is no ssh-keygen");
        return;
    }
    command.current_dir(desk.tree());
    let run = Run::of(finish(command, &statement));
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}
