//! The actions that a workflow uses, each by the commit that its version stood for when this was written.
//!
//! A version is a tag, and a tag can be moved by whoever has the rights of its repository: tj-actions/changed-files was
//! moved to a commit that printed the secrets of its users (CVE-2025-30066). A commit is what was looked at.

/// Checks out the repository.
pub const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

/// Keeps files from one run to the next.
pub const CACHE: &str = "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5";

/// Uploads findings.
pub const UPLOAD_SARIF: &str =
    "github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e # v4.36.2";
