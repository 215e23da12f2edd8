//! The `rate-tier` declaration: how much is too much.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::api::Api;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::limit;
use crate::language::name::Name;
use crate::language::value::time::Seconds;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "rate-tier",
    Class::Named,
    "How much callers may do. The tier of a request is that of the team that owns the project it is about, else the best of \
     the user's teams', else what the interface's `key` says. Counted and enforced by the token service; OPA says which tier \
     and which limits hold.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&LIMIT])
.requires(&["limit"])
.most(32)
.unused("no team has it and no key gives it");

static LIMIT: Kind = Kind::new(
    "limit",
    Class::Edge,
    "How many of what a counter counts are answered in any window of time; what is more is refused.",
)
.arguments(&[Field::required::<u64>("count", "How many.").beside()])
.properties(&[
    Field::reference("counter", "What counts them.").must().identity(),
    Field::required::<Seconds>("within", "The length of the window.").identity(),
])
.most(64);

/// A tier as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RateTier {
    /// What it is called.
    pub name: Name,
    /// Its place among all tiers, from 0: of two, the one with the higher rank is the better one.
    pub rank: usize,
    /// Its limits, by counter and then by window.
    pub limits: Vec<Limit>,
    /// Whether a limit could not be read, which has been reported: what else is said of them would follow from that.
    #[serde(skip)]
    is_damaged: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How many are answered in a window.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Limit {
    /// What counts them.
    pub counter: Name,
    /// How many; at least one.
    pub count: u64,
    /// The length of the window.
    pub within: Seconds,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Longer windows are quotas of a contract, which no counter in memory keeps.
const LONGEST: Seconds = Seconds(31 * 86_400);

/// Reads all tiers.
pub fn resolve(
    items: &[Item<'_>],
    apis: &BTreeMap<Name, Api>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, RateTier> {
    let counters: BTreeSet<&Name> = apis.values().flat_map(|it| it.counters.keys()).collect();
    let tiers = items.iter().filter(|it| it.kind.word == KIND.word);
    let mut tiers: Vec<RateTier> = tiers.filter_map(|it| resolve_one(it, &counters, sink)).collect();
    tiers.sort_by(|a, b| a.order(b).then_with(|| a.name.cmp(&b.name)));
    let ranked = tiers.into_iter().enumerate().map(|(rank, it)| RateTier { rank, ..it });
    ranked.map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one(item: &Item<'_>, counters: &BTreeSet<&Name>, sink: &mut Diagnostics) -> Option<RateTier> {
    let name = item.own_name(sink);
    let written: Vec<Option<Limit>> =
        item.children(LIMIT.word).map(|it| resolve_limit(it, counters, sink)).collect();
    let is_damaged = written.is_empty() || written.iter().any(Option::is_none);
    let mut limits: Vec<Limit> = written.into_iter().flatten().collect();
    limits.sort_by(|a, b| (&a.counter, a.within).cmp(&(&b.counter, b.within)));
    Some(RateTier { name: name?, rank: 0, limits, is_damaged, span: item.span() })
}

fn resolve_limit(item: &Item<'_>, counters: &BTreeSet<&Name>, sink: &mut Diagnostics) -> Option<Limit> {
    let count = item.argument::<u64>(0, sink);
    let counter = item.reference("counter", sink);
    let counter = counter.and_then(|it| limit::find_counter(it, counters.iter().copied(), sink));
    let within = item.property::<Seconds>("within", sink);
    let (count, within) = (count?, within?);
    let (is_none, is_strange) = (count.value == 0, within.value < Seconds(1) || within.value > LONGEST);
    if is_none {
        let message = "a limit of 0 answers nobody";
        sink.report(
            Diagnostic::new(Code::InvalidValue, count.span, message)
                .help("write how many are answered, or take the permission away from those who may not"),
        );
    }
    if is_strange {
        let message = format!("a window of `{}` is not between `1s` and `{LONGEST}`", within.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, within.span, message)
                .help("write a window that a counter in memory can keep"),
        );
    }
    if is_none || is_strange {
        return None;
    }
    Some(Limit { counter: counter?, count: count.value, within: within.value, span: item.span() })
}

impl RateTier {
    /// The limits of a counter.
    pub fn limits_of<'t>(&'t self, counter: &'t Name) -> impl Iterator<Item = &'t Limit> {
        self.limits.iter().filter(move |it| it.counter == *counter)
    }

    /// The limit of a counter with the longest window: what callers are slowed down before.
    pub fn longest<'t>(&'t self, counter: &'t Name) -> Option<&'t Limit> {
        self.limits_of(counter).max_by_key(|it| it.within)
    }

    /// Whether all that is written of it could be read.
    pub fn is_whole(&self) -> bool {
        !self.is_damaged
    }

    /// The limit of a counter that holds over a long time: the slowest.
    fn slowest<'t>(&'t self, counter: &'t Name) -> Option<&'t Limit> {
        self.limits_of(counter).min_by(|a, b| a.rate(b))
    }

    /// Which of two is better by a counter; one without a limit is.
    fn order_by(&self, other: &Self, counter: &Name) -> Ordering {
        match (self.slowest(counter), other.slowest(counter)) {
            (Some(own), Some(theirs)) => own.rate(theirs),
            (own, theirs) => own.is_none().cmp(&theirs.is_none()),
        }
    }

    /// Which of two is better: by the first counter, in the order of their names, that tells them apart.
    fn order(&self, other: &Self) -> Ordering {
        let counters: BTreeSet<&Name> =
            self.limits.iter().chain(&other.limits).map(|it| &it.counter).collect();
        counters.into_iter().fold(Ordering::Equal, |order, it| order.then_with(|| self.order_by(other, it)))
    }
}

impl Limit {
    /// Which of two lets more pass in the long run.
    fn rate(&self, other: &Self) -> Ordering {
        let rate = |count: u64, within: Seconds| u128::from(count) * u128::from(within.seconds().max(1));
        // Multiplied crosswise nothing is rounded.
        rate(self.count, other.within).cmp(&rate(other.count, self.within))
    }
}

/// Checks that tiers limit all that is counted, and that of two of them one is the better one.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let counters: BTreeMap<&Name, Span> =
        platform.apis.values().flat_map(|api| api.counters.values().map(|it| (&it.name, it.span))).collect();
    for tier in platform.rate_tiers.values().filter(|it| it.is_whole()) {
        for (counter, span) in &counters {
            if tier.limits_of(counter).next().is_none() {
                let message = format!("rate-tier `{}` has no limit for counter `{counter}`", tier.name);
                sink.report(
                    Diagnostic::new(Code::CounterWithoutLimit, tier.span, message)
                        .related(*span, "counted here")
                        .help(format!(
                            "add `limit counter=\"{counter}\" 100 within=\"15m\"` with the right numbers"
                        )),
                );
            }
        }
    }
    check_order(platform, &counters, sink);
}

/// Reports pairs of tiers of which neither is the better one.
fn check_order(platform: &Platform, counters: &BTreeMap<&Name, Span>, sink: &mut Diagnostics) {
    let mut ranked: Vec<&RateTier> = platform.rate_tiers.values().filter(|it| it.is_whole()).collect();
    ranked.sort_by_key(|it| it.rank);
    for pair in ranked.windows(2) {
        let [lower, higher] = pair else { continue };
        let worse = counters.keys().find(|it| higher.order_by(lower, it) == Ordering::Less);
        if let Some(counter) = worse {
            let message = format!(
                "neither of the rate-tiers `{}` and `{}` is the better one: `{}` allows less by counter `{counter}`",
                lower.name, higher.name, higher.name
            );
            sink.report(
                Diagnostic::new(Code::TierOrder, higher.span, message).related(lower.span, "the other one").help(
                    "the tier of a user with several teams is the best of them: give the better one more of everything",
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::{check, platform};

    /// An interface that counts, below which tiers are declared.
    const API: &str = r#"project "shop" { service "api" { image @web; port 80; public host="shop" } }; api "one" service="shop/api" { key "user" else="address" anonymous="free"; slow-down from=50 add="500ms" up-to="10s"; counter "requests" routes="every"; counter "deployments" only="failed"; route "GET /" anonymous=#true; route "POST /deployments" anonymous=#true counter="deployments" }"#;

    fn check_tiers(text: &str) -> String {
        check(&format!("{API}\n{text}"))
    }

    #[test]
    fn the_better_tier_ranks_higher() {
        let platform = platform(
            &format!(
                "{API}\n{}",
                r#"
                team "big" rate-tier="a-lot"
                team "all" rate-tier="best"
                rate-tier "best" { limit counter="requests" 10_000 within="15m"; limit counter="deployments" 1_000 within="1h" }
                rate-tier "free" { limit counter="requests" 100 within="15m"; limit counter="requests" 10 within="1s"; limit counter="deployments" 10 within="1h" }
                rate-tier "a-lot" { limit counter="requests" 100_000 within="1d"; limit counter="deployments" 100 within="1h" }
                "#
            ),
            None,
        );
        let mut ranks: Vec<_> = platform.rate_tiers.values().map(|it| (it.rank, it.name.as_str())).collect();
        ranks.sort_unstable();
        assert_eq!(ranks, [(0, "free"), (1, "a-lot"), (2, "best")]);
    }

    #[test]
    fn a_tier_limits_all_that_is_counted() {
        insta::assert_snapshot!(check_tiers(r#"
            rate-tier "free" { limit counter="requests" 100 within="15m"; limit counter="request" 10 within="1s" }
            rate-tier "pro" { limit counter="requests" 0 within="0s"; limit counter="deployments" 100 within="90d" }
            rate-tier "nobody" { }
            team "a" rate-tier="pro"
            team "b" rate-tier="prp"
        "#), @r#"
        TS230 error 3: rate-tier `free` has no limit for counter `deployments`
        TS110 error 3: there is no counter `request`
        TS105 error 4: a limit of 0 answers nobody
        TS105 error 4: a window of `0s` is not between `1s` and `31d`
        TS105 error 4: a window of `90d` is not between `1s` and `31d`
        TS104 error 5: rate-tier `nobody` needs `limit` in its block
        TS112 warning 5: rate-tier `nobody` is never used: no team has it and no key gives it
        TS110 error 7: there is no rate-tier `prp`
        "#);
    }

    #[test]
    fn one_of_two_tiers_is_the_better_one() {
        insta::assert_snapshot!(check_tiers(r#"
            rate-tier "free" { limit counter="requests" 1_000 within="15m"; limit counter="deployments" 10 within="1h" }
            rate-tier "pro" { limit counter="requests" 100 within="15m"; limit counter="deployments" 100 within="1h" }
            team "a" rate-tier="pro"
        "#), @r#"TS234 warning 4: neither of the rate-tiers `free` and `pro` is the better one: `pro` allows less by counter `requests`"#);
    }

    #[test]
    fn nobody_does_better_by_logging_out() {
        insta::assert_snapshot!(check_tiers(r#"
            rate-tier "free" { limit counter="requests" 1_000 within="15m"; limit counter="deployments" 10 within="1h" }
            rate-tier "tiny" { limit counter="requests" 40 within="15m"; limit counter="deployments" 10 within="1h" }
            team "a" rate-tier="tiny"
        "#), @r#"
        TS239 warning 1: nobody in particular may do more than rate-tier `tiny`
        TS232 warning 1: callers of rate-tier `tiny` are refused after 40 and would be slowed down after 50
        "#);
    }

    #[test]
    fn an_environment_overrides_a_limit_by_what_it_counts() {
        insta::assert_snapshot!(check_tiers(r#"
            rate-tier "free" { limit counter="requests" 1_000 within="15m"; limit counter="deployments" 10 within="1h" }
            environment "test" { rate-tier "free" { (override)limit counter="requests" 5_000 within="15m"; limit counter="requests" 10 within="1s"; limit counter="deployments" 1 within="1h" } }
        "#), @r#"TS121 error 4: `limit counter="deployments" 1 within="1h"` exists in the base already"#);
    }
}
