//! Sorts of disks: one `StorageClass` each, for the whole cluster.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::language::Platform;
use crate::language::storage_class::StorageClass;
use crate::render::kubernetes::label;
use crate::render::kubernetes::manifest::Objects;

#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    provisioner: &'a str,
    parameters: Option<&'a BTreeMap<String, String>>,
}

/// Renders all of them.
pub fn render(platform: &Platform, objects: &mut Objects<'_>) {
    for StorageClass { name, provisioner, parameters, span } in platform.storage_classes.values() {
        let parameters = Some(parameters).filter(|it| !it.is_empty());
        let view = View { name: name.as_str(), provisioner: provisioner.as_str(), parameters };
        objects.add("storage-class/storage-class.yaml.j2", &label::of_platform(platform), *span, &view);
    }
}
