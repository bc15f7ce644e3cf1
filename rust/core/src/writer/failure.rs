//! Failures in the background, and whether they were reported to a caller.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::OnError;
use crate::error::{Error, ErrorKind};

/// An [`Error`] that can be stored and reported more than once.
#[derive(Debug, Clone)]
pub struct Failure(Arc<Error>);

impl Failure {
    /// An error of the operating system's about `path`.
    pub(super) fn io(error: io::Error, path: impl Into<PathBuf>) -> Failure {
        Failure(Arc::new(Error::io(error, path)))
    }

    /// The failure of an error, for the file that it names, or for `log_dir` if it names none.
    pub(super) fn of(error: Error, log_dir: &Path) -> Failure {
        let error = if error.path().is_none() { error.at_path(log_dir) } else { error };
        Failure::from(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let error = match error.kind() {
            ErrorKind::Io(_) => error,
            // Only the message of other errors is kept, since it is reported later.
            _ => Error::from(io::Error::other(error.to_string())),
        };
        Failure(Arc::new(error))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let told = match failure.0.kind() {
            ErrorKind::Io(error) => match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), Told(Arc::clone(&failure.0))),
            },
            _ => io::Error::other(failure.0.to_string()),
        };
        let error = Error::from(told);
        match failure.0.path() {
            Some(path) => error.at_path(path),
            None => error,
        }
    }
}

/// An error that may be reported more than once. Its source is that of the original error.
struct Told(Arc<Error>);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            ErrorKind::Io(error) => error.fmt(f),
            _ => self.0.fmt(f),
        }
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.0.kind() {
            ErrorKind::Io(error) => error.get_ref().map(|cause| cause as _),
            _ => None,
        }
    }
}

/// The present failure, and the failure that was not reported yet.
#[derive(Debug, Default)]
pub struct Outage {
    failing: Option<Failure>,
    unreported: Option<Failure>,
}

impl Outage {
    /// Notes that an attempt failed. The next call reports it; under [`OnError::Warn`] only once
    /// for each outage.
    pub fn report(&mut self, failure: Failure, on_error: OnError) {
        if self.failing.is_none() || on_error == OnError::Raise {
            self.unreported = Some(failure.clone());
        }
        self.failing = Some(failure);
    }

    /// Notes a failure that will not be tried again. The next call reports it.
    pub fn tell(&mut self, failure: Failure) {
        self.unreported = Some(failure);
    }

    /// Notes that an attempt succeeded. An earlier failure is still reported.
    pub fn recover(&mut self) {
        self.failing = None;
    }

    /// Forgets all failures, reported or not.
    pub fn clear(&mut self) {
        *self = Outage::default();
    }

    /// Forgets the failure that was not reported, since it is being reported.
    pub fn forget(&mut self) {
        self.unreported = None;
    }

    /// Why the last attempt failed, if it did.
    pub fn failing(&self) -> Option<&Failure> {
        self.failing.as_ref()
    }

    /// Whether [`take`](Outage::take) returns a failure.
    pub fn is_unreported(&self) -> bool {
        self.unreported.is_some()
    }

    /// The failure that was not reported yet, for the call that reports it.
    pub fn take(&mut self) -> Option<Failure> {
        self.unreported.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error number that Unix and Windows both have.
    const CODE: i32 = 28;

    fn failure() -> Failure {
        Failure::io(io::Error::from_raw_os_error(CODE), "run")
    }

    #[test]
    fn raise_tells_each_attempt_and_warn_each_outage() {
        for (on_error, second) in [(OnError::Raise, true), (OnError::Warn, false)] {
            let mut outage = Outage::default();
            outage.report(failure(), on_error);
            assert!(outage.take().is_some());
            outage.report(failure(), on_error);
            assert_eq!(outage.take().is_some(), second);
            outage.recover();
            assert!(outage.failing().is_none());
            outage.report(failure(), on_error);
            assert!(outage.take().is_some());
        }
    }

    #[test]
    fn what_is_told_twice_keeps_code_message_path_and_cause() {
        let error = Error::from(failure());
        assert_eq!(error.path(), Some(Path::new("run")));
        let ErrorKind::Io(io) = error.kind() else { panic!("{error}") };
        assert_eq!(io.raw_os_error(), Some(CODE));

        let cause = io::Error::new(io::ErrorKind::TimedOut, "no answer");
        let failure = Failure::from(Error::io(cause, "run"));
        for _ in 0..2 {
            let error = Error::from(failure.clone());
            assert_eq!(error.to_string(), "no answer: run");
            let ErrorKind::Io(io) = error.kind() else { panic!("{error}") };
            assert_eq!(io.kind(), io::ErrorKind::TimedOut);
            let told = io.get_ref().unwrap();
            assert_eq!(told.source().unwrap().to_string(), "no answer");
        }
    }
}
