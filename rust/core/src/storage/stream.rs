//! A window over a file that slides forward, through plain reads into one buffer.
//!
//! Not a memory map: a file that shrinks while it is mapped kills the process.

use std::io;
use std::sync::Arc;

use crate::storage::pipe::Pipe;
use crate::storage::source::Source;

/// Bytes that are read at a time; a little less than the second-level cache.
pub(crate) const CHUNK: usize = 256 << 10;

/// Bytes that are read after some were left out, twice as many each time, since more may be.
const AFTER_SKIP: usize = 4 << 10;

/// A buffer larger than this is given back once the record that needed it is done.
pub(crate) const KEEP: usize = 4 << 20;

/// The part of a file that is in memory.
pub(crate) struct Stream {
    source: Arc<dyn Source>,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    offset: u64,
    /// Where the file is taken to end.
    end: Option<u64>,
    /// How many bytes are read at a time.
    chunk: usize,
    /// Behind here little more is asked for, so that less is read at a time.
    horizon: u64,
}

impl Stream {
    /// A stream at the beginning of `source`, which uses the memory of `buffer`.
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

    /// Has the file end here, whatever comes behind.
    pub fn end_at(&mut self, end: Option<u64>) {
        self.end = end;
    }

    /// What is in memory, from [`offset`](Stream::offset) on.
    #[inline]
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.filled]
    }

    /// The memory, for another stream.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// The last `count` bytes that the window was moved past.
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

    /// Moves the beginning of the window, beyond its end too if the source is seekable.
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

    /// Moves the window to this place, before or behind it, where what comes up to `horizon` will be
    /// asked for. The source is seekable.
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

    /// Forgets what is in memory, and reads it again when it is asked for.
    pub fn forget(&mut self) {
        (self.start, self.filled) = (0, 0);
    }

    /// Forgets it, and gives the memory back.
    pub fn free(&mut self) {
        self.forget();
        self.buffer = Vec::new();
    }

    /// Where the file is taken to end, or ends now, if that is known.
    pub fn file_len(&self) -> io::Result<Option<u64>> {
        Ok(match self.end {
            None => self.source.len()?,
            end => end,
        })
    }

    /// Where the bytes come from.
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Where the bytes come from, for others.
    pub fn shared_source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
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
            let next = self.offset + self.window().len() as u64;
            let rest = self.end.map_or(u64::MAX, |end| end.saturating_sub(next));
            if rest == 0 {
                return Ok(false);
            }
            self.make_room(want);
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
    fn make_room(&mut self, want: u64) {
        let length = self.window().len();
        // Of a file whose length is not known, twice what came is the most that is allocated.
        let size = (2 * length).min(usize::try_from(want).unwrap_or(usize::MAX)).max(CHUNK);
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            (self.start, self.filled) = (0, length);
        }
        if self.buffer.len() > KEEP.max(size) {
            self.buffer.truncate(size);
            self.buffer.shrink_to_fit();
        } else if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
    }
}
