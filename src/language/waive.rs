//! The `waive` declaration: leaving a secure default, with a reason, an owner and an end.

use crate::language::name::Name;
use crate::language::value::time::Date;
use crate::source::Span;

/// A waiver as meant.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The default that is left.
    pub safeguard: Safeguard,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Date,
    /// The team that answers for it.
    pub owner: Name,
    /// Where it is declared.
    pub span: Span,
}

/// The secure defaults of the edition that can be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safeguard {
    /// `read-only-root-filesystem`: containers cannot write beside their scratch directories.
    ReadOnlyRootFilesystem,
    /// `run-as-non-root`: processes are not root.
    RunAsNonRoot,
    /// `seccomp-runtime-default`: system calls are filtered.
    SeccompRuntimeDefault,
    /// `no-privilege-escalation`: no process gains privileges.
    NoPrivilegeEscalation,
    /// `drop-capabilities`: no Linux capabilities.
    DropCapabilities,
    /// `image-digest`: images are pinned by digest.
    ImageDigest,
    /// `image-registry`: images come from the registries of `image-policy`.
    ImageRegistry,
    /// `sealed-secrets`: what looks like a secret stands in no plain text.
    SealedSecrets,
}
