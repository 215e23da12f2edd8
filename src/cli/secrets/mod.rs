//! `trackside secrets`: seals values into the tree, opens them for those who may, and says who that is.

mod diff;
mod edit;
mod encrypt;
#[cfg(unix)]
mod exec;
mod keygen;
mod keys;
mod lock;
mod merge;
mod place;
mod readers;
mod rekey;
mod render;
mod rotate;
mod set;
mod setup;
mod show;
mod split;
mod status;
mod textconv;

use clap::Subcommand;

use crate::cli::exit::{self, Exit};
use crate::cli::folder::Dir;
use crate::cli::terminal::Terminal;

/// Seal secrets in the tree, and see who can open what
///
/// A secret is declared in the tree, with who may open it and who may change it. Its value is an age file, sealed for those
/// who are declared, that says inside which secret it is. `secrets.lock` says, signed by who sealed it, which bytes are the
/// last version and who can open them, so that `trackside check` sees without any key what was copied, put back, or sealed
/// to somebody else.
///
/// Keys that open are looked for in `TRACKSIDE_AGE_KEY`, in the file that `TRACKSIDE_AGE_KEY_FILE` names, in
/// `trackside/age.key` below `XDG_CONFIG_HOME` (`~/.config`), and in `~/.ssh`. One with a pass phrase is asked for it at the
/// terminal, where no other opens. Shares of a key of several holders are lines of such a file. The key that signs is the file that
/// `TRACKSIDE_SIGNING_KEY` names, `trackside/signing.key` beside the other, or one of `~/.ssh`; one with a pass phrase, in an
/// agent or in a security key is asked through `ssh-keygen`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Keygen(keygen::Args),
    Set(set::Args),
    Encrypt(encrypt::Args),
    Edit(edit::Args),
    Show(show::Args),
    Rotate(rotate::Args),
    Status(status::Args),
    Readers(readers::Args),
    Diff(diff::Args),
    Rekey(rekey::Args),
    Lock(lock::Args),
    Split(split::Args),
    Render(render::Args),
    #[cfg(unix)]
    Exec(exec::Args),
    Setup(setup::Args),
    Merge(merge::Args),
    Textconv(textconv::Args),
}

/// Sees to it that no dump of this process is written, and that no other process of the same person looks into it.
fn keep_out_of_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        // Where the system refuses, it dumps as it does for every program.
        let _refused = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        let _refused = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    keep_out_of_dumps();
    match &args.verb {
        Verb::Keygen(args) => keygen::run(args, terminal),
        Verb::Set(args) => set::run(args, terminal),
        Verb::Edit(args) => edit::run(args, terminal),
        Verb::Show(args) => show::run(args, terminal),
        Verb::Status(args) => status::run(args, terminal),
        Verb::Readers(args) => readers::run(args, terminal),
        Verb::Rekey(args) => rekey::run(args, terminal),
        Verb::Lock(args) => lock::run(args, terminal),
        Verb::Encrypt(args) => encrypt::run(args, terminal),
        Verb::Rotate(args) => rotate::run(args, terminal),
        Verb::Split(args) => split::run(args, terminal),
        Verb::Render(args) => render::run(args, terminal),
        Verb::Diff(args) => diff::run(args, terminal),
        #[cfg(unix)]
        Verb::Exec(args) => exec::run(args, terminal),
        Verb::Setup(args) => setup::run(args, terminal),
        Verb::Merge(args) => merge::run(args, terminal),
        Verb::Textconv(args) => textconv::run(args, terminal),
    }
}
