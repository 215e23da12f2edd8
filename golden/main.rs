//! golden

mod syntax;
