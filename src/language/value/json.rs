//! How the platform as meant looks in JSON where a derive cannot say it. Places in files are never part of it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::language::value::Form;
use crate::language::value::text::{LabelKey, LabelPair, LabelValue};
use crate::language::value::version::KubernetesVersion;
use crate::source::Span;

impl Form {
    /// The schema of a value that is shown as a text.
    pub fn text_schema(&self) -> schemars::Schema {
        let mut schema = schemars::json_schema!({ "description": self.description(), "type": "string" });
        let example = self.example.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        // One with an ellipsis shows people where something belongs, and is no value.
        if let Some(example) = example.filter(|it| !it.contains(['…', '\\'])) {
            schema.insert("examples".to_owned(), [example].into());
        }
        schema
    }

    /// What it is called and how it is written, as a sentence.
    pub fn description(&self) -> String {
        let Self { name, expects, example: _ } = self;
        let mut rest = name.chars();
        let first = rest.next().map(|it| it.to_ascii_uppercase());
        // All of JSON stands in quotes.
        let expects = expects.trim_end_matches(", in quotes").trim_end_matches(" in quotes");
        format!("{}{}: {expects}.", first.unwrap_or_default(), rest.as_str())
    }
}

/// Serializes what stands somewhere without the places where it stands.
pub fn without_places<K: Serialize, S: Serializer>(
    map: &BTreeMap<K, Span>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.keys())
}

/// Serializes a version of Kubernetes as it is written: `1.35`.
pub fn version<S: Serializer>((major, minor): &(u32, u32), serializer: S) -> Result<S::Ok, S::Error> {
    KubernetesVersion { major: *major, minor: *minor }.serialize(serializer)
}

/// Serializes a label as it is written: `k8s-app=kube-dns`.
pub fn label<S: Serializer>((key, value): &(LabelKey, LabelValue), serializer: S) -> Result<S::Ok, S::Error> {
    LabelPair { key: key.clone(), value: value.clone() }.serialize(serializer)
}
