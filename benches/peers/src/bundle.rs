//! Whether two OPA bundles hold the same: policies byte by byte, data and manifest as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

#[derive(PartialEq)]
enum Content {
    Json(Value),
    Other(Vec<u8>),
}

/// Compares two bundles; says how many files there are, or which differ.
pub(crate) fn compare(ours: &Path, theirs: &Path) -> Result<usize, String> {
    let (ours, theirs) = (contents(ours)?, contents(theirs)?);
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let different: Vec<&str> =
        names.into_iter().filter(|it| ours.get(*it) != theirs.get(*it)).map(String::as_str).collect();
    if different.is_empty() { Ok(ours.len()) } else { Err(format!("not the same: {}", different.join(", "))) }
}

fn contents(path: &Path) -> Result<BTreeMap<String, Content>, String> {
    let failed = |it: &dyn std::fmt::Display| format!("{}: {it}", path.display());
    let file = File::open(path).map_err(|it| failed(&it))?;
    let mut contents = BTreeMap::new();
    for entry in tar::Archive::new(GzDecoder::new(file)).entries().map_err(|it| failed(&it))? {
        let mut entry = entry.map_err(|it| failed(&it))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches('/').to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|it| failed(&it))?;
        let content = match serde_json::from_slice(&bytes) {
            Ok(json) => Content::Json(json),
            Err(_) => Content::Other(bytes),
        };
        contents.insert(name, content);
    }
    Ok(contents)
}
