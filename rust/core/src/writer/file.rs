//! The file of a writer: creates it with its name, writes it, notices if it was removed or
//! replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::descriptors;
use super::failure::Failure;
use crate::sys::{self, Identity, Status};

/// A file that only its writer writes. It is open while it is written, and stays open if possible.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    /// The second in its name.
    second: u64,
    /// Its number among the files of the process.
    uid: u64,
    identity: Identity,
    /// The number of bytes that were written.
    length: u64,
    /// Whether the file system counts links. Some network file systems do not, so that a removal
    /// can't be noticed there.
    counts_links: bool,
}

/// Why a write failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A later attempt may succeed.
    Refused(io::Error),
    /// Somebody removed or replaced the file. Later events need a new file.
    Gone(io::Error),
}

/// Numbers the files of the process, as TensorBoard's writer does.
static UID: AtomicU64 = AtomicU64::new(0);

impl EventFile {
    /// Creates a new file, and its directory if that does not exist.
    ///
    /// Readers read the files of a run in the order of their names. So the number in the name has
    /// leading zeros, and the second in the name is not before `after`.
    pub(super) fn create(dir: &Path, suffix: &str, after: u64) -> Result<EventFile, Failure> {
        fs::create_dir_all(dir).map_err(|error| Failure::io(error, dir))?;
        let host = sys::hostname();
        loop {
            let uid = UID.fetch_add(1, Ordering::Relaxed);
            let second = after.max(sys::now() as u64);
            let path = dir.join(format!(
                "events.out.tfevents.{second:010}.{host}.{}.{uid:05}{suffix}",
                std::process::id(),
            ));
            let create = || OpenOptions::new().write(true).create_new(true).open(&path);
            let file = match descriptors::open(uid, create) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(Failure::io(error, path)),
            };
            let found = sys::status(&file).and_then(|status| Ok((status, sys::is_removed(&file)?)));
            let (identity, counts_links) = match found {
                Ok((status, is_removed)) => (status.identity, !is_removed),
                Err(error) => {
                    let _ = descriptors::close(uid, file);
                    return Err(Failure::io(error, path));
                }
            };
            descriptors::rest(uid, file);
            return Ok(EventFile { path, second, uid, identity, length: 0, counts_links });
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The second in its name.
    pub(super) fn second(&self) -> u64 {
        self.second
    }

    /// The number of bytes that were written.
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// The file system that it is on.
    pub(super) fn device(&self) -> u64 {
        self.identity.device
    }

    /// Writes the bytes after the first `written` ones, and counts them there. After a failure, the
    /// next attempt continues where this one ended.
    pub(super) fn write(&mut self, bytes: &[u8], written: &mut usize) -> Result<(), Trouble> {
        if bytes.len() == *written && !descriptors::is_open(self.uid) {
            return self.check_path();
        }
        let mut file = match descriptors::take(self.uid).map_err(Trouble::Refused)? {
            Some(file) => file,
            None => self.reopen()?,
        };
        let before = *written;
        let result = write_rest(&mut file, bytes, written);
        self.length += (*written - before) as u64;
        if self.counts_links && sys::is_removed(&file).is_ok_and(|is_removed| is_removed) {
            let _ = descriptors::close(self.uid, file);
            return Err(Trouble::Gone(sys::removed()));
        }
        descriptors::rest(self.uid, file);
        result.map_err(Trouble::Refused)
    }

    /// Opens the file again, to continue at its end.
    fn reopen(&self) -> Result<File, Trouble> {
        let open = || OpenOptions::new().write(true).open(&self.path);
        let mut file = descriptors::open(self.uid, open).map_err(Self::trouble)?;
        let result = sys::status(&file)
            .map_err(Trouble::Refused)
            .and_then(|status| self.check(&status))
            .and_then(|()| file.seek(SeekFrom::Start(self.length)).map_err(Trouble::Refused));
        match result {
            Ok(_) => Ok(file),
            Err(trouble) => {
                let _ = descriptors::close(self.uid, file);
                Err(trouble)
            }
        }
    }

    /// Checks that the closed file is still there, unchanged.
    fn check_path(&self) -> Result<(), Trouble> {
        let status = sys::status_at(&self.path).map_err(Self::trouble)?;
        self.check(&status)
    }

    fn check(&self, status: &Status) -> Result<(), Trouble> {
        if status.identity != self.identity {
            return Err(Trouble::Gone(sys::removed()));
        }
        if status.length != self.length {
            return Err(Trouble::Gone(sys::stale()));
        }
        Ok(())
    }

    fn trouble(error: io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::StaleNetworkFileHandle => Trouble::Gone(error),
            _ => Trouble::Refused(error),
        }
    }

    /// Closes it. Some network file systems report a failed write only now.
    pub(super) fn close(self) -> Result<(), Failure> {
        let closed = match descriptors::take(self.uid) {
            Ok(Some(file)) => descriptors::close(self.uid, file),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        closed.map_err(|error| Failure::io(error, self.path))
    }
}

/// Like `write_all`, but counts the bytes.
fn write_rest(file: &mut File, bytes: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < bytes.len() {
        match file.write(&bytes[*written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => *written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
