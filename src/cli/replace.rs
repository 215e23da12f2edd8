//! Puts a text in the place of a file, so that at any moment all of the one or all of the other is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::folder::leaves_tree;

/// Replaces the text of a file and keeps its permissions. A symlink stays one: what it leads to is replaced.
pub(super) fn replace(path: &Path, before: &str, after: &str) -> anyhow::Result<()> {
    let real = path.canonicalize().with_context(|| failed(path))?;
    put(&real, |beside| {
        let file = stage(beside, after).with_context(|| failed(path))?;
        keep_permissions(&real, &file).with_context(|| failed(path))?;
        // Whoever saved it meanwhile meant it.
        match fs::read(&real) {
            Ok(now) if now == before.as_bytes() => Ok(()),
            _ => anyhow::bail!("`{}` was changed meanwhile, and stays as it is", real.display()),
        }
    })
}

/// Writes a file, in the place of what is there by that name. Anything but a file is left alone.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    match path.canonicalize() {
        Ok(real) if !real.is_file() => {
            anyhow::bail!("could not write `{}`: it is no regular file", path.display())
        }
        Ok(real) => put(&real, |beside| {
            let file = stage(beside, text).with_context(|| failed(path))?;
            keep_permissions(&real, &file).with_context(|| failed(path))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            put(path, |beside| stage(beside, text).map(drop).with_context(|| failed(path)))
        }
        Err(error) => Err(error).with_context(|| failed(path)),
    }
}

/// Makes the folder of a file, which must not lie outside of the tree.
pub(super) fn make_room(path: &Path) -> anyhow::Result<()> {
    let failed = || format!("could not write `{}`", path.display());
    let there =
        path.ancestors().find(|it| it.symlink_metadata().is_ok()).map_or_else(PathBuf::new, Path::to_owned);
    if !there.as_os_str().is_empty()
        && let Some(real) = leaves_tree(&there).with_context(failed)?
    {
        anyhow::bail!(
            "could not write `{}`: it leaves the tree through a symlink to `{}`",
            path.display(),
            real.display()
        );
    }
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    Ok(())
}

/// Removes what others have staged beside files who were killed before it was in its place.
pub(super) fn sweep(paths: impl Iterator<Item = PathBuf>) {
    let mut folders: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for path in paths {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        folders.entry(folder.to_owned()).or_default().insert(name.to_string_lossy().into_owned());
    }
    for (folder, names) in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let staged = entry.file_name();
            let staged = staged.to_str().and_then(|it| it.strip_prefix('.')?.rsplit_once(STAGED));
            let is_ours = |(name, process): (&str, &str)| {
                names.contains(name) && process.chars().all(|it| it.is_ascii_digit())
            };
            if staged.is_some_and(is_ours) {
                let _gone = fs::remove_file(entry.path());
            }
        }
    }
}

/// What is staged is called as the file, with a dot before it and this and the number of the process behind it.
const STAGED: &str = ".trackside-";

/// Renames what is staged beside a file to its name; what could not be staged is removed.
fn put(real: &Path, stage: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut beside = OsString::from(".");
    beside.push(real.file_name().unwrap_or_default());
    beside.push(format!("{STAGED}{}", std::process::id()));
    let beside = real.with_file_name(beside);
    let written = stage(&beside).and_then(|()| fs::rename(&beside, real).with_context(|| failed(real)));
    if written.is_err() {
        let _gone = fs::remove_file(&beside);
    }
    written
}

fn stage(beside: &Path, text: &str) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

fn failed(path: &Path) -> String {
    format!("could not write `{}`", path.display())
}

fn keep_permissions(real: &Path, file: &File) -> io::Result<()> {
    let metadata = fs::metadata(real)?;
    // Only root may give a file away; who may not owns it already, or the new one.
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let _same = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
    file.set_permissions(metadata.permissions())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn permissions_and_symlinks_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.kdl"), folder.path().join("link.kdl"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.kdl", &link).unwrap();
        replace(&link, "before", "after").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn a_file_that_was_saved_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.kdl");
        fs::write(&file, "newer").unwrap();
        let error = replace(&file, "before", "after").unwrap_err();
        assert!(error.to_string().contains("was changed meanwhile"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
