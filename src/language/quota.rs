//! The `quota` declaration: what a project may use at most.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::server::Server;
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
    for database in project.databases.values() {
        if let Server::CloudNativePg(server) = &database.server {
            need.add(server.resources, server.size.0, server.instances);
        }
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    #[serde(skip)]
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_quota_holds_all_workloads_at_their_most_replicas() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                quota cpu="2" memory="1Gi" pods=4 disk="10Gi"
                service "web" { image @web; replicas "1..3" cpu="50%"; resources cpu="100m..500m" memory="256Mi" }
                service "db" { image @web; replicas 2; disk "/data" size="6Gi"; resources cpu="1" memory="1Gi" }
                cron "run" schedule="0 3 * * *" { image @web }
            }
        "#), @r"
        TS317 error 2: project `shop` may use cpu up to 2 and needs 4 at its most replicas
        TS317 error 2: project `shop` may use disk up to 10Gi and needs 12Gi at its most replicas
        TS317 error 2: project `shop` may use memory up to 1Gi and needs 3328Mi at its most replicas
        TS317 error 2: project `shop` may use pods up to 4 and needs 6 at its most replicas
        ");
    }

    #[test]
    fn defaults_count_where_nothing_else_is_written() {
        insta::assert_snapshot!(check(r#"
            defaults "service" { replicas 4; resources cpu="100m..1" }
            project "shop" {
                quota cpu="3999m" memory="2Gi" pods=4
                service "web" { image @web }
            }
            project "other" {
                defaults "service" { replicas 1; resources memory="64Mi..1Gi" }
                quota cpu="1" memory="1Gi" pods=1
                service "web" { image @web }
            }
        "#), @r"
        TS317 error 3: project `shop` may use cpu up to 3999m and needs 4 at its most replicas
        TS440 warning 3: no new version of `web` can be rolled out at the most replicas: `memory` is 2Gi and would have to be 2560Mi, `pods` is 4 and would have to be 5
        TS440 warning 8: no new version of `web` can be rolled out at the most replicas: `cpu` is 1 and would have to be 2, `memory` is 1Gi and would have to be 2Gi, `pods` is 1 and would have to be 2
        ");
    }

    #[test]
    fn a_quota_with_a_mistake_in_it_holds_anything() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                quota cpu="2 cores" memory="1GB" pods="4"
                service "web" { image @web }
            }
        "#), @r"
        TS317 error 2: project `shop` may use memory up to 1G and needs 1Gi at its most replicas
        TS105 error 2: `2 cores` has the unit ` cores`, which processor time does not know
        TS105 error 2: `1GB` has the unknown unit `GB`
        TS105 error 2: expected a number, found the text `4`
        ");
    }
}
