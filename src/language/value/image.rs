//! Container images.

use std::sync::Arc;

/// A reference to a container image as the OCI distribution specification writes it, with its registry:
/// `ghcr.io/acme/web@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// Registry and repository: `ghcr.io/acme/web`.
    pub repository: Arc<str>,
    /// The tag, where one is written.
    pub tag: Option<Arc<str>>,
    /// The digest with its algorithm, `sha256:` and 64 hexadecimal digits, where one is written.
    pub digest: Option<Arc<str>>,
}

/// The front of image references: a registry with perhaps the first parts of a repository, `ghcr.io/acme`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Registry(pub(super) Arc<str>);
