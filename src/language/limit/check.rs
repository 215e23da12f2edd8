//! Whether what is counted, whom it counts and how much is too much fit together.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::api::Api;
use crate::language::limit::{Counted, Only, SlowDown};
use crate::language::name::InProject;
use crate::language::rate_tier::RateTier;
use crate::language::value::time::Duration;
use crate::language::workload::Reach;
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
        check_outcomes(platform, api, sink);
    }
    check_past_gateway(platform, sink);
    check_teams(platform, sink);
}

/// Reports an interface that counts failures and does not tell of them: the token service is asked before there is an
/// answer, so it is the service that tells how a request ended.
fn check_outcomes(platform: &Platform, api: &Api, sink: &mut Diagnostics) {
    let Some(counter) = api.counters.values().find(|it| it.only == Some(Only::Failed)) else { return };
    let Some(auth) = platform.auth.as_ref().filter(|it| it.service != api.service) else { return };
    let services = (platform.service(&api.service), platform.service(&auth.service));
    let (Some(service), Some(counts)) = services else { return };
    if service.workload.reaches.contains_key(&Reach::Service(auth.service.clone())) {
        return;
    }
    let message = format!("`{}` counts what fails, and the token service never hears of it", counter.name);
    let diagnostic = Diagnostic::new(Code::OutcomeUnreported, counter.span, message)
        .related(service.workload.span, "this service knows how a request ended")
        .related(counts.workload.span, "this is the token service, which counts");
    let (own, other) = (&api.service.project, &auth.service.project);
    let written = if own == other { auth.service.name.to_string() } else { auth.service.to_string() };
    let diagnostic =
        diagnostic.help(format!("add `reaches service=\"{written}\"` to service `{}`", api.service));
    sink.report(match own == other || counts.offers.contains_key(own) {
        true => diagnostic,
        false => diagnostic.help(format!("add `offers project=\"{own}\"` to service `{}`", auth.service)),
    });
}

/// Says which edges lead to an interface past the gateway, where alone the token service is asked.
fn check_past_gateway(platform: &Platform, sink: &mut Diagnostics) {
    let Some(auth) = &platform.auth else { return };
    for (project, workload) in platform.workloads() {
        let services = workload.reaches.iter().filter_map(|(reach, span)| match reach {
            Reach::Service(id) => Some((id, *span)),
            Reach::Database(_) | Reach::External(_) => None,
        });
        let is_own = |id: &InProject| id.project == project.name && id.name == workload.name;
        for (id, span) in services.filter(|(id, _)| **id != auth.service && !is_own(id)) {
            let Some(api) = platform.apis_of(id).max_by_key(|it| it.key.is_some()) else { continue };
            let lost =
                if api.key.is_some() { "is not counted" } else { "is not held against its token there" };
            let message = format!(
                "what `{}/{}` asks of `{id}` passes the gateway by, and {lost}",
                project.name, workload.name
            );
            sink.report(
                Diagnostic::new(Code::PastTheGateway, span, message)
                    .related(api.span, "the interface")
                    .help(format!(
                        "`{id}` still asks OPA about each request, and has to check the token itself"
                    ))
                    .help("where limits are to hold as well, ask at its public host, by an `external`"),
            );
        }
    }
}

/// Says which teams are limited like somebody of whom nothing is known.
fn check_teams(platform: &Platform, sink: &mut Diagnostics) {
    let mut keys = platform.apis.values().filter_map(|it| it.key.as_ref());
    let Some(key) = keys.next().filter(|_| !platform.rate_tiers.is_empty()) else { return };
    for team in platform.teams.values().filter(|it| it.rate_tier.is_none()) {
        let message =
            format!("team `{}` has no `rate-tier`, and gets that of nobody in particular", team.name);
        sink.report(
            Diagnostic::new(Code::TeamWithoutTier, team.span, message)
                .related(key.span, "that tier is named here")
                .help(format!("add `rate-tier=\"{}\"`, or a better one", key.anonymous)),
        );
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
