//! Every workload passes the Pod Security Standard, and every namespace of the platform enforces it.
//!
//! A declared workload is held to `restricted`, whatever level the platform has, less what a waiver of its own leaves. What stands
//! in the platform's namespaces besides is held to the level of the platform.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::facts::manifest::{Manifests, Object, Places};
use crate::language::Platform;
use crate::language::pod_security::Level;
use crate::language::waive::Safeguard;
use crate::language::workload::Workload;
use crate::proof::Proof;
use crate::render::kubernetes::pod_security::control::Control;
use crate::render::kubernetes::pod_security::namespace::{self, Policy};
use crate::render::kubernetes::pod_security::version::Minor;
use crate::render::kubernetes::pod_security::{self, Standard};
use crate::render::yaml::{keys, path_text};
use crate::source::{SourceMap, Span};

/// Judges every pod template and every namespace of the platform.
pub fn prove(
    platform: &Platform,
    manifests: &Manifests,
    sources: &SourceMap,
    places: &Places<'_>,
    proof: &mut Proof,
) {
    let version = Minor::of(platform.cluster.kubernetes);
    let own = platform.workloads().map(|(project, it)| (platform.namespace(&project.name), it));
    let edges = platform.edges.values().map(|it| (platform.system_namespace(), &it.workload));
    let declared: BTreeMap<(String, &str), &Workload> =
        own.chain(edges).map(|(namespace, it)| ((namespace, it.name.as_str()), it)).collect();
    let mut namespaces: BTreeMap<String, Span> =
        platform.projects.values().map(|it| (platform.namespace(&it.name), it.span)).collect();
    namespaces.insert(platform.system_namespace(), platform.span);
    for object in &manifests.objects {
        if object.is("", "Namespace")
            && let Some(span) = namespaces.get(&object.id.name)
        {
            let is_softer = declared.iter().any(|(key, it)| key.0 == object.id.name && !left(it).is_empty());
            enforced(platform, object, is_softer, *span, places, sources, proof);
        }
        let Some((way, template)) =
            pod_security::template_of(&object.value).filter(|_| namespaces.contains_key(object.namespace()))
        else {
            continue;
        };
        proof.counts.pods += 1;
        let workload = declared.get(&(object.namespace().to_owned(), object.id.name.as_str()));
        let level = if workload.is_some() { Level::Restricted } else { platform.pod_security.level };
        let left = workload.map(|it| left(it)).unwrap_or_default();
        let violations = pod_security::violations(template, Standard { level, version });
        for violation in violations.into_iter().filter(|it| !left.contains(&it.control)) {
            let path = [way.clone(), violation.path].concat();
            let place = sources.place(places.find(object, &path));
            let (name, level, path) = (object.name(), level.word(), path_text(&path));
            let message = format!("{name} is not `{level}`: `{path}` {} ({place})", violation.message);
            let span = workload.map_or(platform.pod_security.span, |it| it.span);
            proof.findings.report(Diagnostic::new(Code::ProofPod, span, message));
        }
    }
}

/// What the waivers of a workload leave.
fn left(workload: &Workload) -> Vec<Control> {
    let controls = |safeguard: &Safeguard| -> &[Control] {
        match safeguard {
            Safeguard::RunAsNonRoot => &[Control::RunAsNonRoot, Control::RunAsUser],
            Safeguard::SeccompRuntimeDefault => &[Control::SeccompProfileRestricted],
            Safeguard::NoPrivilegeEscalation => &[Control::AllowPrivilegeEscalation],
            Safeguard::DropCapabilities => &[Control::CapabilitiesRestricted],
            _ => &[],
        }
    };
    workload.waived.keys().flat_map(|it| controls(it).to_vec()).collect()
}

/// Holds what a namespace enforces, audits and warns of against the declared level. Where a workload is softer by a waiver, the
/// namespace may enforce less.
fn enforced(
    platform: &Platform,
    object: &Object,
    is_softer: bool,
    span: Span,
    places: &Places<'_>,
    sources: &SourceMap,
    proof: &mut Proof,
) {
    let level = platform.pod_security.level;
    let labels = &object.value["metadata"]["labels"];
    let Policy { enforce, audit, warn, problems } = namespace::policy(|key| labels[key].as_str());
    let least = if is_softer { level.min(Level::Baseline) } else { level };
    let modes = [("enforces", enforce, least), ("audits", audit, level), ("warns of", warn, level)];
    let place = || sources.place(places.find(object, &keys(&["metadata", "labels"])));
    for (verb, found, wanted) in modes.into_iter().filter(|it| it.1.level < it.2) {
        let (name, found, wanted) = (object.name(), found.level.word(), wanted.word());
        let message = format!("{name} {verb} `{found}`, and not `{wanted}` ({})", place());
        proof.findings.report(Diagnostic::new(Code::ProofPod, span, message));
    }
    if !problems.is_empty() {
        let message = format!("{} has labels of Pod Security that mean nothing ({})", object.name(), place());
        proof.findings.report(Diagnostic::new(Code::ProofPod, span, message));
    }
}
