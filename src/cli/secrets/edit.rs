//! `trackside secrets edit`: opens a value in an editor, and seals what it has become.
#![expect(clippy::disallowed_methods, reason = "the editor is named by the environment")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Opened, Which};
use crate::cli::secrets::{Dir, keys, set};
use crate::cli::terminal::Terminal;
use crate::language::secret::Sealed;
use crate::language::secret::sealed::Declared;
use crate::secret::change::Changes;
use crate::secret::key::random_value;

/// Open a value in `$VISUAL`, `$EDITOR` or vi, and seal what it has become
///
/// The editor works in memory (`/dev/shm`), in a folder that nobody else can read and that is wiped afterwards. Where nothing
/// has changed, where the editor fails, or where it leaves nothing, the secret stays as it is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { which, dir: Dir { dir } } = args;
    let Opened { tree, outcome } = place::read(dir)?;
    let (place, declared) = which.find(&outcome)?;
    let signer = keys::signer(&std::iter::once((place::called(place), declared)), terminal)?;
    let mut changes = Changes::of(&tree, &outcome)?;
    let before = match &declared.secret.sealed {
        Sealed::Nothing { .. } => Zeroizing::new(skeleton(declared).into_bytes()),
        _ => changes.open(place, declared, &keys::identities(terminal)?)?.value,
    };
    // Ctrl-C is the editor's: whoever presses it there does not mean to leave a value behind.
    ctrlc::set_handler(|| {}).context("could not leave Ctrl-C to the editor")?;
    let desk = Desk::make(&place.name)?;
    let after = desk.edit(&before)?;
    drop(desk);
    if after == before {
        terminal.err.print("nothing has changed\n")?;
        return Ok(Exit::Fine);
    }
    set::check(place, declared, &after)?;
    changes.set(place, declared, &after, today().0)?;
    let version = changes.lock().entries.get(place).map_or(0, |it| it.label.version);
    let files = changes.sign(|it| signer.sign(it))?;
    place::write(dir, &tree, &files)?;
    terminal.err.print(&set::sealed(place, declared, version))?;
    Ok(Exit::Fine)
}

/// What a value with fields begins as.
fn skeleton(declared: &Declared) -> String {
    let fields = declared.secret.keys.iter().map(|it| format!("  \"{it}\": \"\""));
    match declared.secret.keys.is_empty() {
        true => String::new(),
        false => format!("{{\n{}\n}}\n", fields.collect::<Vec<_>>().join(",\n")),
    }
}

/// A folder in memory for one editor. What is in it is wiped when it goes.
struct Desk {
    folder: PathBuf,
    file: PathBuf,
}

impl Desk {
    fn make(name: &str) -> anyhow::Result<Self> {
        const MEMORY: &str = "/dev/shm";
        anyhow::ensure!(
            Path::new(MEMORY).is_dir(),
            "there is no `{MEMORY}`, so the value would lie on a disk: `show` and `set` need none"
        );
        let folder = Path::new(MEMORY).join(format!("trackside-{}", random_value().as_str()));
        let failed = || format!("could not make the folder `{}`", folder.display());
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&folder).with_context(failed)?;
        let file = folder.join(name);
        Ok(Self { folder, file })
    }

    fn edit(&self, before: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut file =
            fs::File::create_new(&self.file).context("could not write the value for the editor")?;
        file.write_all(before).context("could not write the value for the editor")?;
        // Editors end a line that has no end, and nobody means that as a change.
        let is_line = !before.contains(&b'\n');
        if is_line && !before.is_empty() {
            file.write_all(b"\n").context("could not write the value for the editor")?;
        }
        drop(file);
        let editor = ["VISUAL", "EDITOR"]
            .into_iter()
            .find_map(|it| std::env::var(it).ok().filter(|it| !it.is_empty()));
        let editor = editor.unwrap_or_else(|| "vi".to_owned());
        let status = Command::new("sh")
            .arg("-c")
            .arg(format!("{editor} \"$1\""))
            .arg(&editor)
            .arg(&self.file)
            .env_remove("TRACKSIDE_AGE_KEY")
            .status();
        let status = status.with_context(|| format!("could not start the editor `{editor}`"))?;
        anyhow::ensure!(status.success(), "the editor `{editor}` failed, so nothing is sealed");
        let mut after = Zeroizing::new(
            fs::read(&self.file).context("the editor has left no file, so nothing is sealed")?,
        );
        if set::is_line(&after) && is_line {
            after.pop();
        }
        Ok(after)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Copies that the editor made, and what it left of them.
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Ok(metadata) = entry.metadata()
                && metadata.is_file()
                && let Ok(mut file) = fs::OpenOptions::new().write(true).open(entry.path())
            {
                let _gone = file.write_all(&vec![0; usize::try_from(metadata.len()).unwrap_or(0)]);
            }
        }
        let _gone = fs::remove_dir_all(&self.folder);
    }
}
