//! What is wrong with the network policies in anyone's manifests: those that allow what they seem to close, those that select
//! nobody, and pods that none selects.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::connectivity::Connectivity;
use crate::facts::connectivity::policy::Namespaces;
use crate::facts::connectivity::side::Side;
use crate::facts::manifest::{Manifests, Places};
use crate::render::kubernetes::object::trap::{self, Trap};

/// Reports it.
pub fn check(
    manifests: &Manifests,
    connectivity: &Connectivity,
    places: &Places<'_>,
    sink: &mut Diagnostics,
) {
    for object in manifests.of_kind("networking.k8s.io", "NetworkPolicy") {
        for trap::Found { trap, path, message, help } in trap::of_policy(&object.value) {
            let code = match trap {
                Trap::AllowsNamespace => Code::PolicyAllowsNamespace,
                Trap::Anywhere => Code::PolicyLeadsAnywhere,
                Trap::NamespaceLabel => Code::PolicyNamespaceLabel,
            };
            sink.report_with(code, || {
                Diagnostic::new(code, places.find(object, &path), format!("{}: {message}", object.name()))
                    .help(help)
            });
        }
    }
    check_selecting_nobody(manifests, connectivity, places, sink);
    check_unselected(manifests, connectivity, places, sink);
}

/// Policies that select no pod of the files: meant for a namespace or labels that are called otherwise.
fn check_selecting_nobody(
    manifests: &Manifests,
    connectivity: &Connectivity,
    places: &Places<'_>,
    sink: &mut Diagnostics,
) {
    let selecting = |side: &Side| -> BTreeSet<usize> {
        // The strangers stand behind the pods of the files.
        let first = connectivity.strangers.first().map_or(usize::MAX, |it| it.class);
        let policies = side.policies.iter().filter(|it| it.subject.ones().any(|class| class < first));
        policies.map(|it| it.policy).collect()
    };
    let (ingress, egress) = (selecting(&connectivity.ingress), selecting(&connectivity.egress));
    let namespaces: BTreeSet<&str> =
        connectivity.cluster.workloads.iter().map(|it| it.namespace.as_str()).collect();
    // Policies alone say nothing of who is selected.
    if namespaces.is_empty() {
        return;
    }
    for (at, policy) in connectivity.policies.iter().enumerate() {
        if ingress.contains(&at) || egress.contains(&at) {
            continue;
        }
        let object = &manifests.objects[policy.object];
        sink.report_with(Code::PolicySelectsNobody, || {
            let (message, help) = match &policy.subject.namespaces {
                Namespaces::One(namespace) if !namespaces.contains(namespace.as_str()) => {
                    let near = suggest::closest(namespace, namespaces.iter().copied());
                    let help = match near {
                        Some(near) => format!("did you mean the namespace `{near}`?"),
                        None => "add the pods that it is for, or mend its namespace".to_owned(),
                    };
                    (format!("no pod of the files is in the namespace `{namespace}`"), help)
                }
                _ => (
                    "it selects no pod of the files".to_owned(),
                    "compare its selector with the labels of the pods".to_owned(),
                ),
            };
            let span = places.find(object, &[]);
            Diagnostic::new(Code::PolicySelectsNobody, span, format!("{}: {message}", object.name()))
                .help(help)
        });
    }
}

/// Pods that no policy selects in a direction, where others of the files are.
fn check_unselected(
    manifests: &Manifests,
    connectivity: &Connectivity,
    places: &Places<'_>,
    sink: &mut Diagnostics,
) {
    // Where there is none at all, this is not about policies.
    if connectivity.policies.is_empty() {
        return;
    }
    let objects: BTreeMap<(&str, &str, &str), usize> = manifests
        .objects
        .iter()
        .enumerate()
        .map(|(at, it)| ((it.namespace(), it.id.name.as_str(), &*it.id.kind), at))
        .collect();
    for workload in &connectivity.cluster.workloads {
        let open = |side: &Side| workload.classes.iter().any(|class| side.selecting(*class).next().is_none());
        let message = match (open(&connectivity.ingress), open(&connectivity.egress)) {
            (true, true) => "no policy selects it: everything may reach it, and it may reach everything",
            (true, false) => "no policy says what may come in: everything may reach it",
            (false, true) => {
                "no policy says what may go out: it may reach everything, the addresses where clouds hand out credentials included"
            }
            (false, false) => continue,
        };
        let key = (workload.namespace.as_str(), workload.name.as_str(), workload.kind.as_str());
        let object = objects.get(&key).map(|at| &manifests.objects[*at]);
        sink.report_with(Code::PodUnselected, || {
            let text = format!("{} `{}/{}`: {message}", workload.kind, workload.namespace, workload.name);
            let diagnostic = match object {
                Some(object) => Diagnostic::new(Code::PodUnselected, places.find(object, &[]), text),
                None => Diagnostic::nowhere(Code::PodUnselected, text),
            };
            diagnostic.help(format!(
                "close the namespace `{}` first: a NetworkPolicy with `podSelector: {{}}` and `policyTypes: [Ingress, Egress]`",
                workload.namespace
            ))
        });
    }
}
