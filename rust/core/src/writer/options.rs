//! The options of a writer, and what its calls report.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// The options of a [`Writer`](super::Writer).
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of the event files; it is created with its parents.
    pub log_dir: PathBuf,
    /// The end of the file's name.
    pub suffix: String,
    /// How long an accepted event may wait for others before it is written.
    pub linger: Duration,
    /// How failures in the background are reported.
    pub on_error: OnError,
    /// After this many bytes in a file, the writer begins another one.
    pub roll_at: Option<u64>,
}

/// How failures in the background are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// The next call fails. While too many bytes wait, every call fails.
    Raise,
    /// Each outage gives one warning. Events that find no room are dropped and counted.
    Warn,
}

/// The result of a call that may have to wait.
#[derive(Debug, Default)]
#[must_use]
pub struct Report {
    /// False if time ran out before the work was done. Then call again.
    pub done: bool,
    /// A failure in the background, under [`OnError::Warn`].
    pub warning: Option<Error>,
    /// This call began a new file.
    pub opened: bool,
    /// No thread could be started. Then call [`settle`](super::Writer::settle).
    pub unserved: bool,
}

impl Report {
    pub(super) fn done() -> Report {
        Report { done: true, ..Report::default() }
    }
}
