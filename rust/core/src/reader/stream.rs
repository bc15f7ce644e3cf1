//! A window over a file that slides forward, through plain reads into one buffer.
//!
//! Not a memory map: a file that shrinks while it is mapped kills the process.

use std::fs::File;
use std::io::{self, Read};

/// Bytes that are read at a time; a little less than the second-level cache.
const CHUNK: usize = 256 << 10;

/// A buffer larger than this is given back once the record that needed it is done.
const KEEP: usize = 4 << 20;

/// The part of a file that is in memory.
pub(super) struct Stream<'b> {
    file: File,
    buffer: &'b mut Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl<'b> Stream<'b> {
    /// A stream at the beginning of `file`.
    pub fn new(file: File, buffer: &'b mut Vec<u8>) -> Stream<'b> {
        Stream { file, buffer, start: 0, end: 0, offset: 0 }
    }

    /// What is in memory, from [`offset`](Stream::offset) on.
    #[inline]
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Where in the file the window begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Moves the beginning of the window.
    pub fn advance(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
        debug_assert!(self.start <= self.end);
    }

    /// How long the file is now, if it is a regular file.
    pub fn file_len(&self) -> io::Result<Option<u64>> {
        let metadata = self.file.metadata()?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    /// Reads on until the window has `want` bytes; false if the file ends before.
    pub fn fill(&mut self, want: u64) -> io::Result<bool> {
        while (self.window().len() as u64) < want {
            // A length in a file is no reason to allocate: the bytes must be there.
            if want > self.buffer.len() as u64
                && want > CHUNK as u64
                && self.file_len()?.is_some_and(|length| want > length.saturating_sub(self.offset))
            {
                return Ok(false);
            }
            self.make_room(want);
            match self.file.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Moves the window to the buffer's beginning, and enlarges a buffer that is full.
    fn make_room(&mut self, want: u64) {
        let length = self.window().len();
        // Of a file whose length is not known, twice what came is the most that is allocated.
        let size = (2 * length).min(usize::try_from(want).unwrap_or(usize::MAX)).max(CHUNK);
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, length);
        }
        if self.buffer.len() > KEEP.max(size) {
            self.buffer.truncate(size);
            self.buffer.shrink_to_fit();
        } else if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
    }
}
