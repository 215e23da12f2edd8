//! Templates: the shape of an object as a YAML file with slots. The only file that names the template engine.
//!
//! A built-in template is parsed once into a [`Skeleton`]. A `{{ slot }}` stands for one whole YAML value and holds the
//! name of a field of the view (or a path, `probe.port`), nothing more: what to place is decided in Rust. A slot whose
//! value is `null` takes the entry of its mapping away, so that an optional field needs no second template; a list or a
//! mapping is built in Rust and placed by one slot.

use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::render::Bug;

/// A built-in template: its YAML, parsed once, with its slots.
#[derive(Debug)]
pub struct Skeleton(Node);

#[derive(Debug)]
enum Node {
    Scalar(Value),
    Slot(Vec<String>),
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
}

impl Skeleton {
    /// Reads a template. `name` is for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, Bug> {
        let _ = text;
        Err(Bug { template: name.to_owned(), message: "not yet".to_owned() })
    }

    /// Fills the slots from a view. A slot that the view does not have is a fault of ours.
    pub fn fill(&self, name: &str, view: &impl Serialize) -> Result<Value, Bug> {
        let _ = (&self.0, view);
        Err(Bug { template: name.to_owned(), message: "not yet".to_owned() })
    }
}

/// The built-in templates and what the user's tree puts in their place.
#[derive(Debug, Default)]
pub struct Templates {}

/// Why a template could not be filled.
#[derive(Debug)]
pub enum Fault {
    /// A built-in template and its view do not fit.
    Bug(Bug),
    /// A template of the user is wrong; the finding stands at its line.
    Mistake(Box<Diagnostic>),
}

impl Templates {
    /// The built-in templates alone.
    pub fn built_in() -> Self {
        Self::default()
    }
}
