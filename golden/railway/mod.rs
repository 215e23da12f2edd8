//! The reference platform: all that it must express stands where it says and ends where it says, its environments differ
//! where their blocks say, and none of the mistakes that such platforms are copied with is in what is rendered.

mod environments;
mod facts;
mod traps;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use facts::{Fact, SYSTEMS, System};
use serde_json::Value;
use trackside::language::Selection;
use trackside::language::manual::Manual;
use trackside::tree::Tree;

use crate::artifacts;

/// What a platform compiles to, ready to be looked at.
pub(crate) struct Rendered {
    /// The files of the output folder, and `export` for the platform as meant.
    files: BTreeMap<String, String>,
    /// The objects of each file, by `Kind/name`; those of one name in several namespaces are in several files.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
}

#[test]
fn every_fact_stands_where_it_says_and_ends_where_it_says() {
    let rendered = Rendered::of("production");
    let reference = Manual::new().whole();
    let mut wrong = String::new();
    for fact in SYSTEMS.iter().flat_map(|it| it.facts) {
        if let Err(why) = is_declared(fact, &reference) {
            writeln!(wrong, "{}: {why}", fact.says).expect("it is text");
        }
        for end in fact.ends {
            if let Err(why) = rendered.holds(end) {
                writeln!(wrong, "{}: {end}\n    {why}", fact.says).expect("it is text");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_facts_are_in_the_readme() {
    let path = artifacts::root("examples/railway/README.md");
    let text = std::fs::read_to_string(&path).expect("the example has a README");
    let (before, rest) = text.split_once(BEGIN).expect("the README says where the facts begin");
    let (_, after) = rest.split_once(END).expect("and where they end");
    let made = format!("{before}{BEGIN}\n\n{}{END}{after}", table());
    if artifacts::update() {
        std::fs::write(&path, &made).expect("the README can be written");
    } else {
        assert!(made == text, "run with INSTA_UPDATE=always and look at examples/railway/README.md");
    }
}

const BEGIN: &str = "<!-- facts -->";
const END: &str = "<!-- end of facts -->";

fn table() -> String {
    let mut out = String::new();
    for System { name, facts } in SYSTEMS {
        writeln!(out, "### {name}\n\n| what holds | declared | ends in |\n|---|---|---|")
            .expect("it is text");
        for Fact { says, declared, ends } in *facts {
            let (place, text) = declared.split_once(": ").expect("a declaration stands somewhere");
            let ends: Vec<String> = ends.iter().map(|it| format!("`{}`", escaped(where_of(it)))).collect();
            let text = escaped(text);
            let text = if place.starts_with("edition") { text.replace('`', "") } else { format!("`{text}`") };
            writeln!(out, "| {says} | {place}: {text} | {} |", ends.join("<br>")).expect("it is text");
        }
        out.push('\n');
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The place of an end, without what is there.
fn where_of(end: &str) -> &str {
    let (place, _) =
        end.split_once(" = ").or_else(|| end.split_once(" has ")).expect("an end says what is there");
    place
}

fn is_declared(fact: &Fact, reference: &str) -> Result<(), String> {
    let (place, text) = fact.declared.split_once(": ").ok_or("it says no place")?;
    let found = match place.strip_prefix("edition ") {
        Some(_) => reference.contains(text),
        None => {
            let path = artifacts::root("examples/railway").join(place);
            let file = std::fs::read_to_string(&path).map_err(|it| format!("{}: {it}", path.display()))?;
            file.contains(text)
        }
    };
    if found { Ok(()) } else { Err(format!("`{text}` does not stand in {place}")) }
}

impl Rendered {
    pub(crate) fn of(environment: &str) -> Self {
        let tree = Tree::folder(&artifacts::root("examples/railway")).expect("the example is a folder");
        let selection = Selection { environment: Some(environment.to_owned()), date: None };
        let outcome = trackside::compile(&tree, &selection).expect("no fault of ours");
        let compiled = outcome.compiled.expect("the example compiles");
        let all = compiled.files(Some(&compiled.prove()), &outcome.sources);
        let texts = all
            .into_iter()
            .filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes.into_owned()).ok()?)));
        let mut files: BTreeMap<String, String> = texts.collect();
        let export = serde_json::to_string(&compiled.platform).expect("a platform is JSON");
        files.insert("export".to_owned(), export);
        let manifests = files.iter().filter(|(path, _)| path.starts_with("kubernetes/"));
        let objects = manifests.map(|(path, text)| (path.clone(), objects(text))).collect();
        Self { files, objects }
    }

    /// Whether what an end says is there.
    fn holds(&self, end: &str) -> Result<(), String> {
        let (place, is_equal, wanted) = match (end.split_once(" = "), end.split_once(" has ")) {
            (Some((place, json)), _) => (place, true, json),
            (None, Some((place, text))) => (place, false, text),
            (None, None) => return Err("it says nothing".to_owned()),
        };
        let (file, at) = place.split_once(' ').unwrap_or((place, ""));
        let text = self.files.get(file).ok_or_else(|| format!("there is no {file}"))?;
        if at.is_empty() {
            return contains(text, wanted);
        }
        let (whole, pointer): (Value, &str) = match self.objects.get(file) {
            Some(objects) => {
                let (id, pointer) = at.split_once(' ').unwrap_or((at, ""));
                let object = objects.get(id).ok_or_else(|| format!("{file} has no {id}"))?;
                (object.clone(), pointer)
            }
            None => (serde_json::from_str(text).map_err(|it| it.to_string())?, at),
        };
        let found = whole.pointer(pointer).cloned().unwrap_or(Value::Null);
        if !is_equal {
            // As the file says it, without quotes and braces of JSON around it.
            let told = serde_yaml::to_string(&found).map_err(|it| it.to_string())? + &found.to_string();
            return contains(&told.replace("\\\"", "\""), wanted);
        }
        let wanted: Value = serde_json::from_str(wanted).map_err(|it| format!("not JSON: {it}"))?;
        if found == wanted { Ok(()) } else { Err(format!("it is {found}")) }
    }
}

fn contains(text: &str, wanted: &str) -> Result<(), String> {
    if text.contains(wanted) { Ok(()) } else { Err(format!("`{wanted}` is not in it")) }
}

fn objects(text: &str) -> BTreeMap<String, Value> {
    let documents = text.split("---\n").filter(|it| !it.trim().is_empty());
    documents
        .map(|it| {
            let object: Value = serde_yaml::from_str(it).expect("a manifest is YAML");
            let of =
                |at| object.pointer(at).and_then(Value::as_str).expect("an object has a kind and a name");
            (format!("{}/{}", of("/kind"), of("/metadata/name")), object)
        })
        .collect()
}
