//! A tree that is a folder, on systems that can open a file relative to an open folder.
//!
//! Every part of a path is opened from the folder before it and symlinks are followed by hand, so there is no moment
//! between checking a path and opening it: whoever swaps a folder for a symlink meanwhile leads us nowhere.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

use crate::tree::path::{TreePath, is_git};
use crate::tree::{Entry, Kind, Unreadable};

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    root: OwnedFd,
    /// What an absolute symlink may start with: the folder as it was given, and where it really is.
    names: Vec<PathBuf>,
}

/// What a path leads to.
enum Found {
    File(File),
    Folder(OwnedFd),
    Other(FileType),
}

/// As on Linux.
const MOST_LINKS: usize = 40;
const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
// Without NONBLOCK, opening a pipe that somebody puts there meanwhile would wait for a writer.
const OPEN_FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

impl Folder {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let names = vec![std::path::absolute(root)?, root.canonicalize()?];
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { root: rustix::fs::open(root, flags, Mode::empty())?, names })
    }

    pub(super) fn read(&self, path: &TreePath, limit: u64) -> Result<Vec<u8>, Unreadable> {
        let file = match self.find(path.as_str())? {
            Some(Found::File(file)) => file,
            Some(Found::Folder(_)) => return Err(Unreadable::NotAFile(path.clone(), "folder")),
            Some(Found::Other(kind)) => return Err(Unreadable::NotAFile(path.clone(), name_of(kind))),
            None => return Err(Unreadable::Missing(path.clone())),
        };
        let mut bytes = Vec::new();
        // One byte more than allowed, whatever size the system tells: a file may grow while it is read.
        let read = file.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|it| Unreadable::Io(path.to_string(), it))?;
        if bytes.len() as u64 > limit {
            return Err(Unreadable::TooLarge(path.clone(), limit));
        }
        Ok(bytes)
    }

    pub(super) fn entries(&self, folder: &str) -> Result<Vec<Entry>, Unreadable> {
        let Some(Found::Folder(fd)) = self.find(folder)? else {
            return Ok(Vec::new()); // It was there when its parent was listed.
        };
        let failed = |it: Errno| Unreadable::Io(folder.to_owned(), it.into());
        let mut entries = Vec::new();
        for entry in Dir::read_from(&fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(Errno::NOENT) => continue,
                    Err(error) => return Err(failed(error)),
                },
                known => known,
            };
            let utf8 = name.to_str().is_ok();
            entries.push(Entry { name: name.to_string_lossy().into_owned(), utf8, kind: kind.into() });
        }
        Ok(entries)
    }

    pub(super) fn follow(&self, path: &str) -> Result<Kind, Unreadable> {
        Ok(match self.find(path)? {
            Some(Found::Folder(_)) => Kind::Folder,
            Some(Found::File(_)) | None => Kind::File,
            Some(Found::Other(_)) => Kind::Other,
        })
    }

    /// Opens what a path leads to; `None` where there is nothing.
    fn find(&self, path: &str) -> Result<Option<Found>, Unreadable> {
        let failed = |it: Errno| Unreadable::Io(path.to_owned(), it.into());
        let mut above: Vec<OwnedFd> = Vec::new();
        let mut ahead: VecDeque<Vec<u8>> = parts(path.as_bytes()).collect();
        let mut links: Vec<String> = Vec::new();
        while let Some(part) = ahead.pop_front() {
            if part == b".." {
                // Only a symlink has this; a path was checked before.
                if above.pop().is_none() {
                    return Err(leaves(path, &links));
                }
                continue;
            }
            if std::str::from_utf8(&part).is_ok_and(is_git) {
                return Err(Unreadable::Git(path.to_owned()));
            }
            let here = above.last().map_or(self.root.as_fd(), AsFd::as_fd);
            match kind_of(here, &part).map_err(failed)? {
                None => return nothing(path, &links),
                Some(FileType::Symlink) => {
                    let target = readlinkat(here, &part[..], Vec::new()).map_err(failed)?.into_bytes();
                    links.push(String::from_utf8_lossy(&target).into_owned());
                    if links.len() > MOST_LINKS {
                        return Err(Unreadable::Loop(path.to_owned()));
                    }
                    let inside = if target.starts_with(b"/") {
                        above.clear();
                        self.below(&target).ok_or_else(|| leaves(path, &links))?
                    } else {
                        target
                    };
                    for part in parts(&inside).collect::<Vec<_>>().into_iter().rev() {
                        ahead.push_front(part);
                    }
                }
                Some(FileType::Directory) => {
                    above.push(openat(here, &part[..], OPEN_FOLDER, Mode::empty()).map_err(failed)?);
                }
                Some(_) if !ahead.is_empty() => return nothing(path, &links),
                Some(FileType::RegularFile) => {
                    let fd = openat(here, &part[..], OPEN_FILE, Mode::empty()).map_err(failed)?;
                    let kind = FileType::from_raw_mode(fstat(&fd).map_err(failed)?.st_mode);
                    return Ok(Some(match kind {
                        FileType::RegularFile => Found::File(fd.into()),
                        swapped => Found::Other(swapped),
                    }));
                }
                Some(other) => return Ok(Some(Found::Other(other))),
            }
        }
        let folder = match above.pop() {
            Some(folder) => folder,
            None => self.root.try_clone().map_err(|it| Unreadable::Io(path.to_owned(), it))?,
        };
        Ok(Some(Found::Folder(folder)))
    }

    /// What an absolute path says below the tree's folder; `None` if it does not start there.
    fn below(&self, absolute: &[u8]) -> Option<Vec<u8>> {
        let names = self.names.iter().map(|it| it.as_os_str().as_encoded_bytes());
        let mut rests = names.filter_map(|it| absolute.strip_prefix(it));
        rests.find(|it| it.is_empty() || it.starts_with(b"/")).map(<[u8]>::to_vec)
    }
}

fn parts(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    path.split(|it| *it == b'/').filter(|it| !matches!(*it, b"" | b".")).map(<[u8]>::to_vec)
}

fn kind_of(folder: BorrowedFd<'_>, part: &[u8]) -> Result<Option<FileType>, Errno> {
    match statat(folder, part, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A path without symlinks that leads to nothing is missing; else its author looks at the wrong place.
fn nothing(path: &str, links: &[String]) -> Result<Option<Found>, Unreadable> {
    match links.last() {
        None => Ok(None),
        Some(target) => Err(Unreadable::Dangling { path: path.to_owned(), target: target.clone() }),
    }
}

fn leaves(path: &str, links: &[String]) -> Unreadable {
    let target = links.last().expect("only a symlink goes up").clone();
    Unreadable::Leaves { path: path.to_owned(), target }
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

fn name_of(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "named pipe",
        FileType::Socket => "socket",
        FileType::CharacterDevice | FileType::BlockDevice => "device",
        _ => "special file",
    }
}
