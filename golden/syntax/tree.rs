//! What a document means, as plain values that any reader's result can be turned into.

use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlValue};
use trackside::syntax::{Document, Entry, Node, Value};

/// A node, whoever read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) annotation: Option<String>,
    pub(crate) name: String,
    pub(crate) entries: Vec<Leaf>,
    pub(crate) children: Vec<Tree>,
}

/// An argument or a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) name: Option<String>,
    pub(crate) annotation: Option<String>,
    pub(crate) scalar: Scalar,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    String(String),
    Integer(i128),
    /// As written.
    BigInteger(String),
    /// Its bits, so that not-a-number equals itself.
    Float(u64),
    Bool(bool),
    Null,
}

impl Scalar {
    pub(crate) fn float(it: f64) -> Self {
        Self::Float(if it.is_nan() { f64::NAN.to_bits() } else { it.to_bits() })
    }
}

/// As we read it.
pub(crate) fn ours(document: &Document) -> Vec<Tree> {
    document.nodes().map(our_node).collect()
}

fn our_node(node: Node<'_>) -> Tree {
    Tree {
        annotation: node.annotation().map(|it| it.value.to_owned()),
        name: node.name().to_owned(),
        entries: node.entries().map(our_entry).collect(),
        children: node.children().map(our_node).collect(),
    }
}

fn our_entry(entry: Entry<'_>) -> Leaf {
    Leaf {
        name: entry.name().map(|it| it.value.to_owned()),
        annotation: entry.annotation().map(|it| it.value.to_owned()),
        scalar: match entry.value() {
            Value::String(it) => Scalar::String(it.to_owned()),
            Value::Integer(it) => Scalar::Integer(it),
            Value::BigInteger(it) => Scalar::BigInteger(it.to_owned()),
            Value::Float(it) => Scalar::float(it),
            Value::Bool(it) => Scalar::Bool(it),
            Value::Null => Scalar::Null,
        },
    }
}

/// As the kdl crate reads it.
pub(crate) fn theirs(document: &KdlDocument) -> Vec<Tree> {
    document
        .nodes()
        .iter()
        .map(|node| Tree {
            annotation: node.ty().map(identifier),
            name: identifier(node.name()),
            entries: node.entries().iter().map(their_entry).collect(),
            children: node.children().map(theirs).unwrap_or_default(),
        })
        .collect()
}

fn their_entry(entry: &KdlEntry) -> Leaf {
    Leaf {
        name: entry.name().map(identifier),
        annotation: entry.ty().map(identifier),
        scalar: match entry.value() {
            KdlValue::String(it) => Scalar::String(it.clone()),
            KdlValue::Integer(it) => Scalar::Integer(*it),
            KdlValue::Float(it) => Scalar::float(*it),
            KdlValue::Bool(it) => Scalar::Bool(*it),
            KdlValue::Null => Scalar::Null,
        },
    }
}

fn identifier(it: &KdlIdentifier) -> String {
    it.value().to_owned()
}
