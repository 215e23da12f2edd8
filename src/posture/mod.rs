//! Facts → findings: the traps and risks in anyone's manifests and SQL.
//!
//! What is looked at is what the files really allow; what is found has a code of its own, a place, and what to write instead.
//! Nothing here knows a [`Platform`](crate::language::Platform).

pub mod access;
mod finding;
pub mod network;
pub mod pod;
pub mod rows;
pub mod service;

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostics;
use crate::facts::access::Access;
use crate::facts::connectivity::Connectivity;
use crate::facts::connectivity::stranger::Strangers;
use crate::facts::manifest::{Manifests, Places};
use crate::facts::rows::Rows;
use crate::render::kubernetes::pod_security::Standard;

/// What can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Pods, by the Pod Security Standards.
    PodSecurity,
    /// Network policies.
    Network,
    /// Services, Ingress objects and routes.
    Service,
    /// Who may do what, by RBAC.
    Rbac,
    /// Row-level security, in SQL.
    Rows,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::PodSecurity, Self::Network, Self::Service, Self::Rbac, Self::Rows];
}

/// Reports what is wrong with manifests and SQL, as far as it is asked for.
pub fn check(
    manifests: &Manifests,
    rows: &Rows,
    areas: &BTreeSet<Area>,
    standard: Standard,
    places: &Places<'_>,
    sink: &mut Diagnostics,
) {
    if areas.contains(&Area::PodSecurity) {
        pod::check(manifests, standard, places, sink);
    }
    if areas.contains(&Area::Rbac) {
        access::check(manifests, &Access::of(manifests, places, sink), places, sink);
    }
    if areas.contains(&Area::Rows) {
        rows::check(rows, sink);
    }
    let is_about_network = areas.contains(&Area::Network) || areas.contains(&Area::Service);
    if is_about_network {
        let connectivity = Connectivity::of(manifests, Strangers::Unknown, places, sink);
        if areas.contains(&Area::Network) {
            network::check(manifests, &connectivity, places, sink);
        }
        if areas.contains(&Area::Service) {
            service::check(manifests, &connectivity, places, sink);
        }
    }
}
