//! Findings of all shapes, for the tests of the renderers.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix, Severity, Waived};
use crate::source::{FileId, SourceMap, Span};

/// Texts and findings in them.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Diagnostics,
}

impl Sample {
    /// Takes a file in.
    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.sources.add(path, text);
        self
    }

    /// Reports what `make` says of the file.
    pub(super) fn report(mut self, make: impl FnOnce(&SourceMap) -> Diagnostic) -> Self {
        self.diagnostics.report(make(&self.sources));
        self
    }
}

/// The first place in a file where `text` stands.
pub(super) fn span(sources: &SourceMap, path: &str, text: &str) -> Span {
    let file = sources.find(path).unwrap();
    let start = sources.file(file).text.find(text).unwrap();
    Span::new(file, u32::try_from(start).unwrap(), u32::try_from(start + text.len()).unwrap())
}

/// A platform with a finding of each shape.
pub(super) fn everyday() -> Sample {
    let platform = "platform \"hello\" edition=\"2026\"\n\nproject \"shop\" {\n    service \"api\" {\n        replcas 2\n        port 8080\n    }\n    service \"web\" {\n        reaches service=\"apu\"\n    }\n    service \"api\" { port 81 }\n}\n";
    let team = "// teams\nteam \"payments\" { member \"dee@example.com\" }\n";
    Sample::default()
        .file("platform.kdl", platform)
        .file("teams/all.kdl", team)
        .report(|it| {
            let here = span(it, "platform.kdl", "replcas");
            Diagnostic::new(Code::UnexpectedText, here, "`service` knows no `replcas`")
                .label("did you mean `replicas`?")
                .help("type one of `image`, `port`, `replicas`")
                .replace(here, "replicas")
        })
        .report(|it| {
            let first = span(it, "platform.kdl", "service \"api\"");
            let file = FileId(0);
            let again = u32::try_from(it.file(file).text.rfind("service \"api\"").unwrap()).unwrap();
            Diagnostic::new(
                Code::UnexpectedText,
                Span::new(file, again, again + 13),
                "service `api` is declared twice",
            )
            .label("here again")
            .related(first, "first declared here")
            .related(span(it, "teams/all.kdl", "team \"payments\""), "this team owns both")
        })
        .report(|it| {
            let here = span(it, "platform.kdl", "service=\"apu\"");
            let mut found = Diagnostic::new(Code::UnexpectedText, here, "there is no service `apu`");
            found.severity = Severity::Warning;
            found.environments = ["production", "staging"].map(str::to_owned).into();
            found.fix(Fix {
                title: "declare it".into(),
                edits: vec![
                    Edit { span: here, text: "service=\"api\"".into() },
                    Edit {
                        span: span(it, "teams/all.kdl", "// teams\n").after(),
                        text: "team \"new\"\n".into(),
                    },
                ],
            })
        })
        .report(|it| {
            let mut found =
                Diagnostic::new(Code::UnexpectedText, span(it, "platform.kdl", "81"), "port below 1024");
            found.waived = Some(Waived {
                span: span(it, "teams/all.kdl", "team"),
                reason: "the old gateway knows no other".into(),
                owner: "payments".into(),
                until: "2027-03-31".into(),
            });
            found
        })
        .report(|_| {
            let mut found = Diagnostic::nowhere(Code::UnexpectedText, "no `team` is declared at all");
            found.severity = Severity::Hint;
            found
        })
}

/// Text that tries to act on the terminal, the log and the runner, in every piece that a file can shape.
pub(super) fn hostile() -> Sample {
    let token = ["gh", "p_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"].concat();
    let attack = format!("x\n::error::owned\r\n##[add-mask]y\u{1b}[2J\u{202e}{token} %0A::set-output");
    let text = format!(
        "\u{feff}env \"A\u{1b}]0;x\u{7}\" \"{token}\"\t\u{202e}x\u{200b}\r\n##[error]z\r\n::warning::w {}",
        "a".repeat(500)
    );
    let end = u32::try_from(text.len()).unwrap();
    Sample::default()
        .file("a\n::error::b,c:d%.kdl", &text)
        .report(move |_| {
            let file = FileId(0);
            let mut found = Diagnostic::new(Code::UnexpectedText, Span::new(file, 3, end), &attack)
                .label(&attack)
                .related(Span::new(file, end, end), &attack)
                .related(Span::new(file, 0, 0), "")
                .help(&attack)
                .replace(Span::new(file, 3, 6), &attack);
            found.environments = [attack.clone()].into();
            found
        })
        .report(|_| {
            let mut found =
                Diagnostic::new(Code::UnexpectedText, Span::new(FileId(0), 3, 6), "y\n::error::z");
            found.waived = Some(Waived {
                span: Span::new(FileId(0), 3, 6),
                reason: "r\n::error::z".into(),
                owner: "o\u{1b}[1m".into(),
                until: "2027\n".into(),
            });
            found
        })
}

/// Whether an output holds nothing that acts: no control but `\n`, and no line that a runner would obey.
pub(super) fn is_inert(output: &str) -> bool {
    use crate::diagnostic::visible::{RUNNER_COMMAND, hides};
    !output.chars().any(|it| hides(it) && it != '\n') && !output.contains(RUNNER_COMMAND)
}

/// A finding at some place of any text, with that text in each of its pieces.
pub(super) fn any(text: &str, start: usize, length: usize) -> Sample {
    let at = |it: usize| u32::try_from(text.floor_char_boundary(it.min(text.len()))).unwrap();
    let span = Span::new(FileId(0), at(start), at(start + length));
    let waived = Waived { span, reason: text.to_owned(), owner: text.to_owned(), until: text.to_owned() };
    let make = |waived| {
        let mut found =
            Diagnostic::new(Code::UnexpectedText, span, text).label(text).related(span.after(), text);
        found.environments = [text.to_owned()].into();
        found.waived = waived;
        found.help(text).replace(span, text)
    };
    let mut sample = Sample::default().file(text, text);
    sample.diagnostics.report(make(None));
    sample.diagnostics.report(make(Some(waived)));
    sample.diagnostics.report(Diagnostic::nowhere(Code::UnexpectedText, text));
    sample
}
