//! The `headers` declaration: what browsers are told with every answer.

pub mod check;
pub mod csp;
pub mod feature;
pub mod line;
pub mod source;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::headers::csp::Csp;
use crate::language::headers::feature::Feature;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::time::{Seconds, as_seconds};
use crate::language::waive::{self, Waivers};
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "headers",
    Class::Named,
    "What browsers are told with every answer, for `public … headers=` and `api … headers=`. Set by the gateway, whatever the \
     service says itself. Without a word browsers are told never to guess the type of an answer (`nosniff`), not to show it \
     in frames, to keep paths to themselves when a link leads elsewhere, and to give pages no camera, microphone or other \
     device.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&HSTS, &FRAME, &csp::KIND, &REFERRER_POLICY, &PERMISSIONS_POLICY, &waive::KIND])
.most(64)
.unused("no api and no public host has it");

static HSTS: Kind = Kind::new(
    "hsts",
    Class::Single,
    "How long browsers remember that the host is asked by `https` alone (Strict-Transport-Security).",
)
.arguments(&[Field::required::<Seconds>("time", "How long they remember it after each answer.").unit(as_seconds)])
.properties(&[
    Field::default::<bool>("subdomains", "#false", "Whether it holds for every host below this one."),
    Field::default::<bool>(
        "preload",
        "#false",
        "Whether browsers may be shipped knowing it. It takes months to take back, and needs `subdomains` and a year.",
    ),
]);

static FRAME: Kind = Kind::new(
    "frame",
    Class::Single,
    "Who may show the page in a frame (X-Frame-Options, and `frame-ancestors` of the `csp`).",
)
.arguments(&[Field::required::<Frame>("who", "Who may.")])
.default("\"none\"");

static REFERRER_POLICY: Kind = Kind::new(
    "referrer-policy",
    Class::Single,
    "How much of a page's address is told where its links lead (Referrer-Policy).",
)
.arguments(&[Field::required::<ReferrerPolicy>("policy", "How much.")])
.default("\"strict-origin-when-cross-origin\"");

static PERMISSIONS_POLICY: Kind = Kind::new(
    "permissions-policy",
    Class::List,
    "The devices and other powers of the browser that the page itself may use (Permissions-Policy). All others that this \
     list knows are refused, and frames get none.",
)
.rest(Field::required::<Feature>("feature", "What the page may use."));

/// What browsers are told, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Headers {
    /// What it is called.
    pub name: Name,
    /// How long `https` alone is remembered; `None` where nothing is said about it.
    pub hsts: Option<Hsts>,
    /// Who may show the page in a frame. `None` where `frame-ancestors` of the `csp` names others than the page itself, which
    /// X-Frame-Options cannot say.
    pub frame: Option<Frame>,
    /// Where a page may load from and send to; `None` where nothing is said about it.
    pub csp: Option<Csp>,
    /// How much of an address is told elsewhere.
    pub referrer_policy: ReferrerPolicy,
    /// What the page itself may use of the browser; everything else is refused.
    pub permissions_policy: BTreeSet<Feature>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How long browsers remember that a host is asked by `https` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hsts {
    /// How long after each answer.
    pub max_age: Seconds,
    /// Whether it holds for every host below.
    pub subdomains: bool,
    /// Whether browsers may be shipped knowing it.
    pub preload: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who may show a page in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frame {
    /// Nobody.
    None,
    /// Pages of the same origin.
    SameOrigin,
}

words! { Frame: "choice of who may frame a page", None = "none", SameOrigin = "same-origin" }

/// How much of a page's address is told where its links lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferrerPolicy {
    /// Nothing to anybody.
    NoReferrer,
    /// Everything to the same origin, nothing to others.
    SameOrigin,
    /// The origin to everybody.
    StrictOrigin,
    /// Everything to the same origin, the origin to others.
    StrictOriginWhenCrossOrigin,
}

// Those that tell others a path, or tell anything over plain HTTP, are left out.
words! {
    ReferrerPolicy: "referrer policy",
    NoReferrer = "no-referrer",
    SameOrigin = "same-origin",
    StrictOrigin = "strict-origin",
    StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
}

/// Lists of preloaded hosts take nothing shorter.
const YEAR: Seconds = Seconds(31_536_000);

/// Reads all headers.
pub fn resolve<'a>(
    items: &[Item<'a>],
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Headers> {
    let headers = items.iter().filter(|it| it.kind.word == KIND.word);
    headers.filter_map(|it| resolve_one(it, context, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Headers> {
    let waivers = Waivers::of(&item.children, Some(context.waivers), context.scope, sink);
    let name = item.own_name(sink);
    let hsts = item.child(HSTS.word).and_then(|it| resolve_hsts(it, sink));
    let frame = item.value_or_default::<Frame>(FRAME.word, sink);
    let csp = item.child(csp::KIND.word).map(|it| csp::resolve(it, frame, &waivers, context, sink));
    let is_by_ancestors = csp.as_ref().is_some_and(|it| check_frame(item, it, sink));
    let permissions = item.child(PERMISSIONS_POLICY.word).map(|it| it.rest::<Feature>(sink));
    let referrer_policy = item.value_or_default::<ReferrerPolicy>(REFERRER_POLICY.word, sink);
    waivers.report_unused(sink);
    context.waivers_seen(&waivers);
    Some(Headers {
        name: name?,
        hsts,
        frame: (!is_by_ancestors).then_some(frame),
        csp,
        referrer_policy,
        permissions_policy: permissions.into_iter().flatten().map(|it| it.value).collect(),
        span: item.span(),
    })
}

fn resolve_hsts(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Hsts> {
    let max_age = item.argument::<Seconds>(0, sink);
    let subdomains = item.property_or_default::<bool>("subdomains", sink);
    let preload = item.property::<bool>("preload", sink);
    let max_age = max_age?;
    if let Some(preload) = preload.filter(|it| it.value) {
        let missing = match (subdomains, max_age.value >= YEAR) {
            (true, true) => None,
            (false, true) => Some("it holds for the hosts below, `subdomains=#true`"),
            (true, false) => Some("it is remembered for a year, `\"365d\"`"),
            (false, false) => {
                Some("it holds for the hosts below and is remembered for a year, `\"365d\" subdomains=#true`")
            }
        };
        if let Some(missing) = missing {
            let message = "browsers preload nothing that they do not also learn from the host itself";
            sink.report(
                Diagnostic::new(Code::HstsPreload, preload.span, message)
                    .help(format!("a host is listed only where {missing}; or leave out `preload`")),
            );
        }
    }
    let preload = preload.is_some_and(|it| it.value);
    Some(Hsts { max_age: max_age.value, subdomains, preload, span: item.span() })
}

/// Whether `frame-ancestors` says who may frame the page; where `frame` says something else, that is reported.
fn check_frame(item: &Item<'_>, csp: &Csp, sink: &mut Diagnostics) -> bool {
    let Some(ancestors) = csp.written_ancestors else { return false };
    if let Some(frame) = item.child(FRAME.word) {
        let message = "who may show the page in a frame is said twice, by `frame` and by `frame-ancestors`";
        sink.report(
            Diagnostic::new(Code::FrameConflict, ancestors, message)
                .related(frame.span(), "the other one")
                .help("keep `frame`, which tells old browsers too; `frame-ancestors` alone can name other origins"),
        );
    }
    true
}

#[cfg(test)]
mod tests;
