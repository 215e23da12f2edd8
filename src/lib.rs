//! trackside.

pub mod diagnostic;
pub mod language;
pub mod render;
pub mod source;
pub mod syntax;
pub mod tree;
