//! The bytes of one file, wherever they are.

use std::io;

use crate::crc32c::Checksum;

/// The bytes of one file, by their offsets.
#[allow(clippy::len_without_is_empty)] // An unknown length is neither.
pub trait Source: Send + Sync {
    /// Reads some bytes at `offset` into `buffer`; none at the end of what there is.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// How many bytes there are now, if that is known.
    fn len(&self) -> io::Result<Option<u64>>;

    /// Whether bytes may be asked for in any order, and not only each once, one after the other.
    fn is_seekable(&self) -> bool;

    /// The file's state when it was opened; None where a file can't be read twice.
    fn stamp(&self) -> io::Result<Option<Stamp>>;

    /// Says that bytes before this offset are not asked for again.
    fn release(&self, _before: u64) {}
}

/// Tells whether a file was changed: as long as it is the same, nothing was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// How long the file is, in bytes.
    pub length: u64,
    /// What else changes with the file: its inode and when it was last written, or what tells the
    /// versions of a remote one apart.
    pub version: (u64, i64, i64),
}

/// Fills `buffer` with the bytes at `offset`; false if there are not as many.
pub fn read_exact_at(
    source: &dyn Source,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> io::Result<bool> {
    while !buffer.is_empty() {
        match source.read_at(buffer, offset)? {
            0 => return Ok(false),
            count => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
        }
    }
    Ok(true)
}

/// The checksum of `length` bytes at `offset`, which are not kept; `None` if the file ends before.
pub fn checksum_at(source: &dyn Source, offset: u64, length: u64) -> io::Result<Option<u32>> {
    const PIECE: usize = 256 << 10;
    let mut checksum = Checksum::default();
    let mut piece = vec![0; PIECE.min(usize::try_from(length).unwrap_or(PIECE))];
    let mut done = 0;
    while done < length {
        let rest = usize::try_from(length - done).unwrap_or(usize::MAX);
        let piece = &mut piece[..PIECE.min(rest)];
        if !read_exact_at(source, piece, offset + done)? {
            return Ok(None);
        }
        checksum.update(piece);
        done += piece.len() as u64;
    }
    Ok(Some(checksum.finish()))
}
