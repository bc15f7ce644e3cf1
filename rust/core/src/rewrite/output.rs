//! The files that are written.

use std::path::PathBuf;

use crate::error::Result;
use crate::rewrite::behind::{Behind, Piece};

/// So many bytes wait to be written, over all files: they are still in the processor's cache then.
const MOST: usize = 512 << 10;

/// Files that grow side by side. None is held open, since there may be one for each tag.
#[derive(Default)]
pub struct Outputs {
    files: Vec<Output>,
    waiting: usize,
    /// Writes while more is read, once there is much.
    behind: Option<Behind>,
}

/// A file.
struct Output {
    path: PathBuf,
    buffer: Vec<u8>,
    is_created: bool,
    /// Whether all that waits has its checksums.
    is_sealed: bool,
}

impl Outputs {
    /// One more file, which has no bytes yet; its number.
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

    /// Has records appended to a file, which are sealed when they are written.
    #[inline]
    pub fn put_with(&mut self, number: usize, put: impl FnOnce(&mut Vec<u8>)) {
        let Output { buffer, is_sealed, .. } = &mut self.files[number];
        let before = buffer.len();
        put(buffer);
        *is_sealed = false;
        self.waiting += buffer.len() - before;
    }

    /// Writes what waits, if that is much.
    pub fn relieve(&mut self) -> Result<()> {
        if self.waiting < MOST {
            return Ok(());
        }
        if self.behind.is_none() {
            self.behind = Behind::start();
        }
        self.write(false)
    }

    /// Writes all; where the files are.
    pub fn finish(mut self) -> Result<Vec<PathBuf>> {
        self.write(true)?;
        self.behind.take().map_or(Ok(()), Behind::finish)?;
        Ok(self.files.into_iter().map(|file| file.path).collect())
    }

    /// Writes what waits; with `all`, files too that are empty.
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
