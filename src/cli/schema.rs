//! `trackside schema`: the forms of what the program writes for other programs.

use anyhow::bail;

use crate::cli::exit::{self, Exit};
use crate::cli::terminal::Terminal;
use crate::diagnostic::{json, suggest};
use crate::facts::connectivity::document;
use crate::language::export;
use crate::proof;
use crate::render::token;

/// Print the JSON schema of what trackside writes for other programs
///
/// Without a name, all are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The schema to print: `diagnostics`, `platform`, `proof`, `reach` or `token-policy`.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// A schema; `schema/<name>.schema.json` holds its text for those who have no trackside at hand.
struct Schema {
    name: &'static str,
    /// What it describes, to be read after the name.
    about: &'static str,
    text: fn() -> String,
}

/// All of them, sorted; a new one is a line here.
const SCHEMAS: &[Schema] = &[
    Schema { name: "diagnostics", about: "the findings of `check --format json`", text: json::schema },
    Schema { name: "platform", about: "the platform that `export` prints", text: export::schema },
    Schema { name: "proof", about: "`proof.json`, which `build` and `prove` write", text: proof::schema },
    Schema { name: "reach", about: "the connections of `reach --format json`", text: document::schema },
    Schema {
        name: "token-policy",
        about: "`token/policy.json`, which `build` writes for the token service",
        text: token::schema,
    },
];

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let text = match &args.name {
        None => list(),
        Some(name) => match SCHEMAS.iter().find(|it| it.name == name) {
            Some(schema) => (schema.text)(),
            None => match suggest::closest(name, SCHEMAS.iter().map(|it| it.name)) {
                Some(meant) => bail!("there is no schema `{name}`: did you mean `{meant}`?"),
                None => bail!("there is no schema `{name}`: `trackside schema` lists all"),
            },
        },
    };
    terminal.out.print(&text)?;
    Ok(Exit::Fine)
}

fn list() -> String {
    let width = SCHEMAS.iter().map(|it| it.name.len()).max().unwrap_or_default();
    SCHEMAS.iter().map(|it| format!("{:width$}  {}\n", it.name, it.about)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema");

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the switch that rewrites expectations is insta's own")]
    fn the_committed_schemas_describe_what_is_written() {
        let mut wrong = Vec::new();
        for Schema { name, about: _, text } in SCHEMAS {
            let path = format!("{FOLDER}/{name}.schema.json");
            let text = text();
            if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
                fs::write(&path, &text).unwrap();
            }
            if fs::read_to_string(&path).unwrap_or_default() != text {
                wrong.push(path);
            }
        }
        assert!(
            wrong.is_empty(),
            "the types behind {} have changed: run `INSTA_UPDATE=always cargo test --lib cli::schema`, read the difference \
             and commit it",
            wrong.join(" and ")
        );
    }

    #[test]
    fn every_committed_schema_can_be_printed() {
        let files = fs::read_dir(FOLDER).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<String> = SCHEMAS.iter().map(|it| format!("{}.schema.json", it.name)).collect();
        assert_eq!(files.collect::<BTreeSet<_>>(), names);
        assert!(SCHEMAS.is_sorted_by_key(|it| it.name));
    }

    #[test]
    fn the_help_names_all() {
        let command = <Args as clap::Args>::augment_args(clap::Command::new("schema"));
        let help = command.clone().render_long_help().to_string();
        let missing = SCHEMAS.iter().map(|it| it.name).find(|it| !help.contains(&format!("`{it}`")));
        assert_eq!(missing, None, "{help}");
    }

    #[test]
    fn every_schema_is_one() {
        for Schema { name, about: _, text } in SCHEMAS {
            let schema = serde_json::from_str(&text()).unwrap();
            jsonschema::meta::validate(&schema).unwrap_or_else(|it| panic!("{name}: {it}"));
        }
    }
}
