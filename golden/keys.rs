//! Keys that are more than a file: those of age's plugins, and those with a pass phrase.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use trackside::language::value::bech32;

use crate::secrets::{Desk, Run, finish};

const VALUE: &str = "canary-value";

/// A plugin that needs nothing but a shell.
const PLUGIN: &str = include_str!("age-plugin.sh");

/// A recipient of a plugin.
pub(crate) fn recipient(plugin: &str) -> String {
    bech32::encode(&format!("age1{plugin}"), &[1, 2, 3, 4, 5, 6, 7, 0])
}

/// A key of a plugin.
pub(crate) fn identity(plugin: &str) -> String {
    bech32::encode(&format!("age-plugin-{plugin}-"), &[]).to_ascii_uppercase()
}

/// Puts the plugin into a folder, under these names, and gives a `PATH` that leads there.
pub(crate) fn install(folder: &std::path::Path, names: &[&str]) -> String {
    for name in names {
        let path = folder.join(format!("age-plugin-{name}"));
        fs::write(&path, PLUGIN).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    format!("{}:{}", folder.display(), "/usr/local/bin:/usr/bin:/bin")
}

/// A tree with the secret `shop/stripe-key`, which ana opens with a key of a plugin.
struct Bench {
    desk: Desk,
    path: String,
    ana: String,
}

impl Bench {
    fn new(plugins: &[&str]) -> Self {
        let desk = Desk::new();
        let folder = desk.tree().join("../plugins");
        fs::create_dir(&folder).expect("it is new");
        let path = install(&folder, plugins);
        let ana = desk.person("ana");
        Self { desk, path, ana }
    }

    /// Declares these recipients for ana.
    fn declare(&self, recipients: &[String]) {
        let own = self.ana.lines().find(|it| it.contains("reads-with")).expect("it is declared");
        let reads: String = recipients.iter().map(|it| format!("    reads-with \"{it}\"\n")).collect();
        self.desk.write(
            "platform.kdl",
            Desk::platform(&[&self.ana.replace(&format!("{own}\n"), &reads)], &["ana"]),
        );
    }

    /// Gives ana this key to open with, and no other.
    fn hold(&self, key: impl AsRef<[u8]>) {
        let path = self.key();
        fs::write(&path, key).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    }

    fn key(&self) -> PathBuf {
        self.desk.tree().join("../ana/trackside/age.key")
    }

    /// Runs it where there is no terminal.
    fn run(&self, arguments: &[&str], input: &str) -> Run {
        let all = [&["--wait", env!("CARGO_BIN_EXE_trackside"), "secrets"], arguments].concat();
        let mut command = self.desk.command("ana", "setsid", &all);
        command.env("PATH", &self.path);
        Run::of(finish(command, input))
    }

    /// Runs it at a terminal, types an answer whenever the question stands there, and gives the code and all that was shown.
    fn at_terminal(&self, arguments: &[&str], question: &str, answers: &[&str]) -> (Option<i32>, String) {
        use std::io::{Read as _, Write as _};
        let line = [&[env!("CARGO_BIN_EXE_trackside"), "secrets"], arguments].concat().join(" ");
        let mut command: Command = self.desk.command("ana", "script", &["-qec", &line, "/dev/null"]);
        let streams = command.env("PATH", &self.path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = streams.spawn().expect("util-linux is there");
        let mut input = child.stdin.take().expect("it has an input");
        let mut output = child.stdout.take().expect("it has an output");
        let (mut shown, mut answers) = (Vec::new(), answers.iter());
        let (mut buffer, mut seen) = ([0; 4096], 0);
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            shown.extend(&buffer[..count]);
            let asked = String::from_utf8_lossy(&shown).matches(question).count();
            while seen < asked
                && let Some(answer) = answers.next()
            {
                seen += 1;
                input.write_all(format!("{answer}\r").as_bytes()).expect("somebody listens");
            }
        }
        let code = child.wait().expect("it ends").code();
        (code, String::from_utf8_lossy(&shown).replace('\r', ""))
    }
}

#[test]
fn plugins_seal_and_open() {
    let bench = Bench::new(&["test"]);
    bench.declare(&[recipient("test")]);
    let set = bench.run(&["set", "shop/stripe-key"], VALUE);
    assert_eq!((set.code, &*set.err), (Some(0), "version 1 of `shop/stripe-key` is sealed for 2 keys\n"));
    bench.hold(identity("test"));
    let show = bench.run(&["show", "shop/stripe-key"], "");
    assert_eq!((show.code, &*show.out), (Some(0), VALUE), "{}", show.err);
    let rekey = bench.run(&["rekey", "--all"], "");
    assert_eq!((rekey.code, &*rekey.err), (Some(0), "1 secret sealed anew\n"));
    assert_eq!(bench.desk.found(), ["TS050"], "the other secret has no value yet, and that is all");
}

#[test]
fn a_plugin_that_is_not_there_is_named_and_checking_needs_none() {
    let bench = Bench::new(&[]);
    bench.declare(&[recipient("test")]);
    assert_eq!(bench.desk.found(), ["TS050", "TS050"], "the recipient is one");
    let set = bench.run(&["set", "shop/stripe-key"], VALUE);
    assert_eq!(set.code, Some(2));
    assert!(set.err.contains("the program `age-plugin-test` is not in `PATH`: install it"), "{}", set.err);
    let bench = Bench::new(&["test"]);
    bench.declare(&[recipient("test")]);
    assert_eq!(bench.run(&["set", "shop/stripe-key"], VALUE).code, Some(0));
    bench.hold(identity("gone"));
    let show = bench.run(&["show", "shop/stripe-key"], "");
    assert!(
        show.err.contains(
            "none of the other keys at hand opens it, and the program `age-plugin-gone` is not in `PATH`"
        ),
        "{}",
        show.err
    );
}

#[test]
fn what_a_plugin_does_wrong_is_said_and_seals_nothing() {
    let bench = Bench::new(&["twice", "fails", "ends"]);
    for (plugin, problem) in [
        ("twice", "its plugins have sealed it for 3 keys, and 2 are declared"),
        ("fails", "a plugin of age has not sealed it: (internal) the  [31mcard is gone"),
        ("ends", "a plugin of age has not sealed it: it has ended without an answer"),
    ] {
        bench.declare(&[recipient(plugin)]);
        let set = bench.run(&["set", "shop/stripe-key"], VALUE);
        assert_eq!(set.code, Some(2));
        assert!(set.err.contains(problem), "{}", set.err);
        assert!(!bench.desk.tree().join("secrets.lock").exists());
    }
}

#[test]
fn what_a_plugin_asks_is_asked_at_the_terminal_and_not_shown() {
    let bench = Bench::new(&["pin"]);
    bench.declare(&[recipient("pin")]);
    assert_eq!(bench.run(&["set", "shop/stripe-key"], VALUE).code, Some(0));
    bench.hold(identity("pin"));
    let alone = bench.run(&["show", "shop/stripe-key"], "");
    let problem = "`age-plugin-pin` asks something, and there is no terminal to answer at: PIN of the card";
    assert!(alone.code == Some(2) && alone.err.contains(problem), "{}", alone.err);

    let show = ["show", "shop/stripe-key"];
    let (code, shown) = bench.at_terminal(&show, "PIN of the card: ", &["1234"]);
    assert_eq!((code, &*shown), (Some(0), &*format!("the card is asked\nPIN of the card: \n{VALUE}\n")));
    let (code, shown) = bench.at_terminal(&show, "PIN of the card: ", &["4321"]);
    assert!(code == Some(2) && shown.contains("the PIN is wrong") && !shown.contains("4321"), "{shown}");
    let (code, shown) = bench.at_terminal(&show, "PIN of the card: ", &["\x03"]);
    assert!(code == Some(2) && !shown.contains(VALUE), "{shown}");
}

/// Runs `ssh-keygen`, or says that there is none.
fn ssh_keygen(arguments: &[&str]) -> bool {
    let run = Command::new("ssh-keygen").args(arguments).stdin(Stdio::null()).output();
    match run {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => {
            println!("skipped: there is no ssh-keygen");
            false
        }
    }
}

#[test]
fn a_key_of_ssh_with_a_pass_phrase_is_asked_for_it_when_nothing_else_opens() {
    let bench = Bench::new(&[]);
    let (home, show) = (bench.desk.tree().join("../ana/.ssh"), ["show", "shop/stripe-key"]);
    fs::create_dir(&home).expect("it is new");
    for (name, kind) in [("id_rsa", "rsa"), ("id_ed25519", "ed25519")] {
        let path = home.join(name);
        let path = path.to_str().expect("it is text");
        if !ssh_keygen(&["-q", "-t", kind, "-b", "3072", "-N", "correct horse", "-C", "ana", "-f", path]) {
            return;
        }
        let public = fs::read_to_string(home.join(format!("{name}.pub"))).expect("it was made");
        let own = bench.ana.split('"').find(|it| it.starts_with("age1")).expect("it is declared").to_owned();
        bench.declare(&[own, public.trim_end().trim_end_matches(" ana").to_owned()]);
        assert_eq!(bench.run(&["set", "shop/stripe-key"], VALUE).code, Some(0));
        assert_eq!(bench.run(&show, "").out, VALUE, "the other key needs nobody");

        let key = fs::read(bench.key()).expect("it is there");
        bench.hold(identity("gone"));
        let alone = bench.run(&show, "");
        let problem = format!(".ssh/{name}` has a pass phrase, which only a terminal asks for");
        assert!(alone.code == Some(2) && alone.err.contains(&problem), "{}", alone.err);
        let question = format!(".ssh/{name}`: ");
        let (code, shown) = bench.at_terminal(&show, &question, &["wrong", "correct\x7f\x15correct horse"]);
        assert!(code == Some(0) && shown.ends_with(&format!("\n{VALUE}\n")), "{shown}");
        assert_eq!(shown.matches("that is not it; pass phrase of the key").count(), 1, "{shown}");
        assert!(!shown.contains("wrong") && !shown.contains("horse"), "{shown}");
        let (code, shown) = bench.at_terminal(&show, &question, &["a", "b", "c", "correct horse"]);
        assert!(code == Some(2) && shown.contains("that is not the pass phrase of the key"), "{shown}");
        assert_eq!(shown.matches(&question).count(), 3, "{shown}");
        bench.hold(key);
    }

    // What is not sealed for it asks for nothing.
    let other = Bench::new(&["test"]);
    other.declare(&[recipient("test")]);
    assert_eq!(other.run(&["set", "shop/stripe-key"], VALUE).code, Some(0));
    fs::create_dir(other.desk.tree().join("../ana/.ssh")).expect("it is new");
    fs::copy(home.join("id_ed25519"), other.desk.tree().join("../ana/.ssh/id_ed25519")).expect("it is there");
    fs::remove_file(other.key()).expect("it is there");
    let refused = other.run(&show, "");
    assert!(refused.err.ends_with("none of the keys at hand opens it\n"), "{}", refused.err);
}

/// A file of one key as `age-keygen | age -p` makes it, at little work.
fn sealed_with_phrase(key: &str, phrase: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut recipient = age::scrypt::Recipient::new(phrase.to_owned().into());
    recipient.set_work_factor(4);
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).expect("it is alone");
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).expect("memory is writable");
    writer.write_all(key.as_bytes()).expect("memory is writable");
    writer.finish().expect("memory is writable");
    sealed
}

#[test]
fn a_file_of_keys_with_a_pass_phrase_is_asked_for_it_once() {
    let bench = Bench::new(&[]);
    let own = bench.ana.split('"').find(|it| it.starts_with("age1")).expect("it is declared").to_owned();
    bench.declare(&[own]);
    assert_eq!(bench.run(&["set", "shop/stripe-key"], VALUE).code, Some(0));
    let fields = r#"{"user":"shop","password":"x"}"#;
    assert_eq!(bench.run(&["set", "shop/db"], fields).code, Some(0));
    let key = fs::read_to_string(bench.key()).expect("it is there");
    bench.hold(sealed_with_phrase(&key, "grüße"));
    let alone = bench.run(&["show", "shop/stripe-key"], "");
    assert!(
        alone.code == Some(2)
            && alone.err.contains("age.key` has a pass phrase, which only a terminal asks for"),
        "{}",
        alone.err
    );
    let (code, shown) = bench.at_terminal(&["rekey", "--all"], "age.key`: ", &["grüße", "never asked"]);
    assert!(code == Some(0) && shown.ends_with("2 secrets sealed anew\n"), "{shown}");
    assert_eq!(shown.matches("pass phrase of").count(), 1, "{shown}");
    let (code, shown) = bench.at_terminal(&["show", "shop/stripe-key"], "age.key`: ", &["\x03"]);
    assert!(code == Some(2) && shown.contains("no pass phrase of the key"), "{shown}");

    bench.hold(sealed_with_phrase("something else", "x"));
    let (_, shown) = bench.at_terminal(&["show", "shop/stripe-key"], "age.key`: ", &["x"]);
    assert!(shown.contains("age.key` cannot be used: one of its lines is no key of age"), "{shown}");
    bench.hold(fs::read(bench.desk.tree().join("secrets/stripe-key.age")).expect("it is there"));
    let refused = bench.run(&["show", "shop/stripe-key"], "");
    assert!(
        refused.err.contains("it is sealed for another key, and not with a pass phrase"),
        "{}",
        refused.err
    );
}
