//! What starts an incident: `on` and `by-hand`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::audit::Audit;
use crate::language::audit::action::{self, ActionName};
use crate::language::audit::risk::AuditResult;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::plain::number;
use crate::language::value::time::Duration;
use crate::language::value::{Form, Invalid, Parse};
use crate::language::word::words;
use crate::source::Span;
use crate::syntax::Value;

/// What is recorded.
pub static ON: Kind = Kind::new(
    "on",
    Class::Edge,
    "Starts the incident when this is recorded: once, or `count` times `within` a window that slides. `per` counts apart \
     for each user or address. Of several, each starts it.",
)
.arguments(&[Field::required::<ActionName>("action", "An event, an action or the use of a permission.")])
.properties(&[
    Field::default::<Count>("count", "1", "How often it must be recorded."),
    Field::optional::<Duration>("within", "The window in which it is counted."),
    Field::optional::<Per>("per", "What it is counted for, each on its own; without it, the whole platform."),
    Field::optional::<AuditResult>("result", "How it must have ended; without it, in any way.").identity(),
])
.most(20);

/// Somebody who says so.
pub static BY_HAND: Kind =
    Kind::new("by-hand", Class::Single, "Lets a system administrator start the incident.")
        .properties(&[Field::optional::<Per>("per", "What it is about; whoever starts it says which.")]);

/// How often: from 1 to 10 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u32);

impl Parse for Count {
    const FORM: Form =
        Form { name: "count", expects: "a whole number from 1 to 10 000 without quotes", example: "5" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let number = number(value, 1..=10_000)?;
        Ok(Self(u32::try_from(number).expect("it is at most 10 000")))
    }
}

/// What something is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// The user who did it, or whose account was tried.
    User,
    /// The address that it came from.
    Address,
}

words! { Per: "key of a count", User = "user", Address = "address" }

/// Something recorded that starts an incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trigger {
    /// What is recorded.
    pub on: ActionName,
    /// How it must have ended; in any way where there is none.
    pub result: Option<AuditResult>,
    /// How often, in a window that slides; `None` for once.
    pub repeated: Option<Repeated>,
    /// What the incident is then about: the key that was counted for, or of a single record its user.
    pub about: Option<Per>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How often something must be recorded, in a window that slides.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Repeated {
    /// How often: at least 2.
    pub count: u32,
    /// The window.
    pub within: Duration,
}

/// That somebody can start an incident.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct ByHand {
    /// What whoever starts it says it is about.
    pub about: Option<Per>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads what starts an incident by being recorded.
pub fn resolve(incident: &Item<'_>, audit: Option<&Audit>, sink: &mut Diagnostics) -> Vec<Trigger> {
    let nothing = BTreeMap::new();
    let known = audit.map_or(&nothing, |it| &it.actions);
    let mut triggers = Vec::new();
    for item in incident.children(ON.word) {
        let on = item.argument::<ActionName>(0, sink).and_then(|it| action::find(&it, known, sink));
        let result = item.property::<AuditResult>("result", sink).map(|it| it.value);
        let per = item.property::<Per>("per", sink).map(|it| it.value);
        let repeated = resolve_count(item, sink);
        // Of a single record the user is known: whoever did it, or whose account was tried.
        let about = if repeated.is_none() { Some(Per::User) } else { per };
        triggers.extend(on.map(|on| Trigger { on, result, repeated, about, span: item.span() }));
    }
    triggers.sort_by(|a, b| (&a.on, a.result).cmp(&(&b.on, b.result)));
    triggers
}

/// The longest window: every record in it is kept in mind.
const LONGEST: Duration = Duration(30 * 86_400_000);

/// Reads how often something must be recorded; `None` for once.
fn resolve_count(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Repeated> {
    let count = item.property_or_default::<Count>("count", sink);
    let within = item.property::<Duration>("within", sink);
    let unclear = |span: Span, message: String| Diagnostic::new(Code::TriggerUnclear, span, message);
    if count == Count(1) {
        // A count that was refused is not wrong in the others as well.
        let is_once = item.entry("count").is_none();
        for word in ["within", "per"].into_iter().filter(|_| is_once) {
            if let Some(entry) = item.entry(word) {
                let message = format!("`{word}` means nothing where one record is enough");
                sink.report(
                    unclear(entry.span(), message)
                        .help("leave it out, or say how many there must be by `count=`")
                        .replace(item.node().removal(entry.span()), ""),
                );
            }
        }
        return None;
    }
    match &within {
        None if item.entry("within").is_none() => {
            let message = format!("{} records are counted, and nothing says in which time", count.0);
            let span = item.entry("count").map_or(item.span(), crate::syntax::Entry::span);
            sink.report(
                unclear(span, message).help("say in which time by `within=`, as in `within=\"10m\"`"),
            );
        }
        Some(it) if it.value > LONGEST || it.value == Duration(0) => {
            let message = format!("`{}` is no time to count in", it.value);
            sink.report(
                unclear(it.span, message).help("write a time of more than nothing and at most `\"30d\"`"),
            );
        }
        _ => {}
    }
    Some(Repeated { count: count.0, within: within.map_or_else(item::stand_in, |it| it.value) })
}

/// Reads whether somebody can start an incident.
pub fn resolve_by_hand(incident: &Item<'_>, sink: &mut Diagnostics) -> Option<ByHand> {
    let item = incident.child(BY_HAND.word)?;
    let about = item.property::<Per>("per", sink).map(|it| it.value);
    Some(ByHand { about, span: item.span() })
}
