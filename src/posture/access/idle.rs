//! Roles that are given to nobody, and bindings that give to nobody: leftovers that a new name may bring to life.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use crate::diagnostic::Severity;
use crate::diagnostic::code::Code;
use crate::facts::access::Access;
use crate::facts::access::role::{Role, RoleId};
use crate::facts::manifest::Manifests;
use crate::posture::access::is_copy;
use crate::posture::finding::{Field, Finding, Findings};

/// Reports them. Roles of the cluster may be there for others to give, which is worth a hint.
pub(super) fn check(manifests: &Manifests, access: &Access, findings: &mut Findings) {
    let bound: BTreeSet<&RoleId> = access.bindings.iter().map(|it| &it.role).collect();
    let gathering = access.roles.iter().filter(|it| it.aggregates.is_some());
    let gathered: FixedBitSet = gathering.flat_map(|it| it.sources.iter().copied()).collect();
    for (index, role) in access.roles.iter().enumerate() {
        let Some(object) = role.object.filter(|at| !is_copy(&manifests.objects[*at])) else { continue };
        if bound.contains(&role.id) || gathered.contains(index) || is_to_be_gathered(role) {
            continue;
        }
        let severity = if role.id.namespace.is_some() { Severity::Warning } else { Severity::Hint };
        let message = format!("{} is given to nobody by these files", role.id);
        let help = "bind it, or leave it out: whoever may make bindings finds it there";
        add(object, severity, message, help, findings);
    }
    for binding in access.bindings.iter().filter(|it| it.subjects.is_empty()) {
        let Some(object) = binding.object.filter(|at| !is_copy(&manifests.objects[*at])) else { continue };
        let message = format!("{binding} gives {} to nobody", binding.role);
        add(object, Severity::Warning, message, "name a subject, or leave it out", findings);
    }
}

/// Whether a role is there for others to gather its rules: its labels say so.
fn is_to_be_gathered(role: &Role) -> bool {
    let is_one = |it: &String| it.starts_with("rbac.authorization.k8s.io/aggregate-to-");
    role.labels.keys().any(is_one)
}

fn add(object: usize, severity: Severity, message: String, help: &str, findings: &mut Findings) {
    let code = Code::BoundToNobody;
    findings.add(code, severity, || Finding {
        code,
        severity,
        message,
        help: help.to_owned(),
        at: Field { object, path: Vec::new() },
        related: None,
    });
}
