//! Limits as the policies look them up: what an interface counts, and what each tier allows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::api::Api;
use crate::language::limit::{By, Counted, Counter, Key, Only, SlowDown};
use crate::language::name::Name;
use crate::language::rate_tier::{Limit, RateTier};
use crate::language::value::text::Email;

/// What an interface counts and whom.
#[derive(Serialize)]
pub(super) struct LimitsView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyView<'a>>,
    counters: BTreeMap<&'a Name, CounterView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slow_down: Option<SlowDownView<'a>>,
}

#[derive(Serialize)]
struct KeyView<'a> {
    /// Users are counted by their address where nobody is logged in.
    by: By,
    anonymous: &'a Name,
}

#[derive(Serialize)]
struct CounterView {
    routes: Counted,
    /// `null` where every request counts.
    only: Option<Only>,
}

#[derive(Serialize)]
struct SlowDownView<'a> {
    counter: &'a Name,
    from: u64,
    add_ms: u64,
    up_to_ms: u64,
}

/// A tier.
#[derive(Serialize)]
pub(super) struct TierView<'a> {
    rank: usize,
    /// Windows of each counter, shortest first.
    limits: BTreeMap<&'a Name, Vec<WindowView>>,
}

#[derive(Serialize)]
struct WindowView {
    count: u64,
    seconds: u64,
}

/// What an interface counts; `None` where it counts nothing.
pub(super) fn view(api: &Api) -> Option<LimitsView<'_>> {
    let Api { key, counters, slow_down, .. } = api;
    let slow_down = slow_down.as_ref().map(|it| {
        let SlowDown { counter, from, add, up_to, span: _ } = it;
        SlowDownView { counter, from: *from, add_ms: add.millis(), up_to_ms: up_to.millis() }
    });
    (!counters.is_empty()).then(|| LimitsView {
        key: key.as_ref().map(|Key { by, anonymous, span: _ }| KeyView { by: *by, anonymous }),
        counters: counters.values().map(counter).collect(),
        slow_down,
    })
}

fn counter(counter: &Counter) -> (&Name, CounterView) {
    let Counter { name, routes, only, span: _ } = counter;
    (name, CounterView { routes: *routes, only: *only })
}

/// All tiers.
pub(super) fn tiers(platform: &Platform) -> BTreeMap<&Name, TierView<'_>> {
    platform.rate_tiers.values().map(|it| (&it.name, tier(it))).collect()
}

fn tier(tier: &RateTier) -> TierView<'_> {
    let mut limits: BTreeMap<&Name, Vec<WindowView>> = BTreeMap::new();
    for Limit { counter, count, within, span: _ } in &tier.limits {
        limits.entry(counter).or_default().push(WindowView { count: *count, seconds: within.seconds() });
    }
    TierView { rank: tier.rank, limits }
}

/// The best tier of each person's declared teams, so that no policy looks through all teams.
pub(super) fn of_members(platform: &Platform) -> BTreeMap<&Email, &Name> {
    let mut tiers: BTreeMap<&Email, BTreeSet<(usize, &Name)>> = BTreeMap::new();
    for team in platform.teams.values() {
        let Some(tier) = team.rate_tier.as_ref().and_then(|it| platform.rate_tiers.get(it)) else { continue };
        for member in &team.members {
            tiers.entry(&member.email).or_default().insert((tier.rank, &tier.name));
        }
    }
    tiers.into_iter().filter_map(|(email, it)| Some((email, it.last()?.1))).collect()
}
