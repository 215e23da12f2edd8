//! A ceiling in the gateway itself, above everything that a tier allows.
//!
//! The token service counts exactly, over all replicas. A gateway counts in units of its own, each proxy for itself, so it
//! is given more than the best tier has: it stops nobody who keeps to his tier, and bounds what anybody gets through should
//! the token service fail to count. Envoy Gateway counts each address; where callers are told apart by their token it
//! counts each of those as well, and gives an address as much as several callers. So neither a request without a token nor a
//! new made-up token for each request gets around it. ingress-nginx knows addresses alone; where users share one, it would refuse what their tiers allow, and so it gets
//! a ceiling only where addresses are what is counted, and none behind a tunnel, where all have the same.

use std::collections::BTreeMap;

use crate::language::Platform;
use crate::language::api::Api;
use crate::language::limit::{By, Counted, Counter};
use crate::language::name::InProject;
use crate::language::rate_tier::Limit;
use crate::render::kubernetes::custom::envoy_gateway::{
    ClientSelector, HeaderSelector, LocalRateLimit, RateLimit, RateLimitRule, RateLimitValue, SourceSelector,
};

/// The units in which Envoy Gateway counts, in seconds.
const UNITS: &[(&str, u64)] = &[("Second", 1), ("Minute", 60), ("Hour", 3_600), ("Day", 86_400)];

/// As a part of a `BackendTrafficPolicy`; `None` where some tier has no limit.
pub fn in_policy(platform: &Platform, service: &InProject) -> Option<RateLimit> {
    let (by, limits) = limits(platform, service)?;
    let limit = highest(&limits)?;
    let rule = |(it, limit)| RateLimitRule { client_selectors: Some(vec![it]), limit: Some(limit) };
    let rules = callers(by, &limit).into_iter().map(rule).collect();
    Some(RateLimit { kind: Some("Local".to_owned()), local: Some(LocalRateLimit { rules: Some(rules) }) })
}

/// How many callers an address is given room for, where they are told apart by their tokens: people of one office share it.
const CALLERS_OF_AN_ADDRESS: u64 = 10;

/// Whose requests count together, and how many of them pass.
fn callers(by: By, limit: &RateLimitValue) -> Vec<(ClientSelector, RateLimitValue)> {
    let distinct = || Some("Distinct".to_owned());
    let within = |range: &str, times: u64| {
        let source = SourceSelector { kind: distinct(), value: Some(range.to_owned()) };
        // Envoy counts with 32 bits.
        let most = |it: u64| it.saturating_mul(times).min(u64::from(u32::MAX));
        let limit = RateLimitValue { requests: limit.requests.map(most), unit: limit.unit.clone() };
        (ClientSelector { headers: None, source_cidr: Some(source) }, limit)
    };
    let addresses = |times| ["0.0.0.0/0", "::/0"].map(|it| within(it, times));
    match by {
        By::User => {
            let header = HeaderSelector { kind: distinct(), name: Some("authorization".to_owned()) };
            let token = ClientSelector { headers: Some(vec![header]), source_cidr: None };
            let tokens = (token, limit.clone());
            std::iter::once(tokens).chain(addresses(CALLERS_OF_AN_ADDRESS)).collect()
        }
        By::Address => addresses(1).into(),
    }
}

/// The most that any tier allows within one unit, which is at least as long as the windows of the tiers if there is such a
/// unit. Envoy counts with 32 bits.
fn highest(limits: &[Vec<&Limit>]) -> Option<RateLimitValue> {
    let longest = limits.iter().flatten().map(|it| it.within.seconds()).max()?;
    let (unit, length) = UNITS.iter().find(|it| it.1 >= longest).or(UNITS.last())?;
    let of_tier = |tier: &Vec<&Limit>| tier.iter().map(|it| within(it, *length)).min();
    let requests = limits.iter().filter_map(of_tier).max().filter(|it| u32::try_from(*it).is_ok())?;
    Some(RateLimitValue { requests: Some(requests), unit: Some((*unit).to_owned()) })
}

/// The most requests that a limit lets through within a span of time: a window may begin anywhere, so one more of them than
/// fit reaches into it.
fn within(limit: &Limit, length: u64) -> u64 {
    let windows = length.div_ceil(limit.within.seconds().max(1)).saturating_add(1);
    limit.count.saturating_mul(windows)
}

/// As annotations of an Ingress.
pub fn annotations(platform: &Platform, service: &InProject) -> BTreeMap<&'static str, String> {
    let limits = limits(platform, service).filter(|(by, _)| *by == By::Address);
    let Some(Bucket { per_minute, burst }) = limits.and_then(|(_, limits)| bucket(&limits)) else {
        return BTreeMap::new();
    };
    BTreeMap::from([
        ("nginx.ingress.kubernetes.io/limit-rpm", per_minute.to_string()),
        ("nginx.ingress.kubernetes.io/limit-burst-multiplier", burst.div_ceil(per_minute).to_string()),
    ])
}

/// A rate, and how many requests may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket {
    per_minute: u64,
    burst: u64,
}

impl Bucket {
    /// At most what either lets through.
    fn or(self, other: Self) -> Self {
        Self { per_minute: self.per_minute.max(other.per_minute), burst: self.burst.max(other.burst) }
    }
}

/// A bucket that lets through what any tier does. A caller may use up a window at its end and the next one at its beginning.
fn bucket(limits: &[Vec<&Limit>]) -> Option<Bucket> {
    let of_limit = |limit: &Limit| Bucket {
        per_minute: limit.count.saturating_mul(60).div_ceil(limit.within.seconds().max(1)).max(1),
        burst: limit.count.saturating_mul(2),
    };
    let of_tier = |tier: &Vec<&Limit>| tier.iter().map(|it| of_limit(it)).min_by_key(|it| it.per_minute);
    let highest = limits.iter().filter_map(of_tier).reduce(Bucket::or)?;
    u32::try_from(highest.burst).is_ok().then_some(highest)
}

/// How the callers of a service are told apart, and the limits of each tier on what every request counts towards; `None`
/// where some request may come without a limit. Several interfaces of one service share its hosts, so what any of them lets
/// through must pass.
fn limits<'a>(platform: &'a Platform, service: &InProject) -> Option<(By, Vec<Vec<&'a Limit>>)> {
    let mut by = None;
    let mut limits = Vec::new();
    for api in platform.apis_of(service) {
        let key = api.key.as_ref()?;
        if by.replace(key.by).is_some_and(|it| it != key.by) {
            return None;
        }
        limits.extend(of_interface(platform, api)?);
    }
    Some((by?, limits)).filter(|(_, limits)| !limits.is_empty())
}

fn of_interface<'a>(platform: &'a Platform, api: &'a Api) -> Option<Vec<Vec<&'a Limit>>> {
    let counts_all = |it: &&Counter| it.routes == Counted::Every && it.only.is_none();
    let counters: Vec<&Counter> = api.counters.values().filter(counts_all).collect();
    let tiers = platform.rate_tiers.values().map(|tier| {
        let limits: Vec<&Limit> = counters.iter().flat_map(|it| tier.limits_of(&it.name)).collect();
        (!limits.is_empty()).then_some(limits)
    });
    tiers.collect()
}
