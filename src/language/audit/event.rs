//! Events that have a meaning here: the token service records them by itself.

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::audit::action::ActionName;
use crate::language::audit::risk::AuditResult;
use crate::source::Span;

/// An event that is recorded without anybody's doing.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// What it is called.
    pub name: &'static str,
    /// How it can end.
    pub results: &'static [AuditResult],
    /// When it is recorded, as part of a sentence.
    pub doc: &'static str,
}

macro_rules! events {
    ($($name:literal [$($result:ident)+] $doc:literal,)+) => {
        /// Those that the token service records by itself, where `events` lists them.
        pub const EVENTS: &[Event] =
            &[$(Event { name: $name, results: &[$(AuditResult::$result),+], doc: $doc },)+];

        /// What the reference says of `events`.
        pub(super) const DOC: &str = concat!(
            "What happens and is no permission of this tree. The token service records these by itself where they are \
             listed: ",
            $("`", $name, "` (", $doc, "), ",)+
            "and `configuration_change` is the controller's. Any other is recorded by the platform's services, under the \
             name that stands here.",
        );
    };
}

events! {
    "login_success" [Success] "somebody has logged in",
    "login_failure" [Failure] "a login was tried and failed",
    "token_refresh" [Success Failure] "a session was prolonged, or that was refused",
    "permission_denied" [Unauthorized] "a request was refused because a permission is missing",
    "suspicious_activity" [Failure] "a refresh token was used a second time, or a code by somebody else",
}

/// What others than the token service record; their names are as fixed as its own.
const OTHERS: [&str; 3] = ["password_change", "data_access", "configuration_change"];

/// The event of a name, where the token service records it.
pub fn find(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|it| it.name == name)
}

/// How something that is recorded can end.
pub fn results(action: &ActionName) -> &'static [AuditResult] {
    find(action.as_str()).map_or(AuditResult::ALL, |it| it.results)
}

/// Warns of an event that is called nearly like one which the token service records: nobody would record this one.
pub(super) fn check_spelling(name: &ActionName, span: Span, sink: &mut Diagnostics) {
    let known = || EVENTS.iter().map(|it| it.name).chain(OTHERS);
    if known().any(|it| it == name.as_str()) {
        return;
    }
    if let Some(meant) = suggest::closest(name.as_str(), known()) {
        let message = format!(
            "event `{name}` is recorded only where a service does it, and is called nearly like `{meant}`"
        );
        sink.report(
            Diagnostic::new(Code::EventMisspelt, span, message)
                .help(format!("did you mean `{meant}`?"))
                .replace(span, format!("\"{meant}\"")),
        );
    }
}
