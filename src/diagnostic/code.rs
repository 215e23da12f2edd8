//! The catalogue: every kind of finding, with what it means and how it is mended.
//!
//! A row's examples are files, so that `explain` shows what a test has run: `golden/diagnostics/<id>/platform.kdl` is
//! reported with this code (and `expected.txt` is how that looks), `fixed.kdl` is not. To add a finding, add a row here
//! and that folder. Numbers go by layer: 0 syntax and files, 1 the language as a whole, 2 who may do what, 3 workloads,
//! network and secrets, 4 what Kubernetes cannot express, 5 what OPA cannot.

use crate::diagnostic::Severity;

/// A row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The code itself.
    pub code: Code,
    /// What people quote: `TS101`.
    pub id: &'static str,
    /// How bad it is unless the reporting pass knows better.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Why it is a mistake or a risk, and what to do, in a few sentences.
    pub explanation: &'static str,
    /// A text that is reported with this code.
    pub example: &'static str,
    /// The same text, mended.
    pub fixed: &'static str,
}

macro_rules! catalogue {
    ($($code:ident $id:literal $severity:ident $title:literal $explanation:literal;)*) => {
        /// The kinds of findings; see [`Code::row`] for what each means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        /// All rows, in the order of their numbers.
        pub const CATALOGUE: &[Row] = &[$(Row {
            code: Code::$code,
            id: $id,
            severity: Severity::$severity,
            title: $title,
            explanation: $explanation,
            example: include_str!(concat!("../../golden/diagnostics/", $id, "/platform.kdl")),
            fixed: include_str!(concat!("../../golden/diagnostics/", $id, "/fixed.kdl")),
        },)*];
    };
}

impl Code {
    /// Its row of the catalogue.
    pub fn row(self) -> &'static Row {
        &CATALOGUE[self as usize]
    }

    /// What people quote: `TS101`.
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Finds a code by what people quote, in any case.
    pub fn find(id: &str) -> Option<Self> {
        CATALOGUE.iter().find(|row| row.id.eq_ignore_ascii_case(id)).map(|row| row.code)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}

catalogue! {
    // 0: syntax.
    UnexpectedText "TS001" Error "text that KDL does not allow here"
        "A node is a name, then its arguments and properties on the same line, then at most one block of children in braces. \
         Something else stands here, so this piece was skipped and reading went on after it.";

    // 05: files and includes.

    // 1: the language as a whole.

    // 2: who may do what.

    // 3: workloads, network, secrets.

    // 4: what Kubernetes cannot express.

    // 5: what OPA cannot express.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend() {
        let ids: Vec<&str> = CATALOGUE.iter().map(|row| row.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted, "order the rows of `catalogue!` by their ids, each once");
    }

    #[test]
    fn explanations_are_sentences() {
        for row in CATALOGUE {
            assert!(row.explanation.ends_with('.'), "{} needs a full sentence", row.id);
            assert!(!row.title.ends_with('.'), "the title of {} is not a sentence", row.id);
        }
    }
}
