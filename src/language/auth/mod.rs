//! The `auth` declaration: who issues tokens, to whom, for how long.
//!
//! Enforced by the token service: all of it ends in `token/policy.json`, the only thing that service reads. Not here: who
//! may do what once they are known (roles, routes), and how often (limits).

pub mod check;
pub mod client;
pub mod mfa;
pub mod provider;
pub mod shared;
pub mod token;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::auth::client::Client;
use crate::language::auth::mfa::Mfa;
use crate::language::auth::provider::Provider;
use crate::language::auth::token::{AccessToken, RefreshToken, Revocations, SigningKey};
use crate::language::database::Database;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::{InProject, Name};
use crate::language::person::Person;
use crate::language::project::{self, Project};
use crate::language::reach;
use crate::language::resource::Resource;
use crate::language::role::Role;
use crate::language::secret::Secret;
use crate::language::secret::taken::{self, KEY, SecretValue};
use crate::language::service::{self, Public};
use crate::language::value::oauth::Audience;
use crate::language::value::text::Email;
use crate::language::value::time::Seconds;
use crate::language::waive::{self, Waivers};
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "auth",
    Class::Single,
    "Who issues tokens: people log in at a provider, and the token service gives their client a signed token (OAuth 2.1: \
     code flow, PKCE with S256 and state, always). Enforced by the token service, which reads all of it from \
     `token/policy.json` of a build; how that file comes to it is not rendered. It takes the secrets that are named here \
     without their `offers`: this stands at the top, as they do. Those of a vault are fetched into its namespace. It reaches \
     the providers by an `external` of its service.",
)
.properties(&[Field::reference("service", "The service that issues tokens.").must()])
.children(&[
    &ISSUER,
    &AUDIENCE,
    &LOGIN_STATE,
    &provider::KIND,
    &token::ACCESS,
    &token::REFRESH,
    &token::SIGNING_KEY,
    &token::REVOCATIONS,
    &mfa::KIND,
    &client::KIND,
    &waive::KIND,
])
.requires(&["issuer", "audience", "provider", "access-token", "signing-key", "client"]);

static ISSUER: Kind = Kind::new(
    "issuer",
    Class::Single,
    "Who signs. Tokens carry the public `https` address of the service as `iss`, never the name: OpenID Connect looks for \
     the keys there. Apps that show codes for a second factor show the name, unless `mfa` has a text of its own for them.",
)
.arguments(&[Field::required::<Name>("name", "What it is called, in lower case: `harbor-desk`.")])
.properties(&[Field::reference("service", "The service whose public address it is; `auth`'s own where it is not written.")]);

static AUDIENCE: Kind = Kind::new(
    "audience",
    Class::Single,
    "Whom tokens are for, their `aud`: the name of the `api`. Whoever checks a token refuses one for somebody else.",
)
.arguments(&[Field::required::<Audience>("name", "The name or address.")]);

static LOGIN_STATE: Kind = Kind::new(
    "login-state",
    Class::Single,
    "How long a login may take, from leaving for the provider to coming back: its `state` is kept as long.",
)
.arguments(&[Field::required::<Seconds>("time", "A duration, from a minute to an hour.")])
.default("\"10m\"");

/// A secret that the token service opens; also of a client.
pub static CLIENT_SECRET: Kind =
    Kind::new("client-secret", Class::Single, "The secret that a client shows when it redeems a code.")
        .properties(&[Field::reference("secret", "The secret.").must(), KEY]);

/// Who issues tokens, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Auth {
    /// The service that issues tokens.
    pub service: InProject,
    /// Who signs.
    pub issuer: Issuer,
    /// Whom tokens are for: `aud`.
    pub audience: Audience,
    /// How long a login may take.
    pub login_state: Seconds,
    /// Where people log in, by name.
    pub providers: BTreeMap<Name, Provider>,
    /// What a client gets.
    pub access_token: AccessToken,
    /// What it gets the next one with; without it, people log in again.
    pub refresh_token: Option<RefreshToken>,
    /// What tokens are signed with.
    pub signing_key: SigningKey,
    /// How long a revoked token is remembered; where it is not declared, until the token ends.
    pub revocations: Option<Revocations>,
    /// The second factor.
    pub mfa: Option<Mfa>,
    /// The programs that people log in to, by name.
    pub clients: BTreeMap<Name, Client>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who signs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Issuer {
    /// What people read.
    pub name: Name,
    /// The service whose public address is `iss`.
    pub service: InProject,
    /// `iss`: an `https` address without a final `/`; null only where something is wrong with it.
    pub address: Option<String>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What of the platform around it a declaration needs.
#[derive(Clone, Copy)]
pub struct Around<'p, 'a> {
    /// All declarations of the tree.
    pub items: &'p [Item<'a>],
    /// What can be asked for.
    pub resources: &'p BTreeMap<Name, Resource>,
    /// Roles in teams and projects.
    pub roles: &'p BTreeMap<Name, Role>,
    /// Roles on the platform.
    pub platform_roles: &'p BTreeMap<Name, Role>,
    /// People whom the tree names.
    pub persons: &'p BTreeMap<Email, Person>,
    /// The platform role of whoever registers.
    pub newcomer: Option<&'p Name>,
    /// The tenants and what they run.
    pub projects: &'p BTreeMap<Name, Project>,
    /// Secrets of the top.
    pub secrets: &'p BTreeMap<Name, Secret>,
    /// Databases of the top.
    pub databases: &'p BTreeMap<Name, Database>,
}

/// Reads who issues tokens. One with mistakes in it, which are reported, is there all the same: what needs it is not wrong
/// as well.
pub fn resolve<'a>(around: Around<'_, 'a>, outer: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Auth> {
    let item = around.items.iter().find(|it| it.kind.word == KIND.word)?;
    let waivers = Waivers::of(&item.children, Some(outer.waivers), outer.scope, sink);
    let service = find_service(item, outer, sink);
    let scope = outer.scope.inside(item.entry("service").and_then(|_| service_project(item, outer)));
    let context = Context { scope, waivers: &waivers, ..*outer };
    let issuer = resolve_issuer(item, service.as_ref(), around, &context, sink);
    let audience = item.value::<Audience>("audience", sink);
    let login_state = resolve_login_state(item, sink);
    let providers = item.children(provider::KIND.word).filter_map(|it| provider::resolve(it, &context, sink));
    let providers: BTreeMap<Name, Provider> = providers.map(|it| (it.name.clone(), it)).collect();
    let access_token = token::resolve_access(item, sink);
    let refresh_token = token::resolve_refresh(item, &access_token, sink);
    let signing_key = token::resolve_key(item, &context, sink);
    let revocations = token::resolve_revocations(item, service.as_ref(), around.databases, outer, sink);
    let mfa = mfa::resolve(item, &context, sink);
    let clients =
        item.children(client::KIND.word).filter_map(|it| client::resolve(it, around, &context, sink));
    let clients: BTreeMap<Name, Client> = clients.map(|it| (it.name.clone(), it)).collect();
    let auth = Auth {
        service: service.unwrap_or_else(|| InProject { project: item::stand_in(), name: item::stand_in() }),
        issuer,
        audience: audience.map_or_else(item::stand_in, |it| it.value),
        login_state,
        providers,
        access_token,
        refresh_token,
        signing_key,
        revocations,
        mfa,
        clients,
        span: item.span(),
    };
    check::check(&auth, item, around, &waivers, sink);
    waivers.report_unused(sink);
    outer.waivers_seen(&waivers);
    Some(auth)
}

fn find_service<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<InProject> {
    let key = context.scope.find("service", item.reference("service", sink)?, sink)?;
    reach::in_project(key)
}

/// The project of the token service, as it is written there.
fn service_project<'a>(item: &Item<'a>, context: &Context<'_, 'a>) -> Option<&'a str> {
    let written = item.reference("service", &mut Diagnostics::default())?;
    context.scope.find("service", written, &mut Diagnostics::default())?.project
}

fn resolve_issuer<'a>(
    auth: &Item<'a>,
    own: Option<&InProject>,
    around: Around<'_, 'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Issuer {
    let item = auth.child("issuer");
    let name = item.and_then(|it| it.own_name(sink));
    let written = item.filter(|it| it.entry("service").is_some());
    let named = written.and_then(|it| find_service(it, context, sink));
    let service = if written.is_some() { named } else { own.cloned() };
    let span = item.map_or(auth.span(), Item::span);
    let public = service.as_ref().and_then(|it| public_of(it, around));
    let address = public.and_then(|it| it.first()).map(|it| {
        let path = it.path.as_str().trim_end_matches('/');
        format!("https://{}{path}", it.host)
    });
    if let (Some(service), Some([])) = (&service, public) {
        let message =
            format!("service `{service}` has no public address, and tokens need one as their `iss`");
        let at = written.and_then(|it| it.entry("service")).map_or(span, crate::syntax::Entry::value_span);
        sink.report(not_public(at, message, service, around));
    }
    Issuer {
        name: name.unwrap_or_else(item::stand_in),
        service: service.unwrap_or_else(|| InProject { project: item::stand_in(), name: item::stand_in() }),
        address,
        span,
    }
}

fn resolve_login_state(auth: &Item<'_>, sink: &mut Diagnostics) -> Seconds {
    let written = auth.value::<Seconds>("login-state", sink);
    if let Some(Spanned { value, span }) = &written
        && !(MINUTE..=HOUR).contains(value)
    {
        let message = format!("a login that may take `{value}`");
        sink.report(Diagnostic::new(Code::TokenTimes, *span, message).help(
            "write a time from `\"1m\"` to `\"1h\"`: people need a moment, and who finds a `state` later must not use it",
        ));
    }
    written.map_or(Seconds(10 * 60), |it| it.value)
}

/// A minute.
pub const MINUTE: Seconds = Seconds(60);
/// An hour.
pub const HOUR: Seconds = Seconds(60 * 60);
/// A day.
pub const DAY: Seconds = Seconds(24 * 60 * 60);

/// Reads a secret that the token service opens: one of the top, or of its own project.
pub fn resolve_secret<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<SecretValue> {
    let written = item.reference("secret", sink)?;
    let key = context.scope.find("secret", written, sink)?;
    if let Some(owner) = key.project.filter(|it| context.scope.project.is_some_and(|own| own != *it)) {
        let message = format!("secret `{}` belongs to project `{owner}` alone", key.name);
        sink.report(
            Diagnostic::new(Code::NotOffered, written.span, message)
                .help("declare it at the top, or in the project of the service that issues tokens"),
        );
        return None;
    }
    taken::resolve(item, Spanned::new(Name::trusted(key.name), written.span), context.scope, sink)
}

/// The public addresses of a service; `None` where there is no telling, because something about them was refused.
pub fn public_of<'p>(id: &InProject, around: Around<'p, '_>) -> Option<&'p [Public]> {
    let service = around.projects.get(&id.project)?.services.get(&id.name)?;
    let is_written = || service_item(id, around).is_some_and(|it| it.child("public").is_some());
    (!service.public.is_empty() || !is_written()).then_some(&service.public)
}

/// A service as written.
pub fn service_item<'p, 'a>(id: &InProject, around: Around<'p, 'a>) -> Option<&'p Item<'a>> {
    let of = |items: &'p [Item<'a>], kind: &Kind, name: &Name| {
        items
            .iter()
            .find(|it| it.kind.word == kind.word && it.name().is_some_and(|it| it.value == name.as_str()))
    };
    of(&of(around.items, &project::KIND, &id.project)?.children, &service::KIND, &id.name)
}

/// A service whose address is needed and that has none.
pub fn not_public(at: Span, message: String, service: &InProject, around: Around<'_, '_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::NoPublicAddress, at, message);
    let declared = service_item(service, around).map(Item::span);
    let diagnostic = declared.into_iter().fold(diagnostic, |it, span| it.related(span, "the service"));
    diagnostic.help(format!("make it public: `service \"{}\" {{ public host=\"{0}\" }}`", service.name))
}

#[cfg(test)]
mod tests;
