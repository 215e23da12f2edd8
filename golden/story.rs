//! Stories: the commands of the READMEs of `examples/secrets` and `examples/database` are run, and print what stands there.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;

use crate::secrets::copy;

/// How a block of commands begins; one of `console` has no names in front of its commands.
const FENCE: &str = "```sh-session";

#[test]
fn the_story_of_secrets_goes_as_it_is_told() {
    let start = "chmod -R go= throwaway && git init -q -b main . && git add -A && git commit -qm start";
    goes_as_told("examples/secrets", "tide", ("ana", start), &[], 50);
}

/// Runs the commands of an example's README in a copy of its folder, after a first one of somebody's.
pub(crate) fn goes_as_told(
    folder: &str,
    name: &str,
    start: (&str, &str),
    variables: &[(&str, &str)],
    least: usize,
) {
    let told = fs::read_to_string(Path::new(folder).join("README.md")).expect("the story is there");
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let tree = root.path().join(name);
    copy(Path::new(folder), &tree);
    let desk = Desk { root: root.path(), tree: &tree, name, variables };
    desk.run(start.0, start.1);
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
    assert!(count >= least, "a story of {count} commands is none");
    if happened != told && crate::artifacts::update() {
        fs::write(Path::new(folder).join("README.md"), &happened).expect("the story can be written");
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
    name: &'a str,
    variables: &'a [(&'a str, &'a str)],
}

impl Desk<'_> {
    /// What a command prints, on both streams in their order.
    #[expect(clippy::disallowed_methods, reason = "the shell finds its programs as ever")]
    fn run(&self, who: &str, command: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_trackside")).parent().expect("it lies in a folder");
        let own = self.variables.iter().find(|(name, _)| *name == "PATH").map(|(_, path)| (*path).to_owned());
        let path = own.unwrap_or_else(|| std::env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("exec 2>&1; {command}")])
            .current_dir(self.tree)
            .env_clear()
            .env("PATH", format!("{}:{path}", program.display()))
            .env("HOME", self.root)
            .env("XDG_CONFIG_HOME", self.tree.join("throwaway").join(who))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(self.variables.iter().copied().filter(|(name, _)| *name != "PATH"));
        for role in ["AUTHOR", "COMMITTER"] {
            shell
                .env(format!("GIT_{role}_NAME"), who)
                .env(format!("GIT_{role}_EMAIL"), format!("{who}@{}.example", self.name));
        }
        let output = shell.stdin(Stdio::null()).output().expect("there is a shell");
        String::from_utf8(output.stdout)
            .expect("it prints text")
            .replace(&*self.tree.to_string_lossy(), self.name)
    }
}

/// What is the same in every run: keys, digests, dates and ages are not.
fn plain(text: &str) -> String {
    let patterns = [
        (r"age1[0-9a-z]{50,}", "age1…"),
        (r"AAAA[0-9A-Za-z+/]{40,}", "AAAA…"),
        (r"[0-9a-f]{64}", "…"),
        (r"2[0-9]{3}-[0-9]{2}-[0-9]{2}", "YYYY-MM-DD"),
        (r"YYYY-MM-DDT[0-9:]+Z", "YYYY-MM-DDThh:mm:ssZ"),
        (r"[0-9]+ ms", "N ms"),
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
