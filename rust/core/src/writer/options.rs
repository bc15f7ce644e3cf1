//! Where and how a writer writes, and what its calls report.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// Where and how a [`Writer`](super::Writer) writes.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of the event files; it is created with its parents.
    pub log_dir: PathBuf,
    /// Ends the file's name.
    pub suffix: String,
    /// How long an accepted event may wait for others before it is written.
    pub linger: Duration,
    /// What callers hear of a failure in the background.
    pub on_error: OnError,
    /// A file of as many bytes is followed by another one.
    pub roll_at: Option<u64>,
}

/// What callers hear of a failure in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// The next call fails, and every call while too much is waiting.
    Raise,
    /// One warning an outage; what finds no room any more is dropped and counted.
    Warn,
}

/// What a call that may have to wait achieved.
#[derive(Debug, Default)]
#[must_use]
pub struct Report {
    /// False where time ran out before the work was done: call again.
    pub done: bool,
    /// A failure in the background, under [`OnError::Warn`].
    pub warning: Option<Error>,
    /// This call began a new file.
    pub opened: bool,
    /// No thread could be started: call [`settle`](super::Writer::settle).
    pub unserved: bool,
}

impl Report {
    pub(super) fn done() -> Report {
        Report { done: true, ..Report::default() }
    }
}
