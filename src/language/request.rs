//! The `request` declaration: what people may ask for about their data, and by when they have an answer.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::time::{Duration, as_days};
use crate::language::word::words;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "request",
    Class::Named,
    "What people may ask for about their data, by the rights of the GDPR, and by when they have an answer. Erasure is done \
     as each `erasure` says, by the function `trackside.erase` of its database; `trackside.export` hands over what there is of a person.",
)
.arguments(&[Field::required::<Right>("right", "What is asked for.")])
.properties(&[Field::required::<Duration>("answer-in", "By when it is answered; the law leaves a month.").unit(as_days)])
.children(&[&FORMAT])
.most(8);

static FORMAT: Kind = Kind::new(
    "format",
    Class::List,
    "The forms in which the data is handed over, of which a person chooses.",
)
.rest(Field::required::<Format>("format", "A form that a program can read."))
.most(8);

/// What a person may ask for about their data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To see it (article 15).
    Access,
    /// To have it corrected (article 16).
    Rectification,
    /// To have it erased (article 17).
    Erasure,
    /// To take it elsewhere (article 20).
    Portability,
}

words! {
    Right: "right of a person",
    Access = "access",
    Rectification = "rectification",
    Erasure = "erasure",
    Portability = "portability",
}

/// A form in which data is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// JSON.
    Json,
    /// Comma-separated values, one file per table.
    Csv,
}

words! { Format: "form of data", Json = "json", Csv = "csv" }

/// A request as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Request {
    /// What is asked for.
    pub right: Right,
    /// By when it is answered.
    pub answer_in: Duration,
    /// The forms in which the data is handed over; empty where none is.
    pub formats: BTreeSet<Format>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl Right {
    /// Whether data is handed over.
    fn hands_over(self) -> bool {
        match self {
            Self::Access | Self::Portability => true,
            Self::Rectification | Self::Erasure => false,
        }
    }
}

/// Reads all requests.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Right, Request> {
    let requests = items.iter().filter(|it| it.kind.word == KIND.word);
    requests.filter_map(|it| resolve_one(it, sink)).map(|it| (it.right, it)).collect()
}

fn resolve_one(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Request> {
    let right = item.argument::<Right>(0, sink);
    let answer_in = item.property::<Duration>("answer-in", sink);
    if let Some(answer_in) = answer_in.as_ref().filter(|it| it.value > MONTH) {
        let message =
            format!("an answer within `{}` is later than the month that the law leaves", answer_in.value);
        sink.report(Diagnostic::new(Code::AnswerTooLate, answer_in.span, message).help(
            "article 12 of the GDPR: write `\"30d\"` or less; who needs longer tells the person within it",
        ));
    }
    let format = item.child(FORMAT.word);
    let formats = format.map(|it| it.rest::<Format>(sink)).unwrap_or_default();
    let right = right?.value;
    match format {
        Some(format) if !right.hands_over() => {
            let message = format!("nothing is handed over for `{}`", right.word());
            sink.report(
                Diagnostic::new(Code::RequestFormat, format.span(), message)
                    .help("only `access` and `portability` have forms: leave it out")
                    .replace(format.removal(), ""),
            );
        }
        None if right.hands_over() => {
            let message = format!("{} does not say in which form the data is handed over", item.described());
            sink.report(
                Diagnostic::new(Code::RequestFormat, item.span(), message)
                    .help("write it in its block, as in `format \"json\"`"),
            );
        }
        _ => {}
    }
    Some(Request {
        right,
        answer_in: answer_in.map_or_else(item::stand_in, |it| it.value),
        formats: formats.into_iter().map(|it| it.value).collect(),
        span: item.span(),
    })
}

/// The longest that every month is.
const MONTH: Duration = Duration(31 * 86_400_000);

/// Reports an erasure that people may ask for and that nothing says how to do, unless one is lost by a mistake.
pub fn check(platform: &Platform, is_one_lost: bool, sink: &mut Diagnostics) {
    let is_erased = is_one_lost
        || !platform.erasures.is_empty()
        || platform.projects.values().any(|it| !it.erasures.is_empty());
    if let Some(request) = platform.requests.get(&Right::Erasure).filter(|_| !is_erased) {
        let message = "people may ask to be erased, and nothing says how that is done";
        sink.report(
            Diagnostic::new(Code::RequestWithoutErasure, request.span, message)
                .help("write an `erasure` for each database that has data of people"),
        );
    }
}
