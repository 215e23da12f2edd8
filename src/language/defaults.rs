//! The `defaults` declaration: what holds for workloads that do not say otherwise.

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::service::{self, Replicas};
use crate::language::value::quantity::{Bytes, Cpu, Range};
use crate::language::word::words;
use crate::language::workload::{self, Resources};

/// The table.
pub static KIND: Kind = Kind::new(
    "defaults",
    Class::Named,
    "What holds for services or cron jobs that do not say otherwise: of the whole platform at the top, of one project \
     inside it.",
)
.arguments(&[Field::required::<Of>("kind", "What they are for.")])
.children(&[&workload::RESOURCES, &service::REPLICAS]);

/// What defaults are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Services.
    Service,
    /// Cron jobs.
    Cron,
}

words! { Of: "kind with defaults", Service = "service", Cron = "cron" }

/// What holds for workloads that do not say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// For services.
    pub service: WorkloadDefaults,
    /// For cron jobs.
    pub cron: WorkloadDefaults,
    /// How many of a service without a disk run.
    pub replicas: Option<Replicas>,
}

/// What holds for one kind of workload.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadDefaults {
    /// What a container asks for and gets.
    pub resources: Resources,
}

/// The defaults of edition 2026.
const EDITION: WorkloadDefaults = WorkloadDefaults {
    resources: Resources {
        cpu: Range { from: Cpu(50), to: Cpu(500) },
        memory: Range { from: Bytes(64 << 20), to: Bytes(512 << 20) },
    },
};

impl Default for Defaults {
    fn default() -> Self {
        Self { service: EDITION, cron: EDITION, replicas: None }
    }
}

/// Reads the defaults of a container, on top of those around it.
pub fn resolve(items: &[Item<'_>], outer: Defaults, sink: &mut Diagnostics) -> Defaults {
    let mut defaults = outer;
    for item in items.iter().filter(|it| it.kind.word == KIND.word) {
        let Some(of) = item.argument::<Of>(0, sink) else { continue };
        match of.value {
            Of::Service => {
                defaults.service.resources =
                    workload::resolve_resources(item, defaults.service.resources, sink);
                let replicas = item.child(service::REPLICAS.word);
                let replicas = replicas.and_then(|it| service::read_replicas(it, sink));
                defaults.replicas = replicas.or(defaults.replicas);
            }
            Of::Cron => {
                defaults.cron.resources = workload::resolve_resources(item, defaults.cron.resources, sink);
                if let Some(replicas) = item.child(service::REPLICAS.word) {
                    let message = "a cron job has no replicas";
                    let code = crate::diagnostic::code::Code::UnknownKind;
                    let diagnostic = crate::diagnostic::Diagnostic::new(code, replicas.span(), message);
                    sink.report(diagnostic.help("remove the line").replace(replicas.removal(), ""));
                }
            }
        }
    }
    defaults
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn defaults_are_for_services_or_cron_jobs() {
        insta::assert_snapshot!(check(r#"
            defaults "service" { replicas "2..4" cpu="70%" }
            defaults "cron" { replicas 2; resources cpu="1..500m" }
            defaults "servics" { resources memory="1Gi" }
            project "shop" { defaults "service" { replicas 200 } }
        "#), @r"
        TS101 error 2: a cron job has no replicas
        TS105 error 2: `1..500m` starts above its end
        TS105 error 3: `servics` is not a kind with defaults
        TS105 error 4: replicas must be between 1 and 100
        ");
    }
}
