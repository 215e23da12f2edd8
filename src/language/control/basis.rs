//! Which declarations satisfy a check, and which are exceptions to it: one function for each check.
//!
//! A check is satisfied where at least one declaration does so; what leaves it in some place is an exception, which the
//! report shows. Where nothing satisfies it, the function says what is missing, to be read after a colon.

use crate::language::Platform;
use crate::language::database::Database;
use crate::language::database::server::{Server, Tls};
use crate::language::database::table::Table;
use crate::language::erasure::{Erasure, whole};
use crate::language::request::Right;
use crate::language::service::Public;
use crate::language::waive::Safeguard;
use crate::source::Span;

/// What satisfies a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The declarations that do; at least one. A default of the edition is satisfied by the declaration of the platform.
    pub declarations: Vec<Span>,
    /// Where it does not hold.
    pub exceptions: Vec<Span>,
}

/// That nothing satisfies a check: what is missing, to be read after a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(pub String);

type Found = Result<Basis, Missing>;

impl Basis {
    /// What some declarations satisfy; without any, `missing` is.
    fn of(declarations: impl IntoIterator<Item = Span>, missing: &str) -> Found {
        let mut declarations: Vec<Span> = declarations.into_iter().collect();
        declarations.sort_unstable();
        declarations.dedup();
        match declarations.is_empty() {
            true => Err(Missing(missing.to_owned())),
            false => Ok(Self { declarations, exceptions: Vec::new() }),
        }
    }

    /// Names where it does not hold.
    fn except(mut self, exceptions: impl IntoIterator<Item = Span>) -> Self {
        self.exceptions.extend(exceptions);
        self.exceptions.sort_unstable();
        self.exceptions.dedup();
        self
    }
}

pub(super) fn duties_separated(platform: &Platform) -> Found {
    Basis::of(platform.separations.iter().map(|it| it.span), "there is no `separate`")
}

pub(super) fn waivers_owned(platform: &Platform) -> Found {
    // Where nothing is waived, every default of the edition holds.
    let waivers = platform.waivers.iter().map(|it| it.span);
    Basis::of(waivers.chain([platform.span]), "")
}

pub(super) fn roles_proven(platform: &Platform) -> Found {
    let roles = platform.roles.values().chain(platform.platform_roles.values());
    Basis::of(roles.map(|it| it.span), "there is no `role` and no `platform-role`")
}

pub(super) fn secrets_sealed(platform: &Platform) -> Found {
    let of_projects = platform.projects.values().flat_map(|it| it.secrets.values());
    let secrets = platform.secrets.values().chain(of_projects).map(|it| it.span);
    let found = Basis::of(secrets.chain([platform.span]), "")?;
    Ok(found.except(waived(platform, &[Safeguard::SealedSecrets])))
}

pub(super) fn grants_declared(platform: &Platform) -> Found {
    let teams = platform.teams.values().flat_map(|it| &it.members);
    let projects = platform.projects.values().flat_map(|it| &it.members);
    let persons = platform.persons.values().filter(|it| it.platform_role.is_some()).map(|it| it.span);
    let members = teams.chain(projects).map(|it| it.span);
    Basis::of(members.chain(persons), "there is no `member` and no `person` with a role")
}

pub(super) fn routes_proven(platform: &Platform) -> Found {
    let routes = platform.apis.values().flat_map(|it| it.routes.values()).map(|it| it.span);
    Basis::of(routes, "there is no `route` in any `api`")
}

pub(super) fn images_pinned(platform: &Platform) -> Found {
    let workloads = platform.workloads().map(|(_, it)| it.image.span);
    let found = Basis::of(workloads, "nothing runs")?;
    Ok(found.except(waived(platform, &[Safeguard::ImageDigest, Safeguard::ImageRegistry])))
}

pub(super) fn images_scanned(platform: &Platform) -> Found {
    let scans = platform.ci.values().filter_map(|it| it.image_scan.as_ref());
    let found = Basis::of(scans.map(|it| it.span), "there is no `image-scan` in `ci`")?;
    match platform.image_policy.as_ref().and_then(|it| it.vulnerabilities) {
        Some(_) => Ok(found),
        None => Err(Missing("`image-policy` has no `vulnerabilities`".to_owned())),
    }
}

pub(super) fn pods_restricted(platform: &Platform) -> Found {
    let found = Basis::of(platform.workloads().map(|(_, it)| it.span), "nothing runs")?;
    let of_pods = [
        Safeguard::ReadOnlyRootFilesystem,
        Safeguard::RunAsNonRoot,
        Safeguard::SeccompRuntimeDefault,
        Safeguard::NoPrivilegeEscalation,
        Safeguard::DropCapabilities,
        Safeguard::RestrictedPods,
    ];
    Ok(found.except(waived(platform, &of_pods)))
}

pub(super) fn drift_watched(platform: &Platform) -> Found {
    // The controller watches every platform that it applies; there is nothing to declare.
    Basis::of([platform.span], "")
}

pub(super) fn events_recorded(platform: &Platform) -> Found {
    Basis::of(platform.audit.iter().map(|it| it.span), "there is no `audit`")
}

pub(super) fn sinks_reachable(platform: &Platform) -> Found {
    let sinks = platform.audit.iter().flat_map(|it| it.sinks.values());
    Basis::of(sinks.map(|it| it.span), "there is no `sink` in `audit`")
}

pub(super) fn alerts_routed(platform: &Platform) -> Found {
    let alerts = platform.audit.iter().flat_map(|it| &it.alerts);
    Basis::of(alerts.map(|it| it.span), "there is no `alert` in `audit`")
}

pub(super) fn incidents_answered(platform: &Platform) -> Found {
    let incidents = platform.incidents.values().map(|it| it.span);
    let severities = platform.severities.values().filter(|it| !it.escalations.is_empty()).map(|it| it.span);
    match (platform.incidents.is_empty(), platform.severities.is_empty()) {
        (true, _) => Err(Missing("there is no `incident`".to_owned())),
        (false, _) => Basis::of(incidents.chain(severities), "no `severity` escalates to a channel"),
    }
}

pub(super) fn quotas_set(platform: &Platform) -> Found {
    let with = platform.projects.values().filter_map(|it| it.quota.as_ref()).map(|it| it.span);
    let without = platform.projects.values().filter(|it| it.quota.is_none()).map(|it| it.span);
    Ok(Basis::of(with, "no project has a `quota`")?.except(without))
}

pub(super) fn replicas_redundant(platform: &Platform) -> Found {
    let of = |is_redundant: bool| {
        let services = platform.services().map(|(_, it)| it);
        services.filter(move |it| (it.replicas.from >= 2) == is_redundant).map(|it| it.workload.span)
    };
    Ok(Basis::of(of(true), "no service has two `replicas`")?.except(of(false)))
}

pub(super) fn network_proven(platform: &Platform) -> Found {
    Basis::of(platform.workloads().map(|(_, it)| it.span), "nothing runs that could reach anything")
}

pub(super) fn tenants_isolated(platform: &Platform) -> Found {
    Basis::of(platform.projects.values().map(|it| it.span), "there is no `project`")
}

pub(super) fn mfa_required(platform: &Platform) -> Found {
    let mfa = platform.auth.iter().filter_map(|it| it.mfa.as_ref()).filter(|it| !it.required_for.is_empty());
    Basis::of(mfa.map(|it| it.span), "there is no `mfa` in `auth` that is required for any role")
}

pub(super) fn sessions_revocable(platform: &Platform) -> Found {
    Basis::of(platform.auth.iter().map(|it| it.span), "there is no `auth`")
}

pub(super) fn columns_encrypted(platform: &Platform) -> Found {
    let columns = tables(platform).flat_map(|it| &it.columns).filter(|it| it.encrypted);
    Basis::of(columns.map(|it| it.span), "no column of a `database` is `encrypted=#true`")
}

pub(super) fn rows_proven(platform: &Platform) -> Found {
    let ruled = tables(platform).flat_map(|it| &it.rows).map(|it| it.span);
    Basis::of(ruled, "no table of a `database` has `rows`")
}

pub(super) fn retention_scheduled(platform: &Platform) -> Found {
    let kept = tables(platform).filter_map(|it| it.retain.as_ref()).map(|it| it.span);
    let is_personal = |it: &&Table| it.columns.iter().any(|it| it.personal || it.subject);
    let forever = tables(platform).filter(|it| it.retain.is_none()).filter(is_personal).map(|it| it.span);
    Ok(Basis::of(kept, "no table of a `database` has `retain`")?.except(forever))
}

pub(super) fn accounts_erased(platform: &Platform) -> Found {
    Basis::of(erasures(platform).map(|it| it.span), "there is no `erasure`")
}

pub(super) fn erasure_complete(platform: &Platform) -> Found {
    let of_projects = platform.projects.values().map(|it| (&it.databases, &it.obligations));
    let places = of_projects.chain([(&platform.databases, &platform.obligations)]);
    let owed = places.flat_map(|(databases, obligations)| {
        databases.values().flat_map(move |database| {
            let obliged = whole::obliged(database, obligations);
            let kept = database.tables.values().filter(move |it| obliged.contains(&it.name));
            kept.filter(|it| whole::is_of_people(it)).map(|it| it.span)
        })
    });
    Ok(accounts_erased(platform)?.except(owed))
}

pub(super) fn erasure_audited(platform: &Platform) -> Found {
    accounts_erased(platform)?;
    events_recorded(platform)?;
    Basis::of(erasures(platform).map(|it| it.span).chain(platform.audit.iter().map(|it| it.span)), "")
}

pub(super) fn request_access(platform: &Platform) -> Found {
    request(platform, Right::Access)
}

pub(super) fn request_rectification(platform: &Platform) -> Found {
    request(platform, Right::Rectification)
}

pub(super) fn request_erasure(platform: &Platform) -> Found {
    request(platform, Right::Erasure)
}

pub(super) fn request_portability(platform: &Platform) -> Found {
    request(platform, Right::Portability)
}

fn request(platform: &Platform, right: Right) -> Found {
    let found = platform.requests.get(&right).map(|it| it.span);
    Basis::of(found, &format!("there is no `request \"{}\"`", right.word()))
}

pub(super) fn limits_set(platform: &Platform) -> Found {
    let limits = platform.rate_tiers.values().flat_map(|it| &it.limits).map(|it| it.span);
    Basis::of(limits, "no `rate-tier` has a `limit`")
}

pub(super) fn changes_reviewed(platform: &Platform) -> Found {
    Basis::of(platform.review.iter().map(|it| it.span), "there is no `review`")
}

pub(super) fn tls_everywhere(platform: &Platform) -> Found {
    let speaks_tls = |it: &Public| {
        let gateway = platform.cluster.gateways.get(&it.gateway);
        gateway.is_some_and(|it| it.certificate.is_some())
    };
    let hosts = || platform.services().flat_map(|(_, it)| &it.public);
    let databases = || platform.all_databases().map(|(_, it)| it);
    let is_sure = |it: &Database| match &it.server {
        Server::Outside(outside) => matches!(outside.tls, Tls::VerifyFull | Tls::VerifyCa),
        // The operator makes the certificates of its servers, and clients check them.
        Server::CloudNativePg(_) => true,
    };
    let sealed = hosts().filter(|it| speaks_tls(it)).map(|it| it.span);
    let sealed = sealed.chain(databases().filter(|it| is_sure(it)).map(|it| it.span));
    let open = hosts().filter(|it| !speaks_tls(it)).map(|it| it.span);
    let open = open.chain(databases().filter(|it| !is_sure(it)).map(|it| it.span));
    Ok(Basis::of(sealed, "no public host has a `certificate`, and no `database` has TLS")?.except(open))
}

fn tables(platform: &Platform) -> impl Iterator<Item = &Table> {
    platform.all_databases().flat_map(|(_, it)| it.tables.values())
}

fn erasures(platform: &Platform) -> impl Iterator<Item = &Erasure> {
    let of_projects = platform.projects.values().flat_map(|it| it.erasures.values());
    platform.erasures.values().chain(of_projects)
}

/// The waivers of some defaults.
fn waived(platform: &Platform, safeguards: &[Safeguard]) -> impl Iterator<Item = Span> {
    platform.waivers.iter().filter(|it| safeguards.contains(&it.safeguard)).map(|it| it.span)
}
