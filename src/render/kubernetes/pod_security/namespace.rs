//! What the labels of a namespace hold its pods to, as the admission plugin reads them.
//!
//! Where a label says nothing, the plugin's own configuration decides. Here it is that of a server that nobody configured:
//! `privileged`, as of `latest`.

use crate::language::pod_security::Level;
use crate::render::kubernetes::pod_security::Standard;
use crate::render::kubernetes::pod_security::version::Minor;

/// What the pods of a namespace are held to, by what becomes of those that are not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Others are refused.
    pub enforce: Standard,
    /// Others are noted in the audit log.
    pub audit: Standard,
    /// Whoever creates others is warned.
    pub warn: Standard,
    /// Labels that could not be read. The server refuses to create such a namespace, or to change a label into that.
    pub problems: Vec<Problem>,
}

/// A label that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its key.
    pub label: &'static str,
    /// What it must be.
    pub message: &'static str,
}

/// What a namespace with these labels holds its pods to; `label` gives the value of a key.
///
/// What cannot be read closes the door where pods are refused (`restricted`) and says nothing where they are only told of
/// (`privileged`); a version that cannot be read is `latest`. Whoever enforces a level warns of it too, unless labels say
/// otherwise.
pub fn policy<'a>(label: impl Fn(&str) -> Option<&'a str>) -> Policy {
    let mut problems = Vec::new();
    let mut level = |key: &'static str| {
        let word = label(key)?;
        let known = Level::ALL.iter().copied().find(|it| it.word() == word);
        if known.is_none() {
            let message = "must be one of `privileged`, `baseline` and `restricted`";
            problems.push(Problem { label: key, message });
        }
        Some(known)
    };
    let enforced = level("pod-security.kubernetes.io/enforce");
    let audited = level("pod-security.kubernetes.io/audit");
    let warned = level("pod-security.kubernetes.io/warn");
    let mut version = |key: &'static str| {
        let known = Minor::read(label(key)?);
        if known.is_none() {
            problems.push(Problem { label: key, message: "must be `latest` or a version such as `v1.35`" });
        }
        Some(known.unwrap_or(Minor::LATEST))
    };
    let enforced_version = version("pod-security.kubernetes.io/enforce-version").unwrap_or(Minor::LATEST);
    let audited_version = version("pod-security.kubernetes.io/audit-version").unwrap_or(Minor::LATEST);
    let warned_version = version("pod-security.kubernetes.io/warn-version");

    let enforce = Standard {
        level: enforced.map_or(Level::Privileged, |it| it.unwrap_or(Level::Restricted)),
        version: enforced_version,
    };
    let told = |it: Option<Option<Level>>| it.flatten().unwrap_or(Level::Privileged);
    let audit = Standard { level: told(audited), version: audited_version };
    let warn = match (warned, enforced) {
        // A label that cannot be read enforces, and warns of nothing.
        (None, Some(Some(level))) if level > Level::Privileged => {
            Standard { level, version: warned_version.unwrap_or(enforced_version) }
        }
        (warned, _) => Standard { level: told(warned), version: warned_version.unwrap_or(Minor::LATEST) },
    };
    Policy { enforce, audit, warn, problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &str) -> String {
        let labels: Vec<(&str, &str)> =
            labels.split_whitespace().filter_map(|it| it.split_once('=')).collect();
        let prefix = "pod-security.kubernetes.io/";
        let policy = policy(|key| {
            let own = key.strip_prefix(prefix);
            labels.iter().find(|it| own == Some(it.0)).map(|it| it.1)
        });
        let modes = [policy.enforce, policy.audit, policy.warn];
        let modes = modes.iter().map(|it| format!("{}:{}", it.level.word(), it.version)).collect::<Vec<_>>();
        let problems = policy.problems.iter().map(|it| format!("; {} {}", it.label, it.message));
        modes.join(" ") + &problems.collect::<String>()
    }

    #[test]
    fn labels_mean_what_they_mean_to_the_plugin() {
        let cases = [
            "other=baseline",
            "enforce=baseline",
            "enforce=restricted enforce-version=v1.29",
            "enforce=restricted enforce-version=v1.29 warn-version=v1.30",
            "enforce=restricted warn=baseline",
            "enforce=baseline warn=restricted audit=restricted audit-version=v1.99",
            "enforce=privileged enforce-version=v1.29",
            "enforce-version=v1.29",
            "warn-version=v1.29",
            "enforce=Restricted",
            "enforce=Restricted warn=baseline",
            "audit=all warn=all",
            "enforce=restricted warn=all warn-version=v1.29",
            "enforce=restricted enforce-version=1.29",
            "enforce=restricted audit-version=v1 warn-version=v1.01",
        ];
        insta::assert_snapshot!(cases.map(|it| format!("{it} => {}", check(it))).join("\n"), @"
        other=baseline => privileged:v1.35 privileged:v1.35 privileged:v1.35
        enforce=baseline => baseline:v1.35 privileged:v1.35 baseline:v1.35
        enforce=restricted enforce-version=v1.29 => restricted:v1.29 privileged:v1.35 restricted:v1.29
        enforce=restricted enforce-version=v1.29 warn-version=v1.30 => restricted:v1.29 privileged:v1.35 restricted:v1.30
        enforce=restricted warn=baseline => restricted:v1.35 privileged:v1.35 baseline:v1.35
        enforce=baseline warn=restricted audit=restricted audit-version=v1.99 => baseline:v1.35 restricted:v1.99 restricted:v1.35
        enforce=privileged enforce-version=v1.29 => privileged:v1.29 privileged:v1.35 privileged:v1.35
        enforce-version=v1.29 => privileged:v1.29 privileged:v1.35 privileged:v1.35
        warn-version=v1.29 => privileged:v1.35 privileged:v1.35 privileged:v1.29
        enforce=Restricted => restricted:v1.35 privileged:v1.35 privileged:v1.35; pod-security.kubernetes.io/enforce must be one of `privileged`, `baseline` and `restricted`
        enforce=Restricted warn=baseline => restricted:v1.35 privileged:v1.35 baseline:v1.35; pod-security.kubernetes.io/enforce must be one of `privileged`, `baseline` and `restricted`
        audit=all warn=all => privileged:v1.35 privileged:v1.35 privileged:v1.35; pod-security.kubernetes.io/audit must be one of `privileged`, `baseline` and `restricted`; pod-security.kubernetes.io/warn must be one of `privileged`, `baseline` and `restricted`
        enforce=restricted warn=all warn-version=v1.29 => restricted:v1.35 privileged:v1.35 privileged:v1.29; pod-security.kubernetes.io/warn must be one of `privileged`, `baseline` and `restricted`
        enforce=restricted enforce-version=1.29 => restricted:v1.35 privileged:v1.35 restricted:v1.35; pod-security.kubernetes.io/enforce-version must be `latest` or a version such as `v1.35`
        enforce=restricted audit-version=v1 warn-version=v1.01 => restricted:v1.35 privileged:v1.35 restricted:v1.35; pod-security.kubernetes.io/audit-version must be `latest` or a version such as `v1.35`; pod-security.kubernetes.io/warn-version must be `latest` or a version such as `v1.35`
        ");
    }
}
