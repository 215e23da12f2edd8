//! The controls of `baseline`: no known way out of a container.

use serde_json::Value;

use crate::render::kubernetes::pod_security::Found;
use crate::render::kubernetes::pod_security::pod::{Container, Place, Pod, field, is_one_of, items, text};
use crate::render::kubernetes::pod_security::version::Minor;
use crate::render::yaml::{Step, key, keys};

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

const SECCOMP_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";

const SECCOMP_ANNOTATION_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// The values of `type` of a profile that leave it in force.
pub(super) const PROFILES: &[&str] = &["RuntimeDefault", "Localhost"];

/// Those that container runtimes give anyway.
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The settings of the kernel that concern the pod alone, and since which version each is known for it.
const SYSCTLS: &[(&str, Minor)] = &[
    ("kernel.shm_rmid_forced", Minor(0)),
    ("net.ipv4.ip_local_port_range", Minor(0)),
    ("net.ipv4.ip_local_reserved_ports", Minor(27)),
    ("net.ipv4.ip_unprivileged_port_start", Minor(0)),
    ("net.ipv4.ping_group_range", Minor(0)),
    ("net.ipv4.tcp_fin_timeout", Minor(29)),
    ("net.ipv4.tcp_keepalive_intvl", Minor(29)),
    ("net.ipv4.tcp_keepalive_probes", Minor(29)),
    ("net.ipv4.tcp_keepalive_time", Minor(29)),
    ("net.ipv4.tcp_rmem", Minor(32)),
    ("net.ipv4.tcp_syncookies", Minor(0)),
    ("net.ipv4.tcp_wmem", Minor(32)),
];

/// The types of `SELinux` that confine containers, and since which version each is known for it.
const SE_LINUX_TYPES: &[(&str, Minor)] = &[
    ("", Minor(0)),
    ("container_t", Minor(0)),
    ("container_init_t", Minor(0)),
    ("container_kvm_t", Minor(0)),
    ("container_engine_t", Minor(31)),
];

pub(super) fn app_armor_profile(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (place, context) in pod.contexts() {
        let Some(profile) = field(context, "appArmorProfile") else { continue };
        if !is_one_of(field(profile, "type"), PROFILES) {
            found.add(
                place.in_context(&["appArmorProfile", "type"]),
                "must be `RuntimeDefault` or `Localhost`",
            );
        }
    }
    for (name, value) in pod.annotations().filter(|it| it.0.starts_with(APP_ARMOR_ANNOTATION)) {
        let is_confined =
            value.is_some_and(|it| ["", "runtime/default"].contains(&it) || it.starts_with("localhost/"));
        if !is_confined {
            found.add(keys(&["metadata", "annotations", name]), "must confine the container");
        }
    }
}

pub(super) fn capabilities(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (place, capabilities) in each(&pod.containers, "capabilities") {
        if !items(capabilities, "add").iter().all(|it| is_one_of(Some(it), CAPABILITIES)) {
            found.add(
                place.in_context(&["capabilities", "add"]),
                "must add no capability beyond what container runtimes give by default",
            );
        }
    }
}

pub(super) fn host_namespaces(pod: &Pod<'_>, found: &mut Found<'_>) {
    for name in ["hostNetwork", "hostPID", "hostIPC"] {
        if field(pod.spec, name).is_some_and(|it| *it != false) {
            found.add(keys(&["spec", name]), "must not be true");
        }
    }
}

pub(super) fn host_path_volumes(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (index, volume) in items(pod.spec, "volumes").iter().enumerate() {
        if field(volume, "hostPath").is_some() {
            found.add(path_of_volume(index, "hostPath"), HOST_PATH);
        }
    }
}

/// Said at either level.
pub(super) const HOST_PATH: &str = "must not be used: it shows the node's files";

pub(super) fn path_of_volume(index: usize, source: &str) -> Vec<Step> {
    vec![key("spec"), key("volumes"), Step::Index(index), key(source)]
}

pub(super) fn host_ports(pod: &Pod<'_>, found: &mut Found<'_>) {
    for Container { place, value, .. } in &pod.containers {
        // The server fills these in, though not in a container that somebody adds to a running pod.
        let is_filled =
            pod.is_in_host_network() && !matches!(place, Place::Container("ephemeralContainers", _));
        for (index, port) in items(value, "ports").iter().enumerate() {
            let message = if field(port, "hostPort").is_some_and(|it| !is_zero(it)) {
                "must not be used"
            } else if is_filled && field(port, "containerPort").is_some_and(|it| !is_zero(it)) {
                "is taken of the node, for the pod is in its network"
            } else {
                continue;
            };
            let mut path = place.path(&["ports"]);
            path.extend([Step::Index(index), key("hostPort")]);
            found.add(path, message);
        }
    }
}

pub(super) fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

pub(super) fn host_probes(pod: &Pod<'_>, found: &mut Found<'_>) {
    for Container { place, value, .. } in &pod.containers {
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let Some(handler) = field(value, probe) else { continue };
            host_of_handler(handler, |fields| place.path(&[&[probe], fields].concat()), found);
        }
        let Some(lifecycle) = field(value, "lifecycle") else { continue };
        for event in ["postStart", "preStop"] {
            let Some(handler) = field(lifecycle, event) else { continue };
            host_of_handler(handler, |fields| place.path(&[&["lifecycle", event], fields].concat()), found);
        }
    }
}

fn host_of_handler(handler: &Value, path: impl Fn(&[&str]) -> Vec<Step>, found: &mut Found<'_>) {
    for action in ["httpGet", "tcpSocket"] {
        if field(handler, action).is_some_and(|it| text(field(it, "host")) != Some("")) {
            found.add(path(&[action, "host"]), "must not name a host: the kubelet would ask it");
        }
    }
}

pub(super) fn privileged(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (place, value) in each(&pod.containers, "privileged") {
        if *value != false {
            found.add(place.in_context(&["privileged"]), "must not be true");
        }
    }
}

/// Since v1.35 whatever is shown of `/proc` to users that are none of the node's is no way out.
pub(super) fn proc_mount(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version < Minor(35) || !pod.has_own_users() {
        masked_proc(pod, found);
    }
}

/// What either level asks for.
pub(super) fn masked_proc(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (place, value) in each(&pod.containers, "procMount") {
        if value != "Default" {
            found.add(place.in_context(&["procMount"]), "must be `Default`");
        }
    }
}

pub(super) fn se_linux_options(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    for (place, context) in pod.contexts() {
        let Some(options) = field(context, "seLinuxOptions") else { continue };
        if !is_known(text(field(options, "type")), SE_LINUX_TYPES, version) {
            found.add(place.in_context(&["seLinuxOptions", "type"]), "must be one of the container types");
        }
        for name in ["user", "role"] {
            if text(field(options, name)) != Some("") {
                found.add(place.in_context(&["seLinuxOptions", name]), "must not be set");
            }
        }
    }
}

/// Before v1.19 there were annotations only, and since then they say nothing.
pub(super) fn seccomp_profile(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    if version < Minor(19) {
        return seccomp_annotations(pod, found);
    }
    for (place, context) in pod.contexts() {
        let Some(profile) = field(context, "seccompProfile") else { continue };
        if !is_one_of(field(profile, "type"), PROFILES) {
            found.add(
                place.in_context(&["seccompProfile", "type"]),
                "must be `RuntimeDefault` or `Localhost`",
            );
        }
    }
}

fn seccomp_annotations(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (name, value) in pod.annotations() {
        let is_read = name == SECCOMP_ANNOTATION
            || name.strip_prefix(SECCOMP_ANNOTATION_OF_CONTAINER).is_some_and(|container| {
                pod.containers.iter().any(|it| text(field(it.value, "name")) == Some(container))
            });
        let is_filtered = value.is_some_and(|it| {
            ["runtime/default", "docker/default"].contains(&it) || it.starts_with("localhost/")
        });
        if is_read && !is_filtered {
            found.add(keys(&["metadata", "annotations", name]), "must leave system calls filtered");
        }
    }
}

pub(super) fn sysctls(pod: &Pod<'_>, version: Minor, found: &mut Found<'_>) {
    let sysctls = pod.context.map_or(&[][..], |it| items(it, "sysctls"));
    for (index, sysctl) in sysctls.iter().enumerate() {
        if !is_known(text(field(sysctl, "name")), SYSCTLS, version) {
            let path = [key("spec"), key("securityContext"), key("sysctls"), Step::Index(index)];
            found.add(path.to_vec(), "must be one of the sysctls that are known to be safe");
        }
    }
}

fn is_known(text: Option<&str>, known: &[(&str, Minor)], version: Minor) -> bool {
    text.is_some_and(|text| known.iter().any(|(name, since)| *name == text && *since <= version))
}

pub(super) fn windows_host_process(pod: &Pod<'_>, found: &mut Found<'_>) {
    for (place, context) in pod.contexts() {
        let Some(options) = field(context, "windowsOptions") else { continue };
        if field(options, "hostProcess").is_some_and(|it| *it != false) {
            found.add(place.in_context(&["windowsOptions", "hostProcess"]), "must not be true");
        }
    }
}

/// A field of the security contexts of containers, where they have it.
fn each<'a>(containers: &[Container<'a>], name: &str) -> impl Iterator<Item = (Place, &'a Value)> {
    containers.iter().filter_map(move |it| Some((it.place, field(it.context?, name)?)))
}
