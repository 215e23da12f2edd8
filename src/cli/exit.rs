//! How a run ends: three codes, and one sentence for what went wrong with the environment.

use std::io;
use std::process::ExitCode;

use crate::diagnostic::visible::shown;
use crate::render::Bug;
use crate::tree::reason;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is well.
    Fine,
    /// The author has something to mend.
    Findings,
    /// Wrong use, or an environment in which nothing could be done.
    Unusable,
}

/// What `--help` says of it.
pub(super) const CODES: &str = "\
Exit codes:
  0  fine; warnings, hints and waived findings do not count
  1  findings: errors that no waiver accepts, or a file that `fmt --check` or `--dry-run` would change
  2  wrong use, or the environment: no such folder, an output that cannot be written";

impl Exit {
    /// From the code that the argument parser chose: its only other one is 2.
    pub(super) fn from_code(code: i32) -> Self {
        if code == 0 { Self::Fine } else { Self::Unusable }
    }

    /// Whether there were findings.
    pub(super) fn of_findings(found: bool) -> Self {
        if found { Self::Findings } else { Self::Fine }
    }

    /// The same, where the process ends next: what it holds goes with it, and is not given back piece by piece.
    pub(super) fn leaving<T>(self, held: T) -> Self {
        std::mem::forget(held);
        self
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::Unusable => 2,
        })
    }
}

/// Says what failed, and why, in one line: `trackside: could not open the folder `x`: permission denied`.
pub(super) fn sentence(error: &anyhow::Error) -> String {
    let causes = error.chain().map(|it| match it.downcast_ref::<io::Error>() {
        Some(error) => reason(error),
        None => it.to_string(),
    });
    let text = causes.collect::<Vec<_>>().join(": ");
    // Paths and arguments are in it, which may hold anything.
    let line = format!("trackside: {}\n", shown(&text));
    match error.is::<Bug>() {
        true => line + REPORT,
        false => line,
    }
}

const REPORT: &str = "trackside: this is a mistake of trackside's own, not of the platform; please report it, with the \
                      declarations that show it\n";

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_failure_is_one_sentence_that_cannot_act_on_the_terminal() {
        let error = io::Error::from_raw_os_error(13);
        let error = Err::<(), _>(error).context("could not write `a\u{1b}[31m\nb`").unwrap_err();
        insta::assert_snapshot!(sentence(&error), @r"trackside: could not write `a\u{1b}[31m\nb`: permission denied");
    }

    #[test]
    fn a_bug_names_its_template_and_asks_for_a_report() {
        let bug =
            Bug { template: "service/deployment.yaml.j2".into(), message: "`replicas` is undefined".into() };
        insta::assert_snapshot!(sentence(&bug.into()), @r"
        trackside: service/deployment.yaml.j2: `replicas` is undefined
        trackside: this is a mistake of trackside's own, not of the platform; please report it, with the declarations that show it
        ");
    }
}
