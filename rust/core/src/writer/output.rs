//! The records that a turn has taken and not yet written, and the file for them.

use std::path::Path;

use super::failure::Failure;
use super::file::{EventFile, Trouble};
use super::options::Options;
use super::queue::{Advance, Backlog, Queue};
use crate::sys;
use crate::{record, summary};

/// A buffer that grew beyond this is freed once it is written.
const KEEP: usize = 4 << 20;
/// Encoded records are written whenever they have this many bytes, even if more must be encoded.
const BATCH: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct Output {
    file: Option<EventFile>,
    /// The next batch goes to another file.
    rolls: bool,
    /// The second in the name of the last file.
    second: u64,
    /// The last attempt found that its file was removed. The next attempt may succeed with a new
    /// one.
    lost_file: bool,
    /// The records after the batch, some of which are not encoded yet.
    backlog: Backlog,
    /// Whole records, the first `written` bytes of which are in the file.
    batch: Vec<u8>,
    written: usize,
    /// Bytes of pending records that became the batch.
    taken: usize,
    /// How many bytes of the batch are the first record of the file.
    preamble: usize,
}

impl Output {
    pub(super) fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(EventFile::path)
    }

    /// The file system of the file, 0 while there is none.
    pub(super) fn device(&self) -> u64 {
        self.file.as_ref().map_or(0, EventFile::device)
    }

    /// The second in the name of the last file.
    pub(super) fn second(&self) -> u64 {
        self.second
    }

    /// Sets the second that the next file's name must not be before. With `rolls`, the next batch
    /// goes to that file.
    pub(super) fn follow(&mut self, rolls: bool, second: u64) {
        self.rolls |= rolls;
        self.second = self.second.max(second);
    }

    pub(super) fn lost_file(&self) -> bool {
        self.lost_file
    }

    /// Whether some of the taken records are not in the batch yet.
    pub(super) fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Takes the waiting records, unless earlier ones are left. Returns how many bytes of memory
    /// have to be encoded.
    pub(super) fn take(&mut self, pending: &mut Queue) -> usize {
        if !self.batch.is_empty() || self.has_backlog() {
            return 0;
        }
        if pending.is_encoded() {
            std::mem::swap(&mut self.batch, &mut pending.records);
            self.taken = self.batch.len();
            return 0;
        }
        let held = pending.held;
        self.backlog = Backlog::new(std::mem::take(pending));
        held
    }

    /// Encodes the next records of the backlog, in order. None once there are enough for a batch, or
    /// if the next one takes long, so that those before it are written first.
    pub(super) fn advance(&mut self) -> Option<Advance> {
        let begun = self.written > 0 || self.preamble > 0;
        let hurries = !self.batch.is_empty() && self.backlog.takes_long();
        if begun || hurries || self.batch.len() >= BATCH || !self.has_backlog() {
            return None;
        }
        let advance = self.backlog.advance(&mut self.batch);
        self.taken += advance.taken;
        Some(advance)
    }

    /// Writes the rest of the batch. Makes a file in this directory if there is none.
    pub(super) fn write(
        &mut self,
        directory: &Path,
        options: &Options,
        opened_at: f64,
    ) -> Result<(), Failure> {
        self.lost_file = false;
        let opened_at = if self.roll(options)? { sys::now() } else { opened_at };
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = EventFile::create(directory, &options.suffix, self.second)?;
                self.second = file.second();
                let mut records = Vec::with_capacity(128 + self.batch.len());
                summary::file_version(&mut records, opened_at, "tfevents");
                let preamble = records.len();
                records.extend_from_slice(&self.batch[self.preamble..]);
                self.batch = records;
                self.preamble = preamble;
                self.written = 0;
                self.file.insert(file)
            }
        };
        if self.written == 0 {
            record::seal(&mut self.batch);
        }
        match file.write(&self.batch, &mut self.written) {
            Ok(()) => Ok(()),
            Err(Trouble::Refused(error)) => Err(Failure::io(error, file.path())),
            Err(Trouble::Gone(error)) => {
                let failure = Failure::io(error, file.path());
                self.file = None;
                self.lost_file = true;
                self.written = 0;
                Err(failure)
            }
        }
    }

    /// Closes the file if the batch is for another one. True if it did.
    fn roll(&mut self, options: &Options) -> Result<bool, Failure> {
        let Some(file) = self.file.as_ref().filter(|_| self.written == 0 && !self.batch.is_empty())
        else {
            return Ok(false);
        };
        let size = file.len().saturating_add(self.batch.len() as u64);
        let is_long = options.roll_at.is_some_and(|limit| file.len() > 0 && size > limit);
        if !is_long && !self.rolls {
            return Ok(false);
        }
        self.rolls = false;
        self.close()?;
        Ok(true)
    }

    /// The number of bytes of pending records that were written. Empties the batch.
    pub(super) fn wrote(&mut self) -> usize {
        self.batch.clear();
        if self.batch.capacity() > KEEP {
            self.batch = Vec::new();
        }
        self.written = 0;
        self.preamble = 0;
        std::mem::take(&mut self.taken)
    }

    /// The number of taken events that are not completely in the file.
    pub(super) fn unwritten(&self) -> u64 {
        let events = &self.batch[self.preamble..];
        let written = self.written.saturating_sub(self.preamble);
        // Only records that end within the written bytes are complete.
        record::count(events) - record::count(&events[..written]) + self.backlog.count()
    }

    /// Closes the file.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        self.file.take().map_or(Ok(()), EventFile::close)
    }
}
