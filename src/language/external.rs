//! The `external` declaration: places outside the cluster that workloads may reach.

use crate::language::name::Name;
use crate::language::value::network::{Cidr, TransportPort};
use crate::source::Span;

/// An external place as meant.
#[derive(Clone, Debug)]
pub struct External {
    /// What it is called.
    pub name: Name,
    /// Its addresses; empty for anywhere outside, private, link-local and the cluster's own ranges excepted.
    pub ranges: Vec<Cidr>,
    /// Its ports; at least one.
    pub ports: Vec<TransportPort>,
    /// Where it is declared.
    pub span: Span,
}
