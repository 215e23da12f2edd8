//! Whether two tools made the same objects. Everything counts but the order of objects and of the keys of a mapping.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;

type Objects = BTreeMap<[String; 4], Value>;

/// Compares the YAML of two files, or of all files below two folders; says how many objects there are, or what differs.
pub(crate) fn compare(ours: &Path, theirs: &Path) -> Result<usize, String> {
    let (ours, theirs) = (objects(ours)?, objects(theirs)?);
    let mut differences = Vec::new();
    for (id, object) in &ours {
        match theirs.get(id) {
            None => differences.push(format!("{} is missing", id.join(" "))),
            Some(other) => differ(object, other, &id.join(" "), &mut differences),
        }
    }
    let added = theirs.keys().filter(|it| !ours.contains_key(*it));
    differences.extend(added.map(|it| format!("{} is too much", it.join(" "))));
    if differences.is_empty() {
        return Ok(ours.len());
    }
    let first: Vec<&str> = differences.iter().take(20).map(String::as_str).collect();
    Err(format!("{} differences:\n{}", differences.len(), first.join("\n")))
}

fn objects(path: &Path) -> Result<Objects, String> {
    let mut objects = Objects::new();
    for path in files(path)? {
        let text = fs::read_to_string(&path).map_err(|it| format!("{}: {it}", path.display()))?;
        for document in serde_norway::Deserializer::from_str(&text) {
            let object = Value::deserialize(document).map_err(|it| format!("{}: {it}", path.display()))?;
            if object.is_null() {
                continue;
            }
            let part =
                |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let id = ["/apiVersion", "/kind", "/metadata/namespace", "/metadata/name"].map(part);
            if let Some(first) = objects.insert(id, object) {
                return Err(format!("{}: twice: {first}", path.display()));
            }
        }
    }
    Ok(objects)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|it| format!("{}: {it}", path.display()))?;
    entries.map(|it| it.map(|it| it.path()).map_err(|it| format!("{}: {it}", path.display()))).collect()
}

fn differ(ours: &Value, theirs: &Value, place: &str, differences: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, value) in ours {
                differ(
                    value,
                    theirs.get(key).unwrap_or(&Value::Null),
                    &format!("{place}/{key}"),
                    differences,
                );
            }
            let added = theirs.iter().filter(|(key, _)| !ours.contains_key(*key));
            differences.extend(added.map(|(key, value)| format!("{place}/{key}: only there: {value}")));
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                differ(ours, theirs, &format!("{place}/{index}"), differences);
            }
        }
        _ if ours == theirs => {}
        _ => differences.push(format!("{place}: {ours} here, {theirs} there")),
    }
}
