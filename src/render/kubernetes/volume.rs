//! What is mounted into a container: scratch directories, files from the tree, files with secrets, disks.
//!
//! A file is mounted by itself (`subPath`), not as a directory over what the image has there; and so it stays what it was
//! when its pod started, until the pod is replaced, which the digest in the pod's annotation sees to.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EmptyDirVolumeSource, KeyToPath, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    SecretVolumeSource, Volume, VolumeMount, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sha2::{Digest, Sha256};

use crate::language::name::Name;
use crate::language::service::Disk;
use crate::language::workload::{Config, Mount, Scratch, Workload};
use crate::render::kubernetes::label::Labels;
use crate::render::kubernetes::{name, quantity};

const CONFIG: &str = "config";
const READABLE_BY_ALL: i32 = 0o444;
const READABLE_BY_GROUP: i32 = 0o440;

/// The volumes of a pod. Those of disks are not among them: a StatefulSet adds them by its claims.
pub fn volumes(workload: &Workload) -> Vec<Volume> {
    let scratch = workload.scratch.iter().map(of_scratch);
    let config = (!workload.configs.is_empty()).then(|| of_configs(&workload.name));
    let mut secrets: BTreeMap<&Name, BTreeSet<String>> = BTreeMap::new();
    for it in &workload.mounts {
        secrets.entry(&it.value.secret).or_default().insert(name::of_secret_key(&it.value));
    }
    let secrets = secrets.into_iter().map(|(secret, keys)| of_secret(secret, keys));
    scratch.chain(config).chain(secrets).collect()
}

/// Where the volumes and disks are mounted, by path.
pub fn mounts(workload: &Workload, disks: &[Disk]) -> Vec<VolumeMount> {
    let scratch = workload.scratch.iter().map(|it| {
        let Scratch { path, up_to: _, span: _ } = it;
        mount(path.to_string(), scratch_name(it))
    });
    let disks = disks.iter().map(|it| mount(it.path.to_string(), disk_name(it)));
    let configs = workload.configs.iter().map(|it| {
        let Config { path, content: _, span: _ } = it;
        file(path.to_string(), CONFIG.to_owned(), config_key(it))
    });
    let secrets = workload.mounts.iter().map(|it| {
        let Mount { path, value, span: _ } = it;
        file(path.to_string(), secret_volume(&value.secret), name::of_secret_key(value))
    });
    let mut mounts: Vec<VolumeMount> = scratch.chain(disks).chain(configs).chain(secrets).collect();
    mounts.sort_by(|a, b| a.mount_path.cmp(&b.mount_path));
    mounts
}

/// The content of the ConfigMap that is called as the workload, by key.
pub fn config_data(workload: &Workload) -> BTreeMap<String, &str> {
    workload.configs.iter().map(|it| (config_key(it), it.content.as_str())).collect()
}

/// What tells one content of the ConfigMap from another, so that pods are replaced when it changes.
pub fn config_digest(workload: &Workload) -> Option<String> {
    if workload.configs.is_empty() {
        return None;
    }
    let mut digest = Sha256::new();
    for (key, content) in config_data(workload) {
        for text in [key.as_str(), content] {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
    }
    Some(name::hex(&digest.finalize()))
}

/// The claims of disks. A StatefulSet cannot change them, so they carry only labels that never change.
pub fn claims(disks: &[Disk], labels: &Labels) -> Vec<PersistentVolumeClaim> {
    let claims = disks.iter().map(|disk| {
        let Disk { path: _, size, class, span: _ } = disk;
        let requests = [("storage".to_owned(), quantity::of_bytes(*size))].into();
        PersistentVolumeClaim {
            metadata: ObjectMeta {
                name: Some(disk_name(disk)),
                labels: Some(labels.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(PersistentVolumeClaimSpec {
                access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
                resources: Some(VolumeResourceRequirements { requests: Some(requests), limits: None }),
                storage_class_name: class.as_ref().map(ToString::to_string),
                ..PersistentVolumeClaimSpec::default()
            }),
            status: None,
        }
    });
    claims.collect()
}

fn of_scratch(scratch: &Scratch) -> Volume {
    let limit = EmptyDirVolumeSource { size_limit: Some(quantity::of_bytes(scratch.up_to)), medium: None };
    Volume { name: scratch_name(scratch), empty_dir: Some(limit), ..Volume::default() }
}

fn of_configs(workload: &Name) -> Volume {
    let source = ConfigMapVolumeSource {
        name: workload.to_string(),
        default_mode: Some(READABLE_BY_ALL),
        ..ConfigMapVolumeSource::default()
    };
    Volume { name: CONFIG.to_owned(), config_map: Some(source), ..Volume::default() }
}

/// Of a secret only the values that are mounted, readable by the group that `fsGroup` makes the process a member of.
fn of_secret(secret: &Name, keys: BTreeSet<String>) -> Volume {
    let items = keys.into_iter().map(|key| KeyToPath { key: key.clone(), path: key, mode: None }).collect();
    let source = SecretVolumeSource {
        secret_name: Some(secret.to_string()),
        default_mode: Some(READABLE_BY_GROUP),
        items: Some(items),
        optional: None,
    };
    Volume { name: secret_volume(secret), secret: Some(source), ..Volume::default() }
}

fn mount(mount_path: String, name: String) -> VolumeMount {
    VolumeMount { mount_path, name, ..VolumeMount::default() }
}

fn file(mount_path: String, name: String, sub_path: String) -> VolumeMount {
    VolumeMount { sub_path: Some(sub_path), read_only: Some(true), ..mount(mount_path, name) }
}

fn scratch_name(scratch: &Scratch) -> String {
    format!("scratch-{}", name::of_path(&scratch.path.to_string()))
}

/// Part of the name of the claim that holds the data: it must not depend on anything but the path.
fn disk_name(disk: &Disk) -> String {
    format!("disk-{}", name::of_path(&disk.path.to_string()))
}

fn secret_volume(secret: &Name) -> String {
    format!("secret-{secret}")
}

fn config_key(config: &Config) -> String {
    name::of_file(&config.path.to_string())
}
