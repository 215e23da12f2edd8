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
    RolesProven "roles-proven" Proof
        "that the rendered policies and the cluster's RBAC give each role what it is declared to hold, and nothing else"
        roles_proven;
    SecretsSealed "secrets-sealed" Compiler
        "that every secret is an age envelope or stays in a vault, and that none stands in plain text"
        secrets_sealed;
    GrantsDeclared "grants-declared" Compiler
        "that who holds which role in declared teams and projects, and on the platform, stands in the tree"
        grants_declared;
    RoutesProven "routes-proven" Proof
        "that the rendered policies let each role pass the routes that its permissions and `only` say, and no other"
        routes_proven;
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
