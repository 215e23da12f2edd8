//! The checks that evidence is made of: what each shows, who proves it, and how it is computed.

use crate::language::Platform;
use crate::language::control::basis::{self, Basis, Missing};
use crate::language::value::{Form, Invalid, Parse};
use crate::language::word::words;
use crate::syntax::Value;

/// What the catalogue says of a check.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The check.
    pub evidence: Evidence,
    /// Who proves it.
    pub prover: Prover,
    /// What it shows, to be read after "it shows".
    pub shows: &'static str,
    /// What satisfies it in a platform.
    basis: fn(&Platform) -> Result<Basis, Missing>,
}

/// Who proves a check. That something which satisfies it is declared is seen whenever the tree is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prover {
    /// The compiler: what is declared says it all.
    Compiler,
    /// The proof: what the rendered files really allow is computed again from them.
    Proof,
    /// The review of each pull request.
    Review,
    /// The pipeline that `ci` declares.
    Pipeline,
    /// The controller, which watches the cluster.
    Controller,
}

words! {
    Prover: "prover",
    Compiler = "compiler",
    Proof = "proof",
    Review = "review",
    Pipeline = "pipeline",
    Controller = "controller",
}

macro_rules! evidence {
    ($($variant:ident $word:literal $prover:ident $shows:literal $basis:ident;)+) => {
        /// A check that trackside computes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Evidence {
            $(#[doc = concat!("`", $word, "`: ", $shows, ".")] $variant,)+
        }

        words! { Evidence: "check", $($variant = $word,)+ }

        /// All checks.
        pub const CATALOGUE: &[Row] = &[$(Row {
            evidence: Evidence::$variant,
            prover: Prover::$prover,
            shows: $shows,
            basis: basis::$basis,
        },)+];

        /// What the reference says of `evidence`.
        pub(super) const DOC: &str = concat!(
            "The checks that show that a control is met. Each is computed: from what is declared, and later by whoever \
             proves it. There are:\n",
            $("\n- `", $word, "`: ", $shows, "."),+
        );
    };
}

evidence! {
    DutiesSeparated "duties-separated" Compiler
        "that no role, and no combination that a person is granted, holds both of two permissions that `separate` keeps apart"
        duties_separated;
    WaiversOwned "waivers-owned" Compiler
        "that each secure default that is left has a reason, a team that answers for it, and an end"
        waivers_owned;
    ChangesReviewed "changes-reviewed" Review
        "that a pull request which widens access or destroys data is merged only with the signature of an approver"
        changes_reviewed;
    MfaRequired "mfa-required" Compiler
        "that nobody uses the roles that `mfa` names without a second factor"
        mfa_required;
    RolesProven "roles-proven" Proof
        "that the rendered policies and the cluster's RBAC give each role what it is declared to hold, and nothing else"
        roles_proven;
    SessionsRevocable "sessions-revocable" Compiler
        "that a session can be ended, and that its tokens are refused from then on until they end by themselves"
        sessions_revocable;
    SecretsSealed "secrets-sealed" Compiler
        "that every secret is an age envelope or stays in a vault, and that none stands in plain text"
        secrets_sealed;
    ColumnsEncrypted "columns-encrypted" Compiler
        "that the columns which say so are encrypted by a key outside of the database, each value bound to its place"
        columns_encrypted;
    GrantsDeclared "grants-declared" Compiler
        "that who holds which role in declared teams and projects, and on the platform, stands in the tree"
        grants_declared;
    AccountsErased "accounts-erased" Compiler
        "that who leaves is erased from the tables with data about them, in an order that the database allows"
        accounts_erased;
    RoutesProven "routes-proven" Proof
        "that the rendered policies let each role pass the routes that its permissions and `only` say, and no other"
        routes_proven;
    RowsProven "rows-proven" Proof
        "that PostgreSQL shows and lets change each row only to whom `rows` names, tried on the rendered policies"
        rows_proven;
    ImagesPinned "images-pinned" Compiler
        "that what runs is pinned by digest and comes from a registry that is listed"
        images_pinned;
    ImagesScanned "images-scanned" Pipeline
        "that every declared image is scanned, and that what is worse than the threshold fails the pipeline"
        images_scanned;
    PodsRestricted "pods-restricted" Proof
        "that pods run without root, privileges, capabilities and a writable root, and that namespaces refuse others"
        pods_restricted;
    DriftWatched "drift-watched" Controller
        "that what is in the cluster is compared with what is declared, and repaired or reported"
        drift_watched;
    EventsRecorded "events-recorded" Compiler
        "that the use of permissions and the listed events and actions are recorded, with who, what, when and how it ended"
        events_recorded;
    SinksReachable "sinks-reachable" Proof
        "that the token service can reach every place that records go to, through the rendered network policies"
        sinks_reachable;
    AlertsRouted "alerts-routed" Compiler
        "that somebody is told at once of records of a risk that some records have"
        alerts_routed;
    IncidentsAnswered "incidents-answered" Compiler
        "that incidents are noticed, and that each has a severity which escalates to somebody within a time"
        incidents_answered;
    QuotasSet "quotas-set" Compiler
        "that projects have a quota, and that their workloads at their most replicas fit into it"
        quotas_set;
    ReplicasRedundant "replicas-redundant" Compiler
        "that services run in at least two replicas, so that one can fail or be moved"
        replicas_redundant;
    LimitsSet "limits-set" Compiler
        "that callers are limited by their tier, so that none of them takes what all share"
        limits_set;
    RetentionScheduled "retention-scheduled" Compiler
        "that rows are deleted when the time is over for which they are kept"
        retention_scheduled;
    RequestAccess "request-access" Compiler
        "that people can ask for what is known of them, and have it within a time"
        request_access;
    RequestRectification "request-rectification" Compiler
        "that people can have what is known of them corrected, within a time"
        request_rectification;
    RequestErasure "request-erasure" Compiler
        "that people can have what is known of them erased, within a time"
        request_erasure;
    RequestPortability "request-portability" Compiler
        "that people can take what is known of them elsewhere, in a form that programs read"
        request_portability;
    ErasureComplete "erasure-complete" Proof
        "that after an erasure no table has a row that names the person, but what an obligation keeps"
        erasure_complete;
    ErasureAudited "erasure-audited" Compiler
        "that an erasure is recorded itself, without whom it was about"
        erasure_audited;
    TlsEverywhere "tls-everywhere" Compiler
        "that public hosts have certificates, and that whoever asks a database makes sure of it"
        tls_everywhere;
    NetworkProven "network-proven" Proof
        "that the rendered network policies let pass what `reaches`, `offers` and `public` declare, and nothing else"
        network_proven;
    TenantsIsolated "tenants-isolated" Proof
        "that each project has a namespace of its own into which no other reaches without an offer"
        tenants_isolated;
}

impl Evidence {
    /// Its row of the catalogue.
    pub fn row(self) -> &'static Row {
        &CATALOGUE[self as usize]
    }

    /// What satisfies it in a platform.
    ///
    /// # Errors
    ///
    /// What would have to be declared, where nothing is.
    pub fn basis(self, platform: &Platform) -> Result<Basis, Missing> {
        (self.row().basis)(platform)
    }
}

/// A check as it is written, which must be no name of a file.
#[derive(Clone, Copy, Debug)]
pub struct Written(pub Evidence);

impl Parse for Written {
    const FORM: Form = Form {
        name: "check",
        expects: "the name of a check that `evidence` lists",
        example: "\"mfa-required\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        Evidence::parse(value).map(Self).map_err(|invalid| match value {
            Value::String(text) if text.contains(['.', '/', '\\', ' ']) => Invalid {
                help: Some(
                    "evidence is computed and never typed in: what no check can know stands after `outside`"
                        .to_owned(),
                ),
                ..invalid
            },
            _ if invalid.replacement.is_none() => Invalid {
                help: Some("`trackside reference evidence` lists the checks".to_owned()),
                ..invalid
            },
            _ => invalid,
        })
    }
}
