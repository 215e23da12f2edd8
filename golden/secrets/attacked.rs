//! What somebody tries who may change the tree and has no key.

use std::fs;
use std::os::unix::fs::symlink;

use trackside::envelope::label::{Label, Place, ValueId};
use trackside::secret::seal::seal;

use super::{CANARY, Desk, Run, finish, sealed};

const KEY: &str = "secrets/stripe-key.age";

/// The tree with another text in the place of one.
fn change(desk: &Desk, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(desk.read(path)).expect("it is text");
    assert!(text.contains(from), "{from}");
    desk.write(path, text.replacen(from, to, 1));
}

fn refused(run: &Run, told: &str) {
    assert!(matches!(run.code, Some(1 | 2)) && run.out.is_empty(), "{:?}: {}", run.code, run.err);
    assert!(run.err.contains(told), "{}", run.err);
}

fn git(desk: &Desk, arguments: &[&str]) {
    let mut command = desk.command("ana", "git", &["-c", "user.name=a", "-c", "user.email=a@a.example"]);
    command.args(arguments);
    let run = Run::of(finish(command, ""));
    assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.err);
}

/// A repository whose `main` is the tree as it was sealed.
fn repository() -> Desk {
    let (desk, _) = sealed();
    git(&desk, &["init", "-q", "-b", "main"]);
    git(&desk, &["add", "-A"]);
    git(&desk, &["commit", "-qm", "sealed"]);
    desk
}

#[test]
fn no_value_is_sealed_over_something_else() {
    let (desk, _) = sealed();
    let before = desk.read("platform.kdl");
    for (file, told) in [
        ("platform.kdl", "`platform.kdl` is no age file, so `shop/stripe-key` is not sealed into it"),
        ("secrets.lock", "`secrets.lock` is no age file"),
        ("secrets/db.age", "is the file of `shop/db` as well"),
    ] {
        change(&desk, "platform.kdl", &format!("file=\"{KEY}\""), &format!("file=\"{file}\""));
        let all = [desk.read("platform.kdl"), desk.read("secrets.lock"), desk.read("secrets/db.age")];
        refused(&desk.run("ana", &["secrets", "set", "shop/stripe-key"], "x"), told);
        assert!(
            all == [desk.read("platform.kdl"), desk.read("secrets.lock"), desk.read("secrets/db.age")],
            "{file}"
        );
        desk.write("platform.kdl", &before);
    }
}

#[test]
fn nothing_is_taken_from_an_entry_that_was_changed() {
    let (desk, _) = sealed();
    let old = desk.read(KEY);
    assert_eq!(desk.run("ana", &["secrets", "set", "shop/stripe-key"], "newer").code, Some(0));
    let lock = desk.read("secrets.lock");
    for (from, to) in
        [("version=2", "version=1"), ("version=2", "version=999999"), ("sealed=\"20", "sealed=\"29")]
    {
        desk.write(KEY, &old);
        let text = String::from_utf8(lock.clone()).expect("it is text");
        let at = text.find("secret \"stripe-key\"").expect("it is there");
        desk.write("secrets.lock", [&text[..at], &text[at..].replacen(from, to, 1)].concat());
        for verb in [
            &["secrets", "lock"][..],
            &["secrets", "set", "shop/stripe-key"],
            &["secrets", "show", "shop/stripe-key", "--unvouched"],
        ] {
            refused(
                &desk.run("ana", verb, "x"),
                "was changed after it was signed: take it as it was from git",
            );
        }
        assert_eq!(desk.read(KEY), old);
    }
    // Nor is a version that leaves no room for the next.
    desk.write(
        "secrets.lock",
        String::from_utf8(lock).expect("it is text").replace("version=2", "version=4294967295"),
    );
    refused(&desk.run("ana", &["secrets", "set", "shop/stripe-key"], "x"), "`secrets.lock` is damaged");
}

#[test]
fn no_older_or_other_value_comes_back_by_two_steps() {
    let desk = repository();
    let against = |base: &str| desk.run("nobody", &["check", "--base", base], "").out;
    // Two branches make the same version of two values.
    git(&desk, &["branch", "left"]);
    assert_eq!(desk.run("ana", &["secrets", "set", "shop/stripe-key"], "good").code, Some(0));
    git(&desk, &["commit", "-qam", "good"]);
    git(&desk, &["checkout", "-q", "left"]);
    assert_eq!(desk.run("ana", &["secrets", "set", "shop/stripe-key"], "leaked").code, Some(0));
    git(&desk, &["commit", "-qam", "leaked"]);
    git(&desk, &["checkout", "-q", "main"]);
    git(&desk, &["checkout", "-q", "left", "--", KEY, "secrets.lock"]);
    assert_eq!(desk.found(), [""; 0]);
    assert!(against("HEAD").contains("has another value as version 2"), "{}", against("HEAD"));
    git(&desk, &["checkout", "-q", "HEAD", "--", "."]);
    // Sealed for others, it is the same value.
    assert_eq!(desk.run("ana", &["secrets", "rekey", "--all"], "").code, Some(0));
    assert!(!against("HEAD").contains("TS337"));
    git(&desk, &["checkout", "-q", "HEAD", "--", "."]);
    // Taken out, and put back as it once was.
    let platform = desk.read("platform.kdl");
    let text = String::from_utf8(platform.clone()).expect("it is text");
    let start = text.find("    secret \"stripe-key\"").expect("it is declared");
    let end = start + text[start..].find("\n    }\n").expect("it ends") + 7;
    let without = [&text[..start], &text[end..]]
        .concat()
        .replace("        env \"STRIPE_KEY\" secret=\"stripe-key\"\n", "");
    desk.write("platform.kdl", without);
    let taken = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    let from = taken.find("\nsecret \"stripe-key\"").expect("it is there");
    desk.write("secrets.lock", &taken[..from]);
    assert!(
        against("HEAD").contains("has lost its entry in the lock"),
        "without a trace: {}",
        against("HEAD")
    );
    git(&desk, &["checkout", "-q", "HEAD", "--", "secrets.lock"]);
    assert_eq!(desk.run("ana", &["secrets", "lock"], "").err, "taken out: shop/stripe-key\n");
    let tombs = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    assert!(tombs.ends_with("\ngone \"stripe-key\" project=\"shop\" version=2\n"), "{tombs}");
    assert!(!against("HEAD").contains("TS337"), "{}", against("HEAD"));
    git(&desk, &["commit", "-qam", "gone"]);
    git(&desk, &["checkout", "-q", "HEAD~1", "--", "."]);
    assert!(
        against("HEAD").contains("comes back as version 2, which it had when it went"),
        "{}",
        against("HEAD")
    );
    // With another value it may.
    git(&desk, &["checkout", "-q", "HEAD", "--", "secrets.lock"]);
    assert_eq!(
        desk.run("ana", &["secrets", "set", "shop/stripe-key"], "new").err,
        "version 3 of `shop/stripe-key` is sealed for 2 keys\n"
    );
    assert!(!against("HEAD").contains("TS337"), "{}", against("HEAD"));
}

#[test]
fn what_a_stranger_sealed_is_opened_for_a_look_and_sealed_anew() {
    let (desk, ana) = sealed();
    let reads = ana.split('"').find(|it| it.starts_with("age1")).expect("it is declared");
    let place =
        Place { environment: None, project: Some("shop".into()), name: "stripe-key".into(), holder: None };
    let label = Label { platform: "hello".into(), place, version: 2, value: ValueId::of([9; 16]) };
    // For ana and nobody who should, as often as the tree declares.
    desk.write(KEY, seal(&label, b"a stranger's", [reads, reads]).expect("it is sealed"));
    assert_eq!(desk.found(), ["TS332"]);
    refused(&desk.run("ana", &["secrets", "show", "shop/stripe-key"], ""), "nobody vouches");
    let look = desk.run("ana", &["secrets", "show", "shop/stripe-key", "--unvouched"], "");
    assert_eq!(look.out, "a stranger's");
    let theirs = desk.read(KEY);
    assert_eq!(desk.run("ana", &["secrets", "lock"], "").err, "signed for version 2 of shop/stripe-key\n");
    assert_ne!(desk.read(KEY), theirs, "for those whom the tree declares");
    assert_eq!(desk.found(), [""; 0]);
}

#[test]
fn the_key_of_several_stays_the_one_that_they_have() {
    let (desk, ana) = sealed();
    let bo = desk.person("bo");
    let recipient = "recipient \"recovery\" needs=2 {\n    holder person=\"ana@hello.example\" file=\"r/ana.age\"\n    holder person=\"bo@hello.example\" file=\"r/bo.age\"\n}\n";
    let platform = Desk::platform(&[&ana, &bo], &["ana"]);
    desk.write(
        "platform.kdl",
        platform.replacen("project \"shop\"", &format!("{recipient}project \"shop\""), 1),
    );
    assert_eq!(desk.run("ana", &["secrets", "split", "recovery"], "").code, Some(0));
    refused(&desk.run("ana", &["secrets", "split", "recovery"], ""), "`--again` makes another");
    assert_eq!(desk.run("ana", &["secrets", "rekey"], "").err, "2 secrets sealed anew\n");
    assert_eq!(desk.found(), [""; 0]);
    let before = desk.read("platform.kdl");
    let text = String::from_utf8(before.clone()).expect("it is text");
    let key = text
        .split("recipient \"recovery\" key=\"")
        .nth(1)
        .and_then(|it| it.split('"').next())
        .expect("it is there");
    let mallory = desk.person("mallory");
    let theirs = mallory.split('"').find(|it| it.starts_with("age1")).expect("it has one");
    desk.write("platform.kdl", text.replace(key, theirs));
    assert!(desk.found().contains(&"TS340".to_owned()), "{:?}", desk.found());
    refused(&desk.run("ana", &["secrets", "rekey"], ""), "is not the one that its holders have shares of");
    refused(
        &desk.run("ana", &["secrets", "set", "shop/stripe-key"], "x"),
        "is not the one that its holders have shares of",
    );
    // Nor does it help to write it into the lock as well, which nobody has signed then, or to take the lines out.
    let lock = desk.read("secrets.lock");
    let split = format!("    split \"{key}\" needs=2\n");
    for other in [split.replace(key, theirs), String::new()] {
        let text = String::from_utf8(lock.clone()).expect("it is text");
        let other = text.replace(&split, &other);
        assert_ne!(other, text);
        desk.write("secrets.lock", other);
        refused(
            &desk.run("ana", &["secrets", "set", "shop/stripe-key"], "x"),
            "is not the one that its holders have shares of",
        );
    }
    desk.write("secrets.lock", lock);
    // Nor are fewer of them needed, or more, than it was split for.
    let more = "    holder person=\"mallory@hello.example\" file=\"r/mallory.age\"\n}\nproject";
    desk.write("platform.kdl", text.replace("needs=2", "needs=3").replacen("}\nproject", more, 1) + &mallory);
    assert!(desk.found().contains(&"TS340".to_owned()), "{:?}", desk.found());
    desk.write("platform.kdl", &before);
    // Together, without any key but their own.
    let share =
        |who: &str| desk.run(who, &["secrets", "show", &format!("recovery:{who}@hello.example")], "").out;
    desk.write("../one", share("bo"));
    let open = |file: &str| {
        let path = desk.tree().join(file);
        let path = path.to_str().expect("it is text");
        desk.run_with(
            "nobody",
            &["secrets", "show", "shop/stripe-key"],
            "",
            &[("TRACKSIDE_AGE_KEY_FILE", path)],
        )
    };
    refused(&open("../one"), "of the 2 shares that recipient `recovery` needs 1 are there");
    desk.write("../both", share("bo") + &share("ana"));
    assert_eq!(open("../both").out, CANARY);
    refused(&desk.run("ana", &["secrets", "set", "recovery:ana@hello.example"], "x"), "is a share of a key");
}

#[test]
fn who_may_not_sign_for_something_leaves_it_to_others() {
    let (desk, ana) = sealed();
    let bo = desk.person("bo");
    // The one secret is ana's to change, the other anybody's.
    desk.write("platform.kdl", Desk::platform(&[&ana, &bo], &["ana", "bo"]));
    assert_eq!(desk.run("ana", &["secrets", "rekey"], "").code, Some(0));
    desk.write("platform.kdl", Desk::platform(&[&ana, &bo], &["bo"]));
    let run = desk.run("bo", &["secrets", "rekey"], "");
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(
        run.err.contains("`shop/stripe-key` is left: ") && run.err.contains("1 secret sealed anew"),
        "{}",
        run.err
    );
    assert_eq!(desk.found(), ["TS334"]);
}

#[test]
fn nothing_outside_of_the_tree_is_written_and_nothing_is_waited_for() {
    let (desk, _) = sealed();
    git(&desk, &["init", "-q", "-b", "main"]);
    desk.write("../profile", "mine\n");
    symlink("../profile", desk.tree().join(".gitattributes")).expect("it can be made");
    refused(&desk.run("ana", &["secrets", "setup"], ""), "leads out of the tree");
    assert_eq!(desk.read("../profile"), b"mine\n");
    let pipe = desk.tree().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("there is mkfifo").success());
    refused(
        &desk.run("ana", &["secrets", "encrypt", "shop/stripe-key", "pipe"], ""),
        "it is no regular file",
    );
    let edit = |editor: &str| {
        desk.run_with("ana", &["secrets", "edit", "shop/stripe-key"], "", &[("EDITOR", editor)])
    };
    let before = desk.read(KEY);
    for editor in [
        "replaced() { rm \"$1\"; ln -s /etc/hostname \"$1\"; }; replaced",
        "replaced() { rm \"$1\"; mkfifo \"$1\"; }; replaced",
        "replaced() { rm \"$1\"; mkdir \"$1\"; }; replaced",
        "truncate -s 20G",
    ] {
        let run = edit(editor);
        assert_eq!(run.code, Some(2), "{editor}: {}", run.err);
        assert!(
            run.err.contains("nothing is sealed") || run.err.contains("more than 1024 KiB"),
            "{editor}: {}",
            run.err
        );
        assert_eq!(desk.read(KEY), before, "{editor}");
    }
    refused(
        &desk.run("ana", &["secrets", "set", "shop/stripe-key", "--date", "2999-01-01"], "x"),
        "is yet to come",
    );
    // What somebody wrote into the lock is shown as what it is.
    let lock = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    let entry = &lock[lock.find("\nsecret \"stripe-key\"").expect("it is there")..];
    desk.write("secrets.lock", format!("{lock}{}", entry.replace("\"stripe-key\"", "\"x\\u{1b}[2Jy\"")));
    let run = desk.run("ana", &["secrets", "lock"], "");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(!run.err.contains('\u{1b}'), "{:?}", run.err);
    let again = desk.run("ana", &["secrets", "lock"], "");
    assert_eq!((again.code, &*again.err), (Some(0), "every secret has its entry\n"), "it is read again");
    fs::remove_file(pipe).expect("it was there");
}

#[test]
fn nothing_is_sealed_for_whom_the_checker_only_guesses() {
    let (desk, ana) = sealed();
    let cz = desk.person("cz");
    let platform = Desk::platform(&[&ana, &cz], &["ana", "cy"]);
    desk.write("platform.kdl", platform);
    assert!(desk.found().contains(&"TS110".to_owned()), "{:?}", desk.found());
    for verb in [
        &["secrets", "rekey"][..],
        &["secrets", "set", "shop/stripe-key"],
        &["secrets", "rotate", "shop/stripe-key"],
    ] {
        refused(&desk.run("ana", verb, "x"), "nothing is sealed while the tree does not say for whom");
    }
    refused(
        &desk.run("cz", &["secrets", "show", "shop/stripe-key"], ""),
        "none of the keys at hand opens it",
    );
}

#[test]
fn what_is_gone_does_not_stand_beside_what_is_there() {
    let (desk, _) = sealed();
    let lock = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    desk.write("secrets.lock", format!("{lock}\ngone \"stripe-key\" project=\"shop\" version=5\n"));
    assert_eq!(desk.found(), ["TS331"]);
    refused(&desk.run("ana", &["secrets", "show", "shop/stripe-key"], ""), "it was put back");
    // The age of a value is not that of its entry.
    git(&desk, &["init", "-q", "-b", "main"]);
    desk.write("secrets.lock", &lock);
    assert_eq!(
        desk.run("ana", &["secrets", "set", "shop/stripe-key", "--date", "2026-01-01"], "old").code,
        Some(0)
    );
    git(&desk, &["add", "-A"]);
    git(&desk, &["commit", "-qm", "old"]);
    let lock = String::from_utf8(desk.read("secrets.lock")).expect("it is text");
    let at = lock.find("\nsecret \"stripe-key\"").expect("it is there");
    desk.write("secrets.lock", &lock[..at]);
    assert_eq!(desk.run("ana", &["secrets", "lock"], "").code, Some(0));
    let found = desk.run("nobody", &["check", "--base", "main"], "").out;
    assert!(found.contains("counts the age of version 2 from another day"), "{found}");
}
