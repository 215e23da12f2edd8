//! `--watch`: the built program in a folder in which files are saved as editors save them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

const MINIMAL: &str = include_str!("../examples/minimal/platform.kdl");

/// Far longer than it takes, because a machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn a_check_goes_on_however_a_file_is_saved() {
    let place = Place::new();
    let watching = Watching::start(&place, &["check", "hello", "--watch"]);
    watching.until("nothing to mend");
    watching.until("watching `hello`; Ctrl-C ends it");

    // In place.
    place.write("platform.kdl", &Place::wrong());
    watching.until("platform.kdl changed");
    watching.until("error[TS110]: there is no service `apy` in project `shop`");
    watching.until("1 new, 0 mended, 0 as before: 1 error");

    // Another mistake above it: what has moved is no news.
    place.write("platform.kdl", &format!("{}\nteam \"b\" 1\n", Place::wrong()));
    watching.until("error[TS103]");
    watching.until("1 new, 0 mended, 1 as before: 2 errors");

    // A new file is put in its place.
    place.write("platform.kdl.tmp", &Place::right());
    fs::rename(place.path("platform.kdl.tmp"), place.path("platform.kdl")).expect("it can be renamed");
    watching.until("mended[TS110]: hello/platform.kdl:");
    watching.until("nothing to mend");

    // Removed, and made again.
    fs::remove_file(place.path("platform.kdl")).expect("it is there");
    place.write("platform.kdl", &Place::wrong());
    watching.until("error[TS110]");
    watching.until(" as before: 1 error");
    place.write("platform.kdl", &Place::right());
    watching.until("nothing to mend");

    // Moved aside as a backup, and made again, as vim does.
    fs::rename(place.path("platform.kdl"), place.path("platform.kdl~")).expect("it can be renamed");
    place.write("platform.kdl", &Place::wrong());
    watching.until("error[TS110]");
    watching.until(" as before: 1 error");
    place.write("platform.kdl", &Place::right());
    watching.until("nothing to mend");
    watching.stop();
}

#[test]
fn what_says_the_same_as_before_is_not_checked_again() {
    let place = Place::new();
    let watching = Watching::start(&place, &["check", "hello", "--watch"]);
    watching.until("watching");
    for _ in 0..3 {
        place.write("platform.kdl", &Place::right());
        place.write("notes.txt", "what belongs to no platform");
    }
    place.write("teams/b.kdl", "team \"b\" 1\n");
    let lines = watching.until("1 new, 0 mended, 0 as before: 1 error");
    let changed: Vec<&String> =
        lines.iter().filter(|it| it.ends_with("changed") || it.ends_with("new")).collect();
    assert_eq!(changed, ["teams/b.kdl is new"], "{lines:#?}");
    watching.stop();
}

#[test]
fn folders_may_go_and_come() {
    let place = Place::new();
    let watching = Watching::start(&place, &["check", "hello", "--watch"]);
    watching.until("watching");

    fs::rename(place.path("teams"), place.path("teams.old")).expect("it can be renamed");
    watching.until("teams/a.kdl is gone");
    watching.until("error[TS053]: no file matches `teams/*.kdl`");
    place.write("teams/a.kdl", "team \"a\"\n");
    watching.until("nothing to mend");
    // In the folder that was made again.
    place.write("teams/a.kdl", "team \"a\" 1\n");
    watching.until("teams/a.kdl changed");
    watching.until("error[TS103]");

    let (here, away) = (place.folder.path().join("hello"), place.folder.path().join("away"));
    fs::rename(&here, &away).expect("it can be renamed");
    watching.until("waiting for it");
    place.write("platform.kdl", &Place::right());
    watching.until("`hello` is there again");
    place.write("teams/c.kdl", "team \"c\"\n");
    watching.until("nothing to mend");
    watching.stop();
}

#[test]
fn a_build_changes_its_folder_only_when_all_is_right() {
    let place = Place::new();
    // The output is in the folder that is watched, and wakes nobody.
    let watching = Watching::start(&place, &["build", "hello", "-o", "hello/out", "--watch"]);
    watching.until("files: ");
    watching.until("watching");
    let read = || fs::read(place.path("out/index.json")).expect("it has been built");
    let first = read();

    place.write("platform.kdl", &Place::wrong());
    watching.until("error[TS110]");
    watching.until("`hello/out` stays as it is");
    assert_eq!(read(), first);

    place.write("platform.kdl", &Place::right().replace("port 8080", "port 8081"));
    watching.until("nothing to mend");
    let lines = watching.until("  ~ kubernetes/shop.yaml");
    assert!(lines.iter().any(|it| it.contains(" changed, ")), "{lines:#?}");
    assert_ne!(read(), first);

    place.write("platform.kdl", &Place::right());
    let lines = watching.until("  ~ kubernetes/shop.yaml");
    let changes = lines.iter().filter(|it| it.contains("platform.kdl changed")).count();
    assert_eq!(changes, 1, "a build sees nothing in what it wrote: {lines:#?}");
    assert_eq!(read(), first);
    watching.stop();
}

#[test]
fn a_folder_that_is_not_there_at_the_beginning_is_a_slip() {
    let place = Place::new();
    let output = program(&place, &["check", "hallo", "--watch"]).output().expect("it was built");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("could not open the folder `hallo`"), "{told}");
}

/// A folder `hello` with a platform that is right.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder can be made") };
        place.write("platform.kdl", &Self::right());
        place.write("teams/a.kdl", "team \"a\"\n");
        place
    }

    fn right() -> String {
        format!("{MINIMAL}\ninclude \"teams/*.kdl\"\n")
    }

    fn wrong() -> String {
        let wrong = Self::right().replace("reaches service=\"api\"", "reaches service=\"apy\"");
        assert_ne!(wrong, Self::right());
        wrong
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("hello").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    }
}

/// The program, while it watches. What it says is read line by line.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

fn program(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command.args(arguments).current_dir(place.folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Watching {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut child = program(place, arguments).spawn().expect("it was built");
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take().expect("it is piped"), sender.clone());
        forward(child.stderr.take().expect("it is piped"), sender);
        Self { child, lines }
    }

    /// Waits for a line that has this text, and returns all lines up to it.
    fn until(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("`{text}` does not come, but\n{}", lines.join("\n"));
            };
            let is_it = line.contains(text);
            lines.push(line);
            if is_it {
                return lines;
            }
        }
    }

    /// Presses Ctrl-C.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("there is `kill`");
        assert!(sent.success());
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0), "Ctrl-C is how it ends");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // After a failed test it would wait for ever.
        let _ended = self.child.kill();
    }
}

fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}
