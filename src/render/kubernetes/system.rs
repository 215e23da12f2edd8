//! The namespace of what the platform itself runs, as strict as that of any project.
//!
//! Nobody declares its quota: it is what runs there, and one pod more of each to put a new version in its place.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::language::Platform;
use crate::language::value::quantity::{Bytes, Cpu};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::{edge, namespace, network, quantity, quota};

/// Renders it, where something runs there.
pub fn render(platform: &Platform, objects: &mut Objects<'_>) {
    if platform.edges.is_empty() {
        return;
    }
    namespace::render_system(objects);
    quota::render_system(hard(platform), objects);
    network::render_system(objects);
    platform.edges.values().for_each(|edge| edge::render(edge, objects));
}

fn hard(platform: &Platform) -> BTreeMap<&'static str, Quantity> {
    let (mut cpu, mut memory, mut pods) = (0_u64, 0_u64, 0_u64);
    for edge in platform.edges.values() {
        let count = u64::from(edge.replicas.to) + 1;
        let resources = edge.workload.resources;
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
