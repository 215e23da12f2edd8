//! What a user's template may add to what the built-in one places, kind by kind, and why no more.
//!
//! A path ends at a field that may be added, and added to, with all below it. `[]` is any item of a list; at the end of a
//! path, items may be added to the list, and those that are there stay as they are. Labels and annotations may be added everywhere, but for [`RESERVED`].

use std::fmt::Write as _;

/// What may be added to the objects of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// The kind.
    pub kind: &'static str,
    /// The fields, in the order of the alphabet.
    pub more: &'static [&'static str],
    /// Why these, and why no others.
    pub why: &'static str,
}

/// The kinds that templates make, in the order of the alphabet. Of one that is not here nothing but labels and annotations
/// may be added.
pub const ALLOWED: &[Allowed] = &[
    Allowed {
        kind: "BackendTrafficPolicy",
        more: &["spec.circuitBreaker", "spec.connection", "spec.healthCheck", "spec.retry", "spec.timeout"],
        why: "how the gateway speaks with the service; how often somebody may ask is declared",
    },
    Allowed {
        kind: "Certificate",
        more: &[
            "spec.duration",
            "spec.renewBefore",
            "spec.renewBeforePercentage",
            "spec.revisionHistoryLimit",
        ],
        why: "how long it lasts; its hosts, key and issuer are declared",
    },
    Allowed {
        kind: "ClientTrafficPolicy",
        more: &["spec.connection", "spec.http2", "spec.http3", "spec.tcpKeepalive", "spec.timeout"],
        why: "how clients are spoken with; who they are taken for, and what TLS they need, is decided by the platform",
    },
    Allowed {
        kind: "Cluster",
        more: &[
            "spec.backup",
            "spec.description",
            "spec.logLevel",
            "spec.monitoring",
            "spec.primaryUpdateMethod",
            "spec.primaryUpdateStrategy",
            "spec.startDelay",
            "spec.stopDelay",
            "spec.switchoverDelay",
            "spec.walStorage",
        ],
        why: "how it is kept and watched, which has no word; who may do what in it, and what runs there, is declared",
    },
    Allowed {
        kind: "ConfigMap",
        more: &["data", "immutable"],
        why: "files beside the declared ones, which no container reads unless it mounts them",
    },
    Allowed { kind: "CronJob", more: &[], why: "when and how often it runs is declared" },
    Allowed {
        kind: "Deployment",
        more: &["spec.minReadySeconds"],
        why: "how patient an update is; how many there are, and that they are replaced, is declared",
    },
    Allowed {
        kind: "ExternalSecret",
        more: &[],
        why: "what is taken from the vault, and what it becomes, is declared by `secret`",
    },
    Allowed {
        kind: "HTTPRoute",
        more: &[
            "spec.rules[].name",
            "spec.rules[].retry",
            "spec.rules[].sessionPersistence",
            "spec.rules[].timeouts",
        ],
        why: "how long and how often the service is tried; hosts, paths, headers and where they lead are declared",
    },
    Allowed {
        kind: "HorizontalPodAutoscaler",
        more: &[
            "spec.behavior.scaleDown",
            "spec.behavior.scaleUp.policies",
            "spec.behavior.scaleUp.stabilizationWindowSeconds",
        ],
        why: "how fast it follows; between how many, and by what measure, is declared by `replicas`",
    },
    Allowed {
        kind: "Ingress",
        more: &[],
        why: "hosts, paths, TLS and where they lead are declared; how nginx speaks with the service is said by annotations",
    },
    Allowed { kind: "LimitRange", more: &[], why: "it is a safeguard as a whole" },
    Allowed { kind: "Namespace", more: &[], why: "what it enforces is declared" },
    Allowed {
        kind: "NetworkPolicy",
        more: &[],
        why: "who reaches whom is declared by `reaches` and `offers`, and proven: `spec` may say it in another way",
    },
    Allowed {
        kind: "PodDisruptionBudget",
        more: &[],
        why: "one at a time: no fewer answer, and nodes can be drained",
    },
    Allowed { kind: "ReferenceGrant", more: &[], why: "it is a safeguard as a whole" },
    Allowed { kind: "ResourceQuota", more: &[], why: "it is declared by `quota`" },
    Allowed { kind: "Role", more: &[], why: "what may be done is declared by `role`" },
    Allowed { kind: "RoleBinding", more: &[], why: "who may do it is declared by `role` and `team`" },
    Allowed {
        kind: "SecretStore",
        more: &[],
        why: "where the vault is, and who logs in, is declared by `vault`",
    },
    Allowed {
        kind: "SecurityPolicy",
        more: &["spec.authorization"],
        why: "who may ask at all, which only closes more; a second way to prove who one is would stand beside the declared one",
    },
    Allowed {
        kind: "Service",
        more: &[
            "spec.internalTrafficPolicy",
            "spec.ipFamilies",
            "spec.ipFamilyPolicy",
            "spec.ports[].appProtocol",
            "spec.sessionAffinity",
            "spec.sessionAffinityConfig",
            "spec.trafficDistribution",
        ],
        why: "how it chooses among its pods; which pods, and from where they are reached, is declared",
    },
    Allowed {
        kind: "ServiceAccount",
        more: &[],
        why: "it carries no token of the API server; what may be done there is declared by `role`",
    },
    Allowed {
        kind: "StatefulSet",
        more: &["spec.minReadySeconds"],
        why: "how patient an update is; how many there are, and what disks they keep, is declared",
    },
    Allowed { kind: "StorageClass", more: &[], why: "it is declared by `storage-class`" },
    Allowed { kind: "ValidatingAdmissionPolicy", more: &[], why: "it is a safeguard as a whole" },
    Allowed { kind: "ValidatingAdmissionPolicyBinding", more: &[], why: "it is a safeguard as a whole" },
];

/// The same for the pods of all of them.
pub const POD: Allowed = Allowed {
    kind: "Pod",
    more: &[
        "spec.affinity",
        "spec.containers[]",
        "spec.containers[].env[]",
        "spec.containers[].ports[]",
        "spec.containers[].resources.limits",
        "spec.containers[].resources.requests",
        "spec.containers[].securityContext.appArmorProfile",
        "spec.containers[].securityContext.seccompProfile",
        "spec.containers[].terminationMessagePolicy",
        "spec.containers[].volumeMounts[]",
        "spec.containers[].workingDir",
        "spec.hostUsers",
        "spec.initContainers[]",
        "spec.nodeSelector",
        "spec.priorityClassName",
        "spec.runtimeClassName",
        "spec.securityContext.appArmorProfile",
        "spec.securityContext.supplementalGroupsPolicy",
        "spec.tolerations[]",
        "spec.topologySpreadConstraints[]",
        "spec.volumes[]",
    ],
    why: "where it runs and what runs beside it: containers as hardened, pinned and bounded as the declared one, volumes of \
          the namespace without secrets, tolerations of one key, priorities below those of the system",
};

/// What may be added to a kind.
pub fn of_kind(kind: &str) -> &'static [&'static str] {
    ALLOWED.iter().find(|it| it.kind == kind).map_or(&[], |it| it.more)
}

/// Labels and annotations that are instructions to somebody who would change what is declared.
pub struct Reserved {
    /// What their names begin with.
    pub prefix: &'static str,
    /// On which kinds; all where there are none.
    pub kinds: &'static [&'static str],
    /// Names of these that do no harm.
    pub but: &'static [&'static str],
    /// What they do.
    pub why: &'static str,
}

const ROUTES: &[&str] = &["HTTPRoute", "Ingress"];

const fn reserved(prefix: &'static str, why: &'static str) -> Reserved {
    Reserved { prefix, kinds: &[], but: &[], why }
}

/// All of these, in the order of the alphabet.
pub const RESERVED: &[Reserved] = &[
    reserved("alpha.cnpg.io/", "tells the operator of the database what to do"),
    reserved("azure.workload.identity/", "gives the pod an identity at a cloud"),
    Reserved {
        prefix: "cert-manager.io/",
        kinds: ROUTES,
        but: &[],
        why: "makes a certificate beside the declared one",
    },
    reserved("cni.projectcalico.org/", "gives the pod addresses that no policy knows"),
    reserved("cnpg.io/", "tells the operator of the database what to do"),
    reserved("gateway.envoyproxy.io/", "is for the gateway to write"),
    reserved("iam.amazonaws.com/", "gives the pod an identity at a cloud"),
    reserved("istio-injection", "puts a proxy before each pod"),
    reserved("istio.io/", "puts a proxy before the pod"),
    reserved("k8s.ovn.org/", "gives the pod networks that no policy knows"),
    reserved("k8s.v1.cni.cncf.io/", "gives the pod networks that no policy knows"),
    reserved("linkerd.io/", "puts a proxy before the pod"),
    Reserved {
        prefix: "nginx.ingress.kubernetes.io/",
        kinds: &[],
        but: &[
            "client-body-buffer-size",
            "client-body-timeout",
            "client-header-timeout",
            "http2-push-preload",
            "proxy-body-size",
            "proxy-buffer-size",
            "proxy-buffering",
            "proxy-buffers-number",
            "proxy-connect-timeout",
            "proxy-next-upstream",
            "proxy-next-upstream-timeout",
            "proxy-next-upstream-tries",
            "proxy-read-timeout",
            "proxy-request-buffering",
            "proxy-send-timeout",
        ],
        why: "changes what the gateway lets through",
    },
    reserved("pod-security.kubernetes.io/", "changes what the namespace enforces"),
    reserved("policy.cilium.io/", "takes connections out of network policies"),
    reserved("scheduler.alpha.kubernetes.io/", "changes where the pods of the namespace run"),
    reserved("sidecar.istio.io/", "puts a container into the pod"),
    reserved("sidecar.opentelemetry.io/", "puts a container into the pod"),
    reserved("trackside.dev/", "is for trackside to write"),
    reserved("traffic.sidecar.istio.io/", "changes what passes the proxy of the pod"),
    reserved("vault.hashicorp.com/", "puts a container with secrets into the pod"),
];

/// Why a label or annotation may not be added to a kind.
pub fn reserved_for(kind: &str, name: &str) -> Option<&'static str> {
    let found = RESERVED.iter().find(|it| {
        let rest = name.strip_prefix(it.prefix);
        rest.is_some_and(|rest| !it.but.contains(&rest)) && (it.kinds.is_empty() || it.kinds.contains(&kind))
    });
    found.map(|it| it.why)
}

/// What templates may do, in Markdown, for the reference.
pub fn reference() -> String {
    let mut out = String::from(ABOUT);
    for Allowed { kind, more, why } in ALLOWED.iter().chain([&POD]) {
        let more: Vec<String> = more.iter().map(|it| format!("`{it}`")).collect();
        let more = if more.is_empty() { "nothing".to_owned() } else { more.join(", ") };
        // Writing to a text cannot fail.
        _ = writeln!(out, "- {kind}: {more} ({why})");
    }
    out.push_str("\nLabels and annotations may be added everywhere, but none that begin with:\n\n");
    for Reserved { prefix, kinds, but, why } in RESERVED {
        let on = if kinds.is_empty() { String::new() } else { format!(" on {}", kinds.join(" and ")) };
        let but: Vec<String> = but.iter().map(|it| format!("`{it}`")).collect();
        let but = if but.is_empty() { String::new() } else { format!("; free are {}", but.join(", ")) };
        _ = writeln!(out, "- `{prefix}`{on}: it {why}{but}");
    }
    out
}

const ABOUT: &str = "\
## Templates

A file `templates/kubernetes/<declaration>/<object>.yaml.j2` beside `platform.kdl` takes the place of the built-in template
of that name. What it gives is held against what the built-in one gives for the same declaration: all that the built-in one
places stays, with its value and in its order; the shape of the text is yours. Beside it may stand, by kind (`[]` is any
item of a list, and at the end an item more):

";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::kubernetes::BUILT_IN;

    #[test]
    fn every_kind_of_a_built_in_template_says_what_may_be_added() {
        let kinds =
            BUILT_IN.iter().filter_map(|(_, text)| text.lines().find_map(|it| it.strip_prefix("kind: ")));
        let missing: Vec<&str> = kinds.filter(|kind| !ALLOWED.iter().any(|it| it.kind == *kind)).collect();
        assert!(missing.is_empty(), "add a row to `ALLOWED`: {missing:?}");
    }

    #[test]
    fn tables_ascend() {
        assert!(ALLOWED.is_sorted_by(|a, b| a.kind < b.kind));
        assert!(ALLOWED.iter().chain([&POD]).all(|it| it.more.is_sorted()));
        assert!(RESERVED.is_sorted_by(|a, b| a.prefix < b.prefix));
        assert!(RESERVED.iter().all(|it| it.but.is_sorted()));
    }
}
