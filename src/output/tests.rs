//! Folders that may be replaced and folders that may not, and builds that die.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;

/// What a folder is to hold, as `path=text path=text`; the index is made to fit.
fn files(texts: &str) -> BTreeMap<String, Vec<u8>> {
    let artifacts = texts.split_whitespace().map(|it| it.split_once('=').unwrap());
    let listed: Vec<_> =
        artifacts.clone().map(|(path, text)| serde_json::json!({ "path": path, "sha256": text })).collect();
    let index = serde_json::json!({ "version": 1, "generator": "trackside", "artifacts": listed });
    let index = (INDEX.to_owned(), index.to_string().into_bytes());
    artifacts.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).chain([index]).collect()
}

fn build(target: &Path, texts: &str) -> Result<Written, Error> {
    let files = files(texts);
    write(target, &target.parent().unwrap().join("tree"), &files)
}

/// What is really there, symlinks and pipes by their kind.
fn held(folder: &Path) -> BTreeMap<String, String> {
    let mut held = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            held.extend(
                self::held(&entry.path()).into_iter().map(|(path, it)| (format!("{name}/{path}"), it)),
            );
            held.insert(name + "/", String::new());
        } else if entry.file_type().unwrap().is_file() {
            held.insert(name, fs::read_to_string(entry.path()).unwrap());
        } else {
            held.insert(name, format!("{:?}", entry.file_type().unwrap()));
        }
    }
    held
}

fn holds(folder: &Path, texts: &str) -> bool {
    let mut held = held(folder);
    held.retain(|path, _| !path.ends_with('/'));
    held == files(texts).into_iter().map(|(path, it)| (path, String::from_utf8(it).unwrap())).collect()
}

fn siblings(root: &Path) -> Vec<String> {
    held(root).into_keys().filter(|it| it.starts_with(".out")).collect()
}

/// Builds into `out` and says in one line what came of it; nothing may be left beside it.
fn check(root: &Path, texts: &str) -> String {
    let written = build(&root.join("out"), texts);
    assert_eq!(siblings(root), [""; 0]);
    match written {
        Ok(Written { created, changed, removed, unchanged }) => {
            assert!(holds(&root.join("out"), texts));
            format!("created {created:?} changed {changed:?} removed {removed:?} unchanged {unchanged}")
        }
        Err(error) => said(root, &error),
    }
}

fn said(root: &Path, error: &Error) -> String {
    let root = root.canonicalize().unwrap();
    let text = error.to_string().replace(root.to_str().unwrap(), "[root]");
    match std::error::Error::source(error) {
        Some(source) => format!("{text}: {source}"),
        None => text,
    }
}

#[test]
fn a_folder_holds_what_the_last_build_made() {
    let root = tempfile::tempdir().unwrap();
    let builds = ["a=1 k/b=2 k/l/c=3", "a=1 k/b=2 k/l/c=3", "a=1 k/b=3 d=4", "k=1", "", "a=1"];
    insta::assert_snapshot!(builds.map(|it| check(root.path(), it)).join("\n"), @r#"
    created ["a", "index.json", "k/b", "k/l/c"] changed [] removed [] unchanged 0
    created [] changed [] removed [] unchanged 4
    created ["d"] changed ["index.json", "k/b"] removed ["k/l/c"] unchanged 1
    created ["k"] changed ["index.json"] removed ["a", "d", "k/b"] unchanged 0
    created [] changed ["index.json"] removed ["k"] unchanged 0
    created ["a"] changed ["index.json"] removed [] unchanged 0
    "#);
}

#[test]
fn what_no_build_wrote_is_refused_by_name_and_kept() {
    let attempts: &[&dyn Fn(&Path)] = &[
        &|out| fs::write(out.join("notes.txt"), "mine").unwrap(),
        &|out| fs::write(out.join("k/notes.txt"), "mine").unwrap(),
        &|out| fs::create_dir(out.join("empty")).unwrap(),
        &|out| fs::create_dir_all(out.join(".git/objects")).unwrap(),
        &|out| (0..9).for_each(|it| fs::write(out.join(format!("{it}.txt")), "mine").unwrap()),
        &|out| fs::remove_file(out.join(INDEX)).unwrap(),
        &|out| fs::write(out.join(INDEX), "{").unwrap(),
        &|out| fs::write(out.join(INDEX), r#"{"generator":"webpack","artifacts":[{"path":"a"}]}"#).unwrap(),
        &|out| {
            fs::write(out.join(INDEX), r#"{"generator":"trackside","artifacts":[{"path":"../a"}]}"#).unwrap();
        },
        &|out| {
            fs::remove_file(out.join("a")).unwrap();
            fs::create_dir(out.join("a")).unwrap();
        },
        #[cfg(unix)]
        &|out| {
            fs::remove_file(out.join("a")).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", out.join("a")).unwrap();
        },
        &|out| fs::write(out.join("with\nnewline"), "mine").unwrap(),
    ];
    let said = attempts.iter().map(|change| {
        let root = tempfile::tempdir().unwrap();
        build(&root.path().join("out"), "a=1 k/b=2").unwrap();
        change(&root.path().join("out"));
        let before = held(root.path());
        let said = check(root.path(), "a=2 k/b=3");
        assert_eq!(held(root.path()), before);
        said
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    `[root]/out` holds `notes.txt`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `k/notes.txt`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `empty/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `.git/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `0.txt`, `1.txt`, `2.txt` and 6 more, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `a`, `k/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `a`, `index.json`, `k/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `a`, `index.json`, `k/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `a`, `index.json`, `k/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `a/`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `a`, which trackside did not write: choose another folder, or move that away
    `[root]/out` holds `with\nnewline`, which trackside did not write: choose another folder, or move that away
    "#);
}

#[test]
fn what_a_build_wrote_is_replaced_whatever_became_of_it() {
    let attempts: &[&dyn Fn(&Path)] = &[
        &|out| fs::write(out.join("a"), "edited").unwrap(),
        &|out| fs::remove_file(out.join("a")).unwrap(),
        &|out| fs::remove_dir_all(out.join("k")).unwrap(),
        &|out| fs::remove_file(out.join("k/b")).unwrap(),
        &|out| {
            fs::write(
                out.join(INDEX),
                r#"{"more":1,"generator":"trackside","artifacts":[{"path":"a"},{"path":"k/b","x":2}]}"#,
            )
            .unwrap();
        },
        &|out| {
            fs::remove_dir_all(out).unwrap();
            fs::create_dir(out).unwrap();
        },
    ];
    let said = attempts.iter().map(|change| {
        let root = tempfile::tempdir().unwrap();
        build(&root.path().join("out"), "a=1 k/b=2").unwrap();
        change(&root.path().join("out"));
        check(root.path(), "a=1 k/b=2")
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    created [] changed ["a"] removed [] unchanged 2
    created ["a"] changed [] removed [] unchanged 2
    created ["k/b"] changed [] removed [] unchanged 2
    created ["k/b"] changed [] removed [] unchanged 2
    created [] changed ["index.json"] removed [] unchanged 2
    created ["a", "index.json", "k/b"] changed [] removed [] unchanged 0
    "#);
}

#[test]
fn some_folders_are_never_replaced() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    fs::create_dir_all(at("outer/tree/inner")).unwrap();
    fs::write(at("file"), "mine").unwrap();
    let mut targets = vec!["/".into(), "".into(), "/..".into()];
    targets.extend(
        [
            "file",
            "file/out",
            "missing/out",
            "outer",
            "outer/tree",
            "outer/tree/",
            "outer/tree/inner/..",
            "missing/..",
        ]
        .map(at),
    );
    #[cfg(unix)]
    for (link, to) in [("link", "outer"), ("dangling", "nowhere"), ("round", "round")] {
        std::os::unix::fs::symlink(to, at(link)).unwrap();
        targets.push(at(link));
        targets.push(at(&format!("{link}/")));
    }
    let before = held(root.path());
    let files = files("a=1");
    let refused = targets.iter().map(|target| {
        let error = write(target, &at("outer/tree"), &files).unwrap_err();
        format!("{}: {}", target.display(), said(root.path(), &error))
            .replace(root.path().to_str().unwrap(), "[root]")
    });
    let refused = refused.collect::<Vec<_>>().join("\n");
    assert_eq!(held(root.path()), before);
    insta::assert_snapshot!(refused, @r#"
    /: `/` cannot be an output folder: name a folder that is replaced as a whole
    : `` cannot be an output folder: name a folder that is replaced as a whole
    /..: `/..` cannot be an output folder: name a folder that is replaced as a whole
    [root]/file: `[root]/file` is not a folder: choose another name for the output
    [root]/file/out: there is no folder `[root]/file` to put the output in: create it first
    [root]/missing/out: there is no folder `[root]/missing` to put the output in: create it first
    [root]/outer: `[root]/outer` holds the platform that is compiled: choose a folder that holds nothing else
    [root]/outer/tree: `[root]/outer/tree` holds the platform that is compiled: choose a folder that holds nothing else
    [root]/outer/tree/: `[root]/outer/tree/` holds the platform that is compiled: choose a folder that holds nothing else
    [root]/outer/tree/inner/..: `[root]/outer/tree/inner/..` holds the platform that is compiled: choose a folder that holds nothing else
    [root]/missing/..: `[root]/missing/..` cannot be an output folder: name a folder that is replaced as a whole
    [root]/link: `[root]/link` is a symlink: name the folder that it leads to
    [root]/link/: `[root]/link/` is a symlink: name the folder that it leads to
    [root]/dangling: `[root]/dangling` is a symlink: name the folder that it leads to
    [root]/dangling/: `[root]/dangling/` is a symlink: name the folder that it leads to
    [root]/round: `[root]/round` is a symlink: name the folder that it leads to
    [root]/round/: `[root]/round/` is a symlink: name the folder that it leads to
    "#);
}

#[cfg(target_os = "linux")]
#[test]
fn where_nothing_can_be_written_nothing_is() {
    // Not even root can.
    let error = build(Path::new("/proc/out"), "a=1").unwrap_err();
    assert!(error.to_string().starts_with("could not write beside the output folder"), "{error}");
}

#[test]
fn a_folder_inside_the_tree_may_be_the_output() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("platform.kdl"), "").unwrap();
    let files = files("a=1");
    assert!(write(&root.path().join("out/"), root.path(), &files).is_ok());
    assert!(holds(&root.path().join("out"), "a=1"));
}

#[test]
fn files_that_make_no_folder_are_our_bug() {
    let root = tempfile::tempdir().unwrap();
    let index = |paths: &str| {
        let listed: Vec<_> = paths.split(' ').map(|it| format!(r#"{{"path":"{it}"}}"#)).collect();
        format!(r#"{{"generator":"trackside","artifacts":[{}]}}"#, listed.join(","))
    };
    let said = ["../x", "a//b", "a/b a", "a a-x a/b", "a", "a b"].map(|paths| {
        let index = index(paths);
        let files = paths.split(' ').map(|it| (it.to_owned(), &b"1"[..]));
        let mut files: BTreeMap<String, &[u8]> = files.collect();
        match paths {
            "a" => {} // No index.
            // One that lists too much.
            "a b" => {
                files.remove("b");
                files.insert(INDEX.to_owned(), index.as_bytes());
            }
            _ => _ = files.insert(INDEX.to_owned(), index.as_bytes()),
        }
        write(&root.path().join("out"), &root.path().join("tree"), &files).unwrap_err().to_string()
    });
    assert_eq!(held(root.path()), BTreeMap::new());
    insta::assert_snapshot!(said.join("\n"), @r#"
    the files of this build make no folder (a bug in trackside): `../x` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
    the files of this build make no folder (a bug in trackside): `a//b` has nothing between two of its `/` or after the last one
    the files of this build make no folder (a bug in trackside): `a` is both a file and a folder
    the files of this build make no folder (a bug in trackside): `a` is both a file and a folder
    the files of this build make no folder (a bug in trackside): there is no `index.json` of ours
    the files of this build make no folder (a bug in trackside): `b` is not both there and in `index.json`
    "#);
}

#[test]
fn a_build_that_changes_nothing_touches_nothing() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    build(&out, "a=1 k/b=2").unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let touched = ["out/a", "out/k/b", "out/k", "out", ""].map(|it| root.path().join(it));
    for path in &touched {
        fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
    }
    assert!(build(&out, "a=1 k/b=2").unwrap().is_unchanged());
    for path in &touched {
        assert_eq!(fs::metadata(path).unwrap().modified().unwrap(), long_ago, "{}", path.display());
    }
    assert_eq!(build(&out, "a=1 k/b=3").unwrap().changed, ["index.json", "k/b"]);
}

#[cfg(unix)]
#[test]
fn files_can_be_read_by_all_unless_their_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    build(&out, "k/a=1").unwrap();
    assert_eq!(["k/a", INDEX].map(|it| mode(&out.join(it)) & 0o133), [0, 0]);
    fs::set_permissions(&out, fs::Permissions::from_mode(0o700)).unwrap();
    build(&out, "k/a=2").unwrap();
    assert_eq!(mode(&out), 0o700);
}

#[test]
fn a_build_waits_for_another_one() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let texts = |it: usize| format!("a={it} k/b={it} only-{it}/c={it}");
    std::thread::scope(|scope| {
        for builder in 0..4 {
            let (out, texts) = (&out, &texts);
            scope.spawn(move || {
                for round in 0..10 {
                    build(out, &texts(builder + round % 2)).unwrap();
                }
            });
        }
    });
    assert!((0..5).any(|it| holds(&out, &texts(it))));
    assert_eq!(siblings(root.path()), [""; 0]);
}

/// Brings a folder into the state in which a build dies.
type Death<'a> = (&'a str, &'a dyn Fn(&Place));

/// Each state in which a build can die, made by hand.
#[test]
fn the_next_build_clears_what_a_dead_one_left() {
    const OLD: &str = "a=1 k/b=2";
    const NEW: &str = "a=2 k/l/c=3";
    let stage = |place: &Place| swap::stage(place, &super::check(&files(NEW)).unwrap()).unwrap();
    let deaths: &[Death] = &[
        ("with the lock", &|place| fs::write(&place.lock, "").unwrap()),
        ("before the index", &|place| fs::create_dir(&place.new).unwrap()),
        ("in the index", &|place| {
            fs::create_dir(&place.new).unwrap();
            fs::write(place.new.join(INDEX), "{\"generator\":\"tracks").unwrap();
        }),
        ("in a file", &|place| {
            stage(place);
            fs::write(place.new.join("k/l/c"), "").unwrap();
            fs::remove_file(place.new.join("a")).unwrap();
        }),
        ("before the exchange", &|place| stage(place)),
        ("after the exchange", &|place| {
            stage(place);
            swap::exchange(place).unwrap();
        }),
        ("while removing", &|place| {
            stage(place);
            swap::exchange(place).unwrap();
            fs::remove_file(place.new.join("k/b")).unwrap();
        }),
        ("before removing the index", &|place| {
            stage(place);
            swap::exchange(place).unwrap();
            fs::remove_dir_all(place.new.join("k")).unwrap();
            fs::remove_file(place.new.join("a")).unwrap();
        }),
        ("between two renames", &|place| {
            stage(place);
            fs::rename(&place.target, &place.old).unwrap();
        }),
        ("after two renames", &|place| {
            stage(place);
            swap::rename_twice(place).unwrap();
        }),
    ];
    for (name, death) in deaths {
        for next in [OLD, NEW, "x=1"] {
            let root = tempfile::tempdir().unwrap();
            let out = root.path().join("out");
            build(&out, OLD).unwrap();
            let place = Place::find(&out, root.path().join("tree").as_path()).unwrap();
            death(&place);
            if *name != "between two renames" {
                assert!(holds(&out, OLD) || holds(&out, NEW), "{name}");
            }
            let said = check(root.path(), next);
            assert!(said.starts_with("created"), "{name}: {said}");
        }
    }
}

#[test]
fn what_lies_where_a_build_works_is_not_removed_unless_it_is_ours() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    build(&out, "a=1").unwrap();
    let place = Place::find(&out, root.path().join("tree").as_path()).unwrap();
    let said = [&place.new, &place.old].map(|beside| {
        fs::create_dir_all(beside.join("k")).unwrap();
        fs::write(beside.join("k/diary"), "mine").unwrap();
        let before = held(root.path());
        let error = build(&out, "a=2").unwrap_err();
        assert_eq!(held(root.path()), before);
        fs::remove_dir_all(beside).unwrap();
        fs::write(beside, "mine").unwrap();
        let file = build(&out, "a=2").unwrap_err();
        fs::remove_file(beside).unwrap();
        format!("{}\n{}", said(root.path(), &error), said(root.path(), &file))
    });
    insta::assert_snapshot!(said.join("\n"), @r#"
    `[root]/.out.trackside-new` is left from a build and holds `k/`, which trackside did not write: move that away, then remove it
    `[root]/.out.trackside-new` is not a folder: choose another name for the output
    `[root]/.out.trackside-old` is left from a build and holds `k/`, which trackside did not write: move that away, then remove it
    `[root]/.out.trackside-old` is not a folder: choose another name for the output
    "#);
}

/// The process that builds is killed at any moment, again and again.
#[cfg(target_os = "linux")]
mod killed {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    const ROUNDS: u64 = 60;

    fn texts(it: usize) -> String {
        let files = (0..60).map(|file| format!("folder-{}/{file}-{it}={it}", file % 7));
        files.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_killed_build_leaves_all_of_the_old_files_or_all_of_the_new_ones() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        fs::write(root.path().join("may-build"), "").unwrap();
        build(&out, &texts(0)).unwrap();
        for round in 0..ROUNDS {
            let started = root.path().join("started");
            let mut child = Command::new("/proc/self/exe")
                .args(["--exact", "--ignored", "output::tests::killed::builds_until_it_is_killed"])
                .current_dir(root.path())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            while !started.exists() {
                std::thread::sleep(Duration::from_millis(1));
            }
            // Another moment in every round: dense over a first build, and far enough for several on a busy machine.
            std::thread::sleep(Duration::from_micros(733 * (round % 20) * (round % 20)));
            child.kill().unwrap();
            child.wait().unwrap();
            fs::remove_file(started).unwrap();
            let whole = (0..2).any(|it| holds(&out, &texts(it)));
            assert!(whole, "round {round}: {:?}", held(root.path()).keys());
        }
        assert!(build(&out, "a=1").is_ok());
        assert!(holds(&out, "a=1"));
        assert_eq!(siblings(root.path()), [""; 0]);
    }

    #[test]
    #[ignore = "is the process that the test above kills"]
    fn builds_until_it_is_killed() {
        if !Path::new("may-build").exists() {
            return;
        }
        let out = fs::canonicalize(".").unwrap().join("out");
        fs::write("started", "").unwrap();
        for round in 0..1_000 {
            build(&out, &texts(round % 2)).unwrap();
        }
    }
}
