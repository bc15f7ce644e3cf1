//! The bytes of one file, wherever they are.

use std::io;

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
