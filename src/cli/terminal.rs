//! Where output goes, and what whoever reads it can show: colours, columns.
#![expect(clippy::disallowed_methods, reason = "whether there are colours is a wish of the environment")]

use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Context as _;
use clap::ValueEnum;
use clap::builder::styling::Style;

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// Both streams that a person may watch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// What the command was asked for.
    pub(super) out: Stream,
    /// Everything else.
    pub(super) err: Stream,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    which: Which,
    /// Whether a line that was written can be taken back.
    pub(super) is_animated: bool,
    /// Whether it gets colours.
    pub(super) color: bool,
    /// How many columns it has, where it is a terminal.
    pub(super) width: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Out,
    Err,
}

impl Terminal {
    /// Looks at the streams and the environment.
    pub(super) fn find(color: Color) -> Self {
        let wishes = Wishes {
            no_color: std::env::var_os("NO_COLOR"),
            clicolor: std::env::var_os("CLICOLOR"),
            clicolor_force: std::env::var_os("CLICOLOR_FORCE"),
            term: std::env::var_os("TERM"),
        };
        let stream = |which, is_terminal, width: Option<(terminal_size::Width, _)>| Stream {
            which,
            is_animated: is_terminal && !is(wishes.term.as_ref(), "dumb"),
            color: has_color(color, &wishes, is_terminal),
            width: width.map(|(it, _)| usize::from(it.0)),
        };
        let (out, err) = (io::stdout(), io::stderr());
        Self {
            out: stream(Which::Out, out.is_terminal(), terminal_size::terminal_size_of(&out)),
            err: stream(Which::Err, err.is_terminal(), terminal_size::terminal_size_of(&err)),
        }
    }
}

impl Stream {
    /// One that is a file.
    #[cfg(test)]
    pub(super) fn plain() -> Self {
        Self { which: Which::Out, is_animated: false, color: false, width: None }
    }

    /// Writes all of a text. That nobody reads any more (`trackside reference | head`) is no failure.
    pub(super) fn print(&self, text: &str) -> anyhow::Result<()> {
        let written = match self.which {
            Which::Out => write(&mut io::stdout().lock(), text),
            Which::Err => write(&mut io::stderr().lock(), text),
        };
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.context("could not write the output"),
        }
    }

    /// A text in a style, where there are colours.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        match self.color {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// What the environment says of colours, by <https://no-color.org> and <https://bixense.com/clicolors>.
#[derive(Debug, Default)]
struct Wishes {
    no_color: Option<OsString>,
    clicolor: Option<OsString>,
    clicolor_force: Option<OsString>,
    term: Option<OsString>,
}

fn has_color(color: Color, wishes: &Wishes, is_terminal: bool) -> bool {
    let Wishes { no_color, clicolor, clicolor_force, term } = wishes;
    let is_written = |it: &Option<OsString>| it.as_ref().is_some_and(|it| !it.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if is_written(no_color) => false,
        Color::Auto if is_written(clicolor_force) && !is(clicolor_force.as_ref(), "0") => true,
        Color::Auto => is_terminal && !is(clicolor.as_ref(), "0") && !is(term.as_ref(), "dumb"),
    }
}

fn is(wish: Option<&OsString>, text: &str) -> bool {
    wish.is_some_and(|it| it == text)
}

fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(color: Color, wishes: &[(&str, &str)], is_terminal: bool) -> bool {
        let find = |name| wishes.iter().find(|(it, _)| *it == name).map(|(_, value)| OsString::from(value));
        let wishes = Wishes {
            no_color: find("NO_COLOR"),
            clicolor: find("CLICOLOR"),
            clicolor_force: find("CLICOLOR_FORCE"),
            term: find("TERM"),
        };
        has_color(color, &wishes, is_terminal)
    }

    #[test]
    fn colours_are_for_terminals_unless_somebody_says_otherwise() {
        assert!(check(Color::Auto, &[], true));
        assert!(!check(Color::Auto, &[], false));
        assert!(!check(Color::Auto, &[("NO_COLOR", "1")], true));
        assert!(!check(Color::Auto, &[("NO_COLOR", "0")], true), "any value counts, as no-color.org says");
        assert!(check(Color::Auto, &[("NO_COLOR", "")], true), "but an empty one is none");
        assert!(check(Color::Auto, &[("CLICOLOR_FORCE", "1")], false));
        assert!(!check(Color::Auto, &[("CLICOLOR_FORCE", "0")], false));
        assert!(!check(Color::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false));
        assert!(!check(Color::Auto, &[("CLICOLOR", "0")], true));
        assert!(!check(Color::Auto, &[("TERM", "dumb")], true));
    }

    #[test]
    fn the_option_outweighs_the_environment() {
        assert!(check(Color::Always, &[("NO_COLOR", "1"), ("TERM", "dumb")], false));
        assert!(!check(Color::Never, &[("CLICOLOR_FORCE", "1")], true));
    }
}
