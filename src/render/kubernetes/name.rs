//! Names of objects and parts that are derived from declared names and paths.
//!
//! An object of a workload is called as the workload. The few that are not are made here, in one place, so that
//! [`check`](mod@super::check) can say which two want the same name.

use sha2::{Digest, Sha256};

use crate::language::Platform;
use crate::language::cluster::Gateway;
use crate::language::name::Name;
use crate::language::secret::taken::SecretValue;

/// The service account that pods without one of their own run as; Kubernetes makes it in every namespace.
pub const DEFAULT_SERVICE_ACCOUNT: &str = "default";

/// The key of a Kubernetes Secret under which the value of a declared secret stands.
pub const SECRET_KEY: &str = "value";

/// The key of a Kubernetes Secret under which a value stands: the declared one, where it has a name.
pub fn of_secret_key(value: &SecretValue) -> String {
    value.key.as_ref().map_or_else(|| SECRET_KEY.to_owned(), |it| it.value.to_string())
}

/// The headless Service by which the pods of a service with disks know each other.
pub fn of_pods(service: &Name) -> String {
    format!("{service}-pods")
}

/// The image policy of a platform. It is an object of the cluster, so it tells apart what shares one.
pub fn of_image_policy(platform: &Platform) -> String {
    match &platform.environment {
        Some(environment) if platform.cluster.shared => format!("{}-{environment}-images", platform.name),
        _ => format!("{}-images", platform.name),
    }
}

/// What stands in the namespace of a gateway for a platform: it tells apart what shares one, and is the name of the Secret
/// with the gateway's certificate.
pub fn of_gateway(platform: &Platform, gateway: &Gateway) -> String {
    match &platform.environment {
        Some(environment) if platform.cluster.shared => {
            format!("{}-{environment}-{}", platform.name, gateway.name)
        }
        _ => format!("{}-{}", platform.name, gateway.name),
    }
}

/// A label of at most 40 characters for a path, the same for the same path whatever else is mounted: `/var/lib/data` is
/// `var-lib-data`. A path that cannot be read back from its label carries a part of its digest, so no two are the same.
pub fn of_path(path: &str) -> String {
    shortened(path, |it| it.is_ascii_lowercase() || it.is_ascii_digit())
}

/// The same for the key of a file in a ConfigMap, which may hold more: `/etc/web/web.conf` is `etc-web-web.conf`.
pub fn of_file(path: &str) -> String {
    shortened(path, |it| it.is_ascii_alphanumeric() || matches!(it, '.' | '_'))
}

const LONGEST: usize = 40;

fn shortened(path: &str, may_stay: fn(char) -> bool) -> String {
    let plain: String = path.chars().map(|it| if may_stay(it) { it } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    if plain.len() <= LONGEST && format!("/{}", plain.replace('-', "/")) == path {
        return plain.to_owned();
    }
    let digest = hex(&Sha256::digest(path)[..4]);
    let front: String = plain.chars().take(LONGEST - 9).collect();
    format!("{}-{digest}", front.trim_end_matches('-')).trim_start_matches('-').to_owned()
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_labels_that_stay_apart() {
        let paths = [
            "/tmp",
            "/var/lib/data",
            "/var-lib/data",
            "/app/.cache",
            "/app/cache",
            "/Tmp",
            "/ü",
            "/etc/a.conf",
        ];
        let labels: Vec<String> =
            paths.iter().map(|path| format!("{} {}", of_path(path), of_file(path))).collect();
        insta::assert_snapshot!(labels.join("\n"), @"
        tmp tmp
        var-lib-data var-lib-data
        var-lib-data-c4769492 var-lib-data-c4769492
        app--cache-2798e0ed app-.cache
        app-cache app-cache
        mp-5a8fd33d Tmp
        80c0f51a 80c0f51a
        etc-a-conf-d3a3fa99 etc-a.conf
        ");
        assert!(of_path(&"/long".repeat(30)).len() <= LONGEST);
    }
}
