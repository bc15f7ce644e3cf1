//! One error type: what went wrong, in which file, at which offset and record.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, and where.
///
/// Boxed, so that a `Result` in a hot path stays small.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    path: Option<PathBuf>,
    offset: Option<u64>,
    record: Option<u64>,
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A system call failed.
    Io(io::Error),
    /// An event file is damaged, or is not an event file.
    Corrupt(Corruption),
    /// A value was still in its file, and the file was changed.
    Changed,
    /// The writer was closed.
    Closed,
}

/// How the bytes of an event file can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Corruption {
    /// The checksum of a record's length does not match.
    LengthChecksum,
    /// The checksum of a record's payload does not match.
    DataChecksum,
    /// The record's payload is not a well-formed `Event` message.
    Message,
    /// The file has no record, so it is not an event file.
    NotAnEventFile,
}

impl Corruption {
    /// Its name in Python.
    pub fn name(self) -> &'static str {
        match self {
            Corruption::LengthChecksum => "length_checksum",
            Corruption::DataChecksum => "data_checksum",
            Corruption::Message => "message",
            Corruption::NotAnEventFile => "not_an_event_file",
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Corruption::LengthChecksum => "the checksum of the record's length does not match",
            Corruption::DataChecksum => "the checksum of the record's data does not match",
            Corruption::Message => "the record is not a well-formed Event message",
            Corruption::NotAnEventFile => "this is not an event file: it holds no valid record",
        })
    }
}

impl Error {
    /// An error of this kind, without a place.
    pub fn new(kind: ErrorKind) -> Error {
        Error(Box::new(Inner { kind, path: None, offset: None, record: None }))
    }

    /// An operating system's error about `path`.
    pub fn io(error: io::Error, path: impl Into<PathBuf>) -> Error {
        Error::new(ErrorKind::Io(error)).at_path(path)
    }

    /// Adds the file.
    pub fn at_path(mut self, path: impl Into<PathBuf>) -> Error {
        self.0.path = Some(path.into());
        self
    }

    /// Adds the byte offset at which the record begins, and the record's index in the file.
    pub fn at_record(mut self, offset: u64, record: u64) -> Error {
        self.0.offset = Some(offset);
        self.0.record = Some(record);
        self
    }

    /// Adds the byte offset at which something is wrong.
    pub fn at_offset(mut self, offset: u64) -> Error {
        self.0.offset = Some(offset);
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The file, if it is known.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The byte offset of the bad record, or of the value that changed.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The index of the bad record in the file, counted from 0.
    pub fn record(&self) -> Option<u64> {
        self.0.record
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::new(ErrorKind::Io(error))
    }
}

impl From<Corruption> for Error {
    fn from(corruption: Corruption) -> Error {
        Error::new(ErrorKind::Corrupt(corruption))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ErrorKind::Io(error) => write!(f, "{error}")?,
            ErrorKind::Corrupt(corruption) => write!(f, "{corruption}")?,
            ErrorKind::Changed => f.write_str("the file was changed after it was read")?,
            ErrorKind::Closed => f.write_str("the writer is closed")?,
        }
        if let Some(path) = &self.0.path {
            write!(f, ": {}", path.display())?;
        }
        if let Some(offset) = self.0.offset {
            write!(f, ", offset {offset}")?;
        }
        if let Some(record) = self.0.record {
            write!(f, ", record {record}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}
