//! `trackside secrets keygen`: makes the two keys that a person needs.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::cli::exit::Exit;
use crate::cli::secrets::keys;
use crate::cli::terminal::Terminal;
use crate::secret::key::{NewIdentity, SigningKey};

/// Make a key that opens and a key that signs, and print what to declare
///
/// They are written to `trackside/age.key` and `trackside/signing.key` below `XDG_CONFIG_HOME` (`~/.config`), readable by
/// nobody else. One that is there stays as it is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address by which the tree knows you.
    #[arg(value_name = "ADDRESS", default_value = "you@example.com")]
    address: String,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let folder = keys::config().context("there is no home for keys: set `XDG_CONFIG_HOME` or `HOME`")?;
    let failed = || format!("could not make the folder `{}`", folder.display());
    std::fs::create_dir_all(&folder).with_context(failed)?;
    let identity = NewIdentity::generate();
    let signing = SigningKey::generate()?;
    let (opens, signs) = (folder.join("age.key"), folder.join("signing.key"));
    for path in [&opens, &signs] {
        if path.symlink_metadata().is_ok() {
            anyhow::bail!("there is a key `{}` already: move it away to make another", path.display());
        }
    }
    write(&opens, identity.secret.as_bytes())?;
    write(&signs, signing.text()?.as_bytes())?;
    terminal.err.print(&format!(
        "`{}` opens, `{}` signs; declare them:\n",
        opens.display(),
        signs.display()
    ))?;
    terminal.out.print(&format!(
        "person {:?} {{\n    signs-with \"{}\"\n    reads-with \"{}\"\n}}\n",
        args.address,
        signing.public().trim(),
        identity.public
    ))?;
    Ok(Exit::Fine)
}

/// Writes a file that nobody else can read, and that was not there.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path);
    if file.as_ref().is_err_and(|it| it.kind() == ErrorKind::AlreadyExists) {
        anyhow::bail!("there is a key `{}` already: move it away to make another", path.display());
    }
    let failed = || format!("could not write `{}`", path.display());
    let mut file = file.with_context(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(failed)
}
