//! The files that are written.

use std::path::PathBuf;

use crate::error::Result;
use crate::rewrite::behind::{Behind, Piece};

/// The number of bytes that wait to be written, over all files. They are still in the processor's
/// cache.
const MOST: usize = 512 << 10;

/// Files that grow side by side. None is kept open, since there may be one for each tag.
#[derive(Default)]
pub struct Outputs {
    files: Vec<Output>,
    waiting: usize,
    /// A thread that writes meanwhile, once there is much to write.
    behind: Option<Behind>,
}

/// Records of a window, one after the other, that go to a file as they are.
#[derive(Default)]
pub struct Kept {
    pub output: usize,
    pub start: usize,
    pub end: usize,
    /// The number of records.
    pub records: u64,
}

/// A file.
struct Output {
    path: PathBuf,
    buffer: Vec<u8>,
    is_created: bool,
    /// Whether all waiting records have their checksums.
    is_sealed: bool,
}

impl Outputs {
    /// Adds a file without bytes. Returns its number.
    pub fn add(&mut self, path: PathBuf) -> usize {
        self.files.push(Output { path, buffer: Vec::new(), is_created: false, is_sealed: true });
        self.files.len() - 1
    }

    /// Appends these bytes to a file.
    #[inline]
    pub fn put(&mut self, number: usize, bytes: &[u8]) {
        self.files[number].buffer.extend_from_slice(bytes);
        self.waiting += bytes.len();
    }

    /// Appends the kept records of a window to their file.
    #[inline(never)]
    pub fn put_kept(&mut self, window: &[u8], kept: &Kept) {
        self.put(kept.output, &window[kept.start..kept.end]);
    }

    /// Appends records to a file. They get their checksums when they are written.
    #[inline(always)]
    pub fn put_with<T>(&mut self, number: usize, put: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let Output { buffer, is_sealed, .. } = &mut self.files[number];
        let before = buffer.len();
        let result = put(buffer);
        *is_sealed = false;
        self.waiting += buffer.len() - before;
        result
    }

    /// Writes waiting bytes if there are many.
    pub fn relieve(&mut self) -> Result<()> {
        if self.waiting < MOST {
            return Ok(());
        }
        if self.behind.is_none() {
            self.behind = Behind::start();
        }
        self.write(false)
    }

    /// Writes everything. Returns the paths of the files.
    pub fn finish(mut self) -> Result<Vec<PathBuf>> {
        self.write(true)?;
        self.behind.take().map_or(Ok(()), Behind::finish)?;
        Ok(self.files.into_iter().map(|file| file.path).collect())
    }

    /// Writes waiting bytes. With `all`, it also makes empty files.
    fn write(&mut self, all: bool) -> Result<()> {
        self.waiting = 0;
        let waits = |file: &&mut Output| !file.buffer.is_empty() || (all && !file.is_created);
        let mut pieces = Vec::new();
        for file in self.files.iter_mut().filter(waits) {
            pieces.push(Piece {
                path: file.path.clone(),
                bytes: std::mem::take(&mut file.buffer),
                is_created: std::mem::replace(&mut file.is_created, true),
                is_sealed: std::mem::replace(&mut file.is_sealed, true),
            });
        }
        let Some(behind) = &mut self.behind else {
            return pieces.iter_mut().try_for_each(Piece::write);
        };
        let mut spare = behind.write(pieces)?;
        for file in &mut self.files {
            let Some(buffer) = spare.pop() else { break };
            if file.buffer.capacity() == 0 {
                file.buffer = buffer;
            }
        }
        Ok(())
    }
}
