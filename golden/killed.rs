//! A build that is killed at any moment leaves the old folder or the new one, and nothing that the next build stumbles over.
//!
//! Most moments lie where the folder is written, which is a small part of a run: from when the lock beside the folder
//! appears, for about as long as it was there in a whole run. The others are spread over the run.

#![expect(clippy::disallowed_methods, reason = "moments are what this is about")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use trackside::tree::digest::Digest;

use crate::artifacts::files_below;
use crate::generate::Shape;

/// How often a build over another one is killed.
const TIMES: u32 = 100;

/// How often the first build of a folder is killed.
const FIRST_TIMES: u32 = 30;

/// Of so many moments one is spread over the whole run.
const ONE_ANYWHERE_IN: u32 = 4;

/// What a process needs to come so far, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_killed_build_leaves_the_old_folder_or_the_new_one() {
    let place = Place::new();
    let versions = ["old", "new"].map(|it| place.whole(it));
    let out = place.path("out");
    place.build("old", "out");
    let run = place.measure("new", "out");
    assert!(held(&out) == versions[1], "a build that nobody kills makes all of it");
    let mut now = 1;
    let mut counts = Counts::default();
    for round in 0..TIMES {
        let next = 1 - now;
        place.kill(["old", "new"][next], "out", run.moment(round, TIMES), &mut counts);
        let found = held(&out);
        now = versions.iter().position(|it| *it == found).unwrap_or_else(|| {
            panic!("round {round}: neither the old folder nor the new one: {:?}", found.keys())
        });
        counts.replaced += usize::from(now == next);
        place.holds_no_strangers();
    }
    println!("{counts:?} of {TIMES}, {run:?}");
    assert_ne!(counts.amid, 0, "no build was killed while it wrote: {run:?}");
    place.build(["old", "new"][1 - now], "out");
    assert!(held(&out) == versions[1 - now], "the next build makes all of it");
    assert_eq!(place.beside(), [""; 0]);
}

#[test]
fn a_killed_first_build_leaves_nothing_or_all() {
    let place = Place::new();
    let whole = place.whole("new");
    let out = place.path("out");
    let run = place.measure("new", "out");
    let mut counts = Counts::default();
    for round in 0..FIRST_TIMES {
        // Every third one begins beside what the last one left.
        if out.exists() || round % 3 > 0 {
            place.build("new", "out");
            assert_eq!(place.beside(), [""; 0]);
            fs::remove_dir_all(&out).expect("it has been built");
        }
        place.kill("new", "out", run.moment(round, FIRST_TIMES), &mut counts);
        if out.exists() {
            assert!(held(&out) == whole, "round {round}: a part of it: {:?}", held(&out).keys());
            counts.replaced += 1;
        }
        place.holds_no_strangers();
    }
    println!("{counts:?} of {FIRST_TIMES}, {run:?}");
    place.build("new", "out");
    assert!(held(&out) == whole);
    assert_eq!(place.beside(), [""; 0]);
}

/// Two platforms, `old` and `new`, and the folder `outputs` that is built in.
struct Place {
    folder: tempfile::TempDir,
}

/// How long a build that nobody kills takes.
#[derive(Clone, Copy, Debug)]
struct Run {
    all: Duration,
    /// While it holds the lock.
    writing: Duration,
}

/// When a build is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    AfterStart(Duration),
    AfterLock(Duration),
}

/// What the kills met.
#[derive(Debug, Default)]
struct Counts {
    /// Builds that were writing.
    amid: usize,
    /// Builds whose folder was in place, some of them at their end.
    replaced: usize,
}

impl Run {
    fn moment(self, round: u32, of: u32) -> Moment {
        if round.is_multiple_of(ONE_ANYWHERE_IN) {
            return Moment::AfterStart(self.all * round / of);
        }
        // Beyond its end too: on a busy machine the next run takes longer than the one that was measured.
        Moment::AfterLock(self.writing * 3 * (round * 37 % of) / (2 * of))
    }
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder can be made") };
        for (name, seed, projects) in [("old", 11, 2), ("new", 12, 3)] {
            let shape = Shape { seed, projects, services: 3, environments: 0, ..Shape::small(seed) };
            for (path, text) in shape.files() {
                let path = place.folder.path().join(name).join(path);
                fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is ours");
                fs::write(path, text).expect("the folder is ours");
            }
        }
        fs::create_dir(place.folder.path().join("outputs")).expect("the folder is ours");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("outputs").join(name)
    }

    fn command(&self, platform: &str, out: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.arg("build").arg(self.folder.path().join(platform)).arg("-o").arg(self.path(out));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn build(&self, platform: &str, out: &str) {
        let output = self.command(platform, out).output().expect("it was built");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What a platform builds to.
    fn whole(&self, platform: &str) -> BTreeMap<PathBuf, Digest> {
        self.build(platform, "whole");
        let held = held(&self.path("whole"));
        fs::remove_dir_all(self.path("whole")).expect("it has been built");
        assert!(held.len() > 10, "a build of some files: {:?}", held.keys());
        held
    }

    fn measure(&self, platform: &str, out: &str) -> Run {
        let start = Instant::now();
        let mut child = self.command(platform, out).spawn().expect("it was built");
        self.wait_for_lock(&mut child);
        let begin = Instant::now();
        child.wait().expect("it ends");
        Run { all: start.elapsed(), writing: begin.elapsed() }
    }

    /// Builds, and kills the build.
    fn kill(&self, platform: &str, out: &str, moment: Moment, counts: &mut Counts) {
        if let Moment::AfterLock(_) = moment {
            // What a killed build left would be taken for this one's. Where a build starts beside it, nobody waits for it.
            let _gone = fs::remove_file(self.lock());
        }
        let mut child = self.command(platform, out).spawn().expect("it was built");
        match moment {
            Moment::AfterStart(delay) => std::thread::sleep(delay),
            Moment::AfterLock(delay) => {
                self.wait_for_lock(&mut child);
                // A thread that sleeps wakes up too late for this.
                let start = Instant::now();
                while start.elapsed() < delay {
                    std::hint::spin_loop();
                }
            }
        }
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        counts.amid += usize::from(!self.beside().is_empty());
    }

    /// Waits until a build has its lock, or has ended.
    fn wait_for_lock(&self, child: &mut Child) {
        let start = Instant::now();
        while !self.lock().exists() && child.try_wait().expect("it is ours").is_none() {
            assert!(start.elapsed() < PATIENCE, "a build takes no lock");
        }
    }

    fn lock(&self) -> PathBuf {
        self.path(".out.trackside-lock")
    }

    /// The names beside the output folder, sorted.
    fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("outputs")).expect("the folder is ours");
        let names =
            entries.map(|it| it.expect("it can be listed").file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|it| it != "out").collect();
        names.sort();
        names
    }

    fn holds_no_strangers(&self) {
        let known = [".out.trackside-lock", ".out.trackside-new", ".out.trackside-old"];
        let beside = self.beside();
        assert!(beside.iter().all(|it| known.contains(&it.as_str())), "{beside:?}");
    }
}

/// What a folder holds, and what each file of it says.
fn held(folder: &Path) -> BTreeMap<PathBuf, Digest> {
    let files = files_below(folder).into_iter().map(|path| {
        let below = path.strip_prefix(folder).expect("it is in there").to_owned();
        (below, Digest::of(&fs::read(&path).expect("it can be read")))
    });
    files.collect()
}
