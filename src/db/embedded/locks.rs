//! Three advisory locks in the folder. They belong to open files, so the kernel lets go of them however we end.
//!
//! Closing a file is not enough to let go of its lock at once: a process that another thread is just starting
//! has a copy of the open file until it runs its program. So every lock is released by name.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::EmbeddedError;
use super::layout::Layout;

/// Longer than any start or stop takes that has not gone wrong.
const TURN_DEADLINE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);

/// A lock that is held until dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Fails only where there is nothing to release.
        let _ = self.0.unlock();
    }
}

/// Waits for our turn to look at the server's state and change it: one process at a time starts or stops.
pub(super) fn take_turn(layout: &Layout) -> Result<Lock, EmbeddedError> {
    let path = layout.folder.join("turn.lock");
    let file = layout.open_own(&path)?;
    let deadline = Instant::now() + TURN_DEADLINE;
    while !try_exclusive(&file, layout)? {
        if Instant::now() >= deadline {
            let waited_seconds = TURN_DEADLINE.as_secs();
            return Err(EmbeddedError::Busy { folder: layout.folder.clone(), waited_seconds });
        }
        sleep(POLL);
    }
    Ok(Lock(file))
}

/// Held by the one service of a folder; its process id stands in the file.
pub(super) fn claim_service(layout: &Layout) -> Result<Lock, EmbeddedError> {
    let path = layout.folder.join("service.lock");
    let mut file = layout.open_own(&path)?;
    if !try_exclusive(&file, layout)? {
        let holder = fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
        return Err(EmbeddedError::InUse { folder: layout.folder.clone(), holder });
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(EmbeddedError::io("write", &path))?;
    Ok(Lock(file))
}

/// Held, shared, by everybody who uses the server. Only to be taken in turn.
pub(super) fn become_user(layout: &Layout) -> Result<Lock, EmbeddedError> {
    let path = layout.folder.join("users.lock");
    let file = layout.open_own(&path)?;
    // Never waits: the exclusive form is only ever held in turn, by `has_users`.
    file.lock_shared().map_err(EmbeddedError::io("lock", &path))?;
    Ok(Lock(file))
}

/// Whether anybody uses the server. Only to be asked in turn.
pub(super) fn has_users(layout: &Layout) -> Result<bool, EmbeddedError> {
    let file = layout.open_own(&layout.folder.join("users.lock"))?;
    let alone = try_exclusive(&file, layout)?;
    drop(Lock(file));
    Ok(!alone)
}

fn try_exclusive(file: &File, layout: &Layout) -> Result<bool, EmbeddedError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => {
            Err(EmbeddedError::Io { what: "lock a file in", path: layout.folder.clone(), source })
        }
    }
}
