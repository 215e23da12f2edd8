//! What `benches/peers/run` needs beside the tools.
#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own: it may read its arguments and the clock"
)]

mod bundle;
mod compare;
mod kdl;
mod kustomize;
mod list;
mod measure;
mod platform;
mod schema;
#[expect(dead_code, reason = "the benchmarks use the rest of it")]
#[path = "../../generate.rs"]
mod shape;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use measure::Contender;
use platform::Platform;
use serde_json::{Value, json};
use shape::Shape;

const USAGE: &str = "peers generate FOLDER OBJECTS
peers generate-access FOLDER PROJECTS ROLES
peers compare OURS THEIRS
peers compare-bundles OURS THEIRS
peers schemas FOLDER OPENAPI.json CUSTOM-RESOURCE.yaml...
peers measure ROUNDS (-- NAME OUTPUT COMMAND...)...";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", folder, objects] => generate(Path::new(folder), number(objects)?),
        ["generate-access", folder, projects, roles] => {
            let shape = Shape {
                roles: number(roles)?,
                services: 1,
                tables: 0,
                secrets: 0,
                ..Shape::of_projects(number(projects)?)
            };
            write(Path::new(folder), shape.files())
        }
        ["compare", ours, theirs] => {
            compare::compare(Path::new(ours), Path::new(theirs)).map(|it| format!("{it}\n"))
        }
        ["compare-bundles", ours, theirs] => {
            bundle::compare(Path::new(ours), Path::new(theirs)).map(|it| format!("{it}\n"))
        }
        ["schemas", folder, openapi, custom @ ..] => {
            let mut schemas = schema::of_openapi(&read(openapi)?)?;
            for path in custom {
                schemas.extend(schema::of_custom_resource(&read(path)?)?);
            }
            write(Path::new(folder), schemas.into_iter().map(|(path, it)| (path, it.to_string())).collect())
        }
        ["measure", rounds, "--", ..] => measure::measure(&contenders(&arguments[3..])?, number(rounds)?),
        _ => Err(USAGE.to_owned()),
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|it| format!("{text}: {it}"))
}

fn contenders(arguments: &[String]) -> Result<Vec<Contender>, String> {
    arguments
        .split(|it| it == "--")
        .map(|it| match it {
            [name, output, command @ ..] => {
                Ok(Contender { name: name.clone(), output: output.clone(), command: command.to_vec() })
            }
            _ => Err(USAGE.to_owned()),
        })
        .collect()
}

/// Writes the platform once for each tool, into a folder of its own.
fn generate(folder: &Path, objects: usize) -> Result<String, String> {
    let mut platform = Platform::of_about(objects);
    let kdl = kdl::files(&mut platform);
    let list = list::of_platform(&platform);
    let values = serde_norway::to_string(&list).map_err(|it| it.to_string())?;
    let json = |it: &Value| serde_json::to_string_pretty(it).expect("a list of texts and numbers") + "\n";
    let one = |path: &str, text: String| BTreeMap::from([(path.to_owned(), text)]);
    for (tool, files) in [
        ("trackside", kdl),
        ("kustomize", kustomize::files(&platform)),
        ("helm", one("values.yaml", values)),
        ("cue", one("platform.json", json(&json!({ "platform": list })))),
        ("jsonnet", one("platform.json", json(&list))),
    ] {
        write(&folder.join(tool), files)?;
    }
    Ok(String::new())
}

fn write(folder: &Path, files: BTreeMap<String, String>) -> Result<String, String> {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .and_then(|()| fs::write(&path, text))
            .map_err(|it| format!("{}: {it}", path.display()))?;
    }
    Ok(String::new())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|it| format!("{path}: {it}"))
}
