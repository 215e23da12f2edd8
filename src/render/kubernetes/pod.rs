//! The pod of a workload, hardened; what a waiver leaves is the only thing that is ever softer.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ContainerPort, EnvVar, Lifecycle, LifecycleHandler, LocalObjectReference, SeccompProfile,
    SleepAction, TopologySpreadConstraint, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde::Serialize;

use crate::language::Platform;
use crate::language::project::Project;
use crate::language::service::Disk;
use crate::language::value::image::Image;
use crate::language::value::quantity::Bytes;
use crate::language::waive::Safeguard;
use crate::language::workload::{Resources, Workload};
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::{Objects, Part};
use crate::render::kubernetes::probe::Probes;
use crate::render::kubernetes::secret::{self, SEALED_DIGEST};
use crate::render::kubernetes::{env, quantity, quota, volume};

/// What of a pod is not the workload's: it depends on what runs it.
#[derive(Debug)]
pub struct Role<'a> {
    /// The kind of workload.
    pub component: Component,
    /// `Always` or `Never`.
    pub restart: &'static str,
    /// The port it answers on.
    pub ports: Vec<ContainerPort>,
    /// How it is asked.
    pub probes: Probes,
    /// Its disks.
    pub disks: &'a [Disk],
    /// How its replicas are spread.
    pub spread: Vec<TopologySpreadConstraint>,
}

/// A pod template, ready to be placed.
pub type Pod<'a> = Part<PodView<'a>>;

/// What the template of a pod is filled from.
#[derive(Debug, Serialize)]
pub struct PodView<'a> {
    name: &'a str,
    labels: BTreeMap<String, String>,
    annotations: Option<BTreeMap<&'static str, String>>,
    restart: &'static str,
    stop_seconds: i64,
    pull_secrets: Option<Vec<LocalObjectReference>>,
    spread: Option<Vec<TopologySpreadConstraint>>,
    run_as: RunAsView,
    seccomp: Option<SeccompProfile>,
    image: String,
    pull_policy: &'static str,
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    env: Option<Vec<EnvVar>>,
    ports: Option<Vec<ContainerPort>>,
    probes: Probes,
    lifecycle: Option<Lifecycle>,
    escalation: bool,
    capabilities: Option<Capabilities>,
    read_only: bool,
    requests: BTreeMap<&'static str, Quantity>,
    limits: BTreeMap<&'static str, Quantity>,
    mounts: Option<Vec<VolumeMount>>,
    volumes: Option<Vec<Volume>>,
}

#[derive(Debug, Serialize)]
struct RunAsView {
    non_root: bool,
    user: u32,
    group: u32,
    fs_group: u32,
}

/// The annotation that changes with the content of a pod's ConfigMap.
const CONFIG_DIGEST: &str = "trackside.dev/config-digest";

/// How long a pod that is going keeps answering, until every gateway and node has heard that it goes.
const LAME_DUCK_SECONDS: i64 = 5;

/// The pod template of a workload, to be placed into a Deployment, StatefulSet or Job.
pub fn template<'a>(workload: &'a Workload, role: Role<'_>, objects: &mut Objects<'_>) -> Pod<'a> {
    let platform = objects.context.platform;
    let Role { component, restart, ports, probes, disks, spread } = role;
    let Workload {
        name,
        framework: _, // A label, which `label` puts on.
        labels: _,    // The same.
        image,
        pull_secrets,
        command,
        args,
        env: _, // The rest are taken by the files of their own.
        configs: _,
        mounts: _,
        scratch: _,
        resources: _,
        run_as,
        stop_within,
        reaches: _,
        waived: _,
        span,
    } = workload;
    let held = |safeguard: Safeguard| !workload.waived.contains_key(&safeguard);
    let answers = !ports.is_empty();
    let view = PodView {
        name: name.as_str(),
        labels: label::of_workload(platform, objects.project, workload, component),
        annotations: annotations(platform, objects.project, workload),
        restart,
        stop_seconds: quantity::of_seconds(*stop_within) + if answers { LAME_DUCK_SECONDS } else { 0 },
        pull_secrets: some(
            pull_secrets.iter().map(|it| LocalObjectReference { name: it.to_string() }).collect(),
        ),
        spread: some(spread),
        run_as: RunAsView {
            non_root: held(Safeguard::RunAsNonRoot),
            user: run_as.user,
            group: run_as.group,
            fs_group: run_as.fs_group,
        },
        seccomp: held(Safeguard::SeccompRuntimeDefault)
            .then(|| SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
        image: image.value.to_string(),
        pull_policy: pull_policy(&image.value),
        command: some(command.iter().map(|it| env::verbatim(it)).collect()),
        args: some(args.iter().map(|it| env::verbatim(it)).collect()),
        env: some(env::variables(platform, workload)),
        ports: some(ports),
        probes,
        lifecycle: answers.then(lame_duck),
        escalation: !held(Safeguard::NoPrivilegeEscalation),
        capabilities: held(Safeguard::DropCapabilities)
            .then(|| Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
        read_only: held(Safeguard::ReadOnlyRootFilesystem),
        requests: requests(workload.resources),
        limits: limits(workload),
        mounts: some(volume::mounts(workload, disks)),
        volumes: some(volume::volumes(workload)),
    };
    objects.part("workload/pod.yaml.j2", *span, view)
}

/// What changes with what the pod reads at its start, so that another content replaces it.
fn annotations(
    platform: &Platform,
    project: Option<&Project>,
    workload: &Workload,
) -> Option<BTreeMap<&'static str, String>> {
    let config = volume::config_digest(workload).map(|it| (CONFIG_DIGEST, it));
    let sealed = secret::digest(platform, project, workload).map(|it| (SEALED_DIGEST, it));
    let annotations: BTreeMap<_, _> = config.into_iter().chain(sealed).collect();
    (!annotations.is_empty()).then_some(annotations)
}

/// A list that is left out where it is empty.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// What is pinned never changes; a tag does, so it is looked up at each start.
fn pull_policy(image: &Image) -> &'static str {
    if image.digest.is_some() { "IfNotPresent" } else { "Always" }
}

/// Keeps answering before the process is told to stop.
fn lame_duck() -> Lifecycle {
    let sleep = SleepAction { seconds: LAME_DUCK_SECONDS };
    let handler = LifecycleHandler { sleep: Some(sleep), ..LifecycleHandler::default() };
    Lifecycle { pre_stop: Some(handler), ..Lifecycle::default() }
}

fn requests(resources: Resources) -> BTreeMap<&'static str, Quantity> {
    let Resources { cpu, memory } = resources;
    amounts(quantity::of_cpu(cpu.from), quantity::of_bytes(memory.from), quota::LOGS)
}

/// A pod that outgrows its scratch directories is stopped, not the node that it fills.
fn limits(workload: &Workload) -> BTreeMap<&'static str, Quantity> {
    let Resources { cpu, memory } = workload.resources;
    let beside = if workload.waived.contains_key(&Safeguard::ReadOnlyRootFilesystem) {
        quota::WRITABLE_LAYER
    } else {
        quota::LOGS
    };
    let scratch: u64 = workload.scratch.iter().map(|it| it.up_to.0).sum();
    amounts(quantity::of_cpu(cpu.to), quantity::of_bytes(memory.to), Bytes(scratch.saturating_add(beside.0)))
}

fn amounts(cpu: Quantity, memory: Quantity, ephemeral: Bytes) -> BTreeMap<&'static str, Quantity> {
    [("cpu", cpu), ("memory", memory), ("ephemeral-storage", quantity::of_bytes(ephemeral))].into()
}
