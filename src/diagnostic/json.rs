//! Findings for a program: one JSON object, described by `schema/diagnostics.schema.json`.
//!
//! Messages are [`shown`] as anywhere, because a program passes them on to a person. What a program acts on is exact: the
//! path of a file, offsets, the text of an edit. A fix that would have to show a secret for that is left out. What could
//! act on a terminal or a runner is written as JSON's own escape, so the bytes are inert and their meaning is whole.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::hidden::Hidden;
use crate::diagnostic::visible::{self, shown};
use crate::diagnostic::{self, Diagnostic, Diagnostics, Label, Unlisted};
use crate::source::{SourceMap, Span};

/// Writes all findings as one object, with a newline at the end.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap) -> String {
    inert(&report(diagnostics, sources))
}

/// The JSON schema of what [`render`] writes.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    inert(&settings.into_generator().into_root_schema_for::<Report>())
}

/// What `trackside` found. Fields may be added; `version` changes when one changes its meaning or goes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "trackside diagnostics")]
struct Report {
    /// The version of this format.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// How many findings there are.
    summary: Summary,
    /// The findings, by place: at most 1,000 of one code, and 10,000 in all.
    diagnostics: Vec<Finding>,
    /// Findings beyond that, which the summary counts as well.
    more: Vec<More>,
}

/// Findings that are counted and not listed.
#[derive(Debug, Serialize, JsonSchema)]
struct More {
    /// What `trackside explain` takes.
    code: &'static str,
    /// How bad they are.
    severity: Severity,
    /// Whether waivers accept them.
    waived: bool,
    /// How many there are.
    count: usize,
}

const VERSION: u32 = 1;

/// Counts by severity; a waived finding counts as waived alone.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    error: usize,
    warning: usize,
    hint: usize,
    waived: usize,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding {
    /// What `trackside explain` takes: `TS101`.
    code: &'static str,
    /// How bad it is. A waived finding keeps its severity and fails nothing.
    severity: Severity,
    /// What kind of finding it is, the same for each of its code.
    title: &'static str,
    /// What is wrong with this text.
    message: String,
    /// The file it is in, as a path in the tree; null where no text causes it.
    file: Option<String>,
    /// The first character.
    start: Option<Position>,
    /// The place just after the last character.
    end: Option<Position>,
    /// What is said of the place itself.
    label: Option<String>,
    /// Other places that matter.
    related: Vec<Place>,
    /// What to type instead, or how to go on.
    help: Vec<String>,
    /// Changes, each of which mends it. One that would show a secret is not here.
    fixes: Vec<Fix>,
    /// The environments it appears in; empty where it does in all.
    environments: Vec<String>,
    /// The waiver that accepts it.
    waived: Option<Waiver>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// Nothing is built until it is mended.
    Error,
    /// It builds; somebody should look.
    Warning,
    /// It could be said more simply.
    Hint,
}

/// A place in a file.
#[derive(Debug, Serialize, JsonSchema)]
struct Position {
    /// The line, from 1.
    #[schemars(range(min = 1))]
    line: u32,
    /// The column in Unicode scalar values, from 1.
    #[schemars(range(min = 1))]
    column: u32,
    /// The offset in bytes of UTF-8, from 0.
    byte: u32,
}

/// A place that matters, and why.
#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    file: String,
    start: Position,
    end: Position,
    label: String,
}

/// A change: all its edits together.
#[derive(Debug, Serialize, JsonSchema)]
struct Fix {
    /// What it does, in the imperative.
    title: String,
    /// The edits, which do not overlap.
    edits: Vec<Edit>,
}

/// Puts `text` in place of what stands between `start` and `end`.
#[derive(Debug, Serialize, JsonSchema)]
struct Edit {
    file: String,
    start: Position,
    end: Position,
    /// The exact text.
    text: String,
}

/// Who accepted a finding, until when and why.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiver {
    file: String,
    start: Position,
    end: Position,
    reason: String,
    /// The team that answers for it.
    owner: String,
    /// The last day, `YYYY-MM-DD`.
    until: String,
}

fn report(diagnostics: &Diagnostics, sources: &SourceMap) -> Report {
    let diagnostic::Summary { errors, warnings, hints, waived } = diagnostics.summary();
    Report {
        version: VERSION,
        summary: Summary { error: errors, warning: warnings, hint: hints, waived },
        diagnostics: diagnostics.iter().map(|it| finding(it, &diagnostics.hidden, sources)).collect(),
        more: diagnostics.more().map(|(it, count)| more(it, count)).collect(),
    }
}

fn more(it: Unlisted, count: usize) -> More {
    let Unlisted { code, severity, waived } = it;
    More { code: code.id(), severity: severity_of(severity), waived, count }
}

fn severity_of(it: diagnostic::Severity) -> Severity {
    match it {
        diagnostic::Severity::Error => Severity::Error,
        diagnostic::Severity::Warning => Severity::Warning,
        diagnostic::Severity::Hint => Severity::Hint,
    }
}

fn finding(it: &Diagnostic, hidden: &Hidden, sources: &SourceMap) -> Finding {
    // No `..`: a new field must be written here.
    let Diagnostic { code, severity, primary, message, related, help, fixes, environments, waived } = it;
    let place = primary.as_ref().map(|Label { span, text }| (located(*span, sources), text));
    let label = place.as_ref().map(|(_, text)| shown(text).into_owned()).filter(|it| !it.is_empty());
    let (file, start, end) = match place {
        Some(((file, start, end), _)) => (Some(file), Some(start), Some(end)),
        None => (None, None, None),
    };
    Finding {
        code: code.id(),
        severity: severity_of(*severity),
        title: code.row().title,
        message: shown(message).into_owned(),
        file,
        start,
        end,
        label,
        related: related
            .iter()
            .map(|Label { span, text }| {
                let (file, start, end) = located(*span, sources);
                Place { file, start, end, label: shown(text).into_owned() }
            })
            .collect(),
        help: help.iter().map(|it| shown(it).into_owned()).collect(),
        fixes: fixes.iter().filter(|it| !hidden.is_in(it)).map(|it| fix(it, sources)).collect(),
        environments: environments.iter().map(|it| shown(it).into_owned()).collect(),
        waived: waived.as_ref().map(|it| waiver(it, sources)),
    }
}

fn fix(it: &diagnostic::Fix, sources: &SourceMap) -> Fix {
    let diagnostic::Fix { title, edits } = it;
    let edits = edits.iter().map(|diagnostic::Edit { span, text }| {
        let (file, start, end) = located(*span, sources);
        Edit { file, start, end, text: text.clone() }
    });
    Fix { title: shown(title).into_owned(), edits: edits.collect() }
}

fn waiver(it: &diagnostic::Waived, sources: &SourceMap) -> Waiver {
    let diagnostic::Waived { span, reason, owner, until } = it;
    let (file, start, end) = located(*span, sources);
    let [reason, owner, until] = [reason, owner, until].map(|it| shown(it).into_owned());
    Waiver { file, start, end, reason, owner, until }
}

fn located(span: Span, sources: &SourceMap) -> (String, Position, Position) {
    let file = sources.file(span.file);
    let position = |byte| {
        let crate::source::Position { line, column } = file.position(byte);
        Position { line, column, byte }
    };
    (file.path.to_string(), position(span.start), position(span.end))
}

/// Writes a value as JSON in which every character that could act stands as an escape.
pub(crate) fn inert(value: &impl Serialize) -> String {
    let json =
        serde_json::to_string_pretty(value).expect("our own types have string keys and finite numbers");
    let mut out = String::with_capacity(json.len() + 1);
    let mut units = [0; 2];
    for (at, it) in json.char_indices() {
        // JSON itself has only ASCII and newlines outside of strings, so what is escaped here is within one.
        if (visible::hides(it) && it != '\n') || json[at..].starts_with(visible::RUNNER_COMMAND) {
            for unit in it.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("a string takes every text");
            }
        } else {
            out.push(it);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code::Code;
    use crate::diagnostic::sample::{self, Sample};
    use crate::source::FileId;

    fn check(sample: &Sample) -> String {
        let json = render(&sample.diagnostics, &sample.sources);
        let schema = serde_json::from_str(&schema()).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&serde_json::from_str(&json).unwrap()).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        json
    }

    #[test]
    fn an_everyday_report() {
        insta::assert_snapshot!(check(&sample::everyday()), @r#"
        {
          "version": 1,
          "summary": {
            "error": 2,
            "warning": 1,
            "hint": 1,
            "waived": 1
          },
          "diagnostics": [
            {
              "code": "TS001",
              "severity": "error",
              "title": "text that KDL does not allow here",
              "message": "`service` knows no `replcas`",
              "file": "platform.kdl",
              "start": {
                "line": 5,
                "column": 9,
                "byte": 78
              },
              "end": {
                "line": 5,
                "column": 16,
                "byte": 85
              },
              "label": "did you mean `replicas`?",
              "related": [],
              "help": [
                "type one of `image`, `port`, `replicas`"
              ],
              "fixes": [
                {
                  "title": "replace by `replicas`",
                  "edits": [
                    {
                      "file": "platform.kdl",
                      "start": {
                        "line": 5,
                        "column": 9,
                        "byte": 78
                      },
                      "end": {
                        "line": 5,
                        "column": 16,
                        "byte": 85
                      },
                      "text": "replicas"
                    }
                  ]
                }
              ],
              "environments": [],
              "waived": null
            },
            {
              "code": "TS001",
              "severity": "error",
              "title": "text that KDL does not allow here",
              "message": "service `api` is declared twice",
              "file": "platform.kdl",
              "start": {
                "line": 11,
                "column": 5,
                "byte": 172
              },
              "end": {
                "line": 11,
                "column": 18,
                "byte": 185
              },
              "label": "here again",
              "related": [
                {
                  "file": "platform.kdl",
                  "start": {
                    "line": 4,
                    "column": 5,
                    "byte": 54
                  },
                  "end": {
                    "line": 4,
                    "column": 18,
                    "byte": 67
                  },
                  "label": "first declared here"
                },
                {
                  "file": "teams/all.kdl",
                  "start": {
                    "line": 2,
                    "column": 1,
                    "byte": 9
                  },
                  "end": {
                    "line": 2,
                    "column": 16,
                    "byte": 24
                  },
                  "label": "this team owns both"
                }
              ],
              "help": [],
              "fixes": [],
              "environments": [],
              "waived": null
            },
            {
              "code": "TS001",
              "severity": "warning",
              "title": "text that KDL does not allow here",
              "message": "there is no service `apu`",
              "file": "platform.kdl",
              "start": {
                "line": 9,
                "column": 17,
                "byte": 148
              },
              "end": {
                "line": 9,
                "column": 30,
                "byte": 161
              },
              "label": null,
              "related": [],
              "help": [],
              "fixes": [
                {
                  "title": "declare it",
                  "edits": [
                    {
                      "file": "platform.kdl",
                      "start": {
                        "line": 9,
                        "column": 17,
                        "byte": 148
                      },
                      "end": {
                        "line": 9,
                        "column": 30,
                        "byte": 161
                      },
                      "text": "service=\"api\""
                    },
                    {
                      "file": "teams/all.kdl",
                      "start": {
                        "line": 2,
                        "column": 1,
                        "byte": 9
                      },
                      "end": {
                        "line": 2,
                        "column": 1,
                        "byte": 9
                      },
                      "text": "team \"new\"\n"
                    }
                  ]
                }
              ],
              "environments": [
                "production",
                "staging"
              ],
              "waived": null
            },
            {
              "code": "TS001",
              "severity": "error",
              "title": "text that KDL does not allow here",
              "message": "port below 1024",
              "file": "platform.kdl",
              "start": {
                "line": 11,
                "column": 26,
                "byte": 193
              },
              "end": {
                "line": 11,
                "column": 28,
                "byte": 195
              },
              "label": null,
              "related": [],
              "help": [],
              "fixes": [],
              "environments": [],
              "waived": {
                "file": "teams/all.kdl",
                "start": {
                  "line": 1,
                  "column": 4,
                  "byte": 3
                },
                "end": {
                  "line": 1,
                  "column": 8,
                  "byte": 7
                },
                "reason": "the old gateway knows no other",
                "owner": "payments",
                "until": "2027-03-31"
              }
            },
            {
              "code": "TS001",
              "severity": "hint",
              "title": "text that KDL does not allow here",
              "message": "no `team` is declared at all",
              "file": null,
              "start": null,
              "end": null,
              "label": null,
              "related": [],
              "help": [],
              "fixes": [],
              "environments": [],
              "waived": null
            }
          ],
          "more": []
        }
        "#);
    }

    #[test]
    fn nothing_found_is_an_object_too() {
        insta::assert_snapshot!(check(&Sample::default()), @r#"
        {
          "version": 1,
          "summary": {
            "error": 0,
            "warning": 0,
            "hint": 0,
            "waived": 0
          },
          "diagnostics": [],
          "more": []
        }
        "#);
    }

    #[test]
    fn nothing_a_file_holds_acts_on_who_reads() {
        let json = check(&sample::hostile());
        assert!(sample::is_inert(&json), "{json}");
        let finding = &serde_json::from_str::<serde_json::Value>(&json).unwrap()["diagnostics"][0];
        assert_eq!(finding["file"], "a\n::error::b,c:d%.kdl", "what a program acts on is exact");
        insta::assert_snapshot!(finding["message"], @r#""x\\n::error::owned\\r\\n\\u{23}#[add-mask]y\\u{1b}[2J\\u{202e}[masked] %0A::set-output""#);
        assert_eq!(finding["fixes"].as_array().unwrap().len(), 0, "a fix that holds a token is left out");
    }

    #[test]
    fn an_edit_is_exact_even_where_it_holds_controls() {
        let text = "\u{1b}\u{202e}\u{e0041}##[x]\t\r\n\u{7f}";
        let sample = Sample::default().file("a.kdl", "a").report(|_| {
            let span = Span::new(FileId(0), 0, 1);
            Diagnostic::new(Code::UnexpectedText, span, "m").replace(span, text)
        });
        let json = check(&sample);
        assert!(sample::is_inert(&json), "{json}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["diagnostics"][0]["fixes"][0]["edits"][0]["text"], text);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_inert(text in "(?s).{0,80}", start in 0_usize..80, length in 0_usize..80) {
            let sample = sample::any(&text, start, length);
            proptest::prop_assert!(sample::is_inert(&check(&sample)));
        }
    }
}
