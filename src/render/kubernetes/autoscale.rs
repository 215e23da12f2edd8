//! How many replicas run and how many must stay: a HorizontalPodAutoscaler and a PodDisruptionBudget.

use serde::Serialize;

use crate::language::service::Replicas;
use crate::language::workload::Workload;
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
pub fn render(
    workload: &Workload,
    component: Component,
    replicas: &Replicas,
    target_kind: &'static str,
    objects: &mut Objects<'_>,
) {
    let namespace = &objects.namespace();
    let name = workload.name.as_str();
    let labels = label::of_workload(objects.context.platform, objects.project, workload, component);
    let Replicas { from, to, cpu_percent, span } = *replicas;
    if from >= 2 {
        let view = BudgetView { name, namespace, selector: label::selector(name, component) };
        objects.add("service/pod-disruption-budget.yaml.j2", &labels, span, &view);
    }
    if follows_load(replicas) {
        let view = AutoscalerView { name, namespace, target_kind, fewest: from, most: to, cpu_percent };
        objects.add("service/horizontal-pod-autoscaler.yaml.j2", &labels, span, &view);
    }
}
