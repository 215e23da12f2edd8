//! The form of `token/policy.json`: who logs in, what they are given, and what a token says.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::language::auth::client::ClientType;
use crate::language::auth::mfa::Method;
use crate::language::auth::token::{Algorithm, Claim};
use crate::render::token::access::{Access, RoleSet};
use crate::render::token::limit::{Api, RateTier};
use crate::render::token::record::{Audit, Channel, Incident, Severity, WorkingHours};

/// All that a token service knows of the platform that it serves. Times are in whole seconds; secrets are there by their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "trackside token policy")]
pub struct Policy {
    /// The version of this form. A service that does not know it reads nothing of the file.
    #[schemars(extend("const" = super::VERSION))]
    pub version: u32,
    /// What the platform is called.
    pub platform: String,
    /// The environment, where the platform has any.
    pub environment: Option<String>,
    /// Who signs.
    pub issuer: Issuer,
    /// Whom tokens are for: their `aud`.
    pub audience: String,
    /// How people log in.
    pub login: Login,
    /// What clients are given.
    pub tokens: Tokens,
    /// The second factor; without it, there is none.
    pub mfa: Option<Mfa>,
    /// The programs that people log in to, by `client_id`.
    pub clients: BTreeMap<String, Client>,
    /// The origins from which browsers may speak to the service (CORS): those of the pages of public clients.
    pub cors_origins: BTreeSet<String>,
    /// Who may do what.
    pub access: Access,
    /// The interfaces of the platform, which ask the service about each request.
    pub apis: BTreeMap<String, Api>,
    /// How often callers may do what is counted, by tier.
    pub rate_tiers: BTreeMap<String, RateTier>,
    /// What is recorded; without it, nothing is.
    pub audit: Option<Audit>,
    /// Where people are told, by name.
    pub channels: BTreeMap<String, Channel>,
    /// When people are at work; without it, there are no business days.
    pub working_hours: Option<WorkingHours>,
    /// How soon incidents are answered, by priority.
    pub severities: BTreeMap<String, Severity>,
    /// What calls for an answer, by name.
    pub incidents: BTreeMap<String, Incident>,
    /// All values of secrets that the service opens.
    pub secrets: BTreeSet<SecretValue>,
}

/// A value of a secret, by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretValue {
    /// The secret.
    pub secret: String,
    /// Which of its values; null for a secret that is one value without a name.
    pub key: Option<String>,
}

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// What people read.
    pub name: String,
    /// Its `https` address without a final `/`: `iss`, below which OpenID Connect finds the keys.
    pub address: String,
}

/// How people log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// How long a login may take.
    pub state_seconds: u64,
    /// Where they log in, by name.
    pub providers: BTreeMap<String, Provider>,
}

/// Where people log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// The domains whose addresses it is believed about; null for all. An address below any other logs nobody in.
    pub vouches_for: Option<BTreeSet<String>>,
    /// What it calls us.
    pub client_id: String,
    /// The secret that redeems codes there.
    pub client_secret: SecretValue,
    /// What it is asked for at a login.
    pub scopes: BTreeSet<String>,
    /// What it is asked for besides when that is needed, by what it is for.
    pub step_up: BTreeMap<String, BTreeSet<String>>,
}

/// How a provider is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OAuth of `github.com`, where its API says who logged in.
    Github,
    /// OpenID Connect, by its issuer: `/.well-known/openid-configuration` stands below it.
    OpenidConnect(String),
}

/// What clients are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The token that is shown with every request.
    pub access: AccessToken,
    /// The token that the next one is had with; without it, people log in again.
    pub refresh: Option<RefreshToken>,
    /// What is signed with.
    pub signing_key: SigningKey,
    /// How revoked tokens are remembered, by their `jti`.
    pub revocations: Revocations,
}

/// How revoked tokens are remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocations {
    /// How long; null for ever. Never shorter than an access token lives.
    pub retain_seconds: Option<u64>,
    /// The table that holds them; null where the service keeps them by itself.
    pub table: Option<Table>,
}

/// A table of a database of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The database.
    pub database: String,
    /// The table.
    pub table: String,
}

/// The token that is shown with every request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessToken {
    /// How long it lives.
    pub lifetime_seconds: u64,
    /// What it says beside `aud`, `exp`, `iat`, `iss` and `jti`.
    pub claims: BTreeSet<Claim>,
}

/// The token that the next access token is had with. It is used once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    /// How long a session lives at the most.
    pub lifetime_seconds: u64,
    /// How long it lives without being used.
    pub idle_seconds: u64,
    /// How long the last one works beside its successor.
    pub grace_seconds: u64,
}

/// What is signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// The secret that holds it.
    pub secret: SecretValue,
    /// How it signs. Tokens of any other algorithm are refused.
    pub algorithm: Algorithm,
    /// How often it is replaced.
    pub rotate_seconds: u64,
    /// How long its public half is still published after that: as long as a token lives.
    pub retire_seconds: u64,
    /// How many characters the secret must have when it is opened; of `HS256` alone.
    pub shortest_secret: Option<u32>,
}

/// The second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mfa {
    /// How it works.
    pub method: Method,
    /// The roles that nobody uses without one; system administrators need one in any case.
    pub required_for: RoleSet,
    /// How many codes there are that work once each.
    pub backup_codes: u32,
    /// What the app shows above the code.
    pub issuer: String,
    /// How many digits a code has.
    pub digits: u32,
    /// How long a code holds.
    pub period_seconds: u64,
}

/// A program that people log in to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Whether it can keep a secret.
    #[serde(rename = "type")]
    pub kind: ClientType,
    /// The secret that it shows; of confidential clients, and of no others.
    pub secret: Option<SecretValue>,
    /// Where people come back to, letter by letter.
    pub redirects: BTreeSet<String>,
    /// The same for a loopback address, whose port is not compared.
    pub loopback_redirects: BTreeSet<String>,
    /// What may be done with its tokens, of all that their user may do.
    pub permissions: BTreeSet<String>,
}
