//! `trackside secrets edit`: opens a value in an editor, and seals what it has become.
#![expect(clippy::disallowed_methods, reason = "the editor is named by the environment")]

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::place::{self, Sealing, Which};
use crate::cli::secrets::{Dir, keys, set};
use crate::cli::terminal::Terminal;
use crate::diagnostic::counted;
use crate::language::secret::Sealed;
use crate::language::secret::generator::{Encoding, Generator};
use crate::language::secret::sealed::Declared;
use crate::secret::generate::generate;
use crate::secret::seal::LARGEST;

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
    let swept = sweep();
    if swept > 0 {
        let count = counted(swept, "folder");
        terminal.err.print(&format!("{count} that a killed `edit` had left in `{MEMORY}` wiped\n"))?;
    }
    let opened = place::read(dir)?;
    let (place, declared) = which.find(&opened.outcome)?;
    let mut sealing = Sealing::begin(&opened, &[(place, declared)], terminal)?;
    let before = match &declared.secret.sealed {
        Sealed::Nothing { .. } => Zeroizing::new(skeleton(declared).into_bytes()),
        _ => {
            let identities = keys::identities(terminal)?;
            sealing.changes.open(place, declared, &identities)?.value
        }
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
    let value = set::read_as_declared(place, declared, &after)?;
    sealing.set(place, declared, &value, today().0)?;
    sealing.end(dir, terminal)?;
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

/// Where files lie in memory.
const MEMORY: &str = "/dev/shm";
/// How folders of ours begin there.
const PREFIX: &str = "trackside-edit-";

/// A folder in memory for one editor. What is in it is wiped when it goes.
struct Desk {
    folder: PathBuf,
    file: PathBuf,
    /// Held as long as somebody works there.
    _held: File,
}

/// Wipes the folders of those who were killed; how many there were.
fn sweep() -> usize {
    let folders = fs::read_dir(MEMORY).into_iter().flatten().flatten();
    let ours = folders.filter(|it| it.file_name().to_string_lossy().starts_with(PREFIX));
    let left = ours.map(|it| it.path()).filter(|path| {
        // Those of somebody at work are held, and those of others are theirs.
        path.symlink_metadata().is_ok_and(|it| it.is_dir() && is_ours(&it))
            && File::open(path).is_ok_and(|it| it.try_lock().is_ok())
    });
    left.map(|it| wipe(&it)).count()
}

#[cfg(unix)]
fn is_ours(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_ours(_metadata: &fs::Metadata) -> bool {
    true
}

/// Overwrites what is in a folder of ours and removes it.
fn wipe(folder: &Path) {
    // Copies that the editor made, and what it left of them; what is larger than any value has none in its rest.
    let zeros = [0; 1 << 12];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(mut file) = open_file(&entry.path(), fs::OpenOptions::new().write(true)) else { continue };
        let length = file.metadata().map_or(0, |it| it.len()).min(4 * LARGEST as u64);
        for _ in 0..length.div_ceil(zeros.len() as u64) {
            let _gone = file.write_all(&zeros);
        }
    }
    let _gone = fs::remove_dir_all(folder);
}

/// Opens a regular file, and nothing that leads elsewhere or has to be waited for.
fn open_file(path: &Path, options: &mut fs::OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

impl Desk {
    fn make(name: &str) -> anyhow::Result<Self> {
        anyhow::ensure!(
            Path::new(MEMORY).is_dir(),
            "there is no `{MEMORY}`, so the value would lie on a disk: `show` and `set` need none"
        );
        let random = generate(&Generator::Random { bytes: 16, encoding: Encoding::Hex })?.value;
        let folder = Path::new(MEMORY).join(format!("{PREFIX}{}", random.as_str()));
        let failed = || format!("could not make the folder `{}`", folder.display());
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&folder).with_context(failed)?;
        let held = File::open(&folder).with_context(failed)?;
        held.lock().with_context(failed)?;
        let file = folder.join(name);
        Ok(Self { folder, file, _held: held })
    }

    fn edit(&self, before: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut file = File::create_new(&self.file).context("could not write the value for the editor")?;
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
            .env_remove("TRACKSIDE_AGE_KEY_FILE")
            .status();
        let status = status.with_context(|| format!("could not start the editor `{editor}`"))?;
        anyhow::ensure!(status.success(), "the editor `{editor}` failed, so nothing is sealed");
        let left = "the editor has left no file, so nothing is sealed";
        let file = open_file(&self.file, fs::OpenOptions::new().read(true)).context(left)?;
        let mut after = Zeroizing::new(Vec::with_capacity(LARGEST + 2));
        file.take(LARGEST as u64 + 2).read_to_end(&mut after).context(left)?;
        if set::is_line(&after) && is_line {
            after.pop();
        }
        Ok(after)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        wipe(&self.folder);
    }
}
