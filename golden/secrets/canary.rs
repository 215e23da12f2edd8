//! A value of `examples/railway` is in no output of any verb, in no file, and in nothing that others see of our processes.

#![expect(clippy::disallowed_methods, reason = "what others see of a process is what this is about")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Run, copy, finish, with_canary};

const CANARY: &str = "canary-e1b7c9-value";
/// The same as a cluster is given it.
const IN_BASE64: &str = "Y2FuYXJ5LWUxYjdjOS12YWx1Z";

/// The verbs that give a value to whoever asks for it.
const SHOWING: [&str; 3] = ["show", "exec", "render"];

/// A copy of `examples/railway` in which every secret is the canary.
struct Railway {
    root: tempfile::TempDir,
}

impl Railway {
    fn new() -> Self {
        let it = Self { root: tempfile::tempdir().expect("a temporary folder can be made") };
        copy(Path::new("examples/railway"), &it.tree());
        // What opens everything there is the controller's, and nobody has that key: here we do.
        let own = it.run(&["secrets", "keygen"], "").out;
        let own = own.split('"').find(|it| it.starts_with("age1")).expect("it says what to declare");
        for environment in ["production", "staging"] {
            let path = it.tree().join(format!("environments/{environment}.kdl"));
            let text = fs::read_to_string(&path).expect("it is there");
            let key = text.split('"').find(|it| it.starts_with("age1")).expect("it has a recipient");
            fs::write(&path, text.replace(key, own)).expect("it can be written");
        }
        for secret in it.secrets() {
            let run = it.run(&["secrets", "set", &secret.0, "--env", &secret.1], &secret.2);
            assert_eq!(run.code, Some(0), "{secret:?}: {}", run.err);
        }
        it
    }

    fn tree(&self) -> PathBuf {
        self.root.path().join("railway")
    }

    /// Each by its name and environment, with the canary as it is taken there.
    fn secrets(&self) -> Vec<(String, String, String)> {
        let tree = trackside::tree::Tree::folder(&self.tree()).expect("it is a folder");
        let outcome = trackside::check(&tree, &trackside::language::Selection::default());
        let of = |(place, declared): (
            &trackside::envelope::label::Place,
            &trackside::language::secret::sealed::Declared,
        )| {
            let name = place.project.as_ref().map_or(String::new(), |it| format!("{it}/")) + &place.name;
            let fields = declared.secret.keys.iter().map(|it| format!("\"{it}\": \"{CANARY}\""));
            let value = match declared.secret.keys.is_empty() {
                true => CANARY.to_owned(),
                false => format!("{{{}}}", fields.collect::<Vec<_>>().join(",")),
            };
            (name, place.environment.clone().unwrap_or_default(), value)
        };
        outcome.sealed.places.iter().map(of).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let keys = fs::canonicalize("examples/railway/throwaway").expect("it is there");
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command
            .args(arguments)
            .current_dir(self.tree())
            .env("HOME", self.root.path())
            .env("XDG_CONFIG_HOME", self.root.path())
            .env("TRACKSIDE_SIGNING_KEY", keys.join("signing.key"))
            .envs([("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full"), ("EDITOR", "true")]);
        for name in ["TRACKSIDE_AGE_KEY", "TRACKSIDE_AGE_KEY_FILE", "VISUAL"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str], input: &str) -> Run {
        Run::of(finish(self.command(arguments), input))
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@a.example"])
            .args(arguments)
            .current_dir(self.tree());
        assert!(git.output().expect("there is git").status.success(), "{arguments:?}");
    }
}

fn has_canary(text: &str) -> bool {
    text.contains(CANARY) || text.contains(IN_BASE64)
}

#[test]
fn no_verb_shows_a_value_but_those_that_are_asked_for_it() {
    let railway = Railway::new();
    railway.git(&["init", "-q", "-b", "main"]);
    railway.git(&["add", "-A"]);
    railway.git(&["commit", "-qm", "sealed"]);
    let secrets = railway.secrets();
    assert!(secrets.len() > 10, "{}", secrets.len());
    let (name, environment, _) =
        secrets.iter().find(|it| !it.2.starts_with('{')).expect("most are one value");
    let of = ["--env", environment];
    let copy = railway.tree().join("secrets.lock");
    let copy = copy.to_str().expect("it is text");
    fs::write(railway.root.path().join("plain"), "another-value").expect("it can be written");
    let var = format!("A={name}");
    let kinds: &[&[&str]] = &[
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["check", "--format", "github"],
        &["check", "--base", "main"],
        &["check", "--fix"],
        &["build", "--env", "production", "-o", "../out"],
        &["build", "--env", "staging", "--stdout"],
        &["build", "--env", "staging", "--format", "json", "-o", "../out-staging"],
        &["export"],
        &["prove"],
        &["prove", "--rendered", "../out", "--env", "production", "-o", "../proof.json"],
        &["reach", "../out/kubernetes"],
        &["reach", "../out/kubernetes", "--exposure", "--format", "json"],
        &["posture", "../out/kubernetes", "--format", "sarif"],
        &["fmt"],
        &["migrate", "new", "init"],
        &["migrate", "hash"],
        &["migrate", "baseline", "platform", "--database-url", NOWHERE],
        &["migrate", "baseline", "harbor/nothing", "--database-url", NOWHERE],
        // Nothing listens there; what they say of it is all that they say.
        &["migrate", "status", "--database", "platform", "--database-url", NOWHERE],
        &["migrate", "plan", "--database", "platform", "--database-url", NOWHERE],
        &["migrate", "apply", "--database", "platform", "--database-url", NOWHERE],
        &["migrate", "verify", "--database", "platform", "--database-url", NOWHERE],
        &["migrate", "test", "--database", "platform", "--database-url", NOWHERE],
        &["migrate", "help"],
        &["retention", "status", "--database-url", NOWHERE],
        &["subject", "export", "1", "--database-url", NOWHERE],
        &["explain", "TS332"],
        &["reference"],
        &["schema", "platform"],
        &["init", "../new"],
        &["completions", "bash"],
        &["help"],
        &["secrets", "keygen", "again"],
        &["secrets", "status"],
        &["secrets", "readers"],
        &["secrets", "rekey", "--all"],
        &["secrets", "lock"],
        &["secrets", "diff"],
        &["secrets", "textconv", "secrets/production/token-signing.age"],
        &["secrets", "split", "nothing"],
        &["secrets", "setup"],
        &["secrets", "merge", copy, copy, copy],
        &["secrets", "help"],
    ];
    let named = [
        [&["secrets", "edit", name], &of[..]].concat(),
        [&["secrets", "show", name], &of[..]].concat(),
        [&["secrets", "exec", "--var", &var], &of[..], &["--", "printenv", "A"]].concat(),
        vec!["secrets", "render", "--env", "staging"],
        [&["secrets", "set", name, "--random"], &of[..]].concat(),
        [&["secrets", "rotate", name], &of[..]].concat(),
        [&["secrets", "encrypt", name, "../plain"], &of[..]].concat(),
    ];
    let mut said = Vec::new();
    for arguments in kinds.iter().map(|it| it.to_vec()).chain(named) {
        let run = railway.run(&arguments, "another-value");
        assert!(matches!(run.code, Some(0..=2)), "{arguments:?}: {:?}{}", run.code, run.err);
        assert!(!has_canary(&run.err), "{arguments:?}: {}", run.err);
        let is_shown = arguments.iter().any(|it| SHOWING.contains(it));
        assert_eq!(has_canary(&run.out), is_shown, "{arguments:?}: {}{}", run.out, run.err);
        said.push(format!(" {} ", arguments.join(" ")));
    }
    let help = [
        ("", vec!["--help"]),
        ("secrets ", vec!["secrets", "--help"]),
        ("migrate ", vec!["migrate", "--help"]),
    ];
    for (of, help) in help.map(|(of, arguments)| (of, railway.run(&arguments, ""))) {
        for verb in verbs(&help.out) {
            assert!(
                said.iter().any(|it| it.starts_with(&format!(" {of}{verb} "))),
                "nothing is known of `{of}{verb}`"
            );
        }
    }
    assert_eq!(with_canary(railway.root.path()), [""; 0]);
}

/// A database that is not there.
const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nothing";

/// The words under `Commands:`.
fn verbs(help: &str) -> BTreeSet<&str> {
    let listed =
        help.split_once("Commands:\n").expect("it lists them").1.split("\n\n").next().expect("it ends");
    listed
        .lines()
        .filter_map(|it| it.strip_prefix("  ")?.split(' ').next().filter(|it| !it.is_empty()))
        .collect()
}

#[test]
fn a_process_that_holds_a_value_shows_it_to_nobody() {
    let railway = Railway::new();
    let (name, environment, _) =
        railway.secrets().into_iter().find(|it| !it.2.starts_with('{')).expect("one value");
    // Rust's own handler takes the first SEGV.
    for signals in [&["SEGV", "SEGV"][..], &["ABRT"], &["QUIT"]] {
        let mut command = railway.command(&["secrets", "edit", &name, "--env", &environment]);
        // It works until somebody ends it.
        command
            .env("EDITOR", "echo $$ > ../editor; exec sleep 100; :")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut child = without_limit(&command).spawn().expect("the program starts");
        let editor = wait_for(&railway.root.path().join("editor"));
        let proc = PathBuf::from(format!("/proc/{}", child.id()));
        for file in ["environ", "cmdline", "status"] {
            let shown = fs::read(proc.join(file)).map(|it| String::from_utf8_lossy(&it).into_owned());
            assert!(!shown.is_ok_and(|it| has_canary(&it)), "{file}");
        }
        let limits = fs::read_to_string(proc.join("limits")).expect("we may look at our own child");
        let dumps = limits.lines().find(|it| it.starts_with("Max core file size")).expect("it is limited");
        assert_eq!(dumps.split_whitespace().filter(|it| *it == "0").count(), 2, "{dumps}");
        for signal in signals {
            send(signal, child.id());
        }
        let status = ended(&mut child);
        assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
        send("KILL", editor);
        fs::remove_file(railway.root.path().join("editor")).expect("it was there");
    }
    assert_eq!(with_canary(railway.root.path()), [""; 0], "no core, and nothing else");
    // What they left in memory goes with the next one.
    let next = railway.run(&["secrets", "edit", &name, "--env", &environment], "");
    assert_eq!(next.code, Some(0), "{}", next.err);
    assert_eq!(with_canary(Path::new("/dev/shm")), [""; 0]);
}

/// A process whose dumps nobody limits but itself.
fn without_limit(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().expect("it has one"));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    shell
}

fn wait_for(path: &Path) -> u32 {
    let start = Instant::now();
    loop {
        let written = fs::read_to_string(path).ok().and_then(|it| it.trim().parse().ok());
        match written {
            Some(it) => return it,
            None if start.elapsed() > Duration::from_mins(1) => panic!("no editor was started"),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(status.expect("there is kill").success());
}

fn ended(child: &mut Child) -> std::process::ExitStatus {
    child.wait().expect("it ends")
}
