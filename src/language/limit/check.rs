//! Whether what is counted, whom it counts and how much is too much fit together.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::api::Api;
use crate::language::limit::{Counted, SlowDown};
use crate::language::rate_tier::RateTier;
use crate::language::value::time::Duration;
use crate::source::Spanned;

/// Many clients and proxies wait no longer for an answer.
const PATIENCE: Duration = Duration(30_000);

/// Reports delays that nobody waits for, and those that reach their end at once.
pub fn check_delays(add: &Spanned<Duration>, up_to: &Spanned<Duration>, sink: &mut Diagnostics) {
    if up_to.value > PATIENCE {
        let message =
            format!("answers are held back up to `{}`, and clients give up after `{PATIENCE}`", up_to.value);
        sink.report(
            Diagnostic::new(Code::SlowDownTooLong, up_to.span, message)
                .help("what waits holds a connection on both sides: refuse earlier instead"),
        );
    }
    if add.value == Duration(0) {
        let message = "callers are slowed down by nothing";
        sink.report(
            Diagnostic::new(Code::InvalidValue, add.span, message)
                .help("write by how much, like `\"500ms\"`, or leave `slow-down` out"),
        );
    }
    if add.value > up_to.value {
        let message =
            format!("the first delay, `{}`, is longer than the longest, `{}`", add.value, up_to.value);
        sink.report(
            Diagnostic::new(Code::SlowDownTooLong, add.span, message)
                .related(up_to.span, "the longest")
                .help("write a smaller step, or a longer end"),
        );
    }
}

/// Reports counters that count nothing, slow-downs that never begin, and a tier of nobody that is better than others.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    for api in platform.apis.values() {
        check_counters(api, sink);
        if let Some(slow_down) = &api.slow_down {
            check_slow_down(platform, slow_down, sink);
        }
        check_anonymous(platform, api, sink);
    }
}

fn check_counters(api: &Api, sink: &mut Diagnostics) {
    for counter in api.counters.values() {
        let named = api.routes.values().find(|it| it.counter.as_ref() == Some(&counter.name));
        match (counter.routes, named) {
            (Counted::Named, None) => {
                let message = format!("no route is counted by `{}`", counter.name);
                sink.report(Diagnostic::new(Code::CounterOfNothing, counter.span, message).help(format!(
                    "add `counter=\"{}\"` to a route, or `routes=\"every\"` here for all of them",
                    counter.name
                )));
            }
            (Counted::Every, Some(route)) => {
                let message = format!("`{}` counts every route, this one too", counter.name);
                sink.report(
                    Diagnostic::new(Code::AmbiguousValue, route.span, message)
                        .related(counter.span, "declared here")
                        .help("leave out `counter` at the route, or `routes=\"every\"` at the counter"),
                );
            }
            (Counted::Named, Some(_)) | (Counted::Every, None) => {}
        }
    }
}

fn check_slow_down(platform: &Platform, slow_down: &SlowDown, sink: &mut Diagnostics) {
    for tier in platform.rate_tiers.values() {
        let limit = tier.longest(&slow_down.counter).filter(|it| it.count <= slow_down.from);
        if let Some(limit) = limit {
            let message = format!(
                "callers of rate-tier `{}` are refused after {} and would be slowed down after {}",
                tier.name, limit.count, slow_down.from
            );
            sink.report(
                Diagnostic::new(Code::SlowDownNeverReached, slow_down.span, message)
                    .related(limit.span, "refused from here on")
                    .help("begin earlier: a slow-down is a warning before the refusal"),
            );
        }
    }
}

/// Whoever does better by logging out will.
fn check_anonymous(platform: &Platform, api: &Api, sink: &mut Diagnostics) {
    let Some(key) = &api.key else { return };
    let Some(own) = platform.rate_tiers.get(&key.anonymous) else { return };
    let is_sure = platform.rate_tiers.values().all(RateTier::is_whole);
    let lower = platform.rate_tiers.values().filter(|it| is_sure && it.rank < own.rank);
    if let Some(lower) = lower.min_by_key(|it| it.rank) {
        let message = format!("nobody in particular may do more than rate-tier `{}`", lower.name);
        sink.report(
            Diagnostic::new(Code::AnonymousTier, key.span, message)
                .related(lower.span, "the lower one")
                .help(format!("give nobody the lowest tier: `anonymous=\"{}\"`", lower.name)),
        );
    }
}
