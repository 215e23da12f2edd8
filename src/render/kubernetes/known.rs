//! The kinds of objects whose types we know, in the order in which they are applied: what others need comes first.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v2 as autoscaling,
    batch::v1 as batch, coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery,
    flowcontrol::v1 as flowcontrol, networking::v1 as networking, node::v1 as node, policy::v1 as policy,
    rbac::v1 as rbac, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as extensions;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as aggregator;
use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::render::ObjectId;
use crate::render::kubernetes::custom::{
    self, cert_manager, cloudnative_pg, envoy_gateway, external_secrets, gateway_api,
};

/// A kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// `apps/v1`.
    pub api_version: &'static str,
    /// `Deployment`.
    pub kind: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// What its names look like.
    pub naming: Naming,
    /// Reads an object as its type and writes it again, or says why it cannot be read.
    pub round_trip: fn(&Value) -> Result<Value, String>,
}

/// What the names of a kind look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// A DNS label of at most 63 characters.
    Label,
    /// The same, with a letter in front.
    LetterFirst,
    /// A DNS subdomain of at most 52 characters: the names of its jobs are longer by eleven.
    CronJob,
    /// A DNS subdomain.
    Subdomain,
    /// A part of a path: RBAC allows colons, as in `system:node`.
    PathSegment,
}

macro_rules! kinds {
    ($($naming:ident $type:ty;)*) => {
        /// All of them. Custom resources of no type of ours come after `StorageClass`.
        pub const KINDS: &[Known] = &[$(Known {
            api_version: <$type as Resource>::API_VERSION,
            kind: <$type as Resource>::KIND,
            namespaced: <<$type as Resource>::Scope as Scope>::NAMESPACED,
            naming: Naming::$naming,
            round_trip: round_trip::<$type>,
        }),*];
    };
}

kinds! {
    Label core::Namespace;
    Subdomain extensions::CustomResourceDefinition;
    Subdomain admission::ValidatingAdmissionPolicy;
    Subdomain admission::ValidatingAdmissionPolicyBinding;
    Subdomain scheduling::PriorityClass;
    Subdomain node::RuntimeClass;
    Subdomain networking::IngressClass;
    Subdomain storage::StorageClass;
    Subdomain storage::CSIDriver;
    Subdomain flowcontrol::PriorityLevelConfiguration;
    Subdomain flowcontrol::FlowSchema;
    Subdomain core::ResourceQuota;
    Subdomain core::LimitRange;
    Subdomain networking::NetworkPolicy;
    Subdomain core::ServiceAccount;
    PathSegment rbac::ClusterRole;
    PathSegment rbac::ClusterRoleBinding;
    PathSegment rbac::Role;
    PathSegment rbac::RoleBinding;
    Subdomain core::Secret;
    Subdomain external_secrets::SecretStore;
    Subdomain external_secrets::ExternalSecret;
    Subdomain core::ConfigMap;
    Subdomain core::PersistentVolume;
    Subdomain core::PersistentVolumeClaim;
    LetterFirst core::Service;
    // It becomes the name of services and the front of those of its pods.
    LetterFirst cloudnative_pg::Cluster;
    Subdomain core::Endpoints;
    Subdomain discovery::EndpointSlice;
    Subdomain core::Pod;
    Subdomain core::PodTemplate;
    Subdomain core::ReplicationController;
    Subdomain apps::ReplicaSet;
    Subdomain apps::Deployment;
    // The name becomes a label of each pod.
    Label apps::StatefulSet;
    Subdomain apps::DaemonSet;
    // The same.
    Label batch::Job;
    CronJob batch::CronJob;
    Subdomain autoscaling::HorizontalPodAutoscaler;
    Subdomain policy::PodDisruptionBudget;
    Subdomain cert_manager::Certificate;
    // What guards a route is there before the route is.
    Subdomain gateway_api::ReferenceGrant;
    Subdomain envoy_gateway::ClientTrafficPolicy;
    Subdomain envoy_gateway::SecurityPolicy;
    Subdomain envoy_gateway::BackendTrafficPolicy;
    Subdomain networking::Ingress;
    Subdomain gateway_api::HttpRoute;
    Subdomain coordination::Lease;
    Subdomain aggregator::APIService;
    Subdomain admission::MutatingWebhookConfiguration;
    Subdomain admission::ValidatingWebhookConfiguration;
}

/// Where each kind stands in the table, by kind and API: every object is looked up.
static POSITIONS: LazyLock<BTreeMap<(&str, &str), usize>> =
    LazyLock::new(|| KINDS.iter().enumerate().map(|(at, it)| ((it.kind, it.api_version), at)).collect());

/// Where custom resources of no type of ours stand: behind what they may need, before what may wait for what they make.
static OF_OTHERS: LazyLock<usize> = LazyLock::new(|| POSITIONS[&("ResourceQuota", "v1")]);

/// The kind of an object.
pub fn find(api_version: &str, kind: &str) -> Option<&'static Known> {
    POSITIONS.get(&(kind, api_version)).map(|at| &KINDS[*at])
}

/// Where an object stands in the order in which objects are applied.
pub fn rank(id: &ObjectId) -> usize {
    POSITIONS.get(&(&*id.kind, &*id.api_version)).copied().unwrap_or(*OF_OTHERS)
}

/// Whether the type of a kind holds only what we place of it, so that it says nothing of what others write.
pub fn is_narrow(api_version: &str) -> bool {
    api_version.split_once('/').is_some_and(|(group, _)| custom::NARROW.contains(&group))
}

/// Whether an API group is Kubernetes' own, so that every kind of it is known.
pub fn is_built_in(api_version: &str) -> bool {
    match api_version.split_once('/') {
        None => true,
        // Groups of others have a domain; of those with one, these are Kubernetes' own.
        Some((group, _)) => {
            let is_known =
                KINDS.iter().filter_map(|it| it.api_version.split_once('/')).any(|it| it.0 == group);
            !group.contains('.') || is_known && !custom::GROUPS.contains(&group)
        }
    }
}

trait Scope {
    const NAMESPACED: bool;
}

impl Scope for NamespaceResourceScope {
    const NAMESPACED: bool = true;
}

impl Scope for ClusterResourceScope {
    const NAMESPACED: bool = false;
}

fn round_trip<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Value, String> {
    let typed: T = serde::Deserialize::deserialize(object).map_err(|it: serde_json::Error| it.to_string())?;
    serde_json::to_value(typed).map_err(|it| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_need_is_applied_first() {
        let rank = |api_version: &str, kind: &str| {
            let (api_version, kind) = (api_version.to_owned().into(), kind.to_owned().into());
            rank(&ObjectId { api_version, kind, namespace: None, name: String::new() })
        };
        let order = [
            rank("v1", "Namespace"),
            rank("cert-manager.io/v1", "Issuer"),
            rank("v1", "ServiceAccount"),
            rank("v1", "Service"),
            rank("apps/v1", "Deployment"),
            rank("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"),
            rank("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ];
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn every_kind_stands_in_the_table_once() {
        assert_eq!(POSITIONS.len(), KINDS.len());
    }
}
