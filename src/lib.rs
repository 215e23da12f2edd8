//! trackside.

pub mod source;
pub mod diagnostic;
pub mod tree;
pub mod syntax;
pub mod envelope;
pub mod language;
pub mod render;
