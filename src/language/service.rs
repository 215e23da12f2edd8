//! The `service` declaration: a workload that runs all the time and may answer requests.

use std::collections::BTreeSet;

use crate::language::name::Name;
use crate::language::value::network::{Host, Port, UrlPath};
use crate::language::value::quantity::Bytes;
use crate::language::value::text::MountPath;
use crate::language::value::time::Duration;
use crate::language::workload::Workload;
use crate::source::Span;

/// A service as meant.
#[derive(Clone, Debug)]
pub struct Service {
    /// What it shares with every workload.
    pub workload: Workload,
    /// The port it answers on; without one, nothing can reach it.
    pub port: Option<Port>,
    /// How many run.
    pub replicas: Replicas,
    /// How its health is asked for.
    pub health: Option<Probe>,
    /// How it is asked whether it takes requests, where that differs from health.
    pub ready: Option<Probe>,
    /// How long it may take to start before it is restarted.
    pub start_within: Duration,
    /// Disks that outlive its pods; with one, it is a StatefulSet.
    pub disks: Vec<Disk>,
    /// Where it is reached from outside.
    pub public: Vec<Public>,
    /// The projects that may reach it, besides its own.
    pub offers: BTreeSet<Name>,
}

/// How many replicas run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// The fewest.
    pub from: u32,
    /// The most; above the fewest, the number follows the load.
    pub to: u32,
    /// The share of the requested processor time, in percent, that is aimed at when the number follows the load.
    pub cpu_percent: u32,
    /// Where it is declared; the service's span where it is not.
    pub span: Span,
}

/// A question that the kubelet asks.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What is asked.
    pub ask: Ask,
    /// The port, which is the service's unless another is written.
    pub port: Port,
    /// How often.
    pub every: Duration,
    /// How long an answer may take.
    pub within: Duration,
    /// Where it is declared.
    pub span: Span,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An HTTP GET of this path.
    Http(UrlPath),
    /// That the port can be connected to.
    Tcp,
    /// A gRPC health check.
    Grpc,
}

/// A disk that outlives its pod, one per replica.
#[derive(Clone, Debug)]
pub struct Disk {
    /// Where it is mounted.
    pub path: MountPath,
    /// How big it is.
    pub size: Bytes,
    /// The storage class, where not the cluster's default.
    pub class: Option<Name>,
    /// Where it is declared.
    pub span: Span,
}

/// A public address.
#[derive(Clone, Debug)]
pub struct Public {
    /// The whole host name.
    pub host: Host,
    /// The front of the path.
    pub path: UrlPath,
    /// The gateway it comes in by.
    pub gateway: Name,
    /// Where it is declared.
    pub span: Span,
}
