use std::collections::BTreeMap;

use super::*;
use crate::diagnostic::Diagnostics;
use crate::language::include::{self, Sources};
use crate::language::{self, Selection};
use crate::tree::Tree;

/// The reference platform's access rules, and a few that are harder.
const RAILWAY: &str = include_str!("tests.kdl");

fn platform(text: &str) -> Platform {
    let tree = Tree::of(text);
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(&tree, &mut sink);
    let declarations = language::declare(&documents, &tree, &mut map, &mut sink);
    let platform = language::resolve(&declarations, &Selection::default(), &mut sink);
    let mistakes: Vec<&str> = sink.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert_eq!(mistakes, [""; 0]);
    platform.expect("what has no mistakes has a meaning")
}

#[test]
fn dump() {
    let files = files(&platform(RAILWAY));
    let out = std::path::Path::new("/tmp/opaout");
    let _ = std::fs::remove_dir_all(out);
    for (path, file) in &files {
        std::fs::create_dir_all(out.join(path).parent().unwrap()).unwrap();
        std::fs::write(out.join(path), &file.bytes).unwrap();
    }
    std::fs::write(out.join("bundle.tar.gz"), bundle::pack(&files)).unwrap();
    let _ = BTreeMap::<(), ()>::new();
}
