//! What every workload has beside its pods: an identity without a token, and a ConfigMap for the files from the tree.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::language::workload::Workload;
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::volume;

#[derive(Serialize)]
struct ServiceAccountView<'a> {
    name: &'a str,
    namespace: &'a str,
}

#[derive(Serialize)]
struct ConfigMapView<'a> {
    name: &'a str,
    namespace: &'a str,
    data: BTreeMap<String, &'a str>,
}

/// Renders both, called as the workload.
pub fn render(workload: &Workload, component: Component, objects: &mut Objects<'_>) {
    let namespace = &objects.namespace();
    let labels = label::of_workload(objects.context.platform, objects.project, workload, component);
    let name = workload.name.as_str();
    let view = ServiceAccountView { name, namespace };
    objects.add("workload/service-account.yaml.j2", &labels, workload.span, &view);
    if !workload.configs.is_empty() {
        let view = ConfigMapView { name, namespace, data: volume::config_data(workload) };
        objects.add("workload/config-map.yaml.j2", &labels, workload.span, &view);
    }
}
