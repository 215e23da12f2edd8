//! What `trackside secrets render` writes fills a real cluster: each Secret has its values to the byte.

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use trackside::render::yaml;

use super::kubernetes::Server;

#[test]
fn a_cluster_is_filled_with_what_is_sealed() {
    let server = Server::shared();
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let tree = root.path().join("tree");
    crate::secrets::copy(Path::new("examples/secrets"), &tree);
    let run = |home: &str, verb: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command
            .args(verb)
            .current_dir(&tree)
            .env("HOME", root.path())
            .env("XDG_CONFIG_HOME", tree.join("throwaway").join(home));
        for name in ["TRACKSIDE_AGE_KEY", "TRACKSIDE_AGE_KEY_FILE", "TRACKSIDE_SIGNING_KEY"] {
            command.env_remove(name);
        }
        let output = command.stdin(Stdio::null()).output().expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is text")
    };
    let rendered = run("controller", &["secrets", "render"]);
    let documents = yaml::read(&rendered).expect("it is YAML");
    assert_eq!(documents.len(), 3);
    let mut namespace = serde_json::json!({ "apiVersion": "v1", "kind": "Namespace" });
    namespace["metadata"]["name"] = Value::from("tide-shop");
    server.create_namespace(&namespace).expect("a namespace is created");
    for document in documents {
        let sent = document.root.to_value();
        let answer = server.apply(&sent).expect("the server takes it");
        let back = &answer.object;
        assert_eq!((&back["data"], &back["type"]), (&sent["data"], &sent["type"]));
        let name = back["metadata"]["name"].as_str().expect("it has a name");
        for (key, value) in back["data"].as_object().expect("it has values") {
            let value = STANDARD.decode(value.as_str().expect("it is text")).expect("it is base64");
            let taken = match key.as_str() {
                "value" => format!("A=shop/{name}"),
                key => format!("A=shop/{name}:{key}"),
            };
            // What a program is given is the same.
            let given = run("controller", &["secrets", "exec", "--file", &taken, "--", "sh", "-c", "cat $A"]);
            assert_eq!(given.as_bytes(), value, "{name} {key}");
        }
    }
}
