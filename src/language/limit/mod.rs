//! What an interface counts and whom it counts: `key`, `counter` and `slow-down`. How much is too much stands in
//! [`rate_tier`](crate::language::rate_tier).

pub mod check;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reference::{self, Scope};
use crate::language::value::time::{Duration, as_millis};
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// Whom a limit counts.
pub static KEY: Kind = Kind::new(
    "key",
    Class::Single,
    "Whom the interface counts. Counted and enforced by the token service, which the gateway asks about each request; what \
     reaches the service inside the cluster is not counted. Who is over a limit is answered 429 by Envoy Gateway, and 403 by \
     ingress-nginx, which passes no other answer on. Envoy Gateway also has a ceiling of its own, should the token service \
     fail to count. Each of its proxies counts by itself, in seconds, minutes, hours or days from their beginning. So the \
     ceiling is what the best tier gets through within such a unit when a window has just ended: with 1,000 in 15 minutes, \
     five windows reach into an hour, which is 5,000. It holds for each token, and ten times as much for each address.",
)
.arguments(&[Field::required::<By>("who", "By what callers are told apart.")])
.properties(&[
    Field::optional::<Otherwise>("else", "By what, where nobody is logged in; needed with `\"user\"`."),
    Field::reference_to(
        "anonymous",
        "rate-tier",
        "The tier of a caller who is nobody, and of one whose project and teams have none.",
    )
    .must(),
]);

/// What is counted.
pub static COUNTER: Kind = Kind::new(
    "counter",
    Class::Named,
    "Something that is counted, for each caller on its own; the tiers limit it. Of an interface: the same name in another \
     interface is counted on its own.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[
    Field::default::<Counted>(
        "routes",
        "\"named\"",
        "Whether it counts the routes that name it by `counter=`, or every route.",
    ),
    Field::optional::<Only>(
        "only",
        "Which requests count: those answered with a status of 400 or above. The gateway asks before there is an answer, so \
         the service of the interface tells the token service how each ended, and `reaches` it.",
    ),
])
.most(16);

/// Answering later before refusing.
pub static SLOW_DOWN: Kind = Kind::new(
    "slow-down",
    Class::Single,
    "Lets callers wait before they are refused: from a number of requests in the longest window of their tier on, each is \
     answered later than the one before. Enforced by the token service.",
)
.properties(&[
    Field::reference("counter", "What is counted; the counter of every route where it is not written."),
    Field::required::<u64>("from", "How many requests are answered at once."),
    Field::required::<Duration>("add", "How much later each further one is answered.").unit(as_millis),
    Field::required::<Duration>("up-to", "How much later at the most."),
]);

/// By what callers are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The user of the token.
    User,
    /// The address that the request comes from.
    Address,
}

words! { By: "way to tell callers apart", User = "user", Address = "address" }

/// By what callers are told apart where nobody is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Otherwise {
    /// The address that the request comes from.
    Address,
}

words! { Otherwise: "way to tell callers apart without a login", Address = "address" }

/// Which routes a counter counts, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Those that name it.
    Named,
    /// All of its interface.
    Every,
}

words! { Counted: "choice of routes", Named = "named", Every = "every" }

/// Which requests count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Only {
    /// Those answered with a status of 400 or above.
    Failed,
}

words! { Only: "choice of requests", Failed = "failed" }

/// Whom an interface counts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Key {
    /// By what callers are told apart.
    pub by: By,
    /// The tier of a caller who is nobody, and of one whose project and teams have none.
    pub anonymous: Name,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What is counted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Counter {
    /// What it is called.
    pub name: Name,
    /// Which routes it counts.
    pub routes: Counted,
    /// Which requests count; all where there is none.
    pub only: Option<Only>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Answering later before refusing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SlowDown {
    /// What is counted.
    pub counter: Name,
    /// How many requests are answered at once.
    pub from: u64,
    /// How much later each further one is answered.
    pub add: Duration,
    /// How much later at the most.
    pub up_to: Duration,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads whom an interface counts.
pub fn resolve_key<'a>(
    api: &Item<'a>,
    counters: &BTreeMap<Name, Counter>,
    scope: Scope<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Key> {
    let Some(item) = api.child(KEY.word) else {
        if let Some(counter) = counters.values().next() {
            let message = format!("{} counts and does not say whom", api.described());
            sink.report(
                Diagnostic::new(Code::MissingField, api.span(), message)
                    .related(counter.span, "counted here")
                    .help("add `key \"user\" else=\"address\" anonymous=\"…\"` with the tier of nobody in particular"),
            );
        }
        return None;
    };
    if counters.is_empty() {
        let message = "nothing is counted, whoever it is";
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message)
                .help("add `counter \"requests\" routes=\"every\"`, or leave out `key`"),
        );
    }
    let by = item.argument::<By>(0, sink);
    let otherwise = item.property::<Otherwise>("else", sink);
    let anonymous = item.reference("anonymous", sink).and_then(|it| scope.find("rate-tier", it, sink));
    let by = by?;
    match (by.value, otherwise, item.entry("else")) {
        (By::User, None, None) => {
            let message = "whoever is not logged in would not be counted";
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message)
                    .help("count them by where they come from: add `else=\"address\"`")
                    .replace(by.span.after(), " else=\"address\""),
            );
        }
        (By::Address, Some(otherwise), Some(entry)) => {
            let message = "everybody is counted by address already";
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, otherwise.span, message)
                    .replace(item.node().removal(entry.span()), ""),
            );
        }
        _ => {}
    }
    Some(Key { by: by.value, anonymous: Name::trusted(anonymous?.name), span: item.span() })
}

/// Reads what an interface counts.
pub fn resolve_counters(api: &Item<'_>, sink: &mut Diagnostics) -> BTreeMap<Name, Counter> {
    let counters = api.children(COUNTER.word).filter_map(|it| {
        let name = it.own_name(sink);
        let routes = it.property_or_default::<Counted>("routes", sink);
        let only = it.property::<Only>("only", sink).map(|it| it.value);
        Some(Counter { name: name?, routes, only, span: it.span() })
    });
    counters.map(|it| (it.name.clone(), it)).collect()
}

/// Reads from when on an interface answers later.
pub fn resolve_slow_down(
    api: &Item<'_>,
    counters: &BTreeMap<Name, Counter>,
    sink: &mut Diagnostics,
) -> Option<SlowDown> {
    let item = api.child(SLOW_DOWN.word)?;
    let counter = match item.reference("counter", sink) {
        Some(written) => find_counter(written, counters.keys(), sink),
        None => only_counter(item, counters, sink),
    };
    let from = item.property::<u64>("from", sink);
    let add = item.property::<Duration>("add", sink);
    let up_to = item.property::<Duration>("up-to", sink);
    let (add, up_to) = (add?, up_to?);
    check::check_delays(&add, &up_to, sink);
    Some(SlowDown {
        counter: counter?,
        from: from?.value,
        add: add.value,
        up_to: up_to.value,
        span: item.span(),
    })
}

/// The one counter of every route.
fn only_counter(item: &Item<'_>, counters: &BTreeMap<Name, Counter>, sink: &mut Diagnostics) -> Option<Name> {
    let mut of_every = counters.values().filter(|it| it.routes == Counted::Every);
    match (of_every.next(), of_every.next()) {
        (Some(only), None) => Some(only.name.clone()),
        (None, _) => {
            let message = "`slow-down` has nothing to count by";
            sink.report(
                Diagnostic::new(Code::MissingField, item.span(), message)
                    .help("declare `counter \"requests\" routes=\"every\"`, or name another by `counter=`"),
            );
            None
        }
        (Some(first), Some(second)) => {
            let message = format!("both `{}` and `{}` count every route", first.name, second.name);
            sink.report(
                Diagnostic::new(Code::AmbiguousValue, item.span(), message)
                    .help("say which one callers are slowed down by: `counter=`"),
            );
            None
        }
    }
}

/// The counter that a name means. One that means nothing is reported.
pub fn find_counter<'n>(
    written: Spanned<&str>,
    counters: impl Iterator<Item = &'n Name>,
    sink: &mut Diagnostics,
) -> Option<Name> {
    let known: Vec<&str> = counters.map(Name::as_str).collect();
    let found = known.iter().find(|it| **it == written.value).copied().or_else(|| {
        let known = (sink.len() < reference::MOST_GUESSES).then_some(known.as_slice());
        let (diagnostic, meant) = reference::unknown("counter", written, "", known);
        sink.report(diagnostic);
        meant
    });
    found.map(Name::trusted)
}

#[cfg(test)]
mod tests {
    use crate::language::tests::{TOKEN_SERVICE, check};

    const REST: &str = r#"project "shop" { service "api" { image @web; port 80; public host="shop" } }; rate-tier "free" { limit counter="requests" 100 within="15m"; limit counter="deployments" 10 within="1h" }"#;

    fn check_api(text: &str) -> String {
        check(&format!("{REST}\n{text}"))
    }

    #[test]
    fn who_counts_hears_of_what_fails_and_of_what_comes_by_the_gateway() {
        insta::assert_snapshot!(check(&format!(r#"
            project "shop" {{
                service "api" {{ image @web; port 80; public host="shop" }}
                service "page" {{ image @web; port 80; reaches service="api"; reaches service="told" }}
                service "told" {{ image @web; port 80; public host="told"; reaches service="sys/auth" }}
            }}
            rate-tier "free" {{ limit counter="deployments" 10 within="1h" }}
            team "makers"
            team "payers" rate-tier="free"
            api "one" service="shop/api" {{ key "address" anonymous="free"; counter "deployments" only="failed"; route "GET /" anonymous=#true counter="deployments" }}
            api "two" service="shop/told" {{ key "address" anonymous="free"; counter "deployments" only="failed"; route "GET /" anonymous=#true counter="deployments" }}
            api "hello-api" service="shop/told" {{ route "GET /me" anonymous=#true }}
            {}
        "#, TOKEN_SERVICE.replace("public host=\"auth\";", "public host=\"auth\"; offers project=\"shop\";"))), @"
        TS242 hint 3: what `shop/page` asks of `shop/api` passes the gateway by, and is not counted
        TS242 hint 3: what `shop/page` asks of `shop/told` passes the gateway by, and is not counted
        TS243 hint 7: team `makers` has no `rate-tier`, and gets that of nobody in particular
        TS241 error 9: `deployments` counts what fails, and the token service never hears of it
        ");
    }

    #[test]
    fn a_counter_counts_the_routes_that_name_it() {
        insta::assert_snapshot!(check_api(r#"
            api "one" service="shop/api" {
                key "user" else="address" anonymous="free"
                counter "requests" routes="every"
                counter "deployments" only="failed"
                route "GET /" anonymous=#true counter="requests"
                route "POST /" anonymous=#true counter="deployment"
                route "PUT /" anonymous=#true counter="logins"
            }
            api "two" service="shop/api" {
                key "address" else="address" anonymous="freee"
                counter "requests" only="fialed"
                counter "deployments" routes="all"
                route "GET /two" anonymous=#true
            }
        "#), @r#"
        TS115 error 7: `requests` counts every route, this one too
        TS110 error 8: there is no counter `deployment`
        TS110 error 9: there is no counter `logins`
        TS115 error 12: everybody is counted by address already
        TS110 error 12: there is no rate-tier `freee`
        TS231 error 13: no route is counted by `requests`
        TS105 error 13: `fialed` is not a choice of requests
        TS231 error 14: no route is counted by `deployments`
        TS105 error 14: `all` is not a choice of routes
        "#);
    }

    #[test]
    fn somebody_is_counted() {
        insta::assert_snapshot!(check_api(r#"
            api "one" service="shop/api" { counter "requests" routes="every"; route "GET /" anonymous=#true }
            api "two" service="shop/api" { key "user" anonymous="free"; route "GET /two" anonymous=#true }
            api "three" service="shop/api" { key "user" anonymous="free" else="user"; counter "deployments" routes="every"; route "GET /three" anonymous=#true }
        "#), @r#"
        TS104 error 3: api `one` counts and does not say whom
        TS104 error 4: nothing is counted, whoever it is
        TS104 error 4: whoever is not logged in would not be counted
        TS105 error 5: `user` is not a way to tell callers apart without a login
        "#);
    }

    #[test]
    fn a_slow_down_warns_before_the_refusal() {
        insta::assert_snapshot!(check_api(r#"
            api "one" service="shop/api" { slow-down from=100 add="2m" up-to="1m"; key "user" else="address" anonymous="free"; counter "requests" routes="every"; route "GET /" anonymous=#true }
            api "two" service="shop/api" { slow-down from=50 add="500ms" up-to="10s"; route "GET /two" anonymous=#true }
            api "three" service="shop/api" { slow-down from=5 add="500ms" up-to="10s"; key "address" anonymous="free"; counter "requests" routes="every"; counter "deployments" routes="every"; route "GET /three" anonymous=#true }
            api "four" service="shop/api" { slow-down counter="deployments" from=5 add="500ms" up-to="10s"; key "address" anonymous="free"; counter "deployments" only="failed"; route "GET /four" anonymous=#true counter="deployments" }
            api "six" service="shop/api" { slow-down counter="deployments" from=5 add="0s" up-to="10s"; key "address" anonymous="free"; counter "deployments" only="failed"; route "GET /six" anonymous=#true counter="deployments" }
            api "five" service="shop/api" { slow-down counter="deployment" from=-5 add="fast"; key "address" anonymous="free"; counter "deployments" only="failed"; route "GET /five" anonymous=#true counter="deployments" }
        "#), @r#"
        TS232 warning 3: callers of rate-tier `free` are refused after 100 and would be slowed down after 100
        TS233 warning 3: the first delay, `2m`, is longer than the longest, `1m`
        TS233 warning 3: answers are held back up to `1m`, and clients give up after `30s`
        TS104 error 4: `slow-down` has nothing to count by
        TS115 error 5: both `deployments` and `requests` count every route
        TS105 error 7: callers are slowed down by nothing
        TS104 error 8: `slow-down` needs `up-to=`
        TS110 error 8: there is no counter `deployment`
        TS105 error 8: `-5` is not between 0 and 18446744073709551615
        TS105 error 8: `fast` has a unit without a number
        "#);
    }
}
