//! The blocks of a file, read on a thread of its own while others parse those before.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crate::storage::source::Source;

/// How many blocks are in memory.
const BLOCKS: usize = 4;

/// Consecutive blocks of a file, up to its end.
pub(crate) struct Ahead {
    /// Memory for blocks; the thread ends once this is gone.
    free: Option<Sender<Vec<u8>>>,
    read: Receiver<io::Result<(Vec<u8>, usize)>>,
    thread: Option<JoinHandle<()>>,
    /// Where the next block begins.
    offset: u64,
}

impl Ahead {
    /// Reads from `offset` on, `size` bytes at a time into memory that begins with `margin` bytes
    /// of no matter.
    pub fn start(
        source: Arc<dyn Source>,
        offset: u64,
        margin: usize,
        size: usize,
    ) -> io::Result<Ahead> {
        let (free, blocks) = channel::<Vec<u8>>();
        let (done, read) = channel();
        let work = move || {
            let mut offset = offset;
            for mut block in blocks {
                block.resize(margin + size, 0);
                let result = source.read_at(&mut block[margin..], offset);
                let count = *result.as_ref().unwrap_or(&0);
                offset += count as u64;
                if done.send(result.map(|count| (block, count))).is_err() || count == 0 {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("tfevents-reader".into()).spawn(work)?;
        let ahead = Ahead { free: Some(free), read, thread: Some(thread), offset };
        (0..BLOCKS).for_each(|_| ahead.recycle(Vec::new()));
        Ok(ahead)
    }

    /// Where the next block begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next block, and how many bytes it has. An empty one is the end of the file, and the last.
    pub fn next(&mut self) -> io::Result<(Vec<u8>, usize)> {
        let ended = |_| io::Error::other("the thread that reads has ended");
        let (block, count) = self.read.recv().map_err(ended)??;
        self.offset += count as u64;
        Ok((block, count))
    }

    /// Gives back memory, of a block or other.
    pub fn recycle(&self, block: Vec<u8>) {
        if let Some(free) = &self.free {
            // Where the thread has ended there is no use for it.
            let _ = free.send(block);
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.free = None;
        if let Some(thread) = self.thread.take() {
            // It can't be told more than `next` told.
            let _ = thread.join();
        }
    }
}
