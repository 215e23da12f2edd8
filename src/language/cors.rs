//! The `cors` declaration: which pages of other origins may ask an interface.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::api::Api;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::InProject;
use crate::language::reach;
use crate::language::value::network::{HeaderName, Origin};
use crate::language::value::time::{Seconds, as_seconds};
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "cors",
    Class::Single,
    "Which pages of other origins may ask the interface from a browser; others may not read its answers. Enforced by browsers, \
     told by the gateway, which answers their questions beforehand itself.",
)
.children(&[&ORIGIN, &METHODS, &ALLOW_HEADERS, &EXPOSE_HEADERS, &CREDENTIALS, &MAX_AGE])
.requires(&["origin", "methods"]);

static ORIGIN: Kind = Kind::new(
    "origin",
    Class::Edge,
    "An origin whose pages may ask: an address, or a service of ours with all its public hosts.",
)
.arguments(&[Field::optional::<CorsOrigin>("origin", "An `https` origin, or `*` for everybody.")])
.properties(&[Field::reference("service", "The service.").identity()])
.most(64);

static METHODS: Kind = Kind::new("methods", Class::List, "The methods that they may use.")
    .rest(Field::required::<Method>("method", "A method."));

static ALLOW_HEADERS: Kind = Kind::new(
    "allow-headers",
    Class::List,
    "The headers that they may send, besides those that browsers let every page send. `authorization` and `content-type` \
     where it is not written.",
)
.rest(Field::required::<HeaderName>("header", "A header."))
.most(64);

static EXPOSE_HEADERS: Kind = Kind::new(
    "expose-headers",
    Class::List,
    "The headers of answers that they may read, besides those that browsers let every page read.",
)
.rest(Field::required::<HeaderName>("header", "A header."))
.most(64);

static CREDENTIALS: Kind =
    Kind::new("credentials", Class::Single, "Whether browsers send the user's cookies and logins along.")
        .arguments(&[Field::required::<bool>("credentials", "Whether they do.")])
        .default("#false");

static MAX_AGE: Kind = Kind::new(
    "max-age",
    Class::Single,
    "How long browsers remember what they were told; most remember no more than two hours, some a day.",
)
.arguments(&[Field::required::<Seconds>("time", "How long.").unit(as_seconds)])
.default("\"10m\"");

/// An origin as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CorsOrigin {
    /// `*`: every page there is.
    Any,
    /// `https://app.hello.example`.
    One(Origin),
}

impl Parse for CorsOrigin {
    const FORM: Form = Form {
        name: "origin of pages",
        expects: "`https://`, a host name and, unless it is 443, `:` and a port, or `*`",
        example: "\"https://app.hello.example\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String("*") => Ok(Self::Any),
            _ => Origin::parse(value).map(Self::One),
        }
    }
}

impl std::fmt::Display for CorsOrigin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => formatter.write_str("*"),
            Self::One(origin) => origin.fmt(formatter),
        }
    }
}

serialized_as_displayed!(CorsOrigin);

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
    /// `OPTIONS`.
    Options,
}

words! {
    Method: "method",
    Get = "GET",
    Head = "HEAD",
    Post = "POST",
    Put = "PUT",
    Patch = "PATCH",
    Delete = "DELETE",
    Options = "OPTIONS",
}

/// Which pages of other origins may ask, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cors {
    /// Origins whose pages may ask, and where each is written; `*` stands alone.
    #[serde(serialize_with = "crate::language::value::json::without_places")]
    #[schemars(with = "BTreeSet<CorsOrigin>")]
    pub origins: BTreeMap<CorsOrigin, Span>,
    /// Services of ours whose pages may ask, from all their public hosts, and where each is named.
    #[serde(serialize_with = "crate::language::value::json::without_places")]
    #[schemars(with = "BTreeSet<InProject>")]
    pub services: BTreeMap<InProject, Span>,
    /// The methods that they may use, and where each is written.
    #[serde(serialize_with = "crate::language::value::json::without_places")]
    #[schemars(with = "BTreeSet<Method>")]
    pub methods: BTreeMap<Method, Span>,
    /// The headers that they may send.
    pub allow_headers: BTreeSet<HeaderName>,
    /// The headers of answers that they may read.
    pub expose_headers: BTreeSet<HeaderName>,
    /// Whether browsers send cookies and logins along.
    pub credentials: bool,
    /// How long browsers remember it.
    pub max_age: Seconds,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What pages send to nearly every interface, and browsers ask about first.
const COMMON: [&str; 2] = ["authorization", "content-type"];

/// Reads the `cors` of an interface.
pub fn resolve<'a>(api: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Cors> {
    let item = api.child(KIND.word)?;
    let mut origins: Vec<Spanned<CorsOrigin>> = Vec::new();
    let mut services = BTreeMap::new();
    for origin in item.children(ORIGIN.word) {
        match (origin.entries(0).next(), origin.entry("service")) {
            (Some(_), None) => origins.extend(origin.argument::<CorsOrigin>(0, sink)),
            (None, Some(_)) => {
                let found = origin.reference("service", sink);
                let found = found.and_then(|it| context.scope.find("service", it, sink));
                services.extend(found.and_then(reach::in_project).map(|it| (it, origin.span())));
            }
            (written, _) => sink.report(not_one(origin, written.is_some())),
        }
    }
    let credentials = item.value_or_default::<bool>(CREDENTIALS.word, sink);
    check_wildcard(item, &origins, credentials, services.len(), sink);
    let methods = item.child(METHODS.word).map(|it| it.rest::<Method>(sink)).unwrap_or_default();
    let headers = |word: &str, sink: &mut Diagnostics| -> Option<BTreeSet<HeaderName>> {
        Some(item.child(word)?.rest::<HeaderName>(sink).into_iter().map(|it| it.value).collect())
    };
    let allow_headers = headers(ALLOW_HEADERS.word, sink).unwrap_or_else(|| {
        let common = COMMON.iter().filter_map(|it| HeaderName::parse(Value::String(it)).ok());
        common.collect()
    });
    Some(Cors {
        origins: origins.into_iter().map(|it| (it.value, it.span)).collect(),
        services,
        methods: methods.into_iter().map(|it| (it.value, it.span)).collect(),
        allow_headers,
        expose_headers: headers(EXPOSE_HEADERS.word, sink).unwrap_or_default(),
        credentials,
        max_age: item.value_or_default::<Seconds>(MAX_AGE.word, sink),
        span: item.span(),
    })
}

fn not_one(origin: &Item<'_>, has_both: bool) -> Diagnostic {
    match has_both {
        true => Diagnostic::new(Code::AmbiguousValue, origin.span(), "`origin` names two origins")
            .help("one line names one: write the other on its own"),
        false => Diagnostic::new(Code::MissingField, origin.span(), "`origin` does not say which")
            .help("write it like `origin \"https://app.hello.example\"` or `origin service=\"shop/web\"`"),
    }
}

/// Reports `*` where it stands for more than answers that everybody may read.
fn check_wildcard(
    item: &Item<'_>,
    origins: &[Spanned<CorsOrigin>],
    credentials: bool,
    services: usize,
    sink: &mut Diagnostics,
) {
    let Some(any) = origins.iter().find(|it| it.value == CorsOrigin::Any) else { return };
    if credentials {
        let message = "every page there is could ask as whoever looks at it";
        let diagnostic = Diagnostic::new(Code::CorsCredentials, any.span, message)
            .help("name the origins, or leave `credentials` out");
        sink.report(match item.child(CREDENTIALS.word) {
            Some(credentials) => diagnostic.related(credentials.span(), "logins are sent along"),
            None => diagnostic,
        });
    }
    if origins.len() + services > 1 {
        let message = "`*` is every origin: the others say nothing";
        sink.report(
            Diagnostic::new(Code::AmbiguousValue, any.span, message).help("leave out `*`, or the others"),
        );
    }
}

/// Holds the methods of an interface against its routes.
pub fn check(api: &Api, sink: &mut Diagnostics) {
    let Some(cors) = &api.cors else { return };
    let has_route = |method: Method| api.routes.keys().any(|it| it.method == method.word());
    // Browsers ask by `OPTIONS` themselves.
    let idle = cors.methods.iter().filter(|(it, _)| **it != Method::Options && !has_route(**it));
    for (method, span) in idle {
        let message = format!("no route of api `{}` is asked by `{}`", api.name, method.word());
        sink.report(
            Diagnostic::new(Code::CorsMethod, *span, message)
                .help("leave it out until one is: what is not there needs no permission"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn origins_are_named_one_by_one() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; public host="shop" }
                service "api" { image @web; port 80; public host="api" }
                service "job" { image @web; port 80 }
            }
            api "one" service="shop/api" {
                cors {
                    origin service="shop/web"
                    origin service="shop/job"
                    origin service="shop/wbe"
                    origin "https://app.acme.example"
                    origin "http://old.acme.example"
                    origin "https://app.acme.example/"
                    origin
                    origin "https://a.example" service="shop/web"
                    methods "GET" "PUT" "OPTIONS" "TRACE"
                    allow-headers "Authorization"
                    max-age "24h"
                }
                route "GET /" anonymous=#true
            }
        "#), @r"
        TS229 error 9: service `shop/job` is not public, so no browser is ever there
        TS110 error 10: there is no service `shop/wbe`
        TS105 error 12: `http://old.acme.example` starts with `http://`, and only `https://` is safe from who listens
        TS105 error 13: `https://app.acme.example/` has `/` behind its host
        TS104 error 14: `origin` does not say which
        TS115 error 15: `origin` names two origins
        TS228 hint 16: no route of api `one` is asked by `PUT`
        TS105 error 16: `TRACE` is not a method
        TS105 error 17: `Authorization` has `A`, which a header name cannot have
        ");
    }

    #[test]
    fn our_own_addresses_are_not_typed() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; public host="shop" { also host="www.acme.example" headers="page" } }
                service "api" { image @web; port 80; public host="api" }
            }
            headers "page" { csp { default "self"; connect "https://api.hello.example" "https://api.hello.example:8443" "wss://api.hello.example" } }
            api "one" service="shop/api" {
                cors { origin "https://www.acme.example"; origin "https://www.acme.example:8443"; methods "GET" }
                route "GET /" anonymous=#true
            }
        "#), @r#"
        TS240 warning 5: `https://api.hello.example` is where service `shop/api` of this platform is public
        TS240 warning 7: `https://www.acme.example` is where service `shop/web` of this platform is public
        "#);
    }

    #[test]
    fn a_wildcard_is_for_what_everybody_may_read() {
        insta::assert_snapshot!(check(r#"
            project "shop" { service "api" { image @web; port 80; public host="api" } }
            api "one" service="shop/api" {
                cors { origin "*"; origin "https://app.acme.example"; methods "GET"; credentials #true }
                route "GET /" anonymous=#true
            }
            api "two" service="shop/api" {
                cors { methods "GET"; credentials #false }
                route "GET /two" anonymous=#true
            }
        "#), @r"
        TS115 error 3: `*` is every origin: the others say nothing
        TS227 error 3: every page there is could ask as whoever looks at it
        TS226 error 6: api `one` says the `cors` of service `shop/api` already
        TS104 error 7: `cors` needs `origin` in its block
        TS113 hint 7: `credentials #false` is the default of edition 2026
        ");
    }
}
