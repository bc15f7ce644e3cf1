//! Where the bytes of a file come from.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::crc32c::Checksum;
use crate::cancel;
use crate::storage::remote;

#[cfg(unix)]
use std::os::unix::fs::{FileExt, MetadataExt};

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

/// The state of the file at `path`; None where a file can't be read twice.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    if let Some((remote, uri)) = remote::of(path) {
        return remote.stamp(uri).map(Some);
    }
    Ok(Stamp::of(&std::fs::metadata(path)?))
}

impl Stamp {
    fn of(metadata: &Metadata) -> Option<Stamp> {
        #[cfg(unix)]
        let version = (metadata.ino(), metadata.mtime(), metadata.mtime_nsec());
        metadata.is_file().then_some(Stamp { length: metadata.len(), version })
    }
}

/// Opens the file at `path`.
pub fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    cancel::check()?;
    if let Some((remote, uri)) = remote::of(path) {
        return remote.open(uri);
    }
    let file = File::open(path)?;
    let stamp = Stamp::of(&file.metadata()?);
    Ok(Box::new(Local { file, stamp }))
}

/// A file of this machine; a pipe is read as it comes.
struct Local {
    file: File,
    stamp: Option<Stamp>,
}

impl Source for Local {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        cancel::check()?;
        loop {
            let read = match self.is_seekable() {
                true => self.file.read_at(buffer, offset),
                false => (&self.file).read(buffer),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn len(&self) -> io::Result<Option<u64>> {
        Ok(if self.is_seekable() { Some(self.file.metadata()?.len()) } else { None })
    }

    fn is_seekable(&self) -> bool {
        self.stamp.is_some()
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        Ok(self.stamp.clone())
    }
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
