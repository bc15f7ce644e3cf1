//! The file behind a writer: its name, its creation, whether it is still the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::descriptors;
use super::failure::Failure;
use crate::sys::{self, Identity, Status};

/// A file that only its writer writes; open while it is written, and as long as it can be.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    /// The second that its name tells.
    second: u64,
    /// Its number among those of the process.
    uid: u64,
    identity: Identity,
    /// Bytes that were written.
    length: u64,
    /// Some network file systems never count links: there a removal can't be seen.
    counts_links: bool,
}

/// Why a write failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may work another time.
    Refused(io::Error),
    /// Somebody removed or replaced the file: what was written is lost to it, what comes needs a
    /// new one.
    Gone(io::Error),
}

/// Numbers the files of the process, as TensorBoard's own writer does.
static UID: AtomicU64 = AtomicU64::new(0);

impl EventFile {
    /// Creates a file that did not exist, and its directory where that does not exist.
    ///
    /// Readers take the files of a run in the order of their names. So the number of the file has
    /// zeros in front, and no name tells an earlier second than the one `after` does.
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

    /// The second that its name tells.
    pub(super) fn second(&self) -> u64 {
        self.second
    }

    /// How many bytes were written.
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// The file system that it is on.
    pub(super) fn device(&self) -> u64 {
        self.identity.device
    }

    /// Writes what follows the first `written` bytes, and counts them. A failed attempt can be
    /// taken up where it ended.
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

    /// Opens the file again, to go on where it was left.
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

    /// Whether the closed file is where it was, as it was.
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

    /// Closes it. Network file systems may tell only now that a write failed.
    pub(super) fn close(self) -> Result<(), Failure> {
        let closed = match descriptors::take(self.uid) {
            Ok(Some(file)) => descriptors::close(self.uid, file),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        closed.map_err(|error| Failure::io(error, self.path))
    }
}

/// Like `write_all`, but keeps count.
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
