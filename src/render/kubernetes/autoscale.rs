//! How many replicas run and how many must stay: a HorizontalPodAutoscaler and a PodDisruptionBudget.

use serde::Serialize;

use crate::language::project::Project;
use crate::language::service::{Replicas, Service};
use crate::render::kubernetes::label::{self, Component, Labels};
use crate::render::kubernetes::manifest::Objects;

#[derive(Serialize)]
struct AutoscalerView<'a> {
    name: &'a str,
    namespace: &'a str,
    target_kind: &'static str,
    fewest: u32,
    most: u32,
    cpu_percent: u32,
}

#[derive(Serialize)]
struct BudgetView<'a> {
    name: &'a str,
    namespace: &'a str,
    selector: Labels,
}

/// Whether the number of replicas follows the load. Then nobody else may set it.
pub fn follows_load(replicas: &Replicas) -> bool {
    replicas.from < replicas.to
}

/// Renders what the number of replicas asks for. One replica gets no budget: it would only keep nodes from being drained.
pub fn render(project: &Project, service: &Service, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let namespace = &platform.namespace(&project.name);
    let name = service.workload.name.as_str();
    let labels = label::of_workload(platform, project, &service.workload, Component::Service);
    let Replicas { from, to, cpu_percent, span } = service.replicas;
    if from >= 2 {
        let view = BudgetView { name, namespace, selector: label::selector(name, Component::Service) };
        objects.add("service/pod-disruption-budget.yaml.j2", &labels, span, &view);
    }
    if follows_load(&service.replicas) {
        let target_kind = if service.disks.is_empty() { "Deployment" } else { "StatefulSet" };
        let view = AutoscalerView { name, namespace, target_kind, fewest: from, most: to, cpu_percent };
        objects.add("service/horizontal-pod-autoscaler.yaml.j2", &labels, span, &view);
    }
}
