//! Rights that give more away than somebody meant to: what is bound to whom, by the RBAC objects in the files.
//!
//! What Kubernetes itself binds is not looked at, nor are copies of that, nor whom `system:masters` is given more. Its roles
//! `admin`, `edit` and `view` may be given in a namespace: that is what they are for.

mod holder;
mod idle;
mod misspelt;
mod power;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostics, Severity};
use crate::facts::access::Access;
use crate::facts::access::binding::Binding;
use crate::facts::access::defaults::is_made_by_kubernetes;
use crate::facts::access::request::{Request, ResourceRequest};
use crate::facts::access::role::{Role, RoleId};
use crate::facts::access::subject::Subject;
use crate::facts::manifest::{Manifests, Object, Places};
use crate::posture::access::power::{Held, Power};
use crate::posture::finding::{Field, Finding, Findings};
use crate::render::yaml::keys;

/// Reports what is risky.
pub fn check(manifests: &Manifests, access: &Access, places: &Places<'_>, sink: &mut Diagnostics) {
    let mut check =
        Check { access, held: BTreeMap::new(), approving: BTreeMap::new(), findings: Findings::default() };
    for binding in &access.bindings {
        let Some(object) = binding.object.filter(|at| !is_copy(&manifests.objects[*at])) else { continue };
        check.powers(binding, object);
        holder::check(binding, object, &mut check.findings);
    }
    idle::check(manifests, access, &mut check.findings);
    misspelt::check(manifests, access, &mut check.findings);
    check.findings.report(manifests, places, sink);
}

/// Whether an object is a copy of what Kubernetes makes in every cluster.
fn is_copy(object: &Object) -> bool {
    let labels = &object.value["metadata"]["labels"];
    serde_json::from_value(labels.clone()).is_ok_and(|it| is_made_by_kubernetes(&it))
}

struct Check<'a> {
    access: &'a Access,
    /// By role, and whether it is bound everywhere.
    held: BTreeMap<(&'a RoleId, bool), Vec<Held<'a>>>,
    /// By subject, whether it may approve certificates of users by what it is given itself.
    approving: BTreeMap<Subject, bool>,
    findings: Findings,
}

impl<'a> Check<'a> {
    /// Reports the powers that a binding gives.
    fn powers(&mut self, binding: &'a Binding, object: usize) {
        let Some(role) = self.access.role(&binding.role) else { return };
        let holders = holder::counted(binding);
        let is_everywhere = binding.namespace.is_none();
        let gives_cluster = is_everywhere || binding.namespace.as_deref() == Some(holder::SYSTEM);
        if holders.is_empty() || !gives_cluster && is_meant_for_namespaces(role) {
            return;
        }
        let is_trusted = holders.iter().all(|it| holder::is_trusted(it));
        let access = self.access;
        let held = self
            .held
            .entry((&role.id, is_everywhere))
            .or_insert_with(|| power::held(access, role, is_everywhere));
        for held in &*held {
            let Held { power, rule, .. } = held;
            let mut approves =
                |it: &Subject| *self.approving.entry(it.clone()).or_insert_with(|| may_approve(access, it));
            if power.code == Code::CertificatesApproved
                && !binding.subjects.iter().any(|it| it.identity().subjects().any(|it| approves(&it)))
            {
                continue;
            }
            let severity = match power.gives_cluster && gives_cluster && !is_trusted {
                true => Severity::Error,
                false => Severity::Warning,
            };
            self.findings.add(power.code, severity, || {
                let given = Field { object, path: keys(&["roleRef"]) };
                let written = rule.place.object;
                let (at, related) = match written {
                    Some(object) => {
                        (Field { object, path: rule.place.path() }, Some((given, "it is given here")))
                    }
                    None => (given, None),
                };
                let message = format!(
                    "{} may {}{}, by {binding} of {}",
                    holder::told(&holders),
                    held.told(),
                    scope(binding, power),
                    role.id
                );
                Finding { code: power.code, severity, message, help: power.help.to_owned(), at, related }
            });
        }
    }
}

/// Whether a subject is given the other half of approving certificates of users.
fn may_approve(access: &Access, subject: &Subject) -> bool {
    let request = Request::Resource(ResourceRequest {
        verb: "approve",
        group: "certificates.k8s.io",
        resource: "signers",
        name: "kubernetes.io/kube-apiserver-client",
        ..ResourceRequest::default()
    });
    let mut everywhere = access.grants(subject).filter(|it| it.binding.namespace.is_none());
    everywhere.any(|it| it.rule.allows(&request))
}

/// Whether Kubernetes has made a role to be given in namespaces.
fn is_meant_for_namespaces(role: &Role) -> bool {
    role.id.namespace.is_none()
        && role.object.is_none()
        && ["admin", "edit", "view"].contains(&&*role.id.name)
}

fn scope(binding: &Binding, power: &Power) -> String {
    match &binding.namespace {
        Some(namespace) => format!(" in namespace `{namespace}`"),
        None if power.is_of_cluster => String::new(),
        None => " in every namespace".to_owned(),
    }
}
