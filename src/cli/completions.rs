//! `trackside completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::exit::{self, Exit};
use crate::cli::terminal::Terminal;

/// Print the completions for a shell
///
/// For bash: trackside completions bash > ~/.local/share/bash-completion/completions/trackside
/// For zsh: trackside completions zsh > "${fpath[1]}/_trackside"
/// For fish: trackside completions fish > ~/.config/fish/completions/trackside.fish
#[expect(rustdoc::broken_intra_doc_links, reason = "`fpath[1]` is of a shell, not of Rust")]
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES, verbatim_doc_comment)]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "trackside", &mut script);
    terminal.out.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
