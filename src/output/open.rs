//! Opening files by a name that anybody may have put something else at meanwhile.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// What opens the file itself: not what a symlink leads to, and no pipe that waits for its other end.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    options
}

/// Opens a file to read it, and says how long it is; `None` for what is no file.
pub(super) fn read(path: &Path) -> io::Result<Option<(File, u64)>> {
    let file = options().read(true).open(path)?;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata.len())))
}
