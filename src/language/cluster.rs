//! The `cluster` declaration: what only the cluster knows, without which neither rendering nor proof can be right.

use std::collections::BTreeMap;

use crate::language::name::Name;
use crate::language::value::network::Cidr;
use crate::language::value::text::{LabelKey, LabelValue};
use crate::source::Span;

/// A cluster as meant.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The Kubernetes version, `(1, 35)`.
    pub kubernetes: (u32, u32),
    /// The addresses of pods.
    pub pods: Vec<Cidr>,
    /// The addresses of services.
    pub services: Vec<Cidr>,
    /// The addresses of nodes, where known.
    pub nodes: Vec<Cidr>,
    /// Whether other environments of the platform live in the same cluster.
    pub shared: bool,
    /// Who answers names.
    pub dns: Dns,
    /// The ways in, by name.
    pub gateways: BTreeMap<Name, Gateway>,
    /// Where it is declared.
    pub span: Span,
}

/// The pods that answer names.
#[derive(Clone, Debug)]
pub struct Dns {
    /// Their namespace.
    pub namespace: Name,
    /// Their label.
    pub label: (LabelKey, LabelValue),
    /// Where it is declared.
    pub span: Span,
}

/// A way in from outside.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// What it is called: the Gateway object, or the class of Ingress objects.
    pub name: Name,
    /// Which program it is.
    pub implementation: Implementation,
    /// The namespace its pods run in.
    pub namespace: Name,
    /// Where it is declared.
    pub span: Span,
}

/// The programs that trackside can speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Implementation {
    /// Envoy Gateway, by Gateway API.
    EnvoyGateway,
    /// ingress-nginx, by Ingress objects.
    IngressNginx,
}
