//! One build at a time.

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::output::Error;
use crate::output::open;
use crate::output::place::Place;

/// Held until it is dropped. The system lets go of it when the process dies, however it does.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

impl Lock {
    pub(super) fn take(place: &Place) -> Result<Self, Error> {
        let path = place.lock.clone();
        let failed = |it| Error::Write(place.lock.clone(), it);
        let mut waited = Duration::ZERO;
        loop {
            let file = open_lock(&path).map_err(failed)?;
            match file.try_lock() {
                // Whoever held it before us removed the file that we have open, and the next one makes another.
                Ok(()) if is_at(&file, &path) => return Ok(Self { path, _file: file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                    thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::WouldBlock) => return Err(Error::Busy(place.named.clone())),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is held, so nobody else's is removed. If it stays, the next build takes it.
        let _stays = fs::remove_file(&self.path);
    }
}

fn open_lock(path: &PathBuf) -> std::io::Result<File> {
    let mut options = open::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_at(file: &File, path: &PathBuf) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else {
        return false;
    };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Elsewhere a file that somebody has open keeps its name.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &PathBuf) -> bool {
    true
}
