//! The `risk` declaration: how grave a record is.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::audit::action::{self, ActionName, Origin};
use crate::language::audit::{Audit, event};
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "risk",
    Class::Named,
    "Which records are how grave: those of the actions that `match` lists, and those that end in a `result`. Of several \
     that fit, the gravest holds; what fits none is `low`.",
)
.arguments(&[Field::required::<Risk>("level", "How grave.")])
.children(&[&MATCH, &RESULT]);

static MATCH: Kind = Kind::new("match", Class::List, "The actions, however they end.")
    .rest(Field::required::<ActionName>("action", "An action, or an event."))
    .most(500);

static RESULT: Kind = Kind::new("result", Class::List, "The results, whatever was done.")
    .rest(Field::required::<AuditResult>("result", "How it ended."));

/// How grave something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// What no rule is about.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look now.
    High,
    /// Somebody has to act.
    Critical,
}

words! { Risk: "risk", Low = "low", Medium = "medium", High = "high", Critical = "critical" }

/// How something that is recorded ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditResult {
    /// It was done.
    Success,
    /// It was tried and did not come about.
    Failure,
    /// It was refused: whoever tried it may not do it.
    Unauthorized,
}

words! {
    AuditResult: "result",
    Success = "success",
    Failure = "failure",
    Unauthorized = "unauthorized",
}

/// Which records have a risk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RiskRule {
    /// The risk.
    pub level: Risk,
    /// Those of these actions.
    #[serde(rename = "match")]
    pub matches: BTreeSet<ActionName>,
    /// Those that end so.
    pub results: BTreeSet<AuditResult>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

impl RiskRule {
    /// Whether a record is one of these.
    pub fn fits(&self, action: &ActionName, result: AuditResult) -> bool {
        self.matches.contains(action) || self.results.contains(&result)
    }
}

/// Reads all rules, the gravest first.
pub fn resolve(
    audit: &Item<'_>,
    known: &BTreeMap<ActionName, Origin>,
    sink: &mut Diagnostics,
) -> Vec<RiskRule> {
    let mut rules = Vec::new();
    let mut listed: BTreeMap<String, (Risk, Span)> = BTreeMap::new();
    for item in audit.children(KIND.word) {
        let Some(level) = item.argument::<Risk>(0, sink) else { continue };
        if level.value == Risk::Low {
            let message = "what no other rule is about is `low` already";
            sink.report(
                Diagnostic::new(Code::RiskMeansNothing, item.span(), message)
                    .help("leave it out: it cannot lower what another rule says, because the gravest holds"),
            );
            continue;
        }
        let mut matches = BTreeSet::new();
        for it in item.child(MATCH.word).map(|it| it.rest::<ActionName>(sink)).unwrap_or_default() {
            if let Some(found) = action::find(&it, known, sink) {
                note_once(found.as_str(), Spanned::new(level.value, it.span), &mut listed, sink);
                matches.insert(found);
            }
        }
        let results = item.child(RESULT.word).map(|it| it.rest::<AuditResult>(sink)).unwrap_or_default();
        for it in &results {
            let word = format!("result {}", it.value.word());
            note_once(&word, Spanned::new(level.value, it.span), &mut listed, sink);
        }
        let results = results.into_iter().map(|it| it.value).collect();
        if item.children.is_empty() {
            let message = format!("risk `{}` is about no record", level.value.word());
            sink.report(
                Diagnostic::new(Code::RiskMeansNothing, item.span(), message)
                    .help("say which by `match \"…\"` or `result \"…\"` in its block, or leave it out"),
            );
        }
        rules.push(RiskRule { level: level.value, matches, results, span: item.span() });
    }
    rules.sort_by_key(|it| std::cmp::Reverse(it.level));
    rules
}

/// Reports an action or result that two levels list.
fn note_once(
    word: &str,
    level: Spanned<Risk>,
    listed: &mut BTreeMap<String, (Risk, Span)>,
    sink: &mut Diagnostics,
) {
    match listed.get(word) {
        Some((other, first)) if *other != level.value => {
            let (other, own) = (other.word(), level.value.word());
            let message = match word.strip_prefix("result ") {
                Some(word) => format!("the result `{word}` is `{other}` and `{own}`"),
                None => format!("`{word}` is `{other}` and `{own}`"),
            };
            sink.report(
                Diagnostic::new(Code::ActionInTwoRisks, level.span, message)
                    .related(*first, "listed here as well")
                    .help("the graver one would hold: keep one of them"),
            );
        }
        // What stands twice in one list has been reported there.
        Some(_) => {}
        None => {
            listed.insert(word.to_owned(), (level.value, level.span));
        }
    }
}

/// Reports results that nothing which is recorded can have.
pub fn check(rule: &RiskRule, audit: &Audit, sink: &mut Diagnostics) {
    let can = |result: AuditResult| audit.actions.keys().any(|it| event::results(it).contains(&result));
    for result in rule.results.iter().filter(|it| !can(**it)) {
        let message = format!("nothing that is recorded here ends as `{}`", result.word());
        sink.report(
            Diagnostic::new(Code::RiskMeansNothing, rule.span, message)
                .help("leave the result out, or record what can end so"),
        );
    }
}
