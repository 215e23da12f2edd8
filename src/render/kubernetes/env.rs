//! The environment and the command line of a container.
//!
//! Plain values stand in the pod itself, not in a ConfigMap: so a value changes together with the pods that read it, and
//! going back to an older pod goes back to its values too.

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

use crate::language::Platform;
use crate::language::name::InProject;
use crate::language::workload::{AddressPart, Env, EnvValue, Workload};
use crate::render::kubernetes::database::{self, LoginValue};
use crate::render::kubernetes::name;

/// The variables of a workload, by name.
pub fn variables(platform: &Platform, workload: &Workload) -> Vec<EnvVar> {
    let variables = workload.env.iter().map(|(name, env)| {
        let Env { value, span: _ } = env;
        let (value, value_from) = match value {
            // What is left out is empty, and the API server leaves out what is empty.
            EnvValue::Plain(text) => (Some(verbatim(text)).filter(|it| !it.is_empty()), None),
            EnvValue::Address { service, part } => (Some(address(platform, service, *part)), None),
            EnvValue::Secret(value) => {
                (None, Some(of_secret(value.secret.to_string(), name::of_secret_key(value))))
            }
            EnvValue::Login { database: id, key } => match platform.database(id) {
                Some(database) => match database::login(platform, id, database, &key.value) {
                    LoginValue::Plain(text) => (Some(text), None),
                    LoginValue::Secret(secret) => (None, Some(of_secret(secret, key.value.to_string()))),
                },
                None => (None, None),
            },
        };
        EnvVar { name: name.to_string(), value, value_from }
    });
    variables.collect()
}

/// A text such that the process sees what is written: Kubernetes replaces `$(NAME)` by a variable and `$$` by `$`, in
/// values and arguments alike, and the language promises neither.
pub fn verbatim(text: &str) -> String {
    if text.contains("$(") || text.contains("$$") { text.replace('$', "$$") } else { text.to_owned() }
}

/// The name of a service in DNS, without the domain of the cluster, which every pod's resolver appends.
pub fn host(platform: &Platform, service: &InProject) -> String {
    format!("{}.{}.svc", service.name, platform.namespace(&service.project))
}

fn address(platform: &Platform, service: &InProject, part: AddressPart) -> String {
    let host = host(platform, service);
    // Who has no port has been refused by the language; users' templates are tried on the rest all the same.
    let reached = platform.service(service);
    let number = reached.and_then(|it| it.port).map(|it| it.to_string()).unwrap_or_default();
    match part {
        AddressPart::Url => format!("http://{host}:{number}"),
        AddressPart::Host => host,
        AddressPart::Port => number,
    }
}

fn of_secret(name: String, key: String) -> EnvVarSource {
    let key = SecretKeySelector { name, key, optional: None };
    EnvVarSource { secret_key_ref: Some(key), ..EnvVarSource::default() }
}

#[cfg(test)]
mod tests {
    use super::verbatim;

    #[test]
    fn what_is_written_is_what_the_process_gets() {
        for (written, rendered) in [
            ("plain", "plain"),
            ("costs 5$", "costs 5$"),
            ("$HOME", "$HOME"),
            ("$(HOME)", "$$(HOME)"),
            ("$$", "$$$$"),
            ("$a $(b)", "$$a $$(b)"),
        ] {
            assert_eq!(verbatim(written), rendered);
        }
    }
}
