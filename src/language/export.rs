//! The platform as meant, for other programs: one JSON object, described by `schema/platform.schema.json`.
//!
//! Names of fields are in snake case; what is one word in a file is the same word here; of a sealed secret there is a digest.
//! It has no places in files and no values of secrets. Two trees with the same export mean the same.

use crate::language::Platform;

/// Writes a platform in its one form, with a newline at the end.
pub fn render(platform: &Platform) -> String {
    pretty(platform)
}

/// The JSON schema of what [`render`] writes.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Platform>();
    schema.insert("title".to_owned(), "trackside platform".into());
    pretty(&schema)
}

fn pretty(value: &impl serde::Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(value).expect("our own types have text as keys and finite numbers");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the switch that rewrites expectations is insta's own")]
    fn the_committed_schema_describes_the_platform() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/platform.schema.json");
        if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
            std::fs::write(path, schema()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == schema(),
            "a type of the platform has changed: run `INSTA_UPDATE=always cargo test --lib language::export`, read the \
             difference of {path} and commit it"
        );
    }
}
