//! Values that are handed on: to a program, to a cluster, to whoever rotates.

use std::fs;
use std::process::Stdio;

use super::{CANARY, finish, sealed};

#[test]
fn a_program_gets_what_it_is_given_and_no_key() {
    let (desk, _) = sealed();
    let binary = [0, 255, b'\n', b'a'];
    let exec = |arguments: &[&str]| {
        let all = [&["secrets", "exec"][..], arguments].concat();
        let key = desk.tree().join("../ana/trackside/age.key");
        let key = key.to_str().expect("it is text");
        desk.run_with("ana", &all, "", &[("TRACKSIDE_AGE_KEY_FILE", key), ("KEPT", "yes")])
    };
    let run = exec(&["--var", "A=shop/stripe-key", "--var", "B=shop/db:user", "--", "env"]);
    let given: Vec<&str> =
        run.out.lines().filter(|it| ["A=", "B=", "KEPT="].iter().any(|own| it.starts_with(own))).collect();
    assert_eq!(given.len(), 3, "{}", run.out);
    assert!(given.contains(&"B=shop") && given.contains(&&*format!("A={CANARY}")), "{given:?}");
    assert!(!run.out.contains("TRACKSIDE_AGE_KEY"), "{}", run.out);
    // As the cluster would.
    let run = exec(&["--workload", "shop/web", "--", "printenv", "STRIPE_KEY", "PGUSER"]);
    assert_eq!(run.out, format!("{CANARY}\nshop\n"), "{}", run.err);
    assert_eq!(
        exec(&["--var", "A=shop/db:user", "--", "sh", "-c", "exit 7"]).code,
        Some(7),
        "it is the program that ends"
    );

    // Every byte, in memory that nobody can write to.
    fs::write(desk.tree().join("binary"), binary).expect("it can be written");
    assert_eq!(desk.run("ana", &["secrets", "encrypt", "shop/stripe-key", "binary"], "").code, Some(0));
    let run = exec(&[
        "--file",
        "F=shop/stripe-key",
        "--",
        "sh",
        "-c",
        "cmp \"$F\" binary && ! echo x >> \"$F\" && echo same",
    ]);
    assert_eq!(run.out, "same\n", "{}", run.err);
    let refused = exec(&["--var", "A=shop/stripe-key", "--", "env"]);
    assert_eq!((refused.code, &*refused.out), (Some(2), ""));
    assert!(refused.err.contains("has a NUL in it"), "{}", refused.err);

    for (arguments, told) in [
        (&["--", "env"][..], "nothing is given to `env`"),
        (&["--var", "A=shop/db", "--", "env"], "has several values: say which, as in `shop/db:KEY`"),
        (&["--var", "A=shop/db:pasword", "--", "env"], "did you mean `password`?"),
        (&["--var", "A=shop/stripe-kye", "--", "env"], "did you mean `shop/stripe-key`?"),
        (&["--var", "A", "--", "env"], "write it like `TOKEN=shop/token`"),
        (&["--workload", "shop/wbe", "--", "env"], "did you mean `shop/web`?"),
        (&["--var", "A=shop/db:user", "--", "no-such-program"], "could not run `no-such-program`"),
    ] {
        let refused = exec(arguments);
        assert_eq!((refused.code, &*refused.out), (Some(2), ""), "{arguments:?}");
        assert!(refused.err.contains(told), "{arguments:?}: {}", refused.err);
    }
}

#[test]
fn a_cluster_is_given_values_by_a_pipe_alone() {
    let (desk, _) = sealed();
    let rendered = desk.run("ana", &["secrets", "render"], "");
    assert_eq!(rendered.code, Some(0), "{}", rendered.err);
    assert!(
        rendered.out.contains("\n  \"password\": \"") && rendered.out.contains("namespace: hello-shop\n")
    );
    let file = desk.tree().join("../rendered");
    let mut command = desk.command("ana", env!("CARGO_BIN_EXE_trackside"), &["secrets", "render"]);
    command.stdout(fs::File::create(&file).expect("it can be made")).stderr(Stdio::piped());
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(&file).expect("it is there"), b"");
    // What does not open is not left out.
    let refused = desk.run("nobody", &["secrets", "render"], "");
    assert_eq!((refused.code, &*refused.out), (Some(2), ""));
    // Nor is anything written of a tree with mistakes.
    let text = String::from_utf8(desk.read("platform.kdl")).expect("it is text");
    desk.write("platform.kdl", text.replace("secret=\"db\"", "secret=\"dbb\""));
    let refused = desk.run("ana", &["secrets", "render"], "");
    assert_eq!((refused.code, &*refused.out), (Some(1), ""));
    assert!(refused.err.contains("TS110"), "{}", refused.err);
}

#[test]
fn what_is_generated_is_rotated_and_the_rest_stays() {
    let (desk, ana) = sealed();
    let platform = super::Desk::platform(&[&ana], &["ana"]);
    let generated =
        "keys \"user\" \"password\"\n        generate \"random\" key=\"password\" bytes=24 as=\"hex\"";
    desk.write("platform.kdl", platform.replace("keys \"user\" \"password\"", generated));
    assert_eq!(desk.found(), [""; 0]);
    assert_eq!(
        desk.run("ana", &["secrets", "rotate", "shop/db"], "").err,
        "version 2 of `shop/db` is sealed for 2 keys\n"
    );
    let shown = desk.run("ana", &["secrets", "show", "shop/db"], "").out;
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("it is JSON");
    assert_eq!(shown["user"], "shop");
    assert_eq!(shown["password"].as_str().map(str::len), Some(48));
    // One key is set, the other stays.
    assert_eq!(desk.run("ana", &["secrets", "set", "shop/db", "--key", "user"], "other\n").code, Some(0));
    let now: serde_json::Value =
        serde_json::from_str(&desk.run("ana", &["secrets", "show", "shop/db"], "").out).expect("it is JSON");
    assert_eq!((&now["user"], &now["password"]), (&"other".into(), &shown["password"]));
    let refused = desk.run("ana", &["secrets", "set", "shop/db", "--key", "usr"], "x");
    assert!(refused.err.contains("has no `usr`"), "{}", refused.err);
    // What nobody generates comes by standard input, and alone.
    assert_eq!(desk.run("ana", &["secrets", "rotate", "shop/stripe-key"], "given\n").code, Some(0));
    assert_eq!(desk.run("ana", &["secrets", "show", "shop/stripe-key"], "").out, "given");
    let refused = desk.run("ana", &["secrets", "rotate", "shop/stripe-key", "shop/db"], "x");
    assert!(refused.err.contains("rotate it by itself"), "{}", refused.err);
    assert_eq!(desk.found(), [""; 0]);
}

#[test]
fn what_another_program_sealed_is_taken_over() {
    let (desk, ana) = sealed();
    let key = ana.split('"').find(|it| it.starts_with("age1")).expect("it is declared");
    let recipient: age::x25519::Recipient = key.parse().expect("it is one");
    fs::write(desk.tree().join("old.age"), age::encrypt(&recipient, b"taken over").expect("it is sealed"))
        .expect("written");
    let encrypt = |file: &str| desk.run("ana", &["secrets", "encrypt", "shop/stripe-key", file], "");
    assert_eq!(encrypt("old.age").err, "version 2 of `shop/stripe-key` is sealed for 2 keys\n");
    assert_eq!(desk.run("ana", &["secrets", "show", "shop/stripe-key"], "").out, "taken over");
    let refused = encrypt("secrets/db.age");
    assert!(refused.err.contains("it is sealed as shop/db already"), "{}", refused.err);
    assert!(encrypt("none").err.contains("could not read `none`"));
    assert!(encrypt(".").err.contains("it is no regular file"));
    let large = fs::File::create(desk.tree().join("large")).expect("it can be made");
    large.set_len(100 << 20).expect("it may be sparse");
    assert!(encrypt("large").err.contains("has more than"), "{}", encrypt("large").err);
    assert_eq!(
        finish(desk.command("ana", env!("CARGO_BIN_EXE_trackside"), &["check"]), "").status.code(),
        Some(0)
    );
}
