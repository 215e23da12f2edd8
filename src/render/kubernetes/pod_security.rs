//! What of a pod breaks a level of the Pod Security Standards (v1.35), field by field, as the admission plugin judges it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::language::pod_security::Level;
use crate::render::yaml::{Step, key};

/// A field of a pod that a level forbids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The field, from the pod template or pod down.
    pub path: Vec<Step>,
    /// What the level asks for: `must be true`.
    pub message: String,
}

/// Everything in a pod template (`metadata` and `spec`) that a level forbids.
pub fn violations(template: &Value, level: Level) -> Vec<Violation> {
    let mut pod = Pod { template, found: Vec::new(), refused: BTreeSet::new() };
    match level {
        Level::Privileged => (),
        Level::Baseline => pod.baseline(),
        Level::Restricted => {
            pod.baseline();
            pod.restricted();
        }
    }
    pod.found
}

/// The pod template of an object and the way to it: that of the object itself for a Pod.
pub fn template_of(object: &Value) -> Option<(Vec<Step>, &Value)> {
    let path: &[&str] = match object.get("kind").and_then(Value::as_str)? {
        "Pod" => &[],
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
            &["spec", "template"]
        }
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        "PodTemplate" => &["template"],
        _ => return None,
    };
    let template = path.iter().try_fold(object, |value, key| value.get(key))?;
    Some((path.iter().map(|it| key(it)).collect(), template))
}

/// The lists of containers of a pod.
pub const CONTAINERS: &[&str] = &["initContainers", "containers", "ephemeralContainers"];

struct Pod<'a> {
    template: &'a Value,
    found: Vec<Violation>,
    /// The fields of those that are found.
    refused: BTreeSet<Vec<Step>>,
}

const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

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

const SELINUX_TYPES: &[&str] =
    &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

impl<'a> Pod<'a> {
    fn baseline(&mut self) {
        self.each(|context| {
            let value = get(context, &["windowsOptions", "hostProcess"])?;
            (value == true).then(|| refusal(&["windowsOptions", "hostProcess"], "must not be true"))
        });
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if get(self.template, &["spec", field]).is_some_and(|it| it == true) {
                self.report(vec![key("spec"), key(field)], "must not be true");
            }
        }
        self.each(|context| {
            (get(context, &["privileged"])? == true).then(|| refusal(&["privileged"], "must not be true"))
        });
        self.each(|context| {
            let added = get(context, &["capabilities", "add"])?.as_array()?;
            let is_known = |it: &Value| it.as_str().is_some_and(|it| CAPABILITIES.contains(&it));
            (!added.iter().all(is_known)).then(|| {
                refusal(
                    &["capabilities", "add"],
                    "must add no capability beyond what container runtimes give by default",
                )
            })
        });
        self.volumes(|volume| {
            volume
                .get("hostPath")
                .is_some_and(|it| !it.is_null())
                .then_some(("hostPath", "must not be used: it shows the node's files"))
        });
        self.containers(|container| {
            let ports = container.get("ports")?.as_array()?;
            let host = |it: &Value| it.get("hostPort").and_then(Value::as_i64).is_some_and(|it| it != 0);
            let index = ports.iter().position(host)?;
            Some((vec![key("ports"), Step::Index(index), key("hostPort")], "must not be used".to_owned()))
        });
        self.containers(|container| {
            let place = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
                .into_iter()
                .find_map(|it| {
                    let mut path = vec![key(it)];
                    has_host(container.get(it)?, &mut path).then_some(path)
                })?;
            Some((place, "must not name a host: the kubelet would ask it".to_owned()))
        });
        self.app_armor();
        self.each(|context| {
            let options = get(context, &["seLinuxOptions"])?;
            let text = |field: &str| options.get(field).and_then(Value::as_str).unwrap_or_default();
            if !SELINUX_TYPES.contains(&text("type")) {
                return Some(refusal(&["seLinuxOptions", "type"], "must be one of the container types"));
            }
            ["user", "role"]
                .into_iter()
                .find(|field| !text(field).is_empty())
                .map(|field| refusal(&["seLinuxOptions", field], "must not be set"))
        });
        self.each(|context| {
            let mount = get(context, &["procMount"])?.as_str()?;
            (mount != "Default").then(|| refusal(&["procMount"], "must be `Default`"))
        });
        self.each(|context| {
            let profile = get(context, &["seccompProfile", "type"])?.as_str()?;
            (profile == "Unconfined")
                .then(|| refusal(&["seccompProfile", "type"], "must not be `Unconfined`"))
        });
        let sysctls = get(self.template, &["spec", "securityContext", "sysctls"]).and_then(Value::as_array);
        for (index, sysctl) in sysctls.into_iter().flatten().enumerate() {
            if !sysctl.get("name").and_then(Value::as_str).is_some_and(|it| SYSCTLS.contains(&it)) {
                let path = [key("spec"), key("securityContext"), key("sysctls"), Step::Index(index)];
                self.report(path.to_vec(), "must be one of the sysctls that are known to be safe");
            }
        }
    }

    fn app_armor(&mut self) {
        self.each(|context| {
            let profile = get(context, &["appArmorProfile", "type"])?.as_str()?;
            (profile == "Unconfined")
                .then(|| refusal(&["appArmorProfile", "type"], "must not be `Unconfined`"))
        });
        let annotations = get(self.template, &["metadata", "annotations"]).and_then(Value::as_object);
        for (name, value) in annotations.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            let is_confined = matches!(value, "" | "runtime/default") || value.starts_with("localhost/");
            if name.starts_with("container.apparmor.security.beta.kubernetes.io/") && !is_confined {
                self.report(
                    vec![key("metadata"), key("annotations"), key(name)],
                    "must confine the container",
                );
            }
        }
    }

    fn restricted(&mut self) {
        self.volumes(|volume| {
            let kinds = volume.as_object()?.keys().map(String::as_str);
            kinds.into_iter().find(|it| *it != "name" && !VOLUMES.contains(it)).map(|it| {
                (it, "must be a volume that stays in the namespace: a ConfigMap, Secret, claim, projection or empty directory")
            })
        });
        // A Windows pod has none of the rest.
        if get(self.template, &["spec", "os", "name"]).is_some_and(|it| it == "windows") {
            return;
        }
        self.containers(|container| {
            let value = get(container, &["securityContext", "allowPrivilegeEscalation"]);
            (value.is_none_or(|it| it != false))
                .then(|| refusal(&["securityContext", "allowPrivilegeEscalation"], "must be false"))
        });
        self.containers(|container| {
            let list =
                |it: &str| get(container, &["securityContext", "capabilities", it]).and_then(Value::as_array);
            if !list("drop").is_some_and(|it| it.iter().any(|it| it == "ALL")) {
                return Some(refusal(&["securityContext", "capabilities", "drop"], "must hold `ALL`"));
            }
            let more = list("add")?.iter().any(|it| it != "NET_BIND_SERVICE");
            more.then(|| {
                refusal(
                    &["securityContext", "capabilities", "add"],
                    "must hold no more than `NET_BIND_SERVICE`",
                )
            })
        });
        self.inherited(&["runAsNonRoot"], "must be true", |it| it == true);
        self.each(|context| {
            (get(context, &["runAsUser"])?.as_i64()? == 0)
                .then(|| refusal(&["runAsUser"], "must not be 0, which is root"))
        });
        self.inherited(&["seccompProfile", "type"], "must be `RuntimeDefault` or `Localhost`", |it| {
            it == "RuntimeDefault" || it == "Localhost"
        });
    }

    /// A field that each container has, or else the pod; either way it has to pass.
    fn inherited(&mut self, field: &[&str], message: &str, passes: impl Fn(&Value) -> bool) {
        let pod = get(self.template, &["spec", "securityContext"]).and_then(|it| get(it, field));
        if pod.is_some_and(|it| !passes(it)) {
            let path = ["spec", "securityContext"].iter().chain(field).map(|it| key(it)).collect();
            self.report(path, message);
        }
        let is_given = pod.is_some_and(&passes);
        let path: Vec<&str> = std::iter::once("securityContext").chain(field.iter().copied()).collect();
        self.containers(|container| match get(container, &path) {
            Some(own) if !passes(own) => Some(refusal(&path, message)),
            None if !is_given => Some(refusal(&path, message)),
            _ => None,
        });
    }

    /// Judges the security context of the pod and of every container.
    fn each(&mut self, judge: impl Fn(&Value) -> Option<(Vec<Step>, String)>) {
        if let Some((path, message)) = get(self.template, &["spec", "securityContext"]).and_then(&judge) {
            self.report([vec![key("spec"), key("securityContext")], path].concat(), &message);
        }
        self.containers(|container| {
            let (path, message) = judge(container.get("securityContext")?)?;
            Some(([vec![key("securityContext")], path].concat(), message))
        });
    }

    fn containers(&mut self, judge: impl Fn(&Value) -> Option<(Vec<Step>, String)>) {
        for list in CONTAINERS {
            let containers = get(self.template, &["spec", list]).and_then(Value::as_array);
            for (index, container) in containers.into_iter().flatten().enumerate() {
                if let Some((path, message)) = judge(container) {
                    self.report([vec![key("spec"), key(list), Step::Index(index)], path].concat(), &message);
                }
            }
        }
    }

    fn volumes(&mut self, judge: impl Fn(&'a Value) -> Option<(&'a str, &'static str)>) {
        let volumes = get(self.template, &["spec", "volumes"]).and_then(Value::as_array);
        for (index, volume) in volumes.into_iter().flatten().enumerate() {
            if let Some((field, message)) = judge(volume) {
                self.report(vec![key("spec"), key("volumes"), Step::Index(index), key(field)], message);
            }
        }
    }

    fn report(&mut self, path: Vec<Step>, message: &str) {
        // What the lower level has refused, the higher one need not repeat.
        if self.refused.insert(path.clone()) {
            self.found.push(Violation { path, message: message.to_owned() });
        }
    }
}

fn refusal(path: &[&str], message: &str) -> (Vec<Step>, String) {
    (path.iter().map(|it| key(it)).collect(), message.to_owned())
}

fn get<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key)).filter(|it| !it.is_null())
}

/// Whether a handler of a probe or of the life cycle names a host, and where.
fn has_host(handler: &Value, path: &mut Vec<Step>) -> bool {
    let Some(entries) = handler.as_object() else { return false };
    entries.iter().any(|(name, value)| {
        path.push(key(name));
        let is_host = match name.as_str() {
            "httpGet" | "tcpSocket" => {
                path.push(key("host"));
                let named = value.get("host").and_then(Value::as_str).is_some_and(|it| !it.is_empty());
                if !named {
                    path.pop();
                }
                named
            }
            "postStart" | "preStop" => has_host(value, path),
            _ => false,
        };
        if !is_host {
            path.pop();
        }
        is_host
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::yaml::path_text;

    fn hardened() -> Value {
        json!({
            "metadata": {},
            "spec": {
                "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
                "containers": [{
                    "name": "a",
                    "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
                }],
                "volumes": [{ "name": "tmp", "emptyDir": {} }],
            },
        })
    }

    fn check(level: Level, change: impl FnOnce(&mut Value)) -> String {
        let mut template = hardened();
        change(&mut template);
        let found = violations(&template, level);
        let lines = found.iter().map(|it| format!("{} {}", path_text(&it.path), it.message));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_hardened_pod_passes_and_an_empty_one_does_not() {
        assert_eq!(check(Level::Restricted, |_| ()), "");
        insta::assert_snapshot!(check(Level::Restricted, |it| *it = json!({ "spec": { "containers": [{}], "initContainers": [{}] } })), @"
        .spec.initContainers[0].securityContext.allowPrivilegeEscalation must be false
        .spec.containers[0].securityContext.allowPrivilegeEscalation must be false
        .spec.initContainers[0].securityContext.capabilities.drop must hold `ALL`
        .spec.containers[0].securityContext.capabilities.drop must hold `ALL`
        .spec.initContainers[0].securityContext.runAsNonRoot must be true
        .spec.containers[0].securityContext.runAsNonRoot must be true
        .spec.initContainers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
        .spec.containers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
        ");
        assert_eq!(check(Level::Baseline, |it| *it = json!({ "spec": { "containers": [{}] } })), "");
    }

    #[test]
    fn every_control_of_baseline_is_held() {
        let changes: &[(&str, Value)] = &[
            ("/spec/hostNetwork", json!(true)),
            ("/spec/hostPID", json!(true)),
            ("/spec/hostIPC", json!(true)),
            ("/spec/containers/0/securityContext/privileged", json!(true)),
            ("/spec/containers/0/securityContext/windowsOptions", json!({ "hostProcess": true })),
            ("/spec/containers/0/securityContext/capabilities/add", json!(["SYS_ADMIN"])),
            ("/spec/containers/0/securityContext/procMount", json!("Unmasked")),
            ("/spec/containers/0/securityContext/seccompProfile", json!({ "type": "Unconfined" })),
            ("/spec/containers/0/securityContext/appArmorProfile", json!({ "type": "Unconfined" })),
            ("/spec/containers/0/ports", json!([{ "containerPort": 1 }, { "hostPort": 80 }])),
            (
                "/spec/containers/0/livenessProbe",
                json!({ "httpGet": { "host": "169.254.169.254", "port": 80 } }),
            ),
            (
                "/spec/containers/0/lifecycle",
                json!({ "preStop": { "tcpSocket": { "host": "a", "port": 80 } } }),
            ),
            ("/spec/volumes/0", json!({ "name": "a", "hostPath": { "path": "/" } })),
            ("/spec/securityContext/seLinuxOptions", json!({ "type": "spc_t" })),
            ("/spec/securityContext/seLinuxOptions", json!({ "user": "system_u" })),
            ("/spec/securityContext/sysctls", json!([{ "name": "kernel.msgmax", "value": "1" }])),
            (
                "/metadata/annotations",
                json!({ "container.apparmor.security.beta.kubernetes.io/a": "unconfined" }),
            ),
        ];
        let seen =
            changes.iter().map(|(pointer, value)| check(Level::Baseline, |it| put(it, pointer, value)));
        insta::assert_snapshot!(seen.collect::<Vec<_>>().join("\n"), @r#"
        .spec.hostNetwork must not be true
        .spec.hostPID must not be true
        .spec.hostIPC must not be true
        .spec.containers[0].securityContext.privileged must not be true
        .spec.containers[0].securityContext.windowsOptions.hostProcess must not be true
        .spec.containers[0].securityContext.capabilities.add must add no capability beyond what container runtimes give by default
        .spec.containers[0].securityContext.procMount must be `Default`
        .spec.containers[0].securityContext.seccompProfile.type must not be `Unconfined`
        .spec.containers[0].securityContext.appArmorProfile.type must not be `Unconfined`
        .spec.containers[0].ports[1].hostPort must not be used
        .spec.containers[0].livenessProbe.httpGet.host must not name a host: the kubelet would ask it
        .spec.containers[0].lifecycle.preStop.tcpSocket.host must not name a host: the kubelet would ask it
        .spec.volumes[0].hostPath must not be used: it shows the node's files
        .spec.securityContext.seLinuxOptions.type must be one of the container types
        .spec.securityContext.seLinuxOptions.user must not be set
        .spec.securityContext.sysctls[0] must be one of the sysctls that are known to be safe
        .metadata.annotations["container.apparmor.security.beta.kubernetes.io/a"] must confine the container
        "#);
    }

    #[test]
    fn every_control_of_restricted_is_held() {
        let changes: &[(&str, Value)] = &[
            ("/spec/volumes/0", json!({ "name": "a", "nfs": { "path": "/", "server": "a" } })),
            ("/spec/containers/0/securityContext/allowPrivilegeEscalation", json!(true)),
            ("/spec/containers/0/securityContext/capabilities/drop", json!(["NET_RAW"])),
            ("/spec/containers/0/securityContext/capabilities/add", json!(["CHOWN"])),
            ("/spec/containers/0/securityContext/runAsNonRoot", json!(false)),
            ("/spec/containers/0/securityContext/runAsUser", json!(0)),
            ("/spec/securityContext/runAsNonRoot", json!(false)),
            ("/spec/securityContext/runAsUser", json!(0)),
            ("/spec/securityContext/seccompProfile", json!(null)),
        ];
        let seen =
            changes.iter().map(|(pointer, value)| check(Level::Restricted, |it| put(it, pointer, value)));
        insta::assert_snapshot!(seen.collect::<Vec<_>>().join("\n"), @"
        .spec.volumes[0].nfs must be a volume that stays in the namespace: a ConfigMap, Secret, claim, projection or empty directory
        .spec.containers[0].securityContext.allowPrivilegeEscalation must be false
        .spec.containers[0].securityContext.capabilities.drop must hold `ALL`
        .spec.containers[0].securityContext.capabilities.add must hold no more than `NET_BIND_SERVICE`
        .spec.containers[0].securityContext.runAsNonRoot must be true
        .spec.containers[0].securityContext.runAsUser must not be 0, which is root
        .spec.securityContext.runAsNonRoot must be true
        .spec.containers[0].securityContext.runAsNonRoot must be true
        .spec.securityContext.runAsUser must not be 0, which is root
        .spec.containers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
        ");
    }

    fn put(value: &mut Value, pointer: &str, new: &Value) {
        let (parent, last) = pointer.rsplit_once('/').expect("the table has pointers");
        let parent = value.pointer_mut(parent).expect("the hardened pod has the parent");
        match last.parse::<usize>() {
            Ok(index) => parent[index] = new.clone(),
            Err(_) => parent[last] = new.clone(),
        }
    }
}
