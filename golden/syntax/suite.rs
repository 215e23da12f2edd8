//! KDL's own test suite, where somebody points at it: `TRACKSIDE_KDL_SUITE` names the folder `tests/test_cases` of a
//! checkout of `kdl-org/kdl`. It is not a part of this repository, so without the variable there is nothing to run.

use std::fs;
use std::path::{Path, PathBuf};

use super::canonical::canonical;
use super::read;

#[test]
#[ignore = "name a checkout of kdl-org/kdl's tests/test_cases by TRACKSIDE_KDL_SUITE"]
#[expect(clippy::disallowed_methods, reason = "where the suite is, only whoever has it knows")]
fn the_official_suite_passes() {
    let folder = std::env::var_os("TRACKSIDE_KDL_SUITE")
        .map(PathBuf::from)
        .expect("TRACKSIDE_KDL_SUITE names a folder");
    let mut inputs: Vec<PathBuf> = fs::read_dir(folder.join("input"))
        .expect("the folder has inputs")
        .map(|it| it.expect("the folder can be read").path())
        .collect();
    inputs.sort();
    let wrong: Vec<String> = inputs.iter().filter_map(|input| judge(&folder, input)).collect();
    println!("{} cases, {} wrong", inputs.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), inputs.len(), wrong.join("\n"));
    assert!(inputs.len() > 300, "this is not the whole suite");
}

/// What is wrong about a case, if anything.
fn judge(folder: &Path, input: &Path) -> Option<String> {
    let name = input.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(input).expect("an input can be read");
    let (document, mistakes) = read(&text);
    let expected = fs::read_to_string(folder.join("expected_kdl").join(&name)).ok();
    match (expected, mistakes.first()) {
        (None, None) => Some(format!("{name}: accepted")),
        (Some(_), Some(mistake)) => Some(format!("{name}: {}", mistake.message)),
        (Some(expected), None) if canonical(&document).trim_end() != expected.trim_end() => {
            Some(format!("{name}: expected\n{expected}found\n{}", canonical(&document)))
        }
        _ => None,
    }
}
