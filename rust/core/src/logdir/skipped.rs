//! What is left out of what is read, and why.

use std::io;
use std::path::PathBuf;

use crate::error::{Corruption, Error, ErrorKind};

/// A file or directory that is left out, so that it hides nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it is, or was.
    pub path: PathBuf,
    /// Why it is left out.
    pub reason: Reason,
}

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It has the name of an event file and is none.
    NotAnEventFile,
    /// It went after it was found, or is a link that leads nowhere.
    NotFound,
    /// It may not be read, or not be entered.
    PermissionDenied,
}

impl Reason {
    /// The name by which Python knows it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::NotAnEventFile => "not_an_event_file",
            Reason::NotFound => "not_found",
            Reason::PermissionDenied => "permission_denied",
        }
    }

    /// Why what an error is about may be left out. What else can go wrong says nothing of the one
    /// file alone, a disk that fails say, and stays an error.
    pub fn of(error: &Error) -> Option<Reason> {
        match error.kind() {
            ErrorKind::Io(error) => Reason::of_io(error),
            ErrorKind::Corrupt(Corruption::NotAnEventFile) => Some(Reason::NotAnEventFile),
            _ => None,
        }
    }

    pub(super) fn of_io(error: &io::Error) -> Option<Reason> {
        match error.kind() {
            // What was removed on another machine is stale; what took its place may be of another
            // kind.
            io::ErrorKind::NotFound
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory => Some(Reason::NotFound),
            io::ErrorKind::PermissionDenied => Some(Reason::PermissionDenied),
            _ => None,
        }
    }
}

impl Skipped {
    /// What is left out instead of an error about a file in a tree. `on_denied`: what may not be
    /// read is left out too. None: it is to be raised.
    pub fn instead_of(error: &Error, on_denied: bool) -> Option<Skipped> {
        let reason = Reason::of(error)?;
        let is_left_out = on_denied || reason != Reason::PermissionDenied;
        let path = error.path().filter(|_| is_left_out)?.to_owned();
        Some(Skipped { path, reason })
    }
}
