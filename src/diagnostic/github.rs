//! Findings as annotations of a pull request: the workflow commands that GitHub's runner reads out of a log.
//!
//! GitHub shows ten annotations of a kind for a step and fifty for a job and drops the rest without a word. So the
//! heaviest are chosen here, and a last line counts the others. A waived finding is none for a reviewer to act on.

use std::fmt::Write as _;

use crate::diagnostic::human::in_environments;
use crate::diagnostic::visible::shown;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, counted, in_repository};
use crate::source::SourceMap;

/// How many annotations of a kind GitHub shows for one step.
pub const PER_KIND: usize = 10;

/// How many annotations GitHub shows for one job: what [`render`] is given where no other step annotates.
pub const PER_JOB: usize = 50;

/// Writes the commands, one line each. `root` is the folder of the tree in its repository (empty where it is all of it),
/// `left` is how many annotations the job may still make.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, root: &str, left: usize) -> String {
    let mut out = String::new();
    let mut kinds = [(Severity::Error, 0), (Severity::Warning, 0), (Severity::Hint, 0)];
    let mut made = 0;
    for it in diagnostics.ranked() {
        let kind = kinds.iter_mut().find(|(severity, _)| *severity == it.severity && it.waived.is_none());
        let Some((_, count)) = kind else { continue };
        *count += 1;
        if *count <= PER_KIND && made < left {
            made += 1;
            annotate(it, sources, root, &mut out);
        }
    }
    let unlisted: usize = diagnostics.more().filter(|(it, _)| !it.waived).map(|(_, count)| count).sum();
    let all = kinds.iter().map(|(_, count)| count).sum::<usize>() + unlisted;
    if all > made {
        let summary = diagnostics.summary();
        writeln!(
            out,
            "trackside: {} of {} are annotated, the heaviest first, because GitHub shows {PER_KIND} of a kind; \
             `trackside check` shows all ({summary})",
            made,
            counted(all, "finding"),
        )
        .expect("a string takes every text");
    }
    out
}

fn annotate(it: &Diagnostic, sources: &SourceMap, root: &str, out: &mut String) {
    // No `..`: a new field must be shown here or left out on purpose. Fixes do not fit on a line.
    let Diagnostic { code, severity, primary, message, related, help, fixes: _, environments, waived: _ } =
        it;
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let mut properties = Vec::new();
    let mut lines = vec![shown(message).into_owned()];
    if let Some(primary) = primary {
        let path = in_repository(root, sources.path(primary.span));
        let (start, end) = (sources.start(primary.span), sources.end(primary.span));
        properties.push(("file", shown(&path).into_owned()));
        properties.push(("line", start.line.to_string()));
        properties.push(("endLine", end.line.to_string()));
        // Columns count within one line only, and the last one is part of the place.
        if start.line == end.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endColumn", start.column.max(end.column - 1).to_string()));
        }
        if !primary.text.is_empty() {
            lines[0] = format!("{}: {}", lines[0], shown(&primary.text));
        }
    }
    properties.push(("title", format!("{code}: {}", code.row().title)));
    if !environments.is_empty() {
        lines.push(shown(&in_environments(environments.iter().map(String::as_str))).into_owned());
    }
    lines.extend(related.iter().map(|it| {
        let place = in_repository(root, &sources.place(it.span));
        if it.text.is_empty() {
            shown(&place).into_owned()
        } else {
            format!("{}: {}", shown(&place), shown(&it.text))
        }
    }));
    lines.extend(help.iter().map(|it| format!("help: {}", shown(it))));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    writeln!(out, "::{command} {}::{}", properties.join(","), data(&lines.join("\n")))
        .expect("a string takes every text");
}

/// Escapes what would end a command or its line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes what would end a property as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code::Code;
    use crate::diagnostic::sample::{self, Sample};
    use crate::source::{FileId, Span};

    fn check(sample: &Sample, root: &str) -> String {
        let out = render(&sample.diagnostics, &sample.sources, root, PER_JOB);
        for line in out.lines() {
            let ours = ["::error ", "::warning ", "::notice ", "trackside: "];
            assert!(ours.iter().any(|it| line.starts_with(it)), "{line}");
        }
        assert!(sample::is_inert(&out), "{out}");
        out
    }

    /// As many findings of each severity.
    fn many(counts: [usize; 3]) -> Sample {
        let mut sample = Sample::default().file("a.kdl", "abc");
        for (severity, count) in [Severity::Hint, Severity::Warning, Severity::Error].into_iter().zip(counts)
        {
            for it in 0..count {
                let mut found =
                    Diagnostic::new(Code::UnexpectedText, Span::new(FileId(0), 0, 1), format!("number {it}"));
                found.severity = severity;
                sample.diagnostics.report(found);
            }
        }
        sample
    }

    #[test]
    fn an_everyday_report() {
        insta::assert_snapshot!(check(&sample::everyday(), "examples/shop"), @r"
        ::error file=examples/shop/platform.kdl,line=5,endLine=5,col=9,endColumn=15,title=TS001%3A text that KDL does not allow here::`service` knows no `replcas`: did you mean `replicas`?%0Ahelp: type one of `image`, `port`, `replicas`
        ::error file=examples/shop/platform.kdl,line=11,endLine=11,col=5,endColumn=17,title=TS001%3A text that KDL does not allow here::service `api` is declared twice: here again%0Aexamples/shop/platform.kdl:4: first declared here%0Aexamples/shop/teams/all.kdl:2: this team owns both
        ::warning file=examples/shop/platform.kdl,line=9,endLine=9,col=17,endColumn=29,title=TS001%3A text that KDL does not allow here::there is no service `apu`%0Ain environments `production` and `staging`
        ::notice title=TS001%3A text that KDL does not allow here::no `team` is declared at all
        ");
    }

    #[test]
    fn what_is_too_much_is_counted_the_heaviest_first() {
        let all = many([3, 12, 25]);
        let out = check(&all, "");
        let of = |kind: &str| out.lines().filter(|it| it.starts_with(kind)).count();
        assert_eq!((of("::error "), of("::warning "), of("::notice ")), (10, 10, 3));
        assert!(out.starts_with("::error file=a.kdl,line=1,endLine=1,col=1,endColumn=1,title="), "{out}");
        insta::assert_snapshot!(out.lines().last().unwrap(), @r"trackside: 23 of 40 findings are annotated, the heaviest first, because GitHub shows 10 of a kind; `trackside check` shows all (25 errors, 12 warnings, 3 hints)");
        let out = render(&all.diagnostics, &all.sources, "", 12);
        assert_eq!(
            out.lines().filter(|it| it.starts_with("::warning ")).count(),
            2,
            "the job has room for two more"
        );
        assert_eq!(check(&many([10, 10, 10]), "").lines().count(), 30, "nothing is left to be counted");
        assert_eq!(check(&many([0, 0, 0]), ""), "");
    }

    #[test]
    fn nothing_a_file_holds_makes_a_command() {
        insta::assert_snapshot!(check(&sample::hostile(), "a:b,c"), @r"::error file=a%3Ab%2Cc/a\n%3A%3Aerror%3A%3Ab%2Cc%3Ad%25.kdl,line=1,endLine=3,title=TS001%3A text that KDL does not allow here::x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %250A::set-output: x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %250A::set-output%0Ain environment `x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %250A::set-output`%0Aa:b,c/a\n::error::b,c:d%25.kdl:3: x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %250A::set-output%0Aa:b,c/a\n::error::b,c:d%25.kdl:1%0Ahelp: x\n::error::owned\r\n\u{23}#[add-mask]y\u{1b}[2J\u{202e}[masked] %250A::set-output");
    }

    #[test]
    fn names_of_any_length_and_percent_signs_come_through() {
        assert_eq!(property("100%, a:b\r\n"), "100%25%2C a%3Ab%0D%0A");
        assert_eq!(data("100%, a:b\r\n"), "100%25, a:b%0D%0A");
        let path = format!("{}.kdl", "p".repeat(5_000));
        let sample = Sample::default()
            .file(&path, "x")
            .report(|_| Diagnostic::new(Code::UnexpectedText, Span::new(FileId(0), 1, 1), "at the end"));
        assert!(check(&sample, "").contains(&format!("file={path},line=1,endLine=1,col=2,endColumn=2,")));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_inert(text in "(?s).{0,80}|[:,%\r\n#\\[ab]{0,80}", start in 0_usize..80, length in 0_usize..80) {
            let out = check(&sample::any(&text, start, length), &text);
            proptest::prop_assert_eq!(out.lines().count(), 2);
        }
    }
}
