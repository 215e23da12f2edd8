//! The `opa` command.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::component;

/// Runs `opa` with `arguments` in `folder`. A mistake in a policy is in the output; that there is no `opa` is a panic.
pub(super) fn run(arguments: &[&str], folder: &Path) -> Output {
    let opa = component("TRACKSIDE_OPA").unwrap_or_else(|problem| panic!("{problem}"));
    let output =
        Command::new(&opa).args(arguments).current_dir(folder).env_clear().stdin(Stdio::null()).output();
    output.unwrap_or_else(|problem| panic!("`{}` does not start: {problem}", opa.display()))
}

#[test]
fn opa_says_which_version_it_is() {
    let output = run(&["version"], Path::new("."));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("Version: 1.22."), "{text}");
}

#[test]
fn a_policy_is_checked_and_tested_and_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it is writable");
    write("shop.rego", "package shop\n\ndefault allow := false\n\nallow if input.role == \"clerk\"\n");
    write(
        "shop_test.rego",
        "package shop_test\n\ntest_clerk if data.shop.allow with input as {\"role\": \"clerk\"}\n",
    );
    let succeeds = |arguments: &[&str]| {
        let output = run(arguments, folder.path());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    succeeds(&["check", "--strict", "."]);
    succeeds(&["test", "."]);
    assert_eq!(succeeds(&["eval", "--format=raw", "--data=.", "data.shop.allow"]), "false\n");

    write("shop.rego", "package shop\n\nallow if { unused := 1 }\n");
    let output = run(&["check", "--strict", "."], folder.path());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("assigned var unused unused"), "{output:?}");
}
