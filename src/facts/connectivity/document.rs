//! Connections for other programs: JSON, and graphs for Graphviz.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::connectivity::line::Names;
use crate::facts::connectivity::port::Protocol;
use crate::facts::connectivity::{Connection, End};

/// What `trackside reach --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Connections, as `trackside reach` computes them")]
pub struct Document {
    /// The version of this form.
    pub version: u32,
    /// Everything that may talk to something, in the order of the text.
    pub connections: Vec<Line>,
    /// How many documents of the files could not be read or are no objects: what is computed holds without them.
    pub left_out: usize,
}

/// One connection.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line {
    /// Who begins: `shop/web[Deployment]`, `10.0.0.0-10.0.0.255[External]`, `{ingress-controller}`.
    pub from: String,
    /// Whom it reaches.
    pub to: String,
    /// Whether it is every port of every protocol.
    pub all: bool,
    /// On which ports, by protocol and number.
    pub ports: Vec<PortRange>,
}

/// Ports without a gap.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PortRange {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// The first, from 1.
    pub first: u16,
    /// The last, the same where it is one.
    pub last: u16,
}

/// The JSON schema of a [`Document`].
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document>();
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// One JSON object.
pub fn json(connections: &[(String, Connection<'_>)], names: &Names, left_out: usize) -> String {
    let line = |Connection { from, to, ports }: &Connection<'_>| Line {
        from: names.end(*from),
        to: names.end(*to),
        all: ports.is_all(),
        ports: Protocol::ALL
            .into_iter()
            .flat_map(|protocol| {
                ports.ranges(protocol).map(move |it| PortRange {
                    protocol: protocol.word(),
                    first: *it.start(),
                    last: *it.end(),
                })
            })
            .collect(),
    };
    let connections = connections.iter().map(|it| line(&it.1)).collect();
    let document = Document { version: 1, connections, left_out };
    let text = serde_json::to_string_pretty(&document).expect("it has names for keys and no broken numbers");
    text + "\n"
}

/// A graph for Graphviz, with the workloads of a namespace in one box.
pub fn dot(connections: &[(String, Connection<'_>)], names: &Names) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut namespaces: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut others: BTreeSet<String> = BTreeSet::new();
    for end in connections.iter().flat_map(|it| [it.1.from, it.1.to]) {
        let name = names.end(end);
        match (end, name.split_once('/')) {
            (End::Workload(_), Some((namespace, rest))) => {
                namespaces.insert((namespace.to_owned(), name.clone(), rest.to_owned()));
            }
            _ => {
                others.insert(name);
            }
        }
    }
    let mut text = "digraph reach {\n  rankdir=LR\n  node [shape=box fontname=\"sans-serif\"]\n".to_owned();
    let mut open: Option<&str> = None;
    for (namespace, name, label) in &namespaces {
        if open != Some(namespace) {
            if open.is_some() {
                text += "  }\n";
            }
            let _ = writeln!(
                text,
                "  subgraph {} {{\n    label={}",
                quoted(&format!("cluster_{namespace}")),
                quoted(namespace)
            );
            open = Some(namespace);
        }
        let _ = writeln!(text, "    {} [label={}]", quoted(name), quoted(label));
    }
    if open.is_some() {
        text += "  }\n";
    }
    for name in &others {
        let _ = writeln!(text, "  {} [shape=ellipse]", quoted(name));
    }
    for (_, Connection { from, to, ports }) in connections {
        let (from, to, label) = (names.end(*from), names.end(*to), ports.to_string());
        let _ = writeln!(text, "  {} -> {} [label={}]", quoted(&from), quoted(&to), quoted(&label));
    }
    text + "}\n"
}
