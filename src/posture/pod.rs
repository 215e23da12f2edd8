//! What the Pod Security Standards forbid of the pods in anyone's manifests.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::manifest::{Manifests, Places};
use crate::language::pod_security::Level;
use crate::render::kubernetes::pod_security::{self, Standard};
use crate::render::yaml::path_text;

/// Reports it, at the field of each pod and pod template.
pub fn check(manifests: &Manifests, standard: Standard, places: &Places<'_>, sink: &mut Diagnostics) {
    for object in &manifests.objects {
        let Some((way, template)) = pod_security::template_of(&object.value) else { continue };
        for violation in pod_security::violations(template, standard) {
            let code = match violation.control.level() {
                Level::Restricted => Code::PodNotRestricted,
                Level::Baseline | Level::Privileged => Code::PodNotBaseline,
            };
            sink.report_with(code, || {
                let path = [way.clone(), violation.path].concat();
                let (name, message, control) = (object.name(), violation.message, violation.control.id());
                let text = format!("{name}: `{}` {message} ({control})", path_text(&path));
                Diagnostic::new(code, places.find(object, &path), text)
            });
        }
    }
}
