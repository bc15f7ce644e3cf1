//! A thread that writes while more is read.

use std::fs::OpenOptions;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use crate::cancel::{self, Token};
use crate::error::{Error, Result};
use crate::record;
use crate::sys;

/// A piece of so many bytes is worth having the disk begin with it.
const LARGE: usize = 256 << 10;

/// Bytes that come next in a file.
pub struct Piece {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// Whether the file is there already.
    pub is_created: bool,
    /// Whether its records have their checksums.
    pub is_sealed: bool,
}

impl Piece {
    /// Writes it.
    pub fn write(&mut self) -> Result<()> {
        if !self.is_sealed {
            record::seal(&mut self.bytes);
        }
        let error = |error| Error::io(error, &self.path);
        // Where the caller has given up, the directory may be gone, and must not come back.
        cancel::check().map_err(error)?;
        let mut options = OpenOptions::new();
        if self.is_created {
            options.append(true);
        } else {
            std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new("."))).map_err(error)?;
            options.write(true).create_new(true);
        }
        let mut file = options.open(&self.path).map_err(error)?;
        file.write_all(&self.bytes).map_err(error)?;
        // What the disk does meanwhile need not be waited for at the end.
        if self.bytes.len() >= LARGE {
            sys::begin_to_sync(&file);
        }
        Ok(())
    }
}

/// Writes pieces in their order; at most some wait for it while it writes others.
pub struct Behind {
    pieces: Option<SyncSender<Vec<Piece>>>,
    /// The memory of those that are written.
    spare: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Behind {
    /// None where there can be no more threads.
    pub fn start() -> Option<Behind> {
        let (pieces, to_write) = sync_channel::<Vec<Piece>>(1);
        let (written, spare) = channel();
        let token = Token::current().unwrap_or_default();
        let write = move || {
            for mut piece in to_write.into_iter().flatten() {
                piece.write()?;
                piece.bytes.clear();
                // Nobody needs it at the end.
                let _ = written.send(piece.bytes);
            }
            Ok(())
        };
        let thread = Builder::new().name("tfevents-rewrite".into()).spawn(|| token.run(write));
        Some(Behind { pieces: Some(pieces), spare, thread: Some(thread.ok()?) })
    }

    /// Has it write these pieces; memory that is free. Fails where it failed before.
    pub fn write(&mut self, pieces: Vec<Piece>) -> Result<Vec<Vec<u8>>> {
        let is_given = self.pieces.as_ref().is_some_and(|to| to.send(pieces).is_ok());
        if !is_given {
            self.end()?;
        }
        Ok(self.spare.try_iter().collect())
    }

    /// Waits until all is written.
    pub fn finish(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        self.pieces = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Drop for Behind {
    /// Nothing is written any more once the caller knows that all has failed.
    fn drop(&mut self) {
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            // It failed, or what it has to say comes too late.
            let _ = thread.join();
        }
    }
}
