//! How far runs were read, so that another process can continue.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::columns::claims::Claims;
use crate::columns::sessions::SessionsRead;
use crate::proto::{Kind, Metadata};
use crate::scan::progress::{HEAD, Progress};
use crate::scan::scanner::Mark;
use crate::storage::source::Stamp;

/// How far a run was read, and what is needed to continue.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// The run's name.
    pub name: PathBuf,
    /// Its files, in the order in which they are read.
    pub files: Vec<FileState>,
    /// Its tags, selected or not.
    pub tags: Vec<TagState>,
}

/// How far a file was read.
#[derive(Debug, Clone, PartialEq)]
pub struct FileState {
    /// The last part of its path, since the directory may be moved.
    pub name: OsString,
    /// The number of bytes that were read. A record begins here, or damage that may continue.
    pub offset: u64,
    /// The number of records that were read.
    pub record: u64,
    /// The number and the checksum of its first bytes.
    pub head: (u8, u32),
    /// The checksum of the last bytes before the offset.
    pub tail: Option<u32>,
    /// The state of the file when it was read, if it can be read again.
    pub stamp: Option<Stamp>,
    /// Whether steps that go backwards are restarts, since the file has the first version.
    pub is_old: bool,
    /// The step of the last event that did not go backwards, in such files.
    pub last_step: Option<i64>,
    /// Values of earlier files are dropped from this step on.
    pub purged: Option<i64>,
    /// Its claims about the kinds of tensors.
    pub claims: Claims,
}

/// One kind of values under a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct TagState {
    /// The tag's name.
    pub name: Box<str>,
    /// The kind of the values.
    pub kind: Kind,
    /// The first metadata of its values.
    pub metadata: Option<Box<Metadata<'static>>>,
}

impl FileState {
    pub(super) fn new(
        name: OsString,
        progress: &Progress,
        sessions: &SessionsRead,
        claims: &Claims,
    ) -> FileState {
        let Mark { offset, record } = progress.handed_on;
        // The checksum is valid only for its own offset.
        let tail = progress.tail.filter(|_| offset == progress.settled.offset);
        let (head, stamp) = (progress.head, progress.stamp.clone());
        let (is_old, last_step, purged) = (sessions.is_old(), sessions.last_step, sessions.purged);
        let claims = claims.clone();
        FileState { name, offset, record, head, tail, stamp, is_old, last_step, purged, claims }
    }

    pub(super) fn progress(&self) -> Progress {
        let FileState { offset, record, head: (length, checksum), tail, ref stamp, .. } = *self;
        // A forged state must not make this read more bytes than there can be.
        let head = (length.min(HEAD as u8), checksum);
        let mark = Mark { offset, record };
        let (settled, handed_on, stamp) = (mark, mark, stamp.clone());
        Progress { settled, handed_on, stamp, head, tail, ..Progress::default() }
    }

    pub(super) fn sessions(&self) -> SessionsRead {
        let version = Some(if self.is_old { 1.0 } else { 2.0 });
        let (last_step, purged) = (self.last_step, self.purged);
        SessionsRead { version, last_step, purged, ..SessionsRead::default() }
    }
}
