//! `trackside reference`: every kind and field of the language.

use anyhow::bail;

use crate::cli::exit::{self, Exit};
use crate::cli::terminal::Terminal;
use crate::language::manual::{self, Manual};
use crate::render::kubernetes::overriding::allowed;

/// Print the reference of the language, in Markdown
///
/// It is made of the tables by which files are read, so it says what is true of this trackside.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// Print what there is to say of one word alone: a declaration, a property, or the form of a value, such as duration.
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let manual = Manual::new();
    let text = match &args.word {
        None => format!("{}\n{}", manual.whole(), allowed::reference()),
        Some(word) if word == "templates" => allowed::reference(),
        Some(word) => match manual.of(word) {
            Ok(text) => text,
            Err(manual::Unknown { meant: Some(meant) }) => {
                bail!(
                    "neither a declaration nor a property or form is called `{word}`: did you mean `{meant}`?"
                )
            }
            Err(manual::Unknown { meant: None }) => {
                bail!(
                    "neither a declaration nor a property or form is called `{word}`: `trackside reference` lists all"
                )
            }
        },
    };
    terminal.out.print(&text)?;
    Ok(Exit::Fine)
}
