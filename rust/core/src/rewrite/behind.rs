//! A thread that writes while the caller reads on.

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

/// From this number of bytes on, the disk should begin to write a piece.
const LARGE: usize = 256 << 10;

/// The next bytes of a file.
pub struct Piece {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// Whether the file exists already.
    pub is_created: bool,
    /// Whether its records have their checksums.
    pub is_sealed: bool,
}

impl Piece {
    /// Writes the piece.
    pub fn write(&mut self) -> Result<()> {
        if !self.is_sealed {
            record::seal(&mut self.bytes);
        }
        let error = |error| Error::io(error, &self.path);
        // If the caller gave up, the directory may be gone, and must not come back.
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
        // Bytes that the disk writes meanwhile need not be waited for at the end.
        if self.bytes.len() >= LARGE {
            sys::begin_to_sync(&file);
        }
        Ok(())
    }
}

/// Writes pieces in their order. Only a few pieces wait while it writes others.
pub struct Behind {
    pieces: Option<SyncSender<Vec<Piece>>>,
    /// The memory of written pieces.
    spare: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Behind {
    /// None if no thread can be started.
    pub fn start() -> Option<Behind> {
        let (pieces, to_write) = sync_channel::<Vec<Piece>>(1);
        let (written, spare) = channel();
        let token = Token::current().unwrap_or_default();
        let write = move || {
            for mut piece in to_write.into_iter().flatten() {
                piece.write()?;
                piece.bytes.clear();
                // At the end nobody needs it.
                let _ = written.send(piece.bytes);
            }
            Ok(())
        };
        let thread = Builder::new().name("tfevents-rewrite".into()).spawn(|| token.run(write));
        Some(Behind { pieces: Some(pieces), spare, thread: Some(thread.ok()?) })
    }

    /// Sends these pieces to the thread. Returns free memory. Fails if an earlier write failed.
    pub fn write(&mut self, pieces: Vec<Piece>) -> Result<Vec<Vec<u8>>> {
        let is_given = self.pieces.as_ref().is_some_and(|to| to.send(pieces).is_ok());
        if !is_given {
            self.end()?;
        }
        Ok(self.spare.try_iter().collect())
    }

    /// Waits until everything is written.
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
    /// If the caller gives up, nothing more is written.
    fn drop(&mut self) {
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            // It failed, or its result comes too late.
            let _ = thread.join();
        }
    }
}
