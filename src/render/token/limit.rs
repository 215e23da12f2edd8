//! The part of `token/policy.json` about requests: which interface they are for, what is counted, and how often is too often.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::language::Platform;
use crate::language::api::{self, Needs};
use crate::language::limit::{self, By, Counted, Only};
use crate::language::rate_tier;

/// An interface of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Its public addresses, without a final `/`: a request is for the interface below whose address it is.
    pub addresses: BTreeSet<String>,
    /// Whom it counts; null where it counts nothing.
    pub key: Option<Key>,
    /// What it counts, by name.
    pub counters: BTreeMap<String, Counter>,
    /// From when on it answers later; null for never.
    pub slow_down: Option<SlowDown>,
    /// What can be asked of it; everything else is refused.
    pub routes: Vec<Route>,
}

/// Whom an interface counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// By what callers are told apart. With `user`, those who are not logged in are told apart by address.
    pub by: By,
    /// The tier of who is nobody, and of who has none.
    pub anonymous: String,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// Whether it counts every route, or those that name it.
    pub routes: Counted,
    /// Which requests count; null for all.
    pub only: Option<Only>,
    /// The service that tells how a request ended, `project/service`: the gateway asks before that is known. Null where it
    /// makes no difference.
    pub outcome_from: Option<String>,
}

/// Answering later before refusing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowDown {
    /// What is counted.
    pub counter: String,
    /// How many requests are answered at once, in the longest window of the caller's tier.
    pub from: u64,
    /// How much later each further one is answered, in milliseconds.
    pub add_milliseconds: u64,
    /// How much later at the most, in milliseconds.
    pub up_to_milliseconds: u64,
}

/// A method and a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The method, in capitals.
    pub method: String,
    /// The path, with parameters as `{name}`.
    pub path: String,
    /// The permission that is needed; null where anybody may call it, without a token.
    pub needs: Option<String>,
    /// What counts its requests, besides what counts every route.
    pub counter: Option<String>,
}

/// How often callers may do what is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateTier {
    /// Of two tiers, the one with the higher rank is the better one.
    pub rank: usize,
    /// What is refused above these.
    pub limits: Vec<Limit>,
}

/// How many are answered in any window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What counts them.
    pub counter: String,
    /// How many.
    pub count: u64,
    /// The length of the window.
    pub within_seconds: u64,
}

/// The interfaces of a platform.
pub(super) fn apis(platform: &Platform) -> BTreeMap<String, Api> {
    platform.apis.values().map(|it| (it.name.to_string(), api(it, platform))).collect()
}

fn api(api: &api::Api, platform: &Platform) -> Api {
    // Headers and CORS are the gateway's.
    let api::Api { name: _, service, headers: _, key, counters, slow_down, cors: _, routes, span: _ } = api;
    let public = platform.service(service).into_iter().flat_map(|it| &it.public);
    let addresses = public.map(|it| format!("https://{}{}", it.host, it.path.as_str().trim_end_matches('/')));
    let counters = counters.values().map(|it| {
        let limit::Counter { name, routes, only, span: _ } = it;
        let outcome_from = only.map(|Only::Failed| service.to_string());
        (name.to_string(), Counter { routes: *routes, only: *only, outcome_from })
    });
    Api {
        addresses: addresses.collect(),
        key: key.as_ref().map(|it| Key { by: it.by, anonymous: it.anonymous.to_string() }),
        counters: counters.collect(),
        slow_down: slow_down.as_ref().map(later),
        routes: routes.values().map(route).collect(),
    }
}

fn later(slow_down: &limit::SlowDown) -> SlowDown {
    let limit::SlowDown { counter, from, add, up_to, span: _ } = slow_down;
    SlowDown {
        counter: counter.to_string(),
        from: *from,
        add_milliseconds: add.millis(),
        up_to_milliseconds: up_to.millis(),
    }
}

fn route(route: &api::Route) -> Route {
    // What narrows a route, and what its body must be, is decided by OPA.
    let api::Route { name, needs, only: _, subscription: _, counter, input: _, span: _ } = route;
    let needs = match needs {
        Needs::Nothing => None,
        Needs::Permission { permission, target: _ } => Some(permission.to_string()),
    };
    let name = name.to_string();
    let (method, path) = name.split_once(' ').expect("a route is a method, a space and a path");
    Route {
        method: method.to_owned(),
        path: path.to_owned(),
        needs,
        counter: counter.as_ref().map(ToString::to_string),
    }
}

/// The tiers of a platform.
pub(super) fn tiers(platform: &Platform) -> BTreeMap<String, RateTier> {
    platform.rate_tiers.values().map(|it| (it.name.to_string(), tier(it))).collect()
}

fn tier(tier: &rate_tier::RateTier) -> RateTier {
    let limits = tier.limits.iter().map(|it| {
        let rate_tier::Limit { counter, count, within, span: _ } = it;
        Limit { counter: counter.to_string(), count: *count, within_seconds: within.seconds() }
    });
    RateTier { rank: tier.rank, limits: limits.collect() }
}
