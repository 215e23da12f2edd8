//! Whether a sealed secret can be opened by as many as the tree says: an age file does not show to whom it is sealed, but to
//! how many.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::person::Person;
use crate::language::secret::principal::Principal;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::age_key::AgeKey;

/// Reports secrets that are sealed to fewer than may open them, and the first of those that nothing can open.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let of_projects = platform.projects.values().flat_map(|it| it.secrets.values());
    let sealed = platform.secrets.values().chain(of_projects).filter_map(|secret| match &secret.sealed {
        Sealed::Envelope { recipients, .. } | Sealed::File { recipients, .. } => Some((secret, *recipients)),
        Sealed::Vault(_) => None,
    });
    let sealed: Vec<(&Secret, usize)> = sealed.collect();
    if platform.recipients.is_empty() {
        if let Some((first, _)) = sealed.iter().min_by_key(|(it, _)| it.span) {
            sink.report(without_recipient(platform, first));
        }
        return;
    }
    for (secret, sealed_to) in sealed {
        let declared = keys(platform, secret).len();
        if sealed_to < declared {
            sink.report(too_few(platform, secret, sealed_to, declared));
        }
    }
}

fn without_recipient(platform: &Platform, secret: &Secret) -> Diagnostic {
    let place = match &platform.environment {
        Some(environment) => format!("environment `{environment}`"),
        None => format!("platform `{}`", platform.name),
    };
    let message = format!("secret `{}` is sealed, and {place} has no `recipient` that opens it", secret.name);
    Diagnostic::new(Code::NobodyOpens, secret.span, message).help(
        "declare who does, the controller or a runner, by `recipient \"controller\" key=\"age1…\"`, and seal it for that key",
    )
}

fn too_few(platform: &Platform, secret: &Secret, sealed_to: usize, declared: usize) -> Diagnostic {
    let opens = |it: usize| if it == 1 { "1 key".to_owned() } else { format!("{it} keys") };
    let message = format!(
        "secret `{}` is sealed to {}, and {declared} are declared that open it",
        secret.name,
        opens(sealed_to)
    );
    let diagnostic = Diagnostic::new(Code::SealedToTooFew, secret.span, message);
    let machines = platform.recipients.values().take(MOST_SHOWN);
    let diagnostic = machines.fold(diagnostic, |it, machine| it.related(machine.span, "this opens it"));
    let readers = secret.readers.values().take(MOST_SHOWN);
    let diagnostic = readers.fold(diagnostic, |it, span| it.related(*span, "and so do the keys of these"));
    diagnostic.help("seal it anew with `age -a -r KEY -r KEY …`, or leave out who is not to open it")
}

/// Of how many declarations somebody is told who has many.
const MOST_SHOWN: usize = 3;

/// The keys that a secret is to be sealed to.
fn keys<'p>(platform: &'p Platform, secret: &'p Secret) -> BTreeSet<&'p AgeKey> {
    let machines = platform.recipients.values().map(|it| &it.key);
    let readers = secret.readers.keys().flat_map(|it| readers(platform, it));
    machines.chain(readers.flat_map(|it| &it.reads_with)).collect()
}

fn readers<'p>(platform: &'p Platform, principal: &Principal) -> Vec<&'p Person> {
    match principal {
        Principal::Person(email) => platform.persons.get(email).into_iter().collect(),
        Principal::Team(team) => {
            let members = platform.teams.get(team).into_iter().flat_map(|it| &it.members);
            members.filter_map(|it| platform.persons.get(&it.email)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn a_secret_is_sealed_to_all_who_open_it() {
        insta::assert_snapshot!(check(r#"
            recipient "runner" key="age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"
            person "ana@hello.example" { reads-with "age1kwhhsk7umptf6murxaalr08wywwpud7vakl9akazh8me2ncr7y0qz3v004" }
            project "shop" {
                service "web" { image @web; env "A" secret="a"; env "B" secret="b" }
                secret "a" file="secret.age"
                secret "b" file="secret.age" { readable-by person="ana@hello.example" }
            }
        "#), @"
        TS321 error 5: secret `a` is sealed to 1 key, and 2 are declared that open it
        TS321 error 6: secret `b` is sealed to 1 key, and 3 are declared that open it
        ");
    }

    #[test]
    fn a_sealed_secret_has_somebody_who_opens_it() {
        insta::assert_snapshot!(check(r#"
            environment "test" { (remove)recipient "controller" }
            environment "live" { platform { (override)domain "live.example" } }
            project "shop" {
                service "web" { image @web; env "A" secret="a"; env "B" secret="b" }
                secret "a" file="secret.age"
                secret "b" file="secret.age"
            }
        "#), @"TS320 error 5: secret `a` is sealed, and environment `test` has no `recipient` that opens it [test]");
    }
}
