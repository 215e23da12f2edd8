//! The namespace of what the platform itself runs, as strict as that of any project.
//!
//! Nobody declares its quota: it is what runs there, and one pod more of each to put a new version in its place.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::language::Platform;
use crate::language::database::server::Server;
use crate::language::value::quantity::{Bytes, Cpu};
use crate::language::workload::Resources;
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::network::Callers;
use crate::render::kubernetes::{cloudnative_pg, edge, namespace, network, quantity, quota, secret};

/// Renders it, where something runs there.
pub fn render(platform: &Platform, callers: &Callers<'_>, objects: &mut Objects<'_>) {
    let running = running(platform);
    if running.is_empty() {
        return;
    }
    namespace::render_system(objects);
    quota::render_system(hard(&running), objects);
    network::render_system(callers, objects);
    platform.edges.values().for_each(|edge| edge::render(edge, objects));
    cloudnative_pg::render(platform.databases.values(), objects);
    secret::render_system(objects);
}

/// What each pod there gets, and how many there are of it.
fn running(platform: &Platform) -> Vec<(Resources, u32)> {
    let edges = platform.edges.values().map(|it| (it.workload.resources, it.replicas.to));
    let databases = platform.databases.values().filter_map(|it| match &it.server {
        Server::CloudNativePg(server) => Some((server.resources, server.instances)),
        Server::Outside(_) => None,
    });
    edges.chain(databases).collect()
}

fn hard(running: &[(Resources, u32)]) -> BTreeMap<&'static str, Quantity> {
    let (mut cpu, mut memory, mut pods) = (0_u64, 0_u64, 0_u64);
    for (resources, count) in running {
        let count = u64::from(*count) + 1;
        cpu = cpu.saturating_add(resources.cpu.to.0.saturating_mul(count));
        memory = memory.saturating_add(resources.memory.to.0.saturating_mul(count));
        pods += count;
    }
    [
        ("limits.cpu", quantity::of_cpu(Cpu(cpu))),
        ("limits.memory", quantity::of_bytes(Bytes(memory))),
        ("pods", Quantity(pods.to_string())),
    ]
    .into()
}
