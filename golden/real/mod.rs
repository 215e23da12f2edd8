//! What real programs say about what is made here: the Kubernetes API server, OPA, actionlint, age, PostgreSQL, squawk, and sqlx.
//!
//! `.ci/test` provides these programs, names them in the environment and runs the tests. One that is not there fails the
//! tests that need it; nothing is skipped. Nothing here talks to any address but 127.0.0.1.
//!
//! * [`kubernetes::Server::shared`] is a whole control plane, started once for all tests: objects are tried on it with
//!   `apply` and `dry_run_apply`, pod templates with `dry_run_create_pod`.
//! * [`opa::run`] is the `opa` command.
//! * [`workflow`] has actionlint read the workflows, and runs their steps.

use std::path::PathBuf;

mod access;
mod age;
mod baseline;
mod client;
mod control_plane;
mod copied;
mod cut;
mod erasure;
mod kubernetes;
mod literals;
mod locks;
mod manifests;
mod migrate;
mod opa;
mod pod_security;
mod postgres;
mod privacy;
mod rendered;
mod schemas;
mod secrets;
mod sqlx_cli;
mod squawk;
mod ways;
mod workflow;

/// Where a component is that the tests need; `variable` is set by `.ci/test`.
#[expect(clippy::disallowed_methods, reason = "`.ci/test` is the one place that knows where components are")]
fn component(variable: &str) -> Result<PathBuf, String> {
    match std::env::var_os(variable).map(PathBuf::from) {
        Some(path) if path.exists() => Ok(path),
        Some(path) => {
            Err(format!("`{variable}` names `{}`, which is not there: run `.ci/test`", path.display()))
        }
        None => Err(format!(
            "`{variable}` is not set: run `.ci/test`, which provides the component and runs the tests"
        )),
    }
}
