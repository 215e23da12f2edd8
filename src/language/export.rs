//! The platform as meant, for other programs: one JSON object, described by `schema/platform.schema.json`.
//!
//! Names of fields are in snake case; what is one word in a file is the same word here; of a sealed secret there is a digest.
//! It has no places in files and no values of secrets. Two trees with the same export mean the same.

use crate::diagnostic::json::inert;
use crate::language::Platform;

/// Writes a platform in its one form, with a newline at the end.
pub fn render(platform: &Platform) -> String {
    inert(platform)
}

/// The JSON schema of what [`render`] writes.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Platform>();
    schema.insert("title".to_owned(), "trackside platform".into());
    inert(&schema)
}
