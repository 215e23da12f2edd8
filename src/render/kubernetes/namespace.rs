//! The namespace of a project: the border that Pod Security and the image policy are held at.

use serde::Serialize;

use crate::language::Platform;
use crate::language::pod_security::Level;
use crate::language::project::Project;
use crate::language::waive::Safeguard;
use crate::language::workload::Workload;
use crate::render::kubernetes::label::{self, Labels};
use crate::render::kubernetes::manifest::{Annotations, Objects};
use crate::render::kubernetes::name;

/// The label by which the image policy finds the namespaces that it holds for.
pub const IMAGE_POLICY: &str = "trackside.dev/image-policy";

#[derive(Serialize)]
struct NamespaceView<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct ServiceAccountView<'a> {
    name: &'a str,
    namespace: String,
}

/// The namespace, and in it the service account of whoever names none, without a token: what needs no API gets none.
pub fn render(project: &Project, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let namespace = platform.namespace(&project.name);
    let labels = label::of_project(platform, project);
    let services = project.services.values().map(|it| &it.workload);
    let mut workloads = services.chain(project.crons.values().map(|it| &it.workload));
    let view = NamespaceView { name: &namespace };
    let all = with_admission(&labels, platform, workloads.any(leaves_restricted));
    objects.add_annotated("project/namespace.yaml.j2", &all, annotations_of(project), project.span, &view);
    let view = ServiceAccountView { name: name::DEFAULT_SERVICE_ACCOUNT, namespace };
    objects.add("workload/service-account.yaml.j2", &labels, project.span, &view);
}

/// The namespace of what the platform itself runs.
pub fn render_system(objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let namespace = objects.namespace();
    let labels = label::of_platform(platform);
    let mut workloads = platform.edges.values().map(|it| &it.workload);
    let view = NamespaceView { name: &namespace };
    let all = with_admission(&labels, platform, workloads.any(leaves_restricted));
    objects.add("project/namespace.yaml.j2", &all, platform.span, &view);
    let view = ServiceAccountView { name: name::DEFAULT_SERVICE_ACCOUNT, namespace };
    objects.add("workload/service-account.yaml.j2", &labels, platform.span, &view);
}

/// What people want to know of a namespace that they come across.
fn annotations_of(project: &Project) -> Annotations {
    let description = project.description.as_ref().map(|it| ("kubernetes.io/description", it.to_string()));
    let repository = project.repository.as_ref().map(|it| ("trackside.dev/repository", it.to_string()));
    description.into_iter().chain(repository).collect()
}

/// Adds the labels that admission reads. What is enforced can be lower than what is audited and warned of, so that a waived
/// pod runs and stays visible.
fn with_admission(labels: &Labels, platform: &Platform, is_waived: bool) -> Labels {
    let (major, minor) = platform.cluster.kubernetes;
    let level = platform.pod_security.level;
    let enforced = if is_waived { level.min(Level::Baseline) } else { level };
    let modes = [("enforce", enforced), ("audit", level), ("warn", level)];
    let pod_security = modes.into_iter().flat_map(|(mode, level)| {
        let key = format!("pod-security.kubernetes.io/{mode}");
        [(format!("{key}-version"), format!("v{major}.{minor}")), (key, word(level).to_owned())]
    });
    let image_policy = (IMAGE_POLICY.to_owned(), name::of_image_policy(platform));
    pod_security.chain([image_policy]).chain(labels.clone()).collect()
}

/// Whether a waiver of a workload needs a lower level than the declared one.
fn leaves_restricted(workload: &Workload) -> bool {
    workload.waived.keys().any(|safeguard| match safeguard {
        Safeguard::RunAsNonRoot
        | Safeguard::SeccompRuntimeDefault
        | Safeguard::NoPrivilegeEscalation
        | Safeguard::DropCapabilities => true,
        // The standards say nothing of these.
        Safeguard::ReadOnlyRootFilesystem
        | Safeguard::ImageDigest
        | Safeguard::ImageRegistry
        | Safeguard::RestrictedPods
        | Safeguard::StrictCsp
        | Safeguard::SealedSecrets
        | Safeguard::VerifiedTls
        | Safeguard::SecondFactor
        | Safeguard::GuardedRights
        | Safeguard::KeptData
        | Safeguard::ShortLocks
        | Safeguard::CompatibleSchema => false,
    })
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Privileged => "privileged",
        Level::Baseline => "baseline",
        Level::Restricted => "restricted",
    }
}
