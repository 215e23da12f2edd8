//! Texts with a form: addresses of people, names of environment variables, paths, labels.

use std::sync::Arc;

/// The address of a person: `ana@example.com`, at most 254 characters, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Email(pub(super) Arc<str>);

/// The name of an environment variable: `[A-Z_][A-Z0-9_]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvName(pub(super) Arc<str>);

/// Where something is mounted in a container: an absolute path without `..`, `.` and doubled `/`, not `/` itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountPath(pub(super) Arc<str>);

/// The key of a Kubernetes label, with an optional prefix: `example.com/team`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelKey(pub(super) Arc<str>);

/// The value of a Kubernetes label: at most 63 characters of `A-Z a-z 0-9 - _ .`, or empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelValue(pub(super) Arc<str>);

/// An `https` address of a repository or page, without a user, password or fragment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpsUrl(pub(super) Arc<str>);

/// One line of text for people, without control characters, at most 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(pub(super) Arc<str>);
