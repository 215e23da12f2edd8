//! The `channel` declaration: where people are told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::Scope;
use crate::language::secret::taken::{self, KEY, SecretValue};
use crate::language::value::text::HttpsUrl;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "channel",
    Class::Named,
    "Where people are told of what happens: by alerts, incidents and severities. The token service posts JSON to it, with \
     a signature, and tries again until it has arrived.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<HttpsUrl>("webhook", "The address that is posted to.")])
.children(&[&SIGNATURE])
.requires(&["signature"])
.unused("no alert, incident or severity tells it anything")
.most(50);

/// How a receiver knows that a request is ours.
pub static SIGNATURE: Kind = Kind::new(
    "signature",
    Class::Single,
    "The key of the HMAC-SHA-256 by which the receiver knows that a request is ours and is new. Anybody who finds the \
     address could otherwise post to it.",
)
.properties(&[Field::reference("secret", "The secret that holds the key.").must(), KEY]);

/// A channel as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Channel {
    /// What it is called.
    pub name: Name,
    /// Where it is posted to.
    pub webhook: Webhook,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// An address that JSON is posted to, with a signature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Webhook {
    /// The address.
    pub address: HttpsUrl,
    /// The secret that holds the key of the signature.
    pub signature: SecretValue,
    /// Where the address stands.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all channels.
pub fn resolve<'a>(
    items: &[Item<'a>],
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Channel> {
    let channels = items.iter().filter(|it| it.kind.word == KIND.word);
    channels.filter_map(|it| resolve_one(it, scope, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Channel> {
    let name = item.own_name(sink);
    let webhook = resolve_webhook(item, scope, sink);
    Some(Channel { name: name?, webhook: webhook?, span: item.span() })
}

/// Reads `webhook=` and the signature in the block.
pub fn resolve_webhook<'a>(item: &Item<'a>, scope: Scope<'_, 'a>, sink: &mut Diagnostics) -> Option<Webhook> {
    let address = item.property::<HttpsUrl>("webhook", sink);
    if let Some(address) = &address {
        check_address(address, sink);
    }
    let signature = item.child(SIGNATURE.word).and_then(|it| resolve_signature(it, scope, sink));
    let Spanned { value, span } = address?;
    Some(Webhook { address: value, signature: signature?, span })
}

/// A secret of the top: what stands there belongs to no project, and takes none from any.
fn resolve_signature<'a>(
    item: &Item<'a>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<SecretValue> {
    let written = item.reference("secret", sink)?;
    let key = scope.find("secret", written, sink)?;
    if let Some(owner) = key.project {
        let message = format!("secret `{}` belongs to project `{owner}` alone", key.name);
        let diagnostic = Diagnostic::new(Code::NotOffered, written.span, message)
            .help("declare it at the top: what signs for the whole platform is no project's");
        sink.report(match scope.span_of(key) {
            Some(span) => diagnostic.related(span, "declared here"),
            None => diagnostic,
        });
    }
    taken::resolve(item, Spanned::new(Name::trusted(key.name), written.span), scope, sink)
}

/// Reports an address that is a password, because this file is read by many, and one that is no place outside.
fn check_address(address: &Spanned<HttpsUrl>, sink: &mut Diagnostics) {
    let (text, host) = (address.value.as_str(), address.value.host());
    let query = text.split_once('?').map_or("", |(_, query)| query);
    let mut named = query.split('&').filter_map(|it| it.split_once('='));
    let named = named.find(|(name, value)| !value.is_empty() && mask::names_secret(name));
    let secret = mask::looks_secret(text).or(named.map(|_| "a value that its name calls secret"));
    if let Some(what) = secret {
        sink.hide(address.span);
        sink.report(
            Diagnostic::new(
                Code::WebhookCredential,
                address.span,
                format!("the address on `{host}` has {what} in it"),
            )
            .help("replace it where it is used: it is in the history of git now")
            .help("write the address without it; `signature` shows the receiver that a request is ours"),
        );
    } else if INSIDE.iter().any(|it| host.ends_with(it)) {
        let message = format!("`{host}` is no name outside of the cluster");
        sink.report(
            Diagnostic::new(Code::WebhookInside, address.span, message).help(
                "name a public host; a receiver in the cluster has one by `public host=` of its service",
            ),
        );
    }
}

/// How names end that mean something else on every network: the node's metadata service, another service of the cluster, the
/// machine itself.
const INSIDE: [&str; 7] =
    [".internal", ".local", ".localdomain", ".localhost", ".svc", ".home.arpa", ".invalid"];
