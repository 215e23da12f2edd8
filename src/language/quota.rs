//! The `quota` declaration: what a project may use at most.

use crate::language::value::quantity::{Bytes, Cpu};
use crate::source::Span;

/// A quota as meant: of limits, at the most replicas.
#[derive(Clone, Debug)]
pub struct Quota {
    /// The sum of processor limits.
    pub cpu: Option<Cpu>,
    /// The sum of memory limits.
    pub memory: Option<Bytes>,
    /// How many pods.
    pub pods: Option<u32>,
    /// The sum of disks.
    pub disk: Option<Bytes>,
    /// Where it is declared.
    pub span: Span,
}
