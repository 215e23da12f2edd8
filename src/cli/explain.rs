//! `trackside explain`: what a finding means, a text that has it, and what mends it.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Effects, Style};

use crate::cli::difference;
use crate::cli::exit::{self, Exit};
use crate::cli::terminal::{Stream, Terminal};
use crate::diagnostic::Severity;
use crate::diagnostic::code::{CATALOGUE, Code, Row};
use crate::diagnostic::suggest;

/// Explain a kind of finding, with a text that has it and what mends it
///
/// Without a code, all kinds are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The code that a finding shows, in any case and with or without its letters: TS101.
    #[arg(value_name = "CODE", value_parser = code)]
    code: Option<Code>,
}

const BOLD: Style = Style::new().effects(Effects::BOLD);

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    terminal.out.print(&match args.code {
        Some(code) => explain(code.row(), &terminal.out),
        None => list(&terminal.out),
    })?;
    Ok(Exit::Fine)
}

fn code(text: &str) -> Result<Code, String> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let typed = if is_number { format!("TS{text:0>3}") } else { text.to_ascii_uppercase() };
    Code::find(&typed).ok_or_else(|| match suggest::closest(&typed, CATALOGUE.iter().map(|it| it.id)) {
        Some(meant) => format!("there is no such code; did you mean `{meant}`?"),
        None => "there is no such code; `trackside explain` lists all".to_owned(),
    })
}

fn list(stream: &Stream) -> String {
    let mut text = String::new();
    for row in CATALOGUE {
        let severity = format!("{:<7}", row.severity.word());
        let severity = stream.paint(style(row.severity), &severity);
        writeln!(text, "{}  {severity}  {}", row.id, row.title).expect("a string takes every text");
    }
    text
}

fn explain(row: &Row, stream: &Stream) -> String {
    let Row { code: _, id, severity, title, explanation, of: _, example, fixed } = row;
    let head = format!("{}[{id}]", severity.word());
    let mut text = format!("{}: {}\n\n", stream.paint(style(*severity), &head), stream.paint(BOLD, title));
    for line in wrapped(explanation, stream.width.unwrap_or(usize::MAX).min(READABLE)) {
        text += &line;
        text.push('\n');
    }
    let heading = |it: &str| ["\n", &stream.paint(BOLD, it), "\n\n"].concat();
    text += &heading("It is reported for this text:");
    for line in example.lines() {
        writeln!(text, "    {}", shown(line)).expect("a string takes every text");
    }
    text += &heading("This mends it:");
    for line in difference::lines(example, fixed) {
        writeln!(text, "  {}", line.map(shown).painted(stream)).expect("a string takes every text");
    }
    text
}

/// A line of an example. Some show characters that act or hide; a tab is none here.
fn shown(line: &str) -> String {
    crate::diagnostic::visible::visible(&line.replace('\t', "    ")).into_owned()
}

fn style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Hint => AnsiColor::BrightGreen,
    };
    color.on_default().effects(Effects::BOLD)
}

/// Longer lines are hard to read, however wide the terminal.
const READABLE: usize = 100;

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
