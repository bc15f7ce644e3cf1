//! The bytes of one file, local or remote.

use std::io;

use crate::crc32c::Checksum;

/// Reads the bytes of one file by their offsets.
#[allow(clippy::len_without_is_empty)] // An unknown length is neither.
pub trait Source: Send + Sync {
    /// Reads some bytes at `offset` into `buffer`. It reads none at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// The present length in bytes, if it is known.
    fn len(&self) -> io::Result<Option<u64>>;

    /// Whether bytes can be read in any order. Otherwise each can be read only once, in order.
    fn is_seekable(&self) -> bool;

    /// The file's state when it was opened. None if it can't be read twice.
    fn stamp(&self) -> io::Result<Option<Stamp>>;

    /// Tells the source that bytes before this offset will not be read again.
    fn release(&self, _before: u64) {}
}

/// The state of a file. If it is the same, the file was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The length of the file in bytes.
    pub length: u64,
    /// The inode and the time of the last write, or numbers that identify a remote file's version.
    pub version: (u64, i64, i64),
}

/// Memory for this number of bytes of a file, or an error if there is none. `vec!` would end the
/// process.
pub(crate) fn memory_for(length: usize) -> io::Result<Vec<u8>> {
    check_memory_for(length)?;
    Ok(vec![0; length])
}

/// Fails if there is no memory for this number of bytes.
pub(crate) fn check_memory_for(length: usize) -> io::Result<()> {
    let mut probe = Vec::<u8>::new();
    probe.try_reserve_exact(length)?;
    // Otherwise the compiler omits what is allocated and not used.
    drop(std::hint::black_box(probe));
    Ok(())
}

/// Fills `buffer` with the bytes at `offset`. False if there are not enough bytes.
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

/// The checksum of `length` bytes at `offset`. `None` if the file ends before.
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
