//! Whether a quota leaves room to roll out a new version.
//!
//! An update starts a new pod before it stops an old one. A quota that is used up at the most replicas lets no such pod
//! in, and the update waits for ever: for one that takes place when the load is highest, this is the first that anybody
//! sees of it. One pod of room is enough, since the pods of an update are replaced one after the other then.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::server::Server;
use crate::language::project::Project;
use crate::language::quota::Quota;
use crate::language::service::Service;
use crate::language::value::quantity::{Bytes, Cpu};
use crate::language::workload::Resources;

/// What counts towards a quota.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    cpu: u64,
    memory: u64,
    pods: u64,
}

/// Warns of a quota that holds everything and not one pod more.
pub fn check(project: &Project, sink: &mut Diagnostics) {
    let Some(Quota { cpu, memory, pods, disk: _, span }) = &project.quota else { return };
    let services = project.services.values().map(|it| of_pod(it).times(it.replicas.to));
    let databases = project.databases.values().filter_map(|it| match &it.server {
        Server::CloudNativePg(server) => Some(of_resources(server.resources).times(server.instances)),
        Server::Outside(_) => None,
    });
    let crons = project
        .crons
        .values()
        .map(|it| Use::of(it.workload.resources.cpu.to, it.workload.resources.memory.to));
    let all = services.chain(databases).chain(crons).fold(Use::default(), Use::plus);
    // Pods of a StatefulSet are replaced in place.
    for service in project.services.values().filter(|it| it.disks.is_empty()) {
        let one = of_pod(service);
        let short = [
            ("cpu", cpu.map(|it| it.0), all.cpu, one.cpu, (|it| Cpu(it).to_string()) as fn(u64) -> String),
            ("memory", memory.map(|it| it.0), all.memory, one.memory, |it| Bytes(it).to_string()),
            ("pods", pods.map(u64::from), all.pods, one.pods, |it| it.to_string()),
        ];
        let lacking = short.into_iter().filter_map(|(field, have, used, more, shown)| {
            let have = have.filter(|have| *have >= used && *have < used.saturating_add(more))?;
            Some(format!(
                "`{field}` is {} and would have to be {}",
                shown(have),
                shown(used.saturating_add(more))
            ))
        });
        let lacking: Vec<String> = lacking.collect();
        if !lacking.is_empty() {
            let name = &service.workload.name;
            let message = format!(
                "no new version of `{name}` can be rolled out at the most replicas: {}",
                lacking.join(", ")
            );
            sink.report(
                Diagnostic::new(Code::NoRoomToRoll, *span, message)
                    .related(service.workload.span, "its update starts one pod more before it stops another")
                    .help("raise the quota by one pod of the largest service"),
            );
            // The largest is enough to know what to raise; one finding for one quota.
            return;
        }
    }
}

fn of_pod(service: &Service) -> Use {
    of_resources(service.workload.resources)
}

fn of_resources(resources: Resources) -> Use {
    Use::of(resources.cpu.to, resources.memory.to)
}

impl Use {
    fn of(cpu: Cpu, memory: Bytes) -> Self {
        Self { cpu: cpu.0, memory: memory.0, pods: 1 }
    }

    fn times(self, count: u32) -> Self {
        let times = |it: u64| it.saturating_mul(u64::from(count));
        Self { cpu: times(self.cpu), memory: times(self.memory), pods: times(self.pods) }
    }

    fn plus(self, other: Self) -> Self {
        let Self { cpu, memory, pods } = other;
        Self {
            cpu: self.cpu.saturating_add(cpu),
            memory: self.memory.saturating_add(memory),
            pods: self.pods.saturating_add(pods),
        }
    }
}
