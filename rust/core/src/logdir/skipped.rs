//! Files and directories that are skipped, and why.

use std::io;
use std::path::PathBuf;

use crate::error::{Corruption, Error, ErrorKind};
use crate::sys;

/// A file or directory that is skipped, so that the rest can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its path.
    pub path: PathBuf,
    /// Why it is skipped.
    pub reason: Reason,
}

/// Why a file or directory is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It has the name of an event file, but is not one.
    NotAnEventFile,
    /// It was removed after it was found, or it is a broken link.
    NotFound,
    /// There is no permission to read it.
    PermissionDenied,
    /// Its disk, its server or its name does not allow to read it. The system's error has this
    /// code.
    Unreadable(i32),
}

impl Reason {
    /// Its name in Python.
    pub fn name(self) -> &'static str {
        match self {
            Reason::NotAnEventFile => "not_an_event_file",
            Reason::NotFound => "not_found",
            Reason::PermissionDenied => "permission_denied",
            Reason::Unreadable(_) => "unreadable",
        }
    }

    /// The reason to skip the file of an error, if the error concerns only that file. Other errors,
    /// such as too many open files, stay errors.
    pub fn of(error: &Error) -> Option<Reason> {
        match error.kind() {
            ErrorKind::Io(error) => Reason::of_io(error),
            ErrorKind::Corrupt(Corruption::NotAnEventFile) => Some(Reason::NotAnEventFile),
            _ => None,
        }
    }

    pub(super) fn of_io(error: &io::Error) -> Option<Reason> {
        match error.kind() {
            // A file that was removed on another machine is stale. Another kind of file may be in
            // its place.
            io::ErrorKind::NotFound
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory => Some(Reason::NotFound),
            io::ErrorKind::PermissionDenied => Some(Reason::PermissionDenied),
            _ if sys::is_unreadable(error) => error.raw_os_error().map(Reason::Unreadable),
            _ => None,
        }
    }
}

impl Skipped {
    /// What to skip instead of raising this error about a file in a tree. None if the error must be
    /// raised. With `on_denied`, it is also a reason to skip that something can't be read.
    pub fn instead_of(error: &Error, on_denied: bool) -> Option<Skipped> {
        let path = error.path()?.to_owned();
        let skipped = Skipped { path, reason: Reason::of(error)? };
        (on_denied || skipped.error().is_none()).then_some(skipped)
    }

    /// The error for something that is there and can't be read. None for any other reason.
    pub fn error(&self) -> Option<Error> {
        let error = match self.reason {
            Reason::NotAnEventFile | Reason::NotFound => return None,
            Reason::PermissionDenied => sys::denied(),
            Reason::Unreadable(code) => io::Error::from_raw_os_error(code),
        };
        Some(Error::io(error, &self.path))
    }
}
