//! What the compiler says to a person: one type for every mistake, risk and hint.
//!
//! A pass reports to the [`Diagnostics`] sink and carries on with what is left, so that one run shows everything. What a
//! diagnostic looks like on a terminal, in a pull request or in a SARIF file is decided by one renderer each; they read
//! this type and the [`SourceMap`], nothing else.

pub mod code;
mod excerpt;
mod expansion;
pub mod github;
mod hidden;
pub mod human;
pub mod json;
pub mod mask;
pub mod sarif;
pub mod suggest;
pub mod visible;

#[cfg(test)]
mod sample;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::hidden::Hidden;
use crate::source::{FileId, SourceMap, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is built until it is mended.
    Error,
    /// It builds; somebody should look.
    Warning,
    /// It could be said more simply.
    Hint,
}

impl Severity {
    /// Its name in every output format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding: a row of the catalogue in [`code`].
    pub code: Code,
    /// How bad it is; the catalogue's unless a pass knows better.
    pub severity: Severity,
    /// Where it is; `None` where no text causes it (a missing file).
    pub primary: Option<Label>,
    /// What is wrong with *this* text: lower case, no final stop, names in backticks.
    pub message: String,
    /// Other places that matter: the other half of a conflict, the declaration that asks for it.
    pub related: Vec<Label>,
    /// What to type instead, or how to go on: sentences without final stop.
    pub help: Vec<String>,
    /// Machine-applicable changes, each whole on its own.
    pub fixes: Vec<Fix>,
    /// The environments in which it appears; empty where it does in all of them.
    pub environments: BTreeSet<String>,
    /// The waiver that accepts it, where one does. A waived finding fails nothing and stays visible.
    pub waived: Option<Waived>,
}

/// A place and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is said of it; may be empty on a primary label.
    pub text: String,
}

/// Who accepted a finding, until when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// Where the waiver stands.
    pub span: Span,
    /// Its reason, as its owner wrote it.
    pub reason: String,
    /// The owner's team.
    pub owner: String,
    /// The last day, `YYYY-MM-DD`.
    pub until: String,
}

/// A change that mends a finding: several edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative: "replace by `replicas`".
    pub title: String,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
}

/// Puts `text` where `span` stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Diagnostic {
    /// A finding at a place, as severe as its catalogue row says.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let primary = Some(Label { span, text: String::new() });
        Self { primary, ..Self::nowhere(code, message) }
    }

    /// A finding that no text causes.
    pub fn nowhere(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.row().severity,
            primary: None,
            message: message.into(),
            related: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            environments: BTreeSet::new(),
            waived: None,
        }
    }

    /// Says something at the primary place itself.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// Shows another place that matters.
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Says what to type instead.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Offers to replace the text at `span`.
    pub fn replace(self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        let title = if text.is_empty() { "remove this".to_owned() } else { format!("replace by `{text}`") };
        self.fix(Fix { title, edits: vec![Edit { span, text }] })
    }

    /// Asks whether one of these words was meant, and offers each as it is `spelled` in a file. One alone is taken for
    /// certain; the choice among several is the author's.
    pub fn did_you_mean(mut self, span: Span, words: &[&str], spelled: impl Fn(&str) -> String) -> Self {
        self.help.extend(did_you_mean(words));
        words.iter().fold(self, |it, word| it.replace(span, spelled(word)))
    }

    /// Offers nothing to type where what is `written` looks like a secret: another spelling of it would be one too, and
    /// would not look like it.
    pub fn discreet(mut self, written: &str) -> Self {
        if mask::looks_secret(written).is_some() {
            self.help.clear();
            self.fixes.clear();
        }
        self
    }

    /// Offers a change.
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Whether it keeps the platform from being built.
    pub fn fails(&self) -> bool {
        self.severity == Severity::Error && self.waived.is_none()
    }
}

/// Collects what the passes report; a pass never stops at the first problem.
///
/// The texts are anybody's, and a megabyte of noise must not become a gigabyte of findings: after [`MOST_OF_CODE`] of one code
/// or [`MOST_OF_ALL`] the others are counted, and every output says how many there are.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    hidden: Hidden,
    /// How many there are of a code among those found.
    kept: BTreeMap<Code, usize>,
    more: BTreeMap<Unlisted, usize>,
}

/// How many findings of one code are kept.
pub const MOST_OF_CODE: usize = 1_000;

/// How many findings are kept.
pub const MOST_OF_ALL: usize = 10_000;

/// What is known of findings that are counted and not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlisted {
    /// Their code.
    pub code: Code,
    /// How bad they are.
    pub severity: Severity,
    /// Whether waivers accept them.
    pub waived: bool,
}

impl Diagnostics {
    /// Takes a finding in.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let Diagnostic { code, severity, .. } = diagnostic;
        if self.is_full(code) {
            self.count(Unlisted { code, severity, waived: diagnostic.waived.is_some() }, 1);
        } else {
            *self.kept.entry(code).or_default() += 1;
            self.found.push(diagnostic);
        }
    }

    /// Takes in a finding that costs something to make, and is made only where it is kept. It is as severe as its row says.
    pub fn report_with(&mut self, code: Code, make: impl FnOnce() -> Diagnostic) {
        if self.is_full(code) {
            self.count(Unlisted { code, severity: code.row().severity, waived: false }, 1);
        } else {
            self.report(make());
        }
    }

    /// Whether another finding of a code would only be counted.
    pub fn is_full(&self, code: Code) -> bool {
        self.found.len() >= MOST_OF_ALL || self.kept.get(&code).is_some_and(|it| *it >= MOST_OF_CODE)
    }

    /// Counts findings that are not worth making: [`is_full`](Self::is_full) said so.
    pub fn count(&mut self, what: Unlisted, count: usize) {
        *self.more.entry(what).or_default() += count;
    }

    /// What is counted and not listed.
    pub fn more(&self) -> impl Iterator<Item = (Unlisted, usize)> + '_ {
        self.more.iter().map(|(what, count)| (*what, *count))
    }

    /// Says that a secret stands somewhere that does not look like one: no output shows what is there.
    pub fn hide(&mut self, span: Span) {
        self.hidden.add(span);
    }

    /// A file as it may be shown whole: its secrets are masked, and what acts on a terminal is written out.
    pub fn shown(&self, id: FileId, sources: &SourceMap) -> String {
        let file = sources.file(id);
        excerpt::shown(file, &self.hidden.of(id, file), &(0..file.text.len()))
    }

    /// A file as it is, but for its secrets.
    pub fn masked(&self, id: FileId, sources: &SourceMap) -> String {
        let file = sources.file(id);
        excerpt::masked(file, &self.hidden.of(id, file))
    }

    /// Takes in what another sink collected.
    pub fn extend(&mut self, other: Self) {
        self.hidden.extend(&other.hidden);
        other.more().for_each(|(what, count)| self.count(what, count));
        other.found.into_iter().for_each(|it| self.report(it));
    }

    /// Joins what was found in several environments. What is in all of them is said once; what is in some says in which.
    pub fn of_environments(found: impl IntoIterator<Item = (String, Self)>) -> Self {
        let mut joined: Vec<Diagnostic> = Vec::new();
        let mut places: BTreeMap<(Option<Span>, Code), Vec<usize>> = BTreeMap::new();
        let mut hidden = Hidden::default();
        let mut more: BTreeMap<Unlisted, usize> = BTreeMap::new();
        let mut count = 0;
        for (environment, sink) in found {
            count += 1;
            hidden.extend(&sink.hidden);
            for (what, count) in sink.more() {
                let most = more.entry(what).or_default();
                *most = count.max(*most);
            }
            for diagnostic in sink {
                let key = (diagnostic.primary.as_ref().map(|it| it.span), diagnostic.code);
                let same = places.entry(key).or_default();
                match same.iter().find(|at| is_same(&joined[**at], &diagnostic)) {
                    Some(at) => {
                        joined[*at].environments.insert(environment.clone());
                    }
                    None => {
                        same.push(joined.len());
                        joined.push(Diagnostic {
                            environments: BTreeSet::from([environment.clone()]),
                            ..diagnostic
                        });
                    }
                }
            }
        }
        for diagnostic in joined.iter_mut().filter(|it| it.environments.len() == count) {
            diagnostic.environments.clear();
        }
        joined.retain(|it| it.environments.is_empty() || !it.code.is_of_the_whole());
        Self { found: joined, hidden, kept: BTreeMap::new(), more }
    }

    /// The findings, in the order of the last [`sort`](Self::sort) or else of their reports.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// Leaves out what only all environments together can tell.
    pub fn forget_what_is_of_the_whole(&mut self) {
        self.found.retain(|it| !it.code.is_of_the_whole());
        self.more.retain(|what, _| !what.code.is_of_the_whole());
    }

    /// Keeps the findings that are worth telling.
    pub fn retain(&mut self, is_worth_it: impl FnMut(&Diagnostic) -> bool) {
        self.found.retain(is_worth_it);
    }

    /// Says more about findings than was known when they were made.
    pub fn amend(&mut self, amend: impl FnMut(&mut Diagnostic)) {
        self.found.iter_mut().for_each(amend);
    }

    /// Takes back what is offered for a finding where one of its changes is none after all. What it says stays.
    pub fn withdraw_fixes(&mut self, is_wrong: impl Fn(&Fix) -> bool) {
        for it in self.found.iter_mut().filter(|it| it.fixes.iter().any(&is_wrong)) {
            it.fixes.clear();
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len() + self.more.values().sum::<usize>()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether one of them keeps the platform from being built.
    pub fn fails(&self) -> bool {
        self.found.iter().any(Diagnostic::fails) || self.more.keys().any(|it| it.fails())
    }

    /// The stable order of every output: by place, then severity, code and message; what stands nowhere comes first.
    /// What is found twice at one place (a base seen from two environments, a component from two uses) is told once.
    pub fn sort(&mut self) {
        self.found.sort_by(|a, b| key(a).cmp(&key(b)));
        let place = |it: &Diagnostic| it.primary.as_ref().map(|it| it.span);
        self.found.dedup_by(|a, b| {
            place(a) == place(b) && place(a).is_some() && a.environments == b.environments && is_same(a, b)
                || a == b
        });
    }

    /// The barrier between checking and rendering.
    pub fn into_warnings(self) -> Result<Self, Self> {
        if self.fails() { Err(self) } else { Ok(self) }
    }
}

impl Unlisted {
    /// Whether they keep the platform from being built.
    pub fn fails(self) -> bool {
        self.severity == Severity::Error && !self.waived
    }
}

/// How many findings there are of each severity; waived ones are counted apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors that are not waived.
    pub errors: usize,
    /// Warnings that are not waived.
    pub warnings: usize,
    /// Hints that are not waived.
    pub hints: usize,
    /// What a waiver accepts, of any severity.
    pub waived: usize,
}

impl Diagnostics {
    /// Counts the findings.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        let found = self.found.iter().map(|it| (it.severity, it.waived.is_some(), 1));
        for (severity, waived, count) in
            found.chain(self.more().map(|(it, count)| (it.severity, it.waived, count)))
        {
            let all = match severity {
                _ if waived => &mut summary.waived,
                Severity::Error => &mut summary.errors,
                Severity::Warning => &mut summary.warnings,
                Severity::Hint => &mut summary.hints,
            };
            *all += count;
        }
        summary
    }

    /// The findings by weight, for an output that cannot hold all: errors first, waived ones last, else in their order.
    fn ranked(&self) -> Vec<&Diagnostic> {
        let mut ranked: Vec<&Diagnostic> = self.found.iter().collect();
        ranked.sort_by_key(|it| (it.waived.is_some(), it.severity));
        ranked
    }
}

impl std::fmt::Display for Summary {
    /// `3 errors, 1 warning; 2 waived`; nothing where there is nothing.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { errors, warnings, hints, waived } = *self;
        let counts = [(errors, "error"), (warnings, "warning"), (hints, "hint")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, word)| counted(*count, word)).collect();
        formatter.write_str(&counts.join(", "))?;
        match (counts.is_empty(), waived) {
            (_, 0) => Ok(()),
            (true, _) => write!(formatter, "{waived} waived"),
            (false, _) => write!(formatter, "; {waived} waived"),
        }
    }
}

/// The path of a file in its repository, where the tree is the folder `root` of it (empty where it is all of it).
fn in_repository(root: &str, path: &str) -> String {
    match root.trim_matches('/') {
        "" => path.to_owned(),
        root => format!("{root}/{path}"),
    }
}

/// The question for what was meant; nothing where there is nothing to ask.
pub(crate) fn did_you_mean(words: &[&str]) -> Option<String> {
    let words: Vec<String> = words.iter().map(|it| format!("`{it}`")).collect();
    let (last, others) = words.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        others => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

/// Whether two findings at one place say the same, though perhaps with another environment or use in mind.
fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.code == b.code && a.severity == b.severity && a.message == b.message && a.waived == b.waived
}

fn key(it: &Diagnostic) -> (Option<Span>, Severity, Code, &str, &BTreeSet<String>) {
    (it.primary.as_ref().map(|label| label.span), it.severity, it.code, &it.message, &it.environments)
}
