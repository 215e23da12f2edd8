//! The controls that `restricted` adds: what a hardened pod says of itself.

use serde_json::Value;

use crate::render::kubernetes::pod_security::Found;
use crate::render::kubernetes::pod_security::baseline::{self, HOST_PATH, PROFILES, is_zero, path_of_volume};
use crate::render::kubernetes::pod_security::pod::{Place, Pod, field, is_one_of, items};
use crate::render::kubernetes::pod_security::version::Minor;

/// The sources of volumes that belong to the namespace.
const VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// The version since which pods of Windows need not say what only Linux knows.
const WITHOUT_WINDOWS: Minor = Minor(25);

/// The version since which a user that is none of the node's may be root.
const WITHOUT_OWN_USERS: Minor = Minor(35);

pub(super) fn allow_privilege_escalation(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version >= WITHOUT_WINDOWS && pod.is_of_windows() {
        return;
    }
    for container in &pod.containers {
        let own = container.context.and_then(|it| field(it, "allowPrivilegeEscalation"));
        if own.is_none_or(|it| *it != false) {
            found.add(container.place.in_context(&["allowPrivilegeEscalation"]), "must be false");
        }
    }
}

pub(super) fn capabilities(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version >= WITHOUT_WINDOWS && pod.is_of_windows() {
        return;
    }
    for container in &pod.containers {
        let own = container.context.and_then(|it| field(it, "capabilities")).unwrap_or(&Value::Null);
        if !items(own, "drop").iter().any(|it| it == "ALL") {
            found.add(container.place.in_context(&["capabilities", "drop"]), "must hold `ALL`");
        }
        if items(own, "add").iter().any(|it| it != "NET_BIND_SERVICE") {
            found.add(
                container.place.in_context(&["capabilities", "add"]),
                "must hold no more than `NET_BIND_SERVICE`",
            );
        }
    }
}

pub(super) fn proc_mount(pod: &Pod<'_>, found: &mut Found<'_>) {
    baseline::masked_proc(pod, found);
}

pub(super) fn volumes(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (index, volume) in items(pod.spec, "volumes").iter().enumerate() {
        let Some(volume) = volume.as_object() else { continue };
        let mut sources =
            volume.iter().filter(|it| it.0 != "name" && !it.1.is_null()).map(|it| it.0.as_str());
        if sources.clone().any(|it| VOLUMES.contains(&it)) {
            continue;
        }
        // Without any source it is an empty directory.
        if let Some(source) = sources.next() {
            let message = if source == "hostPath" { HOST_PATH } else { FOREIGN_VOLUME };
            found.add(path_of_volume(index, source), message);
        }
    }
}

const FOREIGN_VOLUME: &str =
    "must be a volume that stays in the namespace: a ConfigMap, Secret, claim, projection or empty directory";

pub(super) fn run_as_non_root(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version >= WITHOUT_OWN_USERS && pod.has_own_users() {
        return;
    }
    inherited(pod, &["runAsNonRoot"], "must be true", found, |it| *it == true);
}

pub(super) fn run_as_user(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version >= WITHOUT_OWN_USERS && pod.has_own_users() {
        return;
    }
    for (place, context) in pod.contexts() {
        if field(context, "runAsUser").is_some_and(|it| !it.is_number() || is_zero(it)) {
            found.add(place.in_context(&["runAsUser"]), "must not be 0, which is root");
        }
    }
}

pub(super) fn seccomp_profile(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version >= WITHOUT_WINDOWS && pod.is_of_windows() {
        return;
    }
    let message = "must be `RuntimeDefault` or `Localhost`";
    inherited(pod, &["seccompProfile", "type"], message, found, |it| is_one_of(field(it, "type"), PROFILES));
}

/// A field that each container has, or else the pod; either way it has to pass. The first of `path` is what a container takes from
/// the pod where it has none.
fn inherited(
    pod: &Pod<'_>,
    path: &[&str],
    message: &'static str,
    found: &mut Found<'_>,
    passes: impl Fn(&Value) -> bool,
) {
    let of_pod = path.first().and_then(|name| field(pod.context?, name));
    if of_pod.is_some_and(|it| !passes(it)) {
        found.add(Place::Pod.in_context(path), message);
    }
    for container in &pod.containers {
        let own = path.first().and_then(|name| field(container.context?, name));
        // What is wrong with the pod's has been said.
        let passes = own.map_or(of_pod.is_some(), &passes);
        if !passes {
            found.add(container.place.in_context(path), message);
        }
    }
}
