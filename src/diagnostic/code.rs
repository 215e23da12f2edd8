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
    UnclosedString "TS002" Error "a string without an end"
        "A string in quotes ends on the line it starts on. A text of several lines goes between `\"\"\"` and `\"\"\"`; one that \
         is never closed takes everything that follows, so mistakes behind it are found only when it is mended.";
    UnclosedComment "TS003" Error "a comment without an end"
        "A comment that starts with `/*` ends with `*/`. Such comments nest: a second `/*` inside needs a `*/` of its own.";
    UnclosedBlock "TS004" Error "a block without an end"
        "A block starts with `{` and ends with `}`. The one that misses its brace is often deeper inside than the one that is \
         left open at the end of the file; indentation gives it away.";
    StrayBrace "TS005" Error "a closing brace without a block"
        "This `}` has no `{` before it: there is one too many, or an earlier block was closed too soon.";
    Escape "TS006" Error "an escape that KDL does not know"
        "In a quoted string a backslash starts an escape: `\\n`, `\\r`, `\\t`, `\\b`, `\\f`, `\\s`, `\\\\`, `\\\"`, `\\u{1F682}`, or \
         spaces and newlines that are left out. A text with many backslashes is easier as a raw string: `#\"…\"#`.";
    MultiLine "TS007" Error "a text of several lines that is not laid out like one"
        "The opening `\"\"\"` is followed by a newline, and the closing one stands on a line of its own. The spaces and tabs \
         before the closing quotes are taken off every line, so every line has to start with exactly those.";
    Number "TS008" Error "a word that starts like a number but is none"
        "What starts with a digit is a number: `10`, `-1_000`, `2.5`, `1e3`, `0x1f`, `0o755`, `0b11`. Sizes, times, addresses \
         and versions are texts and go in quotes: `\"64Mi\"`, `\"15m\"`, `\"10.0.0.0/16\"`.";
    Keyword "TS009" Error "a keyword that is not spelled as KDL 2 does"
        "The keywords of KDL 2 start with `#`: `#true`, `#false`, `#null`, `#inf`, `#-inf`, `#nan`. Without it they are \
         refused, because KDL 1 and people would read them differently.";
    LegacyString "TS010" Error "a raw string as KDL 1 writes it"
        "KDL 2 marks a raw string by `#` alone: `#\"C:\\\\temp\"#` where KDL 1 wrote `r\"C:\\\\temp\"`.";
    Unquoted "TS011" Error "a text that needs quotes"
        "A bare word holds none of `\\/(){}[];\"#=` and no spaces, and does not look like a number or keyword. Any other text \
         goes in quotes: paths, image references, addresses.";
    MissingSpace "TS012" Error "two things without a space between them"
        "The name, arguments and properties of a node are separated by spaces, and by nothing else: no commas, no colons.";
    Annotation "TS013" Error "an annotation that annotates nothing"
        "An annotation is one name in parentheses right before the name of a node or before a value: `(override)env \"A\"`, \
         `key=(age)\"…\"`.";
    Slashdash "TS014" Error "a `/-` that leaves nothing out"
        "`/-` comments out the next node, argument, property or block. Here no such thing follows, or one that has a `/-` already.";
    DisallowedCharacter "TS015" Error "an invisible character that KDL allows nowhere"
        "Control characters and marks that turn the direction of writing make a text show something else than it says, so KDL \
         refuses them even in comments. Where one is meant, a quoted string holds it as an escape: `\\u{200e}`.";
    Version "TS016" Error "a file that says it is KDL 1"
        "`/- kdl-version 1` at the start promises another language. Some of it reads the same in KDL 2, some does not.";
    TooDeep "TS017" Error "blocks nested too deep"
        "Blocks may be nested 64 deep, far deeper than anything that people write. What is deeper is not read.";
    TooManyErrors "TS018" Error "more syntax errors than are worth showing"
        "Of one file 200 syntax errors are shown; the rest is only counted. So many mean that the file is probably not KDL, or \
         that one early mistake makes the rest unreadable.";

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
