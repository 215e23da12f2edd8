//! Findings as a SARIF 2.1.0 file, for code scanning and for whoever keeps records.
//!
//! A waived finding is a suppressed result. GitHub does not read suppressions and would open an alert, so for GitHub
//! ([`Audience::GitHub`]) waived findings are left out; and a file over GitHub's limits would be refused as a whole, so
//! there the lightest findings go first, and a notification in the file says how many. So does one of findings that were
//! counted and never listed. What a help lists at length, as the words that are known at the top, is said once with the rule.

mod fingerprint;
mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use crate::diagnostic::code::{Code, Row};
use crate::diagnostic::hidden::Hidden;
use crate::diagnostic::json::inert;
use crate::diagnostic::visible::shown;
use crate::diagnostic::{self, Diagnostic, Diagnostics, Label, Severity, Waived, counted, in_repository};
use crate::source::{FileId, SourceMap, Span};

/// Who reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Any program that knows the standard: everything is in it, waived findings as suppressed results.
    Everyone,
    /// GitHub's code scanning: waived findings are left out, every result has a place, and its limits are kept.
    GitHub,
}

/// What a file says of itself besides its findings.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Who reads it.
    pub audience: Audience,
    /// The folder of the tree in its repository; empty where it is all of it.
    pub root: &'a str,
    /// Tells the runs of one tool apart, as in `trackside/shop/staging`; a later one of the same name replaces an earlier.
    pub category: Option<&'a str>,
}

/// Writes a SARIF file with all findings.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, run: &Run<'_>) -> String {
    let limits = match run.audience {
        Audience::Everyone => Limits { results: usize::MAX, bytes: usize::MAX },
        Audience::GitHub => GITHUB,
    };
    limited(diagnostics, sources, run, limits)
}

/// What a reader takes.
#[derive(Clone, Copy)]
struct Limits {
    /// Results of a run.
    results: usize,
    /// Bytes of the file after `gzip`.
    bytes: usize,
}

/// GitHub refuses a file beyond these; of the results it shows the 5,000 heaviest. Its other limits are out of reach: one
/// run of 20, as many rules as the catalogue has of 25,000.
const GITHUB: Limits = Limits { results: 25_000, bytes: 10_000_000 };

/// Locations that GitHub takes for one result, the primary one included.
const LOCATIONS: usize = 1_000;

fn limited(diagnostics: &Diagnostics, sources: &SourceMap, run: &Run<'_>, limits: Limits) -> String {
    let unlisted = diagnostics.more().map(|(_, count)| count).sum();
    let mut writer =
        Writer { sources, hidden: &diagnostics.hidden, run: *run, unlisted, fingerprints: BTreeMap::new() };
    let ranked: Vec<&Diagnostic> = diagnostics.ranked().into_iter().filter(|it| writer.takes(it)).collect();
    let mut count = ranked.len().min(limits.results);
    loop {
        let kept: BTreeSet<*const Diagnostic> =
            ranked[..count].iter().map(|it| std::ptr::from_ref(*it)).collect();
        let kept = diagnostics.iter().filter(|it| kept.contains(&std::ptr::from_ref(*it)));
        let file = inert(&writer.log(&kept.collect::<Vec<_>>(), ranked.len() - count));
        // What is small before it is packed need not be packed to know.
        let bytes = if file.len() <= limits.bytes { file.len() } else { packed(&file) };
        if bytes <= limits.bytes || count == 0 {
            return file;
        }
        // A tenth less than the share that would fit, because what stays is not as easily packed as what goes.
        count = (count * limits.bytes / bytes * 9 / 10).min(count - 1);
    }
}

fn packed(file: &str) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let written = encoder.write_all(file.as_bytes()).and_then(|()| encoder.finish());
    written.expect("memory takes every byte").len()
}

struct Writer<'a> {
    sources: &'a SourceMap,
    hidden: &'a Hidden,
    run: Run<'a>,
    /// How many findings were counted and not listed.
    unlisted: usize,
    /// The fingerprints of the lines of the files with findings.
    fingerprints: BTreeMap<FileId, Vec<String>>,
}

impl Writer<'_> {
    fn takes(&self, it: &Diagnostic) -> bool {
        match self.run.audience {
            Audience::Everyone => true,
            Audience::GitHub => it.waived.is_none() && self.place(it).is_some(),
        }
    }

    fn log(&mut self, diagnostics: &[&Diagnostic], left_out: usize) -> log::Log {
        let codes: BTreeSet<Code> = diagnostics.iter().map(|it| it.code).collect();
        let rules: Vec<Code> = codes.into_iter().collect();
        let results = diagnostics.iter().map(|it| self.result(it, &rules)).collect();
        let mut lists: BTreeMap<Code, BTreeSet<String>> = BTreeMap::new();
        for it in diagnostics {
            let long = it.help.iter().filter(|it| it.len() > MOST_HELP).map(|it| plain(it));
            let known = lists.entry(it.code).or_default();
            known.extend(long.take(MOST_LISTS.saturating_sub(known.len())));
        }
        let notification = |count: usize, why: &str| {
            let message = log::Message { text: format!("{} {why}", counted(count, "finding")) };
            (count > 0).then_some(log::Notification { level: log::Level::Warning, message })
        };
        let left_out = [
            notification(left_out, "left out to keep the limits of GitHub; the lightest went first"),
            notification(self.unlisted, "beyond these are counted and not listed; mend these first"),
        ];
        log::Log {
            schema: log::SCHEMA,
            version: "2.1.0",
            runs: [log::Run {
                tool: log::Tool {
                    driver: log::Driver {
                        name: "trackside",
                        semantic_version: env!("CARGO_PKG_VERSION"),
                        rules: rules.iter().map(|it| rule(it.row(), lists.get(it))).collect(),
                    },
                },
                automation_details: self
                    .run
                    .category
                    .map(|it| log::AutomationDetails { id: format!("{}/", shown(it).trim_end_matches('/')) }),
                column_kind: "unicodeCodePoints",
                invocations: [log::Invocation {
                    // The tool did its work; that it found something is in the results.
                    execution_successful: true,
                    tool_execution_notifications: left_out.into_iter().flatten().collect(),
                }],
                results,
            }],
        }
    }

    fn result(&mut self, it: &Diagnostic, rules: &[Code]) -> log::Result {
        // No `..`: a new field must be written here.
        let Diagnostic {
            code,
            severity,
            primary: _,
            message: _,
            related,
            help: _,
            fixes,
            environments,
            waived,
        } = it;
        let place = self.place(it);
        let fingerprint = place.map(|it| ("primaryLocationLineHash", self.fingerprint(it)));
        let related: &[Label] = match self.run.audience {
            Audience::Everyone => related,
            Audience::GitHub => &related[..related.len().min(LOCATIONS - 1)],
        };
        let environments: Vec<String> = environments.iter().map(|it| shown(it).into_owned()).collect();
        log::Result {
            rule_id: code.id(),
            rule_index: rules
                .binary_search(code)
                .expect("the rules are those of the results, in their order"),
            level: level(*severity),
            message: log::Message { text: message(it, related) },
            locations: place.map(|it| self.location(it)).into_iter().collect(),
            related_locations: (1..)
                .zip(related)
                .map(|(id, label)| {
                    let text = plain(&label.text);
                    let message = (!text.is_empty()).then_some(log::Message { text });
                    log::Location { id: Some(id), message, ..self.location(label.span) }
                })
                .collect(),
            partial_fingerprints: fingerprint.into_iter().collect(),
            fixes: fixes.iter().filter(|it| !self.hidden.is_in(it)).map(|it| self.fix(it)).collect(),
            suppressions: waived.iter().map(|it| self.suppression(it)).collect(),
            properties: (!environments.is_empty()).then_some(log::Properties { environments }),
        }
    }

    /// Where a finding is shown. GitHub refuses a result without a place, so what stands nowhere stands there at the
    /// beginning of the first file, which is the platform's.
    fn place(&self, it: &Diagnostic) -> Option<Span> {
        let anywhere = || match self.run.audience {
            Audience::Everyone => None,
            Audience::GitHub => self.sources.files().next().map(|(file, _)| Span::new(file, 0, 0)),
        };
        it.primary.as_ref().map(|it| it.span).or_else(anywhere)
    }

    fn fingerprint(&mut self, span: Span) -> String {
        let file = self.sources.file(span.file);
        let lines = self.fingerprints.entry(span.file).or_insert_with(|| fingerprint::of_lines(&file.text));
        lines[file.position(span.start).line as usize - 1].clone()
    }

    fn location(&self, span: Span) -> log::Location {
        let physical_location =
            log::PhysicalLocation { artifact_location: self.artifact(span.file), region: self.region(span) };
        log::Location { id: None, physical_location, message: None }
    }

    fn artifact(&self, file: FileId) -> log::ArtifactLocation {
        let path = in_repository(self.run.root, &self.sources.file(file).path);
        log::ArtifactLocation { uri: uri(&path), uri_base_id: "%SRCROOT%" }
    }

    fn region(&self, span: Span) -> log::Region {
        let (start, end) = (self.sources.start(span), self.sources.end(span));
        log::Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    fn fix(&self, it: &diagnostic::Fix) -> log::Fix {
        let mut files: BTreeMap<FileId, Vec<log::Replacement>> = BTreeMap::new();
        for diagnostic::Edit { span, text } in &it.edits {
            let inserted_content = log::Message { text: text.clone() };
            let replacement = log::Replacement { deleted_region: self.region(*span), inserted_content };
            files.entry(span.file).or_default().push(replacement);
        }
        let changes = files.into_iter().map(|(file, replacements)| log::ArtifactChange {
            artifact_location: self.artifact(file),
            replacements,
        });
        log::Fix { description: log::Message { text: plain(&it.title) }, artifact_changes: changes.collect() }
    }

    fn suppression(&self, it: &Waived) -> log::Suppression {
        let Waived { span, reason, owner, until } = it;
        let justification = format!("{} (`{}` until {})", shown(reason), shown(owner), shown(until));
        log::Suppression {
            kind: "external",
            status: "accepted",
            justification,
            location: self.location(*span),
        }
    }
}

/// A longer help lists something. It says the same in many results, and stands once with their rule.
const MOST_HELP: usize = 200;

/// So many lists are told of one rule.
const MOST_LISTS: usize = 20;

fn rule(row: &Row, lists: Option<&BTreeSet<String>>) -> log::Rule {
    // No `..`: a new column of the catalogue must be written here.
    let Row { code, id, severity, title, explanation, of, example, fixed } = row;
    let language = of.language();
    let lists: String = lists.into_iter().flatten().map(|it| format!("\n\n{it}")).collect();
    log::Rule {
        id,
        name: format!("{code:?}"),
        short_description: log::Message { text: (*title).to_owned() },
        full_description: log::Message { text: (*explanation).to_owned() },
        help: log::Help {
            text: format!("{explanation}{lists}"),
            markdown: format!(
                "{explanation}{lists}\n\n```{language}\n{}\n```\n\nMended:\n\n```{language}\n{}\n```\n",
                example.trim_end(),
                fixed.trim_end()
            ),
        },
        default_configuration: log::Configuration { level: level(*severity) },
    }
}

fn level(severity: Severity) -> log::Level {
    match severity {
        Severity::Error => log::Level::Error,
        Severity::Warning => log::Level::Warning,
        Severity::Hint => log::Level::Note,
    }
}

/// What is wrong, what to do and, as links that a viewer follows, the other places.
fn message(it: &Diagnostic, related: &[Label]) -> String {
    let mut text = plain(&it.message);
    if let Some(label) = it.primary.as_ref().filter(|it| !it.text.is_empty()) {
        text = format!("{text}: {}", plain(&label.text));
    }
    let help = it.help.iter().map(|it| match it.len() > MOST_HELP {
        true => "help: what is known here stands in the help of the rule".to_owned(),
        false => format!("help: {}", plain(it)),
    });
    let links = (1..).zip(related).filter(|(_, it)| !it.text.is_empty());
    let links =
        links.map(|(id, it)| format!("[{}]({id})", shown(&it.text).replace('[', "(").replace(']', ")")));
    std::iter::once(text).chain(help).chain(links).collect::<Vec<_>>().join("\n")
}

/// A text that is [`shown`] and makes no link: SARIF reads `[text](address)` in messages.
fn plain(text: &str) -> String {
    shown(text).replace("](", "] (")
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes everything");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::sample::{self, Sample};
    use crate::diagnostic::{Edit, Fix};

    const EVERYONE: Run<'_> = Run { audience: Audience::Everyone, root: "", category: None };
    const GITHUB: Run<'_> =
        Run { audience: Audience::GitHub, root: "examples/shop", category: Some("trackside/shop") };

    fn check(sample: &Sample, run: &Run<'_>) -> serde_json::Value {
        let json = render(&sample.diagnostics, &sample.sources, run);
        assert!(sample::is_inert(&json), "{json}");
        serde_json::from_str(&json).unwrap()
    }

    fn many(count: u32) -> Sample {
        let mut sample = Sample::default().file("a.kdl", &"service \"api\"\n".repeat(count as usize));
        for it in 0..count {
            let span = Span::new(FileId(0), it * 14, it * 14 + 7);
            let mut found = Diagnostic::new(Code::UnexpectedText, span, format!("number {it}"));
            found.severity = if it % 2 == 0 { Severity::Hint } else { Severity::Error };
            sample.diagnostics.report(found);
        }
        sample
    }

    #[test]
    fn an_everyday_file() {
        insta::with_settings!({filters => vec![(r#""semanticVersion": "[^"]+""#, r#""semanticVersion": "…""#)]}, {
            let Sample { sources, diagnostics } = sample::everyday();
            insta::assert_snapshot!(render(&diagnostics, &sources, &EVERYONE), @r#"
            {
              "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
              "version": "2.1.0",
              "runs": [
                {
                  "tool": {
                    "driver": {
                      "name": "trackside",
                      "semanticVersion": "…",
                      "rules": [
                        {
                          "id": "TS001",
                          "name": "UnexpectedText",
                          "shortDescription": {
                            "text": "text that KDL does not allow here"
                          },
                          "fullDescription": {
                            "text": "A node is a name, then its arguments and properties on the same line, then at most one block of children in braces. Something else stands here, so this piece was skipped and reading went on after it."
                          },
                          "help": {
                            "text": "A node is a name, then its arguments and properties on the same line, then at most one block of children in braces. Something else stands here, so this piece was skipped and reading went on after it.",
                            "markdown": "A node is a name, then its arguments and properties on the same line, then at most one block of children in braces. Something else stands here, so this piece was skipped and reading went on after it.\n\n```kdl\nplatform \"hello\" = edition=\"2026\"\n```\n\nMended:\n\n```kdl\nplatform \"hello\" edition=\"2026\"\ncluster {\n    kubernetes \"1.35\"\n    pods \"10.244.0.0/16\"\n    services \"10.96.0.0/12\"\n    dns namespace=\"kube-system\" label=\"k8s-app=kube-dns\"\n}\n```\n"
                          },
                          "defaultConfiguration": {
                            "level": "error"
                          }
                        }
                      ]
                    }
                  },
                  "columnKind": "unicodeCodePoints",
                  "invocations": [
                    {
                      "executionSuccessful": true
                    }
                  ],
                  "results": [
                    {
                      "ruleId": "TS001",
                      "ruleIndex": 0,
                      "level": "error",
                      "message": {
                        "text": "`service` knows no `replcas`: did you mean `replicas`?\nhelp: type one of `image`, `port`, `replicas`"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "platform.kdl",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 5,
                              "startColumn": 9,
                              "endLine": 5,
                              "endColumn": 16
                            }
                          }
                        }
                      ],
                      "partialFingerprints": {
                        "primaryLocationLineHash": "6a243f2d591c4339:1"
                      },
                      "fixes": [
                        {
                          "description": {
                            "text": "replace by `replicas`"
                          },
                          "artifactChanges": [
                            {
                              "artifactLocation": {
                                "uri": "platform.kdl",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "replacements": [
                                {
                                  "deletedRegion": {
                                    "startLine": 5,
                                    "startColumn": 9,
                                    "endLine": 5,
                                    "endColumn": 16
                                  },
                                  "insertedContent": {
                                    "text": "replicas"
                                  }
                                }
                              ]
                            }
                          ]
                        }
                      ]
                    },
                    {
                      "ruleId": "TS001",
                      "ruleIndex": 0,
                      "level": "error",
                      "message": {
                        "text": "service `api` is declared twice: here again\n[first declared here](1)\n[this team owns both](2)"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "platform.kdl",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 11,
                              "startColumn": 5,
                              "endLine": 11,
                              "endColumn": 18
                            }
                          }
                        }
                      ],
                      "relatedLocations": [
                        {
                          "id": 1,
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "platform.kdl",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 4,
                              "startColumn": 5,
                              "endLine": 4,
                              "endColumn": 18
                            }
                          },
                          "message": {
                            "text": "first declared here"
                          }
                        },
                        {
                          "id": 2,
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "teams/all.kdl",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 2,
                              "startColumn": 1,
                              "endLine": 2,
                              "endColumn": 16
                            }
                          },
                          "message": {
                            "text": "this team owns both"
                          }
                        }
                      ],
                      "partialFingerprints": {
                        "primaryLocationLineHash": "fb20b26d46949e5d:1"
                      }
                    },
                    {
                      "ruleId": "TS001",
                      "ruleIndex": 0,
                      "level": "warning",
                      "message": {
                        "text": "there is no service `apu`"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "platform.kdl",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 9,
                              "startColumn": 17,
                              "endLine": 9,
                              "endColumn": 30
                            }
                          }
                        }
                      ],
                      "partialFingerprints": {
                        "primaryLocationLineHash": "6ca7d35390b99899:1"
                      },
                      "fixes": [
                        {
                          "description": {
                            "text": "declare it"
                          },
                          "artifactChanges": [
                            {
                              "artifactLocation": {
                                "uri": "platform.kdl",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "replacements": [
                                {
                                  "deletedRegion": {
                                    "startLine": 9,
                                    "startColumn": 17,
                                    "endLine": 9,
                                    "endColumn": 30
                                  },
                                  "insertedContent": {
                                    "text": "service=\"api\""
                                  }
                                }
                              ]
                            },
                            {
                              "artifactLocation": {
                                "uri": "teams/all.kdl",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "replacements": [
                                {
                                  "deletedRegion": {
                                    "startLine": 2,
                                    "startColumn": 1,
                                    "endLine": 2,
                                    "endColumn": 1
                                  },
                                  "insertedContent": {
                                    "text": "team \"new\"\n"
                                  }
                                }
                              ]
                            }
                          ]
                        }
                      ],
                      "properties": {
                        "environments": [
                          "production",
                          "staging"
                        ]
                      }
                    },
                    {
                      "ruleId": "TS001",
                      "ruleIndex": 0,
                      "level": "error",
                      "message": {
                        "text": "port below 1024"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "platform.kdl",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 11,
                              "startColumn": 26,
                              "endLine": 11,
                              "endColumn": 28
                            }
                          }
                        }
                      ],
                      "partialFingerprints": {
                        "primaryLocationLineHash": "fb20b26d46949e5d:1"
                      },
                      "suppressions": [
                        {
                          "kind": "external",
                          "status": "accepted",
                          "justification": "the old gateway knows no other (`payments` until 2027-03-31)",
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "teams/all.kdl",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "region": {
                                "startLine": 1,
                                "startColumn": 4,
                                "endLine": 1,
                                "endColumn": 8
                              }
                            }
                          }
                        }
                      ]
                    },
                    {
                      "ruleId": "TS001",
                      "ruleIndex": 0,
                      "level": "note",
                      "message": {
                        "text": "no `team` is declared at all"
                      },
                      "locations": []
                    }
                  ]
                }
              ]
            }
            "#);
        });
    }

    #[test]
    fn for_github_waived_findings_are_left_out_and_every_result_has_a_place() {
        let log = check(&sample::everyday(), &GITHUB);
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        assert!(results.iter().all(|it| it["suppressions"].is_null()));
        let places = results.iter().map(|it| &it["locations"][0]["physicalLocation"]);
        let places =
            places.map(|it| format!("{}:{}", it["artifactLocation"]["uri"], it["region"]["startLine"]));
        insta::assert_snapshot!(places.collect::<Vec<_>>().join("\n"), @r#"
        "examples/shop/platform.kdl":5
        "examples/shop/platform.kdl":11
        "examples/shop/platform.kdl":9
        "examples/shop/platform.kdl":1
        "#);
        assert_eq!(log["runs"][0]["automationDetails"]["id"], "trackside/shop/");
        assert_eq!(check(&Sample::default(), &GITHUB)["runs"][0]["results"], serde_json::json!([]));
    }

    #[test]
    fn what_is_over_a_limit_goes_the_lightest_first() {
        let Sample { sources, diagnostics } = many(100);
        let results = |limits| {
            let log: serde_json::Value =
                serde_json::from_str(&limited(&diagnostics, &sources, &GITHUB, limits)).unwrap();
            let run = &log["runs"][0];
            let messages =
                run["results"].as_array().unwrap().iter().map(|it| it["message"]["text"].to_string());
            let note = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].to_string();
            (messages.collect::<Vec<_>>(), note)
        };
        let (messages, note) = results(Limits { results: 51, bytes: usize::MAX });
        assert_eq!(messages.len(), 51);
        assert_eq!(
            messages[..3],
            ["\"number 0\"", "\"number 1\"", "\"number 3\""],
            "errors and the first hint, by place"
        );
        insta::assert_snapshot!(note, @r#""49 findings left out to keep the limits of GitHub; the lightest went first""#);
        let (messages, _) = results(Limits { results: usize::MAX, bytes: 1_000 });
        assert!((1..50).contains(&messages.len()), "{}", messages.len());
        assert!(
            packed(&limited(&diagnostics, &sources, &GITHUB, Limits { results: 100, bytes: 1_000 })) <= 2_000
        );
        let (messages, note) = results(Limits { results: usize::MAX, bytes: usize::MAX });
        assert_eq!((messages.len(), note.as_str()), (100, "null"));
        let (messages, _) = results(Limits { results: usize::MAX, bytes: 1 });
        assert_eq!(messages.len(), 0, "it ends where nothing fits");
    }

    #[test]
    fn what_nobody_would_read_is_counted_and_lists_stand_with_their_rule() {
        let mut sample = many(3_000);
        let list = format!("known at the top: {}", "`platform`, ".repeat(60));
        let found =
            Diagnostic::new(Code::UnknownKind, Span::new(FileId(0), 0, 7), "unknown").help(list.as_str());
        sample.diagnostics.report(found);
        let log = check(&sample, &EVERYONE);
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), crate::diagnostic::MOST_OF_CODE + 1);
        let note = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        insta::assert_snapshot!(note.as_str().unwrap(), @"2000 findings beyond these are counted and not listed; mend these first");
        assert_eq!(run["results"].to_string().matches("known at the top").count(), 0);
        assert!(run["tool"]["driver"]["rules"][1]["help"]["text"].as_str().unwrap().contains(&list));
        let summary = sample.diagnostics.summary();
        assert_eq!((summary.errors, summary.hints), (1_501, 1_500));
        assert!(sample.diagnostics.fails());
    }

    #[test]
    fn a_result_has_no_more_places_than_github_takes() {
        let mut sample = many(1);
        let mut found = Diagnostic::new(Code::UnexpectedText, Span::new(FileId(0), 0, 1), "m");
        found.related = vec![Label { span: Span::new(FileId(0), 1, 2), text: String::new() }; 2_000];
        sample.diagnostics = Diagnostics::default();
        sample.diagnostics.report(found);
        let places = |run| {
            let result = &check(&sample, run)["runs"][0]["results"][0];
            [&result["locations"], &result["relatedLocations"]].map(|it| it.as_array().unwrap().len())
        };
        assert_eq!(places(&GITHUB), [1, LOCATIONS - 1]);
        assert_eq!(places(&EVERYONE), [1, 2_000]);
    }

    #[test]
    fn nothing_a_file_holds_acts_links_or_leaks() {
        let log = check(&sample::hostile(), &EVERYONE);
        assert!(!log.to_string().contains("ghp_"));
        let result = &log["runs"][0]["results"][0];
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        insta::assert_snapshot!(uri.as_str().unwrap(), @r"a%0A%3A%3Aerror%3A%3Ab%2Cc%3Ad%25.kdl");
        assert!(result["fixes"].is_null(), "a fix that holds a token is left out");
        let sample = Sample::default().file("ü/[a].kdl", "x").report(|_| {
            let span = Span::new(FileId(0), 0, 1);
            let link = "see [this](https://evil.example)";
            let fix = Fix { title: link.into(), edits: vec![Edit { span, text: link.into() }] };
            Diagnostic::new(Code::UnexpectedText, span, link)
                .label(link)
                .related(span, link)
                .help(link)
                .fix(fix)
        });
        let result = &check(&sample, &GITHUB)["runs"][0]["results"][0];
        insta::assert_snapshot!(result["message"]["text"].as_str().unwrap(), @r"
        see [this] (https://evil.example): see [this] (https://evil.example)
        help: see [this] (https://evil.example)
        [see (this)(https://evil.example)](1)
        ");
        insta::assert_snapshot!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap(), @r"examples/shop/%C3%BC/%5Ba%5D.kdl");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_inert(text in "(?s).{0,80}", start in 0_usize..80, length in 0_usize..80) {
            let sample = sample::any(&text, start, length);
            let results = |run| check(&sample, run)["runs"][0]["results"].as_array().unwrap().len();
            proptest::prop_assert_eq!(results(&EVERYONE), 3);
            proptest::prop_assert_eq!(results(&GITHUB), 2);
        }
    }
}
