//! Whom rights are given to: who is trusted with the cluster anyway, and whom nobody should give anything.

use crate::diagnostic::Severity;
use crate::diagnostic::code::Code;
use crate::facts::access::binding::Binding;
use crate::facts::access::subject::{
    ANONYMOUS, AUTHENTICATED, MASTERS, SERVICE_ACCOUNTS, Subject, UNAUTHENTICATED,
};
use crate::posture::finding::{Field, Finding, Findings};

/// The namespace whose service accounts run the cluster.
pub(super) const SYSTEM: &str = "kube-system";

/// Roles that Kubernetes itself gives to all whose names are known, or even to those whose names are not.
const PUBLIC: &[&str] = &[
    "system:public-info-viewer",
    "system:discovery",
    "system:basic-user",
    "system:service-account-issuer-discovery",
];

/// Reports subjects that are too many, or nobody in particular.
pub(super) fn check(binding: &Binding, object: usize, findings: &mut Findings) {
    if PUBLIC.contains(&&*binding.role.name) {
        return;
    }
    for (index, subject) in binding.subjects.iter().enumerate() {
        let (code, severity, who, help) = match subject {
            Subject::User(name) | Subject::Group(name) if [ANONYMOUS, UNAUTHENTICATED].contains(&&**name) => {
                (
                    Code::BoundToAnonymous,
                    Severity::Error,
                    "anybody who reaches the API server, without a name",
                    "name who needs it: a User, a Group or a ServiceAccount",
                )
            }
            Subject::Group(name) if name == AUTHENTICATED => (
                Code::BoundToEverybody,
                Severity::Warning,
                "everybody who has any account, of people and of Pods",
                "name a Group of those who need it",
            ),
            Subject::Group(name) if name == SERVICE_ACCOUNTS => (
                Code::BoundToEverybody,
                Severity::Warning,
                "every Pod that has a token of its own or of its namespace",
                "name the ServiceAccounts that need it",
            ),
            Subject::ServiceAccount { name, .. } if name == "default" => (
                Code::BoundToDefaultAccount,
                Severity::Warning,
                "every Pod of its namespace that names no account",
                "make a ServiceAccount for what needs it, and name that in `serviceAccountName`",
            ),
            _ => continue,
        };
        findings.add(code, severity, || Finding {
            code,
            severity,
            message: format!("{binding} gives {} to {subject}: {who}", binding.role),
            help: help.to_owned(),
            at: Field { object, path: Binding::path_of_subject(index) },
            related: None,
        });
    }
}

/// Those whom a binding gives something that they did not have.
pub(super) fn counted(binding: &Binding) -> Vec<&Subject> {
    let is_master = |it: &&Subject| matches!(it, Subject::Group(name) if name == MASTERS);
    binding.subjects.iter().filter(|it| !is_master(it)).collect()
}

/// Whether somebody is a part of Kubernetes, that has the cluster in its hands.
pub(super) fn is_trusted(subject: &Subject) -> bool {
    match subject {
        Subject::ServiceAccount { namespace, .. } => namespace == SYSTEM,
        Subject::Group(name) => {
            name == "system:nodes"
                || name.strip_prefix(SERVICE_ACCOUNTS).and_then(|it| it.strip_prefix(':')) == Some(SYSTEM)
        }
        Subject::User(name) => name.starts_with("system:kube-") || name.starts_with("system:node:"),
    }
}

/// How one speaks of them: the first, and how many there are besides. One who is not trusted comes first.
pub(super) fn told(holders: &[&Subject]) -> String {
    let first = holders.iter().find(|it| !is_trusted(it)).or(holders.first());
    let first = first.map_or(String::new(), ToString::to_string);
    match holders.len() {
        0 | 1 => first,
        2 => format!("{first} and one more"),
        many => format!("{first} and {} more", many - 1),
    }
}
