//! What the token service cannot enforce, or nobody would. All of it is said here, before anything is rendered.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::incident::response::Lock;
use crate::language::severity::AnswerIn;
use crate::language::value::time::Duration;
use crate::source::Span;

/// Reports all of it.
pub(in crate::render) fn check(platform: &Platform, sink: &mut Diagnostics) {
    check_seconds(platform, sink);
    check_enforced(platform, sink);
}

/// Reports what only a token service enforces, where there is none: each sort of it once.
fn check_enforced(platform: &Platform, sink: &mut Diagnostics) {
    if platform.auth.is_some() {
        return;
    }
    let mut report = |what: &str, span: Option<Span>| {
        let Some(span) = span else { return };
        let message = format!("{what}, and nothing enforces it: there is no token service");
        sink.report(
            Diagnostic::new(Code::NoTokenService, span, message)
                .help("declare the service that does, by `auth service=\"…\" { … }`, or take this away"),
        );
    };
    let counters = platform.apis.values().flat_map(|it| it.counters.values());
    report("callers are counted", counters.map(|it| it.span).min());
    report("what people do is recorded", platform.audit.as_ref().map(|it| it.span));
    // Without records nothing starts one, which is reported.
    let incidents = platform.incidents.values().filter(|_| platform.audit.is_none());
    report("incidents are answered", incidents.map(|it| it.span).min());
}

/// Clocks of different machines agree to about a second, so the token service counts in whole ones.
fn check_seconds(platform: &Platform, sink: &mut Diagnostics) {
    let mut times: Vec<(&str, Duration, Span)> = Vec::new();
    for incident in platform.incidents.values() {
        let windows =
            incident.triggers.iter().filter_map(|it| Some(("within", it.repeated?.within, it.span)));
        times.extend(windows);
        if let Some(Lock::For(time)) = incident.response.lock {
            times.push(("lock", time, incident.span));
        }
        times.extend(incident.response.maintenance.map(|it| ("maintenance", it, incident.span)));
    }
    for severity in platform.severities.values() {
        if let AnswerIn::Time(time) = severity.answer_in {
            times.push(("answer-in", time, severity.span));
        }
        times.extend(severity.escalations.iter().map(|it| ("after", it.after, it.span)));
    }
    for (field, time, span) in times.into_iter().filter(|(_, time, _)| time.whole_seconds().is_none()) {
        let message = format!("`{field}` is `{time}`, and the token service counts in whole seconds");
        let nearest = Duration(time.millis().div_ceil(1000) * 1000);
        sink.report(
            Diagnostic::new(Code::TokenSeconds, span, message).help(format!("write `\"{nearest}\"`")),
        );
    }
}
