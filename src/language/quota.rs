//! The `quota` declaration: what a project may use at most.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::project::Project;
use crate::language::value::quantity::{Bytes, Cpu};
use crate::language::workload::Resources;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "quota",
    Class::Single,
    "What a project may use at most: the sum of limits, at the most replicas. The checker adds up what is declared; a \
     ResourceQuota enforces it.",
)
.properties(&[
    Field::optional::<Cpu>("cpu", "The sum of processor limits."),
    Field::optional::<Bytes>("memory", "The sum of memory limits."),
    Field::optional::<u32>("pods", "How many pods."),
    Field::optional::<Bytes>("disk", "The sum of disks."),
]);

/// Reads the quota of a project.
pub fn resolve(project: &Item<'_>, sink: &mut Diagnostics) -> Option<Quota> {
    let item = project.child(KIND.word)?;
    Some(Quota {
        cpu: item.property::<Cpu>("cpu", sink).map(|it| it.value),
        memory: item.property::<Bytes>("memory", sink).map(|it| it.value),
        pods: item.property::<u32>("pods", sink).map(|it| it.value),
        disk: item.property::<Bytes>("disk", sink).map(|it| it.value),
        span: item.span(),
    })
}

/// Reports a quota that is smaller than what it must hold.
pub fn check(project: &Project, sink: &mut Diagnostics) {
    let Some(Quota { cpu, memory, pods, disk, span }) = &project.quota else { return };
    let mut need = Need::default();
    for service in project.services.values() {
        let disks: u64 = service.disks.iter().map(|it| it.size.0).fold(0, u64::saturating_add);
        need.add(service.workload.resources, disks, service.replicas.to);
    }
    for cron in project.crons.values() {
        need.add(cron.workload.resources, 0, 1);
    }
    let Need { cpu: need_cpu, memory: need_memory, pods: need_pods, disk: need_disk } = need;
    let mut too_small = |what: &str, have: Option<(bool, String)>, need: String| {
        if let Some((true, have)) = have {
            let message = format!(
                "project `{}` may use {what} up to {have} and needs {need} at its most replicas",
                project.name
            );
            sink.report(
                Diagnostic::new(Code::QuotaTooSmall, *span, message)
                    .help(format!("raise it to {need}, or lower limits or replicas")),
            );
        }
    };
    too_small("cpu", cpu.map(|it| (it < need_cpu, it.to_string())), need_cpu.to_string());
    too_small("memory", memory.map(|it| (it < need_memory, it.to_string())), need_memory.to_string());
    too_small("pods", pods.map(|it| (it < need_pods, it.to_string())), need_pods.to_string());
    too_small("disk", disk.map(|it| (it < need_disk, it.to_string())), need_disk.to_string());
}

/// What all workloads of a project use at most.
struct Need {
    cpu: Cpu,
    memory: Bytes,
    pods: u32,
    disk: Bytes,
}

impl Default for Need {
    fn default() -> Self {
        Self { cpu: Cpu(0), memory: Bytes(0), pods: 0, disk: Bytes(0) }
    }
}

impl Need {
    fn add(&mut self, resources: Resources, disk: u64, count: u32) {
        let times = |value: u64| value.saturating_mul(u64::from(count));
        self.cpu.0 = self.cpu.0.saturating_add(times(resources.cpu.to.0));
        self.memory.0 = self.memory.0.saturating_add(times(resources.memory.to.0));
        self.disk.0 = self.disk.0.saturating_add(times(disk));
        self.pods = self.pods.saturating_add(count);
    }
}

/// A quota as meant: of limits, at the most replicas.
#[derive(Clone, Debug)]
pub struct Quota {
    /// The sum of processor limits.
    pub cpu: Option<Cpu>,
    /// The sum of memory limits.
    pub memory: Option<Bytes>,
    /// How many pods.
    pub pods: Option<u32>,
    /// The sum of disks.
    pub disk: Option<Bytes>,
    /// Where it is declared.
    pub span: Span,
}
