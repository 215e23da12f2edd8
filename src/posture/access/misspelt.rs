//! Subjects that nobody is: a slip of the fingers gives somebody else what was meant for one, once there is such a somebody.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Severity;
use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::facts::access::Access;
use crate::facts::access::binding::Binding;
use crate::facts::access::subject::{
    ANONYMOUS, AUTHENTICATED, MASTERS, SERVICE_ACCOUNTS, Subject, UNAUTHENTICATED,
};
use crate::facts::manifest::Manifests;
use crate::posture::access::is_copy;
use crate::posture::finding::{Field, Finding, Findings};

/// Groups that Kubernetes puts anybody in.
const GROUPS: &[&str] = &[
    AUTHENTICATED,
    MASTERS,
    "system:bootstrappers",
    "system:monitoring",
    "system:nodes",
    SERVICE_ACCOUNTS,
    UNAUTHENTICATED,
];

/// Users that Kubernetes knows, besides those of nodes.
const USERS: &[&str] = &[
    ANONYMOUS,
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
];

/// What may follow a colon.
const OPEN: &[&str] = &["system:bootstrappers:", "system:node:", "system:serviceaccounts:"];

/// Service accounts of the files, by namespace.
type Accounts<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// How many names are compared; each comparison costs the product of two lengths.
const MOST_LOOKS: usize = 100_000;

/// Reports them.
pub(super) fn check(manifests: &Manifests, access: &Access, findings: &mut Findings) {
    let mut accounts = Accounts::new();
    for account in manifests.of_kind("", "ServiceAccount") {
        let of_namespace = accounts.entry(account.namespace()).or_default();
        of_namespace.extend([account.id.name.as_str(), "default"]);
    }
    let code = Code::SubjectMisspelt;
    let mut left = MOST_LOOKS;
    for binding in &access.bindings {
        let Some(object) = binding.object.filter(|at| !is_copy(&manifests.objects[*at])) else { continue };
        for (index, subject) in binding.subjects.iter().enumerate() {
            let Some((problem, help)) = problem(subject, &accounts, &mut left) else { continue };
            findings.add(code, Severity::Warning, || Finding {
                code,
                severity: Severity::Warning,
                message: format!("{binding} names {subject}, {problem}"),
                help,
                at: Field { object, path: Binding::path_of_subject(index) },
                related: None,
            });
        }
    }
}

/// What is wrong with a subject, and what may be meant.
fn problem(subject: &Subject, accounts: &Accounts<'_>, left: &mut usize) -> Option<(&'static str, String)> {
    match subject {
        Subject::ServiceAccount { namespace, name } => {
            let there = accounts.get(namespace.as_str())?;
            if there.contains(name.as_str()) {
                return None;
            }
            *left = left.checked_sub(there.len())?;
            let meant = suggest::closest(name, there.iter().copied())?;
            Some(("which is not in the files", format!("did you mean `{meant}`?")))
        }
        Subject::Group(name) if USERS.contains(&name.as_str()) => {
            Some(("which is a user", "write `kind: User`".to_owned()))
        }
        Subject::User(name) if GROUPS.contains(&name.as_str()) => {
            Some(("which is a group", "write `kind: Group`".to_owned()))
        }
        Subject::Group(name) if name.starts_with("system:serviceaccount:") => Some((
            "which is how a service account is called as a user",
            "write `kind: ServiceAccount` with its `name` and `namespace`, or `system:serviceaccounts:` for all of a namespace".to_owned(),
        )),
        Subject::Group(name) => unknown(name, GROUPS),
        Subject::User(name) => match name.split_once(['/', ':']) {
            Some((namespace, account)) if accounts.get(namespace).is_some_and(|it| it.contains(account)) => {
                let help = format!("write `kind: ServiceAccount`, `namespace: {namespace}`, `name: {account}`");
                Some(("which is no way to write a service account", help))
            }
            _ => unknown(name, USERS),
        },
    }
}

/// Names that begin with `system:` belong to Kubernetes, which has no others.
fn unknown(name: &str, known: &[&'static str]) -> Option<(&'static str, String)> {
    let is_known = known.contains(&name) || OPEN.iter().any(|it| name.starts_with(it));
    if !name.starts_with("system:") || is_known {
        return None;
    }
    let meant = suggest::closest(name, known.iter().copied())?;
    Some(("which Kubernetes does not know", format!("did you mean `{meant}`?")))
}
