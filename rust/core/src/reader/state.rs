//! How far runs are read, for another process to read on.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::columns::claims::Claims;
use crate::columns::sessions::SessionsRead;
use crate::proto::{Kind, Metadata};
use crate::scan::progress::{HEAD, Progress};
use crate::scan::scanner::Mark;
use crate::storage::source::Stamp;

/// How far a run is read, and what has to be known of it to read on.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// The run's name.
    pub name: PathBuf,
    /// Its files, in the order in which they are read.
    pub files: Vec<FileState>,
    /// What its tags hold, selected or not.
    pub tags: Vec<TagState>,
}

/// How far a file is read.
#[derive(Debug, Clone, PartialEq)]
pub struct FileState {
    /// The last part of its path; the directory may be somewhere else.
    pub name: OsString,
    /// So many bytes are read. Another record begins here, or damage that may go on.
    pub offset: u64,
    /// So many records are.
    pub record: u64,
    /// How many of its first bytes have which checksum.
    pub head: (u8, u32),
    /// The checksum of the last bytes before the offset.
    pub tail: Option<u32>,
    /// What the file was like when it was read, if it can be read again.
    pub stamp: Option<Stamp>,
    /// Whether steps that go backwards tell of a restart, since the file is of the first version.
    pub is_old: bool,
    /// The step of the last event that did not go backwards, in such files.
    pub last_step: Option<i64>,
    /// What files before it hold of this step and later ones is purged.
    pub purged: Option<i64>,
    /// What it says of tensors under its tags.
    pub claims: Claims,
}

/// One kind of values under a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct TagState {
    /// The tag's name.
    pub name: Box<str>,
    /// What the values are.
    pub kind: Kind,
    /// The first metadata that came with its values.
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
        // Of another place, it tells nothing.
        let tail = progress.tail.filter(|_| offset == progress.settled.offset);
        let (head, stamp) = (progress.head, progress.stamp.clone());
        let (is_old, last_step, purged) = (sessions.is_old(), sessions.last_step, sessions.purged);
        let claims = claims.clone();
        FileState { name, offset, record, head, tail, stamp, is_old, last_step, purged, claims }
    }

    pub(super) fn progress(&self) -> Progress {
        let FileState { offset, record, head: (length, checksum), tail, ref stamp, .. } = *self;
        // A state that was made up leads to no more bytes than there can be.
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
