//! Which images may run in the platform's namespaces: a ValidatingAdmissionPolicy and its binding.
//!
//! What is judged are pods, because whatever else makes some, pods are what runs: containers of all three sorts, added
//! debug containers, and images mounted as volumes. That images are pinned by digest always holds; where they come from
//! holds where it is declared. A waived image is let through in its own namespace, as exactly the text that is waived.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::value::image::Image;
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::namespace::IMAGE_POLICY;
use crate::render::kubernetes::{label, name};

#[derive(Serialize)]
struct PolicyView<'a> {
    name: &'a str,
    variables: Vec<Variable>,
    validations: Vec<Validation>,
}

#[derive(Serialize)]
struct BindingView<'a> {
    name: &'a str,
    namespaces: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize)]
struct Variable {
    name: &'static str,
    expression: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validation {
    expression: String,
    message_expression: String,
    reason: &'static str,
}

/// Every image of the pod. What is left out of a pod counts as no image, an image left out as one that nothing allows.
const IMAGES: &str = "object.spec.containers.map(it, it.?image.orValue('')) \
    + object.spec.?initContainers.orValue([]).map(it, it.?image.orValue('')) \
    + object.spec.?ephemeralContainers.orValue([]).map(it, it.?image.orValue('')) \
    + object.spec.?volumes.orValue([]).filter(it, has(it.image)).map(it, it.image.?reference.orValue(''))";

/// The policy of a platform.
pub fn render(platform: &Platform, objects: &mut Objects<'_>) {
    let name = &name::of_image_policy(platform);
    let span = platform.image_policy.as_ref().map_or(platform.span, |it| it.span);
    let labels = label::of_platform(platform);
    let registries = platform.image_policy.as_ref().map(|it| it.registries.as_slice());
    let pinned = rule(
        "unpinned",
        "it.matches('@sha256:[a-f0-9]{64}$')".to_owned(),
        &waived(platform, |it| it.digest.is_some()),
        "images are pinned by digest, and these are not: ",
    );
    let registered = registries.map(|registries| {
        let allowed: Vec<String> = registries.iter().map(|it| from_registry(&it.to_string())).collect();
        let names: Vec<String> = registries.iter().map(ToString::to_string).collect();
        rule(
            "foreign",
            allowed.join(" || "),
            &waived(platform, |it| registries.iter().any(|registry| registry.covers(it))),
            &format!("images come from {}, and these do not: ", names.join(", ")),
        )
    });
    let images = Variable { name: "images", expression: IMAGES.to_owned() };
    let (refused, validations): (Vec<_>, Vec<_>) = std::iter::once(pinned).chain(registered).unzip();
    let variables = std::iter::once(images).chain(refused).collect();
    let view = PolicyView { name, variables, validations };
    objects.add("image-policy/validating-admission-policy.yaml.j2", &labels, span, &view);
    let view = BindingView { name, namespaces: [(IMAGE_POLICY, name.as_str())].into() };
    objects.add("image-policy/validating-admission-policy-binding.yaml.j2", &labels, span, &view);
}

/// A variable with the images that are refused, and the validation that there are none.
fn rule(
    refused: &'static str,
    allowed: String,
    waived: &BTreeMap<String, BTreeSet<String>>,
    message: &str,
) -> (Variable, Validation) {
    let allowed = if waived.is_empty() {
        allowed
    } else {
        format!("{allowed} || it in {}[?request.namespace].orValue([])", map(waived))
    };
    let variable =
        Variable { name: refused, expression: format!("variables.images.filter(it, !({allowed}))") };
    let validation = Validation {
        expression: format!("variables.{refused}.size() == 0"),
        message_expression: format!("{} + variables.{refused}.join(', ')", text(message)),
        reason: "Forbidden",
    };
    (variable, validation)
}

/// Whole parts only, as the language has it: `ghcr.io/acme` is the front of `ghcr.io/acme/web`, not of
/// `ghcr.io/acme-evil/web`. What has a path may be a repository itself; behind a mere host, `:` would begin a port.
fn from_registry(registry: &str) -> String {
    let below = format!("it.startsWith({})", text(&format!("{registry}/")));
    if !registry.contains('/') {
        return below;
    }
    let fronts = [':', '@'].map(|it| format!(" || it.startsWith({})", text(&format!("{registry}{it}"))));
    format!("{below} || it == {}{}", text(registry), fronts.concat())
}

/// The images that a rule would refuse, by namespace. Past the checks of the language each of them has its waiver.
fn waived(platform: &Platform, allows: impl Fn(&Image) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let mut waived: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let of_projects = platform.workloads().map(|(project, it)| (platform.namespace(&project.name), it));
    let of_platform = platform.edges.values().map(|it| (platform.system_namespace(), &it.workload));
    for (namespace, workload) in of_projects.chain(of_platform) {
        let image = &workload.image.value;
        if !allows(image) {
            waived.entry(namespace).or_default().insert(image.to_string());
        }
    }
    waived
}

fn map(waived: &BTreeMap<String, BTreeSet<String>>) -> String {
    let entries = waived.iter().map(|(namespace, images)| {
        let images: Vec<String> = images.iter().map(|it| text(it)).collect();
        format!("{}: [{}]", text(namespace), images.join(", "))
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

/// A text as CEL writes it.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
