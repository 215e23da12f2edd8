//! Findings in expansions, told of where somebody can mend them.
//!
//! An [`Expansion`] is a file of its own only for as long as things are checked. Here its findings move to the lines that
//! were written: to the value that was filled in, where that is what is wrong, or else to the line of the body. Either way
//! the other place is shown as well. What is wrong with a body in itself is found in each of its expansions and told once.

use std::collections::BTreeMap;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix, Label, Severity};
use crate::source::{Blank, Expansion, SourceMap, Span};

/// How many places a finding shows of those that ask for what it is in.
const MOST_SHOWN: usize = 3;

impl Diagnostics {
    /// Moves what stands in expansions to where it is written. Afterwards no finding knows of them.
    pub fn settle(&mut self, sources: &SourceMap) {
        if sources.expansions().is_empty() {
            return;
        }
        self.hidden.settle(sources);
        let mut folded = Folded::of(sources);
        for diagnostic in std::mem::take(&mut self.found) {
            if is_written(&diagnostic) {
                self.found.push(diagnostic);
            } else if let Some(settled) = settle(diagnostic, sources) {
                folded.take(settled);
            }
        }
        folded.finish(&mut self.found);
    }
}

fn is_written(diagnostic: &Diagnostic) -> bool {
    let Diagnostic { primary, related, fixes, waived, .. } = diagnostic;
    let edits = fixes.iter().flat_map(|it| &it.edits).map(|it| it.span);
    let labels = primary.iter().chain(related).map(|it| it.span);
    labels.chain(edits).chain(waived.iter().map(|it| it.span)).all(|it| !it.file.is_expansion())
}

/// A finding that has moved.
struct Settled {
    diagnostic: Diagnostic,
    /// The body that it is in, unless what was filled in is what is wrong.
    body: Option<Span>,
    /// What is the same of all findings that are one.
    key: Key,
}

type Key = (Option<Span>, Code, Severity, String, Option<Span>);

/// Moves a finding; `None` for one about a value that only stands in for another, which is what is wrong.
fn settle(diagnostic: Diagnostic, sources: &SourceMap) -> Option<Settled> {
    let Diagnostic { code, severity, primary, message, related, help, fixes, environments, waived } =
        diagnostic;
    let mut labels = Labels { sources, places: Vec::new() };
    let mut body = None;
    let mut key_message = message.clone();
    let primary = match primary {
        None => None,
        Some(Label { span, text }) => {
            let settled = anchor(span, sources)?;
            let expansion = sources.expansion(settled.span.file);
            if let Some(expansion) = expansion {
                body = Some(expansion.body);
                key_message = without_names(&message, expansion);
            }
            for through in settled.through {
                labels.add(through, "filled in here");
            }
            if let Some(expansion) = expansion {
                for given in overlapping(expansion, settled.span).flat_map(|it| &it.given) {
                    let span = given.span?;
                    if !within_asked(span, expansion) {
                        labels.add(span, &format!("`{}` is given here", given.name));
                    }
                }
            }
            labels.ask(settled.span);
            Some(Label { span: sources.written(settled.span), text })
        }
    };
    let mut moved = Vec::with_capacity(related.len() + labels.places.len());
    for Label { span, text } in related {
        labels.ask(span);
        moved.push(Label { span: sources.written(span), text });
    }
    moved.extend(labels.places.into_iter().map(|(span, text)| Label { span, text }));
    let at = primary.as_ref().map(|it| it.span);
    moved.retain(|it| Some(it.span) != at);
    let waived = waived.map(|it| crate::diagnostic::Waived { span: sources.written(it.span), ..it });
    let key = (at, code, severity, key_message, waived.as_ref().map(|it| it.span));
    let fixes = fixes.into_iter().filter_map(|it| settle_fix(it, sources)).collect();
    let diagnostic =
        Diagnostic { code, severity, primary, message, related: moved, help, fixes, environments, waived };
    Some(Settled { diagnostic, body, key })
}

/// Where a finding belongs.
struct Anchor {
    span: Span,
    /// The places that were passed on the way from the expansion to what was filled in.
    through: Vec<Span>,
}

/// Follows a place that is filled in as a whole to where that is written. `None` where nothing was.
fn anchor(span: Span, sources: &SourceMap) -> Option<Anchor> {
    let mut anchor = Anchor { span, through: Vec::new() };
    while let Some(expansion) = sources.expansion(anchor.span.file) {
        let is_it = |it: &&Blank| it.is_whole && (it.start, it.end) == (anchor.span.start, anchor.span.end);
        let Some(blank) = overlapping(expansion, anchor.span).find(is_it) else { break };
        let given = blank.given.first()?;
        // What the body says itself is wrong where it says so.
        let to = given.span?;
        if given.is_default {
            break;
        }
        anchor.through.push(anchor.span);
        anchor.span = to;
    }
    Some(anchor)
}

/// The blanks of an expansion that a place touches.
fn overlapping(expansion: &Expansion, span: Span) -> impl Iterator<Item = &Blank> {
    let first = expansion.blanks.partition_point(|it| it.end <= span.start);
    expansion.blanks[first..].iter().take_while(move |it| it.start < span.end)
}

/// Whether a place is shown already by the one that asks for the expansion.
fn within_asked(span: Span, expansion: &Expansion) -> bool {
    let asked = expansion.asked;
    span.file == asked.file && asked.start <= span.start && span.end <= asked.end
}

/// The other places that a finding shows.
struct Labels<'s> {
    sources: &'s SourceMap,
    places: Vec<(Span, String)>,
}

impl Labels<'_> {
    fn add(&mut self, span: Span, text: &str) {
        let span = self.sources.written(span);
        if self.places.iter().all(|(known, _)| *known != span) {
            self.places.push((span, text.to_owned()));
        }
    }

    /// Shows what asks for the expansion that a place is in, and so on.
    fn ask(&mut self, span: Span) {
        let mut at = span;
        while let Some(expansion) = self.sources.expansion(at.file) {
            at = expansion.asked;
            self.add(at, EXPANDED);
        }
    }
}

const EXPANDED: &str = "expanded here";

/// Moves the edits of a fix. One that would write over something that is filled in is none.
fn settle_fix(fix: Fix, sources: &SourceMap) -> Option<Fix> {
    let Fix { title, edits } = fix;
    let edits: Option<Vec<Edit>> = edits
        .into_iter()
        .map(|Edit { span, text }| {
            let Anchor { span, through: _ } = anchor(span, sources)?;
            let is_filled =
                sources.expansion(span.file).is_some_and(|it| overlapping(it, span).next().is_some());
            (!is_filled).then(|| Edit { span: sources.written(span), text })
        })
        .collect();
    Some(Fix { title, edits: edits? })
}

/// A message with the names of the expansion taken out of all that is quoted, so that it reads the same for all of them.
fn without_names(message: &str, expansion: &Expansion) -> String {
    let without = |part: &str| {
        for name in &expansion.names {
            match (part.strip_prefix(&**name), part.strip_suffix(&**name)) {
                (Some(rest), _) if rest.is_empty() || rest.starts_with('-') => return format!("{{}}{rest}"),
                (_, Some(rest)) if rest.ends_with('-') => return format!("{rest}{{}}"),
                _ => {}
            }
        }
        part.to_owned()
    };
    let quoted = message.split('`').enumerate().map(|(at, piece)| match at % 2 {
        1 => piece.split('/').map(without).collect::<Vec<_>>().join("/"),
        _ => piece.to_owned(),
    });
    quoted.collect::<Vec<_>>().join("`")
}

/// Findings that are one.
struct Folded {
    /// How many expansions there are of each body.
    expansions: BTreeMap<Span, usize>,
    by_key: BTreeMap<Key, (Settled, usize)>,
}

impl Folded {
    fn of(sources: &SourceMap) -> Self {
        let mut expansions = BTreeMap::new();
        for expansion in sources.expansions() {
            *expansions.entry(expansion.body).or_default() += 1;
        }
        Self { expansions, by_key: BTreeMap::new() }
    }

    fn take(&mut self, settled: Settled) {
        match self.by_key.entry(settled.key.clone()) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert((settled, 1));
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let (first, count) = place.get_mut();
                *count += 1;
                for label in settled.diagnostic.related {
                    let shown = &mut first.diagnostic.related;
                    let alike = shown.iter().filter(|it| it.text == label.text).count();
                    if alike < MOST_SHOWN && shown.iter().all(|it| it.span != label.span) {
                        shown.push(label);
                    }
                }
            }
        }
    }

    fn finish(self, found: &mut Vec<Diagnostic>) {
        let Self { expansions, by_key } = self;
        for (_, (Settled { mut diagnostic, body, key: _ }, count)) in by_key {
            if let Some(body) = body {
                // What only some of the expansions have is not mended for all of them.
                if expansions.get(&body).is_none_or(|all| count < *all) {
                    let is_of_body = |it: &Edit| {
                        it.span.file == body.file && body.start <= it.span.start && it.span.end <= body.end
                    };
                    diagnostic.fixes.retain(|it| !it.edits.iter().any(is_of_body));
                }
                if count > MOST_SHOWN {
                    diagnostic
                        .help
                        .push(format!("it is the same in {} more places that use it", count - MOST_SHOWN));
                }
            }
            found.push(diagnostic);
        }
    }
}
