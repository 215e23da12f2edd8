//! The roles and bindings that Kubernetes itself makes in every cluster, as version 1.35 does.
//!
//! `defaults.json` is what a fresh API server of that minor version answers (`golden/real/access.rs` holds it against one),
//! but for the rules of roles that gather those of others. Where files name one of these objects, and it is not a copy out
//! of a cluster (which says so by its label), both count: the API server puts back at its start what of its own is missing.

use std::sync::LazyLock;

use k8s_openapi::api::rbac::v1 as rbac;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::facts::access::binding::Binding;
use crate::facts::access::role::Role;
use crate::facts::selector::Labels;

/// The minor version of Kubernetes.
pub const KUBERNETES: &str = "1.35";

/// What is the same in every cluster.
#[derive(Debug, Default)]
pub struct Defaults {
    /// Roles.
    pub roles: Vec<Role>,
    /// Bindings.
    pub bindings: Vec<Binding>,
}

/// They are read once.
pub static DEFAULTS: LazyLock<Defaults> = LazyLock::new(|| {
    let objects: Vec<Value> =
        serde_json::from_str(include_str!("defaults.json")).expect("the table has been tested");
    let mut defaults = Defaults::default();
    for object in objects {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        match object["kind"].as_str() {
            Some("ClusterRole") => {
                defaults.roles.push(Role::of_cluster(read(object), None).expect(TESTED));
            }
            Some("Role") => {
                defaults.roles.push(Role::of_namespace(read(object), &namespace, None).expect(TESTED));
            }
            Some("ClusterRoleBinding") => {
                defaults.bindings.push(Binding::of_cluster(read(object), None).expect(TESTED));
            }
            _ => {
                let binding: rbac::RoleBinding = read(object);
                defaults.bindings.push(Binding::of_namespace(binding, &namespace, None).expect(TESTED));
            }
        }
    }
    defaults
});

const TESTED: &str = "an API server has accepted it";

fn read<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect(TESTED)
}

/// Whether labels are those of an object that Kubernetes made: it stands in the files as a copy of that.
pub fn is_made_by_kubernetes(labels: &Labels) -> bool {
    labels.get("kubernetes.io/bootstrapping").is_some_and(|it| it == "rbac-defaults")
}
