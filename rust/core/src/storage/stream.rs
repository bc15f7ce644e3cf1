//! A window over a file that slides forward. It reads into one buffer.
//!
//! It is not a memory map, since a file that shrinks while it is mapped kills the process.

use std::io;
use std::sync::Arc;

use crate::storage::pipe::Pipe;
use crate::storage::source::Source;

/// The number of bytes in one read, which is a little less than the second-level cache.
pub(crate) const CHUNK: usize = 256 << 10;

/// The number of bytes in the first read after some were skipped, since more may be skipped soon.
/// Each read after it has twice as many.
const AFTER_SKIP: usize = 4 << 10;

/// A buffer larger than this is freed once the record that needed it was read.
pub(crate) const KEEP: usize = 4 << 20;

/// The part of a file that is in memory.
pub(crate) struct Stream {
    source: Arc<dyn Source>,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    offset: u64,
    /// Where the file ends for this stream.
    end: Option<u64>,
    /// The number of bytes in one read.
    chunk: usize,
    /// Little is needed after this offset, so reads after it are smaller.
    horizon: u64,
}

impl Stream {
    /// A stream at the beginning of `source`. It uses the memory of `buffer`.
    pub fn new(source: Box<dyn Source>, buffer: Vec<u8>) -> Stream {
        let source = match source.is_seekable() {
            true => Arc::from(source),
            false => Arc::new(Pipe::new(source)) as Arc<dyn Source>,
        };
        Stream {
            source,
            buffer,
            start: 0,
            filled: 0,
            offset: 0,
            end: None,
            chunk: CHUNK,
            horizon: u64::MAX,
        }
    }

    /// Makes the stream end here, even if the file is longer.
    pub fn end_at(&mut self, end: Option<u64>) {
        self.end = end;
    }

    /// The bytes in memory, from [`offset`](Stream::offset) on.
    #[inline]
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.filled]
    }

    /// Returns the memory, for another stream.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// The last `count` bytes before the window.
    pub fn before(&self, count: usize) -> &[u8] {
        &self.buffer[self.start - count..self.start]
    }

    /// Where in the file the window begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Moves the beginning of the window.
    pub fn advance(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
        debug_assert!(self.start <= self.filled);
    }

    /// Moves the beginning of the window. If the source is seekable, it may move beyond the end.
    pub fn skip(&mut self, count: u64) {
        match usize::try_from(count) {
            Ok(count) if count <= self.window().len() => self.advance(count),
            _ => {
                (self.start, self.filled) = (0, 0);
                self.offset = self.offset.saturating_add(count);
                self.chunk = AFTER_SKIP;
            }
        }
    }

    /// Moves the window to any offset, in a seekable source. The bytes up to `horizon` will be
    /// needed.
    pub fn seek(&mut self, offset: u64, horizon: u64) {
        self.horizon = horizon;
        match offset.checked_sub(self.offset) {
            Some(count) if count <= self.window().len() as u64 => self.advance(count as usize),
            _ => {
                self.forget();
                (self.offset, self.chunk) = (offset, CHUNK);
            }
        }
    }

    /// Forgets the bytes in memory. They are read again if they are needed.
    pub fn forget(&mut self) {
        (self.start, self.filled) = (0, 0);
    }

    /// Forgets the bytes and frees the memory.
    pub fn free(&mut self) {
        self.forget();
        self.buffer = Vec::new();
    }

    /// Where the file ends for this stream, or where it ends now, if that is known.
    pub fn file_len(&self) -> io::Result<Option<u64>> {
        Ok(match self.end {
            None => self.source.len()?,
            end => end,
        })
    }

    /// The source of the bytes.
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// The source of the bytes, to share.
    pub fn shared_source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    /// Reads until the window has `want` bytes. False if the file ends before.
    pub fn fill(&mut self, want: u64) -> io::Result<bool> {
        while (self.window().len() as u64) < want {
            // Memory is not allocated only because a file claims a length. The bytes must exist.
            if want > self.buffer.len() as u64
                && want > CHUNK as u64
                && self.file_len()?.is_some_and(|length| want > length.saturating_sub(self.offset))
            {
                return Ok(false);
            }
            let next = self.offset + self.window().len() as u64;
            let rest = self.end.map_or(u64::MAX, |end| end.saturating_sub(next));
            if rest == 0 {
                return Ok(false);
            }
            self.make_room(want)?;
            let missing = usize::try_from(want).unwrap_or(usize::MAX) - self.window().len();
            let chunk = self.chunk.max(missing).min(self.buffer.len() - self.filled);
            let near = usize::try_from(self.horizon.saturating_sub(next)).unwrap_or(usize::MAX);
            let chunk = chunk.min(near.max(AFTER_SKIP).max(missing));
            let chunk = chunk.min(usize::try_from(rest).unwrap_or(usize::MAX));
            self.chunk = (2 * self.chunk).min(CHUNK);
            self.source.release(self.offset);
            match self.source.read_at(&mut self.buffer[self.filled..self.filled + chunk], next)? {
                0 => return Ok(false),
                count => self.filled += count,
            }
        }
        Ok(true)
    }

    /// Moves the window to the buffer's beginning, and enlarges a buffer that is full.
    fn make_room(&mut self, want: u64) -> io::Result<()> {
        let length = self.window().len();
        let want = usize::try_from(want).unwrap_or(usize::MAX);
        // Wrong headers may claim as many bytes again and again. So that moving the window does not
        // cost more than reading, it moves at most once for as many bytes as it has.
        let is_repeated = self.start > 0 && length > CHUNK;
        if is_repeated && self.buffer.len() - self.start >= want {
            return Ok(());
        }
        // If the length of the file is unknown, few more than the bytes read so far are allocated.
        let spare = if is_repeated { length } else { 0 };
        let size = (2 * length).min(want).max(CHUNK) + spare;
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            (self.start, self.filled) = (0, length);
        }
        if self.buffer.len() > KEEP.max(size) {
            self.buffer.truncate(size);
            self.buffer.shrink_to_fit();
        } else if self.buffer.len() < size {
            self.buffer.try_reserve(size - self.buffer.len())?;
            self.buffer.resize(size, 0);
        }
        Ok(())
    }
}
