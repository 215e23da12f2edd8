//! The `control` declaration: what an auditor asks for, and the checks that answer.
//!
//! Evidence is computed, never typed in: a control names checks of trackside's own, and each says of this very platform
//! which declarations satisfy it, which are exceptions to it, and who proves it later. What no check can know stands after
//! `outside`, so that the report shows the gap.

pub mod basis;
pub mod evidence;
pub mod framework;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::control::basis::Missing;
use crate::language::control::evidence::{Evidence, Written};
use crate::language::control::framework::ControlId;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::value::text::Line;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "control",
    Class::Named,
    "A control of a framework that auditors go by, and what shows that it is met: checks that trackside computes, and what \
     lies outside of it. A check that nothing declared here satisfies is an error.",
)
.arguments(&[Field::required::<ControlId>("control", "The framework, `:` and its own name of the control.")])
.children(&[&EVIDENCE, &OUTSIDE])
.most(500);

static EVIDENCE: Kind = Kind::new("evidence", Class::List, evidence::DOC)
    .rest(Field::required::<Written>("check", "A check."))
    .most(100);

static OUTSIDE: Kind = Kind::new(
    "outside",
    Class::Named,
    "What the control asks for and no check can know, and the team that answers for it. The report shows it as a gap.",
)
.arguments(&[Field::required::<Line>("what", "What it is.")])
.properties(&[Field::reference("team", "The team.").must()])
.most(20);

/// A control as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Control {
    /// The framework and its name of the control.
    pub id: ControlId,
    /// The checks that show that it is met, with where each is named.
    pub evidence: Vec<Spanned<Evidence>>,
    /// What no check can know.
    pub outside: Vec<Outside>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a control asks for and no check can know.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outside {
    /// What it is.
    pub what: Line,
    /// The team that answers for it.
    pub team: Name,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all controls.
pub fn resolve<'a>(
    items: &[Item<'a>],
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<ControlId, Control> {
    let controls = items.iter().filter(|it| it.kind.word == KIND.word);
    controls.filter_map(|it| resolve_one(it, scope, sink)).map(|it| (it.id.clone(), it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Control> {
    let id = item.argument::<ControlId>(0, sink);
    let evidence = item.child(EVIDENCE.word).map(|it| it.rest::<Written>(sink)).unwrap_or_default();
    let mut evidence: Vec<Spanned<Evidence>> =
        evidence.into_iter().map(|it| Spanned::new(it.value.0, it.span)).collect();
    evidence.sort_by_key(|it| it.value);
    let outside = item.children(OUTSIDE.word).filter_map(|it| {
        let what = it.argument::<Line>(0, sink);
        let team = it.reference("team", sink).and_then(|it| scope.find("team", it, sink));
        Some(Outside { what: what?.value, team: Name::trusted(team?.name), span: it.span() })
    });
    let mut outside: Vec<Outside> = outside.collect();
    outside.sort_by(|a, b| a.what.cmp(&b.what));
    if item.children.is_empty() {
        let message = format!("{} is shown by nothing", item.described());
        sink.report(Diagnostic::new(Code::ControlEmpty, item.span(), message).help(
            "name the checks by `evidence \"…\"`, or say what lies outside by `outside \"…\" team=\"…\"`",
        ));
    }
    Some(Control { id: id?.value, evidence, outside, span: item.span() })
}

/// Reports checks that nothing here satisfies. One that several controls name is reported at each: every line is wrong.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let named = platform.controls.values().flat_map(|it| &it.evidence);
    // Each looks through the whole platform once, however many controls name it.
    let distinct: BTreeSet<Evidence> = named.clone().map(|it| it.value).collect();
    let missing = distinct.into_iter().filter_map(|it| Some((it, it.basis(platform).err()?)));
    let missing: BTreeMap<Evidence, Missing> = missing.collect();
    for Spanned { value, span } in named {
        if let Some(Missing(what)) = missing.get(value) {
            let message = format!("nothing declared here satisfies `{}`: {what}", value.word());
            sink.report(
                Diagnostic::new(Code::EvidenceMissing, *span, message)
                    .help(format!("it shows {}", value.row().shows))
                    .help("declare it, or say by `outside \"…\" team=\"…\"` who answers for it"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::control::evidence::{CATALOGUE, Evidence};
    use crate::language::tests::{check_used as check, platform};

    #[test]
    fn evidence_is_a_check_and_no_name_of_a_file() {
        insta::assert_snapshot!(check(r#"
            control "soc2:CC6.1" { evidence "docs/access-policy.pdf" "roles-porven" "trust us" "drift-watched" "drift-watched" 5 }
            control "soc2:CC6.1" { evidence "drift-watched" }
            control "soc2:CC6.2" { outside "background checks" team="people"; outside "two\nlines" team="ops" }
            control "soc2:CC6.3"
            control "iso:A.1" { evidence "drift-watched" }
            team "ops" { }
        "#), @r"
        TS105 error 1: `docs/access-policy.pdf` is not a check
        TS105 error 1: `roles-porven` is not a check
        TS105 error 1: `trust us` is not a check
        TS109 error 1: `drift-watched` is listed twice
        TS105 error 1: expected a check, found the number `5`
        TS108 error 2: control `soc2:CC6.1` is declared twice
        TS110 error 3: there is no team `people`
        TS105 error 3: `two\u{a}lines` has more than one line
        TS721 error 4: control `soc2:CC6.3` is shown by nothing
        TS105 error 5: there is no framework `iso`
        ");
    }

    #[test]
    fn a_check_that_nothing_satisfies_says_what_is_missing() {
        let all =
            CATALOGUE.iter().map(|it| format!("\"{}\"", it.evidence.word())).collect::<Vec<_>>().join(" ");
        insta::assert_snapshot!(check(&format!(r#"control "soc2:CC1.1" {{ evidence {all} }}"#)), @r#"
        TS720 error 1: nothing declared here satisfies `duties-separated`: there is no `separate`
        TS720 error 1: nothing declared here satisfies `changes-reviewed`: there is no `review`
        TS720 error 1: nothing declared here satisfies `mfa-required`: there is no `mfa` in `auth` that is required for any role
        TS720 error 1: nothing declared here satisfies `roles-proven`: there is no `role` and no `platform-role`
        TS720 error 1: nothing declared here satisfies `sessions-revocable`: there is no `auth`
        TS720 error 1: nothing declared here satisfies `columns-encrypted`: no column of a `database` is `encrypted=#true`
        TS720 error 1: nothing declared here satisfies `grants-declared`: there is no `member` and no `person` with a role
        TS720 error 1: nothing declared here satisfies `accounts-erased`: there is no `erasure`
        TS720 error 1: nothing declared here satisfies `routes-proven`: there is no `route` in any `api`
        TS720 error 1: nothing declared here satisfies `rows-proven`: no table of a `database` has `rows`
        TS720 error 1: nothing declared here satisfies `images-pinned`: nothing runs
        TS720 error 1: nothing declared here satisfies `images-scanned`: there is no `image-scan` in `ci`
        TS720 error 1: nothing declared here satisfies `pods-restricted`: nothing runs
        TS720 error 1: nothing declared here satisfies `events-recorded`: there is no `audit`
        TS720 error 1: nothing declared here satisfies `sinks-reachable`: there is no `sink` in `audit`
        TS720 error 1: nothing declared here satisfies `alerts-routed`: there is no `alert` in `audit`
        TS720 error 1: nothing declared here satisfies `incidents-answered`: there is no `incident`
        TS720 error 1: nothing declared here satisfies `quotas-set`: no project has a `quota`
        TS720 error 1: nothing declared here satisfies `replicas-redundant`: no service has two `replicas`
        TS720 error 1: nothing declared here satisfies `limits-set`: no `rate-tier` has a `limit`
        TS720 error 1: nothing declared here satisfies `retention-scheduled`: no table of a `database` has `retain`
        TS720 error 1: nothing declared here satisfies `request-access`: there is no `request "access"`
        TS720 error 1: nothing declared here satisfies `request-rectification`: there is no `request "rectification"`
        TS720 error 1: nothing declared here satisfies `request-erasure`: there is no `request "erasure"`
        TS720 error 1: nothing declared here satisfies `request-portability`: there is no `request "portability"`
        TS720 error 1: nothing declared here satisfies `erasure-complete`: there is no `erasure`
        TS720 error 1: nothing declared here satisfies `erasure-audited`: there is no `erasure`
        TS720 error 1: nothing declared here satisfies `tls-everywhere`: no public host has a `certificate`, and no `database` has TLS
        TS720 error 1: nothing declared here satisfies `network-proven`: nothing runs that could reach anything
        TS720 error 1: nothing declared here satisfies `tenants-isolated`: there is no `project`
        "#);
    }

    #[test]
    fn a_check_knows_what_satisfies_it_and_what_does_not() {
        let text = r#"
            project "shop" {
                quota pods=20
                service "web" { image @web; port 80; replicas 2 }
                service "one" { image "ghcr.io/acme/web:1"; port 80; replicas 1; waive "image-digest" { reason "it moves"; until "2027-06-30"; owner team="ops" } }
            }
            project "bare" { }
            team "ops" { }
        "#;
        let platform = platform(text, None);
        let told = [
            Evidence::QuotasSet,
            Evidence::ReplicasRedundant,
            Evidence::ImagesPinned,
            Evidence::WaiversOwned,
        ];
        let told = told.map(|it| {
            let basis = it.basis(&platform).expect("it is satisfied");
            let (declarations, exceptions) = (basis.declarations.len(), basis.exceptions.len());
            format!("{}: {declarations}, and {exceptions} exceptions", it.word())
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        quotas-set: 1, and 1 exceptions
        replicas-redundant: 1, and 1 exceptions
        images-pinned: 2, and 1 exceptions
        waivers-owned: 2, and 0 exceptions
        ");
    }
}
