//! What other programs read of a platform: every export has the form that its schema says, and no secret in it.

use std::path::PathBuf;

use serde_json::Value;
use trackside::Compiled;
use trackside::language::{Selection, export};
use trackside::tree::Tree;

use crate::examples;

#[test]
fn every_example_is_exported_as_the_schema_says() {
    let mut schema = serde_json::from_str(&export::schema()).expect("the schema is JSON");
    // Readers take fields that they do not know; here, one that the schema does not know is a mistake.
    forbid_unknown_fields(&mut schema);
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    let mut wrong = Vec::new();
    for (folder, environment, text) in exports() {
        let json = serde_json::from_str(&text).expect("an export is JSON");
        let place = |path: &dyn std::fmt::Display| format!("{} {environment:?} {path}", folder.display());
        wrong.extend(validator.iter_errors(&json).map(|it| format!("{}: {it}", place(it.instance_path()))));
        assert!(text.ends_with("}\n"), "{} ends with a newline", folder.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_sealed_text_is_exported() {
    let mut digests = 0;
    for (folder, _, text) in exports() {
        assert!(!text.contains("AGE ENCRYPTED FILE"), "{} shows an envelope", folder.display());
        digests += text.matches("\"sha256\": \"").count();
    }
    assert!(digests > 0, "a sealed secret has its digest in an export");
}

#[test]
fn places_are_no_part_of_an_export() {
    let folder = examples::folders().into_iter().find(|it| it.ends_with("minimal")).expect("there is one");
    let text = std::fs::read_to_string(folder.join("platform.kdl")).expect("it is text");
    let moved = format!("// A line more.\n\n{text}");
    let [one, other] = [text, moved].map(|it| exported(&Tree::of(&it), None));
    assert_eq!(one, other);
}

/// Every example in every environment.
fn exports() -> Vec<(PathBuf, Option<String>, String)> {
    let mut exports = Vec::new();
    for folder in examples::folders() {
        let tree = Tree::folder(&folder).expect("an example is a folder");
        for environment in examples::environments(&tree) {
            let text = exported(&tree, environment.clone());
            exports.push((folder.clone(), environment, text));
        }
    }
    exports
}

fn exported(tree: &Tree, environment: Option<String>) -> String {
    let outcome = trackside::compile(tree, &Selection { environment, date: None }).expect("no fault of ours");
    let Compiled { platform, artifacts: _ } = outcome.compiled.expect("an example builds");
    export::render(&platform)
}

fn forbid_unknown_fields(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.entry("additionalProperties").or_insert(false.into());
            }
            fields.values_mut().for_each(forbid_unknown_fields);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_unknown_fields),
        _ => {}
    }
}
