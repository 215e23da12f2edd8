//! [`Platform`] → `token/policy.json`: the only thing that a token service reads of a platform.
//!
//! | file | answers |
//! |---|---|
//! | `policy.rs` | who logs in where, and what they are given |
//! | `access.rs` | who may do what |
//! | `limit.rs` | which interfaces ask, and how often who may call them |
//! | `record.rs` | what is recorded, and what calls for an answer |
//!
//! The form has a version and a schema (`schema/token-policy.schema.json`). A field that is not in it is refused when it is
//! read, so that a service never runs on half of what was declared. Secrets are there by name. Whether a platform has what
//! a rule needs to be enforced is said by [`check`].

pub mod access;
pub mod check;
pub mod limit;
pub mod policy;
pub mod record;

use std::collections::BTreeSet;

use crate::language::Platform;
use crate::language::auth::client::{self, ClientType};
use crate::language::auth::mfa;
use crate::language::auth::provider;
use crate::language::auth::token::{self as issued, Algorithm};
use crate::language::auth::{self, Auth};
use crate::language::secret::taken;
use crate::language::value::redirect::{RedirectTarget, RedirectUri};
use crate::language::value::time::{Duration, Seconds};
use crate::render::File;
use crate::render::token::access::texts;
use crate::render::token::policy::{
    AccessToken, Client, Issuer, Login, Mfa, Policy, Protocol, Provider, RefreshToken, Revocations,
    SecretValue, SigningKey, Table, Tokens,
};
use crate::source::Span;

/// What the file is called, in the folder `token/`.
pub const POLICY: &str = "policy.json";

/// The version of the form.
pub const VERSION: u32 = 1;

/// The shortest secret that `HS256` may sign with, in characters.
const SHORTEST_SECRET: u32 = 32;

/// The file; `None` for a platform that issues no tokens.
pub(super) fn file(platform: &Platform) -> Option<File> {
    let policy = policy(platform)?;
    let mut bytes =
        serde_json::to_vec_pretty(&policy).expect("keys are strings and nothing here fails to serialize");
    bytes.push(b'\n');
    Some(File { bytes, origins: origins(platform) })
}

/// The JSON schema of the policy.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Policy>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// All that a token service knows of a platform; `None` for one that issues no tokens.
pub fn policy(platform: &Platform) -> Option<Policy> {
    let auth = platform.auth.as_ref()?;
    // No `..`: what is declared is in the policy.
    let Auth {
        service: _,
        issuer,
        audience,
        login_state,
        providers,
        access_token,
        refresh_token,
        signing_key,
        revocations,
        mfa,
        clients,
        span: _,
    } = auth;
    let audit = record::audit(platform);
    let channels = record::channels(platform);
    let webhooks = audit.iter().flat_map(|it| it.sinks.values()).filter_map(|it| match it {
        record::Sink::Webhook(channel) => Some(channel),
        record::Sink::Table { .. } => None,
    });
    let signatures = webhooks.chain(channels.values()).map(|it| it.signature.clone());
    let secrets = auth.secrets().into_iter().map(|(it, _)| secret_value(it)).chain(signatures);
    Some(Policy {
        version: VERSION,
        platform: platform.name.to_string(),
        environment: platform.environment.as_ref().map(ToString::to_string),
        issuer: self::issuer(issuer),
        audience: audience.to_string(),
        login: Login {
            state_seconds: login_state.seconds(),
            providers: providers.values().map(|it| (it.name.to_string(), provider(it))).collect(),
        },
        tokens: Tokens {
            access: AccessToken {
                lifetime_seconds: access_token.lifetime.seconds(),
                claims: access_token.claims.clone(),
            },
            refresh: refresh_token.as_ref().map(refresh),
            signing_key: key(signing_key, access_token.lifetime),
            revocations: remembered(revocations.as_ref(), access_token.lifetime),
        },
        mfa: mfa.as_ref().map(|it| second_factor(it, issuer)),
        clients: clients.values().map(|it| (it.name.to_string(), client(it))).collect(),
        cors_origins: origins_of_pages(clients.values()),
        access: access::access(platform),
        apis: limit::apis(platform),
        rate_tiers: limit::tiers(platform),
        secrets: secrets.collect(),
        audit,
        channels,
        working_hours: record::working_hours(platform),
        severities: record::severities(platform),
        incidents: record::incidents(platform),
    })
}

fn issuer(issuer: &auth::Issuer) -> Issuer {
    let auth::Issuer { name, service: _, address, span: _ } = issuer;
    Issuer { name: name.to_string(), address: address.clone().unwrap_or_default() }
}

fn provider(provider: &provider::Provider) -> Provider {
    let provider::Provider {
        name: _,
        protocol,
        vouches_for,
        client_id,
        client_secret,
        scopes,
        step_up,
        span: _,
    } = provider;
    let protocol = match protocol {
        provider::Protocol::Github => Protocol::Github,
        provider::Protocol::OpenidConnect(issuer) => Protocol::OpenidConnect(issuer.to_string()),
    };
    Provider {
        protocol,
        vouches_for: vouches_for.as_ref().map(texts),
        client_id: client_id.to_string(),
        client_secret: secret_value(client_secret),
        scopes: texts(scopes),
        step_up: step_up.iter().map(|(name, scopes)| (name.to_string(), texts(scopes))).collect(),
    }
}

fn refresh(token: &issued::RefreshToken) -> RefreshToken {
    let issued::RefreshToken { lifetime, idle, grace, span: _ } = token;
    RefreshToken {
        lifetime_seconds: lifetime.seconds(),
        idle_seconds: idle.seconds(),
        grace_seconds: grace.seconds(),
    }
}

fn key(key: &issued::SigningKey, lifetime: Seconds) -> SigningKey {
    let issued::SigningKey { secret, every, algorithm, span: _ } = key;
    SigningKey {
        secret: secret_value(secret),
        algorithm: *algorithm,
        rotate_seconds: every.seconds(),
        retire_seconds: lifetime.seconds(),
        shortest_secret: (*algorithm == Algorithm::Hs256).then_some(SHORTEST_SECRET),
    }
}

fn remembered(revocations: Option<&issued::Revocations>, lifetime: Seconds) -> Revocations {
    let Some(issued::Revocations { retain, table, span: _ }) = revocations else {
        return Revocations { retain_seconds: Some(lifetime.seconds()), table: None };
    };
    let table = table.as_ref().map(|it| {
        let issued::RevocationTable { database, table } = it;
        Table { database: database.to_string(), table: table.to_string() }
    });
    Revocations { retain_seconds: retain.map(Seconds::seconds), table }
}

fn second_factor(mfa: &mfa::Mfa, signs: &auth::Issuer) -> Mfa {
    let mfa::Mfa { method, required_for, backup_codes, issuer, digits, period, span: _ } = mfa;
    Mfa {
        method: *method,
        required_for: access::role_set(required_for),
        backup_codes: *backup_codes,
        issuer: issuer.as_ref().map_or_else(|| signs.name.to_string(), ToString::to_string),
        digits: *digits,
        period_seconds: period.seconds(),
    }
}

fn client(client: &client::Client) -> Client {
    let client::Client { name: _, kind, redirects, secret, allows, span: _ } = client;
    let is_loopback =
        |it: &&RedirectUri| matches!(it.target, RedirectTarget::Loopback | RedirectTarget::Localhost);
    let (loopback, exact): (Vec<&RedirectUri>, Vec<&RedirectUri>) = redirects.keys().partition(is_loopback);
    Client {
        kind: *kind,
        secret: secret.as_ref().map(secret_value),
        redirects: texts(exact),
        loopback_redirects: texts(loopback),
        permissions: texts(allows),
    }
}

/// A value of a secret, by its names.
fn secret_value(value: &taken::SecretValue) -> SecretValue {
    let taken::SecretValue { secret, key, span: _ } = value;
    SecretValue { secret: secret.to_string(), key: key.as_ref().map(|it| it.value.to_string()) }
}

/// The origins of the pages that log in by themselves. A confidential client speaks to the service from its server.
fn origins_of_pages<'c>(clients: impl Iterator<Item = &'c client::Client>) -> BTreeSet<String> {
    let public = clients.filter(|it| it.kind == ClientType::Public);
    public.flat_map(|it| it.redirects.keys().filter_map(RedirectUri::origin)).map(str::to_owned).collect()
}

/// A time in whole seconds. [`check`] refuses those that are not whole.
fn seconds(time: Duration) -> u64 {
    time.millis() / 1000
}

/// The declarations that the policy is made of.
fn origins(platform: &Platform) -> Vec<Span> {
    // No `..`: a new kind of declaration is the token service's, or is not.
    let Platform {
        name: _,
        span,
        edition: _,
        domain: _,
        environment: _,
        cluster: _,
        resources,
        conditions,
        roles,
        platform_roles,
        persons,
        newcomer: _,
        auth,
        teams,
        apis,
        projects,
        audit,
        channels,
        working_hours,
        severities,
        incidents,
        rate_tiers,
        // What is others'.
        environments: _,
        controls: _,
        ci: _,
        inputs: _,
        headers: _,
        edges: _,
        vaults: _,
        databases: _,
        obligations: _,
        erasures: _,
        requests: _,
        recipients: _,
        review: _,
        separations: _,
        externals: _,
        storage_classes: _,
        pod_security: _,
        image_policy: _,
        secrets: _,
        objects: _,
        waivers: _,
    } = platform;
    let mut spans = vec![*span];
    spans.extend(resources.values().map(|it| it.span));
    spans.extend(conditions.values().map(|it| it.span));
    spans.extend(roles.values().chain(platform_roles.values()).map(|it| it.span));
    spans.extend(persons.values().map(|it| it.span));
    spans.extend(auth.iter().map(|it| it.span));
    spans.extend(auth.iter().flat_map(|it| it.providers.values()).map(|it| it.span));
    spans.extend(auth.iter().flat_map(|it| it.clients.values()).map(|it| it.span));
    spans.extend(teams.values().map(|it| it.span));
    spans.extend(apis.values().map(|it| it.span));
    spans.extend(rate_tiers.values().map(|it| it.span));
    spans.extend(projects.values().map(|it| it.span));
    spans.extend(audit.iter().map(|it| it.span));
    spans.extend(channels.values().map(|it| it.span));
    spans.extend(working_hours.iter().map(|it| it.span));
    spans.extend(severities.values().map(|it| it.span));
    spans.extend(incidents.values().map(|it| it.span));
    spans.sort_unstable();
    spans.dedup();
    spans
}

#[cfg(test)]
mod tests;
