//! Ports, hosts, addresses and paths.

use std::sync::Arc;

/// A TCP or UDP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port(pub u16);

/// The transport of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A port with its transport: `443/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransportPort {
    /// The port.
    pub port: Port,
    /// Its transport.
    pub protocol: Protocol,
}

/// A fully qualified host name (RFC 1123) in lower case, without a final dot: `shop.hello.example`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host(pub(super) Arc<str>);

/// A range of IPv4 or IPv6 addresses in CIDR form whose host bits are zero: `10.244.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr(pub ipnet::IpNet);

/// The path of a request, from its `/`: `/healthz`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UrlPath(pub(super) Arc<str>);

/// A host as written after `public`: a label below the platform's domain (`shop`), or a whole name (`shop.example.com`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPart(pub(super) Arc<str>);
