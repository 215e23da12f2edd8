//! Probes: what the kubelet asks, and what it does about the answer.
//!
//! `health` is asked three times over: until the first good answer (a start may take its time), then to keep requests away
//! and, only when it has been bad for twice as long, to restart. So a service that is merely busy gets fewer requests
//! before it is killed. `ready` replaces it where requests are concerned.

use k8s_openapi::api::core::v1::{GRPCAction, HTTPGetAction, Probe, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use crate::language::service::{self, Ask, Service};
use crate::language::value::time::Duration;
use crate::render::kubernetes::quantity;

/// The probes of a container.
#[derive(Debug, Default, Serialize)]
pub struct Probes {
    /// Asked until it answers well for the first time; the others wait for it.
    startup: Option<Probe>,
    /// Takes requests away while it answers badly.
    readiness: Option<Probe>,
    /// Restarts the container.
    liveness: Option<Probe>,
}

const TAKEN_OUT_AFTER: i32 = 3;
const RESTARTED_AFTER: i32 = 6;

/// The probes of a service.
pub fn of_service(service: &Service) -> Probes {
    let health = service.health.as_ref();
    let ready = service.ready.as_ref().or(health);
    Probes {
        startup: health.map(|it| probe(it, tries(service.start_within, it.every))),
        readiness: ready.map(|it| probe(it, TAKEN_OUT_AFTER)),
        liveness: health.map(|it| probe(it, RESTARTED_AFTER)),
    }
}

/// The probes of a tunnel, which is asked one thing.
pub fn of_edge(health: &service::Probe, start_within: Duration) -> Probes {
    Probes {
        startup: Some(probe(health, tries(start_within, health.every))),
        readiness: Some(probe(health, TAKEN_OUT_AFTER)),
        liveness: Some(probe(health, RESTARTED_AFTER)),
    }
}

/// How often a start is asked after before its time is over.
fn tries(start_within: Duration, every: Duration) -> i32 {
    let times = start_within.0.div_ceil(every.0.max(1)).max(1);
    i32::try_from(times).unwrap_or(i32::MAX)
}

fn probe(probe: &service::Probe, failure_threshold: i32) -> Probe {
    let service::Probe { ask, port, every, within, span: _ } = probe;
    let number = i32::from(port.0);
    let mut kubernetes = Probe {
        period_seconds: Some(quantity::of_short_seconds(*every)),
        timeout_seconds: Some(quantity::of_short_seconds(*within)),
        failure_threshold: Some(failure_threshold),
        ..Probe::default()
    };
    match ask {
        Ask::Http(path) => {
            kubernetes.http_get = Some(HTTPGetAction {
                path: Some(path.to_string()),
                port: IntOrString::Int(number),
                ..HTTPGetAction::default()
            });
        }
        Ask::Tcp => {
            kubernetes.tcp_socket = Some(TCPSocketAction { port: IntOrString::Int(number), host: None });
        }
        Ask::Grpc => kubernetes.grpc = Some(GRPCAction { port: number, service: None }),
    }
    kubernetes
}
