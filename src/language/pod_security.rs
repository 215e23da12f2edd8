//! The `pod-security` declaration: how pods are confined.

use crate::language::workload::{RunAs, Scratch};
use crate::source::Span;

/// A Pod Security Standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything.
    Privileged,
    /// No known escalation.
    Baseline,
    /// Hardened.
    Restricted,
}

/// Pod security as meant: what holds where no workload says otherwise.
#[derive(Clone, Debug)]
pub struct PodSecurity {
    /// The level that namespaces audit and warn by, and enforce unless a waiver forces them lower.
    pub level: Level,
    /// Which user and groups processes run as.
    pub run_as: RunAs,
    /// Writable directories that every workload gets.
    pub scratch: Vec<Scratch>,
    /// Where it is declared; the platform's span where it is not.
    pub span: Span,
}
