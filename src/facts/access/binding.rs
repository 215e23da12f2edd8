//! Bindings: who has which role, in a namespace or everywhere.

use std::fmt;

use k8s_openapi::api::rbac::v1::{self as rbac, ClusterRoleBinding, RoleBinding, RoleRef};

use crate::facts::access::role::{RoleId, check_name};
use crate::facts::access::subject::Subject;
use crate::facts::selector::Invalid;
use crate::render::kubernetes::well_formed;
use crate::render::yaml::{Step, key, keys};

/// The API group of roles, bindings, users and groups.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// A binding.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where the role is given; `None` for everywhere.
    pub namespace: Option<String>,
    /// What it is called.
    pub name: String,
    /// Its place among the objects of the files; `None` for what Kubernetes brings.
    pub object: Option<usize>,
    /// The role that it gives.
    pub role: RoleId,
    /// To whom, in the order in which they stand.
    pub subjects: Vec<Subject>,
}

impl Binding {
    /// Reads a binding of a namespace.
    pub fn of_namespace(
        binding: RoleBinding,
        namespace: &str,
        object: Option<usize>,
    ) -> Result<Self, Invalid> {
        let RoleBinding { metadata, role_ref, subjects } = binding;
        read(metadata.name.or(metadata.generate_name), Some(namespace), role_ref, subjects, object)
    }

    /// Reads a binding of the cluster.
    pub fn of_cluster(binding: ClusterRoleBinding, object: Option<usize>) -> Result<Self, Invalid> {
        let ClusterRoleBinding { metadata, role_ref, subjects } = binding;
        read(metadata.name.or(metadata.generate_name), None, role_ref, subjects, object)
    }

    /// The way to one of its subjects.
    pub fn path_of_subject(index: usize) -> Vec<Step> {
        vec![key("subjects"), Step::Index(index)]
    }
}

fn read(
    name: Option<String>,
    namespace: Option<&str>,
    role: RoleRef,
    subjects: Option<Vec<rbac::Subject>>,
    object: Option<usize>,
) -> Result<Binding, Invalid> {
    let name = name.unwrap_or_default();
    check_name(&name, &["metadata", "name"])?;
    let role = referred(role, namespace)?;
    let subjects = subjects.into_iter().flatten().enumerate();
    let subjects = subjects.map(|(index, it)| subject(it, namespace, &Binding::path_of_subject(index)));
    let subjects = subjects.collect::<Result<_, _>>()?;
    Ok(Binding { namespace: namespace.map(str::to_owned), name, object, role, subjects })
}

fn referred(role: RoleRef, namespace: Option<&str>) -> Result<RoleId, Invalid> {
    let RoleRef { api_group, kind, name } = role;
    let group = Some(api_group).filter(|it| !it.is_empty()).unwrap_or_else(|| GROUP.to_owned());
    if group != GROUP {
        return Err(invalid(keys(&["roleRef", "apiGroup"]), &format!("is not `{GROUP}`")));
    }
    check_name(&name, &["roleRef", "name"])?;
    match (kind.as_str(), namespace) {
        ("ClusterRole", _) => Ok(RoleId { namespace: None, name }),
        ("Role", Some(namespace)) => Ok(RoleId { namespace: Some(namespace.to_owned()), name }),
        ("Role", None) => Err(invalid(keys(&["roleRef", "kind"]), "must be `ClusterRole` here")),
        _ => Err(invalid(keys(&["roleRef", "kind"]), "is neither `Role` nor `ClusterRole`")),
    }
}

fn subject(subject: rbac::Subject, namespace: Option<&str>, path: &[Step]) -> Result<Subject, Invalid> {
    let rbac::Subject { api_group, kind, name, namespace: written } = subject;
    let below = |field: &str| [path, &[key(field)]].concat();
    let group = api_group.unwrap_or_default();
    if name.is_empty() {
        return Err(invalid(below("name"), "is missing"));
    }
    let is_of_rbac = group.is_empty() || group == GROUP;
    match kind.as_str() {
        "User" | "Group" if !is_of_rbac => Err(invalid(below("apiGroup"), &format!("is not `{GROUP}`"))),
        "User" => Ok(Subject::user(&name)),
        "Group" => Ok(Subject::Group(name)),
        "ServiceAccount" if !well_formed::is_subdomain(&name) => {
            Err(invalid(below("name"), "is no name of a service account"))
        }
        "ServiceAccount" if !group.is_empty() => {
            Err(invalid(below("apiGroup"), "must be `\"\"` or left out for a service account"))
        }
        "ServiceAccount" => {
            // In a namespace, an account of that namespace is meant.
            match written.as_deref().filter(|it| !it.is_empty()).or(namespace) {
                Some(namespace) => Ok(Subject::service_account(namespace, &name)),
                None => Err(invalid(below("namespace"), "is missing: accounts of one name are many")),
            }
        }
        _ => Err(invalid(below("kind"), "is none of `User`, `Group` and `ServiceAccount`")),
    }
}

fn invalid(path: Vec<Step>, message: &str) -> Invalid {
    Invalid { path, message: message.to_owned() }
}

/// How people speak of it: ``RoleBinding `shop/readers` ``.
impl fmt::Display for Binding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "RoleBinding `{namespace}/{}`", self.name),
            None => write!(formatter, "ClusterRoleBinding `{}`", self.name),
        }
    }
}
