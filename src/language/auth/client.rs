//! The `client` declaration: a program that people log in to.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::Context;
use crate::language::auth::{self, Around, CLIENT_SECRET};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::resource;
use crate::language::secret::taken::SecretValue;
use crate::language::value::json;
use crate::language::value::network::UrlPath;
use crate::language::value::permission::{Permission, PermissionPattern};
use crate::language::value::redirect::{RedirectTarget, RedirectUri};
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "client",
    Class::Named,
    "A program that people log in to. A public one runs where everybody can read it (a page, a command line) and has no \
     secret; a confidential one runs on a server. Both show by PKCE (S256) that it was they who began the login. From the \
     pages of public clients, and from nowhere else, browsers may speak to the token service (CORS).",
)
.arguments(&[Field::required::<Name>("name", "Its `client_id`.")])
.properties(&[Field::required::<ClientType>("type", "Whether it can keep a secret.")])
.children(&[&REDIRECT, &CLIENT_SECRET, &ALLOW])
.requires(&["redirect"])
.most(1_000);

static REDIRECT: Kind = Kind::new(
    "redirect",
    Class::Edge,
    "Where people come back to with the code of their login: an address, or a path of a service of ours. Compared letter by \
     letter; of a loopback any port is right (RFC 8252).",
)
.rest(Field::optional::<RedirectUri>("address", "A whole address."))
.properties(&[
    Field::reference("service", "The service whose public address it is.").identity(),
    Field::optional::<UrlPath>("path", "The path there.").identity(),
])
.most(20);

static ALLOW: Kind = Kind::new(
    "allow",
    Class::Edge,
    "What may be done with a token of this client, of all that the person who logged in may do. Nothing where it is not \
     written: then it only learns who that is.",
)
.rest(Field::required::<PermissionPattern>("permission", "A permission, or a pattern of them."))
.most(200);

/// Whether a client can keep a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientType {
    /// It runs where everybody can read it.
    Public,
    /// It runs on a server.
    Confidential,
}

words! { ClientType: "client type", Public = "public", Confidential = "confidential" }

/// A program that people log in to, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Client {
    /// Its `client_id`.
    pub name: Name,
    /// Whether it can keep a secret.
    #[serde(rename = "type")]
    pub kind: ClientType,
    /// Where people come back to.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "Vec<RedirectUri>")]
    pub redirects: BTreeMap<RedirectUri, Span>,
    /// The secret that it shows; of confidential clients.
    pub secret: Option<SecretValue>,
    /// What may be done with its tokens.
    pub allows: BTreeSet<Permission>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads a client.
pub fn resolve<'a>(
    item: &Item<'a>,
    around: Around<'_, 'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Client> {
    let name = item.own_name(sink);
    let kind = item.property::<ClientType>("type", sink).map(|it| it.value);
    let redirects = resolve_redirects(item, kind, around, context, sink);
    let secret = resolve_secret(item, kind, context, sink);
    let allows = resolve_allows(item, around, context, sink);
    Some(Client {
        name: name?,
        kind: kind.unwrap_or(ClientType::Public),
        redirects,
        secret,
        allows,
        span: item.span(),
    })
}

fn resolve_secret<'a>(
    item: &Item<'a>,
    kind: Option<ClientType>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<SecretValue> {
    let written = item.child(CLIENT_SECRET.word);
    match (kind, written) {
        (Some(ClientType::Public), Some(written)) => {
            let message = format!("{} is public, and its secret would be too", item.described());
            sink.report(
                Diagnostic::new(Code::ClientSecret, written.span(), message)
                    .help("leave the secret out: PKCE shows who began the login; or write `type=\"confidential\"` for one that runs on a server"),
            );
        }
        (Some(ClientType::Confidential), None) => {
            let message = format!("{} is confidential and has no secret", item.described());
            sink.report(
                Diagnostic::new(Code::ClientSecret, item.span(), message)
                    .help("write `client-secret secret=\"…\"` into its block, or `type=\"public\"`"),
            );
        }
        _ => {}
    }
    written.and_then(|it| auth::resolve_secret(it, context, sink))
}

fn resolve_redirects<'a>(
    item: &Item<'a>,
    kind: Option<ClientType>,
    around: Around<'_, 'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<RedirectUri, Span> {
    let mut redirects: BTreeMap<RedirectUri, Span> = BTreeMap::new();
    for edge in item.children(REDIRECT.word) {
        let Some(redirect) = resolve_redirect(edge, kind, around, context, sink) else { continue };
        if let Some(first) = redirects.get(&redirect).copied() {
            // The host differs between environments, and the mistake does not.
            sink.report(
                Diagnostic::new(
                    Code::RepeatedRedirect,
                    edge.span(),
                    "another redirect leads to the same address",
                )
                .related(first, "the other one")
                .help("keep one of them: the one by `service=` follows the domain")
                .replace(edge.removal(), ""),
            );
        }
        redirects.entry(redirect).or_insert(edge.span());
    }
    redirects
}

fn resolve_redirect<'a>(
    item: &Item<'a>,
    kind: Option<ClientType>,
    around: Around<'_, 'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<RedirectUri> {
    let (has_address, has_service) = (item.name().is_some(), item.entry("service").is_some());
    if has_address == has_service {
        let path = item.entry("path").is_some();
        let message = match has_address {
            true => "a redirect is an address, or a path of a service",
            false if path => "the redirect does not say whose path this is",
            false => "the redirect does not say where it leads",
        };
        let (code, at) = match has_address {
            true => {
                (Code::AmbiguousValue, item.entry("service").map_or(item.span(), crate::syntax::Entry::span))
            }
            false => (Code::MissingField, item.span()),
        };
        sink.report(Diagnostic::new(code, at, message).help(
            "write `redirect \"https://…\"`, or `redirect service=\"project/service\" path=\"/callback\"`",
        ));
        return None;
    }
    let path = item.property::<UrlPath>("path", sink);
    if has_service {
        return resolve_page(item, path, around, context, sink);
    }
    if let Some(path) = path {
        let message = "the address has its path already";
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, path.span, message)
                .help("leave `path` out: it belongs to `service=`"),
        );
    }
    let address = item.argument::<RedirectUri>(0, sink)?;
    judge(&address, kind, sink);
    Some(address.value)
}

/// A path of a service of ours.
fn resolve_page<'a>(
    item: &Item<'a>,
    path: Option<Spanned<UrlPath>>,
    around: Around<'_, 'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<RedirectUri> {
    let written = item.reference("service", sink)?;
    let service = reach::in_project(context.scope.find("service", written, sink)?)?;
    let public = auth::public_of(&service, around)?;
    if public.is_empty() {
        let message = format!("service `{service}` has no public address to come back to");
        sink.report(auth::not_public(written.span, message, &service, around));
        return None;
    }
    if item.entry("path").is_none() {
        let message = "the redirect does not say which path of the service it is";
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message).help("write `path=\"/callback\"`"),
        );
    }
    let path = path?;
    let Some(front) = public.iter().find(|it| path.value.is_below(&it.path)) else {
        let fronts: Vec<String> = public.iter().map(|it| format!("`{}`", it.path)).collect();
        let message = format!("no request for `{}` comes to service `{service}`", path.value);
        sink.report(
            Diagnostic::new(Code::NoPublicAddress, path.span, message)
                .related(public[0].span, "the service is public here")
                .help(format!("its public paths begin with {}", fronts.join(" or "))),
        );
        return None;
    };
    Some(RedirectUri::of_page(&front.host, path.value.as_str()))
}

/// Reports an address at which others could receive the code.
fn judge(address: &Spanned<RedirectUri>, kind: Option<ClientType>, sink: &mut Diagnostics) {
    let Spanned { value, span } = address;
    let unsafe_because = |message: String| Diagnostic::new(Code::RedirectUnsafe, *span, message);
    let loopback = "a program on somebody's machine takes `\"http://127.0.0.1/callback\"`, with any port";
    match &value.target {
        RedirectTarget::Plain => {
            let meant = format!("https://{}", value.as_str().trim_start_matches("http://"));
            sink.report(
                unsafe_because(format!("everybody on the way can read a code that is sent to `{value}`"))
                    .help(format!("write `\"{meant}\"`, if the page is served there"))
                    .help(loopback),
            );
        }
        RedirectTarget::Loopback | RedirectTarget::Localhost if kind == Some(ClientType::Confidential) => {
            sink.report(
                unsafe_because("a confidential client runs on a server, and a loopback is somebody's own machine".to_owned())
                    .help("write the `https` address of the server, or `type=\"public\"` for a program that people run"),
            );
        }
        RedirectTarget::Localhost => {
            let meant = value.as_str().replacen("localhost", "127.0.0.1", 1);
            let mut diagnostic = unsafe_because("`localhost` can be made to mean another machine".to_owned());
            diagnostic.severity = Severity::Warning;
            sink.report(
                diagnostic
                    .help("write the address itself (RFC 8252, 8.3)")
                    .replace(*span, format!("\"{meant}\"")),
            );
        }
        RedirectTarget::Scheme { scheme } if kind == Some(ClientType::Confidential) => {
            sink.report(
                unsafe_because(format!("a confidential client runs on a server, and `{scheme}:` opens a program on somebody's machine"))
                    .help("write the `https` address of the server, or `type=\"public\"` for a program that people run"),
            );
        }
        RedirectTarget::Scheme { scheme } if !scheme.contains('.') => {
            sink.report(
                unsafe_because(format!("any program on a machine can register `{scheme}:`"))
                    .help("take a domain of yours from behind, as in `\"com.example.app:/callback\"` (RFC 8252, 7.1)")
                    .help(loopback),
            );
        }
        RedirectTarget::Web { .. } | RedirectTarget::Loopback | RedirectTarget::Scheme { .. } => {}
    }
}

fn resolve_allows<'a>(
    item: &Item<'a>,
    around: Around<'_, 'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeSet<Permission> {
    let mut allows = BTreeSet::new();
    let edges: Vec<&Item<'a>> = item.children(ALLOW.word).collect();
    if edges.is_empty() {
        return allows;
    }
    let roles = around.roles.values().chain(around.platform_roles.values());
    let held: BTreeSet<&Permission> = roles.flat_map(|it| it.permissions.keys()).collect();
    for edge in edges {
        for pattern in edge.rest::<PermissionPattern>(sink) {
            let found = resource::matching(&pattern, around.resources, context.scope, sink);
            if !found.is_empty() && !found.iter().any(|it| held.contains(it)) {
                let message =
                    format!("no role holds `{}`, so nobody could do it by this client", pattern.value);
                sink.report(
                    Diagnostic::new(Code::ClientAllowsNothing, pattern.span, message)
                        .help("allow it to a role, or leave it out here"),
                );
            }
            allows.extend(found);
        }
    }
    allows
}
