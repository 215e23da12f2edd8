//! A text as a tree of several files, so that what they say of each other is tried as well: includes, templates, objects.

use std::collections::BTreeMap;

use trackside::tree::Tree;

/// A line that begins with this ends with the path of the file that follows. What stands before the first is `platform.kdl`.
const NEXT: &str = "//# ";

pub(crate) fn tree(text: &str) -> Tree {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut path = "platform.kdl";
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(NEXT) {
            Some(next) => path = next.trim_end(),
            None => files.entry(path).or_default().push_str(line),
        }
    }
    Tree::memory(files)
}
