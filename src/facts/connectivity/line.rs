//! Connections as text: the lines that policy analysers print, what their ends are called, and how they are asked for.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::connectivity::address::Addresses;
use crate::facts::connectivity::cluster::Workload;
use crate::facts::connectivity::{Connection, Connectivity, End};

/// What the ends of connections are called.
#[derive(Clone, Debug)]
pub struct Names {
    workloads: Vec<String>,
    strangers: Vec<String>,
}

/// What whoever serves Ingress objects and routes is called.
pub const ENTRANCE: &str = "{ingress-controller}";

impl Names {
    /// Those of a cluster.
    pub fn of(connectivity: &Connectivity) -> Self {
        let Connectivity { cluster, strangers, .. } = connectivity;
        let workload = |it: &Workload| format!("{}/{}[{}]", it.namespace, it.name, it.kind);
        Self {
            workloads: cluster.workloads.iter().map(workload).collect(),
            strangers: strangers.iter().map(|it| it.name.clone()).collect(),
        }
    }

    /// What an end is called: `shop/web[Deployment]`, `10.0.0.0-10.0.0.255[External]`, `{ingress-controller}`.
    pub fn end(&self, end: End) -> String {
        match end {
            End::Workload(at) => self.workloads[at].clone(),
            End::Outside(range) => format!("{range}[External]"),
            End::Entrance => ENTRANCE.to_owned(),
            End::Stranger(at) => self.strangers[at].clone(),
        }
    }

    /// A connection: `shop/web[Deployment] => shop/api[Deployment] : TCP 8080`.
    pub fn line(&self, Connection { from, to, ports }: &Connection<'_>) -> String {
        format!("{} => {} : {ports}", self.end(*from), self.end(*to))
    }
}

/// Whom somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A workload: `web`, `shop/web`, `shop/web[Deployment]`; or all of a namespace: `shop/`.
    Named(String),
    /// Addresses outside: `10.0.0.1`, `10.0.0.0/8`.
    Addresses(IpNet),
    /// All addresses outside: `external`.
    Outside,
    /// Whoever serves Ingress objects and routes.
    Entrance,
}

impl Asked {
    /// Reads what somebody typed.
    pub fn parse(text: &str) -> Self {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Self::Addresses(address.into());
        }
        match text {
            ENTRANCE | "ingress-controller" => Self::Entrance,
            "external" | "External" => Self::Outside,
            _ => text.parse().map_or_else(|_| Self::Named(text.to_owned()), Self::Addresses),
        }
    }

    /// Whether it is about an end.
    pub fn means(&self, end: End, names: &Names) -> bool {
        match (self, end) {
            (Self::Outside, End::Outside(_)) | (Self::Entrance, End::Entrance) => true,
            (Self::Addresses(block), End::Outside(range)) => Addresses::of(*block).meets(range),
            (Self::Named(text), End::Workload(at)) => {
                let full = &names.workloads[at];
                let (whole, _) = full.rsplit_once('[').unwrap_or((full, ""));
                let (namespace, name) = whole.split_once('/').unwrap_or(("", whole));
                match text.strip_suffix('/') {
                    Some(wanted) => wanted == namespace,
                    None => text == full || text == whole || text == name,
                }
            }
            (Self::Named(text), End::Stranger(at)) => *text == names.strangers[at],
            _ => false,
        }
    }
}
