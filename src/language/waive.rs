//! The `waive` declaration: leaving a secure default, with a reason, an owner and an end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Severity, Waived};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::text::Line;
use crate::language::value::time::Date;
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "waive",
    Class::Named,
    "Leaves a secure default, for what it stands in and all below, with a reason, an owner and an end. What it accepts \
     stays visible as a waived finding. `check` refuses one that is over and warns 30 days ahead.",
)
.arguments(&[Field::required::<Safeguard>("default", "The default that is left.")])
.children(&[&REASON, &UNTIL, &OWNER])
.requires(&["reason", "until", "owner"])
.most(16);

/// A sentence that says why; also of a separation of duties.
pub static REASON: Kind =
    Kind::new("reason", Class::Single, "Why, for those who review it.")
        .arguments(&[Field::required::<Line>("text", "One sentence.")
            .like("\"the vendor's image writes beside itself\"")]);

static UNTIL: Kind = Kind::new("until", Class::Single, "The last day on which it holds.")
    .arguments(&[Field::required::<Date>("day", "A day.")]);

static OWNER: Kind = Kind::new("owner", Class::Single, "Who answers for it.")
    .properties(&[Field::reference("team", "The team.").must().like("\"ops\"")]);

/// A waiver as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    #[serde(skip)]
    pub span: Span,
    /// Whether all of it could be read; what is wrong with it has been reported.
    #[serde(skip)]
    pub is_whole: bool,
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
    /// `restricted-pods`: namespaces enforce the Pod Security Standard `restricted`.
    RestrictedPods,
    /// `strict-csp`: pages run and load only what their policy names.
    StrictCsp,
    /// `sealed-secrets`: what looks like a secret stands in no plain text.
    SealedSecrets,
    /// `verified-tls`: connections to databases are encrypted, and it is sure where they lead.
    VerifiedTls,
    /// `second-factor`: nobody may grant without one.
    SecondFactor,
    /// `guarded-rights`: no right on the API server undoes what the platform holds there.
    GuardedRights,
    /// `kept-data`: no migration takes away what somebody may have written.
    KeptData,
    /// `short-locks`: no migration keeps others waiting while it looks at every row.
    ShortLocks,
    /// `compatible-schema`: what runs before a migration runs after it as well.
    CompatibleSchema,
}

words! {
    Safeguard: "secure default",
    ReadOnlyRootFilesystem = "read-only-root-filesystem",
    RunAsNonRoot = "run-as-non-root",
    SeccompRuntimeDefault = "seccomp-runtime-default",
    NoPrivilegeEscalation = "no-privilege-escalation",
    DropCapabilities = "drop-capabilities",
    ImageDigest = "image-digest",
    ImageRegistry = "image-registry",
    RestrictedPods = "restricted-pods",
    StrictCsp = "strict-csp",
    SealedSecrets = "sealed-secrets",
    VerifiedTls = "verified-tls",
    SecondFactor = "second-factor",
    GuardedRights = "guarded-rights",
    KeptData = "kept-data",
    ShortLocks = "short-locks",
    CompatibleSchema = "compatible-schema",
}

impl Safeguard {
    fn bit(self) -> u32 {
        1 << self as u32
    }

    /// What holds unless it is waived, as a sentence.
    pub fn doc(self) -> &'static str {
        match self {
            Self::ReadOnlyRootFilesystem => {
                "Containers can write to their scratch directories and disks, and to nothing else."
            }
            Self::RunAsNonRoot => "Processes are not root.",
            Self::SeccompRuntimeDefault => "System calls are filtered by the runtime's default profile.",
            Self::NoPrivilegeEscalation => "No process gains privileges.",
            Self::DropCapabilities => "Containers have no Linux capabilities.",
            Self::ImageDigest => "Images are pinned by digest.",
            Self::ImageRegistry => "Images come from the registries of `image-policy`.",
            Self::RestrictedPods => {
                "Namespaces enforce, audit and warn by the Pod Security Standard `restricted`."
            }
            Self::StrictCsp => {
                "Content policies of pages name every source, and none that runs what stands in the page."
            }
            Self::SealedSecrets => "What looks like a secret stands in no plain text.",
            Self::VerifiedTls => "Connections to databases are encrypted, and it is sure where they lead.",
            Self::SecondFactor => {
                "Whoever may grant shows a second factor, where the platform has an `auth`."
            }
            Self::GuardedRights => {
                "Rights on the API server run no pods, and undo nothing that the platform holds there."
            }
            Self::KeptData => "No migration takes away what somebody may have written.",
            Self::ShortLocks => "No migration keeps others waiting while it looks at every row.",
            Self::CompatibleSchema => "What runs before a migration runs after it as well.",
        }
    }

    /// What leaving it means for a pod; `None` for those that no running process feels.
    pub fn risk(self) -> Option<&'static str> {
        match self {
            Self::ReadOnlyRootFilesystem => Some("an intruder can change the program's own files"),
            Self::RunAsNonRoot => Some("its processes may be root in their container"),
            Self::SeccompRuntimeDefault => Some("its processes may make every system call"),
            Self::NoPrivilegeEscalation => Some("its processes may gain privileges"),
            Self::DropCapabilities => Some("its processes keep Linux capabilities"),
            Self::ImageDigest
            | Self::ImageRegistry
            | Self::RestrictedPods
            | Self::StrictCsp
            | Self::SealedSecrets
            | Self::VerifiedTls
            | Self::SecondFactor
            | Self::GuardedRights
            | Self::KeptData
            | Self::ShortLocks
            | Self::CompatibleSchema => None,
        }
    }
}

/// The waivers that hold somewhere: those of a container, and those of what it stands in.
#[derive(Debug, Default)]
pub struct Waivers<'w> {
    outer: Option<&'w Waivers<'w>>,
    /// Those written in this container.
    pub own: Vec<Waiver>,
    /// A bit for each default that something leaves by one of them.
    used: AtomicU32,
}

impl<'w> Waivers<'w> {
    /// Reads the waivers among the declarations of a container.
    pub fn of<'a>(
        items: &[Item<'a>],
        outer: Option<&'w Self>,
        scope: Scope<'_, 'a>,
        sink: &mut Diagnostics,
    ) -> Self {
        let waivers = items.iter().filter(|it| it.kind.word == KIND.word);
        let own = waivers.filter_map(|it| resolve(it, scope, sink)).collect();
        Self { outer, own, used: AtomicU32::new(0) }
    }

    /// The waiver that lets a default be left here: the nearest.
    pub fn covering(&self, safeguard: Safeguard) -> Option<&Waiver> {
        match self.own.iter().find(|it| it.safeguard == safeguard) {
            Some(waiver) => {
                self.used.fetch_or(safeguard.bit(), Ordering::Relaxed);
                Some(waiver)
            }
            None => self.outer?.covering(safeguard),
        }
    }

    /// Reports a finding, as waived where a waiver covers it.
    pub fn report(&self, safeguard: Safeguard, diagnostic: Diagnostic, sink: &mut Diagnostics) {
        let waived = self.covering(safeguard).map(Waiver::to_waived);
        sink.report(match waived {
            Some(waived) => Diagnostic { waived: Some(waived), ..diagnostic },
            None => diagnostic.help(format!(
                "where it must stay: `waive \"{}\" {{ reason \"…\"; until \"…\"; owner team=\"…\" }}`",
                safeguard.word()
            )),
        });
    }

    /// Reports the waivers of this container that nothing needs.
    pub fn report_unused(&self, sink: &mut Diagnostics) {
        let used = self.used.load(Ordering::Relaxed);
        for waiver in self.own.iter().filter(|it| used & it.safeguard.bit() == 0) {
            let message = format!("the waiver of `{}` accepts nothing here", waiver.safeguard.word());
            sink.report(
                Diagnostic::new(Code::UnusedWaiver, waiver.span, message)
                    .help("remove it: nothing leaves this default"),
            );
        }
    }
}

impl Waiver {
    /// What a finding that it accepts says of it.
    pub fn to_waived(&self) -> Waived {
        let Self { safeguard: _, reason, until, owner, span, is_whole: _ } = self;
        Waived { span: *span, reason: reason.clone(), owner: owner.to_string(), until: until.to_string() }
    }

    /// Reports that it is over, will be within 30 days of `today`, or holds for more than a year.
    fn check_date(&self, today: Date, sink: &mut Diagnostics) {
        let left = days_between(today, self.until);
        let Self { safeguard, until, owner, .. } = self;
        let word = safeguard.word();
        if left < 0 {
            let message = format!("the waiver of `{word}` ended on {until}");
            sink.report(
                Diagnostic::new(Code::WaiverExpired, self.span, message).help(format!(
                    "mend what it accepted, or have team `{owner}` renew it with a new `until`"
                )),
            );
        } else if left <= WARN_DAYS {
            let message = format!("the waiver of `{word}` ends on {until}, in {left} days");
            let mut diagnostic = Diagnostic::new(Code::WaiverExpired, self.span, message);
            diagnostic.severity = Severity::Warning;
            sink.report(diagnostic.help(format!("team `{owner}` owns it: mend what it accepts in time")));
        } else if left > MOST_DAYS {
            let message = format!("the waiver of `{word}` holds until {until}, longer than a year");
            sink.report(
                Diagnostic::new(Code::WaiverTooLong, self.span, message)
                    .help("let it end within a year: whoever renews it looks again whether it is needed"),
            );
        }
    }
}

/// Checks waivers against the day, and takes away from findings what accepts nothing: a waiver that is over.
pub fn check(waivers: &[Waiver], today: Option<Date>, sink: &mut Diagnostics) {
    let broken: BTreeSet<Span> = waivers.iter().filter(|it| !it.is_whole).map(|it| it.span).collect();
    // Mended, it will accept them; until then it is the one thing that is wrong.
    sink.retain(|it| it.waived.as_ref().is_none_or(|it| !broken.contains(&it.span)));
    let Some(today) = today else { return };
    let is_over = |it: &&Waiver| it.is_whole && days_between(today, it.until) < 0;
    let over: BTreeMap<Span, Date> = waivers.iter().filter(is_over).map(|it| (it.span, it.until)).collect();
    sink.amend(|it| {
        let ended = it.waived.as_ref().and_then(|it| Some((it.span, over.get(&it.span)?)));
        if let Some((span, until)) = ended {
            it.related.push(Label { span, text: format!("the waiver of it ended on {until}") });
            it.waived = None;
        }
    });
    for waiver in waivers.iter().filter(|it| it.is_whole) {
        waiver.check_date(today, sink);
    }
}

const WARN_DAYS: i64 = 30;
const MOST_DAYS: i64 = 366;

fn days_between(from: Date, to: Date) -> i64 {
    (to.0.duration_since(from.0)).as_hours() / 24
}

fn resolve<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Waiver> {
    let safeguard = item.argument::<Safeguard>(0, sink);
    let reason = item.value::<Line>("reason", sink);
    let until = item.value::<Date>("until", sink);
    let owner = item.child("owner").and_then(|it| it.reference("team", sink));
    let owner = owner.and_then(|it| scope.find("team", it, sink));
    // With a mistake in it, it still says what it is for: what it will accept is not wrong as well.
    let is_whole = reason.is_some() && until.is_some() && owner.is_some();
    Some(Waiver {
        safeguard: safeguard?.value,
        reason: reason.map(|it| it.value.to_string()).unwrap_or_default(),
        until: until.map_or(Date(jiff::civil::Date::MAX), |it| it.value),
        owner: owner.map_or_else(item::stand_in, |it| Name::trusted(it.name)),
        span: item.span(),
        is_whole,
    })
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_waiver_reaches_what_it_stands_in_and_all_below() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                waive "image-digest" { reason "until the registry shows digests"; until "2027-06-30"; owner team="ops" }
                service "web" { image "ghcr.io/acme/web:1" }
                cron "run" schedule="0 3 * * *" { image "ghcr.io/acme/run:1" }
            }
            project "other" {
                service "web" { image "ghcr.io/acme/web:1" }
                service "api" {
                    image "ghcr.io/acme/api:1"
                    waive "image-digest" { reason "it moves daily"; until "2027-06-30"; owner team="ops" }
                }
            }
            team "ops" { }
        "#), @r"
        TS301 error 3: image `ghcr.io/acme/web:1` is not pinned by digest (waived)
        TS301 error 4: image `ghcr.io/acme/run:1` is not pinned by digest (waived)
        TS301 error 7: image `ghcr.io/acme/web:1` is not pinned by digest
        TS301 error 9: image `ghcr.io/acme/api:1` is not pinned by digest (waived)
        ");
    }

    #[test]
    fn the_nearest_waiver_holds_and_the_other_accepts_nothing() {
        insta::assert_snapshot!(check(r#"
            waive "run-as-non-root" { reason "everywhere"; until "2027-06-30"; owner team="ops" }
            project "shop" {
                service "web" {
                    image @web
                    run-as 0
                    waive "run-as-non-root" { reason "here"; until "2027-06-30"; owner team="ops" }
                }
            }
            team "ops" { }
        "#), @r#"
        TS131 warning 1: the waiver of `run-as-non-root` accepts nothing here
        TS132 warning 3: service `web` leaves `run-as-non-root`: its processes may be root in their container; its whole namespace enforces `baseline` for it (waived)
        "#);
    }

    #[test]
    fn a_waiver_ends() {
        insta::assert_snapshot!(check(r#"
            waive "image-digest" { reason "one"; until "2026-11-21"; owner team="ops" }
            waive "image-registry" { reason "two"; until "2026-11-22"; owner team="ops" }
            waive "sealed-secrets" { reason "three"; until "2026-12-22"; owner team="ops" }
            waive "run-as-non-root" { reason "four"; until "2026-12-23"; owner team="ops" }
            team "ops" { }
        "#), @r"
        TS130 error 1: the waiver of `image-digest` ended on 2026-11-21
        TS131 warning 1: the waiver of `image-digest` accepts nothing here
        TS130 warning 2: the waiver of `image-registry` ends on 2026-11-22, in 0 days
        TS131 warning 2: the waiver of `image-registry` accepts nothing here
        TS130 warning 3: the waiver of `sealed-secrets` ends on 2026-12-22, in 30 days
        TS131 warning 3: the waiver of `sealed-secrets` accepts nothing here
        TS131 warning 4: the waiver of `run-as-non-root` accepts nothing here
        ");
    }

    #[test]
    fn a_waiver_with_a_mistake_in_it_is_the_one_thing_that_is_wrong() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image "ghcr.io/acme/web:1"
                    waive "image-digest" { reason "one"; until "tomorrow"; owner team="opss" }
                }
                service "api" {
                    image "ghcr.io/acme/web:1"
                    waive "image-digets" { until "2027-06-30" }
                }
            }
            team "ops" { }
        "#), @r"
        TS105 error 4: `tomorrow` is not written as year, month and day
        TS110 error 4: there is no team `opss`
        TS104 error 8: waive `image-digets` needs `owner` in its block
        TS104 error 8: waive `image-digets` needs `reason` in its block
        TS105 error 8: `image-digets` is not a secure default
        ");
    }

    #[test]
    fn a_waiver_that_is_over_accepts_nothing_and_one_without_end_is_noticed() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image "ghcr.io/acme/web:1"
                    waive "image-digest" { reason "one"; until "2026-06-01"; owner team="ops" }
                }
                service "api" {
                    image "ghcr.io/acme/web:1"
                    waive "image-digest" { reason "one"; until "2035-01-01"; owner team="ops" }
                }
            }
            team "ops" { }
        "#), @r"
        TS301 error 3: image `ghcr.io/acme/web:1` is not pinned by digest
        TS130 error 4: the waiver of `image-digest` ended on 2026-06-01
        TS301 error 7: image `ghcr.io/acme/web:1` is not pinned by digest (waived)
        TS133 warning 8: the waiver of `image-digest` holds until 2035-01-01, longer than a year
        ");
    }
}
