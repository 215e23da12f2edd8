//! A verb that is killed at any moment leaves the old value or the new one, and never none; two that run at once do not
//! undo each other.

#![expect(clippy::disallowed_methods, reason = "moments are what this is about")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{CANARY, Desk, sealed};

/// How often each verb is killed.
const TIMES: u32 = 25;

#[test]
fn a_killed_verb_leaves_the_old_value_or_the_new_one() {
    let (desk, _) = sealed();
    desk.write("new", "new");
    let key = "shop/stripe-key";
    let verbs: &[&[&str]] = &[
        &["secrets", "set", key],
        &["secrets", "encrypt", key, "new"],
        &["secrets", "edit", key],
        &["secrets", "rotate", key],
        &["secrets", "rekey", "--all"],
    ];
    for verb in verbs {
        let whole = {
            assert_eq!(desk.run("ana", &["secrets", "set", key], CANARY).code, Some(0));
            let start = Instant::now();
            assert!(run(&desk, verb, None).success(), "{verb:?}");
            start.elapsed()
        };
        let mut counts = [0; 3];
        for round in 0..TIMES {
            assert_eq!(desk.run("ana", &["secrets", "set", key], CANARY).code, Some(0));
            // More of them where it writes, which is at the end.
            let part = if round % 4 == 0 { round * 4 } else { 60 + round * 50 / TIMES };
            run(&desk, verb, Some(whole * part.min(110) / 100));
            if !desk.found().is_empty() {
                // A value lies in its file, and the lock does not know it yet.
                counts[2] += 1;
                let locked = desk.run("ana", &["secrets", "lock"], "");
                assert_eq!(locked.code, Some(0), "{verb:?} {round}: {}", locked.err);
                assert_eq!(desk.found(), [""; 0], "{verb:?} {round}");
            }
            let found = desk.run("ana", &["secrets", "show", key], "").out;
            assert!([CANARY, "new"].contains(&&*found), "{verb:?} {round}: {found}");
            counts[usize::from(found == "new")] += 1;
        }
        println!("{verb:?}: {} old, {} new, {} between, of {whole:?}", counts[0], counts[1], counts[2]);
    }
    assert_eq!(desk.run("ana", &["secrets", "rekey", "--all"], "").code, Some(0));
    let left = std::fs::read_dir(desk.tree().join("secrets")).expect("it is there").count();
    assert_eq!(left, 2, "what they were writing is gone with the next one that writes there");
    assert_eq!(desk.run_with("ana", &["secrets", "edit", key], "", &[("EDITOR", "true")]).code, Some(0));
}

/// Runs a verb with `new` as the value, and kills it after a while.
fn run(desk: &Desk, verb: &[&str], kill_after: Option<Duration>) -> std::process::ExitStatus {
    let mut command = desk.command("ana", env!("CARGO_BIN_EXE_trackside"), verb);
    let input = std::fs::File::open(desk.tree().join("new")).expect("it is there");
    command.stdin(input).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("EDITOR", "printf new >");
    let mut child = command.spawn().expect("the program starts");
    if let Some(after) = kill_after {
        std::thread::sleep(after);
        let _ended = child.kill();
    }
    child.wait().expect("it ends")
}

#[test]
fn two_at_once_do_not_undo_each_other() {
    let (desk, _) = sealed();
    let mut sealed = 0;
    for _ in 0..10 {
        let start = |secret: &str| {
            let mut command =
                desk.command("ana", env!("CARGO_BIN_EXE_trackside"), &["secrets", "set", secret, "--random"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().expect("the program starts")
        };
        let both = ["shop/stripe-key", "shop/stripe-key"].map(start);
        for child in both {
            let output = child.wait_with_output().expect("it ends");
            let told = String::from_utf8_lossy(&output.stderr);
            match output.status.code() {
                Some(0) => sealed += 1,
                _ => assert!(told.contains("was changed meanwhile"), "{told}"),
            }
        }
        assert_eq!(desk.found(), [""; 0]);
    }
    let lock = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    assert!(
        lock.contains(&format!("secret \"stripe-key\" project=\"shop\" version={}", sealed + 1)),
        "{lock}"
    );
}
