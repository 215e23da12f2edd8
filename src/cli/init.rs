//! `trackside init`: writes the smallest platform that builds, for its reader to change.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::exit::{self, Exit};
use crate::cli::terminal::Terminal;
use crate::diagnostic::visible::visible;
use crate::language::include::ROOT;

/// Write a small platform to begin with
///
/// The file platform.kdl explains itself in its comments, and builds as it is. A file that is there already is never
/// touched.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    /// The folder to write it in; made where there is none.
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

const MINIMAL: &str = include_str!("../../examples/minimal/platform.kdl");

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { dir } = args;
    let path = if dir == Path::new(".") { PathBuf::from(ROOT) } else { dir.join(ROOT) };
    let name = path.to_string_lossy();
    fs::create_dir_all(dir).with_context(|| format!("could not make the folder `{}`", dir.display()))?;
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            anyhow::bail!("`{name}` is there already, and stays as it is");
        }
        Err(error) => return Err(error).with_context(|| format!("could not write `{name}`")),
    };
    if let Err(error) = io::Write::write_all(&mut file, MINIMAL.as_bytes()) {
        // Half a platform would only be in the way of the next try.
        let _stays = fs::remove_file(&path);
        return Err(error).with_context(|| format!("could not write `{name}`"));
    }
    terminal.out.print(&told(&name, dir))?;
    Ok(Exit::Fine)
}

fn told(name: &str, dir: &Path) -> String {
    let folder = match dir == Path::new(".") {
        true => String::new(),
        false => format!(" {}", quoted(&dir.to_string_lossy())),
    };
    let steps = [
        (format!("trackside check{folder}"), "say what is wrong with it"),
        (format!("trackside build{folder}"), "make manifests and policies, in the folder out"),
        ("trackside reference service".to_owned(), "read what may stand in a service"),
    ];
    let width = steps.iter().map(|(command, _)| command.width()).max().unwrap_or_default();
    let mut text = format!("wrote {}: one project, two services, one public host\n\nnext:\n", visible(name));
    for (command, what) in steps {
        let gap = " ".repeat(width - command.width());
        writeln!(text, "  {command}{gap}  # {what}").expect("a string takes every text");
    }
    text
}

/// A folder as it can be typed again.
fn quoted(folder: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "/._-+,:@%".contains(it);
    match folder.chars().all(is_plain) && !folder.starts_with('-') {
        true => folder.to_owned(),
        false => format!("'{}'", visible(folder).replace('\'', r"'\''")),
    }
}
