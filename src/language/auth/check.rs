//! What only shows when all of `auth` is known, and the rest of the platform.

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::api;
use crate::language::auth::token::{Algorithm, Revocations};
use crate::language::auth::{self, Around, Auth, mfa, token};
use crate::language::item::Item;
use crate::language::name::{InProject, Name};
use crate::language::person;
use crate::language::project::Project;
use crate::language::resource;
use crate::language::role::{Role, RoleId, When};
use crate::language::secret::taken::SecretValue;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::permission::Permission;
use crate::language::value::refusal::literal;
use crate::language::value::text::SecretKey;
use crate::language::value::time::Seconds;
use crate::language::waive::{Safeguard, Waivers};
use crate::language::workload::Reach;
use crate::language::workload::Workload;
use crate::source::Span;

/// Checks who issues tokens against itself and the whole.
pub fn check(
    auth: &Auth,
    item: &Item<'_>,
    around: Around<'_, '_>,
    waivers: &Waivers<'_>,
    sink: &mut Diagnostics,
) {
    check_times(auth, item, sink);
    check_algorithm(auth, around, sink);
    check_secrets(auth, around, sink);
    check_audience(auth, item, around, sink);
    check_reached(auth, item, around, sink);
    check_mfa(auth, item, around, waivers, sink);
    check_newcomer(item, around, sink);
}

fn check_times(auth: &Auth, item: &Item<'_>, sink: &mut Diagnostics) {
    let lifetime = auth.access_token.lifetime;
    let is_read = item.value::<Seconds>(token::ACCESS.word, &mut Diagnostics::default()).is_some();
    if !is_read {
        return;
    }
    if let Some(Revocations { retain: Some(retain), table: _, span }) = &auth.revocations
        && *retain < lifetime
    {
        let message =
            format!("a token that was revoked works again after `{retain}`, until it is `{lifetime}` old");
        sink.report(
            Diagnostic::new(Code::TokenOutlivesRevocation, *span, message)
                .related(auth.access_token.span, "how long it lives")
                .help("remember revoked tokens for as long as they live, or let them live shorter"),
        );
    }
    if auth.signing_key.every < lifetime {
        let message = format!(
            "a key that is replaced every `{}` is gone before the tokens that it signed",
            auth.signing_key.every
        );
        sink.report(
            Diagnostic::new(Code::KeyTooShort, auth.signing_key.span, message)
                .related(auth.access_token.span, "how long they live")
                .help("replace it less often than tokens end; `\"90d\"` holds where `every` is not written"),
        );
    }
}

fn check_algorithm(auth: &Auth, around: Around<'_, '_>, sink: &mut Diagnostics) {
    let key = &auth.signing_key;
    if key.algorithm != Algorithm::Hs256 {
        return;
    }
    if let Some(secret) =
        find_secret(&key.secret.secret, auth, around).filter(|it| matches!(it.sealed, Sealed::Vault(_)))
    {
        let message = "nobody can check whether a secret of a vault is long enough for `HS256`";
        let mut diagnostic =
            Diagnostic::new(Code::SharedSigning, key.span, message).related(secret.span, "the secret");
        diagnostic.severity = Severity::Error;
        sink.report(
            diagnostic
                .help("leave `algorithm` out, or seal the secret with age: it is measured when it is opened"),
        );
        return;
    }
    let message = "with `HS256`, whoever can check a token can make one";
    sink.report(
        Diagnostic::new(Code::SharedSigning, key.span, message)
            .help("leave `algorithm` out: with a key pair, services get only the public half")
            .help("the secret needs 32 characters or more; that is checked when it is opened, and a shorter one is refused"),
    );
}

/// A secret of the top, or of the project of the token service.
fn find_secret<'p>(name: &Name, auth: &Auth, around: Around<'p, '_>) -> Option<&'p Secret> {
    let own = around.projects.get(&auth.service.project).and_then(|it| it.secrets.get(name));
    own.or_else(|| around.secrets.get(name))
}

/// Reports one secret that is used for two things: who learns it for one could do the other.
fn check_secrets(auth: &Auth, around: Around<'_, '_>, sink: &mut Diagnostics) {
    let mut seen: BTreeMap<(&Name, Option<&SecretKey>), (String, Span)> = BTreeMap::new();
    for (SecretValue { secret, key, span }, use_) in auth.secrets() {
        let Some(span) = *span else { continue };
        let value = (secret, key.as_ref().map(|it| &it.value));
        // Of which value of several this is, is missing, and reported.
        let is_said = find_secret(secret, auth, around).is_none_or(|it| key.is_some() || it.keys.is_empty());
        if let Some((other, first)) = seen.get(&value).filter(|_| is_said) {
            let message = match value.1 {
                Some(key) => format!("`{key}` of secret `{secret}` is {other} already"),
                None => format!("secret `{secret}` is {other} already"),
            };
            sink.report(
                Diagnostic::new(Code::SharedSecret, span, message)
                    .related(*first, "taken here")
                    .help(format!("declare a secret of its own for {use_}")),
            );
        }
        seen.entry(value).or_insert((use_, span));
    }
}

/// Tokens for somebody whom nothing knows are refused by everything.
fn check_audience(auth: &Auth, item: &Item<'_>, around: Around<'_, '_>, sink: &mut Diagnostics) {
    let written = item.child("audience").and_then(|it| it.entries(0).next());
    let apis = around.items.iter().filter(|it| it.kind.word == api::KIND.word).filter_map(Item::name);
    let apis: Vec<&str> = apis.map(|it| it.value).collect();
    let audience = auth.audience.as_str();
    if let (Some(written), Some(client)) = (written, auth.clients.get(audience)) {
        let message = format!("client `{audience}` goes by the name of this audience");
        sink.report(
            Diagnostic::new(Code::TokenConfusion, written.value_span(), message)
                .related(client.span, "the client")
                .help("give the client another name: what says who logged in (its `aud` is the client) would pass for an access token"),
        );
        return;
    }
    let Some(written) = written.filter(|_| !apis.is_empty() && !apis.contains(&audience)) else { return };
    let span = written.value_span();
    let message = format!("no `api` is called `{audience}`, so nothing knows that these tokens are for it");
    let diagnostic = Diagnostic::new(Code::UnknownAudience, span, message);
    let near = suggest::candidates(audience, apis.iter().copied());
    let meant = if near.is_empty() && apis.len() == 1 { apis } else { near };
    sink.report(match meant.first() {
        Some(_) => diagnostic.did_you_mean(span, &meant, literal),
        None => diagnostic.help("write the name of the `api` that accepts them"),
    });
}

/// People are sent to the issuer's address; where another service answers there, it asks the token service.
fn check_reached(auth: &Auth, item: &Item<'_>, around: Around<'_, '_>, sink: &mut Diagnostics) {
    let (own, front) = (&auth.service, &auth.issuer.service);
    let services = |it: &InProject| around.projects.get(&it.project)?.services.get(&it.name);
    let (Some(service), Some(before)) = (services(own), services(front)) else { return };
    if own == front {
        return;
    }
    let is_reached = before.workload.reaches.keys().any(|it| matches!(it, Reach::Service(it) if it == own));
    let has_port = service.port.is_some()
        || auth::service_item(own, around).is_some_and(|it| it.child("port").is_some());
    if is_reached && has_port {
        return;
    }
    let at = item.entry("service").map_or(item.span(), crate::syntax::Entry::value_span);
    let message = match is_reached {
        false => format!("the issuer is `{front}`, which may not reach `{own}`: nobody could log in"),
        true => format!("`{own}` has no port, so nobody could log in"),
    };
    sink.report(
        Diagnostic::new(Code::TokenServiceUnreachable, at, message)
            .related(auth.issuer.span, "people are sent here")
            .help(match is_reached {
                false => {
                    format!("write `reaches service=\"{own}\"` there, or let `{own}` be the issuer itself")
                }
                true => "write its `port`".to_owned(),
            }),
    );
}

/// Reports every role that may grant and is used without a second factor.
fn check_mfa(
    auth: &Auth,
    item: &Item<'_>,
    around: Around<'_, '_>,
    waivers: &Waivers<'_>,
    sink: &mut Diagnostics,
) {
    let all = resource::permissions(around.resources).count();
    let roles = around.roles.values().map(|it| (RoleId::Role(it.name.clone()), it));
    let platform_roles = around.platform_roles.values().map(|it| (RoleId::PlatformRole(it.name.clone()), it));
    let required = auth.mfa.as_ref().map(|it| &it.required_for);
    let span = item.child(mfa::KIND.word).map_or(item.span(), Item::span);
    if required.is_none() {
        for person in around.persons.values().filter(|it| it.system_administrator) {
            let message = format!("`{}` administers the system, and there is no second factor", person.email);
            let diagnostic =
                Diagnostic::new(Code::MfaNotRequired, span, message).related(person.span, "declared here");
            let help = "declare `mfa \"totp\" { … }`: system administrators always show one then";
            waivers.report(Safeguard::SecondFactor, diagnostic.help(help), sink);
        }
    }
    for (id, role) in roles.chain(platform_roles) {
        let Some(power) = granting(role, all).filter(|_| required.is_none_or(|it| !it.contains(&id))) else {
            continue;
        };
        let (what, at) = match power {
            Power::Everything => ("may do everything".to_owned(), None),
            Power::Grants(permission, at) => (format!("holds `{permission}`"), Some(at)),
        };
        let message = format!("{id} {what}, and nobody needs a second factor for it");
        let reference = id.to_string().replacen(' ', "=", 1).replace('`', "\"");
        let diagnostic = Diagnostic::new(Code::MfaNotRequired, span, message).related(role.span, "the role");
        let diagnostic = at.into_iter().fold(diagnostic, |it, at| it.related(at, "it may grant by this"));
        waivers.report(
            Safeguard::SecondFactor,
            diagnostic.help(match required {
                Some(_) => format!("add `required-for {reference}`"),
                None => format!("write `mfa \"totp\" {{ required-for {reference} }}`"),
            }),
            sink,
        );
    }
}

/// Whoever registers gets the newcomer's role, so nobody has granted it to them.
fn check_newcomer(item: &Item<'_>, around: Around<'_, '_>, sink: &mut Diagnostics) {
    let all = resource::permissions(around.resources).count();
    let Some(role) = around.newcomer.and_then(|it| around.platform_roles.get(it)) else { return };
    let Some(power) = granting(role, all) else { return };
    let newcomer = around.items.iter().find(|it| it.kind.word == person::NEWCOMER.word);
    let (what, at) = match power {
        Power::Everything => ("do everything".to_owned(), role.span),
        Power::Grants(permission, at) => (format!("use `{permission}`"), at),
    };
    let message = format!("whoever registers may {what}");
    sink.report(
        Diagnostic::new(Code::NewcomerGrants, newcomer.map_or(item.span(), Item::span), message)
            .related(at, "by this")
            .help("let newcomers start as a role that grants nothing"),
    );
}

/// Why a role may decide what others may do.
enum Power {
    Everything,
    Grants(Permission, Span),
}

/// What memberships, roles and people are called.
const MEMBERSHIPS: [&str; 6] = ["member", "membership", "person", "role", "team", "user"];
/// What a resource is called makes no difference to these.
const GRANTS: [&str; 4] = ["assign", "grant", "impersonate", "invite"];
/// Who only looks, or makes something new, has changed what nobody may do.
const HARMLESS: [&str; 4] = ["create", "get", "list", "read"];

/// Whether a role decides what others may do: it holds everything, or a permission on memberships. What is held under a
/// condition counts as held.
fn granting(role: &Role, all: usize) -> Option<Power> {
    let always = role.permissions.values().filter(|it| it.when == When::Always).count();
    if all > 0 && always == all {
        return Some(Power::Everything);
    }
    let grants = |it: &Permission| {
        let (resource, action) = (it.resource.as_str(), it.action.as_str());
        GRANTS.contains(&action) || (MEMBERSHIPS.contains(&resource) && !HARMLESS.contains(&action))
    };
    let (permission, held) = role.permissions.iter().find(|(it, _)| grants(it))?;
    Some(Power::Grants(permission.clone(), held.span))
}

impl Auth {
    /// Whether a workload is the token service.
    pub fn is_run_by(&self, project: &Project, workload: &Workload) -> bool {
        self.service.project == project.name && self.service.name == workload.name
    }

    /// The secrets that the token service opens: each with what it is.
    pub fn secrets(&self) -> Vec<(&SecretValue, String)> {
        let Self { signing_key: key, providers, clients, .. } = self;
        let key = (&key.secret, "the signing key".to_owned());
        let providers =
            providers.values().map(|it| (&it.client_secret, format!("the secret at provider `{}`", it.name)));
        let clients = clients
            .values()
            .filter_map(|it| Some((it.secret.as_ref()?, format!("the secret of client `{}`", it.name))));
        // One that could not be found, which has been reported, has no place.
        let found = std::iter::once(key).chain(providers).chain(clients);
        found.filter(|(it, _)| it.span.is_some()).collect()
    }
}
