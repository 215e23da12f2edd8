use std::borrow::Borrow;

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

const BASELINE: Standard = Standard { level: Level::Baseline, version: Minor::LATEST };

const RESTRICTED: Standard = Standard { level: Level::Restricted, version: Minor::LATEST };

fn restricted(minor: u32) -> Standard {
    Standard { level: Level::Restricted, version: Minor(minor) }
}

fn baseline(minor: u32) -> Standard {
    Standard { level: Level::Baseline, version: Minor(minor) }
}

/// What is found in a pod that would be fine but for these values.
fn check(standard: Standard, changes: &[(&str, Value)]) -> String {
    let mut template = hardened();
    for (pointer, value) in changes {
        put(&mut template, pointer, value);
    }
    let found = violations(&template, standard);
    let lines = found.iter().map(|it| format!("{}: {} {}", it.control.id(), path_text(&it.path), it.message));
    lines.collect::<Vec<_>>().join("\n")
}

/// The controls that a pod breaks that would be fine but for a value.
fn broken(standard: Standard, pointer: &str, value: impl Borrow<Value>) -> String {
    let mut template = hardened();
    put(&mut template, pointer, value.borrow());
    let mut ids: Vec<&str> = violations(&template, standard).iter().map(|it| it.control.id()).collect();
    ids.dedup();
    ids.join(" ")
}

#[test]
fn a_hardened_pod_passes_and_an_empty_one_does_not() {
    for minor in 0..=37 {
        assert_eq!(check(restricted(minor), &[]), "", "v1.{minor}");
    }
    let empty = [("/spec", json!({ "containers": [{}], "initContainers": [null] }))];
    insta::assert_snapshot!(check(RESTRICTED, &empty), @"
    allowPrivilegeEscalation: .spec.initContainers[0].securityContext.allowPrivilegeEscalation must be false
    allowPrivilegeEscalation: .spec.containers[0].securityContext.allowPrivilegeEscalation must be false
    capabilities_restricted: .spec.initContainers[0].securityContext.capabilities.drop must hold `ALL`
    capabilities_restricted: .spec.containers[0].securityContext.capabilities.drop must hold `ALL`
    runAsNonRoot: .spec.initContainers[0].securityContext.runAsNonRoot must be true
    runAsNonRoot: .spec.containers[0].securityContext.runAsNonRoot must be true
    seccompProfile_restricted: .spec.initContainers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
    seccompProfile_restricted: .spec.containers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
    ");
    assert_eq!(check(BASELINE, &empty), "");
    assert_eq!(check(RESTRICTED, &[("/spec/containers", json!([]))]), "");
    assert_eq!(check(RESTRICTED, &[("/spec", Value::Null)]), "");
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
        ("/spec/containers/0/livenessProbe", json!({ "httpGet": { "host": "169.254.169.254", "port": 80 } })),
        ("/spec/containers/0/lifecycle", json!({ "preStop": { "tcpSocket": { "host": "a", "port": 80 } } })),
        ("/spec/volumes/0", json!({ "name": "a", "hostPath": { "path": "/" } })),
        ("/spec/securityContext/seLinuxOptions", json!({ "type": "spc_t" })),
        ("/spec/securityContext/seLinuxOptions", json!({ "user": "system_u", "role": "a" })),
        ("/spec/securityContext/sysctls", json!([{ "name": "kernel.msgmax", "value": "1" }])),
        (
            "/metadata/annotations",
            json!({ "container.apparmor.security.beta.kubernetes.io/a": "unconfined" }),
        ),
    ];
    let seen = changes.iter().map(|change| check(BASELINE, std::slice::from_ref(change)));
    insta::assert_snapshot!(seen.collect::<Vec<_>>().join("\n"), @r#"
    hostNamespaces: .spec.hostNetwork must not be true
    hostNamespaces: .spec.hostPID must not be true
    hostNamespaces: .spec.hostIPC must not be true
    privileged: .spec.containers[0].securityContext.privileged must not be true
    windowsHostProcess: .spec.containers[0].securityContext.windowsOptions.hostProcess must not be true
    capabilities_baseline: .spec.containers[0].securityContext.capabilities.add must add no capability beyond what container runtimes give by default
    procMount: .spec.containers[0].securityContext.procMount must be `Default`
    seccompProfile_baseline: .spec.containers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
    appArmorProfile: .spec.containers[0].securityContext.appArmorProfile.type must be `RuntimeDefault` or `Localhost`
    hostPorts: .spec.containers[0].ports[1].hostPort must not be used
    hostProbesAndHostLifecycle: .spec.containers[0].livenessProbe.httpGet.host must not name a host: the kubelet would ask it
    hostProbesAndHostLifecycle: .spec.containers[0].lifecycle.preStop.tcpSocket.host must not name a host: the kubelet would ask it
    hostPathVolumes: .spec.volumes[0].hostPath must not be used: it shows the node's files
    seLinuxOptions: .spec.securityContext.seLinuxOptions.type must be one of the container types
    seLinuxOptions: .spec.securityContext.seLinuxOptions.user must not be set
    seLinuxOptions: .spec.securityContext.seLinuxOptions.role must not be set
    sysctls: .spec.securityContext.sysctls[0] must be one of the sysctls that are known to be safe
    appArmorProfile: .metadata.annotations["container.apparmor.security.beta.kubernetes.io/a"] must confine the container
    "#);
}

#[test]
fn every_control_of_restricted_is_held() {
    let changes: &[(&str, Value)] = &[
        ("/spec/volumes/0", json!({ "name": "a", "nfs": { "path": "/", "server": "a" } })),
        ("/spec/volumes/0", json!({ "name": "a", "hostPath": { "path": "/" } })),
        ("/spec/containers/0/securityContext/allowPrivilegeEscalation", json!(true)),
        ("/spec/containers/0/securityContext/capabilities/drop", json!(["NET_RAW"])),
        ("/spec/containers/0/securityContext/capabilities/add", json!(["CHOWN"])),
        ("/spec/containers/0/securityContext/runAsNonRoot", json!(false)),
        ("/spec/containers/0/securityContext/runAsUser", json!(0)),
        ("/spec/containers/0/securityContext/procMount", json!("Unmasked")),
        ("/spec/securityContext/runAsNonRoot", json!(false)),
        ("/spec/securityContext/runAsUser", json!(0)),
        ("/spec/securityContext/seccompProfile", json!(null)),
        ("/spec/containers/0/securityContext/seccompProfile", json!({})),
    ];
    let seen = changes.iter().map(|change| check(RESTRICTED, std::slice::from_ref(change)));
    insta::assert_snapshot!(seen.collect::<Vec<_>>().join("\n"), @"
    restrictedVolumes: .spec.volumes[0].nfs must be a volume that stays in the namespace: a ConfigMap, Secret, claim, projection or empty directory
    restrictedVolumes: .spec.volumes[0].hostPath must not be used: it shows the node's files
    allowPrivilegeEscalation: .spec.containers[0].securityContext.allowPrivilegeEscalation must be false
    capabilities_restricted: .spec.containers[0].securityContext.capabilities.drop must hold `ALL`
    capabilities_restricted: .spec.containers[0].securityContext.capabilities.add must hold no more than `NET_BIND_SERVICE`
    runAsNonRoot: .spec.containers[0].securityContext.runAsNonRoot must be true
    runAsUser: .spec.containers[0].securityContext.runAsUser must not be 0, which is root
    procMount_restricted: .spec.containers[0].securityContext.procMount must be `Default`
    runAsNonRoot: .spec.securityContext.runAsNonRoot must be true
    runAsUser: .spec.securityContext.runAsUser must not be 0, which is root
    seccompProfile_restricted: .spec.containers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
    seccompProfile_restricted: .spec.containers[0].securityContext.seccompProfile.type must be `RuntimeDefault` or `Localhost`
    ");
}

#[test]
fn each_version_asks_for_what_it_knows() {
    let context = |name: &str| format!("/spec/containers/0/securityContext/{name}");
    for (pointer, value, before, after, since) in [
        (context("allowPrivilegeEscalation"), json!(null), "", "allowPrivilegeEscalation", 8),
        (
            context("capabilities"),
            json!({ "drop": ["ALL"], "add": ["SYS_ADMIN"] }),
            "capabilities_baseline",
            "capabilities_restricted",
            22,
        ),
        (context("runAsUser"), json!(0), "", "runAsUser", 23),
        (context("seccompProfile"), json!({ "type": "Unconfined" }), "", "seccompProfile_restricted", 19),
        (context("procMount"), json!("Unmasked"), "procMount", "procMount_restricted", 35),
        (
            "/spec/containers/0/startupProbe".to_owned(),
            json!({ "tcpSocket": { "host": "a" } }),
            "",
            "hostProbesAndHostLifecycle",
            34,
        ),
        (
            "/spec/securityContext/sysctls".to_owned(),
            json!([{ "name": "net.ipv4.ip_local_reserved_ports" }]),
            "sysctls",
            "",
            27,
        ),
        (
            "/spec/securityContext/sysctls".to_owned(),
            json!([{ "name": "net.ipv4.tcp_fin_timeout" }]),
            "sysctls",
            "",
            29,
        ),
        (
            "/spec/securityContext/sysctls".to_owned(),
            json!([{ "name": "net.ipv4.tcp_rmem" }]),
            "sysctls",
            "",
            32,
        ),
        (context("seLinuxOptions"), json!({ "type": "container_engine_t" }), "seLinuxOptions", "", 31),
        (
            "/metadata/annotations".to_owned(),
            json!({ "seccomp.security.alpha.kubernetes.io/pod": "unconfined" }),
            "seccompProfile_baseline",
            "",
            19,
        ),
    ] {
        let seen = |minor| broken(restricted(minor), &pointer, value.clone());
        assert_eq!((seen(since - 1).as_str(), seen(since).as_str()), (before, after), "{pointer} {value}");
        assert_eq!((seen(0).as_str(), seen(40).as_str()), (before, after), "{pointer} {value}");
    }
}

#[test]
fn pods_of_windows_need_not_say_what_only_linux_knows() {
    let pod = json!({
        "os": { "name": "windows" },
        "securityContext": { "runAsNonRoot": true },
        "containers": [{}],
    });
    assert_eq!(broken(restricted(25), "/spec", pod.clone()), "");
    assert_eq!(
        broken(restricted(24), "/spec", pod.clone()),
        "allowPrivilegeEscalation capabilities_restricted seccompProfile_restricted"
    );
    let mut root = pod;
    root["securityContext"] = json!({ "windowsOptions": { "hostProcess": true }, "runAsUser": 0 });
    assert_eq!(broken(RESTRICTED, "/spec", root), "windowsHostProcess runAsNonRoot runAsUser");
}

#[test]
fn users_of_its_own_may_be_root_since_1_35() {
    let mut pod = hardened()["spec"].take();
    pod["hostUsers"] = json!(false);
    pod["securityContext"] =
        json!({ "runAsNonRoot": false, "runAsUser": 0, "seccompProfile": { "type": "Localhost" } });
    pod["containers"][0]["securityContext"]["procMount"] = json!("Unmasked");
    assert_eq!(broken(restricted(34), "/spec", pod.clone()), "procMount runAsNonRoot runAsUser");
    assert_eq!(broken(restricted(35), "/spec", pod.clone()), "procMount_restricted");
    assert_eq!(broken(baseline(34), "/spec", pod.clone()), "procMount");
    assert_eq!(broken(baseline(35), "/spec", pod.clone()), "");
    pod["hostUsers"] = json!(true);
    assert_eq!(broken(RESTRICTED, "/spec", pod), "procMount_restricted runAsNonRoot runAsUser");
}

#[test]
fn what_the_server_fills_in_is_judged() {
    let ports = json!([{ "containerPort": 80 }, { "containerPort": 81, "hostPort": 81 }, {}]);
    insta::assert_snapshot!(check(BASELINE, &[("/spec/hostNetwork", json!(true)), ("/spec/containers/0/ports", ports)]), @"
    hostNamespaces: .spec.hostNetwork must not be true
    hostPorts: .spec.containers[0].ports[0].hostPort is taken of the node, for the pod is in its network
    hostPorts: .spec.containers[0].ports[1].hostPort must not be used
    ");
    for volume in [json!({ "name": "a" }), json!({ "name": "a", "nfs": null }), json!(null)] {
        assert_eq!(broken(RESTRICTED, "/spec/volumes/0", volume), "");
    }
}

#[test]
fn annotations_are_read_in_the_versions_that_had_them() {
    let of = |name: &str, value: Value| broken(baseline(18), "/metadata/annotations", json!({ name: value }));
    let pod = "seccomp.security.alpha.kubernetes.io/pod";
    for fine in ["runtime/default", "docker/default", "localhost/a"] {
        assert_eq!(of(pod, json!(fine)), "");
    }
    for wrong in [json!("unconfined"), json!(""), json!(null), json!(1)] {
        assert_eq!(of(pod, wrong), "seccompProfile_baseline");
    }
    let container = "container.seccomp.security.alpha.kubernetes.io/";
    assert_eq!(of(&format!("{container}a"), json!("unconfined")), "seccompProfile_baseline");
    assert_eq!(of(&format!("{container}b"), json!("unconfined")), "", "there is no such container");
    let app_armor = "container.apparmor.security.beta.kubernetes.io/b";
    assert_eq!(of(app_armor, json!("unconfined")), "appArmorProfile");
    assert_eq!(of(app_armor, json!(null)), "");
}

#[test]
fn what_is_of_a_wrong_type_is_nothing_that_is_allowed() {
    let odd = [json!("true"), json!(1), json!([]), json!({})];
    for value in &odd {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            assert_eq!(broken(BASELINE, &format!("/spec/{field}"), value.clone()), "hostNamespaces");
        }
        for (field, control) in [("privileged", "privileged"), ("procMount", "procMount")] {
            let pointer = format!("/spec/containers/0/securityContext/{field}");
            assert_eq!(broken(BASELINE, &pointer, value.clone()), control);
        }
        for (pointer, broken_controls) in [
            ("/spec/securityContext/runAsNonRoot", "runAsNonRoot"),
            ("/spec/containers/0/securityContext/allowPrivilegeEscalation", "allowPrivilegeEscalation"),
            ("/spec/securityContext/seccompProfile", "seccompProfile_restricted"),
        ] {
            assert_eq!(broken(RESTRICTED, pointer, value.clone()), broken_controls);
        }
    }
    assert_eq!(broken(RESTRICTED, "/spec/securityContext/runAsUser", json!("0")), "runAsUser");
    assert_eq!(broken(RESTRICTED, "/spec/securityContext/runAsUser", json!(-0.0)), "runAsUser");
    assert_eq!(broken(BASELINE, "/spec/containers/0/ports", json!([{ "hostPort": "http" }])), "hostPorts");
    let added = "/spec/containers/0/securityContext/capabilities/add";
    assert_eq!(broken(BASELINE, added, json!([null])), "capabilities_baseline");
    assert_eq!(broken(RESTRICTED, added, json!([["NET_BIND_SERVICE"]])), "capabilities_restricted");
    assert_eq!(broken(BASELINE, "/spec/securityContext/sysctls", json!([null])), "sysctls");
}

#[test]
fn nothing_that_is_no_pod_stops_the_judge() {
    let whole = hardened();
    let odd = [json!(null), json!(true), json!(-1), json!("a"), json!([[null]]), json!({ "": {} })];
    for minor in [0, 18, 19, 35] {
        for pointer in pointers(&whole) {
            for value in &odd {
                let mut template = whole.clone();
                *template.pointer_mut(&pointer).expect("the pointer is of it") = value.clone();
                for level in Level::ALL {
                    let found = violations(&template, Standard { level: *level, version: Minor(minor) });
                    assert!(*level != Level::Privileged || found.is_empty());
                }
            }
        }
    }
}

#[test]
fn the_template_of_every_kind_is_found() {
    let way =
        |object: Value| template_of(&object).map(|(way, template)| (path_text(&way), template["a"] == 1));
    let template = json!({ "a": 1 });
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"] {
        let object = json!({ "kind": kind, "spec": { "template": template } });
        assert_eq!(way(object), Some((".spec.template".to_owned(), true)));
    }
    assert_eq!(way(json!({ "kind": "Pod", "a": 1 })), Some((String::new(), true)));
    assert_eq!(
        way(json!({ "kind": "PodTemplate", "template": template })),
        Some((".template".to_owned(), true))
    );
    let cron = json!({ "kind": "CronJob", "spec": { "jobTemplate": { "spec": { "template": template } } } });
    assert_eq!(way(cron), Some((".spec.jobTemplate.spec.template".to_owned(), true)));
    assert_eq!(way(json!({ "kind": "Service", "spec": { "template": template } })), None);
    assert_eq!(way(json!({ "kind": "Deployment", "spec": [] })), None);
}

/// The way to everything in a value, itself included.
fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(name, it)| (name.clone(), it)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, it)| (index.to_string(), it)).collect(),
        _ => Vec::new(),
    };
    let below = inner
        .into_iter()
        .flat_map(|(step, it)| pointers(it).into_iter().map(move |rest| format!("/{step}{rest}")));
    std::iter::once(String::new()).chain(below).collect()
}

fn put(value: &mut Value, pointer: &str, new: &Value) {
    let (parent, last) = pointer.rsplit_once('/').expect("the table has pointers");
    let parent = value.pointer_mut(parent).expect("the hardened pod has the parent");
    match last.parse::<usize>() {
        Ok(index) => parent[index] = new.clone(),
        Err(_) => parent[last] = new.clone(),
    }
}
