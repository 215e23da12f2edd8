//! What of a pod breaks a level of the Pod Security Standards, field by field, as the admission plugin of the API server
//! judges it (that of v1.35.4, with all versions of the standards that it knows).
//!
//! A pod template is judged as the pod that comes of it, after the server has filled in what it fills in before admission
//! reads a pod: in the node's network every port of a container is one of the node, and a volume that names no source is an
//! empty directory.
//!
//! * A version that is newer than [`Minor::LATEST`] is judged as that one, as by the plugin.
//! * What `hostUsers: false` relaxes is a matter of the standard's version alone, v1.35. Servers before had the relaxation
//!   behind the gate `UserNamespacesPodSecurityStandards`, which was never on by default: here it is off below v1.35, and
//!   that is also how a server of v1.35 judges a namespace that is pinned to v1.34.
//! * A value of a wrong type is never an allowed one, and null is an absent one. A list or mapping of a wrong type holds
//!   nothing: no server takes such an object, and to say so is the matter of whoever reads it.
//!
//! Exemptions of a cluster (user names, runtime classes, namespaces) are in no manifest and have no part in this.

mod baseline;
pub mod control;
pub mod namespace;
mod pod;
mod restricted;
pub mod version;

use serde_json::Value;

use crate::language::pod_security::Level;
use crate::render::kubernetes::pod_security::control::Control;
use crate::render::kubernetes::pod_security::pod::Pod;
use crate::render::kubernetes::pod_security::version::Minor;
use crate::render::yaml::{Step, key};

/// What pods are held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standard {
    /// How strict it is.
    pub level: Level,
    /// The version of Kubernetes whose idea of that level it is.
    pub version: Minor,
}

/// A field of a pod that a standard forbids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// What of the standard forbids it.
    pub control: Control,
    /// The field, from the pod template or pod down.
    pub path: Vec<Step>,
    /// What the standard asks for: `must be true`.
    pub message: &'static str,
}

/// What one control forbids, as it is found.
struct Found<'a> {
    control: Control,
    violations: &'a mut Vec<Violation>,
}

/// Everything in a pod template (`metadata` and `spec`) that a standard forbids, control by control. A pod with nothing
/// wrong costs one allocation.
pub fn violations(template: &Value, standard: Standard) -> Vec<Violation> {
    let mut violations = Vec::new();
    if standard.level == Level::Privileged {
        return violations;
    }
    let pod = Pod::of(template);
    for control in Control::ALL.iter().copied().filter(|it| standard.holds(*it)) {
        judge(control, &pod, standard.version, &mut Found { control, violations: &mut violations });
    }
    violations
}

fn judge(control: Control, pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    match control {
        Control::AppArmorProfile => baseline::app_armor_profile(pod, found),
        Control::CapabilitiesBaseline => baseline::capabilities(pod, found),
        Control::HostNamespaces => baseline::host_namespaces(pod, found),
        Control::HostPathVolumes => baseline::host_path_volumes(pod, found),
        Control::HostPorts => baseline::host_ports(pod, found),
        Control::HostProbesAndHostLifecycle => baseline::host_probes(pod, found),
        Control::Privileged => baseline::privileged(pod, found),
        Control::ProcMount => baseline::proc_mount(pod, version, found),
        Control::SeLinuxOptions => baseline::se_linux_options(pod, version, found),
        Control::SeccompProfileBaseline => baseline::seccomp_profile(pod, version, found),
        Control::Sysctls => baseline::sysctls(pod, version, found),
        Control::WindowsHostProcess => baseline::windows_host_process(pod, found),
        Control::AllowPrivilegeEscalation => restricted::allow_privilege_escalation(pod, version, found),
        Control::CapabilitiesRestricted => restricted::capabilities(pod, version, found),
        Control::ProcMountRestricted => restricted::proc_mount(pod, found),
        Control::RestrictedVolumes => restricted::volumes(pod, found),
        Control::RunAsNonRoot => restricted::run_as_non_root(pod, version, found),
        Control::RunAsUser => restricted::run_as_user(pod, version, found),
        Control::SeccompProfileRestricted => restricted::seccomp_profile(pod, version, found),
    }
}

impl Standard {
    /// Whether a control is part of it. `restricted` has those of `baseline` too, but for those that it replaces.
    pub fn holds(self, control: Control) -> bool {
        let is_replaced = || control.replaced_by().is_some_and(|it| it.since() <= self.version);
        control.since() <= self.version
            && match self.level {
                Level::Privileged => false,
                Level::Baseline => control.level() == Level::Baseline,
                Level::Restricted => !is_replaced(),
            }
    }
}

impl Found<'_> {
    fn add(&mut self, path: Vec<Step>, message: &'static str) {
        self.violations.push(Violation { control: self.control, path, message });
    }
}

/// The pod template of an object and the way to it: that of the object itself for a Pod. Others than Kubernetes have kinds with a
/// pod template, too (`Rollout`, `DeploymentConfig`, a `Service` of Knative); theirs is where a Deployment has its own.
pub fn template_of(object: &Value) -> Option<(Vec<Step>, &Value)> {
    let path: &[&str] = match object.get("kind").and_then(Value::as_str)? {
        "Pod" => &[],
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
            &["spec", "template"]
        }
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        "PodTemplate" => &["template"],
        _ => {
            object.pointer("/spec/template/spec/containers").filter(|it| it.is_array())?;
            &["spec", "template"]
        }
    };
    let template = path.iter().try_fold(object, |value, key| value.get(key))?;
    Some((path.iter().map(|it| key(it)).collect(), template))
}

/// The lists of containers of a pod.
pub const CONTAINERS: &[&str] = &["initContainers", "containers", "ephemeralContainers"];

#[cfg(test)]
mod tests;
