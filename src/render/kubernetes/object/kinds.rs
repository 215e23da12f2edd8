//! Which kinds may be written by hand, where, and what is written in place of the others.
//!
//! In a project nothing may but what is listed: whatever else it may be, somebody else's workload could be its concern, or
//! the cluster as a whole. At the top, where the owners of the platform answer for it, everything may that no declaration
//! says and that does not change what declarations say.

/// Where objects of a kind may be written by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In projects and at the top; why it is harmless there.
    Everywhere(&'static str),
    /// At the top; what to write in a project.
    Top(&'static str),
    /// Nowhere; what to write.
    Nowhere(&'static str),
}

use Place::{Everywhere, Nowhere, Top};

const ADMISSION: &str = "declare the `object` at the top: it concerns the whole cluster";
const CLUSTER: &str = "declare the `object` at the top, beside the projects";
const CONTROLLER: &str = "leave it to the controller that writes such objects";
const DATABASE: &str = "say `run \"cloudnative-pg\"` in the `database`";
const EXTERNAL: &str = "declare what is outside as `external`, and say `reaches`";
const GATEWAY: &str = "say what holds at the border by `headers`, `api`, `cors` and `public`";
const POD: &str =
    "its pods are held to what the namespace enforces, to pinned images and to no token of the API server";
const PUBLIC: &str = "say `public` in the service";
const QUOTA: &str = "say `quota` in the project, and `defaults`";
const REACHES: &str = "say `reaches` and `offers` where the connection begins and ends";
const ROLE: &str = "say what may be done by `role`, and who may do it by `team`";
const SECRET: &str = "declare the `vault`, and the `secret` in it";

/// A kind of an API group, or all kinds of it that have no row of their own where it is a star.
pub type Row = (&'static str, &'static str, Place);

/// All of these, by group and kind.
pub const KINDS: &[Row] = &[
    ("", "ConfigMap", Everywhere("a container reads it only where it mounts it")),
    ("", "Endpoints", Top(EXTERNAL)),
    ("", "LimitRange", Top(QUOTA)),
    ("", "Namespace", Top("declare a `project`")),
    ("", "PersistentVolume", Top(CLUSTER)),
    ("", "PersistentVolumeClaim", Everywhere("a container writes to it only where it mounts it")),
    ("", "Pod", Everywhere(POD)),
    ("", "PodTemplate", Everywhere(POD)),
    ("", "ReplicationController", Everywhere(POD)),
    ("", "ResourceQuota", Top(QUOTA)),
    ("", "Secret", Everywhere("it has no values here; somebody else fills it")),
    (
        "",
        "Service",
        Everywhere("it leads to pods of its namespace alone, which let in whom declarations let in"),
    ),
    ("", "ServiceAccount", Everywhere("it has no rights that nobody gives it")),
    ("acme.cert-manager.io", "*", Nowhere(CONTROLLER)),
    ("admissionregistration.k8s.io", "*", Top(ADMISSION)),
    ("apiextensions.k8s.io", "CustomResourceDefinition", Top(CLUSTER)),
    ("apiregistration.k8s.io", "APIService", Top(CLUSTER)),
    ("apps", "DaemonSet", Everywhere(POD)),
    ("apps", "Deployment", Top("declare a `service`; more than that is added by a template")),
    ("apps", "ReplicaSet", Everywhere(POD)),
    ("apps", "StatefulSet", Top("declare a `service` with a `disk`; more than that is added by a template")),
    ("autoscaling", "HorizontalPodAutoscaler", Top("say `replicas` in the service, as a range")),
    ("batch", "CronJob", Top("declare a `cron`")),
    ("batch", "Job", Everywhere(POD)),
    ("cert-manager.io", "Certificate", Everywhere("its hosts are looked at")),
    ("cert-manager.io", "CertificateRequest", Nowhere(CONTROLLER)),
    ("cert-manager.io", "ClusterIssuer", Top(CLUSTER)),
    ("cert-manager.io", "Issuer", Everywhere("its certificates say which hosts they take")),
    ("cilium.io", "*", Nowhere(REACHES)),
    ("configuration.konghq.com", "*", Nowhere(PUBLIC)),
    ("coordination.k8s.io", "Lease", Top(CONTROLLER)),
    ("crd.antrea.io", "*", Nowhere(REACHES)),
    ("crd.projectcalico.org", "*", Nowhere(REACHES)),
    ("discovery.k8s.io", "EndpointSlice", Top(EXTERNAL)),
    ("external-secrets.io", "*", Nowhere(SECRET)),
    ("flowcontrol.apiserver.k8s.io", "*", Top(CLUSTER)),
    ("gateway.envoyproxy.io", "*", Nowhere(GATEWAY)),
    ("gateway.networking.k8s.io", "BackendTLSPolicy", Top(GATEWAY)),
    ("gateway.networking.k8s.io", "Gateway", Top("name the `gateway` of the cluster")),
    ("gateway.networking.k8s.io", "GatewayClass", Top(CLUSTER)),
    (
        "gateway.networking.k8s.io",
        "ReferenceGrant",
        Nowhere("say `reaches` and `offers`: what refers across namespaces is made with them"),
    ),
    ("gateway.networking.k8s.io", "*", Nowhere(PUBLIC)),
    ("gateway.networking.x-k8s.io", "*", Nowhere(PUBLIC)),
    ("generators.external-secrets.io", "*", Nowhere(SECRET)),
    ("getambassador.io", "*", Nowhere(PUBLIC)),
    ("k8s.cni.cncf.io", "*", Nowhere(REACHES)),
    ("k8s.nginx.org", "*", Nowhere(PUBLIC)),
    ("k8s.ovn.org", "*", Nowhere(REACHES)),
    ("networking.istio.io", "*", Nowhere(PUBLIC)),
    ("networking.k8s.io", "Ingress", Nowhere(PUBLIC)),
    ("networking.k8s.io", "IngressClass", Top(CLUSTER)),
    ("networking.k8s.io", "NetworkPolicy", Top(REACHES)),
    ("node.k8s.io", "RuntimeClass", Top(CLUSTER)),
    ("policy", "PodDisruptionBudget", Top("declare a `service`: one is made for it")),
    ("policy.networking.k8s.io", "*", Nowhere(REACHES)),
    ("postgresql.cnpg.io", "Backup", Everywhere("it asks for a copy; where copies go is the cluster's own")),
    (
        "postgresql.cnpg.io",
        "ScheduledBackup",
        Everywhere("it asks for copies; where they go is the cluster's own"),
    ),
    ("postgresql.cnpg.io", "*", Nowhere(DATABASE)),
    ("projectcalico.org", "*", Nowhere(REACHES)),
    ("projectcontour.io", "*", Nowhere(PUBLIC)),
    ("rbac.authorization.k8s.io", "ClusterRole", Top(CLUSTER)),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", Top(ROLE)),
    ("rbac.authorization.k8s.io", "Role", Top(ROLE)),
    ("rbac.authorization.k8s.io", "RoleBinding", Top(ROLE)),
    ("route.openshift.io", "*", Nowhere(PUBLIC)),
    ("scheduling.k8s.io", "PriorityClass", Top(CLUSTER)),
    ("storage.k8s.io", "CSIDriver", Top(CLUSTER)),
    ("storage.k8s.io", "StorageClass", Nowhere("declare a `storage-class`")),
    ("traefik.containo.us", "*", Nowhere(PUBLIC)),
    ("traefik.io", "*", Nowhere(PUBLIC)),
];

/// Where a kind may be written; `None` for one that nothing is known of.
pub fn place(api_version: &str, kind: &str) -> Option<Place> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let of = |name: &str| KINDS.iter().find(|it| it.0 == group && it.1 == name);
    of(kind).or_else(|| of("*")).map(|it| it.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::kubernetes::{BUILT_IN, known};

    #[test]
    fn every_kind_that_is_known_or_rendered_has_a_place() {
        let line = |text: &'static str, key: &str| text.lines().find_map(|it| it.strip_prefix(key));
        let rendered =
            BUILT_IN.iter().filter_map(|(_, it)| Some((line(it, "apiVersion: ")?, line(it, "kind: ")?)));
        let known = known::KINDS.iter().map(|it| (it.api_version, it.kind));
        let missing: Vec<_> = known.chain(rendered).filter(|it| place(it.0, it.1).is_none()).collect();
        assert!(missing.is_empty(), "add rows to `KINDS`: {missing:?}");
    }

    #[test]
    fn every_row_stands_once() {
        for (index, row) in KINDS.iter().enumerate() {
            assert!(!KINDS[..index].iter().any(|it| (it.0, it.1) == (row.0, row.1)), "{row:?}");
        }
        assert!(KINDS.is_sorted_by_key(|it| it.0));
    }
}
