//! golden

#[cfg(feature = "real")]
mod real;
mod syntax;
