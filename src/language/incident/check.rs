//! What is wrong with an incident as a whole: nothing can start it, nobody hears of it, its response has nobody to act on.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::api::{Api, Needs, Route};
use crate::language::audit::event;
use crate::language::audit::risk::AuditResult;
use crate::language::incident::Incident;
use crate::language::incident::response::{self, Response};
use crate::language::incident::trigger::{self, ByHand, Per, Repeated, Trigger};
use crate::language::item::Item;
use crate::language::limit::{By, Counted};
use crate::language::name::Name;
use crate::language::rate_tier::{Limit, RateTier};
use crate::language::value::permission::Permission;
use crate::language::value::time::Duration;
use crate::source::Span;

/// Reports what its parts alone tell.
pub fn check_parts(
    item: &Item<'_>,
    triggers: &[Trigger],
    by_hand: Option<&ByHand>,
    response: &Response,
    sink: &mut Diagnostics,
) {
    let is_started = item.child(trigger::ON.word).is_some() || by_hand.is_some();
    if !is_started {
        let message = format!("{} can never start", item.described());
        sink.report(
            Diagnostic::new(Code::IncidentNeverFires, item.span(), message)
                .help("say what starts it by `on \"…\"`, or let somebody start it by `by-hand`"),
        );
        return;
    }
    let Some(unknown) = without_user(triggers, by_hand) else { return };
    let about_user = [&response::LOCK, &response::NOTIFY, &response::REVOKE_SESSIONS];
    for part in about_user.iter().filter_map(|it| item.child(it.word)) {
        // What ends everybody's sessions needs to know nobody.
        let is_about_all = part.kind.word == response::REVOKE_SESSIONS.word
            && response.revoke_sessions != Some(response::Whose::User);
        if !is_about_all {
            sink.report(
                Diagnostic::new(
                    Code::ResponseWithoutUser,
                    part.span(),
                    format!("`{}` does not know which user", part.kind.word),
                )
                .related(unknown, "this can start the incident, and is about no one user")
                .help("count for each user there, `per=\"user\"`, or leave this out"),
            );
        }
    }
}

/// Where something stands that starts an incident and does not say which user it is about.
fn without_user(triggers: &[Trigger], by_hand: Option<&ByHand>) -> Option<Span> {
    let trigger = triggers.iter().find(|it| it.about != Some(Per::User)).map(|it| it.span);
    trigger.or(by_hand.filter(|it| it.about != Some(Per::User)).map(|it| it.span))
}

/// Reports what only the whole platform tells.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    for incident in platform.incidents.values() {
        for trigger in &incident.triggers {
            check_result(trigger, platform, sink);
            check_count(trigger, platform, sink);
        }
        check_severity(incident, platform, sink);
    }
}

/// Reports a result that what is recorded cannot have.
fn check_result(trigger: &Trigger, platform: &Platform, sink: &mut Diagnostics) {
    let Some(result) = trigger.result else { return };
    let (on, word) = (&trigger.on, result.word());
    let only = event::results(on);
    if !only.contains(&result) {
        let can: Vec<String> = only.iter().map(|it| format!("`{}`", it.word())).collect();
        let message = format!("`{on}` never ends as `{word}`");
        sink.report(
            Diagnostic::new(Code::IncidentNeverFires, trigger.span, message)
                .help(format!("it ends as {}: leave `result=` out, or name another event", can.join(" or "))),
        );
    }
    let permission = on.permission(&platform.resources);
    if let Some(permission) =
        permission.filter(|it| result != AuditResult::Unauthorized && !is_held(it, platform))
    {
        let message = format!("`{on}` never ends as `{word}`: nobody holds `{permission}`");
        sink.report(
            Diagnostic::new(Code::IncidentNeverFires, trigger.span, message)
                .help("leave `result=` out, or write `result=\"unauthorized\"`"),
        );
    }
}

/// Reports a count that limits keep from being reached.
fn check_count(trigger: &Trigger, platform: &Platform, sink: &mut Diagnostics) {
    let (Some(Repeated { count, within }), Some(Per::User)) = (trigger.repeated, trigger.about) else {
        return;
    };
    let Some(permission) = trigger.on.permission(&platform.resources) else { return };
    let apis: Vec<&Api> =
        platform.apis.values().filter(|it| uses(it, &permission).next().is_some()).collect();
    let most = apis.iter().map(|it| most_uses(it, &permission, within, platform)).sum::<Option<u64>>();
    // Where no route needs it, services ask by themselves, and nothing limits that.
    let Some(most) = most.filter(|it| !apis.is_empty() && *it < u64::from(count)) else { return };
    let message = format!(
        "the limits of the best tier let one user use `{permission}` at most {most} times in `{within}`, and {count} are waited for"
    );
    sink.report(
        Diagnostic::new(Code::CountAboveLimits, trigger.span, message)
            .help("wait for fewer, or in a longer time"),
    );
}

/// How often one user can use a permission by the routes of an interface; `None` where nothing limits it.
fn most_uses(api: &Api, permission: &Permission, within: Duration, platform: &Platform) -> Option<u64> {
    api.key.as_ref().filter(|it| it.by == By::User)?;
    let counts_all = |name: &Name| {
        let counter = api.counters.get(name).filter(|it| it.only.is_none());
        let is_named = || uses(api, permission).all(|it| it.counter.as_ref() == Some(name));
        counter.is_some_and(|it| it.routes == Counted::Every || is_named())
    };
    let of_tier = |tier: &RateTier| {
        let limits = tier.limits.iter().filter(|it| counts_all(&it.counter));
        // A time that is longer than a window touches one window more than it has room for.
        let most = |it: &Limit| it.count.saturating_mul(within.millis().div_ceil(it.within.0 * 1000) + 1);
        limits.map(most).min()
    };
    let of_tiers = platform.rate_tiers.values().map(of_tier).collect::<Option<Vec<u64>>>();
    of_tiers?.into_iter().max()
}

/// The routes of an interface that need a permission.
fn uses<'a>(api: &'a Api, permission: &'a Permission) -> impl Iterator<Item = &'a Route> {
    let needs = move |it: &&Route| matches!(&it.needs, Needs::Permission { permission: needed, .. } if needed == permission);
    api.routes.values().filter(needs)
}

fn is_held(permission: &Permission, platform: &Platform) -> bool {
    platform
        .roles
        .values()
        .chain(platform.platform_roles.values())
        .any(|it| it.permissions.contains_key(permission))
}

/// Reports an incident of which nobody hears.
fn check_severity(incident: &Incident, platform: &Platform, sink: &mut Diagnostics) {
    let Some(severity) = platform.severities.get(&incident.severity) else { return };
    if severity.escalations.is_empty() {
        let message = format!(
            "nobody is told to answer incident `{}`: `{}` escalates to no channel",
            incident.name, severity.priority
        );
        sink.report(
            Diagnostic::new(Code::IncidentUnanswered, incident.span, message)
                .related(severity.span, "add `escalate channel=\"…\"` to its block")
                .help("let the severity escalate, or give the incident one that does"),
        );
    }
}
