//! Makes sure that written files are on the disk.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread::{self, Builder};

use crate::cancel;
use crate::error::{Error, Result};
use crate::sys;

/// Waits until the content of these files or directories is on the disk, where it survives a power
/// failure.
pub fn sync(paths: &[PathBuf]) -> Result<()> {
    /// A disk may sync many files as fast as one.
    const AT_ONCE: usize = 16;
    let share = paths.len().div_ceil(AT_ONCE).max(1);
    let token = cancel::Token::current().unwrap_or_default();
    thread::scope(|scope| {
        let sync = |share: &[PathBuf]| token.clone().run(|| sync_each(share));
        let mut done = Ok(());
        let mut threads = Vec::new();
        for share in paths.chunks(share).skip(1) {
            // If no threads can be started, this one does all of it.
            match Builder::new().spawn_scoped(scope, move || sync(share)) {
                Ok(thread) => threads.push(thread),
                Err(_) => done = done.and_then(|()| sync(share)),
            }
        }
        done = done.and_then(|()| sync(paths.chunks(share).next().unwrap_or_default()));
        threads.into_iter().fold(done, |done, thread| {
            done.and(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })
    })
}

fn sync_each(paths: &[PathBuf]) -> Result<()> {
    paths.iter().try_for_each(|path| {
        let synced = cancel::check().and_then(|()| sys::sync(path));
        synced.map_err(|error| Error::io(error, path))
    })
}
