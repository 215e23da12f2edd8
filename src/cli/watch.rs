//! Does something again whenever the files of a platform have changed.
//!
//! The system only tells that something has happened in the folder. Then the files are read, and what counts is whether any
//! byte of them differs ([`crate::again`]). So it does not matter how an editor saves, whether a folder is renamed away and
//! made again, or whether one change is told of five times.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::again::{Contents, Memory};
use crate::cli::exit::Exit;
use crate::cli::folder::open;
use crate::cli::terminal::Terminal;
use crate::diagnostic::visible::visible;
use crate::language::include::Parsed;
use crate::tree::Tree;

/// How long nothing happens once an editor has saved, and how long is waited for that at most.
const QUIET: Duration = Duration::from_millis(80);
const MOST_PATIENCE: Duration = Duration::from_secs(1);

/// How often is looked where the system does not tell.
const POLL: Duration = Duration::from_secs(1);

/// Calls `react` with the tree in a folder, and again whenever it has changed, until somebody presses Ctrl-C. What happens
/// in the folder `ignored` is of no account.
pub(super) fn run(
    dir: &Path,
    ignored: Option<&Path>,
    terminal: &Terminal,
    mut react: impl FnMut(&Tree, &mut Parsed, &Changes) -> anyhow::Result<()>,
) -> anyhow::Result<Exit> {
    // One that is not there at the beginning is a slip of the hand, and nothing to wait for.
    open(dir)?;
    let name = visible(&dir.to_string_lossy()).into_owned();
    let (sender, signals) = mpsc::channel();
    let stop = sender.clone();
    ctrlc::set_handler(move || {
        let _over = stop.send(Signal::Stop);
    })
    .context("could not wait for Ctrl-C")?;
    let mut eyes = Eyes { dir, ignored, sender, signals, watcher: None };
    let mut memory = Memory::default();
    let mut is_gone = false;
    loop {
        // Before anything is read: what is saved from here on wakes us again.
        let blind = eyes.open();
        match open(dir) {
            Err(_) if is_gone => {}
            Err(error) => {
                is_gone = true;
                terminal.out.print(&format!("{error:#}: waiting for it\n"))?;
            }
            Ok(tree) => {
                if std::mem::take(&mut is_gone) {
                    terminal.out.print(&format!("`{name}` is there again\n"))?;
                }
                if let Some(now) = memory.look(&tree) {
                    let changes = Changes(memory.before.as_ref().map(|it| difference(it, &now)));
                    // What is known of files that nothing names any more stays behind with the old tree.
                    let tree = tree.again();
                    react(&tree, &mut memory.parsed, &changes)?;
                    if changes.is_first() {
                        let how = blind.map_or(String::new(), |it| format!(" every second ({it})"));
                        terminal.out.print(&format!("watching `{name}`{how}; Ctrl-C ends it\n"))?;
                    }
                    memory.keep(&tree);
                }
            }
        }
        if eyes.wait() == Signal::Stop {
            return Ok(Exit::Fine);
        }
    }
}

/// The files that have changed since the last time, each with what became of it; `None` for the first time.
pub(super) struct Changes(Option<Vec<String>>);

impl Changes {
    /// Whether there was no time before this one.
    pub(super) fn is_first(&self) -> bool {
        self.0.is_none()
    }

    /// What has changed, in a line; nothing for the first time.
    pub(super) fn told(&self) -> String {
        const MOST: usize = 5;
        let Some(files) = &self.0 else { return String::new() };
        let left = files.len().saturating_sub(MOST);
        let more = if left > 0 { format!(" and {left} more") } else { String::new() };
        let files: Vec<&str> = files.iter().take(MOST).map(String::as_str).collect();
        format!("\n{}{more}\n", files.join(", "))
    }
}

fn difference(before: &Contents, now: &Contents) -> Vec<String> {
    let changed = now.iter().filter_map(|(path, now)| {
        let path_shown = visible(path.as_str());
        match (before.get(path).and_then(Option::as_ref), now) {
            (None, Some(_)) => Some(format!("{path_shown} is new")),
            (Some(_), None) => Some(format!("{path_shown} is gone")),
            (before, now) if before != now.as_ref() => Some(format!("{path_shown} changed")),
            _ => None,
        }
    });
    let gone = before.keys().filter(|it| !now.contains_key(*it));
    changed.chain(gone.map(|it| format!("{} is gone", visible(it.as_str())))).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    /// Something happened to what a file says.
    Saved,
    /// Something came, went or was renamed: what is watched may be another thing now.
    Moved,
    /// Somebody has had enough.
    Stop,
}

/// What sees that something happens in a folder.
struct Eyes<'a> {
    dir: &'a Path,
    ignored: Option<&'a Path>,
    sender: Sender<Signal>,
    signals: Receiver<Signal>,
    /// `None` where a new one has to be made.
    watcher: Option<Result<RecommendedWatcher, String>>,
}

impl Eyes<'_> {
    /// Sees to it that the folder is watched, wherever it is now. Why that is not possible, if so.
    fn open(&mut self) -> Option<String> {
        let watcher = self.watcher.take().unwrap_or_else(|| self.watcher().map_err(|it| reason(&it)));
        self.watcher.insert(watcher).as_ref().err().cloned()
    }

    fn watcher(&self) -> notify::Result<RecommendedWatcher> {
        let absolute = std::path::absolute(self.dir)?;
        let real = absolute.canonicalize().unwrap_or_else(|_| absolute.clone());
        let ignored = self.ignored.and_then(Ignored::of);
        // Where it is named, a symlink may be put in its place.
        let (sender, folders) = (self.sender.clone(), [real.clone(), absolute.clone()]);
        let handler = move |event: notify::Result<Event>| {
            let signal = match event {
                // Some were lost: anything may have happened.
                Err(_) => Some(Signal::Moved),
                Ok(event) => signal(&event, &folders, ignored.as_ref()),
            };
            if let Some(signal) = signal {
                let _over = sender.send(signal);
            }
        };
        let mut watcher = RecommendedWatcher::new(handler, Config::default().with_follow_symlinks(false))?;
        // The folder itself is only seen to go and come from the one around it.
        let around = absolute.ancestors().skip(1).filter_map(|it| it.canonicalize().ok());
        for folder in around.take(1).chain(real.parent().map(Path::to_owned)) {
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        }
        if real.is_dir() {
            watcher.watch(&real, RecursiveMode::Recursive)?;
        }
        Ok(watcher)
    }

    /// Waits until something has happened and nothing more does.
    #[expect(clippy::disallowed_methods, reason = "how long is waited is for no artifact")]
    fn wait(&mut self) -> Signal {
        let is_blind = !matches!(self.watcher, Some(Ok(_)));
        let first = match is_blind {
            true => self.signals.recv_timeout(POLL),
            false => self.signals.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let mut signal = match first {
            Ok(signal) => signal,
            Err(RecvTimeoutError::Timeout) => Signal::Moved,
            Err(RecvTimeoutError::Disconnected) => Signal::Stop,
        };
        let start = Instant::now();
        while signal != Signal::Stop && start.elapsed() < MOST_PATIENCE {
            match self.signals.recv_timeout(QUIET) {
                Ok(Signal::Saved) => {}
                Ok(other) => signal = other,
                Err(_) => break,
            }
        }
        if signal == Signal::Moved {
            self.watcher = None;
        }
        signal
    }
}

/// What an event means for the files of a folder, by its names; `None` for one that means nothing.
fn signal(event: &Event, folders: &[PathBuf], ignored: Option<&Ignored>) -> Option<Signal> {
    let signal = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Modify(ModifyKind::Data(_)) => {
            Signal::Saved
        }
        // Reading is what we do ourselves.
        EventKind::Access(_) => return None,
        _ => Signal::Moved,
    };
    let is_git = |it: &Path| it.components().any(|it| it.as_os_str() == OsStr::new(".git"));
    let concerns = |path: &Path| {
        folders.iter().any(|it| path.strip_prefix(it).map_or(it.starts_with(path), |below| !is_git(below)))
    };
    let is_ours = |path: &PathBuf| concerns(path) && !ignored.is_some_and(|it| it.covers(path));
    // Without a path it says that something was lost.
    (event.paths.is_empty() || event.paths.iter().any(is_ours)).then_some(signal)
}

/// A folder that is written by ourselves, with what stands beside it meanwhile.
#[derive(Clone, Debug)]
struct Ignored {
    parent: PathBuf,
    name: String,
}

impl Ignored {
    fn of(folder: &Path) -> Option<Self> {
        let absolute = std::path::absolute(folder).ok()?;
        let parent = absolute.parent()?;
        let parent = parent.canonicalize().unwrap_or_else(|_| parent.to_owned());
        Some(Self { parent, name: absolute.file_name()?.to_str()?.to_owned() })
    }

    fn covers(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.parent) else { return false };
        let first = below.components().next().and_then(|it| it.as_os_str().to_str());
        first.is_some_and(|it| {
            it == self.name
                || it.strip_prefix('.').is_some_and(|it| it.starts_with(&format!("{}.trackside-", self.name)))
        })
    }
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::Io(error) => crate::tree::reason(error),
        notify::ErrorKind::MaxFilesWatch => "there are too many folders to watch".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, RemoveKind, RenameMode};

    #[test]
    fn what_is_read_written_by_a_build_or_kept_by_git_wakes_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let ignored = Ignored::of(&top.join("out"));
        let check = |kind: EventKind, path: &str| {
            let event = Event::new(kind).add_path(top.join(path));
            signal(&event, std::slice::from_ref(&top), ignored.as_ref())
        };
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let read = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        assert_eq!(check(data, "platform.kdl"), Some(Signal::Saved));
        assert_eq!(
            check(EventKind::Access(AccessKind::Close(AccessMode::Write)), "a/b.kdl"),
            Some(Signal::Saved)
        );
        assert_eq!(check(renamed, "platform.kdl"), Some(Signal::Moved));
        assert_eq!(check(EventKind::Create(CreateKind::Folder), "teams"), Some(Signal::Moved));
        assert_eq!(check(EventKind::Remove(RemoveKind::Folder), ""), Some(Signal::Moved));
        assert_eq!(check(read, "platform.kdl"), None);
        assert_eq!(check(data, "out/index.json"), None);
        assert_eq!(check(renamed, ".out.trackside-new"), None);
        assert_eq!(check(data, "outer/a.kdl"), Some(Signal::Saved));
        assert_eq!(check(data, ".git/index"), None);
        assert_eq!(signal(&Event::new(EventKind::Other), &[], None), Some(Signal::Moved), "some were lost");
    }
}
