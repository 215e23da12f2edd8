//! The `provider` declaration: where people log in.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::auth::{self, CLIENT_SECRET};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::secret::taken::SecretValue;
use crate::language::value::network::Host;
use crate::language::value::oauth::{ClientId, ProviderScope};
use crate::language::value::refusal::literal;
use crate::language::value::text::HttpsUrl;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "provider",
    Class::Named,
    "Where people log in. `github` and `google` are known; any other that speaks OpenID Connect needs `discovery`, and says \
     whose addresses it `vouches-for`. Whoever logs in is known by the address that the provider has verified.",
)
.arguments(&[Field::required::<Name>("name", "`github`, `google`, or a name of your own.")])
.properties(&[Field::required::<ClientId>("client-id", "What the provider calls us.")])
.children(&[&DISCOVERY, &VOUCHES_FOR, &CLIENT_SECRET, &SCOPES, &STEP_UP])
.requires(&["client-secret", "scopes"])
.most(20);

static DISCOVERY: Kind = Kind::new(
    "discovery",
    Class::Single,
    "The issuer of a provider that is not known: its addresses and keys are read below it, at \
     `/.well-known/openid-configuration`.",
)
.arguments(&[Field::required::<HttpsUrl>("address", "The issuer, exactly as its tokens have it.")]);

static VOUCHES_FOR: Kind = Kind::new(
    "vouches-for",
    Class::List,
    "The domains whose addresses are believed when this provider says that they are verified; an address below any other logs \
     nobody in. All domains of one that is known, where it is not written.",
)
.rest(Field::required::<Host>("domain", "What stands behind the `@`."))
.most(100);

static SCOPES: Kind = Kind::new("scopes", Class::List, "What the provider is asked for.")
    .rest(Field::required::<ProviderScope>("scope", "A scope as the provider calls it."))
    .most(50);

static STEP_UP: Kind = Kind::new(
    "step-up",
    Class::Named,
    "Something more to be asked for, only when it is needed: whoever never connects a repository is never asked for it.",
)
.arguments(&[Field::required::<Name>("name", "What it is for.")])
.children(&[&SCOPES])
.requires(&["scopes"])
.most(20);

/// Where people log in, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Provider {
    /// What it is called.
    pub name: Name,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// The domains whose addresses it is believed about; null for all.
    pub vouches_for: Option<BTreeSet<Host>>,
    /// What the provider calls us.
    pub client_id: ClientId,
    /// The secret that redeems codes there.
    pub client_secret: SecretValue,
    /// What it is asked for at a login.
    pub scopes: BTreeSet<ProviderScope>,
    /// What it is asked for when that is needed, by what it is for; the scopes of a login come with it.
    pub step_up: BTreeMap<Name, BTreeSet<ProviderScope>>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How a provider is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// GitHub's OAuth, which is no OpenID Connect: who logged in is asked of its API.
    Github,
    /// OpenID Connect, with the issuer by which its addresses and keys are found.
    OpenidConnect(HttpsUrl),
}

/// A provider that is known.
struct Known {
    name: &'static str,
    title: &'static str,
    issuer: Option<&'static str>,
    /// All scopes that it has.
    scopes: &'static [&'static str],
    /// What further scopes begin with.
    prefix: Option<&'static str>,
    /// Scopes without which nobody is known, each with others that include it.
    needed: &'static [&'static [&'static str]],
}

/// Of each the scopes of its documentation.
const KNOWN: &[Known] = &[
    Known {
        name: "github",
        title: "GitHub",
        issuer: None,
        scopes: &[
            "admin:enterprise",
            "admin:gpg_key",
            "admin:org",
            "admin:org_hook",
            "admin:public_key",
            "admin:repo_hook",
            "admin:ssh_signing_key",
            "audit_log",
            "codespace",
            "codespace:secrets",
            "copilot",
            "delete:packages",
            "delete_repo",
            "gist",
            "manage_billing:copilot",
            "manage_billing:enterprise",
            "manage_runners:enterprise",
            "manage_runners:org",
            "notifications",
            "project",
            "public_repo",
            "read:audit_log",
            "read:discussion",
            "read:enterprise",
            "read:gpg_key",
            "read:org",
            "read:packages",
            "read:project",
            "read:public_key",
            "read:repo_hook",
            "read:ssh_signing_key",
            "read:user",
            "repo",
            "repo:invite",
            "repo:status",
            "repo_deployment",
            "security_events",
            "user",
            "user:email",
            "user:follow",
            "workflow",
            "write:discussion",
            "write:gpg_key",
            "write:network_configurations",
            "write:org",
            "write:packages",
            "write:public_key",
            "write:repo_hook",
            "write:ssh_signing_key",
            "read:network_configurations",
            "scim:enterprise",
        ],
        prefix: None,
        needed: &[&["user:email", "user"]],
    },
    Known {
        name: "google",
        title: "Google",
        issuer: Some("https://accounts.google.com"),
        scopes: &["openid", "email", "profile"],
        prefix: Some("https://"),
        needed: &[&["openid"], &["email", "https://www.googleapis.com/auth/userinfo.email"]],
    },
];

const OPENID_CONNECT: &[&[&str]] = &[&["openid"], &["email"]];

/// Reads a provider.
pub fn resolve<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Provider> {
    let name = item.own_name(sink);
    let known =
        KNOWN.iter().find(|it| name.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case(it.name)));
    let protocol = resolve_protocol(item, known, sink);
    let vouches_for = resolve_vouches(item, known, sink);
    let client_id = item.property::<ClientId>("client-id", sink);
    let secret = item.child(CLIENT_SECRET.word).and_then(|it| auth::resolve_secret(it, context, sink));
    let scopes = resolve_scopes(item, known, sink);
    let plain: BTreeSet<ProviderScope> = scopes.iter().map(|it| it.value.clone()).collect();
    let list =
        item.child(SCOPES.word).filter(|it| !scopes.is_empty() && scopes.len() == it.entries(0).count());
    if let Some(list) = list {
        check_needed(list, known, &plain, sink);
    }
    let mut step_up = BTreeMap::new();
    for more in item.children(STEP_UP.word) {
        let name = more.own_name(sink);
        let asked = resolve_scopes(more, known, sink);
        if !asked.is_empty() && asked.iter().all(|it| plain.contains(&it.value)) {
            let message = format!("{} asks for nothing new", more.described());
            sink.report(
                Diagnostic::new(Code::StepUpOfNothing, more.span(), message)
                    .related(
                        item.child(SCOPES.word).map_or(item.span(), Item::span),
                        "asked for at every login",
                    )
                    .help("take the scopes away there, or remove the step-up"),
            );
        }
        step_up.extend(name.map(|name| (name, asked.into_iter().map(|it| it.value).collect())));
    }
    Some(Provider {
        name: name?,
        protocol,
        vouches_for,
        client_id: client_id.map_or_else(item::stand_in, |it| it.value),
        client_secret: secret.unwrap_or_else(SecretValue::stand_in),
        scopes: plain,
        step_up,
        span: item.span(),
    })
}

fn resolve_protocol(item: &Item<'_>, known: Option<&Known>, sink: &mut Diagnostics) -> Protocol {
    let discovery = item.child(DISCOVERY.word);
    let address = discovery.and_then(|it| it.argument::<HttpsUrl>(0, sink));
    match (known, discovery) {
        (Some(known), Some(discovery)) => {
            let message = format!("where {} is found is known", known.title);
            sink.report(
                Diagnostic::new(Code::ProviderAddress, discovery.span(), message)
                    .help(format!(
                        "leave `discovery` out, or give a provider of your own another name than `{}`",
                        known.name
                    ))
                    .replace(discovery.removal(), ""),
            );
        }
        (None, None) => {
            let name = item.name();
            let message = format!("{} is not known, and does not say where it is found", item.described());
            let diagnostic = Diagnostic::new(Code::ProviderAddress, item.span(), message);
            let meant = name.and_then(|it| suggest::closest(it.value, KNOWN.iter().map(|it| it.name)));
            sink.report(match (meant, name) {
                (Some(meant), Some(name)) => diagnostic
                    .help(format!("did you mean `{meant}`?"))
                    .replace(name.span, format!("\"{meant}\"")),
                _ => diagnostic.help("write its issuer: `discovery \"https://login.example.com\"`"),
            });
        }
        _ => {}
    }
    match known {
        Some(Known { issuer: None, .. }) => Protocol::Github,
        Some(Known { issuer: Some(issuer), .. }) => Protocol::OpenidConnect(HttpsUrl::known(issuer)),
        None => Protocol::OpenidConnect(address.map_or_else(item::stand_in, |it| issuer_of(it, sink))),
    }
}

/// Reads whose addresses a provider is believed about. One that anybody can run is believed about nobody's by itself: it
/// could say that it has verified an administrator's.
fn resolve_vouches(item: &Item<'_>, known: Option<&Known>, sink: &mut Diagnostics) -> Option<BTreeSet<Host>> {
    if let Some(list) = item.child(VOUCHES_FOR.word) {
        return Some(list.rest::<Host>(sink).into_iter().map(|it| it.value).collect());
    }
    // One that is misspelt has been reported.
    if known.is_none() && item.child(DISCOVERY.word).is_some() {
        let message = format!("{} could log anybody in as anybody", item.described());
        sink.report(
            Diagnostic::new(Code::ProviderBelieved, item.span(), message)
                .help("say about whose addresses it is believed: `vouches-for \"example.com\"`"),
        );
    }
    None
}

/// What people find first is the document below the issuer.
const DOCUMENT: &str = "/.well-known/openid-configuration";

fn issuer_of(written: Spanned<HttpsUrl>, sink: &mut Diagnostics) -> HttpsUrl {
    let Spanned { value, span } = written;
    if let Some(issuer) = value.as_str().strip_suffix(DOCUMENT) {
        let message = format!("`{DOCUMENT}` is looked for below the issuer anyway");
        sink.report(
            Diagnostic::new(Code::ProviderAddress, span, message)
                .help("write the issuer alone: it is compared with what the provider's tokens say")
                .replace(span, format!("\"{issuer}\"")),
        );
    } else if value.as_str().contains('?') {
        let message = "an issuer has no query";
        sink.report(
            Diagnostic::new(Code::ProviderAddress, span, message)
                .help("write what stands before the `?`, if that is the issuer"),
        );
    }
    value
}

fn resolve_scopes(
    item: &Item<'_>,
    known: Option<&Known>,
    sink: &mut Diagnostics,
) -> Vec<Spanned<ProviderScope>> {
    let Some(list) = item.child(SCOPES.word) else { return Vec::new() };
    let mut scopes = list.rest::<ProviderScope>(sink);
    let Some(known) = known else { return scopes };
    scopes.retain_mut(|it| {
        let scope = it.value.as_str();
        if known.scopes.contains(&scope) || known.prefix.is_some_and(|prefix| scope.starts_with(prefix)) {
            return true;
        }
        let message = format!("{} has no scope `{scope}`", known.title);
        let diagnostic = Diagnostic::new(Code::UnknownScope, it.span, message);
        let meant = suggest::candidates(scope, known.scopes.iter().copied());
        sink.report(match meant.first() {
            Some(_) => diagnostic.did_you_mean(it.span, &meant, literal),
            None => diagnostic.help(format!(
                "it is asked for in vain: {} lists its scopes in its documentation",
                known.title
            )),
        });
        // What was meant is asked for; one that means nothing is not.
        if let Some(meant) = meant.first() {
            it.value = ProviderScope::known(meant);
        }
        !meant.is_empty()
    });
    scopes
}

fn check_needed(
    list: &Item<'_>,
    known: Option<&Known>,
    scopes: &BTreeSet<ProviderScope>,
    sink: &mut Diagnostics,
) {
    for needed in known.map_or(OPENID_CONNECT, |it| it.needed) {
        if needed.iter().any(|it| scopes.contains(*it)) {
            continue;
        }
        let scope = needed[0];
        let why = match scope {
            "openid" => "is not asked who logs in",
            _ => "is not asked for the address of who logs in, by which people are known",
        };
        let message = format!("the provider {why}: `{scope}` is missing");
        let end = list.node().head_span().after();
        sink.report(
            Diagnostic::new(Code::ScopeMissing, list.span(), message)
                .help(format!("add `\"{scope}\"`"))
                .replace(end, format!(" \"{scope}\"")),
        );
    }
}
