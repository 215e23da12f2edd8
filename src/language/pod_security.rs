//! The `pod-security` declaration: how pods are confined.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::waive::{Safeguard, Waivers};
use crate::language::word::words;
use crate::language::workload::{self, RunAs, Scratch};
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "pod-security",
    Class::Single,
    "How pods are confined. Workloads are hardened in any case (not root, no privileges, no capabilities, system calls \
     filtered, nothing writable but scratch directories); the level is what the API server refuses by in the platform's \
     namespaces, for objects that come from elsewhere too.",
)
.arguments(&[Field::default::<Level>("level", "\"restricted\"", "The Pod Security Standard.")])
.children(&[&workload::RUN_AS, &workload::SCRATCH]);

/// A Pod Security Standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything.
    Privileged,
    /// No known escalation.
    Baseline,
    /// Hardened.
    Restricted,
}

/// Pod security as meant: what holds where no workload says otherwise.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PodSecurity {
    /// The level that namespaces audit and warn by, and enforce unless a waiver forces them lower.
    pub level: Level,
    /// Which user and groups processes run as.
    pub run_as: RunAs,
    /// Writable directories that every workload gets.
    pub scratch: Vec<Scratch>,
    /// Where it is declared; the platform's span where it is not.
    #[serde(skip)]
    pub span: Span,
}

words! { Level: "Pod Security Standard", Privileged = "privileged", Baseline = "baseline", Restricted = "restricted" }

/// Reports a level below the edition's.
pub fn check(security: &PodSecurity, waivers: &Waivers<'_>, sink: &mut Diagnostics) {
    if security.level != Level::Restricted {
        let message = format!("namespaces enforce `{}`, and not `restricted`", security.level.word());
        let diagnostic = Diagnostic::new(Code::PodSecurityLowered, security.span, message)
            .help("declared workloads are hardened in any case: this opens the door to others");
        waivers.report(Safeguard::RestrictedPods, diagnostic, sink);
    }
}

/// Reads pod security, or gives the edition's.
pub fn resolve(items: &[Item<'_>], platform: Span, sink: &mut Diagnostics) -> PodSecurity {
    let Some(item) = items.iter().find(|it| it.kind.word == KIND.word) else {
        return PodSecurity {
            level: Level::Restricted,
            run_as: workload::DEFAULT_RUN_AS,
            scratch: Vec::new(),
            span: platform,
        };
    };
    PodSecurity {
        level: item.argument::<Level>(0, sink).map_or(Level::Restricted, |it| it.value),
        run_as: workload::resolve_run_as(item, workload::DEFAULT_RUN_AS, sink),
        scratch: workload::resolve_scratch(item, sink),
        span: item.span(),
    }
}
