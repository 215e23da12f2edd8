//! `examples/secrets`: the commands of its README are run, and print what stands there.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;

use crate::secrets::copy;

const FOLDER: &str = "examples/secrets";

/// How a block of commands begins; one of `console` has no names in front of its commands.
const FENCE: &str = "```sh-session";

#[test]
fn the_story_of_secrets_goes_as_it_is_told() {
    let told = fs::read_to_string(Path::new(FOLDER).join("README.md")).expect("the story is there");
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let tree = root.path().join("tide");
    copy(Path::new(FOLDER), &tree);
    let desk = Desk { root: root.path(), tree: &tree };
    desk.run("ana", "chmod -R go= throwaway && git init -q -b main . && git add -A && git commit -qm start");
    let mut happened = String::new();
    let (mut is_console, mut count) = (false, 0);
    for line in told.lines() {
        match line {
            FENCE => is_console = true,
            "```" => is_console = false,
            _ => {}
        }
        match line.split_once("$ ").filter(|(who, _)| is_console && is_name(who)) {
            Some((who, command)) => {
                count += 1;
                let printed = plain(&desk.run(who, command));
                let end = if printed.is_empty() || printed.ends_with('\n') { "" } else { "\n" };
                let _ = write!(happened, "{line}\n{printed}{end}");
            }
            // What a command printed the last time.
            None if is_console && line != FENCE => {}
            None => {
                let _ = writeln!(happened, "{line}");
            }
        }
    }
    assert!(count > 50, "a story of {count} commands is none");
    if happened != told && crate::artifacts::update() {
        fs::write(Path::new(FOLDER).join("README.md"), &happened).expect("the story can be written");
        return;
    }
    assert_eq!(happened, told, "run the tests with INSTA_UPDATE=always where it goes as it should");
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_lowercase())
}

/// Where people work.
struct Desk<'a> {
    root: &'a Path,
    tree: &'a Path,
}

impl Desk<'_> {
    /// What a command prints, on both streams in their order.
    #[expect(clippy::disallowed_methods, reason = "the shell finds its programs as ever")]
    fn run(&self, who: &str, command: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_trackside")).parent().expect("it lies in a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("exec 2>&1; {command}")])
            .current_dir(self.tree)
            .env_clear()
            .env("PATH", format!("{}:{path}", program.display()))
            .env("HOME", self.root)
            .env("XDG_CONFIG_HOME", self.tree.join("throwaway").join(who))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            shell
                .env(format!("GIT_{role}_NAME"), who)
                .env(format!("GIT_{role}_EMAIL"), format!("{who}@tide.example"));
        }
        let output = shell.stdin(Stdio::null()).output().expect("there is a shell");
        String::from_utf8(output.stdout)
            .expect("it prints text")
            .replace(&*self.tree.to_string_lossy(), "tide")
    }
}

/// What is the same in every run: keys, digests, dates and ages are not.
fn plain(text: &str) -> String {
    let patterns = [
        (r"age1[0-9a-z]{50,}", "age1…"),
        (r"AAAA[0-9A-Za-z+/]{40,}", "AAAA…"),
        (r"[0-9a-f]{64}", "…"),
        (r"2[0-9]{3}-[0-9]{2}-[0-9]{2}", "YYYY-MM-DD"),
        (r"[0-9]+ days", "N days"),
        (r"AGE +SIGNED", "AGE  SIGNED"),
        (r"[0-9]+ d( +)", "N d$1"),
        (r"(?m)-{20,} ", "--- "),
        (r"(?m)(\| )\^{20,}$", "$1^^^"),
    ];
    patterns.iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).expect("it is a pattern").replace_all(&text, *with).into_owned()
    })
}
