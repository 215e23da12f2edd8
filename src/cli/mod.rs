//! The command line: reads arguments, the clock and the terminal, and calls what is above.
//!
//! One file per subcommand, each with its `Args` and `run`. Nothing is decided about platforms here. What a command was
//! asked for goes to standard output; everything else, and every failure of the environment, to standard error.

mod exit;
mod terminal;
mod progress;
mod folder;
mod repository;
mod report;
mod picture;
mod replace;
mod difference;
mod news;
mod watch;
mod check;
mod build;
mod export;
mod fmt;
mod explain;
mod reference;
mod schema;
mod init;
mod manifests;
mod reach;
mod posture;
mod prove;
mod secrets;
#[cfg(feature = "database")]
mod server;
mod migrate;
#[cfg(feature = "database")]
mod retention;
#[cfg(feature = "database")]
mod subject;
mod completions;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::exit::Exit;
use crate::cli::terminal::{Color, Terminal};

/// Compiles one declarative tree, platform.kdl, into Kubernetes manifests and an OPA bundle.
#[derive(Debug, Parser)]
#[command(name = "trackside", version, after_help = exit::CODES, arg_required_else_help = true)]
struct Cli {
    /// Whether to use colours; `auto` does on a terminal and heeds `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Build(build::Args),
    Export(export::Args),
    Fmt(fmt::Args),
    Explain(explain::Args),
    Reference(reference::Args),
    Schema(schema::Args),
    Reach(reach::Args),
    Posture(posture::Args),
    Prove(prove::Args),
    Secrets(secrets::Args),
    Migrate(migrate::Args),
    #[cfg(feature = "database")]
    Retention(retention::Args),
    #[cfg(feature = "database")]
    Subject(subject::Args),
    Completions(completions::Args),
}

/// Runs the program.
#[expect(clippy::disallowed_methods, reason = "this is where the command line is read")]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed = Cli::command().color(color_of(&arguments)).try_get_matches_from(arguments);
    let cli = match parsed.and_then(|it| Cli::from_arg_matches(&it)) {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to tell if this cannot be written either.
            let _unread = error.print();
            return Exit::from_code(error.exit_code()).into();
        }
    };
    let terminal = Terminal::find(cli.color);
    match run(cli.command, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let _unread = terminal.err.print(&exit::sentence(&error));
            Exit::Unusable.into()
        }
    }
}

fn run(command: Command, terminal: &Terminal) -> anyhow::Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args, terminal),
        Command::Check(args) => check::run(&args, terminal),
        Command::Build(args) => build::run(&args, terminal),
        Command::Export(args) => export::run(&args, terminal),
        Command::Fmt(args) => fmt::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Reference(args) => reference::run(&args, terminal),
        Command::Schema(args) => schema::run(&args, terminal),
        Command::Reach(args) => reach::run(&args, terminal),
        Command::Posture(args) => posture::run(&args, terminal),
        Command::Prove(args) => prove::run(&args, terminal),
        Command::Secrets(args) => secrets::run(&args, terminal),
        Command::Migrate(args) => migrate::run(&args, terminal),
        #[cfg(feature = "database")]
        Command::Retention(args) => retention::run(&args, terminal),
        #[cfg(feature = "database")]
        Command::Subject(args) => subject::run(&args, terminal),
        Command::Completions(args) => completions::run(&args, terminal),
    }
}

/// What `--color` says, before the arguments are read: a message about wrong ones has colours too.
fn color_of(arguments: &[OsString]) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    for (at, argument) in arguments.iter().enumerate() {
        let value = match argument.to_str() {
            Some("--") => break,
            Some("--color") => arguments.get(at + 1).and_then(|it| it.to_str()),
            Some(it) => it.strip_prefix("--color="),
            None => None,
        };
        choice = match value {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            Some("auto") => ColorChoice::Auto,
            _ => choice,
        };
    }
    choice
}
