//! What a project may use: a ResourceQuota of what is declared, and a LimitRange for containers that say nothing.
//!
//! The quota is of limits. What is requested is never more, so it needs no figures of its own. It is rendered as
//! declared, without room on top for the pods that a rolling update starts before it stops others: an auditor reads the
//! figure of the declaration in the cluster. That an update fits is said by [`check`](mod@super::check).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde::Serialize;

use crate::language::defaults::Defaults;
use crate::language::project::Project;
use crate::language::quota::Quota;
use crate::language::value::quantity::{Bytes, Cpu};
use crate::language::workload::Resources;
use crate::render::kubernetes::label::{self, Labels};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::quantity;
use crate::source::Span;

/// The name of both objects: a namespace has one of each.
const NAME: &str = "project";

/// The same where the platform itself runs something.
const SYSTEM: &str = "system";

#[derive(Serialize)]
struct ResourceQuotaView {
    name: &'static str,
    namespace: String,
    hard: BTreeMap<&'static str, Quantity>,
}

#[derive(Serialize)]
struct LimitRangeView {
    name: &'static str,
    namespace: String,
    requests: BTreeMap<&'static str, Quantity>,
    limits: BTreeMap<&'static str, Quantity>,
}

/// Renders both. The LimitRange stands without a quota too: a raw pod is bounded like every other.
pub fn render(project: &Project, objects: &mut Objects<'_>) {
    let labels = label::of_project(objects.context.platform, project);
    if let Some(quota) = &project.quota {
        let view = ResourceQuotaView { name: NAME, namespace: objects.namespace(), hard: hard(quota) };
        objects.add("quota/resource-quota.yaml.j2", &labels, quota.span, &view);
    }
    render_limits(NAME, &labels, project.span, objects);
}

/// Renders both for what the platform itself runs.
pub fn render_system(hard: BTreeMap<&'static str, Quantity>, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let labels = label::of_platform(platform);
    let view = ResourceQuotaView { name: SYSTEM, namespace: objects.namespace(), hard };
    objects.add("quota/resource-quota.yaml.j2", &labels, platform.span, &view);
    render_limits(SYSTEM, &labels, platform.span, objects);
}

fn render_limits(name: &'static str, labels: &Labels, span: Span, objects: &mut Objects<'_>) {
    let Resources { cpu, memory } = Defaults::default().service.resources;
    let view = LimitRangeView {
        name,
        namespace: objects.namespace(),
        requests: amounts(cpu.from, memory.from, LOGS),
        limits: amounts(cpu.to, memory.to, WRITABLE_LAYER),
    };
    objects.add("quota/limit-range.yaml.j2", labels, span, &view);
}

/// What a container writes beside its volumes: the logs that the kubelet keeps. By its defaults these are five files of 10Mi,
/// but it looks only every ten seconds, and packs a full one beside itself before it removes it: as much again has room.
pub const LOGS: Bytes = Bytes(128 << 20);

/// The same where the image's own file system can be written.
pub const WRITABLE_LAYER: Bytes = Bytes(1 << 30);

fn hard(quota: &Quota) -> BTreeMap<&'static str, Quantity> {
    let Quota { cpu, memory, pods, disk, span: _ } = quota;
    [
        ("limits.cpu", cpu.map(quantity::of_cpu)),
        ("limits.memory", memory.map(quantity::of_bytes)),
        ("pods", pods.map(|it| Quantity(it.to_string()))),
        ("requests.storage", disk.map(quantity::of_bytes)),
    ]
    .into_iter()
    .filter_map(|(resource, amount)| Some((resource, amount?)))
    .collect()
}

fn amounts(cpu: Cpu, memory: Bytes, ephemeral: Bytes) -> BTreeMap<&'static str, Quantity> {
    [
        ("cpu", quantity::of_cpu(cpu)),
        ("memory", quantity::of_bytes(memory)),
        ("ephemeral-storage", quantity::of_bytes(ephemeral)),
    ]
    .into()
}
