//! What the file system does to the program: nothing that it finds, and nothing that changes while it looks, makes it panic,
//! hang, or leave half of something. Where nothing can be done it says why in one sentence.
//!
//! What fills disks and mounts devices runs in a mount name space of its own, where the machine allows one.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::{Place, Streams};

/// What is not there is said at the place that asks for it; the rest is read.
const PLATFORM: &str = r#"include "part.kdl"
platform "hello" edition="2026" { domain "hello.example" }
"#;

#[test]
fn what_is_no_file_is_said_in_one_sentence() {
    let cases = [
        ("a device", "touch tree/part.kdl; mount --bind /dev/zero tree/part.kdl"),
        ("a terminal", "touch tree/part.kdl; mount --bind /dev/tty tree/part.kdl"),
        ("a pipe", "mkfifo tree/part.kdl"),
        ("a folder", "mkdir tree/part.kdl"),
        ("what cannot be read", "touch tree/part.kdl; mount --bind /proc/self/mem tree/part.kdl"),
        ("a file without an end", "truncate -s 1T tree/part.kdl"),
    ];
    let scripts =
        cases.map(|(name, script)| (name, format!("{script}; trackside check tree 2>&1 | head -2")));
    let Some(told) = on_mounts(&scripts) else { return };
    insta::assert_snapshot!(told, @r#"
    # a device
    error[TS050]: `part.kdl` is a device, not a file
     --> tree/platform.kdl:1:9
    # a terminal
    error[TS050]: `part.kdl` is a device, not a file
     --> tree/platform.kdl:1:9
    # a pipe
    error[TS050]: `part.kdl` is a named pipe, not a file
     --> tree/platform.kdl:1:9
    # a folder
    error[TS050]: `part.kdl` is a folder, not a file
     --> tree/platform.kdl:1:9
    # what cannot be read
    error[TS050]: could not read `part.kdl`: no such process
     --> tree/platform.kdl:1:9
    # a file without an end
    error[TS050]: `part.kdl` is too large: a file has at most 16 MiB
     --> tree/platform.kdl:1:9
    "#);
}

#[test]
fn a_full_disk_loses_nothing() {
    let disk = |size: &str, script: &str| {
        format!("mkdir disk; mount -t tmpfs -o size={size} disk disk; {script}; ls -A disk")
    };
    let kept =
        |script: &str| format!("sums disk > before; {script}; sums disk | cmp - before && echo as before");
    let fill = "head -c 12k /dev/zero > disk/rest";
    let scripts = [
        ("a first build", disk("16k", "run build examples/minimal -o disk/out")),
        (
            "another build",
            disk(
                "256k",
                &format!(
                    "run build examples/minimal -o disk/out; {}",
                    kept("run build examples/railway --env production -o disk/out")
                ),
            ),
        ),
        ("a build with no room for names", disk("1m,nr_inodes=5", "run build examples/minimal -o disk/out")),
        (
            "formatting",
            disk("16k", &format!("printf 'a   1\n' > disk/a.kdl; {fill}; {}", kept("run fmt disk/a.kdl"))),
        ),
        (
            "mending",
            disk(
                "16k",
                &format!(
                    "echo 'platfrm \"a\" edition=\"2026\"' > disk/platform.kdl; {fill}; {}",
                    kept("run check --fix disk")
                ),
            ),
        ),
        ("a new platform", disk("4k", "head -c 4k /dev/zero > disk/rest; run init disk")),
        ("what is meant", disk("4k", "run export examples/minimal -o disk/meant.json")),
    ];
    let Some(told) = on_mounts(&scripts) else { return };
    insta::assert_snapshot!(told, @r#"
    # a first build
    exit 2
    2> trackside: could not write beside the output folder, to `/here/disk/.out.trackside-new`: no space left on device
    # another build
    22 files: 22 created
    exit 2
    as before
    out
    2> trackside: could not write beside the output folder, to `/here/disk/.out.trackside-new`: no space left on device
    # a build with no room for names
    exit 2
    2> trackside: could not write beside the output folder, to `/here/disk/.out.trackside-new`: no space left on device
    # formatting
    exit 2
    as before
    a.kdl
    rest
    2> trackside: could not write `disk/a.kdl`: no space left on device
    # mending
    exit 2
    as before
    platform.kdl
    rest
    2> trackside: could not write `disk/platform.kdl`: no space left on device
    # a new platform
    exit 2
    rest
    2> trackside: could not write `disk/platform.kdl`: no space left on device
    # what is meant
    exit 2
    2> trackside: could not write `disk/meant.json`: no space left on device
    "#);
}

#[test]
fn a_folder_that_cannot_be_changed_stays() {
    let mount = "mkdir disk; mount -t tmpfs disk disk";
    let scripts = [
        (
            "read-only",
            format!(
                "{mount}; mkdir disk/odd; echo 'a   1' > disk/odd/platform.kdl; run build examples/minimal -o disk/out; \
                 mount -o remount,ro disk; run build examples/shop --env staging -o disk/out; run build examples/minimal -o disk/out; \
                 run init disk/new; run fmt disk/odd; run export examples/minimal -o disk/meant.json; ls -A disk disk/odd"
            ),
        ),
        (
            "on another file system",
            format!(
                "{mount}; run build examples/minimal -o disk/out; run build examples/minimal -o disk/out; ls -A disk"
            ),
        ),
        (
            "itself a file system",
            "mkdir out; mount -t tmpfs out out; run build examples/minimal; ls -A . out; run build examples/minimal -o out/out".to_owned(),
        ),
        (
            "with a file that is mounted",
            "run build examples/minimal; mount --bind /dev/null out/kubernetes/platform.yaml; run build examples/minimal; \
             umount .out.trackside-new/kubernetes/platform.yaml; run build examples/minimal; ls -A"
                .to_owned(),
        ),
    ];
    let Some(told) = on_mounts(&scripts) else { return };
    insta::assert_snapshot!(told, @r#"
    # read-only
    22 files: 22 created
    exit 2
    22 files: 22 unchanged
    exit 2
    exit 2
    exit 2
    disk:
    odd
    out

    disk/odd:
    platform.kdl
    2> trackside: could not write beside the output folder, to `/here/disk/.out.trackside-lock`: read-only file system
    2> trackside: could not make the folder `disk/new`: read-only file system
    2> trackside: could not write `disk/odd/platform.kdl`: read-only file system
    2> trackside: could not write `disk/meant.json`: read-only file system
    # on another file system
    22 files: 22 created
    22 files: 22 unchanged
    out
    # itself a file system
    exit 2
    .:
    examples
    out
    tree

    out:
    22 files: 22 created
    2> trackside: could not replace the output folder `out`; a mounted folder cannot be, one inside it can: device or resource busy
    # with a file that is mounted
    22 files: 22 created
    exit 2
    22 files: 22 unchanged
    examples
    out
    tree
    2> trackside: could not remove `/here/.out.trackside-new`, which a build left: device or resource busy
    "#);
}

/// The limit of the system on the size of files ends a process, unless it has been told otherwise.
#[test]
fn a_limit_on_the_size_of_files_loses_nothing() {
    let build = "run build examples/railway --env staging -o out";
    let cases = [
        ("where it is an error", format!("(trap '' XFSZ; ulimit -f 1; {build})")),
        ("where it kills", format!("(ulimit -c 0; ulimit -f 1; {build}) 2>/dev/null")),
    ];
    let told = cases.map(|(name, script)| {
        let script = format!(
            "run build examples/minimal; cp -r out before; {script}; diff -r before out && echo as before; \
             run build examples/minimal; ls -A"
        );
        format!("# {name}\n{}", place().run(&format!("{PRELUDE}{script}"), Streams::Apart))
    });
    insta::assert_snapshot!(told.concat(), @r#"
    # where it is an error
    22 files: 22 created
    exit 2
    as before
    22 files: 22 unchanged
    before
    examples
    out
    tree
    2> trackside: could not write beside the output folder, to `/here/.out.trackside-new`: file too large
    # where it kills
    22 files: 22 created
    exit 153
    as before
    22 files: 22 unchanged
    before
    examples
    out
    tree
    "#);
}

#[test]
fn where_nothing_can_be_said_the_exit_code_says_it() {
    let place = place();
    let said = [
        "trackside check nowhere 2>/dev/full",
        "trackside check examples/minimal >&-",
        "trackside check nowhere 2>&-",
        "trackside check examples/minimal 2>&- <&-",
        "trackside build examples/minimal >/dev/full; ls out/index.json",
        "trackside build examples/minimal --stdout >/dev/full",
        "trackside fmt - </dev/full >/dev/full",
        "trackside check tree >/dev/full 2>&1",
        "rm -r examples/minimal; mkdir gone; cd gone; rmdir ../gone; trackside check; trackside build -o ../other",
    ];
    let told =
        said.map(|it| format!("$ {it}\n{}", place.run(&format!("timeout 60 sh -c '{it}'"), Streams::Apart)));
    insta::assert_snapshot!(told.concat(), @r#"
    $ trackside check nowhere 2>/dev/full
    [exit 2]
    $ trackside check examples/minimal >&-
    $ trackside check nowhere 2>&-
    [exit 2]
    $ trackside check examples/minimal 2>&- <&-
    1 file checked: nothing to mend
    $ trackside build examples/minimal >/dev/full; ls out/index.json
    out/index.json
    2> trackside: could not write the output: no space left on device
    $ trackside build examples/minimal --stdout >/dev/full
    2> trackside: could not write the output: no space left on device
    [exit 2]
    $ trackside fmt - </dev/full >/dev/full
    2> trackside: could not read standard input: it has more than 16 MiB
    [exit 2]
    $ trackside check tree >/dev/full 2>&1
    [exit 2]
    $ rm -r examples/minimal; mkdir gone; cd gone; rmdir ../gone; trackside check; trackside build -o ../other
    2> trackside: could not open the folder `.`: no such file or directory
    2> trackside: could not open the folder `.`: no such file or directory
    [exit 2]
    "#);
}

/// Whatever somebody does to a file while it is read: it is read as it was at some moment, or refused, and a symlink leads out
/// at no moment.
#[test]
fn a_file_that_changes_while_it_is_read_is_one_of_its_versions() {
    const SECRET: &str = "what-nobody-may-read";
    let whole = "team \"a\"\n".repeat(2_000);
    let restore = |path: &Path| {
        fs::write(path.with_extension("next"), &whole)?;
        fs::rename(path.with_extension("next"), path)
    };
    let changes: [(&str, &dyn Change); 6] = [
        ("a symlink", &|path| {
            symlink("../../outside/part.kdl", path.with_extension("link"))?;
            fs::rename(path.with_extension("link"), path)
        }),
        ("a folder that is a symlink", &|path| {
            let folder = path.parent().expect("a file has a folder");
            fs::rename(folder, folder.with_extension("aside"))?;
            symlink("../outside", folder)?;
            fs::remove_file(folder)?;
            fs::rename(folder.with_extension("aside"), folder)
        }),
        ("longer", &|path| fs::OpenOptions::new().append(true).open(path)?.write_all(whole.as_bytes())),
        ("nothing", &|path| fs::remove_file(path)),
        ("a pipe", &|path| {
            fs::remove_file(path)?;
            rustix::fs::mkfifoat(rustix::fs::CWD, path, 0o600.into())?;
            fs::remove_file(path)
        }),
        ("a folder", &|path| {
            fs::remove_file(path)?;
            fs::create_dir(path)?;
            fs::remove_dir(path)
        }),
    ];
    for (name, change) in changes {
        let place = Place::new();
        place.write("tree/platform.kdl", PLATFORM.replace("part.kdl", "parts/part.kdl"));
        place.write("tree/parts/part.kdl", &whole);
        place.write("outside/part.kdl", format!("team \"{SECRET}\" 1\n"));
        let path = place.path("tree/parts/part.kdl");
        let is_over = AtomicBool::new(false);
        let outputs = std::thread::scope(|scope| {
            let changing = scope.spawn(|| {
                let mut changes = 0;
                while !is_over.load(Ordering::Relaxed) {
                    change(&path).and_then(|()| restore(&path)).expect("the folder is ours");
                    changes += 1;
                }
                changes
            });
            let outputs: Vec<Output> =
                (0..ROUNDS).map(|_| place.output("timeout 60 trackside check tree --format json")).collect();
            is_over.store(true, Ordering::Relaxed);
            assert_ne!(changing.join().expect("it does not panic"), 0);
            outputs
        });
        for Output { status, stdout, stderr } in outputs {
            let [out, err] = [stdout, stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
            // What a symlink leads to may be named; what stands there is nobody's.
            assert!(
                !out.contains(SECRET) && err.is_empty() && status.code() == Some(1),
                "{name}: {status}\n{out}\n{err}"
            );
        }
    }
}

/// What somebody does to a file.
trait Change: Fn(&Path) -> io::Result<()> + Sync {}

impl<F: Fn(&Path) -> io::Result<()> + Sync> Change for F {}

/// How often a tree is checked while somebody changes it.
const ROUNDS: usize = 6;

fn place() -> Place {
    let place = Place::new();
    place.write("tree/platform.kdl", PLATFORM);
    place
}

/// `run` shows the end of what the program says, and how it ended; `sums` tells whether a folder is as it was.
const PRELUDE: &str = r#"
run() { timeout 60 trackside "$@" > "$HOME/said"; code=$?; tail -n 1 "$HOME/said"; [ $code = 0 ] || echo "exit $code"; }
sums() { find "$1" -type f -exec sha256sum {} + | LC_ALL=C sort; }
"#;

/// Runs each script in a place and a mount name space of its own; `None` where the machine allows none.
fn on_mounts(scripts: &[(&str, String)]) -> Option<String> {
    // Root may have one; others where the machine lets them be root of users of their own.
    let ways = ["--mount", "--user --map-root-user --mount"];
    let mut told = String::new();
    let trial = Place::new();
    let Some(way) = ways.iter().find(|it| {
        trial
            .output(&format!("unshare {it} sh -c 'mkdir tried; mount -t tmpfs tried tried'"))
            .status
            .success()
    }) else {
        println!("not tried: this machine has no mount name spaces for us");
        return None;
    };
    for (name, script) in scripts {
        let command = format!("unshare {way} sh -s <<'END'\n{PRELUDE}{script}\nEND");
        write!(told, "# {name}\n{}", place().run(&command, Streams::Apart))
            .expect("a string takes everything");
    }
    Some(told)
}
