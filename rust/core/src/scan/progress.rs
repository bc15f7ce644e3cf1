//! How far a file was read, and whether it changed since.

use std::io;
use std::path::Path;

use crate::crc32c;
use crate::error::{Error, Result};
use crate::scan::damage::Damage;
use crate::scan::scanner::Mark;
use crate::storage;
use crate::storage::source::{self, Source, Stamp};

/// The part of a file that was read, and what identifies the file.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Where reading continues: at a record, or at damage that more bytes may change.
    pub settled: Mark,
    /// Where another reader continues if it has all records that were read.
    pub handed_on: Mark,
    /// Whether records were read between these places. More bytes may show that they are not
    /// records.
    pub is_revocable: bool,
    /// The damage.
    pub damage: Vec<Damage>,
    /// The state of the file when it was read, if it can be read again.
    pub stamp: Option<Stamp>,
    /// The number and the checksum of bytes at the file's beginning.
    pub head: (u8, u32),
    /// The checksum of the last bytes before those that may be read again.
    pub tail: Option<u32>,
}

/// The number of bytes at a file's beginning that identify it: they have the time at which it was
/// made. The same number of bytes before the end shows whether these are unchanged.
pub(crate) const HEAD: usize = 64;

impl Progress {
    /// The damage that stays whatever is appended.
    pub fn settled_damage(&self) -> impl Iterator<Item = &Damage> {
        self.damage.iter().filter(|damage| damage.offset < self.settled.offset)
    }

    /// What became of the file at `path` since it was read.
    pub fn look(&self, path: &Path) -> Result<Change> {
        let io_error = |error| Error::io(error, path);
        let now = storage::stamp(path).map_err(io_error)?;
        let (Some(before), Some(now)) = (&self.stamp, &now) else {
            // A pipe gives its bytes once, so there are no more than those that were read.
            return Ok(if self.stamp == now { Change::None } else { Change::Replaced });
        };
        if before == now {
            return Ok(Change::None);
        }
        if now.length < before.length {
            return Ok(Change::Replaced);
        }
        let source = storage::open(path).map_err(io_error)?;
        let (length, head) = self.head;
        let head_is = checksum_before(&*source, length.into(), length.into());
        let same = head_is.map_err(io_error)? == Some(head)
            && (self.tail.is_none() || self.tail_of(&*source).map_err(io_error)? == self.tail);
        Ok(if same && !self.is_revocable { Change::Grown } else { Change::Replaced })
    }

    /// The checksum of the last bytes that are not read again, if there are any.
    pub fn tail_of(&self, source: &dyn Source) -> io::Result<Option<u32>> {
        let offset = self.settled.offset;
        if source.is_seekable() { checksum_before(source, offset, HEAD) } else { Ok(None) }
    }
}

/// The checksum of the `count` bytes before `end`, or of all bytes before it if they are fewer.
fn checksum_before(source: &dyn Source, end: u64, count: usize) -> io::Result<Option<u32>> {
    let mut bytes = [0; HEAD];
    let bytes = &mut bytes[..count.min(usize::try_from(end).unwrap_or(count))];
    let is_whole = source::read_exact_at(source, bytes, end - bytes.len() as u64)?;
    Ok(is_whole.then(|| crc32c::checksum(bytes)))
}

/// The number and the checksum of the first bytes of the file.
pub(crate) fn head(source: &dyn Source) -> io::Result<(u8, u32)> {
    let mut head = [0; HEAD];
    let mut length = 0;
    while length < HEAD {
        match source.read_at(&mut head[length..], length as u64)? {
            0 => break,
            count => length += count,
        }
    }
    Ok((length as u8, crc32c::checksum(&head[..length])))
}

/// What became of a file since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    /// More was written, or may have been written.
    Grown,
    /// It is another file, it was cut, or some of its records proved not to be records.
    Replaced,
}
