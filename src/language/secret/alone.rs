//! That each sealed value has one declaration: who could name its place as well would need no offer.

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::name::Name;
use crate::language::secret::{Sealed, Secret};
use crate::tree::digest::Digest;

/// What makes two secrets the same value.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// The bytes of its age file, whichever file they are in and however they are armored.
    Envelope(Digest),
    /// Its whole path. A place of a vault has one vault.
    InVault(String),
}

/// Reports every declaration of a value that another secret has.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let of_projects = platform.projects.values();
    let of_projects = of_projects.flat_map(|it| it.secrets.values().map(|secret| (Some(&it.name), secret)));
    let mut first: BTreeMap<Value, (Option<&Name>, &Secret)> = BTreeMap::new();
    for (project, secret) in platform.secrets.values().map(|it| (None, it)).chain(of_projects) {
        let value = match &secret.sealed {
            Sealed::Envelope { envelope, .. } | Sealed::File { envelope, .. } => Value::Envelope(*envelope),
            Sealed::Nothing { .. } => continue,
            Sealed::Vault(place) => Value::InVault(format!("{}/{}", place.mount, place.path)),
        };
        let Some((owner, other)) = first.get(&value) else {
            first.insert(value, (project, secret));
            continue;
        };
        // One that stands in the shadow of the other is reported for that.
        if owner.is_none() && project.is_some() && other.name == secret.name {
            continue;
        }
        let message =
            format!("{} names the sealed value of {}", described(project, secret), described(*owner, other));
        let help = match project.filter(|it| Some(*it) != *owner) {
            Some(project) => format!(
                "what is sealed for one is not another's to name: declare it once, at the top, with `offers project=\"{project}\"`"
            ),
            None => "declare it once, and take it by that one name".to_owned(),
        };
        sink.report(
            Diagnostic::new(Code::SealedTwice, secret.span, message)
                .related(other.span, "the other one")
                .help(help),
        );
    }
}

fn described(project: Option<&Name>, secret: &Secret) -> String {
    match project {
        Some(project) => format!("secret `{}` of project `{project}`", secret.name),
        None => format!("secret `{}`", secret.name),
    }
}
